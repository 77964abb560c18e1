//! Packs in which one thing is wrong, or could be taken for wrong.

/// What all of them describe.
pub const FACTS: &str = r#"pack trial "A trial"

environment {
  asOf: time
  servers: [Server]
}

entity Server {
  id: key
  power: running | stopped
  disk: attached | detached
  version: version
  load: int
  checkedAt: time
  spare: ref Server or none default none
}

unit Server
"#;

/// A remedy that can only start where it is not wanted.
pub const NEEDS: &str = r#"
prerequisite T-001 "A server runs" {
  for     s in servers
  require s.power == running
  because "{s} is stopped"
  fix     start(s)
}

remedy start(s: Server) {
  do      "Start {s}"
  needs   s.power == running
  effect  set s.power = running
}
"#;

/// A remedy whose `needs` no server can satisfy.
pub const IMPOSSIBLE: &str = r#"
prerequisite T-001 "A server runs" {
  for     s in servers
  require s.power == running
  because "{s} is stopped"
  fix     start(s)
}

remedy start(s: Server) {
  do      "Start {s}"
  needs   s.load > 60 and s.load < 40
  effect  set s.power = running
}
"#;

/// A remedy that mends one way to fail and not the other.
pub const HALF: &str = r#"
prerequisite T-001 "A server runs with its disk" {
  for     s in servers
  require s.power == running and s.disk == attached
  because "{s} is stopped"
  fix     start(s)
}

remedy start(s: Server) {
  do      "Start {s}"
  effect  set s.power = running
}
"#;

/// A remedy that leaves open what decides.
pub const UNKNOWN: &str = r#"
prerequisite T-001 "A server has a spare that runs" {
  for     s in servers
  where   s.power == running
  require s.spare.power == running
  because "{s} has no spare that runs"
  fix     order(s)
}

remedy order(s: Server) {
  do      "Order a spare for {s}"
  effect  create Server spare { id = s.id + "-spare"  disk = attached }
          set s.spare = spare
}
"#;

/// A condition that nothing can violate.
pub const ALWAYS: &str = r#"
prerequisite T-001 "A server runs or does not" {
  for     s in servers
  require s.power == running or s.power != running
  because "{s} does neither"
}
"#;

/// A condition that nothing can satisfy.
pub const NEVER: &str = r#"
prerequisite T-001 "A server has much to do, and little" {
  for     s in servers
  require s.load > 60 and s.load < 40
  because "{s} does not"
}
"#;

/// A rule against something that cannot be.
pub const UNFIRED: &str = r#"
unsupported T-001 "A server both runs and stands still" {
  for     s in servers
  when    s.power == running and s.power == stopped
  because "{s} does both"
}
"#;

/// A rule that speaks of nobody.
pub const NOBODY: &str = r#"
prerequisite T-001 "A server that both runs and stands still has its disk" {
  for     s in servers
  where   s.power == running and s.power == stopped
  require s.disk == attached
  because "{s} has not"
}
"#;

/// Two rules that exclude each other for some, not for all.
pub const APART: &str = r#"
prerequisite T-001 "An old server stands still" {
  for     s in servers
  where   s.version < 9.30
  require s.power == stopped
  because "{s} runs"
}

prerequisite T-002 "A new server runs" {
  for     s in servers
  where   s.version >= 9.30
  require s.power == running
  because "{s} is stopped"
}
"#;

/// A remedy that breaks what another remedy mends.
pub const MENDED: &str = r#"
prerequisite T-001 "A server runs" {
  for     s in servers
  require s.power == running
  because "{s} is stopped"
  fix     start(s)
}

prerequisite T-002 "A disk is attached" {
  for     s in servers
  require s.disk == attached
  because "the disk of {s} is detached"
  fix     attach(s)
}

remedy start(s: Server) {
  do      "Start {s} without its disk"
  effect  set s.power = running
          set s.disk = detached
}

remedy attach(s: Server) {
  do      "Attach the disk of {s}"
  effect  set s.disk = attached
}
"#;

/// Remedies that read what they write, and yet find a way.
pub const OPEN_CIRCLE: &str = r#"
prerequisite T-001 "A server runs" {
  for     s in servers
  require s.power == running
  because "{s} is stopped"
  fix     start(s)
}

prerequisite T-002 "A disk is attached" {
  for     s in servers
  require s.disk == attached
  because "the disk of {s} is detached"
  fix     attach(s)
  fix     carry(s)
}

remedy start(s: Server) {
  do      "Start {s}"
  needs   s.disk == attached
  effect  set s.power = running
}

remedy attach(s: Server) {
  do      "Attach the disk of {s}"
  needs   s.power == running
  effect  set s.disk = attached
}

remedy carry(s: Server) {
  do      "Carry the disk of {s} over"
  effect  set s.disk = attached
}
"#;

/// Time: a grace, an age, a remedy that only waits.
pub const TIME: &str = r#"
prerequisite T-001 "A server was checked within a day" {
  for     s in servers
  require s.checkedAt > now - 24h
  because "{s} was checked at {s.checkedAt}"
  fix     look(s)
}

prerequisite T-002 "A server that was just checked has run for a while" {
  for     s in servers
  require s.checkedAt + 15min <= now
  grace   s.checkedAt + 15min
  because "{s} was checked just now"
}

remedy look(s: Server) {
  do      "Check {s}"
  effect  set s.checkedAt = now
  takes   15min
}
"#;
