//! From a name to where it is declared, and to all places where it is used.

use crate::compile::resolutions::Symbol;
use crate::lsp::rules::Pack;
use crate::source::{FileId, Span};

/// The name at a place and what it refers to.
pub fn symbol<'p>(pack: &'p Pack<'_>, file: FileId, offset: u32) -> Option<(Span, &'p Symbol)> {
    let (span, symbol) = pack.resolved.resolutions.at(file, offset)?;
    Some((*span, symbol))
}

/// Where what is named at a place is declared. A word may be declared by several fields.
pub fn definition(pack: &Pack<'_>, file: FileId, offset: u32) -> Vec<Span> {
    let Some((_, symbol)) = symbol(pack, file, offset) else { return Vec::new() };
    pack.resolved.resolutions.declarations_of(symbol).collect()
}

/// All places that name what is named at a place, over all files of the pack.
pub fn references(pack: &Pack<'_>, file: FileId, offset: u32, declarations: bool) -> Vec<Span> {
    let Some((_, symbol)) = symbol(pack, file, offset) else { return Vec::new() };
    let found = &pack.resolved.resolutions;
    let declared: Vec<Span> = found.declarations_of(symbol).collect();
    found.uses_of(symbol).filter(|span| declarations || !declared.contains(span)).collect()
}

/// The places of one file that name what is named at a place, and whether each declares it.
pub fn highlights(pack: &Pack<'_>, file: FileId, offset: u32) -> Vec<(Span, bool)> {
    let Some((_, symbol)) = symbol(pack, file, offset) else { return Vec::new() };
    let found = &pack.resolved.resolutions;
    let declared: Vec<Span> = found.declarations_of(symbol).collect();
    let here = found.uses_of(symbol).filter(|span| span.file == file);
    here.map(|span| (span, declared.contains(&span))).collect()
}
