//! What tools print around and into their exports: warnings before the first line, and colours.
//!
//! Owns taking both away, so that an export that was caught with them is read. Looks at nothing else.

use std::io::{self, Read};

/// Bytes that are looked at at once.
const CHUNK: usize = 64 << 10;

/// Reads text without the warnings before it and without the colours in it.
pub struct Clean<R> {
    inner: R,
    /// What is cleaned and not handed out yet.
    out: Vec<u8>,
    sent: usize,
    /// The line at the beginning that is not whole yet; nothing once the text has begun.
    first: Option<Vec<u8>>,
    escape: Escape,
    ended: bool,
}

/// How much of a sequence for the terminal was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Escape {
    No,
    Begun,
    Open,
}

impl<R: Read> Clean<R> {
    /// Wraps a reader.
    pub fn new(inner: R) -> Self {
        let first = Some(Vec::new());
        Self { inner, out: Vec::new(), sent: 0, first, escape: Escape::No, ended: false }
    }

    fn take(&mut self, bytes: &[u8]) {
        if self.first.is_none() && self.escape == Escape::No && !bytes.contains(&0x1B) {
            self.out.extend_from_slice(bytes);
            return;
        }
        for &byte in bytes {
            self.escape = match (self.escape, byte) {
                (Escape::No, 0x1B) => Escape::Begun,
                (Escape::Begun, b'[') => Escape::Open,
                (Escape::Open, 0x20..=0x3F) => Escape::Open,
                // The letter that ends a sequence, or what stands behind a lone escape.
                (Escape::Open | Escape::Begun, _) => Escape::No,
                (Escape::No, _) => {
                    self.plain(byte);
                    Escape::No
                }
            };
        }
    }

    fn plain(&mut self, byte: u8) {
        let Some(first) = &mut self.first else {
            self.out.push(byte);
            return;
        };
        first.push(byte);
        if byte == b'\n' && is_warning(first) {
            first.clear();
        } else if byte == b'\n' || first.len() > CHUNK || !may_be_warning(first) {
            self.begin();
        }
    }

    /// The text begins with the line that was held.
    fn begin(&mut self) {
        if let Some(first) = self.first.take() {
            self.out.extend_from_slice(&first);
        }
    }
}

const WARNING: &[u8] = b"WARNING:";

/// Whether a line is one that tools print before their answer.
fn is_warning(line: &[u8]) -> bool {
    let line = line.trim_ascii();
    line.is_empty()
        || line.get(..WARNING.len()).is_some_and(|start| start.eq_ignore_ascii_case(WARNING))
}

/// Whether what was read of a line may still become one.
fn may_be_warning(start: &[u8]) -> bool {
    let start = start.trim_ascii_start();
    let length = start.len().min(WARNING.len());
    start[..length].eq_ignore_ascii_case(&WARNING[..length])
}

impl<R: Read> Read for Clean<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.sent == self.out.len() && !self.ended {
            self.out.clear();
            self.sent = 0;
            let mut chunk = vec![0; CHUNK];
            let count = self.inner.read(&mut chunk)?;
            if count == 0 {
                self.ended = true;
                // A last line without an end may be a warning, too.
                if self.first.as_deref().is_some_and(is_warning) {
                    self.first = None;
                }
                self.begin();
            } else {
                self.take(&chunk[..count]);
            }
        }
        let rest = &self.out[self.sent..];
        let count = rest.len().min(buffer.len());
        buffer[..count].copy_from_slice(&rest[..count]);
        self.sent += count;
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Reads so many bytes at a time.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
            let count = self.1.min(self.0.len()).min(buffer.len());
            buffer[..count].copy_from_slice(&self.0[..count]);
            self.0 = &self.0[count..];
            Ok(count)
        }
    }

    #[test]
    fn warnings_before_and_colours_within_are_taken_away_however_they_arrive() {
        let text = b"WARNING: the command is in preview\r\n\n\x1b[33mwarning: again\x1b[0m\n{\x1b[34m\"a\"\x1b[39;49m: \"WARNING: b\",\n\"c\": 1}";
        for step in 1..text.len() {
            let mut clean = String::new();
            Clean::new(Slow(text, step)).read_to_string(&mut clean).expect("text");
            assert_eq!(clean, "{\"a\": \"WARNING: b\",\n\"c\": 1}", "{step}");
        }
        let mut clean = String::new();
        Clean::new(&b"  [1]"[..]).read_to_string(&mut clean).expect("text");
        assert_eq!(clean, "  [1]");
        clean.clear();
        Clean::new(&b"WARNING: nothing else"[..]).read_to_string(&mut clean).expect("text");
        assert_eq!(clean, "");
    }
}
