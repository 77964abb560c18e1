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
mod describe;
mod guests;
mod publish;
mod restrain;
mod settings;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::io::{BufReader, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Receiver, TryRecvError};
use std::thread;

use serde_json::{Value, json};

use crate::lsp::files::{Document, Documents};
use crate::lsp::judge::{Compiled, Held, Judged};
use crate::lsp::rules::Pack;
use crate::lsp::rules::answer::Asked;
use crate::lsp::settings::Settings;
use crate::lsp::text::Encoding;
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

/// The manual page of a rule, of the rules in a folder or of the shipped ones, or why there is none.
pub type Explain = fn(&str, Option<PathBuf>) -> Result<String, String>;

/// Serves one session, and gives the exit code: 0 after `shutdown` and `exit`, else 1.
pub fn run(folder: Option<PathBuf>, explain: Explain) -> u8 {
    let (sender, frames) = mpsc::channel();
    // One for the life of the program: a check that goes on is left off once a text changes.
    let stop: &'static AtomicBool = Box::leak(Box::default());
    thread::spawn(move || {
        let mut input = BufReader::new(std::io::stdin());
        // The end of the input ends the channel.
        while let Ok(Some(frame)) = wire::read(&mut input) {
            let is_change =
                matches!(&frame, Frame::Message(it) if it["method"] == "textDocument/didChange");
            if sender.send(frame).is_err() {
                break;
            }
            if is_change {
                stop.store(true, Ordering::Relaxed);
            }
        }
    });
    let served = thread::Builder::new().stack_size(STACK).spawn(move || {
        let mut server = Server::new(std::io::stdout(), folder, explain, stop);
        server.serve(&frames)
    });
    served.ok().and_then(|thread| thread.join().ok()).unwrap_or(1)
}

/// What comes after all that was to be done.
enum Turn {
    /// All is judged anew.
    Judge,
    /// A text changed while it was judged: that comes first.
    Stopped,
    /// The session ends with a code.
    End(u8),
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
    explain: Explain,
    /// Set when a text changes, so that a check of what it was is left off.
    stop: &'static AtomicBool,
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
    fn new(out: W, folder: Option<PathBuf>, explain: Explain, stop: &'static AtomicBool) -> Self {
        Self {
            out,
            life: Life::New,
            encoding: Encoding::default(),
            settings: Settings::default(),
            folder,
            explain,
            stop,
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
        let mut waiting = VecDeque::new();
        loop {
            let mut turn = match self.stale {
                true => self.judge(frames, &mut waiting),
                false => self.attend(frames, &mut waiting, None),
            };
            if let Turn::Stopped = turn {
                self.stale = true;
                turn = self.attend(frames, &mut waiting, None);
            }
            if let Turn::End(code) = turn {
                return code;
            }
        }
    }

    /// Does what comes in until all has to be judged anew: once nothing else is to be done, or a request asks for it.
    fn attend(
        &mut self,
        frames: &Receiver<Frame>,
        waiting: &mut VecDeque<Frame>,
        held: Option<&Held<'_>>,
    ) -> Turn {
        loop {
            // Everything that is there already is looked at first, so that what is cancelled is not worked on.
            loop {
                match frames.try_recv() {
                    Ok(frame) => self.queue(waiting, frame),
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) if waiting.is_empty() => return Turn::End(1),
                    Err(TryRecvError::Disconnected) => break,
                }
            }
            if self.stale && waiting.front().is_none_or(|frame| self.asks_verdict(frame)) {
                return Turn::Judge;
            }
            let Some(frame) = waiting.pop_front() else {
                match frames.recv() {
                    Ok(frame) => self.queue(waiting, frame),
                    Err(_) => return Turn::End(1),
                }
                continue;
            };
            match frame {
                Frame::Message(message) => {
                    if message["method"] == "exit" {
                        return Turn::End(u8::from(self.life != Life::ShutDown));
                    }
                    self.message(&message, held);
                }
                Frame::Malformed => {
                    let error = json!({ "code": -32700, "message": "this is no message" });
                    self.send(&json!({ "jsonrpc": "2.0", "id": null, "error": error }));
                }
                Frame::TooLong => {
                    eprintln!("failback: a message of more than {} bytes ends this", wire::LONGEST);
                    return Turn::End(1);
                }
            }
        }
    }

    /// Whether a frame is a request that is answered from what was judged.
    fn asks_verdict(&self, frame: &Frame) -> bool {
        let Frame::Message(message) = frame else { return false };
        let uri = message["params"]["textDocument"]["uri"].as_str();
        let is_judged = match message["method"].as_str() {
            Some("workspace/symbol" | "textDocument/diagnostic") => true,
            _ => uri.and_then(|uri| self.documents.get(uri)).is_some_and(|one| !one.is_rules),
        };
        is_judged && message.get("id").is_some()
    }

    fn queue(&mut self, waiting: &mut VecDeque<Frame>, frame: Frame) {
        if let Frame::Message(message) = &frame
            && message["method"] == "$/cancelRequest"
        {
            // What is answered already cannot be cancelled any more.
            let id = &message["params"]["id"];
            let asks = |frame: &Frame| matches!(frame, Frame::Message(asked) if asked["id"] == *id);
            if waiting.iter().any(asks) {
                self.cancelled.insert(id.to_string());
            }
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
            eprintln!("failback: this is a fault of the program; please report it");
        }
        done.ok()
    }

    fn message(&mut self, message: &Value, held: Option<&Held<'_>>) {
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
                        .guarded(|server| server.answer(method, &params, held))
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

    fn answer(
        &mut self,
        method: &str,
        params: &Value,
        held: Option<&Held<'_>>,
    ) -> Result<Value, Failed> {
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
            (Life::Running, "textDocument/diagnostic") => Ok(self.pulled(params)),
            (Life::Running, "workspace/symbol") => Ok(self.workspace_symbols(params, held)),
            (Life::Running, _) => {
                let uri = params["textDocument"]["uri"].as_str().ok_or_else(Failed::params)?;
                match self.documents.get(uri).map(|document| document.is_rules) {
                    None => Ok(Value::Null),
                    Some(true) => self.about_rules(method, uri, params),
                    Some(false) => self.about_description(method, uri, params, held),
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
        self.settings.pull = params["initializationOptions"]["diagnostics"] == "pull";
        capabilities::of(self.encoding, &self.client, self.settings.pull)
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
}
