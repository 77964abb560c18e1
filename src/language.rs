//! The rule language: from text to syntax tree, and back in one layout.
//!
//! Owns everything that is known of a rule file without knowing any other: tokens, grammar, limits, recovery, and the
//! canonical format. Resolves no name and checks no type. A file always gives a tree; what is wrong with it stands in
//! the diagnostics, and every declaration that something is wrong with is marked.

pub mod ast;

pub mod token;

pub mod error;

pub mod lexer;

pub mod parser;

pub mod format;

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::ast::{Expr, ExprKind, File};
use crate::language::error::{Class, Expected, Reporter};
use crate::language::parser::input::{Context, Tokens};
use crate::source::{FileId, Sources, Span};

/// The largest rule file that is read, in bytes.
pub const MAX_FILE: usize = 4 << 20;

/// The tree of a file; what is wrong with the text is pushed.
pub fn parse(sources: &Sources, file: FileId, diagnostics: &mut Diagnostics) -> File {
    let text = sources.get(file).text();
    if let Some(diagnostic) = too_large(text, file) {
        diagnostics.push(diagnostic);
        return File { file, items: Vec::new(), comments: Vec::new(), used: false };
    }
    let reporter = Reporter::new(file);
    let (tokens, comments) = lexer::lex(text, 0, text.len(), &reporter);
    let context = Context::new(text, &tokens, &reporter, text.len(), "the end of the file");
    let items = parser::items::items(Tokens::new(&context));
    diagnostics.append(reporter.finish());
    File { file, items, comments, used: false }
}

/// The declaration of the pack in a file, without reading the rest of the file where that can be helped.
pub fn parse_pack(sources: &Sources, file: FileId) -> Option<ast::pack::Pack> {
    let text = sources.get(file).text();
    let start = match text.starts_with("pack ") {
        true => 0,
        false => text.find("\npack ")? + 1,
    };
    let declared = |items: Vec<ast::Item>| {
        items.into_iter().find_map(|item| match item.kind {
            ast::ItemKind::Pack(pack) => Some(pack),
            _ => None,
        })
    };
    // Mostly it ends with its paragraph; where that is not sure, the whole file is read.
    let end = text[start..].find("\n\n").map_or(text.len(), |length| start + length);
    let reporter = Reporter::new(file);
    let (tokens, _) = lexer::lex(text, start, end, &reporter);
    let context = Context::new(text, &tokens, &reporter, end, "the end of the file");
    let pack = declared(parser::items::items(Tokens::new(&context)));
    // What it uses may stand behind an empty line, too.
    let rest = text[end..].trim_start();
    let goes_on = ["uses", "without", "#"].iter().any(|word| rest.starts_with(word));
    match pack.filter(|pack| pack.when.is_some() && !goes_on) {
        Some(pack) if reporter.finish().is_empty() => Some(pack),
        _ => declared(parse(sources, file, &mut Diagnostics::default()).items),
    }
}

/// The tree of a bare expression that fills a range of a file; `None` where it has no meaning, which is then pushed.
pub fn parse_expression(
    sources: &Sources,
    range: Span,
    diagnostics: &mut Diagnostics,
) -> Option<Expr> {
    let text = sources.get(range.file).text();
    if let Some(diagnostic) = too_large(text, range.file) {
        diagnostics.push(diagnostic);
        return None;
    }
    let reporter = Reporter::new(range.file);
    let (start, end) = (range.start as usize, (range.end as usize).min(text.len()));
    text.get(start..end)?;
    let (tokens, _) = lexer::lex(text, start, end, &reporter);
    let context = Context::new(text, &tokens, &reporter, end, "the end of the expression");
    let input = Tokens::new(&context);
    let expr = match parser::expressions::expression(input) {
        Ok((rest, expr)) if rest.is_end() => Some(expr),
        Ok((rest, _)) => {
            rest.report(rest.error(Expected::class(Class::Operator)));
            None
        }
        Err(error) => {
            input.report(error);
            None
        }
    };
    let broken = reporter.take_broken();
    diagnostics.append(reporter.finish());
    expr.filter(|expr| !broken && !matches!(*expr.kind, ExprKind::Error))
}

fn too_large(text: &str, file: FileId) -> Option<Diagnostic> {
    (text.len() > MAX_FILE).then(|| {
        let message = format!("a rule file of {} bytes is too large", text.len());
        Diagnostic::error("file-too-large", message, Span::new(file, 0, 0))
            .help("split it: at most 4 MiB are read")
    })
}
