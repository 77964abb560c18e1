//! Looks into one JSON element by path, whatever the casing, and remembers the pointer of what it finds.
//!
//! Owns access and the tolerant reading of scalars; the mappers own which path means what.

use serde_json::Value as Json;

use crate::import::coerce::{self, Stamp};
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

/// A place in an element, there or not.
#[derive(Clone, Debug)]
pub struct View<'a> {
    value: Option<&'a Json>,
    at: String,
}

impl<'a> View<'a> {
    /// The element itself.
    pub fn new(value: &'a Json, at: impl Into<String>) -> Self {
        Self { value: Some(value), at: at.into() }
    }

    /// The value, where there is one that is not null.
    pub fn json(&self) -> Option<&'a Json> {
        self.value.filter(|value| !value.is_null())
    }

    /// Whether the key is written at all, null or not.
    pub fn is_stated(&self) -> bool {
        self.value.is_some()
    }

    /// The pointer.
    pub fn pointer(&self) -> &str {
        &self.at
    }

    /// A path of keys with `/` between; keys match in any casing.
    pub fn at(&self, path: &str) -> View<'a> {
        let mut here = self.clone();
        for key in path.split('/') {
            here = here.key(key);
        }
        here
    }

    fn key(&self, key: &str) -> View<'a> {
        let found = self.value.and_then(Json::as_object).and_then(|object| {
            object
                .get_key_value(key)
                .or_else(|| object.iter().find(|(name, _)| name.eq_ignore_ascii_case(key)))
        });
        let name = found.map_or(key, |(name, _)| name.as_str());
        View { value: found.map(|(_, value)| value), at: format!("{}/{}", self.at, escape(name)) }
    }

    /// The first of several paths at which something is written.
    pub fn first(&self, paths: &[&str]) -> View<'a> {
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
            Some(Json::Array(items)) => items
                .iter()
                .enumerate()
                .map(|(at, value)| View { value: Some(value), at: format!("{}/{at}", self.at) })
                .collect(),
            Some(Json::Object(_)) => vec![self.clone()],
            _ => Vec::new(),
        }
    }

    /// The text of a string, number or truth; empty text counts as nothing.
    pub fn str(&self) -> Option<String> {
        match self.json()? {
            Json::String(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            Json::Number(number) => Some(number.to_string()),
            Json::Bool(truth) => Some(truth.to_string()),
            _ => None,
        }
    }

    /// Borrowed text of a string.
    pub fn as_str(&self) -> &'a str {
        self.json().and_then(Json::as_str).unwrap_or("")
    }

    /// A number, also where it is written as text.
    pub fn number(&self) -> Option<f64> {
        match self.json()? {
            Json::Number(number) => number.as_f64(),
            Json::String(text) => coerce::number(text),
            _ => None,
        }
    }

    /// A truth, also where it is written as text.
    pub fn is_true(&self) -> Option<bool> {
        match self.json()? {
            Json::Bool(truth) => Some(*truth),
            Json::String(text) => coerce::truth(text),
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
        Found::new(value, self.at.clone())
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
        let Some(Json::Array(items)) = self.json() else { return None };
        let texts = items
            .iter()
            .filter_map(Json::as_str)
            .map(|text| Value::Text(text.to_owned()))
            .collect();
        Some(self.found(Value::List(texts)))
    }
}

fn escape(key: &str) -> String {
    if key.contains(['~', '/']) {
        key.replace('~', "~0").replace('/', "~1")
    } else {
        key.to_owned()
    }
}
