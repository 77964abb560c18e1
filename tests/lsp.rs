//! Conversations with `failback lsp`, the built program: what is published is what `check` says, each request is answered
//! once, and nothing ends a session but its end.

mod describing;
mod doing;
mod mending;
mod same;

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufReader, Read, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use failback::lsp::wire::{self, Frame};
use serde_json::{Value, json};
use tempfile::TempDir;

/// A session of its own program.
struct Session {
    program: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
    asked: u64,
    /// The newest diagnostics by address, and their version.
    published: BTreeMap<String, (Option<i64>, Vec<Value>)>,
    verdicts: BTreeMap<String, Value>,
}

impl Session {
    fn start() -> Self {
        let mut program = Command::new(env!("CARGO_BIN_EXE_failback"))
            .arg("lsp")
            .env_remove("SOURCE_DATE_EPOCH")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("the program");
        let input = program.stdin.take().expect("its input");
        let output = BufReader::new(program.stdout.take().expect("its output"));
        Self {
            program,
            input,
            output,
            asked: 0,
            published: BTreeMap::new(),
            verdicts: BTreeMap::new(),
        }
    }

    fn open_in(folder: &Path, encoding: &str) -> Self {
        let mut session = Self::start();
        let answer = session.ask(
            "initialize",
            &json!({
                "capabilities": { "general": { "positionEncodings": [encoding] } },
                "workspaceFolders": [{ "uri": uri(folder), "name": "x" }],
                "initializationOptions": { "verdicts": true },
            }),
        );
        assert_eq!(answer["capabilities"]["positionEncoding"], encoding);
        session.tell("initialized", &json!({}));
        session
    }

    fn raw(&mut self, bytes: &[u8]) {
        self.input.write_all(bytes).expect("a program that listens");
        self.input.flush().expect("a program that listens");
    }

    fn send(&mut self, message: &Value) {
        wire::write(&mut self.input, message).expect("a program that listens");
    }

    fn tell(&mut self, method: &str, params: &Value) {
        self.send(&json!({ "jsonrpc": "2.0", "method": method, "params": params }));
    }

    fn next(&mut self) -> Option<Value> {
        let frame = wire::read(&mut self.output).expect("nothing but messages")?;
        let Frame::Message(message) = frame else { panic!("{frame:?} is no message") };
        let params = &message["params"];
        if message["method"] == "textDocument/publishDiagnostics" {
            let uri = params["uri"].as_str().expect("an address").to_owned();
            let list = params["diagnostics"].as_array().expect("a list").clone();
            self.published.insert(uri, (params["version"].as_i64(), list));
        } else if message["method"] == "failback/verdict" {
            let uri = params["uri"].as_str().expect("an address").to_owned();
            self.verdicts.insert(uri, params.clone());
        }
        Some(message)
    }

    /// The whole answer to a request.
    fn reply(&mut self, method: &str, params: &Value) -> Value {
        self.asked += 1;
        let id = self.asked;
        self.send(&json!({ "jsonrpc": "2.0", "id": id, "method": method, "params": params }));
        loop {
            let message = self.next().expect("an answer");
            if message["id"] == id && message.get("method").is_none() {
                return message;
            }
        }
    }

    fn ask(&mut self, method: &str, params: &Value) -> Value {
        let reply = self.reply(method, params);
        assert!(reply.get("error").is_none(), "{reply}");
        reply["result"].clone()
    }

    fn error(&mut self, method: &str, params: &Value) -> i64 {
        self.reply(method, params)["error"]["code"].as_i64().expect("an error")
    }

    fn open(&mut self, uri: &str, language: &str, version: i64, text: &str) -> Vec<Value> {
        let document =
            json!({ "uri": uri, "languageId": language, "version": version, "text": text });
        self.tell("textDocument/didOpen", &json!({ "textDocument": document }));
        self.diagnostics(uri, version)
    }

    fn replace(&mut self, uri: &str, version: i64, text: &str) -> Vec<Value> {
        self.change(uri, version, &json!([{ "text": text }]));
        self.diagnostics(uri, version)
    }

    fn change(&mut self, uri: &str, version: i64, changes: &Value) {
        let document = json!({ "uri": uri, "version": version });
        let params = json!({ "textDocument": document, "contentChanges": changes });
        self.tell("textDocument/didChange", &params);
    }

    /// Waits until all that was sent is judged: a lens of a description shows the verdict of its text.
    fn settle(&mut self, description: &str) {
        self.ask("textDocument/codeLens", &json!({ "textDocument": { "uri": description } }));
    }

    /// What was published last; nothing of a text that is left alone.
    fn newest(&self, uri: &str) -> Vec<Value> {
        self.published.get(uri).map(|(_, list)| list.clone()).unwrap_or_default()
    }

    /// The diagnostics of a version, once they are published.
    fn diagnostics(&mut self, uri: &str, version: i64) -> Vec<Value> {
        loop {
            if let Some((Some(known), list)) = self.published.get(uri)
                && *known == version
            {
                return list.clone();
            }
            self.next().expect("diagnostics");
        }
    }

    fn end(mut self) -> i32 {
        self.ask("shutdown", &Value::Null);
        assert_eq!(self.error("textDocument/hover", &json!({})), -32600);
        self.tell("exit", &Value::Null);
        self.program.wait().expect("an end").code().expect("a code")
    }
}

fn uri(path: &Path) -> String {
    failback::lsp::files::uri(path)
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// What `check` says of a file: code, severity, range in characters, message.
fn checked(file: &Path) -> Vec<(String, u64, [u64; 4], String)> {
    let done = Command::new(env!("CARGO_BIN_EXE_failback"))
        .args(["check", "--format", "json"])
        .arg(file)
        .env_remove("SOURCE_DATE_EPOCH")
        .output()
        .expect("the program");
    let report: Value = serde_json::from_slice(&done.stdout).expect("JSON");
    let mut found = Vec::new();
    let place = |entry: &Value| {
        let number = |key: &str| entry["location"][key].as_u64().map_or(0, |number| number - 1);
        [number("line"), number("column"), number("endLine"), number("endColumn")]
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let error = |entry: &Value| {
        let severity = if entry["level"] == "error" { 1 } else { 2 };
        (text(&entry["code"]), severity, place(entry), text(&entry["message"]))
    };
    found.extend(list(&report["errors"]).iter().map(error));
    for environment in list(&report["environments"]) {
        found.extend(list(&environment["documentErrors"]).iter().map(error));
        for entry in list(&environment["findings"]) {
            let severity = match (text(&entry["level"]).as_str(), text(&entry["outcome"]).as_str())
            {
                ("error", "fail") => 1,
                ("error", "unknown") | ("warning", "fail") => 2,
                (_, "unknown") => 4,
                _ => 3,
            };
            found.push((text(&entry["rule"]), severity, place(&entry), text(&entry["message"])));
        }
    }
    found.sort();
    found
}

/// Published diagnostics in the same form; columns are turned into characters.
fn shown(
    diagnostics: &[Value],
    text: &str,
    encoding: &str,
) -> Vec<(String, u64, [u64; 4], String)> {
    let lines: Vec<&str> = text.split('\n').collect();
    let place = |position: &Value| {
        let line = position["line"].as_u64().expect("a line");
        let mut units = position["character"].as_u64().expect("a column");
        let mut column = 0;
        for char in lines[line as usize].trim_start_matches('\u{feff}').chars() {
            if units == 0 {
                break;
            }
            units -= if encoding == "utf-8" { char.len_utf8() } else { char.len_utf16() } as u64;
            column += 1;
        }
        [line, column]
    };
    let mut found: Vec<_> = diagnostics
        .iter()
        .map(|one| {
            let (start, end) = (place(&one["range"]["start"]), place(&one["range"]["end"]));
            assert_eq!(one["source"], "failback");
            (
                one["code"].as_str().expect("a code").to_owned(),
                one["severity"].as_u64().expect("a severity"),
                [start[0], start[1], end[0], end[1]],
                one["message"].as_str().expect("a message").to_owned(),
            )
        })
        .collect();
    found.sort();
    found
}

#[test]
fn what_is_published_is_what_check_says() {
    for encoding in ["utf-8", "utf-16"] {
        for example in ["first-failback", "modernized", "ready", "win-4003"] {
            let folder = TempDir::new().expect("a folder");
            let text = fs::read_to_string(root().join("examples").join(example).join("site.yaml"))
                .expect("an example");
            // A column behind characters of several units.
            let text = text.replace("\nname: ", "\n# 한글 😀\nname: ");
            let file = folder.path().canonicalize().expect("a path").join("site.yaml");
            fs::write(&file, &text).expect("a file");
            let mut session = Session::open_in(folder.path(), encoding);
            let found = session.open(&uri(&file), "yaml", 1, &text);
            assert_eq!(shown(&found, &text, encoding), checked(&file), "{example}, {encoding}");
            assert_eq!(session.end(), 0);
        }
    }
}

#[test]
fn the_unsaved_text_is_judged_and_nothing_old_is_kept() {
    let folder = TempDir::new().expect("a folder");
    let text = fs::read_to_string(root().join("examples/first-failback/site.yaml")).expect("it");
    let file = folder.path().canonicalize().expect("a path").join("site.yaml");
    fs::write(&file, &text).expect("a file");
    let at = uri(&file);
    let mut session = Session::open_in(folder.path(), "utf-16");
    let codes = |list: &[Value]| -> Vec<String> {
        list.iter().map(|one| one["code"].as_str().unwrap_or("-").to_owned()).collect()
    };
    let found = session.open(&at, "yaml", 1, &text);
    assert!(codes(&found).contains(&"MT-001".to_owned()));
    let lens = session.ask("textDocument/codeLens", &json!({ "textDocument": { "uri": at } }));
    assert!(lens[0]["command"]["title"].as_str().expect("a title").starts_with("closed: "));
    let line = text.lines().position(|line| line == "    snapshots:").expect("it") as u64;
    let place = |line: u64, character: u64| json!({ "line": line, "character": character });
    let range = json!({ "start": place(line, 14), "end": place(line + 1, 999) });
    session.change(&at, 2, &json!([{ "range": range, "text": " []" }]));
    assert!(!codes(&session.diagnostics(&at, 2)).contains(&"MT-001".to_owned()));
    // Half typed: the syntax error alone, and no verdict.
    let found = session.replace(&at, 3, &text.replace("    snapshots:", "    snapshots: ["));
    assert!(codes(&found).contains(&"yaml-syntax".to_owned()), "{found:?}");
    assert!(!codes(&found).contains(&"GRP-002".to_owned()));
    session.ask("textDocument/codeLens", &json!({ "textDocument": { "uri": at } }));
    assert_eq!(session.verdicts[&at]["readable"], false);
    assert_ne!(session.verdicts[&at]["verdict"], "open");
    let plan = json!({ "command": "failback.plan", "arguments": [{ "uri": at }] });
    session.replace(&at, 4, &text);
    let plan = session.ask("workspace/executeCommand", &plan);
    assert!(plan["markdown"].as_str().expect("Markdown").contains("Step 1"));
    assert_eq!(plan["plan"]["environments"][0]["verified"], true);
    session.tell("textDocument/didClose", &json!({ "textDocument": { "uri": at } }));
    let symbols = session.ask("workspace/symbol", &json!({ "query": "" }));
    assert_eq!(symbols, json!([]));
    session.end();
}

#[test]
fn an_answer_is_offered_for_a_question_and_a_word_for_a_slip() {
    let folder = TempDir::new().expect("a folder");
    let text = fs::read_to_string(root().join("examples/win-4003/site.yaml")).expect("it");
    let at = uri(&folder.path().join("new.yaml"));
    let mut session = Session::open_in(folder.path(), "utf-8");
    let found = session.open(&at, "yaml", 1, &text);
    let whole =
        json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 9999, "character": 0 } });
    let params =
        json!({ "textDocument": { "uri": at }, "range": whole, "context": { "diagnostics": [] } });
    let actions = session.ask("textDocument/codeAction", &params);
    let is_answer = |action: &&Value| {
        action["title"].as_str().is_some_and(|title| title.starts_with("Answer "))
    };
    let answers: Vec<&Value> =
        actions.as_array().expect("a list").iter().filter(is_answer).collect();
    assert!(answers.len() > 10, "{}", answers.len());
    let mut version = 1;
    for action in answers.iter().step_by(7) {
        let title = action["title"].as_str().expect("a title");
        let edit = &action["edit"]["changes"][&at][0];
        version += 1;
        let changed = json!([{ "range": edit["range"], "text": edit["newText"] }]);
        session.change(&at, version, &changed);
        let now = session.diagnostics(&at, version);
        assert!(now.iter().all(|one| one["code"] != "yaml-syntax"), "{title}");
        assert!(now.len() <= found.len() + 5 && now != found, "{title}");
        version += 1;
        session.replace(&at, version, &text);
    }
    version += 1;
    let slip = text.replace("\nconfigurationServers:", "\nconfigurationServer:");
    session.replace(&at, version, &slip);
    let actions = session.ask("textDocument/codeAction", &params);
    let titles: Vec<&str> = actions
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|one| one["title"].as_str())
        .collect();
    assert!(
        titles.contains(&"Change `configurationServer` to `configurationServers`"),
        "{titles:?}"
    );
    session.end();
}

#[test]
fn guests_are_left_alone() {
    let folder = TempDir::new().expect("a folder");
    let mut session = Session::open_in(folder.path(), "utf-16");
    let at = uri(&folder.path().join("pod.yaml"));
    let text = "apiVersion: v1\nkind: Pod\nbad: [\n";
    let document = json!({ "uri": at, "languageId": "yaml", "version": 1, "text": text });
    session.tell("textDocument/didOpen", &json!({ "textDocument": document }));
    let place = json!({ "textDocument": { "uri": at }, "position": { "line": 0, "character": 1 } });
    for method in ["hover", "completion", "definition", "foldingRange", "formatting", "rename"] {
        assert_eq!(session.ask(&format!("textDocument/{method}"), &place), Value::Null);
    }
    assert!(session.published.is_empty());
    session.end();
}

#[test]
fn nothing_ends_a_session_but_its_end() {
    let mut session = Session::start();
    assert_eq!(session.error("textDocument/hover", &json!({})), -32002);
    session.raw(b"Content-Length: 5\r\n\r\n{oops");
    assert_eq!(session.next().expect("an error")["error"]["code"], -32700);
    session.raw(b"No-Length: 5\r\n\r\n");
    assert_eq!(session.next().expect("an error")["error"]["code"], -32700);
    session.ask("initialize", &json!({ "capabilities": {} }));
    assert_eq!(session.error("initialize", &json!({})), -32600);
    assert_eq!(session.error("textDocument/nothing", &json!({})), -32601);
    assert_eq!(session.error("$/nothing", &json!({})), -32601);
    assert_eq!(session.error("textDocument/hover", &json!({})), -32602);
    assert_eq!(session.error("workspace/executeCommand", &json!({ "command": "rm" })), -32602);
    session.send(&json!([{ "jsonrpc": "2.0", "id": 1, "method": "shutdown" }]));
    assert_eq!(session.next().expect("an error")["error"]["code"], -32600);
    let rules = "pack p \"t\"\n\nenvironment { a: int }\n\ndefine up = a > 1\n";
    session.open("untitled:one", "gate", 1, rules);
    let rename = json!({
        "textDocument": { "uri": "untitled:one" },
        "position": { "line": 4, "character": 8 },
        "newName": "a",
    });
    assert_eq!(session.error("textDocument/rename", &rename), -32803);
    let mut late = Session::start();
    late.tell("exit", &Value::Null);
    assert_eq!(late.program.wait().expect("an end").code(), Some(1));
    let mut gone = Session::start();
    drop(std::mem::replace(&mut gone.input, late.input));
    assert_eq!(gone.program.wait().expect("an end").code(), Some(1));
    let mut long = Session::start();
    long.raw(b"Content-Length: 99999999999\r\n\r\n{}");
    assert_eq!(long.program.wait().expect("an end").code(), Some(1));
    assert_eq!(session.end(), 0);
}

/// What is asked of a text by chance.
const METHODS: [&str; 16] = [
    "hover",
    "definition",
    "references",
    "documentHighlight",
    "documentSymbol",
    "completion",
    "signatureHelp",
    "codeAction",
    "codeLens",
    "inlayHint",
    "semanticTokens/full",
    "foldingRange",
    "formatting",
    "rangeFormatting",
    "prepareRename",
    "rename",
];

#[test]
fn whatever_is_edited_and_asked_each_request_is_answered_and_the_end_is_that_of_a_fresh_session() {
    let rounds = std::env::var("FAILBACK_LSP_MESSAGES").ok().and_then(|all| all.parse().ok());
    let mut state = 0x2545_F491_4F6C_DD1D_u64;
    let mut below = move |limit: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 33) as usize % limit.max(1)
    };
    let folder = TempDir::new().expect("a folder");
    let place = folder.path().canonicalize().expect("a path");
    let rules = "pack p \"t\"\n\nenvironment { servers: [Server] }\n\nentity Server {\n  id: key\n  on: bool\n}\n\n\
        prerequisite A-1 \"😀 é\" {\n  for     s in servers\n  require s.on\n  because \"{s} is off\"\n}\n";
    let site = fs::read_to_string(root().join("examples/first-failback/site.yaml"));
    let site = site.expect("an example").replace("\nname: ", "\nname: 한글");
    let mut texts = [("a.gate", "gate", rules.to_owned()), ("a.yaml", "yaml", site)];
    for (name, _, text) in &texts {
        fs::write(place.join(name), text).expect("a file");
    }
    let address = |name: &str| uri(&place.join(name));
    let mut session = Session::open_in(&place, "utf-8");
    for (name, language, text) in &texts {
        session.open(&address(name), language, 0, text);
    }
    let pieces = ["\n", "  ", ":", "\"", "{", "}", "s.", "é", "😀", "- ", "require ", "x", "[", ""];
    let mut version = 0;
    for _ in 0..rounds.unwrap_or(150) {
        let which = below(2);
        let (name, _, text) = &mut texts[which];
        let offset = |at: usize| (0..=at).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
        let (a, b) = (offset(below(text.len() + 1)), offset(below(text.len() + 1)));
        let position = |at: usize| {
            let before = &text[..at];
            let start = before.rfind('\n').map_or(0, |at| at + 1);
            json!({ "line": before.matches('\n').count(), "character": at - start })
        };
        let (start, end) =
            (a.min(b), a.max(b).min(offset((a.min(b) + 12).min(text.len()))).max(a.min(b)));
        let range = json!({ "start": position(start), "end": position(end) });
        if below(3) == 0 {
            version += 1;
            let piece = pieces[below(pieces.len())];
            session.change(&address(name), version, &json!([{ "range": range, "text": piece }]));
            text.replace_range(start..end, piece);
        } else {
            let method = format!("textDocument/{}", METHODS[below(METHODS.len())]);
            let params = json!({
                "textDocument": { "uri": address(name) },
                "position": position(start),
                "range": range,
                "newName": "y",
                "context": { "diagnostics": [] },
            });
            let reply = session.reply(&method, &params);
            let code = reply["error"]["code"].as_i64();
            assert!(matches!(code, None | Some(-32803)), "{method}: {reply}");
        }
    }
    let mut last: Vec<Vec<Value>> = Vec::new();
    for (name, _, text) in &texts {
        version += 1;
        session.change(&address(name), version, &json!([{ "text": text }]));
    }
    session.settle(&address("a.yaml"));
    for (name, ..) in &texts {
        last.push(session.newest(&address(name)));
    }
    session.end();
    let mut fresh = Session::open_in(&place, "utf-8");
    for (name, language, text) in &texts {
        let (uri, version) = (address(name), 0);
        let document =
            json!({ "uri": uri, "languageId": language, "version": version, "text": text });
        fresh.tell("textDocument/didOpen", &json!({ "textDocument": document }));
    }
    fresh.settle(&address("a.yaml"));
    // Of a text that cannot be read a session that saw it readable tells what stayed.
    let is_read = fresh.verdicts.values().all(|verdict| verdict["readable"] == true);
    let compared = |all: &[Value]| -> Vec<Value> {
        let kept = all.iter().filter(|one| is_read || one["code"] == "yaml-syntax");
        kept.cloned().collect()
    };
    for ((name, _, text), old) in texts.iter().zip(&last) {
        assert_eq!(compared(&fresh.newest(&address(name))), compared(old), "{name}: {text}");
    }
    fresh.end();
}

#[test]
fn standard_output_holds_nothing_but_messages() {
    let mut session = Session::start();
    session.ask("initialize", &json!({ "capabilities": {} }));
    session.ask("shutdown", &Value::Null);
    session.tell("exit", &Value::Null);
    let mut rest = Vec::new();
    session.output.read_to_end(&mut rest).expect("its output");
    assert!(rest.is_empty());
}
