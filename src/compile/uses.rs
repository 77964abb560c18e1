//! Which packs a pack uses, and those again.
//!
//! Owns the way from `uses` to files: each pack once however it is reached, those that others use before them, no circle.
//! Where a pack is found is known to the [`Library`] that is handed in, so that this reads no file.

use crate::diagnostic::Diagnostic;
use crate::language::{self, ast};
use crate::source::{FileId, Sources, Span};

/// Where the packs are that others use.
pub trait Library {
    /// What tells one place of a pack from another.
    type Home: Clone + PartialEq;

    /// Finds a pack that one at a place uses; what is wrong is told without a place.
    fn find(
        &mut self,
        sources: &mut Sources,
        home: &Self::Home,
        wanted: &ast::pack::Use,
    ) -> Result<Found<Self::Home>, Box<Diagnostic>>;
}

/// A pack that was found.
#[derive(Clone, Debug)]
pub struct Found<H> {
    /// Where it is.
    pub home: H,
    /// Its files.
    pub files: Vec<FileId>,
}

/// The name of the pack that a text declares, found without reading the text as rules.
pub fn declared(text: &str) -> Option<&str> {
    let mut heads = text.lines().filter_map(|line| line.strip_prefix("pack "));
    heads.find_map(|rest| rest.split([' ', '"']).find(|word| !word.is_empty()))
}

/// What a pack uses.
#[derive(Clone, Debug)]
pub struct Resolved<H> {
    /// The packs, each behind those that it uses itself.
    pub used: Vec<Found<H>>,
    /// What is wrong, by place.
    pub problems: Vec<Diagnostic>,
}

/// Finds all that the pack with these files uses.
pub fn resolve<L: Library>(
    library: &mut L,
    sources: &mut Sources,
    home: L::Home,
    files: &[FileId],
) -> Resolved<L::Home> {
    let mut search =
        Search { library, sources, known: Vec::new(), used: Vec::new(), problems: Vec::new() };
    search.visit(&home, files, &mut Vec::new());
    Resolved { used: search.used, problems: search.problems }
}

struct Search<'s, L: Library> {
    library: &'s mut L,
    sources: &'s mut Sources,
    /// The name by which each pack was reached first, where, and its place.
    known: Vec<(String, Span, L::Home)>,
    used: Vec<Found<L::Home>>,
    problems: Vec<Diagnostic>,
}

impl<L: Library> Search<'_, L> {
    /// Goes through what a pack uses; the path leads from the first pack to it.
    fn visit(&mut self, home: &L::Home, files: &[FileId], path: &mut Vec<(String, L::Home)>) {
        let sources = &*self.sources;
        let pack = files.iter().find_map(|file| language::parse_pack(sources, *file));
        let Some(pack) = pack else { return };
        path.push((pack.name.value.clone(), home.clone()));
        for wanted in &pack.uses {
            match self.library.find(self.sources, home, wanted) {
                Ok(found) => self.found(wanted, found, path),
                Err(mut problem) => {
                    let place = wanted.from.as_ref().unwrap_or(&wanted.name).span;
                    problem.labels.insert(
                        0,
                        crate::diagnostic::Label { span: place, message: String::new() },
                    );
                    self.problems.push(*problem);
                }
            }
        }
        path.pop();
    }

    fn found(
        &mut self,
        wanted: &ast::pack::Use,
        found: Found<L::Home>,
        path: &mut Vec<(String, L::Home)>,
    ) {
        let name = &wanted.name;
        if let Some(start) = path.iter().position(|(_, home)| *home == found.home) {
            let circle = path[start..].iter().map(|(name, _)| name.as_str());
            let circle: Vec<&str> = circle.chain([path[start].0.as_str()]).collect();
            let message = format!("`{}` uses itself: {}", path[start].0, circle.join(" -> "));
            let help = "put what both need into a pack of its own that each of them uses";
            self.problems.push(Diagnostic::error("uses-cycle", message, name.span).help(help));
            return;
        }
        let sources = &*self.sources;
        let pack = found.files.iter().find_map(|file| language::parse_pack(sources, *file));
        let called = pack.as_ref().map(|pack| &pack.name);
        if called.is_none_or(|called| called.value != name.value) {
            let message = format!("there is no pack `{}` there", name.value);
            let told = Diagnostic::error("unknown-pack", message, name.span);
            self.problems.push(match called {
                Some(called) => told
                    .label(called.span, "the pack there is called so")
                    .help(format!("write `uses {}`", called.value)),
                None => told.help(format!(
                    "declare it in one of its files: `pack {} \"…\" shared`",
                    name.value
                )),
            });
            return;
        }
        match self.known.iter().find(|(known, ..)| *known == name.value) {
            Some((_, _, home)) if *home == found.home => return,
            Some((_, first, _)) => {
                let message = format!("two packs are called `{}`", name.value);
                let told = Diagnostic::error("duplicate-declaration", message, name.span);
                let help = "use one of them only, or give one another name";
                self.problems.push(told.label(*first, "another one here").help(help));
                return;
            }
            None => self.known.push((name.value.clone(), name.span, found.home.clone())),
        }
        self.visit(&found.home, &found.files, path);
        self.used.push(found);
    }
}
