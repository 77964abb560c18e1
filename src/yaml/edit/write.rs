//! Values as YAML text that reads back the same.
//!
//! Owns quoting and the layout of new text. Quotes whatever the core schema, the syntax, or a reader of YAML 1.1 would
//! take for something else, and the words by which a description says that it does not know, or that there is nothing.

use crate::yaml::edit::Value;
use crate::yaml::edit::layout::Layout;
use crate::yaml::resolve::{CoreTag, Scalar, resolve};

/// The value on one line, with brackets around collections.
pub(crate) fn flow(value: &Value, layout: &Layout<'_>) -> String {
    match value {
        Value::Text(text) => scalar(text, true, layout),
        Value::Raw(token) => raw(token, true, layout),
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(|item| flow(item, layout)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Map(entries) => {
            let entries: Vec<String> =
                entries.iter().map(|(key, value)| pair(key, value, layout)).collect();
            format!("{{{}}}", entries.join(", "))
        }
    }
}

/// An entry on one line.
pub(crate) fn pair(key: &str, value: &Value, layout: &Layout<'_>) -> String {
    format!("{}: {}", scalar(key, true, layout), flow(value, layout))
}

/// The value in block style. The first line has no indentation, as something may stand before it; the further ones are
/// indented to `column`.
pub(crate) fn block(value: &Value, column: usize, layout: &Layout<'_>) -> String {
    let between = format!("{}{}", layout.eol, " ".repeat(column));
    match value {
        Value::List(items) if !items.is_empty() => {
            let items: Vec<String> =
                items.iter().map(|item| format!("- {}", block(item, column + 2, layout))).collect();
            items.join(&between)
        }
        Value::Map(entries) if !entries.is_empty() => {
            let entries: Vec<String> =
                entries.iter().map(|(key, value)| entry(key, value, column, layout)).collect();
            entries.join(&between)
        }
        Value::Text(text) => scalar(text, false, layout),
        Value::Raw(token) => raw(token, false, layout),
        empty => flow(empty, layout),
    }
}

/// An entry of a block mapping whose keys stand at `column`.
pub(crate) fn entry(key: &str, value: &Value, column: usize, layout: &Layout<'_>) -> String {
    let key = scalar(key, false, layout);
    if value.is_nested() {
        let column = layout.below(column, value);
        return format!(
            "{key}:{}{}{}",
            layout.eol,
            " ".repeat(column),
            block(value, column, layout)
        );
    }
    format!("{key}: {}", block(value, column, layout))
}

/// A text as it stands between brackets, in JSON or in YAML.
pub(crate) fn text(text: &str, json: bool) -> String {
    let mut layout = Layout::plain();
    layout.json = json;
    scalar(text, true, &layout)
}

fn scalar(text: &str, flow: bool, layout: &Layout<'_>) -> String {
    let plain = !layout.json
        && is_plain(text, flow)
        && resolve(text, true, CoreTag::None) == Scalar::Text(text)
        && !misread_by_others(text);
    if plain { text.to_owned() } else { quoted(text, layout) }
}

fn raw(token: &str, flow: bool, layout: &Layout<'_>) -> String {
    let signed = token
        .strip_prefix('-')
        .filter(|rest| rest.starts_with(|c: char| c.is_ascii_digit() || c == '.'));
    // JSON knows few words; the others mean the same in quotes.
    let plain = is_plain(signed.unwrap_or(token), flow) && (!layout.json || is_json(token));
    if plain { token.to_owned() } else { quoted(token, layout) }
}

/// Whether JSON lets a token stand without quotes.
fn is_json(token: &str) -> bool {
    let number = token.parse::<f64>().is_ok_and(f64::is_finite)
        && token.starts_with(|c: char| c.is_ascii_digit() || c == '-')
        && token.ends_with(|c: char| c.is_ascii_digit());
    number || matches!(token, "true" | "false" | "null")
}

/// Whether the syntax lets a text stand without quotes.
fn is_plain(text: &str, flow: bool) -> bool {
    let Some(first) = text.chars().next() else { return false };
    !first.is_whitespace()
        && !"-?:,[]{}#&*!|>'\"%@`".contains(first)
        && !text.ends_with(|c: char| c.is_whitespace() || c == ':')
        && !text.contains(": ")
        && !text.contains(" #")
        && !text.starts_with("...")
        && !text.chars().any(|c| needs_escape(c) || (flow && ",[]{}".contains(c)))
}

/// `yes`, `12:30`, `1_000`, `0b1`, `<<`, `=`: texts here, something else to readers of YAML 1.1 or as keys. `unknown` and
/// `none` are words of a description; in quotes they may be names.
fn misread_by_others(text: &str) -> bool {
    let word = matches!(
        text.to_ascii_lowercase().as_str(),
        "y" | "n" | "yes" | "no" | "on" | "off" | "<<" | "=" | "unknown" | "none"
    );
    let digits = text.trim_start_matches(['+', '-']);
    let number = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits.chars().all(|c| c.is_ascii_digit() || matches!(c, '_' | ':' | '.'));
    // A version such as `6.7.0` is no number anywhere.
    let version = number && !digits.contains([':', '_']) && digits.matches('.').count() > 1;
    word || (number && !version) || digits.starts_with("0b")
}

fn quoted(text: &str, layout: &Layout<'_>) -> String {
    let double = layout.json
        || text.contains('\'')
        || text.chars().any(needs_escape)
        || !text.contains(['"', '\\']);
    if !double {
        return format!("'{text}'");
    }
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if needs_escape(c) => quoted.push_str(&format!("\\u{:04x}", u32::from(c))),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

fn needs_escape(c: char) -> bool {
    c.is_control() || matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_where_it_would_be_misread() {
        let layout = Layout::plain();
        let write = |text: &str| block(&Value::Text(text.into()), 0, &layout);
        for plain in [
            "windows",
            "a b",
            "10.0.0.1",
            "C:\\x",
            "a:b",
            "00:50:56:aa:bb:cc",
            "6.7.0",
            "2020-03-28T09:00:00Z",
            "ä",
            "a#b",
            "it's",
        ] {
            assert_eq!(write(plain), plain);
        }
        for (text, written) in [
            ("", "\"\""),
            ("true", "\"true\""),
            ("No", "\"No\""),
            ("unknown", "\"unknown\""),
            ("12", "\"12\""),
            ("12:30", "\"12:30\""),
            ("- a", "\"- a\""),
            ("a: b", "\"a: b\""),
            ("a #b", "\"a #b\""),
            (" a", "\" a\""),
            ("a\nb", "\"a\\nb\""),
            ("say \"it\": \\", "'say \"it\": \\'"),
            ("\u{1}", "\"\\u0001\""),
        ] {
            assert_eq!(write(text), written);
        }
        assert_eq!(flow(&Value::Text("a, b".into()), &layout), "\"a, b\"");
        assert_eq!(flow(&Value::Raw("-5".into()), &layout), "-5");
        assert_eq!(flow(&Value::Raw("{x".into()), &layout), "\"{x\"");
    }

    #[test]
    fn json_stays_json() {
        let mut layout = Layout::plain();
        layout.json = true;
        for (token, written) in [
            ("true", "true"),
            ("null", "null"),
            ("-5", "-5"),
            ("1.5", "1.5"),
            ("none", "\"none\""),
            ("unknown", "\"unknown\""),
            ("600GiB", "\"600GiB\""),
            ("2020-03-28T09:00:00Z", "\"2020-03-28T09:00:00Z\""),
            (".inf", "\".inf\""),
        ] {
            assert_eq!(flow(&Value::Raw(token.into()), &layout), written);
        }
        assert_eq!(flow(&Value::Text("a".into()), &layout), "\"a\"");
    }
}
