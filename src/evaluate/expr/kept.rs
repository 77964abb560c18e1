//! Values that are kept: of definitions by row, of expressions by what they depend on.
//!
//! Owns what is remembered during one run; with tracing on only what depends on nothing is, as notes differ where
//! values do not.

use crate::builtins::value::{Key, Silent, Trace, Value, joined};
use crate::compile::ir::{Define, Expr, LocalId};
use crate::evaluate::expr::{Evaluator, same};
use crate::evaluate::truth::Truth;
use crate::facts::{Facts, Raw, RowId};
use crate::scalar::How;
use crate::schema::types::WordId;

/// What a kept value of a definition is; words follow.
const NOT_KEPT: u8 = 0;
const KEPT_UNKNOWN: u8 = 1;
const KEPT_FALSE: u8 = 2;
const KEPT_TRUE: u8 = 3;
const FIRST_WORD: u8 = 4;

/// Values of one definition by row, one byte each, from the first row of its kind to the last.
#[derive(Default)]
pub(super) struct Kept {
    first: RowId,
    /// Two to the power of this many rows share a byte: of those, only one is of the kind.
    shift: u32,
    codes: Vec<u8>,
}

/// Of a definition of which nothing is kept.
static NOTHING: Kept = Kept { first: 0, shift: 0, codes: Vec::new() };

impl Kept {
    /// Room for all rows of the kind that a row is of.
    fn of_kind(row: RowId, facts: &Facts<'_>) -> Self {
        let ty = facts.row(row).ty;
        let (first, last) = match facts.entities(ty) {
            [first, .., last] if first < last => (*first, *last),
            _ => (0, facts.row_count() as RowId),
        };
        let shift = facts.rows_taken(ty).ilog2();
        let codes = vec![NOT_KEPT; ((last - first) >> shift) as usize + 1];
        Self { first, shift, codes }
    }

    #[inline]
    fn code(&self, row: RowId) -> Option<u8> {
        self.codes.get(self.place(row)).copied()
    }

    fn keep(&mut self, row: RowId, code: u8) {
        let at = self.place(row);
        if let Some(place) = self.codes.get_mut(at) {
            *place = code;
        }
    }

    #[inline]
    fn place(&self, row: RowId) -> usize {
        (row.wrapping_sub(self.first) >> self.shift) as usize
    }
}

/// What was last asked of a definition, and what came out.
#[derive(Default)]
pub(super) struct Last<'a> {
    asked: Vec<Value<'a>>,
    answer: Option<Value<'a>>,
}

impl<'a> Evaluator<'_, 'a, '_> {
    /// The truth that is kept of a definition, where it is.
    #[inline]
    pub(super) fn kept_truth(&mut self, define: &Define, arguments: &[Expr]) -> Option<Truth> {
        let [argument] = arguments else { return None };
        let Raw::Data(row) = self.row_of::<Silent>(argument).0 else { return None };
        self.kept_for(define, row)
    }

    /// The truth that is kept of a definition for a row, where it is.
    #[inline]
    pub(in crate::evaluate) fn kept_for(&self, define: &Define, row: RowId) -> Option<Truth> {
        self.kept_of(define)(row)
    }

    /// The same for one row after the other.
    #[inline]
    pub(in crate::evaluate) fn kept_of(
        &self,
        define: &Define,
    ) -> impl Fn(RowId) -> Option<Truth> + use<'_, 'a> {
        let code = self.codes_of(define);
        move |row| match code(row) {
            KEPT_UNKNOWN => Some(Truth::Unknown),
            KEPT_FALSE => Some(Truth::False),
            KEPT_TRUE => Some(Truth::True),
            _ => None,
        }
    }

    /// What is kept of a definition for one row after the other.
    #[inline]
    fn codes_of(&self, define: &Define) -> impl Fn(RowId) -> u8 + use<'_, 'a> {
        let (id, few) = (define.id, &self.kept_of_few);
        // What is kept of few is looked up by one table, so that an evaluator costs no room for each definition.
        let kept = self.kept.get(id as usize).unwrap_or(&NOTHING);
        move |row| match kept.code(row) {
            Some(code) => code,
            None if few.is_empty() => NOT_KEPT,
            None => few.get(&(id, row)).copied().unwrap_or(NOT_KEPT),
        }
    }

    /// The word that is kept of a definition for a row, none where it is not known; none at all where nothing is kept.
    #[inline]
    pub(in crate::evaluate) fn kept_word(
        &self,
        define: &Define,
        row: RowId,
    ) -> Option<Option<WordId>> {
        match self.codes_of(define)(row) {
            NOT_KEPT | KEPT_FALSE | KEPT_TRUE => None,
            KEPT_UNKNOWN => Some(None),
            word => Some(Some(WordId(u32::from(word - FIRST_WORD)))),
        }
    }

    /// Keeps the truth of a definition for a row.
    pub(in crate::evaluate) fn keep_truth(&mut self, define: &Define, row: RowId, truth: Truth) {
        let code = match truth {
            Truth::Unknown => KEPT_UNKNOWN,
            Truth::False => KEPT_FALSE,
            Truth::True => KEPT_TRUE,
        };
        self.keep(define, row, code);
    }

    fn keep(&mut self, define: &Define, row: RowId, code: u8) {
        if self.few {
            self.kept_of_few.insert((define.id, row), code);
            return;
        }
        if self.kept.is_empty() {
            self.kept.resize_with(self.rules.defines as usize, Kept::default);
        }
        let kept = &mut self.kept[define.id as usize];
        if kept.codes.is_empty() {
            *kept = Kept::of_kind(row, self.facts);
        }
        kept.keep(row, code);
    }

    /// A definition with its arguments.
    pub(super) fn invoke<N: Trace>(
        &mut self,
        define: &Define,
        arguments: &[Expr],
    ) -> (Value<'a>, N) {
        let worth = !N::ON && define.costs.heavy && !self.facts.is_listening();
        match (arguments, define.params.as_slice()) {
            ([argument], [param]) => {
                let (argument, note) = self.value_of::<N>(argument);
                let row = match argument {
                    Value::Row(row) if define.kept && !N::ON => row,
                    _ if worth => {
                        return (self.recalled(define, vec![argument]), N::default());
                    }
                    _ => {
                        self.bind_local(*param, argument, note);
                        return self.value_of(&define.body);
                    }
                };
                match self.codes_of(define)(row) {
                    NOT_KEPT => {}
                    KEPT_UNKNOWN => return (Value::Unknown, N::default()),
                    KEPT_FALSE => return (Value::Bool(false), N::default()),
                    KEPT_TRUE => return (Value::Bool(true), N::default()),
                    word => {
                        return (Value::Word(WordId(u32::from(word - FIRST_WORD))), N::default());
                    }
                }
                self.bind_local(*param, argument, note);
                let result = self.value_of(&define.body);
                let code = match &result.0 {
                    Value::Unknown => KEPT_UNKNOWN,
                    Value::Bool(false) => KEPT_FALSE,
                    Value::Bool(true) => KEPT_TRUE,
                    Value::Word(WordId(word)) if *word < u32::from(u8::MAX - FIRST_WORD) => {
                        FIRST_WORD + *word as u8
                    }
                    _ => NOT_KEPT,
                };
                self.keep(define, row, code);
                result
            }
            _ => {
                let mut values: Vec<(Value<'a>, N)> = Vec::with_capacity(arguments.len());
                for argument in arguments {
                    values.push(self.value_of(argument));
                }
                if worth {
                    let values = values.into_iter().map(|(value, _)| value).collect();
                    return (self.recalled(define, values), N::default());
                }
                for (param, (value, note)) in define.params.iter().zip(values) {
                    self.bind_local(*param, value, note);
                }
                self.value_of(&define.body)
            }
        }
    }

    /// What a definition says of these values: rules ask the same of the same more than once in a row.
    fn recalled(&mut self, define: &Define, asked: Vec<Value<'a>>) -> Value<'a> {
        let id = define.id as usize;
        if let Some(last) = self.last.get(id)
            && let Some(answer) = &last.answer
            && last.asked.iter().zip(&asked).all(|(known, value)| same(known, value))
        {
            return answer.clone();
        }
        for (param, value) in define.params.iter().zip(&asked) {
            self.frame[*param as usize] = value.clone();
        }
        let (result, _) = self.value_of::<Silent>(&define.body);
        if self.last.len() <= id {
            self.last.resize_with(id + 1, Last::default);
        }
        self.last[id] = Last { asked, answer: Some(result.clone()) };
        result
    }

    /// An expression that is kept for each value of what it depends on.
    pub(super) fn table<N: Trace>(
        &mut self,
        id: u32,
        deps: &[LocalId],
        body: &Expr,
    ) -> (Value<'a>, N) {
        let key = match N::ON {
            true => None,
            false => joined(deps.iter().map(|dep| Key::of(&self.frame[*dep as usize], How::Plain))),
        };
        let Some(key) = key.map(|key| (id, key)) else { return self.value_of(body) };
        if let Some(known) = self.tables.get(&key) {
            return (known.clone(), N::default());
        }
        let (value, note) = self.value_of(body);
        self.tables.insert(key, value.clone());
        (value, note)
    }

    pub(super) fn memo<N: Trace>(
        &mut self,
        id: u32,
        deps: &[LocalId],
        body: &Expr,
    ) -> (Value<'a>, N) {
        let at = id as usize;
        if N::ON {
            // Notes of what it depends on may differ where the values do not, so only constants are kept.
            if !deps.is_empty() {
                return self.value_of(body);
            }
            if let Some((value, note)) = self.traced.get(&id) {
                return (value.clone(), N::of(note));
            }
            let (value, note) = self.value_of::<N>(body);
            self.traced.insert(id, (value.clone(), note.note()));
            return (value, note);
        }
        if let Some(Some(memo)) = self.memos.get(at) {
            let same = deps
                .iter()
                .zip(&memo.deps)
                .all(|(dep, known)| same(&self.frame[*dep as usize], known));
            if same {
                return (memo.value.clone(), N::default());
            }
        }
        let (value, note) = self.value_of(body);
        if self.memos.len() <= at {
            self.memos.resize_with(at + 1, || None);
        }
        let mut memo = self.memos[at].take().unwrap_or_default();
        memo.deps.clear();
        memo.deps.extend(deps.iter().map(|dep| self.frame[*dep as usize].clone()));
        memo.value = value.clone();
        self.memos[at] = Some(memo);
        (value, note)
    }
}
