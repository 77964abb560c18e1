//! Waits that are one: those that end at the same time and wait for nothing else are told once.

use crate::plan::Step;

/// Joins waits of one wave that end at one time, and numbers the steps anew.
pub(crate) fn merge(steps: &mut Vec<Step>) {
    let mut numbers: Vec<usize> = Vec::with_capacity(steps.len());
    let mut merged: Vec<Step> = Vec::with_capacity(steps.len());
    for mut step in steps.drain(..) {
        for number in &mut step.after {
            *number = numbers[*number - 1];
        }
        step.after.sort_unstable();
        step.after.dedup();
        let same = |other: &Step| {
            step.until.is_some() && (other.until, other.wave) == (step.until, step.wave)
        };
        match merged.iter().position(same) {
            Some(at) => {
                numbers.push(at + 1);
                join(&mut merged[at], step);
            }
            None => {
                step.id = merged.len() + 1;
                numbers.push(step.id);
                merged.push(step);
            }
        }
    }
    *steps = merged;
}

fn join(into: &mut Step, step: Step) {
    into.waits_for.extend(step.waits_for);
    into.closes.extend(step.closes);
    into.reopens.extend(step.reopens);
    into.ready.extend(step.ready);
    into.expects.extend(step.expects);
    into.edits.extend(step.edits);
    into.writes.extend(step.writes);
    into.starts_at = into.starts_at.max(step.starts_at);
    for (all, more) in [
        (&mut into.helps, step.helps),
        (&mut into.reasons, step.reasons),
        (&mut into.alternatives, step.alternatives),
    ] {
        more.into_iter().for_each(|one| {
            if !all.contains(&one) {
                all.push(one);
            }
        });
    }
    into.questions.retain(|number| step.questions.contains(number));
    into.after.extend(step.after);
    into.after.sort_unstable();
    into.after.dedup();
}
