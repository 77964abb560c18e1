//! The program from outside: whole output and exit code.

#[path = "support/program.rs"]
mod program;

#[path = "cli/checks.rs"]
mod checks;
#[path = "cli/bad_input.rs"]
mod bad_input;
#[path = "cli/reading.rs"]
mod reading;
#[path = "cli/defaults.rs"]
mod defaults;
#[path = "cli/commands.rs"]
mod commands;
#[path = "cli/definitions.rs"]
mod definitions;
#[path = "cli/marks.rs"]
mod marks;
#[path = "cli/selection.rs"]
mod selection;
