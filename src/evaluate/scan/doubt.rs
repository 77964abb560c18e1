//! Elements of which it is not known whether they are meant.
//!
//! Owns how many of them are looked at and told. An element that perhaps has the keys that are looked for, as some of
//! its own are not known, can never decide: at most it leaves a question open. So the first one settles an outcome, and
//! a few are named as its reason, where looking at all for each subject would cost the product of both.

use std::cell::Cell;
use std::rc::Rc;

use crate::builtins::value::{DOUBTS, Trace};
use crate::compile::ir::{Expr, Kind, Scan};
use crate::evaluate::listed::{Elements, ListIndex};

/// Elements that an index has for some keys, and those that may have any.
pub(in crate::evaluate) struct Doubtful<'a> {
    index: Rc<ListIndex<'a>>,
    start: u32,
    end: u32,
    /// Whether those that may have any keys make no difference any more.
    enough: Cell<bool>,
}

impl<'a> Doubtful<'a> {
    /// Those of an index in a range of its order.
    pub(super) fn new(index: Rc<ListIndex<'a>>, start: u32, end: u32) -> Self {
        Self { index, start, end, enough: Cell::new(false) }
    }

    /// From now on only those that have the keys for sure.
    pub(in crate::evaluate) fn enough(&self) {
        self.enough.set(true);
    }

    /// All of them in the order of the list, until the function says to stop.
    pub(in crate::evaluate) fn all(&self, mut look: impl FnMut(usize) -> bool) {
        let mut found = &self.index.order[self.start as usize..self.end as usize];
        let mut doubtful = self.index.unknown.as_slice();
        loop {
            if self.enough.get() {
                doubtful = &[];
            }
            let from = match (found.first(), doubtful.first()) {
                (None, None) => return,
                (Some(a), Some(b)) if a < b => &mut found,
                (_, Some(_)) => &mut doubtful,
                (Some(_), None) => &mut found,
            };
            let Some((at, rest)) = from.split_first() else { return };
            *from = rest;
            if !look(*at as usize) {
                return;
            }
        }
    }
}

/// How many elements of a list were told to be in doubt.
pub(super) struct Doubts {
    told: usize,
    /// Whether a fact that is not known stays so, with more unknown, in each key by which elements are found.
    plain: bool,
}

impl Doubts {
    pub(super) fn new(scan: &Scan) -> Self {
        let mut keys = scan.index.iter().flat_map(|index| &index.keys);
        Self { told: 0, plain: keys.all(|key| is_path(&key.element)) }
    }

    pub(super) fn any(&self) -> bool {
        self.told > 0
    }

    /// Whether one more is to be told: what others of those add that perhaps are none at all makes no difference.
    pub(super) fn tell<N: Trace>(&mut self, elements: &Elements<'_, N>) -> bool {
        self.told += 1;
        if !N::ON || self.plain && self.told >= DOUBTS {
            elements.enough();
        }
        self.told <= DOUBTS
    }
}

/// Whether an expression only follows facts.
fn is_path(expr: &Expr) -> bool {
    match &expr.kind {
        Kind::Local(_) => true,
        Kind::Field { base, .. } => base.as_deref().is_none_or(is_path),
        _ => false,
    }
}
