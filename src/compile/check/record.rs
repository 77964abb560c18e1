//! What the checker notes down of the names and types that it finds, where that is wanted.

use crate::compile::check::Checker;
use crate::compile::ir::{Expr, LocalId};
use crate::compile::resolutions::{Around, Symbol};
use crate::language::ast::{self, ExprKind};
use crate::schema::TypeId;
use crate::schema::types::Type;
use crate::source::Span;

impl Checker<'_, '_> {
    /// Any expression; `expected` tells which enumeration a bare word belongs to, and how a literal is read.
    pub fn expr(&mut self, expr: &ast::Expr, expected: Option<&Type>) -> Expr {
        if self.shared.resolutions.is_none() {
            return self.typed(expr, expected);
        }
        self.look_around(expr, expected);
        let checked = self.typed(expr, expected);
        if let Some(resolutions) = self.shared.resolutions.as_mut() {
            resolutions.types.insert(expr.span, checked.ty.clone());
        }
        checked
    }

    /// Notes what a name refers to.
    pub fn note(&mut self, span: Span, symbol: impl FnOnce() -> Symbol) {
        if let Some(resolutions) = self.shared.resolutions.as_mut() {
            resolutions.uses.push((span, symbol()));
        }
    }

    pub(super) fn note_field(&mut self, span: Span, owner: TypeId, field: usize) {
        self.note(span, || Symbol::Field(owner, field));
    }

    pub(super) fn note_bound(&mut self, name: &ast::Name, local: LocalId, ty: &Type) {
        let Some(resolutions) = self.shared.resolutions.as_mut() else { return };
        resolutions.bound.insert(local, name.span);
        resolutions.types.insert(name.span, ty.clone());
        resolutions.declare(name.span, Symbol::Local(name.span));
    }

    pub(super) fn note_local(&mut self, span: Span, local: LocalId) {
        let Some(resolutions) = self.shared.resolutions.as_mut() else { return };
        if let Some(bound) = resolutions.bound.get(&local) {
            resolutions.uses.push((span, Symbol::Local(*bound)));
        }
    }

    /// A definition that is too broken to be used still has names in it.
    pub fn look_into(&mut self, name: &str) {
        let Some(define) = self.defines.get(name) else { return };
        if !define.unfit || self.shared.resolutions.is_none() {
            return;
        }
        let kept = std::mem::take(self.diagnostics);
        for (param, ty) in define.ast.params.iter().zip(&define.params) {
            self.bind(&param.name, ty.clone());
        }
        self.expr(&define.ast.body, define.ty.as_ref());
        *self.diagnostics = kept;
    }

    /// Keeps what stands around the place that was asked for, where a name or nothing readable stands there.
    fn look_around(&mut self, expr: &ast::Expr, expected: Option<&Type>) {
        let Some(resolutions) = self.shared.resolutions.as_mut() else { return };
        let Some((file, at)) = resolutions.probe else { return };
        let span = expr.span;
        let is_there = span.file == file && span.start <= at && at <= span.end;
        if is_there && matches!(expr.kind.as_ref(), ExprKind::Name(_) | ExprKind::Error) {
            let scope = self.scope.iter().map(|(name, _, ty)| (name.clone(), ty.clone())).collect();
            let owner = self.owner.map(|(_, ty)| ty);
            resolutions.around = Some(Around { expected: expected.cloned(), scope, owner });
        }
    }
}
