//! `failback diff`: what a change does to readiness.

use std::path::{Path, PathBuf};

use crate::cli::args::Color;
use crate::cli::args::diff as args;
use crate::cli::{BROKEN, Output, check};
use crate::diff;
use crate::report::diff::{Form, Side, Told, broken, render};
use crate::session::{self, Inputs, Options, Planning, files};

/// Findings beyond which no plan is made to number its steps.
const MOST_NUMBERED: usize = 200;

/// Runs the command.
pub fn run(arguments: &args::Diff, _color: Color) -> Output {
    let (now, epoch) = match check::times(arguments.now.as_deref()) {
        Ok(times) => times,
        Err(output) => return output,
    };
    let form = Form::from(arguments.format);
    let options = Options { now, epoch, ..Options::default() };
    // Only the comment names the step that fixes a finding.
    let planning = (form == Form::Markdown)
        .then(|| Planning { most: Some(MOST_NUMBERED), ..Planning::default() });
    let head_options = Options { planning, ..options.clone() };
    let head = arguments.head.as_deref().unwrap_or(".");
    let read = |name: &str| read(name, arguments, &options);
    let ((base, base_side), (head, mut head_side)) = match (read(&arguments.base), read(head)) {
        (Ok(base), Ok(head)) => (base, head),
        (Err(output), _) | (_, Err(output)) => return output,
    };
    if arguments.head.is_none() {
        head_side.kind = "workTree";
    }
    session::run(&base, &options, |was| {
        session::run(&head, &head_options, |is| {
            let sides = [(was, &base_side), (is, &head_side)];
            let wrong: Vec<_> = sides.iter().filter(|(one, _)| one.exit_code() == BROKEN).collect();
            if !wrong.is_empty() {
                let aside = wrong.iter().map(|(report, side)| broken(report, side)).collect();
                return Output { aside, code: BROKEN, ..Output::default() };
            }
            let diff = diff::diff(was, is, &head, &options);
            let told = Told {
                diff: &diff,
                sides: [&base_side, &head_side],
                sources: [was.sources, is.sources],
                all: arguments.all,
            };
            let output = Output::new(render(&told, form), diff.exit);
            // What a runner is to obey must reach it as it is.
            Output { exact: form == Form::Github, ..output }
        })
    })
}

fn read(name: &str, arguments: &args::Diff, options: &Options) -> Result<(Inputs, Side), Output> {
    let path = Path::new(name);
    if !path.exists() {
        let message = format!("there is no file or folder `{name}`");
        return Err(Output::broken(message, Some("write `failback diff OLD NEW`")));
    }
    let mut inputs = check::inputs(arguments.pack.folder.as_deref());
    files::descriptions(&mut inputs, &[PathBuf::from(path)], &options.limits);
    let kind = if path.is_dir() { "folder" } else { "file" };
    Ok((inputs, Side { kind, name: name.to_owned(), commit: None }))
}
