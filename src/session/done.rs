//! Steps that were done, written into the description: `deleteSnapshots(mt1)` writes `snapshots: []`.
//!
//! Owns what of a step is written, and where: what the act itself makes; what has to be seen is asked again. What was
//! written is read again and must say what the step makes. Writes no file.

use crate::facts::{Facts, ROOT, SlotId};
use crate::plan::edits::{self, Written};
use crate::plan::step;
use crate::session::address::{self, Problem, Spot};
use crate::session::assume::{self, Carried, State};
use crate::session::{Inputs, Options, Report, run};
use crate::source::FileId;
use crate::yaml::edit::{self, Change};
use crate::yaml::path::Step;

/// A fact that a step made.
#[derive(Clone, Debug)]
pub struct Made {
    /// The environment.
    pub environment: String,
    /// The file that holds it.
    pub file: FileId,
    /// The step.
    pub call: String,
    /// When, in microseconds since 1970, as far as that is known.
    pub at: Option<i64>,
    /// What is written.
    pub written: Written,
}

/// Descriptions in which steps are done.
#[derive(Debug)]
pub struct Done {
    /// The texts, changed.
    pub inputs: Inputs,
    /// What is written, in order.
    pub made: Vec<Made>,
}

/// Writes steps into the texts of descriptions, each in the facts that those before it left.
pub fn done(
    inputs: &Inputs,
    report: &Report<'_>,
    options: &Options,
    calls: &[String],
) -> Result<Done, Problem> {
    let mut texts: Vec<String> =
        inputs.sources.iter().map(|(_, source)| source.text().to_owned()).collect();
    let mut carried = Carried::new(report);
    let mut made = Vec::new();
    for call in calls {
        let (place, done) = carried.out(call, step::act)?;
        let checked = &report.environments[place];
        let Some(facts) = &carried.facts[place] else { continue };
        for (slot, change) in done.edited.iter().zip(&done.edits) {
            let spot = spot(&checked.facts, *slot, change).ok_or_else(|| by_hand(call, None))?;
            let text = &mut texts[spot.file.0 as usize];
            *text = edit::change(text, spot.document, std::slice::from_ref(change))
                .map_err(|error| by_hand(call, Some(error.to_string())))?;
            let written = edits::told(facts, *slot, change);
            let (environment, call) = (checked.name.clone(), call.clone());
            made.push(Made { environment, file: spot.file, call, at: checked.now, written });
        }
    }
    let expected = report.environments.iter().zip(&carried.facts).map(|(checked, facts)| {
        let facts = facts.as_ref().unwrap_or(&checked.facts);
        let evaluation = checked.judge(facts, checked.selection);
        State::of(&checked.name, checked.rules, &evaluation)
    });
    let expected: Vec<State> = expected.collect();
    let inputs = assume::with_texts(inputs, texts);
    let as_expected = run(&inputs, options, |report| {
        let found = report.environments.iter();
        let found = found.map(|one| State::of(&one.name, one.rules, &one.evaluation));
        report.exit_code() != 2 && found.eq(expected)
    });
    match as_expected {
        true => Ok(Done { inputs, made }),
        false => Err(by_hand(&calls.join("`, `"), None)),
    }
}

fn by_hand(call: &str, why: Option<String>) -> Problem {
    let why = why.map(|why| format!(": {why}")).unwrap_or_default();
    let help = "write it by hand; `failback plan --with-facts` shows the lines".to_owned();
    Problem::new(
        format!("what `{call}` makes cannot be written into this description{why}"),
        Some(help),
    )
}

/// The document that holds the fact, or would hold it.
fn spot(facts: &Facts<'_>, slot: SlotId, change: &Change) -> Option<Spot> {
    let (Change::Set(path, _) | Change::Insert(path, _) | Change::Remove(path)) = change;
    // A step may have made what holds the fact, and the first step of the path is there all the same.
    let stated =
        (slot < facts.slot_count() as SlotId).then(|| address::spot(facts, slot)).flatten();
    stated.or_else(|| {
        let Some(Step::Key(key)) = path.steps().first() else { return None };
        let ty = facts.schema().ty(facts.row(ROOT).ty);
        let slot = ty.fields[ty.field(key)?].slot?;
        address::spot(facts, facts.slot_of(ROOT, slot))
    })
}
