//! Rules over two lists that only some pairs concern.
//!
//! Owns the way to those pairs: where a rule asks `any x in xs where f(x) == a: g(x) == b` of two names that go through
//! lists of the environment, the pairs for which there is such an `x` are found from the `xs`, so that the cost follows
//! how many there are, and not the product of the two lists. To all other pairs the rule does not apply.

use std::rc::Rc;

use rustc_hash::FxHashMap;

use crate::builtins::value::{Extent, Key, List, Silent, Value};
use crate::compile::ir::{Index, IndexKey, Kind, LocalId, Rule, Scan};
use crate::evaluate::expr::Evaluator;
use crate::facts::RowId;
use crate::language::ast::Quantifier;
use crate::scalar::How;

/// For one row the rows that go with it.
pub(super) type Partners = FxHashMap<RowId, Vec<RowId>>;

/// The index that the filter of a rule goes through, and which of its two keys is the last name of the rule.
fn paired(rule: &Rule, last: LocalId) -> Option<(&Scan, &Index, usize)> {
    let Kind::Quantified(Quantifier::Any, scan, _) = &rule.filter.as_ref()?.kind else {
        return None;
    };
    let index = scan.index.as_ref()?;
    let [first, second] = index.keys.as_slice() else { return None };
    let is_last = |key: &IndexKey| matches!(key.other.kind, Kind::Local(local) if local == last);
    let is_name = |key: &IndexKey| matches!(key.other.kind, Kind::Local(_));
    match (is_last(first), is_last(second)) {
        (true, false) if is_name(second) => Some((scan, index, 0)),
        (false, true) if is_name(first) => Some((scan, index, 1)),
        _ => None,
    }
}

impl<'a> Evaluator<'_, 'a, '_> {
    /// The places in a list, in order, of the elements for which the filter of a rule may hold; none where that can only
    /// be told by looking at each.
    pub(super) fn concerned(
        &mut self,
        rule: &Rule,
        last: LocalId,
        list: &List<'a>,
    ) -> Option<Vec<usize>> {
        let (scan, index, at) = paired(rule, last)?;
        let id = index.id as usize;
        let known = match self.partners.get(&id) {
            Some(known) => known.clone(),
            None => {
                let known = self.find_partners(scan, index, at).map(Rc::new);
                self.partners.insert(id, known.clone());
                known
            }
        }?;
        if list.extent != Extent::Whole {
            return None;
        }
        let Value::Row(row) = self.value_of::<Silent>(&index.keys[1 - at].other).0 else {
            return None;
        };
        let keys = list.keys(How::Plain);
        if keys.unknown() {
            return None;
        }
        let partners = known.get(&row).map_or(&[][..], Vec::as_slice);
        let mut places: Vec<usize> = Vec::with_capacity(partners.len());
        for row in partners {
            places.extend(keys.places(&Value::Row(*row)));
        }
        places.sort_unstable();
        Some(places)
    }

    fn find_partners(&mut self, scan: &Scan, index: &Index, at: usize) -> Option<Partners> {
        let index = self.index_of(scan, index)?;
        // What is not known may go with anything.
        if index.list.extent != Extent::Whole || !index.unknown.is_empty() {
            return None;
        }
        let mut partners = Partners::default();
        for key in index.ranges.keys() {
            let Key::Rows(first, second) = key else { return None };
            let (row, last) = if at == 0 { (second, first) } else { (first, second) };
            partners.entry(*row).or_default().push(*last);
        }
        Some(partners)
    }
}
