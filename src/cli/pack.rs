//! Packs as commands about rules need them: compiled, with their manual pages.

use std::fs;
use std::path::Path;

use walkdir::WalkDir;

use crate::cli::args;
use crate::cli::{Output, check};
use crate::language::ast::{Text, TextPart};
use crate::packs;
use crate::session::rules::{self, Loaded};
use crate::source::{Sources, Span};
use crate::spec::page::Page;

/// A pack and its pages.
pub struct Pack {
    /// The compiled rules.
    pub loaded: Loaded,
    /// The manual pages.
    pub pages: Vec<Page>,
}

/// Loads the packs that were asked for, and hands them on.
pub fn with(arguments: &args::Pack, then: impl FnOnce(&Sources, &[Pack]) -> Output) -> Output {
    let folder = arguments.folder.as_deref();
    let inputs = check::inputs(folder);
    if let Some(problem) = inputs.problems.first() {
        return Output::broken(&problem.message, problem.help.as_deref());
    }
    let mut loaded = Vec::new();
    for pack in &inputs.packs {
        let pages = match folder {
            None => shipped_pages(&pack.name),
            Some(folder) => match pages(folder) {
                Ok(pages) => pages,
                Err(output) => return output,
            },
        };
        loaded.push(Pack { loaded: rules::load(&inputs.sources, pack), pages });
    }
    then(&inputs.sources, &loaded)
}

fn shipped_pages(name: &str) -> Vec<Page> {
    packs::shipped()
        .filter(|pack| pack.name == name)
        .flat_map(|pack| {
            pack.pages().map(|(name, text)| Page::parse(name, text)).collect::<Vec<_>>()
        })
        .collect()
}

/// All pages of a folder, or one page.
pub fn pages(path: &Path) -> Result<Vec<Page>, Output> {
    let mut pages = Vec::new();
    for entry in WalkDir::new(path).sort_by_file_name() {
        let entry = entry.map_err(|error| {
            Output::broken(format!("cannot read `{}`: {error}", path.display()), None)
        })?;
        let is_page = entry.path().extension().is_some_and(|ending| ending == "md");
        if entry.file_type().is_file() && (is_page || entry.depth() == 0) {
            pages.push(page(entry.path())?);
        }
    }
    Ok(pages)
}

/// One page.
pub fn page(path: &Path) -> Result<Page, Output> {
    let text = fs::read_to_string(path).map_err(|error| {
        Output::broken(format!("cannot read `{}`: {error}", path.display()), None)
    })?;
    let name = path.display().to_string();
    Ok(Page::parse(name.strip_prefix("./").unwrap_or(&name), &text))
}

/// A text with the expressions in it as they were written.
pub fn written(sources: &Sources, text: &Text) -> String {
    let parts = text.parts.iter().map(|part| match part {
        TextPart::Literal(text) => text.clone(),
        TextPart::Expr(expr) => format!("{{{}}}", on_one_line(sources, expr.span)),
    });
    parts.collect()
}

/// A piece of a rule file on one line.
pub fn on_one_line(sources: &Sources, span: Span) -> String {
    sources.slice(span).split_whitespace().collect::<Vec<_>>().join(" ")
}
