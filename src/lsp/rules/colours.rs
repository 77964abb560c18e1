//! What each token of a rule file is, for its colour: every token and comment, in order, without overlap.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::compile::resolutions::{NameKind, Symbol};
use crate::language::ast::remedy::Undo;
use crate::language::ast::{self, ItemKind, Text, TextPart};
use crate::language::error::Reporter;
use crate::language::lexer;
use crate::language::token::{Token, TokenKind, Word};
use crate::lsp::rules::{Pack, pieces};
use crate::schema::{BUILTIN_TYPES, TypeKind};
use crate::source::{FileId, Span};

/// The kinds of tokens, in the order in which the server names them to the editor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
#[allow(missing_docs, reason = "the names of the protocol, see `KINDS`")]
pub enum Kind {
    Keyword,
    Type,
    Property,
    Variable,
    Function,
    EnumMember,
    String,
    Number,
    Comment,
    Operator,
    Regexp,
    Class,
}

/// The names of the kinds in the protocol, in their order.
pub const KINDS: [&str; 12] = [
    "keyword",
    "type",
    "property",
    "variable",
    "function",
    "enumMember",
    "string",
    "number",
    "comment",
    "operator",
    "regexp",
    "class",
];

/// One coloured piece; it never crosses the end of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Coloured {
    /// Where it is.
    pub span: Span,
    /// What it is.
    pub kind: Kind,
    /// Whether it declares or binds what it names.
    pub declares: bool,
}

/// The tokens of a file.
pub fn colours(pack: &Pack<'_>, file: FileId) -> Vec<Coloured> {
    let (tokens, comments) = pieces(pack.sources, file);
    let found = &pack.resolved.resolutions;
    let mut painter = Painter {
        pack,
        file,
        symbols: found.uses.iter().map(|(span, symbol)| (*span, symbol)).collect(),
        declared: found.declared.iter().map(|(span, _)| *span).collect(),
        texts: texts(pack, file),
        out: Vec::new(),
    };
    painter.tokens(&tokens);
    let mut all = painter.out;
    let comment = |comment: &ast::Comment| Coloured {
        span: comment.span,
        kind: Kind::Comment,
        declares: false,
    };
    all.extend(comments.iter().map(comment));
    all.sort_by_key(|piece| piece.span);
    all
}

struct Painter<'p> {
    pack: &'p Pack<'p>,
    file: FileId,
    symbols: FxHashMap<Span, &'p Symbol>,
    declared: FxHashSet<Span>,
    /// The texts with expressions in them, by the offset of their first quote.
    texts: FxHashMap<u32, &'p Text>,
    out: Vec<Coloured>,
}

impl Painter<'_> {
    fn tokens(&mut self, tokens: &[Token]) {
        let mut before = None;
        for token in tokens {
            let text = token.is_string().then(|| self.texts.get(&token.start).copied()).flatten();
            match text {
                Some(text) => self.text(*token, text),
                None => self.token(*token, before),
            }
            before = token.word();
        }
    }

    fn push(&mut self, start: u32, end: u32, kind: Kind) {
        if start < end {
            let span = Span { file: self.file, start, end };
            self.out.push(Coloured { span, kind, declares: self.declared.contains(&span) });
        }
    }

    /// A text: what is between its expressions, and the tokens of those.
    fn text(&mut self, token: Token, text: &Text) {
        let mut at = token.start;
        for part in &text.parts {
            let TextPart::Expr(expr) = part else { continue };
            let inside = self.pack.sources.get(self.file).text();
            let (start, end) = (expr.span.start, expr.span.end.min(token.end));
            if start < at || end <= start {
                continue;
            }
            self.push(at, start, Kind::String);
            let reporter = Reporter::new(self.file);
            let (tokens, _) = lexer::lex(inside, start as usize, end as usize, &reporter);
            self.tokens(&tokens);
            at = end;
        }
        self.push(at, token.end, Kind::String);
    }

    fn token(&mut self, token: Token, before: Option<Word>) {
        let span = Span { file: self.file, start: token.start, end: token.end };
        let kind = match token.kind {
            TokenKind::Number => Kind::Number,
            TokenKind::String | TokenKind::OpenString if before == Some(Word::Matches) => {
                Kind::Regexp
            }
            TokenKind::String | TokenKind::OpenString => Kind::String,
            TokenKind::Symbol(_) | TokenKind::Unknown => Kind::Operator,
            TokenKind::TypeName => self.named(span).unwrap_or(Kind::Type),
            TokenKind::Id => self.named(span).unwrap_or(Kind::Class),
            TokenKind::Dashed => self.named(span).unwrap_or(Kind::EnumMember),
            TokenKind::Word(word) => {
                self.named(span).unwrap_or_else(|| self.word(word, before, span))
            }
        };
        self.push(token.start, token.end, kind);
    }

    fn named(&self, span: Span) -> Option<Kind> {
        Some(match self.symbols.get(&span)? {
            Symbol::Type(ty) if self.pack.schema().ty(*ty).kind == TypeKind::Record => Kind::Type,
            Symbol::Type(_) => Kind::Class,
            Symbol::Field(..) => Kind::Property,
            Symbol::Word(_) => Kind::EnumMember,
            Symbol::Local(_) => Kind::Variable,
            Symbol::Function(_) => Kind::Function,
            Symbol::Now => Kind::Keyword,
            Symbol::Named(NameKind::Definition | NameKind::Remedy, _) => Kind::Function,
            Symbol::Named(NameKind::Role | NameKind::Pack | NameKind::Document, _) => {
                Kind::EnumMember
            }
            Symbol::Named(NameKind::Rule | NameKind::Clause, _) => Kind::Class,
        })
    }

    /// A word that refers to nothing: one of the language, or a name nobody knows.
    fn word(&self, word: Word, before: Option<Word>, span: Span) -> Kind {
        let text = self.pack.sources.slice(span);
        if before == Some(Word::Consent) {
            Kind::EnumMember
        } else if BUILTIN_TYPES.contains(&text) {
            Kind::Type
        } else if word == Word::Other {
            Kind::Variable
        } else {
            Kind::Keyword
        }
    }
}

/// The texts of a file that may have expressions in them.
fn texts<'p>(pack: &'p Pack<'_>, file: FileId) -> FxHashMap<u32, &'p Text> {
    let mut found: Vec<&Text> = Vec::new();
    for item in pack.tree(file).iter().flat_map(|tree| &tree.items) {
        match &item.kind {
            ItemKind::Environment(decl) | ItemKind::Entity(decl) | ItemKind::Record(decl) => {
                found.extend(asked(decl))
            }
            ItemKind::Extend(extend) => found.extend(asked(&extend.decl)),
            ItemKind::Rule(rule) => {
                found.extend(rule.because.iter().chain(&rule.why).chain(&rule.whether))
            }
            ItemKind::Remedy(remedy) => {
                let texts = [&remedy.action, &remedy.at, &remedy.warning];
                found.extend(texts.into_iter().flatten().chain(&remedy.run));
                if let Some(Undo::By(text)) = &remedy.undo {
                    found.push(text);
                }
            }
            _ => {}
        }
    }
    found.into_iter().map(|text| (text.span.start, text)).collect()
}

fn asked(decl: &ast::TypeDecl) -> impl Iterator<Item = &Text> {
    decl.fields.iter().flat_map(|field| field.ask.iter().chain(&field.find))
}
