//! What the value of an effect goes by.
//!
//! Owns the record of what an effect reads, by which steps wait for one another: single facts, and of what it reads of
//! each element of a list of the whole environment only the field, as there are as many facts as entities. A value that is
//! looked for in such a list goes by those that say the same, whom no step waits for. Does not put steps into an order.

use rustc_hash::FxHashSet;

use crate::builtins::value::{Note, Use, Value};
use crate::compile::hoist::{free, reads_environment};
use crate::compile::ir::{Expr, Kind, LocalId, Scan};
use crate::evaluate::expr::Evaluator;
use crate::evaluate::touch::{self, Field};
use crate::evaluate::truth::Truth;
use crate::facts::{ROOT, SlotId};

/// What was read.
#[derive(Clone, Debug, Default)]
pub struct Reads {
    /// Single facts.
    pub facts: Vec<SlotId>,
    /// Fields of all elements of lists of the whole environment.
    pub fields: FxHashSet<Field>,
}

impl Reads {
    fn note(&mut self, note: &Note) {
        self.facts.extend(note.uses().iter().map(Use::slot));
    }
}

/// The value of an expression, with a record of what it goes by.
pub(crate) fn traced<'a>(
    evaluator: &mut Evaluator<'_, 'a, '_>,
    expr: &Expr,
    reads: &mut Reads,
) -> Value<'a> {
    if reads_environment(expr) {
        Survey { wide: FxHashSet::default(), reads }.expr(evaluator, expr);
        return evaluator.eval(expr).0;
    }
    let (value, note) = noted(evaluator, expr);
    match &value {
        Value::List(list) => reads.note(&note.join(&list.whole_note())),
        _ => reads.note(&note),
    }
    value
}

/// Whether an element of a list is meant, with a record of what tells.
pub(crate) fn judged(
    evaluator: &mut Evaluator<'_, '_, '_>,
    filter: &Expr,
    reads: &mut Reads,
) -> Truth {
    evaluator.trace(true);
    let (truth, note) = evaluator.truth(filter);
    evaluator.trace(false);
    reads.note(&note);
    truth
}

/// Takes down what tells which elements of a list of the whole environment are meant.
pub(crate) fn surveyed(
    evaluator: &mut Evaluator<'_, '_, '_>,
    filter: &Expr,
    element: LocalId,
    reads: &mut Reads,
) {
    Survey { wide: FxHashSet::from_iter([element]), reads }.expr(evaluator, filter);
}

fn noted<'a>(evaluator: &mut Evaluator<'_, 'a, '_>, expr: &Expr) -> (Value<'a>, Note) {
    evaluator.trace(true);
    let noted = evaluator.eval(expr);
    evaluator.trace(false);
    noted
}

/// A look through an expression that reads lists of the environment.
struct Survey<'s> {
    /// Locals that stand for any element of such a list.
    wide: FxHashSet<LocalId>,
    reads: &'s mut Reads,
}

impl Survey<'_> {
    fn expr(&mut self, evaluator: &mut Evaluator<'_, '_, '_>, expr: &Expr) {
        if let Some(sought) = touch::sought(expr, evaluator.rules) {
            return self.expr(evaluator, sought);
        }
        let is_wide = self.is_wide(expr);
        if !is_wide && !reads_environment(expr) {
            traced(evaluator, expr, self.reads);
            return;
        }
        match &expr.kind {
            Kind::Field { base: None, slot, .. } => {
                self.reads.facts.push(evaluator.facts.slot_of(ROOT, *slot));
            }
            // What the elements of a list rest on is the list itself.
            Kind::Field { .. } if !is_wide && is_path(expr) => {
                let (_, note) = noted(evaluator, expr);
                self.reads.note(&note);
            }
            Kind::Field { base: Some(base), owner, field, .. } => {
                self.reads.fields.insert((*owner, *field));
                self.expr(evaluator, base);
            }
            Kind::Inverse { base, inverse, .. } => {
                let inverse = evaluator.rules.schema.inverse(*inverse);
                self.reads.fields.insert((inverse.source, inverse.by));
                self.expr(evaluator, base);
            }
            Kind::Map { scan, body, .. } | Kind::Quantified(_, scan, body) => {
                self.scan(evaluator, scan, Some(body));
            }
            Kind::The(scan) => self.scan(evaluator, scan, None),
            Kind::Choose(scan, prefer) => self.scan(evaluator, scan, prefer.as_deref()),
            Kind::Invoke(define, arguments) => {
                for (param, argument) in define.params.iter().zip(arguments) {
                    self.expr(evaluator, argument);
                    if self.is_wide(argument) {
                        self.wide.insert(*param);
                    } else {
                        let value = evaluator.eval(argument).0;
                        evaluator.set(*param, value);
                        self.wide.remove(param);
                    }
                }
                self.expr(evaluator, &define.body);
            }
            _ => expr.children(&mut |child| self.expr(evaluator, child)),
        }
    }

    fn scan(&mut self, evaluator: &mut Evaluator<'_, '_, '_>, scan: &Scan, body: Option<&Expr>) {
        self.expr(evaluator, &scan.list);
        self.wide.insert(scan.local);
        for inner in scan.filter.as_deref().into_iter().chain(body) {
            self.expr(evaluator, inner);
        }
    }

    fn is_wide(&self, expr: &Expr) -> bool {
        free(expr).iter().any(|local| self.wide.contains(local))
    }
}

/// Whether an expression follows single facts from the environment.
fn is_path(expr: &Expr) -> bool {
    match &expr.kind {
        Kind::Field { base, .. } => base.as_deref().is_none_or(is_path),
        _ => false,
    }
}
