//! From the bytes of a file to its text.
//!
//! Owns the choice of the encoding by the byte order mark. A mark of UTF-8 stays in the text, so that offsets in the
//! text are offsets in the file; it counts as no column.

use std::fmt;

/// Bytes that are no text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DecodeError {
    /// Offset of the first byte that does not fit.
    pub offset: usize,
    /// What does not fit.
    pub kind: DecodeErrorKind,
}

/// Why bytes are no text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DecodeErrorKind {
    /// Not UTF-8, and without a mark that says what else.
    Utf8,
    /// Half a character of UTF-16.
    Utf16,
    /// Marked as UTF-32.
    Utf32,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.kind {
            DecodeErrorKind::Utf8 => "the file is not UTF-8",
            DecodeErrorKind::Utf16 => "the file is marked as UTF-16, but is not",
            DecodeErrorKind::Utf32 => "the file is UTF-32; save it as UTF-8",
        };
        write!(f, "{what} (byte offset {})", self.offset)
    }
}

impl std::error::Error for DecodeError {}

/// The text of a file: UTF-8, or UTF-16 with a byte order mark.
pub fn decode(bytes: &[u8]) -> Result<String, DecodeError> {
    match bytes {
        [0xFF, 0xFE, 0, 0, ..] | [0, 0, 0xFE, 0xFF, ..] => {
            Err(DecodeError { offset: 0, kind: DecodeErrorKind::Utf32 })
        }
        [0xFF, 0xFE, rest @ ..] => utf16(rest, u16::from_le_bytes),
        [0xFE, 0xFF, rest @ ..] => utf16(rest, u16::from_be_bytes),
        _ => match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text.to_owned()),
            Err(error) => {
                Err(DecodeError { offset: error.valid_up_to(), kind: DecodeErrorKind::Utf8 })
            }
        },
    }
}

fn utf16(bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String, DecodeError> {
    let mut text = String::with_capacity(bytes.len());
    let mut offset = 2;
    let units = bytes.chunks_exact(2).map(|pair| unit([pair[0], pair[1]]));
    for c in char::decode_utf16(units) {
        let c = c.map_err(|_| DecodeError { offset, kind: DecodeErrorKind::Utf16 })?;
        offset += 2 * c.len_utf16();
        text.push(c);
    }
    if bytes.len() % 2 == 1 {
        return Err(DecodeError { offset, kind: DecodeErrorKind::Utf16 });
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_honoured() {
        assert_eq!(decode("ä".as_bytes()).as_deref(), Ok("ä"));
        assert_eq!(decode("\u{feff}ä".as_bytes()).as_deref(), Ok("\u{feff}ä"));
        assert_eq!(decode(&[0xFF, 0xFE, 0xE4, 0]).as_deref(), Ok("ä"));
        assert_eq!(decode(&[0xFE, 0xFF, 0xD8, 0x3D, 0xDE, 0x00]).as_deref(), Ok("😀"));
        assert_eq!(decode(b"").as_deref(), Ok(""));
    }

    #[test]
    fn errors_name_the_offset() {
        let offset = |bytes: &[u8]| decode(bytes).map_err(|error| error.offset);
        assert_eq!(offset(b"ab\xffcd"), Err(2));
        assert_eq!(offset(&[0xFF, 0xFE, 0x61, 0, 0, 0xD8, 0x61, 0]), Err(4));
        assert_eq!(offset(&[0xFF, 0xFE, 0x61, 0, 0x61]), Err(4));
        assert_eq!(offset(&[0xFF, 0xFE, 0, 0, 0x61, 0, 0, 0]), Err(0));
    }
}
