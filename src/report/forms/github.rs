//! Workflow commands of GitHub: an annotation on the line of a change.

use crate::diagnostic::Severity;
use crate::report::foreign::{Foreign, Sink};
use crate::report::review::{Place, Review};

/// So many annotations of a level are shown for a step; of those beyond, the first seen would be taken.
const MOST: usize = 10;

/// The levels of annotations, the worst first.
const LEVELS: [&str; 3] = ["error", "warning", "notice"];

/// The commands, the worst first, and how many more there are.
pub fn render(review: &Review<'_>) -> String {
    let mut out = String::new();
    let mut counts = [0_usize; LEVELS.len()];
    let mut tell =
        |level: usize, place: Option<Place<'_>>, title: &Foreign<'_>, message: &Foreign<'_>| {
            counts[level] += 1;
            if counts[level] <= MOST {
                command(&mut out, LEVELS[level], place, title, message);
            }
        };
    for problem in &review.problems {
        let level = match problem.told.severity {
            Severity::Error => 0,
            Severity::Note => 2,
            _ => 1,
        };
        let code = Foreign::from(problem.told.code.as_str());
        tell(level, review.place_of_problem(problem), &code, &problem.whole());
    }
    for item in &review.items {
        let level = match item.severity {
            Severity::Unknown if item.is_advice() => 2,
            Severity::Error | Severity::Unknown | Severity::Pending => 0,
            Severity::Warning => 1,
            Severity::Waived | Severity::Note => 2,
        };
        tell(level, Some(review.place_of(item)), &item.rule_id(), &item.message());
    }
    let beyond = LEVELS.iter().zip(counts).filter(|(_, count)| *count > MOST);
    let beyond: Vec<String> =
        beyond.map(|(level, count)| format!("{} more at level {level}", count - MOST)).collect();
    if !beyond.is_empty() {
        out.push_str(&format!("not shown as annotations: {}\n", beyond.join(", ")));
    }
    out
}

fn command(
    out: &mut String,
    level: &str,
    place: Option<Place<'_>>,
    title: &Foreign<'_>,
    message: &Foreign<'_>,
) {
    out.push_str(&format!("::{level} "));
    if let Some(place) = place {
        out.push_str(&format!("file={},", place.file.shown(Sink::GithubProperty)));
        if let Some(range) = place.range {
            out.push_str(&format!("line={},endLine={},", range.line, range.end_line));
            // The runner refuses columns of several lines.
            if range.line == range.end_line {
                out.push_str(&format!("col={},endColumn={},", range.column, range.end_column));
            }
        }
    }
    let (title, message) = (title.shown(Sink::GithubProperty), message.shown(Sink::GithubMessage));
    out.push_str(&format!("title={title}::{message}\n"));
}
