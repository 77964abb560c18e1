//! `check --baseline FILE` and `--write-baseline FILE`: reading and writing recorded findings.

use std::collections::BTreeSet;
use std::path::Path;

use crate::cli::import::output::{self, Before, New};
use crate::cli::settings::Settings;
use crate::cli::{Output, args, what_if};
use crate::report::{sanitise, wire};
use crate::session::address::Problem;
use crate::session::recorded::{Baseline, FORM, Looker, Record};
use crate::session::{self, Options, Report, revision};
use crate::yaml::Limits;

/// Findings that are named on standard error.
const NAMED: usize = 20;

/// Reads a baseline.
pub fn read(path: &Path) -> Result<Baseline, Output> {
    let name = path.display().to_string();
    let name = sanitise::clean(&name).into_owned();
    let broken = |message: String, help: &str| Output::broken(message, Some(help));
    let make = "`failback check --write-baseline FILE` makes one";
    let limit = Limits::default().bytes as u64;
    if std::fs::metadata(path).is_ok_and(|data| !data.is_file() || data.len() > limit) {
        return Err(broken(format!("`{name}` is not a baseline"), make));
    }
    let bytes = std::fs::read(path)
        .map_err(|error| broken(format!("cannot read the baseline `{name}`: {error}"), make))?;
    let form = serde_json::from_slice::<serde_json::Value>(&bytes)
        .map_err(|error| broken(format!("`{name}` is not a baseline: {error}"), make))?;
    match form.get("failback").and_then(serde_json::Value::as_str) {
        Some(FORM) => {}
        Some(other) => {
            let other = sanitise::clean(other).into_owned();
            let help = format!("this program reads `{FORM}`; write it anew with --force");
            return Err(broken(format!("`{name}` is a baseline of the form `{other}`"), &help));
        }
        None => return Err(broken(format!("`{name}` is not a baseline"), make)),
    }
    serde_json::from_value(form)
        .map_err(|error| broken(format!("`{name}` is not a baseline: {error}"), make))
}

/// What closed the gate where a revision and HEAD parted, judged by the rules and settings of now.
pub fn since(
    name: &str,
    settings: &mut Settings,
    arguments: &args::Check,
    options: &Options,
) -> Result<Baseline, Output> {
    let told = |problem: Problem| what_if::broken(&problem);
    revision::in_repository().map_err(told)?;
    let find = |name: &str| {
        revision::find(name)
            .and_then(|found| found.ok_or_else(|| revision::not_there(name)))
            .map_err(told)
    };
    let (base, head) = (find(name)?, find("HEAD")?);
    let parted = revision::parted(&base, &head).map_err(told)?;
    let mut inputs = settings.inputs();
    let paths = &arguments.paths;
    revision::descriptions(&mut inputs, &parted, paths, &options.limits).map_err(told)?;
    settings.waivers.read_at(&mut inputs, &parted, &options.limits).map_err(told)?;
    let options = Options { planning: None, times: false, baseline: None, ..options.clone() };
    session::run(&inputs, &options, |report| {
        if report.exit_code() == 2 {
            let message = format!("what was at `{name}` cannot be judged: it has errors");
            let help = format!("`failback diff {name}` shows them");
            return Err(Output::broken(message, Some(&help)));
        }
        let findings = report.environments.iter().flat_map(|one| Looker::new(one).records());
        Ok(Baseline { failback: FORM.to_owned(), findings: findings.collect() })
    })
}

/// Refuses a baseline that speaks of no environment that is checked.
pub fn of_others(baseline: &Baseline, report: &Report<'_>) -> Option<Output> {
    let checked: Vec<&str> = report.environments.iter().map(|one| one.name.as_str()).collect();
    let told: BTreeSet<&str> =
        baseline.findings.iter().map(|record| record.environment.as_str()).collect();
    if told.is_empty() || checked.is_empty() || told.iter().any(|name| checked.contains(name)) {
        return None;
    }
    let names: Vec<_> = told.iter().map(|name| sanitise::clean(name)).collect();
    let message = format!("the baseline is of {}, which is not checked here", names.join(", "));
    Some(Output::broken(message, Some("name the baseline that was recorded of this description")))
}

/// Records what closes the gate. A baseline that is there only loses what is gone, unless it is forced; what it does not
/// take is named.
pub fn write(path: &Path, report: &Report<'_>, is_forced: bool) -> Result<String, Output> {
    if report.exit_code() == 2 {
        let help = "`failback check` shows the errors";
        return Err(Output::broken("no baseline is written: there are errors", Some(help)));
    }
    let mut found: Vec<Record> =
        report.environments.iter().flat_map(|checked| Looker::new(checked).records()).collect();
    found.sort();
    let mut aside = String::new();
    if path.exists() && !is_forced {
        let old = read(path)?;
        let known = |record: &Record| {
            old.findings
                .iter()
                .any(|one| (&one.environment, &one.id) == (&record.environment, &record.id))
        };
        let (kept, new): (Vec<Record>, Vec<Record>) = found.into_iter().partition(known);
        for record in new.iter().take(NAMED) {
            let id = sanitise::clean(&record.id);
            aside.push_str(&format!("note: not put into the baseline: {id}\n"));
        }
        if new.len() > NAMED {
            aside.push_str(&format!("note: and {} more\n", new.len() - NAMED));
        }
        if !new.is_empty() {
            aside.push_str("help: --force records all that closes the gate now\n");
        }
        // What is known stays as it was recorded: another reason is none that was accepted.
        let here = |record: &Record| {
            let environment = report.environments.iter().any(|one| one.name == record.environment);
            let mut kept = kept.iter();
            !environment
                || kept.any(|one| (&one.environment, &one.id) == (&record.environment, &record.id))
        };
        found = old.findings.iter().filter(|record| here(record)).cloned().collect();
        found.sort();
    }
    let text = text(&found);
    let fill = |out: &mut dyn std::io::Write| out.write_all(text.as_bytes());
    output::write(&[New { path, before: Before::Any, fill: &fill }]).map_err(|failed| {
        let message = format!("cannot write `{}`: {}", path.display(), failed.error);
        Output::broken(message, None)
    })?;
    Ok(aside)
}

/// A finding a line, so that a change of it is a line of a diff.
fn text(records: &[Record]) -> String {
    let lines: Vec<String> =
        records.iter().map(|record| format!("  {}", wire::line(record))).collect();
    match lines.is_empty() {
        true => format!("{{ \"failback\": \"{FORM}\", \"findings\": [] }}\n"),
        false => {
            format!("{{ \"failback\": \"{FORM}\", \"findings\": [\n{}\n] }}\n", lines.join(",\n"))
        }
    }
}
