//! What is told of rules that run and promise more than they hold, and of near misses nothing.

use failback::diagnostic::Severity;
use failback::session::{PackFiles, rules};
use failback::source::Sources;

/// What all of them describe: a server is a unit and leads to its host and, through that, to its site; to a switch only
/// the list that the switch keeps leads.
const FACTS: &str = r#"pack trial "A trial"

environment {
  servers: [Server]
  hosts: [Host]
  sites: [Site]
  switches: [Switch]
  cables: [Cable]
}

entity Server {
  id: key
  host: ref Host
  on: bool
}

entity Host {
  id: key
  site: ref Site
  cards: [Card]
  on: bool
}

record Card {
  name: text
  on: bool
}

entity Site {
  id: key
  on: bool
}

entity Switch {
  id: key
  serves: [ref Server]
  ports: [Port]
  on: bool
}

record Port {
  name: text
  on: bool
}

record Cable {
  on: bool
}

unit Server
"#;

/// The lints of some rules behind those declarations, as `code: message`.
fn told(text: &str) -> Vec<String> {
    let mut sources = Sources::default();
    let file = sources.add("trial.gate", format!("{FACTS}{text}"));
    let loaded = rules::load(&sources, &PackFiles::new("trial", vec![file]));
    assert!(
        !loaded.diagnostics.iter().any(|told| told.severity == Severity::Error),
        "{:?}",
        loaded.diagnostics
    );
    let told = loaded.diagnostics.iter().filter(|told| told.code != "unread-fact");
    told.map(|told| format!("{}: {}", told.code, told.message)).collect()
}

fn rule(id: &str, head: &str, parts: &str) -> String {
    format!("{head} {id} \"{id}\" {{\n{parts}\n  because \"it is so\"\n}}\n")
}

fn prerequisite(id: &str, parts: &str) -> String {
    rule(id, "prerequisite", parts)
}

#[test]
fn a_rule_that_closes_the_gate_and_blocks_nobody_is_told() {
    for (parts, about) in [
        ("for x in switches require x.on", "Switch"),
        // The first name is what a rule is about, and a part of an entity stands for it.
        ("for s in switches for x in s.ports require x.on", "Switch"),
        ("for x in [s.ports for s in switches] require x.on", "Port"),
    ] {
        let message = format!(
            "blocks-nobody: `T-001` can close the gate, and no Server leads to what it is about: {about}"
        );
        assert_eq!(told(&prerequisite("T-001", parts)), [message], "{parts}");
    }
}

#[test]
fn a_rule_that_can_block_somebody_or_closes_nothing_is_not_told_of() {
    let closes = [
        // A unit, what it refers to, what that refers to, and what is part of it.
        "for x in servers require x.on",
        "for x in hosts require x.on",
        "for x in sites require x.on",
        "for h in hosts for x in h.cards require x.on",
        "for x in [h.cards for h in hosts] require x.on",
        // What is about the environment blocks all, and so does what is about nothing.
        "for x in cables require x.on",
        "require all x in switches: x.on",
        // The rule says whom.
        "for x in switches require x.on blocks x.serves",
    ];
    for parts in closes {
        assert_eq!(told(&prerequisite("T-001", parts)), Vec::<String>::new(), "{parts}");
    }
    let advice = rule("T-001", "advisory", "level warning for x in switches when not x.on");
    assert_eq!(told(&advice), Vec::<String>::new());
}

#[test]
fn a_list_of_its_own_that_may_be_empty_is_told() {
    let message = "open-when-empty: `T-001` passes over everything where this list has no element: nobody judges it then";
    for parts in [
        "for x in servers for y in sites where y.on require x.host.site == y",
        "for x in servers let own = x.host for y in sites require own.site == y",
    ] {
        let found = told(&prerequisite("T-001", parts));
        assert_eq!(found, [message], "{parts}");
    }
    for parts in [
        // One list is what the rule is about; a list of what is bound belongs to it.
        "for x in servers require x.on",
        "for x in hosts for y in x.cards require y.on",
        "for x in servers let own = x.host for y in own.cards require y.on",
        "for x in servers require any y in sites: x.host.site == y",
    ] {
        assert_eq!(told(&prerequisite("T-001", parts)), Vec::<String>::new(), "{parts}");
    }
    // An empty list of what is unsupported is what one hopes for.
    let never =
        rule("T-001", "unsupported", "for x in servers for y in sites when x.host.site == y");
    assert_eq!(told(&never), Vec::<String>::new());
}

#[test]
fn what_is_said_by_for_and_by_all_is_told_once() {
    let message = "same-rule-both-ways: `T-002` says what `T-001` says";
    for (one, other) in [
        (
            "for x in hosts for y in x.cards require y.on",
            "for h in hosts require all card in h.cards: card.on",
        ),
        (
            "for x in hosts for y in x.cards where y.name == \"a\" and x.on require y.on",
            "for h in hosts where h.on require all c in h.cards where c.name == \"a\": c.on",
        ),
        (
            "for x in hosts for y in x.cards require not y.on",
            "for x in hosts require no y in x.cards: y.on",
        ),
        ("for x in hosts require x.on", "for y in hosts require y.on"),
    ] {
        let text = prerequisite("T-001", one) + &prerequisite("T-002", other);
        assert_eq!(told(&text), [message], "{one}\n{other}");
    }
    // An unsupported says it in the negative.
    let never = rule("T-002", "unsupported", "for h in hosts when any c in h.cards: not c.on");
    let text = prerequisite("T-001", "for x in hosts for y in x.cards require y.on") + &never;
    assert_eq!(told(&text), [message]);
}

#[test]
fn what_differs_is_not_called_the_same() {
    for (one, other) in [
        (
            "for x in hosts for y in x.cards require y.on",
            "for x in hosts require any y in x.cards: y.on",
        ),
        (
            "for x in hosts for y in x.cards require y.on",
            "for x in hosts require no y in x.cards: y.on",
        ),
        (
            "for x in hosts for y in x.cards require y.name == \"a\"",
            "for x in hosts require all y in x.cards: y.name == \"b\"",
        ),
        (
            "for x in hosts for y in x.cards require y.on",
            "for x in hosts require all y in x.cards where x.on: y.on",
        ),
        ("for x in hosts require x.on", "for x in sites require x.on"),
        ("for x in hosts require x.on", "for x in hosts require x.site.on"),
    ] {
        let text = prerequisite("T-001", one) + &prerequisite("T-002", other);
        assert_eq!(told(&text), Vec::<String>::new(), "{one}\n{other}");
    }
}
