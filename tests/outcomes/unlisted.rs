//! A list that is marked as incomplete proves nothing about what it does not list: every list of the ready example and of each
//! broken copy of it is marked, one at a time.

use failback::compile::ir::RuleSet;
use failback::diagnostic::Diagnostics;
use failback::evaluate::{Evaluation, Outcome, Readiness, Selection, Verdict, evaluate};
use failback::facts::Facts;
use failback::facts::change::NewFact;
use failback::session::address;
use failback::session::{Inputs, Options, run};
use failback::source::Sources;
use failback::yaml::edit::{self, Change, Value};
use failback::yaml::path::Path;
use failback::yaml::{Kind, Limits, Tree};

use crate::outcomes::evidence::prove;
use crate::outcomes::unknown::fails;
use crate::support::described::{self, READY, changed, with_facts};
use crate::support::rows::rows;

/// The path of every list of a description, and how many elements it has.
fn lists(text: &str) -> Vec<(Path, usize)> {
    fn visit(
        tree: &Tree<'_>,
        node: failback::yaml::NodeId,
        path: &Path,
        found: &mut Vec<(Path, usize)>,
    ) {
        match tree.kind(node) {
            Kind::Sequence => {
                found.push((path.clone(), tree.items(node).count()));
                for (at, item) in tree.items(node).enumerate() {
                    visit(tree, item, &path.clone().index(at), found);
                }
            }
            Kind::Mapping => {
                for entry in tree.entries(node) {
                    visit(tree, entry.value, &path.clone().key(tree.text(entry.key)), found);
                }
            }
            Kind::Scalar => {}
        }
    }
    let mut sources = Sources::default();
    let file = sources.add("site.yaml", text);
    let mut tree = Tree::new(&sources);
    tree.read(file, &Limits::default(), &mut Diagnostics::default());
    let mut found = Vec::new();
    visit(&tree, tree.documents()[0].root, &Path::root(), &mut found);
    found
}

/// The text with an element `unknown` in a list.
fn marked(text: &str, list: &Path, length: usize) -> String {
    let unknown = Value::Raw("unknown".to_owned());
    let change = match length {
        0 => Change::Set(list.clone(), Value::List(vec![unknown])),
        _ => Change::Insert(list.clone().index(length), unknown),
    };
    edit::change(text, 0, &[change]).unwrap_or_else(|error| panic!("{list}: {error}"))
}

fn judge<T>(
    text: &str,
    rules: &RuleSet,
    then: impl FnOnce(&Facts<'_>, Option<i64>, &Evaluation<'_>) -> T,
) -> T {
    with_facts(text, rules, |facts, now| {
        let evaluation = evaluate(facts, rules, now, &Selection::default());
        then(facts, now, &evaluation)
    })
}

#[test]
fn marking_a_list_of_the_ready_example_makes_no_fault_and_every_doubt_is_proved_and_asked_for() {
    let rules = described::shipped();
    let lists = lists(READY);
    assert!(lists.len() >= 40, "the ready example has many lists: {}", lists.len());
    let mut doubted = 0;
    for (list, length) in lists {
        let text = marked(READY, &list, length);
        judge(&text, &rules, |facts, now, told| {
            let faults = fails(told, &rules);
            assert!(faults.is_empty(), "{list}: {faults:?}");
            assert!([Verdict::Open, Verdict::Unknown].contains(&told.verdict), "{list}");
            doubted += usize::from(told.verdict == Verdict::Unknown);
            let wrong = prove(facts, &rules, now, told, false);
            assert!(wrong.is_empty(), "{list}:\n{wrong}");
            for finding in &told.findings {
                if finding.outcome == Outcome::Unknown {
                    let asked = finding.questions.iter();
                    let marks = asked.filter(|one| one.ask.contains("marked as incomplete"));
                    assert!(marks.count() > 0, "{list}: {}", finding.id);
                }
            }
        });
    }
    assert!(doubted > 20, "marks are not looked at: {doubted}");
}

#[test]
fn what_is_unique_among_the_listed_machines_may_not_be_so_among_all() {
    let rules = described::shipped();
    let outcomes = |text: &str| {
        judge(text, &rules, |facts, now, told| {
            let own = |id: &str| id.starts_with("VM-009:") || id == "VM-009";
            let told: Vec<_> = told.findings.iter().filter(|told| own(&told.id)).collect();
            for finding in &told {
                assert!(finding.evidence.iter().any(|one| one.path == "machines"));
                assert_eq!(
                    failback::evaluate::explain::certificate(facts, &rules, now, finding),
                    Outcome::Unknown
                );
            }
            told.iter().map(|finding| (finding.id.clone(), finding.outcome)).collect::<Vec<_>>()
        })
    };
    assert_eq!(outcomes(READY), []);
    let machines = Path::root().key("machines");
    let length = lists(READY).iter().find(|(path, _)| *path == machines).expect("machines").1;
    let told = outcomes(&marked(READY, &machines, length));
    assert!(told.len() > 2, "{told:?}");
    assert!(told.iter().all(|(_, outcome)| *outcome == Outcome::Unknown), "{told:?}");
}

#[test]
fn marking_a_list_of_a_broken_copy_never_opens_the_gate() {
    let rules = described::shipped();
    let every = std::env::var("FAILBACK_HIDE_EVERY").ok().and_then(|every| every.parse().ok());
    let every = every.unwrap_or(12).max(1);
    let mut wrong = String::new();
    for (number, row) in rows().into_iter().enumerate() {
        let text = changed(READY, &row.wishes);
        let ready = |told: &Evaluation<'_>| -> Vec<String> {
            let units = told.units.iter();
            let ready = units.filter(|unit| unit.readiness == Readiness::Ready);
            ready.map(|unit| unit.id.clone()).collect()
        };
        let (verdict, before) = judge(&text, &rules, |_, _, told| (told.verdict, ready(told)));
        for (at, (list, length)) in lists(&text).into_iter().enumerate() {
            if (at + number) % every != 0 {
                continue;
            }
            judge(&marked(&text, &list, length), &rules, |_, _, told| {
                if verdict != Verdict::Open && told.verdict == Verdict::Open {
                    wrong += &format!("{:?} with {list} marked: open\n", row.finds);
                }
                for unit in ready(told).iter().filter(|unit| !before.contains(unit)) {
                    wrong += &format!("{:?} with {list} marked: {unit} is ready\n", row.finds);
                }
            });
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn a_change_of_single_elements_leaves_a_list_marked_and_one_of_the_whole_list_does_not() {
    let rules = described::shipped();
    let list = Path::root().key("request").key("items");
    let length = lists(READY).iter().find(|(path, _)| *path == list).expect("items").1;
    with_facts(&marked(READY, &list, length), &rules, |facts, _| {
        let slot = address::resolve(facts, "request/items").expect("a list").slot;
        let start = facts.mark();
        facts.remove_items(slot, &[0]);
        assert!(facts.is_damaged(slot) && facts.marker(slot).is_some());
        assert!(facts.push_items(slot, &[NewFact::Row(0)]));
        assert!(facts.is_damaged(slot) && facts.marker(slot).is_some());
        let between = facts.mark();
        facts.store(slot, &NewFact::List(Vec::new()));
        assert!(!facts.is_damaged(slot) && facts.marker(slot).is_none());
        facts.rollback(between);
        assert!(facts.is_damaged(slot) && facts.marker(slot).is_some());
        facts.rollback(start);
        assert!(facts.is_damaged(slot) && facts.marker(slot).is_some());
    });
}

#[test]
fn a_mark_moves_no_address() {
    let at = READY.find("\nmachines:\n").expect("machines") + "\nmachines:\n".len();
    let text = format!("{}  - unknown   # page two is missing\n{}", &READY[..at], &READY[at..]);
    let mut inputs = Inputs::shipped();
    inputs.describe("site.yaml", &*text);
    run(&inputs, &Options::default(), |report| {
        let [checked] = report.environments.as_slice() else { panic!("one environment") };
        assert!(checked.errors.is_empty(), "a mark is no error");
        let target = address::resolve(&checked.facts, "machines/web01/osFamily").expect("a fact");
        let own = failback::plan::edits::path(&checked.facts, target.slot);
        let spot = address::spot(&checked.facts, target.slot).expect("a place");
        assert_eq!(own.to_string(), spot.path.to_string());
        let change = Change::Set(own, Value::Raw("linux".to_owned()));
        let changed = edit::change(&text, 0, &[change]).expect("the edit fits");
        assert!(changed.contains("  - unknown   # page two is missing\n"));
        assert_eq!(changed.lines().count(), text.lines().count());
    });
}
