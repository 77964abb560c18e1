//! How far an import is, for whoever wants to show it.
//!
//! Owns the counting. Does not know whether anybody looks, and shows nothing.

use std::io::{self, Read, Seek, SeekFrom};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

/// What is being done, and how much of it is done. Threads share it.
#[derive(Debug, Default)]
pub struct Watch {
    total: AtomicU64,
    done: AtomicU64,
    what: Mutex<String>,
}

impl Watch {
    /// Bytes that will have been read at the end.
    pub fn expect(&self, bytes: u64) {
        self.total.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Says what is done now: a file that is read, or work without a measure.
    pub fn now(&self, what: &str) {
        what.clone_into(&mut self.what.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// What is done now, and the bytes that have been read of all.
    pub fn look(&self) -> (String, u64, u64) {
        let what = self.what.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let total = self.total.load(Ordering::Relaxed);
        // Parts of an archive are read twice; nobody is shown more than all.
        (what, self.done.load(Ordering::Relaxed).min(total), total)
    }
}

/// A reader that counts what it yields.
#[derive(Debug)]
pub struct Counted<'w, R> {
    inner: R,
    watch: &'w Watch,
}

impl<'w, R> Counted<'w, R> {
    /// Counts into a watch.
    pub fn new(inner: R, watch: &'w Watch) -> Self {
        Self { inner, watch }
    }
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.watch.done.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

impl<R: Seek> Seek for Counted<'_, R> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.inner.seek(to)
    }
}
