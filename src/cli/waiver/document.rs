//! The text of waivers that are granted.
//!
//! Owns where one goes in a file and in which order its keys are. What is written is read again by `edit`.

use crate::diagnostic::Diagnostics;
use crate::session::API_VERSION;
use crate::session::head::{self, Head};
use crate::session::waivers::KIND;
use crate::source::Sources;
use crate::yaml::edit::{Change, Value, change};
use crate::yaml::path::Path;
use crate::yaml::{Kind, Limits, Tree};

/// A waiver to be written.
pub struct New {
    pub id: String,
    pub rule: String,
    pub subject: String,
    pub reason: String,
    pub owner: String,
    pub approver: String,
    pub granted: String,
    pub until: String,
    pub blocks: Vec<String>,
    pub facts: Vec<(String, Value)>,
}

impl New {
    fn value(&self) -> Value {
        let text = |text: &String| Value::Text(text.clone());
        let blocks = self.blocks.iter().map(text).collect();
        let entries = [
            ("id", text(&self.id)),
            ("rule", text(&self.rule)),
            ("subject", text(&self.subject)),
            ("reason", text(&self.reason)),
            ("owner", text(&self.owner)),
            ("approver", text(&self.approver)),
            ("granted", Value::Raw(self.granted.clone())),
            ("until", Value::Raw(self.until.clone())),
            ("blocks", Value::List(blocks)),
            ("facts", Value::Map(self.facts.clone())),
        ];
        Value::Map(entries.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }
}

/// A document with this waiver alone.
pub fn alone(environment: &str, waiver: &New) -> Option<String> {
    let head = format!("apiVersion: {API_VERSION}\nkind: {KIND}\n");
    let changes = [
        Change::Set(Path::root().key("environment"), Value::Text(environment.to_owned())),
        Change::Set(Path::root().key("waivers"), Value::List(vec![waiver.value()])),
    ];
    change(&head, 0, &changes).ok()
}

/// A text with a waiver more: behind those of the environment, or in a document of its own.
pub fn added(text: &str, environment: &str, waiver: &New) -> Option<String> {
    let place = documents(text)?.into_iter().find(|one| one.environment == environment);
    match place {
        Some(one) => {
            let list = Path::root().key("waivers");
            let wish = match one.ids.len() {
                0 => Change::Set(list, Value::List(vec![waiver.value()])),
                length => Change::Insert(list.index(length), waiver.value()),
            };
            change(text, one.number, &[wish]).ok()
        }
        None if text.trim().is_empty() => alone(environment, waiver),
        None => {
            let more = alone(environment, waiver)?;
            let end = if text.ends_with('\n') { "" } else { "\n" };
            Some(format!("{text}{end}---\n{more}"))
        }
    }
}

/// A text with a waiver in the place of the one with an id.
pub fn replaced(text: &str, id: &str, waiver: &New) -> Option<String> {
    for one in documents(text)? {
        if let Some(at) = one.ids.iter().position(|known| known == id) {
            let place = Path::root().key("waivers").index(at);
            return change(text, one.number, &[Change::Set(place, waiver.value())]).ok();
        }
    }
    None
}

/// A document of waivers in a text.
struct Document {
    /// Its number among all documents, from 0.
    number: usize,
    environment: String,
    /// The ids of its waivers.
    ids: Vec<String>,
}

/// The documents of waivers in a text; nothing where it cannot be read.
fn documents(text: &str) -> Option<Vec<Document>> {
    let mut sources = Sources::default();
    let file = sources.add("", text);
    let mut tree = Tree::new(&sources);
    let mut diagnostics = Diagnostics::default();
    tree.read(file, &Limits::default(), &mut diagnostics);
    if diagnostics.has_errors() {
        return None;
    }
    let mut found = Vec::new();
    for (number, document) in tree.documents().iter().enumerate() {
        if !matches!(head::of(&tree, document.root), Head::Waivers) {
            continue;
        }
        let text = |node, key: &str| {
            tree.get(node, key).map_or(String::new(), |entry| tree.text(entry.value).to_owned())
        };
        let list = tree.get(document.root, "waivers").map(|entry| entry.value);
        let items = list.into_iter().filter(|list| tree.kind(*list) == Kind::Sequence);
        let ids = items
            .flat_map(|list| tree.items(list).map(|item| text(item, "id")).collect::<Vec<_>>());
        found.push(Document {
            number,
            environment: text(document.root, "environment"),
            ids: ids.collect(),
        });
    }
    Some(found)
}
