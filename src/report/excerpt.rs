//! The lines of a file that a diagnostic shows.
//!
//! Owns a small copy of just those lines: harmless, cut to the width of the terminal round what is marked, with the
//! marks moved along. So no printer ever sees the text of a user, nor a line of fifty megabytes.

use crate::report::layout::columns;
use crate::report::sanitise;
use crate::source::{Position, Source, Span};

/// What is marked in an [`Excerpt`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Offset in the text of the excerpt.
    pub start: usize,
    /// Offset after it, on the same line.
    pub end: usize,
    /// What is said of it.
    pub label: String,
    /// Columns before it on its line.
    pub column: usize,
    /// Where it stands in the file.
    pub position: Position,
}

/// A line of an [`Excerpt`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Number in the file, from 0.
    pub number: usize,
    /// Offset in the text of the excerpt.
    pub start: usize,
}

/// Some lines of a file.
#[derive(Clone, Debug, Default)]
pub struct Excerpt {
    /// The lines, each with a line break behind it.
    pub text: String,
    /// Where they start and what their numbers are, in order.
    pub lines: Vec<Line>,
    /// The marks in the order they were handed in; those out of sight are left out.
    pub marks: Vec<Mark>,
}

/// Lines with fewer columns than this are shown however narrow the terminal is.
const NARROWEST: usize = 40;
/// Text in front of the first mark that stays in sight.
const LEAD: usize = 16;

impl Excerpt {
    /// The lines of the marks, with so many lines before and after each.
    pub fn new(source: &Source, marks: &[(Span, String)], context: usize, width: usize) -> Self {
        let starts = source.line_starts();
        // Behind the last line break of a file is no line to show.
        let last = match starts.last() {
            Some(start) if *start as usize >= source.text().len() && starts.len() > 1 => {
                starts.len() - 2
            }
            _ => starts.len() - 1,
        };
        let line_of = |span: &Span| source.line_of(span.start).min(last);
        let mut numbers: Vec<usize> = Vec::new();
        for (span, _) in marks {
            let line = line_of(span);
            numbers.extend(line.saturating_sub(context)..=(line + context).min(last));
        }
        numbers.sort_unstable();
        numbers.dedup();
        let mut excerpt = Excerpt { marks: Vec::with_capacity(marks.len()), ..Self::default() };
        let mut placed: Vec<Option<Mark>> = vec![None; marks.len()];
        for number in numbers {
            let here: Vec<usize> =
                (0..marks.len()).filter(|at| line_of(&marks[*at].0) == number).collect();
            excerpt.line(source, number, &here, marks, &mut placed, width.max(NARROWEST));
        }
        excerpt.marks.extend(placed.into_iter().flatten());
        excerpt
    }

    fn line(
        &mut self,
        source: &Source,
        number: usize,
        here: &[usize],
        marks: &[(Span, String)],
        placed: &mut [Option<Mark>],
        width: usize,
    ) {
        let starts = source.line_starts();
        let (from, text) = line_text(source, starts, number);
        let first = here.iter().map(|at| marks[*at].0).min_by_key(|span| span.start);
        let first = first.map(|span| {
            let offset = |at: u32| floor(text, (at as usize).saturating_sub(from).min(text.len()));
            (offset(span.start), offset(span.end))
        });
        let window = window(text, first.unwrap_or_default(), width);
        self.lines.push(Line { number, start: self.text.len() });
        let begin = self.text.len();
        if window.0 > 0 {
            self.text.push('…');
        }
        // Offsets in the file and in the excerpt, side by side, for this line.
        let mut map: Vec<(usize, usize, usize)> = Vec::new();
        let mut column = usize::from(window.0 > 0);
        for (at, char) in text[window.0..window.1].char_indices() {
            map.push((from + window.0 + at, self.text.len(), column));
            let before = self.text.len();
            if char == '\t' {
                self.text.push_str("    ");
            } else {
                sanitise::push(&mut self.text, char);
            }
            column += self.text[before..].chars().map(columns).sum::<usize>();
        }
        let end = (from + window.1, self.text.len(), column);
        if window.1 < text.len() {
            self.text.push('…');
        }
        if self.text.len() == begin {
            self.text.push(' ');
        }
        map.push(end);
        for at in here {
            let (span, label) = &marks[*at];
            let (start, stop) = (span.start as usize, span.end as usize);
            if start > end.0 && number + 1 < starts.len() && window.1 < text.len() {
                continue;
            }
            let find = |offset: usize| {
                let place = map.partition_point(|entry| entry.0 < offset).min(map.len() - 1);
                (map[place].1, map[place].2)
            };
            let (start, column) = find(start);
            let stop = find(stop).0.max(start);
            placed[*at] = Some(Mark {
                start,
                end: stop,
                label: label.clone(),
                column,
                position: source.position(span.start),
            });
        }
        self.text.push('\n');
    }
}

fn line_text<'s>(source: &'s Source, starts: &[u32], number: usize) -> (usize, &'s str) {
    let text = source.text();
    let mut from = starts[number] as usize;
    let to = starts.get(number + 1).map_or(text.len(), |next| *next as usize);
    if number == 0 && text.starts_with('\u{feff}') {
        from += '\u{feff}'.len_utf8();
    }
    (from, text.get(from..to).unwrap_or("").trim_end_matches(['\n', '\r']))
}

/// The part of a line that is shown, as offsets in it.
fn window(text: &str, mark: (usize, usize), width: usize) -> (usize, usize) {
    // A few bytes more than columns can ever be worth looking at.
    let short = text.len() <= width * 4;
    if short && text.chars().map(columns).sum::<usize>() <= width {
        return (0, text.len());
    }
    let mut start = mark.0;
    // Where the mark is near the start of the line, the start is shown.
    let near =
        mark.1 <= width * 4 && text[..mark.1].chars().map(columns).sum::<usize>() + 2 <= width;
    let mut lead = 0;
    for (at, char) in text[..mark.0].char_indices().rev() {
        lead += columns(char).max(1);
        if lead > LEAD && !near {
            break;
        }
        start = at;
    }
    let mut used = 0;
    let mut end = start;
    for (at, char) in text[start..].char_indices() {
        used += columns(char).max(1);
        if used + 2 > width {
            break;
        }
        end = start + at + char.len_utf8();
    }
    (start, end)
}

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    fn excerpt(text: &str, start: usize, end: usize) -> (String, String) {
        let mut sources = Sources::default();
        let file = sources.add("a.yaml", text);
        let marks = [(Span::new(file, start, end), String::new())];
        let excerpt = Excerpt::new(sources.get(file), &marks, 0, 40);
        let mark = &excerpt.marks[0];
        (excerpt.text.clone(), excerpt.text[mark.start..mark.end].to_owned())
    }

    #[test]
    fn marks_move_along_with_what_is_replaced() {
        let (text, mark) = excerpt("a: \u{1b}x yz\nb: 1\n", 6, 8);
        assert_eq!(text, "a: <U+001B>x yz\n");
        assert_eq!(mark, "yz");
    }

    #[test]
    fn long_lines_are_cut_round_the_mark() {
        let long = format!("{}MARK{}", "a".repeat(70_000), "b".repeat(70_000));
        let (text, mark) = excerpt(&long, 70_000, 70_004);
        assert_eq!(mark, "MARK");
        assert!(text.chars().count() <= 41, "{text}");
    }

    #[test]
    fn the_end_of_the_file_has_a_line() {
        assert_eq!(excerpt("a: [\n", 5, 5), ("a: [\n".to_owned(), String::new()));
        assert_eq!(excerpt("", 0, 0), (" \n".to_owned(), String::new()));
    }
}
