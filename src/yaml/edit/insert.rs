//! New entries and elements.
//!
//! Owns where they go: behind the last entry, in the style of their neighbours.

use crate::yaml::edit::{EditError, Editor, Slot, Value, write};
use crate::yaml::path::{Path, Step};
use crate::yaml::{Kind, NodeId, meta};

impl Editor<'_, '_> {
    /// Inserts what a path still lacks after `reached` steps into the collection that stands there.
    pub(super) fn insert(
        &mut self,
        slot: &Slot,
        path: &Path,
        reached: usize,
        value: &Value,
    ) -> Result<(), EditError> {
        let here = || path.steps()[..reached].iter().cloned().collect::<Path>();
        if self.tree.is_alias(slot.value) || self.is_shared(slot.value) {
            return Err(EditError::Shared(here()));
        }
        let Some((step, missing)) = path.steps().get(reached..).and_then(<[Step]>::split_first)
        else {
            return Err(EditError::Exists(path.clone()));
        };
        let value = missing.iter().rev().try_fold(value.clone(), |value, step| match step {
            Step::Key(key) => Ok(Value::Map(vec![(key.clone(), value)])),
            Step::Index(0) => Ok(Value::List(vec![value])),
            Step::Index(_) => Err(EditError::Missing(path.clone())),
        })?;
        let fits = match (self.tree.kind(slot.value), step) {
            (Kind::Sequence, Step::Index(index)) => *index <= self.tree.items(slot.value).count(),
            (Kind::Mapping, Step::Key(_)) => true,
            (Kind::Scalar, Step::Key(_) | Step::Index(0)) => self.is_empty_collection(slot),
            _ => false,
        };
        if !fits {
            let beyond =
                self.tree.kind(slot.value) == Kind::Sequence && matches!(step, Step::Index(_));
            return Err(if beyond {
                EditError::Missing(path.clone())
            } else {
                EditError::NoParts(here())
            });
        }
        if self.is_empty_collection(slot) && !self.layout.has_comment(slot.start, slot.end) {
            let whole = match step {
                Step::Key(key) => Value::Map(vec![(key.clone(), value)]),
                Step::Index(_) => Value::List(vec![value]),
            };
            return self.grow(slot, &whole, &here());
        }
        let flow = self.tree.node(slot.value).meta & meta::FLOW != 0;
        match (step, flow) {
            (Step::Key(key), false) => self.insert_entry(slot, key, &value),
            (Step::Index(index), false) => return self.insert_item(slot, *index, &value, &here()),
            (Step::Key(key), true) => {
                if self.layout.byte(self.tree.node(slot.value).start as usize) != Some(b'{') {
                    return Err(EditError::Unusual(here()));
                }
                let written = write::pair(key, &value, &self.layout);
                self.insert_flow(slot, usize::MAX, &written);
            }
            (Step::Index(index), true) => {
                let written = write::flow(&value, &self.layout);
                self.insert_flow(slot, *index, &written);
            }
        }
        Ok(())
    }

    /// Fills an empty collection: in block style, unless brackets stand around it.
    fn grow(&mut self, slot: &Slot, whole: &Value, path: &Path) -> Result<(), EditError> {
        let start = self.tree.node(slot.value).start as usize;
        if self.tree.properties(slot.value).is_some() {
            // An anchor or a tag stays where it is, and the brackets with it.
            let blank = if start == slot.end { " " } else { "" };
            let written = write::flow(whole, &self.layout);
            self.edit(start, slot.end, format!("{blank}{written}"));
            return Ok(());
        }
        self.replace(slot, whole, path)
    }

    fn insert_entry(&mut self, slot: &Slot, key: &str, value: &Value) {
        let Some(last) = self.tree.own_entries(slot.value).last() else { return };
        let column = self.layout.column(self.tree.node(slot.value).start as usize);
        let written = write::entry(key, value, column, &self.layout);
        self.new_lines(self.end(last.value), column, &written);
    }

    fn insert_item(
        &mut self,
        slot: &Slot,
        index: usize,
        value: &Value,
        path: &Path,
    ) -> Result<(), EditError> {
        let column = self.layout.column(self.tree.node(slot.value).start as usize);
        let written = format!("- {}", write::block(value, column + 2, &self.layout));
        let before = index.checked_sub(1).and_then(|at| self.tree.items(slot.value).nth(at));
        if let Some(before) = before {
            self.new_lines(self.end(before), column, &written);
            return Ok(());
        }
        let Some(Some(first)) = self.item_slot(slot, 0) else {
            return Err(EditError::Unusual(path.clone()));
        };
        let written = format!("{written}{}{}", self.layout.eol, " ".repeat(column));
        self.edit(first.head, first.head, written);
        Ok(())
    }

    /// Puts lines behind the line on which a value ends.
    fn new_lines(&mut self, end: usize, column: usize, written: &str) {
        let (eol, indent) = (self.layout.eol, " ".repeat(column));
        if self.layout.at_line_start(end) {
            self.edit(end, end, format!("{indent}{written}{eol}"));
        } else {
            let at = self.layout.line_end(end);
            self.edit(at, at, format!("{eol}{indent}{written}"));
        }
    }

    /// Inserts between brackets, before the part at an index or behind the last one.
    fn insert_flow(&mut self, slot: &Slot, index: usize, written: &str) {
        // From the start of each part to its end.
        let parts: Vec<(usize, usize)> = match self.tree.kind(slot.value) {
            Kind::Mapping => {
                self.tree.own_entries(slot.value).map(|entry| self.pair_extent(entry.key)).collect()
            }
            _ => self.tree.items(slot.value).map(|item| self.extent(item)).collect(),
        };
        let open = self.tree.node(slot.value).start as usize;
        let close = (self.tree.node(slot.value).end as usize).saturating_sub(1);
        let eol = self.layout.eol;
        if let Some((start, _)) = parts.get(index) {
            let between = match self.own_line(*start) {
                Some(indent) => format!("{eol}{indent}"),
                None => " ".to_owned(),
            };
            self.edit(*start, *start, format!("{written},{between}"));
            return;
        }
        let Some((start, end)) = parts.last().copied() else {
            // Only comments stand between the brackets.
            self.edit(open + 1, open + 1, written.to_owned());
            return;
        };
        let after = self.layout.skip_trivia(end);
        let comma = self.layout.byte(after) == Some(b',');
        let last = if comma { after } else { end };
        match self.own_line(start).filter(|_| !self.layout.same_line(last, close)) {
            Some(indent) => {
                let line_end = self.layout.line_end(last);
                let tail = if comma { "," } else { "" };
                if !comma {
                    self.edit(end, end, ",".to_owned());
                }
                self.edit(line_end, line_end, format!("{eol}{indent}{written}{tail}"));
            }
            None if comma => self.edit(after + 1, after + 1, format!(" {written}")),
            None => {
                let between =
                    self.own_line(start).map_or(" ".to_owned(), |indent| format!("{eol}{indent}"));
                self.edit(end, end, format!(",{between}{written}"));
            }
        }
    }

    /// From the start of a key in braces to the end of its value.
    pub(super) fn pair_extent(&self, key: NodeId) -> (usize, usize) {
        let key_end = self.tree.node(key).end as usize;
        (self.start(key), self.end(NodeId(key.0 + 1)).max(key_end))
    }

    /// The indentation of a part that is the first on its line.
    fn own_line(&self, start: usize) -> Option<String> {
        let line = self.layout.line_start(start);
        self.layout.first_on_line(start).then(|| self.layout.slice(line, start).to_owned())
    }
}
