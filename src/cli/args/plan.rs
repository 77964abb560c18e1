//! The arguments of the commands about the way to an open gate.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::args::{Form, Pack, Waiving};
use crate::report::runbook;

/// What is read, and how it is judged.
#[derive(Clone, Debug, Default, Args)]
pub struct Input {
    /// Files and folders that hold descriptions; `-` reads standard input
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub pack: Pack,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub waiving: Waiving,
    /// Judge only this unit of readiness; may be repeated
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub unit: Vec<String>,
    /// Judge as if it were this time (RFC 3339, or `now` for the present), instead of `asOf` of the description
    #[arg(long, value_name = "TIME", visible_alias = "at")]
    pub now: Option<String>,
}

const PLAN_HELP: &str = "\
Exit codes:
  0  the plan is verified: it opens the gate for all who can go at all, or it is open already;
     to `failback check` it stays closed as long as others are asked for
  1  something stays closed, whatever is done
  2  the work could not be done: usage, unreadable or ill-formed input, broken rules
  3  only open questions keep the plan from being verified
  4  only time does; the plan tells until when
  5  there was nothing to plan
Where several apply: 2, 1, 3, 4. No format changes the code.

Nothing is executed, and nothing is written but with --write: the plan is made by carrying out the
steps on a copy of the facts. Steps that destroy something are taken only with --allow.

With --write, what the steps of --done make by themselves is written into the description, with the
time of --now (or `asOf`), and their origin beside it; what has to be seen is asked again. The exit
code is then 0, or 2 where nothing was written.

Examples:
  failback plan site.yaml
  failback plan site.yaml --format markdown | gh issue create --title Runbook --body-file -
  failback plan site.yaml --write --done 'restart(s1)' --now 2020-03-28T21:40:00Z
  failback plan site.yaml --format dot | dot -Tsvg > plan.svg";

/// `failback plan`
#[derive(Debug, Args)]
#[command(after_help = PLAN_HELP)]
pub struct Plan {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub input: Input,
    /// Allow steps with this consent, such as those that delete something; may be repeated
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub allow: Vec<String>,
    /// Plan with the answers of this file, which `failback ask --format yaml` made; nothing is written
    #[arg(long, value_name = "FILE", conflicts_with = "write")]
    pub answer: Option<PathBuf>,
    /// Show after each step the lines that are true then (full and markdown; json always has them)
    #[arg(long)]
    pub with_facts: bool,
    /// Write what the steps of --done make into the description, with its origin beside it, or what --ready lists
    #[arg(long, requires = "written")]
    pub write: bool,
    /// List who can go now, with the request for them where none is stated; --write puts it into the description
    #[arg(long, group = "written")]
    pub ready: bool,
    /// This step was done: as the plan calls it, or its number together with --plan; may be repeated
    #[arg(long, value_name = "REMEDY(ID)", requires = "write", group = "written")]
    pub done: Vec<String>,
    /// The digest of the plan that numbers of --done are of
    #[arg(long, value_name = "DIGEST", requires = "done")]
    pub plan: Option<String>,
    /// Form of the plan: full, concise, json, markdown, dot or mermaid
    #[arg(long, value_name = "FORM", default_value = "full", hide_possible_values = true)]
    pub format: PlanForm,
    /// Tell the times, too, at which an outcome changes by itself (full and json)
    #[arg(long)]
    pub times: bool,
    /// Leave nothing out, however much it is
    #[arg(long)]
    pub all: bool,
    /// Only the summary and the last line
    #[arg(long, short)]
    pub quiet: bool,
}

/// The forms of a plan by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, ValueEnum)]
pub enum PlanForm {
    /// A runbook.
    #[default]
    Full,
    /// A line per step.
    Concise,
    /// For programs.
    Json,
    /// A list of tasks for a ticket.
    Markdown,
    /// For Graphviz.
    Dot,
    /// For Mermaid.
    Mermaid,
}

impl From<PlanForm> for runbook::Form {
    fn from(form: PlanForm) -> Self {
        match form {
            PlanForm::Full => Self::Full,
            PlanForm::Concise => Self::Concise,
            PlanForm::Json => Self::Json,
            PlanForm::Markdown => Self::Markdown,
            PlanForm::Dot => Self::Dot,
            PlanForm::Mermaid => Self::Mermaid,
        }
    }
}

const WHAT_IF_HELP: &str = "\
A path is written as reports write it: servers/s1/state. A value is written as in YAML.
Settings come first, remedies after them, each in the order given. Nothing is written.

Exit codes: those of `failback check` for the verdict that would be; 2 for a path, an id or a
remedy that nobody knows, or a remedy that could not start.

Examples:
  failback what-if --set servers/s1/state=running site.yaml
  failback what-if --do 'restart(s1)' --do 'openPort(s1, s2, 443)' site.yaml";

/// `failback what-if`
#[derive(Debug, Args)]
#[command(after_help = WHAT_IF_HELP)]
pub struct WhatIf {
    /// Suppose that this fact has this value; may be repeated
    #[arg(long, value_name = "PATH=VALUE")]
    pub set: Vec<String>,
    /// Suppose that this remedy was carried out, its arguments named by id; may be repeated
    #[arg(long = "do", value_name = "REMEDY(ID)")]
    pub remedies: Vec<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub input: Input,
    /// Form of the report: full, concise or json
    #[arg(long, value_name = "FORM", default_value = "full", hide_possible_values = true)]
    pub format: Form,
    /// Leave nothing out, however much it is
    #[arg(long)]
    pub all: bool,
}

const ASK_HELP: &str = "\
Exit codes: 0 no question is open, 3 some are, 2 the work could not be done, 5 nothing was checked;
with --answer those of `failback check` for the verdict with the answers.

  failback ask site.yaml --format yaml > answers.yaml   # fill it in
  failback ask site.yaml --answer answers.yaml          # the verdict with it; nothing is written";

/// `failback ask`
#[derive(Debug, Args)]
#[command(after_help = ASK_HELP)]
pub struct Ask {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub input: Input,
    /// Show the verdict with the answers of this file, which `--format yaml` made
    #[arg(long, value_name = "FILE")]
    pub answer: Option<PathBuf>,
    /// Form: full, yaml (to be filled in) or json; with --answer full, concise or json
    #[arg(long, value_name = "FORM", default_value = "full", hide_possible_values = true)]
    pub format: AskForm,
    /// Leave nothing out, however much it is
    #[arg(long)]
    pub all: bool,
}

/// The forms of questions by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, ValueEnum)]
pub enum AskForm {
    /// In groups by who knows.
    #[default]
    Full,
    /// A line per change; with answers only.
    Concise,
    /// For programs.
    Json,
    /// To be filled in.
    Yaml,
}
