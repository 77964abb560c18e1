//! What is not known never becomes a fault and never opens the gate: every single fact of the ready example and of each broken copy of
//! it is hidden, one at a time.

use std::collections::BTreeSet;

use failback::compile::ir::{Level, RuleSet};
use failback::evaluate::{Evaluation, Outcome, Readiness, Selection, Verdict, evaluate};
use failback::facts::change::NewFact;
use failback::facts::conform::HEADER;
use failback::facts::{Facts, SlotId};
use failback::schema::types::Type;
use failback::schema::{ENVIRONMENT, TypeKind};
use failback::session::Options;
use failback::yaml::edit::{self, Change};
use failback::yaml::path::Path;
use failback::yaml::{NodeId, Tree};

use crate::outcomes::shared::{MODERNIZED, pack};
use crate::support::described::{self, READY, changed, with_facts};
use crate::support::rows::rows;

/// Every fact that can be hidden in place: all that is stored but keys, the header and lists of entities.
pub fn hideable(facts: &Facts<'_>) -> Vec<SlotId> {
    let schema = facts.schema();
    let mut slots = Vec::new();
    for row in 0..facts.row_count() as u32 {
        let ty = facts.row(row).ty;
        for (at, field) in schema.ty(ty).fields.iter().enumerate() {
            let Some(slot) = field.slot else { continue };
            let holds_entities = match field.ty.element() {
                Some(Type::Row(element)) => schema.ty(*element).kind == TypeKind::Entity,
                _ => false,
            };
            let header =
                ty == ENVIRONMENT && ["architecture", "asOf"].contains(&field.name.as_str());
            let record = matches!(field.ty.present(), Type::Row(_));
            if schema.ty(ty).key != Some(at) && !holds_entities && !header && !record {
                slots.push(facts.slot_of(row, slot));
            }
        }
    }
    slots
}

pub fn without<'a>(facts: &Facts<'a>, slot: SlotId) -> Facts<'a> {
    let mut less = facts.clone();
    less.store(slot, &NewFact::Unknown);
    less
}

pub fn fails(evaluation: &Evaluation<'_>, rules: &RuleSet) -> BTreeSet<String> {
    let told = evaluation.findings.iter();
    told.filter(|finding| {
        rules.rules[finding.rule].level == Level::Error
            && matches!(finding.outcome, Outcome::Fail | Outcome::Pending)
    })
    .map(|finding| finding.id.clone())
    .collect()
}

fn closes(verdict: Verdict) -> bool {
    verdict != Verdict::Open
}

/// Whether a fact leads from one entity to another, so that hiding it may change whom a finding blocks.
fn leads(facts: &Facts<'_>, slot: SlotId) -> bool {
    let (ty, field) = facts.field_of(slot);
    let ty = &facts.schema().ty(ty).fields[field].ty;
    matches!(ty.element().unwrap_or(ty.present()), Type::Ref(_) | Type::RefAny)
}

#[test]
fn hiding_a_fact_of_the_ready_example_never_makes_a_fault() {
    let rules = described::shipped();
    with_facts(READY, &rules, |facts, now| {
        let slots = hideable(facts);
        assert!(slots.len() > 300, "the ready example states many facts");
        for slot in slots {
            let less = without(facts, slot);
            let evaluation = evaluate(&less, &rules, now, &Selection::default());
            let faults = fails(&evaluation, &rules);
            assert!(faults.is_empty(), "without {}: {faults:?}", facts.slot_path(slot));
            assert!(
                [Verdict::Open, Verdict::Unknown].contains(&evaluation.verdict),
                "without {}: {:?}",
                facts.slot_path(slot),
                evaluation.verdict,
            );
            // Whoever is not ready has a question to answer.
            for finding in &evaluation.findings {
                if finding.outcome == Outcome::Unknown {
                    assert!(
                        !finding.questions.is_empty(),
                        "without {}: {}",
                        facts.slot_path(slot),
                        finding.id
                    );
                }
            }
        }
    });
}

/// The places of all keys below a node but those of a request, which leaves out what is not chosen, and of entries.
fn keys(tree: &Tree<'_>, node: NodeId, path: &Path, found: &mut Vec<Path>) {
    for entry in tree.entries(node) {
        let key = tree.text(entry.key);
        let at = path.clone().key(key);
        if key != "request" || !path.steps().is_empty() {
            keys(tree, entry.value, &at, found);
        }
        if !["id", "machine", "architecture", "asOf"].contains(&key) && !HEADER.contains(&key) {
            found.push(at);
        }
    }
    for (at, item) in tree.items(node).enumerate() {
        keys(tree, item, &path.clone().index(at), found);
    }
}

#[test]
fn leaving_out_a_key_of_an_open_example_never_makes_a_fault() {
    for (name, ready) in [("classic", READY), ("modernized", MODERNIZED)] {
        let rules = pack(name);
        let mut paths = Vec::new();
        described::read(ready, |tree, root| keys(tree, root, &Path::root(), &mut paths));
        assert!(paths.iter().any(|path| path.to_string() == "request"));
        assert!(paths.len() > 200, "the example states many facts");
        for path in paths {
            let change = Change::Remove(path.clone());
            let text = edit::change(ready, 0, &[change]).expect("the key is there");
            with_facts(&text, &rules, |facts, now| {
                let evaluation = evaluate(facts, &rules, now, &Selection::default());
                let faults = fails(&evaluation, &rules);
                assert!(faults.is_empty(), "{name} without {path}: {faults:?}");
            });
        }
    }
}

#[test]
fn hiding_a_fact_of_a_broken_copy_never_opens_the_gate() {
    // All facts by which something was found; of the others every ninth, another one for each copy.
    // `FAILBACK_HIDE_EVERY=1` hides every fact of every copy, which takes minutes.
    let every = std::env::var("FAILBACK_HIDE_EVERY").ok().and_then(|every| every.parse().ok());
    hide_in_broken_copies(every.unwrap_or(9).max(1));
}

fn hide_in_broken_copies(every: usize) {
    let rules = described::shipped();
    let mut wrong = String::new();
    for (number, row) in rows().into_iter().enumerate() {
        let text = changed(READY, &row.wishes);
        with_facts(&text, &rules, |facts, now| {
            let full = evaluate(facts, &rules, now, &Selection::default());
            let faults = fails(&full, &rules);
            // Most hidden facts do not touch what failed: the rules that closed the gate are run first, and alone.
            let guilty: BTreeSet<usize> =
                full.findings.iter().map(|finding| finding.rule).collect();
            let guilty = guilty.iter().map(|rule| rules.rules[*rule].id.clone()).collect();
            let alone = Selection { rules: guilty, ..Selection::default() };
            let decisive: BTreeSet<SlotId> = full
                .findings
                .iter()
                .flat_map(|finding| &finding.evidence)
                .map(|evidence| evidence.slot)
                .collect();
            for (at, slot) in hideable(facts).into_iter().enumerate() {
                if !decisive.contains(&slot) && (at + number) % every != 0 {
                    continue;
                }
                let path = facts.slot_path(slot);
                // Who is through is done, unless it is known to run in both places.
                if path.ends_with("/onPremVm/powerState")
                    && row.finds.iter().any(|id| id.starts_with("VM-012"))
                {
                    continue;
                }
                // An entry that does not say which flow it is about is no entry; the other direction then speaks alone.
                if ["flows/8/from", "flows/8/to", "flows/8/port"].contains(&path.as_str())
                    && row
                        .finds
                        .iter()
                        .all(|id| id.starts_with("NET-006") || id.starts_with("NET-014"))
                {
                    continue;
                }
                let less = without(facts, slot);
                let told = evaluate(&less, &rules, now, &alone);
                let new = fails(&told, &rules).difference(&faults).count();
                if new > 0
                    || leads(facts, slot)
                    || !closes(full.verdict)
                    || told.summary.fail + told.summary.unknown + told.summary.pending
                        < faults.len()
                {
                    let all = evaluate(&less, &rules, now, &Selection::default());
                    if closes(full.verdict) && !closes(all.verdict) {
                        wrong +=
                            &format!("{:?} without {}: open\n", row.finds, facts.slot_path(slot));
                    }
                    for before in &full.units {
                        let Some(after) = all.units.iter().find(|unit| unit.row == before.row)
                        else {
                            wrong += &format!(
                                "{:?} without {}: {} is not spoken of\n",
                                row.finds,
                                facts.slot_path(slot),
                                before.id
                            );
                            continue;
                        };
                        // A machine that had a fault may be told another one instead; nobody else gets one.
                        if before.readiness < Readiness::Blocked
                            && after.readiness >= Readiness::Blocked
                        {
                            wrong += &format!(
                                "{:?} without {}: {} gets a fault\n",
                                row.finds,
                                facts.slot_path(slot),
                                after.id
                            );
                        }
                        if before.readiness != Readiness::Ready
                            && after.readiness == Readiness::Ready
                        {
                            wrong += &format!(
                                "{:?} without {}: {} becomes ready\n",
                                row.finds,
                                facts.slot_path(slot),
                                after.id
                            );
                        }
                    }
                }
            }
        });
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn a_record_that_is_said_to_be_unknown_makes_no_fault() {
    // `key: { … }`, but no element of a list.
    let records = READY.lines().enumerate().filter_map(|(at, line)| {
        let (key, value) = line.split_once(": ")?;
        let inner = value.starts_with('{') && !key.trim_start().starts_with('-');
        inner.then(|| (at, format!("{key}: unknown")))
    });
    let mut looked = 0;
    for (at, unknown) in records {
        let lines = READY.lines().enumerate();
        let lines = lines.map(|(other, line)| if other == at { unknown.as_str() } else { line });
        let text = lines.collect::<Vec<_>>().join("\n");
        described::check(&text, &Options::default(), |checked, _| {
            let faults = fails(&checked.evaluation, checked.rules);
            assert!(faults.is_empty(), "{unknown}: {faults:?}");
            assert_ne!(checked.evaluation.verdict, Verdict::Closed, "{unknown}");
        });
        looked += 1;
    }
    assert!(looked > 10, "{looked} records stand on a line");
}

/// What a fact may be beside what it is: each word, or truth, or none.
fn choices(facts: &Facts<'_>, slot: SlotId) -> Vec<NewFact> {
    let (ty, field) = facts.field_of(slot);
    let ty = &facts.schema().ty(ty).fields[field].ty;
    let mut choices: Vec<NewFact> = match ty.present() {
        Type::Bool => vec![NewFact::Bool(false), NewFact::Bool(true)],
        Type::Words(words) => words.iter().copied().map(NewFact::Word).collect(),
        _ => Vec::new(),
    };
    if matches!(ty, Type::OrNone(_)) {
        choices.push(NewFact::Absent);
    }
    choices
}

/// A fact that is said to be unknown is never taken for what suits: where the gate is open without it, no value of it closes
/// the gate.
#[test]
fn an_open_gate_does_not_rest_on_what_is_said_to_be_unknown() {
    let mut wrong = Vec::new();
    for (name, ready) in [("classic", READY), ("modernized", MODERNIZED)] {
        let rules = pack(name);
        let mut tried = 0;
        with_facts(ready, &rules, |facts, now| {
            for slot in hideable(facts) {
                let less = without(facts, slot);
                let open = evaluate(&less, &rules, now, &Selection::default());
                if closes(open.verdict) {
                    continue;
                }
                for choice in choices(facts, slot) {
                    tried += 1;
                    let mut stated = facts.clone();
                    stated.store(slot, &choice);
                    let evaluation = evaluate(&stated, &rules, now, &Selection::default());
                    let path = facts.slot_path(slot);
                    for finding in &evaluation.findings {
                        let rule = &rules.rules[finding.rule];
                        if rule.level == Level::Error {
                            wrong.push(format!("{name}: {path}: {choice:?} gives {}", finding.id));
                        }
                    }
                }
            }
        });
        assert!(tried > 20, "{name}: {tried}");
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}
