//! Answers, written into the texts of descriptions: all of them or none.
//!
//! Owns what makes an answer one that can be written: it names a fact of this description, once, which nobody stated
//! yet, and the description reads as well with it as without. What is wrong says which answer it is. Writes no file.

use crate::diagnostic::{Diagnostic, Severity};
use crate::facts::{Fact, Facts, SlotId};
use crate::schema::types::Type;
use crate::session::address::{self, Problem};
use crate::session::answers::Answer;
use crate::session::suppose::is_described;
use crate::session::{Inputs, Options, Report, assume, given, run};
use crate::source::FileId;

/// Texts with answers in them.
#[derive(Debug)]
pub struct Answered {
    /// The texts.
    pub inputs: Inputs,
    /// The files that differ.
    pub files: Vec<FileId>,
}

/// Writes answers into the texts.
pub fn answered(
    inputs: &Inputs,
    options: &Options,
    report: &Report<'_>,
    answers: &[Answer],
) -> Result<Answered, Problem> {
    if report.exit_code() == 2 {
        let help = "`failback check` shows them".to_owned();
        return Err(Problem::new("nothing was written: there are errors", Some(help)));
    }
    for (at, answer) in answers.iter().enumerate() {
        let twice = answers[..at].iter().find(|before| before.path == answer.path);
        if let Some(before) = twice {
            let help = format!("the other answer is in {}", before.place);
            let message = format!("{}: `{}` is answered twice", answer.place, answer.path);
            return Err(Problem::new(message, Some(help)));
        }
        is_free(report, answer).map_err(|problem| located(answer, problem))?;
    }
    let pairs: Vec<_> = answers.iter().map(Answer::pair).collect();
    let changed = given::set(inputs, report, &pairs)
        .map_err(|(at, problem)| located(&answers[at], problem))?;
    if let Some(error) = first_error(&changed, options) {
        // The one without which it would not be wrong is to blame.
        let to_blame = (0..answers.len()).find(|without| {
            let mut others = pairs.clone();
            others.remove(*without);
            let changed = given::set(inputs, report, &others);
            changed.is_ok_and(|changed| first_error(&changed, options).is_none())
        });
        let problem = Problem::new(error.message, error.help);
        return Err(match to_blame.or((answers.len() == 1).then_some(0)) {
            Some(at) => located(&answers[at], problem),
            None => problem,
        });
    }
    let files = inputs
        .sources
        .iter()
        .filter(|(file, source)| source.text() != changed.sources.get(*file).text());
    let files = files.map(|(file, _)| file).collect();
    Ok(Answered { inputs: changed, files })
}

fn located(answer: &Answer, problem: Problem) -> Problem {
    Problem { message: format!("{}: {}", answer.place, problem.message), ..problem }
}

/// An answer says what nobody stated; what is stated is changed where it stands.
fn is_free(report: &Report<'_>, answer: &Answer) -> Result<(), Problem> {
    let path = &answer.path;
    let (checked, target) =
        assume::one(report, path, |checked| address::resolve(&checked.facts, path))?;
    let facts = &checked.facts;
    if target.entry || facts.marker(target.slot).is_some() || !is_known(facts, target.slot) {
        return Ok(());
    }
    let place = facts.node(target.slot).map(|node| facts.tree().span(node));
    let sources = report.sources;
    let same = facts.node(target.slot).is_some_and(|node| {
        given::spelled(facts, target.slot, &answer.value)
            == given::spelled(facts, target.slot, &assume::value_of(facts.tree(), node))
    });
    if same {
        return Ok(());
    }
    let help = place.map(|span| {
        let source = sources.get(span.file);
        let line = source.position(span.start).line;
        format!("change it in line {line} of {}, if it is no longer so", source.name())
    });
    Err(Problem::new(format!("`{path}` is stated already"), help))
}

/// Whether the description says what a fact is, or anything of what it holds.
fn is_known(facts: &Facts<'_>, slot: SlotId) -> bool {
    let (ty, field) = facts.field_of(slot);
    let ty = &facts.schema().ty(ty).fields[field].ty;
    match ty.present() {
        Type::Row(_) => facts.record_row(slot).is_some_and(|row| is_described(facts, row)),
        _ => facts.is_written(slot) && !matches!(facts.read(slot, ty), Fact::Unknown),
    }
}

/// What is wrong with texts.
fn first_error(inputs: &Inputs, options: &Options) -> Option<Diagnostic> {
    run(inputs, options, |report| {
        let own = report.environments.iter().flat_map(|checked| &checked.errors);
        let mut all = report.errors.iter().chain(own);
        all.find(|error| error.severity == Severity::Error).cloned()
    })
}
