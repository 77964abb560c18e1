//! Tests of a whole list: whether it is empty, holds a value, or has all values equal or different.
//!
//! Owns their three-valued meaning. Going through a list element by element is `scan`.

use std::rc::Rc;

use crate::builtins::keys::{equal, is_known};
use crate::builtins::value::{Extent, Key, List, Silent, Trace, Value};
use crate::compile::ir::{Expr, Kind};
use crate::evaluate::expr::Evaluator;
use crate::evaluate::listed::{Elements, Listed, Places, WORTH_AN_INDEX, within};
use crate::evaluate::touch::count::Count;
use crate::evaluate::truth::Truth;
use crate::scalar::How;

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
                _ => (Value::Unknown, list.open_note()),
            }
        })
    }

    /// `x in xs`
    pub(in crate::evaluate) fn contains<N: Trace>(
        &mut self,
        element: &Expr,
        list: &Expr,
        how: How,
    ) -> (Value<'a>, N) {
        if let Some(stored) = self.stored::<N>(list) {
            let (value, _) = self.value_of::<Silent>(element);
            let items = (0..self.facts.list_len(stored.list)).map(|at| stored.get(self.facts, at));
            let found = within(&value, items, stored.extent(self.facts), how);
            return (found.map_or(Value::Unknown, Value::Bool), N::default());
        }
        if !N::ON && self.values.is_some() {
            let (value, _) = self.value_of::<Silent>(element);
            let key = Key::of(&value, how);
            match key.and_then(|key| self.counted(list, &key, how)) {
                Some(Count { times: 1.., .. }) => return (Value::Bool(true), N::default()),
                Some(Count { doubtful: true, .. }) => return (Value::Unknown, N::default()),
                Some(_) => return (Value::Bool(false), N::default()),
                None => {}
            }
        }
        if !N::ON
            && let Some(found) = self.within_short(element, list, how)
        {
            return (found, N::default());
        }
        if let Some(made) = self.closed::<N>(list) {
            let (value, note) = self.value_of::<N>(element);
            let place = made.keys(how).places(&value).next();
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
                let found = within(&value, items, list.extent, how);
                return (found.map_or(Value::Unknown, Value::Bool), note);
            }
            if list.items.is_empty() && list.extent == Extent::Whole {
                return (Value::Bool(false), list.own_note());
            }
            if !N::ON {
                return (of_truth(told(list, &value, how)), note);
            }
            if !is_known(&value) {
                return (Value::Unknown, note);
            }
            let keys = list.keys(how);
            if let Some(at) = keys.places(&value).next() {
                return (Value::Bool(true), note.join(&list.item_note(at)));
            }
            if keys.unknown() || list.extent != Extent::Whole {
                return (Value::Unknown, note.only_fixed().join(&list.doubt()));
            }
            let whole = list.whole_note();
            (Value::Bool(false), note.join(&whole))
        })
    }

    /// `x in xs` without making the list, where a rule spells it out or makes it from a short one.
    fn within_short(&mut self, element: &Expr, list: &Expr, how: How) -> Option<Value<'a>> {
        let (mut open, mut found) = (false, false);
        match &list.kind {
            Kind::List(items) => {
                let (value, _) = self.value_of::<Silent>(element);
                for item in items.iter().take_while(|_| !matches!(value, Value::Unknown)) {
                    let (item, _) = self.value_of::<Silent>(item);
                    match equal(&value, &item, how) {
                        Some(true) => return Some(Value::Bool(true)),
                        Some(false) => {}
                        None => open = true,
                    }
                }
                open |= matches!(value, Value::Unknown) && !items.is_empty();
            }
            Kind::Map { scan, body, flatten } if scan.index.is_none() => {
                let stored = self.stored::<Silent>(&scan.list)?;
                let (value, _) = self.value_of::<Silent>(element);
                let list = Listed::Stored(stored, stored.extent(self.facts));
                open = list.extent() != Extent::Whole;
                let elements = Elements { list, places: Places::All, base: Silent };
                let mut look = |item: &Value<'a>| match equal(&value, item, how) {
                    Some(same) => found |= same,
                    None => open = true,
                };
                let mut doubtful = false;
                self.each(scan, &elements, |this, _, truth, _| {
                    if truth == Truth::False {
                        return true;
                    }
                    let (item, _) = this.value_of::<Silent>(body);
                    match (truth, flatten, item) {
                        (Truth::Unknown, ..) => doubtful = true,
                        (_, true, Value::List(inner)) => {
                            doubtful |= inner.extent != Extent::Whole;
                            inner.items.iter().for_each(&mut look);
                        }
                        (_, true, Value::None) => {}
                        (_, true, _) => doubtful = true,
                        (_, false, item) => look(&item),
                    }
                    true
                });
                open |= doubtful;
            }
            _ => return None,
        }
        Some(match (found, open) {
            (true, _) => Value::Bool(true),
            (false, true) => Value::Unknown,
            (false, false) => Value::Bool(false),
        })
    }

    /// `xs are equal`
    pub(in crate::evaluate) fn are_equal<N: Trace>(
        &mut self,
        expr: &Expr,
        how: How,
    ) -> (Value<'a>, N) {
        self.on_list(expr, |_, list| {
            // Each value, where it comes first, and how often it comes.
            let mut firsts: Vec<(Key, usize, usize)> = Vec::new();
            let mut unknown = false;
            for (at, item) in list.items.iter().enumerate() {
                match Key::of(item, how) {
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
        how: How,
    ) -> (Value<'a>, N) {
        if let Some(made) = self.closed::<N>(expr) {
            let repeated = made.keys(how).repeated();
            if !repeated.is_empty()
                && let Some(note) = self.place_notes(expr, repeated.into_iter(), &N::default())
            {
                return (Value::Bool(false), note);
            }
        }
        self.on_list(expr, |_, list| {
            let keys = list.keys(how);
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
        how: How,
    ) -> (Value<'a>, N) {
        if !N::ON && self.values.is_some() {
            let (value, _) = self.value_of::<Silent>(element);
            let key = Key::of(&value, how);
            match key.map(|key| self.counted(list, &key, how)) {
                None => return (Value::Unknown, N::default()),
                Some(Some(Count { times: 2.., .. })) => return (Value::Bool(false), N::default()),
                Some(Some(Count { doubtful: true, .. })) => return (Value::Unknown, N::default()),
                Some(Some(_)) => return (Value::Bool(true), N::default()),
                Some(None) => {}
            }
        }
        if let Some(made) = self.closed::<N>(list) {
            let (value, note) = self.value_of::<N>(element);
            let keys = made.keys(how);
            if keys.repeats(&value)
                && let Some(note) = self.place_notes(list, keys.places(&value), &note)
            {
                return (Value::Bool(false), note);
            }
        }
        self.on_list(list, |this, list| {
            let (value, note) = this.value_of::<N>(element);
            if !N::ON {
                return (of_truth(told_alone(list, &value, how)), note);
            }
            if !is_known(&value) {
                return (Value::Unknown, note);
            }
            let keys = list.keys(how);
            if keys.repeats(&value) {
                let places = keys.places(&value).filter(|_| N::ON);
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

/// Whether a value is in a list.
pub(in crate::evaluate) fn told(list: &List<'_>, value: &Value<'_>, how: How) -> Truth {
    if list.items.is_empty() && list.extent == Extent::Whole {
        return Truth::False;
    }
    if !is_known(value) {
        return Truth::Unknown;
    }
    let keys = list.keys(how);
    match keys.places(value).next() {
        Some(_) => Truth::True,
        None if keys.unknown() || list.extent != Extent::Whole => Truth::Unknown,
        None => Truth::False,
    }
}

/// Whether at most one element of a list equals a value.
pub(in crate::evaluate) fn told_alone(list: &List<'_>, value: &Value<'_>, how: How) -> Truth {
    if !is_known(value) {
        return Truth::Unknown;
    }
    let keys = list.keys(how);
    match keys.repeats(value) {
        true => Truth::False,
        false if keys.unknown() || list.extent != Extent::Whole => Truth::Unknown,
        false => Truth::True,
    }
}

fn of_truth<'a>(truth: Truth) -> Value<'a> {
    match truth {
        Truth::True => Value::Bool(true),
        Truth::False => Value::Bool(false),
        Truth::Unknown => Value::Unknown,
    }
}
