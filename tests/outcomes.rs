//! What a check says of described environments: every clause broken, every fact unknown, every finding proved.

#[path = "support/described.rs"]
mod described;
#[path = "support/rows.rs"]
mod rows;

#[path = "outcomes/clauses.rs"]
mod clauses;
#[path = "outcomes/unknown.rs"]
mod unknown;
