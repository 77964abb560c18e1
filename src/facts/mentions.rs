//! Where the text names an entity.
//!
//! Owns the way from an entity to its id and to every reference to it, so that a rename reaches them all. Texts that read
//! the same, such as a list of names, are no references.

use crate::facts::{Fact, Facts, RowId, SlotId};
use crate::schema::types::Type;
use crate::yaml::NodeId;

impl Facts<'_> {
    /// The places at which an entity is named: its id, then the references to it, in the order of their slots. Looks at
    /// every fact once.
    pub fn mentions(&self, row: RowId) -> Vec<NodeId> {
        let own = self.row(row);
        let ty = self.schema.ty(own.ty);
        let id = ty.key.and_then(|key| ty.fields[key].slot).map(|slot| self.slot_of(row, slot));
        let mut found: Vec<NodeId> = id.and_then(|slot| self.node(slot)).into_iter().collect();
        for slot in 0..self.slot_count() as SlotId {
            if Some(slot) == id {
                continue;
            }
            let (owner, field) = self.field_of(slot);
            let ty = &self.schema.ty(owner).fields[field].ty;
            let is_reference = |ty: &Type| matches!(ty.present(), Type::Ref(_) | Type::RefAny);
            match ty.element() {
                None if is_reference(ty) => {
                    let named = matches!(self.read(slot, ty), Fact::Row(other) if other == row);
                    found.extend(self.node(slot).filter(|_| named));
                }
                Some(element) if is_reference(element) => {
                    let Fact::List(list) = self.read(slot, ty) else { continue };
                    let nodes = self.item_nodes(slot);
                    for at in 0..self.list_len(list) {
                        let named = matches!(self.list_item(list, at, element), Fact::Row(other) if other == row);
                        found.extend(nodes.get(at).copied().filter(|_| named));
                    }
                }
                _ => {}
            }
        }
        found
    }
}
