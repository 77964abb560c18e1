//! What the terminal can show, by what the environment says.

use std::env;
use std::io::{IsTerminal, stdout};

use crate::cli::args::Color;
use crate::report::layout::{Graphics, Look};

/// Columns of a terminal that does not say how many it has, and of excerpts elsewhere.
const WIDTH: usize = 80;
/// Wider lines are hard to read.
const WIDEST: usize = 110;

/// The look for standard output.
pub fn look(color: Color) -> Look {
    let is_terminal = stdout().is_terminal();
    let lookup = |name: &str| env::var(name).ok().filter(|value| !value.is_empty());
    let width = lookup("COLUMNS").and_then(|columns| columns.parse::<usize>().ok());
    let measured =
        || terminal_size::terminal_size().map_or(WIDTH, |(width, _)| usize::from(width.0));
    // What reads a pipe takes lines: a broken one is two to it.
    let width = match width.or_else(|| is_terminal.then(measured)) {
        Some(width) => width.clamp(40, WIDEST),
        None => usize::MAX,
    };
    Look {
        color: colors(color, is_terminal, &lookup),
        graphics: graphics(&lookup),
        width,
        frame: if width == usize::MAX { WIDEST } else { width },
        explain: false,
        table: false,
        all: false,
        quiet: false,
        facts: false,
    }
}

/// A flag beats everything; then what forbids, then what forces, then the terminal.
fn colors(flag: Color, is_terminal: bool, lookup: &dyn Fn(&str) -> Option<String>) -> bool {
    let on = |name: &str| lookup(name).is_some_and(|value| value != "0");
    match flag {
        Color::Always => true,
        Color::Never => false,
        Color::Auto if lookup("NO_COLOR").is_some() => false,
        Color::Auto if on("CLICOLOR_FORCE") || on("FORCE_COLOR") => true,
        Color::Auto if lookup("CLICOLOR").as_deref() == Some("0") => false,
        Color::Auto => is_terminal && lookup("TERM").as_deref() != Some("dumb"),
    }
}

fn graphics(lookup: &dyn Fn(&str) -> Option<String>) -> Graphics {
    if lookup("NO_GRAPHICS").is_some_and(|value| value != "0") {
        return Graphics::Narrated;
    }
    let locale = ["LC_ALL", "LC_CTYPE", "LANG"].iter().find_map(|name| lookup(name));
    let speaks = locale.is_some_and(|locale| {
        let locale = locale.to_ascii_lowercase();
        locale.contains("utf-8") || locale.contains("utf8")
    });
    // The console of the kernel has few glyphs, a dumb terminal none.
    match lookup("TERM").as_deref() {
        Some("linux" | "dumb") => Graphics::Ascii,
        _ if speaks || cfg!(windows) => Graphics::Unicode,
        _ => Graphics::Ascii,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(pairs: &'static [(&str, &str)]) -> impl Fn(&str) -> Option<String> {
        move |name| pairs.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).into())
    }

    #[test]
    fn a_flag_beats_the_environment_and_no_beats_force() {
        assert!(colors(Color::Always, false, &with(&[("NO_COLOR", "1")])));
        assert!(!colors(Color::Never, true, &with(&[("FORCE_COLOR", "1")])));
        assert!(!colors(Color::Auto, true, &with(&[("NO_COLOR", "1"), ("FORCE_COLOR", "1")])));
        assert!(colors(Color::Auto, false, &with(&[("CLICOLOR_FORCE", "1")])));
        assert!(!colors(Color::Auto, false, &with(&[("CLICOLOR_FORCE", "0")])));
        assert!(!colors(Color::Auto, true, &with(&[("CLICOLOR", "0")])));
        assert!(!colors(Color::Auto, true, &with(&[("TERM", "dumb")])));
        assert!(colors(Color::Auto, true, &with(&[("TERM", "xterm")])));
    }

    #[test]
    fn frames_follow_the_locale() {
        assert_eq!(graphics(&with(&[("LANG", "en_US.UTF-8")])), Graphics::Unicode);
        assert_eq!(graphics(&with(&[("LANG", "en_US.UTF-8"), ("LC_ALL", "C")])), Graphics::Ascii);
        assert_eq!(graphics(&with(&[("LANG", "C.UTF-8"), ("TERM", "linux")])), Graphics::Ascii);
        assert_eq!(graphics(&with(&[("NO_GRAPHICS", "1")])), Graphics::Narrated);
    }
}
