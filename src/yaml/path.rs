//! The address of a node in a document: `items[2].name`.
//!
//! Owns its written form. Knows nothing of trees.

use std::fmt;

/// One step down.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Step {
    /// To the value under a key.
    Key(String),
    /// To an element of a sequence, from 0.
    Index(usize),
}

/// The steps from the outermost node of a document.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path(Vec<Step>);

impl Path {
    /// The outermost node.
    pub fn root() -> Self {
        Self::default()
    }

    /// The path with a key behind it.
    #[must_use]
    pub fn key(mut self, key: impl Into<String>) -> Self {
        self.0.push(Step::Key(key.into()));
        self
    }

    /// The path with an index behind it.
    #[must_use]
    pub fn index(mut self, index: usize) -> Self {
        self.0.push(Step::Index(index));
        self
    }

    /// All steps.
    pub fn steps(&self) -> &[Step] {
        &self.0
    }
}

impl FromIterator<Step> for Path {
    fn from_iter<I: IntoIterator<Item = Step>>(steps: I) -> Self {
        Self(steps.into_iter().collect())
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, step) in self.0.iter().enumerate() {
            match step {
                Step::Index(index) => write!(f, "[{index}]")?,
                Step::Key(key) => {
                    if at > 0 {
                        f.write_str(".")?;
                    }
                    let bare = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '/');
                    if !key.is_empty() && key.chars().all(bare) {
                        f.write_str(key)?
                    } else {
                        write!(f, "{key:?}")?
                    }
                }
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_reads_like_an_expression() {
        assert_eq!(Path::root().key("a").key("b").index(2).key("c").to_string(), "a.b[2].c");
        assert_eq!(Path::root().index(0).key("x.y").to_string(), "[0].\"x.y\"");
    }
}
