//! One broken declaration makes no other one wrong: whoever refers to it is silent.

use failback::compile;
use failback::diagnostic::{Diagnostic, Diagnostics};
use failback::language::{self, ast};
use failback::packs;
use failback::source::{FileId, Sources};

use crate::language::support::{title, tokens};

/// What is wrong with a pack of one file.
fn compiled(text: &str) -> (Sources, Vec<Diagnostic>) {
    let mut sources = Sources::default();
    let file = sources.add("test.gate", text);
    let mut diagnostics = Diagnostics::default();
    let files = [language::parse(&sources, file, &mut diagnostics)];
    compile::compile(&files, &mut diagnostics);
    (sources, diagnostics.into_sorted())
}

const PACK: &str = r#"pack demo "A demonstration"

environment {
  servers: [Server]
  limits: Limits
}

unit Server

entity Server {
  id: key
  state: running | stopped ask "Does {id} run?"
  peer: ref Server
  peers: all Server by peer
}

record Limits {
  most: int
}

define runs(s: Server): bool = s.state == running

define pairs(s: Server): bool = runs(s) and s.peer != s

prerequisite SRV-001 "A server runs" {
  for     s in servers
  require pairs(s) and count(s.peers) < limits.most
  because "{s} does not run"
  fix     start(s)
}

remedy start(s: Server) {
  do      "Start {s}"
  after   look
  effect  set s.state = running
  takes   5min
  undo    "Stop {s}"
}

remedy look(s: Server) {
  do      "Look at {s}"
  needs   runs(s)
}
"#;

#[test]
fn the_pack_of_these_tests_is_sound() {
    let (_, found) = compiled(PACK);
    assert!(
        found.iter().all(|one| one.severity > failback::diagnostic::Severity::Warning),
        "{found:#?}"
    );
}

#[test]
fn whoever_uses_what_is_broken_is_silent() {
    for (what, edited) in [
        ("s.state == running\n", "s.. state == running\n"),
        ("runs(s: Server): bool = s", "runs(s Server): bool = s"),
        ("  id: key", "  id:: key"),
        ("  state: running | stopped ask", "  state: running | | ask"),
        ("  peer: ref Server\n", "  peer: ref\n"),
        ("  most: int", "  most int"),
        ("  limits: Limits", "  limits Limits"),
        ("  do      \"Look at {s}\"", "  do      Look"),
        ("remedy start(s: Server)", "remedy start(s Server)"),
    ] {
        let text = PACK.replacen(what, edited, 1);
        assert_ne!(text, PACK, "{what}");
        let (_, found) = compiled(&text);
        let told: Vec<String> =
            found.iter().map(|one| format!("{}: {}", one.code, one.message)).collect();
        assert!(!told.is_empty(), "{edited}");
        assert!(told.iter().all(|one| one.starts_with("syntax")), "{edited}: {told:#?}");
    }
}

#[test]
fn a_broken_declaration_of_the_shipped_rules_is_all_that_is_told() {
    let (mut broken, mut wrong) = (0, Vec::new());
    for pack in packs::shipped() {
        let mut sources = Sources::default();
        let texts: Vec<(&str, FileId)> =
            pack.rules().map(|(name, text)| (text, sources.add(name, text))).collect();
        let mut none = Diagnostics::default();
        let mut files: Vec<ast::File> =
            texts.iter().map(|(_, id)| language::parse(&sources, *id, &mut none)).collect();
        for at in 0..files.len() {
            let text = texts[at].0;
            let items: Vec<_> = files[at]
                .items
                .iter()
                .filter(|item| {
                    !matches!(item.kind, ast::ItemKind::Document(_) | ast::ItemKind::Rule(_))
                })
                .map(|item| (title(item), item.span))
                .collect();
            let tokens = tokens(text);
            for (name, span) in items {
                let within: Vec<_> = tokens
                    .iter()
                    .filter(|token| {
                        span.start as usize <= token.start && token.end <= span.end as usize
                    })
                    .collect();
                let Some(middle) = within.get(within.len() / 2).filter(|_| within.len() > 8) else {
                    continue;
                };
                let edited = format!("{} .. {}", &text[..middle.end], &text[middle.end..]);
                let id = sources.add(sources.get(texts[at].1).name().to_owned(), edited);
                let mut found = Diagnostics::default();
                let whole =
                    std::mem::replace(&mut files[at], language::parse(&sources, id, &mut found));
                compile::compile(&files, &mut found);
                files[at] = whole;
                let told = found.into_sorted();
                assert!(!told.is_empty(), "{name}: nothing is said");
                for one in &told {
                    let place = one.span().expect("a place");
                    let inside =
                        place.file == id && place.start >= span.start && place.end <= span.end + 4;
                    let line = sources.get(place.file).position(place.start).line;
                    if !inside {
                        wrong.push(format!("{name}, line {line}: {}: {}", one.code, one.message));
                    }
                }
                broken += 1;
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(broken > 100, "{broken}");
}
