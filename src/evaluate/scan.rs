//! Going through lists: quantifiers, searches, comprehensions, and tests of a whole list.
//!
//! Owns the three-valued meaning of each, and the use of an index where the checker found one.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::builtins::value::{Extent, Key, List, Silent, Trace, Use, Value, joined};
use crate::compile::hoist::{beside_keys, free};
use crate::compile::ir::{Expr, Index, IndexKey, Kind, LocalId, Scan};
use crate::evaluate::expr::Evaluator;
use crate::evaluate::listed::{Elements, ListIndex, Listed, Places, WORTH_AN_INDEX};
use crate::evaluate::scan::doubt::{Doubtful, Doubts};
use crate::evaluate::show;
use crate::evaluate::truth::Truth;
use crate::language::ast::Quantifier;
use crate::schema::types::Type;

pub(super) mod doubt;
mod holders;
mod place;
mod possible;
pub(super) mod whole;

impl<'a> Evaluator<'_, 'a, '_> {
    /// The list of a scan; `Err` where it is unknown.
    fn elements<N: Trace>(&mut self, scan: &Scan) -> Result<Elements<'a, N>, N> {
        if let Some(index) = &scan.index
            && let Some(found) = self.indexed(scan, index)
        {
            return Ok(found);
        }
        if let Some(stored) = self.stored::<N>(&scan.list) {
            let list = Listed::Stored(stored, stored.extent(self.facts));
            return Ok(Elements { list, places: Places::All, base: N::default() });
        }
        match self.value_of::<N>(&scan.list) {
            (Value::List(list), base) => {
                Ok(Elements { list: Listed::Made(list), places: Places::All, base })
            }
            (Value::None, note) => {
                let mut list = List::new(Vec::new(), Extent::Whole);
                list.note = note.note();
                let list = Listed::Made(Rc::new(list));
                Ok(Elements { list, places: Places::All, base: N::default() })
            }
            (_, note) => Err(note),
        }
    }

    fn indexed<N: Trace>(&mut self, scan: &Scan, index: &Index) -> Option<Elements<'a, N>> {
        let keys = index.keys.iter();
        let wanted =
            joined(keys.map(|key| Key::of(&self.value_of::<Silent>(&key.other).0, key.how)))?;
        let known = match &self.indices[index.id as usize] {
            // Notes are on the list, so a list without them is of no use when they are wanted.
            Some(known) if !N::ON || known.list.items.len() == known.list.notes.len() => {
                Rc::clone(known)
            }
            _ => {
                let (Value::List(list), _) = self.value_of::<N>(&scan.list) else { return None };
                if list.items.len() < WORTH_AN_INDEX {
                    let list = Listed::Made(list);
                    return Some(Elements { list, places: Places::All, base: N::default() });
                }
                self.keep_index(scan, index, list)
            }
        };
        let (start, end) = known.ranges.get(&wanted).copied().unwrap_or_default();
        let list = Listed::Made(Rc::clone(&known.list));
        let places = if known.unknown.is_empty() {
            Places::Found(known, start, end)
        } else {
            Places::Doubtful(Doubtful::new(known, start, end))
        };
        // Only a list that depends on nothing is indexed, so nothing leads to it.
        Some(Elements { list, places, base: N::default() })
    }

    /// The index of a long list, made when first asked for.
    pub(super) fn index_of(&mut self, scan: &Scan, index: &Index) -> Option<Rc<ListIndex<'a>>> {
        if let Some(known) = &self.indices[index.id as usize] {
            return Some(Rc::clone(known));
        }
        match self.value_of::<Silent>(&scan.list).0 {
            Value::List(list) if list.items.len() >= WORTH_AN_INDEX => {
                Some(self.keep_index(scan, index, list))
            }
            _ => None,
        }
    }

    fn keep_index(&mut self, scan: &Scan, index: &Index, list: Rc<List<'a>>) -> Rc<ListIndex<'a>> {
        let built = Rc::new(self.build_index(scan, index, list));
        self.indices[index.id as usize] = Some(Rc::clone(&built));
        built
    }

    fn build_index(&mut self, scan: &Scan, index: &Index, list: Rc<List<'a>>) -> ListIndex<'a> {
        let mut found: Vec<(u32, u32)> = Vec::with_capacity(list.items.len());
        let mut ranges: FxHashMap<Key, (u32, u32)> = FxHashMap::default();
        let mut unknown = Vec::new();
        let before = self.frame[scan.local as usize].clone();
        for (at, item) in list.items.iter().enumerate() {
            self.frame[scan.local as usize] = item.clone();
            let keys = index.keys.iter();
            let keys = keys.map(|key| Key::of(&self.value_of::<Silent>(&key.element).0, key.how));
            match joined(keys) {
                Some(keys) => {
                    // While counting, a range holds its number and its length.
                    let number = ranges.len() as u32;
                    let range = ranges.entry(keys).or_insert((number, 0));
                    range.1 += 1;
                    found.push((range.0, at as u32));
                }
                None => unknown.push(at as u32),
            }
        }
        self.frame[scan.local as usize] = before;
        let mut ends = vec![0; ranges.len()];
        for (number, length) in ranges.values() {
            ends[*number as usize] = *length;
        }
        let mut end = 0;
        for place in &mut ends {
            let start = end;
            end += *place;
            *place = start;
        }
        for (number, length) in ranges.values_mut() {
            let start = ends[*number as usize];
            (*number, *length) = (start, start + *length);
        }
        let mut order = vec![0; found.len()];
        // `ends` holds where the next of a number goes; elements come in the order of the list.
        let mut numbered: Vec<u32> = ends;
        for (number, at) in found {
            let next = &mut numbered[number as usize];
            order[*next as usize] = at;
            *next += 1;
        }
        ListIndex { list, ranges, order, unknown }
    }

    /// Calls a function for each element with the truth of the filter, until it says to stop.
    fn each<N: Trace>(
        &mut self,
        scan: &Scan,
        elements: &Elements<'a, N>,
        visit: impl FnMut(&mut Self, usize, Truth, N) -> bool,
    ) {
        self.each_filtered(scan, elements, None, visit);
    }

    /// The same where the truth of the filter may be known for all elements.
    fn each_filtered<N: Trace>(
        &mut self,
        scan: &Scan,
        elements: &Elements<'a, N>,
        filtered: Option<&[Truth]>,
        mut visit: impl FnMut(&mut Self, usize, Truth, N) -> bool,
    ) {
        let (before, before_note) = self.local::<N>(scan.local);
        let list = &elements.list;
        let mut look = |this: &mut Self, at: usize| {
            let item = list.get(this.facts, at);
            this.bind_local::<N>(scan.local, item, list.item_note(at));
            let (truth, note) = match (filtered, &scan.filter) {
                (Some(filtered), _) => (filtered[at], N::default()),
                (None, Some(filter)) => this.truth_of(filter),
                (None, None) => (Truth::True, N::default()),
            };
            let note = if N::ON {
                elements.base.join(&list.item_note(at)).join(&note).led()
            } else {
                note
            };
            visit(this, at, truth, note)
        };
        let places: &[u32] = match &elements.places {
            Places::All => {
                (0..list.len(self.facts)).all(|at| look(self, at));
                &[]
            }
            Places::Found(index, start, end) => &index.order[*start as usize..*end as usize],
            Places::Doubtful(places) => {
                places.all(|at| look(self, at));
                &[]
            }
        };
        places.iter().all(|at| look(self, *at as usize));
        self.bind_local(scan.local, before, before_note);
    }

    /// `all`, `any`, `no`
    pub(super) fn quantified<N: Trace>(
        &mut self,
        quantifier: Quantifier,
        scan: &Scan,
        body: &Expr,
    ) -> (Truth, N) {
        let elements = self.elements(scan);
        let places = elements.as_ref().map(|elements| &elements.places);
        if let (false, Some(index), Ok(Places::Found(_, start, end))) = (N::ON, &scan.index, places)
            && start < end
            && self.told_by_keys(quantifier, index, scan, body)
        {
            let asked = (index.id, *start);
            if let Some(truth) = self.answers.get(&asked) {
                return (*truth, N::default());
            }
            let answer = self.quantified_over(quantifier, scan, body, elements);
            self.answers.insert(asked, answer.0);
            return answer;
        }
        self.quantified_over(quantifier, scan, body, elements)
    }

    /// Whether the keys by which elements are found tell all that a condition on them depends on, so that the answer for
    /// some keys is that for all who ask for them.
    pub(super) fn told_by_keys(
        &mut self,
        quantifier: Quantifier,
        index: &Index,
        scan: &Scan,
        body: &Expr,
    ) -> bool {
        if self.facts.is_listening() {
            return false;
        }
        *self.told_by_keys[index.id as usize].get_or_insert_with(|| {
            let name = |key: &IndexKey| match key.other.kind {
                Kind::Local(local) => Some(local),
                _ => None,
            };
            let names: Vec<LocalId> = index.keys.iter().filter_map(name).collect();
            let filter = scan.filter.as_deref();
            let mut rest = filter.map(|filter| beside_keys(filter, scan.local)).unwrap_or_default();
            // What `all` asks of the elements is not what they are found by.
            rest.append(&mut match quantifier {
                Quantifier::All => free(body),
                Quantifier::Any | Quantifier::No => beside_keys(body, scan.local),
            });
            rest.iter().all(|local| *local == scan.local || names.contains(local))
        })
    }

    fn quantified_over<N: Trace>(
        &mut self,
        quantifier: Quantifier,
        scan: &Scan,
        body: &Expr,
        elements: Result<Elements<'a, N>, N>,
    ) -> (Truth, N) {
        let decisive = if quantifier == Quantifier::All { Truth::False } else { Truth::True };
        let flip = |truth: Truth| if quantifier == Quantifier::No { !truth } else { truth };
        let mut elements = match elements {
            Ok(elements) => elements,
            Err(note) => return (Truth::Unknown, note),
        };
        loop {
            let mut result = !decisive;
            let mut decided = N::default();
            let mut passed = 0;
            let (mut settled, mut unsettled) = (N::default(), N::default());
            let mut doubts = Doubts::new(scan);
            // Of those that are known to be in a list only who is known counts: without that, nobody would be asked for.
            let known_only = N::ON && is_listed(&scan.list);
            self.each(scan, &elements, |this, at, filter, note| {
                let (body_truth, body_note) = if filter == Truth::False {
                    (Truth::Unknown, N::default())
                } else {
                    this.truth_of(body)
                };
                let truth = match quantifier {
                    Quantifier::All => filter.implies(body_truth),
                    Quantifier::Any | Quantifier::No => filter.and(body_truth),
                };
                if truth == decisive {
                    result = decisive;
                    decided = decided.join(&note.join(&body_note));
                    if known_only {
                        decided = decided.join(&elements.list.item_note::<N>(at).fixed().led());
                    }
                    // Each element that fails is one fault; that one is there suffices.
                    return N::ON && this.wide && quantifier != Quantifier::Any;
                }
                if result == decisive {
                    return true;
                }
                if truth == Truth::Unknown {
                    result = Truth::Unknown;
                    let is_told = doubts.tell::<N>(&elements);
                    if N::ON {
                        let filter_part = if is_told && filter == Truth::Unknown {
                            note
                        } else {
                            note.only_fixed()
                        };
                        let body_part = if is_told && body_truth == Truth::Unknown {
                            body_note
                        } else {
                            body_note.only_fixed()
                        };
                        unsettled = unsettled.join(&filter_part.join(&body_part));
                        if known_only {
                            unsettled =
                                unsettled.join(&elements.list.item_note::<N>(at).fixed().led());
                        }
                    }
                } else if N::ON {
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
            if elements.list.extent() != Extent::Whole {
                let note = self.open_end(scan, &elements.list, &unsettled);
                let note = note.join(&settled.only_fixed());
                return (Truth::Unknown, elements.base.only_fixed().join(&note));
            }
            if result == Truth::Unknown {
                let list = elements.list.own_note::<N>().join(&settled).only_fixed();
                return (Truth::Unknown, list.join(&unsettled));
            }
            if N::ON && elements.narrowed() {
                // The elements that cannot match are part of the proof.
                continue;
            }
            let whole = elements.base.join(&elements.list.own_note());
            // Where the filter leaves one element, that one decides; else the list does, which has none that would do.
            let whole = if scan.filter.is_some() && passed == 1 { whole.led() } else { whole };
            return (flip(result), whole.join(&settled));
        }
    }

    /// Why a list with an open end does not decide: what is unknown in it, or what it does not list.
    fn open_end<N: Trace>(&mut self, scan: &Scan, list: &Listed<'a>, unsettled: &N) -> N {
        let (true, Listed::Made(list)) = (N::ON, list) else { return N::default() };
        unsettled.join(&list.open_note()).join(&self.unlisted(scan, list))
    }

    fn unlisted<N: Trace>(&mut self, scan: &Scan, list: &List<'a>) -> N {
        // A list that leaves things out is asked for the very element that was looked for.
        let (Some(index), Extent::Partial) = (&scan.index, list.extent) else {
            return N::default();
        };
        let uses = list.note.uses();
        let Some(Use::Fact { slot, span }) = uses.last().cloned() else { return N::default() };
        if index.keys.iter().any(|key| key.field.is_none()) {
            return N::default();
        }
        let (holder, at) = self.facts.field_of(slot);
        let schema = self.facts.schema();
        let element = schema.ty(holder).fields[at].ty.element().and_then(Type::row);
        let keys = index.keys.iter().map(|key| {
            let (value, _) = self.value_of::<Silent>(&key.other);
            let name = key.field.clone().unwrap_or_default();
            let def = element.map(|element| schema.ty(element));
            let field = def.and_then(|def| Some(&def.fields[def.field(&name)?]));
            let shown = match (&value, field) {
                (Value::Row(row), Some(field)) => self.facts.reference(*row, &field.ty),
                _ => show::value(&value, &key.other.ty, self.facts),
            };
            (name, shown)
        });
        N::leaf(Use::Unlisted { slot, span, keys: Rc::new(keys.collect()) })
    }

    /// `the x in xs where c`
    pub(super) fn the<N: Trace>(&mut self, scan: &Scan) -> (Value<'a>, N) {
        let mut elements = match self.elements(scan) {
            Ok(elements) => elements,
            Err(note) => return (Value::Unknown, note),
        };
        loop {
            let mut matches: Vec<usize> = Vec::new();
            let (mut found, mut maybe, mut others) = (N::default(), N::default(), N::default());
            let mut doubts = Doubts::new(scan);
            self.each(scan, &elements, |_, at, truth, note| {
                match truth {
                    Truth::True => {
                        matches.push(at);
                        found = found.join(&note);
                    }
                    Truth::Unknown => {
                        let is_told = doubts.tell::<N>(&elements);
                        maybe = maybe.join(&if is_told { note } else { note.only_fixed() });
                    }
                    Truth::False => others = others.join(&note),
                }
                true
            });
            return match matches.as_slice() {
                [at] => (elements.list.get(self.facts, *at), found),
                [] if elements.list.extent() != Extent::Whole => {
                    let note = self.open_end(scan, &elements.list, &maybe);
                    (Value::Unknown, note.join(&others.only_fixed()))
                }
                [] if doubts.any() => (Value::Unknown, maybe.join(&others.only_fixed())),
                [] => {
                    if N::ON && elements.narrowed() {
                        continue;
                    }
                    let whole = elements.base.join(&elements.list.own_note());
                    (Value::None, whole.join(&others))
                }
                _ => (Value::Unknown, found),
            };
        }
    }

    /// `[e for x in xs where c]`
    pub(super) fn map<N: Trace>(
        &mut self,
        scan: &Scan,
        body: &Expr,
        flatten: bool,
    ) -> (Value<'a>, N) {
        let elements = match self.elements(scan) {
            // What an index leaves out is surely not in the list, but the proof of that needs all of it.
            Ok(elements) if N::ON => Elements { places: Places::All, ..elements },
            Ok(elements) => elements,
            Err(note) => return (Value::Unknown, note),
        };
        (Value::List(Rc::new(self.mapped(elements, scan, body, flatten))), N::default())
    }

    /// `[e for x in xs where c]` over a list that is at hand.
    pub(super) fn mapped_list(
        &mut self,
        list: Rc<List<'a>>,
        scan: &Scan,
        body: &Expr,
        flatten: bool,
    ) -> List<'a> {
        let list = Listed::Made(list);
        let elements = Elements { list, places: Places::All, base: Silent };
        self.mapped(elements, scan, body, flatten)
    }

    fn mapped<N: Trace>(
        &mut self,
        elements: Elements<'a, N>,
        scan: &Scan,
        body: &Expr,
        flatten: bool,
    ) -> List<'a> {
        // Without a filter each element gives one; a path to lists mostly gives more.
        let least = if scan.filter.is_none() && matches!(elements.places, Places::All) {
            elements.list.len(self.facts)
        } else {
            0
        };
        let mut result = List::new(Vec::with_capacity(least), elements.list.extent());
        let mut note_of_list: N = elements.base.join(&elements.list.own_note());
        let mut open: N = elements.list.open_note();
        let mut doubts = Doubts::new(scan);
        let filtered = if N::ON { None } else { self.filtered(scan, &elements) };
        self.each_filtered(scan, &elements, filtered.as_deref(), |this, _, truth, note| {
            if truth == Truth::False {
                note_of_list = note_of_list.join(&note);
                return true;
            }
            // A short list of facts is not made only to be joined to others.
            if flatten
                && truth == Truth::True
                && let Some(stored) = this.stored::<N>(body)
            {
                result.extent = result.extent.and(stored.extent(this.facts));
                let items = 0..this.facts.list_len(stored.list);
                result.items.extend(items.map(|at| stored.get(this.facts, at)));
                return true;
            }
            let (value, body_note) = this.value_of(body);
            let note = note.join(&body_note);
            if truth == Truth::Unknown {
                result.extent = Extent::Open;
                let is_told = doubts.tell::<N>(&elements);
                open = open.join(&if is_told { note.clone() } else { note.only_fixed() });
                note_of_list = note_of_list.join(&note);
                return true;
            }
            match (flatten, value) {
                (true, Value::List(inner)) => {
                    result.extent = result.extent.and(inner.extent);
                    note_of_list = note_of_list.join(&note.join(&inner.own_note()));
                    if N::ON && inner.extent != Extent::Whole {
                        let is_told = doubts.tell::<N>(&elements);
                        let own: N = inner.open_note();
                        open = open.join(&if is_told { own } else { own.only_fixed() });
                    }
                    for (at, item) in inner.items.iter().enumerate() {
                        result.items.push(item.clone());
                        if N::ON {
                            result.notes.push(note.join(&inner.item_note(at)).note());
                        }
                    }
                }
                (true, Value::None) => note_of_list = note_of_list.join(&note),
                (true, _) => {
                    result.extent = Extent::Open;
                    let is_told = doubts.tell::<N>(&elements);
                    open = open.join(&if is_told { note.clone() } else { note.only_fixed() });
                    note_of_list = note_of_list.join(&note);
                }
                (false, value) => {
                    result.items.push(value);
                    if N::ON {
                        result.notes.push(note.note());
                    }
                }
            }
            true
        });
        if N::ON {
            (result.note, result.open) = (note_of_list.note(), open.note());
        }
        result
    }

    /// `choose x in xs where c prefer e`: the best; the first of equals.
    pub(super) fn choose<N: Trace>(
        &mut self,
        scan: &Scan,
        prefer: Option<&Expr>,
    ) -> (Value<'a>, N) {
        let candidates = self.candidates(scan, prefer);
        (candidates.into_iter().next().unwrap_or(Value::Unknown), N::default())
    }

    /// All that may be chosen, the best first.
    pub fn candidates(&mut self, scan: &Scan, prefer: Option<&Expr>) -> Vec<Value<'a>> {
        let Ok(elements) = self.elements::<Silent>(scan) else { return Vec::new() };
        let mut found: Vec<(i64, Value<'a>)> = Vec::new();
        self.each(scan, &elements, |this, at, truth, _| {
            if truth == Truth::True {
                let rank = match prefer.map(|prefer| this.value_of::<Silent>(prefer).0) {
                    Some(Value::Number(number)) => number,
                    Some(Value::Bool(flag)) => i64::from(flag),
                    _ => i64::MIN,
                };
                found.push((rank, elements.list.get(this.facts, at)));
            }
            true
        });
        found.sort_by_key(|(rank, _)| std::cmp::Reverse(*rank));
        found.into_iter().map(|(_, value)| value).collect()
    }
}

/// Whether the elements of a list are only those that are known to be in it.
fn is_listed(list: &Expr) -> bool {
    match &list.kind {
        Kind::Call(builtin, _) => builtin.name == "listed",
        Kind::Holders(..) => true,
        Kind::Memo(_, _, inner) | Kind::Table(_, _, inner) => is_listed(inner),
        Kind::Invoke(define, _) => is_listed(&define.body),
        Kind::Otherwise(one, other) | Kind::If(_, one, other) => is_listed(one) || is_listed(other),
        Kind::Map { scan, .. } => is_listed(&scan.list),
        _ => false,
    }
}
