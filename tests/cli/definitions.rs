//! Definitions that use too much: told where they begin, and what uses them is left out, never run half.

use crate::support::program::{Done, HEAD, PACK, Run};

const SERVER: &str = "servers:\n  - id: s1\n    state: running\n    model: new\n    snapshots: []\n    joined: true\n";

/// The pack with a chain of definitions on which a rule of its own stands, and `lint` or `check` with it.
fn chain(command: &str, length: usize, body: impl Fn(&str) -> String) -> Run {
    let mut pack = PACK.to_owned();
    for at in 0..length {
        let next = match at + 1 < length {
            true => format!("a{}(s)", at + 1),
            false => "s.state == running".to_owned(),
        };
        pack.push_str(&format!("\ndefine a{at}(s: Server): bool = {}\n", body(&next)));
    }
    pack.push_str("\nadvisory CHAIN-1 \"The chain holds\" {\n  clause A-1\n  level   warning\n");
    pack.push_str("  for     s in servers\n  when    a0(s)\n  because \"{s} holds\"\n}\n");
    Run::new(command).file("rules/demo.gate", pack).file("site.yaml", format!("{HEAD}{SERVER}"))
}

const CHECK: &str = "check --rules rules site.yaml --format concise";

#[test]
fn as_much_as_is_allowed_is_worked_out() {
    chain(CHECK, 32, |next| format!("not (not {next})"))
        .done()
        .code(0)
        .says("warning[CHAIN-1] servers/s1: s1 holds\n");
    // The deepest: many definitions, each with a long row of operators.
    let row = " and s.state == running".repeat(14);
    chain(CHECK, 30, |next| format!("{next}{row}"))
        .done()
        .code(0)
        .says("warning[CHAIN-1] servers/s1: s1 holds\n");
}

#[test]
fn a_long_row_of_definitions_is_refused_and_what_uses_it_is_left_out() {
    for length in [33, 5_000] {
        chain(CHECK, length, str::to_owned)
            .done()
            .code(2)
            .says("error[definition-too-large]: `a")
            .says("gate CLOSED until the errors are fixed: 3 passed");
    }
}

#[test]
fn definitions_that_double_again_and_again_are_refused() {
    chain("lint rules", 30, |next| format!("{next} and {next}"))
        .done()
        .code(1)
        .says("error[definition-too-large]: `a");
}

#[test]
fn a_rule_on_a_definition_with_an_error_is_left_out_also_where_the_error_was_told_before() {
    let pack = format!(
        "{PACK}\ndefine wrong(s: Server): bool = s.stat == running\n{}",
        ["TWO-1", "TWO-2"]
            .map(|id| format!(
                "\nprerequisite {id} \"Two\" {{\n  clause  A-1\n  for     s in servers\n  require not wrong(s)\n  \
                 because \"{{s}} is wrong\"\n}}\n"
            ))
            .concat()
    );
    let run = Run::new(CHECK)
        .file("rules/demo.gate", pack)
        .file("site.yaml", format!("{HEAD}{SERVER}"))
        .done();
    run.code(2)
        .says("error[unknown-field]")
        .says("gate CLOSED until the errors are fixed: 3 passed");
}

/// A rule whose remedy is for each of several, where a part of that is wrong.
fn with_fix(fix: &str) -> Done {
    let rule = format!(
        "\nprerequisite TWO-1 \"Two\" {{\n  clause  A-1\n  for     s in servers\n  require s.joined\n  \
         because \"{{s}} is wrong\"\n  fix     {fix}\n}}\n"
    );
    Run::new("lint rules --concise").file("rules/demo.gate", format!("{PACK}{rule}")).done()
}

#[test]
fn what_is_wrong_with_a_step_for_each_of_several_is_told_where_it_stands() {
    let cases = [
        (
            "for o in s.joined: start(o)",
            "error[type-mismatch]: `for` goes through a list, found bool",
        ),
        (
            "for o in servers where o.joind: start(o)",
            "error[unknown-field]: `Server` has no field `joind`",
        ),
        ("for o in servers where o.model: start(o)", "error[type-mismatch]"),
        ("for o in servers: strat(o)", "error[unknown-name]: unknown remedy `strat`"),
        ("for o in s.snapshots: start(o)", "error[type-mismatch]: expected"),
        ("for o in servers: start(other)", "error[unknown-name]: unknown name `other`"),
    ];
    for (fix, error) in cases {
        with_fix(fix).code(1).says(error);
    }
}

#[test]
fn who_holds_a_value_is_asked_of_a_list_that_comes_from_entities() {
    let cases = [
        (
            "holders(s.model, s.snapshots.name)",
            "error[type-mismatch]: `holders` takes a list of what",
        ),
        ("holders(s.model, [s.model])", "error[type-mismatch]: `holders` takes a list of what"),
        ("holders(s.model, servers.joined)", "error[type-mismatch]: `holders` takes a value and a"),
        ("holders(s.model, s.model)", "error[type-mismatch]: `holders` takes a value and a list"),
        ("holders(s.model)", "error[argument-count]"),
    ];
    for (list, error) in cases {
        let rule = format!(
            "\nprerequisite TWO-1 \"Two\" {{\n  clause  A-1\n  for     s in servers\n  require {list} is empty\n  \
             because \"{{s}} is wrong\"\n}}\n"
        );
        let run = Run::new("lint rules --concise").file("rules/demo.gate", format!("{PACK}{rule}"));
        run.done().code(1).says(error);
    }
}
