//! Going through lists: quantifiers, searches, comprehensions, and tests of a whole list.
//!
//! Owns the three-valued meaning of each, and the use of an index where the checker found one.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::builtins::value::{Extent, Key, List, Note, Use, Value};
use crate::compile::ir::{Expr, Index, Kind, Scan};
use crate::evaluate::expr::Evaluator;
use crate::evaluate::show;
use crate::evaluate::truth::Truth;
use crate::facts::RowId;
use crate::language::ast::Quantifier;

/// Lists shorter than this are searched as they are.
const WORTH_AN_INDEX: usize = 8;

/// A list with its elements by key.
pub struct ListIndex<'a> {
    list: Rc<List<'a>>,
    places: FxHashMap<Vec<Key>, Vec<u32>>,
    /// Elements some of whose keys are unknown, so that they may match anything.
    unknown: Vec<u32>,
}

/// The elements that have to be looked at.
struct Elements<'a> {
    list: Rc<List<'a>>,
    /// Places of those that can match at all; all where it is none.
    places: Option<Vec<u32>>,
    /// What led to the list; its own note says only what is in it.
    base: Note,
}

impl<'a> Evaluator<'_, 'a, '_> {
    /// The list of a scan; `Err` where it is unknown.
    fn elements(&mut self, scan: &Scan) -> Result<Elements<'a>, Note> {
        if let Some(index) = &scan.index
            && let Some(found) = self.indexed(scan, index)
        {
            return Ok(found);
        }
        match self.eval(&scan.list) {
            (Value::List(list), base) => Ok(Elements { list, places: None, base }),
            (Value::None, note) => {
                let mut list = List::new(Vec::new(), Extent::Whole);
                list.note = note;
                Ok(Elements { list: Rc::new(list), places: None, base: Note::default() })
            }
            (_, note) => Err(note),
        }
    }

    fn indexed(&mut self, scan: &Scan, index: &Index) -> Option<Elements<'a>> {
        let mut wanted = Vec::with_capacity(index.keys.len());
        for key in &index.keys {
            let (value, _) = self.eval(&key.other);
            wanted.push(Key::of(&value, key.nocase)?);
        }
        let at = index.id as usize;
        let known = match &self.indices[at] {
            // Notes are on the list, so a list without them is of no use when they are wanted.
            Some(known) if !self.tracing || known.list.items.len() == known.list.notes.len() => {
                Rc::clone(known)
            }
            _ => {
                let (Value::List(list), _) = self.eval(&scan.list) else { return None };
                if list.items.len() < WORTH_AN_INDEX {
                    return Some(Elements { list, places: None, base: Note::default() });
                }
                let built = Rc::new(self.build_index(scan, index, list));
                self.indices[at] = Some(Rc::clone(&built));
                built
            }
        };
        let mut places = known.places.get(&wanted).cloned().unwrap_or_default();
        if !known.unknown.is_empty() {
            places.extend(&known.unknown);
            places.sort_unstable();
        }
        // Only a list that depends on nothing is indexed, so nothing leads to it.
        Some(Elements { list: Rc::clone(&known.list), places: Some(places), base: Note::default() })
    }

    fn build_index(&mut self, scan: &Scan, index: &Index, list: Rc<List<'a>>) -> ListIndex<'a> {
        let tracing = std::mem::replace(&mut self.tracing, false);
        let mut places: FxHashMap<Vec<Key>, Vec<u32>> = FxHashMap::default();
        let mut unknown = Vec::new();
        let before = self.frame[scan.local as usize].clone();
        for (at, item) in list.items.iter().enumerate() {
            self.set(scan.local, item.clone());
            let keys = index.keys.iter().map(|key| Key::of(&self.eval(&key.element).0, key.nocase));
            match keys.collect::<Option<Vec<Key>>>() {
                Some(keys) => places.entry(keys).or_default().push(at as u32),
                None => unknown.push(at as u32),
            }
        }
        self.frame[scan.local as usize] = before;
        self.tracing = tracing;
        ListIndex { list, places, unknown }
    }

    /// Calls a function for each element with the truth of the filter, until it says to stop.
    fn each(
        &mut self,
        scan: &Scan,
        elements: &Elements<'a>,
        mut visit: impl FnMut(&mut Self, usize, Truth, Note) -> bool,
    ) {
        let before = self.frame[scan.local as usize].clone();
        let list = Rc::clone(&elements.list);
        let mut look = |this: &mut Self, at: usize| {
            this.frame[scan.local as usize] = (list.items[at].clone(), list.item_note(at));
            let (truth, note) = match &scan.filter {
                Some(filter) => this.truth(filter),
                None => (Truth::True, Note::default()),
            };
            let note = if this.tracing {
                elements.base.join(&list.item_note(at)).join(&note).led()
            } else {
                note
            };
            visit(this, at, truth, note)
        };
        match &elements.places {
            Some(places) => {
                for at in places {
                    if !look(self, *at as usize) {
                        break;
                    }
                }
            }
            None => {
                for at in 0..list.items.len() {
                    if !look(self, at) {
                        break;
                    }
                }
            }
        }
        self.frame[scan.local as usize] = before;
    }

    /// `all`, `any`, `no`
    pub(super) fn quantified(
        &mut self,
        quantifier: Quantifier,
        scan: &Scan,
        body: &Expr,
    ) -> (Truth, Note) {
        let decisive = if quantifier == Quantifier::All { Truth::False } else { Truth::True };
        let flip = |truth: Truth| if quantifier == Quantifier::No { !truth } else { truth };
        let mut elements = match self.elements(scan) {
            Ok(elements) => elements,
            Err(note) => return (Truth::Unknown, note),
        };
        loop {
            let mut result = !decisive;
            let mut decided = Note::default();
            let mut passed = 0;
            let (mut settled, mut unsettled) = (Note::default(), Note::default());
            self.each(scan, &elements, |this, _, filter, note| {
                let (body_truth, body_note) = if filter == Truth::False {
                    (Truth::Unknown, Note::default())
                } else {
                    this.truth(body)
                };
                let truth = match quantifier {
                    Quantifier::All => filter.implies(body_truth),
                    Quantifier::Any | Quantifier::No => filter.and(body_truth),
                };
                if truth == decisive {
                    result = decisive;
                    decided = this.both(&note, &body_note);
                    return false;
                }
                if truth == Truth::Unknown {
                    result = Truth::Unknown;
                    if this.tracing {
                        let filter_part =
                            if filter == Truth::Unknown { note } else { note.only_fixed() };
                        let body_part = if body_truth == Truth::Unknown {
                            body_note
                        } else {
                            body_note.only_fixed()
                        };
                        unsettled = unsettled.join(&filter_part.join(&body_part));
                    }
                } else if this.tracing {
                    // One side alone decides: the filter that leaves the element out, or the body.
                    let part = if filter == Truth::False { note } else { body_note };
                    passed += usize::from(filter == Truth::True);
                    settled = settled.join(&part);
                }
                true
            });
            if result == decisive {
                return (flip(result), decided);
            }
            if elements.list.extent != Extent::Whole {
                let note = self.open_end(scan, &elements.list, &unsettled);
                let note = note.join(&settled.only_fixed());
                return (Truth::Unknown, self.both(&elements.base.only_fixed(), &note));
            }
            if result == Truth::Unknown {
                let list = elements.list.note.join(&settled).only_fixed();
                return (Truth::Unknown, self.both(&list, &unsettled));
            }
            if self.tracing && elements.places.take().is_some() {
                // The elements that cannot match are part of the proof.
                continue;
            }
            let whole = self.both(&elements.base, &elements.list.note);
            // Where the filter leaves one element, that one decides; else the list does, which has none that would do.
            let whole = if scan.filter.is_some() && passed == 1 { whole.led() } else { whole };
            return (flip(result), self.both(&whole, &settled));
        }
    }

    /// Why a list with an open end does not decide: what is unknown in it, or what it does not list.
    fn open_end(&self, scan: &Scan, list: &List<'a>, unsettled: &Note) -> Note {
        if !self.tracing {
            return Note::default();
        }
        unsettled.join(&list.note).join(&self.unlisted(scan, list))
    }

    fn unlisted(&self, scan: &Scan, list: &List<'a>) -> Note {
        // A list that leaves things out is asked for the very element that was looked for.
        let (Some(index), Extent::Partial) = (&scan.index, list.extent) else {
            return Note::default();
        };
        let uses = list.note.uses();
        let Some(Use::Fact { slot, span }) = uses.last().cloned() else { return Note::default() };
        if index.keys.iter().any(|key| key.field.is_none()) {
            return Note::default();
        }
        let mut this = Evaluator::new(self.facts, self.rules, self.now);
        this.frame.clone_from(&self.frame);
        let keys = index.keys.iter().map(|key| {
            let (value, _) = this.eval(&key.other);
            (key.field.clone().unwrap_or_default(), show::value(&value, &key.other.ty, self.facts))
        });
        Note::leaf(Use::Unlisted { slot, span, keys: Rc::new(keys.collect()) })
    }

    /// `the x in xs where c`
    pub(super) fn the(&mut self, scan: &Scan) -> (Value<'a>, Note) {
        let mut elements = match self.elements(scan) {
            Ok(elements) => elements,
            Err(note) => return (Value::Unknown, note),
        };
        loop {
            let mut matches: Vec<usize> = Vec::new();
            let (mut found, mut maybe, mut others) =
                (Note::default(), Note::default(), Note::default());
            let mut doubtful = false;
            self.each(scan, &elements, |this, at, truth, note| {
                match truth {
                    Truth::True => {
                        matches.push(at);
                        found = this.both(&found, &note);
                    }
                    Truth::Unknown => {
                        doubtful = true;
                        maybe = this.both(&maybe, &note);
                    }
                    Truth::False => others = this.both(&others, &note),
                }
                true
            });
            return match matches.as_slice() {
                [at] => (elements.list.items[*at].clone(), found),
                [] if elements.list.extent != Extent::Whole => {
                    let note = self.open_end(scan, &elements.list, &maybe);
                    (Value::Unknown, self.both(&note, &others.only_fixed()))
                }
                [] if doubtful => (Value::Unknown, self.both(&maybe, &others.only_fixed())),
                [] => {
                    if self.tracing && elements.places.take().is_some() {
                        continue;
                    }
                    let whole = self.both(&elements.base, &elements.list.note);
                    (Value::None, self.both(&whole, &others))
                }
                _ => (Value::Unknown, found),
            };
        }
    }

    /// `[e for x in xs where c]`
    pub(super) fn map(&mut self, scan: &Scan, body: &Expr, flatten: bool) -> (Value<'a>, Note) {
        let elements = match self.elements(scan) {
            // What an index leaves out is surely not in the list, but the proof of that needs all of it.
            Ok(elements) if self.tracing => Elements { places: None, ..elements },
            Ok(elements) => elements,
            Err(note) => return (Value::Unknown, note),
        };
        let mut result = List::new(Vec::new(), elements.list.extent);
        result.note = self.both(&elements.base, &elements.list.note);
        self.each(scan, &elements, |this, _, truth, note| {
            if truth == Truth::False {
                result.note = this.both(&result.note, &note);
                return true;
            }
            let (value, body_note) = this.eval(body);
            let note = this.both(&note, &body_note);
            if truth == Truth::Unknown {
                result.extent = Extent::Open;
                result.note = this.both(&result.note, &note);
                return true;
            }
            match (flatten, value) {
                (true, Value::List(inner)) => {
                    result.extent = result.extent.and(inner.extent);
                    result.note = this.both(&result.note, &this.both(&note, &inner.note));
                    for (at, item) in inner.items.iter().enumerate() {
                        result.items.push(item.clone());
                        if this.tracing {
                            result.notes.push(note.join(&inner.item_note(at)));
                        }
                    }
                }
                (true, Value::None) => result.note = this.both(&result.note, &note),
                (true, _) => {
                    result.extent = Extent::Open;
                    result.note = this.both(&result.note, &note);
                }
                (false, value) => {
                    result.items.push(value);
                    if this.tracing {
                        result.notes.push(note);
                    }
                }
            }
            true
        });
        (Value::List(Rc::new(result)), Note::default())
    }

    /// The rows that an expression yields or may yield; none where it may be any.
    pub(super) fn possible_rows(&mut self, expr: &Expr) -> Option<Vec<RowId>> {
        let row = |value: Value<'a>| match value {
            Value::Row(row) => Some(vec![row]),
            Value::None => Some(Vec::new()),
            Value::List(list) if list.extent == Extent::Whole => list
                .items
                .iter()
                .map(|item| if let Value::Row(row) = item { Some(*row) } else { None })
                .collect(),
            _ => None,
        };
        let Kind::Map { scan, body, .. } = &expr.kind else { return row(self.eval(expr).0) };
        let elements = self.elements(scan).ok()?;
        if elements.list.extent != Extent::Whole {
            return None;
        }
        let mut rows = Some(Vec::new());
        self.each(scan, &elements, |this, _, truth, _| {
            if truth != Truth::False {
                let found = row(this.eval(body).0);
                rows = rows.take().zip(found).map(|(mut rows, mut found)| {
                    rows.append(&mut found);
                    rows
                });
            }
            rows.is_some()
        });
        rows
    }

    /// `choose x in xs where c prefer e`: the best; the first of equals.
    pub(super) fn choose(&mut self, scan: &Scan, prefer: Option<&Expr>) -> (Value<'a>, Note) {
        let candidates = self.candidates(scan, prefer);
        (candidates.into_iter().next().unwrap_or(Value::Unknown), Note::default())
    }

    /// All that may be chosen, the best first.
    pub fn candidates(&mut self, scan: &Scan, prefer: Option<&Expr>) -> Vec<Value<'a>> {
        let Ok(elements) = self.elements(scan) else { return Vec::new() };
        let mut found: Vec<(i64, Value<'a>)> = Vec::new();
        self.each(scan, &elements, |this, at, truth, _| {
            if truth == Truth::True {
                let rank = match prefer.map(|prefer| this.eval(prefer).0) {
                    Some(Value::Number(number)) => number,
                    Some(Value::Bool(flag)) => i64::from(flag),
                    _ => i64::MIN,
                };
                found.push((rank, elements.list.items[at].clone()));
            }
            true
        });
        found.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank));
        found.into_iter().map(|(_, value)| value).collect()
    }

    /// Tests a list; what led to it is part of what decides.
    fn on_list(
        &mut self,
        expr: &Expr,
        test: impl FnOnce(&mut Self, &List<'a>) -> (Value<'a>, Note),
    ) -> (Value<'a>, Note) {
        let (list, base) = match self.eval(expr) {
            (Value::List(list), base) => (list, base),
            (Value::None, base) => (Rc::new(List::new(Vec::new(), Extent::Whole)), base),
            (_, note) => return (Value::Unknown, note),
        };
        let (value, note) = test(self, &list);
        let base = if matches!(value, Value::Unknown) { base.only_fixed() } else { base };
        (value, self.both(&base, &note))
    }

    /// `xs is empty`
    pub(super) fn is_empty(&mut self, expr: &Expr) -> (Value<'a>, Note) {
        self.on_list(expr, |_, list| {
            if !list.items.is_empty() {
                let note =
                    if list.notes.is_empty() { list.note.clone() } else { list.item_note(0) };
                return (Value::Bool(false), note);
            }
            match list.extent {
                Extent::Whole => (Value::Bool(true), list.note.clone()),
                _ => (Value::Unknown, list.note.clone()),
            }
        })
    }

    /// `x in xs`
    pub(super) fn contains(
        &mut self,
        element: &Expr,
        list: &Expr,
        nocase: bool,
    ) -> (Value<'a>, Note) {
        self.on_list(list, |this, list| {
            let (value, note) = this.eval(element);
            if list.items.is_empty() && list.extent == Extent::Whole {
                return (Value::Bool(false), list.note.clone());
            }
            let Some(key) = Key::of(&value, nocase) else { return (Value::Unknown, note) };
            let (counts, unknown) = list.counts(nocase);
            if counts.contains_key(&key) {
                // Only a proof has to know which element it is; looking for it is linear.
                let is_it = |item: &Value<'a>| Key::of(item, nocase).as_ref() == Some(&key);
                let place = match this.tracing {
                    true => list.items.iter().position(is_it).map(|at| list.item_note(at)),
                    false => None,
                }
                .unwrap_or_default();
                return (Value::Bool(true), this.both(&note, &place));
            }
            if *unknown || list.extent != Extent::Whole {
                return (Value::Unknown, this.both(&note.only_fixed(), &this.doubt(list)));
            }
            let whole = if this.tracing { list.whole_note() } else { Note::default() };
            (Value::Bool(false), this.both(&note, &whole))
        })
    }

    /// What would have to be known of a list: its unknown elements, and whether there are others.
    fn doubt(&self, list: &List<'a>) -> Note {
        if !self.tracing {
            return Note::default();
        }
        let unknown =
            list.items.iter().enumerate().filter(|(_, item)| Key::of(item, false).is_none());
        let note = unknown.fold(Note::default(), |all, (at, _)| all.join(&list.item_note(at)));
        if list.extent == Extent::Whole {
            note.join(&list.note.only_fixed())
        } else {
            note.join(&list.note)
        }
    }

    /// `xs are equal`
    pub(super) fn are_equal(&mut self, expr: &Expr, nocase: bool) -> (Value<'a>, Note) {
        self.on_list(expr, |this, list| {
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
                if !this.tracing && firsts.len() > 1 {
                    break;
                }
            }
            if firsts.len() > 1 {
                // The rarest is the odd one out, the last of several.
                let odd = firsts.iter().rev().min_by_key(|(.., count)| *count);
                let odd = odd.map_or(0, |(_, at, _)| *at);
                let notes = firsts.iter().fold(Note::default(), |all, (_, at, _)| {
                    let note = list.item_note(*at);
                    this.both(&all, &if *at == odd { note } else { note.led() })
                });
                return (Value::Bool(false), notes);
            }
            if list.extent != Extent::Whole || (unknown && list.items.len() > 1) {
                return (Value::Unknown, this.doubt(list));
            }
            let note = if this.tracing { list.whole_note() } else { Note::default() };
            (Value::Bool(true), note)
        })
    }

    /// `xs are unique`
    pub(super) fn are_unique(&mut self, expr: &Expr, nocase: bool) -> (Value<'a>, Note) {
        self.on_list(expr, |this, list| {
            let (counts, unknown) = list.counts(nocase);
            if counts.values().any(|count| *count > 1) {
                let mut note = Note::default();
                for (at, item) in list.items.iter().enumerate().filter(|_| this.tracing) {
                    if Key::of(item, nocase)
                        .is_some_and(|key| counts.get(&key).is_some_and(|count| *count > 1))
                    {
                        note = note.join(&list.item_note(at));
                    }
                }
                return (Value::Bool(false), note);
            }
            if list.extent != Extent::Whole || (*unknown && list.items.len() > 1) {
                return (Value::Unknown, this.doubt(list));
            }
            let note = if this.tracing { list.whole_note() } else { Note::default() };
            (Value::Bool(true), note)
        })
    }

    /// `x is unique in xs`: at most one element equals `x`
    pub(super) fn is_unique_in(
        &mut self,
        element: &Expr,
        list: &Expr,
        nocase: bool,
    ) -> (Value<'a>, Note) {
        self.on_list(list, |this, list| {
            let (value, note) = this.eval(element);
            let Some(key) = Key::of(&value, nocase) else { return (Value::Unknown, note) };
            let (counts, unknown) = list.counts(nocase);
            if counts.get(&key).is_some_and(|count| *count > 1) {
                let mut places = note;
                for (at, item) in list.items.iter().enumerate().filter(|_| this.tracing) {
                    if Key::of(item, nocase).as_ref() == Some(&key) {
                        places = places.join(&list.item_note(at));
                    }
                }
                return (Value::Bool(false), places);
            }
            if *unknown || list.extent != Extent::Whole {
                return (Value::Unknown, this.both(&note.only_fixed(), &this.doubt(list)));
            }
            let whole = if this.tracing { list.whole_note() } else { Note::default() };
            (Value::Bool(true), this.both(&note, &whole))
        })
    }
}
