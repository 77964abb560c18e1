//! Which steps wait for which: what one goes by, another must not change beside it.

use failback::plan::{Consent, Plan};

use crate::support::described::{self, READY};
use crate::support::follow::{by_session, follow, planned};

/// The plan for the ready example with one part after the other written otherwise; it keeps its word.
fn plan_but(changes: &[(&str, &str)]) -> Plan {
    let text = changes.iter().fold(READY.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    });
    let rules = described::shipped();
    let plan = planned(&text, &rules, &Consent::default());
    assert_eq!(follow(&text, &rules, &plan, &by_session), Vec::<String>::new());
    plan
}

#[test]
fn what_is_made_of_a_whole_list_waits_for_what_adds_to_the_list() {
    // Both a plan and a machine are targeted, the plan lacks a machine of a group, and web01 has no item. The target is
    // made of all items: made before web01 has one, it leaves web01 behind.
    let plan = plan_but(&[
        (
            "  - id: rp-seoul\n    machines: [erp01, erp02, web01, files01]",
            "  - id: rp-seoul\n    machines: [erp01, web01, files01]",
        ),
        (
            "target: { recoveryPlan: rp-seoul }",
            "target: { recoveryPlan: rp-seoul, machines: [erp01] }",
        ),
        (
            "    - { machine: web01, masterTarget: mt-linux, processServer: ps-azure, datastore: ds-vmfs-02, retentionVolume: /mnt/retention }\n",
            "",
        ),
    ]);
    let calls: Vec<&str> = plan.steps.iter().map(|step| step.call.as_str()).collect();
    assert_eq!(calls, ["addItem(web01)", "targetMachines()", "createRecoveryPlan(erp)"]);
    assert!(plan.verified && plan.limit.is_none(), "{:?} {:?}", plan.unresolved, plan.limit);
    assert_eq!(plan.steps[1].after, [1]);
    assert_eq!(plan.steps[1].reasons, ["goes by request/items: step 1"]);
    assert_eq!(plan.ready, ["erp01", "erp02", "web01", "files01"]);
}
