//! Compares one environment with what stands in its documents, fact by fact.
//!
//! Owns the three-way decision and the wishes that follow from it. Writes nothing.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::import::model::{Entity, Environment, SINGLE, Value};
use crate::import::update::{Did, Told};
use crate::import::write::{UNLISTED, recorded};
use crate::scalar::{address_part, parse_size, parse_time};
use crate::session::origins::{self, Origin};
use crate::yaml::edit::{self, Change};
use crate::yaml::path::Path;
use crate::yaml::resolve::Scalar;
use crate::yaml::{Kind, NodeId, Tree};

/// Names under which records of a list are told apart, best first.
const KEYS: [&str; 7] = ["id", "name", "machine", "datastore", "uuid", "path", "ip"];

/// A place in the documents of an environment.
#[derive(Clone)]
struct Spot {
    document: usize,
    path: Path,
}

impl Spot {
    fn key(&self, key: &str) -> Self {
        Self { document: self.document, path: self.path.clone().key(key) }
    }

    fn index(&self, index: usize) -> Self {
        Self { document: self.document, path: self.path.clone().index(index) }
    }
}

/// The comparison of one environment.
pub struct Merge<'m, 's> {
    tree: &'m Tree<'s>,
    documents: &'m [(usize, NodeId)],
    base: &'m BTreeMap<String, Origin>,
    /// What is to be set; several facts may share a place that is missing as a whole.
    sets: Vec<(Spot, edit::Value)>,
    inserts: Vec<(Spot, edit::Value)>,
    removes: Vec<Spot>,
    /// The summary.
    pub told: Vec<Told>,
    /// Addresses of facts that a person wrote.
    pub own: BTreeSet<String>,
}

impl<'m, 's> Merge<'m, 's> {
    /// A comparison with documents of one name; `base` is what was imported last time.
    pub fn new(
        tree: &'m Tree<'s>,
        documents: &'m [(usize, NodeId)],
        base: &'m BTreeMap<String, Origin>,
    ) -> Self {
        let (sets, inserts, removes) = (Vec::new(), Vec::new(), Vec::new());
        let (told, own) = (Vec::new(), BTreeSet::new());
        Self { tree, documents, base, sets, inserts, removes, told, own }
    }

    /// What is to be changed, in an order in which no change moves the place of a later one.
    pub fn changes(&mut self) -> Vec<(usize, Change)> {
        self.removes.sort_by(|a, b| (b.document, &b.path).cmp(&(a.document, &a.path)));
        let sets =
            self.sets.drain(..).map(|(at, value)| (at.document, Change::Set(at.path, value)));
        let inserts =
            self.inserts.drain(..).map(|(at, value)| (at.document, Change::Insert(at.path, value)));
        let removes = self.removes.drain(..).map(|at| (at.document, Change::Remove(at.path)));
        sets.chain(inserts).chain(removes).collect()
    }

    /// Compares everything.
    pub fn environment(&mut self, environment: &Environment) {
        let Some((first, first_root)) = self.documents.first().copied() else { return };
        let top = Spot { document: first, path: Path::root() };
        if let Some(word) = environment.architecture
            && self.top("architecture").is_none()
        {
            let spot = top.key("architecture");
            self.add(&spot, &[], edit::Value::Raw(word.to_owned()), "architecture", word);
        }
        if let Some(fact) = &environment.as_of {
            let (spot, root) = match self.top("asOf") {
                Some((document, root, _)) => (Spot { document, path: Path::root() }, root),
                None => (top.clone(), first_root),
            };
            self.fact(&spot, root, "asOf", &fact.value, "asOf");
        }
        for (key, entities) in &environment.sections {
            if SINGLE.contains(key) {
                for entity in entities {
                    self.single(&top, key, entity);
                }
            } else {
                self.list(&top, key, entities, environment);
                if environment.incomplete.iter().all(|gap| gap.list != *key) {
                    self.gone(key, entities);
                }
            }
        }
        self.suspended(&top, environment);
    }

    /// Lists of which nothing is imported, as their export was cut: what was written of them may be less than there is now.
    fn suspended(&mut self, top: &Spot, environment: &Environment) {
        let mut seen = BTreeSet::new();
        for gap in environment.incomplete.iter().filter(|gap| gap.cut.is_some()) {
            let imported = environment.sections.iter().any(|(key, _)| *key == gap.list);
            if !imported && seen.insert(gap.list) && self.top(gap.list).is_some() {
                self.list(top, gap.list, &[], environment);
            }
        }
    }

    /// A key of the documents: number and root of the document, and the value.
    fn top(&self, key: &str) -> Option<(usize, NodeId, NodeId)> {
        self.documents
            .iter()
            .find_map(|(at, root)| Some((*at, *root, self.tree.get(*root, key)?.value)))
    }

    fn single(&mut self, top: &Spot, key: &'static str, entity: &Entity) {
        match self.top(key) {
            Some((document, _, node)) if self.tree.kind(node) == Kind::Mapping => {
                let spot = Spot { document, path: Path::root().key(key) };
                for (path, fact) in &entity.facts {
                    self.fact(&spot, node, path, &fact.value, &format!("{key}/{path}"));
                }
            }
            _ => self.add(&top.key(key), &[], whole(entity, key != "request"), key, "all of it"),
        }
    }

    fn list(
        &mut self,
        top: &Spot,
        key: &'static str,
        entities: &[Entity],
        environment: &Environment,
    ) {
        let lists: Vec<(Spot, NodeId)> = self
            .documents
            .iter()
            .filter_map(|(document, root)| {
                let node = self.tree.get(*root, key)?.value;
                Some((Spot { document: *document, path: Path::root().key(key) }, node))
            })
            .collect();
        let mut known: BTreeMap<String, (Spot, NodeId)> = BTreeMap::new();
        for (spot, list) in &lists {
            for (at, item) in self.tree.items(*list).enumerate() {
                if let Some(id) = self.text_of(item, "id") {
                    known.entry(id).or_insert_with(|| (spot.index(at), item));
                }
            }
        }
        let target = lists.iter().find(|(_, list)| self.tree.items(*list).next().is_some());
        let count = target.map_or(0, |(_, list)| self.tree.items(*list).count());
        let mut new = Vec::new();
        for entity in entities {
            match known.get(&entity.id) {
                Some((spot, node)) => {
                    for (path, fact) in &entity.facts {
                        let address = format!("{key}/{}/{path}", address_part(&entity.id));
                        self.fact(spot, *node, path, &fact.value, &address);
                    }
                }
                None => {
                    self.tell(Did::Added, &format!("{key}/{}", entity.id), "", "all of it");
                    new.push(whole(entity, true));
                }
            }
        }
        if self.mark(key, &lists, new.len(), environment) {
            new.push(edit::Value::Raw(UNLISTED.to_owned()));
        }
        match target {
            Some((spot, _)) => {
                for (at, value) in new.into_iter().enumerate() {
                    self.inserts.push((spot.index(count + at), value));
                }
            }
            None if !new.is_empty() || lists.is_empty() => {
                let spot = lists.first().map_or_else(|| top.key(key), |(spot, _)| spot.clone());
                if new.is_empty() {
                    self.tell(Did::Added, key, "", "none");
                }
                self.sets.push((spot, edit::Value::List(new)));
            }
            None => {}
        }
    }

    /// Whether a list has to be marked as incomplete; a mark of the last import that is no longer true is taken out.
    fn mark(
        &mut self,
        key: &'static str,
        lists: &[(Spot, NodeId)],
        new: usize,
        environment: &Environment,
    ) -> bool {
        let imported = self.base.contains_key(key);
        let marks: Vec<Spot> = lists
            .iter()
            .flat_map(|(spot, list)| {
                let items = self.tree.items(*list).enumerate();
                items.filter(|(_, item)| self.is_open(*item)).map(|(at, _)| spot.index(at))
            })
            .collect();
        let whole = environment.incomplete.iter().all(|gap| gap.list != key);
        match environment.cut(key) {
            Some((gap, _)) if marks.is_empty() => {
                let did = if imported { Did::Kept } else { Did::Added };
                let new = format!("{UNLISTED}, as {}", gap.why);
                self.tell(did, key, if imported { "taken out" } else { "" }, &new);
                !imported
            }
            Some(_) => {
                // A person said so before any import did, and is the one to take it back.
                self.own.extend((!imported).then(|| key.to_owned()));
                false
            }
            None if whole && imported && !marks.is_empty() => {
                self.tell(Did::Removed, key, "", "");
                let count: usize =
                    lists.iter().map(|(_, list)| self.tree.items(*list).count()).sum();
                if count == marks.len() && new == 0 {
                    // Nothing is left of it: that there are none has to be said.
                    for spot in lists.iter().map(|(spot, _)| spot.clone()) {
                        self.sets.push((spot, edit::Value::List(Vec::new())));
                    }
                } else {
                    self.removes.extend(marks);
                }
                false
            }
            None => false,
        }
    }

    /// Entities that were imported last time and are not now.
    fn gone(&mut self, key: &str, entities: &[Entity]) {
        let ids: BTreeSet<&str> = entities.iter().map(|entity| entity.id.as_str()).collect();
        for (_, root) in self.documents {
            let Some(list) = self.tree.get(*root, key) else { continue };
            let items = self.tree.items(list.value);
            let here: Vec<String> = items.filter_map(|item| self.text_of(item, "id")).collect();
            for id in here {
                let start = format!("{key}/{id}/");
                let was = self.base.range(start.clone()..).next();
                if !ids.contains(id.as_str())
                    && was.is_some_and(|(path, _)| path.starts_with(&start))
                {
                    self.tell(Did::Gone, &format!("{key}/{id}"), "", "");
                }
            }
        }
    }

    fn text_of(&self, node: NodeId, key: &str) -> Option<String> {
        if self.tree.kind(node) != Kind::Mapping {
            return None;
        }
        let entry = self.tree.get(node, key)?;
        (self.tree.kind(entry.value) == Kind::Scalar)
            .then(|| self.tree.text(entry.value).to_owned())
    }

    /// One fact below an entity, at a path of its own.
    fn fact(&mut self, owner: &Spot, node: NodeId, path: &str, value: &Value, address: &str) {
        let (mut spot, mut at) = (owner.clone(), node);
        let parts: Vec<&str> = path.split('/').collect();
        for (depth, part) in parts.iter().enumerate() {
            if self.tree.kind(at) != Kind::Mapping {
                if self.is_open(at) {
                    self.add(&spot, &parts[depth..], written(value), address, &shown(value));
                } else {
                    self.keep(address, at, value);
                }
                return;
            }
            spot = spot.key(part);
            match self.tree.get(at, part) {
                Some(entry) => at = entry.value,
                None => {
                    self.add(&spot, &parts[depth + 1..], written(value), address, &shown(value));
                    return;
                }
            }
        }
        let base = self.base.get(address);
        let was = base.and_then(|origin| origin.value.as_ref());
        // Where a sidecar does not tell the value, nobody is known to have changed it.
        let trusted = base.is_some() && was.is_none();
        if base.is_none() && !self.is_open(at) {
            self.own.insert(address.to_owned());
        }
        self.value(&spot, at, value, was, trusted, address);
    }

    fn value(
        &mut self,
        spot: &Spot,
        node: NodeId,
        value: &Value,
        was: Option<&Json>,
        trusted: bool,
        address: &str,
    ) {
        if self.same(&recorded(value), node) {
            return;
        }
        if self.is_open(node) || trusted || was.is_some_and(|was| self.same(was, node)) {
            let old = self.describe(node);
            self.tell(Did::Updated, address, &old, &shown(value));
            self.sets.push((spot.clone(), written(value)));
            return;
        }
        match (value, self.tree.kind(node)) {
            (Value::Record(fields), Kind::Mapping) => {
                self.record(spot, node, fields, was, address);
            }
            (Value::List(items), Kind::Sequence) => match self.pairs(items, node, was) {
                Some(key) => self.records(spot, node, (items, key), was, address),
                None => self.keep(address, node, value),
            },
            _ => self.keep(address, node, value),
        }
    }

    fn record(
        &mut self,
        spot: &Spot,
        node: NodeId,
        fields: &[(&'static str, Value)],
        was: Option<&Json>,
        address: &str,
    ) {
        for (name, field) in fields {
            let (spot, address) = (spot.key(name), format!("{address}/{name}"));
            match self.tree.get(node, name) {
                Some(entry) => {
                    let was = was.and_then(|was| was.get(name));
                    self.value(&spot, entry.value, field, was, false, &address);
                }
                None => self.add(&spot, &[], written(field), &address, &shown(field)),
            }
        }
    }

    /// The key that tells the records of a list apart, here, in the import and last time.
    fn pairs(&self, items: &[Value], node: NodeId, was: Option<&Json>) -> Option<&'static str> {
        let last = was.and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
        KEYS.into_iter().find(|key| {
            let unique = |names: Vec<Option<String>>| {
                let all: Option<BTreeSet<String>> = names.iter().cloned().collect();
                all.is_some_and(|all| all.len() == names.len())
            };
            let new = items.iter().map(|item| Some(item.field(key)?.as_str()?.to_owned()));
            let old = last.iter().map(|item| Some(item.get(key)?.as_str()?.to_owned()));
            let here = self.tree.items(node).map(|item| self.text_of(item, key));
            unique(new.collect()) && unique(old.collect()) && unique(here.collect())
        })
    }

    fn records(
        &mut self,
        spot: &Spot,
        node: NodeId,
        (items, key): (&[Value], &str),
        was: Option<&Json>,
        address: &str,
    ) {
        let last = was.and_then(Json::as_array).map_or(&[][..], Vec::as_slice);
        let before = |id: &str| last.iter().find(|item| item.get(key).is_some_and(|own| own == id));
        let here: Vec<NodeId> = self.tree.items(node).collect();
        let ids: Vec<String> = here.iter().filter_map(|item| self.text_of(*item, key)).collect();
        let mut count = here.len();
        for item in items {
            let Some(id) = item.field(key).and_then(Value::as_str) else { continue };
            let address = format!("{address}/{}", address_part(id));
            match (ids.iter().position(|own| own == id), item) {
                (Some(at), Value::Record(fields)) => {
                    self.record(&spot.index(at), here[at], fields, before(id), &address);
                }
                // Somebody took it out.
                _ if before(id).is_some() => {
                    self.tell(Did::Kept, &address, "taken out", &shown(item));
                }
                _ => {
                    self.tell(Did::Added, &address, "", &shown(item));
                    if count == 0 {
                        self.sets.push((spot.clone(), edit::Value::List(vec![written(item)])));
                    } else {
                        self.inserts.push((spot.index(count), written(item)));
                    }
                    count += 1;
                }
            }
        }
        for (at, id) in ids.iter().enumerate() {
            let is_new = items
                .iter()
                .any(|item| item.field(key).and_then(Value::as_str) == Some(id.as_str()));
            if is_new {
                continue;
            }
            match before(id) {
                Some(was) if self.same(was, here[at]) => {
                    self.tell(Did::Removed, &format!("{address}/{}", address_part(id)), "", "");
                    self.removes.push(spot.index(at));
                }
                Some(_) => self.tell(
                    Did::Kept,
                    &format!("{address}/{}", address_part(id)),
                    "changed by hand",
                    "",
                ),
                None => {}
            }
        }
    }

    /// Adds a value with what is missing above it.
    fn add(&mut self, spot: &Spot, below: &[&str], value: edit::Value, address: &str, new: &str) {
        self.tell(Did::Added, address, "", new);
        let known = self
            .sets
            .iter_mut()
            .find(|(at, _)| at.document == spot.document && at.path == spot.path);
        match known {
            Some((_, edit::Value::Map(entries))) if !below.is_empty() => put(entries, below, value),
            _ => {
                let nested = below
                    .iter()
                    .rev()
                    .fold(value, |value, key| edit::Value::Map(vec![((*key).to_owned(), value)]));
                self.sets.push((spot.clone(), nested));
            }
        }
    }

    fn keep(&mut self, address: &str, node: NodeId, value: &Value) {
        let old = self.describe(node);
        self.own.extend((!self.base.contains_key(address)).then(|| address.to_owned()));
        self.tell(Did::Kept, address, &old, &shown(value));
    }

    fn tell(&mut self, did: Did, path: &str, old: &str, new: &str) {
        let (path, old, new) = (path.to_owned(), old.to_owned(), new.to_owned());
        self.told.push(Told { did, path, old, new });
    }

    /// Nothing is said there.
    fn is_open(&self, node: NodeId) -> bool {
        self.tree.kind(node) == Kind::Scalar
            && (self.tree.text(node) == "unknown" || self.tree.scalar(node) == Scalar::Null)
    }

    fn describe(&self, node: NodeId) -> String {
        json_shown(&origins::json(self.tree, node))
    }

    /// Whether a recorded value is what stands there, however it is spelt.
    fn same(&self, value: &Json, node: NodeId) -> bool {
        match (value, self.tree.kind(node)) {
            (Json::Object(fields), Kind::Mapping) => {
                self.tree.entries(node).count() == fields.len()
                    && fields.iter().all(|(name, field)| {
                        let entry = self.tree.get(node, name);
                        entry.is_some_and(|entry| self.same(field, entry.value))
                    })
            }
            (Json::Array(items), Kind::Sequence) => {
                self.tree.items(node).count() == items.len()
                    && items
                        .iter()
                        .zip(self.tree.items(node))
                        .all(|(item, node)| self.same(item, node))
            }
            (Json::String(text), Kind::Scalar) => {
                let own = self.tree.text(node);
                let equal = |one: Option<i64>, other: Option<i64>| one.is_some() && one == other;
                text == own
                    || equal(parse_time(text), parse_time(own))
                    || equal(parse_size(text), parse_size(own))
            }
            _ => false,
        }
    }
}

/// Puts a value below a path of keys.
fn put(entries: &mut Vec<(String, edit::Value)>, path: &[&str], value: edit::Value) {
    let Some((first, rest)) = path.split_first() else { return };
    if rest.is_empty() {
        entries.push(((*first).to_owned(), value));
        return;
    }
    let at = entries.iter().position(|(key, _)| key == first).unwrap_or_else(|| {
        entries.push(((*first).to_owned(), edit::Value::Map(Vec::new())));
        entries.len() - 1
    });
    if let edit::Value::Map(below) = &mut entries[at].1 {
        put(below, rest, value);
    }
}

/// A whole entity.
fn whole(entity: &Entity, with_id: bool) -> edit::Value {
    let mut entries = Vec::new();
    if with_id {
        entries.push(("id".to_owned(), edit::Value::Text(entity.id.clone())));
    }
    for (path, fact) in &entity.facts {
        let parts: Vec<&str> = path.split('/').collect();
        put(&mut entries, &parts, written(&fact.value));
    }
    edit::Value::Map(entries)
}

fn written(value: &Value) -> edit::Value {
    match value {
        Value::Text(text) | Value::Version(text) => edit::Value::Text(text.clone()),
        Value::List(items) => edit::Value::List(items.iter().map(written).collect()),
        Value::Record(fields) => edit::Value::Map(
            fields.iter().map(|(name, field)| ((*name).to_owned(), written(field))).collect(),
        ),
        other => edit::Value::Raw(json_shown(&recorded(other))),
    }
}

fn shown(value: &Value) -> String {
    json_shown(&recorded(value))
}

fn json_shown(value: &Json) -> String {
    match value {
        Json::String(text) => text.clone(),
        Json::Array(items) => {
            format!("[{}]", items.iter().map(json_shown).collect::<Vec<_>>().join(", "))
        }
        Json::Object(fields) => {
            let fields =
                fields.iter().map(|(name, field)| format!("{name}: {}", json_shown(field)));
            format!("{{ {} }}", fields.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}
