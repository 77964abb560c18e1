//! Input that nobody should hand in: a clear, located error each, nothing lost, exit code 2.

use std::fs;

use crate::support::program::{HEAD, PACK, Run};

const SERVER: &str = "servers:\n  - id: s1\n    state: running\n    model: new\n    snapshots: []\n    joined: true\n";

fn check(description: impl AsRef<[u8]>) -> Run {
    Run::new("check --rules rules site.yaml --format concise").pack().file("site.yaml", description)
}

#[test]
fn a_missing_file_is_told_and_the_others_are_checked() {
    let run = Run::new("check --rules rules nowhere.yaml site.yaml --format concise")
        .pack()
        .file("site.yaml", format!("{HEAD}{SERVER}"));
    let out = "error[unreadable]: cannot read `nowhere.yaml`: there is no such file or folder\n\
               gate CLOSED until the errors are fixed: 3 passed, 0 of 1 servers ready (lab)\n\
               not everything could be checked: 1 error\n";
    run.gives(2, out, "");
}

#[cfg(unix)]
#[test]
fn an_unreadable_file_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let run = check(format!("{HEAD}{SERVER}"));
    let path = run.path().join("site.yaml");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o0)).expect("permissions");
    // Whoever may read everything cannot be refused.
    if fs::read(&path).is_err() {
        run.done().code(2).says("error[unreadable]: cannot read `site.yaml`: no permission");
    }
}

#[cfg(unix)]
#[test]
fn a_pipe_and_a_device_are_not_waited_for() {
    let run = Run::new("check --rules rules pipe.yaml /dev/zero --format concise").pack();
    let made = std::process::Command::new("mkfifo").arg(run.path().join("pipe.yaml")).status();
    if made.is_ok_and(|status| status.success()) {
        run.done()
            .code(2)
            .says("error[unreadable]: `pipe.yaml` is not a regular file\n")
            .says("error[unreadable]: `/dev/zero` is not a regular file\n");
    }
}

#[cfg(unix)]
#[test]
fn a_loop_of_links_ends_and_is_told() {
    use std::os::unix::fs::symlink;
    let run = Run::new("check --rules rules site --format concise")
        .pack()
        .file("site/a.yaml", format!("{HEAD}{SERVER}"));
    symlink(run.path().join("site"), run.path().join("site/again")).expect("a link");
    symlink(run.path().join("site/x"), run.path().join("site/x")).expect("a link");
    run.done()
        .code(2)
        .says("error[unreadable]: cannot read `site/again`: the link leads back to `site`, which holds it\n")
        .says("error[unreadable]: cannot read `site/x`: the link leads back to itself\n")
        .says("3 passed");
    let run = Run::new("check --rules rules loop.yaml --format concise").pack();
    symlink(run.path().join("loop.yaml"), run.path().join("loop.yaml")).expect("a link");
    run.done().code(2).says("error[unreadable]: cannot read `loop.yaml`");
}

const CLOSED: &str = "servers:\n  - id: s9\n    state: stopped\n    model: new\n    snapshots: []\n    joined: true\n";

/// A folder with a description whose gate is open, to which something is added.
fn folder() -> Run {
    Run::new("check --rules rules site --format concise")
        .pack()
        .file("site/a.yaml", format!("{HEAD}{SERVER}"))
}

#[test]
fn a_folder_hides_no_description() {
    let closed = format!("{}{CLOSED}", HEAD.replace("lab", "other"));
    for name in ["b.YAML", "b.Yml", "b.JSON", "node_modules/b.yaml", ".hidden/b.yaml", ".b.yml"] {
        folder().file(&format!("site/{name}"), &closed).done().code(1).says("s9 is stopped");
    }
    folder().file("site/.git/b.yaml", &closed).file("site/b.txt", &closed).done().code(0);
}

#[cfg(unix)]
#[test]
fn links_are_followed_and_what_several_ways_lead_to_is_read_once() {
    use std::os::unix::fs::symlink;
    let closed = format!("{}{CLOSED}", HEAD.replace("lab", "other"));
    let run = folder().file("elsewhere/b.yaml", &closed);
    symlink(run.path().join("elsewhere/b.yaml"), run.path().join("site/b.yaml")).expect("a link");
    run.done().code(1).says("site/b.yaml:6:12: error[SRV-001] servers/s9: s9 is stopped");
    symlink(run.path().join("elsewhere"), run.path().join("site/more")).expect("a link");
    symlink(run.path().join("elsewhere"), run.path().join("site/twice")).expect("a link");
    run.done().code(1).says("2 passed").hides("duplicate-id");
    let run = folder();
    symlink(run.path().join("nowhere.yaml"), run.path().join("site/b.yaml")).expect("a link");
    run.done()
        .code(2)
        .says("error[unreadable]: cannot read `site/b.yaml`: the link leads to nothing\n");
    // Neither a link to another kind of file nor the lock of an editor hides a description.
    let run = folder();
    symlink(run.path().join("nowhere"), run.path().join("site/b.txt")).expect("a link");
    symlink(run.path().join("me@here.1"), run.path().join("site/.#a.yaml")).expect("a link");
    run.done().code(0);
}

#[cfg(unix)]
#[test]
fn a_pipe_in_a_folder_is_told() {
    let run = folder();
    let made = std::process::Command::new("mkfifo").arg(run.path().join("site/b.yaml")).status();
    if made.is_ok_and(|status| status.success()) {
        run.done().code(2).says("error[unreadable]: `site/b.yaml` is not a regular file\n");
    }
}

#[test]
fn a_file_that_is_named_twice_is_read_once() {
    Run::new("check --rules rules site.yaml ./site.yaml . --format concise")
        .pack()
        .file("site.yaml", format!("{HEAD}{SERVER}"))
        .gives(0, "gate OPEN: 3 passed, 1 of 1 servers ready (lab)\n", "");
}

#[test]
fn a_slip_in_the_head_is_told_where_a_folder_would_hide_it() {
    let body = format!("name: other\n{CLOSED}");
    for (head, told) in [
        (
            "apiVersion: failback/v1\nkind: Enviroment\n",
            "2:7: error[not-a-description]: `Enviroment` is not the `kind` of a description\n",
        ),
        ("apiVersion: failback/v1\nkind: environment\n", "2:7: error[not-a-description]"),
        (
            "apiVersion: failback/v1\nkind:\n",
            "2:1: error[not-a-description]: `kind` of this description is empty, so it is none\n",
        ),
        (
            "apiVersion: failback/v1\n",
            "1:1: error[not-a-description]: this description has no `kind`, so it is none\n",
        ),
        (
            "kind: Environment\n",
            "1:1: error[not-a-description]: this description has no `apiVersion`, so it is none\n",
        ),
        ("apiVersion:\nkind: Environment\n", "1:1: error[not-a-description]: `apiVersion` of this"),
        (
            "apiversion: failback/v1\nkind: Environment\n",
            "1:1: error[not-a-description]: the head of a description has no key `apiversion`\n",
        ),
        (
            "apiVersion: failbak/v1\nkind: Environment\n",
            "1:13: error[not-a-description]: `failbak/v1` is not the `apiVersion` of a description\n",
        ),
        (
            "apiVersion: failback\nkind: Environment\n",
            "1:13: error[not-a-description]: `failback` is",
        ),
        ("{apiVersion: failback/v1, kin: Environment}\n--- # ", "1:27: error[not-a-description]"),
        (
            "version: failback/v1\n",
            "1:1: error[not-a-description]: the head of a description has no",
        ),
    ] {
        folder()
            .file("site/b.yaml", format!("{head}{body}"))
            .done()
            .code(2)
            .says(&format!("site/b.yaml:{told}"))
            .says("3 passed");
    }
    Run::new("check --rules rules site.yaml")
        .pack()
        .file("site.yaml", format!("apiVersion: failback/v1\nkind: Enviroment\n{body}"))
        .done()
        .code(2)
        .says("  help     did you mean `Environment`?\n");
    let utf16: Vec<u8> = format!("kind: Environment\n{body}")
        .encode_utf16()
        .flat_map(|unit| [unit.to_le_bytes()[0], unit.to_le_bytes()[1]])
        .collect();
    folder().file("site/b.yaml", [vec![0xff, 0xfe], utf16].concat()).done().code(2);
}

#[test]
fn what_belongs_to_others_is_passed_over() {
    for other in [
        "apiVersion: apps/v1\nkind: Deployment\n",
        "apiVersion: environments.example.com/v1\nkind: Environment\n",
        "apiVersion: failback.example.com/v1\nkind: Policy\n",
        "version: 3\nservices: { web: { image: failback/v1, environment: {} } }\n",
        "kind: [Environment]\n",
        "# failback/v1\na: 1\n",
        "{{ template }}: [\n",
        "",
    ] {
        folder().file("site/b.yaml", other).gives(
            0,
            "gate OPEN: 3 passed, 1 of 1 servers ready (lab)\n",
            "",
        );
    }
}

#[test]
fn a_name_that_nobody_knows_is_none() {
    for name in ["null", "unknown", "''", "[a]"] {
        check(format!("apiVersion: failback/v1\nkind: Environment\nname: {name}\n{SERVER}"))
            .done()
            .code(2)
            .says("error[missing-name]");
    }
}

#[test]
fn bytes_that_are_no_text_are_told() {
    let mut bytes = format!("{HEAD}{SERVER}").into_bytes();
    bytes.push(0xff);
    check(&bytes).done().code(2).says("error[not-text]: `site.yaml` is not text: ");
}

#[test]
fn an_error_of_syntax_stops_no_other_document() {
    let run = Run::new("check --rules rules a.yaml b.yaml --format concise")
        .pack()
        .file("a.yaml", "apiVersion: failback/v1\nkind: Environment\nname: [broken\nservers: }\n")
        .file("b.yaml", format!("{HEAD}{SERVER}"));
    run.done().code(2).says("a.yaml:").says("gate CLOSED until the errors are fixed: 3 passed");
}

#[test]
fn a_reference_to_what_a_marked_list_leaves_out_is_unknown_and_no_error() {
    let line = "    peer: s2\n";
    check(format!("{HEAD}{SERVER}{line}")).done().code(2).says("error[dangling-reference]");
    check(format!("{HEAD}{SERVER}{line}  - unknown\n"))
        .done()
        .code(3)
        .says("site.yaml:10:11: warning[unlisted-reference]: `s2` is not listed, ")
        .says("1 warning in the description; what depends on it counts as unknown\n")
        .says("gate CLOSED until it is known");
}

#[test]
fn a_plan_beside_errors_is_not_verified() {
    let text = format!("{HEAD}{}    statee: x\n", SERVER.replace("running", "stopped"));
    let run = Run::new("plan --rules rules site.yaml").pack().file("site.yaml", text);
    run.done()
        .code(2)
        .says("not verified: errors come first, as nobody goes before they are fixed")
        .says("plan NOT VERIFIED");
}

#[test]
fn errors_of_the_description_are_told_first_with_a_suggestion() {
    let cases = [
        (
            "    statee: running\n",
            "site.yaml:10:5: error[unknown-key]: unknown key `statee` in `Server`\n",
        ),
        (
            "    peer: s2\n",
            "site.yaml:10:11: error[dangling-reference]: no entry of type Server has the id `s2`\n",
        ),
        (
            "  - id: s1\n",
            "site.yaml:10:9: error[duplicate-id]: two entries of type Server have the id `s1`\n",
        ),
        (
            "    bootedAt: soon\n",
            "site.yaml:10:15: error[wrong-type]: `bootedAt` has the wrong type: found `soon`\n",
        ),
        ("    state: stopped\n", "site.yaml:10:5: error[duplicate-key]: "),
        ("  - model: new\n", "error[missing-id]: an entry of type Server has no `id`\n"),
    ];
    for (line, told) in cases {
        check(format!("{HEAD}{SERVER}{line}")).done().code(2).says(told);
    }
    let word = SERVER.replace("state: running", "state: runing");
    Run::new("check --rules rules site.yaml")
        .pack()
        .file("site.yaml", format!("{HEAD}{word}"))
        .done()
        .code(2)
        .says("error[wrong-word]: `runing` is not one of the words allowed here\n")
        .says("  help     did you mean `running`?\n")
        .says("unknown[SRV-001]")
        .says("1 error in the description; what depends on it counts as unknown\n");
}

#[test]
fn a_file_that_is_named_must_be_a_description() {
    check("a: 1\n").done().code(2).says(
        "site.yaml:1:1: error[not-a-description]: this is not the description of an environment",
    );
    check("apiVersion: failback/v9\nkind: Environment\nname: x\n")
        .done()
        .code(2)
        .says("error[unknown-version]: unknown version `failback/v9`");
    check("apiVersion: failback/v1\nkind: Environment\n")
        .done()
        .code(2)
        .says("error[missing-name]");
}

#[test]
fn bombs_do_not_go_off() {
    let mut bomb = format!("{HEAD}a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
    for level in 1..=9 {
        let names = vec![format!("*a{}", level - 1); 9].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{names}]\n"));
    }
    check(&bomb).done().code(2).says("site.yaml:");
    let brackets = format!("{HEAD}servers: {}", "[".repeat(100_000));
    let done = check(&brackets).done().code(2);
    assert!(done.out.len() < 10_000, "{}", done.out.len());
    done.says("error[nesting-too-deep]");
}

#[test]
fn a_long_line_is_shown_in_part() {
    let long = format!("{HEAD}{SERVER}    wrong: {}\n", "x".repeat(2_000_000));
    let run = Run::new("check --rules rules site.yaml").pack().file("site.yaml", long);
    let done = run.done().code(2).says("error[unknown-key]: unknown key `wrong`");
    assert!(done.out.len() < 5_000, "{}", done.out.len());
    let flow = format!(
        "{HEAD}servers: [{}{{ id: s1, state: stopped }}]\n",
        (0..70_000)
            .map(|at| format!("{{ id: x{at}, state: running, model: new, joined: true }}, "))
            .collect::<String>()
    );
    let run = Run::new("check --rules rules site.yaml").pack().file("site.yaml", flow);
    let done = run.done().code(1).says("error[SRV-001]: s1 is stopped").says("is stopped");
    assert!(done.out.len() < 10_000, "{}", done.out.len());
}

#[test]
fn nothing_of_a_user_acts_on_the_terminal() {
    let text = format!(
        "{HEAD}servers:\n  - id: \"s\\e[31m1\"\n    state: stopped # \u{202e}evil\n    model: \"a\\u202eb\"\n    \
         \"k\\u0007\": 1\n    joined: \"\\x9b31m\"\n"
    );
    let pack = PACK.replace("s.model == \"old\"", "s.model != \"new\"");
    for (form, variable) in [("full", "LANG"), ("full", "NO_GRAPHICS"), ("concise", "LANG")] {
        let run = Run::new(&format!("check --rules rules s\u{202e}ite.yaml --format {form}"))
            .file("rules/demo.gate", &pack)
            .file("s\u{202e}ite.yaml", &text)
            .variable(variable, "1");
        let done = run.done().code(2);
        let bad = |text: &str| {
            text.chars().any(|char| {
                (char.is_control() && char != '\n') || ('\u{202a}'..='\u{202e}').contains(&char)
            })
        };
        assert!(!bad(&done.out) && !bad(&done.err), "{:?}", done.out);
        let done = done.says("<U+001B>").says("s<U+202E>ite.yaml");
        if form == "full" {
            done.says("is a<U+202E>b");
        }
    }
}

#[test]
fn broken_rules_are_told_and_the_others_run() {
    let broken = PACK.replace("require s.state == running", "require s.state == runing");
    Run::new("check --rules rules site.yaml --format concise")
        .file("rules/demo.gate", broken)
        .file("site.yaml", format!("{HEAD}{SERVER}"))
        .done()
        .code(2)
        .says("rules/demo.gate:35:22: error[")
        .says("gate CLOSED until the errors are fixed: 2 passed");
    Run::new("check --rules rules site.yaml")
        .file("rules/readme.txt", "")
        .file("site.yaml", format!("{HEAD}{SERVER}"))
        .done()
        .code(2)
        .says("error[no-rules]: no rules in `rules`: no file ends in `.gate`")
        .hides("no-pack")
        .hides("unknown-key");
    Run::new("check --rules nowhere site.yaml")
        .file("site.yaml", format!("{HEAD}{SERVER}"))
        .done()
        .code(2)
        .says("error[unreadable]: cannot read the rules in `nowhere`: there is no such file or\n")
        .hides("IO error")
        .hides("unknown-key");
    // A pack that declares no environment says so once, not with every key.
    let done = Run::new("check --rules rules site.yaml --format concise")
        .file("rules/demo.gate", "pack demo \"A demonstration\"\n")
        .file("site.yaml", format!("{HEAD}{SERVER}"))
        .done()
        .code(2)
        .hides("unknown-key");
    assert_eq!(done.out.matches("error[").count(), 1, "{}", done.out);
}

#[test]
fn an_environment_that_no_pack_judges_is_told() {
    Run::new("check site.yaml --format concise")
        .file("site.yaml", format!("{HEAD}{SERVER}"))
        .done()
        .code(2)
        .says("error[no-pack]: no rule pack judges environment `lab`");
}

#[test]
fn wrong_usage_exits_with_2() {
    Run::new("chek").done().code(2).complains("unrecognized subcommand 'chek'");
    Run::new("check --format yaml").done().code(2).complains("invalid value 'yaml'");
    Run::new("check --colour").done().code(2).complains("unexpected argument");
    Run::new("").done().code(2);
    Run::new("--help").done().code(0).says("Usage: failback");
    Run::new("check --help").done().code(0).says("  5  nothing was checked\n");
    Run::new("-V").gives(0, concat!("failback ", env!("CARGO_PKG_VERSION"), "\n"), "");
}

#[test]
fn errors_that_repeat_themselves_are_folded() {
    let servers: String =
        (1..=40).map(|at| format!("  - id: s{at}\n    state: running\n    modle: new\n")).collect();
    let run = |arguments: &str| {
        Run::new(&format!("check --rules rules site.yaml {arguments}"))
            .pack()
            .file("site.yaml", format!("{HEAD}servers:\n{servers}    colour: red\n"))
            .done()
            .code(2)
    };
    let full = run("");
    assert_eq!(full.out.matches("error[unknown-key]").count(), 4, "{}", full.out);
    full.says("  more     37 more like this: site.yaml:16, site.yaml:19, site.yaml:22,")
        .says("and 29 more (use --all)\n")
        .says("41 errors in the description")
        .says("`colour`");
    assert_eq!(run("--all").hides("more like").out.matches("error[unknown-key]").count(), 41);
    assert_eq!(run("--format concise").out.matches("error[unknown-key]").count(), 41);
    let json: serde_json::Value = serde_json::from_str(&run("--format json").out).expect("JSON");
    let errors = json["environments"][0]["documentErrors"].as_array().map(Vec::len);
    assert_eq!(errors, Some(41));
}
