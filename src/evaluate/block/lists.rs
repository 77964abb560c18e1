//! Lists that each row of a block has: are they empty, is something in them, how many refer to the row?
//!
//! Owns the quick answers where such a list is short and stands among the facts as it is. What is left over is looked at
//! row by row.

use std::rc::Rc;

use crate::builtins::value::{Extent, List, Silent, Value};
use crate::compile::ir::{Const, Expr, Kind};
use crate::compile::pattern::Pattern;
use crate::evaluate::block::{BLOCK, Block, Picks, Raws, Truths};
use crate::evaluate::expr::Evaluator;
use crate::evaluate::expr::compare::ordered;
use crate::evaluate::listed::{Stored, value, within};
use crate::evaluate::scan::whole::told;
use crate::evaluate::truth::Truth;
use crate::facts::Raw;
use crate::language::ast::Comparison;
use crate::scalar::How;
use crate::schema::types::{Completeness, Item, Reading};

/// A list field of a row.
#[derive(Clone, Copy)]
struct ListField<'e> {
    base: &'e Expr,
    slot: u32,
    item: Item,
    extent: Completeness,
}

fn list_field(expr: &Expr) -> Option<ListField<'_>> {
    match &expr.kind {
        Kind::Field { base: Some(base), slot, reading: Reading::List(item, extent), .. } => {
            Some(ListField { base, slot: *slot, item: *item, extent: *extent })
        }
        _ => None,
    }
}

impl<'a> Evaluator<'_, 'a, '_> {
    /// `xs is empty` for a list of each row; gives the rows that are left to be looked at one by one.
    pub(super) fn empty_lists(
        &mut self,
        list: &Expr,
        block: &Block<'_>,
        picks: &Picks,
        out: &mut Truths,
    ) -> Picks {
        self.by_list(list, block, picks, |this, at, stored| {
            out[at] = match (this.facts.list_len(stored.list), stored.extent(this.facts)) {
                (0, Extent::Whole) => Truth::True,
                (0, _) => Truth::Unknown,
                _ => Truth::False,
            };
        })
    }

    /// `x in xs` where both are facts of each row; gives the rows that are left to be looked at one by one.
    pub(super) fn in_lists(
        &mut self,
        (element, list, how): (&Expr, &Expr, How),
        block: &Block<'_>,
        picks: &Picks,
        out: &mut Truths,
    ) -> Picks {
        let mut raws = [Raw::Unknown; BLOCK];
        let Some(item) = self.single(element, block, picks, &mut raws) else {
            return picks.only(|_| true);
        };
        let rest = self.by_list(list, block, picks, |this, at, stored| {
            let wanted = this.raw_value(raws[at], item);
            let items = (0..this.facts.list_len(stored.list)).map(|at| stored.get(this.facts, at));
            let found = within(&wanted, items, stored.extent(this.facts), how);
            out[at] = found.map_or(Truth::Unknown, Truth::from);
        });
        let mut holders = [Raw::Unknown; BLOCK];
        let Some(field) = list_field(list).filter(|_| rest.len > 0) else { return rest };
        if !self.rows_of(field.base, block, &rest, &mut holders) {
            return rest;
        }
        // A long list is one that many rows share, so that it is made once.
        let mut made: Option<(Raw, Rc<List<'a>>)> = None;
        rest.only(|at| {
            if !made.as_ref().is_some_and(|(holder, _)| *holder == holders[at]) {
                self.bind_row(block, at);
                made = match self.value_of::<Silent>(list).0 {
                    Value::List(list) => Some((holders[at], list)),
                    _ => None,
                };
            }
            let Some((_, list)) = &made else { return true };
            out[at] = told(list, &self.raw_value(raws[at], item), how);
            false
        })
    }

    /// Calls a function for each row whose list is short and known, and gives the other rows.
    fn by_list(
        &mut self,
        list: &Expr,
        block: &Block<'_>,
        picks: &Picks,
        mut look: impl FnMut(&Self, usize, Stored),
    ) -> Picks {
        let mut holders = [Raw::Unknown; BLOCK];
        let Some(field) = list_field(list) else { return picks.only(|_| true) };
        if !self.rows_of(field.base, block, picks, &mut holders) {
            return picks.only(|_| true);
        }
        picks.only(|at| {
            let Raw::Data(row) = holders[at] else { return true };
            let slot = self.facts.slot_of(row, field.slot);
            let stored = self.short_list(slot, field.item, field.extent);
            stored.map(|stored| look(self, at, stored)).is_none()
        })
    }

    /// `count(xs)` held against a number, where the list is those who refer to the row; gives the rows that are left to
    /// be looked at one by one.
    pub(super) fn counted_referrers(
        &mut self,
        (op, left, right): (Comparison, &Expr, &Expr),
        block: &Block<'_>,
        picks: &Picks,
        out: &mut Truths,
    ) -> Picks {
        let (Kind::Call(builtin, arguments), Kind::Const(Const::Number(number))) =
            (&left.kind, &right.kind)
        else {
            return picks.only(|_| true);
        };
        let [Expr { kind: Kind::Inverse { base, inverse, one: false }, .. }] = arguments.as_slice()
        else {
            return picks.only(|_| true);
        };
        let mut rows = [Raw::Unknown; BLOCK];
        if builtin.name != "count" || !self.rows_of(base, block, picks, &mut rows) {
            return picks.only(|_| true);
        }
        picks.only(|at| {
            let Raw::Data(row) = rows[at] else { return true };
            let (referrers, more) = self.facts.referrers(*inverse, row);
            let order = (referrers.len() as i64).cmp(number);
            out[at] = if more { Truth::Unknown } else { ordered(op, Some(order)).into() };
            false
        })
    }

    /// `t matches p` for a text of each row; `false` where it has to be found row by row.
    pub(super) fn matched(
        &mut self,
        (operand, pattern): (&Expr, &Pattern),
        block: &Block<'_>,
        picks: &Picks,
        out: &mut Truths,
    ) -> bool {
        let mut raws: Raws = [Raw::Unknown; BLOCK];
        if self.single(operand, block, picks, &mut raws) != Some(Item::Text) {
            return false;
        }
        for at in picks.iter() {
            out[at] = match raws[at] {
                Raw::Data(text) => pattern
                    .is_match(self.facts.raw_text(text).as_str())
                    .map_or(Truth::Unknown, Truth::from),
                Raw::Absent => Truth::False,
                Raw::Unknown => Truth::Unknown,
            };
        }
        true
    }

    /// What a slot holds as a value.
    pub(super) fn raw_value(&self, raw: Raw, item: Item) -> Value<'a> {
        match raw {
            Raw::Unknown => Value::Unknown,
            Raw::Absent => Value::None,
            Raw::Data(data) => value(self.facts.item(data, item)),
        }
    }
}
