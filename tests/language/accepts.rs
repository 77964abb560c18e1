//! Each production, and how operators bind.

use failback::language::ast::remedy::EffectKind;
use failback::language::ast::{ItemKind, TextPart, TypeKind};

use crate::language::support::{SAMPLE, expression, parse};

#[test]
fn the_sample_is_read_without_an_error() {
    let parsed = parse(SAMPLE);
    assert_eq!(parsed.told(), Vec::<String>::new());
    assert_eq!(parsed.file.items.len(), 28);
    assert!(parsed.file.items.iter().all(|item| !item.broken));
    assert_eq!(parsed.file.comments.len(), 7);
}

#[test]
fn operators_bind_as_the_grammar_says() {
    let cases = [
        ("a or b and c or d", "((a or (b and c)) or d)"),
        ("a implies b implies c", "(a implies (b implies c))"),
        ("a or b implies c and d", "((a or b) implies (c and d))"),
        ("not a and not not b", "((not a) and (not (not b)))"),
        ("not a == b", "(not (a Equal b))"),
        ("a.b.c + d - e.f", "((a.b.c + d) - e.f)"),
        ("a + 1 <= b - 2", "((a + Int(1)) LessOrEqual (b - Int(2)))"),
        ("(a or b) and c", "((a or b) and c)"),
        (
            "(the f in flows where f.a == b and c).state",
            "(the f in flows where ((f.a Equal b) and c)).state",
        ),
        ("all x in xs: a and b", "(All x in xs: (a and b))"),
        (
            "a and any x in xs where c or d: e or f",
            "(a and (Any x in xs where (c or d): (e or f)))",
        ),
        ("not no x in xs: a", "(not (No x in xs: a))"),
        ("all x in xs: any y in x.ys: x == y", "(All x in xs: (Any y in x.ys: (x Equal y)))"),
        ("if a then b else if c then d else e", "(if a then b else (if c then d else e))"),
        ("a otherwise (if b then c else d)", "(a otherwise (if b then c else d))"),
        ("a in [b, c] and d not in e", "((a in [b, c]) and (d not in e))"),
        ("a is empty or b is not empty", "((a is empty) or (b is not empty))"),
        ("a is known and b is not known", "((a is known) and (b is not known))"),
        ("xs are equal and ys are unique", "((xs are equal) and (ys are unique))"),
        ("x.id is unique in xs.id", "(x.id is unique in xs.id)"),
        (r#"a matches "^x{2}\\d\"$""#, r#"(a matches "^x{2}\\d\"$")"#),
        ("[x.a for x in xs where x.b]", "[x.a for x in xs where x.b]"),
        ("[]", "[]"),
        ("f(a, b.c, [d]) + now", "(f(a, b.c, [d]) + now)"),
        ("f()", "f()"),
        ("Flow { from = a  to = b  port = 443 }", "Flow { from=a to=b port=Int(443) }"),
        ("role == level and warning != at", "((role Equal level) and (warning NotEqual at))"),
        ("f.from == from", "(f.from Equal from)"),
        ("all == any", "(all Equal any)"),
        ("x.where.and.if", "x.where.and.if"),
        ("a > 600GiB", "(a Greater Size(644245094400))"),
        ("a >= 2h30min", "(a GreaterOrEqual Duration(9000000000))"),
        ("a < 9.30", "(a Less Version(\"9.30\"))"),
        ("a == 6.7u3", "(a Equal Version(\"6.7u3\"))"),
        ("true != false", "(Bool(true) NotEqual Bool(false))"),
        ("a == none", "(a Equal None)"),
        ("a == \"x {y}\\n\"", "(a Equal Text(\"x {y}\\n\"))"),
    ];
    for (text, wanted) in cases {
        assert_eq!(expression(text), Ok(wanted.to_owned()), "{text}");
    }
}

#[test]
fn types_are_read() {
    let types = "entity A { a: text b: text nocase c: [B] or none d: partial [C] e: ref any f: key ref B \
                 g: all B by c h: one B by c i: on | off | all j: [[int]] k: key l: any m: on | off or none }";
    let parsed = parse(types);
    assert_eq!(parsed.told(), Vec::<String>::new());
    let ItemKind::Entity(entity) = &parsed.file.items[0].kind else { panic!("an entity") };
    let kinds: Vec<String> = entity
        .fields
        .iter()
        .map(|field| match &field.ty.kind {
            TypeKind::Named(name) => name.value.clone(),
            TypeKind::Words(words) => {
                words.iter().map(|word| word.value.as_str()).collect::<Vec<_>>().join("|")
            }
            other => format!("{other:?}").split(['(', ' ']).next().unwrap_or_default().to_owned(),
        })
        .collect();
    let wanted = [
        "text",
        "TextNocase",
        "OrNone",
        "Partial",
        "Ref",
        "KeyRef",
        "All",
        "One",
        "on|off|all",
        "List",
        "Key",
        "any",
        "OrNone",
    ];
    assert_eq!(kinds, wanted);
}

#[test]
fn notes_of_a_field_come_in_any_order_and_fields_may_be_named_like_them() {
    let parsed = parse(
        "record A { ask: text find \"f\" \"title\" ask \"a\" default x stale after 5min  default: int }",
    );
    assert_eq!(parsed.told(), Vec::<String>::new());
    let ItemKind::Record(record) = &parsed.file.items[0].kind else { panic!("a record") };
    let [first, second] = &record.fields[..] else { panic!("two fields") };
    assert!(
        first.ask.is_some()
            && first.find.is_some()
            && first.default.is_some()
            && first.stale_after.is_some()
    );
    assert_eq!(first.title.as_ref().map(|title| title.value.as_str()), Some("title"));
    assert_eq!(second.name.value, "default");
}

#[test]
fn short_forms_are_read() {
    let cases = [
        "unit Server",
        "unit Server s where s.asked",
        "define a = b",
        "define a: text = b",
        "define a(b: Server) = b.c",
        "define a(): bool = true",
        "pack a \"b\"",
        "pack a \"b\" shared",
        "pack a \"b\" shared uses c uses uses from \"../d\"\n\nwithout x because \"e\" without A-1 because \"f\"",
        "extend environment {} extend record R { extend: int needed: bool uses: text }",
        "define extend: bool needed\nextend entity Server { a: int }",
        "define needed = uses and without == shared\nunit Server",
        "define needed: bool = extend",
        "document a \"b\" {}",
        "environment {}",
        "environment \"the root\" {}",
        "remedy a { do \"b\" }",
        "remedy a() { consent delete-it }",
        "prerequisite A-1 \"b\" { for x in xs require x because \"{x}\" fix a fix b() }",
        "prerequisite A-1 \"b\" { fix for x in xs: a(x) fix for y in ys where y.a and b: c(y, 1) require x for x in xs }",
        "\u{feff}unit Server\r\n\r\nunit Host\r",
        "",
        "# nothing but a comment",
    ];
    for text in cases {
        assert_eq!(parse(text).told(), Vec::<String>::new(), "{text}");
    }
}

#[test]
fn effects_follow_one_another_behind_one_word() {
    let parsed = parse(
        "remedy a(x: X) { effect set x.a = choose y in ys where y.b prefer y.c  add x to ys  remove z from zs where z == x
         effect create Y n { id = x.id + \"-n\"  host = choose y in ys } set x.y = n }",
    );
    assert_eq!(parsed.told(), Vec::<String>::new());
    let ItemKind::Remedy(remedy) = &parsed.file.items[0].kind else { panic!("a remedy") };
    let kinds: Vec<&str> = remedy
        .effects
        .iter()
        .map(|effect| match effect.kind {
            EffectKind::Set { .. } => "set",
            EffectKind::Add { .. } => "add",
            EffectKind::Remove { .. } => "remove",
            EffectKind::Create { .. } => "create",
        })
        .collect();
    assert_eq!(kinds, ["set", "add", "remove", "create", "set"]);
}

#[test]
fn texts_hold_expressions_that_point_into_the_file() {
    let parsed = parse(r#"advisory A-1 "t" { when a because "{{ä}} {count(x.y)}\"{b}" }"#);
    assert_eq!(parsed.told(), Vec::<String>::new());
    let ItemKind::Rule(rule) = &parsed.file.items[0].kind else { panic!("a rule") };
    let parts: Vec<String> = rule
        .because
        .iter()
        .flat_map(|text| &text.parts)
        .map(|part| match part {
            TextPart::Literal(text) => format!("'{text}'"),
            TextPart::Expr(expr) => parsed.sources.slice(expr.span).to_owned(),
        })
        .collect();
    assert_eq!(parts, ["'{ä} '", "count(x.y)", "'\"'", "b"]);
}
