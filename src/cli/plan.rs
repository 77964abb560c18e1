//! `failback plan`: the way to an open gate.

pub mod done;
mod ready;

use std::path::Path;

use crate::cli::args::Color;
use crate::cli::args::plan::{self as args, PlanForm};
use crate::cli::settings::waivers::Waivers;
use crate::cli::{NOTHING, Output, ask, check, terminal, what_if};
use crate::diagnostic::did_you_mean;
use crate::evaluate::Selection;
use crate::plan::Consent;
use crate::report::layout::Look;
use crate::report::{Format, runbook};
use crate::session::{self, Inputs, Options, Planning, Report, files};
use crate::yaml::Limits;

/// Runs the command.
pub fn run(arguments: &args::Plan, color: Color) -> Output {
    let consent = Consent { allowed: arguments.allow.clone() };
    let (inputs, mut options) = match read(&arguments.input) {
        Ok(read) => read,
        Err(output) => return output,
    };
    options.planning = Some(Planning { consent, most: None });
    options.times = arguments.times;
    let look = terminal::look(color);
    let facts = arguments.with_facts;
    let look = Look { all: arguments.all, quiet: arguments.quiet, facts, ..look };
    if arguments.ready {
        return ready::run(arguments, &inputs, &options);
    }
    if arguments.write {
        return done::write(arguments, &inputs, &options);
    }
    let supposed = match &arguments.answer {
        None => None,
        Some(file) => match with_answers(&inputs, &options, file, &look) {
            Ok(inputs) => Some(inputs),
            Err(output) => return output,
        },
    };
    let inputs = supposed.unwrap_or(inputs);
    session::run(&inputs, &options, |report| {
        if let Some(output) = check::unknown_names(report, &options.selection) {
            return output;
        }
        if let Some(output) = unknown_consent(report, &arguments.allow) {
            return output;
        }
        let code = runbook::exit_code(report);
        let mut output = Output::new(runbook::render(report, arguments.format.into(), &look), code);
        if output.code == NOTHING && report.environments.is_empty() {
            output.aside = check::nothing(&arguments.input.paths, inputs.seen);
        }
        if !report.errors.is_empty()
            && !matches!(arguments.format, PlanForm::Full | PlanForm::Concise | PlanForm::Json)
        {
            let errors = report.errors.iter();
            output.aside.extend(
                errors.map(|error| format!("{}: {}\n", error.severity.word(), error.message)),
            );
        }
        output
    })
}

/// The inputs with the answers of a file in them.
fn with_answers(
    inputs: &Inputs,
    options: &Options,
    file: &Path,
    look: &Look,
) -> Result<Inputs, Output> {
    let answers = ask::answers(file).map_err(|problem| what_if::broken(&problem))?;
    let options = Options { planning: None, times: false, ..options.clone() };
    let (_, inputs) = what_if::supposed(inputs, &options, &answers, Format::Full, look)?;
    Ok(inputs)
}

/// Reads what is to be judged, as `check` does.
pub fn read(input: &args::Input) -> Result<(Inputs, Options), Output> {
    let selection = Selection { units: input.unit.clone(), ..Selection::default() };
    let (now, epoch) = check::times(input.now.as_deref())?;
    let options =
        Options { now, epoch, selection, limits: Limits::default(), ..Options::default() };
    let mut inputs = check::inputs(input.pack.folder.as_deref());
    files::descriptions(&mut inputs, &input.paths, &options.limits);
    Waivers::of(&input.waiving, &input.paths)?.read(&mut inputs, &options.limits);
    Ok((inputs, options))
}

/// A consent that no remedy asks for would silently allow nothing.
fn unknown_consent(report: &Report<'_>, allowed: &[String]) -> Option<Output> {
    if report.environments.is_empty() {
        return None;
    }
    let remedies = report.environments.iter().flat_map(|checked| &checked.rules.remedies);
    let known: Vec<&str> = remedies.filter_map(|remedy| remedy.consent.as_deref()).collect();
    let name = allowed.iter().find(|name| !known.contains(&name.as_str()))?;
    let help = did_you_mean(name, known.iter().copied())
        .or_else(|| known.first().map(|_| format!("remedies ask for {}", known.join(", "))));
    Some(Output::broken(format!("no remedy asks for the consent `{name}`"), help.as_deref()))
}
