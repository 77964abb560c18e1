//! Maps fabrics: configuration servers with their process servers and master targets, and appliances.
//!
//! Owns the paths inside a fabric. What the parts mean for each other is joined later.

use crate::import::arm;
use crate::import::azure::{Source, codes, id};
use crate::import::coerce;
use crate::import::model::Value;
use crate::import::store::{Kind, Row, Store};
use crate::import::view::{Found, View};

/// Bytes of the unit in which datastores are counted.
const GIB: f64 = 1_073_741_824.0;

/// Maps one fabric.
pub fn map(store: &mut Store, source: Source, view: &View<'_>, facts: &View<'_>) -> &'static str {
    let details = facts.first(&["customDetails", "fabricSpecificDetails"]);
    let kind = details
        .at("instanceType")
        .str()
        .or_else(|| facts.at("fabricType").str())
        .unwrap_or_default();
    let name = facts.at("friendlyName").str().unwrap_or_else(|| id(view).to_owned());
    let key = id(view).to_ascii_lowercase();
    match kind.as_str() {
        "VMware" | "VMwareV2" if details.at("vmwareSiteId").json().is_none() => {
            classic(store, source, facts, &details, &key)
        }
        "InMageRcm" | "InMageRcmFabric" | "VMwareV2" => {
            modernized(store, source, facts, &details, &key)
        }
        "" => return "fabrics",
        _ => {
            let what = match kind.as_str() {
                "Azure" => "an Azure-to-Azure fabric",
                "HyperVSite" | "VMM" => "a Hyper-V fabric",
                _ => "a fabric of another kind",
            };
            store.outside.push((what, name, source.file, view.pointer()));
        }
    }
    "fabrics"
}

fn text(view: &View<'_>, text: &str) -> Option<Found> {
    Some(view.found(Value::Text(text.to_owned())))
}

fn classic(store: &mut Store, source: Source, facts: &View<'_>, details: &View<'_>, key: &str) {
    let mut row = Row::new(Kind::ConfigurationServer, key, source.file, source.rank);
    row.put("name", facts.at("friendlyName").text());
    row.put("ip", details.at("ipAddress").text());
    row.put("version", details.at("agentVersion").version());
    row.put("heartbeat", details.at("lastHeartbeat").time());
    row.put("status", details.at("csServiceStatus").text());
    row.put("certificate", details.at("sslCertExpiryDate").time());
    row.put("codes", codes(&facts.at("healthErrorDetails")));
    store.add(row);
    for server in details.at("processServers").items() {
        process_server(store, source, &server, key);
    }
    for server in details.at("masterTargetServers").items() {
        master_target(store, source, &server, key);
    }
}

fn host_key(fabric: &str, server: &View<'_>) -> Option<(String, Found)> {
    let id = server.first(&["id", "hostId"]);
    let text = id.str()?;
    Some((format!("{fabric}|{}", text.to_lowercase()), id.found(Value::Text(text))))
}

fn process_server(store: &mut Store, source: Source, server: &View<'_>, fabric: &str) {
    let Some((key, host)) = host_key(fabric, server) else { return };
    let mut row = Row::new(Kind::ProcessServer, key, source.file, source.rank);
    row.put("name", server.first(&["friendlyName", "name"]).text());
    row.put("fabric", text(server, fabric));
    row.put("hostId", Some(host));
    row.put("ip", server.at("ipAddress").text());
    row.put("version", server.at("agentVersion").version());
    row.put("heartbeat", server.at("lastHeartbeat").time());
    row.put("status", server.first(&["psServiceStatus", "serviceStatus"]).text());
    row.put("health", health(server));
    row.put("certificate", server.at("sslCertExpiryDate").time());
    store.add(row);
}

/// What the service says of the version of a server.
fn version_status(text: &str) -> Option<&'static str> {
    match text.to_ascii_lowercase().as_str() {
        "supported" => Some("upToDate"),
        "updaterequired" | "securityupdaterequired" | "deprecated" => Some("updateRequired"),
        "notsupported" => Some("notSupported"),
        _ => None,
    }
}

/// The errors listed, as number and summary.
fn errors(list: &View<'_>) -> Option<Found> {
    let texts = list.list()?.into_iter().map(|error| {
        let code = error.at("errorCode").str().unwrap_or_else(|| "an error".to_owned());
        let text = error.first(&["summaryMessage", "errorMessage"]).str();
        Value::Text(text.map_or(code.clone(), |text| format!("{code} {text}")))
    });
    Some(list.found(Value::List(texts.collect())))
}

/// The health word: stated, or the worst level of the health errors listed.
fn health(server: &View<'_>) -> Option<Found> {
    let stated = server.at("health").word(|text| match text.to_ascii_lowercase().as_str() {
        "normal" => Some("normal"),
        "warning" => Some("warning"),
        "critical" | "error" => Some("critical"),
        _ => None,
    });
    let errors = server.at("healthErrors");
    stated.or_else(|| {
        let list = errors.list()?;
        let levels: Vec<&str> = list.iter().map(|error| error.at("errorLevel").as_str()).collect();
        let word = if levels.is_empty() {
            "normal"
        } else if levels.iter().any(|level| {
            level.eq_ignore_ascii_case("error") || level.eq_ignore_ascii_case("critical")
        }) {
            "critical"
        } else if levels.iter().all(|level| level.eq_ignore_ascii_case("warning")) {
            "warning"
        } else {
            return None;
        };
        Some(errors.found(Value::Word(word)).because("the levels of the health errors listed"))
    })
}

fn master_target(store: &mut Store, source: Source, server: &View<'_>, fabric: &str) {
    let Some((key, host)) = host_key(fabric, server) else { return };
    let mut row = Row::new(Kind::MasterTarget, key, source.file, source.rank);
    row.put("name", server.first(&["name", "friendlyName"]).text());
    row.put("fabric", text(server, fabric));
    row.put("hostId", Some(host));
    row.put("ip", server.at("ipAddress").text());
    row.put("os", server.at("osType").word(coerce::os_family));
    let os = server.at("osVersion");
    let version = os.str().and_then(|text| Some((coerce::os_version(&text)?, text)));
    row.put(
        "osVersion",
        version
            .map(|(version, text)| os.found(Value::Version(version)).because(format!("`{text}`"))),
    );
    row.put("version", server.at("agentVersion").version());
    row.put("heartbeat", server.at("lastHeartbeat").time());
    // Old agents send 0, which no running server can have.
    row.put("disks", server.at("diskCount").int().filter(|count| count.value != Value::Int(0)));
    row.put("codes", codes(&server.at("validationErrors")));
    row.put("errors", errors(&server.at("validationErrors")));
    row.put("health", health(server));
    row.put("versionStatus", server.at("versionStatus").word(version_status));
    let volumes = server.at("retentionVolumes");
    let list = volumes.list().and_then(|list| list.iter().map(volume).collect());
    row.put("volumes", list.map(|list| volumes.found(Value::List(list))));
    let stores = server.at("dataStores");
    if let Some(list) = stores.list() {
        let mut names = Vec::new();
        for store_view in list {
            let Some(name) = store_view.at("symbolicName").str() else { continue };
            let uuid = store_view.at("uuid").str().unwrap_or_default();
            let mut seen =
                Row::new(Kind::Datastore, format!("{name}|{uuid}"), source.file, source.rank);
            // What a master target tells of its datastores is no newer than its last heartbeat.
            seen.heard(server.at("lastHeartbeat").instant());
            seen.put("name", store_view.at("symbolicName").text());
            // A capacity of nought means that it could not be looked into; `type` is always the same word and says nothing.
            if store_view.at("capacity").number().is_some_and(|capacity| capacity > 0.0) {
                // Two decimals of a GiB are no exact bytes: whole MiB are what is known.
                let free = store_view.at("freeSpace").size(GIB);
                seen.put(
                    "freeSpace",
                    free.map(|free| match free.value {
                        Value::Size(bytes) => free.clone().with(Value::Size(bytes >> 20 << 20)),
                        _ => free,
                    }),
                );
            }
            store.add(seen);
            names.push(Value::Text(name));
        }
        row.put("datastoresSeen", Some(stores.found(Value::List(names))));
    }
    store.add(row);
}

fn volume(volume: &View<'_>) -> Option<Value> {
    let mut fields = vec![("name", Value::Text(volume.first(&["volumeName", "name"]).str()?))];
    if let Some(size) = volume.at("capacityInBytes").size(1.0) {
        fields.push(("capacity", size.value));
    }
    if let Some(size) = volume.at("freeSpaceInBytes").size(1.0) {
        fields.push(("freeSpace", size.value));
    }
    Some(Value::Record(fields))
}

/// Components of an appliance: the list in the fabric, the fact for its health, the fact for its heartbeat.
pub const COMPONENTS: [(&str, &str, &str, &str); 6] = [
    ("rcmProxies", "proxy", "proxyHeartbeat", "components/proxy"),
    ("reprotectAgents", "agent", "agentHeartbeat", "components/reprotectAgent"),
    ("processServers", "process", "processHeartbeat", "components/processServer"),
    ("marsAgents", "mars", "marsHeartbeat", "components/recoveryServicesAgent"),
    ("dras", "provider", "providerHeartbeat", "components/provider"),
    ("replicationAgents", "replication", "replicationHeartbeat", "components/replicationService"),
];

fn modernized(store: &mut Store, source: Source, facts: &View<'_>, details: &View<'_>, key: &str) {
    let mut row = Row::new(Kind::ApplianceFabric, key, source.file, source.rank);
    row.put("name", facts.at("friendlyName").text());
    row.put("site", details.at("vmwareSiteId").text());
    store.add(row);
    for (list, fact, heartbeat, _) in COMPONENTS {
        for part in details.at(list).items() {
            let Some((key, host)) = host_key(key, &part) else { continue };
            let mut row = Row::new(Kind::Appliance, key.clone(), source.file, source.rank);
            row.put("fabric", key.split('|').next().and_then(|fabric| text(&part, fabric)));
            row.put("hostId", Some(host));
            row.put("name", part.at("name").text());
            row.put(
                fact,
                part.at("health").word(|text| match text.to_ascii_lowercase().as_str() {
                    "normal" => Some("healthy"),
                    "warning" => Some("warning"),
                    "critical" => Some("critical"),
                    _ => None,
                }),
            );
            row.put(heartbeat, part.at("lastHeartbeatUtc").time());
            let machine = part.at("fabricObjectId");
            row.put(
                "machine",
                machine.str().and_then(|id| {
                    Some(machine.found(Value::Text(arm::last(&id)?.to_lowercase())))
                }),
            );
            if list == "reprotectAgents" {
                let center = part.at("vcenterId");
                row.put(
                    "vCenter",
                    center.str().map(|id| center.found(Value::Text(id.to_ascii_lowercase()))),
                );
                let seen = part.at("accessibleDatastores");
                row.put("datastores", seen.texts());
            }
            store.add(row);
        }
    }
}
