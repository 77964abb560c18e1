//! What would be if: facts set, remedies carried out, and what that changes.
//!
//! Owns suppositions. Facts are set in the text of the description, in memory, so that a supposed value is judged
//! exactly as a written one; remedies run on the facts. Nothing is written.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::builtins::value::{Note, Value};
use crate::compile::ir::{Level, RuleSet};
use crate::diagnostic::{Diagnostics, did_you_mean};
use crate::evaluate::truth::Truth;
use crate::evaluate::{
    Evaluation, Outcome, Readiness, Selection, Summary, Verdict, questions, show,
};
use crate::facts::{Facts, Text};
use crate::plan::call::{self, CallError};
use crate::plan::edits;
use crate::plan::step::{self, Spec};
use crate::scalar;
use crate::schema::types::Type;
use crate::session::address::{self, Problem};
use crate::session::{Checked, Inputs, Report};
use crate::source::Sources;
use crate::yaml::edit::{self, Change};
use crate::yaml::{Kind, Limits, NodeId, Tree};

/// Facts that are told where a remedy cannot start.
const DECIDING: usize = 3;

/// Reads a value as it would be written in a description.
pub fn value(text: &str) -> Result<edit::Value, Problem> {
    let mut sources = Sources::default();
    let file = sources.add("value", text);
    let mut tree = Tree::new(&sources);
    let mut diagnostics = Diagnostics::default();
    tree.read(file, &Limits::default(), &mut diagnostics);
    let [document] = tree.documents() else {
        let help = "write it as in a description; `unknown` is a value, too";
        return Err(Problem::new(format!("`{text}` is not one value"), Some(help.to_owned())));
    };
    if diagnostics.has_errors() {
        let help = "write it as in a description, with quotes round what is text";
        return Err(Problem::new(format!("`{text}` is not a value"), Some(help.to_owned())));
    }
    Ok(value_of(&tree, document.root))
}

/// The value of a node.
pub fn value_of(tree: &Tree<'_>, node: NodeId) -> edit::Value {
    match tree.kind(node) {
        Kind::Scalar => match tree.is_plain(node) {
            true => edit::Value::Raw(tree.text(node).to_owned()),
            false => edit::Value::Text(tree.text(node).to_owned()),
        },
        Kind::Sequence => {
            edit::Value::List(tree.items(node).map(|item| value_of(tree, item)).collect())
        }
        Kind::Mapping => edit::Value::Map(
            tree.entries(node)
                .map(|entry| (tree.text(entry.key).to_owned(), value_of(tree, entry.value)))
                .collect(),
        ),
    }
}

/// The same inputs with facts set in their texts, in order.
pub fn with_facts(
    inputs: &Inputs,
    report: &Report<'_>,
    sets: &[(String, edit::Value)],
) -> Result<Inputs, Problem> {
    let mut texts: Vec<String> =
        inputs.sources.iter().map(|(_, source)| source.text().to_owned()).collect();
    // How many entries were added to a list so far.
    let mut added: BTreeMap<u32, usize> = BTreeMap::new();
    for (path, value) in sets {
        let (checked, target) =
            one(report, path, |checked| address::resolve(&checked.facts, path))?;
        let facts = &checked.facts;
        let spot = address::spot(facts, target.slot).ok_or_else(|| {
            let help = "write it into the description by hand";
            Problem::new(format!("`{path}` has no place of its own"), Some(help.to_owned()))
        })?;
        let change = if target.entry {
            let number = added.entry(target.slot).or_insert(0);
            let length = edits::length(facts, target.slot) + *number;
            *number += 1;
            match length {
                0 => Change::Set(spot.path, edit::Value::List(vec![value.clone()])),
                _ => Change::Insert(spot.path.index(length), value.clone()),
            }
        } else {
            Change::Set(spot.path, value.clone())
        };
        let text = &mut texts[spot.file.0 as usize];
        *text = edit::change(text, spot.document, &[change])
            .map_err(|error| Problem::new(format!("cannot suppose `{path}`: {error}"), None))?;
    }
    Ok(with_texts(inputs, texts))
}

/// The same inputs with other texts, in their order.
pub(crate) fn with_texts(inputs: &Inputs, texts: Vec<String>) -> Inputs {
    let mut sources = Sources::default();
    for ((_, source), text) in inputs.sources.iter().zip(texts) {
        sources.add(source.name(), text);
    }
    Inputs {
        sources,
        descriptions: inputs.descriptions.clone(),
        packs: inputs.packs.clone(),
        problems: inputs.problems.clone(),
        stdin: inputs.stdin.clone(),
        seen: inputs.seen,
        origins: inputs.origins.clone(),
        waivers: inputs.waivers.clone(),
        is_locked: inputs.is_locked,
        granted: inputs.granted.clone(),
        // Each repair belongs to one text.
        mended: Default::default(),
    }
}

/// The one environment in which something can be found.
fn one<'r, 'a, T>(
    report: &'r Report<'a>,
    name: &str,
    look: impl Fn(&'r Checked<'a>) -> Result<T, Problem>,
) -> Result<(&'r Checked<'a>, T), Problem> {
    let mut found: Option<(&Checked<'_>, T)> = None;
    let mut problem = None;
    for checked in &report.environments {
        match look(checked) {
            Ok(result) => {
                if let Some((other, _)) = &found {
                    let names = format!("`{}` and `{}`", other.name, checked.name);
                    let help = "hand in the files of one environment".to_owned();
                    return Err(Problem::new(format!("{names} both have `{name}`"), Some(help)));
                }
                found = Some((checked, result));
            }
            Err(error) => problem = Some(error),
        }
    }
    found.ok_or_else(|| {
        problem.unwrap_or_else(|| Problem::new("there is no description to suppose it in", None))
    })
}

/// What the environments come to, each with its facts, after remedies were carried out.
pub fn after<'a>(
    report: &Report<'a>,
    remedies: &[String],
    selection: &Selection,
) -> Result<Vec<State>, Problem> {
    let mut carried = Carried::new(report);
    for call in remedies {
        carried.permits(call, selection)?;
        carried.out(call, step::apply)?;
    }
    let changed = carried.facts;
    Ok(report
        .environments
        .iter()
        .zip(changed)
        .map(|(checked, facts)| match facts {
            None => State::of(&checked.name, checked.rules, &checked.evaluation),
            Some(facts) => {
                let evaluation = checked.judge(&facts, selection);
                State::of(&checked.name, checked.rules, &evaluation)
            }
        })
        .collect())
}

/// What carries out a step: by its effects and what is expected after them, or by the act alone.
pub(crate) type Act<'a> =
    fn(&mut Facts<'a>, &RuleSet, Option<i64>, &Spec<'a>) -> Option<step::Done>;

/// Remedies that were carried out on copies of the facts.
pub(crate) struct Carried<'r, 'a> {
    report: &'r Report<'a>,
    /// The facts of each environment in which something was done.
    pub(crate) facts: Vec<Option<Facts<'a>>>,
}

impl<'r, 'a> Carried<'r, 'a> {
    pub(crate) fn new(report: &'r Report<'a>) -> Self {
        Self { report, facts: report.environments.iter().map(|_| None).collect() }
    }

    /// Refuses the act that the gate is about where the gate is closed for whom it is done.
    fn permits(&self, call: &str, selection: &Selection) -> Result<(), Problem> {
        for (checked, facts) in self.report.environments.iter().zip(&self.facts) {
            let facts = facts.as_ref().unwrap_or(&checked.facts);
            let Ok(spec) = spec(facts, checked.rules, call) else { continue };
            if Some(spec.remedy) != checked.rules.gated {
                continue;
            }
            let now = checked.judge(facts, selection);
            let meant = now.all_units().into_iter().find(|unit| {
                spec.arguments
                    .iter()
                    .any(|value| matches!(value, Value::Row(row) if *row == unit.row))
            });
            let is_open = match meant {
                Some(unit) => unit.readiness == Readiness::Ready,
                None => now.verdict == Verdict::Open,
            };
            if let Some(unit) = meant.filter(|unit| unit.readiness == Readiness::Done) {
                let message = format!("`{}` is done already: `{call}` has nothing to do", unit.id);
                return Err(Problem::new(message, None));
            }
            if !is_open {
                let findings = meant.into_iter().flat_map(|unit| &unit.findings);
                let ids = findings.map(|at| now.findings[*at].id.clone()).take(DECIDING);
                let ids = ids.collect::<Vec<_>>().join(", ");
                let help = match ids.is_empty() {
                    true => "`failback plan` shows the way to an open gate".to_owned(),
                    false => format!("{ids}; `failback plan` shows the way to an open gate"),
                };
                let message = format!("`{call}` is what the gate is about, and the gate is closed");
                return Err(Problem::new(message, Some(help)));
            }
        }
        Ok(())
    }

    /// Carries out a remedy that can start; says in which environment, by its place.
    pub(crate) fn out(&mut self, call: &str, act: Act<'a>) -> Result<(usize, step::Done), Problem> {
        let (checked, _) = one(self.report, call, |checked| {
            // A remedy above may have made what this one names.
            let facts = self.facts[self.place(checked)].as_ref().unwrap_or(&checked.facts);
            spec(facts, checked.rules, call)
        })?;
        let at = self.place(checked);
        let (rules, now) = (checked.rules, checked.now);
        let facts = self.facts[at].get_or_insert_with(|| checked.facts.clone());
        let spec = spec(facts, rules, call)?;
        let (truth, note) = step::needs(facts, rules, now, &spec, true);
        if truth != Truth::True {
            let help = deciding(facts, truth, &note);
            return Err(Problem::new(format!("`{call}` could not start"), help));
        }
        match act(facts, rules, now, &spec) {
            Some(done) => Ok((at, done)),
            None => {
                let message = format!("what `{call}` does cannot be worked out from these facts");
                Err(Problem::new(message, Some("something it depends on is not known".to_owned())))
            }
        }
    }

    fn place(&self, checked: &Checked<'_>) -> usize {
        self.report.environments.iter().take_while(|other| other.name != checked.name).count()
    }
}

fn deciding(facts: &Facts<'_>, truth: Truth, note: &Note) -> Option<String> {
    // What only leads to the fact that decides would hide it.
    let decide = Some(note.deciding()).filter(|uses| truth == Truth::False && !uses.is_empty());
    let told: Vec<String> = decide
        .unwrap_or_else(|| note.uses())
        .iter()
        .filter(|usage| truth == Truth::False || questions::is_open(usage, facts))
        .map(|usage| {
            format!("`{}` is {}", facts.slot_path(usage.slot()), show::slot(usage.slot(), facts))
        })
        .take(DECIDING)
        .collect();
    (!told.is_empty()).then(|| told.join(", "))
}

/// A remedy with its arguments, from `restart(s1)`.
fn spec<'a>(facts: &Facts<'a>, rules: &RuleSet, call: &str) -> Result<Spec<'a>, Problem> {
    let (name, arguments) = call::parse(call).map_err(|error| match error {
        CallError::NoEnd => {
            let help = "write `remedy(id)`".to_owned();
            Problem::new(format!("`{call}` has no closing bracket"), Some(help))
        }
        CallError::OpenQuote => Problem::new(format!("`{call}` has no closing quote"), None),
        CallError::BehindQuote => {
            let help = "write a comma between two arguments".to_owned();
            Problem::new(format!("`{call}` has a text behind a closing quote"), Some(help))
        }
    })?;
    let Some(index) = rules.remedies.iter().position(|remedy| remedy.name == name) else {
        let names = rules.remedies.iter().map(|remedy| remedy.name.as_str());
        let help = did_you_mean(name, names)
            .or_else(|| Some("`failback plan` names the remedies that help here".to_owned()));
        return Err(Problem::new(format!("there is no remedy `{name}`"), help));
    };
    let params = &rules.remedies[index].params;
    if params.len() != arguments.len() {
        let wanted: Vec<String> = params
            .iter()
            .map(|(name, ty)| format!("{name}: {}", ty.describe(&rules.schema)))
            .collect();
        let plural = if params.len() == 1 { "argument" } else { "arguments" };
        let message = format!("`{name}` takes {} {plural}, not {}", params.len(), arguments.len());
        return Err(Problem::new(message, Some(format!("write `{name}({})`", wanted.join(", ")))));
    }
    let values = params.iter().zip(arguments).map(|((param, ty), text)| {
        argument(facts, rules, ty, &text).map_err(|wrong| match wrong {
            Wrong::Not(help) => {
                let what = ty.describe(&rules.schema);
                Problem::new(format!("`{text}` is no {what} (`{param}` of `{name}`)"), help)
            }
            Wrong::Several(paths) => {
                let message = format!("several have the id `{text}` (`{param}` of `{name}`)");
                Problem::new(message, Some(format!("write {}", paths.join(" or "))))
            }
        })
    });
    Ok(Spec::act(index, values.collect::<Result<_, _>>()?))
}

/// Why a text is no argument.
enum Wrong {
    /// Nothing of that type is so; what to do.
    Not(Option<String>),
    /// Entities of several kinds are; their addresses.
    Several(Vec<String>),
}

fn argument<'a>(
    facts: &Facts<'a>,
    rules: &RuleSet,
    ty: &Type,
    text: &str,
) -> Result<Value<'a>, Wrong> {
    let number = |number: Option<i64>| number.map(Value::Number).ok_or(Wrong::Not(None));
    match ty.present() {
        Type::Row(id) | Type::Ref(id) => facts.find(*id, text).map(Value::Row).ok_or_else(|| {
            let mut keys: Vec<&str> = facts.keys_of(*id).collect();
            keys.sort_unstable();
            let help = did_you_mean(text, keys.iter().copied());
            Wrong::Not(help.or_else(|| match keys.is_empty() {
                true => Some("the description has none".to_owned()),
                false => Some(format!("it has {}", keys[..keys.len().min(8)].join(", "))),
            }))
        }),
        Type::RefAny => match facts.meant(text).as_slice() {
            [] => Err(Wrong::Not(None)),
            [row] => Ok(Value::Row(*row)),
            rows => {
                let paths = rows.iter().map(|row| format!("`{}`", facts.path(*row)));
                Err(Wrong::Several(paths.collect()))
            }
        },
        Type::Int => number(text.parse().ok()),
        Type::Size => number(scalar::parse_size(text)),
        Type::Duration => number(scalar::parse_duration(text)),
        Type::Time => number(scalar::parse_time(text)),
        Type::Bool => text.parse().map(Value::Bool).map_err(|_| Wrong::Not(None)),
        Type::Words(words) => {
            let word = rules.schema.word_id(text).filter(|word| words.contains(word));
            word.map(Value::Word).ok_or(Wrong::Not(None))
        }
        Type::Text | Type::TextNocase | Type::Version => {
            Ok(Value::Text(Text::Owned(Arc::from(text))))
        }
        _ => Err(Wrong::Not(None)),
    }
}

/// What an environment came to.
#[derive(Clone, Debug, PartialEq)]
pub struct State {
    /// Name of the environment.
    pub name: String,
    /// The verdict.
    pub verdict: Verdict,
    /// The counts.
    pub summary: Summary,
    /// Findings that can close the gate, and advice that fired, in order.
    pub findings: Vec<Told>,
    /// Units and their readiness.
    pub units: Vec<(String, Readiness)>,
}

/// A finding.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// Its id.
    pub id: String,
    /// Its outcome.
    pub outcome: Outcome,
    /// Its level.
    pub level: Level,
    /// Its headline.
    pub message: String,
}

/// What a supposition changes in one environment.
#[derive(Clone, Debug)]
pub struct Difference {
    /// Before.
    pub before: State,
    /// Then.
    pub then: State,
}

impl State {
    /// What an evaluation came to.
    pub fn of(name: &str, rules: &RuleSet, evaluation: &Evaluation<'_>) -> Self {
        let told = evaluation.findings.iter().map(|finding| Told {
            id: finding.id.clone(),
            outcome: finding.outcome,
            level: rules.rules[finding.rule].level,
            message: finding.message.clone(),
        });
        let told = told.filter(|told| told.level == Level::Error || told.outcome == Outcome::Fail);
        let units = evaluation.all_units().into_iter();
        let units = units.map(|unit| (unit.id.clone(), unit.readiness));
        Self {
            name: name.to_owned(),
            verdict: evaluation.verdict,
            summary: evaluation.summary,
            findings: told.collect(),
            units: units.collect(),
        }
    }

    fn outcome(&self) -> BTreeMap<&str, Outcome> {
        self.findings.iter().map(|told| (told.id.as_str(), told.outcome)).collect()
    }
}

impl Difference {
    /// Findings that are gone.
    pub fn closed(&self) -> Vec<&Told> {
        let then = self.then.outcome();
        self.before.findings.iter().filter(|told| !then.contains_key(told.id.as_str())).collect()
    }

    /// Findings that are new, or have another outcome.
    pub fn opened(&self) -> Vec<&Told> {
        let before = self.before.outcome();
        let new = |told: &&Told| before.get(told.id.as_str()) != Some(&told.outcome);
        self.then.findings.iter().filter(new).collect()
    }

    /// Findings that are as they were and keep the gate closed.
    pub fn still(&self) -> Vec<&Told> {
        let before = self.before.outcome();
        let same = |told: &&Told| {
            told.level == Level::Error && before.get(told.id.as_str()) == Some(&told.outcome)
        };
        self.then.findings.iter().filter(same).collect()
    }

    /// Units that are ready then and were not before.
    pub fn ready(&self) -> Vec<&str> {
        newly(&self.before, &self.then)
    }

    /// Units that were ready and are not then.
    pub fn no_longer(&self) -> Vec<&str> {
        newly(&self.then, &self.before)
    }
}

fn newly<'s>(before: &State, then: &'s State) -> Vec<&'s str> {
    let is_ready = |(_, readiness): &&(String, Readiness)| *readiness == Readiness::Ready;
    let known: std::collections::BTreeSet<&str> =
        before.units.iter().filter(is_ready).map(|(id, _)| id.as_str()).collect();
    let ready = then.units.iter().filter(is_ready).map(|(id, _)| id.as_str());
    ready.filter(|id| !known.contains(id)).collect()
}

/// The exit code of `check` for verdicts.
pub fn exit_code(verdicts: &[Verdict]) -> u8 {
    let has = |verdict| verdicts.contains(&verdict);
    if has(Verdict::Closed) {
        1
    } else if has(Verdict::Unknown) {
        3
    } else if has(Verdict::Pending) {
        4
    } else if verdicts.is_empty() || has(Verdict::Nothing) {
        5
    } else {
        0
    }
}
