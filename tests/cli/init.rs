//! `failback init`: what it writes is a description, for all that it says in comments, too.

use std::fs;

use crate::support::program::Run;

/// The text with every key taken out of its comment, and a name for each entity.
fn uncommented(text: &str) -> String {
    let lines = text.lines().enumerate().map(|(at, line)| {
        let line = match line.strip_prefix('#') {
            Some(key) if !key.is_empty() && !is_prose(line) => key,
            _ => line,
        };
        let (key, note) = line.split_once(" # ").unwrap_or((line, ""));
        match key.trim_end() {
            key if key.ends_with(" id:") && note.starts_with("a text") => {
                format!("{key} name-{at}")
            }
            _ => line.to_owned(),
        }
    });
    lines.map(|line| line + "\n").collect()
}

/// Prose has one space behind its `#`, and no key: two columns are one step of indentation.
fn is_prose(line: &str) -> bool {
    line.starts_with("# ") && !line.starts_with("#  ")
}

#[test]
fn a_description_that_is_begun_has_no_error_and_all_its_keys_are_right() {
    for word in ["classic", "modernized"] {
        let run = Run::new("init").argument(word).argument("web01").argument("erp 02");
        run.done().code(0).says("wrote site.yaml").says("failback ask --write site.yaml");
        let text = fs::read_to_string(run.path().join("site.yaml")).expect("it was written");
        assert!(text.contains("  - id: web01\n") && text.contains("  - id: erp 02\n"), "{text}");
        Run::new("check --quiet site.yaml")
            .file("site.yaml", &text)
            .done()
            .code(3)
            .says("2 machines")
            .hides("error");
        let open = uncommented(&text);
        assert!(open.contains("\nrequest:"), "{open}");
        let keys = |text: &str| text.lines().filter(|line| !line.starts_with('#')).count();
        assert!(keys(&open) > keys(&text) + 100, "{open}");
        // The request names no machine yet.
        let done = Run::new("check --format concise site.yaml").file("site.yaml", &open).done();
        // The one item of the request names no machine yet: all other keys may be written as they are.
        let wrong: Vec<&str> = done.out.lines().filter(|line| line.contains(": error[")).collect();
        let is_known =
            |line: &&str| line.contains("error[missing-id]") && line.contains("`machine`");
        let wrong: Vec<&&str> = wrong
            .iter()
            .filter(|line| {
                line.contains("-id]") || line.contains("wrong-") || line.contains("unknown-")
            })
            .collect();
        assert!(wrong.len() == 1 && is_known(wrong[0]), "{wrong:#?}");
    }
}

#[test]
fn nothing_is_written_over() {
    let before = "# mine\n";
    let run = Run::new("init classic web01").file("site.yaml", before);
    run.gives(
        2,
        "",
        "error: `site.yaml` is there already\n  help: nothing was written; `-o FILE` takes another name, `-o -` prints\n",
    );
    assert_eq!(fs::read_to_string(run.path().join("site.yaml")).expect("it is there"), before);
    let run = Run::new("init classic web01 -o -").file("site.yaml", before);
    run.done().code(0).says("  - id: web01\n");
    Run::new("init classic -o missing/site.yaml").done().code(2).complains("cannot write");
}

#[test]
fn what_is_not_said_is_asked_for_and_what_is_wrong_is_refused() {
    Run::new("init").done().code(2).complains("`classic` or `modernized`");
    Run::new("init clasic").done().code(2).complains("did you mean `classic`");
    Run::new("init classic a b a").done().code(2).complains("`a` is named twice");
    Run::new("init classic unknown").done().code(2).complains("cannot be an id");
    Run::new("init classic --as-of today").done().code(2).complains("`today` is not a time");
    Run::new("init modernized -o - --now 2020-03-28T09:00:00Z a,b")
        .done()
        .code(0)
        .says("asOf: 2020-03-28T09:00:00Z")
        .says("  - id: b\n")
        .says("name: site\n");
}

#[test]
fn a_pack_of_ones_own_needs_no_word() {
    let run = Run::new("init --rules rules h1 h2 -o - --name mine").pack();
    run.done().code(0).says("name: mine\n").says("  - id: h1\n").says("  - id: h2\n");
}
