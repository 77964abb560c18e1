//! Tokens to tree: the parts all productions share.
//!
//! One function of nom's shape per production, in the submodules. Productions look at the next token and then commit,
//! so that nothing is read twice and every error is final where it happens; binary operators are folded, never
//! recursed into from the left. Two limits keep every later walk over the tree safe: [`nested`] bounds the depth, and
//! [`Tokens::lengthen`] the rows of operators.

pub mod effects;
pub mod expressions;
pub mod input;
pub mod items;
pub mod parts;
pub mod recovery;
pub mod text;
pub mod types;

use nom::Parser;

use crate::language::ast::Name;
use crate::language::error::{Class, Expected, Special, SyntaxError};
use crate::language::parser::input::{Parsed, Tokens};
use crate::language::parser::recovery::starts_declaration;
use crate::language::token::{Symbol, Token, TokenKind, Word};
use crate::source::{Span, Spanned};

/// How deeply expressions and types may nest.
pub const MAX_DEPTH: u32 = 64;

/// How many operators may stand in a row, counted along the deepest way down the tree.
pub const MAX_SPINE: u32 = 500;

/// This word.
pub fn word<'a>(wanted: Word) -> impl Fn(Tokens<'a>) -> Parsed<'a, Token> {
    move |input| match input.peek() {
        Some(token) if token.kind == TokenKind::Word(wanted) => Ok((input.next(), token)),
        _ => input.fail(Expected::word(wanted)),
    }
}

/// This mark.
pub fn symbol<'a>(wanted: Symbol) -> impl Fn(Tokens<'a>) -> Parsed<'a, Token> {
    move |input| match input.peek() {
        Some(token) if token.is(wanted) => Ok((input.next(), token)),
        _ => input.fail(Expected::symbol(wanted)),
    }
}

/// Any word as the name of a field: behind a dot and in front of a colon nothing else could stand.
pub fn field_name(input: Tokens) -> Parsed<Name> {
    match input.peek() {
        Some(token) if token.word().is_some() && !starts_declaration(input) => {
            Ok((input.next(), input.named(token)))
        }
        _ => input.fail(Expected::class(Class::Name)),
    }
}

/// A name that is given to something; words that an expression needs for itself cannot be given.
pub fn name(input: Tokens) -> Parsed<Name> {
    if input.word_ahead(0).is_some_and(Word::is_reserved) {
        return input.fail(Expected::class(Class::Name));
    }
    field_name(input)
}

/// A name with a capital.
pub fn type_name(input: Tokens) -> Parsed<Name> {
    match input.peek() {
        Some(token) if token.kind == TokenKind::TypeName => Ok((input.next(), input.named(token))),
        _ => input.fail(Expected::class(Class::TypeName)),
    }
}

/// `ABC-001`
pub fn id(input: Tokens) -> Parsed<Name> {
    match input.peek() {
        Some(token) if token.kind == TokenKind::Id => Ok((input.next(), input.named(token))),
        _ => input.fail(Expected::class(Class::Id)),
    }
}

/// A plain string, in which braces mean nothing.
pub fn string(input: Tokens) -> Parsed<Name> {
    match input.peek() {
        Some(token) if token.is_string() => Ok((input.next(), text::plain(input, token))),
        _ => input.fail(Expected::class(Class::String)),
    }
}

/// `[ ( a, b ) ]`: nothing, or a list in parentheses.
pub fn arguments<'a, T>(
    item: impl Parser<Tokens<'a>, Output = T, Error = SyntaxError>,
) -> impl Parser<Tokens<'a>, Output = Vec<T>, Error = SyntaxError> {
    nom::combinator::opt(in_parentheses(item)).map(Option::unwrap_or_default)
}

/// `( a, b )`
pub fn in_parentheses<'a, T>(
    item: impl Parser<Tokens<'a>, Output = T, Error = SyntaxError>,
) -> impl Parser<Tokens<'a>, Output = Vec<T>, Error = SyntaxError> {
    list(Symbol::OpenParen, item, Symbol::CloseParen)
}

/// A list with commas between two marks; behind the first mark and behind a comma the way back is cut.
fn list<'a, T>(
    open: Symbol,
    mut item: impl Parser<Tokens<'a>, Output = T, Error = SyntaxError>,
    close: Symbol,
) -> impl Parser<Tokens<'a>, Output = Vec<T>, Error = SyntaxError> {
    move |input: Tokens<'a>| {
        let (mut rest, _) = symbol(open)(input)?;
        let mut items = Vec::new();
        if let Ok((rest, _)) = symbol(close)(rest) {
            return Ok((rest, items));
        }
        loop {
            let (after, value) = committed(item.parse(rest))?;
            items.push(value);
            if let Ok((after, _)) = symbol(Symbol::Comma)(after) {
                rest = after;
            } else {
                let (after, _) = committed(symbol(close)(after))?;
                return Ok((after, items));
            }
        }
    }
}

/// Makes an error final, as `cut` does for a parser.
pub fn committed<T>(result: Parsed<T>) -> Parsed<T> {
    result.map_err(|error| match error {
        nom::Err::Error(error) => nom::Err::Failure(error),
        other => other,
    })
}

/// Every cycle of the grammar goes through here, so that no text can nest more deeply than a thread's stack is.
pub fn nested<'a, T>(
    input: Tokens<'a>,
    inner: impl FnOnce(Tokens<'a>) -> Parsed<'a, T>,
) -> Parsed<'a, T> {
    let depth = &input.context.depth;
    if depth.get() >= MAX_DEPTH {
        return Err(nom::Err::Failure(SyntaxError::special(input.at, Special::TooDeep)));
    }
    depth.set(depth.get() + 1);
    let result = inner(input);
    depth.set(depth.get() - 1);
    result
}

/// A name that is missing, at the place where it should stand.
pub fn missing_name(at: Span) -> Name {
    Spanned { value: String::new(), span: Span { end: at.start, ..at } }
}
