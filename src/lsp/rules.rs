//! Rule files in the editor: what is asked at a place of a `.gate` file, answered as data with spans.
//!
//! Owns [`Pack`], a pack with what each of its names refers to; the modules below read it and nothing else. Knows neither
//! the protocol nor how lines are counted there, and finds nothing wrong: diagnostics are those of the checker.

use std::rc::Rc;

use crate::language::ast::{self, ItemKind};
use crate::language::error::Reporter;
use crate::language::lexer;
use crate::language::token::Token;
use crate::schema::Schema;
use crate::session::PackFiles;
use crate::session::library::Home;
use crate::session::rules::{self, Resolved};
use crate::source::{FileId, Sources, Span};

pub mod answer;
pub mod colours;
pub mod complete;
pub mod hints;
pub mod hover;
pub mod layout;
pub mod lens;
pub mod outline;
pub mod refer;
pub mod rename;
pub mod signature;

/// A pack as the editor knows it.
pub struct Pack<'s> {
    /// The texts.
    pub sources: &'s Sources,
    /// Its files and those of the packs that it uses.
    pub files: &'s PackFiles,
    /// What is known of it.
    pub resolved: Rc<Resolved>,
}

impl<'s> Pack<'s> {
    /// Compiles a pack. What is wrong with it is in `resolved.loaded.diagnostics`.
    pub fn new(sources: &'s Sources, files: &'s PackFiles) -> Self {
        Self { sources, files, resolved: Rc::new(rules::resolve(sources, files, None)) }
    }

    /// The types.
    pub fn schema(&self) -> &Schema {
        &self.resolved.loaded.rules.schema
    }

    /// The syntax tree of a file.
    pub fn tree(&self, file: FileId) -> Option<&ast::File> {
        self.resolved.written.iter().find(|tree| tree.file == file)
    }

    /// The declaration around an offset of a file.
    pub fn item(&self, file: FileId, offset: u32) -> Option<&ast::Item> {
        let items = &self.tree(file)?.items;
        items.iter().find(|item| item.span.start <= offset && offset <= item.span.end)
    }

    /// Whether a file can be written: the packs in the program cannot.
    pub fn is_writable(&self, file: FileId) -> bool {
        let shipped = |home: &Home| matches!(home, Home::Shipped(_));
        let mut used = self.files.used.iter().filter(|used| shipped(&used.home));
        self.files.stored.is_none() && !used.any(|used| used.files.contains(&file))
    }

    /// The declarations of all files, in the order in which they are read.
    fn items(&self) -> impl Iterator<Item = &ast::Item> {
        self.resolved.written.iter().flat_map(|file| &file.items)
    }

    /// The definition of a name.
    fn definition(&self, name: &str) -> Option<&ast::Define> {
        self.items().find_map(|item| match &item.kind {
            ItemKind::Define(define) if define.name.value == name => Some(define),
            _ => None,
        })
    }

    /// The remedy of a name.
    fn remedy(&self, name: &str) -> Option<&ast::Remedy> {
        self.items().find_map(|item| match &item.kind {
            ItemKind::Remedy(remedy) if remedy.name.value == name => Some(remedy),
            _ => None,
        })
    }
}

/// The tokens and comments of a file, without what is wrong with them.
fn pieces(sources: &Sources, file: FileId) -> (Vec<Token>, Vec<ast::Comment>) {
    let text = sources.get(file).text();
    lexer::lex(text, 0, text.len(), &Reporter::new(file))
}

/// A piece of a rule file on one line.
fn on_one_line(sources: &Sources, span: Span) -> String {
    sources.slice(span).split_whitespace().collect::<Vec<_>>().join(" ")
}

/// `name(a: Server, b: Disk): bool` as it is written, and where each parameter is in it.
fn head(
    sources: &Sources,
    name: &str,
    params: &[ast::Param],
    ty: Option<String>,
) -> (String, Vec<(usize, usize)>) {
    let mut text = format!("{name}(");
    let mut places = Vec::new();
    for (at, param) in params.iter().enumerate() {
        if at > 0 {
            text.push_str(", ");
        }
        let start = text.len();
        text.push_str(&format!("{}: {}", param.name.value, on_one_line(sources, param.ty.span)));
        places.push((start, text.len()));
    }
    text.push(')');
    if let Some(ty) = ty {
        text.push_str(&format!(": {ty}"));
    }
    (text, places)
}
