//! What findings come to: counts, what is against each unit, and whether the gate is open.

use std::sync::Arc;

use crate::compile::ir::{Level, Rule, RuleSet};
use crate::evaluate::reach::Blocking;
use crate::evaluate::{
    Evaluation, Finding, Outcome, Quiet, Readiness, Selection, Summary, UnitResult, Verdict,
    is_terminal,
};
use crate::facts::{Facts, RowId};

/// What the findings come to.
pub(super) fn finish<'a>(
    facts: &Facts<'a>,
    rules: &RuleSet,
    mut findings: Vec<Finding<'a>>,
    mut summary: Summary,
    blocking: &Blocking,
    quiet: Vec<Quiet>,
    selection: &Selection,
) -> Evaluation<'a> {
    let mut units = blocking.sets.units.to_vec();
    if !selection.units.is_empty() {
        units.retain(|unit| {
            facts.key(*unit).is_some_and(|key| selection.units.iter().any(|id| id == key.as_str()))
        });
        findings.retain(|finding| finding.blocks.iter().any(|unit| units.contains(unit)));
        let quiet_counts =
            Summary { fail: 0, unknown: 0, pending: 0, warnings: 0, notes: 0, ..summary };
        summary = quiet_counts;
        for finding in &findings {
            count(&mut summary, &rules.rules[finding.rule], finding.outcome, 1);
        }
    }
    let (done, units): (Vec<RowId>, _) = units.into_iter().partition(|row| blocking.is_done(*row));
    let done = results(facts, done, Readiness::Done);
    let units = results(facts, units, Readiness::Ready);
    let mut evaluation = Evaluation {
        findings,
        summary,
        units,
        done,
        everyone: Vec::new(),
        verdict: Verdict::Nothing,
        quiet,
        live: blocking.live().len(),
        grants: Arc::default(),
        rulings: Vec::new(),
    };
    settle(&mut evaluation, rules);
    evaluation
}

/// Works out from the findings and their counts what is against each unit, and the verdict.
pub(super) fn settle(evaluation: &mut Evaluation<'_>, rules: &RuleSet) {
    let Evaluation { findings, summary, units, done, live, .. } = &mut *evaluation;
    for unit in &mut *units {
        unit.readiness = Readiness::Ready;
        unit.findings.clear();
    }
    let everyone = readiness(rules, findings, units, *live);
    let cannot_pass = |finding: &Finding<'_>| {
        finding.cannot_pass && rules.rules[finding.rule].level == Level::Error
    };
    let verdict = match findings.iter().any(cannot_pass) {
        true => Verdict::Closed,
        false => verdict(summary, units, done),
    };
    if verdict == Verdict::Nothing {
        // Where nothing was checked, nothing stands against a unit, and nothing speaks for it either.
        units.iter_mut().for_each(|unit| unit.readiness = Readiness::Unknown);
    }
    (evaluation.everyone, evaluation.verdict) = (everyone, verdict);
}

fn results(facts: &Facts<'_>, units: Vec<RowId>, readiness: Readiness) -> Vec<UnitResult> {
    let result = |row| UnitResult { row, id: facts.name(row), readiness, findings: Vec::new() };
    units.into_iter().map(result).collect()
}

/// Writes down what stands against each unit; which findings stand against all there are.
fn readiness(
    rules: &RuleSet,
    findings: &[Finding<'_>],
    units: &mut [UnitResult],
    all: usize,
) -> Vec<usize> {
    let places = units.iter().enumerate().map(|(at, unit)| (unit.row, at));
    let at: rustc_hash::FxHashMap<RowId, usize> = places.collect();
    let (mut everyone, mut worst) = (Vec::new(), Readiness::Ready);
    for (index, finding) in findings.iter().enumerate() {
        let rule = &rules.rules[finding.rule];
        if rule.level != Level::Error {
            continue;
        }
        let effect = match finding.outcome {
            Outcome::Fail if is_terminal(rule) => Readiness::Ineligible,
            Outcome::Fail => Readiness::Blocked,
            Outcome::Unknown if finding.cannot_pass => Readiness::Blocked,
            Outcome::Unknown => Readiness::Unknown,
            Outcome::Pending => Readiness::Pending,
            Outcome::Pass | Outcome::NotApplicable | Outcome::Waived => continue,
        };
        let doubt = effect.min(Readiness::Unknown);
        // Whoever is blocked by what blocks all is not looked up one by one.
        let is_everyone = finding.blocks.len() == all;
        let looked_up = if is_everyone {
            everyone.push(index);
            let is_sure = Arc::ptr_eq(&finding.blocks, &finding.surely);
            worst = worst.max(if is_sure { effect } else { doubt });
            if is_sure { &[][..] } else { &finding.surely }
        } else {
            &finding.blocks
        };
        for unit in looked_up {
            if let Some(result) = at.get(unit).map(|at| &mut units[*at]) {
                let effect = if finding.is_perhaps(*unit) { doubt } else { effect };
                result.readiness = result.readiness.max(effect);
                if !is_everyone {
                    result.findings.push(index);
                }
            }
        }
    }
    units.iter_mut().for_each(|unit| unit.readiness = unit.readiness.max(worst));
    everyone
}

fn verdict(summary: &Summary, units: &[UnitResult], done: &[UnitResult]) -> Verdict {
    if summary.fail > 0 {
        Verdict::Closed
    } else if summary.unknown > 0 {
        Verdict::Unknown
    } else if summary.pending > 0 {
        Verdict::Pending
    } else if units.is_empty() && !done.is_empty() {
        // Nobody is left who would need that a rule speaks for it.
        Verdict::Open
    } else if summary.pass + summary.waived == 0 || units.is_empty() {
        Verdict::Nothing
    } else {
        Verdict::Open
    }
}

pub(super) fn count(summary: &mut Summary, rule: &Rule, outcome: Outcome, times: usize) {
    if let Some(counter) = counter(summary, rule, outcome) {
        *counter += times;
    }
}

/// Where an outcome of a rule is counted, if it is.
pub(super) fn counter<'s>(
    summary: &'s mut Summary,
    rule: &Rule,
    outcome: Outcome,
) -> Option<&'s mut usize> {
    Some(match (rule.level, outcome) {
        (Level::Error, Outcome::Pass) => &mut summary.pass,
        (Level::Error, Outcome::Fail) => &mut summary.fail,
        (Level::Error, Outcome::Pending) => &mut summary.pending,
        (Level::Error, Outcome::Unknown) => &mut summary.unknown,
        (Level::Error, Outcome::Waived) => &mut summary.waived,
        (Level::Error, Outcome::NotApplicable) => &mut summary.not_applicable,
        (Level::Warning, Outcome::Fail) => &mut summary.warnings,
        (Level::Note, Outcome::Fail) => &mut summary.notes,
        _ => return None,
    })
}
