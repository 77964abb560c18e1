//! JSON that is harmless on a terminal.
//!
//! Owns how every JSON of this program is written: whoever reads it gets the same texts, but what would act on a terminal or
//! hide itself there is written as `\uXXXX`, and so is the `##` of commands to build servers. Knows no keys; those belong
//! to the forms.

use std::io::{self, Write};

use serde::Serialize;
use serde_json::ser::{CompactFormatter, Formatter, PrettyFormatter, Serializer};

use crate::report::sanitise;

/// A value over many lines, with a line break at its end.
pub fn pretty(value: &impl Serialize) -> String {
    let mut bytes = Vec::new();
    // Writing into memory does not fail, and what we write has texts for keys.
    let _ = write(&mut bytes, value);
    String::from_utf8(bytes).unwrap_or_default()
}

/// Writes a value over many lines, with a line break at its end.
pub fn write(out: &mut (impl Write + ?Sized), value: &impl Serialize) -> io::Result<()> {
    let harmless = Harmless(PrettyFormatter::new());
    value.serialize(&mut Serializer::with_formatter(&mut *out, harmless))?;
    out.write_all(b"\n")
}

/// A value on one line, without a line break.
pub fn line(value: &impl Serialize) -> String {
    let mut bytes = Vec::new();
    let mut serializer = Serializer::with_formatter(&mut bytes, Harmless(CompactFormatter));
    let _ = value.serialize(&mut serializer);
    String::from_utf8(bytes).unwrap_or_default()
}

/// Another layout, with hidden characters by number.
struct Harmless<F>(F);

impl<F: Formatter> Formatter for Harmless<F> {
    fn write_string_fragment<W: Write + ?Sized>(
        &mut self,
        writer: &mut W,
        fragment: &str,
    ) -> io::Result<()> {
        let mut rest = fragment;
        // A build server looks for `##name[` wherever it is.
        let acts = |text: &str| {
            text.char_indices().find(|(at, char)| {
                sanitise::is_hidden(*char) || (*char == '#' && text[at + 1..].starts_with('#'))
            })
        };
        while let Some((at, char)) = acts(rest) {
            writer.write_all(&rest.as_bytes()[..at])?;
            for unit in char.encode_utf16(&mut [0; 2]) {
                write!(writer, "\\u{unit:04x}")?;
            }
            rest = &rest[at + char.len_utf8()..];
        }
        writer.write_all(rest.as_bytes())
    }

    fn begin_array<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_array(writer)
    }

    fn end_array<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array(writer)
    }

    fn begin_array_value<W: Write + ?Sized>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_array_value(writer, first)
    }

    fn end_array_value<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_array_value(writer)
    }

    fn begin_object<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object(writer)
    }

    fn end_object<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object(writer)
    }

    fn begin_object_key<W: Write + ?Sized>(
        &mut self,
        writer: &mut W,
        first: bool,
    ) -> io::Result<()> {
        self.0.begin_object_key(writer, first)
    }

    fn begin_object_value<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.begin_object_value(writer)
    }

    fn end_object_value<W: Write + ?Sized>(&mut self, writer: &mut W) -> io::Result<()> {
        self.0.end_object_value(writer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_hidden_is_written_by_number_and_read_as_it_was() {
        let text = "a\u{9b}b\u{202e}c\u{2069}d\u{e0041}e\u{7f}f\u{1b}\n서울 \"x\"";
        let value = serde_json::json!({ text: [text, 1] });
        for json in [pretty(&value), line(&value)] {
            let mut shown = json.chars().filter(|char| *char != '\n');
            assert!(!shown.any(sanitise::is_hidden), "{json}");
            assert_eq!(serde_json::from_str::<serde_json::Value>(&json).expect("JSON"), value);
        }
        assert!(line(&text).contains(r"\udb40\udc41"), "{}", line(&text));
    }

    #[test]
    fn commands_to_build_servers_are_broken_and_read_as_they_were() {
        let text = "##vso[a] ###[b] # #[c]";
        assert_eq!(line(&text), r##""\u0023#vso[a] \u0023\u0023#[b] # #[c]""##);
        assert_eq!(serde_json::from_str::<String>(&line(&text)).expect("JSON"), text);
    }

    #[test]
    fn what_is_plain_is_written_as_ever() {
        let value = serde_json::json!({ "a": [1, "서울", null], "b": {} });
        assert_eq!(pretty(&value), serde_json::to_string_pretty(&value).expect("JSON") + "\n");
        assert_eq!(line(&value), value.to_string());
    }
}
