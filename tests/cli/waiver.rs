//! `failback waiver`: granting, listing, renewing, and the guide that shows it.

use std::fs;
use std::path::Path;

use crate::support::program::{Done, HEAD, Run};

const PACK: &str = r#"pack shop "What a shop keeps"

environment { asOf: time  servers: [Server] }

entity Server "a server" { id: key  up: bool  label: text }

unit Server

prerequisite S-001 "A server is up" {
  for     s in servers
  require s.up or s.label == "spare: #1"
  because "{s} is down"
}

prerequisite S-002 "There are servers that are up" {
  require any s in servers: s.up
  because "no server is up"
  waivable at most 10d
}

unsupported S-003 "A server without a label" {
  for  s in servers
  when s.label == "bare"
  because "{s} has no label"
}
"#;

const DOWN: &str =
    "asOf: 2020-01-01T00:00:00Z\nservers:\n  - { id: s1, up: false, label: \"- a: #b\" }\n";
const WHO: &str = "--owner kim --approver lee --reason moved";

/// A run in a folder that is kept, so that several follow one another.
fn again(folder: &Path, arguments: &str) -> Done {
    let mut words = arguments.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    words.extend(["--rules".to_owned(), "rules".to_owned()]);
    let output = std::process::Command::new(crate::support::program::program())
        .args(words)
        .current_dir(folder)
        .env("NO_COLOR", "1")
        .env_remove("FAILBACK_WAIVERS")
        .output()
        .expect("the program runs");
    Done {
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
        code: output.status.code().unwrap_or(-1),
    }
}

fn shop(facts: &str) -> Run {
    Run::new("check").file("rules/shop.gate", PACK).file("site.yaml", format!("{HEAD}{facts}"))
}

#[test]
fn what_is_printed_lets_the_failure_pass() {
    let shop = shop(DOWN);
    let until = "--until 2020-01-10T00:00:00+09:00";
    let text =
        again(shop.path(), &format!("waiver new S-001:servers/s1 {WHO} {until}")).code(0).out;
    assert_eq!(
        text,
        "apiVersion: failback/v1\nkind: Waivers\nenvironment: lab\nwaivers:\n  - id: W-2020-001\n    rule: S-001\n    \
         subject: servers/s1\n    reason: moved\n    owner: kim\n    approver: lee\n    granted: 2020-01-01T00:00:00Z\n    \
         until: 2020-01-09T15:00:00Z\n    blocks:\n      - s1\n    facts:\n      servers/s1/up: false\n      \
         servers/s1/label: \"- a: #b\"\n"
    );
    fs::write(shop.path().join("w.yaml"), text).expect("a file");
    again(shop.path(), "check --format concise").code(1).says("waived[S-001]").says("error[S-002]");
    again(shop.path(), &format!("waiver new S-002 {WHO} {until} -o w.yaml"))
        .code(0)
        .complains("wrote w.yaml\n");
    again(shop.path(), "check -q")
        .code(0)
        .says("gate OPEN: 2 waived, 1 passed, 1 of 1 servers ready");
    again(shop.path(), &format!("waiver new S-002 {WHO} {until} -o w.yaml"))
        .code(2)
        .complains("waiver `W-2020-002` is for `S-002` already");
}

#[test]
fn a_waiver_is_added_behind_others_and_beside_those_of_other_environments() {
    let shop = shop(DOWN);
    let other =
        "apiVersion: failback/v1\nkind: Waivers\nenvironment: other\nwaivers: []   # none yet\n";
    fs::write(shop.path().join("w.yaml"), other).expect("a file");
    let until = "--until 2020-01-10T00:00:00Z";
    again(shop.path(), &format!("waiver new S-001:servers/s1 {WHO} {until} -o w.yaml")).code(0);
    again(shop.path(), &format!("waiver new S-002 {WHO} {until} -o w.yaml")).code(0);
    let text = fs::read_to_string(shop.path().join("w.yaml")).expect("a file");
    assert!(text.starts_with(&format!("{other}---\napiVersion: failback/v1\n")), "{text}");
    assert_eq!(text.matches("kind: Waivers").count(), 2, "{text}");
    again(shop.path(), "waiver list").code(0).says("2 waivers: 2 expiring (lab, as of ");
    // A broken file is not written to.
    fs::write(shop.path().join("b.yaml"), "a: [\n").expect("a file");
    again(shop.path(), &format!("waiver new S-002 {WHO} {until} --id W-9 -o b.yaml site.yaml"))
        .code(2)
        .complains("the waiver cannot be written into this file");
    assert_eq!(fs::read_to_string(shop.path().join("b.yaml")).expect("a file"), "a: [\n");
}

#[test]
fn what_may_not_be_waived_is_refused_with_the_reason() {
    let facts = DOWN.replace("\"- a: #b\"", "bare") + "  - { id: s2, up: unknown, label: a }\n";
    let shop = shop(&facts);
    let cases = [
        ("S-003:servers/s1", WHO, "2020-01-10T00:00:00Z", "a failure of `S-003` cannot be waived"),
        ("S-001:servers/s1", WHO, "2020-06-10T00:00:00Z", "end it by 2020-03-31T00:00:00Z"),
        ("S-001:servers/s1", WHO, "2020-01-10", "`2020-01-10` is not a time"),
        ("S-001:servers/s1", WHO, "2020-01-10T00:00:00", "write it with its zone"),
        ("S-001:servers/s1", WHO, "2020-01-01T00:00:00Z", "before it begins"),
        (
            "S-001:servers/s2",
            WHO,
            "2020-01-10T00:00:00Z",
            "is not known, and only a failure can be waived",
        ),
        ("S-001:servers/s3", WHO, "2020-01-10T00:00:00Z", "there is no finding `S-001:servers/s3`"),
        (
            "S-001:servers/s1",
            "--owner Kim --approver kim --reason moved",
            "2020-01-10T00:00:00Z",
            "would approve a waiver of their own",
        ),
    ];
    for (id, who, until, wanted) in cases {
        let done = again(shop.path(), &format!("waiver new {id} {who} --until {until}")).code(2);
        assert!(done.out.is_empty(), "{}", done.out);
        done.complains(wanted);
    }
}

#[test]
fn an_end_that_has_come_is_found_by_the_check_of_waivers() {
    let shop = shop(DOWN);
    let until = "--until 2020-02-10T00:00:00Z";
    again(shop.path(), &format!("waiver new S-001:servers/s1 {WHO} {until} -o w.yaml")).code(0);
    again(shop.path(), "waiver check").code(0).says("1 waiver: 1 in force (lab");
    again(shop.path(), "waiver check --now 2020-02-01T00:00:00Z").code(0).says("1 expiring");
    again(shop.path(), "waiver check --now 2020-02-10T00:00:00Z").code(1).says(
        "w.yaml:5:9: expired[W-2020-001] S-001 servers/s1: it ended at 2020-02-10T00:00:00Z\n",
    );
    let json =
        again(shop.path(), "waiver check --format json --now 2020-02-10T00:00:00Z").code(1).out;
    let json: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    assert_eq!(json["environments"][0]["waivers"][0]["state"], "expired");
    assert_eq!(json["exit"], 1);
    // What was repaired needs no waiver, nor does what is gone.
    let well = DOWN.replace("up: false", "up: true");
    fs::write(shop.path().join("site.yaml"), format!("{HEAD}{well}")).expect("a file");
    again(shop.path(), "waiver check").code(1).says("unused[W-2020-001]");
    again(shop.path(), "waiver check w.yaml")
        .code(1)
        .says("the environment `lab` is not described here");
    again(shop.path(), "waiver list site.yaml").code(0).says("no waivers (lab");
}

#[test]
fn a_waiver_that_lapsed_is_renewed_with_the_facts_of_now() {
    let shop = shop(DOWN);
    let until = "--until 2020-01-11T00:00:00Z";
    again(shop.path(), &format!("waiver new S-001:servers/s1 {WHO} {until} -o w.yaml")).code(0);
    let other = DOWN.replace("- a: #b", "other");
    fs::write(shop.path().join("site.yaml"), format!("{HEAD}{other}")).expect("a file");
    again(shop.path(), "waiver check")
        .code(1)
        .says("lapsed[W-2020-001]")
        .says("`servers/s1/label` is `other`, and was `\"- a: #b\"` when it was granted");
    let old = fs::read_to_string(shop.path().join("w.yaml")).expect("a file");
    let printed =
        again(shop.path(), "waiver renew W-2020-001 --now 2020-01-05T00:00:00Z").code(0).out;
    assert!(printed.contains("until: 2020-01-15T00:00:00Z"), "as long as before: {printed}");
    assert!(printed.contains("servers/s1/label: other\n"), "{printed}");
    assert_eq!(fs::read_to_string(shop.path().join("w.yaml")).expect("a file"), old);
    again(shop.path(), "waiver renew W-2020-001 --write --approver park").code(0);
    again(shop.path(), "waiver check").code(0).says("1 waiver: 1 expiring");
    let text = fs::read_to_string(shop.path().join("w.yaml")).expect("a file");
    assert!(text.contains("approver: park") && text.contains("owner: kim"), "{text}");
    again(shop.path(), "waiver renew W-2020-002").code(2).complains("did you mean `W-2020-001`?");
}

#[test]
fn the_guide_shows_what_the_program_prints() {
    let page = include_str!("../../docs/waivers.md");
    let folder = tempfile::TempDir::new().expect("a folder");
    let site = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/first-failback/site.yaml");
    fs::copy(site, folder.path().join("site.yaml")).expect("a copy");
    let run = |arguments: &str| {
        let output = std::process::Command::new(crate::support::program::program())
            .args(arguments.split_whitespace())
            .current_dir(folder.path())
            .env("NO_COLOR", "1")
            .env("COLUMNS", "200")
            .env_remove("FAILBACK_WAIVERS")
            .output()
            .expect("the program runs");
        String::from_utf8_lossy(&output.stdout).into_owned()
            + &String::from_utf8_lossy(&output.stderr)
    };
    // The document at the head of the page is in force as it is shown.
    let shown = page.split("```yaml\n").nth(1).and_then(|rest| rest.split("```").next());
    fs::write(folder.path().join("shown.yaml"), shown.expect("a document")).expect("a file");
    let list = run("waiver list");
    assert!(list.contains("expiring[W-2020-001] MT-001 masterTargets/mt-busan-1"), "{list}");
    fs::remove_file(folder.path().join("shown.yaml")).expect("it was there");
    let mut runs = 0;
    for block in page.split("```console\n").skip(1) {
        let block = block.split("```").next().unwrap_or_default();
        for transcript in block.split("$ failback ").skip(1) {
            let (arguments, wanted) = transcript.split_once('\n').unwrap_or((transcript, ""));
            let out = run(arguments);
            assert_eq!(out.lines().count(), wanted.lines().count(), "{arguments}: {out}");
            for (line, wanted) in out.lines().zip(wanted.lines()) {
                // How many rules there are is no matter of this page.
                let (start, end) = wanted.split_once("[…]").unwrap_or((wanted, ""));
                let is_shown = line.starts_with(start) && line.ends_with(end);
                assert!(
                    is_shown && (line == wanted || wanted.contains("[…]")),
                    "{arguments}: {out}"
                );
            }
            runs += 1;
        }
    }
    assert!(runs > 5, "{runs} commands are shown");
}
