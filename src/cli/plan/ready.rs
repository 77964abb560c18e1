//! `failback plan --ready`: who can go now, and the record that says so, printed or written.

use std::path::Path;

use crate::cli::args::plan::{self as args, PlanForm};
use crate::cli::import::output::{self, Before, New};
use crate::cli::{OK, Output, check, what_if};
use crate::report::ready as told;
use crate::session::address::Problem;
use crate::session::ready::{Ready, ready};
use crate::session::{self, Inputs, Options};
use crate::yaml::decode::decode;

/// Units that are named where not all are.
const NAMED: usize = 40;

/// Runs the command.
pub fn run(arguments: &args::Plan, inputs: &Inputs, options: &Options) -> Output {
    let judged = Options { planning: None, times: false, ..options.clone() };
    let code = session::run(inputs, &judged, |report| report.exit_code());
    if code == 2 {
        let help = "`failback check` shows them";
        return Output::broken("nobody can be called ready: there are errors", Some(help));
    }
    let all = match ready(inputs, &judged) {
        Ok(all) => all,
        Err(problem) => return what_if::broken(&problem),
    };
    if all.is_empty() {
        let aside = check::nothing(&arguments.input.paths, inputs.seen);
        return Output { aside, ..Output::new("", code) };
    }
    let code = if all.iter().any(|one| !one.units.is_empty()) { OK } else { code };
    if arguments.write {
        return match write(inputs, &all) {
            Ok(text) => Output::new(text, code),
            Err(problem) => what_if::broken(&problem),
        };
    }
    match arguments.format {
        PlanForm::Full | PlanForm::Concise => {
            let limit = if arguments.all { usize::MAX - 1 } else { NAMED };
            Output { exact: true, ..Output::new(told::full(&all, limit), code) }
        }
        PlanForm::Json => Output::new(told::json(&all), code),
        _ => {
            let help = "with --ready the forms are full, concise and json";
            Output::broken("who is ready is no plan", Some(help))
        }
    }
}

/// Writes the records, one file after the other.
fn write(inputs: &Inputs, all: &[Ready]) -> Result<String, Problem> {
    let mut out = String::new();
    for one in all {
        let Some(record) = &one.record else {
            let why = if one.stated { "it is stated already" } else { "nobody is ready" };
            out.push_str(&format!("nothing is written for {}: {why}\n", one.environment));
            continue;
        };
        let source = inputs.sources.get(record.file);
        let path = Path::new(source.name());
        let cannot = |why: String| {
            let message = format!("cannot write `{}`: {why}", path.display());
            Problem::new(message, Some("nothing was written to it".to_owned()))
        };
        let bytes = output::read(path).map_err(|error| cannot(error.to_string()))?;
        let bytes = bytes.ok_or_else(|| cannot("there is no such file".to_owned()))?;
        if !decode(&bytes).is_ok_and(|text| text == source.text()) {
            return Err(cannot("somebody changed it meanwhile".to_owned()));
        }
        let fill = &|out: &mut dyn std::io::Write| out.write_all(record.text.as_bytes());
        output::write(&[New { path, before: Before::Bytes(&bytes), fill }])
            .map_err(|failed| cannot(failed.error.to_string()))?;
        out.push_str(&format!(
            "wrote the {} for {} of {} into {}\n",
            record.field,
            one.units.len(),
            one.of,
            source.name()
        ));
    }
    Ok(out)
}
