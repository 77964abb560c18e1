//! Imports of several vaults, of a vault with both architectures, and of a generated estate.

use std::fs;
use std::path::PathBuf;

use crate::import::common::{entity, fixture, inventory, only, run, text, told, word};
use crate::support::exports::{self, Estate};
use crate::support::program::Run;
use failback::import::model::Value;
use failback::import::read::Input;
use failback::import::{Imported, Options, bytes, file, import};

/// The modernized fixtures moved into the vault of the classic ones.
fn moved(name: &str) -> Vec<u8> {
    const OLD: &str = "/Subscriptions/2222-3333/resourceGroups/rg-new/providers/Microsoft.RecoveryServices/vaults/New-Vault";
    const NEW: &str = "/Subscriptions/0000-1111/resourceGroups/rg-dr/providers/Microsoft.RecoveryServices/vaults/Contoso-Vault";
    let text = text(&format!("modernized/{name}"));
    let at = |part: &str| text.to_lowercase().matches(&part.to_lowercase()).count();
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some(start) = rest.to_lowercase().find(&OLD.to_lowercase()) {
        out.push_str(&rest[..start]);
        out.push_str(NEW);
        rest = &rest[start + OLD.len()..];
    }
    out.push_str(rest);
    assert!(at(OLD) > 0 || name.starts_with("site"), "{name} has ids of the vault");
    out.into_bytes()
}

fn both() -> Vec<Input> {
    vec![
        fixture("classic/fabrics.json"),
        fixture("classic/items-list.json"),
        fixture("classic/vcenters.json"),
        bytes("rcm-fabric.json", moved("fabric.json")),
        bytes("rcm-item.json", moved("item-before.json")),
        fixture("modernized/site-machines.json"),
        fixture("vmware/govc-hosts-stream.json"),
        fixture("vmware/govc-datastores.json"),
        bytes("rv.xlsx", inventory()),
    ]
}

fn names(done: &Imported) -> Vec<&str> {
    done.environments.iter().map(|environment| environment.name.as_str()).collect()
}

#[test]
fn a_vault_of_both_architectures_says_which_machine_is_judged_by_which_rules() {
    let done = import(both(), &Options::default());
    assert_eq!(names(&done), ["Contoso-Vault-classic", "Contoso-Vault-modernized"]);
    let note = &told(&done, "two-architectures")[0];
    assert!(
        note.contains("`Contoso-Vault-classic` with 2 machines, judged by the classic rules"),
        "{note}"
    );
    assert!(
        note.contains("`Contoso-Vault-modernized` with 1 machine, judged by the modernized rules"),
        "{note}"
    );
    // What both share stands in both, with its origin.
    for environment in &done.environments {
        let host = entity(environment, "esxiHosts", "esx01");
        assert_eq!(word(host, "version"), "6.7.0");
        assert!(host.fact("version").is_some_and(|fact| fact.origin.pointer.contains('B')));
        let store = entity(environment, "datastores", "Store One");
        assert_eq!(word(store, "type"), "vmfs");
        assert!(store.fact("type").is_some_and(|fact| !fact.origin.file.is_empty()));
    }
    let report = done.report.to_string();
    assert!(report.contains("  of Contoso-Vault-classic\n"), "{report}");
}

#[test]
fn a_vault_of_both_architectures_goes_all_the_way() {
    let folder = tempfile::TempDir::new().expect("a folder");
    for (at, input) in both().into_iter().enumerate() {
        let bytes = match input.content {
            failback::import::read::Content::Bytes(bytes) => bytes.to_vec(),
            failback::import::read::Content::Path(path) => fs::read(path).expect("a fixture"),
        };
        let ending = if input.name.ends_with("xlsx") { "xlsx" } else { "json" };
        fs::write(folder.path().join(format!("{at}.{ending}")), bytes).expect("a file");
    }
    let exports = folder.path().display().to_string();
    let run = Run::new("import -o site.yaml").argument(&exports);
    run.done().code(0).complains("two-architectures").complains("judged by the modernized rules");
    let site = fs::read(run.path().join("site.yaml")).expect("written");
    let beside = fs::read(run.path().join("site.provenance.json")).expect("written");
    let with = |command: &str| {
        Run::new(command).file("site.yaml", &site).file("site.provenance.json", &beside).done()
    };
    let checked = with("check site.yaml --format json");
    let json: serde_json::Value = serde_json::from_str(&checked.out).expect("JSON");
    let told =
        |at: usize, key: &str| json["environments"][at]["rules"][key].as_str().map(str::to_owned);
    assert_eq!(told(0, "pack").as_deref(), Some("classicReprotect"));
    assert_eq!(told(1, "pack").as_deref(), Some("modernizedReprotect"));
    for at in [0, 1] {
        assert_eq!(json["environments"][at]["documentErrors"], serde_json::json!([]));
        let units = json["environments"][at]["units"].as_array().expect("units");
        assert_eq!(units.len(), if at == 0 { 2 } else { 1 }, "{json}");
    }
    let asked = with("ask site.yaml");
    assert!(
        asked.out.contains("Contoso-Vault-classic")
            && asked.out.contains("Contoso-Vault-modernized"),
        "{}",
        asked.out
    );
    let planned = with("plan site.yaml --format json");
    let json: serde_json::Value = serde_json::from_str(&planned.out).expect("JSON");
    let names: Vec<_> = json["environments"]
        .as_array()
        .expect("plans")
        .iter()
        .map(|one| one["name"].clone())
        .collect();
    assert_eq!(names, ["Contoso-Vault-classic", "Contoso-Vault-modernized"]);
    // Brought up to date, each document stays what it is.
    let again = Run::new("import --into site.yaml").argument(&exports).file("site.yaml", &site);
    again.file("site.provenance.json", &beside).done().code(0).says("site.yaml is up to date");
}

#[test]
fn two_vaults_of_one_name_are_told_apart() {
    let other =
        text("classic/fabrics.json").replace("resourceGroups/rg-dr", "resourceGroups/rg-two");
    let done =
        import([fixture("classic/fabrics.json"), bytes("two.json", other)], &Options::default());
    let names = names(&done);
    assert!(
        names[0].starts_with("Contoso-Vault-rg-dr-")
            && names[1].starts_with("Contoso-Vault-rg-two-"),
        "{names:?}"
    );
    for environment in &done.environments {
        // What the servers of a vault see belongs to it, whoever else there is.
        assert_eq!(environment.list("datastores").len(), 2);
    }
}

#[test]
fn only_vmware_is_told_to_be_not_enough() {
    let done = run(&["vmware/govc-new-vms.json", "vmware/govc-hosts-stream.json"]);
    assert!(told(&done, "no-vault")[0].contains("hand in the fabrics and protected items"));
}

#[test]
fn commands_name_what_the_files_tell() {
    let done = run(&[
        "classic/fabrics.json",
        "classic/items-list.json",
        "modernized/plan-list.json",
        "modernized/item-before.json",
        "modernized/fabric.json",
    ]);
    let text = done.report.to_string();
    assert!(text.contains("/subscriptions/0000-1111/resourceGroups/rg-dr/"), "{text}");
    assert!(text.contains("/replicationFabrics/aa11/replicationProtectionContainers/cloud_1/replicationProtectableItems"), "{text}");
    assert!(text.contains("-n plan1 -o json > plan-plan1.json"), "{text}");
    assert!(!text.contains("SUBSCRIPTION") && !text.contains("FABRIC"), "{text}");
}

#[test]
fn a_list_that_is_newer_by_days_counts_against_one_object() {
    let old = text("classic/item-get.json")
        .replace("2020-03-28T08:", "2020-03-21T08:")
        .replace("\"osVersion\"", "\"firmwareType\": \"UEFI\", \"osVersion\"")
        .replace("\"friendlyName\": \"web01\"", "\"friendlyName\": \"was-web\"");
    let done = import(
        [bytes("get.json", old.clone()), fixture("classic/items-list.json")],
        &Options::default(),
    );
    // The id was that of another machine then: nothing of it is believed of this one.
    let machine = entity(only(&done), "machines", "web01");
    assert_eq!(machine.value("firmware"), None, "only the older export says it");
    assert!(told(&done, "reused-id")[0].contains("now that of the machine `web01`"));
    assert!(told(&done, "conflict").is_empty(), "{:?}", told(&done, "conflict"));
    // Of the same machine, what both say is taken from the newer one, and what only the older one says stays.
    let same = old.replace("was-web", "web01").replace("9.12.0.0", "9.0.0.0");
    let done =
        import([bytes("get.json", same), fixture("classic/items-list.json")], &Options::default());
    let machine = entity(only(&done), "machines", "web01");
    assert_eq!(word(machine, "azureVm/agent/version"), "9.12.0.0");
    assert_eq!(word(machine, "firmware"), "uefi");
    let conflicts = told(&done, "conflict");
    assert!(
        conflicts.iter().any(|one| one.contains("agent version of the machine `web01`")),
        "{conflicts:?}"
    );
    let same_day = old.replace("2020-03-21T08:", "2020-03-28T07:");
    let done = import(
        [bytes("get.json", same_day), fixture("classic/items-list.json")],
        &Options::default(),
    );
    assert!(only(&done).entity("machines", "was-web").is_some(), "{}", done.report);
}

#[test]
fn what_a_datastore_has_free_is_as_old_as_the_heartbeat_of_who_tells_it() {
    let seen = r#""dataStores": [{ "symbolicName": "Store One", "uuid": "u-1", "capacity": "2047.75", "freeSpace": "7", "type": "VMFS" }]"#;
    let fabrics = text("classic/fabrics.json").replace("\"dataStores\": []", seen);
    let free = |fabrics: String| {
        let done = import([bytes("fabrics.json", fabrics)], &Options::default());
        let store = entity(only(&done), "datastores", "Store One").value("freeSpace").cloned();
        (store, told(&done, "conflict"))
    };
    assert_eq!(
        free(fabrics.clone()),
        (Some(Value::Size(7 << 30)), Vec::new()),
        "mt-linux was heard of last"
    );
    let silent = fabrics.replace("2020-03-28T08:57:30Z", "2020-01-01T00:00:00Z");
    assert_eq!(free(silent).0, Some(Value::Size((1024 << 30) + (512 << 20))));
    let at_once = fabrics.replace("2020-03-28T08:57:30Z", "2020-03-28T08:57:10Z");
    let (store, conflicts) = free(at_once);
    assert_eq!((store, conflicts.len()), (None, 1));
    assert!(
        conflicts[0].contains(
            "2 sources differ about the free space of the datastore `Store One`, and none is newer"
        ),
        "{conflicts:?}"
    );
}

#[test]
fn exports_that_are_older_than_the_others_are_told() {
    let old = text("classic/vcenters.json").replace("2020-03-28", "2020-03-01");
    let done =
        import([bytes("vc.json", old), fixture("classic/fabrics.json")], &Options::default());
    let warning = &told(&done, "outdated")[0];
    assert!(
        warning.contains(
            "1 export tells of `Contoso-Vault` as it was more than a day before 2020-03-28"
        ),
        "{warning}"
    );
    assert!(warning.contains("`vc.json` (2020-03-01T"), "{warning}");
    let done = run(&["classic/vcenters.json", "classic/fabrics.json"]);
    assert!(told(&done, "outdated").is_empty());
}

#[test]
fn the_health_of_a_server_that_fell_silent_is_not_believed() {
    let text = text("classic/fabrics.json").replace("2020-03-28T08:57:00Z", "2020-01-28T08:57:00Z");
    let done = import([bytes("fabrics.json", text)], &Options::default());
    let server = entity(only(&done), "processServers", "CS-ONE");
    assert_eq!((server.value("state"), server.value("health")), (None, None));
    assert_eq!(
        word(entity(only(&run(&["classic/fabrics.json"])), "processServers", "CS-ONE"), "health"),
        "normal"
    );
}

#[test]
fn generated_estates_are_imported_with_what_was_planted() {
    for govc in [false, true] {
        let folder = tempfile::TempDir::new().expect("a folder");
        let estate = Estate { items: 40, vms: 130, govc };
        let exports = folder.path().join("exports");
        exports::write(&exports, estate).expect("written");
        let mut files: Vec<PathBuf> = fs::read_dir(&exports)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").path())
            .collect();
        files.sort();
        let done = import(files.into_iter().map(file), &Options::default());
        exports::planted(&done, estate);
        let text = format!("{}{}{}", done.yaml(true), done.provenance(), done.report);
        assert!(
            !text.contains("AAAAA-BBBBB") && !text.contains("vcenter-reader"),
            "secrets stay out"
        );
    }
}
