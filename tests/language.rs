//! The rule language: what it accepts, what it says about the rest, and how it goes on behind an error.

#[path = "language/accepts.rs"]
mod accepts;
#[path = "language/format.rs"]
mod format;
#[path = "language/poison.rs"]
mod poison;
#[path = "language/recovery.rs"]
mod recovery;
#[path = "language/refuses.rs"]
mod refuses;
#[path = "language/support.rs"]
mod support;
