//! `failback fmt`: rule files in their one layout.

use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::cli::args::{self, Color};
use crate::cli::{BROKEN, FOUND, NOTHING, OK, Output, terminal};
use crate::language::{MAX_FILE, format};
use crate::report::human::Printer;
use crate::report::sanitise;
use crate::source::Sources;

/// Runs the command.
pub fn run(arguments: &args::Fmt, color: Color) -> Output {
    if arguments.paths.iter().any(|path| path.as_os_str() == "-") {
        return standard_input(arguments.check, color);
    }
    let files = match files(&arguments.paths) {
        Ok(files) => files,
        Err(output) => return output,
    };
    if files.is_empty() {
        let message = "no file ends in .gate";
        return Output { code: NOTHING, ..Output::broken(message, None) };
    }
    let mut output = Output::default();
    let mut changed = 0;
    for path in &files {
        let name = sanitise::clean(&path.display().to_string()).into_owned();
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) => {
                output.aside.push_str(&format!("error: cannot read `{name}`: {error}\n"));
                output.code = BROKEN;
                continue;
            }
        };
        let Some(formatted) = layout(&name, &text, color, &mut output) else { continue };
        if formatted == text {
            continue;
        }
        changed += 1;
        if arguments.check {
            output.result.push_str(&format!("{name}\n"));
        } else if let Err(error) = replace(path, &formatted) {
            output.aside.push_str(&format!("error: cannot write `{name}`: {error}\n"));
            output.code = BROKEN;
        }
    }
    let verb = if arguments.check { "would be" } else { "were" };
    output.aside.push_str(&format!("{changed} of {} files {verb} reformatted\n", files.len()));
    if output.code == OK && arguments.check && changed > 0 {
        output.code = FOUND;
    }
    output
}

/// The text in its layout; what keeps it from having one is told.
fn layout(name: &str, text: &str, color: Color, output: &mut Output) -> Option<String> {
    let mut sources = Sources::default();
    let file = sources.add(name, text);
    match format::format(&sources, file) {
        Ok(formatted) => Some(formatted),
        Err(diagnostics) => {
            let look = terminal::look(color);
            let printer = Printer::new(&sources, &look);
            for diagnostic in diagnostics.into_sorted() {
                printer.print(&mut output.aside, &diagnostic);
            }
            output.code = BROKEN;
            None
        }
    }
}

fn standard_input(check: bool, color: Color) -> Output {
    let mut text = String::new();
    let limit = MAX_FILE as u64 + 1;
    if let Err(error) = io::stdin().lock().take(limit).read_to_string(&mut text) {
        return Output::broken(format!("cannot read standard input: {error}"), None);
    }
    let mut output = Output::default();
    let Some(formatted) = layout("<stdin>", &text, color, &mut output) else { return output };
    match check {
        true => output.code = if formatted == text { OK } else { FOUND },
        false => {
            output.result = formatted;
            output.exact = true;
        }
    }
    output
}

/// Writes beside the file and renames: whoever reads it finds the old text or the new one.
fn replace(path: &Path, text: &str) -> io::Result<()> {
    let path = fs::canonicalize(path)?;
    let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    let beside = path.with_file_name(format!(".{name}.{}", std::process::id()));
    let written = fs::write(&beside, text)
        .and_then(|()| fs::set_permissions(&beside, fs::metadata(&path)?.permissions()))
        .and_then(|()| fs::rename(&beside, &path));
    if written.is_err() {
        let _ = fs::remove_file(&beside);
    }
    written
}

fn files(paths: &[PathBuf]) -> Result<Vec<PathBuf>, Output> {
    let mut found = Vec::new();
    for path in paths {
        for entry in WalkDir::new(path).sort_by_file_name() {
            let entry = entry.map_err(|error| {
                Output::broken(format!("cannot read `{}`: {error}", path.display()), None)
            })?;
            let is_rules = entry.path().extension().is_some_and(|ending| ending == "gate");
            if entry.file_type().is_file() && (is_rules || entry.depth() == 0) {
                found.push(entry.into_path());
            }
        }
    }
    Ok(found)
}
