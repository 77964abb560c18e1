//! The order of what stands in several packs.
//!
//! Owns that a rule is told beside its like, whichever pack it stands in: files of one name are read together, and
//! their rules in the order of their ids.

use std::cmp::Ordering;
use std::collections::VecDeque;

use crate::language::ast::{File, Item, ItemKind};
use crate::source::Sources;

/// The files by the last part of their names; those of one name are woven into one another.
pub fn in_order(sources: &Sources, files: Vec<File>) -> Vec<File> {
    let name = |file: &File| {
        let name = sources.get(file.file).name();
        name.rsplit(['/', '\\']).next().unwrap_or_default().to_owned()
    };
    let mut named: Vec<(String, File)> =
        files.into_iter().map(|file| (name(&file), file)).collect();
    // Of one name, those of the packs that are used come first.
    named.sort_by(|(a, x), (b, y)| (a, !x.used).cmp(&(b, !y.used)));
    let mut groups: Vec<(String, Vec<File>)> = Vec::new();
    for (name, file) in named {
        match groups.last_mut() {
            Some((known, group)) if *known == name => *group = woven(std::mem::take(group), file),
            _ => groups.push((name, vec![file])),
        }
    }
    groups.into_iter().flat_map(|(_, group)| group).collect()
}

/// Two rows of declarations as one: a rule behind all that have a smaller id, as far as each row keeps its order.
fn woven(first: Vec<File>, second: File) -> Vec<File> {
    let mut out: Vec<File> = Vec::new();
    let mut put = |of: &File, item: Item| {
        if out.last().is_none_or(|last| last.file != of.file) {
            out.push(File { items: Vec::new(), comments: of.comments.clone(), ..*of });
        }
        if let Some(last) = out.last_mut() {
            last.items.push(item);
        }
    };
    let mut second = second;
    let mut later: VecDeque<Item> = std::mem::take(&mut second.items).into();
    for mut file in first {
        for item in std::mem::take(&mut file.items) {
            while let Some(next) = later.pop_front() {
                if !stands_before(&next, &item) {
                    later.push_front(next);
                    break;
                }
                put(&second, next);
            }
            put(&file, item);
        }
    }
    for item in later {
        put(&second, item);
    }
    out
}

/// Whether a declaration of the second row stands before one of the first.
fn stands_before(second: &Item, first: &Item) -> bool {
    match (&second.kind, &first.kind) {
        (ItemKind::Rule(second), ItemKind::Rule(first)) => {
            by_number(&second.id.value, &first.id.value) == Ordering::Less
        }
        // Until the first rule, the row that comes first goes first.
        (_, ItemKind::Rule(_)) => true,
        _ => false,
    }
}

/// The order of ids as people count: `A-9` before `A-10`.
fn by_number(a: &str, b: &str) -> Ordering {
    let pieces = |id: &str| -> Vec<(u64, String)> {
        let parts = id.split('-');
        parts.map(|part| (part.parse().unwrap_or(u64::MAX), part.to_owned())).collect()
    };
    pieces(a).cmp(&pieces(b))
}
