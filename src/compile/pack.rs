//! A pack as a whole: what its parts promise each other.
//!
//! Owns the checks that need all declarations and no search: clauses without a rule, facts that nothing reads,
//! remedies that no rule names. They are warnings: a pack under construction still runs.

use std::collections::{BTreeMap, BTreeSet};

use crate::compile::ir::{Document, Level, Rule};
use crate::compile::remedy::Remedy;
use crate::compile::stored::Later;
use crate::compile::usage::Usage;
use crate::compile::{clause_of, lint};
use crate::diagnostic::{Diagnostic, Diagnostics, nearest};
use crate::language::ast;
use crate::schema::Schema;

/// The documents of a pack.
pub fn documents(files: &[ast::File]) -> Vec<Document> {
    let items = files.iter().flat_map(|file| &file.items);
    items
        .filter_map(|item| match &item.kind {
            ast::ItemKind::Document(document) => Some(Document {
                name: document.name.value.clone(),
                title: document.title.value.clone(),
                revision: document.revision.as_ref().map(|revision| revision.value.clone()),
                clauses: document.clauses.iter().map(clause_of).collect(),
            }),
            _ => None,
        })
        .collect()
}

/// What the roles of a pack are called. Where one is declared, all are: then a remedy can misspell none.
pub fn roles(files: &[ast::File], diagnostics: &mut Diagnostics) -> BTreeMap<String, String> {
    let items = || files.iter().flat_map(|file| &file.items);
    let mut declared: BTreeMap<String, &ast::Role> = BTreeMap::new();
    for item in items() {
        let ast::ItemKind::Role(role) = &item.kind else { continue };
        match declared.get(&role.name.value) {
            Some(first) => {
                let message = format!("role `{}` is declared twice", role.name.value);
                diagnostics.push(
                    Diagnostic::error("duplicate-declaration", message, role.name.span)
                        .label(first.name.span, "first here"),
                );
            }
            None => {
                declared.insert(role.name.value.clone(), role);
            }
        }
    }
    let mut named: BTreeSet<&str> = BTreeSet::new();
    for item in items() {
        let ast::ItemKind::Remedy(remedy) = &item.kind else { continue };
        let Some(role) = &remedy.role else { continue };
        named.insert(&role.value);
        if !declared.is_empty() && !declared.contains_key(&role.value) {
            let message = format!("unknown role `{}`", role.value);
            let near = nearest(&role.value, declared.keys().map(String::as_str));
            let told = Diagnostic::error("unknown-name", message, role.span)
                .help(format!("declare it: `role {} \"…\"`", role.value));
            diagnostics.push(told.meant(&role.value, near));
        }
    }
    for role in declared.values().filter(|role| !named.contains(role.name.value.as_str())) {
        let message = format!("no remedy names role `{}`", role.name.value);
        diagnostics.push(Diagnostic::warning("unused-role", message, role.name.span));
    }
    declared.into_iter().map(|(name, role)| (name, role.title.value.clone())).collect()
}

/// Reports what is declared and not used.
pub fn check(
    files: &[ast::File],
    rules: &[Rule],
    schema: &Schema,
    usage: &Usage,
    documents: &[Document],
    diagnostics: &mut Diagnostics,
) {
    // What has an error may be meant to use anything.
    if diagnostics.has_errors() {
        return;
    }
    for clause in documents.iter().flat_map(|document| &document.clauses) {
        let cited = usage.clauses.contains(&clause.id);
        if !cited && !clause.note {
            let message = format!("no rule cites clause `{}`", clause.id);
            let help =
                "write the rule, or mark the clause `note` and say why there is nothing to check";
            diagnostics
                .push(Diagnostic::warning("clause-without-rule", message, clause.span).help(help));
        }
    }
    for item in files.iter().flat_map(|file| &file.items) {
        if let ast::ItemKind::Remedy(remedy) = &item.kind {
            undeclared(remedy, diagnostics);
        }
        match &item.kind {
            ast::ItemKind::Remedy(remedy) if !usage.remedies.contains(&remedy.name.value) => {
                let named =
                    files.iter().flat_map(|file| &file.items).any(|item| match &item.kind {
                        ast::ItemKind::Remedy(other) => {
                            other.after.iter().any(|after| after.value == remedy.name.value)
                        }
                        _ => false,
                    });
                let acts = !remedy.effects.is_empty() || !remedy.expects.is_empty();
                if !named && acts {
                    let message = format!("no rule names remedy `{}`", remedy.name.value);
                    let help = "name it in a `fix`, or remove it";
                    diagnostics.push(
                        Diagnostic::warning("unused-remedy", message, remedy.name.span).help(help),
                    );
                }
            }
            ast::ItemKind::Define(define) if !usage.is_called(&define.name.value) => {
                let message = format!("nothing uses definition `{}`", define.name.value);
                diagnostics.push(Diagnostic::warning(
                    "unused-definition",
                    message,
                    define.name.span,
                ));
            }
            _ => {}
        }
    }
    lint::check(rules, schema, diagnostics);
    if rules.is_empty() {
        return;
    }
    for (id, def) in schema.types() {
        for (at, field) in def.fields.iter().enumerate() {
            if field.slot.is_some() && def.key != Some(at) && !usage.is_read(id, at) {
                let message = format!("no rule reads `{}` of `{}`", field.name, def.name);
                diagnostics.push(
                    Diagnostic::new(crate::diagnostic::Severity::Note, "unread-fact", message)
                        .label(field.span, ""),
                );
            }
        }
    }
}

/// Rules that can close the gate without those whose fix is the act that the gate is about, each of which is reported: a
/// step that is allowed only once the gate is open cannot open it.
pub fn without_gated_fixes(
    rules: Vec<Rule>,
    gated: Option<usize>,
    remedies: &[Later<Remedy>],
    diagnostics: &mut Diagnostics,
) -> Vec<Rule> {
    let Some(gated) = gated else { return rules };
    let mut is_sound = |rule: &Rule| {
        let fix = rule.fixes.iter().find(|fix| fix.remedy == gated);
        let Some(fix) = fix.filter(|_| rule.level == Level::Error) else { return true };
        let name = &remedies[gated].name;
        let message =
            format!("`{name}` is what this gate is about, so it cannot be a step towards it");
        let help = "name a remedy that can be done while the gate is closed";
        diagnostics.push(Diagnostic::error("gated-fix", message, fix.span).help(help));
        false
    };
    rules.into_iter().filter(|rule| is_sound(rule)).collect()
}

/// What a remedy that acts does not say of itself, without which a plan cannot be followed at night: how long it takes,
/// and whether it can be taken back.
fn undeclared(remedy: &ast::Remedy, diagnostics: &mut Diagnostics) {
    if remedy.effects.is_empty() && remedy.expects.is_empty() {
        return;
    }
    let name = &remedy.name;
    if remedy.takes.is_none() {
        let message = format!("`{}` does not say how long it takes", name.value);
        let help = "write `takes DURATION`, or `takes unknown` where nobody can say beforehand";
        diagnostics.push(Diagnostic::warning("undeclared-duration", message, name.span).help(help));
    }
    if remedy.undo.is_none() {
        let message = format!("`{}` does not say whether it can be taken back", name.value);
        let help = "write `undo \"…\"`, `undo never`, or `undo needless` where it does no harm";
        diagnostics.push(Diagnostic::warning("undeclared-undo", message, name.span).help(help));
    }
}
