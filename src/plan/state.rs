//! The facts while a plan runs, and what is open on them.
//!
//! Owns the copy of the facts that steps change, and the findings still open after each; after a change only what it
//! touches is evaluated again. Does not choose steps.

use std::collections::BTreeMap;

use crate::builtins::value::Key;
use crate::compile::ir::{Level, RuleSet};
use crate::evaluate::expr::Evaluator;
use crate::evaluate::run::Bound;
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
    touch: Touch,
    references: References,
    /// How many times a rule was run again.
    pub evaluations: usize,
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
    mark: usize,
}

/// The key of an outcome.
pub fn key(raw: &Raw<'_>) -> FindingKey {
    let bindings = raw.bindings.iter().map(|(_, value)| Key::of(value, false).unwrap_or(Key::None));
    (raw.rule, bindings.collect(), raw.open)
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
            .map(|finding| Raw {
                rule: finding.rule,
                outcome: finding.outcome,
                bindings: finding.bindings.clone(),
                open: finding.open,
            });
        let open = raws.map(|raw| (key(&raw), raw)).collect();
        let references = References::new(facts);
        Self {
            facts: facts.clone(),
            rules,
            now,
            open,
            touch: Touch::new(rules),
            references,
            evaluations: 0,
        }
    }

    /// Carries out a step; `None`, with nothing changed, where an effect cannot be carried out.
    pub fn apply(&mut self, spec: &Spec<'a>) -> Option<Applied<'a>> {
        let mark = self.facts.mark();
        let Some(done) = step::apply(&mut self.facts, self.rules, self.now, spec) else {
            self.facts.rollback(mark);
            return None;
        };
        let changed = self.facts.changed_since(mark);
        let (closed, opened) = self.evaluate_again(&changed);
        Some(Applied { done, changed, closed, opened, mark })
    }

    /// Takes a step back.
    pub fn undo(&mut self, applied: Applied<'a>) {
        self.facts.rollback(applied.mark);
        for key in &applied.opened {
            self.open.remove(key);
        }
        self.open.extend(applied.closed);
    }

    fn evaluate_again(&mut self, changed: &[SlotId]) -> (Open<'a>, Vec<FindingKey>) {
        self.references.update(changed, &self.facts);
        let mut evaluator = Evaluator::new(&self.facts, self.rules, self.now);
        let (mut closed, mut opened) = (Open::new(), Vec::new());
        for (index, rule) in self.rules.rules.iter().enumerate() {
            if rule.level != Level::Error {
                continue;
            }
            let subjects = self.touch.subjects(index, changed, &self.facts, &mut self.references);
            let mut found: Open<'a> = Open::new();
            let mut sink = |seen: Bound<'_, 'a>| {
                if !matches!(seen.outcome, Outcome::Pass | Outcome::NotApplicable) {
                    let raw = seen.raw();
                    found.insert(key(&raw), raw);
                }
            };
            let touched = |raw: &Raw<'a>| match &subjects {
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
            let range = (index, Vec::new(), None)..(index + 1, Vec::new(), None);
            let before: Vec<FindingKey> = self
                .open
                .range(range)
                .filter(|(_, raw)| touched(raw))
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
        (closed, opened)
    }
}
