//! Running one rule over what its names can be bound to.
//!
//! Owns the bindings, the outcome of each, and the units that an outcome blocks. Which rules run, and what is told of
//! their outcomes, is decided in `evaluate`.

use std::sync::Arc;

use rustc_hash::FxHashSet;

use crate::builtins::value::{Extent, Silent, Value};
use crate::compile::ir::{Expr, Fix, Kind, Level, LocalId, Rule};
use crate::evaluate::block::elements::append_rows;
use crate::evaluate::block::{BLOCK, Block, reads_only};
use crate::evaluate::expr::Evaluator;
use crate::evaluate::reach::{Blocked, Blocking};
use crate::evaluate::truth::Truth;
use crate::evaluate::{Outcome, Raw, subject};
use crate::facts::{Fact, ROOT, RowId};
use crate::schema::types::{Reading, Type};

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
    /// How many bindings have it; more than one only for those that nothing is told of, where they are
    /// [summed up](Evaluator::sum_up): what the last `for` is bound to is left out then.
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

/// A list of this length is worth being taken in parts.
const WORTH_PARTS: usize = 2 * BLOCK;

/// One of several equal parts of a list.
#[derive(Clone, Copy, Debug)]
pub struct Part {
    at: usize,
    of: usize,
}

impl Part {
    /// All of it.
    pub const WHOLE: Part = Part { at: 0, of: 1 };

    /// The parts, in order, of which none is longer than is looked at together in a list of this length.
    pub fn divide(len: usize) -> impl DoubleEndedIterator<Item = Part> + ExactSizeIterator {
        let of = len.div_ceil(BLOCK).max(1);
        (0..of).map(move |at| Part { at, of })
    }

    fn of(self, len: usize) -> std::ops::Range<usize> {
        len * self.at / self.of..len * (self.at + 1) / self.of
    }

    fn is_last(self) -> bool {
        self.at + 1 == self.of
    }
}

/// The list of a `for` may hold something that is not known.
fn unknown<'b, 'a>(rule: usize, at: usize, bindings: &'b [(LocalId, Value<'a>)]) -> Bound<'b, 'a> {
    Bound { rule, outcome: Outcome::Unknown, bindings, open: Some(at), times: 1 }
}

impl<'a> Evaluator<'_, 'a, '_> {
    /// Runs one rule over all its bindings.
    pub fn run(&mut self, index: usize, sink: &mut dyn FnMut(Bound<'_, 'a>)) {
        self.run_part(index, Part::WHOLE, sink);
    }

    /// Runs one rule over a part of the list of its first `for`; one that is not [divisible](Self::divisible) has only
    /// [the whole](Part::WHOLE).
    pub fn run_part(&mut self, index: usize, part: Part, sink: &mut dyn FnMut(Bound<'_, 'a>)) {
        let rules = self.rules;
        self.bind(index, &rules.rules[index], 0, part, &mut Vec::new(), sink);
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
        if self.facts.may_hold_others(held) {
            sink(unknown(index, 0, &[]));
        }
        let mut rows: Vec<RowId> = subjects.iter().copied().collect();
        rows.sort_unstable();
        for row in rows {
            let data = self.facts.row(row);
            // What a step took out of its list is no longer spoken of.
            let listed = data.ty == element && data.via == held;
            if !listed || self.facts.place_in(held, row).is_none() {
                continue;
            }
            self.set(first.local, Value::Row(row));
            let mut bound = vec![(first.local, Value::Row(row))];
            self.bind(index, rule, 1, Part::WHOLE, &mut bound, sink);
        }
    }

    /// Whether a rule goes through a list that can be taken in parts, and how long that is.
    pub fn divisible(&mut self, index: usize) -> Option<usize> {
        let first = self.rules.rules[index].bindings.first().filter(|binding| binding.each)?;
        let Kind::Field { base, slot, reading: reading @ Reading::List(..), .. } =
            &first.value.kind
        else {
            return None;
        };
        let slot = self.field_slot(base.as_deref(), *slot)?;
        match self.facts.read_as(slot, *reading) {
            Fact::List(list) => Some(self.facts.list_len(list)).filter(|len| *len >= WORTH_PARTS),
            _ => None,
        }
    }

    fn bind(
        &mut self,
        index: usize,
        rule: &Rule,
        at: usize,
        part: Part,
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
            self.bind(index, rule, at + 1, Part::WHOLE, bound, sink);
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
                let items = &list.items[part.of(list.items.len())];
                let lets = &rule.bindings[at + 1..];
                // While somebody listens, facts are asked for in the order of the rule.
                if reads_only(lets, binding.local) && !self.facts.is_listening() {
                    for items in items.chunks(BLOCK) {
                        self.bind_block(index, at, items, bound, sink);
                    }
                } else {
                    items.iter().for_each(|item| self.bind_item(index, at, item, bound, sink));
                }
                // What may be there beside what is listed is spoken of, too; one that is not known stands for it.
                let open = list.extent != Extent::Whole && part.is_last();
                if open && !list.items.iter().any(|item| matches!(item, Value::Unknown)) {
                    sink(unknown(index, at, bound));
                }
            }
            Value::None => {}
            _ => sink(unknown(index, at, bound)),
        }
    }

    /// Binds the name of a `for` to one element.
    fn bind_item(
        &mut self,
        index: usize,
        at: usize,
        item: &Value<'a>,
        bound: &mut Vec<(LocalId, Value<'a>)>,
        sink: &mut dyn FnMut(Bound<'_, 'a>),
    ) {
        if matches!(item, Value::Unknown) {
            sink(unknown(index, at, bound));
            return;
        }
        let rule = &self.rules.rules[index];
        let local = rule.bindings[at].local;
        self.frame[local as usize] = item.clone();
        bound.push((local, item.clone()));
        self.bind(index, rule, at + 1, Part::WHOLE, bound, sink);
        bound.pop();
    }

    /// Binds the name of the last `for` to a block of elements, one after the other.
    fn bind_block(
        &mut self,
        index: usize,
        at: usize,
        items: &[Value<'a>],
        bound: &mut Vec<(LocalId, Value<'a>)>,
        sink: &mut dyn FnMut(Bound<'_, 'a>),
    ) {
        let mut rows = Vec::new();
        if !append_rows(&mut rows, items.iter()) {
            return items.iter().for_each(|item| self.bind_item(index, at, item, bound, sink));
        }
        let rule = &self.rules.rules[index];
        let local = rule.bindings[at].local;
        let block = Block::new(local, &rows, &rule.bindings[at + 1..]);
        let mut outcomes = [Outcome::NotApplicable; BLOCK];
        self.block_outcomes(rule, &block, &mut outcomes);
        let (mut passed, mut apart) = (0, 0);
        for (row, outcome) in rows.iter().zip(outcomes) {
            match outcome {
                Outcome::Pass if self.summing => passed += 1,
                Outcome::NotApplicable if self.summing => apart += 1,
                outcome => {
                    bound.push((local, Value::Row(*row)));
                    sink(Bound { rule: index, outcome, bindings: bound, open: None, times: 1 });
                    bound.pop();
                }
            }
        }
        for (outcome, times) in [(Outcome::Pass, passed), (Outcome::NotApplicable, apart)] {
            if times > 0 {
                sink(Bound { rule: index, outcome, bindings: bound, open: None, times });
            }
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
        self.judged(rule, filter, holds)
    }

    /// The outcome of a rule whose filter is not false, by what holds; its names are bound where that is nothing.
    pub(super) fn judged(&mut self, rule: &Rule, filter: Truth, holds: Truth) -> Outcome {
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
    ///
    /// A failure that closes the gate blocks somebody: where nobody can be named, all that are spoken of, so that none of
    /// them is called ready before a gate that is closed.
    pub fn blocked(&mut self, raw: &Raw<'a>, blocking: &mut Blocking) -> Blocked {
        let named = self.led_to(raw, blocking);
        match named.all.is_empty() && self.closes(raw) {
            true => Blocked::surely(Arc::clone(&blocking.sets.units)),
            false => named,
        }
    }

    /// Whether a finding closes the gate for sure.
    pub fn closes(&self, raw: &Raw<'_>) -> bool {
        raw.outcome == Outcome::Fail && self.rules.rules[raw.rule].level == Level::Error
    }

    /// The units that a rule names, or that lead to its subject.
    fn led_to(&mut self, raw: &Raw<'a>, blocking: &mut Blocking) -> Blocked {
        let units = Arc::clone(&blocking.sets.units);
        let rules = self.rules;
        let rule = &rules.rules[raw.rule];
        if let (Some(blocks), None) = (&rule.blocks, raw.open) {
            self.rebind(raw);
            // Who may be concerned is blocked, too: what is not known must not let anyone go.
            let rows = self.possible_rows(blocks);
            // Of many units a finding mostly blocks a few.
            let spoken_of = |rows: &mut dyn Iterator<Item = RowId>| {
                let mut rows: Vec<RowId> =
                    rows.filter(|row| units.binary_search(row).is_ok()).collect();
                rows.sort_unstable();
                rows
            };
            let sets = &mut blocking.sets;
            let surely = sets.share(spoken_of(&mut rows.surely.iter().copied()));
            let all = match (rows.others, rows.perhaps.is_empty()) {
                (true, _) => Arc::clone(&units),
                (false, true) => Arc::clone(&surely),
                (false, false) => {
                    let all = &mut rows.surely.union(&rows.perhaps).copied();
                    sets.share(spoken_of(all))
                }
            };
            return Blocked { all, surely };
        }
        match subject(&raw.bindings) {
            None => Blocked::surely(units),
            Some(subject) => {
                let entity = self.facts.entity_of(subject);
                if Some(self.facts.row(entity).ty) == rules.schema.unit {
                    let spoken_of = units.binary_search(&entity).is_ok();
                    let own = Vec::from_iter(spoken_of.then_some(entity));
                    return Blocked::surely(blocking.sets.share(own));
                }
                blocking.reaching(self.facts, entity)
            }
        }
    }

    /// What the remedy of a fix is to be done with, once the names of the rule are bound: the arguments of each step, of
    /// which some may not be known; none where it is not known for which elements.
    pub fn asked(&mut self, fix: &Fix) -> Option<Vec<Vec<Value<'a>>>> {
        let Some(each) = &fix.each else { return Some(vec![self.arguments(fix)]) };
        let items = match self.eval(&each.value).0 {
            Value::List(list) => list.items.clone(),
            Value::None => Vec::new(),
            _ => return None,
        };
        let mut steps = Vec::with_capacity(items.len());
        for item in items {
            self.set(each.local, item);
            steps.push(self.arguments(fix));
        }
        Some(steps)
    }

    /// Whether all is known that a list holds.
    pub fn knows_all(&mut self, list: &Expr) -> bool {
        match self.eval(list).0 {
            Value::List(list) => {
                let known = |item: &Value<'_>| !matches!(item, Value::Unknown);
                list.extent == Extent::Whole && list.items.iter().all(known)
            }
            Value::None => true,
            _ => false,
        }
    }

    fn arguments(&mut self, fix: &Fix) -> Vec<Value<'a>> {
        fix.arguments.iter().map(|argument| self.eval(argument).0).collect()
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
