//! Durations and times to the microsecond, and what `none` does in every form of expression.

use crate::support::program::{Done, Run};

/// A check of servers by a rule with one condition on a server `s`.
fn check(condition: &str, facts: &str) -> Done {
    let pack = format!(
        "pack t \"t\"\nenvironment {{ asOf: time  limit: duration or none  servers: [Server] }}\n\
         entity Server {{ id: key  bootedAt: time or none  uptime: duration or none  waits: [duration]  name: text or none\n\
         nick: text nocase or none  size: size or none  on: bool or none  release: version or none  disks: [Disk] or none\n\
         boot: Disk or none  marks: [text or none]  heard: time stale after 24h }}\n\
         record Disk {{ label: text or none  tags: [text] or none }}\nunit Server\n\
         prerequisite A-1 \"holds\" {{ for s in servers require {condition} because \"{{s.uptime}}\" }}\n"
    );
    let head = "apiVersion: failback/v1\nkind: Environment\nname: w\nasOf: 2026-03-02T12:00:00Z\n";
    Run::new("check --rules . --format concise w.yaml")
        .file("t.gate", pack)
        .file("w.yaml", format!("{head}{facts}"))
        .done()
}

#[test]
fn durations_are_exact_to_the_microsecond() {
    let booted = |at: &str| format!("servers: [{{ id: s1, bootedAt: {at} }}]\n");
    for (condition, at, code) in [
        ("now - s.bootedAt <= 24h", "2026-03-01T12:00:00Z", 0),
        ("now - s.bootedAt <= 24h", "2026-03-01T11:59:59.1Z", 1),
        ("now - s.bootedAt <= 24h", "2026-03-01T11:59:59.999999Z", 1),
        ("now - s.bootedAt <= 24h0.000001s", "2026-03-01T11:59:59.999999Z", 0),
        ("now - s.bootedAt == 24h0.9s", "2026-03-01T11:59:59.1Z", 0),
        ("now <= s.bootedAt + 24h", "2026-03-01T11:59:59.999999Z", 1),
        ("now - 24h <= s.bootedAt", "2026-03-01T11:59:59.999999Z", 1),
        ("s.bootedAt + (now - s.bootedAt) == now", "2026-03-01T11:59:59.123456Z", 0),
        ("s.bootedAt - now == 0", "2026-03-02T12:00:00Z", 0),
        ("s.bootedAt - now < 0", "2026-03-02T11:59:59.999999Z", 0),
    ] {
        check(condition, &booted(at)).code(code);
    }
    let waits = |waits: &str| format!("servers: [{{ id: s1, uptime: 1.5h, waits: [{waits}] }}]\n");
    for (condition, listed, code) in [
        ("sum(s.waits) == 1s", "0.25s, 0.75s", 0),
        ("sum(s.waits) <= 1s", "0.25s, 0.750001s", 1),
        ("max(s.waits) > min(s.waits)", "0.1s, 0.100001s", 0),
        ("count(distinct(s.waits)) == 2", "60s, 1min, 1min0.5s", 0),
        ("s.uptime == 1h30min", "", 0),
        ("s.uptime - 0.5h == 3600s", "", 0),
        // What no number can say is not known, and is no end of the program.
        ("sum(s.waits) > 0", "106751990d, 106751990d", 3),
        ("s.bootedAt + 106751990d > now", "", 3),
    ] {
        check(condition, &waits(listed)).code(code);
    }
    // It is printed exactly, in a form that can be written.
    let told = check("s.uptime == 0", "servers: [{ id: s1, uptime: 24h0.9s }]\n");
    told.code(1).says("s1: 1d0.9s");
}

#[test]
fn what_is_too_old_is_so_to_the_microsecond() {
    let heard = |at: &str| format!("servers: [{{ id: s1, heard: {at} }}]\n");
    check("s.heard is known", &heard("2026-03-01T12:00:00Z")).code(0);
    check("s.heard is known", &heard("2026-03-01T11:59:59.999999Z")).code(1);
}

/// The table of `docs/language.md`, row by row: of a server of which all is known to be absent.
#[test]
fn none_is_known_to_be_absent_everywhere() {
    let absent = "limit: none\nservers: [{ id: s1, bootedAt: none, uptime: none, waits: [], name: none, nick: none, size: none, \
                  on: none, release: none, disks: none, boot: none, marks: [none, a, none], heard: unknown }]\n";
    let holds = [
        "s.name == none",
        "s.name != \"x\"",
        "not (s.size < 1GiB)",
        "not (s.size > 1GiB)",
        "not (s.release >= 9.0)",
        "s.size <= s.size and s.size >= s.size and not (s.size < s.size)",
        "not s.on",
        "s.on implies false",
        "s.name is known",
        "(s.name otherwise \"x\") == none",
        "(if s.on then 1 else 2) == 2",
        "s.boot == none and s.boot.label == none and s.boot.tags == none",
        "s.size + 1GiB == none",
        "1GiB - s.size == none",
        "s.uptime + 1h == none",
        "now - s.bootedAt == none",
        "s.bootedAt + 1h == none",
        "now + s.uptime == none",
        "s.name + \"x\" == none",
        "\"x\" + s.name == none",
        "s.disks is empty",
        "s.boot.tags is empty",
        "count(s.disks) == 0",
        "all d in s.disks: d.label == \"x\"",
        "no d in s.disks: d.label == none",
        "not (any d in s.disks: d.label == none)",
        "\"x\" not in s.boot.tags",
        "none not in s.boot.tags",
        "count([d for d in s.disks]) == 0",
        "(the d in s.disks where d.label == none) == none",
        "s.boot.tags are unique and s.boot.tags are equal",
        "count(s.marks) == 3",
        "count(distinct(s.marks)) == 2",
        "none in s.marks and \"a\" in s.marks and \"b\" not in s.marks",
        "not (s.marks are unique)",
        "not (s.marks are equal)",
        "not (none is unique in s.marks)",
        "\"a\" is unique in s.marks",
        "any m in s.marks: m == none",
        "all m in s.marks: m == none or m == \"a\"",
        "count(listed(s.marks)) == 3",
        "sum([s.size, 1GiB]) == 1GiB",
        "sum(servers.size) == 0",
        "max([s.size, 1GiB]) == 1GiB",
        "min(servers.size) == none",
        "lower(s.name) == none",
        "not startsWith(s.name, \"x\")",
        "not startsWith(\"x\", s.name)",
        "not (s.name matches \".*\")",
        "not (s.nick matches \".*\")",
        "any o in holders(none, servers.name): o == s",
    ];
    for condition in holds {
        check(condition, absent).code(0);
        check(&format!("not ({condition})"), absent).code(1);
    }
    for condition in
        ["s.size == s.heard - now", "s.heard - now < 1h", "now - s.heard + s.uptime == none"]
    {
        let condition = condition.replace("s.size == s.heard - now", "s.uptime == now - s.heard");
        check(&condition, absent).code(3);
    }
}
