//! What slots hold.
//!
//! Owns the ways to read one: as a fact of a type, as the evaluator asks for it, and raw, which copies nothing. A mask hides
//! all but the facts that it names.

use crate::facts::{
    ABSENT, Fact, Facts, ListId, NO_NODE, Raw, RowId, SlotId, Text, UNKNOWN, UNRESOLVED,
};
use crate::schema::types::{Completeness, Item, Reading, Type, WordId};

/// A list of at most this many elements is short.
const SHORT: usize = 16;

impl<'a> Facts<'a> {
    /// What a slot of this type holds.
    #[inline]
    pub fn read(&self, slot: SlotId, ty: &Type) -> Fact<'a> {
        let content = self.slots[slot as usize];
        if matches!(ty, Type::Row(_)) {
            // The shape of a record is no fact; its fields are.
            return Fact::Row(content.data);
        }
        if self.mask.is_some() && self.hidden(slot) && !self.is_key(slot) {
            return Fact::Unknown;
        }
        self.interpret(content, ty)
    }

    /// What a slot holds, before it is made a value: the evaluator's way to most facts, as it copies nothing.
    #[inline]
    pub fn raw(&self, slot: SlotId, reading: Reading) -> Raw {
        let content = self.slots[slot as usize];
        if reading == Reading::Record {
            return Raw::Data(content.data);
        }
        if self.mask.is_some() && self.hidden(slot) && !self.is_key(slot) {
            return Raw::Unknown;
        }
        match content.data {
            UNKNOWN | UNRESOLVED => self.asked_in_vain(slot),
            ABSENT => Raw::Absent,
            _ if reading == Reading::MaybeRecord && content.node == NO_NODE => {
                self.asked_in_vain(slot)
            }
            data => Raw::Data(data),
        }
    }

    /// What a slot of a single value holds, where no mask is on and nobody listens.
    #[inline]
    pub fn shown(&self, slot: SlotId) -> Raw {
        match self.slots[slot as usize].data {
            UNKNOWN | UNRESOLVED => Raw::Unknown,
            ABSENT => Raw::Absent,
            data => Raw::Data(data),
        }
    }

    /// What a slot holds, as the evaluator asks for it.
    #[inline]
    pub fn read_as(&self, slot: SlotId, reading: Reading) -> Fact<'a> {
        let data = match self.raw(slot, reading) {
            Raw::Unknown => return Fact::Unknown,
            Raw::Absent => return Fact::Absent,
            Raw::Data(data) => data,
        };
        match reading {
            Reading::One(item) => self.item(data, item),
            Reading::List(..) => Fact::List(ListId(data)),
            Reading::MaybeRecord | Reading::Record => Fact::Row(data),
            Reading::Never => Fact::Unknown,
        }
    }

    /// A number, size, duration or time, by what its slot holds.
    #[inline]
    pub fn raw_number(&self, data: u32) -> i64 {
        self.numbers[data as usize]
    }

    /// A text or version, by what its slot holds.
    pub fn raw_text(&self, data: u32) -> Text<'a> {
        self.text(data)
    }

    /// One element of a list, as the evaluator asks for it.
    #[inline]
    pub fn list_item_as(&self, list: ListId, at: usize, item: Item) -> Fact<'a> {
        let list = self.lists[list.0 as usize];
        let data = self.items[list.start as usize + at].data;
        match data {
            UNKNOWN | UNRESOLVED => Fact::Unknown,
            ABSENT => Fact::Absent,
            _ => self.item(data, item),
        }
    }

    /// Appends the rows of a short list that is known and holds nothing else, and tells how many.
    #[inline]
    pub fn short_rows(&self, slot: SlotId, rows: &mut Vec<RowId>) -> Option<usize> {
        let Raw::Data(list) = self.raw(slot, Reading::List(Item::Row, Completeness::Complete))
        else {
            return None;
        };
        let list = self.lists[list as usize];
        let items = &self.items[list.start as usize..][..list.len as usize];
        let whole = items.len() <= SHORT && items.iter().all(|item| item.data < UNRESOLVED);
        if !whole || self.is_damaged(slot) {
            return None;
        }
        rows.extend(items.iter().map(|item| item.data));
        Some(items.len())
    }

    /// A value, by what its slot or its place in a list holds.
    #[inline]
    pub fn item(&self, data: u32, item: Item) -> Fact<'a> {
        match item {
            Item::Row => Fact::Row(data),
            Item::Word => Fact::Word(WordId(data)),
            Item::Bool => Fact::Bool(data == 1),
            Item::Number => Fact::Number(self.numbers[data as usize]),
            Item::Text => Fact::Text(self.text(data)),
            Item::Nothing => Fact::Unknown,
        }
    }
}
