//! Types that would hold themselves, or more than there is room for: refused with a place, whatever the description holds.

use crate::support::program::{Done, Run};

fn check(types: &str, facts: &str) -> Done {
    let pack = format!(
        "pack t \"t\"\nenvironment {{ things: [A] }}\n{types}\nunit A\n\
         prerequisite A-1 \"Is\" {{ for a in things require a.id == \"x\" because \"{{a}}\" }}\n"
    );
    Run::new("check --rules . --format concise w.yaml")
        .file("t.gate", pack)
        .file("w.yaml", format!("apiVersion: failback/v1\nkind: Environment\nname: w\n{facts}"))
        .done()
}

const FACTS: [&str; 6] = [
    "things: [{ id: a }]\n",
    "things: [{ id: x, x: { id: y, x: { id: z } } }, { x: none }, unknown]\n",
    "things: [{ id: x, x: unknown, y: ~ }]\n",
    "things: unknown\n",
    "things: [{ id: x, x: [{ id: y }] }]\nx: 1\n",
    "",
];

#[test]
fn a_type_that_holds_itself_is_refused_however_many_others_stand_between() {
    let endless = [
        "entity A { id: key  x: A }",
        "entity A { x: A  id: key }",
        "entity A { id: key  x: A or none }",
        "entity A { id: key  x: A or none default none  y: A }",
        "entity A { id: key  x: R }\nrecord R { y: A }",
        "entity A { id: key  x: R }\nrecord R { x: R }",
        "entity A { id: key  x: R  y: S }\nrecord R { y: S }\nrecord S { x: R or none }",
        "entity A { id: key  x: [R] }\nrecord R { x: T }\nrecord S { x: R }\nrecord T { x: S  y: bool default true }",
        "entity A { id: key  x: B  all: all B by a }\nentity B { id: key  a: ref A  y: C }\nentity C { id: key  z: A  b: B }",
    ];
    for types in endless {
        for facts in FACTS {
            check(types, facts).code(2).says("endless-type");
        }
    }
}

#[test]
fn what_a_type_holds_in_a_list_or_refers_to_may_be_of_its_own_kind() {
    for types in [
        "entity A { id: key  x: [A] }",
        "entity A { id: key  x: ref A or none default none  y: all A by x }",
        "entity A { id: key  x: [R] }\nrecord R { id: text  x: [R]  y: S }\nrecord S { z: [R] }",
    ] {
        for facts in FACTS {
            let done = check(types, facts);
            assert!(
                !done.err.contains("endless-type") && done.code <= 5,
                "{}{}",
                done.out,
                done.err
            );
        }
        check(types, "things: [{ id: x }]\n").code(0);
    }
}

#[test]
fn a_type_with_room_for_too_many_others_is_refused() {
    use std::fmt::Write as _;
    let doubled = |times: usize| {
        let mut types = "entity A { id: key  x: R0 }\n".to_owned();
        for at in 0..times {
            let _ = writeln!(types, "record R{at} {{ a: R{}  b: R{} }}", at + 1, at + 1);
        }
        types + &format!("record R{times} {{ id: text }}")
    };
    check(&doubled(8), "things: [{ id: x }]\n").code(0);

    check(&doubled(9), "things: [{ id: x }]\n").code(2).says("endless-type");
    check(&doubled(60), "things: [{ id: x, x: { a: { b: unknown } } }]\n")
        .code(2)
        .says("endless-type");
    // One after the other, in either order of their declarations.
    let mut chain: Vec<String> =
        (0..5_000).map(|at| format!("record R{at} {{ a: R{} }}\n", at + 1)).collect();
    chain.push("record R5000 { id: text }\nentity A { id: key  x: R0 }\n".to_owned());
    check(&chain.concat(), "things: [{ id: x }]\n").code(2).says("endless-type");
    chain.reverse();
    check(&chain.concat(), "things: [{ id: x }]\n").code(2).says("endless-type");
}
