//! Maps Azure resources to rows: which kind an element is, and the kinds that need few facts.
//!
//! Owns the names of resource types and what is out of scope. Fabrics and protected items, which have most facts, are
//! in the modules below.

use crate::import::arm;
use crate::import::model::Value;
use crate::import::store::{Event, Kind, LIST, Row, SINGLE, Seen, Store};
use crate::import::view::{Found, View};

pub mod fabric;
pub mod item;
pub mod job;

/// Where an element comes from.
#[derive(Clone, Copy, Debug)]
pub struct Source {
    /// The number of the file.
    pub file: usize,
    /// The strength of its statements.
    pub rank: u8,
}

/// The facts of a resource: under `properties`, or flattened beside the id.
pub fn properties<'a>(view: &View<'a>) -> View<'a> {
    view.at("properties").object().unwrap_or_else(|| view.clone())
}

/// The id of a resource.
pub fn id<'a>(view: &View<'a>) -> &'a str {
    view.first(&["id", "resourceId"]).as_str()
}

/// Maps one resource; yields what it was, `None` where the element is no Azure resource.
pub fn map(store: &mut Store, source: Source, view: &View<'_>) -> Option<&'static str> {
    let id = id(view);
    let kind = arm::kind(view.at("type").as_str(), id)?;
    if let Some(vault) = arm::vault(id)
        && !store.vaults.contains_key(&vault)
    {
        let written = id.get(..vault.len()).unwrap_or(&vault).to_owned();
        store.vaults.insert(vault, written);
    }
    let facts = properties(view);
    let service = kind.strip_prefix("microsoft.recoveryservices/vaults/").unwrap_or("");
    Some(match service.rsplit('/').next().unwrap_or("") {
        "replicationfabrics" => fabric::map(store, source, view, &facts),
        "replicationprotecteditems" => item::map(store, source, view, &facts),
        "replicationmigrationitems" => {
            let name = facts
                .at("machineName")
                .str()
                .unwrap_or_else(|| arm::last(id).unwrap_or("?").to_owned());
            store.outside.push(("a migration item", name, source.file, view.pointer()));
            "migration items"
        }
        "replicationrecoveryservicesproviders" => provider(store, source, view, &facts),
        "replicationvcenters" => v_center(store, source, view, &facts),
        "replicationprotectableitems" => protectable(store, source, view, &facts),
        "replicationprotectioncontainermappings" => mapping(store, source, view, &facts),
        "replicationpolicies" => policy(store, source, view, &facts),
        "replicationrecoveryplans" => plan(store, source, view, &facts),
        "replicationevents" => event(store, source, &facts),
        "replicationjobs" => job::map(store, source, view, &facts),
        "" => return Some(other(store, source, view, &facts, &kind)),
        _ => "other recovery service resources",
    })
}

fn other(
    store: &mut Store,
    source: Source,
    view: &View<'_>,
    facts: &View<'_>,
    kind: &str,
) -> &'static str {
    match kind {
        "microsoft.compute/virtualmachines" => virtual_machine(store, source, view, facts),
        "microsoft.recoveryservices/vaults" => {
            let mut row =
                Row::new(Kind::Vault, id(view).to_ascii_lowercase(), source.file, source.rank);
            row.put("name", view.at("name").text());
            row.put("region", view.at("location").text());
            store.add(row);
            "vaults"
        }
        "microsoft.storage/storageaccounts" => {
            let mut row = Row::new(
                Kind::StorageAccount,
                id(view).to_ascii_lowercase(),
                source.file,
                source.rank,
            );
            row.put("name", view.at("name").text());
            row.put("region", view.at("location").text());
            store.add(row);
            "storage accounts"
        }
        "microsoft.offazure/vmwaresites/vcenters" => {
            let mut row =
                Row::new(Kind::VCenter, id(view).to_ascii_lowercase(), source.file, source.rank);
            row.put("name", view.at("name").text());
            row.put("fqdn", facts.first(&["fqdn", "friendlyName"]).text());
            row.put("port", facts.at("port").int());
            row.put("version", facts.at("version").version());
            store.add(row);
            "site vCenters"
        }
        // Names of accounts are never kept.
        "microsoft.offazure/vmwaresites/runasaccounts" => "run-as accounts",
        _ => "other Azure resources",
    }
}

fn provider(store: &mut Store, source: Source, view: &View<'_>, facts: &View<'_>) -> &'static str {
    let mut row = Row::new(Kind::Provider, id(view).to_ascii_lowercase(), source.file, source.rank);
    row.put("name", facts.at("friendlyName").text());
    row.put("fabric", arm::fabric(id(view)).map(|key| view.found(Value::Text(key))));
    row.put("fabricName", facts.at("fabricFriendlyName").text());
    row.put("heartbeat", facts.at("lastHeartBeat").time());
    let status =
        facts.at("connectionStatus").word(|text| match text.to_ascii_lowercase().as_str() {
            "connected" => Some("connected"),
            "notconnected" | "disconnected" => Some("disconnected"),
            _ => None,
        });
    let flag = facts.at("connected");
    let flag = flag
        .is_true()
        .map(|truth| flag.found(Value::Word(if truth { "connected" } else { "disconnected" })));
    row.put("connected", status.or(flag));
    store.add(row);
    "recovery service providers"
}

fn v_center(store: &mut Store, source: Source, view: &View<'_>, facts: &View<'_>) -> &'static str {
    let mut row = Row::new(Kind::VCenter, id(view).to_ascii_lowercase(), source.file, source.rank);
    row.put("name", facts.at("friendlyName").text().or_else(|| view.at("name").text()));
    row.put("fqdn", facts.first(&["ipAddress", "ipOrHostName"]).text());
    row.put("port", facts.at("port").int());
    row.put("infrastructureId", facts.first(&["infrastructureId", "internalId"]).text());
    row.put("fabric", arm::fabric(id(view)).map(|key| view.found(Value::Text(key))));
    row.put("heartbeat", facts.at("lastHeartbeat").time());
    row.put("discovery", facts.at("discoveryStatus").text());
    row.put("codes", codes(&facts.at("healthErrors")));
    store.add(row);
    "vCenters"
}

/// The codes of a list of health errors, where the list is stated.
pub fn codes(errors: &View<'_>) -> Option<Found> {
    let codes = errors
        .list()?
        .iter()
        .filter_map(|error| error.at("errorCode").str())
        .map(Value::Text)
        .collect();
    Some(errors.found(Value::List(codes)))
}

fn protectable(
    store: &mut Store,
    source: Source,
    view: &View<'_>,
    facts: &View<'_>,
) -> &'static str {
    let details = facts.first(&["customDetails", "fabricSpecificVMDetails"]);
    let mut row = Row::new(Kind::Protectable, id(view).to_ascii_lowercase(), source.file, SINGLE);
    row.put("name", facts.at("friendlyName").text());
    row.put("fabric", arm::fabric(id(view)).map(|key| view.found(Value::Text(key))));
    row.put("ip", details.at("ipAddress").text());
    row.put("os", details.at("osType").word(crate::import::coerce::os_family));
    row.put("vCenter", details.at("vCenterInfrastructureId").text());
    row.put("discovery", details.at("discoveryType").text());
    row.put("codes", codes(&details.at("validationErrors")));
    let item = facts.at("replicationProtectedItemId");
    row.put("item", item.str().map(|id| item.found(Value::Text(id.to_ascii_lowercase()))));
    row.put(
        "power",
        details.at("poweredOn").word(|text| match text.to_ascii_lowercase().as_str() {
            "on" | "true" => Some("on"),
            "off" | "false" => Some("off"),
            _ => None,
        }),
    );
    store.add(row);
    "protectable items"
}

fn mapping(store: &mut Store, source: Source, view: &View<'_>, facts: &View<'_>) -> &'static str {
    let own = id(view).to_ascii_lowercase();
    let container = arm::up_to(&own, "replicationProtectionContainers");
    let target = facts.at("targetProtectionContainerId");
    let mut row = Row::new(Kind::Mapping, own.clone(), source.file, source.rank);
    row.put("fabric", arm::fabric(&own).map(|key| view.found(Value::Text(key))));
    row.put("policyName", facts.at("policyFriendlyName").text());
    let policy = facts.at("policyId");
    row.put("policy", policy.str().map(|id| policy.found(Value::Text(id.to_ascii_lowercase()))));
    // A container that is mapped to itself is how the way back is set up.
    row.put(
        "back",
        target
            .str()
            .map(|id| target.found(Value::Bool(Some(id.to_ascii_lowercase()) == container))),
    );
    row.put("state", facts.at("state").text());
    store.add(row);
    "container mappings"
}

fn policy(store: &mut Store, source: Source, view: &View<'_>, facts: &View<'_>) -> &'static str {
    let mut row = Row::new(Kind::Policy, id(view).to_ascii_lowercase(), source.file, source.rank);
    row.put("name", facts.at("friendlyName").text().or_else(|| view.at("name").text()));
    let details = facts.first(&["providerSpecificDetails/instanceType", "replicationProvider"]);
    row.put("generation", details.text());
    store.add(row);
    "policies"
}

fn plan(store: &mut Store, source: Source, view: &View<'_>, facts: &View<'_>) -> &'static str {
    let name = facts
        .at("friendlyName")
        .str()
        .or_else(|| view.at("name").str())
        .unwrap_or_else(|| "?".to_owned());
    let providers = facts.first(&["replicationProviders", "replicationProvider"]);
    let providers: Vec<String> = if providers.is_list() {
        let list = providers.texts().map(|list| list.value);
        let list = list.as_ref().map(Value::as_list).unwrap_or_default();
        list.iter().filter_map(Value::as_str).map(str::to_owned).collect()
    } else {
        providers.str().into_iter().collect()
    };
    if !providers.is_empty() && !providers.iter().any(|provider| item::generation(provider).is_ok())
    {
        let what = item::generation(providers.first().map_or("", String::as_str))
            .err()
            .unwrap_or("another provider");
        store.outside.push((plan_of(what), name, source.file, view.pointer()));
        return "recovery plans";
    }
    let mut row = Row::new(Kind::Plan, id(view).to_ascii_lowercase(), source.file, source.rank);
    row.put("name", Some(facts.at("friendlyName").found(Value::Text(name))));
    let groups = facts.at("groups");
    let members = groups.list().filter(|list| !list.is_empty()).and_then(|list| {
        let mut members = Vec::new();
        for group in list {
            let own = group.first(&["replicationProtectedItems", "replicationProtectedItemIds"]);
            if own.json().is_some() {
                for member in own.list()? {
                    members.push(Value::Text(member.first(&["id"]).str()?.to_ascii_lowercase()));
                }
            }
        }
        Some(members)
    });
    // A list names plans without their groups; only one plan asked for by name has them.
    row.put("items", members.map(|members| groups.found(Value::List(members))));
    store.add(row);
    "recovery plans"
}

fn plan_of(what: &'static str) -> &'static str {
    match what {
        "an Azure-to-Azure item" => "a recovery plan of Azure-to-Azure items",
        "a Hyper-V item" => "a recovery plan of Hyper-V items",
        _ => "a recovery plan of another provider",
    }
}

/// What an event says of one object: each error it names, when.
fn event(store: &mut Store, source: Source, facts: &View<'_>) -> &'static str {
    let Some(name) = facts.at("affectedObjectFriendlyName").str() else { return "events" };
    let fabric = facts.at("fabricId").str().map(|id| id.to_ascii_lowercase());
    for error in facts.at("healthErrors").items() {
        let code = error.at("errorCode");
        let Some(text) = code.str() else { continue };
        let at = error.at("creationTimeUtc").instant().or(facts.at("timeOfOccurrence").instant());
        store.events.push(Event {
            seen: Seen::new(Value::Text(text), source.file, code.pointer(), source.rank),
            fabric: fabric.clone(),
            name: name.to_lowercase(),
            at,
        });
    }
    "events"
}

/// `PowerState/running`, `VM deallocated` and their likes.
fn power(text: &str) -> Option<&'static str> {
    match text.rsplit(['/', ' ']).next()?.to_ascii_lowercase().as_str() {
        "starting" => Some("starting"),
        "running" => Some("running"),
        "stopping" => Some("stopping"),
        "stopped" => Some("stopped"),
        "deallocating" => Some("deallocating"),
        "deallocated" => Some("deallocated"),
        _ => None,
    }
}

/// The size of all disks together, where the size of each is stated.
fn disk_size(storage: &View<'_>) -> Option<Found> {
    let mut disks = storage.at("dataDisks").items();
    disks.push(storage.at("osDisk"));
    let sizes: Option<Vec<i64>> = disks
        .iter()
        .map(|disk| match disk.at("diskSizeGB").size(1_073_741_824.0)?.value {
            Value::Size(bytes) if bytes > 0 => Some(bytes),
            _ => None,
        })
        .collect();
    let total = sizes?.into_iter().try_fold(0_i64, i64::checked_add)?;
    Some(storage.found(Value::Size(total)).because("the sizes of its disks"))
}

fn virtual_machine(
    store: &mut Store,
    source: Source,
    view: &View<'_>,
    facts: &View<'_>,
) -> &'static str {
    // The rank of a list says nothing here: these lists are as full as the single object.
    let mut row = Row::new(Kind::AzureVm, id(view).to_ascii_lowercase(), source.file, SINGLE);
    row.put("name", view.at("name").text());
    row.put("id", Some(view.first(&["id", "resourceId"]).found(Value::Text(id(view).to_owned()))));
    // A list tells of its resource groups what is not in them.
    row.put("listed", (source.rank == LIST).then(|| view.found(Value::Bool(true))));
    row.put("region", view.at("location").text());
    let statuses = facts.first(&["instanceView/statuses", "statuses"]);
    let state = statuses
        .items()
        .into_iter()
        .map(|status| status.at("code"))
        .find(|code| code.as_str().to_ascii_lowercase().starts_with("powerstate/"))
        .or_else(|| {
            Some(facts.first(&[
                "extended/instanceView/powerState/code",
                "powerState",
                "instanceView/powerState/code",
            ]))
        });
    row.put("power", state.and_then(|state| state.word(power)));
    let storage = facts.at("storageProfile");
    let data = storage.at("dataDisks");
    let none = (data.is_stated() && data.json().is_none()).then_some(0);
    if storage.at("osDisk").is_object()
        && let Some(more) = data.list().map(|list| list.len()).or(none)
    {
        let count = 1 + more;
        row.put("disks", Some(storage.found(Value::Int(count as i64))));
        row.put("diskSize", disk_size(&storage));
    }
    row.put(
        "os",
        storage.first(&["osDisk/osType", "osType"]).word(crate::import::coerce::os_family),
    );
    store.add(row);
    "Azure VMs"
}

/// A reprotect request, if the element is the body of one.
pub fn request(store: &mut Store, source: Source, view: &View<'_>) -> bool {
    let facts = view.at("properties");
    let facts = if facts.is_object() { facts } else { view.clone() };
    let details = facts.at("providerSpecificDetails");
    let direction = facts.at("failoverDirection");
    if !details.is_object() {
        return false;
    }
    let chosen = details.first(&["masterTargetId", "reprotectAgentId", "datastoreName"]);
    if direction.json().is_none()
        || (chosen.json().is_none() && details.at("instanceType").json().is_none())
    {
        return false;
    }
    let mut row = Row::new(Kind::Plan, source.file.to_string(), source.file, SINGLE);
    row.put(
        "direction",
        direction.word(|text| match text.to_ascii_lowercase().as_str() {
            "recoverytoprimary" => Some("azureToOnPremises"),
            "primarytorecovery" => Some("onPremisesToAzure"),
            _ => None,
        }),
    );
    row.put("generation", details.at("instanceType").text());
    for (name, path) in [
        ("masterTarget", "masterTargetId"),
        ("processServer", "processServerId"),
        ("retentionVolume", "retentionDrive"),
        ("datastore", "datastoreName"),
        ("appliance", "reprotectAgentId"),
        ("logStorageAccount", "logStorageAccountId"),
    ] {
        row.put(name, details.at(path).text());
    }
    row.put("policy", details.first(&["profileId", "policyId"]).text());
    row.put("body", Some(view.found(Value::None)));
    store.request(row);
    true
}
