//! The order of the steps as a picture: text for Graphviz and for Mermaid.
//!
//! Owns the escaping of labels, which is all that can go wrong: a name from a description must never end a label.

use crate::plan::{Plan, Step};
use crate::report::layout::wrap;
use crate::report::runbook::{action, planned, reaches, waves};
use crate::report::sanitise;
use crate::session::Report;

/// Columns of a label.
const LABEL: usize = 32;

/// For Graphviz.
pub fn dot(report: &Report<'_>) -> String {
    let mut out = String::from("digraph plan {\n  rankdir=LR;\n  node [shape=box];\n");
    for (at, (checked, plan)) in planned(report).enumerate() {
        out.push_str(&format!("  subgraph cluster_{at} {{\n"));
        out.push_str(&format!("    label=\"{}\";\n", quoted(&checked.name)));
        if plan.steps.is_empty() {
            let text = sentence(&reaches(checked, plan), &quoted, "\\n");
            let name = node(at, 0);
            out.push_str(&format!("    {name} [label=\"{text}\", shape=plaintext];\n"));
        }
        for (wave, members) in waves(plan) {
            out.push_str(&format!("    {{ rank=same; // wave {wave}\n"));
            for step in members {
                let name = node(at, step.id);
                out.push_str(&format!(
                    "      {name} [label=\"{}\"];\n",
                    label(step, &quoted, "\\n")
                ));
            }
            out.push_str("    }\n");
        }
        for (before, after) in edges(plan) {
            out.push_str(&format!("    {} -> {};\n", node(at, before), node(at, after)));
        }
        out.push_str("  }\n");
    }
    out.push_str("}\n");
    out
}

/// For Mermaid.
pub fn mermaid(report: &Report<'_>) -> String {
    let mut out = String::from("flowchart LR\n");
    for (at, (checked, plan)) in planned(report).enumerate() {
        out.push_str(&format!("  subgraph plan{at} [\"{}\"]\n", entities(&checked.name)));
        if plan.steps.is_empty() {
            let text = sentence(&reaches(checked, plan), &entities, "<br>");
            out.push_str(&format!("    {}[\"{text}\"]\n", node(at, 0)));
        }
        for step in &plan.steps {
            let label = label(step, &entities, "<br>");
            out.push_str(&format!("    {}[\"{label}\"]\n", node(at, step.id)));
        }
        for (before, after) in edges(plan) {
            out.push_str(&format!("    {} --> {}\n", node(at, before), node(at, after)));
        }
        out.push_str("  end\n");
    }
    out
}

fn node(plan: usize, step: usize) -> String {
    format!("p{plan}s{step}")
}

fn label(step: &Step, escape: &dyn Fn(&str) -> String, joint: &str) -> String {
    sentence(&format!("{}. {}", step.id, sanitise::clean(&action(step))), escape, joint)
}

fn sentence(text: &str, escape: &dyn Fn(&str) -> String, joint: &str) -> String {
    let lines: Vec<String> = wrap(text, LABEL).iter().map(|line| escape(line)).collect();
    lines.join(joint)
}

/// Pairs of steps that follow one another, without those that others imply.
fn edges(plan: &Plan) -> Vec<(usize, usize)> {
    let after = |number: usize| {
        plan.steps.get(number.wrapping_sub(1)).map_or(&[][..], |step| step.after.as_slice())
    };
    let mut edges = Vec::new();
    for step in &plan.steps {
        // All that come before one of the direct predecessors.
        let mut implied = vec![false; plan.steps.len() + 1];
        let mut stack: Vec<usize> =
            step.after.iter().flat_map(|number| after(*number)).copied().collect();
        while let Some(number) = stack.pop() {
            if number < implied.len() && !std::mem::replace(&mut implied[number], true) {
                stack.extend(after(number));
            }
        }
        let direct =
            step.after.iter().filter(|number| !implied.get(**number).is_some_and(|it| *it));
        edges.extend(direct.map(|number| (*number, step.id)));
    }
    edges
}

fn quoted(text: &str) -> String {
    sanitise::clean(text).replace('\\', "\\\\").replace('"', "\\\"")
}

/// Everything that is no letter, digit or blank by its number.
fn entities(text: &str) -> String {
    let mut out = String::new();
    for char in sanitise::clean(text).chars() {
        match char {
            ' ' | '.' | ',' | '-' | '/' | ':' => out.push(char),
            _ if char.is_alphanumeric() => out.push(char),
            _ => out.push_str(&format!("#{};", char as u32)),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_name_ends_a_label() {
        assert_eq!(quoted("a\"b\\"), "a\\\"b\\\\");
        assert_eq!(entities("a\"]b"), "a#34;#93;b");
    }
}
