//! One step: whether it can start, and what it does to the facts.
//!
//! Owns running the effects of a remedy on a copy of the facts, in order, each seeing the result of those above, and
//! the record of each change as an edit of the description. Does not decide which steps are taken.

use crate::builtins::value::{Key, Note, Value};
use crate::compile::ir::{Expr, Kind, LocalId, RuleSet, Scan};
use crate::compile::remedy::{Effect, Remedy};
use crate::evaluate::expr::Evaluator;
use crate::evaluate::show;
use crate::evaluate::touch::values::Values;
use crate::evaluate::truth::Truth;
use crate::facts::change::NewFact;
use crate::facts::{Fact, Facts, ROOT, RowId, SlotId};
use crate::plan::edits;
use crate::plan::reads::{Reads, judged, surveyed, traced};
use crate::scalar::How;
use crate::schema::TypeId;
use crate::schema::types::Type;
use crate::yaml::edit::Change;

/// A remedy with its arguments.
#[derive(Clone, Debug)]
pub struct Spec<'a> {
    /// Index of the remedy.
    pub remedy: usize,
    /// Its arguments.
    pub arguments: Vec<Value<'a>>,
    /// Where nothing is done but waited: the time, in microseconds since 1970, by which what the remedy expects comes by
    /// itself.
    pub waits: Option<i64>,
}

/// A value that a person chooses.
#[derive(Clone, Debug, PartialEq)]
pub struct Choice {
    /// What is chosen: the address of the fact.
    pub path: String,
    /// The best by the declared preference.
    pub chosen: String,
    /// The other candidates, best first.
    pub others: Vec<String>,
}

/// What a step did.
#[derive(Clone, Debug, Default)]
pub struct Done {
    /// Values that a person chooses.
    pub choices: Vec<Choice>,
    /// Where nothing fits that could be chosen, so that the choice is left to a later step: addresses of facts.
    pub left: Vec<String>,
    /// The same changes as edits of the description, in order.
    pub edits: Vec<Change>,
    /// The fact or list that each edit changes.
    pub edited: Vec<SlotId>,
    /// How many of the edits, the first ones, the act itself makes; what the others say has to be seen.
    pub made: usize,
    /// Facts that make what is chosen fit.
    pub reads: Vec<SlotId>,
    /// What the effects read besides.
    pub used: Reads,
}

impl<'a> Spec<'a> {
    /// A remedy that is done.
    pub fn act(remedy: usize, arguments: Vec<Value<'a>>) -> Self {
        Self { remedy, arguments, waits: None }
    }

    /// What makes two steps the same.
    pub fn key(&self) -> (usize, Vec<Key>) {
        let arguments =
            self.arguments.iter().map(|value| Key::of(value, How::Plain).unwrap_or(Key::None));
        // To wait for what a remedy looks for is another step than to look.
        (self.remedy, arguments.chain(self.waits.map(|_| Key::None)).collect())
    }
}

/// A step that can be taken on other copies of the facts: entities that a step before it makes go by their keys.
#[derive(Clone, Debug)]
pub(crate) struct Portable<'a> {
    spec: Spec<'a>,
    made: Vec<Option<(TypeId, String)>>,
}

impl<'a> Portable<'a> {
    /// Writes down the keys.
    pub(crate) fn new(spec: &Spec<'a>, facts: &Facts<'a>) -> Self {
        let made = spec.arguments.iter().map(|value| match value {
            Value::Row(row) if facts.is_made(*row) => {
                Some((facts.row(*row).ty, facts.key(*row)?.as_str().to_owned()))
            }
            _ => None,
        });
        Self { made: made.collect(), spec: spec.clone() }
    }

    /// The step on these facts; none where something that it speaks of is not there.
    pub(crate) fn on(&self, facts: &Facts<'a>) -> Option<Spec<'a>> {
        let mut spec = self.spec.clone();
        for (value, made) in spec.arguments.iter_mut().zip(&self.made) {
            if let Some((ty, key)) = made {
                *value = Value::Row(facts.find(*ty, key)?);
            }
        }
        Some(spec)
    }
}

/// An evaluator with the arguments of a step bound.
pub fn evaluator<'f, 'a, 'r>(
    facts: &'f Facts<'a>,
    rules: &'r RuleSet,
    now: Option<i64>,
    spec: &Spec<'a>,
) -> Evaluator<'f, 'a, 'r> {
    let mut evaluator = Evaluator::new(facts, rules, now).of_few();
    for (local, value) in spec.arguments.iter().enumerate() {
        evaluator.set(local as LocalId, value.clone());
    }
    evaluator
}

/// Whether all needs of a step hold, and the facts by which they do or do not.
pub fn needs<'a>(
    facts: &Facts<'a>,
    rules: &RuleSet,
    now: Option<i64>,
    spec: &Spec<'a>,
    trace: bool,
) -> (Truth, Note) {
    let mut evaluator = evaluator(facts, rules, now, spec);
    evaluator.trace(trace);
    let mut all = Truth::True;
    let mut notes = Note::default();
    for need in &rules.remedies[spec.remedy].needs {
        let (truth, note) = evaluator.truth(need);
        if truth == Truth::True {
            notes = notes.join(&note);
        } else if truth <= all || all == Truth::True {
            notes = note;
        }
        all = all.and(truth);
        if all == Truth::False {
            break;
        }
    }
    (all, notes)
}

/// Runs the effects; `None` where one cannot be carried out: then the caller rolls back.
pub fn apply<'a>(
    facts: &mut Facts<'a>,
    rules: &RuleSet,
    now: Option<i64>,
    spec: &Spec<'a>,
) -> Option<Done> {
    apply_watched(facts, rules, now, spec, (None, true))
}

/// The same with values that are kept while the facts change; where it is not hoped, only what the step itself makes.
pub fn apply_watched<'a>(
    facts: &mut Facts<'a>,
    rules: &RuleSet,
    now: Option<i64>,
    spec: &Spec<'a>,
    (values, hoped): (Option<&Values>, bool),
) -> Option<Done> {
    let (mut run, mut locals) = acted(facts, rules, now, spec, values)?;
    // What a wait is for comes by itself.
    if hoped || spec.waits.is_some() {
        for effect in &rules.remedies[spec.remedy].expects {
            run.effect(effect, &mut locals)?;
        }
    }
    Some(run.done)
}

/// Runs what the act itself makes, and nothing that has to be seen after it.
pub fn act<'a>(
    facts: &mut Facts<'a>,
    rules: &RuleSet,
    now: Option<i64>,
    spec: &Spec<'a>,
) -> Option<Done> {
    acted(facts, rules, now, spec, None).map(|(run, _)| run.done)
}

/// Runs what the act itself makes, where that is only supposed: what cannot be chosen or told is left unknown. Gives the
/// entities that it makes with their lists, into which many are put at once.
pub fn suppose<'a>(
    facts: &mut Facts<'a>,
    rules: &RuleSet,
    now: Option<i64>,
    spec: &Spec<'a>,
) -> Option<Vec<(SlotId, RowId)>> {
    let (supposed, done) = (Some(Vec::new()), Done::default());
    let mut run = Run { facts, rules, now, values: None, supposed, done };
    run.act(spec)?;
    run.supposed
}

/// What the act itself makes, and the names for what it made.
fn acted<'f, 'a, 'r>(
    facts: &'f mut Facts<'a>,
    rules: &'r RuleSet,
    now: Option<i64>,
    spec: &Spec<'a>,
    values: Option<&'f Values>,
) -> Option<(Run<'f, 'a, 'r>, Vec<(LocalId, Value<'a>)>)> {
    let mut run = Run { facts, rules, now, values, supposed: None, done: Done::default() };
    let locals = run.act(spec)?;
    Some((run, locals))
}

struct Run<'f, 'a, 'r> {
    facts: &'f mut Facts<'a>,
    rules: &'r RuleSet,
    now: Option<i64>,
    values: Option<&'f Values>,
    /// The entities that were made, with their lists, where the step is only supposed.
    supposed: Option<Vec<(SlotId, RowId)>>,
    done: Done,
}

impl<'a> Run<'_, 'a, '_> {
    /// Runs what the act itself makes; gives the names for what it made.
    fn act(&mut self, spec: &Spec<'a>) -> Option<Vec<(LocalId, Value<'a>)>> {
        let arguments = spec.arguments.iter().enumerate();
        let mut locals: Vec<(LocalId, Value<'a>)> =
            arguments.map(|(local, value)| (local as LocalId, value.clone())).collect();
        let remedy: &Remedy = &self.rules.remedies[spec.remedy];
        if spec.waits.is_none() {
            for effect in &remedy.effects {
                self.effect(effect, &mut locals)?;
            }
        }
        self.done.made = self.done.edits.len();
        Some(locals)
    }

    fn edit(&mut self, slot: SlotId, edit: Change) {
        self.done.edits.push(edit);
        self.done.edited.push(slot);
    }

    fn with<T>(
        &self,
        locals: &[(LocalId, Value<'a>)],
        look: impl FnOnce(&mut Evaluator<'_, 'a, '_>) -> T,
    ) -> T {
        let evaluator = Evaluator::new(self.facts, self.rules, self.now).of_few();
        let mut evaluator = evaluator.watching(self.values);
        for (local, value) in locals {
            evaluator.set(*local, value.clone());
        }
        look(&mut evaluator)
    }

    /// The value of an expression, with a record of the facts it comes from.
    fn value(&mut self, expr: &Expr, locals: &[(LocalId, Value<'a>)]) -> Value<'a> {
        let mut used = std::mem::take(&mut self.done.used);
        let value = self.with(locals, |evaluator| traced(evaluator, expr, &mut used));
        self.done.used = used;
        value
    }

    fn rows(&mut self, base: &Option<Expr>, locals: &[(LocalId, Value<'a>)]) -> Option<Vec<RowId>> {
        let Some(base) = base else { return Some(vec![ROOT]) };
        match self.value(base, locals) {
            Value::Row(row) => Some(vec![row]),
            Value::List(list) => list
                .items
                .iter()
                .map(|item| match item {
                    Value::Row(row) => Some(*row),
                    _ => None,
                })
                .collect(),
            _ => None,
        }
    }

    fn slot(&self, row: RowId, owner: TypeId, field: usize) -> Option<SlotId> {
        Some(self.facts.slot_of(row, self.rules.schema.ty(owner).fields[field].slot?))
    }

    fn effect(&mut self, effect: &Effect, locals: &mut Vec<(LocalId, Value<'a>)>) -> Option<()> {
        match effect {
            Effect::Set { base, owner, field, value } => {
                for row in self.rows(base, locals)? {
                    let slot = self.slot(row, *owner, *field)?;
                    let open = self.supposed.is_some().then_some(NewFact::Unknown);
                    let value = self.build(value, row, slot, locals).or(open)?;
                    self.facts.store(slot, &value);
                    self.edit(slot, edits::set(self.facts, slot));
                }
            }
            Effect::Add { base, owner, field, value } => {
                for row in self.rows(base, locals)? {
                    let slot = self.slot(row, *owner, *field)?;
                    let built = match self.build(value, row, slot, locals)? {
                        NewFact::List(values) => values,
                        one => vec![one],
                    };
                    let first = edits::length(self.facts, slot);
                    if self.facts.push_items(slot, &built) {
                        for at in 0..built.len() {
                            self.edit(slot, edits::item(self.facts, slot, first + at));
                        }
                    } else {
                        self.facts.ask(slot);
                    }
                }
            }
            Effect::Remove { base, owner, field, local, filter } => {
                for row in self.rows(base, locals)? {
                    let slot = self.slot(row, *owner, *field)?;
                    let ty = &self.rules.schema.ty(*owner).fields[*field].ty;
                    let Fact::List(list) = self.facts.read(slot, ty) else {
                        self.facts.ask(slot);
                        return None;
                    };
                    let element = ty.element()?;
                    let mut used = std::mem::take(&mut self.done.used);
                    let places = self.with(locals, |evaluator| {
                        if row == ROOT {
                            surveyed(evaluator, filter, *local, &mut used);
                        }
                        let facts = evaluator.facts;
                        let mut is_meant = |at: &usize| {
                            let item = match facts.list_item(list, *at, element) {
                                Fact::Row(row) => Value::Row(row),
                                Fact::Text(text) => Value::Text(text),
                                Fact::Word(word) => Value::Word(word),
                                Fact::Number(number) => Value::Number(number),
                                _ => return false,
                            };
                            evaluator.set(*local, item);
                            let truth = match row {
                                ROOT => evaluator.truth(filter).0,
                                _ => judged(evaluator, filter, &mut used),
                            };
                            truth == Truth::True
                        };
                        let places = 0..facts.list_len(list);
                        places.filter(&mut is_meant).collect::<Vec<usize>>()
                    });
                    self.done.used = used;
                    for at in places.iter().rev() {
                        self.edit(slot, edits::removal(self.facts, slot, *at));
                    }
                    self.facts.remove_items(slot, &places);
                }
            }
            Effect::Create { ty, list, local, fields } => {
                let mut row = ROOT;
                let mut slot = 0;
                for (at, (owner, field)) in list.iter().enumerate() {
                    slot = self.slot(row, *owner, *field)?;
                    if at + 1 < list.len() {
                        row = self.facts.record_row(slot)?;
                    }
                }
                self.create(*ty, slot, *local, fields, row, locals)?;
            }
        }
        Some(())
    }

    fn create(
        &mut self,
        ty: TypeId,
        list: SlotId,
        local: LocalId,
        fields: &[(usize, Expr)],
        parent: RowId,
        locals: &mut Vec<(LocalId, Value<'a>)>,
    ) -> Option<()> {
        let def = self.rules.schema.ty(ty);
        let key = def.key?;
        let made = self.facts.make_row(ty, parent, list);
        for (field, value) in fields {
            let slot = self.slot(made, ty, *field)?;
            let mut value = self.build(value, made, slot, locals)?;
            if *field == key
                && let NewFact::Text(id) = &value
            {
                value = NewFact::Text(self.unused(ty, id));
            }
            self.facts.store(slot, &value);
        }
        let id = self.facts.key(made)?.as_str().to_owned();
        if self.facts.find(ty, &id).is_some() {
            return None;
        }
        self.facts.name_row(made, &id);
        if let Some(supposed) = &mut self.supposed {
            supposed.push((list, made));
            locals.push((local, Value::Row(made)));
            return Some(());
        }
        let at = edits::length(self.facts, list);
        if !self.facts.push_items(list, &[NewFact::Row(made)]) {
            self.facts.ask(list);
            return None;
        }
        self.edit(list, edits::item(self.facts, list, at));
        locals.push((local, Value::Row(made)));
        Some(())
    }

    /// The id itself, or the id with the first number that makes it new.
    fn unused(&self, ty: TypeId, id: &str) -> String {
        let mut candidate = id.to_owned();
        let mut number = 2;
        while self.facts.find(ty, &candidate).is_some() {
            candidate = format!("{id}-{number}");
            number += 1;
        }
        candidate
    }

    /// The value of an expression, with the records that it makes made.
    fn build(
        &mut self,
        expr: &Expr,
        parent: RowId,
        via: SlotId,
        locals: &[(LocalId, Value<'a>)],
    ) -> Option<NewFact> {
        match &expr.kind {
            Kind::Make(ty, fields) => {
                let made = self.facts.make_row(*ty, parent, via);
                for (field, value) in fields {
                    let slot = self.slot(made, *ty, *field)?;
                    let value = self.build(value, made, slot, locals)?;
                    self.facts.store(slot, &value);
                }
                Some(NewFact::Row(made))
            }
            Kind::List(items) => {
                let items = items.iter().map(|item| self.build(item, parent, via, locals));
                items.collect::<Option<Vec<_>>>().map(NewFact::List)
            }
            Kind::Map { scan, body, .. } if makes(body) => {
                if let Kind::Make(ty, fields) = &body.kind
                    && !fields.iter().any(|(_, value)| makes(value) || chooses(value))
                {
                    return self.records(*ty, fields, scan, (parent, via), locals);
                }
                let items = self.with(locals, |evaluator| evaluator.candidates(scan, None));
                let mut built = Vec::new();
                for item in items {
                    let mut locals = locals.to_vec();
                    locals.push((scan.local, item));
                    built.push(self.build(body, parent, via, &locals)?);
                }
                Some(NewFact::List(built))
            }
            Kind::If(condition, then, other)
                if makes(then) || makes(other) || chooses(then) || chooses(other) =>
            {
                match self.value(condition, locals) {
                    Value::Bool(true) => self.build(then, parent, via, locals),
                    Value::Bool(false) | Value::None => self.build(other, parent, via, locals),
                    _ => None,
                }
            }
            Kind::Invoke(define, arguments) if makes(&define.body) || chooses(&define.body) => {
                let mut locals = locals.to_vec();
                for (param, argument) in define.params.iter().zip(arguments) {
                    let value = self.value(argument, &locals);
                    locals.push((*param, value));
                }
                self.build(&define.body, parent, via, &locals)
            }
            Kind::Choose(scan, prefer) => {
                self.choose(scan, prefer.as_deref(), via, &expr.ty, locals)
            }
            _ => new_fact(&self.value(expr, locals)),
        }
    }

    /// One record for each element of a list. All their values are computed before the first is made, so that what they
    /// have in common is computed once.
    fn records(
        &mut self,
        ty: TypeId,
        fields: &[(usize, Expr)],
        scan: &Scan,
        (parent, via): (RowId, SlotId),
        locals: &[(LocalId, Value<'a>)],
    ) -> Option<NewFact> {
        let mut used = std::mem::take(&mut self.done.used);
        let values: Option<Vec<Vec<NewFact>>> = self.with(locals, |evaluator| {
            traced(evaluator, &scan.list, &mut used);
            let items = evaluator.candidates(scan, None);
            let mut of = |item: Value<'a>| {
                evaluator.set(scan.local, item);
                let fields = fields.iter();
                let values = fields.map(|(_, value)| traced(evaluator, value, &mut used));
                values.map(|value| new_fact(&value)).collect()
            };
            items.into_iter().map(&mut of).collect()
        });
        self.done.used = used;
        let mut built = Vec::new();
        for values in values? {
            let made = self.facts.make_row(ty, parent, via);
            for ((field, _), value) in fields.iter().zip(&values) {
                let slot = self.slot(made, ty, *field)?;
                self.facts.store(slot, value);
            }
            built.push(NewFact::Row(made));
        }
        Some(NewFact::List(built))
    }

    fn choose(
        &mut self,
        scan: &Scan,
        prefer: Option<&Expr>,
        via: SlotId,
        ty: &Type,
        locals: &[(LocalId, Value<'a>)],
    ) -> Option<NewFact> {
        let candidates = self.with(locals, |evaluator| evaluator.candidates(scan, prefer));
        let Some((chosen, others)) = candidates.split_first() else {
            // Nothing can be chosen: where the fact may be absent it is left open for a later step.
            let (owner, field) = self.facts.field_of(via);
            let optional = matches!(self.rules.schema.ty(owner).fields[field].ty, Type::OrNone(_));
            let optional = optional && self.supposed.is_none();
            let list = self.with(locals, |evaluator| evaluator.eval(&scan.list).0);
            let whole = match list {
                Value::None => true,
                Value::List(list) => list.extent == crate::builtins::value::Extent::Whole,
                _ => false,
            };
            if !(optional && whole) {
                return None;
            }
            let path = self.facts.slot_path(via);
            if !self.done.left.contains(&path) {
                self.done.left.push(path);
            }
            return Some(NewFact::Absent);
        };
        let choice = Choice {
            path: self.facts.slot_path(via),
            chosen: show::value(chosen, ty, self.facts),
            others: others.iter().map(|other| show::value(other, ty, self.facts)).collect(),
        };
        if let Some(filter) = &scan.filter {
            let mut locals = locals.to_vec();
            locals.push((scan.local, chosen.clone()));
            let note = self.with(&locals, |evaluator| {
                evaluator.trace(true);
                evaluator.truth(filter).1
            });
            self.done.reads.extend(note.uses().iter().map(|usage| usage.slot()));
        }
        if !self.done.choices.contains(&choice) {
            self.done.choices.push(choice);
        }
        new_fact(chosen)
    }
}

fn makes(expr: &Expr) -> bool {
    holds(expr, &|kind| matches!(kind, Kind::Make(..)))
}

fn chooses(expr: &Expr) -> bool {
    holds(expr, &|kind| matches!(kind, Kind::Choose(..)))
}

fn holds(expr: &Expr, wanted: &dyn Fn(&Kind) -> bool) -> bool {
    let mut found = wanted(&expr.kind);
    expr.children(&mut |child| found = found || holds(child, wanted));
    found
}

fn new_fact(value: &Value<'_>) -> Option<NewFact> {
    Some(match value {
        Value::Unknown => return None,
        Value::None => NewFact::Absent,
        Value::Bool(flag) => NewFact::Bool(*flag),
        Value::Number(number) => NewFact::Number(*number),
        Value::Text(text) => NewFact::Text(text.as_str().to_owned()),
        Value::Word(word) => NewFact::Word(*word),
        Value::Row(row) => NewFact::Row(*row),
        Value::List(list) => {
            if list.extent == crate::builtins::value::Extent::Open {
                return None;
            }
            NewFact::List(list.items.iter().map(new_fact).collect::<Option<_>>()?)
        }
    })
}
