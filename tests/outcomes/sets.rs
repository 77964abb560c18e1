//! Values as members of sets: which are the same, and how many different ones there are where some are not known.

use std::collections::BTreeMap;

use failback::evaluate::explain::certificate;
use failback::session::{Inputs, Options, PackFiles, run};

const PACK: &str = r#"
pack sets "Values as members of sets"
environment { withdrawn: [version]  hosts: [Host]  guests: [Guest] }
entity Host { id: key  name: text  serial: text nocase  version: version  tried: [version]  tags: [text nocase]  carriers: [text]  guests: all Guest by host }
entity Guest { id: key  host: ref Host  needs: version  tag: text nocase }
unit Host
"#;

/// What comes out of each condition on a host `h`: the words of the outcomes, host by host.
fn told(conditions: &[String], facts: &str) -> Vec<String> {
    let mut pack = PACK.to_owned();
    for (at, condition) in conditions.iter().enumerate() {
        pack += &format!(
            "prerequisite R-{at:02} \"r\" {{ for h in hosts require {condition} because \"no\" }}\n"
        );
    }
    let mut inputs = Inputs::default();
    let file = inputs.sources.add("sets.gate", &pack);
    inputs.packs.push(PackFiles::new("sets", vec![file]));
    inputs.describe(
        "facts.yaml",
        format!("apiVersion: failback/v1\nkind: Environment\nname: f\n{facts}"),
    );
    let mut options = Options::default();
    options.selection.all = true;
    run(&inputs, &options, |report| {
        let errors: Vec<&str> = report.errors.iter().map(|error| error.message.as_str()).collect();
        assert!(errors.is_empty(), "{errors:#?}");
        let checked = &report.environments[0];
        for finding in &checked.evaluation.findings {
            let again = certificate(&checked.facts, checked.rules, checked.now, finding);
            let evidence: Vec<&str> =
                finding.evidence.iter().map(|evidence| evidence.path.as_str()).collect();
            let condition = &conditions[finding.rule];
            assert_eq!(again, finding.outcome, "{condition}, by {evidence:?} alone, of\n{facts}");
        }
        let mut told: BTreeMap<(usize, u32), &str> = BTreeMap::new();
        let findings = checked.evaluation.findings.iter();
        let findings = findings.map(|found| (found.rule, found.outcome, found.subject));
        for (rule, outcome, subject) in findings.chain(checked.evaluation.quiet.iter().copied()) {
            told.insert((rule, subject.expect("a host")), outcome.word());
        }
        let mut words = vec![String::new(); conditions.len()];
        told.iter().for_each(|((rule, _), word)| words[*rule] += &format!("{word} "));
        words
    })
}

/// Holds conditions against what has to come out of them for one host.
fn holds(facts: &str, table: &[(&str, &str)]) {
    let conditions: Vec<String> = table.iter().map(|(text, _)| (*text).to_owned()).collect();
    for ((condition, wanted), found) in table.iter().zip(told(&conditions, facts)) {
        assert_eq!(found.trim(), *wanted, "{condition}, where\n{facts}");
    }
}

/// Forms in which values are looked for among others, or told apart.
const FORMS: [&str; 24] = [
    "h.version in [9.29, 9.30]",
    "h.version in withdrawn",
    "h.version in h.tried",
    "h.version in hosts.version",
    "h.version in [g.needs for g in guests where g.host == h]",
    "h.version is unique in hosts.version",
    "h.version is unique in h.tried",
    "h.tried are unique",
    "h.tried are equal",
    "hosts.version are unique",
    "count(distinct(h.tried)) == 1",
    "count(distinct(hosts.version)) <= 2",
    "h.tried == [9.30]",
    "any g in guests: g.needs == h.version",
    "all g in guests where g.needs == h.version: g.host == h",
    "(the o in hosts where o.version == h.version and o.id == \"h1\") == h",
    "count([g for g in guests where g.needs == h.version]) == 1",
    "any o in holders(h.version, hosts.version): o.id == \"h1\"",
    "h.serial in h.tags",
    "h.serial is unique in hosts.serial",
    "count(distinct(h.tags)) == 1",
    "any g in guests: g.tag == h.serial",
    "startsWith(h.serial, \"abc\")",
    "h.serial matches \"^abc-[0-9]+x$\"",
];

/// An environment in which each value is spelled in one of two ways that mean the same.
fn spelled(hosts: usize, version: &[&str; 2], serial: &[&str; 2]) -> String {
    let mut text = format!("withdrawn: [{}, 8.1]\nhosts:\n", version[0]);
    for at in 1..=hosts {
        let (version, other) = (version[at % 2], version[(at + 1) % 2]);
        let (serial, tag) = (serial[at % 2], serial[(at + 1) % 2]);
        // Two of them have what others have not.
        let version = if at % 5 == 0 { "7.1" } else { version };
        text += &format!(
            "  - {{ id: h{at}, name: n, version: {version}, serial: {serial}, tried: [{version}, {other}], tags: [{tag}] }}\n"
        );
    }
    text += "guests:\n";
    for at in 1..=hosts {
        let (version, serial) = (version[(at + 1) % 2], serial[(at / 2) % 2]);
        text += &format!("  - {{ id: g{at}, host: h{at}, needs: {version}, tag: {serial} }}\n");
    }
    text
}

#[test]
fn it_does_not_matter_how_equal_values_are_spelled() {
    let forms: Vec<String> = FORMS.map(str::to_owned).to_vec();
    // Short lists, such as are looked up, and such as are looked at together.
    for hosts in [1, 2, 5, 40] {
        let plain = told(&forms, &spelled(hosts, &["9.30"; 2], &["ABC-1x"; 2]));
        assert!(plain.iter().any(|words| words.contains("fail")), "{plain:?}");
        for versions in [["9.30", "9.30.0"], ["9.030.0", "9.30"]] {
            let other = told(&forms, &spelled(hosts, &versions, &["abc-1X", "Abc-1x"]));
            for ((form, plain), other) in FORMS.iter().zip(&plain).zip(&other) {
                assert_eq!(plain, other, "{form}, {hosts} hosts, {versions:?}");
            }
        }
    }
}

#[test]
fn versions_are_members_number_by_number_and_texts_without_case_where_their_type_says_so() {
    holds(
        "withdrawn: [9.29, \"9.30\"]\nhosts:\n  - { id: h1, name: ABC, version: 9.30.0, serial: STRASSE-Ä, \
         tried: [9.30, 9.30.0], tags: [KT, kt], carriers: [KT, kt] }\n",
        &[
            ("h.version in [9.29, 9.30]", "pass"),
            ("h.version in withdrawn", "pass"),
            ("h.version in [9.3, 9.300]", "fail"),
            ("max([9.9, 9.30, 9.4]) == 9.30.0", "pass"),
            ("min([9.9, 9.30, 9.4]) == 9.4", "pass"),
            ("h.tried are equal", "pass"),
            ("h.tried are unique", "fail"),
            ("h.version is unique in h.tried", "fail"),
            ("count(distinct(h.tried)) == 1", "pass"),
            ("count(distinct(h.tags)) == 1", "pass"),
            ("count(distinct(h.carriers)) == 2", "pass"),
            ("h.tags are equal", "pass"),
            ("startsWith(h.serial, \"strasse-ä\")", "pass"),
            ("startsWith(h.name, \"abc\")", "fail"),
            ("h.serial matches \"^strasse-ä$\"", "pass"),
            ("h.name matches \"^abc$\"", "fail"),
            ("lower(h.serial) == \"strasse-ä\"", "pass"),
        ],
    );
}

/// What holds of a list some of whose elements are not known: the truth of each condition is that of all ways to fill
/// them in, where these agree.
#[test]
fn what_is_not_known_may_equal_what_is() {
    holds(
        "withdrawn: [9.1]\nhosts:\n  - { id: h1, name: n, serial: s, version: 9.1, tried: [9.1], tags: [a], carriers: [a] }\n\
         guests:\n  - { id: g1, host: h1, needs: 9.1, tag: a }\n  - { id: g2, host: h1, needs: 9.1, tag: unknown }\n",
        &[
            ("count(guests.tag) == 2", "pass"),
            ("count(distinct(guests.tag)) >= 2", "unknown"),
            ("count(distinct(guests.tag)) >= 1", "unknown"),
            ("count(distinct([g for g in guests where g.id == \"g2\"].tag)) == 1", "pass"),
            ("count(distinct([g for g in guests where g.id == \"g1\"].tag)) == 1", "pass"),
            ("count(distinct(guests.needs)) == 1", "pass"),
            ("distinct(guests.tag) is not empty", "pass"),
            ("any t in distinct(guests.tag): t == \"a\"", "pass"),
            ("all t in distinct(guests.tag): t == \"b\"", "fail"),
            ("all t in distinct(guests.tag): t == \"a\"", "unknown"),
            ("\"a\" in distinct(guests.tag)", "pass"),
            ("\"b\" in distinct(guests.tag)", "unknown"),
            ("guests.tag are unique", "unknown"),
            ("guests.tag are equal", "unknown"),
            ("\"a\" is unique in guests.tag", "unknown"),
            ("count(listed(distinct(guests.tag))) == 1", "pass"),
            ("count(distinct(listed(guests.tag))) == 1", "pass"),
        ],
    );
}

/// What is said of those who are known to refer, and the proof of it: with all else unknown it is said again.
#[test]
fn who_is_listed_is_proved_by_the_list_that_is_stated() {
    let guests = |listed: &str| {
        format!("withdrawn: []\nhosts:\n  - {{ id: h1 }}\n  - {{ id: h2 }}\nguests: {listed}\n")
    };
    let conditions = [
        "any g in listed([g for g in guests where g.host == h]): g.tag == \"a\"",
        "any g in listed(h.guests): g.tag == \"a\"",
        "no g in listed(h.guests): g.tag == \"a\"",
        "listed(h.guests) is empty",
        "listed(h.guests) is not empty",
        "count(listed(h.guests)) == 1",
        "count(listed(h.guests)) != 1",
        "count(distinct(listed(h.guests).tag)) != 1",
        "count(distinct(listed(h.guests).tag)) == 1",
        "listed(h.guests) is not known",
        "(count(listed(h.guests)) otherwise 7) == 7",
    ];
    let conditions = conditions.map(str::to_owned).to_vec();
    for listed in [
        "[]",
        "unknown",
        "[unknown]",
        "[{ id: g1, host: h1, tag: b }]",
        "[{ id: g1, host: h1, tag: a }, { id: g2, host: unknown, tag: a }]",
        "[{ id: g1, host: h2, tag: b }, { id: g2, host: h2, tag: unknown }, unknown]",
    ] {
        told(&conditions, &guests(listed));
    }
}
