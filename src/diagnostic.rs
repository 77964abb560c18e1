//! What there is to tell, as data.
//!
//! Owns the one type in which every part of the program says that something is wrong with a text, and the sink that
//! collects it. Printers live in `report`; nothing here knows of terminals, colours or wire formats.
//!
//! House rules for the wording: `message` says what is wrong, a label what was seen at its place, `help` what to do.
//! Lower case, no full stop, user text in backticks.

use crate::source::Span;

/// How much a diagnostic matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// The work could not be done, or a rule failed.
    Error,
    /// What is not known; it keeps the gate closed.
    Unknown,
    /// Time alone may mend it; until then it keeps the gate closed.
    Pending,
    /// Works now, bites later.
    Warning,
    /// A failure that is allowed to pass for a while.
    Waived,
    /// Worth knowing.
    Note,
}

impl Severity {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Severity::Error => "error",
            Severity::Unknown => "unknown",
            Severity::Pending => "pending",
            Severity::Warning => "warning",
            Severity::Waived => "waived",
            Severity::Note => "note",
        }
    }
}

/// A place and what was seen there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    /// The offending text, not the block around it.
    pub span: Span,
    /// What was seen here; may be empty.
    pub message: String,
}

/// A change of one text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; empty where something is only put in.
    pub span: Span,
    /// What is written there instead, as it has to stand in that file.
    pub text: String,
}

/// What would correct a text, ready to be applied: all edits or none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fix {
    /// What it does, as a menu shows it: ``Change `snapshot` to `snapshots` ``.
    pub title: String,
    /// Changes that do not overlap, in the order of the file.
    pub edits: Vec<Edit>,
}

impl Fix {
    /// Another spelling of a word; `text` is how the right one is written at that place.
    pub fn respell(wrong: &str, right: &str, span: Span, text: impl Into<String>) -> Self {
        let title = format!("Change `{wrong}` to `{right}`");
        Self { title, edits: vec![Edit { span, text: text.into() }] }
    }
}

/// One thing to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// A stable kebab-case word (`unknown-key`) or a rule id (`ABC-001`).
    pub code: String,
    /// How much it matters.
    pub severity: Severity,
    /// The address of what it is about, where that is not a place alone: `servers/s1`.
    pub subject: Option<String>,
    /// What is wrong, in one line.
    pub message: String,
    /// The first one is the primary place; the others explain it, and may lie in other files.
    pub labels: Vec<Label>,
    /// Further lines, each under a heading of one word: `("why", "…")`.
    pub notes: Vec<(&'static str, String)>,
    /// What to do.
    pub help: Option<String>,
    /// What would correct it, the likeliest first; only where the text to write is known.
    pub fixes: Vec<Fix>,
}

impl Diagnostic {
    /// An error at one place.
    pub fn error(code: impl Into<String>, message: impl Into<String>, span: Span) -> Self {
        Self::new(Severity::Error, code, message).label(span, "")
    }

    /// A warning at one place.
    pub fn warning(code: impl Into<String>, message: impl Into<String>, span: Span) -> Self {
        Self::new(Severity::Warning, code, message).label(span, "")
    }

    /// A diagnostic without a place yet.
    pub fn new(severity: Severity, code: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            code: code.into(),
            severity,
            subject: None,
            message: message.into(),
            labels: Vec::new(),
            notes: Vec::new(),
            help: None,
            fixes: Vec::new(),
        }
    }

    /// Says what was seen at the primary place.
    pub fn seen(mut self, message: impl Into<String>) -> Self {
        if let Some(label) = self.labels.first_mut() {
            label.message = message.into();
        }
        self
    }

    /// Adds a place.
    pub fn label(mut self, span: Span, message: impl Into<String>) -> Self {
        self.labels.push(Label { span, message: message.into() });
        self
    }

    /// Adds a line under a heading.
    pub fn note(mut self, heading: &'static str, text: impl Into<String>) -> Self {
        self.notes.push((heading, text.into()));
        self
    }

    /// Says what to do.
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// Says what to do, where there is something to say.
    pub fn maybe_help(mut self, help: Option<String>) -> Self {
        self.help = help.or(self.help);
        self
    }

    /// Says which name was meant, where one is near, in place of other help; the primary place holds the wrong one and
    /// nothing else, and the right one is written there as it is.
    pub fn meant(self, wrong: &str, near: Option<&str>) -> Self {
        let fix =
            near.zip(self.span()).map(|(right, span)| Fix::respell(wrong, right, span, right));
        self.suggest(near).fixed_by(fix)
    }

    /// Asks whether a name that is near was meant, where one is, in place of other help.
    pub fn suggest(self, near: Option<&str>) -> Self {
        self.maybe_help(near.map(ask))
    }

    /// Adds what would correct it, where that is known.
    pub fn fixed_by(mut self, fix: Option<Fix>) -> Self {
        self.fixes.extend(fix);
        self
    }

    /// The primary place.
    pub fn span(&self) -> Option<Span> {
        self.labels.first().map(|label| label.span)
    }
}

/// Collects diagnostics; the order of pushing does not matter, reading sorts by place.
#[derive(Clone, Debug, Default)]
pub struct Diagnostics {
    items: Vec<Diagnostic>,
}

impl Diagnostics {
    /// Adds one.
    pub fn push(&mut self, diagnostic: Diagnostic) {
        self.items.push(diagnostic);
    }

    /// Adds several.
    pub fn extend(&mut self, more: impl IntoIterator<Item = Diagnostic>) {
        self.items.extend(more);
    }

    /// Adds all of another sink.
    pub fn append(&mut self, mut other: Diagnostics) {
        self.items.append(&mut other.items);
    }

    /// Whether anything is an error.
    pub fn has_errors(&self) -> bool {
        self.items.iter().any(|item| item.severity == Severity::Error)
    }

    /// Whether there is nothing at all.
    pub fn is_empty(&self) -> bool {
        self.items.is_empty()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// All of them as they were pushed.
    pub fn iter(&self) -> impl Iterator<Item = &Diagnostic> {
        self.items.iter()
    }

    /// All of them, by file, place and code.
    pub fn into_sorted(mut self) -> Vec<Diagnostic> {
        self.items
            .sort_by(|a, b| (a.span(), &a.code, &a.message).cmp(&(b.span(), &b.code, &b.message)));
        self.items
    }
}

/// The nearest of the known names, if one is near enough to be what was meant.
pub fn nearest<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let limit = (name.chars().count() / 3).max(1);
    known
        .into_iter()
        .map(|candidate| {
            (
                strsim::damerau_levenshtein(&name.to_lowercase(), &candidate.to_lowercase()),
                candidate,
            )
        })
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// "did you mean `x`?", where something is near.
pub fn did_you_mean<'a>(name: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(name, known).map(ask)
}

fn ask(near: &str) -> String {
    format!("did you mean `{near}`?")
}
