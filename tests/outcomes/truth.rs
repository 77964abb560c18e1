//! The three-valued meaning of every form of expression, form by form, over a pack that is about nothing.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use failback::evaluate::Outcome;
use failback::session::{Inputs, Options, PackFiles, run};

const SCHEMA: &str = r#"
pack neutral "About nothing" when kindOfPack == neutral
document page "A page" { clause A-1 "Something" }
unit Host
environment {
  kindOfPack: neutral | other
  asOf: time
  hosts: [Host]
  disks: [Disk]
  nobody: [Disk]
  unlisted: [Disk]
  links: partial [Link]
  gone: partial [Link]
  yes: bool
  no: bool
  what: bool
  three: int
  some: int
  word: red | green
  mark: text or none
  blank: text or none
  maybe: text or none
  label: text
  tags: [text]
  holes: [text]
  tapes: [Tape]
  spools: [Tape]
  codes: [text]
  numbers: [int]
  guid: text nocase
  release: version
  room: size
  since: time
  heard: time stale after 15min
  late: time stale after 15min
  left: text or none default none
  empty: [text] default []
}
entity Host { id: key  size: int  on: [ref Disk]  disks: all Disk by host }
entity Disk { id: key  host: ref Host  size: int  label: text or none  usedBy: one Host by on }
entity Tape { id: key  size: int  label: text  host: ref Host }
record Link { from: ref Host  to: ref Host  port: int  state: open | shut }
"#;

const FACTS: &str = r#"apiVersion: failback/v1
kind: Environment
name: facts
kindOfPack: neutral
asOf: 2020-03-28T09:00:00Z
hosts:
  - { id: h1, size: 1, on: [d1] }
  - { id: h2, size: 2, on: [d2, d3] }
  - { id: h3, size: unknown, on: unknown }
disks:
  - { id: d1, host: h1, size: 10, label: a }
  - { id: d2, host: h1, size: 20, label: none }
  - { id: d3, host: h2, label: a }
nobody: []
links:
  - { from: h1, to: h2, port: 443, state: open }
  - { from: h1, to: h2, port: 80, state: shut }
  - { from: h2, to: h1, port: 443, state: open }
  - { from: h2, to: h1, port: 443, state: open }
  - { from: h3, to: h1, port: 443, state: unknown }
yes: true
no: false
what: unknown
three: 3
word: red
mark: x
blank: none
label: Straße
tags: [a, b, b]
holes: [a, unknown]
tapes:
  - { id: t1, size: 10, label: a, host: h1 }
  - unknown
  - { id: t2, size: 20, label: b, host: h2 }
spools: [unknown]
codes: [~]
numbers: [1, null]
guid: ABC-1
release: "9.30.1"
room: 600GiB
since: 2020-03-28T08:45:00Z
heard: 2020-03-28T08:45:00Z
late: 2020-03-28T08:44:59Z
"#;

/// The outcome of each condition, told by number.
fn outcomes(conditions: &[&str]) -> BTreeMap<usize, Vec<Outcome>> {
    let mut pack = SCHEMA.to_owned();
    for (at, condition) in conditions.iter().enumerate() {
        let _ = writeln!(
            pack,
            "prerequisite R-{at} \"r\" {{ clause A-1 require {condition} because \"no\" }}"
        );
    }
    judge(&pack, &[FACTS])
}

fn judge(pack: &str, facts: &[&str]) -> BTreeMap<usize, Vec<Outcome>> {
    let mut inputs = Inputs::default();
    let file = inputs.sources.add("neutral.gate", pack);
    inputs.packs.push(PackFiles::new("neutral", vec![file]));
    for (at, text) in facts.iter().enumerate() {
        inputs.describe(format!("facts{at}.yaml"), *text);
    }
    let mut options = Options::default();
    options.selection.all = true;
    run(&inputs, &options, |report| {
        let errors: Vec<_> = report
            .errors
            .iter()
            .map(|error| {
                format!(
                    "{}: {:?}",
                    error.message,
                    error.span().map(|span| report.sources.slice(span))
                )
            })
            .collect();
        assert!(errors.is_empty(), "{errors:#?}");
        let checked = &report.environments[0];
        let number = |rule: usize| {
            let id = &checked.rules.rules[rule].id;
            id.rsplit('-').next().and_then(|number| number.parse().ok()).expect("a number")
        };
        let mut told: BTreeMap<usize, Vec<Outcome>> = BTreeMap::new();
        for finding in &checked.evaluation.findings {
            told.entry(number(finding.rule)).or_default().push(finding.outcome);
        }
        for (rule, outcome, _) in &checked.evaluation.quiet {
            told.entry(number(*rule)).or_default().push(*outcome);
        }
        told
    })
}

/// Each condition is true, false or unknown as its row says.
fn holds(table: &[(&str, &str)]) {
    let conditions: Vec<&str> = table.iter().map(|(condition, _)| *condition).collect();
    let told = outcomes(&conditions);
    let mut wrong = String::new();
    for (at, (condition, expected)) in table.iter().enumerate() {
        let found = match told.get(&at).map(Vec::as_slice) {
            Some([Outcome::Pass]) => "true",
            Some([Outcome::Fail]) => "false",
            Some([Outcome::Unknown]) => "unknown",
            other => panic!("{condition}: {other:?}"),
        };
        if found != *expected {
            let _ = writeln!(wrong, "{condition} is {found}, not {expected}");
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn logic_is_that_of_kleene() {
    let words = [("yes", 2), ("no", 0), ("what", 1)];
    let name = |value: i32| ["false", "unknown", "true"][value as usize];
    let mut table: Vec<(String, &str)> = Vec::new();
    for (a, left) in words {
        table.push((format!("not {a}"), name(2 - left)));
        for (b, right) in words {
            table.push((format!("{a} and {b}"), name(left.min(right))));
            table.push((format!("{a} or {b}"), name(left.max(right))));
            table.push((format!("{a} implies {b}"), name((2 - left).max(right))));
        }
    }
    let table: Vec<(&str, &str)> = table.iter().map(|(a, b)| (a.as_str(), *b)).collect();
    holds(&table);
}

#[test]
fn comparisons_with_the_unknown_are_unknown() {
    holds(&[
        ("three == 3", "true"),
        ("three != 3", "false"),
        ("three < 3", "false"),
        ("three <= 3", "true"),
        ("three > 2", "true"),
        ("some == 3", "unknown"),
        ("some != 3", "unknown"),
        ("some < some", "unknown"),
        ("word == red", "true"),
        ("word in [red, green]", "true"),
        ("mark == none", "false"),
        ("mark != none", "true"),
        ("blank == none", "true"),
        ("blank == \"x\"", "false"),
        ("blank != \"x\"", "true"),
        ("maybe == none", "unknown"),
        ("left == none", "true"),
        ("empty is empty", "true"),
        ("label == \"straße\"", "false"),
        ("lower(label) == \"straße\"", "true"),
        ("guid == \"abc-1\"", "true"),
        ("release >= 9.30", "true"),
        ("release < 9.4", "false"),
        ("room == 600GiB", "true"),
        ("room > 600GB", "true"),
        ("since + 15min == now", "true"),
        ("now - since == 15min", "true"),
        ("label matches \"^Str\"", "true"),
        ("blank matches \"x\"", "false"),
        ("maybe matches \"x\"", "unknown"),
        ("startsWith(label, \"Str\")", "true"),
        ("older(9.30, 9.31)", "true"),
        ("older(9.30, 9.30.1)", "unknown"),
        ("older(9.30, 9.30)", "false"),
    ]);
}

#[test]
fn quantifiers_go_over_empty_unknown_and_partial_lists() {
    holds(&[
        ("all d in nobody: d.size > 0", "true"),
        ("any d in nobody: d.size > 0", "false"),
        ("no d in nobody: d.size > 0", "true"),
        ("all d in unlisted: d.size > 0", "unknown"),
        ("any d in unlisted: d.size > 0", "unknown"),
        ("no d in unlisted: d.size > 0", "unknown"),
        // One element is unknown.
        ("all d in disks: d.size > 5", "unknown"),
        ("all d in disks: d.size > 15", "false"),
        ("any d in disks: d.size > 15", "true"),
        ("any d in disks: d.size > 25", "unknown"),
        ("no d in disks: d.size > 15", "false"),
        ("no d in disks: d.size > 25", "unknown"),
        ("all d in disks where d.size is known: d.size > 5", "true"),
        ("all d in disks where d.size > 15: d.size == 20", "unknown"),
        ("all d in disks where d.id in [\"d1\", \"d2\"]: d.size >= 10", "true"),
        // A partial list may leave things out: it is never the proof of "none" or "all".
        ("any l in links: l.state == shut", "true"),
        ("any l in links: l.port == 22", "unknown"),
        ("no l in links: l.port == 22", "unknown"),
        ("no l in links: l.port == 80", "false"),
        ("all l in links: l.port > 0", "unknown"),
        ("all l in links: l.port > 80", "false"),
        ("any l in gone: l.port == 22", "unknown"),
    ]);
}

#[test]
fn a_list_marked_as_incomplete_is_never_the_proof_of_none_or_all() {
    holds(&[
        ("all t in tapes: t.size > 5", "unknown"),
        ("all t in tapes: t.size > 15", "false"),
        ("all t in tapes where t.size > 99: no", "unknown"),
        ("any t in tapes: t.size > 15", "true"),
        ("any t in tapes: t.size > 25", "unknown"),
        ("no t in tapes: t.size > 25", "unknown"),
        ("no t in tapes: t.size > 15", "false"),
        ("count(tapes) == 2", "unknown"),
        ("count(spools) == 1", "unknown"),
        ("sum([t.size for t in tapes]) > 0", "unknown"),
        ("max(numbers) == 1", "unknown"),
        ("tapes is empty", "false"),
        ("[t for t in tapes where t.size > 25] is empty", "unknown"),
        ("spools is empty", "unknown"),
        ("codes is empty", "unknown"),
        ("numbers is empty", "false"),
        ("tapes is known", "false"),
        ("[t.label for t in tapes] are unique", "unknown"),
        ("[t.host for t in tapes] are equal", "false"),
        ("\"a\" is unique in [t.label for t in tapes]", "unknown"),
        ("\"a\" in [t.label for t in tapes]", "true"),
        ("\"z\" in [t.label for t in tapes]", "unknown"),
        ("\"z\" in codes", "unknown"),
        ("1 in numbers", "true"),
        ("(the t in tapes where t.id == \"t1\").size == 10", "true"),
        ("(the t in tapes where t.id == \"t9\") == none", "unknown"),
    ]);
    // What is listed is judged; what may not be listed is one outcome more, however often it is said.
    let rule = |list: &str| {
        format!(
            "{SCHEMA}\nprerequisite R-0 \"r\" {{ clause A-1 for x in {list} require x != none because \"no\" }}"
        )
    };
    use Outcome::{Pass, Unknown};
    assert_eq!(judge(&rule("tapes"), &[FACTS])[&0], [Unknown, Pass, Pass]);
    assert_eq!(judge(&rule("spools"), &[FACTS])[&0], [Unknown]);
    assert_eq!(judge(&rule("numbers"), &[FACTS])[&0], [Unknown, Pass]);
    let more = "apiVersion: failback/v1\nkind: Environment\nname: facts\n\
                tapes: [unknown, { id: t3, size: 1 }]\nspools: [unknown]\n";
    assert_eq!(judge(&rule("tapes"), &[FACTS, more])[&0], [Unknown, Pass, Pass, Pass]);
    assert_eq!(judge(&rule("spools"), &[FACTS, more])[&0], [Unknown]);
}

#[test]
fn the_one_element_is_found_missing_or_doubtful() {
    holds(&[
        ("(the l in links where l.port == 80).state == shut", "true"),
        ("(the l in links where l.port == 80 and l.state == open) is known", "false"),
        // Several match.
        (
            "(the l in links where l.from == (the h in hosts where h.id == \"h2\")) is known",
            "false",
        ),
        // None matches, in a list that is complete and in one that is not.
        ("(the d in disks where d.id == \"d9\") == none", "true"),
        ("(the l in links where l.port == 22) == none", "unknown"),
        ("(the d in unlisted where d.id == \"d9\") == none", "unknown"),
        // One matches; another might.
        ("(the d in disks where d.size == 20).id == \"d2\"", "true"),
        // None matches for sure; one might.
        ("(the d in disks where d.size == 30) == none", "unknown"),
        // A field of nothing is nothing.
        ("(the d in disks where d.id == \"d9\").size == none", "true"),
    ]);
}

#[test]
fn what_is_asked_of_knowledge_itself_is_never_unknown() {
    holds(&[
        ("what is known", "false"),
        ("what is not known", "true"),
        ("yes is known", "true"),
        ("blank is known", "true"),
        ("maybe is known", "false"),
        ("unlisted is known", "false"),
        ("nobody is known", "true"),
        ("(what and no) is known", "true"),
        ("(what and yes) is known", "false"),
        ("what otherwise true", "true"),
        ("(what otherwise no) == false", "true"),
        ("(no otherwise true) == false", "true"),
        ("(some otherwise three) == 3", "true"),
        ("(some otherwise some) == 3", "unknown"),
        // Known to be absent is known.
        ("(blank otherwise \"x\") == none", "true"),
        ("(unlisted otherwise []) is empty", "true"),
        ("if what then true else true", "true"),
        ("if what then true else false", "unknown"),
        ("(if yes then three else some) == 3", "true"),
    ]);
}

#[test]
fn membership_and_sameness_over_holes() {
    holds(&[
        ("\"a\" in tags", "true"),
        ("\"z\" in tags", "false"),
        ("\"z\" not in tags", "true"),
        ("\"a\" in holes", "true"),
        ("\"z\" in holes", "unknown"),
        ("maybe in tags", "unknown"),
        ("443 in links.port", "true"),
        ("22 in links.port", "unknown"),
        ("22 not in links.port", "unknown"),
        ("\"a\" in unlisted.label", "unknown"),
        ("tags are unique", "false"),
        ("distinct(tags) are unique", "true"),
        ("tags are equal", "false"),
        ("holes are unique", "unknown"),
        ("holes are equal", "unknown"),
        ("nobody.id are equal", "true"),
        ("nobody.id are unique", "true"),
        ("\"a\" is unique in tags", "true"),
        ("\"b\" is unique in tags", "false"),
        ("\"a\" is unique in holes", "unknown"),
        ("disks.label are unique", "false"),
        ("nobody is empty", "true"),
        ("disks is empty", "false"),
        ("unlisted is empty", "unknown"),
        ("links is empty", "false"),
        ("gone is empty", "unknown"),
        ("[d for d in disks where d.size > 15] is empty", "false"),
        ("[d for d in disks where d.size > 25] is empty", "unknown"),
        ("[d for d in disks where d.size > 25 and d.size is known] is empty", "true"),
        ("count(disks) == 3", "true"),
        ("count(tags) == 3", "true"),
        ("count(unlisted) == 0", "unknown"),
        ("count(links) == 5", "unknown"),
        ("sum([1, 2]) == 3", "true"),
        ("sum(disks.size) == 30", "unknown"),
        ("max([d.size for d in disks where d.size is known]) == 20", "true"),
        ("min([3, some]) == 3", "unknown"),
        ("word in [green]", "false"),
    ]);
}

#[test]
fn who_holds_a_value_is_told_as_far_as_it_is_known() {
    holds(&[
        ("count(holders(\"a\", disks.label)) == 2", "true"),
        ("all d in holders(\"a\", disks.label): d.id in [\"d1\", \"d3\"]", "true"),
        ("any d in holders(\"a\", disks.label): d.size > 10", "unknown"),
        ("holders(\"z\", disks.label) is empty", "true"),
        ("holders(none, disks.label).id are equal", "true"),
        ("count(holders(maybe, disks.label)) == 0", "unknown"),
        ("count(holders(20, disks.size)) == 1", "true"),
        // Who only may be in the list, or may say so, does not count.
        ("holders(\"a\", [d for d in disks where d.size > 15].label) is empty", "true"),
        ("any t in holders(\"b\", tapes.label): t.id == \"t2\"", "true"),
        ("holders(\"z\", tapes.label) is empty", "true"),
        ("holders(\"a\", unlisted.label) is empty", "unknown"),
        // By what stands elsewhere, it is still the one who names it.
        ("all h in holders(10, hosts.on.size): h.id == \"h1\"", "true"),
        ("count(holders(20, hosts.on.size)) == 1", "true"),
        ("count(holders(\"h1\", disks.host.id)) == 2", "true"),
    ]);
}

#[test]
fn inverses_are_complete_or_open() {
    holds(&[
        // The list that is not known may hold disks of any host.
        ("count((the h in hosts where h.id == \"h1\").disks) == 2", "unknown"),
        ("(the h in hosts where h.id == \"h3\").disks is empty", "unknown"),
        ("(the h in hosts where h.id == \"h1\").disks is empty", "false"),
        ("(the d in disks where d.id == \"d1\").usedBy.id == \"h1\"", "true"),
        ("all d in disks: d.usedBy != none", "true"),
    ]);
    // A reference that is not known may go anywhere.
    let pack = format!(
        "{SCHEMA}\nprerequisite R-0 \"r\" {{ clause A-1 for h in hosts require h.disks is not empty because \"no\" }}\
         \nprerequisite R-1 \"r\" {{ clause A-1 for d in disks require d.usedBy != none because \"no\" }}"
    );
    let facts = |disk: &str, on: &str| {
        format!(
            "apiVersion: failback/v1\nkind: Environment\nname: n\nkindOfPack: neutral\n\
             nobody: []\nunlisted: []\nhosts: [{{ id: h1, on: [d1] }}, {{ id: h2, on: {on} }}]\ndisks: [{{ id: d1, host: h1 }}, {{ id: d2, {disk} }}]\n"
        )
    };
    use Outcome::{Fail, Pass, Unknown};
    for (disk, on, hosts, disks) in [
        ("host: h1", "[]", [Fail, Pass], [Fail, Pass]),
        ("host: h2", "[d2]", [Pass, Pass], [Pass, Pass]),
        ("host: unknown", "[]", [Unknown, Pass], [Fail, Pass]),
        ("host: h1", "unknown", [Fail, Pass], [Unknown, Pass]),
        ("host: h1", "[unknown]", [Fail, Pass], [Unknown, Pass]),
    ] {
        let told = judge(&pack, &[&facts(disk, on)]);
        assert_eq!(told[&0], hosts, "{disk}, {on}");
        assert_eq!(told[&1], disks, "{disk}, {on}");
    }
}

#[test]
fn what_is_stale_is_not_known() {
    // Fifteen minutes old is not older than fifteen minutes.
    holds(&[("heard is known", "true"), ("late is known", "false"), ("late < now", "unknown")]);
}

#[test]
fn grace_turns_a_failure_into_patience_until_it_ends() {
    use Outcome::{Fail, NotApplicable, Pass, Pending, Unknown};
    let rule = |parts: &str| {
        format!("{SCHEMA}\nprerequisite R-0 \"r\" {{ clause A-1 {parts} because \"no\" }}")
    };
    for (parts, expected) in [
        ("require no grace now + 1s", Pending),
        ("require no grace since + 15min", Fail),
        ("require no grace since + 16min", Pending),
        ("require no grace heard + 15min", Fail),
        ("require no grace late + 15min", Unknown),
        ("require yes grace late + 15min", Pass),
        ("require what grace now + 1s", Unknown),
        ("where no require no", NotApplicable),
        ("where what require no", Unknown),
        ("where what require yes", Pass),
        ("where no require what", NotApplicable),
    ] {
        assert_eq!(judge(&rule(parts), &[FACTS])[&0], [expected], "{parts}");
    }
    for (parts, expected) in [
        ("when yes", Fail),
        ("when no", Pass),
        ("when what", Unknown),
        ("where no when yes", NotApplicable),
    ] {
        let pack =
            format!("{SCHEMA}\nunsupported R-0 \"r\" {{ clause A-1 {parts} because \"no\" }}");
        assert_eq!(judge(&pack, &[FACTS])[&0], [expected], "{parts}");
    }
}

#[test]
fn a_rule_over_a_list_that_is_not_known_is_unknown_and_over_an_empty_one_silent() {
    let pack = format!(
        "{SCHEMA}\nprerequisite R-0 \"r\" {{ clause A-1 for d in unlisted require d.size > 0 because \"no\" }}\
         \nprerequisite R-1 \"r\" {{ clause A-1 for d in nobody require d.size > 0 because \"no\" }}\
         \nprerequisite R-2 \"r\" {{ clause A-1 for d in disks require d.size > 0 because \"no\" }}"
    );
    let told = judge(&pack, &[FACTS]);
    assert_eq!(told[&0], [Outcome::Unknown]);
    assert_eq!(told.get(&1), None);
    assert_eq!(told[&2], [Outcome::Unknown, Outcome::Pass, Outcome::Pass]);
}

#[test]
fn documents_of_one_name_are_one_environment() {
    let head = "apiVersion: failback/v1\nkind: Environment\nname: n\nkindOfPack: neutral\n";
    let (one, two) =
        (format!("{head}yes: true\ntags: [a]\n"), format!("{head}yes: true\nno: false\n"));
    let other = format!("{head}yes: false\n");
    let pack = format!(
        "{SCHEMA}\nprerequisite R-0 \"r\" {{ clause A-1 require yes and not no because \"no\" }}"
    );
    assert_eq!(judge(&pack, &[&one, &two])[&0], [Outcome::Pass]);

    let mut inputs = Inputs::default();
    let file = inputs.sources.add("neutral.gate", pack);
    inputs.packs.push(PackFiles::new("neutral", vec![file]));
    inputs.describe("one.yaml", one);
    inputs.describe("other.yaml", other);
    run(&inputs, &Options::default(), |report| {
        // Two that contradict each other are an error, and the fact is not known.
        let [checked] = report.environments.as_slice() else { panic!("one environment") };
        let [error] = checked.errors.as_slice() else { panic!("one error: {:?}", checked.errors) };
        assert_eq!(error.labels.len(), 2, "both places: {error:?}");
        assert_eq!(report.exit_code(), 2);
        assert_eq!(checked.evaluation.findings[0].outcome, Outcome::Unknown);
    });
}
