//! Addresses of facts, read: from `servers/s1/state` to the fact and to its place in the text.
//!
//! Owns the way back from what reports write. What is not found comes with the nearest name that is there.

use crate::diagnostic::did_you_mean;
use crate::facts::{Fact, Facts, NO_NODE, ROOT, RowId, SlotId};
use crate::scalar;
use crate::schema::types::Type;
use crate::source::FileId;
use crate::yaml::path::Path;
use crate::yaml::{Kind, NodeId, Tree};

/// What keeps a supposition from being made, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl Problem {
    /// A problem, with what to do where there is something.
    pub fn new(message: impl Into<String>, help: Option<String>) -> Self {
        Self { message: message.into(), help }
    }
}

/// A fact that an address names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Target {
    /// The fact.
    pub slot: SlotId,
    /// Whether one more entry of it is meant: `links[from: s1]`.
    pub entry: bool,
}

/// A place in the text of a description.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spot {
    /// The file.
    pub file: FileId,
    /// The document in it, from 0.
    pub document: usize,
    /// The path in the document.
    pub path: Path,
}

/// Finds the fact of an address.
pub fn resolve(facts: &Facts<'_>, address: &str) -> Result<Target, Problem> {
    let mut row = ROOT;
    let mut rest = address.trim();
    loop {
        let end = rest.find(['/', '[']).unwrap_or(rest.len());
        let name = &rest[..end];
        let slot = field(facts, row, name, address)?;
        let (ty, at) = facts.field_of(slot);
        let ty = &facts.schema().ty(ty).fields[at].ty;
        rest = &rest[end..];
        if rest.is_empty() {
            return Ok(Target { slot, entry: false });
        }
        if rest.starts_with('[') {
            return match (rest.ends_with(']'), ty.element()) {
                (true, Some(_)) => Ok(Target { slot, entry: true }),
                _ => Err(Problem::new(
                    format!("`{address}` names no fact"),
                    Some(format!("write `{}`", facts.slot_path(slot))),
                )),
            };
        }
        rest = &rest[1..];
        row = match (ty.present(), ty.element()) {
            (Type::Row(_), _) => match facts.record_row(slot) {
                Some(row) => row,
                None => return Err(no_parts(facts, slot)),
            },
            (_, Some(element @ Type::Row(_))) => {
                let (row, length) = entry(facts, slot, ty, element, rest)?;
                rest = &rest[length..];
                let Some(below) = rest.strip_prefix('/') else {
                    let fields = facts.schema().ty(facts.row(row).ty).field_names();
                    let fields: Vec<&str> = fields.collect();
                    return Err(Problem::new(
                        format!("`{address}` names an entry, not a fact of it"),
                        Some(format!("add one of {}", fields.join(", "))),
                    ));
                };
                rest = below;
                row
            }
            _ => return Err(no_parts(facts, slot)),
        };
    }
}

fn field(facts: &Facts<'_>, row: RowId, name: &str, address: &str) -> Result<SlotId, Problem> {
    let ty = facts.schema().ty(facts.row(row).ty);
    let owner = match row {
        ROOT => "the environment".to_owned(),
        row => format!("`{}`", facts.path(row)),
    };
    let Some(at) = ty.field(name) else {
        let message = match name.is_empty() {
            true => format!("`{address}` names no fact"),
            false => format!("{owner} has no field `{name}`"),
        };
        let known: Vec<&str> = ty.field_names().collect();
        let help = did_you_mean(name, known.iter().copied());
        return Err(Problem::new(
            message,
            help.or_else(|| Some(format!("its fields are {}", known.join(", ")))),
        ));
    };
    let slot = ty.fields[at].slot.ok_or_else(|| {
        let message = format!("`{name}` of {owner} is never written: it follows from other facts");
        Problem::new(message, None)
    })?;
    Ok(facts.slot_of(row, slot))
}

/// The entry of a list that an address goes on with, and how much of the address names it.
fn entry(
    facts: &Facts<'_>,
    slot: SlotId,
    ty: &Type,
    element: &Type,
    rest: &str,
) -> Result<(RowId, usize), Problem> {
    let path = facts.slot_path(slot);
    let Fact::List(list) = facts.read(slot, ty) else {
        let message = format!("`{path}` is not known, so it has no entry");
        return Err(Problem::new(message, Some(format!("set `{path}` as a whole"))));
    };
    let rows: Vec<RowId> = (0..facts.list_len(list))
        .filter_map(|at| match facts.list_item(list, at, element) {
            Fact::Row(row) => Some(row),
            _ => None,
        })
        .collect();
    // An id may hold a slash. Reports write it by number; of what people write as it is, the longest that fits is meant.
    let mut best: Option<(RowId, usize)> = None;
    let mut keys: Vec<String> = Vec::new();
    for row in &rows {
        let Some(key) = facts.key(*row) else { continue };
        let key = key.as_str();
        let written = scalar::address_part(key);
        let follows = |text: &str| {
            rest.strip_prefix(text).is_some_and(|more| more.is_empty() || more.starts_with('/'))
        };
        let fits = [key, &*written].into_iter().filter(|text| follows(text)).map(str::len).max();
        if let Some(length) = fits.filter(|length| best.is_none_or(|(_, own)| *length > own)) {
            best = Some((*row, length));
        }
        keys.push(written.into_owned());
    }
    if let Some(best) = best {
        return Ok(best);
    }
    let name = rest.split('/').next().unwrap_or_default();
    if keys.is_empty()
        && let Ok(at) = name.parse::<usize>()
        && at < facts.list_len(list)
        && let Fact::Row(row) = facts.list_item(list, at, element)
    {
        return Ok((row, name.len()));
    }
    let help = did_you_mean(name, keys.iter().map(String::as_str));
    let help = help.or_else(|| match (keys.is_empty(), rows.len()) {
        (false, _) => {
            Some(format!("it has {}", keys.iter().take(8).cloned().collect::<Vec<_>>().join(", ")))
        }
        (true, 0) => Some("it has no entries".to_owned()),
        (true, length) => Some(format!("its entries are numbered from 0 to {}", length - 1)),
    });
    Err(Problem::new(format!("`{path}` has no entry `{name}`"), help))
}

fn no_parts(facts: &Facts<'_>, slot: SlotId) -> Problem {
    let path = facts.slot_path(slot);
    Problem::new(format!("`{path}` has no parts"), Some(format!("set `{path}` as a whole")))
}

/// Where a fact stands in the text, or where it would have to stand.
pub fn spot(facts: &Facts<'_>, slot: SlotId) -> Option<Spot> {
    let tree = facts.tree();
    if let Some(node) = facts.node(slot) {
        return spot_of(tree, node);
    }
    let name = |slot: SlotId| {
        let (ty, at) = facts.field_of(slot);
        facts.schema().ty(ty).fields[at].name.clone()
    };
    let mut keys = vec![name(slot)];
    let mut row = facts.owner(slot);
    while facts.row(row).node == NO_NODE && row != ROOT {
        keys.push(name(facts.row(row).via));
        row = facts.row(row).parent;
    }
    let mut spot = spot_of(tree, holder(row, facts)?)?;
    for key in keys.into_iter().rev() {
        spot.path = spot.path.key(key);
    }
    Some(spot)
}

/// The mapping that states the facts of a row: of the environment, the first of its documents that states one.
pub fn holder(row: RowId, facts: &Facts<'_>) -> Option<NodeId> {
    let node = facts.row(row).node;
    if node != NO_NODE {
        return Some(facts.tree().resolve(NodeId(node)));
    }
    let schema = facts.schema();
    let fields = &schema.ty(facts.row(ROOT).ty).fields;
    let stated = fields.iter().filter_map(|field| facts.node(facts.slot_of(ROOT, field.slot?)));
    let first = stated.min_by_key(|node| facts.tree().span(*node))?;
    let span = facts.tree().span(first);
    let roots = facts.tree().documents().iter().filter(|document| document.file == span.file);
    roots.map(|document| document.root).rfind(|root| facts.tree().span(*root).start <= span.start)
}

/// The path to a node. A node stands in the arena behind the one that holds it.
fn spot_of(tree: &Tree<'_>, node: NodeId) -> Option<Spot> {
    let documents = tree.documents();
    let at = documents.iter().rposition(|document| document.root.0 <= node.0)?;
    let file = documents[at].file;
    let document = documents[..at].iter().filter(|before| before.file == file).count();
    let mut here = documents[at].root;
    let mut path = Path::root();
    while here != node {
        if tree.is_alias(here) {
            return None;
        }
        match tree.kind(here) {
            Kind::Mapping => {
                let entry =
                    tree.own_entries(here).take_while(|entry| entry.value.0 <= node.0).last()?;
                path = path.key(tree.text(entry.key));
                here = entry.value;
            }
            Kind::Sequence => {
                let (index, item) =
                    tree.items(here).enumerate().take_while(|(_, item)| item.0 <= node.0).last()?;
                path = path.index(index);
                here = item;
            }
            Kind::Scalar => return None,
        }
    }
    Some(Spot { file, document, path })
}
