//! Facts of the VM that a failover made in Azure, and of the agent in it.
//!
//! Owns what may be concluded of them. A protected item knows only the past: whether the VM is still there, and where, is
//! known from lists of VMs alone. A list that is whole denies what it lacks, and an event counts until something newer
//! speaks against it.

use std::collections::{HashMap, HashSet};

use crate::import::arm;
use crate::import::link::{Draft, put};
use crate::import::model::{Entity, Fact, Value};
use crate::import::store::{Kind, Node, Seen};
use crate::scalar::print_time;

/// The collection that lists of VMs in Azure make.
const VMS: &str = "Azure VMs";

/// The agent was removed from the machine.
const UNINSTALLED: &[&str] = &["78155"];

/// VMs in Azure by resource group and name, all in lower case.
pub struct AzureVms<'s> {
    in_group: HashMap<(String, String), Vec<&'s Node>>,
    named: HashMap<String, Vec<&'s Node>>,
    /// Resource groups of which a whole list was handed in, with a VM of that list.
    whole: HashMap<String, &'s Node>,
}

/// What is known of the VM of an item.
enum Found<'s> {
    /// It was handed in.
    There(&'s Node),
    /// Its group was listed whole without it, and one VM of its name is in another group.
    Elsewhere(&'s Node),
    /// Its group was listed whole without it; a VM of that list.
    Missing(&'s Node),
    Unknown,
}

impl<'s> AzureVms<'s> {
    /// All that were handed in.
    pub fn new(draft: &Draft<'s>) -> Self {
        let mut all =
            Self { in_group: HashMap::new(), named: HashMap::new(), whole: HashMap::new() };
        let cut: HashSet<usize> = draft
            .store
            .pages
            .iter()
            .filter(|((what, _), pages)| *what == VMS && pages.gap().is_some())
            .map(|(_, pages)| pages.file)
            .collect();
        for vm in draft.store.all(Kind::AzureVm) {
            let (Some(group), Some(name)) = (group_of(&vm.key), vm.str("name")) else { continue };
            all.in_group.entry((group.clone(), name.to_lowercase())).or_default().push(vm);
            all.named.entry(name.to_lowercase()).or_default().push(vm);
            if vm.truth("listed") == Some(true) && cut.is_empty() {
                all.whole.entry(group).or_insert(vm);
            }
        }
        all
    }

    /// By its id; without one by its name, within the resource group the failover goes to.
    fn of(&self, draft: &Draft<'s>, item: &Node) -> Found<'s> {
        let id = item.str("azureVm").map(str::to_ascii_lowercase);
        if let Some(vm) = id.as_deref().and_then(|id| draft.store.get(Kind::AzureVm, id)) {
            return Found::There(vm);
        }
        let (name, group) = match &id {
            Some(id) => (arm::last(id).map(str::to_owned), group_of(id)),
            None => (
                item.str("azureName").map(str::to_lowercase),
                item.str("azureGroupId").map(str::to_ascii_lowercase),
            ),
        };
        let (Some(name), Some(group)) = (name, group) else { return Found::Unknown };
        if id.is_none()
            && let Some(vms) = self.in_group.get(&(group.clone(), name.clone()))
        {
            return if let [only] = vms.as_slice() { Found::There(only) } else { Found::Unknown };
        }
        // A list that was made before the failover cannot hold what the failover made.
        let failover = item.time("failoverTime");
        let listed = self.whole.get(&group).filter(|vm| {
            let captured = vm
                .anywhere()
                .and_then(|seen| draft.store.files.get(seen.file()))
                .and_then(|file| file.captured);
            failover.zip(captured).is_none_or(|(failover, captured)| captured >= failover)
        });
        let Some(listed) = listed else { return Found::Unknown };
        match self.named.get(&name).map(Vec::as_slice) {
            Some([only]) => Found::Elsewhere(only),
            Some([_, ..]) => Found::Unknown,
            _ => Found::Missing(listed),
        }
    }
}

/// The resource group of an id with its subscription, in lower case.
fn group_of(id: &str) -> Option<String> {
    arm::up_to(id, "resourceGroups")
}

/// Puts what is known of the VM of a machine that was failed over.
pub fn vm<'s>(draft: &mut Draft<'s>, machine: &mut Entity, item: &'s Node, vms: &AzureVms<'s>) {
    let Some(state) = item.seen("state").or_else(|| item.seen("location")) else { return };
    let found = vms.of(draft, item);
    exists(draft, machine, &found);
    let reason = "the item protects the VM that its failover made";
    put(machine, "azureVm/createdBy", Some(draft.derive(state, Value::Word("failover"), reason)));
    if let Some(seen) = item.seen("network") {
        let name = seen.value.as_str().unwrap_or_default().to_owned();
        let id = draft.refer("azureNetworks", &name.to_lowercase(), &name);
        put(machine, "azureVm/network", Some(draft.as_ref(seen, id)));
    }
    if let Found::There(vm) | Found::Elsewhere(vm) = found {
        let group = vm.seen("id").and_then(|seen| {
            let group = arm::after(seen.value.as_str()?, "resourceGroups")?.to_owned();
            Some(draft.derive(seen, Value::Text(group), "the id of the VM"))
        });
        put(machine, "azureVm/resourceGroup", group);
        put(machine, "azureVm/powerState", draft.copy(vm, "power"));
        put(machine, "azureVm/diskCount", draft.copy(vm, "disks"));
        put(machine, "azureVm/diskSize", draft.copy(vm, "diskSize"));
    }
    put(machine, "azureVm/failoverResourceGroup", draft.copy(item, "azureGroup"));
    agent(draft, machine, item);
}

fn exists(draft: &Draft<'_>, machine: &mut Entity, found: &Found<'_>) {
    let (vm, truth, reason) = match found {
        Found::There(vm) => (vm, true, "the VM was handed in"),
        Found::Elsewhere(vm) => (
            vm,
            true,
            "the list of the resource group of its failover lacks it; one VM of its name is in another group",
        ),
        Found::Missing(vm) => {
            (vm, false, "the list of the resource group of its failover lacks it")
        }
        Found::Unknown => return,
    };
    let fact = vm.anywhere().map(|seen| draft.derive(seen, Value::Bool(truth), reason));
    put(machine, "azureVm/exists", fact);
}

/// An error of the item itself or of an event, unless the agent was heard later.
fn removed<'s>(draft: &Draft<'s>, item: &'s Node) -> Option<(&'s Seen, Option<i64>)> {
    let own = item.seen("errors").filter(|errors| {
        errors
            .value
            .as_list()
            .iter()
            .filter_map(Value::as_str)
            .any(|code| UNINSTALLED.contains(&code))
    });
    let event = draft.store.event(UNINSTALLED, item.str("fabric"), item.str("name")?);
    let heard = item.time("agentHeartbeat");
    let later = |event: &&crate::import::store::Event| {
        event.at.zip(heard).is_none_or(|(at, heard)| at > heard)
    };
    own.map(|seen| (seen, None))
        .or_else(|| event.filter(later).map(|event| (&event.seen, event.at)))
}

fn agent<'s>(draft: &Draft<'s>, machine: &mut Entity, item: &'s Node) {
    let modernized = draft.architecture == Some("modernized");
    if let Some((seen, at)) = removed(draft, item) {
        let when = at.map(|at| format!(" at {}", print_time(at))).unwrap_or_default();
        let reason = format!("error 78155{when}: the agent was uninstalled");
        let fact = draft.derive(seen, Value::Bool(false), reason);
        put(machine, "azureVm/agent/installed", Some(fact));
    }
    put(machine, "azureVm/agent/version", draft.copy(item, "agentVersion"));
    put(machine, "azureVm/agent/expiresAt", draft.copy(item, "agentExpiry"));
    let path =
        if modernized { "azureVm/agent/registeredWithService" } else { "azureVm/agent/registered" };
    // A flag seen before the way back began would be out of date.
    if let (true, Some(seen)) = (super::machines::is_reversed(item), item.seen("generation")) {
        let reason = "it replicates from Azure, which its agent does";
        put(machine, path, Some(draft.derive(seen, Value::Bool(true), reason)));
        return;
    }
    if let Some(fact) = draft.copy(item, "registered") {
        put(machine, path, Some(fact));
        return;
    }
    if let Some((back, fact, at)) = heard(draft, item) {
        put(machine, path, Some(fact));
        if !back {
            // How long to wait for the agent counts from the start of the VM, which the failover made.
            let reason = "the failover started the VM then; a later restart is not known";
            let started = draft.derive(at, at.value.clone(), reason);
            put(machine, "azureVm/bootedAt", Some(started));
        }
    }
}

/// Whether the agent was heard since the failover, as a fact, and the time of the failover.
fn heard<'s>(draft: &Draft<'s>, item: &'s Node) -> Option<(bool, Fact, &'s Seen)> {
    let (heartbeat, failover) = (item.seen("agentHeartbeat")?, item.seen("failoverTime")?);
    let (Value::Time(beat), Value::Time(at)) = (&heartbeat.value, &failover.value) else {
        return None;
    };
    let back = beat > at;
    let reason = format!(
        "the last heartbeat {} is {} the failover {} ({})",
        print_time(*beat),
        if back { "later than" } else { "not later than" },
        print_time(*at),
        draft.place(failover),
    );
    Some((back, draft.derive(heartbeat, Value::Bool(back), reason), failover))
}
