//! Random sets of faults that can be mended: every plan is verified and keeps its word.
//!
//! In parts, so that they run side by side. `FAILBACK_PLAN_CASES` asks for another number of cases than 500,
//! `FAILBACK_PLAN_SEED` for others than the first.

use crate::support::faults::{number, some};

/// How many parts there are.
const PARTS: u64 = 8;

/// Every eighth case, beginning with one of the first eight.
fn part(part: u64) {
    let (cases, seed) = (number("FAILBACK_PLAN_CASES", 500), number("FAILBACK_PLAN_SEED", 1));
    some((seed..seed + cases).skip(part as usize).step_by(PARTS as usize));
}

macro_rules! parts {
    ($($name:ident $at:literal)*) => {
        $(#[test]
        fn $name() {
            part($at);
        })*
    };
}

mod sets_of_faults_are_mended_as_promised {
    use super::part;
    parts!(first 0 second 1 third 2 fourth 3 fifth 4 sixth 5 seventh 6 eighth 7);
}
