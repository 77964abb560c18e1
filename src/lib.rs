//! `failback` decides, from facts, whether a disaster-recovered estate may go home.
//!
//! The order of the modules below is the architecture: a module uses only modules above it, and a test says so.
//!
//! Text of a description becomes a located tree (`yaml`); text of rules becomes a syntax tree (`language`), from
//! which the [`schema`] and the rule set ([`compile`]) are made. The two meet in [`facts`], the description as the
//! schema sees it, and in [`evaluate`], which runs the rules. What comes out is data (`diagnostic`, findings); `report`
//! gives it a form. No module but `import` knows a word of any domain: all of it is in the rule packs.

#![forbid(unsafe_code)]

pub mod source;
pub mod stop;
pub mod diagnostic;
pub mod scalar;
pub mod yaml;
pub mod language;
pub mod schema;
pub mod facts;
pub mod builtins;
pub mod compile;
pub mod evaluate;
pub mod plan;
pub mod prove;
pub mod packs;
pub mod session;
pub mod diff;
pub mod report;
pub mod spec;
pub mod import;
pub mod lsp;
pub mod cli;
