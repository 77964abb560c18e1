//! Facts that somebody gives, set in the texts of descriptions: `hosts/h1/state` is `running`.
//!
//! Owns where each goes and what is written for it, so that a supposed value is judged exactly as a written one. Writes
//! no file.

use std::collections::BTreeMap;

use crate::facts::{Facts, SlotId};
use crate::schema::TypeKind;
use crate::schema::types::Type;
use crate::session::address::{self, Problem, Spot, Target};
use crate::session::{Checked, Inputs, Report, assume};
use crate::source::Sources;
use crate::yaml::edit::{self, Change, EditError, Value};
use crate::yaml::path::{Path, Step};

/// The same inputs with facts set in their texts, in order.
pub fn with_facts(
    inputs: &Inputs,
    report: &Report<'_>,
    sets: &[(String, Value)],
) -> Result<Inputs, Problem> {
    set(inputs, report, sets).map_err(|(_, problem)| problem)
}

/// The same, with the number of the one that cannot be set.
pub fn set(
    inputs: &Inputs,
    report: &Report<'_>,
    sets: &[(String, Value)],
) -> Result<Inputs, (usize, Problem)> {
    let mut texts: Vec<String> =
        inputs.sources.iter().map(|(_, source)| source.text().to_owned()).collect();
    let mut lists = Lists::default();
    for (number, (path, value)) in sets.iter().enumerate() {
        let failed = |problem| (number, problem);
        let (checked, target) =
            assume::one(report, path, |checked| address::resolve(&checked.facts, path))
                .map_err(failed)?;
        let changes = lists.changes(checked, (path, target), value).map_err(failed)?;
        for (spot, change) in changes {
            let text = &mut texts[spot.file.0 as usize];
            *text = put(text, spot.document, change).map_err(|error| {
                failed(Problem::new(format!("cannot write `{path}`: {error}"), None))
            })?;
        }
    }
    // What goes away goes last, from behind, so that the places of all others stay.
    lists.marks.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
    for (spot, at) in lists.marks {
        let text = &mut texts[spot.file.0 as usize];
        let change = Change::Remove(spot.path.index(at));
        *text = edit::change(text, spot.document, &[change])
            .map_err(|error| (0, Problem::new(format!("cannot write a list: {error}"), None)))?;
    }
    Ok(with_texts(inputs, texts))
}

/// Makes a change. Where a record is said to be unknown of which a part is known now, the part takes its place.
fn put(text: &str, document: usize, change: Change) -> Result<String, EditError> {
    let made = edit::change(text, document, std::slice::from_ref(&change));
    let (Err(EditError::NoParts(above)), Change::Set(path, value)) = (&made, change) else {
        return made;
    };
    let below = &path.steps()[above.steps().len().min(path.steps().len())..];
    let keys = below.iter().rev().map(|step| match step {
        Step::Key(key) => Some(key),
        Step::Index(_) => None,
    });
    let nested = keys
        .into_iter()
        .try_fold(value, |value, key| key.map(|key| Value::Map(vec![(key.clone(), value)])));
    match nested {
        Some(nested) => edit::change(text, document, &[Change::Set(above.clone(), nested)]),
        None => made,
    }
}

/// The same inputs with other texts, in their order.
pub(crate) fn with_texts(inputs: &Inputs, texts: Vec<String>) -> Inputs {
    let mut sources = Sources::default();
    for ((_, source), text) in inputs.sources.iter().zip(texts) {
        sources.add(source.name(), text);
    }
    Inputs {
        sources,
        descriptions: inputs.descriptions.clone(),
        packs: inputs.packs.clone(),
        problems: inputs.problems.clone(),
        stdin: inputs.stdin.clone(),
        seen: inputs.seen,
        origins: inputs.origins.clone(),
        waivers: inputs.waivers.clone(),
        is_locked: inputs.is_locked,
        granted: inputs.granted.clone(),
        // Each repair belongs to one text.
        mended: BTreeMap::new(),
    }
}

/// What was done to lists so far.
#[derive(Default)]
struct Lists {
    /// How many elements were added, by slot.
    added: BTreeMap<u32, usize>,
    /// Elements that say that a list may leave others out, which go when all is done.
    marks: Vec<(Spot, usize)>,
}

impl Lists {
    fn changes(
        &mut self,
        checked: &Checked<'_>,
        (path, target): (&str, Target),
        value: &Value,
    ) -> Result<Vec<(Spot, Change)>, Problem> {
        let facts = &checked.facts;
        let by_hand = || {
            let help = "write it into the description by hand";
            Problem::new(format!("`{path}` has no place of its own"), Some(help.to_owned()))
        };
        let spot = address::spot(facts, target.slot).ok_or_else(by_hand)?;
        let (ty, field) = facts.field_of(target.slot);
        let ty = &facts.schema().ty(ty).fields[field].ty;
        let marker = facts.marker(target.slot).filter(|_| !target.entry);
        let is_unknown = says_unknown(value);
        if is_unknown && (target.entry || marker.is_some()) {
            // Whether there are more is not known as it is.
            return Ok(Vec::new());
        }
        let new = match (target.entry, marker) {
            (false, None) => {
                let value = spelled(facts, target.slot, value);
                return Ok(vec![(spot.clone(), Change::Set(spot.path, value))]);
            }
            (true, _) => vec![self::entry(facts, ty, path, value)],
            (false, Some(_)) => match spelled(facts, target.slot, value) {
                Value::List(items) => items,
                other => vec![other],
            },
        };
        if let Some(marker) = marker.filter(|_| !new.iter().any(says_unknown)) {
            let mut mark = address::spot_of(facts.tree(), marker).ok_or_else(by_hand)?;
            let Some((list, at)) = parent(&mark.path) else { return Err(by_hand()) };
            mark.path = list;
            self.marks.push((mark, at));
        }
        let new: Vec<Value> = new.into_iter().filter(|value| !says_unknown(value)).collect();
        let held = facts.node(target.slot).map_or(0, |node| facts.tree().items(node).count());
        let added = self.added.entry(target.slot).or_insert(0);
        let changes = new.into_iter().map(|value| {
            let length = held + *added;
            *added += 1;
            let change = match length {
                0 => Change::Set(spot.path.clone(), Value::List(vec![value])),
                _ => Change::Insert(spot.path.clone().index(length), value),
            };
            (spot.clone(), change)
        });
        Ok(changes.collect())
    }
}

/// One more entry of a list: what its address says, and in the only place that is left the value.
fn entry(facts: &Facts<'_>, ty: &Type, path: &str, value: &Value) -> Value {
    let (Value::Text(_) | Value::Raw(_)) = value else { return value.clone() };
    let Some(entry) = address::described_entry(facts.schema(), ty, path) else {
        return value.clone();
    };
    let [open] = entry.open[..] else { return value.clone() };
    let mut pairs = entry.keys;
    pairs.push((open.name.clone(), value.clone()));
    Value::Map(pairs)
}

/// A value as it is written where this type is expected: a list may be given by its only element, and an entity that
/// nobody described yet by its id.
pub(super) fn spelled(facts: &Facts<'_>, slot: SlotId, value: &Value) -> Value {
    let (ty, field) = facts.field_of(slot);
    let ty = &facts.schema().ty(ty).fields[field].ty;
    let Some(element) = ty.element() else { return value.clone() };
    let items = match value {
        Value::List(items) => items.clone(),
        Value::Map(_) => vec![value.clone()],
        Value::Text(_) => vec![value.clone()],
        Value::Raw(text) if matches!(text.as_str(), "" | "~" | "null" | "none" | "unknown") => {
            return value.clone();
        }
        Value::Raw(_) => vec![value.clone()],
    };
    let key = element.row().filter(|_| matches!(element, Type::Row(_))).and_then(|row| {
        let def = facts.schema().ty(row);
        def.key.filter(|_| def.kind == TypeKind::Entity).map(|key| def.fields[key].name.clone())
    });
    let item = |item: Value| match (&key, &item) {
        (Some(key), Value::Text(_) | Value::Raw(_)) if !says_unknown(&item) => {
            Value::Map(vec![(key.clone(), item)])
        }
        _ => item,
    };
    Value::List(items.into_iter().map(item).collect())
}

/// Whether a value says that nobody knows.
pub fn says_unknown(value: &Value) -> bool {
    matches!(value, Value::Raw(text) if text == "unknown")
}

/// The list of an element, and its number there.
fn parent(path: &Path) -> Option<(Path, usize)> {
    let (last, above) = path.steps().split_last()?;
    match last {
        Step::Index(at) => Some((above.iter().cloned().collect(), *at)),
        Step::Key(_) => None,
    }
}
