//! All tests from outside in one program, so that the library is linked once: `cargo test --test all NAME` runs those whose
//! path, such as `plan::order`, holds the name.

mod ask;
mod cli;
mod diff;
mod docs;
mod fixes;
mod fuzz;
mod gate;
mod import;
mod import_broken;
mod import_cli;
mod import_estates;
mod import_real;
mod import_truth;
mod language;
mod lsp;
mod mutate;
mod naive;
mod outcomes;
mod pipelines;
mod plan;
mod plan_cli;
mod prove;
mod readme;
mod reports;
mod rules;
mod support;
mod tidy;
mod yaml_suite;
