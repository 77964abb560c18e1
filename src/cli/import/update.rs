//! `failback import --into`: a description brought up to date.

use std::path::Path;

use crate::cli::Output;
use crate::import::Imported;

/// Brings a description up to date.
pub fn update(_imported: &Imported, _path: &Path, _dry_run: bool) -> Output {
    Output::broken("not yet", None)
}
