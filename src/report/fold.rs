//! Errors that repeat themselves.
//!
//! Owns which of the errors in texts are shown where a reader would drown in equal ones: the first, with the places of the
//! others. Only the form for people folds; lines and JSON tell each.

use std::borrow::Cow;

use rustc_hash::FxHashMap;

use crate::diagnostic::Diagnostic;
use crate::report::layout::names;
use crate::source::{FileId, Sources};

/// Equal errors that are shown one by one.
const EQUAL: usize = 3;
/// Places that are named of the others.
const PLACES: usize = 8;

/// The errors to show, in their order.
pub fn fold<'d>(errors: &'d [Diagnostic], sources: &Sources) -> Vec<Cow<'d, Diagnostic>> {
    let mut equal: FxHashMap<Key<'_>, Vec<usize>> = FxHashMap::default();
    for (at, error) in errors.iter().enumerate() {
        equal.entry(key(error)).or_default().push(at);
    }
    let mut shown: Vec<(usize, Cow<'d, Diagnostic>)> = Vec::new();
    for group in equal.values() {
        // A line that tells of a single one more is no shorter than that one would be to skip.
        let (first, rest) = match group.len() > EQUAL + 1 {
            true => group.split_at(EQUAL),
            false => (group.as_slice(), &[][..]),
        };
        for (number, at) in first.iter().enumerate() {
            let mut error = Cow::Borrowed(&errors[*at]);
            if number + 1 == EQUAL && !rest.is_empty() {
                let rest: Vec<&Diagnostic> = rest.iter().map(|at| &errors[*at]).collect();
                error = Cow::Owned(error.into_owned().note("more", places(&rest, sources)));
            }
            shown.push((*at, error));
        }
    }
    shown.sort_by_key(|(at, _)| *at);
    shown.into_iter().map(|(_, error)| error).collect()
}

/// What makes two errors equal: everything but their places.
type Key<'d> = (&'d str, &'d str, Option<&'d str>, Vec<&'d str>);

fn key(error: &Diagnostic) -> Key<'_> {
    let labels = error.labels.iter().map(|label| label.message.as_str()).collect();
    (&error.code, &error.message, error.help.as_deref(), labels)
}

/// `7 more like this: site.yaml:12, site.yaml:15 and 5 more in 2 files (use --all)`
fn places(errors: &[&Diagnostic], sources: &Sources) -> String {
    let mut files: Vec<FileId> = Vec::new();
    let mut places = Vec::with_capacity(errors.len());
    for span in errors.iter().filter_map(|error| error.span()) {
        let source = sources.get(span.file);
        if !files.contains(&span.file) {
            files.push(span.file);
        }
        places.push(format!("{}:{}", source.name(), source.position(span.start).line));
    }
    let mut text = format!("{} more like this", errors.len());
    if !places.is_empty() {
        text.push_str(": ");
        text.push_str(&names(places.iter().map(String::as_str), PLACES));
    }
    if files.len() > 1 && places.len() > PLACES + 1 {
        text.push_str(&format!(" in {} files", files.len()));
    }
    text.push_str(" (use --all)");
    text
}
