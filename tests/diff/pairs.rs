//! Generated pairs with known edits: `FAILBACK_DIFF_PAIRS` says how many. What is known of them knows nothing of how they
//! are compared: edits are taken back in the text.

use std::collections::{BTreeMap, BTreeSet};

use failback::diff::causes::Cause;
use failback::diff::{self, FindingChange};
use failback::session::{self, Inputs, Options, PackFiles, Report};

use crate::support::faults::{Dice, number};
use crate::support::program::{HEAD, PACK};

/// Fields by server.
type Site = BTreeMap<String, BTreeMap<&'static str, &'static str>>;

const VALUES: [(&str, &[&str]); 5] = [
    ("state", &["running", "running", "stopped", "unknown"]),
    ("model", &["new", "new", "new", "old"]),
    ("snapshots", &["[]", "[{ name: a }]", "[{ name: a }, { name: b }]"]),
    ("joined", &["true", "true", "false"]),
    ("peer", &["none", "s0", "s1"]),
];

/// A rule that two edits may each break, so that both have to be taken back.
const BOTH: &str = r#"
prerequisite SRV-009 "A server runs and has joined" {
  clause  A-1
  for     s in servers
  require s.state == running and s.joined
  because "{s} does not run, or has not joined"
  why     "What does not run joins nothing."
  fix     start(s)
}
"#;

fn server(dice: &mut Dice) -> BTreeMap<&'static str, &'static str> {
    VALUES.iter().map(|(field, values)| (*field, values[dice.roll(values.len())])).collect()
}

fn text(site: &Site) -> String {
    let mut out = format!("{HEAD}servers:\n");
    for (id, fields) in site {
        let fields: Vec<String> =
            fields.iter().map(|(field, value)| format!("{field}: {value}")).collect();
        out.push_str(&format!("  - {{ id: {id}, {} }}\n", fields.join(", ")));
    }
    out
}

fn inputs(site: &Site) -> Inputs {
    let mut inputs = Inputs::default();
    let file = inputs.sources.add("demo.gate", format!("{PACK}{BOTH}"));
    inputs.packs.push(PackFiles::new("demo", vec![file]));
    inputs.describe("site.yaml", text(site));
    inputs
}

/// Outcome and units of each finding, with its facts where they count.
fn seen(report: &Report<'_>) -> BTreeMap<String, (String, BTreeSet<String>, BTreeSet<String>)> {
    let [checked] = &*report.environments else { return BTreeMap::new() };
    let findings = checked.evaluation.findings.iter();
    findings
        .map(|finding| {
            let blocks = finding.blocks.iter().map(|row| checked.facts.name(*row)).collect();
            let facts = finding.evidence.iter();
            let facts = facts.map(|one| format!("{}={}", one.path, one.value)).collect();
            (finding.id.clone(), (finding.outcome.word().to_owned(), blocks, facts))
        })
        .collect()
}

/// HEAD with facts taken back, by address.
fn without(base: &Site, head: &Site, paths: &[String]) -> Site {
    let mut site = head.clone();
    for path in paths {
        let parts: Vec<&str> = path.split('/').collect();
        let (was, field) = (base.get(parts[1]), parts.get(2));
        match (was, field) {
            (Some(was), None) => drop(site.insert(parts[1].to_owned(), was.clone())),
            (None, _) => drop(site.remove(parts[1])),
            (Some(was), Some(field)) => {
                let (name, value) = was.get_key_value(*field).expect("a field");
                site.get_mut(parts[1]).expect("a server").insert(*name, *value);
            }
        }
    }
    site
}

#[test]
fn each_cause_taken_back_undoes_its_finding_and_no_part_of_it_does() {
    let (mut told, mut several) = (0, 0);
    for seed in 0..number("FAILBACK_DIFF_PAIRS", 300) {
        let mut dice = Dice(seed + 1);
        let base: Site =
            (0..2 + dice.roll(3)).map(|at| (format!("s{at}"), server(&mut dice))).collect();
        let mut head = base.clone();
        for _ in 0..1 + dice.roll(4) {
            let id = format!("s{}", dice.roll(base.len()));
            let (field, values) = VALUES[dice.roll(VALUES.len())];
            match dice.roll(6) {
                0 => drop(head.insert("s9".to_owned(), server(&mut dice))),
                1 if base.len() > 2 => drop(head.remove(&format!("s{}", base.len() - 1))),
                _ => {
                    if let Some(server) = head.get_mut(&id) {
                        server.insert(field, values[dice.roll(values.len())]);
                    }
                }
            }
        }
        let mut known = BTreeSet::new();
        for id in base.keys().chain(head.keys()) {
            match (base.get(id), head.get(id)) {
                (Some(was), Some(is)) => {
                    let fields = was.keys().filter(|field| was[*field] != is[*field]);
                    known.extend(fields.map(|field| format!("servers/{id}/{field}")));
                }
                _ => drop(known.insert(format!("servers/{id}"))),
            }
        }
        let options = Options::default();
        let (base_inputs, head_inputs) = (inputs(&base), inputs(&head));
        let after =
            |paths: &[String]| session::run(&inputs(&without(&base, &head, paths)), &options, seen);
        session::run(&base_inputs, &options, |was| {
            session::run(&head_inputs, &options, |is| {
                assert!(was.exit_code() != 2 && is.exit_code() != 2, "seed {seed}");
                let diff = diff::diff(was, is, &head_inputs, &options);
                let one = &diff.environments[0];
                let edits: BTreeSet<String> =
                    one.edits.iter().map(diff::edits::Edit::path).collect();
                assert_eq!(edits, known, "seed {seed}");
                let (before, now) = (seen(was), seen(is));
                let ids: BTreeSet<&String> = before.keys().chain(now.keys()).collect();
                let differ = ids.into_iter().filter(|id| before.get(*id) != now.get(*id));
                let mut found: Vec<&String> = one.findings.iter().map(|one| &one.id).collect();
                found.sort();
                assert_eq!(found, differ.collect::<Vec<_>>(), "seed {seed}");
                for changed in &one.findings {
                    let Cause::Edits(places) = &changed.cause else {
                        panic!("seed {seed}: {changed:?}");
                    };
                    let paths: Vec<String> =
                        places.iter().map(|at| one.edits[*at].path()).collect();
                    let undone = |paths: &[String]| {
                        let (then, was) = (after(paths), before.get(&changed.id));
                        match (then.get(&changed.id), was) {
                            (Some(then), Some(was))
                                if changed.change != FindingChange::Evidence =>
                            {
                                (&then.0, &then.1) == (&was.0, &was.1)
                            }
                            (then, was) => then == was,
                        }
                    };
                    assert!(undone(&paths), "seed {seed}: {} by {paths:?}", changed.id);
                    for left in 0..paths.len() {
                        let mut part = paths.clone();
                        part.remove(left);
                        assert!(!undone(&part), "seed {seed}: {} by {part:?}", changed.id);
                    }
                    told += 1;
                    several += usize::from(paths.len() > 1);
                }
            });
        });
    }
    assert!(told > 100 && several > 0, "{told} findings, {several} with several edits behind them");
}
