//! `failback.toml`, and a policy lock, which has the same form.
//!
//! Owns its keys and what they hold. What does not fit is a fault with a place, and counts as if it were left out.
//!
//! ```toml
//! rules = "rules/own"
//! skip-rules = ["ABC-022"]
//! format = "concise"
//! [reports]
//! sarif = "out/failback.sarif"
//! [levels]
//! ABC-008 = "note"
//! ```

use std::ops::Range;
use std::path::{Path, PathBuf};

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::cli::settings::Origin;
use crate::compile::ir::Level;
use crate::diagnostic::nearest;
use crate::report::forms::Form;

/// The keys of the file.
pub const KEYS: [&str; 7] =
    ["rules", "skip-rules", "format", "waivers", "baseline", "reports", "levels"];

/// Something in the file and where it is, in bytes.
#[derive(Clone, Debug)]
pub struct At<T> {
    /// What it is.
    pub value: T,
    /// Where it is.
    pub span: Range<usize>,
}

/// What is wrong in the file.
#[derive(Clone, Debug)]
pub struct Fault {
    /// A stable word.
    pub code: &'static str,
    /// What is wrong.
    pub message: String,
    /// Where.
    pub span: Range<usize>,
    /// What to do.
    pub help: Option<String>,
    /// What was meant, if something is near.
    pub near: Option<String>,
}

impl Fault {
    /// A fault at a place.
    pub fn new(code: &'static str, message: String, span: Range<usize>) -> Self {
        Self { code, message, span, help: None, near: None }
    }

    /// Says what to do.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says what was meant, where something is near.
    pub fn suggest(mut self, near: Option<&str>) -> Self {
        self.near = near.map(str::to_owned);
        self
    }
}

/// A file of settings.
#[derive(Debug, Default)]
pub struct File {
    /// Its name, as shown.
    pub name: String,
    /// The folder from which its paths are read.
    pub folder: PathBuf,
    /// Its text.
    pub text: String,
    /// `rules`
    pub rules: Option<At<String>>,
    /// `skip-rules`
    pub skip: Option<At<Vec<At<String>>>>,
    /// `format`
    pub format: Option<At<Form>>,
    /// `baseline`
    pub baseline: Option<At<String>>,
    /// `waivers`
    pub waivers: Option<At<Vec<At<String>>>>,
    /// `[reports]`
    pub reports: Vec<At<(Form, String)>>,
    /// `[levels]`
    pub levels: Vec<At<(At<String>, Level)>>,
}

/// The word of a level that can be set.
pub fn level_word(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
    }
}

impl File {
    /// Reads a text.
    pub fn parse(path: &Path, text: String) -> (Self, Vec<Fault>) {
        let name = path.display().to_string();
        let folder = path.parent().map(Path::to_path_buf).unwrap_or_default();
        let mut file = Self { name, folder, ..Self::default() };
        let mut faults = Vec::new();
        match DeTable::parse(&text) {
            Ok(table) => {
                for (key, value) in table.get_ref() {
                    file.key(key, value, &mut faults);
                }
            }
            Err(error) => {
                let message = error.message().lines().next().unwrap_or_default().to_owned();
                let span = error.span().unwrap_or(0..0);
                faults.push(Fault::new("toml-syntax", message, span));
            }
        }
        file.text = text;
        (file, faults)
    }

    fn key<K: AsRef<str>>(
        &mut self,
        key: &Spanned<K>,
        value: &Spanned<DeValue<'_>>,
        faults: &mut Vec<Fault>,
    ) {
        let name = key.get_ref().as_ref();
        let span = value.span();
        let wrong = |wanted: &str| {
            let message = format!("`{name}` holds {}", what(value.get_ref()));
            Fault::new("wrong-type", message, value.span()).help(format!("write {wanted}"))
        };
        match (name, value.get_ref()) {
            ("rules", DeValue::String(text)) => {
                self.rules = Some(At { value: text.to_string(), span: key.span() });
            }
            ("baseline", DeValue::String(text)) => {
                self.baseline = Some(At { value: text.to_string(), span: key.span() });
            }
            ("baseline", _) => faults.push(wrong("a file: `baseline = \"known.json\"`")),
            ("rules", _) => faults.push(wrong("a folder: `rules = \"rules/own\"`")),
            ("skip-rules" | "waivers", DeValue::Array(list)) => {
                let mut found = Vec::new();
                for one in list.iter() {
                    match one.get_ref() {
                        DeValue::String(text) => {
                            found.push(At { value: text.to_string(), span: one.span() });
                        }
                        _ => faults.push(wrong(list_of(name))),
                    }
                }
                let found = Some(At { value: found, span: key.span() });
                if name == "waivers" { self.waivers = found } else { self.skip = found }
            }
            ("skip-rules" | "waivers", _) => faults.push(wrong(list_of(name))),
            ("format", DeValue::String(text)) => {
                let form = form(text, span, faults);
                self.format = form.map(|form| At { value: form, span: key.span() });
            }
            ("format", _) => faults.push(wrong("a form: `format = \"concise\"`")),
            ("reports", DeValue::Table(table)) => {
                for (key, value) in table {
                    let Some(form) = form(key.get_ref(), key.span(), faults) else { continue };
                    match value.get_ref() {
                        DeValue::String(path) if !path.is_empty() && path != "-" => {
                            let value = (form, path.to_string());
                            self.reports.push(At { value, span: key.span() });
                        }
                        _ => faults.push(
                            Fault::new(
                                "wrong-type",
                                "a report goes into a file".to_owned(),
                                value.span(),
                            )
                            .help(format!("write `{} = \"FILE\"`", form.name())),
                        ),
                    }
                }
            }
            ("reports", _) => faults.push(wrong("a table of forms and files")),
            ("levels", DeValue::Table(table)) => {
                for (key, value) in table {
                    let level = match value.get_ref() {
                        DeValue::String(word) if word == "note" => Some(Level::Note),
                        DeValue::String(word) if word == "warning" => Some(Level::Warning),
                        _ => None,
                    };
                    let id = At { value: key.get_ref().to_string(), span: key.span() };
                    match level {
                        Some(level) => {
                            self.levels.push(At { value: (id, level), span: key.span() })
                        }
                        None => {
                            let message = format!("`{}` has no such level", id.value);
                            let fault = Fault::new("wrong-word", message, value.span());
                            faults.push(fault.help("write `\"note\"` or `\"warning\"`"));
                        }
                    }
                }
            }
            ("levels", _) => faults.push(wrong("a table of rules and levels")),
            (other, _) => {
                let message = format!("unknown setting `{other}`");
                let fault = Fault::new("unknown-key", message, key.span());
                let fault = fault.help(format!("known settings: {}", KEYS.join(", ")));
                faults.push(fault.suggest(nearest(other, KEYS)));
            }
        }
    }

    /// Gives up what would weaken the verdict and what a lock does not allow; each attempt is a fault.
    pub fn give_way(&mut self, lock: &File, faults: &mut Vec<Fault>) {
        let mut refuse = |key: &str, span: &Range<usize>, is_set: bool| {
            if !is_set {
                let message = format!("`{key}` cannot be set here: {} does not set it", lock.name);
                let help = "take it out, or have it put into the policy lock";
                faults.push(Fault::new("policy-lock", message, span.clone()).help(help));
            }
        };
        if let Some(rules) = self.rules.take() {
            refuse("rules", &rules.span, lock.rules.is_some());
        }
        if let Some(baseline) = self.baseline.take() {
            refuse("baseline", &baseline.span, lock.baseline.is_some());
        }
        if let Some(waivers) = self.waivers.take() {
            refuse("waivers", &waivers.span, lock.waivers.is_some());
        }
        if let Some(skip) = self.skip.take() {
            refuse("skip-rules", &skip.span, lock.skip.is_some());
        }
        let is_set = !lock.levels.is_empty();
        self.levels.drain(..).for_each(|level| refuse("levels", &level.span, is_set));
    }

    /// Where a setting is from.
    pub fn origin<T>(&self, at: &At<T>) -> Origin {
        let line = self.text[..at.span.start.min(self.text.len())].matches('\n').count() + 1;
        Origin::File(format!("{}:{line}", self.name))
    }
}

/// What a list holds.
fn list_of(name: &str) -> &'static str {
    match name {
        "waivers" => "files: `waivers = [\"waivers.yaml\"]`",
        _ => "ids of rules: `skip-rules = [\"ABC-001\"]`",
    }
}

fn form(name: &str, span: Range<usize>, faults: &mut Vec<Fault>) -> Option<Form> {
    let form = Form::named(name);
    if form.is_none() {
        let names = Form::ALL.map(Form::name);
        let fault = Fault::new("wrong-word", format!("no report has the form `{name}`"), span);
        let fault = fault.help(format!("forms: {}", names.join(", ")));
        faults.push(fault.suggest(nearest(name, names)));
    }
    form
}

fn what(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "yes or no",
        DeValue::Datetime(_) => "a time",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}
