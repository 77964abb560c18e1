//! What can be seen above each rule: how many cases its page has. Its outcomes are those of the report that is open.

use crate::language::ast::ItemKind;
use crate::lsp::rules::Pack;
use crate::source::{FileId, Span};
use crate::spec::page::Page;

/// A rule of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lens {
    /// Its id in the text.
    pub span: Span,
    /// Its id.
    pub rule: String,
    /// The cases on its pages.
    pub cases: usize,
}

/// The rules of a file.
pub fn lenses(pack: &Pack<'_>, pages: &[Page], file: FileId) -> Vec<Lens> {
    let items = pack.tree(file).map(|tree| tree.items.as_slice()).unwrap_or_default();
    let rules = items.iter().filter_map(|item| match &item.kind {
        ItemKind::Rule(rule) if !rule.id.value.is_empty() => Some(rule),
        _ => None,
    });
    let cases = |id: &str| {
        let sections = pages.iter().flat_map(|page| &page.sections);
        let own = sections.filter(|section| section.rule.as_deref() == Some(id));
        own.map(|section| section.cases.len()).sum()
    };
    let lens = |rule: &crate::language::ast::Rule| Lens {
        span: rule.id.span,
        rule: rule.id.value.clone(),
        cases: cases(&rule.id.value),
    };
    rules.map(lens).collect()
}
