//! Lists as the evaluator goes through them: made by a rule, or as they stand among the facts.
//!
//! Owns their forms, the index of a long list by the keys that a rule asks for, and the search of a short one by
//! comparing. What a scan makes of the elements is `scan`.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::builtins::keys::equal;
use crate::builtins::value::{Extent, Key, List, Trace, Value};
use crate::evaluate::scan::doubt::Doubtful;
use crate::facts::{Fact, Facts, ListId, SlotId};
use crate::scalar::How;
use crate::schema::types::{Completeness, Item};

/// Lists shorter than this are searched as they are.
pub(super) const WORTH_AN_INDEX: usize = 8;

/// A list as it stands among the facts.
#[derive(Clone, Copy)]
pub(super) struct Stored {
    pub(super) slot: SlotId,
    pub(super) list: ListId,
    pub(super) item: Item,
    pub(super) extent: Completeness,
}

impl Stored {
    /// One element.
    #[inline]
    pub(super) fn get<'a>(&self, facts: &Facts<'a>, at: usize) -> Value<'a> {
        self::value(facts.list_item_as(self.list, at, self.item))
    }

    /// Whether it says all there is.
    pub(super) fn extent(&self, facts: &Facts<'_>) -> Extent {
        let extent = match self.extent {
            _ if facts.is_damaged(self.slot) => Extent::Open,
            Completeness::Partial => Extent::Partial,
            Completeness::Complete => Extent::Whole,
        };
        if extent != Extent::Whole {
            facts.ask(self.slot);
        }
        extent
    }
}

/// A fact as a value.
#[inline]
pub(super) fn value(fact: Fact<'_>) -> Value<'_> {
    match fact {
        Fact::Row(row) => Value::Row(row),
        Fact::Word(word) => Value::Word(word),
        Fact::Bool(flag) => Value::Bool(flag),
        Fact::Text(text) => Value::Text(text),
        Fact::Number(number) => Value::Number(number),
        Fact::Absent => Value::None,
        Fact::Unknown | Fact::List(_) => Value::Unknown,
    }
}

/// A list with its elements by key.
pub(super) struct ListIndex<'a> {
    pub(super) list: Rc<List<'a>>,
    /// Where the places of the elements with these keys stand in `order`.
    pub(super) ranges: FxHashMap<Key, (u32, u32)>,
    pub(super) order: Vec<u32>,
    /// Elements some of whose keys are unknown, so that they may match anything.
    pub(super) unknown: Vec<u32>,
}

/// Whether a value is among a few others, found by comparing; none where it is not known.
pub(super) fn within<'a>(
    value: &Value<'a>,
    items: impl ExactSizeIterator<Item = Value<'a>>,
    extent: Extent,
    how: How,
) -> Option<bool> {
    if items.len() == 0 && extent == Extent::Whole {
        return Some(false);
    }
    let mut doubtful = extent != Extent::Whole;
    if matches!(value, Value::Unknown) {
        return None;
    }
    for item in items {
        match equal(value, &item, how) {
            Some(true) => return Some(true),
            Some(false) => {}
            None => doubtful = true,
        }
    }
    (!doubtful).then_some(false)
}

/// Which elements have to be looked at.
pub(super) enum Places<'a> {
    /// All of them.
    All,
    /// Those that an index has for the keys: a range of its order.
    Found(Rc<ListIndex<'a>>, u32, u32),
    /// The same, and besides them those some of whose keys are not known.
    Doubtful(Doubtful<'a>),
}

/// A list, made or as it stands among the facts.
pub(super) enum Listed<'a> {
    Made(Rc<List<'a>>),
    Stored(Stored, Extent),
}

impl<'a> Listed<'a> {
    #[inline]
    pub(super) fn get(&self, facts: &Facts<'a>, at: usize) -> Value<'a> {
        match self {
            Listed::Made(list) => list.items[at].clone(),
            Listed::Stored(stored, _) => stored.get(facts, at),
        }
    }

    pub(super) fn len(&self, facts: &Facts<'_>) -> usize {
        match self {
            Listed::Made(list) => list.items.len(),
            Listed::Stored(stored, _) => facts.list_len(stored.list),
        }
    }

    pub(super) fn extent(&self) -> Extent {
        match self {
            Listed::Made(list) => list.extent,
            Listed::Stored(_, extent) => *extent,
        }
    }

    #[inline]
    pub(super) fn item_note<N: Trace>(&self, at: usize) -> N {
        match self {
            Listed::Made(list) if N::ON => list.item_note(at),
            _ => N::default(),
        }
    }

    pub(super) fn own_note<N: Trace>(&self) -> N {
        match self {
            Listed::Made(list) if N::ON => list.own_note(),
            _ => N::default(),
        }
    }

    pub(super) fn open_note<N: Trace>(&self) -> N {
        match self {
            Listed::Made(list) if N::ON => list.open_note(),
            _ => N::default(),
        }
    }
}

/// The elements that have to be looked at.
pub(super) struct Elements<'a, N> {
    pub(super) list: Listed<'a>,
    pub(super) places: Places<'a>,
    /// What led to the list; its own note says only what is in it.
    pub(super) base: N,
}

impl<N> Elements<'_, N> {
    /// Passes over elements of which it is only not known whether they have the keys that are looked for.
    pub(super) fn enough(&self) {
        if let Places::Doubtful(places) = &self.places {
            places.enough();
        }
    }

    /// Looks at all elements from now on; whether that makes a difference.
    pub(super) fn narrowed(&mut self) -> bool {
        !matches!(std::mem::replace(&mut self.places, Places::All), Places::All)
    }
}
