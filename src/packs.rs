//! The rule packs that ship with the program.
//!
//! Owns what `build.rs` puts into the program: the texts of `rules/`, and each pack compiled with those that it uses. A
//! pack is a folder; its `.gate` files are its rules, its `.md` files their manual pages.

use crate::compile::uses;

mod shipped {
    include!(concat!(env!("OUT_DIR"), "/packs.rs"));
}

/// One shipped pack.
#[derive(Clone, Copy, Debug)]
pub struct Pack {
    /// The folder.
    pub name: &'static str,
    /// Whether it judges nothing by itself and is there for others.
    pub shared: bool,
    /// The rules, with those that it uses, in the form that [`crate::compile::stored`] reads; none where they have an
    /// error, and where it judges nothing.
    pub stored: Option<&'static [u8]>,
    uses: &'static [&'static str],
    files: &'static [(&'static str, &'static str)],
}

impl Pack {
    /// Name and text of each rule file.
    pub fn rules(&self) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
        self.files.iter().copied().filter(|(name, _)| name.ends_with(".gate"))
    }

    /// Name and text of each manual page.
    pub fn pages(&self) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
        self.files.iter().copied().filter(|(name, _)| name.ends_with(".md"))
    }

    /// The name of the pack.
    pub fn declared(&self) -> Option<&'static str> {
        self.rules().find_map(|(_, text)| uses::declared(text))
    }

    /// The packs that it uses, and those that they use, each behind those that it uses itself.
    pub fn used(&self) -> impl Iterator<Item = Pack> + use<> {
        self.uses.iter().filter_map(|name| find(name))
    }
}

/// All shipped packs, by name, those that are there for others, too.
pub fn shipped() -> impl Iterator<Item = Pack> {
    shipped::SHIPPED.iter().copied()
}

/// A shipped pack.
pub fn find(name: &str) -> Option<Pack> {
    shipped().find(|pack| pack.name == name)
}
