//! `failback waiver`: granting, listing and renewing waivers.

mod document;

use std::path::Path;

use crate::cli::args::plan::Input;
use crate::cli::args::{Color, waiver as args};
use crate::cli::import::output::{self, Before, New};
use crate::cli::{BROKEN, FOUND, OK, Output, check, plan, terminal};
use crate::compile::weight::Waivable;
use crate::diagnostic::did_you_mean;
use crate::evaluate::waive::{State, behind_rule};
use crate::evaluate::{Finding, Outcome};
use crate::report::{concise, sanitise, waivers as printed};
use crate::scalar;
use crate::session::recorded::Looker;
use crate::session::waivers::Waiver;
use crate::session::{self, Checked, Inputs, Options, Report};

/// Runs the command.
pub fn run(arguments: &args::Waiver, color: Color) -> Output {
    match &arguments.command {
        args::Command::New(new) => self::new(new),
        args::Command::Renew(renew) => self::renew(renew),
        args::Command::List(list) => self::list(list, color, |_| true, false),
        args::Command::Check(list) => self::list(list, color, is_over, true),
    }
}

/// Whether a waiver has to be seen to: it lets nothing pass, and no time will change that.
fn is_over(state: State) -> bool {
    matches!(state, State::Expired | State::Lapsed | State::Refused | State::Unused)
}

fn read(input: &args::Input) -> Result<(Inputs, Options), Output> {
    plan::read(&Input {
        paths: input.paths.clone(),
        pack: input.pack.clone(),
        waiving: input.waiving.clone(),
        unit: Vec::new(),
        now: input.now.clone(),
    })
}

/// What is wrong with the texts; nothing is granted or listed by half.
fn errors(report: &Report<'_>) -> Option<Output> {
    if report.exit_code() != BROKEN {
        return None;
    }
    let own = report.environments.iter().flat_map(|checked| &checked.errors);
    let mut output = Output { code: BROKEN, ..Output::default() };
    for error in report.errors.iter().chain(own) {
        concise::line(&mut output.aside, report.sources, error);
    }
    Some(output)
}

fn list(arguments: &args::List, color: Color, wanted: fn(State) -> bool, is_check: bool) -> Output {
    let (inputs, options) = match read(&arguments.input) {
        Ok(read) => read,
        Err(output) => return output,
    };
    session::run(&inputs, &options, |report| {
        if let Some(output) = errors(report) {
            return output;
        }
        let rulings = report.environments.iter().flat_map(|checked| &checked.evaluation.rulings);
        let is_any = rulings.into_iter().any(|ruling| is_over(ruling.state))
            || !report.waivers_elsewhere.is_empty();
        let code = match report.environments.is_empty() && report.waivers_elsewhere.is_empty() {
            true => crate::cli::NOTHING,
            false if is_check && is_any => FOUND,
            false => OK,
        };
        let look = terminal::look(color);
        let mut output = match arguments.format {
            args::Form::Full => Output::new(printed::full(report, &look, wanted), code),
            args::Form::Json => {
                Output { exact: true, ..Output::new(printed::json(report, wanted, code), code) }
            }
        };
        if code == crate::cli::NOTHING {
            output.aside = check::nothing(&arguments.input.paths, inputs.seen);
        }
        output
    })
}

/// What a waiver is to say, as far as people say it.
struct Asked<'a> {
    id: String,
    reason: &'a str,
    owner: &'a str,
    approver: &'a str,
    until: i64,
}

fn new(arguments: &args::New) -> Output {
    let (inputs, options) = match read(&arguments.input) {
        Ok(read) => read,
        Err(output) => return output,
    };
    session::run(&inputs, &options, |report| {
        let made = errors(report).map_or(Ok(()), Err).and_then(|()| {
            let (checked, finding) = found(report, &arguments.finding)?;
            let now = time(checked)?;
            let id = match &arguments.id {
                Some(id) => id.clone(),
                None => free_id(report, now),
            };
            let asked = Asked {
                id,
                reason: &arguments.reason,
                owner: &arguments.owner,
                approver: &arguments.approver,
                until: end(&arguments.until)?,
            };
            let taken = waivers(report).find(|known| known.id == asked.id);
            if let Some(known) = taken {
                let message = format!("there is a waiver `{}` already", known.id);
                return Err(broken(message, "give another one: `--id ID`"));
            }
            let known = checked.waivers.iter().find(|waiver| {
                waiver.grant.rule == checked.rules.rules[finding.rule].id
                    && [behind_rule(finding, &waiver.grant.rule), &finding.path]
                        .contains(&waiver.grant.subject.as_str())
            });
            if let Some(known) = known {
                let message = format!("waiver `{}` is for `{}` already", known.id, finding.id);
                let help = format!("`failback waiver renew {}` prints it anew", known.id);
                return Err(broken(message, &help));
            }
            let waiver = granted(checked, finding, &asked, now)?;
            Ok((checked.name.clone(), waiver))
        });
        let (environment, waiver) = match made {
            Ok(made) => made,
            Err(output) => return output,
        };
        match &arguments.output {
            None => match document::alone(&environment, &waiver) {
                Some(text) => Output { exact: true, ..Output::new(text, OK) },
                None => unwritable(),
            },
            Some(path) => add(path, &environment, &waiver),
        }
    })
}

fn renew(arguments: &args::Renew) -> Output {
    let (inputs, options) = match read(&arguments.input) {
        Ok(read) => read,
        Err(output) => return output,
    };
    session::run(&inputs, &options, |report| {
        let made = errors(report).map_or(Ok(()), Err).and_then(|()| {
            let (checked, at) = named(report, &arguments.id)?;
            let old = &checked.waivers[at];
            let mut rulings = checked.evaluation.rulings.iter();
            let ruling = rulings.find(|ruling| ruling.grant == at);
            let id = ruling.and_then(|ruling| ruling.finding.as_deref());
            let Some(id) = id else {
                let message = format!("nothing fails that waiver `{}` is for", old.id);
                return Err(broken(message, "take it out: it lets nothing pass"));
            };
            let (checked, finding) = found(report, id)?;
            let now = time(checked)?;
            let until = match &arguments.until {
                Some(until) => end(until)?,
                None => now.saturating_add(old.grant.until - old.grant.granted),
            };
            let text = |new: &'_ Option<String>, old: &str| new.clone().unwrap_or(old.to_owned());
            let (reason, owner) =
                (text(&arguments.reason, &old.reason), text(&arguments.owner, &old.owner));
            let approver = text(&arguments.approver, &old.approver);
            let asked = Asked {
                id: old.id.clone(),
                reason: &reason,
                owner: &owner,
                approver: &approver,
                until,
            };
            let waiver = granted(checked, finding, &asked, now)?;
            Ok((checked.name.clone(), waiver, old.clone()))
        });
        let (environment, waiver, old) = match made {
            Ok(made) => made,
            Err(output) => return output,
        };
        if !arguments.write {
            return match document::alone(&environment, &waiver) {
                Some(text) => Output { exact: true, ..Output::new(text, OK) },
                None => unwritable(),
            };
        }
        let source = report.sources.get(old.span.file);
        match document::replaced(source.text(), &old.id, &waiver) {
            Some(text) => {
                write(Path::new(source.name()), Before::Bytes(source.text().as_bytes()), &text)
            }
            None => unwritable(),
        }
    })
}

fn broken(message: impl AsRef<str>, help: &str) -> Output {
    Output::broken(message, Some(help))
}

fn unwritable() -> Output {
    broken("the waiver cannot be written into this file", "print it, and put it there by hand")
}

fn waivers<'r>(report: &'r Report<'_>) -> impl Iterator<Item = &'r Waiver> {
    let here = report.environments.iter().flat_map(|checked| &checked.waivers);
    here.chain(&report.waivers_elsewhere)
}

/// The failure with an id.
fn found<'r, 'a>(
    report: &'r Report<'a>,
    id: &str,
) -> Result<(&'r Checked<'a>, &'r Finding<'a>), Output> {
    let all = || {
        report.environments.iter().flat_map(|checked| {
            checked.evaluation.findings.iter().map(move |finding| (checked, finding))
        })
    };
    let mut meant = all().filter(|(_, finding)| finding.id == id);
    match (meant.next(), meant.next()) {
        (Some((one, _)), Some((other, _))) => {
            let message = format!("`{id}` is found in `{}` and in `{}`", one.name, other.name);
            Err(broken(message, "hand in the files of one environment"))
        }
        (Some((checked, finding)), None) => match finding.outcome {
            Outcome::Fail | Outcome::Waived => Ok((checked, finding)),
            Outcome::Pending => {
                let help = "wait until it fails, or holds";
                Err(broken(format!("`{id}` is pending, and only a failure can be waived"), help))
            }
            _ => {
                let message =
                    format!("whether `{id}` fails is not known, and only a failure can be waived");
                Err(broken(message, "`failback ask` asks for what is not known"))
            }
        },
        (None, _) => {
            let failed = all().filter(|(_, finding)| finding.outcome == Outcome::Fail);
            let help = did_you_mean(id, failed.map(|(_, finding)| finding.id.as_str()));
            let help = help.as_deref().unwrap_or("`failback check` names what fails");
            Err(broken(format!("there is no finding `{id}`"), help))
        }
    }
}

/// The waiver with an id, of an environment that is described.
fn named<'r, 'a>(report: &'r Report<'a>, id: &str) -> Result<(&'r Checked<'a>, usize), Output> {
    for checked in &report.environments {
        if let Some(at) = checked.waivers.iter().position(|waiver| waiver.id == id) {
            return Ok((checked, at));
        }
    }
    let help = did_you_mean(id, waivers(report).map(|waiver| waiver.id.as_str()));
    let help = help.as_deref().unwrap_or("`failback waiver list` names all");
    Err(broken(format!("there is no waiver `{id}` of what is described here"), help))
}

fn time(checked: &Checked<'_>) -> Result<i64, Output> {
    let help = "give the time at which it is granted: `--now now`";
    checked.now.ok_or_else(|| broken("there is no time at which the waiver would begin", help))
}

fn end(text: &str) -> Result<i64, Output> {
    scalar::parse_time(text).ok_or_else(|| {
        let help = "write it with its zone: `--until 2027-01-31T18:00:00+09:00`";
        broken(format!("`{text}` is not a time"), help)
    })
}

/// The first free id of a year: `W-2027-001`.
fn free_id(report: &Report<'_>, now: i64) -> String {
    let year = scalar::print_time(now).chars().take(4).collect::<String>();
    let mut number = 1;
    loop {
        let id = format!("W-{year}-{number:03}");
        if waivers(report).all(|known| known.id != id) {
            return id;
        }
        number += 1;
    }
}

/// A waiver with facts and units filled in, or why the failure may not be waived so.
fn granted<'a>(
    checked: &Checked<'a>,
    finding: &Finding<'a>,
    asked: &Asked<'_>,
    now: i64,
) -> Result<document::New, Output> {
    let rule = &checked.rules.rules[finding.rule];
    let until = scalar::print_time(asked.until);
    match rule.waivable {
        Waivable::Never => {
            let message = format!("a failure of `{}` cannot be waived", rule.id);
            let help = format!("`failback explain {}` says how it is fixed", rule.id);
            return Err(broken(message, &help));
        }
        Waivable::AtMost(longest) if asked.until.saturating_sub(now) > longest => {
            let message =
                format!("`{}` can be waived for {}", rule.id, scalar::print_duration(longest));
            let last = scalar::print_time(now.saturating_add(longest));
            return Err(broken(message, &format!("end it by {last}")));
        }
        Waivable::AtMost(_) => {}
    }
    if asked.until <= now {
        let message = format!("the waiver would end at {until}, before it begins");
        return Err(broken(message, "`--until` is after the time of the run"));
    }
    for (flag, text) in
        [("--reason", asked.reason), ("--owner", asked.owner), ("--approver", asked.approver)]
    {
        if text.trim().is_empty() {
            return Err(broken(format!("`{flag}` says nothing"), "each of them is needed"));
        }
    }
    if asked.owner.trim().to_lowercase() == asked.approver.trim().to_lowercase() {
        let message =
            format!("`{}` would approve a waiver of their own", sanitise::clean(asked.owner));
        return Err(broken(message, "have somebody else approve it"));
    }
    let mut blocks: Vec<String> =
        finding.blocks.iter().map(|row| checked.facts.name(*row)).collect();
    blocks.sort();
    let facts = Looker::new(checked).facts(finding);
    Ok(document::New {
        id: asked.id.clone(),
        rule: rule.id.clone(),
        subject: behind_rule(finding, &rule.id).to_owned(),
        reason: asked.reason.trim().to_owned(),
        owner: asked.owner.trim().to_owned(),
        approver: asked.approver.trim().to_owned(),
        granted: scalar::print_time(now),
        until,
        blocks,
        facts: facts.into_iter().map(|one| (one.path, one.value)).collect(),
    })
}

/// Adds a waiver to a file, which is made where there is none.
fn add(path: &Path, environment: &str, waiver: &document::New) -> Output {
    let bytes = match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => None,
        Ok(data) if !data.is_file() => {
            let message = format!("`{}` is not a regular file", path.display());
            return broken(message, "name a file to add the waiver to");
        }
        _ => match std::fs::read_to_string(path) {
            Ok(text) => Some(text),
            Err(error) => {
                return Output::broken(format!("cannot read `{}`: {error}", path.display()), None);
            }
        },
    };
    let text = match &bytes {
        None => document::alone(environment, waiver),
        Some(text) => document::added(text, environment, waiver),
    };
    match text {
        Some(text) => write(path, Before::read(bytes.as_deref().map(str::as_bytes)), &text),
        None => unwritable(),
    }
}

fn write(path: &Path, before: Before<'_>, text: &str) -> Output {
    let fill = |out: &mut dyn std::io::Write| out.write_all(text.as_bytes());
    match output::write(&[New { path, before, fill: &fill }]) {
        Ok(()) => {
            let name = path.display().to_string();
            Output { aside: format!("wrote {}\n", sanitise::clean(&name)), ..Output::default() }
        }
        Err(failed) => {
            let message = format!("cannot write `{}`: {}", path.display(), failed.error);
            Output::broken(message, None)
        }
    }
}
