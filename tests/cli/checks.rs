//! `check`: verdicts, forms, flags.

use crate::support::program::{HEAD, Run};

/// A description of the demonstration pack, with servers as given.
fn site(servers: &str) -> String {
    format!("{HEAD}asOf: 2020-03-28T09:00:00Z\nservers:\n{servers}")
}

const GOOD: &str =
    "  - id: s1\n    state: running\n    model: new\n    snapshots: []\n    joined: true\n";
const STOPPED: &str =
    "  - id: s1\n    state: stopped\n    model: new\n    snapshots: []\n    joined: true\n";
const UNKNOWN: &str = "  - id: s1\n    model: new\n    snapshots: []\n    joined: true\n";
const PENDING: &str = "  - id: s1\n    state: running\n    model: new\n    snapshots: []\n    \
                       joined: false\n    bootedAt: 2020-03-28T08:55:00Z\n";

fn check(servers: &str, arguments: &str) -> Run {
    Run::new(&format!("check --rules rules site.yaml {arguments}"))
        .pack()
        .file("site.yaml", site(servers))
}

#[test]
fn an_open_gate_exits_with_0() {
    let last = "gate OPEN: 3 passed, 1 of 1 servers ready (lab, as of 2020-03-28T09:00:00Z)\n";
    check(GOOD, "").gives(0, &format!("ready       s1\n{last}"), "");
    check(GOOD, "--quiet").gives(0, last, "");
}

#[test]
fn a_failed_rule_exits_with_1_and_says_what_to_do() {
    let out = "\
error[SRV-001]: s1 is stopped, so nothing can be done with it
   ╭─[site.yaml:7:12]
 6 │   - id: s1
 7 │     state: stopped
   ·            ───┬───
   ·               ╰── is stopped
 8 │     model: new
   ╰────
    ╭─[rules/demo.gate:35:11]
 35 │   require s.state == running
    ·           ───┬───
    ·              ╰── A server runs
    ╰────
  why      What does not run does nothing.
  clause   A-1 of \"The paper\"
  fix      Start s1
  at       Console > s1 > Start
  run      start s1
  or       Replace s1
  step     1 of 1 of `failback plan`
  blocks   s1

blocked     s1 (SRV-001)
next        `failback plan` for the steps in their order
gate CLOSED: 1 failed, 2 passed, 0 of 1 servers ready (lab, as of
  2020-03-28T09:00:00Z)
";
    check(STOPPED, "--explain").gives(1, out, "");
    // The rule and its clause are for who asks.
    let frame = out.find("    ╭─[rules").expect("a frame")..out.find("  why ").expect("why");
    let short = format!("{}{}", &out[..frame.start], &out[frame.end..]);
    let short = short.replace("  clause   A-1 of \"The paper\"\n", "");
    check(STOPPED, "").gives(1, &short, "");
}

#[test]
fn what_is_unknown_exits_with_3_and_says_where_the_answer_goes() {
    let out = "\
unknown[SRV-001]: cannot tell for s1 whether a server runs
   ╭─[site.yaml:6:9]
 5 │ servers:
 6 │   - id: s1
   ·         ─┬
   ·          ╰── `state` is not stated
 7 │     model: new
   ╰────
    ╭─[rules/demo.gate:35:11]
 35 │   require s.state == running
    ·           ───┬───
    ·              ╰── A server runs
    ╰────
  why      What does not run does nothing.
  clause   A-1 of \"The paper\"
  ask      Does s1 run?
  allowed  `running` or `stopped`
  find     Console > s1
  answer   below line 6, write
               state: running | stopped
  blocks   s1

unknown     s1 (SRV-001)
next        `failback ask` for what to find out, with the lines to write
gate CLOSED until it is known: 1 unknown, 2 passed, 0 of 1 servers ready (lab,
  as of 2020-03-28T09:00:00Z)
";
    check(UNKNOWN, "--explain").gives(3, out, "");
}

#[test]
fn time_alone_exits_with_4_and_says_until_when() {
    let done = check(PENDING, "").done().code(4);
    done.says("pending[SRV-004]: s1 has not joined")
        .says("  until    2020-03-28T09:10:00Z; if it still holds then, it is a failure\n")
        .says("gate CLOSED for now: until 2020-03-28T09:10:00Z: 1 pending, 2 passed, 0 of 1");
}

#[test]
fn now_moves_the_time_and_the_environment_only_fills_in() {
    check(PENDING, "--now 2020-03-28T09:10:00Z").done().code(1).says("error[SRV-004]");
    check(PENDING, "--now 2020-03-28T10:00:00+01:00").done().code(4);
    // What is judged at another time says how old its facts are.
    check(PENDING, "--now 2020-03-28T09:10:00Z -q").done().code(1).says("facts that are 10min old");
    check(PENDING, "").variable("SOURCE_DATE_EPOCH", "1600000000").done().code(4);
    let timeless = format!("{HEAD}servers:\n{PENDING}");
    let run = |epoch: &str| {
        Run::new("check --rules rules site.yaml -q")
            .pack()
            .file("site.yaml", &timeless)
            .variable("SOURCE_DATE_EPOCH", epoch)
            .done()
    };
    run("1600000000").code(1).says("as of 2020-09-13T12:26:40Z");
    // It does not hold, whatever the time is.
    run("").code(1);
    for wrong in ["tomorrow", "1e9", "99999999999999999999", "999999999999999"] {
        run(wrong)
            .code(2)
            .complains(&format!("error: `{wrong}` in SOURCE_DATE_EPOCH is not a time\n"))
            .complains("  help: write the seconds since 1970");
    }
    let err = "error: `tomorrow` is not a time\n  help: write it with its zone: `--now \
               2020-03-28T09:00:00Z`, or `now` for the present\n";
    // The present is recorded: whoever reads the report knows what it stood for.
    let json = check(GOOD, "--now now --format json").done();
    let report: serde_json::Value = serde_json::from_str(&json.out).expect("JSON");
    let now = report["environments"][0]["now"].as_str().expect("a time");
    assert!(now > "2026-01-01T00:00:00Z" && now.ends_with('Z'), "{now}");
    check(GOOD, "--now tomorrow").gives(2, "", err);
}

#[test]
fn nothing_to_check_exits_with_5_and_says_what_was_looked_for() {
    let err = "nothing was checked: no description in `.` (no file ends in .yaml, .yml or .json)\n  \
               help: a description begins with `apiVersion: failback/v1` and `kind: Environment`\n";
    Run::new("check").gives(5, "", err);
    let err = "nothing was checked: no description in `docs` (1 file was looked at)\n  help: a \
               description begins with `apiVersion: failback/v1` and `kind: Environment`\n";
    Run::new("check docs").file("docs/other.yaml", "a: 1\n").gives(5, "", err);
    Run::new("check --rules rules site.yaml").pack().file("site.yaml", site("")).done().code(3);
    let none = format!("{HEAD}servers: []\n");
    Run::new("check --rules rules site.yaml")
        .pack()
        .file("site.yaml", none)
        .done()
        .code(5)
        .says("gate NOT CHECKED: 3 not applicable, 0 of 0 servers ready (lab)");
}

#[test]
fn where_several_codes_apply_the_worst_wins() {
    let both = |first: &str, second: &str| {
        let second = site(second).replace("name: lab", "name: other").replace("id: s1", "id: t1");
        Run::new("check --rules rules a.yaml b.yaml -q")
            .pack()
            .file("a.yaml", site(first))
            .file("b.yaml", second)
            .done()
    };
    both(STOPPED, UNKNOWN).code(1);
    both(UNKNOWN, PENDING).code(3);
    both(PENDING, GOOD).code(4);
    both(GOOD, STOPPED).code(1);
    both(STOPPED, "  - id: s1\n    colour: red\n").code(2);
}

#[test]
fn a_line_per_finding_can_be_clicked() {
    let out = "\
site.yaml:7:12: error[SRV-001] servers/s1: s1 is stopped, so nothing can be done with it
gate CLOSED: 1 failed, 2 passed, 0 of 1 servers ready (lab, as of 2020-03-28T09:00:00Z)
";
    check(STOPPED, "--format concise").gives(1, out, "");
    check(STOPPED, "").variable("FAILBACK_FORMAT", "concise").gives(1, out, "");
    let full = check(STOPPED, "--format full").variable("FAILBACK_FORMAT", "concise").done();
    full.says("╭─[site.yaml:7:12]");
}

#[test]
fn json_has_the_keys_that_others_read() {
    let done = check(STOPPED, "--format json").done().code(1);
    let report: serde_json::Value = serde_json::from_str(&done.out).expect("JSON");
    assert_eq!(report["tool"]["name"], "failback");
    assert_eq!(report["rules"]["pack"], "demo");
    assert!(report["rules"]["digest"].as_str().is_some_and(|text| text.starts_with("sha256:")));
    assert_eq!(report["exit"], 1);
    let lab = &report["environments"][0];
    assert_eq!(lab["name"], "lab");
    assert_eq!(lab["now"], "2020-03-28T09:00:00Z");
    assert_eq!(lab["verdict"], "closed");
    assert_eq!(
        lab["summary"],
        serde_json::json!({
            "pass": 2, "fail": 1, "pending": 0, "unknown": 0, "notApplicable": 0, "waived": 0,
            "warnings": 0, "notes": 0
        })
    );
    assert_eq!(
        lab["units"],
        serde_json::json!([
            { "id": "s1", "verdict": "blocked", "findings": ["SRV-001:servers/s1"] }
        ])
    );
    let finding = &lab["findings"][0];
    let mut finding = finding.as_object().expect("an object").clone();
    finding.remove("ruleLocation");
    let location = serde_json::json!({"file": "site.yaml", "line": 7, "column": 12, "endLine": 7, "endColumn": 19});
    assert_eq!(
        serde_json::Value::Object(finding),
        serde_json::json!({
            "id": "SRV-001:servers/s1", "rule": "SRV-001", "kind": "prerequisite",
            "outcome": "fail", "level": "error", "subject": "servers/s1", "clauses": ["A-1"],
            "baseline": null,
                "facts": [{ "path": "servers/s1/state", "value": "stopped" }],
                "fingerprint": "e9342370c5778a6afe0f73fef90bb3a2b16066d94b9626a20c6632e79898146e",
            "message": "s1 is stopped, so nothing can be done with it",
            "why": "What does not run does nothing.", "blocks": ["s1"], "concerns": ["s1"],
            "until": null, "waiver": null,
            "location": location,
            "evidence": [{
                "path": "servers/s1/state", "value": "stopped", "note": "", "stated": true,
                "location": location
            }],
            "fixes": ["start", "replace"], "step": 1, "questions": []
        })
    );
    assert_eq!(lab["documentErrors"], serde_json::json!([]));
}

#[test]
fn all_forms_tell_the_same_and_all_tells_passes() {
    let json = check(UNKNOWN, "--format json --all").done().code(3);
    let report: serde_json::Value = serde_json::from_str(&json.out).expect("JSON");
    let findings = report["environments"][0]["findings"].as_array().expect("a list");
    let outcomes: Vec<&str> =
        findings.iter().filter_map(|finding| finding["outcome"].as_str()).collect();
    assert_eq!(outcomes, ["unknown", "pass", "pass", "pass"]);
    let question = &findings[0]["questions"][0];
    assert_eq!(question["ask"], "Does s1 run?");
    assert_eq!(
        question["place"],
        serde_json::json!({"line": 6, "way": "below", "text": "    state: running | stopped"})
    );
}

#[test]
fn rules_and_units_can_be_chosen() {
    let two = format!("{STOPPED}  - id: s2\n    state: running\n    model: old\n");
    check(&two, "--rule SRV-002 --format concise").done().code(1).hides("SRV-001").says("SRV-002");
    check(&two, "--skip-rule SRV-001,SRV-002,SRV-004 -q").done().code(5);
    check(&two, "--unit s2 --format concise")
        .done()
        .code(1)
        .hides("s1")
        .says("error[SRV-002] servers/s2: s2 is of an old model\n");
    check(&two, "--rule SRV-01").gives(
        2,
        "",
        "error: there is no rule `SRV-01`\n  help: did you mean `SRV-001`?\n",
    );
    check(&two, "--unit s3").gives(
        2,
        "",
        "error: no description has a unit `s3`\n  help: did you mean `s1`?\n",
    );
}

#[test]
fn a_machine_that_nothing_can_mend_is_ineligible() {
    let old = GOOD.replace("model: new", "model: old");
    check(&old, "")
        .done()
        .code(1)
        .says("  fix      none: this cannot be fixed, take it out of the request\n")
        .says("\nineligible  s1 (SRV-002)\n");
}

#[test]
fn advice_never_closes_the_gate_and_comes_last() {
    let snapshots = GOOD.replace("snapshots: []", "snapshots: [{ name: nightly }]");
    check(&snapshots, "")
        .done()
        .code(0)
        .says("warning[SRV-003]: s1 has snapshots: nightly")
        .says("  blocks   nobody: this is advice\n")
        .says("gate OPEN: 3 passed, 1 warning, 1 of 1 servers ready");
}

#[test]
fn an_open_question_of_an_advice_is_told_on_request_only() {
    let open = GOOD.replace("    snapshots: []\n", "");
    check(&open, "").done().code(0).hides("SRV-003");
    check(&open, "--all").done().code(0).says("unknown[SRV-003]");
}

#[test]
fn findings_that_repeat_themselves_are_cut_unless_asked_for() {
    let many: String = (1..=40).map(|at| STOPPED.replace("s1", &format!("s{at}"))).collect();
    let done = check(&many, "").done().code(1);
    assert_eq!(done.out.matches("error[SRV-001]").count(), 3);
    done.says("  more     37 more like this: servers/s4, servers/s5, servers/s6, servers/s7,")
        .says("           servers/s8, servers/s9, servers/s10, servers/s11 and 29 more (use\n")
        .says("fail  SRV-001  40  all 40  line 7  A server runs\n")
        .says("blocked     40: s1, s2, s3,");
    let all = check(&many, "--all").done();
    assert_eq!(all.out.matches("error[SRV-001]").count(), 40);
    let lines = check(&many, "--format concise").done();
    assert_eq!(lines.out.lines().count(), 41);
}

#[test]
fn a_summary_is_the_table_and_the_last_lines() {
    check(STOPPED, "--summary").gives(
        1,
        "fail  SRV-001  1  s1  line 7  A server runs\n\n\
         blocked     s1 (SRV-001)\n\
         next        `failback plan` for the steps in their order\n\
         gate CLOSED: 1 failed, 2 passed, 0 of 1 servers ready (lab, as of\n  2020-03-28T09:00:00Z)\n",
        "",
    );
    check(GOOD, "--summary").done().code(0).says("ready       s1\ngate OPEN");
}

#[test]
fn much_that_is_unknown_is_told_by_rule_and_all_of_it_on_request() {
    let many: String = (1..=6).map(|at| UNKNOWN.replace("s1", &format!("s{at}"))).collect();
    let done = check(&many, "").done().code(3);
    done.hides("unknown[SRV-001]").says("unknown  SRV-001  6  all 6  line 6  A server runs\n");
    let all = check(&many, "--all").done();
    assert_eq!(all.out.matches("unknown[SRV-001]").count(), 6);
    let few: String = (1..=5).map(|at| UNKNOWN.replace("s1", &format!("s{at}"))).collect();
    check(&few, "").done().says("unknown[SRV-001]").says("  more     2 more like this");
}

#[test]
fn what_reads_a_pipe_gets_a_line_for_a_headline() {
    let long =
        STOPPED.replace("s1", "a-server-with-a-name-that-is-longer-than-most-and-than-a-line");
    let wide = check(&long, "").variable("COLUMNS", "").done().code(1);
    wide.says("line is stopped, so nothing can be done with it\n")
        .says("0 of 1 servers ready (lab, as of 2020-03-28T09:00:00Z)\n");
    check(&long, "").done().hides("line is stopped, so nothing can be done with it\n");
}

#[test]
fn findings_with_the_same_question_are_one() {
    let pack = format!(
        "{}\nprerequisite SRV-009 \"A server is up\" {{\n  for s in servers\n  require s.state == \
         running\n  because \"{{s}} is down\"\n}}\n",
        crate::support::program::PACK
    );
    let done = Run::new("check --rules rules site.yaml")
        .file("rules/demo.gate", pack)
        .file("site.yaml", site(UNKNOWN))
        .done();
    assert_eq!(done.out.matches("Does s1 run?").count(), 1);
    done.code(3)
        .says("unknown[SRV-001, SRV-009]")
        .says("  rules    SRV-001 A server runs\n           SRV-009 A server is up\n");
}

#[test]
fn standard_input_is_read() {
    Run::new("check --rules rules -")
        .pack()
        .input(site(STOPPED))
        .done()
        .code(1)
        .says("╭─[<stdin>:7:12]");
    let json = r#"{"apiVersion": "failback/v1", "kind": "Environment", "name": "lab",
        "servers": [{"id": "s1", "state": "stopped", "model": "new", "joined": true}]}"#;
    Run::new("check --rules rules - --format concise")
        .pack()
        .input(json)
        .done()
        .code(1)
        .says("<stdin>:2:43: error[SRV-001] servers/s1: s1 is stopped");
}

#[test]
fn one_environment_may_be_spread_over_files() {
    let run = Run::new("check --rules rules site -q")
        .pack()
        .file("site/a.yaml", site(GOOD))
        .file("site/b.yml", format!("{HEAD}servers:\n{}", GOOD.replace("s1", "s2")))
        .file("site/other.yaml", "unrelated: true\n");
    run.done().code(0).says("2 of 2 servers ready");
}

#[test]
fn colours_are_used_where_they_are_wanted() {
    let run = |flags: &str, pairs: &[(&str, &str)]| {
        let run = check(STOPPED, flags);
        let run = pairs.iter().fold(run, |run, (name, value)| run.variable(name, value));
        run.done().code(1).out.contains('\u{1b}')
    };
    assert!(!run("", &[]));
    assert!(run("--color always", &[("NO_COLOR", "1")]));
    assert!(run("", &[("CLICOLOR_FORCE", "1")]));
    assert!(run("", &[("FORCE_COLOR", "1")]));
    assert!(!run("", &[("FORCE_COLOR", "1"), ("NO_COLOR", "1")]));
    assert!(!run("--color never", &[("FORCE_COLOR", "1")]));
}

#[test]
fn frames_fit_the_terminal() {
    let ascii = check(STOPPED, "").variable("LANG", "C").done();
    assert!(ascii.out.is_ascii(), "{}", ascii.out);
    ascii.says(
        " 7 |     state: stopped\n   :            ^^^|^^^\n   :               `-- is stopped\n",
    );
    let spoken = check(STOPPED, "").variable("NO_GRAPHICS", "1").done();
    spoken.says(
        "error[SRV-001]: s1 is stopped, so nothing can be done with it\n\
         site.yaml, line 7, column 12: state: stopped\n\
         state: is stopped\n",
    );
    for line in check(UNKNOWN, "").variable("COLUMNS", "60").done().out.lines() {
        assert!(line.chars().count() <= 60, "{line}");
    }
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    use std::process::{Command, Stdio};
    let many: String = (1..=2000).map(|at| STOPPED.replace("s1", &format!("s{at}"))).collect();
    let run = check(&many, "");
    for form in ["full", "concise", "json"] {
        let mut child = Command::new(crate::support::program::program())
            .args(["check", "--rules", "rules", "site.yaml", "--all", "--format", form])
            .current_dir(run.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("the program starts");
        drop(child.stdout.take());
        let output = child.wait_with_output().expect("the program ends");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "");
        assert_eq!(output.status.code(), Some(1));
    }
}
