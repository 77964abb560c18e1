//! How text is laid out on a terminal.
//!
//! Owns the look that was asked for, colours, widths and the breaking of lines. Knows nothing of what is printed.

use std::borrow::Cow;

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
    /// Columns into which texts are broken; without a terminal they are not.
    pub width: usize,
    /// Columns for which excerpts are drawn.
    pub frame: usize,
    /// Whether each finding shows the rule that asks for it, and where that is from.
    pub explain: bool,
    /// Whether only the table of rules is told, and the last lines.
    pub table: bool,
    /// Whether everything is told, however much it is.
    pub all: bool,
    /// Whether only the last lines are told.
    pub quiet: bool,
    /// Whether a runbook has the lines that are true after each step.
    pub facts: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self {
            color: false,
            graphics: Graphics::Ascii,
            width: 80,
            frame: 80,
            explain: false,
            table: false,
            all: false,
            quiet: false,
            facts: false,
        }
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
    pub fn paint<'t>(&self, tone: Tone, text: &'t str) -> Cow<'t, str> {
        if !self.color {
            return Cow::Borrowed(text);
        }
        let code = match tone {
            Tone::Bad => "1;31",
            Tone::Doubt => "1;35",
            Tone::Care => "1;33",
            Tone::Calm => "1;36",
            Tone::Good => "1;32",
            Tone::Heading => "1",
        };
        Cow::Owned(format!("\u{1b}[{code}m{text}\u{1b}[0m"))
    }

    /// Our own typography, in the characters that the terminal has.
    pub fn dots(&self) -> &'static str {
        if self.graphics == Graphics::Unicode { "…" } else { "..." }
    }

    /// A text of ours in the characters that the terminal has.
    pub fn glyphs<'t>(&self, text: &'t str) -> Cow<'t, str> {
        if self.graphics == Graphics::Unicode || text.is_ascii() {
            return Cow::Borrowed(text);
        }
        Cow::Owned(text.replace('…', "..."))
    }

    /// Appends a heading and a text, broken into lines that hang below where the text starts.
    ///
    /// Lines of the text after the first are kept as they are: they are meant to be copied.
    pub fn hanging(&self, out: &mut String, heading: &str, painted: &str, text: &str) {
        out.push_str(painted);
        self.hang(out, width_of(heading), text);
    }

    /// Appends a text behind a heading of so many columns, as [`Look::hanging`] does it.
    pub fn hang(&self, out: &mut String, indent: usize, text: &str) {
        let mut lines = text.split('\n');
        let first = lines.next().unwrap_or_default();
        let first = wrap(first, self.width.saturating_sub(indent).max(24));
        for (at, line) in first.into_iter().chain(lines).enumerate() {
            if at > 0 {
                blanks(out, indent);
            }
            out.push_str(line);
            out.push('\n');
        }
    }
}

/// Appends so many blanks.
pub fn blanks(out: &mut String, mut count: usize) {
    const BLANKS: &str = "                ";
    while count > 0 {
        let some = count.min(BLANKS.len());
        out.push_str(&BLANKS[..some]);
        count -= some;
    }
}

/// Columns that a text takes.
pub fn width_of(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.width() }
}

/// Breaks a text at blanks into lines of at most so many columns; a word that is longer stays whole.
pub fn wrap(text: &str, width: usize) -> Vec<&str> {
    if !text.is_ascii() {
        return wrap_words(text, width);
    }
    let mut lines = Vec::new();
    let mut rest = text;
    while rest.len() > width {
        // No line starts with a blank.
        rest = rest.trim_start_matches(' ');
        if rest.len() <= width {
            break;
        }
        let bytes = rest.as_bytes();
        let is_blank = |byte: &u8| *byte == b' ';
        let end = bytes[..=width].iter().rposition(is_blank);
        let end = end.or_else(|| bytes.iter().position(is_blank));
        let Some(end) = end else { break };
        lines.push(&rest[..end]);
        rest = rest[end + 1..].trim_start_matches(' ');
    }
    lines.push(rest);
    lines
}

/// The same where the columns of each word must be counted.
fn wrap_words(text: &str, width: usize) -> Vec<&str> {
    let mut lines = Vec::new();
    let (mut start, mut at, mut used) = (0, 0, 0);
    for word in text.split(' ') {
        let size = width_of(word);
        if used > 0 && used + 1 + size > width {
            lines.push(&text[start..at - 1]);
            start = at;
            used = 0;
        } else if at > start {
            used += 1;
        }
        if at == start && word.is_empty() {
            // No line starts with a blank.
            start += 1;
        }
        used += size;
        at += word.len() + 1;
    }
    lines.push(text.get(start..).unwrap_or_default());
    lines
}

/// Breaks a text at blanks into lines of at most so many columns, and a word that is longer wherever the line ends.
pub fn fill(text: &str, width: usize) -> Vec<&str> {
    let mut lines = Vec::new();
    for mut line in wrap(text, width) {
        while line.len() > width {
            let mut used = 0;
            let end = line.char_indices().find(|(at, char)| {
                used += columns(*char);
                used > width && *at > 0
            });
            let Some((end, _)) = end else { break };
            lines.push(&line[..end]);
            line = &line[end..];
        }
        lines.push(line);
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

/// A number with commas between its thousands.
pub fn grouped(number: usize) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

#[cfg(test)]
mod tests {
    #[test]
    fn thousands_stand_apart() {
        let grouped = [0, 999, 1_000, 40_000, 1_234_567].map(super::grouped);
        assert_eq!(grouped, ["0", "999", "1,000", "40,000", "1,234,567"]);
    }

    use super::*;

    #[test]
    fn lines_break_at_blanks_and_count_columns() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("서울 서울", 5), ["서울", "서울"]);
        assert_eq!(wrap("averylongword x", 4), ["averylongword", "x"]);
        assert_eq!(fill("averylongword x 서울", 4), ["aver", "ylon", "gwor", "d", "x", "서울"]);
    }

    #[test]
    fn lines_never_begin_with_a_blank_where_a_text_is_broken() {
        for [text, other] in [["  abcd  ef", "  äbcd  ef"], ["   ", " \u{300}  "]] {
            assert_eq!(wrap(text, text.len()), [text]);
            let plain = wrap(text, 5);
            let counted = wrap(other, 5);
            assert_eq!(plain.len(), counted.len(), "{plain:?} {counted:?}");
        }
        assert_eq!(wrap("  abcd  ef", 5), ["abcd ", "ef"]);
        assert_eq!(wrap("  äbcd  ef", 5), ["äbcd ", "ef"]);
        assert_eq!(wrap("abcd  ", 4), ["abcd", ""]);
        assert_eq!(wrap("äbcd  ", 4), ["äbcd", ""]);
        assert_eq!(wrap("a b", 0), ["a", "b"]);
    }

    #[test]
    fn names_are_capped() {
        assert_eq!(names(["a", "b", "c"].into_iter(), 1), "a and 2 more");
        assert_eq!(names(["a", "b"].into_iter(), 1), "a, b");
    }
}
