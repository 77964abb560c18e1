//! Prints tokens one by one, with the comments that stand between them.

use crate::language::ast::remedy::{EffectKind, Foreseen};
use crate::language::ast::{Comment, Expr, ExprKind, File, Fix, ItemKind, Name};
use crate::language::format::WIDTH;
use crate::language::token::{Symbol, Token, TokenKind, Word};

/// Whether an empty line stands before a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blank {
    /// None.
    Never,
    /// One, where the author left one or more.
    Keep,
    /// One.
    Always,
}

/// What stands before a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// Nothing.
    None,
    /// A blank.
    Space,
    /// Two blanks.
    Wide,
    /// Blanks up to a column, at least one.
    Column(usize),
    /// A new line, with an indent.
    Line(usize, Blank),
}

impl Gap {
    /// A new line without an empty one before.
    pub fn line(indent: usize) -> Self {
        Gap::Line(indent, Blank::Never)
    }
}

/// What the tree says of the gap before a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hint {
    Plain,
    /// The parenthesis of a call: no blank.
    Tight,
    /// The name of a further field: two blanks.
    Wide,
}

/// The output so far, and how far the tokens and comments are printed.
#[derive(Debug)]
pub struct Printer<'a> {
    text: &'a str,
    tokens: &'a [Token],
    comments: &'a [Comment],
    hints: Vec<Hint>,
    /// Number of comments before each token: a range of tokens holds a comment where it grows.
    before: Vec<u32>,
    out: String,
    next_comment: usize,
    /// Number of the next token.
    pub at: usize,
    /// Column after what was printed last, in characters.
    pub column: usize,
    /// Indent of what a comment pushes to a new line.
    pub continuation: usize,
    /// Where the line starts, or what is aligned in a column on it.
    pub line_indent: usize,
    /// How far the first operand of a broken row is to be indented, if it is broken itself.
    pub row_indent: usize,
    /// Indent of comments, where it differs from that of the next token.
    pub comment_indent: Option<usize>,
}

impl<'a> Printer<'a> {
    /// A printer that has printed nothing.
    pub fn new(text: &'a str, tokens: &'a [Token], comments: &'a [Comment], tree: &File) -> Self {
        let mut before = Vec::with_capacity(tokens.len());
        let mut count = 0;
        for token in tokens {
            while comments.get(count).is_some_and(|comment| comment.span.start < token.start) {
                count += 1;
            }
            before.push(count as u32);
        }
        let mut printer = Self {
            text,
            tokens,
            comments,
            hints: vec![Hint::Plain; tokens.len()],
            before,
            out: String::with_capacity(text.len() + text.len() / 8),
            next_comment: 0,
            at: 0,
            column: 0,
            continuation: 0,
            line_indent: 0,
            row_indent: 0,
            comment_indent: None,
        };
        printer.take_hints(tree);
        printer
    }

    /// The whole output.
    pub fn finish(mut self) -> String {
        self.comments_until(u32::MAX, Gap::Line(0, Blank::Keep));
        if !self.out.is_empty() {
            self.out.push('\n');
        }
        self.out
    }

    /// Number of the first token that starts at this offset or behind it.
    pub fn index(&self, offset: u32) -> usize {
        self.tokens.partition_point(|token| token.start < offset)
    }

    /// Whether everything is printed.
    pub fn is_end(&self) -> bool {
        self.at >= self.tokens.len()
    }

    /// Whether the author put a token first on its line.
    pub fn starts_line(&self, at: usize) -> bool {
        self.tokens.get(at).is_some_and(|token| token.first)
    }

    /// The word at a number.
    pub fn word_at(&self, at: usize) -> Option<Word> {
        self.tokens.get(at).and_then(|token| token.word())
    }

    /// Whether a token is this mark.
    pub fn is_at(&self, at: usize, symbol: Symbol) -> bool {
        self.tokens.get(at).is_some_and(|token| token.is(symbol))
    }

    /// Offset at which a token starts.
    pub fn start_of(&self, at: usize) -> u32 {
        self.tokens.get(at).map_or(u32::MAX, |token| token.start)
    }

    /// Whether the next token is this mark.
    pub fn next_is(&self, symbol: Symbol) -> bool {
        self.is_at(self.at, symbol)
    }

    /// Whether the token printed last is this mark.
    pub fn next_is_after(&self, symbol: Symbol) -> bool {
        self.at.checked_sub(1).is_some_and(|at| self.is_at(at, symbol))
    }

    /// Whether a comment stands before the next token.
    pub fn has_comment_before_next(&self) -> bool {
        self.comments
            .get(self.next_comment)
            .is_some_and(|comment| comment.span.start < self.start_of(self.at))
    }

    /// Whether a comment stands right before a token.
    pub fn has_comment_at(&self, at: usize) -> bool {
        at.checked_sub(1).is_some_and(|previous| self.before.get(previous) != self.before.get(at))
    }

    /// Whether the author wrote a range of tokens, and what leads to it, on one line and without comments.
    pub fn is_one_line(&self, start: usize, end: usize) -> bool {
        (start..end).all(|at| !self.starts_line(at) && !self.has_comment_at(at))
    }

    /// Width of a range of tokens on one line, without what stands before; none where a comment stands inside.
    pub fn width(&self, start: usize, end: usize) -> Option<usize> {
        let mut width = 0;
        for at in start..end {
            if at > start {
                if self.has_comment_at(at) {
                    return None;
                }
                width += match self.gap(at) {
                    Gap::None => 0,
                    Gap::Wide => 2,
                    _ => 1,
                };
            }
            width += self.tokens.get(at).map_or(0, |token| self.slice(*token).chars().count());
            if width > 4 * WIDTH {
                break;
            }
        }
        Some(width)
    }

    /// Whether a range of tokens fits on a line from a column on.
    pub fn fits(&self, column: usize, start: usize, end: usize) -> bool {
        self.width(start, end).is_some_and(|width| column + width <= WIDTH)
    }

    /// What stands before a token on the same line.
    pub fn gap(&self, at: usize) -> Gap {
        match self.hints.get(at) {
            Some(Hint::Tight) => return Gap::None,
            Some(Hint::Wide) => return Gap::Wide,
            _ => {}
        }
        let Some(previous) = at.checked_sub(1).and_then(|at| self.tokens.get(at)) else {
            return Gap::None;
        };
        let Some(token) = self.tokens.get(at) else { return Gap::None };
        let tight_before = matches!(
            token.kind,
            TokenKind::Symbol(
                Symbol::Comma
                    | Symbol::CloseParen
                    | Symbol::CloseBracket
                    | Symbol::Dot
                    | Symbol::Colon
            )
        );
        let tight_behind = matches!(
            previous.kind,
            TokenKind::Symbol(Symbol::OpenParen | Symbol::OpenBracket | Symbol::Dot)
        );
        let empty = previous.is(Symbol::OpenBrace) && token.is(Symbol::CloseBrace);
        if tight_before || tight_behind || empty { Gap::None } else { Gap::Space }
    }

    /// Prints tokens on one line, up to the one with this number.
    pub fn flat_to(&mut self, end: usize) {
        while self.at < end && !self.is_end() {
            self.token_with_default_gap();
        }
    }

    /// Prints the next token behind what stands before it on the same line.
    pub fn token_with_default_gap(&mut self) {
        self.token(self.gap(self.at));
    }

    /// Prints the comments before the next token, then the token behind a gap.
    pub fn token(&mut self, gap: Gap) {
        let Some(token) = self.tokens.get(self.at).copied() else { return };
        let gap = self.comments_until(token.start, gap);
        match gap {
            Gap::None => {}
            Gap::Space => self.spaces(1),
            Gap::Wide => self.spaces(2),
            Gap::Column(column) => self.spaces(column.saturating_sub(self.column).max(1)),
            Gap::Line(indent, blank) => self.line(indent, blank, token.start),
        }
        let text = self.slice(token);
        self.out.push_str(text);
        self.column += text.chars().count();
        self.at += 1;
    }

    /// Prints the comments up to an offset; gives the gap that is left to print.
    fn comments_until(&mut self, offset: u32, gap: Gap) -> Gap {
        let mut gap = gap;
        while let Some(comment) =
            self.comments.get(self.next_comment).filter(|comment| comment.span.start < offset)
        {
            let text = self
                .text
                .get(comment.span.start as usize..comment.span.end as usize)
                .unwrap_or("")
                .trim_end();
            let (indent, blank) = match gap {
                Gap::Line(indent, blank) => (indent, blank),
                _ => (self.continuation, Blank::Never),
            };
            if comment.own_line {
                self.line(self.comment_indent.unwrap_or(indent), blank, comment.span.start);
                // Behind the first comment an author's empty lines stay, unless none may be here at all.
                gap = Gap::Line(
                    indent,
                    if blank == Blank::Never && self.at > 0 { blank } else { Blank::Keep },
                );
            } else {
                let column = self.source_column(comment.span.start);
                self.spaces(column.saturating_sub(self.column).max(2));
                gap = Gap::Line(indent, blank);
            }
            self.out.push_str(text);
            self.column += text.chars().count();
            self.next_comment += 1;
        }
        gap
    }

    fn spaces(&mut self, count: usize) {
        self.out.extend(std::iter::repeat_n(' ', count));
        self.column += count;
    }

    /// Starts a line for what stands at an offset of the source.
    fn line(&mut self, indent: usize, blank: Blank, offset: u32) {
        if !self.out.is_empty() {
            self.out.push('\n');
            if blank == Blank::Always || (blank == Blank::Keep && self.is_behind_blank_line(offset))
            {
                self.out.push('\n');
            }
        }
        self.column = 0;
        self.line_indent = indent;
        self.spaces(indent);
    }

    /// Whether the author left an empty line before what stands at an offset.
    fn is_behind_blank_line(&self, offset: u32) -> bool {
        let before = self.text.get(..offset as usize).unwrap_or("");
        let before = before.trim_end_matches([' ', '\t']);
        let Some(before) = without_line_end(before) else { return false };
        without_line_end(before.trim_end_matches([' ', '\t'])).is_some()
    }

    fn source_column(&self, offset: u32) -> usize {
        let before = self.text.get(..offset as usize).unwrap_or("");
        let line = before.rfind(['\n', '\r']).map_or(0, |at| at + 1);
        before.get(line..).unwrap_or("").chars().count()
    }

    fn slice(&self, token: Token) -> &'a str {
        self.text.get(token.start as usize..token.end as usize).unwrap_or("")
    }

    fn hint(&mut self, at: usize, hint: Hint) {
        if let Some(slot) = self.hints.get_mut(at) {
            *slot = hint;
        }
    }

    fn hint_fixes(&mut self, fixes: &[Fix]) {
        for fix in fixes {
            self.hint_call(&fix.remedy);
            self.hints_in(fix.expressions());
        }
    }

    /// Notes the parentheses of calls and the names of fields.
    fn take_hints(&mut self, tree: &File) {
        for item in &tree.items {
            match &item.kind {
                ItemKind::Unit(unit) => self.hints_in(unit.filter.iter().chain(&unit.done)),
                ItemKind::Define(define) => {
                    self.hint_call(&define.name);
                    self.hints_in([&define.body]);
                }
                ItemKind::Rule(rule) => {
                    let conditions = [&rule.filter, &rule.require, &rule.when, &rule.blocks];
                    self.hints_in(conditions.into_iter().flatten());
                    self.hints_in(rule.grace.iter().filter_map(Foreseen::known));
                    self.hints_in(rule.bindings.iter().map(|binding| &binding.value));
                    self.hint_fixes(&rule.fixes);
                }
                ItemKind::Suppose(suppose) => self.hint_fixes(&suppose.fixes),
                ItemKind::Remedy(remedy) => {
                    self.hint_call(&remedy.name);
                    self.hints_in(&remedy.needs);
                    for effect in remedy.effects.iter().chain(&remedy.expects) {
                        match &effect.kind {
                            EffectKind::Set { path, value } | EffectKind::Add { value, path } => {
                                self.hints_in([path, value]);
                            }
                            EffectKind::Remove { path, filter, .. } => {
                                self.hints_in([path, filter])
                            }
                            EffectKind::Create { fields, .. } => {
                                self.hint_fields(fields);
                                self.hints_in(fields.iter().map(|(_, value)| value));
                            }
                        }
                    }
                }
                _ => {}
            }
        }
    }

    fn hint_call(&mut self, name: &Name) {
        let next = self.index(name.span.start) + 1;
        if self.is_at(next, Symbol::OpenParen) {
            self.hint(next, Hint::Tight);
        }
    }

    fn hint_fields(&mut self, fields: &[(Name, Expr)]) {
        for (name, _) in fields.iter().skip(1) {
            self.hint(self.index(name.span.start), Hint::Wide);
        }
    }

    fn hints_in<'e>(&mut self, expressions: impl IntoIterator<Item = &'e Expr>) {
        for expression in expressions {
            match &*expression.kind {
                ExprKind::Call(name, _) => self.hint_call(name),
                ExprKind::Record(_, fields) => self.hint_fields(fields),
                _ => {}
            }
            self.hints_in(expression.children());
        }
    }
}

fn without_line_end(text: &str) -> Option<&str> {
    text.strip_suffix("\r\n").or_else(|| text.strip_suffix(['\n', '\r']))
}
