//! The outline of a description: its lists, and the entities in them with their readiness.

use serde_json::{Value, json};

use crate::facts::{Facts, ROOT, RowId};
use crate::lsp::describe::Described;
use crate::lsp::files::Documents;
use crate::lsp::judge::Held;
use crate::lsp::tell::Places;
use crate::lsp::text::Encoding;
use crate::schema::TypeKind;
use crate::session::Checked;
use crate::source::Span;

/// Symbols that are found by a name, at most.
const MOST: usize = 500;

const ENTITY: u8 = 5;
const LIST: u8 = 18;
const FIELD: u8 = 8;

/// The outline of one file.
pub fn document(described: &Described<'_>) -> Vec<Value> {
    let facts = described.facts();
    let tree = facts.tree();
    let fields = facts.schema().ty(facts.row(ROOT).ty).fields.iter();
    let mut found: Vec<(Span, Value)> = Vec::new();
    let entities = entities(facts);
    for field in fields {
        let Some(slot) = field.slot.map(|slot| facts.slot_of(ROOT, slot)) else { continue };
        let is_list = field.ty.element().is_some();
        let rows = entities.iter().filter(|row| facts.row(**row).via == slot);
        let here: Vec<RowId> =
            rows.copied().filter(|row| file_of(facts, *row) == Some(described.file)).collect();
        let node = facts.node(slot).filter(|node| tree.file(*node) == described.file);
        let first = here.first().and_then(|row| whole(facts, *row));
        let Some(span) = node.map(|node| tree.span(node)).or(first) else { continue };
        let last = here.last().and_then(|row| whole(facts, *row)).unwrap_or(span);
        let key = node.and_then(|node| tree.key_of(node)).map_or(span, |key| tree.span(key));
        let range = key.to(span).to(last);
        let children = here.iter().filter_map(|row| entity(described, *row)).collect::<Vec<_>>();
        found.push((
            range,
            json!({
                "name": field.name,
                "detail": if is_list { children.len().to_string() } else { String::new() },
                "kind": if is_list { LIST } else { FIELD },
                "range": described.places.range(range),
                "selectionRange": described.places.range(key),
                "children": children,
            }),
        ));
    }
    found.sort_by_key(|(span, _)| *span);
    found.into_iter().map(|(_, symbol)| symbol).collect()
}

fn entity(described: &Described<'_>, row: RowId) -> Option<Value> {
    let facts = described.facts();
    let range = whole(facts, row)?;
    let place = facts.row_place(row).filter(|at| range.start <= at.start && at.end <= range.end);
    Some(json!({
        "name": shown(facts, row),
        "detail": described.readiness(row).unwrap_or(""),
        "kind": ENTITY,
        "range": described.places.range(range),
        "selectionRange": described.places.range(place.unwrap_or(range)),
    }))
}

/// The entities of all files whose name holds a text.
pub fn workspace(
    held: &Held<'_>,
    documents: &Documents,
    encoding: Encoding,
    query: &str,
) -> Vec<Value> {
    let places = Places { sources: held.report.sources, documents, encoding };
    let query = query.to_lowercase();
    let of = |checked: &Checked<'_>| -> Vec<Value> {
        let facts = &checked.facts;
        let named = entities(facts).into_iter().filter_map(|row| {
            let name = shown(facts, row);
            let place = facts.row_place(row).filter(|_| name.to_lowercase().contains(&query))?;
            let location = places.location(place);
            Some(json!({ "name": name, "kind": ENTITY, "location": location, "containerName": checked.name }))
        });
        named.take(MOST).collect()
    };
    held.report.environments.iter().flat_map(of).collect()
}

/// All entities, in the order of the description.
fn entities(facts: &Facts<'_>) -> Vec<RowId> {
    let types = facts.schema().types().filter(|(_, def)| def.kind == TypeKind::Entity);
    let mut rows: Vec<RowId> = types.flat_map(|(ty, _)| facts.entities(ty)).copied().collect();
    rows.sort_unstable();
    rows
}

/// What an entity is called; never nothing, which editors refuse.
fn shown(facts: &Facts<'_>, row: RowId) -> String {
    let name = facts.name(row);
    if name.trim().is_empty() { "…".to_owned() } else { name }
}

fn file_of(facts: &Facts<'_>, row: RowId) -> Option<crate::source::FileId> {
    whole(facts, row).map(|span| span.file)
}

/// All that is said of an entity in its place.
fn whole(facts: &Facts<'_>, row: RowId) -> Option<Span> {
    facts.mapping(row).map(|node| facts.tree().span(node))
}
