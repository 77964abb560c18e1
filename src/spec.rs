//! Executable manual pages: prose for people, whose examples are the tests of the rules.
//!
//! Owns running the cases of pages through the one pipeline and comparing what was found with what the page promises.
//! Reading a page is `page`, its promises `expect`, whether it notices changes of the rules `mutate`. Reads no files.

pub mod expect;
pub mod mutate;
pub mod page;
pub mod steps;

use std::collections::HashSet;

use crate::compile::ir::RuleSet;
use crate::compile::uses::Found;
use crate::diagnostic::{Diagnostic, Severity, did_you_mean};
use crate::evaluate::{Evaluation, Outcome, Selection};
use crate::facts::Facts;
use crate::report::concise;
use crate::scalar;
use crate::schema::ENVIRONMENT;
use crate::session::library::Home;
use crate::session::{self, API_VERSION, Checked, Inputs, KIND, Options, PackFiles, rules};
use crate::source::{FileId, Sources, Span};
use crate::spec::expect::{Expectation, Where};
use crate::spec::page::{Case, Page};

/// The time by which cases are judged that do not say when they are.
pub const NOW: &str = "2020-03-28T09:00:00Z";

/// What became of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseResult {
    /// The page.
    pub page: String,
    /// The line of the page at which the case begins, from 1.
    pub line: usize,
    /// The rule it is about; none where it is about all of them.
    pub rule: Option<String>,
    /// What is not as promised, a line each.
    pub problems: Vec<String>,
    /// What was found, a line each.
    pub found: Vec<String>,
    /// Whether it was not run, as it speaks of what only another pack knows.
    pub skipped: bool,
}

impl CaseResult {
    /// Whether the case is as promised.
    pub fn passed(&self) -> bool {
        self.problems.is_empty()
    }
}

/// What became of the cases of some pages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Results {
    /// The cases, in the order of the pages.
    pub cases: Vec<CaseResult>,
    /// Errors of the rules themselves, a line each.
    pub errors: Vec<String>,
}

/// A case on its way through the pipeline.
struct Prepared<'p> {
    page: &'p Page,
    rule: Option<&'p str>,
    case: &'p Case,
    /// The name of its environment.
    name: String,
    text: String,
    /// Whether its page is one of a pack that is used.
    used: bool,
    skipped: bool,
}

impl Prepared<'_> {
    fn without_problems(&self, skipped: bool) -> CaseResult {
        CaseResult {
            page: self.page.name.clone(),
            line: self.case.line,
            rule: self.rule.map(str::to_owned),
            problems: Vec::new(),
            found: Vec::new(),
            skipped,
        }
    }
}

/// Something that was found: an outcome of a rule, or an error of the description.
struct Seen {
    kind: &'static str,
    code: String,
    line: Option<usize>,
    blocks: Vec<String>,
    told: String,
    /// Whether the page has to promise it.
    must_be_expected: bool,
}

/// A pack as its pages need it: names and texts of its files, and of those of the packs that it uses.
#[derive(Clone, Debug, Default)]
pub struct Texts {
    /// Its own files.
    pub own: Vec<(String, String)>,
    /// The files of each pack that it uses, behind those that it uses itself.
    pub used: Vec<Vec<(String, String)>>,
}

impl Texts {
    /// The texts of the files of a pack.
    pub fn of(sources: &Sources, pack: &PackFiles) -> Self {
        let texts = |files: &[FileId]| -> Vec<(String, String)> {
            let files = files.iter().map(|file| sources.get(*file));
            files.map(|file| (file.name().to_owned(), file.text().to_owned())).collect()
        };
        let used = pack.used.iter().map(|used| texts(&used.files)).collect();
        Self { own: texts(&pack.files), used }
    }

    fn inputs(&self) -> Inputs {
        let mut inputs = Inputs::default();
        let mut add = |files: &[(String, String)]| -> Vec<FileId> {
            let add =
                |(name, text): &(String, String)| inputs.sources.add(name.as_str(), text.as_str());
            files.iter().map(add).collect()
        };
        let mut pack = PackFiles::new("", add(&self.own));
        pack.used = self
            .used
            .iter()
            .map(|files| Found { home: Home::Shipped(""), files: add(files) })
            .collect();
        inputs.packs.push(pack);
        inputs
    }
}

/// Runs all cases of pages against a pack that uses no other, given as names and texts of its files.
pub fn run(pages: &[Page], pack: &[(String, String)]) -> Results {
    run_with(pages, &[], &Texts { own: pack.to_vec(), used: Vec::new() })
}

/// Runs all cases of the pages of a pack, and those of the pages of the packs that it uses.
///
/// A case of the latter that speaks of what this pack leaves out or does not know is skipped: it runs with another.
pub fn run_with(pages: &[Page], used_pages: &[Page], pack: &Texts) -> Results {
    let inputs = pack.inputs();
    let mut loaded = rules::load(&inputs.sources, &inputs.packs[0]);
    let errors = loaded.diagnostics.iter().filter(|error| error.severity == Severity::Error);
    let errors = errors.map(|error| error_found(error, &inputs.sources).told).collect();
    let mut prepared = prepare(pages, &loaded.rules, 0);
    let own = prepared.len();
    prepared.extend(prepare(used_pages, &loaded.rules, own));
    for case in &mut prepared[own..] {
        case.used = true;
        let is_left_out = |rule: &str| loaded.left.iter().any(|left| left == rule);
        let is_other = loaded.rules.when.as_ref().is_some_and(|(field, word)| {
            case.case.top_level(field).is_some_and(|stated| stated != word)
        });
        case.skipped = is_other || case.rule.is_some_and(is_left_out);
    }
    let known = Known::of(&loaded, &inputs.packs[0]);
    let mut results: Vec<Option<CaseResult>> = (0..prepared.len()).map(|_| None).collect();
    let mut open: Vec<usize> = (0..prepared.len()).filter(|at| !prepared[*at].skipped).collect();
    // Environments of one name would be one environment, so that each round holds a name once.
    while !open.is_empty() {
        let mut names: HashSet<&str> = HashSet::new();
        let (round, rest): (Vec<usize>, Vec<usize>) =
            open.into_iter().partition(|at| names.insert(prepared[*at].name.as_str()));
        open = rest;
        let cases: Vec<&Prepared<'_>> = round.iter().map(|at| &prepared[*at]).collect();
        for (at, result) in round.iter().zip(run_round(&cases, pack, &known)) {
            results[*at] = Some(result);
        }
    }
    let results = results.into_iter().zip(&prepared);
    let cases = results.map(|(result, case)| result.unwrap_or_else(|| case.without_problems(true)));
    let mut cases: Vec<CaseResult> = cases.collect();
    for (case, result) in prepared.iter().zip(&mut cases) {
        if let (Some(wanted), Some(rule), false) = (&case.case.plan, case.rule, result.skipped) {
            let told = steps::told(&case.text, &mut loaded.rules, rule);
            if &told != wanted {
                let (told, wanted) = (told.join("; "), wanted.join("; "));
                result.problems.push(format!("the plan is `{told}`, promised is `{wanted}`"));
            }
        }
    }
    Results { cases, errors }
}

/// The ids of the rules.
struct Known {
    all: Vec<String>,
    /// Those of the packs that are used.
    used: HashSet<String>,
}

impl Known {
    fn of(loaded: &rules::Loaded, pack: &PackFiles) -> Self {
        let rules = || loaded.rules.rules.iter();
        let used = rules().filter(|rule| !pack.files.contains(&rule.span.file));
        let used = used.map(|rule| rule.id.clone()).collect();
        Self { all: rules().map(|rule| rule.id.clone()).collect(), used }
    }
}

fn prepare<'p>(pages: &'p [Page], rules: &RuleSet, before: usize) -> Vec<Prepared<'p>> {
    let has_time = rules.schema.ty(ENVIRONMENT).field("asOf").is_some();
    let mut prepared = Vec::new();
    for page in pages {
        for section in &page.sections {
            for case in &section.cases {
                let generated = format!("case {}", before + prepared.len() + 1);
                let name = case.top_level("name").map_or(generated, str::to_owned);
                let mut header = vec![
                    ("apiVersion", API_VERSION.to_owned()),
                    ("kind", KIND.to_owned()),
                    ("name", name.clone()),
                ];
                if let Some((field, word)) = &rules.when {
                    header.push((field, word.clone()));
                }
                if has_time {
                    header.push(("asOf", NOW.to_owned()));
                }
                // As many lines before the case as on the page: then places are places on the page.
                let mut text = "\n".repeat(case.line.saturating_sub(1));
                text.push_str(&case.text);
                for (key, value) in header {
                    if case.top_level(key).is_none() {
                        text.push_str(&format!("{key}: {value}\n"));
                    }
                }
                let rule = section.rule.as_deref();
                let (used, skipped) = (false, false);
                prepared.push(Prepared { page, rule, case, name, text, used, skipped });
            }
        }
    }
    prepared
}

fn run_round(cases: &[&Prepared<'_>], pack: &Texts, known: &Known) -> Vec<CaseResult> {
    let mut inputs = pack.inputs();
    let files: Vec<FileId> = cases
        .iter()
        .map(|case| inputs.describe(case.page.name.as_str(), case.text.as_str()))
        .collect();
    let options = Options {
        epoch: scalar::parse_time(NOW),
        selection: Selection { all: true, ..Selection::default() },
        ..Options::default()
    };
    session::run(&inputs, &options, |report| {
        let by_name: std::collections::HashMap<&str, &Checked<'_>> =
            report.environments.iter().map(|checked| (checked.name.as_str(), checked)).collect();
        let mut results = Vec::with_capacity(cases.len());
        for (case, file) in cases.iter().zip(&files) {
            let own = report
                .errors
                .iter()
                .filter(|error| error.span().is_some_and(|span| span.file == *file));
            let mut found: Vec<Seen> =
                own.map(|error| error_found(error, report.sources)).collect();
            if let Some(checked) = by_name.get(case.name.as_str()) {
                found.extend(checked.errors.iter().map(|error| error_found(error, report.sources)));
                let Checked { rules, facts, evaluation, .. } = checked;
                found.extend(outcomes(rules, facts, evaluation, case.rule, report.sources));
            }
            results.push(compare(case, &found, known));
        }
        results
    })
}

fn error_found(error: &Diagnostic, sources: &Sources) -> Seen {
    let mut told = String::new();
    concise::line(&mut told, sources, error);
    Seen {
        kind: "error",
        code: error.code.clone(),
        line: error.span().map(|span| line_of(span, sources)),
        blocks: Vec::new(),
        told: told.trim_end().to_owned(),
        must_be_expected: error.severity == Severity::Error,
    }
}

fn line_of(span: Span, sources: &Sources) -> usize {
    sources.get(span.file).line_of(span.start) + 1
}

/// The outcomes of a rule, or of all of them.
fn outcomes(
    rules: &RuleSet,
    facts: &Facts<'_>,
    evaluation: &Evaluation<'_>,
    rule: Option<&str>,
    sources: &Sources,
) -> Vec<Seen> {
    let id = |index: usize| rules.rules[index].id.as_str();
    let wanted = |index: usize| rule.is_none_or(|rule| id(index) == rule);
    let mut found = Vec::new();
    for finding in &evaluation.findings {
        if !wanted(finding.rule) {
            continue;
        }
        let line = finding.span.map(|span| line_of(span, sources));
        let place = line.map_or(String::new(), |line| format!("line {line}: "));
        let blocks: Vec<String> = finding.blocks.iter().map(|row| facts.name(*row)).collect();
        let told = format!(
            "{place}{}[{}] {}: {} (blocks {})",
            finding.outcome.word(),
            id(finding.rule),
            finding.path,
            finding.message,
            if blocks.is_empty() { "nobody".to_owned() } else { blocks.join(", ") }
        );
        found.push(Seen {
            kind: finding.outcome.word(),
            code: id(finding.rule).to_owned(),
            line,
            blocks,
            told,
            must_be_expected: true,
        });
    }
    for (index, outcome, row) in &evaluation.quiet {
        if !wanted(*index) {
            continue;
        }
        let line = row.and_then(|row| facts.row_place(row));
        let line = line.map(|span| line_of(span, sources));
        let path = row.map(|row| facts.path(row)).unwrap_or_default();
        let place = line.map_or(String::new(), |line| format!("line {line}: "));
        found.push(Seen {
            kind: outcome.word(),
            code: id(*index).to_owned(),
            line,
            blocks: Vec::new(),
            told: format!("{place}{}[{}] {path}", outcome.word(), id(*index)),
            must_be_expected: false,
        });
    }
    // A rule that binds nothing has no outcome anywhere.
    for (index, rule) in rules.rules.iter().enumerate() {
        if wanted(index) && !found.iter().any(|found| found.code == rule.id) {
            let kind = Outcome::NotApplicable.word();
            let told = format!("{kind}[{}]: there is nothing it speaks of", rule.id);
            let code = rule.id.clone();
            let blocks = Vec::new();
            found.push(Seen { kind, code, line: None, blocks, told, must_be_expected: false });
        }
    }
    found
}

fn compare(case: &Prepared<'_>, found: &[Seen], known: &Known) -> CaseResult {
    let mut problems = Vec::new();
    let mut used = vec![false; found.len()];
    // That the other pack knows more is no fault of the page.
    let is_foreign = |found: &Seen| found.kind == "error" && found.code == "unknown-key";
    let promised =
        |found: &Seen| case.case.expectations.iter().any(|expected| expected.code == found.code);
    if case.used && found.iter().any(|found| is_foreign(found) && !promised(found)) {
        return case.without_problems(true);
    }
    let missing = |id: &str| match known.all.iter().any(|rule| rule == id) {
        true => None,
        false => Some(match did_you_mean(id, known.all.iter().map(String::as_str)) {
            Some(near) => format!("there is no rule `{id}`: {near}"),
            None => format!("there is no rule `{id}`"),
        }),
    };
    problems.extend(case.rule.and_then(missing));
    problems.extend(case.case.broken.iter().cloned());
    if case.case.expectations.is_empty() {
        problems.push("the case promises nothing: write `# pass: ID` or `# fail: ID`".to_owned());
    }
    for expected in &case.case.expectations {
        let fits = |found: &Seen| {
            found.kind == expected.kind.word()
                && found.code == expected.code
                && match expected.place {
                    Where::Line(line) => found.line == Some(line),
                    Where::Anywhere => true,
                }
        };
        let at = (0..found.len())
            .find(|at| !used[*at] && fits(&found[*at]) && blocks_fit(expected, &found[*at]))
            .or_else(|| (0..found.len()).find(|at| !used[*at] && fits(&found[*at])));
        match at {
            Some(at) => {
                used[at] = true;
                if !blocks_fit(expected, &found[at]) {
                    problems.push(format!("promised, but it blocks others: {expected}"));
                }
            }
            None => problems.push(format!("promised, but not found: {expected}")),
        }
    }
    for (at, found) in found.iter().enumerate() {
        // A page of a pack that is used knows nothing of the rules of those who use it.
        let is_other = case.used && found.kind != "error" && !known.used.contains(&found.code);
        if !used[at] && found.must_be_expected && !is_other {
            problems.push(format!("found, but not promised: {}", found.told));
        }
    }
    let told = found.iter().map(|found| found.told.clone()).collect();
    CaseResult { problems, found: told, ..case.without_problems(false) }
}

fn blocks_fit(expected: &Expectation, found: &Seen) -> bool {
    let Some(blocks) = &expected.blocks else { return true };
    let (mut wanted, mut given) = (blocks.clone(), found.blocks.clone());
    wanted.sort_unstable();
    given.sort_unstable();
    wanted == given
}
