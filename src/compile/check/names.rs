//! Names: what a name, a field, a call or a record literal stands for.
//!
//! Owns the look-up of names in their order (locals, fields of the owner, words, the environment, definitions) and the
//! compiling of definitions when they are first asked for.

use crate::builtins::{self, Code};
use crate::compile::check::{Checker, RULE_LOCALS};
use crate::compile::hoist::{costs, hoist};
use crate::compile::ir::{self, Const, Expr, Kind, LocalId, Scan};
use crate::compile::origin::entities;
use crate::compile::resolutions::{NameKind, Symbol};
use crate::diagnostic::{Diagnostic, nearest};
use crate::language::ast::{self};
use crate::schema::types::{Completeness, Reading, Type, WordId};
use crate::schema::{ENVIRONMENT, TypeId};
use crate::source::Span;
use std::sync::Arc;

impl<'a, 'c> Checker<'a, 'c> {
    pub(super) fn resolves(&self, name: &str) -> bool {
        name == "now"
            || self.scope.iter().any(|(known, _, _)| known == name)
            || self.owner.is_some_and(|(_, ty)| self.schema.ty(ty).field(name).is_some())
            || self.schema.ty(ENVIRONMENT).field(name).is_some()
            || self.defines.get(name).is_some_and(|define| define.params.is_empty())
    }

    pub(super) fn name(&mut self, name: &str, span: Span, expected: Option<&Type>) -> Expr {
        if let Some((_, local, ty)) = self.scope.iter().rev().find(|(known, _, _)| known == name) {
            let (local, ty) = (*local, ty.clone());
            self.note_local(span, local);
            return Expr { kind: Kind::Local(local), ty, span };
        }
        if let Some((local, ty)) = self.owner
            && let Some(field) = self.schema.ty(ty).field(name)
        {
            self.note_field(span, ty, field);
            let base = Expr { kind: Kind::Local(local), ty: Type::Ref(ty), span };
            return self.read(Some(base), ty, field, span);
        }
        // A word of the enumeration expected here comes before a field of the same name.
        let words = expected.map(Type::present);
        if let Some(Type::Words(words)) = words
            && let Some(word) = self.schema.word_id(name).filter(|word| words.contains(word))
        {
            return self.word(word, span);
        }
        if let Some(field) = self.schema.ty(ENVIRONMENT).field(name) {
            self.note_field(span, ENVIRONMENT, field);
            return self.read(None, ENVIRONMENT, field, span);
        }
        if name == "now" {
            self.note(span, || Symbol::Now);
            return Expr { kind: Kind::Now, ty: Type::Time, span };
        }
        let constant = self.defines.get(name).is_some_and(|define| define.params.is_empty());
        let is_word = words.is_none() && self.schema.word_id(name).is_some();
        // It may be a field that could not be read, or a word of one.
        let holds_more = |ty: TypeId| self.is_broken(ty);
        let unclear = expected == Some(&Type::Error)
            || holds_more(ENVIRONMENT)
            || self.owner.is_some_and(|(_, ty)| holds_more(ty));
        if unclear && !constant {
            return self.poison(span);
        }
        if constant || (self.defines.contains_key(name) && !is_word) {
            return self.call(&ast::Name { value: name.to_owned(), span }, &[], span);
        }
        if let Some(Type::Words(words)) = words {
            let allowed: Vec<&str> = words.iter().map(|word| self.schema.word(*word)).collect();
            let message = format!(
                "`{name}` is not a word of {}",
                Type::Words(words.clone()).describe(self.schema)
            );
            let near = nearest(name, allowed);
            return self.unknown("unknown-word", message, (name, span), near);
        }
        if let (Some(word), None) = (self.schema.word_id(name), expected) {
            return self.word(word, span);
        }
        // A word that only a broken declaration has.
        if !self.shared.broken.types.is_empty() && self.schema.word_id(name).is_none() {
            return self.poison(span);
        }
        let known = self.scope.iter().map(|(known, _, _)| known.as_str());
        let known = known
            .chain(self.schema.ty(ENVIRONMENT).field_names())
            .chain(self.defines.keys().map(String::as_str));
        let near = nearest(name, known).map(str::to_owned);
        let message = format!("unknown name `{name}`");
        self.unknown("unknown-name", message, (name, span), near.as_deref())
    }

    /// Reports a name that nothing has, at its place; `near` is the one that was meant, where one is near.
    fn unknown(
        &mut self,
        code: &str,
        message: String,
        (name, span): (&str, Span),
        near: Option<&str>,
    ) -> Expr {
        self.diagnostics.push(Diagnostic::error(code, message, span).meant(name, near));
        self.poison(span)
    }

    pub(super) fn word(&mut self, word: WordId, span: Span) -> Expr {
        self.note(span, || Symbol::Word(word));
        Expr { kind: Kind::Const(Const::Word(word)), ty: Type::Words(Arc::from([word])), span }
    }

    /// Reads a field of a row, or of the environment.
    pub(super) fn read(
        &mut self,
        base: Option<Expr>,
        owner: TypeId,
        field: usize,
        span: Span,
    ) -> Expr {
        let def = &self.schema.ty(owner).fields[field];
        self.usage.read(owner, field);
        match (def.slot, &def.ty) {
            (Some(slot), _) => {
                let ty = match &def.ty {
                    Type::Row(id) => Type::Ref(*id),
                    Type::List(element, extent) => match element.as_ref() {
                        Type::Row(id) => Type::List(Arc::new(Type::Ref(*id)), *extent),
                        _ => def.ty.clone(),
                    },
                    Type::OrNone(inner) => match inner.as_ref() {
                        Type::Row(id) => Type::OrNone(Arc::new(Type::Ref(*id))),
                        _ => def.ty.clone(),
                    },
                    other => other.clone(),
                };
                let (base, slot) = self.passed_over(base, slot);
                let reading = Reading::of(&def.ty);
                let kind = Kind::Field { base: base.map(Box::new), owner, field, slot, reading };
                Expr { kind, ty, span }
            }
            (None, Type::All(inverse) | Type::One(inverse)) => {
                let one = matches!(def.ty, Type::One(_));
                let source = self.schema.inverse(*inverse).source;
                self.usage.read(source, self.schema.inverse(*inverse).by);
                let ty = if one {
                    Type::OrNone(Arc::new(Type::Ref(source)))
                } else {
                    Type::List(Arc::new(Type::Ref(source)), Completeness::Complete)
                };
                match base {
                    Some(base) => Expr {
                        kind: Kind::Inverse { base: Box::new(base), inverse: *inverse, one },
                        ty,
                        span,
                    },
                    None => {
                        self.error("type-mismatch", "the environment has no inverses", span, None)
                    }
                }
            }
            _ => self.poison(span),
        }
    }

    /// A record that always stands in its place is no step of its own: its fields are at a fixed distance.
    fn passed_over(&self, base: Option<Expr>, slot: u32) -> (Option<Expr>, u32) {
        match base.map(|base| (base.kind, base.ty, base.span)) {
            Some((
                Kind::Field { base, owner, field, slot: held, reading: Reading::Record },
                ..,
            )) => {
                let def = self.schema.ty(owner);
                // `held` itself may be counted from further up.
                let own = def.fields[field].slot.unwrap_or(0);
                let distance = self.schema.distance(owner, field).unwrap_or(0);
                (base.map(|base| *base), held - own + distance + slot)
            }
            Some((kind, ty, span)) => (Some(Expr { kind, ty, span }), slot),
            None => (None, slot),
        }
    }

    pub(super) fn field(&mut self, base: &ast::Expr, field: &ast::Name, span: Span) -> Expr {
        let base = self.expr(base, None);
        if base.ty == Type::Error {
            return base;
        }
        if let Some(element) = base.ty.element().cloned() {
            let Some(ty) = element.row() else { return self.no_fields(&element, field) };
            let (scan, item) = match base.kind {
                // One list is made, not one for each step of the path.
                Kind::Map { scan, body, flatten: false } => (scan, *body),
                kind => {
                    let base = Expr { kind, ty: base.ty, span: base.span };
                    let local = self.local();
                    let item = Expr { kind: Kind::Local(local), ty: element, span: base.span };
                    (Scan { list: Box::new(base), local, filter: None, index: None }, item)
                }
            };
            let body = self.row_field(item, ty, field, span);
            let flatten = body.ty.element().is_some();
            let element = body.ty.element().cloned().unwrap_or_else(|| body.ty.clone());
            let ty = Type::List(Arc::new(element), Completeness::Complete);
            return Expr { kind: Kind::Map { scan, body: Box::new(body), flatten }, ty, span };
        }
        let Some(ty) = base.ty.row() else {
            let ty = base.ty.clone();
            return self.no_fields(&ty, field);
        };
        self.row_field(base, ty, field, span)
    }

    pub(super) fn row_field(
        &mut self,
        base: Expr,
        ty: TypeId,
        field: &ast::Name,
        span: Span,
    ) -> Expr {
        let def = self.schema.ty(ty);
        if let Some(at) = def.field(&field.value) {
            self.note_field(field.span, ty, at);
            return self.read(Some(base), ty, at, span);
        }
        if self.is_broken(ty) {
            return self.poison(span);
        }
        let message = format!("`{}` has no field `{}`", def.name, field.value);
        let near = nearest(&field.value, def.field_names());
        self.unknown("unknown-field", message, (&field.value, field.span), near)
    }

    pub(super) fn no_fields(&mut self, ty: &Type, field: &ast::Name) -> Expr {
        let message =
            format!("{} has no fields, so no `{}`", ty.describe(self.schema), field.value);
        self.error("unknown-field", message, field.span, None)
    }

    pub(super) fn call(&mut self, name: &ast::Name, arguments: &[ast::Expr], span: Span) -> Expr {
        if let Some(builtin) = builtins::find(&name.value) {
            self.note(name.span, || Symbol::Function(builtin.name));
            let count = builtin.arity;
            if arguments.len() != count {
                return self.arity(&name.value, count, arguments.len(), span);
            }
            let arguments: Vec<Expr> =
                arguments.iter().map(|argument| self.expr(argument, None)).collect();
            if arguments.iter().any(|argument| argument.ty == Type::Error) {
                return self.poison(span);
            }
            let types: Vec<Type> = arguments.iter().map(|argument| argument.ty.clone()).collect();
            return match (builtin.check)(&types) {
                Ok(_) if matches!(builtin.code, Code::Facts) => self.holders(arguments, span),
                Ok(ty) => Expr { kind: Kind::Call(builtin, arguments), ty, span },
                Err(wanted) => {
                    let found: Vec<String> =
                        types.iter().map(|ty| ty.describe(self.schema)).collect();
                    let message =
                        format!("`{}` takes {wanted}, found {}", name.value, found.join(", "));
                    self.error("type-mismatch", message, span, Some(builtin.signature.to_owned()))
                }
            };
        }
        let Some(define) = self.defines.get(&name.value) else {
            let known = self
                .defines
                .keys()
                .map(String::as_str)
                .chain(builtins::BUILTINS.iter().map(|b| b.name));
            let near = nearest(&name.value, known);
            let message = format!("unknown function `{}`", name.value);
            return self.unknown("unknown-name", message, (&name.value, name.span), near);
        };
        self.usage.call(&name.value);
        self.note(name.span, || Symbol::Named(NameKind::Definition, name.value.clone()));
        if define.unfit {
            return self.poison(span);
        }
        if arguments.len() != define.params.len() {
            return self.arity(&name.value, define.params.len(), arguments.len(), span);
        }
        let mut values = Vec::new();
        for (argument, ty) in arguments.iter().zip(&define.params) {
            values.push(self.expect(argument, ty));
        }
        let Some(compiled) = self.define(&name.value) else { return self.poison(span) };
        if values.iter().any(|value| value.ty == Type::Error) {
            return self.poison(span);
        }
        let ty = compiled.body.ty.clone();
        Expr { kind: Kind::Invoke(compiled, values), ty, span }
    }

    /// `holders(x, xs)`: a list that comes from no entity has nobody to hold anything.
    fn holders(&mut self, arguments: Vec<Expr>, span: Span) -> Expr {
        let Ok([value, list]) = <[Expr; 2]>::try_from(arguments) else { return self.poison(span) };
        let Some(entity) = entities(&list, self.schema) else {
            return self.error(
                "type-mismatch",
                "`holders` takes a list of what the entities of a list of the environment say",
                list.span,
                Some("name it by its path: `hosts.disks.serial`, or `[h for h in hosts where …].disks.serial`".into()),
            );
        };
        let how = value.ty.how().and(list.ty.how());
        let ty = Type::List(Arc::new(Type::Ref(entity)), Completeness::Complete);
        Expr { kind: Kind::Holders(Box::new(value), Box::new(list), how), ty, span }
    }

    /// A definition, compiled when first asked for; none where it has an error, which is told once.
    pub fn define(&mut self, name: &str) -> Option<Arc<ir::Define>> {
        if let Some(known) = self.shared.compiled.get(name) {
            return known.clone();
        }
        let define = self.defines.get(name).filter(|define| !define.unfit)?;
        // A definition that uses itself finds nothing here; the circle is told elsewhere.
        self.shared.compiled.insert(name.to_owned(), None);
        let outer =
            (std::mem::take(&mut self.scope), self.owner.take(), self.next_local, self.size);
        // The definition that calls this one goes on behind it, so that no two share a local.
        let outer_poisoned = std::mem::take(&mut self.poisoned);
        let within = self.next_local >= RULE_LOCALS;
        let start = self.shared.define_locals;
        self.next_local = if within { self.next_local.max(start) } else { start };
        self.size = 0;
        let params: Vec<LocalId> = define
            .ast
            .params
            .iter()
            .zip(&define.params)
            .map(|(param, ty)| self.bind(&param.name, ty.clone()))
            .collect();
        let mut body = match &define.ty {
            Some(ty) => self.expect(&define.ast.body, ty),
            None => self.expr(&define.ast.body, None),
        };
        self.shared.define_locals = self.shared.define_locals.max(self.next_local);
        (self.scope, self.owner, self.next_local, self.size) = outer;
        if within {
            self.next_local = self.shared.define_locals;
        }
        let poisoned = std::mem::replace(&mut self.poisoned, outer_poisoned);
        if poisoned || body.ty == Type::Error {
            return None;
        }
        hoist(&mut body, &mut params.clone(), &mut self.shared.memos);
        let ty = match (&define.ty, &body.ty) {
            (Some(Type::OrNone(_)), _) | (None, _) => body.ty.clone(),
            (Some(declared), Type::OrNone(_)) => Type::OrNone(Arc::new(declared.clone())),
            (Some(declared), _) => declared.clone(),
        };
        let row_in = matches!(define.params.as_slice(), [ty] if ty.row().is_some());
        let kept = row_in && matches!(ty, Type::Bool | Type::Words(_));
        if params.is_empty() {
            // A constant of the environment.
            let span = body.span;
            self.shared.memos += 1;
            body = Expr {
                ty: ty.clone(),
                kind: Kind::Memo(self.shared.memos - 1, Vec::new(), Box::new(body)),
                span,
            };
        }
        body.ty = ty;
        let id = self.shared.defines;
        self.shared.defines += 1;
        let costs = costs(&body);
        let compiled = Arc::new(ir::Define { id, params, body, kept, costs });
        self.shared.compiled.insert(name.to_owned(), Some(Arc::clone(&compiled)));
        Some(compiled)
    }

    pub(super) fn arity(&mut self, name: &str, wanted: usize, found: usize, span: Span) -> Expr {
        let plural = if wanted == 1 { "" } else { "s" };
        let message = format!("`{name}` takes {wanted} argument{plural}, found {found}");
        self.error("argument-count", message, span, None)
    }

    pub(super) fn record(
        &mut self,
        name: &ast::Name,
        fields: &[(ast::Name, ast::Expr)],
        span: Span,
    ) -> Expr {
        let Some(ty) = self.schema.find(&name.value).filter(|ty| *ty != ENVIRONMENT) else {
            let near = nearest(&name.value, self.schema.type_names());
            let message = format!("unknown type `{}`", name.value);
            return self.unknown("unknown-type", message, (&name.value, name.span), near);
        };
        self.note(name.span, || Symbol::Type(ty));
        let values = self.field_values(ty, fields);
        Expr { kind: Kind::Make(ty, values), ty: Type::Ref(ty), span }
    }

    /// `{ field = expr … }`
    pub fn field_values(
        &mut self,
        ty: TypeId,
        fields: &[(ast::Name, ast::Expr)],
    ) -> Vec<(usize, Expr)> {
        let mut values = Vec::new();
        for (name, value) in fields {
            let def = self.schema.ty(ty);
            let Some(at) = def.field(&name.value).filter(|at| def.fields[*at].slot.is_some())
            else {
                if self.is_broken(ty) {
                    self.spoil();
                    continue;
                }
                let message = format!("`{}` has no field `{}`", def.name, name.value);
                let near = nearest(&name.value, def.field_names());
                self.unknown("unknown-field", message, (&name.value, name.span), near);
                continue;
            };
            self.usage.written(ty, at);
            self.note_field(name.span, ty, at);
            let expected = def.fields[at].ty.clone();
            values.push((at, self.expect(value, &expected)));
        }
        values
    }
}
