//! Loading a rule pack.
//!
//! Owns parsing and compiling the files of one pack, and its digest, which only those pay for who ask. Reads no file.

use sha2::{Digest, Sha256};

use crate::compile;
use crate::compile::ir::RuleSet;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language;
use crate::language::ast;
use crate::session::PackFiles;
use crate::source::{FileId, Sources};

/// Bytes of rules from which on a second thread pays.
const WORTH_A_THREAD: usize = 64 << 10;

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
    let files = parse(sources, &pack.files, &mut diagnostics);
    let rules = compile::compile(&files, &mut diagnostics);
    Loaded { rules, diagnostics: diagnostics.into_sorted(), files }
}

/// Parses files, a large pack in two halves side by side: reading it is most of what a small check takes.
fn parse(sources: &Sources, files: &[FileId], diagnostics: &mut Diagnostics) -> Vec<ast::File> {
    let sizes = || files.iter().map(|file| sources.get(*file).text().len());
    let total: usize = sizes().sum();
    let mut passed = 0;
    let half = sizes().take_while(|size| {
        passed += size;
        passed <= total / 2
    });
    let (first, second) = match total < WORTH_A_THREAD {
        true => (files, &files[..0]),
        false => files.split_at(half.count()),
    };
    let read = |files: &[FileId]| {
        let mut diagnostics = Diagnostics::default();
        let files = files.iter().map(|file| language::parse(sources, *file, &mut diagnostics));
        (files.collect::<Vec<_>>(), diagnostics)
    };
    let (mut parsed, found) = match second {
        [] => read(first),
        _ => std::thread::scope(|scope| {
            let other = scope.spawn(|| read(second));
            let (mut parsed, mut found) = read(first);
            // The parser does not panic; if it did, the same would happen here.
            let (rest, more) = other.join().unwrap_or_else(|_| read(second));
            parsed.extend(rest);
            found.append(more);
            (parsed, found)
        }),
    };
    diagnostics.append(found);
    parsed.shrink_to_fit();
    parsed
}

/// Field and word by which a pack is chosen, without compiling it.
pub fn when(sources: &Sources, pack: &PackFiles) -> Option<(String, String)> {
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
