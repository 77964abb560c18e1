//! Rules go through long lists in blocks of rows: these must say what each row alone says, whatever is not known.

use failback::compile::ir::RuleSet;
use failback::evaluate::Outcome;
use failback::evaluate::expr::Evaluator;
use failback::facts::{Facts, SlotId};
use failback::session::{Inputs, rules};

use crate::described::{READY, shipped, with_facts};
use crate::generate::environment;
use crate::generated::MANY;

/// All outcomes of all rules, as text.
fn outcomes(facts: &Facts<'_>, rules: &RuleSet, now: Option<i64>) -> Vec<(String, Outcome)> {
    let mut evaluator = Evaluator::new(facts, rules, now);
    let mut told = Vec::new();
    for (index, rule) in rules.rules.iter().enumerate() {
        evaluator.run(index, &mut |bound| {
            told.push((
                format!("{} {:?} {:?}", rule.id, bound.bindings, bound.open),
                bound.outcome,
            ));
        });
    }
    told
}

/// While somebody listens to what is asked for, every row is looked at by itself.
fn hold(text: &str, rules: &RuleSet) {
    with_facts(text, rules, |facts, now| {
        let mut kinds = Vec::new();
        for hide in [u32::MAX, 40, 7, 2] {
            let shown = |slot: &SlotId| {
                !slot.wrapping_mul(2_654_435_761).rotate_left(9).is_multiple_of(hide)
            };
            let known = (0..facts.slot_count() as SlotId).filter(shown).collect();
            let masked = facts.masked(known);
            let mut alone = masked.clone();
            alone.listen();
            let told = outcomes(&masked, rules, now);
            for (block, row) in told.iter().zip(outcomes(&alone, rules, now)) {
                assert_eq!(*block, row, "one slot of {hide} hidden");
            }
            kinds.extend(told.iter().map(|(_, outcome)| *outcome));
        }
        for kind in [Outcome::Pass, Outcome::Unknown, Outcome::NotApplicable] {
            assert!(kinds.contains(&kind), "some outcome is {}", kind.word());
        }
    });
}

#[test]
fn blocks_say_what_single_rows_say() {
    let rules = shipped();
    hold(READY, &rules);
    hold(&environment(10, MANY).text, &rules);
    hold(&environment(150, MANY).text, &rules);
}

#[test]
fn blocks_say_what_single_rows_say_for_the_other_pack() {
    let inputs = Inputs::shipped();
    let pack = inputs.packs.iter().find(|pack| pack.name == "modernized").expect("it is shipped");
    let rules = rules::load(&inputs.sources, pack).rules;
    hold(include_str!("../../examples/modernized/site.yaml"), &rules);
}
