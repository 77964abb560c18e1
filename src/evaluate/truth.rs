//! Three truths.
//!
//! Owns strong Kleene logic: what is not known is neither true nor false, and stays unknown unless the known part
//! decides alone.

/// The value of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Truth {
    /// Known not to hold.
    False,
    /// Not known.
    Unknown,
    /// Known to hold.
    True,
}

impl Truth {
    /// False if one is false, else unknown if one is unknown, else true.
    pub fn and(self, other: Truth) -> Truth {
        self.min(other)
    }

    /// True if one is true, else unknown if one is unknown, else false.
    pub fn or(self, other: Truth) -> Truth {
        self.max(other)
    }

    /// `not a or b`
    pub fn implies(self, other: Truth) -> Truth {
        !self | other
    }
}

impl std::ops::Not for Truth {
    type Output = Truth;

    fn not(self) -> Truth {
        match self {
            Truth::False => Truth::True,
            Truth::Unknown => Truth::Unknown,
            Truth::True => Truth::False,
        }
    }
}

impl std::ops::BitOr for Truth {
    type Output = Truth;

    fn bitor(self, other: Truth) -> Truth {
        self.or(other)
    }
}

impl From<bool> for Truth {
    fn from(value: bool) -> Truth {
        if value { Truth::True } else { Truth::False }
    }
}

#[cfg(test)]
mod tests {
    use super::Truth::{self, False, True, Unknown};

    #[test]
    fn the_tables_are_those_of_kleene() {
        let all = [False, Unknown, True];
        let and = [[False, False, False], [False, Unknown, Unknown], [False, Unknown, True]];
        let or = [[False, Unknown, True], [Unknown, Unknown, True], [True, True, True]];
        let implies = [[True, True, True], [Unknown, Unknown, True], [False, Unknown, True]];
        for (i, a) in all.into_iter().enumerate() {
            assert_eq!(!a, [True, Unknown, False][i]);
            for (j, b) in all.into_iter().enumerate() {
                assert_eq!(a.and(b), and[i][j], "{a:?} and {b:?}");
                assert_eq!(a.or(b), or[i][j], "{a:?} or {b:?}");
                assert_eq!(a.implies(b), implies[i][j], "{a:?} implies {b:?}");
            }
        }
        assert_eq!(Truth::from(true), True);
    }
}
