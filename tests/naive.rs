//! A second evaluator, held against the product: written from `docs/language.md` over the syntax tree, row by row, without
//! any cache or index, over packs and descriptions made by chance. What both say of each rule and subject must be the same.
//!
//! `cargo test` looks at 2,000 environments; `FAILBACK_NAIVE_CASES=100000 cargo test --test all naive` looks at
//! 100,000. A difference is told with the rule and the description, both made as small as they can be.

use std::collections::HashMap;

use failback::diagnostic::Severity;
use failback::evaluate::{Outcome, Selection};
use failback::language::ast::{Define, ItemKind, Rule};
use failback::session::rules::load;
use failback::session::{Inputs, Options, PackFiles, run};

use crate::naive::eval::{Naive, Told};
use crate::naive::facts::World;
use crate::naive::model::Given;
use crate::naive::pack::Pack;
use crate::support::faults::{Dice, number};

mod eval;
mod facts;
mod found;
mod given;
mod model;
mod pack;
mod rules;
mod values;

/// Environments for each pack.
const EACH: usize = 16;

/// What is said of the rules of a pack in an environment: for each rule the outcomes and their subjects.
type Said = Vec<Vec<(Told, String)>>;

/// What the product and the naive evaluator say of each environment; or why the pack is refused.
fn both(pack: &Pack, chosen: &[usize], given: &[Given]) -> Result<(Vec<Said>, Vec<Said>), String> {
    let text = pack.text(chosen.iter().copied());
    let mut inputs = Inputs::default();
    let file = inputs.sources.add("chance.gate", text);
    inputs.packs.push(PackFiles::new("chance", vec![file]));
    for (at, given) in given.iter().enumerate() {
        let name = format!("n{at}");
        let text = pack.schema.yaml(&name, given);
        inputs.describe(name, text);
    }
    let selection = Selection { all: true, ..Selection::default() };
    let options = Options { selection, ..Options::default() };
    let loaded = load(&inputs.sources, &inputs.packs[0]);
    let errors = loaded.diagnostics.iter().filter(|told| told.severity == Severity::Error);
    let errors: Vec<String> = errors
        .map(|told| {
            let at = told.span().map(|span| inputs.sources.slice(span)).unwrap_or_default();
            format!("{} at `{at}`", told.message)
        })
        .collect();
    if !errors.is_empty() {
        return Err(errors.join("\n"));
    }
    let product = run(&inputs, &options, |report| {
        let environments = report.environments.iter().map(|checked| {
            for error in &checked.errors {
                assert!(error.severity != Severity::Error, "{} in {}", error.message, checked.name);
            }
            let mut said: Said = vec![Vec::new(); chosen.len()];
            for finding in &checked.evaluation.findings {
                said[finding.rule].push((named(finding.outcome), finding.path.clone()));
            }
            for (rule, outcome, subject) in &checked.evaluation.quiet {
                let path = subject.map(|row| checked.facts.path(row)).unwrap_or_default();
                said[*rule].push((named(*outcome), path));
            }
            said
        });
        environments.collect::<Vec<_>>()
    });
    assert_eq!(product.len(), given.len(), "each environment is judged");
    let items = loaded.files.iter().flat_map(|file| &file.items);
    let mut defines: HashMap<String, &Define> = HashMap::new();
    let mut parsed: Vec<&Rule> = Vec::new();
    for item in items {
        match &item.kind {
            ItemKind::Define(define) => _ = defines.insert(define.name.value.clone(), define),
            ItemKind::Rule(rule) => parsed.push(rule),
            _ => {}
        }
    }
    let naive = given.iter().map(|given| {
        let world = World::read(&pack.schema, given);
        let naive = Naive { world: &world, defines: &defines, sources: &inputs.sources };
        parsed.iter().map(|rule| naive.rule(rule)).collect()
    });
    let (mut product, mut naive): (Vec<Said>, Vec<Said>) = (product, naive.collect());
    for said in product.iter_mut().chain(&mut naive).flatten() {
        said.sort();
    }
    Ok((product, naive))
}

fn named(outcome: Outcome) -> Told {
    match outcome {
        Outcome::Pass => Told::Pass,
        Outcome::Fail => Told::Fail,
        Outcome::Pending => Told::Pending,
        Outcome::Unknown => Told::Unknown,
        Outcome::NotApplicable => Told::NotApplicable,
        Outcome::Waived => unreachable!("nothing is waived here"),
    }
}

/// Whether the two differ about one rule in one environment.
fn differ(pack: &Pack, rule: usize, given: &Given) -> Option<(Said, Said)> {
    let (mut product, mut naive) = both(pack, &[rule], std::slice::from_ref(given)).ok()?;
    (product != naive).then(|| (product.remove(0), naive.remove(0)))
}

/// A description with less in it.
fn smaller(given: &Given) -> Vec<Given> {
    match given {
        Given::Row(ty, fields) => {
            let mut found = Vec::new();
            for (at, field) in fields.iter().enumerate() {
                let mut tries = smaller(field);
                // A key is what makes an entity one.
                let key = matches!(field, Given::Value(_, model::Value::Text(key)) if key.len() == 2 && key.ends_with(|c: char| c.is_ascii_digit()));
                if *field != Given::Missing && !key {
                    tries.insert(0, Given::Missing);
                }
                found.extend(tries.into_iter().map(|less| {
                    let mut fields = fields.clone();
                    fields[at] = less;
                    Given::Row(*ty, fields)
                }));
            }
            found
        }
        Given::List(items) => {
            let mut found = Vec::new();
            for at in 0..items.len() {
                let mut fewer = items.clone();
                fewer.remove(at);
                found.push(Given::List(fewer));
            }
            for (at, item) in items.iter().enumerate() {
                found.extend(smaller(item).into_iter().map(|less| {
                    let mut items = items.clone();
                    items[at] = less;
                    Given::List(items)
                }));
            }
            found
        }
        _ => Vec::new(),
    }
}

fn keys(given: &Given, found: &mut (Vec<String>, Vec<String>)) {
    match given {
        Given::Ref(_, key) => found.1.push(key.clone()),
        Given::Value(_, model::Value::Text(key)) => found.0.push(key.clone()),
        Given::Row(_, items) | Given::List(items) => {
            items.iter().for_each(|item| keys(item, found))
        }
        _ => {}
    }
}

/// Whether everything that is referred to is there.
fn refers(given: &Given) -> bool {
    let mut found = Default::default();
    keys(given, &mut found);
    found.1.iter().all(|key| found.0.contains(key))
}

/// The difference, with a description as small as it can be made.
fn told(seed: u64, pack: &Pack, rule: usize, given: &Given) -> String {
    let mut least = given.clone();
    let mut tries = 0;
    while tries < 3_000 {
        let less = smaller(&least).into_iter().find(|less| {
            tries += 1;
            refers(less) && differ(pack, rule, less).is_some()
        });
        match less {
            Some(less) => least = less,
            None => break,
        }
    }
    let (product, naive) = differ(pack, rule, &least).expect("they differ");
    format!(
        "seed {seed}\n{}\n{}product: {:?}\nnaive:   {:?}\n",
        pack.text([rule].into_iter()),
        pack.schema.yaml("n", &least),
        product[0],
        naive[0]
    )
}

/// Looks at every `of`th pack from one on.
fn look(part: u64, of: u64) {
    let cases = number("FAILBACK_NAIVE_CASES", 2_000);
    let packs = cases.div_ceil(EACH as u64);
    let first = number("FAILBACK_NAIVE_SEED", 0);
    let mut counts: HashMap<Told, usize> = HashMap::new();
    let mut differences = Vec::new();
    let mut looked = 0;
    for seed in (first..first + packs).filter(|seed| seed % of == part) {
        let mut dice = Dice(seed.wrapping_mul(0x5851_F42D_4C95_7F2D) + 1);
        let pack = pack::pack(&mut dice);
        let given: Vec<Given> =
            (0..EACH).map(|_| given::environment(&mut dice, &pack.schema)).collect();
        let chosen: Vec<usize> = (0..pack.rules.len()).collect();
        let (product, naive) = both(&pack, &chosen, &given).unwrap_or_else(|why| {
            panic!("seed {seed}: {why}\n{}", pack.text(chosen.iter().copied()))
        });
        for (at, (product, naive)) in product.iter().zip(&naive).enumerate() {
            looked += 1;
            for (rule, (product, naive)) in product.iter().zip(naive).enumerate() {
                for (outcome, _) in naive {
                    *counts.entry(*outcome).or_default() += 1;
                }
                if product != naive && differences.len() < 3 {
                    differences.push(told(seed, &pack, rule, &given[at]));
                }
            }
        }
        assert!(differences.is_empty(), "they differ:\n\n{}", differences.join("\n"));
    }
    let told: usize = counts.values().sum();
    println!("{looked} environments, {told} outcomes: {counts:?}");
    // Each outcome comes up often enough to mean something.
    for outcome in [Told::Pass, Told::Fail, Told::Unknown, Told::NotApplicable] {
        let count = counts.get(&outcome).copied().unwrap_or_default();
        assert!(count * 50 > told, "{outcome:?} is rare: {count} of {told}");
    }
}

#[test]
fn the_first_part_agrees() {
    look(0, 4);
}

#[test]
fn the_second_part_agrees() {
    look(1, 4);
}

#[test]
fn the_third_part_agrees() {
    look(2, 4);
}

#[test]
fn the_fourth_part_agrees() {
    look(3, 4);
}
