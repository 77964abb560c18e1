//! How a text is laid out: lines, columns, comments, and the habits of its author.
//!
//! Owns reading between the nodes, where the tree knows nothing. Changes nothing.

use crate::yaml::edit::Value;
use crate::yaml::{NodeId, Tree, meta};

/// A text and its habits.
pub(crate) struct Layout<'t> {
    pub(crate) text: &'t str,
    /// How its lines end.
    pub(crate) eol: &'static str,
    /// By how much a mapping under a key is indented.
    step: usize,
    /// By how much a sequence under a key is indented.
    sequence: usize,
    /// Whether it is JSON, which knows only double quotes.
    pub(crate) json: bool,
}

impl<'t> Layout<'t> {
    /// The habits of a document; where it shows none, two blanks for everything.
    pub(crate) fn of(tree: &'t Tree<'_>, root: NodeId) -> Self {
        let text = tree.sources().get(tree.file(root)).text();
        let mut layout =
            Self { text, eol: if text.contains("\r\n") { "\r\n" } else { "\n" }, ..Self::plain() };
        let (mut step, mut sequence) = (None, None);
        let nodes = tree.nodes.get(root.0 as usize..).unwrap_or(&[]).windows(2);
        let flow_root = tree.node(root).meta & meta::FLOW != 0;
        for pair in nodes {
            let [key, value] = pair else { break };
            if key.meta & meta::KEY == 0 {
                continue;
            }
            if flow_root {
                layout.json = text.as_bytes().get(key.start as usize) == Some(&b'"');
                break;
            }
            if value.meta & meta::FLOW != 0 || value.start <= key.end {
                continue;
            }
            let (own, below) =
                (layout.column(key.start as usize), layout.column(value.start as usize));
            let on_next_line = layout.line_start(value.start as usize) > key.start as usize;
            match value.meta & meta::SHAPE {
                meta::SEQUENCE if on_next_line => sequence = sequence.or(below.checked_sub(own)),
                meta::MAPPING if on_next_line => step = step.or(below.checked_sub(own)),
                _ => {}
            }
            if step.is_some() && sequence.is_some() {
                break;
            }
        }
        layout.step = step.or(sequence.filter(|found| *found > 0)).unwrap_or(2);
        layout.sequence = sequence.unwrap_or(layout.step);
        layout
    }

    /// No text, and the usual habits.
    pub(crate) fn plain() -> Self {
        Self { text: "", eol: "\n", step: 2, sequence: 2, json: false }
    }

    /// The column of a value on the lines below its key.
    pub(crate) fn below(&self, column: usize, value: &Value) -> usize {
        column + if matches!(value, Value::List(_)) { self.sequence } else { self.step }
    }

    /// Offset of the first byte of a line; a byte order mark is not part of it.
    pub(crate) fn line_start(&self, at: usize) -> usize {
        let before = self.text.get(..at).unwrap_or("");
        let start = before.rfind(['\n', '\r']).map_or(0, |found| found + 1);
        if start == 0 && self.text.starts_with('\u{feff}') { 3.min(at) } else { start }
    }

    /// Offset of the line break, or of the end of the text.
    pub(crate) fn line_end(&self, at: usize) -> usize {
        self.text
            .get(at..)
            .and_then(|rest| rest.find(['\n', '\r']))
            .map_or(self.text.len(), |found| at + found)
    }

    /// Offset after the line break.
    pub(crate) fn next_line(&self, at: usize) -> usize {
        let end = self.line_end(at);
        let rest = self.text.get(end..).unwrap_or("");
        end + if rest.starts_with("\r\n") { 2 } else { usize::from(!rest.is_empty()) }
    }

    /// How many bytes of its line stand before an offset; before a block collection these are ASCII.
    pub(crate) fn column(&self, at: usize) -> usize {
        at - self.line_start(at).min(at)
    }

    /// Whether only blanks stand before an offset on its line.
    pub(crate) fn first_on_line(&self, at: usize) -> bool {
        self.slice(self.line_start(at), at).bytes().all(is_blank)
    }

    /// Whether an offset is where a line begins, so that the text before it is complete.
    pub(crate) fn at_line_start(&self, at: usize) -> bool {
        self.slice(0, at).ends_with(['\n', '\r'])
    }

    pub(crate) fn same_line(&self, a: usize, b: usize) -> bool {
        !self.slice(a.min(b), a.max(b)).contains(['\n', '\r'])
    }

    pub(crate) fn slice(&self, start: usize, end: usize) -> &'t str {
        self.text.get(start..end).unwrap_or("")
    }

    pub(crate) fn byte(&self, at: usize) -> Option<u8> {
        self.text.as_bytes().get(at).copied()
    }

    /// The first offset from here that is no blank.
    pub(crate) fn skip_blanks(&self, mut at: usize) -> usize {
        while self.byte(at).is_some_and(is_blank) {
            at += 1;
        }
        at
    }

    /// The offset after the last byte before here that is no blank.
    pub(crate) fn skip_blanks_back(&self, mut at: usize) -> usize {
        while at > 0 && self.byte(at - 1).is_some_and(is_blank) {
            at -= 1;
        }
        at
    }

    /// The first offset from here that is neither blank, line break nor comment.
    pub(crate) fn skip_trivia(&self, mut at: usize) -> usize {
        loop {
            match self.byte(at) {
                Some(b' ' | b'\t' | b'\n' | b'\r') => at += 1,
                Some(b'#') => at = self.line_end(at),
                _ => return at,
            }
        }
    }

    /// The comment that ends the line of an offset after a value, with the blanks before it.
    pub(crate) fn comment_after(&self, at: usize) -> &'t str {
        let hash = self.skip_blanks(at);
        if self.byte(hash) == Some(b'#') { self.slice(at, self.line_end(at)) } else { "" }
    }

    /// Whether a comment stands between two offsets that have only blanks, breaks and comments between them.
    pub(crate) fn has_comment(&self, start: usize, end: usize) -> bool {
        self.slice(start, end).contains('#')
    }
}

fn is_blank(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t')
}
