//! Another spelling of a word that stands in a description.
//!
//! Owns that the new word is quoted as the old one was, or has to be. A word that is not written at its place as it reads,
//! such as one behind an alias or with escapes, is left alone.

use crate::diagnostic::{Diagnostic, Fix};
use crate::yaml::edit::write;
use crate::yaml::{NodeId, Tree};

/// The change of a scalar into another text.
pub fn respell(tree: &Tree<'_>, node: NodeId, right: &str) -> Option<Fix> {
    let (inner, whole) = (tree.text_span(node)?, tree.span(node));
    let quotes = (inner.start.checked_sub(whole.start)?, whole.end.checked_sub(inner.end)?);
    let text = match quotes {
        (0, 0) => write::text(right, false),
        (1, 1) => write::text(right, true),
        _ => return None,
    };
    Some(Fix::respell(tree.text(node), right, whole, text))
}

/// Asks whether a near word was meant by a scalar, and offers the change.
pub fn meant(told: Diagnostic, tree: &Tree<'_>, node: NodeId, near: Option<&str>) -> Diagnostic {
    told.suggest(near).fixed_by(near.and_then(|right| respell(tree, node, right)))
}
