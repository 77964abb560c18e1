//! Another id for an entity, where it is described and wherever it is referred to, over all files of the environment.
//!
//! A text that only reads the same is no reference and stays.

use serde_json::{Map, Value, json};

use crate::diagnostic::Fix;
use crate::facts::RowId;
use crate::lsp::describe::{Described, refer};
use crate::yaml::NodeId;
use crate::yaml::edit::respell::respell;

/// Why something cannot be renamed, or not so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// No id is there.
    NoId,
    /// The new id is empty.
    Empty,
    /// Something else has it.
    Taken(String),
    /// It is written in a place in which it cannot be changed, such as behind an alias.
    Bound(String),
    /// A line of the text is half-typed.
    Unreadable,
}

impl Refused {
    /// The sentence for it.
    pub fn message(&self) -> String {
        match self {
            Refused::NoId => "there is no id of an entity here".to_owned(),
            Refused::Empty => "an id cannot be empty".to_owned(),
            Refused::Taken(id) => format!("`{id}` is taken: something else is called so"),
            Refused::Bound(id) => {
                format!(
                    "`{id}` is written in a way that cannot be changed, such as behind an alias"
                )
            }
            Refused::Unreadable => "the text cannot be read, so nothing is renamed".to_owned(),
        }
    }
}

/// The place of the id that would be renamed.
///
/// # Errors
///
/// Where no id is there.
pub fn prepare(described: &Described<'_>, params: &Value) -> Result<Value, Refused> {
    refer::entity(described, params).ok_or(Refused::NoId)?;
    let node = described.cursor(params).and_then(|cursor| cursor.node).ok_or(Refused::NoId)?;
    Ok(described.places.range(described.facts().inner(node)))
}

/// The edits of a renaming.
///
/// # Errors
///
/// Where no id is there, or the new one cannot be had.
pub fn rename(described: &Described<'_>, params: &Value) -> Result<Value, Refused> {
    if described.is_half_typed() {
        return Err(Refused::Unreadable);
    }
    let entity = refer::entity(described, params).ok_or(Refused::NoId)?;
    let facts = described.facts();
    let new = params["newName"].as_str().unwrap_or_default();
    let old = facts.name(entity);
    if new.trim().is_empty() {
        return Err(Refused::Empty);
    }
    let types = facts.schema().types();
    if new != old && types.into_iter().any(|(ty, _)| facts.find(ty, new).is_some()) {
        return Err(Refused::Taken(new.to_owned()));
    }
    let mut changes = Map::new();
    for node in facts.mentions(entity) {
        let fix = respelled(described, entity, node, new);
        let fix = fix.ok_or_else(|| Refused::Bound(old.clone()))?;
        for edit in fix.edits {
            let uri = described.places.uri(edit.span);
            let all = changes.entry(uri).or_insert_with(|| json!([]));
            let edit = json!({ "range": described.places.range(edit.span), "newText": edit.text });
            all.as_array_mut().into_iter().for_each(|all| all.push(edit.clone()));
        }
    }
    Ok(json!({ "changes": changes }))
}

/// A mention with the new id; where entities of any kind may be meant it can be an address that ends with the id.
fn respelled(described: &Described<'_>, entity: RowId, node: NodeId, new: &str) -> Option<Fix> {
    let facts = described.facts();
    let tree = facts.tree();
    let written = tree.text(node);
    let is_address = written == facts.path(entity) && written.ends_with(&facts.name(entity));
    let list = written.strip_suffix(facts.name(entity).as_str()).filter(|_| is_address);
    respell(tree, node, &format!("{}{new}", list.unwrap_or("")))
}
