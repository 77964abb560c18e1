//! The steps that open findings ask for.
//!
//! Owns which fix of a finding is meant next, and the stable order of those that could be taken. Takes none.

use rustc_hash::FxHashMap;

use crate::builtins::value::{Key, Value};
use crate::evaluate::expr::Evaluator;
use crate::evaluate::truth::Truth;
use crate::evaluate::{Outcome, show};
use crate::plan::Planner;
use crate::plan::state::FindingKey;
use crate::plan::step::{self, Spec};
use crate::schema::types::Type;

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
            let mut preferred: Option<Spec<'a>> = None;
            let mut alternatives = Vec::new();
            for fix in &rule.fixes {
                let arguments: Vec<Value<'a>> =
                    fix.arguments.iter().map(|argument| evaluator.eval(argument).0).collect();
                if arguments.iter().any(|value| matches!(value, Value::Unknown | Value::None)) {
                    continue;
                }
                let spec = Spec { remedy: fix.remedy, arguments };
                if preferred.is_some() {
                    alternatives.push(rules.remedies[spec.remedy].name.clone());
                } else if self.allows(&spec)
                    && !self.tried.contains_key(&(key.clone(), spec.key()))
                    && suits(&spec)
                {
                    preferred = Some(spec);
                }
            }
            let Some(spec) = preferred else { continue };
            match places.get(&spec.key()) {
                Some(at) => {
                    found[*at].findings.push(key.clone());
                    found[*at].alternatives.retain(|name| alternatives.contains(name));
                }
                None => {
                    places.insert(spec.key(), found.len());
                    found.push(Candidate { spec, findings: vec![key.clone()], alternatives });
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
