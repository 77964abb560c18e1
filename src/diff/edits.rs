//! Which facts differ between two environments.
//!
//! Owns the list of edits, each fact once. Where a fact stands, in what order, and how it is quoted makes none.

use crate::diff::model::{Content, Kind};
use crate::source::Span;

/// One fact, or one entity, that differs.
#[derive(Clone, Debug)]
pub struct Edit {
    /// The parts of its address.
    pub steps: Vec<String>,
    /// What is there in BASE; nothing where it is not stated.
    pub base: Option<Content>,
    /// What is there in HEAD; nothing where it is not stated.
    pub head: Option<Content>,
}

impl Edit {
    /// Its address.
    pub fn path(&self) -> String {
        self.steps.join("/")
    }

    /// The word for what happened to it.
    pub fn change(&self) -> &'static str {
        let stated = |side: &Option<Content>| side.as_ref().is_some_and(|side| side.stated);
        match (stated(&self.base), stated(&self.head)) {
            (false, true) => "added",
            (true, false) => "removed",
            _ => "changed",
        }
    }

    /// Whether a whole entity came or went.
    pub fn is_entity(&self) -> bool {
        let whole = |side: &Content| matches!(side.kind, Kind::Record(_));
        self.base.as_ref().or(self.head.as_ref()).is_some_and(whole)
    }
}

/// The facts that differ, in the order of HEAD, behind them those that are gone.
pub fn edits(base: &Content, head: &Content) -> Vec<Edit> {
    let mut edits = Vec::new();
    compare(Some(base), Some(head), &mut Vec::new(), &mut edits);
    let place = |side: &Option<Content>| {
        let span = side.as_ref().filter(|side| side.stated).and_then(|side| side.span);
        span.map(|span: Span| (span.file, span.start))
    };
    edits.sort_by_cached_key(|edit| {
        let head = place(&edit.head);
        (head.is_none(), head, place(&edit.base), edit.path())
    });
    edits
}

fn compare(
    base: Option<&Content>,
    head: Option<&Content>,
    steps: &mut Vec<String>,
    edits: &mut Vec<Edit>,
) {
    let parts = match (base.map(|base| &base.kind), head.map(|head| &head.kind)) {
        (Some(Kind::Record(base)), Some(Kind::Record(head))) => Some((base, head)),
        (Some(Kind::Entities(base, was)), Some(Kind::Entities(head, is))) if was == is => {
            Some((base, head))
        }
        (Some(Kind::Fact(was, _)), Some(Kind::Fact(is, _))) if was == is => return,
        (Some(Kind::Fact(..)), None) if base.is_some_and(|base| !base.stated) => return,
        (None, Some(Kind::Fact(..))) if head.is_some_and(|head| !head.stated) => return,
        _ => None,
    };
    let Some((was, is)) = parts else {
        edits.push(Edit { steps: steps.clone(), base: base.cloned(), head: head.cloned() });
        return;
    };
    let before: std::collections::HashMap<&str, &Content> =
        was.iter().map(|(name, part)| (name.as_str(), part)).collect();
    let after: std::collections::HashSet<&str> = is.iter().map(|(name, _)| name.as_str()).collect();
    for (name, part) in is {
        steps.push(name.clone());
        compare(before.get(name.as_str()).copied(), Some(part), steps, edits);
        steps.pop();
    }
    for (name, part) in was.iter().filter(|(name, _)| !after.contains(name.as_str())) {
        steps.push(name.clone());
        compare(Some(part), None, steps, edits);
        steps.pop();
    }
}
