//! Each answer in turn: the file reads, the question is gone, no other fact changed, and in the end no question is left.
//!
//! `FAILBACK_ASK_CASES=500 cargo test --release --test all ask::each` goes through as many descriptions.

use std::collections::BTreeMap;

use failback::facts::Facts;
use failback::report::questions::open;
use failback::schema::types::Type;
use failback::session::address::{described_entry, resolve};
use failback::session::answered::answered;
use failback::session::answers::Answer;
use failback::session::{Checked, Inputs, Options, Planning, run};
use failback::yaml::edit::{self, Change, Value};
use failback::yaml::path::Path;

const CLASSIC: &str = include_str!("../../examples/ready/site.yaml");
const MODERNIZED: &str = include_str!("../../examples/modernized/site.yaml");
/// More answers than any of these descriptions needs.
const MOST: usize = 200;

/// Numbers by chance, the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        ((self.0 >> 33) as usize) % limit.max(1)
    }
}

/// Every scalar of a description by its path; what says nothing is left out.
fn facts(text: &str) -> BTreeMap<String, String> {
    fn walk(out: &mut BTreeMap<String, String>, path: &str, value: &serde_yaml::Value) {
        match value {
            serde_yaml::Value::Mapping(entries) => entries.iter().for_each(|(key, value)| {
                let key = key.as_str().map_or_else(|| format!("{key:?}"), str::to_owned);
                walk(out, &format!("{path}/{key}"), value);
            }),
            serde_yaml::Value::Sequence(items) => {
                let items = items.iter().filter(|item| item.as_str() != Some("unknown"));
                items.enumerate().for_each(|(at, item)| walk(out, &format!("{path}/{at}"), item));
            }
            serde_yaml::Value::Null => {}
            other => {
                out.insert(path.to_owned(), format!("{other:?}"));
            }
        }
    }
    let mut out = BTreeMap::new();
    walk(&mut out, "", &serde_yaml::from_str(text).expect("it reads"));
    out
}

/// The paths of all entries that could be left out.
fn leaves(text: &str) -> Vec<Path> {
    fn walk(out: &mut Vec<Path>, path: &Path, value: &serde_yaml::Value) {
        match value {
            serde_yaml::Value::Mapping(entries) => {
                for (key, value) in entries {
                    let Some(key) = key.as_str() else { continue };
                    let is_fixed = ["apiVersion", "kind", "name", "id", "architecture", "machine"];
                    if !is_fixed.contains(&key) {
                        out.push(path.clone().key(key));
                        walk(out, &path.clone().key(key), value);
                    }
                }
            }
            serde_yaml::Value::Sequence(items) => {
                items.iter().enumerate().for_each(|(at, item)| {
                    walk(out, &path.clone().index(at), item);
                });
            }
            _ => {}
        }
    }
    let mut out = Vec::new();
    walk(&mut out, &Path::root(), &serde_yaml::from_str(text).expect("it reads"));
    out
}

/// A value that may be answered.
fn value(facts: &Facts<'_>, ty: &Type, chance: &mut Chance) -> Value {
    let schema = facts.schema();
    let raw = |text: &str| Value::Raw(text.to_owned());
    match ty.present() {
        Type::Bool => raw(["true", "false"][chance.below(2)]),
        Type::Int => raw("443"),
        Type::Size => raw("900GiB"),
        Type::Duration => raw("15min"),
        Type::Time => raw("2020-03-28T08:50:00Z"),
        Type::Version => Value::Text("9.32".to_owned()),
        Type::Words(words) => raw(schema.word(words[chance.below(words.len())])),
        Type::Ref(entity) => {
            let rows = facts.entities(*entity);
            match rows.get(chance.below(rows.len())) {
                Some(row) => Value::Text(facts.name(*row)),
                None => raw(if matches!(ty, Type::OrNone(_)) { "none" } else { "unknown" }),
            }
        }
        Type::List(..) => Value::List(Vec::new()),
        Type::Row(row) => {
            let fields = schema.ty(*row).fields.iter().filter(|field| field.slot.is_some());
            let fields = fields.filter(|field| !matches!(field.ty.present(), Type::RefAny));
            Value::Map(
                fields.map(|field| (field.name.clone(), value(facts, &field.ty, chance))).collect(),
            )
        }
        _ => Value::Text("what it is".to_owned()),
    }
}

/// An answer to the question at an address.
fn answer(checked: &Checked<'_>, path: &str, chance: &mut Chance) -> Answer {
    let facts = &checked.facts;
    let target = resolve(facts, path).expect("a question names a fact");
    let (ty, field) = facts.field_of(target.slot);
    let ty = &facts.schema().ty(ty).fields[field].ty;
    let value = match target.entry {
        false => value(facts, ty, chance),
        true => {
            let entry = described_entry(facts.schema(), ty, path).expect("an entry");
            let open = entry
                .open
                .iter()
                .map(|field| (field.name.clone(), value(facts, &field.ty, chance)));
            match entry.open.len() {
                1 => open.map(|(_, value)| value).next().expect("there is one"),
                _ => Value::Map([entry.keys.clone(), open.collect()].concat()),
            }
        }
    };
    Answer { path: path.to_owned(), value, place: "here".to_owned() }
}

fn inputs(text: &str) -> Inputs {
    let mut inputs = Inputs::shipped();
    inputs.describe("site.yaml", text);
    inputs
}

/// Answers questions until none is left; what is wrong is said.
fn answer_all(mut text: String, options: &Options, chance: &mut Chance) -> Result<usize, String> {
    let mut given: Vec<String> = Vec::new();
    for count in 0..MOST {
        let inputs = inputs(&text);
        let done = run(&inputs, options, |report| {
            let checked = report.environments.first().ok_or("no environment")?;
            let open: Vec<String> =
                open(checked).iter().map(|(asked, _)| asked.question.path.clone()).collect();
            if let Some(again) = given.last().filter(|last| open.contains(last)) {
                return Err(format!("`{again}` is asked again"));
            }
            if open.is_empty() {
                return Ok(None);
            }
            let path = &open[chance.below(open.len())];
            let answer = answer(checked, path, chance);
            let made = answered(&inputs, options, report, std::slice::from_ref(&answer))
                .map_err(|problem| format!("{answer:?}: {}", problem.message))?;
            let file = inputs.descriptions[0].0;
            Ok(Some((path.clone(), made.inputs.sources.get(file).text().to_owned())))
        })?;
        let Some((path, changed)) = done else { return Ok(count) };
        let (before, after) = (facts(&text), facts(&changed));
        let lost = before.iter().find(|(path, value)| after.get(*path) != Some(value));
        if let Some((lost, _)) = lost.filter(|(_, value)| !value.contains("\"unknown\"")) {
            return Err(format!("the answer to `{path}` changed `{lost}`"));
        }
        given.push(path);
        text = changed;
    }
    Err(format!("questions are left after {MOST} answers, the last ones {:?}", &given[MOST - 5..]))
}

#[test]
fn each_answer_is_written_once_and_in_the_end_no_question_is_left() {
    let cases = std::env::var("FAILBACK_ASK_CASES").ok().and_then(|cases| cases.parse().ok());
    let cases = cases.unwrap_or(12);
    let options = Options { planning: Some(Planning::default()), ..Options::default() };
    let mut wrong = Vec::new();
    let mut answers = 0;
    for case in 0..cases {
        let mut chance = Chance(case as u64 * 7919 + 1);
        let mut text = [CLASSIC, MODERNIZED][case % 2].to_owned();
        for _ in 0..1 + chance.below(12) {
            let leaves = leaves(&text);
            let path = leaves[chance.below(leaves.len())].clone();
            let unknown = Change::Set(path.clone(), Value::Raw("unknown".to_owned()));
            let change = if chance.below(3) == 0 { unknown } else { Change::Remove(path) };
            let Ok(changed) = edit::change(&text, 0, &[change]) else { continue };
            // What others refer to stays.
            let ok = run(&inputs(&changed), &options, |report| report.exit_code() != 2);
            text = if ok { changed } else { text };
        }
        match answer_all(text.clone(), &options, &mut chance) {
            Ok(count) => answers += count,
            Err(problem) => wrong.push(format!("case {case}: {problem}")),
        }
    }
    println!("{answers} answers in {cases} descriptions");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(answers > cases, "only {answers} answers");
}
