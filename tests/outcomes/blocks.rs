//! Rules go through long lists in blocks of rows: these must say what each row alone says, whatever is not known.

use std::fmt::Write as _;

use failback::compile::ir::RuleSet;
use failback::diagnostic::Severity;
use failback::evaluate::Outcome;
use failback::evaluate::expr::Evaluator;
use failback::facts::{Facts, SlotId};
use failback::session::{Inputs, PackFiles, rules};

use crate::outcomes::generated::MANY;
use crate::support::described::{READY, shipped, with_facts};
use crate::support::generate::environment;

/// All outcomes of all rules, as text.
fn outcomes(facts: &Facts<'_>, rules: &RuleSet, now: Option<i64>) -> Vec<(String, Outcome)> {
    let mut evaluator = Evaluator::new(facts, rules, now);
    let mut told = Vec::new();
    for (index, rule) in rules.rules.iter().enumerate() {
        evaluator.run(index, &mut |bound| {
            told.push((
                format!("{} {:?} {:?}", rule.id, bound.bindings, bound.open),
                bound.outcome,
            ));
        });
    }
    told
}

/// While somebody listens to what is asked for, every row is looked at by itself.
fn hold(text: &str, rules: &RuleSet) {
    with_facts(text, rules, |facts, now| {
        let mut kinds = Vec::new();
        for hide in [u32::MAX, 40, 7, 2] {
            let shown = |slot: &SlotId| {
                !slot.wrapping_mul(2_654_435_761).rotate_left(9).is_multiple_of(hide)
            };
            let known = (0..facts.slot_count() as SlotId).filter(shown).collect();
            let masked = facts.masked(known);
            let mut alone = masked.clone();
            alone.listen();
            let told = outcomes(&masked, rules, now);
            for (block, row) in told.iter().zip(outcomes(&alone, rules, now)) {
                assert_eq!(*block, row, "one slot of {hide} hidden");
            }
            kinds.extend(told.iter().map(|(_, outcome)| *outcome));
        }
        for kind in [Outcome::Pass, Outcome::Unknown, Outcome::NotApplicable] {
            assert!(kinds.contains(&kind), "some outcome is {}", kind.word());
        }
    });
}

/// A description for the pack of all forms; numbers that follow from a seed choose its facts, and leave some out.
fn shapes(seed: u64) -> String {
    let mut state = seed;
    let mut upto = move |limit: u64| {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % limit
    };
    let mut text = String::from(
        "apiVersion: failback/v1\nkind: Environment\nname: shapes\nkindOfPack: shapes\n\
         asOf: 2020-03-28T09:00:00Z\nchief: h3\nlabels: [a, b, c, d, e, f, g, h, i]\nhosts:\n",
    );
    const HOSTS: u64 = 60;
    for host in 0..HOSTS {
        let _ = writeln!(text, "  - id: h{host}");
        let mut fact = |name: &str, value: String, sometimes: u64| match sometimes {
            0 => {}
            1 => drop(writeln!(text, "    {name}: unknown")),
            _ => drop(writeln!(text, "    {name}: {value}")),
        };
        let letter = |at: u64| char::from(b'a' + at as u8).to_string();
        fact("size", upto(10).to_string(), upto(9));
        fact("big", (upto(2) == 0).to_string(), upto(9));
        fact("color", ["red", "green", "blue"][upto(3) as usize].to_owned(), upto(9));
        let disks: Vec<String> = (0..upto(3)).map(|_| format!("d{}", upto(80))).collect();
        fact("on", format!("[{}]", disks.join(", ")), upto(9));
        // Some lists are too short to be searched by keys, and some say that they leave others out.
        let crowd = [upto(6), upto(6), 20 + upto(10)][upto(3) as usize];
        let mut crowd: Vec<String> = (0..crowd).map(|_| format!("h{}", upto(HOSTS))).collect();
        if upto(5) == 0 {
            crowd.push("unknown".to_owned());
        }
        fact("crowd", format!("[{}]", crowd.join(", ")), upto(9));
        fact(
            "guests",
            ["[]".to_owned(), format!("[h{}]", upto(HOSTS))][upto(2) as usize].clone(),
            upto(9),
        );
        let chief = upto(HOSTS);
        let chief = if chief % 5 == 0 { "none".to_owned() } else { format!("h{chief}") };
        fact("chief", chief, upto(9));
        fact(
            "label",
            [letter(upto(12)), "none".to_owned()][(upto(4) == 0) as usize].clone(),
            upto(9),
        );
        let other = letter(upto(26));
        fact("other", [other.to_uppercase(), other][upto(2) as usize].clone(), upto(9));
        fact("release", format!("\"9.{}\"", upto(12)), upto(9));
        fact("latest", format!("\"9.{}.0\"", upto(12)), upto(9));
        let mut port = || {
            let peer =
                [format!("h{}", upto(HOSTS)), "none".to_owned()][(upto(3) == 0) as usize].clone();
            format!(
                "{{ number: {}, open: {}, label: {}, peer: {peer} }}",
                upto(10),
                ["true", "false", "unknown"][upto(3) as usize],
                letter(upto(12)),
            )
        };
        let ports: Vec<String> = (0..host % 4).map(|_| port()).collect();
        let spare = [port(), "none".to_owned()][(host % 3 == 0) as usize].clone();
        fact("ports", format!("[{}]", ports.join(", ")), (host + 1) % 11);
        fact("spare", spare, host % 7);
    }
    text.push_str("disks:\n");
    for disk in 0..80 {
        let host = upto(HOSTS);
        let main = ["none".to_owned(), format!("h{}", disk % HOSTS)][(disk < 50) as usize].clone();
        let size = ["unknown".to_owned(), upto(10).to_string()][(upto(9) > 0) as usize].clone();
        let _ =
            writeln!(text, "  - {{ id: d{disk}, host: h{host}, mainOf: {main}, size: {size} }}");
    }
    for (list, length) in [("links", 90), ("routes", 90), ("posts", 1 + seed * 3)] {
        let _ = writeln!(text, "{list}:");
        for _ in 0..length {
            let port = [upto(10), 443][upto(2) as usize];
            // By keys some of which are not known, no entry is found.
            let known = if list == "routes" { 6 } else { 7 };
            let state = ["unknown", "open", "open", "open", "shut", "shut", "shut"]
                [(7 - 1 - upto(known)) as usize];
            let (from, to) = (upto(HOSTS), upto(HOSTS));
            let _ =
                writeln!(text, "  - {{ from: h{from}, to: h{to}, port: {port}, state: {state} }}");
        }
        if list == "posts" && seed == 1 {
            text.push_str("  - unknown\n");
        }
    }
    text
}

#[test]
fn blocks_say_what_single_rows_say_of_every_form() {
    let mut inputs = Inputs::default();
    let file = inputs.sources.add("blocks.gate", include_str!("blocks.gate"));
    let pack = PackFiles::new("shapes", vec![file]);
    let loaded = rules::load(&inputs.sources, &pack);
    let wrong = loaded.diagnostics.iter().filter(|told| told.severity == Severity::Error);
    let wrong: Vec<&str> = wrong.map(|told| told.message.as_str()).collect();
    assert!(wrong.is_empty(), "the pack is without error: {wrong:?}");
    for seed in 0..3 {
        hold(&shapes(seed), &loaded.rules);
    }
}

#[test]
fn blocks_say_what_single_rows_say() {
    let rules = shipped();
    hold(READY, &rules);
    hold(&environment(10, MANY).text, &rules);
    hold(&environment(150, MANY).text, &rules);
}

#[test]
fn blocks_say_what_single_rows_say_for_the_other_pack() {
    let inputs = Inputs::shipped();
    let pack = inputs.packs.iter().find(|pack| pack.name == "modernized").expect("it is shipped");
    let rules = rules::load(&inputs.sources, pack).rules;
    hold(include_str!("../../examples/modernized/site.yaml"), &rules);
}
