//! The declarations of a file, and what of its text can be folded.

use crate::language::ast::{self, ItemKind, RuleKind};
use crate::lsp::rules::{Pack, head, on_one_line, pieces};
use crate::source::{FileId, Span};

/// A declaration or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// What is said of it beside its name: a title or a type.
    pub detail: String,
    /// What it is.
    pub kind: Kind,
    /// All of it.
    pub span: Span,
    /// Its name in the text.
    pub selection: Span,
    /// What is declared within it.
    pub children: Vec<Entry>,
}

/// What an entry is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A pack.
    Pack,
    /// A document.
    Document,
    /// A clause of a document.
    Clause,
    /// The environment or an entity.
    Entity,
    /// A record.
    Record,
    /// A field.
    Field,
    /// The unit of readiness.
    Unit,
    /// What is supposed of a field.
    Suppose,
    /// A role.
    Role,
    /// A definition.
    Definition,
    /// A rule.
    Rule,
    /// A remedy.
    Remedy,
}

/// The declarations of a file, in the order of the text.
pub fn outline(pack: &Pack<'_>, file: FileId) -> Vec<Entry> {
    let items = pack.tree(file).map(|tree| tree.items.as_slice()).unwrap_or_default();
    let named = items.iter().filter_map(|item| entry(pack, item));
    named.filter(|entry| !entry.name.is_empty()).collect()
}

fn entry(pack: &Pack<'_>, item: &ast::Item) -> Option<Entry> {
    let make = |name: &ast::Name, detail: &str, kind: Kind, children: Vec<Entry>| Entry {
        name: name.value.clone(),
        detail: detail.to_owned(),
        kind,
        span: item.span.to(name.span),
        selection: name.span,
        children,
    };
    let title = |title: &Option<ast::Name>| {
        title.as_ref().map(|title| title.value.clone()).unwrap_or_default()
    };
    Some(match &item.kind {
        ItemKind::Pack(pack) => make(&pack.name, &pack.title.value, Kind::Pack, Vec::new()),
        ItemKind::Document(document) => {
            let clauses = document.clauses.iter().map(|clause| Entry {
                name: clause.id.value.clone(),
                detail: clause.title.value.clone(),
                kind: Kind::Clause,
                span: clause.span.to(clause.id.span),
                selection: clause.id.span,
                children: Vec::new(),
            });
            let clauses = clauses.filter(|clause| !clause.name.is_empty()).collect();
            make(&document.name, &document.title.value, Kind::Document, clauses)
        }
        ItemKind::Environment(decl) | ItemKind::Entity(decl) => {
            make(&decl.name, &title(&decl.title), Kind::Entity, fields(pack, decl))
        }
        ItemKind::Record(decl) => {
            make(&decl.name, &title(&decl.title), Kind::Record, fields(pack, decl))
        }
        ItemKind::Extend(extend) => {
            let decl = &extend.decl;
            make(&decl.name, "extend", Kind::Entity, fields(pack, decl))
        }
        ItemKind::Unit(unit) => make(&unit.entity, "unit", Kind::Unit, Vec::new()),
        ItemKind::Suppose(suppose) => {
            make(&suppose.field, &suppose.title.value, Kind::Suppose, Vec::new())
        }
        ItemKind::Role(role) => make(&role.name, &role.title.value, Kind::Role, Vec::new()),
        ItemKind::Define(define) => {
            let ty = define.ty.as_ref().map(|ty| on_one_line(pack.sources, ty.span));
            let (signature, _) = head(pack.sources, "", &define.params, ty);
            make(&define.name, &signature, Kind::Definition, Vec::new())
        }
        ItemKind::Rule(rule) => make(&rule.id, &rule.title.value, Kind::Rule, Vec::new()),
        ItemKind::Remedy(remedy) => {
            let (signature, _) = head(pack.sources, "", &remedy.params, None);
            make(&remedy.name, &signature, Kind::Remedy, Vec::new())
        }
    })
}

fn fields(pack: &Pack<'_>, decl: &ast::TypeDecl) -> Vec<Entry> {
    let fields = decl.fields.iter().filter(|field| !field.name.value.is_empty());
    let entry = |field: &ast::Field| Entry {
        name: field.name.value.clone(),
        detail: on_one_line(pack.sources, field.ty.span),
        kind: Kind::Field,
        span: field.span.to(field.name.span),
        selection: field.name.span,
        children: Vec::new(),
    };
    fields.map(entry).collect()
}

/// The word that opens a rule of this kind.
pub fn word(kind: RuleKind) -> &'static str {
    match kind {
        RuleKind::Prerequisite => "prerequisite",
        RuleKind::Unsupported => "unsupported",
        RuleKind::Advisory => "advisory",
    }
}

/// What can be folded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fold {
    /// From the first line of it to the last.
    pub span: Span,
    /// Whether it is a block of comments.
    pub comment: bool,
}

/// Declarations of several lines, and comments of several lines.
pub fn folds(pack: &Pack<'_>, file: FileId) -> Vec<Fold> {
    let source = pack.sources.get(file);
    let several = |span: &Span| source.line_of(span.start) < source.line_of(span.end);
    let items = pack.tree(file).map(|tree| tree.items.as_slice()).unwrap_or_default();
    let spans = items.iter().map(|item| item.span).filter(several);
    let mut folds: Vec<Fold> = spans.map(|span| Fold { span, comment: false }).collect();
    let (_, comments) = pieces(pack.sources, file);
    let mut block: Option<Span> = None;
    for comment in comments.iter().filter(|comment| comment.own_line) {
        let line = source.line_of(comment.span.start);
        block = Some(match block {
            Some(block) if source.line_of(block.end) + 1 == line => block.to(comment.span),
            _ => {
                folds.extend(block.filter(several).map(|span| Fold { span, comment: true }));
                comment.span
            }
        });
    }
    folds.extend(block.filter(several).map(|span| Fold { span, comment: true }));
    folds.sort_by_key(|fold| fold.span);
    folds
}
