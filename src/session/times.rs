//! The times at which an outcome changes by itself.
//!
//! Owns the search for them: the rules are run at each instant at which a comparison of times may turn, so nothing is
//! guessed. Does not decide what a turn means for people.

use std::collections::BTreeMap;

use crate::compile::ir::{Level, RuleSet};
use crate::evaluate::{Evaluation, Outcome, Selection, Verdict, instants, waive};
use crate::facts::Facts;

/// Most instants that are looked at.
pub const MOST: usize = 400;

/// What changes by itself.
#[derive(Clone, Debug, Default)]
pub struct Times {
    /// The turns, the next one first.
    pub turns: Vec<Turn>,
    /// Instants that were not looked at, the latest ones, where there were too many.
    pub skipped: usize,
}

/// A time at which outcomes change.
#[derive(Clone, Debug)]
pub struct Turn {
    /// When, in microseconds since 1970.
    pub at: i64,
    /// Whether the change comes just after that time, not at it.
    pub after: bool,
    /// The verdict from then on.
    pub verdict: Verdict,
    /// What changes.
    pub changes: Vec<TurnedFinding>,
}

/// A finding that changes.
#[derive(Clone, Debug)]
pub struct TurnedFinding {
    /// Its id.
    pub id: String,
    /// Its outcome before; none where nothing was found.
    pub before: Option<Outcome>,
    /// Its outcome from then on.
    pub then: Option<Outcome>,
    /// Its headline.
    pub message: String,
}

type Known = BTreeMap<String, (Outcome, String)>;

/// Looks for turns after `now`; the facts are those before anything was called too old.
pub fn times<'a>(
    facts: &Facts<'a>,
    rules: &RuleSet,
    now: i64,
    evaluation: &Evaluation<'a>,
    selection: &Selection,
) -> Times {
    let mut instants = instants::instants(facts, rules, now);
    let graces = evaluation.findings.iter().filter_map(|finding| finding.until);
    let ends = evaluation.grants.iter().flat_map(|grant| [grant.granted, grant.until]);
    instants.extend(ends.filter(|at| *at >= now));
    instants.extend(graces.filter(|at| *at >= now && *at < i64::MAX));
    let mut found = Times { skipped: instants.len().saturating_sub(MOST), ..Times::default() };
    let mut before = known(evaluation, rules);
    for at in instants.into_iter().take(MOST) {
        // `now < t` turns at the time, `now <= t` just after it.
        for after in [false, true] {
            let then = at + i64::from(after);
            let mut aged = facts.clone();
            aged.age(then);
            let evaluation =
                waive::evaluate(&aged, rules, Some(then), selection, &evaluation.grants);
            let after_that = known(&evaluation, rules);
            let changes = changes(&before, &after_that);
            if !changes.is_empty() {
                found.turns.push(Turn { at, after, verdict: evaluation.verdict, changes });
            }
            before = after_that;
        }
    }
    found
}

fn known(evaluation: &Evaluation<'_>, rules: &RuleSet) -> Known {
    let told = evaluation.findings.iter();
    // Advice that is not known or pending is nothing that anybody waits for.
    let told = told.filter(|finding| {
        rules.rules[finding.rule].level == Level::Error || finding.outcome == Outcome::Fail
    });
    told.map(|finding| (finding.id.clone(), (finding.outcome, finding.message.clone()))).collect()
}

fn changes(before: &Known, then: &Known) -> Vec<TurnedFinding> {
    let mut changes = Vec::new();
    for (id, (outcome, message)) in then {
        let was = before.get(id).map(|known| known.0);
        if was != Some(*outcome) {
            let (id, message) = (id.clone(), message.clone());
            changes.push(TurnedFinding { id, before: was, then: Some(*outcome), message });
        }
    }
    for (id, (outcome, message)) in before.iter().filter(|(id, _)| !then.contains_key(*id)) {
        let (id, message) = (id.clone(), message.clone());
        changes.push(TurnedFinding { id, before: Some(*outcome), then: None, message });
    }
    changes
}
