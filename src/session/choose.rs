//! Which pack judges an environment.
//!
//! `pack demo "Demo" when edition == small` judges a description that says `edition: small`.

use crate::diagnostic::Diagnostic;
use crate::session::described::{Described, first_line};
use crate::session::{Inputs, rules};
use crate::source::{FileId, Span};
use crate::yaml::{Kind, Tree};

/// The pack that judges an environment: the one whose `when` its description meets.
pub fn choose(
    tree: &Tree<'_>,
    inputs: &Inputs,
    environment: &Described,
    loaded: &mut [Option<rules::Ready>],
) -> Result<usize, Box<Diagnostic>> {
    let mut fields: Vec<(String, Vec<String>)> = Vec::new();
    for (at, pack) in inputs.packs.iter().enumerate() {
        let when = match &loaded[at] {
            Some(pack) => pack.rules.when.clone(),
            None => rules::when(&inputs.sources, pack),
        };
        let matches = match &when {
            None => true,
            Some((field, word)) => {
                let stated = environment.documents.iter().filter_map(|root| tree.get(*root, field));
                stated.filter(|entry| !entry.contested).any(|entry| {
                    tree.kind(entry.value) == Kind::Scalar && tree.text(entry.value) == word
                })
            }
        };
        if matches {
            if loaded[at].is_none() {
                loaded[at] = Some(rules::ready(&inputs.sources, pack));
            }
            return Ok(at);
        }
        if let Some((field, word)) = when {
            match fields.iter_mut().find(|(known, _)| *known == field) {
                Some((_, words)) => words.push(word),
                None => fields.push((field, vec![word])),
            }
        }
    }
    let root = environment.documents.first().copied();
    let stated = fields.iter().find_map(|(field, _)| {
        let roots = environment.documents.iter();
        roots.filter_map(|root| tree.get(*root, field)).next()
    });
    let span = match (stated, root) {
        (Some(entry), _) => tree.span(entry.value),
        (None, Some(root)) => first_line(tree, root),
        (None, None) => Span::new(FileId(0), 0, 0),
    };
    let known: Vec<String> = fields
        .iter()
        .flat_map(|(field, words)| words.iter().map(move |word| format!("`{field}: {word}`")))
        .collect();
    let message = format!("no rule pack judges environment `{}`", environment.name);
    let help = match known.as_slice() {
        [] => "name a folder with rules: `--rules DIR`".to_owned(),
        known => format!("write {}", known.join(" or ")),
    };
    Err(Box::new(Diagnostic::error("no-pack", message, span).help(help)))
}
