//! Maps machines of a VMware site, as the discovery appliance sees them.
//!
//! Owns the paths of that inventory only.

use crate::import::arm;
use crate::import::azure::{Source, id};
use crate::import::coerce;
use crate::import::govc::{firmware, power};
use crate::import::model::Value;
use crate::import::store::{Kind, Row, SINGLE, Store};
use crate::import::view::{Found, View};

/// Maps one machine.
pub fn map(store: &mut Store, source: Source, view: &View<'_>) -> &'static str {
    let facts = view.at("properties");
    let facts = if facts.json().is_some() { facts } else { view.clone() };
    if facts.at("isDeleted").is_true() == Some(true) {
        store.deleted += 1;
        return "VMware site machines";
    }
    let Some(name) = facts.at("displayName").str() else { return "VMware site machines" };
    let uuid = facts.at("instanceUuid");
    let key = uuid.str().map_or_else(|| format!("name|{name}"), |uuid| uuid.to_lowercase());
    let mut row = Row::new(Kind::Vm, key, source.file, SINGLE);
    row.put("name", facts.at("displayName").text());
    row.put(
        "siteName",
        arm::last(id(view)).map(|name| view.found(Value::Text(name.to_lowercase()))),
    );
    row.put("instanceUuid", uuid.str().map(|text| uuid.found(Value::Text(text.to_lowercase()))));
    let bios = facts.at("biosGuid");
    row.put("biosUuid", bios.str().map(|text| bios.found(Value::Text(text.to_lowercase()))));
    row.put("power", facts.at("powerStatus").word(power));
    row.put("host", facts.at("hostName").text());
    let center = facts.at("vCenterId");
    row.put("vCenter", center.str().map(|id| center.found(Value::Text(id.to_ascii_lowercase()))));
    row.put("firmware", facts.at("firmware").word(firmware));
    let tools = facts.at("vMwareToolsStatus");
    row.put(
        "tools",
        tools
            .str()
            .map(|text| tools.found(Value::Bool(!text.eq_ignore_ascii_case("NotInstalled")))),
    );
    row.put(
        "os",
        facts
            .first(&["operatingSystemDetails/osType", "operatingSystemDetails/osName"])
            .word(coerce::os_family),
    );
    row.put("enableUuid", facts.at("diskEnabledUuid").truth());
    row.put("seenAt", facts.at("updatedTimestamp").time());
    disks(&mut row, &facts.at("disks"));
    cards(&mut row, &facts.at("networkAdapters"));
    row.put("cores", facts.first(&["numberOfProcessorCore", "numberOfProcessorCores"]).int());
    row.put("memory", facts.at("allocatedMemoryInMB").size(1_048_576.0));
    row.put("snapshots", snapshots(&facts.at("numberOfSnapshots")));
    store.add(row);
    host(store, source, &facts);
    center_row(store, source, &facts);
    "VMware site machines"
}

fn disks(row: &mut Row, disks: &View<'_>) {
    let Some(list) = disks.list() else { return };
    let mut controllers: Vec<Value> = Vec::new();
    let list = list
        .iter()
        .map(|disk| {
            if let Some(word) = coerce::controller(disk.at("controllerType").as_str())
                && !controllers.contains(&Value::Word(word))
            {
                controllers.push(Value::Word(word));
            }
            let mut fields = Vec::new();
            if let Some(uuid) = disk.at("uuid").str() {
                fields.push(("uuid", Value::Text(uuid.to_lowercase())));
            }
            if let Some(size) = disk.at("maxSizeInBytes").size(1.0) {
                fields.push(("size", size.value));
            }
            match disk.at("diskType").as_str() {
                kind if kind.to_ascii_lowercase().contains("rdm")
                    || kind.to_ascii_lowercase().contains("raw") =>
                {
                    fields.push(("kind", Value::Word("rdm")));
                }
                "" => {}
                _ => fields.push(("kind", Value::Word("vmdk"))),
            }
            if let Some(name) = coerce::datastore_of(disk.at("path").as_str()) {
                fields.push(("datastore", Value::Text(name)));
            }
            Value::Record(fields)
        })
        .collect();
    row.put("disks", Some(disks.found(Value::List(list))));
    row.put(
        "controllers",
        (!controllers.is_empty()).then(|| disks.found(Value::List(controllers))),
    );
}

fn cards(row: &mut Row, cards: &View<'_>) {
    let macs: Vec<Value> = cards
        .items()
        .iter()
        .filter_map(|card| coerce::mac(card.at("macAddress").as_str()))
        .map(Value::Text)
        .collect();
    row.put("macs", (!macs.is_empty()).then(|| cards.found(Value::List(macs))));
    let ips: Vec<Value> = cards
        .items()
        .iter()
        .flat_map(|card| card.at("ipAddressList").items())
        .filter_map(|ip| ip.str())
        .map(Value::Text)
        .collect();
    row.put("ips", (!ips.is_empty()).then(|| cards.found(Value::List(ips))));
}

/// Only the number of snapshots is exported, so their names are not known. A negative number means that it was not counted.
fn snapshots(count: &View<'_>) -> Option<Found> {
    let number = count.number().filter(|number| *number >= 0.0)? as usize;
    let list = (1..=number.min(1000)).map(|at| {
        Value::Record(vec![("name", Value::Text(format!("snapshot {at} (name not exported)")))])
    });
    Some(count.found(Value::List(list.collect())))
}

fn host(store: &mut Store, source: Source, facts: &View<'_>) {
    let Some(name) = facts.at("hostName").str() else { return };
    // Hundreds of machines state the same host; its facts are taken from the first of a file.
    if store
        .get(Kind::Host, &name)
        .is_some_and(|node| node.anywhere().is_some_and(|seen| seen.file() == source.file))
    {
        return;
    }
    let mut row = Row::new(Kind::Host, name, source.file, source.rank);
    row.put("name", facts.at("hostName").text());
    row.put("version", facts.at("hostVersion").version());
    let center = facts.at("vCenterId");
    row.put("vCenter", center.str().map(|id| center.found(Value::Text(id.to_ascii_lowercase()))));
    store.add(row);
}

fn center_row(store: &mut Store, source: Source, facts: &View<'_>) {
    let center = facts.at("vCenterId");
    let Some(id) = center.str() else { return };
    let key = id.to_ascii_lowercase();
    if store
        .get(Kind::VCenter, &key)
        .is_some_and(|node| node.anywhere().is_some_and(|seen| seen.file() == source.file))
    {
        return;
    }
    let mut row = Row::new(Kind::VCenter, key, source.file, source.rank);
    row.put("name", arm::last(&id).map(|name| center.found(Value::Text(name.to_owned()))));
    row.put("fqdn", facts.at("vCenterFQDN").text());
    store.add(row);
}
