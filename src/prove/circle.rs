//! Remedies that wait for one another.
//!
//! Owns the search for an environment in which a remedy is wanted and cannot start, whatever could make its needs hold
//! cannot start either, and so on round to the first. Where any way out is found, or somebody else has to bring a fact
//! about, there is no circle.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::builtins::value::Value;
use crate::compile::ir::{Expr, RuleSet};
use crate::compile::remedy::{Effect, Remedy};
use crate::diagnostic::{Diagnostic, Severity};
use crate::evaluate::touch::{self, Field};
use crate::evaluate::truth::Truth;
use crate::facts::{Fact, RowId, SlotId};
use crate::plan::step::{self, Spec};
use crate::prove::fixes;
use crate::prove::goal::{self, Want};
use crate::prove::search::{Look, Search};
use crate::prove::values::Pool;
use crate::prove::world::World;
use crate::prove::{Prover, example};
use crate::schema::types::Type;
use crate::source::Span;

/// Most looks at environments for one remedy, in one pass over them.
const LOOKS: usize = 40;
/// Rules for whose sake one remedy is looked at.
const RULES: usize = 2;
/// Passes in search of a way out, each begun with other values.
const PASSES: usize = 3;
/// Most remedies in a circle.
const LONGEST: usize = 5;

/// Which remedies write which facts.
pub(crate) struct Web {
    writers: FxHashMap<Field, Vec<usize>>,
}

impl Web {
    /// Looks through all remedies once.
    pub(crate) fn new(rules: &RuleSet) -> Self {
        let mut writers: FxHashMap<Field, Vec<usize>> = FxHashMap::default();
        for (index, remedy) in rules.remedies.iter().enumerate() {
            for field in writes(remedy) {
                writers.entry(field).or_default().push(index);
            }
        }
        Self { writers }
    }
}

/// One that waits: its need, and the remedies that alone could make it hold.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Wait {
    remedy: usize,
    need: Span,
    helpers: Vec<usize>,
}

/// Looks at every remedy that a rule names and that may wait for itself.
pub(crate) fn circles(prover: &mut Prover<'_>, web: &Web) {
    let rules = prover.rules;
    let waits = may_wait(rules);
    let mut looked = vec![0; rules.remedies.len()];
    let mut known: FxHashSet<Vec<usize>> = FxHashSet::default();
    for (index, rule) in rules.rules.iter().enumerate() {
        for fix in &rule.fixes {
            if !waits[fix.remedy] || looked[fix.remedy] >= RULES {
                continue;
            }
            looked[fix.remedy] += 1;
            let mut pool = Pool::default();
            pool.rule(rule);
            rules.remedies.iter().enumerate().filter(|(at, _)| waits[*at]).for_each(
                |(_, other)| {
                    pool.remedy(other);
                },
            );
            let look = |world: &mut World<'_>| {
                let (look, raw) = goal::rule(world, index, Want::Fail);
                let Some(raw) = raw else { return (look, Vec::new()) };
                match goal::specs(world, &raw, fix) {
                    Err(look) => (look, Vec::new()),
                    Ok(specs) => {
                        let mut circle = Vec::new();
                        let look = blocked(world, web, &specs[0], &mut Vec::new(), &mut circle);
                        (look, circle)
                    }
                }
            };
            let mut world = prover.empty.clone();
            let mut search = Search::new(&pool, LOOKS);
            let mut goal = |world: &mut World<'_>| look(world).0;
            let found = search.pass(&mut world, 0, &mut goal, &mut |_| true);
            prover.proof.looks += search.spent;
            // A circle holds wherever the remedy is wanted and cannot start, not only here or there.
            let mut ways_out = |world: &mut World<'_>| {
                let (look, raw) = goal::rule(world, index, Want::Fail);
                let Some(raw) = raw else { return look };
                let specs = match goal::specs(world, &raw, fix) {
                    Ok(specs) => specs,
                    Err(look) => return look,
                };
                let spec = &specs[0];
                let waits = goal::needs(world, spec);
                match waits.truth {
                    Truth::False => {}
                    Truth::Unknown => return waits,
                    Truth::True => return Look::never(),
                }
                let look = blocked(world, web, spec, &mut Vec::new(), &mut Vec::new());
                match look.truth {
                    Truth::False => Look::met(),
                    Truth::Unknown => look,
                    Truth::True => Look::never(),
                }
            };
            if !found
                || (0..PASSES).any(|pass| {
                    let mut search = Search::new(&pool, LOOKS);
                    let mut world = prover.empty.clone();
                    let out = search.pass(&mut world, pass, &mut ways_out, &mut |_| true);
                    prover.proof.looks += search.spent;
                    out
                })
            {
                continue;
            }
            let mut circle = look(&mut world).1;
            circle.sort();
            circle.dedup();
            let members: Vec<usize> = circle.iter().map(|wait| wait.remedy).collect();
            if known.insert(members) {
                let raw = goal::rule(&world, index, Want::Fail).1;
                let sentence = raw.map(|raw| fixes::fails(&world, rule, &raw)).unwrap_or_default();
                let sentence = format!("{sentence}, and none of them can start");
                let told = tell(rules, &circle).label(fix.span, "named here");
                let told = example::shown(told, &world, &sentence, &mut |world| {
                    look(world).0.truth == Truth::True
                });
                told.into_iter().for_each(|told| prover.told.push(told));
            }
        }
    }
}

fn tell(rules: &RuleSet, circle: &[Wait]) -> Diagnostic {
    let name = |remedy: &usize| format!("`{}`", rules.remedies[*remedy].name);
    let names = |remedies: &[usize]| {
        let names: Vec<String> = remedies.iter().map(name).collect();
        match names.as_slice() {
            [most @ .., last] if !most.is_empty() => format!("{} and {last}", most.join(", ")),
            other => other.join(""),
        }
    };
    let members: Vec<usize> = circle.iter().map(|wait| wait.remedy).collect();
    let message = match members.as_slice() {
        [one] => format!("{} needs what only itself brings about", name(one)),
        all => format!("{} wait for one another", names(all)),
    };
    let mut told = Diagnostic::new(Severity::Warning, "remedies-in-a-circle", message);
    for wait in circle {
        let label = format!("only {} brings this about", names(&wait.helpers));
        told = told.label(wait.need, label);
    }
    told.help(
        "let one of them start without what the others bring about, or add a remedy that does",
    )
}

/// The remedies that may wait for themselves, by the fields that they read and write alone.
fn may_wait(rules: &RuleSet) -> Vec<bool> {
    let writes: Vec<FxHashSet<Field>> =
        rules.remedies.iter().map(|remedy| writes(remedy)).collect();
    let needs: Vec<FxHashSet<Field>> = rules
        .remedies
        .iter()
        .map(|remedy| {
            let needs = remedy.needs.iter();
            needs.flat_map(|need| touch::fields(Some(need), rules)).collect()
        })
        .collect();
    let count = rules.remedies.len();
    let edges: Vec<Vec<usize>> = (0..count)
        .map(|at| (0..count).filter(|other| !needs[at].is_disjoint(&writes[*other])).collect())
        .collect();
    (0..count)
        .map(|start| {
            let mut seen = vec![false; count];
            let mut stack = edges[start].clone();
            while let Some(at) = stack.pop() {
                if !std::mem::replace(&mut seen[at], true) {
                    stack.extend(&edges[at]);
                }
            }
            seen[start]
        })
        .collect()
}

fn writes(remedy: &Remedy) -> FxHashSet<Field> {
    let mut fields = FxHashSet::default();
    for effect in remedy.changes() {
        match effect {
            Effect::Set { owner, field, .. }
            | Effect::Add { owner, field, .. }
            | Effect::Remove { owner, field, .. } => {
                fields.insert((*owner, *field));
            }
            Effect::Create { ty, list, fields: made, .. } => {
                fields.extend(list.last());
                fields.extend(made.iter().map(|(field, _)| (*ty, *field)));
            }
        }
    }
    fields
}

/// Whether a step waits for itself, by whatever way.
fn blocked<'a>(
    world: &mut World<'a>,
    web: &Web,
    spec: &Spec<'a>,
    above: &mut Vec<Spec<'a>>,
    circle: &mut Vec<Wait>,
) -> Look {
    let rules = world.rules;
    let look = goal::needs(world, spec);
    match look.truth {
        Truth::True => return Look::never(),
        Truth::Unknown => return look,
        Truth::False if above.len() >= LONGEST => return Look::never(),
        Truth::False => {}
    }
    let Some((need, slots)) = unmet(world, spec) else { return Look::never() };
    let need = &rules.remedies[spec.remedy].needs[need];
    let helpers = helpers(world, web, spec, need, &slots);
    if helpers.is_empty() {
        // Somebody brings it about by other means.
        return Look::never();
    }
    above.push(spec.clone());
    let mut result = Look::met();
    for helper in &helpers {
        if above.iter().any(|step| step.key() == helper.key()) {
            continue;
        }
        let look = blocked(world, web, helper, above, circle);
        if look.truth != Truth::True {
            result = look;
            break;
        }
    }
    above.pop();
    if result.truth == Truth::True {
        let mut helpers: Vec<usize> = helpers.iter().map(|helper| helper.remedy).collect();
        helpers.sort_unstable();
        helpers.dedup();
        circle.push(Wait { remedy: spec.remedy, need: need.span, helpers });
    }
    result
}

/// The first need of a step that does not hold, and the facts by which it does not.
pub(crate) fn unmet<'a>(world: &World<'a>, spec: &Spec<'a>) -> Option<(usize, Vec<SlotId>)> {
    let needs = &world.rules.remedies[spec.remedy].needs;
    let mut evaluator = step::evaluator(&world.facts, world.rules, Some(world.now), spec);
    evaluator.trace(true);
    needs.iter().enumerate().find_map(|(at, need)| {
        let (truth, note) = evaluator.truth(need);
        let slots = || note.uses().iter().map(|usage| usage.slot()).collect();
        (truth == Truth::False).then(|| (at, slots()))
    })
}

/// The steps that would make a need hold, or bring it nearer, if they could start.
pub(crate) fn helpers<'a>(
    world: &mut World<'a>,
    web: &Web,
    spec: &Spec<'a>,
    need: &Expr,
    slots: &[SlotId],
) -> Vec<Spec<'a>> {
    let rules = world.rules;
    let mut found: Vec<Spec<'a>> = Vec::new();
    for slot in slots {
        let field = world.facts.field_of(*slot);
        for index in web.writers.get(&field).into_iter().flatten() {
            for arguments in arguments(world, &rules.remedies[*index], *slot, spec) {
                let step = Spec::act(*index, arguments);
                if found.iter().all(|known| known.key() != step.key())
                    && helps(world, spec, &step, need, *slot)
                {
                    found.push(step);
                }
            }
        }
    }
    found
}

fn helps<'a>(
    world: &mut World<'a>,
    spec: &Spec<'a>,
    step: &Spec<'a>,
    need: &Expr,
    slot: SlotId,
) -> bool {
    let mark = world.facts.mark();
    let applied = step::apply(&mut world.facts, world.rules, Some(world.now), step).is_some();
    let mut evaluator = step::evaluator(&world.facts, world.rules, Some(world.now), spec);
    evaluator.trace(true);
    let (truth, note) = evaluator.truth(need);
    drop(evaluator);
    let decides = note.uses().iter().any(|usage| usage.slot() == slot);
    world.facts.rollback(mark);
    applied && (truth != Truth::False || !decides)
}

/// What a remedy may be done with to change a fact: the entity that has it, what it refers to, and what the waiting step
/// is done with.
fn arguments<'a>(
    world: &World<'a>,
    remedy: &Remedy,
    slot: SlotId,
    spec: &Spec<'a>,
) -> Vec<Vec<Value<'a>>> {
    let owner = world.facts.entity_of(world.facts.owner(slot));
    let mut near: Vec<Value<'a>> = vec![Value::Row(owner)];
    near.extend(spec.arguments.iter().cloned());
    let fits = |value: &Value<'a>, ty: &Type| match (value, ty) {
        (Value::Row(row), Type::Ref(wanted)) => world.facts.row(*row).ty == *wanted,
        (Value::Row(_), Type::RefAny) | (Value::Number(_), Type::Int) => true,
        (Value::Text(_), Type::Text | Type::TextNocase) => true,
        _ => false,
    };
    let mut all: Vec<Vec<Value<'a>>> = vec![Vec::new()];
    for (_, ty) in &remedy.params {
        let mut values: Vec<Value<'a>> =
            near.iter().filter(|value| fits(value, ty)).cloned().collect();
        if let Type::Ref(wanted) = ty {
            let rows: &[RowId] = world.facts.entities(*wanted);
            for row in rows {
                if !values.iter().any(|value| matches!(value, Value::Row(known) if known == row)) {
                    values.push(Value::Row(*row));
                }
            }
        }
        if let Fact::Text(text) = world.facts.read(slot, world.ty(slot))
            && values.is_empty()
            && matches!(ty, Type::Text | Type::TextNocase)
        {
            values.push(Value::Text(text));
        }
        all = all
            .into_iter()
            .flat_map(|front| {
                values.iter().map(move |value| {
                    let mut front = front.clone();
                    front.push(value.clone());
                    front
                })
            })
            .collect();
    }
    all
}
