//! What a run has to tell, in a form for someone.
//!
//! Owns the choice of the form. [`explain`] turns findings into diagnostics, which are data; each printer turns
//! diagnostics into text. Printers compute nothing: no form finds more or less than another.

pub mod sanitise;
pub mod wire;
pub mod keys;
pub mod layout;
pub mod placement;
pub mod explain;
pub mod pieces;
pub mod excerpt;
pub mod frame;
pub mod shell;
pub mod human;
pub mod fold;
pub mod concise;
pub mod printers;
pub mod waivers;
pub mod json;
pub mod summary;
pub mod foreign;
pub mod review;
pub mod forms;
pub mod runbook;
pub mod questions;
pub mod ready;
pub mod assumed;
pub mod times;
pub mod table;
pub mod diff;

use std::borrow::Cow;

use crate::diagnostic::Diagnostic;
use crate::report::layout::Look;
use crate::report::printers::Printers;
use crate::session::Report;

/// The forms of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Format {
    /// For people: excerpts, why, what to do.
    #[default]
    Full,
    /// A line per finding.
    Concise,
    /// For programs.
    Json,
}

/// The whole report as text.
pub fn render(report: &Report<'_>, format: Format, look: &Look) -> String {
    if format == Format::Json {
        return json::render(report, look.all);
    }
    let mut out = String::new();
    let mut printers = Printers::new(report.sources, look, format);
    let errors = |printers: &mut Printers<'_>, out: &mut String, errors: &[Diagnostic]| {
        let errors = match format == Format::Full && !look.all {
            true => fold::fold(errors, report.sources),
            false => errors.iter().map(Cow::Borrowed).collect(),
        };
        errors.into_iter().for_each(|error| printers.push(out, error.into_owned()));
    };
    errors(&mut printers, &mut out, &report.errors);
    for environment in &report.environments {
        errors(&mut printers, &mut out, &environment.errors);
        if !look.quiet && !look.table {
            let mut explainer = explain::Explainer::new(environment, format, look);
            explainer.tell(&mut |diagnostic| printers.push(&mut out, diagnostic));
        }
        errors(&mut printers, &mut out, &environment.remarks);
        printers.finish(&mut out);
        summary::environment(&mut out, environment, look, format);
    }
    printers.finish(&mut out);
    summary::whole(&mut out, report, look);
    out
}
