//! What is meant by facts that are left out.
//!
//! Owns what a new row starts as. A default speaks of what somebody described and left a part of out: of an entity, of
//! a record that is written, and of the records within one. Where a record is not written at all nothing is known of
//! it, and no default applies; so a description that says nothing of it is not taken for one that says "none".
//! Does not read texts, which is up to `conform`.

use std::sync::Arc;

use crate::facts::{
    ABSENT, Facts, ListData, MADE, NO_NODE, OWNED, Row, RowId, Slot, SlotId, UNKNOWN,
};
use crate::language::ast::Literal;
use crate::scalar;
use crate::schema::types::Type;
use crate::schema::{Field, TypeId, TypeKind};

/// What a new row of a type starts as.
#[derive(Clone, Debug, Default)]
pub(super) struct Shape {
    /// Its slots, with their defaults.
    slots: Vec<Slot>,
    /// Slots that hold a row in place, and its type.
    held: Vec<(u32, TypeId)>,
    /// Whether it has defaults, or a record that it holds in place has.
    has_defaults: bool,
}

impl Facts<'_> {
    /// Makes the starting slots of every type.
    pub(super) fn make_shapes(&mut self) -> Arc<[Shape]> {
        let schema = self.schema;
        let mut shapes = Vec::new();
        for (_, def) in schema.types() {
            let mut shape = Shape::default();
            for field in def.fields.iter().filter(|field| field.slot.is_some()) {
                let data = self.default_data(field);
                if let Type::Row(held) = field.ty.present() {
                    shape.held.push((shape.slots.len() as u32, *held));
                }
                shape.slots.push(Slot { data, node: NO_NODE });
            }
            shape.has_defaults = shape.slots.iter().any(|slot| slot.data != UNKNOWN);
            shapes.push(shape);
        }
        // Types stand in any order, so this goes on until nothing changes.
        let holds = |shapes: &[Shape], shape: &Shape| {
            shape.held.iter().any(|(_, held)| shapes[held.0 as usize].has_defaults)
        };
        while let Some(at) =
            shapes.iter().position(|shape| !shape.has_defaults && holds(&shapes, shape))
        {
            shapes[at].has_defaults = true;
        }
        shapes.into()
    }

    fn default_data(&mut self, field: &Field) -> u32 {
        if let Some(word) = field.default_word {
            return word.0;
        }
        match (&field.default, field.ty.present()) {
            (Some(Literal::None), _) => ABSENT,
            (Some(Literal::Bool(value)), _) => u32::from(*value),
            (
                Some(Literal::Int(number) | Literal::Size(number) | Literal::Duration(number)),
                Type::Version,
            ) => self.own_text(&number.to_string()),
            (Some(Literal::Int(number) | Literal::Size(number) | Literal::Duration(number)), _) => {
                self.number(*number)
            }
            (Some(Literal::Text(_)), Type::List(..)) => self.empty_list(),
            (Some(Literal::Text(text)), Type::Time) => {
                scalar::parse_time(text).map_or(UNKNOWN, |time| self.number(time))
            }
            (Some(Literal::Text(text) | Literal::Version(text)), _) => self.own_text(text),
            (None, _) => UNKNOWN,
        }
    }

    pub(super) fn number(&mut self, number: i64) -> u32 {
        self.numbers.push(number);
        self.numbers.len() as u32 - 1
    }

    pub(super) fn own_text(&mut self, text: &str) -> u32 {
        self.texts.push(text.into());
        OWNED | (self.texts.len() as u32 - 1)
    }

    pub(super) fn empty_list(&mut self) -> u32 {
        self.new_list(&[])
    }

    pub(super) fn new_list(&mut self, items: &[Slot]) -> u32 {
        let start = self.items.len() as u32;
        self.items.extend_from_slice(items);
        self.lists.push(ListData { start, len: items.len() as u32 });
        self.lists.len() as u32 - 1
    }

    /// Adds a row with everything it holds in place; whose defaults apply where it is described.
    pub(super) fn push_row(&mut self, shapes: &[Shape], new: Row, described: bool) -> RowId {
        let row = self.rows.len() as RowId;
        let base = self.slots.len() as SlotId;
        let shape = &shapes[new.ty.0 as usize];
        self.rows.push(Row { base, ..new });
        if described {
            self.slots.extend_from_slice(&shape.slots);
        } else {
            let open = Slot { data: UNKNOWN, node: NO_NODE };
            self.slots.extend(std::iter::repeat_n(open, shape.slots.len()));
        }
        let kind = self.schema.ty(new.ty).kind;
        if kind == TypeKind::Entity {
            self.by_type[new.ty.0 as usize].push(row);
        }
        for (slot, held) in &shape.held {
            let via = base + slot;
            let child = Row { ty: *held, base: 0, node: NO_NODE, parent: row, via };
            let child = self.push_row(shapes, child, described && kind == TypeKind::Record);
            let content = &mut self.slots[via as usize].data;
            if *content != ABSENT {
                *content = child;
            }
        }
        row
    }

    /// How many rows one of a type takes at least, which stand behind one another: itself, and the records that it holds
    /// in place.
    pub fn rows_taken(&self, ty: TypeId) -> u32 {
        let held = self.shapes[ty.0 as usize].held.iter();
        1 + held.map(|(_, held)| self.rows_taken(*held)).sum::<u32>()
    }

    /// Gives the facts of a row that are left out, and of the records within, their defaults: somebody described it.
    pub(super) fn describe(
        &mut self,
        shapes: &[Shape],
        row: RowId,
        put: &mut dyn FnMut(&mut Self, SlotId, Slot),
    ) {
        let Row { ty, base, .. } = self.rows[row as usize];
        let shape = &shapes[ty.0 as usize];
        if !shape.has_defaults || self.schema.ty(ty).kind != TypeKind::Record {
            return;
        }
        for (slot, _) in &shape.held {
            if let Some(child) = self.record_row(base + slot) {
                self.describe(shapes, child, put);
            }
        }
        for (slot, content) in (base..).zip(&shape.slots) {
            let open = self.slots[slot as usize].node == NO_NODE;
            if content.data != UNKNOWN && open {
                put(self, slot, *content);
            }
        }
    }

    /// The outermost record around a fact that is not described: no default applies in it.
    fn undescribed(&self, slot: SlotId) -> Option<RowId> {
        let mut row = self.owner(slot);
        loop {
            let Row { ty, node, parent, via, .. } = *self.row(row);
            let (owner, field) = self.field_of(via);
            let in_place = matches!(self.schema.ty(owner).fields[field].ty, Type::Row(_));
            let is_record = self.schema.ty(ty).kind == TypeKind::Record;
            let is_written = node != NO_NODE || self.slots[via as usize].node != NO_NODE;
            // A record that a step makes is not in its place yet, and described from the beginning.
            if !is_record || is_written || !in_place || self.record_row(via) != Some(row) {
                return None;
            }
            if self.schema.ty(self.row(parent).ty).kind != TypeKind::Record {
                return Some(row);
            }
            row = parent;
        }
    }

    /// Describes the record in which a fact is about to be set, as writing it down would.
    pub fn describe_around(&mut self, slot: SlotId) {
        let Some(record) = self.undescribed(slot) else { return };
        let via = self.row(record).via;
        let shapes = Arc::clone(&self.shapes);
        self.replace(via, Slot { data: record, node: MADE });
        self.describe(&shapes, record, &mut |facts, slot, content| facts.replace(slot, content));
    }
}
