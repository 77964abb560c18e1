//! Rows as they were read, joined by what they speak of, each fact with every source that states it.
//!
//! Owns the keeping of rows and what they are found by. Which of several statements holds is settled below; what the facts
//! mean is not known here.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::import::model::{Fact, Origin, Value};
use crate::import::view::{Found, Unread};

pub mod settle;

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
    /// Pointer or cell.
    pub at: Box<str>,
    /// What it follows from.
    pub derived: Option<Box<str>>,
    /// The number of the file.
    file: u32,
    /// [`LIST`] or [`SINGLE`].
    pub rank: u8,
    /// When the source itself last heard of it, where that is older than the file; [`i64::MIN`] where nobody says.
    when: i64,
}

impl Seen {
    /// A statement.
    pub fn new(value: Value, file: usize, at: impl Into<Box<str>>, rank: u8) -> Self {
        let file = u32::try_from(file).unwrap_or(u32::MAX);
        Self { value, at: at.into(), derived: None, file, rank, when: i64::MIN }
    }

    /// The number of the file.
    pub fn file(&self) -> usize {
        self.file as usize
    }

    fn when(&self) -> Option<i64> {
        (self.when != i64::MIN).then_some(self.when)
    }
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

/// An error that an event of the service names.
#[derive(Debug)]
pub struct Event {
    /// The number of the error, and where it stands.
    pub seen: Seen,
    /// The fabric of the object, in lower case.
    pub fabric: Option<String>,
    /// The name of the object, in lower case.
    pub name: String,
    /// When it happened, in microseconds since 1970.
    pub at: Option<i64>,
}

/// One row on its way in.
#[derive(Debug)]
pub struct Row {
    kind: Kind,
    key: String,
    file: usize,
    rank: u8,
    when: i64,
    facts: Vec<(&'static str, Seen)>,
}

impl Row {
    /// A row of one file.
    pub fn new(kind: Kind, key: impl Into<String>, file: usize, rank: u8) -> Self {
        Self { kind, key: key.into(), file, rank, when: i64::MIN, facts: Vec::new() }
    }

    /// What is added from here on is as old as this time, as its source was not heard of later.
    pub fn heard(&mut self, when: Option<i64>) {
        self.when = when.unwrap_or(i64::MIN);
    }

    /// Adds a fact where there is one. A text that says nothing, or that nobody knows, is none.
    pub fn put(&mut self, name: &'static str, found: Option<Found>) {
        let says = |found: &Found| {
            !found.value.as_str().is_some_and(|text| matches!(text.trim(), "" | "unknown"))
        };
        if let Some(found) = found.filter(says) {
            let mut seen = Seen::new(found.value, self.file, found.at, self.rank);
            seen.derived = found.derived.map(String::into_boxed_str);
            seen.when = self.when;
            self.facts.push((name, seen));
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

/// The collection of what an export of VMware lists one after another.
pub const OBJECTS: &str = "VMware objects";

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

/// The nodes of one kind, in the order in which they were first read.
#[derive(Debug, Default)]
struct Nodes {
    all: Vec<Node>,
    index: HashMap<String, usize>,
}

impl Nodes {
    fn position(&mut self, kind: Kind, key: String) -> usize {
        if let Some(at) = self.index.get(&key) {
            return *at;
        }
        self.index.insert(key.clone(), self.all.len());
        self.all.push(Node { kind, key, facts: Vec::new() });
        self.all.len() - 1
    }
}

/// All rows.
#[derive(Debug, Default)]
pub struct Store {
    /// The files.
    pub files: Vec<FileInfo>,
    kinds: BTreeMap<Kind, Nodes>,
    /// Pages by collection (`protected items`) and scope.
    pub pages: BTreeMap<(&'static str, String), Pages>,
    /// What is out of scope: what it is, its name, file and pointer.
    pub outside: Vec<(&'static str, String, usize, String)>,
    /// Rows dropped because they are soft-deleted.
    pub deleted: usize,
    /// What events say of servers and machines.
    pub events: Vec<Event>,
    /// Reprotect requests, as rows that belong to no node.
    pub requests: Vec<Node>,
    /// Names by managed object reference; `None` where two names claim one reference.
    pub references: HashMap<String, Option<String>>,
    /// Ids of vaults as they are written, by their keys.
    pub vaults: HashMap<String, String>,
    /// Licence editions by a digest of the key or by the id of what the licence is assigned to.
    pub editions: HashMap<String, (&'static str, usize, String)>,
    /// Licences of hosts by a digest of the key: host, digest, file, cell. Editions may be read after them.
    pub licences: Vec<(String, String, usize, String)>,
    /// What is written otherwise than it is read, by number of the file.
    pub unread: Vec<(usize, Unread)>,
    /// Diagnostics of reading and joining.
    pub diagnostics: Diagnostics,
}

impl Store {
    /// Adds a row to what it speaks of.
    pub fn add(&mut self, row: Row) {
        let nodes = self.kinds.entry(row.kind).or_default();
        let at = nodes.position(row.kind, row.key);
        let facts = &mut nodes.all[at].facts;
        if facts.is_empty() {
            // Most things are spoken of once: no room is kept for more.
            *facts = row.facts;
            facts.shrink_to_fit();
        } else {
            facts.extend(row.facts);
        }
    }

    /// Adds everything that was read into another store.
    pub fn absorb(&mut self, other: Self) {
        let offset = self.files.len();
        let moved = u32::try_from(offset).unwrap_or(u32::MAX);
        self.files.extend(other.files);
        for (kind, nodes) in other.kinds {
            let own = self.kinds.entry(kind).or_default();
            for mut node in nodes.all {
                node.facts
                    .iter_mut()
                    .for_each(|(_, seen)| seen.file = seen.file.saturating_add(moved));
                let at = own.position(kind, node.key);
                if own.all[at].facts.is_empty() {
                    own.all[at].facts = node.facts;
                } else {
                    own.all[at].facts.append(&mut node.facts);
                }
            }
        }
        for (collection, pages) in other.pages {
            let own = self.pages.entry(collection).or_default();
            own.with_next += pages.with_next;
            own.last += pages.last;
            own.rows += pages.rows;
            own.total = own.total.max(pages.total);
            own.cut |= pages.cut;
            own.file = offset + pages.file;
        }
        let outside = other.outside.into_iter();
        self.outside.extend(outside.map(|(what, name, file, at)| (what, name, offset + file, at)));
        self.deleted += other.deleted;
        for mut event in other.events {
            event.seen.file = event.seen.file.saturating_add(moved);
            self.events.push(event);
        }
        for mut request in other.requests {
            request
                .facts
                .iter_mut()
                .for_each(|(_, seen)| seen.file = seen.file.saturating_add(moved));
            self.requests.push(request);
        }
        for (reference, name) in other.references {
            match name {
                Some(name) => self.name_reference(&reference, &name),
                None => drop(self.references.insert(reference, None)),
            }
        }
        for (key, written) in other.vaults {
            self.vaults.entry(key).or_insert(written);
        }
        let editions = other.editions.into_iter();
        self.editions
            .extend(editions.map(|(key, (word, file, at))| (key, (word, offset + file, at))));
        let licences = other.licences.into_iter();
        self.licences.extend(licences.map(|(host, key, file, at)| (host, key, offset + file, at)));
        let unread = other.unread.into_iter();
        self.unread.extend(unread.map(|(file, unread)| (offset + file, unread)));
        self.diagnostics.append(other.diagnostics);
    }

    /// Tells what could not be read: each key once, with what is there and how often.
    pub fn tell_unread(&mut self) {
        // The numbers in a pointer are places in lists, which make one key many.
        let key = |at: &str| -> String {
            let numbered = |part: &&str| part.starts_with('#') || part.parse::<usize>().is_ok();
            at.split('/').filter(|part| !numbered(part)).collect::<Vec<_>>().join("/")
        };
        type Places = Vec<(usize, String)>;
        let mut told: BTreeMap<(String, &str, String), Places> = BTreeMap::new();
        for (file, unread) in std::mem::take(&mut self.unread) {
            let Unread { at, wanted, found } = unread;
            told.entry((key(&at), wanted, found)).or_default().push((file, at));
        }
        for ((key, wanted, found), places) in told {
            let count = match places.len() {
                1 => String::new(),
                count => format!(" at {count} places"),
            };
            let key = key.rsplit('/').next().unwrap_or_default();
            let message = format!("`{key}` is `{found}`{count}, which is not {wanted}");
            let place = places.first().map(|(file, at)| self.place(*file, at)).unwrap_or_default();
            self.diagnostics.push(
                Diagnostic::new(Severity::Warning, "not-read", message)
                    .note("at", place)
                    .help("what it says is left out, and so unknown"),
            );
        }
    }

    /// Puts the editions of licences to the hosts they are assigned to.
    fn assign_licences(&mut self) {
        for (host, digest, file, at) in std::mem::take(&mut self.licences) {
            if let Some((edition, ..)) = self.editions.get(&digest).cloned() {
                let entity = format!("entity {}", host.to_lowercase());
                self.editions.insert(entity, (edition, file, at));
            }
        }
    }

    /// Adds a request.
    pub fn request(&mut self, row: Row) {
        self.requests.push(Node { kind: row.kind, key: row.key, facts: row.facts });
    }

    /// All of one kind, in the order in which they were read.
    pub fn all(&self, kind: Kind) -> impl Iterator<Item = &Node> {
        self.kinds.get(&kind).into_iter().flat_map(|nodes| &nodes.all)
    }

    /// One of them.
    pub fn get(&self, kind: Kind, key: &str) -> Option<&Node> {
        let nodes = self.kinds.get(&kind)?;
        nodes.all.get(*nodes.index.get(key)?)
    }

    /// The newest event that names one of these errors for an object of a fabric.
    pub fn event(&self, codes: &[&str], fabric: Option<&str>, name: &str) -> Option<&Event> {
        let name = name.to_lowercase();
        let same = |event: &&Event| {
            event.name == name
                && event.seen.value.as_str().is_some_and(|code| codes.contains(&code))
                && event.fabric.as_deref().zip(fabric).is_none_or(|(a, b)| a == b)
        };
        self.events.iter().filter(same).max_by_key(|event| event.at)
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
        let file = self.files.get(seen.file());
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
}

impl Kind {
    /// What it is called.
    fn noun(self) -> &'static str {
        match self {
            Self::Vault => "vault",
            Self::ConfigurationServer => "configuration server",
            Self::ApplianceFabric => "fabric",
            Self::ProcessServer => "process server",
            Self::MasterTarget => "master target",
            Self::Appliance => "appliance",
            Self::Provider => "provider",
            Self::VCenter => "vCenter",
            Self::Item => "machine",
            Self::Protectable => "discovered VM",
            Self::Mapping => "container mapping",
            Self::Policy => "policy",
            Self::Plan => "recovery plan",
            Self::AzureVm => "VM in Azure",
            Self::StorageAccount => "storage account",
            Self::Vm => "VM",
            Self::Host => "host",
            Self::Datastore => "datastore",
        }
    }
}
