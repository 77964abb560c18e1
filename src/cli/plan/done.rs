//! `failback plan --write`: what was done goes into the description, and where it is from beside it.

use std::path::Path;

use serde_json::{Map, Value as Json, json};

use crate::cli::args::plan as args;
use crate::cli::import::output::{self, Before, New};
use crate::cli::{OK, Output, check, what_if};
use crate::plan::edits::Way;
use crate::report::runbook::{self, facts};
use crate::report::{sanitise, wire};
use crate::scalar;
use crate::session::address::Problem;
use crate::session::done::{Made, done};
use crate::session::{self, API_VERSION, Inputs, Options, Report, origins};
use crate::source::FileId;
use crate::yaml::decode::decode;
use crate::yaml::edit::Value;

/// Writes the steps that were done.
pub fn write(arguments: &args::Plan, inputs: &Inputs, options: &Options) -> Output {
    let judged = Options { planning: None, times: false, ..options.clone() };
    let is_number = |text: &String| text.bytes().all(|byte| byte.is_ascii_digit());
    let planned = arguments.plan.is_some() || arguments.done.iter().any(is_number);
    session::run(inputs, if planned { options } else { &judged }, |report| {
        if let Some(output) = check::unknown_names(report, &options.selection) {
            return output;
        }
        if report.environments.is_empty() && report.exit_code() != 2 {
            let code = report.exit_code();
            let aside = check::nothing(&arguments.input.paths, inputs.seen);
            return Output { aside, ..Output::new("", code) };
        }
        if report.exit_code() == 2 {
            let help = "`failback check` shows them";
            return Output::broken("nothing was written: there are errors", Some(help));
        }
        let written = calls(report, &arguments.done, arguments.plan.as_deref())
            .and_then(|calls| done(inputs, report, &judged, &calls));
        match written {
            Ok(done) => put(inputs, &done.inputs, &done.made),
            Err(problem) => what_if::broken(&problem),
        }
    })
}

/// The steps as calls; a number means a step of the plan with that digest.
fn calls(
    report: &Report<'_>,
    done: &[String],
    digest: Option<&str>,
) -> Result<Vec<String>, Problem> {
    let plans: Vec<_> = runbook::planned(report)
        .map(|(checked, plan)| (facts::digest(checked, plan), plan))
        .collect();
    let plan = match digest {
        None => None,
        Some(digest) => match plans.iter().find(|(own, _)| own == digest) {
            Some((_, plan)) => Some(plan),
            None => {
                let own: Vec<&str> = plans.iter().map(|(own, _)| own.as_str()).collect();
                let help = format!(
                    "the plan is {} now; look at it again, with the same options",
                    own.join(", ")
                );
                return Err(Problem::new(format!("there is no plan `{digest}`"), Some(help)));
            }
        },
    };
    let call = |text: &String| match text.parse::<usize>() {
        Err(_) => Ok(text.clone()),
        Ok(number) => match plan.map(|plan| plan.steps.iter().find(|step| step.id == number)) {
            Some(Some(step)) => Ok(step.call.clone()),
            Some(None) => Err(Problem::new(format!("the plan has no step {number}"), None)),
            None => {
                let message = format!("step {number} of which plan is not said");
                let help =
                    "add `--plan sha256:…` as the plan shows it, or write the remedy with its ids";
                Err(Problem::new(message, Some(help.to_owned())))
            }
        },
    };
    done.iter().map(call).collect()
}

/// Puts texts and sidecars in place.
fn put(before: &Inputs, after: &Inputs, made: &[Made]) -> Output {
    let mut files: Vec<FileId> = made.iter().map(|made| made.file).collect();
    files.sort_unstable_by_key(|file| file.0);
    files.dedup();
    let mut result = String::new();
    for file in files {
        let own: Vec<&Made> = made.iter().filter(|made| made.file == file).collect();
        let texts = (before.sources.get(file).text(), after.sources.get(file).text());
        match replaced(before.sources.get(file).name(), texts, &own) {
            Ok(told) => result.push_str(&told),
            Err(problem) => {
                // What is written already is told, too.
                return Output { result, ..what_if::broken(&problem) };
            }
        }
    }
    if made.is_empty() {
        result.push_str("nothing is written: these steps make nothing by themselves\n");
    }
    Output::new(result, OK)
}

fn replaced(name: &str, (old, new): (&str, &str), made: &[&Made]) -> Result<String, Problem> {
    let path = Path::new(name);
    let cannot = |path: &Path, why: String| {
        let message = format!("cannot write `{}`: {why}", path.display());
        Problem::new(message, Some("nothing was written to it".to_owned()))
    };
    let bytes = output::read(path).map_err(|error| cannot(path, error.to_string()))?;
    let bytes = bytes.ok_or_else(|| cannot(path, "there is no such file".to_owned()))?;
    if !decode(&bytes).is_ok_and(|text| text == old) {
        return Err(cannot(path, "somebody changed it meanwhile".to_owned()));
    }
    let beside = output::sidecar(path);
    let known = output::read(&beside).map_err(|error| cannot(&beside, error.to_string()))?;
    let sidecar = sidecar(known.as_deref(), made).map_err(|why| cannot(&beside, why))?;
    output::write(&[
        New { path, before: Before::Bytes(&bytes), fill: &|out| out.write_all(new.as_bytes()) },
        New {
            path: &beside,
            before: Before::read(known.as_deref()),
            fill: &|out| wire::write(out, &sidecar),
        },
    ])
    .map_err(|failed| cannot(&failed.path, failed.error.to_string()))?;
    let mut told = format!("wrote {name} and {}\n", beside.display());
    for line in facts::all(made.iter().map(|made| &made.written)) {
        told.push_str(&format!("  {}\n", sanitise::clean(&line)));
    }
    Ok(told)
}

/// The sidecar with the facts that steps made.
fn sidecar(known: Option<&[u8]>, made: &[&Made]) -> Result<Json, String> {
    let mut root = match known {
        None => json!({ "apiVersion": API_VERSION, "environments": {}, "kind": origins::KIND }),
        Some(bytes) => serde_json::from_slice(bytes).map_err(|error| error.to_string())?,
    };
    for made in made {
        let environments = root.get_mut("environments").and_then(Json::as_object_mut);
        let own = environments.map(|all| all.entry(made.environment.as_str()).or_insert(json!({})));
        let Some(facts) = own.and_then(Json::as_object_mut) else {
            return Err("it does not say where facts come from".to_owned());
        };
        let place = &made.written.place;
        let below = format!("{place}/");
        facts.retain(|path, _| path != place && !path.starts_with(&below));
        let value = match made.written.way {
            Way::Set => made.written.value.as_ref(),
            Way::Add | Way::Remove => made.written.list.as_ref().or(made.written.value.as_ref()),
        };
        let Some(value) = value else { continue };
        let mut origin = Map::new();
        if let Some(at) = made.at {
            origin.insert("captured".to_owned(), scalar::print_time(at).into());
        }
        origin.insert("file".to_owned(), format!("{}{}", origins::DONE, made.call).into());
        origin.insert("value".to_owned(), recorded(value));
        facts.insert(place.clone(), Json::Object(origin));
    }
    Ok(root)
}

/// A value as it is recorded: scalars as they are written, without quotes.
fn recorded(value: &Value) -> Json {
    match value {
        Value::Text(text) | Value::Raw(text) => text.as_str().into(),
        Value::List(items) => items.iter().map(recorded).collect(),
        Value::Map(entries) => Json::Object(
            entries.iter().map(|(key, value)| (key.clone(), recorded(value))).collect(),
        ),
    }
}
