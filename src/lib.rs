//! A policy-as-code evaluator; the modules are listed in the order of their layers.

#![forbid(unsafe_code)]

pub mod source;
pub mod diagnostic;
pub mod scalar;
pub mod yaml;
