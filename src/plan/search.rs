//! The search for steps: which are tried, in which order, and when it ends.
//!
//! Owns the passes over what is open: the preferred step of each finding, what does as well where that cannot start, what
//! makes it possible, and a second try of what failed before the facts changed. Each step is tried at most twice for a
//! finding, so the search ends. What taking a step comes to is in `plan` itself.

use rustc_hash::FxHashSet;

use crate::evaluate::truth::Truth;
use crate::plan::candidates::Candidate;
use crate::plan::state::FindingKey;
use crate::plan::{Planner, Trial, enable, step};

impl<'a> Planner<'a, '_, '_> {
    /// Takes steps until nothing more can be done.
    pub(crate) fn run(&mut self) {
        loop {
            let mut candidates = self.candidates();
            let mut progress = false;
            (self.is_choosy, self.has_waited) = (true, false);
            for candidate in self.ending(&mut candidates) {
                progress |= self.attempt(&candidate);
            }
            let pending: FxHashSet<usize> =
                candidates.iter().map(|candidate| candidate.spec.remedy).collect();
            // An order that no fact expresses: others of this pass come first.
            let (first, last): (Vec<_>, Vec<_>) = candidates.iter().partition(|candidate| {
                let after = &self.state.rules.remedies[candidate.spec.remedy].after;
                !after.iter().any(|remedy| pending.contains(remedy))
            });
            for candidate in first {
                progress |= self.attempt(candidate);
            }
            // What can be done now goes before what has to be made possible first.
            if !progress {
                let others = self.others();
                progress = others.into_iter().any(|other| self.attempt(&other));
            }
            progress = progress || self.enable_any(&candidates);
            // What they wait for cannot be done, or was not for them to wait for.
            progress = progress || last.into_iter().any(|candidate| self.attempt(candidate));
            // Nothing else makes a choice possible: what can be chosen is, and the rest has a step of its own.
            self.is_choosy = false;
            if self.has_waited {
                progress = progress || candidates.iter().any(|candidate| self.attempt(candidate));
            }
            if self.limit.is_some() {
                return;
            }
            if !progress {
                // The first choice of these cannot start: their next alternative is tried.
                let mut excluded = false;
                for candidate in &candidates {
                    for key in &candidate.findings {
                        let trial = (key.clone(), candidate.spec.key());
                        excluded |= self.tried.insert(trial, self.taken.len()).is_none();
                    }
                }
                if !excluded && !self.retry() {
                    return;
                }
            }
        }
    }

    /// Tries a step; it stays only if it closes a finding that it was taken for.
    fn attempt(&mut self, candidate: &Candidate<'a>) -> bool {
        if self.taken.len() >= self.budget {
            self.limit = Some(format!("the plan stopped after {} steps", self.taken.len()));
            return false;
        }
        let is_wanted = |key: &FindingKey| self.state.open.contains_key(key) && self.concerns(key);
        if !candidate.findings.iter().any(is_wanted) {
            return false;
        }
        let (truth, _) = step::needs(
            &self.state.facts,
            self.state.rules,
            self.state.now,
            &candidate.spec,
            false,
        );
        if truth != Truth::True {
            return false;
        }
        let alternatives = candidate.alternatives.clone();
        let taken = self.take(&candidate.spec, &None, alternatives, &candidate.findings, &[]);
        if taken {
            for key in &candidate.findings {
                self.tried.insert((key.clone(), candidate.spec.key()), self.taken.len());
            }
        }
        taken
    }

    fn enable_any(&mut self, candidates: &[Candidate<'a>]) -> bool {
        candidates.iter().any(|candidate| {
            self.taken.len() < self.budget
                && candidate.findings.iter().any(|key| self.state.open.contains_key(key))
                && enable::enable(self, &candidate.spec, enable::DEPTH)
        })
    }

    /// Whether something that was tried in vain, or was undone since, is worth a second try after other steps.
    fn retry(&mut self) -> bool {
        let again: Vec<Trial> = self
            .tried
            .iter()
            .filter(|((key, _), taken)| {
                **taken < self.taken.len() && self.state.open.contains_key(key)
            })
            .filter(|(trial, _)| !self.retried.contains(*trial) && self.concerns(&trial.0))
            .map(|(trial, _)| trial.clone())
            .collect();
        for trial in &again {
            self.tried.remove(trial);
            self.retried.insert(trial.clone());
        }
        !again.is_empty()
    }
}
