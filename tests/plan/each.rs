//! One finding that several bear: a step for each of them, or one for all, and what is left where only some can be helped.

use failback::plan::{Consent, Plan};

use crate::plan::broken::pack;
use crate::support::follow::{by_rules, follow, planned};

fn racks(servers: &str) -> (String, Plan) {
    let rules = pack(include_str!("racks.gate"));
    let text = format!("apiVersion: failback/v1\nkind: Environment\nname: racks\n{servers}");
    let plan = planned(&text, &rules, &Consent::default());
    let problems = follow(&text, &rules, &plan, &|text| by_rules(text, &rules));
    assert_eq!(problems, Vec::<String>::new());
    (text, plan)
}

fn calls(plan: &Plan) -> Vec<&str> {
    plan.steps.iter().map(|step| step.call.as_str()).collect()
}

#[test]
fn each_of_those_that_bear_a_fault_has_a_step_and_the_last_closes_it() {
    let (_, plan) = racks(
        "racks: [{ id: r1, power: 8 }, { id: r2, power: 30 }]\n\
         servers:\n  - { id: a, rack: r1, needs: 9 }\n  - { id: b, rack: r1, needs: 5 }\n  - { id: c, rack: r1, needs: 10 }\n",
    );
    assert_eq!(calls(&plan), ["move(a)", "move(c)"]);
    assert!(plan.verified);
    let [first, last] = plan.steps.as_slice() else { panic!("two steps") };
    assert_eq!(
        (first.closes.len(), last.closes.as_slice()),
        (0, &["T-001:racks/r1".to_owned()][..])
    );
    assert_eq!(first.reasons, ["goes towards closing T-001:racks/r1, with others"]);
    assert_eq!(first.alternatives, ["rewire"]);
    assert_eq!(
        (first.helps.as_slice(), first.ready.as_slice()),
        (&["a".to_owned()][..], &["a".to_owned()][..])
    );
    assert_eq!(
        (last.helps.as_slice(), last.ready.as_slice()),
        (&["c".to_owned()][..], &["c".to_owned()][..])
    );
}

#[test]
fn where_one_of_them_cannot_be_helped_so_what_helps_all_is_done_instead() {
    let (_, plan) = racks(
        "racks: [{ id: r1, power: 7 }, { id: r2, power: 30 }]\n\
         servers:\n  - { id: a, rack: r1, needs: 9 }\n  - { id: c, rack: r1, needs: 10, sealed: true }\n",
    );
    assert_eq!(calls(&plan), ["rewire(r1)"], "moving `a` is needless then");
    assert!(plan.verified);
}

#[test]
fn those_are_helped_that_can_be_where_the_finding_stays_for_others() {
    let (_, plan) = racks(
        "racks: [{ id: r1, power: 8 }, { id: r2, power: 30 }]\n\
         servers:\n  - { id: a, rack: r1, needs: 9 }\n  - { id: c, rack: r1, needs: 10, sealed: true }\n",
    );
    assert_eq!(calls(&plan), ["move(a)"]);
    assert!(!plan.verified && plan.opens);
    assert_eq!(plan.ready, ["a"]);
    let [left] = plan.unresolved.as_slice() else { panic!("one finding is left") };
    assert_eq!(
        (left.id.as_str(), left.why.as_str()),
        (
            "T-001:racks/r1",
            "move cannot start: servers/c/sealed is true; rewire cannot start: racks/r1/power is 8"
        )
    );
}

#[test]
fn nothing_is_done_for_whom_it_is_not_known_whether_he_bears_it() {
    let (_, plan) = racks(
        "racks: [{ id: r1, power: 8 }, { id: r2, power: 30 }]\n\
         servers:\n  - { id: a, rack: r1, needs: 9 }\n  - { id: c, rack: r1 }\n",
    );
    assert_eq!(calls(&plan), ["move(a)"]);
    assert_eq!(plan.ready, ["a"]);
    assert_eq!(
        plan.questions.iter().map(|asked| asked.path.as_str()).collect::<Vec<_>>(),
        ["servers/c/needs"]
    );
}
