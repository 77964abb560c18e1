//! What is answered about descriptions: keys, words and ids that can be written, what is known of a place, and who refers to
//! whom.

use super::*;

/// The example, and its session.
struct Open {
    session: Session,
    uri: String,
    text: String,
    version: i64,
    _folder: TempDir,
}

impl Open {
    fn example() -> Self {
        Self::with(
            &fs::read_to_string(root().join("examples/first-failback/site.yaml"))
                .expect("an example"),
        )
    }

    fn with(text: &str) -> Self {
        let folder = TempDir::new().expect("a folder");
        let uri = uri(&folder.path().canonicalize().expect("a path").join("site.yaml"));
        let mut session = Session::open_in(folder.path(), "utf-8");
        session.open(&uri, "yaml", 1, text);
        Self { session, uri, text: text.to_owned(), version: 1, _folder: folder }
    }

    /// The place of the first character of what stands between two parts of the text.
    fn place(&self, before: &str, at: &str) -> Value {
        let start = self.text.find(before).expect("a part") + before.len();
        let found = start + self.text[start..].find(at).expect("another part");
        self.position(found)
    }

    fn position(&self, at: usize) -> Value {
        let line = self.text[..at].matches('\n').count();
        let start = self.text[..at].rfind('\n').map_or(0, |end| end + 1);
        json!({ "line": line, "character": at - start })
    }

    fn ask(&mut self, method: &str, place: &Value) -> Value {
        let document = json!({ "uri": self.uri });
        let params = json!({ "textDocument": document, "position": place, "newName": "x" });
        self.session.ask(method, &params)
    }

    /// What a range of the protocol holds.
    fn slice(&self, range: &Value) -> &str {
        let at = |place: &Value| {
            let lines: Vec<&str> = self.text.split_inclusive('\n').collect();
            let line = place["line"].as_u64().expect("a line") as usize;
            let start: usize = lines[..line].iter().map(|line| line.len()).sum();
            start + place["character"].as_u64().expect("a column") as usize
        };
        &self.text[at(&range["start"])..at(&range["end"])]
    }

    /// Writes something behind a part of the text, and asks what could be written there.
    fn complete(&mut self, behind: &str, new: &str) -> Vec<(String, String)> {
        let at = self.text.find(behind).expect("a part") + behind.len();
        let place = self.position(at);
        self.version += 2;
        let insert =
            json!([{ "range": { "start": place, "end": place }, "text": format!("{new}\n") }]);
        self.session.change(&self.uri, self.version - 1, &insert);
        let before = self.text.clone();
        self.text.insert_str(at, &format!("{new}\n"));
        let end = self.position(at + new.len());
        let found = self.ask("textDocument/completion", &end);
        self.text = before;
        self.session.change(&self.uri, self.version, &json!([{ "text": self.text }]));
        let list = found["items"].as_array().cloned().unwrap_or_default();
        let text = |one: &Value| one.as_str().expect("a text").to_owned();
        list.iter().map(|one| (text(&one["label"]), text(&one["textEdit"]["newText"]))).collect()
    }
}

fn labels(found: &[(String, String)]) -> Vec<&str> {
    found.iter().map(|(label, _)| label.as_str()).collect()
}

#[test]
fn keys_that_are_missing_are_offered_and_those_that_are_there_are_not() {
    let mut open = Open::example();
    for typed in ["      ", "      co"] {
        let found = open.complete("    onPremVm:\n", typed);
        let labels = labels(&found);
        assert!(labels.contains(&"connectionState"), "{labels:?}");
        assert!(!labels.contains(&"uuid") && !labels.contains(&"id"), "{labels:?}");
        assert!(
            found.iter().all(|(_, text)| text.ends_with(':') || text.ends_with(": ")),
            "{found:?}"
        );
    }
    let found = open.complete("recoveryPlans:\n", "  - ");
    assert!(labels(&found).contains(&"id"), "{found:?}");
    assert_eq!(open.complete("recoveryPlans:\n", "  # i"), []);
}

#[test]
fn words_and_ids_are_offered_for_a_value() {
    let mut open = Open::example();
    assert_eq!(open.complete("  - id: report\n", "    "), []);
    let words = open.complete("  - id: report\n", "    firmware: ");
    assert_eq!(labels(&words), ["bios", "uefi", "unknown"]);
    let ids = open.complete("  - id: report\n", "    configurationServer: ");
    assert_eq!(labels(&ids), ["cs-busan"]);
    let ids = open.complete("  - id: report\n", "    configurationServer: \"cs");
    assert_eq!(labels(&ids), ["cs-busan"]);
    let flow = open.complete("  - id: report\n", "    protection: { enabled: ");
    assert_eq!(labels(&flow), ["true", "false", "unknown"]);
}

#[test]
fn where_another_server_knows_the_keys_only_ids_are_offered() {
    let example = fs::read_to_string(root().join("examples/first-failback/site.yaml"));
    let text = format!("# yaml-language-server: $schema=x.json\n{}", example.expect("an example"));
    let mut open = Open::with(&text);
    assert_eq!(open.complete("  - id: report\n", "    "), []);
    assert_eq!(open.complete("  - id: report\n", "    firmware: "), []);
    assert_eq!(
        labels(&open.complete("  - id: report\n", "    configurationServer: ")),
        ["cs-busan"]
    );
    let hover = open.ask("textDocument/hover", &open.place("", "failoverState"));
    assert_eq!(hover, Value::Null);
}

#[test]
fn a_key_says_what_it_means_and_a_fact_what_rests_on_it() {
    let mut open = Open::example();
    let hover = open.ask("textDocument/hover", &open.place("masterTargets:", "snapshots:"));
    let text = hover["contents"]["value"].as_str().expect("a text");
    assert!(text.starts_with("`snapshots: [Snapshot]`"), "{text}");
    assert!(text.contains("**MT-001** fail: "), "{text}");
    let hover = open.ask("textDocument/hover", &open.place("machines:", "shop-web"));
    let text = hover["contents"]["value"].as_str().expect("a text");
    assert!(text.starts_with("**shop-web** (Machine): blocked"), "{text}");
    assert_eq!(open.ask("textDocument/hover", &json!({ "line": 3, "character": 0 })), Value::Null);
}

#[test]
fn an_id_is_found_where_it_is_described_and_wherever_it_is_named() {
    let mut open = Open::example();
    let place = open.place("configurationServer: ", "cs-busan");
    let found = open.ask("textDocument/definition", &place);
    assert_eq!(open.slice(&found["range"]), "cs-busan");
    let line = found["range"]["start"]["line"].as_u64().expect("a line") as usize;
    assert_eq!(open.text.lines().nth(line).map(str::trim), Some("- id: cs-busan"));
    let all = open.ask("textDocument/references", &place);
    let all = all.as_array().expect("a list");
    let words = open.text.matches("cs-busan").count();
    assert!(all.len() > 1 && all.len() <= words, "{} of {words}", all.len());
    assert!(all.iter().all(|one| open.slice(&one["range"]) == "cs-busan"));
    let here = open.ask("textDocument/documentHighlight", &place);
    assert_eq!(here.as_array().expect("a list").len(), all.len());
}

#[test]
fn the_outline_has_each_list_and_its_entities() {
    let mut open = Open::example();
    let found = open.ask("textDocument/documentSymbol", &json!(null));
    let list = found.as_array().expect("a list");
    let machines = list.iter().find(|one| one["name"] == "machines").expect("the machines");
    let names: Vec<&str> = machines["children"]
        .as_array()
        .expect("a list")
        .iter()
        .filter_map(|one| one["name"].as_str())
        .collect();
    assert_eq!(names, ["shop-web", "shop-app", "shop-db", "pos-01", "report"]);
    assert_eq!(machines["children"][0]["detail"], "blocked");
    let found = open.session.ask("workspace/symbol", &json!({ "query": "POS" }));
    assert!(found.as_array().expect("a list").iter().any(|one| one["name"] == "pos-01"));
    let range =
        json!({ "start": { "line": 0, "character": 0 }, "end": { "line": 9999, "character": 0 } });
    let hints = open.session.ask(
        "textDocument/inlayHint",
        &json!({ "textDocument": { "uri": open.uri }, "range": range }),
    );
    assert_eq!(hints.as_array().expect("a list").len(), names.len());
}
