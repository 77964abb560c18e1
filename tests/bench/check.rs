//! `cargo bench`: generated environments of growing size, with planted faults whose findings are checked.
//!
//! Prints time and peak memory of reading alone, of the whole check, and of rendering; each measurement runs in a
//! process of its own, as peak memory is told per process. `cargo bench -- rules` times each rule alone.

#[path = "../support/mod.rs"]
mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use failback::diagnostic::Diagnostics;
use failback::evaluate::Outcome;
use failback::evaluate::expr::Evaluator;
use failback::facts::conform::conform;
use failback::report::layout::Look;
use failback::report::{Format, render};
use failback::session::{Inputs, Options, run};
use failback::yaml::{Limits, Tree};
use support::generate::{self, Faults};

const SIZES: [usize; 4] = [100, 1_000, 10_000, 100_000];
/// Findings that are rendered.
const RENDERED: usize = 10_000;

fn main() {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["one", "rules", file] => alone(Path::new(file)),
        ["one", what, file] => one(what, Path::new(file)),
        ["rules"] => rules(),
        _ => table(),
    }
}

/// Measures one thing in this process and prints seconds and peak memory in MiB.
fn one(what: &str, file: &Path) {
    let text = std::fs::read_to_string(file).expect("the generated file is there");
    let start = Instant::now();
    let findings = match what {
        "read" => read(text),
        "render" => return rendered(text),
        _ => check(text, Options::default()),
    };
    println!("{} {} {findings}", start.elapsed().as_secs_f64(), peak());
}

/// Renders every finding for people, and prints the seconds that alone took.
fn rendered(text: String) {
    let mut inputs = Inputs::shipped();
    inputs.describe("generated.yaml", text);
    run(&inputs, &Options::default(), |report| {
        let look = Look { all: true, ..Look::default() };
        let start = Instant::now();
        let text = render(report, Format::Full, &look);
        let seconds = start.elapsed().as_secs_f64();
        let found: usize = report.environments.iter().map(|e| e.evaluation.findings.len()).sum();
        assert!(text.matches("error[AGT-002]").count() >= RENDERED, "every finding is shown");
        println!("{seconds} {} {found}", peak());
    });
}

/// Runs each rule alone on the same facts and prints its id, seconds and outcomes, a line each.
fn alone(file: &Path) {
    let text = std::fs::read_to_string(file).expect("the generated file is there");
    let mut inputs = Inputs::shipped();
    let described = inputs.describe("generated.yaml", text);
    let mut tree = Tree::new(&inputs.sources);
    let mut diagnostics = Diagnostics::default();
    tree.read(described, &Limits::default(), &mut diagnostics);
    let roots: Vec<_> = tree.documents().iter().map(|document| document.root).collect();
    let pack = inputs.packs.iter().find(|pack| pack.name == "classic").expect("it is shipped");
    let loaded = failback::session::rules::load(&inputs.sources, pack);
    let rules = &loaded.rules;
    let mut facts = conform(&rules.schema, &tree, &roots, &mut diagnostics);
    assert!(diagnostics.is_empty(), "the generated file is without error");
    let now = facts.as_of();
    facts.age(now.expect("the generated file says when it was written"));
    for (index, rule) in rules.rules.iter().enumerate() {
        let mut evaluator = Evaluator::new(&facts, rules, now);
        evaluator.sum_up(true);
        let start = Instant::now();
        let mut outcomes = 0_usize;
        evaluator.run(index, &mut |seen| outcomes += seen.times);
        println!("{} {} {outcomes}", rule.id, start.elapsed().as_secs_f64());
    }
}

fn read(text: String) -> usize {
    let mut inputs = Inputs::default();
    let file = inputs.describe("generated.yaml", text);
    let mut tree = Tree::new(&inputs.sources);
    let mut diagnostics = Diagnostics::default();
    tree.read(file, &Limits::default(), &mut diagnostics);
    assert!(diagnostics.is_empty(), "the generated file is without error");
    tree.node_count()
}

fn check(text: String, options: Options) -> usize {
    let mut inputs = Inputs::shipped();
    inputs.describe("generated.yaml", text);
    run(&inputs, &options, |report| {
        report.environments.iter().map(|e| e.evaluation.findings.len()).sum()
    })
}

/// Peak resident memory of this process in MiB, where the system tells.
fn peak() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(f64::NAN)
        / 1024.0
}

fn measure(what: &str, file: &Path, runs: usize) -> (f64, f64) {
    let program = std::env::current_exe().expect("the benchmark knows itself");
    let mut times = Vec::new();
    let mut memory: f64 = 0.0;
    for _ in 0..runs {
        let output =
            Command::new(&program).args(["one", what]).arg(file).output().expect("it runs");
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut words = text.split_whitespace().map(|word| word.parse::<f64>().unwrap_or(f64::NAN));
        times.push(words.next().unwrap_or(f64::NAN));
        memory = memory.max(words.next().unwrap_or(f64::NAN));
    }
    times.sort_by(f64::total_cmp);
    (times[times.len() / 2], memory)
}

fn table() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    println!(
        "{:>9} {:>9} {:>10} {:>10} {:>7} {:>10} {:>10} {:>8}",
        "machines", "MB", "read s", "check s", "ratio", "read MiB", "check MiB", "x input"
    );
    for size in SIZES {
        let generated = generate::environment(size, Faults::SOME);
        planted(&generated);
        let file = folder.join(format!("generated-{size}.yaml"));
        std::fs::write(&file, &generated.text).expect("the temporary folder can be written");
        let runs = if size >= 100_000 { 3 } else { 7 };
        let (read, read_memory) = measure("read", &file, runs);
        let (check, check_memory) = measure("check", &file, runs);
        let megabytes = generated.text.len() as f64 / 1e6;
        let times_input = (check_memory - 16.0) / (generated.text.len() as f64 / 1048576.0);
        println!(
            "{size:>9} {megabytes:>9.2} {read:>10.4} {check:>10.4} {:>7.2} {read_memory:>10.1} {check_memory:>10.1} {times_input:>8.2}",
            check / read
        );
    }
    let generated = generate::environment(RENDERED, Faults { services: 1, ..Faults::NONE });
    let file = folder.join("generated-faults.yaml");
    std::fs::write(&file, &generated.text).expect("the temporary folder can be written");
    let (render, _) = measure("render", &file, 5);
    println!("rendering {RENDERED} findings in full: {render:.2} s");
    cold_start(&folder);
}

/// The planted faults, and no others, come out.
fn planted(generated: &generate::Generated) {
    let mut inputs = Inputs::shipped();
    inputs.describe("generated.yaml", generated.text.clone());
    run(&inputs, &Options::default(), |report| {
        let environment = report.environments.first().expect("one environment");
        let found = environment.evaluation.findings.iter();
        let found = found.filter(|f| {
            f.outcome == Outcome::Fail
                && environment.rules.rules[f.rule].level == failback::compile::ir::Level::Error
        });
        let mut found: Vec<String> = found.map(|finding| finding.id.clone()).collect();
        found.sort();
        assert_eq!(found, generated.expected, "the planted faults");
    });
}

fn cold_start(folder: &Path) {
    let generated = generate::environment(10, Faults::NONE);
    let file = folder.join("generated-10.yaml");
    std::fs::write(&file, &generated.text).expect("the temporary folder can be written");
    let program = env!("CARGO_BIN_EXE_failback");
    let mut times: Vec<Duration> = (0..50)
        .map(|_| {
            let start = Instant::now();
            let output = Command::new(program).arg("check").arg(&file).output().expect("it runs");
            assert!(!output.stdout.is_empty(), "it says something");
            start.elapsed()
        })
        .collect();
    times.sort();
    println!(
        "cold start of `check` on ten machines: {:.1} ms",
        times[times.len() / 2].as_secs_f64() * 1e3
    );
}

/// Each rule alone at 10,000 and 100,000 machines, without the reading: growth must stay linear.
fn rules() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let mut files = Vec::new();
    for size in [10_000, 100_000] {
        let generated = generate::environment(size, Faults::SOME);
        let file = folder.join(format!("generated-{size}.yaml"));
        std::fs::write(&file, &generated.text).expect("the temporary folder can be written");
        files.push(file);
    }
    let program = std::env::current_exe().expect("the benchmark knows itself");
    let measured: Vec<Vec<(String, f64, f64)>> = files
        .iter()
        .map(|file| {
            let output =
                Command::new(&program).args(["one", "rules"]).arg(file).output().expect("it runs");
            String::from_utf8_lossy(&output.stdout).lines().filter_map(told).collect()
        })
        .collect();
    println!("{:<8} {:>10} {:>10} {:>7} {:>10}", "rule", "10k ms", "100k ms", "growth", "outcomes");
    for (small, large) in measured[0].iter().zip(&measured[1]) {
        println!(
            "{:<8} {:>10.2} {:>10.2} {:>7.1} {:>10}",
            small.0,
            small.1 * 1e3,
            large.1 * 1e3,
            large.1 / small.1,
            large.2
        );
    }
    let total = |rules: &[(String, f64, f64)]| rules.iter().map(|rule| rule.1).sum::<f64>();
    let (small, large) = (total(&measured[0]), total(&measured[1]));
    println!("{:<8} {:>10.2} {:>10.2} {:>7.1}", "all", small * 1e3, large * 1e3, large / small);
}

/// Reads a line of what a process told of a rule: its id, seconds, outcomes.
fn told(line: &str) -> Option<(String, f64, f64)> {
    let mut words = line.split_whitespace();
    let rule = words.next()?.to_owned();
    Some((rule, words.next()?.parse().ok()?, words.next()?.parse().ok()?))
}
