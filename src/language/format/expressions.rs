//! Where a long expression is broken.

use crate::language::ast::{Expr, ExprKind, Name};
use crate::language::format::printer::{Gap, Printer};
use crate::language::token::{Symbol, Word};

/// Where a line starts that is broken off.
#[derive(Clone, Copy)]
enum From {
    /// So far right of where the node starts.
    Node(usize),
    /// So far right of where the line starts on which the node starts.
    Line(usize),
}

/// The tokens before which a node can be broken.
type Breaks = Vec<(usize, From)>;

/// Where a node starts, and the line it starts on.
#[derive(Clone, Copy)]
struct Start {
    column: usize,
    line: usize,
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
        self.hangs(expr)
            || breaks.iter().any(|(at, _)| self.is_broken_by_author(*at))
            || expr.children().into_iter().any(|part| self.breaks(part))
    }

    fn node(&mut self, expr: &Expr, gap: Gap, end: usize, after: usize) {
        let first = self.at;
        let row_indent = std::mem::take(&mut self.row_indent);
        let start = match gap {
            Gap::None => Start { column: self.column, line: self.line_indent },
            Gap::Space => Start { column: self.column + 1, line: self.line_indent },
            Gap::Wide => Start { column: self.column + 2, line: self.line_indent },
            Gap::Column(column) => {
                Start { column: column.max(self.column + 1), line: self.line_indent }
            }
            Gap::Line(indent, _) => Start { column: indent, line: indent },
        };
        let fits = self.fits(start.column + after, first, end);
        if fits && self.is_one_line(first + 1, end) {
            self.token(gap);
            return self.flat_to(end);
        }
        if let ExprKind::Record(_, fields) = &*expr.kind {
            let open = fields
                .first()
                .map_or(end.saturating_sub(1), |(name, _)| self.index(name.span.start));
            let broken = !fields.is_empty() && (!fits || self.starts_line(open));
            self.token(gap);
            self.flat_to(open);
            return self.fields(fields, start.line, broken);
        }
        let mut breaks = self.break_points(expr);
        let broken = !fits || breaks.iter().any(|(at, _)| self.is_broken_by_author(*at));
        if !broken {
            breaks.clear();
        } else if let ExprKind::If(..) = &*expr.kind {
            self.break_before_then(expr, start.column, &mut breaks);
        }
        // A row that is the first operand of a looser one keeps away from the words of that one.
        for (_, from) in &mut breaks {
            if let (From::Node(indent), ExprKind::And(..) | ExprKind::Or(..)) = (from, &*expr.kind)
            {
                *indent += row_indent;
            }
        }
        let fill = matches!(&*expr.kind, ExprKind::Call(..) | ExprKind::List(_));
        let hangs = self.hangs(expr);
        let parts = self.parts(expr);
        let items = parts
            .first()
            .map_or(0, |part| self.width(first, self.index(part.span.start)).unwrap_or(1));
        let mut gap = gap;
        for (number, part) in parts.iter().enumerate() {
            let begin = self.index(part.span.start);
            while self.at < begin {
                self.token(gap);
                gap = self.next_gap(&breaks, start);
            }
            let last = self.index(part.span.end);
            // What stands between this part and the next place to break must fit behind it.
            let behind = match breaks.iter().map(|(at, _)| *at).filter(|at| *at >= last).min() {
                Some(next) => self.width(last, next).unwrap_or(0),
                None => self.width(last, end).unwrap_or(0) + after,
            };
            self.row_indent = match &*expr.kind {
                ExprKind::Or(..) if broken && number == 0 => Word::Or.text().len() + 1,
                ExprKind::Implies(..) if broken && number == 0 => Word::Implies.text().len() + 1,
                _ => 0,
            };
            let behind = if fill && number + 1 < parts.len() { 1 } else { behind };
            let full = fill && number > 0 && !self.fits(self.column + 1 + behind, begin, last);
            if hangs && (full || self.starts_line(begin)) {
                gap = Gap::line(start.line + 2);
            } else if full {
                gap = Gap::line(start.column + items);
            }
            self.expression(part, gap, behind);
            gap = self.next_gap(&breaks, start);
        }
        if hangs {
            gap = Gap::line(start.line);
        }
        while self.at < end {
            self.token(gap);
            gap = self.next_gap(&breaks, start);
        }
    }

    /// Whether the author started the items of a list on a line of their own; then the lines of items stay as well.
    pub fn hangs(&self, expr: &Expr) -> bool {
        match &*expr.kind {
            ExprKind::List(items) => {
                items.first().is_some_and(|item| self.starts_line(self.index(item.span.start)))
            }
            _ => false,
        }
    }

    fn next_gap(&self, breaks: &Breaks, start: Start) -> Gap {
        match breaks.iter().find(|(at, _)| *at == self.at) {
            Some((_, From::Node(indent))) => Gap::line(start.column + indent),
            Some((_, From::Line(indent))) => Gap::line(start.line + indent),
            None => self.gap(self.at),
        }
    }

    /// A `then` goes to a line of its own only where it does not fit behind its condition.
    fn break_before_then(&self, expr: &Expr, column: usize, breaks: &mut Breaks) {
        let mut node = expr;
        let mut begin = self.index(expr.span.start);
        while let ExprKind::If(_, yes, no) = &*node.kind {
            let next = self.index(no.span.start).saturating_sub(1);
            if !self.fits(column, begin, next) {
                breaks.push((self.index(yes.span.start).saturating_sub(1), From::Node(2)));
            }
            if self.inner_start(no) > self.index(no.span.start) {
                break;
            }
            (node, begin) = (no, next);
        }
    }

    /// `name = value  name = value }`, on one line or each on its own.
    pub fn fields(&mut self, fields: &[(Name, Expr)], indent: usize, broken: bool) {
        for (number, (_, value)) in fields.iter().enumerate() {
            let gap = if number == 0 { Gap::Space } else { Gap::Wide };
            self.token(if broken { Gap::line(indent + 2) } else { gap });
            self.flat_to(self.index(value.span.start));
            self.expression(value, Gap::Space, if broken { 0 } else { 2 });
        }
        self.token(if broken { Gap::line(indent) } else { self.gap(self.at) });
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
            _ => expr.children().first().map(|first| self.index(first.span.start)),
        };
        leads.unwrap_or_else(|| {
            let mut at = start;
            while self.is_at(at, Symbol::OpenParen) {
                at += 1;
            }
            at
        })
    }

    /// The parts of a node that are laid out one after the other: a row of `and` or of `or` is one level, and so is a
    /// chain of `else if`.
    fn parts<'e>(&self, expr: &'e Expr) -> Vec<&'e Expr> {
        let mut parts = Vec::new();
        let mut node = expr;
        loop {
            // What goes on with the row; `and` and `or` lean to the left, the others to the right.
            node = match (&*expr.kind, &*node.kind) {
                (ExprKind::And(..), ExprKind::And(next, part))
                | (ExprKind::Or(..), ExprKind::Or(next, part)) => {
                    parts.push(part);
                    next
                }
                (ExprKind::Implies(..), ExprKind::Implies(part, next)) => {
                    parts.push(part);
                    next
                }
                (ExprKind::If(..), ExprKind::If(condition, yes, next)) => {
                    parts.extend([condition, yes]);
                    next
                }
                _ if parts.is_empty() => return expr.children(),
                _ => break,
            };
            if self.inner_start(node) > self.index(node.span.start) {
                break;
            }
        }
        parts.push(node);
        parts.sort_by_key(|part| part.span.start);
        parts
    }

    /// Where a node is broken if it is.
    fn break_points(&self, expr: &Expr) -> Breaks {
        let index = |expr: &Expr| self.index(expr.span.start);
        let word_before = |expr: &Expr| index(expr).saturating_sub(1);
        let all = |parts: &mut dyn Iterator<Item = &Expr>, from| {
            parts.map(|part| (word_before(part), from)).collect()
        };
        match &*expr.kind {
            ExprKind::And(..) | ExprKind::Or(..) | ExprKind::Implies(..) => {
                all(&mut self.parts(expr).into_iter().skip(1), From::Node(0))
            }
            ExprKind::Add(_, right)
            | ExprKind::Subtract(_, right)
            | ExprKind::Otherwise(_, right) => {
                vec![(word_before(right), From::Node(0))]
            }
            ExprKind::Quantified(_, _, body) => vec![(index(body), From::Node(2))],
            // Conditions and values take turns; the last value has no condition.
            ExprKind::If(..) => {
                let parts = self.parts(expr);
                let last = parts.len().saturating_sub(1);
                let behind_else = |at: &usize| *at > 0 && (*at == last || at.is_multiple_of(2));
                let else_words =
                    (0..parts.len()).filter(behind_else).filter_map(|at| parts.get(at));
                else_words
                    .map(|part| {
                        let before = word_before(part);
                        (
                            if self.word_at(before) == Some(Word::If) {
                                before.saturating_sub(1)
                            } else {
                                before
                            },
                            From::Node(0),
                        )
                    })
                    .collect()
            }
            ExprKind::The(binder) => all(&mut binder.filter.iter(), From::Node(2)),
            ExprKind::Choose(binder, prefer) => {
                all(&mut binder.filter.iter().chain(prefer), From::Line(2))
            }
            ExprKind::Comprehension(item, binder) => {
                let record = matches!(&*item.kind, ExprKind::Record(..));
                let from = if record { From::Line(2) } else { From::Node(1) };
                let mut breaks: Breaks = all(&mut binder.filter.iter(), from);
                breaks.push((self.index(binder.name.span.start).saturating_sub(1), from));
                if record {
                    breaks.extend([
                        (index(item), from),
                        (self.index(expr.span.end).saturating_sub(1), From::Line(0)),
                    ]);
                }
                breaks
            }
            _ => Vec::new(),
        }
    }

    /// Whether the author broke the line before a token, or behind the word that stands there.
    fn is_broken_by_author(&self, at: usize) -> bool {
        let behind_word = matches!(self.word_at(at), Some(Word::And | Word::Or | Word::Implies));
        let broken = |at| self.starts_line(at) || self.has_comment_at(at);
        broken(at) || (behind_word && broken(at + 1))
    }
}
