//! From findings to diagnostics.
//!
//! Owns what is said of a finding and in which order: the headline, the deciding facts in the description, the place
//! in the rules that asks for them, why, clause, what to do, whom it blocks, what to find out. Joins what asks the same
//! question, and leaves out what repeats itself. Prints nothing.

use std::collections::BTreeSet;

use rustc_hash::FxHashMap;

use crate::builtins::value::Value;
use crate::compile::ir::{Level, Rule};
use crate::diagnostic::{Diagnostic, Severity};
use crate::evaluate::expr::Evaluator;
use crate::evaluate::{Finding, Outcome};
use crate::facts::RowId;
use crate::plan::describe;
use crate::report::explain::marks::label;
use crate::report::layout::Look;
use crate::report::placement::Placement;
use crate::report::{Format, layout, placement};
use crate::scalar;
use crate::session::Checked;
use crate::session::waivers::remarks;

mod marks;

/// Equal findings of one rule that are told one by one.
const EQUAL: usize = 3;
/// Findings that close the gate and are told one by one.
const CLOSING: usize = 12;
/// Open ones, and pieces of advice, that are told one by one; of more, the table has each rule.
const FOLDED: usize = 5;
/// Facts that are asked for in one diagnostic.
const QUESTIONS: usize = 3;
/// Steps of one remedy that are told one by one.
const STEPS: usize = 3;
/// Rules that wait for the same answer and are named.
const WAITING: usize = 4;
/// Units that are named.
const UNITS: usize = 8;

/// Explains the findings of one environment.
pub struct Explainer<'c, 'a> {
    checked: &'c Checked<'a>,
    /// Runs the rules' own expressions.
    rules: Evaluator<'c, 'a, 'a>,
    /// Runs the texts of remedies, whose parameters are locals of their own.
    remedies: Evaluator<'c, 'a, 'a>,
    format: Format,
    all: bool,
    explain: bool,
}

/// What a finding does to the gate.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// It closes the gate, for good or for a time.
    Closing,
    /// It is not known.
    Open,
    /// It is advice.
    Advice,
}

/// Findings that are told as one.
struct Group<'c, 'a> {
    findings: Vec<&'c Finding<'a>>,
}

impl<'c, 'a> Explainer<'c, 'a> {
    /// For one environment; of the look counts how much is told.
    pub fn new(checked: &'c Checked<'a>, format: Format, look: &Look) -> Self {
        let evaluator = || Evaluator::new(&checked.facts, checked.rules, checked.now);
        Self {
            checked,
            rules: evaluator(),
            remedies: evaluator(),
            format,
            all: look.all,
            explain: look.explain || look.all,
        }
    }

    /// Hands over what there is to tell, one by one, blockers first, in groups by entity.
    pub fn tell(&mut self, each: &mut dyn FnMut(Diagnostic)) {
        let groups = self.groups();
        let mut counts: FxHashMap<(Severity, Vec<usize>), Vec<usize>> = FxHashMap::default();
        let mut shown = Vec::new();
        for (at, group) in groups.iter().enumerate() {
            let key = (self.severity(group.findings[0]), rules_of(group));
            let same = counts.entry(key.clone()).or_default();
            same.push(at);
            if self.lists_all() || same.len() <= EQUAL {
                shown.push((at, key));
            }
        }
        if !self.lists_all() {
            self.fold(&groups, &mut shown);
        }
        let mut last: FxHashMap<&(Severity, Vec<usize>), usize> = FxHashMap::default();
        for (at, key) in &shown {
            last.insert(key, *at);
        }
        for (at, key) in &shown {
            let mut diagnostic = self.diagnostic(&groups[*at]);
            let rest = counts.get(key).map_or(&[][..], |same| &same[EQUAL.min(same.len())..]);
            if !self.lists_all() && !rest.is_empty() && last.get(key) == Some(at) {
                let subjects: Vec<&str> =
                    rest.iter().map(|at| groups[*at].findings[0].path.as_str()).collect();
                let names = layout::names(subjects.into_iter(), UNITS);
                let text = format!("{} more like this: {names} (use --all)", rest.len());
                diagnostic = diagnostic.note("more", text);
            }
            each(diagnostic);
        }
    }

    /// Leaves to the table what is too much to tell one by one: of many findings, those that close the gate come first.
    fn fold<K>(&self, groups: &[Group<'c, 'a>], shown: &mut Vec<(usize, K)>) {
        let of = |kind: Kind| groups.iter().filter(|group| self.kind(group) == kind).count();
        let (open, advice) = (of(Kind::Open), of(Kind::Advice));
        let mut closing = 0;
        shown.retain(|(at, _)| match self.kind(&groups[*at]) {
            Kind::Closing => {
                closing += 1;
                closing <= CLOSING
            }
            Kind::Open => open <= FOLDED,
            Kind::Advice => advice <= FOLDED,
        });
    }

    fn kind(&self, group: &Group<'_, '_>) -> Kind {
        let finding = group.findings[0];
        match finding.outcome {
            _ if self.is_advisory(finding) => Kind::Advice,
            Outcome::Unknown => Kind::Open,
            _ => Kind::Closing,
        }
    }

    /// A line per finding costs little: nothing is left out of those.
    fn lists_all(&self) -> bool {
        self.all || self.format != Format::Full
    }

    /// Findings in the order in which they are told; those that ask the very same are one.
    fn groups(&self) -> Vec<Group<'c, 'a>> {
        let findings = &self.checked.evaluation.findings;
        let mut order: Vec<usize> = (0..findings.len())
            .filter(|at| {
                let finding = &findings[*at];
                self.all || finding.outcome != Outcome::Unknown || !self.is_advisory(finding)
            })
            .collect();
        // Within one severity, entities stand in the order in which they first have something to tell.
        let mut first: FxHashMap<(Severity, bool, &str), usize> = FxHashMap::default();
        for at in &order {
            let finding = &findings[*at];
            let key = (self.severity(finding), self.is_advisory(finding), finding.path.as_str());
            first.entry(key).or_insert(*at);
        }
        order.sort_by_key(|at| {
            let finding = &findings[*at];
            let key = (self.severity(finding), self.is_advisory(finding), finding.path.as_str());
            // Open questions of an advisory come last: they close nothing.
            (key.0 == Severity::Unknown && key.1, key.0, first.get(&key).copied(), *at)
        });
        let mut groups: Vec<Group<'_, '_>> = Vec::new();
        let mut asked: FxHashMap<Vec<&str>, usize> = FxHashMap::default();
        for at in order {
            let finding = &findings[at];
            let questions: Vec<&str> =
                finding.questions.iter().map(|question| question.path.as_str()).collect();
            let joins = self.format == Format::Full
                && finding.outcome == Outcome::Unknown
                && !questions.is_empty();
            if joins && !self.is_advisory(finding) {
                let known = *asked.entry(questions).or_insert(groups.len());
                if let Some(group) = groups.get_mut(known) {
                    group.findings.push(finding);
                    continue;
                }
            }
            groups.push(Group { findings: vec![finding] });
        }
        groups
    }

    fn rule(&self, finding: &Finding<'_>) -> &'a Rule {
        let rules: &'a crate::compile::ir::RuleSet = self.checked.rules;
        &rules.rules[finding.rule]
    }

    fn is_advisory(&self, finding: &Finding<'_>) -> bool {
        self.rule(finding).level != Level::Error
    }

    /// How much a finding matters.
    pub fn severity(&self, finding: &Finding<'_>) -> Severity {
        severity(finding, self.rule(finding))
    }

    fn diagnostic(&mut self, group: &Group<'c, 'a>) -> Diagnostic {
        let finding = group.findings[0];
        let rule = self.rule(finding);
        let rules = rules_of(group);
        let mut diagnostic =
            Diagnostic::new(self.severity(finding), self.codes(&rules), finding.message.clone());
        diagnostic.subject = (!finding.path.is_empty()).then(|| finding.path.clone());
        if self.format == Format::Concise {
            // The place is all that a line shows.
            diagnostic.labels.extend(finding.span.map(|span| label(span, String::new())));
            if let Some(waiver) = self.checked.waiver_of(finding) {
                let waived = remarks::granted(waiver);
                diagnostic.message.push_str(&format!("; waived {waived}"));
            }
            return diagnostic;
        }
        let (labels, unmarked) = self.labels(finding);
        diagnostic.labels = labels;
        // Of what is unknown, the questions tell how much of it there is.
        if unmarked > 0 && finding.outcome != Outcome::Unknown {
            let verb = if unmarked == 1 { "leads" } else { "lead" };
            let text = format!("{unmarked} more {verb} to this (use --all)");
            diagnostic = diagnostic.note("facts", text);
        }
        if rules.len() > 1 {
            diagnostic = self.waiting(group, &rules, diagnostic);
        } else {
            if let Some(why) = &finding.why {
                diagnostic = diagnostic.note("why", why.to_string());
            }
            if !rule.clauses.is_empty() && self.explain {
                diagnostic = diagnostic.note("clause", self.clauses(rule));
            }
        }
        if let Some(waiver) = self.checked.waiver_of(finding) {
            diagnostic = diagnostic.note("waived", remarks::granted(waiver));
        }
        if finding.outcome == Outcome::Unknown {
            diagnostic = self.questions(finding, diagnostic);
        } else {
            if let Some(until) = finding.until {
                let time = scalar::print_time(until);
                diagnostic = diagnostic
                    .note("until", format!("{time}; if it still holds then, it is a failure"));
            } else if finding.outcome == Outcome::Pending {
                let text = "nobody can say beforehand: look again, and describe what is true then";
                diagnostic = diagnostic.note("until", text.to_owned());
            }
            diagnostic = self.fixes(finding, rule, diagnostic);
            let steps = self.checked.plan.as_ref().map_or(0, |plan| plan.steps.len());
            if let Some(step) = self.checked.step_for(&finding.id) {
                diagnostic =
                    diagnostic.note("step", format!("{step} of {steps} of `failback plan`"));
            }
        }
        if self.is_advisory(finding) {
            return diagnostic.note("blocks", "nobody: this is advice");
        }
        let blocks = self.blocks(group);
        diagnostic.note("blocks", blocks)
    }

    /// Several rules that wait for one answer: what they are, rather than what each of them says.
    fn waiting(
        &self,
        group: &Group<'_, '_>,
        rules: &[usize],
        mut diagnostic: Diagnostic,
    ) -> Diagnostic {
        let first = group.findings[0];
        let shared = group.findings.iter().all(|finding| finding.subject == first.subject);
        let name = first.subject.filter(|_| shared).map(|row| self.checked.facts.name(row));
        let whom = name.map_or(String::new(), |name| format!(" for {name}"));
        diagnostic.message =
            format!("cannot tell{whom}: {} rules wait for the same answer", rules.len());
        // No single place in the rules is the one that asks.
        if self.explain {
            let asked = diagnostic.labels.len().saturating_sub(1);
            diagnostic.labels.truncate(asked.max(1));
        }
        let limit = match self.all || rules.len() == WAITING + 1 {
            true => rules.len(),
            false => WAITING,
        };
        for (at, rule) in rules.iter().take(limit).enumerate() {
            let rule = &self.checked.rules.rules[*rule];
            let heading = if at == 0 { "rules" } else { "" };
            diagnostic = diagnostic.note(heading, format!("{} {}", rule.id, rule.title));
        }
        if rules.len() > limit {
            let rest = rules.len() - limit;
            diagnostic = diagnostic.note("", format!("and {rest} more (use --all)"));
        }
        diagnostic
    }

    fn codes(&self, rules: &[usize]) -> String {
        let ids = rules.iter().map(|rule| self.checked.rules.rules[*rule].id.as_str());
        let ids: Vec<&str> = ids.collect();
        match ids.as_slice() {
            [first, second, third, rest @ ..] if rest.len() > 1 => {
                format!("{first}, {second}, {third}, +{}", rest.len())
            }
            ids => ids.join(", "),
        }
    }

    fn clauses(&self, rule: &Rule) -> String {
        let mut parts: Vec<String> = Vec::new();
        for document in &self.checked.rules.documents {
            let cited = rule.clauses.iter().map(String::as_str);
            let cited: Vec<&str> =
                cited.filter(|id| document.clauses.iter().any(|clause| clause.id == *id)).collect();
            if !cited.is_empty() {
                parts.push(format!("{} of \"{}\"", cited.join(", "), document.title));
            }
        }
        let mut text = parts.join("; ");
        if !rule.see.is_empty() {
            text.push_str(&format!(" (also known as {})", service_errors(&rule.see)));
        }
        text
    }

    fn fixes(
        &mut self,
        finding: &Finding<'a>,
        rule: &'a Rule,
        mut diagnostic: Diagnostic,
    ) -> Diagnostic {
        for (number, told) in self.fix_texts(finding, rule).into_iter().enumerate() {
            let heading = match (number, told.is_more) {
                (0, _) => "fix",
                (_, true) => "and",
                (_, false) => "or",
            };
            diagnostic = diagnostic.note(heading, told.action);
            if number == 0 {
                if let Some(at) = told.at {
                    diagnostic = diagnostic.note("at", at);
                }
                for run in told.run {
                    diagnostic = diagnostic.note("run", run);
                }
                if let Some(warning) = told.warning {
                    diagnostic = diagnostic.note("caution", warning);
                }
            }
        }
        if rule.fixes.is_empty() && !self.is_advisory(finding) {
            let text = match finding.outcome {
                Outcome::Pending => "wait",
                _ if crate::evaluate::is_terminal(rule) => {
                    "none: this cannot be fixed, take it out of the request"
                }
                _ => "none known",
            };
            diagnostic = diagnostic.note("fix", text);
        }
        diagnostic
    }

    /// What to do about a finding, the preferred first.
    pub fn fix_texts(&mut self, finding: &Finding<'a>, rule: &'a Rule) -> Vec<FixText<'a>> {
        self.rules.rebind(&finding.raw());
        let mut texts = Vec::new();
        for fix in &rule.fixes {
            let rules: &'a crate::compile::ir::RuleSet = self.checked.rules;
            let remedy = &rules.remedies[fix.remedy];
            let asked = self.rules.asked(fix);
            // Where it is not known for whom, what to do is told all the same.
            let asked = asked.unwrap_or_else(|| vec![vec![Value::Unknown; fix.arguments.len()]]);
            let more = asked.len().saturating_sub(STEPS);
            for (number, arguments) in asked.into_iter().take(STEPS).enumerate() {
                for (local, argument) in arguments.into_iter().enumerate() {
                    self.remedies.set(local as u32, argument);
                }
                let run = remedy.run.iter();
                let run = run
                    .filter_map(|run| describe::command(&mut self.remedies, run, &mut Vec::new()));
                let run = run.collect();
                let mut text = |template| self.remedies.whole_text(template);
                texts.push(FixText {
                    remedy: &remedy.name,
                    is_more: number > 0,
                    action: text(&remedy.action),
                    at: remedy.at.as_ref().map(&mut text),
                    run,
                    warning: remedy.warning.as_ref().map(&mut text),
                });
            }
            if more > 0 {
                texts.push(FixText {
                    remedy: &remedy.name,
                    is_more: true,
                    action: format!("the same for {more} more"),
                    at: None,
                    run: Vec::new(),
                    warning: None,
                });
            }
        }
        texts
            .into_iter()
            .map(|text| FixText { action: or_name(text.action, text.remedy), ..text })
            .collect()
    }

    fn questions(&self, finding: &Finding<'_>, mut diagnostic: Diagnostic) -> Diagnostic {
        let limit = if self.all { usize::MAX } else { QUESTIONS };
        let mut before: Option<(&str, Option<Placement>)> = None;
        for question in finding.questions.iter().take(limit) {
            let facts = &self.checked.facts;
            let placement = placement::of(question, facts, facts.tree().sources());
            if let (Some((ask, Some(known))), Some(more)) = (&mut before, &placement)
                && *ask == question.ask
                && known.joins(more)
            {
                // One more entry of the same list: the answers stand together.
                known.lines.extend(more.lines.iter().cloned());
                diagnostic.notes.pop();
                diagnostic = diagnostic.note("answer", known.tell());
                continue;
            }
            diagnostic = diagnostic.note("ask", question.ask.clone());
            if !question.answer.starts_with("- ") {
                diagnostic = diagnostic.note("allowed", question.expects.to_string());
            }
            if let Some(find) = &question.find {
                diagnostic = diagnostic.note("find", find.to_string());
            }
            let answer = match &placement {
                Some(placement) => placement.tell(),
                None => format!("write\n{}", question.answer),
            };
            diagnostic = diagnostic.note("answer", answer);
            before = Some((&question.ask, placement));
        }
        if finding.questions.len() > limit {
            let rest = finding.questions.len() - limit;
            let (facts, verb) = if rest == 1 { ("fact", "is") } else { ("facts", "are") };
            let text = format!("{rest} more {facts} {verb} open (use --all)");
            diagnostic = diagnostic.note("more", text);
        }
        diagnostic
    }

    fn blocks(&self, group: &Group<'_, '_>) -> String {
        let perhaps = |finding: &Finding<'_>, row: &RowId| finding.is_perhaps(*row);
        let all =
            || group.findings.iter().flat_map(|at| at.blocks.iter().map(move |row| (at, row)));
        let certain = all().filter(|(finding, row)| !perhaps(finding, row));
        let certain: BTreeSet<RowId> = certain.map(|(_, row)| *row).collect();
        let others: BTreeSet<RowId> = all().map(|(_, row)| *row).collect();
        let others: BTreeSet<RowId> = others.difference(&certain).copied().collect();
        match (certain.is_empty(), others.is_empty()) {
            (true, true) => "nobody who is requested, but it closes the gate".to_owned(),
            (false, true) => self.units(&certain),
            (true, false) => format!("perhaps {}", self.units(&others)),
            _ => format!("{}; perhaps {}", self.units(&certain), self.units(&others)),
        }
    }

    fn units(&self, rows: &BTreeSet<RowId>) -> String {
        let facts = &self.checked.facts;
        // A set that is everybody is named by its size, however much is to be told.
        if rows.len() > UNITS + 1 && rows.len() == self.checked.evaluation.units.len() {
            return format!("all {}", layout::grouped(rows.len()));
        }
        let limit = if self.all { rows.len() } else { UNITS };
        let shown: Vec<String> = rows.iter().take(limit + 1).map(|row| facts.name(*row)).collect();
        if rows.len() <= limit + 1 {
            return shown.join(", ");
        }
        format!("{} and {} more", shown[..limit].join(", "), rows.len() - limit)
    }
}

/// How much a finding matters, by its outcome and the level of its rule.
pub fn severity(finding: &Finding<'_>, rule: &Rule) -> Severity {
    match (finding.outcome, rule.level) {
        (Outcome::Unknown, _) => Severity::Unknown,
        (Outcome::Waived, _) => Severity::Waived,
        (Outcome::Pending, Level::Error) => Severity::Pending,
        (_, Level::Error) => Severity::Error,
        (_, Level::Warning) => Severity::Warning,
        (_, Level::Note) => Severity::Note,
    }
}

/// What a remedy says.
#[derive(Clone, Debug)]
pub struct FixText<'r> {
    /// Its name.
    pub remedy: &'r str,
    /// Whether it is to be done together with the one before, and not in its place.
    pub is_more: bool,
    /// What to do.
    pub action: String,
    /// Where.
    pub at: Option<String>,
    /// Commands that may be copied.
    pub run: Vec<String>,
    /// What to take care of.
    pub warning: Option<String>,
}

/// The error numbers of the service, as they are spoken of.
pub fn service_errors(numbers: &[String]) -> String {
    let plural = if numbers.len() == 1 { "" } else { "s" };
    format!("error{plural} {}", numbers.join(", "))
}

fn or_name(action: String, name: &str) -> String {
    if action.is_empty() { name.to_owned() } else { action }
}

fn rules_of(group: &Group<'_, '_>) -> Vec<usize> {
    let mut rules: Vec<usize> = Vec::new();
    for finding in &group.findings {
        if !rules.contains(&finding.rule) {
            rules.push(finding.rule);
        }
    }
    rules
}
