//! `check --new-since REV`: what is new since a branch left, while the verdict stays the true one.

use std::process::Command;

use crate::support::program::{HEAD, Run};

const OLD: &str =
    "servers:\n  - { id: s1, state: stopped, model: new, snapshots: [], joined: true }\n";

/// A repository with one commit of these facts, and others in its working tree; none where there is no git.
fn changed(arguments: &str, before: &str, after: &str) -> Option<Run> {
    let run = Run::new(arguments).pack().file("site.yaml", format!("{HEAD}{before}"));
    let git = |arguments: &[&str]| {
        let mut command = Command::new("git");
        command.current_dir(run.path()).args(["-c", "user.name=a", "-c", "user.email=a@b"]);
        let done = command.args(arguments).env("GIT_CONFIG_GLOBAL", "/dev/null").output();
        done.is_ok_and(|done| done.status.success())
    };
    if !git(&["init", "-q", "-b", "main"]) {
        eprintln!("skipped: no git");
        return None;
    }
    assert!(git(&["add", "."]) && git(&["commit", "-q", "-m", "one"]));
    let path = std::env::var("PATH").unwrap_or_default();
    Some(run.file("site.yaml", format!("{HEAD}{after}")).variable("PATH", &path))
}

#[test]
fn only_what_is_new_since_a_revision_counts() {
    let arguments = "check --rules rules -q site.yaml --new-since main";
    let Some(same) = changed(arguments, OLD, OLD) else { return };
    same.done().code(0).says("gate CLOSED, as before: 0 new, 1 known");
    let more =
        format!("{OLD}  - {{ id: s2, state: stopped, model: new, snapshots: [], joined: true }}\n");
    let Some(more) = changed(arguments, OLD, &more) else { return };
    more.done().code(1).says("gate CLOSED: 1 new, 1 known");
    let Some(open) = changed(arguments, OLD, &OLD.replace("stopped", "unknown")) else { return };
    open.done().code(3).says("1 new, 0 known");
    let Some(good) = changed(arguments, OLD, &OLD.replace("stopped", "running")) else { return };
    good.done().code(0).says("gate OPEN: 3 passed");
}

#[test]
fn a_fact_with_another_value_is_the_same_finding() {
    let old = OLD.replace("stopped", "running").replace("model: new", "model: old");
    let arguments = "check --rules rules site.yaml --new-since main --format json";
    let Some(run) = changed(arguments, &old, &old.replace("model: old", "model: older")) else {
        return;
    };
    let done = run.done();
    let report: serde_json::Value = serde_json::from_str(&done.out).expect("JSON");
    let marks = report["environments"][0]["findings"].as_array().expect("a list");
    assert!(marks.iter().all(|one| one["baseline"] != "unchanged"), "{}", done.out);
}

#[test]
fn a_revision_that_cannot_be_read_is_told() {
    let at = |rev: &str, before: &str| {
        changed(&format!("check --rules rules -q site.yaml --new-since {rev}"), before, OLD)
    };
    let Some(missing) = at("nothing", OLD) else { return };
    missing.done().code(2).complains("there is no revision `nothing`");
    let Some(broken) = at("main", "servers: [{ id: s1, oops: 1 }]\n") else { return };
    broken.done().code(2).complains("what was at `main` cannot be judged");
    let Some(both) = changed("check --new-since main --baseline x", OLD, OLD) else { return };
    both.done().code(2);
    let path = std::env::var("PATH").unwrap_or_default();
    let outside = Run::new("check --rules rules --new-since main site.yaml").pack();
    outside.file("site.yaml", HEAD).variable("PATH", &path).done().code(2).complains("error");
}
