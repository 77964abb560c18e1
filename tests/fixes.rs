//! Suggestions as edits: what is offered, applied to the text, leaves nothing to say.

use failback::diagnostic::{Diagnostic, Fix};
use failback::session::{Inputs, Options, PackFiles, rules, run};
use failback::source::Sources;

use crate::support::program::{HEAD, PACK};

/// A text with all edits of a fix made.
fn apply(text: &str, fix: &Fix) -> String {
    let mut text = text.to_owned();
    for edit in fix.edits.iter().rev() {
        text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
    }
    text
}

/// What is wrong with a description that the demonstration pack judges.
fn description(text: &str) -> Vec<Diagnostic> {
    let mut inputs = Inputs::default();
    let file = inputs.sources.add("demo.gate", PACK);
    inputs.packs.push(PackFiles::new("demo", vec![file]));
    inputs.describe("site.yaml", text);
    run(&inputs, &Options::default(), |report| {
        let own = report.environments.iter().flat_map(|environment| &environment.errors);
        report.errors.iter().chain(own).cloned().collect()
    })
}

/// What is wrong with rules.
fn pack(text: &str) -> Vec<Diagnostic> {
    let mut sources = Sources::default();
    let file = sources.add("demo.gate", text);
    rules::load(&sources, &PackFiles::new("demo", vec![file])).diagnostics
}

/// The only thing that is wrong has one fix, which leaves nothing wrong.
#[track_caller]
fn is_fixed(text: &str, title: &str, told: fn(&str) -> Vec<Diagnostic>) {
    let found = told(text);
    let fixes: Vec<&Fix> = found.iter().flat_map(|told| &told.fixes).collect();
    assert_eq!(fixes.len(), 1, "{text}\n{found:?}");
    assert_eq!(fixes[0].title, title, "{text}");
    let fixed = apply(text, fixes[0]);
    let left: Vec<String> = told(&fixed).into_iter().map(|told| told.message).collect();
    assert!(left.is_empty(), "{fixed}\n{left:?}");
}

#[test]
fn slips_in_a_description_are_corrected_as_they_are_quoted() {
    let servers =
        |lines: &str| format!("{HEAD}servers:\n  - id: \"on\"\n    {lines}\n  - id: b: c\n");
    let servers = |lines: &str| servers(lines).replace("b: c", "'long name: b'");
    for (lines, title) in [
        ("stat: running", "Change `stat` to `state`"),
        ("\"stat\": running", "Change `stat` to `state`"),
        ("state: runing # now", "Change `runing` to `running`"),
        ("state: 'runing'", "Change `runing` to `running`"),
        ("{ state: stoped }", "Change `stoped` to `stopped`"),
        ("peer: 'long name: c'", "Change `long name: c` to `long name: b`"),
        ("peer: ong name", "Change `ong name` to `long name`"),
        ("peer: om", "Change `om` to `on`"),
    ] {
        let mut text = servers(lines);
        if lines.starts_with('{') {
            text = format!("{HEAD}servers: [{{ id: a, {}]\n", lines.trim_start_matches("{ "));
        }
        if title.ends_with("`long name`") {
            text = text.replace("'long name: b'", "long name");
        }
        is_fixed(&text, title, description);
    }
    let json = format!(
        "{{\"apiVersion\": \"failback/v1\", \"kind\": \"Environment\", \"name\": \"lab\", {}}}",
        r#""servers": [{"id": "a", "stat": "running"}]"#
    );
    is_fixed(&json, "Change `stat` to `state`", description);
}

#[test]
fn slips_in_the_head_of_a_description_are_corrected() {
    for (right, wrong) in
        [("kind", "knd"), ("Environment", "Enviroment"), ("failback/v1", "failbak/v1")]
    {
        let text = format!("{HEAD}servers: [{{ id: a }}]\n").replace(right, wrong);
        is_fixed(&text, &format!("Change `{wrong}` to `{right}`"), description);
    }
}

#[test]
fn what_is_not_written_as_it_reads_is_not_edited() {
    let text = format!("{HEAD}servers:\n  - id: a\n    \"st\\u0061t\": running\n");
    let told = description(&text);
    assert_eq!(told[0].help.as_deref(), Some("did you mean `state`?"));
    assert!(told[0].fixes.is_empty(), "{told:?}");
}

#[test]
fn slips_in_rules_are_corrected() {
    for (right, wrong, word) in [
        ("s.state == running", "s.stae == running", "stae"),
        ("s.state == running", "s.state == runing", "runing"),
        (
            "for     s in servers\n  require s.joined",
            "for     s in servrs\n  require s.joined",
            "servrs",
        ),
        ("clause  A-4", "clause  A-44", "A-44"),
        ("fix     start(s)", "fix     strat(s)", "strat"),
        ("ref Server or", "ref Servr or", "Servr"),
        ("set s.state", "set s.stat", "stat"),
        ("remedy start", "remdy start", "remdy"),
    ] {
        let text = PACK.replacen(right, wrong, 1);
        assert_ne!(text, PACK, "{right}");
        let found = pack(&text);
        let fix = found.iter().flat_map(|told| &told.fixes).next();
        let fix = fix.unwrap_or_else(|| panic!("{wrong}: {found:?}"));
        assert!(fix.title.starts_with(&format!("Change `{word}` to `")), "{}", fix.title);
        let known = pack(PACK);
        assert_eq!(pack(&apply(&text, fix)), known, "{wrong}");
    }
}
