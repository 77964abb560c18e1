//! Maps jobs of the service: what failed, and with which error.
//!
//! Owns the paths inside a job. A job is no fact about the estate, so nothing is concluded from it: its errors are told,
//! with the way to the rules that know their numbers.

use crate::diagnostic::{Diagnostic, Severity};
use crate::import::azure::Source;
use crate::import::store::Store;
use crate::import::view::View;

/// One error of a job.
struct Told {
    number: String,
    message: Option<String>,
    causes: Option<String>,
    action: Option<String>,
}

/// Tells the errors of one job.
pub fn map(store: &mut Store, source: Source, view: &View<'_>, facts: &View<'_>) -> &'static str {
    let state = facts.first(&["state", "stateDescription"]).str().unwrap_or_default();
    let name = facts.first(&["friendlyName", "displayName", "scenarioName"]).str();
    let name = name.unwrap_or_else(|| "a job".to_owned());
    let object = facts.at("targetObjectName").str().map(|name| format!(" of `{name}`"));
    let object = object.unwrap_or_default();
    let mut lists = facts.at("errors").items();
    for task in facts.at("tasks").items() {
        lists.extend(task.at("errors").items());
    }
    let mut all: Vec<Told> = lists.iter().filter_map(error).collect();
    // The answer to a request that was refused has its error beside the job.
    all.extend(refusal(&view.at("error")));
    for told in all {
        let message = format!("the job `{name}`{object} ended with error {}", told.number);
        let mut one = Diagnostic::new(Severity::Warning, "job-error", message)
            .note("at", store.place(source.file, &view.pointer()));
        let notes =
            [("says", told.message), ("possible causes", told.causes), ("advice", told.action)];
        for (label, text) in notes {
            if let Some(text) = text {
                one = one.note(label, text.split_whitespace().collect::<Vec<_>>().join(" "));
            }
        }
        let help =
            format!("`failback explain {}` shows the rules that know this number", told.number);
        store.diagnostics.push(one.help(help));
    }
    if state.eq_ignore_ascii_case("Failed") && lists.is_empty() && view.at("error").json().is_none()
    {
        // A list names jobs without their errors; hundreds of old ones would be noise.
        return "failed jobs without their errors";
    }
    "jobs"
}

fn error(view: &View<'_>) -> Option<Told> {
    let provider = view.first(&["providerErrorDetails", "providerErrors"]);
    let service = view.first(&["serviceErrorDetails", "serviceError"]);
    let own = |path: &'static str| provider.at(path).str();
    let number = own("errorCode")
        .filter(|number| number != "0")
        .or_else(|| service.at("code").str())
        .or_else(|| view.first(&["errorCode", "code"]).str())?;
    let of_service = |path: &'static str| service.at(path).str();
    let text =
        |path: &'static str| own(path).or_else(|| of_service(path)).or_else(|| view.at(path).str());
    Some(Told {
        number,
        message: own("errorMessage")
            .or_else(|| of_service("message"))
            .or_else(|| view.at("message").str()),
        causes: text("possibleCauses"),
        action: text("recommendedAction"),
    })
}

fn refusal(view: &View<'_>) -> Option<Told> {
    let number = view.at("code").str()?;
    let message = view.at("message").str();
    Some(Told { number, message, causes: None, action: None })
}
