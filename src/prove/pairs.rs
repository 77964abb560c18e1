//! Whether two rules can pass in one environment.
//!
//! Owns the search for an environment for each two that could be at odds, and what is said of those that have none. It
//! is said only where everything was tried that there is.

use rustc_hash::FxHashSet;

use crate::compile::ir::Level;
use crate::diagnostic::{Diagnostic, Severity};
use crate::evaluate::touch::{self, Field};
use crate::evaluate::truth::Truth;
use crate::prove::goal::{self, Want};
use crate::prove::search::{Look, Search};
use crate::prove::values::Pool;
use crate::prove::whole::Whole;
use crate::prove::world::World;
use crate::prove::{Prover, example};

/// Most looks at environments for two rules, in one pass over them.
const LOOKS: usize = 200;

/// Looks at every two rules that read a fact in common; returns those that exclude each other.
pub(crate) fn pairs<'a>(
    prover: &mut Prover<'a>,
    wholes: &[Whole<'a>],
) -> FxHashSet<(usize, usize)> {
    let rules = prover.rules;
    let mut excluded = FxHashSet::default();
    // Only of rules without functions and lists that are worked out can be said that everything was tried.
    let closed: Vec<(usize, FxHashSet<Field>)> = (0..rules.rules.len())
        .filter(|index| rules.rules[*index].level == Level::Error)
        .filter(|index| {
            let mut pool = Pool::default();
            pool.rule(&rules.rules[*index]);
            pool.is_closed()
        })
        .map(|index| (index, fields(prover, index)))
        .collect();
    for (at, (first, reads)) in closed.iter().enumerate() {
        for (second, others) in &closed[at + 1..] {
            let together = wholes.iter().any(|whole| whole.passes[*first] && whole.passes[*second]);
            if together || reads.is_disjoint(others) {
                continue;
            }
            if let Some(told) = exclude(prover, *first, *second) {
                prover.told.push(told);
                excluded.insert((*first, *second));
            }
        }
    }
    excluded
}

fn fields(prover: &Prover<'_>, index: usize) -> FxHashSet<Field> {
    let parts = prover.rules.rules[index].parts();
    parts.flat_map(|expr| touch::fields(Some(expr), prover.rules)).collect()
}

/// What is to be told of two rules that no environment lets pass together.
fn exclude(prover: &mut Prover<'_>, first: usize, second: usize) -> Option<Diagnostic> {
    let rules = prover.rules;
    let both = [first, second];
    let mut pool = Pool::default();
    both.iter().for_each(|index| pool.rule(&rules.rules[*index]));
    if !pool.is_closed() {
        return None;
    }
    let mut apply: Option<World<'_>> = None;
    for now in pool.instants() {
        let mut search = Search::new(&pool, LOOKS);
        let found = search.first(&mut prover.empty.clone().at(now), &mut |world| {
            each(&both, &mut |index| goal::rule(world, index, Want::Pass).0)
        });
        prover.proof.looks += search.spent;
        if found || !search.complete {
            return None;
        }
        let mut world = prover.empty.clone().at(now);
        let mut search = Search::new(&pool, LOOKS);
        if apply.is_none()
            && search
                .first(&mut world, &mut |world| each(&both, &mut |index| applies(world, index)))
        {
            apply = Some(world);
        }
        prover.proof.looks += search.spent;
    }
    // Rules that never speak together do not exclude each other; that one of them cannot pass alone is told elsewhere.
    let world = apply?;
    let [first, second] = both.map(|index| &rules.rules[index]);
    let message = format!("`{}` and `{}` cannot both pass in any environment", first.id, second.id);
    let told = Diagnostic::new(Severity::Warning, "rules-exclude-each-other", message)
        .label(second.condition.span, "where this holds …")
        .label(first.condition.span, "… this does not")
        .help("say with `where` of whom each of them speaks, or take one away");
    let sentence = "here both speak, and whatever is changed one of them fails";
    example::shown(told, &world, sentence, &mut |world| {
        both.iter().all(|index| applies(world, *index).truth == Truth::True)
    })
}

/// A rule speaks of somebody.
fn applies(world: &World<'_>, index: usize) -> Look {
    goal::rule(world, index, Want::Applies).0
}

fn each(both: &[usize; 2], look: &mut dyn FnMut(usize) -> Look) -> Look {
    let first = look(both[0]);
    if first.truth == Truth::True { look(both[1]) } else { first }
}
