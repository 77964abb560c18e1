//! The facts of a finding that tell every fault, and not only one that suffices.
//!
//! Evidence is a certificate: of two faults that each suffice it names one. What compares findings over time needs both,
//! so that a second fault cannot hide behind one that is known.

use crate::builtins::value::Use;
use crate::compile::ir::RuleSet;
use crate::evaluate::Finding;
use crate::evaluate::explain::outcome_note;
use crate::evaluate::expr::Evaluator;
use crate::facts::{Facts, SlotId};
use crate::schema::TypeKind;
use crate::schema::types::Type;

/// Looks at findings again, at all sides.
pub struct Wide<'f, 'a, 'r> {
    evaluator: Evaluator<'f, 'a, 'r>,
}

impl<'f, 'a, 'r> Wide<'f, 'a, 'r> {
    /// For the facts on which the findings were made.
    pub fn new(facts: &'f Facts<'a>, rules: &'r RuleSet, now: Option<i64>) -> Self {
        let mut evaluator = Evaluator::new(facts, rules, now);
        evaluator.wide = true;
        Self { evaluator }
    }

    /// The facts that decide a finding, in the order of the text; those that nobody states come last. Lists of entities
    /// are left out: they say who there is, not what is wrong.
    pub fn facts_of(&mut self, finding: &Finding<'a>) -> Vec<SlotId> {
        let rules = self.evaluator.rules;
        let rule = &rules.rules[finding.rule];
        self.evaluator.trace(true);
        let note = outcome_note(&mut self.evaluator, rule, &finding.raw());
        self.evaluator.trace(false);
        let facts = self.evaluator.facts;
        let mut slots: Vec<SlotId> = note.uses().iter().map(Use::slot).collect();
        slots.retain(|slot| !lists_entities(facts, *slot));
        slots.sort_by_key(|slot| {
            let place = facts.place(*slot).filter(|place| place.stated);
            (place.is_none(), place.map(|place| (place.span.file.0, place.span.start)), *slot)
        });
        slots.dedup();
        slots
    }
}

fn lists_entities(facts: &Facts<'_>, slot: SlotId) -> bool {
    let (ty, field) = facts.field_of(slot);
    let schema = facts.schema();
    match schema.ty(ty).fields[field].ty.element() {
        Some(Type::Row(element)) => schema.ty(*element).kind == TypeKind::Entity,
        _ => false,
    }
}
