//! Packs as commands about rules need them: compiled, with their manual pages.

use std::fs;
use std::path::Path;

use walkdir::WalkDir;

use crate::cli::args;
use crate::cli::{Output, check};
use crate::language::ast::{Text, TextPart};
use crate::packs;
use crate::session::PackFiles;
use crate::session::library::Home;
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
        let own = match folder {
            None => Ok(packs::find(&pack.name).map(shipped_pages).unwrap_or_default()),
            Some(folder) => pages(folder),
        };
        let pages = own.and_then(|own| Ok([own, used_pages(pack)?].concat()));
        match pages {
            Ok(pages) => loaded.push(Pack { loaded: rules::load(&inputs.sources, pack), pages }),
            Err(output) => return output,
        }
    }
    then(&inputs.sources, &loaded)
}

/// The pages of a shipped pack.
pub fn shipped_pages(pack: packs::Pack) -> Vec<Page> {
    pack.pages().map(|(name, text)| Page::parse(name, text)).collect()
}

/// The pages of the packs that a pack uses.
pub fn used_pages(pack: &PackFiles) -> Result<Vec<Page>, Output> {
    let mut found = Vec::new();
    for used in &pack.used {
        match &used.home {
            Home::Shipped(name) => {
                found.extend(packs::find(name).into_iter().flat_map(shipped_pages))
            }
            Home::Folder(shown, _) => found.append(&mut pages(shown)?),
        }
    }
    Ok(found)
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
