//! `failback.toml`, `--config`, `--isolated`, `--show-settings` and the policy lock.

use crate::support::program::{HEAD, Run};

const SITE: &str = "servers:
  - { id: s1, state: running, model: new, snapshots: [{ name: a }], joined: true }
  - { id: s2, state: stopped, model: new, snapshots: [], joined: true }
";

fn run(arguments: &str, settings: &str) -> Run {
    let run = Run::new(arguments).pack().file("sites/site.yaml", format!("{HEAD}{SITE}"));
    run.file("failback.toml", settings)
}

const SETTINGS: &str = "rules = \"rules\"
skip-rules = [\"SRV-001\"]
format = \"concise\"
[reports]
csv = \"out.csv\"
[levels]
SRV-003 = \"note\"
";

#[test]
fn the_nearest_file_sets_what_flags_and_variables_leave_open() {
    let set = run("check sites", SETTINGS);
    let done = set.done().code(0).says("sites/site.yaml:5:").says("note[SRV-003]");
    assert!(done.out.contains(", without SRV-001, SRV-003 at level note"), "{}", done.out);
    assert!(set.path().join("out.csv").is_file());
    run("check sites --skip-rule SRV-003", SETTINGS).done().code(1).says("error[SRV-001]");
    run("check sites --format json", SETTINGS).done().code(0).says("\"weakened\": [");
    run("check sites", SETTINGS).variable("FAILBACK_FORMAT", "json").done().says("\"tool\"");
    run("check sites --isolated --rules rules", SETTINGS).done().code(1).says("next");
    run("check sites --config failback.toml --format full", SETTINGS).done().code(0);
    let other = run("check sites --config other.toml", SETTINGS);
    other.file("other.toml", "rules = \"rules\"\n").done().code(1).says("error[SRV-001]");
}

#[test]
fn settings_are_shown_with_where_they_are_from() {
    let out = "rules = \"rules\"  # failback.toml:1
skip-rules = [\"SRV-002\"]  # --skip-rule
format = \"json\"  # FAILBACK_FORMAT
waivers = []  # default
# baseline: none  # default

[reports]
csv = \"out.csv\"  # failback.toml:5

[levels]
\"SRV-003\" = \"note\"  # failback.toml:7
";
    let run = run("check sites --show-settings --skip-rule SRV-002", SETTINGS);
    run.variable("FAILBACK_FORMAT", "json").gives(0, out, "");
    let out = "# rules: those of the program  # default
skip-rules = []  # default
format = \"full\"  # default
waivers = []  # default
# baseline: none  # default
";
    Run::new("check --show-settings").gives(0, out, "");
}

#[test]
fn a_baseline_of_the_settings_counts_and_a_lock_forbids_it() {
    let known = "{ \"failback\": \"baseline/v1\", \"findings\": [] }\n";
    let with = |arguments: &str| {
        run(arguments, "rules = \"rules\"\nbaseline = \"known.json\"\n").file("known.json", known)
    };
    with("check sites -q").done().code(1).says("1 new, 0 known");
    with("check sites --format json").done().says("judged beside the baseline `known.json`");
    with("check sites --show-settings").done().says("baseline = \"known.json\"  # failback.toml:2");
    let locked =
        with("check sites -q --policy-lock lock.toml").file("lock.toml", "rules = \"rules\"\n");
    locked.done().code(2).hides("0 known");
    let writing = with("check sites -q --write-baseline known.json");
    writing.done().code(1).hides("new,");
}

#[test]
fn what_is_wrong_in_settings_has_a_place_and_a_suggestion() {
    for (line, said) in [
        ("skip-rule = []", "failback.toml:2:1: error[unknown-key]: unknown setting `skip-rule`"),
        ("skip-rules = 1", "failback.toml:2:14: error[wrong-type]: `skip-rules` holds a number"),
        (
            "format = \"sarf\"",
            "failback.toml:2:10: error[wrong-word]: no report has the form `sarf`",
        ),
        (
            "skip-rules = [\"SRV-01\"]",
            "failback.toml:2:15: error[unknown-rule]: there is no rule `SRV-01`",
        ),
        (
            "[levels]\nSRV-001 = \"note\"",
            "failback.toml:3:1: error[fixed-level]: `SRV-001` closes the gate",
        ),
        (
            "[levels]\nSRV-003 = \"error\"",
            "failback.toml:3:11: error[wrong-word]: `SRV-003` has no such level",
        ),
        (
            "[reports]\nsarif = \"-\"",
            "failback.toml:3:9: error[wrong-type]: a report goes into a file",
        ),
        ("format = ", "failback.toml:2:"),
    ] {
        let settings = format!("rules = \"rules\"\n{line}\n");
        let run = run("check sites --format concise --rules rules", &settings);
        run.done().code(2).says(said).says("error[SRV-001]");
    }
    let full = run("check sites", "rules = \"rules\"\nskip-rule = []\n").done().code(2);
    full.says("did you mean `skip-rules`?");
    let lost = run("check sites", "[reports]\ncsv = \"no/out.csv\"\n");
    lost.gives(2, "", "error: cannot write `no/out.csv`: its folder does not exist\n");
    run("check sites --config no.toml", "")
        .done()
        .code(2)
        .complains("cannot read the settings `no.toml`");
    run("check sites --show-settings", "rule = 1\n")
        .done()
        .code(2)
        .complains("did you mean `rules`?");
}

#[test]
fn a_lock_wins_and_nothing_else_weakens() {
    let weak = "rules = \"rules\"\nskip-rules = [\"SRV-001\"]\nformat = \"concise\"\n[levels]\nSRV-003 = \"note\"\n";
    let locked = run("check sites --policy-lock lock/failback.toml", weak);
    let done = locked.file("lock/failback.toml", "rules = \"../rules\"\n").done().code(2);
    let done = done.says("failback.toml:2:1: error[policy-lock]: `skip-rules` cannot be set here");
    let done = done.says("failback.toml:5:1: error[policy-lock]: `levels` cannot be set here");
    done.says("error[SRV-001]").says("warning[SRV-003]").hides("`rules` cannot be set");
    let fine =
        run("check sites", "format = \"concise\"\n").variable("FAILBACK_POLICY_LOCK", "lock.toml");
    fine.file("lock.toml", "rules = \"rules\"\nskip-rules = [\"SRV-001\"]\n").done().code(0);
}

#[test]
fn a_file_above_the_repository_is_not_read() {
    let run = run(
        "check inner/site.yaml --rules rules --format concise",
        "format = \"json\"\nskip-rules = [\"SRV-001\"]\n",
    );
    let run = run.file("inner/.git/HEAD", "").file("inner/site.yaml", format!("{HEAD}{SITE}"));
    run.done().code(1).says("error[SRV-001]");
}

#[test]
fn what_settings_hold_is_no_command() {
    let settings = "rules = \"##vso[x]\\u202e\"\nskip-rules = [\"::error::x\"]\n[levels]\n\"##[error]\" = \"note\"\n";
    for arguments in [
        "check sites --show-settings --skip-rule ##[error]x",
        "check sites",
        "check sites --format json",
    ] {
        let done = run(arguments, settings).done().code(2);
        for text in [&done.out, &done.err] {
            let odd = ["##vso[", "##[", "\u{202e}", "\n::"].iter().find(|odd| text.contains(**odd));
            assert_eq!(odd, None, "{text}");
        }
    }
}
