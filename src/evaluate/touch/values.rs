//! Which entities say the same in a field.
//!
//! Owns, per field, the values that entities have or had there, both ways round, so that a rule that asks whether a value
//! stands in a list of the whole environment is run again only for those that ask for a value that came or went. Built
//! when first asked for and kept up to date by adding, so it may name too many, never too few.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::builtins::value::{Key, Value};
use crate::evaluate::touch::Field;
use crate::facts::{Fact, Facts, RowId, SlotId};

/// A field by whose value entities are found, and whether case counts not.
pub type Valued = (Field, bool);

/// The values of fields.
#[derive(Default)]
pub struct Values {
    fields: FxHashMap<Valued, Index>,
}

#[derive(Default)]
struct Index {
    of: FxHashMap<RowId, FxHashSet<Key>>,
    who: FxHashMap<Key, FxHashSet<RowId>>,
}

impl Index {
    fn add(&mut self, slot: SlotId, valued: Valued, facts: &Facts<'_>) {
        let ((ty, field), nocase) = valued;
        let fact = facts.read(slot, &facts.schema().ty(ty).fields[field].ty);
        if let Some(key) = key(fact, nocase) {
            let entity = facts.entity_of(facts.owner(slot));
            self.of.entry(entity).or_default().insert(key.clone());
            self.who.entry(key).or_default().insert(entity);
        }
    }
}

fn key(fact: Fact<'_>, nocase: bool) -> Option<Key> {
    let value = match fact {
        Fact::Unknown | Fact::List(_) => return None,
        Fact::Absent => Value::None,
        Fact::Bool(flag) => Value::Bool(flag),
        Fact::Number(number) => Value::Number(number),
        Fact::Text(text) => Value::Text(text),
        Fact::Word(word) => Value::Word(word),
        Fact::Row(row) => Value::Row(row),
    };
    Key::of(&value, nocase)
}

impl Values {
    /// Looks at a field of all rows, unless that was done before.
    pub fn watch(&mut self, valued: Valued, facts: &Facts<'_>) {
        if self.fields.contains_key(&valued) {
            return;
        }
        let mut index = Index::default();
        let ((ty, field), _) = valued;
        if let Some(slot) = facts.schema().ty(ty).fields[field].slot {
            for row in 0..facts.row_count() as RowId {
                if facts.row(row).ty == ty {
                    index.add(facts.slot_of(row, slot), valued, facts);
                }
            }
        }
        self.fields.insert(valued, index);
    }

    /// Adds the values of facts that changed.
    pub fn update(&mut self, changed: &[SlotId], facts: &Facts<'_>) {
        for (valued, index) in &mut self.fields {
            for slot in changed.iter().filter(|slot| facts.field_of(**slot) == valued.0) {
                index.add(*slot, *valued, facts);
            }
        }
    }

    /// The entities that have or had, in one field, a value that an entity has or had in another.
    pub fn sharing(&self, entity: RowId, from: Valued, to: Valued) -> FxHashSet<RowId> {
        let (Some(from), Some(to)) = (self.fields.get(&from), self.fields.get(&to)) else {
            return FxHashSet::default();
        };
        let keys = from.of.get(&entity).into_iter().flatten();
        keys.filter_map(|key| to.who.get(key)).flatten().copied().collect()
    }
}
