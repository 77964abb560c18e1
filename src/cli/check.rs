//! `failback check`: whether the gate is open.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::cli::args::{self, Color};
use crate::cli::baseline;
use crate::cli::reports;
use crate::cli::settings::{Origin, Settings};
use crate::cli::{BROKEN, NOTHING, Output, leave, terminal};
use crate::compile::select::means;
use crate::diagnostic::did_you_mean;
use crate::evaluate::Selection;
use crate::report::human::Printer;
use crate::report::layout::Look;
use crate::report::review::Base;
use crate::report::{forms, sanitise};
use crate::scalar;
use crate::session::{self, API_VERSION, Inputs, KIND, Options, Planning, Report, files, rules};
use crate::yaml::Limits;

/// Runs the command.
pub fn run(arguments: &args::Check, color: Color) -> Output {
    let wanted = match reports::wanted(&arguments.report, &arguments.paths) {
        Ok(wanted) => wanted,
        Err(output) => return output,
    };
    let mut settings = match Settings::read(arguments, wanted) {
        Ok(settings) => settings,
        Err(output) => return output,
    };
    let mut inputs = settings.inputs();
    if arguments.show_settings {
        return shown(&settings, &inputs, color);
    }
    let options = match options(arguments, &settings) {
        Ok(options) => options,
        Err(output) => return output,
    };
    let mut options = options;
    if let Some(name) = &arguments.new_since {
        match baseline::since(name, &mut settings, arguments, &options) {
            Ok(read) => options.baseline = Some(read),
            Err(output) => return output,
        }
    } else if let Some(file) = &settings.baseline.value {
        match baseline::read(file) {
            Ok(read) => options.baseline = Some(read),
            Err(output) => return output,
        }
    }
    let look = Look {
        all: arguments.all,
        quiet: arguments.quiet,
        explain: arguments.explain,
        table: arguments.summary,
        ..terminal::look(color)
    };
    inputs.stdin.clone_from(&arguments.stdin_filename);
    let base = Base {
        folder: std::env::current_dir().ok(),
        omits_waived: arguments.sarif_waived == args::SarifWaived::Omit,
    };
    files::descriptions(&mut inputs, &arguments.paths, &options.limits);
    settings.waivers.read(&mut inputs, &options.limits);
    session::run(&inputs, &options, |report| {
        let selection = &options.selection;
        // Those of a file are looked at there, and may be of another pack.
        let flags = Selection {
            rules: arguments.rule.clone(),
            skip: match settings.skip.from {
                Origin::File(_) => Vec::new(),
                _ => settings.skip.value.clone(),
            },
            ..Selection::default()
        };
        let unknown = unknown_rules(report, &inputs, &flags);
        if let Some(output) = unknown.or_else(|| unknown_names(report, selection)) {
            return output;
        }
        let of_file = options.baseline.as_ref().filter(|_| arguments.new_since.is_none());
        if let Some(output) = of_file.and_then(|one| baseline::of_others(one, report)) {
            return output;
        }
        let form = settings.format.value;
        let result = forms::render(report, form, &look, &base);
        let mut output = Output { code: report.exit_code(), ..Output::exact(result) };
        if output.code == NOTHING && report.environments.is_empty() {
            output.aside = nothing(&arguments.paths, inputs.seen);
        }
        if let Some(cut) = forms::cut(report, form, &base) {
            output.aside.push_str(&format!("warning: {cut}\n"));
        }
        if let Some(file) = &arguments.write_baseline {
            match baseline::write(file, report, arguments.force) {
                Ok(aside) => output.aside.push_str(&aside),
                Err(broken) => {
                    output.aside.push_str(&broken.aside);
                    output.code = BROKEN;
                }
            }
        }
        let (said, is_whole) = reports::write(report, &settings.reports, look.all, &base);
        output.aside.push_str(&said);
        if !is_whole {
            output.code = BROKEN;
        }
        leave(output)
    })
}

/// The settings, or what is wrong with them.
fn shown(settings: &Settings, inputs: &Inputs, color: Color) -> Output {
    let look = terminal::look(color);
    let mut output = Output::exact(settings.shown());
    for problem in &inputs.problems {
        Printer::new(&inputs.sources, &look).print(&mut output.aside, problem);
        output.code = BROKEN;
    }
    output
}

/// The rules that are asked for, without any description yet.
pub fn inputs(folder: Option<&Path>) -> Inputs {
    match folder {
        None => Inputs::shipped(),
        Some(folder) => {
            let mut inputs = Inputs::default();
            files::pack(&mut inputs, folder);
            inputs
        }
    }
}

/// Findings beyond which no plan is made to number them.
const MOST_NUMBERED: usize = 200;

fn options(arguments: &args::Check, settings: &Settings) -> Result<Options, Output> {
    let (now, epoch) = times(arguments.now.as_deref())?;
    let selection = Selection {
        rules: arguments.rule.clone(),
        skip: settings.skip.value.clone(),
        levels: settings.levels.iter().map(|level| level.value.clone()).collect(),
        weakened: settings.weakened(),
        units: arguments.unit.clone(),
        all: arguments.all,
        // The last line tells the outcomes; only forms for programs tell more where all else is to be quiet.
        brief: arguments.quiet
            && !arguments.times
            && settings.baseline.value.is_none()
            && arguments.new_since.is_none()
            && arguments.write_baseline.is_none()
            && settings.format.value.is_for_people()
            && settings.reports.is_empty(),
        stop: Default::default(),
    };
    let shown = settings.format.value.names_steps() && !arguments.quiet;
    let numbers = shown || settings.reports.iter().any(|wanted| wanted.value.form.names_steps());
    let planning = numbers.then(|| Planning { most: Some(MOST_NUMBERED), ..Planning::default() });
    let limits = Limits::default();
    Ok(Options {
        now,
        epoch,
        selection,
        limits,
        planning,
        times: arguments.times,
        ..Options::default()
    })
}

/// The present, to the second. Nothing looks at the clock but who is told to.
fn present() -> Result<i64, Output> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).ok();
    let seconds = since.and_then(|since| i64::try_from(since.as_secs()).ok());
    let time = seconds.and_then(|seconds| seconds.checked_mul(scalar::SECOND));
    time.filter(|time| scalar::is_time(*time)).ok_or_else(|| {
        let help = "give the time instead: `--now 2020-03-28T09:00:00Z`";
        Output::broken("the clock of this machine shows no time", Some(help))
    })
}

/// The time to judge by, which is the present where it is `now`, and the one to fall back on.
pub fn times(now: Option<&str>) -> Result<(Option<i64>, Option<i64>), Output> {
    let now = match now {
        None => None,
        Some("now") => Some(present()?),
        Some(text) => Some(scalar::parse_time(text).ok_or_else(|| {
            let message = format!("`{text}` is not a time");
            let help =
                "write it with its zone: `--now 2020-03-28T09:00:00Z`, or `now` for the present";
            Output::broken(message, Some(help))
        })?),
    };
    let epoch = std::env::var_os("SOURCE_DATE_EPOCH").filter(|epoch| !epoch.is_empty());
    let Some(epoch) = epoch else { return Ok((now, None)) };
    let seconds = epoch.to_str().and_then(|epoch| epoch.trim().parse::<i64>().ok());
    let time = seconds.and_then(|seconds| seconds.checked_mul(scalar::SECOND));
    let time = time.filter(|time| scalar::is_time(*time)).ok_or_else(|| {
        let message = format!("`{}` in SOURCE_DATE_EPOCH is not a time", epoch.to_string_lossy());
        let help = "write the seconds since 1970, such as 1585386000, or unset the variable";
        Output::broken(message, Some(help))
    })?;
    Ok((now, Some(time)))
}

/// A rule that nobody knows would silently be no check at all, and so would one of rules that do not judge this.
fn unknown_rules(report: &Report<'_>, inputs: &Inputs, selection: &Selection) -> Option<Output> {
    if report.environments.is_empty() {
        return None;
    }
    let judges = |environment: &session::Checked<'_>, id: &str| {
        environment.rules.rules.iter().any(|rule| means(id, &rule.id))
    };
    for id in selection.rules.iter().chain(&selection.skip) {
        if report.environments.iter().any(|environment| judges(environment, id)) {
            continue;
        }
        let message = format!("there is no rule `{id}`");
        let packs: Vec<_> =
            inputs.packs.iter().map(|pack| rules::ready(&inputs.sources, pack)).collect();
        let has = |pack: &&rules::Ready| pack.rules.rules.iter().any(|rule| means(id, &rule.id));
        let Some(other) = packs.iter().find(has) else {
            let environments = report.environments.iter();
            let ids = environments.flat_map(|environment| &environment.rules.rules);
            let help = did_you_mean(id, ids.map(|rule| rule.id.as_str()));
            let help = help.as_deref().or(Some("`failback rules` lists them"));
            return Some(Output::broken(message, help));
        };
        let mut judging: Vec<&str> = Vec::new();
        for environment in &report.environments {
            let name = environment.rules.name.as_str();
            if !judging.contains(&name) {
                judging.push(name);
            }
        }
        let message = format!("{message} in {}, which judges here", judging.join(" and "));
        let when = other.rules.when.as_ref();
        let when = when.map(|(field, word)| format!(", which judges `{field}: {word}`"));
        let help = format!("it is a rule of {}{}", other.rules.name, when.unwrap_or_default());
        return Some(Output::broken(message, Some(&help)));
    }
    None
}

/// A unit that nobody knows would silently be no check at all.
pub fn unknown_names(report: &Report<'_>, selection: &Selection) -> Option<Output> {
    if report.environments.is_empty() {
        return None;
    }
    for id in &selection.units {
        let known = |environment: &session::Checked<'_>| {
            let unit = environment.rules.schema.unit?;
            environment.facts.find(unit, id)
        };
        if report.environments.iter().all(|environment| known(environment).is_none()) {
            let mut ids: Vec<&str> = report
                .environments
                .iter()
                .filter_map(|environment| Some((environment, environment.rules.schema.unit?)))
                .flat_map(|(environment, unit)| environment.facts.keys_of(unit))
                .collect();
            ids.sort_unstable();
            let help = did_you_mean(id, ids);
            let message = format!("no description has a unit `{id}`");
            return Some(Output::broken(message, help.as_deref()));
        }
    }
    None
}

/// What to say where there was no description.
pub fn nothing(paths: &[PathBuf], seen: usize) -> String {
    let paths: Vec<String> = paths.iter().map(|path| format!("`{}`", path.display())).collect();
    let files = match seen {
        0 => "no file ends in .yaml, .yml or .json".to_owned(),
        1 => "1 file was looked at".to_owned(),
        seen => format!("{seen} files were looked at"),
    };
    let text = format!(
        "nothing was checked: no description in {} ({files})\n  help: a description begins with `apiVersion: \
         {API_VERSION}` and `kind: {KIND}`\n",
        paths.join(", ")
    );
    sanitise::clean_lines(&text).into_owned()
}
