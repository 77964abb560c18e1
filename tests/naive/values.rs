//! What values are to one another, by what they are: equal, in an order, added, counted; and the logic of three values.

use std::cmp::Ordering;

use failback::language::ast::Comparison;

use crate::naive::model::{Extent, Value};

/// True, false, or none of them.
pub type Truth = Option<bool>;

pub fn and(a: Truth, b: Truth) -> Truth {
    match (a, b) {
        (Some(false), _) | (_, Some(false)) => Some(false),
        (Some(true), Some(true)) => Some(true),
        _ => None,
    }
}

pub fn not(a: Truth) -> Truth {
    a.map(|a| !a)
}

pub fn or(a: Truth, b: Truth) -> Truth {
    not(and(not(a), not(b)))
}

pub fn told(truth: Truth) -> Value {
    truth.map_or(Value::Unknown, Value::Bool)
}

pub fn lesser(a: Extent, b: Extent) -> Extent {
    match (a, b) {
        (Extent::Open, _) | (_, Extent::Open) => Extent::Open,
        (Extent::Partial, _) | (_, Extent::Partial) => Extent::Partial,
        _ => Extent::Whole,
    }
}

/// Whether all of a value is known.
pub fn known(value: &Value) -> bool {
    match value {
        Value::Unknown => false,
        Value::List(items, extent) => *extent == Extent::Whole && items.iter().all(known),
        _ => true,
    }
}

pub fn of_list(name: &str, items: Vec<Value>, extent: Extent) -> Value {
    let whole = extent == Extent::Whole;
    let all_known = whole && items.iter().all(known);
    let present = items.iter().filter(|item| **item != Value::None);
    match name {
        "count" if whole => Value::Number(items.len() as i64),
        "count" => Value::Unknown,
        "listed" => {
            let items = items.into_iter().filter(|item| *item != Value::Unknown);
            Value::List(items.collect(), Extent::Whole)
        }
        "distinct" => {
            let mut each: Vec<Value> = Vec::new();
            for item in items.iter().filter(|item| known(item)) {
                if !each.iter().any(|known| equal(known, item) == Some(true)) {
                    each.push(item.clone());
                }
            }
            let unknown = items.iter().any(|item| !known(item));
            // Alone it is one; beside others it may be one of them.
            let extent = if unknown && items.len() > 1 { Extent::Open } else { extent };
            if unknown && each.is_empty() {
                each.push(Value::Unknown);
            }
            Value::List(each, extent)
        }
        _ if !all_known => Value::Unknown,
        "sum" => {
            let numbers = present.map(|item| match item {
                Value::Number(number) => *number,
                other => panic!("no number: {other:?}"),
            });
            Value::Number(numbers.sum())
        }
        "min" | "max" => {
            let wanted = if name == "min" { Ordering::Less } else { Ordering::Greater };
            let best = present.reduce(
                |best, item| {
                    if order(item, best) == Some(wanted) { item } else { best }
                },
            );
            best.cloned().unwrap_or(Value::None)
        }
        _ => panic!("no function `{name}`"),
    }
}

pub fn calculate(a: Value, b: Value, with: fn(i64, i64) -> Option<i64>) -> Value {
    match (a, b) {
        (Value::Unknown, _) | (_, Value::Unknown) => Value::Unknown,
        (Value::None, _) | (_, Value::None) => Value::None,
        (Value::Number(a), Value::Number(b)) => with(a, b).map_or(Value::Unknown, Value::Number),
        (
            Value::Text(a) | Value::Nocase(a) | Value::Version(a),
            Value::Text(b) | Value::Nocase(b) | Value::Version(b),
        ) => Value::Text(a + &b),
        (a, b) => panic!("{a:?} and {b:?} cannot be added"),
    }
}

pub fn compare(op: Comparison, a: &Value, b: &Value) -> Truth {
    match op {
        Comparison::Equal => return equal(a, b),
        Comparison::NotEqual => return not(equal(a, b)),
        _ => {}
    }
    if !known(a) || !known(b) {
        return None;
    }
    let order =
        if (a, b) == (&Value::None, &Value::None) { Some(Ordering::Equal) } else { order(a, b) };
    Some(order.is_some_and(|order| match op {
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        _ => order.is_ge(),
    }))
}

/// Whether two values are one.
pub fn equal(a: &Value, b: &Value) -> Truth {
    if !known(a) || !known(b) {
        return None;
    }
    Some(match (a, b) {
        (Value::List(a, _), Value::List(b, _)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b) == Some(true))
        }
        (a, b) => a == b || order(a, b) == Some(Ordering::Equal),
    })
}

/// The order of two values that have one.
fn order(a: &Value, b: &Value) -> Option<Ordering> {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => Some(a.cmp(b)),
        (Value::Number(a), Value::Text(b)) => Some(a.cmp(&time(b))),
        (Value::Text(a), Value::Number(b)) => Some(time(a).cmp(b)),
        (Value::Version(a), Value::Version(b)) => Some(versions(a, b)),
        (Value::Nocase(a), Value::Text(b) | Value::Nocase(b))
        | (Value::Text(a), Value::Nocase(b)) => Some(a.to_lowercase().cmp(&b.to_lowercase())),
        (Value::Text(a), Value::Text(b)) => Some(a.cmp(b)),
        _ => None,
    }
}

/// Number by number; a number that is not there is 0.
fn versions(a: &str, b: &str) -> Ordering {
    let parts = |text: &str| -> Vec<(u64, String)> {
        let parts = text.split('.').map(|part| {
            let digits = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
            (part[..digits].parse().unwrap_or(0), part[digits..].to_owned())
        });
        parts.collect()
    };
    let (mut a, mut b) = (parts(a), parts(b));
    let length = a.len().max(b.len());
    a.resize(length, (0, String::new()));
    b.resize(length, (0, String::new()));
    a.cmp(&b)
}

/// `2h30min`, `0.9s` in microseconds.
pub fn duration(text: &str) -> i64 {
    let mut rest = text;
    let mut total = 0.0;
    while !rest.is_empty() {
        let unit = rest.find(|c: char| c.is_ascii_alphabetic()).expect("a unit");
        let end =
            rest[unit..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |at| unit + at);
        let number: f64 = rest[..unit].parse().expect("a number");
        total += number
            * match &rest[unit..end] {
                "d" => 86_400e6,
                "h" => 3_600e6,
                "min" => 60e6,
                "s" => 1e6,
                unit => panic!("no unit `{unit}`"),
            };
        rest = &rest[end..];
    }
    total.round() as i64
}

/// `2026-03-02T12:00:00.5Z` in microseconds since the beginning of 2026; other years are not generated.
pub fn time(text: &str) -> i64 {
    let number = |from: usize, to: usize| text[from..to].parse::<i64>().expect("digits");
    assert!(text.starts_with("2026-03-") && text.ends_with('Z'), "a time of the generator: {text}");
    let seconds = ((number(8, 10) * 24 + number(11, 13)) * 60 + number(14, 16)) * 60;
    let fraction: f64 = text[17..text.len() - 1].parse().expect("seconds");
    seconds * 1_000_000 + (fraction * 1e6).round() as i64
}

/// The few forms of patterns that are generated: a text with `^` before it or `$` behind it, or both.
pub fn regex(pattern: &str, text: &str) -> bool {
    let (start, rest) = match pattern.strip_prefix('^') {
        Some(rest) => (true, rest),
        None => (false, pattern),
    };
    match (start, rest.strip_suffix('$')) {
        (true, Some(whole)) => text == whole,
        (true, None) => text.starts_with(rest),
        (false, Some(end)) => text.ends_with(end),
        (false, None) => text.contains(rest),
    }
}

/// Whether a version is older than another; what one of them leaves out may be anything.
pub fn older(a: &str, b: &str) -> Value {
    if a == b {
        return Value::Bool(false);
    }
    let parts = |text: &str| -> Vec<String> { text.split('.').map(str::to_owned).collect() };
    let (a, b) = (parts(a), parts(b));
    for (x, y) in a.iter().zip(&b) {
        match versions(x, y) {
            Ordering::Less => return Value::Bool(true),
            Ordering::Greater => return Value::Bool(false),
            Ordering::Equal => {}
        }
    }
    let says_nothing = |part: &String| part.chars().all(|char| char == '0');
    match a.len() > b.len() || !b[a.len()..].iter().all(says_nothing) {
        true => Value::Unknown,
        false => Value::Bool(false),
    }
}
