//! What the user sets, in the editor or when the session starts.

use std::path::PathBuf;

use serde_json::Value;

use crate::scalar;

/// The settings.
#[derive(Debug)]
pub struct Settings {
    /// The folder of rules that judges descriptions.
    pub rules: Option<PathBuf>,
    /// Whether each file is an environment of its own.
    pub alone: bool,
    /// The time to judge by.
    pub now: Option<i64>,
    /// Most problems of one file.
    pub most: usize,
    /// Whether there are inlay hints.
    pub hints: bool,
    /// Whether there are lenses.
    pub lens: bool,
    /// Whether messages are written to standard error.
    pub trace: bool,
    /// Whether the verdict is sent after each check.
    pub verdicts: bool,
    /// Whether the client asks for diagnostics, so that none are sent by themselves.
    pub pull: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rules: None,
            alone: false,
            now: None,
            most: 1000,
            hints: true,
            lens: true,
            trace: false,
            verdicts: false,
            pull: false,
        }
    }
}

impl Settings {
    /// Takes what is set; what is not set, or cannot be read, stays as it is.
    pub fn take(&mut self, settings: &Value) {
        let text = |key: &str| settings.get(key).and_then(Value::as_str).map(str::trim);
        let flag = |key: &str, now: bool| settings.get(key).and_then(Value::as_bool).unwrap_or(now);
        if let Some(rules) = text("rules") {
            self.rules = (!rules.is_empty()).then(|| PathBuf::from(rules));
        }
        if let Some(scope) = text("scope") {
            self.alone = scope == "file";
        }
        if let Some(now) = text("now") {
            self.now = scalar::parse_time(now);
        }
        if let Some(trace) = text("trace") {
            self.trace = trace == "messages";
        }
        let most = settings.get("maxProblems").and_then(Value::as_u64);
        self.most = most.and_then(|most| usize::try_from(most).ok()).unwrap_or(self.most).max(1);
        self.hints = flag("hints", self.hints);
        self.lens = flag("lens", self.lens);
        self.verdicts = flag("verdicts", self.verdicts);
    }
}
