//! Steps that only wait: the plan tells until when, as the facts give it.

use failback::plan::{Consent, Plan};

use crate::support::described::{self, READY};
use crate::support::follow::{by_session, follow, planned};

/// The plan for the ready example with the agent of one machine not registered since a boot.
fn booted(at: &str, more: (&str, &str)) -> Plan {
    let machine = READY.find("  - id: web01").expect("the machine");
    let (before, after) = READY.split_at(machine);
    let after = after.replacen("registered: true", "registered: false", 1);
    let after = after.replacen("bootedAt: 2020-03-27T10:00:00Z", &format!("bootedAt: {at}"), 1);
    let text = format!("{before}{}", after.replacen(more.0, more.1, 1));
    let rules = described::shipped();
    let plan = planned(&text, &rules, &Consent::default());
    assert_eq!(follow(&text, &rules, &plan, &by_session), Vec::<String>::new());
    plan
}

fn minutes(time: Option<i64>) -> Option<String> {
    time.map(failback::scalar::print_time)
}

#[test]
fn a_step_that_waits_out_a_grace_ends_with_it() {
    // Fifteen minutes from the boot, and not from now, which is nine o'clock.
    let plan = booted("2020-03-28T08:50:00Z", ("", ""));
    let calls: Vec<&str> = plan.steps.iter().map(|step| step.call.as_str()).collect();
    assert_eq!(calls, ["wait"]);
    assert_eq!(plan.steps[0].waits_for, ["lookForAgent(web01)"]);
    assert!(
        plan.verified
            && plan
                .assumes
                .iter()
                .any(|(path, _)| path == "machines/web01/azureVm/agent/registered")
    );
    assert_eq!(minutes(plan.steps[0].until).as_deref(), Some("2020-03-28T09:05:00Z"));
    assert_eq!(minutes(plan.earliest).as_deref(), Some("2020-03-28T09:05:00Z"));
}

#[test]
fn a_failure_past_its_grace_is_looked_into_and_not_waited_for() {
    let late = booted("2020-03-28T08:40:00Z", ("", ""));
    let calls: Vec<&str> = late.steps.iter().map(|step| step.call.as_str()).collect();
    assert_eq!(calls, ["lookForAgent(web01)"]);
    assert_eq!(late.steps[0].until, None);
    assert_eq!(late.steps[0].hopes, ["AGT-001:machines/web01"]);
    // What it finds is not known before: nothing rests on it.
    assert!(!late.verified && late.verified_steps == 0 && late.steps[0].closes.is_empty());
    let left: Vec<&str> = late.unresolved.iter().map(|left| left.id.as_str()).collect();
    assert_eq!(left, ["AGT-001:machines/web01"]);
    assert!(!late.ready.contains(&"web01".to_owned()));
}

#[test]
fn a_wait_goes_on_while_other_steps_are_done() {
    // The service has to be started first; then the rest of the grace is waited for.
    let stopped = booted("2020-03-28T08:50:00Z", ("serviceRunning: true", "serviceRunning: false"));
    let calls: Vec<&str> = stopped.steps.iter().map(|step| step.call.as_str()).collect();
    assert_eq!(calls, ["startAgentService(web01)", "wait"]);
    assert_eq!(minutes(stopped.steps[1].until).as_deref(), Some("2020-03-28T09:05:00Z"));
    assert_eq!(minutes(stopped.earliest).as_deref(), Some("2020-03-28T09:05:00Z"));
}
