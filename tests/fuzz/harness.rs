//! What must hold of any text that somebody hands in: it is read to its end, every printer can tell what was found, what is
//! wrong has a place in it, and the exit code is one of those that are documented.
//!
//! A fault is a panic. The test of mutated texts and the targets for coverage-guided fuzzing both come through here.

use failback::diagnostic::Diagnostic;
use failback::import;
use failback::language::format;
use failback::prove;
use failback::report::layout::{Graphics, Look};
use failback::report::{self, Format, human, questions, runbook, sanitise};
use failback::session::{Inputs, Options, PackFiles, Planning, Report, answers, given, rules, run};
use failback::source::{Sources, Span};
use failback::yaml::Limits;

/// Descriptions may be as large as this; larger ones are another matter, that of limits.
pub const MOST: usize = 64 * 1024;

/// A pack by its text; none is the shipped ones.
fn inputs(pack: Option<&str>) -> Inputs {
    let Some(pack) = pack else { return Inputs::shipped() };
    let mut inputs = Inputs::default();
    let file = inputs.sources.add("pack.gate", pack);
    inputs.packs = vec![PackFiles::new("pack", vec![file])];
    inputs
}

/// A description, judged by a pack, or by the shipped ones.
pub fn description(pack: Option<&str>, text: &str) {
    let mut inputs = inputs(pack);
    inputs.describe("site.yaml", text);
    checked(&inputs, text.len());
}

/// A pack with a description for it.
pub fn rules(pack: &str, text: &str) {
    let mut sources = Sources::default();
    let file = sources.add("pack.gate", pack);
    let loaded = rules::load(&sources, &PackFiles::new("pack", vec![file]));
    all_located(loaded.diagnostics.iter(), &sources);
    printed(&loaded.diagnostics, &sources, pack.len());
    let sound = !loaded.diagnostics.iter().any(|one| one.code == "syntax");
    match format::format(&sources, file) {
        Ok(layout) => {
            let again = sources.add("again.gate", layout.as_str());
            let again = format::format(&sources, again).expect("what is laid out can be read");
            assert_eq!(again, layout, "the layout is final");
        }
        Err(errors) => {
            assert!(!sound || errors.has_errors(), "no layout, and nothing is said");
            all_located(errors.iter(), &sources);
        }
    }
    let is_error = |one: &Diagnostic| one.severity == failback::diagnostic::Severity::Error;
    // Proving takes its time, so only some are proved.
    if !loaded.diagnostics.iter().any(is_error) && pack.len().is_multiple_of(8) {
        let proof = prove::prove(&loaded.rules);
        printed(&proof.diagnostics, &sources, pack.len());
    }
    description(Some(pack), text);
}

/// Answers to the questions about a description.
pub fn answered(pack: Option<&str>, text: &str, answers: &str) {
    let answers = match answers::parse("answers.yaml", answers, &Limits::default()) {
        Ok(answers) => answers,
        Err(problem) => return assert!(!problem.message.is_empty(), "it says what is wrong"),
    };
    let answers: Vec<_> = answers.iter().map(answers::Answer::pair).collect();
    let mut inputs = inputs(pack);
    inputs.describe("site.yaml", text);
    let changed =
        run(&inputs, &Options::default(), |report| given::with_facts(&inputs, report, &answers));
    match changed {
        Ok(changed) => checked(&changed, text.len()),
        Err(problem) => assert!(!problem.message.is_empty(), "it says what is wrong"),
    }
}

/// Exports; what is made of them is a description that can be read.
pub fn export(name: &str, bytes: &[u8]) {
    let done = import::import([import::bytes(name, bytes)], &import::Options::default());
    printed(done.diagnostics.iter(), &Sources::default(), bytes.len());
    assert!(!done.report.to_string().is_empty() || done.environments.is_empty());
    serde_json::to_string(&done.provenance()).expect("the origins are JSON");
    for comments in [false, true] {
        let mut inputs = Inputs::shipped();
        inputs.describe("site.yaml", done.yaml(comments));
        run(&inputs, &Options::default(), |report| {
            let own = report.environments.iter().flat_map(|checked| &checked.errors);
            let unread = report.errors.iter().chain(own).find(|error| {
                ["yaml-syntax", "duplicate-key", "tag-mismatch"].contains(&error.code.as_str())
            });
            assert!(unread.is_none(), "{unread:?} in\n{}", done.yaml(comments));
        });
    }
}

fn checked(inputs: &Inputs, salt: usize) {
    let options = Options {
        planning: Some(Planning {
            most: salt.is_multiple_of(2).then_some(50),
            ..Planning::default()
        }),
        times: salt.is_multiple_of(3),
        ..Options::default()
    };
    run(inputs, &options, |report| {
        assert!(report.exit_code() <= 5 && runbook::exit_code(report) <= 5, "an exit code");
        for checked in &report.environments {
            all_located(checked.errors.iter(), report.sources);
            for finding in &checked.evaluation.findings {
                assert!(!finding.message.is_empty(), "{} says nothing", finding.id);
                let places = finding.evidence.iter().filter_map(|evidence| evidence.span);
                places.chain(finding.span).for_each(|span| in_text(span, report.sources));
            }
        }
        all_located(report.errors.iter(), report.sources);
        all_printed(report, &look(salt));
    });
}

fn all_printed(report: &Report<'_>, look: &Look) {
    for format in [Format::Full, Format::Concise, Format::Json] {
        as_json(format == Format::Json, &report::render(report, format, look));
    }
    use runbook::Form;
    for form in [Form::Full, Form::Concise, Form::Json, Form::Markdown, Form::Dot, Form::Mermaid] {
        as_json(form == Form::Json, &runbook::render(report, form, look));
    }
    questions::full(report, look);
    as_json(true, &questions::json(report).0);
    // The form that is handed out can be handed in.
    let form = questions::yaml(report).0;
    if let Err(problem) = answers::parse("form.yaml", &form, &Limits::default()) {
        let twice = report.environments.len() > 1;
        assert!(twice, "{} in\n{form}", problem.message);
    }
}

fn as_json(is_json: bool, text: &str) {
    if is_json {
        serde_json::from_str::<serde::de::IgnoredAny>(text).expect("it is JSON");
    } else {
        sanitise::harmless(text);
    }
}

fn printed<'d>(told: impl IntoIterator<Item = &'d Diagnostic>, sources: &Sources, salt: usize) {
    let look = look(salt);
    let printer = human::Printer::new(sources, &look);
    let mut out = String::new();
    told.into_iter().for_each(|one| printer.print(&mut out, one));
}

fn look(salt: usize) -> Look {
    let graphics = [Graphics::Unicode, Graphics::Ascii, Graphics::Narrated][salt % 3];
    Look {
        graphics,
        width: 40 + salt % 71,
        frame: 40 + salt % 71,
        explain: salt.is_multiple_of(3),
        color: salt.is_multiple_of(5),
        all: salt.is_multiple_of(2),
        facts: true,
        ..Look::default()
    }
}

fn all_located<'d>(told: impl Iterator<Item = &'d Diagnostic>, sources: &Sources) {
    for one in told {
        assert!(one.span().is_some(), "no place: {}: {}", one.code, one.message);
        one.labels.iter().for_each(|label| in_text(label.span, sources));
    }
}

fn in_text(span: Span, sources: &Sources) {
    let text = sources.get(span.file).text();
    let part = text.get(span.start as usize..span.end as usize);
    assert!(part.is_some(), "{span:?} is no place in a text of {} bytes", text.len());
}

/// A small pack and a description for it, for what a target does not make itself.
const PACK: &str = include_str!("../../examples/own-rules/upgrade.gate");
const OFFICE: &str = "apiVersion: failback/v1\nkind: Environment\nname: office\nasOf: 2026-03-02T18:00:00Z\nservers:\n  - { id: \
    orders, version: 9.4, backup: { takenAt: 2026-03-01T02:00:00Z, state: good } }\n  - id: wages\n";
/// What is between a pack and a description in one input.
const BETWEEN: &str = "\n====\n";

/// One input of a target for coverage-guided fuzzing.
pub fn target(kind: &str, bytes: &[u8]) {
    if bytes.len() > MOST {
        return;
    }
    if kind == "export" {
        let name =
            if bytes.starts_with(b"{") || bytes.starts_with(b"[") { "a.json" } else { "a.csv" };
        return export(name, bytes);
    }
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    match kind {
        "description" if text.contains("architecture") => description(None, text),
        "description" => description(Some(PACK), text),
        "rules" => {
            let (pack, site) = text.split_once(BETWEEN).unwrap_or((text, OFFICE));
            rules(pack, site);
        }
        _ => answered(Some(PACK), OFFICE, text),
    }
}
