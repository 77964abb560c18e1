//! The parts of rules and remedies.
//!
//! Owns which word opens what, how often it may stand, and what a rule cannot be without.

use nom::Parser;
use nom::multi::separated_list1;

use crate::diagnostic::Diagnostic;
use crate::language::ast::remedy::{Foreseen, Undo};
use crate::language::ast::waivable::Waivable;
use crate::language::ast::{Binding, Expr, ExprKind, Fix, Literal, Name, Remedy, Rule, RuleKind};
use crate::language::error::{Class, Expected};
use crate::language::parser::effects::effects;
use crate::language::parser::expressions::{duration, each, expression};
use crate::language::parser::input::{Parsed, Rest, Tokens};
use crate::language::parser::text::text;
use crate::language::parser::{arguments, id, name, string, symbol, word};
use crate::language::token::{Symbol, Token, TokenKind, Word};
use crate::source::Span;

/// The parts that were read, for those that may stand once.
#[derive(Debug, Default)]
pub struct Seen(Vec<(Word, Span)>);

impl Seen {
    /// Where the part stands.
    pub fn place(&self, word: Word) -> Option<Span> {
        self.0.iter().find(|(known, _)| *known == word).map(|(_, span)| *span)
    }

    /// Notes a part, and reports where it may stand only once and does so again.
    fn once(&mut self, input: Tokens, token: Token, word: Word) {
        let span = input.span(token);
        if let Some(first) = self.place(word) {
            let help = match word {
                Word::Require | Word::Where => "join the two conditions with `and`",
                Word::When => "join the two conditions with `or`, or write two rules",
                _ => "keep one of them",
            };
            input.context.reporter.push(
                Diagnostic::error(
                    "duplicate-part",
                    format!("`{}` is given twice", word.text()),
                    span,
                )
                .seen("again here")
                .label(first, "first given here")
                .help(help),
            );
        }
        self.0.push((word, span));
    }
}

/// One part of a rule.
pub fn rule_part<'a>(input: Tokens<'a>, rule: &mut Rule, seen: &mut Seen) -> Parsed<'a, ()> {
    let wrong = Expected::class(Class::RulePart);
    let Some((token, opens)) = input.peek().and_then(|token| Some((token, token.word()?))) else {
        return input.fail(wrong);
    };
    let start = input.span(token);
    let rest = input.next();
    if !matches!(opens, Word::Clause | Word::For | Word::Let | Word::See | Word::Fix)
        && Word::RULE_PARTS.contains(&opens)
    {
        seen.once(input, token, opens);
    }
    let rest = match opens {
        Word::Clause => {
            let (rest, ids) = separated_list1(symbol(Symbol::Comma), id).parse(rest)?;
            rule.clauses.extend(ids);
            rest
        }
        Word::Level => {
            let (rest, level) = level(rest)?;
            rule.level = Some(level);
            rest
        }
        Word::For | Word::Let => {
            let each = opens == Word::For;
            let (rest, name) = name(rest)?;
            let (rest, _) =
                if each { word(Word::In)(rest)? } else { symbol(Symbol::Assign)(rest)? };
            let (rest, value) = expression(rest)?;
            rule.bindings.push(Binding { span: rest.since(start), each, name, value });
            rest
        }
        Word::Where => fill(&mut rule.filter, expression(rest))?,
        Word::Require => fill(&mut rule.require, expression(rest))?,
        Word::When => fill(&mut rule.when, expression(rest))?,
        Word::Grace => fill(&mut rule.grace, foreseen(expression, rest))?,
        Word::Because => fill(&mut rule.because, text(rest))?,
        Word::Why => fill(&mut rule.why, text(rest))?,
        Word::Whether => fill(&mut rule.whether, text(rest))?,
        Word::Blocks => fill(&mut rule.blocks, expression(rest))?,
        Word::Waivable => fill(&mut rule.waivable, waivable(rest))?,
        Word::See => {
            let (rest, place) = string(rest)?;
            rule.see.push(place);
            rest
        }
        Word::Fix => {
            let (rest, fix) = fix(rest, start)?;
            rule.fixes.push(fix);
            rest
        }
        _ => return input.fail(wrong),
    };
    Ok((rest, ()))
}

/// `restart(s)` or `for s in xs: restart(s)`, behind the word that starts there.
pub fn fix(rest: Tokens<'_>, start: Span) -> Parsed<'_, Fix> {
    let (rest, each) = each(rest)?;
    let (rest, (remedy, arguments)) = (name, arguments(expression)).parse(rest)?;
    Ok((rest, Fix { span: rest.since(start), each, remedy, arguments }))
}

/// `note` or `warning`
fn level(input: Tokens) -> Parsed<Name> {
    match (input.peek(), input.word_ahead(0)) {
        (Some(token), Some(Word::Note | Word::Warning)) => Ok((input.next(), input.named(token))),
        _ => input.fail(Expected::word(Word::Note).and(Expected::word(Word::Warning))),
    }
}

/// `never`, or `at most 30d`
fn waivable(input: Tokens) -> Parsed<Waivable> {
    if input.is_word(Word::Never) {
        return Ok((input.next(), Waivable::Never(input.here())));
    }
    if !input.is_word(Word::At) {
        return input.fail(Expected::word(Word::Never).and(Expected::word(Word::At)));
    }
    let (number, _) = word(Word::Most)(input.next())?;
    let (rest, length) = duration(number)?;
    match *length.kind {
        ExprKind::Literal(Literal::Duration(longest)) if longest > 0 => {
            Ok((rest, Waivable::AtMost { span: rest.since(input.here()), longest }))
        }
        _ => number.fail(Expected::class(Class::Duration)),
    }
}

/// Puts what was read where it belongs; of two, the first stays.
fn fill<'a, T>(slot: &mut Option<T>, read: Parsed<'a, T>) -> Rest<'a> {
    let (rest, value) = read?;
    slot.get_or_insert(value);
    Ok(rest)
}

/// Says what a rule lacks, and what stands in the wrong kind of rule.
pub fn check_rule(input: Tokens, rule: &Rule, seen: &Seen) {
    let reporter = input.context.reporter;
    let kind = match rule.kind {
        RuleKind::Prerequisite => "a `prerequisite`",
        RuleKind::Unsupported => "an `unsupported`",
        RuleKind::Advisory => "an `advisory`",
    };
    let (needed, other) = match rule.kind {
        RuleKind::Prerequisite => (Word::Require, Word::When),
        RuleKind::Unsupported | RuleKind::Advisory => (Word::When, Word::Require),
    };
    let misplaced = |word: Word, help: String| {
        if let Some(span) = seen.place(word) {
            let message = format!("`{}` cannot stand in {kind}", word.text());
            reporter.push(
                Diagnostic::error("misplaced-part", message, span)
                    .label(rule.id.span, "in this one")
                    .help(help),
            );
        }
    };
    misplaced(other, format!("{kind} says `{}`", needed.text()));
    if rule.kind != RuleKind::Advisory {
        misplaced(Word::Level, "only an `advisory` has a level: leave it out".to_owned());
    }
    if rule.kind == RuleKind::Advisory {
        let help = "an `advisory` closes no gate, so there is nothing to waive: leave it out";
        misplaced(Word::Waivable, help.to_owned());
    }
    if seen.place(needed).is_none() && seen.place(other).is_none() && !reporter.is_broken() {
        let help = match needed {
            Word::Require => "add `require` and the condition that must hold",
            _ => "add `when` and the condition under which it applies",
        };
        let message = format!("`{}` has no `{}`", rule.id.value, needed.text());
        reporter.push(Diagnostic::error("missing-part", message, rule.id.span).help(help));
    }
}

/// One part of a remedy.
pub fn remedy_part<'a>(input: Tokens<'a>, remedy: &mut Remedy, seen: &mut Seen) -> Parsed<'a, ()> {
    let wrong = Expected::class(Class::RemedyPart);
    let Some((token, opens)) = input.peek().and_then(|token| Some((token, token.word()?))) else {
        return input.fail(wrong);
    };
    let rest = input.next();
    if !matches!(opens, Word::Run | Word::Needs | Word::Effect | Word::Expect | Word::After)
        && Word::REMEDY_PARTS.contains(&opens)
    {
        seen.once(input, token, opens);
    }
    let rest = match opens {
        Word::Do => fill(&mut remedy.action, text(rest))?,
        Word::At => fill(&mut remedy.at, text(rest))?,
        Word::Undo => fill(&mut remedy.undo, undo(rest))?,
        Word::Warning => fill(&mut remedy.warning, text(rest))?,
        Word::Role => fill(&mut remedy.role, name(rest))?,
        Word::Takes => fill(&mut remedy.takes, foreseen(duration, rest))?,
        Word::Consent => fill(&mut remedy.consent, consent(rest))?,
        Word::Run => append(&mut remedy.run, text(rest))?,
        Word::Needs => append(&mut remedy.needs, expression(rest))?,
        Word::Effect => {
            let (rest, effects) = effects(rest)?;
            remedy.effects.extend(effects);
            rest
        }
        Word::Expect => {
            let (rest, expects) = effects(rest)?;
            remedy.expects.extend(expects);
            rest
        }
        Word::After => {
            let (rest, others) = separated_list1(symbol(Symbol::Comma), name).parse(rest)?;
            remedy.after.extend(others);
            rest
        }
        _ => return input.fail(wrong),
    };
    Ok((rest, ()))
}

fn append<'a, T>(list: &mut Vec<T>, read: Parsed<'a, T>) -> Rest<'a> {
    let (rest, value) = read?;
    list.push(value);
    Ok(rest)
}

/// `15min`, or `unknown`
fn foreseen(known: fn(Tokens) -> Parsed<Expr>, input: Tokens) -> Parsed<Foreseen> {
    if input.is_word(Word::Unknown) {
        return Ok((input.next(), Foreseen::Unknown(input.here())));
    }
    known.map(Foreseen::Known).parse(input)
}

/// `"Turn it off again"`, `never`, or `needless`
fn undo(input: Tokens) -> Parsed<Undo> {
    match input.word_ahead(0) {
        Some(Word::Never) => Ok((input.next(), Undo::Never(input.here()))),
        Some(Word::Needless) => Ok((input.next(), Undo::Needless(input.here()))),
        _ => text.map(Undo::By).parse(input),
    }
}

/// `"delete-it"`, with or without quotes.
fn consent(input: Tokens) -> Parsed<Name> {
    match input.peek() {
        Some(token) if matches!(token.kind, TokenKind::Dashed) => {
            Ok((input.next(), input.named(token)))
        }
        Some(token) if token.word() == Some(Word::Other) => Ok((input.next(), input.named(token))),
        _ => string(input),
    }
}
