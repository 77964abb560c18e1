//! Decides from facts what must hold before something may go home; see the module docs for the parts.
//!
//! The order of the modules is the layering: a module uses only modules declared above it.

pub mod source;

pub mod diagnostic;

pub mod scalar;

pub mod language;
