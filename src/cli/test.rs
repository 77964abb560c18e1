//! `failback test`: runs the cases of manual pages, and with `--mutate` tries whether they notice changes of the rules.

use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::args::{self, Color};
use crate::cli::{BROKEN, FOUND, NOTHING, OK, Output, check, pack, terminal};
use crate::packs;
use crate::report::layout::{Look, Tone};
use crate::report::sanitise;
use crate::spec::mutate::Mutations;
use crate::spec::page::Page;
use crate::spec::{self, CaseResult, mutate};

/// The pages of one pack.
struct Job {
    pack: Vec<(String, String)>,
    pages: Vec<Page>,
}

/// Runs the command.
pub fn run(arguments: &args::Test, color: Color) -> Output {
    let look = terminal::look(color);
    let jobs = match jobs(arguments) {
        Ok(jobs) => jobs,
        Err(output) => return output,
    };
    let mut results: Vec<CaseResult> = Vec::new();
    let mut errors = Vec::new();
    for job in &jobs {
        let mut found = spec::run(&job.pages, &job.pack);
        results.append(&mut found.cases);
        errors.append(&mut found.errors);
    }
    if results.is_empty() {
        let message = "no page with a case was found";
        let help = "a case is a ```yaml block below a heading such as `## ABC-001: …`";
        return Output { code: NOTHING, ..Output::broken(message, Some(help)) };
    }
    let mut text = String::new();
    for result in results.iter().filter(|result| !result.passed()) {
        tell(&mut text, result, &look);
    }
    let failed = results.iter().filter(|result| !result.passed()).count();
    let line = format!("{} passed, {failed} failed", results.len() - failed);
    let tone = if failed == 0 { Tone::Good } else { Tone::Bad };
    text.push_str(&look.paint(tone, &line));
    text.push('\n');
    for error in errors.iter().rev() {
        text.insert_str(0, &format!("{}\n", sanitise::clean(error)));
    }
    // Of a page that does not hold nobody can say what it notices.
    if arguments.mutate && failed == 0 && errors.is_empty() {
        let mut all = Mutations::default();
        for job in &jobs {
            let mut own = mutate::run(&job.pages, &job.pack, arguments.sample);
            all.tried += own.tried;
            all.noticed += own.noticed;
            all.equal += own.equal;
            all.unnoticed.append(&mut own.unnoticed);
            all.problems.append(&mut own.problems);
        }
        return tell_mutations(text, &all, &look);
    }
    Output::new(
        text,
        if !errors.is_empty() {
            BROKEN
        } else if failed == 0 {
            OK
        } else {
            FOUND
        },
    )
}

fn tell(out: &mut String, result: &CaseResult, look: &Look) {
    let about = result.rule.as_deref().unwrap_or("all rules");
    let page = sanitise::clean(&result.page);
    let lead = look.paint(Tone::Bad, "failed");
    out.push_str(&format!("{lead} {page}:{}: {}\n", result.line, sanitise::clean(about)));
    for problem in &result.problems {
        out.push_str(&format!("  {}\n", sanitise::clean(problem)));
    }
    let promised: Vec<&String> = result.problems.iter().collect();
    let rest = result
        .found
        .iter()
        .filter(|found| !promised.iter().any(|problem| problem.ends_with(found.as_str())));
    for found in rest {
        out.push_str(&format!("    found {}\n", sanitise::clean(found)));
    }
    out.push('\n');
}

/// What became of changes, behind what became of the cases.
fn tell_mutations(mut text: String, mutations: &Mutations, look: &Look) -> Output {
    for change in &mutations.unnoticed {
        let lead = look.paint(Tone::Bad, "unnoticed");
        let [file, owner, before, after] =
            [&change.file, &change.owner, &change.before, &change.after]
                .map(|part| sanitise::clean(part));
        let place = format!("{file}:{}:{}", change.line, change.column);
        text.push_str(&format!("{lead} {place}: {owner}: `{before}` becomes `{after}`\n"));
    }
    for problem in &mutations.problems {
        let lead = look.paint(Tone::Bad, "wrong mark");
        text.push_str(&format!("{lead} {}\n", sanitise::clean(problem)));
    }
    let good = mutations.unnoticed.is_empty() && mutations.problems.is_empty();
    let Mutations { tried, noticed, equal, unnoticed, .. } = mutations;
    let line = format!(
        "{tried} changes tried: {noticed} noticed, {equal} marked as equal, {} unnoticed",
        unnoticed.len()
    );
    text.push_str(&look.paint(if good { Tone::Good } else { Tone::Bad }, &line));
    text.push('\n');
    Output::new(text, if good { OK } else { FOUND })
}

fn jobs(arguments: &args::Test) -> Result<Vec<Job>, Output> {
    if arguments.paths.is_empty() {
        return Ok(match &arguments.pack.folder {
            None => packs::shipped().map(|pack| shipped(&pack)).collect(),
            Some(folder) => {
                vec![Job { pages: pack::pages(folder)?, pack: files(folder)? }]
            }
        });
    }
    let mut found: Vec<(Option<PathBuf>, Vec<Page>)> = Vec::new();
    for path in &arguments.paths {
        for page in pack::pages(path)? {
            let folder = arguments.pack.folder.clone().or_else(|| home(Path::new(&page.name)));
            match found.iter_mut().find(|(known, _)| *known == folder) {
                Some((_, pages)) => pages.push(page),
                None => found.push((folder, vec![page])),
            }
        }
    }
    let mut jobs = Vec::new();
    for (folder, pages) in found {
        match folder {
            Some(folder) => jobs.push(Job { pack: files(&folder)?, pages }),
            None => {
                jobs.extend(
                    packs::shipped()
                        .take(1)
                        .map(|pack| Job { pages: pages.clone(), ..shipped(&pack) }),
                );
            }
        }
    }
    Ok(jobs)
}

fn shipped(pack: &packs::Pack) -> Job {
    let own = |(name, text): (&str, &str)| (name.to_owned(), text.to_owned());
    Job {
        pack: pack.rules().map(own).collect(),
        pages: pack.pages().map(|(name, text)| Page::parse(name, text)).collect(),
    }
}

/// The folder of the pack that a page belongs to: the nearest one above it in which a pack is declared.
fn home(page: &Path) -> Option<PathBuf> {
    let full = fs::canonicalize(page).ok()?;
    let up = full.ancestors().skip(1).position(declares_pack)?;
    // As the user wrote it, as far as the user wrote it.
    let written = page.ancestors().nth(up + 1).filter(|path| !path.as_os_str().is_empty());
    match written {
        Some(path) => Some(path.to_path_buf()),
        None => full.ancestors().nth(up + 1).map(Path::to_path_buf),
    }
}

fn declares_pack(folder: &Path) -> bool {
    let Ok(entries) = fs::read_dir(folder) else { return false };
    entries.flatten().map(|entry| entry.path()).any(|path| {
        path.extension().is_some_and(|ending| ending == "gate")
            && fs::read_to_string(&path)
                .is_ok_and(|text| text.lines().any(|line| line.starts_with("pack ")))
    })
}

fn files(folder: &Path) -> Result<Vec<(String, String)>, Output> {
    let inputs = check::inputs(Some(folder));
    if let Some(problem) = inputs.problems.first() {
        return Err(Output::broken(&problem.message, problem.help.as_deref()));
    }
    let own = |file: &_| {
        let source = inputs.sources.get(*file);
        (source.name().to_owned(), source.text().to_owned())
    };
    Ok(inputs.packs.iter().flat_map(|pack| &pack.files).map(own).collect())
}
