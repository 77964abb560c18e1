//! Which outcomes a change of the facts can touch.
//!
//! Owns, per rule, the fields that it reads, and the search from a changed fact back to the subjects that may read it.
//! The answer may name too many, never too few: a plan that relies on it is checked as a whole at its end.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::compile::ir::{Expr, Kind, Rule, RuleSet};
use crate::facts::{Fact, Facts, ROOT, RowId, SlotId};
use crate::schema::TypeId;
use crate::schema::types::Type;

/// A field of a type.
pub type Field = (TypeId, usize);

/// What a rule reads.
#[derive(Debug, Default)]
struct Reads {
    /// Fields, inverses as the field they turn round.
    fields: FxHashSet<Field>,
    /// Fields read from all entities of the environment, so that one change may touch every subject.
    everywhere: FxHashSet<Field>,
}

/// The fields that each rule of a set reads.
pub struct Touch {
    rules: Vec<Reads>,
}

/// What has to be evaluated again.
pub enum Subjects {
    /// Nothing.
    None,
    /// These subjects.
    Some(FxHashSet<RowId>),
    /// All of them.
    All,
}

impl Touch {
    /// Looks through all rules once.
    pub fn new(rules: &RuleSet) -> Self {
        Self { rules: rules.rules.iter().map(|rule| reads(rule, rules)).collect() }
    }

    /// The subjects of a rule that changed slots may touch.
    pub fn subjects(
        &self,
        rule: usize,
        changed: &[SlotId],
        facts: &Facts<'_>,
        references: &mut References,
    ) -> Subjects {
        let reads = &self.rules[rule];
        let mut rows = Vec::new();
        for slot in changed {
            let field = facts.field_of(*slot);
            if !reads.fields.contains(&field) {
                continue;
            }
            let owner = facts.entity_of(facts.owner(*slot));
            if reads.everywhere.contains(&field) || owner == ROOT {
                return Subjects::All;
            }
            rows.push(owner);
        }
        if rows.is_empty() {
            return Subjects::None;
        }
        let count = facts.row_count() as RowId;
        let mut found: FxHashSet<RowId> = rows.iter().copied().collect();
        while let Some(row) = rows.pop() {
            for (source, field) in references.to(row) {
                // What referred may have been taken back.
                if *source < count && reads.fields.contains(field) && found.insert(*source) {
                    rows.push(*source);
                }
            }
        }
        Subjects::Some(found)
    }
}

/// The fields that an expression reads, inverses as the field they turn round.
pub fn fields(expr: Option<&Expr>, rules: &RuleSet) -> FxHashSet<Field> {
    let mut reads = Reads::default();
    expr.into_iter().for_each(|expr| visit(expr, false, rules, &mut reads));
    reads.fields
}

fn reads(rule: &Rule, rules: &RuleSet) -> Reads {
    let mut reads = Reads::default();
    for binding in &rule.bindings {
        // The first list only says who the subjects are; each looks at itself.
        visit(&binding.value, false, rules, &mut reads);
    }
    for expr in
        [Some(&rule.condition), rule.filter.as_ref(), rule.grace.as_ref()].into_iter().flatten()
    {
        visit(expr, false, rules, &mut reads);
    }
    if rule.bindings.iter().filter(|binding| binding.each).count() > 1 {
        reads.everywhere = reads.fields.clone();
    }
    reads
}

fn visit(expr: &Expr, global: bool, rules: &RuleSet, reads: &mut Reads) {
    let mut note = |field: Field| {
        reads.fields.insert(field);
        if global {
            reads.everywhere.insert(field);
        }
    };
    match &expr.kind {
        Kind::Field { owner, field, .. } => note((*owner, *field)),
        Kind::Inverse { inverse, .. } => {
            let inverse = rules.schema.inverse(*inverse);
            note((inverse.source, inverse.by));
        }
        _ => {}
    }
    let global = global
        || match &expr.kind {
            // What is remembered for all subjects, or goes through a list of the environment, is read from everywhere.
            Kind::Memo(..) | Kind::Table(..) => true,
            Kind::Map { scan, .. }
            | Kind::Quantified(_, scan, _)
            | Kind::The(scan)
            | Kind::Choose(scan, _) => crate::compile::hoist::reads_environment(&scan.list),
            _ => false,
        };
    expr.children(&mut |child| visit(child, global, rules, reads));
    if let Kind::Invoke(define, _) = &expr.kind {
        visit(&define.body, global, rules, reads);
    }
}

/// Who refers to whom by which field, backwards; kept up to date by adding, so it may name too many.
pub struct References {
    sources: FxHashMap<RowId, Vec<(RowId, Field)>>,
}

impl References {
    /// Collects all references.
    pub fn new(facts: &Facts<'_>) -> Self {
        let mut references = Self { sources: FxHashMap::default() };
        for row in 0..facts.row_count() as RowId {
            references.collect(row, facts, false);
        }
        references
    }

    /// Adds the references of an entity whose facts changed.
    pub fn update(&mut self, changed: &[SlotId], facts: &Facts<'_>) {
        let rows: FxHashSet<RowId> = changed.iter().map(|slot| facts.owner(*slot)).collect();
        for row in rows {
            self.collect(row, facts, true);
        }
    }

    fn collect(&mut self, row: RowId, facts: &Facts<'_>, again: bool) {
        let ty = facts.row(row).ty;
        let source = facts.entity_of(row);
        for (at, field) in facts.schema().ty(ty).fields.iter().enumerate() {
            let Some(slot) = field.slot.map(|slot| facts.slot_of(row, slot)) else { continue };
            match field.ty.present() {
                Type::Ref(_) | Type::RefAny => {
                    if let Fact::Row(target) = facts.read(slot, &field.ty) {
                        self.add(target, source, (ty, at), again);
                    }
                }
                Type::List(element, _) if matches!(**element, Type::Ref(_) | Type::RefAny) => {
                    let Fact::List(list) = facts.read(slot, &field.ty) else { continue };
                    for place in 0..facts.list_len(list) {
                        if let Fact::Row(target) = facts.list_item(list, place, element) {
                            self.add(target, source, (ty, at), again);
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// An edge counts in both directions: a field leads from source to target, its inverse back.
    fn add(&mut self, target: RowId, source: RowId, field: Field, again: bool) {
        if source == ROOT {
            return;
        }
        for (to, from) in [(target, source), (source, target)] {
            let sources = self.sources.entry(to).or_default();
            if !again || !sources.contains(&(from, field)) {
                sources.push((from, field));
            }
        }
    }

    fn to(&self, row: RowId) -> &[(RowId, Field)] {
        self.sources.get(&row).map_or(&[], Vec::as_slice)
    }
}
