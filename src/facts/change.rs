//! Changing facts without touching the text they came from.
//!
//! Owns the changes that a plan or a what-if makes on a copy of the facts; keeps inverses right. New facts have no
//! YAML node. Knows nothing of steps or their order.

use crate::facts::conform::Shape;
use crate::facts::{ABSENT, Facts, NO_NODE, RowId, Slot, SlotId, UNKNOWN};
use crate::schema::types::{Type, WordId};
use crate::schema::{TypeId, TypeKind};

/// A value to store.
#[derive(Clone, Debug, PartialEq)]
pub enum NewFact {
    /// Not known.
    Unknown,
    /// Known to be absent.
    Absent,
    /// `true`, `false`
    Bool(bool),
    /// A number, size, duration or time.
    Number(i64),
    /// A text or version.
    Text(String),
    /// A word.
    Word(WordId),
    /// A reference, or a row made with [`Facts::make_row`].
    Row(RowId),
    /// A list.
    List(Vec<NewFact>),
}

impl Facts<'_> {
    /// Stores a value in a slot; returns the rows whose references may have changed.
    pub fn store(&mut self, slot: SlotId, value: &NewFact) {
        let entity = self.owner(slot);
        self.forget_references(entity);
        let data = self.encode(value);
        // A record that may be absent tells by its node whether it is stated.
        let node = self.slots[slot as usize].node;
        self.slots[slot as usize] =
            Slot { data, node: if matches!(value, NewFact::Row(_)) { node } else { NO_NODE } };
        self.stale.remove(&slot);
        self.damaged.remove(&slot);
        self.note_references(entity);
        if matches!(value, NewFact::List(_)) {
            self.build_inverses();
        }
    }

    /// Adds an element to a list; an unknown list stays unknown.
    pub fn push_item(&mut self, slot: SlotId, value: &NewFact) -> bool {
        let Some(list) = self.lists.get(self.slots[slot as usize].data as usize).copied() else {
            return false;
        };
        let entity = self.owner(slot);
        self.forget_references(entity);
        let mut items = self.items[list.start as usize..][..list.len as usize].to_vec();
        items.push(Slot { data: self.encode(value), node: NO_NODE });
        self.slots[slot as usize].data = self.new_list(&items);
        self.note_references(entity);
        true
    }

    /// Removes the elements at the given places of a list.
    pub fn remove_items(&mut self, slot: SlotId, places: &[usize]) {
        let Some(list) = self.lists.get(self.slots[slot as usize].data as usize).copied() else {
            return;
        };
        let entity = self.owner(slot);
        self.forget_references(entity);
        let items = self.items[list.start as usize..][..list.len as usize].to_vec();
        let kept: Vec<Slot> = items
            .iter()
            .enumerate()
            .filter(|(at, _)| !places.contains(at))
            .map(|(_, item)| *item)
            .collect();
        let gone: Vec<RowId> =
            places.iter().filter_map(|at| items.get(*at)).map(|item| item.data).collect();
        self.slots[slot as usize].data = self.new_list(&kept);
        let (ty, field) = self.field_of(slot);
        if let Some(Type::Row(element)) = self.schema.ty(ty).fields[field].ty.element() {
            if self.schema.ty(*element).kind == TypeKind::Entity {
                self.by_type[element.0 as usize].retain(|row| !gone.contains(row));
                self.build_inverses();
                return;
            }
        }
        self.note_references(entity);
    }

    /// Makes a row that nothing holds yet; its slots are unknown or their defaults.
    pub fn make_row(&mut self, ty: TypeId, parent: RowId, via: SlotId) -> RowId {
        let shapes: Vec<Shape> = self.shapes();
        self.push_row(&shapes, ty, parent, via, NO_NODE)
    }

    /// Enters a new entity under its key.
    pub fn name_row(&mut self, row: RowId, key: &str) {
        let ty = self.row(row).ty;
        self.made_keys.insert((ty, key.into()), row);
        self.note_references(row);
    }

    fn encode(&mut self, value: &NewFact) -> u32 {
        match value {
            NewFact::Unknown => UNKNOWN,
            NewFact::Absent => ABSENT,
            NewFact::Bool(flag) => u32::from(*flag),
            NewFact::Number(number) => self.number(*number),
            NewFact::Text(text) => self.own_text(text),
            NewFact::Word(word) => word.0,
            NewFact::Row(row) => *row,
            NewFact::List(values) => {
                let items: Vec<Slot> = values
                    .iter()
                    .map(|value| Slot { data: self.encode(value), node: NO_NODE })
                    .collect();
                self.new_list(&items)
            }
        }
    }
}
