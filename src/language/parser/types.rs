//! The written types.

use nom::Parser;
use nom::combinator::opt;
use nom::sequence::{delimited, preceded};

use crate::language::ast::{Name, Type, TypeKind};
use crate::language::error::{Class, Expected, Special};
use crate::language::parser::input::{Parsed, Tokens};
use crate::language::parser::recovery::starts_declaration;
use crate::language::parser::{committed, field_name, nested, symbol, type_name, word};
use crate::language::token::{Symbol, TokenKind, Word};

/// `TYPE [ or none ]`
pub fn ty(input: Tokens) -> Parsed<Type> {
    nested(input, |input| {
        let start = input.here();
        let (rest, kind) = base(input)?;
        let ty = Type { span: rest.since(start), kind };
        if !rest.is_word(Word::Or) {
            rest.hope(Expected::word(Word::Or));
            return Ok((rest, ty));
        }
        let (rest, _) = committed(word(Word::None)(rest.next()))?;
        Ok((rest, Type { span: rest.since(start), kind: TypeKind::OrNone(Box::new(ty)) }))
    })
}

/// A type without `or none`.
fn base(input: Tokens) -> Parsed<TypeKind> {
    let next_is = |symbol| input.ahead(1).is_some_and(|next| next.is(symbol));
    match input.peek().map(|token| token.kind) {
        Some(TokenKind::TypeName) => type_name.map(TypeKind::Named).parse(input),
        Some(TokenKind::Symbol(Symbol::OpenBracket)) => {
            list.map(|ty| TypeKind::List(Box::new(ty))).parse(input)
        }
        Some(TokenKind::Word(_)) if next_is(Symbol::Pipe) => words(input),
        // In front of a colon stands the name of the next field: the type is missing.
        Some(TokenKind::Word(first)) if !next_is(Symbol::Colon) && !starts_declaration(input) => {
            let rest = input.next();
            match first {
                Word::Text => opt(word(Word::Nocase))
                    .map(|nocase| match (nocase, input.peek()) {
                        (None, Some(token)) => TypeKind::Named(input.named(token)),
                        _ => TypeKind::TextNocase,
                    })
                    .parse(rest),
                Word::Partial => list.map(|ty| TypeKind::Partial(Box::new(ty))).parse(rest),
                Word::Ref => referred.map(TypeKind::Ref).parse(rest),
                Word::Key => opt(preceded(word(Word::Ref), referred))
                    .map(|entity| entity.map_or(TypeKind::Key, TypeKind::KeyRef))
                    .parse(rest),
                Word::All => inverse.map(|(entity, by)| TypeKind::All { entity, by }).parse(rest),
                Word::One => inverse.map(|(entity, by)| TypeKind::One { entity, by }).parse(rest),
                word if word.is_reserved() => input.fail(Expected::class(Class::Type)),
                _ => field_name.map(TypeKind::Named).parse(input),
            }
        }
        _ => input.fail(Expected::class(Class::Type)),
    }
}

/// `[T]`
fn list(input: Tokens) -> Parsed<Type> {
    delimited(symbol(Symbol::OpenBracket), ty, symbol(Symbol::CloseBracket)).parse(input)
}

/// `Server`, or `any`
fn referred(input: Tokens) -> Parsed<Name> {
    if input.is_word(Word::Any) { field_name(input) } else { type_name(input) }
}

/// `Server by host`
fn inverse(input: Tokens) -> Parsed<(Name, Name)> {
    (type_name, preceded(word(Word::By), field_name)).parse(input)
}

/// `running | stopped`
fn words(input: Tokens) -> Parsed<TypeKind> {
    let mut words = Vec::new();
    let mut rest = input;
    loop {
        if rest.is_word(Word::None) {
            return rest.fail_with(Special::NoneWord);
        }
        if rest.word_ahead(0).is_some_and(Word::is_reserved) {
            return rest.fail(Expected::class(Class::Name));
        }
        let (after, name) = field_name(rest)?;
        words.push(name);
        match symbol(Symbol::Pipe)(after) {
            Ok((after, _)) => rest = after,
            Err(_) => return Ok((after, TypeKind::Words(words))),
        }
    }
}
