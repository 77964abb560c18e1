//! A step in words.
//!
//! Owns the texts of a step as its remedy has them, with the facts filled in. In a command a fact that is not known becomes
//! a blank in angle brackets: what cannot be run by mistake. Does not say why a step is where it is.

use crate::builtins::value::{Extent, Value};
use crate::compile::ir::{Expr, Kind, Part, Template};
use crate::compile::remedy::Undo;
use crate::evaluate::expr::Evaluator;
use crate::evaluate::show;
use crate::facts::ROOT;
use crate::plan::call;
use crate::plan::shell::Command;
use crate::plan::state::Applied;
use crate::plan::step::{self, Spec};
use crate::plan::{Planner, Step, WAIT};

impl<'a> Planner<'a, '_, '_> {
    /// The step as it is told, before anything is known of what it does.
    pub(crate) fn describe(&self, spec: &Spec<'a>) -> Step {
        let rules = self.state.rules;
        let facts = &self.state.facts;
        let remedy = &rules.remedies[spec.remedy];
        let mut evaluator = step::evaluator(facts, rules, self.state.now, spec);
        let arguments: Vec<String> = spec
            .arguments
            .iter()
            .zip(&remedy.params)
            .map(|(value, (_, ty))| match value {
                Value::Row(row) => facts.reference(*row, ty),
                _ => show::whole(value, ty, facts),
            })
            .collect();
        let on = spec.arguments.iter().find_map(|value| match value {
            Value::Row(row) => Some(facts.path(*row)),
            _ => None,
        });
        let mut text = |template: &Option<Template>| {
            template.as_ref().map(|template| evaluator.whole_text(template))
        };
        let (at, warning) = (text(&remedy.at), text(&remedy.warning));
        let undo = match &remedy.undo {
            Some(Undo::By(text)) => Some(evaluator.whole_text(text)),
            Some(Undo::Never | Undo::Needless) | None => None,
        };
        let mut blanks = Vec::new();
        let run: Vec<String> =
            remedy.run.iter().filter_map(|run| command(&mut evaluator, run, &mut blanks)).collect();
        let call = call::print(&remedy.name, arguments.iter().map(String::as_str));
        let step = Step {
            id: 0,
            remedy: spec.remedy,
            call: call.clone(),
            on: on.unwrap_or_default(),
            action: evaluator.whole_text(&remedy.action),
            at,
            run,
            blanks,
            role: remedy.role.clone(),
            takes: remedy.length(),
            starts_at: None,
            ends_at: None,
            until: spec.waits,
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
            left: Vec::new(),
            edits: Vec::new(),
            made: 0,
            writes: Vec::new(),
            expects: Vec::new(),
            hopes: Vec::new(),
            is_final: spec.waits.is_none() && remedy.is_final(),
            waits_for: Vec::new(),
            questions: Vec::new(),
        };
        if spec.waits.is_none() {
            return step;
        }
        // Nothing is done: what the remedy looks for comes by itself.
        Step {
            call: WAIT.to_owned(),
            on: String::new(),
            action: String::new(),
            at: None,
            run: Vec::new(),
            blanks: Vec::new(),
            role: None,
            takes: None,
            undo: None,
            warning: None,
            waits_for: vec![call],
            ..step
        }
    }
}

impl<'a> Planner<'a, '_, '_> {
    /// What a step does not make and has to be seen: an address and a value each.
    pub(crate) fn expected(&self, applied: &Applied<'a>) -> Vec<(String, String)> {
        let facts = &self.state.facts;
        let slots = applied.done.edited[applied.done.made..].iter();
        slots.map(|slot| (facts.slot_path(*slot), show::slot(*slot, facts))).collect()
    }
}

/// A command, with a blank for each fact that is not known; none where it would be about the elements of a list that
/// is known to have none.
pub(crate) fn command(
    evaluator: &mut Evaluator<'_, '_, '_>,
    template: &Template,
    blanks: &mut Vec<String>,
) -> Option<String> {
    let mut about_nothing = false;
    let mut command = Command::default();
    for part in &template.parts {
        let expr = match part {
            Part::Text(text) => {
                command.text(text);
                continue;
            }
            Part::Expr(expr) => expr,
        };
        let (value, _) = evaluator.eval(expr);
        if is_whole(&value) {
            let text = show::whole(&value, &expr.ty, evaluator.facts);
            match value {
                Value::List(_) => command.verbatim(&text),
                _ => command.value(&text),
            }
            continue;
        }
        about_nothing |= is_nothing(&value);
        let blank = format!("<{}>", name(evaluator, expr));
        command.verbatim(&blank);
        if !blanks.contains(&blank) && !is_nothing(&value) {
            blanks.push(blank);
        }
    }
    (!about_nothing).then(|| command.end())
}

/// Whether a value is a list that is known to be empty.
fn is_nothing(value: &Value<'_>) -> bool {
    matches!(value, Value::List(list) if list.items.is_empty() && list.extent == Extent::Whole)
}

/// Whether a command can have a value in it.
fn is_whole(value: &Value<'_>) -> bool {
    match value {
        Value::Unknown | Value::None => false,
        Value::List(list) => {
            !list.items.is_empty() && list.extent != Extent::Open && list.items.iter().all(is_whole)
        }
        _ => true,
    }
}

/// What an expression is called whose value is not known: the field, and whose it is.
fn name(evaluator: &mut Evaluator<'_, '_, '_>, expr: &Expr) -> String {
    let facts = evaluator.facts;
    match &expr.kind {
        Kind::Field { base, owner, field, slot, .. } => {
            let field = &evaluator.rules.schema.ty(*owner).fields[*field].name;
            let row = match base {
                None => ROOT,
                Some(base) => match evaluator.eval(base).0 {
                    Value::Row(row) => row,
                    _ => return format!("{field} of {}", name(evaluator, base)),
                },
            };
            // The records on the way may have been passed over.
            let held = facts.owner(facts.slot_of(row, *slot));
            match facts.entity_of(held) {
                ROOT if held == ROOT => field.clone(),
                ROOT => format!("{field} of {}", facts.path(held)),
                entity => format!("{field} of {}", facts.name(entity)),
            }
        }
        Kind::Memo(_, _, inner) | Kind::Table(_, _, inner) => name(evaluator, inner),
        _ => "not known".to_owned(),
    }
}
