//! The facts of one environment, as the schema sees them.
//!
//! Owns a compact table: each entity and record is a [`Row`], each stored field of a row one [`Slot`] of eight bytes
//! that knows its value and the YAML node it was read from. A record that is not stated still has a row, whose slots
//! are unknown, so that every fact has exactly one slot whether or not somebody wrote it down. Built by
//! [`conform::conform`]; does not evaluate anything. Texts are not copied: a text slot is its YAML node.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use rustc_hash::{FxHashMap, FxHashSet};

use crate::scalar;
use crate::schema::types::{InverseId, Type, WordId};
use crate::schema::{ENVIRONMENT, Schema, TypeId, TypeKind};
use crate::source::Span;
use crate::yaml::{Kind, NodeId, Tree};

pub mod change;
pub mod conform;
mod defaults;
mod doubt;
pub mod inverse;
pub mod locate;
mod mentions;
mod read;
pub mod written;

/// Index of a row in [`Facts`].
pub type RowId = u32;
/// Index of a slot in [`Facts`]: the identity of a fact.
pub type SlotId = u32;

/// The row of the environment.
pub const ROOT: RowId = 0;
/// A slot without a YAML node: never stated, or made by a step of a plan.
pub const NO_NODE: u32 = u32::MAX;
/// The node of a slot that a step of a plan filled.
const MADE: u32 = u32::MAX - 1;
const UNKNOWN: u32 = u32::MAX;
const ABSENT: u32 = u32::MAX - 1;
const UNRESOLVED: u32 = u32::MAX - 2;
/// Set in the data of a text slot whose text is not in the YAML.
const OWNED: u32 = 1 << 31;

/// One stored field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slot {
    data: u32,
    node: u32,
}

/// One entity or record.
#[derive(Clone, Copy, Debug)]
pub struct Row {
    /// Its type.
    pub ty: TypeId,
    /// Its first slot.
    pub base: SlotId,
    /// The mapping it was read from, or [`NO_NODE`].
    pub node: u32,
    /// The row that holds it; the root holds itself.
    pub parent: RowId,
    /// The slot of the parent that holds it.
    pub via: SlotId,
}

#[derive(Clone, Copy, Debug)]
struct ListData {
    start: u32,
    len: u32,
}

/// What a slot holds.
#[derive(Clone, Debug, PartialEq)]
pub enum Fact<'a> {
    /// Not known.
    Unknown,
    /// Known to be absent.
    Absent,
    /// `true`, `false`
    Bool(bool),
    /// A number, size, duration or time, by its type.
    Number(i64),
    /// A text or version.
    Text(Text<'a>),
    /// A word of an enumeration.
    Word(WordId),
    /// A record, or an entity.
    Row(RowId),
    /// A list, by its number.
    List(ListId),
}

/// What a slot holds, before it is made a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Raw {
    /// Not known.
    Unknown,
    /// Known to be absent.
    Absent,
    /// A word, a row, a truth, or where a number, text or list is kept: by the reading.
    Data(u32),
}

/// A text of the description, or one that a rule made.
#[derive(Clone, Debug)]
pub enum Text<'a> {
    /// Text of a description.
    Borrowed(&'a str),
    /// Text made by an expression.
    Owned(Arc<str>),
}

impl Text<'_> {
    /// The characters.
    pub fn as_str(&self) -> &str {
        match self {
            Text::Borrowed(text) => text,
            Text::Owned(text) => text,
        }
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

/// Number of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ListId(u32);

/// Where a fact stands, or would have to stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// The deciding text: the value, the key of a list, or what identifies the owner of a missing key.
    pub span: Span,
    /// Whether the fact itself is written there.
    pub stated: bool,
}

/// All facts of one environment.
#[derive(Clone)]
pub struct Facts<'a> {
    schema: &'a Schema,
    /// What new rows start as, by type.
    shapes: Arc<[defaults::Shape]>,
    tree: &'a Tree<'a>,
    rows: Vec<Row>,
    slots: Vec<Slot>,
    items: Vec<Slot>,
    lists: Vec<ListData>,
    numbers: Vec<i64>,
    texts: Vec<Arc<str>>,
    keys: Vec<FxHashMap<&'a str, RowId>>,
    made_keys: HashMap<(TypeId, Arc<str>), RowId>,
    by_type: Vec<Vec<RowId>>,
    /// The environment and the records it holds in place.
    singles: Vec<RowId>,
    inverses: Vec<inverse::Index>,
    stale: FxHashSet<SlotId>,
    mask: Option<Arc<FxHashSet<SlotId>>>,
    /// Changes made since the facts were read.
    journal: Vec<change::Undo>,
    /// Slots in the order in which they got other contents, also by undoing, since somebody wants to know.
    changes: Option<Vec<SlotId>>,
    /// Slots of lists some of whose elements could not be read, so that nothing may be called absent from them.
    damaged: FxHashSet<SlotId>,
    /// What was asked for and is not known, since somebody began to listen.
    asked: Option<Asked>,
}

/// What was asked for and is not known; more than one thread may ask.
#[derive(Default)]
struct Asked(Mutex<Vec<SlotId>>);

impl Asked {
    fn slots(&self) -> MutexGuard<'_, Vec<SlotId>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Clone for Asked {
    fn clone(&self) -> Self {
        Self(Mutex::new(self.slots().clone()))
    }
}

impl<'a> Facts<'a> {
    /// The schema the facts fit.
    pub fn schema(&self) -> &'a Schema {
        self.schema
    }

    /// The texts the facts were read from.
    pub fn tree(&self) -> &'a Tree<'a> {
        self.tree
    }

    /// One row.
    pub fn row(&self, row: RowId) -> &Row {
        &self.rows[row as usize]
    }

    /// How many rows there are.
    pub fn row_count(&self) -> usize {
        self.rows.len()
    }

    /// How many slots there are; a slot that a step of a plan made may lie beyond.
    pub fn slot_count(&self) -> usize {
        self.slots.len()
    }

    /// Entities of a type, in the order of the description.
    pub fn entities(&self, ty: TypeId) -> &[RowId] {
        &self.by_type[ty.0 as usize]
    }

    /// The slot of a stored field.
    pub fn slot_of(&self, row: RowId, slot: u32) -> SlotId {
        self.rows[row as usize].base + slot
    }

    /// The same facts with only some of them known; keys and the shape of records stay. For checking evidence.
    pub fn masked(&self, known: FxHashSet<SlotId>) -> Facts<'a> {
        let mut facts = self.clone();
        facts.mask = Some(Arc::new(known));
        // Who refers to whom is told by facts, too.
        facts.build_inverses();
        facts
    }

    /// Whether the mask hides a slot.
    pub fn hidden(&self, slot: SlotId) -> bool {
        self.mask.as_ref().is_some_and(|known| !known.contains(&slot))
    }

    /// From now on, writes down which facts are asked for that are not known.
    pub fn listen(&mut self) {
        self.asked = Some(Asked::default());
    }

    /// From now on, does not write down any more what is asked for.
    pub fn stop_listening(&mut self) {
        self.asked = None;
    }

    /// What was asked for since the last time, in the order of asking, each fact once.
    pub fn heard(&self) -> Vec<SlotId> {
        let heard = self.asked.as_ref().map(|asked| std::mem::take(&mut *asked.slots()));
        let mut seen = FxHashSet::default();
        heard.into_iter().flatten().filter(|slot| seen.insert(*slot)).collect()
    }

    /// Somebody asks for a fact that is not known.
    pub fn ask(&self, slot: SlotId) {
        if let Some(asked) = &self.asked {
            asked.slots().push(slot);
        }
    }

    #[cold]
    fn asked_in_vain(&self, slot: SlotId) -> Raw {
        self.ask(slot);
        Raw::Unknown
    }

    /// Whether somebody wants to know what is asked for.
    pub fn is_listening(&self) -> bool {
        self.asked.is_some()
    }

    /// Whether a mask is on.
    pub fn is_masked(&self) -> bool {
        self.mask.is_some()
    }

    /// Whether a slot is the key of an entity.
    pub fn is_key(&self, slot: SlotId) -> bool {
        let row = self.rows[self.owner(slot) as usize];
        let ty = self.schema.ty(row.ty);
        ty.key.and_then(|key| ty.fields[key].slot).is_some_and(|key| row.base + key == slot)
    }

    #[inline]
    fn interpret(&self, content: Slot, ty: &Type) -> Fact<'a> {
        match content.data {
            UNKNOWN | UNRESOLVED => return Fact::Unknown,
            ABSENT => return Fact::Absent,
            _ => {}
        }
        let data = content.data;
        match ty {
            Type::Bool => Fact::Bool(data == 1),
            Type::Int | Type::Size | Type::Duration | Type::Time => {
                Fact::Number(self.numbers[data as usize])
            }
            Type::Text | Type::TextNocase | Type::Version => Fact::Text(self.text(data)),
            Type::Words(_) => Fact::Word(WordId(data)),
            Type::Ref(_) | Type::RefAny | Type::Row(_) => Fact::Row(data),
            Type::List(..) => Fact::List(ListId(data)),
            Type::OrNone(inner) => {
                if matches!(inner.present(), Type::Row(_)) && content.node == NO_NODE {
                    return Fact::Unknown;
                }
                self.interpret(content, inner)
            }
            Type::All(_) | Type::One(_) | Type::None | Type::Error => Fact::Unknown,
        }
    }

    fn text(&self, data: u32) -> Text<'a> {
        if data & OWNED != 0 {
            Text::Owned(self.texts[(data & !OWNED) as usize].clone())
        } else {
            Text::Borrowed(self.tree.text(NodeId(data)))
        }
    }

    /// The row of a record that may be absent, also where it is not stated.
    pub fn record_row(&self, slot: SlotId) -> Option<RowId> {
        let data = self.slots[slot as usize].data;
        ((data as usize) < self.rows.len()).then_some(data)
    }

    /// Whether nothing is known of a fact, be it that somebody wrote so.
    pub fn is_unknown(&self, slot: SlotId) -> bool {
        self.slots[slot as usize].data == UNKNOWN
    }

    /// Whether somebody wrote `unknown` for a fact.
    pub fn says_unknown(&self, slot: SlotId) -> bool {
        let node = self.slots[slot as usize].node;
        node < MADE
            && self.tree.scalar_text(NodeId(node)).is_some_and(|(text, _)| text == "unknown")
    }

    /// Whether somebody wrote something of a fact, be it `unknown`; an empty value says nothing.
    pub fn is_written(&self, slot: SlotId) -> bool {
        let is_known = self.slots[slot as usize].node < MADE && !self.is_unknown(slot);
        is_known || self.says_unknown(slot)
    }

    /// How many elements a list has.
    pub fn list_len(&self, list: ListId) -> usize {
        self.lists[list.0 as usize].len as usize
    }

    /// One element of a list.
    #[inline]
    pub fn list_item(&self, list: ListId, at: usize, element: &Type) -> Fact<'a> {
        let list = self.lists[list.0 as usize];
        self.interpret(self.items[list.start as usize + at], element)
    }

    /// Whether elements of a list could not be read.
    #[inline]
    pub fn is_damaged(&self, slot: SlotId) -> bool {
        !self.damaged.is_empty() && self.damaged.contains(&slot)
    }

    /// The element by which the description itself says that a list may leave things out: `unknown` or `null`.
    pub fn marker(&self, slot: SlotId) -> Option<NodeId> {
        if !self.is_damaged(slot) {
            return None;
        }
        let list = self.lists.get(self.slots[slot as usize].data as usize)?;
        let items = &self.items[list.start as usize..][..list.len as usize];
        let unknown = items.iter().filter(|item| item.data == UNKNOWN && item.node < MADE);
        unknown.map(|item| NodeId(item.node)).find(|node| {
            let text = self.tree.scalar_text(*node);
            text.is_some_and(|(text, _)| conform::scalars::says_unknown(self.tree, *node, text))
        })
    }

    /// Whether a time is known but older than its field allows.
    pub fn is_stale(&self, slot: SlotId) -> bool {
        self.stale.contains(&slot)
    }

    /// The row a slot belongs to.
    pub fn owner(&self, slot: SlotId) -> RowId {
        self.rows.partition_point(|row| row.base <= slot) as u32 - 1
    }

    /// The field a slot belongs to.
    pub fn field_of(&self, slot: SlotId) -> (TypeId, usize) {
        let row = self.rows[self.owner(slot) as usize];
        let fields = &self.schema.ty(row.ty).fields;
        let at = fields.iter().position(|field| field.slot == Some(slot - row.base)).unwrap_or(0);
        (row.ty, at)
    }

    /// The entity with a key.
    pub fn find(&self, ty: TypeId, key: &str) -> Option<RowId> {
        let known = self.keys[ty.0 as usize].get(key).copied();
        known.or_else(|| self.made_keys.get(&(ty, Arc::from(key))).copied())
    }

    /// All keys of a type, for suggestions.
    pub fn keys_of(&self, ty: TypeId) -> impl Iterator<Item = &str> {
        self.keys[ty.0 as usize].keys().copied()
    }

    /// The key of an entity: its `id`, or the key of what it is known by.
    pub fn key(&self, row: RowId) -> Option<Text<'a>> {
        let data = self.rows[row as usize];
        let ty = self.schema.ty(data.ty);
        let field = &ty.fields[ty.key?];
        let content = self.slots[(data.base + field.slot?) as usize];
        match self.interpret(content, &field.ty) {
            Fact::Text(text) => Some(text),
            Fact::Row(referred) if referred != row => self.key(referred),
            // A reference to nothing still tells the entries apart.
            _ => (content.node != NO_NODE)
                .then(|| Text::Borrowed(self.tree.text(NodeId(content.node)))),
        }
    }

    /// What a reader calls a row: the key of an entity, else its path.
    pub fn name(&self, row: RowId) -> String {
        match self.key(row) {
            Some(key) => key.as_str().to_owned(),
            None => self.path(row),
        }
    }

    /// The nearest entity that holds a row, or the row itself.
    pub fn entity_of(&self, mut row: RowId) -> RowId {
        while row != ROOT && self.schema.ty(self.row(row).ty).kind != TypeKind::Entity {
            row = self.row(row).parent;
        }
        row
    }

    /// The address of a row: `servers/s1`, `servers/s1/disks/0`.
    pub fn path(&self, row: RowId) -> String {
        if row == ROOT {
            return String::new();
        }
        let data = self.rows[row as usize];
        let mut path = self.slot_path(data.via);
        let (ty, field) = self.field_of(data.via);
        if matches!(self.schema.ty(ty).fields[field].ty.present(), Type::List(..)) {
            path.push('/');
            match self.key(row) {
                Some(key) => path.push_str(&scalar::address_part(key.as_str())),
                None => path.push_str(&self.index_in(data.via, row).unwrap_or(0).to_string()),
            }
        }
        path
    }

    /// The place of a row in the list that holds it; none where it is held in place.
    pub fn place_in(&self, slot: SlotId, row: RowId) -> Option<usize> {
        let (ty, field) = self.field_of(slot);
        if !matches!(self.schema.ty(ty).fields[field].ty.present(), Type::List(..)) {
            return None;
        }
        self.index_in(slot, row)
    }

    fn index_in(&self, slot: SlotId, row: RowId) -> Option<usize> {
        let list = self.lists.get(self.slots[slot as usize].data as usize)?;
        let items = &self.items[list.start as usize..][..list.len as usize];
        // Rows are made in the order of the text, so most lists hold them in order.
        match items.binary_search_by_key(&row, |item| item.data) {
            Ok(at) => Some(at),
            Err(_) => items.iter().position(|item| item.data == row),
        }
    }

    /// The address of a fact: `servers/s1/state`.
    pub fn slot_path(&self, slot: SlotId) -> String {
        let owner = self.owner(slot);
        let (ty, field) = self.field_of(slot);
        let name = &self.schema.ty(ty).fields[field].name;
        if owner == ROOT { name.clone() } else { format!("{}/{name}", self.path(owner)) }
    }

    /// The YAML node of a fact, where it is stated.
    pub fn node(&self, slot: SlotId) -> Option<NodeId> {
        let node = self.slots[slot as usize].node;
        (node < MADE).then_some(NodeId(node))
    }

    /// The YAML nodes of the elements of a list.
    pub fn item_nodes(&self, slot: SlotId) -> Vec<NodeId> {
        let Some(list) = self.lists.get(self.slots[slot as usize].data as usize) else {
            return Vec::new();
        };
        let items = &self.items[list.start as usize..][..list.len as usize];
        items.iter().filter(|item| item.node != NO_NODE).map(|item| NodeId(item.node)).collect()
    }

    /// Where a fact stands, or what identifies the owner of a missing one.
    pub fn place(&self, slot: SlotId) -> Option<Place> {
        if let Some(node) = self.node(slot) {
            let shown = match (self.tree.kind(node), self.tree.key_of(node)) {
                (Kind::Scalar, _) | (_, None) => node,
                (_, Some(key)) => key,
            };
            return Some(Place { span: self.tree.span(shown), stated: true });
        }
        self.row_place(self.owner(slot)).map(|span| Place { span, stated: false })
    }

    /// What identifies a row in the text: the value of its key, the YAML key it stands under, or that of its holder.
    pub fn row_place(&self, mut row: RowId) -> Option<Span> {
        loop {
            let data = self.rows[row as usize];
            let ty = self.schema.ty(data.ty);
            if let Some(key) = ty.key.and_then(|key| ty.fields[key].slot)
                && let Some(node) = self.node(data.base + key)
            {
                return Some(self.tree.span(node));
            }
            if data.node != NO_NODE {
                let node = NodeId(data.node);
                if let Some(key) = self.tree.key_of(node) {
                    return Some(self.tree.span(key));
                }
                if let Some(entry) = self.tree.entries(node).next() {
                    return Some(self.tree.span(entry.key));
                }
                return Some(self.tree.span(node));
            }
            if row == ROOT {
                return None;
            }
            row = data.parent;
        }
    }

    /// `asOf` of the description: the time at which the facts were collected.
    pub fn as_of(&self) -> Option<i64> {
        let field = self.schema.ty(ENVIRONMENT).fields.iter().find(|field| field.name == "asOf")?;
        match self.interpret(self.slots[field.slot? as usize], &field.ty) {
            Fact::Number(time) => Some(time),
            _ => None,
        }
    }

    /// Marks times that are older than their field allows at `now` as unknown.
    pub fn age(&mut self, now: i64) {
        for slot in self.outdated(now) {
            self.slots[slot as usize].data = UNKNOWN;
            self.stale.insert(slot);
        }
    }

    /// The known times that are older than their field allows at `now`.
    pub fn outdated(&self, now: i64) -> Vec<SlotId> {
        let mut found = Vec::new();
        let schema = self.schema;
        let ageing: Vec<Vec<_>> = schema
            .types()
            .map(|(_, def)| {
                let fields = def.fields.iter();
                fields.filter_map(|field| Some((field, field.stale_after?, field.slot?))).collect()
            })
            .collect();
        for at in 0..self.rows.len() {
            let row = self.rows[at];
            for (field, limit, slot) in &ageing[row.ty.0 as usize] {
                let slot = row.base + slot;
                let content = self.slots[slot as usize];
                if let Fact::Number(time) = self.interpret(content, &field.ty)
                    && now.saturating_sub(time) > *limit
                {
                    found.push(slot);
                }
            }
        }
        found
    }

    /// The entities that refer to a row by an inverse, and whether others might.
    pub fn referrers(&self, inverse: InverseId, row: RowId) -> (&[(RowId, RowId)], bool) {
        let index = &self.inverses[inverse.0 as usize];
        (index.of(row), index.open > 0)
    }
}
