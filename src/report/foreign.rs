//! Text of others: values, keys, ids, names of files, texts of rules.
//!
//! Owns how such text is shown in each kind of place, so that it never is more than text there. A [`Foreign`] cannot be
//! formatted: whoever writes a form has to say into what it goes, and gets a text that does nothing in that place. In JSON
//! it is written by `wire`, which escapes what acts.

use std::borrow::Cow;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::{Serialize, Serializer};

use crate::report::sanitise;

/// What has to be written by number in the path of an address.
const PATH: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'[')
    .add(b']')
    .add(b'^')
    .add(b'`')
    .add(b'{')
    .add(b'|')
    .add(b'}')
    .add(b':')
    .add(b'@')
    .add(b'\\');

/// A text that others wrote, or that holds some of theirs.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Foreign<'t>(Cow<'t, str>);

/// Into what a text goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sink {
    /// The value of an attribute or the text of an element; the writer of XML escapes mark-up.
    Xml,
    /// A text that is text only, such as one of several in a JSON value.
    Plain,
    /// A field of a table that a spreadsheet may open.
    Cell,
    /// A property of a workflow command of GitHub.
    GithubProperty,
    /// The message of a workflow command of GitHub.
    GithubMessage,
    /// A property of a logging command of Azure Pipelines.
    AzureProperty,
    /// The message of a logging command of Azure Pipelines.
    AzureMessage,
    /// Running text in Markdown, behind something of our own on its line.
    Prose,
    /// A code span in Markdown.
    Code,
    /// The path of an address.
    Address,
}

impl<'t> From<&'t str> for Foreign<'t> {
    fn from(text: &'t str) -> Self {
        Self(Cow::Borrowed(text))
    }
}

impl From<String> for Foreign<'_> {
    fn from(text: String) -> Self {
        Self(Cow::Owned(text))
    }
}

impl Serialize for Foreign<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.0)
    }
}

impl Foreign<'_> {
    /// Whether there is no text.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The text as what it goes into shows it.
    pub fn shown(&self, sink: Sink) -> String {
        let clean = sanitise::clean(&self.0);
        match sink {
            // Not all that is a character is one of XML.
            Sink::Xml => escaped(&unobeyed(&clean), |char| {
                matches!(char, '\u{fffe}' | '\u{ffff}').then_some("\u{fffd}")
            }),
            Sink::Plain => self.0.clone().into_owned(),
            Sink::Address => utf8_percent_encode(&self.0, PATH).to_string(),
            Sink::Cell => match clean.trim_start().starts_with(['=', '+', '-', '@']) {
                true => format!("'{}", unobeyed(&clean)),
                false => unobeyed(&clean).into_owned(),
            },
            Sink::GithubMessage => {
                escaped(&unobeyed(&clean), |char| (char == '%').then_some("%25"))
            }
            Sink::GithubProperty => escaped(&unobeyed(&clean), |char| match char {
                '%' => Some("%25"),
                ':' => Some("%3A"),
                ',' => Some("%2C"),
                _ => None,
            }),
            Sink::AzureMessage => {
                escaped(&unobeyed(&clean), |char| (char == '%').then_some("%AZP25"))
            }
            Sink::AzureProperty => escaped(&unobeyed(&clean), |char| match char {
                '%' => Some("%AZP25"),
                ';' => Some("%3B"),
                ']' => Some("%5D"),
                _ => None,
            }),
            Sink::Prose => prose(&unobeyed(&clean)),
            Sink::Code => code(&unobeyed(&clean)),
        }
    }
}

/// Without commands to build servers, wherever the text is put.
fn unobeyed(clean: &str) -> Cow<'_, str> {
    sanitise::harmless(clean)
}

fn escaped(text: &str, escape: impl Fn(char) -> Option<&'static str>) -> String {
    let mut out = String::with_capacity(text.len() + 8);
    for char in text.chars() {
        match escape(char) {
            Some(escape) => out.push_str(escape),
            None => out.push(char),
        }
    }
    out
}

/// Words that mean nothing in Markdown as they are; all others become code, as there nothing does: no mark-up, link, mention,
/// reference, formula or short name of a picture.
fn prose(text: &str) -> String {
    let mut out = String::new();
    let mut odd: Vec<&str> = Vec::new();
    let flush = |out: &mut String, odd: &mut Vec<&str>| {
        if !odd.is_empty() {
            divide(out);
            let words = odd.join(" ");
            // Marks around it belong to the sentence.
            let rest = words.trim_start_matches('(');
            let inner = rest.trim_end_matches([')', '.', ',', ';']);
            out.push_str(&words[..words.len() - rest.len()]);
            out.push_str(&code(inner));
            out.push_str(&rest[inner.len()..]);
            odd.clear();
        }
    };
    for word in text.split(' ').filter(|word| !word.is_empty()) {
        if is_plain(word) {
            flush(&mut out, &mut odd);
            divide(&mut out);
            out.push_str(word);
        } else {
            odd.push(word);
        }
    }
    flush(&mut out, &mut odd);
    out
}

fn divide(out: &mut String) {
    if !out.is_empty() {
        out.push(' ');
    }
}

fn is_plain(word: &str) -> bool {
    let inner = word.trim_start_matches('(').trim_end_matches([')', '.', ',', ';', ':', '?']);
    let is_ours =
        |char: char| char.is_alphanumeric() || matches!(char, '(' | ')' | '-' | '\'' | ',' | ';');
    // Digits and letters may name a commit, `GH-1` an issue.
    let is_hash = inner.len() >= 7 && inner.chars().all(|char| char.is_ascii_hexdigit());
    let is_issue = inner.len() > 3 && inner.as_bytes()[..3].eq_ignore_ascii_case(b"gh-");
    inner.starts_with(char::is_alphanumeric) && inner.chars().all(is_ours) && !is_hash && !is_issue
}

/// Behind more backticks than are in the text.
fn code(text: &str) -> String {
    let mut longest = 0;
    let mut run = 0;
    for char in text.chars() {
        run = if char == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    let fence = "`".repeat(longest + 1);
    match text.trim().is_empty() {
        true => format!("{fence}·{fence}"),
        false if text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']) => {
            format!("{fence} {text} {fence}")
        }
        false => format!("{fence}{text}{fence}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(text: &str, sink: Sink) -> String {
        Foreign::from(text).shown(sink)
    }

    #[test]
    fn each_place_shows_text_and_nothing_more() {
        for (text, sink, wanted) in [
            ("a\u{1b}\u{202e}\n", Sink::Xml, "a<U+001B><U+202E><U+000A>"),
            ("a b/\u{e4}:\n%", Sink::Address, "a%20b/%C3%A4%3A%0A%25"),
            ("##vso[x]", Sink::Xml, "## vso[x]"),
            ("=1+1", Sink::Cell, "'=1+1"),
            ("::error::x", Sink::Cell, ": :error::x"),
            ("50%, a:b", Sink::GithubProperty, "50%25%2C a%3Ab"),
            ("50%0A::x", Sink::GithubMessage, "50%250A::x"),
            ("a;b]c", Sink::AzureProperty, "a%3Bb%5Dc"),
            (
                "it has 1 snapshot(s): before-patch",
                Sink::Prose,
                "it has 1 snapshot(s): before-patch",
            ),
            ("as of (2020-02-21T18:00:00Z).", Sink::Prose, "as of (`2020-02-21T18:00:00Z`)."),
            ("see ).,", Sink::Prose, "see `·`).,"),
            ("see @octo and #1 now", Sink::Prose, "see `@octo` and `#1` now"),
            (
                "see www.example.com, GH-12, deadbeef",
                Sink::Prose,
                "see `www.example.com, GH-12, deadbeef`",
            ),
            ("$a$ :smile: <b> [x](y)", Sink::Prose, "`$a$ :smile: <b> [x](y`)"),
            ("a`b", Sink::Code, "``a`b``"),
            ("`", Sink::Code, "`` ` ``"),
        ] {
            assert_eq!(shown(text, sink), wanted);
        }
    }
}
