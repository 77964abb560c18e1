//! Which places of a description a finding marks, and what is seen there.
//!
//! Owns the choice and the order of the labels: what one has to look at or change, the other facts that decide, those that
//! only lead there, the part of the rules that asks for them. Says nothing of why or what to do.

use rustc_hash::FxHashMap;

use crate::compile::ir::Rule;
use crate::diagnostic::Label;
use crate::evaluate::{Evidence, Finding, Outcome};
use crate::facts::SlotId;
use crate::report::explain::Explainer;
use crate::report::sanitise;
use crate::scalar;
use crate::source::Span;

/// Facts that are marked for a finding that closes the gate, and for advice.
const MARKS: usize = 4;
const ADVICE_MARKS: usize = 1;
/// How the note on an entry begins that a list does not have.
const NOT_LISTED: &str = "not listed";
/// Characters of a value in a label.
const VALUE: usize = 48;

impl<'a> Explainer<'_, 'a> {
    /// The deciding facts in the description, those that only lead to them, then the part of the rules that asks for
    /// them; and for how many others there was no room.
    pub(super) fn labels(&mut self, finding: &Finding<'a>) -> (Vec<Label>, usize) {
        let rule = self.rule(finding);
        let limit = match self.is_advisory(finding) {
            _ if self.all => usize::MAX,
            true => ADVICE_MARKS,
            false => MARKS,
        };
        let condition = rule.condition.span;
        let within = |span: Span| {
            span.file == condition.file
                && span.start >= condition.start
                && span.end <= condition.end
        };
        let mut labels: Vec<Label> = Vec::new();
        let mut left: Vec<Span> = Vec::new();
        let mut unmarked = 0;
        for (at, evidence) in self.marked(finding, rule).into_iter().enumerate() {
            let Some(span) = evidence.span else { continue };
            let text = self.seen(evidence);
            let room = labels.len() + unmarked < limit;
            // How long a list is says little beside what stands in it; what comes later says no more than that.
            if room && at > 0 && !self.all && holds_another(evidence, finding) {
                unmarked += 1;
                left.push(span);
                continue;
            }
            match labels.iter_mut().find(|label| label.span == span) {
                Some(label) if !label.message.contains(&text) && label.message.len() < VALUE => {
                    label.message.push_str("; ");
                    label.message.push_str(&text);
                }
                Some(_) => {}
                None if room => labels.push(label(span, text + &self.origin(evidence))),
                None if left.contains(&span) => {}
                None => left.push(span),
            }
        }
        if labels.is_empty() {
            labels.extend(finding.span.map(|span| label(span, String::new())));
        }
        if !self.explain || self.is_advisory(finding) && !self.all {
            return (labels, left.len());
        }
        // What a definition asks for stands elsewhere; then the rule itself is shown.
        let asked = finding.evidence.first().map(|evidence| evidence.rule_span);
        match asked.filter(|span| within(*span)).or(Some(condition)) {
            Some(span) if span.file == rule.span.file && span.start > rule.span.start => {
                labels.push(label(span, rule.title.clone()));
            }
            _ => labels.push(label(rule.span, String::new())),
        }
        (labels, left.len())
    }

    /// The facts to mark: the one that one has to look at or change, the others that decide, and those that lead there.
    fn marked<'f>(&mut self, finding: &'f Finding<'a>, rule: &'a Rule) -> Vec<&'f Evidence> {
        let required = self.required(finding, rule);
        let unlisted = |evidence: &Evidence| evidence.note.starts_with(NOT_LISTED);
        let covered = |evidence: &Evidence| {
            !unlisted(evidence)
                && finding
                    .evidence
                    .iter()
                    .any(|other| unlisted(other) && other.slot == evidence.slot)
        };
        // Of what is unknown, only that is marked; of what failed, all that made it fail.
        let asked = |evidence: &Evidence| {
            finding.outcome != Outcome::Unknown
                || finding.questions.iter().any(|question| question.slot == evidence.slot)
        };
        let rank = |(at, evidence): (usize, &'f Evidence)| {
            let rank = match required.get(&evidence.slot) {
                _ if at == 0 => 0,
                Some(true) => 0,
                Some(false) => 1,
                None if self.all || required.is_empty() => 2,
                None => return None,
            };
            (!covered(evidence) && asked(evidence)).then_some((rank, evidence))
        };
        let mut marked: Vec<(u8, &Evidence)> =
            finding.evidence.iter().enumerate().filter_map(rank).collect();
        marked.sort_by_key(|(rank, _)| *rank);
        marked.into_iter().map(|(_, evidence)| evidence).collect()
    }

    /// What was seen at the place of a fact.
    fn seen(&self, evidence: &Evidence) -> String {
        let field = evidence.path.rsplit('/').next().unwrap_or(&evidence.path);
        if evidence.note.starts_with(NOT_LISTED) {
            let list = self.checked.facts.slot_path(evidence.slot);
            let entry = evidence.path.strip_prefix(&list).unwrap_or_default();
            let entry = entry.trim_start_matches('[').trim_end_matches(']');
            return match entry.is_empty() {
                true => "not listed here, and this list need not be complete".to_owned(),
                false => format!("`{entry}` is not listed, and this list need not be complete"),
            };
        }
        if !evidence.stated {
            return format!("`{field}` is not stated");
        }
        let value = sanitise::shorten(self.written(evidence), VALUE);
        let mut text = match evidence.value.as_str() {
            "unknown" => format!("`{field}` is not known"),
            entries if has_entries(evidence) => format!("has {entries}"),
            _ => format!("is {value}"),
        };
        if !evidence.note.is_empty() {
            text.push_str(", ");
            text.push_str(&evidence.note);
        }
        text
    }

    /// A value as it is written: a size in another unit would have to be worked out to be found again.
    fn written<'e>(&'e self, evidence: &'e Evidence) -> &'e str {
        let sources = self.checked.facts.tree().sources();
        let text = evidence.span.filter(|_| evidence.stated).map(|span| sources.slice(span));
        let same = |parse: fn(&str) -> Option<i64>| {
            text.and_then(parse).is_some_and(|number| Some(number) == parse(&evidence.value))
        };
        match text {
            Some(text) if same(scalar::parse_size) || same(scalar::parse_duration) => text,
            _ => &evidence.value,
        }
    }

    /// `, from fabric.json /state`, where it is known where a fact comes from.
    fn origin(&self, evidence: &Evidence) -> String {
        let origin = self.checked.origin(evidence, self.checked.facts.tree().sources());
        origin.map_or_else(String::new, |origin| match origin.derived_from.first() {
            // The places that a reason cites are for programs.
            Some(reason) => {
                let reason = reason.split(" (").next().unwrap_or(reason);
                format!(", from {}: {reason}", origin.short())
            }
            None => format!(", from {}", origin.short()),
        })
    }

    /// The facts that the requirement itself rests on, as the others are only why it is asked for, each with whether it
    /// decides by what it is. Nothing where every fact counts.
    fn required(&mut self, finding: &Finding<'a>, rule: &'a Rule) -> FxHashMap<SlotId, bool> {
        if finding.outcome == Outcome::Unknown {
            return FxHashMap::default();
        }
        self.rules.rebind(&finding.raw());
        self.rules.trace(true);
        let mut note = self.rules.truth(&rule.condition).1;
        if let Some(grace) = &rule.grace {
            note = note.join(&self.rules.eval(grace).1);
        }
        self.rules.trace(false);
        let led = note.uses().into_iter().map(|usage| (usage.slot(), false));
        led.chain(note.deciding().into_iter().map(|usage| (usage.slot(), true))).collect()
    }
}

/// Whether a fact is a list of entries, of which it is told how many there are.
fn has_entries(evidence: &Evidence) -> bool {
    evidence.value.ends_with(" entry") || evidence.value.ends_with(" entries")
}

/// Whether a fact is a list in which another one of a finding stands.
fn holds_another(evidence: &Evidence, finding: &Finding<'_>) -> bool {
    has_entries(evidence)
        && finding.evidence.iter().any(|other| {
            let below = other.path.strip_prefix(&evidence.path);
            below.is_some_and(|below| below.starts_with('/'))
        })
}

/// A place and what is said of it.
pub(super) fn label(span: Span, message: String) -> Label {
    Label { span, message }
}
