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
    pub mod yaml;
}
use parts::{builtins, compile, diagnostic, facts, language, scalar, schema, source, yaml};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("rules");
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    println!("cargo:rerun-if-changed={}", root.display());
    let mut table = String::from("pub(super) const SHIPPED: &[super::Pack] = &[\n");
    for folder in entries(&root)?.into_iter().filter(|path| path.is_dir()) {
        let pack = name(&folder);
        let _ = writeln!(table, "    super::Pack {{\n        name: {pack:?},\n        files: &[");
        let mut rules = Vec::new();
        for file in files(&folder)? {
            println!("cargo:rerun-if-changed={}", file.display());
            let shown =
                file.strip_prefix(&root).unwrap_or(&file).display().to_string().replace('\\', "/");
            let shown = format!("rules/{shown}");
            let _ = writeln!(table, "            ({shown:?}, include_str!({file:?})),");
            if shown.ends_with(".gate") {
                rules.push((shown, fs::read_to_string(&file)?));
            }
        }
        let stored = out.join(format!("{pack}.stored"));
        let expression = match compiled(rules) {
            Some(bytes) => {
                fs::write(&stored, bytes)?;
                format!("Some(include_bytes!({stored:?}))")
            }
            None => "None".to_owned(),
        };
        let _ = writeln!(table, "        ],\n        stored: {expression},\n    }},");
    }
    table.push_str("];\n");
    fs::write(out.join("packs.rs"), table)
}

/// The stored form of a pack without error.
fn compiled(files: Vec<(String, String)>) -> Option<Vec<u8>> {
    let mut sources = source::Sources::default();
    let mut diagnostics = diagnostic::Diagnostics::default();
    let ids: Vec<_> = files.into_iter().map(|(name, text)| sources.add(name, text)).collect();
    let trees: Vec<_> =
        ids.iter().map(|file| language::parse(&sources, *file, &mut diagnostics)).collect();
    let rules = compile::compile(&trees, &mut diagnostics);
    let broken = diagnostics.iter().any(|one| one.severity == diagnostic::Severity::Error);
    (!broken).then(|| compile::stored::store(&rules, &ids))
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
