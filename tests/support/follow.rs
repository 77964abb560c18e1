//! Following a plan: on the text with fresh eyes after every step, on the facts, in other orders, and with a step less.

use std::collections::BTreeSet;

use failback::builtins::value::Value;
use failback::compile::ir::{Level, RuleSet};
use failback::evaluate::expr::Evaluator;
use failback::evaluate::truth::Truth;
use failback::evaluate::{Evaluation, Outcome, Readiness, Selection, evaluate};
use failback::facts::{Fact, Facts, ROOT, RowId, Text};
use failback::plan::rounds::plan;
use failback::plan::state::{self, FindingKey, Open, State};
use failback::plan::step::{self, Spec};
use failback::plan::{Consent, Plan, Step};
use failback::scalar::print_time;
use failback::schema::types::Type;
use failback::session::{Inputs, Options, run};
use failback::yaml::edit;
use petgraph::algo::toposort;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::support::described::{Wish, changed, with_facts};

/// What a check says that a plan speaks of.
#[derive(Clone, Debug, PartialEq)]
pub struct Seen {
    /// Ids of findings that can close the gate, sorted.
    pub open: Vec<String>,
    /// Units that are ready.
    pub ready: BTreeSet<String>,
}

/// What a check of an evaluation says.
pub fn seen(rules: &RuleSet, evaluation: &Evaluation<'_>) -> Seen {
    let closing = |finding: &&failback::evaluate::Finding<'_>| {
        rules.rules[finding.rule].level == Level::Error
    };
    let open = evaluation.findings.iter().filter(closing).map(|finding| finding.id.clone());
    let mut open: Vec<String> = open.collect();
    open.sort();
    let ready = evaluation.units.iter().filter(|unit| unit.readiness == Readiness::Ready);
    Seen { open, ready: ready.map(|unit| unit.id.clone()).collect() }
}

/// How a text is judged.
pub type Judge<'j> = &'j dyn Fn(&str) -> Seen;

/// By the whole pipeline with the shipped rules; the description must be without error.
pub fn by_session(text: &str) -> Seen {
    let mut inputs = Inputs::shipped();
    inputs.describe("site.yaml", text);
    run(&inputs, &Options::default(), |report| {
        let environment = &report.environments[0];
        assert!(environment.errors.is_empty(), "{:?}\n{text}", environment.errors);
        let seen = seen(environment.rules, &environment.evaluation);
        let closed = !environment.evaluation.units.is_empty() && report.exit_code() != 0;
        assert_eq!(closed, !seen.open.is_empty(), "exit code {}", report.exit_code());
        seen
    })
}

/// By rules that are loaded once.
pub fn by_rules(text: &str, rules: &RuleSet) -> Seen {
    with_facts(text, rules, |facts, now| {
        seen(rules, &evaluate(facts, rules, now, &Selection::default()))
    })
}

/// The plan for a text.
pub fn planned(text: &str, rules: &RuleSet, consent: &Consent) -> Plan {
    with_facts(text, rules, |facts, now| {
        let evaluation = evaluate(facts, rules, now, &Selection::default());
        plan(facts, rules, now, &evaluation, consent)
    })
}

/// The text at the time at which a plan ends, with what it says to renew itself renewed by then.
fn at_the_end(text: &str, rules: &RuleSet, plan: &Plan) -> String {
    let Some(end) = plan.steps.iter().filter_map(|step| step.ends_at).max() else {
        return text.to_owned();
    };
    let then = || serde_yaml::Value::String(print_time(end));
    let text = renewed(None, text, rules, plan);
    changed(&text, &[Wish::Set("asOf".to_owned(), then())])
}

/// The text with the times renewed that a plan takes to renew themselves: those that were fresh at its start, or that
/// differ from those of the text before.
fn renewed(before: Option<&str>, text: &str, rules: &RuleSet, plan: &Plan) -> String {
    let start = plan.steps.iter().filter_map(|step| step.starts_at).min();
    let end = plan.steps.iter().filter_map(|step| step.ends_at).max();
    let (Some(start), Some(end)) = (start, end) else { return text.to_owned() };
    let waited: Vec<&String> =
        plan.steps.iter().flat_map(|step| &step.expects).map(|(path, _)| path).collect();
    let mut text = text.to_owned();
    for (path, _) in plan.assumes.iter().filter(|(path, _)| !waited.contains(&path)) {
        let found = renewing(&text, rules, path);
        let former = before.and_then(|before| renewing(before, rules, path));
        let Some((time, within, true)) = found else { continue };
        let is_new = before.is_none() || former.map(|(time, ..)| time) != Some(time);
        if is_new && start - time < within && time < end {
            let then = serde_yaml::Value::String(print_time(end));
            text = changed(&text, &[Wish::Set(path.clone(), then)]);
        }
    }
    text
}

/// A time that renews itself: when it is, how old it is at most, and whether it does so here.
fn renewing(text: &str, rules: &RuleSet, path: &str) -> Option<(i64, i64, bool)> {
    with_facts(text, rules, |facts, now| {
        let facts: &Facts<'_> = facts;
        let mut evaluator = Evaluator::new(facts, rules, now);
        for renewal in &rules.renewals {
            let field = &rules.schema.ty(renewal.ty).fields[renewal.field];
            for row in 0..facts.row_count() as RowId {
                let slot = facts.slot_of(row, field.slot?);
                if facts.row(row).ty == renewal.ty
                    && facts.slot_path(slot) == path
                    && let Fact::Number(time) = facts.read(slot, &field.ty)
                {
                    evaluator.set(0, Value::Row(row));
                    let holds = evaluator.truth(&renewal.condition).0 == Truth::True;
                    return Some((time, renewal.within, holds));
                }
            }
        }
        None
    })
}

/// Everything that can be held against a plan; empty where it keeps its word. What it promises holds at its end, so that is
/// when it is looked at.
pub fn follow(text: &str, rules: &RuleSet, plan: &Plan, judge: Judge<'_>) -> Vec<String> {
    let mut wrong = Vec::new();
    let text = at_the_end(text, rules, plan);
    on_the_text(&text, rules, plan, judge, &mut wrong);
    in_time(&text, rules, plan, &mut wrong);
    with_facts(&text, rules, |facts, now| {
        let evaluation = evaluate(facts, rules, now, &Selection::default());
        on_the_facts(facts, rules, now, plan, &evaluation, &mut wrong);
        without_one(facts, rules, now, plan, &evaluation, &mut wrong);
        side_by_side(facts, rules, now, plan, &evaluation, &mut wrong);
    });
    order(plan, rules, &mut wrong);
    wrong
}

/// Each step can start when it is said to, and nothing that is done is the act that the gate is about.
fn in_time(text: &str, rules: &RuleSet, plan: &Plan, wrong: &mut Vec<String>) {
    let mut text = text.to_owned();
    for step in &plan.steps {
        if Some(step.remedy) == rules.gated {
            wrong.push(format!("{} is what the gate is about", step.call));
        }
        let start = step.starts_at;
        let before = step.after.iter().filter_map(|number| plan.steps[number - 1].ends_at).max();
        if start < before {
            wrong.push(format!("{} starts before what it waits for ends", step.call));
        }
        with_facts(&text, rules, |facts, now| {
            for call in calls(step) {
                let needs = spec(facts, rules, call)
                    .map(|spec| step::needs(facts, rules, start.or(now), &spec, false).0);
                if needs != Some(Truth::True) {
                    wrong.push(format!("{call} cannot start at {start:?}"));
                }
            }
        });
        text = edit::change(&text, 0, &step.edits).unwrap_or(text);
    }
}

/// Carries the edits out on the text and looks at each intermediate text.
fn on_the_text(
    text: &str,
    rules: &RuleSet,
    plan: &Plan,
    judge: Judge<'_>,
    wrong: &mut Vec<String>,
) {
    let mut text = text.to_owned();
    let mut before = judge(&text);
    for step in &plan.steps {
        let former = text.clone();
        text = match edit::change(&text, 0, &step.edits) {
            Ok(text) => text,
            Err(error) => {
                wrong.push(format!("{}: {error}; {:?}", step.call, step.edits));
                return;
            }
        };
        text = renewed(Some(&former), &text, rules, plan);
        let after = judge(&text);
        let mut tell = |what: &str, said: &[String], found: Vec<String>| {
            let mut said = said.to_vec();
            said.sort();
            if said != found {
                wrong.push(format!("{} {what} {found:?}, not {said:?} as said", step.call));
            }
        };
        let closes = [step.closes.as_slice(), &step.hopes].concat();
        tell("closes", &closes, less(&before.open, &after.open));
        tell("reopens", &step.reopens, less(&after.open, &before.open));
        tell("makes ready", &step.ready, after.ready.difference(&before.ready).cloned().collect());
        if step.edits.is_empty() {
            wrong.push(format!("{} changes nothing", step.call));
        }
        before = after;
    }
    // What only comes by hope is not promised.
    if plan.steps.iter().any(Step::is_hope) {
        if plan.verified {
            wrong.push("verified by hope".to_owned());
        }
        return;
    }
    let ready: Vec<String> = before.ready.iter().cloned().collect();
    let mut said = plan.ready.clone();
    said.sort();
    if said != ready {
        wrong.push(format!("{ready:?} are ready at the end, not {said:?} as said"));
    }
    if plan.verified && plan.ineligible.is_empty() && !before.open.is_empty() {
        wrong.push(format!("verified, but {:?} are open", before.open));
    }
    for left in &plan.unresolved {
        if !before.open.contains(&left.id) {
            wrong.push(format!("{} is not open, but said to stay", left.id));
        }
    }
}

/// What the first has more often than the second.
fn less(first: &[String], second: &[String]) -> Vec<String> {
    let mut rest = second.to_vec();
    first
        .iter()
        .filter(|id| match rest.iter().position(|other| other == *id) {
            Some(at) => {
                rest.swap_remove(at);
                false
            }
            None => true,
        })
        .cloned()
        .collect()
}

/// The step that a call names, with what it names looked up in the facts as they are.
pub fn spec<'a>(facts: &Facts<'a>, rules: &RuleSet, call: &str) -> Option<Spec<'a>> {
    let (name, arguments) = call.strip_suffix(')')?.split_once('(')?;
    let remedy = rules.remedies.iter().position(|remedy| remedy.name == name)?;
    let params = &rules.remedies[remedy].params;
    let arguments: Vec<&str> = match params.len() {
        0 => Vec::new(),
        count => arguments.splitn(count, ", ").collect(),
    };
    let values = params.iter().zip(arguments).map(|((_, ty), argument)| {
        Some(match ty {
            Type::Ref(ty) => Value::Row(facts.find(*ty, argument)?),
            Type::RefAny => {
                Value::Row(rules.schema.types().find_map(|(ty, _)| facts.find(ty, argument))?)
            }
            Type::Int => Value::Number(argument.parse().ok()?),
            _ => Value::Text(Text::Owned(argument.into())),
        })
    });
    Some(Spec::act(remedy, values.collect::<Option<_>>()?))
}

/// What a step is made of: itself, or where it only waits, what looks for that.
fn calls(step: &Step) -> impl Iterator<Item = &String> {
    let waits = step.until.is_some();
    step.waits_for.iter().chain(Some(&step.call).filter(move |_| !waits))
}

/// The parts of a step, on the facts as they are.
fn parts<'a>(facts: &Facts<'a>, rules: &RuleSet, step: &Step) -> Option<Vec<Spec<'a>>> {
    let part = |call: &String| Some(Spec { waits: step.until, ..spec(facts, rules, call)? });
    calls(step).map(part).collect()
}

/// Carries one step out, as far as it can be.
fn carry_out<'a>(state: &mut State<'a, '_>, step: &Step) -> Result<(), String> {
    let parts = parts(&state.facts, state.rules, step).ok_or("names what is not there")?;
    for spec in parts {
        if step::needs(&state.facts, state.rules, state.now, &spec, false).0 != Truth::True {
            return Err("cannot start".to_owned());
        }
        state.apply(&spec).ok_or("has an effect that cannot be".to_owned())?;
    }
    Ok(())
}

/// What is open, as text.
pub fn outcomes(open: &Open<'_>) -> Vec<String> {
    open.iter().map(|(key, raw)| format!("{key:?} {:?}", raw.outcome)).collect()
}

/// What is open, looked at anew.
pub fn anew<'a>(state: &State<'a, '_>) -> Vec<String> {
    let mut evaluator = Evaluator::new(&state.facts, state.rules, state.now);
    let mut open = Open::default();
    for (index, rule) in state.rules.rules.iter().enumerate() {
        evaluator.run(index, &mut |bound| {
            let is_open = !matches!(bound.outcome, Outcome::Pass | Outcome::NotApplicable);
            if is_open && rule.level == Level::Error {
                open.insert(state::key(&bound.raw()), bound.raw());
            }
        });
    }
    outcomes(&open)
}

/// Each step can start where it stands; what is thought to be touched is enough; a step taken back leaves no trace.
fn on_the_facts<'a>(
    facts: &Facts<'a>,
    rules: &RuleSet,
    now: Option<i64>,
    plan: &Plan,
    evaluation: &Evaluation<'a>,
    wrong: &mut Vec<String>,
) {
    let mut state = State::new(facts, rules, now, &evaluation.findings);
    let before = (dump(&state.facts), outcomes(&state.open));
    let mut done = Vec::new();
    for step in &plan.steps {
        let Some(parts) = parts(&state.facts, rules, step) else {
            wrong.push(format!("{} names what is not there", step.call));
            return;
        };
        for spec in parts {
            if step::needs(&state.facts, rules, now, &spec, false).0 != Truth::True {
                wrong.push(format!("{} cannot start where it stands", step.call));
                return;
            }
            // Once to take it back, once to go on from there.
            match state.apply(&spec) {
                Some(applied) => state.undo(applied),
                None => wrong.push(format!("{} has an effect that cannot be", step.call)),
            }
            done.extend(state.apply(&spec));
        }
    }
    let (kept, fresh) = (outcomes(&state.open), anew(&state));
    if kept != fresh {
        let missed: Vec<_> = fresh.iter().filter(|line| !kept.contains(line)).collect();
        let stale: Vec<_> = kept.iter().filter(|line| !fresh.contains(line)).collect();
        wrong.push(format!("not seen {missed:?}, not open {stale:?}"));
    }
    while let Some(applied) = done.pop() {
        state.undo(applied);
    }
    let after = (dump(&state.facts), outcomes(&state.open));
    if before != after {
        let gone: Vec<_> = before.0.iter().filter(|line| !after.0.contains(line)).collect();
        let new: Vec<_> = after.0.iter().filter(|line| !before.0.contains(line)).collect();
        wrong.push(format!("all steps taken back leave {new:?} for {gone:?}"));
        if before.1 != after.1 {
            wrong.push("all steps taken back leave other findings open".to_owned());
        }
    }
}

/// What some steps come to: what is open after them, and who is asked for.
type End = (BTreeSet<FindingKey>, BTreeSet<RowId>);

fn end<'a>(state: &State<'a, '_>) -> End {
    let units = Evaluator::new(&state.facts, state.rules, state.now).units();
    (state.open.keys().cloned().collect(), units.into_iter().collect())
}

/// Without any one step something stays open that the whole plan closes, somebody is no longer asked for, somebody is not
/// ready who is with the whole plan, or another step cannot start.
fn without_one<'a>(
    facts: &Facts<'a>,
    rules: &RuleSet,
    now: Option<i64>,
    plan: &Plan,
    evaluation: &Evaluation<'a>,
    wrong: &mut Vec<String>,
) {
    let run = |skipped: Option<usize>| {
        let mut state = State::new(facts, rules, now, &evaluation.findings);
        for step in plan.steps.iter().filter(|step| Some(step.id) != skipped) {
            if carry_out(&mut state, step).is_err() {
                return None;
            }
        }
        Some(state)
    };
    let ready = |state: &State<'a, '_>| {
        seen(rules, &evaluate(&state.facts, rules, now, &Selection::default())).ready
    };
    let Some(whole) = run(None) else { return };
    let (open, asked) = end(&whole);
    for step in &plan.steps {
        let does_as_well = |rest: State<'a, '_>| {
            let (left, others) = end(&rest);
            left.is_subset(&open)
                && others.is_superset(&asked)
                && ready(&whole).is_subset(&ready(&rest))
        };
        if run(Some(step.id)).is_some_and(does_as_well) {
            wrong.push(format!("{} is not needed", step.call));
        }
    }
}

/// The steps of a wave may change places, and waves follow one another.
fn side_by_side<'a>(
    facts: &Facts<'a>,
    rules: &RuleSet,
    now: Option<i64>,
    plan: &Plan,
    evaluation: &Evaluation<'a>,
    wrong: &mut Vec<String>,
) {
    let run = |order: &[usize]| {
        let mut state = State::new(facts, rules, now, &evaluation.findings);
        for at in order {
            let step = &plan.steps[*at];
            carry_out(&mut state, step).map_err(|error| format!("{} {error}", step.call))?;
        }
        Ok::<_, String>(end(&state))
    };
    let told: Vec<usize> = (0..plan.steps.len()).collect();
    let mut waves = told.clone();
    waves.sort_by_key(|at| (plan.steps[*at].wave, std::cmp::Reverse(*at)));
    match (run(&told), run(&waves)) {
        (Ok(told), Ok(waves)) if told == waves => {}
        (Ok(_), Ok(_)) => wrong.push("the waves backwards end in another way".to_owned()),
        (_, Err(error)) => wrong.push(format!("with the waves backwards {error}")),
        (Err(error), _) => wrong.push(error),
    }
}

/// `after` has no circle, the order respects it, and waves are the longest ways through it.
fn order(plan: &Plan, rules: &RuleSet, wrong: &mut Vec<String>) {
    let mut graph = DiGraph::<usize, ()>::new();
    let nodes: Vec<NodeIndex> = plan.steps.iter().map(|step| graph.add_node(step.id)).collect();
    for (at, step) in plan.steps.iter().enumerate() {
        if step.id != at + 1 {
            wrong.push(format!("{} is step {}, not {}", step.call, at + 1, step.id));
        }
        for before in &step.after {
            match nodes.get(before - 1) {
                Some(node) => drop(graph.add_edge(*node, nodes[at], ())),
                None => wrong.push(format!("{} comes after no step {before}", step.call)),
            }
            if *before >= step.id {
                wrong.push(format!("{} stands before step {before}", step.call));
            }
        }
    }
    // What the rules put after one another without a fact to tell why.
    for step in &plan.steps {
        let said = &rules.remedies[step.remedy].after;
        for before in plan.steps.iter().filter(|before| said.contains(&before.remedy)) {
            if step.wave <= before.wave {
                wrong.push(format!("{} does not wait for {}", step.call, before.call));
            }
        }
    }
    let Ok(sorted) = toposort(&graph, None) else {
        wrong.push("steps wait for one another".to_owned());
        return;
    };
    let mut waves = vec![1; plan.steps.len()];
    for node in sorted {
        for next in graph.neighbors(node) {
            waves[next.index()] = waves[next.index()].max(waves[node.index()] + 1);
        }
    }
    let told: Vec<usize> = plan.steps.iter().map(|step| step.wave).collect();
    // What cannot be taken back, and what waits for it, comes later than it could.
    let late = plan.steps.iter().any(|step| step.is_final);
    let is_right = match late {
        true => told.iter().zip(&waves).all(|(told, first)| told >= first),
        false => told == waves,
    };
    if !is_right {
        wrong.push(format!("the waves are {waves:?}, not {told:?}"));
    }
}

/// All facts and who refers to whom, as text.
pub fn dump(facts: &Facts<'_>) -> Vec<String> {
    let mut lines = Vec::new();
    row(facts, ROOT, "", &mut lines);
    for (ty, def) in facts.schema().types() {
        for entity in facts.entities(ty) {
            let path = facts.path(*entity);
            lines.push(format!("{} {path}", def.name));
            for (inverse, _) in facts.schema().inverses() {
                let (from, whole) = facts.referrers(inverse, *entity);
                let mut from: Vec<String> =
                    from.iter().map(|(_, source)| facts.path(*source)).collect();
                from.sort();
                if !from.is_empty() || !whole {
                    lines.push(format!("{path} {inverse:?} {whole} {from:?}"));
                }
            }
        }
    }
    lines.sort();
    lines
}

fn row(facts: &Facts<'_>, at: RowId, path: &str, lines: &mut Vec<String>) {
    for field in &facts.schema().ty(facts.row(at).ty).fields {
        let Some(slot) = field.slot.map(|slot| facts.slot_of(at, slot)) else { continue };
        let path = format!("{path}/{}", field.name);
        let marks = (facts.is_stale(slot), facts.is_damaged(slot), facts.node(slot));
        lines.push(format!("{path} {marks:?}"));
        fact(facts, &facts.read(slot, &field.ty), field.ty.present(), &path, lines);
    }
}

fn fact(facts: &Facts<'_>, found: &Fact<'_>, ty: &Type, path: &str, lines: &mut Vec<String>) {
    match found {
        Fact::Row(held) if matches!(ty, Type::Row(_)) => row(facts, *held, path, lines),
        Fact::Row(target) => lines.push(format!("{path} -> {}", facts.path(*target))),
        Fact::List(list) => {
            let element = ty.element().unwrap_or(&Type::Error);
            lines.push(format!("{path} holds {}", facts.list_len(*list)));
            for at in 0..facts.list_len(*list) {
                let item = facts.list_item(*list, at, element);
                fact(facts, &item, element, &format!("{path}/{at}"), lines);
            }
        }
        other => lines.push(format!("{path} = {other:?}")),
    }
}

/// Whether a failed finding of this rule has a fix that closes it.
pub fn has_fix(rules: &RuleSet, id: &str) -> bool {
    let name = id.split(':').next().unwrap_or_default();
    // What only looks for a cause closes nothing for sure, and who is no longer asked for is not helped.
    let helps = |remedy: usize| {
        let remedy = &rules.remedies[remedy];
        !remedy.effects.is_empty() && remedy.name != "takeOutOfRequest"
    };
    let mut named = rules.rules.iter().filter(|rule| rule.id == name);
    named.any(|rule| rule.fixes.iter().any(|fix| helps(fix.remedy)))
}
