//! `failback diff`: what a change does to readiness.

use std::path::{Path, PathBuf};

use crate::cli::args::Color;
use crate::cli::args::diff as args;
use crate::cli::settings::waivers::Waivers;
use crate::cli::{BROKEN, Output, check, what_if};
use crate::diagnostic::Severity;
use crate::diff;
use crate::report::concise;
use crate::report::diff::{Form, Side, Told, broken, render};
use crate::session::address::Problem;
use crate::session::revision::{self, Revision};
use crate::session::{self, Inputs, Options, Planning, Report, files};

/// Findings beyond which no plan is made to number its steps.
const MOST_NUMBERED: usize = 200;

/// What a side was named as.
enum Named {
    /// A file or folder.
    Path(PathBuf),
    /// A commit.
    Revision(Revision),
    /// What is in the working folder.
    WorkTree,
}

impl Named {
    fn side(&self) -> Side {
        let (kind, name, commit) = match self {
            Named::Path(path) => {
                let kind = if path.is_dir() { "folder" } else { "file" };
                (kind, path.display().to_string(), None)
            }
            Named::Revision(one) => ("revision", one.name.clone(), Some(one.commit.clone())),
            Named::WorkTree => ("workTree", ".".to_owned(), None),
        };
        Side { kind, name, commit }
    }
}

/// Both sides, where in them is read, and what is to be said of their names.
struct Asked {
    base: Named,
    head: Named,
    paths: Vec<PathBuf>,
    notes: String,
}

/// Runs the command.
pub fn run(arguments: &args::Diff, _color: Color) -> Output {
    let (now, epoch) = match check::times(arguments.now.as_deref()) {
        Ok(times) => times,
        Err(output) => return output,
    };
    let waivers = match Waivers::of(&arguments.waiving, &arguments.paths) {
        Ok(waivers) => waivers,
        Err(output) => return output,
    };
    let form = Form::from(arguments.format);
    let options = Options { now, epoch, ..Options::default() };
    // Only the comment names the step that fixes a finding.
    let planning = (form == Form::Markdown)
        .then(|| Planning { most: Some(MOST_NUMBERED), ..Planning::default() });
    let head_options = Options { planning, ..options.clone() };
    let read = asked(arguments).and_then(|asked| {
        let sides = both(&asked, arguments, &options, &waivers)?;
        Ok((asked, sides))
    });
    let (asked, [base, head]) = match read {
        Ok(read) => read,
        Err(problem) => return what_if::broken(&problem),
    };
    let sides = [asked.base.side(), asked.head.side()];
    session::run(&base, &options, |was| {
        session::run(&head, &head_options, |is| {
            let mut aside = asked.notes.clone();
            let both = [(was, &sides[0]), (is, &sides[1])];
            let wrong: Vec<_> = both.iter().filter(|(one, _)| one.exit_code() == BROKEN).collect();
            if !wrong.is_empty() {
                aside.extend(wrong.iter().map(|(report, side)| broken(report, side)));
                return Output { aside, code: BROKEN, ..Output::default() };
            }
            both.iter().for_each(|(report, _)| warnings(&mut aside, report));
            let diff = diff::diff(was, is, &head, &options);
            let told = Told {
                diff: &diff,
                sides: [&sides[0], &sides[1]],
                sources: [was.sources, is.sources],
                all: arguments.all,
            };
            let output = Output::new(render(&told, form), diff.exit);
            // What a runner is to obey must reach it as it is.
            Output { exact: form == Form::Github, aside, ..output }
        })
    })
}

/// What does not keep a side from being judged, and is told all the same.
fn warnings(out: &mut String, report: &Report<'_>) {
    let own = report.environments.iter().flat_map(|checked| &checked.errors);
    let all = report.errors.iter().chain(own);
    for told in all.filter(|told| told.severity == Severity::Warning) {
        concise::line(out, report.sources, told);
    }
}

/// What the names stand for.
fn asked(arguments: &args::Diff) -> Result<Asked, Problem> {
    let mut notes = String::new();
    let mut rest: Vec<&str> = arguments.head.iter().map(String::as_str).collect();
    let mut paths = arguments.paths.clone();
    let is_path = Path::new(&arguments.base).exists() || arguments.base.starts_with("path:");
    let (base, head) = match arguments.base.split_once("...").filter(|_| !is_path) {
        Some((base, head)) => {
            // What stands behind is no HEAD: that is named already.
            paths.splice(0..0, rest.drain(..).map(PathBuf::from));
            revision::in_repository()?;
            let found = |name: &str| {
                let name = name.strip_prefix("rev:").unwrap_or(name);
                let name = if name.is_empty() { "HEAD" } else { name };
                revision::find(name)?.ok_or_else(|| revision::not_there(name))
            };
            let (base, head) = (found(base)?, found(head)?);
            (Named::Revision(revision::parted(&base, &head)?), Named::Revision(head))
        }
        None => {
            let base = named(&arguments.base, &mut notes)?;
            let head = match rest.pop() {
                Some(head) => named(head, &mut notes)?,
                None => Named::WorkTree,
            };
            (base, head)
        }
    };
    let reads_revision = matches!(base, Named::Revision(_)) || matches!(head, Named::Revision(_));
    if reads_revision && matches!(head, Named::WorkTree) && revision::is_bare()? {
        let help = "name HEAD as well: `failback diff BASE HEAD`".to_owned();
        return Err(Problem::new("a bare repository has no working tree", Some(help)));
    }
    if let Some(path) = paths.first().filter(|_| !reads_revision) {
        let message = format!("`{}` is one too many: neither side is a revision", path.display());
        return Err(Problem::new(message, Some("write `failback diff OLD NEW`".to_owned())));
    }
    // A file against a revision is that file in the revision.
    if let (true, Named::Path(path), _) | (true, _, Named::Path(path)) =
        (paths.is_empty() && reads_revision, &base, &head)
    {
        paths.push(path.clone());
    }
    if paths.is_empty() {
        paths.push(PathBuf::from("."));
    }
    Ok(Asked { base, head, paths, notes })
}

/// What one name stands for.
fn named(name: &str, notes: &mut String) -> Result<Named, Problem> {
    let revision = |name: &str| {
        revision::in_repository()?;
        let found = revision::find(name)?.ok_or_else(|| revision::not_there(name))?;
        Ok(Named::Revision(found))
    };
    if let Some(name) = name.strip_prefix("rev:") {
        return revision(name);
    }
    let plain = name.strip_prefix("path:");
    let path = PathBuf::from(plain.unwrap_or(name));
    if !path.exists() {
        if plain.is_some() {
            let message = format!("there is no file or folder `{}`", path.display());
            return Err(Problem::new(message, None));
        }
        revision::in_repository().map_err(|problem| {
            let message = format!("there is no file or folder `{name}`, and {}", problem.message);
            Problem::new(message, problem.help)
        })?;
        let found = revision::find(name)?.ok_or_else(|| {
            let message = format!("there is no revision, file or folder `{name}`");
            Problem::new(message, revision::not_there(name).help)
        })?;
        return Ok(Named::Revision(found));
    }
    // Without a repository nothing can be meant but the path.
    if plain.is_none() && name != "." && matches!(revision::find(name), Ok(Some(_))) {
        notes.push_str(&format!(
            "note: `{name}` is a path and a revision, and is taken as the path; write `rev:{name}` for the \
             revision\n"
        ));
    }
    Ok(Named::Path(path))
}

fn both(
    asked: &Asked,
    arguments: &args::Diff,
    options: &Options,
    waivers: &Waivers,
) -> Result<[Inputs; 2], Problem> {
    let mut absent = Vec::new();
    let mut sides = [&asked.base, &asked.head].map(|_| None);
    for (side, named) in sides.iter_mut().zip([&asked.base, &asked.head]) {
        let mut inputs = check::inputs(arguments.pack.folder.as_deref());
        match named {
            Named::Path(path) => {
                files::descriptions(&mut inputs, std::slice::from_ref(path), &options.limits);
                waivers.read(&mut inputs, &options.limits);
            }
            Named::Revision(one) => {
                let gone = revision::descriptions(&mut inputs, one, &asked.paths, &options.limits)?;
                absent.push(gone);
                waivers.read_at(&mut inputs, one, &options.limits)?;
            }
            Named::WorkTree => {
                // A file that only the revision has was taken away by the change.
                let gone = |path: &&PathBuf| {
                    path.exists() || absent.iter().all(|absent| absent.contains(path))
                };
                let paths: Vec<PathBuf> = asked.paths.iter().filter(gone).cloned().collect();
                files::descriptions(&mut inputs, &paths, &options.limits);
                waivers.read(&mut inputs, &options.limits);
            }
        }
        *side = Some(inputs);
    }
    let [base, head] = sides.map(Option::unwrap_or_default);
    Ok([base, head])
}
