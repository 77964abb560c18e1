//! The shipped rules: their manual pages, which are their tests, and the order they are in.

use std::collections::BTreeMap;
use std::process::Command;

use failback::compile::ir::Level;
use failback::compile::stored::{load, store, when};
use failback::compile::uses::Found;
use failback::packs;
use failback::session::{Inputs, PackFiles, rules};
use failback::source::{FileId, Sources};
use failback::spec::page::Page;
use failback::spec::{self, Texts};

#[test]
fn shipped_pages_hold() {
    let mut report = String::new();
    let (mut passed, mut failed) = (0, 0);
    let inputs = Inputs::shipped();
    let mut runs: BTreeMap<(String, usize), bool> = BTreeMap::new();
    for pack in &inputs.packs {
        let shipped = packs::find(&pack.name).expect("it is shipped");
        let used: Vec<Page> = shipped.used().flat_map(pages).collect();
        let texts = Texts::of(&inputs.sources, pack);
        let results = spec::run_with(&pages(shipped), &used, &texts);
        for case in &results.cases {
            *runs.entry((case.page.clone(), case.line)).or_default() |= !case.skipped;
        }
        for error in &results.errors {
            report.push_str(&format!("{error}\n"));
            failed += 1;
        }
        for case in &results.cases {
            if case.passed() {
                passed += usize::from(!case.skipped);
                continue;
            }
            failed += 1;
            let rule = case.rule.as_deref().unwrap_or("all rules");
            report.push_str(&format!("{}:{}: {rule}\n", case.page, case.line));
            for problem in &case.problems {
                report.push_str(&format!("  {problem}\n"));
            }
        }
    }
    let skipped: Vec<_> = runs.iter().filter(|(_, runs)| !**runs).collect();
    assert!(skipped.is_empty(), "no pack knows all that these speak of: {skipped:?}");
    println!("{passed} passed, {failed} failed");
    assert!(failed == 0, "{report}{passed} passed, {failed} failed");
    assert!(passed > 0, "no page has a case");
}

fn pages(pack: packs::Pack) -> Vec<Page> {
    pack.pages().map(|(name, text)| Page::parse(name, text)).collect()
}

/// Runs the program at the root of the repository and returns its output where it does not succeed.
fn complaint(arguments: &[&str]) -> Option<String> {
    let output = Command::new(env!("CARGO_BIN_EXE_failback"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("the program runs");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    (!output.status.success()).then(|| text + &String::from_utf8_lossy(&output.stderr))
}

#[test]
fn every_clause_leads_to_a_rule_and_every_rule_to_its_cases() {
    assert_eq!(complaint(&["rules", "--trace"]), None);
}

#[test]
fn nothing_is_wrong_or_unused() {
    assert_eq!(complaint(&["lint"]), None);
}

#[test]
fn files_are_in_their_one_layout() {
    assert_eq!(complaint(&["fmt", "--check", "rules"]), None);
}

#[test]
fn what_is_stored_is_what_compiling_gives() {
    let shipped = Inputs::shipped();
    for pack in &shipped.packs {
        let stored = pack.stored.expect("shipped rules are without error");
        // Behind another file, so that the numbers of files are not those of the build.
        let mut sources = Sources::default();
        sources.add("first", "");
        let mut add = |files: &Vec<FileId>| -> Vec<FileId> {
            let files = files.iter().map(|file| shipped.sources.get(*file));
            files.map(|file| sources.add(file.name(), file.text())).collect()
        };
        let own = add(&pack.files);
        let mut again = PackFiles::new(pack.name.as_str(), own);
        for used in &pack.used {
            again.used.push(Found { home: used.home.clone(), files: add(&used.files) });
        }
        let files = again.all();
        let compiled = rules::load(&sources, &again).rules;
        assert!(store(&compiled, &files) == stored, "{}: compiling gives other rules", pack.name);
        // Writing reads all that would be read later.
        let loaded = load(stored, &files);
        assert!(store(&loaded, &files) == stored, "{}: reading loses something", pack.name);
        assert_eq!(when(stored), compiled.when);
    }
}

/// A rule that keeps the gate closed and names a remedy shows on its page what the plan makes of it.
#[test]
fn every_rule_with_a_fix_shows_its_plan() {
    let inputs = Inputs::shipped();
    let (mut missing, mut shown) = (Vec::new(), 0);
    for pack in &inputs.packs {
        let shipped = packs::find(&pack.name).expect("it is shipped");
        let all = shipped.used().chain([shipped]);
        let sections: Vec<&str> =
            all.flat_map(|pack| pack.pages()).flat_map(|(_, text)| text.split("\n## ")).collect();
        for rule in rules::load(&inputs.sources, pack).rules.rules {
            if rule.level != Level::Error || rule.fixes.is_empty() {
                continue;
            }
            let title = format!("{}:", rule.id);
            let mut own = sections.iter().filter(|section| section.starts_with(&title));
            match own.any(|section| section.contains("```plan\n")) {
                true => shown += 1,
                false => missing.push(format!("{}/{}", pack.name, rule.id)),
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
    assert!(shown > 80, "only {shown} plans");
}
