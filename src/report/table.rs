//! A line per rule that has something to tell: what, how many, whom, and where first.
//!
//! ```text
//! fail     SRV-001   2  s1, s2        line 67  A server has no snapshots
//! ```

use std::collections::{BTreeMap, BTreeSet};

use crate::compile::ir::Level;
use crate::evaluate::{Finding, Outcome};
use crate::facts::RowId;
use crate::report::layout::{Look, Tone, grouped};
use crate::report::sanitise;
use crate::session::Checked;

/// Findings that need no table.
const FEW: usize = 5;
/// Units that are named in a line.
const UNITS: usize = 3;
/// The least that a title may be cut to.
const TITLE: usize = 16;

/// The rows of one rule.
struct Row<'r> {
    word: &'static str,
    tone: Tone,
    rule: &'r str,
    count: usize,
    whom: String,
    place: String,
    title: &'r str,
}

/// Appends the table, where there is more than a few findings to tell of or nothing else is told.
pub fn environment(out: &mut String, checked: &Checked<'_>, look: &Look) {
    let told = checked.evaluation.findings.iter().filter(|finding| is_told(checked, finding));
    let told: Vec<&Finding<'_>> = told.collect();
    if told.len() <= FEW && !look.table || told.is_empty() {
        return;
    }
    let rows = rows(checked, &told);
    let widest = |cell: &dyn Fn(&Row<'_>) -> usize| rows.iter().map(cell).max().unwrap_or_default();
    let (words, rules) = (widest(&|row| row.word.len()), widest(&|row| row.rule.len()));
    let (counts, places) =
        (widest(&|row| row.count.to_string().len()), widest(&|row| row.place.chars().count()));
    let whom = widest(&|row| row.whom.chars().count());
    for row in rows {
        let fill = |text: &str, width: usize| {
            format!("{text}{}", " ".repeat(width - text.chars().count()))
        };
        let lead = format!(
            "{}  {}  {:>counts$}  {}  {}  ",
            " ".repeat(words),
            fill(row.rule, rules),
            row.count,
            fill(&row.whom, whom),
            fill(&row.place, places)
        );
        let title = sanitise::clean(row.title);
        let room = look.width.saturating_sub(lead.chars().count()).max(TITLE);
        let title = match title.chars().count() > room {
            true => format!("{}{}", title.chars().take(room - 3).collect::<String>(), look.dots()),
            false => title.into_owned(),
        };
        let word = fill(row.word, words);
        out.push_str(&format!("{}{}{title}\n", look.paint(row.tone, &word), &lead[words..]));
    }
    out.push('\n');
}

/// Whether the form for people tells of a finding at all: open questions of advice are told only with all else.
fn is_told(checked: &Checked<'_>, finding: &Finding<'_>) -> bool {
    finding.outcome != Outcome::Unknown || checked.rules.rules[finding.rule].level == Level::Error
}

fn rows<'r>(checked: &'r Checked<'_>, told: &[&Finding<'_>]) -> Vec<Row<'r>> {
    let mut by_rule: BTreeMap<(u8, usize), Vec<&Finding<'_>>> = BTreeMap::new();
    for finding in told {
        let level = checked.rules.rules[finding.rule].level;
        let rank = match (level, finding.outcome) {
            (Level::Error, Outcome::Pending) => 1,
            (Level::Error, Outcome::Unknown) => 2,
            (Level::Error, Outcome::Waived) => 4,
            (Level::Error, _) => 0,
            (Level::Warning, _) => 3,
            (Level::Note, _) => 5,
        };
        by_rule.entry((rank, finding.rule)).or_default().push(finding);
    }
    let sources = checked.facts.tree().sources();
    let mut files = told.iter().filter_map(|finding| Some(finding.span?.file));
    let first = files.next();
    let is_one_file = files.all(|file| Some(file) == first);
    let row = |((rank, rule), findings): ((u8, usize), Vec<&Finding<'_>>)| {
        let rule = &checked.rules.rules[rule];
        let (word, tone) = match rank {
            0 => ("fail", Tone::Bad),
            1 => ("pending", Tone::Care),
            2 => ("unknown", Tone::Doubt),
            3 => ("warning", Tone::Care),
            4 => ("waived", Tone::Care),
            _ => ("note", Tone::Calm),
        };
        let whom: BTreeSet<RowId> =
            findings.iter().flat_map(|finding| finding.blocks.iter().copied()).collect();
        let named = whom.iter().take(UNITS + 1).map(|row| checked.facts.name(*row));
        let named: Vec<String> = named.map(|id| sanitise::clean(&id).into_owned()).collect();
        let all = checked.evaluation.units.len() + checked.evaluation.done.len();
        let whom = match whom.len() {
            some if some > UNITS + 1 && some == all => format!("all {}", grouped(some)),
            some if some > UNITS + 1 => {
                format!("{} and {} more", named[..UNITS].join(", "), grouped(some - UNITS))
            }
            _ => named.join(", "),
        };
        let place = findings.iter().find_map(|finding| finding.span).map(|span| {
            let source = sources.get(span.file);
            let line = source.position(span.start).line;
            match is_one_file {
                true => format!("line {line}"),
                false => format!("{}:{line}", sanitise::clean(source.name())),
            }
        });
        Row {
            word,
            tone,
            rule: &rule.id,
            count: findings.len(),
            whom,
            place: place.unwrap_or_default(),
            title: &rule.title,
        }
    };
    by_rule.into_iter().map(row).collect()
}
