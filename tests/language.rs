//! The rule language: what it accepts, what it says about the rest, and how it goes on behind an error.

mod accepts;
mod format;
mod lints;
mod poison;
mod recovery;
mod refuses;
mod resolves;
mod support;
