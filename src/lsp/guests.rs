//! What is answered about descriptions, in files that others look after, too; and the commands.

use std::io::Write;
use std::rc::Rc;

use serde_json::{Value, json};

use crate::lsp::describe::Described;
use crate::lsp::describe::actions::Asked;
use crate::lsp::judge::Held;
use crate::lsp::rules::Pack;
use crate::lsp::rules::lens;
use crate::lsp::tell::Places;
use crate::lsp::{Failed, Server, capabilities, judge};
use crate::source::FileId;

impl<W: Write> Server<W> {
    pub(super) fn about_description(
        &mut self,
        method: &str,
        uri: &str,
        params: &Value,
        held: Option<&Held<'_>>,
    ) -> Result<Value, Failed> {
        match method {
            "textDocument/codeLens" => return Ok(self.verdict_lens(uri)),
            "textDocument/codeAction" => {
                return Ok(self.actions(uri, params, held).unwrap_or_default());
            }
            "textDocument/inlayHint" if !self.settings.hints => return Ok(Value::Null),
            _ => {}
        }
        let described = Described::find(held, &self.documents, uri, self.encoding);
        let answer = described.map(|described| described.answer(method, params));
        let answer = answer.unwrap_or(Ok(Value::Null));
        answer.map_err(|refused| Failed::new(-32803, refused.message()))
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

    /// What can be done about the findings in a range. A plan is only made where something in it failed.
    fn actions(&mut self, uri: &str, params: &Value, held: Option<&Held<'_>>) -> Option<Value> {
        let text = self.documents.get(uri)?.text.clone();
        let snippets = self.client["workspace"]["workspaceEdit"]["snippetEditSupport"] == true;
        let encoding = self.encoding;
        let fails = |told: &&Value| told["severity"] == 1 && told["data"]["id"].is_string();
        let asked = Asked { uri, text: &text, encoding, judged: &self.judged, snippets };
        if self.judged.steps.is_none() && asked.told(params).iter().any(fails) {
            let options = self.options();
            let own = Held::all(held).filter(|held| held.estate.open.iter().any(|one| one == uri));
            let steps = own.flat_map(|held| judge::steps(held, &options)).collect();
            self.judged.steps = Some(Rc::new(steps));
        }
        let asked = Asked { uri, text: &text, encoding, judged: &self.judged, snippets };
        Some(asked.actions(params, self.judged.steps.as_deref()))
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
        if name == "failback.explain" {
            let id = params["arguments"][0]["id"].as_str().ok_or_else(Failed::params)?;
            let page = (self.explain)(id, self.judging_rules());
            let page = page.map_err(|message| Failed::new(-32602, message))?;
            return Ok(json!({ "markdown": format!("```text\n{}\n```\n", page.trim_end()) }));
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
            "failback.ask" => judge::ask(estate, &options),
            _ => judge::check(estate, &options),
        })
    }
}
