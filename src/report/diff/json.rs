//! The difference for programs.
//!
//! Owns the keys, which stay. More keys may be added.

use serde::Serialize;

use crate::diff::causes::Cause;
use crate::diff::edits::Edit;
use crate::diff::model::Content;
use crate::diff::{Changed, Environment, UnitChange};
use crate::report::diff::{Told, key};
use crate::report::json::{Location, Tool, location, told as finding};
use crate::report::wire;
use crate::source::Sources;

#[derive(Serialize)]
struct Root<'r> {
    tool: Tool,
    base: Side<'r>,
    head: Side<'r>,
    environments: Vec<Compared<'r>>,
    exit: u8,
}

#[derive(Serialize)]
struct Side<'r> {
    kind: &'static str,
    name: &'r str,
    commit: Option<&'r str>,
}

#[derive(Serialize)]
struct Both<T> {
    base: T,
    head: T,
}

#[derive(Serialize)]
struct Compared<'r> {
    name: &'r str,
    #[serde(rename = "in")]
    within: &'static str,
    verdict: Both<Option<&'static str>>,
    units: Vec<Unit<'r>>,
    findings: Vec<Finding<'r>>,
    edits: Vec<Edited<'r>>,
}

#[derive(Serialize)]
struct Unit<'r> {
    id: &'r str,
    change: &'static str,
    base: Option<&'static str>,
    head: Option<&'static str>,
    findings: Vec<&'r str>,
}

#[derive(Serialize)]
struct Finding<'r> {
    id: &'r str,
    change: &'static str,
    base: Option<crate::report::json::Told<'r>>,
    head: Option<crate::report::json::Told<'r>>,
    causes: Vec<Behind>,
    /// All that may be behind it, where that is undetermined.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    candidates: Vec<String>,
}

#[derive(Serialize)]
struct Behind {
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    path: Option<String>,
}

#[derive(Serialize)]
struct Edited<'r> {
    path: String,
    change: &'static str,
    findings: Vec<&'r str>,
    base: Option<Stated<'r>>,
    head: Option<Stated<'r>>,
}

#[derive(Serialize)]
struct Stated<'r> {
    value: &'r str,
    location: Option<Location<'r>>,
}

/// The difference as JSON, with a line break at its end.
pub fn render(told: &Told<'_, '_, '_, '_>) -> String {
    let side = |at: usize| {
        let side = told.sides[at];
        Side { kind: side.kind, name: &side.name, commit: side.commit.as_deref() }
    };
    let environments = told.diff.environments.iter();
    let root = Root {
        tool: Tool::default(),
        base: side(0),
        head: side(1),
        environments: environments.map(|one| compared(one, told)).collect(),
        exit: told.diff.exit,
    };
    wire::pretty(&root)
}

fn compared<'r>(
    environment: &'r Environment<'_, '_, '_>,
    told: &'r Told<'_, '_, '_, '_>,
) -> Compared<'r> {
    let units = environment.units.iter();
    let units = units.filter(|unit| told.all || unit.change != UnitChange::Same);
    let id = |at: &usize| environment.findings[*at].id.as_str();
    Compared {
        name: environment.name,
        within: match (environment.base, environment.head) {
            (Some(_), Some(_)) => "both",
            (Some(_), None) => "base",
            _ => "head",
        },
        verdict: Both {
            base: environment.base.map(|side| side.evaluation.verdict.word()),
            head: environment.head.map(|side| side.evaluation.verdict.word()),
        },
        units: units
            .map(|unit| Unit {
                id: &unit.id,
                change: key(unit.change),
                base: unit.base.map(|readiness| readiness.word()),
                head: unit.head.map(|readiness| readiness.word()),
                findings: match unit.change {
                    UnitChange::Same => Vec::new(),
                    _ => unit.findings.iter().map(id).collect(),
                },
            })
            .collect(),
        findings: environment.findings.iter().map(|one| changed(environment, one, told)).collect(),
        edits: environment
            .edits
            .iter()
            .enumerate()
            .map(|(at, edit)| Edited {
                path: edit.path(),
                change: edit.change(),
                findings: environment.of_edit(at).map(|changed| changed.id.as_str()).collect(),
                base: stated(edit.base.as_ref(), told.sources[0]),
                head: stated(edit.head.as_ref(), told.sources[1]),
            })
            .collect(),
    }
}

fn changed<'r>(
    environment: &'r Environment<'_, '_, '_>,
    changed: &'r Changed,
    told: &'r Told<'_, '_, '_, '_>,
) -> Finding<'r> {
    let was = environment.was(changed).zip(environment.base);
    let is = environment.is(changed).zip(environment.head);
    let paths = || environment.behind(changed).into_iter().map(Edit::path);
    let fact = |path| Behind { kind: "fact", path: Some(path) };
    let (causes, candidates) = match &changed.cause {
        Cause::Edits(_) => (paths().map(fact).collect(), Vec::new()),
        Cause::Undetermined => {
            (vec![Behind { kind: "undetermined", path: None }], paths().collect())
        }
    };
    Finding {
        id: &changed.id,
        change: changed.change.word(),
        base: was.map(|(one, checked)| finding(one, checked, told.sources[0])),
        head: is.map(|(one, checked)| finding(one, checked, told.sources[1])),
        causes,
        candidates,
    }
}

fn stated<'r>(side: Option<&'r Content>, sources: &'r Sources) -> Option<Stated<'r>> {
    let side = side.filter(|side| side.stated)?;
    let location = side.span.map(|span| location(span, sources));
    Some(Stated { value: &side.shown, location })
}
