//! How definitions use one another.
//!
//! Owns the checks that keep every walk through definitions finite and small: none uses itself, none goes too deep or
//! grows too large with all that it uses.

use rustc_hash::FxHashMap;

use crate::compile::check::Define;
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::ast::{self, ExprKind};

/// Most definitions that use one another in a row.
const HIGHEST: usize = 32;
/// Most levels of expressions of a definition with those that it uses. With [`HIGHEST`] it keeps each walk through them
/// within the eight megabytes of a stack, without optimisation, too; a test goes nearly as deep.
const DEEPEST: usize = 500;
/// Most expressions of a definition with those that it uses, counted each time they are used.
const LARGEST: usize = 50_000;

/// What a definition takes with those that it uses.
#[derive(Clone, Copy, Default)]
struct Extent {
    height: usize,
    depth: usize,
    size: usize,
}

impl Extent {
    fn fits(self) -> bool {
        self.height <= HIGHEST && self.depth <= DEEPEST && self.size <= LARGEST
    }
}

/// Reports definitions that use themselves or take too much, and marks the latter, and all that use them, as unfit.
pub fn check(defines: &mut FxHashMap<String, Define<'_>>, diagnostics: &mut Diagnostics) {
    let mut sorted: Vec<&ast::Define> = defines.values().map(|define| define.ast).collect();
    sorted.sort_by_key(|define| define.name.span);
    let mut graph = Graph { defines: FxHashMap::default(), known: FxHashMap::default() };
    graph.defines.extend(sorted.iter().map(|define| (define.name.value.as_str(), *define)));
    for define in sorted {
        graph.visit(define, diagnostics);
    }
    let unfit: Vec<String> = graph
        .known
        .iter()
        .filter(|(_, extent)| !extent.fits())
        .map(|(name, _)| (*name).to_owned())
        .collect();
    for name in unfit {
        if let Some(define) = defines.get_mut(&name) {
            define.unfit = true;
        }
    }
}

struct Graph<'a> {
    defines: FxHashMap<&'a str, &'a ast::Define>,
    known: FxHashMap<&'a str, Extent>,
}

impl<'a> Graph<'a> {
    /// Finds the extent of a definition and of all that it uses, those first. Keeps its own path: however long a chain
    /// of definitions is, the stack is not.
    fn visit(&mut self, first: &'a ast::Define, diagnostics: &mut Diagnostics) {
        if self.known.contains_key(first.name.value.as_str()) {
            return;
        }
        let mut path = vec![(first, self.used(first))];
        while let Some((define, used)) = path.last_mut() {
            let define = *define;
            let Some(next) = used.pop() else {
                self.finish(define, diagnostics);
                path.pop();
                continue;
            };
            let name = next.name.value.as_str();
            if let Some(start) = path.iter().position(|(known, _)| std::ptr::eq(*known, next)) {
                let circle = path[start..].iter().map(|(define, _)| define.name.value.as_str());
                let circle: Vec<&str> = circle.chain([name]).collect();
                let message = format!("`{name}` uses itself: {}", circle.join(" -> "));
                diagnostics.push(Diagnostic::error("definition-cycle", message, next.name.span));
            } else if !self.known.contains_key(name) {
                let used = self.used(next);
                path.push((next, used));
            }
        }
    }

    /// The definitions that one uses directly, the first of them last.
    fn used(&self, define: &ast::Define) -> Vec<&'a ast::Define> {
        let mut found = Vec::new();
        names(&define.body, &mut |name| found.extend(self.defines.get(name).copied()));
        found.reverse();
        found
    }

    fn finish(&mut self, define: &'a ast::Define, diagnostics: &mut Diagnostics) {
        let mut extent = self.extent(&define.body);
        extent.height += 1;
        // Told where it begins: those that use it are not to blame.
        if !extent.fits() && self.used(define).iter().all(|used| self.of(&used.name.value).fits()) {
            let message = format!("`{}` is too much to work out", define.name.value);
            let Extent { height, depth, size } = extent;
            let found = format!(
                "it stands on {height} definitions in a row, is {depth} expressions deep with them and has {size}; at \
                 most {HIGHEST}, {DEEPEST} and {LARGEST}: take some of them together, or use fewer"
            );
            let told = Diagnostic::error("definition-too-large", message, define.name.span);
            diagnostics.push(told.help(found));
        }
        self.known.insert(&define.name.value, extent);
    }

    fn of(&self, name: &str) -> Extent {
        self.known.get(name).copied().unwrap_or_default()
    }

    fn extent(&self, expr: &ast::Expr) -> Extent {
        let mut extent = match expr.kind.as_ref() {
            ExprKind::Name(name) => self.of(name),
            ExprKind::Call(name, _) => self.of(&name.value),
            _ => Extent::default(),
        };
        for child in expr.children() {
            let child = self.extent(child);
            extent.height = extent.height.max(child.height);
            extent.depth = extent.depth.max(child.depth);
            extent.size = extent.size.saturating_add(child.size);
        }
        extent.depth = extent.depth.saturating_add(1);
        extent.size = extent.size.saturating_add(1);
        extent
    }
}

/// Tells all names that an expression uses, in the order in which they stand.
fn names<'e>(expr: &'e ast::Expr, tell: &mut dyn FnMut(&'e str)) {
    if let ExprKind::Name(name) = expr.kind.as_ref() {
        tell(name);
    }
    expr.children().into_iter().for_each(|child| names(child, tell));
    if let ExprKind::Call(name, _) = expr.kind.as_ref() {
        tell(&name.value);
    }
}
