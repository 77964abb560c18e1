//! Leaving out what turned out needless.
//!
//! Owns the second look at a plan: a step whose finding a later step would have closed as well is left out, if the plan
//! still ends as it did. Steps that a later one touches are most likely to be needless, so those are tried before others.

use rustc_hash::FxHashSet;

use crate::evaluate::Evaluation;
use crate::evaluate::truth::Truth;
use crate::facts::{Facts, SlotId};
use crate::plan::Planner;
use crate::plan::state::{FindingKey, State};
use crate::plan::step::{self, Spec};

/// Most steps that are tried; each trial runs the plan once.
const TRIALS: usize = 64;

type Kept<'a> = Vec<(Spec<'a>, Option<String>, Vec<String>)>;

/// The steps that are needed, in order.
pub(crate) fn prune<'a>(
    planner: &Planner<'a, '_, '_>,
    facts: &Facts<'a>,
    evaluation: &Evaluation<'a>,
    mut steps: Kept<'a>,
) -> Kept<'a> {
    let mut doubtful: Vec<usize> = Vec::new();
    let mut others: Vec<usize> = Vec::new();
    for (at, taken) in planner.taken.iter().enumerate() {
        let own: FxHashSet<SlotId> = taken.evidence.iter().chain(&taken.changed).copied().collect();
        let touched = planner.taken[at + 1..]
            .iter()
            .any(|later| later.changed.iter().any(|slot| own.contains(slot)));
        if touched || taken.sake.is_some() {
            doubtful.push(at);
        } else {
            others.push(at);
        }
    }
    // A later step may also have led away from what a step was for.
    others.truncate(TRIALS.saturating_sub(doubtful.len()));
    doubtful.truncate(TRIALS);
    doubtful.extend(others);
    doubtful.sort_unstable();
    let wanted: FxHashSet<FindingKey> = planner.remaining().into_iter().cloned().collect();
    // The first steps were taken for what the later ones made moot, so they are tried first.
    let mut gone = 0;
    let mut state = State::new(facts, planner.state.rules, planner.state.now, &evaluation.findings);
    for at in doubtful {
        let at = at - gone;
        let mut fewer = steps.clone();
        fewer.remove(at);
        if ends_as_well(planner, &mut state, &fewer, &wanted) {
            steps = fewer;
            gone += 1;
        }
    }
    steps
}

/// Whether every step can be carried out and nothing stays open that the whole plan closes.
fn ends_as_well<'a>(
    planner: &Planner<'a, '_, '_>,
    state: &mut State<'a, '_>,
    steps: &Kept<'a>,
    wanted: &FxHashSet<FindingKey>,
) -> bool {
    let mut done = Vec::new();
    for (spec, _, _) in steps {
        let (truth, _) = step::needs(&state.facts, state.rules, state.now, spec, false);
        let applied = if truth == Truth::True { state.apply(spec) } else { None };
        match applied {
            Some(applied) => done.push(applied),
            None => break,
        }
    }
    let mut left = state.open.keys().filter(|key| planner.concerns(key));
    let as_well = done.len() == steps.len() && left.all(|key| wanted.contains(key));
    while let Some(applied) = done.pop() {
        state.undo(applied);
    }
    as_well
}
