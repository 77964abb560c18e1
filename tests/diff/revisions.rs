//! Sides that are revisions of a repository made here, on branches, with what may go wrong in one.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::diff::OPEN;
use crate::support::program::{Done, HEAD, Run};

/// Runs git; `false` where there is none, so that a test can be skipped.
fn git(folder: &Path, arguments: &str) -> bool {
    let mut command = Command::new("git");
    command.args([
        "-c",
        "user.name=t",
        "-c",
        "user.email=t@example.org",
        "-c",
        "commit.gpgsign=false",
    ]);
    command.args(arguments.split_whitespace()).current_dir(folder);
    match command.output() {
        Ok(output) => {
            let said = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "git {arguments}: {said}");
            true
        }
        Err(_) => {
            eprintln!("skipped: there is no git");
            false
        }
    }
}

/// A repository whose branch `main` holds an open site.
fn repository(arguments: &str) -> Option<Run> {
    let run = Run::new(&format!("diff --rules rules {arguments}")).pack();
    let run = run.file("sites/a.yaml", format!("{HEAD}{OPEN}"));
    let run = run.variable("PATH", &std::env::var("PATH").unwrap_or_default());
    let made = git(run.path(), "init -q -b main") && commit(run.path());
    made.then_some(run)
}

fn commit(folder: &Path) -> bool {
    git(folder, "add -A") && git(folder, "commit -q -m x")
}

fn stopped() -> String {
    format!("{HEAD}{}", OPEN.replacen("running", "stopped", 1))
}

fn write(run: &Run, text: &str) {
    fs::write(run.path().join("sites/a.yaml"), text).expect("a file");
}

#[test]
fn the_working_tree_is_compared_with_a_branch() {
    let Some(run) = repository("main") else { return };
    run.done().code(0).says("gate open, as before");
    write(&run, &stopped());
    run.done().code(1).says("sites/a.yaml:5  servers/s1/state: running -> stopped");
}

#[test]
fn what_the_main_branch_fixed_meanwhile_is_not_charged_to_the_branch() {
    let Some(run) = repository("main...topic") else { return };
    write(&run, &stopped());
    commit(run.path());
    git(run.path(), "checkout -q -b topic");
    fs::write(run.path().join("other.txt"), "x").expect("a file");
    commit(run.path());
    git(run.path(), "checkout -q main");
    write(&run, &format!("{HEAD}{OPEN}"));
    commit(run.path());
    run.done().code(0).says("gate CLOSED, as before").says("0 findings are new");
}

#[test]
fn files_and_folders_of_a_revision_can_be_named() {
    let Some(run) = repository("main HEAD~0 sites") else { return };
    run.done().code(0).says("no fact differs");
    let Some(run) = repository("main sites/a.yaml --format json") else { return };
    write(&run, &stopped());
    let done = run.done().code(1);
    done.says("\"kind\": \"revision\"").says("\"commit\": \"").says("\"kind\": \"file\"");
    let Some(run) = repository("main rev:main ../elsewhere") else { return };
    run.done().code(2).complains("lies outside the repository");
}

#[test]
fn a_name_that_is_both_is_a_path_and_that_is_said() {
    let Some(run) = repository("sites") else { return };
    git(run.path(), "branch sites");
    run.done().code(0).complains("`sites` is a path and a revision, and is taken as the path");
    let Some(run) = repository("rev:sites") else { return };
    git(run.path(), "branch sites");
    run.done().code(0).says("gate open, as before");
}

#[test]
fn what_cannot_be_read_is_told() {
    let refused = |arguments: &str, text: &str| {
        if let Some(run) = repository(arguments) {
            run.done().code(2).complains(text);
        }
    };
    refused("nowhere", "there is no revision, file or folder `nowhere`");
    refused("rev:nowhere", "there is no revision `nowhere`");
    refused("path:nowhere", "there is no file or folder `nowhere`");
    refused("main...nowhere", "there is no revision `nowhere`");
    refused("rev:--output=x", "there is no revision `--output=x`");
    let outside = Run::new("diff main").done();
    outside.code(2).complains("there is no file or folder `main`, and ");
    // Without `PATH` nothing is found that could be git.
    let without = Run::new("diff rev:main").variable("PATH", "/nowhere").done();
    without.code(2).complains("cannot start `git`");
}

#[test]
fn nothing_of_the_repository_runs() {
    let Some(run) = repository("main") else { return };
    let mark = run.path().join("ran");
    let line = format!("touch {}", mark.display());
    for key in
        ["core.fsmonitor", "filter.x.smudge", "filter.x.clean", "core.pager", "diff.x.textconv"]
    {
        let set = Command::new("git").args(["config", key, &line]).current_dir(run.path()).output();
        assert!(set.is_ok_and(|output| output.status.success()), "{key}");
    }
    fs::write(run.path().join(".gitattributes"), "* filter=x diff=x\n").expect("a file");
    write(&run, &stopped());
    run.done().code(1);
    assert!(!mark.exists());
}

#[test]
#[cfg(unix)]
fn links_are_followed_inside_the_revision_and_told_where_they_leave_it() {
    use std::os::unix::fs::symlink;
    let Some(run) = repository("main main linked") else { return };
    fs::create_dir(run.path().join("linked")).expect("a folder");
    symlink("../sites", run.path().join("linked/in")).expect("a link");
    commit(run.path());
    run.done().code(0).says("gate open, as before");
    symlink("/etc/hostname", run.path().join("linked/out.yaml")).expect("a link");
    commit(run.path());
    run.done().code(2).complains("the link leads to nothing in this revision");
}

#[test]
#[cfg(target_os = "linux")]
fn a_name_that_is_no_text_is_read_and_a_removed_file_is_told() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let Some(run) = repository("main --format json") else { return };
    let odd = run.path().join("sites").join(OsStr::from_bytes(b"b\xff.yaml"));
    if fs::write(&odd, format!("{HEAD}{OPEN}").replace("lab", "odd")).is_err() {
        eprintln!("skipped: this file system takes no such name");
        return;
    }
    commit(run.path());
    fs::remove_file(odd).expect("removed");
    let done: Done = run.done().code(0);
    let json: serde_json::Value = serde_json::from_str(&done.out).expect("JSON");
    assert_eq!(json["environments"][1]["name"], "odd");
    assert_eq!(json["environments"][1]["in"], "base");
    assert_eq!(json["environments"][1]["units"][0]["change"], "removed");
}
