//! Declarations among themselves: names declared twice, definitions that use themselves, effects.
//!
//! Owns what can be said of a declaration without running it.

use rustc_hash::FxHashMap;

use crate::compile::check::{Checker, Define};
use crate::compile::remedy::Effect;
use crate::compile::{home, target};
use crate::diagnostic::{Diagnostic, Diagnostics, did_you_mean};
use crate::language::ast::{self, ExprKind};
use crate::schema::TypeKind;
use crate::schema::types::Type;
use crate::source::Span;

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
                document.clauses.iter().map(|clause| ("clause", &clause.id)).collect()
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

/// Reports definitions that use themselves, directly or around.
pub fn cycles(defines: &FxHashMap<String, Define<'_>>, diagnostics: &mut Diagnostics) {
    let mut done: FxHashMap<&str, bool> = FxHashMap::default();
    let mut sorted: Vec<_> = defines.values().collect();
    sorted.sort_by_key(|define| define.ast.name.span);
    for define in sorted {
        visit(define, defines, &mut Vec::new(), &mut done, diagnostics);
    }
}

fn visit<'a>(
    define: &'a Define<'_>,
    defines: &'a FxHashMap<String, Define<'_>>,
    path: &mut Vec<&'a str>,
    done: &mut FxHashMap<&'a str, bool>,
    diagnostics: &mut Diagnostics,
) {
    let name = define.ast.name.value.as_str();
    if let Some(start) = path.iter().position(|known| *known == name) {
        let mut circle: Vec<&str> = path[start..].to_vec();
        circle.push(name);
        let message = format!("`{name}` uses itself: {}", circle.join(" -> "));
        diagnostics.push(Diagnostic::error("definition-cycle", message, define.ast.name.span));
        return;
    }
    if done.contains_key(name) {
        return;
    }
    path.push(name);
    let mut called = Vec::new();
    calls(&define.ast.body, &mut called);
    for callee in called {
        if let Some(callee) = defines.get(&callee) {
            visit(callee, defines, path, done, diagnostics);
        }
    }
    path.pop();
    done.insert(name, true);
}

fn calls(expr: &ast::Expr, found: &mut Vec<String>) {
    let mut go = |inner: &ast::Expr| calls(inner, found);
    match expr.kind.as_ref() {
        ExprKind::Literal(_) | ExprKind::Error => {}
        ExprKind::Name(name) => found.push(name.clone()),
        ExprKind::Call(name, arguments) => {
            arguments.iter().for_each(&mut go);
            found.push(name.value.clone());
        }
        ExprKind::List(items) => items.iter().for_each(go),
        ExprKind::Record(_, fields) => fields.iter().for_each(|(_, value)| go(value)),
        ExprKind::Field(a, _) | ExprKind::Not(a) | ExprKind::Matches(a, _) => go(a),
        ExprKind::IsEmpty { list: a, .. } | ExprKind::IsKnown { operand: a, .. } => go(a),
        ExprKind::AreEqual(a) | ExprKind::AreUnique(a) => go(a),
        ExprKind::Implies(a, b)
        | ExprKind::And(a, b)
        | ExprKind::Or(a, b)
        | ExprKind::Compare(_, a, b)
        | ExprKind::In { element: a, list: b, .. }
        | ExprKind::IsUniqueIn(a, b)
        | ExprKind::Otherwise(a, b)
        | ExprKind::Add(a, b)
        | ExprKind::Subtract(a, b) => {
            go(a);
            go(b);
        }
        ExprKind::If(a, b, c) => [a, b, c].into_iter().for_each(go),
        ExprKind::The(binder) => binder_calls(binder, found),
        ExprKind::Comprehension(body, binder) | ExprKind::Quantified(_, binder, body) => {
            calls(body, found);
            binder_calls(binder, found);
        }
        ExprKind::Choose(binder, prefer) => {
            if let Some(prefer) = prefer {
                calls(prefer, found);
            }
            binder_calls(binder, found);
        }
    }
}

fn binder_calls(binder: &ast::Binder, found: &mut Vec<String>) {
    calls(&binder.list, found);
    if let Some(filter) = &binder.filter {
        calls(filter, found);
    }
}

/// One effect of a remedy.
pub fn effect(effect: &ast::Effect, checker: &mut Checker<'_, '_>) -> Option<Effect> {
    match &effect.kind {
        ast::EffectKind::Set { path, value } => {
            let (base, owner, field, ty) = target(path, checker)?;
            let value = checker.expect(value, &ty);
            Some(Effect::Set { base, owner, field, value })
        }
        ast::EffectKind::Add { value, path } => {
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
        ast::EffectKind::Remove { name, path, filter } => {
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
        ast::EffectKind::Create { entity, name, fields } => {
            let found = checker.schema.find(&entity.value);
            let ty = found.filter(|ty| checker.schema.ty(*ty).kind == TypeKind::Entity);
            let Some(ty) = ty else {
                let message = format!("`{}` is no entity", entity.value);
                let help = did_you_mean(&entity.value, checker.schema.type_names());
                checker
                    .diagnostics
                    .push(Diagnostic::error("unknown-type", message, entity.span).maybe_help(help));
                return None;
            };
            let Some(list) = home(checker.schema, ty) else {
                let message =
                    format!("the environment has no list of {} to add one to", entity.value);
                checker.diagnostics.push(Diagnostic::error("bad-effect", message, entity.span));
                return None;
            };
            let key = checker.schema.ty(ty).key;
            let fields = checker.field_values(ty, fields);
            if !fields.iter().any(|(field, _)| Some(*field) == key) {
                let message = format!("a new {} needs its key", entity.value);
                checker.diagnostics.push(Diagnostic::error("bad-effect", message, effect.span));
                return None;
            }
            let local = checker.bind(name, Type::Ref(ty));
            Some(Effect::Create { ty, list, local, fields })
        }
    }
}
