//! Rules on facts: outcomes, findings, evidence, who is blocked.
//!
//! Owns the run of a whole rule set over one environment. Passing costs nothing but time: evidence is gathered in a
//! second look, and only for outcomes that are told. Ordering of remedies is `plan`, wording for printers `report`.

use crate::builtins::value::Value;
use crate::compile::ir::{Level, LocalId, Rule, RuleSet};
use crate::compile::select::means;
use crate::evaluate::expr::Evaluator;
use crate::evaluate::reach::Blocking;
use crate::facts::{Facts, RowId, SlotId};
use crate::source::Span;
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
}

impl Outcome {
    /// All of them, in their order.
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
            count(&mut summary, rule, outcome, times);
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
        *counter(&mut summary, rule, raw.outcome).expect("what closes a gate is counted") -= 1;
        count(&mut summary, rule, Outcome::NotApplicable, 1);
        if selection.all {
            quiet.push((raw.rule, Outcome::NotApplicable, subject(&raw.bindings)));
        }
    }
    finish(facts, rules, findings, summary, &blocking, quiet, selection)
}

fn finish<'a>(
    facts: &Facts<'a>,
    rules: &RuleSet,
    mut findings: Vec<Finding<'a>>,
    mut summary: Summary,
    blocking: &Blocking,
    quiet: Vec<Quiet>,
    selection: &Selection,
) -> Evaluation<'a> {
    let mut units = blocking.sets.units.to_vec();
    if !selection.units.is_empty() {
        units.retain(|unit| {
            facts.key(*unit).is_some_and(|key| selection.units.iter().any(|id| id == key.as_str()))
        });
        findings.retain(|finding| finding.blocks.iter().any(|unit| units.contains(unit)));
        let quiet_counts =
            Summary { fail: 0, unknown: 0, pending: 0, warnings: 0, notes: 0, ..summary };
        summary = quiet_counts;
        for finding in &findings {
            count(&mut summary, &rules.rules[finding.rule], finding.outcome, 1);
        }
    }
    let (done, units): (Vec<RowId>, _) = units.into_iter().partition(|row| blocking.is_done(*row));
    let done = results(facts, done, Readiness::Done);
    let mut units = results(facts, units, Readiness::Ready);
    let everyone = readiness(rules, &findings, &mut units, blocking.live().len());
    let cannot_pass = |finding: &Finding<'_>| {
        finding.cannot_pass && rules.rules[finding.rule].level == Level::Error
    };
    let verdict = match findings.iter().any(cannot_pass) {
        true => Verdict::Closed,
        false => verdict(&summary, &units, &done),
    };
    if verdict == Verdict::Nothing {
        // Where nothing was checked, nothing stands against a unit, and nothing speaks for it either.
        units.iter_mut().for_each(|unit| unit.readiness = Readiness::Unknown);
    }
    Evaluation { findings, summary, units, done, everyone, verdict, quiet }
}

fn results(facts: &Facts<'_>, units: Vec<RowId>, readiness: Readiness) -> Vec<UnitResult> {
    let result = |row| UnitResult { row, id: facts.name(row), readiness, findings: Vec::new() };
    units.into_iter().map(result).collect()
}

/// Writes down what stands against each unit; which findings stand against all there are.
fn readiness(
    rules: &RuleSet,
    findings: &[Finding<'_>],
    units: &mut [UnitResult],
    all: usize,
) -> Vec<usize> {
    let places = units.iter().enumerate().map(|(at, unit)| (unit.row, at));
    let at: rustc_hash::FxHashMap<RowId, usize> = places.collect();
    let (mut everyone, mut worst) = (Vec::new(), Readiness::Ready);
    for (index, finding) in findings.iter().enumerate() {
        let rule = &rules.rules[finding.rule];
        if rule.level != Level::Error {
            continue;
        }
        let effect = match finding.outcome {
            Outcome::Fail if is_terminal(rule) => Readiness::Ineligible,
            Outcome::Fail => Readiness::Blocked,
            Outcome::Unknown if finding.cannot_pass => Readiness::Blocked,
            Outcome::Unknown => Readiness::Unknown,
            Outcome::Pending => Readiness::Pending,
            Outcome::Pass | Outcome::NotApplicable => continue,
        };
        let doubt = effect.min(Readiness::Unknown);
        // Whoever is blocked by what blocks all is not looked up one by one.
        let is_everyone = finding.blocks.len() == all;
        let looked_up = if is_everyone {
            everyone.push(index);
            let is_sure = Arc::ptr_eq(&finding.blocks, &finding.surely);
            worst = worst.max(if is_sure { effect } else { doubt });
            if is_sure { &[][..] } else { &finding.surely }
        } else {
            &finding.blocks
        };
        for unit in looked_up {
            if let Some(result) = at.get(unit).map(|at| &mut units[*at]) {
                let effect = if finding.is_perhaps(*unit) { doubt } else { effect };
                result.readiness = result.readiness.max(effect);
                if !is_everyone {
                    result.findings.push(index);
                }
            }
        }
    }
    units.iter_mut().for_each(|unit| unit.readiness = unit.readiness.max(worst));
    everyone
}

/// Whether a failure of this rule can never be mended.
pub fn is_terminal(rule: &Rule) -> bool {
    rule.fixes.is_empty() && rule.kind == crate::language::ast::RuleKind::Unsupported
}

fn verdict(summary: &Summary, units: &[UnitResult], done: &[UnitResult]) -> Verdict {
    if summary.fail > 0 {
        Verdict::Closed
    } else if summary.unknown > 0 {
        Verdict::Unknown
    } else if summary.pending > 0 {
        Verdict::Pending
    } else if units.is_empty() && !done.is_empty() {
        // Nobody is left who would need that a rule speaks for it.
        Verdict::Open
    } else if summary.pass == 0 || units.is_empty() {
        Verdict::Nothing
    } else {
        Verdict::Open
    }
}

fn count(summary: &mut Summary, rule: &Rule, outcome: Outcome, times: usize) {
    if let Some(counter) = counter(summary, rule, outcome) {
        *counter += times;
    }
}

/// Where an outcome of a rule is counted, if it is.
fn counter<'s>(summary: &'s mut Summary, rule: &Rule, outcome: Outcome) -> Option<&'s mut usize> {
    Some(match (rule.level, outcome) {
        (Level::Error, Outcome::Pass) => &mut summary.pass,
        (Level::Error, Outcome::Fail) => &mut summary.fail,
        (Level::Error, Outcome::Pending) => &mut summary.pending,
        (Level::Error, Outcome::Unknown) => &mut summary.unknown,
        (Level::Error, Outcome::NotApplicable) => &mut summary.not_applicable,
        (Level::Warning, Outcome::Fail) => &mut summary.warnings,
        (Level::Note, Outcome::Fail) => &mut summary.notes,
        _ => return None,
    })
}

/// The first bound entity or record.
pub fn subject(bindings: &[(LocalId, Value<'_>)]) -> Option<RowId> {
    bindings.iter().find_map(|(_, value)| match value {
        Value::Row(row) => Some(*row),
        _ => None,
    })
}
