//! The notes of fields that hold expressions: `ask`, `find`, `renewed while`.

use rustc_hash::FxHashMap;

use crate::compile::check::Checker;
use crate::compile::ir::{Const, Kind, Question, Renewal};
use crate::compile::stored::Later;
use crate::compile::usage::Usage;
use crate::compile::{Compiler, Defines};
use crate::diagnostic::Diagnostic;
use crate::language::ast;
use crate::schema::ENVIRONMENT;
use crate::schema::types::Type;

impl Compiler<'_> {
    /// The times that renew themselves.
    pub(super) fn renewals(&mut self, files: &[ast::File], defines: &Defines<'_>) -> Vec<Renewal> {
        let renewed =
            fields(files).filter_map(|field| Some((field.name.span, field.renewed.as_ref()?)));
        let written: FxHashMap<_, _> = renewed.collect();
        let mut renewals = Vec::new();
        for (ty, def) in self.schema.types() {
            for (at, field) in def.fields.iter().enumerate() {
                let Some(renewed) = written.get(&field.span) else { continue };
                let mut checker = Checker::new(
                    &self.schema,
                    defines,
                    &mut self.usage,
                    self.diagnostics,
                    &mut self.shared,
                );
                if ty != ENVIRONMENT {
                    checker.bind_owner(ty);
                }
                let condition = checker.condition(&renewed.condition);
                let locals = checker.locals();
                let within = checker.expect(&renewed.within, &Type::Duration);
                let is_time = *field.ty.present() == Type::Time;
                let Kind::Const(Const::Number(within)) = within.kind else { continue };
                if !is_time {
                    let message = "`renewed within` is said of a field of type `time`";
                    let span = renewed.within.span;
                    checker.diagnostics.push(Diagnostic::error("type-mismatch", message, span));
                }
                self.locals = self.locals.max(locals);
                renewals.push(Renewal { ty, field: at, within, condition });
            }
        }
        renewals
    }

    pub(super) fn questions(
        &mut self,
        files: &[ast::File],
        defines: &Defines<'_>,
    ) -> Vec<Later<Vec<Question>>> {
        let asked = fields(files).map(|field| (field.name.span, (&field.ask, &field.find)));
        let texts: FxHashMap<_, _> = asked.collect();
        let mut all = Vec::new();
        for (ty, def) in self.schema.types() {
            let mut questions = Vec::new();
            for field in &def.fields {
                let mut scratch = Usage::default();
                let mut checker = Checker::new(
                    &self.schema,
                    defines,
                    &mut scratch,
                    self.diagnostics,
                    &mut self.shared,
                );
                if ty != ENVIRONMENT {
                    checker.bind_owner(ty);
                }
                let mut text =
                    |text: &Option<ast::Text>| text.as_ref().map(|text| checker.template(text));
                let (ask, find) = texts[&field.span];
                let (ask, find) = (text(ask), text(find));
                let locals = checker.locals();
                self.locals = self.locals.max(locals);
                questions.push(Question { ask, find });
            }
            all.push(questions.into());
        }
        all
    }
}

/// The fields that are declared, with their notes.
fn fields(files: &[ast::File]) -> impl Iterator<Item = &ast::Field> {
    let items = files.iter().flat_map(|file| &file.items);
    items.flat_map(|item| match &item.kind {
        ast::ItemKind::Environment(decl)
        | ast::ItemKind::Entity(decl)
        | ast::ItemKind::Record(decl) => decl.fields.as_slice(),
        _ => &[],
    })
}
