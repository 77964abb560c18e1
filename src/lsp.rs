//! The editor: what `failback lsp` answers.

pub mod rules;
