//! `ask --write` from outside.

use std::fs;

use crate::support::program::{HEAD, Run};

const PACK: &str = r#"pack trial "A trial"

environment {
  servers: [Server] "the servers" ask "Which servers are there?"
  links: partial [Link]
}

entity Server "a server" {
  id: key
  power: running | stopped ask "Does {id} run?" find "Console > {id}"
  peer: ref Server or none
  tags: [text]
  disk: Disk
}

record Disk { size: size  kind: thin | thick }

record Link { from: ref Server  port: int  state: open | blocked }

unit Server

prerequisite T-001 "A server runs" {
  for     s in servers
  require s.power == running and s.peer != s and "old" not in s.tags
  because "{s} is stopped"
}

prerequisite T-002 "A server is linked" {
  for     s in servers
  require (the l in links where l.from == s and l.port == 443).state == open and s.disk.size > 1GiB
  because "{s} is not linked"
}
"#;

const FACTS: &str = "\
# Ours, since 2019.
servers:
  - id: s1          # the first one
    power: running

  - id: s2
    # Nobody has looked yet.
    power:
  - unknown         # the rack in Busan
";

fn run(arguments: &str) -> Run {
    Run::new(&format!("ask --rules rules {arguments}"))
        .file("rules/trial.gate", PACK)
        .file("site.yaml", format!("{HEAD}{FACTS}"))
}

fn text(run: &Run) -> String {
    fs::read_to_string(run.path().join("site.yaml")).expect("it is there")
}

#[test]
fn answers_go_where_they_belong_and_comments_stay() {
    let run = run("--write site.yaml")
        .argument("servers/s2/power=stopped")
        .argument("servers/s1/peer=none")
        .argument("servers/s1/tags=new")
        .argument("servers/s2/disk/size=4GiB")
        .argument("servers/s2/disk/kind=unknown")
        .argument("links[from: s1, port: 443]=open")
        .argument("servers=[s3, s4]");
    let done = run.done().code(1);
    done.complains("wrote 7 answers into site.yaml").says("gate is closed: was unknown, 1 failed");
    let expected = format!(
        "{HEAD}\
# Ours, since 2019.
servers:
  - id: s1          # the first one
    power: running
    peer: none
    tags:
      - new

  - id: s2
    # Nobody has looked yet.
    power: stopped
    disk:
      size: 4GiB
      kind: unknown
  - id: s3
  - id: s4
links:
  - from: s1
    port: 443
    state: open
"
    );
    assert_eq!(text(&run), expected);
}

#[test]
fn without_write_nothing_is_written() {
    let run = run("site.yaml servers/s2/power=stopped");
    run.done().code(1).says("gate would be closed");
    assert_eq!(text(&run), format!("{HEAD}{FACTS}"));
}

#[test]
fn a_form_is_taken_back_with_its_lines() {
    let form = "servers/s1/peer: none\n\nservers/s2/power:\nservers/s2/peer: unknown\n";
    let written = run("--write --answer form.yaml site.yaml").file("form.yaml", form);
    written.done().code(3).complains("wrote 2 answers into site.yaml");
    assert!(text(&written).contains("    power:\n    peer: unknown\n"), "{}", text(&written));
    let empty =
        run("--write --answer form.yaml site.yaml").file("form.yaml", "servers/s2/power:\n");
    empty.done().code(3).complains("no question has an answer in that file");
}

#[test]
fn a_wrong_answer_is_named_and_nothing_is_written() {
    let good = "servers/s1/peer: none\n";
    for (form, message, help) in [
        (
            "servers/s2/power: 17\n",
            "line 2: `17` is not one of the words",
            "`running` or `stopped`",
        ),
        (
            "servers/s2/tags: [{ a: b }]\n",
            "line 2: this element has the wrong type: found a mapping",
            "write a text",
        ),
        ("servers/s9/power: running\n", "line 2: `servers` has no entry `s9`", "did you mean"),
        ("servers/s2/powr: running\n", "line 2: `servers/s2` has no field `powr`", "`power`"),
        (
            "servers/s1/power: stopped\n",
            "line 2: `servers/s1/power` is stated already",
            "line 7 of",
        ),
        ("servers/s1/peer: s2\n", "line 2: the key `servers/s1/peer` is here twice", ""),
        ("servers/s2/disk: thin\n", "line 2: `disk` has the wrong type", "a mapping with the keys"),
        ("servers/s2: running\n", "line 2: `servers/s2` names an entry", "add one of"),
        ("- a\n", "form.yaml", ""),
    ] {
        let run =
            run("--write --answer form.yaml site.yaml").file("form.yaml", format!("{good}{form}"));
        let done = run.done();
        assert_eq!(done.code, 2, "{form}: {}{}", done.out, done.err);
        assert!(done.err.contains(message) && done.err.contains(help), "{form}: {}", done.err);
        assert_eq!(text(&run), format!("{HEAD}{FACTS}"), "{form}");
    }
    let twice = run("--write site.yaml servers/s1/peer=s2 servers/s1/peer=none");
    twice.done().code(2).complains("`servers/s1/peer` is answered twice");
    run("--write site.yaml").done().code(2).complains("there is no answer to write");
    run("--write - servers/s1/peer=s2")
        .input(format!("{HEAD}{FACTS}"))
        .done()
        .code(2)
        .complains("cannot write");
}

#[test]
fn what_is_said_already_is_no_change() {
    let run = run("--write site.yaml servers/s1/power=running");
    run.done().code(3).complains("nothing is written: that is what the description says");
    assert_eq!(text(&run), format!("{HEAD}{FACTS}"));
}
