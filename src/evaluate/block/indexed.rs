//! Entries of long lists that a block of rows asks for by keys.
//!
//! Owns the look into the index of such a list for all rows at once. Most rows ask for what is not listed, or for what
//! another has asked for before; the others are left to be looked at one by one.

use crate::builtins::value::{Extent, Key, Silent, Value, joined};
use crate::compile::ir::{Expr, Index, Kind, Scan};
use crate::evaluate::block::{BLOCK, Block, Picks, Raws, Truths};
use crate::evaluate::expr::{Evaluator, constant};
use crate::evaluate::truth::Truth;
use crate::facts::Raw;
use crate::language::ast::Quantifier;

/// What an index has for the keys of a row.
#[derive(Clone, Copy)]
enum Found {
    /// Some of the keys is not known.
    Open,
    /// No entry.
    None,
    /// The entries whose range begins here.
    From(u32),
}

impl<'a> Evaluator<'_, 'a, '_> {
    /// A condition on the entries that each row asks for; gives the rows that are left to be looked at one by one.
    pub(super) fn indexed_block(
        &mut self,
        expr: &Expr,
        block: &Block<'_>,
        picks: &Picks,
        out: &mut Truths,
    ) -> Picks {
        let Kind::Quantified(quantifier, scan, body) = &expr.kind else {
            return picks.only(|_| true);
        };
        let mut found = [Found::Open; BLOCK];
        let Some(index) = &scan.index else { return picks.only(|_| true) };
        let Some(extent) = self.look(scan, index, block, picks, &mut found) else {
            return picks.only(|_| true);
        };
        let told = self.told_by_keys(*quantifier, index, scan, body);
        picks.only(|at| {
            out[at] = match found[at] {
                Found::None if extent != Extent::Whole => Truth::Unknown,
                Found::None => (*quantifier != Quantifier::Any).into(),
                Found::From(start) if told => match self.answers.get(&(index.id, start)) {
                    Some(truth) => *truth,
                    // Worked out for this row, it is there for the next.
                    None => {
                        self.bind_row(block, at);
                        self.truth_of::<Silent>(expr).0
                    }
                },
                Found::From(_) | Found::Open => return true,
            };
            false
        })
    }

    /// The one entry that each row asks for; `false` where it has to be found row by row.
    pub(super) fn the_rows(
        &mut self,
        scan: &Scan,
        block: &Block<'_>,
        picks: &Picks,
        out: &mut Raws,
    ) -> bool {
        let mut found = [Found::Open; BLOCK];
        let Some(index) = &scan.index else { return false };
        let Some(extent) = self.look(scan, index, block, picks, &mut found) else { return false };
        for at in picks.iter() {
            out[at] = match found[at] {
                Found::None if extent == Extent::Whole => Raw::Absent,
                Found::None => Raw::Unknown,
                Found::From(_) | Found::Open => {
                    self.bind_row(block, at);
                    match self.the::<Silent>(scan).0 {
                        Value::Row(row) => Raw::Data(row),
                        Value::None => Raw::Absent,
                        _ => Raw::Unknown,
                    }
                }
            };
        }
        true
    }

    /// Looks the keys of all rows up, and tells whether the list says all there is; none where there is no index by
    /// which every entry can be found.
    fn look(
        &mut self,
        scan: &Scan,
        index: &Index,
        block: &Block<'_>,
        picks: &Picks,
        out: &mut [Found; BLOCK],
    ) -> Option<Extent> {
        let built = self.index_of(scan, index).filter(|built| built.unknown.is_empty())?;
        let mut values: Vec<Vec<Value<'a>>> = Vec::with_capacity(index.keys.len());
        for key in &index.keys {
            values.push(self.values(&key.other, block, picks)?);
        }
        for (place, at) in picks.iter().enumerate() {
            let keys = index.keys.iter().zip(&values);
            let wanted = joined(keys.map(|(key, values)| Key::of(&values[place], key.how)));
            out[at] = match wanted {
                None => Found::Open,
                Some(wanted) => match built.ranges.get(&wanted) {
                    Some((start, end)) if start < end => Found::From(*start),
                    _ => Found::None,
                },
            };
        }
        Some(built.list.extent)
    }

    /// What an expression is for each row that is asked for, one after the other; none where that has to be found row by
    /// row.
    fn values(&mut self, expr: &Expr, block: &Block<'_>, picks: &Picks) -> Option<Vec<Value<'a>>> {
        if let Kind::Const(known) = &expr.kind {
            return Some(vec![constant(known); picks.len]);
        }
        if let Kind::Local(local) = &expr.kind
            && let Some((argument, caller)) = block.argument(*local)
        {
            return self.values(argument, caller, picks);
        }
        let mut raws = [Raw::Unknown; BLOCK];
        let item = self.single(expr, block, picks, &mut raws)?;
        Some(picks.iter().map(|at| self.raw_value(raws[at], item)).collect())
    }
}
