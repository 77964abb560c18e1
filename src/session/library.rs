//! Where packs are found that others use: beside them, elsewhere on the disk, or in the program.
//!
//! Owns what `uses NAME` and `from "FOLDER"` lead to. A pack in a folder beside comes before one of the program
//! of the same name, and nothing is ever fetched.

use std::fs;
use std::path::{Path, PathBuf};

use crate::compile::uses::{Found, Library};
use crate::diagnostic::{Diagnostic, Severity, nearest};
use crate::language::ast;
use crate::packs;
use crate::session::files;
use crate::source::{FileId, Sources};

/// Where a pack is.
#[derive(Clone, Debug)]
pub enum Home {
    /// In the program, by its name.
    Shipped(&'static str),
    /// In a folder: as it is shown, and where it really is.
    Folder(PathBuf, PathBuf),
}

impl PartialEq for Home {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Home::Shipped(a), Home::Shipped(b)) => a == b,
            (Home::Folder(_, a), Home::Folder(_, b)) => a == b,
            _ => false,
        }
    }
}

impl Home {
    /// A folder.
    pub fn folder(path: &Path) -> Home {
        let real = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        Home::Folder(path.to_owned(), real)
    }
}

/// Finds packs, and reads each once.
#[derive(Debug, Default)]
pub struct Shelf {
    /// The files of the shipped packs that were read.
    shipped: Vec<(&'static str, Vec<FileId>)>,
    /// The files of the folders that were read.
    folders: Vec<(Home, Vec<FileId>)>,
}

impl Shelf {
    /// The files of a shipped pack.
    pub fn shipped(&mut self, sources: &mut Sources, pack: packs::Pack) -> Vec<FileId> {
        if let Some((_, files)) = self.shipped.iter().find(|(name, _)| *name == pack.name) {
            return files.clone();
        }
        let files: Vec<FileId> =
            pack.rules().map(|(name, text)| sources.add_shipped(name, text)).collect();
        self.shipped.push((pack.name, files.clone()));
        files
    }

    fn folder(
        &mut self,
        sources: &mut Sources,
        folder: &Path,
    ) -> Result<Found<Home>, Box<Diagnostic>> {
        let home = Home::folder(folder);
        if let Some((home, files)) = self.folders.iter().find(|(known, _)| *known == home) {
            return Ok(Found { home: home.clone(), files: files.clone() });
        }
        let (files, mut problems) = files::rules(sources, folder);
        if !problems.is_empty() {
            return Err(Box::new(problems.remove(0)));
        }
        self.folders.push((home.clone(), files.clone()));
        Ok(Found { home, files })
    }
}

impl Library for Shelf {
    type Home = Home;

    fn find(
        &mut self,
        sources: &mut Sources,
        home: &Home,
        wanted: &ast::pack::Use,
    ) -> Result<Found<Home>, Box<Diagnostic>> {
        let name = wanted.name.value.as_str();
        let mut near: Vec<String> = Vec::new();
        if let Home::Folder(shown, real) = home {
            if let Some(from) = &wanted.from {
                return self.folder(sources, &shown.join(&from.value));
            }
            let beside = beside(shown, real);
            for folder in siblings(&beside).iter().map(|folder| beside.join(folder)) {
                let Some(found) = files::declared(&folder) else { continue };
                if found == name {
                    return self.folder(sources, &folder);
                }
                near.push(found);
            }
        }
        for pack in packs::shipped() {
            let Some(found) = pack.declared() else { continue };
            if found == name {
                let files = self.shipped(sources, pack);
                return Ok(Found { home: Home::Shipped(pack.name), files });
            }
            near.push(found.to_owned());
        }
        let message = format!("there is no pack `{name}`");
        let help = "put it into a folder beside this one, or say where it is: `from \"…\"`";
        let told = Diagnostic::new(Severity::Error, "unknown-pack", message).help(help);
        Err(Box::new(told.suggest(nearest(name, near.iter().map(String::as_str)))))
    }
}

/// The folder around one, as the user wrote it where that can be told.
pub fn beside(shown: &Path, real: &Path) -> PathBuf {
    let is_plain = shown.file_name().is_some();
    match (is_plain.then(|| shown.parent()).flatten(), real.parent()) {
        (Some(parent), _) => parent.to_owned(),
        (None, Some(parent)) => parent.to_owned(),
        (None, None) => real.to_owned(),
    }
}

/// The names of the folders in one that hold packs.
pub fn siblings(folder: &Path) -> Vec<String> {
    let folder = if folder.as_os_str().is_empty() { Path::new(".") } else { folder };
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let folders = entries.flatten().map(|entry| entry.path());
    let mut names: Vec<String> = folders
        .filter(|path| files::declared(path).is_some())
        .filter_map(|path| Some(path.file_name()?.to_str()?.to_owned()))
        .collect();
    names.sort();
    names
}
