//! Messages on standard input and output: `Content-Length: 2`, an empty line, two bytes of JSON.
//!
//! What is no message is reported and passed over, so that one bad message ends nothing; a length that nobody can mean
//! ends the session, as there is no telling where the next message begins.

use std::io::{self, BufRead, Read, Write};

use serde_json::Value;

/// The longest message, in bytes.
pub const LONGEST: u64 = 1 << 30;
/// The longest line of a header, in bytes.
const HEADER: u64 = 8 << 10;

/// What was read.
#[derive(Debug, PartialEq)]
pub enum Frame {
    /// A message.
    Message(Value),
    /// A message that is no JSON, or a header without a length.
    Malformed,
    /// A message longer than [`LONGEST`].
    TooLong,
}

/// Reads the next message; none at the end of the input.
///
/// # Errors
///
/// Where the input cannot be read.
pub fn read(input: &mut impl BufRead) -> io::Result<Option<Frame>> {
    let mut length: Option<u64> = None;
    let mut lines = 0;
    loop {
        let mut line = Vec::new();
        if input.by_ref().take(HEADER).read_until(b'\n', &mut line)? == 0 {
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&line);
        let line = line.trim_end_matches(['\r', '\n']);
        if line.is_empty() {
            break;
        }
        lines += 1;
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok();
        }
    }
    match length {
        // An empty line before a header harms nobody.
        None if lines == 0 => read(input),
        None => Ok(Some(Frame::Malformed)),
        Some(length) if length > LONGEST => Ok(Some(Frame::TooLong)),
        Some(length) => {
            // Memory is taken as bytes come in, whatever length was said.
            let mut body = Vec::new();
            if (input.by_ref().take(length).read_to_end(&mut body)? as u64) < length {
                return Ok(None);
            }
            Ok(Some(serde_json::from_slice(&body).map_or(Frame::Malformed, Frame::Message)))
        }
    }
}

/// Writes a message.
///
/// # Errors
///
/// Where the output cannot be written.
pub fn write(output: &mut impl Write, message: &Value) -> io::Result<()> {
    let body = message.to_string();
    write!(output, "Content-Length: {}\r\n\r\n{body}", body.len())?;
    output.flush()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn what_is_no_message_is_passed_over() {
        let input = b"Content-Length: 2\r\n\r\n{}Content-Type: x\r\n\r\n\r\nContent-length:4\r\nX: y\r\n\r\n{1: \
            Content-Length: 9000000000000\r\n\r\n";
        let mut input = &input[..];
        let mut next = || read(&mut input).expect("bytes");
        assert_eq!(next(), Some(Frame::Message(json!({}))));
        assert_eq!(next(), Some(Frame::Malformed));
        assert_eq!(next(), Some(Frame::Malformed));
        assert_eq!(next(), Some(Frame::TooLong));
        assert_eq!(next(), None);
    }
}
