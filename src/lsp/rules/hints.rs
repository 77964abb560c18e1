//! Types that are not written: of what `for`, `let` and `define` bind.

use crate::language::ast::{Binder, ItemKind, Name};
use crate::language::token::Symbol;
use crate::lsp::rules::{Pack, pieces};
use crate::schema::types::Type;
use crate::source::Span;

/// A type to show behind a place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The offset behind which it is shown.
    pub offset: u32,
    /// The type.
    pub ty: String,
}

/// The types within a range.
pub fn hints(pack: &Pack<'_>, range: Span) -> Vec<Hint> {
    let Some(tree) = pack.tree(range.file) else { return Vec::new() };
    let mut hints = Vec::new();
    let near = |span: Span| span.start <= range.end && range.start <= span.end;
    for item in tree.items.iter().filter(|item| near(item.span)) {
        match &item.kind {
            ItemKind::Rule(rule) => {
                let each = rule.fixes.iter().filter_map(|fix| fix.each.as_deref());
                let names = rule.bindings.iter().map(|binding| &binding.name);
                hints.extend(names.filter_map(|name| bound(pack, name)));
                hints.extend(each.filter_map(|binder: &Binder| bound(pack, &binder.name)));
            }
            ItemKind::Suppose(suppose) => {
                let each = suppose.fixes.iter().filter_map(|fix| fix.each.as_deref());
                hints.extend(each.filter_map(|binder: &Binder| bound(pack, &binder.name)));
            }
            ItemKind::Define(define) if define.ty.is_none() && define.needed.is_none() => {
                let ty = pack.resolved.resolutions.types.get(&define.body.span);
                hints.extend(ty.and_then(|ty| {
                    Some(Hint {
                        offset: before_assign(pack, define.body.span)?,
                        ty: name(pack, ty)?,
                    })
                }));
            }
            _ => {}
        }
    }
    hints.retain(|hint| range.start <= hint.offset && hint.offset <= range.end);
    hints
}

fn bound(pack: &Pack<'_>, binding: &Name) -> Option<Hint> {
    let ty = pack.resolved.resolutions.types.get(&binding.span)?;
    Some(Hint { offset: binding.span.end, ty: name(pack, ty)? })
}

fn name(pack: &Pack<'_>, ty: &Type) -> Option<String> {
    (*ty != Type::Error).then(|| ty.describe(pack.schema()))
}

/// The end of what stands before the `=` in front of the body of a definition.
fn before_assign(pack: &Pack<'_>, body: Span) -> Option<u32> {
    let (tokens, _) = pieces(pack.sources, body.file);
    let at =
        tokens.iter().rposition(|token| token.end <= body.start && token.is(Symbol::Assign))?;
    tokens.get(at.checked_sub(1)?).map(|token| token.end)
}
