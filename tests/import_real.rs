//! Imports of real payloads, where their folder is present; elsewhere these tests say `skipped` and pass.

use std::path::{Path, PathBuf};

use failback::import::model::{Environment, Value};
use failback::import::read::Input;
use failback::import::{Imported, Options, file, import};

/// The files of one folder or one file, by path below the data folder.
fn inputs(name: &str) -> Option<Vec<Input>> {
    let start = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    if !start.exists() {
        println!("skipped: {} is not here", start.display());
        return None;
    }
    let mut files: Vec<PathBuf> = walkdir::WalkDir::new(start)
        .into_iter()
        .filter_map(Result::ok)
        .filter(|entry| entry.file_type().is_file())
        .map(walkdir::DirEntry::into_path)
        .collect();
    files.sort();
    Some(files.into_iter().map(file).collect())
}

fn run(names: &[&str]) -> Option<Imported> {
    let mut all = Vec::new();
    for name in names {
        all.extend(inputs(name)?);
    }
    let done = import(all, &Options::default());
    assert!(!done.diagnostics.has_errors(), "{:?}", done.diagnostics);
    Some(done)
}

#[track_caller]
fn value<'a>(environment: &'a Environment, list: &str, id: &str, path: &str) -> Option<&'a Value> {
    environment.entity(list, id).unwrap_or_else(|| panic!("no {id} in {list}")).value(path)
}

#[test]
fn the_agent_of_the_recorded_machine_is_not_back() {
    let Some(done) = run(&["azure/classic-2017/reprotect-win-4003"]) else { return };
    let [environment] = done.environments.as_slice() else { panic!("{}", done.report) };
    assert_eq!(environment.name, "IbizaV2ATest");
    assert_eq!(
        value(environment, "machines", "win-4003", "azureVm/agent/registered"),
        Some(&Value::Bool(false))
    );
    assert_eq!(
        value(environment, "machines", "win-4003", "failoverState"),
        Some(&Value::Word("committed"))
    );
    assert_eq!(
        value(environment, "machines", "win-4002", "protection/state"),
        Some(&Value::Word("reprotecting"))
    );
    assert_eq!(
        value(environment, "masterTargets", "NS-Win-Src3", "retentionVolumes"),
        Some(&Value::List(Vec::new()))
    );
    let volumes = value(environment, "masterTargets", "V2A-W2K12-400", "retentionVolumes")
        .map(|list| list.as_list().len());
    assert_eq!(volumes, Some(2));
    let yaml = done.yaml(false);
    assert!(yaml.contains("asOf: 2017-09-19T10:51:13.524374Z"), "{yaml}");
    assert!(yaml.contains("{ machine: win-4003, masterTarget: V2A-W2K12-400, processServer: V2A-W2K12-400, datastore: HDS_DS, retentionVolume: D, failbackPolicy: V2aTestv2avm1-failback }"), "{yaml}");
    let facts = &done.provenance()["environments"]["IbizaV2ATest"];
    assert_eq!(
        facts["masterTargets/NS-Win-Src3/retentionVolumes"]["pointer"],
        "/properties/customDetails/masterTargetServers/0/retentionVolumes"
    );
}

#[test]
fn the_fleet_imports_whole() {
    let Some(done) = run(&[
        "azure/classic-2017/fabrics-list.json",
        "azure/classic-2017/providers",
        "azure/classic-2017/vcenters-list.json",
    ]) else {
        return;
    };
    let [environment] = done.environments.as_slice() else { panic!("{}", done.report) };
    assert_eq!(environment.list("configurationServers").len(), 18);
    assert_eq!(environment.list("processServers").len(), 24);
    let targets = environment.list("masterTargets");
    assert_eq!(targets.len(), 28);
    assert_eq!(
        targets
            .iter()
            .filter(|target| target.value("osFamily") == Some(&Value::Word("linux")))
            .count(),
        5
    );
    assert_eq!(
        targets
            .iter()
            .filter(|target| target.value("retentionVolumes") == Some(&Value::List(Vec::new())))
            .count(),
        3
    );
    assert_eq!(environment.list("vCenters").len(), 2);
    assert_eq!(done.report.outside.len(), 7);
    // The providers were listed six weeks before the fabrics, whose health errors are newer.
    let connected = |word| {
        let servers = environment.list("configurationServers").iter();
        servers.filter(|server| server.value("azureConnection") == Some(&Value::Word(word))).count()
    };
    assert_eq!((connected("connected"), connected("disconnected")), (4, 10));
}

#[test]
fn the_failed_failover_is_no_failover() {
    let Some(done) = run(&["azure/classic-2017/failed-failover-v2avm1"]) else { return };
    let [environment] = done.environments.as_slice() else { panic!("{}", done.report) };
    assert_eq!(
        value(environment, "machines", "V2aVm1", "failoverState"),
        Some(&Value::Word("notFailedOver"))
    );
    assert_eq!(value(environment, "machines", "V2aVm1", "azureVm/exists"), None);
}

#[test]
fn the_modernized_vault_before_and_after() {
    let Some(before) = run(&[
        "azure/modernized-2023/fabric-show.json",
        "azure/modernized-2023/protected-item-show-failed-over.json",
        "azure/modernized-2023/reprotect-request.json",
        "azure/modernized-2023/recovery-plan-show.json",
    ]) else {
        return;
    };
    let [environment] = before.environments.as_slice() else { panic!("{}", before.report) };
    assert_eq!(environment.architecture, Some("modernized"));
    assert_eq!(
        value(environment, "machines", "RCM-Win2K16-01", "azureVm/agent/registeredWithService"),
        Some(&Value::Bool(false))
    );
    assert_eq!(
        value(environment, "appliances", "vaultv2arcm", "components/reprotectAgent"),
        Some(&Value::Word("healthy"))
    );
    assert!(before.yaml(false).contains(
        "appliance: vaultv2arcm, datastore: \"Datastore 3\", logStorageAccount: cliteststoragev2arcm1"
    ));
    let Some(after) = run(&["azure/modernized-2023"]) else { return };
    let [environment] = after.environments.as_slice() else { panic!("{}", after.report) };
    assert_eq!(
        value(environment, "machines", "RCM-Win2K16-01", "protection/state"),
        Some(&Value::Word("protected"))
    );
    assert_eq!(
        value(environment, "machines", "RCM-Win2K16-01", "azureVm/agent/registeredWithService"),
        Some(&Value::Bool(true))
    );
    assert_eq!(after.report.deleted, 6);
    assert!(after.diagnostics.iter().any(|diagnostic| diagnostic.message.contains("165 of 265")));
    assert!(environment.list("esxiHosts").iter().all(|host| host.value("vmNames").is_none()));
}

#[test]
fn other_providers_are_named() {
    let Some(done) = run(&["azure/not-vmware"]) else { return };
    assert!(done.environments.is_empty());
    let what: Vec<_> =
        done.report.outside.iter().map(|thing| (thing.name.as_str(), thing.what)).collect();
    assert_eq!(
        what,
        [
            ("CliVM2", "an Azure-to-Azure item"),
            ("VM1", "a Hyper-V item"),
            ("cli-test-recovery-plan-A2A-1", "a recovery plan of Azure-to-Azure items")
        ]
    );
}

#[test]
fn worked_examples_of_the_interface_are_unwrapped() {
    let Some(done) = run(&["azure/spec-examples"]) else { return };
    assert!(done.report.outside.iter().any(|thing| thing.what == "a migration item"));
    assert_eq!(
        done.environments.first().map(|environment| environment.list("vCenters").len()),
        Some(1)
    );
}

#[test]
fn a_workbook_that_declares_a_million_rows_holds_nine_machines() {
    let Some(done) = run(&["vmware/rvtools/rvtools-4x-anonymised-9vms.xlsx"]) else { return };
    let [environment] = done.environments.as_slice() else { panic!("{}", done.report) };
    assert_eq!(environment.list("esxiHosts").len(), 10);
    // The machines' hosts are not those of the host table: nothing may be called absent.
    assert!(environment.list("esxiHosts").iter().all(|host| host.value("vmNames").is_none()));
}

#[test]
fn the_real_tools_output_of_both_ages_is_read() {
    let Some(done) = run(&["vmware/govc", "vmware/vim25"]) else { return };
    let [environment] = done.environments.as_slice() else { panic!("{}", done.report) };
    assert_eq!(environment.list("esxiHosts").len(), 3);
    assert_eq!(
        value(environment, "esxiHosts", "DC0_H0", "edition"),
        Some(&Value::Word("evaluation"))
    );
    let mounts =
        value(environment, "esxiHosts", "DC0_C0_H1", "datastores").expect("mounts").as_list();
    assert!(mounts.iter().all(|mount| mount.field("access") == Some(&Value::Word("readWrite"))));
}

#[test]
fn everything_at_once_imports_without_an_error() {
    let Some(done) = run(&["azure", "vmware"]) else { return };
    assert_eq!(done.environments.len(), 3, "{}", done.report);
    let text = format!("{}{}{}", done.yaml(true), done.provenance(), done.report);
    assert!(!text.contains("00000-00000-00000"), "licence keys stay out");
    for name in ["accountName", "adminpass", "wincreds", "v2arcmlab"] {
        assert!(!text.contains(name), "{name}");
    }
}
