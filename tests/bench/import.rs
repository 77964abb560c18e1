//! `cargo bench --bench import`: exports of estates of growing size, imported, with planted facts that have to come out.
//!
//! Prints time and peak memory of one import with the writing of its description and its sidecar, each in a process of
//! its own. The last column compares with the estate a tenth as large: the time may grow no faster than the estate.

#[path = "../support/mod.rs"]
mod support;

use std::fs;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use failback::import::write::Sidecar;
use failback::import::{Options, file, import};
use support::exports::{self, Estate};

/// What is measured: a name, the estate, and how often.
const CASES: [(&str, Estate, usize); 5] = [
    ("typical", Estate { items: 200, vms: 800, govc: false }, 7),
    ("tenth of the ceiling", Estate { items: 1_000, vms: 4_500, govc: false }, 5),
    ("ceiling", Estate { items: 10_000, vms: 45_000, govc: false }, 3),
    ("tenth, govc", Estate { items: 1_000, vms: 4_500, govc: true }, 5),
    ("ceiling, govc", Estate { items: 10_000, vms: 45_000, govc: true }, 3),
];

fn main() {
    let arguments: Vec<String> =
        std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    match words.as_slice() {
        ["one", number, folder] => one(number.parse().expect("a number"), Path::new(folder)),
        ["write", number, folder] => {
            let (_, estate, _) = CASES[number.parse::<usize>().expect("a number")];
            exports::write(Path::new(folder), estate).expect("the exports can be written");
        }
        only => table(only),
    }
}

/// Imports a folder in this process; prints seconds and peak memory in MiB.
fn one(number: usize, folder: &Path) {
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .expect("the generated folder is there")
        .map(|entry| entry.expect("an entry").path())
        .collect();
    files.sort();
    let start = Instant::now();
    let done = import(files.into_iter().map(file), &Options::default());
    let description = done.yaml(false);
    let beside = folder.with_extension("provenance.json");
    let mut out = BufWriter::new(fs::File::create(&beside).expect("a file beside the folder"));
    let sidecar = Sidecar { environments: &done.environments, description: None };
    serde_json::to_writer_pretty(&mut out, &sidecar).expect("JSON");
    out.flush().expect("the file can be written");
    let seconds = start.elapsed().as_secs_f64();
    let (memory, busy) = (peak(), busy());
    exports::planted(&done, CASES[number].1);
    println!(
        "{seconds} {memory} {} {busy}",
        description.len() as u64 + fs::metadata(&beside).expect("written").len()
    );
}

/// Seconds for which this process kept processors busy, where the system tells; it counts hundredths.
fn busy() -> f64 {
    let stat = fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
    fields.skip(11).take(2).map(|ticks| ticks.parse::<f64>().unwrap_or(f64::NAN)).sum::<f64>()
        / 100.0
}

/// Peak resident memory of this process in MiB, where the system tells.
fn peak() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap_or_default();
    line.split_whitespace().nth(1).and_then(|kib| kib.parse::<f64>().ok()).unwrap_or(f64::NAN)
        / 1024.0
}

fn table(only: &[&str]) {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("exports");
    println!(
        "{:<22} {:>7} {:>7} {:>8} {:>8} {:>9} {:>9} {:>9} {:>11}",
        "case", "items", "VMs", "MB in", "MB out", "seconds", "busy s", "MiB", "x a tenth"
    );
    let mut before: Option<f64> = None;
    for (number, (name, estate, runs)) in CASES.iter().enumerate() {
        if !only.is_empty() && !only.iter().any(|word| name.contains(word)) {
            continue;
        }
        let bytes = exports::write(&folder, *estate).expect("the exports can be written");
        let mut times = Vec::new();
        let (mut memory, mut out): (f64, f64) = (0.0, 0.0);
        let mut busy = Vec::new();
        for _ in 0..*runs {
            let program = std::env::current_exe().expect("the benchmark knows itself");
            let done = Command::new(program)
                .args(["one", &number.to_string()])
                .arg(&folder)
                .output()
                .expect("it runs");
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
            let text = String::from_utf8_lossy(&done.stdout).into_owned();
            let words: Vec<f64> =
                text.split_whitespace().map(|word| word.parse().expect("a number")).collect();
            times.push(words[0]);
            memory = memory.max(words[1]);
            out = words[2];
            busy.push(words[3]);
        }
        times.sort_by(f64::total_cmp);
        busy.sort_by(f64::total_cmp);
        let (seconds, busy) = (times[times.len() / 2], busy[busy.len() / 2]);
        // Compared is what it costs: a machine that has something else to do makes both slow, but not alike.
        let growth = match before.filter(|_| name.starts_with("ceiling")) {
            Some(tenth) => format!("{:.1}", busy / tenth),
            None => String::new(),
        };
        before = Some(busy);
        println!(
            "{name:<22} {:>7} {:>7} {:>8.1} {:>8.1} {seconds:>9.3} {busy:>9.2} {memory:>9.1} {growth:>11}",
            estate.items,
            estate.vms,
            bytes as f64 / 1e6,
            out / 1e6
        );
    }
    let _ = fs::remove_dir_all(folder);
}
