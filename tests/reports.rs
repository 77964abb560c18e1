//! The forms of a report: all of them say the same, what others wrote stays text in each, and files are whole or not there.

mod hostile;
mod files;

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;

use crate::support::program::{Done, HEAD, Run};

/// All forms but those for people.
pub const FORMS: [&str; 11] = [
    "json",
    "json-lines",
    "sarif",
    "github",
    "azure",
    "gitlab",
    "junit",
    "checkstyle",
    "rdjson",
    "markdown",
    "csv",
];

/// Servers with a failure, an open question, a pending one, advice, and one with nothing to say.
pub const SITE: &str = "asOf: 2020-03-28T09:00:00Z
servers:
  - { id: s1, state: stopped, snapshots: [], joined: true }
  - { id: s2, state: running, snapshots: [{ name: old }], joined: true }
  - { id: s3, snapshots: [], joined: true }
  - { id: s4, state: running, model: old, snapshots: [], joined: false, bootedAt: 2020-03-28T08:50:00Z }
";

/// A check of a description in a form.
fn check(site: &str, form: &str) -> Done {
    let run = Run::new(&format!("check site.yaml --rules rules --format {form}")).pack();
    run.file("site.yaml", site).done()
}

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{error}: {text}"))
}

/// Rule and line of each finding.
type Named = BTreeSet<(String, u64)>;

fn named(form: &str, out: &str) -> Named {
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let all = |values: &Value, rule: &dyn Fn(&Value) -> Value, line: &dyn Fn(&Value) -> Value| {
        let values = values.as_array().expect("a list").clone();
        let named =
            values.iter().map(|value| (text(&rule(value)), line(value).as_u64().expect("a line")));
        named.collect()
    };
    let between = |line: &str, before: &str, after: &str| {
        let rest = line.split_once(before).unwrap_or_else(|| panic!("{before} in {line}")).1;
        rest.split_once(after).unwrap_or((rest, "")).0.to_owned()
    };
    let lines = |before: &str, after: &str, rule: &str, end: &str, mark: &str| {
        let lines = out.lines().filter(|line| line.contains(mark));
        lines
            .map(|line| {
                (between(line, rule, end), between(line, before, after).parse().expect("a line"))
            })
            .collect()
    };
    match form {
        "json" => {
            all(&json(out)["environments"][0]["findings"], &|one| one["rule"].clone(), &|one| {
                one["location"]["line"].clone()
            })
        }
        "json-lines" => {
            let lines: Vec<Value> =
                out.lines().map(json).filter(|one| one["type"] == "finding").collect();
            all(&Value::from(lines), &|one| one["rule"].clone(), &|one| {
                one["location"]["line"].clone()
            })
        }
        "sarif" => all(&json(out)["runs"][0]["results"], &|one| one["ruleId"].clone(), &|one| {
            one["locations"][0]["physicalLocation"]["region"]["startLine"].clone()
        }),
        "gitlab" => all(&json(out), &|one| one["check_name"].clone(), &|one| {
            one["location"]["lines"]["begin"].clone()
        }),
        "rdjson" => all(&json(out)["diagnostics"], &|one| one["code"]["value"].clone(), &|one| {
            one["location"]["range"]["start"]["line"].clone()
        }),
        "github" => lines("line=", ",", "title=", "::", "::"),
        "azure" => lines("linenumber=", ";", "code=", "]", "##vso"),
        "checkstyle" => lines("line=\"", "\"", "failback.", "\"", "<error "),
        "markdown" => lines("line ", ":", "** `", "`", "* **"),
        "csv" => {
            let mut table = csv::Reader::from_reader(out.as_bytes());
            let rows = table.records().map(|row| row.expect("a row"));
            rows.map(|row| (row[2].to_owned(), row[9].parse().expect("a line"))).collect()
        }
        other => panic!("{other}"),
    }
}

#[test]
fn all_forms_name_the_same_findings() {
    let site = format!("{HEAD}{SITE}");
    let wanted = named("json", &check(&site, "json").out);
    let rules: Vec<&str> = wanted.iter().map(|(rule, _)| rule.as_str()).collect();
    assert_eq!(rules.len(), 8, "{wanted:?}");
    for form in FORMS.into_iter().filter(|form| *form != "junit") {
        assert_eq!(named(form, &check(&site, form).code(1).out), wanted, "{form}");
    }
    let junit = check(&site, "junit").out;
    for (text, times) in [
        ("<failure type=\"fail\"", 2),
        ("<failure type=\"pending\"", 1),
        ("<error type=\"unknown\"", 4),
        ("<testcase name=\"SRV-003:servers/s2\" classname=\"SRV-003\"/>", 1),
        ("tests=\"8\" failures=\"3\" errors=\"4\"", 2),
    ] {
        assert_eq!(junit.matches(text).count(), times, "{text}\n{junit}");
    }
}

#[test]
fn a_rule_without_finding_is_a_passing_case() {
    let site = format!(
        "{HEAD}servers: [{{ id: a, state: running, model: new, snapshots: [], joined: true }}]\n"
    );
    let junit = check(&site, "junit").code(0).out;
    for rule in ["SRV-001", "SRV-002", "SRV-003", "SRV-004"] {
        assert!(
            junit.contains(&format!("<testcase name=\"{rule}\" classname=\"{rule}\"/>")),
            "{junit}"
        );
    }
}

#[test]
fn fingerprints_are_those_of_environment_and_id_in_all_forms() {
    // printf 'failback/v1\nlab\nSRV-001:servers/s1' | sha256sum
    let print = "e9342370c5778a6afe0f73fef90bb3a2b16066d94b9626a20c6632e79898146e";
    for site in [
        format!("{HEAD}{SITE}"),
        format!("{HEAD}\n# moved\n{}", SITE.replace("stopped", "\"stopped\"")),
    ] {
        for form in ["json", "json-lines", "sarif", "gitlab", "csv"] {
            let out = check(&site, form).out;
            assert_eq!(out.matches(print).count(), 1, "{form}\n{out}");
        }
    }
}

#[test]
fn a_document_that_is_broken_is_said_to_be_in_every_form() {
    let site = format!("{HEAD}{}", SITE.replace("id: s2, state", "id: s2, stat"));
    for form in FORMS {
        let out = check(&site, form).code(2).out;
        assert!(out.contains("unknown key") || out.contains("unknown key `stat`"), "{form}\n{out}");
    }
    let sarif = json(&check(&site, "sarif").out);
    let invocation = &sarif["runs"][0]["invocations"][0];
    assert_eq!(invocation["executionSuccessful"], false);
    let told = &invocation["toolExecutionNotifications"][0];
    assert_eq!(told["descriptor"]["id"], "unknown-key");
    assert_eq!(told["locations"][0]["physicalLocation"]["region"]["startLine"], 7);
    let rdjson = json(&check(&site, "rdjson").out);
    assert_eq!(rdjson["diagnostics"][0]["suggestions"][0]["text"], "state");
}

#[test]
fn levels_are_those_of_the_platforms() {
    let site = format!("{HEAD}{SITE}");
    let gitlab = json(&check(&site, "gitlab").out);
    let of = |rule: &str| {
        let found = gitlab.as_array().expect("a list").iter().find(|one| one["check_name"] == rule);
        found.expect("a finding")["severity"].clone()
    };
    assert_eq!(of("SRV-001"), "blocker");
    assert_eq!(of("SRV-004"), "major");
    assert_eq!(of("SRV-003"), "minor");
    let sarif = json(&check(&site, "sarif").out);
    let results = sarif["runs"][0]["results"].as_array().expect("results").clone();
    let rules = &sarif["runs"][0]["tool"]["driver"]["rules"];
    for result in &results {
        let index = result["ruleIndex"].as_u64().expect("an index") as usize;
        assert_eq!(rules[index]["id"], result["ruleId"]);
        assert!(result.get("kind").is_none());
        assert_eq!(
            result["level"],
            if result["ruleId"] == "SRV-003" { "warning" } else { "error" }
        );
    }
    assert_eq!(results[0]["properties"]["blocks"], Value::from(vec!["s1"]));
    assert_eq!(results[0]["relatedLocations"][0]["message"]["text"], "servers/s1/state: stopped");
}

#[test]
fn annotations_are_cut_from_the_least_severe_and_it_is_said() {
    let mut site = format!("{HEAD}servers:\n");
    for at in 0..25 {
        site.push_str(&format!("  - {{ id: s{at}, state: stopped, model: new, snapshots: [{{ name: x }}], joined: true }}\n"));
    }
    let out = check(&site, "github").code(1).out;
    assert_eq!(out.matches("::error ").count(), 10);
    assert_eq!(out.matches("::warning ").count(), 10);
    assert!(
        out.ends_with(
            "not shown as annotations: 15 more at level error, 15 more at level warning\n"
        ),
        "{out}"
    );
}

#[test]
fn a_comment_is_cut_between_findings_and_says_so() {
    let mut site = format!("{HEAD}servers:\n");
    for at in 0..900 {
        site.push_str(&format!(
            "  - {{ id: server-{at}, state: stopped, model: new, snapshots: [], joined: true }}\n"
        ));
    }
    let out = check(&site, "markdown").code(1).out;
    let shown = out.matches("* **failed** `SRV-001`").count();
    assert!(out.chars().count() <= 60_000 && shown > 300, "{shown}");
    assert!(
        out.ends_with(&format!(
            "\n{} more are left out here; `failback check` shows all.\n",
            900 - shown
        )),
        "{out}"
    );
    assert!(out.starts_with("<!-- failback -->\n"));
}

#[test]
fn files_are_named_from_the_folder_of_the_run() {
    for (argument, wanted) in [
        ("site.yaml", "site.yaml"),
        ("./site.yaml", "site.yaml"),
        ("$/site.yaml", "site.yaml"),
        ("$/../outside \u{e4}.yaml", "../outside%20%C3%A4.yaml"),
    ] {
        let run = Run::new("check --rules rules --format sarif").pack();
        let here = run.path().canonicalize().expect("a folder");
        let run = run.argument(&argument.replace('$', &here.to_string_lossy()));
        let outside = here.parent().expect("a folder above").join("outside \u{e4}.yaml");
        let text = format!("{HEAD}{SITE}");
        let run = run.file("site.yaml", &text);
        if argument.contains("outside") {
            std::fs::write(&outside, &text).expect("a file");
        }
        let sarif = json(&run.done().code(1).out);
        if argument.contains("outside") {
            std::fs::remove_file(Path::new(&outside)).expect("the file");
        }
        let location = &sarif["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
        assert_eq!(location["artifactLocation"]["uri"], wanted);
    }
}

#[test]
fn standard_input_has_the_name_that_it_is_given() {
    for (flag, wanted) in [("", "stdin"), ("--stdin-filename sites/a.yaml", "sites/a.yaml")] {
        let run = Run::new(&format!("check - --rules rules --format gitlab {flag}")).pack();
        let out = json(&run.input(format!("{HEAD}{SITE}")).done().code(1).out);
        assert_eq!(out[0]["location"]["path"], wanted);
    }
}

#[test]
fn a_finding_without_a_place_has_the_file_of_its_environment() {
    let rules = "pack p \"t\"\nenvironment { a: bool \"a\" }\nprerequisite A-1 \"t\" { require a because \"c\" }\n";
    for (head, code) in [(HEAD, 3), ("apiVersion: failback/v1\nkind: Environment\n", 2)] {
        let run =
            Run::new("check site.yaml --rules rules --format sarif").file("rules/a.gate", rules);
        let sarif = json(&run.file("site.yaml", head).done().code(code).out);
        let results = sarif["runs"][0]["results"].as_array().expect("results").clone();
        for result in &results {
            let place = &result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"];
            assert_eq!(place, "site.yaml");
        }
    }
}
