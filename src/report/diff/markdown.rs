//! The difference as a comment for a change.
//!
//! Owns its layout. Begins with a mark, so that whoever posts it finds the one it wrote before. Texts of others stand in
//! code, where nothing in them is markup.

use crate::diff::UnitChange;
use crate::report::diff::{Told, causes, headline, label, last, line_of, message, named, verdicts};
use crate::report::foreign::{Foreign, Sink};

/// By which a comment is found again.
pub const MARK: &str = "<!-- failback -->";
/// Most characters of a comment.
const MOST: usize = 60_000;

/// The comment.
pub fn render(told: &Told<'_, '_, '_, '_>) -> String {
    let mut head = format!("{MARK}\n");
    let mut entries = Vec::new();
    for environment in &told.diff.environments {
        let name = code(environment.name);
        head.push_str(&format!("**{name}: {}**\n\n", verdicts(environment)));
        let mut changes: Vec<UnitChange> = environment.units.iter().map(|one| one.change).collect();
        changes.sort_unstable();
        changes.dedup();
        for change in changes.into_iter().filter(|change| *change != UnitChange::Same) {
            let units = environment.units.iter().filter(|unit| unit.change == change);
            let ids: Vec<&str> = units.map(|unit| unit.id.as_str()).collect();
            head.push_str(&format!("- {}: {}\n", label(change), code(&named(&ids, told.all))));
        }
        head.push('\n');
        for changed in &environment.findings {
            let mut entry = format!("- {}\n", code(&headline(environment, changed)));
            if let Some(message) = message(environment, changed) {
                entry.push_str(&format!("  {}\n", code(&message)));
            }
            match &changed.cause {
                crate::diff::causes::Cause::Undetermined => {
                    entry.push_str(&format!("  - {}\n", causes(environment, changed)));
                }
                crate::diff::causes::Cause::Edits(_) => {
                    for edit in environment.behind(changed) {
                        entry.push_str(&format!("  - {}\n", code(&line_of(edit, told.sources))));
                    }
                }
            }
            let step = environment.head.zip(environment.is(changed));
            if let Some((head, finding)) = step
                && let Some(number) = head.step_for(&finding.id)
            {
                entry.push_str(&format!("  - fixed by step {number} of `failback plan`\n"));
            }
            entries.push(entry);
        }
    }
    let end = last(told);
    let total = entries.len();
    let mut out = head.chars().take(MOST / 2).collect::<String>();
    let mut length = out.chars().count() + end.chars().count();
    let mut shown = 0;
    for entry in entries {
        length += entry.chars().count();
        if length > MOST - 100 {
            break;
        }
        out.push_str(&entry);
        shown += 1;
    }
    if shown < total {
        out.push_str(&format!("\n{} more findings are left out here\n", total - shown));
    }
    out + "\n" + &end
}

/// A text of others as code, in which nothing is markup.
fn code(text: &str) -> String {
    Foreign::from(text).shown(Sink::Code)
}
