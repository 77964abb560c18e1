//! Files that are written whole or not at all.
//!
//! Owns the way of a text to disk: into a new file in the same folder, then over the old one. A reader never sees half
//! of it, and a file that somebody changed meanwhile is left alone.

use std::fs::{self, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use crate::session::files::SIDECAR;

/// The sidecar of a description: `site.provenance.json` beside `site.yaml`.
pub fn sidecar(description: &Path) -> PathBuf {
    description.with_extension(SIDECAR)
}

/// Writes a text; where `before` is given, only if the file still holds it.
pub fn write(path: &Path, text: &str, before: Option<&[u8]>) -> io::Result<()> {
    // Behind a link stands the file that is meant; the link stays.
    let path = fs::canonicalize(path).unwrap_or_else(|_| path.to_path_buf());
    let name = path.file_name().ok_or_else(|| io::Error::other("it names no file"))?;
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}.tmp", std::process::id()));
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let temporary = folder.unwrap_or(Path::new(".")).join(hidden);
    let written = fill(&temporary, text, &path).and_then(|()| {
        if let Some(before) = before
            && fs::read(&path)? != before
        {
            return Err(io::Error::other("it was changed meanwhile"));
        }
        fs::rename(&temporary, &path)
    });
    if written.is_err() {
        // Nothing is lost if it cannot be removed: it is ours and no description.
        let _ = fs::remove_file(&temporary);
    }
    written
}

fn fill(temporary: &Path, text: &str, path: &Path) -> io::Result<()> {
    let mut file = OpenOptions::new().write(true).create_new(true).open(temporary)?;
    if let Ok(data) = fs::metadata(path) {
        if !data.is_file() {
            return Err(io::Error::other("it is not a regular file"));
        }
        file.set_permissions(data.permissions())?;
    }
    file.write_all(text.as_bytes())?;
    file.sync_all()
}
