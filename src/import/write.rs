//! Writes an environment as YAML, and the origins of its facts as JSON.
//!
//! Owns quoting and layout. Everything that a reader of YAML could take for something else is quoted.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::{Serialize, Serializer, ser::SerializeMap};
use serde_json::{Value as Json, json};

use crate::import::model::{Entity, Environment, Fact, Origin, SINGLE, Value};
use crate::report::sanitise::harmless;
use crate::scalar::{address_part, print_size, print_time};
use crate::session::{API_VERSION, origins};

/// The element by which a description says that a list may leave others out.
pub(crate) const UNLISTED: &str = "unknown";

/// The description; `comments` puts the origin behind every fact.
pub fn yaml(environment: &Environment, comments: bool) -> String {
    let mut out = String::from("apiVersion: failback/v1\nkind: Environment\n");
    let _ = writeln!(out, "name: {}", quote(&environment.name));
    if let Some(word) = environment.architecture {
        let _ = writeln!(out, "architecture: {word}");
    }
    if let Some(fact) = &environment.as_of {
        let _ = write!(out, "asOf: {}", inline(&fact.value));
        if comments {
            out.push_str(&comment(&fact.origin));
        }
        out.push('\n');
    }
    for gap in environment.incomplete.iter().filter(|gap| environment.cut(gap.list).is_none()) {
        let _ = writeln!(out, "# {} may leave some out: {}", gap.list, single_line(&gap.why));
    }
    for (key, entities) in &environment.sections {
        out.push('\n');
        if SINGLE.contains(key) {
            for entity in entities {
                let _ = writeln!(out, "{key}:");
                if *key != "request" {
                    let _ = writeln!(out, "  id: {}", quote(&entity.id));
                }
                facts(&mut out, entity, 2, comments);
            }
        } else if entities.is_empty() && environment.cut(key).is_none() {
            let _ = writeln!(out, "{key}: []");
        } else {
            let _ = writeln!(out, "{key}:");
            if let Some((gap, origin)) = environment.cut(key) {
                let _ = write!(out, "  - {UNLISTED}   # {}", single_line(&gap.why));
                let _ = writeln!(out, " ({})", single_line(&origin.file));
            }
            for entity in entities {
                let _ = writeln!(out, "  - id: {}", quote(&entity.id));
                facts(&mut out, entity, 4, comments);
            }
        }
    }
    out
}

fn facts(out: &mut String, entity: &Entity, indent: usize, comments: bool) {
    let mut open: Vec<&str> = Vec::new();
    for (path, fact) in &entity.facts {
        let parts: Vec<&str> = path.split('/').collect();
        let Some((name, parents)) = parts.split_last() else { continue };
        let common = open.iter().zip(parents).take_while(|(a, b)| a == b).count();
        open.truncate(common);
        for parent in parents.iter().skip(common) {
            let _ = writeln!(out, "{:width$}{parent}:", "", width = indent + 2 * open.len());
            open.push(parent);
        }
        let width = indent + 2 * open.len();
        let _ = write!(out, "{:width$}{name}:", "");
        value(out, fact, width, comments);
    }
}

fn value(out: &mut String, fact: &Fact, width: usize, comments: bool) {
    let behind = if comments { comment(&fact.origin) } else { String::new() };
    match &fact.value {
        Value::Record(fields) => {
            let _ = writeln!(out, "{behind}");
            for (name, field) in fields {
                let _ = writeln!(out, "{:width$}  {name}: {}", "", inline(field));
            }
        }
        Value::List(items) if items.iter().any(|item| matches!(item, Value::Record(_))) => {
            let _ = writeln!(out, "{behind}");
            for item in items {
                let _ = writeln!(out, "{:width$}  - {}", "", inline(item));
            }
        }
        Value::List(items) if items.len() > 8 => {
            let _ = writeln!(out, "{behind}");
            for item in items {
                let _ = writeln!(out, "{:width$}  - {}", "", inline(item));
            }
        }
        other => {
            let _ = writeln!(out, " {}{behind}", inline(other));
        }
    }
}

/// A value on one line.
fn inline(value: &Value) -> String {
    match value {
        Value::Text(text) => quote(text),
        Value::Word(word) => quote(word),
        Value::Bool(truth) => truth.to_string(),
        Value::Int(number) => number.to_string(),
        Value::Size(bytes) => print_size(*bytes),
        Value::Time(at) => print_time(*at),
        Value::Version(text) => double(text),
        Value::None => "none".to_owned(),
        Value::List(items) => {
            format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", "))
        }
        Value::Record(fields) => {
            let fields: Vec<String> =
                fields.iter().map(|(name, value)| format!("{name}: {}", inline(value))).collect();
            format!("{{ {} }}", fields.join(", "))
        }
    }
}

/// A value for the sidecar: scalars as they are written, without quotes.
pub(crate) fn recorded(value: &Value) -> Json {
    match value {
        Value::Text(text) | Value::Version(text) => json!(text),
        Value::Word(word) => json!(word),
        Value::Bool(_) | Value::Int(_) | Value::Size(_) | Value::Time(_) | Value::None => {
            json!(inline(value))
        }
        Value::List(items) => items.iter().map(recorded).collect(),
        Value::Record(fields) => Json::Object(
            fields.iter().map(|(name, field)| ((*name).to_owned(), recorded(field))).collect(),
        ),
    }
}

/// Plain where nothing can go wrong, else in double quotes.
fn quote(text: &str) -> String {
    let safe = text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'/'));
    const WORDS: [&str; 12] =
        ["true", "false", "yes", "no", "on", "off", "null", "none", "unknown", "y", "n", "nan"];
    if safe && !WORDS.contains(&text.to_ascii_lowercase().as_str()) {
        text.to_owned()
    } else {
        double(text)
    }
}

fn double(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            // A build server looks for `##name[` wherever it is.
            '#' if out.ends_with('#') => out.push_str("\\u0023"),
            // Line separators and controls would end the line or be refused.
            c if c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}') => {
                let _ = write!(out, "\\u{:04X}", c as u32);
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn single_line(text: &str) -> String {
    let blank = |c: char| c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{85}');
    let line: String = text.chars().map(|c| if blank(c) { ' ' } else { c }).collect();
    harmless(&line).into_owned()
}

fn comment(origin: &Origin) -> String {
    let mut text = format!("  # {}", single_line(&origin.file));
    if !origin.pointer.is_empty() {
        let _ = write!(text, " {}", single_line(&origin.pointer));
    }
    if let Some(reason) = origin.derived_from.first() {
        let _ = write!(text, " (from {})", single_line(reason));
    }
    text
}

/// Origins by environment and path: `machines/web01/azureVm/powerState`.
pub fn provenance(environments: &[Environment]) -> Json {
    // Strings and lists only: this does not fail.
    serde_json::to_value(Sidecar { environments, description: None }).unwrap_or_default()
}

/// The sidecar, which is written fact by fact: as one tree it would be larger than the facts themselves.
pub struct Sidecar<'a> {
    /// The environments.
    pub environments: &'a [Environment],
    /// The digest of the description it belongs to.
    pub description: Option<&'a str>,
}

impl Serialize for Sidecar<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        map.serialize_entry("apiVersion", API_VERSION)?;
        if let Some(digest) = self.description {
            map.serialize_entry("description", digest)?;
        }
        map.serialize_entry("environments", &All(self.environments))?;
        map.serialize_entry("kind", origins::KIND)?;
        map.end()
    }
}

struct All<'a>(&'a [Environment]);

impl Serialize for All<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let all = self.0.iter().map(|environment| (environment.name.as_str(), Facts(environment)));
        serializer.collect_map(all.collect::<BTreeMap<_, _>>())
    }
}

struct Facts<'a>(&'a Environment);

impl Serialize for Facts<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        // In the order of their addresses, as a sidecar that is brought up to date has them: two imports are compared line
        // by line.
        let mut facts: Vec<(String, &Fact)> = Vec::new();
        facts.extend(self.0.as_of.iter().map(|fact| ("asOf".to_owned(), fact)));
        // Also of lists that are not written at all: whoever writes one then answers for it.
        let cut: Vec<(String, Fact)> = self
            .0
            .incomplete
            .iter()
            .filter_map(|gap| {
                let (_, origin) = self.0.cut(gap.list).filter(|(first, _)| *first == gap)?;
                let value = Value::List(vec![Value::Word(UNLISTED)]);
                Some((gap.list.to_owned(), Fact { value, origin: origin.clone() }))
            })
            .collect();
        facts.extend(cut.iter().map(|(key, fact)| (key.clone(), fact)));
        for (key, entities) in &self.0.sections {
            for entity in entities {
                facts.extend(entity.facts.iter().map(|(path, fact)| {
                    let single = SINGLE.contains(key);
                    let id = if single { "".into() } else { address_part(&entity.id) };
                    let slash = if single { "" } else { "/" };
                    (format!("{key}{slash}{id}/{path}"), fact)
                }));
            }
        }
        facts.sort_by(|(a, _), (b, _)| a.cmp(b));
        serializer.collect_map(facts.iter().map(|(address, fact)| (address, Recorded(fact))))
    }
}

/// An origin with the value that was written, so that a change by hand can be told.
struct Recorded<'a>(&'a Fact);

impl Serialize for Recorded<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Fact { value, origin } = self.0;
        let mut map = serializer.serialize_map(None)?;
        if let Some(at) = origin.captured {
            map.serialize_entry("captured", &print_time(at))?;
        }
        if !origin.derived_from.is_empty() {
            map.serialize_entry("derivedFrom", &origin.derived_from)?;
        }
        map.serialize_entry("file", &*origin.file)?;
        if !origin.pointer.is_empty() {
            map.serialize_entry("pointer", &origin.pointer)?;
        }
        map.serialize_entry("value", &recorded(value))?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_yaml_could_misread_is_quoted() {
        for text in [
            "off",
            "No",
            "1.5",
            "",
            "a: b",
            "- x",
            "#x",
            "null",
            "none",
            "2020-01-01",
            "[a]",
            "a\nb",
            "*a",
        ] {
            assert!(quote(text).starts_with('"'), "{text}");
        }
        for text in ["web01", "rg-dr", "V2A-W2K12-400", "/mnt".trim_start_matches('/')] {
            assert_eq!(quote(text), text);
        }
        assert_eq!(quote("a\"b\\c\u{2028}"), "\"a\\\"b\\\\c\\u2028\"");
    }
}
