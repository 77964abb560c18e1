//! Imports of every format, over small fixtures of the exporters' shapes.

pub mod common;

use crate::import::common::{CLASSIC, entity, fixture, inventory, only, run, text, told, word};
use failback::import::model::Value;
use failback::import::{Options, bytes, import};

#[test]
fn a_classic_vault_becomes_one_environment() {
    let done = run(&CLASSIC);
    let environment = only(&done);
    assert_eq!(
        (environment.name.as_str(), environment.architecture),
        ("Contoso-Vault", Some("classic"))
    );
    let server = entity(environment, "configurationServers", "CS-ONE");
    assert_eq!(word(server, "state"), "running");
    assert_eq!(word(server, "azureConnection"), "connected");
    assert_eq!(word(entity(environment, "processServers", "CS-ONE"), "health"), "normal");
    let linux = entity(environment, "masterTargets", "mt-linux");
    assert_eq!(linux.value("retentionVolumes"), Some(&Value::List(Vec::new())));
    assert_eq!(word(linux, "osVersion"), "16.04");
    assert_eq!(linux.value("attachedDiskCount"), None, "0 disks is a sentinel of old agents");
    let machine = entity(environment, "machines", "web01");
    assert_eq!(word(machine, "failoverState"), "committed");
    assert_eq!(word(machine, "protection/state"), "unprotected");
    assert_eq!(machine.value("azureVm/agent/registered"), Some(&Value::Bool(false)));
    let reason = &machine.fact("azureVm/agent/registered").expect("known").origin.derived_from;
    assert!(reason[0].contains("not later than the failover 2020-03-28T08:47:12"), "{reason:?}");
    assert_eq!(word(machine, "azureVm/powerState"), "running");
    assert_eq!(machine.value("azureVm/diskCount"), Some(&Value::Int(2)));
    assert_eq!(word(machine, "onPremVm/vCenter"), "VC1");
    assert_eq!(word(entity(environment, "vCenters", "VC1"), "state"), "connected");
    assert!(
        machine
            .fact("azureVm/bootedAt")
            .is_some_and(|fact| fact.origin.derived_from[0].contains("restart"))
    );
    let back = entity(environment, "machines", "web02");
    assert_eq!(word(back, "protection/state"), "reprotecting");
    assert_eq!(back.value("sourceKind"), None, "discovery calls an Azure guest physical");
    assert_eq!(
        word(entity(environment, "failbackPolicies", "pol-failback"), "configurationServer"),
        "CS-ONE"
    );
    assert_eq!(environment.list("failbackPolicies").len(), 1);
    assert!(
        environment
            .sections
            .iter()
            .any(|(key, list)| *key == "replicationGroups" && list.is_empty())
    );
    let store = entity(environment, "datastores", "Store One");
    assert_eq!(store.value("freeSpace"), Some(&Value::Size((1024 << 30) + (512 << 20))));
    assert_eq!(store.value("type"), None, "the service calls every datastore VMFS");
    assert_eq!(entity(environment, "datastores", "netapp").value("freeSpace"), None);
}

#[test]
fn a_request_names_servers_by_host_id() {
    let done = run(&CLASSIC);
    let request = &only(&done).list("request")[0];
    let item = &request.value("items").expect("items").as_list()[0];
    let field = |name: &str| item.field(name).and_then(Value::as_str).unwrap_or("?").to_owned();
    assert_eq!(field("machine"), "web01");
    assert_eq!(field("masterTarget"), "CS-ONE");
    assert_eq!(field("retentionVolume"), "D");
    assert_eq!(field("datastore"), "Store One");
    assert_eq!(field("failbackPolicy"), "pol-failback");
    assert_eq!(word(request, "direction"), "azureToOnPremises");
}

#[test]
fn the_time_is_the_newest_found_and_is_said() {
    let done = run(&CLASSIC);
    assert!(done.yaml(false).contains("asOf: 2020-03-28T08:58:41.790241Z"), "{}", done.yaml(false));
    assert!(done.report.as_of[0].2.contains("newest time found"));
    let given = import(
        [fixture("classic/fabrics.json")],
        &Options { as_of: Some(1_600_000_000_000_000), ..Options::default() },
    );
    assert!(given.yaml(false).contains("asOf: 2020-09-13T12:26:40Z"));
}

#[test]
fn names_and_keys_stay_out() {
    let mut names = CLASSIC.to_vec();
    names.extend(["vmware/govc-licences.json", "vmware/govc-hosts-stream.json"]);
    let done = run(&names);
    let all =
        format!("{}{}{}{:?}", done.yaml(true), done.provenance(), done.report, done.diagnostics);
    for secret in ["SecretUser", "SECRE-TLICE"] {
        assert!(!all.contains(secret), "{secret}");
    }
    assert_eq!(word(entity(only(&done), "esxiHosts", "esx01"), "edition"), "enterprisePlus");
}

#[test]
fn facts_carry_their_origin() {
    let done = run(&CLASSIC);
    let facts = &done.provenance()["environments"]["Contoso-Vault"];
    let origin = &facts["masterTargets/mt-linux/retentionVolumes"];
    assert_eq!(
        origin["pointer"],
        "/value/0/properties/customDetails/masterTargetServers/1/retentionVolumes"
    );
    assert!(origin["file"].as_str().is_some_and(|file| file.ends_with("fabrics.json")));
    assert_eq!(origin["captured"], "2020-03-28T08:58:41.790241Z");
    assert!(facts["machines/web01/azureVm/agent/registered"]["derivedFrom"].is_array());
    assert!(done.yaml(true).contains("retentionVolumes: []  # "));
}

#[test]
fn a_list_alone_leaves_empty_facts_unknown() {
    let list = run(&["classic/items-list.json"]);
    assert!(
        only(&list).incomplete.iter().all(|gap| gap.list != "machines"),
        "a whole list was handed in"
    );
    let single = run(&["classic/item-get.json"]);
    assert!(only(&single).incomplete.iter().any(|gap| gap.list == "machines"));
    assert!(single.yaml(false).contains(
        "machines:\n  - unknown   # the protected items were not handed in as one whole list"
    ));
    assert!(list.report.coverage.iter().any(|row| row.list == "machines" && row.unknown > 0));
    let vmware = run(&["modernized/plan-list.json", "modernized/item-before.json"]);
    assert_eq!(entity(only(&vmware), "recoveryPlans", "plan1").value("machines"), None);
    let whole = run(&[
        "modernized/plan-list.json",
        "modernized/plan-get.json",
        "modernized/item-before.json",
    ]);
    assert!(entity(only(&whole), "recoveryPlans", "plan1").value("machines").is_some());
}

#[test]
fn the_services_checks_reach_the_master_target_and_nobody_else() {
    let mut names = CLASSIC.to_vec();
    names.push("classic/protectable-items.json");
    let done = run(&names);
    let environment = only(&done);
    let linux = entity(environment, "masterTargets", "mt-linux");
    assert_eq!(linux.value("snapshots").map(|list| list.as_list().len()), Some(1));
    assert_eq!(linux.value("diskEnableUuid"), Some(&Value::Bool(false)));
    assert_eq!(word(linux, "platform"), "vmwareVm");
    assert_eq!(linux.value("scsiControllers"), None);
    assert_eq!(told(&done, "controllers").len(), 1);
    assert_eq!(entity(environment, "masterTargets", "CS-ONE").value("snapshots"), None);
    assert!(!done.yaml(true).contains("bystander"));
}

#[test]
fn a_modernized_vault_before_and_after() {
    let shared =
        ["modernized/fabric.json", "modernized/request.json", "modernized/site-machines.json"];
    let before = import(
        shared.iter().chain(&["modernized/item-before.json"]).map(|name| fixture(name)),
        &Options::default(),
    );
    let environment = only(&before);
    assert_eq!(environment.architecture, Some("modernized"));
    let appliance = entity(environment, "appliances", "appliance01");
    assert_eq!(word(appliance, "components/proxy"), "warning");
    assert_eq!(word(appliance, "components/replicationService"), "noHeartbeat");
    assert_eq!(word(appliance, "components/reprotectAgent"), "healthy");
    assert_eq!(word(appliance, "esxiHost"), "10.9.0.1");
    assert_eq!(appliance.value("components/discovery"), None);
    let machine = entity(environment, "machines", "app01");
    assert_eq!(word(machine, "failoverState"), "failedOver");
    assert_eq!(machine.value("azureVm/agent/registeredWithService"), Some(&Value::Bool(false)));
    assert_eq!(machine.value("azureVm/agent/registered"), None);
    assert_eq!(word(machine, "onPremVm/powerState"), "off");
    assert_eq!(machine.value("onPremVm/snapshots").map(|list| list.as_list().len()), Some(2));
    assert_eq!(before.report.deleted, 1);
    let item = &environment.list("request")[0].value("items").expect("items").as_list()[0];
    assert_eq!(item.field("appliance").and_then(Value::as_str), Some("appliance01"));
    assert_eq!(item.field("logStorageAccount").and_then(Value::as_str), Some("cachelog"));
    assert_eq!(entity(environment, "storageAccounts", "cachelog").facts.len(), 0);
    let after = run(&[
        "modernized/fabric.json",
        "modernized/item-after.json",
        "modernized/item-before.json",
    ]);
    let machine = entity(only(&after), "machines", "app01");
    assert_eq!(word(machine, "protection/state"), "protected");
    assert_eq!(machine.value("azureVm/agent/registeredWithService"), Some(&Value::Bool(true)));
}

#[test]
fn tables_of_one_export_are_joined_with_azure_by_hardware_address() {
    let tabs = [
        "vmware/RVTools_tabvInfo.csv",
        "vmware/RVTools_tabvDisk.csv",
        "vmware/RVTools_tabvSnapshot.csv",
        "vmware/RVTools_tabvNetwork.csv",
    ];
    let done = import(CLASSIC.iter().chain(&tabs).map(|name| fixture(name)), &Options::default());
    let environment = only(&done);
    let machine = entity(environment, "machines", "web01");
    assert_eq!(
        machine.fact("onPremVm/exists").map(|fact| fact.origin.derived_from[0].clone()).as_deref(),
        Some("joined by hardware address")
    );
    assert_eq!(machine.value("onPremVm/snapshots"), Some(&Value::List(Vec::new())));
    assert_eq!(word(machine, "onPremVm/esxiHost"), "esx01");
    assert_eq!(word(machine, "onPremVm/vCenter"), "VC1");
    assert_eq!(machine.value("onPremVm/diskEnableUuid"), Some(&Value::Bool(false)));
    let disk = &machine.value("onPremVm/disks").expect("disks").as_list()[0];
    assert_eq!(disk.field("uuid").and_then(Value::as_str), Some("6000c29b-w1"));
    assert_eq!(disk.field("size"), Some(&Value::Size(20 << 30)));
    assert_eq!(disk.field("datastore").and_then(Value::as_str), Some("Store One"));
    let target = entity(environment, "masterTargets", "mt-linux");
    assert_eq!(
        target.value("scsiControllers"),
        Some(&Value::List(vec![Value::Word("paravirtual")]))
    );
    assert_eq!(target.value("snapshots").map(|list| list.as_list().len()), Some(1));
    assert_eq!(target.value("diskEnableUuid"), Some(&Value::Bool(true)));
    let names = entity(environment, "esxiHosts", "esx02").value("vmNames").expect("names");
    assert_eq!(names.as_list()[1].as_str(), Some("Büro"), "Windows-1252 is read");
    assert_eq!(
        done.provenance()["environments"]["Contoso-Vault"]["masterTargets/mt-linux/snapshots"]["pointer"],
        "C2"
    );
}

#[test]
fn without_the_snapshot_table_snapshots_are_unknown() {
    let done = run(&[
        "classic/items-list.json",
        "vmware/RVTools_tabvInfo.csv",
        "vmware/RVTools_tabvNetwork.csv",
    ]);
    let machine = entity(only(&done), "machines", "web01");
    assert_eq!(machine.value("onPremVm/exists"), Some(&Value::Bool(true)));
    assert_eq!(machine.value("onPremVm/snapshots"), None);
    assert_eq!(machine.value("onPremVm/disks"), None);
}

#[test]
fn govc_is_read_in_both_spellings_and_as_a_stream() {
    for vms in ["vmware/govc-new-vms.json", "vmware/govc-old-vms.json"] {
        let done = run(&[
            "classic/items-list.json",
            vms,
            "vmware/govc-hosts-stream.json",
            "vmware/govc-datastores.json",
        ]);
        let environment = only(&done);
        let machine = entity(environment, "machines", "web01");
        let snapshots = machine.value("onPremVm/snapshots").expect("known").as_list();
        assert_eq!(snapshots[1].field("name").and_then(Value::as_str), Some("two"), "{vms}");
        assert_eq!(word(machine, "onPremVm/esxiHost"), "esx01");
        assert_eq!(machine.value("onPremVm/diskEnableUuid"), Some(&Value::Bool(true)));
        let host = entity(environment, "esxiHosts", "esx01");
        assert_eq!(word(host, "version"), "6.7.0");
        assert_eq!(word(entity(environment, "esxiHosts", "esx02"), "version"), "7.0.0");
        let mount = &host.value("datastores").expect("mounts").as_list()[0];
        assert_eq!(mount.field("access"), Some(&Value::Word("readOnly")));
        assert_eq!(word(entity(environment, "datastores", "Store One"), "type"), "vmfs");
    }
}

#[test]
fn power_shell_objects_are_flattened_and_pascal_case() {
    let done = run(&["classic/powershell-items.json"]);
    let environment = only(&done);
    let machine = entity(environment, "machines", "ps01");
    assert_eq!(word(machine, "failoverState"), "committed");
    assert_eq!(word(machine, "sourceKind"), "physical");
    assert_eq!(word(machine, "osFamily"), "linux");
    assert_eq!(machine.value("azureVm/agent/registered"), Some(&Value::Bool(true)));
    assert_eq!(word(machine, "configurationServer"), "CS-PS");
    let shallow = r#"{"FriendlyName":"x","ID":"/s/providers/Microsoft.RecoveryServices/vaults/v/replicationFabrics/f/replicationProtectionContainers/c/replicationProtectedItems/x","ReplicationProvider":"InMageAzureV2","ProviderSpecificDetails":"Microsoft.Azure.Commands.RecoveryServices.SiteRecovery.ASRInMageAzureV2SpecificRPIDetails"}"#;
    let done = import([bytes("shallow.json", shallow)], &Options::default());
    assert!(told(&done, "depth-lost")[0].contains("-Depth 10"));
}

#[test]
fn other_providers_are_named_out_of_scope() {
    let done = run(&["classic/fabrics.json"]);
    assert_eq!(done.report.outside.len(), 1);
    assert!(told(&done, "out-of-scope")[0].contains("`old-site` is a Hyper-V fabric"));
}

#[test]
fn a_workbook_is_read_cell_by_cell() {
    let done = import(
        [
            fixture("classic/items-list.json"),
            fixture("classic/fabrics.json"),
            bytes("rv.xlsx", inventory()),
        ],
        &Options::default(),
    );
    let environment = only(&done);
    let host = entity(environment, "esxiHosts", "esx01");
    assert_eq!(
        (word(host, "version"), word(host, "edition")),
        ("6.7.0".to_owned(), "enterprisePlus".to_owned())
    );
    assert_eq!(host.value("freeMemory"), Some(&Value::Size(512 << 20)));
    assert_eq!(host.value("vmNames").map(|list| list.as_list().len()), Some(2));
    assert_eq!(
        host.value("datastores").and_then(|list| list.as_list()[0].field("access").cloned()),
        None,
        "tables do not say who may write"
    );
    let machine = entity(environment, "machines", "web01");
    assert_eq!(word(machine, "onPremVm/powerState"), "on", "a formula counts by its stored value");
    assert_eq!(machine.value("onPremVm/snapshots"), Some(&Value::List(Vec::new())));
    assert_eq!(
        entity(environment, "masterTargets", "mt-linux").value("diskEnableUuid"),
        Some(&Value::Bool(true))
    );
    assert_eq!(told(&done, "error-cells").len(), 1);
    let facts = &done.provenance()["environments"]["Contoso-Vault"];
    assert_eq!(facts["esxiHosts/esx01/version"]["pointer"], "vHost!B2");
    assert!(
        !format!("{}{}{:?}", done.yaml(true), done.provenance(), done.diagnostics)
            .contains("SECRE")
    );
}

#[test]
fn two_architectures_of_one_vault_become_two_environments() {
    let text = text("modernized/item-before.json");
    let moved = text.replace("/Subscriptions/2222-3333/resourceGroups/rg-new/providers/Microsoft.RecoveryServices/vaults/New-Vault", "/Subscriptions/0000-1111/resourceGroups/rg-dr/providers/Microsoft.RecoveryServices/vaults/contoso-vault");
    let done = import(
        [
            fixture("classic/fabrics.json"),
            fixture("classic/items-list.json"),
            bytes("rcm.json", moved),
        ],
        &Options::default(),
    );
    let names: Vec<_> = done
        .environments
        .iter()
        .map(|environment| (environment.name.as_str(), environment.list("machines").len()))
        .collect();
    assert_eq!(names, [("Contoso-Vault-classic", 2), ("Contoso-Vault-modernized", 1)]);
}

#[test]
fn the_report_says_what_to_export_next() {
    let done = run(&["classic/fabrics.json"]);
    let text = done.report.to_string();
    assert!(
        text.contains("az rest")
            && text.contains("--vault-name Contoso-Vault")
            && text.contains("RVTools"),
        "{text}"
    );
}

#[test]
fn what_is_written_is_yaml_and_says_the_same() {
    let mut names = CLASSIC.to_vec();
    names.extend([
        "modernized/fabric.json",
        "modernized/item-before.json",
        "vmware/govc-new-vms.json",
    ]);
    let done = run(&names);
    for (environment, comments) in
        done.environments.iter().flat_map(|environment| [(environment, true), (environment, false)])
    {
        let text = failback::import::write::yaml(environment, comments);
        let value: serde_yaml::Value =
            serde_yaml::from_str(&text).unwrap_or_else(|error| panic!("{error}\n{text}"));
        for (key, entities) in &environment.sections {
            let written = &value[*key];
            // The mark of a list that may leave some out is no entry.
            let entries = |list: &Vec<serde_yaml::Value>| {
                list.iter().filter(|entry| entry.as_str() != Some("unknown")).count()
            };
            let list = written.as_sequence().map_or(1, entries);
            assert_eq!(list, entities.len(), "{key}\n{text}");
        }
        assert_eq!(value["name"].as_str(), Some(environment.name.as_str()));
    }
    let text = done.yaml(false);
    assert!(
        text.contains("      agent:\n        version: \"9.12.0.0\"\n        registered: false"),
        "{text}"
    );
}

#[test]
fn power_shell_fabrics_are_thinner_but_read() {
    let text = r#"{"FriendlyName":"CS-PS","Name":"f","ID":"/Subscriptions/4/resourceGroups/rg-ps/providers/Microsoft.RecoveryServices/vaults/PsVault/replicationFabrics/f","Type":"Microsoft.RecoveryServices/vaults/replicationFabrics","FabricType":"VMware",
        "FabricSpecificDetails":{"LastHeartbeat":"/Date(1585387600000)/","CsServiceStatus":"Running","ProcessServers":[{"Id":"P-1","FriendlyName":"ps","OsType":"Windows"}],
        "MasterTargetServers":[{"Id":"M-1","Name":"mt","OsType":"Linux","RetentionVolumes":[{"VolumeName":"/mnt/ret","CapacityInBytes":1073741824,"FreeSpaceInBytes":1048576}],"DataStores":null}]}}"#;
    let center = r#"[{"FriendlyName":"vc","Name":"vc","ID":"/Subscriptions/4/resourceGroups/rg-ps/providers/Microsoft.RecoveryServices/vaults/PsVault/replicationFabrics/f/replicationvCenters/vc","IpOrHostName":"vc.contoso.example","DiscoveryStatus":"Completed","LastHeartbeat":"/Date(1585387600000)/"}]"#;
    let done = import([bytes("fabric.json", text), bytes("vc.json", center)], &Options::default());
    let environment = only(&done);
    assert_eq!(environment.name, "PsVault");
    let target = entity(environment, "masterTargets", "mt");
    let volume = &target.value("retentionVolumes").expect("volumes").as_list()[0];
    assert_eq!(volume.field("capacity"), Some(&Value::Size(1 << 30)));
    assert_eq!(word(target, "configurationServer"), "CS-PS");
    assert_eq!(word(entity(environment, "configurationServers", "CS-PS"), "state"), "running");
    assert_eq!(word(entity(environment, "vCenters", "vc"), "fqdn"), "vc.contoso.example");
}

#[test]
fn an_event_tells_that_the_on_premises_machine_is_gone() {
    let text = r#"{"value":[{"id":"/Subscriptions/0/resourceGroups/rg-dr/providers/Microsoft.RecoveryServices/vaults/V/replicationEvents/e","type":"Microsoft.RecoveryServices/vaults/replicationEvents",
        "properties":{"affectedObjectFriendlyName":"web01","healthErrors":[{"errorCode":"78092"}]}}],"nextLink":null}"#;
    let done = import(
        [bytes("events.json", text), fixture("classic/items-list.json")],
        &Options::default(),
    );
    let machine = entity(only(&done), "machines", "web01");
    assert_eq!(machine.value("onPremVm/exists"), Some(&Value::Bool(false)));
    assert!(
        machine
            .fact("onPremVm/exists")
            .is_some_and(|fact| fact.origin.derived_from[0].contains("78092"))
    );
}

#[test]
fn a_request_that_could_be_for_several_machines_names_none() {
    let second =
        text("classic/item-get.json").replace("item-1", "item-9").replace("web01", "web09");
    let inputs = || [fixture("classic/items-list.json"), bytes("second.json", second.clone())];
    let vague = import(
        inputs().into_iter().chain([bytes("request.json", text("classic/request.json"))]),
        &Options::default(),
    );
    assert!(only(&vague).list("request").is_empty());
    assert!(told(&vague, "request-machine")[0].contains("`web09`"));
    let named = import(
        inputs().into_iter().chain([bytes("reprotect-web09.json", text("classic/request.json"))]),
        &Options::default(),
    );
    let item = &only(&named).list("request")[0].value("items").expect("items").as_list()[0];
    assert_eq!(item.field("machine").and_then(Value::as_str), Some("web09"));
}
