//! Imports of what is broken, cut short, contradictory or hostile.

use crate::import::common::{
    CLASSIC, entity, fixture, inventory, only, sheet, text, told, workbook, zip,
};
use failback::diagnostic::Severity;
use failback::import::model::Value;
use failback::import::read::{Input, Limits};
use failback::import::{Options, bytes, file, import};

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
    for code in [
        "markup",
        "empty-file",
        "broken-json",
        "error-answer",
        "old-workbook",
        "broken-archive",
        "gzip",
        "unreadable",
    ] {
        assert!(!told(&done, code).is_empty(), "{code}: {:?}", done.diagnostics);
    }
    assert_eq!(told(&done, "unrecognised").len(), 2);
    assert!(
        told(&done, "broken-json")
            .iter()
            .any(|text| text.contains("`broken.json` is not valid JSON at line 1"))
    );
    assert_eq!(only(&done).list("masterTargets").len(), 2);
    assert!(done.diagnostics.has_errors());
}

#[test]
fn encodings_of_redirects_are_read_and_a_file_counts_once() {
    let text = text("classic/fabrics.json");
    let wide: Vec<u8> =
        [0xFF, 0xFE].into_iter().chain(text.encode_utf16().flat_map(u16::to_le_bytes)).collect();
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
fn several_documents_in_one_file_are_used_and_told() {
    let list = text("classic/items-list.json");
    let other = list.replace("item-", "other-").replace("web0", "app0");
    let done = import([bytes("twice.json", format!("{list}\n{other}"))], &Options::default());
    assert!(told(&done, "several-documents")[0].contains("`twice.json` holds 2 JSON documents"));
    assert_eq!(only(&done).list("machines").len(), 4);
    let origin =
        &done.provenance()["environments"]["Contoso-Vault"]["machines/app01/failoverState"];
    assert!(origin["pointer"].as_str().is_some_and(|at| at.starts_with("#2/value/")), "{origin}");
    let stream = import([fixture("vmware/govc-hosts-stream.json")], &Options::default());
    assert!(told(&stream, "several-documents").is_empty(), "that is how the tool writes");
    // A second document that is cut off does not spoil the first.
    let cut = format!("{list}\n{}", &list[..list.len() / 2]);
    let done = import([bytes("cut.json", cut)], &Options::default());
    assert!(told(&done, "cut-off")[0].contains("`cut.json` is cut off at line"));
    assert!(only(&done).entity("machines", "web01").is_some());
}

#[test]
fn tables_come_in_every_encoding_and_separator_and_under_old_headers() {
    let rows = [
        ["VM", "Powerstate", "Host", "VM UUID", "VM ID", "EnableUUID"],
        ["web01", "poweredOff", "esx01", "u-1", "vm-1", "TRUE"],
    ];
    let table = |separator: &str| -> String {
        rows.iter().map(|row| format!("{}\r\n", row.join(separator))).collect()
    };
    let old = table(";")
        .replace("VM;Powerstate;Host", "vInfoVMName;vInfoPowerstate;vInfoHost")
        .replace("VM UUID;VM ID", "vInfoVMUUID;vInfoVMID");
    let wide: Vec<u8> = [0xFF, 0xFE]
        .into_iter()
        .chain(table("\t").encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    for (name, content) in [
        ("comma.csv", table(",").into_bytes()),
        ("semicolon.csv", table(";").into_bytes()),
        ("old.csv", old.into_bytes()),
        ("marked.csv", [b"\xEF\xBB\xBF".as_slice(), table(",").as_bytes()].concat()),
        ("wide.csv", wide),
        ("said.csv", format!("sep=;\r\n{}", table(";")).into_bytes()),
        ("typed.csv", format!("#TYPE Selected.System.Object\r\n{}", table(",")).into_bytes()),
    ] {
        let done =
            import([fixture("classic/items-list.json"), bytes(name, content)], &Options::default());
        assert!(!done.diagnostics.has_errors(), "{name}: {:?}", done.diagnostics);
        let machine = entity(only(&done), "machines", "web01");
        assert_eq!(machine.value("onPremVm/diskEnableUuid"), Some(&Value::Bool(true)), "{name}");
        let origin = &machine.fact("onPremVm/diskEnableUuid").expect("known").origin;
        let row = if matches!(name, "said.csv" | "typed.csv") { "F3" } else { "F2" };
        assert_eq!((&*origin.file, origin.pointer.as_str()), (name, row));
    }
}

#[test]
fn a_workbook_that_unpacks_without_end_is_refused_and_the_rest_is_used() {
    let bomb = zip(&[
        ("xl/workbook.xml", b"<workbook/>"),
        ("xl/worksheets/sheet1.xml", &vec![b' '; 100 << 20]),
    ]);
    let done =
        import([bytes("bomb.xlsx", bomb), fixture("classic/fabrics.json")], &Options::default());
    assert!(told(&done, "zip-bomb")[0].contains("the workbook `bomb.xlsx` unpacks"));
    assert_eq!(only(&done).list("masterTargets").len(), 2);
    let book = inventory();
    let cut = import([bytes("cut.xlsx", &book[..book.len() - 40])], &Options::default());
    assert!(told(&cut, "broken-archive")[0].contains("`cut.xlsx` is a broken archive"));
}

#[test]
fn a_renamed_sheet_is_known_by_its_columns() {
    let info = sheet(&[
        &["VM", "Powerstate", "Host", "VM UUID", "EnableUUID"],
        &["web01", "poweredOff", "esx01", "u-1", "TRUE"],
    ]);
    let book = workbook(&[("vCPU", info.clone()), ("vms of May", info)]);
    let done =
        import([fixture("classic/items-list.json"), bytes("rv.xlsx", book)], &Options::default());
    let machine = entity(only(&done), "machines", "web01");
    let origin = &machine.fact("onPremVm/diskEnableUuid").expect("known").origin;
    assert_eq!(origin.pointer, "vms of May!E2");
    assert!(done.report.to_string().contains("rv.xlsx: 1 row of RVTools vInfo"), "{}", done.report);
}

#[test]
fn large_files_are_read_side_by_side_and_the_order_stays() {
    let fabrics = text("classic/fabrics.json");
    let blanks = " ".repeat(600_000);
    let newer = fabrics
        .replace("\"diskCount\": 3", "\"diskCount\": 9")
        .replace("2020-03-28T08:58:41", "2020-03-28T10:58:41");
    let list = text("classic/items-list.json");
    let inputs = || {
        [
            bytes("a.json", format!("{fabrics}{blanks}")),
            bytes("b.json", format!("{newer}{blanks}")),
            bytes("c.json", format!("{list}{blanks}")),
            bytes("d.json", format!("{list}{blanks}")),
            bytes("e.json", format!("{fabrics}{blanks}}}")),
        ]
    };
    let done = import(inputs(), &Options::default());
    let names: Vec<&str> = done.report.sources.iter().map(|source| source.file.as_str()).collect();
    assert_eq!(names, ["a.json", "b.json", "c.json", "e.json"], "in the order of the inputs");
    assert!(told(&done, "same-file")[0].contains("`d.json` has the same content as `c.json`"));
    let codes: Vec<&str> = done.diagnostics.iter().map(|one| one.code.as_str()).collect();
    assert!(codes.contains(&"broken-json"), "{codes:?}");
    let target = entity(only(&done), "masterTargets", "CS-ONE");
    let disks = target.fact("attachedDiskCount").expect("known");
    assert_eq!((&disks.value, &*disks.origin.file), (&Value::Int(9), "b.json"));
    let again = import(inputs(), &Options::default());
    assert_eq!(done.yaml(true), again.yaml(true));
    assert_eq!(done.provenance(), again.provenance());
}

#[test]
fn conflicts_name_both_sources() {
    let text = text("classic/fabrics.json");
    let newer = text
        .replace("\"diskCount\": 3", "\"diskCount\": 9")
        .replace("2020-03-28T08:58:41", "2020-03-28T10:58:41");
    let done =
        import([bytes("old.json", text.clone()), bytes("new.json", newer)], &Options::default());
    assert_eq!(
        entity(only(&done), "masterTargets", "CS-ONE").value("attachedDiskCount"),
        Some(&Value::Int(9))
    );
    let conflict = &told(&done, "conflict")[0];
    assert!(
        conflict.contains("old.json /value/0") && conflict.contains("new.json /value/0"),
        "{conflict}"
    );
    let same_age = text.replace("\"diskCount\": 3", "\"diskCount\": 9");
    let done =
        import([bytes("old.json", text), bytes("other.json", same_age)], &Options::default());
    assert_eq!(entity(only(&done), "masterTargets", "CS-ONE").value("attachedDiskCount"), None);
    assert!(done.diagnostics.iter().any(
        |diagnostic| diagnostic.code == "conflict" && diagnostic.severity == Severity::Warning
    ));
}

#[test]
fn incomplete_lists_are_told_and_nothing_is_called_absent() {
    let text = text("classic/items-list.json");
    let paged =
        text.replace("\"nextLink\": null", "\"nextLink\": \"https://management.azure.com/next\"");
    let done =
        import([bytes("page1.json", paged), fixture("classic/fabrics.json")], &Options::default());
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
fn a_stream_of_vmware_that_is_cut_off_leaves_hosts_and_datastores_open() {
    let text = text("vmware/govc-hosts-stream.json");
    let whole = [
        fixture("classic/items-list.json"),
        fixture("classic/fabrics.json"),
        bytes("hosts.json", text.as_str()),
    ];
    assert!(only(&import(whole, &Options::default())).cut("esxiHosts").is_none());
    let text = text.trim_end();
    let cut = [
        fixture("classic/items-list.json"),
        fixture("classic/fabrics.json"),
        bytes("hosts.json", &text[..text.len() - 20]),
    ];
    let done = import(cut, &Options::default());
    let environment = only(&done);
    let (gap, origin) = environment.cut("esxiHosts").expect("a mark");
    assert!(gap.why.contains("the file is cut off"), "{}", gap.why);
    assert_eq!(&*origin.file, "hosts.json");
    assert!(environment.cut("datastores").is_some() && environment.cut("machines").is_none());
}

#[test]
fn resource_graph_rows_count_against_their_total() {
    let row = r#"{"id":"/subscriptions/s/resourceGroups/rg/providers/Microsoft.Compute/virtualMachines/a","type":"microsoft.compute/virtualmachines","name":"a","properties":{"extended":{"instanceView":{"powerState":{"code":"PowerState/deallocated"}}}}}"#;
    let text = format!(r#"{{"totalRecords":5,"count":1,"data":[{row}],"$skipToken":"x"}}"#);
    let done = import(
        [bytes("graph.json", text.clone()), fixture("classic/fabrics.json")],
        &Options::default(),
    );
    assert!(told(&done, "incomplete")[0].contains("1 of 5"), "{:?}", told(&done, "incomplete"));
    let cli = text.replace("totalRecords", "total_records");
    assert!(
        !told(
            &import([bytes("cli.json", cli), fixture("classic/fabrics.json")], &Options::default()),
            "incomplete"
        )
        .is_empty()
    );
}

#[test]
fn an_ambiguous_join_is_unknown_and_told_with_candidates() {
    let info = "VM,Powerstate,Host,VM UUID,VM ID,EnableUUID\nweb01,poweredOff,esx01,u-1,vm-1,\nweb01,poweredOff,esx02,u-2,vm-2,\n";
    let done = import(
        [fixture("classic/items-list.json"), bytes("x/info.csv", info)],
        &Options::default(),
    );
    assert_eq!(entity(only(&done), "machines", "web01").value("onPremVm/exists"), None);
    let message = &told(&done, "ambiguous-join")[0];
    assert!(message.contains("A2") && message.contains("A3"), "{message}");
}

#[test]
fn archives_are_unpacked_within_limits() {
    let fabrics = text("classic/fabrics.json").into_bytes();
    let book = inventory();
    let archive = zip(&[("azure/fabrics.json", &fabrics), ("rv.xlsx", &book)]);
    let done = import([bytes("all.zip", archive.clone())], &Options::default());
    assert_eq!(only(&done).list("masterTargets").len(), 2);
    assert_eq!(only(&done).list("esxiHosts").len(), 1);
    assert!(done.report.sources.iter().any(|source| source.file == "all.zip!azure/fabrics.json"));
    let small =
        Options { limits: Limits { packed: 1024, ..Limits::default() }, ..Options::default() };
    assert!(!told(&import([bytes("all.zip", archive)], &small), "zip-bomb").is_empty());
    let bomb = zip(&[("zeros.json", &vec![b' '; 100 << 20])]);
    let done = import([bytes("bomb.zip", bomb)], &Options::default());
    assert!(told(&done, "zip-bomb")[0].contains("unpacks to"), "{:?}", done.diagnostics);
    let nested = zip(&[("a.zip", &zip(&[("b.zip", &zip(&[("c.json", b"{}")]))]))]);
    assert!(
        !told(&import([bytes("nested.zip", nested)], &Options::default()), "nested-archive")
            .is_empty()
    );
}

#[test]
fn one_element_has_a_limit() {
    let small =
        Options { limits: Limits { element: 100_000, ..Limits::default() }, ..Options::default() };
    let text = format!(r#"{{"value":[{{"id":"{}"}}]}}"#, "x".repeat(1_000_000));
    assert!(!told(&import([bytes("big.json", text)], &small), "too-large").is_empty());
}

#[test]
fn a_table_cut_short_calls_no_vm_absent() {
    let book = workbook(&[
        (
            "vInfo",
            sheet(&[&["VM", "Powerstate", "Host", "VM UUID"], &["a", "poweredOn", "esx01", "u-1"]]),
        ),
        (
            "vHost",
            sheet(&[
                &["Host", "ESX Version", "# VMs total"],
                &["esx01", "VMware ESXi 6.7.0", "45"],
            ]),
        ),
    ]);
    let done = import([bytes("rv.xlsx", book)], &Options::default());
    assert_eq!(entity(only(&done), "esxiHosts", "esx01").value("vmNames"), None);
}

#[test]
fn many_notes_of_one_kind_are_cut_down() {
    let rows: String = (0..40)
        .map(|at| {
            format!("vm{at},poweredOn,esx,u-{at},vm-{at},\nvm{at},poweredOn,esx,v-{at},wm-{at},\n")
        })
        .collect();
    let text = text("classic/item-get.json");
    let mut inputs: Vec<Input> = (0..40)
        .map(|at| {
            bytes(
                format!("{at}.json"),
                text.replace("item-1", &format!("i{at}")).replace("web01", &format!("vm{at}")),
            )
        })
        .collect();
    inputs.push(bytes("info.csv", format!("VM,Powerstate,Host,VM UUID,VM ID,EnableUUID\n{rows}")));
    let done = import(inputs, &Options::default());
    assert_eq!(told(&done, "ambiguous-join").len(), 26);
    assert!(
        told(&done, "ambiguous-join").iter().any(|text| text.starts_with("15 more of the kind"))
    );
}

#[test]
fn no_bytes_make_it_panic() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import");
    let mut seeds = vec![("rv.xlsx".to_owned(), inventory())];
    for name in CLASSIC.iter().chain(&[
        "modernized/fabric.json",
        "modernized/site-machines.json",
        "vmware/RVTools_tabvInfo.csv",
        "vmware/govc-hosts-stream.json",
    ]) {
        seeds.push(((*name).to_owned(), std::fs::read(folder.join(name)).expect("fixture")));
    }
    let mut state: u64 = 7;
    let mut next = |limit: usize| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % limit.max(1)
    };
    for round in 0..150 {
        let inputs: Vec<Input> = seeds
            .iter()
            .map(|(name, content)| {
                let mut content = content.clone();
                for _ in 0..=next(6) {
                    let at = next(content.len());
                    match next(3) {
                        0 => content[at] = next(256) as u8,
                        1 => content.truncate(at.max(1)),
                        _ => content.insert(at, b"0\"{}[],:\xff"[next(9)]),
                    }
                }
                bytes(format!("{round}/{name}"), content)
            })
            .collect();
        let done = import(inputs, &Options::default());
        let _ = (done.yaml(true), done.report.to_string());
    }
}
