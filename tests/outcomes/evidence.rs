//! Evidence is a certificate: with every fact outside it unknown, a finding has the same outcome. And it is not too much: without any one
//! of its facts, a fault is not proved.

use failback::compile::ir::RuleSet;
use failback::evaluate::explain::certificate;
use failback::evaluate::{Evaluation, Outcome, Selection, evaluate};
use failback::facts::change::NewFact;
use failback::facts::{Facts, SlotId};
use proptest::prelude::*;

use crate::outcomes::unknown::hideable;
use crate::support::described::{self, READY, changed, with_facts};
use crate::support::generate::{Faults, environment};
use crate::support::rows::rows;

/// Holds every finding to its evidence; says what does not hold.
pub fn prove(
    facts: &Facts<'_>,
    rules: &RuleSet,
    now: Option<i64>,
    evaluation: &Evaluation<'_>,
    minimal: bool,
) -> String {
    let mut wrong = String::new();
    for finding in &evaluation.findings {
        let again = certificate(facts, rules, now, finding);
        if again != finding.outcome {
            let paths: Vec<&str> =
                finding.evidence.iter().map(|evidence| evidence.path.as_str()).collect();
            wrong +=
                &format!("{} is {:?}, but {again:?} on {paths:?}\n", finding.id, finding.outcome);
        }
        if finding.outcome == Outcome::Unknown && finding.questions.is_empty() {
            wrong += &format!("{} is unknown and asks nothing\n", finding.id);
        }
        if !minimal || finding.outcome != Outcome::Fail {
            continue;
        }
        for evidence in &finding.evidence {
            let (ty, field) = facts.field_of(evidence.slot);
            if facts.schema().ty(ty).key == Some(field) {
                // Keys are never hidden: they tell entities apart.
                continue;
            }
            // Whether the group is asked for follows from the plan, too, which is there for another reason.
            if finding.id == "GRP-003:replicationGroups/erp" && evidence.path == "request/items" {
                continue;
            }
            // Every place that shares a value is shown, of which any two would do.
            if rules.rules[finding.rule].id == "VM-009" && finding.blocks.len() > 2 {
                continue;
            }
            let mut less = finding.clone();
            less.evidence.retain(|kept| kept.slot != evidence.slot);
            if certificate(facts, rules, now, &less) == finding.outcome {
                wrong += &format!("{} does not need {}\n", finding.id, evidence.path);
            }
        }
    }
    wrong
}

fn check(text: &str, rules: &RuleSet, minimal: bool) -> String {
    with_facts(text, rules, |facts, now| {
        let evaluation = evaluate(facts, rules, now, &Selection::default());
        prove(facts, rules, now, &evaluation, minimal)
    })
}

#[test]
fn each_finding_of_the_broken_copies_is_proved_by_its_evidence_and_by_no_less() {
    let rules = described::shipped();
    let mut wrong = String::new();
    for row in rows() {
        let told = check(&changed(READY, &row.wishes), &rules, true);
        if !told.is_empty() {
            wrong += &format!("{:?}:\n{told}", row.clauses);
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn findings_on_any_environment_are_proved(
        machines in 1usize..30,
        faults in [0usize..6, 0usize..6, 0usize..6, 0usize..6, 0usize..6, 0usize..6],
        hidden in prop::collection::vec(any::<prop::sample::Index>(), 0..12),
    ) {
        let rules = described::shipped();
        let [snapshots, services, disk_uuids, datastores, terminal, free_hosts] = faults;
        let faults = Faults { snapshots, services, disk_uuids, datastores, terminal, free_hosts };
        let text = environment(machines, faults).text;
        let wrong = with_facts(&text, &rules, |facts, now| {
            let slots: Vec<SlotId> = hideable(facts);
            for index in &hidden {
                facts.store(slots[index.index(slots.len())], &NewFact::Unknown);
            }
            let evaluation = evaluate(facts, &rules, now, &Selection::default());
            prove(facts, &rules, now, &evaluation, false)
        });
        prop_assert!(wrong.is_empty(), "\n{}", wrong);
    }

    #[test]
    fn findings_on_a_broken_copy_with_holes_are_proved(
        row in any::<prop::sample::Index>(),
        hidden in prop::collection::vec(any::<prop::sample::Index>(), 1..20),
    ) {
        let rules = described::shipped();
        let rows = rows();
        let text = changed(READY, &rows[row.index(rows.len())].wishes);
        let wrong = with_facts(&text, &rules, |facts, now| {
            let slots: Vec<SlotId> = hideable(facts);
            for index in &hidden {
                facts.store(slots[index.index(slots.len())], &NewFact::Unknown);
            }
            let evaluation = evaluate(facts, &rules, now, &Selection::default());
            prove(facts, &rules, now, &evaluation, false)
        });
        prop_assert!(wrong.is_empty(), "\n{}", wrong);
    }
}
