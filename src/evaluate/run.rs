//! Running one rule over what its names can be bound to.
//!
//! Owns the bindings, the outcome of each, and the units that an outcome blocks. Which rules run, and what is told of
//! their outcomes, is decided in `evaluate`.

use rustc_hash::FxHashSet;

use crate::builtins::value::{Extent, Silent, Value};
use crate::compile::ir::{Kind, LocalId, Rule};
use crate::evaluate::expr::Evaluator;
use crate::evaluate::reach::Reach;
use crate::evaluate::truth::Truth;
use crate::evaluate::{Outcome, Raw, subject};
use crate::facts::{Fact, NO_NODE, ROOT, RowId};
use crate::schema::types::Type;

/// An outcome where it comes up: most are only counted, so nothing is copied for them.
pub struct Bound<'b, 'a> {
    /// Index of the rule.
    pub rule: usize,
    /// Outcome.
    pub outcome: Outcome,
    /// What the `for`s are bound to.
    pub bindings: &'b [(LocalId, Value<'a>)],
    /// The `for` whose list is not known, where that is the trouble.
    pub open: Option<usize>,
    /// How many bindings have it; more than one only for those that a rule does not apply to.
    pub times: usize,
}

impl<'a> Bound<'_, 'a> {
    /// The outcome with what belongs to it, to be kept.
    pub fn raw(&self) -> Raw<'a> {
        Raw {
            rule: self.rule,
            outcome: self.outcome,
            bindings: self.bindings.to_vec(),
            open: self.open,
        }
    }
}

/// The list of a `for` may hold something that is not known.
fn unknown<'b, 'a>(rule: usize, at: usize, bindings: &'b [(LocalId, Value<'a>)]) -> Bound<'b, 'a> {
    Bound { rule, outcome: Outcome::Unknown, bindings, open: Some(at), times: 1 }
}

impl<'a> Evaluator<'_, 'a, '_> {
    /// Runs one rule over all its bindings.
    pub fn run(&mut self, index: usize, sink: &mut dyn FnMut(Bound<'_, 'a>)) {
        let rules = self.rules;
        self.bind(index, &rules.rules[index], 0, &mut Vec::new(), sink);
    }

    /// Runs one rule for some subjects only.
    pub fn run_for(
        &mut self,
        index: usize,
        subjects: &FxHashSet<RowId>,
        sink: &mut dyn FnMut(Bound<'_, 'a>),
    ) {
        let rules = self.rules;
        let rule = &rules.rules[index];
        let Some(first) = rule.bindings.first().filter(|binding| binding.each) else {
            return self.run(index, sink);
        };
        let held = match &first.value.kind {
            Kind::Field { base: None, slot, .. } => Some(self.facts.slot_of(ROOT, *slot)),
            Kind::Field { base: Some(base), slot, .. } => match self.eval(base).0 {
                Value::Row(row) => Some(self.facts.slot_of(row, *slot)),
                _ => None,
            },
            _ => None,
        };
        let Some(held) = held else { return self.run(index, sink) };
        let (ty, field) = self.facts.field_of(held);
        let element = rules.schema.ty(ty).fields[field].ty.element().cloned();
        let Some(Type::Row(element)) = element else { return self.run(index, sink) };
        if matches!(self.facts.read(held, &rules.schema.ty(ty).fields[field].ty), Fact::Unknown) {
            return self.run(index, sink);
        }
        if self.facts.is_damaged(held) {
            sink(unknown(index, 0, &[]));
        }
        let mut rows: Vec<RowId> = subjects.iter().copied().collect();
        rows.sort_unstable();
        for row in rows {
            let data = self.facts.row(row);
            let listed = data.ty == element && data.via == held;
            if !listed || (data.node == NO_NODE && !self.facts.entities(element).contains(&row)) {
                continue;
            }
            self.set(first.local, Value::Row(row));
            let mut bound = vec![(first.local, Value::Row(row))];
            self.bind(index, rule, 1, &mut bound, sink);
        }
    }

    fn bind(
        &mut self,
        index: usize,
        rule: &Rule,
        at: usize,
        bound: &mut Vec<(LocalId, Value<'a>)>,
        sink: &mut dyn FnMut(Bound<'_, 'a>),
    ) {
        let Some(binding) = rule.bindings.get(at) else {
            let outcome = self.outcome(rule);
            sink(Bound { rule: index, outcome, bindings: bound, open: None, times: 1 });
            return;
        };
        let (value, _) = self.value_of::<Silent>(&binding.value);
        if !binding.each {
            let before = std::mem::replace(&mut self.frame[binding.local as usize], value);
            self.bind(index, rule, at + 1, bound, sink);
            self.frame[binding.local as usize] = before;
            return;
        }
        match value {
            Value::List(list) => {
                let last = at + 1 == rule.bindings.len();
                let concerned = match self.summing && last && at > 0 {
                    true => self.concerned(rule, binding.local, &list),
                    false => None,
                };
                if let Some(places) = concerned {
                    for at in &places {
                        let item = &list.items[*at];
                        self.frame[binding.local as usize] = item.clone();
                        bound.push((binding.local, item.clone()));
                        let outcome = self.outcome(rule);
                        sink(Bound { rule: index, outcome, bindings: bound, open: None, times: 1 });
                        bound.pop();
                    }
                    let times = list.items.len() - places.len();
                    if times > 0 {
                        let outcome = Outcome::NotApplicable;
                        sink(Bound { rule: index, outcome, bindings: bound, open: None, times });
                    }
                    return;
                }
                for item in &list.items {
                    if matches!(item, Value::Unknown) {
                        sink(unknown(index, at, bound));
                        continue;
                    }
                    self.frame[binding.local as usize] = item.clone();
                    bound.push((binding.local, item.clone()));
                    if last {
                        let outcome = self.outcome(rule);
                        sink(Bound { rule: index, outcome, bindings: bound, open: None, times: 1 });
                    } else {
                        self.bind(index, rule, at + 1, bound, sink);
                    }
                    bound.pop();
                }
                if list.extent == Extent::Open {
                    sink(unknown(index, at, bound));
                }
            }
            Value::None => {}
            _ => sink(unknown(index, at, bound)),
        }
    }

    /// The outcome of a rule with its names bound.
    pub fn outcome(&mut self, rule: &Rule) -> Outcome {
        let filter =
            rule.filter.as_ref().map_or(Truth::True, |filter| self.truth_of::<Silent>(filter).0);
        if filter == Truth::False {
            return Outcome::NotApplicable;
        }
        let holds = self.truth_of::<Silent>(&rule.condition).0;
        let holds = if rule.negated { !holds } else { holds };
        match (filter, holds) {
            (_, Truth::True) => Outcome::Pass,
            (Truth::True, Truth::False) => match self.grace(rule) {
                Some(None) => Outcome::Unknown,
                Some(Some(until)) if self.now.is_some_and(|now| now < until) => Outcome::Pending,
                Some(Some(_)) if self.now.is_none() => Outcome::Unknown,
                _ => Outcome::Fail,
            },
            _ => Outcome::Unknown,
        }
    }

    /// When the grace of a failure ends: none where the rule has none, `Some(None)` where it is not known.
    pub fn grace(&mut self, rule: &Rule) -> Option<Option<i64>> {
        rule.grace.as_ref().map(|grace| match self.eval(grace).0 {
            Value::Number(until) => Some(until),
            // No such time: there is nothing to wait for.
            Value::None => Some(i64::MIN),
            _ => None,
        })
    }

    /// The units that are spoken of, in the order of the description.
    pub fn units(&mut self) -> Vec<RowId> {
        let Some(ty) = self.rules.schema.unit else { return Vec::new() };
        let rows = self.facts.entities(ty).to_vec();
        let Some(filter) = &self.rules.unit_filter else { return rows };
        rows.into_iter()
            .filter(|row| {
                self.set(0, Value::Row(*row));
                self.truth(filter).0 != Truth::False
            })
            .collect()
    }

    /// The units that a finding with these bindings blocks.
    pub fn blocked(
        &mut self,
        raw: &Raw<'a>,
        units: &[RowId],
        reach: &mut Option<Reach>,
    ) -> Vec<RowId> {
        let rules = self.rules;
        let rule = &rules.rules[raw.rule];
        if let (Some(blocks), None) = (&rule.blocks, raw.open) {
            self.rebind(raw);
            // Who may be concerned is blocked, too: what is not known must not let anyone go.
            let Some(rows) = self.possible_rows(blocks) else { return units.to_vec() };
            let rows: FxHashSet<RowId> = rows.into_iter().collect();
            return units.iter().copied().filter(|unit| rows.contains(unit)).collect();
        }
        match subject(&raw.bindings) {
            None => units.to_vec(),
            Some(subject) => {
                let entity = self.facts.entity_of(subject);
                if Some(self.facts.row(entity).ty) == rules.schema.unit {
                    return if units.binary_search(&entity).is_ok() {
                        vec![entity]
                    } else {
                        Vec::new()
                    };
                }
                let reach = reach.get_or_insert_with(|| Reach::new(self.facts, units));
                reach.blocked(entity)
            }
        }
    }

    /// Binds the names of an outcome again.
    pub fn rebind(&mut self, raw: &Raw<'a>) {
        let rules = self.rules;
        for (local, value) in &raw.bindings {
            self.set(*local, value.clone());
        }
        let last = raw.open.unwrap_or(usize::MAX);
        for (at, binding) in rules.rules[raw.rule].bindings.iter().enumerate() {
            if !binding.each && at < last {
                let (value, note) = self.eval(&binding.value);
                self.bind_local(binding.local, value, note);
            }
        }
    }
}
