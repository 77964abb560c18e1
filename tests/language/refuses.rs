//! What is said about a text that cannot be read: the message, the underlined text, and what to do.

use crate::language::support::{expression, parse};

/// A text, and what is told of it: `message @ underlined text / second place > help`.
type Case = (&'static str, &'static [&'static str]);

#[test]
fn remedies_for_each_of_several() {
    let cases: &[Case] = &[
        ("fix for x xs: a(x)", &["expected `in`, found `xs` @ xs"]),
        ("fix for x in xs a(x)", &["expected an operator, `:` or `where`, found `a` @ a"]),
        ("fix for 1 in xs: a(x)", &["expected a name, found `1` @ 1"]),
        ("fix for x in xs: ", &["expected a name, found `}` @ }"]),
        ("fix for x in : a(x)", &["expected an expression, found `:` @ :"]),
    ];
    for (part, wanted) in cases {
        let text = format!("prerequisite A-1 \"t\" {{ require b because \"c\" {part} }} unit X");
        let parsed = parse(&text);
        assert_eq!(parsed.told(), *wanted, "{part}");
        assert_eq!(parsed.file.items.len(), 2, "the rest is read: {part}");
    }
}

#[test]
fn waivers_of_rules() {
    let cases: &[Case] = &[
        ("waivable", &["expected `at` or `never`, found `}` @ }"]),
        (
            "waivable neve",
            &["expected `at` or `never`, found `neve` @ neve > did you mean `never`?"],
        ),
        ("waivable at 30d", &["expected `most`, found `30d` @ 30d"]),
        ("waivable at most", &["expected a duration such as `15min`, found `}` @ }"]),
        ("waivable at most 30", &["expected a duration such as `15min`, found `30` @ 30"]),
        ("waivable at most 0d", &["expected a duration such as `15min`, found `0d` @ 0d"]),
        (
            "waivable never waivable at most 30d",
            &["`waivable` is given twice @ waivable / waivable > keep one of them"],
        ),
    ];
    for (part, wanted) in cases {
        let text = format!("prerequisite A-1 \"t\" {{ require b because \"c\" {part} }} unit X");
        let parsed = parse(&text);
        assert_eq!(parsed.told(), *wanted, "{part}");
    }
    let advice = parse("advisory A-1 \"t\" { when b because \"c\" waivable never }");
    let wanted = "`waivable` cannot stand in an `advisory` @ waivable / A-1 \
                  > an `advisory` closes no gate, so there is nothing to waive: leave it out";
    assert_eq!(advice.told(), [wanted]);
}

#[test]
fn expressions() {
    let cases: &[Case] = &[
        ("a b", &["expected an operator, found `b` @ b"]),
        ("a and", &["expected an expression, found the end of the expression @ "]),
        ("a = b", &["expected an operator, found `=` @ = > equality is written `==`"]),
        ("a | b", &["expected an operator, found `|` @ | > alternatives are joined with `or`"]),
        ("(a", &["expected an operator or `)`, found the end of the expression @ "]),
        ("f(a b)", &["expected an operator, `)` or `,`, found `b` @ b"]),
        ("[a, ", &["expected an expression, found the end of the expression @ "]),
        ("a.", &["expected a name, found the end of the expression @ "]),
        (
            "a == b == c",
            &[
                "comparisons do not chain @ == > join two comparisons with `and`, or put one in parentheses",
            ],
        ),
        ("a is full", &["expected `not`, `empty`, `known` or `unique`, found `full` @ full"]),
        ("a is not unique in b", &["expected `empty` or `known`, found `unique` @ unique"]),
        ("xs are sorted", &["expected `equal` or `unique`, found `sorted` @ sorted"]),
        ("all x xs: a", &["expected `in`, found `xs` @ xs"]),
        ("all x in xs a", &["expected an operator, `:` or `where`, found `a` @ a"]),
        ("if a then b", &["expected an operator or `else`, found the end of the expression @ "]),
        (
            "a - -1",
            &[
                "expected an expression, found `-` @ - > there are no negative numbers; subtract instead",
            ],
        ),
        (
            "a-b",
            &[
                "expected an expression, found `a-b` @ a-b > names have no `-`; a subtraction needs blanks round it: `a - b`",
            ],
        ),
        ("a && b", &["`&&` has no meaning here @ && > conditions are joined with `and`"]),
        ("!a", &["`!` has no meaning here @ ! > a condition is turned round with `not`"]),
        (
            "'a'",
            &[
                "`'` has no meaning here @ ' > texts are in `\"`",
                "`'` has no meaning here @ ' > texts are in `\"`",
            ],
        ),
        ("a not b", &["expected `in`, found `b` @ b"]),
        ("a adn b", &["expected an operator, found `adn` @ adn > did you mean `and`?"]),
        (
            "choose x in xs where a",
            &[
                "`choose` can only be the value of a fact that an effect sets @ choose > use it behind `=` in `set` or `create`; in a condition, ask with `the` or `any`",
            ],
        ),
        (
            "1 + all x in xs: a",
            &["a condition over a list cannot be an operand here @ all > put it in parentheses"],
        ),
        (
            "12abc",
            &[
                "`12abc` is no number, size, duration or version @ 12abc > write `12`, `600GiB`, `15min` or `9.30`",
            ],
        ),
        (
            "15mim",
            &["`15mim` is no number, size, duration or version @ 15mim > did you mean `MiB`?"],
        ),
        (
            "99999999999999999999",
            &[
                "`99999999999999999999` is too large @ 99999999999999999999 > the largest number is 9223372036854775807",
            ],
        ),
        (
            "\"a",
            &[
                "this text is not closed @ \"a > add a `\"`; a text ends on the line on which it starts",
            ],
        ),
        ("a matches b", &["expected a text in `\"`, found `b` @ b"]),
        ("", &["expected an expression, found the end of the expression @ "]),
        ("and a", &["expected an expression, found `and` @ and"]),
        (
            "a_b",
            &[
                "the name `a_b` has an underscore @ a_b > names are written like `sizeLeft`, types like `DataDisk`",
            ],
        ),
        ("f(", &["expected an expression or `)`, found the end of the expression @ "]),
        (
            "the x in xs were a",
            &["expected an operator or `where`, found `were` @ were > did you mean `where`?"],
        ),
        (
            "a otherwise b == c",
            &["expected an operator, found `==` @ == > put what is before it in parentheses"],
        ),
        ("a // b", &["`//` has no meaning here @ // > comments start with `#`"]),
        ("A-1", &["expected an expression, found `A-1` @ A-1"]),
        (
            "a\u{a0}b",
            &["`\\u{a0}` has no meaning here @ \u{a0} > this is a no-break space; use a plain one"],
        ),
        (
            "\"a\\d\"",
            &[
                "`\\d` means nothing in a text @ \\d > write `\\\\` for a backslash; there are also `\\\"` and `\\n`",
            ],
        ),
    ];
    for (text, wanted) in cases {
        let told = expression(text).expect_err(text);
        assert_eq!(told, *wanted, "{text}");
    }
}

#[test]
fn declarations() {
    let cases: &[Case] = &[
        (
            "prerequsite A-1 \"t\" {\n  require a\n}",
            &[
                "expected a declaration, found `prerequsite` @ prerequsite > did you mean `prerequisite`?",
            ],
        ),
        ("rule A-1", &["expected a declaration, found `rule` @ rule"]),
        (
            "prerequisite foo \"t\" {\n  require a\n}",
            &[
                "expected an id such as `ABC-001`, found `foo` @ foo > an id starts with capitals and has parts joined by `-`",
            ],
        ),
        ("prerequisite A-1 {\n  require a\n}", &["expected a text in `\"`, found `{` @ {"]),
        ("prerequisite A-1 \"t\"\n  require a\n}", &["expected `{`, found `require` @ require"]),
        (
            "prerequisite A-1 \"t\" {\n  require a\n\nunit B",
            &["expected an operator, a part of the rule or `}`, found `unit` @ unit / {"],
        ),
        (
            "prerequisite A-1 \"t\" {\n  for x in xs\n}",
            &["`A-1` has no `require` @ A-1 > add `require` and the condition that must hold"],
        ),
        (
            "unsupported A-1 \"t\" {\n  for x in xs\n}",
            &["`A-1` has no `when` @ A-1 > add `when` and the condition under which it applies"],
        ),
        (
            "unsupported A-1 \"t\" {\n  require x\n}",
            &[
                "`require` cannot stand in an `unsupported` @ require / A-1 > an `unsupported` says `when`",
            ],
        ),
        (
            "prerequisite A-1 \"t\" {\n  when x\n}",
            &[
                "`when` cannot stand in a `prerequisite` @ when / A-1 > a `prerequisite` says `require`",
            ],
        ),
        (
            "advisory A-1 \"t\" {\n  level high\n  when x\n}",
            &["expected `warning` or `note`, found `high` @ high"],
        ),
        ("remedy a {\n  effect change x\n}", &["expected an effect, found `change` @ change"]),
        (
            "remedy a {\n  effect set x == 1\n}",
            &["expected `=`, found `==` @ == > a value is given with a single `=`"],
        ),
        ("remedy a {\n  effect remove x from xs\n}", &["expected `where`, found `}` @ }"]),
        ("remedy a {\n  effect create X x { a 1 }\n}", &["expected `=`, found `1` @ 1"]),
        (
            "remedy a {\n  takes long\n}",
            &["expected a duration such as `15min`, found `long` @ long"],
        ),
        (
            "remedy a {\n  role b\n  role c\n}",
            &["`role` is given twice @ role / role > keep one of them"],
        ),
        (
            "remedy a {\n  require b\n}",
            &[
                "expected a part of the remedy or `}`, found `require` @ require > this belongs to a rule",
            ],
        ),
        ("remedy A {\n}", &["expected a name, found `A` @ A > names start with a small letter"]),
        ("remedy a(x) {\n}", &["expected `:`, found `)` @ )"]),
        (
            "entity a {\n}",
            &["expected a type name, found `a` @ a > names of types start with a capital"],
        ),
        ("entity A {\n  a text\n  b: int\n}", &["expected `:`, found `text` @ text"]),
        ("entity A {\n  a:\n  b: int\n}", &["expected a type, found `b` @ b"]),
        (
            "entity A {\n  a: none | b\n}",
            &[
                "`none` is not a word of an enumeration @ none > write `or none` behind the words: `first | second or none`",
            ],
        ),
        (
            "entity A {\n  a: text defualt b\n}",
            &[
                "expected a field, a note of the field, `}`, `nocase` or `or`, found `defualt` @ defualt > did you mean `default`?",
            ],
        ),
        ("entity A {\n  a: text or nothing\n}", &["expected `none`, found `nothing` @ nothing"]),
        (
            "entity A {\n  a: time stale after b\n}",
            &["expected a duration such as `15min`, found `b` @ b"],
        ),
        ("entity A {\n  a: all B from c\n}", &["expected `by`, found `from` @ from"]),
        ("entity A {\n  a: partial B\n}", &["expected `[`, found `B` @ B"]),
        (
            "entity A {\n  a: text \"b\" \"c\"\n}",
            &["a note of `a` is given twice @ a: text \"b\" \"c\" > keep one of them"],
        ),
        ("document a \"t\" {\n  A-1 \"b\"\n}", &["expected `}` or `clause`, found `A-1` @ A-1"]),
        ("pack a \"t\" when b = c", &["expected `==`, found `=` @ ="]),
        ("pack a \"t\"\n  uses", &["expected a name, found the end of the file @ "]),
        ("pack a \"t\"\n  uses b from c", &["expected a text in `\"`, found `c` @ c"]),
        ("pack a \"t\"\n  without b", &["expected `because`, found the end of the file @ "]),
        (
            "pack a \"t\"\n  without \"b\" because \"c\"",
            &["expected a name or an id such as `ABC-001`, found a text @ \"b\""],
        ),
        ("pack a \"t\"\n  uses b\n  uses b", &["`b` is used twice @ b / b > keep one of them"]),
        (
            "pack a \"t\" shared when b == c",
            &[
                "`when` cannot stand in a shared pack, which judges nothing by itself @ b / shared > write it in the packs that use this one, or leave out `shared`",
            ],
        ),
        ("extend entity {\n  b: int\n}", &["expected a type name, found `{` @ {"]),
        (
            "extend A {\n  b: int\n}",
            &["expected `environment`, `entity` or `record`, found `A` @ A"],
        ),
        ("define a(b: B) needed", &["expected `:` or `=`, found `needed` @ needed"]),
        ("unit A b", &["expected `where`, found the end of the file @ "]),
        ("define a(b: B) b", &["expected `:` or `=`, found `b` @ b"]),
        ("define a = ", &["expected an expression, found the end of the file @ "]),
        ("define if = a", &["expected a name, found `if` @ if"]),
        ("define a = b 5 + c", &["expected an operator or a declaration, found `5` @ 5"]),
        ("unit A }", &["expected a declaration, found `}` @ }"]),
    ];
    for (text, wanted) in cases {
        assert_eq!(parse(text).told(), *wanted, "{text}");
    }
}

#[test]
fn parts_of_a_rule() {
    let cases: &[Case] = &[
        (
            "level note",
            &[
                "`level` cannot stand in a `prerequisite` @ level / A-1 > only an `advisory` has a level: leave it out",
            ],
        ),
        (
            "require x.b",
            &["`require` is given twice @ require / require > join the two conditions with `and`"],
        ),
        ("because \"c\"", &["`because` is given twice @ because / because > keep one of them"]),
        (
            "requier x",
            &[
                "expected a part of the rule or `}`, found `requier` @ requier > did you mean `require`?",
            ],
        ),
        ("fix f(x", &["expected an operator, `)` or `,`, found `}` @ }"]),
        ("why because", &["expected a text in `\"`, found `because` @ because"]),
        (
            "clause A1",
            &[
                "expected an id such as `ABC-001`, found `A1` @ A1 > an id starts with capitals and has parts joined by `-`",
            ],
        ),
        (
            "clause a-1",
            &[
                "expected an id such as `ABC-001`, found `a-1` @ a-1 > an id starts with capitals and has parts joined by `-`",
            ],
        ),
        ("let y x", &["expected `=`, found `x` @ x"]),
        ("where", &["expected an expression, found `}` @ }"]),
        ("see 8061", &["expected a text in `\"`, found `8061` @ 8061"]),
        (
            "do \"x\"",
            &["expected a part of the rule or `}`, found `do` @ do > this belongs to a `remedy`"],
        ),
        (
            "why \"{x\"",
            &["this `{` is not closed @ { > close it with `}`, or write `{{` for a brace"],
        ),
        ("why \"x}\"", &["this `}` closes nothing @ } > write `}}` for a brace"]),
        ("why \"{x y}\"", &["expected an operator or `}`, found `y` @ y"]),
        ("why \"{}\"", &["expected an expression, found `}` @ }"]),
        ("why \"{x.}\"", &["expected a name, found `}` @ }"]),
        (
            "why \"a",
            &[
                "this text is not closed @ \"a > add a `\"`; a text ends on the line on which it starts",
            ],
        ),
        (
            "why \"a\\q\"",
            &[
                "`\\q` means nothing in a text @ \\q > write `\\\\` for a backslash; there are also `\\\"` and `\\n`",
            ],
        ),
        ("}", &["expected a declaration, found `}` @ }"]),
    ];
    for (part, wanted) in cases {
        let text = format!(
            "prerequisite A-1 \"t\" {{\n  for x in xs\n  require x.a\n  because \"b\"\n  {part}\n}}\n"
        );
        let parsed = parse(&text);
        assert_eq!(parsed.told(), *wanted, "{part}");
        let broken = parsed.file.items.first().is_some_and(|item| item.broken);
        assert!(broken || part.starts_with('}'), "{part} breaks the rule");
    }
}
