//! Which thread looks at which rows.
//!
//! Owns the order in which rules meet rows, a second thread where there are many, and that what comes out stands in the
//! order of the description whoever found it. What an outcome is, is `run`; what is made of it, `evaluate`.

use std::panic::resume_unwind;
use std::sync::{Mutex, PoisonError};
use std::thread;

use rustc_hash::FxHashSet;

use crate::builtins::value::Value;
use crate::compile::hoist::free;
use crate::compile::ir::{Binding, Expr, Kind, LocalId, Rule};
use crate::evaluate::expr::Evaluator;
use crate::evaluate::run::Part;
use crate::evaluate::{Outcome, Quiet, Raw, Selection, subject};
use crate::facts::RowId;
use crate::schema::types::Type;

/// Fewer parts are done before a thread has begun, and has found out for itself what is the same for all rows.
const WORTH_A_THREAD: usize = 8;

/// Bytes of stack of the second thread: as much as the first mostly has.
const STACK: usize = 8 << 20;

/// What came out of one rule.
#[derive(Default)]
pub(super) struct Seen<'a> {
    /// How often each outcome came up, in the order of [`Outcome::ALL`].
    pub(super) counts: [usize; Outcome::ALL.len()],
    /// Outcomes that are told.
    pub(super) raws: Vec<Raw<'a>>,
    /// Outcomes that are not, where they are asked for.
    pub(super) quiet: Vec<Quiet>,
}

/// The same on its way from one thread to another, the last outcome first. Values may share lists, which stay with the
/// thread that made them, so only rows go over.
struct Sent {
    counts: [usize; Outcome::ALL.len()],
    raws: Vec<SentRaw>,
    quiet: Vec<Quiet>,
}

struct SentRaw {
    outcome: Outcome,
    bindings: Vec<(LocalId, RowId)>,
    open: Option<usize>,
}

impl<'a> Seen<'a> {
    fn look(&mut self, evaluator: &mut Evaluator<'_, 'a, '_>, rule: usize, part: Part, all: bool) {
        evaluator.run_part(rule, part, &mut |bound| {
            self.counts[bound.outcome as usize] += bound.times;
            match bound.outcome {
                Outcome::Pass | Outcome::NotApplicable if !all => {}
                Outcome::Pass | Outcome::NotApplicable => {
                    self.quiet.push((rule, bound.outcome, subject(bound.bindings)));
                }
                _ => self.raws.push(bound.raw()),
            }
        });
    }

    /// Looks at a part that stands before all that was looked at.
    fn look_back(
        &mut self,
        evaluator: &mut Evaluator<'_, 'a, '_>,
        rule: usize,
        part: Part,
        all: bool,
    ) {
        let (raws, quiet) = (self.raws.len(), self.quiet.len());
        self.look(evaluator, rule, part, all);
        self.raws[raws..].reverse();
        self.quiet[quiet..].reverse();
    }

    fn send(self) -> Sent {
        let row = |(local, value): (LocalId, Value<'a>)| match value {
            Value::Row(row) => Some((local, row)),
            _ => None,
        };
        let raws = self.raws.into_iter().map(|Raw { outcome, bindings, open, .. }| {
            let bindings = bindings.into_iter().filter_map(row).collect();
            SentRaw { outcome, bindings, open }
        });
        Sent { counts: self.counts, raws: raws.collect(), quiet: self.quiet }
    }

    fn receive(&mut self, rule: usize, sent: Sent) {
        self.counts.iter_mut().zip(sent.counts).for_each(|(count, more)| *count += more);
        self.raws.extend(sent.raws.into_iter().rev().map(|SentRaw { outcome, bindings, open }| {
            let value = |(local, row)| (local, Value::Row(row));
            Raw { rule, outcome, bindings: bindings.into_iter().map(value).collect(), open }
        }));
        self.quiet.extend(sent.quiet.into_iter().rev());
    }
}

/// Runs all selected rules, and gives what came out of each rule there is.
pub(super) fn outcomes<'a>(
    evaluator: &mut Evaluator<'_, 'a, '_>,
    selection: &Selection,
) -> Vec<Seen<'a>> {
    let (facts, rules, now, all) = (evaluator.facts, evaluator.rules, evaluator.now, selection.all);
    let (mut whole, mut divided, mut longest) = (Vec::new(), Vec::new(), 0);
    for at in (0..rules.rules.len()).filter(|at| selection.takes(&rules.rules[*at])) {
        match evaluator.divisible(at) {
            Some(len) => {
                divided.push(at);
                longest = longest.max(len);
            }
            None => whole.push(at),
        }
    }
    let parts = Part::divide(longest);
    let is_worth = parts.len() >= WORTH_A_THREAD && !facts.is_listening();
    let is_worth = is_worth && thread::available_parallelism().is_ok_and(|most| most.get() > 1);
    if is_worth {
        let alone = divided.extract_if(.., |at| !can_be_dealt(&rules.rules[*at]));
        whole.extend(alone);
    }
    // All rules look at the same rows one after the other, as what is told of these is near then. One thread begins with
    // the first rows and the other with the last, so that each stays among its own.
    let parts = Mutex::new(parts);
    let take = |from_back: bool| {
        if selection.stop.is_asked() {
            return None;
        }
        let mut parts = parts.lock().unwrap_or_else(PoisonError::into_inner);
        if from_back { parts.next_back() } else { parts.next() }
    };
    let from_back = || {
        let mut evaluator = Evaluator::new(facts, rules, now);
        evaluator.sum_up(!all);
        let mut seen: Vec<Seen<'_>> = divided.iter().map(|_| Seen::default()).collect();
        while let Some(part) = take(true) {
            for (at, seen) in divided.iter().zip(&mut seen) {
                seen.look_back(&mut evaluator, *at, part, all);
            }
        }
        seen.into_iter().map(Seen::send).collect::<Vec<_>>()
    };
    evaluator.sum_up(!all);
    let mut seen: Vec<Seen<'a>> = rules.rules.iter().map(|_| Seen::default()).collect();
    thread::scope(|scope| {
        let thread = || thread::Builder::new().stack_size(STACK);
        // Where there is no other thread to be had, this one does it all.
        let other = is_worth.then(|| thread().spawn_scoped(scope, from_back).ok()).flatten();
        let wanted = whole.iter().take_while(|_| !selection.stop.is_asked());
        wanted.for_each(|at| seen[*at].look(evaluator, *at, Part::WHOLE, all));
        while let Some(part) = take(false) {
            divided.iter().for_each(|at| seen[*at].look(evaluator, *at, part, all));
        }
        let sent = other.map(|other| other.join().unwrap_or_else(|panic| resume_unwind(panic)));
        for (at, sent) in divided.iter().zip(sent.into_iter().flatten()) {
            seen[*at].receive(*at, sent);
        }
    });
    seen
}

/// Whether two threads may look at the rows of a rule: its names stand for rows, and nothing is made of all rows, which
/// each thread would have to make for itself, in time and in room.
fn can_be_dealt(rule: &Rule) -> bool {
    let is_row = |binding: &Binding| {
        let element = binding.value.ty.present().element();
        matches!(element, Some(Type::Row(_) | Type::Ref(_) | Type::RefAny))
    };
    let mut names = rule.bindings.iter().filter(|binding| binding.each);
    let mut read = rule.filter.iter().map(|filter| &**filter).chain([&*rule.condition]);
    let mut seen = FxHashSet::default();
    names.all(is_row) && !read.any(|expr| makes_a_list(expr, &mut seen))
}

/// Whether a list is made that is the same for all rows; `seen` are definitions that make none.
fn makes_a_list(expr: &Expr, seen: &mut FxHashSet<u32>) -> bool {
    let mut found = matches!(expr.kind, Kind::Map { .. }) && free(expr).is_empty();
    if let Kind::Invoke(define, _) = &expr.kind
        && seen.insert(define.id)
    {
        found = makes_a_list(&define.body, seen);
    }
    expr.children(&mut |child| found = found || makes_a_list(child, seen));
    found
}
