//! The head of a description, and what is nearly one.
//!
//! Owns telling apart, by `apiVersion` and `kind`, a description, a document that was meant as one but would be passed
//! over for a slip of the pen, and what belongs to other tools. Does not know what stands below the head.

use crate::diagnostic::{Diagnostic, nearest};
use crate::session::described::first_line;
use crate::session::{API_VERSION, KIND, origins, waivers};
use crate::yaml::edit::respell;
use crate::yaml::resolve::Scalar;
use crate::yaml::{Entry, Kind, NodeId, Tree};

/// What every version of the format begins with.
const FORMAT: &str = "failback";

/// What a document is, by its head.
#[derive(Debug)]
pub enum Head {
    /// A description.
    Ours,
    /// It was meant to be one, and why it is none.
    Slip(Box<Diagnostic>),
    /// Where facts come from.
    Origins,
    /// Failures that are allowed to pass.
    Waivers,
    /// Something else.
    Foreign,
}

/// Reads the head of a document.
pub fn of(tree: &Tree<'_>, root: NodeId) -> Head {
    if tree.kind(root) != Kind::Mapping {
        return Head::Foreign;
    }
    let value = |entry: &Entry| tree.text(entry.value).to_owned();
    let is_open = |entry: &Entry| {
        tree.kind(entry.value) == Kind::Scalar && tree.scalar(entry.value) == Scalar::Null
    };
    let near = |key: &'static str, speaks: &dyn Fn(&str) -> bool| {
        let stated = tree.get(root, key);
        let misspelt = || {
            tree.entries(root).find(|entry| {
                let same = tree.text(entry.value) == API_VERSION && key == "apiVersion";
                speaks(tree.text(entry.value))
                    && (same || nearest(tree.text(entry.key), [key]).is_some())
            })
        };
        stated.or_else(misspelt)
    };
    let version = near("apiVersion", &speaks_of_the_format);
    let kind = near("kind", &speaks_of_the_kind);
    let says_version = version.as_ref().is_some_and(|entry| speaks_of_the_format(&value(entry)));
    let says_kind = kind.as_ref().is_some_and(|entry| speaks_of_the_kind(&value(entry)));
    if kind.as_ref().is_some_and(|entry| value(entry) == origins::KIND) {
        return Head::Origins;
    }
    let foreign = version.as_ref().is_some_and(|entry| !says_version && !is_open(entry));
    if !says_version && (!says_kind || foreign) {
        return Head::Foreign;
    }
    // What to do, or the word that was meant.
    let slip = |node: Option<NodeId>, message: String, help: Result<String, &str>| {
        let span = node.map_or_else(|| first_line(tree, root), |node| tree.span(node));
        let told = Diagnostic::error("not-a-description", message, span);
        Some(match (help, node) {
            (Ok(help), _) => told.help(help),
            (Err(near), Some(node)) => respell::meant(told, tree, node, Some(near)),
            (Err(near), None) => told.suggest(Some(near)),
        })
    };
    let right = |value: &str, wanted: &str| match wanted {
        API_VERSION => value.split_once('/').is_some_and(|(name, _)| name == FORMAT),
        _ => value == wanted,
    };
    let wrong = |entry: Option<Entry>, key: &str, wanted: &'static str| match entry {
        None => slip(
            None,
            format!("this description has no `{key}`, so it is none"),
            Ok(format!("add `{key}: {wanted}`")),
        ),
        Some(entry) if tree.text(entry.key) != key => slip(
            Some(entry.key),
            format!("the head of a description has no key `{}`", tree.text(entry.key)),
            Err(key),
        ),
        Some(entry) if !right(&value(&entry), wanted) => slip(
            Some(if value(&entry).is_empty() { entry.key } else { entry.value }),
            match value(&entry).as_str() {
                "" => format!("`{key}` of this description is empty, so it is none"),
                found => format!("`{found}` is not the `{key}` of a description"),
            },
            match nearest(&value(&entry), [wanted]) {
                Some(near) => Err(near),
                None => Ok(format!("write `{key}: {wanted}`")),
            },
        ),
        Some(_) => None,
    };
    let meant = kind.as_ref().and_then(|entry| nearest(&value(entry), [KIND, waivers::KIND]));
    let is_waivers = meant == Some(waivers::KIND);
    let wanted = if is_waivers { waivers::KIND } else { KIND };
    match wrong(version, "apiVersion", API_VERSION).or_else(|| wrong(kind, "kind", wanted)) {
        Some(slip) => Head::Slip(Box::new(slip)),
        None if is_waivers => Head::Waivers,
        None => Head::Ours,
    }
}

fn speaks_of_the_format(version: &str) -> bool {
    let name = version.split('/').next().unwrap_or_default();
    // A name with a dot is that of a group of somebody else.
    !name.is_empty() && !name.contains('.') && nearest(name, [FORMAT]).is_some()
}

fn speaks_of_the_kind(kind: &str) -> bool {
    !kind.is_empty() && nearest(kind, [KIND, waivers::KIND]).is_some()
}

/// Whether the bytes of a file may hold a description, or what was meant as one: a folder holds other files, too, which need
/// not even be well formed. Looks at the words only: `failback/`, what is nearly that, and `kind` before what is nearly
/// the kind.
pub fn may_stand_in(bytes: &[u8]) -> bool {
    // UTF-16 has a zero beside each letter.
    let mut letters = bytes.iter().copied().filter(|byte| *byte != 0);
    let (mut before, mut word) = (String::new(), String::new());
    loop {
        let byte = letters.next();
        if let Some(letter) = byte.filter(u8::is_ascii_alphabetic) {
            // Longer ones are neither.
            if word.len() < 20 {
                word.push(char::from(letter));
            }
            continue;
        }
        // Only words of about the right length are worth a closer look.
        let names_format = (6..=10).contains(&word.len())
            && (byte == Some(b'/') || before.to_ascii_lowercase().ends_with("version"))
            && speaks_of_the_format(&word);
        let names_kind = (5..=14).contains(&word.len())
            && (3..=5).contains(&before.len())
            && nearest(&before, ["kind"]).is_some()
            && speaks_of_the_kind(&word);
        if names_format || names_kind {
            return true;
        }
        let Some(byte) = byte else { return false };
        if !word.is_empty() {
            std::mem::swap(&mut before, &mut word);
            word.clear();
        } else if !matches!(byte, b'"' | b'\'' | b':' | b' ' | b'\t' | b'\r' | b'\n') {
            before.clear();
        }
    }
}
