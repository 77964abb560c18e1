//! The rule packs that ship with the program.
//!
//! Owns the texts of `rules/`, compiled into the binary by `build.rs`. A pack is a folder; its `.gate` files are its
//! rules, its `.md` files their manual pages.

mod shipped {
    include!(concat!(env!("OUT_DIR"), "/packs.rs"));
}

/// One shipped pack.
#[derive(Clone, Copy, Debug)]
pub struct Pack {
    /// The folder.
    pub name: &'static str,
    files: &'static [(&'static str, &'static str)],
}

impl Pack {
    /// Name and text of each rule file.
    pub fn rules(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.files.iter().copied().filter(|(name, _)| name.ends_with(".gate"))
    }

    /// Name and text of each manual page.
    pub fn pages(&self) -> impl Iterator<Item = (&'static str, &'static str)> {
        self.files.iter().copied().filter(|(name, _)| name.ends_with(".md"))
    }
}

/// All shipped packs, by name.
pub fn shipped() -> impl Iterator<Item = Pack> {
    shipped::SHIPPED.iter().map(|(name, files)| Pack { name, files })
}
