//! What a plan and a check ask for: the exact fact, and lines that mean what they say.

use failback::evaluate::{Selection, evaluate};
use failback::plan::Consent;

use crate::plan::broken::pack;
use crate::support::described::with_facts;
use crate::support::follow::planned;

const LINKS: &str = r#"pack trial "A trial"
environment {
  servers: [Server]
  links: partial [Link]
}
entity Server {
  id: key
  power: running | stopped
}
record Link { from: ref Server  port: int  state: open | blocked }
unit Server
prerequisite T-001 "A server runs" {
  for     s in servers
  require s.power == running
  because "{s} is stopped"
  fix     start(s)
}
CHECK
remedy start(s: Server) {
  do      "Start {s}"
  needs   NEED
  effect  set s.power = running
}
"#;

fn questions(need: &str, links: &str) -> Vec<String> {
    let rules = pack(&LINKS.replace("NEED", need).replace("CHECK\n", ""));
    let text = format!(
        "apiVersion: failback/v1\nkind: Environment\nname: trial\nservers:\n  - {{ id: s1, power: stopped }}\nlinks:\n{links}"
    );
    let plan = planned(&text, &rules, &Consent::default());
    assert!(plan.steps.is_empty());
    plan.questions.into_iter().map(|question| question.path).collect()
}

#[test]
fn no_list_is_asked_for_as_a_whole_where_the_fact_in_it_is() {
    let any = "any l in links: l.state != blocked";
    let known = "  - { from: s1, port: 1, state: blocked }\n";
    let unknown = "  - { from: s1, port: 2 }\n";
    assert_eq!(questions(any, &format!("{known}{unknown}")), ["links/1/state"]);
    assert_eq!(questions(any, known), ["links"], "another entry would do");
}

#[test]
fn a_line_to_write_quotes_ids_that_are_more_than_text() {
    let check = r#"prerequisite T-002 "A server is linked" {
  for     s in servers
  require (the l in links where l.from == s and l.port == 443).state == open
  because "{s} is not linked"
}
"#;
    let rules = pack(&LINKS.replace("NEED", "s.power == stopped").replace("CHECK\n", check));
    for (id, written) in [
        ("plain", "plain"),
        ("\"no\"", "\"no\""),
        ("\"123\"", "\"123\""),
        ("\"a: b\"", "\"a: b\""),
        ("\"a, b\"", "\"a, b\""),
        ("'it is \"so\": a'", "'it is \"so\": a'"),
    ] {
        let text = format!(
            "apiVersion: failback/v1\nkind: Environment\nname: trial\nservers:\n  - {{ id: {id}, power: running }}\nlinks: []\n"
        );
        let answers: Vec<String> = with_facts(&text, &rules, |facts, now| {
            let findings = evaluate(facts, &rules, now, &Selection::default()).findings;
            let questions = findings.into_iter().flat_map(|finding| finding.questions);
            questions.map(|question| question.answer.to_string()).collect()
        });
        let line = format!("- {{ from: {written}, port: 443, state: open | blocked }}");
        assert_eq!(answers, [line.as_str()], "{id}");
        // What is written is what was meant.
        let said = line.replace("open | blocked", "open");
        let text = text.replace("links: []\n", &format!("links:\n  {said}\n"));
        with_facts(&text, &rules, |facts, now| {
            let evaluation = evaluate(facts, &rules, now, &Selection::default());
            assert!(evaluation.findings.is_empty(), "{said}: {:?}", evaluation.findings);
        });
    }
}
