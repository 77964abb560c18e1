//! Open texts: edits as they come in, and places in the units of the client.

use serde_json::{Value, json};

use crate::source::{Source, Span};

/// In what columns are counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Encoding {
    /// Bytes.
    Utf8,
    /// Two for a character beyond the basic plane, one for each other.
    #[default]
    Utf16,
}

impl Encoding {
    /// Its name in the protocol.
    pub fn name(self) -> &'static str {
        match self {
            Encoding::Utf8 => "utf-8",
            Encoding::Utf16 => "utf-16",
        }
    }

    fn units(self, text: &str) -> usize {
        match self {
            Encoding::Utf8 => text.len(),
            Encoding::Utf16 => text.chars().map(char::len_utf16).sum(),
        }
    }
}

/// A place as the client counts it, from 0.
pub fn position(source: &Source, offset: u32, encoding: Encoding) -> Value {
    let line = source.line_of(offset);
    let start = source.line_starts()[line] as usize;
    let before = source.text().get(start..offset as usize).unwrap_or("");
    json!({ "line": line, "character": encoding.units(before) })
}

/// A range as the client counts it.
pub fn range(source: &Source, span: Span, encoding: Encoding) -> Value {
    json!({
        "start": position(source, span.start, encoding),
        "end": position(source, span.end, encoding),
    })
}

/// The offset of a place: beyond the end of a line that end, inside a character its start. None where it is no place.
pub fn offset(text: &str, position: &Value, encoding: Encoding) -> Option<usize> {
    let line = usize::try_from(position.get("line")?.as_u64()?).ok()?;
    let character = usize::try_from(position.get("character")?.as_u64()?).ok()?;
    let mut start = 0;
    for _ in 0..line {
        let rest = text.get(start..)?;
        match rest.find(['\n', '\r']) {
            Some(at) => start += at + if rest[at..].starts_with("\r\n") { 2 } else { 1 },
            None => return Some(text.len()),
        }
    }
    let rest = text.get(start..)?;
    let content = &rest[..rest.find(['\n', '\r']).unwrap_or(rest.len())];
    let mut units = 0;
    for (at, char) in content.char_indices() {
        units += encoding.units(char.encode_utf8(&mut [0; 4]));
        if units > character {
            return Some(start + at);
        }
    }
    Some(start + content.len())
}

/// The offsets of a range; one that is turned round is taken turned back.
pub fn offsets(text: &str, range: &Value, encoding: Encoding) -> Option<(usize, usize)> {
    let start = offset(text, range.get("start")?, encoding)?;
    let end = offset(text, range.get("end")?, encoding)?;
    Some((start.min(end), start.max(end)))
}

/// Takes a change of `textDocument/didChange`; without a range it is the whole text. What is no change is left out. Gives
/// the line, from 0, in which the change ends.
pub fn change(text: &mut String, change: &Value, encoding: Encoding) -> Option<usize> {
    let new = change.get("text").and_then(Value::as_str)?;
    let end = match change.get("range") {
        None | Some(Value::Null) => {
            let same = text.bytes().zip(new.bytes()).take_while(|(a, b)| a == b).count();
            *text = new.to_owned();
            same
        }
        Some(range) => {
            let (start, end) = offsets(text, range, encoding)?;
            text.replace_range(start..end, new);
            start + new.len()
        }
    };
    let before = &text.as_bytes()[..end.min(text.len())];
    let ends = memchr::memchr2_iter(b'\n', b'\r', before);
    Some(ends.filter(|at| before[*at] == b'\n' || before.get(at + 1) != Some(&b'\n')).count())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Sources;

    const TEXT: &str = "ä: 1\r\nb: 😀x\rc\n";

    #[test]
    fn places_go_there_and_back_in_both_units() {
        let mut sources = Sources::default();
        let file = sources.add("a", TEXT);
        for encoding in [Encoding::Utf8, Encoding::Utf16] {
            for (at, char) in TEXT.char_indices().filter(|(_, char)| !"\r\n".contains(*char)) {
                let place = position(sources.get(file), at as u32, encoding);
                assert_eq!(offset(TEXT, &place, encoding), Some(at), "{char} {place}");
            }
        }
    }

    #[test]
    fn places_that_are_none_are_taken_to_the_next_that_is_one() {
        let at = |line: u64, character: u64| {
            let place = json!({ "line": line, "character": character });
            offset(TEXT, &place, Encoding::Utf16)
        };
        let smile = TEXT.find('😀');
        assert_eq!(at(1, 4), smile);
        assert_eq!(at(1, 99), TEXT.find("\rc"));
        assert_eq!(at(99, 0), Some(TEXT.len()));
        assert_eq!(offset(TEXT, &json!({ "line": -1 }), Encoding::Utf16), None);
        let mut text = TEXT.to_owned();
        let turned =
            json!({ "start": { "line": 1, "character": 1 }, "end": { "line": 0, "character": 0 } });
        change(&mut text, &json!({ "range": turned, "text": "x" }), Encoding::Utf8);
        assert_eq!(text, "x: 😀x\rc\n");
    }
}
