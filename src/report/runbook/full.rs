//! The runbook: what a person follows who has slept too little.
//!
//! Owns the order in which things are told, and the layout. One thing a line, what to do before why, commands so that
//! they can be copied, nothing that only colour says.

use std::borrow::Cow;

use crate::plan::{Hold, Plan, Step, Unresolved};
use crate::report::layout::{Look, Tone, count, names, wrong};
use crate::report::questions::{self, Asked};
use crate::report::runbook::facts;
use crate::report::runbook::{
    Lost, OTHERS, action, advice, assumed, chosen, earliest, fill_in, finding, go_on, lasts, left,
    lost, only_if, origins, reaches, role, undone, verified, waves,
};
use crate::report::{sanitise, shell, times};
use crate::scalar;
use crate::session::Checked;

/// Units and findings that are named in one line.
const NAMED: usize = 12;
/// Facts whose origin is told for a step.
const ORIGINS: usize = 2;
/// Questions, findings and advice that are told in full.
const TOLD: usize = 12;
/// Columns before the text of a step, and of its headings.
const INDENT: usize = 4;
const HEADING: usize = 10;

/// Appends the runbook of one environment.
pub fn plan(out: &mut String, checked: &Checked<'_>, plan: &Plan, look: &Look) {
    let page = Page { look, indent: 0 };
    summary(out, checked, plan, look);
    if !look.quiet {
        ineligible(out, plan, look);
        ask(out, checked, plan, look);
        steps(out, checked, plan, look);
        waiting(out, plan, look);
        closed(out, checked, plan, look);
        besides(out, checked, look);
        times::environment(out, checked, look);
    }
    let (word, tone) = match plan.verified {
        true => ("VERIFIED", Tone::Good),
        false => ("NOT VERIFIED", Tone::Bad),
    };
    let text = format!(
        "{}, {} ready, {}, {} unresolved ({})",
        count(plan.steps.len(), "step"),
        plan.ready.len(),
        count(plan.questions.len(), "question"),
        plan.unresolved.len(),
        checked.name
    );
    if !out.ends_with("\n\n") {
        out.push('\n');
    }
    page.line(out, &format!("plan {word}: "), tone, &text);
}

/// Lines below one another, with what was handed in made harmless.
struct Page<'l> {
    look: &'l Look,
    indent: usize,
}

impl Page<'_> {
    fn heading(&self, out: &mut String, text: &str) {
        if !out.is_empty() && !out.ends_with("\n\n") {
            out.push('\n');
        }
        out.push_str(&self.look.paint(Tone::Heading, &sanitise::clean(text)));
        out.push('\n');
    }

    fn line(&self, out: &mut String, lead: &str, tone: Tone, text: &str) {
        let lead = sanitise::clean(lead);
        let blanks = " ".repeat(self.indent);
        let painted = match lead.trim().is_empty() {
            true => format!("{blanks}{lead}"),
            false => format!("{blanks}{}", self.look.paint(tone, &lead)),
        };
        self.look.hanging(out, &format!("{blanks}{lead}"), &painted, &self.clean(text));
    }

    /// A heading of a step, and its text.
    fn note(&self, out: &mut String, heading: &str, text: &str) {
        let tone = if matches!(heading, "CAUTION" | "FILL IN" | "ONLY IF" | "GO ON") {
            Tone::Care
        } else {
            Tone::Heading
        };
        self.line(out, &format!("{heading:<HEADING$}"), tone, text);
    }

    /// Lines that are meant to be copied, whatever their length.
    fn verbatim(&self, out: &mut String, heading: &str, lines: &[Cow<'_, str>]) {
        for (at, line) in lines.iter().enumerate() {
            let heading = format!("{:<HEADING$}", if at == 0 { heading } else { "" });
            out.push_str(&" ".repeat(self.indent));
            out.push_str(&self.look.paint(Tone::Heading, &heading));
            out.push_str(line);
            out.push('\n');
        }
    }

    fn clean(&self, text: &str) -> String {
        self.look.glyphs(&sanitise::clean_lines(text)).into_owned()
    }
}

fn summary(out: &mut String, checked: &Checked<'_>, plan: &Plan, look: &Look) {
    let page = Page { look, indent: 0 };
    let mut title = format!("Runbook for {}", checked.name);
    if let Some(now) = checked.now {
        title.push_str(&format!(", from the facts of {}", scalar::print_time(now)));
    }
    page.heading(out, &title);
    let page = Page { look, indent: 2 };
    let tone = if plan.verified { Tone::Good } else { Tone::Doubt };
    let mut reach = reaches(checked, plan);
    if !plan.ready.is_empty() {
        let limit = if look.all { usize::MAX - 1 } else { NAMED };
        let units = names(plan.ready.iter().map(String::as_str), limit);
        reach.push_str(&format!(": {units}"));
    }
    page.line(out, "- ", tone, &reach);
    page.line(out, "- ", tone, &verified(plan));
    if let Some(earliest) = earliest(plan) {
        page.line(out, "- ", Tone::Heading, &earliest);
    }
    if let Some(assumed) = assumed(plan) {
        page.line(out, "- ", Tone::Care, &assumed);
    }
    if !plan.steps.is_empty() {
        page.line(out, "- ", Tone::Heading, &format!("plan {}", facts::digest(checked, plan)));
    }
    if let Some(wrong) = wrong(&checked.errors) {
        let text = format!(
            "{wrong} in the description, shown above; what depends on it counts as unknown"
        );
        page.line(out, "- ", Tone::Bad, &text);
    }
    let stay = plan.ineligible.len();
    if stay > 0 {
        let text = format!(
            "cannot go at all: {stay}, shown next; as long as they are requested, the gate stays closed to `failback check`"
        );
        page.line(out, "- ", Tone::Bad, &text);
    }
}

fn ineligible(out: &mut String, plan: &Plan, look: &Look) {
    if plan.ineligible.is_empty() {
        return;
    }
    Page { look, indent: 0 }.heading(out, "Cannot go: take these out of the request");
    let page = Page { look, indent: 2 };
    let all = lost(plan);
    for Lost { units, findings, drags } in limited(&all, look) {
        page.line(out, "- ", Tone::Bad, &names(units.iter().copied(), NAMED));
        let page = Page { look, indent: INDENT };
        for (id, message) in *findings {
            page.line(out, "because: ", Tone::Heading, &format!("{message} [{}]", finding(id)));
        }
        for (holder, others) in drags {
            let others = match others.is_empty() {
                true => "nobody else".to_owned(),
                false => names(others.iter().copied(), NAMED),
            };
            page.line(out, "drags along: ", Tone::Care, &format!("{holder}: {others}"));
        }
    }
    rest(out, all.len(), look);
}

fn ask(out: &mut String, checked: &Checked<'_>, plan: &Plan, look: &Look) {
    if plan.questions.is_empty() {
        return;
    }
    let asked: Vec<Asked<'_>> =
        plan.questions.iter().map(|open| Asked::new(open, checked)).collect();
    let title = format!("Find out first: {}", count(asked.len(), "question"));
    Page { look, indent: 0 }.heading(out, &title);
    questions::groups(out, &asked, look);
}

fn steps(out: &mut String, checked: &Checked<'_>, plan: &Plan, look: &Look) {
    let mut is_past = false;
    for (wave, members) in waves(plan) {
        if !is_past && members.iter().any(|step| step.is_final) {
            is_past = true;
            let text = "Point of no return: what follows cannot be taken back";
            Page { look, indent: 0 }.heading(out, text);
        }
        let title = match members.as_slice() {
            [only] => format!("Wave {wave}: step {}", only.id),
            [one, two] => {
                format!("Wave {wave}: steps {} and {}; these may run side by side", one.id, two.id)
            }
            [.., last] if last.id + 1 == members[0].id + members.len() => format!(
                "Wave {wave}: steps {} to {}; these may run side by side",
                members[0].id, last.id
            ),
            _ => {
                let numbers: Vec<String> = members.iter().map(|step| step.id.to_string()).collect();
                format!("Wave {wave}: steps {}; these may run side by side", numbers.join(", "))
            }
        };
        Page { look, indent: 0 }.heading(out, &title);
        for (at, member) in members.iter().enumerate() {
            if at > 0 {
                out.push('\n');
            }
            step(out, checked, member, look);
        }
    }
}

fn step(out: &mut String, checked: &Checked<'_>, step: &Step, look: &Look) {
    let page = Page { look, indent: 0 };
    page.line(out, &format!("[ ] {}. ", step.id), Tone::Heading, or(&action(step), &step.call));
    let page = Page { look, indent: INDENT };
    if let Some(at) = &step.at {
        page.note(out, "at", at);
    }
    for run in &step.run {
        let width = look.width.saturating_sub(INDENT + HEADING).max(40);
        page.verbatim(out, "run", &shell::lines(&sanitise::clean_lines(run), width));
    }
    if !step.blanks.is_empty() {
        page.note(out, "FILL IN", &fill_in(step));
    }
    if let Some(word) = &step.role {
        page.note(out, "who", &role(checked.rules, word));
    }
    if let Some(lasts) = lasts(step) {
        page.note(out, "takes", &lasts);
    }
    if let Some(needed) = only_if(step) {
        page.note(out, "ONLY IF", &needed);
    }
    if let Some(warning) = &step.warning {
        page.note(out, "CAUTION", warning);
    }
    for choice in &step.choices {
        page.note(out, "choose", &chosen(choice));
    }
    if let Some(left) = left(step) {
        page.note(out, "later", &left);
    }
    if let Some(undo) = undone(step) {
        page.note(out, "undo", undo);
    }
    if let Some(seen) = go_on(step) {
        page.note(out, "GO ON", &seen);
    }
    for reason in &step.reasons {
        page.note(out, "why here", reason);
    }
    let told = |out: &mut String, heading: &str, ids: &[String]| {
        if !ids.is_empty() {
            let ids: Vec<String> = ids.iter().map(|id| finding(id)).collect();
            let limit = if look.all { usize::MAX - 1 } else { NAMED };
            page.note(out, heading, &names(ids.iter().map(String::as_str), limit));
        }
    };
    told(out, "fixes", &step.closes);
    told(out, "may fix", &step.hopes);
    let from = origins(checked, &step.closes);
    if !from.is_empty() {
        page.note(out, "rests on", &names(from.iter().map(String::as_str), ORIGINS));
    }
    told(out, "breaks", &step.reopens);
    if look.facts {
        let (made, seen) = facts::lines(step);
        for (heading, lines) in [("then", made), ("to see", seen)] {
            let lines = lines.iter().map(|line| sanitise::clean_lines(line)).collect::<Vec<_>>();
            page.verbatim(out, heading, &lines);
        }
    }
    told(out, "helps", &step.helps);
    if !step.ready.is_empty() {
        let units = names(step.ready.iter().map(String::as_str), NAMED);
        let by = step.until.map(|until| format!(", at {}", scalar::print_time(until)));
        page.note(out, "ready", &format!("{units}, after this step{}", by.unwrap_or_default()));
    }
    if !step.alternatives.is_empty() {
        let others = names(step.alternatives.iter().map(String::as_str), OTHERS);
        page.note(out, "instead", &format!("{others} (`failback explain NAME` shows more)"));
    }
}

fn waiting(out: &mut String, plan: &Plan, look: &Look) {
    let open = of(plan, Hold::Time);
    if open.is_empty() {
        return;
    }
    Page { look, indent: 0 }.heading(out, "Wait for");
    let page = Page { look, indent: 2 };
    for open in limited(&open, look) {
        let text = match open.until {
            Some(until) => format!(
                "{}: {} [{}]; look again then: what still holds is a failure",
                scalar::print_time(until),
                open.message,
                finding(&open.id)
            ),
            None => format!("{} [{}]", open.message, finding(&open.id)),
        };
        page.line(out, "- ", Tone::Care, &text);
    }
    rest(out, open.len(), look);
}

fn closed(out: &mut String, checked: &Checked<'_>, plan: &Plan, look: &Look) {
    let mut open = of(plan, Hold::Closed);
    let held = of(plan, Hold::Question);
    // What only waits for an answer has its question above; the others say what else they miss.
    let asked = |one: &&Unresolved| one.why.ends_with("see the questions");
    let (waiting, others): (Vec<_>, Vec<_>) = held.into_iter().partition(asked);
    open.extend(others);
    if open.is_empty() && waiting.is_empty() {
        return;
    }
    Page { look, indent: 0 }.heading(out, "Stays closed after all of this");
    let page = Page { look, indent: 2 };
    for open in limited(&open, look) {
        page.line(out, "- ", Tone::Bad, &format!("{} [{}]", open.message, finding(&open.id)));
        let page = Page { look, indent: INDENT };
        page.line(out, "why: ", Tone::Heading, &open.why);
        let from = origins(checked, std::slice::from_ref(&open.id));
        if !from.is_empty() {
            let from = names(from.iter().map(String::as_str), ORIGINS);
            page.line(out, "rests on: ", Tone::Heading, &from);
        }
    }
    rest(out, open.len(), look);
    if !waiting.is_empty() {
        let ids: Vec<String> = waiting.iter().map(|open| finding(&open.id)).collect();
        let limit = if look.all { usize::MAX - 1 } else { NAMED };
        let ids = names(ids.iter().map(String::as_str), limit);
        page.line(out, "- ", Tone::Doubt, &format!("waits for the answers above: {ids}"));
    }
}

fn besides(out: &mut String, checked: &Checked<'_>, look: &Look) {
    let advice = advice(checked);
    if advice.is_empty() {
        return;
    }
    Page { look, indent: 0 }.heading(out, "Worth doing besides; the gate does not wait for it");
    let page = Page { look, indent: 2 };
    for told in limited(&advice, look) {
        page.line(out, "- ", Tone::Care, &format!("{} [{}]", told.message, finding(&told.id)));
    }
    rest(out, advice.len(), look);
}

fn of(plan: &Plan, hold: Hold) -> Vec<&Unresolved> {
    plan.unresolved.iter().filter(|open| open.hold == hold).collect()
}

fn limited<'t, T>(all: &'t [T], look: &Look) -> &'t [T] {
    let limit = if look.all || all.len() == TOLD + 1 { all.len() } else { TOLD };
    &all[..limit.min(all.len())]
}

fn rest(out: &mut String, total: usize, look: &Look) {
    if !look.all && total > TOLD + 1 {
        out.push_str(&format!("  {} and {} more (use --all)\n", look.dots(), total - TOLD));
    }
}

fn or<'t>(text: &'t str, other: &'t str) -> &'t str {
    if text.is_empty() { other } else { text }
}
