//! `check` of some rules and some units: what was left out is told in every form.

use crate::support::program::{HEAD, Run};

const OLD: &str =
    "  - id: s1\n    state: running\n    model: old\n    snapshots: []\n    joined: true\n";

fn check(arguments: &str) -> Run {
    Run::new(&format!("check --rules rules site.yaml {arguments}"))
        .pack()
        .file("site.yaml", format!("{HEAD}servers:\n{OLD}"))
}

#[test]
fn a_gate_that_is_open_by_some_rules_says_by_which() {
    check("-q").gives(1, "gate CLOSED: 1 failed, 2 passed, 0 of 1 servers ready (lab)\n", "");
    let skipped =
        "gate OPEN by 3 of 4 rules, without SRV-002: 2 passed, 1 of 1 servers ready (lab)\n";
    check("-q --skip-rule SRV-002").gives(0, skipped, "");
    check("--skip-rule SRV-002 --format concise").gives(0, skipped, "");
    let one = "gate OPEN by 1 of 4 rules, only SRV-001: 1 passed, 1 of 1 servers ready (lab)\n";
    check("-q --rule SRV-001").gives(0, one, "");
    check("--rule SRV-001").gives(0, &format!("ready       s1\n{one}"), "");
    check("-q --unit s1").gives(
        1,
        "gate CLOSED for s1: 1 failed, 2 passed, 0 of 1 servers ready (lab)\n",
        "",
    );
}

#[test]
fn json_says_which_rules_and_units_were_asked_for() {
    let asked = |arguments: &str| {
        let done = check(&format!("--format json {arguments}")).done();
        let report: serde_json::Value = serde_json::from_str(&done.out).expect("JSON");
        let lab = &report["environments"][0];
        serde_json::json!([lab["onlyRules"], lab["skippedRules"], lab["onlyUnits"]])
    };
    assert_eq!(asked(""), serde_json::json!([[], [], []]));
    assert_eq!(
        asked("--rule SRV-001,SRV-004 --skip-rule SRV-002 --unit s1"),
        serde_json::json!([["SRV-001", "SRV-004"], ["SRV-002"], ["s1"]])
    );
}

#[test]
fn nobody_is_ready_where_nothing_was_checked() {
    let gate = "gate NOT CHECKED by 1 of 4 rules, only SRV-003: nothing to judge, 0 of 1 servers \
                ready (lab)\n";
    check("-q --rule SRV-003").gives(5, gate, "");
    check("--rule SRV-003").done().code(5).says("unknown     s1\n").hides("ready   ");
    let json = check("--rule SRV-003 --format json").done().code(5);
    let report: serde_json::Value = serde_json::from_str(&json.out).expect("JSON");
    assert_eq!(report["environments"][0]["verdict"], "nothing");
    assert_eq!(report["environments"][0]["units"][0]["verdict"], "unknown");
}

#[test]
fn an_environment_without_the_unit_does_not_decide() {
    let good = OLD.replace("old", "new");
    let run = |units: &str| {
        Run::new(&format!("check --rules rules a.yaml b.yaml -q {units}"))
            .pack()
            .file("a.yaml", format!("{HEAD}servers:\n{good}"))
            .file(
                "b.yaml",
                format!("{HEAD}servers:\n{good}").replace("lab", "other").replace("s1", "t1"),
            )
    };
    run("--unit t1").gives(
        0,
        "gate NOT CHECKED for t1: nothing that was named is here (lab)\n\
         gate OPEN for t1: 3 passed, 1 of 1 servers ready (other)\n",
        "",
    );
    run("--unit s1,t1").done().code(0);
    Run::new("plan --rules rules a.yaml b.yaml -q --unit t1")
        .pack()
        .file("a.yaml", format!("{HEAD}servers:\n{good}"))
        .file(
            "b.yaml",
            format!("{HEAD}servers:\n{good}").replace("lab", "other").replace("s1", "t1"),
        )
        .done()
        .code(0);
    run("--unit t2").done().code(2).complains("no description has a unit `t2`");
    run("--unit s1 --rule SRV-003").done().code(5);
}

#[test]
fn a_rule_that_judges_another_kind_of_site_is_told_from_one_that_nobody_knows() {
    let site = format!("{HEAD}architecture: classic\n");
    let run = |arguments: &str| {
        Run::new(&format!("check site.yaml {arguments}")).file("site.yaml", &site)
    };
    run("--rule APP-001").gives(
        2,
        "",
        "error: there is no rule `APP-001` in classicReprotect, which judges here\n  help: it is a \
         rule of modernizedReprotect, which judges `architecture: modernized`\n",
    );
    run("--skip-rule MT-0001").done().code(2).complains("there is no rule `MT-0001`\n");
    // With both kinds at hand, the one does not stand in the way of the other.
    let other = format!("{HEAD}architecture: modernized\n").replace("lab", "other");
    Run::new("check . --rule APP-001 -q")
        .file("a.yaml", &site)
        .file("b.yaml", other)
        .done()
        .says("gate NOT CHECKED by 0 of ")
        .says(" rules, only APP-001: nothing that was named is here (lab)\n")
        .code(3);
}

#[test]
fn advice_blocks_nobody_but_speaks_of_somebody() {
    let run = Run::new("check --rules rules site.yaml --format json").pack().file(
        "site.yaml",
        format!("{HEAD}servers:\n{OLD}").replace("[]", "[{ name: nightly }]").replace("old", "new"),
    );
    let report: serde_json::Value = serde_json::from_str(&run.done().code(0).out).expect("JSON");
    let finding = &report["environments"][0]["findings"][0];
    assert_eq!(finding["rule"], "SRV-003");
    assert_eq!(finding["blocks"], serde_json::json!([]));
    assert_eq!(finding["concerns"], serde_json::json!(["s1"]));
}

#[test]
fn rules_are_named_in_any_case_and_by_pattern() {
    let run = |arguments: &str| {
        Run::new(&format!("check --rules rules -q site.yaml {arguments}"))
            .pack()
            .file("site.yaml", format!("{HEAD}servers:\n{OLD}"))
    };
    let all = run("--rule SRV-001,SRV-002,SRV-003").done();
    let pattern = run("--rule srv-*").done();
    assert_eq!(all.code, pattern.code);
    run("--rule srv-001").done().says("only srv-001");
    run("--skip-rule 'x*'").done().code(2).complains("there is no rule `");
}
