//! What is published of generated descriptions is what `check` says of them, in both encodings.
//!
//! `FAILBACK_LSP_CASES=1000 cargo test --test all lsp::same` makes so many.

use super::*;
use crate::support::faults::{Dice, number};
use crate::support::generate::{Faults, environment};

/// Lines that are left out or doubled, so that there is something wrong with the text, too.
fn disturbed(text: &str, dice: &mut Dice) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    for _ in 0..dice.roll(4) {
        let at = 6 + dice.roll(lines.len() - 6);
        match dice.roll(3) {
            0 => _ = lines.remove(at),
            1 => lines.insert(at, lines[at]),
            _ => lines.insert(at, "# 한글 😀"),
        }
    }
    lines.join("\n") + "\n"
}

#[test]
fn what_is_published_of_generated_descriptions_is_what_check_says() {
    let mut dice = Dice(11);
    let folder = TempDir::new().expect("a folder");
    let file = folder.path().canonicalize().expect("a path").join("site.yaml");
    let mut sessions =
        ["utf-8", "utf-16"].map(|encoding| (encoding, Session::open_in(folder.path(), encoding)));
    let (mut version, mut compared) = (0, 0);
    for _ in 0..number("FAILBACK_LSP_CASES", 12) {
        let faults = if dice.roll(4) == 0 { Faults::NONE } else { Faults::SOME };
        let text = disturbed(&environment(10 + dice.roll(40), faults).text, &mut dice);
        fs::write(&file, &text).expect("a file");
        let expected = checked(&file);
        version += 1;
        for (encoding, session) in &mut sessions {
            let found = match version {
                1 => session.open(&uri(&file), "yaml", version, &text),
                _ => session.replace(&uri(&file), version, &text),
            };
            session.settle(&uri(&file));
            if session.verdicts[&uri(&file)]["readable"] == true {
                assert_eq!(shown(&found, &text, encoding), expected, "{encoding}:\n{text}");
                compared += 1;
            }
        }
    }
    assert!(compared > 6, "{compared}");
    for (_, session) in sessions {
        assert_eq!(session.end(), 0);
    }
}
