//! The way to an open gate: which steps, in which order, verified by running them on the facts.
//!
//! Owns the choice and order of steps and the verification. A plan is made by carrying it out on a copy of the facts:
//! a step is taken when its needs hold, kept when it closes what it was taken for, and after each step what it touches
//! is evaluated again. So the order is right by construction, and what is not confirmed is not promised. Does not
//! print, and writes no file. Parts: `state` the changing facts, `step` the effects, `search` which steps are tried,
//! `prune` what turned out needless.

use std::collections::BTreeSet;
use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::builtins::value::{Key, Use};
use crate::compile::ir::Level;
use crate::evaluate::explain;
use crate::evaluate::instants::is_timely;
use crate::evaluate::touch::{self, Field};
use crate::evaluate::truth::Truth;
use crate::evaluate::{Evaluation, Finding, Outcome, Question, Raw, Readiness};
use crate::facts::{RowId, SlotId};
use crate::plan::clock::Clock;
use crate::plan::edits::Written;
use crate::plan::order::Order;
use crate::plan::prune::Kept;
use crate::plan::state::{FindingKey, State};
use crate::plan::step::{Choice, Portable, Spec};
use crate::yaml::edit::Change;

pub mod call;
pub mod shell;
pub mod edits;
pub mod enable;
mod blocked;
mod candidates;
mod clock;
pub(crate) mod describe;
mod drags;
pub mod finish;
mod order;
pub mod prune;
pub mod reads;
pub mod rounds;
mod search;
pub mod state;
pub mod step;
mod through;
mod waits;

/// Most steps that one plan takes for each finding that is open at its start, and besides.
const STEPS_PER_FINDING: usize = 4;
const STEPS_BESIDES: usize = 64;

/// What a step is called in which nothing is done but waiting.
pub const WAIT: &str = "wait";

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
    /// How long it takes, in microseconds, where that is known.
    pub takes: Option<i64>,
    /// When it starts at the earliest, in microseconds since 1970.
    pub starts_at: Option<i64>,
    /// When it ends at the earliest, as far as lengths are known.
    pub ends_at: Option<i64>,
    /// Until when is waited, where nothing is done but that.
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
    /// What cannot be chosen yet and is left to a later step, by address.
    pub left: Vec<String>,
    /// What changes in the description.
    pub edits: Vec<Change>,
    /// How many of the edits, the first ones, the act itself makes; what the others say has to be seen.
    pub made: usize,
    /// The edits by the addresses of the facts.
    pub writes: Vec<Written>,
    /// What the step does not make and has to be seen before going on: an address and a value each.
    pub expects: Vec<(String, String)>,
    /// Findings that are closed only if that is seen, by id.
    pub hopes: Vec<String>,
    /// Whether it cannot be taken back.
    pub is_final: bool,
    /// The remedies, with their arguments, that look for what is waited for.
    pub waits_for: Vec<String>,
    /// The questions, by number from 1, whose answers may make it useless.
    pub questions: Vec<usize>,
}

impl Step {
    /// Whether it is taken in the hope of what only may come of it: neither done nor waited for.
    pub fn is_hope(&self) -> bool {
        self.until.is_none() && !self.expects.is_empty()
    }
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

/// What it takes to close what no step fixes.
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
    /// Why no step fixes it.
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
    /// The first time after its end at which the plan no longer holds, in microseconds since 1970.
    pub valid_until: Option<i64>,
    /// What is taken to be so without anybody making it: an address and a value each.
    pub assumes: Vec<(String, String)>,
    /// How many steps, from the first, are verified.
    pub verified_steps: usize,
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

/// A finding, and a step that is meant to close it.
type Trial = (FindingKey, (usize, Vec<Key>));

/// The plan while it is made.
pub(crate) struct Planner<'a, 'r, 'e> {
    pub(crate) state: State<'a, 'r>,
    consent: &'e Consent,
    /// The units that are spoken of, with those that are done.
    units: Arc<[RowId]>,
    done: FxHashSet<RowId>,
    /// What is open and stands against nobody but units that are done.
    moot: FxHashSet<FindingKey>,
    eligible: FxHashSet<RowId>,
    /// Units that could go and cannot be helped by any step.
    behind: FxHashSet<RowId>,
    ids: FxHashMap<FindingKey, String>,
    clock: Clock,
    /// Times that are taken to renew themselves.
    renewed: Vec<SlotId>,
    blocks: FxHashMap<FindingKey, Vec<RowId>>,
    /// What is open and not about a unit, by the entity that it is about.
    about: FxHashMap<Option<RowId>, BTreeSet<FindingKey>>,
    standing: FxHashMap<RowId, usize>,
    asked: FxHashSet<Field>,
    /// The fields by which a unit is done.
    ends: FxHashSet<Field>,
    pub(crate) taken: Vec<Taken<'a>>,
    /// The steps that were taken, by what makes them the same.
    pub(crate) known: FxHashSet<(usize, Vec<Key>)>,
    order: Order,
    /// Steps that were tried for a finding, and how many were taken by then.
    tried: FxHashMap<Trial, usize>,
    /// Those that were tried again after others were taken.
    retried: FxHashSet<Trial>,
    /// For steps that something was looked for to make possible: how many were taken by then, and how deep.
    vain: FxHashMap<(usize, Vec<Key>), (usize, usize)>,
    budget: usize,
    limit: Option<String>,
    /// Whether steps may be needless that were not tried without.
    bounded: bool,
    /// Whether some references are not known, so that anybody may depend on what they may lead to.
    open_ends: bool,
    /// How many rows there are after the last step.
    rows: usize,
    /// Whether a step has to wait that could not choose all that it is to choose.
    is_choosy: bool,
    /// Whether one had to since that was last asked.
    has_waited: bool,
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
    /// Times that it makes and that are taken to renew themselves from then on.
    pub(crate) renewed: Vec<SlotId>,
    /// The step that needed it, where no finding asked for it.
    pub(crate) sake: Option<String>,
}

impl<'a, 'r, 'e> Planner<'a, 'r, 'e> {
    pub(crate) fn new(
        mut state: State<'a, 'r>,
        evaluation: &Evaluation<'a>,
        consent: &'e Consent,
        clock: Clock,
    ) -> Self {
        let units: Arc<[RowId]> = evaluation.all_units().iter().map(|unit| unit.row).collect();
        let done = evaluation.done.iter().map(|unit| unit.row).collect();
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
        state.since = clock.start;
        let mut planner = Self {
            state,
            consent,
            units,
            done,
            moot: FxHashSet::default(),
            eligible,
            behind: FxHashSet::default(),
            ids: FxHashMap::default(),
            clock,
            renewed: Vec::new(),
            blocks: FxHashMap::default(),
            about: FxHashMap::default(),
            standing: FxHashMap::default(),
            asked: touch::fields(rules.unit_filter.as_deref(), rules),
            ends: touch::fields(rules.unit_done.as_deref(), rules),
            taken: Vec::new(),
            known: FxHashSet::default(),
            order: Order::default(),
            tried: FxHashMap::default(),
            retried: FxHashSet::default(),
            vain: FxHashMap::default(),
            budget,
            limit: None,
            bounded: false,
            open_ends,
            rows,
            is_choosy: false,
            has_waited: false,
        };
        for finding in &evaluation.findings {
            let is_closing = planner.state.rules.rules[finding.rule].level == Level::Error;
            if is_closing && finding.outcome != Outcome::Waived {
                let key = state::key_of(finding);
                for unit in finding.blocks.iter() {
                    *planner.standing.entry(*unit).or_insert(0) += 1;
                }
                planner.ids.insert(key.clone(), finding.id.clone());
                planner.enter(&key, true);
                planner.blocks.insert(key, finding.blocks.to_vec());
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
            ends: taken.step.ends_at,
        };
        self.taken.iter().map(kept).collect()
    }

    /// Takes the given steps from the start, as far as each can be taken.
    fn again(self, evaluation: &Evaluation<'a>, steps: &[Kept<'a>]) -> Self {
        let Self { mut state, consent, clock, renewed, behind, .. } = self;
        state.reset();
        let mut fresh = Self::new(state, evaluation, consent, clock);
        fresh.renewed = renewed;
        fresh.leave(&behind);
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
        // What the gate is about is no step towards it.
        if truth != Truth::True || rules.gated == Some(spec.remedy) {
            return false;
        }
        let mut step = self.describe(spec);
        step.alternatives = alternatives;
        let needed: Vec<SlotId> = note.uses().iter().map(Use::slot).collect();
        self.order.by_needs(&mut step, &needed, &self.state.facts);
        // What it makes is as old as its end, not as the time at which the plan is judged.
        self.set_times(&mut step, spec);
        let Some(mut applied) = self.state.apply_at(spec, step.ends_at) else { return false };
        step.expects = self.expected(&applied);
        let closes = wanted.iter().any(|key| !self.state.open.contains_key(key));
        // A finding that is closed by several steps is nearer to that where it no longer asks for this one.
        let concerned = if wanted.is_empty() { furthers } else { wanted };
        let is_nearer =
            |key: &&FindingKey| self.state.open.contains_key(*key) && !self.asks_for(key, spec);
        let furthered: Vec<FindingKey> = concerned.iter().filter(is_nearer).cloned().collect();
        let useless = !wanted.is_empty() && !closes && furthered.is_empty();
        // What makes a choice possible comes before the step in which it is made.
        let waits = self.is_choosy && !wanted.is_empty() && !applied.done.left.is_empty();
        self.has_waited |= waits;
        if useless || waits || self.leaves_behind(&applied, &self.units) {
            self.state.undo(applied);
            return false;
        }
        self.order.by_effects(&mut step, &applied, &self.state.facts);
        self.order.as_said(&mut step, &rules.remedies[spec.remedy].after);
        self.set_times(&mut step, spec);
        if !self.can_start_at(step.starts_at, spec) {
            self.state.undo(applied);
            return false;
        }
        if let Some(sake) = sake {
            step.reasons.push(format!("makes {sake} possible"));
        }
        step.after.sort_unstable();
        step.wave = 1 + self.before(&step).map(|taken| taken.step.wave).max().unwrap_or(0);
        let mut helped: Vec<RowId> = Vec::new();
        let mut before: FxHashMap<RowId, usize> = FxHashMap::default();
        for (key, raw) in &applied.closed {
            if self.state.open.contains_key(key) {
                continue;
            }
            let former = self.set_blocks(key, None, &mut before);
            if !self.moot.contains(key) {
                let id = self.id_of(key, raw);
                if step.is_hope() { &mut step.hopes } else { &mut step.closes }.push(id);
                helped.extend(former);
            }
        }
        let former: Vec<Vec<RowId>> =
            furthered.iter().map(|key| self.blocks.get(key).cloned().unwrap_or_default()).collect();
        let opened = |key: &&FindingKey| {
            self.state.open.contains_key(*key) && !applied.closed.contains_key(*key)
        };
        let opened: Vec<FindingKey> = applied.opened.iter().filter(opened).cloned().collect();
        applied.opened.extend(furthered.iter().cloned());
        self.look_who_is_blocked(&applied, &mut before);
        let moot = self.look_who_is_done(&applied.changed);
        let closed = moot.gone.iter().filter(|key| !opened.contains(key));
        let reopened = opened.iter().filter(|key| !moot.gone.contains(key)).chain(&moot.back);
        for (keys, ids) in [
            (
                closed.collect::<Vec<_>>(),
                if step.is_hope() { &mut step.hopes } else { &mut step.closes },
            ),
            (reopened.collect(), &mut step.reopens),
        ] {
            for key in keys {
                let raw = self.state.open[key].clone();
                ids.push(self.id_of(key, &raw));
            }
        }
        for (key, former) in furthered.iter().zip(former) {
            let now = self.blocks.get(key).map_or(&[][..], Vec::as_slice);
            helped.extend(former.into_iter().filter(|unit| !now.contains(unit)));
            if let Some(raw) = self.state.open.get(key).cloned() {
                let id = self.id_of(key, &raw);
                step.reasons.push(format!("goes towards closing {id}, with others"));
            }
        }
        step.ready = self.ready(&before);
        helped.retain(|unit| !self.done.contains(unit));
        helped.sort_unstable();
        helped.dedup();
        step.helps = helped.iter().map(|unit| self.state.facts.name(*unit)).collect();
        step.id = self.taken.len() + 1;
        let (facts, place) = (&self.state.facts, self.taken.len());
        self.order.enter((place, spec.remedy), &needed, &applied, facts);
        step.choices = applied.done.choices;
        step.left = applied.done.left;
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
            renewed: applied.renewed,
            sake: sake.clone(),
        });
        true
    }

    /// The steps that have to be done before one: those that it is behind, and all that can be taken back where it
    /// cannot.
    fn before<'s>(&'s self, step: &'s Step) -> impl Iterator<Item = &'s Taken<'a>> {
        let behind = step.after.iter().map(|number| &self.taken[number - 1]);
        behind.chain(self.taken.iter().filter(|taken| step.is_final && !taken.step.is_final))
    }

    /// Writes down when a step starts and ends at the earliest.
    fn set_times(&self, step: &mut Step, spec: &Spec<'a>) {
        let ends = self.before(step).map(|taken| taken.step.ends_at).max();
        step.starts_at = ends.flatten().max(self.clock.start);
        step.ends_at = match spec.waits {
            Some(until) => step.starts_at.max(Some(until)),
            None => clock::after(step.starts_at, step.takes.unwrap_or(0)),
        };
    }

    /// Whether the needs of a step hold at its own start, too, and not only when the plan is judged.
    fn can_start_at(&self, start: Option<i64>, spec: &Spec<'a>) -> bool {
        let rules = self.state.rules;
        let mut needs = rules.remedies[spec.remedy].needs.iter();
        start == self.state.now
            || !needs.any(|need| is_timely(need, rules))
            || step::needs(&self.state.facts, rules, start, spec, false).0 == Truth::True
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
