//! Environments in which as many rules pass at once as can be made to.
//!
//! Owns building them, a rule at a time. They show that rules go together, and what a remedy does to all others.

use crate::compile::ir::Level;
use crate::evaluate::Outcome;
use crate::prove::Prover;
use crate::prove::goal::{self, Want};
use crate::prove::search::{Look, Search};
use crate::prove::values::Pool;
use crate::prove::world::World;

/// Most looks for one rule in one environment.
const LOOKS: usize = 40;
/// Most environments; each begins with the rules that no other has.
const WORLDS: usize = 4;

/// An environment, and the rules that pass in it for some subject and fail for none.
pub(crate) struct Whole<'a> {
    pub(crate) world: World<'a>,
    pub(crate) passes: Vec<bool>,
}

/// Builds the environments.
pub(crate) fn wholes<'a>(prover: &mut Prover<'a>) -> Vec<Whole<'a>> {
    let rules = prover.rules;
    let closing = |index: &usize| rules.rules[*index].level == Level::Error;
    let all: Vec<usize> = (0..rules.rules.len()).filter(closing).collect();
    let mut wholes: Vec<Whole<'a>> = Vec::new();
    let mut missing = all.clone();
    while !missing.is_empty() && wholes.len() < WORLDS {
        let others = all.iter().filter(|index| !missing.contains(index));
        let order: Vec<usize> = missing.iter().chain(others).copied().collect();
        let whole = build(prover, &order);
        let before = missing.len();
        missing.retain(|index| !whole.passes[*index]);
        if missing.len() == before {
            break;
        }
        wholes.push(whole);
    }
    wholes
}

fn build<'a>(prover: &mut Prover<'a>, order: &[usize]) -> Whole<'a> {
    let rules = prover.rules;
    let mut world = prover.empty.clone();
    let mut passes = vec![false; rules.rules.len()];
    for index in order {
        let mut pool = Pool::default();
        pool.rule(&rules.rules[*index]);
        let passing: Vec<usize> = (0..passes.len()).filter(|other| passes[*other]).collect();
        let mut goal = |world: &mut World<'a>| {
            let (look, _) = goal::rule(world, *index, Want::Pass);
            // What passed before must do so still.
            let broken = look.truth == crate::evaluate::truth::Truth::True
                && passing.iter().any(|other| !holds(world, *other));
            if broken { Look::never() } else { look }
        };
        let mut search = Search::new(&pool, LOOKS);
        passes[*index] = search.pass(&mut world, 0, &mut goal, &mut |_| true);
        prover.proof.looks += search.spent;
    }
    Whole { world, passes }
}

/// Whether a rule fails for nobody, and no fact that decides it is open.
fn holds(world: &World<'_>, index: usize) -> bool {
    let raws = goal::outcomes(world, index);
    raws.iter().all(|raw| matches!(raw.outcome, Outcome::Pass | Outcome::NotApplicable))
}
