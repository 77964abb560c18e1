//! What several tests and benchmarks share: descriptions and how they are changed, generated environments and exports,
//! the program itself, and the following of a plan.

#![allow(dead_code, reason = "every user takes a part of it")]

pub mod described;
pub mod exports;
pub mod faults;
pub mod follow;
pub mod generate;
pub mod measure;
pub mod program;
pub mod rows;
pub mod shapes;
