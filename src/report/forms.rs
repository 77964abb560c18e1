//! The forms of a report.
//!
//! Owns their names and which of them are made from the [`Review`]; each has a file of its own below. What a form says
//! comes from there, and what others wrote is only shown through [`Foreign`](crate::report::foreign::Foreign).

pub mod xml;
pub mod sarif;
pub mod github;
pub mod azure;
pub mod gitlab;
pub mod junit;
pub mod checkstyle;
pub mod rdjson;
pub mod markdown;
pub mod csv;

use crate::report::layout::Look;
use crate::report::review::{Base, Review};
use crate::report::{Format, json, sanitise};
use crate::session::Report;

/// The form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Form {
    /// For people: excerpts, why, what to do.
    #[default]
    Full,
    /// A line per finding.
    Concise,
    /// For programs.
    Json,
    /// For programs, an object a line.
    JsonLines,
    /// For code scanning.
    Sarif,
    /// Annotations of GitHub.
    Github,
    /// Annotations of Azure Pipelines.
    Azure,
    /// Code quality of GitLab.
    Gitlab,
    /// For whoever shows results of tests.
    Junit,
    /// For whoever shows results of linters.
    Checkstyle,
    /// For reviewdog.
    Rdjson,
    /// A comment on a change.
    Markdown,
    /// A table.
    Csv,
}

impl Form {
    /// All of them, in the order in which they are listed.
    pub const ALL: [Form; 13] = [
        Self::Full,
        Self::Concise,
        Self::Json,
        Self::JsonLines,
        Self::Sarif,
        Self::Github,
        Self::Azure,
        Self::Gitlab,
        Self::Junit,
        Self::Checkstyle,
        Self::Rdjson,
        Self::Markdown,
        Self::Csv,
    ];

    /// The name by which it is asked for.
    pub fn name(self) -> &'static str {
        match self {
            Form::Full => "full",
            Form::Concise => "concise",
            Form::Json => "json",
            Form::JsonLines => "json-lines",
            Form::Sarif => "sarif",
            Form::Github => "github",
            Form::Azure => "azure",
            Form::Gitlab => "gitlab",
            Form::Junit => "junit",
            Form::Checkstyle => "checkstyle",
            Form::Rdjson => "rdjson",
            Form::Markdown => "markdown",
            Form::Csv => "csv",
        }
    }

    /// The form of a name.
    pub fn named(name: &str) -> Option<Form> {
        Self::ALL.into_iter().find(|form| form.name() == name)
    }

    /// Whether it is one that is read on a terminal.
    pub fn is_for_people(self) -> bool {
        matches!(self, Form::Full | Form::Concise)
    }

    /// Whether it names the step of the plan that closes a finding.
    pub fn names_steps(self) -> bool {
        matches!(self, Form::Full | Form::Json | Form::JsonLines | Form::Markdown)
    }
}

/// A report in a form, as it is to be written: to the letter.
pub fn render(report: &Report<'_>, form: Form, look: &Look, base: &Base) -> String {
    let make: fn(&Review<'_>) -> String = match form {
        Form::Full | Form::Concise => {
            let format = if form == Form::Full { Format::Full } else { Format::Concise };
            return sanitise::harmless(&crate::report::render(report, format, look)).into_owned();
        }
        Form::Json => return json::render(report, look.all),
        Form::JsonLines => return json::lines(report, look.all),
        Form::Sarif => sarif::render,
        Form::Github => github::render,
        Form::Azure => azure::render,
        Form::Gitlab => gitlab::render,
        Form::Junit => junit::render,
        Form::Checkstyle => checkstyle::render,
        Form::Rdjson => rdjson::render,
        Form::Markdown => markdown::render,
        Form::Csv => csv::render,
    };
    make(&Review::new(report, base))
}

/// What a form could not take, to be said beside it.
pub fn cut(report: &Report<'_>, form: Form, base: &Base) -> Option<String> {
    let findings = report.environments.iter().flat_map(|checked| &checked.evaluation.findings);
    let told = findings.filter(|finding| !base.omits_waived || finding.waiver.is_none());
    let over = told.count().saturating_sub(sarif::MOST_RESULTS);
    (form == Form::Sarif && over > 0).then(|| sarif::said(over))
}
