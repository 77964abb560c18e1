//! Whether each rule can pass, and can fail.
//!
//! Owns the search for an environment of each kind, and what is said of a rule that has none.

use crate::compile::ir::Rule;
use crate::diagnostic::{Diagnostic, Severity};
use crate::prove::goal::{self, Want};
use crate::prove::search::Search;
use crate::prove::values::Pool;
use crate::prove::world::World;
use crate::prove::{Prover, example};

/// Most looks at environments in one pass over them.
const LOOKS: usize = 300;

/// What became of a search for an environment.
pub(crate) enum Found<'a> {
    /// There is one.
    One(Box<World<'a>>),
    /// There is none: everything was tried.
    None,
    /// None was found in so many looks.
    Unclear(usize),
}

/// Looks at every rule; for each an environment in which it passes, where one was found.
pub(crate) fn conditions<'a>(prover: &mut Prover<'a>) -> Vec<Option<Box<World<'a>>>> {
    let rules = prover.rules;
    let mut passing = Vec::with_capacity(rules.rules.len());
    for (index, rule) in rules.rules.iter().enumerate() {
        let fails = find(prover, index, Want::Broken);
        let passes = find(prover, index, Want::Pass);
        passing.push(match &passes {
            Found::One(world) => Some(world.clone()),
            _ => None,
        });
        let told = match (fails, passes) {
            (Found::One(_), Found::One(_)) => continue,
            (Found::None, Found::None) => never_applies(prover, index, rule),
            (Found::None, other) => never_fails(index, rule, other),
            (other, Found::None) => never_passes(index, rule, other),
            (fails, passes) => {
                let mut tried = 0;
                let mut missing = Vec::new();
                for (found, word) in [(fails, "fails"), (passes, "passes")] {
                    if let Found::Unclear(looks) = found {
                        tried += looks;
                        missing.push(word);
                    }
                }
                let message = format!(
                    "no environment was found in which `{}` {}, in {tried} tries",
                    rule.id,
                    missing.join(", nor one in which it ")
                );
                unproved(message, rule)
            }
        };
        prover.told.push(told);
    }
    passing
}

/// What the search did not reach is told, but nobody has to do anything about it.
fn unproved(message: String, rule: &Rule) -> Diagnostic {
    Diagnostic::new(Severity::Note, "unproved", message)
        .label(rule.condition.span, "")
        .help("make sure that its manual page has such a case")
}

/// Looks for an environment in which a rule says what is wanted.
pub(crate) fn find<'a>(prover: &mut Prover<'a>, index: usize, want: Want) -> Found<'a> {
    let mut pool = Pool::default();
    pool.rule(&prover.rules.rules[index]);
    let (mut spent, mut complete) = (0, pool.is_closed());
    for now in pool.instants() {
        let mut world = prover.empty.clone().at(now);
        let mut search = Search::new(&pool, LOOKS);
        let found = search.first(&mut world, &mut |world| goal::rule(world, index, want).0);
        spent += search.spent;
        complete &= search.complete;
        if found {
            prover.proof.looks += spent;
            return Found::One(Box::new(world));
        }
    }
    prover.proof.looks += spent;
    if complete { Found::None } else { Found::Unclear(spent) }
}

fn never_applies(prover: &mut Prover<'_>, index: usize, rule: &Rule) -> Diagnostic {
    let Found::None = find(prover, index, Want::Applies) else {
        return unproved(format!("`{}` was seen neither to fail nor to pass", rule.id), rule);
    };
    let message = format!("`{}` never speaks of anything, so it checks nothing", rule.id);
    let (span, label) = match &rule.filter {
        Some(filter) => (filter.span, "this is never true"),
        None => (rule.condition.span, "this is never decided"),
    };
    Diagnostic::new(Severity::Warning, "never-applies", message)
        .label(span, label)
        .help("correct the condition, or take the rule away")
}

fn never_fails(index: usize, rule: &Rule, other: Found<'_>) -> Diagnostic {
    let (message, label) = match rule.negated {
        true => (format!("`{}` can never fire", rule.id), "this is false in every environment"),
        false => (format!("`{}` can never fail", rule.id), "this is true in every environment"),
    };
    let told = Diagnostic::new(
        Severity::Warning,
        if rule.negated { "always-false" } else { "always-true" },
        message,
    )
    .label(rule.condition.span, label)
    .help("correct the condition, or take the rule away: it checks nothing");
    with_example(told, other, "it passes here, as everywhere", |world| {
        goal::rule(world, index, Want::Pass).1.is_some()
    })
}

fn never_passes(index: usize, rule: &Rule, other: Found<'_>) -> Diagnostic {
    let (word, label) = match rule.negated {
        true => ("always-true", "this is true in every environment of which the rule speaks"),
        false => ("always-false", "this is false in every environment of which the rule speaks"),
    };
    let message = format!("`{}` can never pass", rule.id);
    let told = Diagnostic::new(Severity::Warning, word, message)
        .label(rule.condition.span, label)
        .help("correct the condition: nothing that is described can satisfy it");
    with_example(told, other, "it fails here, as everywhere", |world| {
        goal::rule(world, index, Want::Broken).1.is_some()
    })
}

fn with_example<'a>(
    told: Diagnostic,
    found: Found<'a>,
    sentence: &str,
    mut holds: impl FnMut(&mut World<'a>) -> bool,
) -> Diagnostic {
    match found {
        Found::One(world) => {
            example::shown(told.clone(), &world, sentence, &mut holds).unwrap_or(told)
        }
        _ => told,
    }
}
