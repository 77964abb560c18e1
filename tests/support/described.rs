//! Descriptions for tests: the ready example, copies of it with changes, and what a check makes of them.

#![allow(dead_code)]

use failback::compile::ir::RuleSet;
use failback::diagnostic::{Diagnostics, Severity};
use failback::evaluate::Finding;
use failback::facts::{Facts, conform};
use failback::session::{Checked, Inputs, Options, rules, run};
use failback::source::Sources;
use failback::yaml::edit::{self, Change, Value};
use failback::yaml::path::Path;
use failback::yaml::{Kind, Limits, NodeId, Tree};

/// The example whose gate is open.
pub const READY: &str = include_str!("../../examples/ready/site.yaml");

/// Checks one description, which must be without error, with the shipped rules.
pub fn check<T>(text: &str, options: &Options, then: impl FnOnce(&Checked<'_>, &str) -> T) -> T {
    let mut inputs = Inputs::shipped();
    inputs.describe("site.yaml", text);
    run(&inputs, options, |report| {
        let errors = report.errors.iter().chain(report.environments.iter().flat_map(|e| &e.errors));
        let errors: Vec<_> = errors
            .filter(|error| error.severity == Severity::Error)
            .map(|error| {
                (error.message.as_str(), error.span().map(|span| report.sources.slice(span)))
            })
            .collect();
        assert!(errors.is_empty(), "the description is without error: {errors:?}");
        let [environment] = report.environments.as_slice() else { panic!("one environment") };
        then(environment, text)
    })
}

/// The shipped rules, loaded once, and one description read and conformed to them.
pub fn with_facts<T>(
    text: &str,
    rules: &RuleSet,
    then: impl FnOnce(&mut Facts<'_>, Option<i64>) -> T,
) -> T {
    let mut sources = Sources::default();
    let file = sources.add("site.yaml", text);
    let mut diagnostics = Diagnostics::default();
    let mut tree = Tree::new(&sources);
    tree.read(file, &Limits::default(), &mut diagnostics);
    let roots: Vec<NodeId> = tree.documents().iter().map(|document| document.root).collect();
    let mut facts = conform::conform(&rules.schema, &tree, &roots, &mut diagnostics);
    let now = facts.as_of();
    if let Some(now) = now {
        facts.age(now);
    }
    then(&mut facts, now)
}

/// The shipped rules.
pub fn shipped() -> RuleSet {
    let inputs = Inputs::shipped();
    let classic =
        inputs.packs.iter().find(|pack| pack.name == "classic").expect("the pack is shipped");
    rules::load(&inputs.sources, classic).rules
}

/// The keys of the units that a finding blocks.
pub fn blocks(checked: &Checked<'_>, finding: &Finding<'_>) -> Vec<String> {
    finding.blocks.iter().map(|unit| checked.facts.name(*unit)).collect()
}

/// One change of a description by the address of a fact: `servers/s1/state`, `items/0`, `items/+` for one more.
pub enum Wish {
    /// Write this there.
    Set(String, serde_yaml::Value),
    /// Take it away.
    Remove(String),
}

impl Wish {
    /// Where.
    pub fn address(&self) -> &str {
        match self {
            Wish::Set(address, _) | Wish::Remove(address) => address,
        }
    }
}

/// The text with the changes made, one after the other.
pub fn changed(text: &str, wishes: &[Wish]) -> String {
    let mut text = text.to_owned();
    for wish in wishes {
        let address = wish.address();
        let path = read(&text, |tree, root| resolve(tree, root, address).0);
        let change = match wish {
            Wish::Set(_, value) => Change::Set(path, written(value)),
            Wish::Remove(_) => Change::Remove(path),
        };
        text =
            edit::change(&text, 0, &[change]).unwrap_or_else(|error| panic!("{address}: {error}"));
    }
    text
}

/// The text that stands for the fact at an address, and its offset: the value, the key of a collection, or where it is not written, the
/// key value of its owner.
pub fn place(text: &str, address: &str) -> (usize, String) {
    read(text, |tree, root| {
        let (_, node, whole) = resolve(tree, root, address);
        let shown = if !whole {
            ["id", "machine"]
                .iter()
                .find_map(|key| tree.get(node, key))
                .map(|entry| entry.value)
                .or_else(|| tree.key_of(node))
                .unwrap_or_else(|| panic!("{address} has an owner with a key"))
        } else if tree.kind(node) == Kind::Scalar {
            node
        } else {
            tree.key_of(node)
                .unwrap_or_else(|| tree.entries(node).next().map_or(node, |entry| entry.key))
        };
        let span = tree.span(shown);
        (span.start as usize, tree.sources().slice(span).to_owned())
    })
}

/// Reads a text of one document.
pub fn read<T>(text: &str, then: impl FnOnce(&Tree<'_>, NodeId) -> T) -> T {
    let mut sources = Sources::default();
    let file = sources.add("site.yaml", text);
    let mut diagnostics = Diagnostics::default();
    let mut tree = Tree::new(&sources);
    tree.read(file, &Limits::default(), &mut diagnostics);
    assert!(!diagnostics.has_errors(), "the text is YAML");
    let root = tree.documents()[0].root;
    then(&tree, root)
}

/// The path of an address, the last node reached, and whether that is the whole way.
fn resolve(tree: &Tree<'_>, root: NodeId, address: &str) -> (Path, NodeId, bool) {
    let (mut path, mut node, mut whole) = (Path::root(), root, true);
    // A path in Azure or on a disk has slashes of its own; no address in these tests does.
    for part in address.split('/') {
        if tree.kind(node) == Kind::Sequence && whole {
            let items: Vec<NodeId> = tree.items(node).collect();
            let named = items.iter().position(|item| {
                ["id", "machine"]
                    .iter()
                    .any(|key| tree.get(*item, key).is_some_and(|e| tree.text(e.value) == part))
            });
            let at = match part {
                "+" => items.len(),
                _ => named
                    .or_else(|| part.parse().ok())
                    .unwrap_or_else(|| panic!("nothing at {address}")),
            };
            path = path.index(at);
            match items.get(at) {
                Some(item) => node = *item,
                None => whole = false,
            }
        } else {
            path = path.key(part);
            match tree.get(node, part).filter(|_| whole) {
                Some(entry) => node = entry.value,
                None => whole = false,
            }
        }
    }
    (path, node, whole)
}

fn written(value: &serde_yaml::Value) -> Value {
    match value {
        serde_yaml::Value::Sequence(items) => Value::List(items.iter().map(written).collect()),
        serde_yaml::Value::Mapping(entries) => Value::Map(
            entries
                .iter()
                .map(|(key, value)| (key.as_str().unwrap_or_default().to_owned(), written(value)))
                .collect(),
        ),
        serde_yaml::Value::Bool(flag) => Value::Raw(flag.to_string()),
        serde_yaml::Value::Number(number) => Value::Raw(number.to_string()),
        serde_yaml::Value::String(text) => Value::Text(text.clone()),
        other => panic!("cannot write {other:?}"),
    }
}
