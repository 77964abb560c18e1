//! The written form of a step: `restart(s1)`, `openPort(s1, "web, new(2)", 443)`.
//!
//! Owns how arguments are quoted, and that what is written is read back as it was. Knows neither remedies nor facts.

/// Why a text is no call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallError {
    /// `restart(s1`
    NoEnd,
    /// `restart("s1)`
    OpenQuote,
    /// `restart("s1" s2)`
    BehindQuote,
}

/// The name of a remedy with its arguments, those that are no bare words in quotes.
pub fn print<'a>(name: &str, arguments: impl IntoIterator<Item = &'a str>) -> String {
    let arguments: Vec<String> = arguments.into_iter().map(argument).collect();
    format!("{name}({})", arguments.join(", "))
}

fn argument(text: &str) -> String {
    let bare = |c: char| c.is_alphanumeric() || "-_./:+%@".contains(c);
    if !text.is_empty() && text.chars().all(bare) {
        return text.to_owned();
    }
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}

/// The name and the arguments of a call; without brackets it has none.
pub fn parse(call: &str) -> Result<(&str, Vec<String>), CallError> {
    let Some((name, rest)) = call.trim().split_once('(') else {
        return Ok((call.trim(), Vec::new()));
    };
    let inner = rest.trim_end().strip_suffix(')').ok_or(CallError::NoEnd)?;
    let mut arguments = Vec::new();
    let mut rest = inner.trim();
    while !rest.is_empty() || !arguments.is_empty() {
        let (argument, behind) = match rest.strip_prefix('"') {
            Some(quoted) => unquote(quoted).ok_or(CallError::OpenQuote)?,
            None => {
                let end = rest.find(',').unwrap_or(rest.len());
                (rest[..end].trim_end().to_owned(), &rest[end..])
            }
        };
        arguments.push(argument);
        rest = match behind.trim_start() {
            "" => break,
            behind => behind.strip_prefix(',').ok_or(CallError::BehindQuote)?.trim_start(),
        };
    }
    Ok((name.trim(), arguments))
}

/// The text up to the closing quote, and what is behind it.
fn unquote(quoted: &str) -> Option<(String, &str)> {
    let mut out = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, char)) = chars.next() {
        match char {
            '"' => return Some((out, &quoted[at + 1..])),
            '\\' => out.push(chars.next()?.1),
            char => out.push(char),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_as_it_was() {
        let odd = ["mt, linux(1)", "a\"b\\", "", " x ", ")", "(", "서울 1", "a,b", "\\\"", "c:\\d"];
        for one in odd {
            for other in odd {
                let call = print("restart", [one, "s1", other]);
                let expected = [one, "s1", other].map(str::to_owned).to_vec();
                assert_eq!(parse(&call), Ok(("restart", expected)), "{call}");
            }
        }
    }

    #[test]
    fn bare_words_are_written_without_quotes() {
        assert_eq!(print("open", ["s1", "10.0.0.1", "443"]), "open(s1, 10.0.0.1, 443)");
        assert_eq!(print("open", ["mt, linux(1)"]), "open(\"mt, linux(1)\")");
        assert_eq!(print("go", []), "go()");
    }

    #[test]
    fn what_people_write_is_read() {
        let read = |call| parse(call).expect("a call");
        let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
        assert_eq!(read(" go "), ("go", Vec::new()));
        assert_eq!(read("go( )"), ("go", Vec::new()));
        assert_eq!(read("go ( a b ,c )"), ("go", texts(&["a b", "c"])));
        assert_eq!(read("go(a,)"), ("go", texts(&["a", ""])));
        assert_eq!(read("go(a (1))"), ("go", texts(&["a (1)"])));
        assert_eq!(parse("go(a"), Err(CallError::NoEnd));
        assert_eq!(parse("go(\"a)"), Err(CallError::OpenQuote));
        assert_eq!(parse("go(\"a\" b)"), Err(CallError::BehindQuote));
    }
}
