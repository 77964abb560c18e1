//! What can be said of a pack without any environment.
//!
//! Owns the proofs that `lint` makes: that every rule can pass and can fail, that none passes
//! by what is not known but by intent, that no two rules exclude each other, that
//! every remedy can start and makes the rule pass that names it, breaks no other for good, and waits for nothing that
//! waits for it. Each is looked for in small environments that are made for it; what is found wrong comes with the
//! environment that shows it. What the search did not reach within its bound is told as a note, never passed over.
//! Does not print. Parts: `world` the environment in the making, `values` what is worth trying, `search` the search,
//! `goal` what is looked for, `example` the environment that is shown, and a part for each kind of proof.

use crate::compile::ir::RuleSet;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::facts::conform;
use crate::prove::world::World;
use crate::source::Sources;
use crate::yaml::Tree;

pub mod example;
pub mod goal;
pub mod search;
pub mod values;
pub mod world;
mod breaks;
mod circle;
mod conditions;
mod fixes;
mod pairs;
mod unknowns;
mod vacuous;
mod whole;

/// What was proved, and what was found wrong.
#[derive(Clone, Debug, Default)]
pub struct Proof {
    /// What is wrong, and what was not reached, by place.
    pub diagnostics: Vec<Diagnostic>,
    /// Remedies that rules name, each as often as a rule names it.
    pub fixes: usize,
    /// Those of them that made their rule pass in every environment in which they were tried, and in one at least.
    pub proved: usize,
    /// The environments in which they did.
    pub examples: usize,
    /// How many times an environment was looked at.
    pub looks: usize,
}

/// Proves what can be proved of the rules of one pack, which must be without error.
pub fn prove(rules: &RuleSet) -> Proof {
    let sources = Sources::default();
    let tree = Tree::new(&sources);
    let facts = conform::conform(&rules.schema, &tree, &[], &mut Diagnostics::default());
    let mut prover = Prover {
        rules,
        empty: World::new(facts, rules),
        proof: Proof::default(),
        told: Diagnostics::default(),
    };
    let passing = conditions::conditions(&mut prover);
    unknowns::unknowns(&mut prover, &passing);
    vacuous::vacuous(&mut prover);
    fixes::fixes(&mut prover);
    let wholes = whole::wholes(&mut prover);
    let excluded = pairs::pairs(&mut prover, &wholes);
    let web = circle::Web::new(rules);
    breaks::breaks(&mut prover, &wholes, excluded, &web);
    circle::circles(&mut prover, &web);
    prover.proof.diagnostics = prover.told.into_sorted();
    prover.proof
}

/// The proof while it is made.
pub(crate) struct Prover<'a> {
    pub(crate) rules: &'a RuleSet,
    /// The environment of which nothing is known.
    pub(crate) empty: World<'a>,
    pub(crate) proof: Proof,
    pub(crate) told: Diagnostics,
}
