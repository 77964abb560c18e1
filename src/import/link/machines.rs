//! Makes the machines: protected items with their Azure VM and the VM they come back to; groups and plans of them.
//!
//! Owns what the states of the service mean and what follows from times.

use std::collections::BTreeMap;

use crate::diagnostic::Severity;
use crate::import::link::cloud::{self, AzureVms};
use crate::import::link::inventory::Join;
use crate::import::link::{Draft, put, virtual_site};
use crate::import::model::{Entity, Fact, Value};
use crate::import::store::{Kind, Node, OBJECTS};

/// Adds machines, then groups and plans.
pub fn make(draft: &mut Draft<'_>) {
    let items = items(draft);
    let things: Vec<(String, String)> = items
        .iter()
        .map(|item| {
            (
                item.key.clone(),
                item.str("name").or(item.str("armName")).unwrap_or("machine").to_owned(),
            )
        })
        .collect();
    draft.name("machines", &things);
    let azure = AzureVms::new(draft);
    for item in &items {
        machine(draft, item, &azure);
    }
    unjoined(draft);
    groups(draft, &items);
    plans(draft);
}

/// Machines of which no VM was found, all in one.
fn unjoined(draft: &mut Draft<'_>) {
    let names = std::mem::take(&mut draft.unjoined);
    let Some(first) = names.first() else { return };
    let message = match names.len() {
        1 => format!("no VM of the VMware exports is the machine `{first}`"),
        count => {
            let some = names.iter().take(8).map(|name| format!("`{name}`"));
            let some = some.collect::<Vec<_>>().join(", ");
            let more = if count > 8 { ", …" } else { "" };
            format!("no VM of the VMware exports is one of these {count} machines: {some}{more}")
        }
    };
    let cut = draft.store.pages.iter().any(|((what, _), pages)| {
        matches!(*what, "VMware site machines" | OBJECTS) && pages.gap().is_some()
    });
    let why = if cut {
        "the list of VMware is incomplete, and it may be on a page that is not here"
    } else {
        "hand in an export of its vCenter"
    };
    let help = format!("whether a machine exists on-premises is then unknown: {why}");
    draft.tell(Severity::Note, "no-join", message, &help);
}

/// Items of the vault that belong to this architecture.
pub fn items<'s>(draft: &Draft<'s>) -> Vec<&'s Node> {
    let classic = |item: &Node| match item.str("generation") {
        Some("InMageRcm" | "InMageRcmFailback") => Some("modernized"),
        Some(_) => Some("classic"),
        None => draft.architecture,
    };
    draft.nodes(Kind::Item).into_iter().filter(|item| classic(item) == draft.architecture).collect()
}

/// Whether an item runs in Azure because it was protected again from there.
pub fn is_reversed(item: &Node) -> bool {
    matches!(item.str("generation"), Some("InMage" | "InMageRcmFailback"))
}

/// How far the failover went; nothing where the words of the service are none that is known.
pub fn failover(item: &Node) -> Option<&'static str> {
    if is_reversed(item) {
        return Some("committed");
    }
    match item.str("location")? {
        "Primary" => return Some("notFailedOver"),
        "Recovery" => {}
        _ => return None,
    }
    let state = item.str("state").unwrap_or("");
    let may = |action: &str| item.list("actions").iter().any(|own| own.as_str() == Some(action));
    // Generations of the service spell the states differently; the text beside them is the same, and what may be done is
    // the service's own word for where the machine is.
    if state.contains("CommitPending")
        || may("Commit")
        || item.str("stateText") == Some("Failover completed")
    {
        Some("failedOver")
    } else if state.contains("Committed")
        || state == "CommitFailoverCompleted"
        || item.str("stateText") == Some("Failover committed")
        || may("SwitchProtection")
    {
        Some("committed")
    } else {
        None
    }
}

/// How far the replication from Azure has come. On the way to Azure the same words mean the other direction.
fn way_back(item: &Node) -> Option<(&'static str, String)> {
    let state = item.str("state").unwrap_or("");
    if let (true, Some(word)) = (is_reversed(item), item.str("generation")) {
        let reason = format!("it replicates from Azure (`{word}`)");
        return match state {
            "Protected" => Some(("protected", reason)),
            _ if state.contains("InitialReplication") || state.contains("Resync") => {
                Some(("reprotecting", reason))
            }
            _ => None,
        };
    }
    if item.str("scenario").is_some_and(|job| job.starts_with("Switch") || job == "Reprotect") {
        return Some(("reprotecting", "a job of the service reprotects it".to_owned()));
    }
    failover(item)?;
    Some(("unprotected", "the item replicates to Azure, if at all".to_owned()))
}

fn machine<'s>(draft: &mut Draft<'s>, item: &'s Node, vms: &AzureVms<'s>) {
    let Some(id) = draft.id("machines", &item.key).map(str::to_owned) else { return };
    let mut machine = Entity { id, facts: Vec::new() };
    let modernized = draft.architecture == Some("modernized");
    if let Some(seen) = item.seen("discovery") {
        let word = match seen.value.as_str().unwrap_or("").to_ascii_lowercase().as_str() {
            "vcenter" => Some("vmwareVm"),
            "physical" => Some("physical"),
            _ => None,
        };
        put(
            &mut machine,
            "sourceKind",
            word.map(|word| Fact { value: Value::Word(word), ..draft.store.fact(seen) }),
        );
    }
    put(&mut machine, "osFamily", draft.copy(item, "os"));
    system(draft, &mut machine, item);
    put(&mut machine, "firmware", draft.copy(item, "firmware"));
    if !modernized {
        let server = draft.configuration_server(item);
        put(&mut machine, "configurationServer", server);
    }
    put(&mut machine, "ipRetained", draft.copy(item, "retained"));
    protection(draft, &mut machine, item);
    if failover(item).is_some_and(|state| state != "notFailedOver") {
        cloud::vm(draft, &mut machine, item, vms);
    }
    on_premises(draft, &mut machine, item);
    draft.add("machines", machine);
}

fn system(draft: &Draft<'_>, machine: &mut Entity, item: &Node) {
    let Some(seen) = item.seen("osText") else { return };
    let text = seen.value.as_str().unwrap_or_default();
    let name = match text.split("DISTRIB_ID=").nth(1) {
        Some(rest) => rest.split_whitespace().next().unwrap_or(text).trim_matches('"'),
        None => text,
    };
    put(
        machine,
        "os/name",
        Some(Fact { value: Value::Text(name.to_owned()), ..draft.store.fact(seen) }),
    );
    let version = crate::import::coerce::os_version(text);
    put(
        machine,
        "os/version",
        version
            .map(|version| draft.derive(seen, Value::Version(version), "the name of the system")),
    );
}

fn protection(draft: &Draft<'_>, machine: &mut Entity, item: &Node) {
    let Some(seen) = item.seen("state").or_else(|| item.seen("location")) else { return };
    let went = failover(item);
    let reason = match item.str("generation") {
        Some(word) if is_reversed(item) => format!("it replicates from Azure (`{word}`)"),
        _ => "the protection state and the active location".to_owned(),
    };
    put(
        machine,
        "failoverState",
        went.map(|word| draft.derive(seen, Value::Word(word), reason.clone())),
    );
    put(
        machine,
        "protection/enabled",
        Some(draft.derive(seen, Value::Bool(true), "the item is in the vault")),
    );
    put(
        machine,
        "protection/state",
        way_back(item).map(|(word, why)| draft.derive(seen, Value::Word(word), why)),
    );
    put(
        machine,
        "protection/disableReason",
        Some(draft.derive(
            seen,
            Value::None,
            "protection was not disabled: the item is in the vault",
        )),
    );
}

/// That the service says the machine is gone on-premises: in its site, in an error of the item, or in an event.
fn gone(draft: &Draft<'_>, item: &Node) -> Option<Fact> {
    const DELETED: &[&str] = &["78092"];
    if let Some(seen) = item.seen("gone") {
        return Some(Fact { value: Value::Bool(false), ..draft.store.fact(seen) });
    }
    let own = item
        .seen("errors")
        .filter(|errors| errors.value.as_list().iter().any(|code| code.as_str() == Some("78092")));
    let event = || draft.store.event(DELETED, item.str("fabric"), item.str("name")?);
    let seen = own.or_else(|| event().map(|event| &event.seen))?;
    let reason = "error 78092: the on-premises machine was deleted";
    Some(draft.derive(seen, Value::Bool(false), reason))
}

fn on_premises(draft: &mut Draft<'_>, machine: &mut Entity, item: &Node) {
    let gone = gone(draft, item);
    let center = center_spellings(draft, item);
    match draft.inventory.of_item(item, &center) {
        Join::One(vm, how) => {
            let failover = item.time("failoverTime");
            virtual_site::on_premises(draft, machine, vm, failover, how);
        }
        Join::Several(candidates, how) => {
            let places = candidates
                .iter()
                .take(5)
                .filter_map(|vm| vm.anywhere().map(|seen| draft.place(seen)))
                .collect::<Vec<_>>()
                .join(", ");
            let message =
                format!("{} VMs have the {how} of the machine `{}`", candidates.len(), machine.id);
            draft.tell(
                Severity::Warning,
                "ambiguous-join",
                message,
                &format!("its on-premises facts are unknown; the candidates are at {places}"),
            );
        }
        Join::Nothing => {
            if let Some(fact) = gone {
                put(machine, "onPremVm/exists", Some(fact));
            } else if !draft.inventory.is_empty() {
                draft.unjoined.push(machine.id.clone());
            }
        }
    }
    if !machine.facts.iter().any(|(path, _)| *path == "onPremVm/vCenter")
        && let Some(seen) = item.seen("vCenter").or_else(|| item.seen("vCenterInfrastructure"))
        && let Some(key) = center.first().cloned()
        && let Some(id) = virtual_site::v_center(draft, &key)
    {
        put(machine, "onPremVm/vCenter", Some(draft.as_ref(seen, id)));
    }
}

/// The key, the address and the name of the item's vCenter, as far as they are known.
fn center_spellings(draft: &Draft<'_>, item: &Node) -> Vec<String> {
    let node = match (item.str("vCenter"), item.str("vCenterInfrastructure")) {
        (Some(key), _) => match draft.store.get(Kind::VCenter, key) {
            Some(node) => node,
            None => return vec![key.to_owned()],
        },
        (None, Some(number)) => {
            match draft.centers.get(&(item.str("fabric").unwrap_or_default(), number)) {
                Some(node) => node,
                None => return Vec::new(),
            }
        }
        (None, None) => return Vec::new(),
    };
    let mut spellings = vec![node.key.clone()];
    spellings.extend(["fqdn", "name"].iter().filter_map(|name| node.str(name)).map(str::to_owned));
    spellings
}

fn groups(draft: &mut Draft<'_>, items: &[&Node]) {
    // A group of which a member may be missing, or an item of which the group is not known, would lie.
    if !draft.complete("protected items") || items.iter().any(|item| item.value("group").is_none())
    {
        return;
    }
    let mut groups: BTreeMap<&str, Vec<&Node>> = BTreeMap::new();
    for item in items {
        if let Some(name) = item.str("group") {
            groups.entry(name).or_default().push(item);
        }
    }
    // A machine that is in no group of the user's is alone in one that bears a generated name.
    groups.retain(|name, members| members.len() > 1 || !is_generated(name));
    draft.known("replicationGroups");
    for (name, members) in groups {
        let id = draft.refer("replicationGroups", name, name);
        let ids = members
            .iter()
            .filter_map(|item| draft.id("machines", &item.key))
            .map(|id| Value::Text(id.to_owned()))
            .collect();
        let Some(seen) = members.first().and_then(|item| item.seen("group")) else { continue };
        let fact = draft.derive(seen, Value::List(ids), "the items that name the group");
        draft.add("replicationGroups", Entity { id, facts: vec![("members", fact)] });
    }
}

fn is_generated(name: &str) -> bool {
    name.len() == 36
        && name.bytes().enumerate().all(|(at, byte)| {
            if matches!(at, 8 | 13 | 18 | 23) { byte == b'-' } else { byte.is_ascii_hexdigit() }
        })
}

fn plans(draft: &mut Draft<'_>) {
    if draft.incomplete.iter().any(|gap| gap.list == "recoveryPlans") {
        return;
    }
    let plans = draft.nodes(Kind::Plan);
    let things: Vec<(String, String)> = plans
        .iter()
        .map(|plan| (plan.key.clone(), plan.str("name").unwrap_or("plan").to_owned()))
        .collect();
    draft.name("recoveryPlans", &things);
    for plan in plans {
        let Some(id) = draft.id("recoveryPlans", &plan.key).map(str::to_owned) else { continue };
        let mut entity = Entity { id: id.clone(), facts: Vec::new() };
        if let Some(seen) = plan.seen("items") {
            let members: Vec<Option<String>> = seen
                .value
                .as_list()
                .iter()
                .map(|key| draft.id("machines", key.as_str()?).map(str::to_owned))
                .collect();
            let other = |key: &Value| {
                key.as_str().is_some_and(|key| draft.store.get(Kind::Item, key).is_some())
            };
            let elsewhere = seen.value.as_list().iter().filter(|key| other(key)).count();
            let here = members.iter().flatten().count();
            let missing = members.len() - here;
            // The other environment of the vault has it.
            if here == 0 && missing > 0 && (draft.twin && elsewhere > 0 || !draft.only) {
                continue;
            }
            if draft.twin && elsewhere > here {
                let message =
                    format!("the recovery plan `{id}` has machines of both architectures");
                draft.tell(
                    Severity::Warning,
                    "plan-members",
                    message,
                    "its machines are unknown in both environments: plan them apart",
                );
            } else if missing > 0 {
                let message =
                    format!("{missing} machines of the recovery plan `{id}` were not handed in");
                draft.tell(
                    Severity::Warning,
                    "plan-members",
                    message,
                    "its machines are unknown: hand in the protected items of the vault",
                );
            } else {
                let list = members.into_iter().flatten().map(Value::Text).collect();
                let fact = Fact { value: Value::List(list), ..draft.store.fact(seen) };
                entity.facts.push(("machines", fact));
            }
        }
        draft.add("recoveryPlans", entity);
    }
    if draft.complete("recovery plans") {
        draft.known("recoveryPlans");
    }
}
