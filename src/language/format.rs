//! The one layout of rule files.
//!
//! Prints the tokens that were written, in their order, and decides only what stands between them; so no meaning can
//! change and no comment can get lost, which is checked once more before the result is given away. The tree says where
//! declarations, parts and operands start. Two spaces; the parts of a rule aligned in a column; one empty line between
//! declarations. Like an author's empty lines, line breaks in front of `and` and `or` and behind the colon of a
//! quantifier are kept; others are made where a line would be longer than [`WIDTH`].

mod expressions;
mod printer;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::ast::pack::{Pack, Without};
use crate::language::ast::remedy::{Effect, EffectKind, Foreseen, Undo};
use crate::language::ast::{
    Define, Document, Expr, Field, Fix, Item, ItemKind, Name, Remedy, Rule, TypeDecl,
};
use crate::language::error::Reporter;
use crate::language::format::printer::{Blank, Gap, Printer};
use crate::language::token::{Symbol, Word};
use crate::language::{lexer, parse};
use crate::source::{FileId, Sources, Span};

/// No line is made longer than this, where it can be broken.
pub const WIDTH: usize = 120;

/// Where the parts of a rule stand, and what follows their words.
const PART: usize = 2;
const CONTENT: usize = PART + 8;

/// The file in its canonical layout; refuses a file with errors.
pub fn format(sources: &Sources, file: FileId) -> Result<String, Diagnostics> {
    let mut diagnostics = Diagnostics::default();
    let tree = parse(sources, file, &mut diagnostics);
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    let text = sources.get(file).text();
    let reporter = Reporter::new(file);
    let (tokens, comments) = lexer::lex(text, 0, text.len(), &reporter);
    let mut printer = Printer::new(text, &tokens, &comments, &tree);
    for (number, item) in tree.items.iter().enumerate() {
        let blank = if number == 0 { Blank::Never } else { Blank::Always };
        print_item(&mut printer, item, Gap::Line(0, blank));
    }
    let formatted = printer.finish();
    if same_content(text, &formatted, file) {
        return Ok(formatted);
    }
    let message =
        "the layout of this file would change what it says; this is a fault of the program";
    diagnostics.push(
        Diagnostic::error("internal", message, Span::new(file, 0, 0)).help("please report it"),
    );
    Err(diagnostics)
}

/// Whether two texts hold the same tokens and comments.
fn same_content(before: &str, after: &str, file: FileId) -> bool {
    let reporter = Reporter::new(file);
    let pieces = |text: &str| -> Vec<String> {
        let (tokens, comments) = lexer::lex(text, 0, text.len(), &reporter);
        let slice = |start: u32, end: u32| {
            text.get(start as usize..end as usize).unwrap_or("").trim_end().to_owned()
        };
        let tokens = tokens.iter().map(|token| slice(token.start, token.end));
        tokens
            .chain(comments.iter().map(|comment| slice(comment.span.start, comment.span.end)))
            .collect()
    };
    pieces(before) == pieces(after)
}

/// A part of a declaration: where it starts, and the expressions in it.
struct Part<'a> {
    start: usize,
    expressions: Vec<&'a Expr>,
    effects: &'a [Effect],
}

fn print_item(printer: &mut Printer, item: &Item, gap: Gap) {
    printer.continuation = 4;
    match &item.kind {
        ItemKind::Pack(pack) => print_pack(printer, pack, gap),
        ItemKind::Role(_) => printer.token(gap),
        ItemKind::Document(document) => print_document(printer, document, gap),
        ItemKind::Environment(decl) | ItemKind::Entity(decl) | ItemKind::Record(decl) => {
            print_type(printer, decl, item, gap)
        }
        ItemKind::Extend(extend) => print_type(printer, &extend.decl, item, gap),
        ItemKind::Unit(unit) => {
            printer.token(gap);
            for condition in unit.filter.iter().chain(&unit.done) {
                printer.flat_to(printer.index(condition.span.start));
                printer.expression(condition, Gap::Space, 0);
            }
        }
        ItemKind::Define(define) => print_define(printer, define, gap),
        ItemKind::Suppose(suppose) => {
            print_parts(printer, fix_parts(printer, &suppose.fixes).collect(), item, gap)
        }
        ItemKind::Rule(rule) => print_parts(printer, rule_parts(printer, rule), item, gap),
        ItemKind::Remedy(remedy) => print_parts(printer, remedy_parts(printer, remedy), item, gap),
    }
    printer.flat_to(printer.index(item.span.end));
}

/// The head, then what the pack uses and leaves out, a line each.
fn print_pack(printer: &mut Printer, pack: &Pack, gap: Gap) {
    printer.token(gap);
    let reason = |without: &Without| (without.span, Some(without.reason.span));
    let mut parts: Vec<(Span, Option<Span>)> =
        pack.uses.iter().map(|used| (used.span, None)).collect();
    parts.extend(pack.without.iter().map(reason));
    parts.sort_by_key(|(span, _)| *span);
    for (span, reason) in parts {
        printer.flat_to(printer.index(span.start));
        printer.continuation = 4;
        printer.token(Gap::line(PART));
        printer.token(Gap::Column(CONTENT));
        let end = printer.index(span.end);
        if let Some(reason) = reason {
            let because = printer.index(reason.start).saturating_sub(1);
            printer.flat_to(because);
            let fits = printer.fits(printer.column + 1, because, end);
            printer.token(if fits { Gap::Space } else { Gap::line(4) });
        }
        printer.flat_to(end);
    }
}

fn print_define(printer: &mut Printer, define: &Define, gap: Gap) {
    printer.token(gap);
    if define.needed.is_some() {
        return;
    }
    let body = printer.index(define.body.span.start);
    printer.flat_to(body);
    let fits = printer.fits(printer.column + 1, body, printer.index(define.body.span.end));
    let gap = if printer.starts_line(body) || (!fits && !printer.breaks(&define.body)) {
        Gap::line(PART)
    } else {
        Gap::Space
    };
    printer.expression(&define.body, gap, 0);
}

fn print_document(printer: &mut Printer, document: &Document, gap: Gap) {
    printer.token(gap);
    open_body(printer, document.clauses.first().map(|clause| clause.span));
    for (number, clause) in document.clauses.iter().enumerate() {
        printer.continuation = 4;
        printer.token(Gap::Line(PART, if number == 0 { Blank::Never } else { Blank::Keep }));
        let end = printer.index(clause.span.end);
        if let Some(note) = &clause.note {
            let start = printer.index(note.span.start);
            printer.flat_to(start);
            let broken =
                printer.starts_line(start) || !printer.fits(printer.column + 1, start, end);
            printer.token(if broken { Gap::line(4) } else { Gap::Space });
        }
        printer.flat_to(end);
    }
    close_body(printer);
}

/// Prints up to and with the brace that opens a body; `first` is the first thing inside.
fn open_body(printer: &mut Printer, first: Option<Span>) {
    match first {
        Some(first) => printer.flat_to(printer.index(first.start)),
        None => {
            while !printer.next_is(Symbol::OpenBrace) && !printer.is_end() {
                printer.token_with_default_gap();
            }
            printer.token_with_default_gap();
        }
    }
}

fn close_body(printer: &mut Printer) {
    if printer.next_is_after(Symbol::OpenBrace) && !printer.has_comment_before_next() {
        return printer.token(Gap::None);
    }
    printer.comment_indent = Some(PART);
    printer.token(Gap::Line(0, Blank::Never));
    printer.comment_indent = None;
}

fn print_type(printer: &mut Printer, decl: &TypeDecl, item: &Item, gap: Gap) {
    let end = printer.index(item.span.end);
    printer.token(gap);
    let Some(first) = decl.fields.first() else {
        open_body(printer, None);
        return close_body(printer);
    };
    open_body(printer, Some(first.span));
    let body = printer.index(first.span.start);
    if printer.is_one_line(body, end) && printer.fits(printer.column + 1, body, end) {
        for (number, field) in decl.fields.iter().enumerate() {
            printer.token(if number == 0 { Gap::Space } else { Gap::Wide });
            printer.flat_to(printer.index(field.span.end));
        }
        return printer.token(Gap::Space);
    }
    for (number, field) in decl.fields.iter().enumerate() {
        printer.token(Gap::Line(PART, if number == 0 { Blank::Never } else { Blank::Keep }));
        print_field(printer, field);
    }
    close_body(printer);
}

/// A field behind its first token.
fn print_field(printer: &mut Printer, field: &Field) {
    printer.continuation = 4;
    let end = printer.index(field.span.end);
    let behind = |printer: &Printer, span: Span, words: usize| {
        printer.index(span.start).saturating_sub(words)
    };
    let mut notes: Vec<(usize, Option<Word>)> = Vec::new();
    notes.extend(field.title.as_ref().map(|title| (behind(printer, title.span, 0), None)));
    notes.extend(field.default.as_ref().map(|value| (behind(printer, value.span, 1), None)));
    notes.extend(field.stale_after.as_ref().map(|value| (behind(printer, value.span, 2), None)));
    notes.extend(
        field.renewed.as_ref().map(|renewed| (behind(printer, renewed.within.span, 2), None)),
    );
    notes.extend(field.ask.as_ref().map(|text| (behind(printer, text.span, 1), Some(Word::Ask))));
    notes.extend(field.find.as_ref().map(|text| (behind(printer, text.span, 1), Some(Word::Find))));
    notes.sort_by_key(|(start, _)| *start);
    let mut own_line = false;
    for (number, (start, word)) in notes.iter().enumerate() {
        printer.flat_to(*start);
        let next = notes.get(number + 1).map_or(end, |(next, _)| *next);
        own_line |= word.is_some()
            || printer.starts_line(*start)
            || !printer.fits(printer.column + 1, *start, next);
        printer.token(if own_line { Gap::line(4) } else { Gap::Space });
        if word.is_some() {
            printer.token(Gap::Column(4 + Word::Find.text().len() + 1));
        }
    }
    printer.flat_to(end);
}

fn print_parts(printer: &mut Printer, mut parts: Vec<Part>, item: &Item, gap: Gap) {
    parts.sort_by_key(|part| part.start);
    let end = printer.index(item.span.end).saturating_sub(1);
    printer.token(gap);
    match parts.first() {
        Some(first) => printer.flat_to(first.start),
        None => open_body(printer, None),
    }
    for (number, part) in parts.iter().enumerate() {
        printer.continuation = CONTENT;
        printer.token(Gap::Line(PART, if number == 0 { Blank::Never } else { Blank::Keep }));
        printer.line_indent = CONTENT;
        let mut gap = Gap::Column(CONTENT);
        let next = parts.get(number + 1).map_or(end, |next| next.start);
        for effect in part.effects {
            print_effect(printer, effect, gap);
            gap = Gap::line(CONTENT);
        }
        for expression in &part.expressions {
            let start = printer.index(expression.span.start);
            if printer.at < start {
                printer.token(gap);
                printer.flat_to(start);
                gap = printer.gap(start);
            }
            let after = printer.width(printer.index(expression.span.end), next).unwrap_or(0);
            printer.expression(expression, gap, after);
            gap = printer.gap(printer.at);
        }
        if printer.at < next && part.effects.is_empty() && part.expressions.is_empty() {
            printer.token(gap);
        }
        printer.flat_to(next);
    }
    close_body(printer);
}

fn print_effect(printer: &mut Printer, effect: &Effect, gap: Gap) {
    let end = printer.index(effect.span.end);
    printer.token(gap);
    let expressions: Vec<&Expr> = match &effect.kind {
        EffectKind::Set { path, value } => vec![path, value],
        EffectKind::Add { value, path } => vec![value, path],
        EffectKind::Remove { path, filter, .. } => vec![path, filter],
        EffectKind::Create { fields, .. } => {
            let open = fields
                .first()
                .map_or(end.saturating_sub(1), |(name, _)| printer.index(name.span.start));
            printer.flat_to(open);
            let broken = !fields.is_empty()
                && (printer.starts_line(open) || !printer.fits(printer.column, open, end));
            return printer.fields(fields, CONTENT, broken);
        }
    };
    for expression in expressions {
        let start = printer.index(expression.span.start);
        printer.flat_to(start);
        let last = printer.index(expression.span.end);
        let after = printer.width(last, end).unwrap_or(0);
        printer.expression(expression, Gap::Space, after);
    }
    printer.flat_to(end);
}

/// The part whose word stands right before.
fn part<'a>(printer: &Printer, span: Span, expressions: Vec<&'a Expr>) -> Part<'a> {
    Part { start: printer.index(span.start).saturating_sub(1), expressions, effects: &[] }
}

fn names(printer: &Printer, names: &[Name], word: Word) -> Vec<Part<'static>> {
    let parts = names.iter().map(|name| part(printer, name.span, Vec::new()));
    parts.filter(|part| printer.word_at(part.start) == Some(word)).collect()
}

fn rule_parts<'a>(printer: &Printer, rule: &'a Rule) -> Vec<Part<'a>> {
    let mut parts = names(printer, &rule.clauses, Word::Clause);
    parts.extend(
        rule.level.iter().chain(&rule.see).map(|name| part(printer, name.span, Vec::new())),
    );
    parts.extend(
        rule.because
            .iter()
            .chain(&rule.why)
            .chain(&rule.whether)
            .map(|text| part(printer, text.span, Vec::new())),
    );
    parts.extend(rule.grace.iter().map(|grace| match grace {
        Foreseen::Known(time) => part(printer, time.span, vec![time]),
        Foreseen::Unknown(span) => part(printer, *span, Vec::new()),
    }));
    parts.extend(rule.waivable.iter().map(|one| part(printer, one.span(), Vec::new())));
    let conditions = [&rule.filter, &rule.require, &rule.when, &rule.blocks];
    parts.extend(conditions.into_iter().flatten().map(|expr| part(printer, expr.span, vec![expr])));
    parts.extend(rule.bindings.iter().map(|binding| Part {
        start: printer.index(binding.span.start),
        expressions: vec![&binding.value],
        effects: &[],
    }));
    parts.extend(fix_parts(printer, &rule.fixes));
    parts
}

fn fix_parts<'a>(printer: &Printer, fixes: &'a [Fix]) -> impl Iterator<Item = Part<'a>> {
    fixes.iter().map(|fix| Part {
        start: printer.index(fix.span.start),
        expressions: fix.expressions().collect(),
        effects: &[],
    })
}

fn remedy_parts<'a>(printer: &Printer, remedy: &'a Remedy) -> Vec<Part<'a>> {
    let mut parts = names(printer, &remedy.after, Word::After);
    let texts =
        [&remedy.action, &remedy.at, &remedy.warning].into_iter().flatten().chain(&remedy.run);
    parts.extend(texts.map(|text| part(printer, text.span, Vec::new())));
    parts.extend(
        remedy.role.iter().chain(&remedy.consent).map(|name| part(printer, name.span, Vec::new())),
    );
    parts.extend(remedy.needs.iter().map(|expr| part(printer, expr.span, vec![expr])));
    let spans = remedy.takes.iter().map(Foreseen::span).chain(remedy.undo.iter().map(Undo::span));
    parts.extend(spans.map(|span| part(printer, span, Vec::new())));
    for (word, effects) in [(Word::Effect, &remedy.effects), (Word::Expect, &remedy.expects)] {
        parts.extend(effect_parts(printer, word, effects));
    }
    parts
}

/// The effects behind each word that opens some.
fn effect_parts<'a>(printer: &Printer, word: Word, effects: &'a [Effect]) -> Vec<Part<'a>> {
    // Effects behind one word stay behind one word.
    let starts: Vec<usize> = (0..effects.len())
        .filter(|at| {
            effects.get(*at).is_some_and(|effect| {
                let start = printer.index(effect.span.start);
                printer.word_at(start.saturating_sub(1)) == Some(word)
            })
        })
        .collect();
    let mut parts = Vec::new();
    for (number, start) in starts.iter().enumerate() {
        let end = starts.get(number + 1).copied().unwrap_or(effects.len());
        let effects = effects.get(*start..end).unwrap_or(&[]);
        parts.extend(
            effects.first().map(|first| Part { effects, ..part(printer, first.span, Vec::new()) }),
        );
    }
    parts
}
