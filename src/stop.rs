//! Whether the outcome of a run is still wanted.
//!
//! A run asks now and then, and ends early where it is not; what it then hands over is not to be told.

use std::sync::atomic::{AtomicBool, Ordering};

/// A flag that somebody else may set while a run goes on; without one a run is never stopped.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stop(Option<&'static AtomicBool>);

impl Stop {
    /// Stops once a flag is set.
    pub fn when(flag: &'static AtomicBool) -> Self {
        Self(Some(flag))
    }

    /// Whether to stop.
    #[inline]
    pub fn is_asked(self) -> bool {
        self.0.is_some_and(|flag| flag.load(Ordering::Relaxed))
    }
}

impl PartialEq for Stop {
    fn eq(&self, other: &Self) -> bool {
        match (self.0, other.0) {
            (Some(one), Some(other)) => std::ptr::eq(one, other),
            (one, other) => one.is_none() && other.is_none(),
        }
    }
}

impl Eq for Stop {}
