//! Half-typed text: the one repair that makes it readable again.
//!
//! Owns which repairs are tried, in which lines, and in which order. Knows no editor and no meaning of keys: the line
//! that was edited last is handed in. A repair changes one line and keeps all others, so that every place outside of
//! that line is the same place in both texts.

use std::ops::Range;

use crate::diagnostic::Diagnostics;
use crate::source::{FileId, Span};
use crate::yaml::Limits;
use crate::yaml::events::Events;
use crate::yaml::syntax::SyntaxError;

/// Readings of a text in search of a repair, at most.
const READINGS: usize = 8;

/// Where to look first.
#[derive(Clone, Copy, Debug, Default)]
pub struct Hint<'t> {
    /// The line that was edited last, from 0.
    pub line: Option<usize>,
    /// The last text that could be read. A line at its left edge is what it was there, if all else is the same: it
    /// says what the text is about, or what all lines below belong to.
    pub before: Option<&'t str>,
}

/// A text that can be read, made from one that cannot.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mended {
    /// The text: one line differs.
    pub text: String,
    /// That line, from 0.
    pub line: usize,
    /// Where it stands in the text.
    pub span: Range<usize>,
    /// Why the text as it was cannot be read, at offsets of this one.
    pub errors: Vec<SyntaxError>,
}

impl Mended {
    /// Tells why the text as it was cannot be read, each time on one line.
    pub fn tell(&self, file: FileId, diagnostics: &mut Diagnostics) {
        for error in &self.errors {
            let rest = self.text.get(error.start as usize..error.end as usize).unwrap_or("");
            let length = rest.find(['\n', '\r']).unwrap_or(rest.len());
            let start = error.start as usize;
            diagnostics.push(error.clone().told(Span::new(file, start, start + length)));
        }
    }
}

/// Why a text cannot be read, in the order of its documents; nothing of a text that can be.
pub fn errors(text: &str, limits: &Limits) -> Vec<SyntaxError> {
    let mut found = Vec::new();
    let mut events = Events::new(text, limits.depth);
    while let Some(next) = events.next_event() {
        if let Err(error) = next {
            found.push(error);
            if !events.recover() {
                break;
            }
        }
    }
    found
}

/// Looks for the repair of a text; none where the text can be read, or where no repair makes it readable.
pub fn mend(text: &str, hint: Hint<'_>, limits: &Limits) -> Option<Mended> {
    let errors = errors(text, limits);
    let first = errors.first()?;
    if errors.iter().any(|error| error.too_deep) {
        return None;
    }
    let lines = Lines::of(text);
    let at = lines.of_offset(first.start as usize);
    let opened = lines.opened_before(first.start as usize);
    let mut wanted: Vec<usize> = Vec::new();
    let places = [hint.line, Some(at), lines.above(at), opened];
    for line in places.into_iter().flatten().filter(|line| *line < lines.ranges.len()) {
        if !wanted.contains(&line) {
            wanted.push(line);
        }
    }
    let mut tried = 0;
    for line in wanted {
        for repair in lines.repairs(line, hint.before) {
            if tried == READINGS {
                return None;
            }
            tried += 1;
            let range = lines.ranges[line].clone();
            let mut whole = String::with_capacity(text.len() + repair.len());
            whole.push_str(&text[..range.start]);
            whole.push_str(&repair);
            whole.push_str(&text[range.end..]);
            if reads(&whole, limits) {
                let span = range.start..range.start + repair.len();
                let errors = errors.into_iter().map(|error| moved(error, text, &range, &repair));
                return Some(Mended { text: whole, line, span, errors: errors.collect() });
            }
        }
    }
    None
}

fn reads(text: &str, limits: &Limits) -> bool {
    let mut events = Events::new(text, limits.depth);
    loop {
        match events.next_event() {
            None => return true,
            Some(Err(_)) => return false,
            Some(Ok(_)) => {}
        }
    }
}

/// An error at the same place of the repaired text.
fn moved(error: SyntaxError, text: &str, line: &Range<usize>, repair: &str) -> SyntaxError {
    let place = |offset: u32| {
        let offset = offset as usize;
        if offset < line.start {
            return offset as u32;
        }
        if offset > line.end {
            return (offset - line.end + line.start + repair.len()) as u32;
        }
        // Within the line it is where the line is still the same.
        let same = text[line.clone()].chars().zip(repair.chars()).take_while(|(a, b)| a == b);
        let same: usize = same.map(|(char, _)| char.len_utf8()).sum();
        offset.min(line.start + same) as u32
    };
    SyntaxError { start: place(error.start), end: place(error.end), ..error }
}

/// What a part of a text leaves open.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Open {
    quote: Option<char>,
    /// The brackets, and where each stands.
    brackets: Vec<(char, usize)>,
}

impl Open {
    /// Goes on over one line, which begins at an offset; gives the offset of its comment, or of its end.
    fn over(&mut self, line: &str, start: usize) -> usize {
        let mut begins = true;
        let mut blank = true;
        let mut chars = line.char_indices().peekable();
        while let Some((at, char)) = chars.next() {
            if let Some(quote) = self.quote {
                match char {
                    '\\' if quote == '"' => _ = chars.next(),
                    '\'' if quote == '\'' && chars.peek().is_some_and(|(_, c)| *c == '\'') => {
                        _ = chars.next();
                    }
                    _ if char == quote => {
                        self.quote = None;
                        begins = false;
                    }
                    _ => {}
                }
                continue;
            }
            let in_flow = !self.brackets.is_empty();
            match char {
                '#' if blank => return start + at,
                '"' | '\'' if begins => self.quote = Some(char),
                '[' | '{' if begins => self.brackets.push((char, start + at)),
                ']' | '}' if in_flow => {
                    self.brackets.pop();
                    begins = false;
                }
                ',' if in_flow => begins = true,
                ':' | '-' | '?' => {
                    let ends = chars.peek().is_none_or(|(_, next)| next.is_whitespace());
                    begins = ends && (char == ':' || begins) || (char == ':' && in_flow);
                }
                ' ' | '\t' => {}
                _ => begins = false,
            }
            blank = char == ' ' || char == '\t';
        }
        start + line.len()
    }

    /// What closes it.
    fn closing(&self) -> String {
        let quote = self.quote.into_iter();
        let close = |bracket: &(char, usize)| if bracket.0 == '[' { ']' } else { '}' };
        quote.chain(self.brackets.iter().rev().map(close)).collect()
    }
}

/// The lines of a text, without their ends.
struct Lines<'t> {
    text: &'t str,
    ranges: Vec<Range<usize>>,
}

impl<'t> Lines<'t> {
    fn of(text: &'t str) -> Self {
        let bytes = text.as_bytes();
        let (mut ranges, mut start) = (Vec::new(), 0);
        for end in memchr::memchr2_iter(b'\n', b'\r', bytes) {
            if end < start {
                continue;
            }
            ranges.push(start..end);
            let both = bytes[end] == b'\r' && bytes.get(end + 1) == Some(&b'\n');
            start = end + 1 + usize::from(both);
        }
        ranges.push(start..bytes.len());
        Self { text, ranges }
    }

    fn get(&self, line: usize) -> &'t str {
        self.ranges.get(line).and_then(|range| self.text.get(range.clone())).unwrap_or("")
    }

    fn of_offset(&self, offset: usize) -> usize {
        self.ranges.partition_point(|range| range.start <= offset).saturating_sub(1)
    }

    /// The next line above in which something stands.
    fn above(&self, line: usize) -> Option<usize> {
        (0..line).rev().find(|line| !self.get(*line).trim().is_empty())
    }

    /// The line of the innermost bracket that is open at an offset.
    fn opened_before(&self, offset: usize) -> Option<usize> {
        let open = self.open_at(self.of_offset(offset));
        open.brackets.last().map(|(_, at)| self.of_offset(*at))
    }

    /// What is open where a line begins.
    fn open_at(&self, line: usize) -> Open {
        let mut open = Open::default();
        for (at, range) in self.ranges.iter().enumerate().take(line) {
            let text = self.get(at);
            // What stands at the left edge is in no bracket, but that which closes one.
            if text.starts_with(|char: char| char.is_alphanumeric()) {
                open = Open::default();
            }
            open.over(text, range.start);
        }
        open
    }

    /// The lines that may stand in place of one, the likeliest first.
    fn repairs(&self, line: usize, before: Option<&str>) -> Vec<String> {
        let text = self.get(line);
        let indent = text.len() - text.trim_start_matches([' ', '\t']).len();
        let mut found: Vec<String> = Vec::new();
        if let Some(was) = before.and_then(|before| self.was(line, before)) {
            found.push(was.to_owned());
        }
        let outer = self.open_at(line);
        let mut open = Open { quote: outer.quote, brackets: Vec::new() };
        let end = open.over(text, 0);
        let (content, comment) = text.split_at(end);
        let kept = content.trim_end();
        let comment = if comment.is_empty() { String::new() } else { format!(" {comment}") };
        // In brackets, what follows needs a comma before it.
        let follows = self.text.get(self.ranges[line].end..).unwrap_or("").trim_start().chars();
        let is_last = follows.clone().next().is_none_or(|char| matches!(char, ',' | ']' | '}'));
        let in_flow = !outer.brackets.is_empty();
        let comma = if in_flow && !is_last && !kept.ends_with(',') { "," } else { "" };
        let closing = open.closing();
        if !closing.is_empty() || !comma.is_empty() {
            let escape = kept.len() - kept.trim_end_matches('\\').len();
            let escape = if open.quote == Some('"') && escape % 2 == 1 { "\\" } else { "" };
            found.push(format!("{kept}{escape}{closing}{comma}{comment}"));
        }
        let body = kept.get(indent..).unwrap_or("");
        let body = body.trim_start_matches("- ").trim_start();
        let is_word = !body.is_empty() && body != "-" && !body.ends_with(':');
        let colon = body.find(": ").or_else(|| body.strip_suffix(':').map(str::len));
        if is_word && colon.is_none() && !in_flow {
            found.push(format!("{kept}{closing}:{comment}"));
        }
        if let Some(colon) = colon {
            let key = kept.len() - body.len() + colon + 1;
            found.push(format!("{}{comma}{comment}", &kept[..key]));
        }
        let next = (line + 1..self.ranges.len()).map(|at| self.get(at));
        let next = next.into_iter().find(|next| !next.trim().is_empty()).unwrap_or("");
        let deeper = next.len() - next.trim_start_matches(' ').len() > indent;
        if !deeper || in_flow {
            found.push(" ".repeat(text.len()));
        }
        found.dedup();
        found.retain(|repair| repair != text);
        found
    }

    /// What a line at the left edge was in an earlier text of which all other lines are the same.
    fn was<'b>(&self, line: usize, before: &'b str) -> Option<&'b str> {
        if self.get(line).starts_with([' ', '\t', '-', '}', ']']) {
            return None;
        }
        let range = self.ranges.get(line)?;
        let rest = before.strip_prefix(self.text.get(..range.start)?)?;
        let was = rest.strip_suffix(self.text.get(range.end..)?)?;
        let is_key = was.starts_with(|char: char| char.is_alphabetic() || char == '"');
        (is_key && !was.contains(['\n', '\r'])).then_some(was)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mended(text: &str, line: usize) -> Option<String> {
        let hint = Hint { line: Some(line), before: None };
        let mended = mend(text, hint, &Limits::default())?;
        assert!(!mended.errors.is_empty(), "{text}");
        assert_eq!(mended.line, line, "{text}");
        Some(mended.text[mended.span].to_owned())
    }

    #[test]
    fn what_a_line_leaves_open_is_closed() {
        for (text, line, repaired) in [
            ("a: \"b\nc: d\n", 0, "a: \"b\""),
            ("a: 'b\nc: d\n", 0, "a: 'b'"),
            ("a: [b, \"c\nd: e\n", 0, "a: [b, \"c\"]"),
            ("- {a: b, c: [d\n- {a: c}\n", 0, "- {a: b, c: [d]}"),
            ("a: \"b\\\nc: d\n", 0, "a: \"b\\\\\""),
            ("a: [b  # c\nd: e\n", 0, "a: [b] # c"),
            ("{\n  \"a\": 1,\n  \"b\": \"c\n  \"d\": 2\n}\n", 2, "  \"b\": \"c\","),
        ] {
            assert_eq!(mended(text, line).as_deref(), Some(repaired), "{text}");
        }
    }

    #[test]
    fn a_bare_word_may_become_a_key() {
        assert_eq!(mended("a: 1\nb\nc: 2\n", 1).as_deref(), Some("b:"));
        assert_eq!(mended("a: 1\nbees\n  - id: x\nc: 2\n", 1).as_deref(), Some("bees:"));
        assert_eq!(mended("a: 1\r\nb\r\nc: 2\r\n", 1).as_deref(), Some("b:"));
        assert_eq!(mended("a: 1\rb\rc: 2\r", 1).as_deref(), Some("b:"));
    }

    #[test]
    fn a_value_that_is_none_is_left_out() {
        assert_eq!(mended("a: 2026-01-01T10:\nb: 1\n", 0).as_deref(), Some("a:"));
        assert_eq!(mended("a: *\nb: 1\n", 0).as_deref(), Some("a:"));
    }

    #[test]
    fn a_line_is_blanked_only_where_nothing_slides_under_its_neighbour() {
        assert_eq!(mended("a: 1\n}\nb: 2\n", 1).as_deref(), Some(" "));
        assert_eq!(mended("- a: 1\n  %\n- a: 2\n", 1).as_deref(), Some("   "));
        let parents = "a: 1\n%\n  c: 2\n";
        assert!(mend(parents, Hint::default(), &Limits::default()).is_none());
    }

    #[test]
    fn a_line_at_the_left_edge_is_what_it_was() {
        let before = "name: x\nlist:\n  - id: a\n";
        let hint = Hint { line: Some(1), before: Some(before) };
        let found = mend("name: x\nli\n  - id: a\n", hint, &Limits::default());
        assert_eq!(found.map(|mended| mended.text).as_deref(), Some(before));
    }

    #[test]
    fn what_can_be_read_needs_no_repair() {
        assert_eq!(mend("a: 1\n", Hint::default(), &Limits::default()), None);
        assert_eq!(errors("a: 1\n", &Limits::default()), []);
    }

    #[test]
    fn errors_stand_where_they_stood() {
        let text = "a: \"b\nc: d\n";
        let mended = mend(text, Hint::default(), &Limits::default()).expect("a repair");
        assert_eq!(mended.text, "a: \"b\"\nc: d\n");
        assert_eq!(mended.errors[0].start, 3);
    }
}
