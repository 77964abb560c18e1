//! Tests of a whole list: whether it is empty, holds a value, or has all values equal or different.
//!
//! Owns their three-valued meaning. Going through a list element by element is `scan`.

use std::rc::Rc;

use crate::builtins::value::{Extent, Key, List, Silent, Trace, Value};
use crate::compile::ir::Expr;
use crate::evaluate::expr::Evaluator;
use crate::evaluate::listed::{WORTH_AN_INDEX, within};

impl<'a> Evaluator<'_, 'a, '_> {
    /// Tests a list; what led to it is part of what decides.
    fn on_list<N: Trace>(
        &mut self,
        expr: &Expr,
        test: impl FnOnce(&mut Self, &List<'a>) -> (Value<'a>, N),
    ) -> (Value<'a>, N) {
        let (list, base) = match self.value_of(expr) {
            (Value::List(list), base) => (list, base),
            (Value::None, base) => (Rc::new(List::new(Vec::new(), Extent::Whole)), base),
            (_, note) => return (Value::Unknown, note),
        };
        let (value, note) = test(self, &list);
        let base = if matches!(value, Value::Unknown) { base.only_fixed() } else { base };
        (value, base.join(&note))
    }

    /// `xs is empty`
    pub(in crate::evaluate) fn is_empty<N: Trace>(&mut self, expr: &Expr) -> (Value<'a>, N) {
        if let Some(stored) = self.stored::<N>(expr) {
            let value = match (self.facts.list_len(stored.list), stored.extent(self.facts)) {
                (0, Extent::Whole) => Value::Bool(true),
                (0, _) => Value::Unknown,
                _ => Value::Bool(false),
            };
            return (value, N::default());
        }
        self.on_list(expr, |_, list| {
            if !list.items.is_empty() {
                let note = if list.notes.is_empty() { list.own_note() } else { list.item_note(0) };
                return (Value::Bool(false), note);
            }
            match list.extent {
                Extent::Whole => (Value::Bool(true), list.own_note()),
                _ => (Value::Unknown, list.own_note()),
            }
        })
    }

    /// `x in xs`
    pub(in crate::evaluate) fn contains<N: Trace>(
        &mut self,
        element: &Expr,
        list: &Expr,
        nocase: bool,
    ) -> (Value<'a>, N) {
        if let Some(stored) = self.stored::<N>(list) {
            let (value, _) = self.value_of::<Silent>(element);
            let items = (0..self.facts.list_len(stored.list)).map(|at| stored.get(self.facts, at));
            let found = within(&value, items, stored.extent(self.facts), nocase);
            return (found.map_or(Value::Unknown, Value::Bool), N::default());
        }
        if let Some(made) = self.closed::<N>(list) {
            let (value, note) = self.value_of::<N>(element);
            let place =
                Key::of(&value, nocase).and_then(|key| made.keys(nocase).places(&key).next());
            if let Some(at) = place
                && let Some(note) = self.place_notes(list, std::iter::once(at), &note)
            {
                return (Value::Bool(true), note);
            }
        }
        self.on_list(list, |this, list| {
            let (value, note) = this.value_of::<N>(element);
            if !N::ON && list.items.len() < WORTH_AN_INDEX {
                let items = list.items.iter().cloned();
                let found = within(&value, items, list.extent, nocase);
                return (found.map_or(Value::Unknown, Value::Bool), note);
            }
            if list.items.is_empty() && list.extent == Extent::Whole {
                return (Value::Bool(false), list.own_note());
            }
            let Some(key) = Key::of(&value, nocase) else { return (Value::Unknown, note) };
            let keys = list.keys(nocase);
            if let Some(at) = keys.places(&key).next() {
                return (Value::Bool(true), note.join(&list.item_note(at)));
            }
            if keys.unknown() || list.extent != Extent::Whole {
                return (Value::Unknown, note.only_fixed().join(&list.doubt()));
            }
            let whole = list.whole_note();
            (Value::Bool(false), note.join(&whole))
        })
    }

    /// `xs are equal`
    pub(in crate::evaluate) fn are_equal<N: Trace>(
        &mut self,
        expr: &Expr,
        nocase: bool,
    ) -> (Value<'a>, N) {
        self.on_list(expr, |_, list| {
            // Each value, where it comes first, and how often it comes.
            let mut firsts: Vec<(Key, usize, usize)> = Vec::new();
            let mut unknown = false;
            for (at, item) in list.items.iter().enumerate() {
                match Key::of(item, nocase) {
                    Some(key) => match firsts.iter_mut().find(|(known, ..)| *known == key) {
                        Some((.., count)) => *count += 1,
                        None => firsts.push((key, at, 1)),
                    },
                    None => unknown = true,
                }
                if !N::ON && firsts.len() > 1 {
                    break;
                }
            }
            if firsts.len() > 1 {
                // The rarest is the odd one out, the last of several.
                let odd = firsts.iter().rev().min_by_key(|(.., count)| *count);
                let odd = odd.map_or(0, |(_, at, _)| *at);
                let notes = firsts.iter().fold(N::default(), |all, (_, at, _)| {
                    let note = list.item_note(*at);
                    all.join(&if *at == odd { note } else { note.led() })
                });
                return (Value::Bool(false), notes);
            }
            if list.extent != Extent::Whole || (unknown && list.items.len() > 1) {
                return (Value::Unknown, list.doubt());
            }
            let note = list.whole_note();
            (Value::Bool(true), note)
        })
    }

    /// `xs are unique`
    pub(in crate::evaluate) fn are_unique<N: Trace>(
        &mut self,
        expr: &Expr,
        nocase: bool,
    ) -> (Value<'a>, N) {
        if let Some(made) = self.closed::<N>(expr) {
            let repeated = made.keys(nocase).repeated();
            if !repeated.is_empty()
                && let Some(note) = self.place_notes(expr, repeated.into_iter(), &N::default())
            {
                return (Value::Bool(false), note);
            }
        }
        self.on_list(expr, |_, list| {
            let keys = list.keys(nocase);
            let repeated = keys.repeated();
            if !repeated.is_empty() {
                let notes = repeated.iter().filter(|_| N::ON).map(|at| list.item_note::<N>(*at));
                let note = notes.fold(N::default(), |all, note| all.join(&note));
                return (Value::Bool(false), note);
            }
            if list.extent != Extent::Whole || (keys.unknown() && list.items.len() > 1) {
                return (Value::Unknown, list.doubt());
            }
            let note = list.whole_note();
            (Value::Bool(true), note)
        })
    }

    /// `x is unique in xs`: at most one element equals `x`
    pub(in crate::evaluate) fn is_unique_in<N: Trace>(
        &mut self,
        element: &Expr,
        list: &Expr,
        nocase: bool,
    ) -> (Value<'a>, N) {
        if let Some(made) = self.closed::<N>(list) {
            let (value, note) = self.value_of::<N>(element);
            let keys = made.keys(nocase);
            if let Some(key) = Key::of(&value, nocase).filter(|key| keys.repeats(key))
                && let Some(note) = self.place_notes(list, keys.places(&key), &note)
            {
                return (Value::Bool(false), note);
            }
        }
        self.on_list(list, |this, list| {
            let (value, note) = this.value_of::<N>(element);
            let Some(key) = Key::of(&value, nocase) else { return (Value::Unknown, note) };
            let keys = list.keys(nocase);
            if keys.repeats(&key) {
                let places = keys.places(&key).filter(|_| N::ON);
                let note = places.fold(note, |all, at| all.join(&list.item_note(at)));
                return (Value::Bool(false), note);
            }
            if keys.unknown() || list.extent != Extent::Whole {
                return (Value::Unknown, note.only_fixed().join(&list.doubt()));
            }
            let whole = list.whole_note();
            (Value::Bool(true), note.join(&whole))
        })
    }
}
