//! What is said grows with what is described, and not with its square: however little is known, and however many are alike.

use std::sync::Arc;

use failback::evaluate::Evaluation;
use failback::report::layout::Look;
use failback::report::{Format, render};
use failback::session::{Inputs, Options, run};
use rustc_hash::FxHashSet;

use crate::support::shapes::{SHAPES, Shape};

/// All that an evaluation holds: facts, questions and letters of each finding, and each set of units once.
fn size(evaluation: &Evaluation<'_>) -> usize {
    let mut sets = FxHashSet::default();
    let mut size = evaluation.everyone.len();
    for finding in &evaluation.findings {
        size += finding.evidence.len() + finding.questions.len();
        size += finding.message.len() + finding.why.as_deref().map_or(0, str::len);
        for set in [&finding.blocks, &finding.surely] {
            if sets.insert(Arc::as_ptr(set).cast::<u32>()) {
                size += set.len();
            }
        }
    }
    size + evaluation.units.iter().map(|unit| unit.findings.len()).sum::<usize>()
}

fn held(shape: &Shape, machines: usize) -> usize {
    let mut inputs = Inputs::shipped();
    inputs.describe("site.yaml", (shape.text)(machines));
    run(&inputs, &Options::default(), |report| size(&report.environments[0].evaluation))
}

#[test]
fn what_is_held_grows_with_the_machines() {
    let mut wrong = String::new();
    for shape in &SHAPES {
        let (once, twice) = (held(shape, 200), held(shape, 400));
        if twice > once * 5 / 2 {
            wrong += &format!("{}: {once}, then {twice}\n", shape.name);
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}

#[test]
fn a_set_that_is_everybody_is_named_by_its_size() {
    let mut inputs = Inputs::shipped();
    let shape =
        SHAPES.iter().find(|shape| shape.name == "references unknown").expect("it is there");
    inputs.describe("site.yaml", (shape.text)(1_100));
    run(&inputs, &Options::default(), |report| {
        let told = render(report, Format::Full, &Look::default());
        assert!(told.contains("  1100  all 1,100  "), "{told}");
        let told = render(report, Format::Full, &Look { all: true, ..Look::default() });
        assert!(told.contains("perhaps all 1,100"), "{}", &told[..10_000]);
        let json = render(report, Format::Json, &Look::default());
        let json: serde_json::Value = serde_json::from_str(&json).expect("it is JSON");
        let findings = json["environments"][0]["findings"].as_array().expect("findings");
        let many = findings.iter().find(|finding| finding["perhapsCount"] == 1_100);
        let many = many.expect("a finding that perhaps blocks all");
        let listed = |key: &str| many[key].as_array().expect("a list").len();
        assert_eq!([listed("perhaps"), listed("blocks"), listed("concerns")], [100; 3]);
        let units = json["environments"][0]["units"].as_array().expect("units");
        let last = &units[units.len() - 1];
        assert!(last["moreFindings"].as_u64() > Some(0), "{last}");
    });
}
