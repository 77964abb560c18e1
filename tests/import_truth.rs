//! What an import may conclude: the past of a machine says nothing about now, a whole list denies what it lacks, and a word
//! that is not known decides nothing.

use failback::import::model::{Environment, Value};
use failback::import::read::{Content, Input};
use failback::import::{Imported, Options, import};
use serde_json::{Value as Json, json};

use crate::import::common::{entity, fixture, only, text};

/// A payload made in a test.
fn payload(name: &str, json: &Json) -> Input {
    Input { name: name.to_owned(), content: Content::Bytes(json.to_string().into_bytes().into()) }
}

/// One fixture as it is with a change.
fn changed(name: &str, change: impl FnOnce(&mut Json)) -> Input {
    let mut json: Json = serde_json::from_str(&text(name)).expect("JSON");
    change(&mut json);
    payload(name, &json)
}

fn all(inputs: Vec<Input>) -> Imported {
    import(inputs, &Options::default())
}

/// The fabrics, and `web01` with a change to its item.
fn web01(change: impl FnOnce(&mut Json)) -> Vec<Input> {
    let item =
        changed("classic/items-list.json", |json| change(&mut json["value"][0]["properties"]));
    vec![fixture("classic/fabrics.json"), item]
}

#[track_caller]
fn fact(environment: &Environment, path: &str) -> Option<Value> {
    entity(environment, "machines", "web01").value(path).cloned()
}

fn vm(group: &str, name: &str) -> Json {
    json!({
        "id": format!("/subscriptions/0000-1111/resourceGroups/{group}/providers/Microsoft.Compute/virtualMachines/{name}"),
        "name": name, "type": "Microsoft.Compute/virtualMachines", "location": "koreacentral",
        "powerState": "VM running",
    })
}

#[test]
fn an_item_alone_does_not_say_that_its_vm_is_still_there() {
    let done = all(web01(|_| {}));
    for path in ["azureVm/exists", "azureVm/resourceGroup", "azureVm/agent/installed"] {
        assert_eq!(fact(only(&done), path), None, "{path}");
    }
}

#[test]
fn a_whole_list_of_vms_says_what_is_there_moved_and_gone() {
    let list = |vms: Json| {
        let mut inputs = web01(|_| {});
        inputs.push(payload("vms.json", &vms));
        all(inputs)
    };
    let there = list(json!([vm("RG-DR", "web01"), vm("rg-dr", "other")]));
    assert_eq!(fact(only(&there), "azureVm/exists"), Some(Value::Bool(true)));
    assert_eq!(fact(only(&there), "azureVm/resourceGroup"), Some(Value::Text("RG-DR".to_owned())));
    let gone = list(json!([vm("rg-dr", "other")]));
    assert_eq!(fact(only(&gone), "azureVm/exists"), Some(Value::Bool(false)));
    let moved = list(json!([vm("rg-dr", "other"), vm("rg-new", "web01")]));
    assert_eq!(fact(only(&moved), "azureVm/exists"), Some(Value::Bool(true)));
    assert_eq!(fact(only(&moved), "azureVm/resourceGroup"), Some(Value::Text("rg-new".to_owned())));
    // Neither the VMs of another group nor one page of more deny anything.
    let other = list(json!([vm("rg-else", "other")]));
    assert_eq!(fact(only(&other), "azureVm/exists"), None);
    let page = list(json!({ "value": [vm("rg-dr", "other")], "nextLink": "https://next" }));
    assert_eq!(fact(only(&page), "azureVm/exists"), None);
    // One VM asked for by name is no list.
    let single = list(vm("rg-dr", "other"));
    assert_eq!(fact(only(&single), "azureVm/exists"), None);
}

#[test]
fn powers_of_a_vm_are_told_as_azure_tells_them() {
    for (said, word) in [
        ("VM starting", "starting"),
        ("VM stopping", "stopping"),
        ("VM deallocating", "deallocating"),
        ("VM deallocated", "deallocated"),
    ] {
        let mut own = vm("rg-dr", "web01");
        own["powerState"] = json!(said);
        let mut inputs = web01(|_| {});
        inputs.push(payload("vms.json", &json!([own])));
        assert_eq!(
            fact(only(&all(inputs)), "azureVm/powerState"),
            Some(Value::Word(word)),
            "{said}"
        );
    }
}

#[test]
fn an_event_or_error_that_the_agent_is_gone_counts_until_it_is_heard_again() {
    let event = |code: &str, at: &str| {
        json!({ "value": [{
            "type": "Microsoft.RecoveryServices/vaults/replicationEvents",
            "id": "/Subscriptions/0000-1111/resourceGroups/rg-dr/providers/Microsoft.RecoveryServices/vaults/Contoso-Vault/replicationEvents/e1",
            "properties": {
                "affectedObjectFriendlyName": "WEB01", "timeOfOccurrence": at,
                "healthErrors": [{ "errorCode": code, "creationTimeUtc": at }],
            },
        }] })
    };
    let with = |event: Json| {
        let mut inputs = web01(|item| {
            item["providerSpecificDetails"]["lastHeartbeat"] = json!("2020-03-28T08:20:00Z");
        });
        inputs.push(payload("events.json", &event));
        all(inputs)
    };
    let removed = with(event("78155", "2020-03-28T08:30:00Z"));
    assert_eq!(fact(only(&removed), "azureVm/agent/installed"), Some(Value::Bool(false)));
    let heard = with(event("78155", "2020-03-28T08:10:00Z"));
    assert_eq!(fact(only(&heard), "azureVm/agent/installed"), None);
    let deleted = with(event("78092", "2020-03-28T08:30:00Z"));
    assert_eq!(fact(only(&deleted), "onPremVm/exists"), Some(Value::Bool(false)));
    let stated = all(web01(|item| {
        item["healthErrors"] = json!([{ "errorCode": "78155" }]);
    }));
    assert_eq!(fact(only(&stated), "azureVm/agent/installed"), Some(Value::Bool(false)));
}

#[test]
fn protected_on_the_way_to_azure_is_no_way_back() {
    let done = all(web01(|item| {
        item["activeLocation"] = json!("Primary");
        item["protectionState"] = json!("Protected");
        item["protectionStateDescription"] = json!("Protected");
    }));
    assert_eq!(fact(only(&done), "failoverState"), Some(Value::Word("notFailedOver")));
    assert_eq!(fact(only(&done), "protection/state"), Some(Value::Word("unprotected")));
}

#[test]
fn a_state_that_is_not_known_is_not_committed() {
    let done = all(web01(|item| {
        item["protectionState"] = json!("SomethingOfNextYear");
        item["protectionStateDescription"] = json!("Something new");
        item["allowedOperations"] = json!(["DisableProtection"]);
    }));
    assert_eq!(fact(only(&done), "failoverState"), None);
    assert_eq!(fact(only(&done), "protection/state"), None);
}

#[test]
fn a_running_reprotect_is_on_its_way() {
    let done = all(web01(|item| {
        item["currentScenario"] = json!({ "scenarioName": "SwitchReplicationGroupProtection" });
    }));
    assert_eq!(fact(only(&done), "protection/state"), Some(Value::Word("reprotecting")));
}

#[test]
fn a_list_that_was_cut_off_for_its_depth_is_not_empty() {
    for lost in
        [json!("System.Object[]"), json!({}), json!(["System.Collections.Hashtable"]), json!([{}])]
    {
        let fabrics = changed("classic/fabrics.json", |json| {
            let servers =
                &mut json["value"][0]["properties"]["customDetails"]["masterTargetServers"];
            servers[0]["retentionVolumes"] = lost.clone();
        });
        let done = all(vec![fabrics]);
        let targets = only(&done).list("masterTargets");
        assert!(targets.iter().any(|target| target.value("retentionVolumes").is_none()), "{lost}");
        assert!(!crate::import::common::told(&done, "not-read").is_empty(), "{lost}");
    }
}

#[test]
fn a_word_that_is_not_known_is_told() {
    let done = all(web01(|item| item["providerSpecificDetails"]["osType"] = json!("BeOS")));
    let told = crate::import::common::told(&done, "not-read");
    assert!(told.iter().any(|line| line.contains("`osType` is `BeOS`")), "{told:?}");
}

/// Every place in a payload, as a pointer.
fn places(json: &Json, at: &str, into: &mut Vec<String>) {
    if !at.is_empty() {
        into.push(at.to_owned());
    }
    let escaped = |key: &str| key.replace('~', "~0").replace('/', "~1");
    match json {
        Json::Object(members) => {
            members
                .iter()
                .for_each(|(key, value)| places(value, &format!("{at}/{}", escaped(key)), into));
        }
        Json::Array(items) => {
            items
                .iter()
                .enumerate()
                .for_each(|(n, value)| places(value, &format!("{at}/{n}"), into));
        }
        _ => {}
    }
}

/// Facts and remarks of an import; a remark is told in the description, in the report or as a diagnostic.
fn facts_and_remarks(done: &Imported) -> (std::collections::BTreeSet<String>, String) {
    let mut facts = std::collections::BTreeSet::new();
    for environment in &done.environments {
        for (key, entities) in &environment.sections {
            for entity in entities {
                facts.extend(
                    entity
                        .facts
                        .iter()
                        .map(|(path, fact)| format!("{key}/{}/{path} {:?}", entity.id, fact.value)),
                );
            }
        }
    }
    let mut remarks = format!("{:?}", done.report.outside);
    done.diagnostics
        .iter()
        .for_each(|one| remarks.push_str(&format!("{} {}\n", one.message, one.code)));
    (facts, remarks)
}

/// Whatever is handed in, key by key with another type in its place: a fact that is lost is told.
#[test]
fn nothing_that_was_handed_in_is_dropped_without_a_word() {
    let classic = [
        "classic/fabrics.json",
        "classic/item-get.json",
        "classic/providers.json",
        "classic/vcenters.json",
        "classic/mappings.json",
        "classic/azure-vm.json",
        "classic/protectable-items.json",
    ];
    let modernized = [
        "modernized/fabric.json",
        "modernized/item-before.json",
        "modernized/plan-get.json",
        "modernized/site-machines.json",
    ];
    let vmware =
        ["vmware/govc-new-vms.json", "vmware/govc-datastores.json", "vmware/govc-licences.json"];
    let mut silent = Vec::new();
    for set in [&classic[..], &modernized[..], &vmware[..]] {
        let whole: Vec<Json> =
            set.iter().map(|name| serde_json::from_str(&text(name)).expect("JSON")).collect();
        let run = |own: usize, json: &Json| {
            let inputs = set.iter().zip(&whole).enumerate();
            let inputs =
                inputs.map(|(n, (name, one))| payload(name, if n == own { json } else { one }));
            facts_and_remarks(&all(inputs.collect()))
        };
        let (facts, remarks) = run(0, &whole[0]);
        for (own, json) in whole.iter().enumerate() {
            let mut all = Vec::new();
            places(json, "", &mut all);
            for at in all {
                let mut other = json.clone();
                let Some(slot) = other.pointer_mut(&at) else { continue };
                *slot = match slot {
                    Json::Object(_) | Json::Array(_) => json!("odd"),
                    Json::Null => continue,
                    _ => json!([{ "odd": 1 }]),
                };
                let (less, told) = run(own, &other);
                if facts.difference(&less).next().is_some() && told == remarks {
                    let lost: Vec<&String> = facts.difference(&less).take(2).collect();
                    silent.push(format!("{} {at}: {lost:?}", set[own]));
                }
            }
        }
    }
    assert!(silent.is_empty(), "{} places:\n{}", silent.len(), silent.join("\n"));
}

#[test]
fn a_job_that_failed_is_read_with_its_errors() {
    let job = json!({
        "id": "/Subscriptions/0000-1111/resourceGroups/rg-dr/providers/Microsoft.RecoveryServices/vaults/Contoso-Vault/replicationJobs/j1",
        "type": "Microsoft.RecoveryServices/vaults/replicationJobs", "name": "j1",
        "status": "Failed", "error": { "code": "95226", "message": "The agent is not installed." },
        "properties": {
            "friendlyName": "Reprotect", "state": "Failed", "targetObjectName": "web01",
            "tasks": [{ "name": "Preflight", "errors": [] }],
            "errors": [{
                "serviceErrorDetails": { "code": "539", "message": "The request failed." },
                "providerErrorDetails": {
                    "errorCode": 78093, "errorMessage": "Reprotect of web01 failed.",
                    "possibleCauses": "The agent\nhas not registered.", "recommendedAction": "Wait, then retry.",
                },
            }],
        },
    });
    let mut inputs = web01(|_| {});
    inputs.push(payload("job.json", &job));
    let done = all(inputs);
    assert!(!done.diagnostics.has_errors());
    let told = crate::import::common::told(&done, "job-error");
    assert!(
        told.iter().any(|line| line.contains("`Reprotect` of `web01` ended with error 78093")
            && line.contains("failback explain 78093")
            && line.contains("The agent has not registered.")),
        "{told:?}"
    );
    assert!(told.iter().any(|line| line.contains("error 95226")), "{told:?}");
}

/// What the service reports of servers: heartbeats, health, checks, and events until something newer is heard.
#[test]
fn the_state_of_a_master_target_is_taken() {
    let with = |change: fn(&mut Json), event: Option<Json>| {
        let fabrics = changed("classic/fabrics.json", |json| {
            let servers =
                &mut json["value"][0]["properties"]["customDetails"]["masterTargetServers"];
            change(&mut servers[0]);
        });
        let mut inputs = vec![fabrics];
        inputs.extend(event.map(|event| payload("events.json", &event)));
        all(inputs)
    };
    let target = |done: &Imported| only(done).list("masterTargets")[0].clone();
    let off = with(
        |server| {
            server["lastHeartbeat"] = json!("2020-03-28T08:50:00Z");
            server["versionStatus"] = json!("UpdateRequired");
            server["validationErrors"] =
                json!([{ "errorCode": "78145", "errorMessage": "The VM is powered off." }]);
        },
        None,
    );
    let off = target(&off);
    assert_eq!(off.value("powerState"), Some(&Value::Word("off")));
    assert_eq!(off.value("versionStatus"), Some(&Value::Word("updateRequired")));
    let errors = Value::List(vec![Value::Text("78145 The VM is powered off.".to_owned())]);
    assert_eq!(off.value("validationErrors"), Some(&errors));
    assert!(matches!(off.value("lastHeartbeat"), Some(Value::Time(_))));
    let name = off.id.clone();
    let event = |at: &str| {
        json!({ "value": [{
            "type": "Microsoft.RecoveryServices/vaults/replicationEvents",
            "id": "/Subscriptions/0000-1111/resourceGroups/rg-dr/providers/Microsoft.RecoveryServices/vaults/Contoso-Vault/replicationEvents/e1",
            "properties": { "affectedObjectFriendlyName": name,
                "healthErrors": [{ "errorCode": "808", "creationTimeUtc": at }] },
        }] })
    };
    let heard: fn(&mut Json) = |server| server["lastHeartbeat"] = json!("2020-03-28T08:50:00Z");
    let lost = target(&with(heard, Some(event("2020-03-28T08:55:00Z"))));
    assert_eq!(lost.value("health"), Some(&Value::Word("critical")));
    let over = target(&with(heard, Some(event("2020-03-28T08:45:00Z"))));
    assert_ne!(over.value("health"), Some(&Value::Word("critical")));
}

#[test]
fn a_template_or_a_placeholder_is_not_the_vm_of_a_machine() {
    let table = |column: &str, row: &str| {
        let text = format!(
            "VM,Powerstate,{column},Host,VM UUID,Firmware,Primary IP Address,EnableUUID\n{row}\n"
        );
        let mut inputs = web01(|_| {});
        let content = Content::Bytes(text.into_bytes().into());
        inputs.push(Input { name: "RVTools_tabvInfo.csv".to_owned(), content });
        all(inputs)
    };
    for (column, value, joins) in [
        ("Template", "True", false),
        ("SRM Placeholder", "True", false),
        ("Template", "False", true),
    ] {
        let done = table(column, &format!("web01,poweredOff,{value},esx01,4213AAAA-1,bios,,TRUE"));
        let exists = fact(only(&done), "onPremVm/exists");
        assert_eq!(exists, joins.then_some(Value::Bool(true)), "{column} {value}");
    }
    let orphaned =
        table("Connection state", "web01,poweredOff,orphaned,esx01,4213AAAA-1,bios,,TRUE");
    assert_eq!(fact(only(&orphaned), "onPremVm/connectionState"), Some(Value::Word("orphaned")));
}

/// Whatever is imported reads as a description: each key is declared, and each value is of its type.
#[test]
fn what_is_imported_reads_without_a_document_error() {
    let sets: [&[&str]; 3] = [
        &crate::import::common::CLASSIC,
        &[
            "modernized/fabric.json",
            "modernized/item-before.json",
            "modernized/request.json",
            "modernized/site-machines.json",
            "modernized/plan-get.json",
        ],
        &[
            "classic/fabrics.json",
            "classic/items-list.json",
            "classic/protectable-items.json",
            "vmware/govc-new-vms.json",
            "vmware/govc-hosts-stream.json",
            "vmware/RVTools_tabvInfo.csv",
            "vmware/RVTools_tabvDisk.csv",
            "vmware/RVTools_tabvSnapshot.csv",
            "vmware/govc-datastores.json",
        ],
    ];
    for set in sets {
        let done = crate::import::common::run(set);
        let mut inputs = failback::session::Inputs::shipped();
        inputs.describe("site.yaml", done.yaml(false));
        let options = failback::session::Options::default();
        let errors: Vec<String> = failback::session::run(&inputs, &options, |report| {
            let all = report.environments.iter().flat_map(|one| &one.errors);
            all.map(|error| format!("{}: {}", error.code, error.message)).collect()
        });
        assert!(errors.is_empty(), "{errors:?}\n{}", done.yaml(false));
    }
}

/// A description of an earlier version has ids with dashes: they get the names of today, with every reference to them, and
/// an import changes nothing else.
#[test]
fn ids_of_an_earlier_version_are_renamed_with_their_references() {
    for name in ["Datastore 3", "big, fast [1]", "Daten/träger: neu", "it's #1"] {
        let old: String = failback::import::link::dashed(name);
        let inputs = || {
            ["fabric", "item-before", "request", "site-machines"].map(|part| {
                let file = format!("modernized/{part}.json");
                let other = text(&file).replace("Datastore 3", name);
                Input { name: file, content: Content::Bytes(other.into_bytes().into()) }
            })
        };
        let now = import(inputs(), &Options::default());
        let written = now.yaml(false);
        assert_ne!(old, name);
        let quoted = serde_json::to_string(name).expect("a text");
        let before = written.replace(&quoted, &old);
        assert!(!before.contains(name), "{before}");
        let sidecar = now.provenance().to_string().replace(&quoted, &format!("\"{old}\""));
        let sidecar: Json = serde_json::from_str(&sidecar).expect("JSON");
        let done = failback::import::update::update(
            &before,
            &sidecar,
            &now.environments,
            &now.provenance(),
        )
        .expect("an update");
        let told: Vec<String> = done
            .told
            .iter()
            .map(|told| format!("{:?} {} {}", told.did, told.old, told.new))
            .collect();
        assert_eq!(told, [format!("Renamed {old} {name}")], "{}", done.text);
        let read = |text: &str| serde_yaml::from_str::<serde_yaml::Value>(text).expect("YAML");
        assert_eq!(read(&done.text), read(&written));
    }
}
