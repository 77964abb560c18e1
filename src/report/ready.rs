//! Who can go now, as text: comments, and the lines of the record that would say so.

use serde::Serialize;

use crate::report::layout::names;
use crate::report::{json, sanitise, wire};
use crate::session::ready::Ready;

/// For people; what is no comment can be put into the description.
pub fn full(all: &[Ready], limit: usize) -> String {
    let mut out = String::new();
    for ready in all {
        let name = sanitise::clean(&ready.environment);
        let ids: Vec<_> = ready.units.iter().map(|id| sanitise::clean(id)).collect();
        let ids = names(ids.iter().map(AsRef::as_ref), limit);
        let what = if ids.is_empty() { String::new() } else { format!(": {ids}") };
        out.push_str(&format!("# ready in {name}: {} of {}{what}\n", ready.units.len(), ready.of));
        if ready.stated {
            out.push_str("# the description states what is requested; nothing is supposed\n");
        }
        for line in ready.record.iter().flat_map(|record| &record.lines) {
            out.push_str(&sanitise::clean(line));
            out.push('\n');
        }
    }
    out
}

#[derive(Serialize)]
struct Root<'r> {
    tool: json::Tool,
    environments: Vec<Told<'r>>,
}

#[derive(Serialize)]
struct Told<'r> {
    name: &'r str,
    ready: &'r [String],
    of: usize,
    /// The name of the record that is not stated, and its lines.
    field: Option<&'r str>,
    lines: &'r [String],
}

/// For programs.
pub fn json(all: &[Ready]) -> String {
    let environments = all.iter().map(|ready| Told {
        name: &ready.environment,
        ready: &ready.units,
        of: ready.of,
        field: ready.record.as_ref().map(|record| record.field.as_str()),
        lines: ready.record.as_ref().map_or(&[], |record| &record.lines),
    });
    wire::pretty(&Root { tool: json::Tool::default(), environments: environments.collect() })
}
