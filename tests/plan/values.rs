//! Values in lists of the whole environment while steps change them: what is kept of them says what a look at all says.

use failback::builtins::value::Value;
use failback::evaluate::{Selection, evaluate};
use failback::plan::state::State;
use failback::plan::step::Spec;

use crate::plan::broken::pack;
use crate::support::described::with_facts;
use crate::support::faults::Dice;
use crate::support::follow::{anew, dump, outcomes};

const BOXES: &str = "\
apiVersion: failback/v1
kind: Environment
name: boxes
boxes:
  - { id: b1, labels: [a], shut: false, wants: c, parts: [{ mark: a, size: 1 }, { mark: B, size: 1 }] }
  - { id: b2, labels: [C, x], shut: false, wants: A, parts: [{ mark: b, size: 1 }] }
  - { id: b3, labels: [], shut: true, parts: [{ mark: a, size: 1 }, { mark: a, size: 2 }] }
  - { id: b4, labels: [D], shut: false, wants: d, parts: [] }
  - { id: b5, labels: [b, b], wants: b, parts: [{ mark: e, size: 1 }] }
  - { id: b6, labels: [], shut: false, parts: [{ size: 1 }] }
";

/// Steps of each walk.
const STEPS: usize = 60;

#[test]
fn values_are_found_as_a_look_at_all_finds_them() {
    let rules = pack(include_str!("boxes.gate"));
    let ty = rules.schema.unit.expect("boxes");
    // With all known, and with boxes of which something is not.
    let whole = BOXES.lines().take(8).collect::<Vec<_>>().join("\n") + "\n";
    let (mut failed, mut unknown) = (0, 0);
    for (seed, text) in (0..24).flat_map(|seed| [(seed, BOXES), (seed, whole.as_str())]) {
        with_facts(text, &rules, |facts, now| {
            let evaluation = evaluate(facts, &rules, now, &Selection::default());
            let mut state = State::new(facts, &rules, now, &evaluation.findings);
            let mut dice = Dice(seed);
            let mut done = Vec::new();
            let before = dump(&state.facts);
            for step in 0..STEPS {
                let boxes = state.facts.entities(ty);
                if boxes.is_empty() || dice.roll(4) == 0 {
                    for _ in 0..dice.roll(4) {
                        done.pop().into_iter().for_each(|applied| state.undo(applied));
                    }
                    continue;
                }
                let of = boxes[dice.roll(boxes.len())];
                let remedy = dice.roll(rules.remedies.len());
                let spec = Spec::act(remedy, vec![Value::Row(of)]);
                done.extend(state.apply(&spec));
                let (kept, fresh) = (outcomes(&state.open), anew(&state));
                assert_eq!(
                    kept, fresh,
                    "seed {seed}, step {step}: {}",
                    rules.remedies[remedy].name
                );
                failed += kept.iter().filter(|line| line.ends_with("Fail")).count();
                unknown += kept.iter().filter(|line| line.ends_with("Unknown")).count();
            }
            while let Some(applied) = done.pop() {
                state.undo(applied);
            }
            assert_eq!(dump(&state.facts), before, "seed {seed}");
        });
    }
    assert!(failed > 500 && unknown > 500, "{failed} failed, {unknown} unknown");
}
