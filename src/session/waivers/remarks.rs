//! What is to be said of waivers.

use crate::diagnostic::{Diagnostic, Severity};
use crate::evaluate::waive::{Changes, Ruling, State, Why};
use crate::evaluate::{Evaluation, Outcome};
use crate::scalar;
use crate::session::waivers::Waiver;
use crate::yaml::edit::Value;

/// Characters of a value that are shown.
const VALUE: usize = 60;
/// Changes of one kind that are named.
const NAMED: usize = 4;

/// Why a finding passes: `until 2027-01-31T09:00:00Z: the reason (W-1, owner kim, approved by lee)`.
pub fn granted(waiver: &Waiver) -> String {
    format!(
        "until {}: {} ({}, owner {}, approved by {})",
        scalar::print_time(waiver.grant.until),
        waiver.reason.trim(),
        waiver.id,
        waiver.owner,
        waiver.approver
    )
}

/// Why a waiver is what it is.
pub fn why(waiver: &Waiver, ruling: &Ruling) -> String {
    let (granted, until) =
        (scalar::print_time(waiver.grant.granted), scalar::print_time(waiver.grant.until));
    let rule = &waiver.grant.rule;
    match (&ruling.why, ruling.state) {
        (Why::Never, _) => format!("a failure of `{rule}` cannot be waived"),
        (Why::TooLong(longest), _) => {
            let length = scalar::print_duration(waiver.grant.until - waiver.grant.granted);
            let longest = scalar::print_duration(*longest);
            format!("it lasts {length}, and a failure of `{rule}` can be waived for {longest}")
        }
        (Why::NoTime, _) => {
            "there is no time to judge it by: state `asOf`, or give `--now`".to_owned()
        }
        (Why::Holds(Some(Outcome::Unknown)), _) => {
            "whether the rule fails is not known, and only a failure can be waived".to_owned()
        }
        (Why::Holds(Some(Outcome::Pending)), _) => {
            "the finding is pending, and only a failure can be waived".to_owned()
        }
        (Why::Holds(Some(Outcome::Waived)), _) => "another waiver covers its finding".to_owned(),
        (Why::Holds(_), _) if waiver.grant.subject.is_empty() => {
            format!("`{rule}` does not fail")
        }
        (Why::Holds(_), _) => format!("`{rule}` does not fail for `{}`", waiver.grant.subject),
        (Why::Gone, _) => format!("`{}` is not described", waiver.grant.subject),
        (Why::Changed(changes), _) => changed(changes),
        (Why::Times, State::NotYet) => format!("it begins at {granted}"),
        (Why::Times, State::Expired) => format!("it ended at {until}"),
        (Why::Times, _) => format!("it ends at {until}"),
    }
}

fn changed(changes: &Changes) -> String {
    let mut parts = Vec::new();
    parts.extend(changes.values.iter().take(NAMED).map(|(path, was, is)| {
        format!("`{path}` is {}, and was {} when it was granted", shown(is), shown(was))
    }));
    let new = changes.new.iter().take(NAMED);
    parts.extend(new.map(|(path, is)| format!("`{path}` decides now, too, and is {}", shown(is))));
    let gone = changes.gone.iter().take(NAMED);
    parts.extend(gone.map(|path| format!("`{path}` does not decide any more")));
    let named = |more: usize| match more.checked_sub(NAMED) {
        None | Some(0) => 0,
        Some(more) => more,
    };
    let left = named(changes.values.len()) + named(changes.new.len()) + named(changes.gone.len());
    if left > 0 {
        parts.push(format!("{left} more facts differ"));
    }
    if !changes.units.is_empty() {
        let names = changes.units.iter().take(NAMED).cloned().collect::<Vec<_>>().join(", ");
        let names = match named(changes.units.len()) {
            0 => names,
            more => format!("{names} and {more} more"),
        };
        parts.push(format!("it blocks {names} now, too"));
    }
    parts.join("; ")
}

fn shown(value: &Value) -> String {
    let line = value.line();
    match line.chars().count() > VALUE {
        true => format!("`{}…`", line.chars().take(VALUE).collect::<String>()),
        false => format!("`{line}`"),
    }
}

/// The remarks on the waivers of an environment that do not simply hold.
pub fn remarks(waivers: &[Waiver], evaluation: &Evaluation<'_>) -> Vec<Diagnostic> {
    let rulings = evaluation.rulings.iter();
    rulings.filter_map(|ruling| remark(&waivers[ruling.grant], ruling)).collect()
}

fn remark(waiver: &Waiver, ruling: &Ruling) -> Option<Diagnostic> {
    let id = &waiver.id;
    let anew = || format!("`failback waiver renew {id}` prints it anew, to be approved again");
    let (code, severity, verb, help) = match ruling.state {
        State::InForce => return None,
        State::Expiring => ("waiver-expiring", Severity::Note, "ends soon", Some(anew())),
        State::Unused => {
            let help = "take it out: it lets nothing pass".to_owned();
            ("waiver-unused", Severity::Note, "is not used", Some(help))
        }
        State::Refused => ("waiver-refused", Severity::Warning, "has no effect", None),
        State::NotYet => ("waiver-not-yet", Severity::Warning, "is not in force yet", None),
        State::Expired => ("waiver-expired", Severity::Warning, "has expired", Some(anew())),
        State::Lapsed => ("waiver-lapsed", Severity::Warning, "has lapsed", Some(anew())),
    };
    let message = format!("waiver `{id}` {verb}: {}", why(waiver, ruling));
    let told = Diagnostic::new(severity, code, message).label(waiver.span, "");
    Some(told.maybe_help(help))
}
