//! One layout, whatever the text looked like, and nothing lost on the way.

use failback::diagnostic::Diagnostics;
use failback::language::format::format;
use failback::source::Sources;
use proptest::prelude::*;

use crate::language::support::{SAMPLE, parse, skeleton, tokens};

fn formatted(text: &str) -> Result<String, Diagnostics> {
    let mut sources = Sources::default();
    let file = sources.add("test.gate", text);
    format(&sources, file)
}

/// Formats, and checks what must hold of every format; gives the result.
fn checked(text: &str) -> String {
    let once = formatted(text).unwrap_or_else(|errors| panic!("{errors:#?}\n{text}"));
    let twice = formatted(&once).unwrap_or_else(|errors| panic!("{errors:#?}\n{once}"));
    assert_eq!(once, twice, "the second time changes nothing; the text was\n{text}");
    let (before, after) = (parse(text), parse(&once));
    assert_eq!(skeleton(&before.file), skeleton(&after.file), "the meaning stays");
    let comments = |parsed: &crate::language::support::Parsed| -> Vec<(String, bool)> {
        let slice = |comment: &failback::language::ast::Comment| {
            parsed.sources.slice(comment.span).trim_end().to_owned()
        };
        parsed.file.comments.iter().map(|comment| (slice(comment), comment.own_line)).collect()
    };
    assert_eq!(comments(&before), comments(&after), "the comments stay");
    assert!(once.lines().all(|line| line.trim_end() == line), "no blanks at the end of a line");
    once
}

#[test]
fn the_sample_is_in_canonical_layout() {
    let once = checked(SAMPLE);
    for (number, (before, after)) in SAMPLE.lines().zip(once.lines()).enumerate() {
        assert_eq!(before, after, "line {}", number + 1);
    }
    assert_eq!(once, SAMPLE);
}

#[test]
fn every_rule_file_of_the_project_keeps_its_meaning() {
    let mut folders = vec![std::path::PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("rules")];
    while let Some(folder) = folders.pop() {
        let Ok(entries) = std::fs::read_dir(folder) else { continue };
        for path in entries.filter_map(Result::ok).map(|entry| entry.path()) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "gate") {
                checked(&std::fs::read_to_string(&path).expect("a readable file"));
            }
        }
    }
}

#[test]
fn parts_are_aligned_and_empty_lines_are_counted() {
    let text = "# first\n\n\n# second\nunit   A\n\n\n\nunit B # why\nrule\n".replace("rule", "prerequisite A-1 \"t\"{for x in xs\n\n\n \
                require x.a==b and\nc\n # so\n because \"{x}\" # then\n fix   f ( x ,y )\n # last\n} # end");
    let wanted = "# first\n\n# second\nunit A\n\nunit B # why\n\nprerequisite A-1 \"t\" {\n  for     x in xs\n\n  require x.a == b\n          \
                  and c\n  # so\n  because \"{x}\"  # then\n  fix     f(x, y)\n  # last\n}  # end\n";
    assert_eq!(checked(&text), wanted.replace("unit B # why", "unit B  # why"));
}

#[test]
fn long_lines_are_broken_where_the_tree_is_loosest() {
    let long = "somethingRatherLong.thatGoesOn.andOn";
    let cases = [
        format!("define a = {long} == {long} and {long} == b or {long} != {long}"),
        format!("define a = {long} and (({long} or b) and ({long} and c) or {long})"),
        format!("define a = if {long} then {long} else f({long}, {long})"),
        format!("define a = all x in {long} where {long}: any y in {long}: {long}"),
        format!("define a = f({long}, {long}, {long}, [{long}, {long}, {long}])"),
        format!("define a = (the x in {long} where {long} and {long} and {long}).state"),
        format!("define a = [x for x in {long} where {long} and {long} implies {long}]"),
        format!("define a = {long} == {long} + {long} - {long}"),
        format!("define a = [\n{long}, {long}, {long}, b,\nc, d]"),
        format!("define a = [Flow {{ from = {long} to = {long} port = {long} }} for x in xs]"),
        format!(
            "remedy a {{ effect add Flow {{ from = {long} to = {long} port = {long} }} to flows }}"
        ),
        format!(
            "remedy a {{ effect set x.a = choose y in {long} where {long} prefer {long} set a = b }}"
        ),
    ];
    let all: Vec<String> = cases.iter().map(|text| checked(text)).collect();
    assert_eq!(all.join("\n"), include_str!("long.gate"));
}

#[test]
fn a_comment_may_stand_between_any_two_tokens() {
    let tokens = tokens(SAMPLE);
    let comments = [" # here\n", "\n# here\n", "\n\n  # here\n\n"];
    for (token, comment) in tokens.iter().zip(comments.iter().cycle()) {
        checked(&format!("{}{comment}{}", &SAMPLE[..token.start], &SAMPLE[token.start..]));
    }
}

#[test]
fn a_file_with_errors_is_refused() {
    assert!(formatted("unit A\nunit\n").is_err());
    assert_eq!(formatted("").ok().as_deref(), Some(""));
    assert_eq!(formatted("\n # a\r\n").ok().as_deref(), Some("# a\n"));
}

/// The sample with other white space between its tokens.
fn respaced(seeds: &[u8]) -> String {
    let mut text = String::new();
    let mut last = 0;
    for (at, token) in tokens(SAMPLE).into_iter().enumerate() {
        let between = &SAMPLE[last..token.start];
        match seeds[at % seeds.len()] {
            _ if between.is_empty() || between.contains('#') => text.push_str(between),
            0..4 => text.push_str(between),
            4..7 => text.push(' '),
            7 => text.push_str("   "),
            8 => text.push('\n'),
            9 => text.push_str("\r\n\r\n\t"),
            10 => text.push_str(" # more\n"),
            _ => text.push_str("\n\n\n# more\n"),
        }
        text.push_str(&SAMPLE[token.clone()]);
        last = token.end;
    }
    text.push_str(&SAMPLE[last..]);
    text
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(24) })]

    #[test]
    fn white_space_has_no_meaning(seeds in prop::collection::vec(0_u8..12, 1..400)) {
        checked(&respaced(&seeds));
    }
}
