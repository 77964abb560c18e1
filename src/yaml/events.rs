//! The event stream of a YAML text, in our own words.
//!
//! Owns the choice of the scanner: no other module names it, so that it can be replaced. Puts right what the scanner
//! leaves odd (empty scalars written as `~`, block scalars that begin at their text). Builds nothing and resolves
//! nothing.

use std::borrow::Cow;

use granit_parser::{
    ErrorKind, Event as Raw, Options, Parser, ScalarStyle, ScanError, StrInput, StructureStyle,
};

use crate::yaml::syntax::{SyntaxError, explain};

/// Characters of a key. YAML allows 1024, JSON any number; the scanner holds the tokens of what may become a key, so a
/// list of millions of elements needs some limit.
const LONGEST_KEY: usize = 1 << 16;

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// `text`
    Plain,
    /// `'text'`
    Single,
    /// `"text"`
    Double,
    /// `|`
    Literal,
    /// `>`
    Folded,
}

/// What happens in a stream. Anchors are numbered from 1 over the whole stream; 0 is no anchor.
#[derive(Clone, Debug, PartialEq)]
pub enum Event<'s> {
    /// A document begins.
    DocumentStart,
    /// A document is complete.
    DocumentEnd,
    /// A scalar with its decoded text.
    Scalar {
        /// The decoded text; empty where nothing is written.
        text: Cow<'s, str>,
        /// How it is written.
        style: Style,
        /// Its anchor.
        anchor: u32,
        /// Its tag.
        tag: Option<Tag>,
    },
    /// A sequence begins.
    SequenceStart {
        /// Whether it is written `[…]`.
        flow: bool,
        /// Its anchor.
        anchor: u32,
        /// Its tag.
        tag: Option<Tag>,
    },
    /// A mapping begins.
    MappingStart {
        /// Whether it is written `{…}`, or as a single pair in a flow sequence.
        flow: bool,
        /// Its anchor.
        anchor: u32,
        /// Its tag.
        tag: Option<Tag>,
    },
    /// The innermost sequence ends.
    SequenceEnd,
    /// The innermost mapping ends.
    MappingEnd,
    /// `&name`, directly after the event of the node that has it.
    Anchor {
        /// Its number.
        anchor: u32,
    },
    /// `*name` of an anchor seen before in this document.
    Alias {
        /// The number of the anchor.
        anchor: u32,
    },
    /// `*name` of an anchor that was not seen.
    UnknownAlias,
}

/// An explicit tag.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tag {
    /// The resolved tag, such as `tag:yaml.org,2002:int` or `!local`.
    pub name: Box<str>,
    /// Offset of its first byte.
    pub start: u32,
}

/// An event and the bytes it covers.
#[derive(Clone, Debug, PartialEq)]
pub struct Located<'s> {
    /// What happens.
    pub event: Event<'s>,
    /// Offset of the first byte; anchors and tags are not part of a node.
    pub start: u32,
    /// Offset after the last byte.
    pub end: u32,
}

/// Reads a text event by event.
pub struct Events<'s> {
    parser: Parser<'s, StrInput<'s>>,
    text: &'s str,
    last_end: usize,
}

impl<'s> Events<'s> {
    /// Starts at the beginning of a text; deeper nesting than `depth` is an error.
    pub fn new(text: &'s str, depth: usize) -> Self {
        let mut options = Options::default();
        options.strict_indentation = true;
        options.emit_anchor_events = true;
        options.emit_unresolved_aliases = true;
        options.set_emit_comments(false);
        options.flow_nesting_limit = depth;
        options.block_nesting_limit = depth;
        options.simple_key_max_lookahead = LONGEST_KEY;
        Self { parser: Parser::new_from_str_with_options(text, options), text, last_end: 0 }
    }

    /// The next event; `None` at the end of the stream and, until [`Events::recover`], after an error.
    #[inline]
    pub fn next_event(&mut self) -> Option<Result<Located<'s>, SyntaxError>> {
        loop {
            let (raw, span) = match self.parser.next_event()? {
                Ok(next) => next,
                Err(error) => return Some(Err(self.error(&error))),
            };
            let mut start = span.start.byte_offset().unwrap_or(0);
            let mut end = span.end.byte_offset().unwrap_or(start);
            let tag_start = span.tag_start;
            let tag = |tag: Option<Cow<'s, granit_parser::Tag>>| {
                tag.map(|tag| {
                    let (prefix, suffix) = tag.parts();
                    let start =
                        tag_start.and_then(|mark| mark.byte_offset()).unwrap_or(start) as u32;
                    Tag { name: format!("{prefix}{suffix}").into_boxed_str(), start }
                })
            };
            let event = match raw {
                Raw::Scalar(text, style, anchor, raw_tag) => {
                    let tag = tag(raw_tag);
                    let style = match style {
                        ScalarStyle::Plain => Style::Plain,
                        ScalarStyle::SingleQuoted => Style::Single,
                        ScalarStyle::DoubleQuoted => Style::Double,
                        ScalarStyle::Literal => Style::Literal,
                        ScalarStyle::Folded => Style::Folded,
                    };
                    let nothing = start == end && style == Style::Plain;
                    let text = if nothing { Cow::Borrowed("") } else { text };
                    if nothing && anchor == 0 && tag.is_none() && self.last_end < start {
                        start = behind_indicator(self.text, self.last_end, start);
                        end = start;
                    }
                    if matches!(style, Style::Literal | Style::Folded) {
                        (start, end) = block_scalar(self.text, &text, self.last_end, start, end);
                    }
                    Event::Scalar { text, style, anchor: anchor as u32, tag }
                }
                Raw::MappingStart(style, anchor, raw_tag) => Event::MappingStart {
                    flow: style == StructureStyle::Flow,
                    anchor: anchor as u32,
                    tag: tag(raw_tag),
                },
                Raw::SequenceStart(style, anchor, raw_tag) => Event::SequenceStart {
                    flow: style == StructureStyle::Flow,
                    anchor: anchor as u32,
                    tag: tag(raw_tag),
                },
                Raw::MappingEnd => Event::MappingEnd,
                Raw::SequenceEnd => Event::SequenceEnd,
                Raw::Alias(anchor) => Event::Alias { anchor: anchor as u32 },
                Raw::UnresolvedAlias(_) => Event::UnknownAlias,
                Raw::Anchor(anchor, _) => Event::Anchor { anchor: anchor as u32 },
                Raw::DocumentStart(explicit, _) => {
                    // Without `---` the scanner names the first token of the document.
                    if !explicit {
                        (start, end) = (self.last_end, self.last_end);
                    }
                    Event::DocumentStart
                }
                Raw::DocumentEnd => Event::DocumentEnd,
                _ => continue,
            };
            self.last_end = self.last_end.max(end);
            return Some(Ok(Located { event, start: start as u32, end: end as u32 }));
        }
    }

    /// After an error, goes on at the next document; `false` where there is none.
    pub fn recover(&mut self) -> bool {
        self.parser.proceed_next_document().unwrap_or(false)
    }

    fn error(&self, error: &ScanError) -> SyntaxError {
        let mut at = error.marker().byte_offset().unwrap_or(self.text.len()).min(self.text.len());
        while !self.text.is_char_boundary(at) {
            at -= 1;
        }
        // Where a quoted text began says more than the end of the file.
        if matches!(
            error.kind(),
            ErrorKind::UnclosedQuotedScalar | ErrorKind::InvalidQuotedScalarIndent
        ) {
            let between = self.text.get(self.last_end..at).unwrap_or("");
            let opens = |c: char| matches!(c, '\'' | '"');
            at = between.find(opens).map_or(at, |found| self.last_end + found);
        }
        if self.text.get(..at).is_some_and(|before| before.ends_with('\t')) {
            at -= 1;
        }
        explain(error.kind(), at as u32, self.text)
    }
}

impl<'s> Iterator for Events<'s> {
    type Item = Result<Located<'s>, SyntaxError>;

    fn next(&mut self) -> Option<Self::Item> {
        self.next_event()
    }
}

/// The range of a block scalar from its `|` or `>` to the end of its text. The scanner gives the text only, with the
/// indentation of the next token; between the event before and the indicator stand indicators, properties and
/// comments.
fn block_scalar(
    text: &str,
    decoded: &str,
    after: usize,
    start: usize,
    end: usize,
) -> (usize, usize) {
    let bytes = text.as_bytes();
    let mut at = after;
    let header = loop {
        match bytes.get(at) {
            Some(b'|' | b'>') => break at,
            Some(b'#') => at = line_end(bytes, at),
            Some(b'&' | b'!') => {
                while bytes.get(at).is_some_and(|byte| !byte.is_ascii_whitespace()) {
                    at += 1;
                }
            }
            Some(_) if at < start.max(after) => at += 1,
            _ => break start,
        }
    };
    let first_line = line_end(bytes, header);
    let indicator = bytes.get(header..first_line).unwrap_or(b"");
    let keep =
        indicator.iter().take_while(|byte| !byte.is_ascii_whitespace()).any(|byte| *byte == b'+');
    let head =
        indicator.iter().position(u8::is_ascii_whitespace).map_or(first_line, |at| header + at);
    let mut end = end.max(head);
    if end < bytes.len() {
        while end > head && matches!(bytes.get(end - 1), Some(b' ' | b'\t')) {
            end -= 1;
        }
    }
    // Lines of blanks at the end are a part of the text if it is said so, or if they are indented deeper.
    let keep = keep || decoded.trim_end_matches('\n').ends_with([' ', '\t']);
    while !keep && end > head && matches!(bytes.get(end - 1), Some(b'\n' | b'\r' | b' ' | b'\t')) {
        end -= 1;
    }
    (header, end)
}

/// The place behind the indicator after which nothing stands: the scanner may say where the comment behind it ends.
fn behind_indicator(text: &str, after: usize, start: usize) -> usize {
    let bytes = text.as_bytes();
    let (mut at, mut found) = (after, start);
    while at < start {
        match bytes.get(at) {
            Some(b'#') => at = line_end(bytes, at),
            Some(b'-' | b':' | b'?') => {
                at += 1;
                found = at;
            }
            _ => at += 1,
        }
    }
    found
}

/// Where the first `-` of a block sequence stands that is the value of the key ending at `key_end`: the scanner says
/// where the first element begins when the sequence is not indented.
pub(crate) fn first_dash(text: &str, key_end: usize, start: usize) -> usize {
    let bytes = text.as_bytes();
    let mut at = key_end;
    while at < start {
        match bytes.get(at) {
            Some(b'-') => return at,
            Some(b'#') => at = line_end(bytes, at),
            Some(b'&' | b'!') => {
                while bytes.get(at).is_some_and(|byte| !byte.is_ascii_whitespace()) {
                    at += 1;
                }
            }
            _ => at += 1,
        }
    }
    start
}

fn line_end(bytes: &[u8], from: usize) -> usize {
    let rest = bytes.get(from..).unwrap_or(b"");
    rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')).map_or(bytes.len(), |at| from + at)
}
