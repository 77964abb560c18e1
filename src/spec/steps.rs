//! The plan that a case promises.
//!
//! Owns making the plan for a case with nothing but the rule that its section is about, and telling it as a page does:
//! `1. restart(s1)`, a step a line.

use crate::compile::ir::RuleSet;
use crate::diagnostic::Diagnostics;
use crate::evaluate::{Selection, evaluate};
use crate::facts::conform;
use crate::plan::Consent;
use crate::plan::rounds::steps_on;
use crate::source::Sources;
use crate::yaml::{Limits, Tree};

/// The steps of the plan for a text by one rule, a line each; what stays open is told behind them.
pub fn told(text: &str, rules: &mut RuleSet, rule: &str) -> Vec<String> {
    let Some(at) = rules.rules.iter().position(|other| other.id == rule) else {
        return Vec::new();
    };
    let mut all = std::mem::take(&mut rules.rules);
    rules.rules.push(all.remove(at));
    let lines = lines(text, rules);
    all.insert(at, rules.rules.remove(0));
    rules.rules = all;
    lines
}

fn lines(text: &str, rules: &RuleSet) -> Vec<String> {
    let mut sources = Sources::default();
    let file = sources.add("case", text);
    let mut diagnostics = Diagnostics::default();
    let mut tree = Tree::new(&sources);
    tree.read(file, &Limits::default(), &mut diagnostics);
    let roots: Vec<_> = tree.documents().iter().map(|document| document.root).collect();
    let mut facts = conform::conform(&rules.schema, &tree, &roots, &mut diagnostics);
    let now = facts.as_of();
    if let Some(now) = now {
        facts.age(now);
    }
    let evaluation = evaluate(&facts, rules, now, &Selection::default());
    let (plan, _) = steps_on(facts, rules, now, &evaluation, &Consent::default());
    let steps = plan.steps.iter().map(|step| format!("{}. {}", step.id, step.call));
    let left = plan.unresolved.iter().map(|left| format!("left: {}: {}", left.id, left.why));
    steps.chain(left).collect()
}
