//! What can be written at a place, by the type that is expected there.
//!
//! Owns the way there: a word is put where the cursor is, so that what is half typed reads as a name, and the pack is
//! compiled with it; then the checker says what is expected and what is in scope. Where that does not reach, the tokens
//! before the cursor tell.

use std::rc::Rc;

use crate::builtins;
use crate::compile::resolutions::{NameKind, Symbol};
use crate::language::ast::{ExprKind, ItemKind};
use crate::language::error::Reporter;
use crate::language::lexer;
use crate::language::token::{Symbol as Mark, Token, TokenKind, Word};
use crate::lsp::rules::{Pack, head, pieces};
use crate::schema::types::Type;
use crate::schema::{BUILTIN_TYPES, ENVIRONMENT, TypeId, TypeKind};
use crate::session::{PackFiles, rules};
use crate::source::{FileId, Sources, Span};

/// Something that can be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// What is written.
    pub text: String,
    /// What it is.
    pub kind: Kind,
    /// Its type or title.
    pub detail: String,
    /// Lower comes first.
    pub rank: u8,
}

/// What a candidate is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A word of an enumeration, `true`, `false`, `none`.
    Word,
    /// A name that is bound.
    Local,
    /// A field.
    Field,
    /// A definition or a function of the language.
    Function,
    /// A type.
    Type,
    /// A remedy.
    Remedy,
    /// A clause.
    Clause,
    /// A role, a pack or a document.
    Name,
    /// A word of the language.
    Keyword,
}

/// What can be written at a place, and what of the text it replaces.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completion {
    /// What is written of a name already.
    pub span: Span,
    /// The candidates, the best first.
    pub candidates: Vec<Candidate>,
}

/// A name that nobody declares.
const PLACEHOLDER: &str = "x9placeholder";

/// What can be written at an offset.
pub fn complete(
    sources: &Sources,
    files: &PackFiles,
    file: FileId,
    offset: u32,
) -> Option<Completion> {
    let (tokens, comments) = pieces(sources, file);
    if comments.iter().any(|one| one.span.start < offset && offset <= one.span.end) {
        return None;
    }
    let string =
        tokens.iter().find(|one| one.is_string() && one.start < offset && offset < one.end);
    let text = sources.get(file).text();
    let tokens = match string {
        None => tokens.clone(),
        Some(string) => {
            let start = string.start as usize + open_brace(sources, file, string, offset)? + 1;
            lexer::lex(text, start, offset as usize, &Reporter::new(file)).0
        }
    };
    let in_text = string.is_some();
    let named = |char: char| char.is_ascii_alphanumeric() || char == '-' || char == '_';
    let start = text.get(..offset as usize)?.trim_end_matches(named).len();
    let rest = text.get(offset as usize..)?;
    let end = offset as usize + rest.len() - rest.trim_start_matches(named).len();
    let span = Span::new(file, start, end);
    let before: Vec<Token> =
        tokens.iter().copied().take_while(|token| token.end as usize <= start).collect();
    let mut with_word = Sources::default();
    for (id, source) in sources.iter() {
        let text = match id == file {
            true => format!("{} {PLACEHOLDER} {}", &text[..start], &text[end..]),
            false => source.text().to_owned(),
        };
        with_word.add(source.name(), text);
    }
    let probe = (file, start as u32 + 1);
    // What a pack of the program is compiled to does not know of the word.
    let files = PackFiles { stored: None, ..files.clone() };
    let resolved = Rc::new(rules::resolve(&with_word, &files, Some(probe)));
    let pack = Pack { sources: &with_word, files: &files, resolved };
    let mut found = Finder { pack: &pack, out: Vec::new() };
    found.at(&before, in_text, file, probe.1);
    let mut candidates = found.out;
    candidates.retain(|one| one.text != PLACEHOLDER && !one.text.is_empty());
    candidates.sort_by(|a, b| (a.rank, a.kind, &a.text).cmp(&(b.rank, b.kind, &b.text)));
    candidates.dedup_by(|a, b| a.text == b.text);
    Some(Completion { span, candidates })
}

/// Where in a text the brace is that is open at an offset.
fn open_brace(sources: &Sources, file: FileId, string: &Token, offset: u32) -> Option<usize> {
    let before = sources.get(file).text().get(string.start as usize..offset as usize)?;
    let open = before.rfind('{')?;
    let doubled = before[..open].bytes().rev().take_while(|byte| *byte == b'{').count() % 2 == 1;
    (!doubled && before.rfind('}').is_none_or(|close| close < open)).then_some(open)
}

struct Finder<'p> {
    pack: &'p Pack<'p>,
    out: Vec<Candidate>,
}

impl Finder<'_> {
    fn push(&mut self, text: &str, kind: Kind, detail: impl Into<String>, rank: u8) {
        self.out.push(Candidate { text: text.to_owned(), kind, detail: detail.into(), rank });
    }

    fn at(&mut self, before: &[Token], in_text: bool, file: FileId, offset: u32) {
        let last = before.last().copied();
        if last.is_some_and(|last| last.is(Mark::Dot)) {
            return self.fields_before_dot(before, file);
        }
        let around = self.pack.resolved.resolutions.around.is_some();
        if !in_text && !around && self.by_tokens(before, file, offset) {
            return;
        }
        if let Some(owner) = self.made(file, offset) {
            return self.fields(owner, 0);
        }
        self.expression(before, in_text);
    }

    /// The fields of what is before a dot.
    fn fields_before_dot(&mut self, before: &[Token], file: FileId) {
        let Some(dot) = before.last() else { return };
        let found = &self.pack.resolved.resolutions;
        let ends_here = found
            .types
            .iter()
            .filter(|(span, ty)| span.file == file && span.end == dot.start && **ty != Type::Error);
        // `not s.up.`: the longest expression that has fields.
        let row = |ty: &Type| ty.row().or_else(|| ty.element().and_then(Type::row));
        let longest = ends_here
            .filter_map(|(span, ty)| Some((span.start, row(ty)?)))
            .min_by_key(|(start, _)| *start);
        if let Some((_, owner)) = longest {
            self.fields(owner, 0);
        }
    }

    fn fields(&mut self, owner: TypeId, rank: u8) {
        let def = self.pack.schema().ty(owner);
        for field in &def.fields {
            let detail = field.ty.describe(self.pack.schema());
            self.push(&field.name, Kind::Field, detail, rank);
        }
    }

    /// The type whose fields are given values around a place: `create Server s { … }`, `Route { … }`.
    fn made(&self, file: FileId, offset: u32) -> Option<TypeId> {
        let (tokens, _) = pieces(self.pack.sources, file);
        let at = tokens.iter().position(|token| token.start == offset)?;
        let followed = tokens.get(at + 1).is_some_and(|next| next.is(Mark::Assign));
        let mut open = 0_usize;
        for (at, token) in tokens.iter().enumerate().take(at).rev() {
            if token.is(Mark::CloseBrace) {
                open += 1;
            } else if token.is(Mark::OpenBrace) {
                if open > 0 {
                    open -= 1;
                    continue;
                }
                let named = tokens.get(at.saturating_sub(2)..at)?;
                let name = named.iter().rfind(|token| token.kind == TokenKind::TypeName)?;
                let opens_entity = named.first().is_some_and(|first| {
                    matches!(first.word(), Some(Word::Entity | Word::Record | Word::Unit))
                });
                let before = tokens.get(at - 1).is_some_and(|last| last.kind != TokenKind::String);
                let span = Span { file, start: name.start, end: name.end };
                let ty = self.pack.schema().find(self.pack.sources.slice(span))?;
                let last = tokens.get(self.index_before(&tokens, offset)?)?;
                let fresh = !matches!(last.kind, TokenKind::Symbol(Mark::Assign));
                return (before && !opens_entity && (followed || fresh)).then_some(ty);
            }
        }
        None
    }

    fn index_before(&self, tokens: &[Token], offset: u32) -> Option<usize> {
        tokens.iter().rposition(|token| token.end <= offset)
    }

    /// What the tokens before the place alone tell; whether they do.
    fn by_tokens(&mut self, before: &[Token], file: FileId, offset: u32) -> bool {
        let item = self.pack.item(file, offset);
        let (last, part) = (before.last().and_then(|token| token.word()), part(before));
        let is_first = match before.last() {
            None => true,
            Some(last) => {
                let between = self.pack.sources.get(file).text();
                between
                    .get(last.end as usize..offset as usize)
                    .is_some_and(|gap| gap.contains('\n'))
            }
        };
        let after = |mark: Mark| before.last().is_some_and(|last| last.is(mark));
        match item.map(|item| &item.kind) {
            Some(ItemKind::Rule(_)) if part == Some(Word::Clause) && !is_first => self.clauses(),
            Some(ItemKind::Rule(_) | ItemKind::Remedy(_) | ItemKind::Suppose(_))
                if matches!(last, Some(Word::Fix | Word::After)) =>
            {
                self.remedies()
            }
            Some(ItemKind::Rule(_) | ItemKind::Suppose(_))
                if part == Some(Word::Fix) && after(Mark::Colon) =>
            {
                self.remedies()
            }
            Some(ItemKind::Remedy(_)) if last == Some(Word::Role) => self.names(NameKind::Role),
            Some(ItemKind::Remedy(_)) if matches!(last, Some(Word::Effect | Word::Expect)) => {
                self.words(Word::EFFECTS)
            }
            Some(ItemKind::Pack(_)) if last == Some(Word::Gates) => self.remedies(),
            Some(ItemKind::Rule(_)) if last == Some(Word::Level) => {
                self.push("note", Kind::Keyword, "", 0);
                self.push("warning", Kind::Keyword, "", 0);
            }
            Some(ItemKind::Rule(_)) if last == Some(Word::Waivable) => {
                self.push("never", Kind::Keyword, "", 0);
                self.push("at most", Kind::Keyword, "", 0);
            }
            Some(ItemKind::Rule(_)) if is_first => self.words(Word::RULE_PARTS),
            Some(ItemKind::Remedy(_)) if is_first => self.words(Word::REMEDY_PARTS),
            Some(
                ItemKind::Environment(_)
                | ItemKind::Entity(_)
                | ItemKind::Record(_)
                | ItemKind::Extend(_)
                | ItemKind::Define(_)
                | ItemKind::Remedy(_),
            ) if after(Mark::Colon)
                || after(Mark::OpenBracket)
                || matches!(last, Some(Word::Ref | Word::All | Word::One)) =>
            {
                self.types(!matches!(last, Some(Word::Ref | Word::All | Word::One)))
            }
            Some(
                ItemKind::Environment(_)
                | ItemKind::Entity(_)
                | ItemKind::Record(_)
                | ItemKind::Extend(_),
            ) => self.words(Word::NOTES),
            _ if last == Some(Word::Extend) => self.words(Word::TYPES),
            _ if matches!(last, Some(Word::Entity | Word::Record | Word::Unit)) => {
                self.types(false)
            }
            _ if is_first || before.is_empty() => {
                self.words(Word::DECLARATIONS);
                self.words(&[Word::Role, Word::Extend, Word::Suppose]);
            }
            _ => return false,
        }
        true
    }

    fn words(&mut self, words: &[Word]) {
        for word in words {
            self.push(word.text(), Kind::Keyword, "", 1);
        }
    }

    fn types(&mut self, builtin: bool) {
        for (_, def) in self.pack.schema().types().filter(|(id, _)| *id != ENVIRONMENT) {
            if builtin || def.kind == TypeKind::Entity {
                self.push(&def.name, Kind::Type, def.title.clone().unwrap_or_default(), 0);
            }
        }
        for name in BUILTIN_TYPES.iter().filter(|_| builtin) {
            self.push(name, Kind::Type, "", 1);
        }
        if builtin {
            self.words(&[Word::Ref, Word::Partial, Word::Key, Word::All, Word::One]);
        }
    }

    fn clauses(&mut self) {
        for item in self.pack.items() {
            let ItemKind::Document(document) = &item.kind else { continue };
            for clause in &document.clauses {
                self.push(&clause.id.value, Kind::Clause, &clause.title.value, 0);
            }
        }
    }

    fn remedies(&mut self) {
        for item in self.pack.items() {
            let ItemKind::Remedy(remedy) = &item.kind else { continue };
            let (detail, _) = head(self.pack.sources, "", &remedy.params, None);
            self.push(&remedy.name.value, Kind::Remedy, detail, 0);
        }
    }

    fn names(&mut self, kind: NameKind) {
        for (_, symbol) in &self.pack.resolved.resolutions.declared {
            if let Symbol::Named(of, name) = symbol
                && *of == kind
            {
                self.out.push(Candidate {
                    text: name.clone(),
                    kind: Kind::Name,
                    detail: String::new(),
                    rank: 0,
                });
            }
        }
    }

    /// What an expression can begin with; what fits the expected type comes first.
    fn expression(&mut self, before: &[Token], in_text: bool) {
        let schema = self.pack.schema();
        let around = self.pack.resolved.resolutions.around.clone().unwrap_or_default();
        let expected = around.expected.as_ref().map(Type::present).filter(|ty| **ty != Type::Error);
        let rank = |ty: &Type| match expected {
            Some(expected) if ty.fits(expected) => 1,
            // What has fields leads on.
            _ if ty.row().is_some() => 2,
            _ => 3,
        };
        let mut out: Vec<Candidate> = Vec::new();
        let mut push = |text: &str, kind: Kind, detail: String, rank: u8| {
            out.push(Candidate { text: text.to_owned(), kind, detail, rank });
        };
        match expected {
            Some(Type::Words(words)) => {
                for word in words.iter() {
                    push(schema.word(*word), Kind::Word, String::new(), 0);
                }
            }
            Some(Type::Bool) => {
                push("true", Kind::Word, String::new(), 4);
                push("false", Kind::Word, String::new(), 4);
            }
            _ => {}
        }
        if matches!(around.expected, Some(Type::OrNone(_))) {
            push("none", Kind::Word, String::new(), 0);
        }
        for (name, ty) in around.scope.iter().rev() {
            push(name, Kind::Local, ty.describe(schema), rank(ty).min(2));
        }
        for owner in around.owner.into_iter().chain([ENVIRONMENT]) {
            for field in &schema.ty(owner).fields {
                push(&field.name, Kind::Field, field.ty.describe(schema), rank(&field.ty));
            }
        }
        for item in self.pack.items() {
            let ItemKind::Define(define) = &item.kind else { continue };
            let types = &self.pack.resolved.resolutions.types;
            let ty = types.get(&define.body.span).filter(|ty| **ty != Type::Error);
            let is_itself = matches!(*define.body.kind, ExprKind::Error);
            let described = ty.map(|ty| ty.describe(schema));
            let (detail, _) = head(self.pack.sources, "", &define.params, described);
            let rank = ty.map_or(3, rank);
            if !is_itself {
                push(&define.name.value, Kind::Function, detail, rank);
            }
        }
        for builtin in &builtins::BUILTINS {
            push(builtin.name, Kind::Function, builtin.signature.to_owned(), 3);
        }
        push("now", Kind::Keyword, "time".to_owned(), rank(&Type::Time));
        let last = before.last();
        let behind_operand = last.is_some_and(|last| match last.kind {
            TokenKind::Word(word) => !word.is_reserved() && !word.is_part(),
            TokenKind::Symbol(mark) => {
                matches!(mark, Mark::CloseParen | Mark::CloseBracket | Mark::CloseBrace)
            }
            _ => true,
        });
        let words: &[Word] = if behind_operand && !in_text {
            Word::INFIX
        } else {
            &[Word::Not, Word::All, Word::Any, Word::No, Word::The, Word::If]
        };
        for word in words {
            push(word.text(), Kind::Keyword, String::new(), 4);
        }
        self.out.append(&mut out);
    }
}

/// The word that opened the part that the tokens end in.
fn part(before: &[Token]) -> Option<Word> {
    let opens = |token: &&Token| {
        token.first && token.word().is_some_and(|word| word.is_part() || word.is_declaration())
    };
    before.iter().rev().find(opens).and_then(|token| token.word())
}
