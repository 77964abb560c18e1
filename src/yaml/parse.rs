//! From events to the arena.
//!
//! Owns the shape of the arena, the limits, and the meaning of anchors and aliases; what else a mapping must heed is in
//! `check`. Without recursion; the
//! work for a node does not depend on the size of the text.

use std::borrow::Cow;
use std::hash::{BuildHasher, Hasher};

use rustc_hash::FxBuildHasher;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::{FileId, Span};
use crate::yaml::events::{Event, Events, Style, Tag, first_dash};
use crate::yaml::resolve::CoreTag;
use crate::yaml::syntax::SyntaxError;
use crate::yaml::{Document, Limits, NONE, Node, NodeId, Part, Properties, Tree, meta};

/// After so many complaints about one file the rest is left unsaid.
const COMPLAINTS: usize = 1000;

/// Events between two looks at whether the text is still to be read.
const AT_ONCE: u32 = 4096;

/// An anchor of the file, by its number.
#[derive(Clone, Copy)]
struct Anchor {
    node: u32,
    /// How many nodes it is, aliases expanded; 0 while it is not complete.
    size: u64,
}

/// A collection that is not complete.
pub(super) struct Frame {
    pub(super) node: u32,
    /// The last child, or `NONE`.
    last: u32,
    mapping: bool,
    /// In a mapping: a key was read, its value not.
    has_key: bool,
    /// The key is a collection: its value is read, but belongs to nothing.
    odd_key: bool,
    anchor: u32,
    /// How many nodes it is so far, aliases expanded.
    size: u64,
    /// Where its keys begin in `Reader::keys`.
    pub(super) keys: usize,
}

/// Reads one file into a tree.
pub(crate) struct Reader<'t, 's, 'd> {
    pub(super) tree: &'t mut Tree<'s>,
    diagnostics: &'d mut Diagnostics,
    limits: Limits,
    file: FileId,
    text: &'s str,
    stack: Vec<Frame>,
    anchors: Vec<Anchor>,
    /// The hashes of the keys of all open mappings, and the keys.
    pub(super) keys: Vec<(u32, u32)>,
    /// Root of the open document.
    root: u32,
    alias_nodes: u64,
    complaints: usize,
}

/// That the rest of the file is not read.
struct Stop;

impl<'t, 's, 'd> Reader<'t, 's, 'd> {
    pub(crate) fn new(
        tree: &'t mut Tree<'s>,
        file: FileId,
        limits: &Limits,
        diagnostics: &'d mut Diagnostics,
    ) -> Self {
        let text = tree.sources.get(file).text();
        Self {
            tree,
            diagnostics,
            limits: *limits,
            file,
            text,
            stack: Vec::new(),
            anchors: Vec::new(),
            keys: Vec::new(),
            root: NONE,
            alias_nodes: 0,
            complaints: 0,
        }
    }

    pub(crate) fn read(mut self) {
        let first = self.tree.nodes.len() as u32;
        self.tree.parts.push(Part { first, file: self.file, text: self.text });
        if self.text.len() > self.limits.bytes.min(NONE as usize - 1) {
            let message = format!(
                "the file has {} bytes; at most {} are read",
                self.text.len(),
                self.limits.bytes
            );
            self.tell(
                Diagnostic::error("file-too-large", message, self.span(0, 0))
                    .help("split the file"),
            );
            return;
        }
        self.documents();
    }

    fn documents(&mut self) {
        let mut events = Events::new(self.text, self.limits.depth);
        let mut mark = self.mark();
        let mut seen = 0_u32;
        while let Some(next) = events.next_event() {
            seen = seen.wrapping_add(1);
            if seen.is_multiple_of(AT_ONCE) && self.limits.stop.is_asked() {
                self.abandon(&mark);
                return;
            }
            let told = match next {
                Ok(located) => {
                    let (start, end) = (located.start, located.end);
                    match located.event {
                        Event::DocumentStart => {
                            mark = self.mark();
                            Ok(())
                        }
                        Event::DocumentEnd => {
                            self.document_end();
                            mark = self.mark();
                            Ok(())
                        }
                        event => self.node(event, start, end),
                    }
                }
                Err(error) => {
                    self.abandon(&mark);
                    self.syntax(error);
                    if self.complaints >= COMPLAINTS || !events.recover() {
                        return;
                    }
                    Ok(())
                }
            };
            if told.is_err() {
                self.abandon(&mark);
                return;
            }
        }
    }

    fn syntax(&mut self, error: SyntaxError) {
        let span = self.span(error.start, error.end);
        let told = if error.too_deep { self.too_deep(span) } else { error.told(span) };
        self.tell(told);
    }

    fn too_deep(&self, span: Span) -> Diagnostic {
        let message = format!("collections are nested more than {} deep", self.limits.depth);
        Diagnostic::error("nesting-too-deep", message, span).help("write it flatter")
    }

    fn document_end(&mut self) {
        if self.root != NONE {
            self.tree.documents.push(Document { root: NodeId(self.root), file: self.file });
        }
        self.root = NONE;
    }

    /// What the tree holds before a document.
    fn mark(&self) -> (usize, usize, usize) {
        (self.tree.nodes.len(), self.tree.decoded_ends.len(), self.tree.properties.len())
    }

    /// Forgets an incomplete document.
    fn abandon(&mut self, mark: &(usize, usize, usize)) {
        self.tree.nodes.truncate(mark.0);
        self.tree.apart.retain(|node, _| (*node as usize) < mark.0);
        self.tree.decoded_ends.truncate(mark.1);
        self.tree.decoded.truncate(self.tree.decoded_ends.last().copied().unwrap_or(0));
        self.tree.properties.truncate(mark.2);
        self.stack.clear();
        self.keys.clear();
        self.root = NONE;
    }

    #[inline]
    fn node(&mut self, event: Event<'s>, start: u32, end: u32) -> Result<(), Stop> {
        match event {
            Event::Scalar { text, style, anchor, tag } => {
                self.scalar(text, style, anchor, tag, start, end)
            }
            Event::MappingStart { flow, anchor, tag } => {
                self.open(meta::MAPPING, flow, anchor, tag, start, end)
            }
            Event::SequenceStart { flow, anchor, tag } => {
                self.open(meta::SEQUENCE, flow, anchor, tag, start, end)
            }
            Event::MappingEnd | Event::SequenceEnd => {
                self.close(end);
                Ok(())
            }
            Event::Anchor { anchor: _ } => {
                self.anchor(start, end);
                Ok(())
            }
            Event::Alias { anchor } => self.alias(anchor, start, end),
            Event::UnknownAlias => self.unknown_alias(start, end),
            Event::DocumentStart | Event::DocumentEnd => Ok(()),
        }
    }

    #[inline]
    fn scalar(
        &mut self,
        text: Cow<'s, str>,
        style: Style,
        anchor: u32,
        tag: Option<Tag>,
        start: u32,
        end: u32,
    ) -> Result<(), Stop> {
        let quotes = match style {
            Style::Plain => Some(0),
            Style::Single | Style::Double => Some(1),
            Style::Literal | Style::Folded => None,
        };
        let bits = match style {
            Style::Plain => meta::PLAIN,
            Style::Single | Style::Double => meta::QUOTED,
            Style::Literal | Style::Folded => meta::BLOCK,
        };
        let inner = quotes.and_then(|quote| {
            self.text.get((start + quote) as usize..end.checked_sub(quote)? as usize)
        });
        // What is borrowed from the source as long as the place itself is the place itself.
        let verbatim = match (&text, inner) {
            (Cow::Borrowed(text), Some(inner)) => text.len() == inner.len(),
            (Cow::Owned(text), Some(inner)) => text == inner,
            _ => false,
        };
        let key_hash = self.awaits_key().then(|| hash(&text));
        let merge = key_hash.is_some() && style == Style::Plain && text == "<<";
        let node = if verbatim {
            self.push(meta::SCALAR | bits, NONE, start, end, tag.as_ref())?
        } else {
            let index = self.tree.decoded_ends.len() as u32;
            self.tree.decoded.push_str(&text);
            self.tree.decoded_ends.push(self.tree.decoded.len());
            self.push(
                meta::SCALAR | (bits & !meta::QUOTED) | meta::DECODED,
                index,
                start,
                end,
                tag.as_ref(),
            )?
        };
        if let Some(hash) = key_hash {
            self.keys.push((hash, node));
            if merge && let Some(frame) = self.stack.last() {
                self.tree.nodes[frame.node as usize].meta |= meta::MERGE;
            }
        }
        self.define(anchor, node, 1);
        if let Some(tag) = tag {
            self.check_tag(node, &tag);
        }
        Ok(())
    }

    fn open(
        &mut self,
        shape: u32,
        flow: bool,
        anchor: u32,
        tag: Option<Tag>,
        start: u32,
        end: u32,
    ) -> Result<(), Stop> {
        let mut start = start;
        if shape == meta::SEQUENCE
            && !flow
            && let Some(frame) =
                self.stack.last().filter(|frame| frame.mapping && frame.has_key && !frame.odd_key)
            && let Some(key) = self.tree.nodes.get(frame.last as usize)
        {
            start = first_dash(self.text, key.end as usize, start as usize) as u32;
        }
        let flags = if flow { shape | meta::FLOW } else { shape };
        let node = self.push(flags, NONE, start, end, tag.as_ref())?;
        if self.stack.len() >= self.limits.depth {
            let told =
                self.too_deep(self.span(start, end.max(start + 1).min(self.text.len() as u32)));
            self.tell(told);
            return Err(Stop);
        }
        self.define(anchor, node, 0);
        self.stack.push(Frame {
            node,
            last: NONE,
            mapping: shape == meta::MAPPING,
            has_key: false,
            odd_key: false,
            anchor,
            size: 1,
            keys: self.keys.len(),
        });
        Ok(())
    }

    /// Appends a node and ties it to the collection it stands in.
    #[inline]
    fn push(
        &mut self,
        flags: u32,
        link: u32,
        start: u32,
        end: u32,
        tag: Option<&Tag>,
    ) -> Result<u32, Stop> {
        if self.tree.nodes.len() >= self.limits.nodes.min(NONE as usize) {
            let message = format!("there are more than {} values", self.limits.nodes);
            self.tell(
                Diagnostic::error("too-many-nodes", message, self.span(start, end))
                    .help("split the input"),
            );
            return Err(Stop);
        }
        if self.tree.nodes.len() == self.tree.nodes.capacity() {
            self.grow(start);
        }
        let id = self.tree.nodes.len() as u32;
        let mut flags = flags;
        if let Some(tag) = tag {
            flags |= (CoreTag::of(&tag.name).bits() << meta::TAG_SHIFT) | meta::PROPERTIES;
            self.tree.properties.push(Properties { node: id, start: tag.start, anchor: None });
        }
        match self.stack.last_mut() {
            None => self.root = id,
            Some(frame) => {
                frame.size = frame.size.saturating_add(1);
                let is_key = frame.mapping && !frame.has_key;
                frame.has_key = is_key;
                let is_collection =
                    |flags: u32| matches!(flags & meta::SHAPE, meta::SEQUENCE | meta::MAPPING);
                let odd = is_key
                    && (is_collection(flags)
                        || (flags & meta::SHAPE == meta::ALIAS
                            && is_collection(
                                self.tree.nodes.get(link as usize).map_or(0, |node| node.meta),
                            )));
                if odd {
                    frame.odd_key = true;
                } else if frame.odd_key {
                    frame.odd_key = false;
                } else {
                    if is_key {
                        flags |= meta::KEY;
                    }
                    let (last, holder) = (frame.last, frame.node);
                    match last {
                        NONE => self.tree.set_first(holder, id),
                        last => self.tree.set_next(last, id),
                    }
                    frame.last = id;
                }
                if odd {
                    let end = end.max(start + 1).min(self.text.len() as u32);
                    let span = self.span(start, end);
                    let told =
                        Diagnostic::error("complex-key", "a key must be a single value", span)
                            .seen("this is a collection")
                            .help(
                                "use a text as the key; to begin a text with `[` or `{`, quote it",
                            );
                    self.tell(told);
                }
            }
        }
        self.tree.nodes.push(Node { start, end, more: link, meta: flags });
        Ok(id)
    }

    /// Makes room for what the rest of the file will need if it goes on as it has so far: doubling would hold up to
    /// twice what the tree of a large file needs.
    #[cold]
    fn grow(&mut self, at: u32) {
        let nodes = &mut self.tree.nodes;
        let read = nodes.len()
            - self.tree.parts.last().map_or(0, |part| part.first as usize).min(nodes.len());
        let rest = self.text.len().saturating_sub(at as usize);
        let projected = (read as u64 * rest as u64 / u64::from(at.max(1))) as usize;
        // The first guess is a node for every 16 bytes. Growing by a share of all keeps many small files linear.
        let expected = if read < 64 { rest / 16 } else { projected + projected / 64 };
        nodes.reserve_exact(expected.max(nodes.len() / 8).max(64).min(self.limits.nodes));
    }

    fn awaits_key(&self) -> bool {
        self.stack.last().is_some_and(|frame| frame.mapping && !frame.has_key)
    }

    fn close(&mut self, end: u32) {
        let Some(frame) = self.stack.pop() else { return };
        let last_end = self.tree.nodes.get(frame.last as usize).map(|last| last.end);
        if let Some(node) = self.tree.nodes.get_mut(frame.node as usize) {
            // The scanner ends a block collection where the next thing begins.
            node.end = if node.meta & meta::FLOW != 0 { end } else { last_end.unwrap_or(node.end) };
        }
        if let Some(anchor) = self.anchors.get_mut(frame.anchor as usize)
            && frame.anchor != 0
        {
            anchor.size = frame.size;
        }
        if let Some(parent) = self.stack.last_mut() {
            parent.size = parent.size.saturating_add(frame.size - 1);
        }
        if frame.mapping {
            self.check_keys(&frame);
            if self.tree.nodes[frame.node as usize].meta & meta::MERGE != 0 {
                self.check_merges(NodeId(frame.node));
            }
            self.keys.truncate(frame.keys);
        }
    }

    fn define(&mut self, anchor: u32, node: u32, size: u64) {
        if anchor == 0 {
            return;
        }
        let at = anchor as usize;
        if self.anchors.len() <= at {
            self.anchors.resize(at + 1, Anchor { node: NONE, size: 0 });
        }
        self.anchors[at] = Anchor { node, size };
    }

    /// Notes where the anchor of the last node stands.
    fn anchor(&mut self, start: u32, end: u32) {
        let node = self.tree.nodes.len() as u32 - 1;
        self.tree.nodes[node as usize].meta |= meta::PROPERTIES;
        match self.tree.properties.last_mut() {
            Some(last) if last.node == node => {
                last.start = last.start.min(start);
                last.anchor = Some((start, end));
            }
            _ => self.tree.properties.push(Properties { node, start, anchor: Some((start, end)) }),
        }
    }

    fn alias(&mut self, anchor: u32, start: u32, end: u32) -> Result<(), Stop> {
        let Some(Anchor { node, size }) = self.anchors.get(anchor as usize).copied() else {
            return self.unknown_alias(start, end);
        };
        if size == 0 {
            let place = self
                .tree
                .properties(NodeId(node))
                .and_then(|found| found.anchor)
                .unwrap_or((start, end));
            let message = format!("`{}` is inside of what it refers to", self.slice(start, end));
            let told = Diagnostic::error("alias-cycle", message, self.span(start, end))
                .seen("refers to a collection around it")
                .label(self.span(place.0, place.1), "the collection begins here")
                .help("refer to a part that does not contain the alias");
            self.tell(told);
            return self.broken(start, end);
        }
        self.alias_nodes = self.alias_nodes.saturating_add(size);
        if self.alias_nodes > self.limits.alias_nodes {
            let message =
                format!("the aliases stand for more than {} values", self.limits.alias_nodes);
            let told = Diagnostic::error("alias-expansion", message, self.span(start, end))
                .seen(format!("stands for {size}"))
                .help("write aliases of smaller parts");
            self.tell(told);
            return Err(Stop);
        }
        let hash = self.awaits_key().then(|| hash(self.tree.text(NodeId(node))));
        let id = self.push(meta::ALIAS, node, start, end, None)?;
        if self.tree.nodes[id as usize].meta & meta::KEY != 0
            && let Some(hash) = hash
        {
            self.keys.push((hash, id));
        }
        self.tree.nodes[node as usize].meta |= meta::SHARED;
        if let Some(frame) = self.stack.last_mut() {
            frame.size = frame.size.saturating_add(size - 1);
        }
        Ok(())
    }

    fn unknown_alias(&mut self, start: u32, end: u32) -> Result<(), Stop> {
        let alias = self.slice(start, end);
        let message = format!("`{alias}` refers to nothing");
        let help = format!(
            "write `&{}` before the value it refers to, or quote the text",
            alias.trim_start_matches('*')
        );
        let told = Diagnostic::error("unknown-anchor", message, self.span(start, end))
            .seen("no such anchor before this place in the document")
            .help(help);
        self.tell(told);
        self.broken(start, end)
    }

    /// Appends a null for what could not be read.
    fn broken(&mut self, start: u32, end: u32) -> Result<(), Stop> {
        let index = self.tree.decoded_ends.len() as u32;
        self.tree.decoded_ends.push(self.tree.decoded.len());
        self.push(
            meta::SCALAR | meta::PLAIN | meta::DECODED | meta::BROKEN,
            index,
            start,
            end,
            None,
        )
        .map(|_| ())
    }

    pub(super) fn tell(&mut self, diagnostic: Diagnostic) {
        self.complaints += 1;
        if self.complaints <= COMPLAINTS {
            self.diagnostics.push(diagnostic);
        }
    }

    pub(super) fn span(&self, start: u32, end: u32) -> Span {
        Span { file: self.file, start, end }
    }

    fn slice(&self, start: u32, end: u32) -> &'s str {
        self.text.get(start as usize..end as usize).unwrap_or("")
    }
}

/// Equal texts have equal hashes; what follows from equal hashes is left to a comparison.
fn hash(text: &str) -> u32 {
    let mut hasher = FxBuildHasher.build_hasher();
    hasher.write(text.as_bytes());
    hasher.finish() as u32
}
