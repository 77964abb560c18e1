//! Commands that are shown, broken into lines that can be copied.
//!
//! Owns the one thing that needs care: a line break in a command must be written so that the shell joins the lines
//! again. Where that cannot be done surely, the command stays on one line however long it is. Executes nothing.

use std::borrow::Cow;

use crate::plan::shell::is_verb_noun;
use crate::report::layout::width_of;

/// A command in lines of at most so many columns, where its shell allows it.
pub fn lines(command: &str, width: usize) -> Vec<Cow<'_, str>> {
    if command.contains('\n') {
        return command.split('\n').map(Cow::Borrowed).collect();
    }
    if width_of(command) <= width {
        return vec![Cow::Borrowed(command)];
    }
    let Some(words) = words(command) else { return vec![Cow::Borrowed(command)] };
    let joint = if is_verb_noun(words.first().copied().unwrap_or_default()) { " `" } else { " \\" };
    let mut lines: Vec<Cow<'_, str>> = Vec::new();
    let mut line = String::new();
    let mut used = 0;
    for (at, word) in words.iter().enumerate() {
        // The value of an option stays beside it.
        let value =
            words.get(at + 1).filter(|next| word.starts_with('-') && !next.starts_with('-'));
        let needed = width_of(word) + value.map_or(0, |value| width_of(value) + 1);
        if !line.is_empty() && used + 1 + needed + joint.len() > width {
            line.push_str(joint);
            lines.push(Cow::Owned(std::mem::replace(&mut line, "    ".to_owned())));
            used = line.len();
        } else if !line.is_empty() {
            line.push(' ');
            used += 1;
        }
        line.push_str(word);
        used += width_of(word);
    }
    lines.push(Cow::Owned(line));
    lines
}

/// The words of a command; none where a break between them might mean something else.
fn words(command: &str) -> Option<Vec<&str>> {
    let mut words = Vec::new();
    let mut quote = None;
    let mut start = 0;
    for (at, char) in command.char_indices() {
        match (quote, char) {
            (None, '"' | '\'') => quote = Some(char),
            (Some(open), _) if char == open => quote = None,
            // A comment goes to the end of its line, and an escape may hide a quote.
            (None, '#') if at == start => return None,
            (_, '\\' | '`') => return None,
            (None, ' ') => {
                words.push(&command[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    words.push(&command[start..]);
    let plain = words.iter().all(|word| !word.is_empty());
    (quote.is_none() && plain).then_some(words)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_joined_as_the_shell_does_it() {
        assert_eq!(lines("tool a b", 20), ["tool a b"]);
        assert_eq!(
            lines("tool start --name one --size two", 24),
            ["tool start --name one \\", "    --size two"]
        );
        assert_eq!(
            lines("Get-Item -Name one -Path two", 20),
            ["Get-Item -Name one `", "    -Path two"]
        );
    }

    #[test]
    fn what_cannot_be_broken_surely_stays_whole() {
        for command in
            ["echo 'one two three", "tool  two blanks here", "tool a\\ b c d e f", "tool a # b c d"]
        {
            assert_eq!(lines(command, 8), [command]);
        }
        assert_eq!(lines("tool 'one two' three", 12), ["tool \\", "    'one two' \\", "    three"]);
    }
}
