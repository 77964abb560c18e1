//! Makes what VMware is made of: vCenters, hosts, datastores, and the facts VMs lend to machines and servers.
//!
//! Owns how facts of a VM become facts of what runs in it. Lists that may be cut are left out rather than shortened.

use std::collections::BTreeMap;

use crate::diagnostic::Severity;
use crate::import::arm;
use crate::import::link::{Draft, put};
use crate::import::model::{Entity, Fact, Value};
use crate::import::store::{Kind, LIST, Node, Seen};

/// vCenters of the vault, of its VMware site, and those of tables that name their server.
pub fn v_centers(draft: &mut Draft<'_>) {
    let mut nodes: Vec<&Node> = draft.nodes(Kind::VCenter);
    let sites: Vec<String> = draft
        .nodes(Kind::ApplianceFabric)
        .iter()
        .filter_map(|node| node.str("site"))
        .map(str::to_ascii_lowercase)
        .collect();
    for node in draft.store.all(Kind::VCenter) {
        let at_site = arm::up_to(&node.key, "VMwareSites")
            .is_some_and(|site| draft.only || sites.contains(&site));
        if at_site && draft.architecture == Some("modernized") {
            nodes.push(node);
        }
    }
    let things: Vec<(String, String)> = nodes
        .iter()
        .map(|node| {
            (
                node.key.clone(),
                node.str("name").or(node.str("fqdn")).unwrap_or("vcenter").to_owned(),
            )
        })
        .collect();
    draft.name("vCenters", &things);
    for node in &nodes {
        let Some(id) = draft.id("vCenters", &node.key).map(str::to_owned) else { continue };
        let mut center = Entity { id, facts: Vec::new() };
        put(&mut center, "fqdn", draft.copy(node, "fqdn"));
        put(&mut center, "port", draft.copy(node, "port"));
        put(
            &mut center,
            "version",
            draft.copy(node, "version").or_else(|| version(draft, node, nodes.len() == 1)),
        );
        // Servers of the other architecture are none of this environment.
        if node.value("fabric").is_some() && draft.architecture != Some("modernized") {
            let server = draft.configuration_server(node);
            put(&mut center, "configurationServer", server);
        }
        if let Some(seen) =
            node.seen("discovery").filter(|seen| seen.value.as_str() == Some("Completed"))
        {
            let healthy = node.list("codes").is_empty()
                && node.seen("heartbeat").is_some_and(|heartbeat| !draft.missing(heartbeat));
            if healthy {
                put(
                    &mut center,
                    "state",
                    Some(draft.derive(
                        seen,
                        Value::Word("connected"),
                        "discovery is completed and its heartbeat is recent",
                    )),
                );
            }
            put(
                &mut center,
                "discovered",
                Some(draft.derive(seen, Value::Bool(true), "discovery is completed")),
            );
        }
        if let Some(seen) = node.seen("fqdn").filter(|_| node.key.contains("/vmwaresites/")) {
            put(
                &mut center,
                "discovered",
                Some(draft.derive(
                    seen,
                    Value::Bool(true),
                    "the inventory of the discovery appliance lists it",
                )),
            );
        }
        if let Some(fact) = unreachable(draft, node) {
            center.facts.retain(|(path, _)| *path != "state");
            center.facts.push(("state", fact));
        }
        draft.add("vCenters", center);
    }
    let store = draft.store;
    for node in store.all(Kind::VCenter).filter(|node| node.key.starts_with("server|")) {
        if !draft.only {
            break;
        }
        let fqdn = node.str("fqdn").unwrap_or_default().to_lowercase();
        if !nodes
            .iter()
            .any(|own| own.str("fqdn").is_some_and(|own| own.eq_ignore_ascii_case(&fqdn)))
        {
            let id = draft.refer("vCenters", &node.key, &fqdn);
            let mut center = Entity { id, facts: Vec::new() };
            put(&mut center, "fqdn", draft.copy(node, "fqdn"));
            put(&mut center, "version", draft.copy(node, "version"));
            draft.add("vCenters", center);
        }
    }
}

/// That an event says that the process server does not reach a vCenter, unless it was heard later.
fn unreachable(draft: &Draft<'_>, node: &Node) -> Option<Fact> {
    let named = |name: &str| draft.store.event(&["812"], node.str("fabric"), name);
    let event = node.str("name").and_then(named).or_else(|| node.str("fqdn").and_then(named))?;
    if node.time("heartbeat").zip(event.at).is_some_and(|(heard, at)| heard > at) {
        return None;
    }
    let reason = "error 812: its discovery failed, as the process server does not reach it";
    Some(draft.derive(&event.seen, Value::Word("disconnected"), reason))
}

/// The version a table or `about` states for this vCenter.
fn version(draft: &Draft<'_>, node: &Node, lone: bool) -> Option<Fact> {
    let fqdn = node.str("fqdn").unwrap_or_default();
    let same = draft.store.all(Kind::VCenter).find(|other| {
        other.key.starts_with("server|")
            && other.str("fqdn").is_some_and(|own| own.eq_ignore_ascii_case(fqdn))
    });
    let mut abouts = draft.store.all(Kind::VCenter).filter(|other| other.key.starts_with("about|"));
    let about = abouts.next().filter(|_| lone && abouts.next().is_none());
    same.or(about).and_then(|other| draft.copy(other, "version"))
}

/// The id of the vCenter with this key, or with this server name.
pub fn v_center(draft: &mut Draft<'_>, key: &str) -> Option<String> {
    if key.is_empty() {
        return None;
    }
    if let Some(id) = draft.id("vCenters", key) {
        return Some(id.to_owned());
    }
    let known = draft
        .store
        .all(Kind::VCenter)
        .find(|node| node.str("fqdn").is_some_and(|fqdn| fqdn.eq_ignore_ascii_case(key)));
    if let Some(id) = known.and_then(|node| draft.id("vCenters", &node.key)) {
        return Some(id.to_owned());
    }
    let name = draft
        .store
        .get(Kind::VCenter, key)
        .and_then(|node| node.str("name"))
        .or_else(|| arm::last(key))
        .unwrap_or(key)
        .to_owned();
    Some(draft.refer("vCenters", key, &name))
}

/// The vCenter a row names, as a reference.
fn center_of(draft: &mut Draft<'_>, node: &Node) -> Option<Fact> {
    let seen = node.seen("vCenter").or_else(|| node.seen("server"))?;
    let id = v_center(draft, seen.value.as_str()?)?;
    Some(draft.as_ref(seen, id))
}

/// The host a VM runs on, as a reference.
fn host_of(draft: &mut Draft<'_>, vm: &Node) -> Option<Fact> {
    let (seen, name) = match vm.seen("host") {
        Some(seen) => (seen, seen.value.as_str()?.to_owned()),
        None => {
            let seen = vm.seen("hostRef")?;
            (seen, draft.store.resolve(seen.value.as_str()?)?.to_owned())
        }
    };
    let id = draft.refer("esxiHosts", &name, &name);
    draft.referred.insert((Kind::Host, name));
    Some(draft.as_ref(seen, id))
}

fn disk_uuids(draft: &Draft<'_>, seen: &Seen) -> Option<Fact> {
    let uuids: Option<Vec<Value>> =
        seen.value.as_list().iter().map(|disk| disk.field("uuid").cloned()).collect();
    let mut fact = draft.store.fact(seen);
    fact.value = Value::List(uuids?);
    Some(fact)
}

/// Datastores of a VM's disks, as references; nothing if the place of any disk is not known.
fn datastores(draft: &mut Draft<'_>, seen: &Seen) -> Option<Fact> {
    let names: Option<Vec<String>> = seen
        .value
        .as_list()
        .iter()
        .map(|disk| disk.field("datastore").and_then(Value::as_str).map(str::to_owned))
        .collect();
    let mut ids: Vec<Value> = Vec::new();
    for name in names? {
        let id = Value::Text(draft.refer("datastores", &name, &name));
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    let mut fact = draft.store.fact(seen);
    fact.value = Value::List(ids);
    Some(fact)
}

/// The facts that a VM can tell: the name of the fact, and its path under a machine that comes back to the VM; none where a
/// machine has no such fact. Which of them an entity has is for the declarations to say.
const FACTS: [(&str, Option<&str>); 19] = [
    ("uuid", Some("onPremVm/uuid")),
    ("vCenter", Some("onPremVm/vCenter")),
    ("esxiHost", Some("onPremVm/esxiHost")),
    ("powerState", Some("onPremVm/powerState")),
    ("connectionState", Some("onPremVm/connectionState")),
    ("diskEnableUuid", Some("onPremVm/diskEnableUuid")),
    ("snapshots", Some("onPremVm/snapshots")),
    ("disks", Some("onPremVm/disks")),
    ("firmware", Some("firmware")),
    ("osFamily", Some("osFamily")),
    ("platform", None),
    ("diskUuids", None),
    ("datastores", None),
    ("attachedDiskCount", None),
    ("scsiControllers", None),
    ("vmwareTools", None),
    ("cores", None),
    ("memorySize", None),
    ("dataDisk", None),
];

/// A fact of a VM, under its name in [`FACTS`].
fn told(draft: &mut Draft<'_>, vm: &Node, name: &str) -> Option<Fact> {
    let disks = vm.seen("disks");
    match name {
        "uuid" => draft.copy(vm, "biosUuid"),
        "vCenter" => center_of(draft, vm),
        "esxiHost" => host_of(draft, vm),
        "powerState" => draft.copy(vm, "power"),
        "connectionState" => draft.copy(vm, "connection"),
        "diskEnableUuid" => draft.copy(vm, "enableUuid"),
        "snapshots" => draft.copy(vm, "snapshots"),
        "disks" => disks.map(|seen| disks_of(draft, seen)),
        "firmware" => draft.copy(vm, "firmware"),
        "osFamily" => draft.copy(vm, "os"),
        "platform" => {
            vm.anywhere().map(|seen| draft.derive(seen, Value::Word("vmwareVm"), "a VM of VMware"))
        }
        "diskUuids" => disks.and_then(|seen| disk_uuids(draft, seen)),
        "datastores" => disks.and_then(|seen| datastores(draft, seen)),
        "attachedDiskCount" => disks.map(|seen| {
            let count = Value::Int(seen.value.as_list().len() as i64);
            draft.derive(seen, count, "the disks listed")
        }),
        "scsiControllers" => draft.copy(vm, "controllers"),
        "vmwareTools" => draft.copy(vm, "tools"),
        "cores" => draft.copy(vm, "cores"),
        "memorySize" => draft.copy(vm, "memory"),
        // The second disk of an appliance holds its cache and data.
        "dataDisk" => disks.and_then(|seen| {
            let size = seen.value.as_list().get(1)?.field("size")?.clone();
            Some(draft.derive(seen, size, "its second disk"))
        }),
        _ => None,
    }
}

/// Facts a VM lends to the server of a list that runs in it, as far as its declarations have them.
pub fn server(draft: &mut Draft<'_>, list: &str, server: &mut Entity, vm: &Node) {
    for (name, _) in FACTS {
        // An appliance names the datastores that it reaches, and not those of its disks.
        if draft.shape.has(list, name)
            && !(list == "appliances" && matches!(name, "datastores" | "vCenter"))
        {
            let fact = told(draft, vm, name);
            put(server, name, fact);
        }
    }
}

/// Facts of the VM a machine comes back to. What changes with the failover counts only if it was seen after it.
pub fn on_premises(
    draft: &mut Draft<'_>,
    machine: &mut Entity,
    vm: &Node,
    failover: Option<i64>,
    how: &'static str,
) {
    if let Some(seen) = vm.anywhere() {
        put(
            machine,
            "onPremVm/exists",
            Some(draft.derive(seen, Value::Bool(true), format!("joined by {how}"))),
        );
    }
    let after = |draft: &Draft<'_>, seen: &Seen| {
        let captured = vm
            .time("seenAt")
            .or_else(|| draft.store.files.get(seen.file()).and_then(|file| file.captured));
        failover.is_none_or(|failover| captured.is_none_or(|captured| captured >= failover))
    };
    for (name, path) in FACTS {
        let Some(path) = path.filter(|path| draft.shape.has("machines", path)) else { continue };
        if name == "powerState" && !vm.seen("power").is_some_and(|seen| after(draft, seen)) {
            continue;
        }
        let fact = told(draft, vm, name);
        put(machine, path, fact);
    }
}

/// The disks of a VM, with references to their datastores.
fn disks_of(draft: &mut Draft<'_>, seen: &Seen) -> Fact {
    let mut disks = Vec::new();
    for disk in seen.value.as_list() {
        let Value::Record(fields) = disk else { continue };
        let mut own = Vec::new();
        for (name, value) in fields {
            match (*name, value.as_str()) {
                ("datastore", Some(store)) => {
                    own.push(("datastore", Value::Text(draft.refer("datastores", store, store))))
                }
                _ => own.push((*name, value.clone())),
            }
        }
        disks.push(Value::Record(own));
    }
    let mut fact = draft.store.fact(seen);
    fact.value = Value::List(disks);
    fact
}

/// Hosts and datastores.
pub fn make(draft: &mut Draft<'_>) {
    let mounts = mounts(draft);
    let nodes: Vec<&Node> = draft
        .store
        .all(Kind::Host)
        .filter(|node| draft.only || draft.referred.contains(&(Kind::Host, node.key.clone())))
        .collect();
    let things: Vec<(String, String)> =
        nodes.iter().map(|node| (node.key.clone(), node.key.clone())).collect();
    draft.name(
        "esxiHosts",
        &things
            .into_iter()
            .filter(|(key, _)| draft.id("esxiHosts", key).is_none())
            .collect::<Vec<_>>(),
    );
    let cut = draft.incomplete.iter().any(|gap| gap.list == "esxiHosts");
    for node in nodes {
        let Some(id) = draft.id("esxiHosts", &node.key).map(str::to_owned) else { continue };
        let mut host = Entity { id, facts: Vec::new() };
        let center = center_of(draft, node);
        put(&mut host, "vCenter", center);
        put(&mut host, "version", draft.copy(node, "version"));
        put(&mut host, "edition", edition(draft, node));
        // Only the inventory of the discovery appliance names the vCenter by its id.
        if let Some(seen) = node.seen("vCenter") {
            put(
                &mut host,
                "discovered",
                Some(draft.derive(
                    seen,
                    Value::Bool(true),
                    "the inventory of the discovery appliance lists it",
                )),
            );
        }
        put(&mut host, "connectionState", draft.copy(node, "connection"));
        put(&mut host, "freeMemory", draft.copy(node, "freeMemory"));
        if !cut {
            put(
                &mut host,
                "vmNames",
                draft.copy(node, "vmNames").or_else(|| resolved(draft, node)),
            );
        }
        if let Some(list) = mounts.get(&node.key) {
            let fact = host_datastores(draft, node, list);
            put(&mut host, "datastores", fact);
        }
        draft.add("esxiHosts", host);
    }
    all_datastores(draft);
}

fn edition(draft: &Draft<'_>, node: &Node) -> Option<Fact> {
    let name = format!("entity {}", node.key.to_lowercase());
    let reference = node.str("ref").map(|moref| format!("entity {}", moref.to_lowercase()));
    let (word, file, at) =
        draft.store.editions.get(&name).or_else(|| draft.store.editions.get(&reference?))?;
    Some(draft.store.fact(&Seen::new(Value::Word(word), *file, at.as_str(), LIST)))
}

/// The names behind references, if every one of them is known.
fn resolved(draft: &Draft<'_>, node: &Node) -> Option<Fact> {
    let seen = node.seen("vmRefs")?;
    let names: Option<Vec<Value>> = seen
        .value
        .as_list()
        .iter()
        .map(|moref| draft.store.resolve(moref.as_str()?).map(|name| Value::Text(name.to_owned())))
        .collect();
    let mut fact = draft.store.fact(seen);
    fact.value = Value::List(names?);
    Some(fact)
}

type Mounts<'s> = BTreeMap<String, Vec<(String, Option<&'static str>, &'s Seen)>>;

/// Datastores by the host that mounts them.
fn mounts<'s>(draft: &Draft<'s>) -> Mounts<'s> {
    let mut found: Mounts<'s> = BTreeMap::new();
    for node in draft.store.all(Kind::Datastore) {
        let Some(name) = node.str("name") else { continue };
        if let Some(seen) = node.seen("mounts") {
            for mount in seen.value.as_list() {
                let Some(host) = mount
                    .field("host")
                    .and_then(Value::as_str)
                    .and_then(|moref| draft.store.resolve(moref))
                else {
                    continue;
                };
                let access = match mount.field("access") {
                    Some(Value::Word(word)) => Some(*word),
                    _ => None,
                };
                found.entry(host.to_owned()).or_default().push((name.to_owned(), access, seen));
            }
        }
        if let Some(seen) = node.seen("hosts") {
            for host in seen.value.as_list().iter().filter_map(Value::as_str) {
                let list = found.entry(host.to_owned()).or_default();
                if !list.iter().any(|(own, ..)| own == name) {
                    list.push((name.to_owned(), None, seen));
                }
            }
        }
    }
    found
}

fn host_datastores(
    draft: &mut Draft<'_>,
    node: &Node,
    list: &[(String, Option<&'static str>, &Seen)],
) -> Option<Fact> {
    // A host that mounts more than the exports hold would seem to lack the rest.
    if let Some(refs) = node.seen("datastoreRefs")
        && refs.value.as_list().len() > list.len()
    {
        return None;
    }
    let mut records = Vec::new();
    for (name, access, _) in list {
        let mut fields = vec![("datastore", Value::Text(draft.refer("datastores", name, name)))];
        if let Some(word) = access {
            fields.push(("access", Value::Word(word)));
        }
        records.push(Value::Record(fields));
    }
    let mut fact = draft.store.fact(list.first()?.2);
    fact.value = Value::List(records);
    Some(fact)
}

fn all_datastores(draft: &mut Draft<'_>) {
    let mut by_name: BTreeMap<&str, Vec<&Node>> = BTreeMap::new();
    for node in draft.store.all(Kind::Datastore) {
        if let Some(name) = node.str("name") {
            by_name.entry(name).or_default().push(node);
        }
    }
    for (name, nodes) in by_name {
        if !draft.only && draft.id("datastores", name).is_none() {
            continue;
        }
        let id = draft.refer("datastores", name, name);
        let mut entity = Entity { id, facts: Vec::new() };
        let plain = nodes.iter().find(|node| node.key.ends_with('|'));
        let lone = (nodes.len() == 1).then(|| nodes.first()).flatten();
        put(&mut entity, "type", nodes.iter().find_map(|node| draft.copy(node, "type")));
        put(
            &mut entity,
            "freeSpace",
            plain.or(lone).and_then(|node| draft.copy(node, "freeSpace")),
        );
        draft.add("datastores", entity);
        if plain.is_none() && lone.is_none() {
            let message = format!("{} datastores bear the name `{name}`", nodes.len());
            draft.tell(Severity::Note, "same-name", message, "they became one, and its free space is unknown: hand in RVTools vDatastore or `govc datastore.info -json`");
        }
    }
}
