//! Answers that were written as YAML, as `az -o yaml` does, made into JSON.
//!
//! Owns nothing but the way from one to the other: what the answer is, is found like that of any other.

use serde_json::{Map, Number, Value as Json};

use crate::diagnostic::{Diagnostics, Severity};
use crate::source::Sources;
use crate::yaml::resolve::Scalar;
use crate::yaml::{Kind, Limits, NodeId, Tree};

/// Why a text is no YAML.
#[derive(Clone, Debug)]
pub struct Broken {
    /// The line, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub message: String,
}

/// The documents of a text as JSON, one after another.
pub fn to_json(text: &str) -> Result<String, Broken> {
    let mut sources = Sources::default();
    let file = sources.add("", text);
    let mut tree = Tree::new(&sources);
    let mut diagnostics = Diagnostics::default();
    tree.read(file, &Limits::default(), &mut diagnostics);
    if let Some(error) = diagnostics.iter().find(|one| one.severity == Severity::Error) {
        let before = error.span().map_or(0, |span| span.start as usize);
        let line = text.get(..before).unwrap_or_default().matches('\n').count() + 1;
        return Err(Broken { line, message: error.message.clone() });
    }
    let documents = tree.documents().iter().map(|document| value(&tree, document.root).to_string());
    Ok(documents.collect::<Vec<_>>().join("\n"))
}

fn value(tree: &Tree<'_>, node: NodeId) -> Json {
    let node = tree.resolve(node);
    match tree.kind(node) {
        Kind::Mapping => {
            let entries = tree.entries(node);
            let members =
                entries.map(|entry| (tree.text(entry.key).to_owned(), value(tree, entry.value)));
            Json::Object(members.collect::<Map<_, _>>())
        }
        Kind::Sequence => tree.items(node).map(|item| value(tree, item)).collect(),
        Kind::Scalar => match tree.scalar(node) {
            Scalar::Null => Json::Null,
            Scalar::Bool(truth) => Json::Bool(truth),
            Scalar::Int(number) => Json::from(number),
            Scalar::Float(number) => Number::from_f64(number).map_or(Json::Null, Json::Number),
            Scalar::Text(text) => Json::from(text),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_az_writes_is_read() {
        let text = "- id: /a/b\n  properties:\n    count: 3\n    name: 'a: b'\n    none: null\n    on: true\n    list: []\n    when: '2020-03-28T09:00:00Z'\n";
        let json = to_json(text).expect("YAML");
        let expected = serde_json::json!([{ "id": "/a/b", "properties": {
            "count": 3, "name": "a: b", "none": null, "on": true, "list": [], "when": "2020-03-28T09:00:00Z"
        } }]);
        assert_eq!(serde_json::from_str::<Json>(&json).expect("JSON"), expected);
        let broken = to_json("a: 1\nb: [1\n").expect_err("no YAML");
        assert!(broken.line >= 2, "{broken:?}");
    }
}
