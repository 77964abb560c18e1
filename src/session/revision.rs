//! Descriptions as a revision of a git repository holds them.
//!
//! Owns the questions that the `git` program is asked: which commit, where two parted, which files, what is in them.
//! Everything is read from the object store: nothing is checked out, and no hook, filter, monitor, pager or replacement
//! of the repository runs. Nothing is fetched either.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{BufRead, BufReader, Read, Write};
use std::path::{Component, Path, PathBuf};
use std::process::{Command, Stdio};

use crate::diagnostic::{Diagnostic, Severity};
use crate::session::address::Problem;
use crate::session::{Inputs, files};
use crate::yaml::Limits;

/// Links that are followed in a row.
const LINKS: usize = 8;

/// A commit, and the name by which it was asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revision {
    /// What the user wrote.
    pub name: String,
    /// The id of the commit.
    pub commit: String,
}

/// A file of a revision.
#[derive(Clone, Debug)]
struct Entry {
    mode: String,
    id: String,
}

fn git(arguments: &[&str]) -> Command {
    let mut command = Command::new("git");
    command.args(["--no-pager", "--no-replace-objects", "--no-optional-locks"]);
    command.args(["-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null"]);
    command.args(arguments);
    command.env("GIT_NO_LAZY_FETCH", "1").env("GIT_TERMINAL_PROMPT", "0").env("LC_ALL", "C");
    command.env_remove("GIT_TRACE").env_remove("GIT_EXTERNAL_DIFF");
    command.stderr(Stdio::piped()).stdin(Stdio::null());
    command
}

fn missing(error: &std::io::Error) -> Problem {
    let help = "install `git`, which reads revisions, or compare two files or folders";
    Problem::new(format!("cannot start `git`: {error}"), Some(help.to_owned()))
}

/// The output of a question; the message of git where there is none.
fn ask(arguments: &[&str]) -> Result<Result<Vec<u8>, String>, Problem> {
    let output = git(arguments).output().map_err(|error| missing(&error))?;
    Ok(match output.status.success() {
        true => Ok(output.stdout),
        false => Err(String::from_utf8_lossy(&output.stderr).trim().to_owned()),
    })
}

fn line(arguments: &[&str]) -> Result<Option<String>, Problem> {
    let answer = ask(arguments)?.ok();
    Ok(answer.map(|bytes| String::from_utf8_lossy(&bytes).trim_end_matches('\n').to_owned()))
}

/// Whether the working folder belongs to a repository.
pub fn in_repository() -> Result<(), Problem> {
    match ask(&["rev-parse", "--git-dir"])? {
        Ok(_) => Ok(()),
        Err(message) => {
            let first = message.lines().next().unwrap_or_default();
            let first = first.strip_prefix("fatal: ").unwrap_or(first);
            let help = "run it in a repository, or compare two files or folders";
            Err(Problem::new(format!("no revision can be read: {first}"), Some(help.to_owned())))
        }
    }
}

/// Whether the repository has no working tree.
pub fn is_bare() -> Result<bool, Problem> {
    Ok(line(&["rev-parse", "--is-bare-repository"])?.as_deref() == Some("true"))
}

/// The commit that a name stands for.
pub fn find(name: &str) -> Result<Option<Revision>, Problem> {
    let wanted = format!("{name}^{{commit}}");
    let arguments = ["rev-parse", "--verify", "--quiet", "--end-of-options", &wanted];
    let commit = line(&arguments)?.filter(|commit| !commit.is_empty());
    Ok(commit.map(|commit| Revision { name: name.to_owned(), commit }))
}

/// What to say of a name that stands for no commit.
pub fn not_there(name: &str) -> Problem {
    let help = match line(&["rev-parse", "--is-shallow-repository"]) {
        Ok(Some(answer)) if answer == "true" => {
            "this clone holds only a part of the history: `git fetch --unshallow`, or fetch the branch"
        }
        _ => "name a branch, a tag or a commit; `git branch --all` lists branches",
    };
    Problem::new(format!("there is no revision `{name}`"), Some(help.to_owned()))
}

/// The point where two revisions parted.
pub fn parted(base: &Revision, head: &Revision) -> Result<Revision, Problem> {
    let commit = line(&["merge-base", &base.commit, &head.commit])?;
    match commit.filter(|commit| !commit.is_empty()) {
        Some(commit) => Ok(Revision { name: base.name.clone(), commit }),
        None => {
            let names = format!("`{}` and `{}`", base.name, head.name);
            let help = match line(&["rev-parse", "--is-shallow-repository"])?.as_deref() {
                Some("true") => {
                    "this clone holds only a part of the history: `git fetch --unshallow`"
                }
                _ => "their histories have nothing in common; compare them as `BASE HEAD`",
            };
            let message = format!("there is no point where {names} parted");
            Err(Problem::new(message, Some(help.to_owned())))
        }
    }
}

/// Reads the descriptions of a revision, in files and folders that are named as from the working folder; those that it
/// does not hold are returned.
pub fn descriptions(
    inputs: &mut Inputs,
    revision: &Revision,
    paths: &[PathBuf],
    limits: &Limits,
) -> Result<Vec<PathBuf>, Problem> {
    let prefix = line(&["rev-parse", "--show-prefix"])?.unwrap_or_default();
    let top = line(&["rev-parse", "--show-toplevel"])?;
    let tree = tree(revision)?;
    let mut absent = Vec::new();
    // By path, so that a file is read once, and whether it was named.
    let mut wanted: BTreeMap<Vec<u8>, bool> = BTreeMap::new();
    for path in paths {
        let Some(root) = inside(path, &prefix, top.as_deref()) else {
            let help = "name a file or folder of the repository".to_owned();
            let message = format!("`{}` lies outside the repository", path.display());
            return Err(Problem::new(message, Some(help)));
        };
        let root = root.into_bytes();
        if tree.get(&root).is_some_and(|entry| entry.mode != "160000") {
            wanted.insert(root, true);
            continue;
        }
        let before = wanted.len();
        take_folder(&tree, &root, &mut wanted);
        if before == wanted.len() && !root.is_empty() && !has_folder(&tree, &root) {
            absent.push(path.clone());
        }
    }
    let mut targets = BTreeMap::new();
    let mut blobs = Blobs::default();
    for (path, named) in wanted {
        follow(inputs, &tree, revision, (path, named), &mut targets)?;
    }
    for (path, (id, named)) in targets {
        let name = format!("{}:{}", revision.name, String::from_utf8_lossy(&path));
        blobs.wanted.push((name, id, named));
    }
    blobs.read(inputs, limits)?;
    Ok(absent)
}

/// Whether a file lies in the folder of the repository, be it in a revision or not.
pub fn holds(path: &Path) -> Result<bool, Problem> {
    let prefix = line(&["rev-parse", "--show-prefix"])?.unwrap_or_default();
    let top = line(&["rev-parse", "--show-toplevel"])?;
    Ok(inside(path, &prefix, top.as_deref()).is_some())
}

type Tree = BTreeMap<Vec<u8>, Entry>;

fn tree(revision: &Revision) -> Result<Tree, Problem> {
    let listed = ask(&["ls-tree", "-r", "-z", "--full-tree", &revision.commit])?;
    let listed = listed.map_err(|message| {
        Problem::new(format!("cannot read the revision `{}`: {message}", revision.name), None)
    })?;
    let entries = listed.split(|byte| *byte == 0).filter_map(|entry| {
        let tab = entry.iter().position(|byte| *byte == b'\t')?;
        let head = std::str::from_utf8(&entry[..tab]).ok()?;
        let mut words = head.split(' ');
        let (mode, _, id) = (words.next()?, words.next()?, words.next()?);
        Some((entry[tab + 1..].to_vec(), Entry { mode: mode.to_owned(), id: id.to_owned() }))
    });
    Ok(entries.collect())
}

/// A path as from the top of the repository; nothing where it leads out of it.
fn inside(path: &Path, prefix: &str, top: Option<&str>) -> Option<String> {
    let mut parts: Vec<String> =
        prefix.split('/').filter(|part| !part.is_empty()).map(str::to_owned).collect();
    let relative = match (path.is_absolute(), top) {
        (true, Some(top)) => {
            parts.clear();
            path.strip_prefix(top).ok()?
        }
        (true, None) => return None,
        _ => path,
    };
    for part in relative.components() {
        match part {
            Component::Normal(part) => parts.push(part.to_string_lossy().into_owned()),
            Component::ParentDir => drop(parts.pop()?),
            Component::CurDir => {}
            _ => return None,
        }
    }
    Some(parts.join("/"))
}

fn below<'p>(path: &'p [u8], folder: &[u8]) -> Option<&'p [u8]> {
    match folder {
        [] => Some(path),
        _ => path.strip_prefix(folder)?.strip_prefix(b"/"),
    }
}

fn has_folder(tree: &Tree, folder: &[u8]) -> bool {
    tree.keys().any(|path| below(path, folder).is_some())
}

/// The files of a folder that may hold descriptions, also behind links; and submodules, of which is told.
fn take_folder(tree: &Tree, folder: &[u8], wanted: &mut BTreeMap<Vec<u8>, bool>) {
    for (path, entry) in tree.iter().filter(|(path, _)| below(path, folder).is_some()) {
        let name = String::from_utf8_lossy(path);
        let link = entry.mode == "120000" && Path::new(&*name).extension().is_none();
        if link || entry.mode == "160000" || files::is_candidate(Path::new(&*name)) {
            wanted.entry(path.clone()).or_insert(false);
        }
    }
}

/// Goes where links lead, and tells of what cannot be read.
fn follow(
    inputs: &mut Inputs,
    tree: &Tree,
    revision: &Revision,
    (path, named): (Vec<u8>, bool),
    targets: &mut BTreeMap<Vec<u8>, (String, bool)>,
) -> Result<(), Problem> {
    let mut waiting = vec![(path, 0)];
    let mut seen = BTreeSet::new();
    while let Some((path, links)) = waiting.pop() {
        let Some(entry) = tree.get(&path) else { continue };
        if !seen.insert(path.clone()) {
            continue;
        }
        let name = format!("{}:{}", revision.name, String::from_utf8_lossy(&path));
        if entry.mode == "160000" {
            let message =
                format!("`{name}` is a submodule, whose files are not part of the revision");
            let help = "compare it in its own repository";
            let told = Diagnostic::new(Severity::Warning, "submodule", message).help(help);
            inputs.problems.push(told);
        } else if entry.mode == "120000" {
            let target = ask(&["cat-file", "blob", &entry.id])?.unwrap_or_default();
            let target = String::from_utf8_lossy(&target).into_owned();
            let text = String::from_utf8_lossy(&path);
            let holder = text.rsplit_once('/').map_or("", |(folder, _)| folder);
            let led = match target.starts_with('/') {
                true => None,
                false => inside(Path::new(&target), holder, None).map(String::into_bytes),
            };
            let found = led.filter(|led| tree.contains_key(led) || has_folder(tree, led));
            match found {
                Some(led) if links < LINKS && tree.contains_key(&led) => {
                    waiting.push((led, links + 1));
                }
                Some(led) if links < LINKS => {
                    let mut inner = BTreeMap::new();
                    take_folder(tree, &led, &mut inner);
                    waiting.extend(inner.into_keys().map(|path| (path, links + 1)));
                }
                _ => {
                    let message =
                        format!("cannot read `{name}`: the link leads to nothing in this revision");
                    let help = "let it lead to a file or folder of the repository, or remove it";
                    let told = Diagnostic::new(Severity::Error, "unreadable", message).help(help);
                    inputs.problems.push(told);
                }
            }
        } else {
            let known = targets.entry(path).or_insert((entry.id.clone(), named));
            known.1 |= named;
        }
    }
    Ok(())
}

/// Files whose contents are wanted: name, id of the object, whether the user named it.
#[derive(Default)]
struct Blobs {
    wanted: Vec<(String, String, bool)>,
}

impl Blobs {
    fn read(self, inputs: &mut Inputs, limits: &Limits) -> Result<(), Problem> {
        let mut command = git(&["cat-file", "--batch"]);
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        command.stderr(Stdio::null());
        let mut child = command.spawn().map_err(|error| missing(&error))?;
        let ids: String = self.wanted.iter().map(|(_, id, _)| format!("{id}\n")).collect();
        let stdin = child.stdin.take();
        // Both ends at once: neither waits for the other.
        let writer = std::thread::spawn(move || {
            if let Some(mut stdin) = stdin {
                // What is not asked for is missed below.
                let _ = stdin.write_all(ids.as_bytes());
            }
        });
        let broken =
            |name: &str| Problem::new(format!("cannot read `{name}` from the repository"), None);
        let Some(stdout) = child.stdout.take() else { return Err(broken("git")) };
        let mut stdout = BufReader::new(stdout);
        let mut failed = None;
        for (name, _, named) in &self.wanted {
            match blob(&mut stdout) {
                Some(bytes) => files::add(inputs, name, bytes, *named, limits),
                None => {
                    let help = "this clone may hold only a part of the history; fetch the rest";
                    let Problem { message, .. } = broken(name);
                    failed = Some(Problem::new(message, Some(help.to_owned())));
                    break;
                }
            }
        }
        drop(stdout);
        // Whether it ended well is known from what it said.
        let _ = (writer.join(), child.wait());
        failed.map_or(Ok(()), Err)
    }
}

/// The next object: a line with its size, its bytes, and a line break.
fn blob(from: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut head = String::new();
    from.read_line(&mut head).ok()?;
    let mut words = head.trim_end().rsplit(' ');
    let size: u64 = words.next()?.parse().ok()?;
    if words.next()? != "blob" {
        return None;
    }
    let mut bytes = Vec::new();
    from.take(size + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 == size + 1).then(|| bytes.pop())?;
    Some(bytes)
}
