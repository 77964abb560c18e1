//! Which pieces of a line are shown.
//!
//! Owns the choice where a line is wider than the terminal, or where nothing would fit behind what is marked near its end: what
//! is marked stays in sight with the words in front of it, and what lies between is left out. Knows offsets and columns of one line,
//! neither files nor frames.

use std::iter;
use std::ops::Range;

use crate::report::layout::columns;
use crate::report::sanitise;

/// What is marked on a line, as offsets in it.
#[derive(Clone, Debug)]
pub struct Wanted {
    /// Where it starts.
    pub start: usize,
    /// The offset after it.
    pub end: usize,
    /// Columns that its label wants, behind its middle.
    pub room: usize,
}

/// Columns of text in front of a mark that stay in sight, the best first: mostly that is the key of a value.
const LEADS: [usize; 3] = [20, 14, 9];
/// The same where there is too little room for that.
const SHORT_LEADS: [usize; 2] = [4, 0];
/// Columns to which a label may be broken, the best first.
const ROOMS: [usize; 4] = [48, 32, 24, 14];
/// Columns of the line that leads to a label.
const CORNER: usize = 4;
/// Bytes of a line that is looked at as a whole.
const LONG: usize = 1_000;
/// A gap is not worth a mark of its own if it is not wider than this.
const GAP: usize = 3;

/// Columns that a label would like to have: a line of it, but no word broken.
pub fn room(label: &str) -> usize {
    let longest = label.split(' ').map(width_of).max().unwrap_or_default();
    width_of(label).min(longest.max(ROOMS[2]))
}

/// Columns that a text takes as it is shown.
fn width_of(text: &str) -> usize {
    if sanitise::is_plain(text) { text.len() } else { text.chars().map(shown).sum() }
}

/// Columns that a character takes as it is shown.
pub fn shown(char: char) -> usize {
    match char {
        '\t' => 4,
        _ if sanitise::is_hidden(char) => {
            let mut text = String::new();
            sanitise::push(&mut text, char);
            text.len()
        }
        _ => columns(char),
    }
}

/// The pieces to show, in order, and for each mark whether it is in one of them; the first mark always is.
pub fn pieces(text: &str, wanted: &[Wanted], width: usize) -> (Vec<Range<usize>>, Vec<bool>) {
    // A few bytes more than columns can ever be worth looking at.
    if text.len() <= width * 4 {
        let pieces = iter::once(0..text.len()).collect();
        let whole = Row { text, plain: sanitise::is_plain(text), pieces };
        let rooms = |wanted: &Wanted| wanted.room.min(ROOMS[2].max(width / 3));
        if whole.width() <= width
            && wanted.iter().all(|one| whole.middle(one) + CORNER + rooms(one) <= width)
        {
            return (whole.pieces, vec![true; wanted.len()]);
        }
    }
    // A column is kept free, so that what is cut can be told from what fits.
    let width = width.saturating_sub(1);
    if wanted.is_empty() {
        let end = forward(text, 0, width.saturating_sub(1));
        return (iter::once(0..end).collect(), Vec::new());
    }
    // What is longer than this is cut itself.
    let cut = |one: &Wanted| one.start..one.end.min(forward(text, one.start, width / 2));
    let mut seen = vec![false; wanted.len()];
    let mut best: Option<(Row<'_>, usize)> = None;
    for at in 0..wanted.len() {
        seen[at] = true;
        let chosen: Vec<&Wanted> = (0..=at).filter(|at| seen[*at]).map(|at| &wanted[at]).collect();
        let with = |leads: &'static [usize]| {
            ROOMS.iter().flat_map(|room| leads.iter().map(move |lead| (*room, *lead)))
        };
        let mut tries = with(&LEADS).chain(with(&SHORT_LEADS));
        let found = tries.find_map(|(room, lead)| {
            let row = Row::new(text, chosen.iter().map(|one| cut(one)).collect(), lead);
            row.fits(&chosen, room, width).then_some((row, room))
        });
        match found {
            Some(found) => best = Some(found),
            None if best.is_none() => best = Some((Row::new(text, vec![cut(&wanted[at])], 0), 0)),
            None => seen[at] = false,
        }
    }
    let chosen: Vec<&Wanted> = wanted.iter().zip(&seen).filter(|it| *it.1).map(|it| it.0).collect();
    let Some((row, room)) = best else { return (Vec::new(), seen) };
    (row.filled(&chosen, room, width).pieces, seen)
}

/// A line as it is shown.
#[derive(Clone)]
struct Row<'t> {
    text: &'t str,
    /// Whether each byte takes a column.
    plain: bool,
    pieces: Vec<Range<usize>>,
}

impl<'t> Row<'t> {
    /// With these marks, and at most so many columns of whole words before each.
    fn new(text: &'t str, mut marks: Vec<Range<usize>>, lead: usize) -> Self {
        marks.sort_by_key(|mark| (mark.start, mark.end));
        let mut pieces: Vec<Range<usize>> = Vec::new();
        for mark in marks {
            let start = word(text, backward(text, mark.start, lead), mark.start);
            match pieces.last_mut() {
                Some(last) if start <= last.end || forward(text, last.end, GAP) >= start => {
                    last.end = last.end.max(mark.end);
                }
                _ => pieces.push(start..mark.end),
            }
        }
        // Of a very long line it is not worth a look.
        let plain = text.len() <= LONG && sanitise::is_plain(text);
        Self { text, plain, pieces }
    }

    /// Columns before an offset that is shown.
    fn column(&self, offset: usize) -> usize {
        let mut column = 0;
        let mut at = 0;
        for piece in &self.pieces {
            column += usize::from(piece.start > at);
            let end = piece.end.min(offset.max(piece.start));
            column += match self.plain {
                true => end - piece.start,
                false => width_of(&self.text[piece.start..end]),
            };
            if offset <= piece.end {
                break;
            }
            at = piece.end;
        }
        column
    }

    fn width(&self) -> usize {
        let end = self.pieces.last().map_or(0, |piece| piece.end);
        self.column(end) + usize::from(end < self.text.len())
    }

    /// The column from which the line to the label of a mark starts.
    fn middle(&self, mark: &Wanted) -> usize {
        let piece = self.pieces.iter().find(|piece| piece.contains(&mark.start));
        let end = mark.end.min(piece.map_or(mark.end, |piece| piece.end));
        let start = self.column(mark.start);
        start + self.column(end.max(mark.start)).saturating_sub(start) / 2
    }

    fn fits(&self, marks: &[&Wanted], room: usize, width: usize) -> bool {
        self.width() <= width
            && marks.iter().all(|mark| self.middle(mark) + CORNER + mark.room.min(room) <= width)
    }

    /// With as much of what was left out as there is room for: before the first mark, then between, then behind.
    fn filled(mut self, marks: &[&Wanted], room: usize, width: usize) -> Self {
        let middles = marks.iter().map(|mark| self.middle(mark) + CORNER + mark.room.min(room));
        let used = middles.max().unwrap_or_default().max(self.width());
        let slack = width.saturating_sub(used);
        let mut wider = self.clone();
        if let Some(first) = wider.pieces.first_mut() {
            let reach = backward(self.text, first.start, slack);
            first.start = if reach == 0 { 0 } else { word(self.text, reach, first.start) };
        }
        if wider.fits(marks, room, width) {
            self = wider;
        }
        for at in (1..self.pieces.len()).rev() {
            let mut wider = self.clone();
            let end = wider.pieces.remove(at).end;
            wider.pieces[at - 1].end = end;
            if forward(self.text, self.pieces[at - 1].end, width) >= self.pieces[at].start
                && wider.fits(marks, room, width)
            {
                self = wider;
            }
        }
        let rest = width.saturating_sub(self.width());
        let mut wider = self.clone();
        if let Some(last) = wider.pieces.last_mut() {
            let all = forward(self.text, last.end, rest + 1);
            let is_all = all == self.text.len();
            last.end = if is_all { all } else { forward(self.text, last.end, rest) };
        }
        // Of a mark that is cut itself, more would move its label.
        if wider.fits(marks, room, width) {
            self = wider;
        }
        self
    }
}

/// The offset at most so many columns further on.
fn forward(text: &str, from: usize, width: usize) -> usize {
    // One more, as something may stand above the last.
    let near = text.get(from..(from + width + 1).min(text.len()));
    if near.is_some_and(sanitise::is_plain) {
        return (from + width).min(text.len());
    }
    let mut used = 0;
    for (at, char) in text[from..].char_indices() {
        used += shown(char);
        if used > width {
            return from + at;
        }
    }
    text.len()
}

/// The offset at most so many columns before.
fn backward(text: &str, from: usize, width: usize) -> usize {
    let start = from.saturating_sub(width);
    if text.get(start..from).is_some_and(sanitise::is_plain) {
        return start;
    }
    let mut used = 0;
    for (at, char) in text[..from].char_indices().rev() {
        used += shown(char);
        if used > width {
            return at + char.len_utf8();
        }
    }
    0
}

/// The first start of a word from an offset on; the end where there is none.
fn word(text: &str, from: usize, end: usize) -> usize {
    if from == 0 || text[..from].ends_with(' ') {
        return from;
    }
    text[from..end].find(' ').map_or(end, |blank| {
        let rest = &text[from + blank..end];
        end - rest.trim_start_matches(' ').len()
    })
}
