//! A line that says how far a long import is.
//!
//! Owns when it is shown: on a terminal only, and only after a second.

use std::io::{IsTerminal, Write, stderr};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use crate::report::sanitise;

/// An import that takes no longer needs no line.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often the line may change.
const BEAT: Duration = Duration::from_millis(200);

/// The line; dropping it removes the line.
pub struct Progress {
    names: Option<Sender<String>>,
    shower: Option<JoinHandle<()>>,
}

impl Progress {
    /// A line that is shown in time, where somebody can see it.
    pub fn new() -> Self {
        if !stderr().is_terminal() {
            return Self { names: None, shower: None };
        }
        let (names, received) = channel();
        let shower = std::thread::spawn(move || show(&received));
        Self { names: Some(names), shower: Some(shower) }
    }

    /// Says what is being read.
    pub fn at(&self, number: usize, count: usize, name: &str) {
        if let Some(names) = &self.names {
            let name = sanitise::shorten(name, 60);
            let _ = names.send(format!("reading {number} of {count}: {}", sanitise::clean(&name)));
        }
    }
}

impl Default for Progress {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.names = None;
        if let Some(shower) = self.shower.take() {
            let _ = shower.join();
        }
    }
}

fn show(names: &Receiver<String>) {
    let mut name = String::new();
    let started = std::time::Instant::now();
    let mut shown = false;
    loop {
        match names.recv_timeout(BEAT) {
            Ok(new) => name = new,
            Err(RecvTimeoutError::Timeout) if started.elapsed() >= PATIENCE => {
                let seconds = started.elapsed().as_secs();
                let _ = write!(stderr(), "\r\u{1b}[K{name} ({seconds} s)");
                shown = true;
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => break,
        }
    }
    if shown {
        let _ = write!(stderr(), "\r\u{1b}[K");
    }
}
