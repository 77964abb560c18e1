//! Fuzzing of descriptions, guided by coverage.
//!
//! In `fuzz`, with a C++ compiler: `cargo run --release --bin description -- corpus/description ../tests/fuzz-corpus/description
//! -max_total_time=3600`, and the same for `rules`, `answers` and `export`. An input that takes the program down is
//! kept as `crash-…`. With `-merge=1 NEW OLD` a corpus is made small.

#![no_main]

#[allow(dead_code, reason = "each target takes a part of it")]
#[path = "../../tests/fuzz/harness.rs"]
mod harness;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| harness::target("description", bytes));
