//! A line that says how far a long import is.
//!
//! Owns when and where it is shown: on a terminal only, after a second, and not in CI. Where it ends, nothing of it is left.

use std::io::{IsTerminal, Write, stderr};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use crate::import::watch::Watch;
use crate::report::sanitise;

/// An import that takes no longer needs no line.
const PATIENCE: Duration = Duration::from_secs(1);
/// How often the line may change.
const BEAT: Duration = Duration::from_millis(200);
/// Where there are fewer columns, the line would break and could not be erased.
const NARROWEST: usize = 30;

/// The line; dropping it removes the line.
pub struct Progress {
    end: Option<Sender<()>>,
    shower: Option<JoinHandle<()>>,
}

impl Progress {
    /// A line that is shown in time, where somebody can see it.
    pub fn new(watch: &Arc<Watch>) -> Self {
        let seen = stderr().is_terminal()
            && std::env::var_os("CI").is_none_or(|value| value.is_empty())
            && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
        if !seen {
            return Self { end: None, shower: None };
        }
        let (end, ended) = channel();
        let watch = watch.clone();
        let shower =
            std::thread::spawn(move || show(&ended, &watch, &mut stderr(), PATIENCE, BEAT));
        Self { end: Some(end), shower: Some(shower) }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.end = None;
        if let Some(shower) = self.shower.take() {
            let _ = shower.join();
        }
    }
}

fn show(
    ended: &Receiver<()>,
    watch: &Watch,
    out: &mut dyn Write,
    patience: Duration,
    beat: Duration,
) {
    let started = Instant::now();
    let mut wait = patience;
    while ended.recv_timeout(wait) == Err(RecvTimeoutError::Timeout) {
        wait = beat;
        let width =
            terminal_size::terminal_size_of(stderr()).map_or(80, |(width, _)| usize::from(width.0));
        if width >= NARROWEST {
            let line = line(watch.look(), started.elapsed().as_secs(), width - 1);
            // Nobody may be looking any more.
            let _ = write!(out, "\r\u{1b}[K{line}").and_then(|()| out.flush());
        }
    }
    if wait == beat {
        let _ = write!(out, "\r\u{1b}[K").and_then(|()| out.flush());
    }
}

/// The line: how much of how much, what, and since when.
fn line((what, done, total): (String, u64, u64), seconds: u64, width: usize) -> String {
    let megabytes = |bytes: u64| format!("{}", bytes.div_ceil(1_000_000));
    let tail = format!(" ({seconds} s)");
    let head = if done < total {
        let percent = done * 100 / total;
        format!("{percent:>3} % of {} MB, ", megabytes(total))
    } else {
        String::new()
    };
    let room = width.saturating_sub(head.len() + tail.len());
    let what = sanitise::clean(&what).into_owned();
    // The end of a path tells more than its start.
    let count = what.chars().count();
    let what = if count > room {
        let kept: String = what.chars().skip(count - room.saturating_sub(1)).collect();
        format!("…{kept}")
    } else {
        what
    };
    format!("{head}{what}{tail}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_line_fits_and_tells_how_far_it_is() {
        let told = |what: &str, done, width| line((what.to_owned(), done, 400_000_000), 12, width);
        assert_eq!(
            told("exports/vms.json", 100_000_000, 79),
            " 25 % of 400 MB, exports/vms.json (12 s)"
        );
        let short = told("exports/a-long-name/of-a-folder/vms.json", 399_999_999, 39);
        assert_eq!(short, " 99 % of 400 MB, …older/vms.json (12 s)");
        assert_eq!(short.chars().count(), 39);
        assert_eq!(told("joining what was read", 400_000_000, 79), "joining what was read (12 s)");
        assert!(!told("a\u{1b}[2Jb", 1, 79).contains('\u{1b}'));
    }

    #[test]
    fn it_is_shown_after_a_while_and_erased_at_the_end() {
        let watch = Watch::default();
        watch.now("vms.json");
        let shown = |patience| {
            let (end, ended) = channel();
            let mut out = Tail { text: Vec::new(), end: Some(end) };
            // The first line that is written ends it, so that nothing has to be waited for.
            show(&ended, &watch, &mut out, patience, Duration::from_millis(1));
            String::from_utf8(out.text).expect("text")
        };
        let text = shown(Duration::from_millis(1));
        assert!(
            text.starts_with("\r\u{1b}[Kvms.json (0 s)") && text.ends_with("\r\u{1b}[K"),
            "{text:?}"
        );
        let (end, ended) = channel::<()>();
        drop(end);
        let mut nothing = Vec::new();
        show(&ended, &watch, &mut nothing, PATIENCE, BEAT);
        assert!(nothing.is_empty(), "what ends in time shows nothing");
    }

    struct Tail {
        text: Vec<u8>,
        end: Option<Sender<()>>,
    }

    impl Write for Tail {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.text.extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            self.end = None;
            Ok(())
        }
    }
}
