//! The elements of a list by key.
//!
//! Owns the table that finds them. It holds hashes and places only: the keys themselves are made again from the elements
//! where one is looked up, since those of a large estate would take more room than all else that is known of the list.

use std::hash::{Hash, Hasher};

use rustc_hash::{FxHashMap, FxHasher};

use crate::builtins::value::{Extent, Key, List, Value};
use crate::scalar::How;

/// Where the elements of a list are, by the hash of their key.
#[derive(Debug, Default)]
pub(super) struct Table {
    /// Where each hash comes first.
    firsts: FxHashMap<u32, u32>,
    /// From a place to the next one with the same hash, where there is one.
    next: FxHashMap<u32, u32>,
    unknown: bool,
}

/// The elements of one list by key.
#[derive(Clone, Copy)]
pub struct Keys<'l, 'a> {
    pub(super) list: &'l List<'a>,
    pub(super) table: &'l Table,
    pub(super) how: How,
}

impl Table {
    pub(super) fn new(list: &List<'_>, how: How) -> Self {
        let mut table = Table::default();
        table.firsts.reserve(list.items.len());
        let mut lasts: FxHashMap<u32, u32> = FxHashMap::default();
        for (at, item) in list.items.iter().enumerate() {
            let Some(hash) = hash(item, how) else {
                table.unknown = true;
                continue;
            };
            let at = at as u32;
            let first = *table.firsts.entry(hash).or_insert(at);
            if first != at {
                let last = lasts.insert(first, at).unwrap_or(first);
                table.next.insert(last, at);
            }
        }
        table
    }
}

impl<'l, 'a> Keys<'l, 'a> {
    /// The places of the elements that equal a value, in order; none where the value is not known.
    pub fn places<'k, 'v>(
        self,
        value: &'k Value<'v>,
    ) -> impl Iterator<Item = usize> + use<'k, 'v, 'l, 'a> {
        let hash = hash(value, self.how);
        let mut at = hash.and_then(|hash| self.table.firsts.get(&hash).copied());
        let chain = std::iter::from_fn(move || {
            let place = at?;
            at = self.table.next.get(&place).copied();
            Some(place as usize)
        });
        // Two values may share a hash.
        chain.filter(move |at| equal(&self.list.items[*at], value, self.how) == Some(true))
    }

    /// Whether several elements equal a value.
    pub fn repeats(self, value: &Value<'_>) -> bool {
        self.places(value).nth(1).is_some()
    }

    /// The places of all elements that equal another.
    pub fn repeated(self) -> Vec<usize> {
        let mut places: Vec<usize> = Vec::new();
        for at in self.table.next.keys().chain(self.table.next.values()) {
            if self.repeats(&self.list.items[*at as usize]) {
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

/// Whether a value can be told from others: it is known, and so is all that is in it.
pub fn is_known(value: &Value<'_>) -> bool {
    match value {
        Value::Unknown => false,
        Value::List(list) => list.extent == Extent::Whole && list.items.iter().all(is_known),
        _ => true,
    }
}

/// Whether two values are the same as keys; none where one of them is not known.
pub fn equal(a: &Value<'_>, b: &Value<'_>, how: How) -> Option<bool> {
    Some(match (a, b) {
        (Value::Unknown, _) | (_, Value::Unknown) => return None,
        (Value::Row(a), Value::Row(b)) => a == b,
        (Value::Word(a), Value::Word(b)) => a == b,
        (Value::Text(a), Value::Text(b)) => how.equal(a.as_str(), b.as_str()),
        (a, b) => Key::of(a, how)? == Key::of(b, how)?,
    })
}

/// The hash of a value as a key; none where it is not known.
fn hash(value: &Value<'_>, how: How) -> Option<u32> {
    let mut hasher = FxHasher::default();
    match value {
        Value::Row(row) => hasher.write_u32(*row),
        Value::Text(text) => {
            let text = text.as_str();
            match how {
                How::Plain => hasher.write(text.as_bytes()),
                How::Nocase if text.is_ascii() => {
                    let mut lower = [0; LOWERED];
                    for bytes in text.as_bytes().chunks(LOWERED) {
                        let lower = &mut lower[..bytes.len()];
                        lower.copy_from_slice(bytes);
                        lower.make_ascii_lowercase();
                        hasher.write(lower);
                    }
                }
                // What is not ASCII may be so in lower case.
                How::Nocase | How::Version => {
                    let key = how.key(text);
                    key.as_bytes().chunks(LOWERED).for_each(|bytes| hasher.write(bytes));
                }
            }
        }
        value => Key::of(value, how)?.hash(&mut hasher),
    }
    Some((hasher.finish() >> 32) as u32)
}

/// Bytes that are put into lower case at a time.
const LOWERED: usize = 64;
