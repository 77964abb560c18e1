//! A manual page: Markdown, read as far as it matters here.
//!
//! Owns finding sections, their prose and their cases. A section whose heading begins with an id is about that rule;
//! its YAML blocks are cases. Elsewhere a block is a case where it promises something, else it is an example to read.

use crate::spec::expect::{self, Expectation};

/// A page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Its file.
    pub name: String,
    /// Its sections; what stands before the first heading is one, too.
    pub sections: Vec<Section>,
    /// Changes to the rules that it calls equal in meaning.
    pub marks: Vec<Mark>,
}

/// ``<!-- equal: SRV-001: `s.slots > 0` becomes `s.slots >= 1`: slots are whole numbers -->``, on a line or on several.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mark {
    /// Its first line, from 1.
    pub line: usize,
    /// The rule or definition that is changed.
    pub owner: String,
    /// The expression as it is, on one line.
    pub before: String,
    /// The expression as it would be.
    pub after: String,
    /// Why both mean the same.
    pub reason: String,
    /// Why it cannot be read, if it cannot.
    pub broken: Option<String>,
}

impl Mark {
    /// What begins a mark.
    const START: &str = "<!-- equal:";

    fn parse(text: &str, line: usize) -> Mark {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let inner = text.strip_prefix(Mark::START).and_then(|text| text.strip_suffix("-->"));
        let read = || {
            let (owner, rest) = inner?.split_once(": `")?;
            let (before, rest) = rest.split_once("` becomes `")?;
            let (after, reason) = rest.split_once("`:")?;
            let [owner, reason] = [owner, reason].map(|part| part.trim().to_owned());
            let (before, after) = (before.to_owned(), after.to_owned());
            let complete = !owner.is_empty() && !reason.is_empty();
            complete.then_some(Mark { line, owner, before, after, reason, broken: None })
        };
        read().unwrap_or_else(|| {
            let form = "<!-- equal: ABC-001: `a > 0` becomes `a >= 1`: the reason -->";
            let broken = Some(format!("this mark cannot be read: write {form}"));
            Mark { line, broken, ..Mark::default() }
        })
    }
}

/// A heading and what stands below it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Section {
    /// Its line, from 1.
    pub line: usize,
    /// How deep the heading is; 0 before the first.
    pub level: usize,
    /// The rule that it is about.
    pub rule: Option<String>,
    /// The heading without the rule.
    pub title: String,
    /// The text without the cases.
    pub prose: String,
    /// The cases.
    pub cases: Vec<Case>,
}

/// A description with promises.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Case {
    /// The line of the page on which its text starts, from 1.
    pub line: usize,
    /// Its text.
    pub text: String,
    /// What it promises.
    pub expectations: Vec<Expectation>,
    /// Promises that cannot be read.
    pub broken: Vec<String>,
    /// The steps that the plan for it must have, one a line, where the page tells.
    pub plan: Option<Vec<String>>,
}

impl Case {
    /// What stands behind a key at the start of a line.
    pub fn top_level(&self, key: &str) -> Option<&str> {
        self.text.lines().find_map(|line| {
            let rest = line.strip_prefix(key)?.strip_prefix(':')?;
            Some(rest.split(" #").next().unwrap_or_default().trim().trim_matches(['"', '\'']))
        })
    }
}

impl Page {
    /// Reads a page.
    pub fn parse(name: &str, text: &str) -> Page {
        let mut page =
            Page { name: name.to_owned(), sections: vec![Section::default()], marks: Vec::new() };
        let mut fence: Option<Fence> = None;
        let mut mark: Option<(usize, String)> = None;
        for (at, line) in text.lines().enumerate() {
            if let Some(open) = &mut fence {
                if open.ends(line) {
                    let section = page.sections.last_mut();
                    if let (Some(section), Some(done)) = (section, fence.take()) {
                        done.close(section);
                    }
                } else {
                    open.push(line);
                }
                continue;
            }
            if mark.is_none() && line.starts_with(Mark::START) {
                mark = Some((at + 1, String::new()));
            }
            if let Some((first, text)) = &mut mark {
                text.push_str(line);
                text.push('\n');
                if line.trim_end().ends_with("-->") {
                    page.marks.push(Mark::parse(text, *first));
                    mark = None;
                }
                continue;
            }
            if let Some(open) = Fence::open(line, at + 2) {
                fence = Some(open);
            } else if let Some(section) = heading(line, at + 1) {
                page.sections.push(section);
            } else if let Some(section) = page.sections.last_mut() {
                section.prose.push_str(line);
                section.prose.push('\n');
            }
        }
        if let (Some(open), Some(section)) = (fence, page.sections.last_mut()) {
            open.close(section);
        }
        if let Some((first, text)) = mark {
            page.marks.push(Mark::parse(&text, first));
        }
        page
    }
}

/// A block between fences.
struct Fence {
    mark: String,
    indent: usize,
    language: String,
    line: usize,
    text: String,
}

impl Fence {
    fn open(line: &str, next: usize) -> Option<Fence> {
        let text = line.trim_start_matches(' ');
        let mark =
            ['`', '~'].into_iter().find(|mark| text.starts_with(&mark.to_string().repeat(3)))?;
        let rest = text.trim_start_matches(mark);
        let language = rest.split_whitespace().next().unwrap_or_default().to_owned();
        let mark = text[..text.len() - rest.len()].to_owned();
        let indent = line.len() - text.len();
        Some(Fence { mark, indent, language, line: next, text: String::new() })
    }

    fn ends(&self, line: &str) -> bool {
        let line = line.trim();
        line.starts_with(&self.mark) && line.chars().all(|char| self.mark.starts_with(char))
    }

    fn push(&mut self, line: &str) {
        let blanks = line.len() - line.trim_start_matches(' ').len();
        self.text.push_str(&line[blanks.min(self.indent)..]);
        self.text.push('\n');
    }

    fn close(self, section: &mut Section) {
        if let ("plan", Some(_), Some(case)) =
            (self.language.as_str(), &section.rule, section.cases.last_mut())
        {
            let lines = self.text.lines().map(str::trim).filter(|line| !line.is_empty());
            case.plan = Some(lines.map(str::to_owned).collect());
        }
        // Plans and reports are examples to read.
        if !matches!(self.language.as_str(), "yaml" | "yml" | "json") {
            section
                .prose
                .push_str(&format!("{0}{1}\n{2}{0}\n", self.mark, self.language, self.text));
            return;
        }
        let mut case = Case { line: self.line, ..Case::default() };
        for (at, line) in self.text.lines().enumerate() {
            match expect::parse(line, self.line + at) {
                Ok(expectations) => case.expectations.extend(expectations),
                Err(problem) => case.broken.push(problem),
            }
        }
        let promises = !case.expectations.is_empty() || !case.broken.is_empty();
        if section.rule.is_none() && !promises {
            section
                .prose
                .push_str(&format!("{0}{1}\n{2}{0}\n", self.mark, self.language, self.text));
            return;
        }
        case.text = self.text;
        section.cases.push(case);
    }
}

fn heading(line: &str, number: usize) -> Option<Section> {
    let level = line.bytes().take_while(|byte| *byte == b'#').count();
    let text = line.get(level..)?.strip_prefix(' ')?.trim();
    if level == 0 || level > 6 {
        return None;
    }
    let (rule, title) = match text.split_once(':') {
        Some((id, title)) if is_id(id.trim_matches('`')) => {
            (Some(id.trim_matches('`').to_owned()), title.trim())
        }
        None if is_id(text.trim_matches('`')) => (Some(text.trim_matches('`').to_owned()), ""),
        _ => (None, text),
    };
    Some(Section { line: number, level, rule, title: title.to_owned(), ..Section::default() })
}

/// Whether a word is the id of a rule: `ABC-001`.
fn is_id(word: &str) -> bool {
    let mut parts = word.split('-');
    let first = parts.next().unwrap_or_default();
    first.starts_with(|char: char| char.is_ascii_uppercase())
        && first.chars().all(|char| char.is_ascii_uppercase() || char.is_ascii_digit())
        && word.contains('-')
        && parts
            .all(|part| !part.is_empty() && part.chars().all(|char| char.is_ascii_alphanumeric()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "\
# Servers

Text.

## SRV-001: A server runs

It must.

```yaml
servers:
  - id: s1
    state: stopped   # fail: SRV-001 blocks s1
```

```plan
1. start it
```

## More

```yaml
just: an example
```
";

    #[test]
    fn cases_know_their_rule_and_their_lines() {
        let page = Page::parse("page.md", PAGE);
        let section = &page.sections[2];
        assert_eq!(section.rule.as_deref(), Some("SRV-001"));
        assert_eq!(section.title, "A server runs");
        assert_eq!(section.cases[0].line, 10);
        assert_eq!(
            section.cases[0].expectations[0].to_string(),
            "line 12: fail[SRV-001] blocks s1"
        );
        assert!(section.prose.contains("It must.") && section.prose.contains("start it"));
        assert!(page.sections[3].cases.is_empty());
    }

    #[test]
    fn marks_are_no_prose() {
        let text = "## A-1: x\n<!-- equal: A-1: `a > 0` becomes\n`a >= 1`: whole numbers -->\nProse.\n<!-- equal: A-1 -->\n";
        let page = Page::parse("page.md", text);
        let [mark, broken] = page.marks.as_slice() else { panic!("{:?}", page.marks) };
        let parts = [&mark.owner, &mark.before, &mark.after, &mark.reason];
        assert_eq!(parts, ["A-1", "a > 0", "a >= 1", "whole numbers"]);
        assert_eq!((mark.line, &mark.broken), (2, &None));
        assert!(broken.line == 5 && broken.broken.is_some());
        assert_eq!(page.sections[1].prose, "Prose.\n");
    }

    #[test]
    fn keys_of_the_top_level_are_found() {
        let case = Case { text: "name: \"x y\" # z\n  kind: no\n".to_owned(), ..Case::default() };
        assert_eq!(case.top_level("name"), Some("x y"));
        assert_eq!(case.top_level("kind"), None);
    }
}
