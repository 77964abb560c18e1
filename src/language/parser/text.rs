//! Strings: plain ones, and texts with `{expressions}` inside.
//!
//! The expressions are read in place, from the same file, so that an error in one points to where it is written.

use crate::diagnostic::Diagnostic;
use crate::language::ast::{Expr, ExprKind, Name, Text, TextPart};
use crate::language::error::{Class, Expected, SYNTAX, shown};
use crate::language::lexer;
use crate::language::parser::expressions::expression;
use crate::language::parser::input::{Context, Parsed, Tokens};
use crate::language::parser::symbol;
use crate::language::token::{Symbol, Token, TokenKind};
use crate::source::{Span, Spanned};

/// The value of a plain string, with its escapes resolved.
pub fn plain(input: Tokens, token: Token) -> Name {
    let content = content(input, token);
    let raw = slice(input, content);
    let mut value = String::with_capacity(raw.len());
    unescape(input, raw, content.0, &mut value);
    Spanned { value, span: input.span(token) }
}

/// `"text with {expressions}"`
pub fn text(input: Tokens) -> Parsed<Text> {
    let Some(token) = input.peek().filter(|token| token.is_string()) else {
        return input.fail(Expected::class(Class::String));
    };
    let (mut at, end) = content(input, token);
    let mut parts = Vec::new();
    let mut literal = String::new();
    while at < end {
        let rest = slice(input, (at, end));
        let brace = rest.bytes().position(|byte| matches!(byte, b'{' | b'}'));
        let brace = brace.unwrap_or(rest.len());
        unescape(input, rest.get(..brace).unwrap_or(""), at, &mut literal);
        let doubled = rest.get(brace..brace + 2).is_some_and(|two| two == "{{" || two == "}}");
        at += brace;
        if at >= end {
            break;
        }
        let opens = rest.as_bytes().get(brace) == Some(&b'{');
        if doubled || token.kind == TokenKind::OpenString {
            literal.push(if opens { '{' } else { '}' });
            at += if doubled { 2 } else { 1 };
            continue;
        }
        let closed = if opens { closing(rest.get(brace..).unwrap_or("")) } else { None };
        let Some(length) = closed else {
            let (message, help) = if opens {
                ("this `{` is not closed", "close it with `}`, or write `{{` for a brace")
            } else {
                ("this `}` closes nothing", "write `}}` for a brace")
            };
            let span = Span::new(input.context.reporter.file(), at, at + 1);
            input.context.reporter.push(Diagnostic::error(SYNTAX, message, span).help(help));
            at += 1;
            continue;
        };
        if !literal.is_empty() {
            parts.push(TextPart::Literal(std::mem::take(&mut literal)));
        }
        parts.push(TextPart::Expr(embedded(input, at + 1, at + length)));
        at += length;
    }
    if !literal.is_empty() {
        parts.push(TextPart::Literal(literal));
    }
    Ok((input.next(), Text { span: input.span(token), parts }))
}

/// The expression between two braces; `end` lies behind the closing one.
fn embedded(input: Tokens, start: usize, end: usize) -> Expr {
    let outer = input.context;
    let (tokens, _) = lexer::lex(outer.text, start, end, outer.reporter);
    let context = Context::new(outer.text, &tokens, outer.reporter, end, "the end of the text");
    let inside = Tokens::new(&context);
    let read = expression(inside).and_then(|(rest, expr)| {
        let (rest, _) = symbol(Symbol::CloseBrace)(rest)?;
        Ok((rest, expr))
    });
    match read {
        Ok((_, expr)) => expr,
        Err(error) => {
            inside.report(error);
            let span = Span::new(outer.reporter.file(), start, end.saturating_sub(1).max(start));
            Expr { span, kind: Box::new(ExprKind::Error) }
        }
    }
}

/// Length up to and with the brace that closes the first one.
fn closing(text: &str) -> Option<usize> {
    let mut open = 0_usize;
    for (at, byte) in text.bytes().enumerate() {
        match byte {
            b'{' => open += 1,
            b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        if open == 0 {
            return Some(at + 1);
        }
    }
    None
}

/// The offsets between the quotes; a string that is not closed was reported by the lexer.
fn content(input: Tokens, token: Token) -> (usize, usize) {
    let closed = token.kind == TokenKind::String;
    if !closed {
        input.context.reporter.set_broken();
    }
    (token.start as usize + 1, token.end as usize - usize::from(closed))
}

fn slice<'a>(input: Tokens<'a>, (start, end): (usize, usize)) -> &'a str {
    input.context.text.get(start..end).unwrap_or("")
}

/// Appends a piece of a string that starts at `offset`.
fn unescape(input: Tokens, raw: &str, offset: usize, value: &mut String) {
    let mut rest = raw;
    while let Some(at) = rest.bytes().position(|byte| byte == b'\\') {
        let (before, escape) = rest.split_at(at);
        value.push_str(before);
        let mut characters = escape.chars();
        characters.next();
        match characters.next() {
            Some('n') => value.push('\n'),
            Some(character @ ('"' | '\\')) => value.push(character),
            other => {
                let length = 1 + other.map_or(0, char::len_utf8);
                let start = offset + (raw.len() - escape.len());
                let span = Span::new(input.context.reporter.file(), start, start + length);
                let shown = shown(&String::from_iter(other));
                input.context.reporter.push(
                    Diagnostic::error(SYNTAX, format!("`\\{shown}` means nothing in a text"), span)
                        .help("write `\\\\` for a backslash; there are also `\\\"` and `\\n`"),
                );
                value.extend(other);
            }
        }
        rest = characters.as_str();
    }
    value.push_str(rest);
}
