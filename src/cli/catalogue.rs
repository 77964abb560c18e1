//! `failback rules --markdown`: all rules of a pack, to be read.
//!
//! Owns the form of the catalogue; what a rule says is taken from the rule files as it was written there.

use std::collections::HashMap;

use crate::cli::explain;
use crate::cli::pack::{self, Pack};
use crate::compile::ir::Rule;
use crate::evaluate::is_terminal;
use crate::language::ast::{self, ItemKind};
use crate::report::explain::service_errors;
use crate::report::sanitise;
use crate::source::Sources;
use crate::spec::page::{Page, Section};

/// What stands above the packs.
pub const HEAD: &str = "\
# Rules

<!-- Made by `failback rules --markdown`; change the rules instead. -->

An entry for each rule: what it demands, the clauses it comes from, why it matters, what fixes it (the preferred remedy
first) and its manual page, whose examples are its tests. `{…}` stands for what a finding puts there. `failback explain
ID` shows the same with the facts that a rule reads and its text.
";

/// Writes the catalogue of one pack.
pub fn pack(out: &mut String, sources: &Sources, pack: &Pack) {
    let rules = &pack.loaded.rules;
    out.push_str(&format!("\n## {}: {}\n", rules.name, plain(&rules.title)));
    if let Some((field, word)) = &rules.when {
        out.push_str(&format!("\nJudges environments with `{field}: {word}`.\n"));
    }
    let declared = Declared::of(pack);
    let mut subject = None;
    for rule in &rules.rules {
        let found = section(pack, &rule.id);
        let title = found.map(|(page, _)| {
            let title = page.sections.iter().find(|section| section.level == 1);
            title.map_or(page.name.as_str(), |section| section.title.as_str())
        });
        if let Some(title) = title.filter(|_| title != subject) {
            out.push_str(&format!("\n### {}\n", plain(title)));
        }
        subject = title;
        entry(out, sources, pack, &declared, rule, found);
    }
    for document in &rules.documents {
        out.push_str(&format!("\n### Clauses of {}\n\n", plain(&explain::document_name(document))));
        out.push_str("| clause | says | rules |\n|---|---|---|\n");
        for clause in &document.clauses {
            let citing = rules.rules.iter().filter(|rule| rule.clauses.contains(&clause.id));
            let mut told: Vec<String> = citing.map(|rule| rule.id.clone()).collect();
            if clause.note {
                let reason = clause.reason.as_deref().unwrap_or("nothing to check");
                told.push(format!("note: {}", plain(reason)));
            }
            let told = told.join(", ");
            out.push_str(&format!("| {} | {} | {told} |\n", clause.id, plain(&clause.title)));
        }
    }
}

/// Declarations by name, as they were written.
struct Declared<'p> {
    rules: HashMap<&'p str, &'p ast::Rule>,
    remedies: HashMap<&'p str, &'p ast::Remedy>,
}

impl<'p> Declared<'p> {
    fn of(pack: &'p Pack) -> Self {
        let mut declared = Declared { rules: HashMap::new(), remedies: HashMap::new() };
        for item in pack.loaded.files.iter().flat_map(|file| &file.items) {
            match &item.kind {
                ItemKind::Rule(rule) => {
                    declared.rules.entry(&rule.id.value).or_insert(rule);
                }
                ItemKind::Remedy(remedy) => {
                    declared.remedies.entry(&remedy.name.value).or_insert(remedy);
                }
                _ => {}
            }
        }
        declared
    }
}

fn entry(
    out: &mut String,
    sources: &Sources,
    pack: &Pack,
    declared: &Declared<'_>,
    rule: &Rule,
    found: Option<(&Page, &Section)>,
) {
    out.push_str(&format!("\n#### {}: {}\n\n", rule.id, plain(&rule.title)));
    let mut line = explain::word(rule).to_owned();
    if is_terminal(rule) {
        line.push_str(", nothing can fix it");
    }
    line.push_str(&format!(" · clauses {}", rule.clauses.join(", ")));
    if !rule.see.is_empty() {
        line.push_str(&format!(" · known as {}", plain(&service_errors(&rule.see))));
    }
    let declared_rule = declared.rules.get(rule.id.as_str());
    if declared_rule.is_some_and(|rule| rule.waivable.is_some())
        && let Some(waivers) = explain::waivers(rule)
    {
        line.push_str(&format!(" · {waivers}"));
    }
    if let Some((page, section)) = found {
        line.push_str(&format!(" · [page and cases]({})", link(page, section)));
    }
    out.push_str(&format!("{line}\n"));
    let why = declared_rule.and_then(|rule| rule.why.as_ref());
    if let Some(why) = why {
        out.push_str(&format!("\n{}\n", plain(&pack::written(sources, why))));
    }
    for (at, fix) in rule.fixes.iter().enumerate() {
        let name = pack.loaded.rules.remedies[fix.remedy].name.as_str();
        let remedy = declared.remedies.get(name);
        let action = remedy.and_then(|remedy| remedy.action.as_ref());
        let action = action.map(|action| plain(&pack::written(sources, action)));
        let consent = remedy.and_then(|remedy| remedy.consent.as_ref());
        let consent = consent.map(|name| format!(" (only with `--allow {}`)", name.value));
        let (action, consent) = (action.unwrap_or_default(), consent.unwrap_or_default());
        let each = if fix.each.is_some() { ", for each" } else { "" };
        let gap = if at == 0 { "\n" } else { "" };
        out.push_str(&format!("{gap}{}. `{name}`{each}: {action}{consent}\n", at + 1));
    }
}

fn section<'p>(pack: &'p Pack, id: &str) -> Option<(&'p Page, &'p Section)> {
    pack.pages.iter().find_map(|page| {
        let section = page.sections.iter().find(|section| section.rule.as_deref() == Some(id))?;
        Some((page, section))
    })
}

/// The way to a section, with the anchor that readers of Markdown make of its heading.
fn link(page: &Page, section: &Section) -> String {
    let up = if page.name.starts_with('/') { "" } else { "../" };
    let id = section.rule.as_deref().unwrap_or_default();
    let heading = format!("{id} {}", section.title).to_lowercase();
    let anchor = heading.chars().filter_map(|char| match char {
        ' ' => Some('-'),
        '-' | '_' => Some(char),
        char => char.is_alphanumeric().then_some(char),
    });
    format!("{up}{}#{}", page.name, anchor.collect::<String>())
}

/// A text that Markdown shows as it is.
fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in sanitise::clean(text).chars() {
        if matches!(char, '\\' | '*' | '_' | '<' | '[' | '|' | '`') {
            out.push('\\');
        }
        out.push(char);
    }
    out
}
