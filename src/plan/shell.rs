//! Commands with values in them, as a shell reads them.
//!
//! Owns quoting: a name with a blank or a sign of the shell in it stays one word. Executes nothing.

/// A command that is put together from text of its own and values of others.
#[derive(Debug, Default)]
pub struct Command {
    out: String,
    word: String,
    quote: Option<char>,
    /// Whether the word has a value in it that a shell would take apart.
    odd: bool,
}

impl Command {
    /// Text of the command itself, which may hold quotes.
    pub fn text(&mut self, text: &str) {
        for char in text.chars() {
            match (self.quote, char) {
                (None, '"' | '\'') => self.quote = Some(char),
                (Some(open), _) if char == open => self.quote = None,
                (None, _) if char.is_whitespace() => {
                    self.end_word();
                    self.out.push(char);
                    continue;
                }
                _ => {}
            }
            self.word.push(char);
        }
    }

    /// A value, which is a word or a part of one.
    pub fn value(&mut self, value: &str) {
        let bare = |char: char| char.is_alphanumeric() || "-_./:+%@=".contains(char);
        self.odd |= self.quote.is_none() && !value.chars().all(bare);
        self.word.push_str(value);
    }

    /// Something that stands for itself, such as a blank to fill in or a list.
    pub fn verbatim(&mut self, text: &str) {
        self.word.push_str(text);
    }

    /// The whole command.
    pub fn end(mut self) -> String {
        self.end_word();
        self.out
    }

    fn end_word(&mut self) {
        let word = std::mem::take(&mut self.word);
        if !std::mem::take(&mut self.odd) {
            self.out.push_str(&word);
            return;
        }
        let first = self.out.split_whitespace().next().unwrap_or_default();
        let quote = if is_verb_noun(first) { "''" } else { "'\\''" };
        self.out.push('\'');
        self.out.push_str(&word.replace('\'', quote));
        self.out.push('\'');
    }
}

/// `Get-Item`: the commands of a shell whose lines are joined by a grave accent, and which doubles quotes.
pub fn is_verb_noun(word: &str) -> bool {
    word.split_once('-').is_some_and(|(verb, noun)| {
        let capital = |text: &str| text.starts_with(|char: char| char.is_ascii_uppercase());
        capital(verb) && capital(noun) && verb.chars().all(|char| char.is_ascii_alphabetic())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn command(start: &str, value: &str, end: &str) -> String {
        let mut command = Command::default();
        command.text(start);
        command.value(value);
        command.text(end);
        command.end()
    }

    #[test]
    fn a_name_stays_one_word() {
        assert_eq!(command("vm.power -on ", "mt1", ""), "vm.power -on mt1");
        assert_eq!(command("vm.power -on ", "mt, linux(1)", " x"), "vm.power -on 'mt, linux(1)' x");
        assert_eq!(command("go -n ", "a b", "/disk '*'"), "go -n 'a b/disk' '*'");
        assert_eq!(command("go ", "it's $(x)", ""), "go 'it'\\''s $(x)'");
        assert_eq!(command("Get-Item -Name ", "it's", " -Full"), "Get-Item -Name 'it''s' -Full");
        assert_eq!(command("go \"", "a b", "\""), "go \"a b\"");
    }
}
