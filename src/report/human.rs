//! Diagnostics for people.
//!
//! Owns the only use of miette, which draws the excerpts; for reading aloud nothing is drawn. The headline and the lines below the excerpts are laid out
//! here, as miette has one place for advice and we have several. Whatever reaches miette is an [`Excerpt`], never the
//! text of a user.

use std::fmt;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, MietteError, MietteSpanContents,
    SourceCode, SourceSpan, SpanContents,
};

use crate::diagnostic::{Diagnostic, Label, Severity};
use crate::report::excerpt::Excerpt;
use crate::report::layout::{Graphics, Look, Tone, fill, wrap};
use crate::report::{sanitise, shell};
use crate::source::{FileId, Sources};

/// Lines shown before and after a marked line of a description.
const CONTEXT: usize = 1;
/// Width of the headings below the excerpts.
const HEADING: usize = 9;
/// The heading of commands, which are copied.
const RUN: &str = "run";
/// A label is not broken into lines narrower than this.
const NARROW_LABEL: usize = 12;

/// Prints diagnostics of one run.
pub struct Printer<'p> {
    sources: &'p Sources,
    look: &'p Look,
    graphical: GraphicalReportHandler,
    plain: GraphicalReportHandler,
}

impl<'p> Printer<'p> {
    /// A printer for the texts of a run.
    pub fn new(sources: &'p Sources, look: &'p Look) -> Self {
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
        let handler = |context| {
            GraphicalReportHandler::new_themed(theme.clone())
                .with_links(false)
                .with_width(usize::MAX >> 1)
                .with_wrap_lines(false)
                .with_context_lines(context)
                .without_syntax_highlighting()
        };
        Self { sources, look, graphical: handler(CONTEXT), plain: handler(0) }
    }

    /// Appends a diagnostic, with an empty line behind it.
    pub fn print(&self, out: &mut String, diagnostic: &Diagnostic) {
        self.headline(out, diagnostic);
        let mut files: Vec<FileId> = Vec::new();
        for label in &diagnostic.labels {
            if !files.contains(&label.span.file) {
                files.push(label.span.file);
            }
        }
        for (number, file) in files.into_iter().enumerate() {
            let labels: Vec<&Label> =
                diagnostic.labels.iter().filter(|label| label.span.file == file).collect();
            self.frame(out, file, &labels, diagnostic.severity, number == 0);
        }
        let help = diagnostic.help.iter().map(|help| ("help", help));
        for (heading, text) in
            diagnostic.notes.iter().map(|(heading, text)| (*heading, text)).chain(help)
        {
            self.note(out, heading, text);
        }
        out.push('\n');
    }

    fn headline(&self, out: &mut String, diagnostic: &Diagnostic) {
        let word = diagnostic.severity.word();
        let code = sanitise::clean(&diagnostic.code);
        let tone = match diagnostic.severity {
            Severity::Error => Tone::Bad,
            Severity::Unknown => Tone::Doubt,
            Severity::Pending | Severity::Warning => Tone::Care,
            Severity::Note => Tone::Calm,
        };
        let lead = format!("{word}[{code}]:");
        let text = format!("{lead} {}", sanitise::clean(&diagnostic.message));
        let spoken = self.look.graphics == Graphics::Narrated;
        let lines = wrap(&text, if spoken { usize::MAX } else { self.look.width.max(40) });
        for (at, line) in lines.iter().enumerate() {
            if at > 0 {
                out.push_str("  ");
            }
            match line.strip_prefix(lead.as_str()) {
                Some(rest) if at == 0 => {
                    out.push_str(&self.look.paint(tone, &lead));
                    out.push_str(&self.look.paint(Tone::Heading, rest));
                }
                _ => out.push_str(&self.look.paint(Tone::Heading, line)),
            }
            out.push('\n');
        }
    }

    fn note(&self, out: &mut String, heading: &str, text: &str) {
        let text = sanitise::clean_lines(text);
        if self.look.graphics == Graphics::Narrated {
            out.push_str(&format!("{heading}: {text}\n"));
            return;
        }
        let plain = format!("  {heading:<HEADING$}");
        let painted = format!(
            "  {}{}",
            self.look.paint(Tone::Heading, heading),
            " ".repeat(HEADING.saturating_sub(heading.len()))
        );
        let text = match self.look.graphics {
            Graphics::Unicode => text,
            _ => text.replace('…', "..."),
        };
        if heading == RUN {
            // What is copied must come out of the clipboard as one command.
            let width = self.look.width.saturating_sub(HEADING + 2).max(40);
            let indent = format!("\n{}", " ".repeat(HEADING + 2));
            let lines = shell::lines(&text, width).join(&indent);
            out.push_str(&format!("{painted}{lines}\n"));
            return;
        }
        self.look.hanging(out, &plain, &painted, &text);
    }

    fn frame(
        &self,
        out: &mut String,
        file: FileId,
        labels: &[&Label],
        severity: Severity,
        is_first: bool,
    ) {
        let source = self.sources.get(file);
        let narrated = self.look.graphics == Graphics::Narrated;
        let context = if narrated || !is_first { 0 } else { CONTEXT };
        let marks: Vec<_> =
            labels.iter().map(|label| (label.span, label.message.clone())).collect();
        let number = source.line_starts().len().to_string().len();
        let width = self.look.width.saturating_sub(number + 5);
        let shown = Shown {
            name: sanitise::clean(source.name()).into_owned(),
            excerpt: Excerpt::new(source, &marks, context, width),
            width,
            severity,
            is_first,
        };
        if narrated {
            spoken(out, &shown);
            return;
        }
        let handler = if is_first { &self.graphical } else { &self.plain };
        let mut text = String::new();
        // Writing into a string does not fail, and every mark lies in the excerpt.
        let _ = handler.render_report(&mut text, &shown);
        // The first line is miette's headline, which ours replaces.
        let frame = text.split_once('\n').map_or("", |(_, frame)| frame);
        for line in frame.lines() {
            out.push_str(line.trim_end());
            out.push('\n');
        }
        for at in &shown.excerpt.hidden {
            let (span, label) = &marks[*at];
            let place = source.position(span.start);
            let text = format!("{}:{}:{}: {label}", shown.name, place.line, place.column);
            self.note(out, "and", text.trim_end_matches([':', ' ']));
        }
    }
}

/// Excerpts in sentences.
fn spoken(out: &mut String, shown: &Shown) {
    for mark in &shown.excerpt.marks {
        let line = shown.excerpt.lines.iter().rev().find(|line| line.start <= mark.start);
        let text = line.map_or("", |line| {
            shown.excerpt.text[line.start..].split('\n').next().unwrap_or_default().trim()
        });
        let place = mark.position;
        let name = &shown.name;
        let what = &shown.excerpt.text[mark.start..mark.end];
        out.push_str(&format!("{name}, line {}, column {}: {text}\n", place.line, place.column));
        match (what.is_empty(), mark.label.is_empty()) {
            (false, false) => out.push_str(&format!("{what}: {}\n", mark.label)),
            (true, false) => out.push_str(&format!("{}\n", mark.label)),
            (_, true) => {}
        }
    }
}

/// What miette gets to see of a diagnostic: excerpts of one file.
#[derive(Debug)]
struct Shown {
    name: String,
    excerpt: Excerpt,
    width: usize,
    severity: Severity,
    is_first: bool,
}

impl fmt::Display for Shown {
    fn fmt(&self, _: &mut fmt::Formatter<'_>) -> fmt::Result {
        Ok(())
    }
}

impl std::error::Error for Shown {}

impl miette::Diagnostic for Shown {
    fn severity(&self) -> Option<miette::Severity> {
        Some(match self.severity {
            _ if !self.is_first => miette::Severity::Advice,
            Severity::Error => miette::Severity::Error,
            Severity::Unknown | Severity::Pending | Severity::Warning => miette::Severity::Warning,
            Severity::Note => miette::Severity::Advice,
        })
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(self)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        Some(Box::new(self.excerpt.marks.iter().enumerate().map(|(at, mark)| {
            let span = SourceSpan::new(mark.start.into(), mark.end - mark.start);
            // The line to the label starts below the middle of the mark.
            let column = mark.column + mark.width / 2 + 4;
            let room = self.width.saturating_sub(column);
            let label = sanitise::clean(&mark.label);
            let label =
                (!label.is_empty()).then(|| fill(&label, room.max(NARROW_LABEL)).join("\n"));
            match at {
                0 => LabeledSpan::new_primary_with_span(label, span),
                _ => LabeledSpan::new_with_span(label, span),
            }
        })))
    }
}

impl SourceCode for Shown {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        before: usize,
        after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        let lines = &self.excerpt.lines;
        let line_of =
            |offset: usize| lines.partition_point(|line| line.start <= offset).saturating_sub(1);
        let mut first = line_of(span.offset());
        let mut last = line_of(span.offset() + span.len()).max(first);
        if lines.is_empty() || span.offset() + span.len() > self.excerpt.text.len() {
            return Err(MietteError::OutOfBounds);
        }
        // The lines of an excerpt need not be neighbours in the file.
        let adjacent = |upper: usize| lines[upper].number + 1 == lines[upper + 1].number;
        for _ in 0..before {
            if first > 0 && adjacent(first - 1) {
                first -= 1;
            }
        }
        for _ in 0..after {
            if last + 1 < lines.len() && adjacent(last) {
                last += 1;
            }
        }
        let start = lines[first].start;
        let end = lines.get(last + 1).map_or(self.excerpt.text.len(), |next| next.start);
        let place = self.excerpt.marks.iter().find(|mark| mark.start == span.offset());
        // Asked without context, miette wants to know where a mark stands.
        let (line, column) = match place {
            Some(mark) if before == 0 => (mark.position.line - 1, mark.position.column - 1),
            _ => (lines[first].number, 0),
        };
        Ok(Box::new(MietteSpanContents::new_named(
            self.name.clone(),
            &self.excerpt.text.as_bytes()[start..end],
            SourceSpan::new(start.into(), end - start),
            line,
            column,
            last - first + 1,
        )))
    }
}
