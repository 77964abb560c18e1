//! `--report FORM=FILE`.

use std::fs;

use crate::reports::SITE;
use crate::support::program::{HEAD, Run};

fn run(arguments: &str) -> Run {
    let run = Run::new(&format!("check site.yaml --rules rules {arguments}")).pack();
    run.file("site.yaml", format!("{HEAD}{SITE}"))
}

#[test]
fn a_file_holds_what_the_form_prints_and_nothing_else_changes() {
    let plain = run("--format concise").done();
    let mut arguments = "--format concise".to_owned();
    for form in super::FORMS {
        arguments.push_str(&format!(" --report {form}=out.{form}"));
    }
    let all = run(&format!("{arguments} --report full=out.full --report concise=out.concise"));
    let done = all.done();
    assert_eq!((&done.out, &done.err, done.code), (&plain.out, &plain.err, plain.code));
    for form in super::FORMS.into_iter().chain(["concise"]) {
        let written = fs::read_to_string(all.path().join(format!("out.{form}"))).expect("a report");
        assert_eq!(written, run(&format!("--format {form}")).done().out, "{form}");
    }
    let left = fs::read_dir(all.path()).expect("the folder").count();
    assert_eq!(left, super::FORMS.len() + 4, "nothing is left beside the reports");
}

#[test]
fn a_quiet_run_writes_whole_reports() {
    let quiet = run("--quiet --report json=out.json");
    assert_eq!(quiet.done().code(1).out.lines().count(), 1);
    let written = fs::read_to_string(quiet.path().join("out.json")).expect("a report");
    assert_eq!(written, run("--format json").done().out);
}

#[test]
fn what_cannot_be_written_is_said_before_anything_is_checked() {
    for (arguments, said) in [
        (
            "--report sarif",
            "error: `sarif` is not a form and a file\n  help: write `--report sarif=failback.sarif`\n",
        ),
        (
            "--report sarif=",
            "error: `sarif=` is not a form and a file\n  help: write `--report sarif=failback.sarif`\n",
        ),
        (
            "--report sarf=a",
            "error: no report has the form `sarf`\n  help: did you mean `sarif`?\n",
        ),
        ("--report sarif=-", "error: a report goes into a file\n  help: write `--format sarif`\n"),
        (
            "--report sarif=a --report csv=./a",
            "error: `./a` is named for two reports\n  help: name another file\n",
        ),
        (
            "--report sarif=site.yaml",
            "error: `site.yaml` is checked, so no report can go there\n  help: name another file\n",
        ),
        ("--report sarif=no/a", "error: cannot write `no/a`: its folder does not exist\n"),
        ("--report sarif=rules", "error: cannot write `rules`: it is a folder\n"),
        ("--report sarif=/dev/null", "error: cannot write `/dev/null`: it is no regular file\n"),
    ] {
        run(arguments).gives(2, "", said);
    }
}

#[test]
fn an_unknown_form_is_refused() {
    run("--format sarf").done().code(2).complains("sarif");
}

#[cfg(unix)]
#[test]
fn an_old_report_keeps_its_link_and_its_permissions() {
    use std::os::unix::fs::{PermissionsExt, symlink};
    let run = run("--report csv=out.csv").file("real.csv", "old");
    let real = run.path().join("real.csv");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).expect("permissions");
    symlink("real.csv", run.path().join("out.csv")).expect("a link");
    run.done().code(1);
    assert!(fs::read_to_string(&real).expect("a report").starts_with("environment,id,"));
    assert_eq!(fs::metadata(&real).expect("the file").permissions().mode() & 0o777, 0o640);
    assert!(run.path().join("out.csv").is_symlink());
}
