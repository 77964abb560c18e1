//! From ids to rows.
//!
//! Owns the second pass over the facts, when all entities are known: each reference finds its row, or an error says that
//! there is none, or more than one.

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::facts::conform::{Reader, SUGGESTION_LIMIT, shorten};
use crate::facts::{SlotId, UNKNOWN, UNRESOLVED};
use crate::schema::types::Type;
use crate::schema::{Field, TypeId};
use crate::yaml::NodeId;

impl Reader<'_, '_> {
    /// Turns the ids of references into rows, when all entities are known.
    pub(super) fn resolve(&mut self) {
        let schema = self.facts.schema;
        let referring: Vec<Vec<(&Field, u32)>> =
            schema.types().map(|(_, def)| def.fields.iter().filter_map(refers).collect()).collect();
        for at in 0..self.facts.rows.len() {
            let row = self.facts.rows[at];
            for (field, slot) in &referring[row.ty.0 as usize] {
                let slot = (row.base + slot) as usize;
                match field.ty.present() {
                    Type::Ref(_) | Type::RefAny if self.facts.slots[slot].data == UNRESOLVED => {
                        self.facts.slots[slot].data =
                            self.lookup(field.ty.present(), self.facts.slots[slot].node);
                    }
                    Type::List(element, _) if matches!(**element, Type::Ref(_) | Type::RefAny) => {
                        let Some(list) =
                            self.facts.lists.get(self.facts.slots[slot].data as usize).copied()
                        else {
                            continue;
                        };
                        for item in list.start as usize..(list.start + list.len) as usize {
                            if self.facts.items[item].data == UNRESOLVED {
                                let data = self.lookup(element, self.facts.items[item].node);
                                self.facts.items[item].data = data;
                                if data == UNKNOWN {
                                    self.facts.damaged.insert(slot as SlotId);
                                }
                            }
                        }
                    }
                    _ => {}
                }
            }
        }
    }

    fn lookup(&mut self, ty: &Type, node: u32) -> u32 {
        let tree = self.facts.tree;
        let id = tree.text(NodeId(node));
        let schema = self.facts.schema;
        if let Type::Ref(entity) = ty
            && let Some(row) = self.facts.keys[entity.0 as usize].get(id)
        {
            return *row;
        }
        let candidates: Vec<TypeId> = match ty {
            Type::Ref(entity) => vec![*entity],
            // What is known by something else shares its id with it, and would make every such id ambiguous.
            _ => schema.types().filter(|(_, def)| is_named(def)).map(|(id, _)| id).collect(),
        };
        let mut found = candidates
            .iter()
            .filter_map(|entity| self.facts.keys[entity.0 as usize].get(id).copied());
        let first = found.next();
        let second = found.next();
        drop(found);
        let span = tree.span(NodeId(node));
        match (first, second) {
            (Some(row), None) => return row,
            (Some(row), Some(other)) => {
                let kinds = [row, other]
                    .map(|row| schema.ty(self.facts.rows[row as usize].ty).name.clone());
                let message = format!("`{id}` may be a {} or a {}", kinds[0], kinds[1]);
                let help = "give one of them another id";
                self.diagnostics
                    .push(Diagnostic::error("ambiguous-reference", message, span).help(help));
            }
            _ if candidates.iter().any(|entity| self.may_have_others(*entity)) => {
                let id = shorten(id);
                let message =
                    format!("`{id}` is not listed, and the list says that it leaves entries out");
                let help = "describe it, or correct the id; until then this fact is unknown";
                self.diagnostics
                    .push(Diagnostic::warning("unlisted-reference", message, span).help(help));
            }
            _ => {
                let what = match candidates.as_slice() {
                    [one] => format!("entry of type {}", schema.ty(*one).name),
                    _ => "entry".to_owned(),
                };
                let message = format!("no {what} has the id `{}`", shorten(id));
                let known: Vec<&str> = candidates
                    .iter()
                    .flat_map(|entity| self.facts.keys[entity.0 as usize].keys().copied())
                    .take(SUGGESTION_LIMIT)
                    .collect();
                let mut sorted = known;
                sorted.sort_unstable();
                let help =
                    did_you_mean(id, sorted.iter().copied()).unwrap_or_else(|| {
                        match sorted.as_slice() {
                            [] => "describe it, or correct the id; until then this fact is unknown"
                                .to_owned(),
                            few if few.len() <= 8 => format!("known ids: {}", few.join(", ")),
                            _ => "describe it, or correct the id; until then this fact is unknown"
                                .to_owned(),
                        }
                    });
                self.diagnostics
                    .push(Diagnostic::error("dangling-reference", message, span).help(help));
            }
        }
        UNKNOWN
    }

    /// Whether a list of such entities is marked as incomplete.
    fn may_have_others(&self, ty: TypeId) -> bool {
        self.facts.damaged.iter().any(|slot| {
            let (owner, field) = self.facts.field_of(*slot);
            let listed = self.facts.schema.ty(owner).fields[field].ty.element();
            listed == Some(&Type::Row(ty)) && self.facts.marker(*slot).is_some()
        })
    }
}

/// A field that refers to entities, with its slot.
fn refers(field: &Field) -> Option<(&Field, u32)> {
    let is_reference = |ty: &Type| matches!(ty, Type::Ref(_) | Type::RefAny);
    let refers = is_reference(field.ty.present()) || field.ty.element().is_some_and(is_reference);
    field.slot.filter(|_| refers).map(|slot| (field, slot))
}

fn is_named(def: &crate::schema::TypeDef) -> bool {
    def.key.is_some_and(|key| def.fields[key].ty == Type::Text)
}
