//! Whom the open findings block while a plan runs.
//!
//! Owns the count of what stands against each unit, kept as steps close and open findings, lead references elsewhere or
//! change who is asked for; and so which units a step makes ready.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::compile::ir::Level;
use crate::evaluate::expr::Evaluator;
use crate::evaluate::reach::Reach;
use crate::evaluate::{Outcome, is_terminal};
use crate::facts::{RowId, SlotId};
use crate::plan::Planner;
use crate::plan::state::{Applied, FindingKey};
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

    /// Whether a step leaves a unit behind by making that it is no longer asked for: that mends nothing.
    pub(crate) fn leaves_behind(&self, applied: &Applied<'a>) -> bool {
        if !self.changes_who_is_asked_for(applied) {
            return false;
        }
        let mut evaluator = Evaluator::new(&self.state.facts, self.state.rules, self.state.now);
        let left: FxHashSet<RowId> = evaluator.units().into_iter().collect();
        self.units.iter().any(|unit| self.eligible.contains(unit) && !left.contains(unit))
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
        let former: FxHashSet<RowId> = self.units.iter().copied().collect();
        if asked {
            let mut evaluator = Evaluator::new(&self.state.facts, self.state.rules, self.state.now);
            self.units = evaluator.units();
        }
        let all = asked || applied.changed.iter().any(|slot| self.leads(*slot));
        let keys: Vec<FindingKey> =
            if all { self.state.open.keys().cloned().collect() } else { applied.opened.clone() };
        let mut reach: Option<Reach> = None;
        let mut found = Vec::new();
        let mut evaluator = Evaluator::new(&self.state.facts, self.state.rules, self.state.now);
        for key in keys {
            let Some(raw) = self.state.open.get(&key) else { continue };
            let blocked = evaluator.blocked(raw, &self.units, &mut reach);
            if self.blocks.get(&key) != Some(&blocked) {
                found.push((key, blocked));
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
            for unit in self.units.iter().filter(|unit| !former.contains(unit)) {
                if !lost.contains(unit) {
                    self.eligible.insert(*unit);
                }
                // Who was not asked for was not ready.
                before.insert(*unit, usize::MAX);
            }
        }
    }

    /// Units that something stood against, and nothing does now.
    pub(crate) fn ready(&self, before: &FxHashMap<RowId, usize>) -> Vec<String> {
        let stands = |unit: &RowId| self.standing.get(unit).is_some_and(|standing| *standing > 0);
        self.units
            .iter()
            .filter(|unit| before.get(*unit).is_some_and(|before| *before > 0))
            .filter(|unit| !stands(unit) && self.eligible.contains(*unit))
            .map(|unit| self.state.facts.name(*unit))
            .collect()
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
