//! What an expression is worth on the facts, and which facts decided it.
//!
//! Owns the one evaluator. With tracing off it only computes; with tracing on it also keeps a [`Note`] per value, the
//! certificate of that value. Scans over lists are in `scan`.

use std::rc::Rc;
use std::sync::Arc;

use rustc_hash::FxHashMap;

use crate::builtins::Code;
use crate::builtins::value::{Extent, Key, List, Note, Silent, Trace, Use, Value};
use crate::compile::ir::{Const, Expr, Kind, LocalId, RuleSet};
use crate::evaluate::listed::ListIndex;
use crate::evaluate::pairs::Partners;
use crate::evaluate::touch::values::Values;
use crate::evaluate::truth::Truth;
use crate::facts::{Facts, ROOT, Raw, RowId, SlotId, Text};
use crate::scalar::How;
use crate::schema::types::InverseId;
use crate::source::Span;

pub(super) mod compare;
mod inverse;
mod kept;
mod read;

/// Lists of at least this many elements are kept.
const LONG_LIST: usize = 16;

/// Evaluates expressions of one rule set on one set of facts.
pub struct Evaluator<'f, 'a, 'r> {
    /// The facts.
    pub facts: &'f Facts<'a>,
    /// The rules.
    pub rules: &'r RuleSet,
    /// The time that `now` means, in microseconds since 1970.
    pub now: Option<i64>,
    pub(super) tracing: bool,
    /// Whether notes name every side that decides, and not only one that suffices.
    pub(super) wide: bool,
    pub(super) frame: Vec<Value<'a>>,
    /// The notes of the values in the frame; only kept up while tracing.
    frame_notes: Vec<Note>,
    memos: Vec<Option<Memo<'a>>>,
    /// Values by their number and what they depend on.
    tables: FxHashMap<(u32, Key), Value<'a>>,
    traced: FxHashMap<u32, (Value<'a>, Note)>,
    pub(super) indices: Vec<Option<Rc<ListIndex<'a>>>>,
    /// How deep within one another conditions on a block of rows are at present.
    pub(super) depth: u32,
    /// By the number of an index, whether its keys tell all that is asked of the elements.
    pub(super) told_by_keys: Vec<Option<bool>>,
    /// What is true of all elements with some keys, by the number of the index and where their places begin.
    pub(super) answers: FxHashMap<(u32, u32), Truth>,
    complete_notes: Vec<Option<Note>>,
    open_notes: Vec<Option<Note>>,
    /// Who does not say to whom he refers, by the inverse; none where others may not be listed.
    pub(super) silent: FxHashMap<InverseId, Option<Rc<[RowId]>>>,
    /// Which rows go with which, by the index of the filter that says so.
    pub(super) partners: FxHashMap<usize, Option<Rc<Partners>>>,
    /// Whether outcomes of pairs that no rule speaks of may be told in one.
    pub(super) summing: bool,
    /// Values of definitions by row; none before the first is kept.
    kept: Vec<kept::Kept>,
    /// The same by definition and row, where only a few rows are looked at.
    kept_of_few: FxHashMap<(u32, RowId), u8>,
    /// Whether only a few rows are looked at, so that what is kept of each must not take room for all.
    few: bool,
    /// What was last asked of a definition, and what came out.
    last: Vec<kept::Last<'a>>,
    /// Where the elements of made lists come from, by the expression that makes the list.
    pub(super) starts: FxHashMap<usize, Option<Rc<Vec<u32>>>>,
    /// Long lists of facts, with and without notes, so that each is hashed once however often it is asked.
    lists: [FxHashMap<SlotId, Rc<List<'a>>>; 2],
    /// The values of lists of the environment, where somebody keeps them while facts change.
    pub(super) values: Option<&'f Values>,
}

#[derive(Default)]
struct Memo<'a> {
    deps: Vec<Value<'a>>,
    value: Value<'a>,
}

impl<'f, 'a, 'r> Evaluator<'f, 'a, 'r> {
    /// An evaluator with nothing computed yet.
    pub fn new(facts: &'f Facts<'a>, rules: &'r RuleSet, now: Option<i64>) -> Self {
        Self {
            facts,
            rules,
            now,
            tracing: false,
            wide: false,
            frame: vec![Value::Unknown; rules.locals as usize],
            frame_notes: vec![Note::default(); rules.locals as usize],
            memos: Vec::new(),
            tables: FxHashMap::default(),
            traced: FxHashMap::default(),
            indices: (0..rules.indices).map(|_| None).collect(),
            depth: 0,
            told_by_keys: vec![None; rules.indices as usize],
            answers: FxHashMap::default(),
            complete_notes: rules.schema.inverses().map(|_| None).collect(),
            open_notes: rules.schema.inverses().map(|_| None).collect(),
            silent: FxHashMap::default(),
            partners: FxHashMap::default(),
            summing: false,
            kept: Vec::new(),
            kept_of_few: FxHashMap::default(),
            few: false,
            last: Vec::new(),
            starts: FxHashMap::default(),
            lists: Default::default(),
            values: None,
        }
    }

    /// Looks at a few rows only: what it keeps must not cost as much as all of them.
    pub fn of_few(mut self) -> Self {
        self.few = true;
        self
    }

    /// Asks kept values how often one stands in a list of the environment.
    pub fn watching(mut self, values: Option<&'f Values>) -> Self {
        self.values = values;
        self
    }

    /// Whether bindings that a rule does not apply to may be told together, by their number.
    pub fn sum_up(&mut self, on: bool) {
        self.summing = on;
    }

    /// Whether notes are kept from now on.
    pub fn trace(&mut self, on: bool) {
        self.tracing = on;
    }

    /// Gives a local a value that nobody has to prove.
    pub fn set(&mut self, local: LocalId, value: Value<'a>) {
        self.frame[local as usize] = value;
        self.frame_notes[local as usize] = Note::default();
    }

    /// Gives a local a value with what it rests on.
    #[inline]
    pub(super) fn bind_local<N: Trace>(&mut self, local: LocalId, value: Value<'a>, note: N) {
        self.frame[local as usize] = value;
        if N::ON {
            self.frame_notes[local as usize] = note.note();
        }
    }

    /// What a local holds.
    #[inline]
    pub(super) fn local<N: Trace>(&self, local: LocalId) -> (Value<'a>, N) {
        let note = if N::ON { N::of(&self.frame_notes[local as usize]) } else { N::default() };
        (self.frame[local as usize].clone(), note)
    }

    /// The truth of a condition, and its note while tracing.
    pub fn truth(&mut self, expr: &Expr) -> (Truth, Note) {
        if self.tracing {
            self.truth_of(expr)
        } else {
            (self.truth_of::<Silent>(expr).0, Note::default())
        }
    }

    /// The value of any expression, and its note while tracing.
    pub fn eval(&mut self, expr: &Expr) -> (Value<'a>, Note) {
        if self.tracing {
            self.value_of(expr)
        } else {
            (self.value_of::<Silent>(expr).0, Note::default())
        }
    }

    pub(super) fn truth_of<N: Trace>(&mut self, expr: &Expr) -> (Truth, N) {
        match &expr.kind {
            Kind::And(left, right) => self.and_or(left, right, Truth::False),
            Kind::Or(left, right) => self.and_or(left, right, Truth::True),
            Kind::Not(operand) => {
                let (truth, note) = self.truth_of(operand);
                (!truth, note)
            }
            Kind::Quantified(quantifier, scan, body) => self.quantified(*quantifier, scan, body),
            Kind::Compare { op, how, left, right } => self.compare(*op, *how, left, right),
            Kind::Field { base, slot, reading, .. } => {
                let (raw, note) = self.raw_of::<N>(base.as_deref(), *slot, *reading, expr.span);
                let truth = match raw {
                    Raw::Data(flag) => (flag == 1).into(),
                    Raw::Absent => Truth::False,
                    Raw::Unknown => Truth::Unknown,
                };
                (truth, note)
            }
            Kind::Invoke(define, arguments) if !N::ON && define.kept => {
                match self.kept_truth(define, arguments) {
                    Some(truth) => (truth, N::default()),
                    None => self.truth_of_value(expr),
                }
            }
            _ => self.truth_of_value(expr),
        }
    }

    fn truth_of_value<N: Trace>(&mut self, expr: &Expr) -> (Truth, N) {
        let (value, note) = self.value_of::<N>(expr);
        let truth = match value {
            Value::Bool(flag) => flag.into(),
            Value::None => Truth::False,
            _ => Truth::Unknown,
        };
        (truth, note)
    }

    /// `and` where `decisive` is false, `or` where it is true.
    fn and_or<N: Trace>(&mut self, left: &Expr, right: &Expr, decisive: Truth) -> (Truth, N) {
        let (a, left_note) = self.truth_of::<N>(left);
        if a == decisive {
            if N::ON && self.wide {
                let (b, right_note) = self.truth_of::<N>(right);
                return (a, if b == decisive { left_note.join(&right_note) } else { left_note });
            }
            return (a, left_note);
        }
        let (b, right_note) = self.truth_of(right);
        if b == decisive {
            return (b, right_note);
        }
        if !N::ON {
            let truth = if a == Truth::Unknown || b == Truth::Unknown { Truth::Unknown } else { a };
            return (truth, left_note);
        }
        match (a, b) {
            (Truth::Unknown, Truth::Unknown) => (Truth::Unknown, left_note.join(&right_note)),
            (Truth::Unknown, _) => (Truth::Unknown, left_note.join(&right_note.only_fixed())),
            (_, Truth::Unknown) => (Truth::Unknown, left_note.only_fixed().join(&right_note)),
            _ => (a, left_note.join(&right_note)),
        }
    }

    /// Names, literals and facts are most of what is read; the rest is computed apart, so that they stay cheap.
    #[inline]
    pub(super) fn value_of<N: Trace>(&mut self, expr: &Expr) -> (Value<'a>, N) {
        match &expr.kind {
            Kind::Const(value) => (constant(value), N::default()),
            Kind::Local(local) => self.local(*local),
            Kind::Field { base, slot, reading, .. } => {
                let (row, note) = match base {
                    None => (ROOT, N::default()),
                    Some(base) => match self.row_of::<N>(base) {
                        (Raw::Data(row), note) => (row, note.led()),
                        (Raw::Absent, note) => return (Value::None, note),
                        (Raw::Unknown, note) => return (Value::Unknown, note),
                    },
                };
                self.read(self.facts.slot_of(row, *slot), *reading, note, expr.span)
            }
            _ => self.computed(expr),
        }
    }

    #[inline(never)]
    fn computed<N: Trace>(&mut self, expr: &Expr) -> (Value<'a>, N) {
        match &expr.kind {
            Kind::Const(_) | Kind::Local(_) | Kind::Field { .. } => self.value_of(expr),
            Kind::Now => (self.now.map_or(Value::Unknown, Value::Number), self.now_note(expr.span)),
            Kind::Inverse { base, inverse, one } => match self.value_of::<N>(base) {
                (Value::Row(row), note) => self.inverse(*inverse, *one, row, note.led(), expr.span),
                (Value::None, note) => (Value::None, note),
                (_, note) => (Value::Unknown, note),
            },
            Kind::Map { scan, body, flatten } => self.map(scan, body, *flatten),
            Kind::The(scan) => self.the(scan),
            Kind::Choose(scan, prefer) => self.choose(scan, prefer.as_deref()),
            Kind::List(items) => {
                let mut list = List::new(Vec::new(), Extent::Whole);
                for item in items {
                    let (value, note) = self.value_of::<N>(item);
                    list.items.push(value);
                    if N::ON {
                        list.notes.push(note.note());
                    }
                }
                (Value::List(Rc::new(list)), N::default())
            }
            Kind::If(condition, then, other) => {
                let (truth, note) = self.truth_of(condition);
                let branch = match truth {
                    Truth::True => then,
                    Truth::False => other,
                    Truth::Unknown => return self.either(then, other, note),
                };
                let (value, branch_note) = self.value_of::<N>(branch);
                // Where the branch reads facts of its own, the condition only chose it.
                let note = if branch_note.is_empty() { note } else { note.led() };
                if N::ON && matches!(value, Value::Unknown) {
                    return (value, note.only_fixed().join(&branch_note));
                }
                (value, note.join(&branch_note))
            }
            Kind::Otherwise(left, right) => {
                let (value, note) = self.value_of::<N>(left);
                if !matches!(value, Value::Unknown) {
                    if N::ON && !matches!(value, Value::List(_)) {
                        // What comes out either way needs no proof of the left side.
                        let (other, right_note) = self.value_of::<N>(right);
                        let key = Key::of(&other, How::Plain);
                        let same = key.is_some() && key == Key::of(&value, How::Plain);
                        if same && right_note.note().uses().len() < note.note().uses().len() {
                            return (value, right_note);
                        }
                    }
                    return (value, note.fixed());
                }
                // What is not known stays so with more unknown; only what it was asked about has to be there.
                let (value, right_note) = self.value_of::<N>(right);
                (value, note.only_fixed().join(&right_note))
            }
            Kind::IsKnown(operand) => {
                let (value, note) = self.value_of::<N>(operand);
                let known = match &value {
                    Value::Unknown => false,
                    Value::List(list) => list.extent != Extent::Open,
                    _ => true,
                };
                let note = match &value {
                    Value::List(list) if N::ON => note.join(&list.own_note()),
                    _ => note,
                };
                (Value::Bool(known), note.fixed())
            }
            Kind::IsEmpty(list) => self.is_empty(list),
            Kind::In { element, list, how } => self.contains(element, list, *how),
            Kind::AreEqual(list, how) => self.are_equal(list, *how),
            Kind::AreUnique(list, how) => self.are_unique(list, *how),
            Kind::IsUniqueIn(element, list, how) => self.is_unique_in(element, list, *how),
            Kind::Holders(value, list, how) => self.holders(value, list, *how),
            Kind::Matches(operand, pattern) => match self.value_of(operand) {
                (Value::Text(text), note) => {
                    (pattern.is_match(text.as_str()).map_or(Value::Unknown, Value::Bool), note)
                }
                (Value::None, note) => (Value::Bool(false), note),
                (_, note) => (Value::Unknown, note),
            },
            Kind::Add(left, right) => self.arithmetic(left, right, true, &expr.ty),
            Kind::Subtract(left, right) => self.arithmetic(left, right, false, &expr.ty),
            Kind::Call(builtin, arguments) => {
                let mut values = Vec::with_capacity(arguments.len());
                let (mut notes, mut each) = (N::default(), Vec::new());
                for argument in arguments {
                    let (value, note) = self.value_of::<N>(argument);
                    if N::ON {
                        each.push(note.clone());
                        notes = notes.join(&note);
                        if let Value::List(list) = &value {
                            notes = notes.join(&list.own_note());
                            // That it is not known how many there are says nothing of what they are.
                            if builtin.name != "count" {
                                notes = notes.join(&list.whole_note());
                            }
                        }
                    }
                    values.push(value);
                }
                let value = match builtin.code {
                    Code::Values(call) => {
                        let how = arguments.iter().map(|argument| argument.ty.how());
                        call(&values, how.fold(How::Plain, How::and))
                    }
                    // No call is made of these.
                    Code::Facts => Value::Unknown,
                };
                if N::ON && builtin.name == "count" && !matches!(value, Value::Unknown) {
                    let lists = values.iter().filter_map(|value| match value {
                        Value::List(list) => Some(list.whole_note()),
                        _ => None,
                    });
                    notes = lists.fold(notes, |all, note: N| all.join(&note));
                }
                let notes = match N::ON && matches!(value, Value::Unknown) {
                    true => doubts(&values, &each).unwrap_or(notes),
                    false => notes,
                };
                // The elements of a resulting list keep their own notes.
                let notes = if matches!(value, Value::List(_)) { N::default() } else { notes };
                (value, notes)
            }
            Kind::Invoke(define, arguments) => self.invoke(define, arguments),
            Kind::Memo(id, deps, body) => self.memo(*id, deps, body),
            Kind::Table(id, deps, body) => self.table(*id, deps, body),
            Kind::Make(..) => (Value::Unknown, N::default()),
            Kind::And(..)
            | Kind::Or(..)
            | Kind::Not(_)
            | Kind::Quantified(..)
            | Kind::Compare { .. } => {
                let (truth, note) = self.truth_of(expr);
                let value = match truth {
                    Truth::True => Value::Bool(true),
                    Truth::False => Value::Bool(false),
                    Truth::Unknown => Value::Unknown,
                };
                (value, note)
            }
        }
    }

    fn now_note<N: Trace>(&self, span: Span) -> N {
        if self.now.is_some() || !N::ON {
            return N::default();
        }
        let root = self.rules.schema.ty(crate::schema::ENVIRONMENT);
        let slot =
            root.fields.iter().find(|field| field.name == "asOf").and_then(|field| field.slot);
        slot.map_or_else(N::default, |slot| N::leaf(Use::Fact { slot, span }))
    }

    /// Both branches of an unknown condition: where they agree, the condition does not matter.
    fn either<N: Trace>(&mut self, then: &Expr, other: &Expr, note: N) -> (Value<'a>, N) {
        let (a, a_note) = self.value_of::<N>(then);
        let (b, b_note) = self.value_of::<N>(other);
        let key = Key::of(&a, How::Plain);
        if key.is_some() && key == Key::of(&b, How::Plain) {
            return (a, a_note.join(&b_note));
        }
        (Value::Unknown, note)
    }
}

/// What of some arguments is not known; none where all of them are.
fn doubts<N: Trace>(values: &[Value<'_>], notes: &[N]) -> Option<N> {
    let (mut doubts, mut is_any) = (N::default(), false);
    for (value, note) in values.iter().zip(notes) {
        let own = match value {
            Value::Unknown => note.clone(),
            Value::List(list) => note.only_fixed().join(&list.doubt()),
            _ => note.only_fixed(),
        };
        is_any |= match value {
            Value::Unknown => true,
            Value::List(list) => !list.doubt::<N>().is_empty(),
            _ => false,
        };
        doubts = doubts.join(&own);
    }
    is_any.then_some(doubts)
}

#[inline]
pub(super) fn constant<'a>(value: &Const) -> Value<'a> {
    match value {
        Const::Bool(flag) => Value::Bool(*flag),
        Const::Number(number) => Value::Number(*number),
        Const::Text(text) => Value::Text(Text::Owned(Arc::clone(text))),
        Const::Word(word) => Value::Word(*word),
        Const::None => Value::None,
    }
}

/// Whether two values are surely the same; lists only where they are one list.
fn same(a: &Value<'_>, b: &Value<'_>) -> bool {
    match (a, b) {
        (Value::Row(a), Value::Row(b)) => a == b,
        (Value::Word(a), Value::Word(b)) => a == b,
        (Value::Number(a), Value::Number(b)) => a == b,
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Text(a), Value::Text(b)) => a == b,
        (Value::None, Value::None) | (Value::Unknown, Value::Unknown) => true,
        (Value::List(a), Value::List(b)) => Rc::ptr_eq(a, b),
        _ => false,
    }
}
