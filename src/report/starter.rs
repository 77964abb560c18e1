//! The beginning of a description: all that may be written, what may stand behind each key, and what is known so far.
//!
//! Owns the form. Keys that nobody stated are comments without a space, `#state:`, so that a `#` taken away leaves a
//! line of the description; everything else behind a `#` is prose. No fact is made up: what is not given is left out.

use crate::report::layout::fill;
use crate::report::sanitise;
use crate::schema::types::Type;
use crate::schema::{ENVIRONMENT, Field, Schema, TypeDef};
use crate::session::{API_VERSION, KIND};
use crate::yaml::edit::Value;

/// The column in which notes begin, at the least.
const NOTES: usize = 30;
/// Columns of prose.
const WIDTH: usize = 100;

/// What is known of a description that is begun.
#[derive(Clone, Debug)]
pub struct Starter<'s> {
    /// What may be written.
    pub schema: &'s Schema,
    /// What the rules are about.
    pub title: &'s str,
    /// The field and the word by which the rules are chosen.
    pub chosen: Option<&'s (String, String)>,
    /// The name of the environment.
    pub name: &'s str,
    /// When the facts are collected, as it is written.
    pub as_of: Option<&'s str>,
    /// The ids of the units of readiness.
    pub units: &'s [String],
    /// How the file is called in commands.
    pub file: &'s str,
}

impl Starter<'_> {
    /// The text of the description.
    pub fn render(&self) -> String {
        let mut out = String::new();
        let ask = format!("`failback ask --write {}`", self.file);
        let head = [
            format!("{}.", self.title),
            String::new(),
            "A line that begins with `#` and no space is a key that may be written: take away its `#`, and that"
                .to_owned(),
            "of the keys around it, and write what you know. What is left out is asked for, what matters most".to_owned(),
            format!("first, by {ask}. A list says all there is: `[]` that there is nothing,"),
            "an element `unknown` that there may be more.".to_owned(),
        ];
        for line in &head {
            prose(&mut out, line);
        }
        out.push_str(&format!("apiVersion: {API_VERSION}\nkind: {KIND}\n"));
        out.push_str(&format!("name: {}\n", Value::Text(self.name.to_owned()).line()));
        for field in written(self.schema.ty(ENVIRONMENT)) {
            out.push('\n');
            if let Some(title) = &field.title {
                prose(&mut out, title);
            }
            if let Some(find) = &field.find {
                prose(&mut out, &format!("where: {find}"));
            }
            self.top(&mut out, field);
        }
        out
    }

    /// A field of the environment, with what is known of it.
    fn top(&self, out: &mut String, field: &Field) {
        let allowed = field.ty.allowed(self.schema);
        let value = match self.chosen {
            Some((name, word)) if *name == field.name => Some(word.as_str()),
            _ if field.ty == Type::Time && field.name == "asOf" => self.as_of,
            _ => None,
        };
        if let Some(value) = value {
            return line(out, &format!("{}: {value}", field.name), &allowed);
        }
        let unit = self.schema.unit.filter(|_| !self.units.is_empty());
        let Some(unit) = unit.filter(|unit| field.ty.element() == Some(&Type::Row(*unit))) else {
            // The title is said above already.
            let plain = Field { title: None, ..field.clone() };
            return self.field(out, &plain, (0, "#"));
        };
        out.push_str(&format!("{}:\n", field.name));
        let def = self.schema.ty(unit);
        let Some(key) = def.key.map(|key| &def.fields[key]) else { return };
        for (at, id) in self.units.iter().enumerate() {
            let id = Value::Text(id.clone()).line();
            out.push_str(&format!("  - {}: {id}\n", key.name));
            if at == 0 {
                let others = written(def).filter(|field| field.name != key.name);
                others.for_each(|field| self.field(out, field, (4, "#")));
            }
        }
    }

    /// A key that nobody stated, with all below it; `lead` is its indentation and what stands before that.
    fn field(&self, out: &mut String, field: &Field, (indent, lead): (usize, &str)) {
        let blanks = " ".repeat(indent);
        let title = field.title.as_deref().unwrap_or_default();
        let held = match field.ty.present() {
            Type::Row(held) => Some((*held, false)),
            Type::List(element, _) => match element.present() {
                Type::Row(held) => Some((*held, true)),
                _ => None,
            },
            _ => None,
        };
        let Some((held, is_list)) = held else {
            let allowed = field.ty.allowed(self.schema);
            let note = if title.is_empty() { allowed } else { format!("{allowed}: {title}") };
            return line(out, &format!("{lead}{blanks}{}:", field.name), &note);
        };
        let note = title;
        line(out, &format!("{lead}{blanks}{}:", field.name), note);
        let def = self.schema.ty(held);
        if !is_list {
            return written(def).for_each(|field| self.field(out, field, (indent + 2, lead)));
        }
        for (at, field) in written(def).enumerate() {
            // The dash stands before the first key.
            let lead = if at == 0 { format!("{lead}{blanks}  - ") } else { lead.to_owned() };
            let indent = if at == 0 { 0 } else { indent + 4 };
            self.field(out, field, (indent, &lead));
        }
    }
}

/// The fields that a person writes.
fn written(def: &TypeDef) -> impl Iterator<Item = &Field> {
    def.fields.iter().filter(|field| field.slot.is_some())
}

fn prose(out: &mut String, text: &str) {
    let text = sanitise::clean(text);
    match text.is_empty() {
        true => out.push_str("#\n"),
        false => fill(&text, WIDTH).iter().for_each(|line| out.push_str(&format!("# {line}\n"))),
    }
}

/// A line of the description, with a note behind it.
fn line(out: &mut String, text: &str, note: &str) {
    let note = sanitise::clean(note);
    match note.is_empty() {
        true => out.push_str(&format!("{text}\n")),
        false => out.push_str(&format!("{text:<NOTES$} # {note}\n")),
    }
}
