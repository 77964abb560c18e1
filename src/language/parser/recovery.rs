//! Where reading goes on after an error.
//!
//! Owns the decision what starts a declaration or a part, from the shape of the text alone: a broken declaration hides
//! no other one. Line breaks have no meaning in the language, but they are the best witness of what an author meant,
//! so they are used here and only here.

use crate::language::error::Expected;
use crate::language::parser::input::{Parsed, Tokens};
use crate::language::token::{Symbol, TokenKind, Word};

/// Whether a role is declared here: in a remedy, where the word opens a part, no text follows the name.
pub fn declares_role(input: Tokens) -> bool {
    let is_text = |kind: &TokenKind| matches!(kind, TokenKind::String | TokenKind::OpenString);
    input.is_word(Word::Role)
        && input.peek().is_some_and(|token| token.first)
        && input.word_ahead(1).is_some()
        && input.ahead(2).is_some_and(|third| is_text(&third.kind))
}

/// Whether fields are added to a type here.
pub fn extends(input: Tokens) -> bool {
    input.is_word(Word::Extend)
        && input.peek().is_some_and(|token| token.first)
        && input.word_ahead(1).is_some_and(|word| Word::TYPES.contains(&word))
}

/// Whether it is said here what is supposed: a name and a sentence follow.
pub fn supposes(input: Tokens) -> bool {
    let is_text = |kind: &TokenKind| matches!(kind, TokenKind::String | TokenKind::OpenString);
    input.is_word(Word::Suppose)
        && input.peek().is_some_and(|token| token.first)
        && input.word_ahead(1).is_some()
        && input.ahead(2).is_some_and(|third| is_text(&third.kind))
}

/// Whether a declaration starts here: its word is the first of a line, and what follows fits.
pub fn starts_declaration(input: Tokens) -> bool {
    let Some(token) = input.peek() else { return false };
    if declares_role(input) || extends(input) || supposes(input) {
        return true;
    }
    let Some(word) = token.word().filter(|word| word.is_declaration() && token.first) else {
        return false;
    };
    let Some(next) = input.ahead(1) else { return true };
    if input.is_first_column() {
        // In the first column: whatever follows, unless the word is used as a name.
        return match next.kind {
            TokenKind::Symbol(symbol) => symbol == Symbol::OpenBrace,
            TokenKind::Word(word) => !Word::INFIX.contains(&word),
            _ => true,
        };
    }
    match word {
        Word::Environment => next.is(Symbol::OpenBrace),
        Word::Entity | Word::Record | Word::Unit => next.kind == TokenKind::TypeName,
        Word::Prerequisite | Word::Unsupported | Word::Advisory => next.kind == TokenKind::Id,
        _ => next.word().is_some() && !input.ahead(2).is_some_and(|third| third.is(Symbol::Assign)),
    }
}

/// Whether a word that opens parts stands here to open one, although a name is expected: what follows could not
/// follow a name.
pub fn opens_part(input: Tokens) -> bool {
    let Some(word) = input.word_ahead(0).filter(|word| word.is_part()) else { return false };
    let Some(next) = input.ahead(1) else { return false };
    match next.kind {
        TokenKind::Word(next) => {
            let goes_on = Word::INFIX.contains(&next)
                || matches!(
                    next,
                    Word::Then | Word::Else | Word::For | Word::Where | Word::Prefer | Word::To
                )
                || next.is_part()
                || (Word::EFFECTS.contains(&next) && word != Word::Effect)
                || starts_declaration(input.next());
            !goes_on
                && !input
                    .ahead(2)
                    .is_some_and(|third| third.is(Symbol::Assign) && word != Word::Let)
        }
        TokenKind::String
        | TokenKind::OpenString
        | TokenKind::Number
        | TokenKind::Id
        | TokenKind::TypeName => true,
        _ => false,
    }
}

/// Skips to the next declaration.
pub fn to_declaration(input: Tokens) -> Tokens {
    skip(input, |input| starts_declaration(input))
}

/// Skips to the brace that opens the body of a declaration, not beyond its first part.
pub fn to_body<'a>(input: Tokens<'a>, starts: impl Fn(Tokens<'a>) -> bool) -> Tokens<'a> {
    skip(input, |input| {
        input.is(Symbol::OpenBrace)
            || input.is(Symbol::CloseBrace)
            || starts_declaration(input)
            || (starts(input) && input.peek().is_some_and(|token| token.first))
    })
}

/// Skips to the next part of a body, or to its closing brace, behind an error in the part that starts here; the token
/// with the number `at` is the first one that may be it.
pub fn to_part<'a>(input: Tokens<'a>, at: u32, starts: impl Fn(Tokens<'a>) -> bool) -> Tokens<'a> {
    let mut open = 0_u32;
    let mut rest = input;
    while let Some(token) = rest.peek() {
        if rest.at >= at && (starts_declaration(rest) || starts(rest)) {
            break;
        }
        if token.is(Symbol::OpenBrace) {
            open += 1;
        } else if token.is(Symbol::CloseBrace) {
            if rest.at >= at && open == 0 && !is_brace_too_many(rest, &starts) {
                break;
            }
            open = open.saturating_sub(1);
        }
        rest = rest.next();
    }
    rest
}

/// Whether the body plainly goes on behind a closing brace, or ends with the one behind it.
fn is_brace_too_many<'a>(input: Tokens<'a>, starts: &impl Fn(Tokens<'a>) -> bool) -> bool {
    let rest = input.next();
    let last =
        rest.is(Symbol::CloseBrace) && (rest.next().is_end() || starts_declaration(rest.next()));
    last || (starts(rest) && !starts_declaration(rest))
}

fn skip<'a>(input: Tokens<'a>, stop: impl Fn(Tokens<'a>) -> bool) -> Tokens<'a> {
    let mut rest = input;
    while !rest.is_end() && !stop(rest) {
        rest = rest.next();
    }
    rest
}

/// Whether one of these words opens a part here, as the first of its line.
pub fn part_on_new_line<'a>(words: &'static [Word]) -> impl Fn(Tokens<'a>) -> bool + Copy {
    move |input| {
        let Some(token) = input.peek().filter(|token| token.first) else { return false };
        token.word().is_some_and(|word| words.contains(&word))
            && !input.ahead(1).is_some_and(|next| {
                matches!(
                    next.kind,
                    TokenKind::Symbol(Symbol::Assign | Symbol::Colon | Symbol::Dot | Symbol::Equal)
                )
            })
    }
}

/// `{ PART … }`: reads parts up to the closing brace, and goes on behind a broken one.
pub fn body<'a>(
    input: Tokens<'a>,
    expected: Expected,
    starts: impl Fn(Tokens<'a>) -> bool + Copy,
    mut part: impl FnMut(Tokens<'a>) -> Parsed<'a, ()>,
) -> Tokens<'a> {
    let mut rest = input;
    let mut open = None;
    if let Some(token) = rest.peek().filter(|token| token.is(Symbol::OpenBrace)) {
        open = Some(rest.span(token));
        rest = rest.next();
    } else {
        // A missing brace is told once, and not again where the head was broken already.
        if !rest.context.reporter.is_broken() {
            let expected = rest.fail::<()>(Expected::symbol(Symbol::OpenBrace));
            if let Err(error) = expected {
                rest.report(error);
            }
        }
        rest = to_body(rest, starts);
        if rest.is(Symbol::OpenBrace) {
            rest = rest.next();
        } else if !starts(rest) {
            return if rest.is(Symbol::CloseBrace) { rest.next() } else { rest };
        }
    }
    loop {
        if rest.is(Symbol::CloseBrace) {
            return rest.next();
        }
        if rest.is_end() || starts_declaration(rest) || rest.context.reporter.is_full() {
            rest.hope(Expected::symbol(Symbol::CloseBrace));
            rest.report_about(rest.error(expected), open.map(|span| (span, "opened here")));
            return rest;
        }
        rest.hope(Expected::symbol(Symbol::CloseBrace));
        match part(rest) {
            Ok((after, ())) => rest = after,
            Err(error) => {
                // At least one token on, or the same part would be tried for ever.
                let at = rest.report(error);
                rest = to_part(rest, at.max(rest.at + 1), starts);
            }
        }
    }
}
