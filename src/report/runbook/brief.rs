//! Plans in a line per step: for programs that read lines, and as tasks in a ticket.

use crate::plan::{Plan, Step};
use crate::report::layout::Look;
use crate::report::questions::Asked;
use crate::report::runbook::facts;
use crate::report::runbook::{
    action, advice, assumed, chosen, earliest, fill_in, finding, go_on, lasts, left, lost, only_if,
    reaches, role, undone, verified, waves,
};
use crate::report::sanitise::clean;
use crate::scalar;
use crate::session::Checked;

/// Appends a line per step, per question and per finding that stays, and one for the whole.
pub fn concise(out: &mut String, checked: &Checked<'_>, plan: &Plan) {
    let mut line = |text: String| {
        out.push_str(&clean(&text));
        out.push('\n');
    };
    for open in &plan.ineligible {
        let ids: Vec<String> = open.findings.iter().map(|(id, _)| finding(id)).collect();
        line(format!("ineligible {}: {}", open.unit, ids.join(", ")));
    }
    for question in &plan.questions {
        line(format!("ask {}: {}", question.path, question.ask));
    }
    for step in &plan.steps {
        let mut text = format!("{}. {}: {}", step.id, step.call, action(step));
        if !step.after.is_empty() {
            text.push_str(&format!(" (after {})", numbers(&step.after)));
        }
        if !step.closes.is_empty() {
            let ids: Vec<String> = step.closes.iter().map(|id| finding(id)).collect();
            text.push_str(&format!(" [fixes {}]", ids.join(", ")));
        }
        line(text);
    }
    for open in &plan.unresolved {
        line(format!("stays {}: {}", finding(&open.id), open.message));
    }
    line(format!("{}: {}; {}", checked.name, reaches(checked, plan), verified(plan)));
}

fn numbers(steps: &[usize]) -> String {
    steps.iter().map(usize::to_string).collect::<Vec<_>>().join(", ")
}

/// Appends the plan as tasks that can be ticked off in a ticket.
pub fn markdown(out: &mut String, checked: &Checked<'_>, plan: &Plan, look: &Look) {
    let mut line = |text: String| {
        out.push_str(&text);
        out.push('\n');
    };
    line(format!("## Runbook for {}", plain(&checked.name)));
    line(String::new());
    let sentences =
        [Some(reaches(checked, plan)), Some(verified(plan)), earliest(plan), assumed(plan)];
    for sentence in sentences.iter().flatten() {
        let mut chars = sentence.chars();
        let first = chars.next().map(|first| first.to_uppercase().to_string());
        line(format!("{}{}.", first.unwrap_or_default(), plain(chars.as_str())));
    }
    if !plan.ineligible.is_empty() {
        line("\n### Cannot go\n".to_owned());
        for open in lost(plan) {
            for (id, message) in open.findings {
                let (units, message) = (plain(&open.units.join(", ")), plain(message));
                line(format!("- **{units}**: {message} ({})", plain(&finding(id))));
            }
            for (holder, others) in &open.drags {
                line(format!("  - drags along {}: {}", plain(holder), plain(&others.join(", "))));
            }
        }
    }
    if !plan.questions.is_empty() {
        line("\n### Find out first\n".to_owned());
        for question in &plan.questions {
            let asked = Asked::new(question, checked);
            let (what, lines) = asked.tell();
            line(format!("- [ ] {}", plain(&question.ask)));
            if let Some(find) = &question.find {
                line(format!("  - find: {}", plain(find)));
            }
            line(format!("  - {}: {}", plain(&what), code(&lines.join("\n"))));
        }
    }
    for (wave, members) in waves(plan) {
        line(format!("\n### Wave {wave}\n"));
        for step in members {
            task(&mut line, checked, step, look);
        }
    }
    if !plan.unresolved.is_empty() {
        line("\n### Stays closed\n".to_owned());
        for open in &plan.unresolved {
            let until = open.until.map(|until| format!(" until {}", scalar::print_time(until)));
            line(format!(
                "- {}{} ({}): {}",
                plain(&open.message),
                until.unwrap_or_default(),
                plain(&finding(&open.id)),
                plain(&open.why)
            ));
        }
    }
    let advice = advice(checked);
    if !advice.is_empty() {
        line("\n### Worth doing besides\n".to_owned());
        for told in advice {
            line(format!("- [ ] {} ({})", plain(&told.message), plain(&finding(&told.id))));
        }
    }
    line(String::new());
}

fn task(line: &mut dyn FnMut(String), checked: &Checked<'_>, step: &Step, look: &Look) {
    line(format!("- [ ] **Step {}**: {}", step.id, plain(&action(step))));
    let mut note = |heading: &str, text: &str| {
        line(format!("  - {heading}: {}", plain(text)));
    };
    if let Some(at) = &step.at {
        note("at", at);
    }
    if let Some(word) = &step.role {
        note("who", &role(checked.rules, word));
    }
    if let Some(lasts) = lasts(step) {
        note("takes", &lasts);
    }
    if let Some(needed) = only_if(step) {
        note("only if", &needed);
    }
    if let Some(warning) = &step.warning {
        note("**caution**", warning);
    }
    for choice in &step.choices {
        note("choose", &chosen(choice));
    }
    if let Some(left) = left(step) {
        note("later", &left);
    }
    if let Some(undo) = undone(step) {
        note("undo", undo);
    }
    if let Some(seen) = go_on(step) {
        note("go on", &seen);
    }
    for reason in &step.reasons {
        note("why here", reason);
    }
    let told = |ids: &[String]| ids.iter().map(|id| finding(id)).collect::<Vec<_>>().join(", ");
    if !step.closes.is_empty() {
        note("fixes", &told(&step.closes));
    }
    if !step.reopens.is_empty() {
        note("breaks", &told(&step.reopens));
    }
    if !step.ready.is_empty() {
        note("ready after it", &step.ready.join(", "));
    }
    if !step.alternatives.is_empty() {
        note("instead", &step.alternatives.join(", "));
    }
    for run in &step.run {
        line(format!("  - run: {}", code(run)));
    }
    if !step.blanks.is_empty() {
        line(format!("  - **fill in first**: {}", plain(&fill_in(step))));
    }
    if look.facts {
        let (made, seen) = facts::lines(step);
        made.iter().for_each(|fact| line(format!("  - then: {}", code(fact))));
        seen.iter().for_each(|fact| line(format!("  - **to see**: {}", code(fact))));
    }
}

/// Text in Markdown that is text and nothing else.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut quoted = false;
    let cleaned = clean(text);
    // Grave accents in pairs are our own way to quote; what is between them is shown as it is.
    let paired = cleaned.matches('`').count().is_multiple_of(2);
    for char in cleaned.chars() {
        if char == '`' && paired {
            quoted = !quoted;
        } else if !quoted
            && matches!(
                char,
                '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '@' | '&'
            )
        {
            out.push('\\');
        }
        out.push(char);
    }
    out
}

/// Code in one line, in as many grave accents as it takes.
fn code(text: &str) -> String {
    let text = clean(&text.replace('\n', " ")).into_owned();
    let longest = text.split(|char| char != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest + 1);
    match text.starts_with('`') || text.ends_with('`') {
        true => format!("{fence} {text} {fence}"),
        false => format!("{fence}{text}{fence}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_stays_text() {
        assert_eq!(plain("a *b* [c](d) <e>"), "a \\*b\\* \\[c\\](d) \\<e\\>");
        assert_eq!(plain("set `a_b` now_"), "set `a_b` now\\_");
        assert_eq!(code("a `b` c"), "``a `b` c``");
    }
}
