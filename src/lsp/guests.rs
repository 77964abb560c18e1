//! What is answered about descriptions, in files that others look after, too; and the commands.

use std::io::Write;

use serde_json::{Value, json};

use crate::lsp::describe::Described;
use crate::lsp::judge::Held;
use crate::lsp::rules::Pack;
use crate::lsp::rules::lens;
use crate::lsp::tell::Places;
use crate::lsp::text::{offset, offsets};
use crate::lsp::{Failed, Server, capabilities, judge};
use crate::source::FileId;

/// Most words of which each is offered as an answer.
const WORDS: usize = 8;

impl<W: Write> Server<W> {
    pub(super) fn about_description(
        &self,
        method: &str,
        uri: &str,
        params: &Value,
        held: Option<&Held<'_>>,
    ) -> Result<Value, Failed> {
        match method {
            "textDocument/codeLens" => return Ok(self.verdict_lens(uri)),
            "textDocument/codeAction" => return Ok(self.actions(uri, params).unwrap_or_default()),
            "textDocument/inlayHint" if !self.settings.hints => return Ok(Value::Null),
            _ => {}
        }
        let described = Described::find(held, &self.documents, uri, self.encoding);
        let answer = described.and_then(|described| described.answer(method, params));
        Ok(answer.unwrap_or_default())
    }

    /// The verdict above the name of the environment.
    fn verdict_lens(&self, uri: &str) -> Value {
        let text = self.documents.get(uri).map(|one| one.text.as_str()).unwrap_or_default();
        let verdict = self.judged.verdicts.get(uri).filter(|_| self.settings.lens);
        let line = text.lines().position(|line| line.starts_with("name:"));
        let (Some(verdict), Some(line)) = (verdict, line) else { return json!([]) };
        let place = json!({ "line": line, "character": 0 });
        json!([{
            "range": { "start": place, "end": place },
            "command": {
                "title": verdict["summary"],
                "command": "failback.plan",
                "arguments": [{ "uri": uri }],
            },
        }])
    }

    /// Answers to the questions of the findings in a range, and corrections of what is misspelt.
    fn actions(&self, uri: &str, params: &Value) -> Option<Value> {
        let text = &self.documents.get(uri)?.text;
        let wanted = offsets(text, params.get("range")?, self.encoding)?;
        let touches = |range: &Value| {
            let found = offsets(text, range, self.encoding);
            found.is_some_and(|(start, end)| start <= wanted.1 && wanted.0 <= end)
        };
        let mut actions: Vec<Value> = Vec::new();
        let mut offer = |title: &str, told: Option<&Value>, edit: &Value, preferred: bool| {
            if !actions.iter().any(|known| known["title"] == title) {
                actions.push(json!({
                    "title": title,
                    "kind": "quickfix",
                    "isPreferred": preferred,
                    "diagnostics": told.into_iter().collect::<Vec<_>>(),
                    "edit": edit,
                }));
            }
        };
        let diagnostics = self.judged.diagnostics.get(uri);
        let here = || diagnostics.into_iter().flatten().filter(|told| touches(&told["range"]));
        let corrections = self.judged.corrections.get(uri).into_iter().flatten();
        for correction in corrections.filter(|one| touches(&one.range)) {
            let told = here().find(|told| told["range"] == correction.range);
            offer(&correction.title, told, &correction.edit, correction.alone);
        }
        for told in here() {
            for question in told["data"]["questions"].as_array().into_iter().flatten() {
                for (title, edit) in self.answers(text, question) {
                    offer(&title, Some(told), &json!({ "changes": { uri: [edit] } }), false);
                }
            }
        }
        Some(json!(actions))
    }

    /// One edit for each word that may be the answer to a question.
    fn answers(&self, text: &str, question: &Value) -> Vec<(String, Value)> {
        let place = &question["place"];
        let (Some(line), Some(written)) = (place["line"].as_u64(), place["text"].as_str()) else {
            return Vec::new();
        };
        if place["way"] != "below" {
            return Vec::new();
        }
        let (before, last) = written.rsplit_once('\n').map_or(("", written), |(a, b)| (a, b));
        let Some((key, words)) = last.split_once(": ") else { return Vec::new() };
        let words: Vec<&str> = words.split(" | ").collect();
        let is_word = |word: &&str| word.chars().all(|char| char.is_ascii_alphanumeric());
        if words.len() < 2 || words.len() > WORDS || !words.iter().all(is_word) {
            return Vec::new();
        }
        // Behind the line, whether or not another one follows.
        let start = json!({ "line": line - 1, "character": u32::MAX });
        let Some(end) = offset(text, &start, self.encoding) else { return Vec::new() };
        let column = self.column(text, end);
        let place = json!({ "line": line - 1, "character": column });
        let before = if before.is_empty() { String::new() } else { format!("{before}\n") };
        let edit = |word: &&str| {
            let new = format!("\n{before}{key}: {word}");
            let range = json!({ "start": place, "end": place });
            let title = format!("Answer `{}: {word}`", key.trim());
            (title, json!({ "range": range, "newText": new }))
        };
        words.iter().map(edit).collect()
    }

    fn column(&self, text: &str, end: usize) -> u64 {
        let mut sources = crate::source::Sources::default();
        let file = sources.add("", text);
        let place = crate::lsp::text::position(sources.get(file), end as u32, self.encoding);
        place["character"].as_u64().unwrap_or_default()
    }

    /// What the rules of a file say of the descriptions that are open.
    pub(super) fn rule_lenses(&self, pack: &Pack<'_>, file: FileId) -> Value {
        if !self.settings.lens {
            return json!([]);
        }
        let (documents, encoding) = (&self.documents, self.encoding);
        let places = Places { sources: pack.sources, documents, encoding };
        let lenses = lens::lenses(pack, &[], file).into_iter().filter_map(|lens| {
            let diagnostics = self
                .judged
                .diagnostics
                .iter()
                .filter(|(uri, _)| self.judged.verdicts.contains_key(*uri));
            let told = diagnostics.flat_map(|(_, all)| all).filter(|one| one["code"] == lens.rule);
            let count = told.count();
            (count > 0).then(|| {
                let plural = if count == 1 { "finding" } else { "findings" };
                let title = format!("{count} {plural} in the open descriptions");
                json!({
                    "range": places.range(lens.span),
                    "command": { "title": title, "command": "" },
                })
            })
        });
        json!(lenses.collect::<Vec<_>>())
    }

    pub(super) fn command(&mut self, params: &Value) -> Result<Value, Failed> {
        let name = params["command"].as_str().ok_or_else(Failed::params)?;
        if !capabilities::COMMANDS.contains(&name) {
            return Err(Failed::new(-32602, format!("there is no command `{name}`")));
        }
        let uri = params["arguments"][0]["uri"].as_str().ok_or_else(Failed::params)?;
        let estates = self.estates();
        let estate = estates.iter().find(|estate| estate.open.iter().any(|open| open == uri));
        let Some(estate) = estate else {
            return Err(Failed::new(-32602, format!("`{uri}` is no open description")));
        };
        let options = self.options();
        Ok(match name {
            "failback.plan" => judge::plan(estate, &options),
            _ => judge::check(estate, &options),
        })
    }
}
