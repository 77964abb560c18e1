//! Plans over descriptions that mark lists as incomplete: steps put elements in and take them out, the mark stays, and what waits
//! for the missing entries is never said to be mended.

use std::collections::BTreeSet;

use failback::plan::{Consent, Plan};
use failback::session::{Inputs, Options, run};
use failback::yaml::edit::{self, Change, Value};
use failback::yaml::path::{Path, Step};

use crate::support::described::{self, READY, changed};
use crate::support::follow::{by_rules, follow, planned};
use crate::support::rows::rows;

/// Lists of the ready example and the line they begin with.
const LISTS: [&str; 5] =
    ["\nmachines:\n", "\nesxiHosts:\n", "\nmasterTargets:\n", "\ndatastores:\n", "\nflows:\n"];

#[test]
fn a_plan_over_marked_lists_keeps_its_word_and_the_marks() {
    let rules = described::shipped();
    let (mut wrong, mut steps) = (String::new(), 0);
    for (number, row) in rows().into_iter().enumerate().step_by(2) {
        let text = changed(READY, &row.wishes);
        let list = LISTS[number % LISTS.len()];
        let Some(at) = text.find(list).map(|at| at + list.len()) else {
            panic!("no {list:?} in the ready example");
        };
        let marked = format!("{}  - unknown   # the rest\n{}", &text[..at], &text[at..]);
        let plan = planned(&marked, &rules, &Consent::default());
        steps += plan.steps.len();
        for problem in follow(&marked, &rules, &plan, &|text| by_rules(text, &rules)) {
            // Of those who share a UUID one is helped, though none can be told to be alone with it while machines are missing.
            let in_part = problem == "giveUniqueDiskUuids(erp01) is not needed";
            if in_part && list == "\nmachines:\n" && row.finds[0].contains("erp02") {
                continue;
            }
            wrong += &format!("{:?} with {list:?} marked: {problem}\n", row.clauses);
        }
        if list == "\nmachines:\n" && (plan.verified || !plan.ready.is_empty()) {
            wrong += &format!("{:?}: verified, though machines may be missing\n", row.clauses);
        }
        let mut after = marked.clone();
        for step in &plan.steps {
            after = edit::change(&after, 0, &step.edits).expect("the edits fit");
        }
        if !after.contains("  - unknown   # the rest\n") {
            wrong += &format!("{:?}: the mark of {list:?} is gone\n", row.clauses);
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(steps > 30, "only {steps} steps were looked at");
}

/// The lists of a text in which the steps of a plan put or take out single elements.
fn touched(plan: &Plan) -> BTreeSet<Path> {
    let edits = plan.steps.iter().flat_map(|step| &step.edits);
    let paths = edits.map(|edit| match edit {
        Change::Set(path, _) | Change::Insert(path, _) | Change::Remove(path) => path.steps(),
    });
    let lists = paths.filter_map(|steps| match steps {
        [list @ .., Step::Index(_)] => Some(list.iter().cloned().collect()),
        _ => None,
    });
    lists.collect()
}

#[test]
fn steps_that_change_a_marked_list_leave_it_marked() {
    let rules = described::shipped();
    let (mut wrong, mut cases, mut seen) = (String::new(), 0, BTreeSet::new());
    for row in rows() {
        let text = changed(READY, &row.wishes);
        for list in touched(&planned(&text, &rules, &Consent::default())) {
            let mark = Change::Insert(list.clone().index(0), Value::Raw("unknown".to_owned()));
            // An empty list between brackets has no first place.
            let Ok(marked) = edit::change(&text, 0, &[mark]) else { continue };
            let plan = planned(&marked, &rules, &Consent::default());
            if !touched(&plan).contains(&list) || !seen.insert((list.clone(), plan.steps.len())) {
                continue;
            }
            cases += 1;
            for problem in follow(&marked, &rules, &plan, &|text| by_rules(text, &rules)) {
                wrong += &format!("{:?} with {list} marked: {problem}\n", row.clauses);
            }
            let steps = plan.steps.iter();
            let after = steps.fold(marked.clone(), |text, step| {
                edit::change(&text, 0, &step.edits).expect("the edits fit")
            });
            if after.matches("- unknown").count() != marked.matches("- unknown").count() {
                wrong += &format!("{:?}: the mark of {list} is gone\n", row.clauses);
            }
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
    assert!(cases > 3, "only {cases} plans changed a marked list");
}

#[test]
fn what_is_supposed_beside_a_mark_is_put_into_the_right_place() {
    let at = READY.find("\nmachines:\n").expect("machines") + "\nmachines:\n".len();
    let text = format!("{}  - unknown\n{}", &READY[..at], &READY[at..]);
    let mut inputs = Inputs::shipped();
    inputs.describe("site.yaml", &*text);
    run(&inputs, &Options::default(), |report| {
        let wish =
            ("machines/web01/osFamily".to_owned(), failback::session::assume::value("linux"));
        let sets = [(wish.0, wish.1.expect("a value"))];
        let supposed =
            failback::session::given::with_facts(&inputs, report, &sets).expect("a place");
        let name = |text: &str| text.lines().filter(|line| line.contains("- unknown")).count();
        let new = supposed.sources.iter().find(|(_, source)| source.name() == "site.yaml");
        let new = new.expect("the description").1.text();
        assert_eq!(name(new), name(&text));
        let web01 = new.split("- id: web01").nth(1).expect("the machine");
        assert!(web01.split("- id:").next().expect("it").contains("osFamily: linux"), "{web01}");
    });
}
