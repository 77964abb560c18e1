//! A comment on a change.
//!
//! Owns the mark by which whoever wrote the comment finds it again, and the length: a comment that is too long is not taken, so
//! it is cut between findings, and says so.

use std::fmt::Write as _;

use crate::diagnostic::Severity;
use crate::evaluate::Readiness;
use crate::report::foreign::{Foreign, Sink};
use crate::report::review::{Item, Place, Review};
use crate::report::{Format, summary};
use crate::session::Checked;

/// The first line.
pub const MARK: &str = "<!-- failback -->";

/// Most characters of a comment.
const MOST: usize = 60_000;
/// Room for what is said of findings that are left out.
const SPARE: usize = 200;
/// Units that are named per state.
const UNITS: usize = 50;
/// Units that a finding names.
const BLOCKED: usize = 12;

/// The comment.
pub fn render(review: &Review<'_>) -> String {
    let mut out = format!("{MARK}\n");
    for checked in &review.environments {
        head(&mut out, checked);
    }
    if review.environments.is_empty() {
        out.push_str("\n### nothing was checked\n");
    }
    let mut entries: Vec<String> = Vec::new();
    for problem in &review.problems {
        let place = review.place_of_problem(problem);
        let code = Foreign::from(problem.told.code.as_str());
        entries.push(entry(problem.told.severity.word(), &code, place, &problem.whole()));
    }
    let several = review.environments.len() > 1;
    entries.extend(review.items.iter().map(|item| finding(review, item, several)));
    if !entries.is_empty() {
        out.push('\n');
    }
    let mut length = out.chars().count();
    for (at, entry) in entries.iter().enumerate() {
        length += entry.chars().count();
        if length > MOST - SPARE {
            let left = entries.len() - at;
            let _ = writeln!(out, "\n{left} more are left out here; `failback check` shows all.");
            break;
        }
        out.push_str(entry);
    }
    out
}

/// Verdict and units of an environment.
fn head(out: &mut String, checked: &Checked<'_>) {
    let gate = Foreign::from(summary::line(checked, Format::Concise));
    let _ = writeln!(out, "\n### {}\n", gate.shown(Sink::Prose));
    let all = checked.evaluation.all_units();
    for state in [
        Readiness::Ineligible,
        Readiness::Blocked,
        Readiness::Unknown,
        Readiness::Pending,
        Readiness::Ready,
        Readiness::Done,
    ] {
        let units = all.iter().filter(|unit| unit.readiness == state);
        let ids: Vec<Foreign<'_>> = units.map(|unit| unit.id.as_str().into()).collect();
        if !ids.is_empty() {
            let _ = writeln!(out, "- **{}** ({}): {}", state.word(), ids.len(), names(&ids, UNITS));
        }
    }
}

fn names(ids: &[Foreign<'_>], most: usize) -> String {
    let shown: Vec<String> = ids.iter().take(most).map(|id| id.shown(Sink::Code)).collect();
    match ids.len().checked_sub(most) {
        Some(more @ 1..) => format!("{} and {more} more", shown.join(", ")),
        _ => shown.join(", "),
    }
}

fn finding(review: &Review<'_>, item: &Item<'_>, several: bool) -> String {
    let word = match item.severity {
        Severity::Error => "failed",
        other => other.word(),
    };
    let mut out = entry(word, &item.rule_id(), Some(review.place_of(item)), &item.message());
    if several {
        let _ = writeln!(out, "  * in {}", item.environment().shown(Sink::Code));
    }
    let blocks = item.blocks();
    if !blocks.is_empty() {
        let _ = writeln!(out, "  * blocks {}", names(&blocks, BLOCKED));
    }
    let plan = item.checked.plan.as_ref();
    let number = item.checked.step_for(&item.finding.id);
    if let Some((plan, number)) = plan.zip(number)
        && let Some(step) = plan.steps.iter().find(|step| step.id == number)
    {
        let text = if step.action.is_empty() { &step.call } else { &step.action };
        let text = Foreign::from(text.as_str()).shown(Sink::Prose);
        let _ = writeln!(out, "  * step {number} of {} of the plan: {text}", plan.steps.len());
    }
    out
}

fn entry(
    word: &str,
    code: &Foreign<'_>,
    place: Option<Place<'_>>,
    message: &Foreign<'_>,
) -> String {
    let place = place.map_or(String::new(), |place| {
        let file = place.file.shown(Sink::Code);
        match place.range {
            Some(range) => format!(" in {file}, line {}", range.line),
            None => format!(" in {file}"),
        }
    });
    let (code, message) = (code.shown(Sink::Code), message.shown(Sink::Prose));
    format!("* **{word}** {code}{place}: {message}\n")
}
