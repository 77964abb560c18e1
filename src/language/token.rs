//! The pieces a rule text is made of.
//!
//! Owns the kinds of tokens and the table of the words that mean something somewhere. Which of them means something
//! where a token stands is for the parser to say: every word may also be a name. Tokens hold offsets, never text.

/// Declares [`Word`] with its spellings.
macro_rules! words {
    ($($(#[$doc:meta])* $name:ident $text:literal),* $(,)?) => {
        /// A word with a meaning of its own in some place, or [`Word::Other`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        #[allow(missing_docs, reason = "each is named like its spelling")]
        pub enum Word {
            $($(#[$doc])* $name,)*
            /// Any other word that starts with a small letter.
            Other,
        }

        impl Word {
            /// All words that mean something, in the order of their numbers.
            pub const ALL: &[Word] = &[$(Word::$name),*];

            /// The word with this spelling.
            pub fn of(text: &str) -> Word {
                match text {
                    $($text => Word::$name,)*
                    _ => Word::Other,
                }
            }

            /// The spelling; empty for [`Word::Other`].
            pub const fn text(self) -> &'static str {
                match self {
                    $(Word::$name => $text,)*
                    Word::Other => "",
                }
            }
        }
    };
}

words! {
    // Declarations.
    Pack "pack", Document "document", Environment "environment", Entity "entity", Record "record", Unit "unit",
    Define "define", Prerequisite "prerequisite", Unsupported "unsupported", Advisory "advisory", Remedy "remedy",
    // Parts of a rule.
    Clause "clause", Level "level", For "for", Let "let", Where "where", Require "require", When "when",
    Grace "grace", Because "because", Why "why", Whether "whether", See "see", Blocks "blocks", Waivable "waivable",
    Fix "fix",
    // Parts of a remedy.
    Do "do", At "at", Run "run", Role "role", Needs "needs", Effect "effect", Expect "expect", Takes "takes", Undo "undo",
    Warning "warning", Consent "consent", After "after",
    // Effects.
    Set "set", Add "add", Remove "remove", Create "create", To "to", From "from", Choose "choose", Prefer "prefer",
    // Notes of fields and clauses.
    Default "default", Stale "stale", Ask "ask", Find "find", Note "note", Revision "revision",
    // What a pack, a note or a part may go on with.
    Shared "shared", Uses "uses", Without "without", Extend "extend", Suppose "suppose", Needed "needed",
    Gates "gates", Renewed "renewed", Within "within", While "while", Never "never", Needless "needless", Unknown "unknown",
    Done "done", Most "most",
    // Types.
    Text "text", Nocase "nocase", Partial "partial", Ref "ref", Key "key", One "one", By "by",
    // Expressions.
    If "if", Then "then", Else "else", Implies "implies", Or "or", And "and", Not "not", In "in",
    Matches "matches", Is "is", Are "are", Empty "empty", Known "known", Equal "equal", Unique "unique",
    Otherwise "otherwise", All "all", Any "any", No "no", The "the", True "true", False "false", None "none",
}

impl Word {
    /// The words that open a declaration.
    pub const DECLARATIONS: &[Word] = &[
        Word::Pack,
        Word::Document,
        Word::Environment,
        Word::Entity,
        Word::Record,
        Word::Unit,
        Word::Define,
        Word::Prerequisite,
        Word::Unsupported,
        Word::Advisory,
        Word::Remedy,
    ];

    /// The words that open a type that may be extended.
    pub const TYPES: &[Word] = &[Word::Environment, Word::Entity, Word::Record];

    /// The words that open a part of a rule.
    pub const RULE_PARTS: &[Word] = &[
        Word::Clause,
        Word::Level,
        Word::For,
        Word::Let,
        Word::Where,
        Word::Require,
        Word::When,
        Word::Grace,
        Word::Because,
        Word::Why,
        Word::Whether,
        Word::See,
        Word::Blocks,
        Word::Waivable,
        Word::Fix,
    ];

    /// The words that open a part of a remedy.
    pub const REMEDY_PARTS: &[Word] = &[
        Word::Do,
        Word::At,
        Word::Run,
        Word::Role,
        Word::Needs,
        Word::Effect,
        Word::Expect,
        Word::Takes,
        Word::Undo,
        Word::Warning,
        Word::Consent,
        Word::After,
    ];

    /// The words that open a part of a supposition.
    pub const SUPPOSE_PARTS: &[Word] = &[Word::Fix];

    /// The words that open an effect.
    pub const EFFECTS: &[Word] = &[Word::Set, Word::Add, Word::Remove, Word::Create];

    /// The words that open a note of a field.
    pub const NOTES: &[Word] = &[Word::Default, Word::Stale, Word::Renewed, Word::Ask, Word::Find];

    /// The words that may follow a complete operand.
    pub const INFIX: &[Word] = &[
        Word::And,
        Word::Or,
        Word::Implies,
        Word::In,
        Word::Not,
        Word::Is,
        Word::Are,
        Word::Matches,
        Word::Otherwise,
    ];

    /// Whether the word opens a declaration.
    pub const fn is_declaration(self) -> bool {
        (self as u8) <= Word::Remedy as u8
    }

    /// Whether the word opens a part of a rule or a remedy.
    pub const fn is_part(self) -> bool {
        self as u8 >= Word::Clause as u8 && self as u8 <= Word::After as u8
    }

    /// Whether the word can never be the name of something that stands alone in an expression.
    pub const fn is_reserved(self) -> bool {
        matches!(
            self,
            Word::If
                | Word::Then
                | Word::Else
                | Word::Implies
                | Word::Or
                | Word::And
                | Word::Not
                | Word::In
                | Word::Matches
                | Word::Is
                | Word::Are
                | Word::Otherwise
                | Word::True
                | Word::False
                | Word::None
                | Word::For
                | Word::Let
                | Word::Where
                | Word::Require
                | Word::When
        )
    }
}

/// A punctuation mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
#[allow(missing_docs, reason = "the table of spellings below says it")]
pub enum Symbol {
    OpenBrace,
    CloseBrace,
    OpenBracket,
    CloseBracket,
    OpenParen,
    CloseParen,
    Comma,
    Colon,
    Dot,
    Pipe,
    Plus,
    Minus,
    Assign,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

impl Symbol {
    /// All marks in the order of their numbers.
    pub const ALL: &[(Symbol, &str)] = &[
        (Symbol::OpenBrace, "{"),
        (Symbol::CloseBrace, "}"),
        (Symbol::OpenBracket, "["),
        (Symbol::CloseBracket, "]"),
        (Symbol::OpenParen, "("),
        (Symbol::CloseParen, ")"),
        (Symbol::Comma, ","),
        (Symbol::Colon, ":"),
        (Symbol::Dot, "."),
        (Symbol::Pipe, "|"),
        (Symbol::Plus, "+"),
        (Symbol::Minus, "-"),
        (Symbol::Assign, "="),
        (Symbol::Equal, "=="),
        (Symbol::NotEqual, "!="),
        (Symbol::Less, "<"),
        (Symbol::LessOrEqual, "<="),
        (Symbol::Greater, ">"),
        (Symbol::GreaterOrEqual, ">="),
    ];
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenKind {
    /// `server`, `where`: starts with a small letter.
    Word(Word),
    /// `Server`: starts with a capital.
    TypeName,
    /// `ABC-001`, `A-1b`: capitals first, parts joined by `-`.
    Id,
    /// `delete-it`: parts joined by `-` that are no [`TokenKind::Id`].
    Dashed,
    /// `60`, `600GiB`, `2h30min`, `9.30`: starts with a digit.
    Number,
    /// `"…"`
    String,
    /// `"…` up to the end of the line; already reported.
    OpenString,
    /// A punctuation mark.
    Symbol(Symbol),
    /// Characters that have no meaning here; already reported.
    Unknown,
}

/// A token: what it is, where it stands, and whether it is the first one of its line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token {
    /// What it is.
    pub kind: TokenKind,
    /// Whether only white space stands before it on its line.
    pub first: bool,
    /// Offset of its first byte.
    pub start: u32,
    /// Offset after its last byte.
    pub end: u32,
}

impl Token {
    /// The word, where it is one.
    pub fn word(self) -> Option<Word> {
        match self.kind {
            TokenKind::Word(word) => Some(word),
            _ => None,
        }
    }

    /// Whether it is this mark.
    pub fn is(self, symbol: Symbol) -> bool {
        self.kind == TokenKind::Symbol(symbol)
    }

    /// Whether it is a string, closed or not.
    pub fn is_string(self) -> bool {
        matches!(self.kind, TokenKind::String | TokenKind::OpenString)
    }
}
