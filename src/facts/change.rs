//! Changing facts without touching the text they came from.
//!
//! Owns the changes that a plan makes on a copy of the facts, and their undoing; keeps inverses right. New facts have
//! no YAML node. Knows nothing of steps or their order.

use std::sync::Arc;

use crate::facts::{ABSENT, Fact, Facts, MADE, NO_NODE, ROOT, Row, RowId, Slot, SlotId, UNKNOWN};
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

/// One change, with what undoes it.
#[derive(Clone, Debug)]
pub(super) enum Undo {
    /// A slot held this.
    Slot(SlotId, Slot),
    /// A slot was marked as too old.
    Stale(SlotId),
    /// A slot was not marked as too old.
    Fresh(SlotId),
    /// A list was marked as damaged.
    Damaged(SlotId),
    /// There were so many rows and slots.
    Rows(usize, usize),
    /// An entity was made.
    Made(TypeId),
    /// There was this entity, too, at this place among those of its type.
    Removed(TypeId, usize, RowId),
    /// A key was given.
    Named(TypeId, Arc<str>),
    /// Who can refer at all was another set.
    Holders,
}

impl Facts<'_> {
    /// A point to go back to with [`Facts::rollback`].
    pub fn mark(&self) -> usize {
        self.journal.len()
    }

    /// From now on, writes down which slots change, also by going back.
    pub fn record_changes(&mut self) {
        self.changes = Some(Vec::new());
    }

    /// From now on, writes down no longer which slots change.
    pub fn forget_changes(&mut self) {
        self.changes = None;
    }

    /// The slots that got other contents since they are written down, in order.
    pub fn changes(&self) -> &[SlotId] {
        self.changes.as_deref().unwrap_or_default()
    }

    /// The slots that were changed since a mark, in order.
    pub fn changed_since(&self, mark: usize) -> Vec<SlotId> {
        let changes = self.journal[mark..].iter();
        let slots = changes.filter_map(|change| match change {
            Undo::Slot(slot, _) => Some(*slot),
            _ => None,
        });
        let mut slots: Vec<SlotId> = slots.collect();
        slots.dedup();
        slots
    }

    /// All rows that something holds, in order. What a change took out of its place is no longer among them.
    pub fn live_rows(&self) -> Vec<RowId> {
        if self.journal.is_empty() {
            return (0..self.rows.len() as RowId).collect();
        }
        let mut live = vec![ROOT];
        let mut at = 0;
        while let Some(row) = live.get(at).copied() {
            at += 1;
            for field in &self.schema.ty(self.row(row).ty).fields {
                let Some(slot) = field.slot.map(|slot| self.slot_of(row, slot)) else { continue };
                match (self.read(slot, &field.ty), field.ty.element()) {
                    (Fact::Row(held), _) if matches!(field.ty.present(), Type::Row(_)) => {
                        live.push(held);
                    }
                    (Fact::List(list), Some(element @ Type::Row(_))) => {
                        for at in 0..self.list_len(list) {
                            if let Fact::Row(held) = self.list_item(list, at, element) {
                                live.push(held);
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
        live.sort_unstable();
        live
    }

    /// Undoes everything since a mark.
    pub fn rollback(&mut self, mark: usize) {
        while self.journal.len() > mark {
            match self.journal.pop() {
                Some(Undo::Slot(slot, content)) => {
                    self.exchange(slot, content);
                }
                Some(Undo::Stale(slot)) => {
                    self.stale.insert(slot);
                }
                Some(Undo::Fresh(slot)) => {
                    self.stale.remove(&slot);
                }
                Some(Undo::Damaged(slot)) => {
                    self.damaged.insert(slot);
                }
                Some(Undo::Rows(rows, slots)) => {
                    self.rows.truncate(rows);
                    self.slots.truncate(slots);
                }
                Some(Undo::Made(ty)) => {
                    if let Some(row) = self.by_type[ty.0 as usize].pop() {
                        self.forget_references(row, None);
                    }
                }
                Some(Undo::Removed(ty, at, row)) => {
                    self.by_type[ty.0 as usize].insert(at, row);
                    self.note_references(row, None);
                }
                Some(Undo::Named(ty, key)) => {
                    self.made_keys.remove(&(ty, key));
                }
                Some(Undo::Holders) => self.build_inverses(),
                None => break,
            }
        }
    }

    /// Stores a value in a slot. In a record that nobody described, that describes it.
    pub fn store(&mut self, slot: SlotId, value: &NewFact) {
        self.describe_around(slot);
        if let NewFact::Row(made) = value
            && let Some((held, ty)) = self.in_place(slot)
        {
            // The record stays where it is, at its fixed distance, and takes over what the new one says.
            self.take_over(held, *made, ty);
            self.replace(slot, Slot { data: held, node: MADE });
            return;
        }
        let data = self.encode(value);
        // A record that may be absent tells by its node whether it is stated.
        let content = Slot { data, node: MADE };
        self.replace(slot, content);
    }

    /// Makes times unknown that are too old by now.
    pub fn outdate(&mut self, slots: &[SlotId]) {
        for slot in slots {
            let node = self.slots[*slot as usize].node;
            self.replace(*slot, Slot { data: UNKNOWN, node });
            self.stale.insert(*slot);
            self.journal.push(Undo::Fresh(*slot));
        }
    }

    /// The record that a slot always holds, and its type.
    fn in_place(&self, slot: SlotId) -> Option<(RowId, TypeId)> {
        let (ty, field) = self.field_of(slot);
        match self.schema.ty(ty).fields[field].ty {
            Type::Row(held) => Some((self.slots[slot as usize].data, held)),
            _ => None,
        }
    }

    fn take_over(&mut self, held: RowId, made: RowId, ty: TypeId) {
        let (to, from) = (self.row(held).base, self.row(made).base);
        let schema = self.schema;
        for field in &schema.ty(ty).fields {
            let Some(slot) = field.slot else { continue };
            let content = self.slots[(from + slot) as usize];
            match (&field.ty, self.record_row(to + slot)) {
                (Type::Row(inner), Some(own)) => self.take_over(own, content.data, *inner),
                _ => self.replace(to + slot, content),
            }
        }
    }

    /// Stores a list of entities that was not known before, or makes it unknown again.
    pub fn restate(&mut self, slot: SlotId, list: &NewFact) {
        self.journal.push(Undo::Holders);
        self.store(slot, list);
        // That nobody else can refer is known only where the list is.
        self.build_inverses();
    }

    pub(super) fn replace(&mut self, slot: SlotId, content: Slot) {
        self.journal.push(Undo::Slot(slot, self.slots[slot as usize]));
        self.exchange(slot, content);
        if self.stale.remove(&slot) {
            self.journal.push(Undo::Stale(slot));
        }
        if self.damaged.remove(&slot) {
            self.journal.push(Undo::Damaged(slot));
        }
    }

    /// Puts other content into a slot, and keeps right who refers to whom where the slot tells.
    fn exchange(&mut self, slot: SlotId, content: Slot) {
        if let Some(changes) = &mut self.changes {
            changes.push(slot);
        }
        let field = self.field_of(slot);
        let tells =
            self.schema.inverses().any(|(_, inverse)| (inverse.source, inverse.by) == field);
        if !tells {
            self.slots[slot as usize] = content;
            return;
        }
        let row = self.owner(slot);
        // An entity that was taken out of its list refers to nothing.
        if self.entities(field.0).binary_search(&row).is_err() {
            self.slots[slot as usize] = content;
            return;
        }
        self.forget_references(row, Some(field.1));
        self.slots[slot as usize] = content;
        self.note_references(row, Some(field.1));
    }

    /// Adds elements to a list; `false` where the list is not known, so that it stays unknown.
    pub fn push_items(&mut self, slot: SlotId, values: &[NewFact]) -> bool {
        let before = self.slots[slot as usize];
        let Some(list) = self.lists.get(before.data as usize).copied() else { return false };
        let mut items = self.items[list.start as usize..][..list.len as usize].to_vec();
        for value in values {
            items.push(Slot { data: self.encode(value), node: NO_NODE });
        }
        let data = self.new_list(&items);
        self.replace_list(slot, Slot { data, node: before.node });
        true
    }

    /// Changes some elements of a list, which leaves out others no less than before.
    fn replace_list(&mut self, slot: SlotId, content: Slot) {
        let damaged = self.damaged.contains(&slot);
        self.replace(slot, content);
        if damaged {
            self.damaged.insert(slot);
        }
    }

    /// Removes the elements at the given places of a list.
    pub fn remove_items(&mut self, slot: SlotId, places: &[usize]) {
        let before = self.slots[slot as usize];
        let Some(list) = self.lists.get(before.data as usize).copied() else { return };
        let items = self.items[list.start as usize..][..list.len as usize].to_vec();
        let kept: Vec<Slot> = items
            .iter()
            .enumerate()
            .filter(|(at, _)| !places.contains(at))
            .map(|(_, item)| *item)
            .collect();
        let gone: Vec<RowId> =
            places.iter().filter_map(|at| items.get(*at)).map(|item| item.data).collect();
        let data = self.new_list(&kept);
        self.replace_list(slot, Slot { data, node: before.node });
        let (ty, field) = self.field_of(slot);
        let Some(Type::Row(element)) = self.schema.ty(ty).fields[field].ty.element() else {
            return;
        };
        if self.schema.ty(*element).kind == TypeKind::Entity {
            for row in gone {
                if let Ok(at) = self.by_type[element.0 as usize].binary_search(&row) {
                    self.forget_references(row, None);
                    self.by_type[element.0 as usize].remove(at);
                    self.journal.push(Undo::Removed(*element, at, row));
                }
            }
            // With it go lists in which others could stand that refer.
            if self.holds_entities(*element) {
                self.journal.push(Undo::Holders);
                self.build_inverses();
            }
        }
    }

    fn holds_entities(&self, ty: TypeId) -> bool {
        let is_entity = |held: &TypeId| self.schema.ty(*held).kind == TypeKind::Entity;
        let fields = &self.schema.ty(ty).fields;
        fields
            .iter()
            .any(|field| matches!(field.ty.element(), Some(Type::Row(held)) if is_entity(held)))
    }

    /// Makes a row that nothing holds yet; its slots are unknown or their defaults.
    pub fn make_row(&mut self, ty: TypeId, parent: RowId, via: SlotId) -> RowId {
        let shapes = Arc::clone(&self.shapes);
        self.journal.push(Undo::Rows(self.rows.len(), self.slots.len()));
        let new = Row { ty, base: 0, node: NO_NODE, parent, via };
        let row = self.push_row(&shapes, new, true);
        if self.schema.ty(ty).kind == TypeKind::Entity {
            self.journal.push(Undo::Made(ty));
            self.note_references(row, None);
        }
        row
    }

    /// Enters a new entity under its key.
    pub fn name_row(&mut self, row: RowId, key: &str) {
        let ty = self.row(row).ty;
        let key: Arc<str> = key.into();
        self.made_keys.insert((ty, Arc::clone(&key)), row);
        self.journal.push(Undo::Named(ty, key));
    }

    /// Whether a row was made by a step, so that no text holds it.
    pub fn is_made(&self, row: RowId) -> bool {
        self.row(row).node == NO_NODE && self.schema.ty(self.row(row).ty).kind == TypeKind::Entity
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
