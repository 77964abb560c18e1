//! Regular expressions of rules.
//!
//! Owns when one is made: a pattern that was checked once need not be made again before a text is held against it.

use std::sync::OnceLock;

use regex::{Regex, RegexBuilder};

/// Most bytes that a regular expression may take when it is made.
const MOST: usize = 1 << 20;

/// A pattern without error.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    regex: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// Checks a pattern; the error says what is wrong with it, in one line.
    pub fn new(text: &str) -> Result<Self, String> {
        let regex = build(text).map_err(|error| {
            let reason = error.to_string();
            reason.lines().last().unwrap_or("").trim_start_matches("error: ").to_owned()
        })?;
        Ok(Self { text: text.to_owned(), regex: OnceLock::from(Some(regex)) })
    }

    /// A pattern that was checked before; it is made when first asked.
    pub fn checked(text: String) -> Self {
        Self { text, regex: OnceLock::new() }
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it is found in a text; none where it cannot be told.
    pub fn is_match(&self, text: &str) -> Option<bool> {
        let regex = self.regex.get_or_init(|| build(&self.text).ok());
        regex.as_ref().map(|regex| regex.is_match(text))
    }
}

fn build(text: &str) -> Result<Regex, regex::Error> {
    RegexBuilder::new(text).size_limit(MOST).build()
}
