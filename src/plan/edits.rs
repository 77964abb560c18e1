//! Changes of the facts as edits of the description.
//!
//! Owns the way back from a fact to the place and spelling it has, or would have, in YAML, so that a step can be
//! carried out on the file as well as on the facts.

use crate::facts::written::{value, written};
use crate::facts::{Fact, Facts, ROOT, RowId, SlotId};
use crate::schema::types::Type;
use crate::yaml::edit::{Change, Value};
use crate::yaml::path::{Path, Step};

/// How a fact is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// It has this value.
    Set,
    /// The list has one more element, this one.
    Add,
    /// The list no longer has this element.
    Remove,
}

/// A change of the description, by the address of the fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// How.
    pub way: Way,
    /// The address of the fact or list.
    pub path: String,
    /// The address of what is written: of an element, where it has one.
    pub place: String,
    /// What is written; none of an element that goes.
    pub value: Option<Value>,
    /// The whole list then, where it is not one of records.
    pub list: Option<Value>,
}

/// What an edit changes, in the facts that it left.
pub fn told(facts: &Facts<'_>, slot: SlotId, edit: &Change) -> Written {
    let path = facts.slot_path(slot);
    let (way, at, value) = match edit {
        Change::Set(place, value) | Change::Insert(place, value) => match place.steps().last() {
            Some(Step::Index(at)) => (Way::Add, Some(*at), Some(value.clone())),
            _ => (Way::Set, None, Some(value.clone())),
        },
        Change::Remove(_) if length(facts, slot) == 0 => {
            (Way::Set, None, Some(Value::List(Vec::new())))
        }
        Change::Remove(_) => (Way::Remove, None, None),
    };
    let (ty, field) = facts.field_of(slot);
    let ty = &facts.schema().ty(ty).fields[field].ty;
    let has_rows = matches!(ty.element(), Some(Type::Row(_)));
    let element = at.filter(|_| has_rows).and_then(|at| {
        let (Fact::List(list), Some(element)) = (facts.read(slot, ty), ty.element()) else {
            return None;
        };
        match (at < facts.list_len(list)).then(|| facts.list_item(list, at, element))? {
            Fact::Row(row) => Some(facts.path(row)),
            _ => None,
        }
    });
    let list = (way != Way::Set && !has_rows).then(|| written(facts, slot));
    Written { way, place: element.unwrap_or_else(|| path.clone()), path, value, list }
}

/// The edit that writes what a slot holds now.
pub fn set(facts: &Facts<'_>, slot: SlotId) -> Change {
    Change::Set(path(facts, slot), written(facts, slot))
}

/// The edit that writes one element of a list, which may be new.
pub fn item(facts: &Facts<'_>, slot: SlotId, at: usize) -> Change {
    let (ty, field) = facts.field_of(slot);
    let ty = &facts.schema().ty(ty).fields[field].ty;
    let value = match (facts.read(slot, ty), ty.element()) {
        (Fact::List(list), Some(element)) => {
            value(facts, &facts.list_item(list, at, element), element)
        }
        _ => Value::Raw("unknown".into()),
    };
    Change::Set(path(facts, slot).index(at), value)
}

/// The edit that removes one element of a list.
pub fn removal(facts: &Facts<'_>, slot: SlotId, at: usize) -> Change {
    Change::Remove(path(facts, slot).index(at))
}

/// How many elements a list has; 0 where it is not known.
pub fn length(facts: &Facts<'_>, slot: SlotId) -> usize {
    let (ty, field) = facts.field_of(slot);
    match facts.read(slot, &facts.schema().ty(ty).fields[field].ty) {
        Fact::List(list) => facts.list_len(list),
        _ => 0,
    }
}

/// The path of a fact in its document.
pub fn path(facts: &Facts<'_>, slot: SlotId) -> Path {
    let owner = facts.owner(slot);
    let (ty, field) = facts.field_of(slot);
    let name = facts.schema().ty(ty).fields[field].name.clone();
    if owner == ROOT { Path::root().key(name) } else { row_path(facts, owner).key(name) }
}

fn row_path(facts: &Facts<'_>, row: RowId) -> Path {
    if row == ROOT {
        return Path::root();
    }
    let via = facts.row(row).via;
    let holder = path(facts, via);
    match facts.place_in(via, row) {
        Some(at) => holder.index(at),
        None => holder,
    }
}
