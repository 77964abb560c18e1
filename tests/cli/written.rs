//! What is written, and who is listening: build servers, nobody, or a reader that has seen enough.

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::program::{HEAD, PACK, Run};

/// What build servers obey at the start of a line, or anywhere.
const COMMANDS: [&str; 7] = [
    "::error::x",
    "::set-output name=a::b",
    "##[error]x",
    "##vso[task.complete]x",
    "##teamcity[message]",
    "\u{a0}::warning file=a,line=1::x",
    ":::error::x",
];

/// Whether a build server would obey this line.
fn obeyed(line: &str) -> bool {
    let mut start = line.trim_start();
    while let Some(color) = start.strip_prefix("\u{1b}[") {
        start = color.split_once('m').expect("a colour ends").1.trim_start();
    }
    let after = line.match_indices("##").map(|(at, _)| line[at..].trim_start_matches('#'));
    let named = |rest: &str| rest.trim_start_matches(|c: char| c.is_alphabetic()).starts_with('[');
    start.starts_with("::") || after.into_iter().any(named)
}

/// A text that holds commands between words, so that a line may break before any of them.
fn text() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        3 => proptest::sample::select(&COMMANDS[..]).prop_map(str::to_owned),
        4 => "[a-z]{1,18}",
        1 => Just("#".to_owned()),
        1 => Just(String::new()),
    ];
    proptest::collection::vec(word, 1..7).prop_map(|words| words.join(" "))
}

#[test]
fn no_line_of_any_form_is_a_command_to_a_build_server() {
    let config = Config { cases: 6, failure_persistence: None, ..Config::default() };
    let strategy = (proptest::collection::vec(text(), 12), 40..110usize, 0..4u8);
    let ran = TestRunner::new(config).run(&strategy, |(texts, width, look)| {
        let quoted = |at: usize| serde_json::to_string(&texts[at]).expect("JSON");
        let mut site = format!("{}servers:\n", HEAD.replace("lab", &quoted(0)));
        for at in 1..8 {
            let state = ["running", "stopped", "unknown"][at % 3];
            site.push_str(&format!(
                "  - id: {}\n    state: {state}\n    model: {}\n    snapshots: [{{ name: {} }}]\n    joined: unknown\n    peer: {}\n",
                serde_json::to_string(&format!("{} {at}", texts[at])).expect("JSON"),
                quoted(8), quoted(9), quoted(10),
            ));
        }
        let words = texts[11].replace('{', "");
        let pack = PACK.replace("so nothing can be done with it", &words)
            .replace("A server has joined", &words)
            .replace("What does not run does nothing.", &words)
            .replace("Console > {s} > Start", &format!("{words} {{s}}"))
            .replace("start {s}", &format!("start {{s}} {words}"));
        let commands = [
            "check site.yaml --rules rules --all",
            "check site.yaml --rules rules --format concise",
            "check site.yaml --rules rules --format json",
            "plan site.yaml --rules rules --all",
            "plan site.yaml --rules rules --format concise",
            "plan site.yaml --rules rules --format json",
            "plan site.yaml --rules rules --format markdown",
            "plan site.yaml --rules rules --format dot",
            "plan site.yaml --rules rules --format mermaid",
            "ask site.yaml --rules rules",
            "ask site.yaml --rules rules --format yaml",
            "ask site.yaml --rules rules --format json",
            "what-if site.yaml --rules rules --all --set asOf=2020-01-01T00:00:00Z",
            "explain SRV-001 --rules rules",
            "rules --rules rules --trace",
            "rules --rules rules --markdown",
            "lint rules --all",
        ];
        for command in commands {
            let run = Run::new(command).file("site.yaml", &site).file("rules/demo.gate", &pack);
            let run = run.variable("COLUMNS", &width.to_string());
            let run = match look {
                0 => run,
                1 => run.variable("LANG", "C"),
                2 => run.variable("NO_GRAPHICS", "1"),
                _ => run.argument("--color").argument("always"),
            };
            refused(&run, command)?;
        }
        for arguments in [["check", &texts[0]], ["explain", &texts[1]], ["--what", &texts[2]]] {
            let with_line = format!("x\n{}", arguments[1]);
            let run = Run::new(arguments[0]).argument(&with_line);
            refused(&run, arguments[0])?;
        }
        Ok(())
    });
    ran.unwrap_or_else(|error| panic!("{error}"));
}

fn refused(run: &Run, command: &str) -> Result<(), TestCaseError> {
    let done = run.done();
    prop_assert!((0..=5).contains(&done.code), "{command}: {}", done.code);
    for line in done.out.lines().chain(done.err.lines()) {
        prop_assert!(!obeyed(line), "{command}: {line:?}");
    }
    Ok(())
}

#[test]
fn a_command_that_wrapping_moves_to_the_start_of_a_line_is_broken() {
    let site = format!(
        "{HEAD}asOf: 2026-01-01T00:00:00Z\nservers:\n  - {{ id: \"{} ::error::x\", state: stopped }}\n",
        "a".repeat(30)
    );
    let run = Run::new("check site.yaml --rules rules").pack().file("site.yaml", site);
    let done = run.variable("COLUMNS", "40").done().code(1);
    assert!(done.out.contains("\n  : :error::x"), "{}", done.out);
}

#[cfg(unix)]
mod listeners {
    use std::fs::{self, File};
    use std::io::Write;
    use std::path::Path;
    use std::process::{Command, Stdio};

    use super::*;
    use crate::support::program::program;

    const STOPPED: &str =
        "servers:\n  - { id: a, state: stopped, model: new, snapshots: [], joined: true }\n";

    fn shell(command: &str, arguments: &[&str]) -> (i32, String) {
        let run = Run::new("").pack().file("site.yaml", format!("{HEAD}{STOPPED}"));
        let mut shell = Command::new("sh");
        shell.args(["-c", command, "sh"]).arg(program()).args(arguments);
        let done = shell.current_dir(run.path()).output().expect("a shell");
        let code = done.status.code().expect("an exit code");
        (code, String::from_utf8_lossy(&done.stderr).into_owned())
    }

    #[test]
    fn a_result_that_reaches_nobody_is_no_verdict() {
        let check = ["check", "site.yaml", "--rules", "rules"];
        for arguments in [&check[..], &["--help"], &["schema"], &["plan", "site.yaml"]] {
            let (code, told) = shell("\"$@\" >&-", arguments);
            let message = "error: cannot write the result: standard output is closed\n";
            assert!(code == 2 && told.ends_with(message), "{arguments:?}: {code} {told}");
        }
        // Nobody has to read why.
        assert_eq!(shell("\"$@\" 2>&-", &check).0, 1);
        // Somebody who wants only the code says so.
        assert_eq!(shell("\"$@\" >/dev/null", &check).0, 1);
        assert_eq!(shell("\"$@\" 1<>/dev/null", &check).0, 1);
    }

    #[test]
    fn what_cannot_be_written_is_told() {
        if !Path::new("/dev/full").exists() {
            return;
        }
        let (code, told) = shell("\"$@\" >/dev/full", &["check", "site.yaml", "--rules", "rules"]);
        assert!(code == 2 && told.starts_with("error: cannot write the result: "), "{code} {told}");
    }

    #[test]
    fn a_reader_that_has_seen_enough_changes_no_code() {
        let run = Run::new("").pack();
        let mut child = Command::new(program())
            .args(["check", "-", "--rules", "rules"])
            .current_dir(run.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        // The program waits for its input, so the reader is gone before anything is written.
        drop(child.stdout.take());
        let site = format!("{HEAD}{STOPPED}");
        child.stdin.take().expect("a pipe").write_all(site.as_bytes()).expect("it reads");
        let done = child.wait_with_output().expect("the program ends");
        assert_eq!(done.status.code(), Some(1));
        assert_eq!(String::from_utf8_lossy(&done.stderr), "");
    }

    #[test]
    fn devices_and_pipes_are_no_files_to_write() {
        let run = Run::new("").file("in/a.csv", "x\n");
        let pipe = run.path().join("pipe.yaml");
        assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
        for target in ["/dev/full", "/dev/zero", "/dev/null", "pipe.yaml", "in"] {
            if target.starts_with('/') && !Path::new(target).exists() {
                continue;
            }
            for option in ["-o", "--into", "--provenance"] {
                let run = Run::new(&format!("import in {option} {target}")).file("in/a.csv", "x\n");
                let pipe = run.path().join("pipe.yaml");
                assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo").success());
                let what = if target == "in" { "a folder" } else { "a device or a pipe" };
                run.done().code(2).complains(&format!("`{target}`: it is {what}, not a file\n"));
            }
        }
        // Nor is what is beside a description.
        let run = Run::new("import in -o site.yaml").file("in/a.csv", "x\n");
        let beside = run.path().join("site.provenance.json");
        assert!(Command::new("mkfifo").arg(&beside).status().expect("mkfifo").success());
        run.done().code(2).complains("it is a device or a pipe, not a file");
        assert!(File::open(run.path().join("site.yaml")).is_err());
        assert_eq!(fs::read_dir(run.path()).expect("a folder").count(), 2);
    }
}
