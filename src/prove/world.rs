//! A small environment that is made up fact by fact.
//!
//! Owns making entities and records where the schema has room for them, and the values that an open fact may take. A
//! fact with a default starts as open, too, so that what a rule asks for is seen. Decides nothing: which value is
//! taken is up to `search`.

use std::rc::Rc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::compile;
use crate::compile::ir::RuleSet;
use crate::evaluate::expr::Evaluator;
use crate::evaluate::touch::Field;
use crate::facts::change::NewFact;
use crate::facts::{Fact, Facts, ROOT, RowId, SlotId};
use crate::prove::values::Pool;
use crate::scalar;
use crate::schema::types::{Completeness, Type};
use crate::schema::{ENVIRONMENT, TypeDef, TypeId, TypeKind};

/// The time that it is in an example where no rule speaks of another: in microseconds since 1970, 2020-03-28T09:00:00Z.
pub const NOW: i64 = 1_585_386_000_000_000;
/// Most entities of one type in an example.
const ENTITIES: usize = 3;
/// Most elements of one list that are made up.
pub const ELEMENTS: usize = 2;

/// What an open fact may become.
#[derive(Clone, Debug, PartialEq)]
pub enum Choice {
    /// A value.
    Fact(NewFact),
    /// A reference to an entity that is made for it.
    New(TypeId),
    /// A list of so many new rows.
    Rows(usize),
    /// One more row in a list that need not be complete.
    More,
    /// One more row in such a list, with these facts.
    Like(Rc<Vec<(String, String)>>),
    /// A record that may be absent is there.
    Present,
    /// A list of references to so many entities, made where there are not enough.
    Refs(TypeId, usize),
}

/// An environment in the making.
#[derive(Clone)]
pub struct World<'a> {
    /// Its facts.
    pub facts: Facts<'a>,
    /// The rules of the pack.
    pub rules: &'a RuleSet,
    /// The time, in microseconds since 1970.
    pub now: i64,
    /// What is meant by facts that are left out.
    defaults: FxHashMap<(TypeId, usize), NewFact>,
}

impl<'a> World<'a> {
    /// The environment in which nothing is known but the time, and by which rules it is judged.
    pub fn new(mut facts: Facts<'a>, rules: &'a RuleSet) -> Self {
        facts.listen();
        let mut world = Self { facts, rules, now: NOW, defaults: FxHashMap::default() };
        world.forget_defaults(0);
        let root = rules.schema.ty(ENVIRONMENT);
        for field in &root.fields {
            let Some(slot) = field.slot.map(|slot| world.facts.slot_of(ROOT, slot)) else {
                continue;
            };
            if let Some((name, word)) = &rules.when
                && *name == field.name
            {
                let value = match (field.ty.present(), rules.schema.word_id(word)) {
                    (Type::Words(_), Some(word)) => NewFact::Word(word),
                    _ => NewFact::Text(word.clone()),
                };
                world.facts.store(slot, &value);
            }
        }
        world.at(NOW)
    }

    /// The same environment at another time.
    pub fn at(mut self, now: i64) -> Self {
        let root = self.rules.schema.ty(ENVIRONMENT);
        let field = root.fields.iter().find(|field| field.name == "asOf" && field.ty == Type::Time);
        if let Some(slot) = field.and_then(|field| field.slot) {
            self.facts.store(self.facts.slot_of(ROOT, slot), &NewFact::Number(now));
        }
        self.now = now;
        self
    }

    /// An evaluator of the facts as they are now.
    pub fn evaluator(&self) -> Evaluator<'_, 'a, 'a> {
        Evaluator::new(&self.facts, self.rules, Some(self.now))
    }

    /// The type of a fact.
    pub fn ty(&self, slot: SlotId) -> &'a Type {
        let (ty, field) = self.facts.field_of(slot);
        &self.rules.schema.ty(ty).fields[field].ty
    }

    /// Whether a fact may still become something else.
    pub fn is_open(&self, slot: SlotId) -> bool {
        if (slot as usize) >= self.facts.slot_count() {
            return false;
        }
        let ty = self.ty(slot);
        let partial = matches!(ty.present(), Type::List(_, Completeness::Partial));
        match self.length(slot) {
            Some(length) => partial && length < ELEMENTS,
            None => matches!(self.facts.read(slot, ty), Fact::Unknown),
        }
    }

    /// How many elements a list has, where it is known.
    pub fn length(&self, slot: SlotId) -> Option<usize> {
        match self.facts.read(slot, self.ty(slot)) {
            Fact::List(list) => Some(self.facts.list_len(list)),
            _ => None,
        }
    }

    /// What an open fact may become; `false` where there are others that are not tried.
    pub fn choices(&self, slot: SlotId, pool: &Pool) -> (Vec<Choice>, bool) {
        let (owner, field) = self.facts.field_of(slot);
        let field = &self.rules.schema.ty(owner).fields[field];
        if self.facts.is_key(slot) {
            return (vec![Choice::Fact(NewFact::Text(self.unused(owner)))], true);
        }
        let (mut choices, mut complete) = (Vec::new(), true);
        match field.ty.present() {
            Type::Row(_) => choices.push(Choice::Present),
            Type::List(element, completeness) => {
                if self.length(slot).is_some() {
                    return (vec![Choice::More], false);
                }
                complete = self.lists(element, *completeness, pool, &mut choices);
            }
            ty => complete = self.single(ty, field.stale_after, pool, &mut choices),
        }
        if matches!(field.ty, Type::OrNone(_)) {
            choices.push(Choice::Fact(NewFact::Absent));
        }
        (choices, complete)
    }

    fn lists(
        &self,
        element: &Type,
        completeness: Completeness,
        pool: &Pool,
        choices: &mut Vec<Choice>,
    ) -> bool {
        let empty = Choice::Fact(NewFact::List(Vec::new()));
        if completeness == Completeness::Partial {
            // It is filled one by one; nothing may be called absent from it.
            choices.push(empty);
            return false;
        }
        match element {
            Type::Row(_) => {
                choices.extend([Choice::Rows(1), empty, Choice::Rows(2)]);
                pool.is_closed()
            }
            Type::Ref(ty) => {
                let known = self.facts.entities(*ty).iter();
                choices
                    .extend(known.map(|row| Choice::Fact(NewFact::List(vec![NewFact::Row(*row)]))));
                if choices.is_empty() {
                    choices.push(Choice::Refs(*ty, 1));
                }
                choices.extend([empty, Choice::Refs(*ty, 2)]);
                false
            }
            _ => {
                let mut singles = Vec::new();
                self.single(element, None, pool, &mut singles);
                let list = |items: Vec<NewFact>| Choice::Fact(NewFact::List(items));
                choices.push(empty);
                for choice in &singles {
                    if let Choice::Fact(fact) = choice {
                        choices.push(list(vec![fact.clone()]));
                    }
                }
                choices.extend(pool.lists(element).map(list));
                if let [Choice::Fact(one), Choice::Fact(other), ..] = singles.as_slice() {
                    choices.push(list(vec![one.clone(), other.clone()]));
                }
                false
            }
        }
    }

    fn single(
        &self,
        ty: &Type,
        stale_after: Option<i64>,
        pool: &Pool,
        choices: &mut Vec<Choice>,
    ) -> bool {
        let fact = Choice::Fact;
        match ty {
            Type::Bool => {
                choices.extend([true, false].map(|flag| fact(NewFact::Bool(flag))));
                true
            }
            Type::Words(words) => {
                choices.extend(words.iter().map(|word| fact(NewFact::Word(*word))));
                true
            }
            Type::Ref(ty) => {
                let known = self.facts.entities(*ty);
                choices.extend(known.iter().map(|row| fact(NewFact::Row(*row))));
                if known.len() < ENTITIES {
                    choices.push(Choice::New(*ty));
                }
                known.len() < ENTITIES
            }
            Type::RefAny => {
                for ty in self.named_types() {
                    let known = self.facts.entities(ty);
                    choices.extend(known.iter().map(|row| fact(NewFact::Row(*row))));
                }
                false
            }
            Type::Int
            | Type::Size
            | Type::Duration
            | Type::Time
            | Type::Version
            | Type::Text
            | Type::TextNocase => {
                let used = self.used(ty);
                let (values, whole) = pool.values(ty, stale_after, &used, self.now);
                choices.extend(values.into_iter().map(fact));
                whole && pool.is_closed()
            }
            _ => false,
        }
    }

    /// The entities that have an id of their own, to which `ref any` may refer.
    fn named_types(&self) -> impl Iterator<Item = TypeId> {
        let named = |def: &TypeDef| def.key.is_some_and(|key| def.fields[key].ty == Type::Text);
        self.rules.schema.types().filter(move |(_, def)| named(def)).map(|(ty, _)| ty)
    }

    /// The values that facts of a type have already.
    fn used(&self, ty: &Type) -> Vec<NewFact> {
        let mut used = Vec::new();
        for row in 0..self.facts.row_count() as RowId {
            for field in &self.rules.schema.ty(self.facts.row(row).ty).fields {
                let (present, Some(slot)) = (field.ty.present(), field.slot) else { continue };
                let texts = |ty: &Type| matches!(ty, Type::Text | Type::TextNocase);
                if present != ty && !(texts(present) && texts(ty)) {
                    continue;
                }
                let value = match self.facts.read(self.facts.slot_of(row, slot), &field.ty) {
                    Fact::Number(number) => NewFact::Number(number),
                    Fact::Text(text) => NewFact::Text(text.as_str().to_owned()),
                    _ => continue,
                };
                if !used.contains(&value) {
                    used.push(value);
                }
            }
        }
        used
    }

    /// Whether nothing contradicts the schema: what at most one refers to is referred to by one at most.
    pub fn is_sound(&self) -> bool {
        let schema = &self.rules.schema;
        schema.types().all(|(ty, def)| {
            def.fields.iter().all(|field| match field.ty {
                Type::One(inverse) => {
                    let mut rows = self.facts.entities(ty).iter();
                    rows.all(|row| self.facts.referrers(inverse, *row).0.len() <= 1)
                }
                _ => true,
            })
        })
    }

    /// Facts of some fields that are open still.
    pub fn missing(&self, fields: &FxHashSet<Field>) -> Vec<SlotId> {
        let mut missing = Vec::new();
        for row in self.facts.live_rows() {
            let ty = self.facts.row(row).ty;
            for (at, field) in self.rules.schema.ty(ty).fields.iter().enumerate() {
                let Some(slot) = field.slot.filter(|_| fields.contains(&(ty, at))) else {
                    continue;
                };
                let slot = self.facts.slot_of(row, slot);
                if matches!(self.facts.read(slot, &field.ty), Fact::Unknown) {
                    missing.push(slot);
                }
            }
        }
        missing
    }

    /// Makes an open fact what was chosen; `false`, with whatever was changed, where there is no room for it.
    pub fn take(&mut self, slot: SlotId, choice: &Choice) -> bool {
        self.name(slot);
        match choice {
            // Who refers to whom depends on whether a list of entities is known.
            Choice::Fact(NewFact::List(items)) if items.is_empty() => self.hold(slot, &[]),
            Choice::Fact(fact) => {
                self.facts.store(slot, fact);
                true
            }
            Choice::New(ty) => match self.entity(*ty) {
                Some(row) => {
                    self.facts.store(slot, &NewFact::Row(row));
                    true
                }
                None => false,
            },
            Choice::Rows(count) => {
                let rows: Option<Vec<RowId>> = (0..*count).map(|_| self.make(slot)).collect();
                rows.is_some_and(|rows| self.hold(slot, &rows))
            }
            Choice::More => {
                let mut rows = self.rows(slot);
                let Some(row) = self.make(slot) else { return false };
                rows.push(row);
                self.hold(slot, &rows)
            }
            Choice::Like(keys) => {
                let mut rows = self.rows(slot);
                let Some(row) = self.make(slot) else { return false };
                rows.push(row);
                self.hold(slot, &rows)
                    && keys.iter().all(|(name, value)| self.set(row, name, value))
            }
            Choice::Present => {
                let Some(row) = self.record(slot) else { return false };
                self.facts.store(slot, &NewFact::Row(row));
                true
            }
            Choice::Refs(ty, count) => {
                while self.facts.entities(*ty).len() < *count {
                    if self.entity(*ty).is_none() {
                        return false;
                    }
                }
                let rows = self.facts.entities(*ty)[..*count].iter().copied();
                let rows = NewFact::List(rows.map(NewFact::Row).collect());
                self.facts.store(slot, &rows);
                true
            }
        }
    }

    /// An entity that the environment holds in place gets its key with the first fact of it.
    fn name(&mut self, slot: SlotId) {
        let row = self.facts.entity_of(self.facts.owner(slot));
        let ty = self.facts.row(row).ty;
        let def = self.rules.schema.ty(ty);
        let Some(key) = def.key.filter(|key| def.fields[*key].ty == Type::Text) else { return };
        let Some(key) = def.fields[key].slot.map(|key| self.facts.slot_of(row, key)) else {
            return;
        };
        if matches!(self.facts.read(key, &Type::Text), Fact::Unknown) {
            let name = self.unused(ty);
            self.facts.store(key, &NewFact::Text(name.clone()));
            self.facts.name_row(row, &name);
        }
    }

    /// Gives a row a fact by its spelling.
    fn set(&mut self, row: RowId, name: &str, value: &str) -> bool {
        let def = self.rules.schema.ty(self.facts.row(row).ty);
        let Some(field) = def.field(name).map(|at| &def.fields[at]) else { return false };
        let Some(slot) = field.slot.map(|slot| self.facts.slot_of(row, slot)) else { return false };
        let named = |ty: TypeId| self.facts.find(ty, value).map(NewFact::Row);
        let fact = match field.ty.present() {
            Type::Ref(ty) => named(*ty),
            Type::RefAny => self.named_types().find_map(named),
            Type::Words(_) => self.rules.schema.word_id(value).map(NewFact::Word),
            Type::Bool => value.parse().ok().map(NewFact::Bool),
            Type::Int => value.parse().ok().map(NewFact::Number),
            Type::Size => scalar::parse_size(value).map(NewFact::Number),
            Type::Duration => scalar::parse_duration(value).map(NewFact::Number),
            Type::Time => scalar::parse_time(value).map(NewFact::Number),
            Type::Text | Type::TextNocase | Type::Version => Some(NewFact::Text(value.to_owned())),
            _ => None,
        };
        let Some(fact) = fact else { return false };
        self.facts.store(slot, &fact);
        true
    }

    fn hold(&mut self, slot: SlotId, rows: &[RowId]) -> bool {
        self.facts.restate(slot, &NewFact::List(rows.iter().copied().map(NewFact::Row).collect()));
        true
    }

    /// The rows that a list holds.
    pub fn rows(&self, slot: SlotId) -> Vec<RowId> {
        let ty = self.ty(slot);
        let (Fact::List(list), Some(element)) = (self.facts.read(slot, ty), ty.element()) else {
            return Vec::new();
        };
        (0..self.facts.list_len(list))
            .filter_map(|at| match self.facts.list_item(list, at, element) {
                Fact::Row(row) => Some(row),
                _ => None,
            })
            .collect()
    }

    /// The row of a record that may be absent, whether or not it is.
    fn record(&self, slot: SlotId) -> Option<RowId> {
        self.facts.record_row(slot).or_else(|| {
            let rows = self.facts.owner(slot) + 1..self.facts.row_count() as RowId;
            rows.into_iter().find(|row| self.facts.row(*row).via == slot)
        })
    }

    /// One more entity of a type, in the list of the environment that holds them.
    pub fn entity(&mut self, ty: TypeId) -> Option<RowId> {
        if self.facts.entities(ty).len() >= ENTITIES {
            return None;
        }
        let path = compile::home(&self.rules.schema, ty)?;
        let (mut row, mut slot) = (ROOT, 0);
        for (at, (owner, field)) in path.iter().enumerate() {
            slot = self.facts.slot_of(row, self.rules.schema.ty(*owner).fields[*field].slot?);
            if at + 1 < path.len() {
                row = self.record(slot)?;
                if matches!(self.facts.read(slot, self.ty(slot)), Fact::Unknown | Fact::Absent) {
                    self.facts.store(slot, &NewFact::Row(row));
                }
            }
        }
        let mut rows = self.rows(slot);
        let made = self.make(slot)?;
        rows.push(made);
        self.hold(slot, &rows);
        Some(made)
    }

    /// A row for a list that does not hold it yet; an entity gets a key.
    fn make(&mut self, slot: SlotId) -> Option<RowId> {
        let Some(Type::Row(ty)) = self.ty(slot).element() else { return None };
        let def = self.rules.schema.ty(*ty);
        if def.kind == TypeKind::Entity && self.facts.entities(*ty).len() >= ENTITIES {
            return None;
        }
        // What the entity is known by has to be there before it.
        let known_by = match def.key.map(|key| &def.fields[key].ty) {
            Some(Type::Ref(other)) => Some(self.unclaimed(*ty, *other)?),
            _ => None,
        };
        let first = self.facts.row_count() as RowId;
        let row = self.facts.make_row(*ty, self.facts.owner(slot), slot);
        self.forget_defaults(first);
        let Some(key) = def.key.and_then(|key| def.fields[key].slot) else { return Some(row) };
        let key = self.facts.slot_of(row, key);
        let name = match known_by {
            Some(other) => {
                let name = self.facts.key(other)?.as_str().to_owned();
                self.facts.store(key, &NewFact::Row(other));
                name
            }
            None => {
                let name = self.unused(*ty);
                self.facts.store(key, &NewFact::Text(name.clone()));
                name
            }
        };
        self.facts.name_row(row, &name);
        Some(row)
    }

    /// An entity by which none of a type is known yet.
    fn unclaimed(&mut self, ty: TypeId, other: TypeId) -> Option<RowId> {
        let free = self.facts.entities(other).iter().copied().find(|row| {
            self.facts.key(*row).is_some_and(|key| self.facts.find(ty, key.as_str()).is_none())
        });
        free.or_else(|| self.entity(other))
    }

    /// `Server` becomes `server-1`, `server-2`.
    fn unused(&self, ty: TypeId) -> String {
        let mut word = String::new();
        for (at, letter) in self.rules.schema.ty(ty).name.chars().enumerate() {
            if letter.is_uppercase() && at > 0 {
                word.push('-');
            }
            word.extend(letter.to_lowercase());
        }
        let taken = |name: &String| self.facts.find(ty, name).is_some();
        let mut number = 1;
        while taken(&format!("{word}-{number}")) {
            number += 1;
        }
        format!("{word}-{number}")
    }

    /// Makes facts with a default open, from a row on.
    fn forget_defaults(&mut self, first: RowId) {
        for row in first..self.facts.row_count() as RowId {
            let ty = self.facts.row(row).ty;
            for (at, field) in self.rules.schema.ty(ty).fields.iter().enumerate() {
                let (Some(slot), Some(_)) = (field.slot, &field.default) else { continue };
                let slot = self.facts.slot_of(row, slot);
                self.facts.describe_around(slot);
                let value = match self.facts.read(slot, &field.ty) {
                    Fact::Absent => NewFact::Absent,
                    Fact::Bool(flag) => NewFact::Bool(flag),
                    Fact::Number(number) => NewFact::Number(number),
                    Fact::Text(text) => NewFact::Text(text.as_str().to_owned()),
                    Fact::Word(word) => NewFact::Word(word),
                    Fact::List(_) => NewFact::List(Vec::new()),
                    Fact::Row(_) | Fact::Unknown => continue,
                };
                self.defaults.insert((ty, at), value);
                self.facts.store(slot, &NewFact::Unknown);
            }
        }
    }

    /// Gives every fact that is left open and has a default that default: so a description is read. A record of which
    /// nothing is told is not written, and has none.
    pub fn settle(&mut self) {
        for row in self.facts.live_rows() {
            let ty = self.facts.row(row).ty;
            if !self.tells(self.outermost(row)) {
                continue;
            }
            for (at, field) in self.rules.schema.ty(ty).fields.iter().enumerate() {
                let Some(slot) = field.slot.map(|slot| self.facts.slot_of(row, slot)) else {
                    continue;
                };
                if let Some(value) = self.defaults.get(&(ty, at))
                    && matches!(self.facts.read(slot, &field.ty), Fact::Unknown)
                {
                    let value = value.clone();
                    self.facts.store(slot, &value);
                }
            }
        }
    }

    /// The row that is written as one with a row: the outermost record in place around it, or the row itself.
    fn outermost(&self, row: RowId) -> RowId {
        let facts = &self.facts;
        let is_record =
            |row: RowId| self.rules.schema.ty(facts.row(row).ty).kind == TypeKind::Record;
        let mut row = row;
        while is_record(row) && is_record(facts.row(row).parent) {
            row = facts.row(row).parent;
        }
        row
    }

    /// Whether a row is written at all: an entity, an element of a list, or a record of which something is known.
    fn tells(&self, row: RowId) -> bool {
        let facts = &self.facts;
        let found = facts.row(row);
        let def = self.rules.schema.ty(found.ty);
        if def.kind != TypeKind::Record || !matches!(self.ty(found.via), Type::Row(_)) {
            return true;
        }
        def.fields.iter().any(|field| {
            let Some(slot) = field.slot.map(|slot| facts.slot_of(row, slot)) else { return false };
            match (&field.ty, facts.read(slot, &field.ty)) {
                (_, Fact::Unknown) => false,
                (Type::Row(_), Fact::Row(held)) => self.tells(held),
                _ => true,
            }
        })
    }
}
