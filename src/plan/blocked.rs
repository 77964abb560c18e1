//! Whom the open findings block while a plan runs.
//!
//! Owns the count of what stands against each unit, kept as steps close and open findings, lead references elsewhere or
//! change who is asked for; and so which units a step makes ready.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::builtins::value::Key;
use crate::compile::ir::Level;
use crate::evaluate::expr::Evaluator;
use crate::evaluate::reach::Blocking;
use crate::evaluate::touch::{Edge, Subjects};
use crate::evaluate::{Outcome, is_terminal};
use crate::facts::{Fact, ROOT, RowId, SlotId};
use crate::plan::Planner;
use crate::plan::state::{Applied, FindingKey};
use crate::schema::TypeKind;
use crate::schema::types::Type;

impl<'a> Planner<'a, '_, '_> {
    /// Writes down whom a finding blocks, none where it is closed; who was blocked before.
    pub(crate) fn set_blocks(
        &mut self,
        key: &FindingKey,
        blocked: Option<Vec<RowId>>,
        before: &mut FxHashMap<RowId, usize>,
    ) -> Vec<RowId> {
        let former = self.blocks.remove(key).unwrap_or_default();
        self.enter(key, blocked.is_some());
        for unit in &former {
            let standing = self.standing.entry(*unit).or_insert(0);
            before.entry(*unit).or_insert(*standing);
            *standing = standing.saturating_sub(1);
        }
        if let Some(blocked) = blocked {
            for unit in &blocked {
                let standing = self.standing.entry(*unit).or_insert(0);
                before.entry(*unit).or_insert(*standing);
                *standing += 1;
            }
            self.blocks.insert(key.clone(), blocked);
        }
        former
    }

    /// Whether a step leaves one of these units behind by making that it is no longer asked for: that mends nothing.
    pub(crate) fn leaves_behind(&self, applied: &Applied<'a>, units: &[RowId]) -> bool {
        if !self.changes_who_is_asked_for(applied) {
            return false;
        }
        let mut evaluator = Evaluator::new(&self.state.facts, self.state.rules, self.state.now);
        let left: FxHashSet<RowId> = evaluator.units().into_iter().collect();
        units.iter().any(|unit| self.eligible.contains(unit) && !left.contains(unit))
    }

    fn changes_who_is_asked_for(&self, applied: &Applied<'a>) -> bool {
        let facts = &self.state.facts;
        let schema = facts.schema();
        applied.changed.iter().any(|slot| {
            let (ty, field) = facts.field_of(*slot);
            let element = schema.ty(ty).fields[field].ty.element();
            let lists_units = schema.unit.is_some_and(|unit| element == Some(&Type::Row(unit)));
            lists_units || self.asked.contains(&(ty, field))
        })
    }

    /// Looks anew at whom findings block: those that a step opened, and all where it may have led references elsewhere.
    pub(crate) fn look_who_is_blocked(
        &mut self,
        applied: &Applied<'a>,
        before: &mut FxHashMap<RowId, usize>,
    ) {
        let asked = self.changes_who_is_asked_for(applied);
        let mut former = Arc::default();
        if asked {
            let mut evaluator = Evaluator::new(&self.state.facts, self.state.rules, self.state.now);
            former = std::mem::replace(&mut self.units, evaluator.units().into());
        }
        let led: Vec<SlotId> =
            applied.changed.iter().copied().filter(|slot| self.leads(*slot)).collect();
        let leads = !led.is_empty();
        self.open_ends = self.open_ends || self.is_open_ended(&led);
        self.rows = self.state.facts.row_count();
        let one_by_one = leads && !asked && !self.open_ends;
        let affected = if one_by_one { self.affected(&led) } else { None };
        let keys: Vec<FindingKey> = match (asked, leads, affected) {
            (true, ..) => self.state.open.keys().cloned().collect(),
            (_, true, Some(affected)) => {
                let entities = affected.into_iter().map(Some);
                let about = entities.filter_map(|entity| self.about.get(&entity)).flatten();
                let about = about.chain(&applied.opened).cloned();
                about.chain(self.told_otherwise(applied)).collect()
            }
            // What is about a unit itself blocks that unit, wherever references lead.
            (_, true, None) => {
                self.about.values().flatten().chain(&applied.opened).cloned().collect()
            }
            _ => applied.opened.clone(),
        };
        let mut known: FxHashMap<RowId, Vec<RowId>> = FxHashMap::default();
        let (mut found, mut blocking) = (Vec::new(), Blocking::new(&self.units));
        let mut evaluator = self.state.evaluator();
        for key in &keys {
            let Some(raw) = self.state.open.get(key) else { continue };
            let blocked = match self.reached(key) {
                Some(entity) if !self.open_ends => {
                    let reaching = known.entry(entity).or_insert_with(|| self.reaching(entity));
                    // As in a check: what closes the gate and names nobody blocks all.
                    match reaching.is_empty() && evaluator.closes(raw) {
                        true => self.units.to_vec(),
                        false => reaching.clone(),
                    }
                }
                _ => evaluator.blocked(raw, &mut blocking).all.to_vec(),
            };
            if self.blocks.get(key) != Some(&blocked) {
                found.push((key.clone(), blocked));
            }
        }
        for (key, blocked) in found {
            self.set_blocks(&key, Some(blocked), before);
        }
        if asked {
            let rules = self.state.rules;
            let mut lost: FxHashSet<RowId> = FxHashSet::default();
            for (key, raw) in &self.state.open {
                let rule = &rules.rules[raw.rule];
                let ends = raw.outcome == Outcome::Fail && is_terminal(rule);
                if ends && rule.level == Level::Error {
                    lost.extend(self.blocks.get(key).into_iter().flatten());
                }
            }
            for unit in self.units.iter().filter(|unit| former.binary_search(unit).is_err()) {
                if !lost.contains(unit) {
                    self.eligible.insert(*unit);
                }
                // Who was not asked for was not ready.
                before.insert(*unit, usize::MAX);
            }
        }
    }

    /// The findings of rules that say themselves whom they block, where a step may make that others; and all that are
    /// about nothing, and so block all.
    fn told_otherwise(&self, applied: &Applied<'a>) -> Vec<FindingKey> {
        let Some(told) = self.about.get(&None) else { return Vec::new() };
        let mut found = Vec::new();
        for (index, rule) in self.state.rules.rules.iter().enumerate() {
            let of_rule = told.range((index, Vec::new(), None)..(index + 1, Vec::new(), None));
            let bound = of_rule.clone().find_map(|(_, bound, _)| bound.first());
            let subjects = match (of_rule.clone().next(), &rule.blocks, bound) {
                (None, ..) => continue,
                (_, Some(_), Some(Key::Row(row))) if self.is_entity(*row) => {
                    self.state.blocking(index, applied)
                }
                _ => Subjects::All,
            };
            match subjects {
                Subjects::All => found.extend(of_rule.cloned()),
                Subjects::Some(rows) => {
                    let without = of_rule.take_while(|(_, bound, _)| bound.is_empty());
                    found.extend(without.cloned());
                    for row in rows {
                        let first = Key::Row(row);
                        let of_row = told.range((index, vec![first.clone()], None)..);
                        let is_same =
                            |key: &&FindingKey| key.0 == index && key.1.first() == Some(&first);
                        found.extend(of_row.take_while(is_same).cloned());
                    }
                }
                Subjects::None => {}
            }
        }
        found
    }

    /// Writes down, or takes back, that a finding is there and not about a unit, under the entity that it is about.
    pub(crate) fn enter(&mut self, key: &FindingKey, there: bool) {
        let entity = self.reached(key);
        let unit = self.state.facts.schema().unit;
        let is_about_a_unit = self.state.rules.rules[key.0].blocks.is_none()
            && self.entity(key).is_some_and(|row| Some(self.state.facts.row(row).ty) == unit);
        if is_about_a_unit {
            return;
        }
        let about = self.about.entry(entity).or_default();
        match there {
            true => about.insert(key.clone()),
            false => about.remove(key),
        };
    }

    fn is_entity(&self, row: RowId) -> bool {
        let facts = &self.state.facts;
        (row as usize) < facts.row_count() && facts.entity_of(row) == row
    }

    /// The entity that a finding is about.
    fn entity(&self, key: &FindingKey) -> Option<RowId> {
        let subject = key.1.iter().find_map(|key| match key {
            Key::Row(row) => Some(*row),
            _ => None,
        });
        // What a step made may have been taken back.
        let there = self.state.facts.row_count() as RowId;
        subject.filter(|row| *row < there).map(|row| self.state.facts.entity_of(row))
    }

    /// The entity whose users are blocked by a finding; none where the finding tells them otherwise.
    fn reached(&self, key: &FindingKey) -> Option<RowId> {
        let rule = &self.state.rules.rules[key.0];
        if rule.blocks.is_some() && key.2.is_none() {
            return None;
        }
        let entity = self.entity(key)?;
        let facts = &self.state.facts;
        (entity != ROOT && Some(facts.row(entity).ty) != facts.schema().unit).then_some(entity)
    }

    /// The units from which an entity can be reached, as [`crate::evaluate::reach`] has it, but without a look at all
    /// other references.
    fn reaching(&self, entity: RowId) -> Vec<RowId> {
        let facts = &self.state.facts;
        let schema = facts.schema();
        let count = facts.row_count() as RowId;
        let mut seen = FxHashSet::from_iter([entity]);
        let mut found = Vec::new();
        let mut stack = vec![entity];
        while let Some(row) = stack.pop() {
            if Some(facts.row(row).ty) == schema.unit {
                if self.units.binary_search(&row).is_ok() {
                    found.push(row);
                }
                continue;
            }
            for edge in self.state.references.of(row) {
                if edge.other >= count || edge.holder >= count || edge.other == ROOT {
                    continue;
                }
                let (source, target) =
                    if edge.refers { (edge.other, row) } else { (row, edge.other) };
                // Backwards goes what refers to this one; what this one refers to only by an inverse of at most one.
                let back = edge.refers || self.is_one(target, edge);
                if back
                    && !seen.contains(&edge.other)
                    && self.still_refers(edge.holder, edge.at as usize, source, target)
                {
                    seen.insert(edge.other);
                    stack.push(edge.other);
                }
            }
        }
        found.sort_unstable();
        found
    }

    /// Whether a step left references unsaid: then anybody may depend on what they may lead to.
    fn is_open_ended(&self, led: &[SlotId]) -> bool {
        let facts = &self.state.facts;
        let refers = |ty: &Type| matches!(ty, Type::Ref(_) | Type::RefAny);
        let is_unsaid = |slot: SlotId, ty: &Type| match facts.read(slot, ty) {
            Fact::Unknown => refers(ty.present()) || ty.element().is_some_and(refers),
            _ => false,
        };
        let changed = led.iter().any(|slot| {
            let (ty, field) = facts.field_of(*slot);
            is_unsaid(*slot, &facts.schema().ty(ty).fields[field].ty)
        });
        // What a step made says no more than the step said of it.
        changed
            || (self.rows as RowId..facts.row_count() as RowId).any(|row| {
                facts.schema().ty(facts.row(row).ty).fields.iter().any(|field| {
                    field.slot.is_some_and(|at| is_unsaid(facts.slot_of(row, at), &field.ty))
                })
            })
    }

    /// The entities that units may reach, or reached, by references that some facts are or were; none where it may be any,
    /// as what was taken out of a list is not known here.
    fn affected(&self, led: &[SlotId]) -> Option<FxHashSet<RowId>> {
        let facts = &self.state.facts;
        let count = facts.row_count() as RowId;
        let mut stack: Vec<RowId> = Vec::new();
        for slot in led {
            let (ty, field) = facts.field_of(*slot);
            let ty = &facts.schema().ty(ty).fields[field].ty;
            let held = |ty: &Type| match ty {
                Type::Row(held) => Some(facts.schema().ty(*held).kind),
                _ => None,
            };
            let held = held(ty.present()).or_else(|| ty.element().and_then(held));
            if held == Some(TypeKind::Entity) {
                return None;
            }
            let holder = facts.owner(*slot);
            let source = facts.entity_of(holder);
            let at = field as u32;
            stack.push(source);
            let edges = self.state.references.of(source);
            // Of a record that is another now, any field may be.
            let own = edges.filter(|edge| {
                !edge.refers && (held.is_some() || edge.holder == holder && edge.at == at)
            });
            stack.extend(own.map(|edge| edge.other));
        }
        let mut found: FxHashSet<RowId> = FxHashSet::default();
        while let Some(row) = stack.pop() {
            // What was made may have been taken back.
            if row >= count || !found.insert(row) || Some(facts.row(row).ty) == facts.schema().unit
            {
                continue;
            }
            let edges = self.state.references.of(row).filter(|edge| edge.holder < count);
            let on = edges.filter(|edge| !edge.refers || self.is_one(row, edge));
            stack.extend(on.map(|edge| edge.other));
        }
        Some(found)
    }

    /// Whether a row knows what refers to it by this reference as the one that does.
    fn is_one(&self, row: RowId, edge: &Edge) -> bool {
        let facts = &self.state.facts;
        let schema = facts.schema();
        let field = (facts.row(edge.holder).ty, edge.at as usize);
        schema.ty(facts.row(row).ty).fields.iter().any(|other| match other.ty {
            Type::One(inverse) => {
                let inverse = schema.inverse(inverse);
                (inverse.source, inverse.by) == field
            }
            _ => false,
        })
    }

    /// Whether a reference that was there once is there now.
    fn still_refers(&self, holder: RowId, at: usize, source: RowId, target: RowId) -> bool {
        let facts = &self.state.facts;
        if facts.entity_of(holder) != source || !self.is_held(holder) || !self.is_held(target) {
            return false;
        }
        let Some(field) = facts.schema().ty(facts.row(holder).ty).fields.get(at) else {
            return false;
        };
        let Some(slot) = field.slot.map(|slot| facts.slot_of(holder, slot)) else { return false };
        match (facts.read(slot, &field.ty), field.ty.element()) {
            (Fact::Row(row), _) => row == target,
            (Fact::List(list), Some(element)) => (0..facts.list_len(list))
                .any(|at| facts.list_item(list, at, element) == Fact::Row(target)),
            _ => false,
        }
    }

    /// Whether something holds a row still.
    fn is_held(&self, mut row: RowId) -> bool {
        let facts = &self.state.facts;
        while row != ROOT {
            let data = facts.row(row);
            let held = match facts.schema().ty(data.ty).kind {
                TypeKind::Entity => facts.entities(data.ty).binary_search(&row).is_ok(),
                _ => {
                    facts.place_in(data.via, row).is_some()
                        || facts.record_row(data.via) == Some(row)
                }
            };
            if !held {
                return false;
            }
            row = data.parent;
        }
        true
    }

    /// Units that something stood against, and nothing does now.
    pub(crate) fn ready(&self, before: &FxHashMap<RowId, usize>) -> Vec<String> {
        let stands = |unit: &RowId| self.standing.get(unit).is_some_and(|standing| *standing > 0);
        let mut ready: Vec<RowId> = before
            .iter()
            .filter(|(_, before)| **before > 0)
            .map(|(unit, _)| *unit)
            .filter(|unit| !stands(unit) && self.eligible.contains(unit))
            .filter(|unit| self.units.binary_search(unit).is_ok())
            .collect();
        ready.sort_unstable();
        ready.into_iter().map(|unit| self.state.facts.name(unit)).collect()
    }

    /// Whether a fact leads from one entity to another.
    fn leads(&self, slot: SlotId) -> bool {
        let facts = &self.state.facts;
        let (ty, field) = facts.field_of(slot);
        let ty = &facts.schema().ty(ty).fields[field].ty;
        let leads = |ty: &Type| matches!(ty, Type::Ref(_) | Type::RefAny | Type::Row(_));
        leads(ty.present()) || ty.element().is_some_and(leads)
    }
}
