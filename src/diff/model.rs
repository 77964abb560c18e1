//! The facts of one environment as they are compared: by address, without their texts.
//!
//! Owns what counts as one fact and when two are the same: a list of records or of scalars is one, an entity is known by
//! its key. Can be written as a description again, so that what comes of other facts is judged as if somebody had
//! written them.

use crate::evaluate::show;
use crate::facts::{Fact, Facts, ROOT, RowId, SlotId};
use crate::schema::types::Type;
use crate::schema::{TypeId, TypeKind};
use crate::session::assume::value_of;
use crate::session::{API_VERSION, KIND};
use crate::source::Span;
use crate::yaml::edit::Value;

/// What stands at an address.
#[derive(Clone, Debug)]
pub struct Content {
    /// Its parts, or its value.
    pub kind: Kind,
    /// The value as a reader sees it.
    pub shown: String,
    /// Where it stands, or what identifies the owner of what is not stated.
    pub span: Option<Span>,
    /// Whether somebody wrote it.
    pub stated: bool,
}

/// What may stand at an address.
#[derive(Clone, Debug)]
pub enum Kind {
    /// One fact: the form in which it is compared, and the value to write.
    Fact(String, Option<Value>),
    /// Fields by name.
    Record(Vec<(String, Content)>),
    /// Entities by key, and whether the list says that it may leave some out.
    Entities(Vec<(String, Content)>, bool),
}

impl Content {
    /// The environment as a whole.
    pub fn of(facts: &Facts<'_>) -> Content {
        record(facts, ROOT, true)
    }

    /// The same with a part replaced, added or, with nothing, taken out.
    pub fn put(&mut self, steps: &[String], part: Option<&Content>) {
        let (Kind::Record(parts) | Kind::Entities(parts, _)) = &mut self.kind else { return };
        let [first, rest @ ..] = steps else { return };
        let at = parts.iter().position(|(name, _)| name == first);
        match (at, rest, part) {
            (Some(at), [], Some(part)) => parts[at].1 = part.clone(),
            (Some(at), [], None) => drop(parts.remove(at)),
            (None, [], Some(part)) => parts.push((first.clone(), part.clone())),
            (Some(at), rest, part) => parts[at].1.put(rest, part),
            (None, ..) => {}
        }
    }

    /// The text of a description with these facts.
    pub fn text(&self, name: &str) -> String {
        let head = [("apiVersion", API_VERSION), ("kind", KIND), ("name", name)];
        let text = |(key, text): (&str, &str)| (key.to_owned(), Value::Text(text.to_owned()));
        let mut entries: Vec<_> = head.map(text).into();
        if let Some(Value::Map(own)) = self.value() {
            entries.extend(own);
        }
        Value::Map(entries).line() + "\n"
    }

    fn value(&self) -> Option<Value> {
        match &self.kind {
            Kind::Fact(_, value) => value.clone(),
            Kind::Record(fields) => {
                let values = fields.iter().filter_map(|(name, field)| {
                    let value = field.value()?;
                    Some((name.clone(), value))
                });
                let values: Vec<_> = values.collect();
                (self.stated || !values.is_empty()).then_some(Value::Map(values))
            }
            Kind::Entities(entities, open) => {
                let mut values: Vec<_> =
                    entities.iter().filter_map(|(_, entity)| entity.value()).collect();
                if *open {
                    values.push(Value::Raw("unknown".to_owned()));
                }
                self.stated.then_some(Value::List(values))
            }
        }
    }
}

fn record(facts: &Facts<'_>, row: RowId, stated: bool) -> Content {
    let ty = facts.row(row).ty;
    let fields = &facts.schema().ty(ty).fields;
    let fields = fields.iter().filter_map(|field| {
        let slot = facts.slot_of(row, field.slot?);
        Some((field.name.clone(), content(facts, slot, &field.ty)))
    });
    Content {
        kind: Kind::Record(fields.collect()),
        shown: facts.name(row),
        span: facts.row_place(row),
        stated,
    }
}

/// The type of the entities that a field lists.
fn listed(facts: &Facts<'_>, ty: &Type) -> Option<TypeId> {
    match ty.element()? {
        Type::Row(id) if facts.schema().ty(*id).kind == TypeKind::Entity => Some(*id),
        _ => None,
    }
}

fn content(facts: &Facts<'_>, slot: SlotId, ty: &Type) -> Content {
    let fact = facts.read(slot, ty);
    let place = facts.place(slot);
    let kind = match fact {
        Fact::Row(row) if matches!(ty.present(), Type::Row(_)) => {
            let mut inner = record(facts, row, facts.node(slot).is_some());
            inner.span = place.map(|place| place.span).or(inner.span);
            return inner;
        }
        Fact::List(list) if listed(facts, ty).is_some() => {
            let element = ty.element().unwrap_or(&Type::Error);
            let items = (0..facts.list_len(list)).map(|at| facts.list_item(list, at, element));
            let entities = items.filter_map(|item| match item {
                Fact::Row(row) => Some((facts.name(row), record(facts, row, true))),
                _ => None,
            });
            Kind::Entities(entities.collect(), facts.is_damaged(slot))
        }
        ref fact => Kind::Fact(compared(facts, slot, ty, fact), written(facts, slot, ty)),
    };
    Content {
        kind,
        shown: show::slot(slot, facts),
        span: place.map(|place| place.span),
        stated: facts.is_written(slot) || facts.is_stale(slot),
    }
}

/// What to write so that it is read as this fact.
fn written(facts: &Facts<'_>, slot: SlotId, ty: &Type) -> Option<Value> {
    let (node, tree) = (facts.node(slot)?, facts.tree());
    // Several documents may each state a part of a list.
    let items = facts.item_nodes(slot);
    match ty.element() {
        Some(_) if matches!(facts.read(slot, ty), Fact::List(_)) => {
            Some(Value::List(items.into_iter().map(|item| value_of(tree, item)).collect()))
        }
        _ => Some(value_of(tree, node)),
    }
}

/// The form in which two facts are compared: equal exactly where no rule could tell them apart.
fn compared(facts: &Facts<'_>, slot: SlotId, ty: &Type, fact: &Fact<'_>) -> String {
    let tree = facts.tree();
    match (fact, facts.node(slot)) {
        // What is too old is as good as not known, and still a fact that may have changed.
        (Fact::Unknown, Some(node)) if facts.is_stale(slot) => format!("old {}", tree.text(node)),
        (Fact::List(_), _) if facts.is_damaged(slot) => {
            format!("{} and others", spelled(facts, ty, fact))
        }
        _ => spelled(facts, ty, fact),
    }
}

fn spelled(facts: &Facts<'_>, ty: &Type, fact: &Fact<'_>) -> String {
    match fact {
        Fact::Unknown => "unknown".to_owned(),
        Fact::Absent => "none".to_owned(),
        Fact::Bool(flag) => flag.to_string(),
        Fact::Number(number) => number.to_string(),
        Fact::Text(text) => format!("{:?}", text.as_str()),
        Fact::Word(word) => facts.schema().word(*word).to_owned(),
        Fact::Row(row) if matches!(ty.present(), Type::Row(_)) => {
            let fields = &facts.schema().ty(facts.row(*row).ty).fields;
            let parts = fields.iter().filter_map(|field| {
                let slot = facts.slot_of(*row, field.slot?);
                let fact = facts.read(slot, &field.ty);
                Some(format!("{}: {}", field.name, compared(facts, slot, &field.ty, &fact)))
            });
            format!("{{{}}}", parts.collect::<Vec<_>>().join(", "))
        }
        Fact::Row(row) => format!("{:?}", facts.path(*row)),
        Fact::List(list) => {
            let element = ty.element().unwrap_or(&Type::Error);
            let items = (0..facts.list_len(*list)).map(|at| facts.list_item(*list, at, element));
            let items: Vec<String> = items.map(|item| spelled(facts, element, &item)).collect();
            format!("[{}]", items.join(", "))
        }
    }
}
