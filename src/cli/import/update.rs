//! `failback import --into`: a description brought up to date.

use std::io::Write;
use std::path::Path;

use crate::cli::import::output::{self, Before, New};
use crate::cli::import::{DIGEST, EDITED, Standing, digest, not_written};
use crate::cli::{OK, Output};
use crate::import::Imported;
use crate::import::update::{self, Did, Told};
use crate::report::{sanitise, wire};
use crate::yaml::decode::decode;

/// Lines of the summary per kind of change.
const SHOWN: usize = 40;
/// A value is cut off behind this many characters.
const VALUE: usize = 60;

/// Brings a description up to date; a dry run only says how.
pub fn update(imported: &Imported, path: &Path, standing: &Standing, dry_run: bool) -> Output {
    let name = path.display();
    let Some(bytes) = standing.description.as_deref() else {
        let help = format!("`-o {name}` makes it");
        return Output::broken(format!("there is no `{name}`"), Some(&help));
    };
    let text = match decode(bytes) {
        Ok(text) => text,
        Err(error) => return Output::broken(format!("`{name}` is not text: {error}"), None),
    };
    let beside = output::sidecar(path);
    let known = standing.sidecar.as_deref().unwrap_or_default();
    let sidecar: serde_json::Value = match serde_json::from_slice(known) {
        Ok(sidecar) => sidecar,
        Err(_) if known.is_empty() => serde_json::Value::Null,
        Err(error) => {
            let help = "without it nobody can tell what was imported and what a person wrote; remove it, and every fact counts as written by hand";
            let message = format!("`{}` cannot be read: {error}", beside.display());
            return Output::broken(message, Some(help));
        }
    };
    let environments = &imported.environments;
    let done = match update::update(&text, &sidecar, environments, &imported.provenance()) {
        Ok(done) => done,
        Err(reason) => {
            return Output::broken(format!("cannot bring `{name}` up to date: {reason}"), None);
        }
    };
    let mut result = summary(&done.told);
    let changes = sidecar[DIGEST].as_str().is_some_and(|own| own != digest(bytes));
    if changes {
        result.push_str(&format!("{name} has changed since the last import: what is not as that left it counts as written by a person\n"));
    }
    if done.text == text {
        result.push_str(&format!("{name} is up to date\n"));
    } else if dry_run {
        result.push_str(&format!("{name} is left as it is: this only shows what would change\n"));
    }
    if dry_run {
        return Output::new(result, OK);
    }
    // A file that nobody but imports wrote may be written anew; one that a person wrote in may not.
    let mut provenance = done.provenance;
    // What is left alone keeps its bytes, a mark in front of them included.
    let written = if done.text == text { bytes } else { done.text.as_bytes() };
    provenance[DIGEST] = digest(written).into();
    if let Some(fields) = provenance.as_object_mut() {
        fields.remove(EDITED);
    }
    if standing.edited(bytes) {
        provenance[EDITED] = true.into();
    }
    let files = [
        New {
            path,
            before: Before::Bytes(bytes),
            fill: &|out: &mut dyn Write| out.write_all(done.text.as_bytes()),
        },
        New {
            path: &beside,
            before: Before::read(standing.sidecar.as_deref()),
            fill: &|out: &mut dyn Write| wire::write(out, &provenance),
        },
    ];
    // A description that says what it said is left alone, with its time.
    let files = if done.text == text { &files[1..] } else { &files[..] };
    if let Err(failed) = output::write(files) {
        return not_written(&failed, "write");
    }
    if done.text != text {
        result.push_str(&format!("wrote {name}\n"));
    }
    Output::new(result, OK)
}

fn summary(told: &[Told]) -> String {
    let mut out = String::new();
    for (did, word) in [
        (Did::Renamed, "renamed"),
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
                Did::Updated | Did::Renamed => format!("{}: {old} -> {new}", told.path),
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
