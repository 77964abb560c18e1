//! Files of the user: finding, reading, refusing.
//!
//! Owns walking folders and reading descriptions and rule packs from disk or standard input. What cannot be read
//! becomes a diagnostic that names the path, and the rest is still read.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::compile::uses;
use crate::diagnostic::{Diagnostic, Severity};
use crate::session::library::{Home, Shelf};
use crate::session::origins::Origins;
use crate::session::{Inputs, PackFiles, head};
use crate::source::{FileId, Sources};
use crate::yaml::Limits;
use crate::yaml::decode::decode;

/// Endings of files that may hold descriptions, in small or capital letters.
const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];
/// What stands behind the name of a description in the name of its sidecar.
pub const SIDECAR: &str = "provenance.json";
/// The name of standard input, where it has no other.
pub const STDIN: &str = "<stdin>";
/// The folder that a walk leaves alone: nobody writes into it by hand.
const SKIPPED: &str = ".git";

/// What is to be read, in order, each file once however it is reached.
#[derive(Default)]
struct Found {
    /// Paths, and whether the user named them; none is standard input.
    files: Vec<(Option<PathBuf>, bool)>,
    known: HashMap<PathBuf, usize>,
}

impl Found {
    fn add(&mut self, path: &Path, named: bool) {
        let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        match self.known.get(&real) {
            Some(at) => self.files[*at].1 |= named,
            None => {
                self.known.insert(real, self.files.len());
                self.files.push((Some(path.to_owned()), named));
            }
        }
    }
}

/// Reads descriptions from files, folders and `-` for standard input.
pub fn descriptions(inputs: &mut Inputs, paths: &[PathBuf], limits: &Limits) {
    let mut found = Found::default();
    for path in paths {
        if path.as_os_str() == "-" {
            // It can be read only once.
            if !found.files.iter().any(|(path, _)| path.is_none()) {
                found.files.push((None, true));
            }
            continue;
        }
        match fs::metadata(path) {
            Ok(data) if data.is_dir() => walk(inputs, &mut found, path),
            Ok(_) => found.add(path, true),
            Err(error) => inputs.problems.push(unreadable(&path.display().to_string(), &error)),
        }
    }
    for (path, named) in found.files {
        match path {
            Some(path) => read(inputs, &path, named, limits),
            None => standard_input(inputs, limits),
        }
    }
}

/// Reads files that hold waivers, behind the descriptions; one that was read is known again.
pub fn waivers(inputs: &mut Inputs, paths: &[PathBuf], limits: &Limits) {
    let real = |path: &Path| fs::canonicalize(path).ok();
    for path in paths {
        let wanted = real(path);
        let mut known = inputs.descriptions.iter().map(|(file, _)| *file);
        let again = wanted.and_then(|wanted| {
            known.find(|file| {
                real(Path::new(inputs.sources.get(*file).name())) == Some(wanted.clone())
            })
        });
        if let Some(file) = again {
            inputs.waivers.push(file);
            continue;
        }
        let before = inputs.descriptions.len();
        read(inputs, path, true, limits);
        let new = inputs.descriptions[before..].iter().map(|(file, _)| *file);
        inputs.waivers.extend(new);
    }
}

fn standard_input(inputs: &mut Inputs, limits: &Limits) {
    let mut bytes = Vec::new();
    let limit = limits.bytes as u64 + 1;
    let name = inputs.stdin.clone().unwrap_or_else(|| STDIN.to_owned());
    match std::io::stdin().lock().take(limit).read_to_end(&mut bytes) {
        Ok(_) => add(inputs, &name, bytes, true, limits),
        Err(error) => inputs.problems.push(unreadable(&name, &error)),
    }
}

/// Finds the files of a folder that may hold descriptions. Links are followed: what lies behind one counts no less.
fn walk(inputs: &mut Inputs, found: &mut Found, folder: &Path) {
    let walk = WalkDir::new(folder).follow_links(true).sort_by_file_name().into_iter();
    let mut folders: HashSet<PathBuf> = HashSet::new();
    // The folder the user named is walked whatever it is called; one that links reach on several ways, once.
    let walk = walk.filter_entry(|entry| {
        if !entry.file_type().is_dir() {
            return true;
        }
        let skipped = entry.depth() > 0 && entry.file_name() == SKIPPED;
        let known = |path: PathBuf| !folders.insert(path);
        !skipped && !fs::canonicalize(entry.path()).is_ok_and(known)
    });
    for entry in walk {
        match entry {
            Ok(entry) => {
                if !entry.file_type().is_dir() && is_candidate(entry.path()) {
                    found.add(entry.path(), false);
                }
            }
            Err(error) => inputs.problems.extend(lost(&error)),
        }
    }
}

/// Whether a file that a folder holds may be a description, by its name.
pub(crate) fn is_candidate(path: &Path) -> bool {
    let name = path.to_str().unwrap_or_default().to_ascii_lowercase();
    may_describe(path) && !name.ends_with(".provenance.json")
}

fn may_describe(path: &Path) -> bool {
    let ending = path.extension().and_then(|ending| ending.to_str());
    ending.is_some_and(|ending| ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known)))
}

/// What a walk could not reach; none where that cannot have been a description.
fn lost(error: &walkdir::Error) -> Option<Diagnostic> {
    let path = error.path().unwrap_or(Path::new("."));
    let name = shown(path);
    let told = |reason: String, help: &str| {
        let message = format!("cannot read `{name}`: {reason}");
        Diagnostic::new(Severity::Error, "unreadable", message).help(help)
    };
    if let Some(ancestor) = error.loop_ancestor() {
        let reason = format!("the link leads back to `{}`, which holds it", shown(ancestor));
        return Some(told(reason, "remove the link; what lies behind it is read without"));
    }
    if !fs::symlink_metadata(path).is_ok_and(|data| data.is_symlink()) {
        let error = error.io_error()?;
        return Some(unreadable(&name, error));
    }
    // A link may stand for a folder; for a file, its ending tells. Editors lock a file by a link `.#file` to nothing.
    let file = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if file.starts_with(".#") || (path.extension().is_some() && !may_describe(path)) {
        return None;
    }
    let help = "let it lead to a file or folder, or remove it";
    match error.io_error().map(std::io::Error::kind) {
        Some(std::io::ErrorKind::NotFound) => {
            Some(told("the link leads to nothing".to_owned(), help))
        }
        Some(std::io::ErrorKind::PermissionDenied) => {
            Some(told("no permission to read what the link leads to".to_owned(), help))
        }
        _ => Some(told("the link leads back to itself".to_owned(), help)),
    }
}

fn read(inputs: &mut Inputs, path: &Path, named: bool, limits: &Limits) {
    let name = shown(path);
    if let Some(text) = opened(&inputs.sources, path) {
        add_description(inputs, path, &name, text.into_bytes(), named, limits);
        return;
    }
    let (regular, length) = match fs::metadata(path) {
        Ok(data) => (data.is_file(), data.len()),
        Err(error) => {
            inputs.problems.push(unreadable(&name, &error));
            return;
        }
    };
    if !regular {
        // A pipe may never end, and a device is no description.
        let message = format!("`{name}` is not a regular file");
        let help = "hand in a file or a folder, or write `-` and pipe into standard input";
        inputs.problems.push(Diagnostic::new(Severity::Error, "unreadable", message).help(help));
        return;
    }
    if length > limits.bytes as u64 {
        inputs.problems.push(too_large(&name, limits));
        return;
    }
    match fs::read(path) {
        Ok(bytes) => {
            add_description(inputs, path, &name, bytes, named, limits);
        }
        Err(error) => inputs.problems.push(unreadable(&name, &error)),
    }
}

/// The text of a file that is open in an editor.
fn opened(sources: &Sources, path: &Path) -> Option<String> {
    if sources.is_disk_alone() {
        return None;
    }
    let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    sources.opened(&real).map(str::to_owned)
}

fn add_description(
    inputs: &mut Inputs,
    path: &Path,
    name: &str,
    bytes: Vec<u8>,
    named: bool,
    limits: &Limits,
) {
    let known = inputs.descriptions.len();
    add(inputs, name, bytes, named, limits);
    if inputs.descriptions.len() > known {
        origins(inputs, path, limits);
    }
}

/// Reads the sidecar of the description that was added last, if there is one.
fn origins(inputs: &mut Inputs, path: &Path, limits: &Limits) {
    let sidecar = path.with_extension(SIDECAR);
    let is_sane = |data: fs::Metadata| data.is_file() && data.len() <= limits.bytes as u64;
    if !fs::metadata(&sidecar).is_ok_and(is_sane) {
        return;
    }
    let bytes = fs::read(&sidecar).unwrap_or_default();
    let read = serde_json::from_slice(&bytes).ok().and_then(|json| Origins::read(&json));
    match (read, inputs.descriptions.last()) {
        (Some(read), Some((file, _))) => {
            inputs.origins.insert(*file, read);
        }
        _ => {
            let message = format!("`{}` does not say where facts come from", shown(&sidecar));
            let help = "remove it, or have it written anew";
            inputs
                .problems
                .push(Diagnostic::new(Severity::Warning, "broken-provenance", message).help(help));
        }
    }
}

/// Adds a description, or says why it cannot be one.
pub(crate) fn add(inputs: &mut Inputs, name: &str, bytes: Vec<u8>, named: bool, limits: &Limits) {
    inputs.seen += 1;
    if bytes.len() > limits.bytes {
        inputs.problems.push(too_large(name, limits));
        return;
    }
    // A folder holds other files, too; only those that may have been meant for us are ours to judge.
    if !named && !head::may_stand_in(&bytes) {
        return;
    }
    match decode(&bytes) {
        Ok(text) => {
            let file = inputs.sources.add(name, text);
            inputs.descriptions.push((file, named));
        }
        Err(error) => {
            let message = format!("`{name}` is not text: {error}");
            let help = "save it as UTF-8";
            inputs.problems.push(Diagnostic::new(Severity::Error, "not-text", message).help(help));
        }
    }
}

/// Reads a pack from a folder, and the packs that it uses.
pub fn pack(inputs: &mut Inputs, folder: &Path) {
    let (files, mut problems) = rules(&mut inputs.sources, folder);
    inputs.problems.append(&mut problems);
    // Without rules there is nothing to judge a description by, and nothing to say of one.
    if files.is_empty() {
        return;
    }
    let mut shelf = Shelf::default();
    let found = uses::resolve(&mut shelf, &mut inputs.sources, Home::folder(folder), &files);
    inputs.packs = vec![PackFiles {
        used: found.used,
        problems: found.problems,
        ..PackFiles::new(shown(folder), files)
    }];
}

/// The name of the pack that a file of a folder declares.
pub fn declared(folder: &Path) -> Option<String> {
    let paths = fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path());
    let mut rules: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|ending| ending == "gate")).collect();
    rules.sort();
    let texts = rules.iter().filter_map(|path| fs::read_to_string(path).ok());
    texts.filter_map(|text| uses::declared(&text).map(str::to_owned)).next()
}

/// All `.gate` files in a folder and below, and what is wrong with them.
pub fn rules(sources: &mut Sources, folder: &Path) -> (Vec<FileId>, Vec<Diagnostic>) {
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    for entry in WalkDir::new(folder).follow_links(true).sort_by_file_name() {
        match entry {
            Ok(entry)
                if entry.file_type().is_file()
                    && entry.path().extension().is_some_and(|e| e == "gate") =>
            {
                let name = shown(entry.path());
                if let Some(text) = opened(sources, entry.path()) {
                    files.push(sources.add(name, text));
                    continue;
                }
                match fs::read(entry.path())
                    .map(|bytes| decode(&bytes).map_err(|error| error.to_string()))
                {
                    Ok(Ok(text)) => files.push(sources.add(name, text)),
                    Ok(Err(error)) => {
                        let message = format!("`{name}` is not text: {error}");
                        problems.push(Diagnostic::new(Severity::Error, "not-text", message));
                    }
                    Err(error) => problems.push(unreadable(&name, &error)),
                }
            }
            Ok(_) => {}
            Err(error) => {
                let reason = match (error.loop_ancestor(), error.io_error()) {
                    (Some(_), _) => "a link in it leads back to what holds it".to_owned(),
                    (_, Some(error)) => reason(error),
                    _ => error.to_string(),
                };
                let message = format!("cannot read the rules in `{}`: {reason}", shown(folder));
                let help = "name a folder that holds `.gate` files";
                problems.push(Diagnostic::new(Severity::Error, "unreadable", message).help(help));
            }
        }
    }
    if files.is_empty() && problems.is_empty() {
        let message = format!("no rules in `{}`: no file ends in `.gate`", shown(folder));
        let help =
            "name a folder that holds some, or leave `--rules` away for those of the program";
        problems.push(Diagnostic::new(Severity::Error, "no-rules", message).help(help));
    }
    (files, problems)
}

fn shown(path: &Path) -> String {
    let text = path.display().to_string();
    text.strip_prefix("./").unwrap_or(&text).to_owned()
}

fn unreadable(name: &str, error: &std::io::Error) -> Diagnostic {
    let message = format!("cannot read `{name}`: {}", reason(error));
    Diagnostic::new(Severity::Error, "unreadable", message)
}

fn reason(error: &std::io::Error) -> String {
    match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        std::io::ErrorKind::PermissionDenied => "no permission to read it".to_owned(),
        _ => error.to_string(),
    }
}

fn too_large(name: &str, limits: &Limits) -> Diagnostic {
    let limit = crate::scalar::print_size(limits.bytes as i64);
    let message = format!("`{name}` is larger than {limit}");
    Diagnostic::new(Severity::Error, "file-too-large", message)
        .help("split it into several files with one `name`")
}
