//! Waivers and what became of them, in a form for someone.

use serde::Serialize;

use crate::evaluate::waive::State;
use crate::report::keys::{Location, Tool, location};
use crate::report::layout::{Look, Tone, count};
use crate::report::{sanitise, wire};
use crate::scalar;
use crate::session::waivers::{Waiver, remarks};
use crate::session::{Checked, Report};
use crate::source::Sources;

/// A waiver and what became of it.
#[derive(Serialize)]
pub(crate) struct Told<'r> {
    id: &'r str,
    state: &'static str,
    rule: &'r str,
    subject: &'r str,
    finding: Option<&'r str>,
    granted: String,
    until: String,
    why: String,
    reason: &'r str,
    owner: &'r str,
    approver: &'r str,
    location: Location<'r>,
}

/// The waivers of an environment, in the order of the files.
pub(crate) fn of<'r>(checked: &'r Checked<'_>, sources: &'r Sources) -> Vec<Told<'r>> {
    let rulings = checked.evaluation.rulings.iter();
    let told = rulings.map(|ruling| {
        let waiver = &checked.waivers[ruling.grant];
        let (state, finding) = (ruling.state, ruling.finding.as_deref());
        told((waiver, state, finding), remarks::why(waiver, ruling), sources)
    });
    told.collect()
}

fn told<'r>(
    (waiver, state, finding): (&'r Waiver, State, Option<&'r str>),
    why: String,
    sources: &'r Sources,
) -> Told<'r> {
    Told {
        id: &waiver.id,
        state: state.word(),
        rule: &waiver.grant.rule,
        subject: &waiver.grant.subject,
        finding,
        granted: scalar::print_time(waiver.grant.granted),
        until: scalar::print_time(waiver.grant.until),
        why,
        reason: &waiver.reason,
        owner: &waiver.owner,
        approver: &waiver.approver,
        location: location(waiver.span, sources),
    }
}

#[derive(Serialize)]
struct Root<'r> {
    tool: Tool,
    environments: Vec<Environment<'r>>,
    exit: u8,
}

#[derive(Serialize)]
struct Environment<'r> {
    name: &'r str,
    now: Option<String>,
    waivers: Vec<Told<'r>>,
}

/// All waivers of a run; those of environments that are not described come last, and are of no use there.
fn all<'r>(report: &'r Report<'_>, look: impl Fn(State) -> bool) -> Vec<Environment<'r>> {
    let sources = report.sources;
    let wanted =
        |told: &Told<'_>| State::ALL.iter().any(|one| one.word() == told.state && look(*one));
    let mut all: Vec<Environment<'_>> = Vec::new();
    for checked in &report.environments {
        let waivers = of(checked, sources).into_iter().filter(wanted).collect();
        let now = checked.now.map(scalar::print_time);
        all.push(Environment { name: &checked.name, now, waivers });
    }
    for waiver in report.waivers_elsewhere.iter().filter(|_| look(State::Unused)) {
        let why = format!("the environment `{}` is not described here", waiver.environment);
        let told = told((waiver, State::Unused, None), why, sources);
        match all.iter_mut().find(|known| known.name == waiver.environment) {
            Some(known) => known.waivers.push(told),
            None => {
                all.push(Environment { name: &waiver.environment, now: None, waivers: vec![told] });
            }
        }
    }
    all
}

/// The list for programs.
pub fn json(report: &Report<'_>, look: impl Fn(State) -> bool, exit: u8) -> String {
    wire::pretty(&Root { tool: Tool::default(), environments: all(report, look), exit })
}

/// The list for people: a line for each, why it is so and what for below it, and how many there are of each state.
pub fn full(report: &Report<'_>, look: &Look, wanted: impl Fn(State) -> bool) -> String {
    let mut out = String::new();
    for environment in all(report, wanted) {
        for told in &environment.waivers {
            let place = &told.location;
            let subject = match told.subject {
                "" => told.rule.to_owned(),
                subject => format!("{} {subject}", told.rule),
            };
            let line = format!(
                "{}:{}:{}: {}[{}] {subject}: {}",
                place.file, place.line, place.column, told.state, told.id, told.why
            );
            look.hanging(&mut out, "", "", &sanitise::clean(&line));
            let text = format!(
                "{} (owner {}, approved by {})",
                told.reason.trim(),
                told.owner,
                told.approver
            );
            look.hanging(&mut out, "  ", "  ", &sanitise::clean(&text));
        }
    }
    let every = all(report, |_| true);
    for environment in &every {
        let states = State::ALL.iter().filter_map(|state| {
            let of = |told: &&Told<'_>| told.state == state.word();
            match environment.waivers.iter().filter(of).count() {
                0 => None,
                some => Some(format!("{some} {}", word(*state))),
            }
        });
        let states: Vec<String> = states.collect();
        let now = environment.now.as_ref().map_or(String::new(), |now| format!(", as of {now}"));
        let text = match states.is_empty() {
            true => format!("no waivers ({}{now})", environment.name),
            false => {
                let number = count(environment.waivers.len(), "waiver");
                format!("{number}: {} ({}{now})", states.join(", "), environment.name)
            }
        };
        let line = sanitise::clean(&text).into_owned();
        out.push_str(&look.paint(Tone::Heading, &line));
        out.push('\n');
    }
    out
}

fn word(state: State) -> &'static str {
    match state {
        State::InForce => "in force",
        State::Expiring => "expiring",
        State::Refused => "refused",
        State::NotYet => "not yet in force",
        State::Expired => "expired",
        State::Unused => "unused",
        State::Lapsed => "lapsed",
    }
}
