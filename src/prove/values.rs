//! The values that are worth trying.
//!
//! Owns the constants that rules and remedies compare facts with, and their neighbours: between two of them nothing
//! changes, so the few stand for all.

use crate::compile::ir::{Const, Expr, Fix, Kind, Rule};
use crate::compile::remedy::Remedy;
use crate::facts::change::NewFact;
use crate::prove::world::{ELEMENTS, NOW};
use crate::scalar;
use crate::schema::types::Type;

/// Most values of one type that are tried.
const MOST: usize = 16;
/// Most texts that others have, and that rules name, among them.
const TEXTS: usize = 7;
/// An hour, in microseconds: what is in the past or ahead where no rule says by how much.
const HOUR: i64 = 3_600 * scalar::SECOND;
/// A minute, in microseconds.
const MINUTE: i64 = 60 * scalar::SECOND;
/// The end of the year 9999, in microseconds since 1970.
const LATEST: i64 = 253_402_300_800 * scalar::SECOND;

/// The constants of some expressions, by type.
#[derive(Clone, Debug, Default)]
pub struct Pool {
    ints: Vec<i64>,
    sizes: Vec<i64>,
    durations: Vec<i64>,
    /// Points in time that rules name, in microseconds since 1970.
    times: Vec<i64>,
    versions: Vec<String>,
    texts: Vec<String>,
    lists: Vec<Vec<String>>,
    /// Quantifiers that were seen.
    quantifiers: usize,
    /// Whether something was seen for which no few values stand.
    is_open: bool,
}

impl Pool {
    /// Adds what a rule compares with.
    pub fn rule(&mut self, rule: &Rule) {
        rule.parts().for_each(|expr| self.expr(expr));
        rule.fixes.iter().flat_map(Fix::exprs).for_each(|expr| self.expr(expr));
    }

    /// Adds what a remedy compares with and what it writes.
    pub fn remedy(&mut self, remedy: &Remedy) {
        remedy.needs.iter().for_each(|need| self.expr(need));
        for effect in remedy.changes() {
            effect.exprs().into_iter().for_each(|expr| self.expr(expr));
        }
    }

    /// Whether the values that are tried stand for all there are: facts are only compared with constants and with one
    /// another, and so few elements of lists are spoken of that two of each are enough.
    pub fn is_closed(&self) -> bool {
        !self.is_open && self.quantifiers <= ELEMENTS
    }

    /// Adds what an expression compares with.
    pub fn expr(&mut self, expr: &Expr) {
        self.is_open |= match &expr.kind {
            Kind::Map { .. }
            | Kind::The(_)
            | Kind::Choose(..)
            | Kind::Make(..)
            | Kind::Matches(..)
            | Kind::IsKnown(_)
            | Kind::AreEqual(..)
            | Kind::AreUnique(..)
            | Kind::IsUniqueIn(..)
            | Kind::Holders(..)
            | Kind::Otherwise(..)
            | Kind::Call(..) => true,
            Kind::Add(a, b) | Kind::Subtract(a, b) => !is_fixed(a) || !is_fixed(b),
            Kind::In { list, .. } => {
                !matches!(&list.kind, Kind::List(items) if items.iter().all(is_fixed))
            }
            _ => false,
        };
        self.quantifiers += usize::from(matches!(expr.kind, Kind::Quantified(..)));
        match &expr.kind {
            Kind::Const(Const::Number(number)) => match expr.ty.present() {
                Type::Size => add(&mut self.sizes, *number),
                Type::Duration => add(&mut self.durations, *number),
                Type::Int => add(&mut self.ints, *number),
                Type::Time => add(&mut self.times, *number),
                _ => {}
            },
            Kind::Const(Const::Text(text)) => match expr.ty.present() {
                Type::Version => add(&mut self.versions, text.to_string()),
                _ => add(&mut self.texts, text.to_string()),
            },
            Kind::List(items) => {
                let texts = items.iter().map(|item| match &item.kind {
                    Kind::Const(Const::Text(text)) => Some(text.to_string()),
                    _ => None,
                });
                // A list that is spelled out is tried as a whole; one by one its texts would be too many.
                match texts.collect::<Option<Vec<String>>>() {
                    Some(texts) if texts.len() > 2 => {
                        add(&mut self.texts, texts[0].clone());
                        add(&mut self.lists, texts);
                        return;
                    }
                    _ => {}
                }
            }
            Kind::Invoke(define, _) => self.expr(&define.body),
            _ => {}
        }
        expr.children(&mut |child| self.expr(child));
    }

    /// The times at which it may have to be looked: the usual one, and each that a rule names, with its neighbours.
    pub fn instants(&self) -> Vec<i64> {
        let mut instants = vec![NOW];
        for time in &self.times {
            for at in [*time, time.saturating_sub(HOUR), time.saturating_add(HOUR)] {
                add(&mut instants, at);
            }
        }
        instants
    }

    /// Whole lists of texts that are spelled out somewhere.
    pub fn lists(&self, element: &Type) -> impl Iterator<Item = Vec<NewFact>> {
        let fits = matches!(element, Type::Text | Type::TextNocase);
        let lists = self.lists.iter().filter(move |_| fits);
        lists.map(|list| list.iter().cloned().map(NewFact::Text).collect())
    }

    /// Values of a type: those that others have already, the constants, and what lies beside them; `false` where there
    /// are more than are tried.
    pub fn values(
        &self,
        ty: &Type,
        stale_after: Option<i64>,
        used: &[NewFact],
        now: i64,
    ) -> (Vec<NewFact>, bool) {
        let numbers = used.iter().filter_map(|value| match value {
            NewFact::Number(number) => Some(*number),
            _ => None,
        });
        let mut found: Vec<NewFact> = Vec::new();
        let mut whole = true;
        let mut push = |value: NewFact| {
            if !found.contains(&value) {
                whole &= found.len() < MOST;
                found.push(value);
            }
        };
        match ty {
            Type::Int => around(&self.ints, numbers, 1).into_iter().for_each(|number| {
                push(NewFact::Number(number));
            }),
            Type::Duration => around(&self.durations, numbers, HOUR)
                .into_iter()
                .filter(|number| *number >= 0)
                .for_each(|number| push(NewFact::Number(number))),
            Type::Size => around(&self.sizes, numbers, 1 << 30)
                .into_iter()
                .filter(|number| *number >= 0)
                .for_each(|number| push(NewFact::Number(number))),
            Type::Time => {
                let limit = stale_after.map(|limit| now.saturating_sub(limit));
                let mut times = vec![now - HOUR, now + HOUR, now];
                times.extend(
                    self.times
                        .iter()
                        .flat_map(|time| [*time, time.saturating_sub(1), time.saturating_add(1)]),
                );
                for duration in &self.durations {
                    for moved in [*duration, -*duration] {
                        for beside in [MINUTE, -MINUTE, 0] {
                            times.push(now.saturating_add(moved.saturating_add(beside)));
                        }
                    }
                }
                times.extend(numbers.flat_map(|time| {
                    [time, time.saturating_sub(MINUTE), time.saturating_add(MINUTE)]
                }));
                // What no description can state is no example.
                times.retain(|time| (0..LATEST).contains(time));
                times.retain(|time| limit.is_none_or(|limit| *time >= limit));
                times.into_iter().for_each(|time| push(NewFact::Number(time)));
            }
            Type::Version => {
                let mut versions: Vec<String> = Vec::new();
                let texts = used.iter().filter_map(text).map(str::to_owned);
                for version in texts.chain(self.versions.iter().cloned()) {
                    let beside = [1, -1].map(|step| neighbour(&version, step));
                    versions.push(version);
                    versions.extend(beside.into_iter().flatten());
                }
                if versions.is_empty() {
                    versions.extend(["1.0".to_owned(), "2.0".to_owned()]);
                }
                versions.into_iter().for_each(|version| push(NewFact::Text(version)));
            }
            _ => {
                used.iter().filter_map(text).take(TEXTS).for_each(|known| {
                    push(NewFact::Text(known.to_owned()));
                });
                let known = self.texts.iter().take(TEXTS);
                known.for_each(|known| push(NewFact::Text(known.clone())));
                // One that is like no other.
                push(NewFact::Text(format!("text-{}", used.len() + 1)));
            }
        }
        found.truncate(MOST);
        (found, whole)
    }
}

/// Whether an expression depends on no fact.
fn is_fixed(expr: &Expr) -> bool {
    match &expr.kind {
        Kind::Const(_) | Kind::Now => true,
        Kind::Add(a, b) | Kind::Subtract(a, b) => is_fixed(a) && is_fixed(b),
        Kind::Memo(_, _, inner) => is_fixed(inner),
        _ => false,
    }
}

fn text(value: &NewFact) -> Option<&str> {
    match value {
        NewFact::Text(text) => Some(text),
        _ => None,
    }
}

fn add<T: PartialEq>(list: &mut Vec<T>, value: T) {
    if !list.contains(&value) {
        list.push(value);
    }
}

/// The constants and what others have, each with its neighbours; 0 and a step where there are none.
fn around(constants: &[i64], used: impl Iterator<Item = i64>, step: i64) -> Vec<i64> {
    let mut numbers: Vec<i64> = Vec::new();
    for number in used.chain(constants.iter().copied()) {
        numbers.extend([number, number.saturating_add(step), number.saturating_sub(step)]);
    }
    if numbers.is_empty() {
        numbers.extend([step, 0]);
    }
    numbers
}

/// `9.30` becomes `9.31` or `9.29`; none where there is nothing before it.
fn neighbour(version: &str, step: i64) -> Option<String> {
    let start = version.rfind(|c: char| !c.is_ascii_digit()).map_or(0, |at| at + 1);
    let (head, last) = version.split_at(start);
    if let Ok(number) = last.parse::<i64>()
        && let Some(moved) = number.checked_add(step).filter(|moved| *moved >= 0)
    {
        let moved = moved.to_string();
        let width = last.len();
        return Some(format!("{head}{moved:0>width$}"));
    }
    // `9.0` has `8.9` before it.
    let major: i64 = version.split('.').next()?.parse().ok()?;
    (major > 0 && step < 0).then(|| format!("{}.9", major - 1))
}
