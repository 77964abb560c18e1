//! The commands about the way to an open gate, as people run them: whole outputs, exit codes, bad input.
//!
//! Expected outputs stand in `tests/plan_cli/*.out`; `UPDATE_EXPECTED=1 cargo test --test all plan_cli` writes them anew.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/plan_cli")
}

/// Exit code, standard output and standard error of the program, run in the folder of the inputs.
fn run(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_failback"))
        .current_dir(folder())
        .env_clear()
        .env("COLUMNS", "80")
        .args(arguments)
        .output()
        .expect("the program runs");
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("output is UTF-8");
    (output.status.code().unwrap_or(-1), text(&output.stdout), text(&output.stderr))
}

fn ruled<'a>(arguments: &[&'a str]) -> Vec<&'a str> {
    arguments.iter().copied().chain(["--rules", "rules"]).collect()
}

/// Compares a whole output with the expected one.
fn expect(name: &str, code: i32, arguments: &[&str]) -> String {
    let (found, out, aside) = run(&ruled(arguments));
    let file = folder().join(format!("{name}.out"));
    if std::env::var_os("UPDATE_EXPECTED").is_some() {
        fs::write(&file, &out).expect("the expected output can be written");
    }
    let expected = fs::read_to_string(&file).unwrap_or_default();
    assert_eq!(out, expected, "the output of {arguments:?}; {aside}");
    assert_eq!(found, code, "the exit code of {arguments:?}; {aside}");
    out
}

/// Runs with a description that is made on the way.
fn with(text: &str, arguments: &[&str]) -> (i32, String, String) {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("site.yaml");
    fs::write(&file, text).expect("it can be written");
    let file = file.display().to_string();
    let mut arguments = ruled(arguments);
    arguments.push(&file);
    run(&arguments)
}

fn broken() -> String {
    fs::read_to_string(folder().join("broken.yaml")).expect("the input is there")
}

/// A description whose gate is open.
fn ready() -> String {
    "apiVersion: failback/v1\nkind: Environment\nname: hall\nasOf: 2024-05-01T09:00:00Z\nhosts:\n  - { id: h2, room: \
     3, state: up }\nservers:\n  - { id: b, host: h2, state: running, snapshots: [], disk: d1 }\nlinks:\n  - { from: \
     b, port: 443, state: open }\n"
        .to_owned()
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).expect("it is JSON")
}

#[test]
fn the_runbook_is_told_in_every_form() {
    for form in ["full", "concise", "json", "markdown", "dot", "mermaid"] {
        expect(&format!("plan-{form}"), 0, &["plan", "broken.yaml", "--format", form]);
    }
}

#[test]
fn what_is_not_known_is_asked_and_what_takes_time_is_told() {
    expect("unsure-full", 3, &["plan", "unsure.yaml", "--times"]);
    expect("unsure-json", 3, &["plan", "unsure.yaml", "--times", "--format", "json"]);
    expect("ask-full", 3, &["ask", "unsure.yaml"]);
    expect("ask-yaml", 3, &["ask", "unsure.yaml", "--format", "yaml"]);
    expect("ask-json", 3, &["ask", "unsure.yaml", "--format", "json"]);
}

#[test]
fn what_would_be_is_told_against_what_is() {
    let set = ["what-if", "--set", "hosts/h1/state=up", "--do", "start(a)", "broken.yaml"];
    expect("what-if-full", 1, &set);
    expect("what-if-concise", 1, &[&set[..], &["--format", "concise"]].concat());
    expect("what-if-json", 1, &[&set[..], &["--format", "json"]].concat());
}

#[test]
fn a_check_names_the_step_that_closes_a_finding() {
    let (code, out, _) = run(&ruled(&["check", "broken.yaml"]));
    assert_eq!(code, 1);
    assert!(out.contains("step     1 of 4 of `failback plan`"), "{out}");
    let (_, out, _) = run(&ruled(&["check", "broken.yaml", "--format", "json"]));
    let found = json(&out);
    let step = |id: &str| {
        let findings = found["environments"][0]["findings"].as_array().cloned().unwrap_or_default();
        findings.iter().find(|finding| finding["id"] == id).map(|finding| finding["step"].clone())
    };
    assert_eq!(step("H-1:hosts/h1"), Some(1.into()));
    assert_eq!(step("S-3:servers/a"), Some(4.into()));
    assert_eq!(step("S-1:servers/c"), Some(serde_json::Value::Null));
}

#[test]
fn the_plan_says_how_it_ends() {
    let code = |text: &str, more: &[&str]| with(text, &[&["plan", "-q"], more].concat()).0;
    assert_eq!(code(&ready(), &[]), 0, "open already");
    assert_eq!(code(&broken(), &[]), 0, "verified");
    let copy = ready().replace("disk: d1", "disk: d1, copy: true");
    assert_eq!(code(&copy, &[]), 1, "a step that needs consent");
    assert_eq!(code(&copy, &["--allow", "delete-copy"]), 0, "with consent");
    let late =
        ready().replace("disk: d1", "disk: d1, agent: false, startedAt: 2024-05-01T08:50:00Z");
    assert_eq!(code(&late, &[]), 4, "only time");
    assert_eq!(code(&late, &["--at", "2024-05-01T09:05:00Z"]), 1, "time is up");
    assert_eq!(code(&ready().replace("room: 3, state: up", "room: 3"), &[]), 3, "a question");
    assert_eq!(code(&ready().replace("state: up", "state: upp"), &[]), 2, "an error in the text");
    assert_eq!(code(&ready().replace("state: up", "state: [oops"), &[]), 2, "not YAML");
    assert_eq!(code("a: 1\n", &[]), 2, "no description");
    let odd = ready().replace("disk: d1", "disk: d1, kind: odd");
    assert_eq!(code(&odd, &[]), 1, "nobody can go");
    let empty = "apiVersion: failback/v1\nkind: Environment\nname: hall\nhosts: []\nservers: []\nlinks: []\n";
    assert_eq!(code(empty, &[]), 5, "nobody is asked for");
    assert_eq!(run(&ruled(&["plan", "rules"])).0, 5, "no description in the folder");
    assert_eq!(run(&ruled(&["plan", "missing.yaml"])).0, 2, "no file");
}

#[test]
fn times_are_those_at_which_outcomes_change() {
    let late = ready().replace(
        "disk: d1",
        "disk: d1, agent: false, startedAt: 2024-05-01T08:50:00Z, certificateUntil: 2024-06-01T00:00:00Z",
    );
    let (code, out, _) = with(&late, &["check", "--times", "--format", "json"]);
    assert_eq!(code, 4);
    let found = json(&out);
    let times = found["environments"][0]["times"].as_array().cloned().unwrap_or_default();
    let told: Vec<_> =
        times.iter().map(|turn| (turn["at"].as_str(), turn["verdict"].as_str())).collect();
    assert_eq!(
        told,
        [
            (Some("2024-05-01T09:05:00Z"), Some("closed")),
            (Some("2024-06-01T00:00:00Z"), Some("closed"))
        ]
    );
    // What is told is what a check at that time says.
    for (time, expected) in [("2024-05-01T09:04:59Z", 4), ("2024-05-01T09:05:00Z", 1)] {
        assert_eq!(with(&late, &["check", "-q", "--at", time]).0, expected, "{time}");
    }
}

#[test]
fn answers_of_a_file_are_tried() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (_, questions, _) = run(&ruled(&["ask", "unsure.yaml", "--format", "yaml"]));
    let answered = questions.replace("hosts/h1/state:", "hosts/h1/state: up").replace(
        "'links[from: b, port: 443]':",
        "'links[from: b, port: 443]': { from: b, port: 443, state: open }",
    );
    let file = folder.path().join("answers.yaml");
    let name = file.display().to_string();
    let ask = |text: &str| {
        fs::write(&file, text).expect("it can be written");
        run(&ruled(&["ask", "unsure.yaml", "--answer", &name, "--format", "concise"]))
    };
    let (code, out, _) = ask(&answered);
    assert_eq!(code, 1, "{out}");
    assert!(out.contains("closed H-1:hosts/h1") && out.contains("closed S-7:servers/b"), "{out}");
    let (_, _, aside) = ask(&questions);
    assert_eq!(aside, "note: no question has an answer in that file\n");
    for (text, expected) in [
        ("- 1\n", "holds no answers"),
        ("hosts/h1/stat: up\n", "did you mean `state`?"),
        ("hosts/h1/state: upp\n", ""),
        ("a: [\n", "answers.yaml"),
    ] {
        let (code, _, aside) = ask(text);
        assert_eq!(code, 2, "{text}");
        assert!(aside.contains(expected), "{text}: {aside}");
    }
}

#[test]
fn what_nobody_knows_is_refused_with_a_suggestion() {
    for (arguments, expected) in [
        (&["plan", "--allow", "delete-copi"][..], "did you mean `delete-copy`?"),
        (&["plan", "--unit", "aa"], "no description has a unit `aa`"),
        (&["plan", "--at", "tomorrow"], "write it with its zone"),
        (&["what-if"], "nothing is supposed"),
        (&["what-if", "--set", "hosts/h1/state"], "says no value"),
        (&["what-if", "--set", "hosts/h1/state="], "is not a path and a value"),
        (&["what-if", "--set", "hosts/h1/state=[up"], "is not one value"),
        (&["what-if", "--set", "host/h1/state=up"], "did you mean `hosts`?"),
        (&["what-if", "--set", "hosts/h11/state=up"], "did you mean `h1`?"),
        (&["what-if", "--set", "hosts/h1/stat=up"], "did you mean `state`?"),
        (&["what-if", "--set", "hosts/h1=up"], "names an entry"),
        (&["what-if", "--set", "hosts/h1/state/x=up"], "has no parts"),
        (&["what-if", "--set", "servers/a/group=g"], "never written"),
        (&["what-if", "--do", "strat(a)"], "did you mean `start`?"),
        (&["what-if", "--do", "start(aa)"], "did you mean `a`?"),
        (&["what-if", "--do", "start(a, b)"], "takes 1 argument"),
        (&["what-if", "--do", "start(a"], "has no closing bracket"),
        (&["what-if", "--do", "start(a)"], "help: `hosts/h1/state` is down\n"),
        (&["ask", "--answer", "missing.yaml"], "cannot read `missing.yaml`"),
    ] {
        let (code, out, aside) = run(&ruled(&[arguments, &["broken.yaml"]].concat()));
        assert_eq!((code, out.as_str()), (2, ""), "{arguments:?}: {aside}");
        assert!(aside.contains(expected), "{arguments:?}: {aside}");
    }
}

#[test]
fn facts_are_set_where_they_would_be_written() {
    let verdict = |set: &str, text: &str| {
        let (code, out, aside) = with(text, &["what-if", "--format", "json", "--set", set]);
        assert!(aside.is_empty(), "{set}: {aside}");
        (code, json(&out)["environments"][0]["verdict"].as_str().unwrap_or_default().to_owned())
    };
    let open = (0, "open".to_owned());
    assert_eq!(verdict("hosts/h2/state=up", &ready().replace("3, state: up", "3")), open);
    assert_eq!(verdict("servers/b/snapshots=[]", &ready().replace("[]", "[x]")), open);
    assert_eq!(
        verdict("links[from: b]={ from: b, port: 443, state: open }", &ready().replace("443", "1")),
        open
    );
    assert_eq!(verdict("servers/b/state=unknown", &ready()), (3, "unknown".to_owned()));
    assert_eq!(verdict("asOf=2030-01-01T00:00:00Z", &ready()), open);
}

#[test]
fn no_name_acts_on_the_terminal_or_ends_a_label() {
    let odd = "\"a\\e]0;x\\a\\\"]\"";
    let text = broken()
        .replace("id: a\n", &format!("id: {odd}\n"))
        .replace("from: a,", &format!("from: {odd},"));
    for form in ["full", "concise", "markdown", "dot", "mermaid"] {
        let (code, out, aside) = with(&text, &["plan", "--format", form]);
        assert_eq!(code, 0, "{form}: {out}{aside}");
        assert!(!out.contains('\u{1b}') && !out.contains('\u{7}'), "{form}: {out}");
        assert!(out.contains("U+001B") || out.contains("U#43;001B"), "{form}: {out}");
    }
    let (_, dot, _) = with(&text, &["plan", "--format", "dot"]);
    for line in dot.lines().filter(|line| line.contains("label=")) {
        let quotes = line.replace("\\\\", "").replace("\\\"", "");
        assert_eq!(quotes.matches('"').count(), 2, "{line}");
    }
    let (_, mermaid, _) = with(&text, &["plan", "--format", "mermaid"]);
    for line in mermaid.lines().filter(|line| line.contains('[')) {
        assert_eq!((line.matches('"').count(), line.matches(']').count()), (2, 1), "{line}");
    }
}

#[test]
fn where_no_step_is_to_be_taken_each_form_says_so() {
    let odd = ready().replace(
        "\nlinks:\n",
        "\n  - { id: c, host: h2, state: running, snapshots: [], disk: d1, kind: odd }\nlinks:\n  - { from: c, port: 443, state: open }\n",
    );
    for form in ["full", "concise", "markdown", "dot", "mermaid"] {
        let (code, out, aside) = with(&odd, &["plan", "--format", form]);
        assert_eq!(code, 0, "{form}: {out}{aside}");
        let words =
            out.to_lowercase().replace("\\n", " ").replace("<br>", " ").replace("#59;", ";");
        let said = "no step is needed: the gate is open for 1 of 1 that can go";
        assert!(words.contains(said), "{form}: {out}");
    }
    let (_, out, _) = with(&odd, &["plan"]);
    let words = out.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("the gate stays closed to `failback check`"), "{out}");
    let (_, out, _) = with(&ready().replace("room: 3, state: up", "room: 3"), &["plan"]);
    assert!(out.contains("no step can be taken now"), "{out}");
}

#[test]
fn a_command_in_a_finding_can_be_copied() {
    let (_, out, _) = run(&ruled(&["check", "broken.yaml"]));
    let at = out.find("run      hostctl boot").expect("the command of the fix");
    let lines: Vec<&str> = out[at..].lines().take(2).collect();
    assert!(lines[0].ends_with(" \\") && lines[1].contains("    --"), "{lines:?}");
}

#[test]
fn lines_fit_into_eighty_columns() {
    for arguments in
        [&["plan", "broken.yaml"][..], &["plan", "unsure.yaml"], &["ask", "unsure.yaml"]]
    {
        let (_, out, _) = run(&ruled(arguments));
        let long: Vec<&str> = out.lines().filter(|line| line.chars().count() > 80).collect();
        assert!(long.is_empty() && out.is_ascii(), "{long:?}");
    }
}

/// A small pack with two roles and a command that speaks of a fact; `ROLE` is what the remedy names.
fn with_role(role: &str, arguments: &[&str]) -> (i32, String, String) {
    with_rooms(&|pack| pack.replace("ROLE", role), arguments)
}

/// The same with a pack made of that one.
fn with_rooms(of: &dyn Fn(&str) -> String, arguments: &[&str]) -> (i32, String, String) {
    let pack = r#"pack rooms "Rooms"
role keyHolder "Keeper of the KEYS"
unit Room
environment {
  asOf: time
  rooms: [Room]
}
entity Room "a room" {
  id: key
  open: bool ask "Is {id} open?"
  door: text ask "Which door has {id}?"
}
prerequisite R-1 "A room is open" {
  for     r in rooms
  require r.open
  because "{r} is closed"
  fix     open(r)
}
remedy open(r: Room) {
  do      "Open {r}"
  run     "unlock --room {r} --door {r.door}"
  role    ROLE
  effect  set r.open = true
}
"#;
    let folder = tempfile::tempdir().expect("a temporary folder");
    let write = |name: &str, text: &str| {
        let file = folder.path().join(name);
        fs::write(&file, text).expect("it can be written");
        file.display().to_string()
    };
    let rules = folder.path().join("rules");
    fs::create_dir(&rules).expect("a folder");
    write("rules/rooms.gate", &of(pack));
    let site = write(
        "site.yaml",
        "apiVersion: failback/v1\nkind: Environment\nname: house\nasOf: 2024-05-01T09:00:00Z\nrooms:\n  - id: attic\n    open: false\n  - id: cellar\n    \
         door: iron\n  - id: shed\n",
    );
    let origins = r#"{"kind": "Provenance", "environments": {"house": {"rooms/attic/open":
        {"file": "in/doors.json", "pointer": "/attic/open", "value": "false"},
        "rooms/cellar/door": {"file": "in/doors.json", "pointer": "/cellar", "value": "iron"}}}}"#;
    write("site.provenance.json", origins);
    let rules = rules.display().to_string();
    let mut arguments = arguments.to_vec();
    match arguments[0] {
        "lint" => arguments.push(&rules),
        _ => arguments.extend(["--rules", &rules, &site]),
    }
    run(&arguments)
}

#[test]
fn a_command_leaves_a_blank_for_what_is_not_known() {
    let (_, out, aside) = with_role("keyHolder", &["plan"]);
    assert!(out.contains("unlock --room attic --door <door of attic>"), "{out}{aside}");
    assert!(out.contains("FILL IN   before running it: <door of attic> is not known"), "{out}");
    let (_, out, _) = with_role("keyHolder", &["plan", "--format", "markdown"]);
    assert!(out.contains("**fill in first**"), "{out}");
    let (_, out, _) = with_role("keyHolder", &["plan", "--format", "json"]);
    assert_eq!(json(&out)["environments"][0]["steps"][0]["blanks"][0], "<door of attic>", "{out}");
    let (_, out, _) = with_role("keyHolder", &["check"]);
    assert!(out.contains("--door <door of attic>"), "{out}");
}

#[test]
fn a_role_is_called_as_the_rules_declare_it_and_a_misspelt_one_is_refused() {
    let (_, out, aside) = with_role("keyHolder", &["plan"]);
    assert!(out.contains("who       Keeper of the KEYS"), "{out}{aside}");
    let (_, out, _) = with_role("keyHolder", &["plan", "--format", "json"]);
    assert_eq!(json(&out)["environments"][0]["steps"][0]["role"], "keyHolder", "{out}");
    let (code, out, aside) = with_role("keyholder", &["plan"]);
    assert_eq!(code, 2, "{out}{aside}");
    let told = format!("{out}{aside}");
    assert!(told.contains("unknown role `keyholder`") && told.contains("`keyHolder`"), "{told}");
}

#[test]
fn a_step_tells_where_the_facts_come_from_that_it_mends() {
    let (_, out, aside) = with_role("keyHolder", &["plan"]);
    assert!(out.contains("rests on  rooms/attic/open from doors.json /attic/open"), "{out}{aside}");
    let (_, out, _) = with_role("keyHolder", &["plan", "--format", "json"]);
    let origin = &json(&out)["environments"][0]["steps"][0]["origins"][0];
    assert_eq!(origin["pointer"], "/attic/open", "{out}");
}

#[test]
fn a_question_tells_which_exports_know_the_object() {
    let told = "imported  what is known of it is from doors.json";
    for command in ["plan", "ask"] {
        let (_, out, aside) = with_role("keyHolder", &[command]);
        assert_eq!(out.matches(told).count(), 1, "{command}: {out}{aside}");
        let (_, out, _) = with_role("keyHolder", &[command, "--format", "json"]);
        let questions = &json(&out)["environments"][0]["questions"];
        let of = |path: &str| {
            let all = questions.as_array().into_iter().flatten();
            all.filter(|asked| asked["path"] == path).map(|asked| asked["toldBy"][0].clone()).next()
        };
        assert_eq!(of("rooms/cellar/open"), Some("doors.json".into()), "{out}");
        // Of this one nothing was imported.
        assert_eq!(of("rooms/shed/open"), Some(serde_json::Value::Null), "{out}");
    }
}

#[test]
fn a_role_declared_twice_or_named_by_nobody_is_told() {
    let second = "role keyHolder \"Keeper of the keys\"\n";
    let twice = |pack: &str| second.to_owned() + &pack.replace("ROLE", "keyHolder");
    let (code, out, aside) = with_rooms(&twice, &["plan"]);
    assert_eq!(code, 2, "{out}{aside}");
    assert!(format!("{out}{aside}").contains("error[duplicate-declaration]"), "{out}{aside}");
    let beside = |pack: &str| {
        "role doorman \"Who stands at the door\"\n".to_owned() + &pack.replace("ROLE", "keyHolder")
    };
    let (_, out, aside) = with_rooms(&beside, &["lint"]);
    let told = format!("{out}{aside}");
    assert!(told.contains("warning[unused-role]: no remedy names role `doorman`"), "{told}");
    let used = |pack: &str| pack.replace("ROLE", "keyHolder");
    let (_, out, aside) = with_rooms(&used, &["lint"]);
    assert!(!format!("{out}{aside}").contains("unused-role"), "{out}{aside}");
}

#[test]
fn a_blank_says_whose_fact_it_is_also_for_a_record_of_the_environment() {
    let site = include_str!("../examples/win-4003/site.yaml");
    let silent = "lastHeartbeat: 2017-09-19T09:34:26Z";
    let stopped = site.replacen("lastHeartbeat: 2017-09-19T10:34:26Z", silent, 1);
    assert_ne!(stopped, site);
    let (folder, file) = (tempfile::tempdir().expect("a temporary folder"), "site.yaml");
    fs::write(folder.path().join(file), stopped).expect("it can be written");
    let (_, out, aside) = run(&["plan", &folder.path().join(file).display().to_string()]);
    assert!(out.contains("--resource-group <resourceGroup of vault>"), "{out}{aside}");
}

#[test]
fn who_cannot_go_for_the_same_reason_is_told_once() {
    let (_, out, aside) = run(&["plan", "../../examples/ready/site.yaml"]);
    assert!(out.contains("nothing to do"), "{out}{aside}");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let site = include_str!("../examples/ready/site.yaml");
    // A group of two families: no server can receive it.
    let at = site.find("- id: erp02").expect("the machine");
    let text =
        site[..at].to_owned() + &site[at..].replacen("osFamily: windows", "osFamily: linux", 1);
    let file = folder.path().join("site.yaml");
    fs::write(&file, text).expect("it can be written");
    let file = file.display().to_string();
    let (_, out, aside) = run(&["plan", &file]);
    assert_eq!(out.matches("because: ").count(), 1, "{out}{aside}");
    assert!(out.contains("  - erp01, erp02\n"), "{out}");
    assert!(out.contains("drags along: replicationGroups/erp: nobody else\n"), "{out}");
    assert!(out.contains("drags along: recoveryPlans/rp-seoul: web01, files01\n"), "{out}");
    let (_, out, _) = run(&["plan", &file, "--format", "markdown"]);
    assert_eq!(out.matches("- **erp01, erp02**: ").count(), 1, "{out}");
}

/// A plan for the ready example with one part written otherwise everywhere.
fn ready_but(from: &str, to: &str, arguments: &[&str]) -> (i32, String, String) {
    let site = include_str!("../examples/ready/site.yaml");
    assert!(site.contains(from), "{from}");
    let folder = tempfile::tempdir().expect("a temporary folder");
    let file = folder.path().join("site.yaml");
    fs::write(&file, site.replace(from, to)).expect("it can be written");
    run(&[arguments, &[&file.display().to_string()]].concat())
}

#[test]
fn where_nobody_is_left_to_go_the_plan_says_so() {
    let odd = ready().replace("disk: d1", "disk: d1, kind: odd");
    let (code, out, aside) = with(&odd, &["plan"]);
    let said = "nobody can go: the only one that is requested never can";
    assert!(out.contains(said) && out.contains("not verified: nobody can go"), "{out}{aside}");
    assert_eq!(code, 1);
    let ended = "enabled: false, state: unprotected, disableReason: migrationComplete";
    let (code, out, aside) = ready_but(
        "enabled: true, state: unprotected, disableReason: none",
        ended,
        &["plan", "--format", "concise"],
    );
    let said = "nobody can go: none of the 4 that are requested ever can";
    assert!(out.contains(said), "{out}{aside}");
    assert_eq!(code, 1);
}

#[test]
fn the_act_that_the_gate_is_about_is_not_supposed_while_the_gate_is_closed() {
    let suppose = |from: &str, to: &str| {
        ready_but(from, to, &["what-if", "--format", "concise", "--do", "reprotect(web01)"])
    };
    let (code, out, aside) = suppose("registered: true", "registered: false");
    assert_eq!((code, out.as_str()), (2, ""), "{aside}");
    assert!(aside.contains("is what the gate is about, and the gate is closed"), "{aside}");
    assert!(aside.contains("AGT-001:machines/web01"), "{aside}");
    let (code, _, aside) = suppose("contoso-seoul", "contoso-seoul");
    assert_eq!(code, 0, "{aside}");
}

#[test]
fn an_id_of_several_kinds_is_asked_for_with_its_kind() {
    // The id of a vCenter Server is that of a datastore, too.
    let suppose = |call: &str| {
        ready_but("vc1", "ds-vmfs-01", &["what-if", "--format", "concise", "--do", call])
    };
    let (code, out, aside) = suppose("openPort(ds-vmfs-01, cs1, 443)");
    assert_eq!((code, out.as_str()), (2, ""), "{aside}");
    assert!(aside.contains("several have the id `ds-vmfs-01` (`sender` of `openPort`)"), "{aside}");
    assert!(aside.contains("write `vCenters/ds-vmfs-01` or `datastores/ds-vmfs-01`"), "{aside}");
    let (code, out, aside) = suppose("openPort(vCenters/ds-vmfs-01, cs1, 443)");
    assert_eq!(code, 0, "{out}{aside}");
    let (code, _, aside) = suppose("openPort(esxiHosts/ds-vmfs-01, cs1, 443)");
    assert_eq!(code, 2, "{aside}");
    assert!(aside.contains("`esxiHosts/ds-vmfs-01` is no"), "{aside}");
}
