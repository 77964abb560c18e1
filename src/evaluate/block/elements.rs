//! Conditions on the elements of lists, for a block of rows.
//!
//! Owns two ways through them: the elements of all rows together where each row has a list of its own, and one element
//! after the other for all rows where a short list is the same for all.

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
        let row = |at| match list.get(self.facts, at) {
            Value::Row(row) => Some(row),
            _ => None,
        };
        let rows: Vec<RowId> = (0..list.len(self.facts)).map(row).collect::<Option<_>>()?;
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
        let (mut rows, mut owners): (Vec<RowId>, Vec<u8>) = (Vec::new(), Vec::new());
        let Some(rest) = self.gathered(&scan.list, block, picks, &mut rows, &mut owners) else {
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

    /// The elements of the lists of all rows, and which row each belongs to; gives the rows whose lists are not known, or
    /// nothing where that is no list of rows.
    fn gathered(
        &mut self,
        list: &Expr,
        block: &Block<'_>,
        picks: &Picks,
        rows: &mut Vec<RowId>,
        owners: &mut Vec<u8>,
    ) -> Option<Picks> {
        let base = match &list.kind {
            Kind::Field { base: Some(base), reading: Reading::List(Item::Row, _), .. } => base,
            Kind::Inverse { base, one: false, .. } => base,
            Kind::Invoke(..) | Kind::Call(..) | Kind::Map { .. } => {
                return Some(self.made(list, block, picks, rows, owners));
            }
            _ => return None,
        };
        let mut holders = [Raw::Unknown; BLOCK];
        if !self.rows_of(base, block, picks, &mut holders) {
            return None;
        }
        Some(picks.only(|at| {
            let Raw::Data(holder) = holders[at] else { return true };
            if rows.len() >= MOST {
                return true;
            }
            match &list.kind {
                Kind::Field { slot, .. } => {
                    let slot = self.facts.slot_of(holder, *slot);
                    if self.facts.short_rows(slot, rows).is_none() {
                        return true;
                    }
                }
                Kind::Inverse { inverse, .. } => match self.facts.referrers(*inverse, holder) {
                    (_, true) => return true,
                    (pairs, false) => rows.extend(pairs.iter().map(|(_, source)| *source)),
                },
                _ => return true,
            }
            owners.resize(rows.len(), at as u8);
            false
        }))
    }

    /// The same where the list is made anew for each row.
    fn made(
        &mut self,
        list: &Expr,
        block: &Block<'_>,
        picks: &Picks,
        rows: &mut Vec<RowId>,
        owners: &mut Vec<u8>,
    ) -> Picks {
        picks.only(|at| {
            if rows.len() >= MOST {
                return true;
            }
            self.bind_row(block, at);
            let Value::List(list) = self.value_of::<Silent>(list).0 else { return true };
            let before = rows.len();
            rows.extend(list.items.iter().filter_map(|item| match item {
                Value::Row(row) => Some(*row),
                _ => None,
            }));
            if list.extent != Extent::Whole || rows.len() < before + list.items.len() {
                rows.truncate(before);
                return true;
            }
            owners.resize(rows.len(), at as u8);
            false
        })
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
