//! What can be looked for: a rule that fails or passes, a remedy that can start, what becomes of a rule after it.
//!
//! Owns asking the evaluator and the planner's machinery about an environment, and which open facts their answers
//! depend on. Tells nothing.

use crate::builtins::value::{Extent, Note, Use, Value};
use crate::compile::ir::Fix;
use crate::evaluate::explain;
use crate::evaluate::expr::Evaluator;
use crate::evaluate::truth::Truth;
use crate::evaluate::{Outcome, Raw};
use crate::facts::SlotId;
use crate::plan::state::{self, FindingKey};
use crate::plan::step::{self, Spec};
use crate::prove::search::{Ask, Look};
use crate::prove::world::World;

/// Most subjects whose outcome is looked into where it is not the wanted one.
const SUBJECTS: usize = 2;

/// What a rule is to say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Want {
    /// It fails for a subject.
    Fail,
    /// It fails for a subject, or would if time did not run yet.
    Broken,
    /// It passes for a subject, and fails for none.
    Pass,
    /// It speaks of a subject at all.
    Applies,
}

/// All outcomes of a rule.
pub fn outcomes<'a>(world: &World<'a>, rule: usize) -> Vec<Raw<'a>> {
    let mut raws = Vec::new();
    world.evaluator().run(rule, &mut |bound| raws.push(bound.raw()));
    raws
}

/// Looks at a rule; where it says what is wanted of a subject, that outcome, too.
pub fn rule<'a>(world: &World<'a>, index: usize, want: Want) -> (Look, Option<Raw<'a>>) {
    world.facts.heard();
    let raws = outcomes(world, index);
    let broken = |raw: &&Raw<'_>| matches!(raw.outcome, Outcome::Fail | Outcome::Pending);
    let wanted = match want {
        Want::Fail => raws.iter().find(|raw| raw.outcome == Outcome::Fail),
        Want::Broken => raws.iter().find(broken),
        Want::Applies => raws.iter().find(|raw| broken(raw) || raw.outcome == Outcome::Pass),
        Want::Pass if raws.iter().any(|raw| broken(&raw)) => {
            return (otherwise(world, index, &raws), None);
        }
        Want::Pass if raws.iter().any(|raw| raw.outcome == Outcome::Unknown) => None,
        Want::Pass => raws.iter().find(|raw| raw.outcome == Outcome::Pass),
    };
    if let Some(raw) = wanted {
        return (Look::met(), Some(raw.clone()));
    }
    match raws.iter().find(|raw| raw.outcome == Outcome::Unknown) {
        Some(raw) => (unknown(world, index, raw), None),
        None => (otherwise(world, index, &raws), None),
    }
}

/// The open facts that an unknown outcome depends on.
fn unknown<'a>(world: &World<'a>, index: usize, raw: &Raw<'a>) -> Look {
    let rule = &world.rules.rules[index];
    let look = |read: &dyn Fn(&mut Evaluator<'_, 'a, 'a>) -> (bool, Note)| {
        world.facts.heard();
        let mut evaluator = world.evaluator();
        evaluator.trace(true);
        evaluator.rebind(raw);
        let (known, note) = read(&mut evaluator);
        (!known).then(|| depends(world, &note))
    };
    let truth = |(truth, note)| (truth != Truth::Unknown, note);
    // First whether the rule speaks of it at all: only then what it requires is of interest.
    let filter = rule.filter.as_ref().filter(|_| raw.open.is_none());
    filter
        .and_then(|filter| look(&|evaluator| truth(evaluator.truth(filter))))
        .or_else(|| {
            let condition = raw.open.is_none().then_some(&rule.condition)?;
            look(&|evaluator| truth(evaluator.truth(condition)))
        })
        .or_else(|| look(&|evaluator| (false, explain::outcome_note(evaluator, rule, raw))))
        .unwrap_or_else(Look::never)
}

fn depends(world: &World<'_>, note: &Note) -> Look {
    let mut open = asks(world, note);
    // What cannot be decided by the facts that are named, others may decide that were asked for.
    if open.first().is_none_or(|ask| rank(world, ask) > 1) {
        open.extend(world.facts.heard().into_iter().map(Ask::from));
        open.retain(|ask| world.is_open(ask.slot));
        open.sort_by_key(|ask| rank(world, ask));
    }
    Look { truth: Truth::Unknown, open }
}

/// The open facts of a note, those first that most likely decide.
fn asks(world: &World<'_>, note: &Note) -> Vec<Ask> {
    let ask = |usage: Use| match usage {
        Use::Fact { slot, .. } => Some(Ask::from(slot)),
        // The very element that is missing says more than that there is a list, if all of it is known.
        Use::Unlisted { keys, .. } if keys.iter().any(|(_, value)| value == "unknown") => None,
        Use::Unlisted { slot, keys, .. } => Some(Ask { slot, keys: Some(keys) }),
    };
    let open = note.uses().into_iter().filter(|usage| world.is_open(usage.slot()));
    let mut open: Vec<Ask> = open.filter_map(ask).collect();
    open.sort_by_key(|ask| rank(world, ask));
    open
}

/// In which order open facts are looked at: a list that is there already last, as any element may be added to it.
fn rank(world: &World<'_>, ask: &Ask) -> u8 {
    match ask.keys {
        Some(_) => 0,
        None if world.length(ask.slot).is_none() => 1,
        None => 2,
    }
}

/// It is not so; only what was asked whether it is known could change that.
fn no(world: &World<'_>, note: &Note) -> Look {
    let mut open = asks(world, note);
    for slot in world.facts.heard() {
        if !open.iter().any(|ask| ask.slot == slot) {
            open.push(Ask::from(slot));
        }
    }
    open.sort_by_key(|ask| rank(world, ask));
    Look { truth: Truth::False, open }
}

/// A rule does not say what is wanted; what it says of the first subjects may change once more is known.
fn otherwise<'a>(world: &World<'a>, index: usize, raws: &[Raw<'a>]) -> Look {
    let rule = &world.rules.rules[index];
    let mut all = Look::never();
    for raw in raws.iter().take(SUBJECTS) {
        let mut look = None;
        for part in rule.filter.iter().chain([&rule.condition]).chain(&rule.grace) {
            world.facts.heard();
            let mut evaluator = world.evaluator();
            evaluator.trace(true);
            evaluator.rebind(raw);
            let (value, note) = evaluator.eval(part);
            let known = !matches!(value, Value::Unknown);
            look = Some(no(world, &note)).filter(|look| !look.open.is_empty()).or(look);
            if !known {
                // Whether the rule speaks of it at all comes before what it says.
                break;
            }
        }
        all.open.extend(look.into_iter().flat_map(|look| look.open));
    }
    if raws.is_empty() {
        // No list has an element: they were asked for all the same.
        world.facts.heard();
        outcomes(world, index);
        all.open.extend(no(world, &Note::default()).open);
    }
    all
}

/// Looks at whether a remedy can start.
pub fn needs<'a>(world: &World<'a>, spec: &Spec<'a>) -> Look {
    let needs = &world.rules.remedies[spec.remedy].needs;
    if needs.is_empty() {
        return Look::met();
    }
    world.facts.heard();
    let mut evaluator = step::evaluator(&world.facts, world.rules, Some(world.now), spec);
    evaluator.trace(true);
    let mut open: Option<Note> = None;
    for need in needs {
        let (truth, note) = evaluator.truth(need);
        match truth {
            Truth::True => {}
            Truth::False => return no(world, &note),
            Truth::Unknown => open = open.or(Some(note)),
        }
    }
    open.map_or_else(Look::met, |note| depends(world, &note))
}

/// The steps that a fix asks for, one at least; the arguments have to be known for that.
pub fn specs<'a>(world: &World<'a>, raw: &Raw<'a>, fix: &Fix) -> Result<Vec<Spec<'a>>, Look> {
    world.facts.heard();
    let mut evaluator = world.evaluator();
    evaluator.trace(true);
    evaluator.rebind(raw);
    let mut items = vec![None];
    if let Some(each) = &fix.each {
        let (value, note) = evaluator.eval(&each.value);
        items = match value {
            Value::List(list) if list.extent != Extent::Whole => return Err(depends(world, &note)),
            Value::List(list) if list.items.is_empty() => return Err(no(world, &note)),
            Value::List(list) => list.items.iter().cloned().map(Some).collect(),
            Value::Unknown => return Err(depends(world, &note)),
            _ => return Err(no(world, &note)),
        };
    }
    let mut specs = Vec::new();
    for item in items {
        if let (Some(each), Some(item)) = (&fix.each, item) {
            evaluator.set(each.local, item);
        }
        let mut arguments = Vec::new();
        for argument in &fix.arguments {
            let (value, note) = evaluator.eval(argument);
            match value {
                Value::Unknown => return Err(depends(world, &note)),
                Value::None => return Err(no(world, &note)),
                known => arguments.push(known),
            }
        }
        specs.push(Spec::act(fix.remedy, arguments));
    }
    Ok(specs)
}

/// Looks at whether steps can start one after the other; the facts stay as they were.
pub fn all_needs<'a>(world: &mut World<'a>, specs: &[Spec<'a>]) -> Look {
    let (mark, slots) = (world.facts.mark(), world.facts.slot_count() as SlotId);
    let mut look = Look::met();
    for (at, spec) in specs.iter().enumerate() {
        look = needs(world, spec);
        if look.truth != Truth::True || at + 1 == specs.len() {
            break;
        }
        if step::apply(&mut world.facts, world.rules, Some(world.now), spec).is_none() {
            break;
        }
    }
    world.facts.rollback(mark);
    look.open.retain(|ask| ask.slot < slots);
    look
}

/// Takes steps one after the other; `false` where one of them cannot be carried out.
pub fn apply_all<'a>(world: &mut World<'a>, specs: &[Spec<'a>]) -> bool {
    let (rules, now) = (world.rules, Some(world.now));
    specs.iter().all(|spec| step::apply(&mut world.facts, rules, now, spec).is_some())
}

/// What becomes of a finding once a step was taken.
#[derive(Clone, Debug, PartialEq)]
pub enum After {
    /// It is closed.
    Closed,
    /// It is still open, with this outcome.
    Open(Outcome),
    /// The step could not be carried out.
    Stuck,
    /// Some fact has to be known first.
    Depends(Vec<Ask>),
}

/// Takes steps, and looks at a finding; the facts stay as the steps left them.
pub fn after<'a>(world: &mut World<'a>, specs: &[Spec<'a>], finding: &FindingKey) -> After {
    let slots = world.facts.slot_count() as SlotId;
    let before = |world: &World<'a>, open: Vec<Ask>, mark: usize| {
        let changed = world.facts.changed_since(mark);
        let own = open.into_iter().filter(|ask| ask.slot < slots && !changed.contains(&ask.slot));
        own.filter(|ask| world.is_open(ask.slot)).collect::<Vec<_>>()
    };
    let mark = world.facts.mark();
    world.facts.heard();
    let applied = apply_all(world, specs);
    // What the step did not know may be why it did nothing.
    let heard = world.facts.heard().into_iter().map(Ask::from).collect();
    let heard = before(world, heard, mark);
    let open = |verdict: After| match heard.is_empty() {
        true => verdict,
        false => After::Depends(heard.clone()),
    };
    if !applied {
        return open(After::Stuck);
    }
    let raws = outcomes(world, finding.0);
    let Some(raw) = raws.iter().find(|raw| state::key(raw) == *finding) else {
        return After::Closed;
    };
    match raw.outcome {
        Outcome::Pass | Outcome::NotApplicable => After::Closed,
        Outcome::Pending if closes_by_time(world, raw) => After::Closed,
        Outcome::Unknown => {
            let asks = before(world, unknown(world, finding.0, raw).open, mark);
            match asks.is_empty() {
                true => open(After::Open(Outcome::Unknown)),
                false => After::Depends(asks),
            }
        }
        outcome => open(After::Open(outcome)),
    }
}

/// Whether what is pending passes once its grace is over.
fn closes_by_time<'a>(world: &World<'a>, raw: &Raw<'a>) -> bool {
    let rule = &world.rules.rules[raw.rule];
    let mut evaluator = world.evaluator();
    evaluator.rebind(raw);
    let Some(Some(until)) = evaluator.grace(rule) else { return false };
    let mut later = world.evaluator();
    later.now = Some(until);
    later.rebind(raw);
    later.outcome(rule) == Outcome::Pass
}
