//! Where the answer to a question goes.
//!
//! Owns the way from a fact that nobody stated to the line of the description to write, and the place for it. The
//! records around the fact may be missing, too: then they are part of what is written.

use crate::evaluate::Question;
use crate::facts::{Facts, NO_NODE, ROOT, RowId};
use crate::session::address::holder;
use crate::source::{Sources, Span};
use crate::yaml::{Kind, NodeId, Tree};

/// How new text relates to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Way {
    /// New lines below it.
    Below,
    /// In place of the value that stands there.
    Instead,
    /// Inside the brackets or braces that open there.
    Within,
}

impl Way {
    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Way::Below => "below",
            Way::Instead => "instead",
            Way::Within => "within",
        }
    }

    /// As an instruction about a line of a file.
    pub fn tell(self, line: usize, file: &str) -> String {
        match self {
            Way::Below => format!("below line {line} of {file}, write"),
            Way::Instead => format!("in line {line} of {file}, write instead"),
            Way::Within => format!("inside the brackets in line {line} of {file}, write"),
        }
    }
}

/// A line to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placement {
    /// The place it refers to.
    pub span: Span,
    /// The line it refers to, from 1.
    pub line: usize,
    /// How.
    pub way: Way,
    /// The text, with its indentation.
    pub lines: Vec<String>,
    /// Whether what stands there is a list, which says too little or something wrong.
    pub is_list: bool,
}

impl Placement {
    /// Whether the lines of another one may stand below those of this one.
    pub fn joins(&self, other: &Placement) -> bool {
        let entry = |placement: &Placement| {
            placement.lines.iter().all(|line| line.trim_start().starts_with("- "))
        };
        self.way == Way::Below && self.line == other.line && entry(self) && entry(other)
    }

    /// As an instruction, with the lines to write below it.
    pub fn tell(&self) -> String {
        let line = self.line;
        let text = self.lines.join("\n");
        match self.way {
            Way::Below if self.lines.len() > 1 && self.joins(self) => {
                format!("below line {line}, write what is known of these\n{text}")
            }
            Way::Below => format!("below line {line}, write\n{text}"),
            Way::Instead if self.is_list => format!("correct the list in line {line}"),
            Way::Instead => format!("in line {line}, write instead\n{text}"),
            Way::Within => format!("inside the brackets in line {line}, write\n{text}"),
        }
    }
}

/// Where the answer to a question goes; none where the description has no place for it.
pub fn of(question: &Question, facts: &Facts<'_>, sources: &Sources) -> Option<Placement> {
    if question.slot as usize >= facts.slot_count() {
        // A step of a plan makes what it is about.
        return None;
    }
    let tree = facts.tree();
    let is_entry = question.answer.starts_with("- ");
    if let (false, Some(marker)) = (is_entry, facts.marker(question.slot)) {
        return Some(stated(marker, false, &question.answer, tree, sources));
    }
    if let Some(node) = facts.node(question.slot) {
        return Some(stated(node, is_entry, &question.answer, tree, sources));
    }
    let mut row = facts.owner(question.slot);
    let holds = holder(stating(row, facts), facts)?;
    let json = tree.is_json(tree.file(holds));
    let heading = |slot| {
        let (ty, field) = facts.field_of(slot);
        let name = &facts.schema().ty(ty).fields[field].name;
        if json { format!("\"{name}\":") } else { format!("{name}:") }
    };
    let mut lines = if is_entry {
        vec![heading(question.slot), format!("  {}", question.answer)]
    } else {
        vec![question.answer.to_string()]
    };
    let stating = stating(row, facts);
    while row != stating {
        let data = facts.row(row);
        lines = lines.iter().map(|line| format!("  {line}")).collect();
        lines.insert(0, heading(data.via));
        row = data.parent;
    }
    let holder = holds;
    let first = tree.own_entries(holder).next()?;
    let first_key = tree.span(first.key);
    let source = sources.get(first_key.file);
    if source.text()[tree.span(holder).start as usize..].starts_with('{') {
        let span = tree.span(holder);
        let line = source.position(span.start).line;
        return Some(Placement {
            span,
            line,
            way: Way::Within,
            lines: vec![flow(&lines)],
            is_list: false,
        });
    }
    let indent = source.position(first_key.start).column - 1;
    let key = key_value(row, facts);
    let above = tree.key_of(holder).map(|key| tree.span(key));
    let anchor = match (key, above) {
        (Some(key), _) => tree.span(key),
        (None, Some(above)) if source.line_of(above.start) < source.line_of(first_key.start) => {
            above
        }
        _ if tree.kind(first.value) == Kind::Scalar => tree.span(first.value),
        _ => return None,
    };
    let line = source.position(anchor.end.max(anchor.start)).line;
    let lines = lines.iter().map(|text| format!("{}{text}", " ".repeat(indent))).collect();
    Some(Placement { span: anchor, line, way: Way::Below, lines, is_list: false })
}

/// The nearest row around a fact that is written down.
fn stating(mut row: RowId, facts: &Facts<'_>) -> RowId {
    while facts.row(row).node == NO_NODE && row != ROOT {
        row = facts.row(row).parent;
    }
    row
}

/// The place of a fact that is written down, but says that it is not known, or does not say enough.
fn stated(
    node: NodeId,
    is_entry: bool,
    answer: &str,
    tree: &Tree<'_>,
    sources: &Sources,
) -> Placement {
    let span = tree.span(node);
    let source = sources.get(span.file);
    let line = source.position(span.start).line;
    if tree.kind(node) != Kind::Sequence || !is_entry {
        return Placement {
            span,
            line,
            way: Way::Instead,
            lines: vec![answer.to_owned()],
            is_list: tree.kind(node) != Kind::Scalar,
        };
    }
    let is_flow = source.text().get(span.start as usize..).is_some_and(|at| at.starts_with('['));
    let key = tree.key_of(node).map(|key| tree.span(key));
    match (is_flow, key, tree.items(node).next()) {
        (false, Some(key), Some(_)) => {
            // A block sequence starts at its first dash.
            let indent = source.position(span.start).column - 1;
            let line = source.position(key.start).line;
            let text = format!("{}{answer}", " ".repeat(indent));
            Placement { span: key, line, way: Way::Below, lines: vec![text], is_list: true }
        }
        _ => {
            let text = answer.trim_start_matches("- ").to_owned();
            Placement { span, line, way: Way::Within, lines: vec![text], is_list: true }
        }
    }
}

fn key_value(row: RowId, facts: &Facts<'_>) -> Option<NodeId> {
    let ty = facts.schema().ty(facts.row(row).ty);
    let slot = ty.fields[ty.key?].slot?;
    facts.node(facts.slot_of(row, slot))
}

/// Nested lines as they are written between braces.
fn flow(lines: &[String]) -> String {
    match lines {
        [only] => only.trim().trim_start_matches("- ").to_owned(),
        [first, rest @ ..] => {
            let first = first.trim();
            match rest.first().is_some_and(|line| line.trim().starts_with("- ")) {
                true => format!("{first} [{}]", flow(rest)),
                false => format!("{first} {{ {} }}", flow(rest)),
            }
        }
        [] => String::new(),
    }
}
