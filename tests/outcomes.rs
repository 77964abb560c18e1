//! What a check says of described environments: every clause broken, every fact unknown, every finding proved.

#[path = "support/described.rs"]
mod described;
#[path = "support/generate.rs"]
mod generate;
#[path = "support/rows.rs"]
mod rows;

#[path = "outcomes/blocks.rs"]
mod blocks;
#[path = "outcomes/clauses.rs"]
mod clauses;
#[path = "outcomes/evidence.rs"]
mod evidence;
#[path = "outcomes/examples.rs"]
mod examples;
#[path = "outcomes/generated.rs"]
mod generated;
#[path = "outcomes/reach.rs"]
mod reach;
#[path = "outcomes/shared.rs"]
mod shared;
#[path = "outcomes/unknown.rs"]
mod unknown;
#[path = "outcomes/truth.rs"]
mod truth;
#[path = "outcomes/unlisted.rs"]
mod unlisted;
