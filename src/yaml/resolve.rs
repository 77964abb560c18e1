//! What a scalar means: the core schema of YAML 1.2.
//!
//! Owns the reading of plain scalars and of explicit tags. `yes`, `0777` as octal and other habits of YAML 1.1 are
//! texts and numbers here as the core schema says.

/// A scalar, as it is understood.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Scalar<'t> {
    /// `null`, `~`, or nothing at all
    Null,
    /// `true`
    Bool(bool),
    /// `12`, `0o14`, `0xC`
    Int(i64),
    /// `1.5`, `.inf`; also a whole number that is too large for 64 bits
    Float(f64),
    /// everything else, and all that is quoted
    Text(&'t str),
}

/// A tag of the core schema, or that there is another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CoreTag {
    /// no tag
    None,
    /// `!!str`, `!`
    Text,
    /// `!!int`
    Int,
    /// `!!float`
    Float,
    /// `!!bool`
    Bool,
    /// `!!null`
    Null,
    /// `!!seq`
    Sequence,
    /// `!!map`
    Mapping,
    /// any other; its scalars are texts
    Other,
}

const TAGS: [(CoreTag, &str); 7] = [
    (CoreTag::Text, "str"),
    (CoreTag::Int, "int"),
    (CoreTag::Float, "float"),
    (CoreTag::Bool, "bool"),
    (CoreTag::Null, "null"),
    (CoreTag::Sequence, "seq"),
    (CoreTag::Mapping, "map"),
];

impl CoreTag {
    /// Finds a resolved tag such as `tag:yaml.org,2002:int`.
    pub fn of(name: &str) -> Self {
        if name == "!" {
            return Self::Text;
        }
        let word = name.strip_prefix("tag:yaml.org,2002:");
        TAGS.iter().find(|(_, known)| word == Some(known)).map_or(Self::Other, |(tag, _)| *tag)
    }

    /// Whether a scalar with this tag must have a meaning of its own.
    pub(crate) fn wants(self) -> bool {
        matches!(self, Self::Int | Self::Float | Self::Bool | Self::Null)
    }

    pub(crate) fn bits(self) -> u32 {
        TAGS.iter()
            .position(|(tag, _)| *tag == self)
            .map_or(if self == Self::None { 0 } else { 15 }, |at| at as u32 + 1)
    }

    pub(crate) fn from_bits(bits: u32) -> Self {
        match bits {
            0 => Self::None,
            at => TAGS.get(at as usize - 1).map_or(Self::Other, |(tag, _)| *tag),
        }
    }
}

/// The meaning of a text; one that does not fit its tag is a text.
pub fn resolve(text: &str, plain: bool, tag: CoreTag) -> Scalar<'_> {
    match tag {
        CoreTag::None if plain => core(text),
        CoreTag::Int | CoreTag::Float | CoreTag::Bool | CoreTag::Null => match (tag, core(text)) {
            (CoreTag::Float, Scalar::Int(number)) => Scalar::Float(number as f64),
            (CoreTag::Int, value @ Scalar::Int(_))
            | (CoreTag::Float, value @ Scalar::Float(_))
            | (CoreTag::Bool, value @ Scalar::Bool(_))
            | (CoreTag::Null, value @ Scalar::Null) => value,
            _ => Scalar::Text(text),
        },
        _ => Scalar::Text(text),
    }
}

fn core(text: &str) -> Scalar<'_> {
    let Some(first) = text.bytes().next() else { return Scalar::Null };
    match first {
        b'n' | b'N' | b'~' if matches!(text, "null" | "Null" | "NULL" | "~") => Scalar::Null,
        b't' | b'T' if matches!(text, "true" | "True" | "TRUE") => Scalar::Bool(true),
        b'f' | b'F' if matches!(text, "false" | "False" | "FALSE") => Scalar::Bool(false),
        b'0'..=b'9' | b'+' | b'-' | b'.' => number(text).unwrap_or(Scalar::Text(text)),
        _ => Scalar::Text(text),
    }
}

fn number(text: &str) -> Option<Scalar<'_>> {
    for (prefix, radix) in [("0x", 16), ("0o", 8)] {
        if let Some(digits) = text.strip_prefix(prefix) {
            let fits = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
            return match i64::from_str_radix(digits, radix) {
                Ok(number) if fits => Some(Scalar::Int(number)),
                Err(_) if fits => {
                    let sum = digits.chars().filter_map(|c| c.to_digit(radix));
                    Some(Scalar::Float(
                        sum.fold(0.0, |sum, digit| sum * f64::from(radix) + f64::from(digit)),
                    ))
                }
                _ => None,
            };
        }
    }
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    if unsigned.bytes().all(|byte| byte.is_ascii_digit()) && !unsigned.is_empty() {
        return Some(
            text.parse().map_or_else(|_| Scalar::Float(text.parse().unwrap_or(0.0)), Scalar::Int),
        );
    }
    match unsigned {
        ".inf" | ".Inf" | ".INF" => {
            return Some(Scalar::Float(if text.starts_with('-') {
                f64::NEG_INFINITY
            } else {
                f64::INFINITY
            }));
        }
        ".nan" | ".NaN" | ".NAN" if unsigned.len() == text.len() => {
            return Some(Scalar::Float(f64::NAN));
        }
        _ => {}
    }
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let exponent_fits = exponent.is_none_or(|exponent| {
        let digits_only = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        digits(digits_only) && !digits_only.is_empty()
    });
    let fits = digits(whole)
        && digits(fraction)
        && !(whole.is_empty() && fraction.is_empty())
        && exponent_fits;
    if fits { text.parse().ok().map(Scalar::Float) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_core_schema_is_read() {
        for (text, value) in [
            ("", Scalar::Null),
            ("~", Scalar::Null),
            ("Null", Scalar::Null),
            ("nUll", Scalar::Text("nUll")),
            ("true", Scalar::Bool(true)),
            ("FALSE", Scalar::Bool(false)),
            ("yes", Scalar::Text("yes")),
            ("0", Scalar::Int(0)),
            ("+12", Scalar::Int(12)),
            ("-0777", Scalar::Int(-777)),
            ("0o17", Scalar::Int(15)),
            ("0xfF", Scalar::Int(255)),
            ("0x", Scalar::Text("0x")),
            ("0x+1", Scalar::Text("0x+1")),
            ("9223372036854775807", Scalar::Int(i64::MAX)),
            ("9223372036854775808", Scalar::Float(9_223_372_036_854_775_808.0)),
            ("1.5", Scalar::Float(1.5)),
            ("1.", Scalar::Float(1.0)),
            (".5e+3", Scalar::Float(500.0)),
            ("1e5", Scalar::Float(1e5)),
            ("-.inf", Scalar::Float(f64::NEG_INFINITY)),
            (".", Scalar::Text(".")),
            ("-", Scalar::Text("-")),
            ("+", Scalar::Text("+")),
            ("1e", Scalar::Text("1e")),
            ("e5", Scalar::Text("e5")),
            (".e5", Scalar::Text(".e5")),
            ("6.7.0", Scalar::Text("6.7.0")),
            ("+.nan", Scalar::Text("+.nan")),
            ("infinity", Scalar::Text("infinity")),
            ("12:30:45", Scalar::Text("12:30:45")),
            ("600GiB", Scalar::Text("600GiB")),
            ("2020-03-28", Scalar::Text("2020-03-28")),
        ] {
            assert_eq!(resolve(text, true, CoreTag::None), value, "{text}");
            assert_eq!(resolve(text, false, CoreTag::None), Scalar::Text(text));
        }
        assert!(
            matches!(resolve(".nan", true, CoreTag::None), Scalar::Float(number) if number.is_nan())
        );
    }

    #[test]
    fn tags_win_over_the_look() {
        let int = CoreTag::of("tag:yaml.org,2002:int");
        assert_eq!(resolve("12", false, int), Scalar::Int(12));
        assert_eq!(resolve("12", true, CoreTag::of("!")), Scalar::Text("12"));
        assert_eq!(
            resolve("12", true, CoreTag::of("tag:yaml.org,2002:float")),
            Scalar::Float(12.0)
        );
        assert_eq!(resolve("x", true, int), Scalar::Text("x"));
        assert_eq!(resolve("12", true, CoreTag::of("!mine")), Scalar::Text("12"));
        for tag in [CoreTag::None, CoreTag::Other, int, CoreTag::Mapping] {
            assert_eq!(CoreTag::from_bits(tag.bits()), tag);
        }
    }
}
