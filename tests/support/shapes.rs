//! Descriptions of which little is known, or in which all are alike: the shapes in which a check once took room and time
//! for each pair of machines.

#![allow(dead_code)]

use regex::Regex;

use crate::support::generate::{Faults, environment};

/// A shape by its name, and how it is made for so many machines.
pub struct Shape {
    /// What it is.
    pub name: &'static str,
    /// Its description of so many machines.
    pub text: fn(usize) -> String,
}

/// The complete estate, then each shape.
pub const SHAPES: [Shape; 11] = [
    Shape { name: "complete", text: complete },
    Shape {
        name: "machines marked as incomplete",
        text: |n| complete(n).replacen("machines:\n", "machines:\n  - unknown\n", 1),
    },
    Shape { name: "references unknown", text: |n| references(n, |_| "unknown".to_owned()) },
    Shape { name: "references misspelt", text: |n| references(n, |at| format!("nobody{at}")) },
    Shape {
        name: "master targets unknown",
        text: |n| {
            let part = Regex::new(r"(?s)masterTargets:\n.*?vCenters:").expect("a pattern");
            part.replace(&complete(n), "masterTargets: unknown\nvCenters:").into_owned()
        },
    },
    Shape {
        name: "only ids of machines",
        text: |n| {
            let part = Regex::new(r"(  - id: vm\d+\n)(?:    .*\n)+").expect("a pattern");
            part.replace_all(&complete(n), "$1").into_owned()
        },
    },
    Shape { name: "ids and families alone", text: |n| listed(n, "") },
    Shape { name: "the same, marked", text: |n| listed(n, "  - unknown\n") },
    Shape {
        name: "one replication group",
        text: |n| {
            let group = format!("replicationGroups: [{{ id: all, members: [{}] }}]", ids(n));
            complete(n).replacen("replicationGroups: []", &group, 1)
        },
    },
    Shape {
        name: "clones of one disk",
        text: |n| {
            let part = Regex::new(r"uuid: 6000c290-0000-0000-0000-\d+").expect("a pattern");
            part.replace_all(&complete(n), "uuid: 6000c290-0000-0000-0000-000000000000")
                .into_owned()
        },
    },
    Shape {
        name: "errors on one line",
        text: |n| {
            let machines: Vec<String> =
                (0..n).map(|at| format!("{{ id: vm{at}, nothing: 1 }}")).collect();
            format!("{HEAD}machines: [{}]\n", machines.join(", "))
        },
    },
];

/// Documents that describe nothing but themselves.
pub fn documents(count: usize) -> String {
    (0..count).map(|at| format!("---\n{}", HEAD.replace("shape", &format!("shape{at}")))).collect()
}

const HEAD: &str =
    "apiVersion: failback/v1\nkind: Environment\nname: shape\narchitecture: classic\n";

fn complete(machines: usize) -> String {
    environment(machines, Faults::NONE).text
}

fn ids(machines: usize) -> String {
    (0..machines).map(|at| format!("vm{at}")).collect::<Vec<_>>().join(", ")
}

fn listed(machines: usize, mark: &str) -> String {
    let machines = (0..machines).map(|at| format!("  - id: vm{at}\n    osFamily: linux\n"));
    format!("{HEAD}machines:\n{mark}{}", machines.collect::<String>())
}

/// The complete estate with something else in the place of each reference.
fn references(machines: usize, other: impl Fn(usize) -> String) -> String {
    let names = "configurationServer|masterTarget|processServer|esxiHost|vCenter|datastore|network|retentionVolume";
    let part = Regex::new(&format!(r"\b({names}): [^,\s}}]+")).expect("a pattern");
    let mut at = 0;
    part.replace_all(&complete(machines), |found: &regex::Captures<'_>| {
        at += 1;
        format!("{}: {}", &found[1], other(at))
    })
    .into_owned()
}
