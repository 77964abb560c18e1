//! What "verified" promises: small faults in a complete description, and what the plan may and may not say of them.

use failback::plan::{Consent, Hold, Plan};
use failback::session::{Inputs, Options, Planning, run};

use crate::support::described;
use crate::support::follow::{by_session, follow, planned};

/// A complete description as it was when these promises were made.
const SITE: &str = include_str!("promises.yaml");

/// The description with one text in place of another, the first one behind a third.
fn edited(edits: &[(&str, &str, &str)]) -> String {
    let mut text = SITE.to_owned();
    for (old, new, behind) in edits {
        let at = text.find(behind).expect("the place");
        assert!(text[at..].contains(old), "{old}");
        text = text[..at].to_owned() + &text[at..].replacen(old, new, 1);
    }
    text
}

/// The plan for a text, which keeps its word.
fn plan(text: &str) -> Plan {
    let rules = described::shipped();
    let plan = planned(text, &rules, &Consent::default());
    assert_eq!(follow(text, &rules, &plan, &by_session), Vec::<String>::new());
    plan
}

fn calls(plan: &Plan) -> Vec<&str> {
    plan.steps.iter().map(|step| step.call.as_str()).collect()
}

#[test]
fn no_plan_does_the_act_that_the_gate_is_about() {
    // 61 disks where 60 is the limit: reprotect would take them off the list, and attach them.
    let plan = plan(&edited(&[("diskCount: 1", "diskCount: 59", "- id: web01")]));
    assert!(calls(&plan).iter().all(|call| !call.starts_with("reprotect(")), "{:?}", calls(&plan));
}

#[test]
fn a_certificate_that_expires_while_steps_run_is_renewed() {
    let text = edited(&[
        ("state: connected", "state: disconnected", "connections:"),
        ("2022-01-10T00:00:00Z", "2020-03-28T09:30:00Z", "configurationServers:"),
    ]);
    let plan = plan(&text);
    let mut calls = calls(&plan);
    calls.sort_unstable();
    assert_eq!(calls, ["connectNetworks(vnet-dr)", "renewCertificate(cs1)"]);
    let end = failback::scalar::parse_time("2020-03-28T09:45:00Z").expect("a time");
    assert!(plan.verified && plan.earliest == Some(end));
    // What renews itself is named.
    let assumed = |path: &str| plan.assumes.iter().any(|(known, _)| known == path);
    assert!(assumed("configurationServers/cs1/lastHeartbeat"), "{:?}", plan.assumes);
}

#[test]
fn a_plan_holds_until_the_time_that_it_says_and_no_longer() {
    let text = edited(&[(
        "snapshots: []",
        "snapshots: [{ name: old, createdAt: 2020-01-01T00:00:00Z }]",
        "- id: mt-win",
    )]);
    let plan = plan(&text);
    let done = plan.steps.iter().fold(text, |text, step| {
        failback::yaml::edit::change(&text, 0, &step.edits).expect("the step can be written")
    });
    let until = plan.valid_until.expect("the certificate expires some day");
    // What renews itself is renewed by then.
    let at = |time: i64| {
        let then = || serde_yaml::Value::String(failback::scalar::print_time(time));
        let paths = [
            "configurationServers/cs1/lastHeartbeat",
            "processServers/ps-azure/lastHeartbeat",
            "asOf",
        ];
        let wishes = paths.map(|path| described::Wish::Set(path.to_owned(), then()));
        by_session(&described::changed(&done, &wishes)).open
    };
    assert_eq!(at(until - failback::scalar::SECOND), Vec::<String>::new());
    assert_eq!(at(until), ["CS-007:configurationServers/cs1"]);
}

#[test]
fn a_failure_long_past_its_grace_is_no_matter_of_waiting() {
    let plan = plan(&edited(&[("registered: true", "registered: false", "- id: web01")]));
    assert_eq!(calls(&plan), ["lookForAgent(web01)"]);
    assert!(plan.steps[0].is_hope() && !plan.verified && plan.verified_steps == 0);
    let left: Vec<(&str, Hold)> =
        plan.unresolved.iter().map(|left| (left.id.as_str(), left.hold)).collect();
    assert_eq!(left, [("AGT-001:machines/web01", Hold::Closed)]);
    let seen: Vec<&str> = plan.steps[0].expects.iter().map(|(path, _)| path.as_str()).collect();
    assert!(seen.contains(&"machines/web01/azureVm/agent/registered"), "{seen:?}");
}

#[test]
fn a_machine_that_was_not_failed_over_is_left_and_nothing_fails_it_over() {
    let plan = plan(&edited(&[(
        "failoverState: committed",
        "failoverState: notFailedOver",
        "- id: web01",
    )]));
    assert!(calls(&plan).is_empty(), "{:?}", calls(&plan));
    let left = plan.unresolved.iter().find(|left| left.id == "VM-001:machines/web01");
    assert!(
        left.is_some_and(|left| left.why.contains("takeOutOfRequest")),
        "{:?}",
        plan.unresolved
    );
    assert!(!plan.verified);
}

#[test]
fn what_cannot_be_taken_back_comes_after_what_can() {
    let text = edited(&[
        (
            "snapshots: []",
            "snapshots: [{ name: old, createdAt: 2020-01-01T00:00:00Z }]",
            "- id: mt-win",
        ),
        ("state: connected", "state: disconnected", "connections:"),
    ]);
    let plan = plan(&text);
    assert_eq!(calls(&plan), ["connectNetworks(vnet-dr)", "deleteSnapshots(mt-win)"]);
    assert!(plan.steps[1].is_final && plan.steps[1].starts_at >= plan.steps[0].ends_at);
}

#[test]
fn nothing_is_destroyed_before_it_is_known_that_somebody_can_go() {
    let first = include_str!("promises-first.yaml");
    let unknown = regex::Regex::new(r"resourceGroup: [\w-]+").expect("an expression");
    let text = unknown.replace_all(first, "resourceGroup: unknown").into_owned();
    let mut inputs = Inputs::shipped();
    inputs.describe("site.yaml", &*text);
    let options = Options { planning: Some(Planning::default()), ..Options::default() };
    run(&inputs, &options, |report| {
        let plan = report.environments[0].plan.as_ref().expect("a plan");
        let delete = plan.steps.iter().find(|step| step.call.starts_with("deleteSnapshots("));
        let delete = delete.expect("snapshots are in the way");
        assert!(!delete.questions.is_empty(), "{:?}", plan.questions.len());
        // Behind all that can be taken back.
        assert!(plan.steps.iter().all(|step| step.is_final || step.id < delete.id));
    });
}
