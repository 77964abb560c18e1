//! The parameters of the function or remedy whose arguments are being written.

use crate::builtins;
use crate::language::error::Reporter;
use crate::language::lexer;
use crate::language::token::{Symbol, Token, TokenKind};
use crate::lsp::rules::{Pack, head, on_one_line, pieces};
use crate::source::{FileId, Span};

/// A signature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signature {
    /// `count(list: [T]): int`
    pub label: String,
    /// Where each parameter is in the label, in bytes.
    pub params: Vec<(usize, usize)>,
    /// The parameter that is being written, from 0.
    pub active: usize,
    /// What it does, where that is known.
    pub doc: Option<String>,
}

/// The signature of the call around an offset.
pub fn signature(pack: &Pack<'_>, file: FileId, offset: u32) -> Option<Signature> {
    let (name, active) = call(pack, file, offset)?;
    let name = pack.sources.slice(name);
    if let Some(builtin) = builtins::find(name) {
        let label = builtin.signature.to_owned();
        let params = params(&label);
        return Some(Signature { label, params, active, doc: Some(builtin.doc.to_owned()) });
    }
    if let Some(define) = pack.definition(name) {
        let ty = define.ty.as_ref().map(|ty| on_one_line(pack.sources, ty.span));
        let (label, params) = head(pack.sources, name, &define.params, ty);
        return Some(Signature { label, params, active, doc: None });
    }
    let remedy = pack.remedy(name)?;
    let (label, params) = head(pack.sources, name, &remedy.params, None);
    let doc = remedy
        .action
        .as_ref()
        .map(|text| pack.sources.slice(text.span).trim_matches('"').to_owned());
    Some(Signature { label, params, active, doc })
}

/// The name in front of the parenthesis that is open at an offset, and how many commas of its own are behind it.
fn call(pack: &Pack<'_>, file: FileId, offset: u32) -> Option<(Span, usize)> {
    let tokens = tokens_around(pack, file, offset);
    let before: Vec<&Token> = tokens.iter().take_while(|token| token.end <= offset).collect();
    let (mut open, mut commas) = (0_usize, 0);
    for (at, token) in before.iter().enumerate().rev() {
        match token.kind {
            TokenKind::Symbol(Symbol::CloseParen | Symbol::CloseBracket) => open += 1,
            TokenKind::Symbol(Symbol::OpenBracket) if open == 0 => commas = 0,
            TokenKind::Symbol(Symbol::OpenParen) if open == 0 => {
                let name = before.get(at.checked_sub(1)?)?;
                if matches!(name.kind, TokenKind::Word(_)) {
                    return Some((Span { file, start: name.start, end: name.end }, commas));
                }
                commas = 0;
            }
            TokenKind::Symbol(Symbol::OpenParen | Symbol::OpenBracket) => open -= 1,
            TokenKind::Symbol(Symbol::Comma) if open == 0 => commas += 1,
            // Arguments do not go beyond a body.
            TokenKind::Symbol(Symbol::OpenBrace | Symbol::CloseBrace) if open == 0 => return None,
            _ => {}
        }
    }
    None
}

/// The tokens of a file, or those of the text that an offset is in.
fn tokens_around(pack: &Pack<'_>, file: FileId, offset: u32) -> Vec<Token> {
    let (tokens, _) = pieces(pack.sources, file);
    let inside = |token: &&Token| token.is_string() && token.start < offset && offset < token.end;
    let Some(string) = tokens.iter().find(inside).copied() else { return tokens };
    let text = pack.sources.get(file).text();
    let reporter = Reporter::new(file);
    let (start, end) = (string.start as usize + 1, offset as usize);
    let (inner, _) = lexer::lex(text, start, end, &reporter);
    inner
}

/// Where the parameters of a written signature are.
fn params(label: &str) -> Vec<(usize, usize)> {
    let (Some(open), Some(close)) = (label.find('('), label.rfind("):").or(label.rfind(')')))
    else {
        return Vec::new();
    };
    let mut places = Vec::new();
    let mut at = open + 1;
    for param in label[open + 1..close].split(", ") {
        places.push((at, at + param.len()));
        at += param.len() + 2;
    }
    places
}
