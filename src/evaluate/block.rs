//! A condition for many rows at once.
//!
//! Owns the quick way through what most conditions are made of: facts of a row held against words and numbers,
//! definitions that are kept, and what `and`, `or` and `not` make of them. Finding the way through a condition is most
//! of its cost, so it is found once for a block of rows. All else goes, row by row, to the evaluator in `expr`, and what
//! is said here must be what that says; a test holds the two against each other.

use crate::builtins::value::{Silent, Value};
use crate::compile::ir::{Binding, Const, Define, Expr, Kind, LocalId, Rule};
use crate::evaluate::Outcome;
use crate::evaluate::block::compare::is_fixed;
use crate::evaluate::expr::Evaluator;
use crate::evaluate::truth::Truth;
use crate::facts::{Raw, RowId};
use crate::schema::types::{Reading, Type};

mod compare;
pub(super) mod elements;
mod indexed;
mod lists;

/// Rows that are looked at together: few enough for what is told of them to stay in the nearest cache.
pub(super) const BLOCK: usize = 128;

/// Fewer rows than this are not worth it.
const FEW: usize = 3;

/// What is known of a block takes room on the stack, so conditions within conditions are looked at row by row from here on.
const DEEPEST: u32 = 48;

/// The rows that a name goes through, and the names that stand for what is read of each.
#[derive(Clone, Copy)]
pub(super) struct Block<'b> {
    pub(super) local: LocalId,
    pub(super) rows: &'b [RowId],
    pub(super) lets: &'b [Binding],
    /// Where the rows are elements of lists of other rows: those, and which of them each belongs to.
    pub(super) outer: Option<(&'b Block<'b>, &'b [u8])>,
    /// Where a definition is asked for the same rows: its names, what they stand for, and who asks.
    call: Option<(&'b [LocalId], &'b [Expr], &'b Block<'b>)>,
}

/// The name that goes through the rows where a definition only has others.
const NO_LOCAL: LocalId = LocalId::MAX;

impl<'b> Block<'b> {
    /// Rows that a name goes through, with the names that stand for what is read of each.
    pub(super) fn new(local: LocalId, rows: &'b [RowId], lets: &'b [Binding]) -> Self {
        Self { local, rows, lets, outer: None, call: None }
    }

    /// The same rows for a definition with its arguments.
    fn called(&'b self, define: &'b Define, arguments: &'b [Expr]) -> Self {
        let call = Some((define.params.as_slice(), arguments, self));
        Self { local: NO_LOCAL, rows: self.rows, lets: &[], outer: None, call }
    }

    /// What a name of a definition stands for, and who asks.
    fn argument(&self, local: LocalId) -> Option<(&'b Expr, &'b Block<'b>)> {
        let (params, arguments, caller) = self.call?;
        let at = params.iter().position(|param| *param == local)?;
        Some((arguments.get(at)?, caller))
    }

    /// Whether a name stands for something else for each row.
    fn binds(&self, local: LocalId) -> bool {
        local == self.local
            || self.lets.iter().any(|known| known.local == local)
            || self.outer.is_some_and(|(outer, _)| outer.binds(local))
            || self.argument(local).is_some()
    }
}

/// The places in a block that are still asked for.
struct Picks {
    places: [u8; BLOCK],
    len: usize,
}

type Truths = [Truth; BLOCK];
type Raws = [Raw; BLOCK];

impl Picks {
    fn all(len: usize) -> Self {
        let mut picks = Self { places: [0; BLOCK], len: 0 };
        (0..len.min(BLOCK)).for_each(|at| picks.push(at));
        picks
    }

    #[inline]
    fn push(&mut self, at: usize) {
        self.places[self.len] = at as u8;
        self.len += 1;
    }

    #[inline]
    fn iter(&self) -> impl Iterator<Item = usize> + '_ {
        self.places[..self.len].iter().map(|at| usize::from(*at))
    }

    /// Those for which a condition holds.
    #[inline]
    fn only(&self, mut holds: impl FnMut(usize) -> bool) -> Self {
        let mut picks = Self { places: [0; BLOCK], len: 0 };
        self.iter().filter(|at| holds(*at)).for_each(|at| picks.push(at));
        picks
    }

    /// Those that are not among others, which are in the same order.
    fn without(&self, others: &Picks) -> Self {
        let mut others = others.iter().peekable();
        self.only(|at| others.next_if_eq(&at).is_none())
    }
}

/// Whether names can be looked up for a whole block: each is read of the row, or of one of those before it.
pub(super) fn reads_only(lets: &[Binding], local: LocalId) -> bool {
    fn path(expr: &Expr, known: &dyn Fn(LocalId) -> bool) -> bool {
        match &expr.kind {
            Kind::Local(local) => known(*local),
            Kind::Field { base: Some(base), reading, .. } => {
                !matches!(reading, Reading::List(..)) && path(base, known)
            }
            _ => false,
        }
    }
    lets.iter().enumerate().all(|(at, binding)| {
        let known =
            |other: LocalId| other == local || lets[..at].iter().any(|known| known.local == other);
        !binding.each && path(&binding.value, &known)
    })
}

/// Whether an expression yields a truth or nothing that is known, and never `none`.
fn surely_truth(expr: &Expr) -> bool {
    match &expr.kind {
        Kind::And(..) | Kind::Or(..) | Kind::Not(_) | Kind::Compare { .. } => true,
        Kind::Quantified(..) | Kind::In { .. } | Kind::IsEmpty(_) | Kind::IsKnown(_) => true,
        Kind::Matches(..) => true,
        Kind::Const(Const::Bool(_)) => true,
        Kind::Otherwise(left, right) => surely_truth(left) && surely_truth(right),
        Kind::Invoke(define, _) => surely_truth(&define.body),
        Kind::Memo(_, _, inner) | Kind::Table(_, _, inner) => surely_truth(inner),
        _ => false,
    }
}

impl<'a> Evaluator<'_, 'a, '_> {
    /// The outcomes of a rule for a block of rows, in their order.
    pub(super) fn block_outcomes(
        &mut self,
        rule: &Rule,
        block: &Block<'_>,
        out: &mut [Outcome; BLOCK],
    ) {
        let all = Picks::all(block.rows.len());
        let mut filter = [Truth::True; BLOCK];
        let concerned = match &rule.filter {
            Some(expr) => {
                self.truths(expr, block, &all, &mut filter);
                let concerned = all.only(|at| filter[at] != Truth::False);
                if concerned.len < all.len {
                    out[..all.len].fill(Outcome::NotApplicable);
                }
                concerned
            }
            None => all,
        };
        if concerned.len == 0 {
            return;
        }
        let mut condition = [Truth::Unknown; BLOCK];
        self.truths(&rule.condition, block, &concerned, &mut condition);
        for at in concerned.iter() {
            let holds = if rule.negated { !condition[at] } else { condition[at] };
            if holds == Truth::True {
                out[at] = Outcome::Pass;
                continue;
            }
            if filter[at] == Truth::True && holds == Truth::False {
                self.bind_row(block, at);
            }
            out[at] = self.judged(rule, filter[at], holds);
        }
    }

    /// Binds the names of a block to one of its rows.
    pub(super) fn bind_row(&mut self, block: &Block<'_>, at: usize) {
        if let Some((outer, owners)) = block.outer {
            self.bind_row(outer, usize::from(owners[at]));
        }
        if let Some((params, arguments, caller)) = block.call {
            self.bind_row(caller, at);
            let values: Vec<Value<'a>> =
                arguments.iter().map(|argument| self.value_of::<Silent>(argument).0).collect();
            for (param, value) in params.iter().zip(values) {
                self.frame[*param as usize] = value;
            }
            return;
        }
        self.frame[block.local as usize] = Value::Row(block.rows[at]);
        for binding in block.lets {
            self.frame[binding.local as usize] = self.value_of::<Silent>(&binding.value).0;
        }
    }

    /// The truth of a condition for each of the rows that are asked for.
    fn truths(&mut self, expr: &Expr, block: &Block<'_>, picks: &Picks, out: &mut Truths) {
        let looked = picks.len >= FEW
            && self.deeper(|this| {
                this.truths_below(expr, block, picks, out);
                true
            });
        if !looked {
            self.one_by_one(expr, block, picks, out);
        }
    }

    /// Goes a step further down, or says `false` where that is too deep.
    fn deeper(&mut self, step: impl FnOnce(&mut Self) -> bool) -> bool {
        if self.depth >= DEEPEST {
            return false;
        }
        self.depth += 1;
        let done = step(self);
        self.depth -= 1;
        done
    }

    fn truths_below(&mut self, expr: &Expr, block: &Block<'_>, picks: &Picks, out: &mut Truths) {
        match &expr.kind {
            Kind::And(left, right) => self.both(left, right, Truth::False, block, picks, out),
            Kind::Or(left, right) => self.both(left, right, Truth::True, block, picks, out),
            Kind::Not(operand) => {
                self.truths(operand, block, picks, out);
                picks.iter().for_each(|at| out[at] = !out[at]);
            }
            Kind::Otherwise(left, right) => {
                self.truths(left, block, picks, out);
                let open = picks.only(|at| out[at] == Truth::Unknown);
                self.truths(right, block, &open, out);
            }
            Kind::Const(Const::Bool(flag)) => {
                picks.iter().for_each(|at| out[at] = (*flag).into());
            }
            Kind::Memo(_, deps, inner) | Kind::Table(_, deps, inner) => {
                if !deps.iter().any(|dep| block.binds(*dep)) {
                    // What does not depend on the row is the same for all.
                    let truth = self.truth_of::<Silent>(expr).0;
                    picks.iter().for_each(|at| out[at] = truth);
                } else if !self.repeated(deps, inner, block, picks, out) {
                    self.one_by_one(expr, block, picks, out);
                }
            }
            Kind::Invoke(define, arguments) if define.kept => match arguments.as_slice() {
                [argument] => self.kept_truths(expr, define, argument, block, picks, out),
                _ => self.one_by_one(expr, block, picks, out),
            },
            Kind::Invoke(_, arguments) if arguments.is_empty() => {
                let truth = self.truth_of::<Silent>(expr).0;
                picks.iter().for_each(|at| out[at] = truth);
            }
            Kind::Invoke(define, arguments) => {
                self.truths(&define.body, &block.called(define, arguments), picks, out);
            }
            Kind::IsKnown(operand) if !matches!(operand.ty.present(), Type::List(..)) => {
                let mut raws = [Raw::Unknown; BLOCK];
                if self.single(operand, block, picks, &mut raws).is_none() {
                    return self.one_by_one(expr, block, picks, out);
                }
                picks.iter().for_each(|at| out[at] = (raws[at] != Raw::Unknown).into());
            }
            Kind::Field { base: Some(base), slot, reading, .. } => {
                let mut raws = [Raw::Unknown; BLOCK];
                if !self.read_block(base, *slot, *reading, block, picks, &mut raws) {
                    return self.one_by_one(expr, block, picks, out);
                }
                for at in picks.iter() {
                    out[at] = match raws[at] {
                        Raw::Data(flag) => (flag == 1).into(),
                        Raw::Absent => Truth::False,
                        Raw::Unknown => Truth::Unknown,
                    };
                }
            }
            Kind::IsEmpty(list) => {
                let rest = self.empty_lists(list, block, picks, out);
                self.one_by_one(expr, block, &rest, out);
            }
            Kind::Matches(operand, pattern) => {
                if !self.matched((operand, pattern), block, picks, out) {
                    self.one_by_one(expr, block, picks, out);
                }
            }
            Kind::In { element, list, how }
                if matches!(list.kind, Kind::Field { base: Some(_), .. }) =>
            {
                let rest = self.in_lists((element, list, *how), block, picks, out);
                self.one_by_one(expr, block, &rest, out);
            }
            Kind::Compare { op, left, right, .. } if matches!(left.kind, Kind::Call(..)) => {
                let rest = self.counted_referrers((*op, left, right), block, picks, out);
                self.one_by_one(expr, block, &rest, out);
            }
            Kind::Compare { .. } | Kind::In { .. } | Kind::IsUniqueIn(..) => {
                if !self.compared(expr, block, picks, out) {
                    self.one_by_one(expr, block, picks, out);
                }
            }
            Kind::Quantified(quantifier, scan, body)
                if scan.index.is_some() || is_fixed(&scan.list) =>
            {
                let mut rest = self.indexed_block(expr, block, picks, out);
                if rest.len >= FEW {
                    rest = self.for_each_of_few(*quantifier, scan, body, block, &rest, out);
                }
                self.one_by_one(expr, block, &rest, out);
            }
            Kind::Quantified(quantifier, scan, body) => {
                let rest = self.elements_of(*quantifier, scan, body, block, picks, out);
                self.one_by_one(expr, block, &rest, out);
            }
            _ => self.one_by_one(expr, block, picks, out),
        }
    }

    /// A condition that depends on some names only: where they stand for the same as for the row before, so does it.
    /// `false` where they have to be found row by row.
    fn repeated(
        &mut self,
        deps: &[LocalId],
        inner: &Expr,
        block: &Block<'_>,
        picks: &Picks,
        out: &mut Truths,
    ) -> bool {
        let mut differs = [false; BLOCK];
        picks.iter().take(1).for_each(|at| differs[at] = true);
        for dep in deps.iter().filter(|dep| block.binds(**dep)) {
            if block.argument(*dep).is_some_and(|(known, _)| matches!(known.kind, Kind::Const(_))) {
                continue;
            }
            let mut raws = [Raw::Unknown; BLOCK];
            if !self.named(*dep, block, picks, &mut raws) {
                return false;
            }
            let mut before = None;
            for at in picks.iter() {
                differs[at] |= before != Some(raws[at]);
                before = Some(raws[at]);
            }
        }
        let firsts = picks.only(|at| differs[at]);
        self.truths(inner, block, &firsts, out);
        let mut truth = Truth::Unknown;
        for at in picks.iter() {
            if differs[at] {
                truth = out[at];
            }
            out[at] = truth;
        }
        true
    }

    fn one_by_one(&mut self, expr: &Expr, block: &Block<'_>, picks: &Picks, out: &mut Truths) {
        for at in picks.iter() {
            self.bind_row(block, at);
            out[at] = self.truth_of::<Silent>(expr).0;
        }
    }

    /// `and` where `decisive` is false, `or` where it is true.
    fn both(
        &mut self,
        left: &Expr,
        right: &Expr,
        decisive: Truth,
        block: &Block<'_>,
        picks: &Picks,
        out: &mut Truths,
    ) {
        self.truths(left, block, picks, out);
        let rest = picks.only(|at| out[at] != decisive);
        if rest.len == 0 {
            return;
        }
        let mut second = [Truth::Unknown; BLOCK];
        self.truths(right, block, &rest, &mut second);
        for at in rest.iter() {
            out[at] = match decisive {
                Truth::False => out[at].and(second[at]),
                _ => out[at].or(second[at]),
            };
        }
    }

    /// A definition that is kept by row, computed for those rows together of which it is not yet known.
    fn kept_truths(
        &mut self,
        expr: &Expr,
        define: &Define,
        argument: &Expr,
        block: &Block<'_>,
        picks: &Picks,
        out: &mut Truths,
    ) {
        let mut rows = [Raw::Unknown; BLOCK];
        let whole = surely_truth(&define.body) && self.rows_of(argument, block, picks, &mut rows);
        let Some(param) = define.params.first().filter(|_| whole) else {
            return self.one_by_one(expr, block, picks, out);
        };
        let mut asked: Vec<RowId> = Vec::new();
        let rest = {
            let kept = self.kept_of(define);
            picks.only(|at| {
                let Raw::Data(row) = rows[at] else { return true };
                let known = kept(row);
                match known {
                    Some(truth) => out[at] = truth,
                    None => asked.push(row),
                }
                known.is_none()
            })
        };
        if rest.len == 0 {
            return;
        }
        asked.sort_unstable();
        asked.dedup();
        let mut found = [Truth::Unknown; BLOCK];
        if !asked.is_empty() {
            let inner = Block::new(*param, &asked, &[]);
            self.truths(&define.body, &inner, &Picks::all(asked.len()), &mut found);
            for (at, row) in asked.iter().enumerate() {
                self.keep_truth(define, *row, found[at]);
            }
        }
        for at in rest.iter() {
            out[at] = match rows[at] {
                Raw::Data(row) => match asked.binary_search(&row) {
                    Ok(place) => found[place],
                    Err(_) => self.kept_for(define, row).unwrap_or(Truth::Unknown),
                },
                // Of what is no row, nothing is kept.
                _ => {
                    self.bind_row(block, at);
                    self.truth_of::<Silent>(expr).0
                }
            };
        }
    }
}
