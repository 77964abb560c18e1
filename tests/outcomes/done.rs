//! A unit that is through already: counted apart, and nothing stands against it or is done for it.

use failback::compile::ir::Level;
use failback::evaluate::{Readiness, Verdict};
use failback::session::{Checked, Options, Planning};

use crate::support::described::{READY, check};

fn planned(text: &str, then: impl FnOnce(&Checked<'_>)) {
    let options = Options { planning: Some(Planning::default()), ..Options::default() };
    check(text, &options, |checked, _| then(checked));
}

/// The ready site, with what is said of some machines or servers changed.
fn edited(changes: &[(&str, &str, &str)]) -> String {
    changes.iter().fold(READY.to_owned(), |text, (behind, old, new)| {
        let at = text.find(behind).expect("it is there");
        let from = at + text[at..].find(old).expect("what is changed is there");
        format!("{}{new}{}", &text[..from], &text[from + old.len()..])
    })
}

#[test]
fn who_replicates_back_is_done_and_nobody_else_is() {
    let text = edited(&[("- id: web01", "state: unprotected", "state: protected")]);
    planned(&text, |checked| {
        assert_eq!(checked.evaluation.verdict, Verdict::Open);
        let done: Vec<_> = checked.evaluation.done.iter().map(|unit| unit.id.as_str()).collect();
        assert_eq!(done, ["web01"]);
        assert!(checked.evaluation.units.iter().all(|unit| unit.readiness == Readiness::Ready));
    });
    let all = READY.replace("state: unprotected", "state: protected");
    planned(&all, |checked| {
        assert_eq!(checked.evaluation.verdict, Verdict::Open);
        assert!(checked.evaluation.units.is_empty());
        assert_eq!(checked.evaluation.done.len(), 4);
        let plan = checked.plan.as_ref().expect("a plan is made");
        assert!(plan.steps.is_empty() && plan.questions.is_empty() && plan.unresolved.is_empty());
    });
}

#[test]
fn what_stands_only_against_who_is_done_closes_nothing_and_asks_nothing() {
    let snapshot = ("- id: mt-win", "snapshots: []", "snapshots: [{ name: old }]");
    let all: Vec<_> = ["erp01", "erp02", "web01", "files01"].map(|id| format!("- id: {id}")).into();
    let gone: Vec<(&str, &str, &str)> =
        all.iter().map(|id| (id.as_str(), "state: unprotected", "state: protected")).collect();
    let unknown = ("- id: mt-win", "version:", "version: unknown #");
    planned(&edited(&[&gone[..], &[snapshot, unknown]].concat()), |checked| {
        assert_eq!(checked.evaluation.verdict, Verdict::Open);
        let findings = &checked.evaluation.findings;
        let rules = &checked.rules.rules;
        let closing = findings.iter().filter(|one| rules[one.rule].level == Level::Error);
        assert_eq!(closing.count(), 0);
        let plan = checked.plan.as_ref().expect("a plan is made");
        assert!(plan.steps.is_empty() && plan.questions.is_empty());
    });
    // Of what stands against others too, only those are named.
    planned(&edited(&[gone[0], snapshot]), |checked| {
        assert_eq!(checked.evaluation.verdict, Verdict::Closed);
        let finding = checked.evaluation.findings.iter().find(|one| one.id.starts_with("MT-001"));
        let blocked: Vec<_> = finding
            .expect("it is told")
            .blocks
            .iter()
            .map(|row| checked.facts.name(*row))
            .collect();
        assert!(!blocked.is_empty() && !blocked.contains(&"erp01".to_owned()), "{blocked:?}");
    });
}

#[test]
fn who_is_through_is_not_done_while_two_write_to_its_disks() {
    let text = READY.replace("state: unprotected", "state: protected");
    let at = text.find("powerState: \"off\"").expect("a VM is off");
    let text =
        format!("{}powerState: \"on\"{}", &text[..at], &text[at + "powerState: \"off\"".len()..]);
    planned(&text, |checked| {
        assert_eq!(checked.evaluation.verdict, Verdict::Closed);
        let blocked: Vec<_> = checked.evaluation.units.iter().collect();
        assert_eq!(blocked.len(), 1);
        assert_eq!(blocked[0].readiness, Readiness::Blocked);
        let plan = checked.plan.as_ref().expect("a plan is made");
        let calls: Vec<_> = plan.steps.iter().map(|step| step.call.as_str()).collect();
        assert_eq!(calls, [format!("keepOnPremVmOff({})", blocked[0].id)]);
        // After that step nobody is left to be reprotected.
        assert!(plan.verified && plan.opens && plan.ready.is_empty());
    });
}

#[test]
fn a_reprotect_that_runs_is_pending_without_an_end_that_anybody_knows() {
    let text = edited(&[("- id: web01", "state: unprotected", "state: reprotecting")]);
    planned(&text, |checked| {
        assert_eq!(checked.evaluation.verdict, Verdict::Pending);
        let waits = |unit: &&failback::evaluate::UnitResult| unit.readiness == Readiness::Pending;
        let pending: Vec<_> = checked.evaluation.units.iter().filter(waits).collect();
        assert_eq!(pending.iter().map(|unit| unit.id.as_str()).collect::<Vec<_>>(), ["web01"]);
        let finding = &checked.evaluation.findings[pending[0].findings[0]];
        assert_eq!((finding.id.as_str(), finding.until), ("VM-026:machines/web01", None));
        let plan = checked.plan.as_ref().expect("a plan is made");
        assert!(plan.steps.is_empty() && !plan.verified && plan.earliest.is_none());
    });
}
