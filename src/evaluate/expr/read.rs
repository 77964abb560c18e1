//! Reading facts: the row that a path starts from, what a slot holds, and lists.
//!
//! Owns the ways from a path of a rule to a value, the quick ones that copy nothing among them.

use std::rc::Rc;

use crate::builtins::value::{Extent, List, Silent, Trace, Use, Value};
use crate::compile::ir::{Expr, Kind};
use crate::evaluate::expr::{Evaluator, LONG_LIST};
use crate::evaluate::listed::{Stored, value};
use crate::facts::{Fact, ROOT, Raw, SlotId};
use crate::schema::types::{Completeness, Item, Reading};
use crate::source::Span;

impl<'a> Evaluator<'_, 'a, '_> {
    /// The row that a field is read of; names and references, the common cases, are looked at without copying.
    #[inline]
    pub(in crate::evaluate) fn row_of<N: Trace>(&mut self, base: &Expr) -> (Raw, N) {
        match &base.kind {
            Kind::Local(local) => {
                let note = if N::ON { self.local(*local).1 } else { N::default() };
                (row(&self.frame[*local as usize]), note)
            }
            Kind::Field { base: outer, slot, reading, .. } => {
                self.raw_of(outer.as_deref(), *slot, *reading, base.span)
            }
            _ => {
                let (value, note) = self.value_of::<N>(base);
                (row(&value), note)
            }
        }
    }

    /// What a field holds, before it is made a value.
    pub(in crate::evaluate) fn raw_of<N: Trace>(
        &mut self,
        base: Option<&Expr>,
        slot: u32,
        reading: Reading,
        span: Span,
    ) -> (Raw, N) {
        let (row, note) = match base {
            None => (ROOT, N::default()),
            Some(base) => match self.row_of::<N>(base) {
                (Raw::Data(row), note) => (row, note.led()),
                missing => return missing,
            },
        };
        let slot = self.facts.slot_of(row, slot);
        let raw = self.facts.raw(slot, reading);
        if !N::ON || reading == Reading::Record {
            return (raw, note);
        }
        let own = N::leaf(Use::Fact { slot, span });
        match raw {
            // What led here is known; the fact itself is what to ask for.
            Raw::Unknown => (raw, note.only_fixed().join(&own)),
            _ => (raw, note.join(&own)),
        }
    }

    /// A stored field.
    #[inline]
    pub(in crate::evaluate) fn read<N: Trace>(
        &mut self,
        slot: SlotId,
        reading: Reading,
        note: N,
        span: Span,
    ) -> (Value<'a>, N) {
        let fact = self.facts.read_as(slot, reading);
        if reading == Reading::Record {
            return (value(fact), note);
        }
        let own = N::leaf(Use::Fact { slot, span });
        match fact {
            // What led here is known; the fact itself is what to ask for.
            Fact::Unknown => (Value::Unknown, note.only_fixed().join(&own)),
            Fact::List(list) => match reading {
                Reading::List(item, extent) => {
                    self.read_list(Stored { slot, list, item, extent }, note, own)
                }
                _ => (Value::Unknown, note.join(&own)),
            },
            fact => (value(fact), note.join(&own)),
        }
    }

    #[inline(never)]
    fn read_list<N: Trace>(&mut self, stored: Stored, note: N, own: N) -> (Value<'a>, N) {
        let Stored { slot, list, .. } = stored;
        let kept = usize::from(N::ON);
        let long = self.facts.list_len(list) >= LONG_LIST;
        if long && let Some(known) = self.lists[kept].get(&slot) {
            return (Value::List(Rc::clone(known)), note);
        }
        let (whole, note) = if long { (note, own) } else { (N::default(), note.join(&own)) };
        let items = (0..self.facts.list_len(list)).map(|at| stored.get(self.facts, at));
        let extent = stored.extent(self.facts);
        // What could not be read, or says that there may be others, is the open end of the list and no element.
        let open = extent == Extent::Open;
        let mut known = Vec::with_capacity(items.len());
        known.extend(items.filter(|item| !open || !matches!(item, Value::Unknown)));
        let mut list = List::new(known, extent);
        if N::ON {
            list.notes = vec![note.note(); list.items.len()];
            list.note = note.note();
        }
        let list = Rc::new(list);
        if long {
            self.lists[kept].insert(slot, Rc::clone(&list));
        }
        // What led to a list that is kept stays apart from it.
        (Value::List(list), whole)
    }

    /// The slot of a field, where there is a row that has it.
    pub(in crate::evaluate) fn field_slot(
        &mut self,
        base: Option<&Expr>,
        slot: u32,
    ) -> Option<SlotId> {
        let row = match base {
            None => ROOT,
            Some(base) => match self.row_of::<Silent>(base).0 {
                Raw::Data(row) => row,
                _ => return None,
            },
        };
        Some(self.facts.slot_of(row, slot))
    }

    /// The list that an expression reads, where it is a short one among the facts and nothing is to be kept of it.
    #[inline]
    pub(in crate::evaluate) fn stored<N: Trace>(&mut self, expr: &Expr) -> Option<Stored> {
        let Kind::Field { base, slot, reading: Reading::List(item, extent), .. } = &expr.kind
        else {
            return None;
        };
        if N::ON {
            return None;
        }
        let slot = self.field_slot(base.as_deref(), *slot)?;
        self.short_list(slot, *item, *extent)
    }

    /// The list in a slot, where it is short and all of it could be read.
    #[inline]
    pub(in crate::evaluate) fn short_list(
        &self,
        slot: SlotId,
        item: Item,
        extent: Completeness,
    ) -> Option<Stored> {
        match self.facts.read_as(slot, Reading::List(item, extent)) {
            Fact::List(list)
                if self.facts.list_len(list) < LONG_LIST && !self.facts.is_damaged(slot) =>
            {
                Some(Stored { slot, list, item, extent })
            }
            _ => None,
        }
    }
}

/// The row that a value is, if it is one.
#[inline]
fn row(value: &Value<'_>) -> Raw {
    match value {
        Value::Row(row) => Raw::Data(*row),
        Value::None => Raw::Absent,
        _ => Raw::Unknown,
    }
}
