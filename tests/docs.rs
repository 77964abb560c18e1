//! The documentation is true: the reference of the language runs, the catalogue of the rules is up to date, and the
//! example of a pack of one's own holds.

use std::fs;
use std::path::Path;
use std::process::Command;

use failback::builtins::BUILTINS;
use failback::compile::uses::Found;
use failback::diagnostic::Severity;
use failback::language::format::format;
use failback::session::library::Home;
use failback::session::{PackFiles, rules};
use failback::source::{FileId, Sources};
use failback::spec::page::Page;
use failback::spec::{self, Texts};

const REFERENCE: &str = include_str!("../docs/language.md");
const NAME: &str = "docs/language.md";

/// A block between fences.
struct Block {
    /// What stands behind the opening fence.
    info: String,
    /// The line on which its text starts, from 1.
    line: usize,
    text: String,
}

fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    for (at, line) in page.lines().enumerate() {
        match (line.strip_prefix("```"), open.take()) {
            (Some(_), Some(block)) => blocks.push(block),
            (Some(info), None) => {
                open = Some(Block { info: info.to_owned(), line: at + 2, text: String::new() });
            }
            (None, Some(mut block)) => {
                block.text.push_str(line);
                block.text.push('\n');
                open = Some(block);
            }
            (None, None) => {}
        }
    }
    assert!(open.is_none(), "a block is not closed");
    blocks
}

/// The text so that its places are places on the page.
fn in_place(block: &Block) -> String {
    "\n".repeat(block.line - 1) + &block.text
}

/// What is wrong with a pack that is made of these blocks.
fn problems(pack: &[&Block], shared: &[&Block]) -> Vec<String> {
    let mut sources = Sources::default();
    let files = pack.iter().map(|block| sources.add(NAME, in_place(block))).collect();
    let mut pack_files = PackFiles::new("page", files);
    let used: Vec<FileId> = shared.iter().map(|block| sources.add(NAME, in_place(block))).collect();
    pack_files.used.push(Found { home: Home::Shipped(""), files: used });
    let loaded = rules::load(&sources, &pack_files);
    let errors = loaded.diagnostics.iter().filter(|one| one.severity == Severity::Error);
    let told = errors.map(|error| {
        let line = error.span().map(|span| sources.get(span.file).line_of(span.start) + 1);
        format!("{NAME}:{}: {}", line.unwrap_or_default(), error.message)
    });
    let mut told: Vec<String> = told.collect();
    let Some(last) = pack.last().filter(|_| told.is_empty()) else { return told };
    let alone = sources.add(NAME, last.text.as_str());
    match format(&sources, alone) {
        Ok(text) if text == last.text => {}
        Ok(text) => told.push(format!("{NAME}:{}: the one layout is\n{text}", last.line)),
        Err(_) => told.push(format!("{NAME}:{}: has no layout", last.line)),
    }
    told
}

#[test]
fn the_reference_of_the_language_runs() {
    let blocks = blocks(REFERENCE);
    let mut whole: Option<&Block> = None;
    let mut pack: Vec<&Block> = Vec::new();
    let mut shared: Vec<&Block> = Vec::new();
    let mut wrong: Vec<String> = Vec::new();
    let (mut packs, mut cases) = (0, 0);
    for block in &blocks {
        match block.info.as_str() {
            "gate shared" => {
                shared = vec![block];
                wrong.extend(problems(&[block], &[]));
                continue;
            }
            "gate" => {
                whole = Some(block);
                pack = vec![block];
                shared.retain(|_| block.text.contains("\n  uses "));
            }
            "gate fragment" => {
                let whole = whole.expect("a fragment stands below a whole pack");
                pack = vec![whole, block];
            }
            "yaml" => {
                let texts = |blocks: &[&Block]| -> Vec<(String, String)> {
                    blocks.iter().map(|block| (NAME.to_owned(), in_place(block))).collect()
                };
                let texts = Texts { own: texts(&pack), used: vec![texts(&shared)] };
                let fenced = format!("{}```yaml\n{}```\n", "\n".repeat(block.line - 2), block.text);
                let results = spec::run_with(&[Page::parse(NAME, &fenced)], &[], &texts);
                // A description without promises must be one, too: nothing in it may be unexpected.
                for case in &results.cases {
                    cases += 1;
                    for problem in &case.problems {
                        wrong.push(format!("{NAME}:{}: {problem}", case.line));
                    }
                }
                if results.cases.is_empty() {
                    wrong.push(format!("{NAME}:{}: promises nothing", block.line));
                }
                continue;
            }
            _ => continue,
        }
        packs += 1;
        wrong.extend(problems(&pack, &shared));
    }
    println!("{packs} packs and fragments, {cases} cases");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(packs > 10 && cases > 10, "the page has {packs} packs and {cases} cases");
}

#[test]
fn every_function_has_a_section() {
    for builtin in &BUILTINS {
        let heading = format!("### `{}`\n", builtin.name);
        let (_, section) =
            REFERENCE.split_once(&heading).unwrap_or_else(|| panic!("no `{heading}`"));
        let signature = format!("`{}`", builtin.signature);
        let section = section.split("\n### ").next().unwrap_or_default();
        assert!(section.contains(&signature), "`{}` is not shown as {signature}", builtin.name);
    }
}

#[test]
fn every_code_of_an_error_is_listed() {
    let made = regex::Regex::new(
        r#"(?:Diagnostic::(?:error|warning)\(|Diagnostic::new\(\s*[\w:]+,|self\.error\()\s*"([a-z-]+)"\s*,"#,
    )
    .expect("a regular expression");
    let mut missing = Vec::new();
    let mut found = 0;
    for folder in ["language", "schema", "compile", "facts", "yaml", "session"] {
        let mut texts = vec![format!("src/{folder}.rs")];
        texts.extend(files(&format!("src/{folder}")));
        for path in texts {
            let text = fs::read_to_string(root().join(&path)).unwrap_or_default();
            for captures in made.captures_iter(&text) {
                found += 1;
                if !REFERENCE.contains(&format!("`{}`", &captures[1])) {
                    missing.push(format!("{path}: {}", &captures[1]));
                }
            }
        }
    }
    assert!(missing.is_empty(), "not in {NAME}:\n{}", missing.join("\n"));
    assert!(found > 40, "{found} codes were found");
}

fn files(folder: &str) -> Vec<String> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(root().join(folder)) else { return found };
    for entry in entries.flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        match name.ends_with(".rs") {
            true => found.push(format!("{folder}/{name}")),
            false => found.extend(files(&format!("{folder}/{name}"))),
        }
    }
    found
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Runs the program at the root of the repository.
fn program(arguments: &[&str]) -> (String, Option<i32>) {
    let output = Command::new(env!("CARGO_BIN_EXE_failback"))
        .args(arguments)
        .current_dir(root())
        .env("NO_COLOR", "1")
        .env("COLUMNS", "80")
        .output()
        .expect("the program runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (text + &String::from_utf8_lossy(&output.stderr), output.status.code())
}

/// Compares a page with what a command makes of it.
#[track_caller]
fn up_to_date(page: &str, arguments: &[&str]) {
    let (made, code) = program(arguments);
    assert_eq!(code, Some(0), "{made}");
    let path = root().join(page);
    if std::env::var_os("UPDATE").is_some() {
        fs::write(&path, &made).expect("the page can be written");
    }
    let kept = fs::read_to_string(&path).unwrap_or_default();
    let first = made.lines().zip(kept.lines()).position(|(made, kept)| made != kept);
    assert!(
        made == kept,
        "{page} is out of date from line {} on; `UPDATE=1 cargo test --test all docs` writes it anew",
        first.unwrap_or(made.lines().count().min(kept.lines().count())) + 1
    );
}

#[test]
fn the_catalogue_of_the_rules_is_up_to_date() {
    up_to_date("docs/rules.md", &["rules", "--markdown"]);
}

#[test]
fn the_page_of_what_can_be_described_is_up_to_date() {
    up_to_date("docs/model.md", &["schema", "--markdown"]);
}

#[test]
fn every_page_that_the_catalogue_links_is_there() {
    let (made, _) = program(&["rules", "--markdown"]);
    let link = regex::Regex::new(r"\]\(\.\./([^)#]+)#([^)]*)\)").expect("a regular expression");
    let mut links = 0;
    for captures in link.captures_iter(&made) {
        links += 1;
        let page = root().join(&captures[1]);
        assert!(page.is_file(), "{} is not there", page.display());
    }
    assert!(links > 100, "{links} links");
}

#[test]
fn the_pack_of_ones_own_holds() {
    for arguments in [
        &["test", "examples/own-rules"][..],
        &["lint", "examples/own-rules"],
        &["fmt", "--check", "examples/own-rules"],
        &["rules", "--trace", "--rules", "examples/own-rules"],
    ] {
        let (text, code) = program(arguments);
        assert_eq!(code, Some(0), "{arguments:?}: {text}");
    }
}
