//! Whether a rule passes by what is not known.
//!
//! Owns the environments in which a rule passes though it asked for a fact that is not known, and fails once that fact is
//! stated: where `otherwise`, `is known` or `listed` let it. It may be meant, so it is a note.

use rustc_hash::FxHashSet;

use crate::compile::ir::{Expr, Kind, Level};
use crate::diagnostic::{Diagnostic, Severity};
use crate::evaluate::{Outcome, Raw, show};
use crate::facts::SlotId;
use crate::plan::state::{self, FindingKey};
use crate::prove::goal::{self, Want};
use crate::prove::search::Search;
use crate::prove::values::Pool;
use crate::prove::world::World;
use crate::prove::{Prover, example};
use crate::schema::TypeKind;

/// Most facts and values of one rule that are tried.
const LOOKS: usize = 60;
/// Most looks in search of what else it takes to fail.
const DEEPER: usize = 20;

/// Looks at every rule that can close the gate and asks somewhere what is known, in an environment in which it passes.
pub(crate) fn unknowns<'a>(prover: &mut Prover<'a>, passing: &[Option<Box<World<'a>>>]) {
    let rules = prover.rules;
    for (index, (rule, world)) in rules.rules.iter().zip(passing).enumerate() {
        let Some(asks) = rule.parts().find_map(asks_what_is_known) else { continue };
        if rule.level != Level::Error {
            continue;
        }
        let Some(world) = world else { continue };
        let mut pool = Pool::default();
        pool.rule(rule);
        let mut settled = World::clone(world);
        settled.settle();
        let found = turns(&mut settled, index, &pool);
        let Some((slot, value)) = found else { continue };
        let (ty, at) = settled.facts.field_of(slot);
        let def = rules.schema.ty(ty);
        let fact = match def.kind {
            TypeKind::Environment => format!("`{}`", def.fields[at].name),
            _ => format!("`{}` of {}", def.fields[at].name, def.name),
        };
        let message = format!(
            "`{}` passes while {fact} is not known, and may fail once it is {value}",
            rule.id
        );
        let told = Diagnostic::new(Severity::Note, "opens-on-unknown", message)
            .label(asks.span, "this lets it pass")
            .help("leave it away where what is not known must not open the gate");
        let sentence = format!("here `{}` passes, and may fail once {fact} is {value}", rule.id);
        let field = (ty, at);
        let mut holds = |world: &mut World<'_>| {
            turns(world, index, &pool).is_some_and(|(slot, _)| world.facts.field_of(slot) == field)
        };
        let told = example::shown(told.clone(), world, &sentence, &mut holds).unwrap_or(told);
        prover.told.push(told);
    }
}

/// A fact that is not known where a rule lets something pass, and a value after which it may fail of the same.
fn turns(world: &mut World<'_>, index: usize, pool: &Pool) -> Option<(SlotId, String)> {
    world.facts.heard();
    let outcomes = goal::outcomes(world, index);
    let heard = world.facts.heard();
    let lets_pass = |raw: &&Raw<'_>| matches!(raw.outcome, Outcome::Pass | Outcome::NotApplicable);
    if outcomes.is_empty() || !outcomes.iter().all(|raw| lets_pass(&raw)) {
        return None;
    }
    let passes: FxHashSet<FindingKey> = outcomes.iter().map(state::key).collect();
    let of = |raws: &[Raw<'_>], outcome: Outcome| {
        raws.iter().any(|raw| raw.outcome == outcome && passes.contains(&state::key(raw)))
    };
    let mut left = LOOKS;
    for slot in heard {
        // A list that is there already only grows: that is another element, and not a fact that is filled in.
        if !world.is_open(slot) || world.length(slot).is_some() || world.facts.is_key(slot) {
            continue;
        }
        for choice in world.choices(slot, pool).0 {
            if left == 0 {
                return None;
            }
            left -= 1;
            let mark = world.facts.mark();
            let mut fails = false;
            let mut value = String::new();
            if world.take(slot, &choice) && world.is_sound() {
                value = show::slot(slot, &world.facts);
                let after = goal::outcomes(world, index);
                fails = of(&after, Outcome::Fail);
                // Now that it is asked for, the rule may depend on others.
                if !fails && of(&after, Outcome::Unknown) {
                    let mut search = Search::new(pool, DEEPER);
                    fails = search
                        .first(world, &mut |world| goal::rule(world, index, Want::Fail).0)
                        && of(&goal::outcomes(world, index), Outcome::Fail);
                }
            }
            world.facts.rollback(mark);
            if fails {
                return Some((slot, value));
            }
        }
    }
    None
}

/// The first part of an expression that asks what is known, be it in a definition.
fn asks_what_is_known(expr: &Expr) -> Option<&Expr> {
    match &expr.kind {
        Kind::Otherwise(..) | Kind::IsKnown(_) => return Some(expr),
        Kind::Call(builtin, _) if builtin.name == "listed" => return Some(expr),
        Kind::Invoke(define, _) if asks_what_is_known(&define.body).is_some() => return Some(expr),
        _ => {}
    }
    let mut found = None;
    expr.children(&mut |child| found = found.or_else(|| asks_what_is_known(child)));
    found
}
