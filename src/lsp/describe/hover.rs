//! What is known of a key, of an id, or of what rests on a fact.

use serde_json::{Value, json};

use crate::evaluate::Finding;
use crate::facts::locate::{Cursor, Part};
use crate::facts::{RowId, SlotId};
use crate::lsp::describe::{Described, refer};
use crate::report::layout::{count, names};
use crate::source::Span;

/// Findings that are told of one fact, at most.
const FINDINGS: usize = 8;
/// Units that are named, at most.
const UNITS: usize = 5;

/// What is known of what a request points at; nothing between the facts.
pub fn hover(described: &Described<'_>, params: &Value) -> Option<Value> {
    let facts = described.facts();
    let offset = described.offset(params)?;
    let cursor = facts.locate(described.file, offset)?;
    let span = facts.tree().span(cursor.node?);
    let mut parts: Vec<String> = Vec::new();
    if cursor.part == Part::Key {
        parts.extend(key(described, &cursor));
    }
    if let Some(entity) = facts.named_at(&cursor) {
        parts.push(entity_text(described, entity));
    }
    let slot = facts.slot_at(&cursor);
    parts.extend(findings(described, slot, span, offset));
    if parts.is_empty() {
        return None;
    }
    let contents = json!({ "kind": "markdown", "value": parts.join("\n\n---\n\n") });
    Some(json!({ "contents": contents, "range": described.places.range(span) }))
}

/// What the rules say of a field; nothing where another server does.
fn key(described: &Described<'_>, cursor: &Cursor) -> Option<String> {
    if described.is_shared() {
        return None;
    }
    let schema = described.facts().schema();
    let field = &schema.ty(described.facts().row(cursor.row).ty).fields[cursor.field?];
    let mut texts = vec![format!("`{}: {}`", field.name, field.ty.describe(schema))];
    let said = [&field.title, &field.ask, &field.find];
    texts.extend(said.into_iter().flatten().map(|text| text.to_string()));
    Some(texts.join("\n\n"))
}

/// Whether an entity may go, and who refers to it.
fn entity_text(described: &Described<'_>, entity: RowId) -> String {
    let facts = described.facts();
    let ty = &facts.schema().ty(facts.row(entity).ty).name;
    let mut head = format!("**{}** ({ty})", plain(&facts.name(entity)));
    if let Some(word) = described.readiness(entity) {
        head.push_str(&format!(": {word}"));
    }
    let others = refer::places(facts, entity).len().saturating_sub(1);
    format!("{head}\n\nnamed in {}", count(others, "other place"))
}

/// The findings that rest on a fact, or stand at a place.
fn findings(
    described: &Described<'_>,
    slot: Option<SlotId>,
    span: Span,
    offset: u32,
) -> Vec<String> {
    let all = &described.checked.evaluation.findings;
    let stands = |finding: &&Finding<'_>| {
        let here = finding
            .span
            .is_some_and(|at| at.file == span.file && at.start <= offset && offset <= at.end);
        here || slot
            .is_some_and(|slot| finding.evidence.iter().any(|evidence| evidence.slot == slot))
    };
    let mut found: Vec<&Finding<'_>> = all.iter().filter(stands).collect();
    let more = found.len().saturating_sub(FINDINGS);
    found.truncate(FINDINGS);
    let mut told: Vec<String> = found.iter().map(|finding| tell(described, finding)).collect();
    if more > 0 {
        told.push(format!("and {}", count(more, "more finding")));
    }
    told
}

fn tell(described: &Described<'_>, finding: &Finding<'_>) -> String {
    let rule = &described.checked.rules.rules[finding.rule];
    let mut lines =
        vec![format!("**{}** {}: {}", rule.id, finding.outcome.word(), plain(&finding.message))];
    lines.extend(finding.why.as_ref().map(|why| plain(why)));
    let units: Vec<String> =
        finding.blocks.iter().map(|unit| described.facts().name(*unit)).collect();
    if !units.is_empty() {
        lines.push(format!("blocks {}", plain(&names(units.iter().map(String::as_str), UNITS))));
    }
    lines.join("\n\n")
}

/// A text of a user or a rule, in which nothing is markup.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        if matches!(char, '\\' | '*' | '_' | '[' | ']' | '<' | '>' | '#' | '`' | '|' | '~' | '!') {
            out.push('\\');
        }
        out.push(char);
    }
    out
}
