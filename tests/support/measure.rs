//! Time and peak memory of one piece of work, in a process of its own.
//!
//! Peak memory is told per process, so a benchmark runs itself again for each figure: `measure` starts it with the
//! arguments `one WHAT FILE…`, and the benchmark answers with `told`.

use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// Runs a piece of work in this process and prints its seconds, peak memory in MiB, and a figure of its own.
pub fn told(work: impl FnOnce() -> usize) {
    let start = Instant::now();
    let figure = work();
    println!("{} {} {figure}", start.elapsed().as_secs_f64(), peak());
}

/// What a piece of work took.
#[derive(Clone, Copy)]
#[allow(dead_code)]
pub struct Measured {
    /// The median of all runs, in seconds.
    pub seconds: f64,
    /// The most that any run took, in MiB.
    pub memory: f64,
    /// The figure that the work told of itself.
    pub figure: usize,
}

/// Runs this benchmark again, so many times, for one piece of work on a file.
pub fn measure(what: &[&str], file: &Path, runs: usize) -> Measured {
    let program = std::env::current_exe().expect("the benchmark knows itself");
    let (first, rest) = what.split_first().expect("something is measured");
    let (mut times, mut memory, mut figure) = (Vec::new(), 0.0_f64, 0);
    for _ in 0..runs {
        let output = Command::new(&program)
            .args(["one", first])
            .arg(file)
            .args(rest)
            .output()
            .expect("it runs");
        let errors = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "{what:?} on {}: {errors}", file.display());
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let mut words = text.split_whitespace();
        let mut next = || words.next().and_then(|word| word.parse::<f64>().ok());
        times.push(next().expect("seconds"));
        memory = memory.max(next().expect("memory"));
        figure = next().expect("a figure") as usize;
    }
    times.sort_by(f64::total_cmp);
    Measured { seconds: times[times.len() / 2], memory, figure }
}

/// Peak resident memory of this process in MiB, where the system tells.
fn peak() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(f64::NAN)
        / 1024.0
}
