//! Loading a rule pack.
//!
//! Owns parsing and compiling the files of one pack, or taking what they were compiled to before, and the digest of a
//! pack, which only those pay for who ask. Reads no file.

use sha2::{Digest, Sha256};

use crate::compile::ir::RuleSet;
use crate::compile::resolutions::{self, Resolutions};
use crate::compile::{self, join, stored};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::language;
use crate::language::ast;
use crate::session::PackFiles;
use crate::source::{FileId, Sources, Span};

/// A pack, ready to run.
pub struct Loaded {
    /// The rules that are without error.
    pub rules: RuleSet,
    /// What is wrong or unused, by place.
    pub diagnostics: Vec<Diagnostic>,
    /// The syntax trees, joined with those of the packs that are used, for those who document.
    pub files: Vec<ast::File>,
    /// Where the pack says that it judges nothing by itself.
    pub shared: Option<Span>,
    /// What of the packs that are used this one does not use, by place: another may.
    pub idle: Vec<Diagnostic>,
    /// The names that are left out of the packs that are used.
    pub left: Vec<String>,
}

/// What is said of a declaration that nothing uses.
const UNUSED: [&str; 5] =
    ["unused-definition", "unused-remedy", "unused-role", "unread-fact", "clause-without-rule"];

/// Parses and compiles a pack.
pub fn load(sources: &Sources, pack: &PackFiles) -> Loaded {
    load_by(sources, pack, |files, diagnostics| (compile::compile(files, diagnostics), ())).0
}

/// A pack and what each of its names refers to.
pub struct Resolved {
    /// The pack.
    pub loaded: Loaded,
    /// Its files and those of the packs that it uses, as they are written.
    pub written: Vec<ast::File>,
    /// What each name refers to; nothing where a pack that is used was not found.
    pub resolutions: Resolutions,
}

/// Loads a pack like [`load`], for those who show its rules to a person. With a place, also what stands around it.
pub fn resolve(sources: &Sources, pack: &PackFiles, probe: Option<(FileId, u32)>) -> Resolved {
    let parse = |file: &FileId| language::parse(sources, *file, &mut Diagnostics::default());
    let written: Vec<ast::File> = pack.all().iter().map(parse).collect();
    let (loaded, resolutions) = load_by(sources, pack, |files, diagnostics| {
        resolutions::compile(files, &written, probe, diagnostics)
    });
    Resolved { loaded, written, resolutions }
}

fn load_by<T: Default>(
    sources: &Sources,
    pack: &PackFiles,
    compile: impl FnOnce(&[ast::File], &mut Diagnostics) -> (RuleSet, T),
) -> (Loaded, T) {
    let mut diagnostics = Diagnostics::default();
    let own = std::iter::once(&pack.files);
    let parts = own.chain(pack.used.iter().map(|used| &used.files)).map(|files| {
        let parse = |file: &FileId| language::parse(sources, *file, &mut diagnostics);
        files.iter().map(parse).collect()
    });
    let parts: Vec<Vec<ast::File>> = parts.collect();
    if !pack.problems.is_empty() || is_use_lost(sources, pack, &parts) {
        // Without what it uses, each name of that would be told as unknown.
        diagnostics.extend(pack.problems.iter().cloned());
        let rules = no_rules();
        let diagnostics = diagnostics.into_sorted();
        let (files, idle, left) = (Vec::new(), Vec::new(), Vec::new());
        let loaded = Loaded { rules, diagnostics, files, shared: None, idle, left };
        return (loaded, T::default());
    }
    let joined = join::join(sources, parts, &mut diagnostics);
    let (rules, more) = compile(&joined.files, &mut diagnostics);
    let mut diagnostics = diagnostics.into_sorted();
    joined.explain(&mut diagnostics);
    let shared = joined.shared;
    let is_idle = |told: &Diagnostic| {
        let is_here = told.span().is_some_and(|span| pack.files.contains(&span.file));
        // A clause is cited by the packs that judge, each of them.
        let is_theirs = !is_here && told.code != "clause-without-rule";
        UNUSED.contains(&told.code.as_str()) && (is_theirs || shared.is_some())
    };
    let (idle, diagnostics) = diagnostics.into_iter().partition(is_idle);
    let left = joined.left().map(str::to_owned).collect();
    (Loaded { rules, diagnostics, files: joined.files, shared, idle, left }, more)
}

fn no_rules() -> RuleSet {
    compile::compile(&[], &mut Diagnostics::default())
}

/// Whether it cannot be read what the pack uses: its head has an error, and speaks of uses.
fn is_use_lost(sources: &Sources, pack: &PackFiles, parts: &[Vec<ast::File>]) -> bool {
    let mut items = parts.iter().take(1).flatten().flat_map(|file| &file.items);
    if items.any(|item| matches!(item.kind, ast::ItemKind::Pack(_)) && !item.broken) {
        return false;
    }
    let mut texts = pack.files.iter().map(|file| sources.get(*file).text());
    texts.any(|text| text.lines().any(|line| line.trim_start().starts_with("uses ")))
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
        return Ready { rules: stored::load(bytes, &pack.all()), errors: Vec::new() };
    }
    let Loaded { mut rules, diagnostics: mut errors, shared, .. } = load(sources, pack);
    errors.retain(|error| error.severity == Severity::Error);
    if let Some(shared) = shared {
        let message = format!("pack `{}` judges nothing by itself", rules.name);
        let help = "name a pack that uses it";
        errors.push(Diagnostic::error("shared-pack", message, shared).help(help));
        rules = no_rules();
    }
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

/// `sha256:…` over the names and texts of the files of a pack and of those that it uses.
pub fn digest(sources: &Sources, pack: &PackFiles) -> String {
    let mut hash = Sha256::new();
    for file in &pack.all() {
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
