//! The difference as workflow commands, which annotate the lines that are behind it.
//!
//! Owns their escapes. A runner shows few of each level, so the others are counted.

use crate::compile::ir::Level;
use crate::report::diff::{Told, causes, last, message, place_of};
use crate::report::foreign::{Foreign, Sink};
use crate::source::Sources;

/// Most annotations of a level.
const MOST: usize = 10;

/// The commands, and a plain last line.
pub fn render(told: &Told<'_, '_, '_, '_>) -> String {
    let mut by_level: [Vec<String>; 3] = Default::default();
    for environment in &told.diff.environments {
        for changed in &environment.findings {
            let Some((head, finding)) = environment.head.zip(environment.is(changed)) else {
                continue;
            };
            let rule = &head.rules.rules[finding.rule];
            let (at, level) = match rule.level {
                Level::Error => (0, "error"),
                Level::Warning => (1, "warning"),
                Level::Note => (2, "notice"),
            };
            let edits = environment.behind(changed);
            // Only what is in HEAD can be annotated.
            let spot = edits.first().and_then(|edit| place_of(edit, told.sources));
            let spot = spot.filter(|(_, sources)| std::ptr::eq(*sources, told.sources[1]));
            let spot = spot.or(finding.span.map(|span| (span, told.sources[1])));
            let place = spot.map_or(String::new(), |(span, sources)| place(span, sources));
            let title = property(&rule.id);
            let message = message(environment, changed).unwrap_or_default();
            let text = data(&format!("{message} ({})", causes(environment, changed)));
            by_level[at].push(format!("::{level} {place}title={title}::{text}\n"));
        }
    }
    let left: usize = by_level.iter().map(|level| level.len().saturating_sub(MOST)).sum();
    let mut out: String =
        by_level.iter().flat_map(|level| level.iter().take(MOST)).cloned().collect();
    if left > 0 {
        out.push_str(&format!("{left} more findings are not annotated\n"));
    }
    out + &last(told)
}

fn place(span: crate::source::Span, sources: &Sources) -> String {
    let source = sources.get(span.file);
    let (start, end) = (source.position(span.start), source.position(span.end));
    let columns = match start.line == end.line {
        true => format!(",col={},endColumn={}", start.column, end.column),
        false => String::new(),
    };
    let file = property(source.name());
    format!("file={file},line={},endLine={}{columns},", start.line, end.line)
}

fn data(text: &str) -> String {
    Foreign::from(text).shown(Sink::GithubMessage)
}

fn property(text: &str) -> String {
    Foreign::from(text).shown(Sink::GithubProperty)
}
