//! Who is blocked by what.
//!
//! Owns the answer to one question: from which units can an entity be reached by following references and inverses
//! marked `one`, not through another unit? A reference that is not known may lead to any entity of its type: whoever
//! may be meant is blocked, so that what is not known lets nobody go. Built only when a finding needs it.

use std::sync::Arc;

use rustc_hash::{FxHashMap, FxHashSet};

use crate::evaluate::grouped::Grouped;
use crate::facts::{Fact, Facts, ROOT, RowId};
use crate::schema::types::{Completeness, InverseId, Type};
use crate::schema::{Field, TypeId};

/// References, backwards.
pub struct Reach {
    /// The entities that refer to a row.
    sources: Grouped<RowId>,
    open: Open,
    /// The units that are spoken of, and all there are, both sorted.
    order: Vec<RowId>,
    unit_rows: Vec<RowId>,
    known: FxHashMap<RowId, Blocked>,
}

impl Reach {
    /// Collects the references of all facts; `units` are sorted.
    pub fn new(facts: &Facts<'_>, units: &[RowId]) -> Self {
        let schema = facts.schema();
        let mut pairs: Vec<(RowId, RowId)> = Vec::new();
        let mut open = Open::default();
        references(facts, &facts.live_rows(), &mut |target, source| match target {
            Target::Row(target) => pairs.push((target, source)),
            Target::Any(ty) => open.any.entry(ty).or_default().push(source),
            Target::Whoever(inverse) => open.whoever.entry(inverse).or_default().push(source),
        });
        open.find_silent(facts);
        let sources = Grouped::new(facts.row_count(), pairs.into_iter(), ROOT);
        let mut unit_rows = schema.unit.map(|ty| facts.entities(ty).to_vec()).unwrap_or_default();
        unit_rows.sort_unstable();
        let order = units.to_vec();
        Self { sources, open, order, unit_rows, known: FxHashMap::default() }
    }

    /// Whether some references are not known.
    pub fn is_open(&self) -> bool {
        !self.open.any.is_empty() || !self.open.silent.is_empty()
    }

    /// The units from which an entity can be reached.
    pub fn blocked(&mut self, facts: &Facts<'_>, entity: RowId, sets: &mut Sets) -> Blocked {
        if entity == ROOT {
            return Blocked::surely(Arc::clone(&sets.units));
        }
        if let Some(known) = self.known.get(&entity) {
            return known.clone();
        }
        let mut walk = Walk { seen: FxHashSet::from_iter([entity]), passed: Vec::new() };
        self.walk(&mut walk, vec![entity]);
        let surely = sets.share(self.spoken_of(&walk.passed));
        let mut all = Arc::clone(&surely);
        if self.is_open() {
            let mut asked = FxHashSet::default();
            let mut at = 0;
            while let Some(row) = walk.passed.get(at).copied() {
                at += 1;
                if self.is_unit(row) {
                    continue;
                }
                let ty = facts.row(row).ty;
                // Of a type, those who may refer to any of it are the same for each.
                let possible = if asked.insert(ty) { self.open.of(ty) } else { Vec::new() };
                let silent = self.open.silent.get(&row).into_iter().flatten();
                let whoever = silent.filter_map(|inverse| self.open.whoever.get(inverse));
                let sources = possible.into_iter().chain(whoever).flatten().copied();
                let stack = sources.filter(|source| walk.seen.insert(*source)).collect();
                self.walk(&mut walk, stack);
            }
            all = sets.share(self.spoken_of(&walk.passed));
        }
        let found = Blocked { all, surely };
        self.known.insert(entity, found.clone());
        found
    }

    /// Goes on from some entities to all that are known to refer to them.
    fn walk(&self, walk: &mut Walk, mut stack: Vec<RowId>) {
        while let Some(row) = stack.pop() {
            walk.passed.push(row);
            // Not through a unit.
            if self.is_unit(row) {
                continue;
            }
            let sources = self.sources.of(row).iter().copied();
            stack.extend(sources.filter(|source| walk.seen.insert(*source)));
        }
    }

    fn is_unit(&self, row: RowId) -> bool {
        self.unit_rows.binary_search(&row).is_ok()
    }

    /// The units among entities that are spoken of, in the order of the description.
    fn spoken_of(&self, rows: &[RowId]) -> Vec<RowId> {
        let spoken_of = |row: &RowId| self.order.binary_search(row).is_ok();
        let mut units: Vec<RowId> = rows.iter().copied().filter(spoken_of).collect();
        units.sort_unstable();
        units
    }
}

/// Units that something blocks, in the order of the description.
#[derive(Clone, Debug, Default)]
pub struct Blocked {
    /// All of them.
    pub all: Arc<[RowId]>,
    /// Those that are blocked for sure; the others only if a reference that is not known leads there.
    pub surely: Arc<[RowId]>,
}

impl Blocked {
    /// All of them for sure.
    pub fn surely(all: Arc<[RowId]>) -> Self {
        Self { surely: Arc::clone(&all), all }
    }
}

/// Sets of units, each held once, however many findings block the same.
pub struct Sets {
    /// All units that are spoken of.
    pub units: Arc<[RowId]>,
    none: Arc<[RowId]>,
    known: FxHashSet<Arc<[RowId]>>,
}

impl Sets {
    /// With the sets of all units and of none.
    pub fn new(units: &Arc<[RowId]>) -> Self {
        Self { units: Arc::clone(units), none: Arc::default(), known: FxHashSet::default() }
    }

    /// The set that holds these units, which are sorted.
    pub fn share(&mut self, units: Vec<RowId>) -> Arc<[RowId]> {
        if units.is_empty() {
            return Arc::clone(&self.none);
        }
        if units.len() == self.units.len() && *units == *self.units {
            return Arc::clone(&self.units);
        }
        if let Some(known) = self.known.get(units.as_slice()) {
            return Arc::clone(known);
        }
        let units: Arc<[RowId]> = units.into();
        self.known.insert(Arc::clone(&units));
        units
    }
}

/// Whom findings block, as far as it was found out.
pub struct Blocking {
    /// The sets that were found.
    pub sets: Sets,
    reach: Option<Reach>,
    /// Those of the units that are done, and the others.
    done: FxHashSet<RowId>,
    live: Arc<[RowId]>,
}

impl Blocking {
    /// Of these units, which are sorted, and of which some may be done.
    pub fn new(units: &Arc<[RowId]>, done: FxHashSet<RowId>) -> Self {
        let live = match done.is_empty() {
            true => Arc::clone(units),
            false => units.iter().copied().filter(|unit| !done.contains(unit)).collect(),
        };
        Self { sets: Sets::new(units), reach: None, done, live }
    }

    /// The units that are not done.
    pub fn live(&self) -> &[RowId] {
        &self.live
    }

    /// Whether a unit is done.
    pub fn is_done(&self, unit: RowId) -> bool {
        self.done.contains(&unit)
    }

    /// Without the units that are done; none where it blocks nobody else.
    pub fn without_done(&mut self, blocked: Blocked) -> Option<Blocked> {
        if self.done.is_empty() || blocked.all.is_empty() {
            return Some(blocked);
        }
        let surely = self.live_of(&blocked.surely);
        let all = match Arc::ptr_eq(&blocked.all, &blocked.surely) {
            true => Arc::clone(&surely),
            false => self.live_of(&blocked.all),
        };
        (!all.is_empty()).then_some(Blocked { all, surely })
    }

    fn live_of(&mut self, units: &Arc<[RowId]>) -> Arc<[RowId]> {
        match Arc::ptr_eq(units, &self.sets.units) {
            true => Arc::clone(&self.live),
            false => {
                let live = units.iter().copied().filter(|unit| !self.done.contains(unit));
                self.sets.share(live.collect())
            }
        }
    }

    /// The units from which an entity can be reached.
    pub fn reaching(&mut self, facts: &Facts<'_>, entity: RowId) -> Blocked {
        let reach = self.reach.get_or_insert_with(|| Reach::new(facts, &self.sets.units));
        reach.blocked(facts, entity, &mut self.sets)
    }
}

/// The entities that were reached.
struct Walk {
    seen: FxHashSet<RowId>,
    /// In the order in which they were.
    passed: Vec<RowId>,
}

/// References that are not known.
#[derive(Default)]
struct Open {
    /// The entities that may refer to any of a type, or to any at all.
    any: FxHashMap<Option<TypeId>, Vec<RowId>>,
    /// The entities that nobody is known to refer to by an inverse of at most one, though somebody might.
    whoever: FxHashMap<InverseId, Vec<RowId>>,
    /// The entities that do not say to whom they refer by such an inverse.
    silent: FxHashMap<RowId, Vec<InverseId>>,
}

impl Open {
    fn find_silent(&mut self, facts: &Facts<'_>) {
        for inverse in self.whoever.keys() {
            for row in facts.entities(facts.schema().inverse(*inverse).source) {
                if !facts.tells_all(*inverse, *row) {
                    self.silent.entry(*row).or_default().push(*inverse);
                }
            }
        }
    }

    /// Those who may refer to an entity of a type.
    fn of(&self, ty: TypeId) -> Vec<&Vec<RowId>> {
        [Some(ty), None].iter().filter_map(|ty| self.any.get(ty)).collect()
    }
}

/// What a reference leads to.
enum Target {
    /// An entity.
    Row(RowId),
    /// It is not known which entity of a type, or which of all.
    Any(Option<TypeId>),
    /// It is not known who refers to this one by an inverse of at most one.
    Whoever(InverseId),
}

/// Tells what refers to which entity; nothing that leads to a unit, as nobody goes on from there.
fn references(facts: &Facts<'_>, rows: &[RowId], tell: &mut dyn FnMut(Target, RowId)) {
    let schema = facts.schema();
    let is_reference = |ty: &Type| matches!(ty, Type::Ref(_) | Type::RefAny);
    let refers = |field: &Field| {
        matches!(field.ty, Type::One(_))
            || is_reference(field.ty.present())
            || field.ty.element().is_some_and(is_reference)
    };
    let referring: Vec<Vec<&Field>> = schema
        .types()
        .map(|(_, def)| def.fields.iter().filter(|at| refers(at)).collect())
        .collect();
    let passes = |target: RowId| Some(facts.row(target).ty) != schema.unit;
    for row in rows.iter().copied() {
        let fields = &referring[facts.row(row).ty.0 as usize];
        if fields.is_empty() {
            continue;
        }
        let source = facts.entity_of(row);
        if source == ROOT {
            continue;
        }
        for field in fields {
            if let Type::One(inverse) = &field.ty {
                let (pairs, more) = facts.referrers(*inverse, row);
                let targets = pairs.iter().map(|(_, target)| *target);
                targets.filter(|to| passes(*to)).for_each(|to| tell(Target::Row(to), source));
                if pairs.is_empty() && more {
                    tell(Target::Whoever(*inverse), source);
                }
                continue;
            }
            let Some(slot) = field.slot else { continue };
            let slot = facts.slot_of(row, slot);
            let element = field.ty.element();
            let any = match element.unwrap_or(field.ty.present()) {
                Type::Ref(ty) if Some(*ty) == schema.unit => continue,
                Type::Ref(ty) => Target::Any(Some(*ty)),
                _ => Target::Any(None),
            };
            let partial = matches!(field.ty.present(), Type::List(_, Completeness::Partial));
            let mut whole = !partial && !facts.is_damaged(slot);
            let mut one = |fact: Fact<'_>| match fact {
                Fact::Row(target) => {
                    let target = facts.entity_of(target);
                    if passes(target) {
                        tell(Target::Row(target), source);
                    }
                }
                Fact::Unknown => whole = false,
                _ => {}
            };
            match (facts.read(slot, &field.ty), element) {
                (Fact::List(list), Some(element)) => {
                    (0..facts.list_len(list))
                        .for_each(|at| one(facts.list_item(list, at, element)));
                }
                (fact, _) => one(fact),
            }
            // A record of a unit may be about something that is not there, such as a machine that is gone: what it leaves out
            // then has no answer. Rules about the unit ask for what they need of it.
            let is_aside = row != source && Some(facts.row(source).ty) == schema.unit;
            if !whole && !is_aside {
                tell(any, source);
            }
        }
    }
}
