//! What the parts of a remedy say: what it changes, how long it takes, whether it can be taken back.
//!
//! `effect set s.state = running`, `takes 15min`, `undo never`.

use crate::language::ast::{Expr, Name, Text};
use crate::source::Span;

/// How long a step takes, or until when a failure is pending.
#[derive(Clone, Debug)]
pub enum Foreseen {
    /// `takes 15min`, `grace s.started + 15min`
    Known(Expr),
    /// `takes unknown`, `grace unknown`: nobody can say beforehand, such as of copying disks.
    Unknown(Span),
}

impl Foreseen {
    /// The expression, where there is one.
    pub fn known(&self) -> Option<&Expr> {
        match self {
            Foreseen::Known(known) => Some(known),
            Foreseen::Unknown(_) => None,
        }
    }

    /// What stands behind the word.
    pub fn span(&self) -> Span {
        match self {
            Foreseen::Known(length) => length.span,
            Foreseen::Unknown(span) => *span,
        }
    }
}

/// Whether a step can be taken back.
#[derive(Clone, Debug)]
pub enum Undo {
    /// `undo "Turn it off again"`
    By(Text),
    /// `undo never`: it cannot be taken back.
    Never(Span),
    /// `undo needless`: it does no harm, so there is nothing to take back.
    Needless(Span),
}

impl Undo {
    /// What stands behind the word.
    pub fn span(&self) -> Span {
        match self {
            Undo::By(text) => text.span,
            Undo::Never(span) | Undo::Needless(span) => *span,
        }
    }
}

/// One change of the facts.
#[derive(Clone, Debug)]
pub struct Effect {
    /// The whole effect.
    pub span: Span,
    /// What changes.
    pub kind: EffectKind,
}

/// The changes.
#[derive(Clone, Debug)]
pub enum EffectKind {
    /// `set PATH = EXPR`; the value may be an [`ExprKind::Choose`]
    Set {
        /// What is set.
        path: Expr,
        /// To what.
        value: Expr,
    },
    /// `add EXPR to PATH`
    Add {
        /// What is added.
        value: Expr,
        /// The list.
        path: Expr,
    },
    /// `remove NAME from PATH where EXPR`
    Remove {
        /// The name of one element.
        name: Name,
        /// The list.
        path: Expr,
        /// Which elements go.
        filter: Expr,
    },
    /// `create Entity NAME { field = EXPR … }`: a new entity; its key is the value of the key field.
    Create {
        /// The entity type.
        entity: Name,
        /// The name by which later effects of this remedy speak of it.
        name: Name,
        /// Its facts.
        fields: Vec<(Name, Expr)>,
    },
}
