//! Many diagnostics, one after the other.
//!
//! Owns that a report of thousands is printed by two threads, as drawing takes most of the time, and comes out in its
//! order. What a diagnostic looks like is `human` and `concise`.

use std::panic::resume_unwind;
use std::thread;

use crate::diagnostic::Diagnostic;
use crate::report::human::Printer;
use crate::report::layout::Look;
use crate::report::{Format, concise};
use crate::source::Sources;

/// So many diagnostics are printed together.
const TOGETHER: usize = 512;

/// Prints diagnostics of one run in a form for people.
pub struct Printers<'p> {
    sources: &'p Sources,
    look: &'p Look,
    format: Format,
    first: Printer<'p>,
    second: Option<Printer<'p>>,
    waiting: Vec<Diagnostic>,
}

impl<'p> Printers<'p> {
    /// For the texts of a run.
    pub fn new(sources: &'p Sources, look: &'p Look, format: Format) -> Self {
        let first = Printer::new(sources, look);
        Self { sources, look, format, first, second: None, waiting: Vec::new() }
    }

    /// Takes a diagnostic; it is printed when enough of them wait, or at the [end](Self::finish).
    pub fn push(&mut self, out: &mut String, diagnostic: Diagnostic) {
        if self.look.quiet {
            return;
        }
        if self.format == Format::Concise {
            return concise::line(out, self.sources, &diagnostic);
        }
        self.waiting.push(diagnostic);
        if self.waiting.len() == TOGETHER {
            self.finish(out);
        }
    }

    /// Appends all that waits.
    pub fn finish(&mut self, out: &mut String) {
        let waiting = std::mem::take(&mut self.waiting);
        let several = || thread::available_parallelism().is_ok_and(|most| most.get() > 1);
        if waiting.len() < TOGETHER || !several() {
            return all(&self.first, out, &waiting);
        }
        let (ours, theirs) = waiting.split_at(TOGETHER / 2);
        let second = self.second.get_or_insert_with(|| Printer::new(self.sources, self.look));
        let draw = move || {
            let mut drawn = String::new();
            all(second, &mut drawn, theirs);
            drawn
        };
        thread::scope(|scope| {
            let other = thread::Builder::new().spawn_scoped(scope, draw);
            all(&self.first, out, ours);
            match other {
                Ok(other) => {
                    out.push_str(&other.join().unwrap_or_else(|panic| resume_unwind(panic)));
                }
                // Where there is no other thread to be had, this one does it all.
                Err(_) => all(&self.first, out, theirs),
            }
        });
    }
}

fn all(printer: &Printer<'_>, out: &mut String, diagnostics: &[Diagnostic]) {
    diagnostics.iter().for_each(|diagnostic| printer.print(out, diagnostic));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    #[test]
    fn many_are_printed_as_each_would_be_by_itself_and_in_their_order() {
        let text: String = (0..3 * TOGETHER).map(|line| format!("fact{line}: {line}\n")).collect();
        let mut sources = Sources::default();
        let file = sources.add("site.yaml", text.as_str());
        let starts = text.match_indices("fact").map(|(at, _)| at as u32);
        let told: Vec<Diagnostic> = starts
            .enumerate()
            .map(|(number, start)| {
                let span = Span { file, start, end: start + 4 };
                Diagnostic::error("code", format!("fact {number} is wrong"), span).seen("here")
            })
            .collect();
        for number in [0, 1, TOGETHER - 1, TOGETHER, TOGETHER + 1, 3 * TOGETHER] {
            for format in [Format::Full, Format::Concise] {
                let look = Look::default();
                let (mut many, mut each) = (String::new(), String::new());
                let mut printers = Printers::new(&sources, &look, format);
                for diagnostic in &told[..number] {
                    printers.push(&mut many, diagnostic.clone());
                    match format {
                        Format::Concise => concise::line(&mut each, &sources, diagnostic),
                        _ => Printer::new(&sources, &look).print(&mut each, diagnostic),
                    }
                }
                printers.finish(&mut many);
                assert!(many == each, "{number} in {format:?}");
            }
        }
    }
}
