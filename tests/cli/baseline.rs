//! Baselines: what was recorded is known, and every other subject, reason or victim is new.

use std::fs;

use crate::support::program::{HEAD, Run};

const PACK: &str = r#"pack shop "What a shop keeps"

environment { servers: [Server] }

entity Server "a server" {
  id: key
  up: bool
  cold: bool
  hosts: [text]
}

unit Server

prerequisite S-001 "A server is well" {
  for     s in servers
  require s.up and s.cold
  because "{s} is not well"
}

prerequisite S-002 "Hosts have names" {
  for     s in servers
  require all h in s.hosts: h != "none"
  because "{s} has a host without a name"
}
"#;

fn run(arguments: &str, facts: &str, baseline: Option<&str>) -> Run {
    let run = Run::new(&format!("check --rules rules site.yaml {arguments}"))
        .file("rules/shop.gate", PACK)
        .file("site.yaml", format!("{HEAD}{facts}"));
    match baseline {
        Some(text) => run.file("known.json", text),
        None => run,
    }
}

const ONE: &str = "servers:\n  - { id: s1, up: false, cold: true, hosts: [] }\n";

/// What `--write-baseline` records of these facts.
fn recorded(facts: &str) -> String {
    let writing = run("-q --write-baseline known.json", facts, None);
    writing.done();
    fs::read_to_string(writing.path().join("known.json")).expect("it is written")
}

#[test]
fn what_closes_the_gate_is_recorded_a_finding_a_line() {
    let text = recorded(ONE);
    assert_eq!(
        text,
        "{ \"failback\": \"baseline/v1\", \"findings\": [\n  {\"environment\":\"lab\",\"id\":\"S-001:servers/s1\",\
         \"outcome\":\"fail\",\"blocks\":[\"s1\"],\"facts\":[\"servers/s1/up\"]}\n] }\n"
    );
    let good = ONE.replace("false", "true");
    assert_eq!(recorded(&good), "{ \"failback\": \"baseline/v1\", \"findings\": [] }\n");
}

#[test]
fn what_is_known_closes_nothing_and_the_gate_is_not_called_open() {
    let known = recorded(ONE);
    let done = run("-q --baseline known.json", ONE, Some(&known)).done().code(0);
    done.says("gate CLOSED, as before: 0 new, 1 known, 1 failed").hides("OPEN");
    // Moved lines, other quoting and a comment change nothing.
    let moved =
        "servers:\n  # all of them\n\n  - id: 's1'\n    hosts: []\n    cold: true\n    up: false\n";
    run("-q --baseline known.json", moved, Some(&known)).done().code(0);
    let json = run("--format json --baseline known.json", ONE, Some(&known)).done().code(0);
    let report: serde_json::Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!(report["environments"][0]["verdict"], "closed");
    assert_eq!(report["environments"][0]["findings"][0]["baseline"], "unchanged");
    assert_eq!(report["exit"], 0);
    run("--format sarif --baseline known.json", ONE, Some(&known))
        .done()
        .says("\"baselineState\": \"unchanged\"");
}

#[test]
fn another_subject_reason_or_outcome_is_new() {
    let known = recorded(ONE);
    let new = |facts: &str, code: i32| {
        let done = run("-q --baseline known.json", facts, Some(&known)).done().code(code);
        done.says("gate CLOSED").says("1 new,").hides("as before");
    };
    // A second fault cannot hide behind the first one, though one suffices.
    new(&ONE.replace("cold: true", "cold: false"), 1);
    new(&format!("{ONE}  - {{ id: s2, up: false, cold: true, hosts: [] }}\n"), 1);
    new(&ONE.replace("up: false", "up: unknown"), 3);
    new(&ONE.replace("hosts: []", "hosts: [none]"), 1);
    let two = recorded(&ONE.replace("hosts: []", "hosts: [none]"));
    let fixed = run("-q --baseline known.json", ONE, Some(&two)).done().code(0);
    fixed.says("as before: 0 new, 1 known");
}

#[test]
fn every_fault_is_a_fact_of_the_finding() {
    let facts = ONE.replace("cold: true", "cold: false").replace("[]", "[none, a, none]");
    let json = run("--format json", &facts, None).done();
    let report: serde_json::Value = serde_json::from_str(&json.out).expect("JSON");
    let findings = &report["environments"][0]["findings"];
    assert_eq!(
        findings[0]["facts"],
        serde_json::json!([
            { "path": "servers/s1/up", "value": false },
            { "path": "servers/s1/cold", "value": false }
        ])
    );
    assert_eq!(findings[0]["baseline"], serde_json::Value::Null);
    assert_eq!(
        findings[1]["facts"],
        serde_json::json!([{ "path": "servers/s1/hosts", "value": ["none", "a", "none"] }])
    );
    // What only follows another is not told twice; evidence stays what suffices.
    assert_eq!(findings[0]["evidence"].as_array().map(Vec::len), Some(1));
}

#[test]
fn a_baseline_that_is_there_only_loses_what_is_gone() {
    let two = ONE.replace("hosts: []", "hosts: [none]");
    let known = recorded(&two);
    let writing = run("-q --write-baseline known.json", ONE, Some(&known));
    writing.done().code(1);
    let text = || fs::read_to_string(writing.path().join("known.json")).expect("it is there");
    assert_eq!(text(), recorded(ONE));
    let more = run("-q --write-baseline known.json", &two, Some(&recorded(ONE)));
    more.done()
        .complains("note: not put into the baseline: S-002:servers/s1")
        .complains("--force records all");
    let forced = run("-q --write-baseline known.json --force", &two, Some(&recorded(ONE)));
    forced.done();
    let text = fs::read_to_string(forced.path().join("known.json")).expect("it is there");
    assert_eq!(text, known);
}

#[test]
fn what_is_no_baseline_is_refused() {
    let refused = |text: &str, said: &str| {
        run("-q --baseline known.json", ONE, Some(text)).done().code(2).complains(said);
    };
    refused("", "`known.json` is not a baseline");
    refused("[]", "`known.json` is not a baseline");
    refused("{ \"failback\": \"baseline/v9\", \"findings\": [] }", "of the form `baseline/v9`");
    refused("{ \"failback\": \"baseline/v1\", \"findings\": [{}] }", "missing field");
    refused(&recorded(ONE)[..40], "is not a baseline");
    refused(&recorded(ONE).replace("lab", "other"), "the baseline is of other");
    run("-q --baseline missing.json", ONE, None)
        .done()
        .code(2)
        .complains("cannot read the baseline");
    run("-q --baseline a --write-baseline b", ONE, None).done().code(2);
    run("-q --write-baseline no/such/folder.json", ONE, None)
        .done()
        .code(2)
        .complains("cannot write");
    let broken = run("-q --write-baseline known.json", "servers: [{ id: s1, oops: 1 }]\n", None);
    broken.done().code(2).complains("no baseline is written");
    assert!(!broken.path().join("known.json").exists());
}
