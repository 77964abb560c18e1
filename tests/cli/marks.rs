//! What is marked of a description: the very scalars that decide, however long their lines are.

use crate::support::program::{Done, HEAD, Run};

const PACK: &str = r#"pack demo "A demonstration"

unit Item

environment {
  pools: [Pool]
  items: [Item]
  links: partial [Link] ask "Which links are there?"
}

entity Pool {
  id: key
  volumes: [Volume]
  least: size
}

record Volume {
  name: text
  size: size
}

entity Item {
  id: key
  title: text
  pool: ref Pool
  volume: text
  size: size
  tags: [text]
}

record Link {
  from: ref Item
  to: ref Pool
  state: open | shut
}

prerequisite VOL-001 "The volume is one of the pool's" {
  for     i in items
  require i.volume in i.pool.volumes.name
  because "{i.pool} has no volume {i.volume}"
}

prerequisite VOL-002 "The pool takes what is this large" {
  for     i in items
  require i.size >= i.pool.least
  because "{i} is too small for {i.pool}"
  fix     retag(i)
}

prerequisite VOL-003 "The link to the pool is open" {
  for     i in items
  require (the l in links where l.from == i and l.to == i.pool).state == open
  because "{i} does not reach {i.pool}"
}

remedy retag(i: Item) {
  do      "Tag {i} anew"
  run     "retag {i} {i.tags}"
  run     "enlarge {i}"
  effect  set i.size = i.pool.least
}
"#;

const POOL: &str = "pools:
  - id: p1
    least: 4GiB
    volumes:
      - { name: one, size: 10GiB }
      - { name: two, size: 10GiB }
";

fn check(item: &str, arguments: &str) -> Done {
    Run::new(&format!("check --rules rules site.yaml {arguments}"))
        .file("rules/demo.gate", PACK)
        .file("site.yaml", format!("{HEAD}{POOL}items:\n{item}"))
        .done()
}

#[test]
fn what_decides_at_the_end_of_a_long_line_is_in_sight() {
    let item = "  - { id: i1, title: an item whose title takes a good part of the line, pool: p1, size: \
                5GiB, tags: [], volume: X }\n";
    let out = "\
error[VOL-001]: p1 has no volume X
    ╭─[site.yaml:11:113]
  7 │     volumes:
  8 │       - { name: one, size: 10GiB }
    ·                 ─┬─
    ·                  ╰── is one
  9 │       - { name: two, size: 10GiB }
    ·                 ─┬─
    ·                  ╰── is two
 10 │ items:
 11 │ …good part of the line, pool: p1, size: 5GiB, tags: [], volume: X }
    ·                                                                 ┬
    ·                                                                 ╰── is X
    ╰────
";
    let done = check(item, "--rule VOL-001").code(1);
    assert!(done.out.starts_with(out), "{}", done.out);
}

#[test]
fn marks_that_are_left_out_are_counted_and_shown_on_request() {
    let pool = POOL
        .replace("      - { name: two", "      - { name: three, size: 1GiB }\n      - { name: two");
    let item = "  - { id: i1, pool: p1, volume: X }\n";
    let run = |arguments: &str| {
        Run::new(&format!("check --rules rules site.yaml --rule VOL-001 {arguments}"))
            .file("rules/demo.gate", PACK)
            .file("site.yaml", format!("{HEAD}{pool}items:\n{item}"))
            .done()
            .code(1)
    };
    // What decides comes first: what stands in the list, not how long it is, and not the reference that leads there.
    run("")
        .says("╰── is X\n")
        .says("╰── is three\n")
        .hides("has 3 entries\n")
        .hides("── is p1\n")
        .says("  facts    3 more lead to this (use --all)\n");
    run("--all")
        .says("╰── is X\n")
        .says("╰── is three\n")
        .says("── has 3 entries\n")
        .says("── is p1\n")
        .hides("(use --all)");
}

#[test]
fn labels_at_the_right_edge_stay_within_the_terminal() {
    let long = "a-volume-whose-name-is-a-single-word-that-goes-on-for-quite-a-while";
    for blanks in [0, 20, 40, 44, 48, 60, 200] {
        let title = "x ".repeat(blanks / 2);
        let item = format!("  - {{ id: i1, pool: p1, title: \"{title}\", volume: {long} }}\n");
        for columns in [60, 80, 100] {
            let done = Run::new("check --rules rules site.yaml --rule VOL-001")
                .file("rules/demo.gate", PACK)
                .file("site.yaml", format!("{HEAD}{POOL}items:\n{item}"))
                .variable("COLUMNS", &columns.to_string())
                .done()
                .code(1);
            for line in done.out.lines().filter(|line| line.contains(['│', '·', '╭'])) {
                assert!(line.chars().count() <= columns, "{columns}: {line}\n{}", done.out);
            }
            assert!(done.out.contains("volume: a-volume"), "{}", done.out);
        }
    }
}

#[test]
fn sizes_are_told_as_they_are_written() {
    let item = "  - id: i1\n    pool: p1\n    size: 1073426841B\n    tags: [a]\n";
    check(item, "--rule VOL-002")
        .code(1)
        .says("╰── is 1073426841B\n")
        .says("╰── is 4GiB\n")
        .says("  run      retag i1 a\n  run      enlarge i1\n");
}

#[test]
fn a_command_about_nothing_is_left_out() {
    let item = "  - id: i1\n    pool: p1\n    size: 1GiB\n    tags: []\n";
    check(item, "--rule VOL-002").code(1).says("  run      enlarge i1\n").hides("retag");
    let unknown = item.replace("    tags: []\n", "");
    check(&unknown, "--rule VOL-002").code(1).says("  run      retag i1 <tags of i1>\n");
}

#[test]
fn what_a_list_lacks_is_named() {
    let item =
        "  - { id: i1, pool: p1 }\nlinks:\n  - { from: i1, to: i1 }\n".replace("to: i1", "to: p1");
    check(&item, "--rule VOL-003").code(3).says("╰── `state` is not stated\n").hides("not listed");
    let other =
        item.replace("  - { from: i1, to: p1 }\n", "  - { from: i2, to: p1, state: open }\n");
    let two = other.replace("pool: p1 }\n", "pool: p1 }\n  - { id: i2, pool: p1 }\n");
    check(&two, "--rule VOL-003")
        .code(3)
        .says("`from: i1, to: p1` is not listed, and this list need not be");
}

#[test]
fn one_more_open_fact_is_counted_in_the_singular() {
    let pack = PACK.replace(
        "require i.size >= i.pool.least",
        "require i.size >= i.pool.least and i.title != \"\" and i.volume != \"\" and i.tags is not empty",
    );
    let run = |item: &str| {
        Run::new("check --rules rules site.yaml --rule VOL-002")
            .file("rules/demo.gate", &pack)
            .file("site.yaml", format!("{HEAD}{POOL}items:\n{item}"))
            .done()
            .code(3)
    };
    run("  - id: i1\n    pool: p1\n").says("  more     1 more fact is open (use --all)\n");
}

#[test]
fn json_shows_nothing_hidden_on_a_terminal_and_reads_as_it_was() {
    let volume = "X\u{202e}\u{9b}\u{2069}";
    let item = "  - id: i1\n    pool: p1\n    volume: \"X\\u202e\\x9b\\u2069\"\n";
    let done = check(item, "--rule VOL-001 --format json").code(1);
    let raw = ['\u{202e}', '\u{9b}', '\u{2069}'];
    assert!(!done.out.contains(raw), "{}", done.out);
    let report: serde_json::Value = serde_json::from_str(&done.out).expect("JSON");
    let message = report["environments"][0]["findings"][0]["message"].as_str();
    assert_eq!(message, Some(format!("p1 has no volume {volume}").as_str()));
    for command in ["plan", "ask", "what-if --set pools/p1/least=5GiB"] {
        let done = Run::new(&format!("{command} --rules rules site.yaml --format json"))
            .file("rules/demo.gate", PACK)
            .file("site.yaml", format!("{HEAD}{POOL}items:\n{item}"))
            .done();
        assert!(
            serde_json::from_str::<serde_json::Value>(&done.out).is_ok(),
            "{command}: {done:?}"
        );
        assert!(!done.out.contains(raw), "{command}: {}", done.out);
    }
}
