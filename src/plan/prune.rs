//! Leaving out what turned out needless.
//!
//! Owns the second look at a plan: a step whose finding a later step would have closed as well is left out, if the plan
//! still ends as it did. Only steps that a later one touches can be needless, so only those are tried.

use rustc_hash::FxHashSet;

use crate::evaluate::Evaluation;
use crate::facts::{Facts, SlotId};
use crate::plan::Planner;
use crate::plan::state::{FindingKey, State};
use crate::plan::step::Spec;

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
    for (at, taken) in planner.taken.iter().enumerate() {
        let own: FxHashSet<SlotId> = taken.evidence.iter().chain(&taken.changed).copied().collect();
        let touched = planner.taken[at + 1..]
            .iter()
            .any(|later| later.changed.iter().any(|slot| own.contains(slot)));
        if touched || taken.sake.is_some() {
            doubtful.push(at);
        }
    }
    let wanted: FxHashSet<FindingKey> = planner.remaining().into_iter().cloned().collect();
    // The first steps were taken for what the later ones made moot, so they are tried first.
    let mut gone = 0;
    for at in doubtful.into_iter().take(TRIALS) {
        let at = at - gone;
        let mut fewer = steps.clone();
        fewer.remove(at);
        if ends_as_well(planner, facts, evaluation, &fewer, &wanted) {
            steps = fewer;
            gone += 1;
        }
    }
    steps
}

/// Whether every step can be carried out and nothing stays open that the whole plan closes.
fn ends_as_well<'a>(
    planner: &Planner<'a, '_, '_>,
    facts: &Facts<'a>,
    evaluation: &Evaluation<'a>,
    steps: &Kept<'a>,
    wanted: &FxHashSet<FindingKey>,
) -> bool {
    let state = State::new(facts, planner.state.rules, planner.state.now, &evaluation.findings);
    let mut trial = Planner::new(state, evaluation, planner.consent);
    for (spec, sake, alternatives) in steps {
        if !trial.take(spec, sake, alternatives.clone(), &[]) {
            return false;
        }
    }
    trial.remaining().into_iter().all(|key| wanted.contains(key))
}
