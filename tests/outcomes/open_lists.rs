//! Lists of which not all is known: what a rule over them says, whatever the form in which it goes through them.

use std::fmt::Write as _;

use crate::support::program::Run;

const HEAD: &str = "apiVersion: failback/v1\nkind: Environment\nname: w\n";

/// A check of a description by a pack of a few lines.
fn check(pack: &str, facts: &str) -> crate::support::program::Done {
    Run::new("check --rules . --format concise w.yaml")
        .file("t.gate", pack)
        .file("w.yaml", format!("{HEAD}{facts}"))
        .done()
}

/// Hosts and guests; the list of the guests says all there is, or may leave things out.
fn pack(guests: &str, rule: &str) -> String {
    format!(
        "pack t \"t\"\nenvironment {{ hosts: [Host]  guests: {guests} }}\n\
         entity Host {{ id: key  guests: all Guest by host }}\nentity Guest {{ id: key  host: ref Host  on: bool }}\n\
         unit Host\nprerequisite A-1 \"guests are on\" {{ {rule} because \"no\" }}\n"
    )
}

const ONE_ON: &str = "hosts: [{ id: h1 }]\nguests: [{ id: g1, host: h1, on: true }]\n";

#[test]
fn a_for_over_a_list_that_may_leave_things_out_says_what_all_over_it_says() {
    let forms = [
        "for h in hosts for g in guests require g.on",
        "for h in hosts require all g in guests: g.on",
        "for g in guests require g.on",
        "for g in guests for h in hosts require g.on",
        "for h in hosts let k = h for g in guests require g.on and k == h",
        "for h in hosts for k in hosts for g in guests require g.on",
        "for h in hosts for g in [g for g in guests where g.host == h] require g.on",
        "for h in hosts for g in h.guests require g.on",
    ];
    for form in forms {
        check(&pack("partial [Guest]", form), ONE_ON).code(3).says("unknown[A-1]");
        let marked = ONE_ON.replace("}]\n", "}, unknown]\n").replacen(", unknown]", "]", 1);
        check(&pack("[Guest]", form), &marked).code(3).says("unknown[A-1]");
        check(&pack("[Guest]", form), ONE_ON).code(0).says("OPEN");
        for listed in ["guests", "h.guests"] {
            let form = form.replace(&format!("in {listed}"), &format!("in listed({listed})"));
            if form.contains("listed(") {
                check(&pack("partial [Guest]", &form), ONE_ON).code(0).says("OPEN");
            }
        }
        let off = ONE_ON.replace("true", "false");
        check(&pack("partial [Guest]", form), &off).code(1).says("error[A-1]");
    }
}

#[test]
fn a_list_of_rows_that_is_partial_has_one_outcome_more_and_no_more() {
    for guests in [1, 3, 200] {
        let mut facts = "hosts: [{ id: h1 }]\nguests:\n".to_owned();
        for guest in 0..guests {
            let _ = writeln!(facts, "  - {{ id: g{guest}, host: h1, on: true }}");
        }
        let summary = format!("1 unknown, {guests} passed");
        check(&pack("partial [Guest]", "for g in guests require g.on"), &facts)
            .code(3)
            .says(&summary);
        let marked = facts + "  - unknown\n";
        check(&pack("[Guest]", "for g in guests require g.on"), &marked).code(3).says(&summary);
    }
}

#[test]
fn of_an_inverse_nothing_is_listed_where_nobody_says_who_might_refer() {
    let forms = [
        "for h in hosts require all g in listed(h.guests): g.on",
        "for h in hosts require no g in listed(h.guests): not g.on",
        "for h in hosts require count(listed(h.guests)) == 0",
        "for h in hosts require listed(h.guests) is empty",
        "for h in hosts for g in listed(h.guests) require g.on",
        "for h in hosts for g in listed(h.guests.id) require g == \"g1\"",
        "for h in hosts require all g in listed([g for g in h.guests where g.on]): g.on",
    ];
    for form in forms {
        for list in ["[Guest]", "partial [Guest]"] {
            for nothing in ["", "guests: unknown\n", "guests: ~\n"] {
                let facts = format!("hosts: [{{ id: h1 }}, {{ id: h2 }}, {{ id: h3 }}]\n{nothing}");
                check(&pack(list, form), &facts).code(3).says("unknown[A-1]");
            }
            // Who is listed is known, be it nobody, though there may be others.
            check(&pack(list, form), "hosts: [{ id: h1 }]\nguests: []\n").hides("unknown[");
            check(&pack(list, form), "hosts: [{ id: h1 }]\nguests: [unknown]\n").hides("unknown[");
        }
    }
}

/// Who might refer may stand in a list within a list, or in a record; where one of those may hold others, so may the inverse.
#[test]
fn an_inverse_is_whole_only_where_every_list_that_leads_to_who_refers_is() {
    let pack = "pack t \"t\"\n\
        environment { stores: [Store]  sites: [Site]  main: Rack  spare: Box or none }\n\
        entity Store { id: key  vms: all Vm by store }\n\
        entity Site { id: key  rack: Rack  hosts: [Host] }\n\
        record Rack { boxes: [Box] }\nrecord Box { slots: [Vm] }\n\
        entity Host { id: key  vms: [Vm] }\nentity Vm { id: key  store: ref Store }\nunit Store\n\
        prerequisite A-1 \"No VM is on it\" { for s in stores require s.vms is empty because \"{s} has {s.vms}\" }\n";
    let (empty, box_, spare) = ("main: { boxes: [] }\n", "{ slots: [] }", "spare: none\n");
    for (code, facts) in [
        (0, format!("{empty}{spare}sites: []\n")),
        (0, format!("main: {{ boxes: [{box_}] }}\nspare: {box_}\nsites: []\n")),
        (0, format!("{empty}{spare}sites: [{{ id: a, rack: {{ boxes: [] }}, hosts: [] }}]\n")),
        (3, String::new()),
        (3, format!("{empty}{spare}")),
        (3, format!("{empty}sites: []\n")),
        (3, format!("{spare}sites: []\n")),
        (3, format!("main: {{ boxes: [{{}}] }}\n{spare}sites: []\n")),
        (3, format!("main: {{ boxes: [unknown] }}\n{spare}sites: []\n")),
        (3, format!("{empty}{spare}sites: [unknown]\n")),
        (3, format!("{empty}{spare}sites: [{{ id: a, hosts: [] }}]\n")),
        (3, format!("{empty}{spare}sites: [{{ id: a, rack: {{ boxes: [] }} }}]\n")),
        (
            3,
            format!(
                "{empty}{spare}sites: [{{ id: a, rack: {{ boxes: [] }}, hosts: [{{ id: h }}] }}]\n"
            ),
        ),
        (1, format!("{empty}spare: {{ slots: [{{ id: v1, store: s1 }}] }}\n")),
    ] {
        check(pack, &format!("stores: [{{ id: s1 }}]\n{facts}")).code(code);
    }
}
