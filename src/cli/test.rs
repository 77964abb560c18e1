//! `failback test`: runs the cases of manual pages, and with `--mutate` tries whether they notice changes of the rules.

use std::collections::HashSet;
use std::fs;
use std::path::{Path, PathBuf};

use crate::cli::args::{self, Color};
use crate::cli::{BROKEN, FOUND, NOTHING, OK, Output, check, pack, terminal};
use crate::language;
use crate::packs;
use crate::report::layout::{Look, Tone};
use crate::report::sanitise;
use crate::session::library::{self, Home};
use crate::session::{Inputs, PackFiles, files};
use crate::spec::mutate::Mutations;
use crate::spec::page::Page;
use crate::spec::{self, CaseResult, Texts, mutate};

/// The pages of one pack, and of those that it uses.
struct Job {
    pack: Texts,
    pages: Vec<Page>,
    used: Vec<Page>,
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
        let mut found = spec::run_with(&job.pages, &job.used, &job.pack);
        results.append(&mut found.cases);
        errors.append(&mut found.errors);
    }
    run_somewhere(&mut results, jobs.len());
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
    let skipped = results.iter().filter(|result| result.skipped).count();
    let mut line = format!("{} passed, {failed} failed", results.len() - failed - skipped);
    if skipped > 0 {
        line.push_str(&format!(", {skipped} skipped as they speak of other packs"));
    }
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

/// A case of a page that several packs share speaks of what one of them knows: one that each skips is wrong.
fn run_somewhere(results: &mut [CaseResult], packs: usize) {
    let key = |result: &CaseResult| (result.page.clone(), result.line);
    let ran: HashSet<(String, usize)> =
        results.iter().filter(|result| !result.skipped).map(key).collect();
    let mut told = HashSet::new();
    for result in results.iter_mut().filter(|result| result.skipped && packs > 1) {
        let key = key(result);
        if !ran.contains(&key) && told.insert(key) {
            let problem = "no pack that uses this page knows all that the case speaks of";
            (result.skipped, result.problems) = (false, vec![problem.to_owned()]);
        }
    }
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
    let folder = arguments.pack.folder.as_deref();
    if arguments.paths.is_empty() {
        return match folder {
            None => Ok(shipped()),
            Some(folder) => of_folder(folder, pack::pages(folder)?, true),
        };
    }
    let mut found: Vec<(Option<PathBuf>, Vec<Page>)> = Vec::new();
    for path in &arguments.paths {
        // A pack without pages of its own has those of the packs that it uses.
        if arguments.pack.folder.is_none() && files::declared(path).is_some() {
            found.push((Some(path.clone()), Vec::new()));
        }
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
            Some(folder) => {
                let is_whole = arguments.paths.contains(&folder);
                jobs.append(&mut of_folder(&folder, pages, is_whole)?);
            }
            None => {
                let first = shipped().into_iter().take(1);
                jobs.extend(first.map(|job| Job { pages: pages.clone(), used: Vec::new(), ..job }));
            }
        }
    }
    Ok(jobs)
}

/// The pages of each shipped pack that judges, with those of the packs that it uses.
fn shipped() -> Vec<Job> {
    let inputs = Inputs::shipped();
    let job = |pack: &PackFiles| Job {
        pack: Texts::of(&inputs.sources, pack),
        pages: packs::find(&pack.name).map(pack::shipped_pages).unwrap_or_default(),
        used: pack::used_pages(pack).unwrap_or_default(),
    };
    inputs.packs.iter().map(job).collect()
}

/// Pages of the pack in a folder; all of them, or some. Those of a pack that judges nothing by itself run with each pack
/// beside it that uses it.
fn of_folder(folder: &Path, pages: Vec<Page>, is_whole: bool) -> Result<Vec<Job>, Output> {
    let (inputs, pack) = read(folder)?;
    let texts = Texts::of(&inputs.sources, &pack);
    if !is_shared(&inputs, &pack) {
        let (mut used, pages) = pages.into_iter().partition(|page| is_of_used(page, &pack));
        if is_whole {
            used = pack::used_pages(&pack)?;
        }
        return Ok(vec![Job { pack: texts, pages, used }]);
    }
    let home = Home::folder(folder);
    let Home::Folder(shown, real) = &home else { return Ok(Vec::new()) };
    let beside = library::beside(shown, real);
    let mut jobs = Vec::new();
    for name in library::siblings(&beside) {
        let (inputs, user) = read(&beside.join(name))?;
        if user.used.iter().any(|used| used.home == home) && !is_shared(&inputs, &user) {
            let pack = Texts::of(&inputs.sources, &user);
            jobs.push(Job { pack, pages: Vec::new(), used: pages.clone() });
        }
    }
    if jobs.is_empty() {
        let message = format!("no pack beside `{}` uses it", folder.display());
        let help = "the pages of a shared pack run with those that use it: name one of them";
        return Err(Output { code: NOTHING, ..Output::broken(message, Some(help)) });
    }
    Ok(jobs)
}

/// Whether a page stands in a folder of a pack that is used.
fn is_of_used(page: &Page, pack: &PackFiles) -> bool {
    let Ok(path) = fs::canonicalize(&page.name) else { return false };
    pack.used
        .iter()
        .any(|used| matches!(&used.home, Home::Folder(_, real) if path.starts_with(real)))
}

fn is_shared(inputs: &Inputs, pack: &PackFiles) -> bool {
    let mut files = pack.files.iter();
    files
        .find_map(|file| language::parse_pack(&inputs.sources, *file))
        .is_some_and(|pack| pack.shared.is_some())
}

fn read(folder: &Path) -> Result<(Inputs, PackFiles), Output> {
    let mut inputs = check::inputs(Some(folder));
    match (inputs.problems.first(), inputs.packs.pop()) {
        (None, Some(pack)) => Ok((inputs, pack)),
        (Some(problem), _) => Err(Output::broken(&problem.message, problem.help.as_deref())),
        (None, None) => Err(Output::broken("there are no rules", None)),
    }
}

/// The folder of the pack that a page belongs to: the nearest one above it in which a pack is declared.
fn home(page: &Path) -> Option<PathBuf> {
    let full = fs::canonicalize(page).ok()?;
    let up = full.ancestors().skip(1).position(|folder| files::declared(folder).is_some())?;
    // As the user wrote it, as far as the user wrote it.
    let written = page.ancestors().nth(up + 1).filter(|path| !path.as_os_str().is_empty());
    match written {
        Some(path) => Some(path.to_path_buf()),
        None => full.ancestors().nth(up + 1).map(Path::to_path_buf),
    }
}
