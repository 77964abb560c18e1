//! The arguments of `failback waiver`.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::cli::args::{Pack, Waiving};

/// `failback waiver`
#[derive(Debug, Args)]
#[command(subcommand_required = true)]
pub struct Waiver {
    /// What to do
    #[command(subcommand)]
    pub command: Command,
}

/// What is done with waivers.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Prints the waiver of a failure, with its facts and units filled in
    New(New),
    /// Lists all waivers with their states
    List(List),
    /// Lists those that are expired, lapsed, refused or unused
    Check(List),
    /// Prints a waiver anew, with the facts and units of now, to be approved again
    Renew(Renew),
}

/// What is read.
#[derive(Clone, Debug, Default, Args)]
pub struct Input {
    /// Files and folders that hold descriptions and waivers
    #[arg(value_name = "PATH", default_value = ".")]
    pub paths: Vec<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub pack: Pack,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub waiving: Waiving,
    /// Judge as if it were this time (RFC 3339, or `now` for the present), instead of `asOf` of the description
    #[arg(long, value_name = "TIME", visible_alias = "at")]
    pub now: Option<String>,
}

/// `failback waiver new`
#[derive(Debug, Args)]
#[command(
    after_help = "The waiver is granted at the time of the run. Exit codes: 0 it is printed, 2 the work could not be \
                        done, or this may not be waived"
)]
pub struct New {
    /// The id of the finding, as every report names it: `SRV-001:servers/s1`
    #[arg(value_name = "FINDING-ID")]
    pub finding: String,
    /// Why the failure is accepted
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
    /// Who asks for it and answers for it
    #[arg(long, value_name = "NAME")]
    pub owner: String,
    /// Who allows it, which is somebody else
    #[arg(long, value_name = "NAME")]
    pub approver: String,
    /// When it ends (RFC 3339, with the zone)
    #[arg(long, value_name = "TIME")]
    pub until: String,
    /// Its id; the next one of the year where none is given
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// Add it to this file, instead of printing it
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub input: Input,
}

/// `failback waiver list` and `failback waiver check`
#[derive(Debug, Args)]
#[command(
    after_help = "Exit codes: 0 done, 1 with `check`: a waiver is expired, lapsed, refused or unused, 2 the work could \
                        not be done, 5 nothing was described. Descriptions have no clock: `--now now` is the present"
)]
pub struct List {
    #[command(flatten)]
    #[allow(missing_docs)]
    pub input: Input,
    /// Form of the list: full or json
    #[arg(long, value_name = "FORM", default_value = "full", hide_possible_values = true)]
    pub format: Form,
}

/// `failback waiver renew`
#[derive(Debug, Args)]
#[command(
    after_help = "What is not given stays as it was; it lasts as long as before, from the time of the run. Exit codes: \
                        0 it is printed, 2 the work could not be done, or this may not be waived"
)]
pub struct Renew {
    /// The id of the waiver
    #[arg(value_name = "ID")]
    pub id: String,
    /// Why the failure is accepted
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
    /// Who asks for it and answers for it
    #[arg(long, value_name = "NAME")]
    pub owner: Option<String>,
    /// Who allows it, which is somebody else
    #[arg(long, value_name = "NAME")]
    pub approver: Option<String>,
    /// When it ends (RFC 3339, with the zone)
    #[arg(long, value_name = "TIME")]
    pub until: Option<String>,
    /// Put it in place of the old one in its file, instead of printing it
    #[arg(long)]
    pub write: bool,
    #[command(flatten)]
    #[allow(missing_docs)]
    pub input: Input,
}

/// The forms by name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default, ValueEnum)]
pub enum Form {
    /// For people.
    #[default]
    Full,
    /// For programs.
    Json,
}
