//! Plans for programs. The keys stay; more may be added.

use std::borrow::Cow;

use serde::Serialize;

use crate::plan::edits::{Way, Written};
use crate::plan::{Hold, Plan, Step, WAIT};
use crate::report::json::{Asked, Error, Pack, Tool, asked, errors};
use crate::report::runbook::facts;
use crate::report::runbook::{action, advice, code, exit_code, planned};
use crate::report::{times, wire};
use crate::scalar;
use crate::session::rules::digest;
use crate::session::{Checked, Report};
use crate::yaml::edit::Value;

#[derive(Serialize)]
struct Root<'r> {
    tool: Tool,
    rules: Option<Pack<'r>>,
    environments: Vec<Environment<'r>>,
    errors: Vec<Error<'r>>,
    exit: u8,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Environment<'r> {
    name: &'r str,
    now: Option<String>,
    verdict: &'static str,
    verified: bool,
    verified_steps: usize,
    valid_until: Option<String>,
    assumes: Vec<Seen<'r>>,
    opens: bool,
    /// By this the numbers of the steps are known again.
    digest: String,
    steps: Vec<Told<'r>>,
    ready: &'r [String],
    ready_after: Vec<Ready<'r>>,
    ineligible: Vec<Ineligible<'r>>,
    questions: Vec<Asked<'r>>,
    unresolved: Vec<&'r str>,
    notes: Vec<Note<'r>>,
    advice: Vec<Advice<'r>>,
    earliest: Option<String>,
    limit: Option<&'r str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<Vec<times::Told<'r>>>,
    document_errors: Vec<Error<'r>>,
    exit: u8,
}

/// A fact that nobody makes: taken to be so, or to be seen before going on.
#[derive(Serialize)]
struct Seen<'r> {
    path: &'r str,
    value: &'r str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'r> {
    id: usize,
    wave: usize,
    remedy: &'r str,
    call: &'r str,
    on: &'r str,
    #[serde(rename = "do")]
    action: Cow<'r, str>,
    at: Option<&'r str>,
    /// As a text, however many commands there are: they are run one after the other.
    run: Option<String>,
    /// What in `run` stands for facts that are not known.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    blanks: &'r [String],
    role: Option<&'r str>,
    takes: Option<String>,
    starts_at: Option<String>,
    ends_at: Option<String>,
    /// Until when is waited, where nothing is done but that.
    #[serde(skip_serializing_if = "Option::is_none")]
    until: Option<String>,
    /// What has to be seen before going on.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    expects: Vec<Seen<'r>>,
    /// Findings that are closed only if that is seen.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    hopes: &'r [String],
    /// Remedies that look for what is waited for.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    waits_for: &'r [String],
    /// The questions, by number from 1, whose answers may make it useless.
    #[serde(skip_serializing_if = "<[usize]>::is_empty")]
    questions: &'r [usize],
    irreversible: bool,
    undo: Option<&'r str>,
    warning: Option<&'r str>,
    consent: Option<&'r str>,
    after: &'r [usize],
    reasons: &'r [String],
    closes: &'r [String],
    reopens: &'r [String],
    helps: &'r [String],
    ready: &'r [String],
    choices: Vec<Choice<'r>>,
    /// What cannot be chosen yet, by address.
    #[serde(skip_serializing_if = "<[String]>::is_empty")]
    left: &'r [String],
    alternatives: &'r [String],
    /// What it changes in the description.
    writes: Vec<Writes<'r>>,
    /// Where the facts come from on which the closed findings rest.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    origins: Vec<From<'r>>,
}

/// What is true after a step.
#[derive(Serialize)]
struct Writes<'r> {
    path: &'r str,
    way: &'static str,
    /// As it is written in YAML; none of an element that goes.
    value: Option<String>,
    /// Whether it has to be seen, as the act itself does not make it.
    seen: bool,
}

/// A fact and where it was taken from.
#[derive(Serialize)]
struct From<'r> {
    path: &'r str,
    file: &'r str,
    pointer: &'r str,
}

#[derive(Serialize)]
struct Choice<'r> {
    path: &'r str,
    chosen: &'r str,
    others: &'r [String],
}

#[derive(Serialize)]
struct Ready<'r> {
    unit: &'r str,
    /// The step after which it is ready; 0 where it is ready before the first.
    step: usize,
}

#[derive(Serialize)]
struct Ineligible<'r> {
    unit: &'r str,
    findings: Vec<&'r str>,
    messages: Vec<&'r str>,
    drags: Vec<Drag<'r>>,
}

#[derive(Serialize)]
struct Drag<'r> {
    holder: &'r str,
    units: &'r [String],
}

/// Why a finding is unresolved.
#[derive(Serialize)]
struct Note<'r> {
    finding: &'r str,
    message: &'r str,
    why: &'r str,
    hold: &'static str,
    until: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    origins: Vec<From<'r>>,
}

#[derive(Serialize)]
struct Advice<'r> {
    finding: &'r str,
    message: &'r str,
}

/// All plans as JSON, with a line break at the end.
pub fn render(report: &Report<'_>) -> String {
    let digests: Vec<String> =
        report.packs.iter().map(|(_, files)| digest(report.sources, files)).collect();
    let pack = |name: &str| {
        let mut known = report.packs.iter().zip(&digests);
        known.find(|((pack, _), _)| pack == name).map(|((pack, _), digest)| Pack { pack, digest })
    };
    let root = Root {
        tool: Tool::default(),
        rules: report.packs.first().and_then(|(name, _)| pack(name)),
        environments: planned(report)
            .map(|(checked, plan)| environment(report, checked, plan))
            .collect(),
        errors: errors(&report.errors, report.sources),
        exit: exit_code(report),
    };
    wire::pretty(&root)
}

fn environment<'r>(
    report: &'r Report<'_>,
    checked: &'r Checked<'_>,
    plan: &'r Plan,
) -> Environment<'r> {
    let sources = report.sources;
    Environment {
        name: &checked.name,
        now: checked.now.map(scalar::print_time),
        verdict: checked.evaluation.verdict.word(),
        verified: plan.verified,
        verified_steps: plan.verified_steps,
        valid_until: plan.valid_until.map(scalar::print_time),
        assumes: seen(&plan.assumes),
        opens: plan.opens,
        digest: facts::digest(checked, plan),
        steps: plan.steps.iter().map(|step| told(checked, step)).collect(),
        ready: &plan.ready,
        ready_after: plan
            .ready
            .iter()
            .map(|unit| {
                let last = plan.steps.iter().rev().find(|step| step.ready.contains(unit));
                Ready { unit, step: last.map_or(0, |step| step.id) }
            })
            .collect(),
        ineligible: plan
            .ineligible
            .iter()
            .map(|open| Ineligible {
                unit: &open.unit,
                findings: open.findings.iter().map(|(id, _)| id.as_str()).collect(),
                messages: open.findings.iter().map(|(_, message)| message.as_str()).collect(),
                drags: open.drags.iter().map(|(holder, units)| Drag { holder, units }).collect(),
            })
            .collect(),
        questions: plan
            .questions
            .iter()
            .map(|question| asked(question, checked, sources))
            .collect(),
        unresolved: plan.unresolved.iter().map(|open| open.id.as_str()).collect(),
        notes: plan
            .unresolved
            .iter()
            .map(|open| Note {
                finding: &open.id,
                message: &open.message,
                why: &open.why,
                hold: match open.hold {
                    Hold::Closed => "closed",
                    Hold::Question => "question",
                    Hold::Time => "time",
                },
                until: open.until.map(scalar::print_time),
                origins: from(checked, std::slice::from_ref(&open.id)),
            })
            .collect(),
        advice: advice(checked)
            .into_iter()
            .map(|told| Advice { finding: &told.id, message: &told.message })
            .collect(),
        earliest: plan.earliest.map(scalar::print_time),
        limit: plan.limit.as_deref(),
        times: times::told(checked),
        document_errors: errors(&checked.errors, sources),
        exit: code(checked, plan),
    }
}

fn told<'r>(checked: &'r Checked<'_>, step: &'r Step) -> Told<'r> {
    let remedy = &checked.rules.remedies[step.remedy];
    Told {
        id: step.id,
        wave: step.wave,
        remedy: if step.until.is_some() { WAIT } else { &remedy.name },
        call: &step.call,
        on: &step.on,
        action: action(step),
        at: step.at.as_deref(),
        run: (!step.run.is_empty()).then(|| step.run.join("\n")),
        blanks: &step.blanks,
        role: step.role.as_deref(),
        takes: step.takes.map(scalar::print_duration),
        starts_at: step.starts_at.map(scalar::print_time),
        ends_at: step.ends_at.map(scalar::print_time),
        until: step.until.map(scalar::print_time),
        expects: seen(&step.expects),
        hopes: &step.hopes,
        waits_for: &step.waits_for,
        questions: &step.questions,
        irreversible: step.is_final,
        undo: step.undo.as_deref(),
        warning: step.warning.as_deref(),
        consent: remedy.consent.as_deref().filter(|_| step.until.is_none()),
        after: &step.after,
        reasons: &step.reasons,
        closes: &step.closes,
        reopens: &step.reopens,
        helps: &step.helps,
        ready: &step.ready,
        choices: step
            .choices
            .iter()
            .map(|choice| Choice {
                path: &choice.path,
                chosen: &choice.chosen,
                others: &choice.others,
            })
            .collect(),
        left: &step.left,
        alternatives: &step.alternatives,
        writes: step
            .writes
            .iter()
            .enumerate()
            .map(|(at, one)| writes(one, at >= step.made))
            .collect(),
        origins: from(checked, &step.closes),
    }
}

fn seen(facts: &[(String, String)]) -> Vec<Seen<'_>> {
    facts.iter().map(|(path, value)| Seen { path, value }).collect()
}

fn writes(written: &Written, seen: bool) -> Writes<'_> {
    Writes {
        path: &written.path,
        way: match written.way {
            Way::Set => "set",
            Way::Add => "add",
            Way::Remove => "remove",
        },
        value: written.value.as_ref().map(Value::line),
        seen,
    }
}

fn from<'r>(checked: &'r Checked<'_>, findings: &[String]) -> Vec<From<'r>> {
    let mut told: Vec<From<'r>> = Vec::new();
    for (evidence, origin) in checked.origins_of(findings) {
        if !told.iter().any(|known| known.path == evidence.path) {
            told.push(From { path: &evidence.path, file: &origin.file, pointer: &origin.pointer });
        }
    }
    told
}
