//! Texts of users, made harmless.
//!
//! Owns what may reach a terminal: no control character, no mark that changes the direction of text or hides itself.
//! Such characters are shown by number (`<U+001B>`). Also breaks the commands that build servers look for in output.

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

/// Whether a text is harmless as it is, and each of its bytes takes one column: most are, and need no look at each.
pub fn is_plain(text: &str) -> bool {
    let bytes = text.as_bytes();
    let is_odd = |byte: u8| !(b' '..=b'~').contains(&byte) | (byte == b'#');
    let is_colon = |byte: u8| byte == b':';
    let next = bytes.get(1..).unwrap_or_default();
    // Without a way out in the middle many bytes are looked at in one step.
    !bytes.iter().fold(false, |odd, byte| odd | is_odd(*byte))
        && !bytes.iter().zip(next).fold(false, |two, (a, b)| two | (is_colon(*a) & is_colon(*b)))
}

/// Appends one character, harmless.
pub fn push(out: &mut String, char: char) {
    if is_hidden(char) {
        out.push_str(&format!("<U+{:04X}>", char as u32));
        return;
    }
    // `##[…]`, `##name[…]` and `::name::` are commands to build servers, wherever they stand.
    let names = char == '[' || char.is_ascii_alphabetic();
    if (names && out.ends_with("##")) || (char == ':' && is_line_of_colon(out)) {
        out.push(' ');
    }
    out.push(char);
}

fn is_line_of_colon(out: &str) -> bool {
    out.ends_with(':') && out.trim_start() == ":"
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
        assert_eq!(clean("##[error]x ##vso[a]"), "## [error]x ## vso[a]");
        assert_eq!(clean("## A-1 ###"), "## A-1 ###");
        assert_eq!(clean("::error::x"), ": :error::x");
        assert_eq!(clean("a::b # c"), "a::b # c");
    }

    #[test]
    fn long_texts_lose_their_middle() {
        assert_eq!(shorten("abcdefghij", 7), "abcd…ij");
        assert_eq!(shorten("abc", 7), "abc");
    }
}
