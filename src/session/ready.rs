//! Who can go now, and the record that would say so: what `suppose` takes to be done, for those who are ready.
//!
//! Owns which units are left out until those that are supposed are all ready, and the text with the record in it.
//! Writes no file.

use std::collections::BTreeSet;

use crate::evaluate::Readiness;
use crate::session::address::{self, Problem};
use crate::session::{Checked, Inputs, Options, run, suppose};
use crate::source::FileId;
use crate::yaml::edit::{self, Change};

/// Rounds after which it is given up to find a set of units that are ready together.
const ROUNDS: usize = 8;

/// Who can go in one environment.
#[derive(Clone, Debug)]
pub struct Ready {
    /// Its name.
    pub environment: String,
    /// The units that can go, together.
    pub units: Vec<String>,
    /// How many units there are.
    pub of: usize,
    /// What states it; none where it is stated already, or nobody can go.
    pub record: Option<Record>,
    /// The name of what is stated already.
    pub stated: bool,
}

/// A record to be written.
#[derive(Clone, Debug)]
pub struct Record {
    /// Its name in the environment.
    pub field: String,
    /// The file that it belongs to.
    pub file: FileId,
    /// Its lines, as they would be in that file.
    pub lines: Vec<String>,
    /// The whole text with it.
    pub text: String,
}

/// Finds who can go now, in each environment.
pub fn ready(inputs: &Inputs, options: &Options) -> Result<Vec<Ready>, Problem> {
    let names: Vec<String> = run(inputs, options, |report| {
        report.environments.iter().map(|checked| checked.name.clone()).collect()
    });
    names.iter().map(|name| of(inputs, options, name)).collect()
}

fn of(inputs: &Inputs, options: &Options, name: &str) -> Result<Ready, Problem> {
    let mut options = options.clone();
    for _ in 0..ROUNDS {
        let found = run(inputs, &options, |report| {
            let checked = report.environments.iter().find(|checked| checked.name == name);
            checked.map(|checked| look(inputs, checked, options.supposing.as_ref()))
        });
        match found {
            Some(Look::Found(ready)) => return ready,
            Some(Look::Fewer(units)) => options.supposing = Some(units),
            None => break,
        }
    }
    let message = format!("cannot tell who of `{name}` could go together");
    Err(Problem::new(message, Some("`failback check` shows what is against each".to_owned())))
}

enum Look {
    Found(Result<Ready, Problem>),
    /// Only these are ready; the others have to be left out.
    Fewer(BTreeSet<String>),
}

fn look(inputs: &Inputs, checked: &Checked<'_>, among: Option<&BTreeSet<String>>) -> Look {
    let evaluation = &checked.evaluation;
    let all = evaluation.units.iter();
    let units = all.filter(|unit| unit.readiness == Readiness::Ready).map(|unit| unit.id.clone());
    let units: BTreeSet<String> = units.collect();
    let of = evaluation.units.len();
    let mut ready = Ready {
        environment: checked.name.clone(),
        units: units.iter().cloned().collect(),
        of,
        record: None,
        stated: checked.supposed.is_none(),
    };
    let Some(supposed) = checked.supposed.as_ref().filter(|_| !units.is_empty()) else {
        return Look::Found(Ok(ready));
    };
    // Those who are left out must not have been what made the others ready.
    if units.len() < among.map_or(of, BTreeSet::len) {
        return Look::Fewer(units);
    }
    let facts = &checked.facts;
    let cannot = |why: String| {
        let help = "write it by hand; `failback ask` shows where".to_owned();
        Problem::new(format!("cannot write `{}`: {why}", supposed.field), Some(help))
    };
    let Some(spot) = address::spot(facts, supposed.question.slot) else {
        return Look::Found(Err(cannot("the description has no place for it".to_owned())));
    };
    let (Change::Set(_, value) | Change::Insert(_, value)) = suppose::written(facts, supposed)
    else {
        return Look::Found(Ok(ready));
    };
    let old = inputs.sources.get(spot.file).text();
    Look::Found(match edit::change(old, spot.document, &[Change::Set(spot.path, value)]) {
        Ok(text) => {
            let lines = between(old, &text);
            ready.record =
                Some(Record { field: supposed.field.clone(), file: spot.file, lines, text });
            Ok(ready)
        }
        Err(error) => Err(cannot(error.to_string())),
    })
}

/// The lines of the new text that the old one does not have, which is one piece.
fn between(old: &str, new: &str) -> Vec<String> {
    let (old, new): (Vec<&str>, Vec<&str>) = (old.lines().collect(), new.lines().collect());
    let same = |pair: &(&&str, &&str)| pair.0 == pair.1;
    let before = old.iter().zip(&new).take_while(same).count();
    let rest = old.len().min(new.len()) - before;
    let after = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(same).count();
    new[before..new.len() - after].iter().map(|line| (*line).to_owned()).collect()
}
