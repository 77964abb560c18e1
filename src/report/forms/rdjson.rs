//! The diagnostics of reviewdog, whose columns count bytes.

use serde::Serialize;

use crate::diagnostic::{Fix, Severity};
use crate::report::foreign::Foreign;
use crate::report::review::{Item, Place, Problem, Review};
use crate::report::wire;
use crate::source::Span;

#[derive(Serialize)]
struct Root<'r> {
    source: Source,
    diagnostics: Vec<Told<'r>>,
}

#[derive(Serialize)]
struct Source {
    name: &'static str,
}

#[derive(Serialize)]
struct Told<'r> {
    message: Foreign<'r>,
    #[serde(skip_serializing_if = "Option::is_none")]
    location: Option<Location<'r>>,
    severity: &'static str,
    code: Code<'r>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suggestions: Vec<Suggestion<'r>>,
}

#[derive(Serialize)]
struct Code<'r> {
    value: Foreign<'r>,
}

#[derive(Serialize)]
struct Location<'r> {
    path: Foreign<'r>,
    #[serde(skip_serializing_if = "Option::is_none")]
    range: Option<Range>,
}

#[derive(Serialize)]
struct Range {
    start: Position,
    end: Position,
}

#[derive(Serialize)]
struct Position {
    line: usize,
    column: usize,
}

#[derive(Serialize)]
struct Suggestion<'r> {
    range: Range,
    text: Foreign<'r>,
}

/// The report, with a line break at its end.
pub fn render(review: &Review<'_>) -> String {
    let problems = review.problems.iter().map(|problem| of_problem(review, problem));
    let items = review.items.iter().map(|item| told(review, item));
    let source = Source { name: env!("CARGO_PKG_NAME") };
    wire::pretty(&Root { source, diagnostics: problems.chain(items).collect() })
}

fn told<'r>(review: &Review<'r>, item: &Item<'r>) -> Told<'r> {
    Told {
        message: item.message(),
        location: Some(location(review, review.place_of(item))),
        severity: match item.severity {
            Severity::Unknown if item.is_advice() => "INFO",
            Severity::Error | Severity::Unknown | Severity::Pending => "ERROR",
            Severity::Warning => "WARNING",
            Severity::Waived | Severity::Note => "INFO",
        },
        code: Code { value: item.rule_id() },
        suggestions: Vec::new(),
    }
}

fn of_problem<'r>(review: &Review<'r>, problem: &Problem<'r>) -> Told<'r> {
    // A suggestion replaces one range of the file that the diagnostic is about.
    let file = problem.told.span().map(|span| span.file);
    let is_one = |fix: &&Fix| fix.edits.len() == 1 && Some(fix.edits[0].span.file) == file;
    let suggestions = problem.told.fixes.iter().filter(is_one).map(|fix| Suggestion {
        range: range(review, fix.edits[0].span),
        text: fix.edits[0].text.as_str().into(),
    });
    Told {
        message: problem.whole(),
        location: review.place_of_problem(problem).map(|place| location(review, place)),
        severity: match problem.told.severity {
            Severity::Error => "ERROR",
            Severity::Note => "INFO",
            _ => "WARNING",
        },
        code: Code { value: problem.told.code.as_str().into() },
        suggestions: suggestions.collect(),
    }
}

fn location<'r>(review: &Review<'r>, place: Place<'r>) -> Location<'r> {
    let span = place.range.map(|range| range.span);
    Location { path: place.file, range: span.map(|span| range(review, span)) }
}

fn range(review: &Review<'_>, span: Span) -> Range {
    let position = |offset| {
        let (line, column) = review.in_bytes(span, offset);
        Position { line, column }
    };
    Range { start: position(span.start), end: position(span.end) }
}
