//! Entries and elements that go.
//!
//! Owns what goes with them: their lines with the comments on them, the comma, and, with the last one, the lines of the
//! collection, which becomes `{}` or `[]`. Comments on lines of their own stay.

use crate::yaml::edit::{EditError, Editor, Place, Slot, Value};
use crate::yaml::path::Path;
use crate::yaml::{Kind, NodeId, meta};

impl Editor<'_, '_> {
    pub(super) fn remove(&mut self, slot: &Slot, path: &Path) -> Result<(), EditError> {
        self.check_unshared(slot, path)?;
        if self.tree.key_of(slot.value).is_some_and(|key| self.is_shared(key)) {
            return Err(EditError::Shared(path.clone()));
        }
        let Some(parent) = slot.parent else { return Err(EditError::Missing(path.clone())) };
        let is_mapping = self.tree.kind(parent) == Kind::Mapping;
        let parts: Vec<NodeId> = if is_mapping {
            self.tree.own_entries(parent).map(|entry| entry.value).collect()
        } else {
            self.tree.items(parent).collect()
        };
        let at = parts.iter().position(|part| *part == slot.value).unwrap_or(0);
        let before = at.checked_sub(1).and_then(|at| parts.get(at)).copied();
        let next = parts.get(at + 1).copied();
        if slot.flow {
            self.remove_flow(slot, before);
        } else if parts.len() == 1 {
            let above: Path = path
                .steps()
                .split_last()
                .map_or(&[][..], |(_, above)| above)
                .iter()
                .cloned()
                .collect();
            let (above_slot, _) = self.walk(&above)?;
            let empty = if is_mapping { Value::Map(Vec::new()) } else { Value::List(Vec::new()) };
            self.replace(&above_slot, &empty, &above)?;
        } else {
            self.remove_lines(slot, next);
            self.shield_text_block(slot, before);
        }
        Ok(())
    }

    fn remove_lines(&mut self, slot: &Slot, next: Option<NodeId>) {
        if self.layout.first_on_line(slot.head) {
            self.delete_lines(slot.head, slot.end);
            return;
        }
        // The first part of a collection that begins behind a `-`: the next part takes its place, unless comments stand
        // between.
        let Some(next) = next else { return };
        let end = if self.layout.at_line_start(slot.end) {
            slot.end
        } else {
            self.layout.next_line(slot.end)
        };
        let next = match slot.place {
            Place::Item => self.layout.skip_trivia(slot.end),
            _ => self.tree.key_of(next).map_or(end, |key| self.start(key)),
        };
        if self.layout.has_comment(end, next) {
            let start = self.layout.skip_blanks_back(slot.head);
            let eol = if self.layout.at_line_start(slot.end) { self.layout.eol } else { "" };
            let to = if eol.is_empty() { self.layout.line_end(slot.end) } else { slot.end };
            self.edit(start, to, eol.to_owned());
        } else {
            self.edit(slot.head, next, String::new());
        }
    }

    /// Where a text block comes to stand before what followed the removed lines: keeps comments and empty lines from
    /// becoming a part of it.
    fn shield_text_block(&mut self, slot: &Slot, before: Option<NodeId>) {
        let Some(before) = before else { return };
        let leaf =
            self.tree.nodes.get(before.0 as usize..slot.value.0 as usize).unwrap_or(&[]).iter();
        let key = usize::from(slot.place != Place::Item);
        let Some(leaf) = leaf.rev().nth(key) else { return };
        if leaf.meta & (meta::SHAPE | meta::BLOCK) != meta::BLOCK {
            return;
        }
        let keeps = self.layout.at_line_start(leaf.end as usize);
        let mut line = if self.layout.at_line_start(slot.end) {
            slot.end
        } else {
            self.layout.next_line(slot.end)
        };
        while line < self.layout.text.len() {
            let text = self.layout.skip_blanks(line);
            let next = self.layout.next_line(line);
            match self.layout.byte(text) {
                Some(b'#') => self.edit(line, text, " ".repeat(slot.column.min(text - line))),
                Some(b'\n' | b'\r') | None if keeps => self.edit(line, next, String::new()),
                Some(b'\n' | b'\r') => {}
                _ => return,
            }
            line = next;
        }
    }

    fn remove_flow(&mut self, slot: &Slot, before: Option<NodeId>) {
        let (start, end) = match slot.place {
            Place::Item => (slot.start, slot.end),
            _ => (slot.head, slot.end.max(slot.after)),
        };
        let after = self.layout.skip_trivia(end);
        if self.layout.byte(after) == Some(b',') {
            if self.layout.same_line(end, after) {
                self.remove_part(start, after + 1);
            } else {
                self.edit(start, end, String::new());
                self.edit(after, after + 1, String::new());
            }
            return;
        }
        let Some(before) = before else {
            self.edit(start, end, String::new());
            return;
        };
        let comma = self.layout.skip_trivia(self.end(before).max(self.value_end(before)));
        if self.layout.skip_blanks(comma + 1) == start {
            self.edit(comma, end, String::new());
        } else {
            self.edit(comma, comma + 1, String::new());
            self.remove_part(start, end);
        }
    }

    /// The end of a key without a value is that of the key.
    fn value_end(&self, value: NodeId) -> usize {
        self.tree.key_of(value).map_or(0, |key| self.tree.node(key).end as usize)
    }

    /// Removes a part between brackets with the blanks behind it, and with its lines where it fills them.
    fn remove_part(&mut self, start: usize, end: usize) {
        let rest = self.layout.skip_blanks(end);
        let ends_line = matches!(self.layout.byte(rest), Some(b'\n' | b'\r') | None);
        let comments = self.layout.byte(rest) == Some(b'#');
        if (ends_line || comments) && self.layout.first_on_line(start) {
            self.delete_lines(start, end);
        } else if ends_line {
            self.edit(self.layout.skip_blanks_back(start), rest, String::new());
        } else {
            self.edit(start, rest, String::new());
        }
    }
}
