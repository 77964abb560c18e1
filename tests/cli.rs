//! The program from outside: whole output and exit code.

mod checks;
mod bad_input;
mod baseline;
mod reading;
mod defaults;
mod commands;
mod definitions;
mod done;
mod endless;
mod init;
mod marks;
mod selection;
mod since;
mod settings;
mod suppose;
mod uses;
mod waiver;
mod waivers;
mod watch;
mod written;
