//! Each clause broken in a copy of the ready example: exactly the findings that `clauses.yaml` says, and no others.

use std::collections::BTreeSet;

use failback::compile::ir::Level;
use failback::evaluate::{Finding, Outcome};
use failback::session::{Checked, Options};

use crate::support::described::{self, READY, Wish, blocks, changed, check};
use crate::support::rows::rows;

fn line(checked: &Checked<'_>, finding: &Finding<'_>) -> String {
    let at = finding.evidence.first().map_or("nothing", |evidence| evidence.path.as_str());
    let outcome = match checked.rules.rules[finding.rule].level {
        Level::Error => finding.outcome.word(),
        Level::Warning if finding.outcome == Outcome::Fail => "warning",
        Level::Note if finding.outcome == Outcome::Fail => "note",
        _ => "silent",
    };
    let blocks = blocks(checked, finding);
    let blocks = if blocks.is_empty() { "nobody".to_owned() } else { blocks.join(", ") };
    format!("{} {outcome} at {at} blocks {blocks}", finding.id)
}

#[test]
fn each_broken_clause_gives_exactly_its_findings() {
    let usual: BTreeSet<String> = check(READY, &Options::default(), |checked, _| {
        checked.evaluation.findings.iter().map(|finding| line(checked, finding)).collect()
    });
    let mut wrong = String::new();
    for row in rows() {
        let text = changed(READY, &row.wishes);
        let name = match row.clauses.as_slice() {
            [] => format!("{:?}", row.wishes.iter().map(Wish::address).collect::<Vec<_>>()),
            clauses => format!("{clauses:?}"),
        };
        check(&text, &Options::default(), |checked, text| {
            let mut found = Vec::new();
            let mut cited = BTreeSet::new();
            for finding in &checked.evaluation.findings {
                let line = line(checked, finding);
                if usual.contains(&line) {
                    continue;
                }
                let clauses = &checked.rules.rules[finding.rule].clauses;
                cited.extend(clauses.iter().cloned());
                let at = finding.evidence.first().map_or("", |evidence| evidence.path.as_str());
                let (offset, shown) = described::place(text, at);
                let span = finding.span.expect("a finding has a place");
                if (span.start as usize, &text[span.start as usize..span.end as usize])
                    != (offset, shown.as_str())
                {
                    wrong += &format!("{name}: {line} is not where {at} is written\n");
                }
                found.push(line);
            }
            if found != row.finds {
                wrong += &format!("{name} gives\n");
                found.iter().for_each(|line| wrong += &format!("    - {line}\n"));
            }
            if row.finds.len() > 1 && row.why.is_none() {
                wrong += &format!("{name} gives several findings and does not say why\n");
            }
            for clause in row.clauses.iter().filter(|clause| !cited.contains(*clause)) {
                wrong += &format!("{name}: no finding cites {clause}\n");
            }
        });
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

/// Changed scalars at which no finding stands, and why another line is the one to look at.
const ELSEWHERE: &[(&str, &str)] = &[
    ("machines/web01/ipRetained", "that the address was kept is past; adapters can be added"),
    ("machines/web01/onPremVm/uuid", "the VM is as it is; another master target can be chosen"),
    (
        "machines/web01/onPremVm/disks/0/uuid",
        "the VM is as it is; another master target can be chosen",
    ),
];

#[test]
fn a_finding_stands_at_the_very_scalar_that_was_changed() {
    let mut wrong = String::new();
    let mut needed = BTreeSet::new();
    for row in rows() {
        let [Wish::Set(address, value)] = row.wishes.as_slice() else { continue };
        let is_scalar = !value.is_sequence() && !value.is_mapping();
        if !is_scalar || address.ends_with('+') || row.finds.is_empty() {
            continue;
        }
        if row.finds.iter().any(|line| line.contains(&format!(" at {address} "))) {
            continue;
        }
        match ELSEWHERE.iter().find(|(known, _)| known == address) {
            Some((known, _)) => drop(needed.insert(*known)),
            None => wrong += &format!("{address} was changed, but {:?}\n", row.finds),
        }
    }
    for (known, reason) in ELSEWHERE.iter().filter(|(known, _)| !needed.contains(known)) {
        wrong += &format!("{known} is no exception any more: {reason}\n");
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn every_clause_that_a_rule_cites_has_a_row() {
    let rules = described::shipped();
    let cited: BTreeSet<&str> =
        rules.rules.iter().flat_map(|rule| &rule.clauses).map(String::as_str).collect();
    let rows = rows();
    let broken: BTreeSet<&str> =
        rows.iter().flat_map(|row| &row.clauses).map(String::as_str).collect();
    let missing: Vec<_> = cited.difference(&broken).collect();
    assert!(missing.is_empty(), "no row breaks {missing:?}");
    let strange: Vec<_> = broken.difference(&cited).collect();
    assert!(strange.is_empty(), "no rule cites {strange:?}");
}

#[test]
fn every_rule_speaks_in_some_row() {
    let rules = described::shipped();
    let rows = rows();
    let silent: Vec<&str> = rules
        .rules
        .iter()
        .map(|rule| rule.id.as_str())
        .filter(|id| {
            !rows.iter().flat_map(|row| &row.finds).any(|line| {
                line.starts_with(&format!("{id}:")) || line.starts_with(&format!("{id} "))
            })
        })
        .collect();
    assert!(silent.is_empty(), "no row makes {silent:?} speak");
}

#[test]
fn the_ready_example_opens_the_gate_and_tells_notes_only() {
    check(READY, &Options::default(), |checked, _| {
        let told: Vec<String> =
            checked.evaluation.findings.iter().map(|finding| line(checked, finding)).collect();
        assert_eq!(
            told,
            ["REQ-022:request/items/files01 note at machines/files01/sourceKind blocks files01"]
        );
        assert_eq!(checked.evaluation.verdict.word(), "open");
        let ready: Vec<&str> =
            checked.evaluation.units.iter().map(|unit| unit.readiness.word()).collect();
        assert_eq!(ready, ["ready"; 4]);
    });
}
