//! Keeping the cost of a rule linear.
//!
//! Owns two rewrites that change no meaning: an expression that does not depend on the innermost binding is computed
//! once per value of those it does depend on ([`Kind::Memo`]), and a search by equality goes through an index
//! ([`Index`]). Also tells where neither helps, so that the pack check can say so.

use std::collections::BTreeSet;

use crate::compile::ir::{Costs, Expr, Index, IndexKey, Kind, LocalId, Scan};
use crate::language::ast::Comparison;
use crate::scalar::How;
use crate::schema::Schema;
use crate::schema::types::Type;
use crate::source::Span;

/// The locals that an expression reads and does not bind itself.
pub fn free(expr: &Expr) -> BTreeSet<LocalId> {
    let mut found = BTreeSet::new();
    collect(expr, &mut found);
    found
}

fn collect(expr: &Expr, found: &mut BTreeSet<LocalId>) {
    match &expr.kind {
        Kind::Local(local) => {
            found.insert(*local);
        }
        Kind::Map { scan, body, .. } | Kind::Quantified(_, scan, body) => {
            collect_scan(scan, Some(body), found)
        }
        Kind::The(scan) => collect_scan(scan, None, found),
        Kind::Choose(scan, prefer) => collect_scan(scan, prefer.as_deref(), found),
        Kind::Memo(_, deps, _) | Kind::Table(_, deps, _) => found.extend(deps),
        _ => expr.children(&mut |child| collect(child, found)),
    }
}

fn collect_scan(scan: &Scan, body: Option<&Expr>, found: &mut BTreeSet<LocalId>) {
    collect(&scan.list, found);
    for inner in scan.filter.as_deref().into_iter().chain(body) {
        let mut inner = free(inner);
        inner.remove(&scan.local);
        found.append(&mut inner);
    }
}

/// Finds the equalities by which a scan can be indexed: those of its filter, and of the body of an `any` or `no`.
pub fn index(
    scan: &Scan,
    body: Option<&Expr>,
    schema: &Schema,
    indices: &mut u32,
) -> Option<Index> {
    // A list that changes with every binding is not worth an index.
    if !free(&scan.list).is_empty() {
        return None;
    }
    let mut keys = Vec::new();
    for part in scan.filter.as_deref().into_iter().chain(body) {
        equalities(part, scan.local, schema, &mut keys);
    }
    if keys.is_empty() {
        return None;
    }
    *indices += 1;
    Some(Index { id: *indices - 1, keys })
}

fn equalities(expr: &Expr, local: LocalId, schema: &Schema, keys: &mut Vec<IndexKey>) {
    match &expr.kind {
        Kind::And(left, right) => {
            equalities(left, local, schema, keys);
            equalities(right, local, schema, keys);
        }
        _ => {
            let Some((element, other, how)) = sides(expr, local) else { return };
            let field = match &element.kind {
                // Of a record within the element, the name alone would not say which field it is.
                Kind::Field { base: Some(base), owner, field, slot, .. }
                    if matches!(base.kind, Kind::Local(_))
                        && schema.ty(*owner).fields[*field].slot == Some(*slot) =>
                {
                    Some(schema.ty(*owner).fields[*field].name.clone())
                }
                _ => None,
            };
            let (element, other) = (Expr::clone(element), Expr::clone(other));
            keys.push(IndexKey { element, other, how, field });
        }
    }
}

/// The locals that a condition on an element depends on beside the equalities by which elements are found.
pub fn beside_keys(expr: &Expr, local: LocalId) -> BTreeSet<LocalId> {
    match &expr.kind {
        Kind::And(left, right) => {
            let mut found = beside_keys(left, local);
            found.append(&mut beside_keys(right, local));
            found
        }
        _ if sides(expr, local).is_some() => BTreeSet::new(),
        _ => free(expr),
    }
}

/// The two sides of an equality by which elements are found: what depends on the element alone, and what does not.
fn sides(expr: &Expr, local: LocalId) -> Option<(&Expr, &Expr, How)> {
    let Kind::Compare { op: Comparison::Equal, how, left, right } = &expr.kind else {
        return None;
    };
    let depends = |side: &Expr| free(side).contains(&local);
    let alone = |side: &Expr| free(side).iter().eq([local].iter());
    match (alone(left) && !depends(right), alone(right) && !depends(left)) {
        (true, _) => Some((left, right, *how)),
        (_, true) => Some((right, left, *how)),
        _ => None,
    }
}

/// Wraps what does not depend on the innermost binding; `bound` are the bindings of the rule, innermost last.
pub fn hoist(expr: &mut Expr, bound: &mut Vec<LocalId>, memos: &mut u32) {
    // Where nothing is worth keeping, nothing below is.
    if !heavy(expr) {
        return;
    }
    if let Some(innermost) = bound.last() {
        let free = free(expr);
        // One that goes through a list for a few of several names is worth a table.
        let scattered =
            matches!(expr.kind, Kind::Quantified(..) | Kind::The(_)) && free.len() < bound.len();
        if scattered && free.contains(innermost) && free.iter().all(|local| bound.contains(local)) {
            let hole = Expr { kind: Kind::Now, ty: expr.ty.clone(), span: expr.span };
            let inner = std::mem::replace(expr, hole);
            *memos += 1;
            expr.kind = Kind::Table(*memos - 1, free.into_iter().collect(), Box::new(inner));
            return;
        }
        if !free.contains(innermost) {
            let span = expr.span;
            let hole = Expr { kind: Kind::Now, ty: expr.ty.clone(), span };
            let mut inner = std::mem::replace(expr, hole);
            let deps: Vec<LocalId> = free.into_iter().collect();
            // Inside, only the bindings it depends on are left to look at.
            let mut inner_bound: Vec<LocalId> =
                bound.iter().copied().filter(|local| deps.contains(local)).collect();
            descend(&mut inner, &mut inner_bound, memos);
            *memos += 1;
            expr.kind = Kind::Memo(*memos - 1, deps, Box::new(inner));
            return;
        }
    }
    descend(expr, bound, memos);
}

/// Whether computing it again and again would cost more than remembering it.
fn heavy(expr: &Expr) -> bool {
    match &expr.kind {
        Kind::Map { .. }
        | Kind::The(_)
        | Kind::Quantified(..)
        | Kind::AreEqual(..)
        | Kind::AreUnique(..) => true,
        Kind::Field { base: None, .. } => matches!(expr.ty.present(), Type::List(..)),
        Kind::Call(_, arguments) => arguments.iter().any(heavy),
        Kind::Invoke(define, arguments) => define.costs.heavy || arguments.iter().any(heavy),
        Kind::Memo(..) | Kind::Table(..) | Kind::Const(_) | Kind::Local(_) | Kind::Now => false,
        _ => {
            let mut found = false;
            expr.children(&mut |child| found = found || heavy(child));
            found
        }
    }
}

fn descend(expr: &mut Expr, bound: &mut Vec<LocalId>, memos: &mut u32) {
    match &mut expr.kind {
        Kind::Const(_) | Kind::Local(_) | Kind::Now => {}
        Kind::Field { base, .. } => {
            if let Some(base) = base {
                hoist(base, bound, memos);
            }
        }
        Kind::Inverse { base, .. } => hoist(base, bound, memos),
        Kind::Map { scan, body, .. } | Kind::Quantified(_, scan, body) => {
            scanned(scan, Some(body), bound, memos)
        }
        Kind::The(scan) => scanned(scan, None, bound, memos),
        Kind::Choose(scan, prefer) => scanned(scan, prefer.as_deref_mut(), bound, memos),
        Kind::List(items) | Kind::Call(_, items) | Kind::Invoke(_, items) => {
            items.iter_mut().for_each(|item| hoist(item, bound, memos));
        }
        Kind::Make(_, fields) => {
            fields.iter_mut().for_each(|(_, value)| hoist(value, bound, memos))
        }
        Kind::If(a, b, c) => [a, b, c].into_iter().for_each(|side| hoist(side, bound, memos)),
        Kind::And(a, b)
        | Kind::Or(a, b)
        | Kind::Otherwise(a, b)
        | Kind::Add(a, b)
        | Kind::Subtract(a, b)
        | Kind::IsUniqueIn(a, b, _)
        | Kind::Holders(a, b, _)
        | Kind::Compare { left: a, right: b, .. }
        | Kind::In { element: a, list: b, .. } => {
            hoist(a, bound, memos);
            hoist(b, bound, memos);
        }
        Kind::Not(a)
        | Kind::Matches(a, _)
        | Kind::IsEmpty(a)
        | Kind::IsKnown(a)
        | Kind::AreEqual(a, _)
        | Kind::AreUnique(a, _) => hoist(a, bound, memos),
        Kind::Memo(_, _, inner) | Kind::Table(_, _, inner) => hoist(inner, &mut Vec::new(), memos),
    }
}

fn scanned(scan: &mut Scan, body: Option<&mut Expr>, bound: &mut Vec<LocalId>, memos: &mut u32) {
    hoist(&mut scan.list, bound, memos);
    bound.push(scan.local);
    if let Some(filter) = &mut scan.filter {
        hoist(filter, bound, memos);
    }
    if let Some(body) = body {
        hoist(body, bound, memos);
    }
    bound.pop();
}

/// Scans over a list of the whole environment inside another binding, without an index: their cost is the product.
pub fn quadratic(expr: &Expr, depth: usize, found: &mut Vec<Span>) {
    match &expr.kind {
        // Computed once for all bindings it does not depend on.
        Kind::Memo(_, deps, inner) | Kind::Table(_, deps, inner) => {
            quadratic(inner, usize::from(!deps.is_empty()), found)
        }
        Kind::Map { scan, body, .. } | Kind::Quantified(_, scan, body) => {
            nested(scan, Some(body), depth, found);
        }
        Kind::The(scan) => nested(scan, None, depth, found),
        Kind::Invoke(define, arguments) => {
            arguments.iter().for_each(|argument| quadratic(argument, depth, found));
            if define.costs.scans {
                quadratic(&define.body, depth, found);
            }
        }
        _ => expr.children(&mut |child| quadratic(child, depth, found)),
    }
}

/// Whether a list grows with the environment; one that the rules spell out does not.
pub fn reads_environment(expr: &Expr) -> bool {
    if matches!(expr.kind, Kind::Field { base: None, .. }) {
        return true;
    }
    if let Kind::Invoke(define, _) = &expr.kind
        && define.costs.reads_environment
    {
        return true;
    }
    let mut found = false;
    expr.children(&mut |child| found = found || reads_environment(child));
    found
}

/// What computing the body of a definition takes.
pub fn costs(body: &Expr) -> Costs {
    let mut found = Vec::new();
    // Whatever it would cost within a binding.
    quadratic(body, 1, &mut found);
    Costs {
        heavy: heavy(body),
        reads_environment: reads_environment(body),
        scans: !found.is_empty(),
    }
}

fn nested(scan: &Scan, body: Option<&Expr>, depth: usize, found: &mut Vec<Span>) {
    let global = free(&scan.list).is_empty() && reads_environment(&scan.list);
    if global && depth > 0 && scan.index.is_none() {
        found.push(scan.list.span);
    }
    quadratic(&scan.list, depth, found);
    let inner = depth + usize::from(global);
    for part in scan.filter.as_deref().into_iter().chain(body) {
        quadratic(part, inner, found);
    }
}
