//! What can go wrong in the text of rules, and how it reads.
//!
//! Owns the error type of the parser (the furthest place reached and the set of things that could have stood there),
//! its wording, and the reporter that counts. Nothing of nom is ever shown to a reader.

use std::cell::{Cell, RefCell};

use crate::diagnostic::{Diagnostic, Diagnostics, nearest};
use crate::language::token::{Symbol, Token, TokenKind, Word};
use crate::source::{FileId, Span};

/// The code of every plain syntax error.
pub const SYNTAX: &str = "syntax";

/// At most this many syntax errors are told of one file.
pub const MAX_ERRORS: usize = 50;

/// A kind of thing that could have stood somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Class {
    /// A name with a small first letter.
    Name,
    /// A name with a capital.
    TypeName,
    /// `ABC-001`
    Id,
    /// A string.
    String,
    /// `15min`
    Duration,
    /// A literal or a word.
    Value,
    /// An expression.
    Expression,
    /// Something that goes on with an expression.
    Operator,
    /// A type.
    Type,
    /// A field of a type.
    Field,
    /// A note of a field.
    Note,
    /// A part of a rule.
    RulePart,
    /// A part of a remedy.
    RemedyPart,
    /// An effect.
    Effect,
    /// A declaration.
    Declaration,
}

const CLASSES: &[(Class, &str)] = &[
    (Class::Name, "a name"),
    (Class::TypeName, "a type name"),
    (Class::Id, "an id such as `ABC-001`"),
    (Class::String, "a text in `\"`"),
    (Class::Duration, "a duration such as `15min`"),
    (Class::Value, "a value"),
    (Class::Expression, "an expression"),
    (Class::Operator, "an operator"),
    (Class::Type, "a type"),
    (Class::Field, "a field"),
    (Class::Note, "a note of the field"),
    (Class::RulePart, "a part of the rule"),
    (Class::RemedyPart, "a part of the remedy"),
    (Class::Effect, "an effect"),
    (Class::Declaration, "a declaration"),
];

/// The first bit of each group in [`Expected`].
const WORDS: u32 = Symbol::ALL.len() as u32 + CLASSES.len() as u32;
const SYMBOLS: u32 = CLASSES.len() as u32;
const _: () = assert!(
    WORDS as usize + Word::ALL.len() <= 192,
    "the set of expected things fits into 192 bits"
);

/// A set of things that could have stood at one place; a set of bits, since it is made and dropped all the time. Of
/// 64 each, as the alignment of a `u128` would make every error and so every result larger.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expected(u64, u64, u64);

impl Expected {
    const fn bit(number: u32) -> Self {
        match number / 64 {
            0 => Self(1 << number, 0, 0),
            1 => Self(0, 1 << (number - 64), 0),
            _ => Self(0, 0, 1 << (number - 128)),
        }
    }

    /// Just this word.
    pub const fn word(word: Word) -> Self {
        Self::bit(WORDS + word as u32)
    }

    /// Just this mark.
    pub const fn symbol(symbol: Symbol) -> Self {
        Self::bit(SYMBOLS + symbol as u32)
    }

    /// Just this kind of thing.
    pub const fn class(class: Class) -> Self {
        Self::bit(class as u32)
    }

    /// Both sets.
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0, self.1 | other.1, self.2 | other.2)
    }

    /// Whether the set holds all of the other.
    pub const fn holds(self, other: Self) -> bool {
        self.0 & other.0 == other.0 && self.1 & other.1 == other.1 && self.2 & other.2 == other.2
    }

    /// `an operator, `,` or `)``
    fn describe(self) -> String {
        let mut things: Vec<String> = Vec::new();
        things.extend(
            CLASSES
                .iter()
                .filter(|(c, _)| self.holds(Self::class(*c)))
                .map(|(_, text)| (*text).to_owned()),
        );
        things.extend(
            Symbol::ALL
                .iter()
                .filter(|(s, _)| self.holds(Self::symbol(*s)))
                .map(|(_, t)| format!("`{t}`")),
        );
        things.extend(self.own_words().map(|word| format!("`{}`", word.text())));
        let Some(last) = things.pop() else { return "something else".to_owned() };
        if things.is_empty() { last } else { format!("{} or {last}", things.join(", ")) }
    }

    fn own_words(self) -> impl Iterator<Item = Word> {
        Word::ALL.iter().copied().filter(move |word| self.holds(Self::word(*word)))
    }

    /// Every word that could have stood there, for "did you mean".
    fn words(self) -> Vec<&'static str> {
        let groups = [
            (Class::Operator, Word::INFIX),
            (Class::RulePart, Word::RULE_PARTS),
            (Class::RemedyPart, Word::REMEDY_PARTS),
            (Class::Effect, Word::EFFECTS),
            (Class::Note, Word::NOTES),
            (Class::Declaration, Word::DECLARATIONS),
        ];
        let grouped = groups.iter().filter(|(class, _)| self.holds(Self::class(*class)));
        grouped
            .flat_map(|(_, words)| words.iter().copied())
            .chain(self.own_words())
            .map(Word::text)
            .collect()
    }
}

/// An error that is not about the token found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Special {
    /// Nested too deeply.
    TooDeep,
    /// Too many operators in a row.
    TooLong,
    /// `choose` where nothing is changed.
    Choose,
    /// `a == b == c`
    Chain,
    /// `none` among the words of an enumeration.
    NoneWord,
    /// `all`, `any`, `no` or `the` inside a sum.
    Quantifier,
}

/// Why a production did not match: how far it came, and what it would have taken there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// Number of the token.
    pub at: u32,
    /// What could have stood there.
    pub expected: Expected,
    /// Set where the expectation is not the point.
    pub special: Option<Special>,
}

impl SyntaxError {
    /// Something else was expected.
    pub const fn expected(at: u32, expected: Expected) -> Self {
        Self { at, expected, special: None }
    }

    /// Something that cannot be, whatever was expected.
    pub const fn special(at: u32, special: Special) -> Self {
        Self { at, expected: Expected(0, 0, 0), special: Some(special) }
    }

    /// The further one of the two; both where they came equally far.
    pub fn merge(self, other: Self) -> Self {
        match (self.special, other.special) {
            (Some(_), _) => self,
            (_, Some(_)) => other,
            _ if self.at > other.at => self,
            _ if self.at < other.at => other,
            _ => Self::expected(self.at, self.expected.and(other.expected)),
        }
    }
}

/// Writes an error: `found` is the token there and its text, `at` its place, `end` what the end is called.
pub fn describe(
    error: SyntaxError,
    found: Option<(Token, &str)>,
    at: Span,
    end: &str,
) -> Diagnostic {
    if let Some(special) = error.special {
        return describe_special(special, at);
    }
    let what = match found {
        None => end.to_owned(),
        Some((token, _)) if token.is_string() => "a text".to_owned(),
        Some((_, text)) => format!("`{text}`"),
    };
    let diagnostic = Diagnostic::error(
        SYNTAX,
        format!("expected {}, found {what}", error.expected.describe()),
        at,
    );
    match found {
        Some((token, text)) if matches!(token.kind, TokenKind::Word(_)) => diagnostic
            .meant(text, misspelt(error.expected, text))
            .maybe_help(advise(error.expected, token)),
        Some((token, _)) => diagnostic.maybe_help(advise(error.expected, token)),
        None => diagnostic,
    }
}

/// What to do about a token that does not fit.
fn advise(expected: Expected, token: Token) -> Option<String> {
    let wants = |class: Class| expected.holds(Expected::class(class));
    let fixed = match token.kind {
        TokenKind::Symbol(Symbol::Assign) if wants(Class::Operator) => "equality is written `==`",
        TokenKind::Symbol(Symbol::Pipe) if wants(Class::Operator) => {
            "alternatives are joined with `or`"
        }
        TokenKind::Symbol(Symbol::Minus) if wants(Class::Expression) => {
            "there are no negative numbers; subtract instead"
        }
        TokenKind::Symbol(Symbol::Equal) if expected.holds(Expected::symbol(Symbol::Assign)) => {
            "a value is given with a single `=`"
        }
        TokenKind::Dashed
            if wants(Class::Operator) || wants(Class::Expression) || wants(Class::Name) =>
        {
            "names have no `-`; a subtraction needs blanks round it: `a - b`"
        }
        TokenKind::Symbol(
            Symbol::Equal
            | Symbol::NotEqual
            | Symbol::Less
            | Symbol::LessOrEqual
            | Symbol::Greater
            | Symbol::GreaterOrEqual,
        ) if wants(Class::Operator) => "put what is before it in parentheses",
        TokenKind::Word(word) if wants(Class::RulePart) && Word::REMEDY_PARTS.contains(&word) => {
            "this belongs to a `remedy`"
        }
        TokenKind::Word(word) if wants(Class::RemedyPart) && Word::RULE_PARTS.contains(&word) => {
            "this belongs to a rule"
        }
        TokenKind::Dashed | TokenKind::TypeName | TokenKind::Word(_) if wants(Class::Id) => {
            "an id starts with capitals and has parts joined by `-`"
        }
        TokenKind::TypeName if wants(Class::Name) => "names start with a small letter",
        TokenKind::Word(_) if expected == Expected::class(Class::TypeName) => {
            "names of types start with a capital"
        }
        _ => return None,
    };
    Some(fixed.to_owned())
}

/// The word of the language that was meant, where one is near that could have stood there.
fn misspelt(expected: Expected, text: &str) -> Option<&'static str> {
    (text.len() > 2).then(|| nearest(text, expected.words())).flatten()
}

fn describe_special(special: Special, at: Span) -> Diagnostic {
    let (message, help) = match special {
        Special::TooDeep => (
            "this is nested more than 64 levels deep",
            "name the inner parts with `let` or `define`",
        ),
        Special::TooLong => {
            ("more than 500 operators are in a row here", "name parts of it with `let` or `define`")
        }
        Special::Choose => (
            "`choose` can only be the value of a fact that an effect sets",
            "use it behind `=` in `set` or `create`; in a condition, ask with `the` or `any`",
        ),
        Special::Chain => (
            "comparisons do not chain",
            "join two comparisons with `and`, or put one in parentheses",
        ),
        Special::NoneWord => (
            "`none` is not a word of an enumeration",
            "write `or none` behind the words: `first | second or none`",
        ),
        Special::Quantifier => {
            ("a condition over a list cannot be an operand here", "put it in parentheses")
        }
    };
    Diagnostic::error(SYNTAX, message, at).help(help)
}

/// A piece of text as it may stand in a message: nothing in it is invisible or moves the cursor.
pub fn shown(text: &str) -> String {
    let plain = |character: &char| {
        character.is_ascii_graphic() || *character == ' ' || character.is_alphanumeric()
    };
    let escaped = |character: char| -> Vec<char> {
        if plain(&character) { vec![character] } else { character.escape_unicode().collect() }
    };
    text.chars().take(20).flat_map(escaped).collect()
}

/// Collects what is wrong with one file, and stops when it is enough.
#[derive(Debug)]
pub struct Reporter {
    file: FileId,
    count: Cell<usize>,
    broken: Cell<bool>,
    diagnostics: RefCell<Diagnostics>,
}

impl Reporter {
    /// A reporter for one file.
    pub fn new(file: FileId) -> Self {
        Self {
            file,
            count: Cell::new(0),
            broken: Cell::new(false),
            diagnostics: RefCell::default(),
        }
    }

    /// The file it reports of.
    pub fn file(&self) -> FileId {
        self.file
    }

    /// Adds an error, and remembers that what is being read is broken.
    pub fn push(&self, diagnostic: Diagnostic) {
        self.broken.set(true);
        let count = self.count.get();
        if count > MAX_ERRORS {
            return;
        }
        self.count.set(count + 1);
        let diagnostic = match diagnostic.span() {
            Some(at) if count == MAX_ERRORS => Diagnostic::error(
                SYNTAX,
                format!("more than {MAX_ERRORS} syntax errors in this file"),
                at,
            )
            .seen("not read from here on")
            .help("fix the errors above first"),
            _ => diagnostic,
        };
        self.diagnostics.borrow_mut().push(diagnostic);
    }

    /// Whether there were so many errors that the rest is not worth reading.
    pub fn is_full(&self) -> bool {
        self.count.get() > MAX_ERRORS
    }

    /// Remembers that what is being read is broken; said elsewhere.
    pub fn set_broken(&self) {
        self.broken.set(true);
    }

    /// Whether anything went wrong since the last [`Reporter::take_broken`].
    pub fn is_broken(&self) -> bool {
        self.broken.get()
    }

    /// Whether anything went wrong since the last time, and starts anew.
    pub fn take_broken(&self) -> bool {
        self.broken.replace(false)
    }

    /// Everything that was reported.
    pub fn finish(self) -> Diagnostics {
        self.diagnostics.into_inner()
    }
}
