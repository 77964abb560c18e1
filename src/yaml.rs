//! Located YAML: what a user handed in, as an arena of nodes with byte ranges over the borrowed text.
//!
//! Owns the tree, its limits, and the meaning of anchors, aliases and merge keys. Does not know what keys mean:
//! that is `facts`. JSON is read by the same code, as YAML 1.2 contains it. Nodes never move and are never copied;
//! an alias is a reference to its anchor's node.

pub mod syntax;
pub mod events;
pub mod decode;
pub mod resolve;
mod parse;
mod check;
mod merge;
pub mod path;
pub mod edit;
pub mod mend;

use rustc_hash::FxHashMap;

use crate::diagnostic::Diagnostics;
use crate::source::{FileId, Sources, Span};
use crate::stop::Stop;
use crate::yaml::merge::{Entries, find};
use crate::yaml::parse::Reader;
use crate::yaml::path::{Path, Step};
use crate::yaml::resolve::{CoreTag, Scalar, resolve};

/// Index of a node in its [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);

/// What a node is, aliases followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A single value, or nothing at all.
    Scalar,
    /// `- a` or `[a]`
    Sequence,
    /// `a: b` or `{a: b}`
    Mapping,
}

/// One document of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its outermost node.
    pub root: NodeId,
    /// The file it stands in.
    pub file: FileId,
}

/// A key of a mapping and its value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key; always a scalar, or an alias of one.
    pub key: NodeId,
    /// The value, as it stands: it may be an alias.
    pub value: NodeId,
    /// Whether the key stands there twice, so that nobody can tell which value is meant; this one is the first.
    pub contested: bool,
}

/// How much a text may ask for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of one file.
    pub bytes: usize,
    /// Collections within one another.
    pub depth: usize,
    /// Nodes of the whole tree.
    pub nodes: usize,
    /// Nodes that the aliases of one file stand for.
    pub alias_nodes: u64,
    /// When to leave off.
    pub stop: Stop,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            bytes: 512 << 20,
            depth: 128,
            nodes: 40_000_000,
            alias_nodes: 10_000_000,
            stop: Stop::default(),
        }
    }
}

/// Absence of a node.
const NONE: u32 = u32::MAX;

/// INVARIANT: a key is a single node, and the node after it in the arena is its value.
///
/// There are as many of these as there are values, so a node holds what its kind needs and no more: the first child of a
/// collection is the node after it, and so is the next of what refers to something. The few that are not, behind keys
/// that are collections, stand in [`Tree::apart`].
#[derive(Clone, Copy)]
struct Node {
    start: u32,
    end: u32,
    /// Of an alias its target, of a decoded scalar its number in the side table; of all else the next node of the same
    /// collection: from a key its value, from a value the next key.
    more: u32,
    meta: u32,
}

impl Node {
    /// Whether `more` is what the node refers to, and not the next node.
    fn refers(&self) -> bool {
        self.meta & meta::SHAPE == meta::ALIAS || self.meta & meta::DECODED != 0
    }

    /// Where the text of a scalar begins and ends, if it stands in the source as it is.
    #[inline]
    fn verbatim(&self) -> Option<(u32, u32)> {
        let quote = u32::from(self.meta & meta::QUOTED != 0);
        let is_verbatim = self.meta & (meta::SHAPE | meta::DECODED) == meta::SCALAR;
        is_verbatim.then(|| (self.start + quote, self.end - quote))
    }
}

/// What `Node::meta` holds: two bits of shape, then flags, then a tag.
mod meta {
    pub(super) const SCALAR: u32 = 0;
    pub(super) const SEQUENCE: u32 = 1;
    pub(super) const MAPPING: u32 = 2;
    pub(super) const ALIAS: u32 = 3;
    pub(super) const SHAPE: u32 = 3;
    /// The node is a key.
    pub(super) const KEY: u32 = 1 << 2;
    /// The collection is written with brackets.
    pub(super) const FLOW: u32 = 1 << 3;
    /// The scalar is not quoted and no text block.
    pub(super) const PLAIN: u32 = 1 << 4;
    /// The text of the scalar is the source between its quotes.
    pub(super) const QUOTED: u32 = 1 << 5;
    /// The text of the scalar stands in the side table.
    pub(super) const DECODED: u32 = 1 << 6;
    /// The mapping has a merge key.
    pub(super) const MERGE: u32 = 1 << 7;
    /// The node has an anchor or a tag.
    pub(super) const PROPERTIES: u32 = 1 << 8;
    /// The node stands for what could not be read.
    pub(super) const BROKEN: u32 = 1 << 9;
    /// The scalar is a text block.
    pub(super) const BLOCK: u32 = 1 << 10;
    /// An alias refers to the node.
    pub(super) const SHARED: u32 = 1 << 11;
    pub(super) const TAG_SHIFT: u32 = 12;
    pub(super) const TAG: u32 = 15 << TAG_SHIFT;
    /// Another node of the same collection comes after the node, which refers to something.
    pub(super) const GOES_ON: u32 = 1 << 16;
    /// The collection has a child.
    pub(super) const FILLED: u32 = 1 << 17;
    /// The next node, or the first child, is not the one after the node.
    pub(super) const APART: u32 = 1 << 18;
    /// The key stands twice in its mapping.
    pub(super) const CONTESTED: u32 = 1 << 19;
}

/// The anchor and tag of a node, which stand before it.
#[derive(Clone, Copy, Debug)]
struct Properties {
    node: u32,
    start: u32,
    anchor: Option<(u32, u32)>,
}

/// The nodes from `first` on belong to `file`.
struct Part<'s> {
    first: u32,
    file: FileId,
    text: &'s str,
}

/// All documents of all files of a run.
pub struct Tree<'s> {
    sources: &'s Sources,
    nodes: Vec<Node>,
    documents: Vec<Document>,
    parts: Vec<Part<'s>>,
    /// Texts that do not stand in the source as they are, one after the other, and where each ends.
    decoded: String,
    decoded_ends: Vec<usize>,
    properties: Vec<Properties>,
    /// The next nodes and first children that are not simply the node after.
    apart: FxHashMap<u32, u32>,
}

impl<'s> Tree<'s> {
    /// A tree without documents.
    pub fn new(sources: &'s Sources) -> Self {
        Self {
            sources,
            nodes: Vec::new(),
            documents: Vec::new(),
            parts: Vec::new(),
            decoded: String::new(),
            decoded_ends: Vec::new(),
            properties: Vec::new(),
            apart: FxHashMap::default(),
        }
    }

    /// Appends the documents of a file. What is wrong with it is told; the documents that can be read are there.
    pub fn read(&mut self, file: FileId, limits: &Limits, diagnostics: &mut Diagnostics) {
        Reader::new(self, file, limits, diagnostics).read();
    }

    /// The texts the tree was read from.
    pub fn sources(&self) -> &'s Sources {
        self.sources
    }

    /// All documents in the order in which they were read.
    pub fn documents(&self) -> &[Document] {
        &self.documents
    }

    /// How many nodes there are.
    pub fn node_count(&self) -> usize {
        self.nodes.len()
    }

    /// What a node is; an alias is what it refers to.
    pub fn kind(&self, node: NodeId) -> Kind {
        match self.node(self.resolve(node)).meta & meta::SHAPE {
            meta::SEQUENCE => Kind::Sequence,
            meta::MAPPING => Kind::Mapping,
            _ => Kind::Scalar,
        }
    }

    /// The node an alias refers to; any other node itself.
    pub fn resolve(&self, node: NodeId) -> NodeId {
        let found = self.node(node);
        if found.meta & meta::SHAPE == meta::ALIAS { NodeId(found.more) } else { node }
    }

    /// Whether the node is an alias.
    pub fn is_alias(&self, node: NodeId) -> bool {
        self.node(node).meta & meta::SHAPE == meta::ALIAS
    }

    /// Whether the node stands for something that could not be read and was told of.
    pub fn is_broken(&self, node: NodeId) -> bool {
        self.node(node).meta & meta::BROKEN != 0
    }

    /// The place of a node as it stands: of an alias, the alias itself. Anchors and tags are left out. Of nothing
    /// (`key:`), the empty place behind the key.
    pub fn span(&self, node: NodeId) -> Span {
        let found = self.node(node);
        Span { file: self.file(node), start: found.start, end: found.end }
    }

    /// Whether a file is written as JSON: with braces around it and quotes around its keys.
    pub fn is_json(&self, file: FileId) -> bool {
        let text = self.sources.get(file).text().trim_start();
        text.strip_prefix('{').is_some_and(|rest| rest.trim_start().starts_with('"'))
    }

    /// The file a node stands in.
    pub fn file(&self, node: NodeId) -> FileId {
        self.part(node.0).map_or(FileId(0), |part| part.file)
    }

    /// The key of a value of a mapping.
    pub fn key_of(&self, node: NodeId) -> Option<NodeId> {
        let before = node.0.checked_sub(1)?;
        let is_key = self.nodes.get(before as usize)?.meta & meta::KEY != 0;
        is_key.then_some(NodeId(before))
    }

    /// The decoded text of a scalar; empty for a collection and for nothing.
    #[inline]
    pub fn text(&self, node: NodeId) -> &str {
        let found = self.node(node);
        // Nearly every scalar stands in the source as it is.
        match found.verbatim() {
            Some(place) => self.source_text(node, place),
            None => self.other_text(node),
        }
    }

    /// The text of a file at a place in it.
    #[inline]
    fn source_text(&self, node: NodeId, (start, end): (u32, u32)) -> &str {
        let text = self.part(node.0).map_or("", |part| part.text);
        text.get(start as usize..end as usize).unwrap_or("")
    }

    /// Whether the text of a scalar is this one; quicker than to ask for its text.
    #[inline]
    pub fn text_is(&self, node: NodeId, text: &str) -> bool {
        let found = self.node(node);
        let Some((start, end)) = found.verbatim() else { return self.other_text(node) == text };
        if (end - start) as usize != text.len() {
            return false;
        }
        let source = self.part(node.0).map_or("", |part| part.text);
        source.as_bytes().get(start as usize..end as usize) == Some(text.as_bytes())
    }

    #[cold]
    fn other_text(&self, node: NodeId) -> &str {
        let node = self.resolve(node);
        let found = self.node(node);
        if let Some(place) = found.verbatim() {
            return self.source_text(node, place);
        }
        if found.meta & meta::SHAPE != meta::SCALAR {
            return "";
        }
        let at = found.more as usize;
        let before = at.checked_sub(1).and_then(|before| self.decoded_ends.get(before));
        let start = before.copied().unwrap_or(0);
        self.decoded_ends.get(at).and_then(|end| self.decoded.get(start..*end)).unwrap_or("")
    }

    /// The text of a scalar, and whether it is plain; none of a collection.
    #[inline]
    pub fn scalar_text(&self, node: NodeId) -> Option<(&str, bool)> {
        let found = self.node(node);
        if let Some(place) = found.verbatim() {
            return Some((self.source_text(node, place), found.meta & meta::PLAIN != 0));
        }
        (self.kind(node) == Kind::Scalar).then(|| (self.text(node), self.is_plain(node)))
    }

    /// The bytes of the text of a scalar, and whether it is plain; none of a collection. Quicker than the text.
    #[inline]
    pub fn scalar_bytes(&self, node: NodeId) -> Option<(&[u8], bool)> {
        let found = self.node(node);
        let Some((start, end)) = found.verbatim() else {
            return self.scalar_text(node).map(|(text, plain)| (text.as_bytes(), plain));
        };
        let text = self.part(node.0).map_or("", |part| part.text).as_bytes();
        let bytes = text.get(start as usize..end as usize).unwrap_or_default();
        Some((bytes, found.meta & meta::PLAIN != 0))
    }

    /// Whether a scalar is written without quotes and not as a text block.
    pub fn is_plain(&self, node: NodeId) -> bool {
        self.node(self.resolve(node)).meta & meta::PLAIN != 0
    }

    /// Whether the text of a scalar stands in the source as it is, so that a place in the one is a place in the other.
    pub fn text_span(&self, node: NodeId) -> Option<Span> {
        let found = self.node(node);
        let (start, end) = found.verbatim()?;
        Some(Span { file: self.file(node), start, end })
    }

    /// What a scalar means under the core schema; a collection means nothing.
    pub fn scalar(&self, node: NodeId) -> Scalar<'_> {
        let found = self.node(self.resolve(node));
        let tag = CoreTag::from_bits((found.meta & meta::TAG) >> meta::TAG_SHIFT);
        resolve(self.text(node), found.meta & meta::PLAIN != 0, tag)
    }

    /// The elements of a sequence; none of anything else.
    pub fn items(&self, node: NodeId) -> impl Iterator<Item = NodeId> {
        let node = self.resolve(node);
        let is_sequence = self.node(node).meta & meta::SHAPE == meta::SEQUENCE;
        self.chain(if is_sequence { self.first(node.0) } else { NONE })
    }

    /// The entries of a mapping, with those it merges in behind its own; none of anything else.
    pub fn entries(&self, node: NodeId) -> impl Iterator<Item = Entry> {
        Entries::new(self, self.resolve(node))
    }

    /// The entries that a mapping itself has, `<<` among them.
    pub fn own_entries(&self, node: NodeId) -> impl Iterator<Item = Entry> {
        let node = self.resolve(node);
        let is_mapping = self.node(node).meta & meta::SHAPE == meta::MAPPING;
        let mut at = if is_mapping { self.first(node.0) } else { NONE };
        std::iter::from_fn(move || {
            let (entry, next) = self.entry(at)?;
            at = next;
            Some(entry)
        })
    }

    /// The entry of a mapping under a key.
    pub fn get(&self, map: NodeId, key: &str) -> Option<Entry> {
        find(self, self.resolve(map), key)
    }

    /// The node at a path, with the keys that mappings merge in.
    pub fn find(&self, root: NodeId, path: &Path) -> Option<NodeId> {
        path.steps().iter().try_fold(root, |node, step| match step {
            Step::Key(key) => self.get(node, key).map(|entry| entry.value),
            Step::Index(index) => self.items(node).nth(*index),
        })
    }

    fn chain(&self, first: u32) -> impl Iterator<Item = NodeId> {
        let mut at = first;
        std::iter::from_fn(move || {
            self.nodes.get(at as usize)?;
            let found = NodeId(at);
            at = self.next(at);
            Some(found)
        })
    }

    /// The entry whose key is at an index, and the index of the key after it.
    #[inline]
    fn entry(&self, key: u32) -> Option<(Entry, u32)> {
        let contested = self.nodes.get(key as usize)?.meta & meta::CONTESTED != 0;
        let value = key + 1;
        self.nodes.get(value as usize)?;
        let entry = Entry { key: NodeId(key), value: NodeId(value), contested };
        Some((entry, self.next(value)))
    }

    /// The node that comes after one in the same collection, or [`NONE`].
    #[inline]
    fn next(&self, at: u32) -> u32 {
        let node = &self.nodes[at as usize];
        if !node.refers() {
            return node.more;
        }
        match node.meta & (meta::GOES_ON | meta::APART) {
            0 => NONE,
            meta::GOES_ON => at + 1,
            _ => self.apart.get(&at).copied().unwrap_or(NONE),
        }
    }

    fn set_next(&mut self, at: u32, next: u32) {
        let node = &mut self.nodes[at as usize];
        if !node.refers() {
            node.more = next;
            return;
        }
        let flag = match next {
            NONE => 0,
            next if next == at + 1 => meta::GOES_ON,
            _ => meta::APART,
        };
        node.meta = node.meta & !(meta::GOES_ON | meta::APART) | flag;
        if flag == meta::APART {
            self.apart.insert(at, next);
        }
    }

    /// The first child of a collection, or [`NONE`].
    #[inline]
    fn first(&self, at: u32) -> u32 {
        match self.nodes[at as usize].meta & (meta::FILLED | meta::APART) {
            meta::FILLED => at + 1,
            0 => NONE,
            _ => self.apart.get(&at).copied().unwrap_or(NONE),
        }
    }

    fn set_first(&mut self, at: u32, first: u32) {
        let next_to = first == at + 1;
        self.nodes[at as usize].meta |= if next_to { meta::FILLED } else { meta::APART };
        if !next_to {
            self.apart.insert(at, first);
        }
    }

    #[inline]
    fn node(&self, node: NodeId) -> &Node {
        &self.nodes[node.0 as usize]
    }

    #[inline]
    fn part(&self, node: u32) -> Option<&Part<'s>> {
        if let [only] = self.parts.as_slice() {
            return Some(only);
        }
        let at = self.parts.partition_point(|part| part.first <= node);
        self.parts.get(at.checked_sub(1)?)
    }

    /// The anchor and tag of a node.
    fn properties(&self, node: NodeId) -> Option<&Properties> {
        if self.node(node).meta & meta::PROPERTIES == 0 {
            return None;
        }
        let at = self.properties.binary_search_by_key(&node.0, |found| found.node).ok()?;
        self.properties.get(at)
    }
}

#[cfg(test)]
mod tests;
