//! Which entities say the same in a field.
//!
//! Owns, per field, the values that entities have or had there, both ways round, so that a rule that asks whether a value
//! stands in a list of the whole environment is run again only for those that ask for a value that came or went. Built
//! when first asked for and kept up to date by adding, so it may name too many, never too few. How often a value stands
//! in such a list is told by `count` from what is found here.

use std::cell::RefCell;
use std::hash::BuildHasher;

use rustc_hash::{FxBuildHasher, FxHashMap, FxHashSet};

use crate::builtins::value::{Key, Value};
use crate::compile::ir::Expr;
use crate::evaluate::touch::Field;
use crate::evaluate::touch::count::Counted;
use crate::facts::{Fact, Facts, RowId, SlotId};
use crate::scalar::How;

/// A field by whose value entities are found, and how its texts are compared.
pub type Valued = (Field, How);

/// The values of fields.
#[derive(Default)]
pub struct Values {
    kept: RefCell<Kept>,
}

/// What is kept of them.
#[derive(Default)]
struct Kept {
    fields: FxHashMap<Valued, Index>,
    /// Lists of the environment, by the expression that makes them.
    lists: FxHashMap<usize, Counted>,
    /// How many changes of the facts were looked at.
    seen: usize,
}

/// The values of one field, by their hashes: two that share one name too many entities.
#[derive(Default)]
struct Index {
    /// Values and entities as they were first, sorted both ways round.
    of: Vec<(RowId, u32)>,
    who: Vec<(u32, RowId)>,
    /// What came later.
    of_later: FxHashMap<RowId, FxHashSet<u32>>,
    who_later: FxHashMap<u32, FxHashSet<RowId>>,
}

impl Index {
    fn new((field, how): Valued, facts: &Facts<'_>) -> Self {
        let mut index = Index::default();
        let (ty, at) = field;
        let Some(slot) = facts.schema().ty(ty).fields[at].slot else { return index };
        for row in 0..facts.row_count() as RowId {
            if facts.row(row).ty == ty {
                index.of.extend(hashed(facts.slot_of(row, slot), field, how, facts));
            }
        }
        index.of.sort_unstable();
        index.who = index.of.iter().map(|(entity, hash)| (*hash, *entity)).collect();
        index.who.sort_unstable();
        index
    }

    fn add(&mut self, (entity, hash): (RowId, u32)) {
        if self.of.binary_search(&(entity, hash)).is_err() {
            self.of_later.entry(entity).or_default().insert(hash);
            self.who_later.entry(hash).or_default().insert(entity);
        }
    }

    fn hashes(&self, entity: RowId) -> impl Iterator<Item = u32> {
        let start = self.of.partition_point(|(other, _)| *other < entity);
        let first = self.of[start..].iter().take_while(move |(other, _)| *other == entity);
        let later = self.of_later.get(&entity).into_iter().flatten();
        first.map(|(_, hash)| *hash).chain(later.copied())
    }

    fn entities(&self, hash: u32) -> impl Iterator<Item = RowId> {
        let start = self.who.partition_point(|(other, _)| *other < hash);
        let first = self.who[start..].iter().take_while(move |(other, _)| *other == hash);
        let later = self.who_later.get(&hash).into_iter().flatten();
        first.map(|(_, entity)| *entity).chain(later.copied())
    }
}

/// The entity that holds a slot, with the hash of what the slot holds, or of each element of a list.
fn hashed(slot: SlotId, field: Field, how: How, facts: &Facts<'_>) -> Vec<(RowId, u32)> {
    let ty = &facts.schema().ty(field.0).fields[field.1].ty;
    let entity = facts.entity_of(facts.owner(slot));
    let hashed = |fact: Fact<'_>| key(fact, how).map(|key| (entity, hash(&key)));
    match (facts.read(slot, ty), ty.element()) {
        (Fact::List(list), Some(element)) => (0..facts.list_len(list))
            .filter_map(|at| hashed(facts.list_item(list, at, element)))
            .collect(),
        (fact, _) => hashed(fact).into_iter().collect(),
    }
}

fn key(fact: Fact<'_>, how: How) -> Option<Key> {
    let value = match fact {
        Fact::Unknown | Fact::List(_) => return None,
        Fact::Absent => Value::None,
        Fact::Bool(flag) => Value::Bool(flag),
        Fact::Number(number) => Value::Number(number),
        Fact::Text(text) => Value::Text(text),
        Fact::Word(word) => Value::Word(word),
        Fact::Row(row) => Value::Row(row),
    };
    Key::of(&value, how)
}

/// Half of a hash: with twice the room hardly an entity less would be named too many.
fn hash(key: &Key) -> u32 {
    (FxBuildHasher.hash_one(key) >> 32) as u32
}

impl Values {
    /// Looks at a field of all rows, unless that was done before.
    pub fn watch(&mut self, valued: Valued, facts: &Facts<'_>) {
        let kept = self.kept.get_mut();
        kept.fields.entry(valued).or_insert_with(|| Index::new(valued, facts));
    }

    /// Counts the values of a watched field in a list, known by the expression that makes it.
    pub(super) fn count(&mut self, list: &Expr, counted: Counted) {
        self.kept.get_mut().lists.insert(std::ptr::from_ref(list).addr(), counted);
    }

    /// Takes in what changed since the last time; only facts that write down their changes tell.
    pub fn update(&self, facts: &Facts<'_>) {
        let mut kept = self.kept.borrow_mut();
        let Kept { fields, lists, seen } = &mut *kept;
        let changes = facts.changes();
        let mut looked_at: FxHashSet<SlotId> = FxHashSet::default();
        for slot in &changes[(*seen).min(changes.len())..] {
            // What was made and taken back again holds nothing.
            if (*slot as usize) >= facts.slot_count() || !looked_at.insert(*slot) {
                continue;
            }
            let field = facts.field_of(*slot);
            for (valued, index) in fields.iter_mut().filter(|(valued, _)| valued.0 == field) {
                for found in hashed(*slot, field, valued.1, facts) {
                    index.add(found);
                }
            }
            lists.values_mut().for_each(|counted| counted.note(*slot, field, facts));
        }
        *seen = changes.len();
    }

    /// The entities that have or had, in one field, a value that an entity has or had in another.
    pub fn sharing(&self, entity: RowId, from: Valued, to: Valued) -> FxHashSet<RowId> {
        let kept = self.kept.borrow();
        let (Some(from), Some(to)) = (kept.fields.get(&from), kept.fields.get(&to)) else {
            return FxHashSet::default();
        };
        from.hashes(entity).flat_map(|hash| to.entities(hash)).collect()
    }

    /// The entities that have or had a value in a field, in order.
    pub(super) fn having(&self, key: &Key, valued: Valued) -> Vec<RowId> {
        let kept = self.kept.borrow();
        let mut found: Vec<RowId> = kept
            .fields
            .get(&valued)
            .into_iter()
            .flat_map(|index| index.entities(hash(key)))
            .collect();
        found.sort_unstable();
        found.dedup();
        found
    }

    /// Whether the values in a list are counted.
    pub(super) fn counts(&self, list: usize) -> bool {
        self.kept.borrow().lists.contains_key(&list)
    }

    /// Works on what is kept of a counted list; not while it is worked on already.
    pub(super) fn with<T>(&self, list: usize, work: impl FnOnce(&mut Counted) -> T) -> Option<T> {
        self.kept.borrow_mut().lists.get_mut(&list).map(work)
    }
}
