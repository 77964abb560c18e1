//! Steps that only the needs of another step ask for.
//!
//! Owns the search for a remedy whose effect makes an unmet need true: one that writes a field the need was decided
//! by, on the entity it was decided on. The search is bounded in depth, what was looked for in vain is not looked for again
//! before another step is taken, and a step stays only if the need then holds.

use crate::builtins::value::Value;
use crate::compile::remedy::Effect;
use crate::evaluate::truth::Truth;
use crate::facts::{Facts, RowId};
use crate::plan::Planner;
use crate::plan::step::{self, Spec};
use crate::schema::types::Type;

/// Longest chain of steps that are only needed by one another.
pub const DEPTH: usize = 3;

/// Takes a step that makes the needs of a step hold; `false`, with nothing changed, where none is found.
pub(crate) fn enable<'a>(planner: &mut Planner<'a, '_, '_>, spec: &Spec<'a>, depth: usize) -> bool {
    // On the same facts, and no deeper than before, nothing else is found.
    let taken = planner.taken.len();
    let vain = planner.vain.entry(spec.key()).or_insert((taken, 0));
    if depth == 0 || (vain.0 == taken && vain.1 >= depth) {
        return false;
    }
    *vain = (taken, depth);
    let (truth, note) =
        step::needs(&planner.state.facts, planner.state.rules, planner.state.now, spec, true);
    if truth != Truth::False {
        // What is not known is asked for, not brought about.
        return false;
    }
    let rules = planner.state.rules;
    let sake = planner_call(planner, spec);
    for usage in note.uses() {
        let facts = &planner.state.facts;
        let field = facts.field_of(usage.slot());
        let owner = facts.entity_of(facts.owner(usage.slot()));
        for (index, remedy) in rules.remedies.iter().enumerate() {
            let writes = remedy.effects.iter().any(|effect| match effect {
                Effect::Set { owner, field: at, .. }
                | Effect::Add { owner, field: at, .. }
                | Effect::Remove { owner, field: at, .. } => (*owner, *at) == field,
                Effect::Create { .. } => false,
            });
            if !writes || remedy.consent.is_some() {
                continue;
            }
            let Some(arguments) = arguments(planner, &remedy.params, owner, spec) else { continue };
            let candidate = Spec::act(index, arguments);
            if planner.known.contains(&candidate.key()) {
                continue;
            }
            let (ready, _) = step::needs(
                &planner.state.facts,
                planner.state.rules,
                planner.state.now,
                &candidate,
                false,
            );
            if ready != Truth::True {
                if enable(planner, &candidate, depth - 1) {
                    return true;
                }
                continue;
            }
            // Only a step that makes the need true is worth taking.
            let now = planner.state.now;
            let holds = |facts: &Facts<'a>| step::needs(facts, rules, now, spec, false).0;
            if planner.state.would(&candidate, holds) == Some(Truth::True)
                && planner.take(&candidate, &Some(sake.clone()), Vec::new(), &[], &[])
            {
                return true;
            }
        }
    }
    false
}

fn planner_call(planner: &Planner<'_, '_, '_>, spec: &Spec<'_>) -> String {
    planner.state.rules.remedies[spec.remedy].name.clone()
}

/// Arguments by type: the entity that the need was decided on, else those of the step that needs it.
fn arguments<'a>(
    planner: &Planner<'a, '_, '_>,
    params: &[(String, Type)],
    owner: RowId,
    spec: &Spec<'a>,
) -> Option<Vec<Value<'a>>> {
    let facts = &planner.state.facts;
    let fits = |value: &Value<'a>, ty: &Type| match (value, ty) {
        (Value::Row(row), Type::Ref(wanted)) => facts.row(*row).ty == *wanted,
        (Value::Row(_), Type::RefAny) => true,
        (Value::Number(_), Type::Int) => true,
        _ => false,
    };
    params
        .iter()
        .map(|(_, ty)| {
            let own = Value::Row(owner);
            if fits(&own, ty) {
                return Some(own);
            }
            spec.arguments.iter().find(|value| fits(value, ty)).cloned()
        })
        .collect()
}
