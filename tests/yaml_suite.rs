//! The YAML test suite, and an independent parser as the oracle of the event layer.

use std::fmt::Write;
use std::path::Path;

use failback::yaml::events::{Event, Events, Style, Tag};
use proptest::prelude::*;
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    id: String,
    yaml: String,
    events: String,
    invalid: bool,
}

/// The events in the notation of the suite, without styles of collections and marks of documents; anchors numbered.
fn ours(text: &str) -> Result<String, String> {
    let mut shown = String::new();
    for located in Events::new(text, 1000) {
        let located = located.map_err(|error| error.message)?;
        assert!(
            text.get(located.start as usize..located.end as usize).is_some(),
            "{located:?} in {text:?}"
        );
        let head = |word: &str, anchor: u32, tag: &Option<Tag>| {
            head(word, anchor as usize, tag.as_ref().map(|tag| &*tag.name))
        };
        let line = match &located.event {
            Event::DocumentStart => "+DOC".to_owned(),
            Event::DocumentEnd => "-DOC".to_owned(),
            Event::MappingStart { anchor, tag, .. } => head("+MAP", *anchor, tag),
            Event::SequenceStart { anchor, tag, .. } => head("+SEQ", *anchor, tag),
            Event::MappingEnd => "-MAP".to_owned(),
            Event::SequenceEnd => "-SEQ".to_owned(),
            Event::Alias { anchor } => format!("=ALI *{anchor}"),
            Event::UnknownAlias => return Err("unknown alias".to_owned()),
            Event::Anchor { .. } => continue,
            Event::Scalar { text, style, anchor, tag } => {
                let style = match style {
                    Style::Plain => ':',
                    Style::Single => '\'',
                    Style::Double => '"',
                    Style::Literal => '|',
                    Style::Folded => '>',
                };
                format!("{} {style}{}", head("=VAL", *anchor, tag), escape(text))
            }
        };
        shown.push_str(&line);
        shown.push('\n');
    }
    Ok(shown)
}

fn head(word: &str, anchor: usize, tag: Option<&str>) -> String {
    let mut line = word.to_owned();
    if anchor != 0 {
        write!(line, " &{anchor}").unwrap();
    }
    if let Some(tag) = tag {
        write!(line, " <{tag}>").unwrap();
    }
    line
}

fn escape(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('\n', "\\n").replace('\r', "\\r");
    text.replace('\t', "\\t").replace('\u{8}', "\\b")
}

/// The events of a case, in the same notation: anchors numbered as they are defined.
fn expected(events: &str) -> String {
    let mut names: Vec<&str> = Vec::new();
    let mut shown = String::new();
    for line in events.lines() {
        if matches!(line, "+STR" | "-STR" | "") {
            continue;
        }
        if line.starts_with("+DOC") || line.starts_with("-DOC") {
            shown.push_str(&line[..4]);
        } else if let Some(name) = line.strip_prefix("=ALI *") {
            let number = names.iter().rposition(|known| *known == name).map_or(0, |at| at + 1);
            write!(shown, "=ALI *{number}").unwrap();
        } else {
            let (word, rest) = line.split_at(4);
            shown.push_str(word);
            let mut rest = rest.trim_start_matches(' ');
            rest = rest
                .strip_prefix("[]")
                .or(rest.strip_prefix("{}"))
                .unwrap_or(rest)
                .trim_start_matches(' ');
            if let Some(anchored) = rest.strip_prefix('&') {
                let (name, after) = anchored.split_once(' ').unwrap_or((anchored, ""));
                names.push(name);
                write!(shown, " &{}", names.len()).unwrap();
                rest = after;
            }
            if !rest.is_empty() {
                write!(shown, " {rest}").unwrap();
            }
        }
        shown.push('\n');
    }
    shown
}

/// What the oracle reads; `None` where it refuses.
fn oracle(text: &str) -> Option<String> {
    use saphyr_parser::{Event as E, Parser, ScalarStyle as S};
    let mut shown = String::new();
    for next in Parser::new_from_str(text) {
        let (event, _) = next.ok()?;
        let name = |tag: &Option<std::borrow::Cow<'_, saphyr_parser::Tag>>| {
            tag.as_ref().map(|tag| format!("{}{}", tag.handle, tag.suffix))
        };
        let line = match &event {
            E::DocumentStart(..) => "+DOC".to_owned(),
            E::DocumentEnd => "-DOC".to_owned(),
            E::MappingStart(anchor, tag) => head("+MAP", *anchor, name(tag).as_deref()),
            E::SequenceStart(anchor, tag) => head("+SEQ", *anchor, name(tag).as_deref()),
            E::MappingEnd => "-MAP".to_owned(),
            E::SequenceEnd => "-SEQ".to_owned(),
            E::Alias(anchor) => format!("=ALI *{anchor}"),
            E::Scalar(text, style, anchor, tag) => {
                let style = match style {
                    S::Plain => ':',
                    S::SingleQuoted => '\'',
                    S::DoubleQuoted => '"',
                    S::Literal => '|',
                    S::Folded => '>',
                };
                let text = if style == ':' && text == "~" { "" } else { text };
                format!("{} {style}{}", head("=VAL", *anchor, name(tag).as_deref()), escape(text))
            }
            _ => continue,
        };
        shown.push_str(&line);
        shown.push('\n');
    }
    Some(shown)
}

fn cases() -> Vec<Case> {
    let file =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("../shared/data/yaml-test-suite/cases.json");
    let Ok(text) = std::fs::read_to_string(&file) else {
        println!("skipped: the YAML test suite is not there");
        return Vec::new();
    };
    serde_json::from_str(&text).unwrap()
}

#[test]
fn the_suite_is_read_event_by_event() {
    let mut wrong = Vec::new();
    let (mut valid, mut invalid) = (0, 0);
    for case in cases() {
        match (case.invalid, ours(&case.yaml)) {
            (true, Ok(_)) => wrong.push(format!("{}: accepted", case.id)),
            (true, Err(_)) => invalid += 1,
            (false, Err(error)) => wrong.push(format!("{}: {error}", case.id)),
            (false, Ok(shown)) if shown != expected(&case.events) => {
                wrong.push(format!("{}: {shown}\ninstead of\n{}", case.id, expected(&case.events)));
            }
            (false, Ok(_)) => valid += 1,
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    println!("{valid} valid and {invalid} invalid streams");
}

#[test]
fn line_ends_and_a_mark_change_nothing() {
    for case in cases().iter().filter(|case| !case.invalid && !case.yaml.contains('\r')) {
        let plain = ours(&case.yaml).unwrap();
        assert_eq!(
            ours(&case.yaml.replace('\n', "\r\n")).as_ref(),
            Ok(&plain),
            "{} with CRLF",
            case.id
        );
        if !case.yaml.starts_with('\u{feff}') {
            assert_eq!(
                ours(&format!("\u{feff}{}", case.yaml)).as_ref(),
                Ok(&plain),
                "{} with a mark",
                case.id
            );
        }
    }
}

#[test]
fn the_oracle_reads_the_suite_alike() {
    for case in cases() {
        let tilde = case.yaml.contains('~');
        match (ours(&case.yaml), oracle(&case.yaml)) {
            (Ok(shown), Some(other)) if !tilde => assert_eq!(shown, other, "{}", case.id),
            (Ok(_), Some(_)) | (Err(_), None) => {}
            (shown, other) => panic!("{}: {shown:?} against {other:?}", case.id),
        }
    }
}

/// Any tree, written in any of several ways.
fn written() -> impl Strategy<Value = String> {
    let scalar = prop_oneof![
        "[a-z][a-z0-9 ]{0,6}[a-z]",
        "'[a-z #:]{0,6}'",
        "\"[a-z #:,]{0,4}(\\\\n|\\\\t|\\\\u00e4)?\"",
        Just(String::new()),
        "[0-9]{1,4}",
        "&[a-c] [x-z]{1,3}",
    ];
    let leaf = scalar.prop_map(|text| vec![text]);
    let tree = leaf.prop_recursive(4, 24, 4, |inner| {
        let indent = |lines: Vec<String>, by: &str| -> Vec<String> {
            lines
                .into_iter()
                .map(|line| if line.is_empty() { line } else { format!("{by}{line}") })
                .collect()
        };
        let nested = move |head: String, lines: Vec<String>| -> Vec<String> {
            if lines.len() == 1
                && !lines[0].starts_with("- ")
                && !lines[0].contains(": ")
                && !lines[0].ends_with(':')
            {
                return vec![format!("{head} {}", lines[0])];
            }
            let mut all = vec![format!("{head} # note")];
            all.extend(indent(lines, "  "));
            all
        };
        prop_oneof![
            prop::collection::vec(inner.clone(), 1..4).prop_map(move |items| {
                items
                    .into_iter()
                    .flat_map(|lines| nested("-".to_owned(), lines))
                    .collect::<Vec<_>>()
            }),
            prop::collection::vec(inner.clone(), 1..4).prop_map(move |values| {
                let pairs = values.into_iter().enumerate();
                pairs.flat_map(|(at, lines)| nested(format!("k{at}:"), lines)).collect::<Vec<_>>()
            }),
            prop::collection::vec("[a-z]{0,3}", 0..4)
                .prop_map(|items| vec![format!("[{}, x]", items.join("x, "))]),
            prop::collection::vec("[a-z]{1,3}", 1..3)
                .prop_map(|keys| vec![format!("{{{}: 1}}", keys.join(": 2, "))]),
        ]
    });
    tree.prop_map(|lines| lines.join("\n") + "\n")
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_oracle_reads_generated_documents_alike(text in written()) {
        prop_assert_eq!(ours(&text).ok(), oracle(&text), "{}", text);
    }

    #[test]
    fn what_both_accept_they_read_alike(text in "([a-c]|[-:?,\\[\\]{}#&*!|>'\"% \n1]|: |- |\n  |\n){0,24}") {
        // Blanks at the very end, without a line break, are a line to the oracle; the specification knows none there.
        let text = text.trim_end_matches(' ');
        if let (Ok(shown), Some(other)) = (ours(text), oracle(text)) {
            prop_assert_eq!(shown, other, "{:?}", text);
        }
    }
}
