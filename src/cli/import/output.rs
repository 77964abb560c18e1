//! A description and its sidecar, written as one: both or neither.
//!
//! Owns the way to disk. Each text goes into a new file in the same folder and is synced; then it is made sure that nobody
//! changed what stands there; then both are put in place, one after the other. If the second cannot be, the first is
//! put back. What an interruption leaves between the two is found by the next import, as the sidecar names the
//! description it belongs to. Links and permissions stay.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use crate::session::files::SIDECAR;

/// The sidecar of a description: `site.provenance.json` beside `site.yaml`.
pub fn sidecar(description: &Path) -> PathBuf {
    description.with_extension(SIDECAR)
}

/// What a file held when it was looked at, which it must still hold when it is written over.
#[derive(Clone, Copy, Debug)]
pub enum Before<'a> {
    /// Whatever it may be.
    Any,
    /// There was no file.
    Nothing,
    /// These bytes.
    Bytes(&'a [u8]),
}

impl<'a> Before<'a> {
    /// What was read, if anything was there.
    pub fn read(bytes: Option<&'a [u8]>) -> Self {
        bytes.map_or(Self::Nothing, Self::Bytes)
    }
}

/// A file to be written.
pub struct New<'a> {
    /// Where it goes.
    pub path: &'a Path,
    /// What it held.
    pub before: Before<'a>,
    /// Writes its content.
    pub fill: &'a dyn Fn(&mut dyn Write) -> io::Result<()>,
}

/// Why a file was not written. Everything is as it was, unless the error says otherwise.
#[derive(Debug)]
pub struct Failed {
    /// The file.
    pub path: PathBuf,
    /// What went wrong.
    pub error: io::Error,
}

/// Writes files of one folder, all or none.
pub fn write(files: &[New<'_>]) -> Result<(), Failed> {
    let _lock = files.first().and_then(|file| lock(file.path));
    let mut prepared = Vec::new();
    for file in files {
        let failed = |error| Failed { path: file.path.to_path_buf(), error };
        prepared.push(Prepared::new(file).map_err(failed)?);
    }
    for (file, prepared) in files.iter().zip(&prepared) {
        let failed = |error| Failed { path: file.path.to_path_buf(), error };
        unchanged(&prepared.path, file.before).map_err(failed)?;
    }
    place(&mut prepared)
}

/// Puts prepared files in place; if one cannot be, those before it are put back.
fn place(prepared: &mut [Prepared]) -> Result<(), Failed> {
    for at in 0..prepared.len() {
        let Err(error) = prepared[at].place() else { continue };
        let path = prepared[at].path.clone();
        for before in prepared[..at].iter_mut().rev() {
            if let Err(second) = before.put_back() {
                let kept = before.old.display();
                let error = format!(
                    "{error}; `{}` could not be put back ({second}), what it held is in `{kept}`",
                    before.path.display()
                );
                before.keeps = true;
                return Err(Failed { path, error: io::Error::other(error) });
            }
        }
        return Err(Failed { path, error });
    }
    Ok(())
}

/// What a file holds, if it is there. A device or a pipe may never end, and is no file that can be replaced.
pub fn read(path: &Path) -> io::Result<Option<Vec<u8>>> {
    match fs::metadata(path) {
        Ok(data) if data.is_file() => fs::read(path).map(Some),
        Ok(data) => Err(not_a_file(&data)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

fn not_a_file(data: &fs::Metadata) -> io::Error {
    let what = if data.is_dir() { "a folder" } else { "a device or a pipe" };
    io::Error::new(io::ErrorKind::InvalidInput, format!("it is {what}, not a file"))
}

/// A file beside the one it is to replace. Dropping it removes what is left over.
struct Prepared {
    /// The file that is meant, behind any link.
    path: PathBuf,
    temporary: PathBuf,
    /// What stands there until now, under a name of its own.
    old: PathBuf,
    keeps: bool,
}

impl Prepared {
    fn new(file: &New<'_>) -> io::Result<Self> {
        let path = real(file.path);
        let permissions = match fs::metadata(&path) {
            Ok(data) if data.is_file() => Some(data.permissions()),
            Ok(data) => return Err(not_a_file(&data)),
            Err(_) => None,
        };
        let temporary = beside(&path, "tmp")?;
        let prepared = Self { old: beside(&path, "old")?, path, temporary, keeps: false };
        let to = OpenOptions::new().write(true).create_new(true).open(&prepared.temporary)?;
        if let Some(permissions) = permissions {
            to.set_permissions(permissions)?;
        }
        let mut to = BufWriter::new(to);
        (file.fill)(&mut to)?;
        to.into_inner().map_err(io::IntoInnerError::into_error)?.sync_all()?;
        Ok(prepared)
    }

    fn place(&mut self) -> io::Result<()> {
        if self.path.exists() {
            // Where the file system knows no second name for a file, a copy does.
            fs::hard_link(&self.path, &self.old)
                .or_else(|_| fs::copy(&self.path, &self.old).map(drop))?;
        }
        fs::rename(&self.temporary, &self.path)?;
        if let Some(folder) = self.path.parent() {
            // Not every system can sync a folder; the file itself is synced already.
            let _ = File::open(folder).and_then(|folder| folder.sync_all());
        }
        Ok(())
    }

    fn put_back(&mut self) -> io::Result<()> {
        if self.old.exists() {
            fs::rename(&self.old, &self.path)
        } else {
            fs::remove_file(&self.path)
        }
    }
}

impl Drop for Prepared {
    fn drop(&mut self) {
        // Nothing is lost if these cannot be removed: the next import finds them.
        let _ = fs::remove_file(&self.temporary);
        if !self.keeps {
            let _ = fs::remove_file(&self.old);
        }
    }
}

/// Behind a link stands the file that is meant; the link stays.
fn real(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| {
        // A new file has no canonical path, but its folder has.
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let folder = fs::canonicalize(folder.unwrap_or(Path::new("."))).ok();
        folder
            .zip(path.file_name())
            .map_or_else(|| path.to_path_buf(), |(folder, name)| folder.join(name))
    })
}

fn beside(path: &Path, ending: &str) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or_else(|| io::Error::other("it names no file"))?;
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}.{ending}", std::process::id()));
    Ok(path.with_file_name(hidden))
}

/// Keeps other imports out of the folder while files are put in place; where folders cannot be locked, nothing does.
fn lock(path: &Path) -> Option<File> {
    let folder = File::open(real(path).parent()?).ok()?;
    folder.lock().ok()?;
    Some(folder)
}

fn unchanged(path: &Path, before: Before<'_>) -> io::Result<()> {
    let now = read(path)?;
    let same = match before {
        Before::Any => true,
        Before::Nothing => now.is_none(),
        Before::Bytes(bytes) => now.as_deref() == Some(bytes),
    };
    if same { Ok(()) } else { Err(io::Error::other("somebody changed it meanwhile")) }
}

/// What an interrupted import left behind.
#[derive(Debug, Default, PartialEq, Eq)]
pub enum Left {
    /// Nothing.
    #[default]
    Nothing,
    /// The description was put in place and its sidecar was not: here it is.
    Sidecar(Vec<u8>),
    /// New files of which none had been put in place.
    Unused,
}

/// Looks for what an interrupted import left, and mends it, unless it may only look: a sidecar that `belongs` to the
/// description as it stands is put in place, everything else is removed.
pub fn mend(
    description: &Path,
    belongs: &dyn Fn(&[u8]) -> bool,
    only_look: bool,
) -> io::Result<Left> {
    let _lock = lock(description);
    let (description, beside) = (real(description), real(&sidecar(description)));
    let mut left = Left::Nothing;
    for path in leftovers(&beside, "tmp")? {
        let Some(bytes) = read(&path)? else { continue };
        if belongs(&bytes) {
            if !only_look {
                fs::rename(&path, &beside)?;
            }
            left = Left::Sidecar(bytes);
        } else if !only_look {
            fs::remove_file(&path)?;
        }
        if left == Left::Nothing {
            left = Left::Unused;
        }
    }
    for (file, ending) in [(&description, "tmp"), (&description, "old"), (&beside, "old")] {
        for path in leftovers(file, ending)? {
            if !only_look {
                fs::remove_file(&path)?;
            }
            if left == Left::Nothing {
                left = Left::Unused;
            }
        }
    }
    Ok(left)
}

/// Hidden files beside a file that only an import makes.
fn leftovers(path: &Path, ending: &str) -> io::Result<Vec<PathBuf>> {
    let (Some(folder), Some(name)) =
        (path.parent(), path.file_name().and_then(|name| name.to_str()))
    else {
        return Ok(Vec::new());
    };
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let start = format!(".{name}.");
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        let is_ours = entry.file_name().to_str().is_some_and(|own| {
            let number = own.strip_prefix(&start).and_then(|rest| rest.strip_suffix(ending));
            let number = number.and_then(|rest| rest.strip_suffix('.'));
            number.is_some_and(|number| {
                !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit())
            })
        });
        if is_ours {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tempfile::TempDir;

    fn new<'a>(
        path: &'a Path,
        before: Before<'a>,
        fill: &'a dyn Fn(&mut dyn Write) -> io::Result<()>,
    ) -> New<'a> {
        New { path, before, fill }
    }

    fn names(folder: &TempDir) -> Vec<String> {
        let entries = fs::read_dir(folder.path()).expect("a folder");
        let mut names: Vec<String> = entries
            .map(|entry| entry.expect("an entry").file_name().to_string_lossy().into_owned())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn both_are_written_or_neither() {
        let folder = TempDir::new().expect("a folder");
        let (site, beside) =
            (folder.path().join("site.yaml"), folder.path().join("site.provenance.json"));
        let first = |out: &mut dyn Write| out.write_all(b"first");
        let second = |out: &mut dyn Write| out.write_all(b"second");
        write(&[new(&site, Before::Nothing, &first), new(&beside, Before::Nothing, &first)])
            .expect("written");
        assert_eq!(names(&folder), ["site.provenance.json", "site.yaml"]);

        // Somebody changed the second one: neither is touched.
        let failed = write(&[
            new(&site, Before::Bytes(b"first"), &second),
            new(&beside, Before::Bytes(b"other"), &second),
        ]);
        assert!(failed.is_err_and(
            |failed| failed.path == beside && failed.error.to_string().contains("meanwhile")
        ));
        assert_eq!(fs::read(&site).expect("there"), b"first");
        assert_eq!(names(&folder), ["site.provenance.json", "site.yaml"]);

        // The second cannot be put in place: the first is put back.
        for known in [true, false] {
            if !known {
                fs::remove_file(&site).expect("removed");
            }
            let mut prepared: Vec<Prepared> =
                [new(&site, Before::Any, &second), new(&beside, Before::Any, &second)]
                    .iter()
                    .map(|file| Prepared::new(file).expect("prepared"))
                    .collect();
            fs::remove_file(&prepared[1].temporary).expect("removed");
            assert!(
                place(&mut prepared)
                    .is_err_and(|failed| failed.path.ends_with("site.provenance.json"))
            );
            drop(prepared);
            assert_eq!(site.exists(), known);
            assert!(!known || fs::read(&site).expect("there") == b"first");
            assert_eq!(fs::read(&beside).expect("there"), b"first");
            assert_eq!(names(&folder).len(), 1 + usize::from(known), "{:?}", names(&folder));
        }
    }

    #[test]
    fn an_interruption_between_the_two_is_mended() {
        let folder = TempDir::new().expect("a folder");
        let (site, beside) =
            (folder.path().join("site.yaml"), folder.path().join("site.provenance.json"));
        let old = |out: &mut dyn Write| out.write_all(b"old");
        let text = |out: &mut dyn Write| out.write_all(b"new");
        write(&[new(&site, Before::Any, &old), new(&beside, Before::Any, &old)]).expect("written");
        let mut prepared: Vec<Prepared> =
            [new(&site, Before::Any, &text), new(&beside, Before::Any, &text)]
                .iter()
                .map(|file| Prepared::new(file).expect("prepared"))
                .collect();
        prepared[0].place().expect("placed");
        std::mem::forget(prepared);
        assert_eq!(names(&folder).len(), 4, "{:?}", names(&folder));

        let belongs = |bytes: &[u8]| bytes == b"new";
        assert_eq!(mend(&site, &belongs, true).expect("looked"), Left::Sidecar(b"new".to_vec()));
        assert_eq!(fs::read(&beside).expect("there"), b"old");
        assert_eq!(mend(&site, &belongs, false).expect("mended"), Left::Sidecar(b"new".to_vec()));
        assert_eq!(fs::read(&beside).expect("there"), b"new");
        assert_eq!(names(&folder), ["site.provenance.json", "site.yaml"]);
        assert_eq!(mend(&site, &belongs, false).expect("mended"), Left::Nothing);

        // Nothing had been put in place yet: what was prepared is of no use.
        fs::write(folder.path().join(".site.provenance.json.12.tmp"), "half").expect("a file");
        fs::write(folder.path().join(".site.yaml.mine.tmp"), "not ours").expect("a file");
        assert_eq!(mend(&site, &belongs, false).expect("mended"), Left::Unused);
        assert_eq!(names(&folder), [".site.yaml.mine.tmp", "site.provenance.json", "site.yaml"]);
    }

    #[cfg(unix)]
    #[test]
    fn links_and_permissions_stay() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = TempDir::new().expect("a folder");
        let (site, real) = (folder.path().join("site.yaml"), folder.path().join("real.yaml"));
        fs::write(&real, "old").expect("a file");
        fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).expect("permissions");
        symlink(&real, &site).expect("a link");
        let text = |out: &mut dyn Write| out.write_all(b"new");
        write(&[new(&site, Before::Bytes(b"old"), &text)]).expect("written");
        assert!(fs::symlink_metadata(&site).expect("there").file_type().is_symlink());
        assert_eq!(fs::read(&real).expect("there"), b"new");
        assert_eq!(fs::metadata(&real).expect("there").permissions().mode() & 0o777, 0o640);
    }
}
