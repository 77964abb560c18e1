//! SARIF 2.1.0, as code scanning reads it: one run, a result per finding.
//!
//! Owns the limits of the platforms that take it: what is cut is the least severe, and a notification says so.

use serde::Serialize;

use crate::diagnostic::Severity;
use crate::evaluate::Evidence;
use crate::report::foreign::{Foreign, Sink};
use crate::report::review::{self, Item, Place, Problem, Review};
use crate::report::wire;
use crate::scalar;
use crate::session::recorded::Mark;

/// Most results that code scanning takes of a run.
pub const MOST_RESULTS: usize = 25_000;
/// Most places of a result.
const MOST_PLACES: usize = 100;

#[derive(Serialize)]
struct Log<'r> {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run<'r>; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run<'r> {
    tool: Tool<'r>,
    invocations: [Invocation<'r>; 1],
    column_kind: &'static str,
    results: Vec<Told<'r>>,
    properties: RunProperties<'r>,
}

#[derive(Serialize)]
struct Tool<'r> {
    driver: Driver<'r>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver<'r> {
    name: &'static str,
    semantic_version: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    information_uri: &'static str,
    rules: Vec<Rule<'r>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule<'r> {
    id: Foreign<'r>,
    short_description: Text<'r>,
    full_description: Text<'r>,
    help: Help<'r>,
    default_configuration: Configuration,
    properties: Tags<'r>,
}

#[derive(Serialize)]
struct Text<'r> {
    text: Foreign<'r>,
}

#[derive(Serialize)]
struct Help<'r> {
    text: Foreign<'r>,
    markdown: Foreign<'r>,
}

#[derive(Serialize)]
struct Configuration {
    level: &'static str,
}

#[derive(Serialize)]
struct Tags<'r> {
    tags: Vec<Foreign<'r>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation<'r> {
    execution_successful: bool,
    exit_code: u8,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_execution_notifications: Vec<Notification<'r>>,
}

#[derive(Serialize)]
struct Notification<'r> {
    #[serde(skip_serializing_if = "Vec::is_empty")]
    locations: Vec<Location<'r>>,
    message: Text<'r>,
    level: &'static str,
    descriptor: Descriptor<'r>,
}

#[derive(Serialize)]
struct Descriptor<'r> {
    id: Foreign<'r>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Told<'r> {
    rule_id: Foreign<'r>,
    rule_index: usize,
    level: &'static str,
    message: Text<'r>,
    locations: [Location<'r>; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location<'r>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    code_flows: Vec<CodeFlow<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline_state: Option<&'static str>,
    partial_fingerprints: Fingerprints,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    suppressions: Vec<Suppression<'r>>,
    properties: Properties<'r>,
}

/// Why a result does not count.
#[derive(Serialize)]
struct Suppression<'r> {
    kind: &'static str,
    status: &'static str,
    justification: Foreign<'r>,
    properties: Waived<'r>,
}

#[derive(Serialize)]
struct Waived<'r> {
    waiver: Foreign<'r>,
    until: String,
}

#[derive(Serialize)]
struct Fingerprints {
    #[serde(rename = "failback/v1")]
    print: String,
}

#[derive(Serialize)]
struct Properties<'r> {
    id: Foreign<'r>,
    outcome: &'static str,
    environment: Foreign<'r>,
    subject: Foreign<'r>,
    blocks: Vec<Foreign<'r>>,
}

#[derive(Serialize)]
struct RunProperties<'r> {
    environments: Vec<Verdict<'r>>,
    packs: Vec<Pack<'r>>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    weakened: Vec<Foreign<'r>>,
}

#[derive(Serialize)]
struct Verdict<'r> {
    name: Foreign<'r>,
    verdict: &'static str,
}

#[derive(Serialize)]
struct Pack<'r> {
    pack: Foreign<'r>,
    digest: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct CodeFlow<'r> {
    thread_flows: [ThreadFlow<'r>; 1],
}

#[derive(Serialize)]
struct ThreadFlow<'r> {
    locations: Vec<Step<'r>>,
}

#[derive(Serialize)]
struct Step<'r> {
    location: Location<'r>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location<'r> {
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<usize>,
    physical_location: Physical,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<Text<'r>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Physical {
    artifact_location: Artifact,
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

#[derive(Serialize)]
struct Artifact {
    uri: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Region {
    start_line: usize,
    start_column: usize,
    end_line: usize,
    end_column: usize,
}

/// The log, with a line break at its end.
pub fn render(review: &Review<'_>) -> String {
    let mut notifications: Vec<Notification<'_>> =
        review.problems.iter().map(|problem| notification(review, problem)).collect();
    let is_told = |item: &&Item<'_>| !review.base.omits_waived || item.waiver.is_none();
    let told_of = review.items.iter().filter(is_told).count();
    let omitted = review.items.len() - told_of;
    if omitted > 0 {
        let text = format!("left out, as they are waived: {omitted}");
        notifications.push(Notification {
            locations: Vec::new(),
            message: Text { text: text.into() },
            level: "note",
            descriptor: Descriptor { id: "waived-left-out".into() },
        });
    }
    let cut = told_of.saturating_sub(MOST_RESULTS);
    if cut > 0 {
        notifications.push(Notification {
            locations: Vec::new(),
            message: Text { text: said(cut).into() },
            level: "warning",
            descriptor: Descriptor { id: "results-left-out".into() },
        });
    }
    let results = review.items.iter().filter(is_told);
    let results = results.take(MOST_RESULTS).map(|item| told(review, item));
    let driver = Driver {
        name: env!("CARGO_PKG_NAME"),
        semantic_version: env!("CARGO_PKG_VERSION"),
        information_uri: env!("CARGO_PKG_HOMEPAGE"),
        rules: review.rules.iter().map(|found| rule(review, found)).collect(),
    };
    let invocation = Invocation {
        execution_successful: review.exit != 2,
        exit_code: review.exit,
        tool_execution_notifications: notifications,
    };
    let verdicts = review.environments.iter().map(|checked| Verdict {
        name: checked.name.as_str().into(),
        verdict: checked.evaluation.verdict.word(),
    });
    let packs = review.packs.iter();
    let packs = packs.map(|(pack, digest)| Pack { pack: pack.clone(), digest: digest.clone() });
    wire::pretty(&Log {
        schema: "https://json.schemastore.org/sarif-2.1.0.json",
        version: "2.1.0",
        runs: [Run {
            tool: Tool { driver },
            invocations: [invocation],
            column_kind: "unicodeCodePoints",
            results: results.collect(),
            properties: RunProperties {
                environments: verdicts.collect(),
                packs: packs.collect(),
                weakened: review.weakened.iter().map(|text| text.as_str().into()).collect(),
            },
        }],
    })
}

/// What is said of results that were left out.
pub fn said(cut: usize) -> String {
    format!(
        "the SARIF log has room for {MOST_RESULTS} results: the {cut} least severe are left out"
    )
}

fn rule<'r>(review: &Review<'r>, rule: &'r crate::compile::ir::Rule) -> Rule<'r> {
    let title = Foreign::from(rule.title.as_str());
    let why = review::why(rule);
    let more = format!("failback explain {}", rule.id);
    let mut clauses = Vec::new();
    for checked in &review.environments {
        if clauses.is_empty() {
            clauses = review::clauses(checked.rules, rule);
        }
    }
    let mut text = rule.title.clone();
    let mut markdown = format!("**{}**", title.shown(Sink::Prose));
    if let Some(why) = &why {
        text.push_str(&format!("\n\n{}", why.shown(Sink::Plain)));
        markdown.push_str(&format!("\n\n{}", why.shown(Sink::Prose)));
    }
    for (id, title) in &clauses {
        text.push_str(&format!("\n\n{} {}", id.shown(Sink::Plain), title.shown(Sink::Plain)));
        markdown.push_str(&format!("\n\n{} {}", id.shown(Sink::Code), title.shown(Sink::Prose)));
    }
    text.push_str(&format!("\n\nMore: {more}"));
    markdown.push_str(&format!("\n\nMore: {}", Foreign::from(more).shown(Sink::Code)));
    Rule {
        id: rule.id.as_str().into(),
        short_description: Text { text: title.clone() },
        full_description: Text { text: why.unwrap_or(title) },
        help: Help { text: text.into(), markdown: markdown.into() },
        default_configuration: Configuration { level: crate::report::json::level(rule.level) },
        properties: Tags { tags: rule.clauses.iter().map(|id| id.as_str().into()).collect() },
    }
}

fn told<'r>(review: &Review<'r>, item: &Item<'r>) -> Told<'r> {
    let evidence = item.finding.evidence.iter();
    let evidence: Vec<&Evidence> =
        evidence.filter(|one| one.span.is_some()).take(MOST_PLACES - 1).collect();
    let place = |id: Option<usize>, one: &'r Evidence| {
        let text = match one.note.is_empty() {
            true => format!("{}: {}", one.path, one.value),
            false => format!("{}: {} ({})", one.path, one.value, one.note),
        };
        let found = one.span.map(|span| review.place(span));
        found.map(|place| Location { id, message: Some(Text { text: text.into() }), ..at(&place) })
    };
    let related = evidence.iter().enumerate().filter_map(|(at, one)| place(Some(at + 1), one));
    let steps: Vec<Step<'_>> = evidence
        .iter()
        .filter_map(|one| place(None, one))
        .map(|location| Step { location })
        .collect();
    let flows =
        (!steps.is_empty()).then_some(CodeFlow { thread_flows: [ThreadFlow { locations: steps }] });
    Told {
        rule_id: item.rule_id(),
        rule_index: item.rule_index,
        level: item.level(),
        message: Text { text: item.message() },
        locations: [at(&review.place_of(item))],
        related_locations: related.collect(),
        code_flows: flows.into_iter().collect(),
        baseline_state: item.mark.map(Mark::word),
        partial_fingerprints: Fingerprints { print: item.fingerprint() },
        suppressions: item
            .waiver
            .map(|waiver| Suppression {
                kind: "external",
                status: "accepted",
                justification: waiver.reason.as_str().into(),
                properties: Waived {
                    waiver: waiver.id.as_str().into(),
                    until: scalar::print_time(waiver.grant.until),
                },
            })
            .into_iter()
            .collect(),
        properties: Properties {
            id: item.id(),
            outcome: item.finding.outcome.word(),
            environment: item.environment(),
            subject: item.subject(),
            blocks: item.blocks(),
        },
    }
}

fn notification<'r>(review: &Review<'r>, problem: &Problem<'r>) -> Notification<'r> {
    Notification {
        locations: review.place_of_problem(problem).iter().map(at).collect(),
        message: Text { text: problem.whole() },
        level: match problem.told.severity {
            Severity::Error => "error",
            Severity::Note => "note",
            _ => "warning",
        },
        descriptor: Descriptor { id: problem.told.code.as_str().into() },
    }
}

fn at<'r>(place: &Place<'_>) -> Location<'r> {
    let region = place.range.map(|range| Region {
        start_line: range.line,
        start_column: range.column,
        end_line: range.end_line,
        end_column: range.end_column,
    });
    let uri = place.file.shown(Sink::Address);
    let physical_location = Physical { artifact_location: Artifact { uri }, region };
    Location { id: None, physical_location, message: None }
}
