//! The times at which an outcome changes by itself, in a form for someone.

use serde::Serialize;

use crate::evaluate::{Outcome, Verdict};
use crate::report::layout::{Look, Tone};
use crate::report::sanitise::clean;
use crate::scalar;
use crate::session::Checked;
use crate::session::times::{MOST, Turn, TurnedFinding};

/// Changes of one time that are told.
const TOLD: usize = 8;

/// Appends the times of one environment, where they were asked for.
pub fn environment(out: &mut String, checked: &Checked<'_>, look: &Look) {
    let Some(times) = &checked.times else { return };
    if !out.is_empty() && !out.ends_with("\n\n") {
        out.push('\n');
    }
    out.push_str(&look.paint(Tone::Heading, "Changes by itself, if nobody changes anything"));
    out.push('\n');
    if times.turns.is_empty() {
        out.push_str("  nothing, at any time that the description and the rules know of\n");
    }
    for turn in &times.turns {
        let tone = match turn.verdict {
            Verdict::Open => Tone::Good,
            Verdict::Closed => Tone::Bad,
            _ => Tone::Doubt,
        };
        let verdict = look.paint(tone, turn.verdict.word());
        out.push_str(&format!("  {}  gate {verdict}\n", when(turn)));
        let limit = if look.all || turn.changes.len() == TOLD + 1 { usize::MAX } else { TOLD };
        for change in turn.changes.iter().take(limit) {
            let lead = lead(change.before, change.then);
            let text = format!("{lead}: {} [{}]", clean(&change.message), clean(&change.id));
            look.hanging(out, "    ", "    ", &look.glyphs(&text));
        }
        if turn.changes.len() > limit {
            let rest = turn.changes.len() - limit;
            out.push_str(&format!("    {} and {rest} more (use --all)\n", look.dots()));
        }
    }
    if times.skipped > 0 {
        let text = format!(
            "looked at the next {MOST} times only; {} later ones were left out",
            times.skipped
        );
        look.hanging(out, "  ", "  ", &text);
    }
    out.push('\n');
}

fn when(turn: &Turn) -> String {
    let time = scalar::print_time(turn.at);
    if turn.after { format!("just after {time}") } else { time }
}

/// How a change is told to people: messages say what is wrong, so it begins or ends.
fn lead(before: Option<Outcome>, then: Option<Outcome>) -> String {
    match (before, then) {
        (None, Some(Outcome::Fail)) => "from then on".to_owned(),
        (None, then) => format!("{} from then on", word(then)),
        (Some(_), None) => "no longer".to_owned(),
        (Some(Outcome::Pending), Some(Outcome::Fail)) => "now a failure".to_owned(),
        (before, then) => format!("{} -> {}", word(before), word(then)),
    }
}

fn word(outcome: Option<Outcome>) -> &'static str {
    outcome.map_or("none", Outcome::word)
}

/// The times for programs.
#[derive(Serialize)]
pub(crate) struct Told<'r> {
    at: String,
    after: bool,
    verdict: &'static str,
    changes: Vec<Change<'r>>,
}

#[derive(Serialize)]
struct Change<'r> {
    id: &'r str,
    before: &'static str,
    then: &'static str,
    message: &'r str,
}

/// The times of one environment for programs, where they were asked for.
pub(crate) fn told<'r>(checked: &'r Checked<'_>) -> Option<Vec<Told<'r>>> {
    let change = |change: &'r TurnedFinding| Change {
        id: &change.id,
        before: word(change.before),
        then: word(change.then),
        message: &change.message,
    };
    let turn = |turn: &'r Turn| Told {
        at: scalar::print_time(turn.at),
        after: turn.after,
        verdict: turn.verdict.word(),
        changes: turn.changes.iter().map(change).collect(),
    };
    checked.times.as_ref().map(|times| times.turns.iter().map(turn).collect())
}
