//! From what `check` and `lint` report to the diagnostics of the protocol. Rewords nothing and leaves nothing out.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::{Map, Value, json};

use crate::diagnostic::{Diagnostic, Fix, Severity};
use crate::lsp::files::{Documents, uri_of};
use crate::lsp::text::{Encoding, range};
use crate::source::{Source, Sources, Span};

/// Evidence that is shown beside one finding, at most.
const EVIDENCE: usize = 16;

/// What is said of a declaration that nothing uses; editors show it faded.
const UNUSED: [&str; 5] =
    ["unused-definition", "unused-remedy", "unused-role", "unread-fact", "unused-uses"];

/// What places need to be shown to the client.
pub struct Places<'p> {
    /// The texts.
    pub sources: &'p Sources,
    /// The open texts.
    pub documents: &'p Documents,
    /// How columns are counted.
    pub encoding: Encoding,
}

/// Diagnostics by the address of their file; those without a place have none.
pub type ByFile = BTreeMap<Option<String>, Vec<Value>>;

impl Places<'_> {
    /// The range of a span.
    pub fn range(&self, span: Span) -> Value {
        range(self.sources.get(span.file), span, self.encoding)
    }

    /// A span with the address of its file.
    pub fn location(&self, span: Span) -> Value {
        json!({ "uri": self.uri(span), "range": self.range(span) })
    }

    /// The address of the file of a span.
    pub fn uri(&self, span: Span) -> String {
        uri_of(self.documents, self.sources.get(span.file).name())
    }

    /// Whether a client can open the file of a span: those in the program have no folder of the disk.
    pub fn is_on_disk(&self, span: Span) -> bool {
        let name = self.sources.get(span.file).name();
        Path::new(name).is_absolute() || self.documents.contains_key(name)
    }

    /// A `location` of the JSON of `check`: its span.
    fn span(&self, location: &Value) -> Option<Span> {
        let name = location.get("file")?.as_str()?;
        let (file, source) = self.sources.iter().find(|(_, source)| source.name() == name)?;
        let at = |line: &str, column: &str| {
            let number = |key: &str| Some(usize::try_from(location.get(key)?.as_u64()?).ok()? - 1);
            offset(source, number(line)?, number(column)?)
        };
        Some(Span::new(file, at("line", "column")?, at("endLine", "endColumn")?))
    }

    /// All of one JSON report of `check`.
    pub fn of_check(&self, report: &Value) -> ByFile {
        let mut found = ByFile::new();
        let list = |value: &Value, key: &str| {
            value.get(key).and_then(Value::as_array).cloned().unwrap_or_default()
        };
        for error in list(report, "errors") {
            self.put(&mut found, &error, self.error(&error));
        }
        for environment in list(report, "environments") {
            for error in list(&environment, "documentErrors") {
                self.put(&mut found, &error, self.error(&error));
            }
            let name = environment.get("name").cloned().unwrap_or_default();
            for finding in list(&environment, "findings") {
                self.put(&mut found, &finding, self.finding(&finding, &name));
            }
        }
        found
    }

    fn put(&self, found: &mut ByFile, entry: &Value, mut diagnostic: Value) {
        let span = entry.get("location").and_then(|location| self.span(location));
        let nowhere = json!({ "line": 0, "character": 0 });
        diagnostic["range"] =
            span.map_or(json!({ "start": nowhere, "end": nowhere }), |span| self.range(span));
        found.entry(span.map(|span| self.uri(span))).or_default().push(diagnostic);
    }

    fn error(&self, error: &Value) -> Value {
        let severity = match error["level"].as_str() {
            Some("error") => 1,
            Some("warning") => 2,
            _ => 3,
        };
        json!({
            "code": error["code"],
            "severity": severity,
            "source": "failback",
            "message": error["message"],
            "data": { "help": error["help"] },
        })
    }

    fn finding(&self, finding: &Value, environment: &Value) -> Value {
        let severity = match (finding["level"].as_str(), finding["outcome"].as_str()) {
            (Some("error"), Some("fail")) => 1,
            (Some("error"), Some("unknown")) => 2,
            (_, Some("pending")) => 3,
            (_, Some("unknown" | "waived")) => 4,
            (Some("warning"), _) => 2,
            _ => 3,
        };
        let none = Vec::new();
        let evidence = finding["evidence"].as_array().unwrap_or(&none);
        let beside = |fact: &Value| {
            let span = self.span(fact.get("location")?)?;
            let text = |key: &str| fact[key].as_str().unwrap_or("").to_owned();
            let message = format!("{}: {}", text("path"), text("value"));
            Some(json!({ "location": self.location(span), "message": message }))
        };
        let mut related: Vec<Value> = evidence.iter().filter_map(beside).take(EVIDENCE).collect();
        let rule = finding.get("ruleLocation").and_then(|location| self.span(location));
        if let Some(rule) = rule.filter(|span| self.is_on_disk(*span)) {
            related.push(json!({ "location": self.location(rule), "message": finding["rule"] }));
        }
        json!({
            "code": finding["rule"],
            "severity": severity,
            "source": "failback",
            "message": finding["message"],
            "relatedInformation": related,
            "data": {
                "environment": environment,
                "id": finding["id"],
                "blocks": finding["blocks"],
                "questions": finding["questions"],
            },
        })
    }

    /// What a correction changes.
    pub fn edit(&self, fix: &Fix) -> Value {
        let mut changes = Map::new();
        for edit in &fix.edits {
            let all = changes.entry(self.uri(edit.span)).or_insert_with(|| json!([]));
            if let Value::Array(all) = all {
                all.push(json!({ "range": self.range(edit.span), "newText": edit.text }));
            }
        }
        json!({ "changes": changes })
    }

    /// What is wrong with rules.
    pub fn of_rules(&self, diagnostics: &[Diagnostic]) -> ByFile {
        let mut found = ByFile::new();
        for told in diagnostics {
            let span = told.span();
            let severity = match told.severity {
                Severity::Error => 1,
                Severity::Warning | Severity::Unknown => 2,
                Severity::Pending | Severity::Waived | Severity::Note => 3,
            };
            let mut shown = Map::new();
            let nowhere = json!({ "line": 0, "character": 0 });
            let place = span.map(|span| self.range(span));
            shown.insert(
                "range".into(),
                place.unwrap_or(json!({ "start": nowhere, "end": nowhere })),
            );
            shown.insert("code".into(), json!(told.code));
            shown.insert("severity".into(), json!(severity));
            shown.insert("source".into(), json!("failback"));
            shown.insert("message".into(), json!(told.message));
            let others = told.labels.iter().skip(1).filter(|label| self.is_on_disk(label.span));
            let others = others.map(|label| {
                let seen = if label.message.is_empty() { &told.message } else { &label.message };
                json!({ "location": self.location(label.span), "message": seen })
            });
            let others: Vec<Value> = others.collect();
            if !others.is_empty() {
                shown.insert("relatedInformation".into(), json!(others));
            }
            if UNUSED.contains(&told.code.as_str()) {
                shown.insert("tags".into(), json!([1]));
            }
            shown.insert("data".into(), json!({ "help": told.help }));
            found.entry(span.map(|span| self.uri(span))).or_default().push(Value::Object(shown));
        }
        found
    }
}

/// The offset of a line and a column in characters, both from 0; a mark at the start of a text is no column.
fn offset(source: &Source, line: usize, column: usize) -> Option<usize> {
    let start = *source.line_starts().get(line)? as usize;
    let rest = source.text().get(start..)?;
    let mark = if line == 0 { rest.len() - rest.trim_start_matches('\u{feff}').len() } else { 0 };
    let rest = rest.get(mark..)?;
    let length = rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at);
    Some(start + mark + length)
}

/// At most so many, errors first, and then how many more there are.
pub fn most(mut diagnostics: Vec<Value>, most: usize) -> Vec<Value> {
    if diagnostics.len() <= most {
        return diagnostics;
    }
    diagnostics.sort_by_key(|one| one["severity"].as_u64());
    let more = diagnostics.len() - most;
    diagnostics.truncate(most);
    let start = json!({ "line": 0, "character": 0 });
    diagnostics.push(json!({
        "range": { "start": start, "end": start },
        "severity": 3,
        "source": "failback",
        "message": format!("{more} more are not shown here: `failback check` lists all of them"),
    }));
    diagnostics
}
