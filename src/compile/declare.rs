//! Declarations among themselves: names declared twice, effects.
//!
//! Owns what can be said of a declaration without running it, and which declarations are broken.

use rustc_hash::FxHashMap;

use crate::compile::check::{Broken, Checker};
use crate::compile::ir::{Binding, Fix};
use crate::compile::remedy::Effect;
use crate::compile::resolutions::Symbol;
use crate::compile::{home, target};
use crate::diagnostic::{Diagnostic, Diagnostics, nearest};
use crate::language::ast;
use crate::schema::types::Type;
use crate::schema::{ENVIRONMENT, Schema, TypeKind};
use crate::source::Span;

/// The broken declarations that others may refer to.
pub fn broken(files: &[ast::File], schema: &Schema) -> Broken {
    let mut broken = Broken::default();
    for item in files.iter().flat_map(|file| &file.items).filter(|item| item.broken) {
        match &item.kind {
            ast::ItemKind::Environment(_) => {
                broken.types.insert(ENVIRONMENT);
            }
            ast::ItemKind::Entity(decl) | ast::ItemKind::Record(decl) => {
                broken.types.extend(schema.find(&decl.name.value));
            }
            ast::ItemKind::Remedy(remedy) => {
                broken.remedies.insert(remedy.name.value.clone());
            }
            _ => {}
        }
    }
    broken
}

/// Reports names declared twice.
pub fn names(files: &[ast::File], diagnostics: &mut Diagnostics) {
    let mut seen: FxHashMap<(&str, &str), Span> = FxHashMap::default();
    let mut packs: Option<Span> = None;
    for item in files.iter().flat_map(|file| &file.items) {
        let entries: Vec<(&str, &ast::Name)> = match &item.kind {
            ast::ItemKind::Define(define) => vec![("definition", &define.name)],
            ast::ItemKind::Rule(rule) => vec![("rule", &rule.id)],
            ast::ItemKind::Remedy(remedy) => vec![("remedy", &remedy.name)],
            ast::ItemKind::Document(document) => {
                let clauses = document.clauses.iter().map(|clause| ("clause", &clause.id));
                [("document", &document.name)].into_iter().chain(clauses).collect()
            }
            ast::ItemKind::Pack(pack) => {
                if let Some(first) = packs.replace(pack.name.span) {
                    let again = Diagnostic::error(
                        "duplicate-declaration",
                        "a pack has one name",
                        pack.name.span,
                    );
                    diagnostics.push(again.label(first, "first here"));
                }
                continue;
            }
            _ => continue,
        };
        for (what, name) in entries {
            if let Some(first) = seen.get(&(what, name.value.as_str())) {
                let message = format!("{what} `{}` is declared twice", name.value);
                let again = Diagnostic::error("duplicate-declaration", message, name.span);
                diagnostics.push(again.label(*first, "first here"));
            } else {
                seen.insert((what, &name.value), name.span);
            }
        }
    }
}

/// One remedy that a rule names.
pub fn fix(
    fix: &ast::Fix,
    ids: &FxHashMap<String, usize>,
    remedies: &FxHashMap<String, Vec<(String, Type)>>,
    checker: &mut Checker<'_, '_>,
) -> Option<Fix> {
    let name = &fix.remedy.value;
    let (Some(remedy), Some(params)) = (ids.get(name), remedies.get(name)) else {
        if checker.shared.broken.remedies.contains(name) {
            checker.spoil();
            return None;
        }
        let message = format!("unknown remedy `{name}`");
        let near = nearest(name, ids.keys().map(String::as_str));
        let told = Diagnostic::error("unknown-name", message, fix.remedy.span);
        checker.diagnostics.push(told.meant(name, near));
        return None;
    };
    if params.len() != fix.arguments.len() {
        let wanted: Vec<&str> = params.iter().map(|(name, _)| name.as_str()).collect();
        let message = format!(
            "`{name}` takes {}, found {} arguments",
            wanted.join(", "),
            fix.arguments.len()
        );
        checker.diagnostics.push(Diagnostic::error("argument-count", message, fix.span));
        return None;
    }
    let each = match &fix.each {
        Some(binder) => Some(each(binder, checker)?),
        None => None,
    };
    let arguments =
        fix.arguments.iter().zip(params).map(|(argument, (_, ty))| checker.expect(argument, ty));
    let arguments = arguments.collect();
    if each.is_some() {
        checker.unbind();
    }
    Some(Fix { remedy: *remedy, each, arguments, span: fix.span })
}

/// `for x in xs where c` of a remedy: the list of the elements that count, with the name bound to one of them.
fn each(binder: &ast::Binder, checker: &mut Checker<'_, '_>) -> Option<Binding> {
    let name = &binder.name;
    let list = match &binder.filter {
        None => checker.expr(&binder.list, None),
        Some(filter) => {
            let item = ast::ExprKind::Name(name.value.clone());
            let item = ast::Expr { span: name.span, kind: Box::new(item) };
            let span = binder.list.span.to(filter.span);
            let kind = ast::ExprKind::Comprehension(item, Box::new(binder.clone()));
            checker.expr(&ast::Expr { span, kind: Box::new(kind) }, None)
        }
    };
    let Some(element) = list.ty.element().cloned() else {
        if list.ty != Type::Error {
            let found = list.ty.describe(checker.schema);
            let message = format!("`for` goes through a list, found {found}");
            checker.diagnostics.push(Diagnostic::error("type-mismatch", message, list.span));
        }
        return None;
    };
    let local = checker.bind(name, element);
    Some(Binding { each: true, name: name.value.clone(), local, value: list })
}

/// One effect of a remedy.
pub fn effect(effect: &ast::remedy::Effect, checker: &mut Checker<'_, '_>) -> Option<Effect> {
    match &effect.kind {
        ast::remedy::EffectKind::Set { path, value } => {
            let (base, owner, field, ty) = target(path, checker)?;
            let value = checker.expect(value, &ty);
            Some(Effect::Set { base, owner, field, value })
        }
        ast::remedy::EffectKind::Add { value, path } => {
            let (base, owner, field, ty) = target(path, checker)?;
            let Some(element) = ty.element().cloned() else {
                let message = "`add` takes a list to add to";
                checker.diagnostics.push(Diagnostic::error("bad-effect", message, path.span));
                return None;
            };
            let value = checker.expr(value, Some(&element));
            let given = value.ty.element().unwrap_or(&value.ty);
            if !given.fits(&element) {
                let (found, wanted) =
                    (given.describe(checker.schema), element.describe(checker.schema));
                let message = format!("expected {wanted} or a list of them, found {found}");
                checker.diagnostics.push(Diagnostic::error("type-mismatch", message, value.span));
                return None;
            }
            Some(Effect::Add { base, owner, field, value })
        }
        ast::remedy::EffectKind::Remove { name, path, filter } => {
            let (base, owner, field, ty) = target(path, checker)?;
            let Some(element) = ty.element().cloned() else {
                let message = "`remove` takes a list to remove from";
                checker.diagnostics.push(Diagnostic::error("bad-effect", message, path.span));
                return None;
            };
            let element = match element {
                Type::Row(id) => Type::Ref(id),
                other => other,
            };
            let local = checker.bind(name, element);
            let filter = checker.condition(filter);
            Some(Effect::Remove { base, owner, field, local, filter })
        }
        ast::remedy::EffectKind::Create { entity, name, fields } => {
            let found = checker.schema.find(&entity.value);
            let ty = found.filter(|ty| checker.schema.ty(*ty).kind == TypeKind::Entity);
            let Some(ty) = ty else {
                let message = format!("`{}` is no entity", entity.value);
                let near = nearest(&entity.value, checker.schema.type_names());
                let told = Diagnostic::error("unknown-type", message, entity.span);
                checker.diagnostics.push(told.meant(&entity.value, near));
                return None;
            };
            let Some(list) = home(checker.schema, ty) else {
                let message =
                    format!("the environment has no list of {} to add one to", entity.value);
                checker.diagnostics.push(Diagnostic::error("bad-effect", message, entity.span));
                return None;
            };
            checker.note(entity.span, || Symbol::Type(ty));
            let key = checker.schema.ty(ty).key;
            let fields = checker.field_values(ty, fields);
            if !fields.iter().any(|(field, _)| Some(*field) == key) && !checker.is_broken(ty) {
                let message = format!("a new {} needs its key", entity.value);
                checker.diagnostics.push(Diagnostic::error("bad-effect", message, effect.span));
                return None;
            }
            let local = checker.bind(name, Type::Ref(ty));
            Some(Effect::Create { ty, list, local, fields })
        }
    }
}
