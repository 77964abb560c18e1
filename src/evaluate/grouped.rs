//! Values by row: a table in which those of one row stand together.
//!
//! Owns its shape. What the values are, such as who refers to a row, is told where they are collected.

use crate::facts::RowId;

/// Values of rows, row after row.
pub(super) struct Grouped<T> {
    /// Where the values of each row begin, and behind the last row where they end.
    starts: Vec<u32>,
    values: Vec<T>,
}

impl<T> Default for Grouped<T> {
    fn default() -> Self {
        Self { starts: Vec::new(), values: Vec::new() }
    }
}

impl<T: Copy + Ord> Grouped<T> {
    /// Puts the values of so many rows together, those of a row in the order in which they come; `blank` holds a place
    /// until its value comes.
    pub(super) fn new(
        rows: usize,
        pairs: impl Iterator<Item = (RowId, T)> + Clone,
        blank: T,
    ) -> Self {
        // Counted first, so that each finds its place at once.
        let mut starts = vec![0_u32; rows + 1];
        pairs.clone().for_each(|(row, _)| starts[row as usize + 1] += 1);
        let mut end = 0;
        for start in &mut starts {
            end += *start;
            *start = end;
        }
        let mut next = starts.clone();
        let mut values = vec![blank; end as usize];
        for (row, value) in pairs {
            let place = &mut next[row as usize];
            values[*place as usize] = value;
            *place += 1;
        }
        Self { starts, values }
    }

    /// Sorts the values of each row.
    pub(super) fn sort(&mut self) {
        for bounds in self.starts.windows(2) {
            self.values[bounds[0] as usize..bounds[1] as usize].sort_unstable();
        }
    }

    /// The values of a row; none of one that came later.
    pub(super) fn of(&self, row: RowId) -> &[T] {
        match (self.starts.get(row as usize), self.starts.get(row as usize + 1)) {
            (Some(start), Some(end)) => &self.values[*start as usize..*end as usize],
            _ => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_of_a_row_stand_together() {
        let pairs = [(2, 'c'), (0, 'z'), (2, 'a'), (0, 'b')];
        let mut grouped = Grouped::new(3, pairs.into_iter(), '-');
        assert_eq!(
            [grouped.of(0), grouped.of(1), grouped.of(2)],
            [&['z', 'b'][..], &[], &['c', 'a']]
        );
        grouped.sort();
        assert_eq!([grouped.of(0), grouped.of(2)], [['b', 'z'], ['a', 'c']]);
        assert!(grouped.of(3).is_empty(), "a row that came later has none");
    }
}
