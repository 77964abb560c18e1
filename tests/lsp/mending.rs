//! Half-typed lines: for cuts of the lines of the examples, what is shown stays, and nothing is open.
//!
//! `FAILBACK_CUTS=all cargo test --test all mending` makes every cut of every line.

use std::collections::BTreeSet;

use super::*;

/// Cuts of each example, where not all are asked for.
const CUTS: usize = 30;

/// What is told, to compare: findings by their id, all else by code and message.
fn told(diagnostics: &[Value], without: impl Fn(&Value) -> bool) -> BTreeSet<String> {
    let shown = diagnostics.iter().filter(|one| one["code"] != "yaml-syntax" && !without(one));
    let name = |one: &Value| match one["data"]["id"].as_str() {
        Some(id) => id.to_owned(),
        None => format!("{}: {}", one["code"], one["message"]),
    };
    shown.map(name).collect()
}

/// Numbers that look random, the same each time.
fn next(seed: &mut u64) -> usize {
    *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) as usize
}

#[derive(Default)]
struct Count {
    unreadable: usize,
    kept: usize,
}

/// Cuts one line at a column, looks, and puts it back.
fn cut(
    session: &mut Session,
    (uri, text, whole): (&str, &str, &[Value]),
    at: usize,
    count: &mut Count,
) {
    let line = text[..at].matches('\n').count();
    let start = text[..at].rfind('\n').map_or(0, |end| end + 1);
    let rest = text[at..].split('\n').next().unwrap_or("");
    let version = session.published[uri].0.expect("a version");
    let place = |column: usize| json!({ "line": line, "character": column });
    let (from, to) = (place(at - start), place(at - start + rest.len()));
    session.change(
        uri,
        version + 1,
        &json!([{ "range": { "start": from, "end": to }, "text": "" }]),
    );
    let now = session.diagnostics(uri, version + 1);
    session.settle(uri);
    let syntax: Vec<&Value> = now.iter().filter(|one| one["code"] == "yaml-syntax").collect();
    if !syntax.is_empty() {
        let shown = &text[start..at];
        let verdict = &session.verdicts[uri];
        assert_eq!(verdict["readable"], false, "`{shown}`");
        assert_ne!(verdict["verdict"], "open", "`{shown}`");
        for one in syntax {
            assert_eq!(one["range"]["start"]["line"], one["range"]["end"]["line"], "`{shown}`");
        }
        let on_line = |one: &Value| one["range"]["start"]["line"] == line;
        let unmended = |one: &Value| one["code"].is_null();
        let (before, shown_now) = (told(whole, |_| false), told(&now, unmended));
        let new: Vec<&String> = shown_now.difference(&before).collect();
        assert!(new.is_empty(), "`{shown}` adds {new:?}");
        count.unreadable += 1;
        count.kept += usize::from(told(whole, on_line).is_subset(&shown_now));
    }
    session.change(
        uri,
        version + 2,
        &json!([{ "range": { "start": from, "end": from }, "text": rest }]),
    );
    assert_eq!(session.diagnostics(uri, version + 2), whole);
}

#[test]
fn findings_stay_while_a_line_is_half_typed() {
    let all = std::env::var("FAILBACK_CUTS").is_ok_and(|cuts| cuts == "all");
    let (mut count, mut seed) = (Count::default(), 7);
    for example in ["first-failback", "modernized", "ready", "win-4003"] {
        let folder = TempDir::new().expect("a folder");
        let file = root().join("examples").join(example).join("site.yaml");
        let text = fs::read_to_string(file).expect("an example");
        let uri = uri(&folder.path().canonicalize().expect("a path").join("site.yaml"));
        let mut session = Session::open_in(folder.path(), "utf-8");
        let whole = session.open(&uri, "yaml", 1, &text);
        let bytes = text.as_bytes();
        let within = |at: &usize| {
            text.is_char_boundary(*at) && bytes[*at] != b'\n' && bytes[*at - 1] != b'\n'
        };
        let places: Vec<usize> = (1..text.len()).filter(within).collect();
        let chosen: Vec<usize> = match all {
            true => places,
            false => (0..CUTS).map(|_| places[next(&mut seed) % places.len()]).collect(),
        };
        for at in chosen {
            cut(&mut session, (&uri, &text, &whole), at, &mut count);
        }
        assert_eq!(session.end(), 0);
    }
    eprintln!("{} of {} cuts that cannot be read keep every finding", count.kept, count.unreadable);
    assert!(count.unreadable > CUTS, "{}", count.unreadable);
    assert!(count.kept * 100 >= count.unreadable * 95, "{} of {}", count.kept, count.unreadable);
}

/// What a fresh session shows of a text: ids, and whether it was readable.
fn opened(text: &str) -> (Vec<Value>, Value) {
    let folder = TempDir::new().expect("a folder");
    let uri = uri(&folder.path().canonicalize().expect("a path").join("site.yaml"));
    let mut session = Session::open_in(folder.path(), "utf-8");
    let shown = session.open(&uri, "yaml", 1, text);
    session.settle(&uri);
    let verdict = session.verdicts[&uri].clone();
    assert_eq!(session.end(), 0);
    (shown, verdict)
}

#[test]
fn a_text_that_is_opened_half_typed_tells_what_fails_and_no_more() {
    let text = example().replace("    isOn: ", "    isOn\n    # ");
    let text = text.replacen("  - id: ", "  - id: \"", 1);
    let (shown, verdict) = opened(&text);
    assert_eq!(verdict["readable"], false);
    assert!(shown.iter().any(|one| one["code"] == "yaml-syntax"));
    assert!(shown.iter().any(|one| one["severity"] == 1 && one["data"]["id"].is_string()));
    assert!(shown.iter().all(|one| one["severity"] != 2 || one["data"]["id"].is_null()));
}

fn example() -> String {
    fs::read_to_string(root().join("examples/first-failback/site.yaml")).expect("an example")
}

#[test]
fn what_nothing_repairs_is_said_not_to_be_judged() {
    let text = example().replacen("\n", "\n\t: [\n%%\n\t}: x\n", 3);
    let (shown, verdict) = opened(&text);
    assert_eq!(verdict["readable"], false);
    assert!(shown.iter().any(|one| one["code"] == "yaml-syntax"));
    let said = "not judged while the text cannot be read";
    assert!(shown.iter().any(|one| one["message"] == said && one["severity"] == 3), "{shown:?}");
}
