//! Which outcomes a change of the facts can touch.
//!
//! Owns, per rule, the fields that it reads, and the search from a changed fact back to the subjects that may read it.
//! The answer may name too many, never too few: a plan that relies on it is checked as a whole at its end.

use rustc_hash::{FxHashMap, FxHashSet};

use crate::compile::ir::{Expr, Kind, Rule, RuleSet};
use crate::compile::origin::maker;
use crate::compile::remedy::Effect;
use crate::evaluate::expr::Evaluator;
use crate::evaluate::grouped::Grouped;
use crate::evaluate::touch::count::{Base, Counted};
use crate::evaluate::touch::values::{Valued, Values};
use crate::facts::{Fact, Facts, ROOT, RowId, SlotId};
use crate::schema::TypeId;
use crate::schema::types::Type;

pub(in crate::evaluate) mod count;
pub mod values;

/// A field of a type.
pub type Field = (TypeId, usize);

/// What a rule reads.
#[derive(Debug, Default)]
struct Reads<'r> {
    /// Fields, inverses as the field they turn round.
    fields: FxHashSet<Field>,
    /// Fields read from all entities of the environment, so that one change may touch every subject.
    everywhere: FxHashSet<Field>,
    /// Values looked for in lists of the whole environment.
    searches: Vec<Search<'r>>,
    /// The definitions that were looked through, and whether as something read from everywhere.
    looked: FxHashSet<(u32, bool)>,
}

/// A value of a field looked for among the values of a field of all entities of a list.
#[derive(Debug)]
struct Search<'r> {
    sought: Valued,
    listed: Valued,
    /// What the list reads.
    reads: FxHashSet<Field>,
    /// The expression that makes the list, and what it is made from.
    list: &'r Expr,
    base: Base,
    /// Whether more is read of those who hold the value than that they do.
    goes_on: bool,
}

/// What may come out otherwise by a change.
#[derive(Clone, Copy, Debug)]
pub enum Asked {
    /// The outcome of a rule.
    Outcome,
    /// Whom its findings block, by what the rule itself says of that.
    Blocked,
}

/// The fields that each rule of a set reads.
pub struct Touch<'r> {
    rules: Vec<Reads<'r>>,
    /// What tells whom the findings of each rule block, where the rule says so itself.
    blocks: Vec<Reads<'r>>,
    /// Values that the effects of remedies look for.
    sought: Vec<Search<'r>>,
    /// The rules whose outcomes a field may touch, in order.
    readers: FxHashMap<Field, Vec<usize>>,
}

/// What has to be evaluated again.
pub enum Subjects {
    /// Nothing.
    None,
    /// These subjects.
    Some(FxHashSet<RowId>),
    /// All of them.
    All,
}

impl<'r> Touch<'r> {
    /// Watches the values that rules and effects look for; to be called before the first change.
    pub fn watch(&self, values: &mut Values, facts: &Facts<'_>) {
        let reads = self.rules.iter().chain(&self.blocks);
        for search in reads.flat_map(|reads| &reads.searches).chain(&self.sought) {
            values.watch(search.sought, facts);
            values.watch(search.listed, facts);
            let counted = Counted::new(search.listed, search.base, &search.reads, facts);
            values.count(search.list, counted);
        }
    }

    /// Looks through all rules once.
    pub fn new(rules: &'r RuleSet) -> Self {
        let mut effects = Reads::default();
        let all = rules.remedies.iter().flat_map(|remedy| remedy.changes());
        all.flat_map(Effect::exprs).for_each(|expr| visit(expr, false, rules, &mut effects));
        let sought = effects.searches;
        let judged = |rule: &'r Rule| {
            let parts = [Some(&*rule.condition), rule.filter.as_deref(), rule.grace.as_deref()];
            reads(rule, parts.into_iter().flatten(), rules)
        };
        let judged: Vec<Reads<'r>> = rules.rules.iter().map(judged).collect();
        let mut readers: FxHashMap<Field, Vec<usize>> = FxHashMap::default();
        for (rule, reads) in judged.iter().enumerate() {
            let searched = reads.searches.iter().flat_map(|search| &search.reads);
            let fields: FxHashSet<Field> = reads.fields.iter().chain(searched).copied().collect();
            fields.into_iter().for_each(|field| readers.entry(field).or_default().push(rule));
        }
        Self {
            rules: judged,
            readers,
            blocks: rules
                .rules
                .iter()
                .map(|rule| reads(rule, rule.blocks.as_deref().into_iter(), rules))
                .collect(),
            sought,
        }
    }

    /// The lists in which values are looked for and something is not known.
    pub fn doubts(&self, evaluator: &mut Evaluator<'_, '_, '_>) -> FxHashSet<usize> {
        let searches = self.rules.iter().flat_map(|reads| &reads.searches);
        let lists: FxHashMap<usize, &Expr> =
            searches.map(|search| (known(search.list), search.list)).collect();
        let doubtful =
            lists.into_iter().filter(|(_, list)| evaluator.is_in_doubt(list) != Some(false));
        doubtful.map(|(list, _)| list).collect()
    }

    /// The rules of which something may come out otherwise by changed slots, in order; see [`Touch::subjects`].
    pub fn readers(
        &self,
        changed: &[SlotId],
        turned: &FxHashSet<usize>,
        facts: &Facts<'_>,
    ) -> Vec<usize> {
        let fields: FxHashSet<Field> = changed.iter().map(|slot| facts.field_of(*slot)).collect();
        let readers = fields.iter().filter_map(|field| self.readers.get(field)).flatten().copied();
        let mut found: Vec<usize> = readers.collect();
        if !turned.is_empty() {
            let turns = |reads: &Reads<'_>| {
                reads.searches.iter().any(|search| turned.contains(&known(search.list)))
            };
            found.extend((0..self.rules.len()).filter(|rule| turns(&self.rules[*rule])));
        }
        found.sort_unstable();
        found.dedup();
        found
    }

    /// The subjects of a rule of which something may come out otherwise by changed slots; `turned` are the lists that
    /// something is not known in only before the change, or only after it, by which any search in them may.
    pub fn subjects(
        &self,
        (rule, asked): (usize, Asked),
        changed: &[SlotId],
        turned: &FxHashSet<usize>,
        facts: &Facts<'_>,
        references: &References,
        values: &Values,
    ) -> Subjects {
        let reads = match asked {
            Asked::Outcome => &self.rules[rule],
            Asked::Blocked => &self.blocks[rule],
        };
        let count = facts.row_count() as RowId;
        let mut rows = Vec::new();
        for search in &reads.searches {
            if turned.contains(&known(search.list)) {
                return Subjects::All;
            }
            let mut entities: FxHashSet<RowId> = FxHashSet::default();
            for slot in changed.iter().filter(|slot| search.reads.contains(&facts.field_of(**slot)))
            {
                let owner = facts.entity_of(facts.owner(*slot));
                if owner == ROOT {
                    return Subjects::All;
                }
                entities.insert(owner);
            }
            for entity in entities {
                let sharing = values.sharing(entity, search.listed, search.sought);
                // What shared it may have been taken back.
                rows.extend(sharing.into_iter().filter(|row| *row < count));
            }
        }
        for slot in changed {
            let field = facts.field_of(*slot);
            if !reads.fields.contains(&field) {
                continue;
            }
            let owner = facts.entity_of(facts.owner(*slot));
            if reads.everywhere.contains(&field) || owner == ROOT {
                return Subjects::All;
            }
            rows.push(owner);
        }
        if rows.is_empty() {
            return Subjects::None;
        }
        let mut found: FxHashSet<RowId> = rows.iter().copied().collect();
        while let Some(row) = rows.pop() {
            for edge in references.of(row) {
                // What referred may have been taken back.
                if edge.other >= count || edge.holder >= count {
                    continue;
                }
                let field = (facts.row(edge.holder).ty, edge.at as usize);
                if reads.fields.contains(&field) && found.insert(edge.other) {
                    rows.push(edge.other);
                }
            }
            for search in reads.searches.iter().filter(|search| search.goes_on) {
                let seekers = values.sharing(row, search.listed, search.sought);
                rows.extend(seekers.into_iter().filter(|row| *row < count && found.insert(*row)));
            }
        }
        Subjects::Some(found)
    }
}

/// The fields that an expression reads, inverses as the field they turn round.
pub fn fields(expr: Option<&Expr>, rules: &RuleSet) -> FxHashSet<Field> {
    let mut reads = Reads::default();
    expr.into_iter().for_each(|expr| visit(expr, false, rules, &mut reads));
    reads.fields
}

/// What is looked for, where an expression asks whether the value of a field stands in a list of the whole environment.
pub fn sought<'r>(expr: &'r Expr, rules: &'r RuleSet) -> Option<&'r Expr> {
    // Of those who hold the value more may be read.
    search(expr, rules).filter(|(_, search)| !search.goes_on).map(|(element, _)| element)
}

/// A list as it is known by the expression that makes it.
fn known(list: &Expr) -> usize {
    std::ptr::from_ref(list).addr()
}

fn reads<'r>(
    rule: &'r Rule,
    parts: impl Iterator<Item = &'r Expr>,
    rules: &'r RuleSet,
) -> Reads<'r> {
    let mut reads = Reads::default();
    for binding in &rule.bindings {
        // The first list only says who the subjects are; each looks at itself.
        visit(&binding.value, false, rules, &mut reads);
    }
    parts.for_each(|expr| visit(expr, false, rules, &mut reads));
    if rule.bindings.iter().filter(|binding| binding.each).count() > 1 {
        reads.everywhere = reads.fields.clone();
    }
    reads
}

fn visit<'r>(expr: &'r Expr, global: bool, rules: &'r RuleSet, reads: &mut Reads<'r>) {
    if !global && let Some((element, search)) = search(expr, rules) {
        visit(element, false, rules, reads);
        reads.searches.push(search);
        return;
    }
    let mut note = |field: Field| {
        reads.fields.insert(field);
        if global {
            reads.everywhere.insert(field);
        }
    };
    match &expr.kind {
        Kind::Field { owner, field, .. } => note((*owner, *field)),
        Kind::Inverse { inverse, .. } => {
            let inverse = rules.schema.inverse(*inverse);
            note((inverse.source, inverse.by));
        }
        _ => {}
    }
    let global = global
        || match &expr.kind {
            // What is remembered for all subjects, or goes through a list of the environment, is read from everywhere.
            Kind::Memo(_, deps, _) | Kind::Table(_, deps, _) => deps.is_empty(),
            Kind::Map { scan, .. }
            | Kind::Quantified(_, scan, _)
            | Kind::The(scan)
            | Kind::Choose(scan, _) => is_wide(&scan.list, rules),
            _ => false,
        };
    expr.children(&mut |child| visit(child, global, rules, reads));
    if let Kind::Invoke(define, _) = &expr.kind
        && reads.looked.insert((define.id, global))
    {
        visit(&define.body, global, rules, reads);
    }
}

/// Whether a list grows with the environment: one of those who say the same does not.
fn is_wide(list: &Expr, rules: &RuleSet) -> bool {
    match &list.kind {
        Kind::Field { base: None, .. } => true,
        Kind::Holders(element, ..) if search(list, rules).is_some() => is_wide(element, rules),
        Kind::Invoke(define, arguments) => {
            define.costs.reads_environment && is_wide(&define.body, rules)
                || arguments.iter().any(|argument| is_wide(argument, rules))
        }
        _ => {
            let mut wide = false;
            list.children(&mut |child| wide = wide || is_wide(child, rules));
            wide
        }
    }
}

/// A search for the value of a field among those of another in a list of the whole environment; what is sought first.
fn search<'r>(expr: &'r Expr, rules: &'r RuleSet) -> Option<(&'r Expr, Search<'r>)> {
    let (element, list, how) = match &expr.kind {
        Kind::IsUniqueIn(element, list, how) => (element, maker(list), *how),
        Kind::In { element, list, how } | Kind::Holders(element, list, how) => {
            (element, maker(list), *how)
        }
        _ => return None,
    };
    let Kind::Field { base: Some(_), owner, field, .. } = &element.kind else { return None };
    // `environmentList.a.b`: what an element adds to the list depends on that element alone.
    let Kind::Map { body, .. } = &list.kind else { return None };
    let Kind::Field { base: Some(_), owner: of, field: listed, .. } = &body.kind else {
        return None;
    };
    let mut reads = Reads::default();
    own(list, rules, &mut reads).then_some(())?;
    let search = Search {
        sought: ((*owner, *field), how),
        listed: ((*of, *listed), how),
        reads: reads.fields,
        list,
        base: Base::of(list, rules)?,
        goes_on: matches!(expr.kind, Kind::Holders(..)),
    };
    Some((element, search))
}

/// Whether each element of a list of the environment adds to a list made from it by what it says itself, and nothing else.
fn own<'r>(list: &'r Expr, rules: &'r RuleSet, reads: &mut Reads<'r>) -> bool {
    match &list.kind {
        Kind::Map { scan, body, .. } => {
            for expr in scan.filter.as_deref().into_iter().chain([&**body]) {
                let mut inner = Reads::default();
                visit(expr, false, rules, &mut inner);
                if !inner.everywhere.is_empty()
                    || !inner.searches.is_empty()
                    || refers(&inner, rules)
                {
                    return false;
                }
                reads.fields.extend(inner.fields);
            }
            own(&scan.list, rules, reads)
        }
        Kind::Field { base: None, owner, field, .. } => {
            reads.fields.insert((*owner, *field));
            true
        }
        _ => false,
    }
}

/// Whether fields lead to other entities.
fn refers(reads: &Reads<'_>, rules: &RuleSet) -> bool {
    reads.fields.iter().any(|(ty, field)| {
        let ty = &rules.schema.ty(*ty).fields[*field].ty;
        let leads = |ty: &Type| matches!(ty, Type::Ref(_) | Type::RefAny);
        leads(ty.present()) || ty.element().is_some_and(leads)
    })
}

/// A reference, seen from one of its ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edge {
    /// The entity at the other end.
    pub other: RowId,
    /// The row whose field refers: the source itself, or a record of it.
    pub holder: RowId,
    /// The field, by its place in the type of the holder.
    pub at: u32,
    /// Whether the other end refers to this one, and not this one to the other.
    pub refers: bool,
}

/// Who refers to whom by which field, from both ends; kept up to date by adding, so it may name too many.
#[derive(Default)]
pub struct References {
    /// The edges of the facts as they were first, those of each row sorted.
    first: Grouped<Edge>,
    /// Edges that came later.
    later: FxHashMap<RowId, Vec<Edge>>,
}

impl References {
    /// Collects all references.
    pub fn new(facts: &Facts<'_>) -> Self {
        let rows = facts.row_count();
        let mut found: Vec<Reference> = Vec::new();
        for row in 0..rows as RowId {
            collect(row, facts, &mut |reference| found.push(reference));
        }
        let nobody = Edge { other: ROOT, holder: ROOT, at: 0, refers: false };
        let mut first = Grouped::new(rows, found.iter().flat_map(Reference::ends), nobody);
        first.sort();
        Self { first, later: FxHashMap::default() }
    }

    /// Adds the references of rows whose facts changed.
    pub fn update(&mut self, changed: &[SlotId], facts: &Facts<'_>) {
        let rows: FxHashSet<RowId> = changed.iter().map(|slot| facts.owner(*slot)).collect();
        for row in rows {
            collect(row, facts, &mut |reference| {
                for (from, edge) in reference.ends() {
                    if self.first.of(from).binary_search(&edge).is_err() {
                        let later = self.later.entry(from).or_default();
                        if let Err(at) = later.binary_search(&edge) {
                            later.insert(at, edge);
                        }
                    }
                }
            });
        }
    }

    /// The references in which a row takes part, by either end.
    pub fn of(&self, row: RowId) -> impl Iterator<Item = &Edge> {
        self.first.of(row).iter().chain(self.later.get(&row).into_iter().flatten())
    }
}

/// A reference.
#[derive(Clone, Copy)]
struct Reference {
    source: RowId,
    target: RowId,
    holder: RowId,
    at: u32,
}

impl Reference {
    /// The rows at both ends, each with how it sees the other: a field leads from source to target, its inverse back.
    fn ends(&self) -> [(RowId, Edge); 2] {
        let Self { source, target, holder, at } = *self;
        let edge = Edge { other: source, holder, at, refers: true };
        [(target, edge), (source, Edge { other: target, refers: false, ..edge })]
    }
}

/// Hands out each reference of a row.
fn collect(row: RowId, facts: &Facts<'_>, sink: &mut dyn FnMut(Reference)) {
    let source = facts.entity_of(row);
    if source == ROOT {
        return;
    }
    for (at, field) in facts.schema().ty(facts.row(row).ty).fields.iter().enumerate() {
        let Some(slot) = field.slot.map(|slot| facts.slot_of(row, slot)) else { continue };
        let mut add =
            |target: RowId| sink(Reference { source, target, holder: row, at: at as u32 });
        match field.ty.present() {
            Type::Ref(_) | Type::RefAny => {
                if let Fact::Row(target) = facts.read(slot, &field.ty) {
                    add(target);
                }
            }
            Type::List(element, _) if matches!(**element, Type::Ref(_) | Type::RefAny) => {
                let Fact::List(list) = facts.read(slot, &field.ty) else { continue };
                for place in 0..facts.list_len(list) {
                    if let Fact::Row(target) = facts.list_item(list, place, element) {
                        add(target);
                    }
                }
            }
            _ => {}
        }
    }
}
