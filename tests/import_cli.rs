//! The command `import` from outside: pipes, files, sidecars, and descriptions brought up to date.

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::program::{Done, Run};

/// A folder of fixtures, or one fixture.
fn fixture(name: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import").join(name).display().to_string()
}

/// Real exports, where they are present.
fn real(name: &str) -> Option<String> {
    let path: PathBuf = Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data").join(name);
    if !path.exists() {
        println!("skipped: {} is not here", path.display());
        return None;
    }
    Some(path.display().to_string())
}

fn import(paths: &[&str]) -> Done {
    let run = paths.iter().fold(Run::new("import"), |run, path| run.argument(path));
    run.done()
}

/// The report of a check of what an import printed.
fn checked(imported: &Done, arguments: &str) -> Done {
    Run::new(&format!("check - {arguments}")).input(&imported.out).done()
}

/// What a file in the folder of a run holds.
fn read(run: &Run, name: &str) -> String {
    fs::read_to_string(run.path().join(name)).expect("a file")
}

#[test]
fn an_import_is_checked_through_a_pipe_with_its_origins() {
    let imported = import(&[&fixture("classic")]);
    assert_eq!(imported.code, 0, "{}", imported.err);
    assert!(imported.err.contains("out of scope: `old-site` is a Hyper-V fabric"));

    let json: serde_json::Value =
        serde_json::from_str(&checked(&imported, "--format json").out).expect("JSON");
    let findings = json["environments"][0]["findings"].as_array().expect("findings");
    let mut facts = findings.iter().filter_map(|told| told["evidence"].as_array()).flatten();
    assert!(facts.any(|fact| fact["origin"]["pointer"].is_string()), "{json}");
}

#[test]
fn what_is_refused_is_told_and_the_rest_is_used() {
    let run = Run::new("import in").file("in/page.json", "<html><body>Sign in</body></html>");
    let run = run.file("in/items.json", fs::read(fixture("classic/items-list.json")).expect("one"));
    run.file("in/README.md", "not an export")
        .done()
        .code(2)
        .complains("page.json")
        .says("machines:");
    Run::new("import nowhere").done().code(2).complains("there is no such file");
    Run::new("import --as-of yesterday x.json").done().code(2).complains("is not a time");
}

#[test]
fn standard_input_is_an_export_like_any_other() {
    let bytes = fs::read(fixture("classic/fabrics.json")).expect("a fixture");
    Run::new("import -").input(bytes).done().code(0).says("masterTargets:").complains("<stdin>");
}

#[test]
fn a_file_gets_a_sidecar_and_is_not_written_over_once_a_person_changed_it() {
    let run = Run::new("import -o site.yaml").argument(&fixture("classic"));
    run.done().code(0).complains("wrote site.yaml and site.provenance.json");
    let text = read(&run, "site.yaml");
    assert!(!text.contains("Provenance"), "{text}");
    let left: Vec<_> = fs::read_dir(run.path()).expect("a folder").collect();
    assert_eq!(left.len(), 2, "nothing but the two files: {left:?}");
    // As it was left, it may be written anew.
    run.done().code(0);
    fs::write(run.path().join("site.yaml"), format!("{text}# mine\n")).expect("a change");
    run.done().code(2).complains("--into site.yaml");
    let told = Run::new("check site.yaml --format json")
        .file("site.yaml", &text)
        .file("site.provenance.json", read(&run, "site.provenance.json"));
    assert!(told.done().out.contains("\"origin\""));
    // What a person changed comes from nowhere.
    let ours =
        Run::new("check site.yaml --format json --rule AGT-001 --all").file("site.yaml", &text);
    ours.done().hides("\"origin\"");
}

#[test]
fn an_update_keeps_what_a_person_wrote() {
    let run = Run::new("import --into site.yaml").argument(&fixture("classic"));
    let first = Run::new("import -o site.yaml").argument(&fixture("classic"));
    first.done().code(0);
    let text = read(&first, "site.yaml");
    let sidecar = read(&first, "site.provenance.json");
    // An answer, a comment, a correction, and an imported fact that is old.
    let old = text
        .replacen(
            "    health: normal",
            "    health: normal\n    location: azure   # asked the team",
            1,
        )
        .replacen("    version: \"9.12.0.0\"", "    version: \"9.99.0.0\"", 1)
        .replacen(
            "    lastHeartbeat: 2020-03-28T08:57:00Z",
            "    lastHeartbeat: 2020-01-01T00:00:00Z",
            1,
        );
    assert_ne!(old, text);
    let before = sidecar.replacen("2020-03-28T08:57:00Z\"", "2020-01-01T00:00:00Z\"", 1);
    let before = before
        .replace("\"value\": \"2020-03-28T08:57:00Z\"", "\"value\": \"2020-01-01T00:00:00Z\"");
    let run = run.file("site.yaml", &old).file("site.provenance.json", &before);
    let dry = Run::new("import --dry-run --into site.yaml").argument(&fixture("classic"));
    let dry = dry.file("site.yaml", &old).file("site.provenance.json", &before);
    dry.done().code(0).says("left as it is").says("2020-01-01T00:00:00Z -> 2020-03-28T08:57:00Z");
    assert_eq!(read(&dry, "site.yaml"), old);
    run.done()
        .code(0)
        .says("updated: 1")
        .says("kept as a person wrote it: 1")
        .says("9.99.0.0 (the exports say 9.12.0.0)");
    let new = read(&run, "site.yaml");
    assert!(new.contains("location: azure   # asked the team"), "{new}");
    let expected = old.replacen("2020-01-01T00:00:00Z", "2020-03-28T08:57:00Z", 1);
    assert_eq!(new, expected);
    run.done().code(0).says("site.yaml is up to date");
    assert_eq!(read(&run, "site.yaml"), expected);
}

#[test]
fn an_update_without_a_sidecar_changes_nothing_that_is_there() {
    let text = "# mine\napiVersion: failback/v1\nkind: Environment\nname: Contoso-Vault\narchitecture: classic\n\
                processServers:\n  - id: CS-ONE   # the old one\n    health: critical\n    state: unknown\n";
    let run =
        Run::new("import --into site.yaml").argument(&fixture("classic")).file("site.yaml", text);
    run.done().code(0).says("processServers/CS-ONE/health: critical (the exports say normal)");
    let new = read(&run, "site.yaml");
    assert!(new.starts_with("# mine\n") && new.contains("health: critical"), "{new}");
    assert!(new.contains("# the old one") && new.contains("state: running"), "{new}");
    run.done().code(0).says("is up to date");
    let told = Run::new("check site.yaml --format json").file("site.yaml", &new);
    assert!(told.done().out.contains("\"documentErrors\": []"), "{new}");
}

/// The classic fixtures, the list of protected items with a next page that is not there.
fn cut(run: Run, whole: bool) -> Run {
    let run = ["fabrics.json", "vcenters.json", "providers.json"].iter().fold(run, |run, name| {
        run.file(&format!("in/{name}"), fs::read(fixture(&format!("classic/{name}"))).expect("one"))
    });
    let items = fs::read_to_string(fixture("classic/items-list.json")).expect("items");
    let paged = items.replace("\"nextLink\": null", "\"nextLink\": \"https://example.invalid/2\"");
    assert_ne!(items, paged);
    run.file("in/items.json", if whole { items } else { paged })
}

#[test]
fn a_cut_export_marks_its_lists_and_every_rule_over_them_waits() {
    let outcomes = |whole: bool| {
        let run = cut(Run::new("import in"), whole);
        let imported = run.done();
        let json: serde_json::Value =
            serde_json::from_str(&checked(&imported, "--all --format json").out).expect("JSON");
        (imported.out, json["environments"][0].clone())
    };
    let (text, whole) = outcomes(true);
    assert!(!text.contains("- unknown"), "{text}");
    let (text, partial) = outcomes(false);
    let mark = "machines:\n  - unknown   # the protected items are incomplete: it names a next page that was not handed in (in/items.json)\n";
    assert!(text.contains(mark), "{text}");
    let about_machines = |told: &serde_json::Value| -> Vec<serde_json::Value> {
        let findings = told["findings"].as_array().expect("findings").iter();
        let about = findings.filter(|one| {
            one["outcome"] == "unknown"
                && one["evidence"].as_array().expect("evidence").iter().any(|fact| {
                    fact["path"] == "machines"
                        && fact["origin"]["file"] == "in/items.json"
                        && fact["note"] == "marked as incomplete"
                })
        });
        about.cloned().collect()
    };
    assert!(about_machines(&whole).is_empty());
    let about = about_machines(&partial);
    assert!(about.len() > 10, "every rule over machines waits: {}", about.len());
    assert!(about.iter().all(|one| !one["questions"].as_array().expect("questions").is_empty()));
}

#[test]
fn an_update_marks_a_list_once_and_takes_the_mark_out_with_the_whole_export() {
    let first = cut(Run::new("import in -o site.yaml"), true);
    first.done();
    let text = read(&first, "site.yaml");
    assert!(text.contains("replicationGroups: []"), "{text}");
    let mine = text.replacen("machines:\n", "machines:   # asked the team\n", 1);
    let into = |whole: bool, text: &str, beside: &str| {
        let run = cut(Run::new("import in --into site.yaml"), whole);
        run.file("site.yaml", text).file("site.provenance.json", beside)
    };
    let partial = into(false, &mine, &read(&first, "site.provenance.json"));
    partial.done().says("machines: unknown").says("replicationGroups: unknown");
    let marked = read(&partial, "site.yaml");
    assert_eq!(
        marked.matches("- unknown").count() + marked.matches("[unknown]").count(),
        3,
        "{marked}"
    );
    assert!(marked.contains("# asked the team"));
    let beside = read(&partial, "site.provenance.json");
    assert!(beside.contains("\"machines\": {") && beside.contains("\"replicationGroups\": {"));
    partial.done().says("up to date");
    assert_eq!(read(&partial, "site.yaml"), marked, "a mark is not made twice");

    let again = into(true, &marked, &beside);
    again.done().says("removed: 3");
    assert_eq!(read(&again, "site.yaml"), mine, "nothing of the mark is left");
    assert_eq!(read(&again, "site.provenance.json").matches("\"machines\": {").count(), 0);

    // Somebody knows that all are listed, and is believed; somebody knows that they are not, and is believed, too.
    let taken = into(false, &mine, &beside);
    taken.done().says("kept as a person wrote it");
    assert_eq!(read(&taken, "site.yaml"), mine);
    let own = mine.replacen("# asked the team\n", "# asked the team\n  - unknown   # mine\n", 1);
    let kept = into(true, &own, &read(&first, "site.provenance.json"));
    kept.done().says("up to date");
    assert_eq!(read(&kept, "site.yaml"), own);
}

#[test]
fn an_interrupted_import_is_found_and_mended() {
    let first = Run::new("import -o site.yaml").argument(&fixture("classic"));
    first.done().code(0);
    let (text, beside) = (read(&first, "site.yaml"), read(&first, "site.provenance.json"));
    let old = beside.replacen("\"description\": \"", "\"description\": \"00", 1);
    assert_ne!(old, beside);
    // The description was put in place; its sidecar still waits under another name.
    let left = |command: &str| {
        Run::new(command)
            .argument(&fixture("classic"))
            .file("site.yaml", &text)
            .file("site.provenance.json", &old)
            .file(".site.provenance.json.77.tmp", &beside)
            .file(".site.yaml.77.old", "name: before\n")
    };
    let dry = left("import --dry-run --into site.yaml");
    dry.done()
        .code(0)
        .complains("interrupted between the description and its sidecar")
        .says("up to date");
    assert!(dry.path().join(".site.provenance.json.77.tmp").exists(), "a dry run changes nothing");
    for command in ["import --into site.yaml", "import -o site.yaml"] {
        let run = left(command);
        run.done().code(0).complains("the last import was interrupted");
        assert_eq!(read(&run, "site.provenance.json"), beside, "{command}");
        assert_eq!(fs::read_dir(run.path()).expect("a folder").count(), 2, "{command}");
        let again = run.done().code(0);
        assert!(!again.err.contains("interrupted"), "{}", again.err);
    }
    // What belongs to no description that is there is not believed.
    let stale = left("import --into site.yaml")
        .file("site.yaml", text.replace("health: normal", "health: critical"));
    let told = stale.done().code(0).complains("what it had prepared is not used");
    assert!(told.out.contains("site.yaml has changed since the last import"), "{}", told.out);
    assert!(read(&stale, "site.yaml").contains("health: critical"));
}

#[test]
fn a_description_that_a_person_wrote_in_stays_theirs_through_updates() {
    let run = Run::new("import -o site.yaml").argument(&fixture("classic"));
    run.done().code(0);
    let text = read(&run, "site.yaml");
    let ours = format!("{text}# mine\n");
    let into = Run::new("import --into site.yaml").argument(&fixture("classic"));
    let into = into
        .file("site.yaml", &ours)
        .file("site.provenance.json", read(&run, "site.provenance.json"));
    into.done().code(0).says("site.yaml has changed since the last import").says("up to date");
    into.done().code(0).hides("has changed since");
    assert_eq!(read(&into, "site.yaml"), ours);
    let over = Run::new("import -o site.yaml").argument(&fixture("classic"));
    let over = over
        .file("site.yaml", &ours)
        .file("site.provenance.json", read(&into, "site.provenance.json"));
    over.done().code(2).complains("not as an import left it");
    let force = Run::new("import --force -o site.yaml").argument(&fixture("classic"));
    let force = force
        .file("site.yaml", &ours)
        .file("site.provenance.json", read(&into, "site.provenance.json"));
    force.done().code(0);
    assert_eq!(read(&force, "site.yaml"), text);
}

#[test]
fn a_redirected_import_shows_no_progress() {
    // 40 MB of blanks behind a list take a while; what is no terminal gets no line all the same.
    let mut list = fs::read(fixture("classic/items-list.json")).expect("a fixture");
    list.resize(40 << 20, b' ');
    let done = Run::new("import in").file("in/items.json", list).done().code(0);
    assert!(!done.err.contains('\r') && !done.err.contains('\u{1b}'), "{}", done.err);
}

#[test]
fn an_update_refuses_what_is_no_description() {
    let run = |text: &str| {
        let run = Run::new("import --into site.yaml").argument(&fixture("classic"));
        run.file("site.yaml", text).done().code(2)
    };
    run("a: [").complains("not YAML");
    run("a: 1\n").complains("does not describe");
    Run::new("import --into site.yaml x.json").done().code(2).complains("there is no `site.yaml`");
}

#[test]
fn a_vault_with_both_kinds_gives_two_environments_each_judged_by_its_rules() {
    let imported = import(&[&fixture("classic"), &fixture("modernized")]);
    let told = checked(&imported, "--format json");
    let json: serde_json::Value = serde_json::from_str(&told.out).expect("JSON");
    let packs = json["environments"].as_array().expect("environments").iter();
    let packs: Vec<_> = packs.filter_map(|one| one["rules"]["pack"].as_str()).collect();
    assert!(packs.iter().any(|pack| pack.contains("odern")), "{packs:?}");
    assert!(packs.iter().any(|pack| pack.contains("lassic")), "{packs:?}");
}

#[test]
fn the_recorded_machine_is_told_with_its_origins() {
    let Some(folder) = real("azure/classic-2017/reprotect-win-4003") else { return };
    let imported = import(&[&folder]);
    assert_eq!(imported.code, 0, "{}", imported.err);
    let told = checked(&imported, "--all")
        .says("AGT-001")
        .says("[RV-009]: NS-Win-Src3 has no retention volume");
    // A long origin goes on in the next line of its label.
    let told = told.out.replace(|c: char| c.is_whitespace() || "·│╰─┤".contains(c), "");
    assert!(told.contains("fromprotected-item-win-4003.json"), "{told}");
    let pointer = "/properties/customDetails/masterTargetServers/0/retentionVolumes";
    assert!(told.contains(pointer), "{told}");
    // The moment at which the service took the request: the agent is on its way, and nothing fails.
    let moment = checked(&imported, "--format concise --now 2017-09-19T10:51:20Z");
    assert!(moment.out.contains("pending[AGT-001]"), "{}", moment.out);
    assert!(!moment.out.contains("error["), "{}", moment.out);
    let asked = Run::new("ask -").input(&imported.out).done();
    assert_eq!(asked.code, 3, "{}", asked.err);
    assert!(
        asked.out.contains("azureNetwork") && asked.out.contains("powerState"),
        "{}",
        asked.out
    );
}

#[test]
fn the_recorded_fleet_is_whole() {
    let (Some(fabrics), Some(providers)) =
        (real("azure/classic-2017/fabrics-list.json"), real("azure/classic-2017/providers"))
    else {
        return;
    };
    let imported = import(&[&fabrics, &providers]);
    assert_eq!(imported.code, 0, "{}", imported.err);
    for text in ["configurationServers: 18,", "processServers: 24,", "masterTargets: 28,"] {
        assert!(imported.err.contains(text), "{text}: {}", imported.err);
    }
    let json: serde_json::Value =
        serde_json::from_str(&checked(&imported, "--format json").out).expect("JSON");
    assert_eq!(json["environments"][0]["documentErrors"], serde_json::json!([]));
}

#[test]
fn the_recorded_appliance_is_judged_before_and_after() {
    let Some(folder) = real("azure/modernized-2023") else { return };
    let file = |name: &str| format!("{folder}/{name}");
    let before = import(&[
        &file("fabric-show.json"),
        &file("protected-item-show-failed-over.json"),
        &file("reprotect-request.json"),
    ]);
    checked(&before, "--format concise").says("error[AGT-001]").says("RCM-Win2K16-01");
    let after = import(&[&folder]);
    let told = checked(&after, "--format concise").says("note[VM-027]");
    assert!(!told.out.contains("error["), "{}", told.out);
}

#[test]
fn other_kinds_of_replication_are_named_out_of_scope() {
    let Some(folder) = real("azure/not-vmware") else { return };
    let imported = import(&[&folder]);
    assert_eq!((imported.code, imported.out.as_str()), (0, ""));
    assert!(imported.err.contains("`CliVM2` is an Azure-to-Azure item"), "{}", imported.err);
    assert!(imported.err.contains("`VM1` is a Hyper-V item"), "{}", imported.err);
}

#[test]
fn an_import_ends_with_the_verdict_and_the_next_command() {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/import/classic");
    let run = Run::new("import -o site.yaml");
    let done = run
        .argument(&format!("{folder}/fabrics.json"))
        .argument(&format!("{folder}/item-get.json"))
        .done();
    let last: Vec<&str> = done.err.lines().rev().take(2).collect();
    assert!(last[0].starts_with("next: failback check site.yaml"), "{}", done.err);
    assert!(last[1].starts_with("gate CLOSED"), "{}", done.err);
}
