//! Changes of small texts, and what they leave alone.

use crate::diagnostic::Diagnostics;
use crate::source::Sources;
use crate::yaml::edit::{Change, EditError, Value, change};
use crate::yaml::path::{Path, Step};
use crate::yaml::{Kind, Limits, NodeId, Tree};

mod generated;

fn text(value: &str) -> Value {
    Value::Text(value.into())
}

fn map(entries: &[(&str, Value)]) -> Value {
    Value::Map(entries.iter().map(|(key, value)| ((*key).to_owned(), value.clone())).collect())
}

/// `a.b[2]`, without quotes.
fn path(written: &str) -> Path {
    let steps = written.split(['.', '[']).filter(|step| !step.is_empty());
    steps
        .map(|step| match step.strip_suffix(']') {
            Some(index) => Step::Index(index.parse().unwrap_or(0)),
            None => Step::Key(step.into()),
        })
        .collect()
}

#[track_caller]
fn check(before: &str, changes: &[Change], after: &str) {
    assert_eq!(change(before, 0, changes).as_deref(), Ok(after), "{before}");
    // The same with the other line ends.
    let crlf = |text: &str| text.replace('\n', "\r\n");
    if before.contains('\n') {
        assert_eq!(change(&crlf(before), 0, changes), Ok(crlf(after)), "{before} with CRLF");
    }
}

#[track_caller]
fn set(before: &str, at: &str, value: Value, after: &str) {
    check(before, &[Change::Set(path(at), value)], after);
}

#[track_caller]
fn insert(before: &str, at: &str, value: Value, after: &str) {
    check(before, &[Change::Insert(path(at), value)], after);
}

#[track_caller]
fn remove(before: &str, at: &str, after: &str) {
    check(before, &[Change::Remove(path(at))], after);
}

#[test]
fn a_scalar_is_replaced_in_place() {
    set("a: 1 # one\nb: 2\n", "a", text("x"), "a: x # one\nb: 2\n");
    set("a: {b: 1, c: 2} # x\n", "a.b", text("p, q"), "a: {b: \"p, q\", c: 2} # x\n");
    set("a:\n  - b: 'x'   # x\n", "a[0].b", Value::Raw("true".into()), "a:\n  - b: true   # x\n");
    set("a: |  # x\n  one\n  two\n\nb: 2\n", "a", text("x"), "a: x  # x\n\nb: 2\n");
    set("a: |+\n  one\n\nb: 2\n", "a", text("x"), "a: x\nb: 2\n");
    set("a:\nb: 2", "a", text("x"), "a: x\nb: 2");
    set("a: !!str &x 1\n", "a", text("x"), "a: x\n");
    set("{\"a\": 1}", "a", text("x"), "{\"a\": \"x\"}");
    set("{a, b: }\n", "a", text("x"), "{a: x, b: }\n");
    set("{a, b: }\n", "b", text("x"), "{a, b: x }\n");
    set("- a\n-\n- c\n", "[1]", text("x"), "- a\n- x\n- c\n");
    set("\"a b\": 1\n", "a b", text("x"), "\"a b\": x\n");
    set("one", "", text("x"), "x");
    set("--- one # x\n", "", text("x"), "--- x # x\n");
    set("a: one\n  two # x\nb: 2\n", "a", text("x"), "a: x # x\nb: 2\n");
    set("a:\n  # x\n  one\nb: 2\n", "a", text("x"), "a: x\n  # x\nb: 2\n");
}

#[test]
fn collections_replace_and_are_replaced() {
    let list = || Value::List(vec![text("x"), text("z")]);
    set("a: 1 # x\nb: 2\n", "a", list(), "a: # x\n  - x\n  - z\nb: 2\n");
    set("a: 1\nb:\n- 2\n", "a", list(), "a:\n- x\n- z\nb:\n- 2\n");
    set("a: # x\n  - 1\n  - 2 # y\nb: 2\n", "a", text("x"), "a: x # x\nb: 2\n");
    set("a: # x\n  - 1\nb: 2\n", "a", list(), "a: # x\n  - x\n  - z\nb: 2\n");
    set("a: [1,\n  2] # x\nb: 2\n", "a", list(), "a:\n  - x\n  - z # x\nb: 2\n");
    set(
        "- 1\n- 2\n",
        "[0]",
        map(&[("a", text("x")), ("b", list())]),
        "- a: x\n  b:\n    - x\n    - z\n- 2\n",
    );
    set("- 1 # x\n- 2\n", "[0]", map(&[("a", text("x"))]), "- # x\n  a: x\n- 2\n");
    set("- a: 1\n  b: 2\n- 2\n", "[0]", text("x"), "- x\n- 2\n");
    set("- a: 1\n  b: 2\n- 2\n", "[0]", list(), "- - x\n  - z\n- 2\n");
    set("a: {b: 1}\n", "a.b", list(), "a: {b: [x, z]}\n");
    set("a: 1\n", "", list(), "- x\n- z\n");
    set("--- 1\n", "", list(), "---\n- x\n- z\n");
    set(
        "a:\n    b: 1\nc: 1\n",
        "c",
        map(&[("d", map(&[("e", text("x"))]))]),
        "a:\n    b: 1\nc:\n    d:\n        e: x\n",
    );
}

#[test]
fn entries_go_behind_the_last_one() {
    insert("a: 1 # x\n# y\n", "b", text("x"), "a: 1 # x\nb: x\n# y\n");
    insert("a: 1", "b", text("x"), "a: 1\nb: x");
    insert("a:\n  b: 1\nc: 2\n", "a.d", text("x"), "a:\n  b: 1\n  d: x\nc: 2\n");
    insert(
        "- a: 1\n  b: |\n    x\n\n- c\n",
        "[0].d",
        text("x"),
        "- a: 1\n  b: |\n    x\n  d: x\n\n- c\n",
    );
    insert("a: |+\n  x\n\n", "b", text("x"), "a: |+\n  x\n\nb: x\n");
    insert("a:\n  b:\n", "a.c", text("x"), "a:\n  b:\n  c: x\n");
    insert("a: {b: 1}\n", "a.c", text("x"), "a: {b: 1, c: x}\n");
    insert(
        "a: {\n  b: 1, # x\n  c: 2 # y\n  }\n",
        "a.d",
        text("x"),
        "a: {\n  b: 1, # x\n  c: 2, # y\n  d: x\n  }\n",
    );
    insert("{\n  \"a\": 1\n}\n", "b", text("x"), "{\n  \"a\": 1,\n  \"b\": \"x\"\n}\n");
    insert("a: 1\n", "b.c[0].d", text("x"), "a: 1\nb:\n  c:\n    - d: x\n");
    insert("a: 1\n", "b", Value::List(Vec::new()), "a: 1\nb: []\n");
    insert("--- # x\na: 1\n...\n", "b", text("x"), "--- # x\na: 1\nb: x\n...\n");
}

#[test]
fn elements_go_where_they_are_put() {
    insert(
        "a:\n  - 1 # x\n  - 2 # y\nb: 1\n",
        "a[2]",
        text("x"),
        "a:\n  - 1 # x\n  - 2 # y\n  - x\nb: 1\n",
    );
    insert("a:\n- 1\n# y\n- 2\n", "a[1]", text("x"), "a:\n- 1\n- x\n# y\n- 2\n");
    insert("a:\n  # x\n  - 1\n", "a[0]", text("x"), "a:\n  # x\n  - x\n  - 1\n");
    insert("- - 1\n  - 2\n", "[0][0]", text("x"), "- - x\n  - 1\n  - 2\n");
    insert("a: [1, 2]\n", "a[2]", text("x"), "a: [1, 2, x]\n");
    insert("a: [1, 2, ]\n", "a[2]", text("x"), "a: [1, 2, x ]\n");
    insert("a: [1, 2]\n", "a[0]", text("x"), "a: [x, 1, 2]\n");
    insert("a: [\n  1,\n  2,\n  ]\n", "a[2]", text("x"), "a: [\n  1,\n  2,\n  x,\n  ]\n");
    insert("a: [\n  1,\n  2]\n", "a[1]", text("x"), "a: [\n  1,\n  x,\n  2]\n");
    insert("a:\n  - {b: 1}\n", "a[1]", map(&[("b", text("x"))]), "a:\n  - {b: 1}\n  - b: x\n");
    insert("a:\n  - b:\n", "a[1]", text("x"), "a:\n  - b:\n  - x\n");
}

#[test]
fn empty_collections_grow() {
    insert("a: [] # x\nb: 1\n", "a[0]", text("x"), "a: # x\n  - x\nb: 1\n");
    insert("a: {}\nb: 1\n", "a.c", text("x"), "a:\n  c: x\nb: 1\n");
    insert("a:\nb: 1\n", "a.c", text("x"), "a:\n  c: x\nb: 1\n");
    insert("a: ~\n", "a[0]", text("x"), "a:\n  - x\n");
    insert("- {}\n- 1\n", "[0].a", text("x"), "- a: x\n- 1\n");
    insert("{}", "a", text("x"), "a: x");
    insert("[]\n", "[0]", text("x"), "- x\n");
    insert("a: {b: []}\n", "a.b[0]", text("x"), "a: {b: [x]}\n");
    insert("a: &y []\n", "a[0]", text("x"), "a: &y [x]\n");
    insert("a: [ # x\n  ]\n", "a[0]", text("x"), "a: [x # x\n  ]\n");
}

#[test]
fn lines_go_with_their_comments_and_others_stay() {
    remove("a: 1 # x\n# y\nb: 2\n", "a", "# y\nb: 2\n");
    remove("# y\na:\n  - 1\n  - 2\nb: 2\n", "a", "# y\nb: 2\n");
    remove("a: 1\nb: 2", "b", "a: 1\n");
    remove("- 1\n- 2 # x\n- 3\n", "[1]", "- 1\n- 3\n");
    remove("- a: 1 # x\n  b: 2\n", "[0].a", "- b: 2\n");
    remove("- a: 1\n  # x\n  b: 2\n", "[0].a", "-\n  # x\n  b: 2\n");
    remove("- - 1\n  - 2\n", "[0][0]", "- - 2\n");
    remove("a:\n  b: 1\nc: 2\n", "a.b", "a: {}\nc: 2\n");
    remove("a: # x\n  # y\n  - 1\nc: 2\n", "a[0]", "a: [] # x\n  # y\nc: 2\n");
    remove("a: 1\n", "a", "{}\n");
    remove("a: |\n  x\nb: 1\n  # y\nc: 2\n", "b", "a: |\n  x\n# y\nc: 2\n");
    remove("a: |+\n  x\nb: 1\n\nc: 2\n", "b", "a: |+\n  x\nc: 2\n");
    remove("a: [1, 2, 3]\n", "a[0]", "a: [2, 3]\n");
    remove("a: [1, 2, 3]\n", "a[1]", "a: [1, 3]\n");
    remove("a: [1, 2, 3]\n", "a[2]", "a: [1, 2]\n");
    remove("a: [1]\n", "a[0]", "a: []\n");
    remove("a: [\n  1, # x\n  2 # y\n  ]\n", "a[1]", "a: [\n  1 # x\n  ]\n");
    remove("a: [\n  1,\n  2,\n  ]\n", "a[1]", "a: [\n  1,\n  ]\n");
    remove("{\n  \"a\": 1,\n  \"b\": 2\n}\n", "a", "{\n  \"b\": 2\n}\n");
    remove("{\n  \"a\": 1,\n  \"b\": 2\n}\n", "b", "{\n  \"a\": 1\n}\n");
    remove("\u{feff}a: 1\nb: 2\n", "a", "\u{feff}b: 2\n");
}

#[test]
fn what_cannot_be_done_is_said() {
    let no = |before: &str, wish: Change| change(before, 0, &[wish]).err();
    let set = |at: &str| Change::Set(path(at), text("x"));
    assert_eq!(no("a: &x 1\nb: *x\n", set("a")), Some(EditError::Shared(path("a"))));
    assert_eq!(no("a: &x {c: 1}\nb: *x\n", set("b.c")), Some(EditError::Shared(path("b"))));
    assert_eq!(no("a: &x {c: 1}\nb: *x\n", set("a.c")), Some(EditError::Shared(path("a"))));
    assert_eq!(no("a: 1\n", set("a.b")), Some(EditError::NoParts(path("a"))));
    assert_eq!(no("a: [1]\n", set("a[2]")), Some(EditError::Missing(path("a[2]"))));
    assert_eq!(no("? a\n: 1\n", set("a")), Some(EditError::Unusual(path("a"))));
    assert_eq!(
        no("a: 1\n", Change::Insert(path("a"), text("x"))),
        Some(EditError::Exists(path("a")))
    );
    assert_eq!(no("a: 1\n", Change::Remove(path("b"))), Some(EditError::Missing(path("b"))));
    assert_eq!(no("a: 1\n", Change::Remove(Path::root())), Some(EditError::Missing(Path::root())));
    check("a: &x 1\nb: *x\n", &[set("b")], "a: &x 1\nb: x\n");
    check("a: &x {c: 1}\nb: {<<: *x}\n", &[set("b.c")], "a: &x {c: 1}\nb: {<<: *x, c: x}\n");
}

/// What a document says, without its looks.
#[derive(Clone, Debug, PartialEq)]
enum Model {
    Scalar(String),
    List(Vec<Model>),
    Map(Vec<(String, Model)>),
}

fn model(tree: &Tree<'_>, node: NodeId) -> Model {
    match tree.kind(node) {
        Kind::Scalar => Model::Scalar(format!("{:?}", tree.scalar(node))),
        Kind::Sequence => Model::List(tree.items(node).map(|item| model(tree, item)).collect()),
        Kind::Mapping => {
            let entries = tree.entries(node);
            Model::Map(
                entries
                    .map(|entry| (tree.text(entry.key).to_owned(), model(tree, entry.value)))
                    .collect(),
            )
        }
    }
}

fn read(text: &str) -> Option<Model> {
    let mut sources = Sources::default();
    let file = sources.add("", text);
    let mut tree = Tree::new(&sources);
    let mut diagnostics = Diagnostics::default();
    tree.read(file, &Limits::default(), &mut diagnostics);
    let root = tree.documents().first()?.root;
    (!diagnostics.has_errors()).then(|| model(&tree, root))
}
