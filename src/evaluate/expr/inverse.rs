//! Who refers to a row: reading inverses, and the proof that nobody else does.
//!
//! Owns the notes of inverses; the tables themselves are in `facts`.

use crate::builtins::value::{DOUBTS, Extent, List, Note, Trace, Use, Value};
use crate::evaluate::expr::Evaluator;
use crate::schema::types::InverseId;
use crate::source::Span;
use std::rc::Rc;

impl<'a> Evaluator<'_, 'a, '_> {
    /// The entities that refer to a row.
    pub(super) fn inverse<N: Trace>(
        &mut self,
        id: InverseId,
        one: bool,
        row: u32,
        note: N,
        span: Span,
    ) -> (Value<'a>, N) {
        let facts = self.facts;
        let (pairs, open) = facts.referrers(id, row);
        if open && facts.is_listening() {
            let unknown = self.reference_note(id, span, Some(usize::MAX));
            unknown.uses().iter().for_each(|usage| facts.ask(usage.slot()));
        }
        let inverse = self.rules.schema.inverse(id);
        let by = &self.rules.schema.ty(inverse.source);
        let slot = by.fields[inverse.by].slot.unwrap_or(0);
        let is_key = by.key == Some(inverse.by);
        let source_note = |source: u32| {
            if !N::ON {
                return N::default();
            }
            let held = N::leaf(Use::Fact { slot: facts.row(source).via, span });
            let own = if is_key {
                held
            } else {
                held.join(&N::leaf(Use::Fact { slot: facts.slot_of(source, slot), span }))
            };
            note.join(&own)
        };
        if one {
            return match pairs {
                [(_, source)] => (Value::Row(*source), source_note(*source)),
                [] if !open => {
                    let complete = self.complete_note::<N>(id, span);
                    (Value::None, note.join(&complete))
                }
                [] => (Value::Unknown, self.open_note(id, span)),
                _ => {
                    let notes = pairs.iter().map(|(_, source)| source_note(*source));
                    let notes = notes.fold(N::default(), |all, note| all.join(&note));
                    (Value::Unknown, notes)
                }
            };
        }
        let told = facts.told_by(id);
        if pairs.is_empty() && open && told.is_none() {
            return (Value::Unknown, self.open_note(id, span));
        }
        let items = pairs.iter().map(|(_, source)| Value::Row(*source)).collect();
        let mut list = List::new(items, if open { Extent::Open } else { Extent::Whole });
        if N::ON {
            list.notes = pairs.iter().map(|(_, source)| source_note(*source).note()).collect();
            let complete =
                if open { self.open_note::<N>(id, span) } else { self.complete_note(id, span) };
            // That somebody might be listed at all is known by any list that is stated.
            let told = told.map(|slot| note.join(&N::leaf(Use::Fact { slot, span })).note());
            list.told = told;
            list.note = note.join(&complete).note();
        }
        (Value::List(Rc::new(list)), N::default())
    }

    /// The facts by which nobody else refers: the lists, and what each of their elements refers to.
    fn complete_note<N: Trace>(&mut self, id: InverseId, span: Span) -> N {
        if !N::ON {
            return N::default();
        }
        if let Some(note) = &self.complete_notes[id.0 as usize] {
            return N::of(note);
        }
        let note = self.reference_note(id, span, None);
        let kept = N::of(&note);
        self.complete_notes[id.0 as usize] = Some(note);
        kept
    }

    /// The facts that would have to be known before nobody else can refer; of many a few.
    fn open_note<N: Trace>(&mut self, id: InverseId, span: Span) -> N {
        if !N::ON {
            return N::default();
        }
        if let Some(note) = &self.open_notes[id.0 as usize] {
            return N::of(note);
        }
        let note = self.reference_note(id, span, Some(DOUBTS));
        let kept = N::of(&note);
        self.open_notes[id.0 as usize] = Some(note);
        kept
    }

    /// The facts by which nobody else refers, or so many of those of them that are not known.
    fn reference_note(&self, id: InverseId, span: Span, unknown: Option<usize>) -> Note {
        let (unknown_only, mut left) = (unknown.is_some(), unknown.unwrap_or(usize::MAX));
        let inverse = self.rules.schema.inverse(id);
        let def = self.rules.schema.ty(inverse.source);
        let field = &def.fields[inverse.by];
        let mut note = Note::default();
        for slot in self.facts.holders(id) {
            if !unknown_only || self.facts.may_hold_others(slot) {
                note = note.join(&Note::leaf(Use::Fact { slot, span }));
            }
        }
        if def.key == Some(inverse.by) {
            return note;
        }
        for row in self.facts.entities(inverse.source) {
            if left == 0 {
                break;
            }
            let slot = self.facts.slot_of(*row, field.slot.unwrap_or(0));
            if !unknown_only || self.facts.may_hold_others(slot) {
                left -= 1;
                note = note.join(&Note::leaf(Use::Fact { slot, span }));
            }
        }
        note
    }
}
