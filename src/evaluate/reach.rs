//! Who is blocked by what.
//!
//! Owns the answer to one question: from which units can an entity be reached by following references and inverses
//! marked `one`, not through another unit? Built only when a finding needs it.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::facts::{Fact, Facts, ROOT, RowId};
use crate::schema::types::Type;

/// References, backwards.
pub struct Reach {
    /// Pairs of target and source entity, sorted.
    edges: Vec<(RowId, RowId)>,
    units: FxHashSet<RowId>,
    order: Vec<RowId>,
    unit_rows: FxHashSet<RowId>,
    known: FxHashMap<RowId, Vec<RowId>>,
}

impl Reach {
    /// Collects the references of all facts; `units` are sorted.
    pub fn new(facts: &Facts<'_>, units: &[RowId]) -> Self {
        let schema = facts.schema();
        let mut edges = Vec::new();
        // Nobody goes on from a unit, so what leads to one is not needed.
        let passes = |target: RowId| Some(facts.row(target).ty) != schema.unit;
        for row in facts.live_rows() {
            let source = facts.entity_of(row);
            if source == ROOT {
                continue;
            }
            for field in &schema.ty(facts.row(row).ty).fields {
                match (&field.ty, field.slot) {
                    (Type::One(inverse), _) => {
                        let (pairs, _) = facts.referrers(*inverse, row);
                        let targets = pairs.iter().map(|(_, target)| *target);
                        edges.extend(targets.filter(|to| passes(*to)).map(|to| (to, source)));
                    }
                    (ty, Some(slot)) => {
                        let slot = facts.slot_of(row, slot);
                        match ty.present() {
                            Type::Ref(_) | Type::RefAny => {
                                if let Fact::Row(target) = facts.read(slot, ty) {
                                    let target = facts.entity_of(target);
                                    edges.extend(passes(target).then_some((target, source)));
                                }
                            }
                            Type::List(element, _)
                                if matches!(**element, Type::Ref(_) | Type::RefAny) =>
                            {
                                let Fact::List(list) = facts.read(slot, ty) else { continue };
                                for at in 0..facts.list_len(list) {
                                    if let Fact::Row(target) = facts.list_item(list, at, element) {
                                        edges.extend(passes(target).then_some((target, source)));
                                    }
                                }
                            }
                            _ => {}
                        }
                    }
                    _ => {}
                }
            }
        }
        edges.sort_unstable();
        edges.dedup();
        let unit_rows =
            schema.unit.map(|ty| facts.entities(ty).iter().copied().collect()).unwrap_or_default();
        Self {
            edges,
            units: units.iter().copied().collect(),
            order: units.to_vec(),
            unit_rows,
            known: FxHashMap::default(),
        }
    }

    /// The units from which an entity can be reached, in the order of the description.
    pub fn blocked(&mut self, entity: RowId) -> Vec<RowId> {
        if entity == ROOT {
            return self.order.clone();
        }
        if let Some(known) = self.known.get(&entity) {
            return known.clone();
        }
        let mut seen = FxHashSet::default();
        let mut found = Vec::new();
        let mut stack = vec![entity];
        seen.insert(entity);
        while let Some(row) = stack.pop() {
            if self.unit_rows.contains(&row) {
                if self.units.contains(&row) {
                    found.push(row);
                }
                // Not through a unit.
                continue;
            }
            let start = self.edges.partition_point(|edge| edge.0 < row);
            for (_, source) in self.edges[start..].iter().take_while(|edge| edge.0 == row) {
                if seen.insert(*source) {
                    stack.push(*source);
                }
            }
        }
        found.sort_unstable();
        self.known.insert(entity, found.clone());
        found
    }
}
