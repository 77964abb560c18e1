//! `failback schema`: the JSON Schema of descriptions, for editors.

use crate::cli::args;
use crate::cli::model::{self, Model};
use crate::cli::{OK, Output, pack};
use crate::report::wire;
use crate::schema::export::{self, Header};
use crate::session::{API_VERSION, KIND};

/// Runs the command.
pub fn run(arguments: &args::Schema) -> Output {
    pack::with(&arguments.pack, |sources, packs| {
        let names = || packs.iter().map(|pack| pack.loaded.rules.name.as_str());
        let is_wanted = |pack: &&pack::Pack| {
            arguments.name.as_ref().is_none_or(|name| pack.loaded.rules.name == *name)
        };
        if arguments.markdown && packs.iter().any(|pack| is_wanted(&pack)) {
            let wanted = packs.iter().filter(is_wanted);
            return Output::exact(model::markdown(wanted.map(|pack| Model::of(sources, pack))));
        }
        let wanted = packs.iter().filter(is_wanted).map(|pack| &pack.loaded.rules);
        let wanted: Vec<export::Pack<'_>> = wanted
            .map(|rules| export::Pack {
                name: &rules.name,
                title: &rules.title,
                schema: &rules.schema,
                chosen_by: rules.when.as_ref(),
            })
            .collect();
        if wanted.is_empty() {
            let known: Vec<&str> = names().collect();
            let help = format!("known packs: {}", known.join(", "));
            return Output::broken("there is no such pack", Some(&help));
        }
        let header = Header { api_version: API_VERSION, kind: KIND };
        let value = export::json_schema(&wanted, &header);
        Output::new(wire::pretty(&value), OK)
    })
}
