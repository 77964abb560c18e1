//! Texts and places in them.
//!
//! Owns the text of every file of a run, the [`Span`] that points into one, and the table that turns a byte offset
//! into a line and a column. Knows nothing of what the texts mean. Offsets are bytes everywhere in the program; lines
//! and columns are computed here, at the edge, and only when something is shown.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The number of a file in [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// A range of bytes in one file; `start <= end`, both on character boundaries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    /// The file the range lies in.
    pub file: FileId,
    /// Offset of the first byte.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
}

impl Span {
    /// A range of one file.
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        Self { file, start: start as u32, end: end as u32 }
    }

    /// The smallest range that holds both; `other` must lie in the same file.
    pub fn to(self, other: Span) -> Span {
        Span { file: self.file, start: self.start.min(other.start), end: self.end.max(other.end) }
    }
}

/// A value and where it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spanned<T> {
    /// The value.
    pub value: T,
    /// Where it was written.
    pub span: Span,
}

/// A line and a column, both counted from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
}

/// One file: its name as the user wrote it, and its text.
#[derive(Debug)]
pub struct Source {
    name: String,
    text: Cow<'static, str>,
    lines: OnceLock<Vec<u32>>,
    /// Characters before each step of bytes; counted when a place far behind the start of a line is asked for.
    steps: OnceLock<Vec<u32>>,
}

/// Bytes that are counted through for one column.
const STEP: usize = 1024;

impl Source {
    /// The name, as shown to the user.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The whole text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Offsets at which the lines start; `\n`, `\r\n` and a lone `\r` end a line.
    pub fn line_starts(&self) -> &[u32] {
        self.lines.get_or_init(|| {
            let bytes = self.text.as_bytes();
            let ends = memchr::memchr2_iter(b'\n', b'\r', bytes)
                .filter(|at| bytes[*at] == b'\n' || bytes.get(at + 1) != Some(&b'\n'));
            let mut starts = vec![0];
            starts.extend(ends.map(|at| at as u32 + 1));
            starts
        })
    }

    /// The line (from 0) that holds an offset.
    pub fn line_of(&self, offset: u32) -> usize {
        self.line_starts().partition_point(|start| *start <= offset).saturating_sub(1)
    }

    /// Line and column of an offset.
    pub fn position(&self, offset: u32) -> Position {
        let line = self.line_of(offset);
        let start = self.line_starts()[line] as usize;
        let end = (offset as usize).min(self.text.len());
        let before = self.text.get(start..end).unwrap_or("");
        let unseen = before.len() - before.trim_start_matches('\u{feff}').len();
        let unseen = if line == 0 { unseen / '\u{feff}'.len_utf8() } else { 0 };
        let characters = match before.len() {
            ..=STEP => before.chars().count(),
            // However many places of one line are asked for, no part of it is counted through for each.
            _ => self.characters_before(end) - self.characters_before(start),
        };
        Position { line: line + 1, column: characters - unseen + 1 }
    }

    /// Characters of the text before an offset.
    fn characters_before(&self, offset: usize) -> usize {
        let bytes = self.text.as_bytes();
        let count = |bytes: &[u8]| bytes.iter().filter(|byte| **byte & 0xC0 != 0x80).count();
        let steps = self.steps.get_or_init(|| {
            let mut before = 0;
            let whole = bytes.chunks(STEP).map(|step| {
                let at = before;
                before += count(step) as u32;
                at
            });
            whole.collect()
        });
        let step = (offset / STEP).min(steps.len().saturating_sub(1));
        steps.get(step).map_or(0, |before| *before as usize) + count(&bytes[step * STEP..offset])
    }
}

/// All files of a run.
#[derive(Debug, Default)]
pub struct Sources {
    files: Vec<Source>,
    /// Texts that are open in an editor, by the real path of their file.
    open: BTreeMap<PathBuf, String>,
}

impl Sources {
    /// Adds a file. A text longer than 4 GiB cannot be addressed; readers limit the size long before.
    pub fn add(&mut self, name: impl Into<String>, text: impl Into<String>) -> FileId {
        self.put(name.into(), Cow::Owned(text.into()))
    }

    /// Adds a file whose text is part of the program, without copying it.
    pub fn add_shipped(&mut self, name: &'static str, text: &'static str) -> FileId {
        self.put(name.to_owned(), Cow::Borrowed(text))
    }

    /// Makes a text that is open in an editor come before that of its file, whose real path this is.
    pub fn open(&mut self, path: PathBuf, text: String) {
        self.open.insert(path, text);
    }

    /// The text of a file that is open in an editor, by its real path.
    pub fn opened(&self, path: &Path) -> Option<&str> {
        self.open.get(path).map(String::as_str)
    }

    /// Whether nothing is open, so that nobody need ask for real paths.
    pub fn is_disk_alone(&self) -> bool {
        self.open.is_empty()
    }

    fn put(&mut self, name: String, text: Cow<'static, str>) -> FileId {
        self.files.push(Source { name, text, lines: OnceLock::new(), steps: OnceLock::new() });
        FileId(self.files.len() as u32 - 1)
    }

    /// One file.
    pub fn get(&self, file: FileId) -> &Source {
        &self.files[file.0 as usize]
    }

    /// The text of a range.
    pub fn slice(&self, span: Span) -> &str {
        self.get(span.file).text().get(span.start as usize..span.end as usize).unwrap_or("")
    }

    /// All files in the order in which they were added.
    pub fn iter(&self) -> impl Iterator<Item = (FileId, &Source)> {
        self.files.iter().enumerate().map(|(at, source)| (FileId(at as u32), source))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn positions_count_characters_and_know_every_line_end() {
        let mut sources = Sources::default();
        let file = sources.add("a.yaml", "ä: 1\r\nb: ü2\rc");
        let source = sources.get(file);
        assert_eq!(source.position(0), Position { line: 1, column: 1 });
        assert_eq!(source.position(4), Position { line: 1, column: 4 });
        assert_eq!(source.position(12), Position { line: 2, column: 5 });
        assert_eq!(source.position(14), Position { line: 3, column: 1 });
    }

    #[test]
    fn columns_of_a_long_line_are_those_that_counting_gives() {
        for start in ["", "\u{feff}", "ab: 1\n"] {
            let text = format!("{start}{}", "a\u{e4}\u{2014}\u{1f600}, ".repeat(900));
            let mut sources = Sources::default();
            let file = sources.add("a.yaml", text.clone());
            let line = if start.ends_with('\n') { 2 } else { 1 };
            let begin = if line == 2 { start.len() } else { 0 };
            for (at, _) in text.char_indices().skip_while(|(at, _)| *at < start.len()) {
                let counted = text[begin..at].trim_start_matches('\u{feff}').chars().count();
                let expected = Position { line, column: counted + 1 };
                assert_eq!(sources.get(file).position(at as u32), expected, "{at}");
            }
        }
    }
}
