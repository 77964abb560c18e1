//! The arguments of `failback import`.

use std::path::PathBuf;

use clap::Args;

/// `failback import`
#[derive(Debug, Args)]
#[command(after_help = crate::import::HELP)]
pub struct Import {
    /// Exports: files and folders of them; `-` reads standard input
    #[arg(value_name = "PATH", required = true)]
    pub paths: Vec<PathBuf>,
    /// Write the description to this file, and the origins of its facts to NAME.provenance.json beside it
    #[arg(long, short, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Write the output anew even where a person may have changed it
    #[arg(long, requires = "output")]
    pub force: bool,
    /// Bring this description up to date; what a person wrote stays
    #[arg(long, value_name = "FILE", conflicts_with_all = ["output", "provenance", "comments"])]
    pub into: Option<PathBuf>,
    /// With --into: only show what would change
    #[arg(long, requires = "into")]
    pub dry_run: bool,
    /// Put the origin behind every fact, as a comment for readers
    #[arg(long)]
    pub comments: bool,
    /// When the exports were made (RFC 3339), instead of the newest time found in them
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<String>,
    /// Name of the environment, instead of the one in the exports
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Write the origins of all facts to this file
    #[arg(long, value_name = "FILE")]
    pub provenance: Option<PathBuf>,
}
