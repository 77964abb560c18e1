//! The written forms of sizes, durations, times and versions.
//!
//! Owns reading and printing them, for descriptions and for rules alike, so that `600GiB` means one thing everywhere.
//! Knows nothing of YAML or of the rule language.

use std::borrow::Cow;
use std::cmp::Ordering;

/// Units of sizes, the largest first; powers of 1024 and, spelled without `i`, of 1000.
const SIZES: [(&str, i64); 11] = [
    ("PiB", 1 << 50),
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("PB", 1_000_000_000_000_000),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("KB", 1_000),
    ("B", 1),
];

/// Units of durations in microseconds, the largest first.
const DURATIONS: [(&str, i64); 4] =
    [("d", DAY * SECOND), ("h", 3_600 * SECOND), ("min", 60 * SECOND), ("s", SECOND)];

/// `600GiB`, `1.5TiB`, in bytes. A unit is required, except for `0`.
pub fn parse_size(text: &str) -> Option<i64> {
    with_unit(text, &SIZES)
}

/// `15min`, `24h`, `2h30min`, `1min0.25s`, in microseconds. A unit is required, except for `0`.
pub fn parse_duration(text: &str) -> Option<i64> {
    if text == "0" {
        return Some(0);
    }
    let mut rest = text;
    let mut total: i64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let unit =
            rest[digits..].find(|c: char| c.is_ascii_digit()).map_or(rest.len(), |at| digits + at);
        total = total.checked_add(with_unit(&rest[..unit], &DURATIONS)?)?;
        rest = &rest[unit..];
    }
    (!text.is_empty()).then_some(total)
}

fn with_unit(text: &str, units: &[(&str, i64)]) -> Option<i64> {
    if text == "0" {
        return Some(0);
    }
    let at = text.find(|c: char| !c.is_ascii_digit() && c != '.')?;
    let (number, unit) = (&text[..at], text[at..].trim_start());
    let factor = units.iter().find(|(name, _)| *name == unit)?.1;
    match number.split_once('.') {
        None => number.parse::<i64>().ok()?.checked_mul(factor),
        Some((whole, fraction)) => {
            let scale = 10_i64.checked_pow(u32::try_from(fraction.len()).ok()?)?;
            if fraction.is_empty() || whole.is_empty() {
                return None;
            }
            let part =
                i128::from(fraction.parse::<i64>().ok()?) * i128::from(factor) / i128::from(scale);
            whole.parse::<i64>().ok()?.checked_mul(factor)?.checked_add(i64::try_from(part).ok()?)
        }
    }
}

/// The shortest exact spelling of a size in binary units.
pub fn print_size(bytes: i64) -> String {
    let (unit, factor) = SIZES[..5]
        .iter()
        .find(|(_, factor)| bytes % factor == 0 && bytes != 0)
        .unwrap_or(&("B", 1));
    format!("{}{unit}", bytes / factor)
}

/// A size as a person reads it: exactly, and where that takes many digits, roughly as well: `10482684KiB (about 10.0GiB)`.
pub fn tell_size(bytes: i64) -> String {
    let exact = print_size(bytes);
    let rough = SIZES[..5].iter().find(|(_, factor)| bytes >= *factor);
    match rough {
        Some((unit, factor)) if exact.bytes().filter(u8::is_ascii_digit).count() > 4 => {
            format!("{exact} (about {:.1}{unit})", bytes as f64 / *factor as f64)
        }
        _ => exact,
    }
}

/// A duration as a person says it, exactly: `15min`, `16min47s`, `0.9s`.
pub fn print_duration(microseconds: i64) -> String {
    let mut text = if microseconds < 0 { "-" } else { "" }.to_owned();
    let mut rest = microseconds.unsigned_abs();
    for (unit, factor) in DURATIONS {
        let factor = factor.unsigned_abs();
        let last = unit == "s";
        if rest >= factor || (last && rest > 0) {
            text += &(rest / factor).to_string();
            rest %= factor;
            if last && rest > 0 {
                text += format!(".{rest:06}").trim_end_matches('0');
            }
            text += unit;
        }
    }
    if microseconds == 0 { "0s".to_owned() } else { text }
}

/// An RFC 3339 instant with its zone, in microseconds since 1970, rounded down; `None` for anything else, and for what lies
/// outside of the years 0 to 9999 in UTC. Of a leap second, the second after it is meant.
pub fn parse_time(text: &str) -> Option<i64> {
    let number = |from: usize, to: usize| {
        let part = text.get(from..to).filter(|part| is_digits(part))?;
        part.parse::<i16>().ok()
    };
    let marks = |at: usize, allowed: &str| {
        let mark = text.as_bytes().get(at).copied();
        mark.is_some_and(|mark| allowed.contains(char::from(mark)))
    };
    let well_formed = marks(4, "-") && marks(7, "-") && marks(10, "Tt ") && marks(13, ":");
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    if !well_formed || !marks(16, ":") || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let date = jiff::civil::Date::new(
        number(0, 4)?,
        i8::try_from(number(5, 7)?).ok()?,
        i8::try_from(number(8, 10)?).ok()?,
    );
    let days = date.ok()?.duration_since(jiff::civil::date(1970, 1, 1)).as_secs() / DAY;
    let rest = text.get(19..)?;
    let (fraction, zone) = match rest.strip_prefix('.') {
        Some(rest) => rest.split_at(rest.find(|c: char| !c.is_ascii_digit())?),
        None => ("", rest),
    };
    let mut micros = 0;
    for at in 0..6 {
        micros =
            micros * 10 + fraction.as_bytes().get(at).map_or(0, |digit| i64::from(digit - b'0'));
    }
    let offset = match zone.as_bytes() {
        [b'Z' | b'z'] => 0,
        [sign @ (b'+' | b'-'), _, _, b':', _, _] => {
            let at = text.len() - 5;
            let (hours, minutes) = (number(at, at + 2)?, number(at + 3, at + 5)?);
            if hours > 23 || minutes > 59 {
                return None;
            }
            let ahead = i64::from(hours) * 3_600 + i64::from(minutes) * 60;
            if *sign == b'-' { -ahead } else { ahead }
        }
        _ => return None,
    };
    let of_day = i64::from(hour) * 3_600 + i64::from(minute) * 60 + i64::from(second) - offset;
    // A leap second is the last of a day in UTC.
    let misplaced = second == 60 && of_day.rem_euclid(DAY) != 0;
    let instant = (days * DAY + of_day) * SECOND + micros;
    let empty = rest.starts_with('.') && fraction.is_empty();
    (!misplaced && !empty && is_time(instant)).then_some(instant)
}

/// Seconds of a day.
const DAY: i64 = 86_400;

fn is_digits(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether an instant lies in the years 0 to 9999, so that RFC 3339 can say it.
pub fn is_time(microseconds: i64) -> bool {
    civil(microseconds).is_some_and(|time| time.year() >= 0)
}

fn civil(microseconds: i64) -> Option<jiff::civil::DateTime> {
    let since = jiff::SignedDuration::from_micros(microseconds);
    jiff::civil::date(1970, 1, 1).at(0, 0, 0, 0).checked_add(since).ok()
}

/// An instant as RFC 3339 in UTC, with seconds and only as many decimals as it has.
pub fn print_time(microseconds: i64) -> String {
    civil(microseconds).map_or_else(|| "?".to_owned(), |time| format!("{time}Z"))
}

/// Microseconds in a second: times and durations are counted in microseconds.
pub const SECOND: i64 = 1_000_000;

/// Whether a text is a version: numbers with dots between, with an optional word of letters behind (`9.32.1`, `6.7u3`).
pub fn is_version(text: &str) -> bool {
    let mut begins = true;
    for byte in text.bytes() {
        let fits = byte.is_ascii_digit()
            || (!begins && (byte.is_ascii_alphabetic() || matches!(byte, b'-' | b'.')));
        if !fits {
            return false;
        }
        begins = byte == b'.';
    }
    !begins
}

/// Compares two versions number by number; missing numbers are zero, so `9.30` equals `9.30.0`.
pub fn compare_versions(a: &str, b: &str) -> Ordering {
    let (mut left, mut right) = (a.as_bytes(), b.as_bytes());
    while !(left.is_empty() && right.is_empty()) {
        let (x, y);
        (x, left) = split_part(left);
        (y, right) = split_part(right);
        let order = x.compare(&y);
        if order != Ordering::Equal {
            return order;
        }
    }
    Ordering::Equal
}

/// Whether a version is older than another where each may be coarse, so that the numbers it leaves out are not
/// known: `9.32` may be `9.32.5544`. None where they decide; equal texts are equal.
pub fn is_older(a: &str, b: &str) -> Option<bool> {
    if a == b {
        return Some(false);
    }
    let (mut left, mut right) = (a.as_bytes(), b.as_bytes());
    while !(left.is_empty() || right.is_empty()) {
        let (x, y);
        (x, left) = split_part(left);
        (y, right) = split_part(right);
        match x.compare(&y) {
            Ordering::Equal => {}
            order => return Some(order == Ordering::Less),
        }
    }
    let mut rest = right;
    while !rest.is_empty() {
        let part;
        (part, rest) = split_part(rest);
        if !(part.number.is_empty() && part.tail.is_empty()) {
            return None;
        }
    }
    // No number is below those that the other one tells.
    if left.is_empty() { Some(false) } else { None }
}

/// How the texts of a type are compared, and by what they are found: the one place that says which of them are equal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum How {
    /// Character by character.
    #[default]
    Plain,
    /// Without case.
    Nocase,
    /// As versions, number by number.
    Version,
}

impl How {
    /// All of them.
    pub const ALL: [How; 3] = [How::Plain, How::Nocase, How::Version];

    /// How a text of one type is compared with one of another.
    pub fn and(self, other: How) -> How {
        match (self, other) {
            (How::Version, _) | (_, How::Version) => How::Version,
            (How::Nocase, _) | (_, How::Nocase) => How::Nocase,
            _ => How::Plain,
        }
    }

    /// The order of two texts.
    pub fn compare(self, a: &str, b: &str) -> Ordering {
        match self {
            How::Plain => a.cmp(b),
            // Most are spelled alike.
            How::Nocase | How::Version if a == b => Ordering::Equal,
            How::Nocase => self.key(a).cmp(&self.key(b)),
            How::Version => compare_versions(a, b),
        }
    }

    /// Whether two texts are equal.
    pub fn equal(self, a: &str, b: &str) -> bool {
        match self {
            How::Plain => a == b,
            How::Nocase if a.is_ascii() && b.is_ascii() => a.eq_ignore_ascii_case(b),
            How::Nocase | How::Version => self.compare(a, b) == Ordering::Equal,
        }
    }

    /// What equal texts have in common, and others have not.
    pub fn key(self, text: &str) -> Cow<'_, str> {
        match self {
            How::Plain => Cow::Borrowed(text),
            How::Nocase
                if text.bytes().all(|byte| byte.is_ascii() && !byte.is_ascii_uppercase()) =>
            {
                Cow::Borrowed(text)
            }
            How::Nocase => Cow::Owned(text.to_lowercase()),
            How::Version => version_key(text),
        }
    }
}

/// A version without zeros in front of its numbers, and without parts at its end that say nothing.
fn version_key(text: &str) -> Cow<'_, str> {
    let (mut rest, mut key, mut said) = (text.as_bytes(), Vec::with_capacity(text.len()), 0);
    while !rest.is_empty() {
        let part;
        (part, rest) = split_part(rest);
        key.extend_from_slice(part.number);
        key.extend_from_slice(part.tail);
        if !(part.number.is_empty() && part.tail.is_empty()) {
            said = key.len();
        }
        key.push(b'.');
    }
    key.truncate(said);
    match key == text.as_bytes() {
        true => Cow::Borrowed(text),
        // Only whole characters were left out.
        false => Cow::Owned(String::from_utf8_lossy(&key).into_owned()),
    }
}

/// A part of a version.
struct Part<'t> {
    /// The digits it begins with, without zeros in front, so that the longer number is the greater.
    number: &'t [u8],
    /// What stands behind them.
    tail: &'t [u8],
}

impl Part<'_> {
    fn compare(&self, other: &Self) -> Ordering {
        let lengths = self.number.len().cmp(&other.number.len());
        lengths.then_with(|| (self.number, self.tail).cmp(&(other.number, other.tail)))
    }
}

/// The first part of a version, and what stands behind its dot.
fn split_part(text: &[u8]) -> (Part<'_>, &[u8]) {
    let count = |from: usize, counts: fn(&u8) -> bool| {
        from + text[from..].iter().take_while(|byte| counts(byte)).count()
    };
    let start = count(0, |byte| *byte == b'0');
    let digits = count(start, u8::is_ascii_digit);
    let end = count(digits, |byte| *byte != b'.');
    let part = Part { number: &text[start..digits], tail: &text[digits..end] };
    (part, text.get(end + 1..).unwrap_or_default())
}

/// The id that a part of an address names.
pub fn address_read(part: &str) -> Cow<'_, str> {
    match part.contains('%') {
        true => Cow::Owned(part.replace("%2F", "/").replace("%2f", "/").replace("%25", "%")),
        false => Cow::Borrowed(part),
    }
}

/// An id as a part of an address: `/` and `%` of its own are written by number, so that parts stay apart.
pub fn address_part(id: &str) -> Cow<'_, str> {
    match id.contains(['%', '/']) {
        // The rest stays as people write it.
        true => {
            Cow::Owned(id.chars().fold(String::with_capacity(id.len() + 4), |mut out, char| {
                match char {
                    '%' => out.push_str("%25"),
                    '/' => out.push_str("%2F"),
                    char => out.push(char),
                }
                out
            }))
        }
        false => Cow::Borrowed(id),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_and_durations_need_a_unit() {
        assert_eq!(parse_size("600GiB"), Some(600 << 30));
        assert_eq!(parse_size("1.5TiB"), Some(3 << 39));
        assert_eq!(parse_size("600"), None);
        assert_eq!(parse_size("GiB"), None);
        assert_eq!(parse_size("9999999999999PiB"), None);
        assert_eq!(parse_duration("15min"), Some(900 * SECOND));
        assert_eq!(parse_duration("2h30min"), Some(9_000 * SECOND));
        assert_eq!(parse_duration("1.5h"), Some(5_400 * SECOND));
        assert_eq!(parse_duration("1h0.25s"), Some(3_600 * SECOND + 250_000));
        for text in ["1.h", ".5h", "1.5", "1..5h", "1.5.5h", "9999999999999d", "h", "1h.5min"] {
            assert_eq!(parse_duration(text), None, "{text}");
        }
        assert_eq!(parse_duration("2h30"), None);
        assert_eq!(print_size(600 << 30), "600GiB");
        assert_eq!(tell_size(600 << 30), "600GiB");
        assert_eq!(tell_size(4096), "4KiB");
        assert_eq!(tell_size(10_482_684 << 10), "10482684KiB (about 10.0GiB)");
        assert_eq!(tell_size(0), "0B");
        for (seconds, text) in
            [(900, "15min"), (1_007, "16min47s"), (93_784, "1d2h3min4s"), (0, "0s"), (86_400, "1d")]
        {
            assert_eq!(print_duration(seconds * SECOND), text);
            assert_eq!(
                parse_duration(text),
                Some(seconds * SECOND),
                "what is printed can be written"
            );
        }
        for (microseconds, text) in
            [(86_400_900_000, "1d0.9s"), (1, "0.000001s"), (60_000_010, "1min0.00001s")]
        {
            assert_eq!(print_duration(microseconds), text);
            assert_eq!(parse_duration(text), Some(microseconds), "what is printed can be written");
        }
        assert_eq!(print_duration(-90 * SECOND), "-1min30s");
        assert_eq!(print_duration(i64::MIN).chars().next(), Some('-'));
    }

    #[test]
    fn times_need_a_zone() {
        assert_eq!(
            parse_time("2020-03-28T09:00:00Z").map(print_time).as_deref(),
            Some("2020-03-28T09:00:00Z")
        );
        assert_eq!(parse_time("2020-03-28T18:00:00+09:00"), parse_time("2020-03-28T09:00:00Z"));
        assert_eq!(parse_time("2020-03-28T09:00:00"), None);
        assert_eq!(parse_time("2020-03-28"), None);
    }

    #[test]
    fn every_time_of_rfc_3339_is_read_and_nothing_else() {
        for (text, printed) in [
            ("9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"),
            ("9999-12-31T23:59:59.999999999Z", "9999-12-31T23:59:59.999999Z"),
            ("0000-01-01T00:00:00Z", "0000-01-01T00:00:00Z"),
            ("1969-12-31t23:59:59.5z", "1969-12-31T23:59:59.5Z"),
            ("2020-02-29 09:00:00.25-23:59", "2020-03-01T08:59:00.25Z"),
            ("2020-03-28T00:30:00+05:45", "2020-03-27T18:45:00Z"),
            ("1990-12-31T23:59:60Z", "1991-01-01T00:00:00Z"),
            ("1990-12-31T15:59:60-08:00", "1991-01-01T00:00:00Z"),
        ] {
            assert_eq!(parse_time(text).map(print_time).as_deref(), Some(printed), "{text}");
        }
        for text in [
            "2020-03-28T09:00:00+25:00",
            "2020-03-28T09:00:00+09:60",
            "2020-03-28T09:00:00+00",
            "2020-03-28T09:00:00+0900",
            "2020-03-28T09:00+09:00",
            "2020-03-28T09:00:00Z[UTC]",
            "2020-03-28T09:00:00.Z",
            "2020-03-28T24:00:00Z",
            "2020-03-28T09:60:00Z",
            "2020-03-28T09:00:60Z",
            "2020-02-30T09:00:00Z",
            "2020-13-01T09:00:00Z",
            "+020-03-28T09:00:00Z",
            "2020-03-28T09:00:00 Z",
            "0000-01-01T00:00:00+00:01",
            "9999-12-31T23:59:59-00:01",
            "2020-03-28T09:00:00é",
            "é020-03-28T09:00:00Z",
        ] {
            assert_eq!(parse_time(text), None, "{text}");
        }
    }

    #[test]
    fn what_a_version_leaves_out_may_be_anything() {
        for (a, b, older) in [
            ("10.0", "10.1", Some(true)),
            ("10.1", "10.0", Some(false)),
            ("10.0", "10.0", Some(false)),
            ("10.0", "10.00", Some(false)),
            ("10.0", "10.0.0", Some(false)),
            ("10.0", "10.0.14393", None),
            ("10.0.14393", "10.0", None),
            ("10.0.0", "10.0", None),
            ("9.32.5544.1", "9.32", None),
            ("9.32.5544.1", "9.33", Some(true)),
            ("6.7", "6.7u3", Some(true)),
            ("9", "10.2", Some(true)),
        ] {
            assert_eq!(is_older(a, b), older, "{a} and {b}");
        }
    }

    #[test]
    fn versions_compare_number_by_number() {
        assert_eq!(compare_versions("9.9", "9.30"), Ordering::Less);
        assert_eq!(compare_versions("9.30", "9.30.0"), Ordering::Equal);
        assert_eq!(compare_versions("10", "9.99"), Ordering::Greater);
        assert_eq!(compare_versions("9.030", "9.30.0.0"), Ordering::Equal);
        assert_eq!(compare_versions("6.7u2", "6.7u3"), Ordering::Less);
        assert_eq!(compare_versions("6.7", "6.7u1"), Ordering::Less);
        assert_eq!(compare_versions("6.10u1", "6.9u3"), Ordering::Greater);
        let versions = [
            "9.9",
            "9.30",
            "9.30.0",
            "9.030.0.0",
            "0",
            "0.0",
            "6.7u3",
            "6.07u3.0",
            "0u1",
            "1.0.1",
            "1.1",
            "1é.0",
        ];
        for (how, texts) in [
            (How::Version, &versions[..]),
            (How::Nocase, &["Äb", "äB", "ab", "AB", "aß", "ASS", "x", "x0"]),
            (How::Plain, &["a", "A", "", "9.0", "9"]),
        ] {
            for a in texts {
                for b in texts {
                    let equal = how.compare(a, b) == Ordering::Equal;
                    assert_eq!(
                        how.key(a) == how.key(b),
                        equal,
                        "{a} and {b} have one key, {how:?}"
                    );
                    assert_eq!(how.equal(a, b), equal, "{a} and {b}, {how:?}");
                }
            }
        }
        for text in ["6.7u3", "9", "0.0", "10.0-rc1.2"] {
            assert!(is_version(text), "{text}");
        }
        for text in ["v9", "", "9.", ".9", "9..1", "9.u1", "9 1", "9.é"] {
            assert!(!is_version(text), "{text}");
        }
    }
}
