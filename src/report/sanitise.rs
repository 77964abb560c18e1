//! Texts of users, made harmless.
//!
//! Owns what may reach a terminal: no control character, no mark that changes the direction of text or hides itself.
//! Such characters are shown by number (`<U+001B>`). Also breaks the commands that build servers look for in output: in
//! lines as they are written, since a line may be broken anywhere.

use std::borrow::Cow;

/// A text for one line of output.
pub fn clean(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 8);
    for char in text.chars() {
        push(&mut out, char);
    }
    Cow::Owned(out)
}

/// A text of our own making that may hold line breaks, with texts of users in it.
pub fn clean_lines(text: &str) -> Cow<'_, str> {
    if is_plain(text) {
        return Cow::Borrowed(text);
    }
    let lines: Vec<_> = text.split('\n').map(clean).collect();
    Cow::Owned(lines.join("\n"))
}

/// Whether a text is clean as it is, and each of its bytes takes one column: most are, and need no look at each.
pub fn is_plain(text: &str) -> bool {
    // Without a way out in the middle many bytes are looked at in one step.
    !text.bytes().fold(false, |odd, byte| odd | !(b' '..=b'~').contains(&byte))
}

/// Appends one character, clean.
pub fn push(out: &mut String, char: char) {
    match is_hidden(char) {
        true => out.push_str(&format!("<U+{:04X}>", char as u32)),
        false => out.push(char),
    }
}

/// Lines as they are written, without a command to a build server: `::name::` at the start of a line, `##[name]` and
/// `##name[…]` wherever they are. A blank breaks them.
pub fn harmless(lines: &str) -> Cow<'_, str> {
    let breaks = breaks(lines);
    if breaks.is_empty() {
        return Cow::Borrowed(lines);
    }
    let mut out = String::with_capacity(lines.len() + breaks.len());
    let mut at = 0;
    for place in breaks {
        out.push_str(&lines[at..place]);
        out.push(' ');
        at = place;
    }
    out.push_str(&lines[at..]);
    Cow::Owned(out)
}

/// Where blanks break commands to build servers, in order.
fn breaks(lines: &str) -> Vec<usize> {
    let bytes = lines.as_bytes();
    let mut breaks: Vec<usize> = memchr::memmem::find_iter(bytes, b"::")
        .filter(|at| is_first(&lines[..*at]))
        .map(|at| at + 1)
        .collect();
    let starts_name = |byte: &u8| *byte == b'[' || byte.is_ascii_alphabetic();
    let hashes = memchr::memchr_iter(b'#', bytes);
    let commands = hashes.filter(|at| {
        *at > 0 && bytes[at - 1] == b'#' && bytes.get(at + 1).is_some_and(starts_name)
    });
    breaks.extend(commands.map(|at| at + 1));
    breaks.sort_unstable();
    breaks
}

/// Whether nothing but blanks and colours is before this place on its line.
fn is_first(before: &str) -> bool {
    let mut line = &before[before.rfind('\n').map_or(0, |at| at + 1)..];
    loop {
        line = line.trim_start();
        let Some(color) = line.strip_prefix("\u{1b}[") else { return line.is_empty() };
        let Some(end) = color.find('m') else { return false };
        line = &color[end + 1..];
    }
}

/// Whether a character would act on the terminal or stay unseen.
pub fn is_hidden(char: char) -> bool {
    char.is_control()
        || matches!(
            char,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// At most so many characters of a text, the middle left out.
pub fn shorten(text: &str, limit: usize) -> Cow<'_, str> {
    if text.len() <= limit || text.chars().count() <= limit {
        return Cow::Borrowed(text);
    }
    let keep = limit.saturating_sub(1);
    let tail = keep / 3;
    let head: String = text.chars().take(keep - tail).collect();
    let skip = text.char_indices().rev().take(tail).last().map_or(text.len(), |(at, _)| at);
    Cow::Owned(format!("{head}…{}", &text[skip..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_on_a_terminal_is_shown_by_number() {
        assert_eq!(clean("a\u{1b}[31mb"), "a<U+001B>[31mb");
        assert_eq!(clean("a\u{202e}b\u{9b}c\t"), "a<U+202E>b<U+009B>c<U+0009>");
        assert_eq!(clean("서울 ok"), "서울 ok");
    }

    #[test]
    fn commands_to_build_servers_are_broken() {
        assert_eq!(harmless("##[error]x ##vso[a] ###[b]"), "## [error]x ## vso[a] ### [b]");
        assert_eq!(harmless("## A-1 ### a::b # c"), "## A-1 ### a::b # c");
        assert_eq!(harmless("::error::x"), ": :error::x");
        assert_eq!(harmless("a ::b\n \u{a0}::error::x\n"), "a ::b\n \u{a0}: :error::x\n");
        assert_eq!(harmless("\u{1b}[1;31m  ::x\u{1b}[0m"), "\u{1b}[1;31m  : :x\u{1b}[0m");
        assert_eq!(harmless(":::x"), ": ::x");
        assert_eq!(clean("::error::x"), "::error::x");
    }

    #[test]
    fn long_texts_lose_their_middle() {
        assert_eq!(shorten("abcdefghij", 7), "abcd…ij");
        assert_eq!(shorten("abc", 7), "abc");
    }
}
