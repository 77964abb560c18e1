//! One broken declaration hides no other, whatever the edit.

use std::ops::Range;

use proptest::prelude::*;

use crate::language::support::{SAMPLE, parse, title, tokens};

/// Edits of the sample: what they are called, the tokens they touch, the new text.
fn edits(text: &str) -> Vec<(String, Range<usize>, String)> {
    let tokens = tokens(text);
    let mut edits = Vec::new();
    for (at, token) in tokens.iter().enumerate() {
        let word = &text[token.clone()];
        let (before, after) = (&text[..token.start], &text[token.end..]);
        edits.push((format!("without `{word}`"), token.clone(), format!("{before}{after}")));
        edits.push((
            format!("`{word}` twice"),
            token.clone(),
            format!("{before}{word} {word}{after}"),
        ));
        if let Some(next) = tokens.get(at + 1).filter(|next| text[(*next).clone()] != *word) {
            let (second, between) = (&text[next.clone()], &text[token.end..next.start]);
            let swapped = format!("{before}{second}{between}{word}{}", &text[next.end..]);
            edits.push((
                format!("`{word}` and `{second}` swapped"),
                token.start..next.end,
                swapped,
            ));
        }
    }
    edits
}

#[test]
fn an_edit_of_one_token_leaves_all_other_declarations_alone() {
    let whole = parse(SAMPLE);
    let items = &whole.file.items;
    let (mut invalid, mut near, mut silent) = (0, 0, Vec::new());
    for (name, touched, text) in edits(SAMPLE) {
        let parsed = parse(&text);
        let line = SAMPLE[..touched.start].lines().count();
        let place = format!("{name} in line {line}: {:#?}\n{:#?}", parsed.told(), parsed.outline());
        let first =
            items.iter().position(|item| item.span.end as usize > touched.start).expect("an item");
        let last = items
            .iter()
            .rposition(|item| (item.span.start as usize) < touched.end)
            .expect("an item");
        let sound: Vec<String> =
            parsed.file.items.iter().filter(|item| !item.broken).map(title).collect();
        for other in items[..first].iter().chain(&items[last + 1..]) {
            assert!(sound.contains(&title(other)), "`{}` is lost or broken {place}", title(other));
        }
        if parsed.errors.is_empty() {
            assert_eq!(sound.len(), parsed.file.items.len(), "broken, but nothing is said {place}");
            let structural = ["{", "}", "(", ")", "[", "]", ":", "="];
            let deleted = name.strip_prefix("without `").and_then(|rest| rest.strip_suffix('`'));
            assert!(
                !deleted.is_some_and(|token| structural.contains(&token)),
                "nothing is said {place}"
            );
            silent.push(format!("{line}: {name}"));
        } else {
            invalid += 1;
            let lines: Vec<usize> = parsed
                .errors
                .iter()
                .filter_map(|error| error.span())
                .map(|span| text[..span.start as usize].matches('\n').count() + 1)
                .collect();
            near += usize::from(lines.iter().any(|told| told.abs_diff(line) <= 1));
        }
    }
    if std::env::var_os("SHOW").is_some() {
        println!(
            "{}\n{invalid} invalid, {near} told within a line, {} still valid",
            silent.join("\n"),
            silent.len()
        );
    }
    assert!(near * 100 >= invalid * 97, "{near} of {invalid} are told within a line of the edit");
}

#[test]
fn no_file_of_hostile_shape_is_too_deep_or_too_slow() {
    let head = "prerequisite A-1 \"t\" {\n  for x in xs\n  require ";
    let tail =
        "\n  because \"{x}\"\n}\n\nprerequisite A-2 \"t\" {\n  require true\n  because \"b\"\n}\n";
    let n = 100_000;
    let shapes = [
        "(".repeat(n),
        "[".repeat(n),
        "not ".repeat(n),
        "f(".repeat(n),
        "if ".repeat(n),
        "all x in ".repeat(n),
        "all x in xs: ".repeat(n),
        "A { a = ".repeat(n),
        "the x in ".repeat(n),
        format!("a{}", ".a".repeat(n)),
        format!("a{}", " or a".repeat(n)),
        format!("a{}", " and a".repeat(n)),
        format!("a{}", " + a".repeat(n)),
        format!("a{}", " implies a".repeat(n)),
        "{".repeat(n),
        "}".repeat(n),
        "@ ".repeat(n),
        "\"".repeat(n),
        "\"\n".repeat(n),
        "because ".repeat(n),
        "\nrequire ".repeat(n),
        "\nprerequisite ".repeat(n),
        "entity A { a: ".repeat(n),
    ];
    for shape in shapes {
        let started = std::time::Instant::now();
        let parsed = parse(&format!("{head}{shape}{tail}"));
        assert!(!parsed.errors.is_empty(), "{}", &shape[..20]);
        assert!(parsed.errors.len() <= 51);
        assert!(
            parsed.errors.len() > 50 || parsed.outline().contains(&"Prerequisite A-2".to_owned()),
            "{}",
            &shape[..20]
        );
        assert!(started.elapsed().as_secs() < 5, "{}", &shape[..20]);
    }
    let types = parse(&format!("record A {{\n  a: {}\n}}\n\nunit B\n", "[".repeat(n)));
    assert_eq!(types.outline(), ["record A!", "unit B"]);
}

#[test]
fn a_tree_is_never_deeper_than_the_limits_say() {
    let row = |n: usize| vec!["a.b"; n].join(" or ");
    assert_eq!(parse(&format!("define d = {}", row(400))).told(), Vec::<String>::new());
    assert_eq!(parse(&format!("define d = {}", row(600))).told().len(), 1);
    // Rows inside rows add up, rows beside rows do not.
    let beside = format!("define d = f({}, {}) or {}", row(300), row(300), row(100));
    assert_eq!(parse(&beside).told(), Vec::<String>::new());
    let inside = format!("define d = f({}) or {}", row(300), row(300));
    assert_eq!(parse(&inside).told().len(), 1);
    let deep = |n: usize| format!("define d = {}a{}", "(".repeat(n), ")".repeat(n));
    assert_eq!(parse(&deep(60)).told(), Vec::<String>::new());
    assert_eq!(parse(&deep(64)).told().len(), 1);
}

#[test]
fn too_many_errors_are_cut_and_said() {
    let parsed = parse(&"unit\n".repeat(80));
    assert_eq!(parsed.errors.len(), 51);
    assert_eq!(parsed.errors[50].message, "more than 50 syntax errors in this file");
    let large = parse(&" ".repeat((4 << 20) + 1));
    assert_eq!(
        large.told(),
        ["a rule file of 4194305 bytes is too large @  > split it: at most 4 MiB are read"]
    );
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) })]

    #[test]
    fn no_text_makes_it_panic(text in ".{0,200}") {
        let _ = parse(&text);
        let _ = parse(&format!("prerequisite A-1 \"t\" {{ require {text}"));
        let _ = parse(&format!("advisory A-1 \"{text}\" {{ because \"{text}\" when a }}"));
    }

    #[test]
    fn no_order_of_pieces_makes_it_panic(pieces in prop::collection::vec(0_usize..1000, 0..60)) {
        let tokens = tokens(SAMPLE);
        let mut text = String::new();
        for piece in pieces {
            text.push_str(&SAMPLE[tokens[piece % tokens.len()].clone()]);
            text.push_str(if piece % 7 == 0 { "\n" } else { " " });
        }
        let _ = parse(&text);
    }

    #[test]
    fn no_cut_makes_it_panic(from in 0_usize..6000, to in 0_usize..6000) {
        let text: String = SAMPLE.chars().enumerate().filter(|(at, _)| !(from..to).contains(at)).map(|(_, c)| c).collect();
        let _ = parse(&text);
    }
}
