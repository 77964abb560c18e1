//! Running the check over what is open, and the rules over their packs.

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::{Value, json};

use crate::lsp::files::{self, Document, Documents, Estate};
use crate::lsp::restrain::{restrain, unread};
use crate::lsp::tell::{ByFile, Places};
use crate::lsp::text::Encoding;
use crate::lsp::typing::{Known, Reading};
use crate::plan::Consent;
use crate::report::layout::Look;
use crate::report::{self, Format, questions, runbook};
use crate::session::rules::{self, Resolved};
use crate::session::{self, Checked, Inputs, Options, Planning, Report};
use crate::source::FileId;

/// Findings beyond which no plan is made to number them, as in `check`.
const MOST_NUMBERED: usize = 200;

/// A pack that was compiled for the editor.
pub struct Compiled {
    /// Its texts.
    pub inputs: Inputs,
    /// What is known of it.
    pub resolved: Rc<Resolved>,
}

/// What was found out of open texts.
#[derive(Default)]
pub struct Judged {
    /// What to publish, by address; an open text has an entry even if nothing is wrong with it.
    pub diagnostics: BTreeMap<String, Vec<Value>>,
    /// The verdict of each open description, by address.
    pub verdicts: BTreeMap<String, Value>,
    /// What would correct the open descriptions, by address.
    pub corrections: BTreeMap<String, Vec<Correction>>,
    /// The steps of the plans, once they were asked for.
    pub steps: Option<Rc<Steps>>,
    /// The addresses of open descriptions that turned out to be unreadable.
    pub unread: Vec<String>,
    /// What is known of those that could be read, by address.
    pub known: Vec<(String, Known)>,
}

/// What would correct a text.
pub struct Correction {
    /// Where it is offered.
    pub range: Value,
    /// What it does.
    pub title: String,
    /// Whether it is the only one for that place.
    pub alone: bool,
    /// The edit of the protocol.
    pub edit: Value,
}

impl Judged {
    /// Takes diagnostics; those without a place go to the first of these addresses.
    fn take(&mut self, found: ByFile, nowhere: &[String]) {
        for (uri, mut diagnostics) in found {
            let Some(uri) = uri.or_else(|| nowhere.first().cloned()) else { continue };
            self.diagnostics.entry(uri).or_default().append(&mut diagnostics);
        }
    }
}

/// The JSON of `check` for an estate.
pub fn check(estate: &Estate, options: &Options) -> Value {
    let planning = Planning { most: Some(MOST_NUMBERED), ..Planning::default() };
    let options = Options { planning: Some(planning), ..options.clone() };
    session::run(&estate.inputs, &options, json_of)
}

fn json_of(report: &Report<'_>) -> Value {
    let text = report::render(report, Format::Json, &Look::default());
    serde_json::from_str(&text).unwrap_or_default()
}

/// The plan of an estate, as a list of tasks and for programs.
pub fn plan(estate: &Estate, options: &Options) -> Value {
    let planning = Planning { consent: Consent::default(), most: None };
    let options = Options { planning: Some(planning), ..options.clone() };
    session::run(&estate.inputs, &options, |report| {
        let look = Look::default();
        let markdown = runbook::render(report, runbook::Form::Markdown, &look);
        let plan = runbook::render(report, runbook::Form::Json, &look);
        let plan: Value = serde_json::from_str(&plan).unwrap_or_default();
        json!({ "markdown": markdown, "plan": plan })
    })
}

/// What was judged, for as long as it is true.
pub struct Held<'h> {
    /// Its texts.
    pub estate: &'h Estate,
    /// What there is to say of it.
    pub report: &'h Report<'h>,
    next: Option<&'h Held<'h>>,
}

impl<'h> Held<'h> {
    /// All that is judged.
    pub fn all(first: Option<&'h Held<'h>>) -> impl Iterator<Item = &'h Held<'h>> {
        std::iter::successors(first, |held| held.next)
    }
}

/// Judges estates, and hands over all of their reports at once.
pub fn hold(
    estates: &[Estate],
    options: &Options,
    held: Option<&Held<'_>>,
    then: &mut dyn FnMut(Option<&Held<'_>>),
) {
    match estates.split_first() {
        None => then(held),
        Some((estate, rest)) => session::run(&estate.inputs, options, |report| {
            hold(rest, options, Some(&Held { estate, report, next: held }), then);
        }),
    }
}

/// Puts what is said of an estate into the form of the protocol.
pub fn descriptions(
    held: &Held<'_>,
    documents: &Documents,
    encoding: Encoding,
    judged: &mut Judged,
) {
    let Held { estate, report, .. } = held;
    let places = Places { sources: &estate.inputs.sources, documents, encoding };
    let corrections = corrections(report, &places);
    let mut report = json_of(report);
    let unread = unread(&report, estate, documents);
    restrain(&mut report, estate, documents);
    let found = places.of_check(&report);
    let is_whole = |uri: &String, document: &Document| {
        let is_read = matches!(document.reading, Reading::Whole) && !unread.contains(uri);
        is_read && estate.inputs.mended.is_empty()
    };
    for uri in &estate.open {
        judged.diagnostics.entry(uri.clone()).or_default();
        let Some(document) = documents.get(uri) else { continue };
        let names = files::names(document.judged());
        let none = Vec::new();
        let environments = report["environments"].as_array().unwrap_or(&none);
        let own = environments.iter().find(|environment| {
            environment["name"].as_str().is_some_and(|name| names.contains(name))
        });
        let name = names.iter().next().cloned().unwrap_or_default();
        if own.is_none() {
            let start = json!({ "line": 0, "character": 0 });
            judged.diagnostics.entry(uri.clone()).or_default().push(json!({
                "range": { "start": start, "end": start },
                "severity": 3,
                "source": "failback",
                "message": "not judged while the text cannot be read",
            }));
        }
        let mut told = verdict(uri, document.version, &name, own);
        if document.mended().is_some() {
            told["readable"] = json!(false);
        } else if let Some(own) = own.filter(|_| is_whole(uri, document)) {
            judged.known.push((uri.clone(), Known::of(&report, own, &document.text)));
        }
        judged.verdicts.insert(uri.clone(), told);
    }
    judged.take(found, &estate.open);
    judged.unread.extend(unread.iter().cloned());
    for (uri, correction) in corrections {
        // What is not said of a text while a line of it is half-typed is not corrected either.
        let said = judged.diagnostics.get(&uri).into_iter().flatten();
        let is_said = said.map(|one| &one["range"]).any(|range| *range == correction.range);
        if is_said || documents.get(&uri).is_none_or(|document| document.mended().is_none()) {
            judged.corrections.entry(uri).or_default().push(correction);
        }
    }
}

fn corrections(report: &Report<'_>, places: &Places<'_>) -> Vec<(String, Correction)> {
    let own = report.environments.iter().flat_map(|environment| &environment.errors);
    let mut found = Vec::new();
    for told in report.errors.iter().chain(own) {
        let Some(span) = told.span() else { continue };
        for fix in &told.fixes {
            let (range, alone) = (places.range(span), told.fixes.len() == 1);
            let (title, edit) = (fix.title.clone(), places.edit(fix));
            found.push((places.uri(span), Correction { range, title, alone, edit }));
        }
    }
    found
}

fn verdict(uri: &str, version: i64, name: &str, environment: Option<&Value>) -> Value {
    let none = Vec::new();
    let units = environment.and_then(|one| one["units"].as_array()).unwrap_or(&none);
    let ready = units.iter().filter(|unit| unit["verdict"] == "ready").count();
    let verdict = environment.map_or("unknown", |one| one["verdict"].as_str().unwrap_or_default());
    let count = |key: &str| {
        let number = environment.and_then(|one| one["summary"][key].as_u64()).filter(|n| *n > 0)?;
        Some(format!("{number} {}", if key == "fail" { "failed" } else { key }))
    };
    let counts: Vec<String> =
        ["fail", "pending", "unknown"].into_iter().filter_map(count).collect();
    let counts = if counts.is_empty() { String::new() } else { format!(": {}", counts.join(", ")) };
    json!({
        "uri": uri,
        "version": version,
        "environment": environment.map_or(json!(name), |one| one["name"].clone()),
        "verdict": verdict,
        "readable": environment.is_some(),
        "summary": format!("{verdict}{counts} · {ready} of {} ready", units.len()),
        "ready": ready,
        "units": units.len(),
    })
}

/// The number and the text of the step that fixes a finding, by its id.
pub type Steps = BTreeMap<String, (usize, String)>;

/// The steps of the plans of what is held; none where there are so many findings that a check makes no plan.
pub fn steps(held: &Held<'_>, options: &Options) -> Steps {
    let planning = Planning { most: Some(MOST_NUMBERED), ..Planning::default() };
    let options = Options { planning: Some(planning), ..options.clone() };
    let many = |checked: &Checked<'_>| checked.evaluation.findings.len() > MOST_NUMBERED;
    if held.report.environments.iter().all(many) {
        return Steps::new();
    }
    session::run(&held.estate.inputs, &options, |report| {
        let step = |checked: &Checked<'_>, id: &str| {
            let number = checked.step_for(id)?;
            let steps = &checked.plan.as_ref()?.steps;
            let step = steps.iter().find(|step| step.id == number)?;
            Some((id.to_owned(), (number, step.action.clone())))
        };
        let all = report.environments.iter().flat_map(|checked| {
            let findings = checked.evaluation.findings.iter();
            findings.filter_map(move |finding| step(checked, &finding.id))
        });
        all.collect()
    })
}

/// The open questions of an estate, as a file to be filled in.
pub fn ask(estate: &Estate, options: &Options) -> Value {
    let yaml = session::run(&estate.inputs, options, |report| questions::yaml(report).0);
    json!({ "yaml": yaml })
}

/// Compiles the pack of an open rule file, and says which of its files that is.
pub fn compile(documents: &Documents, uri: &str) -> Option<(Rc<Compiled>, FileId)> {
    let (inputs, file) = files::pack(documents, uri)?;
    let pack = inputs.packs.first()?;
    let resolved = Rc::new(rules::resolve(&inputs.sources, pack, None));
    Some((Rc::new(Compiled { inputs, resolved }), file))
}

/// What is wrong with the pack of an open rule file, in the files that are open.
pub fn rules(compiled: &Compiled, documents: &Documents, encoding: Encoding, judged: &mut Judged) {
    let places = Places { sources: &compiled.inputs.sources, documents, encoding };
    let mut found = places.of_rules(&compiled.resolved.loaded.diagnostics);
    found.retain(|uri, _| uri.as_ref().is_some_and(|uri| documents.contains_key(uri)));
    for (_, source) in compiled.inputs.sources.iter() {
        let uri = files::uri_of(documents, source.name());
        if documents.contains_key(&uri) {
            judged.diagnostics.entry(uri).or_default();
        }
    }
    judged.take(found, &[]);
}
