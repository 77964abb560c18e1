//! Brings a description that people wrote in up to date with an import.
//!
//! Owns who may say what: a fact that stands as the last import left it follows the new one; whatever a person wrote or
//! changed stays, and a difference is told. Three states of a fact decide: what was imported last time, what stands
//! there, and what is imported now. Comments and layout are the business of [`edit`].

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use crate::diagnostic::Diagnostics;
use crate::import::model::Environment;
use crate::import::write;
use crate::session::origins::Origins;
use crate::session::{API_VERSION, KIND};
use crate::source::Sources;
use crate::yaml::edit::{self, Change, Edit};
use crate::yaml::{Kind, Limits, NodeId, Tree};

pub mod merge;
pub mod rename;

use crate::import::update::merge::Merge;

/// What became of a fact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Did {
    /// It bears another id now, and so do the references to it.
    Renamed,
    /// It was not there.
    Added,
    /// It was imported before and is another now.
    Updated,
    /// It was imported before and is no more.
    Removed,
    /// A person wrote something else; that stays.
    Kept,
    /// An entity that was imported before is not in the exports now; it stays.
    Gone,
    /// It could not be written.
    Skipped,
}

/// One line of the summary.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// What became of it.
    pub did: Did,
    /// Its address.
    pub path: String,
    /// What stood or stands there.
    pub old: String,
    /// What the import says.
    pub new: String,
}

/// A description brought up to date.
#[derive(Clone, Debug)]
pub struct Update {
    /// Its text.
    pub text: String,
    /// Its sidecar.
    pub provenance: Json,
    /// What changed, and what did not.
    pub told: Vec<Told>,
}

/// Brings the text of a description up to date. `sidecar` is what stood beside it.
pub fn update(
    text: &str,
    sidecar: &Json,
    environments: &[Environment],
    provenance: &Json,
) -> Result<Update, String> {
    let renamed = rename::rename(text, sidecar, environments);
    let (text, sidecar) = (renamed.text.as_str(), &renamed.sidecar);
    // What a step made is like what a person wrote.
    let before = Origins::read(sidecar).unwrap_or_default().of_files();
    let wishes = wishes(text, &before, environments)?;
    let mut told = wishes.told.clone();
    let mut changed = match at_once(text, &wishes.changes) {
        Some(changed) => changed,
        None => one_by_one(text, &wishes.changes, &mut told)?,
    };
    let skipped = told.iter().filter(|told| told.did == Did::Skipped).count();
    if self::wishes(&changed, &before, environments)
        .map_or(usize::MAX, |rest| rest.open_after(&wishes))
        > skipped
    {
        changed = one_by_one(text, &wishes.changes, &mut told)?;
        let rest = self::wishes(&changed, &before, environments)?.open_after(&wishes);
        if rest > told.iter().filter(|told| told.did == Did::Skipped).count() {
            return Err("the changes do not fit its layout".to_owned());
        }
    }
    for environment in &wishes.missing {
        if !changed.is_empty() && !changed.ends_with('\n') {
            changed.push('\n');
        }
        if !changed.trim().is_empty() {
            changed.push_str("---\n");
        }
        changed.push_str(&write::yaml(environment, false));
        told.push(Told {
            did: Did::Added,
            path: environment.name.clone(),
            old: String::new(),
            new: "a whole environment".to_owned(),
        });
    }
    told.extend(renamed.told);
    told.sort_by(|a, b| (a.did, &a.path).cmp(&(b.did, &b.path)));
    told.dedup();
    Ok(Update { text: changed, provenance: joined(sidecar, provenance, &wishes), told })
}

/// Everything that an import would change in a text.
#[derive(Default)]
struct Wishes<'e> {
    /// By number of the document.
    changes: Vec<(usize, Change)>,
    told: Vec<Told>,
    /// Facts that a person wrote, by name of the environment in the text.
    own: BTreeSet<(String, String)>,
    /// Name in the import and name in the text.
    names: Vec<(String, String)>,
    missing: Vec<&'e Environment>,
    /// Lists that are not cut any more, by name of the environment in the text.
    whole: BTreeSet<(String, &'static str)>,
}

impl Wishes<'_> {
    /// How many changes are still open after those of another time were made.
    fn open_after(&self, first: &Wishes<'_>) -> usize {
        // What was updated is no longer what the old sidecar says, and looks as if a person had written it.
        let known: BTreeSet<&str> = first.told.iter().map(|told| told.path.as_str()).collect();
        self.changes.len()
            + self.told.iter().filter(|told| !known.contains(told.path.as_str())).count()
    }
}

fn wishes<'e>(
    text: &str,
    before: &Origins,
    environments: &'e [Environment],
) -> Result<Wishes<'e>, String> {
    let mut sources = Sources::default();
    let file = sources.add("", text);
    let mut tree = Tree::new(&sources);
    let mut diagnostics = Diagnostics::default();
    tree.read(file, &Limits::default(), &mut diagnostics);
    if diagnostics.has_errors() {
        return Err("it is not YAML that can be read; `failback check` says where".to_owned());
    }
    let mut described: Vec<(String, Vec<(usize, NodeId)>)> = Vec::new();
    for (at, document) in tree.documents().iter().enumerate() {
        let word = |key: &str| {
            let entry = (tree.kind(document.root) == Kind::Mapping)
                .then(|| tree.get(document.root, key))
                .flatten();
            entry.map(|entry| tree.text(entry.value).to_owned())
        };
        if word("kind").as_deref() != Some(KIND)
            || word("apiVersion").as_deref() != Some(API_VERSION)
        {
            continue;
        }
        let name = word("name").unwrap_or_default();
        match described.iter_mut().find(|(known, _)| *known == name) {
            Some((_, documents)) => documents.push((at, document.root)),
            None => described.push((name, vec![(at, document.root)])),
        }
    }
    if described.is_empty() && !text.trim().is_empty() {
        return Err("it does not describe an environment".to_owned());
    }
    let mut wishes = Wishes::default();
    let none = BTreeMap::new();
    for environment in environments {
        let same = described.iter().find(|(name, _)| *name == environment.name);
        // Somebody has given it another name.
        let only = match (described.as_slice(), environments) {
            ([only], [_]) => Some(only),
            _ => None,
        };
        let Some((name, documents)) = same.or(only) else {
            wishes.missing.push(environment);
            wishes.names.push((environment.name.clone(), environment.name.clone()));
            continue;
        };
        wishes.names.push((environment.name.clone(), name.clone()));
        let base = before.of(name).unwrap_or(&none);
        let mut merge = Merge::new(&tree, documents, base);
        merge.environment(environment);
        wishes.changes.extend(merge.changes());
        wishes.told.append(&mut merge.told);
        let lists = environment.sections.iter().map(|(key, _)| *key);
        let lists = lists.filter(|key| environment.incomplete.iter().all(|gap| gap.list != *key));
        wishes.whole.extend(lists.map(|key| (name.clone(), key)));
        wishes.own.extend(merge.own.into_iter().map(|path| (name.clone(), path)));
    }
    Ok(wishes)
}

/// All changes in one reading; `None` where they stand in each other's way.
fn at_once(text: &str, changes: &[(usize, Change)]) -> Option<String> {
    let mut sources = Sources::default();
    let file = sources.add("", text);
    let mut tree = Tree::new(&sources);
    tree.read(file, &Limits::default(), &mut Diagnostics::default());
    let mut edits: Vec<Edit> = Vec::new();
    for (document, change) in changes {
        let root = tree.documents().get(*document)?.root;
        edits.extend(match change {
            Change::Set(path, value) => edit::set(&tree, root, path, value).ok()?,
            Change::Insert(path, value) => edit::insert(&tree, root, path, value).ok()?,
            Change::Remove(path) => edit::remove(&tree, root, path).ok()?,
        });
    }
    edit::apply(text, &edits)
}

fn one_by_one(
    text: &str,
    changes: &[(usize, Change)],
    told: &mut Vec<Told>,
) -> Result<String, String> {
    told.retain(|told| told.did != Did::Skipped);
    let mut text = text.to_owned();
    for (document, change) in changes {
        match edit::change(&text, *document, std::slice::from_ref(change)) {
            Ok(changed) => text = changed,
            Err(edit::EditError::Unreadable) => {
                return Err("the changes do not fit its layout".to_owned());
            }
            Err(error) => {
                let (Change::Set(path, _) | Change::Insert(path, _) | Change::Remove(path)) =
                    change;
                told.push(Told {
                    did: Did::Skipped,
                    path: path.to_string(),
                    old: String::new(),
                    new: error.to_string(),
                });
            }
        }
    }
    Ok(text)
}

/// The old sidecar with the new origins of what an import said and no person did.
fn joined(old: &Json, new: &Json, wishes: &Wishes<'_>) -> Json {
    let facts_of = |sidecar: &Json, name: &str| -> Map<String, Json> {
        let facts = sidecar.get("environments").and_then(|all| all.get(name));
        facts.and_then(Json::as_object).cloned().unwrap_or_default()
    };
    let mut all = old.get("environments").and_then(Json::as_object).cloned().unwrap_or_default();
    for (imported, name) in &wishes.names {
        let mut facts = facts_of(old, name);
        facts
            .retain(|path, _| !wishes.whole.iter().any(|(own, list)| own == name && *list == path));
        for (path, origin) in facts_of(new, imported) {
            if !wishes.own.contains(&(name.clone(), path.clone())) {
                facts.insert(path, origin);
            }
        }
        all.insert(name.clone(), Json::Object(facts));
    }
    let mut joined = new.clone();
    if let Some(fields) = joined.as_object_mut() {
        fields.insert("environments".to_owned(), Json::Object(all));
    }
    joined
}
