//! Generated environments of several sizes: the planted faults and nothing else, the same each time, in order.

use std::collections::BTreeSet;

use failback::compile::ir::Level;
use failback::evaluate::expr::Evaluator;
use failback::evaluate::{Outcome, Selection, subject};
use failback::session::Options;

use crate::support::described::check;
use crate::support::generate::{Faults, environment};

/// Many faults of every kind but one in each machine.
pub const MANY: Faults = Faults {
    snapshots: 4,
    services: 7,
    disk_uuids: 11,
    datastores: 13,
    terminal: 17,
    free_hosts: 5,
};

#[test]
fn the_planted_faults_are_found_and_no_others() {
    for machines in [0, 1, 10, 300] {
        for faults in [Faults::NONE, Faults::SOME, MANY] {
            let generated = environment(machines, faults);
            check(&generated.text, &Options::default(), |checked, _| {
                let told = checked.evaluation.findings.iter();
                let mut found: Vec<String> = told
                    .filter(|finding| checked.rules.rules[finding.rule].level == Level::Error)
                    .map(|finding| {
                        assert_eq!(finding.outcome, Outcome::Fail, "{}", finding.id);
                        finding.id.clone()
                    })
                    .collect();
                found.sort();
                assert_eq!(found, generated.expected, "{machines} machines");
                let verdict = if generated.expected.is_empty() { "open" } else { "closed" };
                assert_eq!(checked.evaluation.verdict.word(), verdict, "{machines} machines");
                assert_eq!(checked.evaluation.units.len(), machines);
            });
        }
    }
}

#[test]
fn findings_come_in_the_order_of_the_rules_and_then_of_the_description() {
    let told = || {
        check(&environment(300, MANY).text, &Options::default(), |checked, _| {
            let findings = checked.evaluation.findings.iter();
            findings
                .map(|finding| (finding.rule, finding.subject, format!("{finding:?}")))
                .collect::<Vec<_>>()
        })
    };
    let first = told();
    assert!(first.len() > 100, "there is something to put in order");
    assert!(first.is_sorted_by_key(|(rule, subject, _)| (*rule, *subject)));
    assert_eq!(first, told(), "two runs say the same");
}

/// Pairs that a rule over two lists does not speak of are counted together; with every outcome told they are looked at
/// one by one.
#[test]
fn counting_pairs_together_changes_nothing() {
    let text = environment(2_000, MANY).text;
    let holes = [
        ("", ""),
        // Of one machine nobody knows where it is, of another with which server it is registered.
        ("      network: vnet3\n", "      network: unknown\n"),
        (
            "    configurationServer: cs4\n    failoverState",
            "    configurationServer: unknown\n    failoverState",
        ),
        ("processServer: ps5, ", ""),
        (
            "  - { from: ps2, to: cs2, port: 443, state: open }\n",
            "  - { from: vnet2, to: cs3, port: 443, state: blocked }\n",
        ),
    ];
    for (whole, hole) in holes {
        let text = text.replacen(whole, hole, 1);
        let summary = |all| {
            let selection = Selection { all, ..Selection::default() };
            let options = Options { selection, ..Options::default() };
            check(&text, &options, |checked, _| {
                let findings = checked.evaluation.findings.iter();
                let ids: Vec<String> = findings.map(|finding| finding.id.clone()).collect();
                (checked.evaluation.summary, ids)
            })
        };
        let (together, one_by_one) = (summary(false), summary(true));
        assert!(together.0.not_applicable > 800, "there are pairs: {:?}", together.0);
        assert_eq!(together, one_by_one, "{hole}");
    }
}

/// The rows of a large environment are dealt out; what is told of them is what each rule tells that goes through all rows
/// by itself.
#[test]
fn who_looks_at_which_rows_changes_nothing() {
    let text = environment(2_000, MANY).text.replacen("network: vnet3\n", "network: unknown\n", 9);
    for all in [false, true] {
        let selection = Selection { all, ..Selection::default() };
        let options = Options { selection, ..Options::default() };
        check(&text, &options, |checked, _| {
            let (mut told, mut quiet) = (Vec::new(), Vec::new());
            let mut passed = 0;
            for (rule, about) in checked.rules.rules.iter().enumerate() {
                let mut evaluator = Evaluator::new(&checked.facts, checked.rules, checked.now);
                evaluator.run(rule, &mut |bound| match bound.outcome {
                    Outcome::Pass | Outcome::NotApplicable => {
                        let counts = about.level == Level::Error && bound.outcome == Outcome::Pass;
                        passed += usize::from(counts) * bound.times;
                        quiet.push((rule, bound.outcome, subject(bound.bindings)));
                    }
                    _ => told.push(format!("{:?}", bound.raw())),
                });
            }
            let found = &checked.evaluation;
            let findings = found.findings.iter().map(|finding| format!("{:?}", finding.raw()));
            assert!(told.len() > 500, "there is something to put in order");
            assert!(told.iter().eq(&findings.collect::<Vec<_>>()), "what is told, in its order");
            assert_eq!(passed, found.summary.pass);
            assert!(found.quiet == if all { quiet } else { Vec::new() }, "what is told on request");
        });
    }
}

#[test]
fn no_two_findings_have_one_id() {
    check(&environment(300, MANY).text, &Options::default(), |checked, _| {
        let findings = &checked.evaluation.findings;
        let ids: BTreeSet<&str> = findings.iter().map(|finding| finding.id.as_str()).collect();
        assert_eq!(ids.len(), findings.len());
    });
}
