//! Which entities a value may stand for, where not all of it is known.
//!
//! Owns the way through lists that are made of other lists, on which it is kept how sure each element is: what is not
//! known of one element leaves the others as they are. Values as rules see them are made in `scan`.

use std::rc::Rc;

use rustc_hash::FxHashSet;

use crate::builtins::value::{Extent, Silent, Value};
use crate::compile::ir::{Expr, Kind};
use crate::evaluate::expr::Evaluator;
use crate::evaluate::truth::Truth;
use crate::facts::RowId;
use crate::schema::types::InverseId;

/// Takes an element and how sure it is that it is one; none stands for others of which nothing is known.
type Visit<'v, 'f, 'a, 'r> =
    &'v mut dyn FnMut(&mut Evaluator<'f, 'a, 'r>, Option<Value<'a>>, Truth);

impl<'f, 'a, 'r> Evaluator<'f, 'a, 'r> {
    /// The rows of a value: those for sure, those perhaps, and whether there may be others.
    pub(in crate::evaluate) fn possible_rows(&mut self, expr: &Expr) -> Rows {
        let mut rows = Rows::default();
        self.possible(expr, Truth::True, &mut |_, item, sure| match item {
            Some(Value::Row(row)) if sure == Truth::True => drop(rows.surely.insert(row)),
            Some(Value::Row(row)) => drop(rows.perhaps.insert(row)),
            Some(Value::None) => {}
            _ => rows.others = true,
        });
        rows
    }

    /// The entities of which alone it is open whether they are in a list, as they do not say to whom they refer; none where
    /// others may be.
    fn silent(&mut self, list: &Expr) -> Option<Rc<[RowId]>> {
        let inverse = inverse_of(list)?;
        let facts = self.facts;
        let found = self.silent.entry(inverse).or_insert_with(|| {
            if facts.holders(inverse).iter().any(|list| facts.may_hold_others(*list)) {
                return None;
            }
            let sources = facts.entities(facts.schema().inverse(inverse).source).iter().copied();
            Some(sources.filter(|source| !facts.tells_all(inverse, *source)).collect())
        });
        found.clone()
    }

    fn possible(&mut self, expr: &Expr, sure: Truth, visit: Visit<'_, 'f, 'a, 'r>) {
        match &expr.kind {
            Kind::Memo(_, _, inner) | Kind::Table(_, _, inner) => {
                self.possible(inner, sure, visit);
            }
            Kind::Invoke(define, arguments) if define.body.ty.element().is_some() => {
                for (param, argument) in define.params.iter().zip(arguments) {
                    let value = self.value_of::<Silent>(argument).0;
                    self.set(*param, value);
                }
                // All of it before the first is looked at: that may ask the same of something else.
                let mut items = Vec::new();
                self.possible(&define.body, sure, &mut |_, item, sure| items.push((item, sure)));
                items.into_iter().for_each(|(item, sure)| visit(self, item, sure));
            }
            Kind::Map { scan, body, .. } if scan.index.is_none() && is_made(&scan.list) => {
                self.possible(&scan.list, sure, &mut |this, item, sure| {
                    let Some(item) = item else { return visit(this, None, sure) };
                    let (before, note) = this.local::<Silent>(scan.local);
                    this.set(scan.local, item);
                    let filter = scan.filter.as_ref();
                    let sure =
                        filter.map_or(sure, |filter| sure.and(this.truth_of::<Silent>(filter).0));
                    if sure != Truth::False {
                        this.possible(body, sure, visit);
                    }
                    this.bind_local(scan.local, before, note);
                });
            }
            Kind::Map { scan, body, .. } => {
                let Ok(elements) = self.elements::<Silent>(scan) else {
                    return visit(self, None, sure);
                };
                if elements.list.extent() != Extent::Whole {
                    match self.silent(&scan.list) {
                        None => visit(self, None, sure),
                        // Whether one of them is in the list at all is open, whatever else is true of it.
                        Some(silent) => {
                            let (before, note) = self.local::<Silent>(scan.local);
                            for row in silent.iter() {
                                self.set(scan.local, Value::Row(*row));
                                self.possible(body, Truth::Unknown, visit);
                            }
                            self.bind_local(scan.local, before, note);
                        }
                    }
                }
                self.each(scan, &elements, |this, _, truth, _| {
                    let sure = sure.and(truth);
                    if sure != Truth::False {
                        this.possible(body, sure, visit);
                    }
                    true
                });
            }
            _ => match self.value_of::<Silent>(expr).0 {
                Value::List(list) => {
                    if list.extent != Extent::Whole {
                        visit(self, None, sure);
                    }
                    for item in &list.items {
                        let known = (!matches!(item, Value::Unknown)).then(|| item.clone());
                        visit(self, known, sure);
                    }
                }
                Value::Unknown => visit(self, None, sure),
                value => visit(self, Some(value), sure),
            },
        }
    }
}

/// The inverse that a list is.
fn inverse_of(list: &Expr) -> Option<InverseId> {
    match &list.kind {
        Kind::Inverse { inverse, one: false, .. } => Some(*inverse),
        Kind::Memo(_, _, inner) | Kind::Table(_, _, inner) => inverse_of(inner),
        _ => None,
    }
}

/// Whether a list is made of others, and not found among the facts.
fn is_made(list: &Expr) -> bool {
    match &list.kind {
        Kind::Map { .. } | Kind::Invoke(..) => true,
        Kind::Memo(_, _, inner) | Kind::Table(_, _, inner) => is_made(inner),
        _ => false,
    }
}

/// Rows of a value that is perhaps not known.
#[derive(Default)]
pub(in crate::evaluate) struct Rows {
    /// Those for sure.
    pub surely: FxHashSet<RowId>,
    /// Those perhaps.
    pub perhaps: FxHashSet<RowId>,
    /// Whether there may be others.
    pub others: bool,
}
