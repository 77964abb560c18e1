//! `failback lint`: what is wrong with rules, what is unused in them, and what can be proved of them.

use crate::cli::args::{self, Color, Pack};
use crate::cli::{FOUND, OK, Output, pack, terminal};
use crate::diagnostic::{Diagnostic, Severity};
use crate::prove::{self, Proof};
use crate::report::concise;
use crate::report::human::Printer;
use crate::report::layout::{Look, Tone};

/// Runs the command.
pub fn run(arguments: &args::Lint, color: Color) -> Output {
    let look = Look { all: arguments.all, ..terminal::look(color) };
    let folders: Vec<Pack> = match arguments.folders.as_slice() {
        [] => vec![Pack::default()],
        folders => folders.iter().map(|folder| Pack { folder: Some(folder.clone()) }).collect(),
    };
    let mut all = Output::new("", OK);
    let mut counts = [0; 3];
    let mut proved = (0, 0, 0);
    for folder in folders {
        let output = pack::with(&folder, |sources, packs| {
            let mut out = String::new();
            let printer = Printer::new(sources, &look);
            let mut told: Vec<&Diagnostic> =
                packs.iter().flat_map(|pack| &pack.loaded.diagnostics).collect();
            told.extend(idle(packs));
            // Of rules with errors some are left out, and what is said of the others might not hold.
            let proofs: Vec<Proof> = match told.iter().any(|told| rank(told) == 0) {
                true => Vec::new(),
                false => {
                    let judging = packs.iter().filter(|pack| pack.loaded.shared.is_none());
                    judging.map(|pack| prove::prove(&pack.loaded.rules)).collect()
                }
            };
            told.extend(proofs.iter().flat_map(|proof| &proof.diagnostics));
            // What stands in a pack that several use is told once.
            told.sort_by_key(|told| (told.span(), &told.code, &told.message));
            told.dedup();
            for proof in &proofs {
                proved.0 += proof.proved;
                proved.1 += proof.fixes;
                proved.2 += proof.examples;
            }
            for diagnostic in &told {
                counts[usize::from(rank(diagnostic))] += 1;
                if rank(diagnostic) == 2 && !look.all {
                    continue;
                }
                match arguments.concise {
                    true => concise::line(&mut out, sources, diagnostic),
                    false => printer.print(&mut out, diagnostic),
                }
            }
            Output::new(out, OK)
        });
        all.result.push_str(&output.result);
        all.aside.push_str(&output.aside);
        all.code = all.code.max(output.code);
    }
    if all.code != OK {
        return all;
    }
    let [errors, warnings, notes] = counts;
    let plural = |number: usize, word: &str| match number {
        1 => format!("1 {word}"),
        _ => format!("{number} {word}s"),
    };
    let line = format!(
        "{}, {}, {}",
        plural(errors, "error"),
        plural(warnings, "warning"),
        plural(notes, "note")
    );
    let hint = if notes > 0 && !look.all { " (--all shows notes)" } else { "" };
    let tone = if errors + warnings == 0 { Tone::Good } else { Tone::Bad };
    all.result.push_str(&format!("{}{hint}\n", look.paint(tone, &line)));
    if let (number, named @ 1.., examples) = proved {
        let fixes = if named == 1 { "fix" } else { "fixes" };
        let examples = plural(examples, "example");
        all.result.push_str(&format!("{number} of {named} {fixes} proved, on {examples}\n"));
    }
    all.code = if errors + warnings == 0 { OK } else { FOUND };
    all
}

/// What of the packs that are used by several nobody uses.
fn idle(packs: &[pack::Pack]) -> Vec<&Diagnostic> {
    let uses = |pack: &pack::Pack, told: &Diagnostic| {
        let mut files = pack.loaded.files.iter();
        files.any(|file| told.span().is_some_and(|span| span.file == file.file))
    };
    let is_idle = |told: &&Diagnostic| {
        let users = || packs.iter().filter(|pack| uses(pack, told));
        users().count() > 1 && users().all(|pack| pack.loaded.idle.contains(told))
    };
    packs.iter().flat_map(|pack| &pack.loaded.idle).filter(is_idle).collect()
}

fn rank(diagnostic: &Diagnostic) -> u8 {
    match diagnostic.severity {
        Severity::Error => 0,
        Severity::Warning => 1,
        Severity::Unknown | Severity::Pending | Severity::Waived | Severity::Note => 2,
    }
}
