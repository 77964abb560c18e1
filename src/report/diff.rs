//! What a change does to readiness, in a form for someone.
//!
//! Owns the sentences about a difference. What differs, and what is behind it, is computed elsewhere.

use crate::compile::ir::Level;
use crate::diff::causes::Cause;
use crate::diff::edits::Edit;
use crate::diff::{Changed, Diff, Environment, FindingChange, Unit, UnitChange};
use crate::evaluate::{Finding, Readiness, Verdict};
use crate::report::sanitise::{clean, shorten};
use crate::session::{Checked, Report};
use crate::source::{Sources, Span};

pub mod json;
pub mod markdown;
pub mod github;

/// The forms of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Form {
    /// For people.
    #[default]
    Full,
    /// A line per finding that differs.
    Concise,
    /// For programs.
    Json,
    /// A comment for a change.
    Markdown,
    /// Commands that annotate the lines of a change.
    Github,
}

/// One side, as it was named.
#[derive(Clone, Debug)]
pub struct Side {
    /// `file`, `folder`, `revision` or `workTree`.
    pub kind: &'static str,
    /// What the user wrote.
    pub name: String,
    /// The commit it stands for.
    pub commit: Option<String>,
}

/// Two sides, and how they differ.
pub struct Told<'t, 'd, 'b, 'h> {
    /// The difference.
    pub diff: &'t Diff<'d, 'b, 'h>,
    /// BASE and HEAD as they were named.
    pub sides: [&'t Side; 2],
    /// The texts of BASE and HEAD.
    pub sources: [&'t Sources; 2],
    /// Whether to leave nothing out.
    pub all: bool,
}

/// Units that a line names.
const UNITS: usize = 8;
/// Edits that are named where the cause is not known.
const CANDIDATES: usize = 5;
/// Characters of a value.
const VALUE: usize = 60;

/// The difference as text.
pub fn render(told: &Told<'_, '_, '_, '_>, form: Form) -> String {
    match form {
        Form::Full => full(told),
        Form::Concise => concise(told),
        Form::Json => json::render(told),
        Form::Markdown => markdown::render(told),
        Form::Github => github::render(told),
    }
}

/// What is wrong with a side that could not be read, by file and place.
pub fn broken(report: &Report<'_>, side: &Side) -> String {
    let mut out = String::new();
    let own = report.environments.iter().flat_map(|checked| &checked.errors);
    for error in report.errors.iter().chain(own) {
        crate::report::concise::line(&mut out, report.sources, error);
    }
    let name = clean(&side.name);
    out.push_str(&format!("error: `{name}` could not be read, so nothing is compared\n"));
    out
}

fn full(told: &Told<'_, '_, '_, '_>) -> String {
    let mut out = String::new();
    for environment in &told.diff.environments {
        out.push_str(&format!("{}: {}\n", clean(environment.name), verdicts(environment)));
        let mut shown = vec![false; environment.findings.len()];
        for (units, label) in groups(environment) {
            let ids: Vec<&str> = units.iter().map(|unit| unit.id.as_str()).collect();
            out.push_str(&format!("  {label:<16} {}\n", named(&ids, told.all)));
            let same = units[0].change == UnitChange::Same;
            for at in units[0].findings.iter().filter(|_| !same) {
                if !std::mem::replace(&mut shown[*at], true) {
                    finding(&mut out, told, environment, &environment.findings[*at]);
                } else {
                    let id = headline(environment, &environment.findings[*at]);
                    out.push_str(&format!("    {id} (above)\n"));
                }
            }
        }
        let others = environment.findings.iter().zip(&shown).filter(|(_, shown)| !**shown);
        let others: Vec<&Changed> = others.map(|(changed, _)| changed).collect();
        if !others.is_empty() {
            out.push_str("  besides\n");
            others.into_iter().for_each(|changed| finding(&mut out, told, environment, changed));
        }
        if told.all {
            for (at, edit) in environment.edits.iter().enumerate() {
                let behind = environment.of_edit(at).count();
                let behind = if behind == 0 { " (behind no finding)" } else { "" };
                let line = line_of(edit, told.sources);
                out.push_str(&format!("  edit             {line}{behind}\n"));
            }
        }
    }
    out + &last(told)
}

fn concise(told: &Told<'_, '_, '_, '_>) -> String {
    let mut out = String::new();
    for environment in &told.diff.environments {
        for changed in &environment.findings {
            let place =
                environment.behind(changed).first().and_then(|edit| spot(edit, told.sources));
            let place = place.map_or(String::new(), |place| format!("{place}: "));
            let head = headline(environment, changed);
            let causes = causes(environment, changed);
            out.push_str(&format!("{place}{head}: {causes}\n"));
        }
    }
    out + &last(told)
}

/// The gate on both sides.
pub(crate) fn verdicts(environment: &Environment<'_, '_, '_>) -> String {
    let word = |side: Option<&Checked<'_>>| {
        side.map(|side| match side.evaluation.verdict {
            Verdict::Open => "open".to_owned(),
            Verdict::Nothing => "not checked".to_owned(),
            other => other.word().to_uppercase(),
        })
    };
    match (word(environment.base), word(environment.head)) {
        (Some(base), Some(head)) if base == head => format!("gate {head}, as before"),
        (Some(base), Some(head)) => format!("gate {base} -> {head}"),
        (None, Some(head)) => format!("gate {head}, not described before"),
        (Some(base), None) => format!("not described any more, the gate was {base}"),
        (None, None) => String::new(),
    }
}

/// The units with what became of them, those together that share it and its findings.
fn groups<'e>(environment: &'e Environment<'_, '_, '_>) -> Vec<(Vec<&'e Unit>, String)> {
    let mut groups: Vec<(Vec<&Unit>, String)> = Vec::new();
    for unit in &environment.units {
        let same = unit.change == UnitChange::Same;
        let fits = |group: &&mut (Vec<&Unit>, String)| {
            let first = group.0[0];
            first.change == unit.change && (same || first.findings == unit.findings)
        };
        match groups.iter_mut().find(fits) {
            Some(group) => group.0.push(unit),
            None => groups.push((vec![unit], label(unit.change))),
        }
    }
    groups.sort_by_key(|(units, _)| units[0].change == UnitChange::Same);
    groups
}

/// The words for what became of a unit.
pub(crate) fn label(change: UnitChange) -> String {
    match change {
        UnitChange::Newly(readiness) => format!("newly {}", readiness.word()),
        UnitChange::OtherReasons => "other reasons".to_owned(),
        UnitChange::Added => "added".to_owned(),
        UnitChange::Removed => "removed".to_owned(),
        UnitChange::Same => "same".to_owned(),
    }
}

/// The key for what became of a unit.
pub(crate) fn key(change: UnitChange) -> &'static str {
    match change {
        UnitChange::Newly(Readiness::Blocked) => "newlyBlocked",
        UnitChange::Newly(Readiness::Ineligible) => "newlyIneligible",
        UnitChange::Newly(Readiness::Unknown) => "newlyUnknown",
        UnitChange::Newly(Readiness::Pending) => "newlyPending",
        UnitChange::Newly(Readiness::Ready) => "newlyReady",
        UnitChange::Newly(Readiness::Done) => "newlyDone",
        UnitChange::OtherReasons => "otherReasons",
        UnitChange::Added => "added",
        UnitChange::Removed => "removed",
        UnitChange::Same => "same",
    }
}

pub(crate) fn named(ids: &[&str], all: bool) -> String {
    let most = if all { usize::MAX } else { UNITS };
    let mut shown: Vec<String> = ids.iter().take(most).map(|id| clean(id).into_owned()).collect();
    if ids.len() > most {
        shown.push(format!("and {} more", ids.len() - most));
    }
    shown.join(", ")
}

fn finding(
    out: &mut String,
    told: &Told<'_, '_, '_, '_>,
    environment: &Environment<'_, '_, '_>,
    changed: &Changed,
) {
    out.push_str(&format!("    {}\n", headline(environment, changed)));
    if let Some(message) = message(environment, changed) {
        out.push_str(&format!("      {message}\n"));
    }
    for edit in shown_edits(environment, changed, told.all) {
        out.push_str(&format!("      {}\n", line_of(edit, told.sources)));
    }
    if changed.cause == Cause::Undetermined {
        out.push_str(&format!("      {}\n", causes(environment, changed)));
    }
}

fn shown_edits<'e>(
    environment: &'e Environment<'_, '_, '_>,
    changed: &Changed,
    all: bool,
) -> Vec<&'e Edit> {
    let mut behind = environment.behind(changed);
    if changed.cause == Cause::Undetermined && !all {
        behind.truncate(CANDIDATES);
    }
    behind
}

/// What became of which finding.
pub(crate) fn headline(environment: &Environment<'_, '_, '_>, changed: &Changed) -> String {
    let (is, was) = (environment.is(changed), environment.was(changed));
    let (rule, subject) = changed.id.split_once(':').unwrap_or((&changed.id, ""));
    let subject = if subject.is_empty() { String::new() } else { format!(" {}", clean(subject)) };
    let level = level(environment, is, was);
    let rule = clean(rule);
    let what = match (changed.change, was, is) {
        (FindingChange::New, _, Some(is)) => format!("new {level}, {}", is.outcome.word()),
        (FindingChange::Outcome, Some(was), Some(is)) => {
            format!("{level}, {} -> {}", was.outcome.word(), is.outcome.word())
        }
        (FindingChange::Evidence, _, Some(is)) => {
            format!("{level}, {} for other facts or units", is.outcome.word())
        }
        _ => format!("{level} gone"),
    };
    format!("{rule}{subject} ({what})")
}

fn level(
    environment: &Environment<'_, '_, '_>,
    is: Option<&Finding<'_>>,
    was: Option<&Finding<'_>>,
) -> &'static str {
    let of = |side: Option<&Checked<'_>>, finding: Option<&Finding<'_>>| {
        Some(side?.rules.rules[finding?.rule].level)
    };
    match of(environment.head, is).or_else(|| of(environment.base, was)) {
        Some(Level::Warning) => "warning",
        Some(Level::Note) => "note",
        _ => "error",
    }
}

/// What the finding says, where HEAD has it.
pub(crate) fn message(environment: &Environment<'_, '_, '_>, changed: &Changed) -> Option<String> {
    environment.is(changed).map(|finding| clean(&finding.message).into_owned())
}

/// What is behind a finding, on one line.
pub(crate) fn causes(environment: &Environment<'_, '_, '_>, changed: &Changed) -> String {
    match &changed.cause {
        Cause::Undetermined if environment.edits.is_empty() => {
            "no fact differs that could be behind it".to_owned()
        }
        Cause::Undetermined => format!(
            "which of the {} is behind it is undetermined",
            counted(environment.edits.len(), "edit", "edits")
        ),
        Cause::Edits(_) => {
            let edits = environment.behind(changed);
            let edits = edits.iter().map(|edit| values(edit));
            edits.collect::<Vec<_>>().join("; ")
        }
    }
}

/// An edit with its place.
pub(crate) fn line_of(edit: &Edit, sources: [&Sources; 2]) -> String {
    match spot(edit, sources) {
        Some(place) => format!("{place}  {}", values(edit)),
        None => values(edit),
    }
}

/// File and line of an edit: in HEAD, or in BASE where it is gone.
pub(crate) fn spot(edit: &Edit, sources: [&Sources; 2]) -> Option<String> {
    let (span, sources) = place_of(edit, sources)?;
    let source = sources.get(span.file);
    Some(format!("{}:{}", clean(source.name()), source.position(span.start).line))
}

/// Where an edit stands: in HEAD, or in BASE where it is gone.
pub(crate) fn place_of<'s>(edit: &Edit, sources: [&'s Sources; 2]) -> Option<(Span, &'s Sources)> {
    let head = edit.head.as_ref().and_then(|side| Some((side.stated, side.span?, sources[1])));
    let base = edit.base.as_ref().and_then(|side| Some((side.stated, side.span?, sources[0])));
    let stated = [head, base].into_iter().flatten().find(|(stated, ..)| *stated);
    stated.or(head).map(|(_, span, sources)| (span, sources))
}

/// What an edit does.
pub(crate) fn values(edit: &Edit) -> String {
    let path = match edit.steps.is_empty() {
        true => "the whole description".to_owned(),
        false => clean(&edit.path()).into_owned(),
    };
    if edit.is_entity() {
        return format!("{path}: {}", edit.change());
    }
    let value = |side: &Option<crate::diff::model::Content>| match side {
        Some(side) if side.stated => clean(&shorten(&side.shown, VALUE)).into_owned(),
        _ => "not stated".to_owned(),
    };
    let (base, head) = (value(&edit.base), value(&edit.head));
    match base == head {
        // Of a list only how much it holds may be shown.
        true => format!("{path}: changed ({head})"),
        false => format!("{path}: {base} -> {head}"),
    }
}

fn counted(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// How much differs.
pub(crate) fn last(told: &Told<'_, '_, '_, '_>) -> String {
    let environments = &told.diff.environments;
    if environments.is_empty() {
        return "nothing was compared: neither side describes anything\n".to_owned();
    }
    let findings = || environments.iter().flat_map(|environment| &environment.findings);
    let of = |change| findings().filter(|changed| changed.change == change).count();
    let (new, gone) = (of(FindingChange::New), of(FindingChange::Gone));
    let other = of(FindingChange::Outcome) + of(FindingChange::Evidence);
    let edits: usize = environments.iter().map(|environment| environment.edits.len()).sum();
    let behind: usize = environments
        .iter()
        .map(|one| (0..one.edits.len()).filter(|at| one.of_edit(*at).next().is_some()).count())
        .sum();
    let is = |number: usize| if number == 1 { "is" } else { "are" };
    let mut line = format!("{} {} new", counted(new, "finding", "findings"), is(new));
    line.push_str(&format!(", {gone} {} fixed or no longer described", is(gone)));
    if other > 0 {
        line.push_str(&format!(", {other} {} different", is(other)));
    }
    let all = counted(edits, "edit", "edits");
    let them = if new + gone + other == 1 { "it" } else { "them" };
    match (edits, new + gone + other) {
        (0, _) => line.push_str("; no fact differs"),
        (_, 0) => line.push_str(&format!("; {all}")),
        _ => line.push_str(&format!("; {behind} of {all} {} behind {them}", is(behind))),
    }
    line + "\n"
}
