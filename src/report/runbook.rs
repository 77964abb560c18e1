//! Plans in a form for someone.
//!
//! Owns the choice of the form, the exit code, and the sentences that several forms share. Computes no plan; no form
//! tells more or less steps than another.

use std::borrow::Cow;

use crate::compile::ir::{Level, RuleSet};
use crate::diagnostic::Severity;
use crate::evaluate::{Finding, Outcome, Verdict};
use crate::plan::step::Choice;
use crate::plan::{Hold, Plan, Step};
use crate::report::human::Printer;
use crate::report::layout::{Look, count, names};
use crate::report::{concise, sanitise};
use crate::scalar;
use crate::session::{Checked, Report};

pub mod facts;
pub mod full;
pub mod brief;
pub mod graph;
pub mod json;

/// Candidates of a choice, and other ways, that are named.
const OTHERS: usize = 6;

/// The forms of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Form {
    /// A runbook.
    #[default]
    Full,
    /// A line per step.
    Concise,
    /// For programs.
    Json,
    /// A list of tasks for a ticket.
    Markdown,
    /// The order as a graph for Graphviz.
    Dot,
    /// The order as a graph for Mermaid.
    Mermaid,
}

/// All plans of a report as text.
pub fn render(report: &Report<'_>, form: Form, look: &Look) -> String {
    let mut out = String::new();
    match form {
        Form::Json => return json::render(report),
        Form::Full | Form::Concise => {
            let printer = Printer::new(report.sources, look);
            let own = report.environments.iter().flat_map(|checked| &checked.errors);
            for error in report.errors.iter().chain(own) {
                match form {
                    Form::Full => printer.print(&mut out, error),
                    _ => concise::line(&mut out, report.sources, error),
                }
            }
        }
        Form::Dot => return graph::dot(report),
        Form::Mermaid => return graph::mermaid(report),
        Form::Markdown => {}
    }
    for (checked, plan) in planned(report) {
        match form {
            Form::Full => full::plan(&mut out, checked, plan, look),
            Form::Markdown => brief::markdown(&mut out, checked, plan, look),
            _ => brief::concise(&mut out, checked, plan),
        }
    }
    out
}

/// Environments with their plans.
pub fn planned<'r, 'a>(
    report: &'r Report<'a>,
) -> impl Iterator<Item = (&'r Checked<'a>, &'r Plan)> {
    report.environments.iter().filter_map(|checked| Some((checked, checked.plan.as_ref()?)))
}

/// The exit code of `plan`: 0 verified, 1 something stays closed, 2 could not do the work, 3 only questions keep it
/// from being verified, 4 only time does, 5 nothing to plan.
pub fn exit_code(report: &Report<'_>) -> u8 {
    let own = report.environments.iter().flat_map(|checked| &checked.errors);
    if report.errors.iter().chain(own).any(|error| error.severity == Severity::Error) {
        return 2;
    }
    // An environment without the units that were named has nothing to plan, and nothing to say.
    let asked = planned(report).filter(|(checked, _)| checked.is_asked());
    let codes: Vec<u8> = asked.map(|(checked, plan)| code(checked, plan)).collect();
    [1, 3, 4, 5].into_iter().find(|code| codes.contains(code)).unwrap_or(match codes.is_empty() {
        true => 5,
        false => 0,
    })
}

/// The code of one plan.
pub fn code(checked: &Checked<'_>, plan: &Plan) -> u8 {
    let holds = |hold| plan.unresolved.iter().any(|open| open.hold == hold);
    match checked.evaluation.verdict {
        Verdict::Nothing => 5,
        Verdict::Open => 0,
        _ if plan.verified => 0,
        _ if plan.stopped || holds(Hold::Closed) => 1,
        _ if holds(Hold::Question) => 3,
        _ if holds(Hold::Time) => 4,
        _ if checked.supposed.is_some() => 3,
        _ => 1,
    }
}

/// Units that the plan is for: those that can go at all.
fn eligible(checked: &Checked<'_>, plan: &Plan) -> usize {
    checked.evaluation.units.len() - plan.ineligible.len()
}

/// What the plan reaches, in one sentence.
pub(crate) fn reaches(checked: &Checked<'_>, plan: &Plan) -> String {
    let steps = count(plan.steps.len(), "step");
    let waves = count(plan.steps.iter().map(|step| step.wave).max().unwrap_or(0), "wave");
    let eligible = eligible(checked, plan);
    let ready = plan.ready.len();
    let reach = match plan.steps.len() {
        _ if plan.ready.is_empty() => "the gate opens for nobody".to_owned(),
        0 => format!("the gate is open for {ready} of {eligible} that can go"),
        _ => format!("the gate opens for {ready} of {eligible} that can go"),
    };
    let lost = plan.ineligible.len();
    match (checked.evaluation.verdict, plan.steps.len()) {
        _ if lost > 0 && eligible == 0 => match lost {
            1 => "nobody can go: the only one that is requested never can".to_owned(),
            _ => format!("nobody can go: none of the {lost} that are requested ever can"),
        },
        (Verdict::Open, _) => "nothing to do: the gate is open".to_owned(),
        (Verdict::Nothing, _) => "nothing to plan: nothing was checked".to_owned(),
        (_, 0) if plan.verified => format!("no step is needed: {reach}"),
        (_, 0) => format!("no step can be taken now; {reach}"),
        _ => format!("after {steps} in {waves} {reach}"),
    }
}

/// Whether that is verified, and if not, why not.
pub(crate) fn verified(plan: &Plan) -> String {
    if plan.verified {
        let mut text = match plan.steps.last() {
            None => "verified: every rule was run on the facts".to_owned(),
            Some(step) => format!(
                "verified: the steps were run on a copy of the facts; the gate was open after step {}",
                step.id
            ),
        };
        if let Some(until) = plan.valid_until {
            text.push_str(&format!("; it holds until {}", scalar::print_time(until)));
        }
        if let Some(limit) = &plan.limit {
            text.push_str("; ");
            text.push_str(limit);
        }
        return text;
    }
    let mut whys = Vec::new();
    if let Some(first) = plan.steps.iter().find(|step| step.is_hope()) {
        whys.push(format!(
            "step {} looks for a cause, and goes on only with what it finds",
            first.id
        ));
    }
    if let Some(limit) = &plan.limit {
        whys.push(limit.clone());
    }
    let held = |hold| plan.unresolved.iter().filter(|open| open.hold == hold).count();
    for (number, what) in [
        (held(Hold::Closed), "no step fixes"),
        (held(Hold::Question), "an answer decides"),
        (held(Hold::Time), "only time closes"),
    ] {
        if number > 0 {
            whys.push(format!("{} that {what}", count(number, "finding")));
        }
    }
    if whys.is_empty() {
        whys.push("nobody can go".to_owned());
    }
    format!("not verified: {}", whys.join(", "))
}

/// The earliest time at which the gate can be open.
pub(crate) fn earliest(plan: &Plan) -> Option<String> {
    let time = scalar::print_time(plan.earliest?);
    let is_unknown = |step: &&Step| step.takes.is_none() && step.until.is_none();
    let unknown = plan.steps.iter().filter(is_unknown).count();
    Some(match unknown {
        0 => format!("earliest: {time}"),
        _ => format!("earliest: {time}, not counting {} of unknown length", count(unknown, "step")),
    })
}

/// What to do: as the remedy says, or to wait.
pub(crate) fn action(step: &Step) -> Cow<'_, str> {
    match step.until {
        Some(until) => Cow::Owned(format!("Wait until {}", scalar::print_time(until))),
        None => Cow::Borrowed(&step.action),
    }
}

/// What has to be seen before going on, where a step does not make it.
pub(crate) fn go_on(step: &Step) -> Option<String> {
    let seen: Vec<String> =
        step.expects.iter().map(|(path, value)| format!("{path} is {value}")).collect();
    (!seen.is_empty())
        .then(|| format!("only when {}", names(seen.iter().map(String::as_str), OTHERS)))
}

/// The questions that may make a step useless.
pub(crate) fn only_if(step: &Step) -> Option<String> {
    let numbers: Vec<String> = step.questions.iter().map(usize::to_string).collect();
    match numbers.as_slice() {
        [] => None,
        [one] => Some(format!("the answer to question {one} lets somebody go whom it helps")),
        _ => Some(format!(
            "the answers to questions {} let somebody go whom it helps",
            numbers.join(", ")
        )),
    }
}

/// How the step is taken back, or that it cannot be.
pub(crate) fn undone(step: &Step) -> Option<&str> {
    match step.is_final {
        true => Some("cannot be taken back"),
        false => step.undo.as_deref(),
    }
}

/// What is taken to be so though nobody makes it.
pub(crate) fn assumed(plan: &Plan) -> Option<String> {
    let assumed: Vec<String> =
        plan.assumes.iter().map(|(path, value)| format!("{path} is {value} by then")).collect();
    let named = names(assumed.iter().map(String::as_str), OTHERS);
    (!assumed.is_empty()).then(|| format!("assumes: {named}"))
}

/// How long a step takes, or when it is done at the latest.
pub(crate) fn lasts(step: &Step) -> Option<String> {
    match (step.until, step.takes) {
        (Some(until), _) => Some(format!("until {}", scalar::print_time(until))),
        (None, takes) => takes.map(|takes| format!("about {}", scalar::print_duration(takes))),
    }
}

/// Steps in waves.
pub(crate) fn waves(plan: &Plan) -> Vec<(usize, Vec<&Step>)> {
    let mut waves: Vec<(usize, Vec<&Step>)> = Vec::new();
    let mut steps: Vec<&Step> = plan.steps.iter().collect();
    steps.sort_by_key(|step| (step.wave, step.id));
    for step in steps {
        match waves.last_mut().filter(|(wave, _)| *wave == step.wave) {
            Some((_, members)) => members.push(step),
            None => waves.push((step.wave, vec![step])),
        }
    }
    waves
}

/// Advice at level warning that fired.
pub(crate) fn advice<'c, 'a>(checked: &'c Checked<'a>) -> Vec<&'c Finding<'a>> {
    let findings = checked.evaluation.findings.iter();
    let fired = findings.filter(|finding| {
        finding.outcome == Outcome::Fail
            && checked.rules.rules[finding.rule].level == Level::Warning
    });
    fired.collect()
}

/// Units that cannot go for the very same findings.
pub(crate) struct Lost<'p> {
    /// The units.
    pub(crate) units: Vec<&'p str>,
    /// The findings that say so, with their headlines.
    pub(crate) findings: &'p [(String, String)],
    /// What else holds them: the address of the holder, and the others in it.
    pub(crate) drags: Vec<(&'p str, Vec<&'p str>)>,
}

/// Who cannot go, told once for each reason.
pub(crate) fn lost(plan: &Plan) -> Vec<Lost<'_>> {
    let mut all: Vec<Lost<'_>> = Vec::new();
    for one in &plan.ineligible {
        match all.iter_mut().find(|lost| lost.findings == one.findings) {
            Some(lost) => lost.units.push(&one.unit),
            None => all.push(Lost {
                units: vec![&one.unit],
                findings: &one.findings,
                drags: Vec::new(),
            }),
        }
    }
    for lost in &mut all {
        let own = plan.ineligible.iter().filter(|one| lost.units.contains(&one.unit.as_str()));
        for (holder, others) in own.flat_map(|one| &one.drags) {
            if lost.drags.iter().all(|(known, _)| known != holder) {
                let others = others.iter().map(String::as_str);
                let others = others.filter(|other| !lost.units.contains(other)).collect();
                lost.drags.push((holder, others));
            }
        }
    }
    all
}

/// What a person chooses, and what else could be chosen.
pub(crate) fn chosen(choice: &Choice) -> String {
    let mut text = format!("{} = {}", choice.path, choice.chosen);
    if !choice.others.is_empty() {
        let others = names(choice.others.iter().map(String::as_str), OTHERS);
        text.push_str(&format!(" (would do as well: {others})"));
    }
    text
}

/// What cannot be chosen yet, so that a later step does.
pub(crate) fn left(step: &Step) -> Option<String> {
    let paths = names(step.left.iter().map(String::as_str), OTHERS);
    (!step.left.is_empty()).then(|| format!("{paths}: nothing fits yet, so this is left open here"))
}

/// What has to be put into the commands of a step before they can be run.
pub(crate) fn fill_in(step: &Step) -> String {
    let what = if step.blanks.len() == 1 { "is" } else { "are" };
    format!("before running it: {} {what} not known", step.blanks.join(", "))
}

/// Where the facts come from on which findings rest, in a few words each.
pub(crate) fn origins(checked: &Checked<'_>, ids: &[String]) -> Vec<String> {
    let mut told: Vec<String> = Vec::new();
    for (evidence, origin) in checked.origins_of(ids) {
        let text = format!("{} from {}", evidence.path, origin.short());
        if !told.contains(&text) {
            told.push(text);
        }
    }
    told
}

/// A role as the rules call it, else as it is spoken: `siteOwner` is a site owner.
pub(crate) fn role(rules: &RuleSet, word: &str) -> String {
    if let Some(title) = rules.roles.get(word) {
        return title.clone();
    }
    let mut out = String::new();
    for char in word.chars() {
        if char.is_uppercase() && !out.is_empty() {
            out.push(' ');
        }
        out.extend(char.to_lowercase());
    }
    out
}

/// A finding by its id, as people read it: `ABC-001 (servers/s1)`.
pub(crate) fn finding(id: &str) -> String {
    let id = sanitise::clean(id);
    match id.split_once(':') {
        Some((rule, subject)) => format!("{rule} ({subject})"),
        None => id.into_owned(),
    }
}
