//! Comparing and calculating.
//!
//! Owns what `==`, `<`, `+` and `-` yield for values that may be unknown or absent.

use std::cmp::Ordering;

use crate::builtins::value::{Key, Trace, Value};
use crate::compile::ir::{Const, Expr, How, Kind};
use crate::evaluate::expr::Evaluator;
use crate::evaluate::truth::Truth;
use crate::facts::{Raw, Text};
use crate::language::ast::Comparison;
use crate::scalar;
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
        if let (true, Kind::Const(wanted)) = (equal && how == How::Plain, &right.kind) {
            let holds = |same: bool| (same == (op == Comparison::Equal)).into();
            if let Kind::Field { base, slot, reading: reading @ Reading::One(item), .. } =
                &left.kind
            {
                let (raw, note) = self.raw_of::<N>(base.as_deref(), *slot, *reading, left.span);
                let same = match (raw, item, wanted) {
                    (Raw::Unknown, ..) => return (Truth::Unknown, note),
                    (Raw::Absent, _, wanted) => matches!(wanted, Const::None),
                    (Raw::Data(word), Item::Word, Const::Word(wanted)) => word == wanted.0,
                    (Raw::Data(flag), Item::Bool, Const::Bool(wanted)) => (flag == 1) == *wanted,
                    (Raw::Data(data), Item::Number, Const::Number(wanted)) => {
                        self.facts.raw_number(data) == *wanted
                    }
                    (Raw::Data(data), Item::Text, Const::Text(wanted)) => {
                        self.facts.raw_text(data).as_str() == &**wanted
                    }
                    _ => false,
                };
                return (holds(same), note);
            }
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
            (Value::Text(a), Value::Text(b)) => Some(match how {
                How::Plain => a.as_str().cmp(b.as_str()),
                How::Nocase => a.as_str().to_lowercase().cmp(&b.as_str().to_lowercase()),
                How::Version => scalar::compare_versions(a.as_str(), b.as_str()),
            }),
            (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
            (Value::Word(a), Value::Word(b)) => Some(a.cmp(b)),
            (Value::Row(a), Value::Row(b)) => Some(a.cmp(b)),
            (Value::List(_), Value::List(_)) => {
                let keys = (Key::of(&a, how == How::Nocase), Key::of(&b, how == How::Nocase));
                let (Some(a), Some(b)) = keys else {
                    return (Truth::Unknown, a_note.join(&b_note));
                };
                (a == b).then_some(Ordering::Equal)
            }
            _ => None,
        };
        let holds = match op {
            Comparison::Equal => order == Some(Ordering::Equal),
            Comparison::NotEqual => order != Some(Ordering::Equal),
            _ if order.is_none() && !equal => false,
            Comparison::Less => order == Some(Ordering::Less),
            Comparison::LessOrEqual => order != Some(Ordering::Greater),
            Comparison::Greater => order == Some(Ordering::Greater),
            Comparison::GreaterOrEqual => order != Some(Ordering::Less),
        };
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
        let is_time = |expr: &Expr| *expr.ty.present() == Type::Time;
        let value = match (a, b) {
            (Value::Number(a), Value::Number(b)) => {
                // Times count microseconds, durations seconds.
                let result = match (is_time(left), is_time(right)) {
                    (true, true) => a.checked_sub(b).map(|difference| difference / scalar::SECOND),
                    (true, false) if add => {
                        b.checked_mul(scalar::SECOND).and_then(|b| a.checked_add(b))
                    }
                    (true, false) => b.checked_mul(scalar::SECOND).and_then(|b| a.checked_sub(b)),
                    _ if add => a.checked_add(b),
                    _ => a.checked_sub(b),
                };
                result.map_or(Value::Unknown, Value::Number)
            }
            (Value::Text(a), Value::Text(b)) if *ty == Type::Text => {
                Value::Text(Text::Owned(format!("{}{}", a.as_str(), b.as_str()).into()))
            }
            (Value::None, Value::Number(_) | Value::None) | (Value::Number(_), Value::None) => {
                Value::None
            }
            _ => Value::Unknown,
        };
        (value, note)
    }
}
