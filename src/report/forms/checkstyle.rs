//! Checkstyle reports: errors by file.

use crate::diagnostic::Severity;
use crate::report::foreign::{Foreign, Sink};
use crate::report::forms::xml::Xml;
use crate::report::review::{Place, Review};

/// A file and what is wrong in it.
struct File<'r> {
    name: Foreign<'r>,
    errors: Vec<Vec<(&'static str, String)>>,
}

/// The document. Files are in the order of the worst in them.
pub fn render(review: &Review<'_>) -> String {
    let mut files: Vec<File<'_>> = Vec::new();
    let mut at = std::collections::HashMap::new();
    let mut tell =
        |place: Option<Place<'_>>, severity: &str, source: &Foreign<'_>, message: &Foreign<'_>| {
            let name = place.as_ref().map_or(String::new(), |place| place.file.shown(Sink::Xml));
            let file = *at.entry(name.clone()).or_insert_with(|| {
                files.push(File { name: Foreign::from(name), errors: Vec::new() });
                files.len() - 1
            });
            let mut error = Vec::new();
            if let Some(range) = place.and_then(|place| place.range) {
                error.push(("line", range.line.to_string()));
                error.push(("column", range.column.to_string()));
            }
            error.push(("severity", severity.to_owned()));
            error.push(("message", message.shown(Sink::Xml)));
            error.push(("source", format!("failback.{}", source.shown(Sink::Xml))));
            files[file].errors.push(error);
        };
    for problem in &review.problems {
        let severity = match problem.told.severity {
            Severity::Error => "error",
            Severity::Note => "info",
            _ => "warning",
        };
        let place = review.place_of_problem(problem);
        tell(place, severity, &problem.told.code.as_str().into(), &problem.whole());
    }
    for item in &review.items {
        let severity = match item.severity {
            Severity::Unknown if item.is_advice() => "info",
            Severity::Error | Severity::Unknown | Severity::Pending => "error",
            Severity::Warning => "warning",
            Severity::Waived | Severity::Note => "info",
        };
        tell(Some(review.place_of(item)), severity, &item.rule_id(), &item.message());
    }
    let mut xml = Xml::default();
    xml.open("checkstyle", &[("version", "4.3".to_owned())]);
    for file in files {
        xml.open("file", &[("name", file.name.shown(Sink::Xml))]);
        file.errors.iter().for_each(|error| xml.empty("error", error));
        xml.close("file");
    }
    xml.close("checkstyle");
    xml.done()
}
