//! The commands about rules.

use std::fs;

use crate::support::program::{PACK, Run};

const PAGE: &str = "\
# Servers

## SRV-001: A server runs

Whatever it is for.

```yaml
servers:
  - id: s1
    state: stopped   # fail: SRV-001 blocks s1
```

```yaml
servers:
  - id: s1           # pass: SRV-001
    state: running
```

```yaml
servers:
  - id: s1           # unknown: SRV-001 blocks s1
```
";

#[test]
fn explain_is_the_manual_page_of_a_rule() {
    let out = "\
SRV-001  A server runs
  prerequisite: must hold, else the gate is closed

  Whatever it is for.

why
  What does not run does nothing.

clauses
  A-1       A server runs, of \"The paper\", revision 2026

waivers
  a failure can be waived for at most 90d

facts it reads
  servers       the servers
  Server.state  whether it runs

fix: start
  Start {s}
  at        Console > {s} > Start
  run       start {s}
  role      admin
  takes     unknown
  undo      does no harm

or: replace
  Replace {s}
  takes     unknown
  undo      cannot be taken back

rules/demo.gate:32
  prerequisite SRV-001 \"A server runs\" {
    clause  A-1
    for     s in servers
    require s.state == running
    because \"{s} is {s.state}, so nothing can be done with it\"
    why     \"What does not run does nothing.\"
    fix     start(s)
    fix     replace(s)
  }

manual page
  rules/demo.md:3, with cases in lines 8, 14, 20
";
    Run::new("explain srv-001 --rules rules").pack().file("rules/demo.md", PAGE).gives(0, out, "");
}

#[test]
fn explain_knows_clauses_and_remedies_and_suggests() {
    let out = "\
A-5  Nothing to see
  clause of \"The paper\", revision 2026

nothing to check
  it is only a heading

rules/demo.gate:8
    clause A-5 \"Nothing to see\" note \"it is only a heading\"
";
    Run::new("explain A-5 --rules rules").pack().gives(0, out, "");
    Run::new("explain start --rules rules").pack().done().code(0).says("start  Start {s}\n");
    let err = "error: there is no rule, clause, remedy or error number `strat`\n  help: did you mean `start`?\n";
    Run::new("explain strat --rules rules").pack().gives(2, "", err);
}

#[test]
fn explain_keeps_what_is_fenced_and_leaves_no_blanks_behind() {
    let page = "# Servers\n\n## SRV-001: A server runs\n\nOne line\nand another.\n\n- an item\n- one \
                more\n\nThe plan:\n\n```plan\n1. start(s1)\n2. start(s2)\n```\n";
    let done =
        Run::new("explain SRV-001 --rules rules").pack().file("rules/demo.md", page).done().code(0);
    done.says(
        "\n\n  One line and another.\n\n  - an item\n  - one more\n\n  The plan:\n\n    1. start(s1)\n    \
         2. start(s2)\n\nwhy\n",
    )
    .hides("```");
    let done = Run::new("explain MT-001").done().code(0);
    let loose: Vec<&str> = done.out.lines().filter(|line| line.ends_with(' ')).collect();
    assert_eq!(loose, [""; 0]);
    done.says("\n    1. deleteSnapshots(mt-win)\n");
}

#[test]
fn explain_names_the_packs_where_an_id_is_of_several() {
    Run::new("explain BYB-3a")
        .done()
        .code(0)
        .says("== classicReprotect: Reprotect from Azure")
        .says("\n== modernizedReprotect: Reprotect from Azure");
    Run::new("explain MT-001").done().code(0).hides("== ");
}

#[test]
fn rules_are_listed() {
    let out = "\
demo: A demonstration
SRV-001  prerequisite  A server runs
SRV-002  unsupported   An old server is not supported
SRV-003  warning       A server has no snapshots
SRV-004  prerequisite  A server has joined
";
    Run::new("rules --rules rules").pack().gives(0, out, "");
}

#[test]
fn a_trace_shows_holes() {
    let out = "\
The paper
  A-1     A server runs
          SRV-001  1 fail, 1 unknown, 1 pass; rules/demo.md:3
  A-2     A server is not old
          SRV-002  no case
  A-3     A server has no snapshots
          SRV-003  no case
  A-4     A new server may need some time
          SRV-004  no case
  A-5     Nothing to see
          note     it is only a heading
  A-6     Forgotten
hole: rules/demo.gate:9:10: clause A-6 has neither a rule nor a note
hole: rules/demo.gate:43:13: rule SRV-002 has no failing and no passing and no unknown case
hole: rules/demo.gate:50:10: rule SRV-003 has no failing and no passing and no unknown case
hole: rules/demo.gate:58:14: rule SRV-004 has no failing and no passing and no unknown case
6 clauses, 4 rules, 3 promises of cases: 4 holes
";
    let pack = PACK.replace(
        "it is only a heading\"\n",
        "it is only a heading\"\n  clause A-6 \"Forgotten\"\n",
    );
    Run::new("rules --trace --rules rules")
        .file("rules/demo.gate", pack)
        .file("rules/demo.md", PAGE)
        .gives(1, out, "");
}

#[test]
fn pages_are_tests() {
    let run = Run::new("test --rules rules").pack().file("rules/demo.md", PAGE);
    run.gives(0, "3 passed, 0 failed\n", "");
    let wrong = PAGE.replace("blocks s1", "blocks s2").replace("# pass: SRV-001", "");
    let out = "\
failed rules/demo.md:8: SRV-001
  promised, but it blocks others: line 10: fail[SRV-001] blocks s2
    found line 10: fail[SRV-001] servers/s1: s1 is stopped, so nothing can be done with it (blocks s1)

failed rules/demo.md:14: SRV-001
  the case promises nothing: write `# pass: ID` or `# fail: ID`
    found line 15: pass[SRV-001] servers/s1

failed rules/demo.md:20: SRV-001
  promised, but it blocks others: line 21: unknown[SRV-001] blocks s2
    found line 21: unknown[SRV-001] servers/s1: cannot tell for s1 whether a server runs (blocks s1)

0 passed, 3 failed
";
    Run::new("test rules").pack().file("rules/demo.md", wrong).gives(1, out, "");
    Run::new("test rules").pack().done().code(5).complains("no page with a case was found");
    Run::new("test nowhere").done().code(2).complains("cannot read `nowhere`");
}

#[test]
fn what_a_page_does_not_promise_fails_it() {
    let page = "## SRV-001: A server runs\n\n```yaml\nservers:\n  - id: s1   # pass: SRV-001\n    \
                state: running\n  - id: s2\n    colour: red\n```\n";
    Run::new("test rules")
        .pack()
        .file("rules/demo.md", page)
        .done()
        .code(1)
        .says("found, but not promised: rules/demo.md:8:5: error[unknown-key]")
        .says("found, but not promised: line 7: unknown[SRV-001] servers/s2");
}

#[test]
fn lint_tells_errors_and_warnings_and_counts_notes() {
    let quiet = PACK.replace(" note \"it is only a heading\"", "");
    let out = "rules/demo.gate:8:10: warning[clause-without-rule]: no rule cites clause `A-5`\n\
               0 errors, 1 warning, 2 notes (--all shows notes)\n\
               2 of 2 fixes proved, on 12 examples\n";
    Run::new("lint rules --concise").file("rules/demo.gate", quiet).gives(1, out, "");
    Run::new("lint rules").pack().gives(
        0,
        "0 errors, 0 warnings, 2 notes (--all shows notes)\n2 of 2 fixes proved, on 12 examples\n",
        "",
    );
    Run::new("lint nowhere").done().code(2).complains("cannot read the rules in `nowhere`");
    let broken = PACK.replace("require s.state", "require s.staet");
    Run::new("lint rules")
        .file("rules/demo.gate", broken)
        .done()
        .code(1)
        .says("error[unknown-field]")
        .says("did you mean `state`?")
        .hides("proved");
}

#[test]
fn fmt_brings_files_into_one_layout() {
    let run = Run::new("fmt rules").file("rules/a.gate", "pack   demo  \"A\"\n# kept\n");
    run.gives(0, "", "1 of 1 files were reformatted\n");
    let text = fs::read_to_string(run.path().join("rules/a.gate")).expect("a file");
    assert_eq!(text, "pack demo \"A\"\n# kept\n");
    run.gives(0, "", "0 of 1 files were reformatted\n");
    let check = Run::new("fmt --check").file("rules/a.gate", "pack   demo  \"A\"\n");
    check.gives(1, "./rules/a.gate\n", "1 of 1 files would be reformatted\n");
    let text = fs::read_to_string(check.path().join("rules/a.gate")).expect("a file");
    assert_eq!(text, "pack   demo  \"A\"\n");
    Run::new("fmt -").input("pack   demo \"A\"").gives(0, "pack demo \"A\"\n", "");
    Run::new("fmt -").input("pack demo").done().code(2).complains("error[");
    Run::new("fmt").done().code(5).complains("no file ends in .gate");
}

#[test]
fn the_schema_is_for_editors() {
    let done = Run::new("schema --rules rules").pack().done().code(0);
    let schema: serde_json::Value = serde_json::from_str(&done.out).expect("JSON");
    assert_eq!(schema["required"], serde_json::json!(["apiVersion", "kind", "name"]));
    let server = &schema["definitions"]["Server"];
    assert_eq!(server["required"], serde_json::json!(["id"]));
    assert_eq!(server["additionalProperties"], false);
    let state = &server["properties"]["state"];
    assert_eq!(state["enum"], serde_json::json!(["running", "stopped", "unknown", null]));
    assert_eq!(state["description"], "whether it runs\n\nDoes … run?\n\nWhere: Console > …");
    let items = &schema["properties"]["servers"]["items"]["anyOf"];
    assert_eq!(items[0]["$ref"], "#/definitions/Server");
    assert_eq!(items[1]["enum"], serde_json::json!(["unknown", null]), "others may be missing");
}

#[test]
fn one_schema_serves_all_packs() {
    let schema = |arguments: &str| -> serde_json::Value {
        let done = Run::new(&format!("schema {arguments}")).done().code(0);
        serde_json::from_str(&done.out).expect("JSON")
    };
    let all = schema("");
    let words = serde_json::json!(["classic", "modernized"]);
    assert_eq!(all["properties"]["architecture"]["enum"], words);
    let branches = all["allOf"].as_array().expect("branches");
    for (branch, (word, pack)) in branches
        .iter()
        .zip([("classic", "classicReprotect"), ("modernized", "modernizedReprotect")])
    {
        assert_eq!(branch["if"]["properties"]["architecture"]["const"], word);
        assert_eq!(branch["then"]["$ref"], format!("#/definitions/{pack}"));
        let own = &all["definitions"][pack];
        assert_eq!(own["properties"]["architecture"]["const"], word);
        assert_eq!(own["additionalProperties"], false);
        let alone = schema(&format!("--pack {pack}"));
        assert_eq!(alone["description"], format!("for descriptions with `architecture: {word}`"));
        let keys = |value: &serde_json::Value| -> Vec<String> {
            value["properties"].as_object().expect("properties").keys().cloned().collect()
        };
        assert_eq!(keys(own), keys(&alone));
    }
    // Whatever is referred to is there.
    let text = all.to_string();
    let names = text.split("\"#/definitions/").skip(1).filter_map(|rest| rest.split('"').next());
    for name in names {
        assert!(all["definitions"].get(name).is_some(), "{name}");
    }
    Run::new("schema --pack other").done().code(2).complains("known packs: classicReprotect");
}

#[test]
fn the_schema_refuses_what_a_check_refuses() {
    let schema: serde_json::Value =
        serde_json::from_str(&Run::new("schema --pack classicReprotect").done().out).expect("JSON");
    let server = &schema["definitions"]["ConfigurationServer"]["properties"];
    assert_eq!(server["id"]["type"], serde_json::json!(["string", "number"]));
    assert_eq!(server["id"]["not"]["enum"], serde_json::json!(["none", "unknown", ""]));
    assert_eq!(server["ip"]["not"]["enum"], serde_json::json!(["none"]));
    let pattern = |value: &serde_json::Value| {
        regex::Regex::new(value["pattern"].as_str().expect("a pattern")).expect("it compiles")
    };
    let version = pattern(&server["version"]);
    for (text, is_good) in [
        ("9.32.1", true),
        ("6.7u3", true),
        ("unknown", true),
        ("x", false),
        ("", false),
        ("none", false),
    ] {
        assert_eq!(version.is_match(text), is_good, "{text}");
    }
    let time = pattern(&schema["properties"]["asOf"]);
    for (text, is_good) in [
        ("2020-01-01T00:00:00Z", true),
        ("2020-01-01T00:00:00+09:00", true),
        ("2020-01-01T00:00:00+25:00", false),
        ("2020-01-01T00:00:00+09:75", false),
        ("2020-01-01T00:00:00", false),
    ] {
        assert_eq!(time.is_match(text), is_good, "{text}");
    }
}

#[test]
fn shells_and_man_are_served() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        Run::new(&format!("completions {shell}")).done().code(0).says("failback");
    }
    Run::new("completions tcsh").done().code(2).complains("invalid value 'tcsh'");
    Run::new("man").done().code(0).says(".TH failback 1");
    Run::new("man check").done().code(0).says("nothing was checked");
    Run::new("man chek").done().code(2).complains("did you mean `check`?");
}

#[test]
fn explain_lists_what_cites_an_error_number_and_what_a_pattern_means() {
    let done = Run::new("explain 95226").done().code(0);
    done.says("AGT-001").says("NET-");
    Run::new("explain mt-00*")
        .done()
        .code(0)
        .says("MT-001  A master target has no snapshots")
        .hides("RV-");
    Run::new("explain 'QQ-*'").done().code(2);
}

#[test]
fn the_version_names_the_rules_in_the_program() {
    let done = Run::new("--version").done().code(0);
    let lines: Vec<&str> = done.out.lines().collect();
    assert_eq!(lines[0], format!("failback {}", env!("CARGO_PKG_VERSION")));
    let json = Run::new("check --format json site.yaml")
        .file(
            "site.yaml",
            "apiVersion: failback/v1\nkind: Environment\nname: a\narchitecture: classic\n",
        )
        .done();
    let report: serde_json::Value = serde_json::from_str(&json.out).expect("JSON");
    let digest = report["rules"]["digest"].as_str().expect("a digest");
    assert!(lines.contains(&format!("classicReprotect {digest}").as_str()), "{lines:?} {digest}");
    Run::new("-V").done().code(0).says("failback ").hides("sha256");
}
