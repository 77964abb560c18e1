//! `failback schema`: the JSON Schema of descriptions, for editors.

use crate::cli::args;
use crate::cli::{OK, Output, pack};
use crate::report::wire;
use crate::schema::export::{self, Header};
use crate::session::{API_VERSION, KIND};

/// Runs the command.
pub fn run(arguments: &args::Schema) -> Output {
    pack::with(&arguments.pack, |_, packs| {
        let names = || packs.iter().map(|pack| pack.loaded.rules.name.as_str());
        let chosen = match &arguments.name {
            Some(name) => packs.iter().find(|pack| pack.loaded.rules.name == *name),
            None => packs.first(),
        };
        let Some(pack) = chosen else {
            let known: Vec<&str> = names().collect();
            let help = format!("known packs: {}", known.join(", "));
            return Output::broken("there is no such pack", Some(&help));
        };
        let rules = &pack.loaded.rules;
        let header = Header {
            title: &rules.title,
            api_version: API_VERSION,
            kind: KIND,
            chosen_by: rules.when.as_ref(),
        };
        let value = export::json_schema(&rules.schema, &header);
        Output::new(wire::pretty(&value), OK)
    })
}
