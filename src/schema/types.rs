//! The types of facts and of expressions.
//!
//! Owns what a type is, when one fits where another is expected, and how it is spelled in a message.

use std::sync::Arc;

use crate::language::ast;
use crate::scalar::{self, How};
use crate::schema::{Schema, TypeId};

/// Keys of a mapping that are named.
const KEYS: usize = 6;

/// Index of a word in the word table of the [`Schema`]; equal words of different enumerations share it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WordId(pub u32);

/// Index of an inverse in the [`Schema`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct InverseId(pub u32);

/// A type. Each expression of a rule has one, so copying it must cost nothing.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Type {
    /// `text`
    Text,
    /// `text nocase`
    TextNocase,
    /// `bool`
    Bool,
    /// `int`
    Int,
    /// `size`, in bytes
    Size,
    /// `duration`, in microseconds
    Duration,
    /// `time`, in microseconds since 1970
    Time,
    /// `version`
    Version,
    /// `running | stopped`
    Words(Arc<[WordId]>),
    /// A record, or an entity that stands here itself: `store: Store`, the elements of `[Server]`
    Row(TypeId),
    /// `ref Server`, and every expression that yields an entity
    Ref(TypeId),
    /// `ref any`
    RefAny,
    /// `[T]` and `partial [T]`
    List(Arc<Type>, Completeness),
    /// `T or none`
    OrNone(Arc<Type>),
    /// `all Server by host`
    All(InverseId),
    /// `one Server by host`
    One(InverseId),
    /// The literal `none`
    None,
    /// The type of something already reported; fits everywhere
    Error,
}

/// Whether a list says all there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Completeness {
    /// What is not listed is not there.
    Complete,
    /// What is not listed is not known.
    Partial,
}

impl Type {
    /// The type without `or none`.
    pub fn present(&self) -> &Type {
        match self {
            Type::OrNone(inner) => inner.present(),
            other => other,
        }
    }

    /// The type of the elements of a list; a list that may be `none` counts as empty then.
    pub fn element(&self) -> Option<&Type> {
        match self.present() {
            Type::List(element, _) => Some(element),
            _ => None,
        }
    }

    /// How texts of this type are compared, or those in a list of it.
    pub fn how(&self) -> How {
        match self.present() {
            Type::Version => How::Version,
            Type::TextNocase => How::Nocase,
            Type::List(element, _) => element.how(),
            _ => How::Plain,
        }
    }

    /// The record or entity type behind it.
    pub fn row(&self) -> Option<TypeId> {
        match self.present() {
            Type::Row(id) | Type::Ref(id) => Some(*id),
            _ => None,
        }
    }

    /// Whether values of the two types can be equal at all.
    pub fn comparable(&self, other: &Type) -> bool {
        match (self.present(), other.present()) {
            (Type::Error | Type::None, _) | (_, Type::Error | Type::None) => true,
            (Type::Text | Type::TextNocase, Type::Text | Type::TextNocase) => true,
            (Type::Words(a), Type::Words(b)) => a.iter().any(|word| b.contains(word)),
            (Type::RefAny, Type::Ref(_) | Type::Row(_))
            | (Type::Ref(_) | Type::Row(_), Type::RefAny) => true,
            (Type::Row(a) | Type::Ref(a), Type::Row(b) | Type::Ref(b)) => a == b,
            (Type::List(a, _), Type::List(b, _)) => a.comparable(b),
            (a, b) => a == b,
        }
    }

    /// Whether a value of this type may stand where `expected` is wanted.
    pub fn fits(&self, expected: &Type) -> bool {
        match (self, expected.present()) {
            (Type::Words(given), Type::Words(wanted)) => {
                given.iter().all(|word| wanted.contains(word))
            }
            (Type::OrNone(inner), _) => inner.fits(expected),
            (Type::None, _) => matches!(expected, Type::OrNone(_) | Type::Error),
            (given, wanted) => given.comparable(wanted),
        }
    }

    /// Whether values have an order.
    pub fn ordered(&self) -> bool {
        matches!(
            self.present(),
            Type::Int
                | Type::Size
                | Type::Duration
                | Type::Time
                | Type::Version
                | Type::Text
                | Type::Error
        )
    }

    /// The type as a reader knows it.
    pub fn describe(&self, schema: &Schema) -> String {
        match self {
            Type::Text => "text".into(),
            Type::TextNocase => "text nocase".into(),
            Type::Bool => "bool".into(),
            Type::Int => "int".into(),
            Type::Size => "size".into(),
            Type::Duration => "duration".into(),
            Type::Time => "time".into(),
            Type::Version => "version".into(),
            Type::Words(words) => {
                words.iter().map(|word| schema.word(*word)).collect::<Vec<_>>().join(" | ")
            }
            Type::Row(id) | Type::Ref(id) => schema.ty(*id).name.clone(),
            Type::RefAny => "any entity".into(),
            Type::List(element, _) => format!("[{}]", element.describe(schema)),
            Type::OrNone(inner) => format!("{} or none", inner.describe(schema)),
            Type::All(inverse) => format!("[{}]", schema.ty(schema.inverse(*inverse).source).name),
            Type::One(inverse) => {
                format!("{} or none", schema.ty(schema.inverse(*inverse).source).name)
            }
            Type::None => "none".into(),
            Type::Error => "?".into(),
        }
    }

    /// What a user may write for such a value, for messages about descriptions.
    pub fn expectation(&self, schema: &Schema) -> String {
        match self.present() {
            Type::Text | Type::TextNocase => "a text".into(),
            Type::Bool => "`true` or `false`".into(),
            Type::Int => "a whole number".into(),
            Type::Size => "a size with its unit, such as `600GiB`".into(),
            Type::Duration => "a duration with its unit, such as `15min`".into(),
            Type::Time => "a time with its zone, such as `2020-03-28T09:00:00Z`".into(),
            Type::Version => "a version, such as `9.30`".into(),
            Type::Words(words) => {
                let words: Vec<_> =
                    words.iter().map(|word| format!("`{}`", schema.word(*word))).collect();
                match words.as_slice() {
                    [] => "nothing".into(),
                    [one] => one.clone(),
                    [most @ .., last] => format!("{} or {last}", most.join(", ")),
                }
            }
            Type::Row(id) => mapping(schema, *id),
            Type::Ref(id) => match schema.list_of(*id) {
                Some(list) => format!("an id of `{list}`"),
                None => format!("the id of an entry of type {}", schema.ty(*id).name),
            },
            Type::RefAny => "the id of an entry of this environment".into(),
            Type::List(element, _) => {
                format!("a list; each element is {}", element.expectation(schema))
            }
            Type::All(_) | Type::One(_) | Type::OrNone(_) | Type::None | Type::Error => {
                "nothing".into()
            }
        }
    }
}

/// A mapping, with the keys that it may have.
fn mapping(schema: &Schema, id: TypeId) -> String {
    let fields = schema.ty(id).fields.iter().filter(|field| field.slot.is_some());
    let names: Vec<String> = fields.map(|field| format!("`{}`", field.name)).collect();
    match names.as_slice() {
        [] => "a mapping".to_owned(),
        [only] => format!("a mapping with the key {only}"),
        [most @ .., last] if names.len() <= KEYS => {
            format!("a mapping with the keys {} and {last}", most.join(", "))
        }
        _ => {
            let rest = names.len() - KEYS;
            let named = names[..KEYS].join(", ");
            format!("a mapping with the keys {named} and {rest} more")
        }
    }
}

impl Type {
    /// All that a user may write for such a value, `none` included.
    pub fn allowed(&self, schema: &Schema) -> String {
        let expected = self.expectation(schema);
        if matches!(self, Type::OrNone(_)) { format!("{expected}, or `none`") } else { expected }
    }
}

/// How the content of a slot is read: all that the evaluator needs of a field's type, so that nothing has to be looked
/// up for each fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// A value by itself.
    One(Item),
    /// A record that always stands in its place; its shape is no fact.
    Record,
    /// A record that may be absent.
    MaybeRecord,
    /// A list, and whether it may leave things out.
    List(Item, Completeness),
    /// Never stored.
    Never,
}

/// How one value is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Item {
    /// A truth.
    Bool,
    /// A number, size, duration or time.
    Number,
    /// A text or version.
    Text,
    /// A word.
    Word,
    /// An entity or record.
    Row,
    /// Nothing that can be read.
    Nothing,
}

impl Reading {
    /// The reading of a type.
    pub fn of(ty: &Type) -> Self {
        match (ty, ty.present()) {
            (Type::Row(_), _) => Reading::Record,
            (_, Type::Row(_)) => Reading::MaybeRecord,
            (_, Type::List(element, extent)) => Reading::List(Item::of(element), *extent),
            (_, Type::All(_) | Type::One(_) | Type::None | Type::Error) => Reading::Never,
            (_, present) => Reading::One(Item::of(present)),
        }
    }
}

impl Item {
    /// The reading of the elements of a list, or of a single value.
    pub fn of(ty: &Type) -> Self {
        match ty.present() {
            Type::Bool => Item::Bool,
            Type::Int | Type::Size | Type::Duration | Type::Time => Item::Number,
            Type::Text | Type::TextNocase | Type::Version => Item::Text,
            Type::Words(_) => Item::Word,
            Type::Row(_) | Type::Ref(_) | Type::RefAny => Item::Row,
            _ => Item::Nothing,
        }
    }
}

/// Whether a literal is a value of a type; texts are read as what is expected.
pub fn literal_fits(literal: &ast::Literal, ty: &Type) -> bool {
    match (literal, ty) {
        (_, Type::Error)
        | (ast::Literal::Bool(_), Type::Bool)
        | (ast::Literal::Int(_), Type::Int)
        | (ast::Literal::Size(_), Type::Size)
        | (ast::Literal::Duration(_), Type::Duration)
        | (ast::Literal::Version(_), Type::Version)
        | (ast::Literal::Text(_), Type::Text | Type::TextNocase) => true,
        (ast::Literal::Int(0), Type::Size | Type::Duration) => true,
        (ast::Literal::Int(_), Type::Version) => true,
        (ast::Literal::Text(text), Type::Version) => scalar::is_version(text),
        (ast::Literal::Text(text), Type::Time) => scalar::parse_time(text).is_some(),
        (ast::Literal::Text(text), Type::Size) => scalar::parse_size(text).is_some(),
        (ast::Literal::Text(text), Type::Duration) => scalar::parse_duration(text).is_some(),
        _ => false,
    }
}
