//! `failback rules`: the rules, and the way from each clause to its tests.

use std::collections::BTreeMap;

use crate::cli::args::{self, Color};
use crate::cli::pack::Pack;
use crate::cli::{FOUND, OK, Output, catalogue, explain, pack, terminal};
use crate::compile::ir::Rule;
use crate::report::layout::{Look, Tone};
use crate::report::sanitise;
use crate::source::Sources;
use crate::spec::expect::Kind;

/// Runs the command.
pub fn run(arguments: &args::Rules, color: Color) -> Output {
    let look = terminal::look(color);
    pack::with(&arguments.pack, |sources, packs| {
        let head = if arguments.markdown { catalogue::HEAD } else { "" };
        let mut output = Output::new(head, OK);
        for pack in packs {
            match (arguments.trace, arguments.markdown) {
                (true, _) => trace(&mut output, sources, pack, &look),
                (_, true) => catalogue::pack(&mut output.result, sources, pack),
                _ => list(&mut output.result, pack, &look),
            }
        }
        output
    })
}

fn list(out: &mut String, pack: &Pack, look: &Look) {
    let rules = &pack.loaded.rules;
    let width = rules.rules.iter().map(|rule| rule.id.len()).max().unwrap_or_default();
    let title = format!("{}: {}", rules.name, rules.title);
    out.push_str(&format!("{}\n", look.paint(Tone::Heading, &sanitise::clean(&title))));
    for rule in &rules.rules {
        let plain = format!("{:<width$}  {:<12}  ", rule.id, explain::word(rule));
        look.hanging(out, &plain, &plain, &sanitise::clean(&rule.title));
    }
}

/// The cases of each rule: how many of each kind, and where they stand.
fn cases(pack: &Pack) -> BTreeMap<&str, (String, BTreeMap<&'static str, usize>)> {
    let mut found: BTreeMap<&str, (String, BTreeMap<&'static str, usize>)> = BTreeMap::new();
    for page in &pack.pages {
        for section in &page.sections {
            for case in &section.cases {
                for expected in case.expectations.iter().filter(|one| one.kind != Kind::Error) {
                    let (_, kinds) = found.entry(expected.code.as_str()).or_insert_with(|| {
                        (format!("{}:{}", page.name, section.line), BTreeMap::new())
                    });
                    *kinds.entry(expected.kind.word()).or_default() += 1;
                }
            }
        }
    }
    found
}

fn trace(output: &mut Output, sources: &Sources, pack: &Pack, look: &Look) {
    let rules = &pack.loaded.rules;
    let cases = cases(pack);
    let mut holes: Vec<String> = Vec::new();
    let out = &mut output.result;
    for document in &rules.documents {
        out.push_str(&format!(
            "{}\n",
            look.paint(Tone::Heading, &sanitise::clean(&document.title))
        ));
        for clause in &document.clauses {
            let plain = format!("  {:<8}", clause.id);
            look.hanging(out, &plain, &plain, &sanitise::clean(&clause.title));
            let citing: Vec<&Rule> =
                rules.rules.iter().filter(|rule| rule.clauses.contains(&clause.id)).collect();
            for rule in &citing {
                let told = match cases.get(rule.id.as_str()) {
                    Some((place, kinds)) => format!("{}; {place}", counts(kinds)),
                    None => "no case".to_owned(),
                };
                let plain = format!("          {:<9}", rule.id);
                look.hanging(out, &plain, &plain, &sanitise::clean(&told));
            }
            if clause.note {
                let reason = clause.reason.as_deref().unwrap_or("nothing to check");
                let plain = "          note     ";
                look.hanging(out, plain, plain, &sanitise::clean(reason));
            } else if citing.is_empty() {
                let place = place(sources, clause.span);
                holes.push(format!("{place}: clause {} has neither a rule nor a note", clause.id));
            }
        }
    }
    for rule in &rules.rules {
        let kinds = cases.get(rule.id.as_str()).map(|(_, kinds)| kinds);
        let has = |kind: Kind| kinds.is_some_and(|kinds| kinds.contains_key(kind.word()));
        let mut missing = Vec::new();
        let fires = has(Kind::Fail) || (rule.grace.is_some() && has(Kind::Pending));
        if !fires {
            missing.push("failing");
        }
        if !has(Kind::Pass) {
            missing.push("passing");
        }
        if !has(Kind::Unknown) {
            missing.push("unknown");
        }
        if !missing.is_empty() {
            let place = place(sources, rule.span);
            let missing = missing.join(" and no ");
            holes.push(format!("{place}: rule {} has no {missing} case", rule.id));
        }
    }
    let clauses: usize = rules.documents.iter().map(|document| document.clauses.len()).sum();
    let total: usize = cases.values().flat_map(|(_, kinds)| kinds.values()).sum();
    for hole in &holes {
        let text = format!("{} {}", look.paint(Tone::Bad, "hole:"), sanitise::clean(hole));
        out.push_str(&format!("{text}\n"));
    }
    let tone = if holes.is_empty() { Tone::Good } else { Tone::Bad };
    let line = match holes.len() {
        0 => "no hole".to_owned(),
        1 => "1 hole".to_owned(),
        many => format!("{many} holes"),
    };
    out.push_str(&format!(
        "{clauses} clauses, {} rules, {total} promises of cases: {}\n",
        rules.rules.len(),
        look.paint(tone, &line)
    ));
    if !holes.is_empty() {
        output.code = FOUND;
    }
}

fn counts(kinds: &BTreeMap<&'static str, usize>) -> String {
    let order = [Kind::Fail, Kind::Pending, Kind::Unknown, Kind::Pass, Kind::NotApplicable];
    let told: Vec<String> = order
        .iter()
        .filter_map(|kind| kinds.get(kind.word()).map(|count| format!("{count} {}", kind.word())))
        .collect();
    told.join(", ")
}

fn place(sources: &Sources, span: crate::source::Span) -> String {
    let source = sources.get(span.file);
    let position = source.position(span.start);
    format!("{}:{}:{}", source.name(), position.line, position.column)
}
