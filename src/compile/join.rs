//! Several packs as one text.
//!
//! Owns what `uses`, `without`, `extend` and `needed` mean: the declarations of a pack and of all packs that it uses
//! become one list, as if they stood in one pack. What is compiled knows nothing of packs but its own; names declared
//! twice are found there, like those of one pack.

use std::collections::BTreeSet;

use crate::compile::join::order::in_order;
use crate::diagnostic::{Diagnostic, Diagnostics, nearest};
use crate::language::ast::{self, ItemKind};
use crate::source::{Sources, Span};

mod needed;
mod order;

/// One text made of several packs.
#[derive(Debug, Default)]
pub struct Joined {
    /// The declarations, file by file; a file comes up several times where others stand between its declarations.
    pub files: Vec<ast::File>,
    /// Whether the pack is there for others and judges nothing by itself: the place that says so.
    pub shared: Option<Span>,
    /// What is left out, and where that is said.
    left: Vec<(String, Span)>,
}

/// One pack of those that are joined.
struct Part {
    name: String,
    files: Vec<ast::File>,
    pack: Option<ast::pack::Pack>,
    /// The parts that it uses, and those that they use.
    reaches: BTreeSet<usize>,
}

impl Part {
    fn items(&self) -> impl Iterator<Item = &ast::Item> {
        self.files.iter().flat_map(|file| &file.items)
    }
}

/// A declaration that is left out.
struct LeftOut<'p> {
    item: ast::Item,
    told: &'p ast::pack::Without,
}

/// Joins the files of a pack, which come first, with those of each pack that it uses.
pub fn join(
    sources: &Sources,
    parts: Vec<Vec<ast::File>>,
    diagnostics: &mut Diagnostics,
) -> Joined {
    let mut parts = with_names(parts);
    let packs: Vec<Option<ast::pack::Pack>> =
        parts.iter_mut().map(|part| part.pack.take()).collect();
    let shared = packs.first().and_then(Option::as_ref).and_then(|pack| pack.shared);
    if let Some(pack) = packs.first().and_then(Option::as_ref) {
        unused(sources, &parts, pack, diagnostics);
    }
    let left = leave_out(&mut parts, &packs, diagnostics);
    needed::check_replaced(&mut parts, &left, diagnostics);
    needed::fill(&mut parts, &packs, diagnostics);
    notes_for_left_out(&mut parts, &left);
    let mut files: Vec<ast::File> = Vec::new();
    let is_joined = parts.len() > 1;
    for (at, mut part) in parts.into_iter().enumerate() {
        for file in &mut part.files {
            file.used = at > 0 || shared.is_some();
            // A pack that is used is one no more.
            file.items.retain(|item| at == 0 || !matches!(item.kind, ItemKind::Pack(_)));
        }
        files.append(&mut part.files);
    }
    extend(&mut files, diagnostics);
    let files = if is_joined { in_order(sources, files) } else { files };
    let left = left.iter().map(|one| (one.told.name.value.clone(), one.told.span)).collect();
    Joined { files, shared, left }
}

impl Joined {
    /// The names that are left out.
    pub fn left(&self) -> impl Iterator<Item = &str> {
        self.left.iter().map(|(name, _)| name.as_str())
    }

    /// Tells those who name what is left out that it is.
    pub fn explain(&self, diagnostics: &mut [Diagnostic]) {
        for told in diagnostics.iter_mut().filter(|told| told.code == "unknown-name") {
            let is_named = |name: &str| told.message.ends_with(&format!("`{name}`"));
            if let Some((name, span)) = self.left.iter().find(|(name, _)| is_named(name)) {
                told.labels.push(crate::diagnostic::Label {
                    span: *span,
                    message: "left out here".to_owned(),
                });
                told.help = Some(format!(
                    "declare a `{name}` of your own in its place, or leave out what names it, too"
                ));
            }
        }
    }
}

fn with_names(parts: Vec<Vec<ast::File>>) -> Vec<Part> {
    let mut parts: Vec<Part> = parts
        .into_iter()
        .map(|files| {
            let items = files.iter().flat_map(|file| &file.items);
            let pack = items
                .filter_map(|item| match &item.kind {
                    ItemKind::Pack(pack) => Some(pack.clone()),
                    _ => None,
                })
                .next();
            let name = pack.as_ref().map(|pack| pack.name.value.clone()).unwrap_or_default();
            Part { name, files, pack, reaches: BTreeSet::new() }
        })
        .collect();
    // Each pack that is used stands behind those that it uses, and the first pack uses all.
    let count = parts.len();
    for at in (1..count).chain([0]).filter(|at| *at < count) {
        let uses = parts[at].pack.iter().flat_map(|pack| &pack.uses);
        let direct: Vec<usize> = uses
            .filter_map(|used| (1..count).find(|other| parts[*other].name == used.name.value))
            .filter(|other| *other != at)
            .collect();
        let all = direct.iter().flat_map(|other| parts[*other].reaches.iter().copied());
        let all: BTreeSet<usize> = all.chain(direct.iter().copied()).collect();
        parts[at].reaches = all;
    }
    parts
}

/// The name by which `without` can name a declaration.
fn name_of(item: &ast::Item) -> Option<&ast::Name> {
    match &item.kind {
        ItemKind::Rule(rule) => Some(&rule.id),
        ItemKind::Remedy(remedy) => Some(&remedy.name),
        ItemKind::Define(define) => Some(&define.name),
        _ => None,
    }
}

/// Takes away what the packs leave out of those that they use.
fn leave_out<'p>(
    parts: &mut [Part],
    packs: &'p [Option<ast::pack::Pack>],
    diagnostics: &mut Diagnostics,
) -> Vec<LeftOut<'p>> {
    let mut left: Vec<LeftOut<'p>> = Vec::new();
    for (at, pack) in packs.iter().enumerate() {
        let Some(pack) = pack else { continue };
        for told in &pack.without {
            let mut is_any = false;
            for other in parts[at].reaches.clone() {
                for file in &mut parts[other].files {
                    let (gone, kept) =
                        std::mem::take(&mut file.items).into_iter().partition(|item| {
                            name_of(item).is_some_and(|name| name.value == told.name.value)
                        });
                    file.items = kept;
                    is_any |= !Vec::is_empty(&gone);
                    left.extend(gone.into_iter().map(|item| LeftOut { item, told }));
                }
            }
            // Another pack may have left it out already.
            is_any |= left.iter().any(|one| one.told.name.value == told.name.value);
            if !is_any {
                let message = format!("no pack that is used declares `{}`", told.name.value);
                let reaches = parts[at].reaches.iter();
                let known = reaches.flat_map(|other| parts[*other].items()).filter_map(name_of);
                let name = &told.name;
                let near = nearest(&name.value, known.map(|name| name.value.as_str()));
                let told = Diagnostic::warning("unused-without", message, name.span)
                    .help("nothing is left out: remove this");
                diagnostics.push(told.meant(&name.value, near));
            }
        }
    }
    left
}

/// A clause that only rules cite which are left out needs none: the reason is that of leaving them out.
fn notes_for_left_out(parts: &mut [Part], left: &[LeftOut<'_>]) {
    let cites = |item: &ast::Item, clause: &str| matches!(&item.kind, ItemKind::Rule(rule) if rule.clauses.iter().any(|name| name.value == clause));
    let cited: BTreeSet<String> = parts
        .iter()
        .flat_map(Part::items)
        .filter_map(|item| match &item.kind {
            ItemKind::Rule(rule) => Some(rule.clauses.iter().map(|name| name.value.clone())),
            _ => None,
        })
        .flatten()
        .collect();
    for item in parts.iter_mut().flat_map(|part| &mut part.files).flat_map(|file| &mut file.items) {
        let ItemKind::Document(document) = &mut item.kind else { continue };
        for clause in &mut document.clauses {
            if clause.note.is_some() || cited.contains(&clause.id.value) {
                continue;
            }
            let gone = left.iter().find(|one| cites(&one.item, &clause.id.value));
            clause.note = gone.map(|one| ast::ClauseNote {
                span: one.told.span,
                reason: Some(one.told.reason.clone()),
            });
        }
    }
}

/// Adds the further fields of types to their declarations.
fn extend(files: &mut [ast::File], diagnostics: &mut Diagnostics) {
    let mut extensions: Vec<(ast::Extend, bool)> = Vec::new();
    for file in files.iter_mut() {
        file.items.retain_mut(|item| {
            let broken = item.broken;
            let ItemKind::Extend(extend) = &mut item.kind else { return true };
            let fields = std::mem::take(&mut extend.decl.fields);
            extensions.push((
                ast::Extend {
                    kind: extend.kind.clone(),
                    decl: ast::TypeDecl { fields, ..extend.decl.clone() },
                },
                broken,
            ));
            false
        });
    }
    for (extend, broken) in extensions {
        let name = extend.decl.name.clone();
        let mut items = files.iter_mut().flat_map(|file| &mut file.items);
        let found = items.find_map(|item| {
            let (kind, decl) = match &mut item.kind {
                ItemKind::Environment(decl) => ("environment", decl),
                ItemKind::Entity(decl) => ("entity", decl),
                ItemKind::Record(decl) => ("record", decl),
                _ => return None,
            };
            (decl.name.value == name.value).then_some((kind, decl, &mut item.broken))
        });
        match found {
            Some((kind, decl, is_broken)) if kind == extend.kind.value => {
                *is_broken |= broken;
                decl.fields.extend(extend.decl.fields);
            }
            Some((kind, decl, _)) => {
                let article = if kind == "record" { "a" } else { "an" };
                let message = format!("`{}` is {article} {kind}", name.value);
                let told = Diagnostic::error("unknown-type", message, extend.kind.span);
                let told = told.label(decl.name.span, "declared here");
                diagnostics.push(told.help(format!("write `extend {kind} {}`", name.value)));
            }
            // A name that could not be read is told already.
            None if name.value.is_empty() => {}
            None => {
                let (message, near) = match extend.kind.value.as_str() {
                    "environment" => ("there is no environment to extend".to_owned(), None),
                    kind => {
                        let near = nearest(&name.value, type_names(files, kind));
                        (format!("there is no {kind} `{}` to extend", name.value), near)
                    }
                };
                let told = Diagnostic::error("unknown-type", message, name.span)
                    .help("declare it: leave out `extend`");
                diagnostics.push(told.meant(&name.value, near));
            }
        }
    }
}

fn type_names<'f>(files: &'f [ast::File], kind: &'f str) -> impl Iterator<Item = &'f str> {
    let items = files.iter().flat_map(|file| &file.items);
    items.filter_map(move |item| match (&item.kind, kind) {
        (ItemKind::Entity(decl), "entity") | (ItemKind::Record(decl), "record") => {
            Some(decl.name.value.as_str())
        }
        _ => None,
    })
}

/// Reports the packs of which the first one uses nothing: they judge nothing, and no name of them is written.
fn unused(
    sources: &Sources,
    parts: &[Part],
    pack: &ast::pack::Pack,
    diagnostics: &mut Diagnostics,
) {
    let mut written: Option<BTreeSet<&str>> = None;
    for used in &pack.uses {
        let Some(at) = (1..parts.len()).find(|at| parts[*at].name == used.name.value) else {
            continue;
        };
        let all = parts[at].reaches.iter().copied().chain([at]);
        let items: Vec<&ast::Item> = all.flat_map(|at| parts[at].items()).collect();
        let judges = |item: &&&ast::Item| match &item.kind {
            ItemKind::Rule(_) | ItemKind::Unit(_) | ItemKind::Document(_) => true,
            ItemKind::Environment(decl) => !decl.fields.is_empty(),
            _ => false,
        };
        if items.iter().any(|item| judges(&item)) {
            continue;
        }
        let written = written.get_or_insert_with(|| words(sources, &parts[0]));
        let names = items.iter().filter_map(|item| match &item.kind {
            ItemKind::Entity(decl) | ItemKind::Record(decl) => Some(&decl.name),
            ItemKind::Extend(extend) => Some(&extend.decl.name),
            ItemKind::Role(role) => Some(&role.name),
            _ => name_of(item),
        });
        if !names.map(|name| name.value.as_str()).any(|name| written.contains(name)) {
            let message = format!("nothing of `{}` is used", used.name.value);
            let told = Diagnostic::warning("unused-uses", message, used.name.span);
            diagnostics.push(told.help("remove this"));
        }
    }
}

/// All words of a pack, in texts, too, without its comments and its head.
fn words<'s>(sources: &'s Sources, part: &Part) -> BTreeSet<&'s str> {
    let items = part.items().filter(|item| !matches!(item.kind, ItemKind::Pack(_)));
    items
        .flat_map(|item| {
            let file = part.files.iter().find(|file| file.file == item.span.file);
            let comments = file.into_iter().flat_map(|file| &file.comments);
            let inside = comments.filter(|comment| {
                item.span.start <= comment.span.start && comment.span.end <= item.span.end
            });
            let mut from = item.span.start;
            let mut pieces = Vec::new();
            for comment in inside {
                pieces.push(Span { start: from, end: comment.span.start, ..item.span });
                from = comment.span.end;
            }
            pieces.push(Span { start: from, ..item.span });
            pieces
        })
        .flat_map(|piece| sources.slice(piece).split(|char: char| !char.is_alphanumeric()))
        .collect()
}
