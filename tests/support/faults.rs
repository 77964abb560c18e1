//! Random sets of faults that can be mended: every plan is verified and keeps its word.

use std::sync::atomic::{AtomicU64, Ordering};

use failback::compile::ir::RuleSet;
use failback::plan::Consent;
use failback::session::{Inputs, Options, run};

use crate::support::described::{self, READY, Wish, changed};
use crate::support::follow::{by_rules, follow, has_fix, planned};
use crate::support::generate::{Faults, environment};
use crate::support::rows::{Row, rows};

/// SplitMix64: small, and the same everywhere.
pub struct Dice(pub u64);

impl Dice {
    /// One side of so many.
    pub fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((mixed ^ (mixed >> 31)) % sides.max(1) as u64) as usize
    }
}

/// A number that the caller may give by an environment variable.
pub fn number(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |text| text.parse().expect("a number"))
}

/// Rows all of whose findings are failures with a fix.
fn remediable(rules: &RuleSet) -> Vec<Row> {
    let mends = |row: &Row| {
        !row.finds.is_empty()
            && row.finds.iter().all(|line| {
                line.contains(" fail at ") && has_fix(rules, line.split(' ').next().unwrap_or(""))
            })
    };
    rows().into_iter().filter(mends).collect()
}

/// Whether two rows speak of different facts, so that one can follow the other.
fn apart(one: &Row, other: &Row) -> bool {
    let inside = |a: &str, b: &str| {
        !a.ends_with('+')
            && !b.ends_with('+')
            && (a == b || a.starts_with(&format!("{b}/")) || b.starts_with(&format!("{a}/")))
    };
    let addresses = |row: &Row| -> Vec<String> {
        row.wishes.iter().map(|wish| wish.address().to_owned()).collect()
    };
    // A list that one replaces or shortens is not a list in which the other counts.
    let list = |address: &str| address.rsplit_once('/').map(|(list, _)| list.to_owned());
    let counts = |address: &String| {
        address.rsplit('/').next().is_some_and(|last| last == "+" || last.parse::<usize>().is_ok())
    };
    let made = |row: &Row| -> Vec<String> {
        let wishes = row.wishes.iter().filter_map(|wish| match wish {
            Wish::Set(address, value) if address.ends_with('+') => value["id"].as_str(),
            _ => None,
        });
        wishes.map(str::to_owned).collect()
    };
    if made(one).iter().any(|id| made(other).contains(id)) {
        return false;
    }
    let (one, other) = (addresses(one), addresses(other));
    one.iter().all(|a| {
        other.iter().all(|b| {
            let grows =
                |x: &String, y: &String| counts(x) && list(x).is_some_and(|list| y == &list);
            !inside(a, b) && !grows(a, b) && !grows(b, a)
        })
    })
}

/// One to eight faults in the ready example, and what they are.
fn described_case(dice: &mut Dice, pool: &[Row]) -> (String, String) {
    let wanted = 1 + dice.roll(8);
    let mut chosen: Vec<&Row> = Vec::new();
    for _ in 0..wanted * 3 {
        let row = &pool[dice.roll(pool.len())];
        if chosen.len() < wanted && chosen.iter().all(|other| apart(row, other)) {
            chosen.push(row);
        }
    }
    let mut text = READY.to_owned();
    for row in &chosen {
        text = changed(&text, &row.wishes);
    }
    let names: Vec<&str> = chosen
        .iter()
        .flat_map(|row| &row.finds)
        .map(|line| line.split(' ').next().unwrap_or(""))
        .collect();
    (text, names.join(" "))
}

fn generated_case(dice: &mut Dice) -> (String, String) {
    let mut every = |most: usize| if dice.roll(2) == 0 { 0 } else { 1 + dice.roll(most) };
    let faults = Faults {
        snapshots: every(2),
        services: every(6),
        disk_uuids: every(5),
        datastores: every(4),
        terminal: 0,
        free_hosts: every(2),
    };
    let machines = 1 + dice.roll(12);
    let generated = environment(machines, faults);
    (generated.text, format!("{machines} machines: {}", generated.expected.join(" ")))
}

fn is_without_error(text: &str) -> bool {
    let mut inputs = Inputs::shipped();
    inputs.describe("site.yaml", text);
    run(&inputs, &Options::default(), |report| report.environments[0].errors.is_empty())
}

/// What is wrong with the plan of a case; the number of its steps.
fn one_case(case: u64, rules: &RuleSet, pool: &[Row]) -> (String, usize) {
    let mut dice = Dice(case);
    let (text, name) = match dice.roll(5) {
        0 => generated_case(&mut dice),
        _ => described_case(&mut dice, pool),
    };
    let plan = planned(&text, rules, &Consent::default());
    let mut problems = follow(&text, rules, &plan, &|text| by_rules(text, rules));
    if !plan.verified {
        let told: Vec<_> = plan.unresolved.iter().map(|left| (&left.id, &left.why)).collect();
        problems.push(format!("not verified, {told:?}"));
    }
    let mut wrong = String::new();
    if !problems.is_empty() {
        let clean = if is_without_error(&text) { "" } else { " (with errors)" };
        wrong += &format!("case {case}{clean}, {name}:\n");
        problems.iter().for_each(|problem| wrong += &format!("  {problem}\n"));
        let calls = plan.steps.iter().map(|step| step.call.as_str());
        wrong += &format!("  plan: {}\n", calls.collect::<Vec<_>>().join(" > "));
    }
    (wrong, plan.steps.len())
}

/// Holds so many cases against all that a plan promises, side by side on all cores.
pub fn hold(cases: u64, seed: u64) {
    let workers = std::thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicU64::new(seed);
    let told: Vec<(String, usize)> = std::thread::scope(|scope| {
        let work = || {
            let case = || Some(next.fetch_add(1, Ordering::Relaxed));
            each(std::iter::from_fn(case).take_while(|case| *case < seed + cases))
        };
        let running: Vec<_> = (0..workers).map(|_| scope.spawn(work)).collect();
        running.into_iter().flat_map(|worker| worker.join().expect("no panic")).collect()
    });
    judge(&told);
}

/// Holds some cases against all that a plan promises, one after another.
pub fn some(cases: impl Iterator<Item = u64>) {
    judge(&each(cases));
}

fn each(cases: impl Iterator<Item = u64>) -> Vec<(String, usize)> {
    let rules = described::shipped();
    let pool = remediable(&rules);
    cases.map(|case| one_case(case, &rules, &pool)).collect()
}

fn judge(told: &[(String, usize)]) {
    let steps: usize = told.iter().map(|(_, steps)| steps).sum();
    let wrong: Vec<&str> =
        told.iter().map(|(wrong, _)| wrong.as_str()).filter(|wrong| !wrong.is_empty()).collect();
    println!("{} cases, {steps} steps, {} failed", told.len(), wrong.len());
    let first: String = wrong.iter().take(20).copied().collect();
    assert!(wrong.is_empty(), "{} of {}\n{first}", wrong.len(), told.len());
}
