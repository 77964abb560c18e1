//! What would be if, in a form for someone.

use serde::Serialize;

use crate::compile::ir::Level;
use crate::evaluate::{Readiness, Verdict};
use crate::report::Format;
use crate::report::json::{Error, Tool, errors};
use crate::report::layout::{Look, Tone, names};
use crate::report::sanitise::clean;
use crate::report::wire;
use crate::session::Report;
use crate::session::assume::{Difference, Told};

/// Findings of one kind that are told, and units.
const TOLD: usize = 12;

/// Differences as text.
pub fn render(
    report: &Report<'_>,
    differences: &[Difference],
    format: Format,
    look: &Look,
    exit: u8,
) -> String {
    let mut out = String::new();
    match format {
        Format::Json => return json(report, differences, exit),
        Format::Concise => differences.iter().for_each(|one| concise(&mut out, one)),
        Format::Full => differences.iter().for_each(|one| full(&mut out, one, look)),
    }
    out
}

fn full(out: &mut String, one: &Difference, look: &Look) {
    if !out.is_empty() {
        out.push('\n');
    }
    if look.quiet {
        return last(out, one, look, "gate is");
    }
    let title = format!("If it were so, in {}", clean(&one.before.name));
    out.push_str(&look.paint(Tone::Heading, &title));
    out.push('\n');
    section(out, "Fixed by it", Tone::Good, &one.closed(), look);
    section(out, "New, or with another outcome", Tone::Bad, &one.opened(), look);
    section(out, "Remains", Tone::Doubt, &one.still(), look);
    units(out, "Ready by it", Tone::Good, &one.ready(), look);
    units(out, "No longer ready", Tone::Bad, &one.no_longer(), look);
    out.push('\n');
    last(out, one, look, "gate would be");
}

/// The verdict, beside the one before.
fn last(out: &mut String, one: &Difference, look: &Look, is: &str) {
    let (was, then) = (one.before.verdict, one.then.verdict);
    let verdict = look.paint(tone(then), then.word());
    let (before, after) = (ready(&one.before.units), ready(&one.then.units));
    let then = one.then.units.iter();
    let total = then.filter(|(_, readiness)| *readiness != Readiness::Done).count();
    out.push_str(&format!(
        "{is} {verdict}: was {}, {} failed, {} unknown, {} pending,\n  {after} of {total} ready (was \
         {before})\n",
        was.word(),
        one.then.summary.fail,
        one.then.summary.unknown,
        one.then.summary.pending,
    ));
}

fn ready(units: &[(String, Readiness)]) -> usize {
    units.iter().filter(|(_, readiness)| *readiness == Readiness::Ready).count()
}

fn tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Open => Tone::Good,
        Verdict::Closed => Tone::Bad,
        _ => Tone::Doubt,
    }
}

fn section(out: &mut String, title: &str, tone: Tone, told: &[&Told], look: &Look) {
    if told.is_empty() {
        return;
    }
    out.push_str(&format!(
        "\n{}\n",
        look.paint(Tone::Heading, &format!("{title}: {}", told.len()))
    ));
    let limit = if look.all || told.len() == TOLD + 1 { told.len() } else { TOLD };
    for one in told.iter().take(limit) {
        let word = word(one);
        let lead = format!("  {word:<8}");
        let text = format!("{} [{}]", clean(&one.message), clean(&one.id));
        look.hanging(out, &lead, &look.paint(tone, &lead), &look.glyphs(&text));
    }
    if told.len() > limit {
        let rest = told.len() - limit;
        out.push_str(&format!("  {} and {rest} more (use --all)\n", look.dots()));
    }
}

fn units(out: &mut String, title: &str, tone: Tone, units: &[&str], look: &Look) {
    if units.is_empty() {
        return;
    }
    let limit = if look.all { usize::MAX - 1 } else { TOLD };
    let text = names(units.iter().copied(), limit);
    out.push('\n');
    let lead = format!("{title}: ");
    look.hanging(out, &lead, &look.paint(tone, &lead), &clean(&text));
}

fn word(told: &Told) -> &'static str {
    match told.level {
        Level::Error => told.outcome.word(),
        Level::Warning => "warning",
        Level::Note => "note",
    }
}

fn concise(out: &mut String, one: &Difference) {
    let mut lines = |word: &str, told: &[&Told]| {
        for one in told {
            out.push_str(&format!("{word} {}: {}\n", clean(&one.id), clean(&one.message)));
        }
    };
    lines("closed", &one.closed());
    lines("opened", &one.opened());
    lines("still", &one.still());
    for (word, units) in [("ready", one.ready()), ("not-ready", one.no_longer())] {
        for unit in units {
            out.push_str(&format!("{word} {}\n", clean(unit)));
        }
    }
    let (was, then) = (one.before.verdict.word(), one.then.verdict.word());
    out.push_str(&format!("{}: gate would be {then} (was {was})\n", clean(&one.before.name)));
}

#[derive(Serialize)]
struct Root<'r> {
    tool: Tool,
    environments: Vec<Environment<'r>>,
    errors: Vec<Error<'r>>,
    exit: u8,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Environment<'r> {
    name: &'r str,
    before: &'static str,
    verdict: &'static str,
    closed: Vec<Finding<'r>>,
    opened: Vec<Finding<'r>>,
    still: Vec<Finding<'r>>,
    ready: Vec<&'r str>,
    no_longer_ready: Vec<&'r str>,
    units: Vec<Unit<'r>>,
}

#[derive(Serialize)]
struct Finding<'r> {
    id: &'r str,
    outcome: &'static str,
    level: &'static str,
    message: &'r str,
}

#[derive(Serialize)]
struct Unit<'r> {
    id: &'r str,
    verdict: &'static str,
}

fn json(report: &Report<'_>, differences: &[Difference], exit: u8) -> String {
    let own = report.environments.iter().flat_map(|checked| &checked.errors);
    let all: Vec<_> = report.errors.iter().chain(own).cloned().collect();
    let root = Root {
        tool: Tool::default(),
        environments: differences.iter().map(environment).collect(),
        errors: errors(&all, report.sources),
        exit,
    };
    wire::pretty(&root)
}

fn environment(one: &Difference) -> Environment<'_> {
    let units = one.then.units.iter();
    Environment {
        name: &one.before.name,
        before: one.before.verdict.word(),
        verdict: one.then.verdict.word(),
        closed: one.closed().into_iter().map(finding).collect(),
        opened: one.opened().into_iter().map(finding).collect(),
        still: one.still().into_iter().map(finding).collect(),
        ready: one.ready(),
        no_longer_ready: one.no_longer(),
        units: units.map(|(id, state)| Unit { id, verdict: state.word() }).collect(),
    }
}

fn finding(told: &Told) -> Finding<'_> {
    let level = match told.level {
        Level::Error => "error",
        Level::Warning => "warning",
        Level::Note => "note",
    };
    Finding { id: &told.id, outcome: told.outcome.word(), level, message: &told.message }
}
