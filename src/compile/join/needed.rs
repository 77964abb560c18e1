//! Definitions that others give, and what takes the place of what is left out.
//!
//! Owns that the two agree: those who use a name rely on its parameters and its type.

use rustc_hash::FxHashSet;

use crate::compile::join::{LeftOut, Part};
use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::language::ast::{self, ItemKind, Type, TypeKind};

/// Checks what stands in the place of a definition or remedy that is left out.
pub fn check_replaced(parts: &mut [Part], left: &[LeftOut<'_>], diagnostics: &mut Diagnostics) {
    for gone in left {
        match &gone.item.kind {
            ItemKind::Define(old) => {
                for new in defines(parts).filter(|new| new.name.value == old.name.value) {
                    agree(old, new, "left out", diagnostics);
                }
            }
            ItemKind::Remedy(old) => {
                let items = parts.iter().flat_map(Part::items);
                let new = items.filter_map(|item| match &item.kind {
                    ItemKind::Remedy(new) if new.name.value == old.name.value => Some(new),
                    _ => None,
                });
                for new in new.filter(|new| !same_params(&old.params, &new.params)) {
                    differs(
                        &old.name,
                        &new.name,
                        &signature(&old.params, None),
                        "left out",
                        diagnostics,
                    );
                }
            }
            _ => {}
        }
    }
}

/// Puts the definitions that are given in the place of those that are needed.
pub fn fill(parts: &mut [Part], packs: &[Option<ast::pack::Pack>], diagnostics: &mut Diagnostics) {
    let needed: Vec<(usize, ast::Define)> = parts
        .iter()
        .enumerate()
        .flat_map(|(at, part)| part.items().map(move |item| (at, item)))
        .filter_map(|(at, item)| match &item.kind {
            ItemKind::Define(define) if define.needed.is_some() => Some((at, define.clone())),
            _ => None,
        })
        .collect();
    let own = packs.first().and_then(Option::as_ref);
    let is_shared = own.is_some_and(|pack| pack.shared.is_some());
    let mut open: Vec<String> = Vec::new();
    for (at, define) in &needed {
        let is_given = |given: &&mut ast::Define| {
            given.needed.is_none() && given.name.value == define.name.value
        };
        if let Some(given) = defines(parts).find(is_given) {
            agree(define, given, "needed", diagnostics);
            continue;
        }
        if !is_shared {
            missing(parts, *at, define, own, diagnostics);
        }
        open.push(define.name.value.clone());
    }
    let items = parts.iter().flat_map(Part::items);
    let whole = items.filter(|item| !item.broken).filter_map(|item| match &item.kind {
        ItemKind::Define(define) if define.needed.is_none() => Some(define.name.value.clone()),
        _ => None,
    });
    let whole: FxHashSet<String> = whole.collect();
    // What nobody gives stays as something that nobody can say more of; of several, one.
    let mut kept: Vec<String> = Vec::new();
    for file in parts.iter_mut().flat_map(|part| &mut part.files) {
        file.items.retain_mut(|item| {
            let ItemKind::Define(define) = &item.kind else { return true };
            let name = &define.name.value;
            if define.needed.is_none() {
                // One that could not be read may have been `needed`; that is told already.
                return !item.broken || !whole.contains(name);
            }
            item.broken = true;
            if !open.contains(name) || kept.contains(name) {
                return false;
            }
            kept.push(name.clone());
            true
        });
    }
}

fn defines(parts: &mut [Part]) -> impl Iterator<Item = &mut ast::Define> {
    let files = parts.iter_mut().flat_map(|part| &mut part.files);
    files.flat_map(|file| &mut file.items).filter_map(|item| match &mut item.kind {
        ItemKind::Define(define) => Some(define),
        _ => None,
    })
}

fn missing(
    parts: &[Part],
    at: usize,
    define: &ast::Define,
    own: Option<&ast::pack::Pack>,
    diagnostics: &mut Diagnostics,
) {
    let name = &define.name;
    let leads = |used: &&ast::pack::Use| {
        parts.iter().enumerate().any(|(other, part)| {
            part.name == used.name.value && (other == at || part.reaches.contains(&at))
        })
    };
    let used = own.and_then(|pack| pack.uses.iter().find(leads));
    let signature = signature(&define.params, define.ty.as_ref());
    let told = match used {
        Some(used) if at > 0 => {
            let message = format!("`{}` needs a definition `{}`", used.name.value, name.value);
            Diagnostic::error("missing-definition", message, used.name.span)
                .label(name.span, "needed here")
                .help(format!("write it in this pack: `define {}{signature} = …`", name.value))
        }
        _ => {
            let message = format!("nobody gives the definition `{}`", name.value);
            Diagnostic::error("missing-definition", message, name.span)
                .help("only a shared pack is used by others, who give it: write `= …` here")
        }
    };
    diagnostics.push(told);
}

/// Reports where a definition is not as those who use it expect; what it does not say, it takes over.
fn agree(old: &ast::Define, new: &mut ast::Define, what: &str, diagnostics: &mut Diagnostics) {
    let same_type = match (&old.ty, &new.ty) {
        (Some(old), Some(new)) => same(old, new),
        _ => true,
    };
    if !same_type || !same_params(&old.params, &new.params) {
        let signature = signature(&old.params, old.ty.as_ref());
        return differs(&old.name, &new.name, &signature, what, diagnostics);
    }
    if new.ty.is_none() {
        new.ty.clone_from(&old.ty);
    }
}

fn differs(
    old: &ast::Name,
    new: &ast::Name,
    signature: &str,
    what: &str,
    diagnostics: &mut Diagnostics,
) {
    let message = format!("`{}` is not what those expect who use it", new.value);
    let told = Diagnostic::error("different-signature", message, new.span);
    let told = told.label(old.span, format!("{what} here"));
    diagnostics.push(told.help(format!("write `{}{signature}`", new.value)));
}

fn same_params(a: &[ast::Param], b: &[ast::Param]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(&a.ty, &b.ty))
}

/// Whether two written types are one.
fn same(a: &Type, b: &Type) -> bool {
    match (&a.kind, &b.kind) {
        (TypeKind::Words(a), TypeKind::Words(b)) => {
            let all = |a: &[ast::Name], b: &[ast::Name]| {
                a.iter().all(|word| b.iter().any(|other| other.value == word.value))
            };
            all(a, b) && all(b, a)
        }
        (TypeKind::OrNone(a), TypeKind::OrNone(b))
        | (TypeKind::List(a), TypeKind::List(b))
        | (TypeKind::Partial(a), TypeKind::Partial(b)) => same(a, b),
        // What could not be read is told already.
        (TypeKind::Error, _) | (_, TypeKind::Error) => true,
        _ => shown(a) == shown(b),
    }
}

fn signature(params: &[ast::Param], ty: Option<&Type>) -> String {
    let params: Vec<String> =
        params.iter().map(|param| format!("{}: {}", param.name.value, shown(&param.ty))).collect();
    let params = if params.is_empty() { String::new() } else { format!("({})", params.join(", ")) };
    format!("{params}{}", ty.map_or(String::new(), |ty| format!(": {}", shown(ty))))
}

/// A type as it is written; a reference and the entity itself are one.
fn shown(ty: &Type) -> String {
    match &ty.kind {
        TypeKind::Ref(name) if name.value == "any" => "ref any".to_owned(),
        TypeKind::Named(name) | TypeKind::Ref(name) => name.value.clone(),
        TypeKind::TextNocase => "text nocase".to_owned(),
        TypeKind::Words(words) => {
            words.iter().map(|word| word.value.as_str()).collect::<Vec<_>>().join(" | ")
        }
        TypeKind::OrNone(ty) => format!("{} or none", shown(ty)),
        TypeKind::List(ty) => format!("[{}]", shown(ty)),
        TypeKind::Partial(ty) => format!("partial [{}]", shown(ty)),
        TypeKind::Key => "key".to_owned(),
        TypeKind::KeyRef(name) => format!("key ref {}", name.value),
        TypeKind::All { entity, by } => format!("all {} by {}", entity.value, by.value),
        TypeKind::One { entity, by } => format!("one {} by {}", entity.value, by.value),
        TypeKind::Error => "…".to_owned(),
    }
}
