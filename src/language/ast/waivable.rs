//! Whether a failure of a rule may be waived.
//!
//! `waivable never`, `waivable at most 30d`.

use crate::source::Span;

/// What a rule says of waivers.
#[derive(Clone, Debug)]
pub enum Waivable {
    /// `waivable never`
    Never(Span),
    /// `waivable at most 30d`
    AtMost {
        /// What is behind the word.
        span: Span,
        /// The longest time between the grant of a waiver and its end, in microseconds.
        longest: i64,
    },
}

impl Waivable {
    /// What is behind the word.
    pub fn span(&self) -> Span {
        match self {
            Waivable::Never(span) | Waivable::AtMost { span, .. } => *span,
        }
    }
}
