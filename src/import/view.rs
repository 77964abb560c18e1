//! Looks into one JSON element by path, whatever the casing, and remembers the pointer of what it finds.
//!
//! Owns access and the tolerant reading of scalars; the mappers own which path means what.

use std::cell::RefCell;
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

/// What is written where something else was expected. It is left out, and told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    /// The pointer.
    pub at: String,
    /// What was expected, as in `a list`.
    pub wanted: &'static str,
    /// What is there, cut short.
    pub found: String,
}

/// A place in an element, there or not. The way to it becomes a pointer only where one is asked for.
#[derive(Clone, Debug)]
pub struct View<'a> {
    value: Option<&'a Element<'a>>,
    unread: Rc<RefCell<Vec<Unread>>>,
    base: Rc<str>,
    steps: [Step<'a>; STEPS],
    depth: usize,
}

impl<'a> View<'a> {
    /// The element itself.
    pub fn new(value: &'a Element<'a>, at: impl Into<Rc<str>>) -> Self {
        let unread = Rc::default();
        Self { value: Some(value), unread, base: at.into(), steps: [Step::At(0); STEPS], depth: 0 }
    }

    /// Another element at this place, read as a part of it.
    pub fn within<'b>(&self, value: &'b Element<'b>) -> View<'b> {
        View { unread: self.unread.clone(), ..View::new(value, self.pointer()) }
    }

    /// What could not be read so far, each place once.
    pub fn take_unread(&self) -> Vec<Unread> {
        std::mem::take(&mut self.unread.borrow_mut())
    }

    /// Notes that something else is written here.
    fn miss(&self, wanted: &'static str) {
        let found = match self.json() {
            None => return,
            Some(Element::Text(text)) => text.chars().take(60).collect(),
            Some(Element::List(_)) => "a list".to_owned(),
            Some(Element::Object(_)) => "an object".to_owned(),
            Some(Element::Number(number)) => number.to_string(),
            Some(Element::Bool(truth)) => truth.to_string(),
            Some(Element::Null) => return,
        };
        let at = self.pointer();
        let mut unread = self.unread.borrow_mut();
        if !unread.iter().any(|own| own.at == at) {
            unread.push(Unread { at, wanted, found });
        }
    }

    /// A reading that failed is noted; empty text and words for nothing are no failure.
    fn noted<T>(&self, read: Option<T>, wanted: &'static str) -> Option<T> {
        if read.is_none() && !self.says_nothing() {
            self.miss(wanted);
        }
        read
    }

    fn says_nothing(&self) -> bool {
        const NOTHING: [&str; 6] = ["", "unknown", "none", "null", "notspecified", "notapplicable"];
        match self.json() {
            None => true,
            Some(Element::Text(text)) => {
                NOTHING.iter().any(|word| text.trim().eq_ignore_ascii_case(word))
            }
            _ => false,
        }
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
            if here.value.is_some_and(|value| value.as_object().is_none()) && !here.says_nothing() {
                here.miss("an object");
            }
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

    /// The elements of an array; a lone object counts as an array of one, as PowerShell writes it. Nothing where the list is
    /// not there or cannot be read whole, as where it was cut off for its depth: such a list is not an empty one.
    pub fn list(&self) -> Option<Vec<View<'a>>> {
        match self.json()? {
            Element::List(items) => {
                let views: Vec<View<'a>> = items
                    .iter()
                    .enumerate()
                    .map(|(at, value)| {
                        let mut item = self.clone();
                        item.value = Some(value);
                        item.step(Step::At(at));
                        item
                    })
                    .collect();
                let lost = views.iter().find(|view| view.is_lost());
                self.noted(lost.is_none().then_some(views), "a list")
            }
            Element::Object(members) => {
                self.noted((!members.is_empty()).then(|| vec![self.clone()]), "a list")
            }
            _ => self.noted(None, "a list"),
        }
    }

    /// Whether the content was lost: an object without members, or the name of a type in its place.
    fn is_lost(&self) -> bool {
        match self.json() {
            Some(Element::Object(members)) => members.is_empty(),
            Some(Element::Text(text)) => coerce::is_type_name(text),
            _ => false,
        }
    }

    /// The elements of an array that can be read, and none where it cannot.
    pub fn items(&self) -> Vec<View<'a>> {
        self.list().unwrap_or_default()
    }

    /// The text of a string, number or truth; empty text counts as nothing.
    pub fn str(&self) -> Option<String> {
        let read = match self.json()? {
            Element::Text(text) if coerce::is_type_name(text) => None,
            Element::Text(text) => Some(text.trim().to_owned()).filter(|text| !text.is_empty()),
            Element::Number(number) => Some(number.to_string()),
            Element::Bool(truth) => Some(truth.to_string()),
            _ => None,
        };
        self.noted(read, "a text")
    }

    /// Borrowed text of a string.
    pub fn as_str(&self) -> &'a str {
        let text = self.json().and_then(Element::as_str);
        if self.is_object() || self.is_list() {
            self.miss("a text");
        }
        text.unwrap_or("")
    }

    /// The place itself, where an object is; something else is noted.
    pub fn object(&self) -> Option<View<'a>> {
        self.noted(self.is_object().then(|| self.clone()), "an object")
    }

    /// A number, also where it is written as text.
    pub fn number(&self) -> Option<f64> {
        let read = match self.json()? {
            Element::Number(number) => number.as_f64(),
            Element::Text(text) => coerce::number(text),
            _ => None,
        };
        self.noted(read, "a number")
    }

    /// A truth, also where it is written as text.
    pub fn is_true(&self) -> Option<bool> {
        let read = match self.json()? {
            Element::Bool(truth) => Some(*truth),
            Element::Text(text) => coerce::truth(text),
            _ => None,
        };
        self.noted(read, "`true` or `false`")
    }

    /// An instant; sentinels yield nothing.
    pub fn instant(&self) -> Option<i64> {
        let read = self.json()?.as_str().and_then(coerce::time);
        match self.noted(read, "a time")? {
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
        self.noted(read(&self.str()?), "a word that is known")
            .map(|word| self.found(Value::Word(word)))
    }

    /// As a list of texts; nothing where one of them is none.
    pub fn texts(&self) -> Option<Found> {
        let Some(Element::List(items)) = self.json() else {
            return self.noted(None, "a list");
        };
        let texts = items
            .iter()
            .map(|item| item.as_str().filter(|text| !coerce::is_type_name(text)))
            .map(|text| text.map(|text| Value::Text(text.to_owned())))
            .collect::<Option<Vec<_>>>();
        self.noted(texts, "a list of texts").map(|texts| self.found(Value::List(texts)))
    }
}
