//! Comparing and calculating.
//!
//! Owns what `==`, `<`, `+` and `-` yield for values that may be unknown or absent.

use std::cmp::Ordering;

use crate::builtins::value::{Key, Trace, Value};
use crate::compile::ir::{Const, Expr, Kind};
use crate::evaluate::expr::Evaluator;
use crate::evaluate::truth::Truth;
use crate::facts::{Facts, Raw, Text};
use crate::language::ast::Comparison;
use crate::scalar::How;
use crate::schema::types::{Item, Reading, Type};

impl<'a> Evaluator<'_, 'a, '_> {
    pub(super) fn compare<N: Trace>(
        &mut self,
        op: Comparison,
        how: How,
        left: &Expr,
        right: &Expr,
    ) -> (Truth, N) {
        let equal = matches!(op, Comparison::Equal | Comparison::NotEqual);
        // Most rules hold a fact against a word or a number.
        if let (
            Kind::Field { base, slot, reading: reading @ Reading::One(item), .. },
            Kind::Const(wanted),
        ) = (&left.kind, &right.kind)
        {
            let (raw, note) = self.raw_of::<N>(base.as_deref(), *slot, *reading, left.span);
            return (holds(self.facts, op, how, raw, *item, wanted), note);
        }
        if let (true, Kind::Const(wanted)) = (equal && how == How::Plain, &right.kind) {
            let holds = |same: bool| (same == (op == Comparison::Equal)).into();
            let (value, note) = self.value_of::<N>(left);
            let same = match (&value, wanted) {
                (Value::Unknown, _) => return (Truth::Unknown, note),
                (Value::Word(word), Const::Word(wanted)) => word == wanted,
                (Value::Bool(flag), Const::Bool(wanted)) => flag == wanted,
                (Value::Number(number), Const::Number(wanted)) => number == wanted,
                (Value::Text(text), Const::Text(wanted)) => text.as_str() == &**wanted,
                (Value::None, Const::None) => true,
                _ => false,
            };
            let note = match &value {
                Value::List(list) if N::ON => note.join(&list.whole_note()),
                _ => note,
            };
            return (holds(same), note);
        }
        let (a, a_note) = self.value_of::<N>(left);
        let (b, b_note) = self.value_of::<N>(right);
        let order = match (&a, &b) {
            (Value::Unknown, Value::Unknown) => {
                return (Truth::Unknown, a_note.join(&b_note));
            }
            (Value::Unknown, _) => {
                return (Truth::Unknown, a_note.join(&b_note.only_fixed()));
            }
            (_, Value::Unknown) => {
                return (Truth::Unknown, a_note.only_fixed().join(&b_note));
            }
            (Value::None, Value::None) => Some(Ordering::Equal),
            (Value::None, _) | (_, Value::None) => None,
            (Value::Number(a), Value::Number(b)) => Some(a.cmp(b)),
            (Value::Text(a), Value::Text(b)) => Some(how.compare(a.as_str(), b.as_str())),
            (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
            (Value::Word(a), Value::Word(b)) => Some(a.cmp(b)),
            (Value::Row(a), Value::Row(b)) => Some(a.cmp(b)),
            (Value::List(_), Value::List(_)) => {
                let keys = (Key::of(&a, how), Key::of(&b, how));
                let (Some(a), Some(b)) = keys else {
                    return (Truth::Unknown, a_note.join(&b_note));
                };
                (a == b).then_some(Ordering::Equal)
            }
            _ => None,
        };
        let holds = ordered(op, order);
        let mut note = a_note.join(&b_note);
        if N::ON {
            for value in [&a, &b] {
                if let Value::List(list) = value {
                    note = note.join(&list.whole_note());
                }
            }
        }
        (holds.into(), note)
    }

    pub(super) fn arithmetic<N: Trace>(
        &mut self,
        left: &Expr,
        right: &Expr,
        add: bool,
        ty: &Type,
    ) -> (Value<'a>, N) {
        let (a, a_note) = self.value_of::<N>(left);
        let (b, b_note) = self.value_of::<N>(right);
        let note = match (&a, &b) {
            (Value::Unknown, Value::Unknown) => a_note.join(&b_note),
            (Value::Unknown, _) => a_note.join(&b_note.only_fixed()),
            (_, Value::Unknown) => a_note.only_fixed().join(&b_note),
            _ => a_note.join(&b_note),
        };
        let value = match (a, b) {
            (Value::Number(a), Value::Number(b)) => {
                let result = if add { a.checked_add(b) } else { a.checked_sub(b) };
                result.map_or(Value::Unknown, Value::Number)
            }
            (Value::Text(a), Value::Text(b)) if *ty == Type::Text => {
                Value::Text(Text::Owned(format!("{}{}", a.as_str(), b.as_str()).into()))
            }
            (Value::Unknown, _) | (_, Value::Unknown) => Value::Unknown,
            (Value::None, _) | (_, Value::None) => Value::None,
            _ => Value::Unknown,
        };
        (value, note)
    }
}

/// Whether a fact holds against a literal.
#[inline]
pub(in crate::evaluate) fn holds(
    facts: &Facts<'_>,
    op: Comparison,
    how: How,
    raw: Raw,
    item: Item,
    wanted: &Const,
) -> Truth {
    let order = match (raw, item, wanted) {
        (Raw::Unknown, ..) => return Truth::Unknown,
        (Raw::Absent, _, Const::None) => Some(Ordering::Equal),
        (Raw::Data(word), Item::Word, Const::Word(wanted)) => Some(word.cmp(&wanted.0)),
        (Raw::Data(flag), Item::Bool, Const::Bool(wanted)) => Some((flag == 1).cmp(wanted)),
        (Raw::Data(data), Item::Number, Const::Number(wanted)) => {
            Some(facts.raw_number(data).cmp(wanted))
        }
        (Raw::Data(data), Item::Text, Const::Text(wanted)) => {
            Some(how.compare(facts.raw_text(data).as_str(), wanted))
        }
        _ => None,
    };
    ordered(op, order).into()
}

/// The order of what two slots of one reading hold.
pub(in crate::evaluate) fn compare_raw(
    facts: &Facts<'_>,
    how: How,
    item: Item,
    a: u32,
    b: u32,
) -> Ordering {
    match item {
        Item::Number => facts.raw_number(a).cmp(&facts.raw_number(b)),
        Item::Text => how.compare(facts.raw_text(a).as_str(), facts.raw_text(b).as_str()),
        Item::Bool | Item::Word | Item::Row | Item::Nothing => a.cmp(&b),
    }
}

/// What an operator says of two values in an order; without one they only differ.
pub(in crate::evaluate) fn ordered(op: Comparison, order: Option<Ordering>) -> bool {
    match (op, order) {
        (Comparison::Equal, order) => order == Some(Ordering::Equal),
        (Comparison::NotEqual, order) => order != Some(Ordering::Equal),
        (_, None) => false,
        (Comparison::Less, Some(order)) => order == Ordering::Less,
        (Comparison::LessOrEqual, Some(order)) => order != Ordering::Greater,
        (Comparison::Greater, Some(order)) => order == Ordering::Greater,
        (Comparison::GreaterOrEqual, Some(order)) => order != Ordering::Less,
    }
}
