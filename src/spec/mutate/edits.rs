//! The changes that can be made to a pack: one slip of a hand each, at a place in the text.
//!
//! Changes what judges, and whom it blocks: `for`, `let`, `where`, `require`, `when`, `grace` and `blocks` of rules, and
//! definitions that these use. What only texts, `fix` and remedies use changes no outcome and is left alone. The set
//! is small on purpose: of `a < b` only `a <= b` is tried, as a case that tells these apart notices all else, too.

use std::collections::{BTreeSet, HashMap};

use crate::language::ast::remedy::Foreseen;
use crate::language::ast::{
    Binder, Comparison, Expr, ExprKind, File, ItemKind, Literal, Quantifier, Rule,
};
use crate::source::{Sources, Span};
use crate::spec::mutate::Change;

/// Characters that are shown of an expression on each side of a change.
const SHOWN: usize = 50;

/// A change, and what it takes to make it and to see it.
pub(super) struct Edit {
    pub(super) change: Change,
    /// What is replaced.
    pub(super) span: Span,
    /// By what.
    pub(super) text: String,
    /// The rules whose outcome it may change.
    pub(super) rules: BTreeSet<String>,
}

/// All changes, in the order of the files.
pub(super) fn all(files: &[File], sources: &Sources) -> Vec<Edit> {
    let users = users(files);
    let mut edits = Vec::new();
    for item in files.iter().flat_map(|file| &file.items) {
        if item.broken {
            continue;
        }
        let (owner, rules, expressions) = match &item.kind {
            ItemKind::Rule(rule) => {
                (&rule.id.value, BTreeSet::from([rule.id.value.clone()]), judging(rule))
            }
            ItemKind::Define(define) => match users.get(&define.name.value) {
                Some(rules) => (&define.name.value, rules.clone(), vec![&define.body]),
                None => continue,
            },
            _ => continue,
        };
        let mut finder = Finder { sources, owner, rules: &rules, edits: &mut edits };
        if let ItemKind::Rule(Rule { filter: Some(filter), .. }) = &item.kind {
            finder.edit(filter, filter.span, "true");
        }
        for expr in expressions {
            finder.expr(expr, expr);
        }
    }
    edits
}

/// The expressions of a rule that decide its outcomes and whom they block.
fn judging(rule: &Rule) -> Vec<&Expr> {
    let bound = rule.bindings.iter().map(|binding| &binding.value);
    let rest = [&rule.filter, &rule.require, &rule.when, &rule.blocks];
    let grace = rule.grace.iter().filter_map(Foreseen::known);
    bound.chain(rest.into_iter().flatten()).chain(grace).collect()
}

/// The rules that each definition is used by, be it through others.
fn users(files: &[File]) -> HashMap<String, BTreeSet<String>> {
    let items = || files.iter().flat_map(|file| &file.items).map(|item| &item.kind);
    let bodies: HashMap<&str, &Expr> = items()
        .filter_map(|item| match item {
            ItemKind::Define(define) => Some((define.name.value.as_str(), &define.body)),
            _ => None,
        })
        .collect();
    // What says which units there are, and what renews itself, is behind every rule.
    let mut everywhere = Vec::new();
    let mut rules = Vec::new();
    for item in items() {
        match item {
            ItemKind::Unit(unit) => everywhere.extend(unit.filter.iter().chain(&unit.done)),
            ItemKind::Environment(ty) | ItemKind::Entity(ty) | ItemKind::Record(ty) => {
                let renewed = ty.fields.iter().filter_map(|field| field.renewed.as_ref());
                everywhere.extend(renewed.map(|renewed| &renewed.condition));
            }
            ItemKind::Rule(rule) => rules.push(rule),
            _ => {}
        }
    }
    let mut users: HashMap<String, BTreeSet<String>> = HashMap::new();
    for rule in rules {
        let mut open: Vec<&Expr> = judging(rule);
        open.extend(&everywhere);
        let mut seen = BTreeSet::new();
        while let Some(expr) = open.pop() {
            open.extend(expr.children());
            let name = match &*expr.kind {
                ExprKind::Name(name) => name.as_str(),
                ExprKind::Call(name, _) => name.value.as_str(),
                _ => continue,
            };
            if let Some(body) = bodies.get(name)
                && seen.insert(name)
            {
                users.entry(name.to_owned()).or_default().insert(rule.id.value.clone());
                open.push(body);
            }
        }
    }
    users
}

/// Looks for changes in one rule or definition.
struct Finder<'f> {
    sources: &'f Sources,
    owner: &'f str,
    rules: &'f BTreeSet<String>,
    edits: &'f mut Vec<Edit>,
}

impl Finder<'_> {
    /// Changes to an expression and its parts; `around` is what a change to a literal is shown in.
    fn expr(&mut self, expr: &Expr, around: &Expr) {
        match &*expr.kind {
            ExprKind::Literal(literal) => self.literal(expr, literal, around),
            ExprKind::Compare(comparison, a, b) => {
                let (from, to) = match comparison {
                    Comparison::Equal => ("==", "!="),
                    Comparison::NotEqual => ("!=", "=="),
                    Comparison::Less => ("<", "<="),
                    Comparison::LessOrEqual => ("<=", "<"),
                    Comparison::Greater => (">", ">="),
                    Comparison::GreaterOrEqual => (">=", ">"),
                };
                self.word(expr, a.span.end, b.span.start, from, to);
            }
            ExprKind::And(a, b) => self.word(expr, a.span.end, b.span.start, "and", "or"),
            ExprKind::Or(a, b) => self.word(expr, a.span.end, b.span.start, "or", "and"),
            ExprKind::Implies(a, b) => {
                self.word(expr, a.span.end, b.span.start, "implies", "and");
            }
            ExprKind::Not(a) => self.word(expr, expr.span.start, a.span.start, "not", ""),
            ExprKind::In { negated, element, list } => {
                let (from, to) = if *negated { ("not in", "in") } else { ("in", "not in") };
                self.word(expr, element.span.end, list.span.start, from, to);
            }
            ExprKind::IsEmpty { negated, list: operand }
            | ExprKind::IsKnown { negated, operand } => {
                let (from, to) = if *negated { ("is not", "is") } else { ("is", "is not") };
                self.word(expr, operand.span.end, expr.span.end, from, to);
            }
            ExprKind::Quantified(quantifier, binder, _) => {
                let (from, to) = match quantifier {
                    Quantifier::All => ("all", "any"),
                    Quantifier::Any => ("any", "all"),
                    Quantifier::No => ("no", "any"),
                };
                self.word(expr, expr.span.start, binder.name.span.start, from, to);
                self.filter(expr, binder);
            }
            ExprKind::Comprehension(_, binder) | ExprKind::The(binder) => self.filter(expr, binder),
            ExprKind::List(items) if items.len() > 1 => {
                for (at, item) in items.iter().enumerate() {
                    let (start, end) = match items.get(at + 1) {
                        Some(next) => (item.span.start, next.span.start),
                        None => (items[at - 1].span.end, item.span.end),
                    };
                    self.edit(around, Span { start, end, ..expr.span }, "");
                }
            }
            _ => {}
        }
        for part in expr.children() {
            self.expr(part, expr);
        }
    }

    /// All elements instead of some.
    fn filter(&mut self, expr: &Expr, binder: &Binder) {
        if let Some(filter) = &binder.filter {
            self.edit(expr, filter.span, "true");
        }
    }

    fn literal(&mut self, expr: &Expr, literal: &Literal, around: &Expr) {
        let written = self.sources.slice(expr.span);
        let others = match literal {
            Literal::Bool(true) => vec!["false".to_owned()],
            Literal::Bool(false) => vec!["true".to_owned()],
            Literal::Int(_) | Literal::Size(_) | Literal::Duration(_) | Literal::Version(_) => {
                [1, -1].into_iter().filter_map(|step| stepped(written, step)).collect()
            }
            Literal::Text(_) | Literal::None => Vec::new(),
        };
        for other in others {
            self.edit(around, expr.span, &other);
        }
    }

    /// Another word where one is written between two places.
    fn word(&mut self, expr: &Expr, start: u32, end: u32, from: &str, to: &str) {
        let between = self.sources.slice(Span { start, end, ..expr.span });
        let Some(at) = find_word(between, from) else { return };
        let start = start + at as u32;
        let mut end = start + from.len() as u32;
        if to.is_empty() {
            // The blank after a word that goes, goes along.
            end += u32::from(between[at + from.len()..].starts_with(' '));
        }
        self.edit(expr, Span { start, end, ..expr.span }, to);
    }

    fn edit(&mut self, shown: &Expr, span: Span, text: &str) {
        let source = self.sources.get(span.file);
        let whole = shown.span.to(span);
        let lead = on_one_line(self.sources.slice(Span { end: span.start, ..whole }));
        let rest = on_one_line(self.sources.slice(Span { start: span.end, ..whole }));
        let (lead, rest) = (last_of(&lead), first_of(&rest));
        let written = on_one_line(self.sources.slice(span));
        let [before, after] =
            [written.as_str(), text].map(|middle| format!("{lead}{middle}{rest}"));
        let [before, after] = [before, after].map(|shown| shown.trim().to_owned());
        let position = source.position(span.start);
        let change = Change {
            file: source.name().to_owned(),
            line: position.line,
            column: position.column,
            owner: self.owner.to_owned(),
            before,
            after,
        };
        let text = text.to_owned();
        self.edits.push(Edit { change, span, text, rules: self.rules.clone() });
    }
}

/// Where a word or sign begins, not counting those in comments.
fn find_word(text: &str, word: &str) -> Option<usize> {
    let mut from = 0;
    for line in text.split_inclusive('\n') {
        let code = line.split('#').next().unwrap_or_default();
        if let Some(at) = code.find(word) {
            return Some(from + at);
        }
        from += line.len();
    }
    None
}

/// A text on one line without comments; blanks at its ends stay, as it is a part.
fn on_one_line(text: &str) -> String {
    let mut line = String::new();
    for (at, part) in text.lines().enumerate() {
        let code = part.split(" #").next().unwrap_or_default();
        if at > 0 && !line.ends_with(' ') {
            line.push(' ');
        }
        for char in code.chars() {
            if !(char.is_whitespace() && (line.ends_with(' ') || at > 0 && line.is_empty())) {
                line.push(if char.is_whitespace() { ' ' } else { char });
            }
        }
    }
    line
}

/// Enough of what stands before a change to find it.
fn last_of(text: &str) -> String {
    match text.char_indices().rev().nth(SHOWN - 1) {
        Some((at, _)) if at > 0 => format!("…{}", &text[at..]),
        _ => text.to_owned(),
    }
}

/// Enough of what stands behind a change to find it.
fn first_of(text: &str) -> String {
    match text.char_indices().nth(SHOWN) {
        Some((at, _)) => format!("{}…", &text[..at]),
        None => text.to_owned(),
    }
}

/// `601GiB` for `600GiB`, `9.31` for `9.30`: the last figure before the unit by one step.
fn stepped(written: &str, step: i64) -> Option<String> {
    let unit = written.find(|char: char| !char.is_ascii_digit() && char != '.');
    let (number, unit) = written.split_at(unit.unwrap_or(written.len()));
    let start = number.rfind('.').map_or(0, |at| at + 1);
    let figure: i64 = number[start..].parse().ok()?;
    let figure = figure.checked_add(step).filter(|figure| *figure >= 0)?;
    Some(format!("{}{figure}{unit}", &number[..start]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_by_the_last_figure_before_the_unit() {
        assert_eq!(stepped("600GiB", 1).as_deref(), Some("601GiB"));
        assert_eq!(stepped("9.30", -1).as_deref(), Some("9.29"));
        assert_eq!(stepped("15min", -1).as_deref(), Some("14min"));
        assert_eq!(stepped("0", -1), None);
        assert_eq!(stepped("0", 1).as_deref(), Some("1"));
    }
}
