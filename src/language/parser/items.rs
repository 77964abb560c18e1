//! Declarations, and the way through a file from one to the next.

use nom::combinator::opt;
use nom::sequence::{pair, preceded, terminated};
use nom::{Input, Parser};

use crate::diagnostic::{Diagnostic, nearest};
use crate::language::ast::pack::{Pack, Use, Without};
use crate::language::ast::{
    Clause, ClauseNote, Define, Document, Expr, ExprKind, Extend, Field, Item, ItemKind, Name,
    Param, Remedy, Renewed, Role, Rule, RuleKind, Suppose, TypeDecl, Unit,
};
use crate::language::error::{Class, Expected};
use crate::language::parser::expressions::{default_value, duration, expression};
use crate::language::parser::input::{Parsed, Tokens};
use crate::language::parser::parts::{Seen, check_rule, fix, remedy_part, rule_part};
use crate::language::parser::recovery::{
    body, declares_role, extends, part_on_new_line, starts_declaration, supposes, to_body,
    to_declaration,
};
use crate::language::parser::text::text;
use crate::language::parser::types::ty;
use crate::language::parser::{
    arguments, committed, field_name, id, missing_name, name, string, symbol, type_name, word,
};
use crate::language::token::{Symbol, TokenKind, Word};

/// All declarations of a file. One that cannot be read is reported and hides no other.
pub fn items(input: Tokens) -> Vec<Item> {
    // Declarations are large: moving them about as their number grows would cost more than reading them.
    let mut items: Vec<Item> = Vec::with_capacity(input.input_len() / 40 + 1);
    let mut rest = input;
    let reporter = input.context.reporter;
    while !rest.is_end() && !reporter.is_full() {
        reporter.take_broken();
        let start = rest.here();
        let begin = rest.at;
        let Some(word) = declaration_word(rest) else {
            rest.report(rest.error(Expected::class(Class::Declaration)));
            if let Some(last) = items.last_mut().filter(|last| belongs_to(rest, &last.kind)) {
                last.broken = true;
            }
            rest = to_declaration(rest.next());
            continue;
        };
        match item(rest.next(), word) {
            Ok((after, kind)) => {
                rest = after;
                items.push(Item { span: rest.since(start), broken: reporter.take_broken(), kind });
            }
            Err(error) => {
                let at = rest.report(error);
                rest = to_declaration(rest.forward_to(at.max(begin + 1)));
            }
        }
    }
    items
}

/// Whether what stands here, behind a declaration, was meant to be part of it: then that one says something else.
fn belongs_to(input: Tokens, last: &ItemKind) -> bool {
    let Some(token) = input.peek() else { return false };
    if declares_role(input) || extends(input) || supposes(input) {
        return false;
    }
    let part = match last {
        ItemKind::Pack(_) | ItemKind::Unit(_) | ItemKind::Role(_) | ItemKind::Define(_) => {
            !input.is_first_column() && !input.is_behind_blank_line()
        }
        ItemKind::Document(_) => input.is_word(Word::Clause),
        ItemKind::Environment(_)
        | ItemKind::Entity(_)
        | ItemKind::Record(_)
        | ItemKind::Extend(_) => starts_field(input),
        ItemKind::Suppose(_) => part_on_new_line(Word::SUPPOSE_PARTS)(input),
        ItemKind::Rule(_) => part_on_new_line(Word::RULE_PARTS)(input),
        ItemKind::Remedy(_) => part_on_new_line(Word::REMEDY_PARTS)(input),
    };
    part || !token.first
}

/// The word that opens a declaration here; a misspelt one is reported and taken for what it was meant to be.
fn declaration_word(input: Tokens) -> Option<Word> {
    let token = input.peek()?;
    let word = token.word()?;
    if word.is_declaration() || matches!(word, Word::Role | Word::Extend | Word::Suppose) {
        return Some(word);
    }
    let follows = input.ahead(1).is_some_and(|next| {
        matches!(
            next.kind,
            TokenKind::Id
                | TokenKind::TypeName
                | TokenKind::Word(_)
                | TokenKind::Symbol(Symbol::OpenBrace)
        )
    });
    if !token.first || !follows {
        return None;
    }
    let meant = nearest(input.text(token), Word::DECLARATIONS.iter().map(|word| word.text()))?;
    input.report(input.error(Expected::class(Class::Declaration)));
    Some(Word::of(meant))
}

/// A declaration behind its word.
fn item(input: Tokens, word: Word) -> Parsed<ItemKind> {
    match word {
        Word::Pack => pack.map(ItemKind::Pack).parse(input),
        Word::Document => document.map(ItemKind::Document).parse(input),
        Word::Environment => environment.map(ItemKind::Environment).parse(input),
        Word::Entity => declared_type.map(ItemKind::Entity).parse(input),
        Word::Record => declared_type.map(ItemKind::Record).parse(input),
        Word::Extend => extend.map(ItemKind::Extend).parse(input),
        Word::Suppose => suppose.map(ItemKind::Suppose).parse(input),
        Word::Unit => unit.map(ItemKind::Unit).parse(input),
        Word::Role => role.map(ItemKind::Role).parse(input),
        Word::Define => define.map(ItemKind::Define).parse(input),
        Word::Prerequisite => rule(input, RuleKind::Prerequisite),
        Word::Unsupported => rule(input, RuleKind::Unsupported),
        Word::Advisory => rule(input, RuleKind::Advisory),
        Word::Remedy => remedy.map(ItemKind::Remedy).parse(input),
        _ => input.fail(Expected::class(Class::Declaration)),
    }
}

/// Reads the head of a declaration with a body; where it is broken, reports it and goes on at the body.
fn head<'a, T>(
    input: Tokens<'a>,
    read: impl FnOnce(Tokens<'a>) -> Parsed<'a, T>,
    starts: impl Fn(Tokens<'a>) -> bool,
) -> (Tokens<'a>, Option<T>) {
    match read(input) {
        Ok((rest, head)) => (rest, Some(head)),
        Err(error) => {
            let at = input.report(error);
            (to_body(input.forward_to(at), starts), None)
        }
    }
}

/// `pack NAME "title" [ shared ] [ gates REMEDY ] [ when FIELD == WORD ]`, then `uses` and `without`
fn pack(input: Tokens) -> Parsed<Pack> {
    let condition = (terminated(field_name, symbol(Symbol::Equal)), name);
    let (rest, (title_of, title)) = (name, string).parse(input)?;
    let (rest, shared) = match rest.is_word(Word::Shared) {
        true => (rest.next(), Some(rest.here())),
        false => (rest, None),
    };
    let (rest, gates) = match word(Word::Gates)(rest) {
        Ok((rest, _)) => committed({ name }.map(Some).parse(rest))?,
        Err(_) => (rest, None),
    };
    let (rest, when) = match word(Word::When)(rest) {
        Ok((rest, _)) => committed({ condition }.map(Some).parse(rest))?,
        Err(_) => (rest, None),
    };
    let mut pack =
        Pack { name: title_of, title, shared, gates, when, uses: Vec::new(), without: Vec::new() };
    let mut rest = rest;
    loop {
        let start = rest.here();
        match rest.word_ahead(0) {
            Some(Word::Uses) => {
                let (after, (name, from)) = committed(used.parse(rest.next()))?;
                once(rest, pack.uses.iter().map(|known| &known.name), &name, "used");
                pack.uses.push(Use { span: after.since(start), name, from });
                rest = after;
            }
            Some(Word::Without) => {
                let left = (left_out, preceded(word(Word::Because), string));
                let (after, (name, reason)) = committed({ left }.parse(rest.next()))?;
                once(rest, pack.without.iter().map(|known| &known.name), &name, "left out");
                pack.without.push(Without { span: after.since(start), name, reason });
                rest = after;
            }
            _ => break,
        }
    }
    check_shared(rest, &pack);
    Ok((rest, pack))
}

/// Reports a name that was given before.
fn once<'n>(input: Tokens, mut known: impl Iterator<Item = &'n Name>, name: &Name, what: &str) {
    let Some(first) = known.find(|known| known.value == name.value) else { return };
    let message = format!("`{}` is {what} twice", name.value);
    let told = Diagnostic::error("duplicate-part", message, name.span).label(first.span, "");
    input.context.reporter.push(told.help("keep one of them"));
}

/// `common [ from "../folder" ]`
fn used(input: Tokens) -> Parsed<(Name, Option<Name>)> {
    (name, opt(preceded(word(Word::From), string))).parse(input)
}

/// `ABC-001` or `restart`
fn left_out(input: Tokens) -> Parsed<Name> {
    id(input).or_else(|_| name(input))
}

/// What stands beside `shared` and would choose or need a pack that judges.
fn check_shared(input: Tokens, pack: &Pack) {
    let Some(shared) = pack.shared else { return };
    let gates = pack.gates.as_ref().map(|gates| ("gates", gates.span));
    let when = pack.when.as_ref().map(|(field, _)| ("when", field.span));
    for (word, span) in [gates, when].into_iter().flatten() {
        let message =
            format!("`{word}` cannot stand in a shared pack, which judges nothing by itself");
        let told = Diagnostic::error("misplaced-part", message, span).label(shared, "shared here");
        let help = "write it in the packs that use this one, or leave out `shared`";
        input.context.reporter.push(told.help(help));
    }
}

/// `document NAME "title" [ revision "…" ] { clause … }`
fn document(input: Tokens) -> Parsed<Document> {
    let starts = |input: Tokens| input.is_word(Word::Clause);
    let (rest, name) = name(input)?;
    let (rest, read) =
        head(rest, |i| (string, opt(preceded(word(Word::Revision), string))).parse(i), starts);
    let (title, revision) = read.unwrap_or_else(|| (missing_name(name.span), None));
    let mut clauses = Vec::new();
    let rest = body(rest, Expected::word(Word::Clause), starts, |input| {
        let (rest, clause) = clause(input)?;
        clauses.push(clause);
        Ok((rest, ()))
    });
    Ok((rest, Document { name, title, revision, clauses }))
}

/// `clause ID "summary" [ note [ "why" ] ]`
fn clause(input: Tokens) -> Parsed<Clause> {
    let start = input.here();
    let (rest, (id, title)) = preceded(word(Word::Clause), (id, string)).parse(input)?;
    let (rest, note) = match word(Word::Note)(rest) {
        Ok((after, token)) => {
            let (after, reason) = opt(string).parse(after)?;
            (after, Some(ClauseNote { span: rest.span(token), reason }))
        }
        Err(_) => (rest, None),
    };
    Ok((rest, Clause { span: rest.since(start), id, title, note }))
}

/// `environment { … }`, behind its word.
fn environment(input: Tokens) -> Parsed<TypeDecl> {
    let name =
        input.before().map_or_else(|| missing_name(input.here()), |token| input.named(token));
    let (rest, title) = opt(string).parse(input)?;
    let (rest, fields) = type_body(rest);
    Ok((rest, TypeDecl { name, title, fields }))
}

/// `Server "a server" { … }`
fn declared_type(input: Tokens) -> Parsed<TypeDecl> {
    let (rest, read) = head(input, |i| (type_name, opt(string)).parse(i), starts_field);
    let (name, title) = read.unwrap_or_else(|| (missing_name(input.here()), None));
    let (rest, fields) = type_body(rest);
    Ok((rest, TypeDecl { name, title, fields }))
}

/// `extend entity Server { … }`, behind its first word.
fn extend(input: Tokens) -> Parsed<Extend> {
    let Some(token) =
        input.peek().filter(|token| token.word().is_some_and(|word| Word::TYPES.contains(&word)))
    else {
        let types = Word::TYPES.iter().map(|word| Expected::word(*word));
        return input.fail(types.reduce(Expected::and).unwrap_or_default());
    };
    let kind = input.named(token);
    let (rest, name) = match token.word() {
        Some(Word::Environment) => (input.next(), Some(kind.clone())),
        _ => head(input.next(), type_name, starts_field),
    };
    let name = name.unwrap_or_else(|| missing_name(rest.here()));
    let (rest, fields) = type_body(rest);
    let decl = TypeDecl { name, title: None, fields };
    Ok((rest, Extend { kind, decl }))
}

fn starts_field(input: Tokens) -> bool {
    input.word_ahead(0).is_some() && input.ahead(1).is_some_and(|next| next.is(Symbol::Colon))
}

fn type_body(input: Tokens) -> (Tokens, Vec<Field>) {
    let mut fields = Vec::new();
    let rest = body(input, Expected::class(Class::Field), starts_field, |input| {
        let (rest, field) = field(input)?;
        fields.push(field);
        Ok((rest, ()))
    });
    (rest, fields)
}

/// `name: TYPE` and its notes, in any order.
fn field(input: Tokens) -> Parsed<Field> {
    let start = input.here();
    let token = input.peek();
    if !starts_field(input) && !token.is_some_and(|token| token.first && token.word().is_some()) {
        return input.fail(Expected::class(Class::Field));
    }
    let (rest, (name, ty)) = (terminated(field_name, symbol(Symbol::Colon)), ty).parse(input)?;
    let mut field = Field {
        span: start,
        name,
        ty,
        default: None,
        stale_after: None,
        renewed: None,
        title: None,
        ask: None,
        find: None,
    };
    let mut rest = rest;
    while !starts_field(rest) {
        let after = rest.next();
        let again = match rest.peek().map(|token| token.kind) {
            Some(TokenKind::Word(Word::Default)) => {
                let (after, value) = default_value(after)?;
                rest = after;
                field.default.replace(value).is_some()
            }
            Some(TokenKind::Word(Word::Stale)) => {
                let (after, value) = preceded(word(Word::After), duration).parse(after)?;
                rest = after;
                field.stale_after.replace(value).is_some()
            }
            Some(TokenKind::Word(Word::Renewed)) => {
                let (after, value) = (
                    preceded(word(Word::Within), duration),
                    preceded(word(Word::While), expression),
                )
                    .map(|(within, condition)| Renewed { within, condition })
                    .parse(after)?;
                rest = after;
                field.renewed.replace(value).is_some()
            }
            Some(TokenKind::Word(Word::Ask)) => {
                let (after, value) = text(after)?;
                rest = after;
                field.ask.replace(value).is_some()
            }
            Some(TokenKind::Word(Word::Find)) => {
                let (after, value) = text(after)?;
                rest = after;
                field.find.replace(value).is_some()
            }
            Some(TokenKind::String | TokenKind::OpenString) => {
                let (after, value) = string(rest)?;
                rest = after;
                field.title.replace(value).is_some()
            }
            _ => break,
        };
        if again {
            let message = format!("a note of `{}` is given twice", field.name.value);
            let place = rest.since(field.name.span);
            let diagnostic = Diagnostic::error("duplicate-part", message, place);
            rest.context.reporter.push(diagnostic.help("keep one of them"));
        }
    }
    rest.hope(Expected::class(Class::Note));
    field.span = rest.since(start);
    Ok((rest, field))
}

/// `unit Server [ s where EXPR ]`
fn unit(input: Tokens) -> Parsed<Unit> {
    let (rest, entity) = type_name(input)?;
    let goes_on = |word: Option<Word>| matches!(word, Some(Word::Where | Word::Done));
    let named = rest.word_ahead(0).is_some_and(|word| word != Word::Where)
        && !starts_declaration(rest)
        && (goes_on(rest.word_ahead(1)) || rest.peek().is_some_and(|token| !token.first));
    if !named && !rest.is_word(Word::Where) {
        return Ok((rest, Unit { entity, name: None, filter: None, done: None }));
    }
    let (rest, name) = name(rest)?;
    let done = preceded(pair(word(Word::Done), word(Word::When)), expression);
    if rest.is_word(Word::Done) {
        let (rest, done) = done.map(Some).parse(rest)?;
        return Ok((rest, Unit { entity, name: Some(name), filter: None, done }));
    }
    let filter = preceded(word(Word::Where), expression).map(Some);
    let (rest, (filter, done)) = (filter, opt(done)).parse(rest)?;
    Ok((rest, Unit { entity, name: Some(name), filter, done }))
}

/// `role NAME "title"`
fn role(input: Tokens) -> Parsed<Role> {
    let (rest, (name, title)) = (name, string).parse(input)?;
    Ok((rest, Role { name, title }))
}

/// `define NAME [ ( params ) ] [ : TYPE ] = EXPR`, or `define NAME [ ( params ) ] : TYPE needed`
fn define(input: Tokens) -> Parsed<Define> {
    let (rest, name) = name(input)?;
    let colon = preceded(symbol(Symbol::Colon), ty);
    let signature = (arguments(param), opt(colon)).parse(rest).and_then(|(rest, (params, ty))| {
        if rest.is_word(Word::Needed) && ty.is_some() {
            let (span, kind) = (rest.here(), Box::new(ExprKind::Error));
            return Ok((rest.next(), (params, ty, (Expr { span, kind }, Some(span)))));
        }
        let (rest, body) = preceded(symbol(Symbol::Assign), expression).parse(rest)?;
        Ok((rest, (params, ty, (body, None))))
    });
    match signature {
        Ok((rest, (params, ty, (body, needed)))) => {
            Ok((rest, Define { name, params, ty, body, needed }))
        }
        Err(error) => {
            // The name is known: whoever uses it need not hear that it does not exist.
            let at = rest.report(error);
            let body = Expr { span: rest.here(), kind: Box::new(ExprKind::Error) };
            Ok((
                to_declaration(rest.forward_to(at)),
                Define { name, params: Vec::new(), ty: None, body, needed: None },
            ))
        }
    }
}

/// `item: Item`
fn param(input: Tokens) -> Parsed<Param> {
    (terminated(name, symbol(Symbol::Colon)), ty).map(|(name, ty)| Param { name, ty }).parse(input)
}

/// `ID "title" { … }` of a rule.
fn rule(input: Tokens, kind: RuleKind) -> Parsed<ItemKind> {
    let starts = part_on_new_line(Word::RULE_PARTS);
    let (rest, id) =
        head(input, id, |i| starts(i) || i.peek().is_some_and(|token| token.is_string()));
    let id = id.unwrap_or_else(|| missing_name(input.here()));
    let (rest, title) = if rest.peek().is_some_and(|token| token.is_string())
        || !rest.context.reporter.is_broken()
    {
        head(rest, string, starts)
    } else {
        (rest, None)
    };
    let mut rule = Rule {
        kind,
        title: title.unwrap_or_else(|| missing_name(rest.here())),
        id,
        clauses: Vec::new(),
        level: None,
        bindings: Vec::new(),
        filter: None,
        require: None,
        when: None,
        grace: None,
        because: None,
        why: None,
        whether: None,
        see: Vec::new(),
        blocks: None,
        waivable: None,
        fixes: Vec::new(),
    };
    let mut seen = Seen::default();
    let rest = body(rest, Expected::class(Class::RulePart), starts, |input| {
        rule_part(input, &mut rule, &mut seen)
    });
    check_rule(rest, &rule, &seen);
    Ok((rest, ItemKind::Rule(rule)))
}

/// `NAME "sentence" { … }` of a supposition.
fn suppose(input: Tokens) -> Parsed<Suppose> {
    let starts = part_on_new_line(Word::SUPPOSE_PARTS);
    let (rest, read) = head(input, |i| (name, string).parse(i), starts);
    let (field, title) =
        read.unwrap_or_else(|| (missing_name(input.here()), missing_name(input.here())));
    let mut fixes = Vec::new();
    let wrong = Expected::word(Word::Fix);
    let rest = body(rest, wrong, starts, |input| {
        let Some(token) = input.peek().filter(|token| token.word() == Some(Word::Fix)) else {
            return input.fail(Expected::word(Word::Fix));
        };
        let (rest, read) = fix(input.next(), input.span(token))?;
        fixes.push(read);
        Ok((rest, ()))
    });
    Ok((rest, Suppose { field, title, fixes }))
}

/// `NAME(params) { … }` of a remedy.
fn remedy(input: Tokens) -> Parsed<Remedy> {
    let starts = part_on_new_line(Word::REMEDY_PARTS);
    let (rest, name) = head(input, name, starts);
    let (rest, params) = if name.is_some() {
        head(rest, |i| arguments(param).parse(i), starts)
    } else {
        (rest, None)
    };
    let mut remedy = Remedy {
        name: name.unwrap_or_else(|| missing_name(input.here())),
        params: params.unwrap_or_default(),
        action: None,
        at: None,
        run: Vec::new(),
        role: None,
        needs: Vec::new(),
        effects: Vec::new(),
        expects: Vec::new(),
        takes: None,
        undo: None,
        warning: None,
        consent: None,
        after: Vec::new(),
    };
    let mut seen = Seen::default();
    let rest = body(rest, Expected::class(Class::RemedyPart), starts, |input| {
        remedy_part(input, &mut remedy, &mut seen)
    });
    Ok((rest, remedy))
}
