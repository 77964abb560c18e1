//! `--report FORM=FILE`: the report in more forms, each in a file.
//!
//! Owns what may be asked for, which is looked at before anything is checked, and that a file is the old report or the new
//! one, never a part.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::cli::Output;
use crate::cli::import::output::{self, Before, New};
use crate::cli::settings::Setting;
use crate::diagnostic::did_you_mean;
use crate::report::forms::{self, Form};
use crate::report::layout::{Graphics, Look};
use crate::report::review::Base;
use crate::session::Report;

/// A report that is wanted in a file.
#[derive(Debug)]
pub struct Wanted {
    /// Its form.
    pub form: Form,
    /// Where it goes.
    pub path: PathBuf,
}

/// What is asked for, or what is wrong with that.
pub fn wanted(arguments: &[String], inputs: &[PathBuf]) -> Result<Vec<Wanted>, Output> {
    let mut all: Vec<Wanted> = Vec::new();
    let mut known: Vec<PathBuf> = inputs.iter().map(|path| real(path)).collect();
    for argument in arguments {
        let Some((name, path)) = argument.split_once('=').filter(|(_, path)| !path.is_empty())
        else {
            let message = format!("`{argument}` is not a form and a file");
            return Err(Output::broken(message, Some("write `--report sarif=failback.sarif`")));
        };
        let Some(form) = Form::named(name) else {
            let names = Form::ALL.map(Form::name);
            let help = did_you_mean(name, names);
            let help = help.unwrap_or_else(|| format!("forms: {}", names.join(", ")));
            return Err(Output::broken(format!("no report has the form `{name}`"), Some(&help)));
        };
        if path == "-" {
            let help = format!("write `--format {name}`");
            return Err(Output::broken("a report goes into a file", Some(&help)));
        }
        let path = PathBuf::from(path);
        let place = real(&path);
        if known.contains(&place) {
            let message = match inputs.iter().any(|input| real(input) == place) {
                true => format!("`{}` is checked, so no report can go there", path.display()),
                false => format!("`{}` is named for two reports", path.display()),
            };
            return Err(Output::broken(message, Some("name another file")));
        }
        fits(&path)?;
        known.push(place);
        all.push(Wanted { form, path });
    }
    Ok(all)
}

/// Whether a report can go into a file, as far as that can be seen.
pub fn fits(path: &Path) -> Result<(), Output> {
    seen(&real(path)).map_err(|reason| {
        Output::broken(format!("cannot write `{}`: {reason}", path.display()), None)
    })
}

fn seen(path: &Path) -> Result<(), String> {
    match fs::metadata(path) {
        Ok(data) if data.is_file() => Ok(()),
        Ok(data) if data.is_dir() => Err("it is a folder".to_owned()),
        Ok(_) => Err("it is no regular file".to_owned()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            match path.parent().is_some_and(Path::is_dir) {
                true => Ok(()),
                false => Err("its folder does not exist".to_owned()),
            }
        }
        Err(error) => Err(error.to_string()),
    }
}

/// The file that is meant, by one name however it is written.
fn real(path: &Path) -> PathBuf {
    if let Ok(real) = fs::canonicalize(path) {
        return real;
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let folder = folder.unwrap_or(Path::new("."));
    let folder = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_owned());
    path.file_name().map_or_else(|| path.to_owned(), |name| folder.join(name))
}

/// Writes the reports, and says what could not be written or taken into them.
pub fn write(
    report: &Report<'_>,
    wanted: &[Setting<Wanted>],
    all: bool,
    base: &Base,
) -> (String, bool) {
    let (mut said, mut is_whole) = (String::new(), true);
    // Not of this terminal: a file is the same wherever it is written.
    let look = Look { all, graphics: Graphics::Unicode, ..Look::default() };
    for Wanted { form, path } in wanted.iter().map(|wanted| &wanted.value) {
        let text = forms::render(report, *form, &look, base);
        let fill = |out: &mut dyn io::Write| out.write_all(text.as_bytes());
        let new = New { path, before: Before::Any, fill: &fill };
        if let Err(failed) = output::write(&[new]) {
            let message = format!("cannot write `{}`: {}", path.display(), failed.error);
            said.push_str(&Output::broken(message, None).aside);
            is_whole = false;
        }
        if let Some(cut) = forms::cut(report, *form, base) {
            said.push_str(&format!("warning: {cut}\n"));
        }
    }
    (said, is_whole)
}
