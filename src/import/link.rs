//! Joins rows into environments: one per vault and architecture, entities with ids, references between them.
//!
//! Owns which row belongs to which environment, ids, and what is left out because it is incomplete. The entities
//! themselves are made by the modules below.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use sha2::{Digest, Sha256};

use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::import::arm;
use crate::import::model::{Entity, Environment, Fact, Incomplete, Origin, Value};
use crate::import::shape::Shape;
use crate::import::store::{FileInfo, Kind, Node, OBJECTS, Seen, Store};
use crate::scalar::print_time;

pub mod inventory;
pub mod virtual_site;
pub mod servers;
pub mod cloud;
pub mod machines;
pub mod request;

use inventory::Inventory;

/// A heartbeat older than this at the moment of the export is missing: the service itself uses the same span.
pub const MISSING: i64 = 15 * 60 * 1_000_000;

/// The ids of one list.
#[derive(Default)]
struct Ids {
    by_key: HashMap<String, String>,
    /// In lower case, as ids that differ in case only would be taken for each other.
    taken: HashSet<String>,
    new: HashSet<String>,
}

/// The entities of one environment on their way.
pub struct Draft<'s> {
    /// All rows.
    pub store: &'s Store,
    /// The VMs of VMware.
    pub inventory: &'s Inventory<'s>,
    /// The vault's key; empty where there is none.
    pub vault: String,
    /// `classic`, `modernized` or unknown.
    pub architecture: Option<&'static str>,
    /// What its description can hold.
    pub shape: &'static Shape,
    /// Whether everything that names no vault belongs here, as there is no other vault.
    pub only: bool,
    /// Whether the vault has machines of the other architecture, too, which make an environment of their own.
    pub twin: bool,
    sections: BTreeMap<&'static str, Vec<Entity>>,
    positions: HashMap<(&'static str, String), usize>,
    ids: HashMap<&'static str, Ids>,
    /// vCenters by their configuration server and the number it gives them.
    pub centers: HashMap<(&'s str, &'s str), &'s Node>,
    /// What is to be told.
    pub diagnostics: Diagnostics,
    /// Lists that may leave entities out.
    pub incomplete: Vec<Incomplete>,
    /// Machines of which no VM was found.
    pub unjoined: Vec<String>,
    /// VMware hosts, datastores and vCenters that something refers to.
    pub referred: BTreeSet<(Kind, String)>,
}

impl<'s> Draft<'s> {
    /// Whether a row with an Azure id belongs to the vault.
    pub fn mine(&self, key: &str) -> bool {
        !self.vault.is_empty()
            && key.starts_with(&self.vault)
            && key[self.vault.len()..].starts_with(['/', '|'])
            || key == self.vault
    }

    /// Rows of one kind that belong to the vault.
    pub fn nodes(&self, kind: Kind) -> Vec<&'s Node> {
        self.store.all(kind).filter(|node| self.mine(&node.key)).collect()
    }

    /// Gives ids to things of one list: names where they are unique, else names with a short suffix.
    pub fn name(&mut self, list: &'static str, things: &[(String, String)]) {
        let mut counts: HashMap<String, usize> = HashMap::new();
        for (_, name) in things {
            *counts.entry(plain(name).to_lowercase()).or_default() += 1;
        }
        let ids = self.ids.entry(list).or_default();
        for (key, name) in things {
            if ids.by_key.contains_key(key) {
                continue;
            }
            let own = plain(name);
            let lower = own.to_lowercase();
            let clash =
                counts.get(&lower).is_some_and(|count| *count > 1) || ids.taken.contains(&lower);
            let mut id = if clash { format!("{own}-{}", suffix(key, 2)) } else { own.clone() };
            let mut length = 2;
            while clash
                && (ids.taken.contains(&id.to_lowercase()) || ids.new.contains(&id.to_lowercase()))
                && length < 32
            {
                length += 2;
                id = format!("{own}-{}", suffix(key, length));
            }
            ids.new.insert(id.to_lowercase());
            ids.by_key.insert(key.clone(), id);
        }
        // Things named at once do not stand in each other's way: those of one name have a suffix already.
        ids.taken.extend(ids.new.drain());
    }

    /// The id of a thing.
    pub fn id(&self, list: &'static str, key: &str) -> Option<&str> {
        self.ids.get(list)?.by_key.get(key).map(String::as_str)
    }

    /// A reference to a thing, which is made with nothing but its id if nothing else is known of it.
    pub fn refer(&mut self, list: &'static str, key: &str, name: &str) -> String {
        if self.id(list, key).is_none() {
            self.name(list, &[(key.to_owned(), name.to_owned())]);
        }
        let id = self.id(list, key).unwrap_or(name).to_owned();
        self.add(list, Entity { id: id.clone(), facts: Vec::new() });
        id
    }

    /// Adds an entity, or its facts to the one that stands for it.
    pub fn add(&mut self, list: &'static str, entity: Entity) {
        let section = self.sections.entry(list).or_default();
        let at = *self.positions.entry((list, entity.id.clone())).or_insert(section.len());
        match section.get_mut(at) {
            Some(own) => own.facts.extend(entity.facts),
            None => section.push(entity),
        }
    }

    /// Says that a list is known even if it has no entities.
    pub fn known(&mut self, list: &'static str) {
        self.sections.entry(list).or_default();
    }

    /// A fact as a row states it.
    pub fn copy(&self, node: &Node, name: &str) -> Option<Fact> {
        node.seen(name).map(|seen| self.store.fact(seen))
    }

    /// A fact that follows from a statement.
    pub fn derive(&self, seen: &Seen, value: Value, reason: impl Into<String>) -> Fact {
        let mut origin = self.store.origin(seen);
        origin.derived_from.push(reason.into());
        Fact { value, origin }
    }

    /// Another value at the origin of a statement, such as the id of what it names.
    pub fn as_ref(&self, seen: &Seen, id: String) -> Fact {
        Fact { value: Value::Text(id), origin: self.store.origin(seen) }
    }

    /// The configuration server of the fabric a row names, as a reference.
    pub fn configuration_server(&mut self, node: &Node) -> Option<Fact> {
        let seen = node.seen("fabric")?;
        let key = seen.value.as_str()?.to_owned();
        let name = match self.store.get(Kind::ConfigurationServer, &key) {
            Some(server) => server.str("name").unwrap_or(&key).to_owned(),
            None => node.str("fabricName")?.to_owned(),
        };
        let id = self.refer("configurationServers", &key, &name);
        Some(self.as_ref(seen, id))
    }

    /// Whether a heartbeat was missing when its file was made.
    pub fn missing(&self, heartbeat: &Seen) -> bool {
        self.older(heartbeat, MISSING)
    }

    /// Whether a time was older than a span when its file was made.
    pub fn older(&self, time: &Seen, span: i64) -> bool {
        let captured = self.store.files.get(time.file()).and_then(|file| file.captured);
        matches!((&time.value, captured), (Value::Time(at), Some(captured)) if captured - at > span)
    }

    /// `file pointer` of a statement.
    pub fn place(&self, seen: &Seen) -> String {
        self.store.place(seen.file(), &seen.at)
    }

    /// Whether a whole list of the vault was handed in.
    pub fn complete(&self, collection: &'static str) -> bool {
        let mut pages = self
            .store
            .pages
            .iter()
            .filter(|((what, scope), _)| *what == collection && *scope == self.vault)
            .peekable();
        pages.peek().is_some() && pages.all(|(_, pages)| pages.gap().is_none())
    }

    /// Tells something.
    pub fn tell(&mut self, severity: Severity, code: &str, message: String, help: &str) {
        self.diagnostics.push(Diagnostic::new(severity, code, message).help(help));
    }
}

/// Adds a fact where there is one.
pub fn put(entity: &mut Entity, path: &'static str, fact: Option<Fact>) {
    if let Some(fact) = fact {
        entity.facts.push((path, fact));
    }
}

/// A name as an id: as it is, without what no name ends or begins with, or would break a line.
pub fn plain(name: &str) -> String {
    let line: String = name.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
    match line.trim() {
        "" => "unnamed".to_owned(),
        line => line.to_owned(),
    }
}

/// A name as earlier versions made an id of it: every other sign than letters, digits, dots, dashes and underscores became
/// a dash. Descriptions may hold such ids still.
pub fn dashed(name: &str) -> String {
    let mut id = String::new();
    for c in name.trim().chars() {
        if c.is_alphanumeric() || matches!(c, '.' | '_' | '-') {
            id.push(c);
        } else if !id.ends_with('-') {
            id.push('-');
        }
    }
    let id = id.trim_matches('-');
    if id.is_empty() { "unnamed".to_owned() } else { id.to_owned() }
}

/// Some hexadecimal digits that tell things of one name apart.
pub fn suffix(key: &str, bytes: usize) -> String {
    let digest = Sha256::digest(key.as_bytes());
    digest.iter().take(bytes).map(|byte| format!("{byte:02x}")).collect()
}

/// Lists that suffer when a collection is not whole.
fn suffering(collection: &str) -> &'static [&'static str] {
    match collection {
        "protected items" => &["machines", "replicationGroups", "azureNetworks", "storageAccounts"],
        "fabrics" => &["configurationServers", "processServers", "masterTargets", "appliances"],
        "vCenters" => &["vCenters"],
        "policies" | "container mappings" => &["failbackPolicies"],
        "recovery plans" => &["recoveryPlans"],
        "VMware site machines" | OBJECTS => &["esxiHosts", "datastores"],
        _ => &[],
    }
}

/// Makes the environments.
pub fn link(
    store: &Store,
    name: Option<&str>,
    as_of: Option<i64>,
) -> (Vec<Environment>, Diagnostics) {
    let inventory = Inventory::new(store);
    let mut diagnostics = Diagnostics::default();
    let mut found = estates(store);
    let virtual_only = found.is_empty()
        && [Kind::Vm, Kind::Host, Kind::Datastore]
            .iter()
            .any(|kind| store.all(*kind).next().is_some());
    if virtual_only {
        found.insert((String::new(), None));
    }
    let only = found.iter().map(|(vault, _)| vault).collect::<BTreeSet<_>>().len() == 1;
    let titles = titles(store, &found, name);
    if virtual_only {
        diagnostics.push(
            Diagnostic::new(
                Severity::Note,
                "no-vault",
                "only VMware was handed in: without the vault there are no machines to judge, and no rules to judge by",
            )
            .help("hand in the fabrics and protected items of the vault, too"),
        );
    }
    let mut environments = Vec::new();
    for ((vault, architecture), title) in found.iter().zip(titles) {
        let mut draft = Draft {
            store,
            inventory: &inventory,
            vault: vault.clone(),
            architecture: *architecture,
            shape: Shape::of(*architecture),
            only,
            twin: found.iter().filter(|(other, _)| other == vault).count() > 1,
            sections: BTreeMap::new(),
            positions: HashMap::new(),
            ids: HashMap::new(),
            centers: HashMap::new(),
            diagnostics: Diagnostics::default(),
            incomplete: Vec::new(),
            unjoined: Vec::new(),
            referred: BTreeSet::new(),
        };
        for center in draft.nodes(Kind::VCenter) {
            if let (Some(fabric), Some(number)) =
                (center.str("fabric"), center.str("infrastructureId"))
            {
                draft.centers.entry((fabric, number)).or_insert(center);
            }
        }
        gaps(&mut draft);
        servers::make(&mut draft);
        machines::make(&mut draft);
        request::make(&mut draft);
        virtual_site::make(&mut draft);
        vault_entity(&mut draft);
        single(&mut draft);
        diagnostics.append(std::mem::take(&mut draft.diagnostics));
        let environment = finish(draft, title, as_of);
        outdated(store, &environment).into_iter().for_each(|one| diagnostics.push(one));
        environments.push(environment);
    }
    for vault in
        found.iter().filter(|(_, word)| *word == Some("modernized")).map(|(vault, _)| vault)
    {
        let both = found.iter().zip(&environments).filter(|((other, _), _)| other == vault);
        let both: Vec<&Environment> = both.map(|(_, environment)| environment).collect();
        if both.len() < 2 {
            continue;
        }
        let each = both.iter().map(|one| {
            let count = one.list("machines").len();
            let word = one.architecture.unwrap_or("unknown");
            let noun = if count == 1 { "machine" } else { "machines" };
            format!("`{}` with {count} {noun}, judged by the {word} rules", one.name)
        });
        let message = format!(
            "the vault `{}` holds machines of both architectures, which became two environments: {}",
            arm::after(store.vaults.get(vault).unwrap_or(vault), "vaults").unwrap_or("?"),
            each.collect::<Vec<_>>().join("; ")
        );
        diagnostics.push(Diagnostic::new(Severity::Note, "two-architectures", message).help(
            "`check`, `ask` and `plan` take both from one file; vCenters, hosts and datastores that both use are in both",
        ));
    }
    (environments, diagnostics)
}

/// The names of the environments: those of the vaults, told apart where two bear one name or one has two architectures.
fn titles(
    store: &Store,
    found: &BTreeSet<(String, Option<&'static str>)>,
    given: Option<&str>,
) -> Vec<String> {
    let written = |vault: &String| store.vaults.get(vault).unwrap_or(vault).clone();
    let plain =
        |vault: &String| dashed(arm::after(&written(vault), "vaults").unwrap_or("imported"));
    let vaults: BTreeSet<&String> = found.iter().map(|(vault, _)| vault).collect();
    let title = |(vault, architecture): &(String, Option<&'static str>)| {
        let mut title = plain(vault);
        let same = |other: &&&String| plain(other).eq_ignore_ascii_case(&title);
        if vaults.iter().filter(same).count() > 1 {
            let group =
                arm::after(&written(vault), "resourceGroups").map(dashed).unwrap_or_default();
            title = format!("{title}-{group}-{}", suffix(vault, 2));
        }
        if let Some(given) = given {
            title = if vaults.len() == 1 {
                self::plain(given)
            } else {
                format!("{}-{title}", self::plain(given))
            };
        }
        let twin = found.iter().filter(|(other, _)| other == vault).count() > 1;
        match architecture {
            Some(word) if twin => format!("{title}-{word}"),
            _ => title,
        }
    };
    found.iter().map(title).collect()
}

/// Vaults with their architectures, as far as VMware machines go.
fn estates(store: &Store) -> BTreeSet<(String, Option<&'static str>)> {
    let mut found: BTreeSet<(String, Option<&'static str>)> = BTreeSet::new();
    let mut vague: BTreeSet<String> = BTreeSet::new();
    let kinds = [
        (Kind::ConfigurationServer, Some("classic")),
        (Kind::MasterTarget, Some("classic")),
        (Kind::ProcessServer, Some("classic")),
        (Kind::ApplianceFabric, Some("modernized")),
        (Kind::Appliance, Some("modernized")),
        (Kind::Item, None),
        (Kind::Policy, None),
        (Kind::VCenter, Some("classic")),
        (Kind::Protectable, Some("classic")),
        (Kind::Plan, None),
        (Kind::Mapping, None),
    ];
    for (kind, architecture) in kinds {
        for node in store.all(kind) {
            let Some(vault) = arm::vault(&node.key) else { continue };
            let by_generation = match node.str("generation") {
                Some("InMageAzureV2" | "InMage") => Some("classic"),
                Some("InMageRcm" | "InMageRcmFailback") => Some("modernized"),
                _ => None,
            };
            match architecture.or(by_generation) {
                Some(word) => drop(found.insert((vault, Some(word)))),
                None if matches!(kind, Kind::Plan | Kind::Item) => drop(vague.insert(vault)),
                None => {}
            }
        }
    }
    for vault in vague {
        if !found.iter().any(|(known, _)| *known == vault) {
            found.insert((vault, None));
        }
    }
    found
}

fn gaps(draft: &mut Draft<'_>) {
    for ((what, scope), pages) in &draft.store.pages {
        let mine = *scope == draft.vault
            || *what == OBJECTS
            || (scope.contains("vmwaresites") && draft.architecture == Some("modernized"))
            || draft.only;
        let Some(gap) = pages.gap().filter(|_| mine) else { continue };
        let info = draft.store.files.get(pages.file);
        let file = info.map(|file| file.name.to_string()).unwrap_or_default();
        for list in suffering(what) {
            let why = format!("the {what} are incomplete: {gap}");
            let cut = info.map(|info| Origin {
                file: info.name.clone(),
                pointer: String::new(),
                captured: info.captured,
                derived_from: vec![why.clone()],
            });
            draft.incomplete.push(Incomplete { list, why, cut });
        }
        draft.diagnostics.push(
            Diagnostic::new(Severity::Warning, "incomplete", format!("the {what} of `{file}` are incomplete: {gap}"))
                .help("nothing is concluded from what is missing; hand in all pages, or export with a command that follows them"),
        );
    }
}

/// The list that is marked as incomplete also where nothing was cut, but single entities were handed in.
const MARKED: &str = "machines";

/// Lists of which only single entities were handed in: what they leave out may well exist.
fn single(draft: &mut Draft<'_>) {
    let servers = match draft.architecture {
        Some("modernized") => &["appliances"][..],
        _ => &["configurationServers", "processServers", "masterTargets"][..],
    };
    let vaults: [(&'static str, &[&'static str]); 4] = [
        ("protected items", &["machines"]),
        ("fabrics", servers),
        ("policies", &["failbackPolicies"]),
        ("vCenters", &["vCenters"]),
    ];
    for (collection, lists) in vaults {
        if draft.complete(collection) {
            continue;
        }
        for list in lists {
            let Some(entities) = draft.sections.get(list).filter(|entities| !entities.is_empty())
            else {
                continue;
            };
            if draft.incomplete.iter().any(|gap| gap.list == *list) {
                continue;
            }
            let why = format!("the {collection} were not handed in as one whole list");
            // Rules ask of machines whether no other has the same; what is not listed may.
            let marked = *list == MARKED;
            let first = entities.iter().flat_map(|entity| &entity.facts).next();
            let cut = first.filter(|_| marked).map(|(_, fact)| Origin {
                pointer: String::new(),
                derived_from: vec![why.clone()],
                ..fact.origin.clone()
            });
            draft.incomplete.push(Incomplete { list, why, cut });
        }
    }
}

fn vault_entity(draft: &mut Draft<'_>) {
    if draft.vault.is_empty() {
        return;
    }
    let vault = draft.vault.clone();
    let kinds = [
        Kind::ConfigurationServer,
        Kind::ApplianceFabric,
        Kind::Item,
        Kind::VCenter,
        Kind::Plan,
        Kind::Protectable,
    ];
    let Some(seen) =
        kinds.iter().find_map(|kind| draft.nodes(*kind).first().and_then(|node| node.anywhere()))
    else {
        return;
    };
    let own = draft.store.get(Kind::Vault, &vault);
    // Keys are in lower case; ids are shown as they are written.
    let written = draft.store.vaults.get(&vault).cloned().unwrap_or_else(|| vault.clone());
    let id = arm::after(&written, "vaults").unwrap_or("vault");
    let mut entity = Entity { id: plain(id), facts: Vec::new() };
    if let Some(group) = arm::after(&written, "resourceGroups") {
        entity.facts.push((
            "resourceGroup",
            draft.derive(seen, Value::Text(group.to_owned()), "the id of the resource"),
        ));
    }
    if let Some(fact) = own.and_then(|node| draft.copy(node, "region")) {
        entity.facts.push(("region", fact));
    }
    draft.add("vault", entity);
}

fn finish(draft: Draft<'_>, name: String, as_of: Option<i64>) -> Environment {
    let Draft { store, mut sections, incomplete, architecture, .. } = draft;
    let mut ordered = Vec::new();
    for section in &Shape::of(architecture).sections {
        let Some((key, mut entities)) = sections.remove_entry(section.key.as_str()) else {
            continue;
        };
        let order: Vec<&str> = section.fields.iter().map(|field| field.path.as_str()).collect();
        for entity in &mut entities {
            // The first statement of a path holds: it was made by the more exact source.
            let mut seen = BTreeSet::new();
            entity.facts.retain(|(path, _)| seen.insert(*path));
            entity.facts.sort_by_key(|(path, _)| {
                order.iter().position(|own| own == path).unwrap_or(usize::MAX)
            });
        }
        // What is only referred to comes in the order of what refers to it, which changes from export to export.
        if matches!(key, "datastores" | "esxiHosts" | "azureNetworks" | "storageAccounts") {
            entities.sort_by(|a, b| a.id.cmp(&b.id));
        }
        ordered.push((key, entities));
    }
    let as_of = match as_of {
        Some(at) => Some(Fact {
            value: Value::Time(at),
            origin: Origin {
                file: "--as-of".into(),
                pointer: String::new(),
                captured: None,
                derived_from: Vec::new(),
            },
        }),
        None => newest(store, &ordered),
    };
    Environment { name, architecture, as_of, sections: ordered, incomplete }
}

/// Files by which facts came from them.
fn used<'s>(
    store: &'s Store,
    sections: &[(&'static str, Vec<Entity>)],
) -> impl Iterator<Item = &'s FileInfo> {
    let names: HashSet<Arc<str>> = sections
        .iter()
        .flat_map(|(_, list)| list)
        .flat_map(|entity| &entity.facts)
        .map(|(_, fact)| fact.origin.file.clone())
        .collect();
    store.files.iter().filter(move |file| names.contains(&file.name))
}

/// Exports that were made long before the others: what they tell of states may be over.
fn outdated(store: &Store, environment: &Environment) -> Option<Diagnostic> {
    const DAY: i64 = 24 * 60 * 60 * 1_000_000;
    let Value::Time(now) = environment.as_of.as_ref()?.value else { return None };
    let old: Vec<String> = used(store, &environment.sections)
        .filter_map(|file| Some((file, file.captured.filter(|at| now - at > DAY)?)))
        .map(|(file, at)| format!("`{}` ({})", file.name, print_time(at)))
        .collect();
    let first = old.iter().take(4).cloned().collect::<Vec<_>>().join(", ");
    let more = if old.len() > 4 { ", …" } else { "" };
    let exports = if old.len() == 1 { "export tells" } else { "exports tell" };
    let message = format!(
        "{} {exports} of `{}` as it was more than a day before {}: {first}{more}",
        old.len(),
        environment.name,
        print_time(now)
    );
    (!old.is_empty()).then(|| {
        Diagnostic::new(Severity::Warning, "outdated", message)
            .help("that is the newest time found there; states that it reports may be over: make all exports at one time")
    })
}

/// The newest time of the files that facts came from; times without a zone count only where there are no others.
fn newest(store: &Store, sections: &[(&'static str, Vec<Entity>)]) -> Option<Fact> {
    let dated = used(store, sections).filter(|file| file.captured.is_some());
    let file = dated.max_by_key(|file| (file.zoned, file.captured))?;
    Some(Fact {
        value: Value::Time(file.captured?),
        origin: Origin {
            file: file.name.clone(),
            pointer: String::new(),
            captured: file.captured,
            derived_from: vec!["the newest time found in the files".to_owned()],
        },
    })
}
