//! What a run is set to, and where each setting is from: flags, then variables, then `failback.toml`, then defaults.
//!
//! Owns which file is read, the order of precedence, and the lock: a file of the same form from a place that the change
//! cannot touch, whose settings win, and without which the file of the repository weakens nothing. What is wrong in either
//! file is a located error of the run, and the rest of it still counts.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::args;
use crate::cli::reports::{self, Wanted};
use crate::cli::settings::file::{Fault, File};
use crate::cli::settings::waivers::Waivers;
use crate::cli::{Output, check};
use crate::compile::ir::Level;
use crate::compile::select::means;
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::report::forms::Form;
use crate::session::{Inputs, rules};
use crate::source::{FileId, Span};

pub mod file;
pub mod waivers;
mod show;

/// The name of the file.
pub const NAME: &str = "failback.toml";

/// Where a setting is from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Nobody set it.
    Default,
    /// A flag.
    Flag(&'static str),
    /// A variable of the environment.
    Variable(&'static str),
    /// A file and a line of it.
    File(String),
}

/// A setting.
#[derive(Clone, Debug)]
pub struct Setting<T> {
    /// Its value.
    pub value: T,
    /// Where it is from.
    pub from: Origin,
}

/// All settings of a check.
#[derive(Debug)]
pub struct Settings {
    /// The folder of the rules, in place of those of the program.
    pub rules: Setting<Option<PathBuf>>,
    /// Rules that do not run.
    pub skip: Setting<Vec<String>>,
    /// The form on standard output.
    pub format: Setting<Form>,
    /// The file of recorded findings.
    pub baseline: Setting<Option<PathBuf>>,
    /// The files of waivers.
    pub waivers: Waivers,
    /// The forms that are written into files.
    pub reports: Vec<Setting<Wanted>>,
    /// Other levels of advisories.
    pub levels: Vec<Setting<(String, Level)>>,
    /// The files that were read, with what is wrong in them.
    files: Vec<(File, Vec<Fault>)>,
}

impl Settings {
    /// Reads what a run is set to.
    pub fn read(arguments: &args::Check, wanted: Vec<Wanted>) -> Result<Self, Output> {
        let lock = arguments.policy_lock.clone().or_else(|| path_of("FAILBACK_POLICY_LOCK"));
        let lock = lock.as_deref().map(read).transpose()?;
        let own = match (&arguments.config, arguments.isolated) {
            (Some(path), _) => Some(read(path)?),
            (None, true) => None,
            (None, false) => nearest(&arguments.paths).as_deref().map(read).transpose()?,
        };
        let is_locked = lock.is_some();
        let mut files: Vec<(File, Vec<Fault>)> = own.into_iter().collect();
        if let (Some((lock, _)), Some((own, faults))) = (&lock, files.first_mut()) {
            own.give_way(lock, faults);
        }
        // What the lock says counts before what the repository does.
        let own = files.pop();
        files.extend(lock);
        files.extend(own);
        let mut settings = Self::flags(arguments, wanted)?;
        settings.waivers.is_locked = is_locked;
        for (file, _) in &files {
            settings.fill(file);
        }
        settings.files = files;
        for report in &settings.reports {
            reports::fits(&report.value.path)?;
        }
        Ok(settings)
    }

    /// What flags and variables set.
    fn flags(arguments: &args::Check, reports: Vec<Wanted>) -> Result<Self, Output> {
        let variable = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
        let rules = match (&arguments.pack.folder, path_of("FAILBACK_RULES")) {
            (Some(folder), _) => {
                Setting { value: Some(folder.clone()), from: Origin::Flag("--rules") }
            }
            (None, Some(folder)) => {
                Setting { value: Some(folder), from: Origin::Variable("FAILBACK_RULES") }
            }
            (None, None) => Setting { value: None, from: Origin::Default },
        };
        let skip = match (arguments.skip_rule.as_slice(), variable("FAILBACK_SKIP_RULES")) {
            ([], Some(ids)) => Setting {
                value: ids.split(',').map(|id| id.trim().to_owned()).collect(),
                from: Origin::Variable("FAILBACK_SKIP_RULES"),
            },
            ([], None) => Setting { value: Vec::new(), from: Origin::Default },
            (ids, _) => Setting { value: ids.to_vec(), from: Origin::Flag("--skip-rule") },
        };
        let format = match (arguments.format, variable("FAILBACK_FORMAT")) {
            (Some(form), _) => Setting { value: form, from: Origin::Flag("--format") },
            (None, Some(name)) => match Form::named(&name) {
                Some(form) => Setting { value: form, from: Origin::Variable("FAILBACK_FORMAT") },
                None => {
                    let message = format!("no report has the form `{name}` of FAILBACK_FORMAT");
                    let help = did_you_mean(&name, Form::ALL.map(Form::name));
                    return Err(Output::broken(message, help.as_deref()));
                }
            },
            (None, None) => Setting { value: Form::default(), from: Origin::Default },
        };
        // What records a baseline looks at everything.
        let recorded = arguments.write_baseline.is_some();
        let baseline = match (&arguments.baseline, path_of("FAILBACK_BASELINE")) {
            (Some(file), _) => {
                Setting { value: Some(file.clone()), from: Origin::Flag("--baseline") }
            }
            (None, Some(file)) if !recorded => {
                Setting { value: Some(file), from: Origin::Variable("FAILBACK_BASELINE") }
            }
            (None, _) if recorded => {
                Setting { value: None, from: Origin::Flag("--write-baseline") }
            }
            (None, _) => Setting { value: None, from: Origin::Default },
        };
        let reports = reports.into_iter();
        let reports = reports.map(|value| Setting { value, from: Origin::Flag("--report") });
        let waivers = Waivers::flags(&arguments.waiving.waivers, false);
        let (reports, levels, files) = (reports.collect(), Vec::new(), Vec::new());
        Ok(Self { rules, skip, format, baseline, waivers, reports, levels, files })
    }

    /// Takes from a file what is not set yet.
    fn fill(&mut self, file: &File) {
        if let (Origin::Default, Some(found)) = (&self.rules.from, &file.rules) {
            let value = Some(file.folder.join(&found.value));
            self.rules = Setting { value, from: file.origin(found) };
        }
        if let (Origin::Default, Some(found)) = (&self.baseline.from, &file.baseline) {
            let value = Some(file.folder.join(&found.value));
            self.baseline = Setting { value, from: file.origin(found) };
        }
        self.waivers.fill(file);
        if let (Origin::Default, Some(found)) = (&self.skip.from, &file.skip) {
            let value = found.value.iter().map(|id| id.value.clone()).collect();
            self.skip = Setting { value, from: file.origin(found) };
        }
        if let (Origin::Default, Some(found)) = (&self.format.from, &file.format) {
            self.format = Setting { value: found.value, from: file.origin(found) };
        }
        for found in &file.reports {
            let (form, path) = (found.value.0, file.folder.join(&found.value.1));
            if self.reports.iter().all(|known| known.value.form != form) {
                let value = Wanted { form, path };
                self.reports.push(Setting { value, from: file.origin(found) });
            }
        }
        for found in &file.levels {
            if self.levels.iter().all(|known| known.value.0 != found.value.0.value) {
                let value = (found.value.0.value.clone(), found.value.1);
                self.levels.push(Setting { value, from: file.origin(found) });
            }
        }
    }

    /// The texts of the run, without descriptions yet: rules, and the files of settings with what is wrong in them.
    pub fn inputs(&mut self) -> Inputs {
        let mut inputs = check::inputs(self.rules.value.as_deref());
        let named =
            self.files.iter().any(|(file, _)| file.skip.is_some() || !file.levels.is_empty());
        let known: Vec<(String, Level)> = match named {
            false => Vec::new(),
            true => inputs
                .packs
                .iter()
                .flat_map(|pack| rules::ready(&inputs.sources, pack).rules.rules)
                .map(|rule| (rule.id, rule.level))
                .collect(),
        };
        for (file, faults) in &mut self.files {
            if !known.is_empty() {
                unknown_rules(file, &known, faults);
            }
            let id = inputs.sources.add(file.name.as_str(), file.text.as_str());
            inputs.problems.extend(faults.drain(..).map(|fault| located(fault, id)));
        }
        self.skip.value.retain(|id| {
            !matches!(self.skip.from, Origin::File(_))
                || known.iter().any(|(rule, _)| means(id, rule))
        });
        self.levels.retain(|one| {
            known.iter().any(|(rule, level)| *rule == one.value.0 && *level != Level::Error)
        });
        inputs
    }

    /// What is left out or made less by settings and flags, a sentence each.
    pub fn weakened(&self) -> Vec<String> {
        let mut all = Vec::new();
        if let Some(folder) = &self.rules.value {
            all.push(format!("rules of `{}` in place of those of the program", folder.display()));
        }
        if !self.skip.value.is_empty() {
            all.push(format!("skipped: {}", self.skip.value.join(", ")));
        }
        if let Some(file) = &self.baseline.value {
            all.push(format!("judged beside the baseline `{}`", file.display()));
        }
        all.extend(
            self.levels.iter().map(|one| {
                format!("{} is at level {}", one.value.0, file::level_word(one.value.1))
            }),
        );
        all
    }
}

fn path_of(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).filter(|path| !path.is_empty()).map(PathBuf::from)
}

fn read(path: &Path) -> Result<(File, Vec<Fault>), Output> {
    let broken = |reason: String| {
        Output::broken(format!("cannot read the settings `{}`: {reason}", path.display()), None)
    };
    match fs::metadata(path) {
        Ok(data) if data.is_file() => {}
        Ok(_) => return Err(broken("it is no regular file".to_owned())),
        Err(error) => return Err(broken(error.to_string())),
    }
    let text = fs::read_to_string(path).map_err(|error| broken(error.to_string()))?;
    Ok(File::parse(path, text))
}

/// The file nearest above the first path, up to the folder that holds a repository.
fn nearest(paths: &[PathBuf]) -> Option<PathBuf> {
    let first = paths.first().filter(|path| path.as_os_str() != "-");
    let first = first.map_or(Path::new("."), PathBuf::as_path);
    let real = fs::canonicalize(first).ok()?;
    let here = env::current_dir().ok()?;
    for folder in real.ancestors().filter(|folder| folder.is_dir()) {
        let file = folder.join(NAME);
        if file.is_file() {
            // Below the folder of the run it is named from there, as descriptions are.
            return Some(file.strip_prefix(&here).map_or(file.clone(), Path::to_path_buf));
        }
        if folder.join(".git").exists() {
            return None;
        }
    }
    None
}

/// Rules that no pack has, and levels of rules that close the gate.
fn unknown_rules(file: &File, known: &[(String, Level)], faults: &mut Vec<Fault>) {
    let ids = || known.iter().map(|(id, _)| id.as_str());
    let skipped = file.skip.iter().flat_map(|skip| &skip.value);
    let skipped = skipped.filter(|id| !ids().any(|known| means(&id.value, known)));
    let levelled = file.levels.iter().map(|level| &level.value.0);
    let levelled = levelled.filter(|id| !ids().any(|known| known == id.value));
    for id in skipped.chain(levelled) {
        let near = crate::diagnostic::nearest(&id.value, ids());
        let message = format!("there is no rule `{}`", id.value);
        faults.push(Fault::new("unknown-rule", message, id.span.clone()).suggest(near));
    }
    for level in &file.levels {
        let id = &level.value.0;
        if known.iter().any(|(rule, level)| *rule == id.value && *level == Level::Error) {
            let message = format!("`{}` closes the gate, so it has no other level", id.value);
            let help = "only advisories have levels that can be set";
            faults.push(Fault::new("fixed-level", message, id.span.clone()).help(help));
        }
    }
}

fn located(fault: Fault, file: FileId) -> Diagnostic {
    let span = Span::new(file, fault.span.start, fault.span.end);
    let told = Diagnostic::error(fault.code, fault.message, span).maybe_help(fault.help);
    told.suggest(fault.near.as_deref())
}
