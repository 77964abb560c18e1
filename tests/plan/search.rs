//! The search for steps: what it tries once more, and what it leaves out of long plans.

use failback::plan::Consent;

use crate::plan::broken::pack;
use crate::support::described::{self, READY};
use crate::support::follow::{by_rules, by_session, follow, planned};

/// The ready example with one part written otherwise.
fn ready_but(changes: &[(&str, &str)]) -> String {
    changes.iter().fold(READY.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "{from}");
        text.replacen(from, to, 1)
    })
}

#[test]
fn what_a_later_step_undoes_is_mended_once_more() {
    // A volume of the wrong server can be chosen at once; the right server has none before it is given one.
    let start = READY.find("      - name: /mnt/retention").expect("the volume");
    let volume = &READY[start..start + READY[start..].find("\nvCenters:").expect("its end")];
    let text = ready_but(&[
        (&format!("    retentionVolumes:\n{volume}"), "    retentionVolumes: []\n"),
        (
            "masterTarget: mt-linux, processServer: ps-azure, datastore: ds-vmfs-02, retentionVolume: /mnt/retention",
            "masterTarget: mt-win, processServer: ps-azure, datastore: ds-vmfs-02",
        ),
    ]);
    let rules = described::shipped();
    let plan = planned(&text, &rules, &Consent::default());
    let calls: Vec<&str> = plan.steps.iter().map(|step| step.call.as_str()).collect();
    assert_eq!(
        calls,
        [
            "chooseMasterTarget(web01)",
            "addRetentionVolume(mt-linux)",
            "chooseRetentionVolume(web01)"
        ]
    );
    assert!(plan.verified, "{:?}", plan.unresolved);
    assert_eq!(follow(&text, &rules, &plan, &by_session), Vec::<String>::new());
}

/// What so many servers take that are neither tested nor paid nor shipped.
fn shipping(servers: usize) -> Vec<String> {
    let rules = pack(include_str!("late.gate"));
    let mut text = "apiVersion: failback/v1\nkind: Environment\nname: late\nservers:\n".to_owned();
    for at in 0..servers {
        text.push_str(&format!(
            "  - {{ id: s{at:02}, tested: false, paid: false, shipped: false }}\n"
        ));
    }
    let plan = planned(&text, &rules, &Consent::default());
    assert!(plan.verified && plan.limit.is_none(), "{:?}", plan.limit);
    let problems = follow(&text, &rules, &plan, &|text| by_rules(text, &rules));
    assert_eq!(problems, Vec::<String>::new());
    plan.steps.into_iter().map(|step| step.call).collect()
}

#[test]
fn long_plans_lose_the_steps_that_an_effect_makes_needless() {
    // Shipping tests what was paid before: a fact by which the effect goes, and no need.
    assert_eq!(shipping(1), ["pay(s00)", "ship(s00)"]);
    let calls = shipping(40);
    assert_eq!(calls.len(), 80);
    assert!(!calls.iter().any(|call| call.starts_with("test")), "{calls:?}");
}

#[test]
fn nobody_is_called_ready_who_may_depend_on_what_is_broken() {
    // Which vCenter Server a host belongs to is not known, nor the state of the only one there is. Choosing a
    // datastore leads a reference elsewhere, after which whom findings block is looked at anew.
    let text = ready_but(&[
        ("    state: connected\n    discovered: true", "    state: unknown\n    discovered: true"),
        ("    vCenter: vc1\n", "    vCenter: unknown\n"),
        ("datastore: ds-vmfs-02, retentionVolume", "retentionVolume"),
    ]);
    let rules = described::shipped();
    let plan = planned(&text, &rules, &Consent::default());
    assert!(plan.steps.iter().any(|step| step.call == "chooseDatastore(web01)"));
    assert_eq!(follow(&text, &rules, &plan, &by_session), Vec::<String>::new());
}
