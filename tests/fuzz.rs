//! Mutated texts: whatever somebody hands in is answered, and takes nothing down.
//!
//! `FAILBACK_FUZZ_CASES=50000 cargo test --release --test all fuzz` makes so many of each kind, and
//! `FAILBACK_FUZZ_FIRST=N FAILBACK_FUZZ_CASES=1` makes case `N` again. The text of the last case is in
//! `target/tmp/fuzz-KIND.txt`, for those that take the whole process down.

use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::time::{Duration, Instant};

use crate::support::faults::{Dice, number};
use crate::support::program::{HEAD, PACK};

mod harness;

/// Tokens that are put in besides those of the texts themselves.
const STRANGE: [&str; 64] = [
    "unknown",
    "none",
    "null",
    "~",
    "\"\"",
    "''",
    "[]",
    "{}",
    "[",
    "]",
    "{",
    "}",
    "(",
    ")",
    ":",
    ": ",
    ",",
    "- ",
    "- unknown",
    "? ",
    "&a ",
    "*a",
    "<<: *a",
    "!!binary ",
    "!!str ",
    "|",
    ">-",
    "%YAML 1.2",
    "---\n",
    "...\n",
    "# ",
    "\t",
    "\n",
    "\r\n",
    "\u{feff}",
    "\u{2028}",
    "\u{202e}",
    "\u{0}",
    "서울",
    "e\u{301}",
    "::error::x",
    "##[error]",
    "9223372036854775807",
    "-9223372036854775808",
    "99999999999999999999",
    "1e400",
    "-1",
    "0",
    "0.0.0.0",
    "24h",
    "106751991167300d",
    "9999-12-31T23:59:59Z",
    "0000-01-01T00:00:00+14:00",
    "8EiB",
    "9.30.0",
    "true",
    "\"",
    "\\",
    "\\u0000",
    "/",
    "%2F",
    "..",
    "now",
    "not",
];

/// The tokens of a text: words, blanks, and everything else one by one.
fn tokens(text: &str) -> Vec<&str> {
    let class = |c: char| match c {
        '\n' => 0,
        ' ' => 1,
        _ if c.is_alphanumeric() || matches!(c, '_' | '-' | '.' | '/') => 2,
        _ => 3,
    };
    let mut tokens = Vec::new();
    let mut start = 0;
    let mut before = None;
    for (at, char) in text.char_indices() {
        let this = class(char);
        if before.is_some_and(|before| before != this || matches!(this, 0 | 3)) {
            tokens.push(&text[start..at]);
            start = at;
        }
        before = Some(this);
    }
    tokens.push(&text[start..]);
    tokens
}

/// A text with a few tokens changed.
fn mutated(text: &str, others: &[&str], dice: &mut Dice) -> String {
    let mut tokens: Vec<&str> = tokens(text);
    for _ in 0..1 + dice.roll(4) {
        let at = dice.roll(tokens.len());
        let (count, to) = (1 + dice.roll(12), dice.roll(tokens.len()));
        let end = (at + count).min(tokens.len());
        let strange = STRANGE[dice.roll(STRANGE.len())];
        match dice.roll(11) {
            0 => drop(tokens.remove(at)),
            1 => tokens.insert(at, tokens[at]),
            2 => tokens.swap(at, to),
            3 => tokens[at] = tokens[to],
            4 | 5 => tokens[at] = strange,
            6 => tokens.insert(at, strange),
            7 => drop(tokens.drain(at..end)),
            8 => {
                let some: Vec<&str> = tokens[at..end].to_vec();
                tokens.splice(to..to, some);
            }
            9 => {
                let other = self::tokens(others[dice.roll(others.len())]);
                let from = dice.roll(other.len());
                tokens.splice(at..at, other[from..(from + count).min(other.len())].to_vec());
            }
            // A line of its own, or the end of the text.
            _ if dice.roll(4) > 0 => tokens[at] = "\n",
            _ => tokens.truncate(at),
        }
        if tokens.is_empty() {
            break;
        }
    }
    tokens.concat()
}

/// Makes cases of one kind, each from a number of its own, and panics with those that went wrong.
fn cases(kind: &str, usual: u64, case: impl Fn(&mut Dice) -> (String, Box<dyn FnOnce()>)) {
    let (cases, first) = (number("FAILBACK_FUZZ_CASES", usual), number("FAILBACK_FUZZ_FIRST", 1));
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let mut wrong = Vec::new();
    let mut slowest = (Duration::ZERO, 0);
    for number in first..first + cases {
        let mut dice = Dice(number.wrapping_mul(0x9E37_79B9));
        let (text, run) = case(&mut dice);
        if text.len() > harness::MOST {
            continue;
        }
        fs::write(folder.join(format!("fuzz-{kind}.txt")), &text).expect("a file");
        let started = Instant::now();
        if let Err(panic) = catch_unwind(AssertUnwindSafe(run)) {
            let told = panic.downcast_ref::<String>().cloned();
            let told = told.or_else(|| panic.downcast_ref::<&str>().map(|&told| told.to_owned()));
            fs::write(folder.join(format!("fuzz-{kind}-{number}.txt")), &text).expect("a file");
            wrong.push(format!("{kind} {number}: {}", told.unwrap_or_default()));
        }
        slowest = slowest.max((started.elapsed(), number));
    }
    println!("{kind}: {cases} cases, the slowest {} took {:?}", slowest.1, slowest.0);
    assert!(wrong.is_empty(), "{} of {cases}:\n{}", wrong.len(), wrong.join("\n"));
}

const SITES: [&str; 4] = [
    include_str!("../examples/first-failback/site.yaml"),
    include_str!("../examples/ready/site.yaml"),
    include_str!("../examples/modernized/site.yaml"),
    include_str!("../examples/win-4003/site.yaml"),
];
const OWN: &str = include_str!("../examples/own-rules/upgrade.gate");
const OFFICE: &str = "apiVersion: failback/v1\nkind: Environment\nname: office\nasOf: 2026-03-02T18:00:00Z\nservers:\n  - id: \
    orders\n    version: 9.4\n    backup: { takenAt: 2026-03-01T02:00:00Z, state: good }\n  - id: wages\n    version: 10.1\n    \
    backup: { takenAt: 2026-03-02T17:15:00Z }\n";

fn lab() -> String {
    format!(
        "{HEAD}asOf: 2026-01-01T00:00:00Z\nservers:\n  - id: a\n    state: stopped\n    model: old\n    \
         snapshots: [{{ name: monday }}, {{ name: friday }}]\n    peer: b\n  - {{ id: b, joined: false, bootedAt: \
         2026-01-01T00:00:00Z, peer: none }}\n  - unknown\n---\n{HEAD}servers: &s\n- id: c\n"
    )
}

/// A pack, none for the shipped ones, and a description for it.
fn pair(dice: &mut Dice) -> (Option<&'static str>, String) {
    match dice.roll(6) {
        0 => (None, SITES[dice.roll(SITES.len())].to_owned()),
        1 | 2 => (Some(OWN), OFFICE.to_owned()),
        _ => (Some(PACK), lab()),
    }
}

#[test]
fn any_description_is_answered() {
    cases("description", 150, |dice| {
        let (pack, text) = pair(dice);
        let text = mutated(&text, &[SITES[0], &lab()], dice);
        let made = text.clone();
        (text, Box::new(move || harness::description(pack, &made)))
    });
}

#[test]
fn any_pack_is_answered() {
    let reference = include_str!("../docs/language.md");
    let sample = include_str!("language/sample.gate");
    let blocks = reference.split("```gate\n").skip(1);
    let blocks: Vec<&str> = blocks.filter_map(|block| block.split("```").next()).collect();
    cases("rules", 150, |dice| {
        let (pack, text) = match dice.roll(4) {
            0 => (OWN, OFFICE.to_owned()),
            1 => (sample, lab()),
            2 => (blocks[dice.roll(blocks.len())], lab()),
            _ => (PACK, lab()),
        };
        let pack = mutated(pack, &[OWN, sample, reference], dice);
        let made = pack.clone();
        (pack, Box::new(move || harness::rules(&made, &text)))
    });
}

#[test]
fn any_answers_are_answered() {
    let office = "servers/wages/backup/state: good\nservers/orders/version: 10.2\n";
    let lab_answers = "servers/b/state: running\nservers/b/snapshots: []\nservers/a/joined: true\n\"servers[id: x]\": { id: x }\n\
                       servers/a/peer: none\nservers/a/snapshots/0/name: x\nasOf: 2026-01-02T00:00:00Z\n";
    let site =
        "machines: unknown\nasOf: 2020-02-22T00:00:00Z\nmasterTargets/mt-busan-1/snapshots: []\n";
    cases("answers", 100, |dice| {
        let (pack, text) = pair(dice);
        let answers = match pack {
            None => site,
            Some(OWN) => office,
            Some(_) => lab_answers,
        };
        let answers = mutated(answers, &[office, lab_answers, site, &text], dice);
        let made = answers.clone();
        (answers, Box::new(move || harness::answered(pack, &text, &made)))
    });
}

#[test]
fn any_export_is_answered() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/import");
    let mut exports: Vec<(String, String)> = Vec::new();
    for name in ["classic", "modernized", "vmware"] {
        for entry in fs::read_dir(folder.join(name)).expect("a folder") {
            let path = entry.expect("an entry").path();
            let name = path.file_name().and_then(|name| name.to_str()).expect("a name").to_owned();
            // What is no text is no matter of tokens.
            exports.extend(fs::read_to_string(&path).ok().map(|text| (name, text)));
        }
    }
    exports.retain(|(_, text)| text.len() < harness::MOST / 2);
    exports.sort();
    let others: Vec<&str> = exports.iter().map(|(_, text)| text.as_str()).collect();
    cases("export", 100, |dice| {
        let (name, text) = exports[dice.roll(exports.len())].clone();
        let text = mutated(&text, &others, dice);
        let made = text.clone();
        (text, Box::new(move || harness::export(&name, made.as_bytes())))
    });
}

#[test]
fn what_fuzzing_with_coverage_found_is_answered() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fuzz-corpus");
    let mut replayed = 0;
    for kind in ["description", "rules", "answers", "export"] {
        for entry in fs::read_dir(folder.join(kind)).expect("the corpus of each target") {
            let path = entry.expect("an entry").path();
            harness::target(kind, &fs::read(&path).expect("a file"));
            replayed += 1;
        }
    }
    assert!(replayed > 40, "{replayed} texts");
}
