//! Looks into one JSON element by path, whatever the casing, and remembers the pointer of what it finds.
//!
//! Owns access and the tolerant reading of scalars; the mappers own which path means what.

use std::rc::Rc;

use crate::import::coerce::{self, Stamp};
use crate::import::element::Element;
use crate::import::model::Value;

/// A value found, with the pointer to it.
#[derive(Clone, Debug)]
pub struct Found {
    /// The value.
    pub value: Value,
    /// JSON pointer or cell.
    pub at: String,
    /// What it follows from, where it is not stated.
    pub derived: Option<String>,
}

impl Found {
    /// A value stated at a place.
    pub fn new(value: Value, at: impl Into<String>) -> Self {
        Self { value, at: at.into(), derived: None }
    }

    /// The same value, saying what it follows from.
    pub fn because(mut self, reason: impl Into<String>) -> Self {
        self.derived = Some(reason.into());
        self
    }

    /// Another value at the same place.
    pub fn with(mut self, value: Value) -> Self {
        self.value = value;
        self
    }
}

/// Steps that are kept before they are made into text.
const STEPS: usize = 6;

/// One step down into an element.
#[derive(Clone, Copy, Debug)]
enum Step<'a> {
    Key(&'a str),
    At(usize),
}

/// A place in an element, there or not. The way to it becomes a pointer only where one is asked for.
#[derive(Clone, Debug)]
pub struct View<'a> {
    value: Option<&'a Element<'a>>,
    base: Rc<str>,
    steps: [Step<'a>; STEPS],
    depth: usize,
}

impl<'a> View<'a> {
    /// The element itself.
    pub fn new(value: &'a Element<'a>, at: impl Into<Rc<str>>) -> Self {
        Self { value: Some(value), base: at.into(), steps: [Step::At(0); STEPS], depth: 0 }
    }

    /// The value, where there is one that is not null.
    pub fn json(&self) -> Option<&'a Element<'a>> {
        self.value.filter(|value| !value.is_null())
    }

    /// Whether the key is written at all, null or not.
    pub fn is_stated(&self) -> bool {
        self.value.is_some()
    }

    /// Whether there is an array.
    pub fn is_list(&self) -> bool {
        matches!(self.value, Some(Element::List(_)))
    }

    /// Whether there is an object.
    pub fn is_object(&self) -> bool {
        matches!(self.value, Some(Element::Object(_)))
    }

    /// The pointer.
    pub fn pointer(&self) -> String {
        let mut text = self.base.to_string();
        for step in self.steps.iter().take(self.depth) {
            text.push('/');
            match step {
                Step::At(at) => text.push_str(&at.to_string()),
                Step::Key(key) if key.contains(['~', '/']) => {
                    text.push_str(&key.replace('~', "~0").replace('/', "~1"));
                }
                Step::Key(key) => text.push_str(key),
            }
        }
        text
    }

    /// A path of keys with `/` between; keys match in any casing.
    pub fn at(&self, path: &'static str) -> View<'a> {
        let mut here = self.clone();
        for key in path.split('/') {
            let found = here.value.and_then(Element::as_object).and_then(|members| {
                let exact = members.iter().rev().find(|(name, _)| name == key);
                exact.or_else(|| members.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)))
            });
            here.value = found.map(|(_, value)| value);
            here.step(Step::Key(found.map_or(key, |(name, _)| name)));
        }
        here
    }

    fn step(&mut self, step: Step<'a>) {
        if self.depth == STEPS {
            self.base = self.pointer().into();
            self.depth = 0;
        }
        self.steps[self.depth] = step;
        self.depth += 1;
    }

    /// The first of several paths at which something is written.
    pub fn first(&self, paths: &[&'static str]) -> View<'a> {
        let mut views = paths.iter().map(|path| self.at(path));
        let start = views.next().unwrap_or_else(|| self.clone());
        if start.json().is_some() {
            return start;
        }
        views.find(|view| view.json().is_some()).unwrap_or(start)
    }

    /// The elements of an array; a lone object counts as an array of one, as PowerShell writes it.
    pub fn items(&self) -> Vec<View<'a>> {
        match self.value {
            Some(Element::List(items)) => items
                .iter()
                .enumerate()
                .map(|(at, value)| {
                    let mut item = self.clone();
                    item.value = Some(value);
                    item.step(Step::At(at));
                    item
                })
                .collect(),
            Some(Element::Object(_)) => vec![self.clone()],
            _ => Vec::new(),
        }
    }

    /// The text of a string, number or truth; empty text counts as nothing.
    pub fn str(&self) -> Option<String> {
        match self.json()? {
            Element::Text(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            Element::Number(number) => Some(number.to_string()),
            Element::Bool(truth) => Some(truth.to_string()),
            _ => None,
        }
    }

    /// Borrowed text of a string.
    pub fn as_str(&self) -> &'a str {
        self.json().and_then(Element::as_str).unwrap_or("")
    }

    /// A number, also where it is written as text.
    pub fn number(&self) -> Option<f64> {
        match self.json()? {
            Element::Number(number) => number.as_f64(),
            Element::Text(text) => coerce::number(text),
            _ => None,
        }
    }

    /// A truth, also where it is written as text.
    pub fn is_true(&self) -> Option<bool> {
        match self.json()? {
            Element::Bool(truth) => Some(*truth),
            Element::Text(text) => coerce::truth(text),
            _ => None,
        }
    }

    /// An instant; sentinels yield nothing.
    pub fn instant(&self) -> Option<i64> {
        match coerce::time(self.json()?.as_str()?)? {
            Stamp::At(at) => Some(at),
            Stamp::Never => None,
        }
    }

    /// A value at this place.
    pub fn found(&self, value: Value) -> Found {
        Found::new(value, self.pointer())
    }

    /// As text.
    pub fn text(&self) -> Option<Found> {
        self.str().map(|text| self.found(Value::Text(text)))
    }

    /// As a version.
    pub fn version(&self) -> Option<Found> {
        self.str().map(|text| self.found(Value::Version(text)))
    }

    /// As a truth.
    pub fn truth(&self) -> Option<Found> {
        self.is_true().map(|truth| self.found(Value::Bool(truth)))
    }

    /// As a whole number.
    pub fn int(&self) -> Option<Found> {
        self.number().map(|number| self.found(Value::Int(number as i64)))
    }

    /// As a size, given the bytes of one unit.
    pub fn size(&self, unit: f64) -> Option<Found> {
        self.number()
            .filter(|number| *number >= 0.0)
            .map(|number| self.found(Value::Size((number * unit).round() as i64)))
    }

    /// As an instant.
    pub fn time(&self) -> Option<Found> {
        self.instant().map(|at| self.found(Value::Time(at)))
    }

    /// As one word of an enumeration.
    pub fn word(&self, read: impl Fn(&str) -> Option<&'static str>) -> Option<Found> {
        read(&self.str()?).map(|word| self.found(Value::Word(word)))
    }

    /// As a list of texts.
    pub fn texts(&self) -> Option<Found> {
        let Some(Element::List(items)) = self.json() else { return None };
        let texts = items
            .iter()
            .filter_map(Element::as_str)
            .map(|text| Value::Text(text.to_owned()))
            .collect();
        Some(self.found(Value::List(texts)))
    }
}
