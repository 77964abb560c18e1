//! What pipelines start: the steps of the action, cut out and run as a runner does; the hook and templates; the matcher.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use regex::Regex;
use serde_yaml::Value;
use tempfile::TempDir;

use crate::reports::SITE;
use crate::support::program::{HEAD, PACK, program};

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn yaml(path: &str) -> Value {
    let text = fs::read_to_string(root().join(path)).expect("a file");
    serde_yaml::from_str(&text).expect("YAML")
}

/// A folder with a description and the demonstration pack.
fn folder(site: &str) -> TempDir {
    let folder = TempDir::new().expect("a folder");
    for (name, text) in
        [("sites/a b.yaml", format!("{HEAD}{site}")), ("rules/demo.gate", PACK.to_owned())]
    {
        let path = folder.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, text).expect("a file");
    }
    folder
}

/// Whether a program is here at all.
fn is_here(name: &str) -> bool {
    let found = Command::new(name).arg("--version").output().is_ok();
    if !found {
        println!("skipped: no {name}");
    }
    found
}

/// Runs a script as the runner does: `bash -eo pipefail`, inputs by the environment only.
fn bash(script: &str, folder: &Path, variables: &BTreeMap<&str, String>) -> (i32, String) {
    let mut command = Command::new("bash");
    command.args(["--noprofile", "--norc", "-euo", "pipefail", "-c", script]).current_dir(folder);
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).envs(variables);
    let output = command.output().expect("bash");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (output.status.code().unwrap_or(-1), text + &String::from_utf8_lossy(&output.stderr))
}

fn step(action: &Value, name: &str) -> (String, Value) {
    let steps = action["runs"]["steps"].as_sequence().expect("steps");
    let step = steps.iter().find(|step| step["name"] == name).expect("a step");
    (step["run"].as_str().expect("a script").to_owned(), step["env"].clone())
}

#[test]
fn the_action_takes_inputs_by_the_environment_alone() {
    let action = yaml("action.yml");
    for step in action["runs"]["steps"].as_sequence().expect("steps") {
        let script = step["run"].as_str().expect("a script");
        assert!(!script.contains("${{"), "{script}");
        assert_eq!(step["shell"], "bash");
    }
}

#[test]
fn the_action_annotates_writes_the_comment_and_ends_with_the_verdict() {
    if !is_here("bash") {
        return;
    }
    let action = yaml("action.yml");
    for (site, code) in [
        (SITE, 1),
        ("servers: [{ id: a, state: running, model: new, snapshots: [], joined: true }]\n", 0),
    ] {
        let folder = folder(site);
        let temp = TempDir::new().expect("a folder");
        let path = |name: &str| temp.path().join(name).to_string_lossy().into_owned();
        let program = program().to_string_lossy().into_owned();
        let mut variables = BTreeMap::from([
            ("RUNNER_TEMP", path("")),
            ("GITHUB_OUTPUT", path("output")),
            ("GITHUB_STEP_SUMMARY", path("summary")),
            ("INPUT_PATHS", "sites".to_owned()),
            ("INPUT_RULES", "rules".to_owned()),
            ("INPUT_LOCK", String::new()),
            ("INPUT_PROGRAM", program),
            ("INPUT_SARIF", path("failback.sarif")),
        ]);
        let (script, env) = step(&action, "Check");
        let named: Vec<&str> =
            env.as_mapping().expect("names").keys().filter_map(Value::as_str).collect();
        assert!(named.iter().all(|name| variables.contains_key(name)), "{named:?}");
        let (ended, out) = bash(&script, folder.path(), &variables);
        assert_eq!(ended, 0, "the comment is written whatever the verdict: {out}");
        let annotated = out.contains("::error file=sites/a b.yaml,line=6,endLine=6,");
        assert_eq!(annotated, code == 1, "{out}");
        assert_eq!(fs::read_to_string(path("output")).expect("outputs"), format!("code={code}\n"));
        let comment = fs::read_to_string(path("failback.md")).expect("the comment");
        assert!(comment.starts_with("<!-- failback -->\n"));
        assert_eq!(fs::read_to_string(path("summary")).expect("a summary"), comment);
        assert!(temp.path().join("failback.sarif").is_file());
        variables.insert("CODE", code.to_string());
        assert_eq!(bash(&step(&action, "Verdict").0, folder.path(), &variables).0, code);
    }
}

/// A program `gh` that answers with the comments in a file and writes down what it is asked.
const GH: &str = r#"#!/usr/bin/env bash
echo "$*" >> "$ASKED"
case "$*" in *--paginate*) cat "$COMMENTS";; esac
"#;

#[cfg(unix)]
#[test]
fn the_comment_is_rewritten_and_not_repeated() {
    use std::os::unix::fs::PermissionsExt;
    if !is_here("bash") {
        return;
    }
    let (script, _) = step(&yaml("action.yml"), "Comment");
    for (known, asked) in [
        ("", "repos/a/b/issues/7/comments -F"),
        ("41\n", "-X PATCH repos/a/b/issues/comments/41 -F"),
    ] {
        let temp = TempDir::new().expect("a folder");
        let path = |name: &str| temp.path().join(name).to_string_lossy().into_owned();
        fs::write(path("gh"), GH).expect("a program");
        fs::set_permissions(path("gh"), fs::Permissions::from_mode(0o755)).expect("permissions");
        fs::write(path("comments"), known).expect("comments");
        fs::write(path("failback.md"), "<!-- failback -->\n").expect("a comment");
        let search = format!("{}:{}", path(""), std::env::var("PATH").unwrap_or_default());
        let variables = BTreeMap::from([
            ("RUNNER_TEMP", path("").trim_end_matches('/').to_owned()),
            ("PATH", search),
            ("ASKED", path("asked")),
            ("COMMENTS", path("comments")),
            ("GH_TOKEN", "x".to_owned()),
            ("REPOSITORY", "a/b".to_owned()),
            ("NUMBER", "7".to_owned()),
        ]);
        let (code, out) = bash(&script, temp.path(), &variables);
        assert_eq!(code, 0, "{out}");
        let all = fs::read_to_string(path("asked")).expect("what was asked");
        assert_eq!(all.lines().count(), 2, "{all}");
        assert!(all.lines().nth(1).expect("the second").contains(asked), "{all}");
    }
}

#[test]
fn the_hook_checks_all_files_of_an_environment_whichever_changed() {
    let hooks = yaml(".pre-commit-hooks.yaml");
    let hook = &hooks[0];
    assert_eq!(hook["id"], "failback");
    assert_eq!(hook["pass_filenames"], false);
    assert_eq!(hook["require_serial"], true);
    let args = hook["args"].as_sequence().expect("arguments").iter();
    let entry = hook["entry"].as_str().expect("a command").split(' ').skip(1);
    let arguments: Vec<&str> = entry.chain(args.filter_map(Value::as_str)).collect();
    let folder =
        folder("servers: [{ id: a, state: running, model: new, snapshots: [], joined: true }]\n");
    fs::write(folder.path().join("failback.toml"), "rules = \"rules\"\n").expect("a file");
    // The other file of the same environment.
    let second = format!(
        "{HEAD}servers: [{{ id: b, state: stopped, model: new, snapshots: [], joined: true }}]\n"
    );
    fs::write(folder.path().join("sites/second.yaml"), second).expect("a file");
    let done = Command::new(program()).args(&arguments).current_dir(folder.path()).output();
    let done = done.expect("the program");
    let out = String::from_utf8_lossy(&done.stdout);
    assert_eq!(done.status.code(), Some(1), "{out}");
    assert!(out.contains("1 of 2 servers ready"), "{out}");
    let changed =
        Regex::new(hook["files"].as_str().expect("an expression")).expect("an expression");
    assert!(["a.yaml", "a/b.yml", "c.json", "d.gate"].iter().all(|name| changed.is_match(name)));
}

#[test]
fn the_templates_run_what_the_program_knows() {
    let gitlab = yaml("ci/gitlab.yml");
    let script = gitlab["failback"]["script"][0].as_str().expect("a script").to_owned();
    let azure = yaml("ci/azure-pipelines.yml");
    let steps = azure["steps"][0]["bash"].as_str().expect("a script").to_owned();
    if !is_here("bash") {
        return;
    }
    for (script, written) in [(script, "failback-quality.json"), (steps, "failback-junit.xml")] {
        let folder = folder(SITE);
        fs::write(folder.path().join("failback.toml"), "rules = \"rules\"\n").expect("a file");
        let here = folder.path().to_string_lossy().into_owned();
        let script = script.replace("failback check", &format!("'{}' check", program().display()));
        let variables =
            BTreeMap::from([("FAILBACK_PATHS", "sites".to_owned()), ("AGENT_TEMPDIRECTORY", here)]);
        let (code, out) = bash(&script, folder.path(), &variables);
        assert_eq!(code, 1, "{out}");
        assert!(folder.path().join(written).is_file(), "{out}");
    }
}

#[test]
fn the_matcher_reads_each_line_of_the_concise_form() {
    let text = fs::read_to_string(root().join("ci/problem-matcher.json")).expect("the matcher");
    let matcher: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let folder = folder(SITE);
    let mut check = Command::new(program());
    check.args(["check", "--format", "concise", "--rules", "rules", "sites"]);
    let done = check.current_dir(folder.path()).output().expect("the program");
    let out = String::from_utf8(done.stdout).expect("text");
    let lines: Vec<&str> = out.lines().filter(|line| line.starts_with("sites/")).collect();
    let mut read = 0;
    for owner in matcher["problemMatcher"].as_array().expect("matchers") {
        let pattern = &owner["pattern"][0];
        let expression =
            Regex::new(pattern["regexp"].as_str().expect("an expression")).expect("an expression");
        for found in lines.iter().filter_map(|line| expression.captures(line)) {
            read += 1;
            assert_eq!(&found[1], "sites/a b.yaml");
            assert!(found[2].parse::<u32>().is_ok() && found[5].starts_with("SRV-00"));
            assert!(!found[7].is_empty() && !found[7].starts_with("servers/"), "{}", &found[7]);
        }
    }
    assert_eq!(read, lines.len(), "{out}");
    assert!(read > 5, "{out}");
}

/// The blocks of a page in some language.
fn blocks(page: &str, language: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join(page)).expect("a page");
    let fence = format!("\n```{language}\n");
    let parts = text.split(&fence).skip(1).map(str::to_owned);
    parts.map(|part| part.split("\n```").next().unwrap_or_default().to_owned()).collect()
}

#[test]
fn what_the_guide_for_pull_requests_shows_runs() {
    let folder = TempDir::new().expect("a folder");
    fs::create_dir(folder.path().join("sites")).expect("a folder");
    let site = root().join("examples/first-failback/site.yaml");
    fs::copy(site, folder.path().join("sites/site.yaml")).expect("a file");
    let settings = blocks("docs/pull-requests.md", "toml");
    fs::write(folder.path().join("failback.toml"), &settings[0]).expect("a file");
    let run = |line: &str| {
        let mut words = line.split_whitespace();
        assert_eq!(words.next(), Some("failback"));
        let done = Command::new(program()).args(words).current_dir(folder.path()).output();
        let done = done.expect("the program");
        (done.status.code(), String::from_utf8_lossy(&done.stdout).into_owned())
    };
    let (code, shown) = run("failback check --show-settings");
    assert_eq!(code, Some(0), "{shown}");
    assert!(shown.contains("skip-rules = [\"REQ-022\"]  # failback.toml:1"), "{shown}");
    for line in blocks("docs/pull-requests.md", "sh").iter().flat_map(|block| block.lines()) {
        let (code, out) = run(line);
        assert_eq!(code, Some(1), "{out}");
        assert!(out.contains("without REQ-022, CS-008 at level note"), "{out}");
    }
    assert!(folder.path().join("failback.sarif").is_file());
    assert!(folder.path().join("comment.md").is_file());
}
