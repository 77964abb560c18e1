//! The README is true: its commands exist, its transcripts are what the program prints, its links lead somewhere.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

use tempfile::TempDir;

const README: &str = include_str!("../README.md");
/// Stands where a transcript leaves something out.
const LEFT_OUT: &str = "[…]";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// What the program prints in a folder.
fn output(folder: &Path, arguments: &[&str]) -> String {
    let output = Command::new(env!("CARGO_BIN_EXE_failback"))
        .args(arguments)
        .current_dir(folder)
        .env_remove("FAILBACK_FORMAT")
        .env("NO_COLOR", "1")
        .env("COLUMNS", "80")
        .output()
        .expect("the program runs");
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// The blocks of a language.
fn blocks<'a>(page: &'a str, language: &str) -> Vec<&'a str> {
    let fence = format!("\n```{language}\n");
    let rest = page.split(fence.as_str()).skip(1);
    rest.map(|rest| rest.split("\n```").next().unwrap_or_default()).collect()
}

#[test]
fn every_command_is_told_and_exists() {
    let help = output(root(), &["--help"]);
    let (_, commands) = help.split_once("Commands:\n").expect("a list of commands");
    let exist: BTreeSet<&str> = commands
        .lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    let told: BTreeSet<&str> = README
        .lines()
        .filter_map(|line| line.strip_prefix("| `failback "))
        .filter_map(|rest| rest.split([' ', '`']).next())
        .collect();
    assert_eq!(told, exist);
    let mentioned = regex::Regex::new(r"failback ([a-z][a-z-]*)\b[^.:]").expect("an expression");
    let code =
        regex::Regex::new(r"(?m)`failback [^`]+`|^(?:\$ )?failback .*$").expect("an expression");
    for found in code.find_iter(README) {
        for captures in mentioned.captures_iter(found.as_str()) {
            let name = captures.get(1).map_or("", |name| name.as_str());
            assert!(exist.contains(name) || name == "help", "`{}`", found.as_str());
        }
    }
}

#[test]
fn transcripts_are_what_the_program_prints() {
    // A copy of what they speak of, beside the description that the page shows.
    let folder = TempDir::new().expect("a folder");
    copy(&root().join("examples"), &folder.path().join("examples"));
    for block in blocks(README, "yaml").iter().filter(|block| block.starts_with("# office.yaml\n"))
    {
        fs::write(folder.path().join("office.yaml"), block).expect("a file");
    }
    let mut runs = 0;
    for block in blocks(README, "console") {
        for run in block.split("$ ").skip(1) {
            let (command, shown) = run.split_once('\n').unwrap_or((run, ""));
            let arguments: Vec<&str> = command.split_whitespace().skip(1).collect();
            assert!(command.starts_with("failback "), "{command}");
            follows(command, shown, &output(folder.path(), &arguments));
            runs += 1;
        }
    }
    assert!(runs > 5, "{runs} commands were run");
}

/// What is shown was printed, and nothing was left out in silence.
fn follows(command: &str, shown: &str, printed: &str) {
    let mut rest = printed;
    let parts: Vec<&str> = shown.split(LEFT_OUT).map(|part| part.trim_matches('\n')).collect();
    for (number, part) in parts.iter().enumerate() {
        let at = rest.find(part);
        let at = at.unwrap_or_else(|| panic!("{command} does not print\n{part}\nbut\n{printed}"));
        let silent = number == 0 && !rest[..at].trim().is_empty();
        assert!(!silent, "{command} prints something before\n{part}");
        rest = &rest[at + part.len()..];
    }
    let open = parts.last().is_some_and(|part| part.is_empty());
    assert!(open || rest.trim().is_empty(), "{command} prints more:\n{rest}");
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).expect("a folder");
    for entry in fs::read_dir(from).expect("a folder").flatten() {
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

#[test]
fn rules_that_are_shown_stand_in_the_pack() {
    let pack = fs::read_to_string(root().join("examples/own-rules/upgrade.gate")).expect("a file");
    let shown = blocks(README, "gate");
    assert!(shown.len() >= 2);
    for declaration in shown.iter().flat_map(|block| block.split("\n\n")) {
        assert!(pack.contains(declaration), "not in the pack:\n{declaration}");
    }
}

#[test]
fn links_lead_somewhere() {
    let link = regex::Regex::new(r"\]\(([^)#:]+)\)").expect("an expression");
    for page in ["README.md", "CHANGELOG.md", "docs/language.md"] {
        let path = root().join(page);
        let text = fs::read_to_string(&path).expect("a page");
        let folder = path.parent().expect("a folder");
        for captures in link.captures_iter(&text) {
            assert!(folder.join(&captures[1]).exists(), "{page}: {}", &captures[1]);
        }
    }
}
