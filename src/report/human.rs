//! Diagnostics for people.
//!
//! Owns the headline and the lines below the excerpts, as miette has one place for advice and we have several, and the
//! sentences for reading aloud, where nothing is drawn. What frames look like is `frame`.

use crate::diagnostic::{Diagnostic, Label, Severity};
use crate::report::excerpt::Excerpt;
use crate::report::frame::{Frames, room};
use crate::report::layout::{Graphics, Look, Tone, blanks, wrap};
use crate::report::{sanitise, shell};
use crate::source::{FileId, Source, Sources};

/// Lines shown before and after a marked line of a description.
const CONTEXT: usize = 1;
/// Width of the headings below the excerpts.
const HEADING: usize = 9;
/// The heading of commands, which are copied.
const RUN: &str = "run";

/// Prints diagnostics of one run.
pub struct Printer<'p> {
    sources: &'p Sources,
    look: &'p Look,
    frames: Frames,
}

impl<'p> Printer<'p> {
    /// A printer for the texts of a run.
    pub fn new(sources: &'p Sources, look: &'p Look) -> Self {
        Self { sources, look, frames: Frames::new(look) }
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
            self.excerpts(out, self.sources.get(file), &labels, number == 0);
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
            Severity::Pending | Severity::Warning | Severity::Waived => Tone::Care,
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
            for part in [heading, ": ", &text, "\n"] {
                out.push_str(part);
            }
            return;
        }
        out.push_str("  ");
        out.push_str(&self.look.paint(Tone::Heading, heading));
        blanks(out, HEADING.saturating_sub(heading.len()));
        let indent = HEADING.max(heading.len()) + 2;
        let text = self.look.glyphs(&text);
        if heading != RUN {
            self.look.hang(out, indent, &text);
            return;
        }
        // What is copied must come out of the clipboard as one command.
        let width = self.look.width.saturating_sub(indent).max(40);
        for (at, line) in shell::lines(&text, width).iter().enumerate() {
            if at > 0 {
                blanks(out, indent);
            }
            out.push_str(line);
            out.push('\n');
        }
    }

    fn excerpts(&self, out: &mut String, source: &Source, labels: &[&Label], is_first: bool) {
        if self.look.graphics == Graphics::Narrated {
            let width = room(self.look.frame, source);
            spoken(out, source, &Excerpt::new(source, labels, 0, width));
            return;
        }
        let context = if is_first { CONTEXT } else { 0 };
        for at in self.frames.draw(out, source, labels, context) {
            let place = source.position(labels[at].span.start);
            let name = sanitise::clean(source.name());
            let label = &labels[at].message;
            let text = format!("{name}:{}:{}: {label}", place.line, place.column);
            self.note(out, "and", text.trim_end_matches([':', ' ']));
        }
    }
}

/// Excerpts in sentences.
fn spoken(out: &mut String, source: &Source, excerpt: &Excerpt<'_>) {
    for mark in &excerpt.marks {
        let line = excerpt.lines.iter().rev().find(|line| line.start <= mark.start);
        let text = line.map_or("", |line| {
            excerpt.text[line.start..].split('\n').next().unwrap_or_default().trim()
        });
        let place = mark.position;
        let name = sanitise::clean(source.name());
        let label = sanitise::clean(mark.label);
        let before = line.map_or("", |line| &excerpt.text[line.start..mark.start]);
        // What a value is, its label says; what is wanted is a name for it.
        let key = key(before).filter(|_| label.starts_with("is "));
        let what = key.unwrap_or(&excerpt.text[mark.start..mark.end]);
        out.push_str(&format!("{name}, line {}, column {}: {text}\n", place.line, place.column));
        match (what.is_empty(), label.is_empty()) {
            (false, false) => out.push_str(&format!("{what}: {label}\n")),
            (true, false) => out.push_str(&format!("{label}\n")),
            (_, true) => {}
        }
    }
}

/// The key of the value that follows on its line.
fn key(before: &str) -> Option<&str> {
    let key = before.trim_end().strip_suffix(':')?.trim_end_matches(['"', '\'']);
    key.rsplit([' ', '{', '[', ',', '"', '\'', '…']).next().filter(|key| !key.is_empty())
}
