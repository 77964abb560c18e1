//! Files of the user: finding, reading, refusing.
//!
//! Owns walking folders and reading descriptions and rule packs from disk or standard input. What cannot be read
//! becomes a diagnostic that names the path, and the rest is still read.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use walkdir::WalkDir;

use crate::diagnostic::{Diagnostic, Severity};
use crate::session::origins::Origins;
use crate::session::{Inputs, PackFiles};
use crate::yaml::Limits;
use crate::yaml::decode::decode;

/// Endings of files that may hold descriptions.
const ENDINGS: [&str; 3] = ["yaml", "yml", "json"];
/// What stands behind the name of a description in the name of its sidecar.
pub const SIDECAR: &str = "provenance.json";
/// Folders that a walk leaves alone.
const SKIPPED: [&str; 3] = [".git", "node_modules", "target"];

/// Reads descriptions from files, folders and `-` for standard input.
pub fn descriptions(inputs: &mut Inputs, paths: &[PathBuf], limits: &Limits) {
    for path in paths {
        if path.as_os_str() == "-" {
            let mut bytes = Vec::new();
            let limit = limits.bytes as u64 + 1;
            match std::io::stdin().lock().take(limit).read_to_end(&mut bytes) {
                Ok(_) => add(inputs, "<stdin>", bytes, true, limits),
                Err(error) => inputs.problems.push(unreadable("<stdin>", &error)),
            }
            continue;
        }
        match fs::metadata(path) {
            Ok(data) if data.is_dir() => walk(inputs, path, limits),
            Ok(data) => read(inputs, path, data.is_file(), data.len(), true, limits),
            Err(error) => inputs.problems.push(unreadable(&path.display().to_string(), &error)),
        }
    }
}

fn walk(inputs: &mut Inputs, folder: &Path, limits: &Limits) {
    let walk = WalkDir::new(folder).sort_by_file_name().into_iter();
    // The folder the user named is walked whatever it is called.
    let walk = walk.filter_entry(|entry| {
        entry.depth() == 0
            || !entry.file_type().is_dir()
            || !SKIPPED.iter().any(|name| entry.file_name() == *name)
    });
    for entry in walk {
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) => {
                let path = error.path().map(|path| path.display().to_string()).unwrap_or_default();
                let message = format!("cannot read `{path}`: {error}");
                inputs.problems.push(Diagnostic::new(Severity::Error, "unreadable", message));
                continue;
            }
        };
        let path = entry.path();
        let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default();
        let is_sidecar = path.to_str().is_some_and(|path| path.ends_with(".provenance.json"));
        if !entry.file_type().is_file() || !ENDINGS.contains(&ending) || is_sidecar {
            continue;
        }
        let length = entry.metadata().map(|data| data.len()).unwrap_or_default();
        read(inputs, path, true, length, false, limits);
    }
}

fn read(
    inputs: &mut Inputs,
    path: &Path,
    regular: bool,
    length: u64,
    named: bool,
    limits: &Limits,
) {
    let name = shown(path);
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
            let known = inputs.descriptions.len();
            add(inputs, &name, bytes, named, limits);
            if inputs.descriptions.len() > known {
                origins(inputs, path, limits);
            }
        }
        Err(error) => inputs.problems.push(unreadable(&name, &error)),
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
            let message = format!("`{}` does not tell where facts come from", shown(&sidecar));
            let help = "remove it, or have it written anew";
            inputs
                .problems
                .push(Diagnostic::new(Severity::Warning, "broken-provenance", message).help(help));
        }
    }
}

fn add(inputs: &mut Inputs, name: &str, bytes: Vec<u8>, named: bool, limits: &Limits) {
    inputs.seen += 1;
    if bytes.len() > limits.bytes {
        inputs.problems.push(too_large(name, limits));
        return;
    }
    // A folder holds other files, too; only those that speak of this format are ours to judge.
    if !named && !contains(&bytes, b"failback/") {
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

fn contains(bytes: &[u8], wanted: &[u8]) -> bool {
    // UTF-16 has a zero beside each letter.
    let wide: Vec<u8> = wanted.iter().flat_map(|byte| [*byte, 0]).collect();
    bytes.windows(wanted.len()).any(|window| window == wanted)
        || bytes.windows(wide.len()).any(|window| window == wide)
}

/// Reads a pack from a folder: all `.gate` files in it and below.
pub fn pack(inputs: &mut Inputs, folder: &Path) {
    let mut files = Vec::new();
    for entry in WalkDir::new(folder).sort_by_file_name() {
        match entry {
            Ok(entry)
                if entry.file_type().is_file()
                    && entry.path().extension().is_some_and(|e| e == "gate") =>
            {
                let name = shown(entry.path());
                match fs::read(entry.path())
                    .map(|bytes| decode(&bytes).map_err(|error| error.to_string()))
                {
                    Ok(Ok(text)) => files.push(inputs.sources.add(name, text)),
                    Ok(Err(error)) => {
                        let message = format!("`{name}` is not text: {error}");
                        inputs.problems.push(Diagnostic::new(Severity::Error, "not-text", message));
                    }
                    Err(error) => inputs.problems.push(unreadable(&name, &error)),
                }
            }
            Ok(_) => {}
            Err(error) => {
                let message = format!("cannot read the rules in `{}`: {error}", shown(folder));
                inputs.problems.push(Diagnostic::new(Severity::Error, "unreadable", message));
            }
        }
    }
    if files.is_empty() && inputs.problems.is_empty() {
        let message = format!("no rules in `{}`: no file ends in `.gate`", shown(folder));
        inputs.problems.push(Diagnostic::new(Severity::Error, "no-rules", message));
    }
    inputs.packs = vec![PackFiles::new(shown(folder), files)];
}

fn shown(path: &Path) -> String {
    let text = path.display().to_string();
    text.strip_prefix("./").unwrap_or(&text).to_owned()
}

fn unreadable(name: &str, error: &std::io::Error) -> Diagnostic {
    let reason = match error.kind() {
        std::io::ErrorKind::NotFound => "there is no such file or folder".to_owned(),
        std::io::ErrorKind::PermissionDenied => "no permission to read it".to_owned(),
        _ => error.to_string(),
    };
    Diagnostic::new(Severity::Error, "unreadable", format!("cannot read `{name}`: {reason}"))
}

fn too_large(name: &str, limits: &Limits) -> Diagnostic {
    let limit = crate::scalar::print_size(limits.bytes as i64);
    let message = format!("`{name}` is larger than {limit}");
    Diagnostic::new(Severity::Error, "file-too-large", message)
        .help("split it into several files with one `name`")
}
