//! `plan --write`: what was done, in the description; `--with-facts`, `--answer` and the digest of a plan.

use std::fs;

use serde_json::{Value as Json, json};

use crate::support::program::{Done, HEAD, Run};

const PACK: &str = r#"pack lab "A laboratory"

environment {
  asOf: time
  servers: [Server]
  flows: [Flow]
}

entity Server "a server" {
  id: key
  state: running | stopped
  startedAt: time or none default none
  snapshots: [Snapshot]
  tags: [text]
}

record Snapshot {
  name: text
}

record Flow {
  from: ref Server
  port: int
}

unit Server

prerequisite SRV-001 "A server runs" {
  for     s in servers
  require s.state == running
  because "{s} is {s.state}"
  fix     start(s)
}

prerequisite SRV-002 "A server has no snapshots" {
  for     s in servers
  require s.snapshots is empty
  because "{s} has snapshots"
  fix     clean(s)
}

prerequisite SRV-003 "A server has an open port" {
  for     s in servers
  require any f in flows: f.from == s
  because "{s} has no open port"
  fix     open(s, 443)
}

remedy start(s: Server) {
  do      "Start {s}"
  effect  set s.state = running
          set s.startedAt = now
  undo    "stop it"
}

remedy clean(s: Server) {
  do      "Delete the snapshots of {s}"
  effect  remove x from s.snapshots where true
          add "clean" to s.tags
  undo    never
}

remedy open(s: Server, port: int) {
  do      "Open port {port} of {s}"
  needs   s.state == running
  effect  add Flow { from = s  port = port } to flows
  undo    "close it"
}

remedy deploy(s: Server) {
  do      "Deploy one like {s}"
  effect  create Server n { id = "new"  state = running  snapshots = []  tags = [] }
  undo    "remove it"
}
"#;

const SITE: &str = "asOf: 2026-01-01T00:00:00Z
# What runs where.
servers:
  - id: web   # the shop
    state: stopped   # since monday
    snapshots: [{ name: monday }, { name: friday }]
    tags: []
  - id: \"db, new(1)\"
    state: stopped
    snapshots:
      - name: tuesday
    tags: [old]
flows: []
";

fn run(arguments: &str) -> Run {
    Run::new(&format!("plan site.yaml --rules rules {arguments}"))
        .file("rules/lab.gate", PACK)
        .file("site.yaml", format!("{HEAD}{SITE}"))
}

fn write(done: &[&str]) -> Run {
    done.iter().fold(run("--write"), |run, done| run.argument("--done").argument(done))
}

fn text(run: &Run, name: &str) -> String {
    fs::read_to_string(run.path().join(name)).expect("a file")
}

fn origins(run: &Run) -> Json {
    let sidecar: Json = serde_json::from_str(&text(run, "site.provenance.json")).expect("JSON");
    sidecar["environments"]["lab"].clone()
}

/// What was refused changed nothing.
#[track_caller]
fn refused(run: Run, message: &str) -> Done {
    let before = text(&run, "site.yaml");
    let done = run.done().code(2).complains(message);
    assert_eq!(text(&run, "site.yaml"), before);
    assert!(!run.path().join("site.provenance.json").exists());
    done
}

#[test]
fn what_a_step_makes_is_written_with_its_origin_and_the_layout_stays() {
    let run = write(&["start(web)"]).argument("--now").argument("2026-01-02T10:00:00Z");
    run.gives(
        0,
        "wrote site.yaml and site.provenance.json\n  servers/web/state: running\n  servers/web/startedAt: \
         2026-01-02T10:00:00Z\n",
        "",
    );
    let expected = format!("{HEAD}{SITE}")
        .replacen("state: stopped   # since", "state: running   # since", 1)
        .replacen("    tags: []\n", "    tags: []\n    startedAt: 2026-01-02T10:00:00Z\n", 1);
    assert_eq!(text(&run, "site.yaml"), expected);
    let own = json!({
        "servers/web/state":
            { "captured": "2026-01-02T10:00:00Z", "file": "done: start(web)", "value": "running" },
        "servers/web/startedAt":
            { "captured": "2026-01-02T10:00:00Z", "file": "done: start(web)", "value": "2026-01-02T10:00:00Z" },
    });
    assert_eq!(origins(&run), own);
}

#[test]
fn lists_lose_and_get_elements_and_later_steps_see_what_earlier_ones_made() {
    let run =
        write(&["clean(web)", "start(\"db, new(1)\")", "open(\"db, new(1)\", 443)", "deploy(web)"]);
    run.done().code(0).says("  flows[new]: {from: \"db, new(1)\", port: 443}\n");
    let text = text(&run, "site.yaml");
    assert!(text.contains("    snapshots: []\n    tags:\n      - clean\n"), "{text}");
    assert!(text.contains("flows:\n  - from: db, new(1)\n    port: 443\n"), "{text}");
    assert!(text.contains("  - id: new\n    state: running\n"), "{text}");
    let origins = origins(&run);
    assert_eq!(origins["flows/0"]["file"], "done: open(\"db, new(1)\", 443)");
    assert_eq!(origins["servers/new"]["value"]["state"], "running");
    assert_eq!(origins["servers/web/tags"]["value"], json!(["clean"]));
    // A later check says where a fact is from.
    let check = Run::new("check site.yaml --rules rules --format json --all");
    let check = check.file("rules/lab.gate", PACK).file("site.yaml", &text);
    let sidecar = fs::read(run.path().join("site.provenance.json")).expect("a file");
    let check = check.file("site.provenance.json", sidecar).done();
    assert!(check.err.is_empty(), "{}", check.err);
}

#[test]
fn a_number_means_a_step_of_the_plan_that_showed_it() {
    let plan: Json = serde_json::from_str(&run("--format json").done().out).expect("JSON");
    let plan = &plan["environments"][0];
    let digest = plan["digest"].as_str().expect("a digest");
    run("").done().says(&format!("  - plan {digest}\n"));
    let steps = plan["steps"].as_array().expect("steps");
    let step = steps.iter().find(|step| step["call"] == "start(web)").expect("a step");
    assert_eq!(
        step["writes"][0],
        json!({ "path": "servers/web/state", "way": "set", "value": "running", "seen": false })
    );
    let number = step["id"].to_string();
    let written = write(&[&number]).argument("--plan").argument(digest);
    written.done().code(0).says("servers/web/state: running");
    assert_eq!(origins(&written)["servers/web/state"]["file"], "done: start(web)");

    refused(write(&[&number]), &format!("step {number} of which plan is not said"));
    let other = write(&[&number]).argument("--plan").argument("sha256:000000000000");
    refused(other, "there is no plan `sha256:000000000000`").complains(digest);
    refused(write(&["99"]).argument("--plan").argument(digest), "the plan has no step 99");
    // Another plan has other numbers.
    let other = written.done();
    assert_eq!(other.code, 2, "{}{}", other.out, other.err);
}

#[test]
fn what_cannot_have_been_done_is_refused_with_the_reason() {
    refused(write(&["open(web, 443)"]), "`open(web, 443)` could not start")
        .complains("`servers/web/state` is stopped");
    refused(write(&["strat(web)"]), "there is no remedy `strat`").complains("start");
    refused(write(&["start(wbe)"]), "`wbe` is no").complains("web");
    refused(write(&["start(web, db)"]), "`start` takes 1 argument, not 2");
    refused(write(&["start(\"web)"]), "`start(\"web)` has no closing quote");
    refused(run("--write"), "--done <REMEDY(ID)>");
    refused(run("--done start(web)"), "--write");
    refused(write(&["start(web)"]).argument("--answer").argument("site.yaml"), "--answer");
    let broken = write(&["start(web)"]).file("site.yaml", format!("{HEAD}{SITE}colour: red\n"));
    refused(broken, "nothing was written: there are errors");
    let piped =
        Run::new("plan - --rules rules --write --done start(web)").file("rules/lab.gate", PACK);
    piped.input(format!("{HEAD}{SITE}")).done().code(2).complains("cannot write `<stdin>`");
}

#[test]
fn of_several_files_the_one_is_written_that_holds_the_fact() {
    let (servers, flows) = SITE.split_once("flows:").expect("flows");
    let run = write(&["start(web)", "open(web, 443)"])
        .file("site.yaml", format!("{HEAD}{servers}"))
        .file("flows.yaml", format!("{HEAD}flows:{flows}"))
        .argument("flows.yaml");
    run.done().code(0).says("wrote flows.yaml and flows.provenance.json\n");
    assert!(text(&run, "flows.yaml").contains("flows:\n  - from: web\n    port: 443\n"));
    assert!(text(&run, "site.yaml").contains("state: running"));
    assert!(!text(&run, "flows.yaml").contains("running"));
    let sidecar: Json = serde_json::from_str(&text(&run, "flows.provenance.json")).expect("JSON");
    assert!(sidecar["environments"]["lab"]["flows/0"].is_object(), "{sidecar}");
}

#[test]
fn what_a_sidecar_knows_stays_in_it() {
    let before = json!({
        "kind": "Provenance", "description": "abc",
        "environments": { "lab": {
            "servers/web/state": { "file": "a.json", "value": "stopped" },
            "servers/web/tags": { "file": "a.json", "value": [] }
        } }
    });
    let run = write(&["start(web)"]).file("site.provenance.json", before.to_string());
    run.done().code(0);
    let sidecar: Json = serde_json::from_str(&text(&run, "site.provenance.json")).expect("JSON");
    assert_eq!(sidecar["description"], "abc");
    assert_eq!(origins(&run)["servers/web/tags"]["file"], "a.json");
    assert_eq!(origins(&run)["servers/web/state"]["file"], "done: start(web)");
    for broken in ["{", "[]"] {
        let run = write(&["start(web)"]).file("site.provenance.json", broken);
        run.done().code(2).complains("cannot write `site.provenance.json`");
        assert_eq!(text(&run, "site.yaml"), format!("{HEAD}{SITE}"));
    }
}

#[test]
fn a_runbook_shows_what_is_true_after_each_step() {
    let full = run("--with-facts").done().code(0);
    let full = full.says("    then      servers/web/state: running\n");
    full.says("              servers/web/startedAt: 2026-01-01T00:00:00Z\n")
        .says("flows[new]: {from: web, port: 443}\n")
        .says("    then      servers/web/snapshots: []\n");
    run("--with-facts --format markdown")
        .done()
        .code(0)
        .says("  - then: `servers/web/state: running`\n");
    run("").done().hides("servers/web/state: running");
}

#[test]
fn a_plan_takes_answers_as_ask_does() {
    let answers = "servers/web/state: running\nflows[new]: { from: web, port: 443 }\n";
    let with = run("--answer answers.yaml --format concise").file("answers.yaml", answers);
    let done = with.done().code(0).says("clean(web)").hides("start(web)").hides("open(web");
    drop(done);
    let wrong = run("--answer answers.yaml").file("answers.yaml", "servers/wbe/state: running\n");
    wrong.done().code(2).complains("has no entry `wbe`");
    run("--answer none.yaml").done().code(2).complains("cannot read `none.yaml`");
}

#[test]
fn a_remedy_with_an_error_does_nothing() {
    let broken = PACK.replace("set s.startedAt = now", "set s.startedAt = Backup { x = 1 }");
    run("").file("rules/lab.gate", broken).done().code(2).says("unknown-type");
}
