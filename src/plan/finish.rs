//! What a plan comes to: what is verified, what stays closed and why, who cannot go.
//!
//! Owns the last look at the facts after all steps. Takes no step.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::builtins::value::{Use, Value};
use crate::compile::ir::{Fix, Level};
use crate::evaluate::questions::{self, Texts};
use crate::evaluate::truth::Truth;
use crate::evaluate::{
    Evaluation, Finding, Outcome, Question, Readiness, Selection, is_terminal, show, waive,
};
use crate::facts::{Facts, RowId, SlotId};
use crate::plan::candidates::specs;
use crate::plan::state::{self, FindingKey};
use crate::plan::step::{self, Spec};
use crate::plan::{Hold, Ineligible, Plan, Planner, Unresolved, clock, waits};

/// Facts that are named where a step cannot be taken.
const DECIDING: usize = 3;

/// What a round of planning came to.
pub(crate) struct End<'a> {
    pub(crate) plan: Plan,
    /// The facts as they were before the first step.
    pub(crate) facts: Facts<'a>,
    /// When the plan ends, as far as lengths are known.
    pub(crate) end: Option<i64>,
    /// The end of the plan, where something no longer holds by then that the plan rests on.
    pub(crate) late: Option<i64>,
    /// Waivers that do not cover their findings any more after the steps, by place.
    pub(crate) lapsed: Vec<usize>,
    /// Units that stay blocked though some steps are for nobody else.
    pub(crate) behind: Vec<RowId>,
}

impl<'a> Planner<'a, '_, '_> {
    /// What the steps came to.
    pub(crate) fn finish(mut self, evaluation: &Evaluation<'a>) -> End<'a> {
        let stopped = self.limit.is_some();
        let needless = || "some steps may be needless: the plan is too long to try each without";
        let limit = self.limit.take().or_else(|| self.bounded.then(needless).map(str::to_owned));
        let mut plan = Plan { limit, stopped, ..Plan::default() };
        plan.steps = self.taken.iter().map(|taken| taken.step.clone()).collect();
        let end = self.end();
        let hope = plan.steps.iter().find(|step| step.is_hope()).map(|step| step.id);
        let hoped: FxHashSet<FindingKey> = self.state.open.keys().cloned().collect();
        if hope.is_some() {
            // What is only hoped for is not verified: what stays without it is what stays.
            let kept = self.kept();
            self.state.hoped = false;
            self = self.again(evaluation, &kept);
        }
        self.state.settle();
        if let Some(end) = end.filter(|_| end > self.state.now) {
            self.renewed.extend(clock::pass(
                &mut self.state.facts,
                self.state.rules,
                self.clock.start,
                end,
            ));
            self.state.now = Some(end);
        }
        // The whole is evaluated again, so that nothing rests on what was thought to be touched.
        let (rules, now) = (self.state.rules, self.state.now);
        let (facts, all) = (&self.state.facts, Selection::default());
        let last = waive::evaluate(facts, rules, now, &all, &evaluation.grants);
        let late = end.filter(|_| end > self.clock.judged && self.is_more(&last));
        let lapsed = lapsed(evaluation, &last);
        let closed = self.unresolved(&mut plan, &last, &hoped);
        self.tell_who_is_ready(&mut plan, &last, evaluation);
        let whole = plan.unresolved.is_empty() && plan.opens && !plan.stopped && hope.is_none();
        plan.verified &= whole;
        plan.verified_steps = hope.map_or(plan.steps.len(), |first| first - 1);
        let is_foreseen = |open: &Unresolved| open.hold == Hold::Time && open.until.is_some();
        let only_time = plan.unresolved.iter().all(is_foreseen);
        if !plan.stopped && only_time && (plan.opens || !plan.unresolved.is_empty()) {
            let until = plan.unresolved.iter().filter_map(|open| open.until).max();
            plan.earliest = end.max(until);
        }
        self.tell_assumptions(&mut plan);
        self.number_questions(&mut plan, &last);
        waits::merge(&mut plan.steps);
        for step in &plan.steps {
            let ids = step.closes.iter().chain(&step.hopes);
            plan.closing.extend(ids.map(|id| (id.clone(), step.id)));
        }
        if let Some(end) = end.filter(|_| self.clock.looks_ahead && plan.verified && late.is_none())
        {
            plan.valid_until =
                clock::valid_until(&mut self.state.facts, rules, self.clock.start, end);
            // What rests on a waiver holds no longer than that.
            if let Some(over) = last.waived_until() {
                plan.valid_until = Some(plan.valid_until.map_or(over, |until| until.min(over)));
            }
        }
        let names: FxHashSet<String> =
            closed.iter().map(|unit| self.state.facts.name(*unit)).collect();
        let is_vain = plan.steps.iter().any(|step| self.is_for(step, &names));
        let behind = if is_vain { closed } else { Vec::new() };
        End { plan, facts: self.state.into_facts(), end, late, lapsed, behind }
    }

    /// Whether something stands against the gate that did not while the plan was made.
    fn is_more(&self, last: &Evaluation<'a>) -> bool {
        let told = last
            .findings
            .iter()
            .filter(|finding| self.state.rules.rules[finding.rule].level == Level::Error)
            .filter(|finding| finding.outcome != Outcome::Waived);
        told.into_iter().any(|finding| !self.state.open.contains_key(&state::key_of(finding)))
    }

    /// Tells what stays closed; the units that stay so though everything was tried come back.
    fn unresolved(
        &mut self,
        plan: &mut Plan,
        last: &Evaluation<'a>,
        hoped: &FxHashSet<FindingKey>,
    ) -> Vec<RowId> {
        let rules = self.state.rules;
        let mut rests_on: Vec<(Vec<SlotId>, Vec<SlotId>)> = Vec::new();
        let mut asked: FxHashSet<String> = FxHashSet::default();
        let mut told: Vec<&Finding<'a>> = Vec::new();
        for finding in &last.findings {
            let rule = &rules.rules[finding.rule];
            let key = state::key_of(finding);
            let counts = |unit: &RowId| self.eligible.contains(unit) || self.behind.contains(unit);
            // What was not there at the start is the work of a step, whomever it blocks.
            let stands = finding.blocks.is_empty()
                || finding.blocks.iter().any(counts)
                || !self.state.was_open(&key);
            if rule.level != Level::Error || finding.outcome == Outcome::Waived || !stands {
                continue;
            }
            for question in &finding.questions {
                if asked.insert(question.path.clone()) {
                    plan.questions.push(Question::clone(question));
                }
            }
            let mut missed = Vec::new();
            let mut until = finding.until;
            let (hold, why) = match finding.outcome {
                Outcome::Unknown => {
                    (Hold::Question, "what decides it is not known: see the questions".to_owned())
                }
                Outcome::Pending => (Hold::Time, "only time closes it".to_owned()),
                _ if is_terminal(rule) => (Hold::Closed, "there is no remedy".to_owned()),
                _ => {
                    until = self.still_pending(finding);
                    match until {
                        Some(_) => (Hold::Time, "only time closes it".to_owned()),
                        None if Self::is_hoped(plan, finding) => (
                            Hold::Closed,
                            "a step looks for the cause; what it finds is not known before"
                                .to_owned(),
                        ),
                        None if self.is_left(finding) || self.is_beyond_help(finding) => {
                            self.stays_behind(finding)
                        }
                        None => self.why_not(finding, &mut plan.questions, &mut asked, &mut missed),
                    }
                }
            };
            let evidence = finding.evidence.iter().map(|evidence| evidence.slot).collect();
            rests_on.push((evidence, missed));
            told.push(finding);
            plan.unresolved.push(Unresolved {
                id: finding.id.clone(),
                hold,
                message: finding.message.clone(),
                why,
                until,
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
        let mut behind: Vec<RowId> = Vec::new();
        for (finding, open) in told.iter().zip(&plan.unresolved) {
            let stays = open.hold == Hold::Closed && hoped.contains(&state::key_of(finding));
            let was_open = self.state.was_open(&state::key_of(finding));
            if stays && was_open && self.is_beyond_help(finding) {
                let surely = |unit: &&RowId| !finding.is_perhaps(**unit);
                behind.extend(finding.blocks.iter().filter(surely));
            }
        }
        behind.retain(|unit| self.eligible.contains(unit));
        behind.sort_unstable();
        behind.dedup();
        behind
    }

    /// Whether nothing helps those whom a finding blocks but that nobody asks for them.
    fn is_beyond_help(&mut self, finding: &Finding<'a>) -> bool {
        let rule = &self.state.rules.rules[finding.rule];
        let mut evaluator = self.state.evaluator();
        evaluator.rebind(&finding.raw());
        let specs: Vec<Spec<'a>> =
            rule.fixes.iter().flat_map(|fix| specs(fix, &mut evaluator)).collect();
        let can_start = |spec: &Spec<'a>| {
            step::needs(&self.state.facts, self.state.rules, self.state.now, spec, false).0
                == Truth::True
        };
        let able: Vec<Spec<'a>> = specs.into_iter().filter(can_start).collect();
        if able.is_empty() {
            return rule.fixes.is_empty();
        }
        able.iter().all(|spec| {
            let Some(applied) = self.state.apply(spec) else { return false };
            let leaves = self.leaves_behind(&applied, &self.units);
            self.state.undo(applied);
            leaves
        })
    }

    /// Whether a finding blocks nobody but those who stay behind.
    fn is_left(&self, finding: &Finding<'a>) -> bool {
        !finding.blocks.is_empty() && finding.blocks.iter().all(|unit| self.behind.contains(unit))
    }

    /// Why nothing is done about it.
    fn stays_behind(&mut self, finding: &Finding<'a>) -> (Hold, String) {
        let why = match self.is_beyond_help(finding) {
            true => {
                let fixes = self.state.rules.rules[finding.rule].fixes.iter();
                let names = fixes.map(|fix| self.state.rules.remedies[fix.remedy].name.as_str());
                let names = names.collect::<Vec<_>>().join(", ");
                match names.is_empty() {
                    true => "there is no remedy".to_owned(),
                    false => format!("nothing helps but to ask for it no longer: {names}"),
                }
            }
            false => "those whom it blocks cannot go for other reasons".to_owned(),
        };
        (Hold::Closed, why)
    }

    /// Whether a step is taken in the hope of closing a finding.
    fn is_hoped(plan: &Plan, finding: &Finding<'a>) -> bool {
        plan.steps.iter().any(|step| step.is_hope() && step.hopes.contains(&finding.id))
    }

    /// The end of the grace of a failure that was not over when it came up.
    fn still_pending(&self, finding: &Finding<'a>) -> Option<i64> {
        let grace = self.state.rules.rules[finding.rule].grace.as_deref()?;
        let mut evaluator = self.state.evaluator();
        evaluator.rebind(&finding.raw());
        self.ends_later(grace, &mut evaluator)
    }

    fn tell_who_is_ready(
        &self,
        plan: &mut Plan,
        last: &Evaluation<'a>,
        evaluation: &Evaluation<'a>,
    ) {
        plan.ready = last
            .units
            .iter()
            .filter(|unit| unit.readiness == Readiness::Ready && self.eligible.contains(&unit.row))
            .map(|unit| unit.id.clone())
            .collect();
        let is_through = last.units.is_empty() && !last.done.is_empty();
        plan.opens = !plan.ready.is_empty() || is_through;
        // Nobody is left behind by no longer being asked for.
        let through = plan.ready.iter().chain(last.done.iter().map(|unit| &unit.id));
        let through: FxHashSet<&str> = through.map(String::as_str).collect();
        plan.verified = evaluation.units.iter().all(|unit| {
            unit.readiness == Readiness::Ineligible || through.contains(unit.id.as_str())
        });
        plan.ineligible = self.ineligible(evaluation);
    }

    /// Tells what nobody makes: what renews itself, and what is waited for.
    fn tell_assumptions(&self, plan: &mut Plan) {
        let facts = &self.state.facts;
        let by_steps = self.taken.iter().flat_map(|taken| &taken.renewed);
        for slot in self.renewed.iter().chain(by_steps) {
            let told = (facts.slot_path(*slot), show::slot(*slot, facts));
            if !plan.assumes.iter().any(|(path, _)| *path == told.0) {
                plan.assumes.push(told);
            }
        }
        let waits = plan.steps.iter().filter(|step| step.until.is_some());
        plan.assumes.extend(waits.flat_map(|step| step.expects.iter().cloned()));
    }

    /// Tells which questions may make a step useless: those about whether the only ones that it helps can go at all, or
    /// about a step that it waits for.
    fn number_questions(&self, plan: &mut Plan, last: &Evaluation<'a>) {
        let helped: FxHashSet<&str> =
            plan.steps.iter().flat_map(|step| &step.helps).map(String::as_str).collect();
        let helped: Vec<(&str, RowId)> = last
            .units
            .iter()
            .filter(|unit| helped.contains(unit.id.as_str()))
            .map(|unit| (unit.id.as_str(), unit.row))
            .collect();
        let mut about: FxHashMap<String, Vec<usize>> = FxHashMap::default();
        for finding in last.findings.iter().filter(|_| !helped.is_empty()) {
            let rule = &self.state.rules.rules[finding.rule];
            if finding.outcome != Outcome::Unknown || !is_terminal(rule) {
                continue;
            }
            let asked =
                |question: &Question| finding.questions.iter().any(|own| own.path == question.path);
            let numbers = plan.questions.iter().zip(1..).filter(|(question, _)| asked(question));
            let numbers: Vec<usize> = numbers.map(|(_, number)| number).collect();
            for (unit, row) in &helped {
                if finding.blocks.binary_search(row).is_ok() {
                    about.entry((*unit).to_owned()).or_default().extend(&numbers);
                }
            }
        }
        let units: FxHashSet<String> = about.keys().cloned().collect();
        for at in 0..plan.steps.len() {
            let step = &plan.steps[at];
            let mut questions: Vec<usize> = Vec::new();
            if self.is_for(step, &units) {
                questions.extend(step.helps.iter().filter_map(|unit| about.get(unit)).flatten());
            }
            for before in &step.after {
                questions.extend(&plan.steps[before - 1].questions);
            }
            questions.sort_unstable();
            questions.dedup();
            plan.steps[at].questions = questions;
        }
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
            let spec = Spec::act(fix.remedy, arguments);
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
                .filter(|usage| truth == Truth::False || questions::is_open(usage, facts))
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
                Truth::True => reasons.push(format!(
                    "{} cannot be worked out: {}",
                    remedy.name,
                    deciding.join(", ")
                )),
                _ => reasons.push(format!("{} cannot start: {}", remedy.name, deciding.join(", "))),
            }
            if truth == Truth::Unknown || truth == Truth::True && !uses.is_empty() {
                hold = Hold::Question;
                for usage in questions::asked(&uses, facts) {
                    let question = questions::question(
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

    /// When the last step ends, as far as lengths are known.
    fn end(&self) -> Option<i64> {
        self.taken.iter().filter_map(|taken| taken.step.ends_at).max().max(self.clock.start)
    }
}

/// The waivers that let something pass before the first step and, though they are not over, do not after the last.
fn lapsed(evaluation: &Evaluation<'_>, last: &Evaluation<'_>) -> Vec<usize> {
    let before = evaluation.findings.iter().filter_map(|finding| finding.waiver);
    let is_lapsed = |at: &usize| {
        let mut rulings = last.rulings.iter();
        rulings.any(|ruling| ruling.grant == *at && ruling.state == waive::State::Lapsed)
    };
    before.filter(is_lapsed).collect()
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
