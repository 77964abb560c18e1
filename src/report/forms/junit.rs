//! JUnit reports as Jenkins reads them: a suite per environment, a case per finding.

use crate::diagnostic::Severity;
use crate::evaluate::Outcome;
use crate::report::foreign::{Foreign, Sink};
use crate::report::forms::xml::Xml;
use crate::report::review::{Item, Problem, Review};
use crate::session::Checked;

/// A case: its name, what it belongs to, and what came of it.
struct Case<'r> {
    name: Foreign<'r>,
    class: Foreign<'r>,
    result: Option<(&'static str, &'static str, Foreign<'r>)>,
}

/// The document. What is wrong with texts is a case that could not be run.
pub fn render(review: &Review<'_>) -> String {
    let mut suites: Vec<(Foreign<'_>, Vec<Case<'_>>)> = Vec::new();
    let whole: Vec<Case<'_>> =
        review.problems.iter().filter(|problem| problem.checked.is_none()).map(broken).collect();
    if !whole.is_empty() {
        suites.push((Foreign::from(env!("CARGO_PKG_NAME")), whole));
    }
    for checked in &review.environments {
        let here = |other: &Checked<'_>| std::ptr::eq(other, *checked);
        let own = review.problems.iter().filter(|problem| problem.checked.is_some_and(here));
        let items = review.items.iter().filter(|item| here(item.checked));
        let passed = review.without_finding(checked).map(|rule| Case {
            name: rule.id.as_str().into(),
            class: rule.id.as_str().into(),
            result: None,
        });
        let cases = own.map(broken).chain(items.map(case)).chain(passed).collect();
        suites.push((checked.name.as_str().into(), cases));
    }
    let mut xml = Xml::default();
    let all = suites.iter().flat_map(|(_, cases)| cases);
    xml.open("testsuites", &counts(env!("CARGO_PKG_NAME").to_owned(), all, false));
    for (name, cases) in &suites {
        xml.open("testsuite", &counts(name.shown(Sink::Xml), cases.iter(), true));
        cases.iter().for_each(|case| write(&mut xml, case));
        xml.close("testsuite");
    }
    xml.close("testsuites");
    xml.done()
}

fn case<'r>(item: &Item<'r>) -> Case<'r> {
    let result = match item.finding.outcome {
        _ if item.is_advice() => None,
        Outcome::Fail => Some(("failure", "fail")),
        Outcome::Pending => Some(("failure", "pending")),
        Outcome::Unknown => Some(("error", "unknown")),
        Outcome::Waived => Some(("skipped", "waived")),
        Outcome::Pass | Outcome::NotApplicable => None,
    };
    let result = result.map(|(element, kind)| (element, kind, item.message()));
    Case { name: item.id(), class: item.rule_id(), result }
}

fn broken<'r>(problem: &Problem<'r>) -> Case<'r> {
    let code = problem.told.code.as_str();
    Case {
        name: problem.message(),
        class: code.into(),
        result: (problem.told.severity == Severity::Error)
            .then(|| ("error", "document", problem.whole())),
    }
}

fn counts<'c>(
    name: String,
    cases: impl Iterator<Item = &'c Case<'c>>,
    is_suite: bool,
) -> Vec<(&'static str, String)> {
    let (mut tests, mut failures, mut errors, mut skipped) = (0, 0, 0, 0);
    for case in cases {
        tests += 1;
        match case.result {
            Some(("failure", ..)) => failures += 1,
            Some(("error", ..)) => errors += 1,
            Some(("skipped", ..)) => skipped += 1,
            _ => {}
        }
    }
    let numbers = [("tests", tests), ("failures", failures), ("errors", errors)];
    // Only a suite has a place for these.
    let skipped = (is_suite && skipped > 0).then_some(("skipped", skipped));
    let numbers = numbers.into_iter().chain(skipped);
    let numbers = numbers.map(|(name, number): (_, usize)| (name, number.to_string()));
    std::iter::once(("name", name)).chain(numbers).collect()
}

fn write(xml: &mut Xml, case: &Case<'_>) {
    let named = [("name", case.name.shown(Sink::Xml)), ("classname", case.class.shown(Sink::Xml))];
    let Some((element, kind, message)) = &case.result else {
        return xml.empty("testcase", &named);
    };
    xml.open("testcase", &named);
    let message = message.shown(Sink::Xml);
    xml.empty(element, &[("type", (*kind).to_owned()), ("message", message)]);
    xml.close("testcase");
}
