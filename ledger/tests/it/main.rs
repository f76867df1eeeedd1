//! The library from outside: everything here uses public names only.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

mod domain;
mod selectors;
mod tidy;
