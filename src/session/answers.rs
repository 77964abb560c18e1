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

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// The address of the fact.
    pub path: String,
    /// What it is; `unknown` where nobody knows.
    pub value: Value,
    /// Where the answer was given, as a user knows it.
    pub place: String,
}

impl Answer {
    /// The fact and its value.
    pub fn pair(&self) -> (String, Value) {
        (self.path.clone(), self.value.clone())
    }
}

/// An answer in one word of the command line, `PATH=VALUE`; a path may hold `=` between brackets only.
pub fn argument(text: &str, help: &str) -> Result<Answer, Problem> {
    let problem = |message| Problem::new(message, Some(help.to_owned()));
    let Some(equal) = equal(text) else {
        return Err(problem(format!("`{text}` says no value")));
    };
    let (path, value) = (text[..equal].trim(), text[equal + 1..].trim());
    if path.is_empty() || value.is_empty() {
        return Err(problem(format!("`{text}` is not a path and a value")));
    }
    Ok(Answer { path: path.to_owned(), value: assume::value(value)?, place: format!("`{text}`") })
}

/// Where the value begins: at the first `=` that stands between no brackets.
fn equal(text: &str) -> Option<usize> {
    let bracket = text.find('[').filter(|open| text.find('=').is_some_and(|equal| *open < equal));
    let from =
        bracket.and_then(|open| text[open..].find(']').map(|close| open + close)).unwrap_or(0);
    text[from..].find('=').map(|at| from + at)
}

/// The answers of a text; what is empty is none.
pub fn parse(name: &str, text: &str, limits: &Limits) -> Result<Vec<Answer>, Problem> {
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
                && (tree.text(entry.value).trim().is_empty()
                    || tree.scalar(entry.value) == Scalar::Null);
            if !none {
                let line = sources.get(file).position(tree.span(entry.key).start).line;
                answers.push(Answer {
                    path: tree.text(entry.key).to_owned(),
                    value: assume::value_of(&tree, entry.value),
                    place: format!("`{name}`, line {line}"),
                });
            }
        }
    }
    Ok(answers)
}
