//! Maps protected items of all four VMware generations.
//!
//! Owns the paths inside an item. A list names items with most facts empty, so emptiness counts only where one item was
//! asked for by name.

use crate::import::arm;
use crate::import::azure::{Source, codes, id};
use crate::import::coerce;
use crate::import::model::Value;
use crate::import::store::{Kind, Row, Store};
use crate::import::view::{Found, View};

/// The generation of a provider word, or what it is that is out of scope.
pub fn generation(provider: &str) -> Result<&'static str, &'static str> {
    match provider {
        "InMageAzureV2" => Ok("InMageAzureV2"),
        "InMage" => Ok("InMage"),
        "InMageRcm" => Ok("InMageRcm"),
        "InMageRcmFailback" => Ok("InMageRcmFailback"),
        _ if provider.starts_with("A2A") => Err("an Azure-to-Azure item"),
        _ if provider.starts_with("HyperV") => Err("a Hyper-V item"),
        "VMwareCbt" => Err("a migration item"),
        _ => Err("an item of another provider"),
    }
}

/// Maps one item.
pub fn map(store: &mut Store, source: Source, view: &View<'_>, facts: &View<'_>) -> &'static str {
    let details = facts.at("providerSpecificDetails");
    let stated =
        details.first(&["instanceType"]).str().or_else(|| facts.at("replicationProvider").str());
    let kind = match stated.as_deref().map(generation) {
        Some(Err(what)) => {
            let name = facts.at("friendlyName").str().unwrap_or_default();
            store.outside.push((what, name, source.file, view.pointer()));
            return "protected items";
        }
        Some(Ok(kind)) => kind,
        None => "",
    };
    let key = id(view).to_ascii_lowercase();
    let mut row = Row::new(Kind::Item, key.clone(), source.file, source.rank);
    row.put("name", facts.at("friendlyName").text());
    row.put("armName", view.at("name").text());
    row.put("fabric", arm::fabric(&key).map(|key| view.found(Value::Text(key))));
    let place = details.first(&["instanceType"]);
    row.put("generation", (!kind.is_empty()).then(|| place.found(Value::Word(kind))));
    row.put("fabricName", facts.at("primaryFabricFriendlyName").text());
    row.put("state", facts.at("protectionState").text());
    row.put("stateText", facts.at("protectionStateDescription").text());
    row.put("location", facts.at("activeLocation").text());
    row.put("failoverTime", facts.at("lastSuccessfulFailoverTime").time());
    row.put("actions", facts.at("allowedOperations").texts());
    let scenario = facts.at("currentScenario/scenarioName").text();
    row.put("scenario", scenario.filter(|found| found.value.as_str() != Some("None")));
    row.put("errors", errors(facts));
    common(&mut row, &details);
    azure_side(&mut row, &details);
    on_premises_side(&mut row, &details);
    if matches!(kind, "InMageRcmFailback") {
        let vm = details.at("azureVirtualMachineId");
        row.put("azureVm", vm.str().map(|id| vm.found(Value::Text(id))));
    }
    store.add(row);
    "protected items"
}

/// The numbers of the errors of all lists that are stated, at the place of the first that has one.
fn errors(facts: &View<'_>) -> Option<Found> {
    const LISTS: [&str; 3] = ["healthErrors", "replicationHealthErrors", "failoverHealthErrors"];
    let lists: Vec<Found> = LISTS.iter().filter_map(|key| codes(&facts.at(key))).collect();
    let all: Vec<Value> = lists.iter().flat_map(|found| found.value.as_list()).cloned().collect();
    let first = lists.iter().find(|found| !found.value.as_list().is_empty()).or(lists.first())?;
    Some(first.clone().with(Value::List(all)))
}

/// A list, unless it is empty and came from a list, where emptiness says nothing.
fn full(row: &Row, found: Option<Found>) -> Option<Found> {
    found.filter(|found| !row.is_list() || !found.value.as_list().is_empty())
}

fn common(row: &mut Row, details: &View<'_>) {
    row.put("os", details.first(&["osType", "osDetails/osType"]).word(coerce::os_family));
    let name = details.first(&["osVersion", "discoveredVmDetails/osName"]);
    row.put("osText", name.text());
    let agent = details.first(&[
        "agentVersion",
        "agentDetails/agentVersion",
        "mobilityAgentDetails/version",
    ]);
    row.put("agentVersion", agent.version());
    let expiry = details.first(&[
        "agentExpiryDate",
        "agentDetails/agentExpiryDate",
        "mobilityAgentDetails/agentVersionExpiryDate",
    ]);
    row.put("agentExpiry", expiry.time());
    let heartbeat = details.first(&["lastHeartbeat", "mobilityAgentDetails/lastHeartbeatUtc"]);
    row.put("agentHeartbeat", heartbeat.time());
    row.put("registered", details.at("isAgentRegistrationSuccessfulAfterFailover").truth());
    row.put("masterTarget", details.at("masterTargetId").text());
    row.put("processServer", details.at("processServerId").text());
    row.put("appliance", details.at("reprotectAgentId").text());
    let group = details.first(&["multiVmGroupName", "multiVmGroupId"]);
    let none = details.at("multiVmGroupName");
    row.put(
        "group",
        group
            .text()
            .or_else(|| (none.is_stated() && !row.is_list()).then(|| none.found(Value::None))),
    );
    row.put(
        "firmware",
        details.at("firmwareType").word(|text| match text.to_ascii_lowercase().as_str() {
            "bios" => Some("bios"),
            "uefi" | "efi" => Some("uefi"),
            _ => None,
        }),
    );
    // On the way back the source is the Azure VM, which discovery calls physical.
    let forward = !matches!(row.text("generation"), Some("InMage" | "InMageRcmFailback"));
    row.put("discovery", details.at("discoveryType").text().filter(|_| forward));
    row.put("activeSite", details.at("activeSiteType").text());
    let disks = details.first(&["protectedDisks", "protectedManagedDisks", "protectedDiskDetails"]);
    let count = disks.items().len();
    row.put("disks", (count > 0).then(|| disks.found(Value::Int(count as i64))));
}

fn azure_side(row: &mut Row, details: &View<'_>) {
    let vm = details.at("targetVmId");
    // A LIST of 2021 gives an id that ends before the name.
    row.put(
        "azureVm",
        vm.str().filter(|id| arm::last(id).is_some()).map(|id| vm.found(Value::Text(id))),
    );
    row.put("azureName", details.first(&["recoveryAzureVMName", "targetVmName"]).text());
    let group = details.first(&["recoveryAzureResourceGroupId", "targetResourceGroupId"]);
    row.put(
        "azureGroup",
        group.str().and_then(|id| Some(group.found(Value::Text(arm::last(&id)?.to_owned())))),
    );
    row.put("azureGroupId", group.text());
    let network = details.first(&["selectedRecoveryAzureNetworkId", "targetNetworkId"]);
    row.put(
        "network",
        network.str().and_then(|id| Some(network.found(Value::Text(arm::last(&id)?.to_owned())))),
    );
    row.put("retained", retained(&details.at("vmNics")));
}

/// Whether the addresses were kept: only where both sides name one for every card.
fn retained(cards: &View<'_>) -> Option<Found> {
    let pairs: Vec<(String, String)> = cards
        .items()
        .iter()
        .map(|card| {
            let before = card.first(&["primaryNicStaticIPAddress", "sourceIPAddress"]).str();
            let after = card.first(&["replicaNicStaticIPAddress", "targetIPAddress"]).str();
            before.zip(after)
        })
        .collect::<Option<Vec<_>>>()
        .filter(|pairs| !pairs.is_empty())?;
    let kept = pairs.iter().any(|(before, after)| before == after);
    Some(
        cards
            .found(Value::Bool(kept))
            .because("the addresses of the cards before and after failover"),
    )
}

fn on_premises_side(row: &mut Row, details: &View<'_>) {
    let cards = details.at("vmNics");
    let macs: Vec<Value> = cards
        .items()
        .iter()
        .filter_map(|card| coerce::mac(&card.first(&["nicId", "macAddress"]).str()?))
        .map(Value::Text)
        .collect();
    // On the way back the cards are those of the Azure VM, which tell nothing about VMware.
    let forward = !matches!(row.text("generation"), Some("InMage" | "InMageRcmFailback"));
    row.put("macs", (forward && !macs.is_empty()).then(|| cards.found(Value::List(macs))));
    row.put("vCenterInfrastructure", details.at("vCenterInfrastructureId").text());
    let center = details.first(&["discoveredVmDetails/vCenterId", "targetvCenterId"]);
    row.put("vCenter", center.str().map(|id| center.found(Value::Text(id.to_ascii_lowercase()))));
    let machine = details.at("fabricDiscoveryMachineId");
    row.put(
        "machine",
        machine
            .str()
            .and_then(|id| Some(machine.found(Value::Text(arm::last(&id)?.to_lowercase())))),
    );
    row.put(
        "power",
        details.at("discoveredVmDetails/powerStatus").word(|text| {
            match text.to_ascii_lowercase().as_str() {
                "on" | "poweredon" => Some("on"),
                "off" | "poweredoff" => Some("off"),
                _ => None,
            }
        }),
    );
    row.put("powerAt", details.at("discoveredVmDetails/lastDiscoveryTimeInUtc").time());
    let deleted = details.at("discoveredVmDetails/isDeleted");
    let gone = deleted.is_true().filter(|gone| *gone);
    row.put(
        "gone",
        gone.map(|_| {
            deleted.found(Value::Bool(true)).because("the VMware site says that it was deleted")
        }),
    );
    let stores = details.first(&["datastores", "discoveredVmDetails/datastores"]);
    row.put("datastores", full(row, stores.texts()));
    row.put("targetDatastore", details.at("targetDataStoreName").text());
    let disks = details.at("protectedDisks").items();
    let uuids: Vec<Value> = disks
        .iter()
        .filter_map(|disk| disk.at("diskUuid").str())
        .map(|uuid| Value::Text(uuid.to_lowercase()))
        .collect();
    row.put(
        "diskUuids",
        (!uuids.is_empty()).then(|| details.at("protectedDisks").found(Value::List(uuids))),
    );
}
