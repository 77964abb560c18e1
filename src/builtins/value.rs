//! What an expression yields at run time, and the note that says which facts decided it.
//!
//! Owns [`Value`], [`List`] and [`Note`]. A note is a certificate: with every other fact unknown the value stays what
//! it is. Notes are only gathered for outcomes that are shown; elsewhere they are empty and cost nothing.

use std::cell::OnceCell;
use std::rc::Rc;

use crate::builtins::keys::{Keys, Table, is_known};
use crate::facts::{RowId, SlotId, Text};
use crate::scalar::How;
use crate::schema::types::WordId;
use crate::source::Span;

/// A value; `Unknown` is a value like any other.
#[derive(Clone, Debug, Default)]
pub enum Value<'a> {
    /// Not known.
    #[default]
    Unknown,
    /// Known to be absent.
    None,
    /// A truth.
    Bool(bool),
    /// A number, size, duration or time, by its static type.
    Number(i64),
    /// A text or version.
    Text(Text<'a>),
    /// A word of an enumeration.
    Word(WordId),
    /// A record or an entity.
    Row(RowId),
    /// A list.
    List(Rc<List<'a>>),
}

/// Whether a list says all there is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// These and no others.
    Whole,
    /// The description may leave some out, and says so.
    Partial,
    /// Some fact is not known, so there may be others.
    Open,
}

impl Extent {
    /// The lesser knowledge of two.
    pub fn and(self, other: Extent) -> Extent {
        match (self, other) {
            (Extent::Open, _) | (_, Extent::Open) => Extent::Open,
            (Extent::Partial, _) | (_, Extent::Partial) => Extent::Partial,
            _ => Extent::Whole,
        }
    }
}

/// Elements that are named as the reason why something is not known: one alone is a certificate, and nobody reads
/// thousands of them.
pub const DOUBTS: usize = 32;

/// A list; an element may itself be unknown.
#[derive(Debug)]
pub struct List<'a> {
    /// The elements.
    pub items: Vec<Value<'a>>,
    /// Why each element is there and what it is; empty where notes are not gathered.
    pub notes: Vec<Note>,
    /// Whether there may be others.
    pub extent: Extent,
    /// Why the list is as long as it is.
    pub note: Note,
    /// Why anything is known of it, where that takes less.
    pub told: Option<Note>,
    /// Why there may be others, where that is not all of the note.
    pub open: Note,
    /// Elements by key, for each way to compare them; made when first asked for.
    keys: [OnceCell<Box<Table>>; How::ALL.len()],
    /// The notes of the list and of all elements, and of what is not known of it; made when first asked for.
    joined: OnceCell<Note>,
    doubt: OnceCell<Note>,
}

impl<'a> List<'a> {
    /// A list without notes.
    pub fn new(items: Vec<Value<'a>>, extent: Extent) -> Self {
        Self {
            items,
            notes: Vec::new(),
            extent,
            note: Note::default(),
            told: None,
            open: Note::default(),
            keys: Default::default(),
            joined: OnceCell::new(),
            doubt: OnceCell::new(),
        }
    }

    /// The note of the list: why it is as long as it is.
    #[inline]
    pub fn own_note<N: Trace>(&self) -> N {
        N::of(&self.note)
    }

    /// The note of one element.
    #[inline]
    pub fn item_note<N: Trace>(&self, at: usize) -> N {
        if N::ON { self.notes.get(at).map_or_else(N::default, N::of) } else { N::default() }
    }

    /// Why there may be others than the elements.
    pub fn open_note<N: Trace>(&self) -> N {
        match self.extent {
            Extent::Whole => N::default(),
            _ if !N::ON => N::default(),
            _ if self.open.is_empty() => N::of(&self.note),
            _ => N::of(&self.open).join(&N::of(&self.note).only_fixed()),
        }
    }

    /// The notes of the list and of all elements.
    pub fn whole_note<N: Trace>(&self) -> N {
        if N::ON {
            N::of(self.joined.get_or_init(|| {
                self.notes.iter().fold(self.note.clone(), |all, note| all.join(note))
            }))
        } else {
            N::default()
        }
    }

    /// What would have to be known of the list: its unknown elements, and whether there are others.
    pub fn doubt<N: Trace>(&self) -> N {
        if !N::ON {
            return N::default();
        }
        N::of(self.doubt.get_or_init(|| {
            let unknown = self.items.iter().zip(&self.notes);
            let unknown = unknown.filter(|(item, _)| !is_known(item));
            let note = unknown.enumerate().fold(Note::default(), |all, (at, (_, note))| match at {
                ..DOUBTS => all.join(note),
                _ => all.join(&note.only_fixed()),
            });
            match self.extent {
                Extent::Whole => note.join(&self.note.only_fixed()),
                _ => note.join(&self.open_note()),
            }
        }))
    }

    /// The elements by key.
    pub fn keys(&self, how: How) -> Keys<'_, 'a> {
        let table = self.keys[how as usize].get_or_init(|| Box::new(Table::new(self, how)));
        Keys { list: self, table, how }
    }
}

/// A value as a key of a hash table.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// Known to be absent.
    None,
    /// A truth.
    Bool(bool),
    /// A number.
    Number(i64),
    /// What equal texts have in common.
    Text(Box<str>),
    /// A word.
    Word(WordId),
    /// A row.
    Row(RowId),
    /// Two rows.
    Rows(RowId, RowId),
    /// Two rows and a number.
    RowsAt(RowId, RowId, i32),
    /// A list of keys.
    List(Vec<Key>),
}

impl Key {
    /// The key of a value, by how texts of its type are compared; `None` where it is unknown.
    pub fn of(value: &Value<'_>, how: How) -> Option<Key> {
        Some(match value {
            Value::Unknown => return None,
            Value::None => Key::None,
            Value::Bool(flag) => Key::Bool(*flag),
            Value::Number(number) => Key::Number(*number),
            Value::Text(text) => Key::Text(how.key(text.as_str()).into()),
            Value::Word(word) => Key::Word(*word),
            Value::Row(row) => Key::Row(*row),
            Value::List(list) => {
                if list.extent != Extent::Whole {
                    return None;
                }
                Key::List(list.items.iter().map(|item| Key::of(item, how)).collect::<Option<_>>()?)
            }
        })
    }
}

/// Several keys as one; none where one of them is unknown.
pub fn joined(mut keys: impl ExactSizeIterator<Item = Option<Key>>) -> Option<Key> {
    if keys.len() == 1 {
        return keys.next()?;
    }
    // The common cases cost no allocation.
    if keys.len() == 2 {
        let (first, second) = (keys.next()??, keys.next()??);
        return Some(match (first, second) {
            (Key::Row(first), Key::Row(second)) => Key::Rows(first, second),
            (first, second) => Key::List(vec![first, second]),
        });
    }
    if keys.len() == 3 {
        let (first, second, third) = (keys.next()??, keys.next()??, keys.next()??);
        return Some(match (first, second, third) {
            (Key::Row(first), Key::Row(second), Key::Number(at)) if i32::try_from(at).is_ok() => {
                Key::RowsAt(first, second, at as i32)
            }
            (first, second, third) => Key::List(vec![first, second, third]),
        });
    }
    keys.collect::<Option<Vec<Key>>>().map(Key::List)
}

/// One use of a fact.
#[derive(Clone, Debug, PartialEq)]
pub enum Use {
    /// A fact was read by this part of a rule.
    Fact {
        /// Which fact.
        slot: SlotId,
        /// The part of the rule that asked for it.
        span: Span,
    },
    /// No element with these keys is listed in a list that may leave things out.
    Unlisted {
        /// The list.
        slot: SlotId,
        /// The part of the rule that asked for it.
        span: Span,
        /// Field names and the values looked for.
        keys: Rc<Vec<(String, String)>>,
    },
}

impl Use {
    /// The fact that was used.
    pub fn slot(&self) -> SlotId {
        match self {
            Use::Fact { slot, .. } | Use::Unlisted { slot, .. } => *slot,
        }
    }

    /// The part of the rule that asked.
    pub fn span(&self) -> Span {
        match self {
            Use::Fact { span, .. } | Use::Unlisted { span, .. } => *span,
        }
    }
}

/// What an evaluation keeps of the facts it reads: a [`Note`], or [`Silent`] nothing. The evaluator is written once
/// over this, so that a verdict and its explanation cannot differ, and compiled twice, so that a verdict costs no notes.
pub trait Trace: Clone + Default {
    /// Whether anything is kept.
    const ON: bool;
    /// One fact.
    fn leaf(usage: Use) -> Self;
    /// What a note says.
    fn of(note: &Note) -> Self;
    /// As a note; empty where nothing is kept.
    fn note(&self) -> Note;
    /// Both.
    fn join(&self, other: &Self) -> Self;
    /// The same facts, marked as needed even where the result is unknown.
    fn fixed(self) -> Self;
    /// Only the facts that are needed even where the result is unknown.
    fn only_fixed(&self) -> Self;
    /// The same facts, marked as only leading to those that decide.
    fn led(self) -> Self;
    /// Whether no fact is in it.
    fn is_empty(&self) -> bool;
}

/// Keeps nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Trace for Silent {
    const ON: bool = false;

    #[inline(always)]
    fn leaf(_: Use) -> Self {
        Silent
    }

    #[inline(always)]
    fn of(_: &Note) -> Self {
        Silent
    }

    #[inline(always)]
    fn note(&self) -> Note {
        Note::default()
    }

    #[inline(always)]
    fn join(&self, _: &Self) -> Self {
        Silent
    }

    #[inline(always)]
    fn fixed(self) -> Self {
        Silent
    }

    #[inline(always)]
    fn only_fixed(&self) -> Self {
        Silent
    }

    #[inline(always)]
    fn led(self) -> Self {
        Silent
    }

    #[inline(always)]
    fn is_empty(&self) -> bool {
        true
    }
}

impl Trace for Note {
    const ON: bool = true;

    fn leaf(usage: Use) -> Self {
        Note::leaf(usage)
    }

    fn of(note: &Note) -> Self {
        note.clone()
    }

    fn note(&self) -> Note {
        self.clone()
    }

    fn join(&self, other: &Self) -> Self {
        Note::join(self, other)
    }

    fn fixed(self) -> Self {
        Note::fixed(self)
    }

    fn only_fixed(&self) -> Self {
        Note::only_fixed(self)
    }

    fn led(self) -> Self {
        Note::led(self)
    }

    fn is_empty(&self) -> bool {
        Note::is_empty(self)
    }
}

/// Which facts decided a value, in the order of reading. Joining is cheap: notes share their parts.
#[derive(Clone, Debug, Default)]
pub struct Note(Option<Rc<Rope>>);

#[derive(Debug)]
enum Rope {
    Leaf(Use),
    /// The facts below were asked whether they are known, so they count even where the result is unknown.
    Fixed(Note),
    /// The facts below only lead to those that decide: references followed, rows told apart.
    Led(Note),
    Both {
        left: Note,
        right: Note,
        fixed: bool,
    },
}

impl Note {
    /// One fact.
    pub fn leaf(usage: Use) -> Note {
        Note(Some(Rc::new(Rope::Leaf(usage))))
    }

    /// Both.
    pub fn join(&self, other: &Note) -> Note {
        match (&self.0, &other.0) {
            (None, _) => other.clone(),
            (_, None) => self.clone(),
            (Some(a), Some(b)) if Rc::ptr_eq(a, b) => self.clone(),
            _ => {
                let fixed = self.has_fixed() || other.has_fixed();
                Note(Some(Rc::new(Rope::Both { left: self.clone(), right: other.clone(), fixed })))
            }
        }
    }

    /// Whether no fact is in it.
    pub fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The same facts, marked as needed even where the result is unknown.
    pub fn fixed(self) -> Note {
        if self.0.is_none() { self } else { Note(Some(Rc::new(Rope::Fixed(self)))) }
    }

    /// Only the facts that are needed even where the result is unknown.
    pub fn only_fixed(&self) -> Note {
        match self.0.as_deref() {
            Some(Rope::Fixed(_)) => self.clone(),
            Some(Rope::Both { left, right, fixed: true }) => {
                left.only_fixed().join(&right.only_fixed())
            }
            Some(Rope::Led(inner)) => inner.only_fixed().led(),
            _ => Note::default(),
        }
    }

    /// The same facts, marked as only leading to those that decide.
    pub fn led(self) -> Note {
        match self.0.as_deref() {
            None | Some(Rope::Led(_)) => self,
            _ => Note(Some(Rc::new(Rope::Led(self)))),
        }
    }

    fn has_fixed(&self) -> bool {
        match self.0.as_deref() {
            Some(Rope::Fixed(_)) => true,
            Some(Rope::Both { fixed, .. }) => *fixed,
            Some(Rope::Led(inner)) => inner.has_fixed(),
            _ => false,
        }
    }

    /// All uses in reading order, each fact once.
    pub fn uses(&self) -> Vec<Use> {
        self.gather(true)
    }

    /// The uses of facts that decide by what they are, and do not only lead to others.
    pub fn deciding(&self) -> Vec<Use> {
        self.gather(false)
    }

    fn gather(&self, with_led: bool) -> Vec<Use> {
        let mut uses: Vec<Use> = Vec::new();
        let mut seen = rustc_hash::FxHashSet::default();
        let mut stack = vec![self.clone()];
        while let Some(note) = stack.pop() {
            match note.0.as_deref() {
                None => {}
                Some(Rope::Leaf(usage)) => {
                    let keys = match usage {
                        Use::Fact { .. } => None,
                        Use::Unlisted { keys, .. } => Some(keys.to_vec()),
                    };
                    if seen.insert((usage.slot(), keys)) {
                        uses.push(usage.clone());
                    }
                }
                Some(Rope::Led(_)) if !with_led => {}
                Some(Rope::Fixed(inner) | Rope::Led(inner)) => stack.push(inner.clone()),
                Some(Rope::Both { left, right, .. }) => {
                    stack.push(right.clone());
                    stack.push(left.clone());
                }
            }
        }
        uses
    }
}

impl Drop for Rope {
    fn drop(&mut self) {
        // Long chains of joins must not drop recursively.
        let mut stack = Vec::new();
        let take = |note: &mut Note, stack: &mut Vec<Rc<Rope>>| stack.extend(note.0.take());
        match self {
            Rope::Leaf(_) => {}
            Rope::Fixed(inner) | Rope::Led(inner) => take(inner, &mut stack),
            Rope::Both { left, right, .. } => {
                take(left, &mut stack);
                take(right, &mut stack);
            }
        }
        while let Some(rope) = stack.pop() {
            if let Ok(mut rope) = Rc::try_unwrap(rope) {
                match &mut rope {
                    Rope::Leaf(_) => {}
                    Rope::Fixed(inner) | Rope::Led(inner) => take(inner, &mut stack),
                    Rope::Both { left, right, .. } => {
                        take(left, &mut stack);
                        take(right, &mut stack);
                    }
                }
            }
        }
    }
}
