//! Changes to rules that pages notice or do not: a small pack known by hand, and samples of the shipped ones.

use failback::packs;
use failback::session::Inputs;
use failback::spec::Texts;
use failback::spec::mutate::{self, Change, Mutations};
use failback::spec::page::Page;

const RULES: &str = r#"pack demo "Demo"
document paper "Paper" {
  clause A-1 "enough slots"
}
environment {
  servers: [Server]
}
entity Server "a server" {
  id: key
  slots: int
  state: running | stopped | paused
  spare: bool
}
define idle(s: Server): bool = s.state in [stopped, paused]

prerequisite SRV-001 "A server has few slots in use" {
  clause  A-1
  for     s in servers
  where   not s.spare and not idle(s)
  require s.slots <= 4
  because "{s} has {s.slots} slots"
}
"#;

const PAGE: &str = "\
## SRV-001: A server has few slots in use

```yaml
servers:
  - { id: s1, slots: 4, spare: false, state: running }   # pass: SRV-001
  - { id: s2, slots: 9, spare: false, state: running }   # fail: SRV-001
  - { id: s3, slots: 9, spare: false, state: stopped }   # notApplicable: SRV-001
  - { id: s4, slots: 9, spare: true, state: running }    # notApplicable: SRV-001
```
";

/// The cases that notice what those of [`PAGE`] do not.
const REST: &str = "
```yaml
servers:
  - { id: s1, slots: 5, spare: false, state: running }   # fail: SRV-001
  - { id: s2, slots: 9, spare: false, state: paused }    # notApplicable: SRV-001
```
";

fn mutated(page: &str, sample: Option<usize>) -> Mutations {
    let pack = [("demo.gate".to_owned(), RULES.to_owned())];
    let pages = [Page::parse("demo.md", page)];
    let results = failback::spec::run(&pages, &pack);
    assert_eq!(results.errors, Vec::<String>::new());
    assert!(results.cases.iter().all(|case| case.passed()), "{results:?}");
    let pack = Texts { own: pack.to_vec(), used: Vec::new() };
    mutate::run(&pages, &pack, sample)
}

fn shown(changes: &[Change]) -> Vec<String> {
    let line = |change: &Change| {
        let Change { line, owner, before, after, .. } = change;
        format!("{line}: {owner}: `{before}` becomes `{after}`")
    };
    changes.iter().map(line).collect()
}

#[test]
fn changes_that_no_case_notices_are_listed_with_their_line() {
    let mutations = mutated(PAGE, None);
    assert_eq!(
        shown(&mutations.unnoticed),
        [
            "14: idle: `s.state in [stopped, paused]` becomes `s.state in [stopped]`",
            "20: SRV-001: `s.slots <= 4` becomes `s.slots <= 5`",
        ]
    );
    assert_eq!(mutations.tried, mutations.noticed + 2);
}

#[test]
fn cases_at_the_bounds_notice_every_change() {
    let mutations = mutated(&format!("{PAGE}{REST}"), None);
    assert_eq!(shown(&mutations.unnoticed), Vec::<String>::new());
    // `where`, `and`, both `not`, the comparison, its number up and down, `in`, and two words of a list.
    assert_eq!((mutations.tried, mutations.noticed), (10, 10));
}

#[test]
fn a_mark_counts_a_change_as_equal_and_is_checked() {
    let mark =
        "<!-- equal: SRV-001: `s.slots <= 4` becomes `s.slots <= 5`: there are no five -->\n";
    let mutations = mutated(&format!("{PAGE}{mark}"), None);
    assert_eq!((mutations.equal, mutations.unnoticed.len()), (1, 1));
    assert_eq!(mutations.problems, Vec::<String>::new());

    let noticed = mutated(&format!("{PAGE}{REST}{mark}"), None);
    assert_eq!(noticed.equal, 0);
    let [problem] = noticed.problems.as_slice() else { panic!("{:?}", noticed.problems) };
    assert!(problem.starts_with("demo.md:") && problem.contains("a case notices"), "{problem}");

    for (wrong, what) in [
        (
            "<!-- equal: SRV-001: `s.slots <= 4` becomes `s.slots <= 7`: why -->\n",
            "no change to SRV-001",
        ),
        ("<!-- equal: SRV-001: `s.slots <= 4` becomes `s.slots <= 5` -->\n", "cannot be read"),
        ("<!-- equal: SRV-001\n", "cannot be read"),
    ] {
        let problems = mutated(&format!("{PAGE}{wrong}"), None).problems;
        assert!(problems.len() == 1 && problems[0].contains(what), "{problems:?}");
    }
}

#[test]
fn a_sample_is_a_part_of_all_changes() {
    let all = mutated(PAGE, None);
    let some = mutated(PAGE, Some(4));
    assert_eq!(some.tried, 4);
    assert_eq!(some, mutated(PAGE, Some(4)));
    assert!(some.unnoticed.iter().all(|change| all.unnoticed.contains(change)));
}

/// Of a hundred changes of a sample so many may go unnoticed in a shipped pack; it falls as pages get better.
const UNNOTICED: usize = 28;

#[test]
fn shipped_pages_notice_changes_of_their_rules() {
    let inputs = Inputs::shipped();
    for (shipped, pack) in packs::shipped().filter(|pack| !pack.shared).zip(&inputs.packs) {
        let pages: Vec<Page> =
            shipped.pages().map(|(name, text)| Page::parse(name, text)).collect();
        let texts = Texts::of(&inputs.sources, pack);
        let mutations = mutate::run(&pages, &texts, Some(150));
        assert_eq!(mutations.problems, Vec::<String>::new());
        assert!(mutations.tried > 120, "{}: only {} tried", shipped.name, mutations.tried);
        let unnoticed = shown(&mutations.unnoticed);
        assert!(
            unnoticed.len() * 100 <= mutations.tried * UNNOTICED,
            "{}: {} of {} unnoticed: {unnoticed:#?}",
            shipped.name,
            unnoticed.len(),
            mutations.tried
        );
    }
}
