//! What a remedy does to other rules.
//!
//! Owns the environments in which all else passes, a rule fails and one of its remedies is carried out, and what is said
//! where another rule fails afterwards and no plan fixes that.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::compile::ir::Level;
use crate::diagnostic::{Diagnostic, Severity};
use crate::evaluate::touch::{self, Field};
use crate::evaluate::truth::Truth;
use crate::evaluate::{self, Outcome, Raw, explain, subject};
use crate::facts::SlotId;
use crate::facts::change::NewFact;
use crate::plan::state::{self, FindingKey};
use crate::plan::step::Spec;
use crate::plan::{self, Consent, Hold, step};
use crate::prove::circle::{self, Web};
use crate::prove::fixes::{self, Case, Trial};
use crate::prove::goal::{self, After, Want};
use crate::prove::search::{Look, Search};
use crate::prove::whole::Whole;
use crate::prove::world::World;
use crate::prove::{Prover, example};
use crate::schema::types::Type;

/// Most looks at environments for one remedy of one rule, in one pass over them.
const LOOKS: usize = 40;
/// Passes over the environments, each begun with other values.
const PASSES: usize = 2;
/// Most steps that are taken so that another can start.
const ENABLING: usize = 3;
/// Most environments in which one remedy is tried.
const WHOLES: usize = 2;
/// Environments that a remedy has to do harm in before it is said that it does so always.
const ENOUGH: usize = 3;
/// Most looks in search of an environment in which a remedy harms nobody.
const PATIENCE: usize = 200;

/// A rule that a remedy breaks.
struct Damage<'a> {
    raw: Raw<'a>,
    /// Of whom it fails then; empty where it speaks of the whole.
    whom: String,
    /// Why nothing mends it.
    why: String,
}

/// What is known while all remedies are looked at.
struct Survey<'w> {
    web: &'w Web,
    /// The rules that can close the gate, by the fields that they read.
    readers: FxHashMap<Field, Vec<usize>>,
    /// Rules of which it is told already that they exclude each other.
    excluded: FxHashSet<(usize, usize)>,
    /// Remedies and the rules that they were seen to break; what mended it once is not asked again.
    settled: FxHashSet<(usize, usize)>,
}

/// Looks at every remedy that a rule names; `excluded` are rules of which it is told already that they exclude each other.
pub(crate) fn breaks<'a>(
    prover: &mut Prover<'a>,
    wholes: &[Whole<'a>],
    excluded: FxHashSet<(usize, usize)>,
    web: &Web,
) {
    let rules = prover.rules;
    let mut survey =
        Survey { web, readers: readers(prover), excluded, settled: FxHashSet::default() };
    for (index, rule) in rules.rules.iter().enumerate() {
        for at in 0..rule.fixes.len() {
            let case = Case::new(rules, index, at);
            for whole in wholes.iter().filter(|whole| whole.passes[index]).take(WHOLES) {
                let told = look(prover, &case, index, whole, &mut survey);
                told.into_iter().for_each(|told| prover.told.push(told));
            }
        }
    }
}

/// The rules that can close the gate, by the fields that they read.
fn readers(prover: &Prover<'_>) -> FxHashMap<Field, Vec<usize>> {
    let mut readers: FxHashMap<Field, Vec<usize>> = FxHashMap::default();
    for (index, rule) in prover.rules.rules.iter().enumerate() {
        if rule.level != Level::Error {
            continue;
        }
        let fields = rule.parts().flat_map(|expr| touch::fields(Some(expr), prover.rules));
        for field in fields.collect::<FxHashSet<Field>>() {
            readers.entry(field).or_default().push(index);
        }
    }
    readers
}

fn look<'a>(
    prover: &mut Prover<'a>,
    case: &Case<'_>,
    index: usize,
    whole: &Whole<'a>,
    survey: &mut Survey<'_>,
) -> Option<Diagnostic> {
    let mut start = whole.world.clone();
    forget(&mut start, index);
    let mut found: Option<(World<'a>, Damage<'a>)> = None;
    for pass in 0..PASSES {
        let mut search = Search::new(&case.pool, LOOKS);
        search.pass(&mut start.clone(), pass, &mut |world| case.try_it(world).0, &mut |world| {
            let Some(trial) = case.try_it(world).1 else { return false };
            if trial.after == After::Closed {
                found = damage(world, index, &trial, survey, None)
                    .map(|damage| (world.clone(), damage));
            }
            true
        });
        prover.proof.looks += search.spent;
        if found.is_some() {
            break;
        }
    }
    let (world, damage) = found?;
    tell(prover, case, index, &world, &damage, survey)
}

/// Makes open what a rule passes by, so that it can fail.
fn forget(world: &mut World<'_>, index: usize) {
    let raws = goal::outcomes(world, index);
    let Some(raw) = raws.iter().find(|raw| raw.outcome == Outcome::Pass) else { return };
    let mut evaluator = world.evaluator();
    evaluator.trace(true);
    let note = explain::outcome_note(&mut evaluator, &world.rules.rules[index], raw);
    drop(evaluator);
    for usage in note.deciding() {
        let slot = usage.slot();
        let rows = world.ty(slot).element().is_some_and(|element| matches!(element, Type::Row(_)));
        let when = world.rules.when.as_ref();
        let path = world.facts.slot_path(slot);
        let head = path == "asOf" || when.is_some_and(|(name, _)| *name == path);
        if !rows && !head && !world.facts.is_key(slot) {
            world.facts.store(slot, &NewFact::Unknown);
        }
    }
}

/// What a step breaks for good; only what breaks of the rule `only`, where one is given.
fn damage<'a>(
    world: &mut World<'a>,
    index: usize,
    trial: &Trial<'a>,
    survey: &mut Survey<'_>,
    only: Option<usize>,
) -> Option<Damage<'a>> {
    let mark = world.facts.mark();
    goal::apply_all(world, &trial.specs).then_some(())?;
    let remedy = trial.specs.first()?.remedy;
    let changed: FxHashSet<Field> = world
        .facts
        .changed_since(mark)
        .into_iter()
        .map(|slot| world.facts.field_of(slot))
        .collect();
    let touched: FxHashSet<usize> =
        changed.iter().filter_map(|field| survey.readers.get(field)).flatten().copied().collect();
    let mut touched: Vec<usize> = touched
        .into_iter()
        .filter(|other| only.is_none_or(|only| only == *other))
        .filter(|other| !survey.excluded.contains(&(index.min(*other), index.max(*other))))
        .filter(|other| only.is_some() || !survey.settled.contains(&(remedy, *other)))
        .collect();
    touched.sort_unstable();
    let failing = |world: &World<'a>| {
        let raws = touched.iter().flat_map(|other| goal::outcomes(world, *other));
        let raws: Vec<Raw<'a>> = raws.filter(|raw| raw.outcome == Outcome::Fail).collect();
        raws
    };
    let after = failing(world);
    let mut broken = None;
    if !after.is_empty() {
        let mut before = world.clone();
        before.facts.rollback(mark);
        let known = |outcome: Outcome| matches!(outcome, Outcome::Pass | Outcome::NotApplicable);
        // What was not known to hold before was not broken.
        let doubtful: FxHashSet<FindingKey> = touched
            .iter()
            .flat_map(|other| goal::outcomes(&before, *other))
            .filter(|raw| !known(raw.outcome))
            .map(|raw| state::key(&raw))
            .collect();
        let open: FxHashSet<usize> =
            doubtful.iter().filter(|key| key.2.is_some()).map(|key| key.0).collect();
        let news = after
            .into_iter()
            .filter(|raw| !doubtful.contains(&state::key(raw)) && !open.contains(&raw.rule));
        for raw in news {
            survey.settled.insert((remedy, raw.rule));
            let why = match only {
                Some(_) => Some(String::new()),
                None if mends(world, survey.web, &state::key(&trial.raw), &raw) => None,
                None => unmended(world, index, trial, &raw),
            };
            if let Some(why) = why {
                let whom = subject(&raw.bindings).map(|row| world.facts.path(row));
                broken = Some(Damage { raw, whom: whom.unwrap_or_default(), why });
                break;
            }
        }
    }
    world.facts.rollback(mark);
    broken
}

/// Whether a remedy of a broken rule mends it and leaves alone what the first one closed, or may, once more is known.
fn mends<'a>(world: &mut World<'a>, web: &Web, closed: &FindingKey, raw: &Raw<'a>) -> bool {
    let rules = world.rules;
    let key = state::key(raw);
    let failing = |world: &World<'a>| {
        let both = FxHashSet::from_iter([closed.0, raw.rule]);
        let raws = both.into_iter().flat_map(|rule| goal::outcomes(world, rule));
        let raws = raws.filter(|raw| raw.outcome == Outcome::Fail);
        raws.map(|raw| state::key(&raw)).collect::<FxHashSet<FindingKey>>()
    };
    let before = failing(world);
    rules.rules[raw.rule].fixes.iter().any(|fix| {
        let mark = world.facts.mark();
        let mended = match goal::specs(world, raw, fix) {
            Err(look) => look.truth == Truth::Unknown,
            Ok(specs) => match start_all(world, web, &specs) {
                Truth::Unknown => true,
                Truth::False => false,
                Truth::True => match goal::after(world, &specs[specs.len() - 1..], &key) {
                    After::Closed => failing(world).is_subset(&before),
                    After::Depends(_) => true,
                    _ => false,
                },
            },
        };
        world.facts.rollback(mark);
        mended
    })
}

/// Whether steps can start one after the other; all but the last are taken.
fn start_all<'a>(world: &mut World<'a>, web: &Web, specs: &[Spec<'a>]) -> Truth {
    let mut truth = Truth::False;
    for (at, spec) in specs.iter().enumerate() {
        truth = start(world, web, spec, ENABLING);
        let last = at + 1 == specs.len();
        if truth != Truth::True || last {
            break;
        }
        if !goal::apply_all(world, std::slice::from_ref(spec)) {
            return Truth::False;
        }
    }
    truth
}

/// Whether a step can start, if need be after others that bring about what it needs; those are taken.
fn start<'a>(world: &mut World<'a>, web: &Web, spec: &Spec<'a>, depth: usize) -> Truth {
    let truth = goal::needs(world, spec).truth;
    if truth != Truth::False || depth == 0 {
        return truth;
    }
    let Some((need, slots)) = circle::unmet(world, spec) else { return truth };
    let need = &world.rules.remedies[spec.remedy].needs[need];
    for helper in circle::helpers(world, web, spec, need, &slots) {
        let mark = world.facts.mark();
        if start(world, web, &helper, depth - 1) == Truth::True
            && step::apply(&mut world.facts, world.rules, Some(world.now), &helper).is_some()
        {
            let truth = start(world, web, spec, depth - 1);
            if truth != Truth::False {
                return truth;
            }
        }
        world.facts.rollback(mark);
    }
    Truth::False
}

/// Why no plan mends what a step broke; none where one does, or where that is not known.
fn unmended<'a>(
    world: &World<'a>,
    index: usize,
    trial: &Trial<'a>,
    raw: &Raw<'a>,
) -> Option<String> {
    let rules = world.rules;
    let evaluation = evaluate::evaluate(&world.facts, rules, Some(world.now), &Default::default());
    let consents = rules.remedies.iter().filter_map(|remedy| remedy.consent.clone());
    let consent = Consent { allowed: consents.collect() };
    let facts = world.facts.clone();
    let (plan, _) = plan::rounds::steps_on(facts, rules, Some(world.now), &evaluation, &consent);
    if plan.limit.is_some() {
        return Some("what fixes that breaks something again, without an end".to_owned());
    }
    let ids = [raw, &trial.raw].map(|raw| explain::id(raw, rules, &world.facts));
    let left = plan.unresolved.iter().find(|left| ids.contains(&left.id))?;
    if left.hold != Hold::Closed {
        return None;
    }
    let name = &rules.rules[raw.rule].id;
    if rules.rules[raw.rule].fixes.is_empty() {
        return Some(format!("`{name}` names no remedy"));
    }
    if left.id == ids[1] {
        return Some(format!("what fixes that makes `{}` fail again", rules.rules[index].id));
    }
    Some(left.why.clone())
}

/// Whether a remedy that mends its rule breaks another always: everything was tried, or enough was.
fn always<'a>(prover: &mut Prover<'a>, case: &Case<'_>, other: usize) -> bool {
    let mut pool = case.pool.clone();
    pool.rule(&prover.rules.rules[other]);
    let mut harmed = 0;
    let mut goal = |world: &mut World<'a>| {
        let (look, trial) = case.try_it(world);
        let Some(trial) = trial else { return look };
        if trial.after != After::Closed {
            return Look::never();
        }
        let mark = world.facts.mark();
        let slots = world.facts.slot_count() as SlotId;
        let mut look = match goal::apply_all(world, &trial.specs) {
            true => goal::rule(world, other, Want::Pass).0,
            false => Look::never(),
        };
        world.facts.rollback(mark);
        look.open.retain(|ask| ask.slot < slots);
        harmed += usize::from(look.truth == Truth::False);
        look
    };
    let mut complete = pool.is_closed();
    for pass in 0..PASSES {
        let mut search = Search::new(&pool, PATIENCE);
        let mut world = prover.empty.clone();
        let spared = search.pass(&mut world, pass, &mut goal, &mut |_| true);
        prover.proof.looks += search.spent;
        complete &= search.complete;
        if spared {
            return false;
        }
    }
    complete || harmed >= ENOUGH
}

fn tell<'a>(
    prover: &mut Prover<'a>,
    case: &Case<'_>,
    index: usize,
    world: &World<'a>,
    damage: &Damage<'a>,
    survey: &mut Survey<'_>,
) -> Option<Diagnostic> {
    let rules = world.rules;
    let which = damage.raw.rule;
    let (rule, other) = (&rules.rules[index], &rules.rules[which]);
    let remedy = &case.remedy().name;
    let sometimes = !always(prover, case, which);
    let makes = if sometimes { "may make" } else { "makes" };
    let message = match index == which {
        true => format!("`{remedy}` {makes} `{}`, which names it, fail of others", other.id),
        false => format!("`{remedy}` {makes} `{}` fail, and nothing fixes that", other.id),
    };
    let severity = if sometimes { Severity::Note } else { Severity::Warning };
    let told = Diagnostic::new(severity, "remedy-breaks-rule", message)
        .label(fixes::effect_span(case.remedy()), "this breaks it")
        .label(other.condition.span, format!("fails after it: {}", damage.why))
        .label(case.span(), "named here")
        .help("let the remedy leave it as it is, or name one for what it breaks");
    let of = if damage.whom.is_empty() { String::new() } else { format!(" of {}", damage.whom) };
    let raw = goal::rule(world, index, Want::Fail).1?;
    let sentence = format!(
        "{}, and after `{remedy}` `{}` fails{of}",
        fixes::fails(world, rule, &raw),
        other.id
    );
    example::shown(told, world, &sentence, &mut |world| {
        let Some(trial) = case.try_it(world).1 else { return false };
        trial.after == After::Closed
            && self::damage(world, index, &trial, survey, Some(which))
                .is_some_and(|again| again.whom == damage.whom)
    })
}
