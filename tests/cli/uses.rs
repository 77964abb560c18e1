//! Packs that use others: what is as if it stood in one pack, and what is told where it cannot be.

use crate::support::program::{HEAD, Run};

const BASICS: &str = r#"pack basics "What every host keeps" shared

document paper "The paper" {
  clause B-1 "A host runs"
  clause B-2 "A host is cold"
}

environment { hosts: [Host] }

unit Host

entity Host "a host" {
  id: key
  state: running | stopped
}

define isHot(h: Host): bool needed

prerequisite B-001 "A host runs" {
  clause  B-1
  for     h in hosts
  require h.state == running
  because "{h} is stopped"
  fix     start(h)
}

prerequisite B-010 "A host is cold" {
  clause  B-2
  for     h in hosts
  require not isHot(h)
  because "{h} is hot"
}

remedy start(h: Host) {
  do      "Start {h}"
  effect  set h.state = running
  takes   5min
  undo    needless
}
"#;

const MINE: &str = r#"pack mine "What mine keep" when place == here
  uses    basics

document rack "The rack" {
  clause R-1 "A host has a name"
}

extend environment { place: here | there }

extend entity Host {
  degrees: int
  short: bool
}

define isHot(h: Host): bool = h.degrees > 40

prerequisite B-002 "A host has a short id" {
  clause  R-1
  for     h in hosts
  require h.short
  because "{h} is long"
}
"#;

const SITE: &str = "place: here\nhosts:\n  - { id: long, state: stopped, degrees: 50, short: false }\n  - { id: b, state: running, degrees: 5, short: true }\n";

/// A run of the pack `mine`, beside which stands `basics`.
fn run(arguments: &str, mine: &str, basics: &str) -> Run {
    Run::new(arguments)
        .file("rules/mine/rules.gate", mine)
        .file("rules/basics/rules.gate", basics)
        .file("site.yaml", format!("{HEAD}{SITE}"))
}

fn check(mine: &str, basics: &str) -> Run {
    run("check --rules rules/mine site.yaml --format concise", mine, basics)
}

fn lint(mine: &str, basics: &str) -> Run {
    run("lint --concise rules/mine", mine, basics)
}

/// The plan for a host that is stopped.
fn plan(mine: &str) -> Run {
    let site = "place: here\nhosts: [{ id: a, state: stopped, degrees: 5, short: true }]\n";
    let plan = run("plan --rules rules/mine site.yaml", mine, BASICS);
    plan.file("site.yaml", format!("{HEAD}{site}"))
}

/// With what to do about it.
fn advice(mine: &str, basics: &str) -> Run {
    run("lint rules/mine", mine, basics)
}

#[test]
fn what_is_used_is_as_if_it_stood_there() {
    // A rule stands among its like by its id, whichever pack it stands in.
    let done = check(MINE, BASICS).done().code(1);
    let places: Vec<Option<usize>> =
        ["[B-001]", "[B-002]", "[B-010]"].iter().map(|id| done.out.find(id)).collect();
    assert!(places.is_sorted() && places.iter().all(Option::is_some), "{}", done.out);
    lint(MINE, BASICS).done().code(0).says("0 errors, 0 warnings");
    plan(MINE).done().says("Start a");
    run("explain --rules rules/mine B-001", MINE, BASICS)
        .done()
        .code(0)
        .says("rules/basics/rules.gate:19")
        .says("prerequisite B-001");
    run("rules --rules rules/mine", MINE, BASICS).done().code(0).says("B-010").says("B-002");
    run("fmt --check rules", MINE, BASICS).done().code(0);
}

#[test]
fn findings_carry_the_pack_that_judges_and_a_digest_of_all_that_is_used() {
    let json = |basics: &str| {
        run("check --rules rules/mine site.yaml --format json", MINE, basics).done().code(1).out
    };
    let digest = |out: &str| {
        let at = out.find("sha256:").expect("a digest");
        out[at..at + 71].to_owned()
    };
    let first = json(BASICS);
    assert!(first.contains("\"mine\"") && !first.contains("\"basics\""), "{first}");
    assert_ne!(digest(&first), digest(&json(&BASICS.replace("is hot", "is too hot"))));
    assert_eq!(digest(&first), digest(&json(BASICS)));
}

#[test]
fn a_shared_pack_judges_nothing_by_itself() {
    run("check --rules rules/basics site.yaml --format concise", MINE, BASICS)
        .done()
        .code(2)
        .says("error[shared-pack]: pack `basics` judges nothing by itself");
    // It can be looked at, and what others use of it need not be used in it.
    let more = format!("{BASICS}\ndefine isUp(h: Host): bool = h.state == running\n");
    run("lint --concise rules/basics", MINE, &more).done().code(0);
    let wrong = more.replace("h.state == running\n", "h.stat == running\n");
    run("lint --concise rules/basics", MINE, &wrong).done().code(1).says("has no field `stat`");
}

#[test]
fn packs_are_found_beside_elsewhere_and_in_the_program() {
    let elsewhere = MINE.replace("uses    basics", "uses    basics from \"../../far/basics\"");
    Run::new("check --rules rules/mine site.yaml --format concise")
        .file("rules/mine/rules.gate", &elsewhere)
        .file("far/basics/rules.gate", BASICS)
        .file("site.yaml", format!("{HEAD}{SITE}"))
        .done()
        .code(1)
        .says("error[B-001] hosts/long");
    let extended = "pack mine \"Mine\" when architecture == classic\n  uses    classicReprotect\n\n\
                    document own \"Ours\" {\n  clause OWN-1 \"Nobody goes home\"\n}\n\n\
                    prerequisite OWN-001 \"Nobody goes home\" {\n  clause  OWN-1\n  for     m in machines\n  \
                    require m.id == \"nobody\"\n  because \"{m} would go home\"\n}\n";
    Run::new("rules --rules mine")
        .file("mine/own.gate", extended)
        .done()
        .code(0)
        .says("OWN-001")
        .says("MT-001");
    Run::new("lint --concise mine").file("mine/own.gate", extended).done().hides("error[");
}

#[test]
fn what_cannot_be_found_is_told_where_it_is_asked_for_and_nothing_else_is() {
    let cases = [
        (
            "uses    basic",
            "rules/mine/rules.gate:2:11: error[unknown-pack]: there is no pack `basic`",
        ),
        (
            "uses    tables",
            "rules/mine/rules.gate:2:11: error[unknown-pack]: there is no pack `tables`",
        ),
        (
            "uses    basics from \"../bsics\"",
            "rules/mine/rules.gate:2:23: error[unreadable]: cannot read the rules in `rules/mine/../bsics`",
        ),
        (
            "uses    other from \"../basics\"",
            "rules/mine/rules.gate:2:11: error[unknown-pack]: there is no pack `other` there",
        ),
    ];
    for (uses, wanted) in cases {
        let mine = MINE.replace("uses    basics", uses);
        lint(&mine, BASICS).done().code(1).says(wanted).says("1 error, 0 warnings");
        check(&mine, BASICS).done().code(2).says(wanted);
    }
    advice(&MINE.replace("uses    basics", "uses    basic"), BASICS)
        .done()
        .says("did you mean `basics`?");
    // A head that cannot be read leaves open what is used.
    let broken = MINE.replace("uses    basics", "uses    basics basics");
    lint(&broken, BASICS).done().code(1).says("error[syntax]").says("1 error, 0 warnings");
}

#[test]
fn circles_are_told_with_the_way() {
    let basics = BASICS.replace("shared\n", "shared\n  uses    mine\n");
    lint(MINE, &basics)
        .done()
        .code(1)
        .says("rules/basics/rules.gate:2:11: error[uses-cycle]: `mine` uses itself: mine -> basics -> mine");
    let own = MINE.replace("uses    basics", "uses    mine");
    lint(&own, BASICS).done().code(1).says("`mine` uses itself: mine -> mine");
}

#[test]
fn names_declared_twice_are_told_with_both_places() {
    let cases = [
        "\nentity Host { id: key }\n",
        "\nrecord Host { id: int }\n",
        "\nenvironment { place: text }\n",
        "\nunit Host\n",
        "\nextend entity Host { state: text }\n",
        "\ndefine isHot(h: Host): bool = true\n",
        "\nremedy start(h: Host) { do \"Start\" takes 1min undo needless }\n",
        "\nadvisory B-001 \"x\" { clause B-1 for h in hosts when true because \"x\" }\n",
        "\ndocument paper \"x\" { clause X-1 \"x\" note }\n",
        "\ndocument leaf \"x\" { clause B-1 \"x\" note }\n",
    ];
    for more in cases {
        let mine = format!("{MINE}{more}");
        let done = run("lint rules/mine", &mine, BASICS).done().code(1);
        let has = |text: &str| done.out.contains(text);
        assert!(has("error[duplicate-declaration]") && has("twice"), "{more}: {}", done.out);
        assert!(has("first here"), "{more}: {}", done.out);
        assert!(more.contains("isHot") || has("rules/basics/rules.gate"), "{more}: {}", done.out);
    }
}

#[test]
fn a_pack_that_is_reached_twice_counts_once() {
    let third = "pack third \"Third\" shared\n  uses    basics\n\ndefine isNamed(h: Host): bool = h.id != \"\"\n";
    let mine = MINE
        .replace("uses    basics", "uses    third\n  uses    basics")
        .replace("h.short", "h.short and isNamed(h)");
    lint(&mine, BASICS).file("rules/third/a.gate", third).done().code(0);
    // Two packs of one name would be two sources of one truth.
    let other = third.replace("uses    basics", "uses    basics from \"../../far\"");
    lint(&mine, BASICS)
        .file("rules/third/a.gate", other)
        .file("far/a.gate", BASICS)
        .done()
        .code(1)
        .says("two packs are called `basics`");
}

#[test]
fn what_is_left_out_makes_room_for_ones_own() {
    let without = |what: &str| MINE.replace("uses    basics", &format!("uses    basics\n  {what}"));
    let cold = without("without B-010 because \"it is warm here\"");
    check(&cold, BASICS).done().code(1).hides("B-010");
    lint(&cold, BASICS).done().says("0 errors");
    run("explain --rules rules/mine B-2", &cold, BASICS).done().code(0).says("it is warm here");
    let own = "\nremedy start(h: Host) {\n  do      \"Kick {h}\"\n  effect  set h.state = running\n  takes   1min\n  undo    needless\n}\n";
    let kick = without("without start because \"they are kicked\"") + own;
    plan(&kick).done().says("Kick a");
    advice(&(without("without start because \"they are kicked\"")), BASICS)
        .done()
        .code(1)
        .says("unknown remedy `start`")
        .says("declare a `start` of your own in its place");
    let other = kick.replace("start(h: Host)", "start(h: Host, n: int)");
    lint(&other, BASICS)
        .done()
        .code(1)
        .says("error[different-signature]: `start` is not what those expect who use it");
    advice(&without("without B-100 because \"x\""), BASICS)
        .done()
        .code(1)
        .says("warning[unused-without]: no pack that is used declares `B-100`")
        .says("did you mean `B-0");
}

#[test]
fn what_is_needed_must_be_given_as_it_is_needed() {
    let line = "define isHot(h: Host): bool = h.degrees > 40\n";
    advice(&MINE.replace(line, ""), BASICS)
        .done()
        .code(1)
        .says("error[missing-definition]: `basics` needs a definition `isHot`")
        .says("[rules/mine/rules.gate:2:11]")
        .says("`define isHot(h: Host): bool = …`");
    for other in [
        "define isHot(h: Host): int = h.degrees\n",
        "define isHot(h: text): bool = true\n",
        "define isHot: bool = true\n",
    ] {
        advice(&MINE.replace(line, other), BASICS)
            .done()
            .code(1)
            .says("error[different-signature]: `isHot` is not what those expect who use it")
            .says("write `isHot(h: Host): bool`");
    }
    // A type that is left to be found is the one that is needed.
    let open = MINE.replace(line, "define isHot(x: Host) = x.degrees\n");
    lint(&open, BASICS).done().code(1).says("expected bool, found int");
    let own = BASICS.replace(" shared", "");
    run("lint --concise rules/basics", MINE, &own)
        .done()
        .code(1)
        .says("error[missing-definition]: nobody gives the definition `isHot`");
}

#[test]
fn only_what_is_declared_is_extended() {
    let cases = [
        (
            "extend entity Hst { a: int }",
            "there is no entity `Hst` to extend",
            "did you mean `Host`?",
        ),
        ("extend record Host { a: int }", "`Host` is an entity", "write `extend entity Host`"),
        (
            "extend record Disk { a: int }",
            "there is no record `Disk` to extend",
            "leave out `extend`",
        ),
    ];
    for (more, message, help) in cases {
        advice(&format!("{MINE}\n{more}\n"), BASICS).done().code(1).says(message).says(help);
    }
    let bare = BASICS.replace("environment { hosts: [Host] }\n", "");
    lint(MINE, &bare).done().code(1).says("there is no environment to extend");
}

#[test]
fn a_pack_of_which_nothing_is_used_is_told() {
    let words =
        "pack words \"Words\" shared\n\ndefine isLong(name: text): bool = name == \"long\"\n";
    let mine = MINE.replace("uses    basics", "uses    basics\n  uses    words");
    lint(&mine, BASICS)
        .file("rules/words/a.gate", words)
        .done()
        .code(1)
        .says("warning[unused-uses]: nothing of `words` is used");
    for (from, to) in
        [("h.short\n", "h.short and not isLong(h.id)\n"), ("{h} is long", "{isLong(h.id)}")]
    {
        let mine = mine.replace(from, to);
        lint(&mine, BASICS).file("rules/words/a.gate", words).done().code(0);
    }
}

const PAGE: &str = "# Hosts\n\n## B-001: A host runs\n\nIt does.\n\n```yaml\nhosts:\n  - id: a\n    state: stopped  # fail: B-001 blocks a\n```\n\n\
                    ```plan\n1. start(a)\n```\n\n```yaml\nhosts: [{ id: a, state: running, colour: red }]  # pass: B-001\n```\n\n\
                    ```yaml\nplace: there\nhosts: [{ id: a, state: running }]  # pass: B-001\n```\n";

#[test]
fn the_pages_of_a_pack_run_with_each_that_uses_it() {
    let other = "pack other \"Other\" when place == there\n  uses    basics\n\nextend environment { place: here | there }\n\n\
                 extend entity Host { colour: text }\n\ndefine isHot(h: Host): bool = h.colour == \"red\"\n";
    let all = |arguments: &str| {
        run(arguments, MINE, BASICS)
            .file("rules/basics/hosts.md", PAGE)
            .file("rules/other/rules.gate", other)
            .done()
    };
    // What speaks of the other is skipped; with both, each case ran somewhere.
    all("test --rules rules/mine").code(0).says("1 passed, 0 failed, 2 skipped");
    all("test rules/other").code(0).says("3 passed, 0 failed");
    all("test rules/basics").code(0).says("4 passed, 0 failed, 2 skipped");
    all("test rules/basics/hosts.md").code(0).says("4 passed, 0 failed, 2 skipped");
    let left = MINE.replace("uses    basics", "uses    basics\n  without B-001 because \"x\"");
    run("test rules/mine", &left, BASICS)
        .file("rules/basics/hosts.md", PAGE)
        .done()
        .code(0)
        .says("0 passed, 0 failed, 3 skipped");
    // What no pack knows is wrong.
    run("test rules/basics", MINE, BASICS)
        .file("rules/basics/hosts.md", PAGE.replace("colour", "color"))
        .file("rules/other/rules.gate", other)
        .done()
        .code(1)
        .says("no pack that uses this page knows all that the case speaks of");
    run("test rules/basics", &MINE.replace("uses    basics", ""), BASICS)
        .file("rules/basics/hosts.md", PAGE)
        .done()
        .code(5)
        .complains("no pack beside `rules/basics` uses it");
}
