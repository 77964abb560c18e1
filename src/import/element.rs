//! One JSON element as a tree that borrows its texts from the file.
//!
//! Owns the shape of the tree only: an element lives as long as the bytes it was read from, and is dropped with them.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

/// A value of JSON.
#[derive(Clone, Debug, PartialEq)]
pub enum Element<'a> {
    /// `null`
    Null,
    /// A truth.
    Bool(bool),
    /// A number.
    Number(Number),
    /// A text.
    Text(Cow<'a, str>),
    /// An array.
    List(Vec<Element<'a>>),
    /// An object, in the order of the file.
    Object(Members<'a>),
}

/// The members of an object.
pub type Members<'a> = Vec<(Cow<'a, str>, Element<'a>)>;

impl<'a> Element<'a> {
    /// Whether it is `null`.
    pub fn is_null(&self) -> bool {
        matches!(self, Self::Null)
    }

    /// Its text.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Its elements.
    pub fn as_list(&self) -> Option<&[Element<'a>]> {
        match self {
            Self::List(items) => Some(items),
            _ => None,
        }
    }

    /// Its members.
    pub fn as_object(&self) -> Option<&[(Cow<'a, str>, Element<'a>)]> {
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The member with exactly this key; the last one, should a key be written twice.
    pub fn get(&self, key: &str) -> Option<&Element<'a>> {
        self.as_object()?.iter().rev().find(|(name, _)| name == key).map(|(_, value)| value)
    }

    /// The same with texts of its own, to outlive the bytes it was read from.
    pub fn into_owned(self) -> Element<'static> {
        match self {
            Self::Null => Element::Null,
            Self::Bool(truth) => Element::Bool(truth),
            Self::Number(number) => Element::Number(number),
            Self::Text(text) => Element::Text(Cow::Owned(text.into_owned())),
            Self::List(items) => Element::List(items.into_iter().map(Self::into_owned).collect()),
            Self::Object(members) => Element::Object(
                members
                    .into_iter()
                    .map(|(key, value)| (Cow::Owned(key.into_owned()), value.into_owned()))
                    .collect(),
            ),
        }
    }
}

impl<'de> Deserialize<'de> for Element<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Maker)
    }
}

struct Maker;

impl<'de> Visitor<'de> for Maker {
    type Value = Element<'de>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Element<'de>, E> {
        Ok(Element::Null)
    }

    fn visit_bool<E>(self, truth: bool) -> Result<Element<'de>, E> {
        Ok(Element::Bool(truth))
    }

    fn visit_i64<E>(self, number: i64) -> Result<Element<'de>, E> {
        Ok(Element::Number(number.into()))
    }

    fn visit_u64<E>(self, number: u64) -> Result<Element<'de>, E> {
        Ok(Element::Number(number.into()))
    }

    fn visit_f64<E>(self, number: f64) -> Result<Element<'de>, E> {
        Ok(Number::from_f64(number).map_or(Element::Null, Element::Number))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Element<'de>, E> {
        Ok(Element::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Element<'de>, E> {
        Ok(Element::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Element<'de>, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Element::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Element<'de>, A::Error> {
        let mut members = Vec::new();
        while let Some(key) = map.next_key_seed(Key)? {
            members.push((key, map.next_value()?));
        }
        Ok(Element::Object(members))
    }
}

/// A key, borrowed where it is written without escapes.
struct Key;

impl<'de> DeserializeSeed<'de> for Key {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Cow<'de, str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key {
    type Value = Cow<'de, str>;

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a key")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}
