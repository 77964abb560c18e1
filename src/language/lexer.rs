//! Text to tokens.
//!
//! White space and comments end here. Never fails: characters without a meaning become one token of their own and are
//! reported, a string that is not closed ends with its line. Works on bytes and allocates two vectors, nothing per
//! token, since it runs over all rules at each start.

use crate::diagnostic::Diagnostic;
use crate::language::ast::Comment;
use crate::language::error::{Reporter, SYNTAX, shown};
use crate::language::token::{Symbol, Token, TokenKind, Word};
use crate::source::Span;

/// The tokens and comments of a range of bytes of `text`, which must lie on character boundaries.
pub fn lex(
    text: &str,
    start: usize,
    end: usize,
    reporter: &Reporter,
) -> (Vec<Token>, Vec<Comment>) {
    let mut tokens = Vec::with_capacity((end - start) / 4 + 4);
    let mut comments = Vec::new();
    lex_into(text, start, end, reporter, &mut tokens, &mut comments);
    (tokens, comments)
}

/// Like [`lex`], into vectors that exist.
pub fn lex_into(
    text: &str,
    start: usize,
    end: usize,
    reporter: &Reporter,
    tokens: &mut Vec<Token>,
    comments: &mut Vec<Comment>,
) {
    let mut lexer = Lexer { text, bytes: &text.as_bytes()[..end], at: start, reporter };
    let mut first = true;
    if start == 0 && text.starts_with('\u{feff}') {
        lexer.at = '\u{feff}'.len_utf8().min(end);
    }
    while let Some(byte) = lexer.peek(0) {
        let start = lexer.at;
        match byte {
            b'\n' | b'\r' => {
                first = true;
                lexer.at += 1;
            }
            b' ' | b'\t' => lexer.skip(|byte| matches!(byte, b' ' | b'\t')),
            b'#' => {
                lexer.skip(|byte| byte != b'\n' && byte != b'\r');
                let span = Span::new(reporter.file(), start, lexer.at);
                comments.push(Comment { span, own_line: first });
            }
            _ => {
                let kind = lexer.token(byte);
                tokens.push(Token { kind, first, start: start as u32, end: lexer.at as u32 });
                first = false;
            }
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    reporter: &'a Reporter,
}

impl Lexer<'_> {
    fn peek(&self, ahead: usize) -> Option<u8> {
        self.bytes.get(self.at + ahead).copied()
    }

    #[inline]
    fn skip(&mut self, take: impl Fn(u8) -> bool) {
        let rest = &self.bytes[self.at..];
        self.at += rest.iter().position(|byte| !take(*byte)).unwrap_or(rest.len());
    }

    fn report(&self, start: usize, message: String) -> Diagnostic {
        Diagnostic::error(SYNTAX, message, Span::new(self.reporter.file(), start, self.at))
    }

    fn token(&mut self, byte: u8) -> TokenKind {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'_' => self.word(byte),
            b'0'..=b'9' => self.number(),
            b'"' => self.string(),
            _ => match self.symbol(byte) {
                Some((symbol, len)) => {
                    self.at += len;
                    TokenKind::Symbol(symbol)
                }
                None => self.unknown(),
            },
        }
    }

    fn symbol(&self, byte: u8) -> Option<(Symbol, usize)> {
        let with_equal = |alone: Option<Symbol>, both: Symbol| match self.peek(1) {
            Some(b'=') => Some((both, 2)),
            _ => alone.map(|symbol| (symbol, 1)),
        };
        let symbol = match byte {
            b'{' => Symbol::OpenBrace,
            b'}' => Symbol::CloseBrace,
            b'[' => Symbol::OpenBracket,
            b']' => Symbol::CloseBracket,
            b'(' => Symbol::OpenParen,
            b')' => Symbol::CloseParen,
            b',' => Symbol::Comma,
            b':' => Symbol::Colon,
            b'.' => Symbol::Dot,
            b'|' => Symbol::Pipe,
            b'+' => Symbol::Plus,
            b'-' => Symbol::Minus,
            b'=' => return with_equal(Some(Symbol::Assign), Symbol::Equal),
            b'!' => return with_equal(None, Symbol::NotEqual),
            b'<' => return with_equal(Some(Symbol::Less), Symbol::LessOrEqual),
            b'>' => return with_equal(Some(Symbol::Greater), Symbol::GreaterOrEqual),
            _ => return None,
        };
        Some((symbol, 1))
    }

    fn word(&mut self, byte: u8) -> TokenKind {
        let start = self.at;
        let part = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        self.skip(part);
        let head = &self.text[start..self.at];
        let joined = |lexer: &Self| lexer.peek(0) == Some(b'-') && lexer.peek(1).is_some_and(part);
        if joined(self) {
            while joined(self) {
                self.at += 1;
                self.skip(part);
            }
            let capitals =
                head.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
            return if capitals { TokenKind::Id } else { TokenKind::Dashed };
        }
        if head.contains('_') {
            self.reporter.push(
                self.report(start, format!("the name `{head}` has an underscore"))
                    .help("names are written like `sizeLeft`, types like `DataDisk`"),
            );
        }
        if byte.is_ascii_uppercase() {
            TokenKind::TypeName
        } else {
            TokenKind::Word(Word::of(head))
        }
    }

    fn number(&mut self) -> TokenKind {
        loop {
            self.skip(|byte| byte.is_ascii_alphanumeric());
            if self.peek(0) == Some(b'.') && self.peek(1).is_some_and(|byte| byte.is_ascii_digit())
            {
                self.at += 1;
            } else {
                return TokenKind::Number;
            }
        }
    }

    fn string(&mut self) -> TokenKind {
        let start = self.at;
        self.at += 1;
        loop {
            self.skip(|byte| !matches!(byte, b'"' | b'\\' | b'\n' | b'\r'));
            match self.peek(0) {
                Some(b'"') => {
                    self.at += 1;
                    return TokenKind::String;
                }
                // The character behind is taken with it, unless the line ends there.
                Some(b'\\') => {
                    self.at += if matches!(self.peek(1), Some(b'"' | b'\\')) { 2 } else { 1 }
                }
                _ => break,
            }
        }
        let diagnostic = self.report(start, "this text is not closed".to_owned());
        self.reporter
            .push(diagnostic.help("add a `\"`; a text ends on the line on which it starts"));
        TokenKind::OpenString
    }

    fn unknown(&mut self) -> TokenKind {
        let start = self.at;
        let meaningless = |byte: u8| match byte {
            b' ' | b'\t' | b'\n' | b'\r' | b'#' | b'"' | b'_' => false,
            _ => !byte.is_ascii_alphanumeric(),
        };
        // Up to the next thing that could mean something; never inside a character.
        self.at += 1;
        while self.peek(0).is_some_and(|byte| meaningless(byte) && self.symbol(byte).is_none()) {
            self.at += 1;
        }
        let found = &self.text[start..self.at];
        let help = match found {
            "&&" | "&" => Some("conditions are joined with `and`"),
            "!" => Some("a condition is turned round with `not`"),
            "'" => Some("texts are in `\"`"),
            "//" | "/*" | "/" => Some("comments start with `#`"),
            "\u{a0}" => Some("this is a no-break space; use a plain one"),
            ";" => Some("nothing is needed between two parts; a new line is enough"),
            _ => None,
        };
        let diagnostic = self.report(start, format!("`{}` has no meaning here", shown(found)));
        self.reporter.push(diagnostic.maybe_help(help.map(str::to_owned)));
        TokenKind::Unknown
    }
}
