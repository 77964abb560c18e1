//! Who holds a value: from a value of a list back to the entities by which it stands there.
//!
//! Owns the meaning of `holders`: those of whom it is known, as if there were no others. The way from a place of a list to
//! what put it there is `place`; while a plan changes facts, `touch` tells the same without making the list.

use std::rc::Rc;

use crate::builtins::value::{Extent, Key, List, Silent, Trace, Value};
use crate::compile::ir::Expr;
use crate::evaluate::expr::Evaluator;
use crate::scalar::How;

impl<'a> Evaluator<'_, 'a, '_> {
    /// `holders(x, xs)`
    pub(in crate::evaluate) fn holders<N: Trace>(
        &mut self,
        element: &Expr,
        list: &Expr,
        how: How,
    ) -> (Value<'a>, N) {
        let (value, note) = self.value_of::<N>(element);
        let Some(key) = Key::of(&value, how) else { return (Value::Unknown, note) };
        if !N::ON
            && let Some(rows) = self.counted_holders(list, &key, how)
        {
            let rows = rows.into_iter().map(Value::Row).collect();
            return (Value::List(Rc::new(List::new(rows, Extent::Whole))), N::default());
        }
        let mut found = List::new(Vec::new(), Extent::Whole);
        found.note = note.note();
        // Without notes, as those of all elements would cost as much as all facts.
        let (made, _) = self.value_of::<Silent>(list);
        let made = match made {
            Value::List(made) => made,
            Value::None => return (Value::List(Rc::new(found)), N::default()),
            _ => return (Value::Unknown, note.join(&self.value_of::<N>(list).1)),
        };
        for at in made.keys(how).places(&value) {
            let Some(Value::Row(row)) = self.source_of(list, at) else { continue };
            // What one entity says more than once stands side by side.
            if matches!(found.items.last(), Some(Value::Row(last)) if *last == row) {
                continue;
            }
            found.items.push(Value::Row(row));
            if N::ON {
                let place = self.place::<N>(list, at).map(|(_, place)| place);
                found.notes.push(note.join(&place.unwrap_or_default()).note());
            }
        }
        (Value::List(Rc::new(found)), N::default())
    }
}
