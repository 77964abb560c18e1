//! What `lint` proves without an environment: each of the things that can be wrong is found, at its place, with an example
//! in which `check` sees the same; and what is right is left alone.

use failback::diagnostic::{Diagnostic, Severity};
use failback::prove::{Proof, prove};
use failback::session::{Inputs, Options, PackFiles, rules, run};
use failback::source::Sources;

mod packs;

use packs::*;

/// A pack, and what was proved of it.
struct Trial {
    text: String,
    sources: Sources,
    proof: Proof,
}

/// These packs are about what remedies do, not about what they declare of themselves.
fn is_wrong(told: &Diagnostic) -> bool {
    told.severity != Severity::Note && !told.code.starts_with("undeclared-")
}

fn trial(text: &str) -> Trial {
    let mut sources = Sources::default();
    let file = sources.add("trial.gate", text);
    let loaded = rules::load(&sources, &PackFiles::new("trial", vec![file]));
    let wrong: Vec<&Diagnostic> = loaded.diagnostics.iter().filter(|told| is_wrong(told)).collect();
    assert!(wrong.is_empty(), "{wrong:?}");
    let proof = prove(&loaded.rules);
    Trial { text: text.to_owned(), sources, proof }
}

fn of(rules: &str) -> Trial {
    trial(&format!("{FACTS}{rules}"))
}

impl Trial {
    /// The one thing that is told.
    #[track_caller]
    fn one(&self) -> &Diagnostic {
        let told: Vec<&str> =
            self.proof.diagnostics.iter().map(|told| told.message.as_str()).collect();
        let [one] = self.proof.diagnostics.as_slice() else {
            panic!("one thing is told: {told:?}")
        };
        assert_eq!(one.severity, Severity::Warning, "{one:?}");
        one
    }

    /// Code, message, and each place with its label.
    #[track_caller]
    fn says(&self, code: &str, message: &str, places: &[(&str, &str)]) -> &Diagnostic {
        let one = self.one();
        let labels: Vec<(&str, &str)> = one
            .labels
            .iter()
            .map(|label| (self.sources.slice(label.span), label.message.as_str()))
            .collect();
        assert_eq!((one.code.as_str(), one.message.as_str()), (code, message));
        assert_eq!(labels, places);
        assert!(one.help.is_some());
        one
    }

    /// The example below a diagnostic: what is said of it, and the description.
    #[track_caller]
    fn example(&self) -> (String, String) {
        let (heading, note) = self.one().notes.first().expect("an example");
        assert_eq!(*heading, "example");
        let (sentence, text) = note.split_once(":\n").expect("a sentence and a description");
        (sentence.to_owned(), format!("{text}\n"))
    }

    /// The outcomes of a check of a description that are told, which must be without error.
    #[track_caller]
    fn check(&self, text: &str) -> Vec<String> {
        let mut inputs = Inputs::default();
        let file = inputs.sources.add("trial.gate", self.text.as_str());
        inputs.packs.push(PackFiles::new("trial", vec![file]));
        inputs.describe("example.yaml", text);
        run(&inputs, &Options::default(), |report| {
            let errors: Vec<&str> = report
                .errors
                .iter()
                .chain(report.environments.iter().flat_map(|environment| &environment.errors))
                .map(|error| error.message.as_str())
                .collect();
            assert!(errors.is_empty(), "{errors:?} in\n{text}");
            let [environment] = report.environments.as_slice() else { panic!("one environment") };
            let findings = environment.evaluation.findings.iter();
            findings.map(|finding| format!("{} {}", finding.outcome.word(), finding.id)).collect()
        })
    }

    /// The example, which `check` must judge like this.
    #[track_caller]
    fn shows(&self, sentence: &str, outcomes: &[&str]) -> String {
        let (said, text) = self.example();
        assert_eq!(said, sentence);
        let found = self.check(&text);
        for outcome in outcomes {
            assert!(found.iter().any(|found| found == outcome), "{outcome}: {found:?} in\n{text}");
        }
        text
    }

    #[track_caller]
    fn is_clean(&self) {
        let told: Vec<&str> =
            self.proof.diagnostics.iter().map(|told| told.message.as_str()).collect();
        assert!(told.is_empty(), "{told:?}");
    }
}

#[test]
fn a_remedy_that_does_nothing_is_told() {
    let trial = trial(include_str!("plan/idle.gate"));
    trial.says(
        "ineffective-remedy",
        "`paint` does not make `T-001` pass, which names it",
        &[
            ("fix     paint(s)", "named here"),
            ("s.label = \"painted\"", "after this the rule still fails"),
        ],
    );
    let text = trial.shows(
        "here `T-001` fails of servers/server-1, and it still fails afterwards",
        &["fail T-001:servers/server-1"],
    );
    assert_eq!(
        text,
        "apiVersion: failback/v1\nkind: Environment\nname: example\nservers:\n  - id: server-1\n    power: stopped\n"
    );
    // The same with the step carried out.
    let after = text.replace("power: stopped", "power: stopped\n    label: painted");
    assert_eq!(trial.check(&after), ["fail T-001:servers/server-1"]);
    assert_eq!((trial.proof.fixes, trial.proof.proved), (1, 0));
}

#[test]
fn a_remedy_that_mends_only_one_way_to_fail_is_told() {
    let trial = of(HALF);
    trial.says(
        "ineffective-remedy",
        "`start` does not always make `T-001` pass, which names it",
        &[
            ("fix     start(s)", "named here"),
            ("s.power = running", "after this the rule still fails"),
        ],
    );
    let text = trial.shows(
        "here `T-001` fails of servers/server-1, and it still fails afterwards",
        &["fail T-001:servers/server-1"],
    );
    assert!(text.contains("disk: detached"), "{text}");
}

#[test]
fn a_remedy_that_leaves_open_what_decides_is_told() {
    let trial = of(UNKNOWN);
    let one = trial.one();
    assert_eq!(one.message, "`order` does not make `T-001` pass, which names it");
    let (sentence, text) = trial.example();
    let found = trial.check(&text);
    let [finding] = found.as_slice() else { panic!("{found:?}") };
    let (_, subject) = finding.split_once("fail T-001:").expect("it fails");
    let said = format!("here `T-001` fails of {subject}, and it is not known afterwards");
    assert_eq!(sentence, said);
}

#[test]
fn remedies_that_need_each_other_are_told() {
    let trial = trial(include_str!("plan/circle.gate"));
    trial.says(
        "remedies-in-a-circle",
        "`start` and `attach` wait for one another",
        &[
            ("s.disk == attached", "only `attach` brings this about"),
            ("s.power == running", "only `start` brings this about"),
            ("fix     start(s)", "named here"),
        ],
    );
    trial.shows(
        "here `T-001` fails of servers/server-1, and none of them can start",
        &["fail T-001:servers/server-1", "fail T-002:servers/server-1"],
    );
}

#[test]
fn a_step_for_each_of_several_is_proved_and_one_that_does_nothing_for_each_is_told() {
    let racks = include_str!("plan/racks.gate");
    trial(racks).is_clean();
    let idle = racks.replace(
        "set s.rack = choose r in racks where r.power >= s.needs prefer r.power",
        "set s.sealed = true",
    );
    let idle = idle.replace("  fix     rewire(r)\n", "");
    let trial = trial(idle.split("remedy rewire").next().expect("the rest of the pack"));
    trial.says(
        "ineffective-remedy",
        "`move` does not make `T-001` pass, which names it",
        &[
            ("fix     for s in tooMuch(r): move(s)", "named here"),
            ("s.sealed = true", "after this the rule still fails"),
        ],
    );
}

#[test]
fn a_way_out_of_a_circle_is_enough() {
    of(OPEN_CIRCLE).is_clean();
}

#[test]
fn needs_that_nothing_can_make_true_are_told() {
    let trial = of(IMPOSSIBLE);
    trial.says(
        "needs-never-met",
        "`start` can never start where `T-001` fails, which names it",
        &[("s.load > 60 and s.load < 40", "never true there"), ("fix     start(s)", "named here")],
    );
    trial.shows(
        "here `T-001` fails of servers/server-1, and the remedy cannot start",
        &["fail T-001:servers/server-1"],
    );
}

#[test]
fn needs_that_hold_only_where_nothing_is_wrong_are_told() {
    let trial = of(NEEDS);
    let told: Vec<&str> = trial.proof.diagnostics.iter().map(|told| told.code.as_str()).collect();
    assert!(told.contains(&"needs-never-met"), "{told:?}");
}

#[test]
fn a_remedy_that_breaks_another_rule_is_told() {
    let trial = trial(include_str!("plan/rebreak.gate"));
    trial.says(
        "remedy-breaks-rule",
        "`start` makes `T-002` fail, and nothing fixes that",
        &[
            ("s.power = running\n          set s.disk = detached", "this breaks it"),
            ("s.disk == attached", "fails after it: `T-002` names no remedy"),
            ("fix     start(s)", "named here"),
        ],
    );
    let text = trial.shows(
        "here `T-001` fails of servers/server-1, and after `start` `T-002` fails of servers/server-1",
        &["fail T-001:servers/server-1"],
    );
    assert_eq!(trial.check(&text), ["fail T-001:servers/server-1"], "T-002 passes before");
    let after = text.replace("stopped", "running").replace("attached", "detached");
    assert_eq!(trial.check(&after), ["fail T-002:servers/server-1"]);
}

#[test]
fn a_remedy_that_makes_what_it_is_to_mend_is_told() {
    let trial = trial(include_str!("plan/growing.gate"));
    let one = trial.one();
    assert_eq!(one.code, "remedy-breaks-rule");
    assert_eq!(one.message, "`replace` makes `T-001`, which names it, fail of others");
    let (_, text) = trial.example();
    assert_eq!(trial.check(&text), ["fail T-001:servers/server-1"]);
}

#[test]
fn what_another_remedy_mends_is_not_broken() {
    of(MENDED).is_clean();
}

#[test]
fn conditions_that_are_always_so_are_told() {
    let always = of(ALWAYS);
    always.says(
        "always-true",
        "`T-001` can never fail",
        &[("s.power == running or s.power != running", "this is true in every environment")],
    );
    let (sentence, text) = always.example();
    assert_eq!(sentence, "it passes here, as everywhere");
    assert_eq!(always.check(&text), Vec::<String>::new());

    let never = of(NEVER);
    never.says(
        "always-false",
        "`T-001` can never pass",
        &[(
            "s.load > 60 and s.load < 40",
            "this is false in every environment of which the rule speaks",
        )],
    );
    never.shows("it fails here, as everywhere", &["fail T-001:servers/server-1"]);

    let unfired = of(UNFIRED);
    unfired.says(
        "always-false",
        "`T-001` can never fire",
        &[("s.power == running and s.power == stopped", "this is false in every environment")],
    );

    let nobody = of(NOBODY);
    nobody.says(
        "never-applies",
        "`T-001` never speaks of anything, so it checks nothing",
        &[("s.power == running and s.power == stopped", "this is never true")],
    );
}

#[test]
fn two_rules_that_no_environment_passes_are_told() {
    let trial = trial(include_str!("plan/quarrel.gate"));
    trial.says(
        "rules-exclude-each-other",
        "`T-001` and `T-002` cannot both pass in any environment",
        &[("s.power == stopped", "where this holds …"), ("s.power == running", "… this does not")],
    );
    let (sentence, text) = trial.example();
    assert_eq!(sentence, "here both speak, and whatever is changed one of them fails");
    for power in ["running", "stopped"] {
        let changed =
            text.replace("power: running", "power: x").replace("power: stopped", "power: x");
        let found = trial.check(&changed.replace("power: x", &format!("power: {power}")));
        assert_eq!(found.len(), 1, "{found:?}");
    }
    assert!(text.contains("power: "), "{text}");
}

#[test]
fn rules_that_speak_of_different_subjects_go_together() {
    of(APART).is_clean();
}

#[test]
fn time_is_no_obstacle() {
    let trial = of(TIME);
    trial.is_clean();
    assert_eq!((trial.proof.fixes, trial.proof.proved), (1, 1));
    assert!(trial.proof.examples > 0);
}

#[test]
fn shipped_packs_have_nothing_wrong_and_every_proof_is_reached_or_told() {
    let inputs = Inputs::shipped();
    for pack in &inputs.packs {
        let loaded = rules::load(&inputs.sources, pack);
        let proof = prove(&loaded.rules);
        let wrong: Vec<&str> = proof
            .diagnostics
            .iter()
            .filter(|told| told.severity != Severity::Note)
            .map(|told| told.message.as_str())
            .collect();
        assert!(wrong.is_empty(), "{}: {wrong:?}", pack.name);
        let told: Vec<&str> = proof.diagnostics.iter().map(|told| told.message.as_str()).collect();
        println!(
            "{}: {} of {} fixes, {} examples, {} looks; {told:#?}",
            pack.name, proof.proved, proof.fixes, proof.examples, proof.looks
        );
        assert!(proof.proved * 100 >= proof.fixes * 95, "{} of {}", proof.proved, proof.fixes);
    }
}

/// What is printed below `example`: a description, as it can be copied.
fn printed(out: &str) -> String {
    let indent = " ".repeat(11);
    let lines = out.lines().skip_while(|line| !line.starts_with("  example"));
    let lines = lines.skip_while(|line| !line.ends_with("apiVersion: failback/v1"));
    let lines = lines.take_while(|line| line.starts_with(&indent));
    lines.map(|line| format!("{}\n", &line[indent.len()..])).collect()
}

#[test]
fn a_printed_example_fails_in_a_check_as_it_is_said() {
    for (name, code, finding) in [
        ("circle", "remedies-in-a-circle", "error[T-001]"),
        ("idle", "ineffective-remedy", "error[T-001]"),
        ("quarrel", "rules-exclude-each-other", "error[T-00"),
        ("rebreak", "remedy-breaks-rule", "error[T-001]"),
        ("growing", "remedy-breaks-rule", "error[T-001]"),
    ] {
        let folder = tempfile::tempdir().expect("a folder");
        let pack = format!("{}/tests/plan/{name}.gate", env!("CARGO_MANIFEST_DIR"));
        std::fs::create_dir(folder.path().join("rules")).expect("a folder");
        std::fs::copy(pack, folder.path().join("rules/trial.gate")).expect("a pack");
        let run = |arguments: &[&str]| {
            let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_failback"));
            let output = command.args(arguments).current_dir(folder.path()).output();
            let output = output.expect("the program runs");
            (String::from_utf8_lossy(&output.stdout).into_owned(), output.status.code())
        };
        let (full, exit) = run(&["lint", "rules"]);
        assert_eq!(exit, Some(1), "{full}");
        assert!(full.contains(&format!("warning[{code}]")), "{name}: {full}");
        let (concise, _) = run(&["lint", "rules", "--concise"]);
        let line = concise.lines().find(|line| !line.contains("undeclared-")).unwrap_or_default();
        assert!(line.starts_with("rules/trial.gate:") && line.contains(code), "{concise}");
        std::fs::write(folder.path().join("example.yaml"), printed(&full)).expect("a file");
        let (found, exit) =
            run(&["check", "--rules", "rules", "--format", "concise", "example.yaml"]);
        assert!(exit == Some(1) && found.contains(finding), "{name}: {found}\n{full}");
    }
}

#[test]
fn proofs_are_the_same_each_time() {
    for text in [include_str!("plan/rebreak.gate"), include_str!("plan/circle.gate")] {
        assert_eq!(trial(text).proof.diagnostics, trial(text).proof.diagnostics);
    }
}

#[test]
fn a_rule_that_passes_by_what_is_not_known_is_noted() {
    for (condition, at, fact, value) in [
        ("(s.load < 5) otherwise true", "(s.load < 5) otherwise true", "load", "5"),
        ("s.power == running or s.disk is not known", "s.disk is not known", "disk", "attached"),
    ] {
        let trial = of(&rule(condition));
        let [one] = trial.proof.diagnostics.as_slice() else { panic!("{:?}", trial.proof) };
        assert_eq!((one.code.as_str(), one.severity), ("opens-on-unknown", Severity::Note));
        let message = format!(
            "`T-001` passes while `{fact}` of Server is not known, and may fail once it is {value}"
        );
        assert_eq!(one.message, message);
        assert_eq!(trial.sources.slice(one.labels[0].span), at);
        let (_, note) = one.notes.first().expect("an example");
        let text = format!("{}\n", note.split_once(":\n").expect("a sentence").1);
        assert_eq!(trial.check(&text), Vec::<String>::new(), "it passes: {text}");
    }
}

#[test]
fn what_does_not_pass_by_what_is_not_known_is_not_noted() {
    for condition in [
        "(s.power == running) otherwise false",
        "s.power == running",
        "s.power == running and s.disk is known",
        "(s.power == running and s.disk == attached) otherwise false",
    ] {
        let trial = of(&rule(condition));
        trial.is_clean();
    }
    // Advice never opens anything.
    let advice = "\nadvisory T-001 \"A\" {\n  for s in servers\n  when (s.load > 5) otherwise false\n  because \"{s} is loaded\"\n}\n";
    of(advice).is_clean();
}

fn rule(condition: &str) -> String {
    format!(
        "\nprerequisite T-001 \"A\" {{\n  for s in servers\n  require {condition}\n  because \"{{s}} is not so\"\n}}\n"
    )
}

/// A pack in which a server may stand in no rack.
fn racks(parts: &str) -> Trial {
    trial(&format!(
        r#"pack racks "Racks"

environment {{
  servers: [Server]
  racks: [Rack]
}}

entity Server {{
  id: key
  rack: ref Rack or none
}}

entity Rack {{
  id: key
  slots: [Slot]
}}

record Slot {{
  on: bool
}}

unit Server

prerequisite T-001 "Slots are on" {{
  {parts}
  because "a slot is off"
  blocks  servers
}}
"#
    ))
}

#[test]
fn a_rule_that_passes_over_a_list_that_is_none_is_told() {
    for (parts, list) in [
        ("for s in servers require all x in s.rack.slots: x.on", "s.rack.slots"),
        ("for s in servers require no x in s.rack.slots: not x.on", "s.rack.slots"),
        ("for s in servers require s.id != \"a\" and all x in s.rack.slots: x.on", "s.rack.slots"),
    ] {
        let trial = racks(parts);
        let message = "`T-001` passes where this list is `none`, with nothing looked at";
        trial.says("none-passes", message, &[(list, "this may be `none`")]);
        let text = trial.shows("here `T-001` passes", &[]);
        assert!(text.contains("rack: none"), "{text}");
    }
}

#[test]
fn a_rule_that_says_what_none_means_is_not_told_of() {
    for parts in [
        "for s in servers where s.rack != none require all x in s.rack.slots: x.on",
        "for s in servers require s.rack != none and all x in s.rack.slots: x.on",
        "for s in servers require s.rack == none or all x in s.rack.slots: x.on",
        "for s in servers require any x in s.rack.slots: x.on",
        "for r in racks require all x in r.slots: x.on",
    ] {
        racks(parts).is_clean();
    }
}
