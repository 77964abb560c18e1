//! Small changes to rules, and whether a page notices them: `<=` for `<`, a dropped `not`, a word less in a list.
//!
//! A page that stays as promised although a rule means something else does not say what the rule means. Owns which changes
//! are tried, on which threads, and what is made of the marks by which a page calls a change equal in meaning:
//! ``<!-- equal: SRV-001: `s.slots > 0` becomes `s.slots >= 1`: slots are whole numbers -->``. What a change is, is
//! `edits`; running the cases for one, `trial`. Reads no files.

mod edits;
mod trial;

use std::collections::BTreeSet;
use std::panic::resume_unwind;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

use crate::session::rules;
use crate::spec::Texts;
use crate::spec::mutate::edits::Edit;
use crate::spec::mutate::trial::Trial;
use crate::spec::page::{Mark, Page};

/// Bytes of stack of a thread: as much as the first mostly has.
const STACK: usize = 8 << 20;

/// Where the picking of a sample begins, so that each run picks the same.
const SEED: u64 = 0x9e37_79b9_7f4a_7c15;

/// A change to one rule or definition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    /// The rule file.
    pub file: String,
    /// Its line, from 1.
    pub line: usize,
    /// Its column in characters, from 1.
    pub column: usize,
    /// Id of the rule, or name of the definition.
    pub owner: String,
    /// The expression as it is, on one line.
    pub before: String,
    /// The expression as it was tried.
    pub after: String,
}

/// What became of the changes to a pack.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mutations {
    /// Changes that were tried and compile.
    pub tried: usize,
    /// How many of them a case noticed.
    pub noticed: usize,
    /// How many of them are marked as equal in meaning.
    pub equal: usize,
    /// Those that nobody noticed, in the order of the rules.
    pub unnoticed: Vec<Change>,
    /// What is wrong with marks, a line each.
    pub problems: Vec<String>,
}

/// What a change came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    /// The rules do not compile with it, so that nobody can make it unseen.
    Broken,
    Noticed,
    Unnoticed,
}

/// Tries changes to a pack whose cases are all as promised: all of them, or a sample that is always the same.
///
/// The files of the packs that it uses are changed as well: its pages speak of the whole.
pub fn run(pages: &[Page], pack: &Texts, sample: Option<usize>) -> Mutations {
    let inputs = pack.inputs();
    let loaded = rules::load(&inputs.sources, &inputs.packs[0]);
    let edits = edits::all(&loaded.files, &inputs.sources);
    let picked = match sample {
        Some(most) => pick(edits.len(), most),
        None => (0..edits.len()).collect(),
    };
    let fates = try_all(&edits, &picked, pages, pack);
    let mut mutations = Mutations::default();
    let marks: Vec<(&str, &Mark)> = pages
        .iter()
        .flat_map(|page| page.marks.iter().map(|mark| (page.name.as_str(), mark)))
        .collect();
    for (page, mark) in &marks {
        if let Some(problem) = wrong(mark, &edits, &picked, &fates) {
            mutations.problems.push(format!("{page}:{}: {problem}", mark.line));
        }
    }
    for (at, fate) in picked.iter().zip(&fates) {
        let change = &edits[*at].change;
        match fate {
            Fate::Broken => continue,
            Fate::Noticed => mutations.noticed += 1,
            Fate::Unnoticed if marks.iter().any(|(_, mark)| names(mark, change)) => {
                mutations.equal += 1;
            }
            Fate::Unnoticed => mutations.unnoticed.push(change.clone()),
        }
        mutations.tried += 1;
    }
    mutations
}

/// What is wrong with a mark.
fn wrong(mark: &Mark, edits: &[Edit], picked: &[usize], fates: &[Fate]) -> Option<String> {
    if let Some(problem) = &mark.broken {
        return Some(problem.clone());
    }
    let Mark { owner, before, after, .. } = mark;
    if !edits.iter().any(|edit| names(mark, &edit.change)) {
        return Some(format!(
            "no change to {owner} makes `{after}` of `{before}`: remove the mark, or name the change as it is listed \
             without the mark"
        ));
    }
    let noticed = picked
        .iter()
        .zip(fates)
        .any(|(at, fate)| *fate == Fate::Noticed && names(mark, &edits[*at].change));
    noticed.then(|| {
        format!("a case notices that `{before}` of {owner} becomes `{after}`: remove the mark, as it is not equal")
    })
}

fn names(mark: &Mark, change: &Change) -> bool {
    mark.owner == change.owner && mark.before == change.before && mark.after == change.after
}

/// One of each of so many equal parts, so that a sample has something of every file.
fn pick(len: usize, most: usize) -> Vec<usize> {
    let mut state = SEED;
    let picked: BTreeSet<usize> = (0..most.min(len))
        .map(|part| {
            let (start, end) = (part * len / most.min(len), (part + 1) * len / most.min(len));
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            start + (state >> 33) as usize % (end - start)
        })
        .collect();
    picked.into_iter().collect()
}

/// What becomes of each picked edit; threads take what is next, and each result has its own place.
fn try_all(edits: &[Edit], picked: &[usize], pages: &[Page], pack: &Texts) -> Vec<Fate> {
    let next = AtomicUsize::new(0);
    let fates = Mutex::new(vec![Fate::Broken; picked.len()]);
    let work = || {
        trial::with(pages, pack, |trial: &mut Trial<'_, '_>| {
            loop {
                let at = next.fetch_add(1, Ordering::Relaxed);
                let Some(edit) = picked.get(at) else { return };
                let fate = trial.fate(&edits[*edit]);
                fates.lock().unwrap_or_else(PoisonError::into_inner)[at] = fate;
            }
        });
    };
    let threads = thread::available_parallelism().map_or(1, usize::from).min(picked.len().max(1));
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .filter_map(|_| thread::Builder::new().stack_size(STACK).spawn_scoped(scope, work).ok())
            .collect();
        if workers.is_empty() {
            work();
        }
        for worker in workers {
            if let Err(panic) = worker.join() {
                resume_unwind(panic);
            }
        }
    });
    fates.into_inner().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_is_spread_and_always_the_same() {
        let picked = pick(100, 10);
        assert_eq!(picked, pick(100, 10));
        let parts: Vec<usize> = picked.iter().map(|at| at / 10).collect();
        assert_eq!(parts, (0..10).collect::<Vec<_>>());
        assert_eq!(pick(3, 10), [0, 1, 2]);
        assert_eq!(pick(0, 10), Vec::<usize>::new());
    }
}
