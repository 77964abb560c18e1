//! Reads JSON files of any size element by element.
//!
//! Owns the shapes of envelopes: one object, `{"value": [...]}` and its likes, a bare array, several documents one after
//! another. Finds where an element ends, has it parsed in place, hands it out and forgets it, so that no file is held
//! as a whole.

use std::io::Read;

use memchr::{memchr_iter, memchr2, memrchr};

use crate::import::element::{Element, Members};

/// What surrounds an element.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Around<'a> {
    /// It is the whole document.
    Nothing,
    /// It is an element of a bare array.
    Array,
    /// It is an element of the array under this key.
    Key(&'a str),
}

/// Receives what is read.
pub trait Sink {
    /// One element, with its pointer.
    fn element(&mut self, pointer: String, around: Around<'_>, value: Element<'_>);
    /// An envelope ends; the members beside the array, the number of elements.
    fn end(&mut self, key: &str, beside: Members<'static>, count: usize);
}

/// Why reading stopped.
#[derive(Clone, Debug)]
pub struct Broken {
    /// Line, from 1.
    pub line: usize,
    /// Column in bytes, from 1.
    pub column: usize,
    /// The reader's words.
    pub message: String,
    /// The text ends too early.
    pub cut_off: bool,
    /// One element is too large.
    pub too_large: bool,
}

/// Keys under which lists stand at the top of a document.
const LISTS: [&str; 7] =
    ["value", "data", "virtualMachines", "hostSystems", "datastores", "devices", "objects"];
/// Bytes that are read at once.
const CHUNK: usize = 256 << 10;

/// Reads all documents, none of whose elements may have more than `limit` bytes; yields how many documents there were.
pub fn read(reader: impl Read, limit: u64, sink: &mut dyn Sink) -> Result<usize, Broken> {
    in_chunks(reader, limit, CHUNK, sink)
}

fn in_chunks(
    reader: impl Read,
    limit: u64,
    chunk: usize,
    sink: &mut dyn Sink,
) -> Result<usize, Broken> {
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let (buffer, ended) = (Vec::new(), false);
    let mut text =
        Text { reader, limit, chunk, buffer, held: 0, at: 0, lines: 0, column: 0, ended };
    let mut documents = 0;
    loop {
        text.release();
        let Some(byte) = text.next()? else { return Ok(documents) };
        let prefix = if documents == 0 { String::new() } else { format!("#{}", documents + 1) };
        match byte {
            b'{' => text.object(&prefix, sink)?,
            b'[' => {
                let count = text.list(&prefix, Around::Array, sink)?;
                sink.end("", Members::new(), count);
            }
            _ => {
                // `null` is what some commands print where there is nothing.
                let span = text.value()?;
                if !text.parse(span)?.is_null() {
                    let message = "an object or an array is expected here".to_owned();
                    return Err(text.broken_at(text.held + span.0, message));
                }
            }
        }
        documents += 1;
    }
}

/// Where something starts and ends, counted from the last release, as what was before may be forgotten meanwhile.
type Span = (usize, usize);

/// The part of a file that is held: from the last release on, and perhaps a little before.
struct Text<R> {
    reader: R,
    limit: usize,
    chunk: usize,
    buffer: Vec<u8>,
    /// What stands before is no longer needed.
    held: usize,
    /// The next byte to look at.
    at: usize,
    /// Lines before the buffer, and bytes of its first line that are gone.
    lines: usize,
    column: usize,
    ended: bool,
}

impl<R: Read> Text<R> {
    fn broken(&self, message: &str) -> Broken {
        self.broken_at(self.at, message.to_owned())
    }

    fn broken_at(&self, at: usize, message: String) -> Broken {
        let before = self.buffer.get(..at).unwrap_or(&self.buffer);
        let line = self.lines + memchr_iter(b'\n', before).count() + 1;
        let column = match memrchr(b'\n', before) {
            Some(newline) => at - newline,
            None => self.column + at + 1,
        };
        Broken { line, column, message, cut_off: false, too_large: false }
    }

    fn cut_off(&self) -> Broken {
        Broken { cut_off: true, ..self.broken("the text ends too early") }
    }

    /// What stands before the next byte is no longer needed.
    fn release(&mut self) {
        self.held = self.at;
    }

    /// Where the next byte stands.
    fn here(&self) -> usize {
        self.at - self.held
    }

    /// Reads more; whether there was more.
    fn fill(&mut self) -> Result<bool, Broken> {
        if self.ended {
            return Ok(false);
        }
        let gone = &self.buffer[..self.held];
        self.lines += memchr_iter(b'\n', gone).count();
        self.column = match memrchr(b'\n', gone) {
            Some(newline) => self.held - newline - 1,
            None => self.column + self.held,
        };
        self.buffer.drain(..self.held);
        self.at -= self.held;
        self.held = 0;
        let known = self.buffer.len();
        if known > self.limit {
            return Err(Broken { too_large: true, ..self.broken("the element is too large") });
        }
        self.buffer.resize(known + self.chunk, 0);
        let mut have = known;
        while have < self.buffer.len() {
            match self.reader.read(&mut self.buffer[have..]) {
                Ok(0) => {
                    self.ended = true;
                    break;
                }
                Ok(more) => have += more,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => {
                    self.buffer.truncate(have);
                    return Err(self.broken_at(have, error.to_string()));
                }
            }
        }
        self.buffer.truncate(have);
        Ok(have > known)
    }

    /// The next byte that is no blank.
    fn next(&mut self) -> Result<Option<u8>, Broken> {
        loop {
            let rest = &self.buffer[self.at..];
            match rest.iter().position(|byte| !matches!(byte, b' ' | b'\t' | b'\r' | b'\n')) {
                Some(more) => {
                    self.at += more;
                    return Ok(self.buffer.get(self.at).copied());
                }
                None => {
                    self.at = self.buffer.len();
                    if !self.fill()? {
                        return Ok(None);
                    }
                }
            }
        }
    }

    fn expect(&mut self) -> Result<u8, Broken> {
        self.next()?.ok_or_else(|| self.cut_off())
    }

    /// Goes behind a string; stands on its quote.
    fn string(&mut self) -> Result<(), Broken> {
        self.at += 1;
        loop {
            match memchr2(b'"', b'\\', &self.buffer[self.at..]) {
                Some(more) if self.buffer[self.at + more] == b'"' => {
                    self.at += more + 1;
                    return Ok(());
                }
                // What is escaped may stand in the part that is not read yet.
                Some(more) if self.at + more + 1 < self.buffer.len() => self.at += more + 2,
                Some(more) => {
                    self.at += more;
                    if !self.fill()? {
                        return Err(self.cut_off());
                    }
                }
                None => {
                    self.at = self.buffer.len();
                    if !self.fill()? {
                        return Err(self.cut_off());
                    }
                }
            }
        }
    }

    /// Goes behind a value, of whatever kind; where it starts and ends.
    fn value(&mut self) -> Result<Span, Broken> {
        self.expect()?;
        let start = self.here();
        let mut depth = 0_usize;
        loop {
            let rest = &self.buffer[self.at..];
            let stop = |byte: &u8| match byte {
                b'"' | b'{' | b'}' | b'[' | b']' => true,
                b',' | b' ' | b'\t' | b'\r' | b'\n' => depth == 0,
                _ => false,
            };
            let Some(more) = rest.iter().position(stop) else {
                self.at = self.buffer.len();
                if self.fill()? {
                    continue;
                }
                // A lone scalar may end with the text.
                return if depth == 0 && self.here() > start {
                    Ok((start, self.here()))
                } else {
                    Err(self.cut_off())
                };
            };
            self.at += more;
            match self.buffer[self.at] {
                b'"' => self.string()?,
                b'{' | b'[' => {
                    depth += 1;
                    self.at += 1;
                    continue;
                }
                b'}' | b']' if depth > 0 => {
                    depth -= 1;
                    self.at += 1;
                }
                _ if self.here() > start => return Ok((start, self.here())),
                _ => return Err(self.broken("a value is expected here")),
            }
            if depth == 0 {
                return Ok((start, self.here()));
            }
        }
    }

    fn parse(&self, (start, end): Span) -> Result<Element<'_>, Broken> {
        let start = self.held + start;
        let bytes = &self.buffer[start..self.held + end];
        serde_json::from_slice(bytes).map_err(|error| {
            // The parser counts lines and columns from the start of the element.
            let lines = bytes.split(|byte| *byte == b'\n').take(error.line().saturating_sub(1));
            let above: usize = lines.map(|line| line.len() + 1).sum();
            let message = error.to_string();
            let message = message.split(" at line ").next().unwrap_or(&message).to_owned();
            self.broken_at(start + above + error.column().saturating_sub(1), message)
        })
    }

    /// The elements of an array; stands on its bracket.
    fn list(
        &mut self,
        pointer: &str,
        around: Around<'_>,
        sink: &mut dyn Sink,
    ) -> Result<usize, Broken> {
        self.at += 1;
        let mut count = 0;
        loop {
            self.release();
            match self.expect()? {
                b']' if count == 0 => break,
                _ => {
                    let span = self.value()?;
                    let element = self.parse(span)?;
                    sink.element(format!("{pointer}/{count}"), around, element);
                    count += 1;
                }
            }
            match self.expect()? {
                b',' => self.at += 1,
                b']' => break,
                _ => return Err(self.broken("`,` or `]` is expected here")),
            }
        }
        self.at += 1;
        Ok(count)
    }

    /// An object: an envelope, whose list is handed out element by element, or one element. Stands on its brace.
    fn object(&mut self, prefix: &str, sink: &mut dyn Sink) -> Result<(), Broken> {
        let start = self.here();
        self.at += 1;
        let mut beside = Members::new();
        let mut streamed: Option<(String, usize)> = None;
        let mut waiting: Vec<(String, Span)> = Vec::new();
        loop {
            match self.expect()? {
                b'}' if waiting.is_empty() && streamed.is_none() => break,
                b'"' => {}
                _ => return Err(self.broken("a key is expected here")),
            }
            let key_start = self.here();
            self.string()?;
            let key = self.parse((key_start, self.here()))?;
            let key = key.as_str().unwrap_or_default().to_owned();
            if self.expect()? != b':' {
                return Err(self.broken("`:` is expected here"));
            }
            self.at += 1;
            if self.expect()? == b'[' && LISTS.iter().any(|list| list.eq_ignore_ascii_case(&key)) {
                for (key, span) in waiting.drain(..) {
                    beside.push((key.into(), self.parse(span)?.into_owned()));
                }
                let count = self.list(&format!("{prefix}/{key}"), Around::Key(&key), sink)?;
                streamed = Some((key, count));
                self.release();
            } else {
                let span = self.value()?;
                if streamed.is_some() {
                    beside.push((key.into(), self.parse(span)?.into_owned()));
                    self.release();
                } else {
                    waiting.push((key, span));
                }
            }
            match self.expect()? {
                b',' => self.at += 1,
                b'}' => break,
                _ => return Err(self.broken("`,` or `}` is expected here")),
            }
        }
        self.at += 1;
        match streamed {
            Some((key, count)) => sink.end(&key, beside, count),
            None => {
                let whole = self.parse((start, self.here()))?;
                sink.element(prefix.to_owned(), Around::Nothing, whole);
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Default)]
    struct Log(Vec<String>);

    impl Sink for Log {
        fn element(&mut self, pointer: String, _: Around<'_>, value: Element<'_>) {
            self.0.push(format!("{pointer} {}", shown(&value)));
        }

        fn end(&mut self, key: &str, beside: Members<'static>, count: usize) {
            let beside: Vec<String> =
                beside.iter().map(|(key, value)| format!("{key}={}", shown(value))).collect();
            self.0.push(format!("end {key} {} {count}", beside.join(" ")));
        }
    }

    fn shown(value: &Element<'_>) -> String {
        match value {
            Element::Null => "null".to_owned(),
            Element::Bool(truth) => truth.to_string(),
            Element::Number(number) => number.to_string(),
            Element::Text(text) => format!("{text:?}"),
            Element::List(items) => {
                format!("[{}]", items.iter().map(shown).collect::<Vec<_>>().join(","))
            }
            Element::Object(members) => {
                let members = members.iter().map(|(key, value)| format!("{key}:{}", shown(value)));
                format!("{{{}}}", members.collect::<Vec<_>>().join(","))
            }
        }
    }

    fn run(text: &str) -> (Vec<String>, Result<usize, Broken>) {
        let mut log = Log::default();
        let result = read(text.as_bytes(), 1 << 20, &mut log);
        (log.0, result)
    }

    #[test]
    fn envelopes_are_streamed() {
        let (log, result) = run(r#"{"a":1,"value":[{"a":1},{"b":"\"]}"}],"nextLink":null}"#);
        assert_eq!(
            log,
            [r#"/value/0 {a:1}"#, r#"/value/1 {b:"\"]}"}"#, "end value a=1 nextLink=null 2"]
        );
        assert_eq!(result.ok(), Some(1));
        let (log, result) = run("[ ]\n{\"value\": [] }\n[null, 1.5 ,\"x\"]");
        assert_eq!(
            log,
            ["end   0", "end value  0", "#3/0 null", "#3/1 1.5", "#3/2 \"x\"", "end   3"]
        );
        assert_eq!(result.ok(), Some(3));
    }

    #[test]
    fn several_documents_are_counted() {
        let (log, result) = run("{\"a\":1}\n{\"b\":2} null {}");
        assert_eq!(log, [" {a:1}", "#2 {b:2}", "#4 {}"]);
        assert_eq!(result.ok(), Some(4));
    }

    #[test]
    fn what_stands_before_the_break_is_kept_and_the_place_is_told() {
        for (text, line, column, cut_off) in [
            ("[{\"a\":1},{\"b\":", 1, 15, true),
            ("[{\"a\":1},\n {\"b\": }]", 2, 8, false),
            ("[{\"a\":1},\n{\"b\":\n xyz\n}]", 3, 2, false),
            ("[{\"a\":1}\n {\"b\":1}]", 2, 2, false),
            ("[{\"a\":1},{\"b\":\"x", 1, 17, true),
        ] {
            let (log, result) = run(text);
            assert_eq!(log.first().map(String::as_str), Some("/0 {a:1}"), "{text}");
            let broken = result.expect_err(text);
            assert_eq!(
                (broken.line, broken.column, broken.cut_off),
                (line, column, cut_off),
                "{text}: {broken:?}"
            );
        }
        for text in [
            "{\"a\" 1}",
            "{\"a\":1,}",
            "{a:1}",
            "[1,]",
            "[1 2]",
            "[",
            "{",
            "{\"a\":",
            "\"x\"",
            "[}",
            "{\"a\":]}",
        ] {
            assert!(run(text).1.is_err(), "{text}");
        }
    }

    #[test]
    fn files_may_be_read_in_pieces_of_any_size() {
        let text = "{\"a\\\\\":\"\\u00fc\\\\\" , \"value\":[{\"b\":true},\n{\"c\":[1,{\"d\":null}]}, 17 ],\"e\":2}\n{\"f\":\"ü\"}";
        for chunk in 1..text.len() {
            let mut log = Log::default();
            let result = in_chunks(text.as_bytes(), 1 << 20, chunk, &mut log);
            assert_eq!(result.ok(), Some(2), "{chunk}");
            let expected = [
                "/value/0 {b:true}",
                "/value/1 {c:[1,{d:null}]}",
                "/value/2 17",
                "end value a\\=\"ü\\\\\" e=2 3",
                "#2 {f:\"ü\"}",
            ];
            assert_eq!(log.0, expected, "{chunk}");
            let broken = text.replace("17", "1z");
            let broken =
                in_chunks(broken.as_bytes(), 1 << 20, chunk, &mut log).expect_err("broken");
            assert_eq!((broken.line, broken.column), (2, 24), "{chunk}: {broken:?}");
        }
        let long = format!("[{{\"a\":\"{}\"}}]", "x".repeat(1000));
        let mut log = Log::default();
        assert!(
            in_chunks(long.as_bytes(), 100, 64, &mut log).is_err_and(|broken| broken.too_large)
        );
    }
}
