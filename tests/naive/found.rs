//! What the naive evaluator found, each as a small pack and a description with what is right.

use failback::evaluate::{Outcome, Selection};
use failback::session::{Inputs, Options, PackFiles, run};

const SCHEMA: &str = "pack found \"Found\"
environment { hosts: [Host]  guests: [Guest] }
entity Host { id: key  rank: int  name: text  label: text nocase  guests: all Guest by near  first: one Guest by near }
entity Guest { id: key  near: partial [ref Host] }
unit Host
";

/// The outcomes of a condition for each host, in their order.
fn outcomes(condition: &str, facts: &str) -> Vec<&'static str> {
    let mut inputs = Inputs::default();
    let rule = format!(
        "{SCHEMA}prerequisite F-1 \"Found\" {{ for h in hosts require {condition} because \"no\" }}\n"
    );
    let file = inputs.sources.add("found.gate", rule);
    inputs.packs.push(PackFiles::new("found", vec![file]));
    let head = "apiVersion: failback/v1\nkind: Environment\nname: n\n";
    inputs.describe("n.yaml", format!("{head}{facts}"));
    let selection = Selection { all: true, ..Selection::default() };
    run(&inputs, &Options { selection, ..Options::default() }, |report| {
        assert_eq!(report.errors, [], "no error");
        let [checked] = report.environments.as_slice() else { panic!("one environment") };
        assert_eq!(checked.errors, [], "no error");
        let evaluation = &checked.evaluation;
        let told = evaluation.findings.iter().map(|one| (one.subject, one.outcome));
        let quiet = evaluation.quiet.iter().map(|(_, outcome, subject)| (*subject, *outcome));
        let mut all: Vec<(_, Outcome)> = told.chain(quiet).collect();
        all.sort();
        all.into_iter().map(|(_, outcome)| outcome.word()).collect()
    })
}

#[test]
fn who_refers_by_a_partial_list_may_refer_to_more() {
    let facts = "hosts: [{ id: a }, { id: b }]\nguests: [{ id: g, near: [a] }]\n";
    assert_eq!(outcomes("h.guests is empty", facts), ["fail", "unknown"]);
    assert_eq!(outcomes("count(h.guests) <= 1", facts), ["unknown", "unknown"]);
    assert_eq!(outcomes("h.first == none", facts), ["fail", "unknown"]);
    assert_eq!(outcomes("count(listed(h.guests)) <= 1", facts), ["pass", "pass"]);
}

#[test]
fn holders_are_those_of_the_list_as_it_is_for_each_name() {
    let facts = "hosts: [{ id: a, rank: 1, name: x }, { id: b, rank: 2, name: y }, { id: c, rank: 3, name: x }]\nguests: []\n";
    let below = "[o for o in hosts where o.rank <= h.rank]";
    let held = |test: &str| outcomes(&format!("{test} holders(h.name, {below}.name)"), facts);
    assert_eq!(held("h in"), ["pass", "pass", "pass"]);
    assert_eq!(
        outcomes(&format!("count(holders(h.name, {below}.name)) == 1"), facts),
        ["pass", "pass", "fail"]
    );
    let above = "[o for o in hosts where o.rank >= h.rank]";
    assert_eq!(
        outcomes(&format!("holders(\"x\", {above}.name) is empty"), facts),
        ["fail", "fail", "fail"]
    );
    assert_eq!(
        outcomes(&format!("count(holders(\"x\", {above}.name)) == 1"), facts),
        ["fail", "pass", "pass"]
    );
}

#[test]
fn a_list_with_a_text_without_case_minds_no_case_in_any_order() {
    let facts = "hosts: [{ id: a, label: KT }]\nguests: []\n";
    assert_eq!(outcomes("[h.label, \"kt\"] are unique", facts), ["fail"]);
    assert_eq!(outcomes("[\"kt\", h.label] are unique", facts), ["fail"]);
    assert_eq!(outcomes("[\"kt\", h.label] are equal", facts), ["pass"]);
    assert_eq!(outcomes("count(distinct([\"kt\", h.label])) == 1", facts), ["pass"]);
}
