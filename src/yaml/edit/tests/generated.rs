//! Changes of generated documents: the value is there, all else is as before, and so are the comments.

use proptest::prelude::*;

use super::{Model, model, read};
use crate::diagnostic::Diagnostics;
use crate::source::Sources;
use crate::yaml::edit::{Change, EditError, Value, change};
use crate::yaml::path::{Path, Step};
use crate::yaml::{Kind, Limits, NodeId, Tree};

/// Draws numbers from a seed; a document is a function of it.
struct Writer {
    seed: u64,
    out: String,
    comments: usize,
    keys: usize,
    eol: &'static str,
    sequence: usize,
    step: usize,
}

impl Writer {
    fn document(seed: u64) -> String {
        let mut writer = Self {
            seed,
            out: String::new(),
            comments: 0,
            keys: 0,
            eol: "\n",
            sequence: 0,
            step: 2,
        };
        writer.sequence = writer.draw(3);
        writer.step = 1 + writer.draw(4);
        if writer.draw(4) == 0 {
            writer.eol = "\r\n";
        }
        if writer.draw(6) == 0 {
            writer.out.push('\u{feff}');
        }
        if writer.draw(6) == 0 {
            writer.out.push_str("---");
            writer.end_line();
        }
        writer.filler(0);
        match writer.draw(6) {
            0 => {
                writer.flow(2, 1);
                writer.end_line();
            }
            1 => writer.list(0, 4),
            _ => writer.map(0, 4),
        }
        writer.filler(0);
        if writer.draw(4) == 0 {
            let end = writer.out.trim_end_matches(['\n', '\r']).len();
            writer.out.truncate(end);
        }
        writer.out
    }

    fn draw(&mut self, below: usize) -> usize {
        self.seed = self
            .seed
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.seed >> 33) as usize % below
    }

    fn comment(&mut self) {
        self.comments += 1;
        self.out.push_str(&format!("# c{};", self.comments));
    }

    fn end_line(&mut self) {
        if self.draw(4) == 0 {
            let blanks = [" ", "   "][self.draw(2)];
            self.out.push_str(blanks);
            self.comment();
        }
        self.out.push_str(self.eol);
    }

    /// Empty lines and comments between entries.
    fn filler(&mut self, column: usize) {
        while self.draw(6) == 0 {
            if self.draw(2) == 0 {
                self.indent(column);
                self.comment();
            }
            self.out.push_str(self.eol);
        }
    }

    fn indent(&mut self, column: usize) {
        self.out.push_str(&" ".repeat(column));
    }

    fn key(&mut self) -> String {
        self.keys += 1;
        let number = self.keys;
        match self.draw(6) {
            0 => format!("\"k {number}\""),
            1 => format!("'k#{number}'"),
            _ => format!("k{number}"),
        }
    }

    fn map(&mut self, column: usize, depth: usize) {
        for at in 0..1 + self.draw(3) {
            if at > 0 {
                self.filler(column);
                self.indent(column);
            }
            let key = self.key();
            self.out.push_str(&key);
            if self.draw(12) == 0 {
                self.out.push(' ');
            }
            self.out.push(':');
            self.value(column, depth, false);
        }
    }

    fn list(&mut self, column: usize, depth: usize) {
        for at in 0..1 + self.draw(3) {
            if at > 0 {
                self.filler(column);
                self.indent(column);
            }
            self.out.push('-');
            self.value(column, depth, true);
        }
    }

    /// What stands behind a `:` or `-`, to the end of its last line.
    fn value(&mut self, column: usize, depth: usize, item: bool) {
        let collection = depth > 0 && self.draw(2) == 0;
        if collection {
            let map = self.draw(2) == 0;
            if item && self.draw(3) > 0 {
                let blanks = 1 + self.draw(2);
                self.indent(blanks);
                let column = column + 1 + blanks;
                if map {
                    self.map(column, depth - 1)
                } else {
                    self.list(column, depth - 1)
                }
                return;
            }
            self.end_line();
            let below = if map || item { column + self.step } else { column + self.sequence };
            self.filler(below);
            self.indent(below);
            if map {
                self.map(below, depth - 1)
            } else {
                self.list(below, depth - 1)
            }
            return;
        }
        match self.draw(9) {
            0 => self.end_line(),
            1 => {
                let header = [" |", " |+", " >-", " |-"][self.draw(4)];
                self.out.push_str(header);
                self.end_line();
                for _ in 0..1 + self.draw(2) {
                    self.indent(column + 2);
                    let line = ["text", "# no comment", "a: b"][self.draw(3)];
                    self.out.push_str(line);
                    self.out.push_str(self.eol);
                }
                if self.draw(3) == 0 {
                    self.out.push_str(self.eol);
                }
            }
            2 | 3 => {
                self.out.push(' ');
                self.flow(2, column + 1);
                self.end_line();
            }
            4 => {
                self.out.push_str(" \"one");
                self.out.push_str(self.eol);
                self.indent(column + 1);
                self.out.push_str("two\"");
                self.end_line();
            }
            _ => {
                self.out.push(' ');
                let scalar =
                    ["1", "true", "word", "two words", "'it''s'", "\"x\\ty\"", "~", "[]", "{}"]
                        [self.draw(9)];
                self.out.push_str(scalar);
                self.end_line();
            }
        }
    }

    fn flow(&mut self, depth: usize, column: usize) {
        let map = self.draw(2) == 0;
        let lines = self.draw(3) == 0;
        let parts = self.draw(4);
        self.out.push(if map { '{' } else { '[' });
        for at in 0..parts {
            if lines {
                self.end_line();
                self.indent(column + 1);
            } else if at > 0 && self.draw(4) > 0 {
                self.out.push(' ');
            }
            if map {
                let key = self.key();
                self.out.push_str(&key);
                self.out.push_str(": ");
            }
            match self.draw(if depth > 0 { 5 } else { 4 }) {
                4 => self.flow(depth - 1, column + 1),
                other => self.out.push_str(["1", "x y", "'q'", "~"][other]),
            }
            if at + 1 < parts || self.draw(4) == 0 {
                self.out.push(',');
            }
        }
        if lines && parts > 0 {
            self.end_line();
            self.indent(column);
        }
        self.out.push(if map { '}' } else { ']' });
    }
}

/// All paths of a document with the nodes at them.
fn paths(tree: &Tree<'_>, node: NodeId, here: &Path, all: &mut Vec<(Path, NodeId)>) {
    all.push((here.clone(), node));
    match tree.kind(node) {
        Kind::Scalar => {}
        Kind::Sequence => {
            for (at, item) in tree.items(node).enumerate() {
                paths(tree, item, &here.clone().index(at), all);
            }
        }
        Kind::Mapping => {
            for entry in tree.own_entries(node) {
                paths(tree, entry.value, &here.clone().key(tree.text(entry.key)), all);
            }
        }
    }
}

fn expect(value: &Value) -> Model {
    match value {
        Value::Text(text) => Model::Scalar(format!("Text({text:?})")),
        Value::Raw(token) => Model::Scalar(format!("Int({token})")),
        Value::List(items) => Model::List(items.iter().map(expect).collect()),
        Value::Map(entries) => {
            Model::Map(entries.iter().map(|(key, value)| (key.clone(), expect(value))).collect())
        }
    }
}

fn at<'m>(model: &'m mut Model, steps: &[Step]) -> Option<&'m mut Model> {
    steps.iter().try_fold(model, |model, step| match (model, step) {
        (Model::Map(entries), Step::Key(key)) => {
            entries.iter_mut().find(|entry| entry.0 == *key).map(|entry| &mut entry.1)
        }
        (Model::List(items), Step::Index(index)) => items.get_mut(*index),
        _ => None,
    })
}

fn texts() -> impl Strategy<Value = String> {
    prop_oneof!["[a-z]{1,5}", "(?s).{0,12}", "[-:#, a?&*!|>'\"%@`{}\\[\\]\n0-9.~]{0,6}"]
}

fn values() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        texts().prop_map(Value::Text),
        (-50..50i64).prop_map(|number| Value::Raw(number.to_string()))
    ];
    leaf.prop_recursive(3, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Value::List),
            prop::collection::vec((texts(), inner), 0..3).prop_map(|entries| {
                let mut kept: Vec<(String, Value)> = Vec::new();
                for (key, value) in entries {
                    if kept.iter().all(|(known, _)| *known != key) {
                        kept.push((key, value));
                    }
                }
                Value::Map(kept)
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { max_shrink_iters: 3000, ..ProptestConfig::default() })]
    #[test]
    fn a_change_changes_that_and_nothing_else(seed: u64, pick: u64, wish in 0..4u8, value in values(), new_key in texts()) {
        let text = Writer::document(seed);
        let mut sources = Sources::default();
        let file = sources.add("", text.as_str());
        let mut tree = Tree::new(&sources);
        let mut diagnostics = Diagnostics::default();
        tree.read(file, &Limits::default(), &mut diagnostics);
        prop_assert!(!diagnostics.has_errors(), "{diagnostics:?}\n{text}");
        let Some(root) = tree.documents().first().map(|found| found.root) else { return Ok(()) };
        let mut all = Vec::new();
        paths(&tree, root, &Path::root(), &mut all);
        let (path, node) = all[pick as usize % all.len()].clone();
        let mut expected = model(&tree, root);
        let Some(here) = at(&mut expected, path.steps()) else { panic!("{path}") };
        // The lines whose comments may go.
        let span = tree.span(node);
        let mut gone = span.start as usize..span.end as usize;
        let line_end = |at: usize| text[at..].find('\n').map_or(text.len(), |found| at + found);
        if tree.kind(node) != Kind::Scalar {
            gone.end = line_end(gone.end);
        }
        let is_empty = matches!(here, Model::Scalar(shown) if shown == "Null");
        let wish = match (wish, here) {
            (0, here) => {
                *here = expect(&value);
                Change::Set(path.clone(), value)
            }
            (1, Model::Map(entries)) => {
                if entries.iter().any(|(key, _)| *key == new_key) {
                    return Ok(());
                }
                entries.push((new_key.clone(), expect(&value)));
                gone = 0..0;
                Change::Insert(path.key(new_key), value)
            }
            (1, Model::List(items)) => {
                let index = (pick >> 32) as usize % (items.len() + 1);
                items.insert(index, expect(&value));
                gone = 0..0;
                Change::Insert(path.index(index), value)
            }
            (1, here) if is_empty => {
                *here = Model::Map(vec![(new_key.clone(), Model::List(vec![expect(&value)]))]);
                gone = 0..0;
                Change::Insert(path.key(new_key).index(0), value)
            }
            (2, _) => {
                let Some((last, above)) = path.steps().split_last() else { return Ok(()) };
                match (at(&mut expected, above), last) {
                    (Some(Model::Map(entries)), Step::Key(key)) => entries.retain(|entry| entry.0 != *key),
                    (Some(Model::List(items)), Step::Index(index)) => drop(items.remove(*index)),
                    _ => panic!("{path}"),
                }
                // The only part of a collection goes with the collection.
                let line = |at: usize| text[..at].rfind('\n').map_or(0, |found| found + 1);
                let above: Path = above.iter().cloned().collect();
                let before = match last {
                    Step::Key(_) => tree.key_of(node).map(|key| tree.span(key).start),
                    Step::Index(0) => tree.find(root, &above).map(|list| tree.span(list).start),
                    Step::Index(at) => tree.find(root, &above.index(at - 1)).map(|item| tree.span(item).end),
                };
                gone = line(before.map_or(gone.start, |start| start as usize))..line_end(gone.end);
                Change::Remove(path)
            }
            _ => return Ok(()),
        };
        let changed = match change(&text, 0, std::slice::from_ref(&wish)) {
            Ok(changed) => changed,
            Err(error @ EditError::Unusual(_)) => return Err(TestCaseError::fail(format!("{error}\n{text}"))),
            Err(error) => return Err(TestCaseError::fail(format!("{error} {wish:?}\n{text}"))),
        };
        prop_assert_eq!(read(&changed), Some(expected), "{:?}\n{}\n----\n{}", wish, text, changed);
        // Comments in texts do not end with a semicolon.
        for (place, _) in text.match_indices("# c") {
            let end = text[place..].find(';').map_or(place, |found| place + found + 1);
            if !gone.contains(&place) {
                prop_assert!(changed.contains(&text[place..end]), "{} {:?}\n{}\n----\n{}", &text[place..end], wish, text, changed);
            }
        }
        let lone = changed.replace("\r\n", "").contains('\n');
        prop_assert!(!text.contains("\r\n") || !lone || text.replace("\r\n", "").contains('\n'), "{:?}", changed);
    }
}

proptest! {
    #[test]
    fn no_text_makes_a_change_panic(text in "([a-c]|[-:?,\\[\\]{}#&*!|>'\"%@` \n\t<~1]|: |- |\n  |ä){0,24}", value in values()) {
        let mut sources = Sources::default();
        let file = sources.add("", text.as_str());
        let mut tree = Tree::new(&sources);
        tree.read(file, &Limits::default(), &mut Diagnostics::default());
        let Some(root) = tree.documents().first().map(|found| found.root) else { return Ok(()) };
        let mut all = Vec::new();
        paths(&tree, root, &Path::root(), &mut all);
        for (path, _) in all {
            for wish in [
                Change::Set(path.clone(), value.clone()),
                Change::Insert(path.clone().key("new"), value.clone()),
                Change::Insert(path.clone().index(0), value.clone()),
                Change::Remove(path),
            ] {
                let _ = change(&text, 0, &[wish]);
            }
        }
    }
}

/// Each value of each document of the YAML test suite is replaced, added to and removed.
#[test]
fn the_yaml_test_suite_can_be_changed() {
    let file = std::path::Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../shared/data/yaml-test-suite/cases.json");
    let Ok(cases) = std::fs::read_to_string(&file) else {
        println!("skipped: the YAML test suite is not there");
        return;
    };
    let cases: Vec<serde_json::Value> = serde_json::from_str(&cases).unwrap_or_default();
    let (mut wrong, mut done, mut refused) = (Vec::new(), 0, 0);
    for case in &cases {
        let text = case["yaml"].as_str().unwrap_or("");
        let mut sources = Sources::default();
        let file = sources.add("", text);
        let mut tree = Tree::new(&sources);
        let mut diagnostics = Diagnostics::default();
        tree.read(file, &Limits::default(), &mut diagnostics);
        let Some(root) = tree.documents().first().map(|found| found.root) else { continue };
        if diagnostics.has_errors() {
            continue;
        }
        let mut all = Vec::new();
        paths(&tree, root, &Path::root(), &mut all);
        for (path, _) in all {
            for wish in wishes(&tree, root, &path) {
                let (wish, expected) = wish;
                match change(text, 0, std::slice::from_ref(&wish)) {
                    Err(EditError::Shared(_) | EditError::Unusual(_)) => refused += 1,
                    Ok(changed) if read(&changed) == Some(expected) => done += 1,
                    result => wrong.push(format!(
                        "{} {wish:?}\n{text}----\n{}",
                        case["id"],
                        result.unwrap_or_default()
                    )),
                }
            }
        }
    }
    assert!(
        wrong.is_empty(),
        "{}\n{} of {}",
        wrong.join("\n====\n"),
        wrong.len(),
        wrong.len() + done
    );
    println!("{done} changes, {refused} refused");
}

fn wishes(tree: &Tree<'_>, root: NodeId, path: &Path) -> Vec<(Change, Model)> {
    let mut wishes = Vec::new();
    let text = Value::Text("new: #".into());
    let list = Value::List(vec![
        Value::Map(vec![("k".into(), text.clone()), ("l".into(), text.clone())]),
        text.clone(),
    ]);
    for value in [text, list] {
        let mut whole = model(tree, root);
        if let Some(here) = at(&mut whole, path.steps()) {
            *here = expect(&value);
            wishes.push((Change::Set(path.clone(), value.clone()), whole));
        }
        let mut whole = model(tree, root);
        match at(&mut whole, path.steps()) {
            Some(Model::Map(entries)) => {
                entries.push(("new".into(), expect(&value)));
                wishes.push((Change::Insert(path.clone().key("new"), value), whole));
            }
            Some(Model::List(items)) => {
                items.push(expect(&value));
                let last = items.len() - 1;
                wishes.push((Change::Insert(path.clone().index(last), value.clone()), whole));
                let mut whole = model(tree, root);
                if let Some(Model::List(items)) = at(&mut whole, path.steps()) {
                    items.insert(0, expect(&value));
                    wishes.push((Change::Insert(path.clone().index(0), value), whole));
                }
            }
            _ => {}
        }
    }
    let mut whole = model(tree, root);
    if let Some((last, above)) = path.steps().split_last() {
        match (at(&mut whole, above), last) {
            (Some(Model::Map(entries)), Step::Key(key)) => entries.retain(|entry| entry.0 != *key),
            (Some(Model::List(items)), Step::Index(index)) => drop(items.remove(*index)),
            _ => return wishes,
        }
        wishes.push((Change::Remove(path.clone()), whole));
    }
    wishes
}
