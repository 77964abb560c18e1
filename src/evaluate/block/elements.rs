//! Conditions on the elements of lists, for a block of rows.
//!
//! Owns two ways through them: the elements of all rows together where each row has a list of its own, and one element
//! after the other for all rows where a short list is the same for all.

use std::borrow::Borrow;

use crate::builtins::value::{Extent, Silent, Trace, Value};
use crate::compile::ir::{Expr, Kind, Scan};
use crate::evaluate::block::{BLOCK, Block, Picks, Truths};
use crate::evaluate::expr::Evaluator;
use crate::evaluate::listed::{Elements, Places, WORTH_AN_INDEX};
use crate::evaluate::truth::Truth;
use crate::facts::{Raw, RowId};
use crate::language::ast::Quantifier;
use crate::schema::types::{Completeness, Item, Reading};

/// So many elements are gathered for a block of rows; what more there is, is looked at row by row.
const MOST: usize = 1 << 16;

/// What decides a condition on all elements, found for one of them.
fn decisive(quantifier: Quantifier) -> Truth {
    if quantifier == Quantifier::All { Truth::False } else { Truth::True }
}

/// What an element makes of a condition on all of them; for `no` the opposite is meant.
fn join(quantifier: Quantifier, whole: &mut Truth, filter: Truth, body: Truth) {
    let truth = match quantifier {
        Quantifier::All => filter.implies(body),
        Quantifier::Any | Quantifier::No => filter.and(body),
    };
    let decisive = decisive(quantifier);
    if truth == decisive || (truth == Truth::Unknown && *whole != decisive) {
        *whole = truth;
    }
}

/// Appends values that are all rows; appends none and says `false` where one is not.
pub(in crate::evaluate) fn append_rows<'a>(
    rows: &mut Vec<RowId>,
    values: impl ExactSizeIterator<Item: Borrow<Value<'a>>>,
) -> bool {
    let before = rows.len();
    rows.reserve(values.len());
    for value in values {
        let Value::Row(row) = value.borrow() else {
            rows.truncate(before);
            return false;
        };
        rows.push(*row);
    }
    true
}

impl<'a> Evaluator<'_, 'a, '_> {
    /// The truth of the filter of a scan for all elements, where they are many rows of which none is picked.
    pub(in crate::evaluate) fn filtered<N: Trace>(
        &mut self,
        scan: &Scan,
        elements: &Elements<'a, N>,
    ) -> Option<Vec<Truth>> {
        let filter = scan.filter.as_deref()?;
        let list = &elements.list;
        let many = list.len(self.facts) >= WORTH_AN_INDEX;
        // While somebody listens, facts are asked for in the order of the rule.
        if !many || !matches!(elements.places, Places::All) || self.facts.is_listening() {
            return None;
        }
        let mut rows = Vec::new();
        let items = (0..list.len(self.facts)).map(|at| list.get(self.facts, at));
        if !append_rows(&mut rows, items) {
            return None;
        }
        let before = self.frame[scan.local as usize].clone();
        let mut truths = Vec::with_capacity(rows.len());
        for rows in rows.chunks(BLOCK) {
            let mut out = [Truth::Unknown; BLOCK];
            let block = Block::new(scan.local, rows, &[]);
            self.truths(filter, &block, &Picks::all(rows.len()), &mut out);
            truths.extend_from_slice(&out[..rows.len()]);
        }
        self.frame[scan.local as usize] = before;
        Some(truths)
    }

    /// A condition on the elements of a list of each row, all elements together; gives the rows that are left to be
    /// looked at one by one.
    pub(super) fn elements_of(
        &mut self,
        quantifier: Quantifier,
        scan: &Scan,
        body: &Expr,
        block: &Block<'_>,
        picks: &Picks,
        out: &mut Truths,
    ) -> Picks {
        let Some((rest, rows, owners)) = self.gathered(&scan.list, block, picks) else {
            return picks.only(|_| true);
        };
        let partial = matches!(
            &scan.list.kind,
            Kind::Field { reading: Reading::List(_, Completeness::Partial), .. }
        );
        let empty = if partial { Truth::Unknown } else { !decisive(quantifier) };
        let done = picks.without(&rest);
        done.iter().for_each(|at| out[at] = empty);
        for (rows, owners) in rows.chunks(BLOCK).zip(owners.chunks(BLOCK)) {
            let inner = Block { outer: Some((block, owners)), ..Block::new(scan.local, rows, &[]) };
            let all = Picks::all(rows.len());
            self.scanned(scan, body, &inner, &all, |at, filter, found| {
                join(quantifier, &mut out[usize::from(owners[at])], filter, found);
            });
        }
        if quantifier == Quantifier::No {
            done.iter().for_each(|at| out[at] = !out[at]);
        }
        rest
    }

    /// Tells what the filter of a scan, which is not false, and the body say of each that is asked for.
    fn scanned(
        &mut self,
        scan: &Scan,
        body: &Expr,
        block: &Block<'_>,
        picks: &Picks,
        mut tell: impl FnMut(usize, Truth, Truth),
    ) {
        let mut filter = [Truth::True; BLOCK];
        if let Some(expr) = &scan.filter {
            self.truths(expr, block, picks, &mut filter);
        }
        let asked = picks.only(|at| filter[at] != Truth::False);
        if asked.len == 0 {
            return;
        }
        let mut found = [Truth::Unknown; BLOCK];
        self.truths(body, block, &asked, &mut found);
        asked.iter().for_each(|at| tell(at, filter[at], found[at]));
    }

    /// The elements of the lists of all rows, and which row each belongs to; with them the rows whose lists are not known,
    /// or nothing where that is no list of rows.
    fn gathered(
        &mut self,
        list: &Expr,
        block: &Block<'_>,
        picks: &Picks,
    ) -> Option<(Picks, Vec<RowId>, Vec<u8>)> {
        let base = match &list.kind {
            Kind::Field { base: Some(base), reading: Reading::List(Item::Row, _), .. } => {
                Some(base)
            }
            Kind::Inverse { base, one: false, .. } => Some(base),
            // Such a list is made anew for each row.
            Kind::Invoke(..) | Kind::Call(..) | Kind::Map { .. } => None,
            _ => return None,
        };
        let mut holders = [Raw::Unknown; BLOCK];
        if let Some(base) = base
            && !self.rows_of(base, block, picks, &mut holders)
        {
            return None;
        }
        let (mut rows, mut owners): (Vec<RowId>, Vec<u8>) = (Vec::new(), Vec::new());
        let rest = picks.only(|at| {
            let known = rows.len() < MOST
                && match (&list.kind, holders[at]) {
                    (Kind::Field { slot, .. }, Raw::Data(holder)) => {
                        let slot = self.facts.slot_of(holder, *slot);
                        self.facts.short_rows(slot, &mut rows).is_some()
                    }
                    (Kind::Inverse { inverse, .. }, Raw::Data(holder)) => {
                        let (pairs, more) = self.facts.referrers(*inverse, holder);
                        rows.extend(pairs.iter().filter(|_| !more).map(|(_, source)| *source));
                        !more
                    }
                    (Kind::Field { .. } | Kind::Inverse { .. }, _) => false,
                    _ => {
                        self.bind_row(block, at);
                        match self.value_of::<Silent>(list).0 {
                            Value::List(list) if list.extent == Extent::Whole => {
                                append_rows(&mut rows, list.items.iter())
                            }
                            _ => false,
                        }
                    }
                };
            owners.resize(rows.len(), at as u8);
            !known
        });
        Some((rest, rows, owners))
    }

    /// A condition on the elements of a list that is short and the same for all rows; gives the rows that are left to be
    /// looked at one by one.
    pub(super) fn for_each_of_few(
        &mut self,
        quantifier: Quantifier,
        scan: &Scan,
        body: &Expr,
        block: &Block<'_>,
        picks: &Picks,
        out: &mut Truths,
    ) -> Picks {
        let list = match self.value_of::<Silent>(&scan.list).0 {
            Value::List(list) if list.items.len() < WORTH_AN_INDEX => list,
            _ => return picks.only(|_| true),
        };
        let decisive = decisive(quantifier);
        let empty = if list.extent == Extent::Whole { !decisive } else { Truth::Unknown };
        picks.iter().for_each(|at| out[at] = empty);
        let before = self.frame[scan.local as usize].clone();
        for item in &list.items {
            let open = picks.only(|at| out[at] != decisive);
            self.frame[scan.local as usize] = item.clone();
            self.scanned(scan, body, block, &open, |at, filter, found| {
                join(quantifier, &mut out[at], filter, found);
            });
        }
        self.frame[scan.local as usize] = before;
        if quantifier == Quantifier::No {
            picks.iter().for_each(|at| out[at] = !out[at]);
        }
        picks.only(|_| false)
    }
}
