//! The arguments of `failback diff`.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::cli::args::{Pack, Waiving};
use crate::report::diff::Form;

const HELP: &str = "\
Exit codes speak of the change, not of the gate:
  0  nothing that closes the gate is new
  1  a failure is: it is new, was none before, or blocks what it did not
  2  the work could not be done: usage, or a side that could not be read
  3  only what is not known is new
  4  only what time settles is new
  5  neither side describes anything
Where several apply: 2, 1, 3, 4. No format changes the code.

A name that is both a path and a revision is taken as the path; `rev:NAME` and `path:NAME` are
never ambiguous. Revisions are read from the object store by `git`: nothing is checked out, and no
hook, filter or driver runs. Rules are those of the working folder or the program on both sides.

Findings are the same when environment and id are. Moved lines, other order of keys, other files,
quotes and comments change nothing. The edits behind a finding are found by judging HEAD with edits
taken back, at most 300 times for an environment.";

/// `failback diff`
#[derive(Debug, Args)]
#[command(after_help = HELP)]
pub struct Diff {
    /// What to compare with: a git revision, a file or a folder; `BASE...HEAD` stands for the point where the two parted
    #[arg(value_name = "BASE")]
    pub base: String,
    /// What it became: a git revision, a file or a folder; the working tree where none is named
    #[arg(value_name = "HEAD")]
    pub head: Option<String>,
    /// Only in these files and folders of a revision and of the working tree
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub pack: Pack,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub waiving: Waiving,
    /// Judge both sides as if it were this time (RFC 3339), instead of `asOf` of each
    #[arg(long, value_name = "TIME", visible_alias = "at")]
    pub now: Option<String>,
    /// Form of the report: full, concise, json, markdown (a comment) or github (annotations)
    #[arg(long, value_name = "FORM", default_value = "full", hide_possible_values = true)]
    pub format: DiffForm,
    /// Leave nothing out: tell edits behind no finding, and units that are the same, too
    #[arg(long)]
    pub all: bool,
}

/// The forms by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, ValueEnum)]
pub enum DiffForm {
    /// For people.
    #[default]
    Full,
    /// A line per finding that differs.
    Concise,
    /// For programs.
    Json,
    /// A comment for a change.
    Markdown,
    /// Commands that annotate lines.
    Github,
}

impl From<DiffForm> for Form {
    fn from(form: DiffForm) -> Self {
        match form {
            DiffForm::Full => Form::Full,
            DiffForm::Concise => Form::Concise,
            DiffForm::Json => Form::Json,
            DiffForm::Markdown => Form::Markdown,
            DiffForm::Github => Form::Github,
        }
    }
}
