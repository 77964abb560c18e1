//! Merge keys: `<<: *base` and `<<: [*first, *second]`.
//!
//! Owns their order: own keys win, then the earlier merge; of two `<<` in one mapping neither is believed. Resolved when asked for, without recursion; a mapping
//! without merge keys is walked as it stands. What merges may stand for in all is limited when the text is read.

use std::collections::HashSet;

use crate::yaml::{Entry, NONE, NodeId, Tree, meta};

/// The entries of a mapping.
pub(crate) enum Entries<'t, 's> {
    /// Without merge keys: from key to key.
    Own(&'t Tree<'s>, u32),
    /// With merge keys, worked out.
    Merged(std::vec::IntoIter<Entry>),
}

impl<'t, 's> Entries<'t, 's> {
    pub(crate) fn new(tree: &'t Tree<'s>, mapping: NodeId) -> Self {
        let node = tree.node(mapping);
        if node.meta & meta::SHAPE != meta::MAPPING {
            return Self::Own(tree, NONE);
        }
        if node.meta & meta::MERGE == 0 {
            return Self::Own(tree, tree.first(mapping.0));
        }
        let mut seen = HashSet::new();
        let mut merged = Vec::new();
        let mut layers = Layers::new(tree, mapping);
        while let Some((layer, contested)) = layers.next() {
            for entry in tree.own_entries(layer).filter(|entry| !is_merge(tree, entry.key)) {
                if seen.insert(tree.text(entry.key)) {
                    merged.push(Entry { contested: entry.contested || contested, ..entry });
                }
            }
        }
        Self::Merged(merged.into_iter())
    }
}

impl Iterator for Entries<'_, '_> {
    type Item = Entry;

    fn next(&mut self) -> Option<Entry> {
        match self {
            Self::Own(tree, at) => {
                let (entry, next) = tree.entry(*at)?;
                *at = next;
                Some(entry)
            }
            Self::Merged(entries) => entries.next(),
        }
    }
}

/// The entry under a key, in the mapping itself or in what it merges.
pub(crate) fn find(tree: &Tree<'_>, mapping: NodeId, key: &str) -> Option<Entry> {
    let has = |layer| {
        tree.own_entries(layer)
            .find(|entry| tree.text(entry.key) == key && !is_merge(tree, entry.key))
    };
    if tree.node(mapping).meta & meta::MERGE == 0 {
        return has(mapping);
    }
    let mut layers = Layers::new(tree, mapping);
    while let Some((layer, contested)) = layers.next() {
        if let Some(entry) = has(layer) {
            return Some(Entry { contested: entry.contested || contested, ..entry });
        }
    }
    None
}

/// Whether a key is `<<`, unquoted.
pub(crate) fn is_merge(tree: &Tree<'_>, key: NodeId) -> bool {
    let node = tree.node(key);
    node.meta & (meta::PLAIN | meta::DECODED) == meta::PLAIN
        && node.end - node.start == 2
        && tree.text(key) == "<<"
}

/// A mapping, then those it merges, each before those that it merges itself; with each, whether it comes from a `<<` that
/// stands there twice.
struct Layers<'t, 's> {
    tree: &'t Tree<'s>,
    todo: Vec<(NodeId, bool)>,
    seen: HashSet<NodeId>,
}

impl<'t, 's> Layers<'t, 's> {
    fn new(tree: &'t Tree<'s>, mapping: NodeId) -> Self {
        Self { tree, todo: vec![(mapping, false)], seen: HashSet::new() }
    }

    fn next(&mut self) -> Option<(NodeId, bool)> {
        loop {
            let (layer, contested) = self.todo.pop()?;
            let layer = self.tree.resolve(layer);
            let node = self.tree.node(layer);
            match node.meta & meta::SHAPE {
                meta::SEQUENCE => {
                    let items: Vec<NodeId> = self.tree.items(layer).collect();
                    self.todo.extend(items.into_iter().rev().map(|item| (item, contested)));
                }
                // A mapping seen before has nothing to add that is not there yet.
                meta::MAPPING if self.seen.insert(layer) => {
                    if node.meta & meta::MERGE != 0 {
                        let merges = self
                            .tree
                            .own_entries(layer)
                            .filter(|entry| is_merge(self.tree, entry.key));
                        self.todo.extend(
                            merges.map(|entry| (entry.value, entry.contested || contested)),
                        );
                    }
                    return Some((layer, contested));
                }
                _ => {}
            }
        }
    }
}
