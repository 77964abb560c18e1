//! `failback import --into`: a description brought up to date.

use std::fs;
use std::path::Path;

use crate::cli::import::{DIGEST, digest, output, printed};
use crate::cli::{OK, Output};
use crate::import::Imported;
use crate::import::update::{self, Did, Told};
use crate::report::sanitise;
use crate::yaml::decode::decode;

/// Lines of the summary per kind of change.
const SHOWN: usize = 40;
/// A value is cut off behind this many characters.
const VALUE: usize = 60;

/// Brings a description up to date; a dry run only says how.
pub fn update(imported: &Imported, path: &Path, dry_run: bool) -> Output {
    let name = path.display();
    let bytes = match fs::read(path) {
        Ok(bytes) => bytes,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            let help = format!("`-o {name}` makes it");
            return Output::broken(format!("there is no `{name}`"), Some(&help));
        }
        Err(error) => return Output::broken(format!("cannot read `{name}`: {error}"), None),
    };
    let text = match decode(&bytes) {
        Ok(text) => text,
        Err(error) => return Output::broken(format!("`{name}` is not text: {error}"), None),
    };
    let beside = output::sidecar(path);
    let known = match fs::read(&beside) {
        Ok(known) => known,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
        Err(error) => {
            return Output::broken(format!("cannot read `{}`: {error}", beside.display()), None);
        }
    };
    let sidecar: serde_json::Value = match serde_json::from_slice(&known) {
        Ok(sidecar) => sidecar,
        Err(_) if known.is_empty() => serde_json::Value::Null,
        Err(error) => {
            let help = "without it nobody can tell what was imported and what a person wrote; remove it, and every fact counts as written by hand";
            let message = format!("`{}` cannot be read: {error}", beside.display());
            return Output::broken(message, Some(help));
        }
    };
    let environments = &imported.environments;
    let done = match update::update(&text, &sidecar, environments, &imported.provenance) {
        Ok(done) => done,
        Err(reason) => {
            return Output::broken(format!("cannot bring `{name}` up to date: {reason}"), None);
        }
    };
    let mut result = summary(&done.told);
    if done.text == text {
        result.push_str(&format!("{name} is up to date\n"));
    } else if dry_run {
        result.push_str(&format!("{name} is left as it is: this only shows what would change\n"));
    }
    if dry_run {
        return Output::new(result, OK);
    }
    if done.text != text
        && let Err(error) = output::write(path, &done.text, Some(&bytes))
    {
        let help = "nothing was written; run it again";
        return Output::broken(format!("cannot write `{name}`: {error}"), Some(help));
    }
    // A file that nobody but imports wrote may be written anew; one that a person wrote in may not.
    let mut provenance = done.provenance;
    provenance[DIGEST] = match sidecar[DIGEST].as_str() == Some(&digest(&bytes)) {
        true => digest(done.text.as_bytes()).into(),
        false => serde_json::Value::Null,
    };
    let origins = printed(&provenance);
    if let Err(error) = output::write(&beside, &origins, None) {
        return Output::broken(format!("cannot write `{}`: {error}", beside.display()), None);
    }
    if done.text != text {
        result.push_str(&format!("wrote {name}\n"));
    }
    Output::new(result, OK)
}

fn summary(told: &[Told]) -> String {
    let mut out = String::new();
    for (did, word) in [
        (Did::Added, "added"),
        (Did::Updated, "updated"),
        (Did::Removed, "removed"),
        (Did::Kept, "kept as a person wrote it"),
        (Did::Gone, "no longer in the exports, kept"),
        (Did::Skipped, "not written"),
    ] {
        let all: Vec<&Told> = told.iter().filter(|told| told.did == did).collect();
        if all.is_empty() {
            continue;
        }
        out.push_str(&format!("{word}: {}\n", all.len()));
        for told in all.iter().take(SHOWN) {
            let (old, new) =
                (sanitise::shorten(&told.old, VALUE), sanitise::shorten(&told.new, VALUE));
            let line = match did {
                Did::Updated => format!("{}: {old} -> {new}", told.path),
                Did::Kept if !new.is_empty() => {
                    format!("{}: {old} (the exports say {new})", told.path)
                }
                Did::Kept => format!("{}: {old}", told.path),
                Did::Added | Did::Skipped => format!("{}: {new}", told.path),
                Did::Removed | Did::Gone => told.path.clone(),
            };
            out.push_str(&format!("  {}\n", sanitise::clean(&line)));
        }
        if all.len() > SHOWN {
            out.push_str(&format!("  and {} more\n", all.len() - SHOWN));
        }
    }
    out
}
