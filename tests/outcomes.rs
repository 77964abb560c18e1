//! What a check says of described environments: every clause broken, every fact unknown, every finding proved.

mod blocks;
mod certain;
mod clauses;
mod done;
mod evidence;
mod examples;
mod generated;
mod healthy;
mod measures;
mod named;
mod open_lists;
mod reach;
mod sets;
mod shared;
mod sizes;
mod unknown;
mod truth;
mod unlisted;
