//! What can be done about a finding: answers, a key to write, a word that was meant, the step of the plan, the rule.
//!
//! No action changes a fact that failed: that is to be fixed in the world.

use serde_json::{Value, json};

use crate::lsp::judge::{Judged, Steps};
use crate::lsp::text::{Encoding, offset, offsets, position};
use crate::source::Sources;

/// Most words of which each is offered as an answer.
const WORDS: usize = 8;

/// What actions are made of.
pub struct Asked<'a> {
    /// The address of the text.
    pub uri: &'a str,
    /// The text.
    pub text: &'a str,
    /// How columns are counted.
    pub encoding: Encoding,
    /// What was found out of it.
    pub judged: &'a Judged,
    /// Whether the client takes edits with a gap to be filled in.
    pub snippets: bool,
}

impl Asked<'_> {
    /// What of the diagnostics of the text touches a range.
    pub fn told(&self, params: &Value) -> Vec<&Value> {
        let Some(wanted) = params.get("range") else { return Vec::new() };
        let wanted = offsets(self.text, wanted, self.encoding);
        let all = self.judged.diagnostics.get(self.uri).into_iter().flatten();
        let Some(wanted) = wanted else { return Vec::new() };
        all.filter(|told| self.touches(&told["range"], wanted)).collect()
    }

    fn touches(&self, range: &Value, wanted: (usize, usize)) -> bool {
        let found = offsets(self.text, range, self.encoding);
        found.is_some_and(|(start, end)| start <= wanted.1 && wanted.0 <= end)
    }

    /// All actions of a range; steps where a plan was made.
    pub fn actions(&self, params: &Value, steps: Option<&Steps>) -> Value {
        let mut actions: Vec<Value> = Vec::new();
        let mut offer =
            |title: &str, told: Option<&Value>, what: (&str, Value), preferred: bool| {
                if !actions.iter().any(|known| known["title"] == title) {
                    let mut action = json!({
                        "title": title,
                        "kind": "quickfix",
                        "isPreferred": preferred,
                        "diagnostics": told.into_iter().collect::<Vec<_>>(),
                    });
                    action[what.0] = what.1;
                    actions.push(action);
                }
            };
        let here = self.told(params);
        let wanted = params.get("range").and_then(|at| offsets(self.text, at, self.encoding));
        let corrections = self.judged.corrections.get(self.uri).into_iter().flatten();
        for correction in corrections {
            if wanted.is_some_and(|wanted| self.touches(&correction.range, wanted)) {
                let told = here.iter().find(|told| told["range"] == correction.range).copied();
                let edit = ("edit", correction.edit.clone());
                offer(&correction.title, told, edit, correction.alone);
            }
        }
        for told in &here {
            for question in told["data"]["questions"].as_array().into_iter().flatten() {
                for (title, edit) in self.answers(question) {
                    offer(&title, Some(told), ("edit", edit), false);
                }
            }
        }
        for told in &here {
            let step = told["data"]["id"].as_str().and_then(|id| steps?.get(id));
            if let Some((number, action)) = step {
                let title = format!("Show step {number} of the plan: {action}");
                let arguments = json!([{ "uri": self.uri, "step": number }]);
                let command = command(&title, "failback.plan", &arguments);
                offer(&title, Some(told), ("command", command), false);
            }
        }
        for told in &here {
            if let Some(rule) = told["code"].as_str().filter(|_| told["data"]["id"].is_string()) {
                let title = format!("Explain `{rule}`");
                let command = command(&title, "failback.explain", &json!([{ "id": rule }]));
                offer(&title, Some(told), ("command", command), false);
            }
        }
        json!(actions)
    }

    /// One edit for each word that may be the answer to a question; one that writes the key where they are not words.
    fn answers(&self, question: &Value) -> Vec<(String, Value)> {
        let place = &question["place"];
        let (Some(line), Some(written)) = (place["line"].as_u64(), place["text"].as_str()) else {
            return Vec::new();
        };
        if place["way"] != "below" {
            return Vec::new();
        }
        let (before, last) = written.rsplit_once('\n').map_or(("", written), |(a, b)| (a, b));
        let Some((key, words)) = last.split_once(": ") else { return Vec::new() };
        // Behind the line, whether or not another one follows.
        let start = json!({ "line": line - 1, "character": u32::MAX });
        let Some(end) = offset(self.text, &start, self.encoding) else { return Vec::new() };
        let place = self.place(end);
        let range = json!({ "start": place, "end": place });
        let before = if before.is_empty() { String::new() } else { format!("{before}\n") };
        let words: Vec<&str> = words.split(" | ").collect();
        let is_word = |word: &&str| word.chars().all(|char| char.is_ascii_alphanumeric());
        if words.len() < 2 || words.len() > WORDS || !words.iter().all(is_word) {
            if key.trim_start().starts_with('-') {
                return Vec::new();
            }
            let title = format!("State `{}`", key.trim().trim_matches('"'));
            return vec![(title, self.gap(&range, &format!("\n{before}{key}: ")))];
        }
        let edit = |word: &&str| {
            let new = format!("\n{before}{key}: {word}");
            let title = format!("Answer `{}: {word}`", key.trim());
            (title, json!({ "changes": { self.uri: [{ "range": range, "newText": new }] } }))
        };
        words.iter().map(edit).collect()
    }

    /// An edit behind which something is to be written.
    fn gap(&self, range: &Value, new: &str) -> Value {
        if !self.snippets {
            return json!({ "changes": { self.uri: [{ "range": range, "newText": new }] } });
        }
        let value = new.replace('\\', "\\\\").replace('$', "\\$").replace('}', "\\}");
        let snippet = json!({ "kind": "snippet", "value": format!("{value}$0") });
        let document = json!({ "uri": self.uri, "version": null });
        let edits = json!([{ "range": range, "snippet": snippet }]);
        json!({ "documentChanges": [{ "textDocument": document, "edits": edits }] })
    }

    fn place(&self, offset: usize) -> Value {
        let mut sources = Sources::default();
        let file = sources.add("", self.text);
        position(sources.get(file), offset as u32, self.encoding)
    }
}

fn command(title: &str, name: &str, arguments: &Value) -> Value {
    json!({ "title": title, "command": name, "arguments": arguments })
}
