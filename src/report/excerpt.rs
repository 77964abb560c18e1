//! The lines of a file that a diagnostic shows.
//!
//! Owns a small copy of just those lines: harmless, cut to the width of the terminal round what is marked, with the
//! marks moved along and room for what is said of them. So no printer ever sees the text of a user, nor a line of fifty
//! megabytes. Which pieces of a line are kept is `pieces`.

use crate::diagnostic::Label;
use crate::report::pieces::{Wanted, pieces, room, shown};
use crate::report::sanitise;
use crate::source::{Position, Source};

/// What is marked in an [`Excerpt`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark<'l> {
    /// Offset in the text of the excerpt.
    pub start: usize,
    /// Offset after it, on the same line.
    pub end: usize,
    /// What is said of it.
    pub label: &'l str,
    /// Columns before it on its line.
    pub column: usize,
    /// Columns that it takes.
    pub width: usize,
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
#[derive(Clone, Debug)]
pub struct Excerpt<'l> {
    /// The lines, each with a line break behind it.
    pub text: String,
    /// Where they start and what their numbers are, in order.
    pub lines: Vec<Line>,
    /// The marks in the order they were handed in; those out of sight are left out.
    pub marks: Vec<Mark<'l>>,
    /// Indices of the marks for which a line has no room.
    pub hidden: Vec<usize>,
}

/// Lines with fewer columns than this are shown however narrow the terminal is.
const NARROWEST: usize = 40;
/// Bytes that a line mostly takes.
const USUAL: usize = 80;

/// The labels of a file by the lines that are shown together, with so many before and after each: groups of indices, each
/// in the order handed in. A line between two groups is left out.
pub fn groups(source: &Source, labels: &[&Label], context: usize) -> Vec<Vec<usize>> {
    let last = last_line(source);
    let line = |at: usize| source.line_of(labels[at].span.start).min(last);
    let mut order: Vec<(usize, usize)> = (0..labels.len()).map(|at| (line(at), at)).collect();
    order.sort_unstable();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut before = 0;
    for (line, at) in order {
        match groups.last_mut() {
            Some(group) if line <= before + 2 * context + 1 => group.push(at),
            _ => groups.push(vec![at]),
        }
        before = line;
    }
    groups.iter_mut().for_each(|group| group.sort_unstable());
    groups
}

impl<'l> Excerpt<'l> {
    /// The lines of the labels, with so many lines before and after each.
    pub fn new(source: &Source, labels: &[&'l Label], context: usize, width: usize) -> Self {
        let last = last_line(source);
        let lines = labels.iter().map(|label| source.line_of(label.span.start).min(last));
        let lines: Vec<usize> = lines.collect();
        let mut numbers: Vec<usize> = Vec::new();
        for line in &lines {
            numbers.extend(line.saturating_sub(context)..=(line + context).min(last));
        }
        numbers.sort_unstable();
        numbers.dedup();
        let mut excerpt = Excerpt {
            text: String::with_capacity(numbers.len() * USUAL),
            lines: Vec::with_capacity(numbers.len()),
            marks: Vec::with_capacity(labels.len()),
            hidden: Vec::new(),
        };
        let mut placed: Vec<Option<Mark<'l>>> = vec![None; labels.len()];
        for number in numbers {
            let here: Vec<usize> = (0..lines.len()).filter(|at| lines[*at] == number).collect();
            excerpt.line(source, number, &here, labels, &mut placed, width.max(NARROWEST));
        }
        excerpt.hidden = (0..placed.len()).filter(|at| placed[*at].is_none()).collect();
        excerpt.marks.extend(placed.into_iter().flatten());
        excerpt
    }

    fn line(
        &mut self,
        source: &Source,
        number: usize,
        here: &[usize],
        labels: &[&'l Label],
        placed: &mut [Option<Mark<'l>>],
        width: usize,
    ) {
        let starts = source.line_starts();
        let (from, text) = line_text(source, starts, number);
        let offset = |at: u32| floor(text, (at as usize).saturating_sub(from).min(text.len()));
        let wanted: Vec<Wanted> = here
            .iter()
            .map(|at| {
                let label = labels[*at];
                let start = offset(label.span.start);
                let end = offset(label.span.end).max(start);
                Wanted { start, end, room: room(&label.message) }
            })
            .collect();
        let (pieces, seen) = pieces(text, &wanted, width);
        self.lines.push(Line { number, start: self.text.len() });
        let begin = self.text.len();
        // Offsets in the line and in the excerpt, side by side, with the columns before; all up to the next where the text
        // is plain.
        let mut map: Vec<(usize, usize, usize)> = Vec::new();
        let mut column = 0;
        let mut at = 0;
        for piece in &pieces {
            if piece.start > at {
                self.text.push('…');
                column += 1;
            }
            let part = &text[piece.clone()];
            let is_plain = sanitise::is_plain(part);
            if is_plain {
                map.push((piece.start, self.text.len(), column));
                self.text.push_str(part);
                column += part.len();
            }
            for (place, char) in part.char_indices().filter(|_| !is_plain) {
                map.push((piece.start + place, self.text.len(), column));
                if char == '\t' {
                    self.text.push_str("    ");
                } else {
                    sanitise::push(&mut self.text, char);
                }
                column += shown(char);
            }
            at = piece.end;
            map.push((at, self.text.len(), column));
        }
        if at < text.len() {
            self.text.push('…');
        }
        if self.text.len() == begin {
            self.text.push(' ');
        }
        for (at, wanted) in
            here.iter().zip(&wanted).zip(&seen).filter(|(_, seen)| **seen).map(|it| it.0)
        {
            let label = labels[*at];
            let find = |offset: usize| {
                let after = map.partition_point(|entry| entry.0 <= offset);
                let entry = map[after.saturating_sub(1)];
                // Within what is plain; a gap is shorter than what it leaves out.
                let run = map.get(after).filter(|next| next.0 - entry.0 == next.1 - entry.1);
                let on = run.map_or(0, |_| offset.saturating_sub(entry.0));
                (entry.1 + on, entry.2 + on)
            };
            let (start, column) = find(wanted.start);
            // What is too long to be shown whole ends with its piece.
            let piece = pieces.iter().find(|piece| piece.contains(&wanted.start));
            let (stop, end) = find(wanted.end.min(piece.map_or(wanted.end, |piece| piece.end)));
            placed[*at] = Some(Mark {
                start,
                end: stop.max(start),
                label: &label.message,
                column,
                width: end.saturating_sub(column),
                position: source.position(label.span.start),
            });
        }
        self.text.push('\n');
    }
}

/// The last line to show: behind the last line break of a file there is none.
fn last_line(source: &Source) -> usize {
    let starts = source.line_starts();
    match starts.last() {
        Some(start) if *start as usize >= source.text().len() && starts.len() > 1 => {
            starts.len() - 2
        }
        _ => starts.len() - 1,
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

fn floor(text: &str, mut at: usize) -> usize {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Sources, Span};

    fn excerpt(text: &str, start: usize, end: usize) -> (String, String) {
        let mut sources = Sources::default();
        let file = sources.add("a.yaml", text);
        let label = Label { span: Span::new(file, start, end), message: String::new() };
        let excerpt = Excerpt::new(sources.get(file), &[&label], 0, 40);
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
    fn marks_far_apart_on_one_line_are_all_in_sight() {
        let line = format!("a: {{ first: 1, {}last: 2 }}", "x: y, ".repeat(40));
        let mut sources = Sources::default();
        let file = sources.add("a.yaml", line.clone());
        let place = |text: &str| {
            let at = line.find(text).expect("it is there") + text.len() - 1;
            let message = "is not what it should be".to_owned();
            Label { span: Span::new(file, at, at + 1), message }
        };
        let labels = [place("last: 2"), place("first: 1")];
        let labels: Vec<&Label> = labels.iter().collect();
        let excerpt = Excerpt::new(sources.get(file), &labels, 0, 70);
        assert_eq!(excerpt.hidden, [0; 0]);
        let marked = |at: usize| {
            let mark = &excerpt.marks[at];
            assert!(mark.column + 4 + mark.label.len() <= 70, "{excerpt:?}");
            &excerpt.text[mark.start..mark.end]
        };
        assert_eq!((marked(0), marked(1)), ("2", "1"));
        assert!(excerpt.text.contains("first: 1…") && excerpt.text.ends_with("last: 2 }\n"));
        let columns = excerpt.text.trim_end().chars().count();
        assert!(columns <= 70, "{}", excerpt.text);
    }

    #[test]
    fn lines_that_touch_are_shown_together() {
        let mut sources = Sources::default();
        let file = sources.add("a.yaml", "0\n1\n2\n3\n4\n5\n6\n7\n");
        let labels = [14, 0, 6, 2]
            .map(|at| Label { span: Span::new(file, at, at + 1), message: String::new() });
        let labels: Vec<&Label> = labels.iter().collect();
        let groups = |context| groups(sources.get(file), &labels, context);
        assert_eq!(groups(0), [vec![1, 3], vec![2], vec![0]]);
        assert_eq!(groups(1), [vec![1, 2, 3], vec![0]]);
    }

    #[test]
    fn the_end_of_the_file_has_a_line() {
        assert_eq!(excerpt("a: [\n", 5, 5), ("a: [\n".to_owned(), String::new()));
        assert_eq!(excerpt("", 0, 0), (" \n".to_owned(), String::new()));
    }
}
