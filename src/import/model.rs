//! What an import yields: environments made of entities, entities made of facts, every fact with its origin.
//!
//! Owns the types. Does not know where a fact comes from or how it is written.

use std::sync::Arc;

/// A value as the environment description knows it.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Free text, names and references.
    Text(String),
    /// A word of an enumeration.
    Word(&'static str),
    /// True or false.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A size in bytes.
    Size(i64),
    /// An instant in microseconds since 1970, UTC.
    Time(i64),
    /// A version; always written in quotes.
    Version(String),
    /// Known to be absent.
    None,
    /// A list; an empty one says that there are none.
    List(Vec<Value>),
    /// A nested record.
    Record(Vec<(&'static str, Value)>),
}

impl Value {
    /// The text of a text, word or version.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Value::Text(text) | Value::Version(text) => Some(text),
            Value::Word(word) => Some(word),
            _ => None,
        }
    }

    /// The elements of a list.
    pub fn as_list(&self) -> &[Value] {
        match self {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// A field of a record.
    pub fn field(&self, name: &str) -> Option<&Value> {
        match self {
            Value::Record(fields) => {
                fields.iter().find(|(key, _)| *key == name).map(|(_, value)| value)
            }
            _ => None,
        }
    }
}

/// Where a fact comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Origin {
    /// The file as it was handed in; a member of an archive as `archive.zip!member`.
    pub file: Arc<str>,
    /// A JSON pointer (`#2` in front counts documents of a stream), or `sheet!cell`.
    pub pointer: String,
    /// The newest time found in that file: it was taken then or later. Microseconds since 1970.
    pub captured: Option<i64>,
    /// Where the fact is not stated but follows from others: what it follows from.
    pub derived_from: Vec<String>,
}

/// A value and where it comes from.
#[derive(Clone, Debug, PartialEq)]
pub struct Fact {
    /// The value.
    pub value: Value,
    /// Where it comes from.
    pub origin: Origin,
}

/// One entity: facts by path (`azureVm/agent/version`).
#[derive(Clone, Debug, PartialEq)]
pub struct Entity {
    /// The id other entities refer to.
    pub id: String,
    /// Facts in writing order.
    pub facts: Vec<(&'static str, Fact)>,
}

impl Entity {
    /// The fact at a path.
    pub fn fact(&self, path: &str) -> Option<&Fact> {
        self.facts.iter().find(|(at, _)| *at == path).map(|(_, fact)| fact)
    }

    /// The value at a path.
    pub fn value(&self, path: &str) -> Option<&Value> {
        self.fact(path).map(|fact| &fact.value)
    }
}

/// A list of the environment that may leave entities out, and why. Lists that are not named here are whole as far as the
/// exports go; `esxiHosts` and `datastores` hold what the exports mention and are never whole for sure.
#[derive(Clone, Debug, PartialEq)]
pub struct Incomplete {
    /// The list, by its key in the description.
    pub list: &'static str,
    /// Why, in one line.
    pub why: String,
    /// Where an export of the list was cut; the description then marks the list. None where nobody claims that it is one.
    pub cut: Option<Origin>,
}

/// One described environment.
#[derive(Clone, Debug)]
pub struct Environment {
    /// Its name.
    pub name: String,
    /// `classic` or `modernized`; absent where nothing says so.
    pub architecture: Option<&'static str>,
    /// When the facts were collected.
    pub as_of: Option<Fact>,
    /// The single entities `vault` and `request`, and the lists; in the order of the declarations.
    pub sections: Vec<(&'static str, Vec<Entity>)>,
    /// Lists that may leave entities out.
    pub incomplete: Vec<Incomplete>,
}

impl Environment {
    /// The entities of one key.
    pub fn list(&self, key: &str) -> &[Entity] {
        self.sections.iter().find(|(at, _)| *at == key).map_or(&[], |(_, list)| list)
    }

    /// Why a list is marked as incomplete, where an export of it was cut.
    pub fn cut(&self, key: &str) -> Option<(&Incomplete, &Origin)> {
        self.incomplete
            .iter()
            .filter(|gap| gap.list == key)
            .find_map(|gap| Some((gap, gap.cut.as_ref()?)))
    }

    /// One entity.
    pub fn entity(&self, key: &str, id: &str) -> Option<&Entity> {
        self.list(key).iter().find(|entity| entity.id == id)
    }
}

/// Keys that hold one entity, not a list.
pub const SINGLE: [&str; 2] = ["vault", "request"];
