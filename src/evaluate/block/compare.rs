//! Facts of a block of rows, and what they are compared with.
//!
//! Owns the paths from the rows of a block to what their slots hold, and the tests of that against literals, against each
//! other and against lists that are the same for all rows.

use std::cmp::Ordering;

use crate::builtins::value::{List, Silent, Value};
use crate::compile::ir::{Const, Define, Expr, Kind, LocalId};
use crate::evaluate::block::{BLOCK, Block, Picks, Raws, Truths};
use crate::evaluate::expr::Evaluator;
use crate::evaluate::expr::compare::{compare_raw, holds, ordered};
use crate::evaluate::scan::whole::{told, told_alone};
use crate::evaluate::truth::Truth;
use crate::facts::{ROOT, Raw};
use crate::language::ast::Comparison;
use crate::schema::types::{Item, Reading, Type, WordId};

/// Whether a list is the same for all rows.
pub(super) fn is_fixed(list: &Expr) -> bool {
    match &list.kind {
        Kind::Memo(_, deps, _) => deps.is_empty(),
        Kind::Field { base, .. } => base.is_none(),
        Kind::Invoke(_, arguments) => arguments.is_empty(),
        _ => false,
    }
}

/// The test for being equal, or for not being it, where what a slot holds tells that at once: most tests of a rule.
fn sameness(op: Comparison, item: Item, wanted: &Const) -> Option<impl Fn(Raw) -> Truth> {
    let wanted = match (item, wanted) {
        (Item::Word, Const::Word(word)) => Raw::Data(word.0),
        (Item::Bool, Const::Bool(flag)) => Raw::Data(u32::from(*flag)),
        (_, Const::None) => Raw::Absent,
        _ => return None,
    };
    let equal = match op {
        Comparison::Equal => true,
        Comparison::NotEqual => false,
        _ => return None,
    };
    Some(move |raw: Raw| match raw {
        Raw::Unknown => Truth::Unknown,
        raw => ((raw == wanted) == equal).into(),
    })
}

impl Evaluator<'_, '_, '_> {
    /// What a field of the row that a path leads to holds; `false` where that has to be found row by row.
    pub(super) fn read_block(
        &mut self,
        base: &Expr,
        slot: u32,
        reading: Reading,
        block: &Block<'_>,
        picks: &Picks,
        out: &mut Raws,
    ) -> bool {
        if !self.rows_of(base, block, picks, out) {
            return false;
        }
        let facts = self.facts;
        let plain = !facts.is_masked() && matches!(reading, Reading::One(_));
        for at in picks.iter() {
            if let Raw::Data(row) = out[at] {
                let slot = facts.slot_of(row, slot);
                out[at] = if plain { facts.shown(slot) } else { facts.raw(slot, reading) };
            }
        }
        true
    }

    /// What a name stands for, before it is made a value; `false` where that has to be found row by row.
    pub(super) fn named(
        &mut self,
        local: LocalId,
        block: &Block<'_>,
        picks: &Picks,
        out: &mut Raws,
    ) -> bool {
        if local == block.local {
            picks.iter().for_each(|at| out[at] = Raw::Data(block.rows[at]));
            return true;
        }
        if let Some((argument, caller)) = block.argument(local) {
            return match &argument.kind {
                Kind::Const(Const::None) => {
                    picks.iter().for_each(|at| out[at] = Raw::Absent);
                    true
                }
                Kind::Local(local) => self.named(*local, caller, picks, out),
                _ => self.rows_of(argument, caller, picks, out),
            };
        }
        if let Some(known) = block.lets.iter().find(|known| known.local == local) {
            return self.deeper(|this| this.rows_of(&known.value, block, picks, out));
        }
        let Some((outer, owners)) = block.outer.filter(|(outer, _)| outer.binds(local)) else {
            // A name that was bound before the rows were is the same for all.
            let raw = match &self.frame[local as usize] {
                Value::Row(row) => Raw::Data(*row),
                Value::None => Raw::Absent,
                Value::Unknown => Raw::Unknown,
                _ => return false,
            };
            picks.iter().for_each(|at| out[at] = raw);
            return true;
        };
        let mut raws = [Raw::Unknown; BLOCK];
        let found = self.named(local, outer, &Picks::all(outer.rows.len()), &mut raws);
        picks.iter().for_each(|at| out[at] = raws[usize::from(owners[at])]);
        found
    }

    /// The rows that a path leads to; `false` where they have to be found row by row.
    pub(super) fn rows_of(
        &mut self,
        base: &Expr,
        block: &Block<'_>,
        picks: &Picks,
        out: &mut Raws,
    ) -> bool {
        match &base.kind {
            Kind::Local(local) => self.named(*local, block, picks, out),
            Kind::Field { base: Some(outer), slot, reading, .. } => {
                self.read_block(outer, *slot, *reading, block, picks, out)
            }
            Kind::Field { base: None, slot, reading, .. } => {
                let raw = self.facts.raw(self.facts.slot_of(ROOT, *slot), *reading);
                picks.iter().for_each(|at| out[at] = raw);
                true
            }
            Kind::Const(Const::None) => {
                picks.iter().for_each(|at| out[at] = Raw::Absent);
                true
            }
            Kind::The(scan) => self.the_rows(scan, block, picks, out),
            Kind::If(condition, then, other) => {
                let mut chosen = [Truth::Unknown; BLOCK];
                self.truths(condition, block, picks, &mut chosen);
                let yes = picks.only(|at| chosen[at] == Truth::True);
                let no = picks.only(|at| chosen[at] == Truth::False);
                yes.len + no.len == picks.len
                    && self.deeper(|this| {
                        this.rows_of(then, block, &yes, out) && this.rows_of(other, block, &no, out)
                    })
            }
            Kind::Invoke(define, arguments) if !define.kept => {
                let called = block.called(define, arguments);
                self.deeper(|this| this.rows_of(&define.body, &called, picks, out))
            }
            Kind::Inverse { base, inverse, one: true } => {
                if !self.rows_of(base, block, picks, out) {
                    return false;
                }
                for at in picks.iter() {
                    if let Raw::Data(row) = out[at] {
                        out[at] = match self.facts.referrers(*inverse, row) {
                            ([(_, source)], _) => Raw::Data(*source),
                            ([], false) => Raw::Absent,
                            _ => Raw::Unknown,
                        };
                    }
                }
                true
            }
            _ => false,
        }
    }

    /// A kept definition held against a word, for those rows of which it is known.
    fn kept_words(
        &mut self,
        expr: &Expr,
        (define, arguments): (&Define, &[Expr]),
        (op, wanted): (Comparison, WordId),
        block: &Block<'_>,
        picks: &Picks,
        out: &mut Truths,
    ) -> bool {
        let [argument] = arguments else { return false };
        let mut rows = [Raw::Unknown; BLOCK];
        let equal = matches!(op, Comparison::Equal | Comparison::NotEqual);
        if !equal || !self.rows_of(argument, block, picks, &mut rows) {
            return false;
        }
        let rest = picks.only(|at| {
            let Raw::Data(row) = rows[at] else { return true };
            let Some(word) = self.kept_word(define, row) else { return true };
            out[at] = word.map_or(Truth::Unknown, |word| {
                ((word == wanted) == (op == Comparison::Equal)).into()
            });
            false
        });
        self.one_by_one(expr, block, &rest, out);
        true
    }

    /// Comparisons of facts of the row; `false` where they have to be made row by row.
    pub(super) fn compared(
        &mut self,
        expr: &Expr,
        block: &Block<'_>,
        picks: &Picks,
        out: &mut Truths,
    ) -> bool {
        let mut raws = [Raw::Unknown; BLOCK];
        match &expr.kind {
            Kind::Compare { op, how, left, right } => {
                let facts = self.facts;
                if let Kind::Const(wanted) = &right.kind {
                    let item = match &left.kind {
                        Kind::Field { base: Some(base), slot, reading, .. } => {
                            let item = match reading {
                                Reading::One(item) => *item,
                                _ if matches!(wanted, Const::None) => Item::Row,
                                _ => return false,
                            };
                            let read =
                                self.read_block(base, *slot, *reading, block, picks, &mut raws);
                            if !read {
                                return false;
                            }
                            item
                        }
                        Kind::Inverse { one: true, .. } | Kind::Local(_)
                            if matches!(wanted, Const::None) =>
                        {
                            if !self.rows_of(left, block, picks, &mut raws) {
                                return false;
                            }
                            Item::Row
                        }
                        Kind::Invoke(define, arguments) if define.kept => {
                            let Const::Word(wanted) = wanted else { return false };
                            let (called, asked) =
                                ((&**define, arguments.as_slice()), (*op, *wanted));
                            return self.kept_words(expr, called, asked, block, picks, out);
                        }
                        Kind::Invoke(..) | Kind::Otherwise(..) => {
                            match self.single(left, block, picks, &mut raws) {
                                Some(item) => item,
                                None => return false,
                            }
                        }
                        _ => return false,
                    };
                    if let Some(same) = sameness(*op, item, wanted) {
                        picks.iter().for_each(|at| out[at] = same(raws[at]));
                        return true;
                    }
                    picks.iter().for_each(|at| {
                        out[at] = holds(facts, *op, *how, raws[at], item, wanted);
                    });
                    return true;
                }
                let mut others = [Raw::Unknown; BLOCK];
                let (Some(item), Some(other)) = (
                    self.single(left, block, picks, &mut raws),
                    self.single(right, block, picks, &mut others),
                ) else {
                    return false;
                };
                if item != other || item == Item::Nothing {
                    return false;
                }
                for at in picks.iter() {
                    let order = match (raws[at], others[at]) {
                        (Raw::Unknown, _) | (_, Raw::Unknown) => {
                            out[at] = Truth::Unknown;
                            continue;
                        }
                        (Raw::Absent, Raw::Absent) => Some(Ordering::Equal),
                        (Raw::Data(a), Raw::Data(b)) => Some(compare_raw(facts, *how, item, a, b)),
                        _ => None,
                    };
                    out[at] = ordered(*op, order).into();
                }
                true
            }
            Kind::In { element, list, how } if is_fixed(list) => {
                self.held(element, list, |list, value| told(list, value, *how), block, picks, out)
            }
            Kind::IsUniqueIn(element, list, how) if is_fixed(list) => {
                let test = |list: &List<'_>, value: &Value<'_>| told_alone(list, value, *how);
                self.held(element, list, test, block, picks, out)
            }
            Kind::In { element, list, .. } => {
                let Kind::List(words) = &list.kind else { return false };
                let word = |expr: &Expr| match expr.kind {
                    Kind::Const(Const::Word(word)) => Some(word.0),
                    _ => None,
                };
                let words: Option<Vec<u32>> = words.iter().map(word).collect();
                // Nothing is in an empty list, known or not.
                let Some(words) = words.filter(|words| !words.is_empty()) else { return false };
                if self.single(element, block, picks, &mut raws) != Some(Item::Word) {
                    return false;
                }
                for at in picks.iter() {
                    out[at] = match raws[at] {
                        Raw::Data(word) => words.contains(&word).into(),
                        Raw::Absent => Truth::False,
                        Raw::Unknown => Truth::Unknown,
                    };
                }
                true
            }
            _ => false,
        }
    }

    /// Facts of the rows held against a list that is the same for all.
    fn held(
        &mut self,
        element: &Expr,
        list: &Expr,
        test: impl Fn(&List<'_>, &Value<'_>) -> Truth,
        block: &Block<'_>,
        picks: &Picks,
        out: &mut Truths,
    ) -> bool {
        let mut raws = [Raw::Unknown; BLOCK];
        let Some(item) = self.single(element, block, picks, &mut raws) else { return false };
        let Value::List(list) = self.value_of::<Silent>(list).0 else { return false };
        for at in picks.iter() {
            out[at] = test(&list, &self.raw_value(raws[at], item));
        }
        true
    }

    /// What a field that holds a single value holds, and how it is read.
    pub(super) fn single(
        &mut self,
        expr: &Expr,
        block: &Block<'_>,
        picks: &Picks,
        out: &mut Raws,
    ) -> Option<Item> {
        match &expr.kind {
            Kind::Field {
                base: Some(base), slot, reading: reading @ Reading::One(item), ..
            } => self.read_block(base, *slot, *reading, block, picks, out).then_some(*item),
            Kind::Local(local) if block.argument(*local).is_some() => {
                let (argument, caller) = block.argument(*local)?;
                self.single(argument, caller, picks, out)
            }
            Kind::Local(local)
                if block.outer.is_some_and(|(outer, _)| outer.argument(*local).is_some()) =>
            {
                let (outer, owners) = block.outer?;
                let mut raws = [Raw::Unknown; BLOCK];
                let item = self.single(expr, outer, &Picks::all(outer.rows.len()), &mut raws)?;
                picks.iter().for_each(|at| out[at] = raws[usize::from(owners[at])]);
                Some(item)
            }
            Kind::Invoke(define, arguments) if !define.kept => {
                let called = block.called(define, arguments);
                let mut item = None;
                self.deeper(|this| {
                    item = this.single(&define.body, &called, picks, out);
                    item.is_some()
                });
                item
            }
            Kind::Otherwise(left, right) => {
                let Kind::Const(instead) = &right.kind else { return None };
                let instead = match instead {
                    Const::Word(word) => Raw::Data(word.0),
                    Const::Bool(flag) => Raw::Data(u32::from(*flag)),
                    Const::None => Raw::Absent,
                    _ => return None,
                };
                let item = self.single(left, block, picks, out)?;
                for at in picks.iter() {
                    out[at] = if out[at] == Raw::Unknown { instead } else { out[at] };
                }
                Some(item)
            }
            Kind::Local(_) | Kind::If(..)
                if matches!(expr.ty.present(), Type::Row(_) | Type::Ref(_)) =>
            {
                self.rows_of(expr, block, picks, out).then_some(Item::Row)
            }
            _ => None,
        }
    }
}
