//! How an open description is judged while it is written, and what was said of it when it could be read last.

use std::collections::BTreeSet;
use std::rc::Rc;

use serde_json::Value;

use crate::yaml::Limits;
use crate::yaml::mend::{Hint, Mended, errors, mend};

/// What is judged of an open text.
#[derive(Clone, Debug, Default)]
pub enum Reading {
    /// The text itself.
    #[default]
    Whole,
    /// The text with one line repaired.
    Mended(Rc<Mended>),
    /// It cannot be read, and no repair helps.
    Unreadable,
}

/// What was said of the last text that could be read.
#[derive(Debug)]
pub struct Known {
    /// The text.
    pub text: String,
    /// The ids of its findings.
    pub findings: BTreeSet<String>,
    /// Code and message of what was wrong with it.
    pub errors: BTreeSet<(String, String)>,
}

impl Reading {
    /// Finds out how a text can be judged; the line that was edited last, and what was known before, help.
    pub fn of(text: &str, edited: Option<usize>, known: Option<&Known>, limits: &Limits) -> Self {
        let before = known.map(|known| known.text.as_str());
        match mend(text, Hint { line: edited, before }, limits) {
            Some(mended) => Reading::Mended(Rc::new(mended)),
            None if errors(text, limits).is_empty() => Reading::Whole,
            None => Reading::Unreadable,
        }
    }
}

impl Known {
    /// What a report of `check` says of an environment.
    pub fn of(report: &Value, environment: &Value, text: &str) -> Self {
        let word = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let errors = list(report, "errors").iter().chain(list(environment, "documentErrors"));
        Self {
            text: text.to_owned(),
            findings: list(environment, "findings").iter().map(|one| word(&one["id"])).collect(),
            errors: errors.map(|one| (word(&one["code"]), word(&one["message"]))).collect(),
        }
    }
}

/// A list of a report; empty where there is none.
pub fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value.get(key).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}
