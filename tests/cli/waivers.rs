//! Waivers: a failure passes until a time, for the facts and machines it was granted for, in every command.

use crate::support::program::{HEAD, Run};

const PACK: &str = r#"pack shop "What a shop keeps"

environment { servers: [Server] }

entity Server "a server" {
  id: key
  up: bool
  cold: bool
  disks: [Disk]
}

record Disk { name: text  size: size }

unit Server

prerequisite S-001 "A server is well" {
  for     s in servers
  require s.up and s.cold
  because "{s} is not well"
  fix     start(s)
}

prerequisite S-002 "A server has no disks" {
  for     s in servers
  require s.disks is empty
  because "{s} has disks"
  waivable at most 10d
}

prerequisite S-003 "There are servers that are up" {
  require any s in servers: s.up
  because "no server is up"
  waivable never
}

remedy start(s: Server) {
  do     "Start {s}"
  effect set s.up = true
}
"#;

const ILL: &str = "servers:\n  - { id: s1, up: false, cold: true, disks: [] }\n  - { id: s2, up: true, cold: true, disks: [] }\n";

/// A document with one waiver of `S-001` for `s1`, with one change of its text.
fn document(from: &str, to: &str) -> String {
    let text = "apiVersion: failback/v1\nkind: Waivers\nenvironment: lab\nwaivers:\n  - id: W-1\n    rule: S-001\n    \
                subject: servers/s1\n    reason: It is moved on Friday\n    owner: kim\n    approver: lee\n    \
                granted: 2020-01-01T00:00:00Z\n    until: 2020-03-01T00:00:00+09:00\n    blocks: [s1]\n    facts:\n      \
                servers/s1/up: false\n";
    assert!(from.is_empty() || text.contains(from), "{from} in {text}");
    text.replacen(from, to, 1)
}

fn run(arguments: &str, facts: &str, waivers: &str) -> Run {
    Run::new(&format!("{arguments} --rules rules .")) //
        .file("rules/shop.gate", PACK)
        .file("site.yaml", format!("{HEAD}{facts}"))
        .file("waivers.yaml", waivers)
}

/// State and reason of the only waiver, at a time, and the verdict.
fn state(facts: &str, waivers: &str, now: &str) -> (String, String, String) {
    let done = run(&format!("check --format json --now {now}"), facts, waivers).done();
    let report: serde_json::Value = serde_json::from_str(&done.out).expect("JSON");
    let environment = &report["environments"][0];
    let waiver = &environment["waivers"][0];
    let text = |value: &serde_json::Value| value.as_str().unwrap_or("none").to_owned();
    (text(&waiver["state"]), text(&waiver["why"]), text(&environment["verdict"]))
}

#[test]
fn a_waived_failure_is_shown_and_closes_nothing() {
    let now = "--now 2020-02-01T00:00:00Z";
    run(&format!("check {now} --format concise"), ILL, &document("", "")).gives(
        0,
        "site.yaml:5:19: waived[S-001] servers/s1: s1 is not well; waived until 2020-02-29T15:00:00Z: It is moved on \
         Friday (W-1, owner kim, approved by lee)\n\
         gate OPEN: 1 waived, 4 passed, 2 of 2 servers ready (lab, as of 2020-02-01T00:00:00Z)\n",
        "",
    );
    let done = run(&format!("check {now} --format json"), ILL, &document("", "")).done();
    let report: serde_json::Value = serde_json::from_str(&done.out).expect("JSON");
    let lab = &report["environments"][0];
    let finding = &lab["findings"][0];
    assert_eq!(
        (&finding["outcome"], &finding["level"], &finding["waiver"]),
        (&"waived".into(), &"error".into(), &"W-1".into())
    );
    assert_eq!(lab["summary"]["waived"], 1);
    assert_eq!(
        lab["waivers"][0],
        serde_json::json!({
            "id": "W-1", "state": "inForce", "rule": "S-001", "subject": "servers/s1",
            "finding": "S-001:servers/s1", "granted": "2020-01-01T00:00:00Z", "until": "2020-02-29T15:00:00Z",
            "why": "it ends at 2020-02-29T15:00:00Z", "reason": "It is moved on Friday", "owner": "kim",
            "approver": "lee",
            "location": { "file": "waivers.yaml", "line": 5, "column": 9, "endLine": 5, "endColumn": 12 }
        })
    );
}

#[test]
fn every_form_tells_of_a_waived_failure_and_why_it_passes() {
    let check = |arguments: &str| {
        let arguments = format!("check --now 2020-02-01T00:00:00Z {arguments}");
        run(&arguments, ILL, &document("", "")).done().code(0).out
    };
    let wanted = "waived until 2020-02-29T15:00:00Z: It is moved on Friday (W-1, owner kim, approved by lee)";
    for form in ["concise", "sarif", "gitlab", "junit", "checkstyle", "rdjson", "csv", "azure"] {
        let out = check(&format!("--format {form}"));
        let plain = out.replace("&#58;", ":").replace("%3A", ":").replace("%2C", ",");
        assert!(plain.contains(wanted), "{form}: {out}");
    }
    assert!(check("--format github").contains("::notice file=site.yaml,line=5,"));
    assert!(check("").contains("waived[S-001]: s1 is not well"));
    assert!(check("").contains("  waived   until 2020-02-29T15:00:00Z: It is moved on Friday"));
    let markdown = check("--format markdown");
    assert!(
        markdown.contains("* **waived** `S-001` in `site.yaml`, line 5: s1 is not well; waived ")
    );
    let junit = check("--format junit");
    assert!(junit.contains("tests=\"3\" failures=\"0\" errors=\"0\" skipped=\"1\""), "{junit}");
    assert!(
        junit.contains("<skipped type=\"waived\" message=\"s1 is not well; waived "),
        "{junit}"
    );
    assert!(check("--format gitlab").contains("\"severity\": \"info\""));
    assert!(check("--format csv").lines().any(|line| line.ends_with(",W-1")));
    let log = |flags: &str| -> serde_json::Value {
        serde_json::from_str(&check(&format!("--format sarif {flags}"))).expect("JSON")
    };
    let run = &log("")["runs"][0];
    assert_eq!(run["results"][0]["level"], "error");
    assert_eq!(
        run["results"][0]["suppressions"],
        serde_json::json!([{
            "kind": "external", "status": "accepted", "justification": "It is moved on Friday",
            "properties": { "waiver": "W-1", "until": "2020-02-29T15:00:00Z" }
        }])
    );
    let run = &log("--sarif-waived omit")["runs"][0];
    assert_eq!(run["results"], serde_json::json!([]));
    let told = &run["invocations"][0]["toolExecutionNotifications"][0];
    assert_eq!(told["message"]["text"], "left out, as they are waived: 1");
}

#[test]
fn each_state_has_its_time_and_its_reason() {
    let expect = |facts: &str, waivers: &str, now: &str, wanted: [&str; 3]| {
        let (state, why, verdict) = state(facts, waivers, now);
        assert_eq!(
            [state.as_str(), why.as_str(), verdict.as_str()],
            wanted,
            "{now}\n{waivers}{facts}"
        );
    };
    let whole = document("", "");
    let ends = "it ends at 2020-02-29T15:00:00Z";
    // The end is in the zone of the waiver: 15 h UTC, not midnight.
    expect(ILL, &whole, "2020-01-01T00:00:00Z", ["inForce", ends, "open"]);
    expect(ILL, &whole, "2020-02-29T14:59:59Z", ["expiring", ends, "open"]);
    let ended = "it ended at 2020-02-29T15:00:00Z";
    expect(ILL, &whole, "2020-02-29T15:00:00Z", ["expired", ended, "closed"]);
    let begins = "it begins at 2020-01-01T00:00:00Z";
    expect(ILL, &whole, "2019-12-31T23:59:59Z", ["notYet", begins, "closed"]);
    let now = "2020-02-01T00:00:00Z";
    let well = ILL.replace("up: false", "up: true");
    expect(&well, &whole, now, ["unused", "`S-001` does not fail for `servers/s1`", "open"]);
    let gone = document("servers/s1", "servers/s9");
    expect(ILL, &gone, now, ["unused", "`servers/s9` is not described", "closed"]);
    let open = ILL.replace("up: false", "up: unknown");
    let unknown = "whether the rule fails is not known, and only a failure can be waived";
    expect(&open, &whole, now, ["unused", unknown, "unknown"]);
    let years = document("granted: 2020", "granted: 2019");
    let long = "it lasts 424d15h, and a failure of `S-001` can be waived for 90d";
    expect(ILL, &years, now, ["refused", long, "closed"]);
    let all = "servers:\n  - { id: s1, up: false, cold: true, disks: [] }\n";
    let never = document("S-001\n    subject: servers/s1", "S-003\n    subject: \"\"");
    expect(all, &never, now, ["refused", "a failure of `S-003` cannot be waived", "closed"]);
}

#[test]
fn a_second_fault_behind_a_waived_one_closes_the_gate() {
    let now = "2020-02-01T00:00:00Z";
    let both = ILL.replacen("cold: true", "cold: false", 1);
    let (state, why, verdict) = self::state(&both, &document("", ""), now);
    assert_eq!(
        [state.as_str(), why.as_str(), verdict.as_str()],
        ["lapsed", "`servers/s1/cold` decides now, too, and is `false`", "closed"]
    );
    run(&format!("check --now {now} --format concise"), &both, &document("", ""))
        .done()
        .code(1)
        .says("error[S-001] servers/s1: s1 is not well\n")
        .says("waivers.yaml:5:9: warning[waiver-lapsed]: waiver `W-1` has lapsed: ");
}

#[test]
fn other_values_and_machines_lapse_a_waiver() {
    let disks = ILL.replacen(
        "up: false, cold: true, disks: []",
        "up: true, cold: true, disks: [{ name: a, size: 1GiB }]",
        1,
    );
    let waiver = document("S-001", "S-002")
        .replace("servers/s1/up: false", "servers/s1/disks: [{ size: 1024MiB, name: \"a\" }]");
    let waiver = waiver.replace("granted: 2020-01-01", "granted: 2020-02-20");
    let now = "2020-02-21T00:00:00Z";
    assert_eq!(self::state(&disks, &waiver, now).0, "expiring", "a size may be spelled otherwise");
    let (state, why, _) = self::state(&disks.replace("name: a", "name: b"), &waiver, now);
    assert_eq!(state, "lapsed");
    assert_eq!(
        why,
        "`servers/s1/disks` is `[{name: b, size: 1GiB}]`, and was `[{size: 1024MiB, name: a}]` when it was granted"
    );
    let (state, why, verdict) =
        self::state(&disks, &waiver.replace("blocks: [s1]", "blocks: []"), now);
    assert_eq!(
        [state.as_str(), why.as_str(), verdict.as_str()],
        ["lapsed", "it blocks s1 now, too", "closed"]
    );
}

#[test]
fn every_command_knows_when_a_waiver_ends() {
    for (command, open, closed) in
        [("check -q", 0, 1), ("plan -q", 0, 0), ("what-if --set servers/s2/cold=true", 0, 1)]
    {
        let at = |now: &str| run(&format!("{command} --now {now}"), ILL, &document("", "")).done();
        let (before, after) = (at("2020-02-29T14:59:59Z"), at("2020-02-29T15:00:00Z"));
        assert_eq!((before.code, after.code), (open, closed), "{command}: {before:?} {after:?}");
        assert_ne!(before.out, after.out, "{command}");
    }
    // A step is planned for what is no longer waived, and for that alone.
    let plan = |now: &str| {
        run(&format!("plan --format concise --now {now}"), ILL, &document("", "")).done().out
    };
    assert!(!plan("2020-02-29T14:59:59Z").contains("start(s1)"));
    assert!(plan("2020-02-29T15:00:00Z").contains("start(s1)"));
    let times = run("check --times --now 2020-02-01T00:00:00Z", ILL, &document("", ""));
    times.done()
        .says("  2020-02-29T15:00:00Z  gate closed\n    waived -> fail: s1 is not well [S-001:servers/s1]\n");
}

#[test]
fn a_waiver_in_a_named_file_counts_as_one_in_the_paths() {
    let run = |arguments: &str| {
        Run::new(&format!(
            "check --rules rules site.yaml --format concise --now 2020-02-01T00:00:00Z {arguments}"
        ))
        .file("rules/shop.gate", PACK)
        .file("site.yaml", format!("{HEAD}{ILL}"))
        .file("over/there.yaml", document("", ""))
    };
    run("").done().code(1);
    run("--waivers over/there.yaml").done().code(0);
    run("").file("failback.toml", "waivers = [\"over/there.yaml\"]\n").done().code(0);
    run("over/there.yaml --waivers over/there.yaml").done().code(0);
    run("--waivers site.yaml").done().code(2).says("not-waivers");
    run("--waivers nothing.yaml").done().code(2).says("there is no such file or folder");
}

#[test]
fn a_lock_lets_nobody_else_grant() {
    let run = |lock: &str| {
        run(
            "check --format concise --now 2020-02-01T00:00:00Z --policy-lock lock/lock.toml",
            ILL,
            &document("", ""),
        )
        .file("lock/lock.toml", lock)
    };
    run("format = \"concise\"\n")
        .done()
        .code(2)
        .says("waivers.yaml:1:1: error[policy-lock]: waivers cannot be granted here: ")
        .says("error[S-001]");
    run("waivers = [\"../waivers.yaml\"]\n").done().code(0);
}

#[test]
fn what_is_wrong_with_a_waiver_is_said_at_its_place_and_it_has_no_effect() {
    let cases = [
        (
            "kind: Waivers",
            "kind: Waiver",
            "2:7: error[not-a-description]: `Waiver` is not the `kind` of a description",
        ),
        (
            "apiVersion: failback/v1\n",
            "",
            "1:1: error[not-a-description]: this description has no `apiVersion`",
        ),
        (
            "failback/v1",
            "failback/v9",
            "1:13: error[unknown-version]: unknown version `failback/v9`",
        ),
        ("environment: lab\n", "", "1:1: error[missing-key]: `environment` is missing"),
        (
            "waivers:",
            "waivres:",
            "4:1: error[unknown-key]: a document of waivers has no key `waivres`",
        ),
        (
            "reason: It is moved on Friday",
            "reason:",
            ": error[wrong-type]: `reason` is a text that says something",
        ),
        ("    reason: It is moved on Friday\n", "", "5:9: error[missing-key]: `reason` is missing"),
        ("owner: kim", "ownr: kim", "9:5: error[unknown-key]: a waiver has no key `ownr`"),
        (
            "approver: lee",
            "approver: Kim",
            "10:15: error[self-approved]: `kim` approves a waiver of their own",
        ),
        (
            "2020-03-01T00:00:00+09:00",
            "2020-03-01T00:00:00",
            "12:12: error[wrong-time]: `until` is a time with its zone",
        ),
        (
            "2020-03-01T00:00:00+09:00",
            "2020-03-01",
            "12:12: error[wrong-time]: `until` is a time with its zone",
        ),
        ("2020-03-01", "2019-03-01", "12:12: error[wrong-time]: this waiver ends before it begins"),
        ("servers/s1\n", "servers/*\n", "7:14: error[wrong-subject]: a waiver is for one subject"),
        ("blocks: [s1]", "blocks: s1", "13:13: error[wrong-type]: `blocks` is a list of ids"),
        ("S-001", "S-010", "6:11: error[unknown-rule]: no rule `S-010` judges `lab`"),
    ];
    for (from, to, wanted) in cases {
        run("check --format concise --now 2020-02-01T00:00:00Z", ILL, &document(from, to))
            .done()
            .code(2)
            .says(wanted)
            .says("error[S-001]");
    }
    let other = document("", "").lines().skip(4).collect::<Vec<_>>().join("\n");
    for (second, wanted) in [
        (other.replace("W-1", "W-2"), "`W-1` and `W-2` are for the same finding"),
        (other.replace("s1", "s2"), "the id `W-1` is given to two waivers"),
    ] {
        let twice = format!("{}{second}\n", document("", ""));
        run("check --format concise --now 2020-02-01T00:00:00Z", ILL, &twice)
            .done()
            .code(2)
            .says(&format!("error[duplicate-waiver]: {wanted}"));
    }
    run("check --now 2020-02-01T00:00:00Z", ILL, &document("environment: lab", "environment: lap"))
        .done()
        .code(1)
        .says("did you mean `lab`?");
}
