//! From a place in a description to the fact that stands there, and from an entity to all places that name it.
//!
//! Owns the descent through the text and the schema together. A place where nothing stands yet belongs to what its
//! indentation makes it a part of.

use crate::facts::{Fact, Facts, MADE, ROOT, RowId, SlotId};
use crate::schema::TypeId;
use crate::schema::types::Type;
use crate::source::{FileId, Span};
use crate::yaml::{Kind, NodeId};

/// What stands at a place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Part {
    /// The key of a field.
    Key,
    /// A scalar: the value of a field, or an element of its list.
    Value,
    /// Nothing, between the fields of a row.
    Gap,
}

/// A place of a description.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cursor {
    /// What stands there.
    pub part: Part,
    /// The key or value that stands there.
    pub node: Option<NodeId>,
    /// The row that it belongs to.
    pub row: RowId,
    /// The field, by its number in the type of the row; none of a gap, and of a key that is none of its fields.
    pub field: Option<usize>,
    /// Whether it is an element of the list that the field holds.
    pub element: bool,
}

/// What may be written at a place where nothing stands yet.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// Fields of a row that is there.
    Row(RowId),
    /// Fields of a row of a type, which is not there yet.
    New(TypeId),
    /// An element of the list of a fact.
    Element(SlotId),
}

impl Facts<'_> {
    /// What stands at an offset of a description; none outside of its documents.
    pub fn locate(&self, file: FileId, offset: u32) -> Option<Cursor> {
        let documents = self.tree.documents().iter().filter(|document| document.file == file);
        let mut begun = documents.rev().filter(|one| self.tree.span(one.root).start <= offset);
        let document = begun.next()?;
        Some(self.within(ROOT, document.root, offset))
    }

    fn holds(&self, node: NodeId, offset: u32) -> bool {
        let span = self.tree.span(node);
        span.start <= offset && offset <= span.end
    }

    fn within(&self, mut row: RowId, mut mapping: NodeId, offset: u32) -> Cursor {
        loop {
            let gap = Cursor { part: Part::Gap, node: None, row, field: None, element: false };
            let mut entries = self.tree.own_entries(mapping);
            let at = |entry: &crate::yaml::Entry| {
                self.holds(entry.key, offset) || self.holds(entry.value, offset)
            };
            let Some(entry) = entries.find(at) else { return gap };
            let field = self.schema.ty(self.row(row).ty).field(self.tree.text(entry.key));
            if self.holds(entry.key, offset) {
                return Cursor { part: Part::Key, node: Some(entry.key), field, ..gap };
            }
            let Some(at) = field else { return gap };
            let stored = self.schema.ty(self.row(row).ty).fields[at].slot;
            let Some(slot) = stored.map(|slot| self.slot_of(row, slot)) else { return gap };
            let value = Cursor { part: Part::Value, field, ..gap };
            match self.tree.kind(entry.value) {
                Kind::Scalar => return Cursor { node: Some(entry.value), ..value },
                Kind::Mapping => match self.record_row(slot) {
                    Some(child) => (row, mapping) = (child, entry.value),
                    None => return gap,
                },
                Kind::Sequence => {
                    let mut items = self.tree.items(entry.value);
                    let Some(item) = items.find(|item| self.holds(*item, offset)) else {
                        return Cursor { part: Part::Gap, field, element: true, ..gap };
                    };
                    if self.tree.kind(item) != Kind::Mapping {
                        return Cursor { node: Some(item), element: true, ..value };
                    }
                    match self.row_of(slot, item) {
                        Some(child) => (row, mapping) = (child, item),
                        None => return gap,
                    }
                }
            }
        }
    }

    /// The row that a mapping was read into.
    fn row_of(&self, via: SlotId, mapping: NodeId) -> Option<RowId> {
        // Rows are made in the order of the text, so the row of a mapping is near others of its list.
        let rows = 0..self.row_count() as RowId;
        rows.into_iter().find(|row| {
            let data = self.row(*row);
            data.via == via && data.node == mapping.0
        })
    }

    /// What may be written at an offset, by the indentation of the lines above it. In the line itself only blanks and
    /// dashes count, and what stands behind them does not.
    pub fn room(&self, file: FileId, offset: u32) -> Option<Room> {
        let text = self.tree.sources().get(file).text();
        let mut lines = text.get(..offset as usize)?.rsplit(['\n', '\r']);
        let mut end = offset as usize;
        let first = lines.next()?;
        let here = Line::of(first, end - first.len());
        end = end.saturating_sub(first.len() + 1);
        for line in lines {
            let start = end - line.len();
            let above = Line::of(line, start);
            end = start.saturating_sub(1);
            if line.trim().is_empty() || line.trim_start().starts_with('#') {
                continue;
            }
            if line.starts_with("---") {
                break;
            }
            match here.dash {
                Some(dash) if above.dash == Some(dash) => {
                    let cursor = self.locate(file, above.content)?;
                    let slot = if cursor.element {
                        self.slot_at(&cursor)?
                    } else {
                        self.row(cursor.row).via
                    };
                    return Some(Room::Element(slot));
                }
                Some(dash) if above.is_key && above.column <= dash => {
                    return self.slot_at(&self.locate(file, above.content)?).map(Room::Element);
                }
                None if above.is_key && above.column == here.column => {
                    return Some(Room::Row(self.locate(file, above.content)?.row));
                }
                None if above.is_key && above.column < here.column => {
                    let slot = self.slot_at(&self.locate(file, above.content)?)?;
                    let (ty, field) = self.field_of(slot);
                    return match self.schema.ty(ty).fields[field].ty.present() {
                        Type::Row(held) => match self.record_row(slot) {
                            Some(row) => Some(Room::Row(row)),
                            None => Some(Room::New(*held)),
                        },
                        Type::List(..) => Some(Room::Element(slot)),
                        _ => None,
                    };
                }
                _ => {}
            }
        }
        Some(Room::Row(ROOT)).filter(|_| here.column == 0)
    }

    /// The fact that a place belongs to.
    pub fn slot_at(&self, cursor: &Cursor) -> Option<SlotId> {
        let field = &self.schema.ty(self.row(cursor.row).ty).fields[cursor.field?];
        Some(self.slot_of(cursor.row, field.slot?))
    }

    /// The entity that is named at a place: by its own key, or by a reference.
    pub fn named_at(&self, cursor: &Cursor) -> Option<RowId> {
        let node = cursor.node.filter(|_| cursor.part == Part::Value)?;
        let slot = self.slot_at(cursor)?;
        let (ty, field) = self.field_of(slot);
        let field = &self.schema.ty(ty).fields[field];
        if self.is_key(slot) && !matches!(field.ty.present(), Type::Ref(_) | Type::RefAny) {
            return Some(cursor.row);
        }
        let mut found = None;
        self.each_reference(slot, &field.ty, &mut |at, row| {
            if at == node {
                found = Some(row);
            }
        });
        found
    }

    /// Where an entity gets its name: the text of its key, or that of what it is known by.
    pub fn naming(&self, row: RowId) -> Option<NodeId> {
        let data = *self.row(row);
        let def = self.schema.ty(data.ty);
        let field = &def.fields[def.key?];
        let slot = data.base + field.slot?;
        match self.read(slot, &field.ty) {
            Fact::Row(other) if other != row => self.naming(other),
            _ => self.node(slot),
        }
    }

    /// The mapping that a row was read from.
    pub fn mapping(&self, row: RowId) -> Option<NodeId> {
        let node = self.row(row).node;
        (node < MADE).then_some(NodeId(node))
    }

    /// The place of the text of a scalar, without its quotes.
    pub fn inner(&self, node: NodeId) -> Span {
        self.tree.text_span(node).unwrap_or_else(|| self.tree.span(node))
    }
}

/// A line, for what its indentation says.
struct Line {
    /// The column of the last dash that begins an element in it.
    dash: Option<usize>,
    /// The column behind blanks and dashes.
    column: usize,
    /// The offset of that place.
    content: u32,
    /// Whether a key stands there.
    is_key: bool,
}

impl Line {
    fn of(line: &str, start: usize) -> Self {
        let (mut dash, mut rest) = (None, line.trim_start_matches(' '));
        while let Some(behind) =
            rest.strip_prefix('-').filter(|it| it.is_empty() || it.starts_with(' '))
        {
            dash = Some(line.len() - rest.len());
            rest = behind.trim_start_matches(' ');
        }
        let column = line.len() - rest.len();
        let is_key = (rest.contains(": ") || rest.trim_end().ends_with(':'))
            && !rest.starts_with(['{', '[']);
        Self { dash, column, content: (start + column) as u32, is_key }
    }
}
