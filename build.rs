//! Puts the shipped rule packs into the program, as texts and compiled: each folder below `rules/` is a pack.
//!
//! The compiler of the packs is the program's own: the modules from texts to rule sets are part of this script, too. A
//! pack with an error is only put in as texts, so that the program itself tells what is wrong with it.

#![allow(dead_code, unused_imports, missing_docs)]

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

#[path = "src"]
mod parts {
    pub mod builtins;
    pub mod compile;
    pub mod diagnostic;
    pub mod facts;
    pub mod language;
    pub mod scalar;
    pub mod schema;
    pub mod source;
    pub mod stop;
    pub mod yaml;
}
use parts::{builtins, compile, diagnostic, facts, language, scalar, schema, source, stop, yaml};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("rules");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    println!("cargo:rerun-if-changed={}", root.display());
    let mut folders = Vec::new();
    let mut texts = String::new();
    for folder in entries(&root)?.into_iter().filter(|path| path.is_dir()) {
        let pack = name(&folder);
        let _ = writeln!(texts, "const {}: &[(&str, &str)] = &[", constant(&pack));
        let mut rules = Vec::new();
        for file in files(&folder)? {
            println!("cargo:rerun-if-changed={}", file.display());
            let shown =
                file.strip_prefix(&root).unwrap_or(&file).display().to_string().replace('\\', "/");
            let shown = format!("rules/{shown}");
            let _ = writeln!(texts, "    ({shown:?}, include_str!({file:?})),");
            if shown.ends_with(".gate") {
                rules.push((shown, fs::read_to_string(&file)?));
            }
        }
        texts.push_str("];\n");
        folders.push((pack, rules));
    }
    let mut table = String::from("pub(super) const SHIPPED: &[super::Pack] = &[\n");
    for (pack, _) in &folders {
        let made = compiled(&folders, pack);
        let stored = out.join(format!("{pack}.stored"));
        let expression = match made.bytes {
            Some(bytes) => {
                fs::write(&stored, bytes)?;
                format!("Some(include_bytes!({stored:?}))")
            }
            None => "None".to_owned(),
        };
        let (shared, uses, texts) = (made.shared, made.uses, constant(pack));
        let _ = writeln!(
            table,
            "    super::Pack {{ name: {pack:?}, shared: {shared}, stored: {expression}, uses: &{uses:?}, files: {texts} }},"
        );
    }
    table.push_str("];\n");
    fs::write(out.join("packs.rs"), texts + &table)
}

/// Name and text of the rule files of each folder.
type Folders = [(String, Vec<(String, String)>)];

/// What becomes of a pack.
struct Made {
    /// Its stored form, where it has no error and judges something.
    bytes: Option<Vec<u8>>,
    /// Whether it judges nothing by itself.
    shared: bool,
    /// The names of the packs that it uses, and of those that they use.
    uses: Vec<String>,
}

/// The folders below `rules/`, read as packs use one another.
struct Beside<'f> {
    folders: &'f Folders,
    known: Vec<(String, Vec<source::FileId>)>,
}

impl Beside<'_> {
    fn read(&mut self, sources: &mut source::Sources, pack: &str) -> Option<Vec<source::FileId>> {
        if let Some((_, files)) = self.known.iter().find(|(known, _)| known == pack) {
            return Some(files.clone());
        }
        let (_, texts) = self.folders.iter().find(|(known, _)| known == pack)?;
        let add = |(name, text): &(String, String)| sources.add(name.as_str(), text.as_str());
        let files: Vec<_> = texts.iter().map(add).collect();
        self.known.push((pack.to_owned(), files.clone()));
        Some(files)
    }
}

impl compile::uses::Library for Beside<'_> {
    type Home = String;

    fn find(
        &mut self,
        sources: &mut source::Sources,
        _: &String,
        wanted: &language::ast::pack::Use,
    ) -> Result<compile::uses::Found<String>, Box<diagnostic::Diagnostic>> {
        let name = wanted.name.value.as_str();
        let declares = |(_, text): &(String, String)| compile::uses::declared(text) == Some(name);
        let mut folders = self.folders.iter().filter(|_| wanted.from.is_none());
        let home = folders.find(|(_, texts)| texts.iter().any(declares));
        let home = home.map(|(folder, _)| folder.clone());
        let found = home.and_then(|home| Some((self.read(sources, &home)?, home)));
        let Some((files, home)) = found else {
            let message = format!("there is no pack `{name}`");
            let severity = diagnostic::Severity::Error;
            return Err(Box::new(diagnostic::Diagnostic::new(severity, "unknown-pack", message)));
        };
        Ok(compile::uses::Found { home, files })
    }
}

/// A pack, joined with those that it uses.
fn compiled(folders: &Folders, pack: &str) -> Made {
    let mut sources = source::Sources::default();
    let mut diagnostics = diagnostic::Diagnostics::default();
    let mut library = Beside { folders, known: Vec::new() };
    let own = library.read(&mut sources, pack).unwrap_or_default();
    let found = compile::uses::resolve(&mut library, &mut sources, pack.to_owned(), &own);
    let parts: Vec<&Vec<source::FileId>> =
        [&own].into_iter().chain(found.used.iter().map(|used| &used.files)).collect();
    let trees = parts.iter().map(|files| {
        files.iter().map(|file| language::parse(&sources, *file, &mut diagnostics)).collect()
    });
    let trees = trees.collect();
    diagnostics.extend(found.problems);
    let joined = compile::join::join(&sources, trees, &mut diagnostics);
    let rules = compile::compile(&joined.files, &mut diagnostics);
    let broken = diagnostics.iter().any(|one| one.severity == diagnostic::Severity::Error);
    let shared = joined.shared.is_some();
    let ids: Vec<source::FileId> = parts.into_iter().flatten().copied().collect();
    let bytes = (!broken && !shared).then(|| compile::stored::store(&rules, &ids));
    Made { bytes, shared, uses: found.used.into_iter().map(|used| used.home).collect() }
}

/// The name of the constant that holds the texts of a pack.
fn constant(pack: &str) -> String {
    let letter =
        |char: char| if char.is_ascii_alphanumeric() { char.to_ascii_uppercase() } else { '_' };
    pack.chars().map(letter).collect::<String>() + "_TEXTS"
}

fn files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for path in entries(folder)? {
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if path.extension().is_some_and(|extension| extension == "gate" || extension == "md")
        {
            found.push(path);
        }
    }
    Ok(found)
}

fn entries(folder: &Path) -> io::Result<Vec<PathBuf>> {
    if !folder.is_dir() {
        return Ok(Vec::new());
    }
    let mut found: Vec<PathBuf> =
        fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<_>>()?;
    found.sort();
    Ok(found)
}

fn name(path: &Path) -> String {
    path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
}
