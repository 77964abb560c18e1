//! Values as a reader sees them.
//!
//! Owns the spelling of values in messages and evidence. Does not cut or clean them: printers do.

use crate::builtins::value::{Extent, Value};
use crate::facts::{Fact, Facts, SlotId};
use crate::scalar;
use crate::schema::types::Type;

/// Longest list that a message spells out.
const LONGEST_LIST: usize = 6;

/// A value of a type; of a long list the first elements, and how many others there are.
pub fn value(value: &Value<'_>, ty: &Type, facts: &Facts<'_>) -> String {
    spell(value, ty, facts, true)
}

/// A value of a type with every element, for what is to be carried out and not only read.
pub fn whole(value: &Value<'_>, ty: &Type, facts: &Facts<'_>) -> String {
    spell(value, ty, facts, false)
}

fn spell(value: &Value<'_>, ty: &Type, facts: &Facts<'_>, to_read: bool) -> String {
    match value {
        Value::Unknown => "unknown".into(),
        Value::None => "none".into(),
        Value::Bool(flag) => flag.to_string(),
        Value::Number(number) if to_read && *ty.present() == Type::Size => {
            scalar::tell_size(*number)
        }
        Value::Number(number) => self::number(*number, ty.present()),
        Value::Text(text) => text.as_str().to_owned(),
        Value::Word(word) => facts.schema().word(*word).to_owned(),
        Value::Row(row) => facts.name(*row),
        Value::List(list) => {
            let element = ty.element().unwrap_or(&Type::Error);
            let limit = if to_read { LONGEST_LIST } else { usize::MAX };
            let mut shown: Vec<String> = list
                .items
                .iter()
                .take(limit)
                .map(|item| spell(item, element, facts, to_read))
                .collect();
            if list.items.len() > limit {
                shown.push(format!("and {} more", list.items.len() - limit));
            }
            match (shown.is_empty(), list.extent) {
                (true, Extent::Whole) => "none".into(),
                (true, _) => "unknown".into(),
                _ => shown.join(", "),
            }
        }
    }
}

fn number(number: i64, ty: &Type) -> String {
    match ty {
        Type::Size => scalar::print_size(number),
        Type::Duration => scalar::print_duration(number),
        Type::Time => scalar::print_time(number),
        _ => number.to_string(),
    }
}

/// What a slot holds.
pub fn slot(slot: SlotId, facts: &Facts<'_>) -> String {
    let (ty, field) = facts.field_of(slot);
    let ty = &facts.schema().ty(ty).fields[field].ty;
    match facts.read(slot, ty) {
        Fact::Unknown => "unknown".into(),
        Fact::Absent => "none".into(),
        Fact::Bool(flag) => flag.to_string(),
        Fact::Number(value) => number(value, ty.present()),
        Fact::Text(text) => text.as_str().to_owned(),
        Fact::Word(word) => facts.schema().word(word).to_owned(),
        Fact::Row(row) => facts.name(row),
        Fact::List(list) => {
            let element = ty.element().unwrap_or(&Type::Error);
            let open = facts.is_damaged(slot);
            let items = (0..facts.list_len(list)).map(|at| facts.list_item(list, at, element));
            let items = items.filter(|item| !open || !matches!(item, Fact::Unknown));
            let others = if open { " and perhaps others" } else { "" };
            // A finding of a large estate may name its longest lists, so none is copied for it.
            let len = if open { items.clone().count() } else { facts.list_len(list) };
            if matches!(element, Type::Row(_)) {
                return match len {
                    0 if open => "unknown".into(),
                    0 => "none".into(),
                    1 => format!("1 entry{others}"),
                    _ => format!("{len} entries{others}"),
                };
            }
            let items = items.take(LONGEST_LIST).map(|item| match item {
                Fact::Text(text) => text.as_str().to_owned(),
                Fact::Row(row) => facts.name(row),
                Fact::Word(word) => facts.schema().word(word).to_owned(),
                Fact::Number(value) => number(value, element.present()),
                Fact::Bool(flag) => flag.to_string(),
                _ => "unknown".into(),
            });
            let mut shown: Vec<String> = items.collect();
            if len > LONGEST_LIST {
                shown.push(format!("and {} more", len - LONGEST_LIST));
            }
            match shown.is_empty() {
                true if open => "unknown".into(),
                true => "none".into(),
                false => shown.join(", ") + others,
            }
        }
    }
}
