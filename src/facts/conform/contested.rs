//! What stands there twice, so that nobody can tell which is meant.
//!
//! Owns taking it back: a fact under a duplicate key, or stated differently by two documents, is unknown with all that
//! it holds; of two entries with one id neither is believed, so what refers to them is unknown and their list may be
//! missing some. The errors are told where they are found.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::diagnostic::Diagnostic;
use crate::facts::conform::Reader;
use crate::facts::{NO_NODE, RowId, Slot, SlotId, UNKNOWN};
use crate::schema::types::Type;
use crate::schema::{Field, TypeId};
use crate::yaml::NodeId;

/// What was found to stand there twice.
#[derive(Default)]
pub(super) struct Contested<'a> {
    /// Facts that nothing can state any more.
    pub(super) facts: FxHashSet<SlotId>,
    /// Records that are said to be unknown, and where.
    pub(super) unknown: FxHashMap<SlotId, NodeId>,
    /// Keys that several entries have.
    pub(super) shared: FxHashSet<(TypeId, &'a str)>,
    /// Entries that are not believed.
    pub(super) left_out: FxHashSet<RowId>,
    /// Types of which entries were not read, so that a reference may mean one of those.
    pub(super) unread: FxHashSet<TypeId>,
}

impl Reader<'_, '_> {
    /// A fact whose key stands twice in one mapping.
    pub(super) fn contest(&mut self, slot: SlotId, field: &Field, value: NodeId) {
        self.contested.facts.insert(slot);
        self.forget(slot, field, value.0);
    }

    /// A fact that two documents state differently.
    pub(super) fn conflict(&mut self, slot: SlotId, field: &Field, earlier: NodeId, value: NodeId) {
        let message = format!("`{}` is stated twice, differently", field.name);
        let told = Diagnostic::error("conflicting-facts", message, self.shown(value))
            .seen("and again here")
            .label(self.shown(earlier), "stated here")
            .help("keep the one that is true; until then it counts as unknown");
        self.diagnostics.push(told);
        self.contest(slot, field, earlier);
    }

    /// Notes that entries of a list are not read.
    pub(super) fn unread(&mut self, field: &Field) {
        if let Some(Type::Row(ty)) = field.ty.element() {
            self.contested.unread.insert(*ty);
        }
    }

    /// Takes back all that a fact says.
    pub(super) fn forget(&mut self, slot: SlotId, field: &Field, node: u32) {
        let schema = self.facts.schema;
        match field.ty.present() {
            Type::Row(_) => {
                let Some(child) = self.facts.record_row(slot).or_else(|| self.child_of(slot))
                else {
                    return;
                };
                let node = if matches!(field.ty, Type::OrNone(_)) { NO_NODE } else { node };
                self.facts.slots[slot as usize] = Slot { data: child, node };
                let row = self.facts.rows[child as usize];
                for field in &schema.ty(row.ty).fields {
                    let Some(slot) = field.slot.map(|slot| row.base + slot) else { continue };
                    let node = self.facts.slots[slot as usize].node;
                    self.contested.facts.insert(slot);
                    self.forget(slot, field, node);
                }
            }
            Type::List(element, _) => {
                self.unread(field);
                let listed = self.facts.lists.get(self.facts.slots[slot as usize].data as usize);
                if let (Type::Row(_), Some(list)) = (element.as_ref(), listed) {
                    let items = &self.facts.items[list.start as usize..][..list.len as usize];
                    self.contested.left_out.extend(items.iter().map(|item| item.data));
                }
                self.facts.slots[slot as usize] = Slot { data: UNKNOWN, node };
            }
            _ => self.facts.slots[slot as usize] = Slot { data: UNKNOWN, node },
        }
    }

    /// Takes the entries that are not believed out of their lists, which may now be missing some, and tells which they are.
    pub(super) fn withdraw(&mut self) -> FxHashSet<RowId> {
        let mut left_out = std::mem::take(&mut self.contested.left_out);
        left_out.remove(&UNKNOWN);
        if left_out.is_empty() {
            return left_out;
        }
        let mut lists: FxHashSet<SlotId> = FxHashSet::default();
        for row in &left_out {
            lists.insert(self.facts.rows[*row as usize].via);
        }
        for slot in lists {
            let (ty, at) = self.facts.field_of(slot);
            let field = &self.facts.schema.ty(ty).fields[at];
            if matches!(field.ty.present(), Type::Row(_)) {
                // An entity in its own place shares its key with another one.
                let node = self.facts.slots[slot as usize].node;
                self.forget(slot, field, node);
            } else if let Some(list) =
                self.facts.lists.get(self.facts.slots[slot as usize].data as usize)
            {
                let range = list.start as usize..(list.start + list.len) as usize;
                for item in &mut self.facts.items[range] {
                    if left_out.contains(&item.data) {
                        item.data = UNKNOWN;
                    }
                }
                self.facts.damaged.insert(slot);
            }
        }
        for entities in &mut self.facts.by_type {
            entities.retain(|row| !left_out.contains(row));
        }
        for keys in &mut self.facts.keys {
            keys.retain(|_, row| !left_out.contains(row));
        }
        left_out
    }
}
