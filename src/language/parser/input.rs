//! The tokens as an input of nom, and what a run of the parser remembers beside them.
//!
//! [`Tokens`] is small and copied at each step; everything that changes lives in the [`Context`] behind it: how deep
//! the parser is, and what optional parts would have been accepted at the furthest place. nom forgets the latter when
//! an optional part does not match, yet without it a message could not say "an operator, `,` or `)`".

use std::cell::Cell;
use std::iter::{Copied, Enumerate};
use std::slice::Iter;

use nom::error::{ErrorKind, ParseError};
use nom::{IResult, Input, Needed};

use crate::language::ast::Name;
use crate::language::error::{self, Expected, Reporter, Special, SyntaxError};
use crate::language::parser::MAX_SPINE;
use crate::language::token::{Symbol, Token, TokenKind, Word};
use crate::source::{Span, Spanned};

/// What a production gives.
pub type Parsed<'a, T> = IResult<Tokens<'a>, T, SyntaxError>;

/// Where reading goes on, from a production whose value is put away already.
pub type Rest<'a> = Result<Tokens<'a>, nom::Err<SyntaxError>>;

/// What changes while the tokens are read.
#[derive(Debug)]
pub struct Context<'a> {
    /// The whole text of the file.
    pub text: &'a str,
    /// The tokens.
    tokens: &'a [Token],
    /// Where errors go.
    pub reporter: &'a Reporter,
    /// How deep the parser is.
    pub depth: Cell<u32>,
    /// Operators along the deepest way down what was read last.
    spine: Cell<u32>,
    /// What optional parts would have matched at the furthest place.
    hope: Cell<(u32, Expected)>,
    /// Offset at which the tokens end.
    end: u32,
    /// What the end is called.
    ending: &'static str,
}

impl<'a> Context<'a> {
    /// A context for the tokens up to `end`.
    pub fn new(
        text: &'a str,
        tokens: &'a [Token],
        reporter: &'a Reporter,
        end: usize,
        ending: &'static str,
    ) -> Self {
        Self {
            text,
            tokens,
            reporter,
            depth: Cell::new(0),
            spine: Cell::new(0),
            hope: Cell::new((0, Expected::default())),
            end: end as u32,
            ending,
        }
    }
}

/// The tokens from one place on.
#[derive(Clone, Copy, Debug)]
pub struct Tokens<'a> {
    /// Number of the next token.
    pub at: u32,
    end: u32,
    /// What changes while the tokens are read.
    pub context: &'a Context<'a>,
}

impl<'a> Tokens<'a> {
    /// All of the tokens.
    pub fn new(context: &'a Context<'a>) -> Self {
        Self { at: 0, end: context.tokens.len() as u32, context }
    }

    /// The next token.
    pub fn peek(self) -> Option<Token> {
        self.ahead(0)
    }

    /// A token further on.
    pub fn ahead(self, distance: u32) -> Option<Token> {
        let at = self.at + distance;
        if at < self.end { self.context.tokens.get(at as usize).copied() } else { None }
    }

    /// The word further on, where there is one.
    pub fn word_ahead(self, distance: u32) -> Option<Word> {
        self.ahead(distance).and_then(Token::word)
    }

    /// Whether the next token is this mark.
    pub fn is(self, symbol: Symbol) -> bool {
        self.peek().is_some_and(|token| token.is(symbol))
    }

    /// Whether the next token is this word.
    pub fn is_word(self, word: Word) -> bool {
        self.peek().is_some_and(|token| token.kind == TokenKind::Word(word))
    }

    /// Without the next token.
    pub fn next(self) -> Self {
        Self { at: (self.at + 1).min(self.end), ..self }
    }

    /// From the token with this number on, but never backwards.
    pub fn forward_to(self, at: u32) -> Self {
        Self { at: at.clamp(self.at, self.end), ..self }
    }

    /// Whether the next token stands in the first column of its line.
    pub fn is_first_column(self) -> bool {
        let before = self.peek().and_then(|token| token.start.checked_sub(1));
        before.is_none_or(|at| {
            matches!(self.context.text.as_bytes().get(at as usize), Some(b'\n' | b'\r'))
        })
    }

    /// Whether an empty line lies between the token that was read last and the next one.
    pub fn is_behind_blank_line(self) -> bool {
        let from = self.before().map_or(0, |token| token.end as usize);
        let between = self.context.text.get(from..self.here().start as usize).unwrap_or("");
        between.matches('\n').count() > 1
    }

    /// Whether nothing is left.
    pub fn is_end(self) -> bool {
        self.at >= self.end
    }

    /// The text of a token.
    pub fn text(self, token: Token) -> &'a str {
        self.context.text.get(token.start as usize..token.end as usize).unwrap_or("")
    }

    /// The place of a token.
    pub fn span(self, token: Token) -> Span {
        Span { file: self.context.reporter.file(), start: token.start, end: token.end }
    }

    /// The place of the next token, or the end.
    pub fn here(self) -> Span {
        let end = Span {
            file: self.context.reporter.file(),
            start: self.context.end,
            end: self.context.end,
        };
        self.peek().map_or(end, |token| self.span(token))
    }

    /// The token that was read last.
    pub fn before(self) -> Option<Token> {
        self.at.checked_sub(1).and_then(|at| self.context.tokens.get(at as usize)).copied()
    }

    /// From the start of a place to the token before the next one.
    pub fn since(self, start: Span) -> Span {
        Span { end: self.before().map_or(start.end, |token| token.end).max(start.start), ..start }
    }

    /// A token as a name.
    pub fn named(self, token: Token) -> Name {
        Spanned { value: self.text(token).to_owned(), span: self.span(token) }
    }

    /// Remembers that this would have been accepted here.
    pub fn hope(self, expected: Expected) {
        let (at, known) = self.context.hope.get();
        if self.at > at {
            self.context.hope.set((self.at, expected));
        } else if self.at == at {
            self.context.hope.set((at, known.and(expected)));
        }
    }

    /// Says that this was expected here.
    pub fn fail<T>(self, expected: Expected) -> Parsed<'a, T> {
        self.hope(expected);
        Err(nom::Err::Error(SyntaxError::expected(self.at, expected)))
    }

    /// Like [`Tokens::fail`], where nothing else can be tried.
    pub fn fail_with<T>(self, special: Special) -> Parsed<'a, T> {
        Err(nom::Err::Failure(SyntaxError::special(self.at, special)))
    }

    /// Starts counting operators anew, and gives the count so far.
    pub fn start_spine(self) -> u32 {
        self.context.spine.replace(0)
    }

    /// Counts one operator more on top of what was read so far.
    pub fn lengthen(self) -> Result<(), nom::Err<SyntaxError>> {
        let length = self.context.spine.get() + 1;
        self.context.spine.set(length);
        if length > MAX_SPINE {
            return Err(nom::Err::Failure(SyntaxError::special(self.at, Special::TooLong)));
        }
        Ok(())
    }

    /// Ends counting: what is around is as deep as its deepest part.
    pub fn end_spine(self, outer: u32) {
        self.context.spine.set(self.context.spine.get().max(outer));
    }

    /// Tells an error, joined with what optional parts would have accepted at the same place, and gives the number of
    /// the token at which it was found.
    pub fn report(self, error: nom::Err<SyntaxError>) -> u32 {
        self.report_about(error, None)
    }

    /// Like [`Tokens::report`], with a second place that explains the first.
    pub fn report_about(self, error: nom::Err<SyntaxError>, other: Option<(Span, &str)>) -> u32 {
        let error = match error {
            nom::Err::Error(error) | nom::Err::Failure(error) => error,
            nom::Err::Incomplete(_) => SyntaxError::expected(self.at, Expected::default()),
        };
        let (at, expected) = self.context.hope.get();
        let error = error.merge(SyntaxError::expected(at, expected));
        self.context.hope.set((error.at, Expected::default()));
        let place = Self { at: error.at, ..self };
        let found = place.peek();
        if found.is_some_and(|token| token.kind == TokenKind::Unknown) && error.special.is_none() {
            self.context.reporter.set_broken();
            return error.at;
        }
        let found = found.map(|token| (token, self.text(token)));
        let mut diagnostic = error::describe(error, found, place.here(), self.context.ending);
        if let Some((span, message)) = other {
            diagnostic = diagnostic.label(span, message);
        }
        self.context.reporter.push(diagnostic);
        error.at
    }

    /// The error that this was expected here.
    pub fn error(self, expected: Expected) -> nom::Err<SyntaxError> {
        nom::Err::Error(SyntaxError::expected(self.at, expected))
    }
}

impl<'a> Input for Tokens<'a> {
    type Item = Token;
    type Iter = Copied<Iter<'a, Token>>;
    type IterIndices = Enumerate<Self::Iter>;

    fn input_len(&self) -> usize {
        (self.end - self.at) as usize
    }

    fn take(&self, index: usize) -> Self {
        Self { end: (self.at + index as u32).min(self.end), ..*self }
    }

    fn take_from(&self, index: usize) -> Self {
        Self { at: (self.at + index as u32).min(self.end), ..*self }
    }

    fn take_split(&self, index: usize) -> (Self, Self) {
        (self.take_from(index), self.take(index))
    }

    fn position<P: Fn(Token) -> bool>(&self, predicate: P) -> Option<usize> {
        self.iter_elements().position(predicate)
    }

    fn iter_elements(&self) -> Self::Iter {
        self.context.tokens.get(self.at as usize..self.end as usize).unwrap_or(&[]).iter().copied()
    }

    fn iter_indices(&self) -> Self::IterIndices {
        self.iter_elements().enumerate()
    }

    fn slice_index(&self, count: usize) -> Result<usize, Needed> {
        if count <= self.input_len() {
            Ok(count)
        } else {
            Err(Needed::new(count - self.input_len()))
        }
    }
}

impl<'a> ParseError<Tokens<'a>> for SyntaxError {
    fn from_error_kind(input: Tokens<'a>, _: ErrorKind) -> Self {
        SyntaxError::expected(input.at, Expected::default())
    }

    fn append(_: Tokens<'a>, _: ErrorKind, other: Self) -> Self {
        other
    }

    fn or(self, other: Self) -> Self {
        self.merge(other)
    }
}
