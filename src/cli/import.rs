//! `failback import`: descriptions from what administrators export.

pub mod output;
pub mod progress;
pub mod update;

use std::fs;
use std::io::{self, IsTerminal, Read, Write};
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};
use walkdir::WalkDir;

use crate::cli::args::Color;
use crate::cli::args::import as args;
use crate::cli::import::output::{Before, Failed, Left, New};
use crate::cli::import::progress::Progress;
use crate::cli::{BROKEN, OK, Output, check, terminal};
use crate::diagnostic::{Diagnostic, Severity};
use crate::import::read::{Content, Input};
use crate::import::write::Sidecar;
use crate::import::{self, Imported, Options};
use crate::report::human::Printer;
use crate::report::{Format, sanitise, summary, wire};
use crate::session;
use crate::source::Sources;
use crate::yaml::Limits;

/// Standard input is held as a whole.
const PIPED: u64 = 1 << 30;
/// Endings of what stands beside exports in a folder and is none.
const SKIPPED: [&str; 7] = ["md", "yaml", "yml", "gate", "ps1", "sh", "log"];
/// The key of the sidecar for the digest of the description it belongs to.
const DIGEST: &str = "description";
/// The key of the sidecar that says that a person has written in the description, too.
const EDITED: &str = "edited";

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
    let target = arguments.into.as_deref().or(arguments.output.as_deref());
    let standing = match target.map(|path| Standing::look(path, arguments.dry_run)).transpose() {
        Ok(standing) => standing,
        Err(failed) => return not_written(&failed, "read"),
    };
    if let (Some(path), Some(standing)) = (&arguments.output, &standing)
        && !arguments.force
        && standing.is_foreign()
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
    let mut output = match (&arguments.into, &arguments.output, &standing) {
        (Some(path), _, Some(standing)) => {
            update::update(&imported, path, standing, arguments.dry_run)
        }
        (_, Some(path), Some(standing)) => {
            written(&imported, path, standing, arguments.comments, arguments.force)
        }
        _ => {
            let alone = arguments.provenance.is_some() || io::stdout().is_terminal();
            piped(&imported, arguments.comments, alone)
        }
    };
    if let Some(path) = &arguments.provenance {
        let fill = |out: &mut dyn Write| sign(out, &imported, None);
        if let Err(failed) = output::write(&[New { path, before: Before::Any, fill: &fill }]) {
            output = not_written(&failed, "write");
        }
    }
    let told = aside(&imported, problems, color);
    if imported.diagnostics.has_errors() || told.1 {
        output.code = BROKEN;
    }
    let left = standing.map(|standing| standing.left.message()).unwrap_or_default();
    output.aside = format!("{left}{}{}", told.0, output.aside);
    output
}

/// What stands where the description goes.
pub struct Standing {
    /// The description.
    pub description: Option<Vec<u8>>,
    /// Its sidecar.
    pub sidecar: Option<Vec<u8>>,
    left: Left,
}

impl Standing {
    /// Reads both, after mending what an interrupted import left; `only_look` leaves the folder as it is.
    fn look(path: &Path, only_look: bool) -> Result<Self, Failed> {
        let beside = output::sidecar(path);
        let failed = |path: &Path, error| Failed { path: path.to_path_buf(), error };
        let description = output::read(path).map_err(|error| failed(path, error))?;
        let belongs = |sidecar: &[u8]| {
            let own = description.as_deref().map(digest);
            own.is_some() && told(sidecar)[DIGEST].as_str() == own.as_deref()
        };
        let left =
            output::mend(path, &belongs, only_look).map_err(|error| failed(&beside, error))?;
        let sidecar = match (&left, only_look) {
            (Left::Sidecar(bytes), true) => Some(bytes.clone()),
            _ => output::read(&beside).map_err(|error| failed(&beside, error))?,
        };
        Ok(Self { description, sidecar, left })
    }

    /// Whether a description is there that no import left like that.
    fn is_foreign(&self) -> bool {
        let Some(bytes) = self.description.as_deref().filter(|bytes| !bytes.is_empty()) else {
            return false;
        };
        self.edited(bytes)
    }

    /// Whether a person has written in it, now or before.
    pub fn edited(&self, description: &[u8]) -> bool {
        let sidecar = self.sidecar.as_deref().map(told).unwrap_or_default();
        sidecar[DIGEST].as_str() != Some(digest(description).as_str()) || sidecar[EDITED] == true
    }
}

impl Left {
    fn message(&self) -> &'static str {
        match self {
            Self::Nothing => "",
            Self::Sidecar(_) => {
                "note: the last import was interrupted between the description and its sidecar; the sidecar it had made is used\n"
            }
            Self::Unused => {
                "note: an import was interrupted; what it had prepared is not used, as it does not belong to what is there\n"
            }
        }
    }
}

fn told(sidecar: &[u8]) -> serde_json::Value {
    serde_json::from_slice(sidecar).unwrap_or_default()
}

fn not_written(failed: &Failed, what: &str) -> Output {
    let message = format!("cannot {what} `{}`: {}", failed.path.display(), failed.error);
    let help = match failed.error.kind() {
        io::ErrorKind::InvalidInput => {
            "name a file; without -o the description goes to standard output"
        }
        _ if what == "write" => "nothing was written; run it again",
        _ => return Output::broken(message, None),
    };
    Output::broken(message, Some(help))
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
    let _progress = Progress::new(&options.watch);
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

fn digest(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Writes the sidecar, with the digest of the description it belongs to.
fn sign(out: &mut dyn Write, imported: &Imported, description: Option<&str>) -> io::Result<()> {
    let sidecar = Sidecar { environments: &imported.environments, description };
    wire::write(out, &sidecar)
}

/// The description; a program that reads it gets the origins behind it, as there is no file beside it.
fn piped(imported: &Imported, comments: bool, alone: bool) -> Output {
    let mut text = imported.yaml(comments);
    if !alone && !text.is_empty() {
        let sidecar = Sidecar { environments: &imported.environments, description: None };
        let origins = wire::line(&sidecar);
        if text.len() + origins.len() < Limits::default().bytes {
            text.push_str("---\n");
            text.push_str(&origins);
            text.push('\n');
        }
    }
    Output::exact(text)
}

/// What the gate of each environment of a description says, a line each.
fn verdicts(text: &str) -> String {
    let mut inputs = session::Inputs::shipped();
    inputs.describe("", text);
    session::run(&inputs, &session::Options::default(), |report| {
        let lines = report.environments.iter().map(|one| summary::line(one, Format::Concise));
        lines.map(|line| line + "\n").collect()
    })
}

fn written(
    imported: &Imported,
    path: &Path,
    standing: &Standing,
    comments: bool,
    force: bool,
) -> Output {
    let text = imported.yaml(comments);
    if text.is_empty() {
        return Output::broken(format!("nothing to write to `{}`", path.display()), None);
    }
    let beside = output::sidecar(path);
    let digest = digest(text.as_bytes());
    let before = |bytes| if force { Before::Any } else { Before::read(bytes) };
    let files = [
        New {
            path,
            before: before(standing.description.as_deref()),
            fill: &|out| out.write_all(text.as_bytes()),
        },
        New {
            path: &beside,
            before: before(standing.sidecar.as_deref()),
            fill: &|out| sign(out, imported, Some(&digest)),
        },
    ];
    if let Err(failed) = output::write(&files) {
        return not_written(&failed, "write");
    }
    let (path, sidecar) = (path.display(), beside.display());
    let mut output = Output::new("", OK);
    output.aside = format!(
        "wrote {path} and {sidecar}\n{}next: failback check {path}, then failback ask {path}\n",
        verdicts(&text)
    );
    output
}
