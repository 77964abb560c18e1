//! Where the text names an entity.
//!
//! Owns the way from an entity to its id and to every reference to it, so that a rename reaches them all. Texts that read
//! the same, such as a list of names, are no references.

use crate::facts::{Fact, Facts, MADE, RowId, SlotId};
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
        for data in &self.rows {
            for field in &self.schema.ty(data.ty).fields {
                let Some(slot) = field.slot.map(|slot| data.base + slot) else { continue };
                if Some(slot) != id {
                    self.each_reference(slot, &field.ty, &mut |node, to| {
                        if to == row {
                            found.push(node);
                        }
                    });
                }
            }
        }
        found
    }

    /// The places of the references that a fact holds, and what each refers to.
    pub(super) fn each_reference(
        &self,
        slot: SlotId,
        ty: &Type,
        each: &mut dyn FnMut(NodeId, RowId),
    ) {
        let is_ref = |ty: &Type| matches!(ty.present(), Type::Ref(_) | Type::RefAny);
        if is_ref(ty) {
            if let (Fact::Row(row), Some(node)) = (self.read(slot, ty), self.node(slot)) {
                each(node, row);
            }
        } else if let Some(element) = ty.element().filter(|element| is_ref(element))
            && let Fact::List(list) = self.read(slot, ty)
        {
            for at in 0..self.list_len(list) {
                let item = self.items[self.lists[list.0 as usize].start as usize + at];
                if let Fact::Row(row) = self.list_item(list, at, element)
                    && item.node < MADE
                {
                    each(NodeId(item.node), row);
                }
            }
        }
    }
}
