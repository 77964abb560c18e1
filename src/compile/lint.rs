//! What a rule promises and does not do, as far as its text alone shows it.
//!
//! Owns the checks of one rule, or of two, that need neither an environment nor a search: whether what closes the gate can
//! block anybody, whether somebody judges where a list is empty, whether the same is said twice in two forms. Never an
//! error: a rule that is told here runs as it is written.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::compile::ir::{Const, Expr, Kind, Level, LocalId, Rule};
use crate::diagnostic::{Diagnostic, Diagnostics, Severity};
use crate::language::ast::Quantifier;
use crate::schema::types::Type;
use crate::schema::{Schema, TypeId, TypeKind};

/// Looks at all rules of a pack.
pub fn check(rules: &[Rule], schema: &Schema, diagnostics: &mut Diagnostics) {
    let closing = || rules.iter().filter(|rule| rule.level == Level::Error);
    let led = Led::new(schema);
    for rule in closing() {
        blocks_nobody(rule, schema, &led, diagnostics);
        open_when_empty(rule, diagnostics);
    }
    both_ways(rules, diagnostics);
}

/// A rule whose subject no unit leads to: what it finds stands against nobody in particular.
fn blocks_nobody(rule: &Rule, schema: &Schema, led: &Led, diagnostics: &mut Diagnostics) {
    let (Some(unit), None) = (schema.unit, &rule.blocks) else { return };
    let subject = rule.bindings.iter().filter(|binding| binding.each);
    let Some(subject) = subject.filter_map(|binding| element(&binding.value, schema)).next() else {
        return;
    };
    let about = led.holders(subject, schema);
    if about.is_empty() || about.iter().any(|ty| led.reached.contains(ty)) {
        return;
    }
    let unit = &schema.ty(unit).name;
    let message = format!(
        "`{}` can close the gate, and no {unit} leads to what it is about: {}",
        rule.id,
        schema.ty(subject).name
    );
    let help = format!(
        "say whom it blocks with `blocks`, or let a {unit} refer to it: as it is, it blocks all that are spoken of"
    );
    diagnostics.push(Diagnostic::warning("blocks-nobody", message, rule.span).help(help));
}

/// A prerequisite whose later `for` goes through a list of its own: where that holds nothing, nothing was judged.
fn open_when_empty(rule: &Rule, diagnostics: &mut Diagnostics) {
    if rule.negated {
        return;
    }
    let mut before: FxHashSet<LocalId> = FxHashSet::default();
    for binding in &rule.bindings {
        let depends = uses(&binding.value, &before);
        if binding.each && !before.is_empty() && !depends {
            let message = format!(
                "`{}` passes over everything where this list has no element: nobody judges it then",
                rule.id
            );
            diagnostics.push(
                Diagnostic::new(Severity::Note, "open-when-empty", message)
                    .label(binding.value.span, "")
                    .help("require `any` of the list where one is needed, or leave that to a rule about the list"),
            );
        }
        if binding.each || depends {
            before.insert(binding.local);
        }
    }
}

/// Two rules of which one says by `for` what the other says by `all`: one fault would be two findings.
fn both_ways(rules: &[Rule], diagnostics: &mut Diagnostics) {
    let mut known: FxHashMap<String, &Rule> = FxHashMap::default();
    for rule in rules {
        let said = said(rule);
        match known.get(&said) {
            Some(first) => {
                let message = format!("`{}` says what `{}` says", rule.id, first.id);
                diagnostics.push(
                    Diagnostic::warning("same-rule-both-ways", message, rule.span)
                        .label(first.span, "said here, in this form or another")
                        .help("take one of them away: each fault would be reported twice"),
                );
            }
            None => {
                known.insert(said, rule);
            }
        }
    }
}

/// What a rule requires of what, in one form: `all` at the head of the condition is a `for`, a `no` the `all` of what is
/// not so, and names count by their order.
fn said(rule: &Rule) -> String {
    let mut writer = Writer::default();
    let mut limits: Vec<String> = Vec::new();
    for binding in &rule.bindings {
        let value = writer.text(&binding.value);
        let number = writer.name(binding.local);
        let word = if binding.each { "for" } else { "let" };
        writer.heads.push(format!("{word} {number} {value}"));
    }
    if let Some(filter) = &rule.filter {
        writer.conjuncts(filter, &mut limits);
    }
    let (mut condition, mut holds): (&Expr, bool) = (&rule.condition, !rule.negated);
    loop {
        match &condition.kind {
            Kind::Memo(_, _, inner) | Kind::Table(_, _, inner) => condition = inner,
            Kind::Not(inner) => (condition, holds) = (inner, !holds),
            Kind::Quantified(quantifier, scan, body)
                if (*quantifier != Quantifier::Any) == holds =>
            {
                let value = writer.text(&scan.list);
                let number = writer.name(scan.local);
                writer.heads.push(format!("for {number} {value}"));
                if let Some(filter) = &scan.filter {
                    writer.conjuncts(filter, &mut limits);
                }
                holds = *quantifier == Quantifier::All;
                condition = body;
            }
            _ => break,
        }
    }
    limits.sort();
    let condition = writer.text(condition);
    let grace = rule.grace.as_ref().map(|grace| writer.text(grace)).unwrap_or_default();
    format!(
        "{} where {} is {holds} {condition} {grace}",
        writer.heads.join(" "),
        limits.join(" and ")
    )
}

/// Writes expressions so that two are the same text where they mean the same by their form.
#[derive(Default)]
struct Writer {
    heads: Vec<String>,
    names: FxHashMap<LocalId, usize>,
}

impl Writer {
    fn name(&mut self, local: LocalId) -> usize {
        let next = self.names.len();
        *self.names.entry(local).or_insert(next)
    }

    fn conjuncts(&mut self, expr: &Expr, out: &mut Vec<String>) {
        match &expr.kind {
            Kind::And(a, b) => {
                self.conjuncts(a, out);
                self.conjuncts(b, out);
            }
            Kind::Memo(_, _, inner) | Kind::Table(_, _, inner) => self.conjuncts(inner, out),
            _ => out.push(self.text(expr)),
        }
    }

    fn text(&mut self, expr: &Expr) -> String {
        let head = match &expr.kind {
            Kind::Memo(_, _, inner) | Kind::Table(_, _, inner) => return self.text(inner),
            Kind::Const(value) => return constant(value),
            Kind::Local(local) => return format!("_{}", self.name(*local)),
            Kind::Now => "now".to_owned(),
            Kind::Field { owner, field, .. } => format!("field {} {field}", owner.0),
            Kind::Inverse { inverse, .. } => format!("inverse {inverse:?}"),
            Kind::Map { flatten, .. } => format!("map {flatten}"),
            Kind::The(_) => "the".to_owned(),
            Kind::Choose(..) => "choose".to_owned(),
            Kind::Quantified(quantifier, ..) => format!("{quantifier:?}"),
            Kind::List(_) => "list".to_owned(),
            Kind::Make(ty, fields) => {
                let fields: Vec<usize> = fields.iter().map(|(field, _)| *field).collect();
                format!("make {} {fields:?}", ty.0)
            }
            Kind::If(..) => "if".to_owned(),
            Kind::And(..) => "and".to_owned(),
            Kind::Or(..) => "or".to_owned(),
            Kind::Not(_) => "not".to_owned(),
            Kind::Compare { op, how, .. } => format!("{op:?} {how:?}"),
            Kind::In { how, .. } => format!("in {how:?}"),
            Kind::Matches(_, pattern) => format!("matches {pattern:?}"),
            Kind::IsEmpty(_) => "empty".to_owned(),
            Kind::IsKnown(_) => "known".to_owned(),
            Kind::AreEqual(_, how) => format!("equal {how:?}"),
            Kind::AreUnique(_, how) => format!("unique {how:?}"),
            Kind::IsUniqueIn(_, _, how) => format!("uniqueIn {how:?}"),
            Kind::Holders(_, _, how) => format!("holders {how:?}"),
            Kind::Otherwise(..) => "otherwise".to_owned(),
            Kind::Add(..) => "add".to_owned(),
            Kind::Subtract(..) => "subtract".to_owned(),
            Kind::Call(builtin, _) => format!("call {}", builtin.name),
            Kind::Invoke(define, _) => format!("invoke {}", define.id),
        };
        let mut parts = vec![head];
        // A name is numbered where it is bound, before what it is used in.
        if let Kind::Map { scan, .. }
        | Kind::The(scan)
        | Kind::Choose(scan, _)
        | Kind::Quantified(_, scan, _) = &expr.kind
        {
            parts.push(format!("{} {}", self.name(scan.local), scan.filter.is_some()));
        }
        expr.children(&mut |child| parts.push(self.text(child)));
        format!("({})", parts.join(" "))
    }
}

fn constant(value: &Const) -> String {
    match value {
        Const::Text(text) => format!("{text:?}"),
        other => format!("{other:?}"),
    }
}

/// Whether an expression names one of these.
fn uses(expr: &Expr, names: &FxHashSet<LocalId>) -> bool {
    if let Kind::Local(local) = &expr.kind
        && names.contains(local)
    {
        return true;
    }
    let mut found = false;
    expr.children(&mut |child| found = found || uses(child, names));
    found
}

/// The entity or record that a `for` through this list is bound to.
fn element(list: &Expr, schema: &Schema) -> Option<TypeId> {
    match list.ty.present() {
        Type::All(inverse) => Some(schema.inverse(*inverse).source),
        _ => list.ty.element()?.row(),
    }
}

/// Which entities units lead to, by their types.
struct Led {
    reached: FxHashSet<TypeId>,
    /// The types that hold rows of a type in place or in a list.
    held_by: FxHashMap<TypeId, Vec<TypeId>>,
}

impl Led {
    fn new(schema: &Schema) -> Self {
        let mut held_by: FxHashMap<TypeId, Vec<TypeId>> = FxHashMap::default();
        for (id, def) in schema.types() {
            for field in &def.fields {
                if let Type::Row(held) = held(&field.ty) {
                    held_by.entry(*held).or_default().push(id);
                }
            }
        }
        let mut found = Self { reached: FxHashSet::default(), held_by };
        let mut next: Vec<TypeId> = schema.unit.into_iter().collect();
        // What is about the environment stands against all.
        found.reached.insert(crate::schema::ENVIRONMENT);
        while let Some(ty) = next.pop() {
            if !found.reached.insert(ty) {
                continue;
            }
            let def = schema.ty(ty);
            for field in &def.fields {
                match held(&field.ty) {
                    Type::Ref(to) => next.push(*to),
                    Type::One(inverse) => next.push(schema.inverse(*inverse).source),
                    // The references of a record are those of the entity around it.
                    Type::Row(to) if schema.ty(*to).kind == TypeKind::Record => next.push(*to),
                    Type::RefAny => {
                        let entities =
                            schema.types().filter(|(_, def)| def.kind == TypeKind::Entity);
                        next.extend(entities.map(|(id, _)| id));
                    }
                    _ => {}
                }
            }
        }
        found
    }

    /// The entities, or the environment, that a row of a type is part of.
    fn holders(&self, ty: TypeId, schema: &Schema) -> Vec<TypeId> {
        let (mut found, mut next) = (Vec::new(), vec![ty]);
        let mut seen: FxHashSet<TypeId> = FxHashSet::default();
        while let Some(ty) = next.pop() {
            if !seen.insert(ty) {
                continue;
            }
            match schema.ty(ty).kind {
                TypeKind::Record => next.extend(self.held_by.get(&ty).into_iter().flatten()),
                TypeKind::Entity | TypeKind::Environment => found.push(ty),
            }
        }
        found
    }
}

/// What a field holds: an element of its list, or itself.
fn held(ty: &Type) -> &Type {
    ty.element().unwrap_or(ty.present()).present()
}
