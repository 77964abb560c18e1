//! Which files belong together: the folder of a pack, and the descriptions of an environment.
//!
//! What is read is what `check` and `lint` read, with the texts that are open in the editor before those on the disk.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use crate::compile::uses;
use crate::lsp::typing::{Known, Reading};
use crate::session::{Inputs, PackFiles, files, head};
use crate::source::{FileId, Sources};
use crate::yaml::Limits;
use crate::yaml::mend::Mended;

/// An open text.
#[derive(Clone, Debug)]
pub struct Document {
    /// The file, as it really is; none of a text that is not saved yet.
    pub path: Option<PathBuf>,
    /// The version that the client gave it.
    pub version: i64,
    /// Whether it is a rule file.
    pub is_rules: bool,
    /// The text.
    pub text: String,
    /// The line that was edited last, from 0.
    pub edited: Option<usize>,
    /// How it is judged.
    pub reading: Reading,
    /// What was said of the last text that could be read.
    pub known: Option<Rc<Known>>,
}

impl Document {
    /// The text that is judged.
    pub fn judged(&self) -> &str {
        self.mended().map_or(&self.text, |mended| &mended.text)
    }

    /// How the text was repaired.
    pub fn mended(&self) -> Option<&Rc<Mended>> {
        match &self.reading {
            Reading::Mended(mended) => Some(mended),
            _ => None,
        }
    }

    /// Finds out how the text can be judged.
    pub fn look(&mut self, limits: &Limits) {
        self.reading = Reading::of(&self.text, self.edited, self.known.as_deref(), limits);
    }
}

/// All open texts, by their address.
pub type Documents = BTreeMap<String, Document>;

/// The path of an address such as `file:///a%20b`.
pub fn path(uri: &str) -> Option<PathBuf> {
    let rest = uri.strip_prefix("file://")?;
    let rest = rest.strip_prefix("localhost").unwrap_or(rest);
    let mut bytes = Vec::new();
    let mut at = rest.bytes();
    while let Some(byte) = at.next() {
        bytes.push(match byte {
            b'%' => {
                let hex = [at.next()?, at.next()?];
                u8::from_str_radix(std::str::from_utf8(&hex).ok()?, 16).ok()?
            }
            byte => byte,
        });
    }
    let text = String::from_utf8(bytes).ok()?;
    // `/c:/sites` is `c:/sites`.
    let drive = text.as_bytes().get(2) == Some(&b':');
    Some(PathBuf::from(if drive { text.trim_start_matches('/') } else { &text }))
}

/// The address of a file.
pub fn uri(path: &Path) -> String {
    let mut uri = "file://".to_owned();
    let text = path.display().to_string().replace('\\', "/");
    if !text.starts_with('/') {
        uri.push('/');
    }
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'.' | b'_' | b'~' => {
                uri.push(char::from(byte))
            }
            _ => uri.push_str(&format!("%{byte:02X}")),
        }
    }
    uri
}

/// The path as the disk knows it.
pub fn real(path: &Path) -> PathBuf {
    fs::canonicalize(path).unwrap_or_else(|_| path.to_owned())
}

/// The address of a file of a run: that of the open text, where it is open.
pub fn uri_of(documents: &Documents, name: &str) -> String {
    let path = real(Path::new(name));
    let open = documents.iter().find(|(uri, document)| {
        *uri == name || document.path.as_ref().is_some_and(|known| *known == path)
    });
    open.map_or_else(|| uri(&path), |(uri, _)| uri.clone())
}

fn with_open(sources: &mut Sources, documents: &Documents) {
    for document in documents.values() {
        if let Some(path) = &document.path {
            sources.open(path.clone(), document.judged().to_owned());
        }
    }
}

/// The folder of the pack that a rule file belongs to: its own or the nearest above that declares a pack.
pub fn pack_folder(path: &Path, text: &str) -> PathBuf {
    let own = path.parent().unwrap_or(path).to_owned();
    if uses::declared(text).is_some() {
        return own;
    }
    let declares = |folder: &&Path| files::declared(folder).is_some();
    own.ancestors().find(declares).map_or_else(|| own.clone(), Path::to_owned)
}

/// The pack of a rule file, ready to be compiled; the file alone where it is not saved.
pub fn pack(documents: &Documents, uri: &str) -> Option<(Inputs, FileId)> {
    let document = documents.get(uri)?;
    let mut inputs = Inputs::default();
    let alone = |mut inputs: Inputs| {
        let file = inputs.sources.add(uri, document.text.as_str());
        inputs.packs = vec![PackFiles::new(uri, vec![file])];
        Some((inputs, file))
    };
    let Some(path) = &document.path else { return alone(inputs) };
    with_open(&mut inputs.sources, documents);
    files::pack(&mut inputs, &pack_folder(path, &document.text));
    let found = inputs.sources.iter().find(|(_, source)| real(Path::new(source.name())) == *path);
    match found.map(|(file, _)| file) {
        Some(file) if !inputs.packs.is_empty() => Some((inputs, file)),
        // New, and not yet on the disk.
        _ => alone(Inputs::default()),
    }
}

/// The rules that judge descriptions.
fn judging(rules: Option<&Path>, documents: &Documents) -> Inputs {
    let mut inputs = match rules {
        None => Inputs::shipped(),
        Some(_) => Inputs::default(),
    };
    with_open(&mut inputs.sources, documents);
    if let Some(folder) = rules {
        files::pack(&mut inputs, folder);
    }
    inputs
}

/// The names of the environments that a text describes, found without reading it as YAML.
pub fn names(text: &str) -> BTreeSet<String> {
    let value = |line: &str| {
        let rest = line.strip_prefix("name:")?;
        let plain = rest.split(" #").next().unwrap_or(rest).trim();
        Some(plain.trim_matches(['"', '\'']).to_owned())
    };
    text.lines().filter_map(value).collect()
}

/// Whether a text may be a description; others are left alone.
pub fn may_describe(text: &str) -> bool {
    head::may_stand_in(text.as_bytes())
}

/// What is judged together.
pub struct Estate {
    /// Rules and descriptions.
    pub inputs: Inputs,
    /// The addresses of the open texts in it.
    pub open: Vec<String>,
}

impl Estate {
    fn new(mut inputs: Inputs, open: Vec<String>, documents: &Documents) -> Self {
        let mut mended = BTreeMap::new();
        for (file, _) in &inputs.descriptions {
            let name = inputs.sources.get(*file).name();
            let is_it = |(uri, one): &(&String, &Document)| is_named(one, uri, name);
            let document = documents.iter().filter(|(_, one)| one.mended().is_some()).find(is_it);
            if let Some(repair) = document.and_then(|(_, one)| one.mended()) {
                mended.insert(*file, Mended::clone(repair));
            }
        }
        inputs.mended = mended;
        Self { inputs, open }
    }

    /// What an open text is called in it.
    pub fn names_of<'e>(
        &'e self,
        document: &'e Document,
        uri: &'e str,
    ) -> impl Iterator<Item = &'e str> {
        let files = self.inputs.descriptions.iter();
        let names = files.map(|(file, _)| self.inputs.sources.get(*file).name());
        names.filter(move |name| is_named(document, uri, name))
    }
}

/// Whether an open text is the file of a name.
fn is_named(document: &Document, uri: &str, name: &str) -> bool {
    match &document.path {
        Some(path) => *path == real(Path::new(name)),
        None => uri == name,
    }
}

/// The open descriptions, each with all files of its folder that describe the same environment.
pub fn estates(
    documents: &Documents,
    folders: &[PathBuf],
    rules: Option<&Path>,
    limits: &Limits,
) -> Vec<Estate> {
    let open = documents.iter().filter(|(_, one)| !one.is_rules && may_describe(one.judged()));
    let mut by_folder: BTreeMap<Option<&PathBuf>, Vec<&String>> = BTreeMap::new();
    let mut estates = Vec::new();
    for (uri, document) in open {
        let around =
            |folder: &&PathBuf| document.path.as_ref().is_some_and(|path| path.starts_with(folder));
        match folders.iter().find(around) {
            Some(folder) => by_folder.entry(Some(folder)).or_default().push(uri),
            None => {
                let mut inputs = judging(rules, documents);
                let name = document.path.as_ref().map_or_else(|| uri.clone(), |path| shown(path));
                let file = inputs.sources.add(name, document.judged());
                inputs.descriptions.push((file, false));
                estates.push(Estate::new(inputs, vec![uri.clone()], documents));
            }
        }
    }
    for (folder, open) in by_folder {
        let Some(folder) = folder else { continue };
        let mut inputs = judging(rules, documents);
        files::descriptions(&mut inputs, std::slice::from_ref(folder), limits);
        // An environment is judged when one of its files is open.
        let texts = open.iter().filter_map(|uri| documents.get(*uri));
        let wanted: BTreeSet<String> = texts.flat_map(|one| names(one.judged())).collect();
        let paths: Vec<&PathBuf> =
            open.iter().filter_map(|uri| documents.get(*uri)?.path.as_ref()).collect();
        add_new(&mut inputs, &open, documents);
        let sources = &inputs.sources;
        inputs.descriptions.retain(|(file, _)| {
            let source = sources.get(*file);
            paths.iter().any(|path| **path == real(Path::new(source.name())))
                || !names(source.text()).is_disjoint(&wanted)
        });
        // What else of the folder cannot be read is no matter of these texts.
        inputs.problems.retain(|problem| problem.span().is_some());
        let open = open.into_iter().cloned().collect();
        estates.push(Estate::new(inputs, open, documents));
    }
    estates
}

/// Adds the open texts of which the disk has no file yet.
fn add_new(inputs: &mut Inputs, open: &[&String], documents: &Documents) {
    for document in open.iter().filter_map(|uri| documents.get(*uri)) {
        let Some(path) = document.path.as_ref().filter(|path| !path.exists()) else { continue };
        let file = inputs.sources.add(shown(path), document.judged());
        inputs.descriptions.push((file, false));
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}
