//! Answers to questions, as a form that was filled in holds them: `servers/s1/state: running`.
//!
//! Owns what counts as an answer. Reads no file, and sets no fact; that is `assume`.

use crate::diagnostic::Diagnostics;
use crate::session::address::Problem;
use crate::session::assume;
use crate::source::Sources;
use crate::yaml::edit::Value;
use crate::yaml::resolve::Scalar;
use crate::yaml::{Kind, Limits, Tree};

/// The answers of a text, by the address of the fact; what is empty or `unknown` is none.
pub fn parse(name: &str, text: &str, limits: &Limits) -> Result<Vec<(String, Value)>, Problem> {
    let mut sources = Sources::default();
    let file = sources.add(name, text);
    let mut tree = Tree::new(&sources);
    let mut diagnostics = Diagnostics::default();
    tree.read(file, limits, &mut diagnostics);
    if let Some(error) = diagnostics.into_sorted().first() {
        let place = error.span().map(|span| sources.get(file).position(span.start).line);
        let place = place.map_or(String::new(), |line| format!(", line {line}"));
        return Err(Problem::new(
            format!("`{name}`{place}: {}", error.message),
            error.help.clone(),
        ));
    }
    let mut answers = Vec::new();
    for document in tree.documents() {
        if tree.kind(document.root) == Kind::Scalar && tree.text(document.root).trim().is_empty() {
            continue;
        }
        if tree.kind(document.root) != Kind::Mapping {
            let help = "it has a line `path: value` for each answer; `failback ask --format yaml` makes one";
            let message = format!("`{name}` holds no answers");
            return Err(Problem::new(message, Some(help.to_owned())));
        }
        for entry in tree.entries(document.root) {
            let none = tree.kind(entry.value) == Kind::Scalar
                && (matches!(tree.text(entry.value).trim(), "" | "unknown")
                    || tree.scalar(entry.value) == Scalar::Null);
            if !none {
                let value = assume::value_of(&tree, entry.value);
                answers.push((tree.text(entry.key).to_owned(), value));
            }
        }
    }
    Ok(answers)
}
