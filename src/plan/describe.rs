//! What a step says: to whom, where, with which commands.

use crate::builtins::value::Value;
use crate::compile::ir::Template;
use crate::evaluate::show;
use crate::plan::step::{self, Spec};
use crate::plan::{Planner, Step};

impl<'a> Planner<'a, '_, '_> {
    /// The step with its texts, before it is carried out.
    pub(crate) fn describe(&self, spec: &Spec<'a>) -> Step {
        let rules = self.state.rules;
        let facts = &self.state.facts;
        let remedy = &rules.remedies[spec.remedy];
        let mut evaluator = step::evaluator(facts, rules, self.state.now, spec);
        let arguments: Vec<String> = spec
            .arguments
            .iter()
            .zip(&remedy.params)
            .map(|(value, (_, ty))| show::value(value, ty, facts))
            .collect();
        let on = spec.arguments.iter().find_map(|value| match value {
            Value::Row(row) => Some(facts.path(*row)),
            _ => None,
        });
        let mut text = |template: &Option<Template>| {
            template.as_ref().map(|template| evaluator.text(template))
        };
        let (at, undo, warning) = (text(&remedy.at), text(&remedy.undo), text(&remedy.warning));
        Step {
            id: 0,
            remedy: spec.remedy,
            call: format!("{}({})", remedy.name, arguments.join(", ")),
            on: on.unwrap_or_default(),
            action: evaluator.text(&remedy.action),
            at,
            run: remedy.run.iter().map(|run| evaluator.text(run)).collect(),
            role: remedy.role.clone(),
            takes: remedy.takes,
            undo,
            warning,
            wave: 1,
            after: Vec::new(),
            reasons: Vec::new(),
            closes: Vec::new(),
            reopens: Vec::new(),
            helps: Vec::new(),
            ready: Vec::new(),
            alternatives: Vec::new(),
            choices: Vec::new(),
            edits: Vec::new(),
        }
    }
}
