//! What is known of a name: its type, what its declaration says of it, its signature.

use crate::builtins;
use crate::compile::resolutions::{NameKind, Symbol};
use crate::language::ast::{self, ItemKind};
use crate::lsp::rules::outline::word;
use crate::lsp::rules::{Pack, head, on_one_line, refer};
use crate::schema::types::WordId;
use crate::schema::{ENVIRONMENT, TypeId, TypeKind};
use crate::source::{FileId, Span};

/// What is known of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hover {
    /// The name.
    pub span: Span,
    /// A line in the form of the rule language, such as `Server.state: on | off`.
    pub code: String,
    /// What the pack or the language says of it, a paragraph each.
    pub texts: Vec<String>,
}

/// What is known of the name at an offset.
pub fn hover(pack: &Pack<'_>, file: FileId, offset: u32) -> Option<Hover> {
    let (span, symbol) = refer::symbol(pack, file, offset)?;
    let (code, texts) = known(pack, span, symbol)?;
    Some(Hover { span, code, texts })
}

fn known(pack: &Pack<'_>, span: Span, symbol: &Symbol) -> Option<(String, Vec<String>)> {
    let schema = pack.schema();
    Some(match symbol {
        Symbol::Type(ty) => {
            let def = schema.ty(*ty);
            let kind = match def.kind {
                TypeKind::Environment => return Some((def.name.clone(), Vec::new())),
                TypeKind::Entity => "entity",
                TypeKind::Record => "record",
            };
            (format!("{kind} {}", def.name), def.title.iter().cloned().collect())
        }
        Symbol::Field(owner, at) => field(pack, *owner, *at),
        Symbol::Word(word) => (pack.sources.slice(span).to_owned(), words(pack, *word)),
        Symbol::Local(bound) => {
            let ty = pack.resolved.resolutions.types.get(bound).map(|ty| ty.describe(schema));
            let ty = ty.or_else(|| param_type(pack, *bound))?;
            (format!("{}: {ty}", pack.sources.slice(*bound)), Vec::new())
        }
        Symbol::Function(name) => {
            let builtin = builtins::find(name)?;
            (builtin.signature.to_owned(), vec![builtin.doc.to_owned()])
        }
        Symbol::Now => ("now: time".to_owned(), Vec::new()),
        Symbol::Named(kind, name) => named(pack, *kind, name)?,
    })
}

fn field(pack: &Pack<'_>, owner: TypeId, at: usize) -> (String, Vec<String>) {
    let schema = pack.schema();
    let def = schema.ty(owner);
    let field = &def.fields[at];
    let path = match owner {
        ENVIRONMENT => field.name.clone(),
        _ => format!("{}.{}", def.name, field.name),
    };
    let written = declared_field(pack, field.span);
    let ty = written.map(|field| on_one_line(pack.sources, field.ty.span));
    let mut code = format!("{path}: {}", ty.unwrap_or_else(|| field.ty.describe(schema)));
    if let Some(default) = written.and_then(|field| field.default.as_ref()) {
        code.push_str(&format!(" default {}", on_one_line(pack.sources, default.span)));
    }
    let texts = [&field.title, &field.ask, &field.find];
    (code, texts.into_iter().flatten().map(|text| text.to_string()).collect())
}

/// A field as it is written, by the place of its name.
fn declared_field<'p>(pack: &'p Pack<'_>, name: Span) -> Option<&'p ast::Field> {
    let fields = pack.items().flat_map(|item| match &item.kind {
        ItemKind::Environment(decl) | ItemKind::Entity(decl) | ItemKind::Record(decl) => {
            decl.fields.as_slice()
        }
        ItemKind::Extend(extend) => extend.decl.fields.as_slice(),
        _ => &[],
    });
    fields.into_iter().find(|field| field.name.span == name)
}

/// The type of a parameter as it is written, by the place of its name.
fn param_type(pack: &Pack<'_>, name: Span) -> Option<String> {
    let params = pack.items().flat_map(|item| match &item.kind {
        ItemKind::Define(define) => define.params.as_slice(),
        ItemKind::Remedy(remedy) => remedy.params.as_slice(),
        _ => &[],
    });
    let param = params.into_iter().find(|param| param.name.span == name)?;
    Some(on_one_line(pack.sources, param.ty.span))
}

/// The fields that can have a word.
fn words(pack: &Pack<'_>, word: WordId) -> Vec<String> {
    let found = &pack.resolved.resolutions;
    let mut fields = Vec::new();
    for (owner, def) in pack.schema().types() {
        for (at, known) in def.fields.iter().enumerate() {
            let ty = found.types.get(&known.span).unwrap_or(&known.ty);
            let of = ty.element().unwrap_or(ty).present();
            if matches!(of, crate::schema::types::Type::Words(words) if words.contains(&word)) {
                fields.push(format!("`{}`", field(pack, owner, at).0));
            }
        }
    }
    fields
}

fn named(pack: &Pack<'_>, kind: NameKind, name: &str) -> Option<(String, Vec<String>)> {
    let is = |other: &ast::Name| other.value == name;
    let mut items = pack.items();
    match kind {
        NameKind::Definition => {
            let define = pack.definition(name)?;
            let types = &pack.resolved.resolutions.types;
            let worked_out = || types.get(&define.body.span).map(|ty| ty.describe(pack.schema()));
            let ty = define.ty.as_ref().map(|ty| on_one_line(pack.sources, ty.span));
            let (mut code, _) = head(pack.sources, name, &define.params, ty.or_else(worked_out));
            if define.params.is_empty() {
                code = code.replacen("()", "", 1);
            }
            Some((format!("define {code}"), comment_above(pack, define.name.span)))
        }
        NameKind::Remedy => {
            let remedy = pack.remedy(name)?;
            let (code, _) = head(pack.sources, name, &remedy.params, None);
            let texts = remedy.action.iter().chain(&remedy.at);
            let texts =
                texts.map(|text| pack.sources.slice(text.span).trim_matches('"').to_owned());
            Some((format!("remedy {code}"), texts.collect()))
        }
        NameKind::Rule => items.find_map(|item| match &item.kind {
            ItemKind::Rule(rule) if is(&rule.id) => {
                let why = rule.why.as_ref().map(|why| pack.sources.slice(why.span));
                let why = why.map(|why| why.trim_matches('"').to_owned());
                let texts = [rule.title.value.clone()].into_iter().chain(why);
                Some((format!("{} {name}", word(rule.kind)), texts.collect()))
            }
            _ => None,
        }),
        NameKind::Clause => items.find_map(|item| {
            let ItemKind::Document(document) = &item.kind else { return None };
            let clause = document.clauses.iter().find(|clause| is(&clause.id))?;
            let texts = vec![clause.title.value.clone(), document.title.value.clone()];
            Some((format!("clause {name}"), texts))
        }),
        NameKind::Document => items.find_map(|item| match &item.kind {
            ItemKind::Document(document) if is(&document.name) => {
                Some((format!("document {name}"), vec![document.title.value.clone()]))
            }
            _ => None,
        }),
        NameKind::Role => items.find_map(|item| match &item.kind {
            ItemKind::Role(role) if is(&role.name) => {
                Some((format!("role {name}"), vec![role.title.value.clone()]))
            }
            _ => None,
        }),
        NameKind::Pack => items.find_map(|item| match &item.kind {
            ItemKind::Pack(pack) if is(&pack.name) => {
                Some((format!("pack {name}"), vec![pack.title.value.clone()]))
            }
            _ => None,
        }),
    }
}

/// The comment in the lines right above a declaration, as one text.
fn comment_above(pack: &Pack<'_>, name: Span) -> Vec<String> {
    let source = pack.sources.get(name.file);
    let mut line = source.line_of(name.start);
    let comments = pack.tree(name.file).map(|tree| tree.comments.as_slice()).unwrap_or_default();
    let mut texts: Vec<&str> = Vec::new();
    for comment in comments.iter().rev().filter(|comment| comment.own_line) {
        let at = source.line_of(comment.span.start);
        if at + 1 == line {
            texts.push(pack.sources.slice(comment.span).trim_start_matches('#').trim());
            line = at;
        }
    }
    texts.reverse();
    if texts.is_empty() { Vec::new() } else { vec![texts.join(" ")] }
}
