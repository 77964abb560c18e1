//! The head of a pack: what it is called, when it judges, and which packs it uses.
//!
//! `pack demo "Title" when edition == small`, `uses basics`, `without A-1 because "…"`.

use crate::language::ast::Name;
use crate::source::Span;

/// `pack NAME "title" [ shared ] [ gates REMEDY ] [ when FIELD == WORD ]`, then what it uses: the pack that judges
/// environments whose field holds the word, before the remedy is done.
#[derive(Clone, Debug)]
pub struct Pack {
    /// Name of the pack.
    pub name: Name,
    /// Title.
    pub title: Name,
    /// `shared`: it judges nothing by itself and is there for others.
    pub shared: Option<Span>,
    /// The remedy before which this pack judges: the act that its gate allows or forbids.
    pub gates: Option<Name>,
    /// Field and word that choose this pack.
    pub when: Option<(Name, Name)>,
    /// The packs whose declarations are as if they stood here.
    pub uses: Vec<Use>,
    /// What of them is left out.
    pub without: Vec<Without>,
}

/// `uses NAME [ from "../folder" ]`
#[derive(Clone, Debug)]
pub struct Use {
    /// The whole part.
    pub span: Span,
    /// The pack.
    pub name: Name,
    /// Its folder, seen from the folder of this pack, where it is not the one beside it that is called so.
    pub from: Option<Name>,
}

/// `without NAME because "why"`
#[derive(Clone, Debug)]
pub struct Without {
    /// The whole part.
    pub span: Span,
    /// The rule, remedy or definition.
    pub name: Name,
    /// Why it is left out.
    pub reason: Name,
}
