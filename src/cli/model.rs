//! What may be described: every type and key with its words, its question, and the rules that read it.
//!
//! Owns the list, made from the declarations of a pack as they were written, and its form in Markdown, `docs/model.md`.

use crate::cli::pack::{self, Pack};
use crate::compile::ir::{Expr, Kind, Rule, RuleSet};
use crate::language::ast::{self, ItemKind};
use crate::report::sanitise;
use crate::schema::{ENVIRONMENT, Field, Schema, TypeDef, TypeId, TypeKind};
use crate::source::{Sources, Span};

/// Rules of one key that are named.
const RULES: usize = 12;

/// What a pack lets be described.
pub struct Model<'p> {
    /// The name of the pack.
    pub name: &'p str,
    /// Its title.
    pub title: &'p str,
    /// The environment first, then in the order of the declarations.
    pub types: Vec<Described<'p>>,
}

/// A type.
pub struct Described<'p> {
    /// Its name.
    pub name: &'p str,
    /// What it is.
    pub title: Option<&'p str>,
    /// Environment, entity or record.
    pub kind: TypeKind,
    /// The list of the environment that holds its entities.
    pub list: Option<&'p str>,
    /// What may be written of it.
    pub keys: Vec<Key<'p>>,
}

/// A key.
pub struct Key<'p> {
    /// Its name.
    pub name: &'p str,
    /// What may stand behind it.
    pub allowed: String,
    /// What it says.
    pub title: Option<String>,
    /// The question for it.
    pub ask: Option<String>,
    /// Where its answer is found.
    pub find: Option<String>,
    /// What is meant where it is left out, if that is anything but unknown.
    pub default: Option<String>,
    /// The rules that read it.
    pub rules: Vec<&'p str>,
}

impl<'p> Model<'p> {
    /// Collects what a pack declares.
    pub fn of(sources: &Sources, pack: &'p Pack) -> Self {
        let rules = &pack.loaded.rules;
        let read: Vec<(&str, Vec<(TypeId, usize)>)> =
            rules.rules.iter().map(|rule| (rule.id.as_str(), reads(rules, rule))).collect();
        let types = rules.schema.types().map(|(id, def)| {
            let fields = def.fields.iter().enumerate().filter(|(_, field)| field.slot.is_some());
            let keys = fields.map(|(at, field)| {
                let mut key = key(sources, &rules.schema, pack, (def, field));
                let readers = read.iter().filter(|(_, facts)| facts.contains(&(id, at)));
                key.rules = readers.map(|(rule, _)| *rule).collect();
                key
            });
            Described {
                name: &def.name,
                title: def.title.as_deref(),
                kind: def.kind,
                list: rules.schema.list_of(id).filter(|_| id != ENVIRONMENT),
                keys: keys.collect(),
            }
        });
        Self { name: &rules.name, title: &rules.title, types: types.collect() }
    }

    /// Every key with the type that has it.
    pub fn keys(&self) -> impl Iterator<Item = (&Described<'p>, &Key<'p>)> {
        self.types.iter().flat_map(|ty| ty.keys.iter().map(move |key| (ty, key)))
    }
}

impl Described<'_> {
    /// What it is, in a line.
    pub fn is(&self) -> String {
        let what = match (self.kind, self.title) {
            (TypeKind::Environment, _) => "the keys of a description itself".to_owned(),
            (_, Some(title)) => title.to_owned(),
            (TypeKind::Entity, None) => "an entity".to_owned(),
            (TypeKind::Record, None) => "a record, part of what holds it".to_owned(),
        };
        match self.list {
            Some(list) => format!("{what}, in the list `{list}`"),
            None => what,
        }
    }
}

impl Key<'_> {
    /// Whether it is meant by its name, or by that of its type and its own.
    pub fn is(&self, ty: &Described<'_>, wanted: &str) -> bool {
        match wanted.split_once('.') {
            Some((of, name)) => ty.name.eq_ignore_ascii_case(of) && self.name == name,
            None => self.name.eq_ignore_ascii_case(wanted),
        }
    }

    /// What is said of it besides what may stand behind it, each with its heading.
    pub fn notes(&self) -> Vec<(&'static str, String)> {
        let mut notes = Vec::new();
        notes.extend(self.title.clone().map(|title| ("is", title)));
        notes.extend(self.default.clone().map(|default| ("left out", format!("`{default}`"))));
        notes.extend(self.ask.clone().map(|ask| ("ask", ask)));
        notes.extend(self.find.clone().map(|find| ("find", find)));
        let named = self.rules.iter().take(RULES).copied().collect::<Vec<_>>().join(", ");
        let rules = match self.rules.len() {
            0 => "no rule by itself".to_owned(),
            count if count > RULES => format!("{named} and {} more", count - RULES),
            _ => named,
        };
        notes.push(("read by", rules));
        notes
    }
}

fn key<'p>(
    sources: &Sources,
    schema: &Schema,
    pack: &Pack,
    (def, field): (&TypeDef, &'p Field),
) -> Key<'p> {
    let declared = declared(pack, field.span);
    let written = |text: &ast::Text| pack::written(sources, text);
    let is_key = def.key.is_some_and(|key| def.fields[key].name == field.name);
    let allowed = field.ty.allowed(schema);
    Key {
        name: &field.name,
        allowed: if is_key { format!("{allowed}, by which others refer to it") } else { allowed },
        title: field.title.as_deref().map(str::to_owned),
        ask: declared.and_then(|field| field.ask.as_ref()).map(written),
        find: declared.and_then(|field| field.find.as_ref()).map(written),
        default: declared
            .and_then(|field| field.default.as_ref())
            .map(|default| pack::on_one_line(sources, default.span)),
        rules: Vec::new(),
    }
}

/// The declaration of a field, as it was written.
fn declared(pack: &Pack, name: Span) -> Option<&ast::Field> {
    let items = pack.loaded.files.iter().flat_map(|file| &file.items);
    let mut fields = items.flat_map(|item| match &item.kind {
        ItemKind::Environment(decl) | ItemKind::Entity(decl) | ItemKind::Record(decl) => {
            decl.fields.as_slice()
        }
        _ => &[],
    });
    fields.find(|field| field.name.span == name)
}

/// All of it as a page.
pub fn markdown<'p>(models: impl Iterator<Item = Model<'p>>) -> String {
    let mut out = String::from(HEAD);
    for model in models {
        out.push_str(&format!("\n## {}: {}\n", model.name, plain(model.title)));
        for ty in &model.types {
            out.push_str(&format!(
                "\n### {}\n\n{}\n\n",
                ty.name,
                capital(&plain_but_code(&ty.is()))
            ));
            out.push_str(
                "| key | write | what it is | question, and where its answer is | read by |\n",
            );
            out.push_str("|---|---|---|---|---|\n");
            for key in &ty.keys {
                out.push_str(&row(key));
            }
        }
    }
    out
}

const HEAD: &str = "\
# What can be described

<!-- Made by `failback schema --markdown`; change the declarations instead. -->

Every type and key of a description, by architecture. A key that is left out is not known, unless the page says what is
meant then, and `failback ask` asks for it by the question here; `{…}` stands for what a question puts there. A list may
hold `unknown`, which says that there may be more. `failback explain NAME` shows one of them, `failback init` writes them
as a file to fill in.
";

fn row(key: &Key<'_>) -> String {
    let title = key.title.as_deref().map(plain).unwrap_or_default();
    let left_out = key.default.as_ref().map(|default| format!("left out: `{default}`"));
    let what = [Some(title), left_out].into_iter().flatten().filter(|text| !text.is_empty());
    let what = what.collect::<Vec<_>>().join("; ");
    let question = [&key.ask, &key.find].into_iter().flatten().map(|text| plain(text));
    let question = question.collect::<Vec<_>>().join("<br>");
    let rules = key.rules.join(", ");
    format!(
        "| `{}` | {} | {what} | {question} | {rules} |\n",
        key.name,
        plain_but_code(&key.allowed)
    )
}

/// A text of ours, in which code is marked already.
fn plain_but_code(text: &str) -> String {
    let parts = text.split('`').enumerate().map(|(at, part)| match at % 2 {
        0 => plain(part),
        _ => format!("`{part}`"),
    });
    parts.collect()
}

fn capital(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_uppercase().collect::<String>());
    format!("{}{}.", first.unwrap_or_default(), chars.as_str())
}

/// A text that Markdown shows as it is.
pub fn plain(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for char in sanitise::clean(text).chars() {
        if matches!(char, '\\' | '*' | '_' | '<' | '[' | '|' | '`') {
            out.push('\\');
        }
        out.push(char);
    }
    out
}

/// The fields that a rule reads, by itself or by the definitions that it uses: each once, in the order in which it does.
pub fn reads(rules: &RuleSet, rule: &Rule) -> Vec<(TypeId, usize)> {
    let mut found = Found { schema: &rules.schema, fields: Vec::new(), definitions: Vec::new() };
    for part in rule.parts() {
        found.walk(part);
    }
    found.fields
}

struct Found<'r> {
    schema: &'r Schema,
    fields: Vec<(TypeId, usize)>,
    /// The definitions that were gone through.
    definitions: Vec<u32>,
}

impl Found<'_> {
    fn walk(&mut self, expr: &Expr) {
        let field = match &expr.kind {
            Kind::Field { owner, field, .. } => Some((*owner, *field)),
            Kind::Inverse { inverse, .. } => {
                let inverse = self.schema.inverse(*inverse);
                Some((inverse.source, inverse.by))
            }
            Kind::Invoke(define, _) if !self.definitions.contains(&define.id) => {
                self.definitions.push(define.id);
                self.walk(&define.body);
                None
            }
            _ => None,
        };
        self.fields.extend(field.filter(|field| !self.fields.contains(field)));
        expr.children(&mut |child| self.walk(child));
    }
}
