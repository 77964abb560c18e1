//! What a change does to readiness: two sides compared.
//!
//! Owns which units, findings and facts differ between BASE and HEAD, what is behind each finding, and the exit code that
//! speaks of the change. Both sides are judged before, each as `check` judges it; nothing here is a text for readers.

use std::collections::BTreeSet;

use crate::compile::ir::Level;
use crate::diff::causes::{Cause, Judge, Standing, Standings, Wanted};
use crate::diff::edits::Edit;
use crate::diff::model::Content;
use crate::evaluate::{Finding, Outcome, Readiness};
use crate::session::{Checked, Inputs, Options, Report};

pub mod model;
pub mod edits;
pub mod causes;

/// The difference of two sides.
pub struct Diff<'d, 'b, 'h> {
    /// Environments in the order of HEAD, behind them those that only BASE describes.
    pub environments: Vec<Environment<'d, 'b, 'h>>,
    /// The exit code.
    pub exit: u8,
}

/// The difference of one environment; one side at least describes it.
pub struct Environment<'d, 'b, 'h> {
    /// Its name.
    pub name: &'d str,
    /// As BASE describes it.
    pub base: Option<&'d Checked<'b>>,
    /// As HEAD describes it.
    pub head: Option<&'d Checked<'h>>,
    /// Its units in the order of HEAD, also those that are the same, behind them those that are gone.
    pub units: Vec<Unit>,
    /// The findings that differ, in the order of HEAD, behind them those that are gone.
    pub findings: Vec<Changed>,
    /// The facts that differ.
    pub edits: Vec<Edit>,
}

/// A unit on both sides.
#[derive(Clone, Debug)]
pub struct Unit {
    /// Its key.
    pub id: String,
    /// What became of it.
    pub change: UnitChange,
    /// Its readiness in BASE.
    pub base: Option<Readiness>,
    /// Its readiness in HEAD.
    pub head: Option<Readiness>,
    /// The findings against it that differ, by their place in the list.
    pub findings: Vec<usize>,
}

/// What became of a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum UnitChange {
    /// It came to this.
    Newly(Readiness),
    /// Its readiness is as before, for other findings.
    OtherReasons,
    /// Only HEAD describes it.
    Added,
    /// Only BASE describes it.
    Removed,
    /// Nothing.
    Same,
}

/// A finding that differs.
#[derive(Clone, Debug)]
pub struct Changed {
    /// Its id.
    pub id: String,
    /// What became of it.
    pub change: FindingChange,
    /// Its place among the findings of BASE.
    pub base: Option<usize>,
    /// Its place among the findings of HEAD.
    pub head: Option<usize>,
    /// What is behind it.
    pub cause: Cause,
}

/// What became of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FindingChange {
    /// Only HEAD has it.
    New,
    /// Only BASE has it.
    Gone,
    /// It has another outcome.
    Outcome,
    /// It has the same outcome for other facts, or blocks others.
    Evidence,
}

impl FindingChange {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Gone => "gone",
            Self::Outcome => "outcome",
            Self::Evidence => "evidence",
        }
    }
}

impl Environment<'_, '_, '_> {
    /// The finding of HEAD that differs.
    pub fn is(&self, changed: &Changed) -> Option<&Finding<'_>> {
        self.head?.evaluation.findings.get(changed.head?)
    }

    /// The finding of BASE that differs.
    pub fn was(&self, changed: &Changed) -> Option<&Finding<'_>> {
        self.base?.evaluation.findings.get(changed.base?)
    }

    /// The edits behind a finding; all of them where that is undetermined.
    pub fn behind(&self, changed: &Changed) -> Vec<&Edit> {
        match &changed.cause {
            Cause::Edits(places) => places.iter().map(|at| &self.edits[*at]).collect(),
            Cause::Undetermined => self.edits.iter().collect(),
        }
    }

    /// The findings that an edit is behind.
    pub fn of_edit(&self, at: usize) -> impl Iterator<Item = &Changed> {
        self.findings.iter().filter(move |changed| match &changed.cause {
            Cause::Edits(places) => places.contains(&at),
            Cause::Undetermined => false,
        })
    }
}

/// Compares two sides that could be read; `inputs` and `options` are those of HEAD.
pub fn diff<'d, 'b, 'h>(
    base: &'d Report<'b>,
    head: &'d Report<'h>,
    inputs: &Inputs,
    options: &Options,
) -> Diff<'d, 'b, 'h> {
    let mut environments = Vec::new();
    for checked in &head.environments {
        let was = base.environments.iter().find(|other| other.name == checked.name);
        environments.push(environment(was, Some(checked), inputs, options));
    }
    for checked in &base.environments {
        if head.environments.iter().all(|other| other.name != checked.name) {
            environments.push(environment(Some(checked), None, inputs, options));
        }
    }
    let exit = exit(&environments);
    Diff { environments, exit }
}

fn environment<'d, 'b, 'h>(
    base: Option<&'d Checked<'b>>,
    head: Option<&'d Checked<'h>>,
    inputs: &Inputs,
    options: &Options,
) -> Environment<'d, 'b, 'h> {
    let name = head.map_or_else(|| base.map_or("", |base| base.name.as_str()), |head| &head.name);
    let (was, is) =
        (base.map(|one| Content::of(&one.facts)), head.map(|one| Content::of(&one.facts)));
    let edits = match (&was, &is) {
        (Some(was), Some(is)) => edits::edits(was, is),
        // All of it came or went.
        _ => vec![Edit { steps: Vec::new(), base: was, head: is.clone() }],
    };
    let before = base.map(causes::standings).unwrap_or_default();
    let after = head.map(causes::standings).unwrap_or_default();
    let mut findings = changed(base, head, &before, &after);
    if base.is_none() || head.is_none() {
        findings.iter_mut().for_each(|changed| changed.cause = Cause::Edits(vec![0]));
    } else if let Some(is) = &is {
        let waivers = head.map_or(&[][..], |head| &head.waivers);
        let mut judge = Judge::new((inputs, options), name, (is, waivers), &edits);
        for changed in &mut findings {
            let base = before.get(&changed.id);
            let facts = changed.change == FindingChange::Evidence;
            let touched: BTreeSet<&str> = [base, after.get(&changed.id)]
                .into_iter()
                .flatten()
                .flat_map(|standing| standing.facts.iter().map(|(path, _)| path.as_str()))
                .collect();
            let touches = |edit: &Edit| {
                let path = edit.path();
                touched.iter().any(|fact| fact.starts_with(&path) || path.starts_with(fact))
            };
            let wanted = Wanted { id: &changed.id, base, facts };
            changed.cause = judge.cause(&wanted, touches);
        }
    }
    let units = units(base, head, &findings);
    Environment { name, base, head, units, findings, edits }
}

fn changed(
    base: Option<&Checked<'_>>,
    head: Option<&Checked<'_>>,
    before: &Standings,
    after: &Standings,
) -> Vec<Changed> {
    let all = |side: Option<&Checked<'_>>| -> Vec<String> {
        let findings = side.map(|side| &side.evaluation.findings).into_iter().flatten();
        findings.map(|finding| finding.id.clone()).collect()
    };
    let (was, is) = (all(base), all(head));
    let places: std::collections::HashMap<&String, usize> =
        was.iter().enumerate().map(|(at, id)| (id, at)).collect();
    let made = |id: &String, change, base, head| Changed {
        id: id.clone(),
        change,
        base,
        head,
        cause: Cause::Undetermined,
    };
    let mut changed = Vec::new();
    for (at, id) in is.iter().enumerate() {
        let change = match (before.get(id), &after[id]) {
            (None, _) => FindingChange::New,
            (Some(was), is) if was.outcome != is.outcome => FindingChange::Outcome,
            (Some(was), is) if was != is => FindingChange::Evidence,
            _ => continue,
        };
        changed.push(made(id, change, places.get(id).copied(), Some(at)));
    }
    for (at, id) in was.iter().enumerate().filter(|(_, id)| !after.contains_key(*id)) {
        changed.push(made(id, FindingChange::Gone, Some(at), None));
    }
    changed
}

/// Readiness of each unit, and the ids of what is against it.
fn judged<'c>(side: Option<&'c Checked<'_>>) -> Vec<(&'c str, Readiness, BTreeSet<&'c str>)> {
    let Some(side) = side else { return Vec::new() };
    let evaluation = &side.evaluation;
    let units = evaluation.all_units().into_iter();
    let id = |at: usize| evaluation.findings[at].id.as_str();
    let against = |unit| evaluation.against(unit).into_iter().map(id).collect();
    units.map(|unit| (unit.id.as_str(), unit.readiness, against(unit))).collect()
}

fn units(
    base: Option<&Checked<'_>>,
    head: Option<&Checked<'_>>,
    findings: &[Changed],
) -> Vec<Unit> {
    let (was, is) = (judged(base), judged(head));
    let before: std::collections::HashMap<&str, usize> =
        was.iter().enumerate().map(|(at, unit)| (unit.0, at)).collect();
    let nothing = BTreeSet::new();
    let unit = |id: &str, base: Option<usize>, head: Option<usize>| {
        let (base, head) = (base.map(|at| &was[at]), head.map(|at| &is[at]));
        let (old, new) =
            (base.map_or(&nothing, |unit| &unit.2), head.map_or(&nothing, |unit| &unit.2));
        let change = match (base, head) {
            (None, _) => UnitChange::Added,
            (_, None) => UnitChange::Removed,
            (Some(base), Some(head)) if base.1 != head.1 => UnitChange::Newly(head.1),
            _ if old != new => UnitChange::OtherReasons,
            _ => UnitChange::Same,
        };
        let about = findings.iter().enumerate().filter(|(_, changed)| {
            let id = changed.id.as_str();
            old.contains(id) || new.contains(id)
        });
        Unit {
            id: id.to_owned(),
            change,
            base: base.map(|unit| unit.1),
            head: head.map(|unit| unit.1),
            findings: about.map(|(at, _)| at).collect(),
        }
    };
    let mut units: Vec<Unit> = is
        .iter()
        .enumerate()
        .map(|(at, (id, ..))| unit(id, before.get(id).copied(), Some(at)))
        .collect();
    let after: BTreeSet<&str> = is.iter().map(|unit| unit.0).collect();
    let gone = was.iter().enumerate().filter(|(_, (id, ..))| !after.contains(id));
    units.extend(gone.map(|(at, (id, ..))| unit(id, Some(at), None)));
    units
}

/// What of the change closes the gate.
fn exit(environments: &[Environment<'_, '_, '_>]) -> u8 {
    if environments.is_empty() {
        return 5;
    }
    let mut codes = BTreeSet::new();
    for environment in environments {
        for changed in &environment.findings {
            let Some((finding, head)) = environment.is(changed).zip(environment.head) else {
                continue;
            };
            if head.rules.rules[finding.rule].level != Level::Error {
                continue;
            }
            let code = closes(finding);
            let was = environment.was(changed).zip(environment.base);
            // A failure that became less is no failure that is new.
            let known = was.is_some_and(|(was, base)| {
                let blocked = Standing::of(was, base).blocks;
                closes(was) <= code && Standing::of(finding, head).blocks.is_subset(&blocked)
            });
            codes.extend(code.filter(|_| !known));
        }
    }
    codes.first().copied().unwrap_or(0)
}

/// The exit code that speaks of a finding which closes the gate; the least is the worst.
fn closes(finding: &Finding<'_>) -> Option<u8> {
    match finding.outcome {
        Outcome::Fail => Some(1),
        Outcome::Unknown if finding.cannot_pass => Some(1),
        Outcome::Unknown => Some(3),
        Outcome::Pending => Some(4),
        Outcome::Pass | Outcome::NotApplicable | Outcome::Waived => None,
    }
}
