//! The report for programs.
//!
//! Owns the keys, which stay: what others read is written down here and nowhere else. More keys may be added.

use serde::Serialize;

use crate::compile::ir::Level;
use crate::diagnostic::Diagnostic;
use crate::evaluate::{Evidence, Finding, Outcome, Question};
use crate::facts::RowId;
use crate::language::ast::RuleKind;
pub(crate) use crate::report::keys::{Location, Tool, location};
use crate::report::{placement, review, times, waivers, wire};
use crate::scalar;
use crate::session::recorded::{Looker, Mark, Stated};
use crate::session::rules::digest;
use crate::session::{Checked, Report};
use crate::source::Sources;

/// Units that a finding perhaps blocks and names; of more, their number tells.
const PERHAPS: usize = 100;

#[derive(Serialize)]
struct Root<'r> {
    tool: Tool,
    rules: Option<Pack<'r>>,
    environments: Vec<Environment<'r>>,
    errors: Vec<Error<'r>>,
    settings: Set<'r>,
    exit: u8,
}

/// What the run was set to.
#[derive(Serialize)]
struct Set<'r> {
    /// What of the rules is left out or made less.
    weakened: &'r [String],
}

/// One of many objects, each on a line.
#[derive(Serialize)]
struct Line<'r, T> {
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    environment: Option<&'r str>,
    #[serde(flatten)]
    rest: T,
}

impl<T: Serialize> Line<'_, T> {
    fn push(&self, out: &mut String) {
        out.push_str(&wire::line(self));
        out.push('\n');
    }
}

/// What the last of them says.
#[derive(Serialize)]
struct Ended {
    tool: Tool,
    exit: u8,
}

/// The rules of a run.
#[derive(Clone, Serialize)]
pub(crate) struct Pack<'r> {
    pub(crate) pack: &'r str,
    pub(crate) digest: &'r str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Environment<'r> {
    name: &'r str,
    rules: Option<Pack<'r>>,
    now: Option<String>,
    /// The rules that alone were to run; all where none is named.
    only_rules: &'r [String],
    /// The rules that were not to run.
    skipped_rules: &'r [String],
    /// The units that alone were to be judged; all where none is named.
    only_units: &'r [String],
    /// What is only supposed, as nobody states it.
    #[serde(skip_serializing_if = "Option::is_none")]
    supposed: Option<Supposition<'r>>,
    verdict: &'static str,
    summary: Summary,
    units: Vec<Unit<'r>>,
    waivers: Vec<waivers::Told<'r>>,
    /// All of them; none where each has a line of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    findings: Option<Vec<Told<'r>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    times: Option<Vec<times::Told<'r>>>,
    document_errors: Vec<Error<'r>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Summary {
    pass: usize,
    fail: usize,
    pending: usize,
    unknown: usize,
    not_applicable: usize,
    waived: usize,
    warnings: usize,
    notes: usize,
}

#[derive(Serialize)]
struct Supposition<'r> {
    path: &'r str,
    text: &'r str,
    steps: &'r [String],
    question: Asked<'r>,
}

#[derive(Serialize)]
struct Unit<'r> {
    id: &'r str,
    verdict: &'static str,
    findings: Vec<&'r str>,
    /// How many more perhaps block it, among many others.
    #[serde(rename = "moreFindings", skip_serializing_if = "is_none")]
    more: usize,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Told<'r> {
    id: String,
    rule: &'r str,
    kind: &'static str,
    outcome: &'static str,
    /// Whether an unknown one cannot pass, whatever is found out.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    cannot_pass: bool,
    level: &'static str,
    subject: String,
    clauses: &'r [String],
    message: &'r str,
    why: Option<&'r str>,
    /// The units that it keeps from going; advice keeps none.
    blocks: Vec<String>,
    /// Those of them that it only perhaps does: of many the first, and how many there are.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    perhaps: Vec<String>,
    #[serde(skip_serializing_if = "is_none")]
    perhaps_count: usize,
    /// The units that it speaks of.
    concerns: Vec<String>,
    until: Option<String>,
    location: Option<Location<'r>>,
    rule_location: Location<'r>,
    evidence: Vec<Fact<'r>>,
    fixes: Vec<&'r str>,
    /// The facts that tell every fault, by which it is known again.
    facts: Vec<serde_json::Value>,
    /// What it is beside the recorded findings, where some are named.
    baseline: Option<&'static str>,
    /// The waiver that lets it pass, by id.
    waiver: Option<&'r str>,
    /// The step of the plan that fixes it.
    step: Option<usize>,
    questions: Vec<Asked<'r>>,
    /// By what it is known again in other runs.
    fingerprint: String,
}

#[derive(Serialize)]
struct Fact<'r> {
    path: &'r str,
    value: &'r str,
    note: &'r str,
    stated: bool,
    location: Option<Location<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    origin: Option<Origin<'r>>,
}

/// Where a fact comes from.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Origin<'r> {
    file: &'r str,
    pointer: &'r str,
    captured: Option<&'r str>,
    derived_from: &'r [String],
}

/// A question and where its answer goes.
#[derive(Serialize)]
pub(crate) struct Asked<'r> {
    path: &'r str,
    ask: &'r str,
    find: Option<&'r str>,
    expects: &'r str,
    answer: &'r str,
    location: Option<Location<'r>>,
    place: Option<Place>,
    /// Files from which the rest of its object is known.
    #[serde(rename = "toldBy", skip_serializing_if = "Vec::is_empty")]
    told_by: Vec<&'r str>,
}

#[derive(Serialize)]
struct Place {
    line: usize,
    way: &'static str,
    text: String,
}

/// What is wrong with a text.
#[derive(Serialize)]
pub(crate) struct Error<'r> {
    code: &'r str,
    level: &'static str,
    message: &'r str,
    help: Option<&'r str>,
    location: Option<Location<'r>>,
}

/// The report as JSON, with a line break at its end.
pub fn render(report: &Report<'_>, all: bool) -> String {
    let sources = report.sources;
    let digests = digests(report);
    let pack = |name: &str| pack(report, &digests, name);
    let root = Root {
        tool: Tool::default(),
        rules: report.packs.first().and_then(|(name, _)| pack(name)),
        environments: report
            .environments
            .iter()
            .map(|checked| environment(checked, pack(&checked.rules.name), sources, all))
            .collect(),
        errors: errors(&report.errors, sources),
        settings: Set { weakened: report.weakened },
        exit: report.exit_code(),
    };
    wire::pretty(&root)
}

/// The report as an object a line: findings, their environment behind them, what belongs to no environment, the end.
pub fn lines(report: &Report<'_>, all: bool) -> String {
    let sources = report.sources;
    let digests = digests(report);
    let mut out = String::new();
    for checked in &report.environments {
        let mut whole =
            environment(checked, pack(report, &digests, &checked.rules.name), sources, all);
        for finding in whole.findings.take().into_iter().flatten() {
            Line { kind: "finding", environment: Some(&checked.name), rest: finding }
                .push(&mut out);
        }
        Line { kind: "environment", environment: None, rest: whole }.push(&mut out);
    }
    for error in errors(&report.errors, sources) {
        Line { kind: "error", environment: None, rest: error }.push(&mut out);
    }
    let end = Ended { tool: Tool::default(), exit: report.exit_code() };
    Line { kind: "end", environment: None, rest: end }.push(&mut out);
    out
}

fn digests(report: &Report<'_>) -> Vec<String> {
    report.packs.iter().map(|(_, files)| digest(report.sources, files)).collect()
}

fn pack<'r>(report: &'r Report<'_>, digests: &'r [String], name: &str) -> Option<Pack<'r>> {
    let mut known = report.packs.iter().zip(digests);
    known.find(|((pack, _), _)| pack == name).map(|((pack, _), digest)| Pack { pack, digest })
}

fn environment<'r>(
    checked: &'r Checked<'_>,
    rules: Option<Pack<'r>>,
    sources: &'r Sources,
    all: bool,
) -> Environment<'r> {
    let evaluation = &checked.evaluation;
    let summary = evaluation.summary;
    let last: Vec<RowId> = evaluation.findings.iter().map(last_named).collect();
    let mut findings: Vec<Told<'_>> =
        evaluation.findings.iter().map(|finding| told(finding, checked, sources)).collect();
    let mut looker = Looker::new(checked);
    for (at, (told, finding)) in findings.iter_mut().zip(&evaluation.findings).enumerate() {
        told.facts = looker.facts(finding).iter().map(Stated::json).collect();
        told.baseline = checked.marks.get(at).copied().flatten().map(Mark::word);
    }
    if all {
        findings.extend(quiet(checked, sources));
    }
    Environment {
        name: &checked.name,
        rules,
        now: checked.now.map(scalar::print_time),
        only_rules: &checked.selection.rules,
        skipped_rules: &checked.selection.skip,
        only_units: &checked.selection.units,
        supposed: checked.supposed.as_ref().map(|supposed| Supposition {
            path: &supposed.field,
            text: &supposed.title,
            steps: &supposed.calls,
            question: asked(&supposed.question, checked, sources),
        }),
        verdict: evaluation.verdict.word(),
        summary: Summary {
            pass: summary.pass,
            fail: summary.fail,
            pending: summary.pending,
            unknown: summary.unknown,
            not_applicable: summary.not_applicable,
            waived: summary.waived,
            warnings: summary.warnings,
            notes: summary.notes,
        },
        units: evaluation
            .all_units()
            .into_iter()
            .map(|unit| {
                let against = evaluation.against(unit);
                let all = against.len();
                let named = |at: &usize| names(&evaluation.findings[*at], last[*at], unit.row);
                let named = against.into_iter().filter(named);
                let findings: Vec<&str> =
                    named.map(|at| evaluation.findings[at].id.as_str()).collect();
                let (id, verdict) = (&unit.id, unit.readiness.word());
                Unit { id, verdict, more: all - findings.len(), findings }
            })
            .collect(),
        waivers: waivers::of(checked, sources),
        findings: Some(findings),
        times: times::told(checked),
        document_errors: errors(&checked.errors, sources),
    }
}

/// A finding as every form for programs tells it.
pub(crate) fn told<'r>(
    finding: &'r Finding<'_>,
    checked: &'r Checked<'_>,
    sources: &'r Sources,
) -> Told<'r> {
    let rule = &checked.rules.rules[finding.rule];
    let fact = |evidence: &'r Evidence| Fact {
        path: &evidence.path,
        value: &evidence.value,
        note: &evidence.note,
        stated: evidence.stated,
        location: evidence.span.map(|span| location(span, sources)),
        origin: checked.origin(evidence, sources).map(|origin| Origin {
            file: &origin.file,
            pointer: &origin.pointer,
            captured: origin.captured.as_deref(),
            derived_from: &origin.derived_from,
        }),
    };
    let units = named(finding, checked);
    let mends = matches!(finding.outcome, Outcome::Fail | Outcome::Pending | Outcome::Waived);
    Told {
        id: finding.id.clone(),
        rule: &rule.id,
        kind: kind(rule.kind),
        outcome: finding.outcome.word(),
        cannot_pass: finding.cannot_pass,
        level: level(rule.level),
        subject: finding.path.clone(),
        clauses: &rule.clauses,
        message: &finding.message,
        why: finding.why.as_deref(),
        perhaps: finding.perhaps().take(PERHAPS).map(|row| checked.facts.name(row)).collect(),
        perhaps_count: finding.blocks.len() - finding.surely.len(),
        blocks: units.iter().filter(|_| rule.level == Level::Error).cloned().collect(),
        concerns: units,
        until: finding.until.map(scalar::print_time),
        location: finding.span.map(|span| location(span, sources)),
        rule_location: location(rule.span, sources),
        evidence: finding.evidence.iter().map(fact).collect(),
        fixes: rule
            .fixes
            .iter()
            .filter(|_| mends)
            .map(|fix| checked.rules.remedies[fix.remedy].name.as_str())
            .collect(),
        step: checked.step_for(&finding.id),
        questions: finding
            .questions
            .iter()
            .map(|question| asked(question, checked, sources))
            .collect(),
        fingerprint: review::fingerprint(&checked.name, &finding.id),
        facts: Vec::new(),
        baseline: None,
        waiver: checked.waiver_of(finding).map(|waiver| waiver.id.as_str()),
    }
}

/// The units that a finding names.
pub(crate) fn named(finding: &Finding<'_>, checked: &Checked<'_>) -> Vec<String> {
    let last = last_named(finding);
    let named = finding.blocks.iter().filter(|row| names(finding, last, **row));
    named.map(|row| checked.facts.name(*row)).collect()
}

/// Whether a finding names a unit that it blocks: of many that it only perhaps does, it names the first.
fn names(finding: &Finding<'_>, last: RowId, unit: RowId) -> bool {
    unit <= last || !finding.is_perhaps(unit)
}

/// The last unit that a finding names of those that it perhaps blocks, which stand in order.
fn last_named(finding: &Finding<'_>) -> RowId {
    match finding.blocks.len() - finding.surely.len() {
        ..=PERHAPS => RowId::MAX,
        _ => finding.perhaps().nth(PERHAPS - 1).unwrap_or(RowId::MAX),
    }
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "what serde asks for")]
fn is_none(count: &usize) -> bool {
    *count == 0
}

/// Outcomes that are only told on request.
fn quiet<'r>(
    checked: &'r Checked<'_>,
    sources: &'r Sources,
) -> impl Iterator<Item = Told<'r>> + use<'r> {
    checked.evaluation.quiet.iter().map(move |(rule, outcome, row)| {
        let rule = &checked.rules.rules[*rule];
        let subject = row.map(|row| checked.facts.path(row)).unwrap_or_default();
        let place = row.and_then(|row| checked.facts.row_place(row));
        let id = match subject.is_empty() {
            true => rule.id.clone(),
            false => format!("{}:{subject}", rule.id),
        };
        Told {
            fingerprint: review::fingerprint(&checked.name, &id),
            id,
            facts: Vec::new(),
            baseline: None,
            waiver: None,
            rule: &rule.id,
            kind: kind(rule.kind),
            outcome: outcome.word(),
            cannot_pass: false,
            level: level(rule.level),
            subject,
            clauses: &rule.clauses,
            message: &rule.title,
            why: None,
            blocks: Vec::new(),
            perhaps: Vec::new(),
            perhaps_count: 0,
            concerns: Vec::new(),
            until: None,
            location: place.map(|span| location(span, sources)),
            rule_location: location(rule.span, sources),
            evidence: Vec::new(),
            fixes: Vec::new(),
            step: None,
            questions: Vec::new(),
        }
    })
}

/// A question and where its answer goes.
pub(crate) fn asked<'r>(
    question: &'r Question,
    checked: &'r Checked<'_>,
    sources: &'r Sources,
) -> Asked<'r> {
    Asked {
        path: &question.path,
        ask: &question.ask,
        find: question.find.as_deref(),
        expects: &question.expects,
        answer: &question.answer,
        location: question.span.map(|span| location(span, sources)),
        place: placement::of(question, &checked.facts, sources).map(|place| Place {
            line: place.line,
            way: place.way.word(),
            text: place.lines.join("\n"),
        }),
        told_by: checked.told_by(question.slot),
    }
}

/// What is wrong with texts.
pub(crate) fn errors<'r>(errors: &'r [Diagnostic], sources: &'r Sources) -> Vec<Error<'r>> {
    let error = |error: &'r Diagnostic| Error {
        code: &error.code,
        level: error.severity.word(),
        message: &error.message,
        help: error.help.as_deref(),
        location: error.span().map(|span| location(span, sources)),
    };
    errors.iter().map(error).collect()
}

fn kind(kind: RuleKind) -> &'static str {
    match kind {
        RuleKind::Prerequisite => "prerequisite",
        RuleKind::Unsupported => "unsupported",
        RuleKind::Advisory => "advisory",
    }
}

/// The word for a level.
pub(crate) fn level(level: Level) -> &'static str {
    match level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
    }
}
