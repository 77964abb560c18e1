//! Standard output.
//!
//! Owns that a result which reaches nobody is an error: `failback check >&-` must not look as if the gate had been told.
//! The runtime of Rust opens standard streams that are closed, so that writing to them succeeds; hence the look at it
//! before the program begins.

use std::io::{self, Write};

/// Writes a whole result.
pub fn write(result: &[u8]) -> io::Result<()> {
    if !result.is_empty() && is_closed() {
        return Err(io::Error::other("standard output is closed"));
    }
    let mut stdout = io::stdout().lock();
    stdout.write_all(result)?;
    stdout.flush()
}

#[cfg(unix)]
fn is_closed() -> bool {
    start::CLOSED.load(std::sync::atomic::Ordering::Relaxed)
}

#[cfg(not(unix))]
fn is_closed() -> bool {
    false
}

#[cfg(unix)]
mod start {
    use std::io;
    use std::os::fd::AsFd;
    use std::sync::atomic::{AtomicBool, Ordering};

    /// Whether standard output was closed when the program was started.
    pub static CLOSED: AtomicBool = AtomicBool::new(false);

    #[ctor::ctor]
    fn look() {
        let closed = io::stdout().as_fd().try_clone_to_owned().is_err();
        CLOSED.store(closed, Ordering::Relaxed);
    }
}
