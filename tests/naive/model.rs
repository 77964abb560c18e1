//! What the generator declares and describes: types, fields, and what stands under a key. Pack, description and naive facts
//! are all made from this, so that nothing of the product is needed to know what was meant.

use std::fmt::Write as _;

/// A type of a field or of an expression.
#[derive(Clone, Debug, PartialEq)]
pub enum Ty {
    Key,
    Text,
    Nocase,
    Bool,
    Int,
    Size,
    Duration,
    Time,
    Version,
    /// One of the enumerations of [`WORDS`].
    Words(usize),
    Ref(usize),
    /// A record or an entity in its place.
    Row(usize),
    /// Whether it is `partial`.
    List(Box<Ty>, bool),
    OrNone(Box<Ty>),
    All(usize, String),
    One(usize, String),
}

/// The enumerations; no word is in two.
pub const WORDS: [&[&str]; 2] = [&["open", "shut", "ajar"], &["red", "blue"]];

impl Ty {
    pub fn list(self) -> Ty {
        Ty::List(Box::new(self), false)
    }

    pub fn or_none(self) -> Ty {
        Ty::OrNone(Box::new(self))
    }

    /// The type without `or none`.
    pub fn present(&self) -> &Ty {
        match self {
            Ty::OrNone(inner) => inner.present(),
            other => other,
        }
    }

    /// As an expression has it: what is in its place is referred to, and inverses are lists and references.
    pub fn read(&self) -> Ty {
        match self {
            Ty::Key => Ty::Text,
            Ty::Row(ty) => Ty::Ref(*ty),
            Ty::All(source, _) => Ty::Ref(*source).list(),
            Ty::One(source, _) => Ty::Ref(*source).or_none(),
            Ty::List(element, partial) => Ty::List(Box::new(element.read()), *partial),
            Ty::OrNone(inner) => inner.read().or_none(),
            other => other.clone(),
        }
    }
}

/// A field of a type.
#[derive(Clone, Debug)]
pub struct Field {
    pub name: String,
    pub ty: Ty,
    /// How the default is written, and what it is.
    pub default: Option<(String, Value)>,
    /// In microseconds.
    pub stale: Option<i64>,
}

/// The environment, an entity or a record.
#[derive(Clone, Debug)]
pub struct Def {
    pub name: String,
    pub entity: bool,
    pub fields: Vec<Field>,
}

/// All types; the first is the environment.
#[derive(Clone, Debug, Default)]
pub struct Schema {
    pub types: Vec<Def>,
}

/// What an expression is worth.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    Unknown,
    None,
    Bool(bool),
    /// An int, a size in bytes, a duration or a time in microseconds.
    Number(i64),
    Text(String),
    Nocase(String),
    Version(String),
    Word(String),
    Row(usize),
    List(Vec<Value>, Extent),
}

/// Whether a list says all there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    Whole,
    /// It may leave things out, as its type says.
    Partial,
    /// Something is not known, so there may be others.
    Open,
}

/// What stands under a key of a description, or in a list.
#[derive(Clone, Debug, PartialEq)]
pub enum Given {
    /// The key is not there.
    Missing,
    /// `null`, `~` or nothing, as it is written.
    Nothing(&'static str),
    Unknown,
    None,
    /// How it is written, and what it is.
    Value(String, Value),
    /// The key of an entity of a type.
    Ref(usize, String),
    /// The fields of a type, in its order.
    Row(usize, Vec<Given>),
    List(Vec<Given>),
}

impl Schema {
    /// The declarations.
    pub fn gate(&self) -> String {
        let mut text = String::new();
        for (at, def) in self.types.iter().enumerate() {
            match (at, def.entity) {
                (0, _) => text.push_str("environment {\n"),
                (_, true) => _ = writeln!(text, "entity {} {{", def.name),
                (_, false) => _ = writeln!(text, "record {} {{", def.name),
            }
            for field in &def.fields {
                _ = write!(text, "  {}: {}", field.name, self.spell(&field.ty));
                if let Some((written, _)) = &field.default {
                    _ = write!(text, " default {written}");
                }
                if let Some(stale) = field.stale {
                    _ = write!(text, " stale after {}min", stale / 60_000_000);
                }
                text.push('\n');
            }
            text.push_str("}\n\n");
        }
        text
    }

    /// A type as a pack writes it.
    pub fn spell(&self, ty: &Ty) -> String {
        let name = |at: &usize| &self.types[*at].name;
        match ty {
            Ty::Key => "key".into(),
            Ty::Text => "text".into(),
            Ty::Nocase => "text nocase".into(),
            Ty::Bool => "bool".into(),
            Ty::Int => "int".into(),
            Ty::Size => "size".into(),
            Ty::Duration => "duration".into(),
            Ty::Time => "time".into(),
            Ty::Version => "version".into(),
            Ty::Words(at) => WORDS[*at].join(" | "),
            Ty::Ref(at) => format!("ref {}", name(at)),
            Ty::Row(at) => name(at).clone(),
            Ty::List(element, false) => format!("[{}]", self.spell(element)),
            Ty::List(element, true) => format!("partial [{}]", self.spell(element)),
            Ty::OrNone(inner) => format!("{} or none", self.spell(inner)),
            Ty::All(at, by) => format!("all {} by {by}", name(at)),
            Ty::One(at, by) => format!("one {} by {by}", name(at)),
        }
    }

    /// A description as a file, on one line for each top-level key.
    pub fn yaml(&self, name: &str, given: &Given) -> String {
        let Given::Row(_, fields) = given else { panic!("an environment") };
        let mut text = format!("apiVersion: failback/v1\nkind: Environment\nname: {name}\n");
        for (field, value) in self.types[0].fields.iter().zip(fields) {
            if *value != Given::Missing {
                _ = writeln!(text, "{}: {}", field.name, self.flow(value));
            }
        }
        text
    }

    fn flow(&self, given: &Given) -> String {
        match given {
            Given::Missing => String::new(),
            Given::Nothing(written) => (*written).to_owned(),
            Given::Unknown => "unknown".into(),
            Given::None => "none".into(),
            Given::Value(written, _) | Given::Ref(_, written) => written.clone(),
            Given::Row(ty, values) => {
                let fields = self.types[*ty].fields.iter().zip(values);
                let fields = fields.filter(|(_, value)| **value != Given::Missing);
                let fields =
                    fields.map(|(field, value)| format!("{}: {}", field.name, self.flow(value)));
                format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
            }
            Given::List(items) => {
                let items: Vec<String> = items.iter().map(|item| self.flow(item)).collect();
                format!("[{}]", items.join(", "))
            }
        }
    }
}
