//! Packs whose remedies are wrong: the plan says what is left and why, is never called verified, and comes to an end.

use failback::compile::ir::RuleSet;
use failback::plan::{Consent, Plan};
use failback::session::{PackFiles, rules};
use failback::source::Sources;

use crate::support::follow::{by_rules, follow, planned};

const STOPPED: &str = "\
apiVersion: failback/v1
kind: Environment
name: trial
servers:
  - { id: s1, power: stopped, disk: detached, label: plain }
";

/// The rules of a pack in one file, which is without error.
pub fn pack(text: &str) -> RuleSet {
    let mut sources = Sources::default();
    let file = sources.add("trial.gate", text);
    let loaded = rules::load(&sources, &PackFiles::new("trial", vec![file]));
    let errors: Vec<_> = loaded.diagnostics.iter().map(|error| &error.message).collect();
    assert!(
        loaded
            .diagnostics
            .iter()
            .all(|error| error.severity != failback::diagnostic::Severity::Error),
        "{errors:?}"
    );
    loaded.rules
}

/// The plan, which may promise little but must keep it.
fn plan_for(pack_text: &str, description: &str) -> Plan {
    let rules = pack(pack_text);
    let plan = planned(description, &rules, &Consent::default());
    assert!(!plan.verified);
    let mut wrong = follow(description, &rules, &plan, &|text| by_rules(text, &rules));
    // A step that mends nothing in the end may stand in a plan that is not verified.
    wrong.retain(|problem| !problem.ends_with("is not needed"));
    assert_eq!(wrong, Vec::<String>::new());
    plan
}

fn left(plan: &Plan) -> Vec<(&str, &str)> {
    plan.unresolved.iter().map(|left| (left.id.as_str(), left.why.as_str())).collect()
}

#[test]
fn remedies_that_need_each_other_are_told() {
    let plan = plan_for(include_str!("circle.gate"), STOPPED);
    assert!(plan.steps.is_empty());
    assert_eq!(
        left(&plan),
        [
            ("T-001:servers/s1", "start cannot start: servers/s1/disk is detached"),
            ("T-002:servers/s1", "attach cannot start: servers/s1/power is stopped"),
        ]
    );
}

#[test]
fn a_remedy_that_does_nothing_is_told() {
    let plan = plan_for(include_str!("idle.gate"), STOPPED);
    assert!(plan.steps.is_empty());
    assert_eq!(left(&plan), [("T-001:servers/s1", "paint does not close it here")]);
}

#[test]
fn a_remedy_that_breaks_another_rule_is_told() {
    let description = STOPPED.replace("detached", "attached");
    let plan = plan_for(include_str!("rebreak.gate"), &description);
    assert_eq!(plan.steps[0].closes, ["T-001:servers/s1"]);
    assert_eq!(plan.steps[0].reopens, ["T-002:servers/s1"]);
    assert_eq!(left(&plan), [("T-002:servers/s1", "there is no remedy")]);
}

#[test]
fn rules_that_no_state_satisfies_come_to_an_end() {
    let plan = plan_for(include_str!("quarrel.gate"), STOPPED);
    assert!(plan.steps.len() <= 2, "{:?}", plan.steps.len());
    assert_eq!(plan.unresolved.len(), 1);
    assert!(
        plan.unresolved[0].why.ends_with("does not close it here")
            || !plan.unresolved[0].why.is_empty()
    );
}

#[test]
fn a_plan_without_an_end_stops_at_its_bound_and_says_so() {
    let plan = plan_for(include_str!("growing.gate"), STOPPED);
    let limit = plan.limit.expect("the bound is told");
    assert!(limit.starts_with("the plan stopped after "), "{limit}");
}

#[test]
fn what_an_effect_misses_is_asked() {
    // Whether the server is started hangs on its disk, of which nothing is said; its label cannot be made at all.
    let by_disk = "set s.power = (if s.disk == attached then running else stopped)";
    let by_label = "set s.power = running\n          set s.label = s.label + \"!\"";
    let unsaid = STOPPED.replace("disk: detached, label: plain", "label: plain");
    let unlabelled = STOPPED.replace(", label: plain", "");
    for (effect, description, missed) in
        [(by_disk, &unsaid, "servers/s1/disk"), (by_label, &unlabelled, "servers/s1/label")]
    {
        let pack = include_str!("idle.gate").replace("set s.label = \"painted\"", effect);
        let plan = plan_for(&pack, description);
        let why = format!("paint cannot be worked out: {missed} is unknown");
        assert_eq!(left(&plan), [("T-001:servers/s1", why.as_str())]);
        let asked: Vec<&str> = plan.questions.iter().map(|asked| asked.path.as_str()).collect();
        assert_eq!(asked, [missed]);
    }
}
