//! What a change does to readiness: units, findings, facts and causes of two sides, and the exit code.

mod revisions;

use serde_json::Value;

use crate::support::program::{Done, HEAD, Run};

const OPEN: &str = "servers:\n  - { id: s1, state: running, model: new, snapshots: [], joined: true }\n  \
                    - { id: s2, state: running, model: new, snapshots: [], joined: true }\n";

fn compared(base: &str, head: &str, more: &str) -> Done {
    let run = Run::new(&format!("diff base.yaml head.yaml --rules rules {more}")).pack();
    run.file("base.yaml", format!("{HEAD}{base}")).file("head.yaml", format!("{HEAD}{head}")).done()
}

fn json(base: &str, head: &str) -> Value {
    let done = compared(base, head, "--format json --all");
    let json: Value = serde_json::from_str(&done.out).expect("JSON");
    assert_eq!(json["exit"], done.code, "{}", done.out);
    json
}

#[test]
fn an_edited_line_is_named_with_whom_it_stops() {
    let head = OPEN.replacen("running", "stopped", 1);
    compared(OPEN, &head, "").code(1).says(
        "lab: gate open -> CLOSED\n  newly blocked    s1\n    SRV-001 servers/s1 (new error, fail)\n      \
         s1 is stopped, so nothing can be done with it\n      \
         head.yaml:5  servers/s1/state: running -> stopped\n  same             s2\n\
         1 finding is new, 0 are fixed or no longer described; 1 of 1 edit is behind it\n",
    );
    let back = compared(&head, OPEN, "").code(0);
    back.says("gate CLOSED -> open").says("newly ready      s1").says("(error gone)");
}

#[test]
fn every_form_tells_the_same() {
    let head = OPEN.replacen("running", "stopped", 1);
    compared(OPEN, &head, "--format concise").code(1).says(
        "head.yaml:5: SRV-001 servers/s1 (new error, fail): servers/s1/state: running -> stopped",
    );
    compared(OPEN, &head, "--format markdown")
        .code(1)
        .says("<!-- failback -->\n")
        .says("`SRV-001 ");
    compared(OPEN, &head, "--format github")
        .code(1)
        .says("::error file=head.yaml,line=5,endLine=5,col=22,endColumn=29,title=SRV-001::s1 is");
    let json = json(OPEN, &head);
    let one = &json["environments"][0];
    assert_eq!(one["verdict"]["head"], "closed");
    assert_eq!(one["units"][0]["change"], "newlyBlocked");
    assert_eq!(one["units"][1]["change"], "same");
    assert_eq!(one["findings"][0]["causes"][0]["path"], "servers/s1/state");
    assert_eq!(one["edits"][0]["change"], "changed");
    assert_eq!(one["edits"][0]["head"]["value"], "stopped");
}

#[test]
fn how_facts_are_written_changes_nothing() {
    let head = "servers: # all of them\n  - snapshots: []\n    id: \"s2\"\n    model: 'new'\n    joined: true\n    \
                state: running\n---\napiVersion: failback/v1\nkind: Environment\nname: lab\nservers:\n  \
                - { joined: true, state: \"running\", model: new, id: s1, snapshots: [ ] }\n";
    let done = compared(OPEN, head, "--format json").code(0);
    let json: Value = serde_json::from_str(&done.out).expect("JSON");
    for list in ["units", "findings", "edits"] {
        assert_eq!(json["environments"][0][list], serde_json::json!([]), "{list}: {}", done.out);
    }
}

#[test]
fn an_entity_that_came_is_one_edit_and_so_is_a_list() {
    let head = OPEN.to_owned()
        + "  - { id: s3, state: stopped, model: new, snapshots: [], joined: true }\n";
    let came = json(OPEN, &head);
    let edits = came["environments"][0]["edits"].as_array().expect("a list");
    assert_eq!(edits.len(), 1);
    assert_eq!((&edits[0]["path"], &edits[0]["change"]), (&"servers/s3".into(), &"added".into()));
    assert_eq!(came["environments"][0]["units"][2]["change"], "added");
    let head = OPEN.replacen("snapshots: []", "snapshots: [{ name: a }, { name: b }]", 1);
    let list = json(OPEN, &head);
    assert_eq!(list["environments"][0]["edits"][0]["path"], "servers/s1/snapshots");
    assert_eq!(list["exit"], 0, "advice closes nothing");
}

#[test]
fn what_is_newly_unknown_has_a_code_of_its_own() {
    let head = OPEN.replacen("state: running", "state: unknown", 1);
    assert_eq!(json(OPEN, &head)["exit"], 3);
    let stopped = OPEN.replacen("running", "stopped", 1);
    assert_eq!(
        json(&stopped, &head)["exit"],
        0,
        "a failure that is not sure any more is no new one"
    );
    assert_eq!(json(&head, &stopped)["exit"], 1);
}

#[test]
fn a_side_that_cannot_be_read_is_never_newly_ready() {
    let stopped = OPEN.replacen("running", "stopped", 1);
    compared(&stopped, "servers: [{ id: s1, stat: running }]\n", "")
        .code(2)
        .complains("head.yaml:4:21: error[unknown-key]")
        .complains("`head.yaml` could not be read");
    let missing = Run::new("diff base.yaml nowhere").file("base.yaml", HEAD).done();
    missing.code(2).complains("nowhere");
}

#[test]
fn an_environment_that_only_one_side_describes_is_told() {
    let run = Run::new("diff a b --rules rules --format json").pack();
    let done = run.file("a/x.txt", "").file("b/x.yaml", format!("{HEAD}{OPEN}")).done().code(0);
    let json: Value = serde_json::from_str(&done.out).expect("JSON");
    assert_eq!(json["environments"][0]["in"], "head");
    assert_eq!(json["environments"][0]["verdict"]["base"], Value::Null);
    let neither = Run::new("diff a b --rules rules").pack().file("a/x", "").file("b/x", "").done();
    neither.code(5).says("neither side describes anything");
}
