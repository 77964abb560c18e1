//! Whether a rule passes because a list is `none`.
//!
//! Owns the environments in which a prerequisite passes and the list of one of its `all` or `no` is `none`: nothing was
//! looked at then. Where the rule says what `none` means, nothing is told.

use rustc_hash::FxHashSet;

use crate::builtins::value::Value;
use crate::compile::ir::{Const, Expr, Kind, Level, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::evaluate::Outcome;
use crate::language::ast::Quantifier;
use crate::prove::goal::{self, Want};
use crate::prove::search::Search;
use crate::prove::values::Pool;
use crate::prove::world::World;
use crate::prove::{Prover, example};
use crate::schema::types::Type;

/// Most looks at environments for one rule.
const LOOKS: usize = 60;

/// Looks at every prerequisite that can close the gate.
pub(crate) fn vacuous(prover: &mut Prover<'_>) {
    let rules = prover.rules;
    for (index, rule) in rules.rules.iter().enumerate() {
        if rule.level != Level::Error || rule.negated {
            continue;
        }
        let mut lists = Vec::new();
        quantified(&rule.condition, &mut lists);
        let treated = treated(rule);
        for list in lists {
            let mut fields = FxHashSet::default();
            let may_be_none = chain(list, prover, &mut fields);
            if !may_be_none || !fields.is_disjoint(&treated) {
                continue;
            }
            let mut pool = Pool::default();
            pool.rule(rule);
            let mut search = Search::new(&pool, LOOKS);
            let mut world = prover.empty.clone();
            let found = search.run(
                &mut world,
                &mut |world| goal::rule(world, index, Want::Pass).0,
                &mut |world| is_none(world, index, list),
            );
            prover.proof.looks += search.spent;
            if !found {
                continue;
            }
            let message =
                format!("`{}` passes where this list is `none`, with nothing looked at", rule.id);
            let told = Diagnostic::new(Severity::Warning, "none-passes", message)
                .label(list.span, "this may be `none`")
                .help("say what is to hold then: compare it with `none` in `where` or `require`");
            let sentence = format!("here `{}` passes", rule.id);
            let mut holds = |world: &mut World<'_>| is_none(world, index, list);
            let told = example::shown(told.clone(), &world, &sentence, &mut holds).unwrap_or(told);
            prover.told.push(told);
        }
    }
}

/// Whether a rule passes for a subject of which a list is `none`.
fn is_none(world: &World<'_>, index: usize, list: &Expr) -> bool {
    goal::outcomes(world, index).iter().any(|raw| {
        let mut evaluator = world.evaluator();
        evaluator.rebind(raw);
        raw.outcome == Outcome::Pass && matches!(evaluator.eval(list).0, Value::None)
    })
}

/// The lists of `all` and `no` that a condition stands on; not those within another quantifier, whose names are its own.
fn quantified<'e>(expr: &'e Expr, out: &mut Vec<&'e Expr>) {
    match &expr.kind {
        Kind::Quantified(quantifier, scan, _) => {
            if *quantifier != Quantifier::Any {
                out.push(&scan.list);
            }
        }
        Kind::Map { .. } | Kind::The(_) | Kind::Choose(..) | Kind::Invoke(..) => {}
        _ => expr.children(&mut |child| quantified(child, out)),
    }
}

/// Whether a path of fields leads through what may be `none`, and the fields.
fn chain(expr: &Expr, prover: &Prover<'_>, fields: &mut FxHashSet<String>) -> bool {
    match &expr.kind {
        Kind::Memo(_, _, inner) | Kind::Table(_, _, inner) => chain(inner, prover, fields),
        Kind::Field { base, owner, field, .. } => {
            fields.insert(name(expr));
            let ty = &prover.rules.schema.ty(*owner).fields[*field].ty;
            let own = matches!(ty, Type::OrNone(_));
            base.as_ref().is_some_and(|base| chain(base, prover, fields)) || own
        }
        Kind::Inverse { base, one, .. } => {
            fields.insert(name(expr));
            chain(base, prover, fields) || *one
        }
        _ => false,
    }
}

/// The fields that a rule compares with `none` itself.
fn treated(rule: &Rule) -> FxHashSet<String> {
    fn look(expr: &Expr, out: &mut FxHashSet<String>) {
        let is_none = |expr: &Expr| matches!(expr.kind, Kind::Const(Const::None));
        if let Kind::Compare { left, right, .. } = &expr.kind {
            for (one, other) in [(left, right), (right, left)] {
                if is_none(one) {
                    out.insert(name(bare(other)));
                }
            }
        }
        if let Kind::Invoke(define, _) = &expr.kind {
            look(&define.body, out);
        }
        expr.children(&mut |child| look(child, out));
    }
    let mut found = FxHashSet::default();
    rule.parts().for_each(|part| look(part, &mut found));
    found
}

/// What tells a field or an inverse from others; nothing of other expressions.
fn name(expr: &Expr) -> String {
    match &expr.kind {
        Kind::Field { owner, field, .. } => format!("{owner:?}.{field}"),
        Kind::Inverse { inverse, .. } => format!("{inverse:?}"),
        _ => String::new(),
    }
}

fn bare(expr: &Expr) -> &Expr {
    match &expr.kind {
        Kind::Memo(_, _, inner) | Kind::Table(_, _, inner) => bare(inner),
        _ => expr,
    }
}
