//! What a description says, however it is spelled: unknown, none, twice, by address.

use crate::support::program::{HEAD, PACK, Run};

/// A server of which everything is known and nothing is wrong; a line `model: "new"` and so on can be exchanged.
const SERVER: &str = "servers:\n  - id: s1\n    state: running\n    model: new\n    snapshots: []\n    joined: true\n";

/// The usual pack, with a rule about a list that can close the gate.
fn check(description: impl AsRef<[u8]>) -> Run {
    let pack =
        PACK.replace("advisory SRV-003", "unsupported SRV-003").replace("  level   warning\n", "");
    Run::new("check --rules rules site.yaml --format concise")
        .file("rules/demo.gate", pack)
        .file("site.yaml", description)
}

fn with(line: &str, instead: &str) -> String {
    let servers = SERVER.replace(line, instead);
    assert_ne!(servers, SERVER, "{line}");
    format!("{HEAD}{servers}")
}

/// Two kinds of entities, and links from any to any.
const LINKS: &str = r#"pack links "Links"

document paper "The paper" { clause L-1 "Links are open" }

unit Host

environment {
  hosts: [Host]
  stores: [Store]
  links: [Link]
}

entity Host "a host" {
  id: key
  store: ref Store or none "where it keeps its data"
  spare: ref Store or none default none "where else"
}

entity Store "a store" { id: key }

record Link "a link" {
  to: ref any "where it leads"
  open: bool "whether it is open"
}

prerequisite LNK-001 "A host has an open link" {
  clause  L-1
  for     h in hosts
  require any l in links: l.to == h and l.open
  because "{h} has no open link"
}

prerequisite LNK-002 "A host has a store and no spare" {
  clause  L-1
  for     h in hosts
  require h.store != none and h.spare == none
  because "{h} has no store"
}
"#;

fn links(description: &str) -> Run {
    Run::new("check --rules rules site.yaml --format concise")
        .file("rules/links.gate", LINKS)
        .file("site.yaml", format!("{HEAD}{description}"))
}

#[test]
fn unknown_means_unknown_in_quotes_too_and_an_empty_text_says_nothing() {
    for word in ["unknown", "\"unknown\"", "'unknown'", "null", "\"\"", "' '"] {
        check(with("model: new", &format!("model: {word}")))
            .done()
            .code(3)
            .says("site.yaml:7:12: unknown[SRV-002] servers/s1");
    }
    for word in ["unknown", "\"unknown\"", "null"] {
        for (line, rule) in [
            ("state: running", "SRV-001"),
            ("snapshots: []", "SRV-003"),
            ("joined: true", "SRV-004"),
        ] {
            let (name, _) = line.split_once(':').expect("a fact");
            check(with(line, &format!("{name}: {word}")))
                .done()
                .says(&format!("unknown[{rule}] servers/s1"))
                .hides("error[");
        }
        check(with("snapshots: []", &format!("snapshots: [{word}]")))
            .done()
            .says("unknown[SRV-003]");
    }
}

#[test]
fn the_key_of_an_entity_may_be_the_word_unknown_in_quotes_and_then_it_is_referred_to() {
    let servers =
        "  - { id: \"unknown\", state: running, model: new, snapshots: [], joined: true }\n";
    check(format!("{HEAD}{SERVER}    peer: \"unknown\"\n{servers}")).done().code(0);
    check(format!("{HEAD}{SERVER}    peer: \"unknown\"\n")).done().code(0).hides("dangling");
    check(with("id: s1", "id: unknown")).done().code(2).says("error[missing-id]");
    check(with("id: s1", "id: \"\"")).done().code(2).says("site.yaml:5:9: error[missing-id]");
}

#[test]
fn json_says_none_and_unknown_in_quotes() {
    let description = |store: &str, spare: &str| {
        links(&format!(
            "stores: []\nlinks: [{{ to: h1, open: true }}]\nhosts: [{{ \"id\": \"h1\", \"store\": {store}, \
             \"spare\": {spare} }}]\n"
        ))
    };
    description("\"unknown\"", "\"none\"").done().code(3).says("unknown[LNK-002]");
    description("\"none\"", "\"none\"").done().code(1).says("error[LNK-002]");
    description("\"x\"", "\"none\"").done().code(2).says("error[dangling-reference]");
    // Who is called so is meant.
    links(
        "stores: [{ id: \"none\" }]\nlinks: [{ to: h1, open: true }]\nhosts: [{ id: h1, store: \"none\" }]\n",
    )
    .done()
    .code(0);
}

#[test]
fn of_a_key_that_stands_twice_neither_value_is_believed() {
    for lines in [
        "snapshots: []\n    snapshots: [{ name: a }]",
        "snapshots: [{ name: a }]\n    snapshots: []",
        "snapshots: []\n    snapshots: []",
    ] {
        check(with("snapshots: []", lines))
            .done()
            .code(2)
            .says("site.yaml:9:5: error[duplicate-key]: the key `snapshots` is here twice\n")
            .says("unknown[SRV-003] servers/s1");
    }
    check(with("state: running", "state: running\n    state: stopped"))
        .done()
        .says("unknown[SRV-001]")
        .says("gate CLOSED until it is known: 1 unknown");
    // The whole list, with what refers to its entries.
    let twice = format!("{HEAD}{SERVER}    peer: s1\nservers: []\n");
    check(twice).done().code(2).says("unknown[SRV-001]:").hides("dangling").says("0 of 0 servers");
    let two_ids = with("id: s1", "id: s1\n    id: s2");
    check(two_ids)
        .done()
        .code(2)
        .says("error[duplicate-key]")
        .hides("missing-id")
        .says("gate CLOSED");
}

#[test]
fn of_two_merges_in_one_mapping_neither_is_believed() {
    let merged = |merges: &str| {
        let text = format!(
            "x: [&a {{ state: running, model: new }}, &b {{ state: stopped, model: new }}]\nservers:\n  - {{ id: s1, \
             {merges}, model: new, snapshots: [], joined: true }}\n"
        );
        check(format!("{HEAD}{text}")).done().code(2)
    };
    merged("<<: *a, <<: *b").says("error[duplicate-key]").says("unknown[SRV-001]").hides("SRV-002");
    merged("<<: *b, <<: *a").says("error[duplicate-key]").says("unknown[SRV-001]").hides("SRV-002");
    merged("<<: [*a, *b]").hides("duplicate-key").hides("SRV-001");
}

#[test]
fn of_two_entries_with_one_id_neither_is_believed() {
    let second = "  - { id: s1, state: stopped, model: new, snapshots: [], joined: true }\n";
    let other =
        "  - { id: s2, state: running, model: new, snapshots: [], joined: true, peer: s1 }\n";
    let first = SERVER.replace("servers:\n", &format!("servers:\n{second}"));
    for servers in [format!("{SERVER}{second}"), first] {
        check(format!("{HEAD}{servers}{other}"))
            .done()
            .code(2)
            .says("error[duplicate-id]: two entries of type Server have the id `s1`\n")
            .says("unknown[SRV-001]:")
            .hides("dangling")
            .hides("stopped")
            .says("gate CLOSED until it is known");
    }
    // What refers to the id of both is unknown, wherever it stands.
    let hosts = "links: [{ to: h1, open: true }]\nhosts: [{ id: h1, store: a }]\n";
    for text in [
        format!("stores: [{{ id: a }}, {{ id: a }}]\n{hosts}"),
        format!("stores: [{{ id: a }}]\n{hosts}---\n{HEAD}stores: [{{ id: a }}]\n"),
        format!("{hosts}stores: [{{ id: a }}, {{ id: a }}]\n"),
    ] {
        links(&text).done().code(2).says("unknown[LNK-002] hosts/h1");
    }
}

#[test]
fn documents_of_one_environment_do_not_contradict_each_other_in_silence() {
    let pack = PACK.replace("  asOf: time\n", "  asOf: time\n  desk: Desk\n")
        + "\nrecord Desk { phone: text }\n";
    let both = |first: &str, second: &str| {
        Run::new("check --rules rules site.yaml --format concise")
            .file("rules/demo.gate", &pack)
            .file("site.yaml", format!("{HEAD}{SERVER}{first}\n---\n{HEAD}{second}\n"))
            .done()
    };
    for (one, other) in [
        ("desk: { phone: a }", "desk: unknown"),
        ("asOf: 2020-03-28T09:00:00Z", "asOf: unknown"),
        ("asOf: 2020-03-28T09:00:00Z", "asOf: 2020-03-28T09:00:01Z"),
        ("desk: { phone: a }", "desk: { phone: b }"),
    ] {
        both(one, other).code(2).says("error[conflicting-facts]");
        both(other, one).code(2).says("error[conflicting-facts]");
    }
    both("", "servers: unknown").code(2).says("error[conflicting-facts]").says("gate CLOSED");
    for (one, other) in [
        ("desk: unknown", "desk: null"),
        ("asOf: unknown", "asOf:"),
        ("desk: { phone: a }", "desk: { phone: a }"),
        ("asOf: 2020-03-28T09:00:00Z", "asOf: 2020-03-28T10:00:00+01:00"),
    ] {
        both(one, other).code(0);
    }
}

#[test]
fn an_address_tells_entries_of_several_lists_apart() {
    let hosts = "hosts: [{ id: a, store: a }]\nstores: [{ id: a }]\n";
    let link = |to: &str| links(&format!("{hosts}links: [{{ to: {to}, open: true }}]\n"));
    link("a")
        .done()
        .code(2)
        .says("site.yaml:6:15: error[ambiguous-reference]: `a` may be a Host or a Store\n");
    Run::new("check --rules rules site.yaml")
        .file("rules/links.gate", LINKS)
        .file("site.yaml", format!("{HEAD}{hosts}links: [{{ to: a, open: true }}]\n"))
        .done()
        .says("  help     write `hosts/a` or `stores/a`\n");
    link("hosts/a").done().code(0);
    link("stores/a").done().code(1).says("error[LNK-001] hosts/a");
    link("host/a").done().code(2).says("error[dangling-reference]");
}

#[test]
fn quotes_that_make_a_number_a_text_are_named() {
    let run = Run::new("check --rules rules site.yaml")
        .pack()
        .file("site.yaml", with("joined: true", "joined: \"true\""));
    run.done()
        .code(2)
        .says("`joined` has the wrong type: found `true` in quotes\n")
        .says("  help     take the quotes away: `true`\n");
}

#[test]
fn an_answer_is_spelled_as_the_file_in_which_it_goes() {
    let ask = |text: String| {
        Run::new("ask --rules rules site.json")
            .file("rules/links.gate", LINKS)
            .file("site.json", text)
            .done()
            .code(3)
    };
    let head = r#""apiVersion": "failback/v1", "kind": "Environment", "name": "lab""#;
    let json = |rest: &str| format!("{{{head}, {rest}}}\n");
    ask(json(r#""stores": [], "links": [], "hosts": [{"id": "h1"}]"#))
        .says("allowed   the id of an entry of type Store, or `none`\n")
        .says("\"store\": \"<Store>\" | \"none\"\n");
    ask(json(r#""stores": [], "links": [], "hosts": [{"id": "h1", "store": "unknown"}]"#))
        .says("\"store\": \"<Store>\" | \"none\"\n");
    // A list may be empty: that is an answer, too.
    ask(json(r#""stores": [], "hosts": [{"id": "h1", "store": "none"}]"#))
        .says("\"links\": [] | [{ … }]\n");
    ask(format!("{HEAD}stores: []\nhosts: [{{ id: h1 }}]\n"))
        .says("store: <Store> | none\n")
        .says("links: [] | [{ … }]\n");
}

#[test]
fn an_answer_names_an_entry_so_that_it_can_be_told_apart() {
    let pack = LINKS.replace("links: [Link]", "links: partial [Link]").replace(
        "require any l in links: l.to == h and l.open",
        "require (the l in links where l.to == h).open",
    );
    for (stores, entry) in [("[]", "to: a,"), ("[{ id: a }]", "to: hosts/a,")] {
        Run::new("ask --rules rules site.yaml")
            .file("rules/links.gate", &pack)
            .file(
                "site.yaml",
                format!("{HEAD}stores: {stores}\nhosts: [{{ id: a, store: none }}]\nlinks: []\n"),
            )
            .done()
            .code(3)
            .says(entry);
    }
}

#[test]
fn an_id_with_a_slash_is_one_part_of_an_address_and_one_word_of_a_command() {
    let pack = "pack p \"P\"\nunit S s\nenvironment { servers: [S] }\n\
        entity S { id: key\n state: on | off }\n\
        prerequisite A-1 \"On\" {\n clause C-1\n for s in servers\n require s.state == on\n because \"{s} is off\"\n fix turnOn(s)\n}\n\
        document d \"D\" { clause C-1 \"c\" }\nrole admin \"admin\"\n\
        remedy turnOn(s: S) {\n do \"Turn {s} on\"\n run \"power -on {s}\"\n role admin\n effect set s.state = on\n takes 1min\n undo needless\n}\n";
    let site = "apiVersion: failback/v1\nkind: Environment\nname: w\nservers:\n  - { id: \"a, b/c%d\", state: off }\n";
    let run =
        |command: &str| Run::new(command).file("rules/p.gate", pack).file("w.yaml", site).done();
    run("plan w.yaml --rules rules").says("power -on 'a, b/c%d'");
    run("check w.yaml --rules rules --format json").says("servers/a, b%2Fc%25d/state");
}
