//! What the steps of a plan write, as lines of a description, and the digest by which a plan is known again.
//!
//! Owns the form of the lines: those that set a fact or add to a list can be handed in as answers.

use sha2::{Digest, Sha256};

use crate::plan::edits::{Way, Written};
use crate::plan::{Plan, Step};
use crate::report::questions;
use crate::session::Checked;

/// Characters of a digest that are shown.
const SHOWN: usize = 12;

/// The lines that are true after a step, and those that have to be seen first.
pub fn lines(step: &Step) -> (Vec<String>, Vec<String>) {
    let made = step.made.min(step.writes.len());
    let (made, seen) = step.writes.split_at(made);
    (all(made), all(seen))
}

/// A line for each; what empties a list is one line, however many elements it had.
pub fn all<'w>(written: impl IntoIterator<Item = &'w Written>) -> Vec<String> {
    let mut lines: Vec<String> = written.into_iter().map(line).collect();
    lines.dedup();
    lines
}

/// One line: `servers/s1/state: running`.
fn line(written: &Written) -> String {
    let value = written.value.as_ref().map(|value| value.line()).unwrap_or_default();
    match written.way {
        Way::Set => format!("{}: {value}", questions::key(&written.path)),
        Way::Add => format!("{}: {value}", questions::key(&format!("{}[new]", written.path))),
        Way::Remove => format!("# {}: one element less", written.path.replace('\n', " ")),
    }
}

/// `sha256:…` over the steps of a plan and what they write: by it a number means one step.
pub fn digest(checked: &Checked<'_>, plan: &Plan) -> String {
    let mut hash = Sha256::new();
    let mut add = |text: &str| {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    };
    add(&checked.name);
    for step in &plan.steps {
        add(&step.call);
        step.writes.iter().for_each(|written| add(&line(written)));
    }
    let hex: String = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{}", &hex[..SHOWN])
}
