//! Loading a rule pack.
//!
//! Owns parsing and compiling the files of one pack, or taking what they were compiled to before, and the digest of a
//! pack, which only those pay for who ask. Reads no file.

use sha2::{Digest, Sha256};

use crate::compile::ir::RuleSet;
use crate::compile::{self, stored};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::language;
use crate::language::ast;
use crate::session::PackFiles;
use crate::source::Sources;

/// A pack, ready to run.
pub struct Loaded {
    /// The rules that are without error.
    pub rules: RuleSet,
    /// What is wrong or unused, by place.
    pub diagnostics: Vec<Diagnostic>,
    /// The syntax trees, for those who format or document.
    pub files: Vec<ast::File>,
}

/// Parses and compiles a pack.
pub fn load(sources: &Sources, pack: &PackFiles) -> Loaded {
    let mut diagnostics = Diagnostics::default();
    let files: Vec<ast::File> =
        pack.files.iter().map(|file| language::parse(sources, *file, &mut diagnostics)).collect();
    let rules = compile::compile(&files, &mut diagnostics);
    Loaded { rules, diagnostics: diagnostics.into_sorted(), files }
}

/// A pack as a check needs it.
pub struct Ready {
    /// The rules that are without error.
    pub rules: RuleSet,
    /// The errors of the others, by place.
    pub errors: Vec<Diagnostic>,
}

/// Takes a pack as it is stored, or parses and compiles it.
pub fn ready(sources: &Sources, pack: &PackFiles) -> Ready {
    if let Some(bytes) = pack.stored {
        return Ready { rules: stored::load(bytes, &pack.files), errors: Vec::new() };
    }
    let Loaded { rules, diagnostics: mut errors, .. } = load(sources, pack);
    errors.retain(|error| error.severity == Severity::Error);
    Ready { rules, errors }
}

/// Field and word by which a pack is chosen, without compiling it.
pub fn when(sources: &Sources, pack: &PackFiles) -> Option<(String, String)> {
    if let Some(bytes) = pack.stored {
        return stored::when(bytes);
    }
    // One file declares the pack.
    let pack = pack.files.iter().find_map(|file| language::parse_pack(sources, *file))?;
    pack.when.map(|(field, word)| (field.value, word.value))
}

/// `sha256:…` over the names and texts of the files of a pack.
pub fn digest(sources: &Sources, pack: &PackFiles) -> String {
    let mut hash = Sha256::new();
    for file in &pack.files {
        let source = sources.get(*file);
        let name = source.name().rsplit('/').next().unwrap_or_default();
        hash.update((name.len() as u64).to_le_bytes());
        hash.update(name);
        hash.update((source.text().len() as u64).to_le_bytes());
        hash.update(source.text());
    }
    let bytes = hash.finalize();
    let hex: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}
