//! Where facts come from, as the sidecar of a description tells it.
//!
//! Owns the reading of origins: addresses of facts, each with the file it was taken from. Knows nothing of what the
//! facts mean. Whatever was changed by hand since has no origin any more: what is recorded must still be what stands there.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::yaml::{Kind, NodeId, Tree};

/// `kind` of a document that holds origins.
pub const KIND: &str = "Provenance";

/// What the file of an origin begins with where a step made the fact: `done: restart(s1)`.
pub const DONE: &str = "done: ";

/// Where one fact comes from.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Origin {
    /// The file it was taken from.
    pub file: String,
    /// The place in that file.
    pub pointer: String,
    /// When that file was made, or later.
    pub captured: Option<String>,
    /// What it follows from, where it was not stated itself.
    pub derived_from: Vec<String>,
    /// The value that was taken.
    pub value: Option<Json>,
}

impl Origin {
    /// Whether a step made the fact, and no file tells it.
    pub fn is_done(&self) -> bool {
        self.file.starts_with(DONE)
    }

    /// The name of the file, without its folders, or the step.
    pub fn name(&self) -> &str {
        if self.is_done() {
            return &self.file;
        }
        self.file.rsplit(['/', '\\']).next().unwrap_or(&self.file)
    }

    /// In a few words: `fabric.json /properties/state`.
    pub fn short(&self) -> String {
        let mut text = self.name().to_owned();
        if !self.pointer.is_empty() {
            text.push(' ');
            text.push_str(&self.pointer);
        }
        text
    }
}

/// The origins of the facts of environments, by name of the environment.
#[derive(Clone, Debug, Default)]
pub struct Origins {
    environments: BTreeMap<String, BTreeMap<String, Origin>>,
}

impl Origins {
    /// Reads a sidecar; `None` where it is none.
    pub fn read(sidecar: &Json) -> Option<Self> {
        if sidecar.get("kind")?.as_str()? != KIND {
            return None;
        }
        let mut environments = BTreeMap::new();
        for (name, facts) in sidecar.get("environments")?.as_object()? {
            let mut own = BTreeMap::new();
            for (path, origin) in facts.as_object()? {
                own.insert(path.clone(), read(origin));
            }
            environments.insert(name.clone(), own);
        }
        Some(Self { environments })
    }

    /// Adds those of another.
    pub fn extend(&mut self, other: Self) {
        for (name, facts) in other.environments {
            self.environments.entry(name).or_default().extend(facts);
        }
    }

    /// Those of facts that were taken from files, and not made by steps.
    pub fn of_files(mut self) -> Self {
        for facts in self.environments.values_mut() {
            facts.retain(|_, origin| !origin.is_done());
        }
        self
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.environments.is_empty()
    }

    /// The origins of one environment by address.
    pub fn of(&self, environment: &str) -> Option<&BTreeMap<String, Origin>> {
        self.environments.get(environment)
    }

    /// The names of the files that tell of an object, by its address, each once.
    pub fn telling(&self, environment: &str, object: &str) -> Vec<&str> {
        let below = format!("{object}/");
        let mut names: Vec<&str> = Vec::new();
        let facts = self.environments.get(environment).into_iter();
        let facts = facts.flat_map(|facts| facts.range(below.clone()..));
        for (_, origin) in facts.take_while(|(path, _)| path.starts_with(&below)) {
            if !origin.is_done() && !names.contains(&origin.name()) {
                names.push(origin.name());
            }
        }
        names
    }

    /// The origin of a fact that is written as `text`.
    pub fn find(&self, environment: &str, path: &str, text: &str) -> Option<&Origin> {
        let facts = self.environments.get(environment)?;
        let mut end = path.len();
        loop {
            if let Some(origin) = facts.get(&path[..end]) {
                return still(origin, path[end..].trim_start_matches('/'), text).then_some(origin);
            }
            end = path[..end].rfind('/')?;
        }
    }
}

/// Whether a part of a recorded value still is what stands there.
fn still(origin: &Origin, rest: &str, text: &str) -> bool {
    let Some(mut value) = origin.value.as_ref() else { return true };
    for part in rest.split('/').filter(|part| !part.is_empty()) {
        let below = match value {
            Json::Object(fields) => fields.get(part),
            Json::Array(entries) => entries.iter().find(|entry| match entry {
                Json::Object(fields) => fields.values().any(|field| is(field, part)),
                entry => is(entry, part),
            }),
            _ => None,
        };
        match below {
            Some(below) => value = below,
            None => return false,
        }
    }
    value.is_array() || value.is_object() || is(value, text)
}

/// Whether a recorded scalar is written like this.
fn is(value: &Json, text: &str) -> bool {
    match value {
        Json::String(recorded) => {
            recorded == text
                || serde_json::from_str::<String>(text).is_ok_and(|plain| plain == *recorded)
        }
        other => other.to_string().as_str() == text,
    }
}

fn read(origin: &Json) -> Origin {
    let text = |key: &str| origin.get(key).and_then(Json::as_str).map(str::to_owned);
    let list = origin.get("derivedFrom").and_then(Json::as_array);
    let reasons = list.into_iter().flatten().filter_map(Json::as_str).map(str::to_owned);
    Origin {
        file: text("file").unwrap_or_default(),
        pointer: text("pointer").unwrap_or_default(),
        captured: text("captured"),
        derived_from: reasons.collect(),
        value: origin.get("value").cloned(),
    }
}

/// A document of origins among descriptions, as JSON.
pub fn json(tree: &Tree<'_>, node: NodeId) -> Json {
    match tree.kind(node) {
        Kind::Scalar => Json::String(tree.text(node).to_owned()),
        Kind::Sequence => tree.items(node).map(|item| json(tree, item)).collect(),
        Kind::Mapping => Json::Object(
            tree.entries(node)
                .map(|entry| (tree.text(entry.key).to_owned(), json(tree, entry.value)))
                .collect(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sidecar() -> Origins {
        let sidecar = serde_json::json!({
            "kind": "Provenance",
            "environments": { "e": {
                "servers/s1/state": { "file": "in/a.json", "pointer": "/x", "value": "up" },
                "servers/s1/disks": { "file": "b.json", "value": [{ "id": "d1", "size": "1GiB" }] },
                "servers/s1/locked": { "file": "b.json", "value": false },
                "servers/s1/order": { "file": "b.json", "value": 8 }
            } }
        });
        Origins::read(&sidecar).expect("origins")
    }

    #[test]
    fn a_fact_has_its_origin_until_somebody_changes_it() {
        let origins = sidecar();
        let found = |path: &str, text: &str| {
            origins.find("e", path, text).map(Origin::short).unwrap_or_default()
        };
        assert_eq!(found("servers/s1/state", "up"), "a.json /x");
        assert_eq!(found("servers/s1/state", "\"up\""), "a.json /x");
        assert_eq!(found("servers/s1/state", "down"), "");
        assert_eq!(found("servers/s1/disks", "disks"), "b.json");
        assert_eq!(found("servers/s1/disks/d1/size", "1GiB"), "b.json");
        assert_eq!(found("servers/s1/disks/d1/size", "2GiB"), "");
        assert_eq!(found("servers/s1/disks/d1/kind", "ssd"), "");
        assert_eq!(found("servers/s1/locked", "false"), "b.json");
        assert_eq!(found("servers/s1/locked", "true"), "");
        assert_eq!(found("servers/s1/order", "8"), "b.json");
        assert_eq!(found("servers/s2/state", "up"), "");
    }

    #[test]
    fn what_a_step_made_is_from_no_file() {
        let origins = Origins::read(&serde_json::json!({
            "kind": "Provenance",
            "environments": { "e": {
                "servers/s1/state": { "file": "done: start(a/s1)", "value": "up" },
                "servers/s1/order": { "file": "in/b.json", "value": 8 }
            } }
        }))
        .expect("origins");
        let found = origins.find("e", "servers/s1/state", "up").map(Origin::short);
        assert_eq!(found.as_deref(), Some("done: start(a/s1)"));
        assert_eq!(origins.telling("e", "servers/s1"), ["b.json"]);
        let files = origins.of_files();
        assert_eq!(files.of("e").expect("an environment").len(), 1);
    }

    #[test]
    fn the_files_that_tell_of_an_object_are_named_once() {
        let origins = sidecar();
        assert_eq!(origins.telling("e", "servers/s1"), ["b.json", "a.json"]);
        assert_eq!(origins.telling("e", "servers/s"), Vec::<&str>::new());
        assert_eq!(origins.telling("other", "servers/s1"), Vec::<&str>::new());
    }
}
