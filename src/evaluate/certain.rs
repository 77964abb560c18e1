//! What cannot pass, whatever is found out: it closes the gate, though some of what decides it is not known.
//!
//! Owns the second look at what is unknown, one finding at a time. Either only the end of a grace is not known, of a rule
//! that does not hold; or each value that its unknown facts may have leaves it open. `kind: cable | radio`, not known:
//! with either of them the port is closed. Facts with more values than can be tried stay unknown.

use std::collections::BTreeSet;

use crate::compile::ir::Level;
use crate::evaluate::explain::outcome_note;
use crate::evaluate::expr::Evaluator;
use crate::evaluate::questions::is_open;
use crate::evaluate::truth::Truth;
use crate::evaluate::{Finding, Outcome, Raw};
use crate::facts::change::NewFact;
use crate::facts::{Fact, Facts, SlotId};
use crate::schema::types::Type;

/// Most combinations of values that are tried for one finding.
const COMBINATIONS: usize = 64;

/// Most rows that are looked at for all of them: each combination may have to look at all there are. What comes after
/// stays unknown, which keeps the gate closed, too.
const ROWS: usize = 5_000_000;

/// Marks the findings that cannot pass; where only outcomes are wanted and one failed, it makes no difference.
pub(super) fn mark<'a>(
    evaluator: &mut Evaluator<'_, 'a, '_>,
    findings: &mut [Finding<'a>],
    brief: bool,
) {
    let rules = evaluator.rules;
    let is_closing = |finding: &Finding<'_>| rules.rules[finding.rule].level == Level::Error;
    let is_closed = |finding: &Finding<'_>| is_closing(finding) && finding.outcome == Outcome::Fail;
    if brief && findings.iter().any(is_closed) {
        return;
    }
    let mut rows = ROWS;
    let mut filled: Option<Facts<'a>> = None;
    for finding in findings.iter_mut().filter(|finding| is_closing(finding)) {
        if finding.outcome != Outcome::Unknown || finding.open.is_some() || finding.cannot_pass {
            continue;
        }
        let raw = finding.raw();
        let open = open_slots(evaluator, finding, brief);
        let values = values(evaluator.facts, open);
        let combinations: usize = values.iter().map(|(_, values)| values.len()).product();
        let cost = combinations * evaluator.facts.row_count();
        if values.is_empty() || cost > rows {
            continue;
        }
        rows -= cost;
        let facts = filled.get_or_insert_with(|| evaluator.facts.clone());
        finding.cannot_pass = (0..combinations).all(|number| {
            let mark = facts.mark();
            let mut number = number;
            for (slot, values) in &values {
                facts.store(*slot, &values[number % values.len()]);
                number /= values.len();
            }
            let mut then = Evaluator::new(facts, rules, evaluator.now);
            then.rebind(&raw);
            let outcome = then.outcome(&rules.rules[raw.rule]);
            let stays = match outcome {
                Outcome::Fail | Outcome::Pending | Outcome::Waived => true,
                Outcome::Unknown => then.does_not_hold(&Raw { outcome, ..raw.clone() }),
                Outcome::Pass | Outcome::NotApplicable => false,
            };
            facts.rollback(mark);
            stays
        });
        if finding.cannot_pass && !brief {
            finding.message.push_str("; whatever the answer is, it does not hold");
        }
    }
}

/// The unknown facts that decide a finding.
fn open_slots<'a>(
    evaluator: &mut Evaluator<'_, 'a, '_>,
    finding: &Finding<'a>,
    brief: bool,
) -> BTreeSet<SlotId> {
    if !brief {
        return finding.evidence.iter().map(|evidence| evidence.slot).collect();
    }
    let raw = finding.raw();
    evaluator.rebind(&raw);
    evaluator.trace(true);
    let note = outcome_note(evaluator, &evaluator.rules.rules[raw.rule], &raw);
    evaluator.trace(false);
    let facts = evaluator.facts;
    note.uses().iter().filter(|usage| is_open(usage, facts)).map(|usage| usage.slot()).collect()
}

/// The facts of which few values are possible, with those, as long as not too many combinations come of them.
fn values(facts: &Facts<'_>, slots: BTreeSet<SlotId>) -> Vec<(SlotId, Vec<NewFact>)> {
    let mut found = Vec::new();
    let mut combinations = 1;
    for slot in slots {
        let (ty, field) = facts.field_of(slot);
        let ty = &facts.schema().ty(ty).fields[field].ty;
        let mut values: Vec<NewFact> = match ty.present() {
            Type::Bool => [true, false].map(NewFact::Bool).into(),
            Type::Words(words) => words.iter().map(|word| NewFact::Word(*word)).collect(),
            _ => continue,
        };
        if matches!(ty, Type::OrNone(_)) {
            values.push(NewFact::Absent);
        }
        let is_known = !matches!(facts.read(slot, ty), Fact::Unknown);
        if is_known || combinations * values.len() > COMBINATIONS {
            continue;
        }
        combinations *= values.len();
        found.push((slot, values));
    }
    found
}

impl<'a> Evaluator<'_, 'a, '_> {
    /// Whether an outcome is unknown only as it is not known until when a failure is pending.
    pub(super) fn does_not_hold(&mut self, raw: &Raw<'a>) -> bool {
        let rules = self.rules;
        let rule = &rules.rules[raw.rule];
        if raw.outcome != Outcome::Unknown || raw.open.is_some() || rule.grace.is_none() {
            return false;
        }
        self.rebind(raw);
        let filter = rule.filter.as_ref().map_or(Truth::True, |filter| self.truth(filter).0);
        let holds = self.truth(&rule.condition).0;
        filter == Truth::True && (if rule.negated { !holds } else { holds }) == Truth::False
    }
}
