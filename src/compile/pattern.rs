//! Regular expressions of rules.
//!
//! Owns when one is made: a pattern that was checked once need not be made again before a text is held against it.

use std::sync::OnceLock;

use regex::{Regex, RegexBuilder};

use crate::scalar::How;

/// Most bytes that a regular expression may take when it is made.
const MOST: usize = 1 << 20;

/// A pattern without error.
#[derive(Clone, Debug)]
pub struct Pattern {
    text: String,
    /// How the texts that are held against it are compared with others.
    how: How,
    regex: OnceLock<Option<Regex>>,
}

impl Pattern {
    /// Checks a pattern; the error says what is wrong with it, in one line.
    pub fn new(text: &str, how: How) -> Result<Self, String> {
        let regex = build(text, how).map_err(|error| {
            let reason = error.to_string();
            reason.lines().last().unwrap_or("").trim_start_matches("error: ").to_owned()
        })?;
        Ok(Self { text: text.to_owned(), how, regex: OnceLock::from(Some(regex)) })
    }

    /// A pattern that was checked before; it is made when first asked.
    pub fn checked(text: String, how: How) -> Self {
        Self { text, how, regex: OnceLock::new() }
    }

    /// The pattern as it was written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// How the texts that are held against it are compared with others.
    pub fn how(&self) -> How {
        self.how
    }

    /// Whether it is found in a text; none where it cannot be told.
    pub fn is_match(&self, text: &str) -> Option<bool> {
        let regex = self.regex.get_or_init(|| build(&self.text, self.how).ok());
        regex.as_ref().map(|regex| regex.is_match(text))
    }
}

fn build(text: &str, how: How) -> Result<Regex, regex::Error> {
    RegexBuilder::new(text).case_insensitive(how == How::Nocase).size_limit(MOST).build()
}
