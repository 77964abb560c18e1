//! What is judged where nobody states a record of the environment: `suppose request "…" { … }` of the pack.
//!
//! Owns when something is supposed, and carries it out on the facts, in memory. Without the record the gate is never
//! open: what is supposed is said, and the record itself is the first question.

use std::collections::{BTreeMap, BTreeSet};

use crate::builtins::value::{Use, Value};
use crate::compile::ir::{RuleSet, Supposition};
use crate::evaluate::expr::Evaluator;
use crate::evaluate::questions::{self, Texts};
use crate::evaluate::{Evaluation, Question};
use crate::facts::change::NewFact;
use crate::facts::{Facts, ROOT, RowId, SlotId};
use crate::plan::step::{self, Spec};
use crate::plan::{call, edits};
use crate::schema::types::Type;
use crate::schema::{ENVIRONMENT, TypeKind};
use crate::source::{FileId, Span};
use crate::yaml::edit::Change;

/// What was supposed.
#[derive(Clone, Debug)]
pub struct Supposed {
    /// The record that is not stated, by its name in the environment.
    pub field: String,
    /// What is supposed, in the words of the pack.
    pub title: String,
    /// What to ask for: the record itself.
    pub question: Question,
    /// The steps that were taken to be done, as calls: `addItem(web01)`.
    pub calls: Vec<String>,
    /// Whether there is certainly nobody for whom anything could be supposed.
    pub is_nobody: bool,
}

/// Supposes what the pack says where it is not stated.
///
/// With `only`, steps for units are taken to be done for these.
pub fn suppose<'a>(
    facts: &mut Facts<'a>,
    rules: &RuleSet,
    now: Option<i64>,
    only: Option<&BTreeSet<String>>,
) -> Option<Supposed> {
    rules.suppositions.iter().find_map(|one| carry_out(facts, rules, now, (one, only)))
}

/// The record as it was supposed, and where in its description it would be written.
pub fn written(facts: &Facts<'_>, supposed: &Supposed) -> Change {
    edits::set(facts, supposed.question.slot)
}

/// What an evaluation comes to where something is only supposed: never an open gate.
pub fn restrain(evaluation: &mut Evaluation<'_>, supposed: &Supposed) {
    match supposed.is_nobody {
        true => evaluation.void(),
        false => evaluation.withhold(),
    }
}

fn carry_out<'a>(
    facts: &mut Facts<'a>,
    rules: &RuleSet,
    now: Option<i64>,
    (supposition, only): (&Supposition, Option<&BTreeSet<String>>),
) -> Option<Supposed> {
    let field = &facts.schema().ty(ENVIRONMENT).fields[supposition.field];
    let (name, slot) = (field.name.clone(), facts.slot_of(ROOT, field.slot?));
    if is_stated(facts, slot) {
        return None;
    }
    let start = facts.mark();
    // Who else might be in a list of which nothing is known would leave every choice open.
    for list in lists_of_entities(facts, slot) {
        facts.restate(list, &NewFact::List(Vec::new()));
    }
    let mut calls = Vec::new();
    let (mut is_any, mut is_known) = (false, true);
    for fix in &supposition.fixes {
        let asked = Evaluator::new(facts, rules, now).of_few().asked(fix);
        if let Some(each) = &fix.each {
            is_known &= Evaluator::new(facts, rules, now).of_few().knows_all(&each.value);
            is_any |= asked.as_ref().is_some_and(|steps| !steps.is_empty());
        }
        let mut made: Vec<(SlotId, RowId)> = Vec::new();
        for arguments in asked.into_iter().flatten() {
            if arguments.iter().any(|value| matches!(value, Value::Unknown)) {
                continue;
            }
            if only.is_some_and(|only| leaves_out(facts, &arguments, only)) {
                continue;
            }
            let ids: Vec<String> = arguments.iter().map(|value| argument(facts, value)).collect();
            let spec = Spec::act(fix.remedy, arguments);
            let mark = facts.mark();
            let Some(entities) = step::suppose(facts, rules, now, &spec) else {
                facts.rollback(mark);
                continue;
            };
            made.extend(entities);
            let name = &rules.remedies[fix.remedy].name;
            calls.push(call::print(name, ids.iter().map(String::as_str)));
        }
        put(facts, &made);
    }
    if !is_any && !is_known {
        // Of whom anything could be supposed is itself not known.
        facts.rollback(start);
        return None;
    }
    let is_nobody = !is_any;
    let usage = Use::Fact { slot, span: fixes_span(supposition) };
    let mut evaluator = Evaluator::new(facts, rules, now).of_few();
    let question = questions::question(&usage, &mut evaluator, &mut Texts::default());
    let title = supposition.title.clone();
    Some(Supposed { field: name, title, question, calls, is_nobody })
}

fn fixes_span(supposition: &Supposition) -> Span {
    supposition.fixes.first().map_or(Span::new(FileId(0), 0, 0), |fix| fix.span)
}

/// Whether a step is for a unit that is not among these.
fn leaves_out(facts: &Facts<'_>, arguments: &[Value<'_>], only: &BTreeSet<String>) -> bool {
    arguments.iter().any(|value| match value {
        Value::Row(row) => {
            Some(facts.row(*row).ty) == facts.schema().unit && !only.contains(&facts.name(*row))
        }
        _ => false,
    })
}

fn lists_of_entities(facts: &Facts<'_>, record: SlotId) -> Vec<SlotId> {
    let Some(row) = facts.record_row(record) else { return Vec::new() };
    let schema = facts.schema();
    let is_entity = |ty: &Type| match ty {
        Type::Row(ty) => schema.ty(*ty).kind == TypeKind::Entity,
        _ => false,
    };
    let fields = schema.ty(facts.row(row).ty).fields.iter();
    fields
        .filter(|field| field.ty.element().is_some_and(is_entity))
        .filter_map(|field| Some(facts.slot_of(row, field.slot?)))
        .collect()
}

/// Puts entities into their lists, which nobody stated before.
fn put(facts: &mut Facts<'_>, made: &[(SlotId, RowId)]) {
    let mut lists: BTreeMap<SlotId, Vec<NewFact>> = BTreeMap::new();
    for (list, row) in made {
        lists.entry(*list).or_default().push(NewFact::Row(*row));
    }
    for (list, rows) in lists {
        facts.restate(list, &NewFact::List(rows));
    }
}

fn argument(facts: &Facts<'_>, value: &Value<'_>) -> String {
    match value {
        Value::Row(row) => facts.name(*row),
        Value::Text(text) => text.as_str().to_owned(),
        _ => String::new(),
    }
}

/// Whether anything of a record is written, be it one key of it or `unknown`.
fn is_stated(facts: &Facts<'_>, slot: SlotId) -> bool {
    facts.says_unknown(slot) || facts.record_row(slot).is_some_and(|row| is_described(facts, row))
}

/// Whether anything of a row is written.
pub(super) fn is_described(facts: &Facts<'_>, row: RowId) -> bool {
    let ty = facts.schema().ty(facts.row(row).ty);
    ty.fields.iter().any(|field| {
        let Some(slot) = field.slot.map(|slot| facts.slot_of(row, slot)) else { return false };
        match field.ty.present() {
            Type::Row(_) => facts.record_row(slot).is_some_and(|inner| is_described(facts, inner)),
            _ => facts.is_written(slot),
        }
    })
}
