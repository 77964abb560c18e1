//! The written forms of sizes, durations, times and versions.
//!
//! Owns reading and printing them, for descriptions and for rules alike, so that `600GiB` means one thing everywhere.
//! Knows nothing of YAML or of the rule language.

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

/// Units of durations in seconds, the largest first.
const DURATIONS: [(&str, i64); 4] = [("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1)];

/// `600GiB`, `1.5TiB`, in bytes. A unit is required, except for `0`.
pub fn parse_size(text: &str) -> Option<i64> {
    with_unit(text, &SIZES)
}

/// `15min`, `24h`, `2h30min`, in seconds. A unit is required, except for `0`.
pub fn parse_duration(text: &str) -> Option<i64> {
    if text == "0" {
        return Some(0);
    }
    let mut rest = text;
    let mut total: i64 = 0;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
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

/// The shortest exact spelling of a duration.
pub fn print_duration(seconds: i64) -> String {
    let (unit, factor) = DURATIONS
        .iter()
        .find(|(_, factor)| seconds % factor == 0 && seconds != 0)
        .unwrap_or(&("s", 1));
    format!("{}{unit}", seconds / factor)
}

/// An RFC 3339 instant with its zone, in nanoseconds since 1970 rounded down to microseconds; `None` without a zone.
pub fn parse_time(text: &str) -> Option<i64> {
    // `Timestamp` reads more than RFC 3339; the shape check keeps to what the description format promises.
    let bytes = text.as_bytes();
    let dated = bytes.len() >= 20
        && bytes[4] == b'-'
        && bytes[7] == b'-'
        && matches!(bytes[10], b'T' | b't' | b' ');
    if !dated || bytes[13] != b':' {
        return None;
    }
    let instant: jiff::Timestamp = text.parse().ok()?;
    Some(instant.as_microsecond())
}

/// An instant as RFC 3339 in UTC, with seconds and only as many decimals as it has.
pub fn print_time(microseconds: i64) -> String {
    jiff::Timestamp::from_microsecond(microseconds)
        .map_or_else(|_| "?".to_owned(), |instant| instant.to_string())
}

/// Microseconds in a second: times are counted in microseconds, durations in seconds.
pub const SECOND: i64 = 1_000_000;

/// Whether a text is a version: numbers with dots between, with an optional word of letters behind (`9.32.1`, `6.7u3`).
pub fn is_version(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_digit())
        && text.split('.').all(|part| {
            part.starts_with(|c: char| c.is_ascii_digit())
                && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-')
        })
}

/// Compares two versions number by number; missing numbers are zero, so `9.30` equals `9.30.0`.
pub fn compare_versions(a: &str, b: &str) -> Ordering {
    let mut left = a.split('.');
    let mut right = b.split('.');
    loop {
        let (x, y) = (left.next(), right.next());
        if x.is_none() && y.is_none() {
            return Ordering::Equal;
        }
        let (x, y) = (x.unwrap_or("0"), y.unwrap_or("0"));
        let order = number(x).cmp(&number(y)).then_with(|| tail(x).cmp(tail(y)));
        if order != Ordering::Equal {
            return order;
        }
    }
}

/// The digits that a part of a version begins with, as what can be compared: how many there are and which.
fn number(part: &str) -> (usize, &str) {
    let end = part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len());
    let digits = part[..end].trim_start_matches('0');
    (digits.len(), digits)
}

/// What stands behind the digits of a part of a version.
fn tail(part: &str) -> &str {
    part.trim_start_matches(|c: char| c.is_ascii_digit())
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
        assert_eq!(parse_duration("15min"), Some(900));
        assert_eq!(parse_duration("2h30min"), Some(9_000));
        assert_eq!(parse_duration("2h30"), None);
        assert_eq!(print_size(600 << 30), "600GiB");
        assert_eq!(print_duration(900), "15min");
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
    fn versions_compare_number_by_number() {
        assert_eq!(compare_versions("9.9", "9.30"), Ordering::Less);
        assert_eq!(compare_versions("9.30", "9.30.0"), Ordering::Equal);
        assert_eq!(compare_versions("10", "9.99"), Ordering::Greater);
        assert!(is_version("6.7u3") && !is_version("v9") && !is_version(""));
    }
}
