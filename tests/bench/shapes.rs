//! `cargo bench --bench shapes`: descriptions of which little is known, beside the complete estate of the same size.
//!
//! Time and peak memory of a check with its report, each in a process of its own, as ratios to the complete estate, in
//! one run. `cargo bench --bench shapes -- SIZE…` takes other sizes.

#[path = "../support/mod.rs"]
mod support;

use std::path::{Path, PathBuf};

use failback::report::layout::Look;
use failback::report::{Format, render};
use failback::session::{Inputs, Options, run};
use support::measure::{Measured, measure, told};
use support::shapes::{SHAPES, documents};

const SIZES: [usize; 2] = [1_000, 4_000];
/// Documents, each an environment of its own.
const DOCUMENTS: usize = 10_000;

fn main() {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["one", _, file] => one(Path::new(file)),
        [] => table(&SIZES),
        sizes => {
            let sizes = sizes.iter().map(|size| size.parse().expect("a number of machines"));
            table(&sizes.collect::<Vec<_>>());
        }
    }
}

/// Checks one description in this process and tells it; the figure is the number of findings.
fn one(file: &Path) {
    let text = std::fs::read_to_string(file).expect("the generated file is there");
    told(|| {
        let mut inputs = Inputs::shipped();
        inputs.describe("generated.yaml", text);
        run(&inputs, &Options::default(), |report| {
            let text = render(report, Format::Full, &Look::default());
            assert!(!text.is_empty(), "it says something");
            report.environments.iter().map(|one| one.evaluation.findings.len()).sum()
        })
    });
}

fn table(sizes: &[usize]) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let measured = |text: String| {
        let file = folder.join("shape.yaml");
        std::fs::write(&file, text).expect("the temporary folder can be written");
        measure(&["check"], &file, 3)
    };
    println!(
        "{:<32} {:>9} {:>9} {:>9} {:>7} {:>9} {:>7}",
        "shape", "machines", "findings", "s", "x", "MiB", "x"
    );
    for &size in sizes {
        let mut complete: Option<Measured> = None;
        for shape in &SHAPES {
            let taken = measured((shape.text)(size));
            let complete = complete.get_or_insert(taken);
            line(shape.name, size, taken, complete);
        }
    }
    let few = measured(documents(DOCUMENTS / 10));
    line("empty documents", DOCUMENTS / 10, few, &few);
    line("empty documents", DOCUMENTS, measured(documents(DOCUMENTS)), &few);
}

fn line(name: &str, size: usize, taken: Measured, beside: &Measured) {
    println!(
        "{name:<32} {size:>9} {:>9} {:>9.3} {:>7.2} {:>9.1} {:>7.2}",
        taken.figure,
        taken.seconds,
        taken.seconds / beside.seconds,
        taken.memory,
        taken.memory / beside.memory
    );
}
