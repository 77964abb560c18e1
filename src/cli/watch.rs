//! `failback check --watch`: a check, and again whenever what it reads changes.
//!
//! Owns the waiting. Each check is one of its own program, so that it says what it would say without this.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::hash::Hasher;
use std::io::{IsTerminal, Write, stdout};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, SystemTime};

use notify::{Config, Event, EventKind, PollWatcher, RecursiveMode, Watcher};
use rustc_hash::FxHasher;

use crate::cli::args;
use crate::cli::settings::Settings;
use crate::cli::{Output, reports};
use crate::report::layout::count;
use crate::session::{Inputs, files};
use crate::yaml::Limits;

/// How long nothing may change before a check begins: who saves several files wants one.
const QUIET: Duration = Duration::from_millis(100);
/// How often files are looked at where the system does not tell of changes.
const EACH: Duration = Duration::from_secs(1);
/// What files end with that a check may read.
const ENDINGS: [&str; 5] = ["yaml", "yml", "json", "gate", "toml"];

/// The arguments of each single check.
pub fn again(arguments: &[OsString]) -> Vec<OsString> {
    arguments.iter().skip(1).filter(|one| *one != "--watch").cloned().collect()
}

/// Checks until it is ended from outside; gives only what keeps it from that.
pub fn run(arguments: &args::Check, again: &[OsString]) -> Output {
    if arguments.paths.iter().any(|path| path.as_os_str() == "-") {
        return Output::broken("standard input cannot be watched", Some("name files or folders"));
    }
    let settings = reports::wanted(&arguments.report, &arguments.paths)
        .and_then(|wanted| Settings::read(arguments, wanted));
    match settings {
        Ok(settings) if settings.format.value.is_for_people() => {}
        Ok(_) => {
            let help = "`failback lsp` serves programs that follow changes";
            return Output::broken("`--watch` writes forms full and concise only", Some(help));
        }
        Err(output) => return output,
    }
    let (events, _watcher) = match watch(arguments) {
        Ok(watching) => watching,
        Err(error) => return Output::broken(format!("cannot watch: {error}"), None),
    };
    let program = match std::env::current_exe() {
        Ok(program) => program,
        Err(error) => return Output::broken(format!("cannot check: {error}"), None),
    };
    let is_terminal = stdout().is_terminal();
    let mut before = None;
    loop {
        let (state, files) = state(arguments);
        if before != Some(state) {
            let start = if is_terminal { "\u{1b}[2J\u{1b}[H" } else { "\n" };
            if is_terminal || before.is_some() {
                print(start);
            }
            before = Some(state);
            if let Err(error) = Command::new(&program).args(again).status() {
                return Output::broken(format!("cannot check: {error}"), None);
            }
            if is_terminal {
                let (files, time) = (count(files, "file"), clock());
                print(&format!("\nwatching {files}, last change {time} UTC; Ctrl-C ends\n"));
            }
        }
        if !wait(&events) {
            return Output::broken("nothing tells of changes any more", None);
        }
    }
}

fn print(text: &str) {
    let mut out = stdout().lock();
    // Where nobody reads any more the next check says so.
    let _ = out.write_all(text.as_bytes()).and_then(|()| out.flush());
}

/// Waits for a change, and until nothing changes any more; false where none can come.
fn wait(events: &Receiver<Event>) -> bool {
    loop {
        let Ok(event) = events.recv() else { return false };
        if matters(&event) {
            while events.recv_timeout(QUIET).is_ok() {}
            return true;
        }
    }
}

fn matters(event: &Event) -> bool {
    let is_read = |path: &PathBuf| {
        let ending = path.extension().and_then(|ending| ending.to_str());
        // A folder may come or go with all that is in it.
        ending.is_none_or(|ending| ENDINGS.iter().any(|known| ending.eq_ignore_ascii_case(known)))
    };
    !matches!(event.kind, EventKind::Access(_)) && event.paths.iter().any(is_read)
}

/// Begins to watch all that the check reads.
fn watch(arguments: &args::Check) -> notify::Result<(Receiver<Event>, Box<dyn Watcher>)> {
    let (sender, events) = channel();
    let tell = move |event: notify::Result<Event>| {
        if let Ok(event) = event {
            let _ = sender.send(event);
        }
    };
    let polled = tell.clone();
    let mut watcher: Box<dyn Watcher> = match notify::recommended_watcher(tell) {
        Ok(watcher) => Box::new(watcher),
        Err(_) => {
            let config = Config::default().with_poll_interval(EACH);
            Box::new(PollWatcher::new(polled, config)?)
        }
    };
    let mut seen: BTreeSet<PathBuf> = BTreeSet::new();
    for path in arguments.paths.iter().chain(&arguments.pack.folder) {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.clone());
        if path.is_dir() && seen.insert(path.clone()) {
            watcher.watch(&path, RecursiveMode::Recursive)?;
        }
        // What is replaced, or not there yet, is told of by the folder around it.
        let around = path.ancestors().skip(1).find(|folder| folder.is_dir());
        if let Some(folder) = around.filter(|folder| !seen.contains(*folder)) {
            seen.insert(folder.to_owned());
            watcher.watch(folder, RecursiveMode::NonRecursive)?;
        }
    }
    Ok((events, watcher))
}

/// What tells one state of all that is read from another, and how many descriptions it has. A report that is written
/// beside them changes nothing.
fn state(arguments: &args::Check) -> (u64, usize) {
    let mut inputs = Inputs::default();
    if let Some(folder) = &arguments.pack.folder {
        files::pack(&mut inputs, folder);
    }
    files::descriptions(&mut inputs, &arguments.paths, &Limits::default());
    let mut hasher = FxHasher::default();
    for (_, source) in inputs.sources.iter() {
        hasher.write(source.name().as_bytes());
        hasher.write(source.text().as_bytes());
        hasher.write_u8(0xff);
    }
    hasher.write(format!("{:?}{:?}", inputs.problems, inputs.origins).as_bytes());
    for path in [Path::new("failback.toml")].into_iter().chain(arguments.config.as_deref()) {
        hasher.write(&std::fs::read(path).unwrap_or_default());
    }
    (hasher.finish(), inputs.descriptions.len())
}

/// The time of day.
fn clock() -> String {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    let seconds = since.as_secs() % 86_400;
    format!("{:02}:{:02}:{:02}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}
