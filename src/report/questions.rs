//! Open questions, by who can answer them.
//!
//! Owns the grouping by where the answer is found, and the layout of a question with the lines to write. Which
//! questions are open is decided before.

use crate::evaluate::Question;
use crate::report::layout::{Look, Tone};
use crate::report::placement::{self, Placement};
use crate::report::sanitise;
use crate::session::Checked;

/// Width of the headings.
const HEADING: usize = 10;
/// Questions of one group that are told, where not all are.
const TOLD: usize = 12;

/// A question and where its answer goes.
pub struct Asked<'q> {
    /// The question.
    pub question: &'q Question,
    /// Where the answer goes; none where the description has no place for it.
    pub place: Option<Placement>,
    /// The file that it goes to.
    pub file: Option<String>,
}

impl<'q> Asked<'q> {
    /// Finds the place of the answer.
    pub fn new(question: &'q Question, checked: &Checked<'_>) -> Self {
        let sources = checked.facts.tree().sources();
        let place = placement::of(question, &checked.facts, sources);
        let file = place.as_ref().map(|place| sources.get(place.span.file).name().to_owned());
        Self { question, place, file }
    }

    /// Who or what knows: the first part of where the answer is found.
    pub fn source(&self) -> &str {
        let Some(find) = &self.question.find else { return "Whoever knows" };
        let end = [" > ", ": ", ", "].iter().filter_map(|mark| find.find(mark)).min();
        find[..end.unwrap_or(find.len())].trim()
    }

    /// What to do, and the lines to write.
    pub fn tell(&self) -> (String, Vec<String>) {
        match (&self.place, &self.file) {
            (Some(place), Some(file)) => (place.way.tell(place.line, file), place.lines.clone()),
            _ => (
                format!("write for {}", self.question.path),
                vec![self.question.answer.clone()],
            ),
        }
    }
}

/// Questions by who can answer them, in the order of their first question.
pub fn grouped<'g, 'q>(asked: &'g [Asked<'q>]) -> Vec<(&'g str, Vec<&'g Asked<'q>>)> {
    let mut groups: Vec<(&str, Vec<&Asked<'q>>)> = Vec::new();
    for one in asked {
        match groups.iter_mut().find(|(source, _)| *source == one.source()) {
            Some((_, members)) => members.push(one),
            None => groups.push((one.source(), vec![one])),
        }
    }
    groups
}

/// Appends all questions in groups, numbered through.
pub fn groups(out: &mut String, asked: &[Asked<'_>], look: &Look) {
    let mut number = 0;
    for (source, members) in grouped(asked) {
        out.push_str("  ");
        out.push_str(&look.paint(Tone::Heading, &sanitise::clean(source)));
        out.push('\n');
        let limit =
            if look.all || members.len() == TOLD + 1 { members.len() } else { TOLD };
        for one in members.iter().take(limit) {
            number += 1;
            ask(out, number, one, look);
        }
        if members.len() > limit {
            let rest = members.len() - limit;
            out.push_str(&format!("    {} and {rest} more (use --all)\n", look.dots()));
        }
    }
}

fn ask(out: &mut String, number: usize, asked: &Asked<'_>, look: &Look) {
    let clean = |text: &str| look.glyphs(&sanitise::clean_lines(text));
    let lead = format!("    {number}. ");
    look.hanging(out, &lead, &look.paint(Tone::Doubt, &lead), &clean(&asked.question.ask));
    let note = |out: &mut String, heading: &str, text: &str| {
        let plain = format!("       {heading:<HEADING$}");
        look.hanging(out, &plain, &look.paint(Tone::Heading, &plain), &clean(text));
    };
    if let Some(find) = &asked.question.find {
        note(out, "find", find);
    }
    if !asked.question.answer.starts_with("- ") {
        note(out, "allowed", &asked.question.expects);
    }
    let (what, lines) = asked.tell();
    note(out, "answer", &format!("{what}\n{}", lines.join("\n")));
}
