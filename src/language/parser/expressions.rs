//! Expressions, from the loosest binding to the tightest.
//!
//! Each level reads its operands with the next one and folds them; parentheses, lists, arguments and bodies of
//! quantifiers come back to [`expression`], which counts the depth.

use nom::Parser;
use nom::combinator::opt;
use nom::sequence::{preceded, terminated};

use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::language::ast::{Binder, Comparison, Expr, ExprKind, Literal, Name, Quantifier};
use crate::language::error::{Class, Expected, SYNTAX, Special};
use crate::language::parser::input::{Parsed, Tokens};
use crate::language::parser::recovery::{opens_part, starts_declaration};
use crate::language::parser::{
    committed, field_name, in_parentheses, list, name, nested, string, symbol, type_name, word,
};
use crate::language::token::{Symbol, Token, TokenKind, Word};
use crate::scalar;
use crate::source::Span;

const OPERATOR: Expected = Expected::class(Class::Operator);

/// Joins two operands.
type Join = fn(Expr, Expr) -> ExprKind;

fn node(span: Span, kind: ExprKind) -> Expr {
    Expr { span, kind: Box::new(kind) }
}

/// `if A then B else C`, or anything that binds tighter.
pub fn expression(input: Tokens) -> Parsed<Expr> {
    nested(input, |input| {
        if !input.is_word(Word::If) {
            let (rest, expr) = implication(input)?;
            rest.hope(OPERATOR);
            return Ok((rest, expr));
        }
        let (rest, condition) = expression(input.next())?;
        let (rest, yes) = preceded(word(Word::Then), expression).parse(rest)?;
        let (rest, no) = preceded(word(Word::Else), expression).parse(rest)?;
        Ok((rest, node(rest.since(input.here()), ExprKind::If(condition, yes, no))))
    })
}

/// `a implies b implies c`, which is `a implies (b implies c)`
fn implication(input: Tokens) -> Parsed<Expr> {
    let (rest, left) = disjunction(input)?;
    if !rest.is_word(Word::Implies) {
        return Ok((rest, left));
    }
    let (rest, right) = committed(nested(rest.next(), implication))?;
    let span = left.span.to(right.span);
    Ok((rest, node(span, ExprKind::Implies(left, right))))
}

/// `a or b or c`
fn disjunction(input: Tokens) -> Parsed<Expr> {
    row(input, conjunction, |token| {
        (token.kind == TokenKind::Word(Word::Or)).then_some(ExprKind::Or as Join)
    })
}

/// `a and b and c`
fn conjunction(input: Tokens) -> Parsed<Expr> {
    row(input, negation, |token| {
        (token.kind == TokenKind::Word(Word::And)).then_some(ExprKind::And as Join)
    })
}

/// `a + b - c`
fn sum(input: Tokens) -> Parsed<Expr> {
    row(input, postfix, |token| match token.kind {
        TokenKind::Symbol(Symbol::Plus) => Some(ExprKind::Add as Join),
        TokenKind::Symbol(Symbol::Minus) => Some(ExprKind::Subtract as Join),
        _ => None,
    })
}

/// Operands with operators of one rank between them, folded from the left.
fn row<'a>(
    input: Tokens<'a>,
    operand: fn(Tokens<'a>) -> Parsed<'a, Expr>,
    join: impl Fn(Token) -> Option<Join>,
) -> Parsed<'a, Expr> {
    let outer = input.start_spine();
    let (mut rest, mut left) = operand(input)?;
    while let Some(join) = rest.peek().and_then(&join) {
        rest.lengthen()?;
        let (after, right) = committed(operand(rest.next()))?;
        rest = after;
        left = node(left.span.to(right.span), join(left, right));
    }
    rest.end_spine(outer);
    Ok((rest, left))
}

/// `not a`
fn negation(input: Tokens) -> Parsed<Expr> {
    if !input.is_word(Word::Not) {
        return test(input);
    }
    let (rest, operand) = committed(nested(input.next(), negation))?;
    Ok((rest, node(rest.since(input.here()), ExprKind::Not(operand))))
}

/// A comparison or another question about one operand.
fn test(input: Tokens) -> Parsed<Expr> {
    if let Some(quantifier) = quantifier(input) {
        return nested(input, |input| quantified(input, quantifier));
    }
    let (rest, left) = sum(input)?;
    let Some(token) = rest.peek() else { return Ok((rest, left)) };
    let after = rest.next();
    let (rest, kind) = match token.kind {
        TokenKind::Symbol(symbol) => {
            let Some(comparison) = comparison(symbol) else { return Ok((rest, left)) };
            let (rest, right) = committed(sum(after))?;
            if rest
                .peek()
                .is_some_and(|token| matches!(token.kind, TokenKind::Symbol(s) if is_comparison(s)))
            {
                return rest.fail_with(Special::Chain);
            }
            (rest, ExprKind::Compare(comparison, left, right))
        }
        TokenKind::Word(Word::In) => {
            let (rest, list) = committed(sum(after))?;
            (rest, ExprKind::In { negated: false, element: left, list })
        }
        TokenKind::Word(Word::Not) => {
            let (rest, list) = committed(preceded(word(Word::In), sum).parse(after))?;
            (rest, ExprKind::In { negated: true, element: left, list })
        }
        TokenKind::Word(Word::Matches) => {
            let (rest, pattern) = committed(string(after))?;
            (rest, ExprKind::Matches(left, pattern))
        }
        TokenKind::Word(Word::Otherwise) => {
            let (rest, right) = committed(sum(after))?;
            (rest, ExprKind::Otherwise(left, right))
        }
        TokenKind::Word(Word::Is) => committed(is_test(after, left))?,
        TokenKind::Word(Word::Are) => committed(are_test(after, left))?,
        _ => return Ok((rest, left)),
    };
    Ok((rest, node(rest.since(input.here()), kind)))
}

/// `is empty`, `is not known`, `is unique in xs`, behind `is`.
fn is_test(input: Tokens, operand: Expr) -> Parsed<ExprKind> {
    let (rest, not) = opt(word(Word::Not)).parse(input)?;
    let negated = not.is_some();
    match rest.word_ahead(0) {
        Some(Word::Empty) => Ok((rest.next(), ExprKind::IsEmpty { negated, list: operand })),
        Some(Word::Known) => Ok((rest.next(), ExprKind::IsKnown { negated, operand })),
        Some(Word::Unique) if !negated => {
            let (rest, list) = preceded(word(Word::In), sum).parse(rest.next())?;
            Ok((rest, ExprKind::IsUniqueIn(operand, list)))
        }
        _ => {
            let either = Expected::word(Word::Empty).and(Expected::word(Word::Known));
            rest.fail(if negated { either } else { either.and(Expected::word(Word::Unique)) })
        }
    }
}

/// `are equal`, `are unique`, behind `are`.
fn are_test(input: Tokens, operand: Expr) -> Parsed<ExprKind> {
    match input.word_ahead(0) {
        Some(Word::Equal) => Ok((input.next(), ExprKind::AreEqual(operand))),
        Some(Word::Unique) => Ok((input.next(), ExprKind::AreUnique(operand))),
        _ => input.fail(Expected::word(Word::Equal).and(Expected::word(Word::Unique))),
    }
}

fn comparison(symbol: Symbol) -> Option<Comparison> {
    Some(match symbol {
        Symbol::Equal => Comparison::Equal,
        Symbol::NotEqual => Comparison::NotEqual,
        Symbol::Less => Comparison::Less,
        Symbol::LessOrEqual => Comparison::LessOrEqual,
        Symbol::Greater => Comparison::Greater,
        Symbol::GreaterOrEqual => Comparison::GreaterOrEqual,
        _ => return None,
    })
}

fn is_comparison(symbol: Symbol) -> bool {
    comparison(symbol).is_some()
}

/// The quantifier that starts here: its word with a name behind it, which could not follow a name.
fn quantifier(input: Tokens) -> Option<Quantifier> {
    let quantifier = match input.word_ahead(0)? {
        Word::All => Quantifier::All,
        Word::Any => Quantifier::Any,
        Word::No => Quantifier::No,
        _ => return None,
    };
    binds(input).then_some(quantifier)
}

/// Whether a name stands behind the next word, to be bound by it.
fn binds(input: Tokens) -> bool {
    input.word_ahead(1).is_some_and(|word| !word.is_reserved() && !opens_part(input.next()))
}

/// `all x in xs where c: e`
fn quantified(input: Tokens, quantifier: Quantifier) -> Parsed<Expr> {
    let (rest, binder) = committed(binder(input.next(), sum))?;
    let (rest, _) = committed(symbol(Symbol::Colon)(rest))?;
    let (rest, body) = committed(expression(rest))?;
    Ok((rest, node(rest.since(input.here()), ExprKind::Quantified(quantifier, binder, body))))
}

/// `[ for x in xs [ where c ] : ]`
pub fn each(input: Tokens) -> Parsed<Option<Box<Binder>>> {
    if !input.is_word(Word::For) {
        return Ok((input, None));
    }
    let (rest, binder) = committed(binder(input.next(), sum))?;
    let (rest, _) = committed(symbol(Symbol::Colon)(rest))?;
    Ok((rest, Some(binder)))
}

/// `x in xs [ where c ]`
fn binder<'a>(
    input: Tokens<'a>,
    list: fn(Tokens<'a>) -> Parsed<'a, Expr>,
) -> Parsed<'a, Box<Binder>> {
    let (rest, name) = name(input)?;
    let (rest, list) = preceded(word(Word::In), list).parse(rest)?;
    rest.hope(OPERATOR);
    let (rest, filter) = condition(rest, Word::Where)?;
    Ok((rest, Box::new(Binder { name, list, filter })))
}

/// `[ WORD expr ]`
fn condition(input: Tokens, opens: Word) -> Parsed<Option<Expr>> {
    match word(opens)(input) {
        Ok((rest, _)) => committed(expression.map(Some).parse(rest)),
        Err(_) => Ok((input, None)),
    }
}

/// `a.b.c`
pub fn postfix(input: Tokens) -> Parsed<Expr> {
    let outer = input.start_spine();
    let (mut rest, mut left) = primary(input)?;
    while rest.is(Symbol::Dot) {
        rest.lengthen()?;
        let (after, field) = committed(field_name(rest.next()))?;
        rest = after;
        left = node(left.span.to(field.span), ExprKind::Field(left, field));
    }
    rest.end_spine(outer);
    Ok((rest, left))
}

/// What stands for itself.
fn primary(input: Tokens) -> Parsed<Expr> {
    let Some(token) = input.peek() else { return input.fail(Expected::class(Class::Expression)) };
    let literal = |literal| Ok((input.next(), node(input.span(token), ExprKind::Literal(literal))));
    let next_is = |symbol| input.ahead(1).is_some_and(|next| next.is(symbol));
    match token.kind {
        TokenKind::Number => Ok((input.next(), number(input, token))),
        TokenKind::String | TokenKind::OpenString => literal(Literal::Text(string(input)?.1.value)),
        TokenKind::Word(Word::True) => literal(Literal::Bool(true)),
        TokenKind::Word(Word::False) => literal(Literal::Bool(false)),
        TokenKind::Word(Word::None) => literal(Literal::None),
        TokenKind::Symbol(Symbol::OpenParen) => {
            let inside = terminated(expression, symbol(Symbol::CloseParen)).parse(input.next());
            let (rest, inner) = committed(inside)?;
            Ok((rest, Expr { span: rest.since(input.here()), ..inner }))
        }
        TokenKind::Symbol(Symbol::OpenBracket) => brackets(input),
        TokenKind::TypeName if next_is(Symbol::OpenBrace) => {
            let (rest, name) = type_name(input)?;
            let (rest, fields) = committed(nested(rest, fields))?;
            Ok((rest, node(rest.since(input.here()), ExprKind::Record(name, fields))))
        }
        TokenKind::TypeName => Ok((
            input.next(),
            node(input.span(token), ExprKind::Name(input.text(token).to_owned())),
        )),
        TokenKind::Word(word) => named(input, token, word),
        _ => input.fail(Expected::class(Class::Expression)),
    }
}

/// A name, a call, or `the x in xs where c`.
fn named<'a>(input: Tokens<'a>, token: Token, word: Word) -> Parsed<'a, Expr> {
    match word {
        Word::The if binds(input) => {
            let (rest, binder) = committed(nested(input.next(), |input| binder(input, sum)))?;
            return Ok((rest, node(rest.since(input.here()), ExprKind::The(binder))));
        }
        Word::Choose if is_choice(input) => return input.fail_with(Special::Choose),
        Word::All | Word::Any | Word::No if binds(input) => {
            return input.fail_with(Special::Quantifier);
        }
        _ => {}
    }
    if word.is_reserved() || opens_part(input) || starts_declaration(input) {
        return input.fail(Expected::class(Class::Expression));
    }
    let rest = input.next();
    if rest.is(Symbol::OpenParen) {
        let (rest, arguments) = committed(in_parentheses(expression).parse(rest))?;
        return Ok((
            rest,
            node(rest.since(input.here()), ExprKind::Call(input.named(token), arguments)),
        ));
    }
    Ok((rest, node(input.span(token), ExprKind::Name(input.text(token).to_owned()))))
}

/// `[a, b]`, or `[e for x in xs where c]`
fn brackets(input: Tokens) -> Parsed<Expr> {
    let span = |rest: Tokens| rest.since(input.here());
    let inside = input.next();
    if let Ok((rest, _)) = symbol(Symbol::CloseBracket)(inside) {
        return Ok((rest, node(span(rest), ExprKind::List(Vec::new()))));
    }
    let (mut rest, first) = committed(expression(inside))?;
    if let Ok((rest, _)) = word(Word::For)(rest) {
        let (rest, binder) = committed(
            terminated(|i| binder(i, expression), symbol(Symbol::CloseBracket)).parse(rest),
        )?;
        return Ok((rest, node(span(rest), ExprKind::Comprehension(first, binder))));
    }
    let mut items = vec![first];
    while let Ok((after, _)) = symbol(Symbol::Comma)(rest) {
        let (after, item) = committed(expression(after))?;
        items.push(item);
        rest = after;
    }
    let (rest, _) = committed(symbol(Symbol::CloseBracket)(rest))?;
    Ok((rest, node(span(rest), ExprKind::List(items))))
}

/// `{ field = value  field = value }`
pub fn fields(input: Tokens) -> Parsed<Vec<(Name, Expr)>> {
    let (mut rest, _) = symbol(Symbol::OpenBrace)(input)?;
    let mut fields = Vec::new();
    loop {
        if let Ok((rest, _)) = symbol(Symbol::CloseBrace)(rest) {
            return Ok((rest, fields));
        }
        let (after, name) = field_name(rest)?;
        let (after, value) = preceded(symbol(Symbol::Assign), value).parse(after)?;
        fields.push((name, value));
        rest = after;
    }
}

/// What a fact is set to: an expression, or `choose x in xs where c prefer e`.
pub fn value(input: Tokens) -> Parsed<Expr> {
    if !is_choice(input) {
        return expression(input);
    }
    let (rest, binder) = binder(input.next(), sum)?;
    let (rest, prefer) = condition(rest, Word::Prefer)?;
    Ok((rest, node(rest.since(input.here()), ExprKind::Choose(binder, prefer))))
}

fn is_choice(input: Tokens) -> bool {
    input.is_word(Word::Choose) && binds(input)
}

/// `15min`, where nothing else will do.
pub fn duration(input: Tokens) -> Parsed<Expr> {
    match input.peek() {
        Some(token) if token.kind == TokenKind::Number => {
            match scalar::parse_duration(input.text(token)) {
                Some(duration) => {
                    let literal = ExprKind::Literal(Literal::Duration(duration));
                    Ok((input.next(), node(input.span(token), literal)))
                }
                None => input.fail(Expected::class(Class::Duration)),
            }
        }
        _ => input.fail(Expected::class(Class::Duration)),
    }
}

/// What absence of a field means: a literal, a word, or a list of them.
pub fn default_value(input: Tokens) -> Parsed<Expr> {
    let Some(token) = input.peek() else { return input.fail(Expected::class(Class::Value)) };
    match token.kind {
        TokenKind::Symbol(Symbol::OpenBracket) => {
            let item = |input| nested(input, default_value);
            let (rest, items) =
                list(Symbol::OpenBracket, item, Symbol::CloseBracket).parse(input)?;
            Ok((rest, node(rest.since(input.here()), ExprKind::List(items))))
        }
        TokenKind::Word(Word::True | Word::False | Word::None)
        | TokenKind::Number
        | TokenKind::String => primary(input),
        TokenKind::Word(word)
            if !word.is_reserved()
                && !input.ahead(1).is_some_and(|next| next.is(Symbol::Colon)) =>
        {
            Ok((
                input.next(),
                node(input.span(token), ExprKind::Name(input.text(token).to_owned())),
            ))
        }
        _ => input.fail(Expected::class(Class::Value)),
    }
}

/// A number with or without a unit, or a version. What is none of them is reported here, since it ends where it ends.
fn number(input: Tokens, token: Token) -> Expr {
    let text = input.text(token);
    let span = input.span(token);
    let report = |message: String, help: String| {
        input.context.reporter.push(Diagnostic::error(SYNTAX, message, span).help(help));
        ExprKind::Error
    };
    let literal = if text.bytes().all(|byte| byte.is_ascii_digit()) {
        text.parse().ok().map(Literal::Int)
    } else if let Some(bytes) = scalar::parse_size(text) {
        Some(Literal::Size(bytes))
    } else if let Some(duration) = scalar::parse_duration(text) {
        Some(Literal::Duration(duration))
    } else {
        (text.contains('.') && scalar::is_version(text)).then(|| Literal::Version(text.to_owned()))
    };
    let kind = literal.map(ExprKind::Literal).unwrap_or_else(|| {
        let unit = text.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        if unit.is_empty() {
            return report(
                format!("`{text}` is too large"),
                format!("the largest number is {}", i64::MAX),
            );
        }
        let units =
            ["KiB", "MiB", "GiB", "TiB", "PiB", "KB", "MB", "GB", "TB", "PB", "s", "min", "h", "d"];
        report(
            format!("`{text}` is no number, size, duration or version"),
            did_you_mean(unit, units)
                .unwrap_or_else(|| "write `12`, `600GiB`, `15min` or `9.30`".to_owned()),
        )
    });
    node(span, kind)
}
