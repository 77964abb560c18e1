//! What a rule says, worked out over the syntax tree as `docs/language.md` says it, row by row: nothing is kept, nothing is
//! looked up, and how two values compare is told by what they are.

use std::collections::HashMap;

use failback::language::ast::remedy::Foreseen;
use failback::language::ast::{
    Binder, Binding, Comparison, Define, Expr, ExprKind, Literal, Quantifier, Rule, RuleKind,
    TypeKind,
};
use failback::source::Sources;

use crate::naive::facts::World;
use crate::naive::model::{Extent, Value};
use crate::naive::values::{
    Truth, and, calculate, compare, duration, equal, known, lesser, not, of_list, older, or, regex,
    told,
};

/// The names that are bound.
type Scope = Vec<(String, Value)>;

/// Definitions and facts.
pub struct Naive<'a> {
    pub world: &'a World<'a>,
    pub defines: &'a HashMap<String, &'a Define>,
    pub sources: &'a Sources,
}

/// The result of a rule for a subject.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Told {
    Pass,
    Fail,
    Pending,
    Unknown,
    NotApplicable,
}

impl Naive<'_> {
    /// All outcomes of a rule, each with the address of its subject.
    pub fn rule(&self, rule: &Rule) -> Vec<(Told, String)> {
        let mut outcomes = Vec::new();
        self.bind(rule, &rule.bindings, &mut Vec::new(), None, &mut outcomes);
        outcomes
    }

    fn bind(
        &self,
        rule: &Rule,
        bindings: &[Binding],
        scope: &mut Scope,
        subject: Option<usize>,
        outcomes: &mut Vec<(Told, String)>,
    ) {
        let path = |subject: Option<usize>| {
            subject.map(|row| self.world.rows[row].path.clone()).unwrap_or_default()
        };
        let Some((binding, rest)) = bindings.split_first() else {
            outcomes.push((self.outcome(rule, scope), path(subject)));
            return;
        };
        let value = self.value(&binding.value, scope);
        if !binding.each {
            scope.push((binding.name.value.clone(), value));
            self.bind(rule, rest, scope, subject, outcomes);
            scope.pop();
            return;
        }
        let (items, extent) = match value {
            Value::List(items, extent) => (items, extent),
            Value::None => return,
            _ => (vec![Value::Unknown], Extent::Open),
        };
        let mut open = extent != Extent::Whole;
        for item in items {
            if item == Value::Unknown {
                // Which element it is, is not known; that stands for what may not be listed, too.
                outcomes.push((Told::Unknown, path(subject)));
                open = false;
                continue;
            }
            let subject = match (subject, &item) {
                (None, Value::Row(row)) => Some(*row),
                _ => subject,
            };
            scope.push((binding.name.value.clone(), item));
            self.bind(rule, rest, scope, subject, outcomes);
            scope.pop();
        }
        if open {
            outcomes.push((Told::Unknown, path(subject)));
        }
    }

    fn outcome(&self, rule: &Rule, scope: &mut Scope) -> Told {
        let applies = rule.filter.as_ref().map_or(Some(true), |filter| self.truth(filter, scope));
        if applies == Some(false) {
            return Told::NotApplicable;
        }
        let holds = match rule.kind {
            RuleKind::Prerequisite => self.truth(rule.require.as_ref().expect("require"), scope),
            _ => not(self.truth(rule.when.as_ref().expect("when"), scope)),
        };
        match or(not(applies), holds) {
            Some(true) => Told::Pass,
            None => Told::Unknown,
            Some(false) => {
                let Some(grace) = &rule.grace else { return Told::Fail };
                let Foreseen::Known(grace) = grace else { return Told::Pending };
                let now = self.world.now.map_or(Value::Unknown, Value::Number);
                match compare(Comparison::Less, &now, &self.value(grace, scope)) {
                    Some(true) => Told::Pending,
                    Some(false) => Told::Fail,
                    None => Told::Unknown,
                }
            }
        }
    }

    /// A condition; `none` is false.
    fn truth(&self, expr: &Expr, scope: &mut Scope) -> Truth {
        match self.value(expr, scope) {
            Value::Bool(flag) => Some(flag),
            Value::None => Some(false),
            _ => None,
        }
    }

    /// The elements of a list, and whether these are all; `none` is empty.
    fn list(&self, expr: &Expr, scope: &mut Scope) -> Option<(Vec<Value>, Extent)> {
        match self.value(expr, scope) {
            Value::List(items, extent) => Some((items, extent)),
            Value::None => Some((Vec::new(), Extent::Whole)),
            _ => None,
        }
    }

    fn with<T>(
        &self,
        name: &str,
        value: Value,
        scope: &mut Scope,
        then: impl FnOnce(&Self, &mut Scope) -> T,
    ) -> T {
        scope.push((name.to_owned(), value));
        let result = then(self, scope);
        scope.pop();
        result
    }

    fn filtered(&self, binder: &Binder, item: &Value, scope: &mut Scope) -> Truth {
        binder.filter.as_ref().map_or(Some(true), |filter| {
            self.with(&binder.name.value, item.clone(), scope, |this, scope| {
                this.truth(filter, scope)
            })
        })
    }

    fn value(&self, expr: &Expr, scope: &mut Scope) -> Value {
        match expr.kind.as_ref() {
            ExprKind::Literal(literal) => self.literal(literal, expr),
            ExprKind::Name(name) => self.name(name, scope),
            ExprKind::Field(base, field) => match self.value(base, scope) {
                // In the place of a list `none` is an empty one, and what is read of it is a list.
                Value::None if self.makes_list(base) => Value::List(Vec::new(), Extent::Whole),
                base => self.field(base, &field.value),
            },
            ExprKind::Call(name, arguments) => self.call(&name.value, arguments, scope),
            ExprKind::List(items) => {
                let items = items.iter().map(|item| self.value(item, scope)).collect();
                Value::List(items, Extent::Whole)
            }
            ExprKind::Comprehension(body, binder) => {
                let Some((items, mut extent)) = self.list(&binder.list, scope) else {
                    return Value::Unknown;
                };
                let mut made = Vec::new();
                for item in items {
                    match self.filtered(binder, &item, scope) {
                        Some(false) => {}
                        None => extent = Extent::Open,
                        Some(true) => {
                            let name = &binder.name.value;
                            match self.with(name, item, scope, |this, s| this.value(body, s)) {
                                Value::List(inner, inner_extent) => {
                                    made.extend(inner);
                                    extent = lesser(extent, inner_extent);
                                }
                                Value::None if self.makes_list(body) => {}
                                Value::Unknown if self.makes_list(body) => extent = Extent::Open,
                                value => made.push(value),
                            }
                        }
                    }
                }
                Value::List(made, extent)
            }
            ExprKind::The(binder) => {
                let Some((items, extent)) = self.list(&binder.list, scope) else {
                    return Value::Unknown;
                };
                let mut matching = Vec::new();
                let mut doubtful = extent != Extent::Whole;
                for item in items {
                    match self.filtered(binder, &item, scope) {
                        Some(true) => matching.push(item),
                        None => doubtful = true,
                        Some(false) => {}
                    }
                }
                match (matching.len(), doubtful) {
                    (1, _) => matching.remove(0),
                    (0, false) => Value::None,
                    _ => Value::Unknown,
                }
            }
            ExprKind::If(condition, then, other) => match self.truth(condition, scope) {
                Some(true) => self.value(then, scope),
                Some(false) => self.value(other, scope),
                None => {
                    let (then, other) = (self.value(then, scope), self.value(other, scope));
                    if known(&then) && then == other { then } else { Value::Unknown }
                }
            },
            ExprKind::Implies(a, b) => told(or(not(self.truth(a, scope)), self.truth(b, scope))),
            ExprKind::And(a, b) => told(and(self.truth(a, scope), self.truth(b, scope))),
            ExprKind::Or(a, b) => told(or(self.truth(a, scope), self.truth(b, scope))),
            ExprKind::Not(a) => told(not(self.truth(a, scope))),
            ExprKind::Compare(op, a, b) => {
                let (a, b) = (self.value(a, scope), self.value(b, scope));
                told(compare(*op, &a, &b))
            }
            ExprKind::In { negated, element, list } => {
                let element = self.value(element, scope);
                let found = self.list(list, scope).and_then(|(items, extent)| {
                    let found = items.iter().map(|item| equal(&element, item));
                    let found = found.fold(Some(false), or);
                    if extent == Extent::Whole { found } else { or(found, None) }
                });
                told(if *negated { not(found) } else { found })
            }
            ExprKind::Matches(text, pattern) => match self.value(text, scope) {
                Value::Text(text) | Value::Version(text) => {
                    Value::Bool(regex(&pattern.value, &text))
                }
                // Case counts for none of it.
                Value::Nocase(text) => {
                    Value::Bool(regex(&pattern.value.to_lowercase(), &text.to_lowercase()))
                }
                Value::None => Value::Bool(false),
                _ => Value::Unknown,
            },
            ExprKind::IsEmpty { negated, list } => {
                let empty = self.list(list, scope).and_then(|(items, extent)| {
                    match (items.is_empty(), extent) {
                        (false, _) => Some(false),
                        (true, Extent::Whole) => Some(true),
                        (true, _) => None,
                    }
                });
                told(if *negated { not(empty) } else { empty })
            }
            ExprKind::IsKnown { negated, operand } => {
                let value = self.value(operand, scope);
                let known = !matches!(value, Value::Unknown | Value::List(_, Extent::Open));
                Value::Bool(known != *negated)
            }
            ExprKind::AreEqual(list) => told(self.pairs(list, scope, |same| same)),
            ExprKind::AreUnique(list) => told(self.pairs(list, scope, not)),
            ExprKind::IsUniqueIn(element, list) => {
                let element = self.value(element, scope);
                told(self.list(list, scope).and_then(|(items, extent)| {
                    let same = items.iter().filter(|item| equal(&element, item) == Some(true));
                    let open = extent != Extent::Whole || items.iter().any(|item| !known(item));
                    match same.count() {
                        _ if !known(&element) => None,
                        2.. => Some(false),
                        _ if open => None,
                        _ => Some(true),
                    }
                }))
            }
            ExprKind::Otherwise(a, b) => match self.value(a, scope) {
                Value::Unknown => self.value(b, scope),
                value => value,
            },
            ExprKind::Quantified(quantifier, binder, body) => {
                self.quantified(*quantifier, binder, body, scope)
            }
            ExprKind::Add(a, b) => {
                calculate(self.value(a, scope), self.value(b, scope), i64::checked_add)
            }
            ExprKind::Subtract(a, b) => {
                calculate(self.value(a, scope), self.value(b, scope), i64::checked_sub)
            }
            ExprKind::Record(..) | ExprKind::Choose(..) | ExprKind::Error => {
                panic!("no rule of the generator holds {expr:?}")
            }
        }
    }

    fn literal(&self, literal: &Literal, expr: &Expr) -> Value {
        match literal {
            Literal::Bool(flag) => Value::Bool(*flag),
            Literal::Int(number) | Literal::Size(number) => Value::Number(*number),
            Literal::Duration(_) => Value::Number(duration(self.sources.slice(expr.span))),
            Literal::Version(text) => Value::Version(text.clone()),
            Literal::Text(text) => Value::Text(text.clone()),
            Literal::None => Value::None,
        }
    }

    fn name(&self, name: &str, scope: &mut Scope) -> Value {
        if let Some((_, value)) = scope.iter().rev().find(|(known, _)| known == name) {
            return value.clone();
        }
        if self.world.schema.types[0].fields.iter().any(|field| field.name == name) {
            return self.world.field(0, name);
        }
        if name == "now" {
            return self.world.now.map_or(Value::Unknown, Value::Number);
        }
        match self.defines.get(name) {
            Some(define) => self.defined(define, Vec::new()),
            None => Value::Word(name.to_owned()),
        }
    }

    /// What a definition is worth with its parameters bound; a text is one without case where it is declared so.
    fn defined(&self, define: &Define, mut scope: Scope) -> Value {
        match (self.value(&define.body, &mut scope), define.ty.as_ref().map(|ty| &ty.kind)) {
            (Value::Text(text), Some(TypeKind::TextNocase)) => Value::Nocase(text),
            (value, _) => value,
        }
    }

    fn field(&self, base: Value, name: &str) -> Value {
        match base {
            Value::Row(row) => self.world.field(row, name),
            Value::None => Value::None,
            Value::List(items, mut extent) => {
                let mut flat = Vec::new();
                let listed = self.is_list(name);
                for item in items {
                    match self.field(item, name) {
                        Value::List(inner, inner_extent) => {
                            flat.extend(inner);
                            extent = lesser(extent, inner_extent);
                        }
                        Value::None if listed => {}
                        Value::Unknown if listed => extent = Extent::Open,
                        value => flat.push(value),
                    }
                }
                Value::List(flat, extent)
            }
            _ => Value::Unknown,
        }
    }

    /// Whether a field holds a list; no two fields of a pack have one name.
    fn is_list(&self, name: &str) -> bool {
        use crate::naive::model::Ty;
        let mut fields = self.world.schema.types.iter().flat_map(|def| &def.fields);
        let field = fields.find(|field| field.name == name).expect("a field");
        matches!(field.ty.present(), Ty::List(..) | Ty::All(..))
    }

    /// Whether an expression is a list where it is known; a path that leads through a list is one.
    fn makes_list(&self, expr: &Expr) -> bool {
        match expr.kind.as_ref() {
            ExprKind::List(_) | ExprKind::Comprehension(..) => true,
            ExprKind::Field(base, field) => self.is_list(&field.value) || self.makes_list(base),
            ExprKind::Name(name) => {
                let fields = &self.world.schema.types[0].fields;
                fields.iter().any(|field| field.name == *name) && self.is_list(name)
            }
            ExprKind::Call(name, _) => {
                matches!(name.value.as_str(), "distinct" | "listed" | "holders")
            }
            ExprKind::If(_, then, _) => self.makes_list(then),
            ExprKind::Otherwise(a, _) => self.makes_list(a),
            _ => false,
        }
    }

    fn call(&self, name: &str, arguments: &[Expr], scope: &mut Scope) -> Value {
        if let Some(define) = self.defines.get(name) {
            let values = arguments.iter().map(|argument| self.value(argument, scope));
            let names = define.params.iter().map(|param| param.name.value.clone());
            return self.defined(define, names.zip(values).collect());
        }
        if name == "holders" {
            return self.holders(&arguments[0], &arguments[1], scope);
        }
        let value = self.value(&arguments[0], scope);
        if let ("lower" | "startsWith", Value::None) = (name, &value) {
            return if name == "lower" { Value::None } else { Value::Bool(false) };
        }
        match name {
            "lower" => match value {
                Value::Text(text) => Value::Text(text.to_lowercase()),
                _ => Value::Unknown,
            },
            "older" => match (value, self.value(&arguments[1], scope)) {
                (Value::None, other) | (other, Value::None) => match other {
                    Value::Unknown => Value::Unknown,
                    _ => Value::Bool(false),
                },
                (Value::Version(a), Value::Version(b)) => older(&a, &b),
                _ => Value::Unknown,
            },
            "startsWith" => match (value, self.value(&arguments[1], scope)) {
                (Value::Text(text), Value::Text(start)) => Value::Bool(text.starts_with(&start)),
                (Value::Nocase(text), Value::Text(start) | Value::Nocase(start))
                | (Value::Text(text), Value::Nocase(start)) => {
                    Value::Bool(text.to_lowercase().starts_with(&start.to_lowercase()))
                }
                (Value::Text(_) | Value::Nocase(_), Value::None) => Value::Bool(false),
                _ => Value::Unknown,
            },
            _ => match value {
                Value::None => match name {
                    "count" | "sum" => Value::Number(0),
                    "min" | "max" | "distinct" | "listed" => Value::None,
                    _ => panic!("no function `{name}`"),
                },
                Value::List(items, extent) => of_list(name, items, extent),
                _ => Value::Unknown,
            },
        }
    }

    /// The entities that are known to hold a value.
    fn holders(&self, value: &Expr, list: &Expr, scope: &mut Scope) -> Value {
        let value = self.value(value, scope);
        if !known(&value) {
            return Value::Unknown;
        }
        let Some(held) = self.held(list, scope) else { return Value::Unknown };
        let mut found: Vec<Value> = Vec::new();
        for (item, entity) in held {
            if equal(&item, &value) == Some(true) && !found.contains(&entity) {
                found.push(entity);
            }
        }
        Value::List(found, Extent::Whole)
    }

    /// The elements of a list, each with the entity of the environment that says it.
    fn held(&self, list: &Expr, scope: &mut Scope) -> Option<Vec<(Value, Value)>> {
        match list.kind.as_ref() {
            ExprKind::Field(base, field) => {
                let base = self.held(base, scope)?;
                Some(
                    base.into_iter()
                        .flat_map(|(item, entity)| {
                            // As a list of one.
                            let one = Value::List(vec![item], Extent::Whole);
                            let Value::List(read, _) = self.field(one, &field.value) else {
                                panic!("a field of a list is a list")
                            };
                            read.into_iter().map(move |item| (item, entity.clone()))
                        })
                        .collect(),
                )
            }
            ExprKind::Comprehension(body, binder) => {
                let mut made = Vec::new();
                for (item, entity) in self.held(&binder.list, scope)? {
                    if self.filtered(binder, &item, scope) == Some(true) {
                        let name = &binder.name.value;
                        let value = self.with(name, item, scope, |this, s| this.value(body, s));
                        made.push((value, entity));
                    }
                }
                Some(made)
            }
            _ => {
                let (items, _) = self.list(list, scope)?;
                Some(items.into_iter().map(|item| (item.clone(), item)).collect())
            }
        }
    }

    fn quantified(
        &self,
        quantifier: Quantifier,
        binder: &Binder,
        body: &Expr,
        scope: &mut Scope,
    ) -> Value {
        let Some((items, extent)) = self.list(&binder.list, scope) else { return Value::Unknown };
        // `all` is that none is otherwise.
        let all = quantifier == Quantifier::All;
        let mut any = if extent == Extent::Whole { Some(false) } else { None };
        for item in items {
            let counts = self.filtered(binder, &item, scope);
            let holds =
                self.with(&binder.name.value, item, scope, |this, scope| this.truth(body, scope));
            any = or(any, and(counts, if all { not(holds) } else { holds }));
        }
        told(if quantifier == Quantifier::Any { any } else { not(any) })
    }

    /// Whether something holds for each two elements of a list.
    fn pairs(&self, list: &Expr, scope: &mut Scope, of: impl Fn(Truth) -> Truth) -> Truth {
        let (items, extent) = self.list(list, scope)?;
        let mut all = if extent == Extent::Whole { Some(true) } else { None };
        for (at, one) in items.iter().enumerate() {
            for other in &items[at + 1..] {
                all = and(all, of(equal(one, other)));
            }
        }
        all
    }
}
