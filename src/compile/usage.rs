//! What a pack uses of what it declares.
//!
//! Owns the tally from which the pack check tells facts that no rule reads, remedies that no rule names and
//! definitions that nothing calls.

use rustc_hash::FxHashSet;

use crate::schema::TypeId;

/// The tally.
#[derive(Debug, Default)]
pub struct Usage {
    read: FxHashSet<(TypeId, usize)>,
    written: FxHashSet<(TypeId, usize)>,
    called: FxHashSet<String>,
    /// Remedies that a rule names.
    pub remedies: FxHashSet<String>,
    /// Clauses that a rule cites.
    pub clauses: FxHashSet<String>,
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
