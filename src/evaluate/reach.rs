//! Who is blocked by what.
//!
//! Owns the answer to one question: from which units can an entity be reached by following references and inverses
//! marked `one`, not through another unit? Built only when a finding needs it.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::facts::{Fact, Facts, ROOT, RowId};
use crate::schema::Field;
use crate::schema::types::Type;

/// References, backwards.
pub struct Reach {
    /// Where the sources of each row begin in `sources`, and behind the last row where they end.
    starts: Vec<u32>,
    /// The entities that refer to a row, row after row.
    sources: Vec<RowId>,
    /// The units that are spoken of, and all there are, both sorted.
    order: Vec<RowId>,
    unit_rows: Vec<RowId>,
    known: FxHashMap<RowId, Vec<RowId>>,
}

impl Reach {
    /// Collects the references of all facts; `units` are sorted.
    pub fn new(facts: &Facts<'_>, units: &[RowId]) -> Self {
        let schema = facts.schema();
        // Counted first, so that each finds its place at once.
        let rows = facts.live_rows();
        let mut starts = vec![0_u32; facts.row_count() + 1];
        references(facts, &rows, &mut |target, _| starts[target as usize + 1] += 1);
        let mut end = 0;
        for start in &mut starts {
            end += *start;
            *start = end;
        }
        let mut sources = vec![ROOT; end as usize];
        let mut next = starts.clone();
        references(facts, &rows, &mut |target, source| {
            let place = &mut next[target as usize];
            sources[*place as usize] = source;
            *place += 1;
        });
        let mut unit_rows = schema.unit.map(|ty| facts.entities(ty).to_vec()).unwrap_or_default();
        unit_rows.sort_unstable();
        Self { starts, sources, order: units.to_vec(), unit_rows, known: FxHashMap::default() }
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
            if self.unit_rows.binary_search(&row).is_ok() {
                if self.order.binary_search(&row).is_ok() {
                    found.push(row);
                }
                // Not through a unit.
                continue;
            }
            let (start, end) = (self.starts[row as usize], self.starts[row as usize + 1]);
            for source in &self.sources[start as usize..end as usize] {
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

/// Tells which entity is referred to by which; none that leads to a unit, as nobody goes on from there.
fn references(facts: &Facts<'_>, rows: &[RowId], tell: &mut dyn FnMut(RowId, RowId)) {
    let schema = facts.schema();
    let is_reference = |ty: &Type| matches!(ty, Type::Ref(_) | Type::RefAny);
    let refers = |field: &Field| {
        matches!(field.ty, Type::One(_))
            || is_reference(field.ty.present())
            || field.ty.element().is_some_and(is_reference)
    };
    let referring: Vec<Vec<&Field>> = schema
        .types()
        .map(|(_, def)| def.fields.iter().filter(|at| refers(at)).collect())
        .collect();
    let passes = |target: RowId| Some(facts.row(target).ty) != schema.unit;
    for row in rows.iter().copied() {
        let fields = &referring[facts.row(row).ty.0 as usize];
        if fields.is_empty() {
            continue;
        }
        let source = facts.entity_of(row);
        if source == ROOT {
            continue;
        }
        for field in fields {
            if let Type::One(inverse) = &field.ty {
                let (pairs, _) = facts.referrers(*inverse, row);
                let targets = pairs.iter().map(|(_, target)| *target);
                targets.filter(|to| passes(*to)).for_each(|to| tell(to, source));
                continue;
            }
            let Some(slot) = field.slot else { continue };
            let mut one = |fact: Fact<'_>| {
                if let Fact::Row(target) = fact {
                    let target = facts.entity_of(target);
                    if passes(target) {
                        tell(target, source);
                    }
                }
            };
            match (facts.read(facts.slot_of(row, slot), &field.ty), field.ty.element()) {
                (Fact::List(list), Some(element)) => {
                    (0..facts.list_len(list))
                        .for_each(|at| one(facts.list_item(list, at, element)));
                }
                (fact, _) => one(fact),
            }
        }
    }
}
