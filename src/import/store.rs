//! Rows as they were read, joined by what they speak of, each fact with every source that states it.
//!
//! Owns which of several statements holds (one object before a list, newer before older) and the report of conflicts.
//! Does not know what facts mean beyond which of them change by the minute.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::import::model::{Fact, Origin, Value};
use crate::import::view::Found;

/// What a row speaks of, in the exporters' terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A vault.
    Vault,
    /// A fabric that is a configuration server.
    ConfigurationServer,
    /// A fabric of the appliance architecture.
    ApplianceFabric,
    /// A process server.
    ProcessServer,
    /// A master target.
    MasterTarget,
    /// An appliance, by its host id.
    Appliance,
    /// The provider of a fabric.
    Provider,
    /// A vCenter as the recovery service knows it.
    VCenter,
    /// A protected item.
    Item,
    /// A discovered VM with the service's own checks.
    Protectable,
    /// A container mapping.
    Mapping,
    /// A replication policy.
    Policy,
    /// A recovery plan.
    Plan,
    /// A VM in Azure.
    AzureVm,
    /// A storage account.
    StorageAccount,
    /// A VM in VMware.
    Vm,
    /// An ESXi host.
    Host,
    /// A datastore.
    Datastore,
}

/// Statements from a list are weaker than those of one object.
pub const LIST: u8 = 0;
/// Statements of one object asked for by name.
pub const SINGLE: u8 = 1;

/// One statement.
#[derive(Clone, Debug)]
pub struct Seen {
    /// The value.
    pub value: Value,
    /// The number of the file.
    pub file: usize,
    /// Pointer or cell.
    pub at: Box<str>,
    /// What it follows from.
    pub derived: Option<Box<str>>,
    /// [`LIST`] or [`SINGLE`].
    pub rank: u8,
}

/// Everything said about one thing.
#[derive(Debug)]
pub struct Node {
    /// What it is.
    pub kind: Kind,
    /// What tells it from others of its kind.
    pub key: String,
    facts: Vec<(&'static str, Seen)>,
}

impl Node {
    /// The statement that holds.
    pub fn seen(&self, name: &str) -> Option<&Seen> {
        self.facts.iter().find(|(at, _)| *at == name).map(|(_, seen)| seen)
    }

    /// The value that holds.
    pub fn value(&self, name: &str) -> Option<&Value> {
        self.seen(name).map(|seen| &seen.value)
    }

    /// Its text.
    pub fn str(&self, name: &str) -> Option<&str> {
        self.value(name).and_then(Value::as_str)
    }

    /// Its truth.
    pub fn truth(&self, name: &str) -> Option<bool> {
        match self.value(name) {
            Some(Value::Bool(truth)) => Some(*truth),
            _ => None,
        }
    }

    /// Its instant.
    pub fn time(&self, name: &str) -> Option<i64> {
        match self.value(name) {
            Some(Value::Time(at)) => Some(*at),
            _ => None,
        }
    }

    /// Its list.
    pub fn list(&self, name: &str) -> &[Value] {
        self.value(name).map_or(&[], Value::as_list)
    }

    /// Any place at which this was stated.
    pub fn anywhere(&self) -> Option<&Seen> {
        self.seen("name").or_else(|| self.facts.first().map(|(_, seen)| seen))
    }
}

/// One row on its way in.
#[derive(Debug)]
pub struct Row {
    kind: Kind,
    key: String,
    file: usize,
    rank: u8,
    facts: Vec<(&'static str, Seen)>,
}

impl Row {
    /// A row of one file.
    pub fn new(kind: Kind, key: impl Into<String>, file: usize, rank: u8) -> Self {
        Self { kind, key: key.into(), file, rank, facts: Vec::new() }
    }

    /// Adds a fact where there is one.
    pub fn put(&mut self, name: &'static str, found: Option<Found>) {
        if let Some(found) = found {
            let derived = found.derived.map(String::into_boxed_str);
            self.facts.push((
                name,
                Seen {
                    value: found.value,
                    file: self.file,
                    at: found.at.into_boxed_str(),
                    derived,
                    rank: self.rank,
                },
            ));
        }
    }

    /// The text of a fact added before.
    pub fn text(&self, name: &str) -> Option<&str> {
        self.facts.iter().find(|(at, _)| *at == name).and_then(|(_, seen)| seen.value.as_str())
    }

    /// Whether the row came from a list.
    pub fn is_list(&self) -> bool {
        self.rank == LIST
    }
}

/// One file or archive member that was read.
#[derive(Clone, Debug)]
pub struct FileInfo {
    /// Its name as shown.
    pub name: Arc<str>,
    /// The newest time found in it.
    pub captured: Option<i64>,
    /// Whether that time had a zone.
    pub zoned: bool,
    /// What was recognised, with the number of elements.
    pub what: BTreeMap<&'static str, usize>,
    /// The folder, archive or workbook: tables of one export belong together.
    pub group: String,
}

/// The pages of one collection.
#[derive(Clone, Debug, Default)]
pub struct Pages {
    /// Pages that name a next one.
    pub with_next: usize,
    /// Pages that name none.
    pub last: usize,
    /// Elements seen.
    pub rows: usize,
    /// The total the service stated.
    pub total: Option<usize>,
    /// A page was cut off.
    pub cut: bool,
    /// A file of it, for messages.
    pub file: usize,
}

impl Pages {
    /// Why elements may be missing, if they may.
    pub fn gap(&self) -> Option<String> {
        if self.cut {
            return Some("the file is cut off".to_owned());
        }
        match self.total {
            Some(total) if self.rows < total => Some(format!("{} of {total} are here", self.rows)),
            _ if self.with_next > 0 && self.last == 0 => {
                Some("it names a next page that was not handed in".to_owned())
            }
            _ => None,
        }
    }
}

/// All rows.
#[derive(Debug, Default)]
pub struct Store {
    /// The files.
    pub files: Vec<FileInfo>,
    nodes: Vec<Node>,
    index: HashMap<(Kind, String), usize>,
    /// Pages by collection (`protected items`) and scope.
    pub pages: BTreeMap<(&'static str, String), Pages>,
    /// What is out of scope: what it is, its name, file and pointer.
    pub outside: Vec<(&'static str, String, usize, String)>,
    /// Rows dropped because they are soft-deleted.
    pub deleted: usize,
    /// Reprotect requests, as rows that belong to no node.
    pub requests: Vec<Node>,
    /// Names by managed object reference; `None` where two names claim one reference.
    pub references: HashMap<String, Option<String>>,
    /// Ids of vaults as they are written, by their keys.
    pub vaults: HashMap<String, String>,
    /// Licence editions by a digest of the key or by the id of what the licence is assigned to.
    pub editions: HashMap<String, (&'static str, usize, String)>,
    /// Diagnostics of reading and joining.
    pub diagnostics: Diagnostics,
}

/// Whether two statements say the same: lists in any order, records of disks by their UUID, as exporters round sizes.
fn alike(a: &Value, b: &Value) -> bool {
    let (Value::List(first), Value::List(second)) = (a, b) else { return a == b };
    let has = |item: &Value| {
        let uuid = item.field("uuid");
        second
            .iter()
            .any(|other| if uuid.is_some() { other.field("uuid") == uuid } else { other == item })
    };
    first.len() == second.len() && first.iter().all(has)
}

/// Facts that change by the minute: the newest holds, even against one asked for by name, and nothing is reported.
const VOLATILE: [&str; 17] = [
    "heartbeat",
    "agentHeartbeat",
    "freeSpace",
    "freeMemory",
    "volumes",
    "datastoresSeen",
    "health",
    "power",
    "actions",
    "connected",
    "state",
    "stateText",
    "location",
    "generation",
    "registered",
    "failoverTime",
    "codes",
];

impl Seen {
    /// What decides between two statements, given when their files were made.
    fn strength(&self, name: &str, files: &[FileInfo]) -> (i64, i64) {
        let captured = files.get(self.file).and_then(|file| file.captured).unwrap_or(i64::MIN);
        let rank = i64::from(self.rank);
        if VOLATILE.contains(&name) { (captured, rank) } else { (rank, captured) }
    }
}

impl Store {
    /// Adds a row to what it speaks of.
    pub fn add(&mut self, row: Row) {
        let at = match self.index.get(&(row.kind, row.key.clone())) {
            Some(at) => *at,
            None => {
                self.index.insert((row.kind, row.key.clone()), self.nodes.len());
                self.nodes.push(Node { kind: row.kind, key: row.key, facts: Vec::new() });
                self.nodes.len() - 1
            }
        };
        if let Some(node) = self.nodes.get_mut(at) {
            node.facts.extend(row.facts);
        }
    }

    /// Adds a request.
    pub fn request(&mut self, row: Row) {
        self.requests.push(Node { kind: row.kind, key: row.key, facts: row.facts });
    }

    /// All of one kind, in the order in which they were read.
    pub fn all(&self, kind: Kind) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(move |node| node.kind == kind)
    }

    /// One of them.
    pub fn get(&self, kind: Kind, key: &str) -> Option<&Node> {
        self.nodes.get(*self.index.get(&(kind, key.to_owned()))?)
    }

    /// A reference and the name it stands for.
    pub fn name_reference(&mut self, reference: &str, name: &str) {
        let slot =
            self.references.entry(reference.to_owned()).or_insert_with(|| Some(name.to_owned()));
        if slot.as_deref() != Some(name) {
            *slot = None;
        }
    }

    /// The name a reference stands for.
    pub fn resolve(&self, reference: &str) -> Option<&str> {
        self.references.get(reference)?.as_deref()
    }

    /// The origin of a statement.
    pub fn origin(&self, seen: &Seen) -> Origin {
        let file = self.files.get(seen.file);
        Origin {
            file: file.map_or_else(|| Arc::from("?"), |file| file.name.clone()),
            pointer: seen.at.to_string(),
            captured: file.and_then(|file| file.captured),
            derived_from: seen.derived.iter().map(|reason| reason.to_string()).collect(),
        }
    }

    /// A statement as a fact.
    pub fn fact(&self, seen: &Seen) -> Fact {
        Fact { value: seen.value.clone(), origin: self.origin(seen) }
    }

    /// `file pointer`, for messages.
    pub fn place(&self, file: usize, at: &str) -> String {
        self.files.get(file).map_or_else(|| at.to_owned(), |file| format!("{} {at}", file.name))
    }

    /// Settles every fact that was stated more than once.
    pub fn settle(&mut self) {
        let mut told = Vec::new();
        let files = &self.files;
        for node in &mut self.nodes {
            let facts = std::mem::take(&mut node.facts);
            for (name, seen) in facts {
                let Some(slot) = node.facts.iter_mut().find(|(at, _)| *at == name) else {
                    node.facts.push((name, seen));
                    continue;
                };
                let held = &mut slot.1;
                let same = alike(&held.value, &seen.value);
                let (old, new) = (held.strength(name, files), seen.strength(name, files));
                let wins = new > old;
                // What changes by the minute differs between any two exports; only a tie is worth a word.
                if !same && (new == old || !VOLATILE.contains(&name)) {
                    told.push((
                        node.kind,
                        node.key.clone(),
                        name,
                        held.clone(),
                        seen.clone(),
                        wins,
                        new == old,
                    ));
                }
                if wins {
                    *held = seen;
                }
            }
        }
        let mut undecided = Vec::new();
        for (kind, key, name, a, b, second, equal) in told {
            let (place_a, place_b) = (self.place(a.file, &a.at), self.place(b.file, &b.at));
            let subject =
                self.get(kind, &key).and_then(|node| node.str("name")).unwrap_or(&key).to_owned();
            let diagnostic = if equal {
                undecided.push((kind, key, name));
                Diagnostic::new(
                    Severity::Warning,
                    "conflict",
                    format!(
                        "two sources differ about `{name}` of `{subject}`, and neither is newer"
                    ),
                )
                .help("it is left unknown: hand in one of the two, or a newer export")
            } else {
                Diagnostic::new(
                    Severity::Note,
                    "conflict",
                    format!("two sources differ about `{name}` of `{subject}`"),
                )
                .help(format!(
                    "the one of `{}` was taken: it is newer, or asked for by name",
                    if second { &place_b } else { &place_a }
                ))
            };
            self.diagnostics.push(diagnostic.note("first", place_a).note("second", place_b));
        }
        for (kind, key, name) in undecided {
            if let Some(node) = self.index.get(&(kind, key)).and_then(|at| self.nodes.get_mut(*at))
            {
                node.facts.retain(|(at, _)| *at != name);
            }
        }
    }
}
