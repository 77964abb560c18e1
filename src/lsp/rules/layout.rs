//! Formatting in the editor: what `fmt` does, for a file or for some of its declarations.

use crate::diagnostic::Diagnostics;
use crate::language::{format, parse};
use crate::source::{FileId, Sources, Span};

/// The whole file as `fmt` lays it out; none where it has errors or is laid out so already.
pub fn whole(sources: &Sources, file: FileId) -> Option<String> {
    let formatted = format::format(sources, file).ok()?;
    (formatted != sources.get(file).text()).then_some(formatted)
}

/// The declarations that a range touches, each with its text as `fmt` lays it out; none of those that are so already.
pub fn range(sources: &Sources, range: Span) -> Vec<(Span, String)> {
    let Ok(formatted) = format::format(sources, range.file) else { return Vec::new() };
    let mut ignored = Diagnostics::default();
    let before = parse(sources, range.file, &mut ignored);
    let mut laid_out = Sources::default();
    let file = laid_out.add("", formatted);
    let after = parse(&laid_out, file, &mut ignored);
    let pairs = before.items.iter().zip(&after.items);
    let touched =
        pairs.filter(|(old, _)| old.span.start <= range.end && range.start <= old.span.end);
    let texts = touched.map(|(old, new)| (old.span, laid_out.slice(new.span)));
    texts
        .filter(|(span, text)| sources.slice(*span) != *text)
        .map(|(span, text)| (span, text.to_owned()))
        .collect()
}
