//! What to find out where something is not known: the fact, where its answer is, and the line to write.
//!
//! Owns the questions, and which facts among those that decide are asked for. `hosts/h1/version`: which version does it run?

use std::sync::Arc;

use rustc_hash::FxHashSet;

use crate::builtins::value::{Use, Value};
use crate::compile::ir::RuleSet;
use crate::evaluate::Question;
use crate::evaluate::expr::Evaluator;
use crate::facts::{Fact, Facts, ROOT};
use crate::schema::types::{Completeness, Type};
use crate::source::Span;
use crate::yaml::edit::write;

/// What is asked of a list that is marked as incomplete, and what to write in place of the mark.
const UNLISTED_EXPECTS: &str =
    "the entries that are missing; once all are listed, no `unknown` among them";
const UNLISTED_ANSWER: &str = "the entries that are missing, or nothing if there are none";

/// What to ask about a fact; the evaluator runs the texts, of which equal ones are shared.
pub fn question(usage: &Use, evaluator: &mut Evaluator<'_, '_, '_>, texts: &mut Texts) -> Question {
    let (facts, rules) = (evaluator.facts, evaluator.rules);
    let slot = usage.slot();
    let owner = facts.owner(slot);
    let (ty, at) = facts.field_of(slot);
    let field = &rules.schema.ty(ty).fields[at];
    let question = &rules.questions[ty.0 as usize][at];
    if rules.locals > 0 {
        evaluator.set(0, Value::Row(owner));
    }
    let ask = question.ask.as_ref().map(|ask| evaluator.text(ask));
    let find = question.find.as_ref().map(|find| texts.share(evaluator.text(find)));
    let span = facts.place(slot).map(|place| place.span);
    let expects = texts.share(field.ty.allowed(&rules.schema));
    let spelling =
        Spelling { rules, json: span.is_some_and(|span: Span| facts.tree().is_json(span.file)) };
    if let Use::Unlisted { keys, .. } = usage {
        let entry: Vec<String> =
            keys.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        let path = format!("{}[{}]", facts.slot_path(slot), entry.join(", "));
        let answer = format!("- {{ {} }}", spelling.entry(&field.ty, keys).join(", "));
        let ask = ask.unwrap_or_else(|| {
            format!("which entry of `{}` has {}?", field.name, entry.join(", "))
        });
        return Question {
            path,
            ask,
            find,
            expects: "one more entry in this list".into(),
            answer: answer.into(),
            span,
            slot,
        };
    }
    let path = facts.slot_path(slot);
    let owner_name = facts.name(facts.entity_of(owner));
    if let Some(marker) = facts.marker(slot) {
        let of = if owner_name.is_empty() { String::new() } else { format!(" of {owner_name}") };
        let ask = format!(
            "which other entries does `{}`{of} have? The list is marked as incomplete",
            field.name
        );
        let span = Some(facts.tree().span(marker));
        let (expects, answer) = (UNLISTED_EXPECTS.into(), UNLISTED_ANSWER.into());
        return Question { path, ask, find, expects, answer, span, slot };
    }
    let ask = ask.unwrap_or_else(|| {
        let what = field.title.as_deref().unwrap_or(&field.name);
        if owner_name.is_empty() {
            format!("what is `{}`? ({what})", field.name)
        } else {
            format!("what is `{}` of {owner_name}? ({what})", field.name)
        }
    });
    let answer = texts.share(spelling.pair(&field.name, &spelling.placeholder(&field.ty)));
    Question { path, ask, find, expects, answer, span, slot }
}

/// How answers are written: as the file is in which they go.
struct Spelling<'r> {
    rules: &'r RuleSet,
    json: bool,
}

impl Spelling<'_> {
    fn pair(&self, name: &str, value: &str) -> String {
        format!("{}: {value}", self.text(name))
    }

    fn text(&self, text: &str) -> String {
        match self.json {
            true => format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"")),
            false => text.to_owned(),
        }
    }

    /// An entry of which some facts are known, with places for the others.
    fn entry(&self, ty: &Type, keys: &[(String, String)]) -> Vec<String> {
        let schema = &self.rules.schema;
        let def = ty.element().and_then(Type::row).map(|row| schema.ty(row));
        let field = |name: &str| def.and_then(|def| Some(&def.fields[def.field(name)?]));
        let is_bare = |ty: &Type| matches!(ty.present(), Type::Int | Type::Bool);
        // A word that says that nothing is known, or that there is nothing, is no name.
        let says = |ty: &Type, value: &str| match ty {
            Type::OrNone(_) => value == "unknown" || value == "none",
            _ => value == "unknown",
        };
        let known = keys.iter().map(|(name, value)| {
            let ty = field(name).map(|field| &field.ty);
            let bare = ty.is_some_and(|ty| is_bare(ty) || !self.json && says(ty, value));
            self.pair(name, &if bare { value.clone() } else { write::text(value, self.json) })
        });
        let fields = def.iter().flat_map(|def| &def.fields).filter(|field| field.slot.is_some());
        let missing = fields.filter(|field| !keys.iter().any(|(name, _)| *name == field.name));
        let missing = missing.map(|field| self.pair(&field.name, &self.placeholder(&field.ty)));
        known.chain(missing).collect()
    }

    /// What stands for a value until somebody chooses it.
    fn placeholder(&self, ty: &Type) -> String {
        let schema = &self.rules.schema;
        let mut choice: Vec<String> = match ty.present() {
            Type::Words(words) => words.iter().map(|word| self.text(schema.word(*word))).collect(),
            Type::Bool => vec!["true".into(), "false".into()],
            Type::List(element, _) => vec!["[]".into(), format!("[{}]", self.placeholder(element))],
            Type::Size => vec![self.text("600GiB")],
            Type::Duration => vec![self.text("15min")],
            Type::Time => vec![self.text("2020-03-28T09:00:00Z")],
            Type::Row(_) => vec!["{ … }".into()],
            Type::Int => vec!["<number>".into()],
            // How texts are compared is nothing to write.
            Type::TextNocase => vec![self.text("<text>")],
            other => vec![self.text(&format!("<{}>", other.describe(schema)))],
        };
        if matches!(ty, Type::OrNone(_)) {
            choice.push(self.text("none"));
        }
        choice.join(" | ")
    }
}

/// What has to be asked for among what decides. Where the very entry of a list that is missing is known, or the fact of an
/// entry that is not, nobody is asked for the list as a whole.
pub fn asked<'u>(uses: &'u [Use], facts: &Facts<'_>) -> impl Iterator<Item = &'u Use> {
    let open: Vec<&Use> = uses.iter().filter(|usage| is_open(usage, facts)).collect();
    // The lists of which a missing entry is known, and those in whose entries a fact is not.
    let (mut lacking, mut holding) = (FxHashSet::default(), FxHashSet::default());
    for usage in &open {
        if let Use::Unlisted { slot, .. } = usage {
            lacking.insert(*slot);
            continue;
        }
        let mut row = facts.owner(usage.slot());
        // Whatever holds a list that was met is met, too.
        while row != ROOT && holding.insert(facts.row(row).via) {
            row = facts.row(row).parent;
        }
    }
    open.into_iter().filter(move |usage| {
        let slot = usage.slot();
        let (ty, field) = facts.field_of(slot);
        let lists = facts.schema().ty(ty).fields[field].ty.element().is_some();
        let whole = lists && matches!(usage, Use::Fact { .. });
        let covered = lacking.contains(&slot) || holding.contains(&slot) && !facts.is_damaged(slot);
        !(whole && covered)
    })
}

/// Whether a use is of something that is not known.
pub fn is_open(usage: &Use, facts: &Facts<'_>) -> bool {
    match usage {
        Use::Unlisted { .. } => true,
        Use::Fact { slot, .. } => {
            let (ty, field) = facts.field_of(*slot);
            let ty = &facts.schema().ty(ty).fields[field].ty;
            let partial = matches!(ty.present(), Type::List(_, Completeness::Partial));
            partial || facts.is_damaged(*slot) || matches!(facts.read(*slot, ty), Fact::Unknown)
        }
    }
}

/// Texts that are often the same, each held once.
#[derive(Default)]
pub struct Texts(FxHashSet<Arc<str>>);

impl Texts {
    pub(super) fn share(&mut self, text: String) -> Arc<str> {
        if let Some(known) = self.0.get(text.as_str()) {
            return Arc::clone(known);
        }
        let text: Arc<str> = text.into();
        self.0.insert(Arc::clone(&text));
        text
    }
}
