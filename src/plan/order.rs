//! Which steps wait for which, and why.
//!
//! Owns the record of what the steps of a plan wrote and read, and what follows from it for the next one: it waits for
//! those that wrote what it needs, goes by or changes, and for those that read what it changes. Besides it owns the order
//! that rules ask for without a fact to tell why. Takes no step.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::evaluate::touch::Field;
use crate::evaluate::{Outcome, is_terminal, show};
use crate::facts::{Facts, SlotId};
use crate::plan::state::Applied;
use crate::plan::{Planner, Step};

/// What the steps so far wrote and read; they are told by their places.
#[derive(Default)]
pub(crate) struct Order {
    /// The last step that wrote a fact.
    writer: FxHashMap<SlotId, usize>,
    /// The steps that read a fact as it is now.
    readers: FxHashMap<SlotId, Vec<usize>>,
    /// The steps that wrote a field of anything, each with a fact that it wrote.
    writers_of: FxHashMap<Field, Vec<(usize, SlotId)>>,
    /// The steps that read a field of all elements of a list.
    readers_of: FxHashMap<Field, Vec<usize>>,
    /// The steps by their remedies.
    by_remedy: FxHashMap<usize, Vec<usize>>,
}

/// What a step waits for, while that is found out.
struct Waiting<'s> {
    step: &'s mut Step,
    known: FxHashSet<usize>,
}

impl Waiting<'_> {
    /// Puts the step behind another one; the reason is asked for where it was not behind it before.
    fn behind(&mut self, place: usize, reason: impl FnOnce() -> String) {
        let number = place + 1;
        if self.known.insert(number) {
            self.step.after.push(number);
            self.step.reasons.push(format!("{}: step {number}", reason()));
        }
    }
}

impl Order {
    /// The last step that wrote a fact, by its place.
    pub(crate) fn writer_of(&self, slot: SlotId) -> Option<usize> {
        self.writer.get(&slot).copied()
    }

    /// Puts a step behind those that wrote what its needs rest on.
    pub(crate) fn by_needs(&self, step: &mut Step, needed: &[SlotId], facts: &Facts<'_>) {
        for slot in needed {
            let Some(number) = self.writer.get(slot).map(|writer| writer + 1) else { continue };
            if !step.after.contains(&number) {
                step.after.push(number);
            }
            // One reason a step: the last fact read is the one that the need is about.
            let ending = format!(": step {number}");
            step.reasons.retain(|reason| !reason.ends_with(&ending));
            step.reasons.push(format!(
                "needs {} = {}{ending}",
                facts.slot_path(*slot),
                show::slot(*slot, facts)
            ));
        }
    }

    /// Puts a step behind those that have to do with what it did.
    pub(crate) fn by_effects(&self, step: &mut Step, applied: &Applied<'_>, facts: &Facts<'_>) {
        let known = step.after.iter().copied().collect();
        let mut waiting = Waiting { step, known };
        let path = |slot: SlotId| facts.slot_path(slot);
        for slot in &applied.changed {
            if let Some(writer) = self.writer.get(slot) {
                waiting.behind(*writer, || format!("goes on with {}", path(*slot)));
            }
        }
        // What an earlier step needs must not be changed beside it.
        for slot in &applied.changed {
            let readers = self.readers.get(slot).into_iter();
            let readers = readers.chain(self.readers_of.get(&facts.field_of(*slot))).flatten();
            for reader in readers {
                let reason = || format!("changes {}, which is needed before", path(*slot));
                waiting.behind(*reader, reason);
            }
        }
        for slot in &applied.done.reads {
            if let Some(writer) = self.writer.get(slot) {
                waiting.behind(*writer, || format!("what is chosen fits by {}", path(*slot)));
            }
        }
        for slot in &applied.done.used.facts {
            if let Some(writer) = self.writer.get(slot) {
                waiting.behind(*writer, || format!("goes by {}", path(*slot)));
            }
        }
        for field in &applied.done.used.fields {
            for (writer, slot) in self.writers_of.get(field).into_iter().flatten() {
                waiting.behind(*writer, || format!("goes by {}", path(*slot)));
            }
        }
    }

    /// Puts a step behind those of the remedies that its own says to be done after.
    pub(crate) fn as_said(&self, step: &mut Step, after: &[usize]) {
        let before = after.iter().filter_map(|remedy| self.by_remedy.get(remedy)).flatten();
        let mut known: FxHashSet<usize> = step.after.iter().copied().collect();
        step.after.extend(before.map(|place| place + 1).filter(|number| known.insert(*number)));
    }

    /// Writes down what a step wrote and read that is taken as the next.
    pub(crate) fn enter(
        &mut self,
        (place, remedy): (usize, usize),
        needed: &[SlotId],
        applied: &Applied<'_>,
        facts: &Facts<'_>,
    ) {
        for slot in &applied.changed {
            self.writer.insert(*slot, place);
            self.readers.remove(slot);
            let writers = self.writers_of.entry(facts.field_of(*slot)).or_default();
            if writers.last().is_none_or(|(writer, _)| *writer != place) {
                writers.push((place, *slot));
            }
        }
        for slot in needed.iter().chain(&applied.done.used.facts) {
            self.readers.entry(*slot).or_default().push(place);
        }
        for field in &applied.done.used.fields {
            self.readers_of.entry(*field).or_default().push(place);
        }
        self.by_remedy.entry(remedy).or_default().push(place);
    }
}

impl Planner<'_, '_, '_> {
    /// The steps in the order in which people read them: first what is right whatever the answers to open questions are,
    /// and in each part wave after wave, with what cannot be taken back, and all that waits for it, last.
    pub(crate) fn as_read(&self) -> Vec<usize> {
        let doubtful = self.doubtful();
        let mut keys: Vec<(bool, bool, usize)> = Vec::with_capacity(self.taken.len());
        for taken in &self.taken {
            let step = &taken.step;
            let mut key = (self.is_for(step, &doubtful), step.is_final, step.wave);
            for before in &step.after {
                let (asks, is_final, _) = keys[before - 1];
                key = (key.0 || asks, key.1 || is_final, key.2);
            }
            keys.push(key);
        }
        let mut order: Vec<usize> = (0..self.taken.len()).collect();
        order.sort_by_key(|at| keys[*at]);
        order
    }

    /// The names of the units of which it is not known whether they can go at all.
    pub(crate) fn doubtful(&self) -> FxHashSet<String> {
        let rules = &self.state.rules.rules;
        let ends = self.state.open.iter().filter(|(_, raw)| {
            let rule = &rules[raw.rule];
            raw.outcome == Outcome::Unknown && is_terminal(rule)
        });
        let units = ends.filter_map(|(key, _)| self.blocks.get(key)).flatten();
        units.map(|unit| self.state.facts.name(*unit)).collect()
    }

    /// Whether a step helps nobody but some units.
    pub(crate) fn is_for(&self, step: &Step, units: &FxHashSet<String>) -> bool {
        !step.helps.is_empty() && step.helps.iter().all(|unit| units.contains(unit))
    }

    /// The steps in the order that the rules ask for by `after`, each behind those that facts make it wait for; none where
    /// they are so already, or cannot be.
    pub(crate) fn as_said(&self) -> Option<Vec<usize>> {
        let remedies = &self.state.rules.remedies;
        let said = |at: usize| remedies[self.taken[at].spec.remedy].after.iter();
        let mut last: FxHashMap<usize, usize> = FxHashMap::default();
        let mut left: FxHashMap<usize, usize> = FxHashMap::default();
        for (at, taken) in self.taken.iter().enumerate() {
            last.insert(taken.spec.remedy, at);
            *left.entry(taken.spec.remedy).or_insert(0) += 1;
        }
        let steps = 0..self.taken.len();
        let late =
            |at: usize| said(at).any(|before| last.get(before).is_some_and(|last| *last > at));
        if !steps.clone().any(late) {
            return None;
        }
        let mut order = Vec::with_capacity(self.taken.len());
        let mut done = vec![false; self.taken.len()];
        while order.len() < self.taken.len() {
            let free = |at: &usize| {
                let taken = &self.taken[*at];
                let own = taken.spec.remedy;
                // A step does not wait for itself.
                let waits = |before: &usize| {
                    left.get(before).is_some_and(|left| *left > usize::from(*before == own))
                };
                !done[*at]
                    && taken.step.after.iter().all(|number| done[number - 1])
                    && !said(*at).any(waits)
            };
            let next = steps.clone().find(free)?;
            done[next] = true;
            if let Some(left) = left.get_mut(&self.taken[next].spec.remedy) {
                *left -= 1;
            }
            order.push(next);
        }
        Some(order)
    }
}
