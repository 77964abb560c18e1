//! Logging commands of Azure Pipelines, which know errors and warnings.

use crate::diagnostic::Severity;
use crate::report::foreign::{Foreign, Sink};
use crate::report::review::{Place, Review};

/// The commands, the worst first.
pub fn render(review: &Review<'_>) -> String {
    let mut out = String::new();
    for problem in &review.problems {
        let code = Foreign::from(problem.told.code.as_str());
        let place = review.place_of_problem(problem);
        command(&mut out, problem.told.severity == Severity::Error, place, &code, &problem.whole());
    }
    for item in &review.items {
        let place = Some(review.place_of(item));
        command(
            &mut out,
            !item.is_advice() && item.waiver.is_none(),
            place,
            &item.rule_id(),
            &item.message(),
        );
    }
    out
}

fn command(
    out: &mut String,
    is_error: bool,
    place: Option<Place<'_>>,
    code: &Foreign<'_>,
    message: &Foreign<'_>,
) {
    let level = if is_error { "error" } else { "warning" };
    out.push_str(&format!("##vso[task.logissue type={level};"));
    if let Some(place) = place {
        out.push_str(&format!("sourcepath={};", place.file.shown(Sink::AzureProperty)));
        if let Some(range) = place.range {
            out.push_str(&format!("linenumber={};columnnumber={};", range.line, range.column));
        }
    }
    let (code, message) = (code.shown(Sink::AzureProperty), message.shown(Sink::AzureMessage));
    out.push_str(&format!("code={code}]{message}\n"));
}
