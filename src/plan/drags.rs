//! What a unit that cannot go drags along.
//!
//! Owns the answer to who depends on it: the other members of what it belongs to, and of what the environment as a
//! whole is about.

use std::collections::BTreeSet;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::facts::{Fact, ROOT, RowId};
use crate::plan::Planner;
use crate::schema::types::Type;

/// The address of what holds a unit, and the other units in it.
pub(crate) type Drag = (String, Vec<String>);

impl Planner<'_, '_, '_> {
    /// Entities that list one of these units together with others: what each of them drags along.
    pub(crate) fn drags(&self, lost: &FxHashSet<RowId>) -> FxHashMap<RowId, Vec<Drag>> {
        let facts = &self.state.facts;
        let schema = facts.schema();
        let mut found: FxHashMap<RowId, Vec<Drag>> = FxHashMap::default();
        let Some(unit_type) = schema.unit.filter(|_| !lost.is_empty()) else { return found };
        let mut named = Vec::new();
        self.named_by(ROOT, &mut named);
        for (ty, def) in schema.types() {
            for field in &def.fields {
                let lists =
                    field.ty.element().is_some_and(|element| *element == Type::Ref(unit_type));
                let (true, Some(slot)) = (lists, field.slot) else { continue };
                for row in facts.entities(ty) {
                    let slot = facts.slot_of(*row, slot);
                    let Fact::List(list) = facts.read(slot, &field.ty) else {
                        continue;
                    };
                    let members: Vec<RowId> = (0..facts.list_len(list))
                        .filter_map(|at| match facts.list_item(list, at, &Type::Ref(unit_type)) {
                            Fact::Row(member) => Some(member),
                            _ => None,
                        })
                        .collect();
                    let own: BTreeSet<RowId> =
                        members.iter().copied().filter(|member| lost.contains(member)).collect();
                    // Only what a unit hangs on, not what merely knows it.
                    let hangs = |unit: &RowId| named.contains(row) || self.hangs_on(*unit, *row);
                    for unit in own.into_iter().filter(hangs).filter(|_| members.len() > 1) {
                        let others = members.iter().filter(|member| {
                            **member != unit && self.units.binary_search(member).is_ok()
                        });
                        let others = others.map(|member| facts.name(*member)).collect();
                        found.entry(unit).or_default().push((facts.path(*row), others));
                    }
                }
            }
        }
        found
    }

    /// Whether a unit has an inverse, at most one, that leads to an entity.
    fn hangs_on(&self, unit: RowId, entity: RowId) -> bool {
        let facts = &self.state.facts;
        let fields = &facts.schema().ty(facts.row(unit).ty).fields;
        fields.iter().any(|field| match field.ty {
            Type::One(inverse) => {
                facts.referrers(inverse, unit).0.iter().any(|(_, source)| *source == entity)
            }
            _ => false,
        })
    }

    /// Entities that the environment itself refers to, outside of its lists: what the whole of it is about.
    fn named_by(&self, row: RowId, named: &mut Vec<RowId>) {
        let facts = &self.state.facts;
        for field in &facts.schema().ty(facts.row(row).ty).fields {
            let Some(slot) = field.slot.map(|slot| facts.slot_of(row, slot)) else { continue };
            match (facts.read(slot, &field.ty), field.ty.present()) {
                (Fact::Row(held), Type::Row(_)) => self.named_by(held, named),
                (Fact::Row(target), Type::Ref(_) | Type::RefAny) => named.push(target),
                _ => {}
            }
        }
    }
}
