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
    assert_eq!(calls, ["waitForAgent(web01)"]);
    assert_eq!(minutes(plan.steps[0].until).as_deref(), Some("2020-03-28T09:05:00Z"));
    assert_eq!(minutes(plan.earliest).as_deref(), Some("2020-03-28T09:05:00Z"));
}

#[test]
fn a_step_that_mends_a_failure_or_waits_for_another_takes_its_time() {
    let late = booted("2020-03-28T08:40:00Z", ("", ""));
    assert_eq!(late.steps.len(), 1);
    assert_eq!(late.steps[0].until, None);
    assert_eq!(minutes(late.earliest).as_deref(), Some("2020-03-28T09:15:00Z"));
    // The service has to be started first.
    let stopped = booted("2020-03-28T08:50:00Z", ("serviceRunning: true", "serviceRunning: false"));
    let calls: Vec<&str> = stopped.steps.iter().map(|step| step.call.as_str()).collect();
    assert_eq!(calls, ["startAgentService(web01)", "waitForAgent(web01)"]);
    assert!(stopped.steps.iter().all(|step| step.until.is_none()));
}
