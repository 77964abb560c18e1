//! What a case promises: `# fail: ABC-001 blocks s1, s2; pass: ABC-002`, at the end of a line.

use std::fmt;

/// Kinds of promises.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `# pass:`
    Pass,
    /// `# fail:`
    Fail,
    /// `# unknown:`
    Unknown,
    /// `# pending:`
    Pending,
    /// `# notApplicable:`
    NotApplicable,
    /// `# error:`, with the code of what is wrong with the description
    Error,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 6] =
        [Kind::Pass, Kind::Fail, Kind::Unknown, Kind::Pending, Kind::NotApplicable, Kind::Error];

    /// The word for it.
    pub fn word(self) -> &'static str {
        match self {
            Kind::Pass => "pass",
            Kind::Fail => "fail",
            Kind::Unknown => "unknown",
            Kind::Pending => "pending",
            Kind::NotApplicable => "notApplicable",
            Kind::Error => "error",
        }
    }
}

/// Where it is promised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// On this line of the page.
    Line(usize),
    /// Somewhere in the case.
    Anywhere,
}

/// One promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expectation {
    /// What is promised.
    pub kind: Kind,
    /// The rule, or the code of an error.
    pub code: String,
    /// Whom it blocks, where the page says so.
    pub blocks: Option<Vec<String>>,
    /// Where.
    pub place: Where,
}

impl fmt::Display for Expectation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Where::Line(line) = self.place {
            write!(f, "line {line}: ")?;
        }
        write!(f, "{}[{}]", self.kind.word(), self.code)?;
        match &self.blocks {
            Some(blocks) if blocks.is_empty() => write!(f, " blocks nobody"),
            Some(blocks) => write!(f, " blocks {}", blocks.join(", ")),
            None => Ok(()),
        }
    }
}

/// The promises of a line of a page; `Err` says what cannot be read.
pub fn parse(line: &str, number: usize) -> Result<Vec<Expectation>, String> {
    let Some(start) = comment(line) else { return Ok(Vec::new()) };
    let own_line = line[..start].trim().is_empty();
    let place = if own_line { Where::Anywhere } else { Where::Line(number) };
    line[start..].trim_start_matches('#').split(';').map(|part| one(part, place, number)).collect()
}

/// Where the comment with the promises starts.
fn comment(line: &str) -> Option<usize> {
    line.match_indices('#').map(|(at, _)| at).find(|at| kind(line[at + 1..].trim_start()).is_some())
}

fn kind(text: &str) -> Option<(Kind, &str)> {
    Kind::ALL.into_iter().find_map(|kind| {
        text.strip_prefix(kind.word())
            .and_then(|rest| rest.strip_prefix(':'))
            .map(|rest| (kind, rest))
    })
}

fn one(part: &str, place: Where, number: usize) -> Result<Expectation, String> {
    let Some((kind, rest)) = kind(part.trim()) else {
        return Err(format!("line {number}: cannot read `{}` as a promise", part.trim()));
    };
    let (code, blocks) = match rest.split_once(" blocks ") {
        Some((code, blocks)) => (code, Some(blocks)),
        None => (rest, None),
    };
    let code = code.trim();
    if code.is_empty() || code.contains(char::is_whitespace) {
        return Err(format!("line {number}: `{}` names no rule", part.trim()));
    }
    let blocks = blocks.map(|blocks| match blocks.trim() {
        "nobody" => Vec::new(),
        names => names.split(',').map(|name| name.trim().to_owned()).collect(),
    });
    Ok(Expectation { kind, code: code.to_owned(), blocks, place })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn promises_stand_at_the_end_of_a_line() {
        let found = parse("a: \"#x\"  # fail: A-1 blocks s1, s2; pass: B-2", 7).unwrap();
        assert_eq!(found[0].blocks, Some(vec!["s1".to_owned(), "s2".to_owned()]));
        assert_eq!(found[0].place, Where::Line(7));
        assert_eq!((found[1].kind, found[1].code.as_str()), (Kind::Pass, "B-2"));
        assert_eq!(parse("# unknown: A-1 blocks nobody", 1).unwrap()[0].place, Where::Anywhere);
        assert_eq!(parse("a: b # remark", 1), Ok(Vec::new()));
        assert!(parse("a: b # fail: A-1; what", 1).is_err());
    }
}
