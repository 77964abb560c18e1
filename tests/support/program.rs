//! Runs the program as a user does: arguments, files and variables in, whole output and exit code out.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;

/// A run to be made, in a folder of its own.
pub struct Run {
    folder: TempDir,
    arguments: Vec<String>,
    variables: BTreeMap<String, String>,
    input: Option<Vec<u8>>,
}

/// What came of it.
#[derive(Debug)]
pub struct Done {
    /// Standard output.
    pub out: String,
    /// Standard error.
    pub err: String,
    /// Exit code.
    pub code: i32,
}

impl Run {
    /// A run with arguments divided by blanks.
    pub fn new(arguments: &str) -> Self {
        Self {
            folder: TempDir::new().expect("a temporary folder"),
            arguments: arguments.split_whitespace().map(str::to_owned).collect(),
            variables: BTreeMap::new(),
            input: None,
        }
    }

    /// The folder in which the program runs.
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Adds an argument that may hold blanks.
    #[allow(dead_code)]
    pub fn argument(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    /// Writes a file.
    pub fn file(self, name: &str, content: impl AsRef<[u8]>) -> Self {
        let path = self.path().join(name);
        fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        fs::write(path, content).expect("a file");
        self
    }

    /// Copies the pack with which these tests are made.
    pub fn pack(self) -> Self {
        self.file("rules/demo.gate", PACK)
    }

    /// Sets a variable of the environment.
    pub fn variable(mut self, name: &str, value: &str) -> Self {
        self.variables.insert(name.to_owned(), value.to_owned());
        self
    }

    /// What standard input holds.
    pub fn input(mut self, input: impl AsRef<[u8]>) -> Self {
        self.input = Some(input.as_ref().to_vec());
        self
    }

    /// Runs.
    pub fn done(&self) -> Done {
        let mut command = Command::new(program());
        command.args(&self.arguments).current_dir(self.path()).env_clear();
        command.env("LANG", "C.UTF-8").env("COLUMNS", "80").envs(&self.variables);
        command.stdin(if self.input.is_some() { Stdio::piped() } else { Stdio::null() });
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().expect("the program starts");
        if let (Some(input), Some(mut stdin)) = (&self.input, child.stdin.take()) {
            // The program may refuse before it has read everything.
            let _ = stdin.write_all(input);
        }
        let output = child.wait_with_output().expect("the program ends");
        Done {
            out: String::from_utf8(output.stdout).expect("text"),
            err: String::from_utf8(output.stderr).expect("text"),
            code: output.status.code().expect("an exit code"),
        }
    }

    /// Runs, and compares everything: output, messages and exit code.
    #[track_caller]
    pub fn gives(&self, code: i32, out: &str, err: &str) {
        let done = self.done();
        assert_eq!(done.out, out, "standard output; messages:\n{}", done.err);
        assert_eq!(done.err, err, "standard error");
        assert_eq!(done.code, code, "exit code");
    }
}

impl Done {
    /// Compares the exit code.
    #[track_caller]
    pub fn code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}{}", self.out, self.err);
        self
    }

    /// Looks for a text in the output.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.out.contains(text), "`{text}` is not in:\n{}{}", self.out, self.err);
        self
    }

    /// Looks for a text in the messages.
    #[track_caller]
    pub fn complains(self, text: &str) -> Self {
        assert!(self.err.contains(text), "`{text}` is not in:\n{}", self.err);
        self
    }

    /// Makes sure that a text is nowhere.
    #[track_caller]
    pub fn hides(self, text: &str) -> Self {
        assert!(!self.out.contains(text) && !self.err.contains(text), "{}{}", self.out, self.err);
        self
    }
}

/// The program under test.
pub fn program() -> PathBuf {
    PathBuf::from(env!("CARGO_BIN_EXE_failback"))
}

/// The head of a description.
pub const HEAD: &str = "apiVersion: failback/v1\nkind: Environment\nname: lab\n";

/// A small pack about nothing in particular.
pub const PACK: &str = r#"pack demo "A demonstration"

document paper "The paper" revision "2026" {
  clause A-1 "A server runs"
  clause A-2 "A server is not old"
  clause A-3 "A server has no snapshots"
  clause A-4 "A new server may need some time"
  clause A-5 "Nothing to see" note "it is only a heading"
}

unit Server

environment {
  asOf: time
  servers: [Server] "the servers" ask "Which servers are there?"
}

entity Server "a server" {
  id: key
  state: running | stopped "whether it runs" ask "Does {id} run?" find "Console > {id}"
  model: text "the model"
  snapshots: [Snapshot] "its snapshots"
  joined: bool "whether it has joined"
  bootedAt: time "when it was started"
  peer: ref Server or none default none "its peer"
}

record Snapshot "a snapshot" {
  name: text
}

prerequisite SRV-001 "A server runs" {
  clause  A-1
  for     s in servers
  require s.state == running
  because "{s} is {s.state}, so nothing can be done with it"
  why     "What does not run does nothing."
  fix     start(s)
  fix     replace(s)
}

unsupported SRV-002 "An old server is not supported" {
  clause  A-2
  for     s in servers
  when    s.model == "old"
  because "{s} is of an old model"
}

advisory SRV-003 "A server has no snapshots" {
  clause  A-3
  level   warning
  for     s in servers
  when    s.snapshots is not empty
  because "{s} has snapshots: {s.snapshots.name}"
}

prerequisite SRV-004 "A server has joined" {
  clause  A-4
  for     s in servers
  require s.joined
  grace   s.bootedAt + 15min
  because "{s} has not joined"
}

remedy start(s: Server) {
  do      "Start {s}"
  at      "Console > {s} > Start"
  run     "start {s}"
  role    admin
  effect  set s.state = running
  takes   unknown
  undo    needless
}

remedy replace(s: Server) {
  do      "Replace {s}"
  effect  set s.state = running
  takes   unknown
  undo    never
}
"#;
