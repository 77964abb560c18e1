//! Where a long expression is broken.

use crate::language::ast::{Expr, ExprKind, Name};
use crate::language::format::printer::{Gap, Printer};
use crate::language::token::{Symbol, Word};

/// The direct parts of an expression, in the order of the text.
pub fn children(expr: &Expr) -> Vec<&Expr> {
    match &*expr.kind {
        ExprKind::Literal(_) | ExprKind::Name(_) | ExprKind::Error => Vec::new(),
        ExprKind::Field(a, _) | ExprKind::Not(a) | ExprKind::Matches(a, _) => vec![a],
        ExprKind::IsEmpty { list: a, .. } | ExprKind::IsKnown { operand: a, .. } => vec![a],
        ExprKind::AreEqual(a) | ExprKind::AreUnique(a) => vec![a],
        ExprKind::Call(_, items) | ExprKind::List(items) => items.iter().collect(),
        ExprKind::Record(_, fields) => fields.iter().map(|(_, value)| value).collect(),
        ExprKind::Comprehension(item, binder) => {
            [item, &binder.list].into_iter().chain(&binder.filter).collect()
        }
        ExprKind::The(binder) => [&binder.list].into_iter().chain(&binder.filter).collect(),
        ExprKind::Choose(binder, prefer) => [&binder.list].into_iter().chain(&binder.filter).chain(prefer).collect(),
        ExprKind::Quantified(_, binder, body) => {
            [&binder.list].into_iter().chain(&binder.filter).chain([body]).collect()
        }
        ExprKind::If(a, b, c) => vec![a, b, c],
        ExprKind::Implies(a, b)
        | ExprKind::And(a, b)
        | ExprKind::Or(a, b)
        | ExprKind::Compare(_, a, b)
        | ExprKind::In { element: a, list: b, .. }
        | ExprKind::IsUniqueIn(a, b)
        | ExprKind::Otherwise(a, b)
        | ExprKind::Add(a, b)
        | ExprKind::Subtract(a, b) => vec![a, b],
    }
}

/// Where a node can be broken: before which tokens, and how far in from its start.
struct Breaks {
    before: Vec<usize>,
    indent: usize,
}

impl Printer<'_> {
    /// Prints an expression behind a gap; `after` is what must still fit behind it.
    pub fn expression(&mut self, expr: &Expr, gap: Gap, after: usize) {
        // The parentheses round the node belong to its place, but not to the node.
        let mut parentheses = 0;
        let mut gap = gap;
        let inner = self.inner_start(expr);
        while self.at < inner {
            self.token(gap);
            self.row_indent = 0;
            gap = Gap::None;
            parentheses += 1;
        }
        let end = self.index(expr.span.end).saturating_sub(parentheses);
        self.node(expr, gap, end, after + parentheses);
        self.flat_to(end + parentheses);
    }

    /// Whether anything in an expression is broken whatever the width, because the author did so.
    pub fn breaks(&self, expr: &Expr) -> bool {
        let breaks = self.break_points(expr);
        breaks.before.iter().any(|at| self.is_broken_by_author(*at)) || children(expr).into_iter().any(|part| self.breaks(part))
    }

    fn node(&mut self, expr: &Expr, gap: Gap, end: usize, after: usize) {
        let start = self.at;
        let row_indent = std::mem::take(&mut self.row_indent);
        let column = match gap {
            Gap::None => self.column,
            Gap::Space => self.column + 1,
            Gap::Wide => self.column + 2,
            Gap::Column(column) => column.max(self.column + 1),
            Gap::Line(indent, _) => indent,
        };
        let fits = self.fits(column + after, start, end);
        if fits && self.is_one_line(start + 1, end) {
            self.token(gap);
            return self.flat_to(end);
        }
        if let ExprKind::Record(_, fields) = &*expr.kind {
            let open = fields.first().map_or(end.saturating_sub(1), |(name, _)| self.index(name.span.start));
            let broken = !fields.is_empty() && (!fits || self.starts_line(open));
            self.token(gap);
            self.flat_to(open);
            return self.fields(fields, column, broken);
        }
        let mut breaks = self.break_points(expr);
        // A row that is the first operand of a looser one keeps away from the words of that one.
        let row = matches!(&*expr.kind, ExprKind::And(..) | ExprKind::Or(..));
        breaks.indent += if row { row_indent } else { 0 };
        let broken = !fits || breaks.before.iter().any(|at| self.is_broken_by_author(*at));
        let fill = matches!(&*expr.kind, ExprKind::Call(..) | ExprKind::List(_));
        let parts = self.parts(expr);
        let mut gap = gap;
        for (number, part) in parts.iter().enumerate() {
            let first = self.index(part.span.start);
            while self.at < first {
                self.token(gap);
                gap = self.next_gap(&breaks, broken, column);
            }
            let last = self.index(part.span.end);
            // What stands between this part and the next place to break must fit behind it.
            let next = breaks.before.iter().copied().filter(|at| broken && *at >= last).min();
            let behind = match next {
                Some(next) => self.width(last, next).unwrap_or(0),
                None => self.width(last, end).unwrap_or(0) + after,
            };
            self.row_indent = match &*expr.kind {
                ExprKind::Or(..) if broken && number == 0 => Word::Or.text().len() + 1,
                ExprKind::Implies(..) if broken && number == 0 => Word::Implies.text().len() + 1,
                _ => 0,
            };
            if fill {
                let behind = if number + 1 < parts.len() { 1 } else { behind };
                let indent = self.index(parts[0].span.start);
                gap = self.fill_gap(gap, number, first, last, behind, column + self.width(start, indent).unwrap_or(1));
                self.expression(part, gap, behind);
            } else {
                self.expression(part, gap, behind);
            }
            gap = self.next_gap(&breaks, broken, column);
        }
        while self.at < end {
            self.token(gap);
            gap = self.next_gap(&breaks, broken, column);
        }
    }

    fn next_gap(&self, breaks: &Breaks, broken: bool, column: usize) -> Gap {
        if broken && breaks.before.contains(&self.at) {
            Gap::line(column + breaks.indent)
        } else {
            self.gap(self.at)
        }
    }

    /// Items of a list follow one another as long as the line lasts.
    fn fill_gap(&self, gap: Gap, number: usize, first: usize, last: usize, behind: usize, indent: usize) -> Gap {
        let fits = self.fits(self.column + 1 + behind, first, last);
        if number > 0 && !fits { Gap::line(indent) } else { gap }
    }

    /// `name = value  name = value }`, on one line or each on its own.
    pub fn fields(&mut self, fields: &[(Name, Expr)], column: usize, broken: bool) {
        for (number, (_, value)) in fields.iter().enumerate() {
            let gap = if number == 0 { Gap::Space } else { Gap::Wide };
            self.token(if broken { Gap::line(column + 2) } else { gap });
            self.flat_to(self.index(value.span.start));
            self.expression(value, Gap::Space, if broken { 0 } else { 2 });
        }
        self.token(if broken { Gap::line(column) } else { self.gap(self.at) });
    }

    /// Number of the first token of a node inside its parentheses.
    fn inner_start(&self, expr: &Expr) -> usize {
        let start = self.index(expr.span.start);
        let leads = match &*expr.kind {
            ExprKind::List(_)
            | ExprKind::Call(..)
            | ExprKind::Comprehension(..)
            | ExprKind::Record(..)
            | ExprKind::The(_)
            | ExprKind::Choose(..)
            | ExprKind::Quantified(..)
            | ExprKind::If(..)
            | ExprKind::Not(_) => None,
            _ => children(expr).first().map(|first| self.index(first.span.start)),
        };
        leads.unwrap_or_else(|| {
            let mut at = start;
            while self.is_at(at, Symbol::OpenParen) {
                at += 1;
            }
            at
        })
    }

    /// The parts of a node that are laid out one after the other; a row of `and` or of `or` is one level.
    fn parts<'e>(&self, expr: &'e Expr) -> Vec<&'e Expr> {
        let mut parts = Vec::new();
        let mut node = expr;
        loop {
            let (left, right) = match (&*expr.kind, &*node.kind) {
                (ExprKind::And(..), ExprKind::And(a, b))
                | (ExprKind::Or(..), ExprKind::Or(a, b))
                | (ExprKind::Implies(..), ExprKind::Implies(a, b)) => (a, b),
                _ => break,
            };
            // `implies` leans to the right, the others to the left.
            let (part, next) = if matches!(&*node.kind, ExprKind::Implies(..)) { (left, right) } else { (right, left) };
            parts.push(part);
            node = next;
            if self.inner_start(node) > self.index(node.span.start) {
                break;
            }
        }
        if parts.is_empty() {
            return children(expr);
        }
        parts.push(node);
        parts.sort_by_key(|part| part.span.start);
        parts
    }

    /// Where a node is broken if it is.
    fn break_points(&self, expr: &Expr) -> Breaks {
        let index = |expr: &Expr| self.index(expr.span.start);
        let word_before = |expr: &Expr| index(expr).saturating_sub(1);
        let (before, indent) = match &*expr.kind {
            ExprKind::And(..) | ExprKind::Or(..) | ExprKind::Implies(..) => {
                (self.parts(expr).into_iter().skip(1).map(word_before).collect(), 0)
            }
            ExprKind::Add(_, right) | ExprKind::Subtract(_, right) => (vec![word_before(right)], 0),
            ExprKind::Otherwise(_, right) => (vec![word_before(right)], 2),
            ExprKind::Quantified(_, _, body) => (vec![index(body)], 2),
            ExprKind::If(_, yes, no) => (vec![word_before(yes), word_before(no)], 2),
            ExprKind::The(binder) => (binder.filter.iter().map(word_before).collect(), 2),
            ExprKind::Choose(binder, prefer) => (binder.filter.iter().chain(prefer).map(word_before).collect(), 2),
            ExprKind::Comprehension(_, binder) => {
                let from = self.index(binder.name.span.start).saturating_sub(1);
                (std::iter::once(from).chain(binder.filter.as_ref().map(word_before)).collect(), 1)
            }
            _ => (Vec::new(), 0),
        };
        Breaks { before, indent }
    }

    /// Whether the author broke the line before a token, or behind the word that stands there.
    fn is_broken_by_author(&self, at: usize) -> bool {
        let behind_word = matches!(self.word_at(at), Some(Word::And | Word::Or | Word::Implies));
        let broken = |at| self.starts_line(at) || self.has_comment_at(at);
        broken(at) || (behind_word && broken(at + 1))
    }
}
