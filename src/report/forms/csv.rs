//! A table with a row for each finding (RFC 4180).

use crate::report::foreign::{Foreign, Sink};
use crate::report::review::Review;

const HEADER: [&str; 14] = [
    "environment",
    "id",
    "rule",
    "outcome",
    "level",
    "subject",
    "blocks",
    "clauses",
    "file",
    "line",
    "column",
    "message",
    "fingerprint",
    "waiver",
];

/// The table. What is wrong with texts has rows without an id.
pub fn render(review: &Review<'_>) -> String {
    let builder =
        |out| csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(out);
    let mut table = builder(Vec::new());
    // Writing into memory does not fail, and all rows have the length of the header.
    let _ = table.write_record(HEADER);
    let cell = |text: Foreign<'_>| text.shown(Sink::Cell);
    let number = |number: Option<usize>| number.map_or(String::new(), |number| number.to_string());
    for (problem, print) in review.problems.iter().zip(review.problem_prints()) {
        let place = review.place_of_problem(problem);
        let range = place.as_ref().and_then(|place| place.range);
        let _ = table.write_record([
            cell(problem.environment()),
            String::new(),
            cell(problem.told.code.as_str().into()),
            "documentError".to_owned(),
            problem.told.severity.word().to_owned(),
            String::new(),
            String::new(),
            String::new(),
            place.map_or(String::new(), |place| cell(place.file)),
            number(range.map(|range| range.line)),
            number(range.map(|range| range.column)),
            cell(problem.whole()),
            print,
            String::new(),
        ]);
    }
    for item in &review.items {
        let place = review.place_of(item);
        let blocks: Vec<String> = item.blocks().into_iter().map(cell).collect();
        let clauses = item.rule.clauses.iter().map(|clause| cell(clause.as_str().into()));
        let _ = table.write_record([
            cell(item.environment()),
            cell(item.id()),
            cell(item.rule_id()),
            item.finding.outcome.word().to_owned(),
            item.level().to_owned(),
            cell(item.subject()),
            blocks.join(" "),
            clauses.collect::<Vec<_>>().join(" "),
            cell(place.file),
            number(place.range.map(|range| range.line)),
            number(place.range.map(|range| range.column)),
            cell(item.message()),
            item.fingerprint(),
            item.waiver.map_or(String::new(), |waiver| cell(waiver.id.as_str().into())),
        ]);
    }
    let bytes = table.into_inner().unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}
