//! The command line.
//!
//! Owns arguments, exit codes and where output goes: results to standard output, everything else to standard error.
//! Every command is a file of its own; none of them knows more than it hands to the library.

pub mod args;
pub mod terminal;
pub mod stdout;
pub mod reports;
mod baseline;
pub mod settings;
pub mod check;
pub mod plan;
pub mod what_if;
pub mod diff;
pub mod ask;
pub mod waiver;
pub mod pack;
pub mod model;
pub mod explain;
pub mod watch;
pub mod catalogue;
pub mod rules;
pub mod schema;
pub mod lint;
pub mod fmt;
pub mod test;
pub mod completions;
pub mod init;
pub mod import;

use std::borrow::Cow;
use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

use clap::Parser;

use crate::cli::args::{Arguments, Color, Command};
use crate::report::sanitise;
use crate::session::Inputs;
use crate::session::rules::{digest, ready};

/// Everything is as it should be.
pub const OK: u8 = 0;
/// The work was done, and what it found is not good.
pub const FOUND: u8 = 1;
/// The work could not be done.
pub const BROKEN: u8 = 2;
/// There was nothing to work on.
pub const NOTHING: u8 = 5;

/// What a command has to say.
#[derive(Debug, Default)]
pub struct Output {
    /// The result.
    pub result: String,
    /// Everything else.
    pub aside: String,
    /// The exit code.
    pub code: u8,
    /// Whether a program reads the result, to the letter: what people read is made harmless for build servers.
    pub exact: bool,
}

impl Output {
    /// A result and its exit code.
    pub fn new(result: impl Into<String>, code: u8) -> Self {
        Self { result: result.into(), code, ..Self::default() }
    }

    /// A result of which every character counts.
    pub fn exact(result: impl Into<String>) -> Self {
        Self { exact: true, ..Self::new(result, OK) }
    }

    /// What keeps the work from being done, and what to do about it.
    pub fn broken(message: impl AsRef<str>, help: Option<&str>) -> Self {
        let mut aside = format!("error: {}\n", sanitise::clean(message.as_ref()));
        if let Some(help) = help {
            aside.push_str(&format!("  help: {}\n", sanitise::clean(help)));
        }
        Self { aside, code: BROKEN, ..Self::default() }
    }
}

/// Runs the program with its arguments.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let arguments: Vec<OsString> = arguments.into_iter().collect();
    if let [_, flag] = arguments.as_slice()
        && flag == "--version"
    {
        return ExitCode::from(write(Output::new(version(), OK)));
    }
    let again = watch::again(&arguments);
    let arguments = match Arguments::try_parse_from(arguments) {
        Ok(arguments) => arguments,
        Err(error) => {
            return ExitCode::from(write(usage(&error)));
        }
    };
    let color = arguments.color;
    let output = match &arguments.command {
        Command::Check(check) if check.watch => watch::run(check, &again),
        Command::Check(check) => check::run(check, color),
        Command::Plan(plan) => plan::run(plan, color),
        Command::WhatIf(what_if) => what_if::run(what_if, color),
        Command::Diff(diff) => diff::run(diff, color),
        Command::Ask(ask) => ask::run(ask, color),
        Command::Waiver(waiver) => waiver::run(waiver, color),
        Command::Explain(explain) => explain::run(explain, color),
        Command::Rules(rules) => rules::run(rules, color),
        Command::Schema(schema) => schema::run(schema),
        Command::Lint(lint) => lint::run(lint, color),
        Command::Fmt(fmt) => fmt::run(fmt, color),
        Command::Lsp(lsp) => {
            return ExitCode::from(crate::lsp::run(lsp.rules.clone(), explain::page));
        }
        Command::Completions(shell) => completions::completions(shell),
        Command::Man(man) => completions::man(man),
        Command::Test(test) => test::run(test, color),
        Command::Init(init) => init::run(init),
        Command::Import(import) => import::run(import, color),
    };
    ExitCode::from(write(output))
}

/// The version of the program, and name and digest of the rules in it, by which reports name them.
fn version() -> String {
    let mut text = format!("failback {}\n", env!("CARGO_PKG_VERSION"));
    let inputs = Inputs::shipped();
    for pack in &inputs.packs {
        let name = ready(&inputs.sources, pack).rules.name;
        text.push_str(&format!("{name} {}\n", digest(&inputs.sources, pack)));
    }
    text
}

/// Says what there is to say and ends the program at once: taking a large description apart first only costs time.
fn leave(output: Output) -> ! {
    std::process::exit(i32::from(write(output)))
}

/// Help goes to standard output, a usage error to standard error.
fn usage(error: &clap::Error) -> Output {
    let text = error.render();
    let is_terminal = match error.use_stderr() {
        true => io::stderr().is_terminal(),
        false => io::stdout().is_terminal(),
    };
    // What the user wrote is part of it, line breaks included.
    let text = match is_terminal && terminal::look(Color::Auto).color {
        true => text.ansi().to_string(),
        false => text.to_string(),
    };
    match error.use_stderr() {
        true => Output { aside: text, code: BROKEN, ..Output::default() },
        false => Output::new(text, OK),
    }
}

fn write(output: Output) -> u8 {
    let Output { result, aside, code, exact } = output;
    // Nobody may be listening.
    let _ = io::stderr().lock().write_all(sanitise::harmless(&aside).as_bytes());
    let result = if exact { Cow::Borrowed(result.as_str()) } else { sanitise::harmless(&result) };
    match stdout::write(result.as_bytes()) {
        // A reader that has gone away has seen enough.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let _ = writeln!(io::stderr(), "error: cannot write the result: {error}");
            BROKEN
        }
        _ => code,
    }
}
