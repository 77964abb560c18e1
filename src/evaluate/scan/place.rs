//! Single elements of a list that the rules make: what one is, and the facts that put it there.
//!
//! Owns the way from the place of an element back through the comprehensions that made the list. Notes of one element
//! cost next to nothing where those of all would take more memory than the facts themselves; an answer about a few
//! elements of a long list needs no others.

use std::rc::Rc;

use crate::builtins::value::{Extent, List, Silent, Trace, Value};
use crate::compile::hoist::free;
use crate::compile::ir::{Expr, Kind, Scan};
use crate::compile::origin::maker;
use crate::evaluate::expr::Evaluator;
use crate::evaluate::listed::{Elements, Listed, Places};
use crate::evaluate::truth::Truth;
use crate::schema::types::Reading;

impl<'a> Evaluator<'_, 'a, '_> {
    /// A list that depends on nothing, without notes, where notes are kept and the list is whole.
    pub(super) fn closed<N: Trace>(&mut self, expr: &Expr) -> Option<Rc<List<'a>>> {
        if !N::ON || !is_closed(expr) {
            return None;
        }
        match self.value_of::<Silent>(expr).0 {
            Value::List(list) if list.extent == Extent::Whole => Some(list),
            _ => None,
        }
    }

    /// The notes of the elements at some places of a list, joined to a note; none where they cannot be told apart.
    pub(super) fn place_notes<N: Trace>(
        &mut self,
        list: &Expr,
        places: impl Iterator<Item = usize>,
        note: &N,
    ) -> Option<N> {
        let mut note = note.clone();
        for at in places {
            note = note.join(&self.place::<N>(list, at)?.1);
        }
        Some(note)
    }

    /// The element at a place of a list, and why it is there and what it is.
    pub(super) fn place<N: Trace>(&mut self, expr: &Expr, at: usize) -> Option<(Value<'a>, N)> {
        match &expr.kind {
            Kind::Memo(_, _, body) | Kind::Table(_, _, body) => self.place(body, at),
            Kind::Invoke(define, arguments) if arguments.is_empty() => self.place(&define.body, at),
            Kind::Field { base, slot, reading: reading @ Reading::List(..), .. } => {
                let (_, note) = self.raw_of::<N>(base.as_deref(), *slot, *reading, expr.span);
                // What only says that there may be others has no place among the elements.
                match self.value_of::<Silent>(expr).0 {
                    Value::List(list) => Some((list.items.get(at)?.clone(), note)),
                    _ => None,
                }
            }
            Kind::Map { scan, body, flatten } => {
                let starts = self.starts(expr, scan, body, *flatten)?;
                let source =
                    starts.partition_point(|start| *start as usize <= at).checked_sub(1)?;
                let (item, item_note) = self.place::<N>(&scan.list, source)?;
                let (before, before_note) = self.local::<N>(scan.local);
                self.bind_local(scan.local, item, item_note.clone());
                let filter_note = match &scan.filter {
                    Some(filter) => self.truth_of::<N>(filter).1,
                    None => N::default(),
                };
                let (value, body_note) = self.value_of::<N>(body);
                self.bind_local(scan.local, before, before_note);
                let note = item_note.join(&filter_note).led().join(&body_note);
                match (flatten, value) {
                    (false, value) => Some((value, note)),
                    (true, Value::List(inner)) => {
                        let within = at - starts[source] as usize;
                        let own = inner.item_note(within);
                        Some((inner.items.get(within)?.clone(), note.join(&own)))
                    }
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The element of a list of the environment from which the element at a place of a list comes.
    pub(super) fn source_of(&mut self, expr: &Expr, at: usize) -> Option<Value<'a>> {
        let expr = maker(expr);
        if let Kind::Memo(_, _, body) | Kind::Table(_, _, body) = &expr.kind {
            return self.source_of(body, at);
        }
        let Kind::Map { scan, body, flatten } = &expr.kind else {
            return Some(self.place::<Silent>(expr, at)?.0);
        };
        let starts = self.starts(expr, scan, body, *flatten)?;
        let source = starts.partition_point(|start| *start as usize <= at).checked_sub(1)?;
        self.source_of(&scan.list, source)
    }

    /// Where in a made list the elements begin that come from each element of the list it was made from. Worked out once
    /// where the list depends on no name.
    fn starts(
        &mut self,
        expr: &Expr,
        scan: &Scan,
        body: &Expr,
        flatten: bool,
    ) -> Option<Rc<Vec<u32>>> {
        let known = std::ptr::from_ref(expr).addr();
        if let Some(starts) = self.starts.get(&known) {
            return starts.clone();
        }
        let starts = self.count_starts(scan, body, flatten).map(Rc::new);
        // A list that depends on a name is another one for what the name is bound to next.
        if free(expr).is_empty() {
            self.starts.insert(known, starts.clone());
        }
        starts
    }

    fn count_starts(&mut self, scan: &Scan, body: &Expr, flatten: bool) -> Option<Vec<u32>> {
        let (Value::List(list), _) = self.value_of::<Silent>(&scan.list) else { return None };
        let before = self.frame[scan.local as usize].clone();
        let (made, places) = (Listed::Made(Rc::clone(&list)), Places::All);
        let filtered = self.filtered(scan, &Elements { list: made, places, base: Silent });
        let mut starts = Vec::with_capacity(list.items.len());
        let mut start = 0;
        for (at, item) in list.items.iter().enumerate() {
            starts.push(start);
            self.frame[scan.local as usize] = item.clone();
            let filter = match (&filtered, &scan.filter) {
                (Some(filtered), _) => filtered[at],
                (None, Some(filter)) => self.truth_of::<Silent>(filter).0,
                (None, None) => Truth::True,
            };
            start += match filter {
                // What may be in a list is not listed.
                Truth::False | Truth::Unknown => 0,
                Truth::True if !flatten => 1,
                // A list of facts is not made only to be counted.
                Truth::True => match self.stored::<Silent>(body) {
                    Some(stored) => u32::try_from(self.facts.list_len(stored.list)).ok()?,
                    None => match self.value_of::<Silent>(body).0 {
                        Value::List(inner) => u32::try_from(inner.items.len()).ok()?,
                        _ => 0,
                    },
                },
            };
        }
        self.frame[scan.local as usize] = before;
        Some(starts)
    }
}

/// Whether an expression is kept and depends on no name.
fn is_closed(expr: &Expr) -> bool {
    match &expr.kind {
        Kind::Memo(_, deps, _) => deps.is_empty(),
        Kind::Invoke(define, arguments) => arguments.is_empty() && is_closed(&define.body),
        _ => false,
    }
}
