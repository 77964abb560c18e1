//! The clock of a plan: time passes while steps run.
//!
//! Owns what time alone does to the facts: what becomes too old, what renews itself, and the first time after the end of
//! a plan at which it would no longer hold. A plan is made for the time at which its last step ends, as that is when the
//! gate is used; each step is looked at again at its own start. Does not decide which steps are taken.

use std::collections::BTreeSet;

use crate::builtins::value::Value;
use crate::compile::ir::{Level, RuleSet};
use crate::evaluate::Outcome;
use crate::evaluate::expr::Evaluator;
use crate::evaluate::instants::{instants, minds_time};
use crate::evaluate::truth::Truth;
use crate::facts::change::NewFact;
use crate::facts::{Fact, Facts, RowId, SlotId};
use crate::plan::state::{FindingKey, key};

/// Most rows that are judged again to find out until when a plan holds, over all instants that are looked at.
const ROWS: usize = 200_000;

/// The times between which a plan runs, in microseconds since 1970.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clock {
    /// The time of the facts, at which the first step starts.
    pub(crate) start: Option<i64>,
    /// Whether it is asked how long the plan holds, which takes many looks at the rules.
    pub(crate) looks_ahead: bool,
    /// The time at which the plan is judged: when its last step ends, as far as that is known.
    pub(crate) judged: Option<i64>,
}

/// When something ends that lasts so long, in microseconds.
pub(crate) fn after(start: Option<i64>, length: i64) -> Option<i64> {
    Some(start?.saturating_add(length))
}

/// Brings the facts to a later time: what renews itself and was fresh at the start is renewed, and what else is too old by
/// then is no longer known. The facts that are taken to be renewed come back.
pub(crate) fn pass(
    facts: &mut Facts<'_>,
    rules: &RuleSet,
    start: Option<i64>,
    then: i64,
) -> Vec<SlotId> {
    let renewed = renew(facts, rules, (start.unwrap_or(then), then), None);
    facts.outdate(&facts.outdated(then));
    renewed
}

/// Renews the facts that renew themselves and would be too old by then, all of them or some.
pub(crate) fn renew(
    facts: &mut Facts<'_>,
    rules: &RuleSet,
    (start, then): (i64, i64),
    among: Option<&[SlotId]>,
) -> Vec<SlotId> {
    let renewed = renewing(facts, rules, (start, then), among);
    for slot in &renewed {
        facts.store(*slot, &NewFact::Number(then));
    }
    renewed
}

fn renewing(
    facts: &Facts<'_>,
    rules: &RuleSet,
    (start, then): (i64, i64),
    among: Option<&[SlotId]>,
) -> Vec<SlotId> {
    let mut found = Vec::new();
    let mut evaluator = Evaluator::new(facts, rules, Some(then)).of_few();
    for renewal in &rules.renewals {
        let field = &rules.schema.ty(renewal.ty).fields[renewal.field];
        let Some(at) = field.slot else { continue };
        let within = renewal.within;
        let slots: Vec<SlotId> = match among {
            Some(slots) => {
                let meant = |slot: &&SlotId| facts.field_of(**slot) == (renewal.ty, renewal.field);
                slots.iter().filter(meant).copied().collect()
            }
            None => (0..facts.row_count() as RowId)
                .filter(|row| facts.row(*row).ty == renewal.ty)
                .map(|row| facts.slot_of(row, at))
                .collect(),
        };
        for slot in slots {
            let Fact::Number(time) = facts.read(slot, &field.ty) else { continue };
            let was_fresh = start.saturating_sub(time) < within;
            if !was_fresh || then.saturating_sub(time) < within {
                continue;
            }
            evaluator.set(0, Value::Row(facts.owner(slot)));
            if evaluator.truth(&renewal.condition).0 == Truth::True {
                found.push(slot);
            }
        }
    }
    found
}

/// The first time after the end of a plan at which a rule that passed then would no longer, or the last one that was
/// looked at where there are too many; none where there is no such time.
pub(crate) fn valid_until(
    facts: &mut Facts<'_>,
    rules: &RuleSet,
    start: Option<i64>,
    end: i64,
) -> Option<i64> {
    let mut instants: Vec<i64> = instants(facts, rules, end).into_iter().collect();
    let most = (ROWS / facts.row_count().max(1)).max(1);
    let beyond = instants.len() > most;
    instants.truncate(most);
    let last = instants.last().copied();
    let timely = timely(rules);
    let before = standing(facts, rules, &timely, end);
    for at in instants {
        // `now < t` turns at the time, `now <= t` just after it.
        for then in [at, at.saturating_add(1)] {
            let mark = facts.mark();
            pass(facts, rules, start, then);
            let now = standing(facts, rules, &timely, then);
            facts.rollback(mark);
            if !now.is_subset(&before) {
                return Some(at);
            }
        }
    }
    last.filter(|_| beyond)
}

/// Whether other findings stand against the gate at a later time, before any step is taken.
pub(crate) fn turns(
    facts: &mut Facts<'_>,
    rules: &RuleSet,
    start: Option<i64>,
    (judged, end): (i64, i64),
) -> bool {
    let timely = timely(rules);
    let mut at = |then: i64| {
        let mark = facts.mark();
        pass(facts, rules, start, then);
        let standing = standing(facts, rules, &timely, then);
        facts.rollback(mark);
        standing
    };
    at(judged) != at(end)
}

/// The rules that keep the gate shut and whose outcomes may change by time alone.
fn timely(rules: &RuleSet) -> Vec<usize> {
    let all = rules.rules.iter().enumerate();
    all.filter(|(_, rule)| rule.level == Level::Error && minds_time(rule, rules))
        .map(|(index, _)| index)
        .collect()
}

/// What stands against the gate by some rules.
fn standing(facts: &Facts<'_>, rules: &RuleSet, among: &[usize], now: i64) -> BTreeSet<FindingKey> {
    let mut standing = BTreeSet::new();
    let mut evaluator = Evaluator::new(facts, rules, Some(now));
    for index in among {
        evaluator.run(*index, &mut |seen| {
            if !matches!(seen.outcome, Outcome::Pass | Outcome::NotApplicable) {
                standing.insert(key(&seen.raw()));
            }
        });
    }
    standing
}
