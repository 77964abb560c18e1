//! One change on trial: the pack is compiled with it, and the cases that can notice it are run until one does.
//!
//! Descriptions are read once for all changes, and a case about one rule runs that rule alone.

use std::collections::{BTreeSet, HashMap};

use crate::compile::ir::RuleSet;
use crate::diagnostic::{Diagnostics, Severity};
use crate::evaluate::{Selection, evaluate};
use crate::facts::conform;
use crate::scalar;
use crate::session::rules;
use crate::source::Sources;
use crate::spec::mutate::Fate;
use crate::spec::mutate::edits::Edit;
use crate::spec::page::Page;
use crate::spec::{self, Known, NOW, Prepared, Texts, steps};
use crate::yaml::{Limits, Tree};

/// The cases of a pack, ready for changed rules.
pub(super) struct Trial<'t, 'p> {
    pack: &'t Texts,
    known: Known,
    cases: &'t [Prepared<'p>],
    trees: &'t [Tree<'t>],
    sources: &'t Sources,
    /// What each case finds wrong with the rules as they are, which is nothing where it only speaks of rules.
    before: HashMap<usize, Vec<String>>,
    rules: RuleSet,
}

/// Reads the cases, and hands them on.
pub(super) fn with(pages: &[Page], pack: &Texts, then: impl FnOnce(&mut Trial<'_, '_>)) {
    let inputs = pack.inputs();
    let loaded = rules::load(&inputs.sources, &inputs.packs[0]);
    let known = Known::of(&loaded, &inputs.packs[0]);
    let rules = loaded.rules;
    let cases = spec::prepare(pages, &rules, 0);
    let mut sources = Sources::default();
    let files: Vec<_> =
        cases.iter().map(|case| sources.add(case.page.name.as_str(), case.text.as_str())).collect();
    let trees: Vec<Tree<'_>> = files
        .into_iter()
        .map(|file| {
            let mut tree = Tree::new(&sources);
            // What is wrong with a description is wrong whatever the rules say.
            tree.read(file, &Limits::default(), &mut Diagnostics::default());
            tree
        })
        .collect();
    then(&mut Trial {
        pack,
        known,
        cases: &cases,
        trees: &trees,
        sources: &sources,
        before: HashMap::new(),
        rules,
    });
}

impl Trial<'_, '_> {
    /// What a change comes to.
    pub(super) fn fate(&mut self, edit: &Edit) -> Fate {
        let Some(mut changed) = self.compiled(edit) else { return Fate::Broken };
        let concerned =
            |case: &Prepared<'_>| case.rule.is_none_or(|rule| edit.rules.contains(rule));
        let cases: Vec<usize> =
            (0..self.cases.len()).filter(|at| concerned(&self.cases[*at])).collect();
        for at in &cases {
            let after = self.problems(*at, &changed);
            if *self.before(*at) != after {
                return Fate::Noticed;
            }
        }
        // Making a plan takes longer than a look.
        for at in cases {
            let case = &self.cases[at];
            if let (Some(plan), Some(rule)) = (&case.case.plan, case.rule)
                && steps::told(&case.text, &mut changed, rule) != *plan
            {
                return Fate::Noticed;
            }
        }
        Fate::Unnoticed
    }

    fn before(&mut self, at: usize) -> &Vec<String> {
        if !self.before.contains_key(&at) {
            let problems = self.problems(at, &self.rules);
            self.before.insert(at, problems);
        }
        &self.before[&at]
    }

    /// The pack with a change, if it compiles.
    fn compiled(&self, edit: &Edit) -> Option<RuleSet> {
        let mut pack = self.pack.clone();
        // In the order in which they are handed in.
        let mut files = pack.own.iter_mut().chain(pack.used.iter_mut().flatten());
        let (_, text) = files.nth(edit.span.file.0 as usize)?;
        text.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.text);
        let inputs = pack.inputs();
        let loaded = rules::load(&inputs.sources, &inputs.packs[0]);
        let broken = loaded.diagnostics.iter().any(|told| told.severity == Severity::Error);
        (!broken).then_some(loaded.rules)
    }

    /// What a case finds wrong with rules.
    fn problems(&self, at: usize, rules: &RuleSet) -> Vec<String> {
        let (case, tree) = (&self.cases[at], &self.trees[at]);
        let roots: Vec<_> = tree.documents().iter().map(|document| document.root).collect();
        let mut facts = conform::conform(&rules.schema, tree, &roots, &mut Diagnostics::default());
        let now = facts.as_of().or_else(|| scalar::parse_time(NOW));
        if let Some(now) = now {
            facts.age(now);
        }
        let only: BTreeSet<&str> = case.rule.into_iter().collect();
        let selection = Selection {
            rules: only.into_iter().map(str::to_owned).collect(),
            all: true,
            ..Selection::default()
        };
        let evaluation = evaluate(&facts, rules, now, &selection);
        let found = spec::outcomes(rules, &facts, &evaluation, case.rule, self.sources);
        spec::compare(case, &found, &self.known).problems
    }
}
