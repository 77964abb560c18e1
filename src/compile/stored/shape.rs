//! What each part of a rule set is stored as.
//!
//! Owns one line for each type: the fields in order, or the variants with their fields. A field or variant that is
//! missing here does not compile.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use crate::builtins::{BUILTINS, Builtin};
use crate::compile::ir::{
    Binding, Clause, Const, Costs, Define, Document, Expr, Fix, Index, IndexKey, Kind, Level, Part,
    Question, Renewal, Rule, RuleSet, Scan, Supposition, Template,
};
use crate::compile::pattern::Pattern;
use crate::compile::remedy::{Effect, Remedy, Takes, Undo};
use crate::compile::stored::{Reader, Stored, Writer};
use crate::compile::weight::Waivable;
use crate::language::ast::{Comparison, Literal, Quantifier, RuleKind};
use crate::scalar::How;
use crate::schema::types::{Completeness, InverseId, Item, Reading, Type, WordId};
use crate::schema::{Field, Inverse, Schema, TypeDef, TypeId, TypeKind};
use crate::source::Span;

/// A struct: its fields, one after the other.
macro_rules! fields {
    ($($ty:ident { $($field:ident),* })*) => {$(
        impl Stored for $ty {
            fn write(&self, to: &mut Writer) {
                let Self { $($field),* } = self;
                $($field.write(to);)*
            }

            fn read(from: &mut Reader<'_>) -> Self {
                $(let $field = from.take();)*
                Self { $($field),* }
            }
        }
    )*};
}

/// An enumeration: the number of the variant, and its fields, one after the other.
macro_rules! variants {
    ($($ty:ident { $($tag:literal = $variant:ident $(($($part:ident),*))? $({ $($field:ident),* })?,)* })*) => {$(
        impl Stored for $ty {
            fn write(&self, to: &mut Writer) {
                match self {
                    $($ty::$variant $(($($part),*))? $({ $($field),* })? => {
                        to.byte($tag);
                        $($($part.write(to);)*)?
                        $($($field.write(to);)*)?
                    })*
                }
            }

            fn read(from: &mut Reader<'_>) -> Self {
                match from.byte() {
                    $($tag => {
                        $($(let $part = from.take();)*)?
                        $($(let $field = from.take();)*)?
                        $ty::$variant $(($($part),*))? $({ $($field),* })?
                    })*
                    tag => unreachable!("{} has no variant {tag}", stringify!($ty)),
                }
            }
        }
    )*};
}

/// A number of its own type.
macro_rules! numbers {
    ($($ty:ident)*) => {$(
        impl Stored for $ty {
            fn write(&self, to: &mut Writer) {
                to.number(self.0.into());
            }

            fn read(from: &mut Reader<'_>) -> Self {
                $ty(from.number() as _)
            }
        }
    )*};
}

fields! {
    Document { name, title, revision, clauses }
    Clause { id, title, note, reason, span }
    Rule { id, kind, level, title, clauses, bindings, filter, condition, negated, grace, because, why, whether, see, blocks, waivable, fixes, span }
    Binding { each, name, local, value }
    Fix { remedy, each, arguments, span }
    Remedy { name, params, action, at, run, role, needs, effects, expects, takes, undo, warning, consent, after, span }
    Supposition { field, title, fixes }
    Renewal { ty, field, within, condition }
    Question { ask, find }
    Template { parts }
    Expr { kind, ty, span }
    Scan { list, local, filter, index }
    Index { id, keys }
    IndexKey { element, other, how, field }
    Define { id, params, body, kept, costs }
    Costs { heavy, reads_environment, scans }
    TypeDef { name, kind, title, fields, key, slots, span }
    Field { name, ty, slot, title, ask, find, default, default_word, stale_after, span }
    Inverse { target, source, by, one }
    RuleSet {
        name, title, when, gated, schema, documents, rules, remedies, unit_filter, unit_done, suppositions, roles, questions, renewals, memos, indices, defines, locals
    }
}

variants! {
    Waivable { 0 = Never, 1 = AtMost(longest), }
    Level { 0 = Error, 1 = Warning, 2 = Note, }
    RuleKind { 0 = Prerequisite, 1 = Unsupported, 2 = Advisory, }
    Quantifier { 0 = All, 1 = Any, 2 = No, }
    Comparison { 0 = Equal, 1 = NotEqual, 2 = Less, 3 = LessOrEqual, 4 = Greater, 5 = GreaterOrEqual, }
    How { 0 = Plain, 1 = Nocase, 2 = Version, }
    TypeKind { 0 = Environment, 1 = Entity, 2 = Record, }
    Completeness { 0 = Complete, 1 = Partial, }
    Item { 0 = Bool, 1 = Number, 2 = Text, 3 = Word, 4 = Row, 5 = Nothing, }
    Reading { 0 = One(item), 1 = Record, 2 = MaybeRecord, 3 = List(item, extent), 4 = Never, }
    Const { 0 = Bool(flag), 1 = Number(number), 2 = Text(text), 3 = Word(word), 4 = None, }
    Literal {
        0 = Bool(flag), 1 = None, 2 = Int(number), 3 = Size(number), 4 = Duration(number), 5 = Version(text), 6 = Text(text),
    }
    Takes { 0 = Known(length), 1 = Unknown, }
    Undo { 0 = By(text), 1 = Never, 2 = Needless, }
    Part { 0 = Text(text), 1 = Expr(expr), }
    Effect {
        0 = Set { base, owner, field, value },
        1 = Add { base, owner, field, value },
        2 = Remove { base, owner, field, local, filter },
        3 = Create { ty, list, local, fields },
    }
    Kind {
        0 = Const(literal),
        1 = Local(local),
        2 = Now,
        3 = Field { base, owner, field, slot, reading },
        4 = Inverse { base, inverse, one },
        5 = Map { scan, body, flatten },
        6 = The(scan),
        7 = Choose(scan, prefer),
        8 = Quantified(quantifier, scan, body),
        9 = List(items),
        10 = Make(ty, fields),
        11 = If(condition, then, other),
        12 = And(left, right),
        13 = Or(left, right),
        14 = Not(operand),
        15 = Compare { op, how, left, right },
        16 = In { element, list, how },
        17 = Matches(operand, pattern),
        18 = IsEmpty(list),
        19 = IsKnown(operand),
        20 = AreEqual(list, how),
        21 = AreUnique(list, how),
        22 = IsUniqueIn(element, list, how),
        23 = Otherwise(left, right),
        24 = Add(left, right),
        25 = Subtract(left, right),
        26 = Call(function, arguments),
        27 = Invoke(define, arguments),
        28 = Memo(cell, locals, body),
        29 = Table(cell, locals, body),
        30 = Holders(element, list, how),
    }
}

numbers! { TypeId WordId InverseId }

/// Writes of what a type is made, other types by their numbers.
pub fn write_type(ty: &Type, to: &mut Writer) {
    let (tag, inner) = match ty {
        Type::Text => (0, None),
        Type::TextNocase => (1, None),
        Type::Bool => (2, None),
        Type::Int => (3, None),
        Type::Size => (4, None),
        Type::Duration => (5, None),
        Type::Time => (6, None),
        Type::Version => (7, None),
        Type::Words(_) => (8, None),
        Type::Row(_) => (9, None),
        Type::Ref(_) => (10, None),
        Type::RefAny => (11, None),
        Type::List(element, Completeness::Complete) => (12, Some(element)),
        Type::List(element, Completeness::Partial) => (13, Some(element)),
        Type::OrNone(inner) => (14, Some(inner)),
        Type::All(_) => (15, None),
        Type::One(_) => (16, None),
        Type::None => (17, None),
        Type::Error => (18, None),
    };
    to.byte(tag);
    if let Some(inner) = inner {
        to.ty(inner);
    }
    match ty {
        Type::Words(words) => {
            to.number(words.len() as u64);
            words.iter().for_each(|word| word.write(to));
        }
        Type::Row(id) | Type::Ref(id) => id.write(to),
        Type::All(inverse) | Type::One(inverse) => inverse.write(to),
        _ => {}
    }
}

/// Reads a type that is made of those before it.
pub fn read_type(from: &mut Reader<'_>, known: &[Type]) -> Type {
    let inner = |from: &mut Reader<'_>| Arc::new(known[from.length()].clone());
    match from.byte() {
        0 => Type::Text,
        1 => Type::TextNocase,
        2 => Type::Bool,
        3 => Type::Int,
        4 => Type::Size,
        5 => Type::Duration,
        6 => Type::Time,
        7 => Type::Version,
        8 => Type::Words(from.take::<Vec<WordId>>().into()),
        9 => Type::Row(from.take()),
        10 => Type::Ref(from.take()),
        11 => Type::RefAny,
        12 => Type::List(inner(from), Completeness::Complete),
        13 => Type::List(inner(from), Completeness::Partial),
        14 => Type::OrNone(inner(from)),
        15 => Type::All(from.take()),
        16 => Type::One(from.take()),
        17 => Type::None,
        18 => Type::Error,
        tag => unreachable!("no type has number {tag}"),
    }
}

impl Stored for Type {
    fn write(&self, to: &mut Writer) {
        to.ty(self);
    }

    fn read(from: &mut Reader<'_>) -> Self {
        from.ty().clone()
    }
}

impl Stored for Arc<Define> {
    fn write(&self, to: &mut Writer) {
        to.define(self);
    }

    fn read(from: &mut Reader<'_>) -> Self {
        from.define()
    }
}

impl Stored for &'static Builtin {
    fn write(&self, to: &mut Writer) {
        let at = BUILTINS.iter().position(|builtin| builtin.name == self.name);
        to.number(at.expect("a builtin is in the table") as u64);
    }

    fn read(from: &mut Reader<'_>) -> Self {
        &BUILTINS[from.length()]
    }
}

impl Stored for Pattern {
    fn write(&self, to: &mut Writer) {
        self.as_str().to_owned().write(to);
        self.how().write(to);
    }

    fn read(from: &mut Reader<'_>) -> Self {
        Pattern::checked(from.take(), from.take())
    }
}

impl Stored for Schema {
    fn write(&self, to: &mut Writer) {
        let types: Vec<_> = self.types().map(|(_, def)| def).collect();
        let inverses: Vec<_> = self.inverses().map(|(_, inverse)| inverse).collect();
        to.number(types.len() as u64);
        types.iter().for_each(|def| def.write(to));
        let words: Vec<String> = self.words().map(str::to_owned).collect();
        words.write(to);
        to.number(inverses.len() as u64);
        inverses.iter().for_each(|inverse| inverse.write(to));
        self.unit.write(to);
    }

    fn read(from: &mut Reader<'_>) -> Self {
        let (types, words, inverses) = (from.take(), from.take(), from.take());
        Schema::restored(types, words, inverses, from.take())
    }
}

impl Stored for Span {
    fn write(&self, to: &mut Writer) {
        let file = to.files.iter().position(|file| *file == self.file).unwrap_or_default();
        to.number(file as u64);
        to.number(self.start.into());
        to.number((self.end - self.start).into());
    }

    fn read(from: &mut Reader<'_>) -> Self {
        let file = from.length();
        let (start, length) = (from.number() as u32, from.number() as u32);
        Span { file: from.pool.files[file], start, end: start + length }
    }
}

impl Stored for bool {
    fn write(&self, to: &mut Writer) {
        to.byte(u8::from(*self));
    }

    fn read(from: &mut Reader<'_>) -> Self {
        from.byte() == 1
    }
}

impl Stored for u32 {
    fn write(&self, to: &mut Writer) {
        to.number((*self).into());
    }

    fn read(from: &mut Reader<'_>) -> Self {
        from.number() as u32
    }
}

impl Stored for usize {
    fn write(&self, to: &mut Writer) {
        to.number(*self as u64);
    }

    fn read(from: &mut Reader<'_>) -> Self {
        from.length()
    }
}

impl Stored for i64 {
    fn write(&self, to: &mut Writer) {
        // The sign goes last, so that small numbers are short on both sides of zero.
        to.number(((*self as u64) << 1) ^ ((*self >> 63) as u64));
    }

    fn read(from: &mut Reader<'_>) -> Self {
        let number = from.number();
        (number >> 1) as i64 ^ -((number & 1) as i64)
    }
}

impl Stored for String {
    fn write(&self, to: &mut Writer) {
        to.block(self.as_bytes());
    }

    fn read(from: &mut Reader<'_>) -> Self {
        from.text().to_owned()
    }
}

impl Stored for Cow<'static, str> {
    fn write(&self, to: &mut Writer) {
        to.block(self.as_bytes());
    }

    fn read(from: &mut Reader<'_>) -> Self {
        Cow::Borrowed(from.text())
    }
}

impl Stored for Arc<str> {
    fn write(&self, to: &mut Writer) {
        to.block(self.as_bytes());
    }

    fn read(from: &mut Reader<'_>) -> Self {
        from.text().into()
    }
}

impl<T: Stored> Stored for Box<T> {
    fn write(&self, to: &mut Writer) {
        T::write(self, to);
    }

    fn read(from: &mut Reader<'_>) -> Self {
        Box::new(from.take())
    }
}

impl<T: Stored> Stored for Option<T> {
    fn write(&self, to: &mut Writer) {
        to.byte(u8::from(self.is_some()));
        if let Some(value) = self {
            value.write(to);
        }
    }

    fn read(from: &mut Reader<'_>) -> Self {
        (from.byte() == 1).then(|| from.take())
    }
}

impl<T: Stored> Stored for Vec<T> {
    fn write(&self, to: &mut Writer) {
        to.number(self.len() as u64);
        self.iter().for_each(|item| item.write(to));
    }

    fn read(from: &mut Reader<'_>) -> Self {
        let length = from.length();
        (0..length).map(|_| from.take()).collect()
    }
}

impl<A: Stored, B: Stored> Stored for (A, B) {
    fn write(&self, to: &mut Writer) {
        self.0.write(to);
        self.1.write(to);
    }

    fn read(from: &mut Reader<'_>) -> Self {
        let first = from.take();
        (first, from.take())
    }
}

impl Stored for BTreeMap<String, String> {
    fn write(&self, to: &mut Writer) {
        to.number(self.len() as u64);
        self.iter().for_each(|(key, value)| {
            key.write(to);
            value.write(to);
        });
    }

    fn read(from: &mut Reader<'_>) -> Self {
        from.take::<Vec<(String, String)>>().into_iter().collect()
    }
}
