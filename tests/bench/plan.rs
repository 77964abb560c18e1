//! `cargo bench --bench plan`: what a plan costs beside the check of the same description.
//!
//! Generated environments of growing size, one machine in a hundred with a fault; time and peak memory of `check` and
//! of `plan`, each in a process of its own. Every plan is verified, or the figure does not count. `cargo bench --bench
//! plan -- SIZE…` takes other sizes; `cargo bench --bench plan -- random [CASES [FIRST]]` holds 20,000 random sets of faults
//! against what the tests of plans demand.

#[path = "../support/mod.rs"]
mod support;

use std::path::{Path, PathBuf};

use failback::session::{Inputs, Options, Planning, run};
use support::faults;
use support::generate::{self, Faults};
use support::measure::{Measured, measure, told};

const SIZES: [usize; 3] = [1_000, 10_000, 100_000];

/// Random sets of faults, where no other number is asked for.
const CASES: u64 = 20_000;

fn main() {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["one", what, file] => one(what, Path::new(file)),
        ["random"] => faults::hold(CASES, 1),
        ["random", cases] => faults::hold(cases.parse().expect("a number of cases"), 1),
        ["random", cases, seed] => faults::hold(
            cases.parse().expect("a number of cases"),
            seed.parse().expect("the number of the first case"),
        ),
        [] => table(&SIZES),
        sizes => {
            let sizes = sizes.iter().map(|size| size.parse().expect("a number of machines"));
            table(&sizes.collect::<Vec<_>>());
        }
    }
}

/// Measures one thing in this process; the figure is the number of findings, or of steps.
fn one(what: &str, file: &Path) {
    let text = std::fs::read_to_string(file).expect("the generated file is there");
    told(|| {
        let mut inputs = Inputs::shipped();
        inputs.describe("generated.yaml", text);
        let planning = (what == "plan").then(Planning::default);
        run(&inputs, &Options { planning, ..Options::default() }, |report| {
            let environment = report.environments.first().expect("one environment");
            match &environment.plan {
                Some(plan) => {
                    assert!(plan.verified, "the plan is verified: {:?}", plan.limit);
                    plan.steps.len()
                }
                None => environment.evaluation.findings.len(),
            }
        })
    });
}

fn table(sizes: &[usize]) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    println!(
        "{:>9} {:>9} {:>7} {:>9} {:>9} {:>7} {:>7} {:>10} {:>10}",
        "machines",
        "findings",
        "steps",
        "check s",
        "plan s",
        "ratio",
        "growth",
        "check MiB",
        "plan MiB"
    );
    let mut before: Option<Measured> = None;
    for &size in sizes {
        let generated = generate::environment(size, Faults::SOME);
        let file = folder.join(format!("planned-{size}.yaml"));
        std::fs::write(&file, &generated.text).expect("the temporary folder can be written");
        let runs = if size >= 100_000 { 3 } else { 5 };
        let check = measure(&["check"], &file, runs);
        let plan = measure(&["plan"], &file, runs);
        let growth = before.map_or(f64::NAN, |before| plan.seconds / before.seconds);
        println!(
            "{size:>9} {:>9} {:>7} {:>9.3} {:>9.3} {:>7.2} {growth:>7.1} {:>10.1} {:>10.1}",
            check.figure,
            plan.figure,
            check.seconds,
            plan.seconds,
            plan.seconds / check.seconds,
            check.memory,
            plan.memory
        );
        before = Some(plan);
    }
}
