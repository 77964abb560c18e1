//! `failback ask --write`: answers go into the files that hold what they are about, all of them or none.

use std::io::Write;
use std::path::Path;

use crate::cli::import::output::{self, Before, New};
use crate::cli::{Output, check, what_if};
use crate::report::layout::{Look, count};
use crate::report::{Format, sanitise};
use crate::session::address::Problem;
use crate::session::answered::{Answered, answered};
use crate::session::answers::Answer;
use crate::session::{self, Inputs, Options};
use crate::yaml::decode::decode;

/// Writes answers, and shows the verdict with them.
pub fn write(
    inputs: &Inputs,
    options: &Options,
    answers: &[Answer],
    format: Format,
    look: &Look,
) -> Output {
    let made = session::run(inputs, options, |report| {
        if let Some(output) = check::unknown_names(report, &options.selection) {
            return Err(output);
        }
        let made = answered(inputs, options, report, answers);
        made.map(|made| (what_if::states(report), made))
            .map_err(|problem| what_if::broken(&problem))
    });
    let (before, made) = match made {
        Ok(made) => made,
        Err(output) => return output,
    };
    if let Err(problem) = put(inputs, &made) {
        return what_if::broken(&problem);
    }
    let mut output = what_if::compare(before, &made.inputs, options, &[], (format, look));
    output.aside.push_str(&told(&made, answers));
    output
}

/// What was written, in lines.
fn told(made: &Answered, answers: &[Answer]) -> String {
    let names = made.files.iter().map(|file| made.inputs.sources.get(*file).name());
    let names = names.map(|name| sanitise::clean(name).into_owned()).collect::<Vec<_>>();
    match names.is_empty() {
        true => "nothing is written: that is what the description says\n".to_owned(),
        false => format!("wrote {} into {}\n", count(answers.len(), "answer"), names.join(", ")),
    }
}

/// Puts the texts in place of those that were read.
pub fn put(before: &Inputs, made: &Answered) -> Result<(), Problem> {
    let cannot = |path: &Path, why: String| {
        let message = format!("cannot write `{}`: {why}", path.display());
        Problem::new(message, Some("nothing was written".to_owned()))
    };
    let mut read = Vec::new();
    for file in &made.files {
        let (old, new) = (before.sources.get(*file), made.inputs.sources.get(*file).text());
        let path = Path::new(old.name());
        let bytes = output::read(path).map_err(|error| cannot(path, error.to_string()))?;
        let bytes = bytes.ok_or_else(|| cannot(path, "there is no such file".to_owned()))?;
        if !decode(&bytes).is_ok_and(|text| text == old.text()) {
            return Err(cannot(path, "somebody changed it meanwhile".to_owned()));
        }
        read.push((path, bytes, new));
    }
    type Fill<'f> = Box<dyn Fn(&mut dyn Write) -> std::io::Result<()> + 'f>;
    let fills: Vec<Fill<'_>> = read
        .iter()
        .map(|(_, _, new)| -> Fill<'_> { Box::new(|out| out.write_all(new.as_bytes())) })
        .collect();
    let files = read.iter().zip(&fills).map(|((path, bytes, _), fill)| New {
        path,
        before: Before::Bytes(bytes),
        fill: &**fill,
    });
    let files: Vec<New<'_>> = files.collect();
    output::write(&files).map_err(|failed| cannot(&failed.path, failed.error.to_string()))
}
