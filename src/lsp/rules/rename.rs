//! Renaming what a pack declares, in all of its files and those that it uses.
//!
//! Owns one promise: after it each name refers to what it referred to before. That is not argued but tried, as the pack
//! is resolved anew with the new name. Descriptions are not changed.

use rustc_hash::FxHashMap;

use crate::compile::resolutions::{Resolutions, Symbol};
use crate::diagnostic::{Diagnostic, Severity};
use crate::language::error::Reporter;
use crate::language::lexer;
use crate::language::token::{Token, TokenKind, Word};
use crate::lsp::rules::{Pack, refer};
use crate::session::rules;
use crate::source::{FileId, Sources, Span};

/// Why something cannot be renamed, or not so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refused {
    /// No name of a declaration is there.
    NoName,
    /// A word, a function or `now`: descriptions or the language have it.
    NotOurs(String),
    /// It is declared in a pack of the program.
    Shipped(String),
    /// The new name is none of that kind: what it has to look like.
    NoSuchName {
        /// The new name.
        name: String,
        /// One that would do.
        like: String,
    },
    /// With the new name something would refer to something else, or to nothing.
    Taken(String),
}

impl Refused {
    /// The sentence for it.
    pub fn message(&self) -> String {
        match self {
            Refused::NoName => "there is no name here that a rule declares".to_owned(),
            Refused::NotOurs(name) => {
                format!("`{name}` is not declared by a rule alone, so it cannot be renamed here")
            }
            Refused::Shipped(name) => {
                format!("`{name}` belongs to a pack of the program, which cannot be changed")
            }
            Refused::NoSuchName { name, like } => {
                format!("`{name}` cannot be its name: it has to look like `{like}`")
            }
            Refused::Taken(name) => {
                format!("`{name}` is taken: something would refer to something else")
            }
        }
    }
}

/// The name at a place, if it can be renamed.
///
/// # Errors
///
/// Where no name is there, or it is not the pack's to change.
pub fn prepare(pack: &Pack<'_>, file: FileId, offset: u32) -> Result<Span, Refused> {
    let (span, symbol) = refer::symbol(pack, file, offset).ok_or(Refused::NoName)?;
    let name = || pack.sources.slice(span).to_owned();
    if matches!(symbol, Symbol::Word(_) | Symbol::Function(_) | Symbol::Now) {
        return Err(Refused::NotOurs(name()));
    }
    match pack.resolved.resolutions.uses_of(symbol).all(|span| pack.is_writable(span.file)) {
        true => Ok(span),
        false => Err(Refused::Shipped(name())),
    }
}

/// The places to change, each to the new name.
///
/// # Errors
///
/// Where the name cannot be renamed, the new one cannot be a name of that kind, or something would refer to something
/// else.
pub fn rename(pack: &Pack<'_>, file: FileId, offset: u32, new: &str) -> Result<Vec<Span>, Refused> {
    let span = prepare(pack, file, offset)?;
    let (_, symbol) = refer::symbol(pack, file, offset).ok_or(Refused::NoName)?;
    let old = pack.sources.slice(span);
    if !is_alike(old, new) {
        return Err(Refused::NoSuchName { name: new.to_owned(), like: old.to_owned() });
    }
    let uses: Vec<Span> = pack.resolved.resolutions.uses_of(symbol).collect();
    let renamed = with(pack.sources, &uses, new);
    let after = rules::resolve(&renamed, pack.files, None);
    let before = &pack.resolved;
    let same = shape(&before.resolutions) == shape(&after.resolutions)
        && errors(&before.loaded.diagnostics) == errors(&after.loaded.diagnostics);
    if same { Ok(uses) } else { Err(Refused::Taken(new.to_owned())) }
}

/// Whether both are one token of one kind.
fn is_alike(old: &str, new: &str) -> bool {
    let kind = |text: &str| {
        let reporter = Reporter::new(FileId(0));
        let (tokens, comments) = lexer::lex(text, 0, text.len(), &reporter);
        let sound = reporter.finish().is_empty() && comments.is_empty();
        match tokens.as_slice() {
            [Token { kind, start: 0, end, .. }] if sound && *end as usize == text.len() => {
                Some(match kind {
                    TokenKind::Word(word) if !word.is_reserved() => TokenKind::Word(Word::Other),
                    TokenKind::Word(_) => return None,
                    other => *other,
                })
            }
            _ => None,
        }
    };
    kind(new).is_some() && kind(old) == kind(new)
}

/// The texts with a new name at some places.
fn with(sources: &Sources, places: &[Span], new: &str) -> Sources {
    let mut renamed = Sources::default();
    for (file, source) in sources.iter() {
        let mut text = String::with_capacity(source.text().len());
        let mut at = 0;
        for place in places.iter().filter(|place| place.file == file) {
            text.push_str(source.text().get(at..place.start as usize).unwrap_or(""));
            text.push_str(new);
            at = place.end as usize;
        }
        text.push_str(source.text().get(at..).unwrap_or(""));
        renamed.add(source.name(), text);
    }
    renamed
}

/// For each name the number of the name that declares it, or what it is where nothing does.
fn shape(found: &Resolutions) -> Vec<(Option<usize>, Option<&Symbol>)> {
    let numbers: FxHashMap<Span, usize> =
        found.uses.iter().enumerate().map(|(at, (span, _))| (*span, at)).collect();
    let mut declared: FxHashMap<&Symbol, usize> = FxHashMap::default();
    for (span, symbol) in &found.declared {
        if let Some(number) = numbers.get(span) {
            declared.entry(symbol).or_insert(*number);
        }
    }
    let shown = |(_, symbol): &'_ (Span, Symbol)| declared.get(symbol).copied();
    let of_language = |symbol| matches!(symbol, &Symbol::Function(_) | &Symbol::Now);
    let uses = found.uses.iter();
    uses.map(|entry| (shown(entry), Some(&entry.1).filter(|symbol| of_language(symbol)))).collect()
}

fn errors(diagnostics: &[Diagnostic]) -> usize {
    diagnostics.iter().filter(|told| told.severity == Severity::Error).count()
}
