//! What a unit that cannot go drags along.
//!
//! Owns the answer to who depends on it: the other members of what it belongs to, and of what the environment as a
//! whole is about.

use crate::facts::{Fact, ROOT, RowId};
use crate::plan::Planner;
use crate::schema::types::Type;

impl Planner<'_, '_, '_> {
    /// Entities that list a unit together with others: what it drags along.
    pub(crate) fn drags(&self, unit: RowId) -> Vec<(String, Vec<String>)> {
        let facts = &self.state.facts;
        let schema = facts.schema();
        let mut found = Vec::new();
        let Some(unit_type) = schema.unit else { return found };
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
                    // Only what a unit hangs on, not what merely knows it.
                    let hangs = members.contains(&unit)
                        && (named.contains(row) || self.hangs_on(unit, *row));
                    if hangs && members.len() > 1 {
                        let others = members
                            .iter()
                            .filter(|member| **member != unit && self.units.contains(member));
                        found.push((
                            facts.path(*row),
                            others.map(|member| facts.name(*member)).collect(),
                        ));
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
