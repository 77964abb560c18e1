//! The wording of YAML syntax errors.
//!
//! Owns what a user reads when a text is not YAML: what is wrong, and what to write instead. The scanner says only
//! what kind of error it met and where.

use granit_parser::ErrorKind;

use crate::diagnostic::Diagnostic;
use crate::source::Span;

/// A text that is not YAML.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Offset of the first byte that does not fit.
    pub start: u32,
    /// Offset after it.
    pub end: u32,
    /// Whether it is a limit that was reached, and not the grammar that was broken.
    pub too_deep: bool,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

impl SyntaxError {
    /// What is told of it at a place.
    pub(crate) fn told(self, span: Span) -> Diagnostic {
        Diagnostic::error("yaml-syntax", self.message, span).maybe_help(self.help)
    }
}

/// Puts an error of the scanner into words.
pub(crate) fn explain(kind: &ErrorKind, at: u32, text: &str) -> SyntaxError {
    use ErrorKind as E;
    let rest = text.get(at as usize..).unwrap_or("");
    let found = rest.chars().next();
    let (message, help): (String, &str) = match kind {
        E::RecursionLimitExceeded => ("the nesting is too deep".into(), ""),
        E::TabNotAllowed
        | E::TabInBlockIndentation
        | E::TabInIndentation
        | E::TabAtBlockScalarStart
        | E::TabInPlainScalar => (
            "a tab is used for indentation".into(),
            "indent with spaces; YAML does not allow tabs here",
        ),
        E::UnclosedQuotedScalar => ("a quoted text is not closed".into(), "add the closing quote"),
        E::InvalidQuotedScalarIndent => (
            "a quoted text is not closed where its indentation ends".into(),
            "add the closing quote, or indent the further lines of the text",
        ),
        E::UnclosedFlowCollection { open } => (
            format!("`{open}` is not closed"),
            if *open == '[' { "add the closing `]`" } else { "add the closing `}`" },
        ),
        E::UnexpectedEofFlowSequence => ("a list is not closed".into(), "add the closing `]`"),
        E::UnexpectedEofFlowMapping | E::UnexpectedEofImplicitFlowMapping => {
            ("a mapping is not closed".into(), "add the closing `}`")
        }
        E::MismatchedFlowCollectionEnd { open, close } => {
            (format!("`{open}` is closed by `{close}`"), "")
        }
        E::MisplacedFlowCollectionEnd => {
            ("a closing bracket has no opening one".into(), "remove it or open it before")
        }
        E::ExpectedFlowSequenceSeparator => {
            ("expected `,` or `]`".into(), "separate the elements with commas")
        }
        E::ExpectedFlowMappingSeparator => {
            ("expected `,` or `}`".into(), "separate the entries with commas")
        }
        E::SimpleKeyExpected | E::InvalidSimpleKey => (
            "expected `:` after a key".into(),
            "write `key: value`, or indent the line if it continues the text above",
        ),
        E::ExpectedBlockMappingKey => {
            ("expected a key".into(), "write `key: value`, indented like the keys beside it")
        }
        E::ExpectedBlockSequenceEntry => {
            ("expected `- `".into(), "indent the line like the elements beside it")
        }
        E::BlockSequenceEntryNotAllowed | E::BlockEntryInFlowCollection => (
            "an element `- ` cannot be here".into(),
            "put the list on a line of its own, below its key",
        ),
        E::MappingValueNotAllowed | E::MappingKeyNotAllowed | E::InvalidColonPlacement => (
            "a mapping value cannot be here".into(),
            "quote the text if the `:` belongs to it, or start a new line",
        ),
        E::InvalidIndentation if matches!(found, Some(']' | '}')) => (
            "a closing bracket is not indented".into(),
            "indent it deeper than the key it belongs to, or put it behind the last element",
        ),
        E::InvalidIndentation | E::InvalidFlowScalarIndent => (
            "the indentation does not fit".into(),
            "close the `[` or `{` before it, or indent the line deeper than the key it belongs to",
        ),
        E::InvalidBlockScalarIndent => (
            "the indentation of a text block changes".into(),
            "indent all its lines like the first one",
        ),
        E::ZeroBlockScalarIndent | E::InvalidBlockScalarHeader => (
            "only `+`, `-` and a digit may follow `|` or `>`".into(),
            "start the text on the next line",
        ),
        E::CommentNotSeparated => (
            "a comment needs a blank before `#`".into(),
            "put a blank before `#`, or quote the text",
        ),
        E::CommentInterceptedScalar => (
            "a comment interrupts a text of several lines".into(),
            "move the comment, or quote the text",
        ),
        E::UnknownQuotedScalarEscape => (
            "no such escape in a double-quoted text".into(),
            "write `\\\\` for a backslash, or use single quotes",
        ),
        E::InvalidQuotedScalarHexEscape
        | E::InvalidLowSurrogateHexEscape
        | E::InvalidLowSurrogate
        | E::MissingLowSurrogate
        | E::UnpairedLowSurrogate
        | E::InvalidUnicodeEscape => {
            ("the escape names no character".into(), "write the character itself")
        }
        E::InvalidTrailingSingleQuotedScalar | E::InvalidTrailingDoubleQuotedScalar => (
            "text follows a closing quote".into(),
            "quote the whole text, and write a quote within it twice in single quotes or as `\\\"` in double ones",
        ),
        E::DocumentIndicatorInQuotedScalar => {
            ("a document marker is in a quoted text".into(), "close the quote")
        }
        E::BomInsideDocument => ("a byte order mark is inside the text".into(), "remove it"),
        E::UnexpectedCharacter { character }
            if *character < ' ' || ('\u{7f}'..'\u{a0}').contains(character) =>
        {
            (
                format!("the control character U+{:04X} is not allowed", u32::from(*character)),
                "remove it, or write it as an escape in double quotes",
            )
        }
        E::UnexpectedCharacter { character } => {
            (format!("`{character}` cannot start a value"), "quote the text that starts with it")
        }
        E::UndeclaredTagHandle => (
            "the tag uses a handle that is not declared".into(),
            "declare it with `%TAG`, or remove the tag",
        ),
        E::MissingAnchorOrAliasName => {
            ("`&` and `*` need a name".into(), "add the name, or quote the text")
        }
        E::UnexpectedEof | E::UnexpectedEofBlockMapping | E::UnexpectedEofBlockSequence => {
            ("the text ends too early".into(), "complete it")
        }
        E::InvalidDocumentEnd => ("nothing may follow `...` on its line".into(), ""),
        E::MissingDocumentEndBeforeDirective => ("a directive needs `...` before it".into(), ""),
        E::UnsupportedYamlMajorVersion => ("only YAML 1 is read".into(), "remove the `%YAML` line"),
        E::ExpectedDocumentStart => {
            ("expected `---` or the end of the text".into(), "check the indentation of this line")
        }
        E::ExpectedWhitespace
        | E::InvalidTagTerminator
        | E::InvalidMappingValueWhitespace
        | E::InvalidBlockEntryWhitespace => ("a blank is missing".into(), ""),
        E::PlainScalarStartsWithDashFlowIndicator
        | E::UnexpectedEndOfPlainScalar
        | E::ExpectedNodeContent => ("expected a value".into(), ""),
        other => (spell(&format!("{other:?}")), ""),
    };
    let width = found.filter(|c| !matches!(c, '\n' | '\r')).map_or(0, char::len_utf8) as u32;
    SyntaxError {
        start: at,
        end: at + width,
        too_deep: matches!(kind, E::RecursionLimitExceeded),
        message,
        help: (!help.is_empty()).then(|| help.to_owned()),
    }
}

/// `InvalidTagEscape` as `invalid tag escape`.
fn spell(name: &str) -> String {
    let mut words = String::new();
    for c in name.chars().take_while(|c| c.is_alphanumeric()) {
        if c.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(c.to_lowercase());
    }
    words
}
