//! Executable manual pages.
