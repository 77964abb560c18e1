//! A run as data for the forms that programs read and the comment on a change.
//!
//! Owns the one order in which these forms name findings, the worst first, what counts as the place of a finding, and
//! fingerprints. Every form below `forms` takes all it says from here; none of them looks at the evaluation.

use std::path::{Component, Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::compile::ir::{Level, Part, Rule, RuleSet};
use crate::diagnostic::{Diagnostic, Severity};
use crate::evaluate::Finding;
use crate::report::foreign::Foreign;
use crate::report::{explain, json};
use crate::session::files;
use crate::session::recorded::Mark;
use crate::session::rules::digest;
use crate::session::waivers::{Waiver, remarks};
use crate::session::{Checked, Report};
use crate::source::{Sources, Span};

/// What these forms are made for.
#[derive(Clone, Debug, Default)]
pub struct Base {
    /// The folder in which the command ran; names stay as they are where it is not known.
    pub folder: Option<PathBuf>,
    /// Whether code scanning is not told of waived findings: some readers open alerts for those, too.
    pub omits_waived: bool,
}

/// A run.
pub struct Review<'r> {
    /// The exit code.
    pub exit: u8,
    /// Name and digest of the packs in use.
    pub packs: Vec<(Foreign<'r>, String)>,
    /// The environments in their order.
    pub environments: Vec<&'r Checked<'r>>,
    /// The rules that ran, each id once.
    pub rules: Vec<&'r Rule>,
    /// The findings, the worst first.
    pub items: Vec<Item<'r>>,
    /// What of the rules is left out or made less, a sentence each.
    pub weakened: &'r [String],
    /// What is wrong with the texts.
    pub problems: Vec<Problem<'r>>,
    sources: &'r Sources,
    /// What the forms are made for.
    pub base: &'r Base,
}

/// A finding.
pub struct Item<'r> {
    /// Its environment.
    pub checked: &'r Checked<'r>,
    /// Its rule.
    pub rule: &'r Rule,
    /// The place of the rule among those of the run.
    pub rule_index: usize,
    /// What was found.
    pub finding: &'r Finding<'r>,
    /// How much it matters.
    pub severity: Severity,
    /// What it is beside recorded findings, where some are named.
    pub mark: Option<Mark>,
    /// The waiver that lets it pass.
    pub waiver: Option<&'r Waiver>,
}

/// What is wrong with a text.
pub struct Problem<'r> {
    /// The environment that it belongs to, if to one.
    pub checked: Option<&'r Checked<'r>>,
    /// What is wrong.
    pub told: &'r Diagnostic,
}

/// A place. Lines and columns are counted from 1, columns in characters, and the end is exclusive.
#[derive(Clone, Debug)]
pub struct Place<'r> {
    /// The file, from the folder in which the command ran.
    pub file: Foreign<'r>,
    /// The range; none where only the file is known.
    pub range: Option<Range>,
}

/// A range of a file.
#[derive(Clone, Copy, Debug)]
pub struct Range {
    /// First line.
    pub line: usize,
    /// First column.
    pub column: usize,
    /// Last line.
    pub end_line: usize,
    /// Column behind the end.
    pub end_column: usize,
    /// The same in bytes of the text.
    pub span: Span,
}

/// Lower-case hex SHA-256 by which a finding is known again in other runs.
pub fn fingerprint(environment: &str, id: &str) -> String {
    hash(&format!("failback/v1\n{environment}\n{id}"))
}

fn hash(text: &str) -> String {
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

impl<'r> Review<'r> {
    /// Puts a run in order.
    pub fn new(report: &'r Report<'r>, base: &'r Base) -> Self {
        let sources = report.sources;
        let mut rules: Vec<&Rule> = Vec::new();
        let mut at = std::collections::HashMap::new();
        for checked in &report.environments {
            for rule in checked.rules.rules.iter().filter(|rule| checked.selection.takes(rule)) {
                at.entry(rule.id.as_str()).or_insert_with(|| {
                    rules.push(rule);
                    rules.len() - 1
                });
            }
        }
        let mut items: Vec<Item<'_>> = Vec::new();
        for checked in &report.environments {
            for (number, finding) in checked.evaluation.findings.iter().enumerate() {
                let mark = checked.marks.get(number).copied().flatten();
                let rule = &checked.rules.rules[finding.rule];
                let Some(rule_index) = at.get(rule.id.as_str()).copied() else { continue };
                let severity = explain::severity(finding, rule);
                let waiver = checked.waiver_of(finding);
                items.push(Item { checked, rule, rule_index, finding, severity, mark, waiver });
            }
        }
        // Within one severity the order is that of the environments, the rules and the description.
        items.sort_by_key(|item| {
            (item.severity == Severity::Unknown && item.is_advice(), item.severity)
        });
        let whole = report.errors.iter().map(|told| Problem { checked: None, told });
        let own = report.environments.iter().flat_map(|checked| {
            let told = checked.errors.iter().chain(&checked.remarks);
            told.map(move |told| Problem { checked: Some(checked), told })
        });
        Review {
            exit: report.exit_code(),
            packs: report
                .packs
                .iter()
                .map(|(name, files)| (Foreign::from(name.as_str()), digest(sources, files)))
                .collect(),
            environments: report.environments.iter().collect(),
            rules,
            items,
            weakened: report.weakened,
            problems: whole.chain(own).collect(),
            sources,
            base,
        }
    }

    /// A range of a file, as the forms name it.
    pub fn place(&self, span: Span) -> Place<'r> {
        let source = self.sources.get(span.file);
        let (start, end) = (source.position(span.start), source.position(span.end));
        let range = Range {
            line: start.line,
            column: start.column,
            end_line: end.line,
            end_column: end.column,
            span,
        };
        Place { file: self.file(source.name()), range: Some(range) }
    }

    /// Line and column of an offset, columns counted in bytes from 1.
    pub fn in_bytes(&self, span: Span, offset: u32) -> (usize, usize) {
        let source = self.sources.get(span.file);
        let line = source.line_of(offset);
        (line + 1, (offset - source.line_starts()[line]) as usize + 1)
    }

    /// The place of a finding; where it has none, the file that describes its environment.
    pub fn place_of(&self, item: &Item<'r>) -> Place<'r> {
        match item.finding.span {
            Some(span) => self.place(span),
            None => self.home(item.checked),
        }
    }

    /// The first file that describes an environment.
    pub fn home(&self, checked: &'r Checked<'r>) -> Place<'r> {
        let tree = checked.facts.tree();
        let mut documents = tree.documents().iter();
        let own =
            |root| tree.get(root, "name").is_some_and(|name| tree.text(name.value) == checked.name);
        let document = documents.find(|document| own(document.root));
        // Where nobody gave it a name, it is called as its file.
        let named = |document: &crate::yaml::Document| self.sources.get(document.file).name();
        let name = document.map_or(checked.name.as_str(), named);
        Place { file: self.file(name), range: None }
    }

    /// The place of a problem; some have none.
    pub fn place_of_problem(&self, problem: &Problem<'r>) -> Option<Place<'r>> {
        problem.told.span().map(|span| self.place(span))
    }

    /// What a problem is known by in other runs: unlike a finding it has no id.
    pub fn problem_prints(&self) -> Vec<String> {
        let mut seen = std::collections::HashMap::new();
        let mut prints = Vec::new();
        for problem in &self.problems {
            let file = problem.told.span().map_or("", |span| self.sources.get(span.file).name());
            let environment = problem.checked.map_or("", |checked| checked.name.as_str());
            let told = problem.told;
            let key = format!("problem\n{environment}\n{}\n{file}\n{}", told.code, told.message);
            let times = seen.entry(key.clone()).or_insert(0_usize);
            prints.push(hash(&format!("failback/v1\n{key}\n{times}")));
            *times += 1;
        }
        prints
    }

    fn file(&self, name: &'r str) -> Foreign<'r> {
        if name == files::STDIN {
            return Foreign::from("stdin");
        }
        match &self.base.folder {
            Some(folder) => Foreign::from(relative(folder, name)),
            None => Foreign::from(name),
        }
    }

    /// The rules that ran and found nothing in an environment.
    pub fn without_finding(&self, checked: &'r Checked<'r>) -> impl Iterator<Item = &'r Rule> {
        let mut found = vec![false; checked.rules.rules.len()];
        for finding in &checked.evaluation.findings {
            found[finding.rule] = true;
        }
        let rules = checked.rules.rules.iter().enumerate();
        let ran = rules.filter(|(_, rule)| checked.selection.takes(rule));
        ran.filter(move |(at, _)| !found[*at]).map(|(_, rule)| rule)
    }
}

impl<'r> Item<'r> {
    /// Whether it is advice, which closes no gate.
    pub fn is_advice(&self) -> bool {
        self.rule.level != Level::Error
    }

    /// Its id.
    pub fn id(&self) -> Foreign<'r> {
        Foreign::from(self.finding.id.as_str())
    }

    /// The id of its rule.
    pub fn rule_id(&self) -> Foreign<'r> {
        Foreign::from(self.rule.id.as_str())
    }

    /// The name of its environment.
    pub fn environment(&self) -> Foreign<'r> {
        Foreign::from(self.checked.name.as_str())
    }

    /// The address of what it is about.
    pub fn subject(&self) -> Foreign<'r> {
        Foreign::from(self.finding.path.as_str())
    }

    /// What was found, and why it passes where it is waived.
    pub fn message(&self) -> Foreign<'r> {
        match self.waiver {
            Some(waiver) => {
                let message = &self.finding.message;
                Foreign::from(format!("{message}; waived {}", remarks::granted(waiver)))
            }
            None => Foreign::from(self.finding.message.as_str()),
        }
    }

    /// The units that it keeps from going, as JSON names them.
    pub fn blocks(&self) -> Vec<Foreign<'r>> {
        match self.is_advice() {
            true => Vec::new(),
            false => {
                json::named(self.finding, self.checked).into_iter().map(Foreign::from).collect()
            }
        }
    }

    /// By what it is known again.
    pub fn fingerprint(&self) -> String {
        fingerprint(&self.checked.name, &self.finding.id)
    }

    /// The word for the level of its rule.
    pub fn level(&self) -> &'static str {
        json::level(self.rule.level)
    }
}

impl<'r> Problem<'r> {
    /// What is wrong.
    pub fn message(&self) -> Foreign<'r> {
        Foreign::from(self.told.message.as_str())
    }

    /// What is wrong and what to do.
    pub fn whole(&self) -> Foreign<'r> {
        match &self.told.help {
            Some(help) => Foreign::from(format!("{}; {help}", self.told.message)),
            None => self.message(),
        }
    }

    /// The name of its environment.
    pub fn environment(&self) -> Foreign<'r> {
        Foreign::from(self.checked.map_or("", |checked| checked.name.as_str()))
    }
}

/// Why a rule matters, with dots where it names what a finding is about.
pub fn why(rule: &Rule) -> Option<Foreign<'_>> {
    let parts = &rule.why.as_ref()?.parts;
    let texts = parts.iter().map(|part| match part {
        Part::Text(text) => text.as_str(),
        Part::Expr(_) => "…",
    });
    Some(Foreign::from(texts.collect::<String>()))
}

/// The titles of the clauses that a rule cites.
pub fn clauses<'r>(rules: &'r RuleSet, rule: &Rule) -> Vec<(Foreign<'r>, Foreign<'r>)> {
    let known = rules.documents.iter().flat_map(|document| &document.clauses);
    let cited = known.filter(|clause| rule.clauses.contains(&clause.id));
    cited.map(|clause| (clause.id.as_str().into(), clause.title.as_str().into())).collect()
}

/// The name of a file from a folder, with `/` between its parts.
fn relative(folder: &Path, name: &str) -> String {
    let path = Path::new(name);
    let mut parts: Vec<String> = Vec::new();
    let text = |part: Component<'_>| part.as_os_str().to_string_lossy().into_owned();
    if path.is_absolute() {
        let mut ours = folder.components().peekable();
        let mut theirs = path.components().peekable();
        while let (Some(our), Some(their)) = (ours.peek(), theirs.peek())
            && our == their
        {
            ours.next();
            theirs.next();
        }
        parts.extend(ours.map(|_| "..".to_owned()));
        parts.extend(theirs.map(text));
    } else {
        parts.extend(path.components().filter(|part| *part != Component::CurDir).map(text));
    }
    parts.join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_named_from_the_folder_of_the_run() {
        let from = |name| relative(Path::new("/work/sites"), name);
        assert_eq!(from("a/b.yaml"), "a/b.yaml");
        assert_eq!(from("./b.yaml"), "b.yaml");
        assert_eq!(from("../b.yaml"), "../b.yaml");
        assert_eq!(from("/work/sites/a/b.yaml"), "a/b.yaml");
        assert_eq!(from("/work/b.yaml"), "../b.yaml");
        assert_eq!(from("/etc/b.yaml"), "../../etc/b.yaml");
    }

    #[test]
    fn a_fingerprint_is_of_environment_and_id_alone() {
        let wanted = "e9342370c5778a6afe0f73fef90bb3a2b16066d94b9626a20c6632e79898146e";
        assert_eq!(fingerprint("lab", "SRV-001:servers/s1"), wanted);
    }
}
