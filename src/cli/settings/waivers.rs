//! Which files of waivers count, and reading them.
//!
//! Owns that each command reads the same ones: those of the flag, else of the variable, else of the policy lock, else of
//! `failback.toml`.

use std::path::PathBuf;

use crate::cli::settings::file::{Fault, File};
use crate::cli::settings::{Origin, Setting, nearest, path_of, read};
use crate::cli::{Output, args};
use crate::session::address::Problem;
use crate::session::revision::{self, Revision};
use crate::session::{Inputs, files};
use crate::yaml::Limits;

/// The variable that names files, with commas between.
const VARIABLE: &str = "FAILBACK_WAIVERS";

/// The files of waivers.
#[derive(Clone, Debug)]
pub struct Waivers {
    /// The files, and where that is from.
    pub files: Setting<Vec<PathBuf>>,
    /// Whether no other ones count.
    pub is_locked: bool,
}

impl Waivers {
    /// Those of a flag or variable.
    pub fn flags(files: &[PathBuf], is_locked: bool) -> Self {
        let variable = std::env::var(VARIABLE).ok().filter(|value| !value.is_empty());
        let (value, from) = match (files, variable) {
            ([], Some(names)) => {
                let names = names.split(',').map(|name| PathBuf::from(name.trim()));
                (names.collect(), Origin::Variable(VARIABLE))
            }
            ([], None) => (Vec::new(), Origin::Default),
            (files, _) => (files.to_vec(), Origin::Flag("--waivers")),
        };
        Self { files: Setting { value, from }, is_locked }
    }

    /// Takes those of a file where there are none yet.
    pub fn fill(&mut self, file: &File) {
        if let (Origin::Default, Some(found)) = (&self.files.from, &file.waivers) {
            let value = found.value.iter().map(|one| file.folder.join(&one.value)).collect();
            self.files = Setting { value, from: file.origin(found) };
        }
    }

    /// Those of a command that has no other settings.
    pub fn of(arguments: &args::Waiving, paths: &[PathBuf]) -> Result<Self, Output> {
        let lock = path_of("FAILBACK_POLICY_LOCK").as_deref().map(read).transpose()?;
        let own = nearest(paths).as_deref().map(read).transpose()?;
        let mut waivers = Self::flags(&arguments.waivers, lock.is_some());
        let faults = |(file, faults): &(File, Vec<Fault>)| {
            let fault = faults.first()?;
            let message = format!("`{}`: {}", file.name, fault.message);
            Some(Output::broken(message, fault.help.as_deref()))
        };
        if let Some(broken) = lock.iter().chain(&own).find_map(faults) {
            return Err(broken);
        }
        match (lock, own) {
            (Some((lock, _)), _) => waivers.fill(&lock),
            (None, Some((own, _))) => waivers.fill(&own),
            (None, None) => {}
        }
        Ok(waivers)
    }

    /// Reads them, behind the descriptions.
    pub fn read(&self, inputs: &mut Inputs, limits: &Limits) {
        inputs.is_locked = self.is_locked;
        files::waivers(inputs, &self.files.value, limits);
    }

    /// Reads them as they are in a revision; those that lie elsewhere as they are now.
    pub fn read_at(
        &self,
        inputs: &mut Inputs,
        revision: &Revision,
        limits: &Limits,
    ) -> Result<(), Problem> {
        inputs.is_locked = self.is_locked;
        for file in &self.files.value {
            let known = inputs.descriptions.len();
            let path = std::slice::from_ref(file);
            if !revision::holds(file)? {
                files::waivers(inputs, path, limits);
                continue;
            }
            revision::descriptions(inputs, revision, path, limits)?;
            for (file, _) in inputs.descriptions.split_off(known) {
                let name = inputs.sources.get(file).name();
                let mut before = inputs.descriptions.iter().map(|(file, _)| *file);
                let again = before.find(|one| inputs.sources.get(*one).name() == name);
                if again.is_none() {
                    inputs.descriptions.push((file, true));
                }
                inputs.waivers.push(again.unwrap_or(file));
            }
        }
        Ok(())
    }
}
