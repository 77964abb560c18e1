//! What several reports for programs tell in the same words: this program, and a place in a text.

use serde::Serialize;

use crate::source::{Sources, Span};

/// This program.
#[derive(Serialize)]
pub(crate) struct Tool {
    name: &'static str,
    version: &'static str,
}

impl Default for Tool {
    fn default() -> Self {
        Self { name: env!("CARGO_PKG_NAME"), version: env!("CARGO_PKG_VERSION") }
    }
}

/// A place; lines and columns from 1, columns in characters, the end exclusive.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Location<'r> {
    pub(crate) file: &'r str,
    pub(crate) line: usize,
    pub(crate) column: usize,
    end_line: usize,
    end_column: usize,
}

/// A place in a text.
pub(crate) fn location(span: Span, sources: &Sources) -> Location<'_> {
    let source = sources.get(span.file);
    let (start, end) = (source.position(span.start), source.position(span.end));
    Location {
        file: source.name(),
        line: start.line,
        column: start.column,
        end_line: end.line,
        end_column: end.column,
    }
}
