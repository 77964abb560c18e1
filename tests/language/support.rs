//! Parsing a text and looking at what came of it.

use std::ops::Range;

use failback::diagnostic::{Diagnostic, Diagnostics};
use failback::language::error::Reporter;
use failback::language::{self, ast, lexer};
use failback::source::{FileId, Sources, Span};

/// The sample: a file that holds every construct.
pub const SAMPLE: &str = include_str!("sample.gate");

/// A text and what came of it.
pub struct Parsed {
    pub sources: Sources,
    pub file: ast::File,
    pub errors: Vec<Diagnostic>,
}

/// Parses a file.
pub fn parse(text: &str) -> Parsed {
    let mut sources = Sources::default();
    let id = sources.add("test.gate", text);
    let mut diagnostics = Diagnostics::default();
    let file = language::parse(&sources, id, &mut diagnostics);
    Parsed { sources, file, errors: diagnostics.into_sorted() }
}

/// Parses an expression, and writes it with every pair of operands in parentheses.
pub fn expression(text: &str) -> Result<String, Vec<String>> {
    let mut sources = Sources::default();
    let id = sources.add("test.gate", text);
    let mut diagnostics = Diagnostics::default();
    let expr = language::parse_expression(&sources, Span::new(id, 0, text.len()), &mut diagnostics);
    match expr {
        Some(expr) if diagnostics.is_empty() => {
            assert_eq!(sources.slice(expr.span), text.trim(), "the span of the whole expression");
            Ok(write(&expr))
        }
        _ => Err(diagnostics.into_sorted().iter().map(|error| told(&sources, error)).collect()),
    }
}

/// `message @ underlined text / second place > help`
fn told(sources: &Sources, error: &Diagnostic) -> String {
    let places: Vec<&str> = error.labels.iter().map(|label| sources.slice(label.span)).collect();
    let help = error.help.as_deref().map_or(String::new(), |help| format!(" > {help}"));
    format!("{} @ {}{help}", error.message, places.join(" / "))
}

impl Parsed {
    /// What is told, one line per error.
    pub fn told(&self) -> Vec<String> {
        self.errors.iter().map(|error| told(&self.sources, error)).collect()
    }

    /// A word for each declaration: its kind and name, with `!` where it is broken.
    pub fn outline(&self) -> Vec<String> {
        self.file
            .items
            .iter()
            .map(|item| format!("{}{}", title(item), if item.broken { "!" } else { "" }))
            .collect()
    }
}

/// Places of the tokens of a text.
pub fn tokens(text: &str) -> Vec<Range<usize>> {
    let reporter = Reporter::new(FileId(0));
    let (tokens, _) = lexer::lex(text, 0, text.len(), &reporter);
    tokens.iter().map(|token| token.start as usize..token.end as usize).collect()
}

/// Kind and name of a declaration.
pub fn title(item: &ast::Item) -> String {
    match &item.kind {
        ast::ItemKind::Pack(it) => format!("pack {}", it.name.value),
        ast::ItemKind::Document(it) => format!("document {}", it.name.value),
        ast::ItemKind::Environment(_) => "environment".to_owned(),
        ast::ItemKind::Entity(it) => format!("entity {}", it.name.value),
        ast::ItemKind::Record(it) => format!("record {}", it.name.value),
        ast::ItemKind::Extend(it) => format!("extend {}", it.decl.name.value),
        ast::ItemKind::Suppose(it) => format!("suppose {}", it.field.value),
        ast::ItemKind::Unit(it) => format!("unit {}", it.entity.value),
        ast::ItemKind::Role(it) => format!("role {}", it.name.value),
        ast::ItemKind::Define(it) => format!("define {}", it.name.value),
        ast::ItemKind::Rule(it) => format!("{:?} {}", it.kind, it.id.value),
        ast::ItemKind::Remedy(it) => format!("remedy {}", it.name.value),
    }
}

/// The tree as text, without places: equal for texts that mean the same.
pub fn skeleton(file: &ast::File) -> String {
    let debug = format!("{:?}", file.items);
    let mut text = String::with_capacity(debug.len());
    let mut rest = debug.as_str();
    while let Some(at) = rest.find("Span { file: ") {
        text.push_str(&rest[..at]);
        let end = rest[at..].find(" }").expect("a span ends");
        rest = &rest[at + end + 2..];
    }
    text.push_str(rest);
    text
}

fn write(expr: &ast::Expr) -> String {
    use ast::ExprKind as Kind;
    let binder = |binder: &ast::Binder| {
        let filter = binder
            .filter
            .as_ref()
            .map_or(String::new(), |filter| format!(" where {}", write(filter)));
        format!("{} in {}{filter}", binder.name.value, write(&binder.list))
    };
    let list = |items: &[ast::Expr]| items.iter().map(write).collect::<Vec<_>>().join(", ");
    let fields = |fields: &[(ast::Name, ast::Expr)]| {
        fields
            .iter()
            .map(|(name, value)| format!("{}={}", name.value, write(value)))
            .collect::<Vec<_>>()
            .join(" ")
    };
    let not = |negated: &bool| if *negated { "not " } else { "" };
    match &*expr.kind {
        Kind::Literal(literal) => format!("{literal:?}"),
        Kind::Name(name) => name.clone(),
        Kind::Field(of, name) => format!("{}.{}", write(of), name.value),
        Kind::Call(name, arguments) => format!("{}({})", name.value, list(arguments)),
        Kind::List(items) => format!("[{}]", list(items)),
        Kind::Comprehension(item, from) => format!("[{} for {}]", write(item), binder(from)),
        Kind::Record(name, values) => format!("{} {{ {} }}", name.value, fields(values)),
        Kind::The(from) => format!("(the {})", binder(from)),
        Kind::Choose(from, prefer) => {
            format!("(choose {} {:?})", binder(from), prefer.as_ref().map(write))
        }
        Kind::If(a, b, c) => format!("(if {} then {} else {})", write(a), write(b), write(c)),
        Kind::Implies(a, b) => format!("({} implies {})", write(a), write(b)),
        Kind::And(a, b) => format!("({} and {})", write(a), write(b)),
        Kind::Or(a, b) => format!("({} or {})", write(a), write(b)),
        Kind::Not(a) => format!("(not {})", write(a)),
        Kind::Compare(how, a, b) => format!("({} {how:?} {})", write(a), write(b)),
        Kind::In { negated, element, list } => {
            format!("({} {}in {})", write(element), not(negated), write(list))
        }
        Kind::Matches(a, pattern) => format!("({} matches {:?})", write(a), pattern.value),
        Kind::IsEmpty { negated, list } => format!("({} is {}empty)", write(list), not(negated)),
        Kind::IsKnown { negated, operand } => {
            format!("({} is {}known)", write(operand), not(negated))
        }
        Kind::AreEqual(a) => format!("({} are equal)", write(a)),
        Kind::AreUnique(a) => format!("({} are unique)", write(a)),
        Kind::IsUniqueIn(a, b) => format!("({} is unique in {})", write(a), write(b)),
        Kind::Otherwise(a, b) => format!("({} otherwise {})", write(a), write(b)),
        Kind::Quantified(how, from, body) => format!("({how:?} {}: {})", binder(from), write(body)),
        Kind::Add(a, b) => format!("({} + {})", write(a), write(b)),
        Kind::Subtract(a, b) => format!("({} - {})", write(a), write(b)),
        Kind::Error => "?".to_owned(),
    }
}
