//! Reads JSON files of any size element by element.
//!
//! Owns the shapes of envelopes: one object, `{"value": [...]}` and its likes, a bare array, several documents one after
//! another. Hands out one element tree at a time, so that no file is held as a whole.

use std::cell::Cell;
use std::fmt;
use std::io::Read;

use serde::de::{DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value as Json};

use crate::import::decode::{Budget, OVER_BUDGET};

/// What surrounds an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Around<'a> {
    /// It is the whole document.
    Nothing,
    /// It is an element of a bare array.
    Array,
    /// It is an element of the array under this key.
    Key(&'a str),
}

/// Receives what is read.
pub trait Sink {
    /// One element, with its pointer.
    fn element(&mut self, pointer: String, around: Around<'_>, value: Json);
    /// An envelope ends; the keys beside the array, the number of elements.
    fn end(&mut self, key: &str, beside: &Map<String, Json>, count: usize);
}

/// Why reading stopped.
#[derive(Clone, Debug)]
pub struct Broken {
    /// Line, from 1.
    pub line: usize,
    /// Column, from 1.
    pub column: usize,
    /// The reader's words.
    pub message: String,
    /// The text ends too early.
    pub cut_off: bool,
    /// One element is too large.
    pub too_large: bool,
}

/// Keys under which lists stand at the top of a document.
const LISTS: [&str; 7] =
    ["value", "data", "virtualMachines", "hostSystems", "datastores", "devices", "objects"];

/// Reads all documents; yields how many there were.
pub fn read(reader: impl Read, budget: &Budget, sink: &mut dyn Sink) -> Result<usize, Broken> {
    let mut stream = serde_json::Deserializer::from_reader(reader);
    let mut documents = 0;
    loop {
        let begun = Cell::new(false);
        budget.reset();
        let prefix = if documents == 0 { String::new() } else { format!("#{}", documents + 1) };
        match (Top { sink: &mut *sink, budget, prefix, begun: &begun }).deserialize(&mut stream) {
            Ok(()) => documents += 1,
            Err(error) if error.is_eof() && !begun.get() => return Ok(documents),
            Err(error) => {
                let message = error.to_string();
                let message = message.split(" at line ").next().unwrap_or(&message).to_owned();
                return Err(Broken {
                    line: error.line(),
                    column: error.column(),
                    too_large: message.contains(OVER_BUDGET),
                    message,
                    cut_off: error.is_eof(),
                });
            }
        }
    }
}

struct Top<'a> {
    sink: &'a mut dyn Sink,
    budget: &'a Budget,
    prefix: String,
    begun: &'a Cell<bool>,
}

impl<'de> DeserializeSeed<'de> for Top<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Top<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("an object or an array")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        self.begun.set(true);
        let mut count = 0;
        while let Some(value) = seq.next_element::<Json>()? {
            self.sink.element(format!("{}/{count}", self.prefix), Around::Array, value);
            self.budget.reset();
            count += 1;
        }
        self.sink.end("", &Map::new(), count);
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.begun.set(true);
        let mut beside = Map::new();
        let mut streamed: Option<(String, usize)> = None;
        while let Some(key) = map.next_key::<String>()? {
            if LISTS.iter().any(|list| list.eq_ignore_ascii_case(&key)) {
                let pointer = format!("{}/{key}", self.prefix);
                let part = Part { sink: &mut *self.sink, budget: self.budget, pointer, key: &key };
                match map.next_value_seed(part)? {
                    Streamed::List(count) => streamed = Some((key, count)),
                    Streamed::Other(value) => drop(beside.insert(key, value)),
                }
            } else {
                beside.insert(key, map.next_value()?);
            }
        }
        match streamed {
            Some((key, count)) => self.sink.end(&key, &beside, count),
            None => self.sink.element(self.prefix, Around::Nothing, Json::Object(beside)),
        }
        Ok(())
    }

    fn visit_str<E: serde::de::Error>(self, _: &str) -> Result<(), E> {
        self.begun.set(true);
        Err(E::custom("a text stands where an object or an array is expected"))
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        // `null` is what some commands print where there is nothing.
        self.begun.set(true);
        Ok(())
    }

    fn visit_bool<E: serde::de::Error>(self, _: bool) -> Result<(), E> {
        self.visit_str("")
    }

    fn visit_i64<E: serde::de::Error>(self, _: i64) -> Result<(), E> {
        self.visit_str("")
    }

    fn visit_u64<E: serde::de::Error>(self, _: u64) -> Result<(), E> {
        self.visit_str("")
    }

    fn visit_f64<E: serde::de::Error>(self, _: f64) -> Result<(), E> {
        self.visit_str("")
    }
}

enum Streamed {
    List(usize),
    Other(Json),
}

struct Part<'a> {
    sink: &'a mut dyn Sink,
    budget: &'a Budget,
    pointer: String,
    key: &'a str,
}

impl<'de> DeserializeSeed<'de> for Part<'_> {
    type Value = Streamed;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Streamed, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Part<'_> {
    type Value = Streamed;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Streamed, A::Error> {
        let mut count = 0;
        while let Some(value) = seq.next_element::<Json>()? {
            self.sink.element(format!("{}/{count}", self.pointer), Around::Key(self.key), value);
            self.budget.reset();
            count += 1;
        }
        Ok(Streamed::List(count))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Streamed, A::Error> {
        let mut object = Map::new();
        while let Some((key, value)) = map.next_entry::<String, Json>()? {
            object.insert(key, value);
        }
        Ok(Streamed::Other(Json::Object(object)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Streamed, E> {
        Ok(Streamed::Other(Json::String(text.to_owned())))
    }

    fn visit_unit<E>(self) -> Result<Streamed, E> {
        Ok(Streamed::Other(Json::Null))
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Streamed, E> {
        Ok(Streamed::Other(Json::Bool(truth)))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Streamed, E> {
        Ok(Streamed::Other(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Streamed, E> {
        Ok(Streamed::Other(number.into()))
    }

    fn visit_f64<E: serde::de::Error>(self, number: f64) -> Result<Streamed, E> {
        serde_json::Number::from_f64(number)
            .map(|number| Streamed::Other(Json::Number(number)))
            .ok_or_else(|| E::custom("not a number"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Log(Vec<String>);

    impl Sink for Log {
        fn element(&mut self, pointer: String, _: Around<'_>, value: Json) {
            self.0.push(format!("{pointer} {value}"));
        }

        fn end(&mut self, key: &str, beside: &Map<String, Json>, count: usize) {
            self.0.push(format!("end {key} {} {count}", beside.len()));
        }
    }

    fn run(text: &str) -> (Vec<String>, Result<usize, Broken>) {
        let mut log = Log::default();
        let result = read(text.as_bytes(), &Budget::new(1 << 20), &mut log);
        (log.0, result)
    }

    #[test]
    fn envelopes_are_streamed() {
        let (log, result) = run(r#"{"value":[{"a":1},{"b":2}],"nextLink":null}"#);
        assert_eq!(log, [r#"/value/0 {"a":1}"#, r#"/value/1 {"b":2}"#, "end value 1 2"]);
        assert_eq!(result.ok(), Some(1));
    }

    #[test]
    fn several_documents_are_counted() {
        let (log, result) = run("{\"a\":1}\n{\"b\":2} ");
        assert_eq!(log, [r#" {"a":1}"#, r##"#2 {"b":2}"##]);
        assert_eq!(result.ok(), Some(2));
    }

    #[test]
    fn what_stands_before_the_break_is_kept() {
        let (log, result) = run(r#"[{"a":1},{"b":"#);
        assert_eq!(log.len(), 1);
        assert!(result.is_err_and(|broken| broken.cut_off && broken.line == 1));
    }
}
