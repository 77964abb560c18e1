//! Each clause broken in a copy of the ready example: the plan mends it, or says why not.

use failback::plan::Consent;

use crate::support::described::{self, READY, Wish, changed};
use crate::support::follow::{by_session, follow, has_fix, planned};
use crate::support::rows::rows;

#[test]
fn each_broken_clause_is_mended_step_by_step_or_said_to_be_beyond_mending() {
    let rules = described::shipped();
    let mut wrong = String::new();
    for row in rows() {
        let text = changed(READY, &row.wishes);
        let name = match row.clauses.as_slice() {
            [] => format!("{:?}", row.wishes.iter().map(Wish::address).collect::<Vec<_>>()),
            clauses => format!("{clauses:?}"),
        };
        let plan = planned(&text, &rules, &Consent::default());
        for problem in follow(&text, &rules, &plan, &by_session) {
            wrong += &format!("{name}: {problem}\n");
        }
        let open = by_session(&text).open;
        let mut beyond: Vec<&String> = open.iter().filter(|id| !has_fix(&rules, id)).collect();
        if beyond.is_empty() {
            if !plan.verified {
                let told: Vec<_> =
                    plan.unresolved.iter().map(|left| (&left.id, &left.why)).collect();
                wrong += &format!("{name}: not verified, {told:?}\n");
            }
            if !plan.ineligible.is_empty() || !plan.unresolved.is_empty() {
                wrong += &format!("{name}: {:?} {:?}\n", plan.ineligible, plan.unresolved);
            }
        } else {
            let terminal = plan.ineligible.iter().flat_map(|unit| &unit.findings);
            let told = terminal
                .map(|(id, _)| id)
                .chain(plan.unresolved.iter().map(|left| &left.id))
                .chain(plan.steps.iter().flat_map(|step| &step.closes))
                .collect::<Vec<_>>();
            beyond.retain(|id| !told.contains(id));
            if !beyond.is_empty() {
                wrong += &format!("{name}: the plan is silent about {beyond:?}\n");
            }
            if let Some(left) = plan.unresolved.iter().find(|left| left.why.is_empty()) {
                wrong += &format!("{name}: does not say why {} stays\n", left.id);
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn the_plan_of_the_first_failback_followed_in_a_copy_of_the_file_opens_the_gate() {
    let rules = described::shipped();
    let text = include_str!("../../examples/first-failback/site.yaml");
    let plan = planned(text, &rules, &Consent::default());
    assert!(plan.verified && plan.unresolved.is_empty() && plan.questions.is_empty());
    let problems: Vec<String> = follow(text, &rules, &plan, &by_session);
    assert!(problems.is_empty(), "{problems:?}");
}
