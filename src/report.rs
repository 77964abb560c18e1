//! What a run has to tell, in a form for someone.
//!
//! Owns the choice of the form. [`explain`] turns findings into diagnostics, which are data; each printer turns
//! diagnostics into text. Printers compute nothing: no form finds more or less than another.

pub mod sanitise;
pub mod wire;
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
pub mod json;
pub mod summary;
pub mod runbook;
pub mod questions;
pub mod assumed;
pub mod times;

use crate::report::human::Printer;
use crate::report::layout::Look;
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
    match format {
        Format::Json => json::render(report, look.all),
        Format::Full | Format::Concise => {
            let mut out = String::new();
            let printer = Printer::new(report.sources, look);
            let print = |out: &mut String, diagnostic: &_| match format {
                _ if look.quiet => {}
                Format::Concise => concise::line(out, report.sources, diagnostic),
                _ => printer.print(out, diagnostic),
            };
            let errors = |out: &mut String, errors: &[_]| match format == Format::Full && !look.all
            {
                true => {
                    fold::fold(errors, report.sources).iter().for_each(|error| print(out, error))
                }
                false => errors.iter().for_each(|error| print(out, error)),
            };
            errors(&mut out, &report.errors);
            for environment in &report.environments {
                errors(&mut out, &environment.errors);
                if !look.quiet {
                    let mut explainer = explain::Explainer::new(environment, format, look.all);
                    explainer.tell(&mut |diagnostic| print(&mut out, diagnostic));
                }
                summary::environment(&mut out, environment, look, format);
            }
            summary::whole(&mut out, report, look);
            out
        }
    }
}
