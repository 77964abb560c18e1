//! Bytes into readable text: what a file is by its first bytes, and encodings.
//!
//! Owns encodings. Does not look into the content.

use std::io::{self, BufRead, BufReader, Read};

use crate::import::clean::Clean;

/// What the first bytes say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Look {
    /// Nothing but blanks.
    Empty,
    /// A zip archive, which may be a workbook.
    Zip,
    /// An old binary or an encrypted workbook.
    OldWorkbook,
    /// A gzip stream.
    Gzip,
    /// JSON.
    Json,
    /// YAML.
    Yaml,
    /// HTML or XML.
    Markup,
    /// Other text, perhaps a table.
    Text,
    /// Anything else.
    Binary,
}

/// Decides by content. `text` holds the first decoded characters.
pub fn look(head: &[u8]) -> Look {
    match head {
        [b'P', b'K', 3 | 5, 4 | 6, ..] => return Look::Zip,
        [0xD0, 0xCF, 0x11, 0xE0, ..] => return Look::OldWorkbook,
        [0x1F, 0x8B, ..] => return Look::Gzip,
        _ => {}
    }
    let mut text = String::new();
    let _ = Clean::new(Decoder::new(head).take(4096)).read_to_string_lossy(&mut text);
    let start = text.trim_start_matches(|c: char| c.is_whitespace() || c == '\u{feff}');
    match start.chars().next() {
        None => Look::Empty,
        Some('{' | '[') => Look::Json,
        Some('<') => Look::Markup,
        Some(_) if start.chars().take(512).any(|c| c.is_control() && !c.is_whitespace()) => {
            Look::Binary
        }
        Some(_) if is_yaml(start) => Look::Yaml,
        Some(_) => Look::Text,
    }
}

/// Whether the first line is an entry of a list or a key with a value, as YAML has them and no table.
fn is_yaml(start: &str) -> bool {
    let line = start.lines().find(|line| !line.starts_with('#')).unwrap_or_default().trim_end();
    let line = line.strip_prefix("- ").unwrap_or(line);
    let key = line.split(':').next().unwrap_or_default();
    let word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '@' | '.');
    let rest = line.get(key.len()..).unwrap_or_default();
    line == "---"
        || line == "-"
        || !key.is_empty() && key.chars().all(word) && (rest == ":" || rest.starts_with(": "))
}

trait Lossy: Read {
    fn read_to_string_lossy(&mut self, into: &mut String) -> io::Result<()> {
        let mut bytes = Vec::new();
        let result = self.read_to_end(&mut bytes).map(|_| ());
        into.push_str(&String::from_utf8_lossy(&bytes));
        result
    }
}

impl<R: Read> Lossy for R {}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Utf8,
    Latin,
    Utf16 { little: bool },
}

/// Reads any of the encodings exporters use as UTF-8, without a byte order mark.
pub struct Decoder<R> {
    inner: BufReader<R>,
    encoding: Option<Encoding>,
    out: Vec<u8>,
    sent: usize,
}

impl<R: Read> Decoder<R> {
    /// Wraps a reader.
    pub fn new(inner: R) -> Self {
        Self {
            inner: BufReader::with_capacity(64 * 1024, inner),
            encoding: None,
            out: Vec::new(),
            sent: 0,
        }
    }

    /// Reads text that is not UTF-8 as Windows-1252, which exporters of tables use; for tables only.
    pub fn or_latin(mut self) -> io::Result<Self> {
        if self.detect()? == Encoding::Utf8 {
            let head = self.inner.fill_buf()?;
            if let Err(error) = std::str::from_utf8(head)
                && error.error_len().is_some()
            {
                self.encoding = Some(Encoding::Latin);
            }
        }
        Ok(self)
    }

    fn detect(&mut self) -> io::Result<Encoding> {
        if let Some(encoding) = self.encoding {
            return Ok(encoding);
        }
        let head = self.inner.fill_buf()?;
        let (encoding, mark) = match head {
            [0xEF, 0xBB, 0xBF, ..] => (Encoding::Utf8, 3),
            [0xFF, 0xFE, ..] => (Encoding::Utf16 { little: true }, 2),
            [0xFE, 0xFF, ..] => (Encoding::Utf16 { little: false }, 2),
            [first, 0, second, 0, ..] if *first != 0 && *second != 0 => {
                (Encoding::Utf16 { little: true }, 0)
            }
            [0, first, 0, second, ..] if *first != 0 && *second != 0 => {
                (Encoding::Utf16 { little: false }, 0)
            }
            _ => (Encoding::Utf8, 0),
        };
        self.inner.consume(mark);
        self.encoding = Some(encoding);
        Ok(encoding)
    }

    fn convert(&mut self, little: bool) -> io::Result<()> {
        let mut units = Vec::with_capacity(8192);
        let mut pair = [0_u8; 2];
        while units.len() < 8192 {
            match self.inner.read_exact(&mut pair) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => break,
                Err(error) => return Err(error),
            }
            let unit = if little { u16::from_le_bytes(pair) } else { u16::from_be_bytes(pair) };
            units.push(unit);
            // A buffer must not end between the two halves of one character.
            if units.len() >= 8191 && !(0xD800..0xDC00).contains(&unit) {
                break;
            }
        }
        self.out = String::from_utf16_lossy(&units).into_bytes();
        Ok(())
    }
}

impl<R: Read> Read for Decoder<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let encoding = self.detect()?;
        let count = if encoding == Encoding::Utf8 {
            self.inner.read(buffer)?
        } else {
            if self.sent == self.out.len() {
                self.sent = 0;
                match encoding {
                    Encoding::Utf16 { little } => self.convert(little)?,
                    _ => {
                        let bytes = self.inner.fill_buf()?;
                        let text: String = bytes.iter().map(|byte| latin(*byte)).collect();
                        let length = bytes.len();
                        self.inner.consume(length);
                        self.out = text.into_bytes();
                    }
                }
            }
            let rest = &self.out[self.sent..];
            let count = rest.len().min(buffer.len());
            buffer[..count].copy_from_slice(&rest[..count]);
            self.sent += count;
            count
        };
        Ok(count)
    }
}

fn latin(byte: u8) -> char {
    const HIGH: [char; 32] = [
        '€', '\u{81}', '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', '\u{8d}', 'Ž',
        '\u{8f}', '\u{90}', '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', '\u{9d}',
        'ž', 'Ÿ',
    ];
    if (0x80..0xA0).contains(&byte) { HIGH[usize::from(byte) - 0x80] } else { char::from(byte) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decode(bytes: &[u8]) -> String {
        let mut text = String::new();
        Decoder::new(bytes).read_to_string(&mut text).expect("readable");
        text
    }

    #[test]
    fn encodings_are_read_as_utf8() {
        let text = "{\"a\": \"ü😀\"}";
        let little: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        let big: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        assert_eq!(decode(text.as_bytes()), text);
        assert_eq!(decode(&[b"\xEF\xBB\xBF", text.as_bytes()].concat()), text);
        assert_eq!(decode(&[b"\xFF\xFE".as_slice(), &little].concat()), text);
        assert_eq!(decode(&[b"\xFE\xFF".as_slice(), &big].concat()), text);
        assert_eq!(decode(&little), text);
        assert_eq!(look(&[b"\xFF\xFE".as_slice(), &little].concat()), Look::Json);
    }

    #[test]
    fn long_utf16_keeps_its_pairs() {
        let text = "x😀".repeat(9_000);
        let bytes: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        assert_eq!(decode(&[b"\xFF\xFE".as_slice(), &bytes].concat()), text);
    }

    #[test]
    fn content_tells_what_a_file_is() {
        assert_eq!(look(b""), Look::Empty);
        assert_eq!(look(b" \r\n"), Look::Empty);
        assert_eq!(look(b"<!DOCTYPE html>"), Look::Markup);
        assert_eq!(look(b"VM;Powerstate\r\n"), Look::Text);
        assert_eq!(look(b"WARNING: preview\n\x1b[1m[\x1b[0m"), Look::Json);
        assert_eq!(look(b"- id: /subscriptions/1\n"), Look::Yaml);
        assert_eq!(look(b"id: /subscriptions/1\n"), Look::Yaml);
        assert_eq!(look(b"just some words, and a comma\n"), Look::Text);
        assert_eq!(look(b"PK\x03\x04rest"), Look::Zip);
    }
}
