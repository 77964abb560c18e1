//! Rules on facts: outcomes, findings, evidence, who is blocked.
//!
//! Owns the run of a whole rule set over one environment. Passing costs nothing but time: evidence is gathered in a
//! second look, and only for outcomes that are told. Ordering of remedies is `plan`, wording for printers `report`.

use crate::builtins::value::Value;
use crate::compile::ir::{Level, LocalId, Rule, RuleSet};
use crate::compile::select::means;
use crate::evaluate::expr::Evaluator;
use crate::evaluate::reach::Blocking;
use crate::evaluate::waive::{Grant, Ruling};
use crate::facts::{Facts, RowId, SlotId};
use crate::source::Span;
use crate::stop::Stop;
use std::sync::Arc;

mod block;
mod certain;
mod deal;
pub mod explain;
pub mod expr;
mod grouped;
pub mod instants;
mod listed;
mod pairs;
pub mod questions;
pub mod reach;
pub mod run;
pub mod scan;
pub mod show;
mod texts;
pub mod touch;
pub mod wide;
pub mod truth;
mod verdict;
pub mod waive;

/// The result of a rule on a subject; the names are those of XCCDF where it has one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Outcome {
    /// The rule is violated.
    Fail,
    /// Some fact that decides is not known.
    Unknown,
    /// It would fail, but time alone may still mend it.
    Pending,
    /// The rule holds.
    Pass,
    /// The rule does not speak of this subject.
    NotApplicable,
    /// The rule is violated, and a waiver lets that pass for now.
    Waived,
}

impl Outcome {
    /// Those that a rule comes to by itself, in their order.
    pub const ALL: [Outcome; 5] =
        [Self::Fail, Self::Unknown, Self::Pending, Self::Pass, Self::NotApplicable];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Outcome::Pass => "pass",
            Outcome::Fail => "fail",
            Outcome::Pending => "pending",
            Outcome::Unknown => "unknown",
            Outcome::NotApplicable => "notApplicable",
            Outcome::Waived => "waived",
        }
    }
}

/// How many outcomes of each kind there were; advisories are counted apart, as they never close the gate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Outcomes of rules that can close the gate.
    pub pass: usize,
    /// Failed.
    pub fail: usize,
    /// Pending.
    pub pending: usize,
    /// Unknown.
    pub unknown: usize,
    /// Not applicable.
    pub not_applicable: usize,
    /// Failed, and waived.
    pub waived: usize,
    /// Advisories at level warning that fired.
    pub warnings: usize,
    /// Advisories at level note that fired.
    pub notes: usize,
}

/// One outcome that is told.
#[derive(Clone, Debug)]
pub struct Finding<'a> {
    /// `RULE:subject`
    pub id: String,
    /// Index of the rule.
    pub rule: usize,
    /// Outcome.
    pub outcome: Outcome,
    /// Whether it is unknown and cannot pass whatever is found out: it does not hold, and only until when time may still
    /// fix that is not known.
    pub cannot_pass: bool,
    /// The first bound entity or record; none for a rule about the whole environment.
    pub subject: Option<RowId>,
    /// The address of the subject.
    pub path: String,
    /// What the rule's `for`s were bound to.
    pub bindings: Vec<(LocalId, Value<'a>)>,
    /// The `for` whose list is not known, where that is the trouble.
    pub open: Option<usize>,
    /// The headline; this and what follows, but for the units, is empty where only outcomes are asked for.
    pub message: String,
    /// Why it matters.
    pub why: Option<Arc<str>>,
    /// What decided it, the first fact first.
    pub evidence: Vec<Evidence>,
    /// What to find out; findings that ask the same share the question.
    pub questions: Vec<Arc<Question>>,
    /// Units that it blocks, in the order of the description; findings that block the same share the set.
    pub blocks: Arc<[RowId]>,
    /// Those of them that are blocked for sure, in the same order; the others only if a reference that is not known leads
    /// there.
    pub surely: Arc<[RowId]>,
    /// When a pending failure becomes a failure, in microseconds since 1970.
    pub until: Option<i64>,
    /// Where it stands in the description.
    pub span: Option<Span>,
    /// Whether the deciding fact itself is written there.
    pub stated: bool,
    /// The waiver that lets it pass, by its place among those of the evaluation.
    pub waiver: Option<usize>,
}

/// One deciding fact.
#[derive(Clone, Debug)]
pub struct Evidence {
    /// What is told of the fact; findings that name it share that.
    pub fact: Arc<Deciding>,
    /// The part of the rule that asked for it.
    pub rule_span: Span,
}

impl std::ops::Deref for Evidence {
    type Target = Deciding;

    fn deref(&self) -> &Deciding {
        &self.fact
    }
}

/// What is told of a deciding fact.
#[derive(Clone, Debug)]
pub struct Deciding {
    /// The fact.
    pub slot: SlotId,
    /// Its address.
    pub path: String,
    /// Its value.
    pub value: String,
    /// What is remarkable about it, such as being too old.
    pub note: String,
    /// Where it stands, or what identifies the owner of a missing one.
    pub span: Option<Span>,
    /// Whether it is written there.
    pub stated: bool,
}

/// A fact to find out.
#[derive(Clone, Debug, PartialEq)]
pub struct Question {
    /// Its address.
    pub path: String,
    /// What to ask.
    pub ask: String,
    /// Where the answer is.
    pub find: Option<Arc<str>>,
    /// What may be answered.
    pub expects: Arc<str>,
    /// The line to write.
    pub answer: Arc<str>,
    /// Below or in what it goes.
    pub span: Option<Span>,
    /// The slot that is asked for.
    pub slot: SlotId,
}

/// Whether a unit may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Readiness {
    /// It is through already, so nothing stands against it and nothing is to be done for it.
    Done,
    /// Nothing stands against it.
    Ready,
    /// Only time.
    Pending,
    /// Only what is not known.
    Unknown,
    /// Something that can be mended.
    Blocked,
    /// Something for which there is no remedy.
    Ineligible,
}

impl Readiness {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Readiness::Done => "done",
            Readiness::Ready => "ready",
            Readiness::Blocked => "blocked",
            Readiness::Ineligible => "ineligible",
            Readiness::Unknown => "unknown",
            Readiness::Pending => "pending",
        }
    }
}

/// A unit and what stands against it.
#[derive(Clone, Debug)]
pub struct UnitResult {
    /// The unit.
    pub row: RowId,
    /// Its key.
    pub id: String,
    /// Its readiness.
    pub readiness: Readiness,
    /// Indices of findings that block it, but for those that block all units.
    pub findings: Vec<usize>,
}

/// Whether the gate is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Everything that can close it holds.
    Open,
    /// A rule failed.
    Closed,
    /// Something decisive is not known.
    Unknown,
    /// Only time keeps it closed.
    Pending,
    /// Nothing was checked.
    Nothing,
}

impl Verdict {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Verdict::Open => "open",
            Verdict::Closed => "closed",
            Verdict::Unknown => "unknown",
            Verdict::Pending => "pending",
            Verdict::Nothing => "nothing",
        }
    }
}

/// The run of a rule set over one environment.
#[derive(Clone, Debug)]
pub struct Evaluation<'a> {
    /// What is told, in the order of the rules and of the description.
    pub findings: Vec<Finding<'a>>,
    /// Counts.
    pub summary: Summary,
    /// Units in the order of the description, but for those that are done.
    pub units: Vec<UnitResult>,
    /// Those that are done, in the same order.
    pub done: Vec<UnitResult>,
    /// Indices of the findings that block all units.
    pub everyone: Vec<usize>,
    /// The gate.
    pub verdict: Verdict,
    /// Outcomes that are not told by default: pass and not applicable.
    pub quiet: Vec<Quiet>,
    /// How many units are not done, also of those that were not asked for.
    live: usize,
    /// The waivers by which it was judged.
    pub grants: Arc<[Grant]>,
    /// What became of each of them.
    pub rulings: Vec<Ruling>,
}

/// What is wanted of a run.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    /// Only these rules, where any are named; ids or patterns (`compile::select`).
    pub rules: Vec<String>,
    /// Not these.
    pub skip: Vec<String>,
    /// Only findings that block these units, where any are named.
    pub units: Vec<String>,
    /// Other levels of advisories, by the id of the rule.
    pub levels: Vec<(String, Level)>,
    /// What of the rules is left out or made less, a sentence each.
    pub weakened: Vec<String>,
    /// Keep passes and not applicable ones, too.
    pub all: bool,
    /// Only outcomes and whom they block, as nothing else of a finding is told.
    pub brief: bool,
    /// When to leave off.
    pub stop: Stop,
}

impl Selection {
    /// Whether a rule runs.
    pub fn takes(&self, rule: &Rule) -> bool {
        let any = |wanted: &[String]| wanted.iter().any(|wanted| means(wanted, &rule.id));
        (self.rules.is_empty() || any(&self.rules)) && !any(&self.skip)
    }
}

/// An outcome that is not told by default: the rule, the outcome, the subject.
pub type Quiet = (usize, Outcome, Option<RowId>);

/// An outcome before it is explained.
#[derive(Clone, Debug)]
pub struct Raw<'a> {
    /// Index of the rule.
    pub rule: usize,
    /// Outcome.
    pub outcome: Outcome,
    /// What the `for`s were bound to.
    pub bindings: Vec<(LocalId, Value<'a>)>,
    /// The `for` whose list is not known, where that is the trouble.
    pub open: Option<usize>,
}

impl<'a> Finding<'a> {
    /// Whether a unit that it blocks is only blocked if a reference that is not known leads there.
    pub fn is_perhaps(&self, unit: RowId) -> bool {
        !Arc::ptr_eq(&self.blocks, &self.surely) && self.surely.binary_search(&unit).is_err()
    }

    /// The units that are only blocked if a reference that is not known leads there, in the order of the description.
    pub fn perhaps(&self) -> impl Iterator<Item = RowId> {
        self.blocks.iter().copied().filter(|unit| self.is_perhaps(*unit))
    }

    /// What it is a finding about, before it was explained.
    pub fn raw(&self) -> Raw<'a> {
        Raw {
            rule: self.rule,
            outcome: self.outcome,
            bindings: self.bindings.clone(),
            open: self.open,
        }
    }
}

impl Evaluation<'_> {
    /// All units in the order of the description, with those that are done.
    pub fn all_units(&self) -> Vec<&UnitResult> {
        let mut all: Vec<&UnitResult> = self.units.iter().chain(&self.done).collect();
        if !self.done.is_empty() {
            all.sort_by_key(|unit| unit.row);
        }
        all
    }

    /// Indices of the findings that block a unit, in their order; nothing stands against one that is done.
    pub fn against(&self, unit: &UnitResult) -> Vec<usize> {
        if unit.readiness == Readiness::Done {
            return Vec::new();
        }
        let mut all: Vec<usize> = unit.findings.iter().chain(&self.everyone).copied().collect();
        all.sort_unstable();
        all
    }

    /// When the first waiver ends that lets something pass, in microseconds since 1970.
    pub fn waived_until(&self) -> Option<i64> {
        let waived = self.findings.iter().filter_map(|finding| finding.waiver);
        waived.map(|at| self.grants[at].until).min()
    }

    /// Takes back that anyone is ready or done, as something could not be read: it may hide what stands in the way.
    pub fn doubt(&mut self) {
        if !self.done.is_empty() {
            self.units.append(&mut self.done);
            self.units.sort_by_key(|unit| unit.row);
        }
        for unit in &mut self.units {
            unit.readiness = unit.readiness.max(Readiness::Unknown);
        }
        if matches!(self.verdict, Verdict::Open | Verdict::Pending) {
            self.verdict = Verdict::Unknown;
        }
    }

    /// Where what is judged was only supposed: units keep their readiness, and the gate is not open.
    pub fn withhold(&mut self) {
        if matches!(self.verdict, Verdict::Open | Verdict::Pending) {
            self.verdict = Verdict::Unknown;
        }
    }

    /// Where there is nobody of whom anything could be said: nothing was checked.
    pub fn void(&mut self) {
        self.units.clear();
        self.done.clear();
        self.findings.clear();
        self.everyone.clear();
        self.quiet.clear();
        self.summary = Summary::default();
        self.verdict = Verdict::Nothing;
    }
}

/// Runs all selected rules.
pub fn evaluate<'a>(
    facts: &Facts<'a>,
    rules: &RuleSet,
    now: Option<i64>,
    selection: &Selection,
) -> Evaluation<'a> {
    let mut evaluator = Evaluator::new(facts, rules, now);
    let mut summary = Summary::default();
    let (mut raws, mut quiet) = (Vec::new(), Vec::new());
    for (rule, mut seen) in rules.rules.iter().zip(deal::outcomes(&mut evaluator, selection)) {
        for (outcome, times) in Outcome::ALL.into_iter().zip(seen.counts) {
            verdict::count(&mut summary, rule, outcome, times);
        }
        let is_bound = seen.counts.iter().any(|times| *times > 0);
        if !is_bound && rule.level == Level::Error && selection.takes(rule) {
            summary.not_applicable += 1;
        }
        raws.append(&mut seen.raws);
        quiet.append(&mut seen.quiet);
    }
    let units = evaluator.units();
    let done = evaluator.done(&units);
    let mut blocking = Blocking::new(&units.into(), done);
    let (mut findings, past) =
        explain::findings(&mut evaluator, raws, &mut blocking, selection.brief);
    certain::mark(&mut evaluator, &mut findings, selection.brief);
    // What stands against nobody but those who are through speaks of nobody.
    for raw in past {
        let rule = &rules.rules[raw.rule];
        *verdict::counter(&mut summary, rule, raw.outcome)
            .expect("what closes a gate is counted") -= 1;
        verdict::count(&mut summary, rule, Outcome::NotApplicable, 1);
        if selection.all {
            quiet.push((raw.rule, Outcome::NotApplicable, subject(&raw.bindings)));
        }
    }
    verdict::finish(facts, rules, findings, summary, &blocking, quiet, selection)
}

/// Whether a failure of this rule can never be mended.
pub fn is_terminal(rule: &Rule) -> bool {
    rule.fixes.is_empty() && rule.kind == crate::language::ast::RuleKind::Unsupported
}

/// The first bound entity or record.
pub fn subject(bindings: &[(LocalId, Value<'_>)]) -> Option<RowId> {
    bindings.iter().find_map(|(_, value)| match value {
        Value::Row(row) => Some(*row),
        _ => None,
    })
}
