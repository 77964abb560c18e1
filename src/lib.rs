//! Decides, from facts, whether a disaster-recovered estate may go home.
#![forbid(unsafe_code)]

pub mod source;
pub mod diagnostic;
pub mod scalar;
pub mod import;
