//! Whether a finding is the one that was recorded: what baselines go by.
//!
//! Owns the facts of findings as they are written, the form of a baseline, and the one comparison.

use std::collections::{BTreeMap, BTreeSet};

use rustc_hash::FxHashMap;
use serde::{Deserialize, Serialize};

use crate::compile::ir::Level;
use crate::evaluate::wide::Wide;
use crate::evaluate::{Finding, Outcome};
use crate::plan::edits;
use crate::session::Checked;
use crate::yaml::edit::{Change, Value};

/// The form of baselines that is read and written.
pub const FORM: &str = "baseline/v1";

/// A fact of a finding.
#[derive(Clone, Debug)]
pub struct Stated {
    /// Its address.
    pub path: String,
    /// Its value, whole.
    pub value: Value,
}

impl Stated {
    /// `{"path": "servers/s1/state", "value": "stopped"}`
    pub fn json(&self) -> serde_json::Value {
        serde_json::json!({ "path": self.path, "value": json(&self.value) })
    }
}

/// A value as JSON writes it; what has no form there is a text.
fn json(value: &Value) -> serde_json::Value {
    match value {
        Value::Raw(text) => {
            serde_json::from_str(text).unwrap_or_else(|_| serde_json::Value::String(text.clone()))
        }
        Value::Text(text) => serde_json::Value::String(text.clone()),
        Value::List(items) => items.iter().map(json).collect(),
        Value::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| (key.clone(), json(value)));
            serde_json::Value::Object(entries.collect())
        }
    }
}

/// A finding as it was recorded.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// The environment.
    pub environment: String,
    /// The id of the finding.
    pub id: String,
    /// Its outcome.
    pub outcome: String,
    /// The units that it blocked.
    pub blocks: Vec<String>,
    /// The addresses of the facts that decided it.
    pub facts: Vec<String>,
    /// Their values, as JSON, where they are known; a file keeps none.
    #[serde(skip)]
    pub values: Vec<String>,
}

/// A file of recorded findings.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    /// The form, `baseline/v1`.
    pub failback: String,
    /// The findings.
    pub findings: Vec<Record>,
}

/// What a finding is beside a baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mark {
    /// It was not recorded, or another reason or victim came.
    New,
    /// It is the one that was recorded.
    Known,
    /// It is, and a fact of it has another value.
    Updated,
}

impl Mark {
    /// As reports name it. A file keeps no values, so what is known beside one is unchanged.
    pub fn word(self) -> &'static str {
        match self {
            Mark::New => "new",
            Mark::Known => "unchanged",
            Mark::Updated => "updated",
        }
    }
}

/// Looks at the facts of the findings of one environment.
pub struct Looker<'c, 'a> {
    checked: &'c Checked<'a>,
    wide: Wide<'c, 'a, 'a>,
}

impl<'c, 'a> Looker<'c, 'a> {
    /// For one environment.
    pub fn new(checked: &'c Checked<'a>) -> Self {
        Self { checked, wide: Wide::new(&checked.facts, checked.rules, checked.now) }
    }

    /// The facts of a finding, with their values.
    pub fn facts(&mut self, finding: &Finding<'a>) -> Vec<Stated> {
        let facts = &self.checked.facts;
        let slots = self.wide.facts_of(finding);
        let stated = slots.into_iter().map(|slot| {
            let (Change::Set(_, value) | Change::Insert(_, value)) = edits::set(facts, slot) else {
                return Stated { path: facts.slot_path(slot), value: Value::Raw("unknown".into()) };
            };
            Stated { path: facts.slot_path(slot), value }
        });
        stated.collect()
    }

    /// A finding as it is recorded.
    pub fn record(&mut self, finding: &Finding<'a>) -> Record {
        let stated = self.facts(finding);
        let stated = stated.into_iter().map(|one| (one.json()["value"].to_string(), one.path));
        let stated: BTreeMap<String, String> = stated.map(|(value, path)| (path, value)).collect();
        let (facts, values) = stated.into_iter().unzip();
        let mut blocks: Vec<String> =
            finding.blocks.iter().map(|row| self.checked.facts.name(*row)).collect();
        blocks.sort();
        Record {
            environment: self.checked.name.clone(),
            id: finding.id.clone(),
            outcome: finding.outcome.word().to_owned(),
            blocks,
            facts,
            values,
        }
    }

    /// All findings that close the gate, as they are recorded, in order.
    pub fn records(&mut self) -> Vec<Record> {
        let findings = self.checked.evaluation.findings.iter();
        let closing = findings.filter(|finding| closes(self.checked, finding));
        let closing: Vec<&Finding<'a>> = closing.collect();
        let mut records: Vec<Record> =
            closing.into_iter().map(|finding| self.record(finding)).collect();
        records.sort();
        records
    }
}

/// Whether a finding can keep the gate closed.
pub fn closes(checked: &Checked<'_>, finding: &Finding<'_>) -> bool {
    checked.rules.rules[finding.rule].level == Level::Error
        && matches!(finding.outcome, Outcome::Fail | Outcome::Unknown | Outcome::Pending)
}

/// Whether a finding is the one that was recorded: the same outcome, no other machine, no other reason.
pub fn is_same(known: &Record, found: &Record) -> bool {
    let within = |some: &[String], all: &[String]| {
        let all: BTreeSet<&str> = all.iter().map(String::as_str).collect();
        some.iter().all(|one| all.contains(one.as_str()))
    };
    (&known.environment, &known.id, &known.outcome)
        == (&found.environment, &found.id, &found.outcome)
        && within(&found.blocks, &known.blocks)
        && within(&found.facts, &known.facts)
}

/// What a finding is beside one that was recorded.
fn beside(known: &Record, found: &Record) -> Mark {
    if !is_same(known, found) {
        return Mark::New;
    }
    let before: BTreeMap<&String, &String> = known.facts.iter().zip(&known.values).collect();
    let mut now = found.facts.iter().zip(&found.values);
    match now.any(|(path, value)| before.get(path).is_some_and(|before| *before != value)) {
        true => Mark::Updated,
        false => Mark::Known,
    }
}

/// What each finding of an environment is beside recorded ones; none of advice.
pub fn marks<'a>(checked: &Checked<'a>, baseline: &Baseline) -> Vec<Option<Mark>> {
    let recorded = baseline.findings.iter().filter(|record| record.environment == checked.name);
    let recorded: FxHashMap<&str, &Record> =
        recorded.map(|record| (record.id.as_str(), record)).collect();
    let mut looker = Looker::new(checked);
    let mut marks = Vec::with_capacity(checked.evaluation.findings.len());
    for finding in &checked.evaluation.findings {
        marks.push(match recorded.get(finding.id.as_str()) {
            _ if !closes(checked, finding) => None,
            Some(known) => Some(beside(known, &looker.record(finding))),
            None => Some(Mark::New),
        });
    }
    marks
}
