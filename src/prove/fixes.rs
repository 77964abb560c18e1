//! Whether the remedies that a rule names make it pass.
//!
//! Owns the environments in which a rule fails and one of its remedies can start, and what is said where there are none,
//! or where the rule fails still afterwards. Whether a remedy harms others is looked at in `breaks`.

use std::cell::RefCell;

use rustc_hash::FxHashSet;

use crate::compile::ir::{Expr, Fix, Rule, RuleSet};
use crate::compile::remedy::{Effect, Remedy};
use crate::diagnostic::{Diagnostic, Severity};
use crate::evaluate::touch::{self, Field};
use crate::evaluate::truth::Truth;
use crate::evaluate::{Outcome, Raw, subject};
use crate::plan::state;
use crate::plan::step::Spec;
use crate::prove::conditions::{self, Found};
use crate::prove::goal::{self, After, Want};
use crate::prove::search::{Ask, Look, Search};
use crate::prove::values::Pool;
use crate::prove::world::World;
use crate::prove::{Prover, example};
use crate::source::Span;

/// Most looks at environments for one remedy of one rule, in one pass over them.
const LOOKS: usize = 50;
/// Most looks where none is found so quickly.
const PATIENCE: usize = 160;
/// Environments in which a remedy is tried, in each pass.
const EXAMPLES: usize = 2;
/// Most facts that are made known at once.
const COMPLETION: usize = 200;
/// Passes over the environments, each begun with other values.
const PASSES: usize = 3;

/// A rule that fails, and the steps of one remedy that were taken for it.
pub(crate) struct Trial<'a> {
    pub(crate) raw: Raw<'a>,
    pub(crate) specs: Vec<Spec<'a>>,
    pub(crate) after: After,
}

/// A remedy of a rule, to be tried.
pub(crate) struct Case<'r> {
    index: usize,
    rule: &'r Rule,
    fix: &'r Fix,
    remedy: &'r Remedy,
    pub(crate) pool: Pool,
    reads: FxHashSet<Field>,
}

impl<'r> Case<'r> {
    /// The remedy that a rule names at a place.
    pub(crate) fn new(rules: &'r RuleSet, index: usize, at: usize) -> Self {
        let rule = &rules.rules[index];
        let fix = &rule.fixes[at];
        let remedy = &rules.remedies[fix.remedy];
        let mut pool = Pool::default();
        pool.rule(rule);
        pool.remedy(remedy);
        Self { index, rule, fix, remedy, pool, reads: reads(rule, remedy, rules) }
    }

    /// The remedy.
    pub(crate) fn remedy(&self) -> &'r Remedy {
        self.remedy
    }

    /// Where the rule names it.
    pub(crate) fn span(&self) -> Span {
        self.fix.span
    }

    /// Looks at an environment: the rule fails, the step is known, it can start, and what comes of it is known. Nobody
    /// is blamed for what an environment only leaves out: where the rule fails still, it is completed first.
    pub(crate) fn look<'a>(&self, world: &mut World<'a>) -> (Look, Option<Trial<'a>>) {
        let (look, trial) = self.try_it(world);
        let trial = match trial {
            Some(trial) if trial.after != After::Closed => trial,
            other => return (look, other),
        };
        let missing = world.missing(&self.reads);
        if missing.is_empty() {
            return (look, Some(trial));
        }
        for turn in 0..PASSES {
            let mark = world.facts.mark();
            if self.complete(world, turn) {
                let (look, again) = self.try_it(world);
                let same = again.filter(|again| again.after == trial.after);
                if let Some(again) = same {
                    return (look, Some(again));
                }
            }
            world.facts.rollback(mark);
        }
        let open = missing.into_iter().map(Ask::from).collect();
        (Look { truth: Truth::Unknown, open }, None)
    }

    /// Makes everything known that the rule and the remedy may read; the first value that there is will do.
    fn complete(&self, world: &mut World<'_>, turn: usize) -> bool {
        for _ in 0..COMPLETION {
            let Some(slot) = world.missing(&self.reads).first().copied() else { return true };
            let (choices, _) = world.choices(slot, &self.pool);
            let Some(choice) = choices.get(turn % choices.len().max(1)) else { return false };
            if !world.take(slot, choice) || !world.is_sound() {
                return false;
            }
        }
        false
    }

    /// The same, whatever is left out.
    pub(crate) fn try_it<'a>(&self, world: &mut World<'a>) -> (Look, Option<Trial<'a>>) {
        let (look, raw) = goal::rule(world, self.index, Want::Fail);
        let Some(raw) = raw else { return (look, None) };
        let specs = match goal::specs(world, &raw, self.fix) {
            Ok(specs) => specs,
            Err(look) => return (look, None),
        };
        let look = goal::all_needs(world, &specs);
        if look.truth != Truth::True {
            return (look, None);
        }
        let mark = world.facts.mark();
        let after = goal::after(world, &specs, &state::key(&raw));
        world.facts.rollback(mark);
        match after {
            After::Depends(open) => (Look { truth: Truth::Unknown, open }, None),
            after => (Look::met(), Some(Trial { raw, specs, after })),
        }
    }
}

/// Looks at every remedy that a rule names.
pub(crate) fn fixes(prover: &mut Prover<'_>) {
    let rules = prover.rules;
    for (index, rule) in rules.rules.iter().enumerate() {
        for at in 0..rule.fixes.len() {
            if let Some(told) = fix(prover, index, at) {
                prover.told.push(told);
            }
        }
    }
}

fn fix<'a>(prover: &mut Prover<'a>, index: usize, at: usize) -> Option<Diagnostic> {
    let case = Case::new(prover.rules, index, at);
    let (mut closed, mut seen, mut spent) = (0, 0, 0);
    let mut complete = true;
    let mut wrong: Option<(World<'a>, Trial<'a>)> = None;
    for now in case.pool.instants() {
        for pass in 0..=PASSES {
            // The last pass is only for what is hard to find.
            if pass == PASSES && seen > 0 || wrong.is_some() && closed > 0 {
                break;
            }
            let bound = if pass == PASSES { PATIENCE } else { LOOKS };
            let mut search = Search::new(&case.pool, bound);
            let mut world = prover.empty.clone().at(now);
            let mut left = EXAMPLES;
            let last: RefCell<Option<Trial<'a>>> = RefCell::new(None);
            let mut found = |world: &mut World<'a>| {
                let Some(trial) = last.take() else { return false };
                seen += 1;
                left -= 1;
                if trial.after == After::Closed {
                    closed += 1;
                } else if wrong.is_none() && !others_close(world, &case, at, &trial) {
                    wrong = Some((world.clone(), trial));
                }
                left == 0 || wrong.is_some() && closed > 0
            };
            let mut goal = |world: &mut World<'a>| {
                let (look, trial) = case.look(world);
                last.replace(trial);
                look
            };
            match pass {
                PASSES => search.run(&mut world, &mut goal, &mut found),
                _ => search.pass(&mut world, pass, &mut goal, &mut found),
            };
            spent += search.spent;
            complete &= pass < PASSES || search.complete;
        }
    }
    prover.proof.looks += spent;
    prover.proof.examples += closed;
    prover.proof.fixes += 1;
    prover.proof.proved += usize::from(closed > 0 && wrong.is_none());
    if let Some((world, trial)) = wrong {
        return ineffective(&case, &world, &trial, closed);
    }
    if seen > 0 {
        return None;
    }
    if complete && case.pool.is_closed() {
        return Some(impossible(prover, &case));
    }
    let message = format!(
        "no environment was found in which `{}` fails and `{}` can start, in {spent} tries",
        case.rule.id, case.remedy.name
    );
    Some(
        Diagnostic::new(Severity::Note, "unproved", message)
            .label(case.fix.span, "")
            .help("make sure that the manual page of the rule has such a case"),
    )
}

/// Whether another remedy of the rule closes in this environment what one leaves open.
fn others_close<'a>(world: &World<'a>, case: &Case<'_>, at: usize, trial: &Trial<'a>) -> bool {
    let key = state::key(&trial.raw);
    (0..case.rule.fixes.len()).filter(|other| *other != at).any(|other| {
        let other = Case::new(world.rules, case.index, other);
        let closes = |world: &mut World<'a>| {
            let (_, trial) = other.try_it(world);
            trial.is_some_and(|trial| trial.after == After::Closed && state::key(&trial.raw) == key)
        };
        Search::new(&other.pool, LOOKS).pass(
            &mut world.clone(),
            0,
            &mut |world| other.try_it(world).0,
            &mut { closes },
        )
    })
}

fn ineffective<'a>(
    case: &Case<'_>,
    world: &World<'a>,
    trial: &Trial<'a>,
    closed: usize,
) -> Option<Diagnostic> {
    let (rule, remedy) = (case.rule, case.remedy);
    let always = if closed == 0 { "does not make" } else { "does not always make" };
    let message = format!("`{}` {always} `{}` pass, which names it", remedy.name, rule.id);
    let (label, ending) = match &trial.after {
        After::Stuck => ("this cannot be carried out there", "the remedy changes nothing"),
        After::Open(Outcome::Unknown) => {
            ("after this it is not known what decides", "it is not known afterwards")
        }
        _ => ("after this the rule still fails", "it still fails afterwards"),
    };
    let sentence = format!("{}, and {ending}", fails(world, rule, &trial.raw));
    let told = Diagnostic::new(Severity::Warning, "ineffective-remedy", message)
        .label(case.fix.span, "named here")
        .label(effect_span(remedy), label)
        .help("correct the effect, or say in `needs` where the remedy helps");
    // Where a default says otherwise it is no example, and nothing is told.
    example::shown(told, world, &sentence, &mut |world| {
        case.try_it(world).1.is_some_and(|again| again.after == trial.after)
    })
}

/// "`A-1` fails here of servers/s1"
pub(crate) fn fails(world: &World<'_>, rule: &Rule, raw: &Raw<'_>) -> String {
    match subject(&raw.bindings).map(|row| world.facts.path(row)) {
        Some(path) if !path.is_empty() => format!("here `{}` fails of {path}", rule.id),
        _ => format!("here `{}` fails", rule.id),
    }
}

fn impossible(prover: &mut Prover<'_>, case: &Case<'_>) -> Diagnostic {
    let (rule, remedy) = (case.rule, case.remedy);
    let message =
        format!("`{}` can never start where `{}` fails, which names it", remedy.name, rule.id);
    let mut told = Diagnostic::new(Severity::Warning, "needs-never-met", message);
    for need in &remedy.needs {
        told = told.label(need.span, "never true there");
    }
    told =
        told.label(case.fix.span, "named here").help("correct the `needs`, or name another remedy");
    let Found::One(world) = conditions::find(prover, case.index, Want::Fail) else { return told };
    let index = case.index;
    let Some(raw) = goal::rule(&world, index, Want::Fail).1 else { return told };
    let sentence = format!("{}, and the remedy cannot start", fails(&world, rule, &raw));
    example::shown(told.clone(), &world, &sentence, &mut |world| {
        goal::rule(world, index, Want::Fail).1.is_some()
    })
    .unwrap_or(told)
}

/// The fields that a rule and one of its remedies read.
pub(crate) fn reads(rule: &Rule, remedy: &Remedy, rules: &RuleSet) -> FxHashSet<Field> {
    let mut reads = FxHashSet::default();
    let mut add = |expr: &Expr| reads.extend(touch::fields(Some(expr), rules));
    rule.parts().for_each(&mut add);
    remedy.needs.iter().for_each(&mut add);
    for effect in remedy.changes() {
        effect.exprs().into_iter().for_each(&mut add);
    }
    reads
}

/// The part of a remedy that changes facts: from its first effect to its last.
pub(crate) fn effect_span(remedy: &Remedy) -> Span {
    let mut whole: Option<Span> = None;
    for effect in remedy.changes() {
        let span = match effect {
            Effect::Set { base, value, .. } | Effect::Add { base, value, .. } => {
                base.as_ref().map_or(value.span, |base| base.span.to(value.span))
            }
            Effect::Remove { base, filter, .. } => {
                base.as_ref().map_or(filter.span, |base| base.span.to(filter.span))
            }
            Effect::Create { fields, .. } => {
                fields.iter().map(|(_, value)| value.span).reduce(Span::to).unwrap_or(remedy.span)
            }
        };
        whole = Some(whole.map_or(span, |whole| whole.to(span)));
    }
    whole.unwrap_or(remedy.span)
}
