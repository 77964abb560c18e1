//! Located YAML: what a user handed in, as an arena of nodes with byte ranges over the borrowed text.
//!
//! Owns the tree, its limits, and the meaning of anchors, aliases and merge keys. Does not know what keys mean:
//! that is `facts`. JSON is read by the same code, as YAML 1.2 contains it. Nodes never move and are never copied;
//! an alias is a reference to its anchor's node.

use crate::source::{FileId, Sources, Span};

pub mod events;
pub mod parse;
pub mod edit;

/// Index of a node in its [`Tree`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(pub u32);
