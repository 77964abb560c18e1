//! From an id to the entity, and to all places that refer to it, over all files of the environment.

use serde_json::{Value, json};

use crate::facts::{Facts, RowId};
use crate::lsp::describe::Described;
use crate::source::Span;

/// The places that name an entity: its own first.
pub fn places(facts: &Facts<'_>, entity: RowId) -> Vec<Span> {
    facts.mentions(entity).into_iter().map(|node| facts.inner(node)).collect()
}

/// The entity that is named where a request points at.
pub fn entity(described: &Described<'_>, params: &Value) -> Option<RowId> {
    let facts = described.facts();
    facts.named_at(&described.cursor(params)?)
}

/// Where the entity is described.
pub fn definition(described: &Described<'_>, params: &Value) -> Option<Value> {
    let facts = described.facts();
    let own = facts.naming(entity(described, params)?)?;
    Some(described.places.location(facts.inner(own)))
}

/// All places that name the entity.
pub fn references(described: &Described<'_>, params: &Value) -> Option<Value> {
    let entity = entity(described, params)?;
    let with = params["context"]["includeDeclaration"].as_bool().unwrap_or(true);
    let all = places(described.facts(), entity);
    let own = described.facts().naming(entity).is_some() && !with;
    let shown = all.iter().skip(usize::from(own));
    Some(shown.map(|span| described.places.location(*span)).collect())
}

/// All places of the file that name the entity; its own is where it is written.
pub fn highlights(described: &Described<'_>, params: &Value) -> Option<Value> {
    let entity = entity(described, params)?;
    let own = described.facts().naming(entity).map(|node| described.facts().inner(node));
    let all = places(described.facts(), entity).into_iter();
    let shown = all.filter(|span| span.file == described.file).map(|span| {
        let kind = if own == Some(span) { 3 } else { 2 };
        json!({ "range": described.places.range(span), "kind": kind })
    });
    Some(shown.collect())
}
