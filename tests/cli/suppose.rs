//! What nobody states is supposed by `suppose` of the pack: it is judged, said, and never opens the gate.

use crate::support::program::{HEAD, Run};

const PACK: &str = r#"pack wishes "What is asked for can be done"

environment {
  servers: [Server]
  wish: Wish
    ask  "Which servers are to be restarted?"
    find "The owner"
}

entity Server "a server" {
  id: key
  up: bool
  slots: int
}

record Wish {
  quiet: bool
  items: [Item]
}

entity Item "the restart of a server" {
  server: key ref Server
  slot: int or none default none
}

unit Server s where isAsked(s)

define isAsked(s: Server): bool = any i in wish.items: i.server == s

suppose wish "every server that is up is judged as if it were asked for" {
  fix     for s in servers where s.up: addItem(s)
  fix     beQuiet()
}

prerequisite W-001 "A slot is chosen" {
  for     i in wish.items
  require i.slot != none
  because "no slot is chosen for {i.server}"
  blocks  i.server
  fix     beQuiet()
}

prerequisite W-002 "The wish is quiet" {
  require wish.quiet
  because "the wish is loud"
}

remedy addItem(s: Server) {
  do      "Ask for {s}"
  effect  create Item item { server = s }
          set item.slot = choose n in [s.slots] where n > 1 prefer n
  takes   5min
  undo    needless
}

remedy beQuiet() {
  do      "Be quiet"
  effect  set wish.quiet = true
  takes   5min
  undo    needless
}
"#;

fn run(arguments: &str, facts: &str) -> Run {
    Run::new(&format!("{arguments} --rules rules site.yaml"))
        .file("rules/wishes.gate", PACK)
        .file("site.yaml", format!("{HEAD}{facts}"))
}

const TWO: &str =
    "servers:\n  - { id: s1, up: true, slots: 4 }\n  - { id: s2, up: true, slots: 3 }\n";

#[test]
fn what_is_supposed_is_judged_and_opens_nothing() {
    let done = run("check", TWO).done().code(3);
    done.says("supposed    no wish is stated; every server that is up is judged as if it were\n")
        .says("`failback plan --ready --write` writes the wish for who is ready")
        .says("gate CLOSED until it is stated: 3 passed, 2 of 2 servers ready");
    run("check --format concise", TWO).done().code(3).says("supposed: no wish is stated; every");
    let json = run("check --format json", TWO).done().code(3);
    let report: serde_json::Value = serde_json::from_str(&json.out).expect("JSON");
    let lab = &report["environments"][0];
    assert_eq!(lab["verdict"], "unknown");
    assert_eq!(lab["supposed"]["path"], "wish");
    assert_eq!(
        lab["supposed"]["steps"],
        serde_json::json!(["addItem(s1)", "addItem(s2)", "beQuiet()"])
    );
    assert_eq!(lab["units"][0]["verdict"], "ready");
    run("plan", TWO).done().code(3).says("no wish is stated, so the gate cannot open yet");
}

#[test]
fn what_cannot_be_chosen_or_is_not_known_stays_unknown() {
    let full = TWO.replace("slots: 3", "slots: 1");
    let done = run("check --format concise", &full).done().code(3);
    done.says("unknown[W-001]").says("1 unknown, 2 passed, 1 of 2 servers ready");
    let open = TWO.replace("up: true, slots: 3", "slots: 3");
    // Whether it is up is not known, so nobody supposes that it is asked for.
    run("check -q", &open).done().code(3).says("1 of 1 servers ready");
}

#[test]
fn only_what_is_not_stated_is_supposed() {
    for none in ["wish:\n", "wish: {}\n", "wish: { items: }\n", ""] {
        run("check -q", &format!("{TWO}{none}")).done().code(3).says("until it is stated");
    }
    for some in ["wish: unknown\n", "wish: { items: unknown }\n", "wish: { quiet: true }\n"] {
        let done = run("check", &format!("{TWO}{some}")).done().code(3);
        done.hides("supposed").says("until it is known");
    }
    run("check -q", &format!("{TWO}wish: {{ quiet: true, items: [] }}\n")).done().hides("stated");
}

#[test]
fn where_nobody_can_be_meant_nothing_is_checked() {
    let none = TWO.replace("up: true", "up: false");
    run("check", &none).done().code(5).says("gate NOT CHECKED").says("there is nobody");
    run("plan --ready", &none).done().code(5);
    run("check -q", "servers: []\n").done().code(5);
    run("check -q", "servers: unknown\n").done().code(3);
}

#[test]
fn the_record_is_the_first_question() {
    let done = run("ask", &TWO.replace("slots: 3", "slots: 1")).done().code(3);
    done.says("    1. Which servers are to be restarted?").says("wish: { … }");
    run("ask --format json", TWO).done().code(3).says("\"path\": \"wish\"");
}

#[test]
fn who_is_ready_is_listed_and_written_and_then_the_gate_is_open() {
    let full = TWO.replace("slots: 3", "slots: 1");
    let lines = "wish:\n  quiet: true\n  items:\n    - server: s1\n      slot: 4\n";
    let shown = format!("# ready in lab: 1 of 1: s1\n{lines}");
    run("plan --ready", &full).gives(0, &shown, "");
    let writing = run("plan --ready --write", &full);
    writing.done().code(0).says("wrote the wish for 1 of 1 into site.yaml\n");
    let text = std::fs::read_to_string(writing.path().join("site.yaml")).expect("a text");
    assert_eq!(text, format!("{HEAD}{full}{lines}"));
    run("check -q", &format!("{full}{lines}")).done().code(0).says("gate OPEN");
    run("plan --ready", &format!("{full}{lines}"))
        .done()
        .code(0)
        .says("# the description states what is requested");
    run("plan --ready --format json", &full).done().code(0).says("\"field\": \"wish\"");
    run("plan --ready --format dot", &full).done().code(2).complains("who is ready is no plan");
    run("plan --write", &full).done().code(2);
}

#[test]
fn a_supposition_is_read_like_any_declaration() {
    let with = |line: &str, text: &str| {
        let pack = format!("{PACK}{text}").replace("fix     beQuiet()\n}\n\npre", line);
        Run::new("lint rules").file("rules/wishes.gate", pack)
    };
    let kept = "fix     beQuiet()\n}\n\npre";
    with(kept, "\nsuppose wish \"again\" { fix beQuiet() }\n")
        .done()
        .says("error[duplicate-declaration]: what is supposed of `wish` is declared twice");
    with(kept, "\nsuppose wishh \"x\" { fix beQuiet() }\n")
        .done()
        .says("error[unknown-field]: `wishh` is no record of the environment")
        .says("did you mean `wish`?");
    with(kept, "\nsuppose servers \"x\" { fix beQuiet() }\n")
        .done()
        .says("`servers` is no record of the environment");
    with("fix beQuit()\n}\n\npre", "")
        .done()
        .says("error[unknown-name]: unknown remedy `beQuit`")
        .says("did you mean `beQuiet`?");
    with("because \"x\"\n}\n\npre", "").done().says("error[syntax]").says("`fix`");
    let formatted = Run::new("fmt --check rules").file("rules/wishes.gate", PACK);
    formatted.done().code(0);
}
