//! The arguments of every command, and what `--help` says of them.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::report::{self, Format};

pub mod plan;
pub mod diff;
pub mod import;
pub mod waiver;

/// Decides, from facts, whether a disaster-recovered estate may go home.
#[derive(Debug, Parser)]
#[command(name = "failback", version, max_term_width = 100)]
#[command(
    after_help = "Start with `failback check` in a folder that holds a description; `failback help check` \
                        explains the exit codes."
)]
pub struct Arguments {
    /// Colours: by default on a terminal only
    #[arg(
        long,
        global = true,
        value_name = "WHEN",
        default_value = "auto",
        hide_possible_values = true
    )]
    #[arg(help = "Colours: auto, always or never")]
    pub color: Color,
    /// The command
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Says whether the gate is open, for whom, and what to do
    Check(Check),
    /// Shows the way to an open gate, step by step
    Plan(plan::Plan),
    /// Shows the verdict that would be
    WhatIf(plan::WhatIf),
    /// Says what a change does to readiness, and which edit does it
    Diff(diff::Diff),
    /// Asks what is not known, with the lines to write
    Ask(plan::Ask),
    /// Grants, lists and renews waivers of failures
    Waiver(waiver::Waiver),
    /// Begins a description, with all that may be written in it
    Init(Init),
    /// Makes a description from what other tools export
    Import(import::Import),
    /// Shows the manual page of a rule, a clause or a remedy
    Explain(Explain),
    /// Lists the rules, or traces them from clause to test
    Rules(Rules),
    /// Prints the JSON Schema of descriptions, for editors
    Schema(Schema),
    /// Says what is wrong with rules, and what is unused in them
    Lint(Lint),
    /// Brings rule files into their one layout
    Fmt(Fmt),
    /// Runs the cases of manual pages
    Test(Test),
    /// Serves editors: live verdicts, and a home for rule files
    Lsp(Lsp),
    /// Prints the completions for a shell
    Completions(Completions),
    /// Prints the manual page of this program
    Man(Man),
}

/// When colours are used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, ValueEnum)]
pub enum Color {
    /// On a terminal, unless the environment says otherwise.
    #[default]
    Auto,
    /// Even into a file.
    Always,
    /// Not at all.
    Never,
}

const CHECK_HELP: &str = "\
Exit codes:
  0  the gate is open
  1  closed: a rule failed
  2  the work could not be done: usage, unreadable or ill-formed input, broken rules
  3  closed only by what is not known
  4  closed only by time; the report says until when
  5  nothing was checked
Where several apply: 2, 1, 3, 4. No format changes the code.

A folder is read with all below it, links followed, except for `.git`: every .yaml, .yml and .json
that begins as a description, or nearly so. A file is read once, however it is reached.

Environment: FAILBACK_FORMAT, FAILBACK_RULES, FAILBACK_SKIP_RULES, FAILBACK_WAIVERS,
FAILBACK_POLICY_LOCK, NO_COLOR, CLICOLOR, CLICOLOR_FORCE, FORCE_COLOR, COLUMNS, NO_GRAPHICS (sentences instead of frames), SOURCE_DATE_EPOCH (the time, where neither
--now nor `asOf` gives it)";

/// `failback check`
#[derive(Debug, Args)]
#[command(after_help = CHECK_HELP)]
pub struct Check {
    /// Files and folders that hold descriptions; `-` reads standard input
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub pack: Pack,
    /// Run only this rule, or with `MT-*` all of that kind; may be repeated
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub rule: Vec<String>,
    /// Do not run this rule, or with `MT-*` none of that kind; may be repeated
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub skip_rule: Vec<String>,
    /// Judge only this unit of readiness; may be repeated
    #[arg(long, value_name = "ID", value_delimiter = ',')]
    pub unit: Vec<String>,
    /// Judge as if it were this time (RFC 3339, or `now` for the present), instead of `asOf` of the description
    #[arg(long, value_name = "TIME", visible_alias = "at")]
    pub now: Option<String>,
    /// Tell the times, too, at which an outcome changes by itself (full and json)
    #[arg(long)]
    pub times: bool,
    /// Form of the report: full, concise, json, json-lines, sarif, github, azure, gitlab, junit, checkstyle, rdjson, markdown or csv
    #[arg(long, value_name = "FORM", value_parser = forms(), hide_possible_values = true)]
    pub format: Option<report::forms::Form>,
    /// Write the report in one more form to a file, too; may be repeated
    #[arg(long, value_name = "FORM=FILE")]
    pub report: Vec<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub waiving: Waiving,
    /// What SARIF has of waived findings: `suppress` marks them as suppressed, `omit` leaves them out and counts them
    #[arg(long, value_name = "HOW", default_value = "suppress", hide_possible_values = true)]
    pub sarif_waived: SarifWaived,
    /// Judge only what is not recorded in this file
    #[arg(long, value_name = "FILE", conflicts_with = "write_baseline")]
    pub baseline: Option<PathBuf>,
    /// Judge only what is new since this revision and HEAD parted
    #[arg(long, value_name = "REV", conflicts_with_all = ["baseline", "write_baseline"])]
    pub new_since: Option<String>,
    /// Record in this file what closes the gate; one that is there only loses what is gone
    #[arg(long, value_name = "FILE")]
    pub write_baseline: Option<PathBuf>,
    /// With --write-baseline: record everything anew
    #[arg(long, requires = "write_baseline")]
    pub force: bool,
    /// Read settings from this file instead of the nearest `failback.toml`
    #[arg(long, value_name = "FILE", conflicts_with = "isolated")]
    pub config: Option<PathBuf>,
    /// Read no `failback.toml`
    #[arg(long)]
    pub isolated: bool,
    /// Settings that win, and without which those of the repository weaken nothing
    #[arg(long, value_name = "FILE")]
    pub policy_lock: Option<PathBuf>,
    /// Print each setting with its value and where it is from, and check nothing
    #[arg(long)]
    pub show_settings: bool,
    /// What standard input is called in reports
    #[arg(long, value_name = "NAME")]
    pub stdin_filename: Option<String>,
    /// Leave nothing out, however much it is; with json, tell passes too
    #[arg(long)]
    pub all: bool,
    /// Show with each finding the rule that asks for it and its clause (full)
    #[arg(long)]
    pub explain: bool,
    /// Only the table of rules and the last lines (full)
    #[arg(long)]
    pub summary: bool,
    /// Only the last line
    #[arg(long, short)]
    pub quiet: bool,
    /// Check again whenever a description, a sidecar or a rule changes, until Ctrl-C ends it; forms full and concise
    #[arg(long, conflicts_with_all = ["write_baseline", "show_settings"])]
    pub watch: bool,
}

/// Reads the name of a form of reports.
fn forms() -> impl TypedValueParser<Value = report::forms::Form> {
    let names = PossibleValuesParser::new(report::forms::Form::ALL.map(report::forms::Form::name));
    names.map(|name| report::forms::Form::named(&name).unwrap_or_default())
}

/// What SARIF has of waived findings.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, ValueEnum)]
pub enum SarifWaived {
    /// They are there, and suppressed.
    #[default]
    Suppress,
    /// They are left out, and counted.
    Omit,
}

/// Where waivers are, besides the paths.
#[derive(Clone, Debug, Default, Args)]
pub struct Waiving {
    /// Read waivers from this file, too; may be repeated
    #[arg(long, value_name = "FILE")]
    pub waivers: Vec<PathBuf>,
}

/// Where the rules are.
#[derive(Clone, Debug, Default, Args)]
pub struct Pack {
    /// Use the rules in this folder instead of those that come with the program
    #[arg(long = "rules", value_name = "DIR")]
    pub folder: Option<PathBuf>,
}

/// The forms by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, ValueEnum)]
pub enum Form {
    /// Excerpts, why, what to do.
    #[default]
    Full,
    /// A line per finding.
    Concise,
    /// For programs.
    Json,
}

impl From<Form> for Format {
    fn from(form: Form) -> Self {
        match form {
            Form::Full => Format::Full,
            Form::Concise => Format::Concise,
            Form::Json => Format::Json,
        }
    }
}

/// `failback test`
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 all cases are as promised, 1 some are not, or with `--mutate` a change is not noticed, \
                        2 the work could not be done, 5 there was no case"
)]
pub struct Test {
    /// Pages, or folders of pages; the pages that come with the program where none is named
    #[arg(value_name = "PATH")]
    pub paths: Vec<PathBuf>,
    /// Make small changes to the rules, one at a time, and list those that no case notices: a comparison, `and` for
    /// `or`, a dropped `not`, a number, a word of a list
    #[arg(long)]
    pub mutate: bool,
    /// Make only so many changes to each pack, spread over its rules and always the same
    #[arg(long, value_name = "N", requires = "mutate", value_parser = clap::builder::RangedU64ValueParser::<usize>::new().range(1..))]
    pub sample: Option<usize>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub pack: Pack,
}

const INIT_HELP: &str = "\
The file says behind each key what may be written there, and leaves out what nobody stated:
`failback ask` asks for it. What is missing here is asked for on a terminal.

  failback init                        # asks, or lists the words that there are
  failback init WORD s1 s2 s3
  failback init WORD $(cat names.txt) -o sites/busan.yaml --now now

Exit codes: 0 written, 2 not: the file is there already, or something is not said";

/// `failback init`
#[derive(Debug, Args)]
#[command(after_help = INIT_HELP)]
pub struct Init {
    /// The word by which rules are chosen; left out where there are rules of one kind only
    #[arg(value_name = "WORD")]
    pub word: Option<String>,
    /// Ids of what is judged, each one a unit of readiness
    #[arg(value_name = "ID", value_delimiter = ',')]
    pub units: Vec<String>,
    /// The file to write, which must not be there yet; `-` is standard output
    #[arg(long, short, value_name = "FILE", default_value = "site.yaml")]
    pub output: PathBuf,
    /// The name of the environment; that of the file where it is not given
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// When the facts are collected (RFC 3339, or `now` for the present)
    #[arg(long, value_name = "TIME", visible_alias = "now")]
    pub as_of: Option<String>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub pack: Pack,
}

/// `failback explain`
#[derive(Debug, Args)]
pub struct Explain {
    /// Id of a rule or clause, name of a remedy, a type or a key of descriptions (`Server`, `Server.state`, `state`),
    /// a pattern of ids (`MT-*`), or an error number of the service
    #[arg(value_name = "ID")]
    pub id: String,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub pack: Pack,
}

/// `failback rules`
#[derive(Debug, Args)]
pub struct Rules {
    /// Show which rules check which clause, and which cases test them; exit code 1 where something is missing
    #[arg(long)]
    pub trace: bool,
    /// Print a catalogue in Markdown, with what each rule is for and how it is mended; its links lead from a folder
    /// beside that of the rules, such as `docs`
    #[arg(long, conflicts_with = "trace")]
    pub markdown: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub pack: Pack,
}

/// `failback schema`
#[derive(Debug, Args)]
#[command(
    after_help = "Put `# yaml-language-server: $schema=PATH` on top of a description to have it completed and \
                        checked while you type."
)]
pub struct Schema {
    /// Only for descriptions that this pack judges; for all of them where none is named
    #[arg(long = "pack", value_name = "NAME")]
    pub name: Option<String>,
    /// Print the same for people, in Markdown, with the questions and the rules that read each fact
    #[arg(long)]
    pub markdown: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub pack: Pack,
}

/// `failback lint`
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 nothing to say but notes, 1 errors or warnings, 2 the work could not be done"
)]
pub struct Lint {
    /// Folders with rules, each a pack; the rules that come with the program where none is named
    #[arg(value_name = "DIR")]
    pub folders: Vec<PathBuf>,
    /// A line per diagnostic
    #[arg(long)]
    pub concise: bool,
    /// Show notes, too
    #[arg(long)]
    pub all: bool,
}

/// `failback fmt`
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 done, 1 with --check: a file has another layout, 2 the work could not be done, \
                        5 there was no rule file"
)]
pub struct Fmt {
    /// Rule files and folders of them; `-` reads standard input and writes standard output
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,
    /// Change nothing; name the files that would change
    #[arg(long)]
    pub check: bool,
}

/// `failback completions`
#[derive(Debug, Args)]
pub struct Completions {
    /// The shell
    #[arg(value_name = "SHELL")]
    pub shell: clap_complete::Shell,
}

/// `failback man`
#[derive(Debug, Args)]
pub struct Man {
    /// The command; the program as a whole where none is named
    #[arg(value_name = "COMMAND")]
    pub command: Option<String>,
}

const LSP_HELP: &str = "\
Editors start it; it speaks the Language Server Protocol on standard input and output.
  VS Code  the extension in editors/vscode
  Neovim   vim.lsp.config('failback', { cmd = {'failback', 'lsp'}, filetypes = {'gate', 'yaml'} })
           vim.lsp.enable('failback')
  Emacs    (add-to-list 'eglot-server-programs '((gate-mode yaml-mode) . (\"failback\" \"lsp\")))
  Helix    [language-server.failback] command = \"failback\", args = [\"lsp\"]
docs/editors.md has the rest.";

/// `failback lsp`
#[derive(Debug, Args)]
#[command(after_help = LSP_HELP)]
pub struct Lsp {
    /// Folder with the rules to judge by; the shipped ones where none is named
    #[arg(long, value_name = "DIR")]
    pub rules: Option<PathBuf>,
    /// Taken and ignored: some editors add it
    #[arg(long, hide = true)]
    pub stdio: bool,
}
