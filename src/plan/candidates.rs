//! The steps that open findings ask for.
//!
//! Owns which fix of a finding is meant next, and the stable order of those that could be taken. Takes none.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::builtins::value::{Key, Value};
use crate::compile::ir::{Expr, Fix, Rule, UNFORESEEN};
use crate::evaluate::expr::Evaluator;
use crate::evaluate::reach::Blocking;
use crate::evaluate::truth::Truth;
use crate::evaluate::{Outcome, show};
use crate::plan::Planner;
use crate::plan::state::FindingKey;
use crate::plan::step::{self, Spec};
use crate::schema::types::Type;

/// The steps of a fix whose arguments are known.
pub(crate) fn specs<'a>(
    fix: &Fix,
    evaluator: &mut Evaluator<'_, 'a, '_>,
) -> impl Iterator<Item = Spec<'a>> + use<'a> {
    let remedy = fix.remedy;
    let asked = evaluator.asked(fix).into_iter().flatten();
    let known = |arguments: &Vec<Value<'a>>| {
        !arguments.iter().any(|value| matches!(value, Value::Unknown | Value::None))
    };
    asked.filter(known).map(move |arguments| Spec::act(remedy, arguments))
}

/// A step that some findings ask for.
pub(crate) struct Candidate<'a> {
    pub(crate) spec: Spec<'a>,
    pub(crate) findings: Vec<FindingKey>,
    pub(crate) alternatives: Vec<String>,
}

impl<'a> Planner<'a, '_, '_> {
    /// The preferred step of each open finding that has not been tried for it, shared steps once, in stable order.
    pub(crate) fn candidates(&self) -> Vec<Candidate<'a>> {
        self.fixes(&|_| true)
    }

    /// The first step of each open finding that can start now and destroys nothing: what does as well where the
    /// preferred one cannot start.
    pub(crate) fn others(&self) -> Vec<Candidate<'a>> {
        let rules = self.state.rules;
        self.fixes(&|spec| {
            let (facts, now) = (&self.state.facts, self.state.now);
            rules.remedies[spec.remedy].consent.is_none()
                && step::needs(facts, rules, now, spec, false).0 == Truth::True
        })
    }

    /// Whether a finding asks for a step still: what is to be done for each of some elements is done for one of them
    /// where the finding no longer speaks of it. Where it is not known of whom it speaks, somebody has to be helped.
    pub(crate) fn asks_for(&self, key: &FindingKey, spec: &Spec<'a>) -> bool {
        let Some(raw) = self.state.open.get(key) else { return false };
        let rule = &self.state.rules.rules[raw.rule];
        let fixes: Vec<&Fix> = rule.fixes.iter().filter(|fix| fix.remedy == spec.remedy).collect();
        let mut evaluator = self.state.evaluator();
        evaluator.rebind(raw);
        let wanted = Spec { waits: None, ..spec.clone() }.key();
        let mut is_known = true;
        for fix in &fixes {
            let Some(each) = &fix.each else { return true };
            let Some(asked) = evaluator.asked(fix) else { return true };
            let mut asked = asked.into_iter().map(|arguments| Spec::act(fix.remedy, arguments));
            if asked.any(|asked| asked.key() == wanted) {
                return true;
            }
            is_known &= evaluator.knows_all(&each.value);
        }
        if is_known {
            return fixes.is_empty();
        }
        let former = self.blocks.get(key).map_or(&[][..], Vec::as_slice);
        let mut blocking = Blocking::new(&self.units, FxHashSet::default());
        let now = evaluator.blocked(raw, &mut blocking).all;
        former.iter().all(|unit| now.contains(unit))
    }

    /// Until when a failure with a grace may still pass by itself, where something says what is waited for: the grace
    /// is not over when the last step is done by which it is counted.
    fn pending_until(&self, rule: &Rule, evaluator: &mut Evaluator<'_, 'a, '_>) -> Option<i64> {
        let remedies = &self.state.rules.remedies;
        let hope = rule.fixes.iter().any(|fix| !remedies[fix.remedy].expects.is_empty());
        let grace = rule.grace.as_deref().filter(|_| hope)?;
        self.ends_later(grace, evaluator)
    }

    /// The time that a grace tells, where it is later than the start and all steps that made what tells it.
    pub(crate) fn ends_later(
        &self,
        grace: &Expr,
        evaluator: &mut Evaluator<'_, 'a, '_>,
    ) -> Option<i64> {
        evaluator.trace(true);
        let (value, note) = evaluator.eval(grace);
        evaluator.trace(false);
        let until = match value {
            Value::Number(until) if until != UNFORESEEN => until,
            _ => return None,
        };
        let ends = note.uses().into_iter().filter_map(|usage| {
            let writer = self.order.writer_of(usage.slot())?;
            self.taken[writer].step.ends_at
        });
        (Some(until) > ends.max().max(self.clock.start)).then_some(until)
    }

    fn fixes(&self, suits: &dyn Fn(&Spec<'a>) -> bool) -> Vec<Candidate<'a>> {
        let rules = self.state.rules;
        let mut found: Vec<Candidate<'a>> = Vec::new();
        let mut places: FxHashMap<(usize, Vec<Key>), usize> = FxHashMap::default();
        let mut evaluator = Evaluator::new(&self.state.facts, rules, self.state.now);
        for (key, raw) in &self.state.open {
            if !matches!(raw.outcome, Outcome::Fail | Outcome::Pending) || !self.concerns(key) {
                continue;
            }
            evaluator.rebind(raw);
            let rule = &rules.rules[raw.rule];
            // Several where a remedy is to be done for each of some elements.
            let mut preferred: Vec<Spec<'a>> = Vec::new();
            let mut alternatives = Vec::new();
            let waits = self.pending_until(rule, &mut evaluator);
            for fix in &rule.fixes {
                let is_hope = !rules.remedies[fix.remedy].expects.is_empty();
                if waits.is_some() && !is_hope {
                    continue;
                }
                let wait = move |spec| Spec { waits, ..spec };
                let mut specs = specs(fix, &mut evaluator).map(wait).peekable();
                if !preferred.is_empty() {
                    alternatives
                        .extend(specs.peek().map(|spec| rules.remedies[spec.remedy].name.clone()));
                    continue;
                }
                let specs = specs.filter(|spec| {
                    self.allows(spec)
                        && !self.tried.contains_key(&(key.clone(), spec.key()))
                        && suits(spec)
                });
                preferred.extend(specs);
            }
            for spec in preferred {
                match places.get(&spec.key()) {
                    Some(at) => {
                        found[*at].findings.push(key.clone());
                        found[*at].alternatives.retain(|name| alternatives.contains(name));
                    }
                    None => {
                        places.insert(spec.key(), found.len());
                        let (findings, alternatives) = (vec![key.clone()], alternatives.clone());
                        found.push(Candidate { spec, findings, alternatives });
                    }
                }
            }
        }
        // Shared entities before single units, then the order of declaration, then the key.
        found.sort_by_cached_key(|candidate| {
            let single = candidate
                .findings
                .iter()
                .all(|key| self.blocks.get(key).is_some_and(|units| units.len() == 1));
            let names = candidate
                .spec
                .arguments
                .iter()
                .map(|value| show::value(value, &Type::Text, &self.state.facts));
            (single, candidate.spec.remedy, names.collect::<Vec<_>>())
        });
        found
    }
}
