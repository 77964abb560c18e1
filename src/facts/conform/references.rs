//! From ids to rows.
//!
//! Owns the second pass over the facts, when all entities are known: each reference finds its row, if it has not yet, or an
//! error says that there is none, or more than one. Where entries of several lists have one id, an address (`servers/s1`) tells them apart.

use rustc_hash::FxHashSet;

use crate::diagnostic::{Diagnostic, nearest};
use crate::facts::conform::scalars::{says_unknown, shorten};
use crate::facts::conform::{Reader, SUGGESTION_LIMIT};
use crate::facts::{ABSENT, Facts, RowId, SlotId, UNKNOWN, UNRESOLVED};
use crate::scalar;
use crate::schema::types::Type;
use crate::schema::{Field, TypeDef, TypeId};
use crate::yaml::NodeId;
use crate::yaml::edit::respell;

impl Reader<'_, '_> {
    /// The row of an entity that was described before what refers to it, as mostly is so: its id is at hand now. The
    /// others are found in the end.
    pub(super) fn described(&self, entity: TypeId, value: NodeId) -> u32 {
        let known = self.facts.keys[entity.0 as usize].get(self.facts.tree.text(value));
        known.copied().unwrap_or(UNRESOLVED)
    }

    /// Turns the ids of references into rows, when all entities are known; what was found to mean one of those that were
    /// `withdrawn` since is looked for again.
    pub(super) fn resolve(&mut self, withdrawn: &FxHashSet<RowId>) {
        let is_open = |data: u32| data == UNRESOLVED || withdrawn.contains(&data);
        let schema = self.facts.schema;
        let referring: Vec<Vec<(&Field, u32)>> =
            schema.types().map(|(_, def)| def.fields.iter().filter_map(refers).collect()).collect();
        for at in 0..self.facts.rows.len() {
            let row = self.facts.rows[at];
            let def = schema.ty(row.ty);
            let key = def.key.and_then(|key| def.fields[key].slot);
            for (field, slot) in &referring[row.ty.0 as usize] {
                let is_key = key == Some(*slot);
                let slot = (row.base + slot) as usize;
                match field.ty.present() {
                    Type::Ref(_) | Type::RefAny if is_open(self.facts.slots[slot].data) => {
                        let node = NodeId(self.facts.slots[slot].node);
                        self.facts.slots[slot].data = self.lookup(&field.ty, is_key, node);
                    }
                    Type::List(element, _) if matches!(**element, Type::Ref(_) | Type::RefAny) => {
                        let Some(list) =
                            self.facts.lists.get(self.facts.slots[slot].data as usize).copied()
                        else {
                            continue;
                        };
                        for item in list.start as usize..(list.start + list.len) as usize {
                            if is_open(self.facts.items[item].data) {
                                let node = NodeId(self.facts.items[item].node);
                                let data = self.lookup(element, false, node);
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

    fn lookup(&mut self, ty: &Type, is_key: bool, node: NodeId) -> u32 {
        let tree = self.facts.tree;
        let id = tree.text(node);
        let schema = self.facts.schema;
        if let Type::Ref(entity) = ty.present()
            && let Some(row) = self.facts.keys[entity.0 as usize].get(id)
        {
            return *row;
        }
        let candidates: Vec<TypeId> = match ty.present() {
            Type::Ref(entity) => vec![*entity],
            // What is known by something else shares its id with it, and would make every such id ambiguous.
            _ => schema.types().filter(|(_, def)| is_named(def)).map(|(id, _)| id).collect(),
        };
        if candidates.iter().any(|entity| self.contested.shared.contains(&(*entity, id))) {
            return UNKNOWN;
        }
        let found: Vec<RowId> = candidates
            .iter()
            .filter_map(|entity| self.facts.keys[entity.0 as usize].get(id).copied())
            .collect();
        let span = tree.span(node);
        if found.is_empty()
            && let Some(row) = self.at(ty, &candidates, id)
        {
            return row;
        }
        match (found.as_slice(), ty) {
            ([row], _) => return *row,
            ([first, second, ..], _) => {
                let rows = [*first, *second];
                let kinds =
                    rows.map(|row| schema.ty(self.facts.rows[row as usize].ty).name.clone());
                let message = format!("`{id}` may be a {} or a {}", kinds[0], kinds[1]);
                let paths: Vec<String> =
                    found.iter().map(|row| format!("`{}`", self.facts.path(*row))).collect();
                let help = format!("write {}", paths.join(" or "));
                self.diagnostics
                    .push(Diagnostic::error("ambiguous-reference", message, span).help(help));
            }
            ([], Type::OrNone(_)) if id == "none" => return ABSENT,
            _ if !is_key && says_unknown(tree, node, id) => {}
            // The error of the list is told; this would only repeat it.
            _ if candidates.iter().any(|entity| self.contested.unread.contains(entity)) => {}
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
                let near = nearest(id, sorted.iter().copied());
                let help = match sorted.as_slice() {
                    few if (1..=8).contains(&few.len()) => format!("known ids: {}", few.join(", ")),
                    _ => {
                        "describe it, or correct the id; until then this fact is unknown".to_owned()
                    }
                };
                let told = Diagnostic::error("dangling-reference", message, span).help(help);
                self.diagnostics.push(respell::meant(told, tree, node, near));
            }
        }
        UNKNOWN
    }

    /// The entity at an address, where entities of any kind may be meant.
    fn at(&self, ty: &Type, candidates: &[TypeId], address: &str) -> Option<RowId> {
        if *ty.present() != Type::RefAny {
            return None;
        }
        let ids = address.match_indices('/').map(|(at, _)| &address[at + 1..]);
        let rows = ids.flat_map(|id| {
            candidates.iter().filter_map(move |ty| self.facts.keys[ty.0 as usize].get(id).copied())
        });
        rows.into_iter().find(|row| self.facts.path(*row) == address)
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

impl Facts<'_> {
    /// How a field of this type refers to a row: by its key, or by its address where entities of any kind may be meant and
    /// several have that key.
    pub fn reference(&self, row: RowId, ty: &Type) -> String {
        let name = self.name(row);
        let has = |(id, def): &(TypeId, &TypeDef)| is_named(def) && self.find(*id, &name).is_some();
        match *ty.present() == Type::RefAny && self.schema.types().filter(has).count() > 1 {
            true => self.path(row),
            false => name,
        }
    }

    /// The entities that a text may mean where any kind may be meant: by key, or by address where no key is so.
    pub fn meant(&self, text: &str) -> Vec<RowId> {
        let find = |key: &str| -> Vec<RowId> {
            let named = self.schema.types().filter(|(_, def)| is_named(def));
            named.filter_map(|(id, _)| self.find(id, key)).collect()
        };
        let mut found = find(text);
        if found.is_empty()
            && let Some((_, key)) = text.rsplit_once('/')
        {
            let key = scalar::address_read(key);
            found = find(&key);
            found.retain(|row| self.path(*row) == text);
        }
        found
    }
}

/// A field that refers to entities, with its slot.
fn refers(field: &Field) -> Option<(&Field, u32)> {
    let is_reference = |ty: &Type| matches!(ty, Type::Ref(_) | Type::RefAny);
    let refers = is_reference(field.ty.present()) || field.ty.element().is_some_and(is_reference);
    field.slot.filter(|_| refers).map(|slot| (field, slot))
}

fn is_named(def: &TypeDef) -> bool {
    def.key.is_some_and(|key| def.fields[key].ty == Type::Text)
}
