//! What is taken to be done where a record of the environment is not stated.
//!
//! `suppose request "every server is judged as if it were asked for" { fix for s in servers: ask(s) }`

use rustc_hash::FxHashMap;

use crate::compile::ir::{LocalId, Supposition};
use crate::compile::{Compiler, Defines, declare};
use crate::diagnostic::{Diagnostic, did_you_mean};
use crate::language::ast;
use crate::schema::types::Type;
use crate::schema::{ENVIRONMENT, TypeKind};

/// What is bound around a step of a supposition: nothing.
const NOBODY: &[LocalId] = &[];

impl Compiler<'_> {
    pub(super) fn suppositions(
        &mut self,
        files: &[ast::File],
        defines: &Defines<'_>,
        remedies: &FxHashMap<String, Vec<(String, Type)>>,
    ) -> Vec<Supposition> {
        let mut found: Vec<(Supposition, ast::Name)> = Vec::new();
        for item in files.iter().flat_map(|file| &file.items) {
            let ast::ItemKind::Suppose(suppose) = &item.kind else { continue };
            self.usage.remedies.extend(suppose.fixes.iter().map(|fix| fix.remedy.value.clone()));
            if item.broken {
                continue;
            }
            let name = &suppose.field;
            let Some(field) = self.record_named(name) else { continue };
            if let Some((_, first)) = found.iter().find(|(known, _)| known.field == field) {
                let message = format!("what is supposed of `{}` is declared twice", name.value);
                let again = Diagnostic::error("duplicate-declaration", message, name.span);
                self.diagnostics.push(again.label(first.span, "first here"));
                continue;
            }
            let errors = self.error_count();
            let remedy_ids = std::mem::take(&mut self.names.remedies);
            let mut checker = self.checker(defines);
            let fixes = suppose.fixes.iter();
            let mut fixes: Vec<_> = fixes
                .filter_map(|fix| declare::fix(fix, &remedy_ids, remedies, &mut checker))
                .collect();
            let (locals, poisoned) = (checker.locals(), checker.is_poisoned());
            self.names.remedies = remedy_ids;
            self.locals = self.locals.max(locals);
            if poisoned || self.error_count() > errors {
                continue;
            }
            for fix in &mut fixes {
                self.finish_fix(fix, NOBODY);
            }
            let title = suppose.title.value.clone();
            found.push((Supposition { field, title, fixes }, name.clone()));
        }
        found.into_iter().map(|(supposition, _)| supposition).collect()
    }

    /// The place of a record of the environment; a name that is none is reported.
    fn record_named(&mut self, name: &ast::Name) -> Option<usize> {
        let environment = self.schema.ty(ENVIRONMENT);
        let field = environment.field(&name.value);
        let is_record = |field: &usize| match environment.fields[*field].ty.present() {
            Type::Row(ty) => self.schema.ty(*ty).kind == TypeKind::Record,
            _ => false,
        };
        if let Some(field) = field.filter(is_record) {
            return Some(field);
        }
        if self.shared.broken.types.contains(&ENVIRONMENT) {
            return None;
        }
        let message = format!("`{}` is no record of the environment", name.value);
        let help = did_you_mean(&name.value, environment.field_names());
        self.diagnostics
            .push(Diagnostic::error("unknown-field", message, name.span).maybe_help(help));
        None
    }
}
