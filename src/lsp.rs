//! The editor: a language server on standard input and output.
//!
//! Owns the life of a session: what it can do, which texts are open, when they are judged, and that each request is
//! answered once. Finds nothing itself: what is published of a text is what `check` and `lint` report of it.

pub mod files;
pub mod judge;
pub mod rules;
pub mod tell;
pub mod text;
pub mod typing;
pub mod wire;

mod capabilities;
mod guests;
mod restrain;
mod settings;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{BufReader, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::thread;

use serde_json::{Value, json};

use crate::lsp::files::{Document, Documents};
use crate::lsp::judge::{Compiled, Judged};
use crate::lsp::rules::Pack;
use crate::lsp::rules::answer::{Asked, workspace};
use crate::lsp::settings::Settings;
use crate::lsp::tell::{Places, most};
use crate::lsp::text::Encoding;
use crate::lsp::typing::Reading;
use crate::lsp::wire::Frame;
use crate::session::Options;
use crate::source::FileId;

/// Bytes of stack for the work: descriptions may be nested deeply.
const STACK: usize = 64 << 20;

/// Why a request is not answered: a number of the protocol and a sentence.
#[derive(Debug)]
pub struct Failed {
    code: i64,
    message: String,
}

impl Failed {
    fn new(code: i64, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    fn params() -> Self {
        Self::new(-32602, "the parameters do not fit the request")
    }
}

/// Serves one session, and gives the exit code: 0 after `shutdown` and `exit`, else 1.
pub fn run(folder: Option<PathBuf>) -> u8 {
    let (sender, frames) = mpsc::channel();
    thread::spawn(move || {
        let mut input = BufReader::new(std::io::stdin());
        // The end of the input ends the channel.
        while let Ok(Some(frame)) = wire::read(&mut input) {
            if sender.send(frame).is_err() {
                break;
            }
        }
    });
    let served = thread::Builder::new().stack_size(STACK).spawn(move || {
        let mut server = Server::new(std::io::stdout(), folder);
        server.serve(&frames)
    });
    served.ok().and_then(|thread| thread.join().ok()).unwrap_or(1)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Life {
    New,
    Running,
    ShutDown,
}

struct Server<W> {
    out: W,
    life: Life,
    encoding: Encoding,
    settings: Settings,
    /// The rules that the command line names.
    folder: Option<PathBuf>,
    folders: Vec<PathBuf>,
    documents: Documents,
    /// Whether something changed since all was judged.
    stale: bool,
    judged: Judged,
    /// What was published, by address.
    published: BTreeMap<String, Value>,
    /// Packs that are compiled, by the address of an open file, until a rule changes.
    compiled: BTreeMap<String, (Rc<Compiled>, FileId)>,
    cancelled: BTreeSet<String>,
    /// What the client can register later: formatting, watching.
    client: Value,
    requests: u64,
}

impl<W: Write> Server<W> {
    fn new(out: W, folder: Option<PathBuf>) -> Self {
        Self {
            out,
            life: Life::New,
            encoding: Encoding::default(),
            settings: Settings::default(),
            folder,
            folders: Vec::new(),
            documents: Documents::default(),
            stale: false,
            judged: Judged::default(),
            published: BTreeMap::new(),
            compiled: BTreeMap::new(),
            cancelled: BTreeSet::new(),
            client: Value::Null,
            requests: 0,
        }
    }

    fn serve(&mut self, frames: &Receiver<Frame>) -> u8 {
        let mut waiting: VecDeque<Frame> = VecDeque::new();
        loop {
            // Everything that is there already is looked at first, so that what is cancelled is not worked on.
            loop {
                match frames.try_recv() {
                    Ok(frame) => self.queue(&mut waiting, frame),
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) if waiting.is_empty() => return 1,
                    Err(TryRecvError::Disconnected) => break,
                }
            }
            let Some(frame) = waiting.pop_front() else {
                if self.stale {
                    self.guarded(Self::judge);
                    continue;
                }
                match frames.recv() {
                    Ok(frame) => self.queue(&mut waiting, frame),
                    Err(_) => return 1,
                }
                continue;
            };
            match frame {
                Frame::Message(message) => {
                    if message["method"] == "exit" {
                        return u8::from(self.life != Life::ShutDown);
                    }
                    self.message(&message);
                }
                Frame::Malformed => {
                    let error = json!({ "code": -32700, "message": "this is no message" });
                    self.send(&json!({ "jsonrpc": "2.0", "id": null, "error": error }));
                }
                Frame::TooLong => {
                    eprintln!("failback: a message of more than {} bytes ends this", wire::LONGEST);
                    return 1;
                }
            }
        }
    }

    fn queue(&mut self, waiting: &mut VecDeque<Frame>, frame: Frame) {
        if let Frame::Message(message) = &frame
            && message["method"] == "$/cancelRequest"
        {
            self.cancelled.insert(message["params"]["id"].to_string());
        }
        waiting.push_back(frame);
    }

    fn send(&mut self, message: &Value) {
        if self.settings.trace {
            eprintln!("failback: sends {message}");
        }
        // Where nobody listens any more the input ends, too.
        let _ = wire::write(&mut self.out, message);
    }

    fn notify(&mut self, method: &str, params: &Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    fn request(&mut self, method: &str, params: &Value) {
        self.requests += 1;
        let id = format!("failback-{}", self.requests);
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
    }

    /// Does some work; a fault in it ends nothing else.
    fn guarded<T>(&mut self, work: impl FnOnce(&mut Self) -> T) -> Option<T> {
        let done = catch_unwind(AssertUnwindSafe(|| work(self)));
        if done.is_err() {
            self.stale = false;
            eprintln!("failback: this is a fault of the program; please report it");
        }
        done.ok()
    }

    fn message(&mut self, message: &Value) {
        if self.settings.trace {
            eprintln!("failback: takes {message}");
        }
        let id = message.get("id").cloned();
        let method = message.get("method").and_then(Value::as_str);
        let params = message.get("params").cloned().unwrap_or_default();
        match (method, id) {
            (Some(method), Some(id)) => {
                let cancelled = self.cancelled.remove(&id.to_string());
                let answer = match cancelled {
                    true => Err(Failed::new(-32800, "cancelled")),
                    false => self
                        .guarded(|server| server.answer(method, &params))
                        .unwrap_or_else(|| Err(Failed::new(-32603, "a fault of the program"))),
                };
                let reply = match answer {
                    Ok(result) => json!({ "jsonrpc": "2.0", "id": id, "result": result }),
                    Err(failed) => {
                        let error = json!({ "code": failed.code, "message": failed.message });
                        json!({ "jsonrpc": "2.0", "id": id, "error": error })
                    }
                };
                self.send(&reply);
            }
            (Some(method), None) => {
                if self.life == Life::Running {
                    self.guarded(|server| server.told(method, &params));
                }
            }
            // The answer to a request of ours.
            (None, Some(_))
                if message.get("result").is_some() || message.get("error").is_some() =>
            {
                self.answered(message);
            }
            (None, id) => {
                let error = json!({ "code": -32600, "message": "this is no request" });
                let id = id.unwrap_or_default();
                self.send(&json!({ "jsonrpc": "2.0", "id": id, "error": error }));
            }
        }
    }

    /// Settings come as the answer to the one question that has a list as its result.
    fn answered(&mut self, message: &Value) {
        if let Some(settings) = message["result"].as_array().and_then(|all| all.first()) {
            self.settings.take(settings);
            self.stale = true;
        }
    }

    fn answer(&mut self, method: &str, params: &Value) -> Result<Value, Failed> {
        match (self.life, method) {
            (Life::New, "initialize") => {
                self.life = Life::Running;
                Ok(self.initialize(params))
            }
            (Life::New, _) => Err(Failed::new(-32002, "`initialize` comes first")),
            (Life::ShutDown, _) => Err(Failed::new(-32600, "the session is shut down")),
            (Life::Running, "initialize") => {
                Err(Failed::new(-32600, "the session is initialized already"))
            }
            (Life::Running, "shutdown") => {
                self.life = Life::ShutDown;
                Ok(Value::Null)
            }
            (Life::Running, _) if !capabilities::REQUESTS.contains(&method) => {
                Err(Failed::new(-32601, format!("there is no request `{method}`")))
            }
            (Life::Running, "workspace/executeCommand") => self.command(params),
            (Life::Running, "workspace/symbol") => Ok(self.workspace_symbols(params)),
            (Life::Running, _) => {
                let uri = params["textDocument"]["uri"].as_str().ok_or_else(Failed::params)?;
                match self.documents.get(uri).map(|document| document.is_rules) {
                    None => Ok(Value::Null),
                    Some(true) => self.about_rules(method, uri, params),
                    Some(false) => {
                        if self.stale {
                            self.judge();
                        }
                        Ok(self.about_description(method, uri, params))
                    }
                }
            }
        }
    }

    fn initialize(&mut self, params: &Value) -> Value {
        let offered = params["capabilities"]["general"]["positionEncodings"].as_array();
        let utf8 = offered.is_some_and(|all| all.iter().any(|name| name == "utf-8"));
        self.encoding = if utf8 { Encoding::Utf8 } else { Encoding::Utf16 };
        self.client = params["capabilities"].clone();
        self.settings.take(&params["initializationOptions"]);
        let folders = params["workspaceFolders"].as_array();
        let mut uris: Vec<&str> =
            folders.into_iter().flatten().filter_map(|folder| folder["uri"].as_str()).collect();
        if uris.is_empty() {
            uris.extend(params["rootUri"].as_str());
        }
        self.folders =
            uris.iter().filter_map(|uri| files::path(uri)).map(|p| files::real(&p)).collect();
        capabilities::of(self.encoding, &self.client)
    }

    fn told(&mut self, method: &str, params: &Value) {
        let document = &params["textDocument"];
        match method {
            "initialized" => self.register(),
            "textDocument/didOpen" => self.open(document),
            "textDocument/didChange" => {
                let Some(uri) = document["uri"].as_str() else { return };
                let Some(known) = self.documents.get_mut(uri) else { return };
                for change in params["contentChanges"].as_array().into_iter().flatten() {
                    let line = text::change(&mut known.text, change, self.encoding);
                    known.edited = line.or(known.edited);
                }
                known.version = document["version"].as_i64().unwrap_or(known.version);
                self.changed(uri);
            }
            "textDocument/didClose" => {
                let Some(uri) = document["uri"].as_str() else { return };
                if let Some(gone) = self.documents.remove(uri) {
                    self.stale = true;
                    if gone.is_rules {
                        self.compiled.clear();
                    }
                }
            }
            "textDocument/didSave" => self.stale = true,
            "workspace/didChangeWatchedFiles" => {
                self.compiled.clear();
                self.stale = true;
            }
            "workspace/didChangeWorkspaceFolders" => {
                let list = |key: &str| -> Vec<PathBuf> {
                    let all = params["event"][key].as_array().into_iter().flatten();
                    let paths = all.filter_map(|one| files::path(one["uri"].as_str()?));
                    paths.map(|path| files::real(&path)).collect()
                };
                let (added, removed) = (list("added"), list("removed"));
                self.folders.retain(|folder| !removed.contains(folder));
                self.folders.extend(added);
                self.stale = true;
            }
            "workspace/didChangeConfiguration" => {
                if self.client["workspace"]["configuration"] == true {
                    self.ask_settings();
                } else {
                    self.settings.take(&params["settings"]["failback"]);
                    self.stale = true;
                }
            }
            // What is not known may be left alone.
            _ => {}
        }
    }

    fn ask_settings(&mut self) {
        let items = json!({ "items": [{ "section": "failback" }] });
        self.request("workspace/configuration", &items);
    }

    fn register(&mut self) {
        let wanted = capabilities::later(&self.client);
        if !wanted.is_empty() {
            self.request("client/registerCapability", &json!({ "registrations": wanted }));
        }
        if self.client["workspace"]["configuration"] == true {
            self.ask_settings();
        }
    }

    fn open(&mut self, document: &Value) {
        let text = |key: &str| document[key].as_str().map(str::to_owned);
        let (Some(uri), Some(content)) = (text("uri"), text("text")) else { return };
        let path = files::path(&uri).map(|path| files::real(&path));
        // The ending comes first: one set-up of an editor may serve both kinds under one name.
        let ending = path.as_ref().and_then(|path| path.extension()).and_then(|end| end.to_str());
        let is_rules = match ending {
            Some("gate") => true,
            Some("yaml" | "yml" | "json") => false,
            _ => document["languageId"] == "gate",
        };
        let version = document["version"].as_i64().unwrap_or_default();
        let (edited, reading, known) = Default::default();
        let opened = Document { path, version, is_rules, text: content, edited, reading, known };
        self.documents.insert(uri.clone(), opened);
        self.changed(&uri);
    }

    fn changed(&mut self, uri: &str) {
        self.stale = true;
        if self.documents.get(uri).is_some_and(|document| document.is_rules) {
            self.compiled.clear();
        }
    }

    fn options(&self) -> Options {
        Options { now: self.settings.now, ..Options::default() }
    }

    fn judging_rules(&self) -> Option<PathBuf> {
        self.settings.rules.clone().or_else(|| self.folder.clone())
    }

    fn estates(&self) -> Vec<files::Estate> {
        let folders = if self.settings.alone { &[] } else { self.folders.as_slice() };
        let rules = self.judging_rules();
        files::estates(&self.documents, folders, rules.as_deref(), &self.options().limits)
    }

    /// Judges all that is open, and publishes what changed.
    fn judge(&mut self) {
        self.stale = false;
        let options = self.options();
        for document in self.documents.values_mut() {
            if !matches!(document.reading, Reading::Whole) {
                document.look(&options.limits);
            }
        }
        let mut judged = self.judge_descriptions(&options);
        if !judged.unread.is_empty() {
            for uri in std::mem::take(&mut judged.unread) {
                if let Some(document) = self.documents.get_mut(&uri) {
                    document.look(&options.limits);
                }
            }
            judged = self.judge_descriptions(&options);
        }
        for (uri, known) in std::mem::take(&mut judged.known) {
            if let Some(document) = self.documents.get_mut(&uri) {
                document.known = Some(Rc::new(known));
            }
        }
        let rules: Vec<String> = self
            .documents
            .iter()
            .filter(|(_, one)| one.is_rules)
            .map(|(uri, _)| uri.clone())
            .collect();
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

    fn judge_descriptions(&self, options: &Options) -> Judged {
        let mut judged = Judged::default();
        for estate in self.estates() {
            judge::descriptions(&estate, &self.documents, self.encoding, options, &mut judged);
        }
        judged
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

    fn compiled(&mut self, uri: &str) -> Option<(Rc<Compiled>, FileId)> {
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

    fn about_rules(&mut self, method: &str, uri: &str, params: &Value) -> Result<Value, Failed> {
        let Some((compiled, file)) = self.compiled(uri) else { return Ok(Value::Null) };
        let Some(files) = compiled.inputs.packs.first() else { return Ok(Value::Null) };
        let sources = &compiled.inputs.sources;
        let pack = Pack { sources, files, resolved: Rc::clone(&compiled.resolved) };
        if method == "textDocument/codeLens" {
            return Ok(self.rule_lenses(&pack, file));
        }
        if method == "textDocument/inlayHint" && !self.settings.hints {
            return Ok(Value::Null);
        }
        let (documents, encoding) = (&self.documents, self.encoding);
        let asked = Asked { pack: &pack, file, documents, encoding, params };
        match asked.answer(method) {
            None => Ok(Value::Null),
            Some(answer) => answer.map_err(|refused| Failed::new(-32803, refused.message())),
        }
    }

    fn workspace_symbols(&mut self, params: &Value) -> Value {
        let query = params["query"].as_str().unwrap_or_default().to_owned();
        let rules: Vec<String> = self
            .documents
            .iter()
            .filter(|(_, one)| one.is_rules)
            .map(|(uri, _)| uri.clone())
            .collect();
        let mut found: Vec<Value> = Vec::new();
        for uri in rules {
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
