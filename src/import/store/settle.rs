//! Decides which of several statements about one fact holds, and tells what differs.
//!
//! Owns the order of strength: one object before a list, newer before older. Does not know what facts mean beyond which of
//! them change by the minute.

use std::cmp::Ordering;

use crate::diagnostic::{Diagnostic, Severity};
use crate::import::model::Value;
use crate::import::store::{FileInfo, Kind, Node, Seen, Store};

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

impl Store {
    /// Settles every fact that was stated more than once.
    pub fn settle(&mut self) {
        self.assign_licences();
        self.tell_unread();
        let mut told = Vec::new();
        let mut reused = Vec::new();
        for nodes in self.kinds.values_mut() {
            for node in &mut nodes.all {
                if node.kind == Kind::Item {
                    reused.extend(forget_others(node, &self.files));
                }
                settle_node(node, &self.files, &mut told);
            }
        }
        for (now, (file, at)) in reused {
            let message = format!(
                "an id that is now that of the machine `{now}` was that of another machine"
            );
            let help = "what the older export says is of the other machine, and is not used";
            let place = self.place(file, &at);
            self.diagnostics.push(
                Diagnostic::new(Severity::Note, "reused-id", message).note("at", place).help(help),
            );
        }
        for conflict in told {
            let mut places: Vec<String> =
                conflict.places.iter().map(|(file, at)| self.place(*file, at)).collect();
            let (what, subject) = (conflict.what, conflict.subject);
            let count = places.len();
            let mut diagnostic = if conflict.decided {
                let message = format!("{count} sources differ about the {what} of {subject}");
                Diagnostic::new(Severity::Note, "conflict", message).help(
                    "the first one holds: it is newer, or it was asked for by name and not from a list",
                )
            } else {
                let message = format!(
                    "{count} sources differ about the {what} of {subject}, and none is newer"
                );
                Diagnostic::new(Severity::Warning, "conflict", message)
                    .help("it is left unknown: hand in one of them, or a newer export")
            };
            places.truncate(PLACES);
            for (number, place) in places.into_iter().enumerate() {
                diagnostic = diagnostic.note(ORDINALS[number.min(PLACES - 1)], place);
            }
            self.diagnostics.push(diagnostic);
        }
    }
}

/// Sources of one conflict that are shown.
const PLACES: usize = 4;
const ORDINALS: [&str; PLACES] = ["first", "second", "third", "fourth"];

/// Sources that do not say the same.
struct Conflict {
    what: String,
    subject: String,
    places: Vec<(usize, Box<str>)>,
    /// Whether the first one is the strongest.
    decided: bool,
}

/// The service gives ids of machines that are gone to new ones. What the files say that know the id under an older name is
/// forgotten; yields the name that holds, and where another one was stated.
fn forget_others(node: &mut Node, files: &[FileInfo]) -> Option<(String, (usize, Box<str>))> {
    let names = node.facts.iter().filter(|(fact, _)| *fact == "name").map(|(_, seen)| seen);
    let best = names.clone().reduce(|best, seen| {
        if stronger("name", seen, best, files) == Ordering::Greater { seen } else { best }
    })?;
    let now = best.value.as_str()?.to_owned();
    let is_other =
        |seen: &&Seen| seen.value.as_str().is_some_and(|name| !name.eq_ignore_ascii_case(&now));
    // Names that are told at one time are spelt differently, and do not tell two machines apart.
    let older = |seen: &&Seen| stronger("location", best, seen, files) == Ordering::Greater;
    let others: Vec<&Seen> = names.filter(is_other).filter(older).collect();
    let first = others.first().map(|seen| (seen.file(), seen.at.clone()))?;
    let gone: Vec<usize> = others.iter().map(|seen| seen.file()).collect();
    node.facts.retain(|(_, seen)| !gone.contains(&seen.file()));
    Some((now, first))
}

fn settle_node(node: &mut Node, files: &[FileInfo], told: &mut Vec<Conflict>) {
    let facts = std::mem::take(&mut node.facts);
    let mut more: Vec<(&'static str, Vec<Seen>)> = Vec::new();
    for (name, seen) in facts {
        if !node.facts.iter().any(|(at, _)| *at == name) {
            node.facts.push((name, seen));
            continue;
        }
        match more.iter_mut().find(|(at, _)| *at == name) {
            Some((_, others)) => others.push(seen),
            None => more.push((name, vec![seen])),
        }
    }
    let first = told.len();
    for (name, others) in more {
        let Some(at) = node.facts.iter().position(|(at, _)| *at == name) else { continue };
        let mut best = node.facts.swap_remove(at).1;
        let mut rest = Vec::new();
        for mut seen in others {
            if stronger(name, &seen, &best, files) == Ordering::Greater {
                std::mem::swap(&mut best, &mut seen);
            }
            rest.push(seen);
        }
        rest.retain(|seen| !alike(&best.value, &seen.value));
        let ties = rest.iter().any(|seen| stronger(name, &best, seen, files) == Ordering::Equal);
        if ties {
            rest.retain(|seen| stronger(name, &best, seen, files) == Ordering::Equal);
        }
        // What changes by the minute differs between any two exports; only a tie is worth a word.
        if ties || (!rest.is_empty() && !VOLATILE.contains(&name)) {
            let places =
                [&best].into_iter().chain(&rest).map(|seen| (seen.file(), seen.at.clone()));
            told.push(Conflict {
                what: words(node.kind, name),
                subject: String::new(),
                places: places.collect(),
                decided: !ties,
            });
        }
        if !ties {
            node.facts.push((name, best));
        }
    }
    for conflict in &mut told[first..] {
        let name = node.str("name").unwrap_or(&node.key);
        conflict.subject = format!("the {} `{name}`", node.kind.noun());
    }
}

/// Which of two statements counts for more. A list counts against one object asked for by name only where it is newer by
/// days: within minutes, nobody can tell which of the two was made first.
fn stronger(name: &str, a: &Seen, b: &Seen, files: &[FileInfo]) -> Ordering {
    const DAY: i64 = 24 * 60 * 60 * 1_000_000;
    let made = |seen: &Seen| {
        let captured = || files.get(seen.file()).and_then(|file| file.captured);
        seen.when().or_else(captured).unwrap_or(i64::MIN)
    };
    let (first, second) = (made(a), made(b));
    if VOLATILE.contains(&name) || first.saturating_sub(second).saturating_abs() > DAY {
        (first, a.rank).cmp(&(second, b.rank))
    } else {
        (a.rank, first).cmp(&(b.rank, second))
    }
}

/// The name of a fact for people: `freeSpace` as `free space`.
fn words(kind: Kind, name: &str) -> String {
    match (kind, name) {
        (Kind::Item | Kind::MasterTarget, "disks") => return "number of disks".to_owned(),
        (_, "os") => return "kind of operating system".to_owned(),
        (_, "osText") => return "operating system".to_owned(),
        (_, "macs") => return "hardware addresses".to_owned(),
        (_, "ips") => return "addresses".to_owned(),
        (_, "ip") => return "address".to_owned(),
        (_, "discovery") => return "kind of discovery".to_owned(),
        (_, "vCenter" | "vCenterInfrastructure") => return "vCenter".to_owned(),
        (_, "group") => return "replication group".to_owned(),
        (_, "volumes") => return "retention volumes".to_owned(),
        _ => {}
    }
    let mut text = String::new();
    for c in name.chars() {
        if c.is_ascii_uppercase() {
            text.push(' ');
        }
        text.push(c.to_ascii_lowercase());
    }
    text
}
