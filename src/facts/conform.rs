//! Does a description fit the schema?
//!
//! Owns the way from YAML nodes to [`Facts`]: unknown keys, wrong types, wrong words, duplicate ids and references to
//! nothing are reported here, each at its place, and the facts concerned are unknown. An element `unknown` of a list is
//! no error: it says that the list may leave others out. Several documents of one
//! environment are joined: lists are appended, a fact stated twice differently is an error with both places. What stands
//! there twice is believed in neither form: that is `contested`.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::diagnostic::{Diagnostic, Diagnostics, nearest};
use crate::facts::conform::contested::Contested;
use crate::facts::conform::scalars::told;
use crate::facts::defaults::Shape;
use crate::facts::{ABSENT, Facts, ListData, NO_NODE, ROOT, Row, RowId, Slot, SlotId, UNKNOWN};
use crate::schema::types::Type;
use crate::schema::{ENVIRONMENT, Field, Schema, TypeId};
use crate::source::Span;
use crate::yaml::edit::respell;
use crate::yaml::resolve::Scalar;
use crate::yaml::{Entry, Kind, NodeId, Tree};

mod contested;
mod references;
pub(super) mod scalars;

/// Keys of a document that belong to the file format, not to the schema.
pub const HEADER: [&str; 3] = ["apiVersion", "kind", "name"];

/// Largest number of candidates that a suggestion for a reference looks through.
const SUGGESTION_LIMIT: usize = 2_000;

/// Reads the facts of one environment from its documents.
pub fn conform<'a>(
    schema: &'a Schema,
    tree: &'a Tree<'a>,
    documents: &[NodeId],
    diagnostics: &mut Diagnostics,
) -> Facts<'a> {
    let types = schema.types().count();
    let nodes = tree.node_count();
    let mut facts = Facts {
        schema,
        shapes: Default::default(),
        tree,
        // Room that is not used costs nothing; growing would hold the old and the new at once.
        rows: Vec::with_capacity(nodes / 3 + 16),
        slots: Vec::with_capacity(nodes + nodes / 2 + 64),
        items: Vec::with_capacity(nodes / 12 + 16),
        lists: Vec::with_capacity(nodes / 24 + 16),
        numbers: Vec::with_capacity(nodes / 12 + 16),
        texts: Vec::new(),
        keys: vec![FxHashMap::default(); types],
        made_keys: Default::default(),
        by_type: vec![Vec::new(); types],
        singles: Vec::new(),
        inverses: Vec::new(),
        stale: FxHashSet::default(),
        mask: None,
        journal: Vec::new(),
        changes: None,
        damaged: FxHashSet::default(),
        asked: None,
    };
    let shapes = facts.make_shapes();
    facts.shapes = Arc::clone(&shapes);
    let mut reader =
        Reader { facts, shapes, scratch: Vec::new(), contested: Contested::default(), diagnostics };
    reader.new_row(ENVIRONMENT, ROOT, 0, NO_NODE);
    reader.facts.singles = (0..reader.facts.rows.len() as RowId).collect();
    for document in documents {
        reader.fill(ROOT, *document);
    }
    let withdrawn = reader.withdraw();
    reader.resolve(&withdrawn);
    reader.facts.build_inverses();
    reader.facts
}

struct Reader<'a, 'd> {
    facts: Facts<'a>,
    shapes: Arc<[Shape]>,
    scratch: Vec<Slot>,
    contested: Contested<'a>,
    diagnostics: &'d mut Diagnostics,
}

impl<'a> Reader<'a, '_> {
    fn new_row(&mut self, ty: TypeId, parent: RowId, via: SlotId, node: u32) -> RowId {
        self.facts.push_row(&self.shapes, Row { ty, base: 0, node, parent, via }, true)
    }

    /// Reads a mapping into a row, which may hold facts of an earlier document already.
    fn fill(&mut self, row: RowId, node: NodeId) {
        let tree = self.facts.tree;
        let schema = self.facts.schema;
        let Row { ty, base, .. } = self.facts.rows[row as usize];
        let def = schema.ty(ty);
        if self.facts.rows[row as usize].node == NO_NODE {
            self.facts.rows[row as usize].node = node.0;
            self.facts.describe(&self.shapes, row, &mut |facts, slot, content| {
                facts.slots[slot as usize] = content;
            });
        }
        let mut expected = 0;
        for Entry { key, value, contested } in tree.entries(node) {
            // Fields mostly come in one order, so the search starts behind the last one.
            let found = (expected..def.fields.len())
                .chain(0..expected)
                .find(|at| tree.text_is(key, &def.fields[*at].name));
            let Some(at) = found else {
                if row != ROOT || !HEADER.contains(&tree.text(key)) {
                    self.unknown_key(ty, key);
                }
                continue;
            };
            expected = at + 1;
            let field = &def.fields[at];
            match field.slot {
                Some(slot) if contested => self.contest(base + slot, field, value),
                // Nearly every fact is a scalar that is stated for the first time.
                Some(slot) if self.is_first(base + slot, field) => {
                    let mut data = self.read_scalar(field, def.key == Some(at), value);
                    if data == UNKNOWN && self.says_nothing(value, &field.ty) {
                        data = self.facts.slots[(base + slot) as usize].data;
                    }
                    self.facts.slots[(base + slot) as usize] = Slot { data, node: value.0 };
                }
                Some(slot) => {
                    let is_key = def.key == Some(at);
                    self.fill_slot(row, base + slot, field, is_key, value);
                }
                None => {
                    let name = &field.name;
                    let message =
                        format!("`{name}` is worked out from the references, never written");
                    let help = "remove this key";
                    self.diagnostics
                        .push(Diagnostic::error("derived-key", message, tree.span(key)).help(help));
                }
            }
        }
    }

    /// Whether a field holds a single value that nothing was said of before.
    #[inline]
    fn is_first(&self, slot: SlotId, field: &Field) -> bool {
        !matches!(field.ty.present(), Type::Row(_) | Type::List(..))
            && self.facts.slots[slot as usize].node == NO_NODE
            && self.contested.facts.is_empty()
    }

    fn unknown_key(&mut self, ty: TypeId, key: NodeId) {
        let def = self.facts.schema.ty(ty);
        let name = self.facts.tree.text(key);
        let place =
            if ty == ENVIRONMENT { "an environment".to_owned() } else { format!("`{}`", def.name) };
        let message = format!("unknown key `{name}` in {place}");
        let known =
            def.fields.iter().filter(|field| field.slot.is_some()).map(|field| field.name.as_str());
        let near = nearest(name, known.clone());
        let help = match known.collect::<Vec<_>>().join(", ") {
            none if none.is_empty() => "remove it: no key is known here".to_owned(),
            keys => format!("known keys: {keys}"),
        };
        let tree = self.facts.tree;
        let told = Diagnostic::error("unknown-key", message, tree.span(key)).help(help);
        self.diagnostics.push(respell::meant(told, tree, key, near));
    }

    fn fill_slot(&mut self, row: RowId, slot: SlotId, field: &Field, is_key: bool, value: NodeId) {
        if self.contested.facts.contains(&slot) {
            return;
        }
        let tree = self.facts.tree;
        let before = self.facts.slots[slot as usize];
        // Only the environment, and what it holds in place, is stated by several documents.
        let again = (before.node != NO_NODE).then_some(NodeId(before.node));
        let again = again.or_else(|| self.contested.unknown.get(&slot).copied());
        // What says nothing is as if it were left out, and takes nothing back.
        let again = again.filter(|earlier| !self.says_nothing(*earlier, &field.ty));
        if self.says_nothing(value, &field.ty) {
            if again.is_none() && !matches!(field.ty.present(), Type::Row(_)) {
                self.facts.slots[slot as usize].node = value.0;
            }
            return;
        }
        match field.ty.present() {
            Type::Row(_) => self.fill_record(slot, field, value, again),
            Type::List(element, _) if tree.kind(value) == Kind::Sequence => {
                let joined = self.facts.lists.get(before.data as usize).copied();
                if let (Some(earlier), None) = (again, joined) {
                    self.conflict(slot, field, earlier, value);
                    return;
                }
                let data =
                    self.read_list(row, slot, element, value, joined.filter(|_| again.is_some()));
                self.facts.slots[slot as usize] = Slot { data, node: value.0 };
            }
            _ => {
                let data = self.read_scalar(field, is_key, value);
                if let Some(earlier) = again
                    && !self.same(before, data, value, &field.ty)
                {
                    self.conflict(slot, field, earlier, value);
                    return;
                }
                if data == UNKNOWN {
                    self.unread(field);
                }
                self.facts.slots[slot as usize] = Slot { data, node: value.0 };
            }
        }
    }

    /// Reads a record, or an entity that stands in its place.
    fn fill_record(&mut self, slot: SlotId, field: &Field, value: NodeId, again: Option<NodeId>) {
        let tree = self.facts.tree;
        let Some(child) = self.facts.record_row(slot).or_else(|| self.child_of(slot)) else {
            return;
        };
        let is_mapping = |node| tree.kind(node) == Kind::Mapping;
        if let Some(earlier) = again
            && is_mapping(earlier) != is_mapping(value)
        {
            self.conflict(slot, field, earlier, value);
            return;
        }
        if is_mapping(value) {
            self.facts.slots[slot as usize] = Slot { data: child, node: value.0 };
            self.fill(child, value);
            if again.is_none() {
                self.register(child, value);
            }
            return;
        }
        let data = self.read_scalar(field, false, value);
        let was = self.facts.slots[slot as usize].data;
        if let Some(earlier) = again
            && (was == ABSENT) != (data == ABSENT)
        {
            self.conflict(slot, field, earlier, value);
        } else if data == ABSENT {
            self.facts.slots[slot as usize] = Slot { data, node: value.0 };
        } else {
            // Said to be unknown is not the same as left out: a default does not apply.
            self.contested.unknown.insert(slot, value);
            self.forget(slot, field, value.0);
            if matches!(field.ty, Type::OrNone(_)) && !self.is_unknown(value, &field.ty) {
                self.facts.slots[slot as usize] = Slot { data: UNKNOWN, node: value.0 };
            }
        }
    }

    /// Whether nothing stands in the place of a fact, so that it is not stated: no value, `null`, or an empty text.
    fn says_nothing(&self, value: NodeId, ty: &Type) -> bool {
        let tree = self.facts.tree;
        let is_text = matches!(ty.present(), Type::Text | Type::TextNocase);
        match tree.scalar_text(value) {
            Some((text, _)) => {
                matches!(tree.scalar(value), Scalar::Null) || (is_text && text.trim().is_empty())
            }
            None => false,
        }
    }

    /// The row that was made for a record whose default is to be absent.
    fn child_of(&self, slot: SlotId) -> Option<RowId> {
        let owner = self.facts.owner(slot);
        let rows = owner as usize + 1..self.facts.rows.len();
        rows.map(|row| row as RowId).find(|row| self.facts.rows[*row as usize].via == slot)
    }

    fn same(&self, before: Slot, data: u32, value: NodeId, ty: &Type) -> bool {
        match ty.present() {
            _ if before.data == UNKNOWN || data == UNKNOWN => before.data == data,
            Type::Ref(_) | Type::RefAny | Type::Text | Type::TextNocase | Type::Version => {
                let text = |node| self.facts.tree.text(node);
                ty.how().equal(text(NodeId(before.node)), text(value))
            }
            _ => {
                self.facts.interpret(before, ty)
                    == self.facts.interpret(Slot { data, node: value.0 }, ty)
            }
        }
    }

    fn shown(&self, node: NodeId) -> Span {
        let tree = self.facts.tree;
        match (tree.kind(node), tree.key_of(node)) {
            (Kind::Scalar, _) | (_, None) => tree.span(node),
            (_, Some(key)) => tree.span(key),
        }
    }

    fn read_list(
        &mut self,
        row: RowId,
        slot: SlotId,
        element: &Type,
        value: NodeId,
        joined: Option<ListData>,
    ) -> u32 {
        let tree = self.facts.tree;
        let mark = self.scratch.len();
        if let Some(list) = joined {
            let range = list.start as usize..(list.start + list.len) as usize;
            self.scratch.extend_from_slice(&self.facts.items[range]);
        }
        for item in tree.items(value) {
            let data = match element {
                Type::Row(ty) if tree.kind(item) == Kind::Mapping => {
                    let child = self.new_row(*ty, row, slot, item.0);
                    self.fill(child, item);
                    if self.register(child, item) { child } else { UNKNOWN }
                }
                _ => match told(tree, item) {
                    Some(bytes) => self.read_told(element.present(), item, bytes),
                    // The description itself says that it may leave some out.
                    None if self.is_unknown(item, element) => UNKNOWN,
                    None if self.is_none(item, element) => ABSENT,
                    None => self.read_present(element.present(), item),
                },
            };
            if data == UNKNOWN {
                self.facts.damaged.insert(slot);
            }
            self.scratch.push(Slot { data, node: item.0 });
        }
        let list = self.facts.new_list(&self.scratch[mark..]);
        self.scratch.truncate(mark);
        list
    }

    /// Enters an entity under its key; `false` where it has none or shares it.
    fn register(&mut self, row: RowId, node: NodeId) -> bool {
        let schema = self.facts.schema;
        let Row { ty, base, .. } = self.facts.rows[row as usize];
        let def = schema.ty(ty);
        let Some(key) =
            def.key.and_then(|key| def.fields[key].slot.map(|slot| (&def.fields[key], slot)))
        else {
            return true;
        };
        let (field, slot) = key;
        let content = self.facts.slots[(base + slot) as usize];
        let tree = self.facts.tree;
        if content.node == NO_NODE || content.data == UNKNOWN {
            if self.contested.facts.contains(&(base + slot)) {
                // Its two keys are told of already, and what refers to either may mean it.
                self.contested.unread.insert(ty);
            } else {
                let message = format!("an entry of type {} has no `{}`", def.name, field.name);
                let span = self.facts.row_place(row).unwrap_or(tree.span(node));
                let help = format!("add `{}`: nothing can refer to it without", field.name);
                self.diagnostics.push(Diagnostic::error("missing-id", message, span).help(help));
            }
            self.contested.left_out.insert(row);
            return false;
        }
        let text = tree.text(NodeId(content.node));
        let known = self.facts.keys[ty.0 as usize].entry(text);
        let first = *known.or_insert(row);
        if first != row {
            let message =
                format!("two entries of type {} have the {} `{text}`", def.name, field.name);
            let span = tree.span(NodeId(content.node));
            let mut again = Diagnostic::error("duplicate-id", message, span);
            if let Some(place) = self.facts.row_place(first) {
                again = again.label(place, "first here");
            }
            self.diagnostics
                .push(again.help("give one of them another id; both are left out until then"));
            self.contested.shared.insert((ty, text));
            self.contested.left_out.extend([first, row]);
            return false;
        }
        true
    }
}
