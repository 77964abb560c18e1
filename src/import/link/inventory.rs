//! Finds the VM of VMware that a machine, a master target or an appliance is.
//!
//! Owns the order of the joins (hardware address, UUID, disk UUID, name with vCenter, address) and what is ambiguous.

use std::collections::{BTreeSet, HashMap};

use crate::import::model::Value;
use crate::import::store::{Kind, Node, Store};

/// What a join found.
pub enum Join<'s> {
    /// Exactly one VM, and how it was found.
    One(&'s Node, &'static str),
    /// Several could be meant.
    Several(Vec<&'s Node>, &'static str),
    /// None.
    Nothing,
}

/// All VMs by what tells them apart.
pub struct Inventory<'s> {
    vms: Vec<&'s Node>,
    macs: HashMap<&'s str, Vec<usize>>,
    uuids: HashMap<&'s str, Vec<usize>>,
    disks: HashMap<&'s str, Vec<usize>>,
    names: HashMap<String, Vec<usize>>,
    ips: HashMap<&'s str, Vec<usize>>,
}

impl<'s> Inventory<'s> {
    /// Indexes all VMs.
    pub fn new(store: &'s Store) -> Self {
        // A template is no VM that runs, and a placeholder stands for the VM of another site.
        let stands_for_itself = |vm: &&Node| {
            ["template", "placeholder"].iter().all(|mark| vm.truth(mark) != Some(true))
        };
        let named = store.all(Kind::Vm).filter(|vm| vm.str("name").is_some());
        let vms: Vec<&Node> = named.filter(stands_for_itself).collect();
        let mut all = Self {
            macs: HashMap::new(),
            uuids: HashMap::new(),
            disks: HashMap::new(),
            names: HashMap::new(),
            ips: HashMap::new(),
            vms: Vec::new(),
        };
        for (at, vm) in vms.iter().enumerate() {
            for mac in vm.list("macs").iter().filter_map(Value::as_str) {
                all.macs.entry(mac).or_default().push(at);
            }
            for key in ["siteName", "instanceUuid"] {
                if let Some(text) = vm.str(key) {
                    all.uuids.entry(text).or_default().push(at);
                }
            }
            for disk in vm.list("disks") {
                if let Some(uuid) = disk.field("uuid").and_then(Value::as_str) {
                    all.disks.entry(uuid).or_default().push(at);
                }
            }
            for ip in vm.list("ips").iter().filter_map(Value::as_str) {
                all.ips.entry(ip).or_default().push(at);
            }
            if let Some(name) = vm.str("name") {
                all.names.entry(name.to_lowercase()).or_default().push(at);
            }
        }
        all.vms = vms;
        all
    }

    /// Whether there are VMs at all.
    pub fn is_empty(&self) -> bool {
        self.vms.is_empty()
    }

    fn decide(&self, found: BTreeSet<usize>, how: &'static str) -> Option<Join<'s>> {
        let mut nodes: Vec<&'s Node> =
            found.into_iter().filter_map(|at| self.vms.get(at).copied()).collect();
        match nodes.len() {
            0 => None,
            1 => nodes.pop().map(|node| Join::One(node, how)),
            _ => Some(Join::Several(nodes, how)),
        }
    }

    fn pick<'a>(
        &self,
        index: &HashMap<&'s str, Vec<usize>>,
        keys: impl Iterator<Item = &'a str>,
        how: &'static str,
    ) -> Option<Join<'s>> {
        let found = keys.flat_map(|key| index.get(key).into_iter().flatten().copied()).collect();
        self.decide(found, how)
    }

    /// The VM of a protected item. `center` names the item's vCenter in every spelling known.
    pub fn of_item(&self, item: &Node, center: &[String]) -> Join<'s> {
        let by_mac = self.pick(
            &self.macs,
            item.list("macs").iter().filter_map(Value::as_str),
            "hardware address",
        );
        if let Some(join) = by_mac {
            return join;
        }
        if let Some(machine) = item.str("machine") {
            let uuid = machine.rsplit('_').next().unwrap_or(machine);
            if let Some(join) = self.pick(&self.uuids, [machine, uuid].into_iter(), "instance UUID")
            {
                return join;
            }
        }
        let by_disk = self.pick(
            &self.disks,
            item.list("diskUuids").iter().filter_map(Value::as_str),
            "disk UUID",
        );
        if let Some(join) = by_disk {
            return join;
        }
        self.of_name(item.str("name").unwrap_or(""), None, center)
    }

    /// The VM of a server: by machine id, else by name, and by address where names do not decide.
    pub fn of_server(&self, server: &Node) -> Join<'s> {
        if let Some(machine) = server.str("machine") {
            let uuid = machine.rsplit('_').next().unwrap_or(machine);
            if let Some(join) = self.pick(&self.uuids, [machine, uuid].into_iter(), "instance UUID")
            {
                return join;
            }
        }
        match self.of_name(server.str("name").unwrap_or(""), server.str("ip"), &[]) {
            Join::Nothing => self
                .pick(&self.ips, server.str("ip").into_iter(), "address")
                .unwrap_or(Join::Nothing),
            join => join,
        }
    }

    fn of_name(&self, name: &str, ip: Option<&str>, center: &[String]) -> Join<'s> {
        let mut found: BTreeSet<usize> =
            self.names.get(&name.to_lowercase()).into_iter().flatten().copied().collect();
        let says = |at: &usize| {
            self.vms.get(*at).and_then(|vm| vm.str("vCenter").or_else(|| vm.str("server")))
        };
        if !center.is_empty() {
            found.retain(|at| {
                says(at).is_none_or(|own| center.iter().any(|name| name.eq_ignore_ascii_case(own)))
            });
        }
        if found.len() > 1
            && let Some(ip) = ip
        {
            let same: BTreeSet<usize> = self
                .ips
                .get(ip)
                .into_iter()
                .flatten()
                .copied()
                .filter(|at| found.contains(at))
                .collect();
            if !same.is_empty() {
                found = same;
            }
        }
        self.decide(found, "name").unwrap_or(Join::Nothing)
    }
}
