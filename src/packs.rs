//! The rule packs that ship with the program.
//!
//! Owns what `build.rs` puts into the program: the texts of `rules/`, and each pack compiled. A pack is a folder; its
//! `.gate` files are its rules, its `.md` files their manual pages.

mod shipped {
    include!(concat!(env!("OUT_DIR"), "/packs.rs"));
}

/// One shipped pack.
#[derive(Clone, Copy, Debug)]
pub struct Pack {
    /// The folder.
    pub name: &'static str,
    /// The rules in the form that [`crate::compile::stored`] reads; none where they have an error.
    pub stored: Option<&'static [u8]>,
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
    shipped::SHIPPED.iter().copied()
}
