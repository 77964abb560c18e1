//! How often a value stands in a list of the whole environment, without making the list.
//!
//! Owns the answer to `is unique in`, `in` and `holders` while a plan changes facts: a step that touches a few entities must not cost
//! a look at all others. What each entity adds to such a list depends on that entity alone, so the entities that have or
//! had the value are asked again, and no others; of the rest it is kept whose part of the list is not known.

use std::rc::Rc;

use rustc_hash::FxHashSet;

use crate::builtins::value::{Extent, Key, List, Silent, Value};
use crate::compile::ir::{Expr, Kind, RuleSet};
use crate::compile::origin::maker;
use crate::evaluate::expr::Evaluator;
use crate::evaluate::touch::Field;
use crate::evaluate::touch::values::Valued;
use crate::facts::{Fact, Facts, ROOT, RowId, SlotId};
use crate::scalar::How;
use crate::schema::types::{Completeness, Item, Reading, Type};
use crate::schema::{TypeId, TypeKind};

/// A list whose values are counted.
#[derive(Debug)]
pub(super) struct Counted {
    /// The field whose values it lists.
    listed: Valued,
    /// The list of the environment that it is made from, and what that one holds.
    base: SlotId,
    element: TypeId,
    /// What it reads.
    reads: FxHashSet<Field>,
    /// Entities whose part of it is not known; none before the first question.
    doubtful: Option<FxHashSet<RowId>>,
    /// Entities that changed since.
    changed: FxHashSet<RowId>,
}

/// What is known of a value in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::evaluate) struct Count {
    /// How often it is there for sure; 2 stands for more, too.
    pub(in crate::evaluate) times: usize,
    /// Whether something in the list is not known, so that it may be there once more.
    pub(in crate::evaluate) doubtful: bool,
}

/// A counted list, and whether something in it is not known.
#[derive(Clone, Copy)]
struct Looked {
    listed: Valued,
    base: SlotId,
    element: TypeId,
    doubtful: bool,
}

impl Looked {
    /// Whether the list is made from an entity, among others.
    fn lists(&self, row: RowId, facts: &Facts<'_>) -> bool {
        // What a step made may have been taken back.
        if row as usize >= facts.row_count() {
            return false;
        }
        let data = facts.row(row);
        data.ty == self.element && data.via == self.base && facts.place_in(self.base, row).is_some()
    }
}

impl Counted {
    /// The values of a field in a list that is made from all entities of another.
    pub(super) fn new(
        listed: Valued,
        base: Base,
        reads: &FxHashSet<Field>,
        facts: &Facts<'_>,
    ) -> Self {
        Self {
            listed,
            base: facts.slot_of(ROOT, base.slot),
            element: base.element,
            reads: reads.clone(),
            doubtful: None,
            changed: FxHashSet::default(),
        }
    }

    /// Takes note of a change.
    pub(super) fn note(&mut self, slot: SlotId, field: Field, facts: &Facts<'_>) {
        if !self.reads.contains(&field) {
            return;
        }
        match facts.entity_of(facts.owner(slot)) {
            // What came or went may be in doubt without a change of its own.
            ROOT => {
                self.doubtful = None;
                self.changed.clear();
            }
            entity if self.doubtful.is_some() => drop(self.changed.insert(entity)),
            _ => {}
        }
    }
}

/// A list of entities in the environment that says all there is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Base {
    /// Where it is, counted from the first field of the environment.
    slot: u32,
    element: TypeId,
}

impl Base {
    /// The list at the bottom of a list made from it.
    pub(super) fn of(list: &Expr, rules: &RuleSet) -> Option<Self> {
        match &list.kind {
            Kind::Map { scan, .. } => Self::of(&scan.list, rules),
            Kind::Field { base: None, owner, field, slot, .. } => {
                let ty = rules.schema.ty(*owner).fields[*field].ty.present();
                let Type::List(element, Completeness::Complete) = ty else { return None };
                let Type::Row(element) = **element else { return None };
                let entities = rules.schema.ty(element).kind == TypeKind::Entity;
                entities.then_some(Self { slot: *slot, element })
            }
            _ => None,
        }
    }
}

impl<'a> Evaluator<'_, 'a, '_> {
    /// How often a value stands in a list, where that is told without making the list.
    pub(in crate::evaluate) fn counted(
        &mut self,
        list: &Expr,
        key: &Key,
        how: How,
    ) -> Option<Count> {
        let values = self.values?;
        let list = maker(list);
        let looked = self.bring_up_to_date(list)?;
        if looked.listed.1 != how || !self.is_whole(looked.base) {
            return None;
        }
        let mut count = Count { times: 0, doubtful: looked.doubtful };
        for row in values.having(key, looked.listed) {
            if count.times > 1 {
                break;
            }
            if looked.lists(row, self.facts) {
                let part = self.part_of(list, row);
                let items = part.items.iter().map(|item| Key::of(item, how));
                count.times += items.filter(|item| item.as_ref() == Some(key)).count();
            }
        }
        count.times = count.times.min(2);
        Some(count)
    }

    /// The entities by which a value stands in a list for sure, where that is told without making the list.
    pub(in crate::evaluate) fn counted_holders(
        &mut self,
        list: &Expr,
        key: &Key,
        how: How,
    ) -> Option<Vec<RowId>> {
        let values = self.values?;
        let list = maker(list);
        let looked = self.bring_up_to_date(list)?;
        if looked.listed.1 != how || !self.is_whole(looked.base) {
            return None;
        }
        let mut rows = values.having(key, looked.listed);
        rows.retain(|row| {
            looked.lists(*row, self.facts) && {
                let part = self.part_of(list, *row);
                part.items.iter().any(|item| Key::of(item, how).as_ref() == Some(key))
            }
        });
        Some(rows)
    }

    /// Whether something in a list is not known; none where the list is not counted.
    pub(super) fn is_in_doubt(&mut self, list: &Expr) -> Option<bool> {
        self.bring_up_to_date(list).map(|looked| looked.doubtful || !self.is_whole(looked.base))
    }

    /// Brings up to date what is known of a counted list.
    fn bring_up_to_date(&mut self, list: &Expr) -> Option<Looked> {
        let values = self.values?;
        let known = std::ptr::from_ref(list).addr();
        if !values.counts(known) {
            return None;
        }
        values.update(self.facts);
        let (mut looked, doubtful, changed) = values.with(known, |counted| {
            let Counted { listed, base, element, .. } = *counted;
            let looked = Looked { listed, base, element, doubtful: false };
            (looked, counted.doubtful.take(), std::mem::take(&mut counted.changed))
        })?;
        let mut doubtful = doubtful.unwrap_or_else(|| self.doubtful(list, looked));
        for row in changed {
            match looked.lists(row, self.facts) && !is_known(&self.part_of(list, row)) {
                true => doubtful.insert(row),
                false => doubtful.remove(&row),
            };
        }
        looked.doubtful = !doubtful.is_empty();
        values.with(known, |counted| counted.doubtful = Some(doubtful));
        Some(looked)
    }

    /// Whether a list of the environment is known and says all there is.
    fn is_whole(&self, base: SlotId) -> bool {
        let reading = Reading::List(Item::Row, Completeness::Complete);
        matches!(self.facts.read_as(base, reading), Fact::List(_)) && !self.facts.is_damaged(base)
    }

    /// The entities whose part of a list is not known.
    fn doubtful(&mut self, list: &Expr, looked: Looked) -> FxHashSet<RowId> {
        let facts = self.facts;
        if let Value::List(all) = self.value_of::<Silent>(list).0
            && is_known(&all)
        {
            return FxHashSet::default();
        }
        let rows = facts.entities(looked.element).iter().copied();
        rows.filter(|row| looked.lists(*row, facts) && !is_known(&self.part_of(list, *row)))
            .collect()
    }

    /// What one entity adds to a list, as far as it is known.
    fn part_of(&mut self, list: &Expr, row: RowId) -> Rc<List<'a>> {
        match &list.kind {
            Kind::Map { scan, body, flatten } => {
                let inner = self.part_of(&scan.list, row);
                Rc::new(self.mapped_list(inner, scan, body, *flatten))
            }
            _ => Rc::new(List::new(vec![Value::Row(row)], Extent::Whole)),
        }
    }
}

fn is_known(list: &List<'_>) -> bool {
    list.extent == Extent::Whole && !list.items.iter().any(|item| matches!(item, Value::Unknown))
}
