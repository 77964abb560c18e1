//! Types of expressions: every name, field, word and operand.
//!
//! Owns the way from `ast::Expr` to a typed [`ir::Expr`]. Goes on after an error, so that one run shows all of them; an
//! expression with an error has the type [`Type::Error`], which fits everywhere and is reported once.

use rustc_hash::{FxHashMap, FxHashSet};
use std::sync::Arc;

use crate::compile::ir::{self, Const, Expr, Kind, LocalId, Part, Scan, Template};
use crate::compile::pattern::Pattern;
use crate::compile::resolutions::Resolutions;
use crate::compile::usage::Usage;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::ast::{self, Comparison, ExprKind, Literal};
use crate::scalar;
use crate::schema::types::{Completeness, Type, literal_fits};
use crate::schema::{Schema, TypeId};
use crate::source::Span;

mod names;
mod record;

/// A definition with its types.
pub struct Define<'a> {
    /// The declaration.
    pub ast: &'a ast::Define,
    /// Parameter types.
    pub params: Vec<Type>,
    /// Declared result type.
    pub ty: Option<Type>,
    /// Whether it takes too much to be used.
    pub unfit: bool,
}

/// What all rules of a pack share while they are compiled.
#[derive(Debug)]
pub struct Shared {
    /// Memos given out.
    pub memos: u32,
    /// Indices given out.
    pub indices: u32,
    /// Definitions by name; none while one is compiled, and where it has an error.
    pub compiled: FxHashMap<String, Option<Arc<ir::Define>>>,
    /// Definitions given a number.
    pub defines: u32,
    /// What cannot be told from what does not exist, as its declaration is broken.
    pub broken: Broken,
    /// The next local of a definition; those of rules start at 0 and end before the first of these.
    pub define_locals: LocalId,
    /// What the names refer to, where that is wanted.
    pub resolutions: Option<Box<Resolutions>>,
}

/// Declarations that have been reported as broken, and that others may refer to.
#[derive(Debug, Default)]
pub struct Broken {
    /// Types that may have more fields than are known.
    pub types: FxHashSet<TypeId>,
    /// Remedies that are none yet.
    pub remedies: FxHashSet<String>,
}

/// Locals that one rule may have; those of definitions come after.
pub const RULE_LOCALS: LocalId = 256;

impl Default for Shared {
    fn default() -> Self {
        Self {
            memos: 0,
            indices: 0,
            compiled: FxHashMap::default(),
            defines: 0,
            broken: Broken::default(),
            define_locals: RULE_LOCALS,
            resolutions: None,
        }
    }
}

/// Most expressions in one rule.
const LARGEST_RULE: usize = 5_000;

/// What the checker knows while it reads one rule.
pub struct Checker<'a, 'c> {
    /// The types.
    pub schema: &'c Schema,
    /// The definitions.
    pub defines: &'c FxHashMap<String, Define<'a>>,
    /// What is read and used, for the checks of the whole pack.
    pub usage: &'c mut Usage,
    /// Where errors go.
    pub diagnostics: &'c mut Diagnostics,
    /// What all rules of a pack share.
    pub shared: &'c mut Shared,
    scope: Vec<(String, LocalId, Type)>,
    /// A row whose fields are in scope by name.
    owner: Option<(LocalId, TypeId)>,
    next_local: LocalId,
    size: usize,
    poisoned: bool,
}

impl<'a, 'c> Checker<'a, 'c> {
    /// A checker for one rule, definition, remedy or text.
    pub fn new(
        schema: &'c Schema,
        defines: &'c FxHashMap<String, Define<'a>>,
        usage: &'c mut Usage,
        diagnostics: &'c mut Diagnostics,
        shared: &'c mut Shared,
    ) -> Self {
        Self {
            schema,
            defines,
            usage,
            diagnostics,
            shared,
            scope: Vec::new(),
            owner: None,
            next_local: 0,
            size: 0,
            poisoned: false,
        }
    }

    /// Brings a name into scope.
    pub fn bind(&mut self, name: &ast::Name, ty: Type) -> LocalId {
        let local = self.local();
        self.note_bound(name, local, &ty);
        self.scope.push((name.value.clone(), local, ty));
        local
    }

    /// Brings the fields of a row into scope, by their names; the row is a new local.
    pub fn bind_owner(&mut self, ty: TypeId) -> LocalId {
        let local = self.local();
        self.owner = Some((local, ty));
        local
    }

    /// Whether something in it has an error, told here or where it is declared: it must not be run.
    pub fn is_poisoned(&self) -> bool {
        self.poisoned
    }

    /// Marks it as such.
    pub fn spoil(&mut self) {
        self.poisoned = true;
    }

    /// Whether a type may have a field of any name, as its declaration is broken.
    pub fn is_broken(&self, ty: TypeId) -> bool {
        self.shared.broken.types.contains(&ty)
    }

    /// How many locals the frame needs.
    pub fn locals(&self) -> u32 {
        self.next_local
    }

    fn local(&mut self) -> LocalId {
        let local = self.next_local;
        if local + 1 != RULE_LOCALS {
            self.next_local += 1;
        } else {
            // The last one is shared by all that do not fit; the rule is refused.
            self.size = LARGEST_RULE;
        }
        local
    }

    /// Takes the name that was bound last out of scope.
    pub fn unbind(&mut self) {
        self.scope.pop();
    }

    fn error(
        &mut self,
        code: &str,
        message: impl Into<String>,
        span: Span,
        help: Option<String>,
    ) -> Expr {
        self.diagnostics.push(Diagnostic::error(code, message, span).maybe_help(help));
        self.poison(span)
    }

    /// An expression that must be a condition.
    pub fn condition(&mut self, expr: &ast::Expr) -> Expr {
        self.expect(expr, &Type::Bool)
    }

    /// An expression that must have a type.
    pub fn expect(&mut self, expr: &ast::Expr, expected: &Type) -> Expr {
        let checked = self.expr(expr, Some(expected));
        if !checked.ty.fits(expected) {
            let found = checked.ty.describe(self.schema);
            let wanted = expected.describe(self.schema);
            return self.error(
                "type-mismatch",
                format!("expected {wanted}, found {found}"),
                expr.span,
                None,
            );
        }
        checked
    }

    /// A text with expressions in it.
    pub fn template(&mut self, text: &ast::Text) -> Template {
        let parts = text.parts.iter().map(|part| match part {
            ast::TextPart::Literal(text) => Part::Text(text.clone()),
            ast::TextPart::Expr(expr) => Part::Expr(self.expr(expr, None)),
        });
        Template { parts: parts.collect() }
    }

    fn typed(&mut self, expr: &ast::Expr, expected: Option<&Type>) -> Expr {
        let span = expr.span;
        self.size += 1;
        if self.size > LARGEST_RULE {
            if self.size == LARGEST_RULE + 1 {
                let message = "this rule is too large";
                return self.error("rule-too-large", message, span, Some("split it".into()));
            }
            return self.poison(span);
        }
        let done = |kind, ty| Expr { kind, ty, span };
        match expr.kind.as_ref() {
            ExprKind::Literal(literal) => self.literal(literal, span, expected),
            ExprKind::Name(name) => self.name(name, span, expected),
            ExprKind::Field(base, field) => self.field(base, field, span),
            ExprKind::Call(name, arguments) => self.call(name, arguments, span),
            ExprKind::List(items) => {
                let element = expected.and_then(Type::element).cloned();
                let items: Vec<Expr> =
                    items.iter().map(|item| self.expr(item, element.as_ref())).collect();
                let ty =
                    items.iter().map(|item| item.ty.clone()).reduce(|a, b| self.join(a, b, span));
                let ty = ty.or(element).unwrap_or(Type::Error);
                done(Kind::List(items), Type::List(Arc::new(ty), Completeness::Complete))
            }
            ExprKind::Comprehension(body, binder) => {
                let Some(scan) = self.scan(binder) else { return self.poison(span) };
                let element = expected.and_then(Type::element).cloned();
                let body = self.expr(body, element.as_ref());
                self.unbind();
                let flatten = body.ty.element().is_some();
                let element = body.ty.element().cloned().unwrap_or_else(|| body.ty.clone());
                let ty = Type::List(Arc::new(element), Completeness::Complete);
                done(Kind::Map { scan, body: Box::new(body), flatten }, ty)
            }
            ExprKind::Record(name, fields) => self.record(name, fields, span),
            ExprKind::The(binder) => {
                let Some(mut scan) = self.scan(binder) else { return self.poison(span) };
                self.index(&mut scan, None);
                let element = self.scope.last().map_or(Type::Error, |(_, _, ty)| ty.clone());
                self.unbind();
                done(Kind::The(scan), Type::OrNone(Arc::new(element)))
            }
            ExprKind::Choose(binder, prefer) => {
                let Some(scan) = self.scan(binder) else { return self.poison(span) };
                let prefer = prefer.as_ref().map(|prefer| Box::new(self.expr(prefer, None)));
                let element = self.scope.last().map_or(Type::Error, |(_, _, ty)| ty.clone());
                self.unbind();
                done(Kind::Choose(scan, prefer), element)
            }
            ExprKind::If(condition, then, other) => {
                let condition = self.condition(condition);
                let then = self.expr(then, expected);
                // Bare words of the two branches need not be the same ones.
                let like = (!matches!(then.ty.present(), Type::Words(_))).then_some(&then.ty);
                let other = self.expr(other, expected.or(like));
                let ty = self.join(then.ty.clone(), other.ty.clone(), span);
                done(Kind::If(Box::new(condition), Box::new(then), Box::new(other)), ty)
            }
            ExprKind::Implies(left, right) => {
                let negated = Expr {
                    span: left.span,
                    ty: Type::Bool,
                    kind: Kind::Not(Box::new(self.condition(left))),
                };
                let right = self.condition(right);
                done(Kind::Or(Box::new(negated), Box::new(right)), Type::Bool)
            }
            ExprKind::And(left, right) => {
                let (left, right) = (self.condition(left), self.condition(right));
                done(Kind::And(Box::new(left), Box::new(right)), Type::Bool)
            }
            ExprKind::Or(left, right) => {
                let (left, right) = (self.condition(left), self.condition(right));
                done(Kind::Or(Box::new(left), Box::new(right)), Type::Bool)
            }
            ExprKind::Not(operand) => {
                done(Kind::Not(Box::new(self.condition(operand))), Type::Bool)
            }
            ExprKind::Compare(op, left, right) => self.compare(*op, left, right, span),
            ExprKind::In { negated, element, list } => {
                // Words of a list that is spelled out mean nothing without what they are compared with.
                let early = matches!(
                    (element.kind.as_ref(), list.kind.as_ref()),
                    (ExprKind::Field(..) | ExprKind::Call(..), ExprKind::List(_))
                );
                let early = early.then(|| self.expr(element, None));
                if early.as_ref().is_some_and(|element| element.ty == Type::Error) {
                    return self.poison(span);
                }
                let list = self.expr(list, None);
                let of = list.ty.element().cloned();
                if of.is_none() && list.ty != Type::Error {
                    let found = list.ty.describe(self.schema);
                    return self.error(
                        "type-mismatch",
                        format!("expected a list, found {found}"),
                        list.span,
                        None,
                    );
                }
                let element = early.unwrap_or_else(|| self.expr(element, of.as_ref()));
                let of = of.unwrap_or(Type::Error);
                self.comparable(&element.ty, &of, span);
                // Words of a literal list are checked against the element's own enumeration.
                let how = element.ty.how().and(of.how());
                let kind = Kind::In { element: Box::new(element), list: Box::new(list), how };
                self.maybe_not(*negated, done(kind, Type::Bool))
            }
            ExprKind::Matches(operand, pattern) => {
                let operand = self.expect_text(operand);
                match Pattern::new(&pattern.value, operand.ty.how()) {
                    Ok(pattern) => done(Kind::Matches(Box::new(operand), pattern), Type::Bool),
                    Err(reason) => {
                        let message = format!("this is not a regular expression: {reason}");
                        self.error("bad-regex", message, pattern.span, None)
                    }
                }
            }
            ExprKind::IsEmpty { negated, list } => {
                let list = self.expect_list(list);
                self.maybe_not(*negated, done(Kind::IsEmpty(Box::new(list)), Type::Bool))
            }
            ExprKind::IsKnown { negated, operand } => {
                let operand = self.expr(operand, None);
                self.maybe_not(*negated, done(Kind::IsKnown(Box::new(operand)), Type::Bool))
            }
            ExprKind::AreEqual(list) => {
                let list = self.expect_list(list);
                let how = list.ty.how();
                done(Kind::AreEqual(Box::new(list), how), Type::Bool)
            }
            ExprKind::AreUnique(list) => {
                let list = self.expect_list(list);
                let how = list.ty.how();
                done(Kind::AreUnique(Box::new(list), how), Type::Bool)
            }
            ExprKind::IsUniqueIn(element, list) => {
                let list = self.expect_list(list);
                let of = list.ty.element().cloned().unwrap_or(Type::Error);
                let element = self.expr(element, Some(&of));
                self.comparable(&element.ty, &of, span);
                let how = element.ty.how().and(of.how());
                done(Kind::IsUniqueIn(Box::new(element), Box::new(list), how), Type::Bool)
            }
            ExprKind::Otherwise(left, right) => {
                let left = self.expr(left, expected);
                let right = self.expr(right, expected.or(Some(&left.ty.clone())));
                let ty = self.join(left.ty.clone(), right.ty.clone(), span);
                done(Kind::Otherwise(Box::new(left), Box::new(right)), ty)
            }
            ExprKind::Quantified(quantifier, binder, body) => {
                let Some(mut scan) = self.scan(binder) else { return self.poison(span) };
                let body = self.condition(body);
                let of_body = matches!(quantifier, ast::Quantifier::Any | ast::Quantifier::No)
                    .then_some(&body);
                if of_body.is_some() {
                    // Equalities of the body count as well as those of the filter.
                    scan.index = None;
                }
                self.index(&mut scan, of_body);
                self.unbind();
                done(Kind::Quantified(*quantifier, scan, Box::new(body)), Type::Bool)
            }
            ExprKind::Add(left, right) => self.arithmetic(true, left, right, span, expected),
            ExprKind::Subtract(left, right) => self.arithmetic(false, left, right, span, expected),
            ExprKind::Error => self.poison(span),
        }
    }

    fn poison(&mut self, span: Span) -> Expr {
        self.poisoned = true;
        Expr { kind: Kind::Const(Const::None), ty: Type::Error, span }
    }

    fn maybe_not(&mut self, negated: bool, inner: Expr) -> Expr {
        if !negated {
            return inner;
        }
        Expr { span: inner.span, ty: Type::Bool, kind: Kind::Not(Box::new(inner)) }
    }

    fn literal(&mut self, literal: &Literal, span: Span, expected: Option<&Type>) -> Expr {
        let present = expected.map(Type::present);
        let wanted = present.filter(|ty| literal_fits(literal, ty) && **ty != Type::Error);
        let (value, ty) = match (literal, wanted) {
            (Literal::None, _) => (Const::None, Type::None),
            (Literal::Bool(flag), _) => (Const::Bool(*flag), Type::Bool),
            (Literal::Int(number), Some(Type::Version)) => {
                (Const::Text(number.to_string().into()), Type::Version)
            }
            (Literal::Int(number), Some(ty @ (Type::Size | Type::Duration))) => {
                (Const::Number(*number), ty.clone())
            }
            (Literal::Int(number), _) => (Const::Number(*number), Type::Int),
            (Literal::Size(number), _) => (Const::Number(*number), Type::Size),
            (Literal::Duration(number), _) => (Const::Number(*number), Type::Duration),
            (Literal::Version(text), _) => (Const::Text(text.as_str().into()), Type::Version),
            (Literal::Text(text), Some(ty)) => {
                let number = match ty {
                    Type::Time => scalar::parse_time(text),
                    Type::Size => scalar::parse_size(text),
                    Type::Duration => scalar::parse_duration(text),
                    _ => None,
                };
                let value = number.map_or_else(|| Const::Text(text.as_str().into()), Const::Number);
                (value, ty.clone())
            }
            (Literal::Text(text), None) => {
                let value = Const::Text(Arc::from(text.as_str()));
                (value, Type::Text)
            }
        };
        Expr { kind: Kind::Const(value), ty, span }
    }

    fn scan(&mut self, binder: &ast::Binder) -> Option<Scan> {
        let list = self.expr(&binder.list, None);
        if list.ty == Type::Error {
            return None;
        }
        let Some(element) = list.ty.element().cloned() else {
            let found = list.ty.describe(self.schema);
            self.error("type-mismatch", format!("expected a list, found {found}"), list.span, None);
            return None;
        };
        let local = self.bind(&binder.name, element);
        let filter = binder.filter.as_ref().map(|filter| Box::new(self.condition(filter)));
        let mut scan = Scan { list: Box::new(list), local, filter, index: None };
        if scan.filter.is_some() {
            self.index(&mut scan, None);
        }
        Some(scan)
    }

    fn index(&mut self, scan: &mut Scan, body: Option<&Expr>) {
        if scan.index.is_none() {
            scan.index =
                crate::compile::hoist::index(scan, body, self.schema, &mut self.shared.indices);
        }
    }

    fn expect_list(&mut self, expr: &ast::Expr) -> Expr {
        let list = self.expr(expr, None);
        if list.ty == Type::Error || list.ty.element().is_some() {
            return list;
        }
        let found = list.ty.describe(self.schema);
        self.error("type-mismatch", format!("expected a list, found {found}"), expr.span, None)
    }

    fn expect_text(&mut self, expr: &ast::Expr) -> Expr {
        let text = self.expr(expr, None);
        if matches!(text.ty.present(), Type::Text | Type::TextNocase | Type::Version | Type::Error)
        {
            return text;
        }
        let found = text.ty.describe(self.schema);
        self.error("type-mismatch", format!("expected text, found {found}"), expr.span, None)
    }

    fn comparable(&mut self, left: &Type, right: &Type, span: Span) -> bool {
        if left.comparable(right) {
            return true;
        }
        let (left, right) = (left.describe(self.schema), right.describe(self.schema));
        self.error("type-mismatch", format!("{left} is never equal to {right}"), span, None);
        false
    }

    fn compare(&mut self, op: Comparison, left: &ast::Expr, right: &ast::Expr, span: Span) -> Expr {
        let bare = |side: &ast::Expr, this: &Self| match side.kind.as_ref() {
            ExprKind::Name(name) => !this.resolves(name),
            ExprKind::Literal(_) => true,
            _ => false,
        };
        let (left, right) = if bare(left, self) {
            let right = self.expr(right, None);
            (self.expr(left, Some(&right.ty)), right)
        } else {
            let left = self.expr(left, None);
            let right = self.expr(right, Some(&left.ty));
            (left, right)
        };
        if left.ty == Type::Error || right.ty == Type::Error {
            return Expr { kind: Kind::Const(Const::None), ty: Type::Bool, span };
        }
        if !self.comparable(&left.ty, &right.ty, span) {
            return Expr { kind: Kind::Const(Const::None), ty: Type::Bool, span };
        }
        let orders = !matches!(op, Comparison::Equal | Comparison::NotEqual);
        if orders && !(left.ty.ordered() && right.ty.ordered()) {
            let ty = left.ty.describe(self.schema);
            return self.error("type-mismatch", format!("{ty} has no order"), span, None);
        }
        let how = left.ty.how().and(right.ty.how());
        Expr {
            kind: Kind::Compare { op, how, left: Box::new(left), right: Box::new(right) },
            ty: Type::Bool,
            span,
        }
    }

    fn arithmetic(
        &mut self,
        add: bool,
        left: &ast::Expr,
        right: &ast::Expr,
        span: Span,
        expected: Option<&Type>,
    ) -> Expr {
        let left = self.expr(left, expected.filter(|ty| matches!(ty.present(), Type::Text)));
        let right = self.expr(right, None);
        let ty = match (left.ty.present(), right.ty.present()) {
            (Type::Error, _) | (_, Type::Error) => return self.poison(span),
            (Type::Time, Type::Duration) => Type::Time,
            (Type::Time, Type::Time) if !add => Type::Duration,
            (Type::Int, Type::Int) => Type::Int,
            (Type::Size, Type::Size) => Type::Size,
            (Type::Duration, Type::Duration) => Type::Duration,
            (
                Type::Text | Type::TextNocase | Type::Version,
                Type::Text | Type::TextNocase | Type::Version,
            ) if add => Type::Text,
            _ => {
                let (a, b) = (left.ty.describe(self.schema), right.ty.describe(self.schema));
                let what = if add {
                    format!("{a} and {b} cannot be added")
                } else {
                    format!("{b} cannot be taken from {a}")
                };
                return self.error("type-mismatch", what, span, None);
            }
        };
        let (left, right) = (Box::new(left), Box::new(right));
        Expr {
            kind: if add { Kind::Add(left, right) } else { Kind::Subtract(left, right) },
            ty,
            span,
        }
    }

    /// The type of either of two values.
    fn join(&mut self, a: Type, b: Type, span: Span) -> Type {
        match (a, b) {
            (Type::Error, other) | (other, Type::Error) => other,
            (Type::None, Type::None) => Type::None,
            (Type::None, other) | (other, Type::None) => match other {
                Type::OrNone(_) => other,
                other => Type::OrNone(Arc::new(other)),
            },
            (Type::OrNone(a), Type::OrNone(b)) => {
                Type::OrNone(Arc::new(self.join(Type::clone(&a), Type::clone(&b), span)))
            }
            (Type::OrNone(a), b) | (b, Type::OrNone(a)) => {
                Type::OrNone(Arc::new(self.join(Type::clone(&a), b, span)))
            }
            (Type::Words(a), Type::Words(b)) => {
                let new = b.iter().filter(|word| !a.contains(word));
                Type::Words(a.iter().chain(new).copied().collect())
            }
            (Type::Text, Type::TextNocase) => Type::TextNocase,
            (Type::Ref(_), Type::RefAny) | (Type::RefAny, Type::Ref(_)) => Type::RefAny,
            (Type::Ref(a), Type::Ref(b)) if a != b => Type::RefAny,
            (a, b) => {
                self.comparable(&a, &b, span);
                a
            }
        }
    }
}
