//! Imports of every format and every trap, over small fixtures of the exporters' shapes.

use std::io::Write as _;
use std::path::PathBuf;

use failback::diagnostic::Severity;
use failback::import::model::{Entity, Environment, Value};
use failback::import::read::{Input, Limits};
use failback::import::{Imported, Options, bytes, file, import};

fn fixture(name: &str) -> Input {
    file(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/import").join(name))
}

fn run(names: &[&str]) -> Imported {
    import(names.iter().map(|name| fixture(name)), &Options::default())
}

fn told(done: &Imported, code: &str) -> Vec<String> {
    let with = done.diagnostics.iter().filter(|diagnostic| diagnostic.code == code);
    with.map(|diagnostic| format!("{} | {} | {:?}", diagnostic.message, diagnostic.help.clone().unwrap_or_default(), diagnostic.notes)).collect()
}

#[track_caller]
fn only(done: &Imported) -> &Environment {
    assert_eq!(done.environments.len(), 1, "{}", done.report);
    &done.environments[0]
}

#[track_caller]
fn entity<'a>(environment: &'a Environment, list: &str, id: &str) -> &'a Entity {
    environment.entity(list, id).unwrap_or_else(|| panic!("no {id} in {list}: {:?}", environment.list(list).iter().map(|e| &e.id).collect::<Vec<_>>()))
}

#[track_caller]
fn word(entity: &Entity, path: &str) -> String {
    entity.value(path).and_then(Value::as_str).unwrap_or_else(|| panic!("no {path} in {}", entity.id)).to_owned()
}

const CLASSIC: [&str; 8] = [
    "classic/fabrics.json", "classic/items-list.json", "classic/item-get.json", "classic/mappings.json", "classic/providers.json",
    "classic/vcenters.json", "classic/request.json", "classic/azure-vm.json",
];

#[test]
fn a_classic_vault_becomes_one_environment() {
    let done = run(&CLASSIC);
    let environment = only(&done);
    assert_eq!((environment.name.as_str(), environment.architecture), ("Contoso-Vault", Some("classic")));
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
    let back = entity(environment, "machines", "web02");
    assert_eq!(word(back, "protection/state"), "reprotecting");
    assert_eq!(back.value("sourceKind"), None, "discovery calls an Azure guest physical");
    assert_eq!(word(entity(environment, "failbackPolicies", "pol-failback"), "configurationServer"), "CS-ONE");
    assert_eq!(environment.list("failbackPolicies").len(), 1);
    assert!(environment.sections.iter().any(|(key, list)| *key == "replicationGroups" && list.is_empty()));
    let store = entity(environment, "datastores", "Store-One");
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
    assert_eq!(field("datastore"), "Store-One");
    assert_eq!(field("failbackPolicy"), "pol-failback");
    assert_eq!(word(request, "direction"), "azureToOnPremises");
}

#[test]
fn the_time_is_the_newest_found_and_is_said() {
    let done = run(&CLASSIC);
    assert!(done.yaml(false).contains("asOf: 2020-03-28T08:58:41.790241Z"), "{}", done.yaml(false));
    assert!(done.report.as_of[0].2.contains("newest time found"));
    let given = import([fixture("classic/fabrics.json")], &Options { as_of: Some(1_600_000_000_000_000), ..Options::default() });
    assert!(given.yaml(false).contains("asOf: 2020-09-13T12:26:40Z"));
}

#[test]
fn names_and_keys_stay_out() {
    let mut names = CLASSIC.to_vec();
    names.extend(["vmware/govc-licences.json", "vmware/govc-hosts-stream.json"]);
    let done = run(&names);
    let all = format!("{}{}{}{:?}", done.yaml(true), done.provenance, done.report, done.diagnostics);
    for secret in ["SecretUser", "SECRE-TLICE"] {
        assert!(!all.contains(secret), "{secret}");
    }
    assert_eq!(word(entity(only(&done), "esxiHosts", "esx01"), "edition"), "enterprisePlus");
}

#[test]
fn facts_carry_their_origin() {
    let done = run(&CLASSIC);
    let facts = &done.provenance["environments"]["Contoso-Vault"];
    let origin = &facts["masterTargets/mt-linux/retentionVolumes"];
    assert_eq!(origin["pointer"], "/value/0/properties/customDetails/masterTargetServers/1/retentionVolumes");
    assert!(origin["file"].as_str().is_some_and(|file| file.ends_with("fabrics.json")));
    assert_eq!(origin["captured"], "2020-03-28T08:58:41.790241Z");
    assert!(facts["machines/web01/azureVm/agent/registered"]["derivedFrom"].is_array());
    assert!(done.yaml(true).contains("retentionVolumes: []  # "));
}

#[test]
fn a_list_alone_leaves_empty_facts_unknown() {
    let list = run(&["classic/items-list.json"]);
    assert!(list.report.coverage.iter().any(|row| row.list == "machines" && row.unknown > 0));
    let vmware = run(&["modernized/plan-list.json", "modernized/item-before.json"]);
    assert_eq!(entity(only(&vmware), "recoveryPlans", "plan1").value("machines"), None);
    let whole = run(&["modernized/plan-list.json", "modernized/plan-get.json", "modernized/item-before.json"]);
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
    let shared = ["modernized/fabric.json", "modernized/request.json", "modernized/site-machines.json"];
    let before = import(shared.iter().chain(&["modernized/item-before.json"]).map(|name| fixture(name)), &Options::default());
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
    let after = run(&["modernized/fabric.json", "modernized/item-after.json", "modernized/item-before.json"]);
    let machine = entity(only(&after), "machines", "app01");
    assert_eq!(word(machine, "protection/state"), "protected");
    assert_eq!(machine.value("azureVm/agent/registeredWithService"), Some(&Value::Bool(true)));
}

#[test]
fn tables_of_one_export_are_joined_with_azure_by_hardware_address() {
    let tabs = ["vmware/RVTools_tabvInfo.csv", "vmware/RVTools_tabvDisk.csv", "vmware/RVTools_tabvSnapshot.csv", "vmware/RVTools_tabvNetwork.csv"];
    let done = import(CLASSIC.iter().chain(&tabs).map(|name| fixture(name)), &Options::default());
    let environment = only(&done);
    let machine = entity(environment, "machines", "web01");
    assert_eq!(machine.fact("onPremVm/exists").map(|fact| fact.origin.derived_from[0].clone()).as_deref(), Some("joined by hardware address"));
    assert_eq!(machine.value("onPremVm/snapshots"), Some(&Value::List(Vec::new())));
    assert_eq!(word(machine, "onPremVm/esxiHost"), "esx01");
    assert_eq!(word(machine, "onPremVm/vCenter"), "VC1");
    assert_eq!(machine.value("onPremVm/diskEnableUuid"), Some(&Value::Bool(false)));
    let disk = &machine.value("onPremVm/disks").expect("disks").as_list()[0];
    assert_eq!(disk.field("uuid").and_then(Value::as_str), Some("6000c29b-w1"));
    assert_eq!(disk.field("size"), Some(&Value::Size(20 << 30)));
    assert_eq!(disk.field("datastore").and_then(Value::as_str), Some("Store-One"));
    let target = entity(environment, "masterTargets", "mt-linux");
    assert_eq!(target.value("scsiControllers"), Some(&Value::List(vec![Value::Word("paravirtual")])));
    assert_eq!(target.value("snapshots").map(|list| list.as_list().len()), Some(1));
    assert_eq!(target.value("diskEnableUuid"), Some(&Value::Bool(true)));
    let names = entity(environment, "esxiHosts", "esx02").value("vmNames").expect("names");
    assert_eq!(names.as_list()[1].as_str(), Some("Büro"), "Windows-1252 is read");
    assert_eq!(done.provenance["environments"]["Contoso-Vault"]["masterTargets/mt-linux/snapshots"]["pointer"], "C2");
}

#[test]
fn without_the_snapshot_table_snapshots_are_unknown() {
    let done = run(&["classic/items-list.json", "vmware/RVTools_tabvInfo.csv", "vmware/RVTools_tabvNetwork.csv"]);
    let machine = entity(only(&done), "machines", "web01");
    assert_eq!(machine.value("onPremVm/exists"), Some(&Value::Bool(true)));
    assert_eq!(machine.value("onPremVm/snapshots"), None);
    assert_eq!(machine.value("onPremVm/disks"), None);
}

#[test]
fn govc_is_read_in_both_spellings_and_as_a_stream() {
    for vms in ["vmware/govc-new-vms.json", "vmware/govc-old-vms.json"] {
        let done = run(&["classic/items-list.json", vms, "vmware/govc-hosts-stream.json", "vmware/govc-datastores.json"]);
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
        assert_eq!(word(entity(environment, "datastores", "Store-One"), "type"), "vmfs");
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
fn resource_graph_rows_count_against_their_total() {
    let row = r#"{"id":"/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/a","type":"microsoft.compute/virtualmachines","name":"a","properties":{"extended":{"instanceView":{"powerState":{"code":"PowerState/deallocated"}}}}}"#;
    let text = format!(r#"{{"totalRecords":5,"count":1,"data":[{row}],"$skipToken":"x"}}"#);
    let done = import([bytes("graph.json", text.clone()), fixture("classic/fabrics.json")], &Options::default());
    assert!(told(&done, "incomplete")[0].contains("1 of 5"), "{:?}", told(&done, "incomplete"));
    let cli = text.replace("totalRecords", "total_records");
    assert!(!told(&import([bytes("cli.json", cli), fixture("classic/fabrics.json")], &Options::default()), "incomplete").is_empty());
}

#[test]
fn incomplete_lists_are_told_and_nothing_is_called_absent() {
    let text = std::fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/import/classic/items-list.json")).expect("fixture");
    let paged = text.replace("\"nextLink\": null", "\"nextLink\": \"https://management.azure.com/next\"");
    let done = import([bytes("page1.json", paged), fixture("classic/fabrics.json")], &Options::default());
    let environment = only(&done);
    assert!(told(&done, "incomplete")[0].contains("next page"));
    assert!(environment.incomplete.iter().any(|gap| gap.list == "machines"));
    assert!(environment.sections.iter().all(|(key, _)| *key != "replicationGroups"));
    let cut = import([bytes("cut.json", &text.as_bytes()[..text.len() - 40])], &Options::default());
    assert!(told(&cut, "cut-off")[0].contains("line"));
    assert!(only(&cut).entity("machines", "web01").is_some(), "what stands before the cut is used");
    assert!(only(&cut).sections.iter().all(|(key, _)| *key != "replicationGroups"));
}

#[test]
fn broken_and_strange_files_are_told_and_the_rest_is_used() {
    let inputs = [
        bytes("page.json", "<!DOCTYPE html><html>Sign in</html>"),
        bytes("empty.json", "  \r\n"),
        bytes("strange.json", r#"{"hello": 1}"#),
        bytes("broken.json", r#"{"a": }"#),
        bytes("error.json", r#"{"error":{"code":"AuthorizationFailed","message":"no"}}"#),
        bytes("notes.txt", "just some words, and a comma\nmore"),
        bytes("old.xls", &[0xD0_u8, 0xCF, 0x11, 0xE0, 0, 0][..]),
        bytes("bad.zip", &b"PK\x03\x04 broken"[..]),
        bytes("packed.gz", &[0x1F_u8, 0x8B, 8, 0][..]),
        bytes("deep.json", "[".repeat(5_000)),
        file("/does/not/exist.json"),
        fixture("classic/fabrics.json"),
    ];
    let done = import(inputs, &Options::default());
    for code in ["markup", "empty-file", "broken-json", "error-answer", "old-workbook", "broken-archive", "gzip", "unreadable"] {
        assert!(!told(&done, code).is_empty(), "{code}: {:?}", done.diagnostics);
    }
    assert_eq!(told(&done, "unrecognised").len(), 2);
    assert!(told(&done, "broken-json").iter().any(|text| text.contains("`broken.json` is not valid JSON at line 1")));
    assert_eq!(only(&done).list("masterTargets").len(), 2);
    assert!(done.diagnostics.has_errors());
}

#[test]
fn encodings_of_redirects_are_read_and_a_file_counts_once() {
    let text = std::fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/import/classic/fabrics.json")).expect("fixture");
    let wide: Vec<u8> = [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
    let marked = [b"\xEF\xBB\xBF".as_slice(), text.as_bytes()].concat();
    for input in [bytes("wide.json", wide), bytes("marked.json", marked)] {
        let done = import([input], &Options::default());
        assert_eq!(only(&done).list("masterTargets").len(), 2);
        assert!(!done.diagnostics.has_errors());
    }
    let twice = import([bytes("a.json", text.clone()), bytes("b.json", text)], &Options::default());
    assert!(told(&twice, "same-file")[0].contains("`b.json` has the same content as `a.json`"));
    assert!(told(&twice, "conflict").is_empty());
}

#[test]
fn conflicts_name_both_sources() {
    let text = std::fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/import/classic/fabrics.json")).expect("fixture");
    let newer = text.replace("\"diskCount\": 3", "\"diskCount\": 9").replace("2020-03-28T08:58:41", "2020-03-28T10:58:41");
    let done = import([bytes("old.json", text.clone()), bytes("new.json", newer)], &Options::default());
    assert_eq!(entity(only(&done), "masterTargets", "CS-ONE").value("attachedDiskCount"), Some(&Value::Int(9)));
    let conflict = &told(&done, "conflict")[0];
    assert!(conflict.contains("old.json /value/0") && conflict.contains("new.json /value/0"), "{conflict}");
    let same_age = text.replace("\"diskCount\": 3", "\"diskCount\": 9");
    let done = import([bytes("old.json", text), bytes("other.json", same_age)], &Options::default());
    assert_eq!(entity(only(&done), "masterTargets", "CS-ONE").value("attachedDiskCount"), None);
    assert!(done.diagnostics.iter().any(|diagnostic| diagnostic.code == "conflict" && diagnostic.severity == Severity::Warning));
}

#[test]
fn an_ambiguous_join_is_unknown_and_told_with_candidates() {
    let info = "VM,Powerstate,Host,VM UUID,VM ID,EnableUUID\nweb01,poweredOff,esx01,u-1,vm-1,\nweb01,poweredOff,esx02,u-2,vm-2,\n";
    let done = import([fixture("classic/items-list.json"), bytes("x/info.csv", info)], &Options::default());
    assert_eq!(entity(only(&done), "machines", "web01").value("onPremVm/exists"), None);
    let message = &told(&done, "ambiguous-join")[0];
    assert!(message.contains("A2") && message.contains("A3"), "{message}");
}

#[test]
fn other_providers_are_named_out_of_scope() {
    let done = run(&["classic/fabrics.json"]);
    assert_eq!(done.report.outside.len(), 1);
    assert!(told(&done, "out-of-scope")[0].contains("`old-site` is a Hyper-V fabric"));
}

fn zip(members: &[(&str, &[u8])]) -> Vec<u8> {
    let mut writer = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, content) in members {
        writer.start_file(*name, zip::write::SimpleFileOptions::default()).expect("member");
        writer.write_all(content).expect("content");
    }
    writer.finish().expect("archive").into_inner()
}

fn sheet(rows: &[&[&str]]) -> String {
    let mut xml = String::from(r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><dimension ref="A1:CA1048576"/><sheetData>"#);
    for (at, row) in rows.iter().enumerate() {
        xml.push_str(&format!("<row r=\"{}\">", at + 1));
        for (column, text) in row.iter().enumerate() {
            let place = format!("{}{}", char::from(b'A' + column as u8), at + 1);
            match *text {
                "#N/A" => xml.push_str(&format!("<c r=\"{place}\" t=\"e\"><v>#N/A</v></c>")),
                text if text.starts_with('=') => xml.push_str(&format!("<c r=\"{place}\" t=\"str\"><f>{}</f><v>poweredOn</v></c>", &text[1..])),
                text => xml.push_str(&format!("<c r=\"{place}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")),
            }
        }
        xml.push_str("</row>");
    }
    xml.push_str("</sheetData></worksheet>");
    xml
}

fn workbook(sheets: &[(&str, String)]) -> Vec<u8> {
    let types: String = (1..=sheets.len()).map(|at| format!("<Override PartName=\"/xl/worksheets/sheet{at}.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml\"/>")).collect();
    let types = format!("<?xml version=\"1.0\"?><Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"><Default Extension=\"rels\" ContentType=\"application/vnd.openxmlformats-package.relationships+xml\"/><Override PartName=\"/xl/workbook.xml\" ContentType=\"application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml\"/>{types}</Types>");
    let list: String = sheets.iter().enumerate().map(|(at, (name, _))| format!("<sheet name=\"{name}\" sheetId=\"{0}\" r:id=\"rId{0}\"/>", at + 1)).collect();
    let book = format!("<?xml version=\"1.0\"?><workbook xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\" xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"><sheets>{list}</sheets></workbook>");
    let links: String = (1..=sheets.len()).map(|at| format!("<Relationship Id=\"rId{at}\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet\" Target=\"worksheets/sheet{at}.xml\"/>")).collect();
    let links = format!("<?xml version=\"1.0\"?><Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\">{links}</Relationships>");
    let root = "<?xml version=\"1.0\"?><Relationships xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\"><Relationship Id=\"rId1\" Type=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>";
    let names: Vec<String> = (1..=sheets.len()).map(|at| format!("xl/worksheets/sheet{at}.xml")).collect();
    let mut members: Vec<(&str, &[u8])> = vec![
        ("[Content_Types].xml", types.as_bytes()), ("_rels/.rels", root.as_bytes()), ("xl/workbook.xml", book.as_bytes()),
        ("xl/_rels/workbook.xml.rels", links.as_bytes()),
    ];
    members.extend(names.iter().zip(sheets).map(|(name, (_, xml))| (name.as_str(), xml.as_bytes())));
    zip(&members)
}

fn inventory() -> Vec<u8> {
    workbook(&[
        ("vInfo", sheet(&[&["VM", "Powerstate", "Host", "VM UUID", "EnableUUID", "Primary IP Address"], &["web01", "=A1", "esx01", "u-1", "#N/A", ""], &["mt-linux", "poweredOn", "esx01", "u-2", "TRUE", "10.1.0.20"]])),
        ("vHost", sheet(&[&["Host", "ESX Version", "# VMs total", "Assigned License(s)", "# Memory", "Memory usage %"], &["esx01", "VMware ESXi 6.7.0 build-1", "2", "SECRE-TLICE", "1024", "50"]])),
        ("vLicense", sheet(&[&["Name", "Key"], &["vSphere 6 Enterprise Plus", "SECRE-TLICE"]])),
        ("vDatastore", sheet(&[&["Name", "Type", "Accessible", "Free MiB", "# Hosts", "Hosts"], &["Store One", "VMFS", "True", "2048", "1", "esx01"]])),
        ("vSnapshot", sheet(&[&["VM", "Name", "Date / time"]])),
        ("vMetaData", sheet(&[&["RVTools version", "xlsx creation datetime"], &["4.7", "2020/03/28 09:00:00"]])),
    ])
}

#[test]
fn a_workbook_is_read_cell_by_cell() {
    let done = import([fixture("classic/items-list.json"), fixture("classic/fabrics.json"), bytes("rv.xlsx", inventory())], &Options::default());
    let environment = only(&done);
    let host = entity(environment, "esxiHosts", "esx01");
    assert_eq!((word(host, "version"), word(host, "edition")), ("6.7.0".to_owned(), "enterprisePlus".to_owned()));
    assert_eq!(host.value("freeMemory"), Some(&Value::Size(512 << 20)));
    assert_eq!(host.value("vmNames").map(|list| list.as_list().len()), Some(2));
    assert_eq!(host.value("datastores").and_then(|list| list.as_list()[0].field("access").cloned()), None, "tables do not say who may write");
    let machine = entity(environment, "machines", "web01");
    assert_eq!(word(machine, "onPremVm/powerState"), "on", "a formula counts by its stored value");
    assert_eq!(machine.value("onPremVm/snapshots"), Some(&Value::List(Vec::new())));
    assert_eq!(entity(environment, "masterTargets", "mt-linux").value("diskEnableUuid"), Some(&Value::Bool(true)));
    assert_eq!(told(&done, "error-cells").len(), 1);
    let facts = &done.provenance["environments"]["Contoso-Vault"];
    assert_eq!(facts["esxiHosts/esx01/version"]["pointer"], "vHost!B2");
    assert!(!format!("{}{}{:?}", done.yaml(true), done.provenance, done.diagnostics).contains("SECRE"));
}

#[test]
fn a_table_cut_short_calls_no_vm_absent() {
    let book = workbook(&[
        ("vInfo", sheet(&[&["VM", "Powerstate", "Host", "VM UUID"], &["a", "poweredOn", "esx01", "u-1"]])),
        ("vHost", sheet(&[&["Host", "ESX Version", "# VMs total"], &["esx01", "VMware ESXi 6.7.0", "45"]])),
    ]);
    let done = import([bytes("rv.xlsx", book)], &Options::default());
    assert_eq!(entity(only(&done), "esxiHosts", "esx01").value("vmNames"), None);
}

#[test]
fn archives_are_unpacked_within_limits() {
    let fabrics = std::fs::read(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/import/classic/fabrics.json")).expect("fixture");
    let book = inventory();
    let archive = zip(&[("azure/fabrics.json", &fabrics), ("rv.xlsx", &book)]);
    let done = import([bytes("all.zip", archive.clone())], &Options::default());
    assert_eq!(only(&done).list("masterTargets").len(), 2);
    assert_eq!(only(&done).list("esxiHosts").len(), 1);
    assert!(done.report.sources.iter().any(|source| source.file == "all.zip!azure/fabrics.json"));
    let small = Options { limits: Limits { packed: 1024, ..Limits::default() }, ..Options::default() };
    assert!(!told(&import([bytes("all.zip", archive)], &small), "zip-bomb").is_empty());
    let bomb = zip(&[("zeros.json", &vec![b' '; 100 << 20])]);
    let done = import([bytes("bomb.zip", bomb)], &Options::default());
    assert!(told(&done, "zip-bomb")[0].contains("unpacks to"), "{:?}", done.diagnostics);
    let nested = zip(&[("a.zip", &zip(&[("b.zip", &zip(&[("c.json", b"{}")]))]))]);
    assert!(!told(&import([bytes("nested.zip", nested)], &Options::default()), "nested-archive").is_empty());
}

#[test]
fn one_element_has_a_limit() {
    let small = Options { limits: Limits { element: 100_000, ..Limits::default() }, ..Options::default() };
    let text = format!(r#"{{"value":[{{"id":"{}"}}]}}"#, "x".repeat(1_000_000));
    assert!(!told(&import([bytes("big.json", text)], &small), "too-large").is_empty());
}

#[test]
fn two_architectures_of_one_vault_become_two_environments() {
    let text = std::fs::read_to_string(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/import/modernized/item-before.json")).expect("fixture");
    let moved = text.replace("/Subscriptions/2222-3333/resourceGroups/rg-new/providers/Microsoft.RecoveryServices/vaults/New-Vault", "/Subscriptions/0000-1111/resourceGroups/rg-dr/providers/Microsoft.RecoveryServices/vaults/contoso-vault");
    let done = import([fixture("classic/fabrics.json"), fixture("classic/items-list.json"), bytes("rcm.json", moved)], &Options::default());
    let names: Vec<_> = done.environments.iter().map(|environment| (environment.name.as_str(), environment.list("machines").len())).collect();
    assert_eq!(names, [("Contoso-Vault-classic", 2), ("Contoso-Vault-modernized", 1)]);
}

#[test]
fn the_report_says_what_to_export_next() {
    let done = run(&["classic/fabrics.json"]);
    let text = done.report.to_string();
    assert!(text.contains("az rest") && text.contains("--vault-name Contoso-Vault") && text.contains("RVTools"), "{text}");
}
