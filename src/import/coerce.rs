//! Turns what exporters write into values: times in every spelling, sizes, truths, versions.
//!
//! Owns the spelling rules of the exporters and the sentinel times. Text that follows none of them yields nothing, which
//! makes the fact unknown.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, TimeZone};

/// A time as an exporter wrote it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stamp {
    /// A sentinel: it never happened, or never will.
    Never,
    /// Microseconds since 1970. Without a zone the text is read as UTC.
    At(i64),
}

/// Reads a time: RFC 3339 with 0 to 9 decimals, with an offset or without, `/Date(ms)/`, and `2024/05/01 10:20:30`.
pub fn time(text: &str) -> Option<Stamp> {
    let text = text.trim();
    if let Some(milliseconds) = text.strip_prefix("/Date(").and_then(|rest| rest.strip_suffix(")/"))
    {
        let digits = milliseconds
            .find(['+', '-'])
            .filter(|at| *at > 0)
            .map_or(milliseconds, |at| &milliseconds[..at]);
        let milliseconds: i64 = digits.parse().ok()?;
        return Some(sentinel(milliseconds.checked_mul(1000)?));
    }
    if let Some(stamp) = american(text) {
        return Some(stamp);
    }
    let bytes = text.as_bytes();
    if bytes.len() < 16
        || !text.is_ascii()
        || !matches!(bytes[4], b'-' | b'/')
        || !matches!(bytes[10], b'T' | b't' | b' ')
    {
        return None;
    }
    let number = |from: usize, to: usize| text.get(from..to)?.parse::<i32>().ok();
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute) = (number(11, 13)?, number(14, 16)?);
    let (second, mut rest) = match bytes.get(16) {
        Some(b':') => (number(17, 19)?, text.get(19..)?),
        _ => (0, text.get(16..)?),
    };
    let mut nanos = 0;
    if let Some(fraction) = rest.strip_prefix('.') {
        let end = fraction.find(|c: char| !c.is_ascii_digit()).unwrap_or(fraction.len());
        if end == 0 || end > 9 {
            return None;
        }
        nanos = fraction[..end].parse::<i32>().ok()? * 10_i32.pow(9 - end as u32);
        rest = &fraction[end..];
    }
    let date = Date::new(i16::try_from(year).ok()?, month as i8, day as i8).ok()?;
    if !(1901..9000).contains(&year) {
        return Some(Stamp::Never);
    }
    let clock = Time::new(hour as i8, minute as i8, second.min(59) as i8, nanos).ok()?;
    let zoned =
        DateTime::from_parts(date, clock).to_zoned(TimeZone::fixed(offset(rest.trim())?)).ok()?;
    Some(Stamp::At(zoned.timestamp().as_microsecond()))
}

/// `9/19/2017 10:51:12 AM`, as PowerShell prints times in the United States. Without `AM` or `PM` the day and the month
/// could be meant the other way round, unless one of them is no month.
fn american(text: &str) -> Option<Stamp> {
    let mut parts = text.split_whitespace();
    let (date, clock, half) = (parts.next()?, parts.next()?, parts.next());
    if parts.next().is_some() {
        return None;
    }
    let numbers = |text: &str, by: char| -> Option<Vec<i32>> {
        text.split(by).map(|part| part.parse().ok()).collect()
    };
    let [first, second, year] = numbers(date, '/')?[..] else { return None };
    let clock = numbers(clock, ':')?;
    let (hour, minute, seconds) = match clock[..] {
        [hour, minute] => (hour, minute, 0),
        [hour, minute, seconds] => (hour, minute, seconds),
        _ => return None,
    };
    let (month, day) = match (half, first, second) {
        (Some(_), ..) | (None, ..=12, 13..) => (first, second),
        (None, 13.., ..=12) => (second, first),
        (None, ..) if first == second => (first, second),
        (None, ..) => return None,
    };
    let hour = match half.map(str::to_ascii_uppercase).as_deref() {
        None => hour,
        Some("AM") if (1..=12).contains(&hour) => hour % 12,
        Some("PM") if (1..=12).contains(&hour) => hour % 12 + 12,
        Some(_) => return None,
    };
    time(&format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{seconds:02}"))
}

fn offset(text: &str) -> Option<Offset> {
    if text.is_empty() || text.eq_ignore_ascii_case("z") {
        return Some(Offset::UTC);
    }
    let (sign, rest) = match text.as_bytes().first()? {
        b'+' => (1, &text[1..]),
        b'-' => (-1, &text[1..]),
        _ => return None,
    };
    let digits: String = rest.chars().filter(|c| *c != ':').collect();
    let (hours, minutes) = (
        digits.get(0..2)?.parse::<i32>().ok()?,
        digits.get(2..4).unwrap_or("0").parse::<i32>().ok()?,
    );
    Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()
}

fn sentinel(microseconds: i64) -> Stamp {
    match Timestamp::from_microsecond(microseconds) {
        Ok(instant) if (1901..9000).contains(&instant.to_zoned(TimeZone::UTC).year()) => {
            Stamp::At(microseconds)
        }
        _ => Stamp::Never,
    }
}

/// A day number of a workbook (1 is the first of January 1900), as microseconds since 1970.
pub fn serial(days: f64) -> Option<i64> {
    (20_000.0..80_000.0)
        .contains(&days)
        .then(|| ((days - 25_569.0) * 86_400.0).round() as i64 * 1_000_000)
}

/// `true`, `"False"`, `"yes"`, `"1"`.
pub fn truth(text: &str) -> Option<bool> {
    match text.trim().to_ascii_lowercase().as_str() {
        "true" | "yes" | "1" | "on" => Some(true),
        "false" | "no" | "0" | "off" => Some(false),
        _ => None,
    }
}

/// A number that may be written as text, with thousands separators of either kind.
pub fn number(text: &str) -> Option<f64> {
    let text = text.trim();
    if let Ok(number) = text.parse::<f64>() {
        return number.is_finite().then_some(number);
    }
    let plain: String =
        text.chars().filter(|c| !matches!(c, ' ' | '\u{a0}' | '\u{202f}')).collect();
    // The last separator is the decimal one if anything but three digits follow it, or if both kinds occur.
    let (comma, dot) = (plain.rfind(','), plain.rfind('.'));
    let cleaned = match (comma, dot) {
        (Some(c), Some(d)) if c > d => plain.replace('.', "").replace(',', "."),
        (Some(_), Some(_)) => plain.replace(',', ""),
        (Some(c), None) if plain.len() - c == 4 => plain.replace(',', ""),
        (Some(_), None) => plain.replace(',', "."),
        _ => plain.clone(),
    };
    cleaned.parse::<f64>().ok().filter(|number| number.is_finite())
}

/// The operating system family of any spelling seen (`WINDOWS`, `windowsGuest`, `Ubuntu Linux (64-bit)`).
pub fn os_family(text: &str) -> Option<&'static str> {
    let text = text.to_ascii_lowercase();
    const LINUX: [&str; 14] = [
        "linux",
        "photon",
        "alma",
        "ubuntu",
        "centos",
        "red hat",
        "rhel",
        "suse",
        "sles",
        "debian",
        "distrib_id",
        "oracle",
        "rocky",
        "fedora",
    ];
    if text.contains("windows") {
        Some("windows")
    } else {
        LINUX.iter().any(|name| text.contains(name)).then_some("linux")
    }
}

/// The version of an operating system, from the name an exporter gives it.
pub fn os_version(text: &str) -> Option<String> {
    if let Some(release) = text.split("DISTRIB_RELEASE=").nth(1) {
        let release: String = release
            .trim_start_matches('"')
            .chars()
            .take_while(|c| c.is_ascii_digit() || *c == '.')
            .collect();
        return (!release.is_empty()).then_some(release);
    }
    const WINDOWS: [(&str, &str); 8] = [
        ("2012 R2", "6.3"),
        ("2008 R2", "6.1"),
        ("2008", "6.0"),
        ("2012", "6.2"),
        ("2016", "10.0"),
        ("2019", "10.0"),
        ("2022", "10.0"),
        ("2025", "10.0"),
    ];
    if text.contains("Windows") {
        // "2016 or later" names no version; all of them are 10.0 inside.
        return WINDOWS
            .iter()
            .find(|(name, _)| text.contains(name))
            .map(|(_, version)| (*version).to_owned());
    }
    text.split(|c: char| c.is_whitespace() || c == '(')
        .find(|word| {
            word.starts_with(|c: char| c.is_ascii_digit())
                && crate::scalar::is_version(word)
                && !word.contains("bit")
        })
        .map(str::to_owned)
}

/// The controller word of any spelling seen.
pub fn controller(text: &str) -> Option<&'static str> {
    let text: String =
        text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    if text.contains("paravirtual") || text.contains("pvscsi") {
        Some("paravirtual")
    } else if text.contains("lsilogicsas") {
        Some("lsiLogicSas")
    } else if text.contains("lsilogic") {
        Some("lsiLogic")
    } else {
        text.contains("buslogic").then_some("busLogic")
    }
}

/// The datastore word of any spelling seen; kinds the description does not know yield nothing.
pub fn datastore_type(text: &str) -> Option<&'static str> {
    match text.trim().to_ascii_lowercase().as_str() {
        "vmfs" | "vmfs3" | "vmfs5" | "vmfs6" => Some("vmfs"),
        "vsan" => Some("vsan"),
        "nfs" | "nfs3" | "nfs41" | "nfs 4.1" => Some("nfs"),
        "vvol" => Some("vvol"),
        _ => None,
    }
}

/// The edition word of a licence, from its edition key or name.
pub fn edition(text: &str) -> Option<&'static str> {
    let text: String =
        text.chars().filter(char::is_ascii_alphanumeric).collect::<String>().to_ascii_lowercase();
    if text.contains("eval") {
        Some("evaluation")
    } else if text.contains("enterpriseplus")
        || text.contains("esxfull")
        || text.contains("entplus")
    {
        Some("enterprisePlus")
    } else if text.contains("hypervisor") || text.contains("esxbasic") || text.contains("free") {
        Some("free")
    } else if text.contains("enterprise") {
        Some("enterprise")
    } else {
        text.contains("standard").then_some("standard")
    }
}

/// The datastore of a path such as `[name] folder/disk.vmdk`.
pub fn datastore_of(path: &str) -> Option<String> {
    let name = path.trim().strip_prefix('[')?.split(']').next()?.trim();
    (!name.is_empty()).then(|| name.to_owned())
}

/// A hardware address in one spelling: lower case, colons.
pub fn mac(text: &str) -> Option<String> {
    let digits: String =
        text.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_ascii_lowercase();
    if digits.len() != 12 || digits.chars().all(|c| c == '0') {
        return None;
    }
    let pairs: Vec<String> = digits
        .as_bytes()
        .chunks(2)
        .map(|pair| String::from_utf8_lossy(pair).into_owned())
        .collect();
    Some(pairs.join(":"))
}

/// What `ConvertTo-Json` writes where its depth ends.
pub fn is_type_name(text: &str) -> bool {
    text.starts_with("Microsoft.Azure.Commands.")
        || text.starts_with("Microsoft.Azure.Management.")
        || text.starts_with("System.Collections.")
        || text.starts_with("System.Object[]")
        || (text.starts_with("@{") && text.ends_with('}'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scalar::print_time;

    fn read(text: &str) -> Option<String> {
        match time(text)? {
            Stamp::Never => Some("never".to_owned()),
            Stamp::At(at) => Some(print_time(at)),
        }
    }

    #[test]
    fn times_come_in_many_spellings() {
        assert_eq!(
            read("2017-09-19T10:47:12.0055332Z").as_deref(),
            Some("2017-09-19T10:47:12.005533Z")
        );
        assert_eq!(
            read("2017-09-19T16:21:13.524374+05:30").as_deref(),
            Some("2017-09-19T10:51:13.524374Z")
        );
        assert_eq!(read("2023-08-18T08:29:59+00:00").as_deref(), Some("2023-08-18T08:29:59Z"));
        assert_eq!(read("2024/05/01 10:20:30").as_deref(), Some("2024-05-01T10:20:30Z"));
        assert_eq!(read("/Date(1505818272000)/").as_deref(), Some("2017-09-19T10:51:12Z"));
        assert_eq!(read("9/19/2017 4:05:12 PM").as_deref(), Some("2017-09-19T16:05:12Z"));
        assert_eq!(read("09/19/2017 12:05:12 AM").as_deref(), Some("2017-09-19T00:05:12Z"));
        assert_eq!(read("19/09/2017 16:05").as_deref(), Some("2017-09-19T16:05:00Z"));
        assert_eq!(read("09/10/2017 16:05:12"), None, "it could be September or October");
        assert_eq!(read("9/19/2017 16:05:12 PM"), None);
        assert_eq!(read("not a time at all"), None);
        assert_eq!(read("2017-13-19T10:47:12Z"), None);
    }

    #[test]
    fn sentinels_are_never() {
        for text in [
            "1753-01-01T01:01:01Z",
            "0001-01-01T00:00:00",
            "9999-12-31T23:59:59.9999999",
            "1601-01-01T00:00:00Z",
        ] {
            assert_eq!(read(text).as_deref(), Some("never"), "{text}");
        }
    }

    #[test]
    fn numbers_are_read_by_locale() {
        assert_eq!(number("2047.75"), Some(2047.75));
        assert_eq!(number("1,048,576"), Some(1_048_576.0));
        assert_eq!(number("2047,5"), Some(2047.5));
        assert_eq!(number("1.048.576,5"), Some(1_048_576.5));
        assert_eq!(number("70%"), None);
    }

    #[test]
    fn names_of_systems_yield_versions() {
        assert_eq!(
            os_version("Microsoft Windows Server 2012 R2 Datacenter").as_deref(),
            Some("6.3")
        );
        assert_eq!(
            os_version("DISTRIB_ID=Ubuntu DISTRIB_RELEASE=16.04 DISTRIB_CODENAME=xenial")
                .as_deref(),
            Some("16.04")
        );
        assert_eq!(os_version("CentOS 7 (64-bit)").as_deref(), Some("7"));
        assert_eq!(os_family("windowsGuest"), Some("windows"));
        assert_eq!(os_family("WINDOWS"), Some("windows"));
    }
}
