//! The laws of the architecture, as tests.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Longest file, in lines.
const LONGEST: usize = 600;

/// Declared words that mean something outside any domain, too.
const GENERIC: &[&str] = &[
    "account",
    "access",
    "address",
    "all",
    "at",
    "automatic",
    // A form of reports is named after who reads it.
    "azure",
    "blocked",
    "both",
    "cacheVolume",
    "capacity",
    "closed",
    "connected",
    "connections",
    "controller",
    "data",
    "database",
    "default",
    "direction",
    "disabled",
    "disconnected",
    "discovered",
    "disks",
    "edition",
    "either",
    "enabled",
    "end",
    "environment",
    "evaluation",
    "excluded",
    "exists",
    "fail",
    "fileSystem",
    "flow",
    "folder",
    "free",
    "from",
    "group",
    "groups",
    "health",
    "host",
    "hosts",
    "id",
    "ids",
    "inUse",
    "installed",
    "ip",
    "item",
    "items",
    "kind",
    "link",
    "linux",
    "location",
    "locked",
    "machine",
    "manual",
    "member",
    "members",
    "name",
    "network",
    "none",
    "normal",
    "off",
    "on",
    "open",
    "original",
    "os",
    "other",
    "physical",
    "platform",
    "plan",
    // The lock of settings is called so.
    "policy",
    "port",
    "private",
    "privileges",
    "propagate",
    "protected",
    "public",
    "purpose",
    "region",
    "registered",
    "registeredAt",
    "request",
    "role",
    "root",
    "running",
    "server",
    "servers",
    "servicePack",
    "size",
    "snapshot",
    "snapshots",
    "source",
    "standard",
    "start",
    "startType",
    "state",
    "stopped",
    "target",
    "template",
    "to",
    "type",
    "unit",
    "unknown",
    "unprotected",
    "uuid",
    "version",
    "volume",
    "warning",
    "windows",
    "createdAt",
    "addedAt",
    "asOf",
    "allowed",
    "critical",
    "asked",
    "failback",
];

fn files(folder: &str, ending: &str) -> Vec<(PathBuf, String)> {
    fn walk(folder: &Path, ending: &str, found: &mut Vec<(PathBuf, String)>) {
        let mut entries: Vec<PathBuf> = fs::read_dir(folder)
            .expect("a folder")
            .map(|entry| entry.expect("an entry").path())
            .collect();
        entries.sort();
        for path in entries {
            if path.is_dir() {
                walk(&path, ending, found);
            } else if path.extension().is_some_and(|extension| extension == ending) {
                let text = fs::read_to_string(&path).expect("a text");
                found.push((path, text));
            }
        }
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut found = Vec::new();
    walk(&root.join(folder), ending, &mut found);
    found
        .into_iter()
        .map(|(path, text)| (path.strip_prefix(root).expect("below the root").to_owned(), text))
        .collect()
}

fn none(problems: Vec<String>) {
    assert!(problems.is_empty(), "\n{}", problems.join("\n"));
}

/// The module of the first layer that a file belongs to: `yaml` for `src/yaml/parse.rs`.
fn layer(path: &Path) -> String {
    let name = path.components().nth(1).expect("a file below src");
    name.as_os_str().to_string_lossy().trim_end_matches(".rs").to_owned()
}

#[test]
fn modules_use_only_what_is_declared_above_them() {
    let library = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("src/lib.rs"));
    let library = library.expect("the library");
    let layers: Vec<&str> = library
        .lines()
        .filter_map(|line| line.strip_prefix("pub mod ").and_then(|rest| rest.strip_suffix(';')))
        .collect();
    assert!(layers.len() > 10, "the layers are listed in src/lib.rs");
    let mut problems = Vec::new();
    for (path, text) in files("src", "rs") {
        let own = layer(&path);
        let Some(at) = layers.iter().position(|layer| *layer == own) else {
            if own != "lib" && own != "main" {
                problems.push(format!("{}: `{own}` is no layer of src/lib.rs", path.display()));
            }
            continue;
        };
        for (number, line) in text.lines().enumerate() {
            for (start, _) in line.match_indices("crate::") {
                let rest = &line[start + "crate::".len()..];
                let end = rest.find(|char: char| !char.is_alphanumeric() && char != '_');
                let used = &rest[..end.unwrap_or(rest.len())];
                let place = layers.iter().position(|layer| *layer == used);
                if place.is_none_or(|place| place > at) {
                    let place = format!("{}:{}", path.display(), number + 1);
                    problems.push(format!("{place}: `{own}` uses `{used}`, which is not above it"));
                }
            }
        }
    }
    none(problems);
}

/// Names that rule packs declare: types, fields and words.
fn declared() -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for (path, text) in files("rules", "gate") {
        let text: String = text
            .lines()
            .map(|line| line.split('#').next().unwrap_or_default())
            .collect::<Vec<_>>()
            .join("\n");
        if !path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("environment")) {
            continue;
        }
        // What stands in quotes is prose.
        for (at, part) in text.split('"').enumerate() {
            if at % 2 == 1 {
                continue;
            }
            for word in part.split(|char: char| !char.is_alphanumeric()) {
                words.insert(word.to_owned());
            }
        }
    }
    words
}

/// Words of the rule language itself, and those that say nothing of a domain.
fn is_generic(word: &str) -> bool {
    const LANGUAGE: &[&str] = &[
        "pack",
        "entity",
        "record",
        "key",
        "ref",
        "partial",
        "text",
        "nocase",
        "bool",
        "int",
        "duration",
        "time",
        "stale",
        "after",
        "ask",
        "find",
        "one",
        "by",
        "where",
        "when",
        "define",
        "any",
        "or",
        "m",
        "not",
        "and",
        "true",
        "false",
        "architecture",
        "gates",
        "done",
        "uses",
        "extend",
        "common",
        "renewed",
        "while",
        "within",
        "15min",
    ];
    word.len() < 4
        || word.chars().all(|char| char.is_ascii_digit())
        || LANGUAGE.contains(&word)
        || GENERIC.contains(&word)
}

#[test]
fn no_word_of_a_domain_stands_in_the_source() {
    let words: BTreeSet<String> = declared().into_iter().filter(|word| !is_generic(word)).collect();
    assert!(words.len() > 50, "the packs declare {} words", words.len());
    let mut problems = Vec::new();
    for (path, text) in files("src", "rs") {
        if layer(&path) == "import" {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            for part in prose(line) {
                for word in part.split(|char: char| !char.is_alphanumeric()) {
                    if words.contains(word) && !is_generic(&word.to_lowercase()) {
                        let place = format!("{}:{}", path.display(), number + 1);
                        problems.push(format!("{place}: `{word}` is a word of a domain"));
                    }
                }
            }
        }
    }
    none(problems);
}

/// The comments and strings of a line of Rust.
fn prose(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let code = match line.find("//") {
        Some(at) => {
            found.push(&line[at..]);
            &line[..at]
        }
        None => line,
    };
    found.extend(code.split('"').skip(1).step_by(2));
    found
}

#[test]
fn every_file_says_what_it_is_for_and_stays_short() {
    let mut problems = Vec::new();
    for (path, text) in files("src", "rs").into_iter().chain(files("tests", "rs")) {
        let shown = path.display();
        if !text.starts_with("//! ") {
            problems.push(format!("{shown}: begins without saying what it is for"));
        }
        let lines = text.lines().count();
        if lines > LONGEST {
            problems.push(format!("{shown}: {lines} lines, {LONGEST} are allowed"));
        }
    }
    none(problems);
}

#[test]
fn paths_are_plain_and_nothing_is_left_to_do() {
    let marks = ["TODO", "FIXME", "XXX"].map(|mark| format!("{mark}:"));
    let mut problems = Vec::new();
    for (path, text) in files("src", "rs") {
        if path.ends_with("mod.rs") {
            problems.push(format!("{}: name the file after its module", path.display()));
        }
        for (number, line) in text.lines().enumerate() {
            let place = format!("{}:{}", path.display(), number + 1);
            let import = line.trim_start();
            if import.starts_with("use ")
                && import.contains("::*")
                && import != "use super::*;"
                && import != "use proptest::prelude::*;"
            {
                problems.push(format!("{place}: name what is used"));
            }
            if line.contains("super::super") {
                problems.push(format!("{place}: write `crate::`"));
            }
            if line.contains("todo!(") || marks.iter().any(|mark| line.contains(mark)) {
                problems.push(format!("{place}: nothing is left to do"));
            }
            if line.contains("unsafe {") {
                problems.push(format!("{place}: no unsafe code"));
            }
        }
    }
    none(problems);
}

#[test]
fn only_one_file_knows_how_excerpts_are_drawn() {
    let users: Vec<String> = files("src", "rs")
        .into_iter()
        .filter(|(_, text)| text.contains("use miette") || text.contains("miette::"))
        .map(|(path, _)| path.display().to_string())
        .collect();
    assert_eq!(users, ["src/report/frame.rs"]);
}
