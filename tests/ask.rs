//! Answers that are written: into the right place, all or none, and never asked for again.

mod each;
mod written;
