//! Where the elements of a list come from that the rules make.
//!
//! Owns the way down from such a list to the entities of the environment that it is made from. What stands at which place
//! of it is found by the evaluator.

use crate::compile::ir::{Expr, Kind};
use crate::schema::types::Type;
use crate::schema::{Schema, TypeId, TypeKind};

/// The expression that makes a list, behind what only keeps or names it.
pub fn maker(mut list: &Expr) -> &Expr {
    loop {
        list = match &list.kind {
            Kind::Memo(_, deps, inner) if deps.is_empty() => inner,
            Kind::Invoke(define, arguments) if arguments.is_empty() => &define.body,
            _ => return list,
        };
    }
}

/// The type of the entities that a list is made from, such as `hosts` or `hosts.disks.serial`: each element is one of
/// them, or is said by one of them.
pub fn entities(list: &Expr, schema: &Schema) -> Option<TypeId> {
    let list = maker(list);
    match &list.kind {
        Kind::Map { scan, .. } => entities(&scan.list, schema),
        Kind::Field { base: None, .. } => {
            let element = list.ty.element().and_then(Type::row)?;
            (schema.ty(element).kind == TypeKind::Entity).then_some(element)
        }
        _ => None,
    }
}
