//! What changes a description, or shows more of it: renaming, actions, commands, and diagnostics that are asked for.

use super::*;

/// The example below a folder, open.
fn example(capabilities: &Value, options: &Value) -> (Session, String, String, TempDir) {
    let folder = TempDir::new().expect("a folder");
    let uri = uri(&folder.path().canonicalize().expect("a path").join("site.yaml"));
    let text = fs::read_to_string(root().join("examples/first-failback/site.yaml"));
    let text = text.expect("an example");
    let mut session = Session::start();
    let mut capabilities = capabilities.clone();
    capabilities["general"] = json!({ "positionEncodings": ["utf-8"] });
    let params = json!({ "capabilities": capabilities, "initializationOptions": options });
    session.ask("initialize", &params);
    let document = json!({ "uri": uri, "languageId": "yaml", "version": 1, "text": text });
    session.tell("textDocument/didOpen", &json!({ "textDocument": document }));
    (session, uri, text, folder)
}

/// The place of a part of a text.
fn place(text: &str, part: &str) -> Value {
    let at = text.find(part).expect("a part");
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    json!({ "line": text[..at].matches('\n').count(), "character": at - start })
}

/// A text with edits of the protocol, in UTF-8.
fn edited(text: &str, edits: &Value) -> String {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let offset = |place: &Value| {
        let line = place["line"].as_u64().expect("a line") as usize;
        let start: usize = lines[..line].iter().map(|line| line.len()).sum();
        start + place["character"].as_u64().expect("a column") as usize
    };
    let mut all: Vec<(usize, usize, &str)> = edits
        .as_array()
        .expect("edits")
        .iter()
        .map(|edit| {
            let range = &edit["range"];
            let new = edit["newText"].as_str().expect("a text");
            (offset(&range["start"]), offset(&range["end"]), new)
        })
        .collect();
    all.sort_unstable();
    let mut text = text.to_owned();
    for (start, end, new) in all.into_iter().rev() {
        text.replace_range(start..end, new);
    }
    text
}

fn actions(session: &mut Session, uri: &str, at: &Value) -> Vec<Value> {
    let range = json!({ "start": at, "end": at });
    let params = json!({ "textDocument": { "uri": uri }, "range": range, "context": {} });
    session.ask("textDocument/codeAction", &params).as_array().expect("a list").clone()
}

#[test]
fn a_rename_changes_references_and_back_gives_the_same_bytes() {
    let (mut session, uri, text, _folder) = example(&json!({}), &json!({}));
    let at = place(&text, "cs-busan");
    let params =
        |name: &str| json!({ "textDocument": { "uri": uri }, "position": at, "newName": name });
    let range = session.ask("textDocument/prepareRename", &params(""));
    assert_eq!(range["start"], at);
    let renamed = session.ask("textDocument/rename", &params("cs: new"));
    let new = edited(&text, &renamed["changes"][&uri]);
    assert!(new.contains("- id: \"cs: new\"\n") || new.contains("- id: 'cs: new'\n"), "{new}");
    let before = session.diagnostics(&uri, 1);
    let after = session.replace(&uri, 2, &new);
    let codes =
        |all: &[Value]| -> Vec<Value> { all.iter().map(|one| one["code"].clone()).collect() };
    assert_eq!(codes(&before), codes(&after));
    let back = session.ask("textDocument/rename", &params("cs-busan"));
    assert_eq!(
        edited(&new, &back["changes"][&uri]).replace(['"', '\''], ""),
        text.replace(['"', '\''], "")
    );
    for refused in ["", " ", "mt-linux"] {
        assert_eq!(session.error("textDocument/rename", &params(refused)), -32803, "{refused}");
    }
    let nowhere =
        json!({ "textDocument": { "uri": uri }, "position": { "line": 0, "character": 1 } });
    assert_eq!(session.error("textDocument/prepareRename", &nowhere), -32803);
}

#[test]
fn a_failure_shows_its_step_and_its_rule_and_no_edit_of_the_fact() {
    let (mut session, uri, text, _folder) = example(&json!({}), &json!({}));
    let found = actions(&mut session, &uri, &place(&text, "snapshots:"));
    let titles: Vec<&str> = found.iter().filter_map(|one| one["title"].as_str()).collect();
    assert!(titles.contains(&"Explain `MT-001`"), "{titles:?}");
    let step = found.iter().find(|one| one["command"]["command"] == "failback.plan");
    let title = step.expect("a step")["title"].as_str().expect("a title");
    assert!(title.starts_with("Show step ") && title.contains(" of the plan: "), "{title}");
    assert!(found.iter().all(|one| one.get("edit").is_none()), "{found:?}");
    let command = json!({ "command": "failback.explain", "arguments": [{ "id": "MT-001" }] });
    let page = session.ask("workspace/executeCommand", &command);
    assert!(page["markdown"].as_str().is_some_and(|text| text.contains("MT-001")), "{page}");
    let command = json!({ "command": "failback.explain", "arguments": [{ "id": "MT-999999" }] });
    assert_eq!(session.error("workspace/executeCommand", &command), -32602);
    let command = json!({ "command": "failback.ask", "arguments": [{ "uri": uri }] });
    let form = session.ask("workspace/executeCommand", &command);
    assert!(form["yaml"].as_str().is_some_and(|text| text.starts_with("# Write the answer")));
}

#[test]
fn a_fact_that_is_no_word_is_stated_behind_its_key() {
    for snippets in [false, true] {
        let capabilities =
            json!({ "workspace": { "workspaceEdit": { "snippetEditSupport": snippets } } });
        let (mut session, uri, text, _folder) = example(&capabilities, &json!({}));
        let text = text.replacen("      bootedAt: 2020-02-21T17:52:00Z\n", "", 1);
        let found = session.replace(&uri, 2, &text);
        let asks =
            found.iter().find(|one| one["data"]["questions"].to_string().contains("bootedAt"));
        let at = asks.expect("a question")["range"]["start"].clone();
        let offered = actions(&mut session, &uri, &at);
        let state =
            offered.iter().find(|one| one["title"] == "State `bootedAt`").expect("an action");
        if snippets {
            let edit = &state["edit"]["documentChanges"][0]["edits"][0]["snippet"]["value"];
            assert_eq!(edit.as_str().map(|text| text.ends_with("bootedAt: $0")), Some(true));
        } else {
            let new = edited(&text, &state["edit"]["changes"][&uri]);
            assert!(new.contains("      bootedAt: \n"), "{state}");
            let errors = session.replace(&uri, 3, &new);
            assert_eq!(errors.len(), found.len());
        }
    }
}

#[test]
fn a_client_that_asks_for_diagnostics_is_not_sent_any() {
    let (mut session, uri, text, _folder) = example(&json!({}), &json!({ "diagnostics": "pull" }));
    let ask = |previous: Option<&str>| json!({ "textDocument": { "uri": uri }, "previousResultId": previous });
    let first = session.ask("textDocument/diagnostic", &ask(None));
    assert_eq!(first["kind"], "full");
    let id = first["resultId"].as_str().expect("a name").to_owned();
    let again = session.ask("textDocument/diagnostic", &ask(Some(&id)));
    assert_eq!(again, json!({ "kind": "unchanged", "resultId": id }));
    session.change(&uri, 2, &json!([{ "text": text.replace("before-patch", "other") }]));
    let changed = session.ask("textDocument/diagnostic", &ask(Some(&id)));
    assert_eq!(changed["kind"], "full");
    assert!(changed["items"].to_string().contains("other"));
    assert!(session.published.is_empty());
    assert_eq!(session.end(), 0);
}

#[test]
fn a_check_that_nobody_waits_for_any_more_is_left_off() {
    use failback::evaluate::Selection;
    use failback::session::{Inputs, Options, run};
    use failback::stop::Stop;
    let flag: &'static std::sync::atomic::AtomicBool = Box::leak(Box::default());
    let mut inputs = Inputs::shipped();
    let text = fs::read_to_string(root().join("examples/first-failback/site.yaml"));
    inputs.describe("site.yaml", text.expect("an example"));
    let selection = Selection { stop: Stop::when(flag), ..Selection::default() };
    let options = Options { selection, ..Options::default() };
    let judged = || run(&inputs, &options, |report| report.environments.len());
    assert_eq!(judged(), 1);
    flag.store(true, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(judged(), 0);
}

#[test]
fn of_many_edits_in_a_row_the_last_is_judged() {
    let (mut session, uri, text, _folder) = example(&json!({}), &json!({}));
    for version in 2..40 {
        let new = text.replace("before-patch", &format!("patch-{version}"));
        session.change(&uri, version, &json!([{ "text": new }]));
    }
    let last = session.diagnostics(&uri, 39);
    assert!(last.iter().any(|one| one["message"].to_string().contains("patch-39")));
    // A request that is answered already cannot be cancelled, and its number may come again.
    session.tell("$/cancelRequest", &json!({ "id": session.asked + 1 }));
    session.settle(&uri);
    assert_eq!(session.end(), 0);
}
