//! Open questions, by who can answer them.
//!
//! Owns the grouping by where the answer is found, and the layout of a question with the lines to write. Which
//! questions are open is decided before.

use rustc_hash::{FxHashMap, FxHashSet};
use serde::Serialize;

use crate::compile::ir::Level;
use crate::evaluate::Question;
use crate::report::json;
use crate::report::layout::{Look, Tone, count, names};
use crate::report::placement::{self, Placement};
use crate::report::{sanitise, wire};
use crate::session::{Checked, Report};

/// Width of the headings.
const HEADING: usize = 10;
/// Files of one question that are named.
const FILES: usize = 4;
/// Questions of one group that are told, where not all are.
const TOLD: usize = 12;

/// A question and where its answer goes.
pub struct Asked<'q> {
    /// The question.
    pub question: &'q Question,
    /// Where the answer goes; none where the description has no place for it.
    pub place: Option<Placement>,
    /// The file that it goes to.
    pub file: Option<String>,
    /// Exports that tell of the object that is asked about, and do not say this.
    pub told_by: Vec<&'q str>,
}

impl<'q> Asked<'q> {
    /// Finds the place of the answer.
    pub fn new(question: &'q Question, checked: &'q Checked<'_>) -> Self {
        let sources = checked.facts.tree().sources();
        let place = placement::of(question, &checked.facts, sources);
        let file = place.as_ref().map(|place| sources.get(place.span.file).name().to_owned());
        Self { question, place, file, told_by: checked.told_by(question.slot) }
    }

    /// Who or what knows: the first part of where the answer is found.
    pub fn source(&self) -> &str {
        let Some(find) = &self.question.find else { return "Owner not stated" };
        let end = [" > ", ": "].iter().filter_map(|mark| find.find(mark)).min();
        find[..end.unwrap_or(find.len())].trim()
    }

    /// What to do, and the lines to write.
    pub fn tell(&self) -> (String, Vec<String>) {
        match (&self.place, &self.file) {
            (Some(place), Some(file)) => (place.way.tell(place.line, file), place.lines.clone()),
            _ => (
                format!("write for {}", self.question.path),
                vec![self.question.answer.to_string()],
            ),
        }
    }
}

/// Questions by who can answer them, in the order of their first question.
pub fn grouped<'g, 'q>(asked: &'g [Asked<'q>]) -> Vec<(&'g str, Vec<&'g Asked<'q>>)> {
    let mut groups: Vec<(&str, Vec<&Asked<'q>>)> = Vec::new();
    for one in asked {
        match groups.iter_mut().find(|(source, _)| *source == one.source()) {
            Some((_, members)) => members.push(one),
            None => groups.push((one.source(), vec![one])),
        }
    }
    groups
}

/// Appends all questions in groups, numbered through.
pub fn groups(out: &mut String, asked: &[Asked<'_>], look: &Look) {
    let mut number = 0;
    for (source, members) in grouped(asked) {
        out.push_str("  ");
        out.push_str(&look.paint(Tone::Heading, &sanitise::clean(source)));
        out.push('\n');
        let limit = if look.all || members.len() == TOLD + 1 { members.len() } else { TOLD };
        for one in members.iter().take(limit) {
            number += 1;
            ask(out, number, one, look);
        }
        if members.len() > limit {
            let rest = members.len() - limit;
            out.push_str(&format!("    {} and {rest} more (use --all)\n", look.dots()));
        }
    }
}

fn ask(out: &mut String, number: usize, asked: &Asked<'_>, look: &Look) {
    let clean = |text: &str| look.glyphs(&sanitise::clean_lines(text)).into_owned();
    let lead = format!("    {number}. ");
    look.hanging(out, &lead, &look.paint(Tone::Doubt, &lead), &clean(&asked.question.ask));
    let note = |out: &mut String, heading: &str, text: &str| {
        let plain = format!("       {heading:<HEADING$}");
        look.hanging(out, &plain, &look.paint(Tone::Heading, &plain), &clean(text));
    };
    if let Some(find) = &asked.question.find {
        note(out, "find", find);
    }
    if !asked.question.answer.starts_with("- ") {
        note(out, "allowed", &asked.question.expects);
    }
    if !asked.told_by.is_empty() {
        let files = names(asked.told_by.iter().copied(), FILES);
        note(out, "imported", &format!("what is known of it is from {files}"));
    }
    let (what, lines) = asked.tell();
    note(out, "answer", &format!("{what}\n{}", lines.join("\n")));
}

/// All questions of an environment: of its findings, then of its plan, each once; with the findings that wait for them.
pub fn open<'r>(checked: &'r Checked<'_>) -> Vec<(Asked<'r>, Vec<&'r str>)> {
    let mut open: Vec<(Asked<'r>, Vec<&'r str>)> = Vec::new();
    let mut known: FxHashMap<&str, usize> = FxHashMap::default();
    // What is only supposed comes first, as everything else rests on it.
    if let Some(supposed) = checked.supposed.as_ref().filter(|supposed| !supposed.is_nobody) {
        known.insert(&supposed.question.path, 0);
        open.push((Asked::new(&supposed.question, checked), Vec::new()));
    }
    let findings = checked.evaluation.findings.iter();
    let findings =
        findings.filter(|finding| checked.rules.rules[finding.rule].level == Level::Error);
    let asked = findings.flat_map(|finding| {
        finding.questions.iter().map(|question| (&**question, Some(finding.id.as_str())))
    });
    let plan = checked.plan.iter().flat_map(|plan| &plan.questions);
    for (question, finding) in asked.chain(plan.map(|question| (question, None))) {
        let at = *known.entry(&question.path).or_insert_with(|| {
            open.push((Asked::new(question, checked), Vec::new()));
            open.len() - 1
        });
        open[at].1.extend(finding);
    }
    // A list that need not be complete is not asked for as a whole where one more entry of it is.
    let entries: FxHashSet<&str> =
        open.iter().filter_map(|(asked, _)| Some(asked.question.path.split_once('[')?.0)).collect();
    open.retain(|(asked, _)| !entries.contains(asked.question.path.as_str()));
    open
}

/// All questions for people, and how many there are.
pub fn full(report: &Report<'_>, look: &Look) -> (String, usize) {
    let mut out = String::new();
    let mut total = 0;
    for checked in &report.environments {
        let (asked, waiting): (Vec<_>, Vec<_>) = open(checked).into_iter().unzip();
        let name = sanitise::clean(&checked.name);
        if asked.is_empty() {
            out.push_str(&format!("{name}: no question is open\n"));
            continue;
        }
        total += asked.len();
        groups(&mut out, &asked, look);
        let mut ids: Vec<&str> = waiting.into_iter().flatten().collect();
        ids.sort_unstable();
        ids.dedup();
        out.push_str(&format!(
            "\n{name}: {} open, {} {} for an answer\n",
            count(asked.len(), "question"),
            count(ids.len(), "finding"),
            if ids.len() == 1 { "waits" } else { "wait" }
        ));
    }
    (out, total)
}

/// All questions as a file to be filled in.
pub fn yaml(report: &Report<'_>) -> (String, usize) {
    let mut out = String::from(
        "# Write the answer behind each colon; what stays empty stays open. Then:\n#   failback ask PATH \
         --answer THIS-FILE\n",
    );
    let mut total = 0;
    for checked in &report.environments {
        let (asked, _): (Vec<_>, Vec<_>) = open(checked).into_iter().unzip();
        total += asked.len();
        for (source, members) in grouped(&asked) {
            let comment = |out: &mut String, text: &str| {
                for line in sanitise::clean_lines(text).lines() {
                    out.push_str(&sanitise::harmless(&format!("# {line}\n")));
                }
            };
            out.push('\n');
            comment(&mut out, &format!("-- {}: {source} --", checked.name));
            for one in members {
                let question = one.question;
                out.push('\n');
                comment(&mut out, &question.ask);
                if let Some(find) = &question.find {
                    comment(&mut out, &format!("  find: {find}"));
                }
                match question.answer.strip_prefix("- ") {
                    Some(entry) => comment(&mut out, &format!("  write: {entry}")),
                    None => comment(&mut out, &format!("  allowed: {}", question.expects)),
                }
                out.push_str(&format!("{}:\n", key(&question.path)));
            }
        }
    }
    (out, total)
}

/// An address as a key of YAML, in quotes where it would be read as something else.
pub(crate) fn key(path: &str) -> String {
    // What breaks a line, hides itself or commands is written by number, in a JSON string, which is one of YAML, too.
    let acts = path.contains(sanitise::is_hidden) || path.contains("##");
    match serde_yaml::to_string(path) {
        Ok(text) if !acts => text.trim_end().to_owned(),
        _ => wire::line(&path),
    }
}

#[derive(Serialize)]
struct Root<'r> {
    tool: json::Tool,
    environments: Vec<Environment<'r>>,
    errors: Vec<json::Error<'r>>,
}

#[derive(Serialize)]
struct Environment<'r> {
    name: &'r str,
    questions: Vec<Told<'r>>,
}

#[derive(Serialize)]
struct Told<'r> {
    #[serde(flatten)]
    asked: json::Asked<'r>,
    /// Who or what knows.
    source: String,
    /// Findings that wait for the answer.
    findings: Vec<&'r str>,
}

/// All questions for programs.
pub fn json(report: &Report<'_>) -> (String, usize) {
    let mut total = 0;
    let environments = report.environments.iter().map(|checked| {
        let questions = open(checked).into_iter().map(|(asked, findings)| Told {
            source: asked.source().to_owned(),
            asked: json::asked(asked.question, checked, report.sources),
            findings,
        });
        let questions: Vec<Told<'_>> = questions.collect();
        total += questions.len();
        Environment { name: &checked.name, questions }
    });
    let root = Root {
        tool: json::Tool::default(),
        environments: environments.collect(),
        errors: json::errors(&report.errors, report.sources),
    };
    (wire::pretty(&root), total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_quoted_where_yaml_would_misread_them() {
        assert_eq!(key("servers/s1/state"), "servers/s1/state");
        assert_eq!(key("links[from: b, port: 443]"), "'links[from: b, port: 443]'");
        assert_eq!(key("12"), "'12'");
        assert_eq!(key("yes #1/it's"), "'yes #1/it''s'");
        assert_eq!(key("a\nb\u{202e}"), "\"a\\nb\\u202e\"");
        for path in [
            "servers/s1/state",
            "links[from: b]",
            "- a",
            "? b",
            "*c",
            "&d e",
            "x: ",
            "",
            "null",
            "##vso[x]",
            "서울/x",
        ] {
            let read: std::collections::BTreeMap<String, Option<String>> =
                serde_yaml::from_str(&format!("{}:\n", key(path))).expect("it is YAML");
            assert_eq!(read.keys().collect::<Vec<_>>(), [path]);
        }
    }
}
