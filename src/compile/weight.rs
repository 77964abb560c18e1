//! How much a failure of a rule weighs: its level, and for how long it may be waived.

use crate::compile::ir::Level;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::ast::{self, RuleKind, waivable};

/// The longest waiver of a prerequisite that says nothing of it: 90 days, in microseconds.
pub const LONGEST: i64 = 90 * 24 * 60 * 60 * 1_000_000;

/// Whether a failure may be waived.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waivable {
    /// It may not.
    Never,
    /// For at most so many microseconds, from the grant to the end.
    AtMost(i64),
}

/// The level of a rule.
pub fn level(rule: &ast::Rule, diagnostics: &mut Diagnostics) -> Level {
    let Some(level) = &rule.level else {
        return if rule.kind == RuleKind::Advisory { Level::Note } else { Level::Error };
    };
    if !matches!(level.value.as_str(), "note" | "warning") {
        let message = format!("`{}` is not a level", level.value);
        let told = Diagnostic::error("unknown-word", message, level.span);
        diagnostics.push(told.help("write `note` or `warning`"));
    }
    match (rule.kind, level.value.as_str()) {
        (RuleKind::Advisory, "warning") => Level::Warning,
        (RuleKind::Advisory, _) => Level::Note,
        _ => Level::Error,
    }
}

/// Whether failures of a rule may be waived: what it says itself, else what holds for its kind. What is not supported is
/// no risk that somebody could take, and an advisory closes nothing.
pub fn waivable(rule: &ast::Rule) -> Waivable {
    match (&rule.waivable, rule.kind) {
        (_, RuleKind::Advisory) => Waivable::Never,
        (Some(waivable::Waivable::Never(_)), _) => Waivable::Never,
        (Some(waivable::Waivable::AtMost { longest, .. }), _) => Waivable::AtMost(*longest),
        (None, RuleKind::Prerequisite) => Waivable::AtMost(LONGEST),
        (None, RuleKind::Unsupported) => Waivable::Never,
    }
}
