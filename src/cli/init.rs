//! `failback init`: a description to begin with.
//!
//! Owns what has to be said for it, and that no file is written over.

use std::path::Path;

use crate::cli::args;
use crate::cli::import::output::{self, Before, New};
use crate::cli::pack::Pack;
use crate::cli::{OK, Output, check, pack};
use crate::diagnostic::did_you_mean;
use crate::report::sanitise;
use crate::report::starter::Starter;
use crate::scalar;

/// Runs the command.
pub fn run(arguments: &args::Init) -> Output {
    let is_printed = arguments.output.as_os_str() == "-";
    if !is_printed && arguments.output.symlink_metadata().is_ok() {
        let message = format!("`{}` is there already", arguments.output.display());
        let help = "nothing was written; `-o FILE` takes another name, `-o -` prints";
        return Output::broken(message, Some(help));
    }
    let as_of = match check::times(arguments.as_of.as_deref()) {
        Ok((as_of, _)) => as_of.map(scalar::print_time),
        Err(output) => return output,
    };
    pack::with(&arguments.pack, |_, packs| {
        let pack = match chosen(packs, arguments.word.as_deref()) {
            Ok(pack) => pack,
            Err(output) => return output,
        };
        let rules = &pack.loaded.rules;
        // Where nothing has to be chosen the first word is an id like the others.
        let first = arguments.word.iter().filter(|_| rules.when.is_none());
        let units: Vec<String> = first.chain(&arguments.units).cloned().collect();
        if let Err(output) = ids(&units) {
            return output;
        }
        if rules.schema.unit.is_none() && !units.is_empty() {
            let help = format!("`{}` has no unit of readiness", rules.name);
            return Output::broken("these rules take no ids", Some(&help));
        }
        let own = arguments.output.file_stem().filter(|_| !is_printed);
        let own = own.map(|stem| stem.to_string_lossy().into_owned());
        let name = arguments.name.clone().or(own).unwrap_or_else(|| "site".to_owned());
        let file = if is_printed { "FILE".into() } else { arguments.output.to_string_lossy() };
        let starter = Starter {
            schema: &rules.schema,
            title: &rules.title,
            chosen: rules.when.as_ref(),
            name: &name,
            as_of: as_of.as_deref(),
            units: &units,
            file: &file,
        };
        let text = starter.render();
        if is_printed {
            return Output::exact(text);
        }
        put(&arguments.output, &text)
    })
}

/// Writes a file that is not there.
fn put(path: &Path, text: &str) -> Output {
    let fill = &|out: &mut dyn std::io::Write| out.write_all(text.as_bytes());
    let name = path.display();
    match output::write(&[New { path, before: Before::Nothing, fill }]) {
        Err(failed) => Output::broken(
            format!("cannot write `{name}`: {}", failed.error),
            Some("nothing was written"),
        ),
        Ok(()) => {
            let name = sanitise::clean(&name.to_string()).into_owned();
            let next = format!(
                "wrote {name}\nnext: `failback ask --write {name}` asks for what is not known, what matters most first\n"
            );
            Output::new(next, OK)
        }
    }
}

/// Ids that a description could not hold, or not twice.
fn ids(units: &[String]) -> Result<(), Output> {
    for (at, id) in units.iter().enumerate() {
        if matches!(id.trim(), "" | "none" | "unknown") {
            let help =
                "an id is the name that reports use; `unknown` and `none` say something else";
            return Err(Output::broken(format!("`{id}` cannot be an id"), Some(help)));
        }
        if units[..at].contains(id) {
            let help = "an id stands for one thing; leave out the second one";
            return Err(Output::broken(format!("`{id}` is named twice"), Some(help)));
        }
    }
    Ok(())
}

/// The pack of a word.
fn chosen<'p>(packs: &'p [Pack], word: Option<&str>) -> Result<&'p Pack, Output> {
    let words = || packs.iter().filter_map(|pack| Some(&pack.loaded.rules.when.as_ref()?.1));
    let all = words().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" or ");
    let of = |pack: &&Pack| {
        let when = pack.loaded.rules.when.as_ref();
        when.is_none_or(|(_, own)| word == Some(own.as_str()))
    };
    match (packs, word) {
        ([only], None) => Ok(only),
        (_, None) => {
            let help = format!("write {all} first, then the ids: `failback init WORD s1 s2`");
            Err(Output::broken("which rules are to judge it is not said", Some(&help)))
        }
        (_, Some(word)) => packs.iter().find(of).ok_or_else(|| {
            let near = did_you_mean(word, words().map(String::as_str));
            let help = near.unwrap_or_else(|| format!("write {all} first, then the ids"));
            Output::broken(format!("no rules are chosen by `{word}`"), Some(&help))
        }),
    }
}
