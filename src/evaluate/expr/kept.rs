//! Values that are kept: of definitions by row, of expressions by what they depend on.
//!
//! Owns what is remembered during one run; with tracing on only what depends on nothing is, as notes differ where
//! values do not.

use crate::builtins::value::{Note, Value};
use crate::compile::ir::{Define, Expr, LocalId};
use crate::evaluate::expr::{Evaluator, Memo, same};
use crate::schema::types::WordId;

/// What a kept value of a definition is; words follow.
const NOT_KEPT: u8 = 0;
const KEPT_UNKNOWN: u8 = 1;
const KEPT_FALSE: u8 = 2;
const KEPT_TRUE: u8 = 3;
const FIRST_WORD: u8 = 4;

impl<'a> Evaluator<'_, 'a, '_> {
    /// A definition with its arguments.
    pub(super) fn invoke(&mut self, define: &Define, arguments: &[Expr]) -> (Value<'a>, Note) {
        match (arguments, define.params.as_slice()) {
            ([argument], [param]) => {
                let argument = self.eval(argument);
                let row = match argument.0 {
                    Value::Row(row) if define.kept && !self.tracing => row as usize,
                    _ => {
                        self.frame[*param as usize] = argument;
                        return self.eval(&define.body);
                    }
                };
                let kept = &mut self.kept[define.id as usize];
                if kept.is_empty() {
                    kept.resize(self.facts.row_count(), NOT_KEPT);
                }
                match kept.get(row) {
                    Some(&NOT_KEPT) | None => {}
                    Some(&KEPT_UNKNOWN) => return (Value::Unknown, Note::default()),
                    Some(&KEPT_FALSE) => return (Value::Bool(false), Note::default()),
                    Some(&KEPT_TRUE) => return (Value::Bool(true), Note::default()),
                    Some(word) => {
                        return (
                            Value::Word(WordId(u32::from(word - FIRST_WORD))),
                            Note::default(),
                        );
                    }
                }
                self.frame[*param as usize] = argument;
                let result = self.eval(&define.body);
                let code = match &result.0 {
                    Value::Unknown => KEPT_UNKNOWN,
                    Value::Bool(false) => KEPT_FALSE,
                    Value::Bool(true) => KEPT_TRUE,
                    Value::Word(WordId(word)) if *word < u32::from(u8::MAX - FIRST_WORD) => {
                        FIRST_WORD + *word as u8
                    }
                    _ => NOT_KEPT,
                };
                if let Some(place) = self.kept[define.id as usize].get_mut(row) {
                    *place = code;
                }
                result
            }
            _ => {
                let values: Vec<(Value<'a>, Note)> =
                    arguments.iter().map(|argument| self.eval(argument)).collect();
                for (param, value) in define.params.iter().zip(values) {
                    self.frame[*param as usize] = value;
                }
                self.eval(&define.body)
            }
        }
    }

    pub(super) fn memo(&mut self, id: u32, deps: &[LocalId], body: &Expr) -> (Value<'a>, Note) {
        let at = id as usize;
        if self.tracing {
            // Notes of what it depends on may differ where the values do not, so only constants are kept.
            if !deps.is_empty() {
                return self.eval(body);
            }
            if let Some(known) = &self.traced[at] {
                return known.clone();
            }
            let result = self.eval(body);
            self.traced[at] = Some(result.clone());
            return result;
        }
        if let Some(memo) = &self.memos[at] {
            let same = deps
                .iter()
                .zip(&memo.deps)
                .all(|(dep, known)| same(&self.frame[*dep as usize].0, known));
            if same {
                return (memo.value.clone(), Note::default());
            }
        }
        let (value, note) = self.eval(body);
        let deps = deps.iter().map(|dep| self.frame[*dep as usize].0.clone()).collect();
        self.memos[at] = Some(Memo { deps, value: value.clone() });
        (value, note)
    }
}
