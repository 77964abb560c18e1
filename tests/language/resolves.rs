//! Every name of every shipped rule refers to something, and the place it refers to is where it is declared.

use failback::compile::resolutions::{NameKind, Resolutions, Symbol};
use failback::session::rules::{self, Resolved};
use failback::session::{Inputs, PackFiles};
use failback::source::{FileId, Sources};

fn resolved(text: &str) -> (Sources, FileId, Resolved) {
    let mut sources = Sources::default();
    let file = sources.add("a.gate", text);
    let pack = PackFiles::new("a", vec![file]);
    let resolved = rules::resolve(&sources, &pack, None);
    (sources, file, resolved)
}

/// Each name with the text of the places where it is declared.
fn shown(sources: &Sources, found: &Resolutions) -> Vec<String> {
    let show = |(span, symbol): &(failback::source::Span, Symbol)| {
        let at = |span: failback::source::Span| {
            let position = sources.get(span.file).position(span.start);
            format!("{}:{}", position.line, position.column)
        };
        let declared: Vec<String> = found.declarations_of(symbol).map(at).collect();
        format!("{} {} > {}", at(*span), sources.slice(*span), declared.join(" "))
    };
    found.uses.iter().map(show).collect()
}

const SMALL: &str = r#"pack small "s"

environment { servers: [Server] }

entity Server "server" {
  id: key
  state: on | off default off
  peer: ref Server or none
  peers: all Server by peer
}

define up(s: Server): bool = s.state == on

prerequisite A-1 "t" {
  for     s in servers
  where   all p in s.peers: up(p)
  require count(s.peers) > 0
  because "{s.id} is {s.state}"
  fix     start(s)
}

remedy start(s: Server) {
  do     "Start {s}"
  effect set s.state = on
}
"#;

#[test]
fn names_lead_to_their_declarations() {
    let (sources, _, resolved) = resolved(SMALL);
    let found = shown(&sources, &resolved.resolutions);
    for wanted in [
        "3:15 servers > 3:15",
        "3:25 Server > 5:8",
        "7:27 off > 7:15",
        "9:24 peer > 8:3",
        "12:30 s > 12:11",
        "12:32 state > 7:3",
        "12:41 on > 7:10",
        "16:15 p > 16:15",
        "16:29 up > 12:8",
        "16:32 p > 16:15",
        "17:11 count > ",
        "18:25 state > 7:3",
        "19:11 start > 22:8",
        "24:14 s > 22:14",
        "24:16 state > 7:3",
    ] {
        let is_there = found.iter().any(|line| line.starts_with(wanted));
        assert!(is_there, "`{wanted}` is missing in {found:#?}");
    }
}

#[test]
fn every_word_of_the_shipped_rules_that_is_a_name_refers_to_something() {
    let inputs = Inputs::shipped();
    for pack in &inputs.packs {
        let Resolved { loaded, resolutions, .. } = rules::resolve(&inputs.sources, pack, None);
        assert!(loaded.diagnostics.iter().all(|told| told.code != "syntax"), "{}", pack.name);
        assert!(resolutions.uses.len() > 2_000, "{}", resolutions.uses.len());
        for (span, symbol) in &resolutions.uses {
            let text = inputs.sources.slice(*span);
            let declared: Vec<&str> = resolutions
                .declarations_of(symbol)
                .map(|span| inputs.sources.slice(span))
                .collect();
            match symbol {
                Symbol::Now | Symbol::Function(_) => assert!(declared.is_empty()),
                // The environment is written as a keyword.
                Symbol::Type(failback::schema::ENVIRONMENT) => {}
                _ => {
                    assert!(!declared.is_empty(), "`{text}` {symbol:?} is declared nowhere");
                    assert!(declared.iter().all(|name| *name == text), "{text} {declared:?}");
                }
            }
        }
        for pair in resolutions.uses.windows(2) {
            let (a, b) = (pair[0].0, pair[1].0);
            assert!(a.file < b.file || a.end <= b.start, "{:?} and {:?}", pair[0], pair[1]);
        }
    }
}

#[test]
fn what_is_broken_is_resolved_all_the_same() {
    let broken = SMALL.replace("  require count(s.peers) > 0\n", "  require count(s.peers) >\n");
    let (sources, _, resolved) = resolved(&broken);
    assert!(!resolved.loaded.diagnostics.is_empty());
    let found = shown(&sources, &resolved.resolutions);
    assert!(found.iter().any(|line| line == "16:32 p > 16:15"), "{found:#?}");
    let rule = Symbol::Named(NameKind::Rule, "A-1".into());
    assert_eq!(resolved.resolutions.declarations_of(&rule).count(), 1);
}

#[test]
fn what_stands_around_a_place_is_found() {
    let text = SMALL.replace("s.state == on\n\npre", "s.state == x\n\npre");
    let at = text.find("== x").expect("it") + 4;
    let mut sources = Sources::default();
    let file = sources.add("a.gate", text.as_str());
    let pack = PackFiles::new("a", vec![file]);
    let resolved = rules::resolve(&sources, &pack, Some((file, at as u32)));
    let around = resolved.resolutions.around.expect("an expression");
    let expected = around.expected.expect("a type").describe(&resolved.loaded.rules.schema);
    assert_eq!(expected, "on | off");
    assert_eq!(around.scope.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["s"]);
}
