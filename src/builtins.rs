//! The functions that rules may call.
//!
//! Owns one table; the checker reads the signatures, the evaluator the code, the manual the words. A new function is
//! one row here and one section in `docs/language.md`.

use std::cmp::Ordering;
use std::rc::Rc;
use std::sync::Arc;

use crate::builtins::value::{Extent, Key, List, Value};
use crate::facts::Text;
use crate::scalar::{self, How};
use crate::schema::types::{Completeness, Type};

pub mod keys;
pub mod value;

/// One function.
#[derive(Debug)]
pub struct Builtin {
    /// Name.
    pub name: &'static str,
    /// The signature as shown to a reader.
    pub signature: &'static str,
    /// What it does, and what it makes of unknown operands.
    pub doc: &'static str,
    /// How many arguments it takes.
    pub arity: usize,
    /// The result type for argument types, or what was expected.
    pub check: fn(&[Type]) -> Result<Type, &'static str>,
    /// How it is worked out.
    pub code: Code,
}

/// How a function is worked out.
#[derive(Debug)]
pub enum Code {
    /// From the values of its arguments, and how their texts are compared.
    Values(for<'a> fn(&[Value<'a>], How) -> Value<'a>),
    /// From where a value stands among the facts: the checker makes an expression of its own of it.
    Facts,
}

/// All functions.
pub const BUILTINS: [Builtin; 10] = [
    Builtin {
        name: "count",
        signature: "count(list: [T]): int",
        doc: "how many elements; unknown where there may be others",
        arity: 1,
        check: |types| types[0].element().map(|_| Type::Int).ok_or("a list"),
        code: Code::Values(|values, _| match &values[0] {
            Value::List(list) if list.extent == Extent::Whole => {
                Value::Number(list.items.len() as i64)
            }
            Value::None => Value::Number(0),
            _ => Value::Unknown,
        }),
    },
    Builtin {
        name: "sum",
        signature: "sum(list: [int | size | duration]): int | size | duration",
        doc: "the sum; 0 for an empty list, unknown where an element is unknown or others may be missing",
        arity: 1,
        check: |types| match types[0].element().map(Type::present) {
            Some(ty @ (Type::Int | Type::Size | Type::Duration | Type::Error)) => Ok(ty.clone()),
            _ => Err("a list of numbers, sizes or durations"),
        },
        code: Code::Values(|values, _| match numbers(&values[0]) {
            Some(numbers) => numbers
                .iter()
                .try_fold(0_i64, |sum, n| sum.checked_add(*n))
                .map_or(Value::Unknown, Value::Number),
            None => Value::Unknown,
        }),
    },
    Builtin {
        name: "distinct",
        signature: "distinct(list: [T]): [T]",
        doc: "each value once, at its first place; beside an unknown element, which may equal another, there may be more",
        arity: 1,
        check: |types| match types[0].element() {
            Some(element) => Ok(Type::List(Arc::new(element.clone()), Completeness::Complete)),
            None => Err("a list"),
        },
        code: Code::Values(|values, how| match &values[0] {
            Value::List(list) => Value::List(Rc::new(distinct(list, how))),
            other => other.clone(),
        }),
    },
    Builtin {
        name: "listed",
        signature: "listed(list: [T]): [T]",
        doc: "the elements that are known to be in the list, as all there are; unknown only where nothing is known of it",
        arity: 1,
        check: |types| match types[0].element() {
            Some(element) => Ok(Type::List(Arc::new(element.clone()), Completeness::Complete)),
            None => Err("a list"),
        },
        code: Code::Values(|values, _| match &values[0] {
            Value::List(list) => Value::List(Rc::new(listed(list))),
            other => other.clone(),
        }),
    },
    Builtin {
        name: "holders",
        signature: "holders(value: T, list: [T]): [Entity]",
        doc: "the entities that are known to hold a value, by a list of what entities of the environment say",
        arity: 2,
        check: |types| match types[1].element() {
            // Which kind of entity is told by how the list is made.
            Some(element) if types[0].comparable(element) => {
                Ok(Type::List(Arc::new(Type::RefAny), Completeness::Complete))
            }
            _ => Err("a value and a list of such values"),
        },
        code: Code::Facts,
    },
    Builtin {
        name: "min",
        signature: "min(list: [T]): T",
        doc: "the smallest number, size, duration, time or version; none for an empty list",
        arity: 1,
        check: extreme,
        code: Code::Values(|values, _| extremum(&values[0], Ordering::Less)),
    },
    Builtin {
        name: "max",
        signature: "max(list: [T]): T",
        doc: "the largest number, size, duration, time or version; none for an empty list",
        arity: 1,
        check: extreme,
        code: Code::Values(|values, _| extremum(&values[0], Ordering::Greater)),
    },
    Builtin {
        name: "older",
        signature: "older(a: version, b: version): bool",
        doc: "whether a version is older than another, where each may be coarse: what one leaves out is not known",
        arity: 2,
        check: |types| match (types[0].present(), types[1].present()) {
            (Type::Version | Type::Error, Type::Version | Type::Error) => Ok(Type::Bool),
            _ => Err("two versions"),
        },
        code: Code::Values(|values, _| match (&values[0], &values[1]) {
            (Value::Text(a), Value::Text(b)) => {
                scalar::is_older(a.as_str(), b.as_str()).map_or(Value::Unknown, Value::Bool)
            }
            (Value::Unknown, _) | (_, Value::Unknown) => Value::Unknown,
            _ => Value::Bool(false),
        }),
    },
    Builtin {
        name: "lower",
        signature: "lower(value: text): text",
        doc: "the text in lower case",
        arity: 1,
        check: |types| text(&types[0]).map(|()| Type::Text),
        code: Code::Values(|values, _| match &values[0] {
            Value::Text(text) => Value::Text(Text::Owned(text.as_str().to_lowercase().into())),
            other => other.clone(),
        }),
    },
    Builtin {
        name: "startsWith",
        signature: "startsWith(value: text, start: text): bool",
        doc: "whether the text begins with the other",
        arity: 2,
        check: |types| text(&types[0]).and_then(|()| text(&types[1])).map(|()| Type::Bool),
        code: Code::Values(|values, how| match (&values[0], &values[1]) {
            (Value::Text(value), Value::Text(start)) => {
                Value::Bool(starts_with(value.as_str(), start.as_str(), how))
            }
            (Value::Unknown, _) | (_, Value::Unknown) => Value::Unknown,
            _ => Value::Bool(false),
        }),
    },
];

/// The function of a name.
pub fn find(name: &str) -> Option<&'static Builtin> {
    BUILTINS.iter().find(|builtin| builtin.name == name)
}

fn extreme(types: &[Type]) -> Result<Type, &'static str> {
    match types[0].element().map(Type::present) {
        Some(
            ty @ (Type::Int
            | Type::Size
            | Type::Duration
            | Type::Time
            | Type::Version
            | Type::Error),
        ) => Ok(Type::OrNone(Arc::new(ty.clone()))),
        _ => Err("a list of numbers, sizes, durations, times or versions"),
    }
}

fn text(ty: &Type) -> Result<(), &'static str> {
    match ty.present() {
        Type::Text | Type::TextNocase | Type::Version | Type::Error => Ok(()),
        _ => Err("a text"),
    }
}

/// The element that compares as wanted with all others; unknown where one is unknown or others may be missing.
fn extremum<'a>(value: &Value<'a>, wanted: Ordering) -> Value<'a> {
    let Value::List(list) = value else {
        return if matches!(value, Value::None) { Value::None } else { Value::Unknown };
    };
    if list.extent != Extent::Whole || list.items.iter().any(|item| matches!(item, Value::Unknown))
    {
        return Value::Unknown;
    }
    let mut best = Value::None;
    for item in &list.items {
        let order = match (item, &best) {
            (Value::None, _) => continue,
            (_, Value::None) => wanted,
            (Value::Number(a), Value::Number(b)) => a.cmp(b),
            (Value::Text(a), Value::Text(b)) => How::Version.compare(a.as_str(), b.as_str()),
            _ => return Value::Unknown,
        };
        if order == wanted {
            best = item.clone();
        }
    }
    best
}

/// Whether a text begins with another; of a version that is a matter of its characters, too.
fn starts_with(value: &str, start: &str, how: How) -> bool {
    match how {
        How::Plain | How::Version => value.starts_with(start),
        How::Nocase => how.key(value).starts_with(&*how.key(start)),
    }
}

fn numbers(value: &Value<'_>) -> Option<Vec<i64>> {
    match value {
        Value::None => Some(Vec::new()),
        Value::List(list) if list.extent == Extent::Whole => list
            .items
            .iter()
            .filter(|item| !matches!(item, Value::None))
            .map(|item| match item {
                Value::Number(number) => Some(*number),
                _ => None,
            })
            .collect(),
        _ => None,
    }
}

fn listed<'a>(list: &List<'a>) -> List<'a> {
    let mut result = List::new(Vec::new(), Extent::Whole);
    result.note = list.told.as_ref().unwrap_or(&list.note).clone();
    for (at, item) in list.items.iter().enumerate() {
        if !matches!(item, Value::Unknown) {
            result.items.push(item.clone());
            if !list.notes.is_empty() {
                result.notes.push(list.item_note(at));
            }
        }
    }
    result
}

/// Each value once. What is not known may equal what is known, so beside others it is no element of its own but says that
/// there may be more.
fn distinct<'a>(list: &List<'a>, how: How) -> List<'a> {
    let mut seen = rustc_hash::FxHashSet::default();
    let mut result = List::new(Vec::new(), list.extent);
    result.open = list.open.clone();
    let push = |result: &mut List<'a>, at: usize| {
        result.items.push(list.items[at].clone());
        if !list.notes.is_empty() {
            result.notes.push(list.item_note(at));
        }
    };
    let mut unknown = None;
    for (at, item) in list.items.iter().enumerate() {
        match Key::of(item, how) {
            Some(key) => {
                if seen.insert(key) {
                    push(&mut result, at);
                }
            }
            None => unknown = unknown.or(Some(at)),
        }
    }
    // How many there are rests on what each of them is.
    result.note = if list.notes.is_empty() { list.note.clone() } else { list.whole_note() };
    if let Some(at) = unknown {
        if list.items.len() > 1 {
            result.extent = Extent::Open;
        }
        if result.items.is_empty() {
            push(&mut result, at);
        }
    }
    result
}
