//! `failback import`: descriptions from what administrators export.

pub mod output;
pub mod progress;
pub mod update;

use std::fs;
use std::io::{IsTerminal, Read};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use crate::cli::args::Color;
use crate::cli::args::import as args;
use crate::cli::import::progress::Progress;
use crate::cli::{BROKEN, OK, Output, check, terminal};
use crate::diagnostic::{Diagnostic, Severity};
use crate::import::read::{Content, Input};
use crate::import::{self, Imported, Options};
use crate::report::human::Printer;
use crate::report::sanitise;
use crate::source::Sources;
use crate::yaml::Limits;

/// Standard input is held as a whole.
const PIPED: u64 = 1 << 30;
/// Endings of what stands beside exports in a folder and is none.
const SKIPPED: [&str; 7] = ["md", "yaml", "yml", "gate", "ps1", "sh", "log"];
/// The key of the sidecar that tells whether a person changed the description since.
const DIGEST: &str = "description";

/// Runs the command.
pub fn run(arguments: &args::Import, color: Color) -> Output {
    let as_of = match check::times(arguments.as_of.as_deref()) {
        Ok((as_of, _)) => as_of,
        Err(_) => {
            let text = arguments.as_of.as_deref().unwrap_or_default();
            let help = "write it with its zone: `--as-of 2020-03-28T09:00:00Z`";
            return Output::broken(format!("`{text}` is not a time"), Some(help));
        }
    };
    let options = Options { as_of, name: arguments.name.clone(), ..Options::default() };
    if let Some(path) = arguments.output.as_deref().filter(|_| !arguments.force)
        && is_foreign(path)
    {
        let path = path.display();
        let help = format!(
            "`--into {path}` brings it up to date and keeps what a person wrote; `--force` writes it anew"
        );
        let message = format!("`{path}` is there already, and not as an import left it");
        return Output::broken(message, Some(&help));
    }
    let (inputs, problems) = inputs(&arguments.paths);
    let imported = read(inputs, &options);
    let mut output = match (&arguments.into, &arguments.output) {
        (Some(path), _) => update::update(&imported, path, arguments.dry_run),
        (None, Some(path)) => written(&imported, path, arguments.comments),
        (None, None) => {
            let alone = arguments.provenance.is_some() || std::io::stdout().is_terminal();
            piped(&imported, arguments.comments, alone)
        }
    };
    if let Some(path) = &arguments.provenance
        && let Err(error) = output::write(path, &printed(&imported.provenance), None)
    {
        output = Output::broken(format!("cannot write `{}`: {error}", path.display()), None);
    }
    let told = aside(&imported, problems, color);
    if imported.diagnostics.has_errors() || told.1 {
        output.code = BROKEN;
    }
    output.aside = format!("{}{}", told.0, output.aside);
    output
}

/// Everything that is not the description: what went wrong, then the report. Also whether anything was refused.
fn aside(imported: &Imported, problems: Vec<Diagnostic>, color: Color) -> (String, bool) {
    let look = terminal::look(color);
    let sources = Sources::default();
    let printer = Printer::new(&sources, &look);
    let mut out = String::new();
    let refused = !problems.is_empty();
    for diagnostic in problems.iter().chain(imported.diagnostics.iter()) {
        // The report has a line of its own for these.
        if diagnostic.code != "out-of-scope" {
            printer.print(&mut out, diagnostic);
        }
    }
    out.push_str(&sanitise::clean_lines(&imported.report.to_string()));
    (out, refused)
}

fn read(inputs: Vec<Input>, options: &Options) -> Imported {
    let progress = Progress::new();
    let count = inputs.len();
    let inputs = inputs.into_iter().enumerate().map(|(at, input)| {
        progress.at(at + 1, count, &input.name);
        input
    });
    import::import(inputs, options)
}

/// The files of the paths, in order, and what could not be read.
fn inputs(paths: &[PathBuf]) -> (Vec<Input>, Vec<Diagnostic>) {
    let (mut inputs, mut problems) = (Vec::new(), Vec::new());
    for path in paths {
        if path.as_os_str() == "-" {
            let mut bytes = Vec::new();
            match std::io::stdin().lock().take(PIPED + 1).read_to_end(&mut bytes) {
                Ok(_) if bytes.len() as u64 > PIPED => {
                    problems.push(unreadable("<stdin>", "it is larger than 1GiB"));
                }
                Ok(_) => inputs.push(import::bytes("<stdin>", bytes)),
                Err(error) => problems.push(unreadable("<stdin>", &error.to_string())),
            }
            continue;
        }
        match fs::metadata(path) {
            Ok(data) if data.is_dir() => walk(path, &mut inputs, &mut problems),
            // A pipe may never end, and a device is no export.
            Ok(data) if !data.is_file() => {
                let reason = "it is not a regular file; write `-` and pipe into standard input";
                problems.push(unreadable(&shown(path), reason));
            }
            Ok(_) => inputs.push(named(path)),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                problems.push(unreadable(&shown(path), "there is no such file or folder"));
            }
            Err(error) => problems.push(unreadable(&shown(path), &error.to_string())),
        }
    }
    (inputs, problems)
}

fn walk(folder: &Path, inputs: &mut Vec<Input>, problems: &mut Vec<Diagnostic>) {
    let walk = WalkDir::new(folder).sort_by_file_name().into_iter();
    let hidden = |name: &std::ffi::OsStr| name.to_string_lossy().starts_with('.');
    for entry in walk.filter_entry(|entry| entry.depth() == 0 || !hidden(entry.file_name())) {
        match entry {
            Ok(entry) if entry.file_type().is_file() => {
                let name = entry.file_name().to_string_lossy().to_ascii_lowercase();
                let ending = name.rsplit_once('.').map_or("", |(_, ending)| ending);
                if !SKIPPED.contains(&ending) && !name.ends_with(".provenance.json") {
                    inputs.push(named(entry.path()));
                }
            }
            Ok(_) => {}
            Err(error) => {
                let path = error.path().map(shown).unwrap_or_default();
                problems.push(unreadable(&path, &error.to_string()));
            }
        }
    }
}

fn named(path: &Path) -> Input {
    Input { name: shown(path), content: Content::Path(path.to_path_buf()) }
}

fn shown(path: &Path) -> String {
    let text = path.display().to_string();
    text.strip_prefix("./").unwrap_or(&text).to_owned()
}

fn unreadable(name: &str, reason: &str) -> Diagnostic {
    Diagnostic::new(Severity::Error, "unreadable", format!("cannot read `{name}`: {reason}"))
}

/// Whether a file is there that no import left like that.
fn is_foreign(path: &Path) -> bool {
    let Ok(bytes) = fs::read(path) else { return path.exists() };
    let sidecar = fs::read(output::sidecar(path)).unwrap_or_default();
    let sidecar: serde_json::Value = serde_json::from_slice(&sidecar).unwrap_or_default();
    !bytes.is_empty() && sidecar[DIGEST].as_str() != Some(digest(&bytes).as_str())
}

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The sidecar as text, with the digest of the description it belongs to.
fn signed(provenance: &serde_json::Value, description: &str) -> String {
    let mut provenance = provenance.clone();
    provenance[DIGEST] = digest(description.as_bytes()).into();
    printed(&provenance)
}

fn printed(value: &serde_json::Value) -> String {
    // Strings and numbers only: this does not fail.
    let mut text = serde_json::to_string_pretty(value).unwrap_or_default();
    text.push('\n');
    text
}

/// The description; a program that reads it gets the origins behind it, as there is no file beside it.
fn piped(imported: &Imported, comments: bool, alone: bool) -> Output {
    let mut text = imported.yaml(comments);
    if !alone && !text.is_empty() {
        let origins = serde_json::to_string(&imported.provenance).unwrap_or_default();
        if text.len() + origins.len() < Limits::default().bytes {
            text.push_str("---\n");
            text.push_str(&origins);
            text.push('\n');
        }
    }
    Output::new(text, OK)
}

fn written(imported: &Imported, path: &Path, comments: bool) -> Output {
    let text = imported.yaml(comments);
    if text.is_empty() {
        return Output::broken(format!("nothing to write to `{}`", path.display()), None);
    }
    let sidecar = output::sidecar(path);
    let origins = signed(&imported.provenance, &text);
    for (path, text) in [(path, &text), (&sidecar, &origins)] {
        if let Err(error) = output::write(path, text, None) {
            return Output::broken(format!("cannot write `{}`: {error}", path.display()), None);
        }
    }
    let (path, sidecar) = (path.display(), sidecar.display());
    let mut output = Output::new("", OK);
    output.aside = format!(
        "wrote {path} and {sidecar}\nnext: failback check {path}, then failback ask {path}\n"
    );
    output
}
