//! The table of broken clauses.

#![allow(dead_code)]

use crate::support::described::Wish;

/// One copy: what is changed, and what must come out.
pub struct Row {
    /// The clauses that it breaks.
    pub clauses: Vec<String>,
    /// The changes.
    pub wishes: Vec<Wish>,
    /// `RULE:subject outcome at address blocks units`, in the order of the rules.
    pub finds: Vec<String>,
    /// Why one change gives several findings.
    pub why: Option<String>,
}

/// All rows of the table.
pub fn rows() -> Vec<Row> {
    let table: serde_yaml::Value =
        serde_yaml::from_str(include_str!("../outcomes/clauses.yaml")).expect("the table is YAML");
    let texts = |value: &serde_yaml::Value| -> Vec<String> {
        let items = value.as_sequence().cloned().unwrap_or_default();
        items.iter().map(|item| item.as_str().expect("a text").to_owned()).collect()
    };
    let rows = table.as_sequence().expect("a list").iter();
    rows.map(|row| {
        for key in row.as_mapping().expect("a row").keys() {
            let known = ["breaks", "set", "remove", "finds", "why"];
            assert!(known.iter().any(|known| key.as_str() == Some(known)), "{key:?}");
        }
        let set = row["set"].as_mapping().cloned().unwrap_or_default();
        let set = set.iter().map(|(address, value)| {
            Wish::Set(address.as_str().expect("an address").to_owned(), value.clone())
        });
        let remove = texts(&row["remove"]).into_iter().map(Wish::Remove);
        Row {
            clauses: texts(&row["breaks"]),
            wishes: set.chain(remove).collect(),
            finds: texts(&row["finds"]),
            why: row["why"].as_str().map(str::to_owned),
        }
    })
    .collect()
}
