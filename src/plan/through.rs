//! Units that a step makes done while a plan runs: nothing more is to be done for them.
//!
//! Owns whether a step makes a unit done, and what stood against nobody else then. `unit Server s done when s.moved`.

use std::collections::BTreeSet;

use rustc_hash::FxHashSet;

use crate::compile::remedy::Effect;
use crate::facts::{RowId, SlotId};
use crate::plan::Planner;
use crate::plan::candidates::Candidate;
use crate::plan::state::FindingKey;
use crate::plan::step::Spec;

impl<'a> Planner<'a, '_, '_> {
    /// Takes out of some candidates those that make a unit done: whatever else stands against it is moot then.
    pub(crate) fn ending(&mut self, candidates: &mut Vec<Candidate<'a>>) -> Vec<Candidate<'a>> {
        if self.ends.is_empty() {
            return Vec::new();
        }
        candidates.extract_if(.., |candidate| self.makes_done(&candidate.spec)).collect()
    }

    fn makes_done(&mut self, spec: &Spec<'a>) -> bool {
        let writes = |effect: &Effect| match effect {
            Effect::Set { owner, field, .. }
            | Effect::Add { owner, field, .. }
            | Effect::Remove { owner, field, .. } => self.ends.contains(&(*owner, *field)),
            Effect::Create { .. } => false,
        };
        if !self.state.rules.remedies[spec.remedy].effects.iter().any(writes) {
            return false;
        }
        let Some(applied) = self.state.apply(spec) else { return false };
        let made = self.newly_done(&applied.changed);
        self.state.undo(applied);
        !made.is_empty()
    }

    /// The units that were not done before these facts changed.
    fn newly_done(&self, changed: &[SlotId]) -> Vec<RowId> {
        let facts = &self.state.facts;
        let mut deciding =
            changed.iter().filter(|slot| self.ends.contains(&facts.field_of(**slot)));
        let mut own: Option<FxHashSet<RowId>> = Some(FxHashSet::default());
        for slot in deciding.by_ref() {
            let entity = facts.entity_of(facts.owner(*slot));
            match &mut own {
                // What is about no unit may decide for any.
                Some(own) if Some(facts.row(entity).ty) == facts.schema().unit => {
                    own.insert(entity);
                }
                _ => own = None,
            }
        }
        let is_meant = |unit: &&RowId| own.as_ref().is_none_or(|own| own.contains(*unit));
        let units = self.units.iter().filter(is_meant).filter(|unit| !self.done.contains(*unit));
        let units: Vec<RowId> = units.copied().collect();
        let mut done: Vec<RowId> = self.state.evaluator().done(&units).into_iter().collect();
        done.sort_unstable();
        done
    }

    /// Looks for units that a step has made done, and for what stands against nobody else after it.
    pub(crate) fn look_who_is_done(&mut self, changed: &[SlotId]) -> Moot {
        if self.ends.is_empty() {
            return Moot::default();
        }
        for unit in self.newly_done(changed) {
            self.eligible.remove(&unit);
            self.done.insert(unit);
        }
        if self.done.is_empty() {
            return Moot::default();
        }
        let is_moot = |key: &&FindingKey| {
            let blocked = self.blocks.get(*key);
            blocked.is_some_and(|units| {
                !units.is_empty() && units.iter().all(|unit| self.done.contains(unit))
            })
        };
        let now: FxHashSet<FindingKey> = self.state.open.keys().filter(is_moot).cloned().collect();
        let is_open = |key: &&FindingKey| self.state.open.contains_key(*key);
        let gone = now.difference(&self.moot).cloned().collect();
        let back = self.moot.difference(&now).filter(is_open).cloned().collect();
        self.moot = now;
        Moot { gone, back }
    }
}

/// What a step has changed of that.
#[derive(Default)]
pub(crate) struct Moot {
    /// What stands against nobody else any more.
    pub(crate) gone: BTreeSet<FindingKey>,
    /// What stands against others again.
    pub(crate) back: BTreeSet<FindingKey>,
}
