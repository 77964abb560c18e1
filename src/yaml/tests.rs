//! Trees of small texts: places, scalars, limits, recovery.

use crate::diagnostic::{Diagnostic, Diagnostics};
use crate::source::Sources;
use crate::yaml::path::Path;
use crate::yaml::resolve::Scalar;
use crate::yaml::{Kind, Limits, NodeId, Tree};

fn sources(text: &str) -> Sources {
    let mut sources = Sources::default();
    sources.add("a.yaml", text);
    sources
}

fn read<'s>(sources: &'s Sources, limits: &Limits) -> (Tree<'s>, Vec<Diagnostic>) {
    let mut tree = Tree::new(sources);
    let mut diagnostics = Diagnostics::default();
    for (file, _) in sources.iter() {
        tree.read(file, limits, &mut diagnostics);
    }
    (tree, diagnostics.into_sorted())
}

/// The tree in one line, merges resolved.
fn show(tree: &Tree<'_>, node: NodeId) -> String {
    match tree.kind(node) {
        Kind::Scalar => match tree.scalar(node) {
            Scalar::Text(text) => format!("{text:?}"),
            Scalar::Null => "null".into(),
            Scalar::Bool(value) => value.to_string(),
            Scalar::Int(value) => value.to_string(),
            Scalar::Float(value) => format!("{value:?}"),
        },
        Kind::Sequence => {
            let items: Vec<String> = tree.items(node).map(|item| show(tree, item)).collect();
            format!("[{}]", items.join(", "))
        }
        Kind::Mapping => {
            let entries = tree.entries(node);
            let shown: Vec<String> = entries
                .map(|entry| format!("{}: {}", tree.text(entry.key), show(tree, entry.value)))
                .collect();
            format!("{{{}}}", shown.join(", "))
        }
    }
}

/// Every complaint as `code: text at its places`.
fn told(sources: &Sources, diagnostics: &[Diagnostic]) -> Vec<String> {
    let place = |found: &Diagnostic| {
        let labels = found.labels.iter().map(|label| {
            let at = sources.get(label.span.file).position(label.span.start);
            format!("{}:{} `{}`", at.line, at.column, sources.slice(label.span))
        });
        labels.collect::<Vec<_>>().join(", ")
    };
    diagnostics.iter().map(|found| format!("{}: {}", found.code, place(found))).collect()
}

#[track_caller]
fn check(text: &str, documents: &[&str], complaints: &[&str]) {
    let sources = sources(text);
    let (tree, diagnostics) = read(&sources, &Limits::default());
    let shown: Vec<String> =
        tree.documents().iter().map(|document| show(&tree, document.root)).collect();
    assert_eq!(shown, documents, "{text}");
    assert_eq!(told(&sources, &diagnostics), complaints, "{text}");
}

#[test]
fn block_and_flow_are_read() {
    check(
        "a: 1\nb:\n- x\n- 'y'\nc: {d: [true, ~], \"e\": }\nf: |\n  one\n  two\n",
        &[r#"{a: 1, b: ["x", "y"], c: {d: [true, null], e: null}, f: "one\ntwo\n"}"#],
        &[],
    );
    check("", &[], &[]);
    check("# nothing\n", &[], &[]);
    check("---\n---\na\n", &["null", "\"a\""], &[]);
    check("{\"a\": \"\\ud83d\\ude00\\/\",\n\t\"b\": 1e5}", &["{a: \"😀/\", b: 100000.0}"], &[]);
    check("a: 1\r\nb: |\r\n  x\r\n  y\r\n", &[r#"{a: 1, b: "x\ny\n"}"#], &[]);
}

#[test]
fn a_byte_order_mark_is_no_column() {
    let sources = sources("\u{feff}a: 1\n");
    let (tree, diagnostics) = read(&sources, &Limits::default());
    assert!(diagnostics.is_empty());
    let entry = tree.get(tree.documents()[0].root, "a").map(|entry| tree.span(entry.key));
    let at = entry.map(|span| (span.start, sources.get(span.file).position(span.start).column));
    assert_eq!(at, Some((3, 1)));
}

#[test]
fn duplicate_keys_are_told_at_both_places_and_the_first_stays() {
    check("a: 1\nb: 2\n\"a\": 3\n", &["{a: 1, b: 2}"], &["duplicate-key: 3:1 `\"a\"`, 1:1 `a`"]);
    check(
        "{a: 1, a: {a: 2}, a: 3, b: 4}",
        &["{a: 1, b: 4}"],
        &["duplicate-key: 1:8 `a`, 1:2 `a`", "duplicate-key: 1:19 `a`, 1:2 `a`"],
    );
    let many: String = (0..100).chain(50..60).map(|n| format!("k{n}: {n}\n")).collect();
    let sources = sources(&many);
    let (tree, diagnostics) = read(&sources, &Limits::default());
    assert_eq!(diagnostics.len(), 10);
    assert_eq!(tree.entries(tree.documents()[0].root).count(), 100);
}

#[test]
fn aliases_are_references() {
    check("a: &x [1, 2]\nb: *x\n*x : 3\n", &["{a: [1, 2], b: [1, 2]}"], &["complex-key: 3:1 `*x`"]);
    check("a: &x k\n*x : 3\nk: 4\n", &["{a: \"k\", k: 3}"], &["duplicate-key: 3:1 `k`, 2:1 `*x`"]);
    check("a: *y\nb: 1\n", &["{a: null, b: 1}"], &["unknown-anchor: 1:4 `*y`"]);
    check("a: &x\n  b: *x\n", &["{a: {b: null}}"], &["alias-cycle: 2:6 `*x`, 1:4 `&x`"]);
    check("a: &x 1\n---\nb: *x\n", &["{a: 1}", "{b: null}"], &["unknown-anchor: 3:4 `*x`"]);
}

#[test]
fn merges_are_resolved() {
    check(
        "x: &x {a: 1, b: 2}\ny: &y {<<: *x, a: 3, c: 4}\nz: {<<: [*y, {d: 5, b: 6}], c: 7}\n",
        &["{x: {a: 1, b: 2}, y: {a: 3, c: 4, b: 2}, z: {c: 7, a: 3, b: 2, d: 5}}"],
        &[],
    );
    check(
        "x: &x 1\ny: {<<: *x, a: 2}\n",
        &["{x: 1, y: {a: 2}}"],
        &["merge-not-mapping: 2:9 `*x`, 1:7 `1`"],
    );
    check("y: {'<<': 1}\n", &["{y: {<<: 1}}"], &[]);
    let sources = sources("x: &x {a: 1, b: 2}\ny: {<<: *x, a: 3}\n");
    let (tree, _) = read(&sources, &Limits::default());
    let at = |path: Path| tree.find(tree.documents()[0].root, &path).map(|node| show(&tree, node));
    assert_eq!(at(Path::root().key("y").key("a")).as_deref(), Some("3"));
    assert_eq!(at(Path::root().key("y").key("b")).as_deref(), Some("2"));
    assert_eq!(at(Path::root().key("y").key("<<")), None);
}

#[test]
fn complex_keys_are_refused_and_the_rest_stays() {
    check("a: 1\n? [x, y]\n: {a: 2}\nb: 3\n", &["{a: 1, b: 3}"], &["complex-key: 2:3 `[`"]);
    check("? [x]\n: 1\nb: 2\n", &["{b: 2}"], &["complex-key: 1:3 `[`"]);
    check("{[x]: 1}\n", &["{}"], &["complex-key: 1:2 `[`"]);
}

/// Of what refers to something else, the next node is told by where it stands.
#[test]
fn what_is_left_out_parts_no_neighbours() {
    let escaped = "a: \"b\\n\"\n? [x]\n: 1\nc: 2\n";
    check(escaped, &[r#"{a: "b\n", c: 2}"#], &["complex-key: 2:3 `[`"]);
    let alias = "a: &x 1\nb: *x\nb: 3\nb: 4\nc: *x\nd: *x\n";
    let twice = ["duplicate-key: 3:1 `b`, 2:1 `b`", "duplicate-key: 4:1 `b`, 2:1 `b`"];
    check(alias, &["{a: 1, b: 1, c: 1, d: 1}"], &twice);
    check("a: &x 1\nb: *x\nb: 3\n", &["{a: 1, b: 1}"], &twice[..1]);
}

#[test]
fn syntax_errors_are_located_and_other_documents_stay() {
    check("a: 1\n---\nb: [1, 2\n---\nc: 3\n", &["{a: 1}", "{c: 3}"], &["yaml-syntax: 3:4 `[`"]);
    check("a: 'b\n", &[], &["yaml-syntax: 1:4 `'`"]);
    check("a: b\u{1}c\n", &[], &["yaml-syntax: 1:4 `b`"]);
    check("a: \u{0}\n", &[], &["yaml-syntax: 1:4 `\u{0}`"]);
    check("a:\n\t- b\n", &[], &["yaml-syntax: 2:1 `\t`"]);
}

#[test]
fn tags_are_honoured() {
    check(
        "a: !!str 1\nb: !!int '2'\nc: !!float 3\nd: !mine 4\n",
        &[r#"{a: "1", b: 2, c: 3.0, d: "4"}"#],
        &[],
    );
    check("a: !!int x\n", &["{a: \"x\"}"], &["tag-mismatch: 1:4 `!!int x`"]);
}

#[test]
fn spans_are_those_of_the_text() {
    let sources = sources(
        "a: &x !!str 'it''s'\nb:\n  - >-\n    one\n    two\n\n  - c: |+ # note |\n      x\n\n  - d:\ne: 5\n",
    );
    let (tree, diagnostics) = read(&sources, &Limits::default());
    assert!(diagnostics.is_empty(), "{diagnostics:?}");
    let root = tree.documents()[0].root;
    let at = |path: Path| tree.find(root, &path).map(|node| sources.slice(tree.span(node)));
    assert_eq!(at(Path::root().key("a")), Some("'it''s'"));
    assert_eq!(at(Path::root().key("b").index(0)), Some(">-\n    one\n    two"));
    assert_eq!(at(Path::root().key("b").index(1).key("c")), Some("|+ # note |\n      x\n\n"));
    assert_eq!(at(Path::root().key("b").index(2)), Some("d"));
    assert_eq!(at(Path::root().key("e")), Some("5"));
    let value = tree.find(root, &Path::root().key("e"));
    assert_eq!(value.and_then(|value| tree.key_of(value)).map(|key| tree.text(key)), Some("e"));
    assert_eq!(tree.key_of(root), None);
}

#[test]
fn nothing_stands_behind_its_indicator() {
    let sources = sources("- a\n# x\n-   # y\n  # z\n- b: # y\n- {c , d: }\n-\n");
    let (tree, _) = read(&sources, &Limits::default());
    let root = tree.documents()[0].root;
    let at = |path: Path| {
        tree.find(root, &path).map(|node| (tree.span(node).start, tree.span(node).end))
    };
    assert_eq!(at(Path::root().index(1)), Some((9, 9)));
    assert_eq!(at(Path::root().index(2).key("b")), Some((25, 25)));
    assert_eq!(at(Path::root().index(4)), Some((44, 44)));
}

#[test]
fn several_files_share_a_tree() {
    let mut sources = Sources::default();
    sources.add("a.yaml", "a: \"x\\ty\"\n---\nb: 1\n");
    sources.add("empty.yaml", "");
    sources.add("b.yaml", "c: two\n");
    let (tree, _) = read(&sources, &Limits::default());
    let shown: Vec<_> =
        tree.documents().iter().map(|found| (found.file.0, show(&tree, found.root))).collect();
    assert_eq!(
        shown,
        [
            (0, "{a: \"x\\ty\"}".to_owned()),
            (0, "{b: 1}".to_owned()),
            (2, "{c: \"two\"}".to_owned())
        ]
    );
    assert_eq!(tree.file(tree.documents()[2].root).0, 2);
}

#[test]
fn limits_are_told_where_they_are_reached() {
    let code = |text: &str, limits: Limits| {
        let sources = sources(text);
        let (tree, diagnostics) = read(&sources, &limits);
        assert!(tree.documents().is_empty());
        told(&sources, &diagnostics)
    };
    let limits = Limits::default();
    assert_eq!(code("a: 1\n", Limits { bytes: 4, ..limits }), ["file-too-large: 1:1 ``"]);
    assert_eq!(code("[1, 2, 3]", Limits { nodes: 3, ..limits }), ["too-many-nodes: 1:8 `3`"]);
    assert_eq!(
        code("a:\n  b: {c: [1]}\n", Limits { depth: 3, ..limits }),
        ["nesting-too-deep: 2:10 `[`"]
    );
    let bomb: String = std::iter::once("a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned())
        .chain((1..10).map(|n| {
            let alias = format!("*a{}", n - 1);
            format!("a{n}: &a{n} [{}]\n", vec![alias; 9].join(", "))
        }))
        .collect();
    assert_eq!(code(&bomb, limits), ["alias-expansion: 8:10 `*a6`"]);
}

#[test]
fn hostile_texts_are_refused_quickly() {
    let first = |text: String| {
        let sources = sources(&text);
        let (_, diagnostics) = read(&sources, &Limits::default());
        diagnostics.last().map(|found| found.code.clone())
    };
    for text in ["[", "{a: ", "- ", "? ", "{", "[{a: "] {
        assert_eq!(first(text.repeat(100_000)).as_deref(), Some("nesting-too-deep"), "{text}");
    }
    for text in
        ["]", "}", "\"", ": ", "&a ", "*a ", "!", "%", "|", "\t", "--- [\n", "---\n", "a: b: ", "'"]
    {
        first(text.repeat(50_000));
    }
    assert_eq!(first(format!("a: {}", "x".repeat(2 << 20))), None);
    assert_eq!(first(format!("{{\"{}\": 1}}", "k".repeat(5000))), None);
    assert_eq!(first((0..20_000).map(|n| format!("- &a{n} x\n")).collect()), None);
    assert_eq!(first("- [*a, *b]\n".repeat(5_000)).as_deref(), Some("unknown-anchor"));
}

proptest::proptest! {
    #[test]
    fn any_text_can_be_read(text in "(?s).{0,60}") {
        let sources = sources(&text);
        let (tree, _) = read(&sources, &Limits::default());
        for document in tree.documents() {
            show(&tree, document.root);
        }
    }

    #[test]
    fn any_yaml_like_text_can_be_read(text in "([a-c]|[-:?,\\[\\]{}#&*!|>'\"%@` \n\t<~1]|: |- |\n  ){0,40}") {
        let sources = sources(&text);
        let (tree, diagnostics) = read(&sources, &Limits::default());
        for document in tree.documents() {
            show(&tree, document.root);
        }
        for label in diagnostics.iter().flat_map(|found| &found.labels) {
            let range = label.span.start as usize..label.span.end as usize;
            proptest::prop_assert!(text.get(range).is_some(), "{:?}", label);
        }
    }
}
