//! `failback ask`: what is not known, and what the verdict is with answers.

mod write;

use std::fs;
use std::path::Path;

use crate::cli::args::Color;
use crate::cli::args::plan::{self as args, AskForm};
use crate::cli::{BROKEN, NOTHING, Output, check, plan, terminal, what_if};
use crate::report::layout::Look;
use crate::report::{Format, questions};
use crate::session::address::Problem;
use crate::session::answers::Answer;
use crate::session::{self, Planning, answers};
use crate::yaml::Limits;
use crate::yaml::decode::decode;

/// The exit code where questions are open.
const OPEN: u8 = 3;

/// Runs the command.
pub fn run(arguments: &args::Ask, color: Color) -> Output {
    let (input, given) = match divided(&arguments.input) {
        Ok(divided) => divided,
        Err(problem) => return what_if::broken(&problem),
    };
    let (inputs, mut options) = match plan::read(&input) {
        Ok(read) => read,
        Err(output) => return output,
    };
    let look = Look { all: arguments.all, ..terminal::look(color) };
    if arguments.answer.is_some() || !given.is_empty() || arguments.write {
        let file = arguments.answer.as_deref().map(self::answers).transpose();
        let answers = match file {
            Ok(file) => [file.unwrap_or_default(), given].concat(),
            Err(problem) => return what_if::broken(&problem),
        };
        let format = match arguments.format {
            AskForm::Full => Format::Full,
            AskForm::Concise => Format::Concise,
            AskForm::Json => Format::Json,
            AskForm::Yaml => {
                let help = "with answers the forms are full, concise and json";
                return Output::broken("answers are not asked for again", Some(help));
            }
        };
        let mut output = match (arguments.write, answers.is_empty()) {
            (true, true) if arguments.answer.is_none() => {
                let help = "write `ADDRESS=VALUE` behind the files, or `--answer FORM`";
                return Output::broken("there is no answer to write", Some(help));
            }
            (true, _) => {
                // What is new is what was answered; `check` shows the rest.
                let look = Look { quiet: !arguments.all, ..look };
                write::write(&inputs, &options, &answers, format, &look)
            }
            (false, _) => {
                let pairs: Vec<_> = answers.iter().map(Answer::pair).collect();
                what_if::suppose(&inputs, &options, &pairs, &[], format, &look)
            }
        };
        if answers.is_empty() && output.code != BROKEN {
            output.aside.push_str("note: no question has an answer in that file\n");
        }
        return output;
    }
    options.planning = Some(Planning::default());
    session::run(&inputs, &options, |report| {
        if let Some(output) = check::unknown_names(report, &options.selection) {
            return output;
        }
        let (text, open) = match arguments.format {
            AskForm::Full | AskForm::Concise => questions::full(report, &look),
            AskForm::Json => questions::json(report),
            AskForm::Yaml => questions::yaml(report),
        };
        // A verdict does not matter here, but work that could not be done does.
        let code = match report.exit_code() {
            code @ (BROKEN | NOTHING) => code,
            _ if open > 0 => OPEN,
            _ => 0,
        };
        let exact = arguments.format == AskForm::Yaml;
        let mut output = Output { exact, ..Output::new(text, code) };
        if output.code == NOTHING && report.environments.is_empty() {
            output.aside = check::nothing(&input.paths, inputs.seen);
        }
        for error in &report.errors {
            let message = crate::report::sanitise::clean(&error.message);
            output.aside.push_str(&format!("{}: {message}\n", error.severity.word()));
        }
        output
    })
}

/// Files, and the answers among them: what holds a `=` and is no file.
fn divided(input: &args::Input) -> Result<(args::Input, Vec<Answer>), Problem> {
    let mut read = args::Input { paths: Vec::new(), ..input.clone() };
    let mut answers = Vec::new();
    for path in &input.paths {
        match path.to_str().filter(|text| text.contains('=') && path.symlink_metadata().is_err()) {
            Some(text) => answers.push(answers::argument(text, "write ADDRESS=VALUE")?),
            None => read.paths.push(path.clone()),
        }
    }
    if read.paths.is_empty() {
        read.paths.push(".".into());
    }
    Ok((read, answers))
}

/// The answers of a file.
pub fn answers(path: &Path) -> Result<Vec<Answer>, Problem> {
    let name = path.display().to_string();
    let limits = Limits::default();
    let bytes = fs::metadata(path)
        .and_then(|data| match data.is_file() && data.len() <= limits.bytes as u64 {
            true => fs::read(path),
            false => Err(std::io::Error::other("it is not a file of a sensible size")),
        })
        .map_err(|error| Problem::new(format!("cannot read `{name}`: {error}"), None))?;
    let text = decode(&bytes)
        .map_err(|error| Problem::new(format!("`{name}` is not text: {error}"), None))?;
    answers::parse(&name, &text, &limits)
}
