//! Facts that stand in a part of the text that nobody can rely on.

use crate::facts::{Facts, RowId, UNKNOWN};
use crate::schema::types::Type;
use crate::source::Span;
use crate::yaml::{Kind, NodeId};

impl Facts<'_> {
    /// From now on, nothing is known of the facts that stand in a part of a text. What entities are called stays, so that
    /// all else that is said of them does, too.
    pub fn doubt(&mut self, part: Span) {
        for row in 0..self.row_count() as RowId {
            self.doubt_row(row, part);
        }
        self.build_inverses();
    }

    fn doubt_row(&mut self, row: RowId, part: Span) {
        let row = *self.row(row);
        let def = self.schema.ty(row.ty);
        for (at, field) in def.fields.iter().enumerate() {
            let Some(slot) = field.slot.map(|slot| row.base + slot) else { continue };
            let ty = field.ty.present();
            if def.key == Some(at) || matches!(ty, Type::Row(_)) {
                continue;
            }
            let stated = self.node(slot);
            let list = stated.filter(|node| self.tree.kind(*node) == Kind::Sequence);
            if list.is_none() && stated.is_some_and(|node| self.begins_in(node, part)) {
                self.slots[slot as usize].data = UNKNOWN;
            } else if matches!(ty, Type::List(..)) {
                let mut nodes = self.item_nodes(slot).into_iter().chain(list);
                if nodes.any(|node| self.begins_in(node, part)) {
                    self.damaged.insert(slot);
                }
            }
        }
    }

    fn begins_in(&self, node: NodeId, part: Span) -> bool {
        let span = self.tree.span(node);
        span.file == part.file && part.start <= span.start && span.start <= part.end
    }
}
