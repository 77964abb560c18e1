//! The facts while a plan runs, and what is open on them.
//!
//! Owns the copy of the facts that steps change, and the findings still open after each; after a change only what it
//! touches is evaluated again. Does not choose steps.

use std::collections::BTreeMap;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::builtins::value::Key;
use crate::compile::ir::{Level, RuleSet};
use crate::evaluate::expr::Evaluator;
use crate::evaluate::reach::Reach;
use crate::evaluate::run::Bound;
use crate::evaluate::touch::values::Values;
use crate::evaluate::touch::{Asked, References, Subjects, Touch};
use crate::evaluate::{Finding, Outcome, Raw, subject};
use crate::facts::{Facts, RowId, SlotId};
use crate::plan::clock;
use crate::plan::step::{self, Done, Spec};
use crate::scalar::How;

/// What makes two open findings the same: the rule, what its names are bound to, and a list that is not known.
pub type FindingKey = (usize, Vec<Key>, Option<usize>);

/// What is open, by rule and binding.
pub type Open<'a> = BTreeMap<FindingKey, Raw<'a>>;

/// The facts and what is open on them.
pub struct State<'a, 'r> {
    /// The facts, as changed so far.
    pub facts: Facts<'a>,
    /// The rules.
    pub rules: &'r RuleSet,
    /// The time at which outcomes are judged.
    pub now: Option<i64>,
    /// The time of the facts, at which the first step starts.
    pub(crate) since: Option<i64>,
    /// Whether what a step is hoped to bring about is taken to come.
    pub(crate) hoped: bool,
    /// What is open.
    pub open: Open<'a>,
    /// What fails and is allowed to pass; whether that still holds after all steps is seen at the end.
    waived: FxHashSet<FindingKey>,
    touch: Touch<'r>,
    pub(crate) references: References,
    values: Values,
    /// Whether some references are not known before the first step.
    pub(crate) open_ends: bool,
    /// How many times a rule was run again.
    pub evaluations: usize,
    /// What was open before the first step, in order, and where each rule begins there.
    first: Vec<(FindingKey, Raw<'a>)>,
    by_rule: Vec<usize>,
    /// The places there of what a rule says of a subject, or of a list.
    first_of: FxHashMap<(usize, Option<RowId>), Vec<u32>>,
    /// What a step opened that was not open before the first; it may be closed again.
    later_of: FxHashMap<(usize, Option<RowId>), Vec<FindingKey>>,
    start: usize,
}

/// What a step changed.
pub struct Applied<'a> {
    /// Choices and edits.
    pub done: Done,
    /// Slots that were changed.
    pub changed: Vec<SlotId>,
    /// Findings that are no longer open, as they were.
    pub closed: Open<'a>,
    /// Findings that are open now and were not before.
    pub opened: Vec<FindingKey>,
    /// Findings that were open before the first step and were looked at again, by their places among those.
    pub touched: Vec<u32>,
    /// Times that the step makes and that are taken to renew themselves from then on.
    pub renewed: Vec<SlotId>,
    /// Lists in which something became known, or unknown.
    turned: FxHashSet<usize>,
    mark: usize,
}

/// The key of an outcome.
pub fn key(raw: &Raw<'_>) -> FindingKey {
    let bindings =
        raw.bindings.iter().map(|(_, value)| Key::of(value, How::Plain).unwrap_or(Key::None));
    (raw.rule, bindings.collect(), raw.open)
}

/// The key of a finding.
pub fn key_of(finding: &Finding<'_>) -> FindingKey {
    let bindings =
        finding.bindings.iter().map(|(_, value)| Key::of(value, How::Plain).unwrap_or(Key::None));
    (finding.rule, bindings.collect(), finding.open)
}

impl<'a, 'r> State<'a, 'r> {
    /// The state before the first step.
    pub fn new(
        facts: &Facts<'a>,
        rules: &'r RuleSet,
        now: Option<i64>,
        findings: &[Finding<'a>],
    ) -> Self {
        Self::on(facts.clone(), rules, now, findings)
    }

    /// The same on the facts themselves, which come back by [`State::into_facts`].
    pub fn on(
        mut facts: Facts<'a>,
        rules: &'r RuleSet,
        now: Option<i64>,
        findings: &[Finding<'a>],
    ) -> Self {
        let (waived, told): (Vec<_>, Vec<_>) = findings
            .iter()
            .filter(|finding| rules.rules[finding.rule].level == Level::Error)
            .partition(|finding| finding.outcome == Outcome::Waived);
        let waived = waived.into_iter().map(key_of).collect();
        let raws = told.into_iter().map(Finding::raw);
        let open: Open<'a> = raws.map(|raw| (key(&raw), raw)).collect();
        let units = rules.schema.unit.map_or(&[][..], |unit| facts.entities(unit));
        // Nobody asks who is blocked where nothing is open.
        let open_ends = !open.is_empty() && Reach::new(&facts, units).is_open();
        let references = References::new(&facts);
        let (touch, mut values) = (Touch::new(rules), Values::default());
        touch.watch(&mut values, &facts);
        let start = facts.mark();
        facts.record_changes();
        let first: Vec<(FindingKey, Raw<'a>)> =
            open.iter().map(|(key, raw)| (key.clone(), raw.clone())).collect();
        let by_rule = (0..=rules.rules.len())
            .map(|rule| first.partition_point(|(key, _)| key.0 < rule))
            .collect();
        let mut first_of: FxHashMap<_, Vec<u32>> = FxHashMap::default();
        for ((key, raw), place) in first.iter().zip(0..) {
            first_of.entry((key.0, subject(&raw.bindings))).or_default().push(place);
        }
        Self {
            facts,
            rules,
            now,
            since: now,
            hoped: true,
            first,
            by_rule,
            first_of,
            later_of: FxHashMap::default(),
            open,
            waived,
            touch,
            references,
            values,
            open_ends,
            evaluations: 0,
            start,
        }
    }

    /// Whether a finding was open before the first step.
    pub(crate) fn was_open(&self, key: &FindingKey) -> bool {
        self.first.binary_search_by(|(first, _)| first.cmp(key)).is_ok()
    }

    /// What was open before the first step, in order.
    pub(crate) fn at_first(&self) -> impl Iterator<Item = &FindingKey> {
        self.first.iter().map(|(key, _)| key)
    }

    /// Goes back to before the first step.
    pub fn reset(&mut self) {
        self.facts.rollback(self.start);
        self.open = self.first.iter().cloned().collect();
    }

    /// Lets go of what only further steps would need.
    pub(crate) fn settle(&mut self) {
        self.references = References::default();
        self.values = Values::default();
    }

    /// The facts as they were before the first step.
    pub(crate) fn into_facts(mut self) -> Facts<'a> {
        self.facts.rollback(self.start);
        self.facts.forget_changes();
        self.facts
    }

    /// Carries out a step; `None`, with nothing changed, where an effect cannot be carried out.
    pub fn apply(&mut self, spec: &Spec<'a>) -> Option<Applied<'a>> {
        self.apply_at(spec, self.now)
    }

    /// The same for a step that ends at a time of its own, at the latest when outcomes are judged.
    pub(crate) fn apply_at(&mut self, spec: &Spec<'a>, ends: Option<i64>) -> Option<Applied<'a>> {
        let ends = ends.min(self.now);
        let mark = self.facts.mark();
        let doubts = self.touch.doubts(&mut self.evaluator());
        let with = (Some(&self.values), self.hoped);
        let Some(done) = step::apply_watched(&mut self.facts, self.rules, ends, spec, with) else {
            self.facts.rollback(mark);
            return None;
        };
        let changed = self.facts.changed_since(mark);
        // What renews itself from here on is renewed when outcomes are judged.
        let times = self.since.zip(self.now);
        let renewed = times.map_or(Vec::new(), |times| {
            clock::renew(&mut self.facts, self.rules, times, Some(&changed))
        });
        let again = self.evaluate_again(&changed, &doubts);
        Some(Applied {
            done,
            changed,
            closed: again.closed,
            opened: again.opened,
            touched: again.touched,
            renewed,
            turned: again.turned,
            mark,
        })
    }

    /// What would be true of the facts after a step, without a look at what is open then; `None` where an effect cannot be
    /// carried out. Nothing is changed.
    pub(crate) fn would<T>(
        &mut self,
        spec: &Spec<'a>,
        then: impl FnOnce(&Facts<'a>) -> T,
    ) -> Option<T> {
        let mark = self.facts.mark();
        let with = (Some(&self.values), self.hoped);
        let done = step::apply_watched(&mut self.facts, self.rules, self.now, spec, with);
        let told = done.map(|_| {
            let changed = self.facts.changed_since(mark);
            if let (Some(since), Some(now)) = (self.since, self.now) {
                clock::renew(&mut self.facts, self.rules, (since, now), Some(&changed));
            }
            then(&self.facts)
        });
        self.facts.rollback(mark);
        told
    }

    /// Takes a step back.
    pub fn undo(&mut self, applied: Applied<'a>) {
        self.facts.rollback(applied.mark);
        for key in &applied.opened {
            self.open.remove(key);
        }
        self.open.extend(applied.closed);
    }

    /// Looks at a few rows of the facts as they are now.
    pub(crate) fn evaluator(&self) -> Evaluator<'_, 'a, 'r> {
        Evaluator::new(&self.facts, self.rules, self.now).of_few().watching(Some(&self.values))
    }

    fn evaluate_again(&mut self, changed: &[SlotId], doubts: &FxHashSet<usize>) -> Again<'a> {
        self.references.update(changed, &self.facts);
        self.values.update(&self.facts);
        let evaluator = || Evaluator::new(&self.facts, self.rules, self.now);
        let mut whole = None;
        let mut few = evaluator().of_few().watching(Some(&self.values));
        let doubtful = self.touch.doubts(&mut few);
        let turned: FxHashSet<usize> = doubts.symmetric_difference(&doubtful).copied().collect();
        let Again { mut closed, mut opened, mut touched, .. } = Again::default();
        for index in self.touch.readers(changed, &turned, &self.facts) {
            if self.rules.rules[index].level != Level::Error {
                continue;
            }
            let subjects = self.touch.subjects(
                (index, Asked::Outcome),
                changed,
                &turned,
                &self.facts,
                &self.references,
                &self.values,
            );
            let mut found: Open<'a> = Open::new();
            let mut sink = |seen: Bound<'_, 'a>| {
                if !matches!(seen.outcome, Outcome::Pass | Outcome::NotApplicable) {
                    let raw = seen.raw();
                    let key = key(&raw);
                    if !self.waived.contains(&key) {
                        found.insert(key, raw);
                    }
                }
            };
            match &subjects {
                Subjects::None => continue,
                Subjects::All => {
                    let new = || evaluator().watching(Some(&self.values));
                    whole.get_or_insert_with(new).run(index, &mut sink);
                }
                Subjects::Some(rows) => few.run_for(index, rows, &mut sink),
            }
            self.evaluations += 1;
            let first = self.first_touched(index, &subjects);
            let before = self.touched(index, &subjects, &first);
            touched.extend(first);
            for key in before {
                if !found.contains_key(&key)
                    && let Some(raw) = self.open.remove(&key)
                {
                    closed.insert(key, raw);
                }
            }
            for (key, raw) in found {
                if let Some(before) = self.open.insert(key.clone(), raw) {
                    let same = self.open.get(&key).is_some_and(|now| now.outcome == before.outcome);
                    if !same {
                        // It is open still, but in another way: undoing needs the way it was.
                        closed.insert(key.clone(), before);
                        opened.push(key);
                    }
                } else {
                    opened.push(key);
                }
            }
        }
        opened.iter().for_each(|key| self.note_later(key));
        Again { closed, opened, touched, turned }
    }

    /// The subjects of a rule whose findings may block others after a step than before, where the rule says whom.
    pub(crate) fn blocking(&self, rule: usize, applied: &Applied<'a>) -> Subjects {
        let Applied { changed, turned, .. } = applied;
        let asked = (rule, Asked::Blocked);
        self.touch.subjects(asked, changed, turned, &self.facts, &self.references, &self.values)
    }

    /// The places, among what was open before the first step, of what may have come out otherwise.
    fn first_touched(&self, rule: usize, subjects: &Subjects) -> Vec<u32> {
        let of = |subject: Option<RowId>| self.first_of.get(&(rule, subject)).into_iter().flatten();
        match subjects {
            Subjects::None => Vec::new(),
            Subjects::All => (self.by_rule[rule] as u32..self.by_rule[rule + 1] as u32).collect(),
            // What has no subject is about a list, which any change may touch.
            Subjects::Some(rows) => {
                rows.iter().flat_map(|row| of(Some(*row))).chain(of(None)).copied().collect()
            }
        }
    }

    /// What was open and may have come out otherwise.
    fn touched(&self, rule: usize, subjects: &Subjects, first: &[u32]) -> Vec<FindingKey> {
        let first = first.iter().map(|place| &self.first[*place as usize].0);
        let later = |subject| self.later_of.get(&(rule, subject)).into_iter().flatten();
        let known: Vec<&FindingKey> = match subjects {
            Subjects::None => Vec::new(),
            Subjects::All => {
                let range = (rule, Vec::new(), None)..(rule + 1, Vec::new(), None);
                self.open.range(range).map(|(key, _)| key).collect()
            }
            Subjects::Some(rows) => {
                let later = rows.iter().flat_map(|row| later(Some(*row))).chain(later(None));
                first.chain(later).filter(|key| self.open.contains_key(key)).collect()
            }
        };
        known.into_iter().cloned().collect()
    }

    fn note_later(&mut self, key: &FindingKey) {
        if self.was_open(key) {
            return;
        }
        let subject = self.open.get(key).and_then(|raw| subject(&raw.bindings));
        let later = self.later_of.entry((key.0, subject)).or_default();
        if !later.contains(key) {
            later.push(key.clone());
        }
    }
}

/// What came of evaluating again.
#[derive(Default)]
struct Again<'a> {
    closed: Open<'a>,
    opened: Vec<FindingKey>,
    touched: Vec<u32>,
    turned: FxHashSet<usize>,
}
