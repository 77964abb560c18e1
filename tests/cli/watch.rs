//! `check --watch`: a check after each change, and only then.

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

fn text() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/first-failback/site.yaml");
    fs::read_to_string(path).expect("an example")
}

#[test]
fn a_change_is_checked_and_a_vanished_file_is_told_and_waited_for() {
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().join("site.yaml");
    fs::write(&file, text()).expect("a file");
    let mut program = Command::new(env!("CARGO_BIN_EXE_failback"))
        .args(["check", "--watch", "--format", "concise", "--isolated"])
        .arg(&file)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the program");
    let mut lines = BufReader::new(program.stdout.take().expect("its output")).lines();
    let mut until = |part: &str| {
        let found = lines.find(|line| line.as_ref().is_ok_and(|line| line.contains(part)));
        assert!(found.is_some(), "{part}");
    };
    until("MT-001");
    until("gate");
    fs::write(&file, text().replace("before-patch", "after-patch")).expect("a file");
    until("after-patch");
    fs::remove_file(&file).expect("a file that goes");
    until("site.yaml");
    fs::write(&file, text().replace("before-patch", "again-patch")).expect("a file");
    until("again-patch");
    program.kill().expect("an end");
    program.wait().expect("an end");
}

#[test]
fn what_cannot_be_watched_is_refused() {
    for arguments in [["--format", "json"], ["-", "--all"]] {
        let done = Command::new(env!("CARGO_BIN_EXE_failback"))
            .args(["check", "--watch", "--isolated"])
            .args(arguments)
            .output()
            .expect("the program");
        assert_eq!(done.status.code(), Some(2), "{arguments:?}");
        assert!(String::from_utf8_lossy(&done.stderr).starts_with("error: "));
    }
}
