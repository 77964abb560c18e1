//! What an expression is worth on the facts, and which facts decided it.
//!
//! Owns the one evaluator. With tracing off it only computes; with tracing on it also keeps a [`Note`] per value, the
//! certificate of that value. Scans over lists are in `scan`.

use std::cmp::Ordering;
use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::builtins::value::{Extent, Key, List, Note, Use, Value};
use crate::compile::ir::{Const, Expr, How, Kind, LocalId, Part, RuleSet, Template};
use crate::evaluate::scan::ListIndex;
use crate::evaluate::show;
use crate::evaluate::truth::Truth;
use crate::facts::{Fact, Facts, ROOT, SlotId, Text};
use crate::language::ast::Comparison;
use crate::scalar;
use crate::schema::types::{Completeness, Type};
use crate::source::Span;

mod inverse;
mod kept;

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
    pub(super) frame: Vec<(Value<'a>, Note)>,
    memos: Vec<Option<Memo<'a>>>,
    traced: Vec<Option<(Value<'a>, Note)>>,
    pub(super) indices: Vec<Option<Rc<ListIndex<'a>>>>,
    complete_notes: Vec<Option<Note>>,
    /// Values of definitions by row, one byte each.
    kept: Vec<Vec<u8>>,
    /// Long lists of facts, with and without notes, so that each is hashed once however often it is asked.
    lists: [FxHashMap<SlotId, Rc<List<'a>>>; 2],
}

struct Memo<'a> {
    deps: Vec<Value<'a>>,
    value: Value<'a>,
}

impl<'f, 'a, 'r> Evaluator<'f, 'a, 'r> {
    /// An evaluator with nothing computed yet.
    pub fn new(facts: &'f Facts<'a>, rules: &'r RuleSet, now: Option<i64>) -> Self {
        let memos = rules.memos as usize;
        Self {
            facts,
            rules,
            now,
            tracing: false,
            frame: vec![(Value::Unknown, Note::default()); rules.locals as usize],
            memos: (0..memos).map(|_| None).collect(),
            traced: (0..memos).map(|_| None).collect(),
            indices: (0..rules.indices).map(|_| None).collect(),
            complete_notes: rules.schema.inverses().map(|_| None).collect(),
            kept: vec![Vec::new(); rules.defines as usize],
            lists: Default::default(),
        }
    }

    /// Whether notes are kept from now on.
    pub fn trace(&mut self, on: bool) {
        self.tracing = on;
    }

    /// Gives a local a value that nobody has to prove.
    pub fn set(&mut self, local: LocalId, value: Value<'a>) {
        self.frame[local as usize] = (value, Note::default());
    }

    pub(super) fn fact(&self, slot: SlotId, span: Span) -> Note {
        if self.tracing { Note::leaf(Use::Fact { slot, span }) } else { Note::default() }
    }

    pub(super) fn both(&self, a: &Note, b: &Note) -> Note {
        if self.tracing { a.join(b) } else { Note::default() }
    }

    /// The truth of a condition.
    pub fn truth(&mut self, expr: &Expr) -> (Truth, Note) {
        match &expr.kind {
            Kind::And(left, right) => self.and_or(left, right, Truth::False),
            Kind::Or(left, right) => self.and_or(left, right, Truth::True),
            Kind::Not(operand) => {
                let (truth, note) = self.truth(operand);
                (!truth, note)
            }
            Kind::Quantified(quantifier, scan, body) => self.quantified(*quantifier, scan, body),
            Kind::Compare { op, how, left, right } => self.compare(*op, *how, left, right),
            _ => {
                let (value, note) = self.eval(expr);
                let truth = match value {
                    Value::Bool(flag) => flag.into(),
                    Value::None => Truth::False,
                    _ => Truth::Unknown,
                };
                (truth, note)
            }
        }
    }

    /// `and` where `decisive` is false, `or` where it is true.
    fn and_or(&mut self, left: &Expr, right: &Expr, decisive: Truth) -> (Truth, Note) {
        let (a, left_note) = self.truth(left);
        if a == decisive {
            return (a, left_note);
        }
        let (b, right_note) = self.truth(right);
        if b == decisive {
            return (b, right_note);
        }
        if !self.tracing {
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

    /// The value of any expression.
    pub fn eval(&mut self, expr: &Expr) -> (Value<'a>, Note) {
        match &expr.kind {
            Kind::Const(value) => (constant(value), Note::default()),
            Kind::Local(local) => self.frame[*local as usize].clone(),
            Kind::Now => (self.now.map_or(Value::Unknown, Value::Number), self.now_note(expr.span)),
            Kind::Field { base, owner, field, slot } => {
                let (row, note) = match base {
                    None => (ROOT, Note::default()),
                    Some(base) => match self.row_of(base) {
                        (Value::Row(row), note) => (row, note.led()),
                        (Value::None, note) => return (Value::None, note),
                        (_, note) => return (Value::Unknown, note),
                    },
                };
                let slot = self.facts.slot_of(row, *slot);
                let ty = &self.rules.schema.ty(*owner).fields[*field].ty;
                self.read(slot, ty, note, expr.span)
            }
            Kind::Inverse { base, inverse, one } => match self.eval(base) {
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
                    let (value, note) = self.eval(item);
                    list.items.push(value);
                    if self.tracing {
                        list.notes.push(note);
                    }
                }
                (Value::List(Rc::new(list)), Note::default())
            }
            Kind::If(condition, then, other) => {
                let (truth, note) = self.truth(condition);
                let branch = match truth {
                    Truth::True => then,
                    Truth::False => other,
                    Truth::Unknown => return self.either(then, other, note),
                };
                let (value, branch_note) = self.eval(branch);
                // Where the branch reads facts of its own, the condition only chose it.
                let note = if branch_note.is_empty() { note } else { note.led() };
                if self.tracing && matches!(value, Value::Unknown) {
                    return (value, note.only_fixed().join(&branch_note));
                }
                (value, self.both(&note, &branch_note))
            }
            Kind::Otherwise(left, right) => {
                let (value, note) = self.eval(left);
                if !matches!(value, Value::Unknown) {
                    if self.tracing && !matches!(value, Value::List(_)) {
                        // What comes out either way needs no proof of the left side.
                        let (other, right_note) = self.eval(right);
                        let key = Key::of(&other, false);
                        let same = key.is_some() && key == Key::of(&value, false);
                        if same && right_note.uses().len() < note.uses().len() {
                            return (value, right_note);
                        }
                    }
                    return (value, note.fixed());
                }
                // What is not known stays so with more unknown; only what it was asked about has to be there.
                let (value, right_note) = self.eval(right);
                (value, self.both(&note.only_fixed(), &right_note))
            }
            Kind::IsKnown(operand) => {
                let (value, note) = self.eval(operand);
                let known = match &value {
                    Value::Unknown => false,
                    Value::List(list) => list.extent != Extent::Open,
                    _ => true,
                };
                let note = match &value {
                    Value::List(list) if self.tracing => note.join(&list.note),
                    _ => note,
                };
                (Value::Bool(known), note.fixed())
            }
            Kind::IsEmpty(list) => self.is_empty(list),
            Kind::In { element, list, nocase } => self.contains(element, list, *nocase),
            Kind::AreEqual(list, nocase) => self.are_equal(list, *nocase),
            Kind::AreUnique(list, nocase) => self.are_unique(list, *nocase),
            Kind::IsUniqueIn(element, list, nocase) => self.is_unique_in(element, list, *nocase),
            Kind::Matches(operand, regex) => match self.eval(operand) {
                (Value::Text(text), note) => (Value::Bool(regex.is_match(text.as_str())), note),
                (Value::None, note) => (Value::Bool(false), note),
                (_, note) => (Value::Unknown, note),
            },
            Kind::Add(left, right) => self.arithmetic(left, right, true, &expr.ty),
            Kind::Subtract(left, right) => self.arithmetic(left, right, false, &expr.ty),
            Kind::Call(builtin, arguments) => {
                let mut values = Vec::with_capacity(arguments.len());
                let mut notes = Note::default();
                for argument in arguments {
                    let (value, note) = self.eval(argument);
                    if self.tracing {
                        notes = notes.join(&note);
                        if let Value::List(list) = &value {
                            notes = notes.join(&list.note);
                            // How many there are says nothing of what they are.
                            if builtin.name != "count" {
                                notes = notes.join(&list.whole_note());
                            }
                        }
                    }
                    values.push(value);
                }
                let value = (builtin.call)(&values);
                // The elements of a resulting list keep their own notes.
                let notes = if matches!(value, Value::List(_)) { Note::default() } else { notes };
                (value, notes)
            }
            Kind::Invoke(define, arguments) => self.invoke(define, arguments),
            Kind::Memo(id, deps, body) => self.memo(*id, deps, body),
            Kind::Make(..) => (Value::Unknown, Note::default()),
            Kind::And(..)
            | Kind::Or(..)
            | Kind::Not(_)
            | Kind::Quantified(..)
            | Kind::Compare { .. } => {
                let (truth, note) = self.truth(expr);
                let value = match truth {
                    Truth::True => Value::Bool(true),
                    Truth::False => Value::Bool(false),
                    Truth::Unknown => Value::Unknown,
                };
                (value, note)
            }
        }
    }

    /// The row that a field is read of; a name is the common case and is looked at without copying.
    #[inline]
    fn row_of(&mut self, base: &Expr) -> (Value<'a>, Note) {
        if let (Kind::Local(local), false) = (&base.kind, self.tracing) {
            return match self.frame[*local as usize].0 {
                Value::Row(row) => (Value::Row(row), Note::default()),
                Value::None => (Value::None, Note::default()),
                _ => (Value::Unknown, Note::default()),
            };
        }
        self.eval(base)
    }

    fn now_note(&self, span: Span) -> Note {
        if self.now.is_some() || !self.tracing {
            return Note::default();
        }
        let root = self.rules.schema.ty(crate::schema::ENVIRONMENT);
        let slot =
            root.fields.iter().find(|field| field.name == "asOf").and_then(|field| field.slot);
        slot.map_or_else(Note::default, |slot| self.fact(slot, span))
    }

    /// Both branches of an unknown condition: where they agree, the condition does not matter.
    fn either(&mut self, then: &Expr, other: &Expr, note: Note) -> (Value<'a>, Note) {
        let (a, a_note) = self.eval(then);
        let (b, b_note) = self.eval(other);
        let key = Key::of(&a, false);
        if key.is_some() && key == Key::of(&b, false) {
            return (a, self.both(&a_note, &b_note));
        }
        (Value::Unknown, note)
    }

    /// A stored field.
    fn read(&mut self, slot: SlotId, ty: &Type, note: Note, span: Span) -> (Value<'a>, Note) {
        if let Type::Row(_) = ty {
            return match self.facts.read(slot, ty) {
                Fact::Row(row) => (Value::Row(row), note),
                _ => (Value::Unknown, note),
            };
        }
        let fact = self.facts.read(slot, ty);
        let own = self.fact(slot, span);
        let value = match fact {
            Fact::Unknown => {
                // What led here is known; the fact itself is what to ask for.
                return (Value::Unknown, self.both(&note.only_fixed(), &own));
            }
            Fact::Absent => Value::None,
            Fact::Bool(flag) => Value::Bool(flag),
            Fact::Number(number) => Value::Number(number),
            Fact::Text(text) => Value::Text(text),
            Fact::Word(word) => Value::Word(word),
            Fact::Row(row) => Value::Row(row),
            Fact::List(list) => {
                let kept = usize::from(self.tracing);
                let long = self.facts.list_len(list) >= LONG_LIST;
                if let Some(known) = self.lists[kept].get(&slot).filter(|_| long) {
                    return (Value::List(Rc::clone(known)), note);
                }
                let (whole, note) =
                    if long { (note, own) } else { (Note::default(), self.both(&note, &own)) };
                let element = ty.element().unwrap_or(&Type::Error);
                let items = (0..self.facts.list_len(list)).map(|at| {
                    match self.facts.list_item(list, at, element) {
                        Fact::Text(text) => Value::Text(text),
                        Fact::Row(row) => Value::Row(row),
                        Fact::Word(word) => Value::Word(word),
                        Fact::Number(number) => Value::Number(number),
                        Fact::Bool(flag) => Value::Bool(flag),
                        Fact::Absent => Value::None,
                        Fact::Unknown | Fact::List(_) => Value::Unknown,
                    }
                });
                let extent = match ty.present() {
                    Type::List(_, Completeness::Partial) => Extent::Partial,
                    _ => Extent::Whole,
                };
                let extent = if self.facts.is_damaged(slot) { Extent::Open } else { extent };
                let mut list = List::new(items.collect(), extent);
                if self.tracing {
                    list.notes = vec![note.clone(); list.items.len()];
                }
                list.note = note;
                let list = Rc::new(list);
                if long {
                    self.lists[kept].insert(slot, Rc::clone(&list));
                }
                // What led to a list that is kept stays apart from it.
                return (Value::List(list), whole);
            }
        };
        (value, self.both(&note, &own))
    }

    fn compare(&mut self, op: Comparison, how: How, left: &Expr, right: &Expr) -> (Truth, Note) {
        let (a, a_note) = self.eval(left);
        let (b, b_note) = self.eval(right);
        let equal = matches!(op, Comparison::Equal | Comparison::NotEqual);
        let order = match (&a, &b) {
            (Value::Unknown, Value::Unknown) => {
                return (Truth::Unknown, self.both(&a_note, &b_note));
            }
            (Value::Unknown, _) => {
                return (Truth::Unknown, self.both(&a_note, &b_note.only_fixed()));
            }
            (_, Value::Unknown) => {
                return (Truth::Unknown, self.both(&a_note.only_fixed(), &b_note));
            }
            (Value::None, Value::None) => Some(Ordering::Equal),
            (Value::None, _) | (_, Value::None) => None,
            (Value::Number(a), Value::Number(b)) => Some(a.cmp(b)),
            (Value::Text(a), Value::Text(b)) => Some(match how {
                How::Plain => a.as_str().cmp(b.as_str()),
                How::Nocase => a.as_str().to_lowercase().cmp(&b.as_str().to_lowercase()),
                How::Version => scalar::compare_versions(a.as_str(), b.as_str()),
            }),
            (Value::Bool(a), Value::Bool(b)) => Some(a.cmp(b)),
            (Value::Word(a), Value::Word(b)) => Some(a.cmp(b)),
            (Value::Row(a), Value::Row(b)) => Some(a.cmp(b)),
            (Value::List(_), Value::List(_)) => {
                let keys = (Key::of(&a, how == How::Nocase), Key::of(&b, how == How::Nocase));
                let (Some(a), Some(b)) = keys else {
                    return (Truth::Unknown, self.both(&a_note, &b_note));
                };
                (a == b).then_some(Ordering::Equal)
            }
            _ => None,
        };
        let holds = match op {
            Comparison::Equal => order == Some(Ordering::Equal),
            Comparison::NotEqual => order != Some(Ordering::Equal),
            _ if order.is_none() && !equal => false,
            Comparison::Less => order == Some(Ordering::Less),
            Comparison::LessOrEqual => order != Some(Ordering::Greater),
            Comparison::Greater => order == Some(Ordering::Greater),
            Comparison::GreaterOrEqual => order != Some(Ordering::Less),
        };
        let mut note = self.both(&a_note, &b_note);
        if self.tracing {
            for value in [&a, &b] {
                if let Value::List(list) = value {
                    note = note.join(&list.whole_note());
                }
            }
        }
        (holds.into(), note)
    }

    fn arithmetic(&mut self, left: &Expr, right: &Expr, add: bool, ty: &Type) -> (Value<'a>, Note) {
        let (a, a_note) = self.eval(left);
        let (b, b_note) = self.eval(right);
        let note = match (&a, &b) {
            (Value::Unknown, Value::Unknown) => self.both(&a_note, &b_note),
            (Value::Unknown, _) => self.both(&a_note, &b_note.only_fixed()),
            (_, Value::Unknown) => self.both(&a_note.only_fixed(), &b_note),
            _ => self.both(&a_note, &b_note),
        };
        let is_time = |expr: &Expr| *expr.ty.present() == Type::Time;
        let value = match (a, b) {
            (Value::Number(a), Value::Number(b)) => {
                // Times count microseconds, durations seconds.
                let result = match (is_time(left), is_time(right)) {
                    (true, true) => a.checked_sub(b).map(|difference| difference / scalar::SECOND),
                    (true, false) if add => {
                        b.checked_mul(scalar::SECOND).and_then(|b| a.checked_add(b))
                    }
                    (true, false) => b.checked_mul(scalar::SECOND).and_then(|b| a.checked_sub(b)),
                    _ if add => a.checked_add(b),
                    _ => a.checked_sub(b),
                };
                result.map_or(Value::Unknown, Value::Number)
            }
            (Value::Text(a), Value::Text(b)) if *ty == Type::Text => {
                Value::Text(Text::Owned(format!("{}{}", a.as_str(), b.as_str()).into()))
            }
            (Value::None, Value::Number(_) | Value::None) | (Value::Number(_), Value::None) => {
                Value::None
            }
            _ => Value::Unknown,
        };
        (value, note)
    }

    /// A text with its expressions filled in; what is not known reads `unknown`, long lists are cut.
    pub fn text(&mut self, template: &Template) -> String {
        self.fill(template, show::value)
    }

    /// The same with every element of every list.
    pub fn whole_text(&mut self, template: &Template) -> String {
        self.fill(template, show::whole)
    }

    fn fill(
        &mut self,
        template: &Template,
        show: fn(&Value<'_>, &Type, &Facts<'_>) -> String,
    ) -> String {
        let mut text = String::new();
        for part in &template.parts {
            match part {
                Part::Text(plain) => text.push_str(plain),
                Part::Expr(expr) => {
                    let (value, _) = self.eval(expr);
                    text.push_str(&show(&value, &expr.ty, self.facts));
                }
            }
        }
        text
    }
}

fn constant<'a>(value: &Const) -> Value<'a> {
    match value {
        Const::Bool(flag) => Value::Bool(*flag),
        Const::Number(number) => Value::Number(*number),
        Const::Text(text) => Value::Text(Text::Owned(Rc::clone(text))),
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
