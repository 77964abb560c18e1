//! The command line.

use std::ffi::OsString;
use std::process::ExitCode;

/// Runs the program with its arguments.
pub fn run(_arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    println!("failback {}", env!("CARGO_PKG_VERSION"));
    ExitCode::SUCCESS
}
