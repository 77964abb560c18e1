//! Changes of a text that keep its comments and its layout.
//!
//! Owns the way from "this value at this path" to replacements of ranges of the text. Reads the tree and the text
//! between its nodes; never prints the whole document anew. Refuses what would change more than was asked for: a value
//! that aliases share.

mod layout;
pub mod respell;
pub(crate) mod write;
mod insert;
mod remove;

use std::fmt;

use crate::diagnostic::Diagnostics;
use crate::source::{Sources, Span};
use crate::yaml::edit::layout::Layout;
use crate::yaml::merge::is_merge;
use crate::yaml::path::{Path, Step};
use crate::yaml::resolve::Scalar;
use crate::yaml::{Kind, Limits, NodeId, Tree, meta};

/// The replacement of a range of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; empty to insert.
    pub span: Span,
    /// What stands there instead.
    pub replacement: String,
}

/// What to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A text; quoted where it would be read as anything else.
    Text(String),
    /// A token that is plain already: `true`, `12`, `600GiB`.
    Raw(String),
    /// A sequence.
    List(Vec<Value>),
    /// A mapping.
    Map(Vec<(String, Value)>),
}

impl Value {
    /// The value on one line of YAML.
    pub fn line(&self) -> String {
        write::flow(self, &Layout::plain())
    }

    /// Whether it needs lines of its own in block style.
    pub(crate) fn is_nested(&self) -> bool {
        match self {
            Self::List(items) => !items.is_empty(),
            Self::Map(entries) => !entries.is_empty(),
            _ => false,
        }
    }
}

/// One wish of several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// See [`set`].
    Set(Path, Value),
    /// See [`insert`].
    Insert(Path, Value),
    /// See [`remove`].
    Remove(Path),
}

/// Why a change cannot be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum EditError {
    /// Nothing stands at the path.
    Missing(Path),
    /// The key is there already.
    Exists(Path),
    /// The path leads into a scalar, or by a key into a sequence.
    NoParts(Path),
    /// An alias refers to the value, or it stands behind one.
    Shared(Path),
    /// The value is written in a way that only a person can change: `? key`, or a pair in a list.
    Unusual(Path),
    /// The text is not YAML, before or after the change.
    Unreadable,
}

impl fmt::Display for EditError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(path) => write!(f, "nothing is at `{path}`"),
            Self::Exists(path) => write!(f, "`{path}` is there already"),
            Self::NoParts(path) => write!(f, "`{path}` has no such parts"),
            Self::Shared(path) => write!(f, "`{path}` is shared by an alias; change it by hand"),
            Self::Unusual(path) => {
                write!(f, "`{path}` is written in an unusual way; change it by hand")
            }
            Self::Unreadable => f.write_str("the text is not YAML"),
        }
    }
}

impl std::error::Error for EditError {}

/// Makes the replacements; `None` where two of them overlap or one does not fit the text.
pub fn apply(text: &str, edits: &[Edit]) -> Option<String> {
    let mut ordered: Vec<&Edit> = edits.iter().collect();
    ordered.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let mut changed = String::with_capacity(text.len());
    let mut at = 0;
    for edit in ordered {
        changed.push_str(text.get(at..edit.span.start as usize)?);
        changed.push_str(&edit.replacement);
        at = edit.span.end as usize;
    }
    changed.push_str(text.get(at..)?);
    Some(changed)
}

/// Makes several changes of one document of a text (counted from 0), each in the text that the one before left, and
/// makes sure that the result can be read.
pub fn change(text: &str, document: usize, changes: &[Change]) -> Result<String, EditError> {
    let mut text = text.to_owned();
    // One reading more than there are changes: the last one looks at the result.
    for at in 0..=changes.len() {
        let mut sources = Sources::default();
        let file = sources.add("", text.as_str());
        let mut tree = Tree::new(&sources);
        let mut diagnostics = Diagnostics::default();
        tree.read(file, &Limits::default(), &mut diagnostics);
        if diagnostics.has_errors() {
            return Err(EditError::Unreadable);
        }
        let Some(wish) = changes.get(at) else { break };
        let Some(root) = tree.documents().get(document).map(|found| found.root) else {
            return Err(EditError::Missing(Path::root()));
        };
        let edits = match wish {
            Change::Set(path, value) => set(&tree, root, path, value)?,
            Change::Insert(path, value) => insert(&tree, root, path, value)?,
            Change::Remove(path) => remove(&tree, root, path)?,
        };
        let changed = apply(&text, &edits).ok_or(EditError::Unreadable)?;
        text = changed;
    }
    Ok(text)
}

/// Replaces the value at a path of a document; where a key or the element behind the last one is missing, inserts it
/// with all that is missing above it.
pub fn set(
    tree: &Tree<'_>,
    root: NodeId,
    path: &Path,
    value: &Value,
) -> Result<Vec<Edit>, EditError> {
    let mut editor = Editor::new(tree, root);
    match editor.walk(path)? {
        (slot, rest) if rest == path.steps().len() => editor.replace(&slot, value, path)?,
        (slot, rest) => editor.insert(&slot, path, rest, value)?,
    }
    Ok(editor.edits)
}

/// Inserts an entry under a key that is not there, or an element before the one at an index or behind the last one,
/// with all that is missing above it.
pub fn insert(
    tree: &Tree<'_>,
    root: NodeId,
    path: &Path,
    value: &Value,
) -> Result<Vec<Edit>, EditError> {
    let mut editor = Editor::new(tree, root);
    let Some((last, above)) = path.steps().split_last() else {
        return Err(EditError::Exists(path.clone()));
    };
    let above: Path = above.iter().cloned().collect();
    let (slot, reached) = editor.walk(&above)?;
    if reached == above.steps().len()
        && let Step::Key(key) = last
        && editor.own_entry(slot.value, key).is_some()
    {
        return Err(EditError::Exists(path.clone()));
    }
    editor.insert(&slot, path, reached, value)?;
    Ok(editor.edits)
}

/// Removes the entry or element at a path, with the comment on its own lines; comments above it stay.
pub fn remove(tree: &Tree<'_>, root: NodeId, path: &Path) -> Result<Vec<Edit>, EditError> {
    let mut editor = Editor::new(tree, root);
    let (slot, reached) = editor.walk(path)?;
    if reached < path.steps().len() || path.steps().is_empty() {
        return Err(EditError::Missing(path.clone()));
    }
    editor.remove(&slot, path)?;
    Ok(editor.edits)
}

/// Where a value stands.
#[derive(Clone)]
struct Slot {
    value: NodeId,
    /// The place of the value, with its anchor and tag.
    start: usize,
    end: usize,
    /// Offset behind the `:` or `-`; of an outermost value and of an element in brackets, its start.
    after: usize,
    /// Where the key or the `-` begins.
    head: usize,
    /// The column of the key or of the `-`.
    column: usize,
    place: Place,
    /// Whether it stands within brackets.
    flow: bool,
    /// The collection it is part of.
    parent: Option<NodeId>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Root,
    /// Behind a key.
    Value,
    /// Behind a key in braces that has no `:`.
    BareKey,
    /// An element.
    Item,
}

struct Editor<'t, 's> {
    tree: &'t Tree<'s>,
    layout: Layout<'t>,
    root: NodeId,
    edits: Vec<Edit>,
}

impl<'t, 's> Editor<'t, 's> {
    fn new(tree: &'t Tree<'s>, root: NodeId) -> Self {
        Self { tree, layout: Layout::of(tree, root), root, edits: Vec::new() }
    }

    /// Follows a path as far as it exists; also says how many steps that were.
    fn walk(&self, path: &Path) -> Result<(Slot, usize), EditError> {
        let mut slot = self.root_slot();
        for (at, step) in path.steps().iter().enumerate() {
            let here = || path.steps()[..=at].iter().cloned().collect::<Path>();
            if self.tree.is_alias(slot.value) || self.is_shared(slot.value) {
                return Err(EditError::Shared(path.steps()[..at].iter().cloned().collect()));
            }
            let next = match step {
                Step::Key(key) => {
                    self.own_entry(slot.value, key).map(|key| self.value_slot(&slot, key))
                }
                Step::Index(index) => self.item_slot(&slot, *index),
            };
            match next {
                None => return Ok((slot, at)),
                Some(None) => return Err(EditError::Unusual(here())),
                Some(Some(next)) => slot = next,
            }
        }
        Ok((slot, path.steps().len()))
    }

    fn is_shared(&self, node: NodeId) -> bool {
        self.tree.node(node).meta & meta::SHARED != 0
    }

    /// The key in a mapping itself.
    fn own_entry(&self, mapping: NodeId, key: &str) -> Option<NodeId> {
        let found =
            |key_node: NodeId| self.tree.text(key_node) == key && !is_merge(self.tree, key_node);
        self.tree.own_entries(mapping).map(|entry| entry.key).find(|found_key| found(*found_key))
    }

    fn root_slot(&self) -> Slot {
        let (start, end) = self.extent(self.root);
        let (value, place) = (self.root, Place::Root);
        Slot {
            value,
            start,
            end,
            after: start,
            head: start,
            column: 0,
            place,
            flow: false,
            parent: None,
        }
    }

    /// The place of the value of a key; `None` where it is not written `key: value`.
    fn value_slot(&self, parent: &Slot, key: NodeId) -> Option<Slot> {
        let value = NodeId(key.0 + 1);
        let flow = self.tree.node(parent.value).meta & meta::FLOW != 0;
        let (head, key_end) = (self.start(key), self.tree.node(key).end as usize);
        let before = self.layout.skip_blanks_back(head);
        let braces =
            !flow || self.layout.byte(self.tree.node(parent.value).start as usize) == Some(b'{');
        let empty = key_end == self.tree.node(key).start as usize;
        if empty || !braces || self.layout.slice(0, before).ends_with('?') && before < head {
            return None;
        }
        let at =
            if flow { self.layout.skip_trivia(key_end) } else { self.layout.skip_blanks(key_end) };
        let (mut start, mut end) = self.extent(value);
        let bare = self.layout.byte(at) != Some(b':');
        if bare && !flow {
            return None;
        }
        let after = if bare { key_end } else { at + 1 };
        if start == end {
            (start, end) = (after, after);
        }
        let place = if bare { Place::BareKey } else { Place::Value };
        let column = self.layout.column(head);
        Some(Slot {
            value,
            start,
            end,
            after,
            head,
            column,
            place,
            flow,
            parent: Some(parent.value),
        })
    }

    /// The place of an element; `Some(None)` where it cannot be made out.
    fn item_slot(&self, parent: &Slot, index: usize) -> Option<Option<Slot>> {
        let mut items = self.tree.items(parent.value);
        let before = index.checked_sub(1).and_then(|skip| items.nth(skip));
        let value = if index > 0 { before.and_then(|_| items.next())? } else { items.next()? };
        let flow = self.tree.node(parent.value).meta & meta::FLOW != 0;
        let (start, end) = self.extent(value);
        if flow {
            let (place, parent) = (Place::Item, Some(parent.value));
            return Some(Some(Slot {
                value,
                start,
                end,
                after: start,
                head: start,
                column: 0,
                place,
                flow,
                parent,
            }));
        }
        let from =
            before.map_or(self.tree.node(parent.value).start as usize, |before| self.end(before));
        let dash = self.layout.skip_trivia(from);
        if self.layout.byte(dash) != Some(b'-') {
            return Some(None);
        }
        let after = dash + 1;
        let (start, end) = if start == end { (after, after) } else { (start, end) };
        let (place, parent, column) = (Place::Item, Some(parent.value), self.layout.column(dash));
        Some(Some(Slot { value, start, end, after, head: dash, column, place, flow, parent }))
    }

    fn extent(&self, node: NodeId) -> (usize, usize) {
        let found = self.tree.node(node);
        let (start, end) = (self.start(node), self.end(node));
        // Nothing at all stands behind its `:`.
        if start == found.end as usize { (end, end) } else { (start, end) }
    }

    /// Where a node begins, with its anchor and tag.
    fn start(&self, node: NodeId) -> usize {
        let start = self.tree.node(node).start;
        self.tree.properties(node).map_or(start, |properties| properties.start.min(start)) as usize
    }

    /// Where a value ends, with the `:` of a last key that has no value.
    fn end(&self, node: NodeId) -> usize {
        let end = self.tree.node(node).end as usize;
        let colon = self.layout.skip_blanks(end);
        let is_empty = self.tree.node(node).start as usize == end;
        let is_block = self.tree.node(node).meta & (meta::SHAPE | meta::FLOW) == meta::MAPPING
            || self.tree.node(node).meta & (meta::SHAPE | meta::FLOW) == meta::SEQUENCE;
        if (is_empty || is_block) && self.layout.byte(colon) == Some(b':') {
            colon + 1
        } else {
            end
        }
    }

    /// Puts a value in the place of another.
    fn replace(&mut self, slot: &Slot, value: &Value, path: &Path) -> Result<(), EditError> {
        self.check_unshared(slot, path)?;
        if slot.flow {
            let written = write::flow(value, &self.layout);
            let head = match slot.place {
                Place::BareKey => ": ",
                Place::Value if slot.start == slot.end => " ",
                _ => "",
            };
            self.edit(slot.start, slot.end, format!("{head}{written}"));
            return Ok(());
        }
        let nested = value.is_nested();
        // A text block that keeps its line breaks ends behind the last of them.
        let tail = if self.layout.at_line_start(slot.end) && slot.end > slot.start {
            self.layout.eol
        } else {
            ""
        };
        if slot.place == Place::Root {
            self.replace_root(slot, value, tail);
        } else if slot.start == slot.end || self.layout.same_line(slot.after, slot.start) {
            let header = self.block_scalar_comment(slot);
            let comment =
                if header.is_empty() { self.layout.comment_after(slot.end) } else { header };
            let written = if !nested {
                format!(" {}{header}{tail}", write::block(value, 0, &self.layout))
            } else if slot.place == Place::Item && comment.is_empty() {
                format!(" {}{tail}", write::block(value, slot.column + 2, &self.layout))
            } else {
                self.below(slot, value, header, tail)
            };
            let one_line = self.layout.same_line(slot.start, slot.end);
            if nested && one_line && written.starts_with(self.layout.eol) {
                // The comment stays behind the key, the value comes below.
                self.edit(slot.after, slot.end, String::new());
                self.edit(self.layout.line_end(slot.end), self.layout.line_end(slot.end), written);
            } else {
                self.edit(slot.after, slot.end, written);
            }
        } else if nested {
            let column = self.column_below(slot, value);
            let written = format!(
                "{}{}{tail}",
                " ".repeat(column),
                write::block(value, column, &self.layout)
            );
            self.edit(self.layout.line_start(slot.start), slot.end, written);
        } else {
            self.edit(slot.after, slot.after, format!(" {}", write::block(value, 0, &self.layout)));
            self.delete_lines(slot.start, slot.end);
        }
        Ok(())
    }

    fn replace_root(&mut self, slot: &Slot, value: &Value, tail: &str) {
        let at_start = self.layout.column(slot.start) == 0;
        let written = write::block(value, 0, &self.layout);
        if value.is_nested() && !at_start {
            // Behind `---` no block collection may begin.
            self.edit(self.layout.skip_blanks_back(slot.start), slot.end, String::new());
            let end = if tail.is_empty() { self.layout.line_end(slot.end) } else { slot.end };
            let (before, after) =
                if tail.is_empty() { (self.layout.eol, "") } else { (self.layout.eol, tail) };
            self.edit(end, end, format!("{before}{written}{after}"));
        } else {
            let header = self.block_scalar_comment(slot);
            let empty = slot.start == slot.end
                && !at_start
                && !self.layout.slice(0, slot.start).ends_with([' ', '\t']);
            self.edit(
                slot.start,
                slot.end,
                format!("{}{written}{header}{tail}", if empty { " " } else { "" }),
            );
        }
    }

    /// A nested value on the lines below its key or `-`, with what stays on the line itself.
    fn below(&self, slot: &Slot, value: &Value, header: &str, tail: &str) -> String {
        let column = self.column_below(slot, value);
        let lines = write::block(value, column, &self.layout);
        format!("{header}{}{}{lines}{tail}", self.layout.eol, " ".repeat(column))
    }

    fn column_below(&self, slot: &Slot, value: &Value) -> usize {
        match slot.place {
            Place::Root => 0,
            Place::Item => slot.column + 2,
            Place::Value | Place::BareKey => self.layout.below(slot.column, value),
        }
    }

    /// The comment behind the `|` or `>` of a text block.
    fn block_scalar_comment(&self, slot: &Slot) -> &'t str {
        let node = self.tree.node(slot.value);
        if node.meta & (meta::SHAPE | meta::BLOCK) != meta::BLOCK {
            return "";
        }
        let start = node.start as usize;
        let line = self.layout.slice(start, self.layout.line_end(start));
        line.find([' ', '\t']).map_or("", |at| self.layout.comment_after(start + at))
    }

    /// That no alias refers to a value or to a part of it, and that no key in it is left empty.
    fn check_unshared(&self, slot: &Slot, path: &Path) -> Result<(), EditError> {
        let nodes = self.tree.nodes.get(slot.value.0 as usize..).unwrap_or(&[]);
        let end = self.tree.node(slot.value).end.max(slot.end as u32);
        for (at, node) in nodes.iter().enumerate() {
            let empty = node.start == node.end;
            if at > 0 && node.start >= end && !(empty && node.start == end) {
                break;
            }
            if node.meta & meta::SHARED != 0 {
                return Err(EditError::Shared(path.clone()));
            }
            if empty && node.meta & (meta::KEY | meta::PROPERTIES) == meta::KEY {
                return Err(EditError::Unusual(path.clone()));
            }
        }
        Ok(())
    }

    fn is_empty_collection(&self, slot: &Slot) -> bool {
        match self.tree.kind(slot.value) {
            Kind::Scalar => {
                self.tree.is_plain(slot.value) && self.tree.scalar(slot.value) == Scalar::Null
            }
            Kind::Sequence | Kind::Mapping => self.tree.first(slot.value.0) == crate::yaml::NONE,
        }
    }

    /// Removes the lines that a value fills alone.
    fn delete_lines(&mut self, start: usize, end: usize) {
        let end = if self.layout.at_line_start(end) { end } else { self.layout.next_line(end) };
        self.edit(self.layout.line_start(start), end, String::new());
    }

    fn edit(&mut self, start: usize, end: usize, replacement: String) {
        if start != end || !replacement.is_empty() {
            self.edits
                .push(Edit { span: Span::new(self.tree.file(self.root), start, end), replacement });
        }
    }
}

#[cfg(test)]
mod tests;
