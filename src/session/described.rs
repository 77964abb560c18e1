//! Which documents describe which environment.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::session::head::{self, Head};
use crate::session::{API_VERSION, Inputs, KIND, waivers};
use crate::source::{FileId, Span};
use crate::yaml::resolve::Scalar;
use crate::yaml::{Kind, NodeId, Tree};

/// One described environment before it is checked: its name and the roots of its documents.
pub(super) struct Described {
    pub(super) name: String,
    pub(super) documents: Vec<NodeId>,
    pub(super) files: Vec<FileId>,
}

/// Finds the documents that describe environments, and joins those with the same name; and those that hold waivers.
pub(super) fn describe(
    tree: &Tree<'_>,
    inputs: &Inputs,
    diagnostics: &mut Diagnostics,
) -> (Vec<Described>, Vec<NodeId>) {
    let mut described: Vec<Described> = Vec::new();
    let mut waiving = Vec::new();
    for document in tree.documents() {
        let named =
            inputs.descriptions.iter().any(|(file, named)| *file == document.file && *named);
        let header = |key: &str| tree.get(document.root, key);
        match head::of(tree, document.root) {
            Head::Waivers => {
                waiving.push(document.root);
                continue;
            }
            Head::Ours | Head::Foreign
                if inputs.waivers.contains(&document.file) && !is_empty(tree, document.root) =>
            {
                let span = first_line(tree, document.root);
                let help = format!(
                    "it begins with `apiVersion: {API_VERSION}` and `kind: {}`",
                    waivers::KIND
                );
                let told = Diagnostic::error("not-waivers", "this document holds no waivers", span);
                diagnostics.push(told.help(help));
                continue;
            }
            Head::Ours => {}
            Head::Origins => continue,
            Head::Slip(told) => {
                diagnostics.push(*told);
                continue;
            }
            Head::Foreign => {
                if named && !is_empty(tree, document.root) {
                    let span = first_line(tree, document.root);
                    let message = "this is not the description of an environment";
                    let help =
                        format!("it begins with `apiVersion: {API_VERSION}` and `kind: {KIND}`");
                    let told = Diagnostic::error("not-a-description", message, span).help(help);
                    diagnostics.push(told);
                }
                continue;
            }
        }
        if let Some(entry) =
            header("apiVersion").filter(|entry| tree.text(entry.value) != API_VERSION)
        {
            let message =
                format!("unknown version `{}` of the description format", tree.text(entry.value));
            let help = format!("this program reads `{API_VERSION}`");
            diagnostics.push(
                Diagnostic::error("unknown-version", message, tree.span(entry.value)).help(help),
            );
            continue;
        }
        let name = match header("name") {
            Some(entry) if is_name(tree, entry.value) => tree.text(entry.value).to_owned(),
            _ => {
                let span = first_line(tree, document.root);
                let message = "this environment has no name";
                let help =
                    "add `name: …` below `kind`; documents with one name describe one environment";
                diagnostics.push(Diagnostic::error("missing-name", message, span).help(help));
                inputs.sources.get(document.file).name().to_owned()
            }
        };
        match described.iter_mut().find(|known| known.name == name) {
            Some(known) => {
                known.documents.push(document.root);
                known.files.push(document.file);
            }
            None => described.push(Described {
                name,
                documents: vec![document.root],
                files: vec![document.file],
            }),
        }
    }
    (described, waiving)
}

/// Whether a scalar names something: an unquoted `unknown` does not.
fn is_name(tree: &Tree<'_>, node: NodeId) -> bool {
    let Some((text, plain)) = tree.scalar_text(node) else { return false };
    let is_open = tree.scalar(node) == Scalar::Null || (plain && text == "unknown");
    !is_open && !text.trim().is_empty()
}

fn is_empty(tree: &Tree<'_>, node: NodeId) -> bool {
    tree.kind(node) == Kind::Scalar && tree.text(node).trim().is_empty()
}

/// The place of the first key of a document.
pub(super) fn first_line(tree: &Tree<'_>, node: NodeId) -> Span {
    match tree.kind(node) {
        Kind::Mapping => {
            tree.entries(node).next().map_or(tree.span(node), |entry| tree.span(entry.key))
        }
        _ => tree.span(node),
    }
}
