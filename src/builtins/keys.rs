//! The elements of a list by key.
//!
//! Owns the table that finds them. It holds hashes and places only: the keys themselves are made again from the elements
//! where one is looked up, since those of a large estate would take more room than all else that is known of the list.

use std::hash::BuildHasher;

use rustc_hash::{FxBuildHasher, FxHashMap};

use crate::builtins::value::{Key, List};

/// Where the elements of a list are, by the hash of their key.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// Where each hash comes first.
    firsts: FxHashMap<u64, u32>,
    /// From a place to the next one with the same hash, where there is one.
    next: FxHashMap<u32, u32>,
    unknown: bool,
}

/// The elements of one list by key.
#[derive(Clone, Copy)]
pub struct Keys<'l, 'a> {
    pub(super) list: &'l List<'a>,
    pub(super) table: &'l Table,
    pub(super) nocase: bool,
}

impl Table {
    pub(super) fn new(list: &List<'_>, nocase: bool) -> Self {
        let mut table = Table::default();
        table.firsts.reserve(list.items.len());
        let mut lasts: FxHashMap<u32, u32> = FxHashMap::default();
        for (at, item) in list.items.iter().enumerate() {
            let Some(key) = Key::of(item, nocase) else {
                table.unknown = true;
                continue;
            };
            let at = at as u32;
            let first = *table.firsts.entry(hash(&key)).or_insert(at);
            if first != at {
                let last = lasts.insert(first, at).unwrap_or(first);
                table.next.insert(last, at);
            }
        }
        table
    }
}

impl<'l, 'a> Keys<'l, 'a> {
    /// The places of the elements with a key, in order.
    pub fn places<'k>(self, key: &'k Key) -> impl Iterator<Item = usize> + use<'k, 'l, 'a> {
        let mut at = self.table.firsts.get(&hash(key)).copied();
        let chain = std::iter::from_fn(move || {
            let place = at?;
            at = self.table.next.get(&place).copied();
            Some(place as usize)
        });
        // Two keys may share a hash.
        chain.filter(move |at| Key::of(&self.list.items[*at], self.nocase).as_ref() == Some(key))
    }

    /// Whether several elements have the key.
    pub fn repeats(self, key: &Key) -> bool {
        self.places(key).nth(1).is_some()
    }

    /// The places of all elements that share their key with another.
    pub fn repeated(self) -> Vec<usize> {
        let mut places: Vec<usize> = Vec::new();
        for at in self.table.next.keys().chain(self.table.next.values()) {
            let key = Key::of(&self.list.items[*at as usize], self.nocase);
            if key.is_some_and(|key| self.repeats(&key)) {
                places.push(*at as usize);
            }
        }
        places.sort_unstable();
        places.dedup();
        places
    }

    /// Whether an element is unknown.
    pub fn unknown(self) -> bool {
        self.table.unknown
    }
}

fn hash(key: &Key) -> u64 {
    FxBuildHasher.hash_one(key)
}
