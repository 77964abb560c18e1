//! What the evaluator reads: rules with every name resolved and every expression typed.
//!
//! INVARIANT: an [`Expr`] of the IR came from an expression without errors; a rule that had one is not in the
//! [`RuleSet`].

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::builtins::Builtin;
use crate::compile::pattern::Pattern;
use crate::compile::remedy::Remedy;
use crate::compile::stored::Later;
use crate::compile::weight::Waivable;
use crate::language::ast::{Comparison, Quantifier, RuleKind};
use crate::scalar::How;
use crate::schema::types::{InverseId, Reading, Type, WordId};
use crate::schema::{Schema, TypeId};
use crate::source::Span;

/// Number of a local name within its rule.
pub type LocalId = u32;

/// A whole pack, ready to run.
#[derive(Debug)]
pub struct RuleSet {
    /// Name and title.
    pub name: String,
    /// Title.
    pub title: String,
    /// Field and word of the environment by which this pack is chosen.
    pub when: Option<(String, String)>,
    /// The remedy before which this pack judges, by its place: the act that its gate allows or forbids.
    pub gated: Option<usize>,
    /// The facts.
    pub schema: Schema,
    /// Source texts and their clauses.
    pub documents: Later<Vec<Document>>,
    /// Rules in declaration order.
    pub rules: Vec<Rule>,
    /// Remedies in declaration order.
    pub remedies: Vec<Later<Remedy>>,
    /// The condition that makes an entity one of those whose readiness is told; local 0 is the entity.
    pub unit_filter: Option<Later<Expr>>,
    /// What makes a unit one that is through already, so that nothing stands against it any more.
    pub unit_done: Option<Later<Expr>>,
    /// What is taken to be done where a record of the environment is not stated.
    pub suppositions: Vec<Supposition>,
    /// What the roles that are declared are called.
    pub roles: BTreeMap<String, String>,
    /// Per type and field: the question and where the answer is, over local 0, the row.
    pub questions: Vec<Later<Vec<Question>>>,
    /// The times that renew themselves.
    pub renewals: Vec<Renewal>,
    /// Number of memo cells.
    pub memos: u32,
    /// Number of indices.
    pub indices: u32,
    /// Number of definitions.
    pub defines: u32,
    /// Number of locals that the largest frame needs.
    pub locals: u32,
}

/// `suppose wish "…" { fix for s in servers: ask(s) }`
#[derive(Debug)]
pub struct Supposition {
    /// The field of the environment that is not stated.
    pub field: usize,
    /// What is supposed, in a sentence.
    pub title: String,
    /// What is taken to be done, in this order.
    pub fixes: Vec<Fix>,
}

/// A time that renews itself while a condition holds: `heartbeat: time renewed within 15min while state == running`.
#[derive(Debug)]
pub struct Renewal {
    /// The type that has the field.
    pub ty: TypeId,
    /// The field.
    pub field: usize,
    /// How old it is at most while it renews itself, in microseconds.
    pub within: i64,
    /// The condition, over local 0, the row.
    pub condition: Expr,
}

/// The question of a field.
#[derive(Debug, Default)]
pub struct Question {
    /// What to ask.
    pub ask: Option<Template>,
    /// Where the answer is.
    pub find: Option<Template>,
}

/// A source text.
#[derive(Debug)]
pub struct Document {
    /// Name.
    pub name: String,
    /// Title.
    pub title: String,
    /// Revision.
    pub revision: Option<String>,
    /// Its clauses.
    pub clauses: Vec<Clause>,
}

/// A clause of a source text.
#[derive(Debug)]
pub struct Clause {
    /// Id.
    pub id: String,
    /// Summary.
    pub title: String,
    /// Whether it needs no rule.
    pub note: bool,
    /// Why not.
    pub reason: Option<String>,
    /// Its id in the rule file.
    pub span: Span,
}

/// How much a rule that fires matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Closes the gate.
    Error,
    /// Advisory, worth acting on.
    Warning,
    /// Advisory, worth knowing.
    Note,
}

/// A rule.
#[derive(Debug)]
pub struct Rule {
    /// Id.
    pub id: String,
    /// Which keyword opened it.
    pub kind: RuleKind,
    /// Level.
    pub level: Level,
    /// Title.
    pub title: String,
    /// Clauses it cites.
    pub clauses: Vec<String>,
    /// `for` and `let`.
    pub bindings: Vec<Binding>,
    /// `where`
    pub filter: Option<Later<Expr>>,
    /// What must be true: `require`, or not `when`.
    pub condition: Later<Expr>,
    /// Whether `condition` is a `when`: the rule fires where it is true.
    pub negated: bool,
    /// `grace`
    pub grace: Option<Later<Expr>>,
    /// `because`
    pub because: Later<Template>,
    /// `why`
    pub why: Option<Later<Template>>,
    /// `whether`
    pub whether: Option<Later<Template>>,
    /// `see`
    pub see: Vec<String>,
    /// `blocks`
    pub blocks: Option<Later<Expr>>,
    /// `waivable`, or what holds for rules of its kind.
    pub waivable: Waivable,
    /// `fix`
    pub fixes: Later<Vec<Fix>>,
    /// The id in the rule file.
    pub span: Span,
}

/// `for x in …` or `let x = …`
#[derive(Debug)]
pub struct Binding {
    /// `true` for `for`.
    pub each: bool,
    /// Name.
    pub name: String,
    /// Its local.
    pub local: LocalId,
    /// The list or value.
    pub value: Expr,
}

/// `fix restart(s)`, or `fix for s in xs: restart(s)`
#[derive(Debug)]
pub struct Fix {
    /// Index in [`RuleSet::remedies`].
    pub remedy: usize,
    /// `for s in xs where c`, as the list of the elements that count: one step for each.
    pub each: Option<Binding>,
    /// Arguments.
    pub arguments: Vec<Expr>,
    /// The clause in the rule file.
    pub span: Span,
}

/// A text with expressions in it.
#[derive(Debug, Default, Clone)]
pub struct Template {
    /// Its parts in order.
    pub parts: Vec<Part>,
}

/// A part of a [`Template`].
#[derive(Debug, Clone)]
pub enum Part {
    /// Characters.
    Text(String),
    /// An expression.
    Expr(Expr),
}

/// A typed expression.
#[derive(Debug, Clone)]
pub struct Expr {
    /// What it does.
    pub kind: Kind,
    /// Its type.
    pub ty: Type,
    /// Where it was written.
    pub span: Span,
}

/// `x in xs where c`
#[derive(Debug, Clone)]
pub struct Scan {
    /// The list.
    pub list: Box<Expr>,
    /// The local of one element.
    pub local: LocalId,
    /// Which elements count.
    pub filter: Option<Box<Expr>>,
    /// Equalities by which elements are found without looking at all of them.
    pub index: Option<Index>,
}

/// An index over a list that stays the same: `x.field == value`.
#[derive(Debug, Clone)]
pub struct Index {
    /// Its number.
    pub id: u32,
    /// The equalities, all of which must hold.
    pub keys: Vec<IndexKey>,
}

/// One equality of an index.
#[derive(Debug, Clone)]
pub struct IndexKey {
    /// The side that depends on the element alone.
    pub element: Expr,
    /// The side that does not depend on it.
    pub other: Expr,
    /// How texts are compared.
    pub how: How,
    /// The field, where the side is a field of the element itself.
    pub field: Option<String>,
}

/// The expressions.
#[derive(Debug, Clone)]
pub enum Kind {
    /// A literal.
    Const(Const),
    /// A local name.
    Local(LocalId),
    /// `now`
    Now,
    /// A stored field of a row; of the environment where there is no base.
    Field {
        /// The row.
        base: Option<Box<Expr>>,
        /// The type of the row.
        owner: TypeId,
        /// The field.
        field: usize,
        /// Its slot, counted from the first slot of the row that `base` is: the records held in place on the way are
        /// passed over.
        slot: u32,
        /// How it is read.
        reading: Reading,
    },
    /// Who refers to a row.
    Inverse {
        /// The row.
        base: Box<Expr>,
        /// Which inverse.
        inverse: InverseId,
        /// At most one.
        one: bool,
    },
    /// `[e for x in xs where c]`; flattened where the body is a list
    Map {
        /// The elements.
        scan: Scan,
        /// What is made of each.
        body: Box<Expr>,
        /// Whether the body's elements are joined into one list.
        flatten: bool,
    },
    /// `the x in xs where c`
    The(Scan),
    /// `choose x in xs where c prefer e`
    Choose(Scan, Option<Box<Expr>>),
    /// `all x in xs where c: e`
    Quantified(Quantifier, Scan, Box<Expr>),
    /// `[a, b]`
    List(Vec<Expr>),
    /// `Route { a = b }`: fields by index
    Make(TypeId, Vec<(usize, Expr)>),
    /// `if c then a else b`
    If(Box<Expr>, Box<Expr>, Box<Expr>),
    /// `a and b`
    And(Box<Expr>, Box<Expr>),
    /// `a or b`; `a implies b` is `not a or b`
    Or(Box<Expr>, Box<Expr>),
    /// `not a`
    Not(Box<Expr>),
    /// `a == b`
    Compare {
        /// Operator.
        op: Comparison,
        /// How the operands are compared.
        how: How,
        /// Left operand.
        left: Box<Expr>,
        /// Right operand.
        right: Box<Expr>,
    },
    /// `a in b`
    In {
        /// The element.
        element: Box<Expr>,
        /// The list.
        list: Box<Expr>,
        /// How texts are compared.
        how: How,
    },
    /// `a matches "…"`
    Matches(Box<Expr>, Pattern),
    /// `a is empty`
    IsEmpty(Box<Expr>),
    /// `a is known`
    IsKnown(Box<Expr>),
    /// `xs are equal`
    AreEqual(Box<Expr>, How),
    /// `xs are unique`
    AreUnique(Box<Expr>, How),
    /// `x is unique in xs`
    IsUniqueIn(Box<Expr>, Box<Expr>, How),
    /// `holders(x, xs)`
    Holders(Box<Expr>, Box<Expr>, How),
    /// `a otherwise b`
    Otherwise(Box<Expr>, Box<Expr>),
    /// `a + b`
    Add(Box<Expr>, Box<Expr>),
    /// `a - b`
    Subtract(Box<Expr>, Box<Expr>),
    /// A function of the language.
    Call(&'static Builtin, Vec<Expr>),
    /// A definition with its arguments.
    Invoke(Arc<Define>, Vec<Expr>),
    /// An expression that depends on these locals only, so that its value is kept while they stay.
    Memo(u32, Vec<LocalId>, Box<Expr>),
    /// The same where those locals come back again and again between others, so that a value is kept for each.
    Table(u32, Vec<LocalId>, Box<Expr>),
}

/// A definition, compiled once. Its locals are its own: as no definition uses itself, one frame serves all calls.
#[derive(Debug)]
pub struct Define {
    /// Its number.
    pub id: u32,
    /// Its parameters.
    pub params: Vec<LocalId>,
    /// Its body.
    pub body: Expr,
    /// Whether its value is kept per argument: one row in, a truth or a word out.
    pub kept: bool,
    /// What its body does, so that nobody looks through it again for each call.
    pub costs: Costs,
}

/// What computing an expression takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Costs {
    /// It is worth remembering.
    pub heavy: bool,
    /// It reads a list of the whole environment.
    pub reads_environment: bool,
    /// It goes through such a list element by element, without an index.
    pub scans: bool,
}

/// A literal.
#[derive(Clone, Debug)]
pub enum Const {
    /// `true`, `false`
    Bool(bool),
    /// A number in the unit of its type; times and durations in microseconds.
    Number(i64),
    /// A text or version.
    Text(Arc<str>),
    /// A word.
    Word(WordId),
    /// `none`
    None,
}

/// The end of a grace of which nobody can say beforehand when it is: no time is later.
pub const UNFORESEEN: i64 = i64::MAX;

impl Expr {
    /// `grace unknown`
    pub fn unforeseen(span: Span) -> Self {
        Self { kind: Kind::Const(Const::Number(UNFORESEEN)), ty: Type::Time, span }
    }

    /// Calls a function for each expression directly below this one, with the local that it binds for it, if any.
    pub fn children<'e>(&'e self, visit: &mut dyn FnMut(&'e Expr)) {
        match &self.kind {
            Kind::Const(_) | Kind::Local(_) | Kind::Now => {}
            Kind::Field { base, .. } => {
                if let Some(base) = base {
                    visit(base);
                }
            }
            Kind::Inverse { base, .. } => visit(base),
            Kind::Map { scan, body, .. } | Kind::Quantified(_, scan, body) => {
                scan.children(visit);
                visit(body);
            }
            Kind::The(scan) => scan.children(visit),
            Kind::Choose(scan, prefer) => {
                scan.children(visit);
                if let Some(prefer) = prefer {
                    visit(prefer);
                }
            }
            Kind::List(items) | Kind::Call(_, items) | Kind::Invoke(_, items) => {
                items.iter().for_each(visit)
            }
            Kind::Make(_, fields) => fields.iter().for_each(|(_, value)| visit(value)),
            Kind::If(a, b, c) => {
                visit(a);
                visit(b);
                visit(c);
            }
            Kind::And(a, b)
            | Kind::Or(a, b)
            | Kind::Otherwise(a, b)
            | Kind::Add(a, b)
            | Kind::Subtract(a, b)
            | Kind::IsUniqueIn(a, b, _)
            | Kind::Holders(a, b, _)
            | Kind::Compare { left: a, right: b, .. }
            | Kind::In { element: a, list: b, .. } => {
                visit(a);
                visit(b);
            }
            Kind::Not(a)
            | Kind::Matches(a, _)
            | Kind::IsEmpty(a)
            | Kind::IsKnown(a)
            | Kind::AreEqual(a, _)
            | Kind::AreUnique(a, _)
            | Kind::Memo(_, _, a)
            | Kind::Table(_, _, a) => visit(a),
        }
    }
}

impl Fix {
    /// The expressions in it.
    pub fn exprs(&self) -> impl Iterator<Item = &Expr> {
        self.each.iter().map(|each| &each.value).chain(&self.arguments)
    }
}

impl Rule {
    /// The expressions by which it is judged, in the order in which they are looked at.
    pub fn parts(&self) -> impl Iterator<Item = &Expr> {
        let parts = self.bindings.iter().map(|binding| &binding.value);
        let parts = parts.chain(self.filter.as_deref()).chain([&*self.condition]);
        parts.chain(self.grace.as_deref())
    }
}

impl Scan {
    fn children<'e>(&'e self, visit: &mut dyn FnMut(&'e Expr)) {
        visit(&self.list);
        if let Some(filter) = &self.filter {
            visit(filter);
        }
        // The sides of an index repeat parts of the filter or body; they are visited there.
    }
}

impl Template {
    /// The expressions in it.
    pub fn exprs(&self) -> impl Iterator<Item = &Expr> {
        self.parts.iter().filter_map(|part| match part {
            Part::Expr(expr) => Some(expr),
            Part::Text(_) => None,
        })
    }
}

/// One rule set serves all threads.
const _: fn() = || {
    fn shared<T: Send + Sync>() {}
    shared::<RuleSet>();
};
