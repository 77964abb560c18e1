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
use crate::plan::step::{self, Portable};

/// Most steps that are tried; each trial runs the plan once.
const TRIALS: usize = 128;

/// Most steps that all trials together carry out, so that a long plan costs no more than a few times the making of it.
const WORK: usize = 16_384;

/// Up to this many steps, those are tried as well that no later step touches.
const SHORT: usize = 64;

/// A step that was taken, to be taken again.
#[derive(Clone)]
pub(crate) struct Kept<'a> {
    /// The step.
    pub(crate) spec: Portable<'a>,
    /// The step that needed it, where no finding asked for it.
    pub(crate) sake: Option<String>,
    /// Remedies that would do as well.
    pub(crate) alternatives: Vec<String>,
}

/// The steps that are needed, in order.
pub(crate) fn prune<'a>(
    planner: &Planner<'a, '_, '_>,
    facts: &Facts<'a>,
    evaluation: &Evaluation<'a>,
    mut steps: Vec<Kept<'a>>,
) -> Vec<Kept<'a>> {
    let (mut touched, mut others): (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::new());
    for (at, taken) in planner.taken.iter().enumerate() {
        let own: FxHashSet<SlotId> = taken.evidence.iter().chain(&taken.changed).copied().collect();
        let again = planner.taken[at + 1..]
            .iter()
            .any(|later| later.changed.iter().any(|slot| own.contains(slot)));
        if again || taken.sake.is_some() {
            touched.push(at);
        } else {
            others.push(at);
        }
    }
    // A later step may also have led away from what a step was for.
    if steps.len() > SHORT {
        others.clear();
    }
    let mut doubtful: Vec<usize> = touched.into_iter().chain(others).collect();
    doubtful.sort_unstable();
    if doubtful.is_empty() {
        return steps;
    }
    let wanted: FxHashSet<FindingKey> = planner.remaining().into_iter().cloned().collect();
    let mut state = State::new(facts, planner.state.rules, planner.state.now, &evaluation.findings);
    let mut trials = TRIALS.min(WORK / steps.len().max(1));
    let mut gone: Vec<usize> = Vec::new();
    loop {
        // The first steps were taken for what the later ones made moot, so they are tried first; what goes may have
        // been all that a step before it was for, so those are tried again.
        let before = gone.len();
        for at in &doubtful {
            if gone.contains(at) || trials == 0 {
                continue;
            }
            trials -= 1;
            let place = at - gone.iter().filter(|earlier| *earlier < at).count();
            let mut fewer = steps.clone();
            fewer.remove(place);
            if ends_as_well(planner, &mut state, &fewer, &wanted) {
                steps = fewer;
                gone.push(*at);
            }
        }
        if gone.len() == before || trials == 0 {
            return steps;
        }
    }
}

/// Whether every step can be carried out and nothing stays open that the whole plan closes.
fn ends_as_well<'a>(
    planner: &Planner<'a, '_, '_>,
    state: &mut State<'a, '_>,
    steps: &[Kept<'a>],
    wanted: &FxHashSet<FindingKey>,
) -> bool {
    let mut done = Vec::new();
    for kept in steps {
        let ready = kept.spec.on(&state.facts).filter(|spec| {
            step::needs(&state.facts, state.rules, state.now, spec, false).0 == Truth::True
        });
        match ready.and_then(|spec| state.apply(&spec)) {
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
