//! Makes the servers of the recovery service: configuration, process and master target servers, appliances, vCenters, policies.
//!
//! Owns what their facts follow from. Facts of the VM a server runs on come from the inventory, or from the service's own
//! checks of exactly that VM.

use std::collections::HashMap;

use crate::diagnostic::Severity;
use crate::import::azure::fabric::COMPONENTS;
use crate::import::link::inventory::Join;
use crate::import::link::{Draft, put, virtual_site};
use crate::import::model::{Entity, Fact, Value};
use crate::import::store::{Kind, Node};
use crate::scalar::print_time;

/// A server that was not heard for an hour is not believed to run, whatever the service says.
const SILENT: i64 = 60 * 60 * 1_000_000;

/// Adds all of them.
pub fn make(draft: &mut Draft<'_>) {
    if draft.architecture != Some("modernized") {
        configuration_servers(draft);
        virtual_site::v_centers(draft);
        process_servers(draft);
        master_targets(draft);
    } else {
        virtual_site::v_centers(draft);
        appliances(draft);
    }
    policies(draft);
}

fn entity(id: &str) -> Entity {
    Entity { id: id.to_owned(), facts: Vec::new() }
}

fn named(nodes: &[&Node]) -> Vec<(String, String)> {
    nodes
        .iter()
        .map(|node| (node.key.clone(), node.str("name").unwrap_or(&node.key).to_owned()))
        .collect()
}

/// `running` where the service says so and the heartbeat does not speak against it.
fn state(draft: &Draft<'_>, node: &Node) -> Option<Fact> {
    let status = node.seen("status")?;
    let word = match status.value.as_str()?.to_ascii_lowercase().as_str() {
        "running" => "running",
        "stopped" | "notrunning" => "stopped",
        _ => return None,
    };
    // The service keeps saying `Running` of servers that fell silent months ago.
    if word == "running"
        && node.seen("heartbeat").is_none_or(|heartbeat| draft.older(heartbeat, SILENT))
    {
        return None;
    }
    let mut fact = draft.store.fact(status);
    fact.value = Value::Word(word);
    Some(fact)
}

fn configuration_servers(draft: &mut Draft<'_>) {
    let nodes = draft.nodes(Kind::ConfigurationServer);
    draft.name("configurationServers", &named(&nodes));
    let mut providers: HashMap<&str, &Node> = HashMap::new();
    for provider in draft.nodes(Kind::Provider) {
        if let (Some(fabric), true) =
            (provider.str("fabric"), provider.value("connected").is_some())
        {
            providers.entry(fabric).or_insert(provider);
        }
    }
    for node in nodes {
        let Some(id) = draft.id("configurationServers", &node.key).map(str::to_owned) else {
            continue;
        };
        let mut server = entity(&id);
        put(&mut server, "state", state(draft, node));
        let provider = providers.get(node.key.as_str()).copied();
        let silent = node.seen("codes").filter(|codes| has(codes.value.as_list(), &["813", "583"]));
        let stated = provider.and_then(|provider| draft.copy(provider, "connected"));
        let by_code = silent.map(|codes| {
            draft.derive(
                codes,
                Value::Word("disconnected"),
                "health error 813 or 583: the provider is not heard",
            )
        });
        let connection = match (stated, by_code) {
            (Some(stated), Some(code)) if stated.origin.captured >= code.origin.captured => {
                Some(stated)
            }
            (Some(_), Some(code)) => Some(code),
            (stated, code) => stated.or(code),
        };
        put(&mut server, "azureConnection", connection);
        put(&mut server, "lastHeartbeat", draft.copy(node, "heartbeat"));
        put(&mut server, "ip", draft.copy(node, "ip"));
        put(&mut server, "version", draft.copy(node, "version"));
        put(&mut server, "sslCertificateExpiry", draft.copy(node, "certificate"));
        draft.add("configurationServers", server);
    }
}

fn has(codes: &[Value], any: &[&str]) -> bool {
    codes.iter().filter_map(Value::as_str).any(|code| any.contains(&code))
}

fn process_servers(draft: &mut Draft<'_>) {
    let nodes = draft.nodes(Kind::ProcessServer);
    draft.name("processServers", &named(&nodes));
    for node in nodes {
        let Some(id) = draft.id("processServers", &node.key).map(str::to_owned) else { continue };
        let mut server = entity(&id);
        let configuration = draft.configuration_server(node);
        put(&mut server, "configurationServer", configuration);
        put(&mut server, "state", state(draft, node));
        let lost = silent_by_event(draft, node, &["806"]);
        put(&mut server, "health", lost);
        // The health of a server that fell silent is that of its last days, unless it is bad.
        let silent = node.seen("heartbeat").is_none_or(|heartbeat| draft.older(heartbeat, SILENT));
        let health = draft.copy(node, "health");
        put(
            &mut server,
            "health",
            health.filter(|fact| !silent || fact.value == Value::Word("critical")),
        );
        put(&mut server, "lastHeartbeat", draft.copy(node, "heartbeat"));
        put(&mut server, "version", draft.copy(node, "version"));
        put(&mut server, "sslCertificateExpiry", draft.copy(node, "certificate"));
        draft.add("processServers", server);
    }
}

fn master_targets(draft: &mut Draft<'_>) {
    let nodes = draft.nodes(Kind::MasterTarget);
    draft.name("masterTargets", &named(&nodes));
    let discovery = Discovered::new(draft);
    for node in nodes {
        let Some(id) = draft.id("masterTargets", &node.key).map(str::to_owned) else { continue };
        let mut target = entity(&id);
        let configuration = draft.configuration_server(node);
        put(&mut target, "configurationServer", configuration);
        let discovered = discovery.of(node);
        if let Some(seen) = discovered
            .and_then(|vm| vm.seen("discovery"))
            .filter(|seen| seen.value.as_str() == Some("vCenter"))
        {
            put(
                &mut target,
                "platform",
                Some(draft.derive(
                    seen,
                    Value::Word("vmwareVm"),
                    "a discovered VM of the same name and address",
                )),
            );
            put(
                &mut target,
                "discovered",
                Some(draft.derive(
                    seen,
                    Value::Bool(true),
                    "a discovered VM of the same name and address",
                )),
            );
        }
        put(&mut target, "osFamily", draft.copy(node, "os"));
        put(&mut target, "osVersion", draft.copy(node, "osVersion"));
        put(&mut target, "version", draft.copy(node, "version"));
        put(&mut target, "attachedDiskCount", draft.copy(node, "disks"));
        put(&mut target, "retentionVolumes", draft.copy(node, "volumes"));
        condition(draft, &mut target, node);
        for name in node.list("datastoresSeen").iter().filter_map(Value::as_str) {
            draft.refer("datastores", name, name);
        }
        if let Some(vm) = server_vm(draft, node, "master target") {
            virtual_site::server(draft, "masterTargets", &mut target, vm);
        }
        // Where VMware itself was not exported, the service's own checks of this VM remain.
        if let Some(vm) = discovered {
            checks(draft, &mut target, vm, node);
        }
        draft.add("masterTargets", target);
    }
}

/// How a master target is, as the service reports it.
fn condition(draft: &Draft<'_>, target: &mut Entity, node: &Node) {
    put(target, "lastHeartbeat", draft.copy(node, "heartbeat"));
    let lost = silent_by_event(draft, node, &["808", "809"]);
    put(target, "health", lost.or_else(|| draft.copy(node, "health")));
    put(target, "validationErrors", draft.copy(node, "errors"));
    put(target, "versionStatus", draft.copy(node, "versionStatus"));
    if let Some(codes) = node.seen("codes").filter(|seen| has(seen.value.as_list(), &["78145"])) {
        let reason = "the service's check 78145: the VM is switched off";
        put(target, "powerState", Some(draft.derive(codes, Value::Word("off"), reason)));
    }
}

/// That an event says that a server fell silent, unless it was heard later.
fn silent_by_event(draft: &Draft<'_>, node: &Node, codes: &[&str]) -> Option<Fact> {
    let event = draft.store.event(codes, node.str("fabric"), node.str("name")?)?;
    let (code, at) = (event.seen.value.as_str()?, event.at?);
    if node.time("heartbeat").is_some_and(|heard| heard > at) {
        return None;
    }
    let reason = format!("error {code} of {}: its heartbeat is missing", print_time(at));
    Some(draft.derive(&event.seen, Value::Word("critical"), reason))
}

/// The VM of VMware a server runs on; several candidates are told and none is taken.
fn server_vm<'s>(draft: &mut Draft<'s>, node: &Node, what: &str) -> Option<&'s Node> {
    match draft.inventory.of_server(node) {
        Join::One(vm, _) => Some(vm),
        Join::Several(candidates, how) => {
            let names = candidates
                .iter()
                .filter_map(|vm| vm.anywhere().map(|seen| draft.place(seen)))
                .collect::<Vec<_>>()
                .join(", ");
            let message = format!(
                "{} VMs have the {how} of the {what} `{}`",
                candidates.len(),
                node.str("name").unwrap_or("?")
            );
            draft.tell(
                Severity::Warning,
                "ambiguous-join",
                message,
                &format!("its VMware facts are unknown; the candidates are at {names}"),
            );
            None
        }
        Join::Nothing => None,
    }
}

/// Discovered VMs by fabric and name in lower case, and by fabric and address.
struct Discovered<'s> {
    names: HashMap<(&'s str, String), Vec<&'s Node>>,
    addresses: HashMap<(&'s str, &'s str), Vec<&'s Node>>,
}

impl<'s> Discovered<'s> {
    fn new(draft: &Draft<'s>) -> Self {
        let (mut names, mut addresses) = (HashMap::new(), HashMap::new());
        for vm in draft.nodes(Kind::Protectable) {
            let Some(fabric) = vm.str("fabric") else { continue };
            if let Some(name) = vm.str("name") {
                let same: &mut Vec<&Node> = names.entry((fabric, name.to_lowercase())).or_default();
                same.push(vm);
            }
            if let Some(ip) = vm.str("ip") {
                let same: &mut Vec<&Node> = addresses.entry((fabric, ip)).or_default();
                same.push(vm);
            }
        }
        Self { names, addresses }
    }

    /// The one that a master target is: by name, and by address where both say one; else by address, if the service says
    /// of it that it is a server of its own.
    fn of(&self, node: &Node) -> Option<&'s Node> {
        let (fabric, name) = (node.str("fabric")?, node.str("name")?.to_lowercase());
        let ip = node.str("ip");
        let named = self
            .names
            .get(&(fabric, name))
            .into_iter()
            .flatten()
            .filter(|vm| ip.is_none() || vm.str("ip").is_none() || vm.str("ip") == ip);
        let at = ip.and_then(|ip| self.addresses.get(&(fabric, ip)));
        let placed = at.into_iter().flatten().filter(|vm| has(vm.list("codes"), &["78156"]));
        let mut found: Vec<&'s Node> = named.copied().collect();
        for vm in placed.copied() {
            if !found.iter().any(|own| own.key == vm.key) {
                found.push(vm);
            }
        }
        (found.len() == 1).then(|| found.remove(0))
    }
}

fn checks(draft: &mut Draft<'_>, target: &mut Entity, vm: &Node, node: &Node) {
    let Some(codes) = vm.seen("codes") else { return };
    let list = codes.value.as_list();
    let known = |path: &str| target.facts.iter().any(|(at, _)| *at == path);
    let mut more: Vec<(&'static str, Fact)> = Vec::new();
    if !known("snapshots") {
        let snapshots = if has(list, &["78158"]) {
            vec![Value::Record(vec![("name", Value::Text("(name not exported)".to_owned()))])]
        } else {
            Vec::new()
        };
        let reason = if snapshots.is_empty() {
            "the service's check 78158 found no snapshot"
        } else {
            "the service's check 78158: the VM has snapshots"
        };
        more.push(("snapshots", draft.derive(codes, Value::List(snapshots), reason)));
    }
    if !known("diskEnableUuid") {
        let set = !has(list, &["78152"]);
        more.push((
            "diskEnableUuid",
            draft.derive(
                codes,
                Value::Bool(set),
                if set {
                    "the service's check 78152 found nothing"
                } else {
                    "the service's check 78152"
                },
            ),
        ));
    }
    if !known("vmwareTools") && has(list, &["78146"]) {
        more.push((
            "vmwareTools",
            draft.derive(
                codes,
                Value::Bool(false),
                "the service's check 78146: the tools do not run",
            ),
        ));
    }
    if !known("scsiControllers") {
        let name = node.str("name").unwrap_or("?").to_owned();
        if has(list, &["78150", "78151"]) {
            let message = format!(
                "the service's checks 78150 or 78151 speak against the SCSI controllers of the master target `{name}`"
            );
            draft.tell(
                Severity::Warning,
                "controllers",
                message,
                "which controllers it has is not in that export: hand in RVTools vDisk",
            );
        } else if node.str("os") == Some("linux") && vm.str("os") == Some("linux") {
            let only = Value::List(vec![Value::Word("lsiLogic")]);
            more.push(("scsiControllers", draft.derive(codes, only, "the service's checks 78150 and 78151 found nothing: one kind, LSI Logic parallel")));
        }
    }
    target.facts.extend(more);
}

fn appliances(draft: &mut Draft<'_>) {
    let nodes = draft.nodes(Kind::Appliance);
    draft.name("appliances", &named(&nodes));
    for node in nodes {
        let Some(id) = draft.id("appliances", &node.key).map(str::to_owned) else { continue };
        let mut appliance = entity(&id);
        if let Some(seen) = node.seen("vCenter") {
            let center = virtual_site::v_center(draft, seen.value.as_str().unwrap_or_default());
            put(&mut appliance, "vCenter", center.map(|id| draft.as_ref(seen, id)));
        }
        if let Some(vm) = server_vm(draft, node, "appliance") {
            virtual_site::server(draft, "appliances", &mut appliance, vm);
        }
        if let Some(seen) = node.seen("datastores") {
            let mut list = Vec::new();
            for name in seen.value.as_list().iter().filter_map(Value::as_str) {
                // Accessible is all that is said; whether it may be written is not.
                list.push(Value::Record(vec![(
                    "datastore",
                    Value::Text(draft.refer("datastores", name, name)),
                )]));
            }
            let mut fact = draft.store.fact(seen);
            fact.value = Value::List(list);
            put(&mut appliance, "datastores", Some(fact));
        }
        for (_, health, heartbeat, path) in COMPONENTS {
            let silent = node.seen(heartbeat).filter(|seen| draft.missing(seen));
            let fact = match silent {
                Some(seen) => Some(draft.derive(
                    seen,
                    Value::Word("noHeartbeat"),
                    "the heartbeat was over 15 minutes old when the file was made",
                )),
                None => draft.copy(node, health),
            };
            put(&mut appliance, path, fact);
        }
        put(&mut appliance, "reportedAt", reported(draft, node));
        draft.add("appliances", appliance);
    }
}

/// When the health of an appliance was reported: the oldest heartbeat of a part that is not silent.
fn reported(draft: &Draft<'_>, node: &Node) -> Option<Fact> {
    let beats = COMPONENTS.iter().filter_map(|(_, _, heartbeat, _)| node.seen(heartbeat));
    let heard = beats.filter(|seen| !draft.missing(seen)).filter_map(|seen| match seen.value {
        Value::Time(at) => Some((at, seen)),
        _ => None,
    });
    let (at, seen) = heard.min_by_key(|(at, _)| *at)?;
    Some(draft.derive(seen, Value::Time(at), "the oldest heartbeat of its parts"))
}

fn policies(draft: &mut Draft<'_>) {
    let classic = draft.architecture != Some("modernized");
    let wanted = if classic { "InMage" } else { "InMageRcmFailback" };
    let mappings = draft.nodes(Kind::Mapping);
    let policies = draft.nodes(Kind::Policy);
    let mut found: Vec<(String, String, Option<&Node>, Option<&Node>)> = Vec::new();
    for policy in &policies {
        if policy.str("generation") == Some(wanted) {
            let mapping = mappings.iter().find(|mapping| {
                mapping.str("policy") == Some(policy.key.as_str())
                    && mapping.truth("back") == Some(true)
            });
            found.push((
                policy.key.clone(),
                policy.str("name").unwrap_or("?").to_owned(),
                mapping.copied(),
                Some(policy),
            ));
        }
    }
    for mapping in mappings.iter().filter(|mapping| classic && mapping.truth("back") == Some(true))
    {
        let Some(key) = mapping.str("policy") else { continue };
        let other =
            policies.iter().any(|policy| policy.key == key && policy.str("generation").is_some());
        if !other && !found.iter().any(|(own, ..)| own == key) {
            let name = mapping
                .str("policyName")
                .or_else(|| key.rsplit('/').next())
                .unwrap_or(key)
                .to_owned();
            found.push((key.to_owned(), name, Some(mapping), None));
        }
    }
    let names: Vec<(String, String)> =
        found.iter().map(|(key, name, ..)| (key.clone(), name.clone())).collect();
    draft.name("failbackPolicies", &names);
    for (key, name, mapping, _) in &found {
        let id = draft.refer("failbackPolicies", key, name);
        let mut policy = entity(&id);
        if classic && let Some(mapping) = mapping {
            let server = draft.configuration_server(mapping);
            put(&mut policy, "configurationServer", server);
        }
        draft.add("failbackPolicies", policy);
    }
    if found.is_empty() && draft.complete("policies") && draft.complete("container mappings") {
        draft.known("failbackPolicies");
    }
}
