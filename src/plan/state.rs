//! The facts while a plan runs, and what is open on them.
//!
//! Owns the copy of the facts that steps change, and the findings still open after each; after a change only what it
//! touches is evaluated again. Does not choose steps.

use std::collections::BTreeMap;

use rustc_hash::FxHashSet;

use crate::builtins::value::Key;
use crate::compile::ir::{Level, RuleSet};
use crate::evaluate::expr::Evaluator;
use crate::evaluate::reach::Reach;
use crate::evaluate::run::Bound;
use crate::evaluate::touch::values::Values;
use crate::evaluate::touch::{References, Subjects, Touch};
use crate::evaluate::{Finding, Outcome, Raw, subject};
use crate::facts::{Facts, SlotId};
use crate::plan::step::{self, Done, Spec};

/// What makes two open findings the same: the rule, what its names are bound to, and a list that is not known.
pub type FindingKey = (usize, Vec<Key>, Option<usize>);

/// What is open, by rule and binding.
pub type Open<'a> = BTreeMap<FindingKey, Raw<'a>>;

/// The facts and what is open on them.
pub struct State<'a, 'r> {
    /// The facts, as changed so far.
    pub facts: Facts<'a>,
    /// The rules.
    pub rules: &'r RuleSet,
    /// The time.
    pub now: Option<i64>,
    /// What is open.
    pub open: Open<'a>,
    touch: Touch<'r>,
    pub(crate) references: References,
    values: Values,
    /// Whether some references are not known before the first step.
    pub(crate) open_ends: bool,
    /// How many times a rule was run again.
    pub evaluations: usize,
    /// What was open before the first step, in order, and where each rule begins there.
    first: Vec<(FindingKey, Raw<'a>)>,
    by_rule: Vec<usize>,
    start: usize,
}

/// What a step changed.
pub struct Applied<'a> {
    /// Choices and edits.
    pub done: Done,
    /// Slots that were changed.
    pub changed: Vec<SlotId>,
    /// Findings that are no longer open, as they were.
    pub closed: Open<'a>,
    /// Findings that are open now and were not before.
    pub opened: Vec<FindingKey>,
    /// Findings that were open before the first step and were looked at again, by their places among those.
    pub touched: Vec<u32>,
    mark: usize,
}

/// The key of an outcome.
pub fn key(raw: &Raw<'_>) -> FindingKey {
    let bindings = raw.bindings.iter().map(|(_, value)| Key::of(value, false).unwrap_or(Key::None));
    (raw.rule, bindings.collect(), raw.open)
}

/// An outcome as it was before it was explained.
pub fn raw<'a>(finding: &Finding<'a>) -> Raw<'a> {
    Raw {
        rule: finding.rule,
        outcome: finding.outcome,
        bindings: finding.bindings.clone(),
        open: finding.open,
    }
}

/// The key of a finding.
pub fn key_of(finding: &Finding<'_>) -> FindingKey {
    let bindings =
        finding.bindings.iter().map(|(_, value)| Key::of(value, false).unwrap_or(Key::None));
    (finding.rule, bindings.collect(), finding.open)
}

impl<'a, 'r> State<'a, 'r> {
    /// The state before the first step.
    pub fn new(
        facts: &Facts<'a>,
        rules: &'r RuleSet,
        now: Option<i64>,
        findings: &[Finding<'a>],
    ) -> Self {
        let raws = findings
            .iter()
            .filter(|finding| rules.rules[finding.rule].level == Level::Error)
            .map(raw);
        let open: Open<'a> = raws.map(|raw| (key(&raw), raw)).collect();
        let references = References::new(facts);
        let (touch, mut values) = (Touch::new(rules), Values::default());
        touch.watch(&mut values, facts);
        let units = rules.schema.unit.map_or(&[][..], |unit| facts.entities(unit));
        // Nobody asks who is blocked where nothing is open.
        let open_ends = !open.is_empty() && Reach::new(facts, units).is_open();
        let start = facts.mark();
        let mut facts = facts.clone();
        facts.record_changes();
        let first: Vec<(FindingKey, Raw<'a>)> =
            open.iter().map(|(key, raw)| (key.clone(), raw.clone())).collect();
        let by_rule = (0..=rules.rules.len())
            .map(|rule| first.partition_point(|(key, _)| key.0 < rule))
            .collect();
        Self {
            facts,
            rules,
            now,
            first,
            by_rule,
            open,
            touch,
            references,
            values,
            open_ends,
            evaluations: 0,
            start,
        }
    }

    /// Goes back to before the first step.
    pub fn reset(&mut self) {
        self.facts.rollback(self.start);
        self.open = self.first.iter().cloned().collect();
    }

    /// Carries out a step; `None`, with nothing changed, where an effect cannot be carried out.
    pub fn apply(&mut self, spec: &Spec<'a>) -> Option<Applied<'a>> {
        let mark = self.facts.mark();
        let doubts = self.touch.doubts(&mut self.evaluator());
        let values = Some(&self.values);
        let Some(done) = step::apply_watched(&mut self.facts, self.rules, self.now, spec, values)
        else {
            self.facts.rollback(mark);
            return None;
        };
        let changed = self.facts.changed_since(mark);
        let again = self.evaluate_again(&changed, &doubts);
        Some(Applied {
            done,
            changed,
            closed: again.closed,
            opened: again.opened,
            touched: again.touched,
            mark,
        })
    }

    /// Takes a step back.
    pub fn undo(&mut self, applied: Applied<'a>) {
        self.facts.rollback(applied.mark);
        for key in &applied.opened {
            self.open.remove(key);
        }
        self.open.extend(applied.closed);
    }

    fn evaluator(&self) -> Evaluator<'_, 'a, 'r> {
        Evaluator::new(&self.facts, self.rules, self.now).watching(Some(&self.values))
    }

    fn evaluate_again(&mut self, changed: &[SlotId], doubts: &FxHashSet<usize>) -> Again<'a> {
        self.references.update(changed, &self.facts);
        self.values.update(&self.facts);
        let evaluator = Evaluator::new(&self.facts, self.rules, self.now);
        let mut evaluator = evaluator.watching(Some(&self.values));
        let doubtful = self.touch.doubts(&mut evaluator);
        let turned = doubts.symmetric_difference(&doubtful).copied().collect();
        let Again { mut closed, mut opened, mut touched } = Again::default();
        for (index, rule) in self.rules.rules.iter().enumerate() {
            if rule.level != Level::Error {
                continue;
            }
            let subjects = self.touch.subjects(
                index,
                changed,
                &turned,
                &self.facts,
                &self.references,
                &self.values,
            );
            let mut found: Open<'a> = Open::new();
            let mut sink = |seen: Bound<'_, 'a>| {
                if !matches!(seen.outcome, Outcome::Pass | Outcome::NotApplicable) {
                    let raw = seen.raw();
                    found.insert(key(&raw), raw);
                }
            };
            let is_touched = |raw: &Raw<'a>| match &subjects {
                Subjects::None => false,
                Subjects::All => true,
                // What has no subject is about a list, which any change may touch.
                Subjects::Some(rows) => {
                    subject(&raw.bindings).is_none_or(|row| rows.contains(&row))
                }
            };
            match &subjects {
                Subjects::None => continue,
                Subjects::All => evaluator.run(index, &mut sink),
                Subjects::Some(rows) => evaluator.run_for(index, rows, &mut sink),
            }
            self.evaluations += 1;
            let first = self.first[self.by_rule[index]..self.by_rule[index + 1]].iter();
            let again =
                first.zip(self.by_rule[index] as u32..).filter(|((_, raw), _)| is_touched(raw));
            touched.extend(again.map(|(_, place)| place));
            let range = (index, Vec::new(), None)..(index + 1, Vec::new(), None);
            let before: Vec<FindingKey> = self
                .open
                .range(range)
                .filter(|(_, raw)| is_touched(raw))
                .map(|(key, _)| key.clone())
                .collect();
            for key in before {
                if !found.contains_key(&key)
                    && let Some(raw) = self.open.remove(&key)
                {
                    closed.insert(key, raw);
                }
            }
            for (key, raw) in found {
                if let Some(before) = self.open.insert(key.clone(), raw) {
                    let same = self.open.get(&key).is_some_and(|now| now.outcome == before.outcome);
                    if !same {
                        // It is open still, but in another way: undoing needs the way it was.
                        closed.insert(key.clone(), before);
                        opened.push(key);
                    }
                } else {
                    opened.push(key);
                }
            }
        }
        Again { closed, opened, touched }
    }
}

/// What came of evaluating again.
#[derive(Default)]
struct Again<'a> {
    closed: Open<'a>,
    opened: Vec<FindingKey>,
    touched: Vec<u32>,
}
