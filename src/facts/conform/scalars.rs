//! From a scalar of the description to what its slot holds.
//!
//! Owns what a text means for the type of its field, and the errors where it means nothing. Which field it stands for
//! is decided in `conform`; the row that a reference means is found in `references`.

use crate::diagnostic::{Diagnostic, nearest};
use crate::facts::conform::Reader;
use crate::facts::{ABSENT, UNKNOWN, UNRESOLVED};
use crate::scalar;
use crate::schema::Field;
use crate::schema::types::Type;
use crate::yaml::edit::respell;
use crate::yaml::resolve::{CoreTag, Scalar, resolve};
use crate::yaml::{Kind, NodeId, Tree};

impl Reader<'_, '_> {
    /// Whether a scalar says that a fact of some type is not known. Of a quoted word in the place of a reference, the ids
    /// that there are decide later.
    pub(super) fn is_unknown(&self, value: NodeId, ty: &Type) -> bool {
        let scalar = self.facts.tree.scalar_text(value);
        scalar.is_some_and(|(text, plain)| self.tells_unknown(value, text, plain, ty))
    }

    fn tells_unknown(&self, value: NodeId, text: &str, plain: bool, ty: &Type) -> bool {
        says_unknown(self.facts.tree, value, text)
            && (plain || !matches!(ty.present(), Type::Ref(_) | Type::RefAny))
    }

    /// Whether an element of a list says that it is known to be absent. Quoted, the word may be the name of something.
    pub(super) fn is_none(&self, value: NodeId, ty: &Type) -> bool {
        let refers = matches!(ty.present(), Type::Ref(_) | Type::RefAny);
        let scalar = self.facts.tree.scalar_text(value);
        matches!(ty, Type::OrNone(_))
            && scalar.is_some_and(|(text, plain)| text == "none" && (plain || !refers))
    }

    /// Reads the value of a field that is no record and no list in place.
    #[inline]
    pub(super) fn read_scalar(&mut self, field: &Field, is_key: bool, value: NodeId) -> u32 {
        match told(self.facts.tree, value) {
            Some(bytes) => self.read_told(field.ty.present(), value, bytes),
            None => self.read_doubtful(field, is_key, value),
        }
    }

    fn read_doubtful(&mut self, field: &Field, is_key: bool, value: NodeId) -> u32 {
        let tree = self.facts.tree;
        let ty = &field.ty;
        let Some((text, plain)) = tree.scalar_text(value) else {
            return self.wrong_type(ty.present(), value);
        };
        if is_key && !plain && !text.trim().is_empty() {
            // Quoted, any text may be the name of something.
            return self.read_text(ty.present(), value, text);
        }
        if self.tells_unknown(value, text, plain, ty) {
            return UNKNOWN;
        }
        let refers = matches!(ty.present(), Type::Ref(_) | Type::RefAny);
        if text == "none" && (plain || !refers) {
            match ty {
                Type::OrNone(_) => return ABSENT,
                Type::List(..) => return self.facts.empty_list(),
                _ if plain => {
                    let message = format!("`{}` cannot be `none`", field.name);
                    let help = format!("write {}, or `unknown`", ty.expectation(self.facts.schema));
                    let span = tree.span(value);
                    self.diagnostics
                        .push(Diagnostic::error("wrong-type", message, span).help(help));
                    return UNKNOWN;
                }
                _ => {}
            }
        }
        self.read_text(ty.present(), value, text)
    }

    /// Reads a scalar that surely tells something.
    #[inline(always)]
    pub(super) fn read_told(&mut self, ty: &Type, value: NodeId, bytes: &[u8]) -> u32 {
        let schema = self.facts.schema;
        match ty {
            Type::Text | Type::TextNocase => value.0,
            Type::Ref(entity) => self.described(*entity, value),
            Type::RefAny => UNRESOLVED,
            Type::Words(words) => {
                let told = words.iter().find(|word| schema.word(**word).as_bytes() == bytes);
                told.map_or_else(|| self.read_present(ty, value), |word| word.0)
            }
            _ => self.read_present(ty, value),
        }
    }

    pub(super) fn read_present(&mut self, ty: &Type, value: NodeId) -> u32 {
        let tree = self.facts.tree;
        let Some((text, _)) = tree.scalar_text(value) else {
            return self.wrong_type(ty, value);
        };
        self.read_text(ty, value, text)
    }

    fn read_text(&mut self, ty: &Type, value: NodeId, text: &str) -> u32 {
        let tree = self.facts.tree;
        match ty {
            // Nothing has an empty name: whoever leaves it empty does not know it.
            Type::Text | Type::TextNocase if text.trim().is_empty() => UNKNOWN,
            Type::Text | Type::TextNocase => value.0,
            Type::Version if scalar::is_version(text) => value.0,
            Type::Bool => match tree.scalar(value) {
                Scalar::Bool(flag) => u32::from(flag),
                _ => self.wrong_type(ty, value),
            },
            Type::Int => match tree.scalar(value) {
                Scalar::Int(number) => self.facts.number(number),
                _ => self.wrong_type(ty, value),
            },
            Type::Size => self.parsed(ty, value, scalar::parse_size(text)),
            Type::Duration => self.parsed(ty, value, scalar::parse_duration(text)),
            Type::Time => self.parsed(ty, value, scalar::parse_time(text)),
            Type::Words(words) => {
                let schema = self.facts.schema;
                if let Some(word) = words.iter().find(|word| schema.word(**word) == text) {
                    return word.0;
                }
                let message = format!("`{text}` is not one of the words allowed here");
                let near = nearest(text, words.iter().map(|word| schema.word(*word)));
                let told = Diagnostic::error("wrong-word", message, tree.span(value))
                    .help(format!("write {}", ty.expectation(schema)));
                self.diagnostics.push(respell::meant(told, tree, value, near));
                UNKNOWN
            }
            Type::Ref(_) | Type::RefAny => UNRESOLVED,
            _ => self.wrong_type(ty, value),
        }
    }

    fn parsed(&mut self, ty: &Type, value: NodeId, parsed: Option<i64>) -> u32 {
        match parsed {
            Some(number) => self.facts.number(number),
            None => self.wrong_type(ty, value),
        }
    }

    fn wrong_type(&mut self, ty: &Type, value: NodeId) -> u32 {
        let tree = self.facts.tree;
        let found = match tree.kind(value) {
            Kind::Mapping => "a mapping".to_owned(),
            Kind::Sequence => "a list".to_owned(),
            Kind::Scalar => format!("`{}`", shorten(tree.text(value))),
        };
        let unquoted = match resolve(tree.text(value), true, CoreTag::None) {
            Scalar::Int(_) => *ty == Type::Int,
            Scalar::Bool(_) => *ty == Type::Bool,
            _ => false,
        };
        // What would be right without its quotes is right but for them.
        let quoted = unquoted && tree.kind(value) == Kind::Scalar && !tree.is_plain(value);
        let found = if quoted { format!("{found} in quotes") } else { found };
        let name = tree.key_of(value).map(|key| format!("`{}`", tree.text(key)));
        let message = match name {
            Some(name) => format!("{name} has the wrong type: found {found}"),
            None => format!("this element has the wrong type: found {found}"),
        };
        let help = match quoted {
            true => format!("take the quotes away: `{}`", tree.text(value)),
            false => format!("write {}", ty.expectation(self.facts.schema)),
        };
        let span = self.shown(value);
        self.diagnostics.push(Diagnostic::error("wrong-type", message, span).help(help));
        UNKNOWN
    }
}

/// The bytes of a scalar that tells by its first letter that it is neither blank nor `unknown`, `none`, or one of the
/// spellings of `null`: nearly all of them.
#[inline(always)]
pub(super) fn told<'t>(tree: &'t Tree<'_>, value: NodeId) -> Option<&'t [u8]> {
    let (bytes, _) = tree.scalar_bytes(value)?;
    let first = bytes.first()?;
    (first.is_ascii_graphic() && !matches!(first, b'u' | b'n' | b'N' | b'~')).then_some(bytes)
}

/// Whether a scalar says that a fact is not known. JSON can write the word only in quotes, so they make no difference.
pub fn says_unknown(tree: &Tree<'_>, value: NodeId, text: &str) -> bool {
    // Nearly every scalar tells by its first letter that it is neither `unknown` nor one of the spellings of `null`.
    if !matches!(text.as_bytes().first(), None | Some(b'u' | b'n' | b'N' | b'~')) {
        return false;
    }
    text == "unknown" || matches!(tree.scalar(value), Scalar::Null)
}

pub(super) fn shorten(text: &str) -> String {
    const LONGEST: usize = 60;
    if text.chars().count() <= LONGEST {
        text.to_owned()
    } else {
        text.chars().take(LONGEST).chain(['…']).collect()
    }
}
