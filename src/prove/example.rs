//! The small environment that shows what is told.
//!
//! Owns taking away every fact that does not matter, and the spelling as a description that `check` accepts.

use crate::diagnostic::Diagnostic;
use crate::facts::change::NewFact;
use crate::facts::{Fact, ROOT, RowId, SlotId};
use crate::plan::edits;
use crate::prove::world::World;
use crate::schema::types::Type;
use crate::yaml::edit::{self, Change, Value};

/// The head of every description.
const HEAD: &str = "apiVersion: failback/v1\nkind: Environment\nname: example\n";

/// The smallest part of an environment for which something holds, as it is read where defaults stand for what is left
/// out; none where it does not hold of the whole.
pub fn smallest<'a>(
    world: &World<'a>,
    holds: &mut dyn FnMut(&mut World<'a>) -> bool,
) -> Option<World<'a>> {
    let mut world = world.clone();
    let mut still = |world: &World<'a>| {
        let mut read = world.clone();
        read.settle();
        holds(&mut read)
    };
    if !still(&world) {
        return None;
    }
    // What is stated last was made last, and is least likely to hold others up.
    for row in world.facts.live_rows().into_iter().rev() {
        for slot in stated(&world, row) {
            let mark = world.facts.mark();
            if world.ty(slot).element().is_some_and(|element| matches!(element, Type::Row(_))) {
                shrink(&mut world, slot, &mut still);
                continue;
            }
            world.facts.store(slot, &NewFact::Unknown);
            if !still(&world) {
                world.facts.rollback(mark);
            }
        }
    }
    // Lists of the environment can shrink once nothing refers to their elements any more.
    for slot in stated(&world, ROOT) {
        if world.length(slot).is_some() {
            shrink(&mut world, slot, &mut still);
        }
    }
    Some(world)
}

/// Takes elements out of a list, and the list itself where it matters to nobody.
fn shrink<'a>(world: &mut World<'a>, slot: SlotId, still: &mut dyn FnMut(&World<'a>) -> bool) {
    let mark = world.facts.mark();
    if world.rows(slot).iter().all(|row| !is_referred(world, *row, slot)) {
        let all: Vec<usize> = (0..world.length(slot).unwrap_or(0)).collect();
        world.facts.remove_items(slot, &all);
        world.facts.restate(slot, &NewFact::Unknown);
        if still(world) {
            return;
        }
        world.facts.rollback(mark);
    }
    for at in (0..world.length(slot).unwrap_or(0)).rev() {
        let row = world.rows(slot)[at];
        if is_referred(world, row, slot) {
            continue;
        }
        let mark = world.facts.mark();
        world.facts.remove_items(slot, &[at]);
        if !still(world) {
            world.facts.rollback(mark);
        }
    }
}

/// The facts of a row that are stated, apart from what it is known by and what chooses the rules.
fn stated(world: &World<'_>, row: RowId) -> Vec<SlotId> {
    let def = world.rules.schema.ty(world.facts.row(row).ty);
    let mut slots = Vec::new();
    for (at, field) in def.fields.iter().enumerate() {
        let Some(slot) = field.slot.map(|slot| world.facts.slot_of(row, slot)) else { continue };
        let head = row == ROOT
            && (field.name == "asOf"
                || world.rules.when.as_ref().is_some_and(|(name, _)| *name == field.name));
        if head || def.key == Some(at) || matches!(field.ty, Type::Row(_)) {
            continue;
        }
        if !matches!(world.facts.read(slot, &field.ty), Fact::Unknown) {
            slots.push(slot);
        }
    }
    slots
}

/// Whether anything refers to a row, but for the list that holds it.
fn is_referred(world: &World<'_>, row: RowId, holder: SlotId) -> bool {
    world.facts.live_rows().into_iter().any(|other| {
        let def = world.rules.schema.ty(world.facts.row(other).ty);
        def.fields.iter().any(|field| {
            let Some(slot) = field.slot.map(|slot| world.facts.slot_of(other, slot)) else {
                return false;
            };
            match world.facts.read(slot, &field.ty) {
                Fact::Row(referred) => {
                    referred == row && matches!(field.ty.present(), Type::Ref(_) | Type::RefAny)
                }
                Fact::List(_) => slot != holder && world.rows(slot).contains(&row),
                _ => false,
            }
        })
    })
}

/// Adds an environment to a diagnostic, made as small as it can be: one of which something holds, told in a sentence.
pub fn shown<'a>(
    diagnostic: Diagnostic,
    world: &World<'a>,
    sentence: &str,
    holds: &mut dyn FnMut(&mut World<'a>) -> bool,
) -> Option<Diagnostic> {
    let small = smallest(world, holds)?;
    Some(match yaml(&small) {
        Some(text) => diagnostic.note("example", format!("{sentence}:\n{}", text.trim_end())),
        None => diagnostic,
    })
}

/// The description of an environment.
pub fn yaml(world: &World<'_>) -> Option<String> {
    let def = world.rules.schema.ty(world.facts.row(ROOT).ty);
    let mut changes: Vec<Change> = Vec::new();
    for field in &def.fields {
        let Some(slot) = field.slot.map(|slot| world.facts.slot_of(ROOT, slot)) else { continue };
        if matches!(world.facts.read(slot, &field.ty), Fact::Unknown) {
            continue;
        }
        match edits::set(&world.facts, slot) {
            // A record of which nothing is known is not mentioned.
            Change::Set(_, Value::Map(entries)) if entries.is_empty() => {}
            change => changes.push(change),
        }
    }
    // What cannot be written is no example; the finding stands without.
    edit::change(HEAD, 0, &changes).ok()
}
