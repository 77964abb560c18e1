//! What a pack uses of what it declares.
//!
//! Owns the tally from which the pack check tells facts that no rule reads, remedies that no rule names and
//! definitions that nothing calls.

use std::collections::HashSet;

use crate::schema::TypeId;

/// The tally.
#[derive(Debug, Default)]
pub struct Usage {
    read: HashSet<(TypeId, usize)>,
    written: HashSet<(TypeId, usize)>,
    called: HashSet<String>,
    /// Remedies that a rule names.
    pub remedies: HashSet<String>,
    /// Clauses that a rule cites.
    pub clauses: HashSet<String>,
}

impl Usage {
    /// An expression reads a field.
    pub fn read(&mut self, ty: TypeId, field: usize) {
        self.read.insert((ty, field));
    }

    /// A remedy writes a field.
    pub fn written(&mut self, ty: TypeId, field: usize) {
        self.written.insert((ty, field));
    }

    /// A definition is called.
    pub fn call(&mut self, name: &str) {
        self.called.insert(name.to_owned());
    }

    /// Whether a field is read anywhere.
    pub fn is_read(&self, ty: TypeId, field: usize) -> bool {
        self.read.contains(&(ty, field))
    }

    /// Whether a definition is called anywhere.
    pub fn is_called(&self, name: &str) -> bool {
        self.called.contains(name)
    }
}
