//! How text is laid out on a terminal.
//!
//! Owns the look that was asked for, colours, widths and the breaking of lines. Knows nothing of what is printed.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::diagnostic::{Diagnostic, Severity};

/// What frames are drawn with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Graphics {
    /// Box drawing characters.
    Unicode,
    /// Characters that every terminal has.
    #[default]
    Ascii,
    /// No frames at all: sentences, for reading aloud.
    Narrated,
}

/// What a report looks like.
#[derive(Clone, Debug)]
pub struct Look {
    /// Whether colours are used.
    pub color: bool,
    /// What frames are drawn with.
    pub graphics: Graphics,
    /// Columns of the terminal.
    pub width: usize,
    /// Whether everything is told, however much it is.
    pub all: bool,
    /// Whether only the last lines are told.
    pub quiet: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self { color: false, graphics: Graphics::Ascii, width: 80, all: false, quiet: false }
    }
}

/// A colour by what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tone {
    /// Bad.
    Bad,
    /// Open question.
    Doubt,
    /// Take care.
    Care,
    /// By the way.
    Calm,
    /// Good.
    Good,
    /// A heading.
    Heading,
}

impl Look {
    /// The text in a colour, where colours are wanted.
    pub fn paint(&self, tone: Tone, text: &str) -> String {
        if !self.color {
            return text.to_owned();
        }
        let code = match tone {
            Tone::Bad => "1;31",
            Tone::Doubt => "1;35",
            Tone::Care => "1;33",
            Tone::Calm => "1;36",
            Tone::Good => "1;32",
            Tone::Heading => "1",
        };
        format!("\u{1b}[{code}m{text}\u{1b}[0m")
    }

    /// Our own typography, in the characters that the terminal has.
    pub fn dots(&self) -> &'static str {
        if self.graphics == Graphics::Unicode { "…" } else { "..." }
    }

    /// A text of ours in the characters that the terminal has.
    pub fn glyphs(&self, text: &str) -> String {
        match self.graphics {
            Graphics::Unicode => text.to_owned(),
            _ => text.replace('…', "..."),
        }
    }

    /// Appends a heading and a text, broken into lines that hang below where the text starts.
    ///
    /// Lines of the text after the first are kept as they are: they are meant to be copied.
    pub fn hanging(&self, out: &mut String, heading: &str, painted: &str, text: &str) {
        let indent = heading.width();
        out.push_str(painted);
        let mut lines = text.split('\n');
        let first = lines.next().unwrap_or_default();
        for (at, line) in wrap(first, self.width.saturating_sub(indent).max(24)).iter().enumerate()
        {
            if at > 0 {
                out.push_str(&" ".repeat(indent));
            }
            out.push_str(line);
            out.push('\n');
        }
        for line in lines {
            out.push_str(&" ".repeat(indent));
            out.push_str(line);
            out.push('\n');
        }
    }
}

/// Breaks a text at blanks into lines of at most so many columns; a word that is longer stays whole.
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    if text.len() <= width && text.is_ascii() {
        return vec![text.to_owned()];
    }
    let mut lines = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for word in text.split(' ') {
        let size = if word.is_ascii() { word.len() } else { word.width() };
        if used > 0 && used + 1 + size > width {
            lines.push(std::mem::take(&mut line));
            used = 0;
        } else if !line.is_empty() || used > 0 {
            line.push(' ');
            used += 1;
        }
        line.push_str(word);
        used += size;
    }
    lines.push(line);
    lines
}

/// Breaks a text at blanks into lines of at most so many columns, and a word that is longer wherever the line ends.
pub fn fill(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    for line in wrap(text, width) {
        if line.len() <= width {
            lines.push(line);
            continue;
        }
        let mut part = String::new();
        let mut used = 0;
        for char in line.chars() {
            if used + columns(char) > width && !part.is_empty() {
                lines.push(std::mem::take(&mut part));
                used = 0;
            }
            part.push(char);
            used += columns(char);
        }
        lines.push(part);
    }
    lines
}

/// How many errors and warnings there are, in words; none where there is nothing.
pub fn wrong(found: &[Diagnostic]) -> Option<String> {
    let of = |severity: Severity| found.iter().filter(|one| one.severity == severity).count();
    let (errors, warnings) = (of(Severity::Error), of(Severity::Warning));
    match (errors, warnings) {
        (0, 0) => None,
        (_, 0) => Some(count(errors, "error")),
        (0, _) => Some(count(warnings, "warning")),
        _ => Some(format!("{} and {}", count(errors, "error"), count(warnings, "warning"))),
    }
}

/// How many there are of something.
pub fn count(number: usize, word: &str) -> String {
    if number == 1 { format!("1 {word}") } else { format!("{number} {word}s") }
}

/// Columns that a character takes.
pub fn columns(char: char) -> usize {
    char.width().unwrap_or(0)
}

/// Names with commas between, at most so many of them.
pub fn names<'a>(names: impl ExactSizeIterator<Item = &'a str>, limit: usize) -> String {
    let total = names.len();
    let limit = if total == limit + 1 { total } else { limit };
    let mut out = String::new();
    for (at, name) in names.take(limit).enumerate() {
        if at > 0 {
            out.push_str(", ");
        }
        out.push_str(name);
    }
    if total > limit {
        out.push_str(&format!(" and {} more", total - limit));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_break_at_blanks_and_count_columns() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("서울 서울", 5), ["서울", "서울"]);
        assert_eq!(wrap("averylongword x", 4), ["averylongword", "x"]);
        assert_eq!(fill("averylongword x 서울", 4), ["aver", "ylon", "gwor", "d", "x", "서울"]);
    }

    #[test]
    fn names_are_capped() {
        assert_eq!(names(["a", "b", "c"].into_iter(), 1), "a and 2 more");
        assert_eq!(names(["a", "b"].into_iter(), 1), "a, b");
    }
}
