//! `failback completions` and `failback man`: what shells and `man` want to know of the commands.

use clap::CommandFactory;

use crate::cli::Output;
use crate::cli::args::{self, Arguments};
use crate::diagnostic::did_you_mean;

/// Completions for a shell.
pub fn completions(arguments: &args::Completions) -> Output {
    let mut bytes = Vec::new();
    let mut command = Arguments::command();
    let name = command.get_name().to_owned();
    clap_complete::generate(arguments.shell, &mut command, name, &mut bytes);
    Output::exact(String::from_utf8_lossy(&bytes))
}

/// The manual page of the program or of a command, for `man`.
pub fn man(arguments: &args::Man) -> Output {
    let mut command = Arguments::command();
    command.build();
    let chosen = match &arguments.command {
        None => command,
        Some(name) => match command.find_subcommand(name) {
            Some(found) => {
                let title = format!("{}-{name}", command.get_name());
                found.clone().name(title)
            }
            None => {
                let names: Vec<&str> =
                    command.get_subcommands().map(clap::Command::get_name).collect();
                let help = did_you_mean(name, names);
                return Output::broken(format!("there is no command `{name}`"), help.as_deref());
            }
        },
    };
    let mut bytes = Vec::new();
    // Writing into memory does not fail.
    let _ = clap_mangen::Man::new(chosen).render(&mut bytes);
    Output::exact(String::from_utf8_lossy(&bytes))
}
