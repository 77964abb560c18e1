//! Excerpts in frames.
//!
//! Owns the only use of miette, which draws them. Lines that stand together are drawn by themselves, and the drawing is
//! kept for a while: findings of one rule show the same lines of the rules, and mostly some of the same description.
//! Whatever reaches miette is an [`Excerpt`], never the text of a user.

use std::cell::RefCell;
use std::fmt;
use std::hash::{Hash, Hasher};

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, SourceCode, SourceSpan,
    SpanContents,
};
use rustc_hash::{FxHashMap, FxHasher};

use crate::diagnostic::Label;
use crate::report::excerpt::{Excerpt, groups};
use crate::report::layout::{Graphics, Look, fill};
use crate::report::sanitise;
use crate::source::Source;

/// Drawings that are kept.
const KEPT: usize = 256;
/// A label is not broken into lines narrower than this.
const NARROW_LABEL: usize = 12;

/// Draws frames of one run.
pub struct Frames {
    width: usize,
    /// One for each colour that the first mark may have.
    handlers: Vec<GraphicalReportHandler>,
    kept: RefCell<FxHashMap<u64, Drawing>>,
}

/// What the lines of a drawing are.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
struct Kind {
    /// Lines before and after each marked one.
    context: usize,
    /// The colour of the first mark.
    color: usize,
    /// Whether the first label is the primary one.
    is_primary: bool,
}

/// Lines that were drawn.
struct Drawing {
    kind: Kind,
    labels: Vec<Label>,
    text: String,
    /// Indices of the labels for which a line has no room.
    hidden: Vec<usize>,
}

impl Frames {
    /// For the look of a run.
    pub fn new(look: &Look) -> Self {
        let mut theme = match (look.graphics, look.color) {
            (Graphics::Unicode, true) => GraphicalTheme::unicode(),
            (Graphics::Unicode, false) => GraphicalTheme::unicode_nocolor(),
            (_, true) => GraphicalTheme::ascii(),
            (_, false) => GraphicalTheme::none(),
        };
        if look.graphics != Graphics::Unicode {
            // The theme's own corner is a comma, which reads as part of the text.
            theme.characters.ltop = '-';
        }
        let handlers = (0..theme.styles.highlights.len()).map(|color| {
            let mut theme = theme.clone();
            theme.styles.highlights.rotate_left(color);
            // The excerpt has no line but those to show.
            GraphicalReportHandler::new_themed(theme)
                .with_links(false)
                .with_width(usize::MAX >> 1)
                .with_wrap_lines(false)
                .with_context_lines(1)
                .without_syntax_highlighting()
        });
        Self { width: look.frame, handlers: handlers.collect(), kept: RefCell::default() }
    }

    /// Appends the lines of the labels, all of one file, with so many lines before and after each. Returns the indices
    /// of the labels for which a line has no room.
    pub fn draw(
        &self,
        out: &mut String,
        source: &Source,
        labels: &[&Label],
        context: usize,
    ) -> Vec<usize> {
        let mut hidden = Vec::new();
        let mut color = 0;
        for group in groups(source, labels, context) {
            let members: Vec<&Label> = group.iter().map(|at| labels[*at]).collect();
            let is_primary = group.first() == Some(&0);
            let kind = Kind { context, color: color % self.handlers.len().max(1), is_primary };
            let unseen = self.together(out, source, &members, kind);
            color += group.len() - unseen.len();
            hidden.extend(unseen.into_iter().map(|at| group[at]));
        }
        hidden.sort_unstable();
        hidden
    }

    /// Appends lines that stand together.
    fn together(
        &self,
        out: &mut String,
        source: &Source,
        labels: &[&Label],
        kind: Kind,
    ) -> Vec<usize> {
        let mut hasher = FxHasher::default();
        kind.hash(&mut hasher);
        for label in labels {
            (label.span, &label.message).hash(&mut hasher);
        }
        let key = hasher.finish();
        let mut kept = self.kept.borrow_mut();
        if let Some(drawing) = kept.get(&key)
            && drawing.kind == kind
            && drawing.labels.iter().eq(labels.iter().copied())
        {
            out.push_str(&drawing.text);
            return drawing.hidden.clone();
        }
        if kept.len() >= KEPT {
            kept.clear();
        }
        let drawing = self.drawing(source, labels, kind);
        out.push_str(&drawing.text);
        let hidden = drawing.hidden.clone();
        kept.insert(key, drawing);
        hidden
    }

    fn drawing(&self, source: &Source, labels: &[&Label], kind: Kind) -> Drawing {
        let width = room(self.width, source);
        let shown = Shown {
            name: &sanitise::clean(source.name()),
            excerpt: Excerpt::new(source, labels, kind.context, width),
            width,
            is_primary: kind.is_primary,
        };
        // Some lines more than those of the excerpt, with frames in characters of several bytes.
        let mut drawn = String::with_capacity(2 * shown.excerpt.text.len() + 1_024);
        // Writing into a string does not fail, and every mark lies in the excerpt.
        let _ = self.handlers[kind.color].render_report(&mut drawn, &shown);
        // The first line is miette's headline, which ours replaces.
        let frame = drawn.split_once('\n').map_or("", |(_, frame)| frame);
        let mut text = String::with_capacity(frame.len());
        for line in frame.lines() {
            text.push_str(line.trim_end());
            text.push('\n');
        }
        let labels = labels.iter().map(|label| (*label).clone()).collect();
        Drawing { kind, labels, text, hidden: shown.excerpt.hidden }
    }
}

/// Columns for the text of a file, beside the numbers of its lines.
pub fn room(width: usize, source: &Source) -> usize {
    let digits = source.line_starts().len().checked_ilog10().unwrap_or_default() as usize + 1;
    width.saturating_sub(digits + 5)
}

/// What miette gets to see: lines of one file that stand together.
#[derive(Debug)]
struct Shown<'s> {
    name: &'s str,
    excerpt: Excerpt<'s>,
    width: usize,
    is_primary: bool,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Shown<'_> {}

impl miette::Diagnostic for Shown<'_> {
    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.excerpt.marks.iter().enumerate().map(|(at, mark)| {
            let span = SourceSpan::new(mark.start.into(), mark.end - mark.start);
            // The line to the label starts below the middle of the mark.
            let column = mark.column + mark.width / 2 + 4;
            let room = self.width.saturating_sub(column);
            let label = sanitise::clean(mark.label);
            let label =
                (!label.is_empty()).then(|| fill(&label, room.max(NARROW_LABEL)).join("\n"));
            match at {
                0 if self.is_primary => LabeledSpan::new_primary_with_span(label, span),
                _ => LabeledSpan::new_with_span(label, span),
            }
        })))
    }
}

impl SourceCode for Shown<'_> {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        _: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let Some(first) = self.excerpt.lines.first() else { return Err(MietteError::OutOfBounds) };
        let place = self.excerpt.marks.iter().find(|mark| mark.start == span.offset());
        // Asked without context, miette wants to know where a mark stands.
        let (line, column) = match place {
            Some(mark) if before == 0 => (mark.position.line - 1, mark.position.column - 1),
            _ => (first.number, 0),
        };
        let all = SourceSpan::new(0.into(), self.excerpt.text.len());
        Ok(Box::new(Contents { shown: self, all, line, column }))
    }
}

/// All lines of an excerpt.
struct Contents<'s> {
    shown: &'s Shown<'s>,
    all: SourceSpan,
    line: usize,
    column: usize,
}

impl<'s> SpanContents<'s> for Contents<'s> {
    fn data(&self) -> &'s [u8] {
        self.shown.excerpt.text.as_bytes()
    }

    fn span(&self) -> &SourceSpan {
        &self.all
    }

    fn name(&self) -> Option<&str> {
        Some(self.shown.name)
    }

    fn line(&self) -> usize {
        self.line
    }

    fn column(&self) -> usize {
        self.column
    }

    fn line_count(&self) -> usize {
        self.shown.excerpt.lines.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{Sources, Span};

    #[test]
    fn what_is_kept_is_drawn_as_if_it_were_new() {
        let mut sources = Sources::default();
        let text: String = (0..=KEPT).map(|at| format!("- key{at}: value\n\n\n\n")).collect();
        let file = sources.add("a.yaml", text);
        let source = sources.get(file);
        let look = Look { color: true, ..Look::default() };
        let label = |entry: usize, message: &str| {
            let start = source.line_starts()[4 * entry] as usize + 2;
            Label { span: Span::new(file, start, start + 3), message: message.to_owned() }
        };
        let frames = Frames::new(&look);
        let shared = label(0, "is shared");
        for entry in 1..=KEPT {
            let (own, other) = (label(entry, "is one of many"), label(entry, "is another"));
            let all: [&[&Label]; 4] = [&[&own], &[&own, &shared], &[&shared, &other], &[&own]];
            for (labels, context) in all.into_iter().zip([0, 1, 1, 1]) {
                let (mut kept, mut new) = (String::new(), String::new());
                frames.draw(&mut kept, source, labels, context);
                Frames::new(&look).draw(&mut new, source, labels, context);
                assert_eq!(kept, new);
                assert_eq!(kept.matches("is shared").count(), labels.len() - 1);
            }
        }
    }
}
