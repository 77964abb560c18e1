//! From outcomes to findings: the headline, the deciding facts, the questions.
//!
//! Owns the second, tracing look at what is told. INVARIANT: the facts named as evidence are a certificate: with every
//! other fact unknown the outcome is the same ([`certificate`] checks it, and tests hold the evaluator to it).

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::builtins::value::{Extent, Note, Use, Value};
use crate::compile::ir::{Level, Rule, RuleSet, UNFORESEEN};
use crate::compile::remedy::Effect;
use crate::evaluate::expr::Evaluator;
use crate::evaluate::questions::{Texts, asked, is_open, question};
use crate::evaluate::reach::{Blocked, Blocking};
use crate::evaluate::truth::Truth;
use crate::evaluate::{Deciding, Evidence, Finding, Outcome, Question, Raw, show, subject};
use crate::facts::{Facts, ROOT, RowId, SlotId};
use crate::language::ast::RuleKind;
use crate::schema::TypeId;
use crate::schema::types::Type;

/// Explains outcomes, or in brief only says whom each blocks; and those, not explained, that stand against nobody but
/// units that are done.
pub fn findings<'a>(
    evaluator: &mut Evaluator<'_, 'a, '_>,
    raws: Vec<Raw<'a>>,
    blocking: &mut Blocking,
    brief: bool,
) -> (Vec<Finding<'a>>, Vec<Raw<'a>>) {
    let rules = evaluator.rules;
    let mut past = Vec::new();
    let mut told = Told::new(evaluator);
    let mut findings: Vec<Finding<'a>> = Vec::with_capacity(raws.len());
    let mut ids: FxHashSet<String> = FxHashSet::default();
    for raw in raws {
        let blocked = evaluator.blocked(&raw, blocking);
        let is_closing = rules.rules[raw.rule].level == Level::Error;
        let blocked = if is_closing { blocking.without_done(blocked) } else { Some(blocked) };
        let Some(blocked) = blocked else {
            past.push(raw);
            continue;
        };
        let cannot_pass = evaluator.does_not_hold(&raw);
        if brief {
            findings.push(Finding { cannot_pass, ..unexplained(raw, blocked) });
            continue;
        }
        if findings.last().is_some_and(|last| last.rule != raw.rule) {
            ids.clear();
        }
        let mut finding = explain(evaluator, &mut told, raw, blocked, cannot_pass);
        // A rule with several `for`s may speak of one subject more than once.
        if !ids.insert(finding.id.clone()) {
            let plain = finding.id.clone();
            let mut number = 2;
            while !ids.insert(finding.id.clone()) {
                finding.id = format!("{plain}#{number}");
                number += 1;
            }
        }
        findings.push(finding);
    }
    (findings, past)
}

/// An outcome of which only is told what it is and whom it blocks.
fn unexplained<'a>(raw: Raw<'a>, blocked: Blocked) -> Finding<'a> {
    Finding {
        id: String::new(),
        rule: raw.rule,
        outcome: raw.outcome,
        cannot_pass: false,
        subject: subject(&raw.bindings),
        path: String::new(),
        bindings: raw.bindings,
        open: raw.open,
        message: String::new(),
        why: None,
        evidence: Vec::new(),
        questions: Vec::new(),
        blocks: blocked.all,
        surely: blocked.surely,
        until: None,
        span: None,
        stated: false,
        waiver: None,
    }
}

fn explain<'a>(
    evaluator: &mut Evaluator<'_, 'a, '_>,
    told: &mut Told<'_, 'a, '_>,
    raw: Raw<'a>,
    blocked: Blocked,
    cannot_pass: bool,
) -> Finding<'a> {
    let rules = evaluator.rules;
    let facts = evaluator.facts;
    let rule = &rules.rules[raw.rule];
    evaluator.rebind(&raw);
    let until = match raw.outcome {
        Outcome::Pending => evaluator.grace(rule).flatten().filter(|until| *until != UNFORESEEN),
        _ => None,
    };
    let subject = subject(&raw.bindings);
    let path = subject.map(|row| facts.path(row)).unwrap_or_default();
    let id = id(&raw, rules, facts);
    let message = match raw.outcome {
        Outcome::Unknown if cannot_pass => {
            format!("{}; whether time may still fix it is not known", violated(evaluator, rule))
        }
        Outcome::Unknown => doubt(evaluator, rule, subject),
        _ => violated(evaluator, rule),
    };
    let why = rule.why.as_ref().map(|why| told.texts.share(evaluator.text(why)));
    evaluator.trace(true);
    let note = outcome_note(evaluator, rule, &raw);
    evaluator.trace(false);
    let mut uses = note.uses();
    if raw.outcome == Outcome::Unknown {
        // What is unknown is what it is about, and the rest only leads there; but where it does not hold, that comes first.
        uses.sort_by_cached_key(|usage| is_open(usage, facts) == cannot_pass);
    } else if let Some(at) = {
        let about = alone(evaluator, rule).or(subject);
        primary(&uses, &note, about, changed(rule, rules), facts)
    } {
        // Its place is the headline's; the others stay in reading order.
        uses[..=at].rotate_right(1);
    }
    let evidence: Vec<Evidence> = uses.iter().map(|usage| told.evidence(usage)).collect();
    let questions: Vec<Arc<Question>> = if raw.outcome == Outcome::Unknown {
        let questions = asked(&uses, facts).map(|usage| told.question(usage)).collect();
        questions_or_versions(questions, &uses, told)
    } else {
        Vec::new()
    };
    let first = evidence.first();
    let (span, stated) = match first {
        Some(first) => (first.span, first.stated),
        None => (subject.and_then(|row| facts.row_place(row)), false),
    };
    Finding {
        id,
        rule: raw.rule,
        outcome: raw.outcome,
        cannot_pass,
        subject,
        path,
        bindings: raw.bindings,
        open: raw.open,
        message,
        why,
        evidence,
        questions,
        blocks: blocked.all,
        surely: blocked.surely,
        until,
        span,
        stated,
        waiver: None,
    }
}

/// Where all facts are known, versions are that are told too coarsely to be compared.
fn questions_or_versions(
    questions: Vec<Arc<Question>>,
    uses: &[Use],
    told: &mut Told<'_, '_, '_>,
) -> Vec<Arc<Question>> {
    if !questions.is_empty() {
        return questions;
    }
    let facts = told.evaluator.facts;
    let is_version = |usage: &&Use| {
        let (ty, field) = facts.field_of(usage.slot());
        *facts.schema().ty(ty).fields[field].ty.present() == Type::Version
    };
    uses.iter().filter(is_version).map(|usage| told.question(usage)).collect()
}

/// The headline of what is not known: the question whether, as two negations in one sentence mislead.
fn doubt(evaluator: &mut Evaluator<'_, '_, '_>, rule: &Rule, subject: Option<RowId>) -> String {
    if let Some(whether) = &rule.whether {
        return format!("cannot tell whether {}", evaluator.text(whether));
    }
    let title = lower_first(&rule.title);
    let of = subject.map(|row| format!(" for {}", evaluator.facts.name(row))).unwrap_or_default();
    // What is unsupported says in its title what cannot be.
    match rule.kind {
        RuleKind::Unsupported => format!("cannot tell{of}: {title}"),
        RuleKind::Prerequisite | RuleKind::Advisory => format!("cannot tell{of} whether {title}"),
    }
}

/// The headline of what does not hold.
fn violated(evaluator: &mut Evaluator<'_, '_, '_>, rule: &Rule) -> String {
    let text = evaluator.text(&rule.because);
    if text.is_empty() { format!("violated: {}", lower_first(&rule.title)) } else { text }
}

/// What is told of facts: of each once, as many findings may name it.
struct Told<'f, 'a, 'r> {
    /// Runs the texts of questions, whose names are of their own.
    evaluator: Evaluator<'f, 'a, 'r>,
    evidence: FxHashMap<SlotId, Arc<Deciding>>,
    questions: FxHashMap<SlotId, Arc<Question>>,
    texts: Texts,
}

impl<'f, 'a, 'r> Told<'f, 'a, 'r> {
    fn new(evaluator: &Evaluator<'f, 'a, 'r>) -> Self {
        let evaluator = Evaluator::new(evaluator.facts, evaluator.rules, evaluator.now);
        let (evidence, questions) = Default::default();
        Self { evaluator, evidence, questions, texts: Texts::default() }
    }

    fn evidence(&mut self, usage: &Use) -> Evidence {
        let facts = self.evaluator.facts;
        let fact = match usage {
            Use::Fact { slot, .. } => {
                let known = self.evidence.entry(*slot);
                Arc::clone(known.or_insert_with(|| Arc::new(deciding(usage, facts))))
            }
            Use::Unlisted { .. } => Arc::new(deciding(usage, facts)),
        };
        Evidence { fact, rule_span: usage.span() }
    }

    fn question(&mut self, usage: &Use) -> Arc<Question> {
        let Use::Fact { slot, .. } = usage else {
            return Arc::new(question(usage, &mut self.evaluator, &mut self.texts));
        };
        if let Some(known) = self.questions.get(slot) {
            return Arc::clone(known);
        }
        let asked = Arc::new(question(usage, &mut self.evaluator, &mut self.texts));
        self.questions.insert(*slot, Arc::clone(&asked));
        asked
    }
}

/// Which of the uses is what one has to look at or change.
///
/// That is the first fact that decides, but for two cases. Where all of them are of one entity, a reference of the subject that the
/// preferred remedy sets comes before them: another one can be chosen. Where facts of several entities are held against each other, what the
/// subject itself says comes first, be it only a reference to one of them.
fn primary(
    uses: &[Use],
    note: &Note,
    subject: Option<RowId>,
    changed: FxHashSet<(TypeId, usize)>,
    facts: &Facts<'_>,
) -> Option<usize> {
    let of = subject.map_or(ROOT, |row| facts.entity_of(row));
    let entity = |usage: &Use| facts.entity_of(facts.owner(usage.slot()));
    let is_reference = |usage: &Use| {
        let (ty, field) = facts.field_of(usage.slot());
        matches!(facts.schema().ty(ty).fields[field].ty.present(), Type::Ref(_) | Type::RefAny)
    };
    let deciding: FxHashSet<SlotId> = note.deciding().iter().map(Use::slot).collect();
    let mut decides: Vec<bool> = uses
        .iter()
        .map(|usage| !facts.is_key(usage.slot()) && deciding.contains(&usage.slot()))
        .collect();
    // Nobody wrote a default down, so that it is not what is wrong where something else is written.
    let stated: Vec<bool> = uses.iter().map(|usage| !is_default(usage, facts)).collect();
    if decides.iter().zip(&stated).any(|(decides, stated)| *decides && *stated) {
        decides.iter_mut().zip(stated).for_each(|(decides, stated)| *decides &= stated);
    }
    let first = decides.iter().position(|decides| *decides)?;
    let own = |at: usize| entity(&uses[at]) == of && !facts.is_key(uses[at].slot());
    let mut entities = (0..uses.len()).filter(|at| decides[*at]).map(|at| entity(&uses[at]));
    if entities.all(|other| other == entity(&uses[first])) {
        let chosen = |at: &usize| {
            let field = facts.field_of(uses[*at].slot());
            !decides[*at] && own(*at) && is_reference(&uses[*at]) && changed.contains(&field)
        };
        return (0..uses.len()).find(chosen).or(Some(first));
    }
    (0..uses.len())
        .find(|at| decides[*at] && own(*at))
        .or_else(|| (0..first).find(|at| own(*at) && is_reference(&uses[*at])))
        .or(Some(first))
}

/// Whether a fact is known though it is not stated: its default stands for it.
fn is_default(usage: &Use, facts: &Facts<'_>) -> bool {
    let is_stated = facts.place(usage.slot()).is_some_and(|place| place.stated);
    !is_stated && !is_open(usage, facts)
}

/// The one whom the preferred remedy of a rule is for, where it is for each of several and there is only one: his own choice is looked
/// at then, before what others share with him.
fn alone(evaluator: &mut Evaluator<'_, '_, '_>, rule: &Rule) -> Option<RowId> {
    let each = rule.fixes.first()?.each.as_ref()?;
    match evaluator.eval(&each.value).0 {
        Value::List(list) if list.extent == Extent::Whole => match list.items.as_slice() {
            [Value::Row(row)] => Some(*row),
            _ => None,
        },
        _ => None,
    }
}

/// The fields that the preferred remedy of a rule sets.
fn changed(rule: &Rule, rules: &RuleSet) -> FxHashSet<(TypeId, usize)> {
    let preferred = rule.fixes.first().map(|fix| &rules.remedies[fix.remedy]);
    let effects = preferred.into_iter().flat_map(|remedy| remedy.changes());
    effects
        .filter_map(|effect| match effect {
            Effect::Set { owner, field, .. } => Some((*owner, *field)),
            _ => None,
        })
        .collect()
}

/// `RULE:subject`, and what else the rule's names were bound to.
pub fn id(raw: &Raw<'_>, rules: &RuleSet, facts: &Facts<'_>) -> String {
    let rule = &rules.rules[raw.rule];
    let mut id = rule.id.clone();
    let mut path: Option<String> = None;
    for (_, value) in &raw.bindings {
        let shown = show::value(value, &Type::Text, facts);
        match (value, &path) {
            (Value::Row(row), None) => {
                let own = facts.path(*row);
                id.push(':');
                id.push_str(&own);
                path = Some(own);
            }
            // A record within the subject is told by its address alone.
            (Value::Row(_), Some(path))
                if shown.strip_prefix(path).is_some_and(|within| within.starts_with('/')) =>
            {
                id.push_str(&shown[path.len()..]);
            }
            _ => {
                id.push('+');
                id.push_str(&shown);
            }
        }
    }
    id
}

/// The facts by which an outcome is what it is, those of the requirement first.
pub fn outcome_note<'a>(evaluator: &mut Evaluator<'_, 'a, '_>, rule: &Rule, raw: &Raw<'a>) -> Note {
    evaluator.rebind(raw);
    if let Some(open) = raw.open {
        let (value, note) = evaluator.eval(&rule.bindings[open].value);
        return match value {
            Value::List(list) => note.join(&list.doubt()),
            _ => note,
        };
    }
    let (filter, filter_note) = match &rule.filter {
        Some(filter) => evaluator.truth(filter),
        None => (Truth::True, Note::default()),
    };
    let (holds, condition_note) = evaluator.truth(&rule.condition);
    let holds = if rule.negated { !holds } else { holds };
    match raw.outcome {
        Outcome::NotApplicable => filter_note,
        Outcome::Pass if filter == Truth::True || holds == Truth::True => condition_note,
        Outcome::Pass => filter_note,
        Outcome::Fail | Outcome::Pending | Outcome::Waived => {
            let grace = grace_note(evaluator, rule);
            condition_note.join(&grace).join(&filter_note.led())
        }
        Outcome::Unknown => match (filter, holds) {
            // It does not hold, and only the end of its grace is not known.
            (Truth::True, Truth::False) => {
                let grace = grace_note(evaluator, rule);
                condition_note.join(&grace).join(&filter_note.only_fixed())
            }
            (Truth::True, _) => condition_note.join(&filter_note.only_fixed()),
            (_, Truth::Unknown) => condition_note.join(&filter_note),
            _ => filter_note.join(&condition_note.only_fixed()),
        },
    }
}

fn grace_note(evaluator: &mut Evaluator<'_, '_, '_>, rule: &Rule) -> Note {
    rule.grace.as_ref().map_or_else(Note::default, |grace| evaluator.eval(grace).1)
}

fn deciding(usage: &Use, facts: &Facts<'_>) -> Deciding {
    let slot = usage.slot();
    let place = facts.place(slot);
    let (path, value, note) = match usage {
        Use::Fact { .. } => {
            let note = match facts.marker(slot) {
                Some(_) => "marked as incomplete".to_owned(),
                None if facts.is_stale(slot) => "too old to count".to_owned(),
                None => String::new(),
            };
            (facts.slot_path(slot), show::slot(slot, facts), note)
        }
        Use::Unlisted { keys, .. } => {
            let keys: Vec<String> =
                keys.iter().map(|(name, value)| format!("{name}: {value}")).collect();
            let path = format!("{}[{}]", facts.slot_path(slot), keys.join(", "));
            (path, "unknown".to_owned(), "not listed, and the list need not be complete".to_owned())
        }
    };
    Deciding {
        slot,
        path,
        value,
        note,
        span: place.map(|place| place.span),
        stated: place.is_some_and(|place| place.stated),
    }
}

/// A title as part of a sentence: its first word loses its capital where it is no name.
fn lower_first(text: &str) -> String {
    const PLAIN: [&str; 13] = [
        "A", "All", "An", "Any", "Each", "Every", "It", "No", "One", "Only", "The", "There", "What",
    ];
    let first = text.split(' ').next().unwrap_or_default();
    match PLAIN.contains(&first) {
        true => format!("{}{}", first.to_lowercase(), &text[first.len()..]),
        false => text.to_owned(),
    }
}

/// Evaluates a finding again with every fact outside its evidence unknown; the outcome must be the same.
pub fn certificate<'a>(
    facts: &Facts<'a>,
    rules: &RuleSet,
    now: Option<i64>,
    finding: &Finding<'a>,
) -> Outcome {
    let known: FxHashSet<SlotId> = finding.evidence.iter().map(|evidence| evidence.slot).collect();
    let masked = facts.masked(known);
    let mut evaluator = Evaluator::new(&masked, rules, now);
    for (local, value) in &finding.bindings {
        evaluator.set(*local, value.clone());
    }
    let raw = Raw {
        rule: finding.rule,
        outcome: finding.outcome,
        bindings: finding.bindings.clone(),
        open: finding.open,
    };
    evaluator.rebind(&raw);
    let rule = &rules.rules[finding.rule];
    let Some(open) = finding.open else { return evaluator.outcome(rule) };
    // The rule was never reached: what is unknown is over what it goes.
    match evaluator.eval(&rule.bindings[open].value).0 {
        Value::None => Outcome::NotApplicable,
        Value::List(list)
            if list.extent != Extent::Open
                && !list.items.iter().any(|item| matches!(item, Value::Unknown)) =>
        {
            Outcome::NotApplicable
        }
        _ => Outcome::Unknown,
    }
}
