//! Remedies with every name resolved.
//!
//! Owns the compiled form of a step that a person takes. What a step does to the facts is run by `plan`.

use crate::compile::ir::{Expr, LocalId, Template};
use crate::schema::TypeId;
use crate::schema::types::Type;
use crate::source::Span;

/// A remedy. Its parameters are the locals from 0 on.
#[derive(Debug)]
pub struct Remedy {
    /// Name.
    pub name: String,
    /// Parameter names and types.
    pub params: Vec<(String, Type)>,
    /// `do`
    pub action: Template,
    /// `at`
    pub at: Option<Template>,
    /// `run`
    pub run: Vec<Template>,
    /// `role`
    pub role: Option<String>,
    /// `needs`: all must hold.
    pub needs: Vec<Expr>,
    /// `effect`
    pub effects: Vec<Effect>,
    /// `expect`: what the step does not make, and what has to be seen before going on.
    pub expects: Vec<Effect>,
    /// `takes`
    pub takes: Option<Takes>,
    /// `undo`
    pub undo: Option<Undo>,
    /// `warning`
    pub warning: Option<Template>,
    /// `consent`
    pub consent: Option<String>,
    /// `after`: indices of remedies.
    pub after: Vec<usize>,
    /// The name in the rule file.
    pub span: Span,
}

/// How long a step takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Takes {
    /// So long, in microseconds.
    Known(i64),
    /// Nobody can say beforehand.
    Unknown,
}

/// Whether a step can be taken back.
#[derive(Debug)]
pub enum Undo {
    /// By this.
    By(Template),
    /// It cannot.
    Never,
    /// It does no harm, so there is nothing to take back.
    Needless,
}

impl Remedy {
    /// How long it takes, in microseconds, where that is known.
    pub fn length(&self) -> Option<i64> {
        match self.takes {
            Some(Takes::Known(length)) => Some(length),
            Some(Takes::Unknown) | None => None,
        }
    }

    /// What it changes, and what is to be seen after it.
    pub fn changes(&self) -> impl Iterator<Item = &Effect> {
        self.effects.iter().chain(&self.expects)
    }

    /// Whether it cannot be taken back: it says so, or it asks for consent and says nothing.
    pub fn is_final(&self) -> bool {
        match self.undo {
            Some(Undo::Never) => true,
            Some(Undo::By(_) | Undo::Needless) => false,
            None => self.consent.is_some(),
        }
    }
}

/// One change.
#[derive(Debug)]
pub enum Effect {
    /// `set a.b = e`
    Set {
        /// The row, or a list of rows, each of which is changed; none for the environment.
        base: Option<Expr>,
        /// The type of the row.
        owner: TypeId,
        /// The field.
        field: usize,
        /// The value.
        value: Expr,
    },
    /// `add e to a.b`
    Add {
        /// The row; none for the environment.
        base: Option<Expr>,
        /// The type of the row.
        owner: TypeId,
        /// The list field.
        field: usize,
        /// The new element, or a list of them.
        value: Expr,
    },
    /// `remove x from a.b where c`
    Remove {
        /// The row; none for the environment.
        base: Option<Expr>,
        /// The type of the row.
        owner: TypeId,
        /// The list field.
        field: usize,
        /// The local of one element.
        local: LocalId,
        /// Which go.
        filter: Expr,
    },
    /// `create Server s { … }`
    Create {
        /// The entity.
        ty: TypeId,
        /// The fields from the environment to the list that takes it.
        list: Vec<(TypeId, usize)>,
        /// The local by which later effects speak of it.
        local: LocalId,
        /// Its facts.
        fields: Vec<(usize, Expr)>,
    },
}

impl Effect {
    /// The expressions in it, in the order in which they are looked at.
    pub fn exprs(&self) -> Vec<&Expr> {
        match self {
            Effect::Set { base, value, .. } | Effect::Add { base, value, .. } => {
                base.iter().chain([value]).collect()
            }
            Effect::Remove { base, filter, .. } => base.iter().chain([filter]).collect(),
            Effect::Create { fields, .. } => fields.iter().map(|(_, value)| value).collect(),
        }
    }
}
