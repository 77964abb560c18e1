//! Code quality reports of GitLab.

use serde::Serialize;

use crate::diagnostic::Severity;
use crate::report::foreign::Foreign;
use crate::report::review::{Item, Place, Problem, Review};
use crate::report::wire;

#[derive(Serialize)]
struct Issue<'r> {
    description: Foreign<'r>,
    check_name: Foreign<'r>,
    fingerprint: String,
    severity: &'static str,
    location: Location<'r>,
}

#[derive(Serialize)]
struct Location<'r> {
    path: Foreign<'r>,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
}

/// The report, with a line break at its end.
pub fn render(review: &Review<'_>) -> String {
    let prints = review.problem_prints();
    let problems = review.problems.iter().zip(prints);
    let problems = problems.map(|(problem, print)| of_problem(review, problem, print));
    let items = review.items.iter().map(|item| issue(review, item));
    wire::pretty(&problems.chain(items).collect::<Vec<_>>())
}

fn issue<'r>(review: &Review<'r>, item: &Item<'r>) -> Issue<'r> {
    Issue {
        description: item.message(),
        check_name: item.rule_id(),
        fingerprint: item.fingerprint(),
        severity: match item.severity {
            Severity::Error => "blocker",
            Severity::Unknown if item.is_advice() => "info",
            Severity::Unknown => "critical",
            Severity::Pending => "major",
            Severity::Warning => "minor",
            Severity::Waived | Severity::Note => "info",
        },
        location: location(Some(review.place_of(item))),
    }
}

fn of_problem<'r>(review: &Review<'r>, problem: &Problem<'r>, fingerprint: String) -> Issue<'r> {
    Issue {
        description: problem.whole(),
        check_name: problem.told.code.as_str().into(),
        fingerprint,
        severity: match problem.told.severity {
            Severity::Error => "blocker",
            Severity::Note => "info",
            _ => "minor",
        },
        location: location(review.place_of_problem(problem)),
    }
}

/// Each issue has to have a file and a line.
fn location(place: Option<Place<'_>>) -> Location<'_> {
    match place {
        Some(place) => {
            let begin = place.range.map_or(1, |range| range.line);
            Location { path: place.file, lines: Lines { begin } }
        }
        None => Location { path: ".".into(), lines: Lines { begin: 1 } },
    }
}
