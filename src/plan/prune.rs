//! Leaving out what turned out needless.
//!
//! Owns the second look at a plan: a step whose findings other steps would have closed as well is left out, if the plan
//! still ends as it did. Most steps need no trial: the facts by which a finding fails are its certificate, so where no
//! other step changes one of them, the finding stays without the step that closes it. The others are tried together
//! with the steps that they share facts with, not with the whole plan; so the cost follows the length of the plan.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::builtins::value::Value;
use crate::compile::ir::Level;
use crate::evaluate::truth::Truth;
use crate::evaluate::{Evaluation, Finding};
use crate::facts::{ROOT, RowId, SlotId};
use crate::plan::Planner;
use crate::plan::state::{self, FindingKey};
use crate::plan::step::{self, Portable};

/// Most steps that all trials together carry out, for each step of the plan, and besides.
const WORK_PER_STEP: usize = 64;
const WORK_BESIDES: usize = 16_384;

/// Up to this many steps, each trial is made with all of them.
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
    /// Findings that it brought nearer to being closed.
    pub(crate) furthered: Vec<FindingKey>,
    /// When it ends, in microseconds since 1970.
    pub(crate) ends: Option<i64>,
}

/// What came of the second look.
#[derive(Default)]
pub(crate) struct Pruned {
    /// The steps that are needless, by place.
    pub(crate) gone: Vec<usize>,
    /// Whether the bound was hit, so that others may be needless, too.
    pub(crate) bounded: bool,
}

/// Finds the steps that are not needed. Where trials were made, the planner stands before its first step afterwards,
/// and `true` comes back.
pub(crate) fn prune<'a>(
    planner: &mut Planner<'a, '_, '_>,
    evaluation: &Evaluation<'a>,
    steps: &[Kept<'a>],
) -> (Pruned, bool) {
    let doubtful = doubtful(planner, evaluation);
    let mut pruned = Pruned::default();
    if doubtful.is_empty() {
        return (pruned, false);
    }
    let groups = together(planner);
    let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    groups.iter().enumerate().for_each(|(at, group)| members.entry(*group).or_default().push(at));
    // What all of them come to is known already, where they are looked at together.
    let mut known = (members.len() == 1).then(|| Delta::at_end(planner));
    planner.state.reset();
    let units: Vec<RowId> = evaluation.units.iter().map(|unit| unit.row).collect();
    let mut work = steps.len() * WORK_PER_STEP + WORK_BESIDES;
    for mut left in members.into_values() {
        // The first steps were taken for what the later ones made moot, so they are tried first.
        let mut tried: Vec<usize> =
            left.iter().copied().filter(|at| doubtful.contains(at)).collect();
        if tried.is_empty() {
            continue;
        }
        let whole = known.take().or_else(|| delta(planner, steps, &left, &units));
        let Some(mut whole) = whole else { continue };
        loop {
            // What goes may have been all that a step before it was for, so those are tried again.
            let before = left.len();
            for at in std::mem::take(&mut tried) {
                if work < left.len() {
                    pruned.bounded = true;
                    break;
                }
                work -= left.len();
                let fewer: Vec<usize> = left.iter().copied().filter(|other| *other != at).collect();
                let now = delta(planner, steps, &fewer, &units);
                match now.filter(|now| now.is_as_good(&whole)) {
                    Some(now) => {
                        whole = now;
                        left = fewer;
                        pruned.gone.push(at);
                    }
                    None => tried.push(at),
                }
            }
            if left.len() == before || pruned.bounded {
                break;
            }
        }
    }
    pruned.gone.sort_unstable();
    (pruned, true)
}

/// What some steps come to, of what concerns anybody who can go.
struct Delta {
    closed: BTreeSet<FindingKey>,
    opened: BTreeSet<FindingKey>,
}

impl Delta {
    /// What all steps came to that were taken.
    fn at_end(planner: &Planner<'_, '_, '_>) -> Self {
        let open = &planner.state.open;
        let concerns = |key: &&FindingKey| planner.concerns(key);
        let closed = planner.state.at_first().filter(|key| !open.contains_key(*key));
        let opened = open.keys().filter(|key| !planner.state.was_open(key));
        Self {
            closed: closed.filter(concerns).cloned().collect(),
            opened: opened.filter(concerns).cloned().collect(),
        }
    }

    fn is_as_good(&self, other: &Delta) -> bool {
        other.closed.is_subset(&self.closed) && self.opened.is_subset(&other.opened)
    }
}

/// Carries some steps out and takes them back; none where one of them cannot start, or leaves one of the units behind.
fn delta<'a>(
    planner: &mut Planner<'a, '_, '_>,
    steps: &[Kept<'a>],
    which: &[usize],
    units: &[RowId],
) -> Option<Delta> {
    let mut done = Vec::new();
    let mut complete = true;
    for at in which {
        let state = &mut planner.state;
        let ready = steps[*at].spec.on(&state.facts).filter(|spec| {
            step::needs(&state.facts, state.rules, state.now, spec, false).0 == Truth::True
        });
        let applied = ready.and_then(|spec| state.apply_at(&spec, steps[*at].ends));
        complete = applied.as_ref().is_some_and(|applied| !planner.leaves_behind(applied, units));
        done.extend(applied);
        if !complete {
            break;
        }
    }
    let state = &planner.state;
    let keys: BTreeSet<FindingKey> = done
        .iter()
        .flat_map(|applied| applied.closed.keys().chain(&applied.opened))
        .cloned()
        .collect();
    let (still, gone): (BTreeSet<_>, BTreeSet<_>) =
        keys.into_iter().partition(|key| state.open.contains_key(key));
    while let Some(applied) = done.pop() {
        planner.state.undo(applied);
    }
    let open = &planner.state.open;
    let concerns = |key: &FindingKey| planner.concerns(key);
    complete.then(|| Delta {
        closed: gone.into_iter().filter(|key| open.contains_key(key) && concerns(key)).collect(),
        opened: still.into_iter().filter(|key| !open.contains_key(key) && concerns(key)).collect(),
    })
}

/// The steps that may be needless: those without a finding that they alone can close.
fn doubtful<'a>(planner: &Planner<'a, '_, '_>, evaluation: &Evaluation<'a>) -> FxHashSet<usize> {
    let mut changers: FxHashMap<SlotId, Option<usize>> = FxHashMap::default();
    for (at, taken) in planner.taken.iter().enumerate() {
        for slot in &taken.changed {
            // None stands for several.
            let only = changers.entry(*slot).or_insert(Some(at));
            *only = only.filter(|known| *known == at);
        }
    }
    // What was done for some of those whom a finding blocks is for them, even if that finding stays for others.
    let stays = |key: &FindingKey| planner.state.open.contains_key(key) && planner.concerns(key);
    let mut doubtful: FxHashSet<usize> = (0..planner.taken.len())
        .filter(|at| !planner.taken[*at].furthered.iter().any(stays))
        .collect();
    for finding in closed(planner, evaluation) {
        let slots = rests_on(planner, finding);
        let mut touched = slots.iter().filter_map(|slot| changers.get(slot));
        if let Some(Some(first)) = touched.next()
            && touched.all(|other| *other == Some(*first))
        {
            doubtful.remove(first);
        }
    }
    doubtful
}

/// For each step the first of those that it shares facts with, directly or through others.
///
/// A choice may hang on facts that nobody wrote down, so the steps of a short plan are all in one group.
fn together(planner: &Planner<'_, '_, '_>) -> Vec<usize> {
    if planner.taken.len() <= SHORT {
        return vec![0; planner.taken.len()];
    }
    let mut groups = Groups((0..planner.taken.len()).collect());
    let mut changes: FxHashMap<SlotId, usize> = FxHashMap::default();
    for (at, taken) in planner.taken.iter().enumerate() {
        for slot in &taken.changed {
            let first = *changes.entry(*slot).or_insert(at);
            groups.join(first, at);
        }
    }
    for (at, taken) in planner.taken.iter().enumerate() {
        let read = taken.reads.iter().filter_map(|slot| changes.get(slot).copied());
        read.chain(taken.step.after.iter().map(|before| before - 1))
            .for_each(|other| groups.join(other, at));
    }
    // A finding that both of two steps may close.
    let mut lookers: FxHashMap<u32, usize> = FxHashMap::default();
    for (at, taken) in planner.taken.iter().enumerate() {
        for finding in &taken.touched {
            groups.join(*lookers.entry(*finding).or_insert(at), at);
        }
    }
    (0..planner.taken.len()).map(|at| groups.find(at)).collect()
}

/// Steps in groups: each knows an earlier one of its group, the first one itself.
struct Groups(Vec<usize>);

impl Groups {
    fn find(&mut self, mut at: usize) -> usize {
        while self.0[at] != at {
            self.0[at] = self.0[self.0[at]];
            at = self.0[at];
        }
        at
    }

    fn join(&mut self, one: usize, other: usize) {
        let (one, other) = (self.find(one), self.find(other));
        self.0[one.max(other)] = one.min(other);
    }
}

/// Findings that were open, concern somebody who can go, and are closed by the plan.
fn closed<'e, 'a>(
    planner: &'e Planner<'a, '_, '_>,
    evaluation: &'e Evaluation<'a>,
) -> impl Iterator<Item = &'e Finding<'a>> {
    evaluation.findings.iter().filter(|finding| {
        planner.state.rules.rules[finding.rule].level == Level::Error
            && (finding.blocks.is_empty()
                || finding.blocks.iter().any(|unit| planner.eligible.contains(unit)))
            && !planner.state.open.contains_key(&state::key_of(finding))
    })
}

/// The facts without a change of which a finding stays: its certificate, and the lists that hold its subject.
fn rests_on<'a>(planner: &Planner<'a, '_, '_>, finding: &Finding<'a>) -> Vec<SlotId> {
    let facts = &planner.state.facts;
    let mut slots: Vec<SlotId> = finding.evidence.iter().map(|evidence| evidence.slot).collect();
    for (_, value) in &finding.bindings {
        let mut row = match value {
            Value::Row(row) => *row,
            _ => ROOT,
        };
        while row != ROOT {
            slots.push(facts.row(row).via);
            row = facts.row(row).parent;
        }
    }
    slots
}
