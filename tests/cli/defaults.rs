//! What is meant by facts that are left out: of a record that is written its defaults, of one that is not nothing.

use crate::support::program::{HEAD, Run};

const MOVES: &str = r#"pack moves "Moves"

document paper "The paper" {
  clause M-1 "A move has an aim"
  clause M-2 "Hosts run"
  clause M-3 "A host is packed"
}

unit Host

environment {
  move: Move
  hosts: [Host]
}

record Move {
  aim: Aim
  urgent: bool default false
}

record Aim {
  place: text or none default none
  names: [text] default []
}

entity Host "a host" {
  id: key
  state: running | stopped
  kit: Kit
}

record Kit {
  packed: bool default false
  sealed: bool default false
}

prerequisite MV-001 "A move has an aim" {
  clause  M-1
  require move.aim.place != none or move.aim.names is not empty or move.urgent
  because "the move leads nowhere"
}

prerequisite MV-002 "A host runs" {
  clause  M-2
  for     h in hosts
  require h.state == running
  because "{h} is stopped"
  fix     start(h)
}

prerequisite MV-003 "A host is not packed" {
  clause  M-3
  for     h in hosts
  require not h.kit.packed and not h.kit.sealed
  because "{h} is packed"
}

remedy start(h: Host) {
  do      "Start {h} at once"
  effect  set h.state = running
          set move.urgent = true
          set h.kit.packed = false
}
"#;

const HOST: &str = "hosts: [{ id: h1, state: running, kit: {} }]\n";

fn run(arguments: &str, description: &str) -> Run {
    Run::new(arguments).file("rules/moves.gate", MOVES).file("site.yaml", description)
}

fn check(facts: &str) -> Run {
    run("check --rules rules site.yaml --format concise", &format!("{HEAD}{facts}"))
}

#[test]
fn nothing_is_known_of_a_record_that_is_not_written() {
    check(HOST).done().code(3).says("unknown[MV-001]").hides("error[");
    let bare = "hosts: [{ id: h1, state: running }]\nmove: { urgent: true }\n";
    check(bare).done().code(3).says("unknown[MV-003] hosts/h1").hides("MV-001");
}

#[test]
fn what_a_written_record_leaves_out_has_its_default_and_so_have_records_within_it() {
    for written in ["{}", "{ aim: {} }", "{ urgent: false }", "{ aim: { names: [] } }"] {
        check(&format!("{HOST}move: {written}\n")).done().code(1).says("error[MV-001]");
    }
    for known in ["{ urgent: true }", "{ aim: { place: east } }", "{ aim: { names: [a] } }"] {
        check(&format!("{HOST}move: {known}\n")).done().code(0);
    }
}

#[test]
fn what_holds_nothing_is_left_out_and_what_is_said_to_be_unknown_is_not() {
    for nothing in ["", "~", "null", "Null"] {
        // As without the key: the record has its defaults.
        for written in [
            format!("{{ urgent: {nothing} }}"),
            format!("{{ aim: {nothing} }}"),
            format!("{{ aim: {{ place: {nothing} }} }}"),
            format!("{{ aim: {{ names: {nothing} }} }}"),
        ] {
            check(&format!("{HOST}move: {written}\n")).done().code(1).says("error[MV-001]");
        }
        check(&format!("{HOST}move: {{ aim: {{ place: \"\" }} }}\n")).done().code(1);
        let nobody = format!("{HOST}move: {nothing}\n");
        check(&nobody).done().code(3).says("unknown[MV-001]").hides("error[");
        let known = format!(
            "hosts: [{{ id: h1, state: running, kit: {{ packed: {nothing} }} }}]\nmove: {{ urgent: true }}\n"
        );
        check(&known).done().code(0);
        // It takes nothing back that another document says, and is no second statement.
        for (first, second) in [("true", nothing), (nothing, "true")] {
            let text = format!(
                "{HEAD}{HOST}move: {{ urgent: {first} }}\n---\n{HEAD}move: {{ urgent: {second} }}\n"
            );
            run("check --rules rules site.yaml --format concise", &text).done().code(0);
        }
        let text = format!("{HEAD}{HOST}move: {nothing}\n---\n{HEAD}move: {{ urgent: true }}\n");
        run("check --rules rules site.yaml --format concise", &text).done().code(0);
        // What is supposed instead takes its place.
        for (facts, set) in [
            (format!("{HOST}move: {nothing}\n"), "move/urgent=true"),
            (format!("{HOST}move: {{ urgent: {nothing} }}\n"), "move/urgent=true"),
            (format!("{HOST}move: {{ aim: {nothing} }}\n"), "move/aim/place=east"),
            (format!("{HOST}move: {{ aim: {{ names: {nothing} }} }}\n"), "move/aim/names=[a]"),
        ] {
            let arguments = format!("what-if --rules rules site.yaml --format concise --set {set}");
            let done = run(&arguments, &format!("{HEAD}{facts}")).done();
            assert_eq!(done.code, 0, "{facts}{set}: {}{}", done.out, done.err);
        }
    }
    for written in [
        "{ urgent: unknown }",
        "{ aim: unknown }",
        "{ aim: { place: unknown } }",
        "{ aim: { names: unknown } }",
    ] {
        check(&format!("{HOST}move: {written}\n")).done().code(3).says("unknown[MV-001]");
    }
    let text =
        format!("{HEAD}{HOST}move: {{ urgent: unknown }}\n---\n{HEAD}move: {{ urgent: true }}\n");
    run("check --rules rules site.yaml --format concise", &text)
        .done()
        .code(2)
        .says("conflicting-facts");
}

#[test]
fn unknown_in_the_place_of_a_record_or_a_fact_is_no_default() {
    for open in
        ["unknown", "{ aim: unknown }", "{ aim: { place: unknown } }", "{ urgent: unknown }"]
    {
        check(&format!("{HOST}move: {open}\n")).done().code(3).says("unknown[MV-001]");
    }
}

#[test]
fn one_of_several_documents_writes_the_record_and_another_a_part_of_it() {
    let more = |first: &str, second: &str| {
        check(&format!("{HOST}move: {first}\n---\n{HEAD}move: {second}\n"))
    };
    more("{ urgent: false }", "{ aim: { names: [a] } }").done().code(0);
    more("{ aim: {} }", "{ urgent: false }").done().code(1).says("error[MV-001]");
    more("unknown", "{ urgent: true }").done().code(2).says("unknown[MV-001]");
}

#[test]
fn a_step_that_sets_a_part_of_a_record_writes_the_record() {
    let stopped = format!("{HEAD}hosts: [{{ id: h1, state: stopped }}]\n");
    run("check --rules rules site.yaml --format concise", &stopped)
        .done()
        .code(1)
        .says("unknown[MV-001]")
        .says("unknown[MV-003] hosts/h1");
    run("plan --rules rules site.yaml", &stopped).done().says("the gate was open after");
    let started =
        "hosts: [{ id: h1, state: running, kit: { packed: false } }]\nmove: { urgent: true }\n";
    check(started).done().code(0);
}
