//! What a plan comes to: what is verified, what stays closed and why, who cannot go.
//!
//! Owns the last look at the facts after all steps. Takes no step.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::builtins::value::{Use, Value};
use crate::compile::ir::{Fix, Level};
use crate::evaluate::explain::{self, Texts};
use crate::evaluate::truth::Truth;
use crate::evaluate::{Evaluation, Outcome, Question, Readiness, is_terminal, show};
use crate::facts::{Facts, SlotId};
use crate::plan::step::{self, Spec};
use crate::plan::{Hold, Ineligible, Plan, Planner, Unresolved};
use crate::scalar;

/// Facts that are named where a step cannot be taken.
const DECIDING: usize = 3;

impl<'a> Planner<'a, '_, '_> {
    /// What the steps came to, and the facts as they were before the first.
    pub(crate) fn finish(mut self, evaluation: &Evaluation<'a>) -> (Plan, Facts<'a>) {
        let rules = self.state.rules;
        self.state.settle();
        // The whole is evaluated again, so that nothing rests on what was thought to be touched.
        let last = crate::evaluate::evaluate(
            &self.state.facts,
            rules,
            self.state.now,
            &Default::default(),
        );
        let stopped = self.limit.is_some();
        let needless = || "some steps may be needless: the plan is too long to try each without";
        let limit = self.limit.take().or_else(|| self.bounded.then(needless).map(str::to_owned));
        let mut plan = Plan { limit, stopped, ..Plan::default() };
        let mut rests_on: Vec<(Vec<SlotId>, Vec<SlotId>)> = Vec::new();
        let mut asked: FxHashSet<String> = FxHashSet::default();
        for finding in &last.findings {
            let rule = &rules.rules[finding.rule];
            let stands = finding.blocks.is_empty()
                || finding.blocks.iter().any(|unit| self.eligible.contains(unit));
            if rule.level != Level::Error || !stands {
                continue;
            }
            for question in &finding.questions {
                if asked.insert(question.path.clone()) {
                    plan.questions.push(Question::clone(question));
                }
            }
            let mut missed = Vec::new();
            let (hold, why) = match finding.outcome {
                Outcome::Unknown => {
                    (Hold::Question, "what decides it is not known: see the questions".to_owned())
                }
                Outcome::Pending => (Hold::Time, "only time closes it".to_owned()),
                _ if is_terminal(rule) => (Hold::Closed, "there is no remedy".to_owned()),
                _ => self.why_not(finding, &mut plan.questions, &mut asked, &mut missed),
            };
            let evidence = finding.evidence.iter().map(|evidence| evidence.slot).collect();
            rests_on.push((evidence, missed));
            plan.unresolved.push(Unresolved {
                id: finding.id.clone(),
                hold,
                message: finding.message.clone(),
                why,
                until: finding.until,
            });
        }
        // A list that need not be complete is not asked for as a whole where one more entry of it is.
        let entries: FxHashSet<String> = plan
            .questions
            .iter()
            .filter_map(|question| Some(question.path.split_once('[')?.0.to_owned()))
            .collect();
        plan.questions.retain(|question| !entries.contains(&question.path));
        held_by_others(&mut plan.unresolved, &rests_on);
        plan.ready = last
            .units
            .iter()
            .filter(|unit| unit.readiness == Readiness::Ready && self.eligible.contains(&unit.row))
            .map(|unit| unit.id.clone())
            .collect();
        plan.opens = !plan.ready.is_empty();
        // Nobody is left behind by no longer being asked for.
        let ready: FxHashSet<&str> = plan.ready.iter().map(String::as_str).collect();
        let all = evaluation.units.iter().all(|unit| {
            unit.readiness == Readiness::Ineligible || ready.contains(unit.id.as_str())
        });
        plan.verified = plan.unresolved.is_empty() && !plan.stopped && plan.opens && all;
        plan.ineligible = self.ineligible(evaluation);
        let only_time = plan.unresolved.iter().all(|open| open.hold == Hold::Time);
        if !plan.stopped && only_time && (plan.opens || !plan.unresolved.is_empty()) {
            let until = plan.unresolved.iter().filter_map(|open| open.until).max();
            plan.earliest = self.earliest().max(until);
        }
        plan.steps = self.taken.into_iter().map(|taken| taken.step).collect();
        for step in &plan.steps {
            plan.closing.extend(step.closes.iter().map(|id| (id.clone(), step.id)));
        }
        (plan, self.state.into_facts())
    }

    /// Why no fix of a failed finding could be carried out; facts that its needs miss become questions.
    fn why_not(
        &mut self,
        finding: &crate::evaluate::Finding<'a>,
        questions: &mut Vec<Question>,
        asked: &mut FxHashSet<String>,
        missed: &mut Vec<SlotId>,
    ) -> (Hold, String) {
        let rules = self.state.rules;
        let rule = &rules.rules[finding.rule];
        let mut evaluator = self.state.evaluator();
        evaluator.rebind(&finding.raw());
        let unknown = |fix: &Fix| vec![vec![Value::Unknown; fix.arguments.len()]];
        let wanted: Vec<Vec<Vec<Value<'a>>>> = rule
            .fixes
            .iter()
            .map(|fix| evaluator.asked(fix).unwrap_or_else(|| unknown(fix)))
            .collect();
        let mut reasons: Vec<String> = Vec::new();
        let mut hold = Hold::Closed;
        // Of many steps that cannot be taken the first few say why.
        let steps = rule.fixes.iter().zip(wanted).flat_map(|(fix, wanted)| {
            wanted.into_iter().take(DECIDING).map(move |arguments| (fix, arguments))
        });
        for (fix, arguments) in steps {
            let remedy = &rules.remedies[fix.remedy];
            if arguments.iter().any(|value| matches!(value, Value::Unknown | Value::None)) {
                reasons.push(format!("{} needs facts that are not known", remedy.name));
                continue;
            }
            let spec = Spec { remedy: fix.remedy, arguments };
            if !self.allows(&spec) {
                let name = remedy.consent.as_deref().unwrap_or_default();
                reasons.push(format!(
                    "{} destroys something: allow it with `--allow {name}`",
                    remedy.name
                ));
                continue;
            }
            let (truth, note) = step::needs(&self.state.facts, rules, self.state.now, &spec, true);
            let mut uses = note.uses();
            if truth == Truth::True {
                let span = remedy.span;
                let missing = self.missing(&spec).into_iter();
                uses = missing.map(|slot| Use::Fact { slot, span }).collect();
            }
            let facts = &self.state.facts;
            if truth == Truth::False {
                missed.extend(uses.iter().map(|usage| usage.slot()));
            }
            // What only leads to the fact that decides would hide it.
            let decide = Some(note.deciding()).filter(|uses| !uses.is_empty());
            let deciding: Vec<String> = decide
                .as_ref()
                .filter(|_| truth == Truth::False)
                .unwrap_or(&uses)
                .iter()
                .filter(|usage| truth == Truth::False || explain::is_open(usage, facts))
                .map(|usage| {
                    format!(
                        "{} is {}",
                        facts.slot_path(usage.slot()),
                        show::slot(usage.slot(), facts)
                    )
                })
                .take(DECIDING)
                .collect();
            match truth {
                Truth::True if uses.is_empty() => {
                    reasons.push(format!("{} does not close it here", remedy.name));
                }
                Truth::True => {
                    reasons.push(format!("{} cannot be told: {}", remedy.name, deciding.join(", ")))
                }
                _ => reasons.push(format!("{} cannot start: {}", remedy.name, deciding.join(", "))),
            }
            if truth == Truth::Unknown || truth == Truth::True && !uses.is_empty() {
                hold = Hold::Question;
                for usage in explain::asked(&uses, facts) {
                    let question = explain::question(
                        usage,
                        &mut self.state.evaluator(),
                        &mut Texts::default(),
                    );
                    if asked.insert(question.path.clone()) {
                        questions.push(question);
                    }
                }
            }
        }
        let mut told: FxHashSet<String> = FxHashSet::default();
        reasons.retain(|reason| told.insert(reason.clone()));
        let why =
            if reasons.is_empty() { "there is no remedy".to_owned() } else { reasons.join("; ") };
        (hold, why)
    }

    /// The facts that are not known and that the effects of a step go by: without the last one they cannot be carried out, or
    /// without some of them they do not do what they are meant to.
    fn missing(&mut self, spec: &Spec<'a>) -> Vec<SlotId> {
        let facts = &mut self.state.facts;
        let mark = facts.mark();
        facts.listen();
        let done = step::apply(facts, self.state.rules, self.state.now, spec);
        let asked = facts.heard();
        facts.stop_listening();
        facts.rollback(mark);
        // Of what the step itself makes there is nothing to ask.
        let there = facts.slot_count() as SlotId;
        let mut asked: Vec<SlotId> = asked.into_iter().filter(|slot| *slot < there).collect();
        if done.is_none() && asked.len() > 1 {
            asked.drain(..asked.len() - 1);
        }
        asked.truncate(DECIDING);
        asked
    }

    fn ineligible(&self, evaluation: &Evaluation<'a>) -> Vec<Ineligible> {
        let rules = self.state.rules;
        let mut found = Vec::new();
        let lost = evaluation.units.iter().filter(|unit| unit.readiness == Readiness::Ineligible);
        let mut drags = self.drags(&lost.clone().map(|unit| unit.row).collect());
        for unit in lost {
            let terminal = evaluation.against(unit).into_iter().map(|at| &evaluation.findings[at]);
            let terminal = terminal
                .filter(|finding| {
                    finding.outcome == Outcome::Fail && is_terminal(&rules.rules[finding.rule])
                })
                .map(|finding| (finding.id.clone(), finding.message.clone()));
            let drags = drags.remove(&unit.row).unwrap_or_default();
            found.push(Ineligible { unit: unit.id.clone(), findings: terminal.collect(), drags });
        }
        found
    }

    /// The end of the longest chain of steps, as far as their durations are known.
    fn earliest(&self) -> Option<i64> {
        let now = self.state.now?;
        let mut ends: Vec<i64> = Vec::new();
        for taken in &self.taken {
            let before = taken.step.after.iter().map(|number| ends[number - 1]);
            let start = before.max().unwrap_or(now);
            let lasts = taken.step.takes.unwrap_or(0).saturating_mul(scalar::SECOND);
            ends.push(taken.step.until.unwrap_or(start.saturating_add(lasts)));
        }
        Some(ends.into_iter().max().unwrap_or(now))
    }
}

/// Where a step misses only what another unresolved finding is about, what holds that one holds this one, too.
///
/// For each finding: the facts it rests on, and the facts that kept its remedies from starting.
fn held_by_others(unresolved: &mut [Unresolved], rests_on: &[(Vec<SlotId>, Vec<SlotId>)]) {
    let mut about: FxHashMap<SlotId, usize> = FxHashMap::default();
    let mut fresh: Vec<usize> =
        (0..unresolved.len()).filter(|at| unresolved[*at].hold != Hold::Closed).collect();
    while !fresh.is_empty() {
        for at in fresh.drain(..) {
            for slot in &rests_on[at].0 {
                about.entry(*slot).or_insert(at);
            }
        }
        for (at, (_, missed)) in rests_on.iter().enumerate() {
            let other = missed.iter().find_map(|slot| about.get(slot)).copied();
            let Some(other) = other.filter(|_| unresolved[at].hold == Hold::Closed) else {
                continue;
            };
            unresolved[at].hold = unresolved[other].hold;
            let id = unresolved[other].id.clone();
            unresolved[at].why.push_str(&format!("; that waits for {id}"));
            fresh.push(at);
        }
    }
}
