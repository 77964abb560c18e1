//! The last lines: whether the gate is open, and for whom.

use crate::compile::ir::Level;
use crate::diagnostic::{Diagnostic, Severity};
use crate::evaluate::{Finding, Outcome, Readiness, Verdict};
use crate::report::Format;
use crate::report::layout::{Look, Tone, names, wrap, wrong};
use crate::report::{sanitise, table, times};
use crate::scalar;
use crate::schema::types::Type;
use crate::schema::{ENVIRONMENT, Schema};
use crate::session::recorded::Mark;
use crate::session::suppose::Supposed;
use crate::session::{Checked, Report};

/// Units that are named per state.
const NAMED: usize = 12;
/// Rules that are named per unit.
const RULES: usize = 4;
/// Width of the headings.
const HEADING: usize = 12;

/// Appends the state of the units and the gate of one environment.
pub fn environment(out: &mut String, checked: &Checked<'_>, look: &Look, format: Format) {
    if !look.quiet && format == Format::Full {
        table::environment(out, checked, look);
        supposed(out, checked, look);
        units(out, checked, look);
        times::environment(out, checked, look);
        next(out, checked, look);
    }
    let whole = Look { width: usize::MAX, ..look.clone() };
    if !look.quiet
        && format == Format::Concise
        && let Some(supposed) = &checked.supposed
    {
        out.push_str(&format!("supposed: {}\n", supposition(supposed)));
    }
    // A line per thing: programs that read lines read this one, too.
    gate(out, checked, if format == Format::Full && !look.quiet { look } else { &whole });
}

/// The line that says whether the gate of an environment is open, without a line break.
pub fn line(checked: &Checked<'_>, format: Format) -> String {
    let mut out = String::new();
    let look = Look { quiet: true, ..Look::default() };
    environment(&mut out, checked, &look, format);
    out.trim_end().lines().next_back().unwrap_or_default().to_owned()
}

/// Says which command goes on from here.
fn next(out: &mut String, checked: &Checked<'_>, look: &Look) {
    let holds = |outcomes: &[Outcome]| {
        let mut findings = checked.evaluation.findings.iter();
        findings.any(|finding| {
            let level = checked.rules.rules[finding.rule].level;
            level == Level::Error && outcomes.contains(&finding.outcome)
        })
    };
    let mut ways = Vec::new();
    if let Some(supposed) = checked.supposed.as_ref().filter(|supposed| !supposed.is_nobody) {
        let field = sanitise::clean(&supposed.field).into_owned();
        ways.push(format!("`failback plan --ready --write` writes the {field} for who is ready"));
    }
    if checked.unplanned {
        ways.push("steps are not numbered here: `failback plan` shows them".to_owned());
    } else if holds(&[Outcome::Fail, Outcome::Pending]) {
        ways.push("`failback plan` for the steps in their order".to_owned());
    }
    if holds(&[Outcome::Unknown]) {
        ways.push("`failback ask` for what to find out, with the lines to write".to_owned());
    }
    if !ways.is_empty() {
        headed(out, look, (Tone::Heading, "next"), &ways.join("; "));
    }
}

/// Says what is only supposed, as nobody states it.
fn supposed(out: &mut String, checked: &Checked<'_>, look: &Look) {
    let Some(supposed) = &checked.supposed else { return };
    headed(out, look, (Tone::Doubt, "supposed"), &supposition(supposed));
}

/// What is supposed, in a sentence.
pub fn supposition(supposed: &Supposed) -> String {
    let (field, title) = (sanitise::clean(&supposed.field), sanitise::clean(&supposed.title));
    match supposed.is_nobody {
        true => format!("no {field} is stated, and there is nobody for whom one could be supposed"),
        false => format!("no {field} is stated; {title}"),
    }
}

/// Appends a text behind a heading.
fn headed(out: &mut String, look: &Look, (tone, word): (Tone, &str), text: &str) {
    let painted = format!("{}{}", look.paint(tone, word), " ".repeat(HEADING - word.len()));
    look.hanging(out, &format!("{word:<HEADING$}"), &painted, text);
}

fn units(out: &mut String, checked: &Checked<'_>, look: &Look) {
    let states = [
        (Readiness::Done, Tone::Good),
        (Readiness::Ready, Tone::Good),
        (Readiness::Blocked, Tone::Bad),
        (Readiness::Ineligible, Tone::Bad),
        (Readiness::Unknown, Tone::Doubt),
        (Readiness::Pending, Tone::Care),
    ];
    let all = checked.evaluation.all_units();
    for (state, tone) in states {
        let units: Vec<_> = all.iter().filter(|unit| unit.readiness == state).collect();
        if units.is_empty() {
            continue;
        }
        let shown: Vec<String> = units
            .iter()
            .take(if look.all { usize::MAX } else { NAMED + 1 })
            .map(|unit| {
                let id = sanitise::clean(&unit.id);
                let mut rules: Vec<&str> = Vec::new();
                let evaluation = &checked.evaluation;
                let told = evaluation.against(unit);
                let told = told.iter().map(|at| &evaluation.findings[*at]);
                // Only what makes the state what it is: whoever is blocked need not read on.
                let decides = |finding: &&Finding<'_>| {
                    // What stands against others for sure, and against this one perhaps, is a doubt about this one.
                    let perhaps = finding.is_perhaps(unit.row);
                    finding.outcome == decisive(state) || state == Readiness::Unknown && perhaps
                };
                for finding in told.filter(decides) {
                    let rule = checked.rules.rules[finding.rule].id.as_str();
                    if !rules.contains(&rule) {
                        rules.push(rule);
                    }
                }
                match rules.is_empty() || units.len() > NAMED && !look.all {
                    true => id.into_owned(),
                    false => format!("{id} ({})", names(rules.into_iter(), RULES)),
                }
            })
            .collect();
        let mut text = match shown.len() <= NAMED + 1 && units.len() > NAMED + 1 {
            true => format!("{} and {} more", shown[..NAMED].join(", "), units.len() - NAMED),
            false => shown.join(", "),
        };
        if units.len() > 3 {
            text = format!("{}: {text}", units.len());
        }
        headed(out, look, (tone, state.word()), &text);
    }
}

/// The outcome that puts a unit into a state.
fn decisive(state: Readiness) -> Outcome {
    match state {
        Readiness::Done | Readiness::Ready => Outcome::Pass,
        Readiness::Blocked | Readiness::Ineligible => Outcome::Fail,
        Readiness::Unknown => Outcome::Unknown,
        Readiness::Pending => Outcome::Pending,
    }
}

fn gate(out: &mut String, checked: &Checked<'_>, look: &Look) {
    let evaluation = &checked.evaluation;
    let summary = &evaluation.summary;
    let (word, tone) = match evaluation.verdict {
        Verdict::Open => ("OPEN", Tone::Good),
        Verdict::Closed => ("CLOSED", Tone::Bad),
        // Without a question it is what could not be read.
        Verdict::Unknown if summary.unknown == 0 && wrong(&checked.errors).is_some() => {
            ("CLOSED until the errors are fixed", Tone::Bad)
        }
        Verdict::Unknown if summary.unknown == 0 && checked.supposed.is_some() => {
            ("CLOSED until it is stated", Tone::Doubt)
        }
        Verdict::Unknown if summary.unknown == 0 => {
            ("CLOSED until the errors are fixed", Tone::Bad)
        }
        Verdict::Unknown => ("CLOSED until it is known", Tone::Doubt),
        Verdict::Pending => ("CLOSED for now", Tone::Care),
        Verdict::Nothing => ("NOT CHECKED", Tone::Doubt),
    };
    let mut counts = Vec::new();
    let mut count = |number: usize, word: &str| {
        if number > 0 {
            counts.push(format!("{number} {word}"));
        }
    };
    count(summary.fail, "failed");
    count(summary.unknown, "unknown");
    count(summary.pending, "pending");
    count(summary.waived, "waived");
    count(summary.pass, "passed");
    count(summary.not_applicable, "not applicable");
    let plural = |number: usize, word: &str| {
        if number == 1 { word.to_owned() } else { format!("{word}s") }
    };
    count(summary.warnings, &plural(summary.warnings, "warning"));
    count(summary.notes, &plural(summary.notes, "note"));
    let ready = evaluation.units.iter().filter(|unit| unit.readiness == Readiness::Ready).count();
    let total = evaluation.units.len();
    let kind = unit_word(&checked.rules.schema);
    let done = match evaluation.done.len() {
        0 => String::new(),
        done => format!(", {done} done"),
    };
    let marks = checked.marks.iter().flatten();
    let new = marks.clone().filter(|mark| **mark == Mark::New).count();
    let known = marks.count() - new;
    if !checked.marks.is_empty() {
        counts.insert(0, format!("{new} new, {known} known"));
    }
    let is_as_before = !checked.marks.is_empty() && new == 0;
    let mut text = match checked.is_asked() {
        true => format!(
            "{}, {ready} of {total} {kind} ready{done}",
            if counts.is_empty() { "nothing to judge".to_owned() } else { counts.join(", ") }
        ),
        false => "nothing that was named is here".to_owned(),
    };
    // Of what nobody can foresee the end, no time is told.
    let pending = evaluation.findings.iter().filter(|one| one.outcome == Outcome::Pending);
    let until: Option<Vec<i64>> = pending.map(|finding| finding.until).collect();
    let until = until.and_then(|until| until.into_iter().max());
    if let (Verdict::Pending, Some(until)) = (evaluation.verdict, until) {
        text = format!("until {}: {text}", scalar::print_time(until));
    }
    text.push_str(&format!(" ({}", sanitise::clean(&checked.name)));
    if let Some(now) = checked.now {
        text.push_str(&format!(", as of {}", scalar::print_time(now)));
    }
    // A verdict on old facts says so: the time of a check may be another one than that of its facts.
    let age = checked.now.zip(checked.facts.as_of()).map(|(now, facts)| now - facts);
    if let Some(age) = age.filter(|age| *age >= scalar::SECOND) {
        text.push_str(&format!(", on facts that are {} old", scalar::print_duration(age)));
    }
    text.push(')');
    if let Some(wrong) = wrong(&checked.errors) {
        let line = format!("{wrong} in the description; what depends on it counts as unknown");
        look.hanging(out, "", "", &look.paint(Tone::Bad, &line));
    }
    let mut asked = asked(checked, look);
    if is_as_before && evaluation.verdict != Verdict::Open {
        asked.push_str(", as before");
    }
    let lead = format!("gate {word}{asked}: ");
    let painted = format!("gate {}{asked}: ", look.paint(tone, word));
    let text = format!("{lead}{text}");
    for (at, line) in wrap(&text, look.width.max(40)).iter().enumerate() {
        match (at, line.strip_prefix(lead.as_str())) {
            (0, Some(rest)) => out.push_str(&format!("{painted}{rest}\n")),
            (0, None) => out.push_str(&format!("{line}\n")),
            _ => out.push_str(&format!("  {line}\n")),
        }
    }
}

/// What of the rules and units the gate speaks of, where that is not all: a gate that is open by one rule is not open.
fn asked(checked: &Checked<'_>, look: &Look) -> String {
    let selection = checked.selection;
    let some = |ids: &[String]| {
        let ids: Vec<_> = ids.iter().map(|id| sanitise::clean(id)).collect();
        names(ids.iter().map(AsRef::as_ref), if look.all { usize::MAX - 1 } else { RULES })
    };
    let mut text = String::new();
    let (run, all) = (checked.rules_run(), checked.rules.rules.len());
    if run < all {
        text = format!(" by {run} of {all} rules");
    }
    if !selection.rules.is_empty() {
        text.push_str(&format!(", only {}", some(&selection.rules)));
    }
    if !selection.skip.is_empty() {
        text.push_str(&format!(", without {}", some(&selection.skip)));
    }
    for (id, level) in &selection.levels {
        let level = crate::report::json::level(*level);
        text.push_str(&format!(", {} at level {level}", sanitise::clean(id)));
    }
    if !selection.units.is_empty() {
        text.push_str(&format!(" for {}", some(&selection.units)));
    }
    text
}

/// Appends what is to be said of the run as a whole.
pub fn whole(out: &mut String, report: &Report<'_>, look: &Look) {
    let is_error = |error: &&Diagnostic| error.severity == Severity::Error;
    let line = match report.errors.iter().filter(is_error).count() {
        0 => return,
        1 => "not everything could be checked: 1 error".to_owned(),
        errors => format!("not everything could be checked: {errors} errors"),
    };
    out.push_str(&look.paint(Tone::Bad, &line));
    out.push('\n');
}

/// What the units are called: the name of the list that holds them.
fn unit_word(schema: &Schema) -> &str {
    let fields = &schema.ty(ENVIRONMENT).fields;
    fields
        .iter()
        .find(|field| schema.unit.is_some_and(|unit| field.ty.element() == Some(&Type::Row(unit))))
        .map_or("units", |field| field.name.as_str())
}
