//! Facts as they are written in a description: `[{ name: pre-patch }]`.

use crate::facts::{Fact, Facts, RowId, SlotId};
use crate::scalar;
use crate::schema::types::Type;
use crate::yaml::edit::Value;

/// What a slot holds, whole, as it would be written.
pub fn written(facts: &Facts<'_>, slot: SlotId) -> Value {
    let (ty, field) = facts.field_of(slot);
    let ty = &facts.schema().ty(ty).fields[field].ty;
    value(facts, &facts.read(slot, ty), ty)
}

/// A value of a type, whole, as it would be written.
pub fn value(facts: &Facts<'_>, fact: &Fact<'_>, ty: &Type) -> Value {
    match fact {
        Fact::Unknown => Value::Raw("unknown".into()),
        Fact::Absent => Value::Raw("none".into()),
        Fact::Bool(flag) => Value::Raw(flag.to_string()),
        Fact::Number(number) => Value::Raw(match ty.present() {
            Type::Size => scalar::print_size(*number),
            Type::Duration => scalar::print_duration(*number),
            Type::Time => scalar::print_time(*number),
            _ => number.to_string(),
        }),
        Fact::Text(text) => Value::Text(text.as_str().to_owned()),
        Fact::Word(word) => Value::Text(facts.schema().word(*word).to_owned()),
        Fact::Row(row) if matches!(ty.present(), Type::Row(_)) => record(facts, *row),
        Fact::Row(row) => Value::Text(facts.reference(*row, ty)),
        Fact::List(list) => {
            let element = ty.element().cloned().unwrap_or(Type::Error);
            let items = (0..facts.list_len(*list))
                .map(|at| value(facts, &facts.list_item(*list, at, &element), &element));
            Value::List(items.collect())
        }
    }
}

fn record(facts: &Facts<'_>, row: RowId) -> Value {
    let def = facts.schema().ty(facts.row(row).ty);
    let mut entries = Vec::new();
    let mut left_out = None;
    for field in &def.fields {
        let Some(slot) = field.slot.map(|slot| facts.slot_of(row, slot)) else { continue };
        let fact = facts.read(slot, &field.ty);
        let absent_by_default = matches!(fact, Fact::Absent) && field.default.is_some();
        if matches!(fact, Fact::Unknown) {
            continue;
        }
        if absent_by_default {
            left_out.get_or_insert((field.name.clone(), Value::Raw("none".into())));
            continue;
        }
        let inner = value(facts, &fact, &field.ty);
        if !matches!(&inner, Value::Map(entries) if entries.is_empty()) {
            entries.push((field.name.clone(), inner));
        }
    }
    // A default is understood only where something of the record is written.
    if entries.is_empty() {
        entries.extend(left_out);
    }
    Value::Map(entries)
}
