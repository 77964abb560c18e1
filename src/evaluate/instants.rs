//! The instants at which a comparison of times may turn.
//!
//! Owns what they are: few, each a time that the description states, moved by a duration that the rules or the description
//! state; and which rules mind the time at all. Runs no rule.

use std::collections::BTreeSet;

use rustc_hash::FxHashSet;

use crate::compile::ir::{Const, Expr, Kind, Rule, RuleSet};
use crate::facts::{Fact, Facts};
use crate::schema::types::Type;

/// The instants from `now` on, in microseconds since 1970.
pub fn instants(facts: &Facts<'_>, rules: &RuleSet, now: i64) -> BTreeSet<i64> {
    let mut stated: BTreeSet<i64> = BTreeSet::new();
    let mut durations: BTreeSet<i64> = BTreeSet::from([0]);
    for row in 0..facts.row_count() {
        let row = row as u32;
        for field in &facts.schema().ty(facts.row(row).ty).fields {
            let Some(slot) = field.slot else { continue };
            match (field.ty.present(), facts.read(facts.slot_of(row, slot), &field.ty)) {
                (Type::Time, Fact::Number(time)) => stated.insert(time),
                (Type::Duration, Fact::Number(duration)) => durations.insert(duration),
                _ => false,
            };
        }
    }
    let fields = facts.schema().types().flat_map(|(_, ty)| &ty.fields);
    durations.extend(fields.filter_map(|field| field.stale_after));
    for rule in &rules.rules {
        walk(rule, &mut |expr| {
            if let Kind::Const(Const::Number(number)) = expr.kind {
                match expr.ty.present() {
                    Type::Duration => {
                        durations.insert(number);
                    }
                    Type::Time => {
                        stated.insert(number);
                    }
                    _ => {}
                }
            }
        });
    }
    let mut instants: BTreeSet<i64> = BTreeSet::new();
    for time in &stated {
        for duration in &durations {
            instants.extend([time.saturating_add(*duration), time.saturating_sub(*duration)]);
        }
    }
    instants.retain(|at| *at >= now && *at < i64::MAX);
    instants
}

/// Whether the outcomes of a rule may change by time alone: it reads `now`, or a time that becomes too old.
pub fn minds_time(rule: &Rule, rules: &RuleSet) -> bool {
    let mut minds = false;
    walk(rule, &mut |expr| minds |= is_of_time(expr, rules));
    minds
}

/// Whether an expression changes by time alone.
pub fn is_timely(expr: &Expr, rules: &RuleSet) -> bool {
    let mut timely = false;
    walk_into(expr, &mut FxHashSet::default(), &mut |expr| timely |= is_of_time(expr, rules));
    timely
}

fn is_of_time(expr: &Expr, rules: &RuleSet) -> bool {
    match &expr.kind {
        Kind::Now => true,
        Kind::Field { owner, field, .. } => {
            rules.schema.ty(*owner).fields[*field].stale_after.is_some()
        }
        _ => false,
    }
}

/// All expressions by which a rule is judged, those of the definitions that it uses among them, once each.
fn walk(rule: &Rule, visit: &mut dyn FnMut(&Expr)) {
    let mut known = FxHashSet::default();
    rule.parts().for_each(|part| walk_into(part, &mut known, visit));
}

fn walk_into(expr: &Expr, known: &mut FxHashSet<u32>, visit: &mut dyn FnMut(&Expr)) {
    visit(expr);
    expr.children(&mut |child| walk_into(child, known, visit));
    if let Kind::Invoke(define, _) = &expr.kind
        && known.insert(define.id)
    {
        walk_into(&define.body, known, visit);
    }
}
