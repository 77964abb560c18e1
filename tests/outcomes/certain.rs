//! What cannot pass whatever is found out closes the gate at once: each fact by which something was found is hidden, and
//! filled in with all that it may be.

use failback::compile::ir::{Level, RuleSet};
use failback::evaluate::{Evaluation, Finding, Outcome, Readiness, Selection, Verdict, evaluate};
use failback::facts::change::NewFact;
use failback::facts::{Facts, SlotId};
use failback::scalar::SECOND;
use failback::schema::types::Type;

use crate::outcomes::unknown::{hideable, without};
use crate::support::described::{self, READY, changed, check, with_facts};
use crate::support::rows::rows;

/// A long time.
const YEARS: i64 = 3 * 365 * 86_400 * SECOND;

/// What a fact may be: all of it, or some; none where too little can be said of it.
fn fillings(facts: &Facts<'_>, slot: SlotId, now: i64) -> Option<Vec<NewFact>> {
    let (ty, field) = facts.field_of(slot);
    let ty = &facts.schema().ty(ty).fields[field].ty;
    let mut all: Vec<NewFact> = match ty.present() {
        Type::Bool => [true, false].map(NewFact::Bool).into(),
        Type::Words(words) => words.iter().map(|word| NewFact::Word(*word)).collect(),
        Type::Time => [now - YEARS, now - SECOND, now, now + YEARS].map(NewFact::Number).into(),
        _ => return None,
    };
    if matches!(ty, Type::OrNone(_)) {
        all.push(NewFact::Absent);
    }
    Some(all)
}

fn alone<'a>(facts: &Facts<'a>, rules: &RuleSet, now: i64, rule: usize) -> Evaluation<'a> {
    let selection = Selection { rules: vec![rules.rules[rule].id.clone()], ..Selection::default() };
    evaluate(facts, rules, Some(now), &selection)
}

fn find<'e, 'a>(evaluation: &'e Evaluation<'a>, id: &str) -> Option<&'e Finding<'a>> {
    evaluation.findings.iter().find(|finding| finding.id == id)
}

#[test]
fn what_cannot_pass_whatever_is_found_out_closes_the_gate() {
    let rules = described::shipped();
    let (mut wrong, mut certain, mut doubtful) = (Vec::new(), 0, 0);
    for row in rows() {
        let text = changed(READY, &row.wishes);
        with_facts(&text, &rules, |facts, now| {
            let now = now.expect("the description has a time");
            let full = evaluate(facts, &rules, Some(now), &Selection::default());
            let hideable = hideable(facts);
            for finding in &full.findings {
                if rules.rules[finding.rule].level != Level::Error {
                    continue;
                }
                let slots = finding.evidence.iter().map(|evidence| evidence.slot);
                for slot in slots.filter(|slot| hideable.contains(slot)) {
                    let mut less = without(facts, slot);
                    let told = alone(&less, &rules, now, finding.rule);
                    let Some(open) = find(&told, &finding.id) else { continue };
                    if open.outcome != Outcome::Unknown {
                        continue;
                    }
                    let Some(fillings) = fillings(facts, slot, now) else { continue };
                    let passes = fillings.iter().any(|filling| {
                        less.store(slot, filling);
                        let then = alone(&less, &rules, now, finding.rule);
                        let may_pass =
                            |one: &Finding<'_>| one.outcome == Outcome::Unknown && !one.cannot_pass;
                        find(&then, &finding.id).is_none_or(may_pass)
                    });
                    let closed = told.verdict == Verdict::Closed;
                    if open.cannot_pass == passes || open.cannot_pass && !closed {
                        wrong.push(format!("{} without {}", finding.id, facts.slot_path(slot)));
                    }
                    *if open.cannot_pass { &mut certain } else { &mut doubtful } += 1;
                }
            }
        });
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(certain > 3 && doubtful > 100, "{certain} and {doubtful} were looked at");
}

#[test]
fn its_headline_says_what_is_known() {
    let behind = READY.find("- id: web01").expect("the machine");
    let (before, rest) = READY.split_at(behind);
    let text = rest.replacen("registered: true", "registered: false", 1);
    let text = format!("{before}{}", text.replacen("bootedAt:", "# bootedAt:", 1));
    check(&text, &failback::session::Options::default(), |checked, _| {
        let evaluation = &checked.evaluation;
        assert_eq!(evaluation.verdict, Verdict::Closed);
        let finding = find(evaluation, "AGT-001:machines/web01").expect("it is told");
        assert_eq!((finding.outcome, finding.cannot_pass), (Outcome::Unknown, true));
        assert!(finding.message.contains("has not registered"), "{}", finding.message);
        assert_eq!(finding.evidence[0].path, "machines/web01/azureVm/agent/registered");
        let unit = evaluation.units.iter().find(|unit| unit.id == "web01").expect("a unit");
        assert_eq!(unit.readiness, Readiness::Blocked);
        assert_eq!(finding.questions.len(), 1);
    });
}
