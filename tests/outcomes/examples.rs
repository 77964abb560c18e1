//! What each example tells: findings, machines, verdict and exit code.

use std::process::Command;

use failback::compile::ir::Level;
use failback::session::{Inputs, Options, run};

/// All that one example says, a line each; questions too where they are asked for.
fn told(name: &str, text: &str, questions: bool) -> String {
    let mut inputs = Inputs::shipped();
    inputs.describe(name, text);
    run(&inputs, &Options::default(), |report| {
        let mut lines = Vec::new();
        for error in report.errors.iter().chain(report.environments.iter().flat_map(|e| &e.errors))
        {
            lines.push(format!("error: {}", error.message));
        }
        for checked in &report.environments {
            for finding in &checked.evaluation.findings {
                let level = match checked.rules.rules[finding.rule].level {
                    Level::Error => finding.outcome.word(),
                    Level::Warning => "warning",
                    Level::Note => "note",
                };
                let silent = level != finding.outcome.word() && finding.outcome.word() == "unknown";
                let blocks: Vec<String> =
                    finding.blocks.iter().map(|unit| checked.facts.name(*unit)).collect();
                let silent = if silent { " (unknown)" } else { "" };
                lines.push(format!("{level}{silent} {} blocks {}", finding.id, blocks.join(", ")));
                for question in finding.questions.iter().filter(|_| questions) {
                    lines.push(format!("    {}", question.path));
                }
            }
            for unit in &checked.evaluation.units {
                lines.push(format!("{} is {}", unit.id, unit.readiness.word()));
            }
            lines.push(checked.evaluation.verdict.word().to_owned());
        }
        lines.push(format!("exit {}", report.exit_code()));
        lines.join("\n")
    })
}

/// Compares with what is held in a file; `UPDATE_EXPECTED=1 cargo test` writes it anew.
fn same(name: &str, told: &str) {
    let file = format!("{}/tests/outcomes/{name}.txt", env!("CARGO_MANIFEST_DIR"));
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        std::fs::write(&file, format!("{told}\n")).expect("the expectation can be written");
    }
    let expected = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(told, expected.trim_end(), "\n{told}\n");
}

#[test]
fn the_ready_example_is_open() {
    let text = include_str!("../../examples/ready/site.yaml");
    let expected = "\
note REQ-022:request/items/files01 blocks files01
erp01 is ready
erp02 is ready
web01 is ready
files01 is ready
open
exit 0";
    assert_eq!(told("examples/ready/site.yaml", text, false), expected);
}

#[test]
fn the_first_failback_is_closed_for_its_reasons() {
    let text = include_str!("../../examples/first-failback/site.yaml");
    let told = told("examples/first-failback/site.yaml", text, true);
    same("first-failback", &told);
}

#[test]
fn the_recorded_moment_is_full_of_questions() {
    let text = include_str!("../../examples/win-4003/site.yaml");
    let told = told("examples/win-4003/site.yaml", text, true);
    same("win-4003", &told);
}

/// The whole output of a check as a person sees it, and its exit code. `UPDATE_EXPECTED=1 cargo test` writes it anew.
fn shown(name: &str, exit: i32) {
    let root = env!("CARGO_MANIFEST_DIR");
    let output = Command::new(env!("CARGO_BIN_EXE_failback"))
        .current_dir(root)
        .args(["check", "--color", "never", &format!("examples/{name}")])
        .env("COLUMNS", "80")
        .output()
        .expect("the program runs");
    assert_eq!(output.status.code(), Some(exit), "{}", String::from_utf8_lossy(&output.stderr));
    let found = String::from_utf8(output.stdout).expect("the output is text");
    let file = format!("{root}/examples/{name}/expected.txt");
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        std::fs::write(&file, &found).expect("the expectation can be written");
    }
    let expected = std::fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(found, expected, "\n{found}");
}

#[test]
fn the_examples_print_what_their_folders_say() {
    shown("ready", 0);
    shown("first-failback", 1);
    shown("win-4003", 3);
}
