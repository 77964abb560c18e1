//! Documents that hold waivers.
//!
//! ```yaml
//! apiVersion: failback/v1
//! kind: Waivers
//! environment: lab
//! waivers:
//!   - { id: W-1, rule: SRV-001, subject: servers/s1, … }
//! ```
//!
//! Owns the keys and what is wrong with them. What a waiver lets pass, and when, is `evaluate::waive`.

use std::collections::BTreeMap;

use crate::compile::ir::RuleSet;
use crate::diagnostic::{Diagnostic, Diagnostics, nearest};
use crate::evaluate::waive::Grant;
use crate::scalar;
use crate::session::assume::value_of;
use crate::session::described::first_line;
use crate::session::{API_VERSION, Inputs};
use crate::source::Span;
use crate::yaml::edit::respell;
use crate::yaml::resolve::Scalar;
use crate::yaml::{Kind, NodeId, Tree};

pub mod remarks;

/// `kind` of the documents.
pub const KIND: &str = "Waivers";

/// The keys of a document.
const DOCUMENT: [&str; 4] = ["apiVersion", "kind", "environment", "waivers"];
/// The keys of a waiver, in the order in which they are written.
pub const KEYS: [&str; 10] =
    ["id", "rule", "subject", "reason", "owner", "approver", "granted", "until", "blocks", "facts"];

/// A waiver.
#[derive(Clone, Debug)]
pub struct Waiver {
    /// Its id.
    pub id: String,
    /// The environment.
    pub environment: String,
    /// Why the failure is accepted.
    pub reason: String,
    /// Who asked for it and answers for it.
    pub owner: String,
    /// Who allowed it.
    pub approver: String,
    /// What it lets pass.
    pub grant: Grant,
    /// Where its id is.
    pub span: Span,
    /// Where its rule is.
    rule: Span,
}

/// Reads the waivers of some documents. One that is wrong is reported and has no effect.
pub fn read(
    tree: &Tree<'_>,
    inputs: &Inputs,
    documents: &[NodeId],
    diagnostics: &mut Diagnostics,
) -> Vec<Waiver> {
    let mut all = inputs.granted.clone();
    for root in documents {
        if inputs.is_locked && !inputs.waivers.contains(&tree.file(*root)) {
            let message = "waivers cannot be granted here: the policy lock does not name this file";
            let help = "take the document out, or have the file put into the policy lock";
            let span = first_line(tree, *root);
            diagnostics.push(Diagnostic::error("policy-lock", message, span).help(help));
            continue;
        }
        Reader { tree, diagnostics }.document(*root, &mut all);
    }
    all
}

/// The waivers of an environment whose rules are these; of one whose rule is not among them, that is reported.
pub fn of(
    environment: &str,
    given: &[Waiver],
    rules: &RuleSet,
    errors: &mut Vec<Diagnostic>,
) -> Vec<Waiver> {
    let own = given.iter().filter(|waiver| waiver.environment == environment);
    let is_known = |waiver: &&Waiver| {
        let id = waiver.grant.rule.as_str();
        let ids = || rules.rules.iter().map(|rule| rule.id.as_str());
        let is_known = ids().any(|known| known == id);
        if !is_known {
            let message = format!("no rule `{id}` judges `{environment}`");
            let told = Diagnostic::error("unknown-rule", message, waiver.rule);
            errors.push(told.help("`failback rules` lists them").suggest(nearest(id, ids())));
        }
        is_known
    };
    own.filter(is_known).cloned().collect()
}

/// Reports waivers of an environment that is not described, where another one was probably meant.
pub fn misnamed<'n>(
    given: &[Waiver],
    environments: impl Iterator<Item = &'n str> + Clone,
    errors: &mut Vec<Diagnostic>,
) {
    for waiver in given {
        let name = waiver.environment.as_str();
        if environments.clone().any(|known| known == name) {
            continue;
        }
        if let Some(near) = nearest(name, environments.clone()) {
            let message = format!("waiver `{}` is for `{name}`, which is not described", waiver.id);
            let told = Diagnostic::warning("unknown-environment", message, waiver.span);
            errors.push(told.suggest(Some(near)));
        }
    }
}

struct Reader<'t, 's, 'd> {
    tree: &'t Tree<'s>,
    diagnostics: &'d mut Diagnostics,
}

impl Reader<'_, '_, '_> {
    fn document(&mut self, root: NodeId, all: &mut Vec<Waiver>) {
        let tree = self.tree;
        self.keys(root, &DOCUMENT, "a document of waivers");
        if let Some(entry) =
            tree.get(root, "apiVersion").filter(|entry| tree.text(entry.value) != API_VERSION)
        {
            let message =
                format!("unknown version `{}` of the format of waivers", tree.text(entry.value));
            let help = format!("this program reads `{API_VERSION}`");
            self.error("unknown-version", message, tree.span(entry.value), &help);
            return;
        }
        let place = first_line(tree, root);
        let environment = self.text((root, place), "environment");
        let Some(list) = self.required((root, place), "waivers") else { return };
        if tree.kind(list) != Kind::Sequence {
            let message = "`waivers` is a list";
            self.error("wrong-type", message, tree.span(list), "write `waivers: []` for none");
            return;
        }
        for item in tree.items(list) {
            let Some(waiver) = self.waiver(item, environment.as_deref()) else { continue };
            // Of two that nobody can tell apart neither counts more, so the first one stays and the other is an error.
            if let Some(first) = all.iter().find(|first| is_again(first, &waiver)) {
                let message = match first.id == waiver.id {
                    true => format!("the id `{}` is given to two waivers", waiver.id),
                    false => {
                        format!("`{}` and `{}` are for the same finding", first.id, waiver.id)
                    }
                };
                let told = Diagnostic::error("duplicate-waiver", message, waiver.span);
                let told = told.label(first.span, "first given here");
                self.diagnostics.push(told.help("keep one of them"));
                continue;
            }
            all.push(waiver);
        }
    }

    fn waiver(&mut self, item: NodeId, environment: Option<&str>) -> Option<Waiver> {
        let tree = self.tree;
        if tree.kind(item) != Kind::Mapping {
            let help = format!("it has the keys {}", KEYS.join(", "));
            self.error("wrong-type", "a waiver has keys", tree.span(item), &help);
            return None;
        }
        let is_right = self.keys(item, &KEYS, "a waiver");
        let span = tree
            .get(item, "id")
            .map_or_else(|| first_line(tree, item), |entry| tree.span(entry.value));
        let mut text = |key| self.text((item, span), key);
        let (id, rule, reason) = (text("id"), text("rule"), text("reason"));
        let (owner, approver) = (text("owner"), text("approver"));
        let subject = self.subject((item, span));
        let (granted, until) =
            (self.time((item, span), "granted"), self.time((item, span), "until"));
        let blocks = self.blocks((item, span));
        let facts = self.facts((item, span));
        let place = |key: &str| tree.get(item, key).map_or(span, |entry| tree.span(entry.value));
        let mut is_right = is_right;
        if let (Some(owner), Some(approver)) = (&owner, &approver)
            && owner.trim().to_lowercase() == approver.trim().to_lowercase()
        {
            let message = format!("`{owner}` approves a waiver of their own");
            let help = "have somebody else approve it: `approver` is not `owner`";
            self.error("self-approved", message, place("approver"), help);
            is_right = false;
        }
        if let (Some(granted), Some(until)) = (granted, until)
            && until <= granted
        {
            let message = "this waiver ends before it begins";
            self.error("wrong-time", message, place("until"), "`until` is after `granted`");
            is_right = false;
        }
        let grant = Grant {
            rule: rule?,
            subject: subject?,
            granted: granted?,
            until: until?,
            blocks: blocks?.into_iter().collect(),
            facts: facts?,
        };
        let (id, reason, owner, approver) = (id?, reason?, owner?, approver?);
        let environment = environment?.to_owned();
        let rule = place("rule");
        is_right.then_some(Waiver { id, environment, reason, owner, approver, grant, span, rule })
    }

    /// Whether a mapping has only known keys, each once.
    fn keys(&mut self, node: NodeId, known: &[&str], what: &str) -> bool {
        let tree = self.tree;
        let mut is_right = true;
        for entry in tree.entries(node) {
            let key = tree.text(entry.key);
            is_right &= !entry.contested;
            if !known.contains(&key) {
                let message = format!("{what} has no key `{key}`");
                let told = Diagnostic::error("unknown-key", message, tree.span(entry.key));
                let told = told.help(format!("known keys: {}", known.join(", ")));
                let near = nearest(key, known.iter().copied());
                self.diagnostics.push(respell::meant(told, tree, entry.key, near));
                is_right = false;
            }
        }
        is_right
    }

    /// The value of a key that has to be there.
    fn required(&mut self, (node, place): (NodeId, Span), key: &str) -> Option<NodeId> {
        let entry = self.tree.get(node, key);
        if entry.is_none() {
            let message = format!("`{key}` is missing");
            let help = "each key of a waiver says something that nobody could guess; `failback waiver new` \
                        fills in all of them";
            self.error("missing-key", message, place, help);
        }
        entry.map(|entry| entry.value)
    }

    /// A text that says something.
    fn text(&mut self, at: (NodeId, Span), key: &str) -> Option<String> {
        let node = self.required(at, key)?;
        let tree = self.tree;
        let is_text = tree.kind(node) == Kind::Scalar && tree.scalar(node) != Scalar::Null;
        if !is_text || tree.text(node).trim().is_empty() {
            let message = format!("`{key}` is a text that says something");
            self.error("wrong-type", message, tree.span(node), "write it, in quotes if need be");
            return None;
        }
        Some(tree.text(node).to_owned())
    }

    /// One address; an empty one is that of a finding without a subject.
    fn subject(&mut self, at: (NodeId, Span)) -> Option<String> {
        let node = self.required(at, "subject")?;
        let tree = self.tree;
        let help = "write the address of one subject, as findings name it: `servers/s1`, or `\"\"` for none";
        if tree.kind(node) != Kind::Scalar || tree.scalar(node) == Scalar::Null {
            self.error("wrong-type", "`subject` is one address", tree.span(node), help);
            return None;
        }
        let text = tree.text(node);
        if text.contains('*') {
            let message = format!("a waiver is for one subject, and `{text}` means several");
            self.error("wrong-subject", message, tree.span(node), help);
            return None;
        }
        Some(text.to_owned())
    }

    /// A time with its zone.
    fn time(&mut self, at: (NodeId, Span), key: &str) -> Option<i64> {
        let node = self.required(at, key)?;
        let tree = self.tree;
        let time = (tree.kind(node) == Kind::Scalar)
            .then(|| scalar::parse_time(tree.text(node)))
            .flatten();
        if time.is_none() {
            let message = format!("`{key}` is a time with its zone");
            let help = "write date, time and zone: `2027-01-31T18:00:00+09:00`";
            self.error("wrong-time", message, tree.span(node), help);
        }
        time
    }

    /// The ids of units.
    fn blocks(&mut self, at: (NodeId, Span)) -> Option<Vec<String>> {
        let node = self.required(at, "blocks")?;
        let tree = self.tree;
        let is_list = tree.kind(node) == Kind::Sequence
            && tree.items(node).all(|item| tree.kind(item) == Kind::Scalar);
        if !is_list {
            let message = "`blocks` is a list of ids";
            self.error("wrong-type", message, tree.span(node), "write `blocks: []` for nobody");
            return None;
        }
        Some(tree.items(node).map(|item| tree.text(item).to_owned()).collect())
    }

    /// The facts, by address.
    fn facts(&mut self, at: (NodeId, Span)) -> Option<BTreeMap<String, crate::yaml::edit::Value>> {
        let node = self.required(at, "facts")?;
        let tree = self.tree;
        if tree.kind(node) != Kind::Mapping {
            let message = "`facts` has a value for each address";
            self.error("wrong-type", message, tree.span(node), "write `facts: {}` for none");
            return None;
        }
        let mut facts = BTreeMap::new();
        for entry in tree.entries(node) {
            facts.insert(tree.text(entry.key).to_owned(), value_of(tree, entry.value));
        }
        Some(facts)
    }

    fn error(&mut self, code: &str, message: impl Into<String>, span: Span, help: &str) {
        self.diagnostics.push(Diagnostic::error(code, message, span).help(help));
    }
}

/// Whether two waivers have one id, or are for one finding.
fn is_again(first: &Waiver, second: &Waiver) -> bool {
    let finding = |waiver: &Waiver| {
        (waiver.environment.clone(), waiver.grant.rule.clone(), waiver.grant.subject.clone())
    };
    first.id == second.id || finding(first) == finding(second)
}
