//! The rounds in which a plan is made.
//!
//! Owns what is done with the steps that the search found: what turned out needless goes, the rest is put into the order
//! in which it is read, and run again from the start. A plan is made for the time at which it ends: where that is later
//! than thought, and something no longer holds then, another round is made for that time; and where somebody stays
//! behind, another one without the steps that would be for nobody else.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use crate::compile::ir::RuleSet;
use crate::evaluate::{Evaluation, Selection, waive};
use crate::facts::{Facts, RowId, SlotId};
use crate::plan::clock::{self, Clock};
use crate::plan::edits::Written;
use crate::plan::prune::{self, Kept};
use crate::plan::state::{FindingKey, State};
use crate::plan::{Consent, Plan, Planner};

/// Most rounds.
const ROUNDS: usize = 6;

/// Makes a plan, on a copy of the facts.
pub fn plan<'a>(
    facts: &Facts<'a>,
    rules: &RuleSet,
    now: Option<i64>,
    evaluation: &Evaluation<'a>,
    consent: &Consent,
) -> Plan {
    plan_on(facts.clone(), rules, now, evaluation, consent).0
}

/// The same on the facts themselves, which come back as they were: of a large estate a copy would take much room.
pub fn plan_on<'a>(
    facts: Facts<'a>,
    rules: &RuleSet,
    now: Option<i64>,
    evaluation: &Evaluation<'a>,
    consent: &Consent,
) -> (Plan, Facts<'a>) {
    let clock = Clock { start: now, judged: now, looks_ahead: true };
    rounds(facts, rules, evaluation, consent, clock)
}

/// The steps alone, without how long the plan holds after its end.
pub fn steps_on<'a>(
    facts: Facts<'a>,
    rules: &RuleSet,
    now: Option<i64>,
    evaluation: &Evaluation<'a>,
    consent: &Consent,
) -> (Plan, Facts<'a>) {
    let clock = Clock { start: now, judged: now, looks_ahead: false };
    rounds(facts, rules, evaluation, consent, clock)
}

fn rounds<'a>(
    mut facts: Facts<'a>,
    rules: &RuleSet,
    evaluation: &Evaluation<'a>,
    consent: &Consent,
    mut clock: Clock,
) -> (Plan, Facts<'a>) {
    let now = clock.start;
    let outer = facts.mark();
    let mut behind: FxHashSet<RowId> = FxHashSet::default();
    let mut grants = Arc::clone(&evaluation.grants);
    let mut round = 1;
    loop {
        let (mut renewed, mut then) = (Vec::new(), None);
        let is_later = clock.judged != now;
        if let Some(judged) = clock.judged.filter(|_| is_later) {
            renewed = clock::pass(&mut facts, rules, now, judged);
        }
        if is_later || grants.len() < evaluation.grants.len() {
            let units = same_units(evaluation, &facts);
            then = Some(waive::evaluate(&facts, rules, clock.judged, &units, &grants));
        }
        let evaluation = then.as_ref().unwrap_or(evaluation);
        let state = State::on(facts, rules, clock.judged, &evaluation.findings);
        let mut planner = Planner::new(state, evaluation, consent, clock);
        planner.renewed = renewed;
        planner.leave(&behind);
        planner.run();
        let end = planner.shaped(evaluation).finish(evaluation);
        facts = end.facts;
        facts.rollback(outer);
        let later = || {
            let times = clock.judged.zip(end.end).filter(|(judged, end)| end > judged);
            let turns = times.is_some_and(|times| clock::turns(&mut facts, rules, now, times));
            end.end.filter(|_| turns)
        };
        let late = end.late.or_else(later);
        let again =
            round < ROUNDS && (late.is_some() || !end.behind.is_empty() || !end.lapsed.is_empty());
        if !again {
            return (end.plan, facts);
        }
        round += 1;
        clock.judged = late.or(clock.judged);
        behind.extend(end.behind);
        // What a waiver does not cover after the steps has to be fixed as if there were none.
        let left = grants.iter().enumerate().filter(|(at, _)| !end.lapsed.contains(at));
        grants = left.map(|(_, grant)| grant.clone()).collect();
    }
}

/// The units that an evaluation is about, where it is not about all.
fn same_units(evaluation: &Evaluation<'_>, facts: &Facts<'_>) -> Selection {
    let unit = facts.schema().unit;
    let all = unit.map_or(0, |unit| facts.entities(unit).len());
    let spoken_of = evaluation.all_units();
    let units = match spoken_of.len() == all {
        true => Vec::new(),
        false => spoken_of.into_iter().map(|unit| unit.id.clone()).collect(),
    };
    Selection { units, ..Selection::default() }
}

impl<'a> Planner<'a, '_, '_> {
    /// Does without steps for units that cannot be helped.
    pub(crate) fn leave(&mut self, behind: &FxHashSet<RowId>) {
        self.eligible.retain(|unit| !behind.contains(unit));
        self.behind = behind.clone();
    }

    /// The steps that are needed, in the order in which they are read, after running them again in that order.
    fn shaped(self, evaluation: &Evaluation<'a>) -> Self {
        let mut planner = self;
        let (whole, limit) = (planner.kept(), planner.limit.clone());
        let wanted: FxHashSet<FindingKey> = planner.remaining().into_iter().cloned().collect();
        let mut shape = Shape::of(&planner);
        // What turned out needless goes, and the rest is run again from the start: that run is what is told.
        let (pruned, mut moved) = prune::prune(&mut planner, evaluation, &whole);
        let (mut kept, mut bounded) = (without(&whole, &pruned.gone), pruned.bounded);
        if !pruned.gone.is_empty() {
            planner = planner.again(evaluation, &kept);
            // Steps that seemed to have nothing to do with each other had: then all of them are kept.
            if !planner.leaves_no_more(&kept, &wanted) {
                planner = planner.again(evaluation, &whole);
                (kept, bounded) = (whole, true);
            }
            (shape, moved) = (Shape::of(&planner), false);
        }
        // What the rules say to do first may have come up later.
        if planner.taken.len() == kept.len()
            && let Some(order) = planner.as_said()
        {
            let as_said: Vec<Kept<'a>> = order.iter().map(|at| kept[*at].clone()).collect();
            planner = planner.again(evaluation, &as_said);
            if planner.taken.len() == as_said.len() && planner.state.open.keys().eq(&shape.open) {
                kept = as_said;
            } else {
                planner = planner.again(evaluation, &kept);
            }
            (shape, moved) = (Shape::of(&planner), false);
        }
        // In the order in which people read them the steps are numbered, if it works as well.
        if planner.taken.len() == kept.len() && !shape.order.is_sorted() {
            let by_wave: Vec<Kept<'a>> = shape.order.iter().map(|at| kept[*at].clone()).collect();
            planner = planner.again(evaluation, &by_wave);
            moved = false;
            if planner.taken.len() == by_wave.len() && planner.state.open.keys().eq(&shape.open) {
                // In another order a choice may find what it did not find before, and a later step is needless then.
                let otherwise = !shape.does_the_same(&planner);
                let again = otherwise.then(|| prune::prune(&mut planner, evaluation, &by_wave));
                if let Some((pruned, moved)) = again {
                    bounded |= pruned.bounded;
                    if moved {
                        let fewer = without(&by_wave, &pruned.gone);
                        planner = planner.again(evaluation, &fewer);
                        if !pruned.gone.is_empty() && !planner.leaves_no_more(&fewer, &wanted) {
                            planner = planner.again(evaluation, &by_wave);
                            bounded = true;
                        }
                    }
                }
            } else {
                planner = planner.again(evaluation, &kept);
            }
        }
        if moved {
            planner = planner.again(evaluation, &kept);
        }
        planner.limit = limit;
        planner.bounded = bounded;
        planner
    }
}

/// What some steps, in the order in which they were taken, come to.
struct Shape {
    /// What is open after them.
    open: Vec<FindingKey>,
    /// The order in which they are read.
    order: Vec<usize>,
    /// What each of them changed.
    changes: Vec<(Vec<SlotId>, Vec<Written>)>,
}

impl Shape {
    fn of(planner: &Planner<'_, '_, '_>) -> Self {
        let changes = planner.taken.iter();
        Self {
            open: planner.state.open.keys().cloned().collect(),
            order: planner.as_read(),
            changes: changes
                .map(|taken| (taken.changed.clone(), taken.step.writes.clone()))
                .collect(),
        }
    }

    /// Whether each step does what it did, now that they are taken in the order in which they are read.
    fn does_the_same(&self, planner: &Planner<'_, '_, '_>) -> bool {
        let pairs = self.order.iter().zip(&planner.taken);
        self.order.len() == planner.taken.len()
            && pairs.into_iter().all(|(before, now)| {
                let (changed, writes) = &self.changes[*before];
                *changed == now.changed && *writes == now.step.writes
            })
    }
}

/// All steps but some, by place.
fn without<'a>(steps: &[Kept<'a>], gone: &[usize]) -> Vec<Kept<'a>> {
    let left = steps.iter().enumerate().filter(|(at, _)| gone.binary_search(at).is_err());
    left.map(|(_, kept)| kept.clone()).collect()
}
