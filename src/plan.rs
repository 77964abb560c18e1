//! The way to an open gate: which steps, in which order, verified by running them on the facts.
//!
//! Owns the choice and order of steps and the verification. A plan is made by carrying it out on a copy of the facts:
//! a step is taken when its needs hold, kept when it closes what it was taken for, and after each step what it touches
//! is evaluated again. So the order is right by construction, and what is not confirmed is not promised. Does not
//! print, and writes no file. Parts: `state` the changing facts, `step` the effects, `search` which steps are tried,
//! `prune` what turned out needless.

use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::builtins::value::{Key, Use};
use crate::compile::ir::{Level, RuleSet};
use crate::evaluate::explain;
use crate::evaluate::touch::{self, Field};
use crate::evaluate::truth::Truth;
use crate::evaluate::{Evaluation, Finding, Question, Raw, Readiness};
use crate::facts::{Facts, RowId, SlotId};
use crate::plan::edits::Written;
use crate::plan::order::Order;
use crate::plan::prune::Kept;
use crate::plan::state::{Applied, FindingKey, State};
use crate::plan::step::{Choice, Portable, Spec};
use crate::yaml::edit::Change;

pub mod call;
pub mod edits;
pub mod enable;
mod blocked;
mod candidates;
pub(crate) mod describe;
mod drags;
pub mod finish;
mod order;
pub mod prune;
pub mod reads;
mod search;
pub mod state;
pub mod step;

/// Most steps that one plan takes for each finding that is open at its start, and besides.
const STEPS_PER_FINDING: usize = 4;
const STEPS_BESIDES: usize = 64;

/// What the user allows.
#[derive(Clone, Debug, Default)]
pub struct Consent {
    /// Names of consents, such as `delete-it`.
    pub allowed: Vec<String>,
}

/// One step of a plan.
#[derive(Clone, Debug)]
pub struct Step {
    /// Number, from 1.
    pub id: usize,
    /// Index of the remedy.
    pub remedy: usize,
    /// The remedy with its arguments: `restart(s1)`.
    pub call: String,
    /// The address of what it is done on.
    pub on: String,
    /// What to do.
    pub action: String,
    /// Where.
    pub at: Option<String>,
    /// Commands; shown, never executed.
    pub run: Vec<String>,
    /// What stands in the commands for facts that are not known, to be filled in first.
    pub blanks: Vec<String>,
    /// Who.
    pub role: Option<String>,
    /// How long it takes, in seconds, where that is known.
    pub takes: Option<i64>,
    /// When it is done at the latest, in microseconds since 1970, where it only waits until time closes or fails what it
    /// was taken for.
    pub until: Option<i64>,
    /// How to undo it.
    pub undo: Option<String>,
    /// What it destroys.
    pub warning: Option<String>,
    /// Steps of one wave may run side by side; waves follow one another.
    pub wave: usize,
    /// Steps that must come before, by number.
    pub after: Vec<usize>,
    /// Why it is where it is.
    pub reasons: Vec<String>,
    /// Findings that it closes, by id.
    pub closes: Vec<String>,
    /// Findings that it opens, by id.
    pub reopens: Vec<String>,
    /// Units that it helps.
    pub helps: Vec<String>,
    /// Units that are ready after it.
    pub ready: Vec<String>,
    /// Remedies that would do as well.
    pub alternatives: Vec<String>,
    /// What a person chooses.
    pub choices: Vec<Choice>,
    /// What changes in the description.
    pub edits: Vec<Change>,
    /// How many of the edits, the first ones, the act itself makes; what the others say has to be seen.
    pub made: usize,
    /// The edits by the addresses of the facts.
    pub writes: Vec<Written>,
}

/// A unit that cannot go, and what it drags along.
#[derive(Clone, Debug)]
pub struct Ineligible {
    /// The unit.
    pub unit: String,
    /// The findings that say so, by id, with their headlines.
    pub findings: Vec<(String, String)>,
    /// What else holds it: the address of the holder, and the other units in it.
    pub drags: Vec<(String, Vec<String>)>,
}

/// What it takes to close what no step closes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// Nothing that this plan knows of.
    Closed,
    /// An answer: the next plan may have a step for it.
    Question,
    /// Time.
    Time,
}

/// Something that stays closed.
#[derive(Clone, Debug)]
pub struct Unresolved {
    /// The finding.
    pub id: String,
    /// What it takes.
    pub hold: Hold,
    /// Its headline.
    pub message: String,
    /// Why no step closes it.
    pub why: String,
    /// When time alone will close or fail it, in microseconds since 1970.
    pub until: Option<i64>,
}

/// A plan.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// Steps in an order in which each can start.
    pub steps: Vec<Step>,
    /// Whether running the steps on the facts opened the gate for every unit that is not ineligible.
    pub verified: bool,
    /// Whether any unit is ready at the end.
    pub opens: bool,
    /// Units that are ready at the end.
    pub ready: Vec<String>,
    /// Units that cannot go.
    pub ineligible: Vec<Ineligible>,
    /// What has to be found out.
    pub questions: Vec<Question>,
    /// What stays closed.
    pub unresolved: Vec<Unresolved>,
    /// The earliest time at which the gate can be open, in microseconds since 1970, as far as durations are known.
    pub earliest: Option<i64>,
    /// Set where the plan hit a bound, with what it left undone, or where errors come before any step.
    pub limit: Option<String>,
    /// Whether it stopped there, so that steps are missing.
    pub stopped: bool,
    /// The step that closes a finding, by its id; the last one where several do.
    closing: FxHashMap<String, usize>,
}

impl Plan {
    /// The step that closes a finding.
    pub fn step_for(&self, finding: &str) -> Option<usize> {
        self.closing.get(finding).copied()
    }
}

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
    let state = State::on(facts, rules, now, &evaluation.findings);
    let mut planner = Planner::new(state, evaluation, consent);
    planner.run();
    let (whole, limit) = (planner.kept(), planner.limit.clone());
    let wanted: FxHashSet<FindingKey> = planner.remaining().into_iter().cloned().collect();
    // What turned out needless goes, and the rest is run again from the start: that run is what is told.
    let (pruned, moved) = prune::prune(&mut planner, evaluation, &whole);
    let (mut kept, mut bounded) = (without(&whole, &pruned.gone), pruned.bounded);
    if moved {
        planner = planner.again(evaluation, &kept);
        // Steps that seemed to have nothing to do with each other had: then all of them are kept.
        if !pruned.gone.is_empty() && !planner.leaves_no_more(&kept, &wanted) {
            planner = planner.again(evaluation, &whole);
            (kept, bounded) = (whole, true);
        }
    }
    // What the rules say to do first may have come up later.
    if planner.taken.len() == kept.len()
        && let Some(order) = planner.as_said()
    {
        let as_said: Vec<Kept<'a>> = order.iter().map(|at| kept[*at].clone()).collect();
        let open: Vec<FindingKey> = planner.state.open.keys().cloned().collect();
        planner = planner.again(evaluation, &as_said);
        if planner.taken.len() == as_said.len() && planner.state.open.keys().eq(&open) {
            kept = as_said;
        } else {
            planner = planner.again(evaluation, &kept);
        }
    }
    // People read wave after wave: in that order the steps are numbered, if it works as well.
    let mut order: Vec<usize> = (0..planner.taken.len()).collect();
    order.sort_by_key(|at| planner.taken[*at].step.wave);
    if planner.taken.len() == kept.len() && !order.is_sorted() {
        let by_wave: Vec<Kept<'a>> = order.iter().map(|at| kept[*at].clone()).collect();
        let open: Vec<FindingKey> = planner.state.open.keys().cloned().collect();
        planner = planner.again(evaluation, &by_wave);
        if planner.taken.len() == by_wave.len() && planner.state.open.keys().eq(&open) {
            // In another order a choice may find what it did not find before, and a later step is needless then.
            let (pruned, moved) = prune::prune(&mut planner, evaluation, &by_wave);
            bounded |= pruned.bounded;
            if moved {
                let fewer = without(&by_wave, &pruned.gone);
                planner = planner.again(evaluation, &fewer);
                if !pruned.gone.is_empty() && !planner.leaves_no_more(&fewer, &wanted) {
                    planner = planner.again(evaluation, &by_wave);
                    bounded = true;
                }
            }
        } else {
            planner = planner.again(evaluation, &kept);
        }
    }
    planner.limit = limit;
    planner.bounded = bounded;
    planner.finish(evaluation)
}

/// All steps but some, by place.
fn without<'a>(steps: &[Kept<'a>], gone: &[usize]) -> Vec<Kept<'a>> {
    let left = steps.iter().enumerate().filter(|(at, _)| gone.binary_search(at).is_err());
    left.map(|(_, kept)| kept.clone()).collect()
}

/// A finding, and a step that is meant to close it.
type Trial = (FindingKey, (usize, Vec<Key>));

/// The plan while it is made.
pub(crate) struct Planner<'a, 'r, 'e> {
    pub(crate) state: State<'a, 'r>,
    consent: &'e Consent,
    units: Vec<RowId>,
    eligible: FxHashSet<RowId>,
    ids: FxHashMap<FindingKey, String>,
    /// When findings that were pending at the start become failures.
    until: FxHashMap<FindingKey, i64>,
    blocks: FxHashMap<FindingKey, Vec<RowId>>,
    /// What is open and not about a unit, by the entity that it is about.
    about: FxHashMap<Option<RowId>, BTreeSet<FindingKey>>,
    standing: FxHashMap<RowId, usize>,
    asked: FxHashSet<Field>,
    pub(crate) taken: Vec<Taken<'a>>,
    /// The steps that were taken, by what makes them the same.
    pub(crate) known: FxHashSet<(usize, Vec<Key>)>,
    order: Order,
    /// Steps that were tried for a finding, and how many were taken by then.
    tried: FxHashMap<Trial, usize>,
    /// Those that were tried again after others were taken.
    retried: FxHashSet<Trial>,
    budget: usize,
    limit: Option<String>,
    /// Whether steps may be needless that were not tried without.
    bounded: bool,
    /// Whether some references are not known, so that anybody may depend on what they may lead to.
    open_ends: bool,
    /// How many rows there are after the last step.
    rows: usize,
}

/// A step that was taken.
pub(crate) struct Taken<'a> {
    pub(crate) spec: Spec<'a>,
    pub(crate) changed: Vec<SlotId>,
    /// What let it start, what makes its choices fit, and what its effects read.
    pub(crate) reads: Vec<SlotId>,
    /// Findings of the start that it made to be looked at again, by place.
    pub(crate) touched: Vec<u32>,
    /// Findings that it brought nearer to being closed.
    pub(crate) furthered: Vec<FindingKey>,
    pub(crate) step: Step,
    /// The step that needed it, where no finding asked for it.
    pub(crate) sake: Option<String>,
}

impl<'a, 'r, 'e> Planner<'a, 'r, 'e> {
    pub(crate) fn new(
        state: State<'a, 'r>,
        evaluation: &Evaluation<'a>,
        consent: &'e Consent,
    ) -> Self {
        let units: Vec<RowId> = evaluation.units.iter().map(|unit| unit.row).collect();
        let eligible = evaluation
            .units
            .iter()
            .filter(|unit| unit.readiness != Readiness::Ineligible)
            .map(|unit| unit.row)
            .collect();
        let rules = state.rules;
        // What is done for each of several is done for those who are blocked.
        let several = |finding: &&Finding<'_>| {
            let fixes = &rules.rules[finding.rule].fixes;
            fixes.iter().any(|fix| fix.each.is_some())
        };
        let told = evaluation.findings.iter().filter(several);
        let more: usize = told.map(|finding| finding.blocks.len()).sum();
        let budget = (state.open.len() + more) * STEPS_PER_FINDING + STEPS_BESIDES;
        let open_ends = state.open_ends;
        let rows = state.facts.row_count();
        let mut planner = Self {
            state,
            consent,
            units,
            eligible,
            ids: FxHashMap::default(),
            until: FxHashMap::default(),
            blocks: FxHashMap::default(),
            about: FxHashMap::default(),
            standing: FxHashMap::default(),
            asked: touch::fields(rules.unit_filter.as_deref(), rules),
            taken: Vec::new(),
            known: FxHashSet::default(),
            order: Order::default(),
            tried: FxHashMap::default(),
            retried: FxHashSet::default(),
            budget,
            limit: None,
            bounded: false,
            open_ends,
            rows,
        };
        for finding in &evaluation.findings {
            if planner.state.rules.rules[finding.rule].level == Level::Error {
                let key = state::key_of(finding);
                for unit in &finding.blocks {
                    *planner.standing.entry(*unit).or_insert(0) += 1;
                }
                planner.ids.insert(key.clone(), finding.id.clone());
                planner.enter(&key, true);
                planner.until.extend(finding.until.map(|until| (key.clone(), until)));
                planner.blocks.insert(key, finding.blocks.clone());
            }
        }
        planner
    }

    fn kept(&self) -> Vec<Kept<'a>> {
        let kept = |taken: &Taken<'a>| Kept {
            spec: Portable::new(&taken.spec, &self.state.facts),
            sake: taken.sake.clone(),
            alternatives: taken.step.alternatives.clone(),
            furthered: taken.furthered.clone(),
        };
        self.taken.iter().map(kept).collect()
    }

    /// Takes the given steps from the start, as far as each can be taken.
    fn again(self, evaluation: &Evaluation<'a>, steps: &[Kept<'a>]) -> Self {
        let Self { mut state, consent, .. } = self;
        state.reset();
        let mut fresh = Self::new(state, evaluation, consent);
        for kept in steps {
            if let Some(spec) = kept.spec.on(&fresh.state.facts) {
                fresh.take(&spec, &kept.sake, kept.alternatives.clone(), &[], &kept.furthered);
            }
        }
        fresh
    }

    /// Whether all of these steps were taken and nothing else is left open than what is.
    fn leaves_no_more(&self, steps: &[Kept<'a>], left: &FxHashSet<FindingKey>) -> bool {
        self.taken.len() == steps.len()
            && self.remaining().into_iter().all(|key| left.contains(key))
    }

    /// Carries out a step and writes down what it did; `false`, with nothing changed, where its needs do not hold, an
    /// effect cannot be carried out, or none of the wanted findings is closed by it, or at least nearer to it. Where it
    /// is not taken for any, `furthers` are those that it may bring nearer.
    pub(crate) fn take(
        &mut self,
        spec: &Spec<'a>,
        sake: &Option<String>,
        alternatives: Vec<String>,
        wanted: &[FindingKey],
        furthers: &[FindingKey],
    ) -> bool {
        let rules = self.state.rules;
        let (truth, note) = step::needs(&self.state.facts, rules, self.state.now, spec, true);
        if truth != Truth::True {
            return false;
        }
        let mut step = self.describe(spec);
        step.alternatives = alternatives;
        let needed: Vec<SlotId> = note.uses().iter().map(Use::slot).collect();
        self.order.by_needs(&mut step, &needed, &self.state.facts);
        let Some(mut applied) = self.state.apply(spec) else { return false };
        let closes = wanted.iter().any(|key| !self.state.open.contains_key(key));
        // A finding that is closed by several steps is nearer to that where it no longer asks for this one.
        let concerned = if wanted.is_empty() { furthers } else { wanted };
        let is_nearer =
            |key: &&FindingKey| self.state.open.contains_key(*key) && !self.asks_for(key, spec);
        let furthered: Vec<FindingKey> = concerned.iter().filter(is_nearer).cloned().collect();
        let useless = !wanted.is_empty() && !closes && furthered.is_empty();
        if useless || self.leaves_behind(&applied, &self.units) {
            self.state.undo(applied);
            return false;
        }
        self.order.by_effects(&mut step, &applied, &self.state.facts);
        self.order.as_said(&mut step, &rules.remedies[spec.remedy].after);
        if let Some(sake) = sake {
            step.reasons.push(format!("makes {sake} possible"));
        }
        step.after.sort_unstable();
        step.wave =
            1 + step.after.iter().map(|number| self.taken[number - 1].step.wave).max().unwrap_or(0);
        let mut helped: Vec<RowId> = Vec::new();
        let mut before: FxHashMap<RowId, usize> = FxHashMap::default();
        step.until = self.waits_until(&step, &applied);
        for (key, raw) in &applied.closed {
            if !self.state.open.contains_key(key) {
                step.closes.push(self.id_of(key, raw));
                helped.extend(self.set_blocks(key, None, &mut before));
            }
        }
        for key in &applied.opened {
            let Some(raw) =
                self.state.open.get(key).filter(|_| !applied.closed.contains_key(key)).cloned()
            else {
                continue;
            };
            step.reopens.push(self.id_of(key, &raw));
        }
        let former: Vec<Vec<RowId>> =
            furthered.iter().map(|key| self.blocks.get(key).cloned().unwrap_or_default()).collect();
        applied.opened.extend(furthered.iter().cloned());
        self.look_who_is_blocked(&applied, &mut before);
        for (key, former) in furthered.iter().zip(former) {
            let now = self.blocks.get(key).map_or(&[][..], Vec::as_slice);
            helped.extend(former.into_iter().filter(|unit| !now.contains(unit)));
            if let Some(raw) = self.state.open.get(key).cloned() {
                let id = self.id_of(key, &raw);
                step.reasons.push(format!("goes towards closing {id}, with others"));
            }
        }
        step.ready = self.ready(&before);
        helped.sort_unstable();
        helped.dedup();
        step.helps = helped.iter().map(|unit| self.state.facts.name(*unit)).collect();
        step.id = self.taken.len() + 1;
        let (facts, place) = (&self.state.facts, self.taken.len());
        self.order.enter((place, spec.remedy), &needed, &applied, facts);
        step.choices = applied.done.choices;
        let edited = applied.done.edited.iter().zip(&applied.done.edits);
        step.writes =
            edited.map(|(slot, edit)| edits::told(&self.state.facts, *slot, edit)).collect();
        step.made = applied.done.made;
        step.edits = applied.done.edits;
        let mut reads = needed;
        reads.extend(applied.done.used.facts);
        reads.extend(applied.done.reads);
        self.known.insert(spec.key());
        self.taken.push(Taken {
            spec: spec.clone(),
            changed: applied.changed,
            reads,
            touched: applied.touched,
            furthered,
            step,
            sake: sake.clone(),
        });
        true
    }

    /// When a step is done at the latest that nothing else has to be done before, where time closes or fails all that it
    /// closes.
    fn waits_until(&self, step: &Step, applied: &Applied<'a>) -> Option<i64> {
        let closed = applied.closed.keys().filter(|key| !self.state.open.contains_key(*key));
        let until: Option<Vec<i64>> = closed.map(|key| self.until.get(key).copied()).collect();
        until.filter(|_| step.after.is_empty())?.into_iter().max()
    }

    fn id_of(&mut self, key: &FindingKey, raw: &Raw<'a>) -> String {
        if let Some(known) = self.ids.get(key) {
            return known.clone();
        }
        let id = explain::id(raw, self.state.rules, &self.state.facts);
        self.ids.insert(key.clone(), id.clone());
        id
    }

    pub(crate) fn allows(&self, spec: &Spec<'a>) -> bool {
        let consent = &self.state.rules.remedies[spec.remedy].consent;
        consent.as_ref().is_none_or(|name| self.consent.allowed.contains(name))
    }

    /// Whether a finding stands against a unit that can go at all; one that blocks nobody stands against the gate.
    pub(crate) fn concerns(&self, key: &FindingKey) -> bool {
        self.blocks.get(key).is_none_or(|units| {
            units.is_empty() || units.iter().any(|unit| self.eligible.contains(unit))
        })
    }

    /// What is open and stands against a unit that can go.
    pub(crate) fn remaining(&self) -> Vec<&FindingKey> {
        self.state.open.keys().filter(|key| self.concerns(key)).collect()
    }
}
