//! Whom a finding blocks where it is not known what leads to its subject: whoever may be meant.

use failback::evaluate::{Outcome, Readiness, Selection, Verdict};
use failback::session::Options;

use crate::support::described::{READY, blocks, check};

/// The ready example with lines changed, each found once at least.
fn changed(changes: &[(&str, &str)]) -> String {
    changes.iter().fold(READY.to_owned(), |text, (from, to)| {
        assert!(text.contains(from), "the example says `{from}`");
        text.replacen(from, to, 1)
    })
}

fn state(text: &str, unit: &str) -> (Readiness, Verdict) {
    let selection = Selection { units: vec![unit.to_owned()], ..Selection::default() };
    let options = Options { selection, ..Options::default() };
    let alone = check(text, &options, |checked, _| checked.evaluation.verdict);
    check(text, &Options::default(), |checked, _| {
        let units = &checked.evaluation.units;
        let unit = units.iter().find(|other| other.id == unit).expect("the unit is spoken of");
        (unit.readiness, alone)
    })
}

const BROKEN: (&str, &str) =
    ("    state: connected\n    discovered: true", "    state: disconnected\n    discovered: true");

#[test]
fn a_fault_behind_a_reference_that_is_not_known_lets_nobody_go() {
    // The host of the machine's master target is on that vCenter.
    let known = changed(&[BROKEN]);
    assert_eq!(state(&known, "files01"), (Readiness::Blocked, Verdict::Closed));
    let unknown = changed(&[BROKEN, ("    vCenter: vc1\n", "    vCenter: unknown\n")]);
    assert_eq!(state(&unknown, "files01"), (Readiness::Unknown, Verdict::Closed));
}

#[test]
fn a_group_that_does_not_say_its_members_may_be_anyones() {
    let open = changed(&[("    members: [erp01, erp02]", "    members: unknown")]);
    for unit in ["erp01", "web01"] {
        assert_eq!(state(&open, unit), (Readiness::Unknown, Verdict::Unknown));
    }
    // Whoever is in a group may be in no other, which a rule asks for.
    let other = changed(&[("replicationGroups:\n", "replicationGroups:\n  - id: g2\n")]);
    assert_eq!(state(&other, "web01"), (Readiness::Unknown, Verdict::Unknown));
    assert_eq!(state(&other, "erp01"), (Readiness::Unknown, Verdict::Unknown));
}

#[test]
fn who_is_only_perhaps_blocked_is_told_apart() {
    let text = changed(&[BROKEN, ("    vCenter: vc1\n", "    vCenter: unknown\n")]);
    check(&text, &Options::default(), |checked, _| {
        let findings = &checked.evaluation.findings;
        let finding = findings.iter().find(|at| at.id.starts_with("VC-001")).expect("a fault");
        let names = |rows: &[u32]| rows.iter().map(|row| checked.facts.name(*row)).collect();
        let (all, perhaps): (Vec<_>, Vec<_>) =
            (names(&finding.blocks), names(&finding.perhaps().collect::<Vec<_>>()));
        assert_eq!(all, ["erp01", "erp02", "web01", "files01"]);
        assert_eq!(perhaps, ["files01"]);
    });
}

#[test]
fn who_does_not_say_to_whom_he_belongs_holds_up_nobody_else() {
    let web = READY.split_once("  - id: web01\n").expect("the example has that machine").1;
    let open = web.replacen("configurationServer: cs1", "configurationServer: unknown", 1);
    let text = READY.replace(web, &open);
    assert_ne!(text, READY);
    // What its database knows it has not forgotten.
    let text = text.replace("database: [erp01, erp02, web01,", "database: [erp01, erp02,");
    check(&text, &Options::default(), |checked, _| {
        let findings = &checked.evaluation.findings;
        let found = findings.iter().find(|finding| finding.id == "CS-003:configurationServers/cs1");
        let found = found.expect("the server may have forgotten that machine");
        assert_eq!(found.outcome, Outcome::Unknown);
        assert_eq!(blocks(checked, found), ["web01"]);
    });
    assert_eq!(state(&text, "web01").0, Readiness::Unknown);
    assert_eq!(state(&text, "erp01").0, Readiness::Ready);
    // Where machines may not be listed at all, any of them may be forgotten.
    let cut = text.replacen("machines:\n  - id:", "machines:\n  - unknown\n  - id:", 1);
    assert_ne!(cut, text);
    assert_eq!(state(&cut, "erp01").0, Readiness::Unknown);
}
