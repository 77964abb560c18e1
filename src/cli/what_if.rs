//! `failback what-if`: the verdict that would be.

use crate::cli::args::Color;
use crate::cli::args::plan as args;
use crate::cli::{BROKEN, NOTHING, Output, check, plan, terminal};
use crate::report::human::Printer;
use crate::report::layout::Look;
use crate::report::{Format, assumed, concise};
use crate::session::address::Problem;
use crate::session::assume::{self, Difference, State};
use crate::session::{self, Inputs, Options, Report, answers, given};
use crate::yaml::edit::Value;

/// Runs the command.
pub fn run(arguments: &args::WhatIf, color: Color) -> Output {
    let mut sets = Vec::new();
    for set in &arguments.set {
        match answers::argument(set, "write `--set PATH=VALUE`") {
            Ok(set) => sets.push(set.pair()),
            Err(problem) => return broken(&problem),
        }
    }
    if sets.is_empty() && arguments.remedies.is_empty() {
        let help = "write `--set PATH=VALUE` or `--do 'remedy(id)'`";
        return Output::broken("nothing is supposed", Some(help));
    }
    let (inputs, options) = match plan::read(&arguments.input) {
        Ok(read) => read,
        Err(output) => return output,
    };
    let look = Look { all: arguments.all, ..terminal::look(color) };
    let mut output =
        suppose(&inputs, &options, &sets, &arguments.remedies, arguments.format.into(), &look);
    if output.code == NOTHING && output.result.is_empty() {
        output.aside = check::nothing(&arguments.input.paths, inputs.seen);
    }
    output
}

/// What keeps a supposition from being made.
pub fn broken(problem: &Problem) -> Output {
    Output::broken(&problem.message, problem.help.as_deref())
}

/// The verdict with facts set and remedies carried out, against the one without.
pub fn suppose(
    inputs: &Inputs,
    options: &Options,
    sets: &[(String, Value)],
    remedies: &[String],
    format: Format,
    look: &Look,
) -> Output {
    match supposed(inputs, options, sets, format, look) {
        Ok((before, changed)) => compare(before, &changed, options, remedies, (format, look)),
        Err(output) => output,
    }
}

/// The verdict of changed texts with remedies carried out, against the one before.
pub fn compare(
    before: Vec<State>,
    changed: &Inputs,
    options: &Options,
    remedies: &[String],
    (format, look): (Format, &Look),
) -> Output {
    session::run(changed, options, |report| {
        let after = match assume::after(report, remedies, &options.selection) {
            Ok(after) => after,
            Err(problem) => return broken(&problem),
        };
        let verdicts: Vec<_> = after.iter().map(|state| state.verdict).collect();
        let code = match report.exit_code() {
            BROKEN => BROKEN,
            _ => assume::exit_code(&verdicts),
        };
        let pairs = before.into_iter().filter_map(|before| {
            let then = after.iter().find(|state| state.name == before.name)?.clone();
            Some(Difference { before, then })
        });
        let differences: Vec<Difference> = pairs.collect();
        let mut result = errors(report, format, look);
        result.push_str(&assumed::render(report, &differences, format, look, code));
        Output::new(result, code)
    })
}

/// What the environments come to, and the same inputs with facts set.
pub fn supposed(
    inputs: &Inputs,
    options: &Options,
    sets: &[(String, Value)],
    format: Format,
    look: &Look,
) -> Result<(Vec<State>, Inputs), Output> {
    session::run(inputs, options, |report| {
        if let Some(output) = check::unknown_names(report, &options.selection) {
            return Err(output);
        }
        if report.environments.is_empty() {
            return Err(Output::new(errors(report, format, look), report.exit_code()));
        }
        let changed = given::with_facts(inputs, report, sets);
        Ok((states(report), changed.map_err(|problem| broken(&problem))?))
    })
}

/// What the environments come to.
pub fn states(report: &Report<'_>) -> Vec<State> {
    let environments = report.environments.iter();
    environments
        .map(|checked| State::of(&checked.name, checked.rules, &checked.evaluation))
        .collect()
}

/// What is wrong with the texts, with the supposed values in them.
fn errors(report: &Report<'_>, format: Format, look: &Look) -> String {
    let mut out = String::new();
    let printer = Printer::new(report.sources, look);
    let own = report.environments.iter().flat_map(|checked| &checked.errors);
    for error in report.errors.iter().chain(own) {
        match format {
            Format::Full => printer.print(&mut out, error),
            Format::Concise => concise::line(&mut out, report.sources, error),
            Format::Json => {}
        }
    }
    out
}
