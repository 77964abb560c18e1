//! What closes the gate blocks somebody: nobody is called ready before a gate that is closed by what concerns all or none.

use failback::compile::ir::{Level, RuleSet};
use failback::evaluate::{Evaluation, Outcome, Readiness, Selection, Verdict, evaluate};
use failback::facts::SlotId;
use failback::session::{Inputs, Options, PackFiles, run};

use crate::support::described::{READY, Wish, changed, check, shipped, with_facts};
use crate::support::faults::Dice;
use crate::support::generate::{Faults, environment};
use crate::support::rows::rows;

/// How many findings kept the gate from being open, each of which blocks somebody.
fn hold(evaluation: &Evaluation<'_>, rules: &RuleSet, what: &str) -> usize {
    let mut closing = 0;
    for finding in &evaluation.findings {
        let passes = matches!(finding.outcome, Outcome::Pass | Outcome::NotApplicable);
        if rules.rules[finding.rule].level != Level::Error || passes {
            continue;
        }
        closing += 1;
        let is_named = !finding.blocks.is_empty() || evaluation.units.is_empty();
        assert!(is_named || finding.outcome != Outcome::Fail, "{what}: {}", finding.id);
    }
    assert!(!is_contradiction(evaluation), "{what}: all are ready and the gate is not open");
    closing
}

fn is_contradiction(evaluation: &Evaluation<'_>) -> bool {
    let ready = |readiness: &Readiness| *readiness == Readiness::Ready;
    !matches!(evaluation.verdict, Verdict::Open | Verdict::Nothing)
        && !evaluation.units.is_empty()
        && evaluation.units.iter().all(|unit| ready(&unit.readiness))
}

/// The request for one machine alone, so that most servers serve nobody who is asked for.
fn only(machine: &str) -> [Wish; 2] {
    let yaml = |text: &str| -> serde_yaml::Value { serde_yaml::from_str(text).expect("YAML") };
    let line = READY.lines().find(|line| line.contains(&format!("{{ machine: {machine},")));
    let item = line.expect("it has an item").trim();
    [
        Wish::Set("request/target".to_owned(), yaml(&format!("{{ machines: [{machine}] }}"))),
        Wish::Set("request/items".to_owned(), yaml(item)),
    ]
}

#[test]
fn whoever_is_asked_for_every_broken_clause_blocks_somebody() {
    let mut closing = 0;
    for machine in ["web01", "files01"] {
        let text = changed(READY, &only(machine));
        for row in rows() {
            let touches = |wish: &Wish| wish.address().starts_with("request");
            if row.wishes.iter().any(touches) {
                continue;
            }
            let text = changed(&text, &row.wishes);
            let what = format!("{machine}, {:?}", row.clauses);
            closing += check(&text, &Options::default(), |checked, _| {
                hold(&checked.evaluation, checked.rules, &what)
            });
        }
    }
    assert!(closing > 100, "{closing} findings closed the gate");
}

#[test]
fn in_generated_estates_of_which_not_all_is_known_too() {
    let rules = shipped();
    let mut closing = 0;
    for case in 0..40 {
        let mut dice = Dice(case);
        let mut every = |most: usize| if dice.roll(2) == 0 { 0 } else { 1 + dice.roll(most) };
        let faults = Faults {
            snapshots: every(2),
            services: every(6),
            disk_uuids: every(5),
            datastores: every(4),
            terminal: every(4),
            free_hosts: every(2),
        };
        let machines = 30 + dice.roll(30);
        let text = environment(machines, faults).text;
        // Only one machine is asked for, so that what serves only the others leads to nobody.
        let all = text.split_once("target: { machines: [").expect("a target").1;
        let all = all.split_once(']').expect("a list").0;
        let text = text.replace(&format!("[{all}] }}\n  direction"), "[vm0] }\n  direction");
        with_facts(&text, &rules, |facts, now| {
            for hide in [usize::MAX, 40, 7] {
                let slots = 0..facts.slot_count() as SlotId;
                let known = slots.filter(|_| dice.roll(hide) != 0 || hide == usize::MAX).collect();
                let masked = facts.masked(known);
                let evaluation = evaluate(&masked, &rules, now, &Selection::default());
                closing += hold(&evaluation, &rules, &format!("case {case}, one of {hide} hidden"));
            }
        });
    }
    assert!(closing > 100, "{closing} findings closed the gate");
}

/// What a check says of this in one line, by a pack in which nobody leads to a switch.
fn headline(switches: &str) -> String {
    const PACK: &str = r#"pack trial "A trial"
environment { servers: [Server]  switches: [Switch] }
entity Server { id: key }
entity Switch { id: key  on: bool }
unit Server
prerequisite T-001 "A switch is on" {
  for     s in switches
  require s.on
  because "{s} is off"
}
"#;
    let mut inputs = Inputs::default();
    let file = inputs.sources.add("trial.gate", PACK);
    inputs.packs = vec![PackFiles::new("trial", vec![file])];
    let text = format!(
        "apiVersion: failback/v1\nkind: Environment\nname: t\nservers: [{{ id: a }}, {{ id: b }}]\nswitches: {switches}\n"
    );
    inputs.describe("site.yaml", text);
    run(&inputs, &Options::default(), |report| {
        let evaluation = &report.environments[0].evaluation;
        let ready = evaluation.units.iter().filter(|unit| unit.readiness == Readiness::Ready);
        format!("{}, {} ready", evaluation.verdict.word(), ready.count())
    })
}

#[test]
fn what_nobody_leads_to_lets_nobody_go_while_it_keeps_the_gate_from_opening() {
    assert_eq!(headline("[{ id: s, on: true }]"), "open, 2 ready");
    assert_eq!(headline("[{ id: s, on: false }]"), "closed, 0 ready");
    assert_eq!(headline("[{ id: s, on: unknown }]"), "unknown, 0 ready");
    assert_eq!(headline("[]"), "nothing, 0 ready");
}
