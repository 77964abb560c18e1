//! Fuzzing of exports.

#![no_main]

#[allow(dead_code, reason = "each target takes a part of it")]
#[path = "../../tests/fuzz/harness.rs"]
mod harness;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| harness::target("export", bytes));
