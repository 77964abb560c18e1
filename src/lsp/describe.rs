//! What is answered about descriptions, from what was judged of them.

use serde_json::{Value, json};

use crate::facts::Facts;
use crate::facts::locate::Cursor;
use crate::lsp::describe::rename::Refused;
use crate::lsp::files::Documents;
use crate::lsp::judge::Held;
use crate::lsp::tell::Places;
use crate::lsp::text::{Encoding, offset, offsets};
use crate::session::Checked;
use crate::source::{FileId, Source, Span};

pub mod actions;
pub mod complete;
pub mod hints;
pub mod hover;
pub mod refer;
pub mod rename;
pub mod symbols;

/// A description that another server looks after, too, names the form of its keys in a comment.
const MODELINE: &str = "yaml-language-server: $schema=";

/// An open description in an environment that was judged.
pub struct Described<'d> {
    /// The environment.
    pub checked: &'d Checked<'d>,
    /// The file.
    pub file: FileId,
    /// The text as it is, which is not what was judged while a line of it is half-typed.
    pub written: &'d str,
    /// Where texts are shown.
    pub places: Places<'d>,
}

impl<'d> Described<'d> {
    /// Finds an open description in what was judged.
    pub fn find(
        held: Option<&'d Held<'d>>,
        documents: &'d Documents,
        uri: &str,
        encoding: Encoding,
    ) -> Option<Self> {
        let document = documents.get(uri)?;
        Held::all(held).find_map(|held| {
            let name = held.estate.names_of(document, uri).next()?;
            let sources = held.report.sources;
            let (file, _) = sources.iter().find(|(_, source)| source.name() == name)?;
            let mut environments = held.report.environments.iter();
            let checked = environments.find(|checked| checked.files.contains(&file))?;
            let places = Places { sources, documents, encoding };
            Some(Self { checked, file, written: &document.text, places })
        })
    }

    /// Its facts.
    pub fn facts(&self) -> &'d Facts<'d> {
        &self.checked.facts
    }

    /// Its text.
    pub fn source(&self) -> &'d Source {
        self.places.sources.get(self.file)
    }

    /// Whether a line of one of its open files is half-typed.
    pub fn is_half_typed(&self) -> bool {
        self.places.documents.values().any(|document| document.mended().is_some())
    }

    /// Whether another server knows its keys and words.
    pub fn is_shared(&self) -> bool {
        let mut comments = self.source().text().lines().filter(|line| line.starts_with('#'));
        comments.any(|line| line.contains(MODELINE))
    }

    /// The offset of the place that a request is about.
    pub fn offset(&self, params: &Value) -> Option<u32> {
        Some(offset(self.source().text(), params.get("position")?, self.places.encoding)? as u32)
    }

    /// The part of the text that a request is about.
    pub fn range(&self, params: &Value) -> Option<Span> {
        let text = self.source().text();
        let (start, end) = offsets(text, params.get("range")?, self.places.encoding)?;
        Some(Span::new(self.file, start, end))
    }

    /// What stands at the place that a request is about.
    pub fn cursor(&self, params: &Value) -> Option<Cursor> {
        self.facts().locate(self.file, self.offset(params)?)
    }

    /// The readiness of a unit, as a word.
    pub fn readiness(&self, row: crate::facts::RowId) -> Option<&'static str> {
        let evaluation = &self.checked.evaluation;
        let mut units = evaluation.units.iter().chain(&evaluation.done);
        units.find(|unit| unit.row == row).map(|unit| unit.readiness.word())
    }

    /// Answers a request that needs nothing but the report; nothing where it is another.
    ///
    /// # Errors
    ///
    /// Where something cannot be renamed.
    pub fn answer(&self, method: &str, params: &Value) -> Result<Value, Refused> {
        Ok(match method {
            "textDocument/prepareRename" => rename::prepare(self, params)?,
            "textDocument/rename" => rename::rename(self, params)?,
            "textDocument/hover" => hover::hover(self, params).unwrap_or_default(),
            "textDocument/completion" => complete::complete(self, params).unwrap_or_default(),
            "textDocument/definition" => refer::definition(self, params).unwrap_or_default(),
            "textDocument/references" => refer::references(self, params).unwrap_or_default(),
            "textDocument/documentHighlight" => refer::highlights(self, params).unwrap_or_default(),
            "textDocument/documentSymbol" => json!(symbols::document(self)),
            "textDocument/inlayHint" => hints::hints(self, params).unwrap_or_default(),
            _ => Value::Null,
        })
    }
}
