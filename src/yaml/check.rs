//! Complaints about texts that are YAML but say something twice, or nothing at all.
//!
//! Owns duplicate keys, merges of what is no mapping, and values that are not what their tag says. Each looks at one
//! node or at one mapping when it is complete; a large mapping costs no more per key than a small one.

use std::collections::HashMap;

use crate::diagnostic::Diagnostic;
use crate::yaml::events::Tag;
use crate::yaml::merge::is_merge;
use crate::yaml::parse::{Frame, Reader};
use crate::yaml::resolve::{CoreTag, Scalar};
use crate::yaml::{NONE, NodeId, Tree, meta};

/// Mappings up to this size are searched for duplicate keys pair by pair.
const SMALL: usize = 24;

impl Reader<'_, '_, '_> {
    pub(super) fn check_tag(&mut self, node: u32, tag: &Tag) {
        let core = CoreTag::of(&tag.name);
        if core.wants() && matches!(self.tree.scalar(NodeId(node)), Scalar::Text(_)) {
            let text = self.tree.text(NodeId(node)).to_owned();
            let found = self.tree.nodes[node as usize];
            let word = tag.name.rsplit(':').next().unwrap_or("");
            let message = format!("`{text}` is tagged `!!{word}`, but is none");
            let told = Diagnostic::error("tag-mismatch", message, self.span(tag.start, found.end))
                .help("correct the value, or remove the tag");
            self.tell(told);
        }
    }

    /// Tells of keys that stand twice in a mapping, marks the first of each and takes the later ones out. A second `<<`
    /// stays: what either of them merges is contested.
    pub(super) fn check_keys(&mut self, frame: &Frame) {
        let keys = self.keys.get(frame.keys..).unwrap_or(&[]);
        let mut twice: Vec<(u32, u32)> = Vec::new();
        if keys.len() <= SMALL {
            for (at, (hash, key)) in keys.iter().enumerate() {
                let before = keys[..at]
                    .iter()
                    .find(|(other, first)| other == hash && self.same(*first, *key));
                twice.extend(before.map(|(_, first)| (*first, *key)));
            }
        } else {
            let mut seen: HashMap<&str, u32> = HashMap::with_capacity(keys.len());
            for (_, key) in keys {
                let first = *seen.entry(self.tree.text(NodeId(*key))).or_insert(*key);
                if first != *key {
                    twice.push((first, *key));
                }
            }
        }
        if twice.is_empty() {
            return;
        }
        let taken: Vec<(u32, u32)> =
            twice.iter().copied().filter(|(_, key)| !is_merge(self.tree, NodeId(*key))).collect();
        self.unlink(frame.node, &taken);
        for (first, key) in twice {
            for marked in [first, key] {
                self.tree.nodes[marked as usize].meta |= meta::CONTESTED;
            }
            let message = format!("the key `{}` is here twice", self.tree.text(NodeId(key)));
            let told = Diagnostic::error("duplicate-key", message, self.tree.span(NodeId(key)))
                .seen("again here")
                .label(self.tree.span(NodeId(first)), "first here")
                .help("remove or rename one of them; until then what it says counts as unknown");
            self.tell(told);
        }
    }

    fn same(&self, first: u32, second: u32) -> bool {
        self.tree.text(NodeId(first)) == self.tree.text(NodeId(second))
    }

    /// Takes the second of each pair of keys, with its value, out of a mapping.
    fn unlink(&mut self, mapping: u32, twice: &[(u32, u32)]) {
        let mut out = twice.iter().map(|(_, key)| *key).peekable();
        let mut before = mapping;
        let mut at = self.tree.first(mapping);
        while at != NONE {
            let value = self.tree.next(at);
            let next = if value == NONE { NONE } else { self.tree.next(value) };
            if out.peek() == Some(&at) {
                out.next();
                self.tree.set_next(before, next);
            } else {
                before = value;
            }
            at = next;
        }
    }

    pub(super) fn check_merges(&mut self, mapping: NodeId) {
        let wrong = |tree: &Tree<'_>, value: NodeId, shape: u32| {
            let node = tree.node(tree.resolve(value));
            node.meta & meta::SHAPE != shape && node.meta & meta::BROKEN == 0
        };
        let mut found = Vec::new();
        for entry in self.tree.own_entries(mapping).filter(|entry| is_merge(self.tree, entry.key)) {
            if wrong(self.tree, entry.value, meta::SEQUENCE) {
                if wrong(self.tree, entry.value, meta::MAPPING) {
                    found.push(entry.value);
                }
            } else {
                found.extend(
                    self.tree
                        .items(entry.value)
                        .filter(|item| wrong(self.tree, *item, meta::MAPPING)),
                );
            }
        }
        for value in found {
            let target = self.tree.resolve(value);
            let mut told = Diagnostic::error(
                "merge-not-mapping",
                "`<<` can only merge mappings",
                self.tree.span(value),
            );
            if target != value {
                told = told
                    .seen("refers to what is no mapping")
                    .label(self.tree.span(target), "it refers to this");
            }
            self.tell(
                told.help("refer to a mapping or to a list of mappings, or quote the key `<<`"),
            );
        }
    }
}
