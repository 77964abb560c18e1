//! What stands in what: records and single entities have their room in the row that holds them.
//!
//! Owns that this ends: a type that would hold itself, `entity A { id: key  a: A }`, or too many others is refused, and the
//! field that would do so is of no type, so that all that is left can be stored. Also tells which types may hold another.

use crate::diagnostic::Diagnostic;
use crate::schema::types::Type;
use crate::schema::{Builder, Schema, TypeId};

/// So many records and entities may stand in one, those in these among them; each takes its room whether or not it is
/// stated.
const MOST_IN_PLACE: usize = 1_000;

impl Schema {
    /// For each type, whether it is this one or may hold one, in place or in a list, at whatever depth.
    pub fn holding(&self, held: TypeId) -> Vec<bool> {
        let mut holds = vec![false; self.types.len()];
        holds[held.0 as usize] = true;
        // Types stand in any order, so this goes on until nothing changes.
        while let Some(more) =
            (0..holds.len()).find(|at| !holds[*at] && self.holds_one(*at, &holds))
        {
            holds[more] = true;
        }
        holds
    }

    fn holds_one(&self, ty: usize, of: &[bool]) -> bool {
        self.types[ty].fields.iter().any(|field| {
            let part = field.ty.element().unwrap_or(field.ty.present());
            matches!(part, Type::Row(held) if of[held.0 as usize])
        })
    }
}

impl Builder<'_, '_> {
    /// Records and single entities are stored in place, so a type may not hold itself, nor too many others. A field that
    /// would is of no type: all that stands, can be stored.
    pub(super) fn containment(&mut self) {
        let count = self.schema.types.len();
        // How many rows one of each type takes; none while that is not known.
        let mut taken: Vec<Option<usize>> = vec![None; count];
        let mut within = vec![false; count];
        for start in 0..count {
            let mut way = vec![(start, 0)];
            while let Some((ty, at)) = way.last_mut().filter(|(ty, _)| taken[*ty].is_none()) {
                within[*ty] = true;
                let (ty, field) = (*ty, *at);
                *at += 1;
                match self.schema.types[ty].fields.get(field).map(|field| field.ty.present()) {
                    Some(Type::Row(inner)) if within[inner.0 as usize] => {
                        let name = &self.schema.types[inner.0 as usize].name;
                        let message = format!("`{name}` would hold itself without end");
                        self.refuse("endless-type", message, (ty, field));
                    }
                    Some(Type::Row(inner)) => way.push((inner.0 as usize, 0)),
                    Some(_) => {}
                    None => {
                        taken[ty] = Some(self.rows_taken(ty, &taken));
                        within[ty] = false;
                    }
                }
                while way.last().is_some_and(|(ty, _)| taken[*ty].is_some()) {
                    way.pop();
                }
            }
        }
    }

    /// How many rows one of a type takes, by those that it holds in place.
    fn rows_taken(&mut self, ty: usize, taken: &[Option<usize>]) -> usize {
        let mut rows = 1;
        for field in 0..self.schema.types[ty].fields.len() {
            let Type::Row(held) = self.schema.types[ty].fields[field].ty.present() else {
                continue;
            };
            let more = taken[held.0 as usize].unwrap_or(1);
            if rows + more <= MOST_IN_PLACE {
                rows += more;
                continue;
            }
            let name = &self.schema.types[ty].name;
            let message = format!("`{name}` would hold more than {MOST_IN_PLACE} records in place");
            self.refuse("endless-type", message, (ty, field));
        }
        rows
    }

    /// Reports a field that cannot be stored.
    fn refuse(&mut self, code: &str, message: String, (ty, field): (usize, usize)) {
        let field = &mut self.schema.types[ty].fields[field];
        field.ty = Type::Error;
        let help = "use a list, or a reference";
        self.diagnostics.push(Diagnostic::error(code, message, field.span).help(help));
    }
}
