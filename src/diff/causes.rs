//! Which edits are behind a change of a finding.
//!
//! Owns the search: HEAD is judged again with edits taken back, by the path on which everything is judged. Single edits come
//! first, in the order of the file, then pairs of few, then all of them are made fewer until none can be left out.
//! A stated number of judgements is never passed.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use crate::diff::edits::Edit;
use crate::diff::model::Content;
use crate::evaluate::{Finding, Outcome};
use crate::session::waivers::Waiver;
use crate::session::{self, Checked, Inputs, Options, assume};

/// Most judgements with edits taken back in one environment.
const JUDGEMENTS: usize = 300;
/// Most edits of which each pair is tried.
const PAIRED: usize = 20;

/// What a finding comes to, as far as sides are compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The outcome.
    pub outcome: Outcome,
    /// The units that it blocks.
    pub blocks: BTreeSet<String>,
    /// The facts that decide it, and their values.
    pub facts: BTreeSet<(String, String)>,
}

impl Standing {
    /// That of a finding.
    pub fn of(finding: &Finding<'_>, checked: &Checked<'_>) -> Self {
        Self {
            outcome: finding.outcome,
            blocks: finding.blocks.iter().map(|row| checked.facts.name(*row)).collect(),
            facts: finding
                .evidence
                .iter()
                .map(|one| (one.path.clone(), one.value.clone()))
                .collect(),
        }
    }

    /// Whether outcome and units are the same.
    pub fn is_like(&self, other: &Standing) -> bool {
        self.outcome == other.outcome && self.blocks == other.blocks
    }
}

/// All findings of an environment, by id.
pub type Standings = BTreeMap<String, Standing>;

/// The findings of an environment, by id.
pub fn standings(checked: &Checked<'_>) -> Standings {
    let findings = checked.evaluation.findings.iter();
    findings.map(|finding| (finding.id.clone(), Standing::of(finding, checked))).collect()
}

/// What is behind a change of a finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// These edits, by their place in the list: each of them is needed.
    Edits(Vec<usize>),
    /// It could not be found within the bound; all edits may be.
    Undetermined,
}

/// What a finding is to be again.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'w> {
    /// Its id.
    pub id: &'w str,
    /// What it was; nothing where it was none.
    pub base: Option<&'w Standing>,
    /// Whether its facts, too, are to be what they were.
    pub facts: bool,
}

/// Judges HEAD with edits taken back.
pub struct Judge<'j> {
    /// The rules of HEAD without any description.
    rules: Inputs,
    options: Options,
    name: &'j str,
    head: &'j Content,
    edits: &'j [Edit],
    /// What came of it, by the edits that were taken back; nothing where no description came of it.
    known: HashMap<Vec<usize>, Option<Rc<Standings>>>,
}

impl<'j> Judge<'j> {
    /// For an environment of HEAD.
    pub fn new(
        (inputs, options): (&Inputs, &Options),
        name: &'j str,
        (head, waivers): (&'j Content, &[Waiver]),
        edits: &'j [Edit],
    ) -> Self {
        let described: BTreeSet<_> = inputs.descriptions.iter().map(|(file, _)| *file).collect();
        let texts = inputs.sources.iter().map(|(file, source)| match described.contains(&file) {
            true => String::new(),
            false => source.text().to_owned(),
        });
        let mut rules = assume::with_texts(inputs, texts.collect());
        rules.descriptions.clear();
        rules.origins.clear();
        // Their documents went with the descriptions.
        rules.granted = waivers.to_vec();
        let options = Options { planning: None, times: false, ..options.clone() };
        Self { rules, options, name, head, edits, known: HashMap::new() }
    }

    /// What comes of HEAD with edits taken back; nothing beyond the bound.
    fn without(&mut self, back: &[usize]) -> Option<Option<Rc<Standings>>> {
        if let Some(known) = self.known.get(back) {
            return Some(known.clone());
        }
        if self.known.len() >= JUDGEMENTS {
            return None;
        }
        let mut content = self.head.clone();
        for at in back {
            content.put(&self.edits[*at].steps, self.edits[*at].base.as_ref());
        }
        let texts = self.rules.sources.iter().map(|(_, source)| source.text().to_owned());
        let mut inputs = assume::with_texts(&self.rules, texts.collect());
        inputs.describe("description", content.text(self.name));
        let came = session::run(&inputs, &self.options, |report| match &*report.environments {
            [checked] if report.exit_code() != 2 => Some(Rc::new(standings(checked))),
            _ => None,
        });
        self.known.insert(back.to_vec(), came.clone());
        Some(came)
    }

    /// Whether a finding is what it was with edits taken back; nothing beyond the bound.
    fn undoes(&mut self, back: &[usize], wanted: &Wanted<'_>) -> Option<bool> {
        let Some(came) = self.without(back)? else { return Some(false) };
        Some(match (came.get(wanted.id), wanted.base) {
            (None, None) => true,
            (Some(is), Some(was)) => is.is_like(was) && (!wanted.facts || is.facts == was.facts),
            _ => false,
        })
    }

    /// What is behind a change of a finding. Edits that `touch` its facts are tried before others where there are too
    /// many to try each.
    pub fn cause(&mut self, wanted: &Wanted<'_>, touch: impl Fn(&Edit) -> bool) -> Cause {
        self.search(wanted, touch).map_or(Cause::Undetermined, Cause::Edits)
    }

    fn search(&mut self, wanted: &Wanted<'_>, touch: impl Fn(&Edit) -> bool) -> Option<Vec<usize>> {
        let all: Vec<usize> = (0..self.edits.len()).collect();
        // What no edit is behind is not blamed on any.
        if self.undoes(&[], wanted)? || !self.undoes(&all, wanted)? {
            return None;
        }
        let few = all.len() <= JUDGEMENTS / 3;
        for at in all.iter().filter(|at| few || touch(&self.edits[**at])) {
            if self.undoes(&[*at], wanted)? {
                return Some(vec![*at]);
            }
        }
        if all.len() <= PAIRED {
            for (first, second) in all.iter().flat_map(|at| all[at + 1..].iter().map(|b| (*at, *b)))
            {
                if self.undoes(&[first, second], wanted)? {
                    return Some(vec![first, second]);
                }
            }
        }
        self.fewer(all, wanted)
    }

    /// Leaves out edits, half of them at first, until each one that is left is needed.
    fn fewer(&mut self, mut kept: Vec<usize>, wanted: &Wanted<'_>) -> Option<Vec<usize>> {
        let mut size = kept.len().div_ceil(2);
        loop {
            let mut at = 0;
            let mut shrunk = false;
            while at < kept.len() && kept.len() > 1 {
                // From the end, so that what is first in the file stays.
                let end = kept.len() - at;
                let start = end.saturating_sub(size);
                let rest = [&kept[..start], &kept[end..]].concat();
                if !rest.is_empty() && self.undoes(&rest, wanted)? {
                    kept = rest;
                    shrunk = true;
                } else {
                    at += end - start;
                }
            }
            match size {
                1 if !shrunk => return Some(kept),
                1 => {}
                _ => size = size.div_ceil(2),
            }
        }
    }
}
