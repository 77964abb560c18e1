//! Rule files in the editor: what is answered at each place, over all shipped rules and in a small pack.

use failback::lsp::rules::complete::complete;
use failback::lsp::rules::rename::{Refused, prepare, rename};
use failback::lsp::rules::{Pack, colours, hints, hover, layout, lens, outline, refer, signature};
use failback::session::{Inputs, PackFiles};
use failback::source::{FileId, Sources, Span};
use failback::spec::page::Page;

const SMALL: &str = r#"pack small "s"

# The estate.
environment { servers: [Server]  spare: Server or none }

entity Server "a server" {
  id: key
  state: on | off default off
    "what it does"
    ask  "Does {id} run?"
  peer: ref Server or none
  peers: all Server by peer
}

# Whether it runs,
# as far as is known.
define up(s: Server): bool = s.state == on

define idle = [s for s in servers where not up(s)]

document d "Document" { clause C-1 "It runs" }

prerequisite A-1 "Each server runs" {
  clause  C-1
  for     s in servers
  let     others = s.peers
  where   all p in others: up(p)
  require up(s) and count(others) > 0
  because "{s.id} is {s.state}"
  why     "It should."
  fix     start(s)
}

remedy start(s: Server) {
  do     "Start {s}"
  effect set s.state = on
}
"#;

struct Small {
    sources: Sources,
    file: FileId,
    files: PackFiles,
}

fn small(text: &str) -> Small {
    let mut sources = Sources::default();
    let file = sources.add("small.gate", text);
    Small { files: PackFiles::new("small", vec![file]), sources, file }
}

/// The text without `^`, and where it was.
fn marked(text: &str) -> (String, u32) {
    let at = text.find('^').expect("a mark");
    (text.replacen('^', "", 1), at as u32)
}

fn at(text: &str, context: &str) -> u32 {
    let (plain, offset) = marked(context);
    text.find(&plain).expect("the context") as u32 + offset
}

fn texts(sources: &Sources, spans: &[Span]) -> Vec<String> {
    let shown = |span: &Span| {
        let position = sources.get(span.file).position(span.start);
        format!("{}:{} {}", position.line, position.column, sources.slice(*span))
    };
    spans.iter().map(shown).collect()
}

#[test]
fn a_name_leads_to_its_declaration_and_its_uses() {
    let one = small(SMALL);
    let pack = Pack::new(&one.sources, &one.files);
    let definition = |context: &str| {
        texts(&one.sources, &refer::definition(&pack, one.file, at(SMALL, context)))
    };
    assert_eq!(definition("require u^p(s)"), ["17:8 up"]);
    assert_eq!(definition("require up(^s)"), ["25:11 s"]);
    assert_eq!(definition("fix     ^start"), ["34:8 start"]);
    assert_eq!(definition("clause  C^-1"), ["21:32 C-1"]);
    assert_eq!(definition("\"{s.id} is {s.st^ate}\""), ["8:3 state"]);
    assert_eq!(definition("s.state = o^n"), ["8:10 on"]);
    assert!(definition("^require up(s)").is_empty());
    let uses = refer::references(&pack, one.file, at(SMALL, "define ^up"), false);
    assert_eq!(texts(&one.sources, &uses), ["19:45 up", "27:28 up", "28:11 up"]);
    let all = refer::highlights(&pack, one.file, at(SMALL, "let     ^others"));
    assert_eq!(all.iter().filter(|(_, declares)| *declares).count(), 1);
    assert_eq!(all.len(), 3);
}

#[test]
fn a_name_is_described() {
    let one = small(SMALL);
    let pack = Pack::new(&one.sources, &one.files);
    let code = |context: &str| {
        let hover = hover::hover(&pack, one.file, at(SMALL, context)).expect("something");
        (hover.code, hover.texts.join(" / "))
    };
    let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
    assert_eq!(
        code("s.st^ate == on"),
        pair("Server.state: on | off default off", "what it does / Does … run?")
    );
    assert_eq!(code("require up(^s)"), pair("s: Server", ""));
    assert_eq!(code("let     ^others"), pair("others: [Server]", ""));
    assert_eq!(
        code("require ^up"),
        pair("define up(s: Server): bool", "Whether it runs, as far as is known.")
    );
    assert_eq!(code("[s for s in servers where not up^(s)]").0, "define up(s: Server): bool");
    assert_eq!(code("define ^idle").0, "define idle: [Server]");
    assert_eq!(code("== ^on").1, "`Server.state: on | off default off`");
    assert!(code("c^ount(").0.starts_with("count(list: [T]): int"));
    assert_eq!(code("clause  ^C-1"), pair("clause C-1", "It runs / Document"));
    assert_eq!(code("fix     ^start"), pair("remedy start(s: Server)", "Start {s}"));
    assert_eq!(code("prerequisite ^A-1").1, "Each server runs / It should.");
    assert!(hover::hover(&pack, one.file, at(SMALL, "^where   all")).is_none());
}

#[test]
fn what_is_offered_fits_the_place() {
    let offered = |text: &str| -> Vec<String> {
        let (text, offset) = marked(text);
        let one = small(&text);
        let found = complete(&one.sources, &one.files, one.file, offset).expect("candidates");
        found.candidates.into_iter().map(|one| one.text).collect()
    };
    let edited = |from: &str, to: &str| SMALL.replacen(from, to, 1);
    assert_eq!(offered(&edited("s.state == on", "s.state == ^"))[..2], ["off", "on"]);
    assert_eq!(offered(&edited("s.state == on", "s.state == o^n"))[..2], ["off", "on"]);
    assert_eq!(offered(&edited("s.state == on", "s.^")), ["id", "peer", "peers", "state"]);
    assert_eq!(offered(&edited("{s.state}", "{s.^}")), ["id", "peer", "peers", "state"]);
    assert_eq!(offered(&edited("up(s) and", "s.peers.^ and"))[0], "id");
    assert_eq!(offered(&edited("fix     start(s)", "fix     ^")), ["start"]);
    assert_eq!(offered(&edited("clause  C-1", "clause  ^")), ["C-1"]);
    let locals = offered(&edited("where   all", "where   ^ and all"));
    assert!(locals.contains(&"s".to_owned()) && locals.contains(&"others".to_owned()));
    assert!(locals.contains(&"up".to_owned()) && locals.contains(&"count".to_owned()));
    assert!(offered(&edited("  why ", "  ^\n  why ")).contains(&"grace".to_owned()));
    assert!(offered(&edited("id: key", "id: key\n  x: ^")).contains(&"Server".to_owned()));
    assert!(offered(&format!("{SMALL}\n^")).contains(&"prerequisite".to_owned()));
    let made = edited("set s.state = on", "create Server t { id = \"t\" ^ }");
    assert_eq!(offered(&made), ["id", "peer", "peers", "state"]);
    for nothing in [edited("# The estate", "# The ^estate"), edited("\"It should", "\"It ^should")]
    {
        let (text, offset) = marked(&nothing);
        let one = small(&text);
        assert_eq!(complete(&one.sources, &one.files, one.file, offset), None);
    }
}

#[test]
fn renaming_keeps_what_each_name_refers_to() {
    let one = small(SMALL);
    let pack = Pack::new(&one.sources, &one.files);
    let renamed = |context: &str, new: &str| rename(&pack, one.file, at(SMALL, context), new);
    let apply = |text: &str, spans: &[Span], new: &str| {
        let mut text = text.to_owned();
        for span in spans.iter().rev() {
            text.replace_range(span.start as usize..span.end as usize, new);
        }
        text
    };
    let spans = renamed("s.st^ate == on", "power").expect("a rename");
    assert_eq!(spans.len(), 4);
    let text = apply(SMALL, &spans, "power");
    assert!(text.contains("power: on | off") && text.contains("{s.power}"));
    assert!(text.contains("what it does"));
    let back = small(&text);
    let again = Pack::new(&back.sources, &back.files);
    let spans = rename(&again, back.file, at(&text, "s.po^wer == on"), "state").expect("back");
    assert_eq!(apply(&text, &spans, "state"), SMALL);
    assert_eq!(renamed("let     ^others", "peers").expect("a rename").len(), 3);
    let taken = |name: &str| Err(Refused::Taken(name.to_owned()));
    assert_eq!(renamed("let     ^others", "s"), taken("s"));
    assert_eq!(renamed("define ^up", "idle"), taken("idle"));
    assert_eq!(renamed("define ^up", "count"), taken("count"));
    assert_eq!(renamed("peer^s: all", "peer"), taken("peer"));
    assert!(matches!(renamed("define ^up", "Up"), Err(Refused::NoSuchName { .. })));
    assert!(matches!(renamed("define ^up", "where"), Err(Refused::NoSuchName { .. })));
    assert!(matches!(renamed("define ^up", ""), Err(Refused::NoSuchName { .. })));
    assert!(matches!(renamed("== ^on", "running"), Err(Refused::NotOurs(_))));
    assert_eq!(prepare(&pack, one.file, at(SMALL, "^require")), Err(Refused::NoName));
}

#[test]
fn arguments_types_and_declarations_are_shown() {
    let one = small(SMALL);
    let pack = Pack::new(&one.sources, &one.files);
    let inside = signature::signature(&pack, one.file, at(SMALL, "fix     start(^s)"));
    let inside = inside.expect("a signature");
    assert_eq!((inside.label.as_str(), inside.active), ("start(s: Server)", 0));
    assert_eq!(&inside.label[inside.params[0].0..inside.params[0].1], "s: Server");
    let count = signature::signature(&pack, one.file, at(SMALL, "count(oth^ers)")).expect("one");
    assert_eq!(&count.label[count.params[0].0..count.params[0].1], "list: [T]");
    assert_eq!(signature::signature(&pack, one.file, at(SMALL, "why    ^")), None);
    let all = Span::new(one.file, 0, SMALL.len());
    let hints = hints::hints(&pack, all);
    let shown: Vec<&str> = hints.iter().map(|hint| hint.ty.as_str()).collect();
    assert_eq!(shown, ["[Server]", "Server", "[Server]"]);
    assert!(SMALL[..hints[0].offset as usize].ends_with("define idle"));
    let outline = outline::outline(&pack, one.file);
    let names: Vec<&str> = outline.iter().map(|entry| entry.name.as_str()).collect();
    assert_eq!(names, ["small", "environment", "Server", "up", "idle", "d", "A-1", "start"]);
    assert_eq!(outline[2].children.len(), 4);
    assert_eq!(outline[5].children[0].detail, "It runs");
    let folds = outline::folds(&pack, one.file);
    assert_eq!(folds.iter().filter(|fold| fold.comment).count(), 1);
    assert_eq!(folds.iter().filter(|fold| !fold.comment).count(), 3);
    let page = Page::parse("a.md", "## A-1: It runs\n\n```yaml\na: 1\n```\n\n```yaml\nb: 1\n```\n");
    let lens = lens::lenses(&pack, &[page], one.file);
    assert_eq!(
        lens.iter().map(|lens| (lens.rule.as_str(), lens.cases)).collect::<Vec<_>>(),
        [("A-1", 2)]
    );
}

#[test]
fn formatting_is_that_of_fmt() {
    let untidy = SMALL.replace("  require up(s)", "      require   up( s )");
    let one = small(&untidy);
    let tidy = layout::whole(&one.sources, one.file).expect("a new layout");
    assert_eq!(layout::whole(&small(&tidy).sources, one.file), None);
    let place = untidy.find("require ").expect("it");
    let edits = layout::range(&one.sources, Span::new(one.file, place, place + 3));
    assert_eq!(edits.len(), 1);
    let (span, text) = &edits[0];
    let mut applied = untidy.clone();
    applied.replace_range(span.start as usize..span.end as usize, text);
    assert_eq!(applied, untidy.replace("      require   up( s )", "  require up(s)"));
    assert!(layout::range(&one.sources, Span::new(one.file, 0, 3)).is_empty());
    let broken = small(&untidy.replace("require ", "require require "));
    assert_eq!(layout::whole(&broken.sources, broken.file), None);
    assert!(layout::range(&broken.sources, Span::new(broken.file, 0, 3)).is_empty());
}

/// Each file of each shipped pack.
fn shipped(mut look: impl FnMut(&Pack<'_>, FileId)) {
    let inputs = Inputs::shipped();
    for files in &inputs.packs {
        let pack = Pack::new(&inputs.sources, files);
        for file in files.all() {
            look(&pack, file);
        }
    }
}

#[test]
fn every_token_of_every_shipped_rule_has_a_colour() {
    let (mut files, mut pieces) = (0, 0);
    shipped(|pack, file| {
        files += 1;
        let text = pack.sources.get(file).text();
        let colours = colours::colours(pack, file);
        pieces += colours.len();
        let mut at = 0;
        for piece in &colours {
            let (start, end) = (piece.span.start as usize, piece.span.end as usize);
            assert!(at <= start && start < end, "overlap at {start} of {file:?}");
            let gap = &text[at..start];
            assert!(gap.chars().all(char::is_whitespace), "`{gap}` has no colour");
            assert!(!text[start..end].contains('\n'));
            at = end;
        }
        assert!(text[at..].chars().all(char::is_whitespace));
        let unknown = |piece: &&colours::Coloured| piece.kind == colours::Kind::Variable;
        for piece in colours.iter().filter(unknown) {
            let symbol = refer::symbol(pack, file, piece.span.start);
            let text = pack.sources.slice(piece.span);
            assert!(symbol.is_some(), "`{text}` refers to nothing");
        }
    });
    assert!(files > 20 && pieces > 20_000, "{files} files, {pieces} pieces");
}

#[test]
fn every_name_of_the_shipped_rules_is_described() {
    shipped(|pack, file| {
        let uses = pack.resolved.resolutions.uses.iter().filter(|(span, _)| span.file == file);
        for (span, symbol) in uses {
            let hover = hover::hover(pack, file, span.start);
            let text = pack.sources.slice(*span);
            let hover = hover.unwrap_or_else(|| panic!("`{text}` {symbol:?} is not described"));
            assert!(hover.code.contains(text), "{text}: {hover:?}");
            assert_eq!(hover.span, *span);
            let is_declared = !refer::definition(pack, file, span.start).is_empty();
            assert!(
                is_declared || hover.code.contains('(') || text == "now" || text == "environment"
            );
        }
        assert!(!outline::outline(pack, file).is_empty());
        assert_eq!(layout::whole(pack.sources, file), None, "laid out as `fmt` does");
    });
}

#[test]
fn a_rename_of_any_field_of_a_shipped_pack_is_refused_or_whole() {
    let inputs = Inputs::shipped();
    let pack = Pack::new(&inputs.sources, &inputs.packs[0]);
    let file = pack.files.files[0];
    let (span, _) =
        pack.resolved.resolutions.uses.iter().find(|(span, _)| span.file == file).expect("a name");
    assert!(matches!(
        prepare(&pack, file, span.start),
        Err(Refused::Shipped(_) | Refused::NotOurs(_))
    ));
}

#[test]
fn the_grammar_of_the_extension_knows_every_word_of_the_language() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/editors/vscode/syntaxes/gate.tmLanguage.json");
    let grammar = std::fs::read_to_string(path).expect("the grammar");
    let grammar: serde_json::Value = serde_json::from_str(&grammar).expect("JSON");
    let mut patterns = String::new();
    collect(&grammar, &mut patterns);
    let words: std::collections::BTreeSet<&str> =
        patterns.split(|char: char| !char.is_ascii_lowercase()).collect();
    for word in failback::language::token::Word::ALL {
        assert!(words.contains(word.text()), "`{}` has no colour", word.text());
    }
    for name in failback::schema::BUILTIN_TYPES {
        assert!(words.contains(name), "`{name}` has no colour");
    }
}

/// The regular expressions of a grammar, one a line; `\\b` would glue to the word behind it.
fn collect(value: &serde_json::Value, out: &mut String) {
    match value {
        serde_json::Value::Object(fields) => {
            for (key, value) in fields {
                match value.as_str() {
                    Some(text) if key == "match" => {
                        out.push_str(&format!("{}\n", text.replace("\\b", " ")))
                    }
                    _ => collect(value, out),
                }
            }
        }
        serde_json::Value::Array(items) => items.iter().for_each(|item| collect(item, out)),
        _ => {}
    }
}
