//! The syntax tree: what was written, where, and nothing more.
//!
//! Every node has a span. Nothing is resolved here: a [`ExprKind::Name`] may be a local name, a field of the
//! environment, a definition or a word of an enumeration; `compile` decides. A tree may hold [`ExprKind::Error`] and
//! items with missing parts where the parser recovered; the diagnostics then already say so, and `broken` is set.

use crate::language::ast::pack::Pack;
use crate::language::ast::remedy::{Effect, Foreseen, Undo};
use crate::language::ast::waivable::Waivable;
use crate::source::{FileId, Span, Spanned};

pub mod pack;
pub mod remedy;
pub mod waivable;

/// A name with its place.
pub type Name = Spanned<String>;

/// One file of a pack.
#[derive(Clone, Debug)]
pub struct File {
    /// The file.
    pub file: FileId,
    /// Declarations in the order of the text.
    pub items: Vec<Item>,
    /// Comments in the order of the text, for the formatter.
    pub comments: Vec<Comment>,
    /// Whether it is there for others, too: then what stands in it need not be used here.
    pub used: bool,
}

/// `# to the end of the line`; the span includes the `#` and excludes the line break.
#[derive(Clone, Debug)]
pub struct Comment {
    /// Where it stands.
    pub span: Span,
    /// Whether nothing but white space stands before it on its line.
    pub own_line: bool,
}

/// One declaration.
#[derive(Clone, Debug)]
pub struct Item {
    /// The whole declaration, from its keyword to its last token.
    pub span: Span,
    /// Set where the parser recovered inside: such an item is reported, never evaluated.
    pub broken: bool,
    /// What is declared.
    pub kind: ItemKind,
}

/// The declarations.
#[derive(Clone, Debug)]
pub enum ItemKind {
    /// `pack demo "Title" when edition == small`
    Pack(Pack),
    /// `document paper "Title" revision "2019" { clause A-1 "…" }`
    Document(Document),
    /// `environment { … }`
    Environment(TypeDecl),
    /// `entity Server "a server" { … }`
    Entity(TypeDecl),
    /// `record Snapshot { … }`
    Record(TypeDecl),
    /// `extend entity Server { … }`
    Extend(Extend),
    /// `suppose request "what is judged where nobody states it" { … }`
    Suppose(Suppose),
    /// `unit Server s where s.asked`
    Unit(Unit),
    /// `role operator "the operator on duty"`
    Role(Role),
    /// `define ready(s: Server): bool = s.state == running`
    Define(Define),
    /// `prerequisite`, `unsupported` or `advisory`
    Rule(Rule),
    /// `remedy restart(s: Server) { … }`
    Remedy(Remedy),
}

/// A source text and its clauses.
#[derive(Clone, Debug)]
pub struct Document {
    /// Name.
    pub name: Name,
    /// Title.
    pub title: Name,
    /// `revision "2019-12-17"`
    pub revision: Option<Name>,
    /// The clauses in the order of the text.
    pub clauses: Vec<Clause>,
}

/// `clause A-1 "The summary" [ note [ "why there is nothing to check" ] ]`
#[derive(Clone, Debug)]
pub struct Clause {
    /// The whole clause.
    pub span: Span,
    /// Id, such as `A-1b`.
    pub id: Name,
    /// Summary.
    pub title: Name,
    /// Present where the clause needs no rule; the text says why.
    pub note: Option<ClauseNote>,
}

/// `note "why"`
#[derive(Clone, Debug)]
pub struct ClauseNote {
    /// The keyword.
    pub span: Span,
    /// The reason.
    pub reason: Option<Name>,
}

/// An environment, entity or record.
#[derive(Clone, Debug)]
pub struct TypeDecl {
    /// Type name; the keyword `environment` itself for the environment.
    pub name: Name,
    /// `"a description"`
    pub title: Option<Name>,
    /// Fields in the order of the text.
    pub fields: Vec<Field>,
}

/// `extend entity Server { … }`: further fields of a type that is declared elsewhere.
#[derive(Clone, Debug)]
pub struct Extend {
    /// The word of what is extended: `environment`, `entity` or `record`.
    pub kind: Name,
    /// The type and its further fields.
    pub decl: TypeDecl,
}

/// `state: running | stopped default stopped "what it does" ask "…" find "…"`
#[derive(Clone, Debug)]
pub struct Field {
    /// The whole field with its notes.
    pub span: Span,
    /// Name.
    pub name: Name,
    /// Type.
    pub ty: Type,
    /// What absence means, where that is safe.
    pub default: Option<Expr>,
    /// `stale after 15min`: a time older than that is unknown.
    pub stale_after: Option<Expr>,
    /// `renewed within 15min while state == running`: such a time renews itself.
    pub renewed: Option<Renewed>,
    /// Description.
    pub title: Option<Name>,
    /// The question when it is unknown.
    pub ask: Option<Text>,
    /// Where the answer is found.
    pub find: Option<Text>,
}

/// A written type.
#[derive(Clone, Debug)]
pub struct Type {
    /// Where it was written.
    pub span: Span,
    /// What it says.
    pub kind: TypeKind,
}

/// The written types.
#[derive(Clone, Debug)]
pub enum TypeKind {
    /// `text`, `bool`, `int`, `size`, `duration`, `time`, `version`, `any`, or a declared type such as `Server`
    Named(Name),
    /// `text nocase`
    TextNocase,
    /// `running | stopped`
    Words(Vec<Name>),
    /// `T or none`
    OrNone(Box<Type>),
    /// `[T]`
    List(Box<Type>),
    /// `partial [T]`
    Partial(Box<Type>),
    /// `ref Server`; `ref any` has the name `any`
    Ref(Name),
    /// `key`
    Key,
    /// `key ref Server`
    KeyRef(Name),
    /// `all Server by host`
    All {
        /// The entity that refers.
        entity: Name,
        /// Its referring field.
        by: Name,
    },
    /// `one Server by host`
    One {
        /// The entity that refers.
        entity: Name,
        /// Its referring field.
        by: Name,
    },
    /// Something the parser could not read.
    Error,
}

/// `role NAME "title"`: what people call those who carry steps out.
#[derive(Clone, Debug)]
pub struct Role {
    /// The word that remedies name it by.
    pub name: Name,
    /// What it is called.
    pub title: Name,
}

/// `renewed within 15min while state == running`
#[derive(Clone, Debug)]
pub struct Renewed {
    /// How old it is at most while it renews itself.
    pub within: Expr,
    /// As long as this holds.
    pub condition: Expr,
}

/// `unit Server [ s where EXPR ]`
#[derive(Clone, Debug)]
pub struct Unit {
    /// The entity for which readiness is told.
    pub entity: Name,
    /// The name of one such entity in the conditions.
    pub name: Option<Name>,
    /// `where EXPR`: what makes it one of those spoken of.
    pub filter: Option<Expr>,
    /// `done when EXPR`: what makes it one that is through already.
    pub done: Option<Expr>,
}

/// `define NAME [ ( params ) ] : TYPE = EXPR`, or `needed` in the place of `= EXPR`
#[derive(Clone, Debug)]
pub struct Define {
    /// Name.
    pub name: Name,
    /// Parameters; a definition without any is a named constant of the environment.
    pub params: Vec<Param>,
    /// Result type, where it is written.
    pub ty: Option<Type>,
    /// The expression; an error where it is needed.
    pub body: Expr,
    /// `needed`: each pack that uses this one must give the expression.
    pub needed: Option<Span>,
}

/// `s: Server`
#[derive(Clone, Debug)]
pub struct Param {
    /// Name.
    pub name: Name,
    /// Type.
    pub ty: Type,
}

/// What kind of rule it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RuleKind {
    /// Must hold.
    Prerequisite,
    /// Must not hold.
    Unsupported,
    /// Worth saying; never closes the gate.
    Advisory,
}

/// A rule.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Which keyword opened it.
    pub kind: RuleKind,
    /// Id, such as `ABC-001`.
    pub id: Name,
    /// Title: the duty, in one sentence without a full stop.
    pub title: Name,
    /// `clause A-1, B-2`
    pub clauses: Vec<Name>,
    /// `level note` or `level warning` of an advisory.
    pub level: Option<Name>,
    /// `for` and `let`, in the order of the text; each sees those above it.
    pub bindings: Vec<Binding>,
    /// `where EXPR`
    pub filter: Option<Expr>,
    /// `require EXPR` of a prerequisite.
    pub require: Option<Expr>,
    /// `when EXPR` of an unsupported or advisory.
    pub when: Option<Expr>,
    /// `grace EXPR`: until then a failure is pending; `grace unknown`: it is until the facts say otherwise.
    pub grace: Option<Foreseen>,
    /// `because "…"`: the finding in one line, with the entities named.
    pub because: Option<Text>,
    /// `why "…"`: why it matters.
    pub why: Option<Text>,
    /// `whether "…"`: what is not known where it is not known whether the rule holds.
    pub whether: Option<Text>,
    /// `see "8061"`: numbers and places a reader may know it by.
    pub see: Vec<Name>,
    /// `blocks EXPR`
    pub blocks: Option<Expr>,
    /// `waivable never`, `waivable at most 30d`
    pub waivable: Option<Waivable>,
    /// `fix remedy(args)` or `fix for x in xs: remedy(args)`, the preferred first.
    pub fixes: Vec<Fix>,
}

/// `for x in EXPR` or `let x = EXPR`
#[derive(Clone, Debug)]
pub struct Binding {
    /// The whole clause.
    pub span: Span,
    /// `true` for `for`.
    pub each: bool,
    /// Name.
    pub name: Name,
    /// The list, or the value.
    pub value: Expr,
}

/// `suppose request "every server is judged as if it were asked for" { fix for s in servers: ask(s) }`: what is taken
/// to be done where a record of the environment is not stated, so that the rest can be judged all the same.
#[derive(Clone, Debug)]
pub struct Suppose {
    /// The field of the environment.
    pub field: Name,
    /// What is supposed, in a sentence.
    pub title: Name,
    /// What is taken to be done, in this order.
    pub fixes: Vec<Fix>,
}

/// `fix restart(s)`, or `fix for s in xs: restart(s)`
#[derive(Clone, Debug)]
pub struct Fix {
    /// The whole clause.
    pub span: Span,
    /// `for s in xs where c`: one step for each element.
    pub each: Option<Box<Binder>>,
    /// The remedy.
    pub remedy: Name,
    /// Its arguments.
    pub arguments: Vec<Expr>,
}

impl Fix {
    /// The expressions, in the order of the text.
    pub fn expressions(&self) -> impl Iterator<Item = &Expr> {
        let each = self.each.iter();
        each.flat_map(|each| [&each.list].into_iter().chain(&each.filter)).chain(&self.arguments)
    }
}

/// A step a person takes.
#[derive(Clone, Debug)]
pub struct Remedy {
    /// Name.
    pub name: Name,
    /// Parameters.
    pub params: Vec<Param>,
    /// `do "…"`: what, as an order.
    pub action: Option<Text>,
    /// `at "…"`: where in which console.
    pub at: Option<Text>,
    /// `run "…"`: a command; shown, never executed.
    pub run: Vec<Text>,
    /// `role operator`: who does it.
    pub role: Option<Name>,
    /// `needs EXPR`: must be true when the step starts; several are joined with `and`.
    pub needs: Vec<Expr>,
    /// `effect …`: what it does to the facts.
    pub effects: Vec<Effect>,
    /// `expect …`: facts that the step does not make and that have to be seen before going on.
    pub expects: Vec<Effect>,
    /// `takes 15min`, `takes unknown`
    pub takes: Option<Foreseen>,
    /// `undo "…"`, `undo never`, `undo needless`
    pub undo: Option<Undo>,
    /// `warning "…"`: shown with a step that destroys something.
    pub warning: Option<Text>,
    /// `consent delete-it`: taken only where the user allows it by this name.
    pub consent: Option<Name>,
    /// `after other`: an order that no fact expresses.
    pub after: Vec<Name>,
}

/// A text with `{expressions}` in it.
#[derive(Clone, Debug)]
pub struct Text {
    /// The literal with its quotes.
    pub span: Span,
    /// Its parts in order.
    pub parts: Vec<TextPart>,
}

/// A part of a [`Text`].
#[derive(Clone, Debug)]
pub enum TextPart {
    /// Characters as they are (escapes resolved).
    Literal(String),
    /// `{expr}`
    Expr(Expr),
}

/// An expression.
#[derive(Clone, Debug)]
pub struct Expr {
    /// Where it was written.
    pub span: Span,
    /// What it says.
    pub kind: Box<ExprKind>,
}

impl Expr {
    /// The direct parts, in the order of the text.
    pub fn children(&self) -> Vec<&Expr> {
        match &*self.kind {
            ExprKind::Literal(_) | ExprKind::Name(_) | ExprKind::Error => Vec::new(),
            ExprKind::Field(a, _) | ExprKind::Not(a) | ExprKind::Matches(a, _) => vec![a],
            ExprKind::IsEmpty { list: a, .. } | ExprKind::IsKnown { operand: a, .. } => vec![a],
            ExprKind::AreEqual(a) | ExprKind::AreUnique(a) => vec![a],
            ExprKind::Call(_, items) | ExprKind::List(items) => items.iter().collect(),
            ExprKind::Record(_, fields) => fields.iter().map(|(_, value)| value).collect(),
            ExprKind::Comprehension(item, binder) => {
                [item, &binder.list].into_iter().chain(&binder.filter).collect()
            }
            ExprKind::The(binder) => [&binder.list].into_iter().chain(&binder.filter).collect(),
            ExprKind::Choose(binder, prefer) => {
                [&binder.list].into_iter().chain(&binder.filter).chain(prefer).collect()
            }
            ExprKind::Quantified(_, binder, body) => {
                [&binder.list].into_iter().chain(&binder.filter).chain([body]).collect()
            }
            ExprKind::If(a, b, c) => vec![a, b, c],
            ExprKind::Implies(a, b)
            | ExprKind::And(a, b)
            | ExprKind::Or(a, b)
            | ExprKind::Compare(_, a, b)
            | ExprKind::In { element: a, list: b, .. }
            | ExprKind::IsUniqueIn(a, b)
            | ExprKind::Otherwise(a, b)
            | ExprKind::Add(a, b)
            | ExprKind::Subtract(a, b) => vec![a, b],
        }
    }
}

/// Comparison operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Comparison {
    /// `==`
    Equal,
    /// `!=`
    NotEqual,
    /// `<`
    Less,
    /// `<=`
    LessOrEqual,
    /// `>`
    Greater,
    /// `>=`
    GreaterOrEqual,
}

/// `all`, `any`, `no`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Quantifier {
    /// `all x in xs: …`
    All,
    /// `any x in xs: …`
    Any,
    /// `no x in xs: …`
    No,
}

/// `x in xs [ where EXPR ]`
#[derive(Clone, Debug)]
pub struct Binder {
    /// The name of one element.
    pub name: Name,
    /// The list.
    pub list: Expr,
    /// Which elements count.
    pub filter: Option<Expr>,
}

/// The expressions. Binders are boxed so that the many small nodes need not be as large as the few that bind: reading
/// rules at each start is mostly a matter of the memory that the tree takes.
#[derive(Clone, Debug)]
pub enum ExprKind {
    /// `true`, `12`, `600GiB`, `15min`, `9.30`, `"text"`, `none`
    Literal(Literal),
    /// `s`, `servers`, `windows`, `now`
    Name(String),
    /// `a.b`
    Field(Expr, Name),
    /// `count(xs)`, `eligible(v)`
    Call(Name, Vec<Expr>),
    /// `[a, b]`
    List(Vec<Expr>),
    /// `[e for x in xs where c]`
    Comprehension(Expr, Box<Binder>),
    /// `Route { from = a  to = b }`
    Record(Name, Vec<(Name, Expr)>),
    /// `the x in xs where c`
    The(Box<Binder>),
    /// `choose x in xs where c prefer e`; only as the value of a `set` effect or of a field of `create`
    Choose(Box<Binder>, Option<Expr>),
    /// `if c then a else b`
    If(Expr, Expr, Expr),
    /// `a implies b`
    Implies(Expr, Expr),
    /// `a and b`
    And(Expr, Expr),
    /// `a or b`
    Or(Expr, Expr),
    /// `not a`
    Not(Expr),
    /// `a == b`
    Compare(Comparison, Expr, Expr),
    /// `a in b`, `a not in b`
    In {
        /// `not in`
        negated: bool,
        /// The element.
        element: Expr,
        /// The list.
        list: Expr,
    },
    /// `a matches "regex"`
    Matches(Expr, Name),
    /// `a is [not] empty`
    IsEmpty {
        /// `is not empty`
        negated: bool,
        /// The list.
        list: Expr,
    },
    /// `a is [not] known`
    IsKnown {
        /// `is not known`
        negated: bool,
        /// The operand.
        operand: Expr,
    },
    /// `xs are equal`
    AreEqual(Expr),
    /// `xs are unique`
    AreUnique(Expr),
    /// `x is unique in xs`: at most one element of `xs` equals `x`
    IsUniqueIn(Expr, Expr),
    /// `a otherwise b`
    Otherwise(Expr, Expr),
    /// `all x in xs where c: e`
    Quantified(Quantifier, Box<Binder>, Expr),
    /// `a + b`
    Add(Expr, Expr),
    /// `a - b`
    Subtract(Expr, Expr),
    /// Something the parser could not read.
    Error,
}

/// The literals, as written; their values are read by `scalar`.
#[derive(Clone, Debug, PartialEq)]
pub enum Literal {
    /// `true`, `false`
    Bool(bool),
    /// `60`
    Int(i64),
    /// `600GiB`, in bytes
    Size(i64),
    /// `15min`, in microseconds
    Duration(i64),
    /// `9.30`
    Version(String),
    /// `"text"`: plain text; braces have no meaning here
    Text(String),
    /// `none`
    None,
}
