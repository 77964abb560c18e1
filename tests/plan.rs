//! What a plan promises: followed step by step on the text of a description, it does exactly what it said.
//!
//! `FAILBACK_PLAN_CASES=20000 cargo test --release --test plan random` runs the random sets of faults at length;
//! `FAILBACK_PLAN_SEED` starts elsewhere.

#[path = "support/described.rs"]
mod described;
#[path = "support/generate.rs"]
mod generate;

#[path = "support/rows.rs"]
mod rows;

#[path = "plan/broken.rs"]
mod broken;
#[path = "plan/clauses.rs"]
mod clauses;
#[path = "plan/each.rs"]
mod each;
#[path = "plan/follow.rs"]
mod follow;
#[path = "plan/order.rs"]
mod order;
#[path = "plan/questions.rs"]
mod questions;
#[path = "plan/random.rs"]
mod random;
#[path = "plan/search.rs"]
mod search;
#[path = "plan/terminal.rs"]
mod terminal;
#[path = "plan/unlisted.rs"]
mod unlisted;
#[path = "plan/values.rs"]
mod values;
#[path = "plan/waits.rs"]
mod waits;
