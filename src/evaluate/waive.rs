//! Waivers as far as they decide: a failure that may pass for a while, for the facts and units it was granted for.
//!
//! Owns the one judgement of a waiver. Whoever judges facts under waivers calls [`evaluate`] here, so that none of them
//! can forget the end of one. Does not read documents, and writes no sentence.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::compile::ir::{Level, RuleSet};
use crate::compile::weight::Waivable;
use crate::evaluate::wide::Wide;
use crate::evaluate::{self, Evaluation, Finding, Outcome, Selection, verdict};
use crate::facts::Facts;
use crate::facts::written::written;
use crate::scalar;
use crate::yaml::edit::Value;

/// So long before its end a waiver is expiring: 14 days, in microseconds.
pub const EXPIRING: i64 = 14 * 24 * 60 * 60 * scalar::SECOND;

/// What a waiver lets pass.
#[derive(Clone, Debug)]
pub struct Grant {
    /// The id of the rule.
    pub rule: String,
    /// The address of the subject, or all that follows the rule in the id of the finding.
    pub subject: String,
    /// When it begins, in microseconds since 1970.
    pub granted: i64,
    /// When it ends, in microseconds since 1970; at that time it is over.
    pub until: i64,
    /// The units that the finding may block.
    pub blocks: BTreeSet<String>,
    /// The facts that may decide it, by address.
    pub facts: BTreeMap<String, Value>,
}

/// What a waiver is at a time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It lets its finding pass.
    InForce,
    /// It does, and ends within 14 days.
    Expiring,
    /// The rule forbids it.
    Refused,
    /// It has not begun.
    NotYet,
    /// It is over.
    Expired,
    /// Its finding does not fail.
    Unused,
    /// Other facts decide, or other units are blocked, than it was granted for.
    Lapsed,
}

impl State {
    /// All of them.
    pub const ALL: [State; 7] = [
        Self::InForce,
        Self::Expiring,
        Self::Refused,
        Self::NotYet,
        Self::Expired,
        Self::Unused,
        Self::Lapsed,
    ];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            State::InForce => "inForce",
            State::Expiring => "expiring",
            State::Refused => "refused",
            State::NotYet => "notYet",
            State::Expired => "expired",
            State::Unused => "unused",
            State::Lapsed => "lapsed",
        }
    }

    /// Whether its finding passes.
    pub fn is_in_force(self) -> bool {
        matches!(self, State::InForce | State::Expiring)
    }
}

/// What became of a waiver.
#[derive(Clone, Debug)]
pub struct Ruling {
    /// The waiver, by its place.
    pub grant: usize,
    /// What it is.
    pub state: State,
    /// The finding that it is about, by id, where there is one.
    pub finding: Option<String>,
    /// Why.
    pub why: Why,
}

/// Why a waiver is what it is, where its times do not say it all.
#[derive(Clone, Debug, PartialEq)]
pub enum Why {
    /// Its times say it.
    Times,
    /// There is no time to judge it by.
    NoTime,
    /// Its rule may not be waived.
    Never,
    /// It lasts longer than its rule allows, which is so many microseconds.
    TooLong(i64),
    /// The rule does not fail for the subject; its outcome, where something was found.
    Holds(Option<Outcome>),
    /// The subject is not described.
    Gone,
    /// What is not as it was.
    Changed(Changes),
}

/// How a finding differs from what a waiver was granted for.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Changes {
    /// Facts with another value: the address, the value that was recorded, and the one now.
    pub values: Vec<(String, Value, Value)>,
    /// Facts that decide and were not recorded, with their values.
    pub new: Vec<(String, Value)>,
    /// Facts that were recorded and do not decide.
    pub gone: Vec<String>,
    /// Units that it blocks and that were not recorded.
    pub units: Vec<String>,
}

impl Changes {
    fn is_empty(&self) -> bool {
        self == &Self::default()
    }
}

/// Runs all selected rules, and lets pass what waivers allow at that time.
pub fn evaluate<'a>(
    facts: &Facts<'a>,
    rules: &RuleSet,
    now: Option<i64>,
    selection: &Selection,
    grants: &Arc<[Grant]>,
) -> Evaluation<'a> {
    if grants.is_empty() {
        return evaluate::evaluate(facts, rules, now, selection);
    }
    // Without ids nobody knows which finding is meant.
    let whole = Selection { brief: false, ..selection.clone() };
    let mut evaluation = evaluate::evaluate(facts, rules, now, &whole);
    let mut judge = Judge::new(facts, rules, now, &evaluation);
    let mut rulings = Vec::new();
    for (at, grant) in grants.iter().enumerate() {
        let Some((ruling, finding)) = judge.rule(at, grant, selection, &evaluation) else {
            continue;
        };
        if let Some(finding) = finding.filter(|_| ruling.state.is_in_force()) {
            let finding = &mut evaluation.findings[finding];
            finding.outcome = Outcome::Waived;
            finding.waiver = Some(at);
            evaluation.summary.fail -= 1;
            evaluation.summary.waived += 1;
        }
        rulings.push(ruling);
    }
    evaluation.grants = Arc::clone(grants);
    evaluation.rulings = rulings;
    verdict::settle(&mut evaluation, rules);
    evaluation
}

/// Judges waivers on one run of the rules.
struct Judge<'f, 'a, 'r> {
    facts: &'f Facts<'a>,
    rules: &'r RuleSet,
    now: Option<i64>,
    wide: Wide<'f, 'a, 'r>,
    /// The findings by the id of their rule.
    by_rule: FxHashMap<&'r str, Vec<usize>>,
}

impl<'f, 'a, 'r> Judge<'f, 'a, 'r> {
    fn new(
        facts: &'f Facts<'a>,
        rules: &'r RuleSet,
        now: Option<i64>,
        evaluation: &Evaluation<'a>,
    ) -> Self {
        let mut by_rule: FxHashMap<&str, Vec<usize>> = FxHashMap::default();
        for (at, finding) in evaluation.findings.iter().enumerate() {
            by_rule.entry(rules.rules[finding.rule].id.as_str()).or_default().push(at);
        }
        Self { facts, rules, now, wide: Wide::new(facts, rules, now), by_rule }
    }

    /// What becomes of a waiver, and the failure that it is about; nothing where its rule or units were not asked for.
    fn rule(
        &mut self,
        at: usize,
        grant: &Grant,
        selection: &Selection,
        evaluation: &Evaluation<'a>,
    ) -> Option<(Ruling, Option<usize>)> {
        let rule = self.rules.rules.iter().find(|rule| rule.id == grant.rule)?;
        if !selection.takes(rule) {
            return None;
        }
        let meant = self.meant(grant, evaluation);
        let failed = self.failed(grant, &meant, evaluation);
        if failed.is_none() && !selection.units.is_empty() {
            return None;
        }
        let shown = failed.as_ref().map(|(at, _)| *at).or(meant.first().copied());
        let (state, why) = match (rule.waivable, self.now) {
            (Waivable::Never, _) => (State::Refused, Why::Never),
            (Waivable::AtMost(longest), _)
                if grant.until.saturating_sub(grant.granted) > longest =>
            {
                (State::Refused, Why::TooLong(longest))
            }
            (_, None) => (State::NotYet, Why::NoTime),
            (_, Some(now)) if now < grant.granted => (State::NotYet, Why::Times),
            (_, Some(now)) if now >= grant.until => (State::Expired, Why::Times),
            (_, Some(now)) => match &failed {
                None if self.is_described(grant) => {
                    let outcome = shown.map(|at| evaluation.findings[at].outcome);
                    (State::Unused, Why::Holds(outcome))
                }
                None => (State::Unused, Why::Gone),
                Some((_, changes)) if !changes.is_empty() => {
                    (State::Lapsed, Why::Changed(changes.clone()))
                }
                Some(_) if grant.until - now <= EXPIRING => (State::Expiring, Why::Times),
                Some(_) => (State::InForce, Why::Times),
            },
        };
        let finding = shown.map(|at| evaluation.findings[at].id.clone());
        Some((Ruling { grant: at, state, finding, why }, failed.map(|(at, _)| at)))
    }

    /// The findings that a waiver may mean: the one with that id, else those with that subject.
    fn meant(&self, grant: &Grant, evaluation: &Evaluation<'a>) -> Vec<usize> {
        let all = self.by_rule.get(grant.rule.as_str()).map_or(&[][..], Vec::as_slice);
        let finding = |at: &usize| &evaluation.findings[*at];
        let named = |at: &usize| behind_rule(finding(at), &grant.rule) == grant.subject;
        if let Some(at) = all.iter().copied().find(|at| named(at)) {
            return vec![at];
        }
        all.iter().copied().filter(|at| finding(at).path == grant.subject).collect()
    }

    /// The failure that a waiver means, and how it differs; of several the one that does not.
    fn failed(
        &mut self,
        grant: &Grant,
        meant: &[usize],
        evaluation: &Evaluation<'a>,
    ) -> Option<(usize, Changes)> {
        let mut first = None;
        for at in meant {
            let finding = &evaluation.findings[*at];
            let is_closing = self.rules.rules[finding.rule].level == Level::Error;
            if finding.outcome != Outcome::Fail || !is_closing {
                continue;
            }
            let changes = self.changes(grant, finding);
            if changes.is_empty() {
                return Some((*at, changes));
            }
            first.get_or_insert((*at, changes));
        }
        first
    }

    fn changes(&mut self, grant: &Grant, finding: &Finding<'a>) -> Changes {
        let facts = self.facts;
        let mut found: BTreeMap<String, Value> = BTreeMap::new();
        for slot in self.wide.facts_of(finding) {
            found.insert(facts.slot_path(slot), written(facts, slot));
        }
        let mut changes = Changes::default();
        for (path, value) in &found {
            match grant.facts.get(path) {
                None => changes.new.push((path.clone(), value.clone())),
                Some(recorded) if !is_same(recorded, value) => {
                    changes.values.push((path.clone(), recorded.clone(), value.clone()));
                }
                Some(_) => {}
            }
        }
        let gone = grant.facts.keys().filter(|path| !found.contains_key(*path));
        changes.gone = gone.cloned().collect();
        let units = finding.blocks.iter().map(|row| facts.name(*row));
        changes.units = units.filter(|unit| !grant.blocks.contains(unit)).collect();
        changes
    }

    fn is_described(&self, grant: &Grant) -> bool {
        let address = grant.subject.split('+').next().unwrap_or_default();
        let key = address.rsplit('/').next().unwrap_or_default();
        address.is_empty()
            || self.facts.meant(key).into_iter().any(|row| self.facts.path(row) == address)
            // What is within an entity is described with it.
            || address.split('/').nth(1).is_some_and(|key| !self.facts.meant(key).is_empty())
    }
}

/// What follows the rule in the id of a finding: the subject, and what else its names were bound to.
pub fn behind_rule<'f>(finding: &'f Finding<'_>, rule: &str) -> &'f str {
    let rest = finding.id.strip_prefix(rule).unwrap_or_default();
    rest.strip_prefix(':').unwrap_or(rest)
}

/// Whether a value that was recorded is the one that a fact has now; numbers may be spelled otherwise.
fn is_same(recorded: &Value, found: &Value) -> bool {
    match (recorded, found) {
        (Value::Raw(one) | Value::Text(one), Value::Raw(other)) => {
            let both = |parse: fn(&str) -> Option<i64>| {
                parse(one).is_some_and(|number| Some(number) == parse(other))
            };
            one == other
                || both(|text| text.parse().ok())
                || both(scalar::parse_size)
                || both(scalar::parse_duration)
                || both(scalar::parse_time)
        }
        (Value::Text(one), Value::Text(other)) => one == other,
        // Without quotes these are no texts.
        (Value::Raw(one), Value::Text(other)) => {
            one == other && !matches!(one.as_str(), "unknown" | "none" | "null" | "~" | "")
        }
        (Value::List(ones), Value::List(others)) => {
            ones.len() == others.len()
                && ones.iter().zip(others).all(|(one, other)| is_same(one, other))
        }
        (Value::Map(ones), Value::Map(others)) => {
            ones.len() == others.len()
                && ones.iter().all(|(key, one)| {
                    let mut others = others.iter();
                    others.any(|(name, other)| name == key && is_same(one, other))
                })
        }
        _ => false,
    }
}
