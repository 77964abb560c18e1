//! What stands behind the id of each unit: whether it may go, and what keeps it.

use serde_json::{Value, json};

use crate::evaluate::{Outcome, Readiness, UnitResult};
use crate::lsp::describe::Described;
use crate::lsp::text::position;
use crate::report::layout::count;

/// The hints of a part of the text; only what stands there is looked at.
pub fn hints(described: &Described<'_>, params: &Value) -> Option<Value> {
    let wanted = described.range(params)?;
    let facts = described.facts();
    let evaluation = &described.checked.evaluation;
    let mut found = Vec::new();
    for unit in evaluation.units.iter().chain(&evaluation.done) {
        let Some(node) = facts.row_place(unit.row) else { continue };
        if node.file != wanted.file || node.end < wanted.start || wanted.end < node.start {
            continue;
        }
        let place = position(described.source(), node.end, described.places.encoding);
        found.push(
            json!({ "position": place, "label": label(described, unit), "paddingLeft": true }),
        );
    }
    Some(json!(found))
}

fn label(described: &Described<'_>, unit: &UnitResult) -> String {
    let evaluation = &described.checked.evaluation;
    let all = unit.findings.iter().chain(&evaluation.everyone).map(|at| &evaluation.findings[*at]);
    match unit.readiness {
        Readiness::Blocked | Readiness::Ineligible => {
            let failed = all.filter(|finding| finding.outcome == Outcome::Fail).count();
            format!("blocked by {failed}")
        }
        Readiness::Unknown => {
            let mut asked: Vec<&str> = all
                .flat_map(|finding| &finding.questions)
                .map(|question| question.path.as_str())
                .collect();
            asked.sort_unstable();
            asked.dedup();
            count(asked.len(), "question")
        }
        other => other.word().to_owned(),
    }
}
