//! Turns what administrators export into described environments, every fact with its origin.
//!
//! The only part of the program that knows the exporters' formats and the words of the domain. Knows nothing of rules: it
//! yields descriptions, which are checked like those a person wrote.
//!
//! The way of a fact: [`schedule`] has files read side by side, [`read`] finds out what a file is, [`recognise`] or [`tables`] what an element is, a mapper makes a
//! row of it, [`store`] settles what several sources state, [`link`] joins rows into entities, [`mod@write`] writes them.

pub mod model;
pub mod shape;
pub mod coerce;
pub mod element;
pub mod view;
pub mod store;
pub mod decode;
pub mod clean;
pub mod from_yaml;
pub mod json;
pub mod arm;
pub mod azure;
pub mod govc;
pub mod site;
pub mod recognise;
pub mod tables;
pub mod workbook;
pub mod delimited;
pub mod watch;
pub mod input;
pub mod read;
pub mod schedule;
pub mod link;
pub mod write;
pub mod report;
pub mod update;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::import::model::Environment;
use crate::import::read::{Content, Input, Limits};
use crate::import::report::Report;
use crate::import::store::Store;
use crate::import::watch::Watch;

/// What an import takes, for the help of the command.
pub const HELP: &str = "\
Exit codes:
  0  everything was used, or is out of scope
  2  something was refused (the rest is imported), or the work could not be done

What a file is, is found by its content. Site Recovery JSON (REST, az, PowerShell), Resource Graph, VMs,
RVTools workbooks and CSV, govc JSON and archives of them may be mixed.

Examples:
  failback import exports/ | failback check -
  failback import exports/ -o site.yaml
  failback import exports/ --into site.yaml --dry-run";

/// How to import.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// When the exports were made, in microseconds since 1970; found in the files where it is not given.
    pub as_of: Option<i64>,
    /// The name of the environment; the vault's where it is not given.
    pub name: Option<String>,
    /// What it may cost.
    pub limits: Limits,
    /// Is told how far the import is.
    pub watch: Arc<Watch>,
}

/// What came of it.
#[derive(Debug)]
pub struct Imported {
    /// One environment per vault and architecture.
    pub environments: Vec<Environment>,
    /// What was used, what is known, what to export next.
    pub report: Report,
    /// What went wrong and what is worth knowing. Files stand in the messages, as they are no texts of this run.
    pub diagnostics: Diagnostics,
}

impl Imported {
    /// All environments as one YAML stream.
    pub fn yaml(&self, comments: bool) -> String {
        let documents: Vec<String> = self
            .environments
            .iter()
            .map(|environment| write::yaml(environment, comments))
            .collect();
        documents.join("---\n")
    }

    /// Origins of all facts, as the sidecar tells them.
    pub fn provenance(&self) -> serde_json::Value {
        write::provenance(&self.environments)
    }
}

/// An input that is a file on disk; it is read when its turn comes.
pub fn file(path: impl Into<PathBuf>) -> Input {
    let path = path.into();
    Input { name: path.display().to_string(), content: Content::Path(path) }
}

/// An input that is in memory.
pub fn bytes(name: impl Into<String>, bytes: impl Into<Vec<u8>>) -> Input {
    Input { name: name.into(), content: Content::Bytes(bytes.into().into()) }
}

/// Imports everything handed in. Whatever cannot be used is told; the rest is used.
pub fn import(inputs: impl IntoIterator<Item = Input>, options: &Options) -> Imported {
    let mut store = Store::default();
    let watch = &options.watch;
    schedule::read(&mut store, inputs.into_iter().collect(), options.limits, watch);
    watch.now("joining what was read");
    store.settle();
    let (environments, told) = link::link(&store, options.name.as_deref(), options.as_of);
    let report = report::report(&store, &environments);
    let mut diagnostics = std::mem::take(&mut store.diagnostics);
    diagnostics.append(told);
    for thing in &report.outside {
        diagnostics.push(
            Diagnostic::new(Severity::Note, "out-of-scope", format!("`{}` is {}, which is out of scope", thing.name, thing.what))
                .note("at", thing.place.trim())
                .help("only machines that replicate between VMware or physical servers and Azure are judged"),
        );
    }
    if environments.is_empty() && report.outside.is_empty() && !diagnostics.has_errors() {
        diagnostics.push(
            Diagnostic::new(
                Severity::Warning,
                "no-environment",
                "nothing handed in describes a vault or VMware",
            )
            .help("hand in fabrics and protected items of the vault"),
        );
    }
    let diagnostics = thinned(diagnostics);
    Imported { environments, report, diagnostics }
}

/// Diagnostics of one code that are shown one by one.
const SHOWN: usize = 25;

/// Ten thousand notes of one kind hide the one that matters: all errors stay, and of every other code the first few.
fn thinned(all: Diagnostics) -> Diagnostics {
    let mut counts: BTreeMap<(String, Severity), usize> = BTreeMap::new();
    let mut kept = Diagnostics::default();
    for diagnostic in all.iter() {
        let count = counts.entry((diagnostic.code.clone(), diagnostic.severity)).or_default();
        *count += 1;
        if *count <= SHOWN || diagnostic.severity == Severity::Error {
            kept.push(diagnostic.clone());
        }
    }
    for ((code, severity), count) in counts {
        if count > SHOWN && severity != Severity::Error {
            let more = count - SHOWN;
            kept.push(Diagnostic::new(
                severity,
                code.clone(),
                format!("{more} more of the kind `{code}` are not shown"),
            ));
        }
    }
    kept
}
