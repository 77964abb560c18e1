//! What a plan promises: followed step by step on the text of a description, it does exactly what it said.
//!
//! `FAILBACK_PLAN_CASES=20000 cargo test --release --test all random` runs the random sets of faults at length;
//! `FAILBACK_PLAN_SEED` starts elsewhere.

mod broken;
mod choices;
mod clauses;
mod each;
mod order;
mod promises;
mod questions;
mod random;
mod search;
mod terminal;
mod unlisted;
mod values;
mod waits;
