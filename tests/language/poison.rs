//! One broken declaration makes no other one wrong: whoever refers to it is silent.

use failback::compile::{self, join::join};
use failback::diagnostic::{Diagnostic, Diagnostics};
use failback::language::{self, ast};
use failback::session::Inputs;
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
    let inputs = Inputs::shipped();
    for pack in &inputs.packs {
        let mut sources = Sources::default();
        let mut none = Diagnostics::default();
        let own = std::iter::once(&pack.files);
        let folders: Vec<&Vec<FileId>> =
            own.chain(pack.used.iter().map(|used| &used.files)).collect();
        let mut parts: Vec<Vec<ast::File>> = Vec::new();
        for files in folders {
            let ids: Vec<FileId> = files
                .iter()
                .map(|file| inputs.sources.get(*file))
                .map(|file| sources.add(file.name(), file.text()))
                .collect();
            parts.push(ids.iter().map(|id| language::parse(&sources, *id, &mut none)).collect());
        }
        let places: Vec<(usize, usize)> = parts
            .iter()
            .enumerate()
            .flat_map(|(part, files)| (0..files.len()).map(move |at| (part, at)))
            .collect();
        for (part, at) in places {
            let file = parts[part][at].file;
            let text = sources.get(file).text().to_owned();
            let text = text.as_str();
            let items: Vec<_> = parts[part][at]
                .items
                .iter()
                .filter(|item| {
                    !matches!(
                        item.kind,
                        ast::ItemKind::Document(_)
                            | ast::ItemKind::Rule(_)
                            | ast::ItemKind::Pack(_)
                    )
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
                let id = sources.add(sources.get(file).name().to_owned(), edited);
                let mut found = Diagnostics::default();
                let mut edited = parts.clone();
                edited[part][at] = language::parse(&sources, id, &mut found);
                let joined = join(&sources, edited, &mut found);
                compile::compile(&joined.files, &mut found);
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
