//! What there is to choose: what makes a choice possible comes before the step in which it is made.

use failback::plan::{Consent, Plan};
use serde_yaml::Value;

use crate::plan::broken::pack;
use crate::support::described::{READY, Wish, changed, shipped};
use crate::support::follow::{by_rules, by_session, follow, planned};

/// Tickets are booked before hosts are started, where nothing says otherwise: in the order of the declarations.
const TICKETS: &str = r#"pack tickets "Tickets"

environment {
  servers: [Server]
  hosts: [Host]
  tickets: [Ticket]
}

entity Server {
  id: key
  ticket: one Ticket by server
}

entity Host {
  id: key
  on: bool
  broken: bool default false
}

entity Ticket {
  server: key ref Server
  host: ref Host or none default none
}

unit Server

prerequisite T-001 "A server has a ticket" {
  for     s in servers
  require s.ticket != none
  because "{s} has no ticket"
  fix     book(s)
}

prerequisite T-002 "A host runs" {
  for     h in hosts
  where   not h.broken
  require h.on
  because "{h} is off"
  fix     start(h)
}

prerequisite T-003 "A ticket names a host" {
  for     t in tickets
  require t.host != none
  because "no host is chosen for {t.server}"
  fix     buy(t)
}

remedy book(s: Server) {
  do      "Book a host for {s}"
  effect  create Ticket ticket { server = s }
          set ticket.host = choose h in hosts where h.on prefer 0
  takes   5min
  undo    needless
}

remedy start(h: Host) {
  do      "Start {h}"
  effect  set h.on = true
  takes   5min
  undo    needless
}

remedy buy(t: Ticket) {
  do      "Buy a host for {t.server}"
  effect  create Host new { id = "new" }
          set new.on = true
          set t.host = new
  takes   5min
  undo    needless
}
"#;

fn calls(plan: &Plan) -> Vec<&str> {
    plan.steps.iter().map(|step| step.call.as_str()).collect()
}

fn tickets(hosts: &str) -> Plan {
    let rules = pack(TICKETS);
    let text = format!(
        "apiVersion: failback/v1\nkind: Environment\nname: t\nasOf: 2020-03-28T09:00:00Z\nservers: [{{ id: a }}]\ntickets: []\nhosts: {hosts}\n"
    );
    let plan = planned(&text, &rules, &Consent::default());
    let problems = follow(&text, &rules, &plan, &|text| by_rules(text, &rules));
    assert_eq!(problems, Vec::<String>::new());
    assert!(plan.verified);
    plan
}

#[test]
fn a_choice_waits_for_the_step_that_makes_it_possible() {
    let plan = tickets("[{ id: h, on: false }]");
    assert_eq!(calls(&plan), ["start(h)", "book(a)"]);
    assert_eq!(plan.steps[1].choices[0].chosen, "h");
    assert_eq!(plan.steps[1].left, Vec::<String>::new());
    assert_eq!(plan.steps[1].after, [1]);
}

#[test]
fn where_nothing_makes_it_possible_it_is_told_as_left_open() {
    let plan = tickets("[{ id: h, on: false, broken: true }]");
    assert_eq!(calls(&plan), ["book(a)", "buy(a)"]);
    assert!(plan.steps[0].choices.is_empty());
    assert_eq!(plan.steps[0].left, ["tickets/a/host"]);
}

fn yaml(text: &str) -> Value {
    serde_yaml::from_str(text).expect("YAML")
}

fn without_items(more: &[Wish]) -> (String, Plan) {
    let text = changed(READY, &[Wish::Set("request/items".to_owned(), yaml("[]"))]);
    let text = changed(&text, more);
    let rules = shipped();
    let plan = planned(&text, &rules, &Consent::default());
    assert_eq!(follow(&text, &rules, &plan, &by_session), Vec::<String>::new());
    assert!(plan.verified, "{:?}", plan.unresolved);
    (text, plan)
}

#[test]
fn no_master_target_is_chosen_before_there_is_one_that_fits() {
    // The only one for Linux is a physical server, which nothing makes a VM.
    let physical =
        Wish::Set("masterTargets/mt-linux/platform".to_owned(), Value::String("physical".into()));
    let (_, plan) = without_items(&[physical]);
    let at = |call: &str| calls(&plan).iter().position(|other| *other == call).expect(call);
    let (item, deploy) = (at("addItem(web01)"), at("deployMasterTarget(web01)"));
    assert!(item < deploy);
    assert!(plan.steps[item].left.contains(&"request/items/web01/masterTarget".to_owned()));
    for call in ["addItem(erp01)", "addItem(erp02)", "addItem(files01)"] {
        assert!(at(call) < item, "what can be chosen comes first: {:?}", calls(&plan));
        assert_eq!(plan.steps[at(call)].left, Vec::<String>::new());
    }
}

#[test]
fn where_all_can_be_chosen_nothing_is_left_open() {
    let (_, plan) = without_items(&[]);
    assert_eq!(plan.steps.len(), 4);
    assert!(plan.steps.iter().all(|step| step.left.is_empty()));
}
