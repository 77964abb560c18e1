//! Judging all that is open, and publishing what changed of it.

use std::collections::{BTreeMap, VecDeque};
use std::hash::Hasher;
use std::io::Write;
use std::rc::Rc;
use std::sync::atomic::Ordering;
use std::sync::mpsc::Receiver;

use rustc_hash::FxHasher;
use serde_json::{Value, json};

use crate::lsp::files;
use crate::lsp::judge::{self, Compiled, Held, Judged};
use crate::lsp::rules::Pack;
use crate::lsp::rules::answer::workspace;
use crate::lsp::tell::{Places, most};
use crate::lsp::typing::Reading;
use crate::lsp::wire::Frame;
use crate::lsp::{Server, Turn, describe};
use crate::source::FileId;
use crate::stop::Stop;

impl<W: Write> Server<W> {
    /// Judges all that is open, publishes what changed, and attends to what comes in for as long as that holds.
    pub(super) fn judge(
        &mut self,
        frames: &Receiver<Frame>,
        waiting: &mut VecDeque<Frame>,
    ) -> Turn {
        self.stale = false;
        let mut options = self.options();
        self.stop.store(false, Ordering::Relaxed);
        options.limits.stop = Stop::when(self.stop);
        options.selection.stop = Stop::when(self.stop);
        for document in self.documents.values_mut() {
            if !matches!(document.reading, Reading::Whole) {
                document.look(&options.limits);
            }
        }
        loop {
            let estates = self.estates();
            let (mut turn, mut unread) = (Turn::Judge, Vec::new());
            let done = self.guarded(|server| {
                judge::hold(&estates, &options, None, &mut |held| {
                    if options.selection.stop.is_asked() {
                        turn = Turn::Stopped;
                        return;
                    }
                    let mut judged = Judged::default();
                    for held in Held::all(held) {
                        judge::descriptions(held, &server.documents, server.encoding, &mut judged);
                    }
                    if judged.unread.is_empty() {
                        server.take(judged);
                        turn = server.attend(frames, waiting, held);
                    } else {
                        unread = judged.unread;
                    }
                });
            });
            if done.is_none() {
                self.faulty();
            }
            if unread.is_empty() {
                return turn;
            }
            for uri in unread {
                if let Some(document) = self.documents.get_mut(&uri) {
                    document.look(&options.limits);
                }
            }
        }
    }

    /// Says of all open descriptions that a fault of the program keeps them from being judged.
    fn faulty(&mut self) {
        let mut judged = Judged::default();
        let start = json!({ "line": 0, "character": 0 });
        for (uri, _) in self.documents.iter().filter(|(_, one)| !one.is_rules) {
            let told = json!({
                "range": { "start": start, "end": start },
                "severity": 3,
                "source": "failback",
                "message": "not judged, as the program has a fault; please report it",
            });
            judged.diagnostics.insert(uri.clone(), vec![told]);
        }
        self.judged = judged;
        self.publish();
    }

    fn take(&mut self, mut judged: Judged) {
        for (uri, known) in std::mem::take(&mut judged.known) {
            if let Some(document) = self.documents.get_mut(&uri) {
                document.known = Some(Rc::new(known));
            }
        }
        let rules: Vec<String> = self.open_rules();
        for uri in rules {
            // A pack of which several files are open is looked at once.
            if !judged.diagnostics.contains_key(&uri)
                && let Some((compiled, _)) = self.compiled(&uri)
            {
                judge::rules(&compiled, &self.documents, self.encoding, &mut judged);
            }
        }
        self.judged = judged;
        self.publish();
    }

    fn open_rules(&self) -> Vec<String> {
        let open = self.documents.iter().filter(|(_, one)| one.is_rules);
        open.map(|(uri, _)| uri.clone()).collect()
    }

    fn publish(&mut self) {
        let mut now: BTreeMap<String, Value> = BTreeMap::new();
        for (uri, diagnostics) in &self.judged.diagnostics {
            let mut params =
                json!({ "uri": uri, "diagnostics": most(diagnostics.clone(), self.settings.most) });
            if let Some(document) = self.documents.get(uri) {
                params["version"] = json!(document.version);
            }
            now.insert(uri.clone(), params);
        }
        if self.settings.pull {
            let others = |uri: &&String| self.published.get(*uri) != now.get(*uri);
            let is_refreshed = self.client["workspace"]["diagnostics"]["refreshSupport"] == true;
            if is_refreshed && now.keys().chain(self.published.keys()).any(|uri| others(&uri)) {
                self.request("workspace/diagnostic/refresh", &Value::Null);
            }
            self.published = now;
            self.follow();
            return;
        }
        let gone: Vec<String> =
            self.published.keys().filter(|uri| !now.contains_key(*uri)).cloned().collect();
        for uri in gone {
            let mut params = json!({ "uri": uri, "diagnostics": [] });
            if let Some(document) = self.documents.get(&uri) {
                params["version"] = json!(document.version);
            }
            self.notify("textDocument/publishDiagnostics", &params);
        }
        for (uri, params) in &now {
            if self.published.get(uri) != Some(params) {
                self.notify("textDocument/publishDiagnostics", &params.clone());
            }
        }
        self.published = now;
        self.follow();
    }

    /// What goes with the diagnostics of a text.
    fn follow(&mut self) {
        if self.settings.verdicts {
            let verdicts: Vec<Value> = self.judged.verdicts.values().cloned().collect();
            for verdict in verdicts {
                self.notify("failback/verdict", &verdict);
            }
        }
        if self.client["workspace"]["codeLens"]["refreshSupport"] == true && self.settings.lens {
            self.request("workspace/codeLens/refresh", &Value::Null);
        }
    }

    /// The diagnostics of a text, for a client that asks for them; it knows them by a name of their content.
    pub(super) fn pulled(&self, params: &Value) -> Value {
        let uri = params["textDocument"]["uri"].as_str().unwrap_or_default();
        let none = json!([]);
        let items = self.published.get(uri).map_or(&none, |params| &params["diagnostics"]);
        let mut hasher = FxHasher::default();
        hasher.write(items.to_string().as_bytes());
        let id = format!("{:016x}", hasher.finish());
        if params["previousResultId"] == id.as_str() {
            return json!({ "kind": "unchanged", "resultId": id });
        }
        json!({ "kind": "full", "resultId": id, "items": items })
    }

    pub(super) fn compiled(&mut self, uri: &str) -> Option<(Rc<Compiled>, FileId)> {
        if let Some(known) = self.compiled.get(uri) {
            return Some(known.clone());
        }
        let path = self.documents.get(uri)?.path.clone();
        // Another file of the same pack may be open.
        let same = self.compiled.values().find_map(|(compiled, _)| {
            let mut files = compiled.inputs.packs.first()?.files.iter();
            let is_it = |file: &&FileId| {
                let name = compiled.inputs.sources.get(**file).name();
                path.as_ref().is_some_and(|path| *path == files::real(name.as_ref()))
            };
            files.find(is_it).map(|file| (Rc::clone(compiled), *file))
        });
        let found = same.or_else(|| judge::compile(&self.documents, uri))?;
        self.compiled.insert(uri.to_owned(), found.clone());
        Some(found)
    }

    pub(super) fn workspace_symbols(&mut self, params: &Value, held: Option<&Held<'_>>) -> Value {
        let query = params["query"].as_str().unwrap_or_default().to_owned();
        let mut found: Vec<Value> = Vec::new();
        for held in Held::all(held) {
            found.extend(describe::symbols::workspace(
                held,
                &self.documents,
                self.encoding,
                &query,
            ));
        }
        for uri in self.open_rules() {
            let Some((compiled, _)) = self.compiled(&uri) else { continue };
            let Some(files) = compiled.inputs.packs.first() else { continue };
            let sources = &compiled.inputs.sources;
            let pack = Pack { sources, files, resolved: Rc::clone(&compiled.resolved) };
            let places = Places { sources, documents: &self.documents, encoding: self.encoding };
            for symbol in workspace(&pack, &places, &query) {
                if !found.contains(&symbol) {
                    found.push(symbol);
                }
            }
        }
        json!(found)
    }
}
