//! Who refers to whom, backwards.
//!
//! Owns one sorted table per inverse of the schema, built once and kept right while a plan changes references. Lists
//! that are not known, and references that are not known, are counted as open: then others might refer, too.

use crate::facts::{ABSENT, Fact, Facts, ROOT, RowId, SlotId};
use crate::schema::types::{Completeness, InverseId, Type};
use crate::schema::{TypeId, TypeKind};

/// One inverse: pairs of target and source, sorted.
#[derive(Clone, Debug, Default)]
pub struct Index {
    pairs: Vec<(RowId, RowId)>,
    /// How many sources do not say, or might not be listed.
    pub open: usize,
    /// A list in which sources may stand that is stated.
    told: Option<SlotId>,
}

impl Index {
    /// The pairs of one target; the second of each is the source.
    pub fn of(&self, target: RowId) -> &[(RowId, RowId)] {
        let start = self.pairs.partition_point(|pair| pair.0 < target);
        let len = self.pairs[start..].iter().take_while(|pair| pair.0 == target).count();
        &self.pairs[start..start + len]
    }

    fn insert(&mut self, pair: (RowId, RowId)) {
        if let Err(at) = self.pairs.binary_search(&pair) {
            self.pairs.insert(at, pair);
        }
    }

    fn remove(&mut self, pair: (RowId, RowId)) {
        if let Ok(at) = self.pairs.binary_search(&pair) {
            self.pairs.remove(at);
        }
    }
}

impl Facts<'_> {
    /// Builds all inverses anew.
    pub(super) fn build_inverses(&mut self) {
        let mut indices = Vec::new();
        for (id, inverse) in self.schema().inverses() {
            let mut index = Index::default();
            for slot in self.holders(id) {
                index.open += usize::from(self.may_hold_others(slot));
                index.told = index.told.or(self.is_stated(slot).then_some(slot));
            }
            index.pairs.reserve(self.entities(inverse.source).len());
            for row in self.entities(inverse.source) {
                // Of a list that a mask hides, nothing is known.
                if self.hidden(self.row(*row).via) {
                    continue;
                }
                if !self.targets(id, *row, &mut |target| index.pairs.push((target, *row))) {
                    index.open += 1;
                }
            }
            index.pairs.sort_unstable();
            index.pairs.dedup();
            indices.push(index);
        }
        self.inverses = indices;
    }

    /// A list by which anything is known of who refers to whom; none where nobody states one.
    pub fn told_by(&self, inverse: InverseId) -> Option<SlotId> {
        self.inverses[inverse.0 as usize].told
    }

    fn is_stated(&self, list: SlotId) -> bool {
        let (ty, field) = self.field_of(list);
        !matches!(self.read(list, &self.schema().ty(ty).fields[field].ty), Fact::Unknown)
    }

    /// Whether a list may hold more than it says.
    pub fn may_hold_others(&self, list: SlotId) -> bool {
        let (ty, field) = self.field_of(list);
        let ty = &self.schema().ty(ty).fields[field].ty;
        let partial = matches!(ty.present(), Type::List(_, Completeness::Partial));
        partial || self.is_damaged(list) || matches!(self.read(list, ty), Fact::Unknown)
    }

    /// The list slots in which sources of an inverse may stand, themselves or within what stands there.
    pub fn holders(&self, inverse: InverseId) -> Vec<SlotId> {
        let source = self.schema().inverse(inverse).source;
        let within = self.schema().holding(source);
        let mut holders: Vec<SlotId> = Vec::new();
        for (ty, def) in self.schema().types() {
            for field in &def.fields {
                let holds =
                    matches!(field.ty.element(), Some(Type::Row(row)) if within[row.0 as usize]);
                let (true, Some(slot)) = (holds, field.slot) else { continue };
                self.rows_of(ty, &mut |row| holders.push(self.slot_of(row, slot)));
            }
        }
        holders
    }

    /// Tells all rows of a type; of entities those that are in their lists.
    fn rows_of(&self, ty: TypeId, tell: &mut dyn FnMut(RowId)) {
        match self.schema().ty(ty).kind {
            TypeKind::Entity => self.entities(ty).iter().for_each(|row| tell(*row)),
            TypeKind::Environment => tell(ROOT),
            TypeKind::Record => {
                let rows = 0..self.row_count() as RowId;
                // What is known to be absent holds nothing.
                let there = |row: &RowId| {
                    let row = self.row(*row);
                    row.ty == ty && self.slots[row.via as usize].data != ABSENT
                };
                rows.filter(there).for_each(tell);
            }
        }
    }

    /// Tells what a row refers to by the field of an inverse; `false` where it does not say all of it.
    fn targets(&self, inverse: InverseId, row: RowId, tell: &mut dyn FnMut(RowId)) -> bool {
        let inverse = self.schema().inverse(inverse);
        let field = &self.schema().ty(inverse.source).fields[inverse.by];
        let Some(slot) = field.slot.map(|slot| self.slot_of(row, slot)) else { return false };
        match self.read(slot, &field.ty) {
            Fact::Row(target) => {
                tell(target);
                true
            }
            Fact::Absent => true,
            Fact::List(list) => {
                let Some(element) = field.ty.element() else { return false };
                // What a list does not say takes nothing from what it says.
                let mut whole = matches!(field.ty.present(), Type::List(_, Completeness::Complete));
                for at in 0..self.list_len(list) {
                    match self.list_item(list, at, element) {
                        Fact::Row(target) => tell(target),
                        _ => whole = false,
                    }
                }
                whole
            }
            _ => false,
        }
    }

    /// Whether an entity says all that it refers to by the field of an inverse.
    pub fn tells_all(&self, inverse: InverseId, source: RowId) -> bool {
        self.targets(inverse, source, &mut |_| {})
    }

    /// Takes a row out of every inverse it takes part in as a source, or by one field, before its references change.
    pub(super) fn forget_references(&mut self, row: RowId, by: Option<usize>) {
        self.update_references(row, by, false);
    }

    /// Puts a row into every inverse it takes part in as a source, or by one field, after its references changed.
    pub(super) fn note_references(&mut self, row: RowId, by: Option<usize>) {
        self.update_references(row, by, true);
    }

    fn update_references(&mut self, row: RowId, by: Option<usize>, insert: bool) {
        let schema = self.schema();
        for (id, inverse) in schema.inverses() {
            if inverse.source != self.row(row).ty || by.is_some_and(|by| by != inverse.by) {
                continue;
            }
            let mut targets = Vec::new();
            let whole = self.targets(id, row, &mut |target| targets.push(target));
            let index = &mut self.inverses[id.0 as usize];
            match insert {
                true => targets.into_iter().for_each(|target| index.insert((target, row))),
                false => targets.into_iter().for_each(|target| index.remove((target, row))),
            }
            match (whole, insert) {
                (true, _) => {}
                (false, true) => index.open += 1,
                (false, false) => index.open = index.open.saturating_sub(1),
            }
        }
    }
}
