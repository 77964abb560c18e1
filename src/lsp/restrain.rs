//! What of a report is told while a line of a description is half-typed.
//!
//! Leaves out what the last text that could be read did not have, so that nothing comes and goes with each letter. Finds
//! nothing itself.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::lsp::files::{Documents, Estate, names};
use crate::lsp::typing::{Known, Reading, list};

/// The code of a text that cannot be read.
const SYNTAX: &str = "yaml-syntax";

/// The open texts of an estate that turned out to be unreadable, of which that was not known.
pub fn unread(report: &Value, estate: &Estate, documents: &Documents) -> Vec<String> {
    let own = list(report, "environments").iter().flat_map(|one| list(one, "documentErrors"));
    let all = list(report, "errors").iter().chain(own);
    let names: BTreeSet<&str> = all
        .filter(|error| error["code"] == SYNTAX)
        .filter_map(|error| error["location"]["file"].as_str())
        .collect();
    let is_unread = |uri: &&String| {
        documents.get(*uri).is_some_and(|document| {
            let is_whole = matches!(document.reading, Reading::Whole);
            is_whole && estate.names_of(document, uri).any(|name| names.contains(name))
        })
    };
    estate.open.iter().filter(is_unread).cloned().collect()
}

/// Leaves out what stands on repaired lines, and what the last text that could be read did not have. Where there was none,
/// only what fails or is pending is told.
pub fn restrain(report: &mut Value, estate: &Estate, documents: &Documents) {
    for uri in &estate.open {
        let Some(document) = documents.get(uri) else { continue };
        let Some(mended) = document.mended() else { continue };
        let files: BTreeSet<&str> = estate.names_of(document, uri).collect();
        let known = document.known.as_deref();
        let here =
            |one: &Value| one["location"]["file"].as_str().is_some_and(|it| files.contains(it));
        let on_line = |one: &Value| here(one) && one["location"]["line"] == mended.line + 1;
        let error = |one: &Value| {
            let said = |known: &Known| {
                let word = |key: &str| one[key].as_str().unwrap_or_default().to_owned();
                known.errors.contains(&(word("code"), word("message")))
            };
            one["code"] == SYNTAX || (!on_line(one) && known.is_none_or(said))
        };
        retain(report, "errors", |one| !here(one) || error(one));
        let described = names(document.judged());
        let environments = report.get_mut("environments").and_then(Value::as_array_mut);
        for environment in environments.into_iter().flatten() {
            if !environment["name"].as_str().is_some_and(|name| described.contains(name)) {
                continue;
            }
            retain(environment, "documentErrors", error);
            retain(environment, "findings", |one| {
                let id = one["id"].as_str().unwrap_or_default();
                let told = match known {
                    Some(known) => known.findings.contains(id),
                    None => one["outcome"] == "fail" || one["outcome"] == "pending",
                };
                told && !on_line(one)
            });
        }
    }
}

fn retain(value: &mut Value, key: &str, keep: impl Fn(&Value) -> bool) {
    if let Some(all) = value.get_mut(key).and_then(Value::as_array_mut) {
        all.retain(keep);
    }
}
